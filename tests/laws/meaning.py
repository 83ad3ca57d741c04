# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task means: which objects it is about, and whether one is as it says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .stories import ID, PLURAL

# What changes by itself when jobs run.
OUTCOMES = {
    *("lastUsed", "isSynced", "syncMessage", "lastSyncJobId", "updatedAt", "syncStatus", "lastSyncMessage"),
    *("lastSyncedAt", "importStatus", "lastImportJobId", "lastImportMessage", "lastImportedAt", "removeStatus"),
    *("lastRemoveJobId", "lastRemoveMessage", "lastRemovedAt", "connection", "project", "version"),
}
# Of a native integration, what tells its target from another of the same service.
TARGET = ("app", "owner", "path")
ACTIVE = {"integration": "isActive", "secret_sync": "isAutoSyncEnabled"}


def items_of(module: str, options: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return the objects that a task describes: the kind of each and its options."""
    kind = module.removeprefix("infisical_")
    plural = {f"{one}s": one for one in PLURAL}
    if kind in plural:
        return [(plural[kind], item) for item in options[PLURAL[plural[kind]]]]
    return [(kind, dict(options))]


def is_meant(kind: str, options: Mapping[str, Any], obj: Mapping[str, Any]) -> bool:
    """Tell whether an object (with its kind) is what the options name."""
    if obj["kind"] != kind:
        return kind == "integration_auth" and bool(options.get("cascade")) and _is_of(options, obj)
    if options.get(ID[kind]):
        return obj["id"] == options[ID[kind]]
    if kind == "integration_auth":
        return _same(obj, options, integration="integration", namespace="namespace")
    if kind == "integration":
        auth = options.get("integration_auth_id")
        of_auth = obj["integrationAuthId"] == auth if auth else obj["auth"] == [options.get("integration"), None]
        source = [options.get("source_environment"), _path(options.get("secret_path") or "/")]
        here = [obj["environment"]["slug"], _path(obj["secretPath"])]
        return of_auth and source == here and _same(obj, options, **{name: name for name in TARGET})
    if kind == "app_connection":
        return _same(obj, options, app="app", name="name")
    return obj["name"] == options["name"]


def _is_of(options: Mapping[str, Any], obj: Mapping[str, Any]) -> bool:
    auth_id = options.get("integration_auth_id")
    mine = obj.get("integrationAuthId") == auth_id if auth_id else obj.get("auth") == _service(options)
    return obj["kind"] == "integration" and mine


def _service(options: Mapping[str, Any]) -> list[Any]:
    return [options.get("integration"), options.get("namespace")]


def _same(obj: Mapping[str, Any], options: Mapping[str, Any], **names: str) -> bool:
    return all((obj.get(api) or None) == (options.get(option) or None) for api, option in names.items())


def _path(path: str) -> str:
    return path.rstrip("/") or "/"


def _camel(name: str) -> str:
    return re.sub(r"_(\w)", lambda found: found[1].upper(), name)


PLAIN = {
    "integration": ("integration", "app", "owner", "path", "region", "is_active"),
    "integration_auth": ("integration", "namespace"),
    "app_connection": ("app", "name", "method", "description"),
    "secret_sync": ("name", "destination", "description", "is_auto_sync_enabled"),
}
MAPPINGS = ("metadata", "destination_config", "sync_options")


def lacking(kind: str, options: Mapping[str, Any], obj: Mapping[str, Any]) -> Iterator[str]:
    """Yield what of the specified settings an object doesn't have."""
    for option in PLAIN[kind]:
        if option in options and (obj.get(_camel(option)) or None) != (options[option] or None):
            yield option
    for option in MAPPINGS:
        have = obj.get(_camel(option)) or {}
        for key, value in (options.get(option) or {}).items():
            if (have.get(_camel(key)) or None) != (value or None):
                yield f"{option}.{key}"
    environment = options.get("source_environment") or options.get("environment")
    if environment and obj["environment"]["slug"] != environment:
        yield "environment"
    have = obj["secretPath"] if kind == "integration" else (obj.get("folder") or {}).get("path")
    if options.get("secret_path") and _path(have or "") != _path(options["secret_path"]):
        yield "secret_path"
    if options.get("connection_id") and kind == "secret_sync" and obj["connectionId"] != options["connection_id"]:
        yield "connection_id"
    if options.get("connection_name") and obj["connection"]["name"] != options["connection_name"]:
        yield "connection_name"


def credentials_of(kind: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the credentials in the options, in API names."""
    if kind == "app_connection":
        return {_camel(name): value for name, value in (options.get("credentials") or {}).items()}
    return {_camel(name): options[name] for name in ("access_id", "access_token") if name in options}


def outcome_of(obj: Mapping[str, Any]) -> str:
    """Return the last recorded outcome of an object's sync: succeeded, failed, pending or none."""
    if obj["kind"] == "integration":
        return {True: "succeeded", False: "failed", None: "none"}[obj["isSynced"]]
    return str(obj["syncStatus"] or "none")


def is_active(obj: Mapping[str, Any]) -> bool:
    """Tell whether the server syncs an object by itself."""
    return bool(obj[ACTIVE[obj["kind"]]])
