# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secret Syncs: the kind of object as a table, and the options of its modules."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .._catalog import syncs as catalog
from .._catalog.destinations import COMMON_OPTIONS, DESTINATIONS
from .._catalog.names import api_name, from_api, to_api
from .._catalog.schema import FieldSpec
from .._engine.activation import ACTIVATE
from .._engine.kind import Change, Field, Kind, Last, Outcome, View
from .._engine.project import ENVIRONMENT, PROJECT_ID
from .._engine.shapes import COUNT, FLAG, LIST, MAPPING, NAME, PATH, PROSE, TEXT, WORD, Shape, list_of, mapping, needed
from .._engine.values import (
    ID,
    checked_id,
    checked_name,
    checked_path,
    checked_slug,
    checked_uuid,
    comparable_path,
    comparable_setting,
    if_any,
    time_text,
)

SUB_FOLDERS = "includeAllSubFolders"
# What a setting of each kind of the catalogue may be in an answer.
KINDS = {"str": WORD, "int": WORD, "bool": FLAG, "list": LIST, "dict": MAPPING}


def _inner(name: str, key: str) -> Callable[[View], Any]:
    """Return a reader of one key of a nested object that may be null (its source is gone then)."""

    def read(obj: Mapping[str, Any]) -> Any:
        value = obj.get(name)
        return value.get(key) if isinstance(value, Mapping) else None

    return read


def _settings(name: str) -> Callable[[View], Any]:
    return lambda obj: from_api(obj.get(name) or {})


def _sync_options(obj: View) -> Any:
    """Return a sync's options; the one that some servers have beside them counts where they have it nowhere else."""
    options, beside = obj.get("syncOptions") or {}, obj.get(SUB_FOLDERS)
    if isinstance(beside, bool) and options.get(SUB_FOLDERS) is None:
        options = {**options, SUB_FOLDERS: beside}
    return from_api(options)


def _shape_of(settings: Iterable[FieldSpec]) -> Shape:
    """Return the shape of a mapping that holds these settings; what the catalogue doesn't know may be anything."""
    return mapping(**{api_name(item.name): _value_shape(item) for item in settings})


def _value_shape(setting: FieldSpec) -> Shape:
    if setting.kind == "list" and setting.items:
        return list_of(_shape_of(setting.fields) if setting.items == "dict" else KINDS[setting.items])
    return _shape_of(setting.fields) if setting.kind == "dict" else KINDS[setting.kind]


# Made when first asked for: a run meets a few of all destinations.
@functools.cache
def _config_shape_of(slug: str) -> Shape:
    entry = DESTINATIONS.get(slug)
    return _shape_of(entry.all_fields) if entry else MAPPING


@functools.cache
def _options_shape_of(slug: str) -> Shape:
    entry = DESTINATIONS.get(slug)
    return _shape_of((*COMMON_OPTIONS, *(entry.options if entry else ())))


def _config_shape(obj: Mapping[str, Any]) -> Shape:
    return _config_shape_of(str(obj.get("destination")))


def _options_shape(obj: Mapping[str, Any]) -> Shape:
    return _options_shape_of(str(obj.get("destination")))


ENDED = {"": Last.NONE, "succeeded": Last.SUCCEEDED, "failed": Last.FAILED}


def _last(option: str) -> Callable[[View], Last]:
    """Return a reader of a status; one that isn't known is that of a job that has not ended."""
    return lambda view: ENDED.get(str(view.get(option) or ""), Last.UNDER_WAY)


SYNCED = Outcome(
    status="sync_status",
    recorded=("last_sync_job_id", "last_synced_at", "last_sync_message"),
    last=_last("sync_status"),
    message="last_sync_message",
    if_none=(
        "A failing sync is recorded after its fifth attempt, about a minute. If the status stays pending after that,"
        " set"
        " sync to true to start a new one."
    ),
    if_credentials=(
        "To replace the credentials of its connection, use infisical_app_connection with update_credentials: always,"
        " and run this task again."
    ),
)
IMPORTED = Outcome(
    status="import_status",
    recorded=("last_import_job_id", "last_imported_at", "last_import_message"),
    last=_last("import_status"),
    message="last_import_message",
    job="import",
    if_credentials=SYNCED.if_credentials,
)
REMOVED = Outcome(
    recorded=(),
    last=lambda view: Last.FAILED if view.get("remove_status") == "failed" else Last.UNDER_WAY,
    message="last_remove_message",
    job="removal of the secrets",
    if_none="The sync exists until they are removed.",
    if_credentials=SYNCED.if_credentials,
    removes=True,
)


def _without_empty(option: str) -> Callable[[View, Any], Any]:
    return lambda sync, values: catalog.without_empty(sync.get("destination"), option, values)


def _config_needs_options(view: View, changes: View) -> bool:
    entry = DESTINATIONS.get(str(view["destination"]))
    return bool(entry and entry.config_needs_options and "destination_config" in changes)


