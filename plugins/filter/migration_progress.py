# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far the move from native integrations to secret syncs has come: what the server holds, put side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.community.infisical.plugins.module_utils.aws_destination import SERVICES
from ansible_collections.community.infisical.plugins.module_utils.migration import (
    DESCRIPTION,
    NEEDS_INPUTS,
    NO_COUNTERPART,
    READY,
    native_id,
)

CREATED = "created"
CUT_OVER = "cut_over"
RETIRED = "retired"
STAGES = (NO_COUNTERPART, NEEDS_INPUTS, READY, CREATED, CUT_OVER)
# What a later run will want to know, and can't see any more by then: written into the sync's description.
DELETED = "It deleted what Infisical doesn't have."
INACTIVE = "It was inactive."
AUTH = " of auth "
DELETION_DUE = (
    "Unlike the native integration, its sync doesn't delete what Infisical doesn't have, until the phase"
    " restore_deletion has been run."
)
NO_KEY = "no AWS credentials were given to read it with"
NOT_READABLE = "only destinations in AWS can be read"
LONGEST_DESCRIPTION = 256
CONNECTION = ("connection_id", "connection_name")
# What may differ from the plan once the sync is there: the plan goes by the integration, which is switched off later.
DECIDED_ONCE = ("name", "description", "is_auto_sync_enabled")
TARGET = ("owner", "app", "app_id", "path", "target_environment", "target_environment_id", "region")


@dataclass(frozen=True)
class Given:
    """What the user gave, by id of an auth or by service, and the ids of connections that are known to be there."""

    connections: Mapping
    aws: Mapping
    ids: Mapping[tuple, str]

    def connection_key(self, view: Mapping) -> str | None:
        return next((key for key in _keys(view) if key in self.connections), None)

    def aws_key(self, view: Mapping) -> str | None:
        """Return what the credentials are found by that the destination can be read with."""
        for key in _keys(view):
            if key in self.aws:
                return key
            stated = self.connections.get(key) or {}
            if stated.get("method") == "access-key" and stated.get("credentials"):
                # Where several share a connection, one reading does for all of them.
                return next(first for first, other in self.connections.items() if other == stated)
        return None

    def project_of(self, key: str, view: Mapping) -> str | None:
        """Return the project that the connection belongs to, or None for one of the organization."""
        return None if self.connections[key].get("level") == "organization" else view["project_id"]


def migration_progress(
    integrations: Iterable[Mapping],
    syncs: Iterable[Mapping],
    connections: Mapping | None = None,
    made: Iterable[Mapping] = (),
    aws: Mapping | None = None,
) -> dict[str, Any]:
    """Return the integrations and the syncs that take, or took, their places."""
    integrations = list(integrations)
    ours = {found: sync for sync in syncs if (found := native_id(sync.get("description")))}
    ids = {(view.get("project_id"), view["app"], view["name"]): view["id"] for view in made}
    given = Given(connections or {}, aws or {}, ids)
    there = {view["id"] for view in integrations}
    rows = [_row(view, ours.get(view["id"]), given) for view in integrations]
    retired = [_retired(native, sync) for native, sync in ours.items() if native not in there]
    stages = Counter(row["stage"] for row in rows)
    return {
        "integrations": rows,
        "retired": retired,
        "connections": _connections(integrations, rows, given),
        "counts": {
            "integrations": len(rows),
            **{stage: stages[stage] for stage in STAGES},
            RETIRED: len(retired),
        },
    }


def _keys(view: Mapping) -> tuple[str, str]:
    return view["integration_auth_id"], view["integration"]


def _row(view: Mapping, sync: Mapping | None, given: Given) -> dict[str, Any]:
    plan = view["migration"]
    planned = {name: value for name, value in plan["sync"].items() if name not in CONNECTION}
    connection = _connection(view, sync, given)
    missing = [item for item in plan["missing"] if not (connection and item["name"] == "connection_name")]
    # A sync that is there has all that it needs.
    ready = bool(sync) or plan["status"] == READY or (plan["status"] == NEEDS_INPUTS and not missing)
    dormant = INACTIVE in str(sync["description"]) if sync else not view["is_active"]
    runs = (sync or planned).get("is_auto_sync_enabled") is not False
    name = (sync or planned).get("name")
    config = (sync or planned).get("destination_config") or {}
    return {
        "id": view["id"],
        "project_id": view["project_id"],
        "service": view["integration"],
        "auth_id": view["integration_auth_id"],
        "source": f"{view.get('source_environment')}:{view.get('secret_path')}",
        "target": " ".join(str(view[part]) for part in TARGET if view.get(part)),
        "is_active": view["is_active"],
        "stage": _stage(view, sync, ready, plan["status"]),
        "ready": ready,
        "reason": _reason(ready, missing, plan["reason"]),
        "missing": [] if ready else missing,
        "warnings": list(plan["warnings"]),
        "destination": plan["destination"],
        "app": plan["app"],
        "methods": list(plan["methods"]),
        "sync_name": name,
        "named": {"name": name},
        "sync": _outcome(sync),
        # An integration that was inactive before all this gets a sync that is switched off as well.
        "dormant": dormant and not runs,
        "paused": not (dormant or runs),
        "options": _options(planned, connection, sync, view) if ready else {},
        "aws_key": given.aws_key(view) if plan["destination"] in SERVICES else None,
        "unread": NO_KEY if plan["destination"] in SERVICES else NOT_READABLE,
        "reading": {
            "name": name,
            "destination": plan["destination"],
            "destination_config": dict(config),
            "key_schema": ((sync or planned).get("sync_options") or {}).get("key_schema"),
        },
    }


