# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A company at random: kills, faults of the server and changes of secrets between and within the phases.

At every moment each destination has what it had or newer of ours, and all that is others'.
"""

from __future__ import annotations

import json
import os
import random
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import requests
from ansible_collections.community.infisical.plugins.module_utils._migration.items import STAGES

from .company import Company
from .server import InProcess
from .test_migration_kills import Killed, Killer

STORIES = int(os.environ.get("INFISICAL_SOAK_RUNS", "200")) if os.environ.get("INFISICAL_SOAK") else 5
MEDDLED = STORIES if os.environ.get("INFISICAL_SOAK") else 3
PHASES = ("create", "verify", "cut_over", "rollback", "create", "verify", "cut_over", "retire")
KEYS = ("API_KEY", "DB_PASSWORD")


class Messy:
    """A company with integrations that share places, places of their own, and what others have put beside them."""

    def __init__(self, company: Company, chance: random.Random) -> None:
        self.company, self.chance = company, chance
        self.values: dict[str, set[str]] = {
            key: {company.sim.secrets(company.project, "dev", "/app")[key]} for key in KEYS
        }
        self.count = 0
        # What people have taken out of the migration's hands, and what they have put at destinations.
        self.meddled: set[str] = set()
        parameters, manager = company.auth("aws-parameter-store"), company.auth("aws-secret-manager")
        keeps = {"shouldDisableDelete": True}
        company.parameters("whole", "/p0/", parameters, metadata=keeps)
        company.parameters("part", "/p0/pre_", parameters, metadata=keeps)
        for number in range(3):
            company.parameters(f"own{number}", f"/own/{number}/", parameters)
            company.many(f"many{number}", f"many/{number}", manager, isActive=number != 2)
        company.many("single", "unused", manager, metadata={"mappingBehavior": "one-to-one", "secretPrefix": "S_"})
        company.settle()
        company.account.put_parameter("/p0/THEIRS", "theirs-value")
        company.account.create_secret("theirs", "theirs-value")
        self.before = company.content()

    def change_secret(self) -> None:
        """Have someone change a secret in Infisical."""
        key = self.chance.choice(KEYS)
        self.count += 1
        value = f"{key}-{self.count}"
        self.values[key].add(value)
        self.company.sim.set_secret(self.company.project, "dev", "/app", key, value)

    def meddle(self) -> str:
        """Have a person change something by hand; returns what."""
        company, name = self.company, self.chance.choice(sorted(self.company.ids.keys() - {"many2"}))
        native, sync = company.native(name), company.sync(name)
        acts = ["foreign"]
        acts += ["native removed", "native pointed elsewhere"] if native and name.startswith("own") else []
        acts += ["description edited", "sync paused"] if sync else []
        # The place of this one holds what is others': whoever has it delete wants that gone.
        acts += ["sync has deletion on"] if sync and name != "whole" else []
        act = self.chance.choice(acts)
        if act == "foreign":
            self.count += 1
            company.account.put_parameter(f"/p0/THEIRS{self.count}", "theirs-value")
            self.before[f"/p0/THEIRS{self.count}"] = "theirs-value"
        else:
            company.by_hand(act, name)
        if act in ("native removed", "native pointed elsewhere", "sync paused"):
            self.meddled.add(name)
        return f"{act}: {name}"

    def broken(self) -> list[str]:
        """Return what of the law doesn't hold."""
        now = self.company.content()
        found = [f"{name} is gone" for name in self.before.keys() - now.keys()]
        found += [f"{name} is new" for name in now.keys() - self.before.keys() if not name.startswith("/new/")]
        for name in self.before.keys() & now.keys():
            found += [f"{name}: {text}" for text in self._wrong(name, now[name])]
        for name in self.company.ids.keys() - self.meddled:
            inactive = name == "many2"
            if inactive == (self.company.is_on(name) or self.company.sync_is_on(name)):
                found.append(f"{name} is written by {'somebody' if inactive else 'nobody'}")
        return found

    def _wrong(self, name: str, value: str) -> list[str]:
        if value == self.before[name]:
            return []
        known = set().union(*self.values.values())
        if not value.startswith("{"):
            return [] if value in known and "theirs" not in name.lower() else [f"holds {value}"]
        parts = json.loads(value)
        wrong = [key for key, one in parts.items() if key not in KEYS or one not in self.values[key]]
        return [f"holds {parts}"] if wrong or parts.keys() != set(KEYS) else []


