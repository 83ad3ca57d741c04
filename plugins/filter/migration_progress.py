# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far the move from native integrations to secret syncs has come: what the server holds, put side by side."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.community.infisical.plugins.module_utils._catalog.destinations import destination
from ansible_collections.community.infisical.plugins.module_utils._catalog.syncs import as_stored
from ansible_collections.community.infisical.plugins.module_utils._engine.values import (
    comparable_path,
    comparable_setting,
)
from ansible_collections.community.infisical.plugins.module_utils._migration.aws import SERVICES
from ansible_collections.community.infisical.plugins.module_utils._migration.plan import (
    DESCRIPTION,
    NEEDS_INPUTS,
    NO_COUNTERPART,
    READY,
)

REFUSED = "refused"
CREATED = "created"
CUT_OVER = "cut_over"
RETIRED = "retired"
STAGES = (NO_COUNTERPART, NEEDS_INPUTS, REFUSED, READY, CREATED, CUT_OVER)
# What a later run will want to know, and can't see any more by then: written into the sync's description.
DELETED = "It deleted what Infisical doesn't have."
INACTIVE = "It was inactive."
CLAIM = re.compile(
    rf"{re.escape(DESCRIPTION)}(?P<native>[0-9A-Za-z-]+)( of auth [0-9A-Za-z-]+)?\."
    rf"(?P<deleted> {re.escape(DELETED)})?(?P<inactive> {re.escape(INACTIVE)})?( Checksum (?P<checksum>[0-9a-f]+)\.)?"
)
# What servers fill in where a sync's configuration leaves it out.
FILLED_IN = {"gitlab": {"target_environment": "*"}}
DELETION_DUE = (
    "Unlike the native integration, its sync doesn't delete what Infisical doesn't have, until the phase"
    " restore_deletion has been run."
)
NO_KEY = "no AWS credentials were given to read it with"
NOT_READABLE = "only destinations in AWS can be read"
LONGEST_DESCRIPTION = 256
CONNECTION = ("connection_id", "connection_name")
# What may differ from the plan once the sync exists: the plan goes by the integration, which is switched off later.
DECIDED_ONCE = ("name", "description", "is_auto_sync_enabled")
TARGET = ("owner", "app", "app_id", "path", "target_environment", "target_environment_id", "region")

# An object as the modules return it.
View = Mapping[str, Any]


@dataclass(frozen=True)
class Claim:
    """A sync whose description says that it takes the place of the integration with the id `native`.

    Anyone may have written or copied that: it counts only together with a comparison of the source and the target.
    """

    sync: View
    native: str
    deleted: bool
    inactive: bool
    checksum: str

    @property
    def name(self) -> str:
        return f"secret sync {self.sync.get('name')} of project {self.sync.get('project_id')}"

    @property
    def is_genuine(self) -> bool:
        """Whether the sync still has the source and the target that the migration gave it."""
        connection = self.sync.get("connection") or {}
        named = (self.sync.get("connection_id"), connection.get("name"))
        return self.checksum in {_checksum(self.native, self.sync, str(one)) for one in named if one}


@dataclass(frozen=True)
class Given:
    """What the user gave, by id of an auth or by service, and the ids of connections that are known to be there."""

    connections: View
    aws: View
    ids: Mapping[tuple[Any, ...], str]

    def connection_key(self, view: View) -> str | None:
        return next((key for key in _keys(view) if key in self.connections), None)

    def aws_key(self, view: View) -> str | None:
        """Return what the credentials are found by that the destination can be read with."""
        for key in _keys(view):
            if key in self.aws:
                return key
            stated = self.connections.get(key) or {}
            if stated.get("method") == "access-key" and stated.get("credentials"):
                # Where several share a connection, one reading does for all of them.
                return next(first for first, other in self.connections.items() if other == stated)
        return None

    def project_of(self, key: str, view: View) -> str | None:
        """Return the project that the connection belongs to, or None for one of the organization."""
        return None if self.connections[key].get("level") == "organization" else view["project_id"]


