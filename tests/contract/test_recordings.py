# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated server answers as the real one of October 2024 whose exchanges were recorded first."""

from __future__ import annotations

import functools

import pytest
from contract import replay

from simulator import Simulator

EXCHANGES = replay.load("native-integrations-2024-10.jsonl")

# Recorded ids of what was there before the first exchange.
PROJECT = "77fa7aed-9288-401e-a4c9-3a9430be62a4"
V1_PROJECT = "77fa7aed-9288-401e-a4c9-3a9430be62a0"
API_MADE_PROJECT = "d687c84c-e8c3-497b-80e6-b050f4107655"
CLIENT_ID = "3f6135db-f237-421d-af66-a8f4e80d443b"

# Exchanges whose answer can't be reproduced, with the reason.
NOT_REPRODUCED: dict[int, str] = {}

# What happened between the exchanges that were kept, told by what later ones show. By exchange: the recorded
# exchanges whose created integration (or auth) is deleted before it.
DELETED_BEFORE = {
    227: (155, 156, 161, 162, 164, 165, 166, 168),
    245: (233, 236),
    248: (169,),
    259: (249, 253, 256),
    265: (262,),
    269: (266,),
    302: (289,),
}
SECRET_CHANGED_BEFORE = (227, 245)
READ_LIMIT_REACHED_BEFORE = {
    237: "/api/v1/integration/00000000-0000-4000-8000-000000000000",
    335: "/api/v1/workspace/00000000-0000-4000-8000-000000000000/authorizations",
}
WRITE_LIMIT_REACHED_BEFORE = {339: "/api/v1/integration/00000000-0000-4000-8000-000000000000/sync"}
LIMITS_END_BEFORE = (240, 390)
# An integration whose folder was deleted; only a list shows it.
ORPHAN_BEFORE = 319
ORPHAN = "9df3c1f0-2bab-411d-b551-4fc41589d4c3"


class OlderReplay(replay.Replay):
    """Replays the recording with what happened between its exchanges."""

    def token_for(self, exchange: dict) -> str:
        """Return the token that an exchange was sent with, as its label tells."""
        if "user jwt" in exchange["label"] or exchange["n"] == 390:
            return self.sim.user_jwt
        return self.login_token if exchange["label"] == "use revoked token" else super().token_for(exchange)

    def before(self, exchange: dict) -> None:
        """Bring about what happened on the recorded server between the exchanges that were kept."""
        number = exchange["n"]
        for created in DELETED_BEFORE.get(number, ()):
            kind, made = next(iter(self.created[created].items()))
            path = "/api/v1/integration/" if kind == "integration" else "/api/v1/integration-auth/"
            assert self.ask("DELETE", path + made["id"])[0] == 200
        if number in SECRET_CHANGED_BEFORE:
            self.sim.set_secret(self.ids[PROJECT], "dev", "/app", "API_KEY", f"changed before {number}")
        if number == ORPHAN_BEFORE:
            self.add_orphan()
        if number in LIMITS_END_BEFORE:
            self.sim.rate_limits = False
        for method, limit, paths in (
            ("GET", 60, READ_LIMIT_REACHED_BEFORE),
            ("POST", 200, WRITE_LIMIT_REACHED_BEFORE),
        ):
            if number in paths:
                if not self.sim.rate_limits:
                    self.sim.rate_limits = True
                for _ in range(limit):
                    assert self.ask(method, paths[number])[0] in (403, 404)
        self.sim.wait_idle()

    def add_orphan(self) -> None:
        """Make the integration whose source folder is gone."""
        project = self.ids[PROJECT]
        self.sim.set_secret(project, "dev", "/gone", "KEY", "value")
        self.sim.wait_idle()
        # The auth of the recorded exchange 302.
        auth = self.ids["fe68477f-e4d4-48e2-9a4b-c1fbb33010c9"]
        made = self.sim.add_integration(auth, "dev", secretPath="/gone", app="gone", region="us-east-1")
        self.sim.delete_folder(project, "dev", "/gone")
        self.ids[ORPHAN] = made["id"]


@functools.cache
def differences() -> dict[int, list[str]]:
    """Replay everything once; return what differs by the exchanges' numbers."""
    with Simulator(generation="2024", sync_delay=0.0, sync_retry_delay=0.0) as simulator:
        ids = {
            PROJECT: simulator.add_project("first-project-v2", folders=("/", "/app", "/app/db")),
            V1_PROJECT: simulator.other_project_id,
            API_MADE_PROJECT: simulator.add_project("api-made-z-ron", name="api-made"),
            CLIENT_ID: simulator.admin.client_id,
        }
        return OlderReplay(simulator, ids).run(EXCHANGES)


@pytest.mark.parametrize("exchange", EXCHANGES, ids=replay.label)
def test_exchange(exchange: dict) -> None:
    """The simulated answer is the recorded one."""
    replay.check(exchange, differences()[exchange["n"]], NOT_REPRODUCED)
