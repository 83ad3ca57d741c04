# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secret Syncs: which folder goes to which destination. The kind of object as a table, and what its modules do."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import quote

from .._catalog import syncs as catalog
from .._catalog.destinations import COMMON_OPTIONS, DESTINATIONS, OVERWRITE, Destination
from .._catalog.names import api_name, did_you_mean, from_api, to_api
from .._catalog.schema import FieldSpec, Problem
from .._engine.driver import Resource
from .._engine.kind import Change, Field, Kind, Last, Outcome, View
from .._engine.plan import Plan, planned_id
from .._engine.project import ENVIRONMENT, PROJECT_ID, find_source
from .._engine.shapes import (
    COUNT,
    FLAG,
    LIST,
    MAPPING,
    NAME,
    PATH,
    PROSE,
    TEXT,
    WORD,
    Shape,
    check_answer,
    list_of,
    mapping,
    needed,
)
from .._engine.task import is_planned
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
    is_placeholder,
    time_text,
)
from .._engine.waiting import Job
from .._errors import (
    ConflictError,
    InfisicalError,
    InputError,
    NotUnderstood,
    RouteMissing,
    ServerError,
    clean_name,
    shown,
)
from .app_connection import CONNECTION, find_by_name
from .app_connection import place as connections_of

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
        "A failing sync is recorded after its fifth try, about a minute. If the status stays pending after that, set"
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
    if_none="The sync is there until they are removed.",
    if_credentials=SYNCED.if_credentials,
    removes=True,
)


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
        "Make another sync under another name, and remove this one; what it wrote stays at the destination unless you"
        " ask otherwise."
    ),
    way_out_if_ignored="Leave it out to go on with the secret sync as it is.",
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


def _unknown_destination(destination: str, known: Iterable[str]) -> InputError:
    hint = did_you_mean(destination, known)
    return InputError(f"destination {shown(destination)} is not one that this server has.{hint}")


