# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of an audit: what objects, groups of them, and the whole are called. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._catalog.apps import APPS
from .._catalog.destinations import DESTINATIONS
from .._catalog.services import SERVICES
from .._report.words import count, when
from .items import CONNECTION, KINDS, NATIVE, NEVER, PROBLEMS, STATES, SYNC, Conflict, Result, Row

NOUNS = {NATIVE: "native integration", SYNC: "secret sync", CONNECTION: "app connection"}
CATALOGUES: Mapping[str, Mapping[str, Any]] = {NATIVE: SERVICES, SYNC: DESTINATIONS, CONNECTION: APPS}


@dataclass(frozen=True)
class Group:
    """Objects of which the same is to be said."""

    title: str
    text: str
    rows: Sequence[Row]


def service_name(row: Row) -> str:
    """Return what a person calls the service, the destination or the app."""
    entry = CATALOGUES[row["kind"]].get(row["service"])
    return str(entry.name) if entry else row["service"]


def source(row: Row) -> str:
    """Return where an object reads in its project."""
    return f"{row['environment']} {row['secret_path']}".strip() or "a source that is gone"


def what(row: Row) -> str:
    """Return what an object does, on one line."""
    if row["kind"] == CONNECTION:
        return f"{row['name'] or row['id']} ({service_name(row)})"
    return f"{source(row)} -> {service_name(row)} {row['place']}".strip()


def which(row: Row) -> str:
    """Return by what an object is found on the server."""
    name = f"{row['name']}, " if row["name"] and row["kind"] == SYNC else ""
    return f"{NOUNS[row['kind']]} {name}{row['id']}"


def headline(result: Result) -> str:
    """Return how many of what are in how many projects, as a sentence."""
    counts = result["counts"]
    objects = ", ".join(count(counts[kind], NOUNS[kind]) for kind in KINDS if counts[kind]) or "nothing"
    return f"{count(counts['projects'], 'project')}: {objects}."


def verdict(result: Result) -> str:
    """Return how many problems there are, as a sentence."""
    counts = result["counts"]
    parts = [count(counts["problems"], "problem")] if counts["problems"] else ["No problems"]
    if result["faults"]:
        parts.append(f"{count(len(result['faults']), 'project')} that could not be read")
    if counts["conflicts"]:
        parts.append(count(counts["conflicts"], "conflict"))
    if counts[NEVER]:
        parts.append(f"{counts[NEVER]:,} never synced")
    return f"{', '.join(parts)}."


def problems(rows: Iterable[Row]) -> list[Group]:
    """Return the objects with a problem, those with the same reason together, the most of them first."""
    found: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if row["state"] in PROBLEMS:
            found.setdefault((row["state"], row["reason"]), []).append(row)
    groups = [Group(STATES[state][0], reason, members) for (state, reason), members in found.items()]
    order = [STATES[state][0] for state in STATES]
    return sorted(groups, key=lambda group: (order.index(group.title), -len(group.rows)))


def never(rows: Iterable[Row]) -> list[Group]:
    """Return the active objects of which no sync was recorded."""
    found = [row for row in rows if row["state"] == NEVER]
    return [Group(STATES[NEVER][0], STATES[NEVER][1], found)] if found else []


def conflict_groups(result: Result) -> list[Group]:
    """Return what writes to one place; what overwrites each other first."""
    by_id = {row["id"]: row for row in result["objects"]}
    ordered: list[Conflict] = sorted(result["conflicts"], key=lambda one: one["same_source"])
    return [Group("Conflict", one["reason"], [by_id[member] for member in one["members"]]) for one in ordered]


def ended(row: Row) -> str:
    """Return when the last sync ended; empty if that isn't known."""
    return when(row["at"]) if row["at"] else ""
