# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The states in which a task can find the sync of an object, and what it must start, wait for and say in each."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from ansible_collections.community.infisical.plugins.modules import (
    infisical_integration,
    infisical_integrations,
    infisical_secret_sync,
    infisical_secret_syncs,
)

BEFORE, LATER = "2026-03-02T09:15:02.000Z", "2026-03-02T10:00:00.000Z"
# What an object shows when the task looks first.
SYNC_SHOWS: dict[str, dict[str, Any]] = {
    "none": {"syncStatus": None},
    "pending": {"syncStatus": "pending", "lastSyncJobId": "5", "lastSyncedAt": BEFORE},
    "running": {"syncStatus": "running", "lastSyncJobId": "5", "lastSyncedAt": BEFORE},
    "succeeded": {"syncStatus": "succeeded", "lastSyncJobId": "5", "lastSyncedAt": BEFORE},
    "failed": {"syncStatus": "failed", "lastSyncJobId": "5", "lastSyncMessage": "AccessDenied"},
    "ended while pending": {"syncStatus": "pending", "lastSyncJobId": "5", "lastSyncedAt": BEFORE},
}
NATIVE_SHOWS: dict[str, dict[str, Any]] = {
    "none": {},
    "succeeded": {"isSynced": True, "syncMessage": "", "lastSyncJobId": "5", "lastUsed": BEFORE},
    "failed": {"isSynced": False, "syncMessage": "AccessDenied", "lastSyncJobId": "5"},
}
UNDER_WAY = ("pending", "running", "ended while pending")
LAST_FAILED, INACTIVE = "The last sync of", "inactive ("


class Seen(NamedTuple):
    """What a task did: the syncs that it started, the changes that it made, its result, and what it warned of."""

    starts: int
    changes: int
    waited: bool
    changed: bool
    failed: bool
    says: list[str]


def said(warnings: Iterable[str]) -> list[str]:
    """Return what warnings are about, as the table has it; a text of its own for any other."""
    phrases = (LAST_FAILED, INACTIVE)
    about_syncs = [text for text in warnings if "owner is not used" not in text]
    return [next((phrase for phrase in phrases if phrase in text), text) for text in about_syncs]


class Expected(NamedTuple):
    """Whether the task starts a sync, whether it waits for one, and what it says."""

    starts: bool = False
    waits: bool = False
    says: str = ""


# By whether the object is active and whether the task waits; what isn't listed is left alone without a word.
UNCHANGED: dict[tuple[bool, bool], dict[str, Expected]] = {
    (True, True): {
        "none": Expected(starts=True, waits=True),
        "pending": Expected(waits=True),
        "running": Expected(waits=True),
        "failed": Expected(starts=True, waits=True, says=LAST_FAILED),
        "ended while pending": Expected(waits=True),
    },
    (True, False): {"failed": Expected(says=LAST_FAILED)},
    (False, True): {
        "none": Expected(says=INACTIVE),
        "pending": Expected(waits=True),
        "running": Expected(waits=True),
        "succeeded": Expected(says=INACTIVE),
        "failed": Expected(says=INACTIVE),
        "ended while pending": Expected(waits=True),
    },
    (False, False): {"failed": Expected(says=LAST_FAILED)},
}


class Case(NamedTuple):
    """One state, and a task that finds it. `ends`: whether the job that runs next succeeds."""

    module: Any
    generation: str
    last: str
    active: bool
    wait: bool
    change: bool
    check: bool
    ends: bool

    @property
    def native(self) -> bool:
        return self.module in (infisical_integration, infisical_integrations)

    @property
    def module_name(self) -> str:
        return str(self.module.__name__).rpartition(".")[2]

    @property
    def shows(self) -> dict[str, Any]:
        """What the object shows first, in API names."""
        active = "isActive" if self.native else "isAutoSyncEnabled"
        return {active: self.active, **(NATIVE_SHOWS if self.native else SYNC_SHOWS)[self.last]}

    @property
    def expected(self) -> Expected:
        if self.change and self.active:
            # What ran before the change may end after it: only a sync that is started after that tells of the change.
            return Expected(starts=self.wait and self.last in UNDER_WAY, waits=self.wait)
        return UNCHANGED[self.active, self.wait].get(self.last, Expected())

    @property
    def wanted(self) -> Seen:
        """What the task must do."""
        acts, expected = not self.check, self.expected
        waits = expected.waits and acts
        return Seen(
            starts=int(expected.starts and acts),
            changes=int(self.change and acts),
            waited=waits,
            changed=self.change or expected.starts,
            failed=waits and not self.ends,
            says=[expected.says] if expected.says else [],
        )

    def options(self, project_id: str) -> dict[str, Any]:
        """Return the options of the task."""
        if self.native:
            found = {
                "integration": "aws-secret-manager",
                "source_environment": "dev",
                "secret_path": "/app",
                "app": "my-app/dev",
                "region": "us-east-1",
                **({"owner": "new"} if self.change else {}),
            }
        else:
            found = {"name": "app-dev", **({"description": "new"} if self.change else {})}
        item = {**found, "wait": self.wait, "wait_timeout": 20}
        if self.module is infisical_integrations:
            return {"project_id": project_id, "integrations": [item]}
        if self.module is infisical_secret_syncs:
            return {"project_id": project_id, "syncs": [item]}
        return {"project_id": project_id, **item}

    def __str__(self) -> str:
        words = (self.active and "active", self.wait and "wait", self.change and "change", self.check and "check")
        name = self.module_name.removeprefix("infisical_")
        return "-".join(
            [name, self.generation, self.last, *(word for word in words if word), "ok" if self.ends else "bad"]
        )


def _cases() -> Iterator[Case]:
    kinds = (
        (infisical_secret_sync, "2026", SYNC_SHOWS),
        (infisical_secret_syncs, "2026", SYNC_SHOWS),
        *((module, "2024", NATIVE_SHOWS) for module in (infisical_integration, infisical_integrations)),
        *((module, "2026", NATIVE_SHOWS) for module in (infisical_integration, infisical_integrations)),
    )
    flags = itertools.product((True, False), repeat=5)
    for (module, generation, shows), found in itertools.product(kinds, list(flags)):
        for last in shows:
            case = Case(module, generation, last, *found)
            # How a job ends is of interest where one is waited for.
            if case.ends or (case.expected.waits and not case.check):
                yield case


CASES = list(_cases())


def pairs_in(case: Case) -> set[tuple[Any, ...]]:
    """Return each pair of values of a case, with their places."""
    return set(itertools.combinations(enumerate(case), 2))


def pairwise(cases: Sequence[Case]) -> list[Case]:
    """Return a few of the cases, in which each pair of values occurs that occurs in all of them."""
    left = set[tuple[Any, ...]]().union(*map(pairs_in, cases))
    chosen: list[Case] = []
    while left:
        chosen.append(max(cases, key=lambda case: len(pairs_in(case) & left)))
        left -= pairs_in(chosen[-1])
    return chosen


# Of cases that are worth the same the first one is taken: in this order they are fewest.
FEW = pairwise(sorted(CASES, key=str, reverse=True))