@pytest.mark.parametrize("seed", range(STORIES))
def test_story(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same stories in every run
    with Company(tmp_path).open() as company:
        messy = Messy(company, chance)
        accepted: list[str] = []
        for phase in PHASES:
            for _try in range(3):
                happened = run(messy, phase, accepted, chance)
                company.here.clock.sleep(30.0)
                assert messy.broken() == [], (phase, happened)
        # In the end nobody interferes, and what changed is accepted by name.
        for _round in range(4):
            for phase in PHASES[4:]:
                result = company(phase, fails=None, min_age=0, accept_differences=accepted)
                accepted += [one["id"] for one in result.data.get("differences", [])]
                company.here.clock.sleep(30.0)
                assert messy.broken() == [], phase
        left = {item["reason"] for item in company("plan")["integrations"] if item["after"] != "retired"}
        assert left == set()


@pytest.mark.parametrize("seed", range(MEDDLED))
def test_story_with_people_who_change_things(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same stories in every run
    with Company(tmp_path).open() as company:
        messy = Messy(company, chance)
        accepted: list[str] = []
        happened = []
        for phase in PHASES[4:]:
            if chance.random() < 0.7:
                happened.append(messy.meddle())
            happened.append(f"{phase}: {run(messy, phase, accepted, chance)}")
            company.here.clock.sleep(30.0)
            assert messy.broken() == [], happened
        for _round in range(3):
            for phase in PHASES[4:]:
                result = company(phase, fails=None, min_age=0, accept_differences=accepted)
                accepted += [one["id"] for one in result.data.get("differences", [])]
                company.here.clock.sleep(30.0)
                assert messy.broken() == [], (happened, phase)
        end = company("plan")
        unnamed = [item for item in end["integrations"] if item["after"] != "retired" and not item["reason"]]
        assert unnamed == [], happened
        assert (
            sum(end["counts"][stage] for stage in STAGES) == end["counts"]["integrations"] == len(end["integrations"])
        )
        # Run again, each phase changes nothing, and check mode has told so.
        for phase in PHASES[4:]:
            check = company(phase, fails=None, check=True, min_age=0, accept_differences=accepted)
            result = company(phase, fails=None, min_age=0, accept_differences=accepted)
            assert (check["changed"], result["changed"]) == (False, False), (happened, phase)
            assert company.stages(check) == company.stages(result), (happened, phase)


def run(messy: Messy, phase: str, accepted: list[str], chance: random.Random) -> str:
    """Run a phase while something happens; returns what."""
    company = messy.company
    what = chance.choice(("nothing", "killed", "faults", "secret", "refused"))
    killer = Killer(chance.randrange(12), is_done=chance.random() < 0.5)
    if what == "faults":
        company.sim.fail_next(
            chance.choice((500, 504, None)),
            times=chance.randrange(1, 6),
            method=chance.choice(("POST", "PATCH", "GET")),
        )
    if what == "secret":
        messy.change_secret()
    if what == "refused":
        company.sim.fail_sync(times=chance.randrange(1, 4))

    def send(adapter: InProcess, request: requests.PreparedRequest, **more: Any) -> requests.Response:
        return killer(adapter, request, **more)

    options: dict[str, Any] = {"min_age": 0, "concurrency": 1, "retries": 1, "accept_differences": accepted}
    try:
        if what == "killed":
            with mock.patch.object(InProcess, "send", send):
                company(phase, fails=None, **options)
        else:
            result = company(phase, fails=None, **options)
            if chance.random() < 0.3:
                accepted += [one["id"] for one in result.data.get("differences", [])]
    except Killed:
        pass
    company.sim.forget_failures()
    return what