def migration_progress(
    integrations: Iterable[View],
    syncs: Iterable[View],
    connections: View | None = None,
    made: Iterable[View] = (),
    aws: View | None = None,
) -> dict[str, Any]:
    """Return the integrations and the syncs that take, or took, their places."""
    integrations, syncs = list(integrations), list(syncs)
    claims: defaultdict[str, list[Claim]] = defaultdict(list)
    for claim in filter(None, map(_claim, syncs)):
        claims[claim.native].append(claim)
    ids = {(view.get("project_id"), view["app"], view["name"]): view["id"] for view in made}
    given = Given(connections or {}, aws or {}, ids)
    listed = Counter(view["id"] for view in integrations)
    names = {(sync.get("project_id"), sync.get("name")) for sync in syncs}
    rows = [_row(view, claims[view["id"]], given, names, listed[view["id"]]) for view in integrations]
    gone = {native: found for native, found in claims.items() if native not in listed}
    retired = [_retired(found[0]) for found in gone.values() if len(found) == 1 and found[0].is_genuine]
    lost = [text for native, found in gone.items() if (text := _lost(native, found))]
    stages = Counter(row["stage"] for row in rows)
    return {
        "integrations": rows,
        "retired": retired,
        "refusals": [f"{row['id']}: {row['reason']}" for row in rows if row["stage"] == REFUSED] + lost,
        "connections": _connections(integrations, rows, given),
        "counts": {
            "integrations": len(rows),
            **{stage: stages[stage] for stage in STAGES},
            RETIRED: len(retired),
        },
    }


def migration_outcomes(results: Iterable[View], rows: Iterable[View]) -> list[dict[str, Any]]:
    """Return how the syncs of `rows` (entries of migration_progress) fared in a task with a loop over projects.

    Each outcome has the row's `key` and `id`, whether it `failed`, and the `fault`. A row without a result has failed.
    """
    found = {(run["item"], one["name"]): one for run in results for one in run.get("results") or []}
    outcomes = []
    for row in rows:
        (named,) = row["named"].values()
        one = found.get((row["project_id"], named), {"action": "failed", "error": "There is no result."})
        fault = f"{row['sync_name']}: {one.get('error')}" if one["action"] == "failed" else ""
        outcomes.append({"key": row["key"], "id": row["id"], "failed": bool(fault), "fault": fault})
    return outcomes


def _claim(sync: View) -> Claim | None:
    match = CLAIM.match(str(sync.get("description") or ""))
    if not match:
        return None
    return Claim(sync, match["native"], bool(match["deleted"]), bool(match["inactive"]), match["checksum"] or "")


def place(slug: str, destination_config: View) -> tuple[tuple[str, Any], ...] | None:
    """Return where a sync writes, in comparable form; None where the catalogue can't tell.

    Two syncs with equal results and one connection write to the same place.
    """
    entry = destination(slug)
    if entry is None or not entry.all_fields:
        return None
    given = as_stored(slug, destination_config)
    scope = given.get("scope") or entry.default_scope
    if entry.scopes:
        given["scope"] = scope
    # The checksums in descriptions are made of this, with an empty text for what is unset.
    return tuple(
        (item.name, comparable_setting(given.get(item.name)) or "") for item in entry.fields_for(scope) if item.locates
    )


def _target(slug: str, config: View, options: View) -> dict[str, Any]:
    """Return where a sync writes, and under which names, in comparable form."""
    where = place(slug, {**FILLED_IN.get(slug, {}), **{key: item for key, item in config.items() if item is not None}})
    manner = str(config.get("mapping_behavior") or "")
    return {"destination": slug, "destination_config": [where, manner], "key_schema": options.get("key_schema") or ""}


def _differences(view: View, sync: View, connection: View) -> Iterator[str]:
    """Yield what a sync has otherwise than planned for the integration; nothing means that it takes its place."""
    plan = view["migration"]["sync"]
    if not view["project_id"] or sync.get("project_id") != view["project_id"]:
        yield "project"
    if not sync.get("environment") or sync["environment"] != plan["environment"]:
        yield "environment"
    if not sync.get("secret_path") or comparable_path(sync["secret_path"]) != comparable_path(plan["secret_path"]):
        yield "secret_path"
    wanted, found = (
        _target(str(one.get("destination")), one.get("destination_config") or {}, one.get("sync_options") or {})
        for one in (plan, sync)
    )
    # Without a catalogue of its settings nothing can be said of a destination.
    unknown = wanted["destination_config"][0] is None
    yield from (name for name in wanted if wanted[name] != found[name] or (unknown and name == "destination_config"))
    has = {"connection_id": sync.get("connection_id"), "connection_name": (sync.get("connection") or {}).get("name")}
    yield from (name for name, value in connection.items() if not has[name] or has[name] != str(value).strip())