def _connection(view: Mapping, sync: Mapping | None, given: Given) -> dict[str, str]:
    """Return the option that names the connection: as the inputs say, else as is given, else the one in use."""
    plan, key = view["migration"], given.connection_key(view)
    stated = {name: plan["sync"][name] for name in CONNECTION if plan["sync"].get(name)}
    if stated:
        return stated
    if key:
        name = given.connections[key].get("name")
        made = given.ids.get((given.project_of(key, view), plan["app"], name))
        return {"connection_id": made} if made else {"connection_name": name}
    return {"connection_id": sync["connection_id"]} if sync else {}


def _connections(integrations: Iterable[Mapping], rows: Iterable[Mapping], given: Given) -> list[dict[str, Any]]:
    """Return the connections that have to be there, each once; one given without credentials is taken as found."""
    found: dict[tuple, dict[str, Any]] = {}
    for view, row in zip(integrations, rows, strict=True):
        key = given.connection_key(view)
        if not (row["ready"] and key and given.connections[key].get("credentials")):
            continue
        stated = given.connections[key]
        one = {"project_id": given.project_of(key, view), "app": row["app"], "name": stated.get("name")}
        methods = {method["method"]: method["prefilled"] for method in row["methods"]}
        found.setdefault(tuple(one.values()), {**one, "key": key, "prefilled": methods.get(stated.get("method"), {})})
    return list(found.values())


def _reason(ready: bool, missing: Iterable[Mapping], planned: str) -> str:
    if ready:
        return "Nothing is missing."
    names = ", ".join(item["name"] for item in missing)
    return f"The sync needs what the native integration doesn't tell: {names}." if names else planned


def _stage(view: Mapping, sync: Mapping | None, ready: bool, status: str) -> str:
    if sync:
        return CREATED if view["is_active"] else CUT_OVER
    return READY if ready else str(status)


def _options(planned: Mapping, connection: Mapping, sync: Mapping | None, view: Mapping) -> dict[str, Any]:
    """Return what the sync has to be: all of it, or what may still change."""
    if sync is None:
        return {**planned, **connection, "description": _description(planned, view)}
    named = {"name": sync["name"], "sync_id": sync["id"]}
    if view["migration"]["status"] == NO_COUNTERPART or any(
        item["name"] != "connection_name" for item in view["migration"]["missing"]
    ):
        return named
    kept = {name: value for name, value in planned.items() if name not in DECIDED_ONCE}
    # What the first sync does with what is there has been settled, too.
    first = {"initial_sync_behavior": sync["sync_options"]["initial_sync_behavior"]}
    return {**kept, **connection, **named, "sync_options": {**kept["sync_options"], **first}}


def _description(planned: Mapping, view: Mapping) -> str:
    """Return the description of a new sync: which integration's place it takes, and how that one was."""
    parts = [f"{DESCRIPTION}{view['id']}{AUTH}{view['integration_auth_id']}."]
    if view["migration"]["restore_deletion"] is False:
        parts.append(DELETED)
    if not view["is_active"]:
        parts.append(INACTIVE)
    given = planned.get("description")
    if given and DESCRIPTION not in given:
        parts.append(given)
    return " ".join(parts)[:LONGEST_DESCRIPTION]


def _outcome(sync: Mapping | None) -> dict[str, Any] | None:
    keys = ("id", "name", "is_auto_sync_enabled", "sync_status", "last_sync_message", "last_synced_at")
    return {key: sync.get(key) for key in keys} if sync else None


def _retired(native: str, sync: Mapping) -> dict[str, Any]:
    description = str(sync["description"])
    auth_id = description.partition(f"{native}{AUTH}")[2].partition(".")[0]
    due = DELETED in description and (sync.get("sync_options") or {}).get("disable_secret_deletion") is True
    return {
        "id": native,
        "project_id": sync["project_id"],
        "auth_id": auth_id or None,
        "source": f"{sync.get('environment')}:{sync.get('secret_path')}",
        "stage": RETIRED,
        "service": "",
        "target": "",
        "ready": True,
        "paused": False,
        "missing": [],
        "warnings": [DELETION_DUE] if due else [],
        "destination": sync["destination"],
        "sync_name": sync["name"],
        "named": {"name": sync["name"]},
        "sync": _outcome(sync),
        "deletion_due": due,
    }


class FilterModule:
    """Tells Ansible of the filter."""

    def filters(self) -> dict[str, Any]:
        return {"migration_progress": migration_progress}
