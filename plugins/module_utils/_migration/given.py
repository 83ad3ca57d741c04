# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the user gives for the migration, and for which native integrations each entry is meant. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._catalog.names import did_you_mean, from_api
from .._engine.kind import View
from .._errors import InputError, clean_name
from .counterparts import COUNTERPARTS
from .items import Need

# What an entry may be meant for, the least exact first, and the field of an integration that it names.
SELECTORS = {
    "service": "integration",
    "project_id": "project_id",
    "integration_auth_id": "integration_auth_id",
    "integration_id": "id",
}
# The options of a sync that name its connection.
CONNECTION = ("connection_id", "connection_name")
WEIGHTS = {name: 2**index for index, name in enumerate(SELECTORS)}
ALIAS = "workspace_id"
_SELECT: dict[str, dict[str, Any]] = {
    name: {"type": "str", **({"aliases": [ALIAS]} if name == "project_id" else {})} for name in SELECTORS
}
_NOT_SECRET = {"no_log": False}

CONNECTION_OPTIONS: dict[str, dict[str, Any]] = {
    **{name: _SELECT[name] for name in ("service", "project_id", "integration_auth_id")},
    "name": {"type": "str"},
    "connection_id": {"type": "str"},
    "level": {"type": "str", "default": "project", "choices": ["project", "organization"]},
    "method": {"type": "str"},
    "credentials": {"type": "dict", "no_log": True},
    "gateway_id": {"type": "str"},
}
INPUT_OPTIONS: dict[str, dict[str, Any]] = {
    **_SELECT,
    "name": {"type": "str"},
    "description": {"type": "str"},
    "environment": {"type": "str"},
    "secret_path": {"type": "str", **_NOT_SECRET},
    "connection_id": {"type": "str"},
    "connection_name": {"type": "str"},
    "destination_config": {"type": "dict"},
    "sync_options": {"type": "dict"},
}
DESTINATION_OPTIONS: dict[str, dict[str, Any]] = {
    **{name: _SELECT[name] for name in ("service", "project_id", "integration_auth_id")},
    "access_key_id": {"type": "str", "no_log": True},
    "secret_access_key": {"type": "str", "no_log": True},
    "session_token": {"type": "str", "no_log": True},
    "profile": {"type": "str"},
    "endpoint_url": {"type": "str"},
}
# The options with entries, and what in an entry says what it gives.
LISTS = ("connections", "inputs", "destinations")


@dataclass(frozen=True)
class Entry:
    """An entry of one of the lists: how messages name it, what it is meant for, and what it gives."""

    name: str
    selects: Mapping[str, str]
    gives: Mapping[str, Any]

    @property
    def weight(self) -> int:
        """How exactly it says what it is meant for."""
        return sum(WEIGHTS[name] for name in self.selects)

    def fits(self, view: View) -> bool:
        return all(_folded(view.get(SELECTORS[name])) == _folded(value) for name, value in self.selects.items())


def _folded(value: object) -> str:
    return str(value or "").strip().lower()


@dataclass(frozen=True)
class Given:
    """All entries, in their order."""

    connections: Sequence[Entry]
    inputs: Sequence[Entry]
    destinations: Sequence[Entry]

    def best(self, option: str, view: View) -> Entry | None:
        """Return the entry of a list that is meant most exactly for an integration, or None."""
        fitting = [entry for entry in getattr(self, option) if entry.fits(view)]
        return max(fitting, key=lambda entry: entry.weight, default=None)

    def connects(self, view: View) -> Entry | None:
        """Return the entry that names the connection of an integration: one of inputs, else one of connections."""
        naming = [entry for entry in self.inputs if entry.fits(view) and any(map(entry.gives.get, CONNECTION))]
        return max(naming, key=lambda entry: entry.weight, default=None) or self.best("connections", view)

    def inputs_for(self, view: View) -> dict[str, Any]:
        """Return the inputs for an integration, by dotted names; of those for one thing the most exact counts."""
        found: dict[str, Any] = {}
        for entry in sorted(self.inputs, key=lambda entry: entry.weight):
            if entry.fits(view):
                found.update(_dotted(entry.gives))
        return found

    def unused(self, views: Sequence[View]) -> list[str]:
        """Return a sentence for each entry that is meant for none of these integrations."""
        entries = [*self.connections, *self.inputs, *self.destinations]
        return [_unused(entry, views) for entry in entries if not any(entry.fits(view) for view in views)]


