# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What it takes to bring a project into the state that an export describes, and what became of it. Pure functions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._catalog.names import did_you_mean
from .._catalog.services import CREDENTIALS, service
from .._engine.kind import Kind, View
from .._errors import clean_name, listed
from .app_connection import CONNECTION
from .export import auth_variables, connection_variables
from .integration import Integration
from .integration_auth import auth_named
from .native import AUTH, INTEGRATION
from .sync import SYNC

# By the names of the parts of an export, in the order in which they are applied.
PARTS: Mapping[str, Kind] = {
    "integration_auths": AUTH,
    "integrations": INTEGRATION,
    "app_connections": CONNECTION,
    "secret_syncs": SYNC,
}
Objects = Mapping[str, Sequence[View]]
LINES = 100


@dataclass(frozen=True)
class Purge:
    """The parts of which all is removed that the export doesn't describe; `when_empty`: also if it describes none."""

    parts: Sequence[str]
    when_empty: bool = False


def problems(given: Objects, present: Objects, purge: Purge) -> list[str]:
    """Return a sentence for each reason why an export can't be applied to a project that has the `present` objects.

    What `given` holds of credentials may be anything that is not empty. None of it is in a sentence.
    """
    return [
        *_purge_problems(given, present, purge),
        *_foreign_ids(given, present),
        *_missing_credentials(given, present),
    ]


def _purge_problems(given: Objects, present: Objects, purge: Purge) -> Iterator[str]:
    for part in purge.parts:
        if part not in PARTS:
            known = did_you_mean(part, PARTS) or f" Known: {', '.join(PARTS)}."
            yield f"purge: {clean_name(part, 80)!r} is not a part of an export.{known}"
        elif not given.get(part) and present.get(part) and not purge.when_empty:
            yield (
                f"purge: infisical_{part} describes nothing, so that all {len(present[part])} of the project would be"
                " removed. If this is intended, set purge_when_empty to true."
            )


def _foreign_ids(given: Objects, present: Objects) -> Iterator[str]:
    ids = {part: {str(view["id"]) for view in present.get(part, ())} for part in PARTS}
    auths, integrations = given.get("integration_auths", ()), given.get("integrations", ())
    unknown = {
        "integration_auth_id": [
            str(item["integration_auth_id"])
            for item in (*auths, *integrations)
            if item.get("integration_auth_id") and item["integration_auth_id"] not in ids["integration_auths"]
        ],
        "integration_id": [
            str(item["integration_id"])
            for item in integrations
            if item.get("integration_id") and item["integration_id"] not in ids["integrations"]
        ],
    }
    remedies = {
        "integration_auth_id": "distinguish the auths of a service by namespace (auth_namespace) instead",
        "integration_id": "remove the items with it from the file: their environment was deleted",
    }
    for option, found in unknown.items():
        if found:
            yield (
                f"The project has nothing with this {option}: {listed(dict.fromkeys(found))}. IDs are not valid in"
                f" another project: {remedies[option]}."
            )


def _missing_credentials(given: Objects, present: Objects) -> Iterator[str]:
    lacking = [
        *_lacking(given.get("integration_auths", ()), present.get("integration_auths", ()), AUTH, _auth_lacks),
        *_lacking(given.get("app_connections", ()), _own(present), CONNECTION, _connection_lacks),
    ]
    if lacking:
        # Each is clean already, and a name that is cut can't be defined.
        more = f" and {len(lacking) - LINES} more" if len(lacking) > LINES else ""
        yield (
            f"Credentials are missing for {len(lacking)} object(s) that do not exist yet. Define these variables,"
            f" preferably in a file that Ansible Vault encrypts: {'; '.join(lacking[:LINES])}{more}."
        )


def _own(present: Objects) -> list[View]:
    """Return the connections of the project itself: older servers list those of the organization, too."""
    return [view for view in present.get("app_connections", ()) if view.get("project_id")]


def _lacking(
    given: Sequence[View], present: Sequence[View], kind: Kind, lacks: Callable[[Sequence[View], int], list[str]]
) -> Iterator[str]:
    known = {_comparable(kind, view) for view in present}
    for index, item in enumerate(given):
        if _comparable(kind, item) in known or item.get(kind.id_option):
            continue
        if names := lacks(given, index):
            yield f"{', '.join(names)} ({named(kind, item)})"


def _comparable(kind: Kind, view: View) -> Any:
    """Return what tells an object of a project from another one there."""
    return kind.identity({**kind.blank(), **view, "project_id": None})


def _auth_lacks(given: Sequence[View], index: int) -> list[str]:
    item = given[index]
    ways = service(str(item.get("integration") or "")).credentials
    stated = {option for option in CREDENTIALS if item.get(option)}
    if any(stated.issuperset(way) for way in ways):
        return []
    names = auth_variables(given)[index]
    # As in an export, the first way is the one to go without a choice.
    return [f"{names}_{option}" for option in ways[0] if option not in stated]


def _connection_lacks(given: Sequence[View], index: int) -> list[str]:
    return [] if given[index].get("credentials") else [f"{connection_variables(given)[index]}_credentials"]


def named(kind: Kind, view: View) -> str:
    """Return how lines and messages name an object of an export."""
    if kind is AUTH:
        return f"integration auth {auth_named(view)}"
    if kind is INTEGRATION:
        return f"integration {clean_name(Integration.named(view), 200)}"
    if kind is CONNECTION:
        return f"app connection {clean_name(view.get('app'), 80)} {clean_name(view.get('name'), 80)}"
    return f"{kind.label} {clean_name(view.get('name') or view.get(kind.id_option), 200)}"


