# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one run of the migration knows, and what became of each integration so far."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any

from .._engine.task import Task
from .accounts import other_account
from .carry import Hands
from .given import Given
from .items import FAILED, ROLLED_BACK, Difference, Group, Item
from .journal import Journal
from .phases import PLAN, Wishes
from .reading import Look, Read, credentials, narrowed, places, reader
from .source import Folder, Sources, folder_of_native, missing, readable
from .state import Seen
from .world import World


@dataclass
class Run:
    """What a run knows: options, lists, and what became of each integration so far, by its id."""

    task: Task
    wishes: Wishes
    given: Given
    journal: Journal
    hands: Hands
    world: World = field(default_factory=World)
    rows: list[Seen] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    # Those that share their place with one that is gone, and does not write again after them.
    left_alone: set[str] = field(default_factory=set)
    unused: list[str] = field(default_factory=list)
    items: dict[str, Item] = field(default_factory=dict)
    differences: dict[str, Difference] = field(default_factory=dict)
    removed_auths: list[str] = field(default_factory=list)
    _readers: dict[str, Read] = field(default_factory=dict)
    _sources: Sources | None = None
    _lock: Lock = field(default_factory=Lock)

    @property
    def accepted(self) -> frozenset[str]:
        return frozenset(str(one).strip() for one in self.task.params["accept_differences"])

    def results(self) -> dict[str, str]:
        """Return the result of each integration's last comparison."""
        return {native_id: item["comparison"]["result"] for native_id, item in self.items.items()}

    def login(self, seen: Seen) -> Mapping[str, Any] | None:
        """Return how to log in to AWS for the places of an integration; a plan reads names alone, without a key."""
        has_key = self.task.params["journal_key"] or self.wishes.phase == PLAN
        return credentials(self.given, seen.known) if has_key else None

    def other_account(self, seen: Seen) -> str:
        """Return what to say where the places of an integration are read in another account than it writes to."""
        if seen.stage == ROLLED_BACK:
            # Its sync is about to be brought to what is planned now.
            seen = replace(seen, sync=None)
        return other_account(self.task.store, self.given, seen, self.login(seen)) if places(seen) else ""

    def read(self, seen: Seen) -> Read:
        """Return what reads the places of an integration; those with one login share it."""
        login = self.login(seen)
        if other := self.other_account(seen):
            return lambda place: {"name": place.key, "read": False, "reason": other, "digests": {}, "traits": None}
        found = json.dumps(login, sort_keys=True)
        with self._lock:
            if found not in self._readers:
                key = str(self.task.params["journal_key"] or "")
                self._readers[found] = reader(login, key, tags=self.wishes.phase != PLAN)
            read = self._readers[found]
        return lambda place: read(narrowed(place, seen, lambda: self.keys(seen)))

    def keys(self, seen: Seen, folder: Folder | None = None) -> frozenset[str] | None:
        """Return the names of Infisical's secrets in a folder, else in that of an integration; None if unreadable."""
        with self._lock:
            self._sources = self._sources or Sources(self.task.store)
        folder = folder or folder_of_native(seen.known)
        found, why = readable(self._sources, folder)
        if found is not None and not found:
            # Servers list none, too, where there is no such folder.
            why = missing(self.task, folder)
            found = None if why else found
        if why and why not in seen.warnings:
            seen.warnings.append(why)
        return found

    def did(self, seen: Seen, action: str, after: str) -> None:
        self.items[seen.native_id].update({"action": action, "reason": "", "after": after})

    def failed(self, seen: Seen, reason: str) -> None:
        self.items[seen.native_id].update({"action": FAILED, "reason": reason})

    def take(self, seen: Seen, found: Look) -> bool:
        """Take in what was found at the places of an integration; returns whether that lets it go on."""
        self.journal.write(*found.entries)
        item = self.items[seen.native_id]
        item["comparison"] = found.comparison
        left = [one for one in found.differences if one["id"] not in self.accepted]
        others = {key: one for key, one in self.differences.items() if one["native_id"] != seen.native_id}
        self.differences = {**others, **{one["id"]: one for one in left}}
        if left:
            self.failed(seen, " ".join(one["reason"] for one in left))
        return not left
