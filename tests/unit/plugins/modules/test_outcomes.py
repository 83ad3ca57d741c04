# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every state in which a task can find the sync of an object, by each module that syncs: what it starts and says."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import responses
from ansible_collections.community.infisical.plugins.modules import infisical_integration, infisical_integrations
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
from ansible_collections.community.infisical.tests.unit.plugins.outcomes import (
    CASES,
    FEW,
    LATER,
    UNDER_WAY,
    Case,
    Seen,
    pairs_in,
    said,
)

# What a job that ended leaves behind, by whether it succeeded.
SYNC_ENDS = {
    True: {"syncStatus": "succeeded", "lastSyncedAt": LATER, "lastSyncMessage": None},
    False: {"syncStatus": "failed", "lastSyncMessage": "it may not write"},
}
NATIVE_ENDS = {
    True: {"isSynced": True, "syncMessage": "", "lastUsed": LATER},
    False: {"isSynced": False, "syncMessage": "it may not write"},
}


class Live(Server):
    """A server with one object, whose job ends a few looks after it was started."""

    def __init__(self, http: responses.RequestsMock, clock: FakeClock, case: Case) -> None:
        super().__init__(http, clock)
        self.case, self.starts, self.changes, self.reads = case, 0, 0, 0
        self.object = (api_integration if case.native else api_sync)(**case.shows)
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


def run(case: Case, clock: FakeClock) -> tuple[Live, Any]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as http:
        server = Live(http, clock, case)
        return server, server.run(case.module, check=case.check, **case.options(PROJECT))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_a_task_starts_waits_for_and_says(case: Case, clock: FakeClock, server: Server) -> None:
    live, result = run(case, clock)
    waited = bool(clock.sleeps)
    seen = Seen(live.starts, live.changes, waited, result.changed, result.failed, said(result.warnings))
    assert seen == case.wanted
    # Where nothing is started or waited for, the one list is all that is read.
    assert (live.reads > 1) is waited
    if result.failed:
        assert "failed: it may not write" in result.msg
        assert result["error_kind"] in ("sync_failed", "some_failed")


def test_the_table_is_whole() -> None:
    assert len(CASES) > 400
    assert {case.module for case in CASES if case.generation == "2024"} == {
        infisical_integration,
        infisical_integrations,
    }


def test_the_few_that_run_as_playbooks_have_each_pair_of_states() -> None:
    assert len(FEW) <= 20
    assert set().union(*map(pairs_in, FEW)) == set().union(*map(pairs_in, CASES))