def surplus(given: Objects, present: Objects, purge: Purge, part: str) -> list[dict[str, Any]]:
    """Return the objects of a part that a purge removes, if its kind has no plural module: their `id` and `name`."""
    kind = PARTS[part]
    if part not in purge.parts or kind not in (AUTH, CONNECTION):
        return []
    kept = {_comparable(kind, item) for item in given.get(part, ())}
    ids = {str(item[kind.id_option]) for item in given.get(part, ()) if item.get(kind.id_option)}
    found = _own(present) if kind is CONNECTION else present.get(part, ())
    return [
        {"id": view["id"], "app": view.get("app"), "name": named(kind, view)}
        for view in found
        if _comparable(kind, view) not in kept and str(view["id"]) not in ids
    ]


# By the actions of plural modules: what is counted.
COUNTED = {
    "created": "add",
    "updated": "change",
    "synced": "sync",
    "removed": "remove",
    "unchanged": "unchanged",
    "failed": "failed",
}
WORDS = {
    "add": ("to add", "added"),
    "change": ("to change", "changed"),
    "remove": ("to remove", "removed"),
    "unchanged": ("unchanged", "unchanged"),
    "sync": ("to sync again", "synced again"),
    "failed": ("failed", "failed"),
    "not_reached": ("not reached", "not reached"),
}
ALWAYS_TOLD = ("add", "change", "remove", "unchanged")
# Where a line stands, so that a long list leaves out what matters least, and its mark. Equal places keep their order.
MARKS = {"failed": (0, "!"), "remove": (1, "-"), "add": (2, "+"), "change": (2, "~"), "sync": (3, "*")}


def summed_up(given: Objects, results: Mapping[str, Any], removed: Mapping[str, Any], *, check: bool) -> dict[str, Any]:
    """Return what was done, or would be: counts, in all and by part, a `sentence` and a line for each change.

    `results` are those of the tasks that managed each part, and `removed` those of the loops that removed what a purge
    removes, with the names under `purged`. A task that was not run has no result, or one without results.
    """
    rows = [(part, *row) for part in PARTS for row in _rows(part, given.get(part, ()), results.get(part) or {})]
    rows += [(part, *row) for part in PARTS for row in _removals(removed.get(part) or {})]
    counts = Counter(action for _part, action, _name in rows)
    by_part = {part: dict.fromkeys(WORDS, 0) for part in PARTS}
    for part, action, _name in rows:
        by_part[part][action] += 1
    shown = sorted((row[1:] for row in rows if row[1] in MARKS), key=lambda row: MARKS[row[0]][0])
    lines = [f"{MARKS[action][1]} {name}{' (sync again)' if action == 'sync' else ''}" for action, name in shown]
    left_out = Counter(action for action, _name in shown[LINES:])
    more = [f"... and {left_out.total()} more: {_counted(left_out, check=check)}"] if left_out else []
    return {
        **{action: counts[action] for action in WORDS},
        "parts": by_part,
        "sentence": _counted(counts, ALWAYS_TOLD, check=check),
        "lines": [*lines[:LINES], *more],
        "held_back": held_back(given, results),
    }


def _counted(counts: Counter[str], always: Collection[str] = (), *, check: bool) -> str:
    """Return the counts in words, in the order of WORDS; those that are 0 only if they are `always` told."""
    told = [action for action in WORDS if counts[action] or action in always]
    return ", ".join(f"{counts[action]} {WORDS[action][0 if check else 1]}" for action in told)


def _rows(part: str, given: Sequence[View], result: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the action and the name for each object of a part, and for what its purge removed."""
    kind, outcomes = PARTS[part], result.get("results")
    if outcomes is None:
        # A task that some items are refused by does nothing for the others either.
        refused = result.get("refused_items") or range(len(given))
        for index, item in enumerate(given):
            yield "failed" if result.get("failed") and index in refused else "not_reached", named(kind, item)
        return
    for outcome in outcomes:
        if "action" in outcome:
            yield COUNTED[outcome["action"]], f"{kind.label} {clean_name(outcome['name'], 200)}"
        elif not outcome.get("skipped"):
            yield _action_of(outcome), named(kind, given[int(outcome["item"])])
    for view in result.get("purged") or ():
        yield "remove", f"{kind.label} {_purged_name(kind, view)}"


def _purged_name(kind: Kind, row: Mapping[str, Any]) -> str:
    view = row.get(kind.name) or {}
    parts = [view.get(option) for option in ("name", "integration", "app", "path") if view.get(option)]
    return " ".join(clean_name(part, 80) for part in [*parts, f"({row['id']})"])


def _action_of(outcome: Mapping[str, Any]) -> str:
    """Return what a task about one object did."""
    if outcome.get("failed"):
        return "failed"
    if not outcome.get("changed"):
        return "unchanged"
    return "change" if (outcome.get("diff") or {}).get("before") else "add"


def _removals(result: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for outcome in result.get("results") or ():
        if not outcome.get("skipped"):
            action = "failed" if outcome.get("failed") else "remove" if outcome.get("changed") else "unchanged"
            yield action, str(outcome["item"]["name"])


def held_back(given: Objects, results: Mapping[str, Any]) -> int:
    """Return how many objects are inactive that the export has as active."""
    count = 0
    for part, kind in PARTS.items():
        active = kind.active
        for outcome in (results.get(part) or {}).get("results") or () if active else ():
            view = outcome.get(kind.name)
            item = given[part][outcome["index"]] if "index" in outcome else {}
            count += bool(view) and not view.get(active) and item.get(active) is not False
    return count