class Sync(Resource):
    """One secret sync."""

    kind = SYNC
    starts_inactive = True
    items_option = "syncs"
    scope_options = ("name", "destination", "environment", "secret_path")

    @staticmethod
    def named(params: View) -> str:
        return (params.get("name") or "").strip() or str(params.get("sync_id")).strip().lower()

    def read(self) -> None:
        given = [self.wanted.get(option) or {} for option in FREE_FORM]
        coerced = catalog.coerced(self.wanted.get("destination") or "", *given)
        for option, value in zip(FREE_FORM, coerced, strict=True):
            if option in self.wanted:
                self.wanted[option] = value
        self.deletion_setting = (self.wanted.get("sync_options") or {}).get("disable_secret_deletion")

    def problems(self, service: str, *, complete: bool) -> list[Problem]:
        given = [self.wanted.get(option) or {} for option in FREE_FORM]
        problems = catalog.check_sync(service, *given, complete=complete) if service else []
        # What is not complete is refused; what was uncertain has been said already.
        return [problem for problem in problems if problem.certain] if complete else problems

    def by_id(self, object_id: str) -> dict[str, Any] | None:
        views = self.task.store.all(SYNC, self.place())
        return next((view for view in views if view["id"] == object_id), None)

    def related(self, view: View) -> dict[str, tuple[Any, Any]]:
        return {"connection_name": (self.params.get("connection_name"), (view["connection"] or {}).get("name"))}

    def prepare(self, view: View | None) -> None:
        if view is not None:
            self.wanted = self.fitted(view)[0]
            self._warn_if_unheeded(str(view["destination"]))

    def look_up(self, view: View | None) -> None:
        destination = str(self.wanted.get("destination") or (view or {}).get("destination") or "")
        connection = self._connection_id(destination, view)
        if connection:
            self.wanted["connection_id"] = connection
        if destination and self.params["consult_options"]:
            self._consult(destination)

    def _connection_id(self, destination: str, view: View | None) -> str | None:
        """Return the id of the connection that the options name, or None where they name none."""
        if self.wanted.get("connection_id"):
            is_planned(self.task, "connection_id", self.wanted["connection_id"])
            return str(self.wanted["connection_id"])
        name = (self.params.get("connection_name") or "").strip()
        if not name:
            return None
        current = (view or {}).get("connection") or {}
        if current.get("name") == name:
            return str(current.get("id"))
        if not destination:
            return None
        entry = DESTINATIONS.get(destination)
        # Of some destinations it isn't known whose connections they take.
        app = (entry.app if entry else "") or str(current.get("app") or destination)
        try:
            found = find_by_name(self.task.store, app, name, self.wanted["project_id"])
        except RouteMissing:
            self._refuse_unknown(destination)
            raise
        if found:
            return str(found["id"])
        if not self.task.check_mode:
            raise InputError(
                f"There is no {app} connection called {name!r}, in the project or in its organization: make it with"
                " infisical_app_connection first, or check that the identity may use it."
            )
        self.task.warn(
            f"There is no {app} connection called {name!r} yet; check mode assumes that an earlier task of this run"
            " makes it."
        )
        place = connections_of(app, self.wanted["project_id"])
        return planned_id(CONNECTION, place, {**place, "name": name})

    def _offered(self) -> dict[str, Mapping[str, Any]]:
        """Return what the server itself says that it has, by destination. Endpoint: GET …/secret-syncs/options."""
        store, path = self.task.store, "/api/v1/secret-syncs/options"
        answer = store.once((path,), lambda: store.client.get(path))
        rows = list_of(mapping(destination=NAME, canImportSecrets=FLAG))
        check_answer(answer, f"GET {path}", secretSyncOptions=needed(rows))
        return {row["destination"]: row for row in answer["secretSyncOptions"]}

    def _consult(self, destination: str) -> None:
        """Compare the destination with what the server itself says that it has."""
        known = self._offered()
        if destination not in known:
            raise _unknown_destination(destination, known)
        behavior = (self.wanted.get("sync_options") or {}).get("initial_sync_behavior") or ""
        if behavior.startswith("import") and known[destination].get("canImportSecrets") is False:
            raise InputError(
                f"sync_options.initial_sync_behavior {behavior}: this server can't import from {destination}."
            )

    def lacking(self) -> list[str]:
        named = self.wanted.get("connection_id") or (self.params.get("connection_name") or "").strip()
        return [*super().lacking(), *([] if named else ["connection_id or connection_name"])]

    @staticmethod
    def _check_environment(changes: View) -> None:
        if "environment" in changes:
            # Old projects have environments that native integrations can read and syncs can't.
            checked_name("environment", changes["environment"], 64)

    def complete(self) -> None:
        self._check_environment(self.wanted)
        self.wanted["sync_options"] = self._first_options()

    def check_changes(self, changes: View) -> None:
        self._check_environment(changes)
        entry = DESTINATIONS.get(str(self.wanted.get("destination") or ""))
        moved = {"connection_id", "environment", "secret_path", "destination_config"} & set(changes)
        if moved and entry and not entry.heeds_deletion_setting and self.deletion_setting is None:
            raise InputError(_must_be_specified(entry))

    def _warn_if_unheeded(self, slug: str) -> None:
        entry = DESTINATIONS.get(slug)
        if entry and not entry.heeds_deletion_setting and self.deletion_setting is not False:
            self.task.notices.add(catalog.unheeded_warning(entry))

    def _first_options(self) -> dict[str, Any]:
        options = {"initial_sync_behavior": OVERWRITE, **self.wanted.get("sync_options", {})}
        if "disable_secret_deletion" not in options:
            entry = DESTINATIONS.get(self.wanted["destination"])
            if entry and entry.deletion_must_be_allowed:
                raise InputError(
                    f"sync_options.disable_secret_deletion must be stated as false: {entry.name} only takes syncs that"
                    " delete what Infisical doesn't have."
                )
            if entry and not entry.heeds_deletion_setting:
                raise InputError(_must_be_specified(entry))
            # The server's default deletes at the destination what it doesn't know.
            options["disable_secret_deletion"] = True
        return options

    def fitted(self, view: View) -> tuple[dict[str, Any], View]:
        """Return what is wanted of a sync, and its view, in the light of the destination and the scope that it has.

        What the server drops, since it has no effect with the rest, is not wanted: it would differ in every run. Nor is
        it seen, unless it is wanted.
        """
        slug, wanted = str(view["destination"]), dict(self.wanted)
        have = [view[option] or {} for option in FREE_FORM]
        merged = [{**current, **wanted.get(option, {})} for option, current in zip(FREE_FORM, have, strict=True)]
        config, options = catalog.coerced(slug, *merged)
        coerced = (catalog.as_stored(slug, config), options)
        idle = catalog.without_effect(slug, *coerced)
        for option, current, values, dropped in zip(FREE_FORM, have, coerced, idle, strict=True):
            if option in wanted:
                kept = {key: values[key] for key in wanted[option] if key in current or key not in dropped}
                wanted[option] = kept
        entry, config = DESTINATIONS.get(slug), wanted.get("destination_config", {})
        # A scope on which no other setting depends is changed with these as they are.
        if entry and not entry.scopes and "scope" in config:
            wanted["destination_config"] = {**have[0], **config}
        # Older servers know the one scope only, and have no word for it.
        if entry and entry.default_scope and config.get("scope") == entry.default_scope and not have[0].get("scope"):
            del config["scope"]
        return wanted, self._without_leftovers(wanted, view, have)

    @staticmethod
    def _without_leftovers(wanted: View, view: View, have: list[dict[str, Any]]) -> dict[str, Any]:
        merged = [{**current, **wanted.get(option, {})} for option, current in zip(FREE_FORM, have, strict=True)]
        idle = catalog.without_effect(str(view["destination"]), *merged)
        kept = {
            option: {
                key: value
                for key, value in current.items()
                # Answers may have null where requests may not.
                if value is not None and (key not in dropped or key in wanted.get(option, {}))
            }
            for option, current, dropped in zip(FREE_FORM, have, idle, strict=True)
        }
        return {**view, **kept}

    def find_reason(self, plan: Plan) -> None:
        if plan.before is None:
            self._refuse_unknown(str((plan.after or {}).get("destination") or ""))
        find_source(self.task, plan, "environment")

    def _refuse_unknown(self, destination: str) -> None:
        """Refuse a destination that neither the catalogue nor the server knows; one that can't tell is no reason."""
        if not destination or destination in DESTINATIONS:
            return
        try:
            known = self._offered()
        except NotUnderstood:
            raise
        except InfisicalError:
            return
        if destination not in known:
            raise _unknown_destination(destination, known)

    def look_around(self, plan: Plan) -> None:
        after = plan.after or {}
        entry = DESTINATIONS.get(str(after.get("destination") or ""))
        if entry and plan.action == "create":
            self._warn_if_unheeded(entry.slug)
        if entry and set(FREE_FORM) & set(plan.changes):
            self.task.notices.update(
                filter(None, [catalog.everything_warning(entry, *(after.get(option) or {} for option in FREE_FORM))])
            )
        if plan.action == "create" or {"destination_config", "connection_id"} & set(plan.changes):
            self._look_for_duplicates(plan.after or {}, plan.before)

    def _look_for_duplicates(self, after: View, view: View | None) -> None:
        """Ask the server whether another sync writes to the same place. Endpoint: POST …/check-destination (a read)."""
        choice, slug = self.params["check_duplicates"], str((view or after)["destination"] or "")
        # Of what an earlier task of a check would have created, the destination may be unknown.
        if choice == "ignore" or not slug:
            return
        body: dict[str, Any] = {
            "destinationConfig": to_api(after.get("destination_config") or {}),
            "projectId": after["project_id"],
        }
        if after.get("connection_id") and not is_placeholder(after["connection_id"]):
            body["connectionId"] = after["connection_id"]
        if view and not is_placeholder(view["id"]):
            body["excludeSyncId"] = view["id"]
        path = f"/api/v1/secret-syncs/{quote(slug, safe='')}/check-destination"
        try:
            answer = self.task.client.post(path, body)
        except ServerError as error:
            if error.status not in (400, 404, 422):
                raise
            return  # servers without this check, or that find fault with what the create is about to name better
        check_answer(answer, f"POST {path}", hasDuplicate=needed(FLAG), duplicateProjectId=ID)
        if not answer["hasDuplicate"]:
            return
        other = answer.get("duplicateProjectId")
        where = f" (project {clean_name(other, 80)})" if other else ""
        sentence = (
            f"Another secret sync writes to the same {slug} destination{where}; under equal names, each overwrites what"
            " the other wrote."
        )
        if choice == "refuse":
            raise ConflictError(f"{sentence} Remove it, or set check_duplicates to warn.")
        self.task.warn(sentence)

    def first_jobs(self) -> list[Job]:
        behavior = self.params["import_secrets"]
        query = {"importBehavior": behavior}
        act = self.task.store.act
        return [Job(IMPORTED, lambda seen: act(SYNC, seen, "import-secrets", query), "import")] if behavior else []

    def start_sync(self, view: View) -> dict[str, Any]:
        return self.task.store.act(SYNC, view, "sync-secrets")

    def removal_query(self) -> dict[str, str]:
        return {"removeSecrets": "true" if self.params["delete_destination_secrets"] else "false"}

    def removal(self) -> Outcome | None:
        return REMOVED if self.params["delete_destination_secrets"] else None


def _must_be_specified(entry: Destination) -> str:
    return (
        f"sync_options.disable_secret_deletion must be specified: each sync replaces {entry.whole} in {entry.name}, and"
        " what Infisical doesn't have is lost. Set it to false if that is meant. Servers with the vendor's fix keep it"
        " with true; others do not heed it."
    )