SYNC = Kind(
    name="secret_sync",
    label="secret sync",
    fields=(
        Field("destination", "destination", accept=if_any(checked_slug), sent=False, shape=needed(ID)),
        Field("name", "name", Change.PATCH, accept=if_any(checked_name), shape=NAME),
        Field("description", "description", Change.PATCH, shape=PROSE),
        Field("project_id", "projectId", accept=if_any(checked_id), shape=needed(ID)),
        Field("connection_id", "connectionId", Change.PATCH, accept=if_any(checked_uuid), shape=needed(ID)),
        Field("environment", "environment", Change.PATCH, read=_inner("environment", "slug"), shape=ENVIRONMENT),
        Field(
            "secret_path",
            "secretPath",
            Change.PATCH,
            normal=comparable_path,
            accept=if_any(checked_path),
            read=_inner("folder", "path"),
            key="folder",
            shape=mapping(path=PATH),
        ),
        Field("is_auto_sync_enabled", "isAutoSyncEnabled", Change.PATCH, shape=needed(FLAG)),
        Field(
            "destination_config",
            "destinationConfig",
            Change.PATCH,
            normal=comparable_setting,
            read=_settings("destinationConfig"),
            write=to_api,
            keyed=True,
            whole=True,
            pruned=_without_empty("destination_config"),
            shape=_config_shape,
        ),
        Field(
            "sync_options",
            "syncOptions",
            Change.PATCH,
            normal=comparable_setting,
            read=_sync_options,
            write=to_api,
            also_beside=(SUB_FOLDERS,),
            keyed=True,
            whole=True,
            pruned=_without_empty("sync_options"),
            only_sent=catalog.ONLY_SENT,
            only_read=catalog.ONLY_READ,
            needed_with=_config_needs_options,
            shape=_options_shape,
        ),
    ),
    read_only=(
        Field("connection", "connection", shape=mapping(id=needed(ID), name=NAME, app=TEXT)),
        Field("folder_id", "folderId"),
        Field("version", "version", shape=COUNT),
        Field("sync_status", "syncStatus"),
        Field("last_sync_message", "lastSyncMessage", shape=PROSE),
        Field("last_sync_job_id", "lastSyncJobId"),
        Field("last_synced_at", "lastSyncedAt"),
        Field("import_status", "importStatus"),
        Field("last_import_message", "lastImportMessage", shape=PROSE),
        Field("last_import_job_id", "lastImportJobId"),
        Field("last_imported_at", "lastImportedAt"),
        Field("remove_status", "removeStatus"),
        Field("last_remove_message", "lastRemoveMessage", shape=PROSE),
        Field("created_at", "createdAt", read=time_text, shape=WORD),
        Field("updated_at", "updatedAt"),
    ),
    envelope="secretSync",
    list_name="secretSyncs",
    list_paths=("/api/v1/secret-syncs",),
    list_query={"projectId": "project_id"},
    anchors=("project_id", "destination"),
    create_path="/api/v1/secret-syncs/{destination}",
    object_path="/api/v1/secret-syncs/{destination}",
    id_option="sync_id",
    identity=lambda view: (view.get("name"),),
    catalogued_by="destination",
    needs_project=True,
    found_by=("name",),
    unique=True,
    elsewhere="is in another project",
    required=("destination", "environment"),
    defaults={"secret_path": "/", "is_auto_sync_enabled": True, "destination_config": {}},
    active="is_auto_sync_enabled",
    outcome=SYNCED,
    way_out=(
        "Create another sync under another name, and remove this one; what it wrote stays at the destination unless you"
        " ask otherwise."
    ),
    way_out_if_ignored="Leave it out to continue with the secret sync as it is.",
    known_by="this server or this destination",
    lacking=(
        "This server is older than secret syncs, or than this destination of theirs. Native integrations"
        " (infisical_integration) are what older servers have."
    ),
)

# The options whose keys depend on the destination.
FREE_FORM = ("destination_config", "sync_options")

# Names with "secret" in them make Ansible ask whether the value is one; these only say something about secrets.
NOT_SECRET = {"no_log": False}

# One sync, as the single module and each item of the plural one take it.
OPTIONS: dict[str, dict[str, Any]] = {
    "state": {"type": "str", "default": "present", "choices": ["present", "absent"]},
    **PROJECT_ID,
    "sync_id": {"type": "str"},
    "name": {"type": "str"},
    "destination": {"type": "str"},
    "description": {"type": "str"},
    "connection_id": {"type": "str"},
    "connection_name": {"type": "str"},
    "environment": {"type": "str"},
    "secret_path": {"type": "str", **NOT_SECRET},
    "is_auto_sync_enabled": {"type": "bool"},
    **ACTIVATE,
    "destination_config": {"type": "dict"},
    "sync_options": {"type": "dict"},
    "sync": {"type": "bool", "default": False},
    "import_secrets": {
        "type": "str",
        "choices": ["prioritize-source", "prioritize-destination"],
        **NOT_SECRET,
    },
    "wait": {"type": "bool", "default": False},
    "wait_timeout": {"type": "float", "default": 120.0},
    "delete_destination_secrets": {"type": "bool", "default": False, **NOT_SECRET},
    "check_duplicates": {"type": "str", "default": "warn", "choices": ["warn", "refuse", "ignore"]},
    "consult_options": {"type": "bool", "default": False},
    "validate": {"type": "str", "default": "warn", "choices": ["strict", "warn", "off"]},
}
