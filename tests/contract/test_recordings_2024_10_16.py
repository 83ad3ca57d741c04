# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated server answers as the real one of 2024-10-16: its texts name less, and it had no OAuth apps."""

from __future__ import annotations

import functools
from typing import Any

import pytest
from contract import replay

from simulator import Simulator
from simulator.state import SYNC_FIELDS

EXCHANGES = replay.load("native-integrations-2024-10-16.jsonl")

# Recorded ids of what was there before the first exchange.
PROJECT = "fd35f64b-4547-41cf-95c0-bb72824c805e"

# Exchanges whose answer can't be reproduced, with the reason.
NOT_REPRODUCED: dict[int, str] = {}

TOKENS = {5: "garbage", 6: "aaa.bbb.ccc"}

# What was made between the exchanges that were kept, told by what later ones show: by the exchange before which it was
# made, the recorded ids of integrations with their fields, and of auths.
AUTH = "e2d413ca-c9bf-4fc2-8749-c765ea9a8e6a"
PLACE = {"integrationAuthId": AUTH, "sourceEnvironment": "dev", "secretPath": "/app", "region": "us-east-1"}
METADATA = {
    "kmsKeyId": "k",
    "secretAWSTag": [{"key": "a", "value": "b"}],
    "secretPrefix": "Q_",
    "secretSuffix": "_S",
    "mappingBehavior": "one-to-one",
    "initialSyncBehavior": "overwrite-target",
    "shouldDisableDelete": True,
}
INTEGRATIONS_MADE_BEFORE = {
    37: {
        "2a5ef49d-07b6-4775-8f08-17bd6b3fd010": {**PLACE, "app": "sw/one"},
        "355496a4-16c4-42b6-a50f-c5490070ebea": {**PLACE, "app": "sw/md", "metadata": METADATA},
    },
    59: {"0be4d525-ec8d-4489-8e37-a841afa9e938": {**PLACE, "app": "sw/other"}},
}
AUTHS_MADE_BEFORE = {27: ("9066bfdb-9a08-46d3-8b98-4e719f2ee8a4", "90af95d5-bad7-49ba-877d-82820f81cbf2")}
# The auth of exchange 21.
AUTH_DELETED_BEFORE = {67: "ec6098f3-4740-40e6-9739-21b011443ba8"}
# The job of the integration of exchange 33 ended between these; the replay waits for jobs after each request.
JOB_AT_WORK_BEFORE, JOB_DONE_BEFORE = 43, 44
INTEGRATION = "5a658ac3-0505-4fc2-9c3b-5c56a3c21b3f"


class Replay(replay.Replay):
    """Replays the recording with what happened between its exchanges."""

    def __init__(self, simulator: Simulator, ids: dict[str, str]) -> None:
        super().__init__(simulator, ids)
        self.outcome: dict[str, Any] = dict.fromkeys(SYNC_FIELDS)

    def token_for(self, exchange: dict) -> str:
        """Return the token that an exchange was sent with."""
        return TOKENS.get(exchange["n"]) or super().token_for(exchange)

    def before(self, exchange: dict) -> None:
        """Bring about what happened on the recorded server between the exchanges that were kept."""
        number = exchange["n"]
        for recorded, fields in INTEGRATIONS_MADE_BEFORE.get(number, {}).items():
            body = {**fields, "integrationAuthId": self.ids[AUTH]}
            self.ids[recorded] = self.ask("POST", "/api/v1/integration", body)[1]["integration"]["id"]
        for recorded in AUTHS_MADE_BEFORE.get(number, ()):
            self.ids[recorded] = self.sim.add_auth(self.ids[PROJECT], "aws-secret-manager")["id"]
        if number in AUTH_DELETED_BEFORE:
            auth = self.ids[AUTH_DELETED_BEFORE[number]]
            assert self.ask("DELETE", f"/api/v1/integration-auth/{auth}")[0] == 200
        self.sim.wait_idle()
        if number in (JOB_AT_WORK_BEFORE, JOB_DONE_BEFORE):
            self.swap_outcome()

    def swap_outcome(self) -> None:
        """Have the integration without the outcome of its job, or again with it."""
        stored = self.sim._state.integrations[self.ids[INTEGRATION]]
        told = {name: stored[name] for name in SYNC_FIELDS}
        stored.update(self.outcome)
        self.outcome = told


@functools.cache
def differences() -> dict[int, list[str]]:
    """Replay everything once; return what differs by the exchanges' numbers."""
    with Simulator(generation="2024-10-16", sync_delay=0.0, sync_retry_delay=0.0) as simulator:
        simulator.has_oauth_apps = False
        ids = {PROJECT: simulator.add_project("demo-project", folders=("/", "/app"), name="demo")}
        return Replay(simulator, ids).run(EXCHANGES)


@pytest.mark.parametrize("exchange", EXCHANGES, ids=replay.label)
def test_exchange(exchange: dict) -> None:
    """The simulated answer is the recorded one."""
    replay.check(exchange, differences()[exchange["n"]], NOT_REPRODUCED)
