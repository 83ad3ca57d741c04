# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every state in which a task can find the sync of an object, by each module that syncs: what it starts and says."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
import responses
from ansible_collections.community.infisical.plugins.modules import (
    infisical_integration,
    infisical_integrations,
    infisical_secret_sync,
    infisical_secret_syncs,
)
from ansible_collections.community.infisical.tests.unit.plugins.harness import (
    PROJECT,
    SYNC_ID,
    URL,
    FakeClock,
    Server,
    api_auth,
    api_error,
    api_integration,
    api_sync,
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
# What a job that ended leaves behind, by whether it succeeded.
SYNC_ENDS = {
    True: {"syncStatus": "succeeded", "lastSyncedAt": LATER, "lastSyncMessage": None},
    False: {"syncStatus": "failed", "lastSyncMessage": "it may not write"},
}
NATIVE_ENDS = {
    True: {"isSynced": True, "syncMessage": "", "lastUsed": LATER},
    False: {"isSynced": False, "syncMessage": "it may not write"},
}
UNDER_WAY = ("pending", "running", "ended while pending")
LAST_FAILED, INACTIVE = "The last sync of", "inactive ("


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
    def expected(self) -> Expected:
        if self.change and self.active:
            # What ran before the change may end after it: only a sync that is started after that tells of the change.
            return Expected(starts=self.wait and self.last in UNDER_WAY, waits=self.wait)
        return UNCHANGED[self.active, self.wait].get(self.last, Expected())

    def __str__(self) -> str:
        name = self.module.__name__.rpartition(".")[2].removeprefix("infisical_")
        words = (self.active and "active", self.wait and "wait", self.change and "change", self.check and "check")
        return "-".join(
            [name, self.generation, self.last, *(word for word in words if word), "ok" if self.ends else "bad"]
        )


def cases() -> Iterator[Case]:
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


CASES = list(cases())


class Live(Server):
    """A server with one object, whose job ends a few looks after it was started."""

    def __init__(self, http: responses.RequestsMock, clock: FakeClock, case: Case) -> None:
        super().__init__(http, clock)
        self.case, self.starts, self.changes, self.reads = case, 0, 0, 0
        shows = (NATIVE_SHOWS if case.native else SYNC_SHOWS)[case.last]
        self.object = (
            api_integration(isActive=case.active, **shows)
            if case.native
            else api_sync(isAutoSyncEnabled=case.active, **shows)
        )
        self.looks_left, self.job = 2 if case.last in UNDER_WAY else 0, 5
        http.add_callback("GET", re.compile(".*"), self.get)
        http.add_callback("PATCH", re.compile(".*"), self.patch)
        http.add_callback("POST", re.compile(".*"), self.post)

    def get(self, request: Any) -> tuple:
        path = request.url.removeprefix(URL).partition("?")[0]
        if self.case.generation == "2024" and path.startswith("/api/v1/projects/"):
            return self._answer(404, api_error(404, "Not Found", "Route GET:/x not found"))
        if path.endswith("/authorizations"):
            return self._answer(200, {"authorizations": [api_auth()]})
        self.reads += 1
        if path.endswith("/integrations"):
            return self._answer(200, {"integrations": [self.object]})
        if path == "/api/v1/secret-syncs":
            return self._answer(200, {"secretSyncs": [self.object]})
        self._work()
        return self._shown()

    def patch(self, request: Any) -> tuple:
        body = json.loads(request.body)
        changes = {key: body[key] for key in ("description", "owner") if key in body}
        self.changes += bool(changes)
        self.starts += not changes
        self.object.update(changes)
        if self.case.active:
            self._begin()
        return self._shown()

    def post(self, request: Any) -> tuple:
        assert request.url.endswith(f"{SYNC_ID}/sync-secrets")
        self.starts += 1
        self._begin()
        return self._shown()

    def _begin(self) -> None:
        self.looks_left = 2
        if not self.case.native:
            self.object["syncStatus"] = "pending"

    def _work(self) -> None:
        if not self.looks_left:
            return
        self.looks_left -= 1
        if self.looks_left:
            return
        self.job += 1
        self.object.update(
            (NATIVE_ENDS if self.case.native else SYNC_ENDS)[self.case.ends], lastSyncJobId=str(self.job)
        )
        if self.case.last == "ended while pending":
            self.object["syncStatus"] = "pending"

    def _shown(self) -> tuple:
        return self._answer(200, {"integration" if self.case.native else "secretSync": self.object})

    @staticmethod
    def _answer(status: int, body: dict) -> tuple:
        return status, {"Content-Type": "application/json"}, json.dumps(body)

    def _check_script(self) -> None:
        """Nothing is scripted."""


def options(case: Case) -> dict[str, Any]:
    if case.native:
        found = {
            "integration": "aws-secret-manager",
            "source_environment": "dev",
            "secret_path": "/app",
            "app": "my-app/dev",
            "region": "us-east-1",
            **({"owner": "new"} if case.change else {}),
        }
    else:
        found = {"name": "app-dev", **({"description": "new"} if case.change else {})}
    item = {**found, "wait": case.wait}
    if case.module is infisical_integrations:
        return {"project_id": PROJECT, "integrations": [item]}
    if case.module is infisical_secret_syncs:
        return {"project_id": PROJECT, "syncs": [item]}
    return {"project_id": PROJECT, **item}


def run(case: Case, clock: FakeClock) -> tuple[Live, Any]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as http:
        server = Live(http, clock, case)
        return server, server.run(case.module, check=case.check, **options(case))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_a_task_starts_waits_for_and_says(case: Case, clock: FakeClock, server: Server) -> None:
    live, result = run(case, clock)
    expected = case.expected
    acts = not case.check
    assert live.starts == (expected.starts and acts)
    assert live.changes == (case.change and acts)
    waits = expected.waits and acts
    assert bool(clock.sleeps) is waits
    # Where nothing is started or waited for, the one list is all that is read.
    assert (live.reads > 1) is waits
    assert result.changed is (case.change or expected.starts)
    assert result.failed is (waits and not case.ends)
    if result.failed:
        assert "failed: it may not write" in result.msg
        assert result["error_kind"] in ("sync_failed", "some_failed")
    said = [warning for warning in result.warnings if "owner is not used" not in warning]
    assert [expected.says in warning for warning in said] == ([True] if expected.says else [])


def test_the_table_is_whole() -> None:
    assert len(CASES) > 400
    assert {case.module for case in CASES if case.generation == "2024"} == {
        infisical_integration,
        infisical_integrations,
    }