def given(params: Mapping[str, Any]) -> Given:
    """Return the entries of a task. Raises InputError, with all that is wrong with them, by name."""
    faults: list[str] = []
    lists = {option: _entries(option, params.get(option) or [], faults) for option in LISTS}
    for entry in lists["connections"]:
        if not ({"service", "integration_auth_id"} & entry.selects.keys()):
            faults.append(f"{entry.name} must have service or integration_auth_id.")
        if bool(entry.gives.get("name")) == bool(entry.gives.get("connection_id")):
            faults.append(f"{entry.name} must have either name or connection_id.")
        if entry.gives.get("credentials") and not entry.gives.get("method"):
            faults.append(f"{entry.name} has credentials, so it must also have method.")
    if faults:
        raise InputError(" ".join(faults))
    return Given(**lists)


def _entries(option: str, rows: Iterable[Mapping[str, Any]], faults: list[str]) -> list[Entry]:
    found: list[Entry] = []
    for index, row in enumerate(rows):
        selects = {name: str(row[name]).strip() for name in SELECTORS if row.get(name) not in (None, "")}
        gives = {name: value for name, value in row.items() if name not in (*SELECTORS, ALIAS) and value is not None}
        called = ", ".join(f"{name} {clean_name(value, 80)}" for name, value in selects.items()) or "for all"
        entry = Entry(f"{option}[{index}] ({called})", selects, gives)
        service = selects.get("service")
        if service and service not in COUNTERPARTS:
            faults.append(
                f"{entry.name}: native service {service!r} does not exist.{did_you_mean(service, COUNTERPARTS)}"
            )
        same = next((other for other in found if other.selects == selects), None)
        if same and (option != "inputs" or _dotted(same.gives).keys() & _dotted(gives).keys()):
            faults.append(f"{same.name} and {entry.name} are for the same integrations. Remove one of them.")
        found.append(entry)
    return found


def _dotted(gives: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in gives.items():
        if isinstance(value, Mapping):
            found.update((f"{name}.{key}", inner) for key, inner in from_api(value).items())
        else:
            found[name] = value
    return found


def _unused(entry: Entry, views: Sequence[View]) -> str:
    """Return why an entry is meant for nothing: the first of its selectors that no integration has."""
    left = list(views)
    for name, value in entry.selects.items():
        fitting = [view for view in left if _folded(view.get(SELECTORS[name])) == _folded(value)]
        if not fitting:
            known = {str(view.get(SELECTORS[name])) for view in left if view.get(SELECTORS[name])}
            return (
                f"{entry.name} matches no native integration: none has {name} {clean_name(value, 80)}."
                + did_you_mean(value, known)
            )
        left = fitting
    return f"{entry.name} matches no native integration: the projects have none."


def shared_entries(given_: Given, views: Sequence[View]) -> dict[int, str]:
    """Return why the connection of an entry can't be trusted to be the one of an account, by the entry's `id()`.

    Those that name an auth, and those that serve the integrations of one auth only, are left out. Which account an auth
    is for can't be read.
    """
    auths: dict[tuple[int, str], set[str]] = {}
    named: dict[int, Entry] = {}
    for view in views:
        entry = given_.connects(view)
        if entry is not None and not ({"integration_auth_id", "integration_id"} & entry.selects.keys()):
            named[id(entry)] = entry
            auths.setdefault((id(entry), view["integration"]), set()).add(view["integration_auth_id"])
    return {
        key: f"{named[key].name} applies to {len(found)} integration auths of {service}, which may be for different"
        " accounts. Specify an entry with integration_auth_id for each."
        for (key, service), found in auths.items()
        if len(found) > 1
    }


def need(view: View, name: str, why: str, methods: Sequence[Mapping[str, Any]]) -> Need:
    """Return what the user must give for an integration: `name` is the option of the sync that it fills."""
    if name in ("connection_name", "connection_id"):
        return {"input": "connections", "text": why, "yaml": _connection_yaml(view, methods)}
    group, _dot, option = name.partition(".")
    lines = ["inputs:", f"  - integration_id: {view['id']}"]
    lines += [f"    {group}:", f'      {option}: ""'] if option else [f'    {name}: ""']
    return {"input": name, "text": why, "yaml": "\n".join(lines)}


def _connection_yaml(view: View, methods: Sequence[Mapping[str, Any]]) -> str:
    method = next((one for one in methods if not one["browser_only"]), None)
    # As the playbook calls the option; the module knows both names.
    lines = ["app_connections:", f"  - integration_auth_id: {view['integration_auth_id']}", '    name: ""']
    if method:
        lines.append(f"    method: {method['method']}")
        lines += ["    credentials:", *(f'      {name}: ""' for name in method["asked"])] if method["asked"] else []
    return "\n".join(lines)
