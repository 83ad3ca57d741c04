# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole company of every service through all phases, with kills, faults and people who change things at any moment.

At every moment each destination has what it had or newer of ours, and all that is others'.
"""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import requests
from ansible_collections.community.infisical.plugins.module_utils._migration import steps
from ansible_collections.community.infisical.plugins.module_utils._migration.items import STAGES

from .company import Company
from .messy import EveryService
from .server import InProcess
from .test_migration_kills import Killed, Killer

SOAK = bool(os.environ.get("INFISICAL_SOAK"))
SIZE, SEEDS = (300, 6) if SOAK else (14, 1)
THERE = ("create", "verify", "cut_over")
PHASES = (*THERE, "rollback", *THERE, "retire", "restore_deletion")
# Requests between two looks at all destinations: each one is looked at where there are few.
LOOKS = 25 if SOAK else 3


class Story:
    """Runs phases while something happens; `told` is what."""

    def __init__(self, messy: EveryService, chance: random.Random) -> None:
        self.messy, self.company, self.chance = messy, messy.company, chance
        self.accepted: list[str] = []
        self.told: list[str] = []
        self._sent, self._broken = 0, []

    def law(self) -> None:
        self.company.here.clock.sleep(30.0)
        assert (self._broken or self.messy.broken()) == [], self.told[-6:]

    def run(self, phase: str, what: str = "", **options: Any) -> None:
        """Run a phase that may be killed, or meet faults of the server and people who change things."""
        size, chance = len(self.company.ids), self.chance
        what = what or chance.choice(
            ("nothing", "killed", "killed", "faults", "limits", "secret", "refused", "meddled")
        )
        self.told.append(f"{phase}, {what}")
        killer = Killer(chance.randrange(size), is_done=chance.random() < 0.5) if what == "killed" else None
        sim = self.company.sim
        if what == "faults":
            status, method = chance.choice((500, 504, None)), chance.choice(("POST", "PATCH", "GET", "DELETE"))
            times, done = chance.randrange(1, 6), chance.random() < 0.5
            sim.fail_next(status, times=times, method=method, after=done and method != "GET")
        if what == "limits":
            headers = {"Retry-After": str(chance.randrange(1, 60))}
            sim.fail_next(429, times=chance.randrange(1, 9), method=chance.choice(("POST", "PATCH")), headers=headers)
        if what == "refused":
            sim.fail_sync(times=chance.randrange(1, 4))
        acts = {"secret": self.messy.change_secret, "meddled": self.meddle}
        at = {chance.randrange(2 * size) for _one in range(1 + size // 50)} if what in acts else set()
        self._watched(phase, killer, dict.fromkeys(at, acts.get(what)), **options)
        sim.forget_failures()
        self.law()

    def meddle(self) -> None:
        self.told.append(self.messy.meddle())

    def _watched(self, phase: str, killer: Killer | None, acts: dict[int, Any], **options: Any) -> None:
        """Run a phase; look at the destinations after some of its requests, and have things happen after others."""
        send, journal = InProcess.send, self.company.journal
        kept: list[bytes] = []
        own = True
        self._sent = 0

        def sent(adapter: InProcess, request: requests.PreparedRequest, **more: Any) -> requests.Response:
            nonlocal own
            if not own:
                return send(adapter, request, **more)
            try:
                return killer(adapter, request, **more) if killer else send(adapter, request, **more)
            except Killed:
                if not kept:
                    kept.append(journal.read_bytes())
                raise
            finally:
                own = False
                self._sent += 1
                if self._sent in acts:
                    acts[self._sent]()
                if self._sent % LOOKS == 0:
                    self._broken = self._broken or self.messy.broken()
                own = True

        options |= {"min_age": 0, "concurrency": 1, "retries": 2, "accept_differences": self.accepted}
        with mock.patch.object(InProcess, "send", sent):
            try:
                result = self.company(phase, fails=None, **options)
            except Killed:
                # Nothing that the process did on its way out counts: a kill leaves it no time.
                journal.write_bytes(kept[0])
                return
        if self.chance.random() < 0.3:
            self.accepted += [one["id"] for one in result.data.get("differences", [])]


@pytest.mark.parametrize("seed", range(SEEDS))
def test_company_of_every_service(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same stories in every run
    with Company(tmp_path).open() as company, mock.patch.object(steps, "BATCH", max(4, SIZE // 5)):
        messy = EveryService(company, chance, SIZE)
        story = Story(messy, chance)
        assert messy.broken() == []
        for phase in PHASES:
            story.run(phase)
            if phase == "rollback":
                story.run(phase, "nothing")
        # In the end nobody interferes, and what changed is accepted by name.
        for phase in (*THERE, *THERE, "retire"):
            story.told.append(phase)
            options = {"min_age": 0, "accept_differences": story.accepted, "require_compared": False}
            result = company(phase, fails=None, **options)
            story.accepted += [one["id"] for one in result.data.get("differences", [])]
            story.law()
        # What the integrations deleted is nobody else's: the law holds once the syncs delete it, too.
        for what in ("killed", "nothing"):
            story.run("restore_deletion", what, confirm_deletions=True)
        end = company("plan")
        assert any(run["actions"].get("deletion_restored") for run in end["journal"]["runs"])
        counts, left = end["counts"], [one for one in end["integrations"] if one["after"] != "retired"]
        assert sum(counts[stage] for stage in STAGES) == counts["integrations"] == len(end["integrations"])
        unnamed = [
            (one["service"], one["after"], one["comparison"]["result"], one["needs"])
            for one in left
            if not one["reason"]
        ]
        assert unnamed == [], (unnamed, story.told)
        untouched = {company.ids[name] for name in company.ids.keys() - messy.meddled}
        stuck = {(one["service"], one["after"], one["reason"]) for one in left if one["native_id"] in untouched}
        assert {after for _service, after, _reason in stuck} <= {"blocked", "no_counterpart", "fault", "cut_over"}, (
            stuck
        )
