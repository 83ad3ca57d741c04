# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a project the playbook teardown removes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible.utils.unsafe_proxy import wrap_var
from ansible_collections.community.infisical.plugins.module_utils._audit.items import CONNECTION, NATIVE, SYNC, Row
from ansible_collections.community.infisical.plugins.module_utils._audit.words import what
from ansible_collections.community.infisical.plugins.module_utils._catalog.destinations import DESTINATIONS
from ansible_collections.community.infisical.plugins.module_utils._catalog.names import did_you_mean
from ansible_collections.community.infisical.plugins.module_utils._catalog.services import SERVICES
from ansible_collections.community.infisical.plugins.module_utils._engine.values import comparable_path
from ansible_collections.community.infisical.plugins.module_utils._errors import clean_name, listed

OF_INTEGRATIONS = ("services",)
OF_SYNCS = ("sync_destinations", "sync_names")
SCOPES = ("environments", *OF_INTEGRATIONS, *OF_SYNCS, "connection_names")
NO_SCOPE = f"Specify what to remove: {', '.join(SCOPES)}, or everything_in_project."


def teardown_plan(audit: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of one project goes, by the result of infisical_audit_info and the variables of the playbook.

    `integrations` and `syncs` (items of the plural modules), `auths` (ids) and `connections` go, in this order; `steps`
    says so in sentences. `not_found` are what was named and does not exist, `kept` the connections that stay although
    nothing else in the project uses them. `faults` are sentences; with any of them, nothing must be removed.
    """
    if len(audit.get("projects") or []) != 1:
        raise AnsibleFilterError("teardown_plan: specify the result of infisical_audit_info for one project.")
    project, rows = audit["projects"][0], [row for row in audit["objects"] if row["project_id"]]
    scope = {name: list(given.get(name) or []) for name in SCOPES}
    plan: dict[str, Any] = {"project_id": project["id"], "steps": [], "not_found": [], "kept": [], "faults": []}
    described = list(given.get("described") or [])
    if not any(scope.values()) and not given.get("everything_in_project") and not described:
        plan["faults"] = [NO_SCOPE]
    plan["faults"] += _unknown({**scope, **_of_descriptions(described, given)}, project, rows)
    going = [] if plan["faults"] else [row for row in rows if _goes(row, scope, given)]
    ids = {row["id"] for row in going}
    left = [row for row in rows if row["id"] not in ids and row["kind"] != CONNECTION]
    auths = [] if given.get("keep_auth") else _unused(going, left, NATIVE)
    connections = list(_connections(rows, going, left, scope, given, plan))
    plan["not_found"] = [] if plan["faults"] else list(_missing(scope, rows, going))
    plan.update(
        integrations=[_absent("integration_id", row, given) for row in going if row["kind"] == NATIVE],
        syncs=[_absent("sync_id", row, given) for row in going if row["kind"] == SYNC],
        auths=auths,
        connections=[{"connection_id": row["id"], "app": row["service"], "name": row["name"]} for row in connections],
    )
    plan["steps"] = [f"Remove {_named(row)}." for row in (*going, *connections)]
    plan["steps"] += [f"Remove integration auth {object_id}." for object_id in auths]
    found: dict[str, Any] = wrap_var(plan)
    return found


def _absent(option: str, row: Row, given: Mapping[str, Any]) -> dict[str, Any]:
    deletion = {"delete_destination_secrets": True} if given.get("delete_destination_secrets") else {}
    return {option: row["id"], "state": "absent", **deletion}


def _named(row: Row) -> str:
    kind = row["kind"].replace("_", " ")
    name = f" {row['name']}" if row["name"] and row["kind"] == SYNC else ""
    return f"{kind}{name} {row['id']}: {what(row)}"


def _of_descriptions(described: Sequence[Mapping[str, Any]], given: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the environments and the service of descriptions of native integrations, by the variables for them."""
    environments = [str(one["source_environment"]) for one in described if one.get("source_environment")]
    return {"source_environment": environments, "service": [str(given.get("service") or "")] if described else []}


def _unknown(scope: Mapping[str, Sequence[str]], project: Mapping[str, Any], rows: Iterable[Row]) -> Iterator[str]:
    """Yield a sentence for each environment, service and destination that can't exist."""
    rows = list(rows)
    used = {kind: {row["service"] for row in rows if row["kind"] == kind} for kind in (NATIVE, SYNC)}
    environments = {*project["environments"], *(row["environment"] for row in rows if row["environment"])}
    services = "service of native integrations", {*SERVICES, *used[NATIVE]}
    known: dict[str, tuple[str, set[str]]] = {
        "services": services,
        "service": services,
        "sync_destinations": ("destination of secret syncs", {*DESTINATIONS, *used[SYNC]}),
    }
    # Not every server, and not every identity, can tell the environments.
    if project["environments"]:
        known["environments"] = known["source_environment"] = ("environment of the project", environments)
    for option, (noun, names) in known.items():
        for value in scope[option]:
            if value not in names:
                there = f" It has {listed(sorted(names))}." if names == environments else ""
                yield f"{option}: {clean_name(value, 80)} is no {noun}.{did_you_mean(value, names) or there}"


def _goes(row: Row, scope: Mapping[str, Sequence[str]], given: Mapping[str, Any]) -> bool:
    """Tell whether a native integration or a secret sync goes: it fits all that is specified for its kind."""
    own, others = (OF_INTEGRATIONS, OF_SYNCS) if row["kind"] == NATIVE else (OF_SYNCS, OF_INTEGRATIONS)
    if row["kind"] == CONNECTION:
        return False
    if row["kind"] == SYNC and _is_described(row, given.get("described_sync") or {}):
        return True
    of_kind = any(scope[name] for name in own)
    if not of_kind and any(scope[name] for name in others):
        return False
    if not (of_kind or scope["environments"] or given.get("everything_in_project")):
        return False
    tests: tuple[tuple[str, Callable[[Row], set[str]]], ...] = (
        ("environments", lambda one: {one["environment"]}),
        ("services" if row["kind"] == NATIVE else "sync_destinations", lambda one: {one["service"]}),
        *((("sync_names", lambda one: {one["name"], one["id"]}),) if row["kind"] == SYNC else ()),
    )
    return all(not scope[name] or values(row) & set(scope[name]) for name, values in tests)


def _is_described(row: Row, described: Mapping[str, Any]) -> bool:
    """Tell whether a secret sync is the one of a description: all of `service`, source and `place` are the same."""
    keys = ("service", "environment", "secret_path", "place")
    return bool(described) and all(
        comparable_path(described.get(key)) == comparable_path(row["secret_path"])
        if key == "secret_path"
        else described.get(key) == str(row.get(key))
        for key in keys
    )


def _unused(going: Iterable[Row], left: Iterable[Row], kind: str) -> list[str]:
    """Return whose credentials the objects of a kind that go have used, and no other does."""
    used = [row["credentials_of"] for row in going if row["kind"] == kind and row["credentials_of"]]
    still = {row["credentials_of"] for row in left}
    return [one for one in dict.fromkeys(used) if one not in still]


def _connections(
    rows: Sequence[Row],
    going: Sequence[Row],
    left: Sequence[Row],
    scope: Mapping[str, Sequence[str]],
    given: Mapping[str, Any],
    plan: dict[str, Any],
) -> Iterator[Row]:
    own = {row["id"]: row for row in rows if row["kind"] == CONNECTION}
    unused = _unused(going, left, SYNC)
    if not given.get("keep_connections"):
        for one in unused:
            if one not in own:
                plan["kept"].append(f"App connection {one} is not one of the project: others may use it.")
    everything = bool(given.get("everything_in_project")) and not any(scope.values())
    for row in own.values():
        if {row["name"], row["id"]} & set(scope["connection_names"]):
            users = [one["name"] or one["id"] for one in left if one["credentials_of"] == row["id"]]
            if users:
                plan["faults"].append(
                    f"connection_names: {row['name']} is used by the secret syncs {listed(users)}, which stay."
                )
            else:
                yield row
        elif not given.get("keep_connections") and (row["id"] in unused or everything):
            yield row


def _missing(scope: Mapping[str, Sequence[str]], rows: Sequence[Row], going: Sequence[Row]) -> Iterator[str]:
    """Yield what was named and does not exist, or not any more."""
    kinds = {"sync_names": SYNC, "connection_names": CONNECTION}
    for option, values in scope.items():
        present = rows if option == "connection_names" else going
        for value in values:
            fits = (
                {row["name"] for row in present if row["kind"] == kinds[option]}
                | {row["id"] for row in present if row["kind"] == kinds[option]}
                if option in kinds
                else {row["environment"] if option == "environments" else row["service"] for row in present}
            )
            if value not in fits:
                names = {row["name"] for row in rows if row["kind"] == kinds.get(option)}
                hint = did_you_mean(value, names - {value}) if option in kinds else ""
                yield f"{option}: {clean_name(value, 80)}.{hint}"


class FilterModule:
    """The filter, as Ansible looks for it."""

    def filters(self) -> dict[str, Any]:
        return {"teardown_plan": teardown_plan}