def _checksum(native: str, sync: View, connection: str) -> str:
    """Return what a description keeps of the sync that it is of, so that a copy of it on another one is recognised."""
    target = _target(str(sync["destination"]), sync.get("destination_config") or {}, sync.get("sync_options") or {})
    parts = [native, sync["project_id"], sync.get("environment"), comparable_path(sync.get("secret_path"))]
    content = json.dumps([*parts, connection, target], sort_keys=True, default=str)
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def _refusal(
    view: View, claims: Sequence[Claim], connection: View, missing: Sequence[View], names: set[tuple[Any, ...]]
) -> str:
    """Return why the integration is left alone though its plan may be whole; empty if it may be migrated."""
    plan = view["migration"]
    if not claims:
        name = plan["sync"].get("name")
        if not missing and (view["project_id"], name) in names:
            return (
                f"The project has another secret sync with the name {name}. Rename that one, or specify another name in"
                " the inputs."
            )
        return ""
    if len(claims) > 1:
        return (
            f"{len(claims)} secret syncs say that they take its place: {', '.join(claim.name for claim in claims)}."
            " Change the description of all but one."
        )
    (claim,) = claims
    said = f"The description of {claim.name} says that it takes its place, but"
    if plan["status"] == NO_COUNTERPART:
        return f"{said} there is no plan to compare it with. {plan['reason']}"
    if missing:
        return (
            f"{said} it can't be compared without {', '.join(item['name'] for item in missing)}. Specify the same"
            " inputs and connections as in the run that created it."
        )
    differing = ", ".join(_differences(view, claim.sync, connection))
    if differing:
        return f"{said} it has another {differing} than planned. Change its description, or remove it."
    return ""


def _lost(native: str, claims: Sequence[Claim]) -> str:
    """Return what is wrong with the claims on an integration that was not found; empty for one genuine claim."""
    if len(claims) == 1 and claims[0].is_genuine:
        return ""
    named = ", ".join(claim.name for claim in claims)
    return (
        f"{native}: The integration was not found, and that these took its place can't be trusted: {named}."
        " Change their descriptions."
    )


def _keys(view: View) -> tuple[str, str]:
    return view["integration_auth_id"], view["integration"]


def _row(view: View, claims: Sequence[Claim], given: Given, names: set[tuple[Any, ...]], listed: int) -> dict[str, Any]:
    plan = view["migration"]
    planned = {name: value for name, value in plan["sync"].items() if name not in CONNECTION}
    connection = _connection(view, given)
    missing = [item for item in plan["missing"] if not (connection and item["name"] == "connection_name")]
    refusal = _refusal(view, claims, connection, missing, names) if listed == 1 else "It is listed more than once."
    sync = claims[0].sync if claims and not refusal else None
    ready = not refusal and (plan["status"] == READY or (plan["status"] == NEEDS_INPUTS and not missing))
    was_inactive = claims[0].inactive if sync else not view["is_active"]
    runs = (sync or planned).get("is_auto_sync_enabled") is not False
    name = (sync or planned).get("name")
    config = (sync or planned).get("destination_config") or {}
    key = f"{view['project_id']}/{view['id']}"
    return {
        # What the role knows an integration and its sync by: names are unique within one project only.
        "key": key,
        "id": view["id"],
        "project_id": view["project_id"],
        "service": view["integration"],
        "auth_id": view["integration_auth_id"],
        "source": f"{view.get('source_environment')}:{view.get('secret_path')}",
        "target": " ".join(str(view[part]) for part in TARGET if view.get(part)),
        "is_active": view["is_active"],
        "stage": REFUSED if refusal else _stage(view, sync, ready, plan["status"]),
        "ready": ready,
        "reason": refusal or _reason(ready, missing, plan["reason"]),
        "missing": [] if ready or refusal else missing,
        "warnings": list(plan["warnings"]),
        "destination": plan["destination"],
        "app": plan["app"],
        "methods": list(plan["methods"]),
        "sync_name": name,
        # By its id once it is known: a name may be anything, and another sync's tomorrow.
        "named": {"sync_id": sync["id"]} if sync else {"name": name},
        "sync": _outcome(sync),
        "was_inactive": was_inactive,
        # An integration that was inactive before all this gets a sync that is switched off as well.
        "dormant": was_inactive and not runs,
        "paused": not (was_inactive or runs),
        "options": _options(planned, connection, sync, view) if ready else {},
        "aws_key": given.aws_key(view) if plan["destination"] in SERVICES else None,
        "unread": NO_KEY if plan["destination"] in SERVICES else NOT_READABLE,
        "reading": {
            "name": key,
            "destination": plan["destination"],
            "destination_config": dict(config),
            "key_schema": ((sync or planned).get("sync_options") or {}).get("key_schema"),
        },
    }


