# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In which order to migrate: what risks least goes first. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..items import BLOCKED, CREATED, FAULT, PLANNED, ROLLED_BACK, VERIFIED, Group, Item
from .words import chosen, project, state

OPEN = (PLANNED, CREATED, VERIFIED, ROLLED_BACK)
PRODUCTION = re.compile(r"(?:^|[^a-z])(?:prod|production|prd|live)(?:$|[^a-z])")
# How many are tried out first, and how many are in one wave at most, but for a group that is larger by itself.
TRIED, LARGEST = 5, 50

TRIAL, OTHERS, SHARED = "Trial", "Other environments", "Shared places"
LIVE, LIVE_SHARED = "Production", "Production, shared places"
WHY = {
    TRIAL: "One of each service, where the risk is lowest.",
    OTHERS: "All that is not production, and that only one integration writes to.",
    SHARED: "Groups that write to one place, outside production.",
    LIVE: "Production, project by project.",
    LIVE_SHARED: "Groups that write to one place, with production among them.",
}

Unit = Sequence[Item]


@dataclass(frozen=True)
class Wave:
    """Integrations to migrate in one go. `yaml` limits a run to them."""

    title: str
    why: str
    members: Sequence[Item]
    yaml: str


def waves(items: Iterable[Item], groups: Iterable[Group]) -> list[Wave]:
    """Return suggested waves of all that can be migrated and is not switched over. A group is never parted.

    A group with a member that can't be migrated yet is in none.
    """
    kinds: dict[str, list[Unit]] = {name: [] for name in WHY}
    for unit in _units({item["native_id"]: item for item in items}, groups):
        live = any(PRODUCTION.search(item["environment"].lower()) for item in unit)
        shared = len(unit) > 1
        kinds[(LIVE_SHARED if shared else LIVE) if live else (SHARED if shared else OTHERS)].append(unit)
    for name in (OTHERS, LIVE):
        if kinds[name] and not kinds[TRIAL]:
            kinds[TRIAL] = _tried(kinds[name])
            kinds[name] = [unit for unit in kinds[name] if unit not in kinds[TRIAL]]
    found = []
    for name, units in kinds.items():
        parts = list(_parts(units))
        for number, members in enumerate(parts, start=1):
            part = f" ({number} of {len(parts)})" if len(parts) > 1 else ""
            found.append(Wave(f"{name}{part}", WHY[name], members, chosen(members)))
    return found


def _units(items: Mapping[str, Item], groups: Iterable[Group]) -> Iterator[Unit]:
    """Yield what is migrated together: groups, and integrations of none."""
    grouped: set[str] = set()
    for group in groups:
        members = [items[member] for member in group["members"] if member in items]
        grouped.update(group["members"])
        left = [item for item in members if _is_open(item)]
        stuck = [item for item in members if state(item) in (BLOCKED, FAULT)]
        if left and not stuck:
            yield left
    for item in items.values():
        if item["native_id"] not in grouped and _is_open(item):
            yield [item]


def _is_open(item: Item) -> bool:
    return item["after"] in OPEN and state(item) != FAULT


def _tried(units: Iterable[Unit]) -> list[Unit]:
    by_service: dict[str, Unit] = {}
    for unit in units:
        by_service.setdefault(unit[0]["service"], unit)
    return list(by_service.values())[:TRIED]


def _parts(units: Iterable[Unit]) -> Iterator[list[Item]]:
    """Yield integrations in parts of a size that one can look at, by project and environment."""
    part: list[Item] = []
    for unit in sorted(units, key=lambda unit: (project(unit[0]), unit[0]["environment"])):
        if part and len(part) + len(unit) > LARGEST:
            yield part
            part = []
        part = [*part, *unit]
    if part:
        yield part