def _connection(view: View, given: Given) -> dict[str, str]:
    """Return the option that names the connection: as the inputs say, else as is given."""
    plan, key = view["migration"], given.connection_key(view)
    stated = {name: plan["sync"][name] for name in CONNECTION if plan["sync"].get(name)}
    if stated or not key:
        return stated
    name = given.connections[key].get("name")
    made = given.ids.get((given.project_of(key, view), plan["app"], name))
    return {"connection_id": made} if made else {"connection_name": name}


def _connections(integrations: Iterable[View], rows: Iterable[View], given: Given) -> list[dict[str, Any]]:
    """Return the connections that have to be there, each once; one given without credentials is taken as found."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for view, row in zip(integrations, rows, strict=True):
        key = given.connection_key(view)
        if not (row["ready"] and key and given.connections[key].get("credentials")):
            continue
        stated = given.connections[key]
        one = {"project_id": given.project_of(key, view), "app": row["app"], "name": stated.get("name")}
        methods = {method["method"]: method["prefilled"] for method in row["methods"]}
        found.setdefault(tuple(one.values()), {**one, "key": key, "prefilled": methods.get(stated.get("method"), {})})
    return list(found.values())


def _reason(ready: bool, missing: Iterable[View], planned: str) -> str:
    if ready:
        return "Nothing is missing."
    names = ", ".join(item["name"] for item in missing)
    return f"The sync needs what the native integration doesn't tell: {names}." if names else planned


def _stage(view: View, sync: View | None, ready: bool, status: str) -> str:
    if sync:
        return CREATED if view["is_active"] else CUT_OVER
    return READY if ready else str(status)


def _options(planned: View, connection: View, sync: View | None, view: View) -> dict[str, Any]:
    """Return what the sync has to be: all of it, or what may still change."""
    if sync is None:
        return {**planned, **connection, "description": _description(planned, connection, view)}
    kept = {name: value for name, value in planned.items() if name not in DECIDED_ONCE}
    # What the first sync does with what exists has been settled, too.
    first = {"initial_sync_behavior": sync["sync_options"]["initial_sync_behavior"]}
    return {
        **kept,
        **connection,
        **_switched_off(sync),
        "sync_id": sync["id"],
        "sync_options": {**kept["sync_options"], **first},
    }


def _switched_off(sync: View) -> dict[str, Any]:
    """Return options that say of a sync that is switched off that this is meant: it has no outcome to wait for."""
    return {"is_auto_sync_enabled": False} if sync["is_auto_sync_enabled"] is False else {}


def _description(planned: View, connection: View, view: View) -> str:
    """Return the description of a new sync: which integration's place it takes, and how that one was."""
    parts = [f"{DESCRIPTION}{view['id']}."]
    if view["migration"]["restore_deletion"] is False:
        parts.append(DELETED)
    if not view["is_active"]:
        parts.append(INACTIVE)
    named = str(connection.get("connection_id") or connection.get("connection_name"))
    parts.append(f"Checksum {_checksum(view['id'], planned, named)}.")
    given = planned.get("description")
    if given and DESCRIPTION not in given:
        parts.append(given)
    return " ".join(parts)[:LONGEST_DESCRIPTION]


def _outcome(sync: View | None) -> dict[str, Any] | None:
    keys = ("id", "name", "is_auto_sync_enabled", "sync_status", "last_sync_message", "last_synced_at")
    return {key: sync.get(key) for key in keys} if sync else None


def _retired(claim: Claim) -> dict[str, Any]:
    sync = claim.sync
    due = claim.deleted and (sync.get("sync_options") or {}).get("disable_secret_deletion") is True
    return {
        "id": claim.native,
        "project_id": sync["project_id"],
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
        "named": {"sync_id": sync["id"]},
        "sync": _outcome(sync),
        "options": {"sync_id": sync["id"], "sync_options": {"disable_secret_deletion": False}, **_switched_off(sync)},
        "deletion_due": due,
    }


class FilterModule:
    """Tells Ansible of the filters."""

    def filters(self) -> dict[str, Any]:
        return {"migration_progress": migration_progress, "migration_outcomes": migration_outcomes}
