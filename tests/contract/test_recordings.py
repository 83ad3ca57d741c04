# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Replays the exchanges recorded from a real server of October 2024 against the simulated one.

All are sent in their order to one simulator; one test case then tells about each. Ids are mapped from the recorded to
the simulated ones as answers show them, so values are compared as well; of times and job numbers only the type is.
"""

from __future__ import annotations

import functools
import http.client
import json
import os
import pathlib
import re
from typing import Any
from urllib.parse import urlsplit

import pytest

from simulator import Simulator

ROOT = pathlib.Path(__file__).parents[2]
CONTRACT = pathlib.Path(os.environ.get("INFISICAL_CONTRACT_DIR") or ROOT.parent / "shared" / "contract")
RECORDING = CONTRACT / "recorded" / "native-integrations-2024-10.jsonl"

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

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
VOLATILE = {"createdAt", "updatedAt", "lastUsed", "lastSyncJobId", "accessToken", "orgId"}
LIMIT_HEADERS = ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "retry-after")


def load() -> list[dict]:
    """Return the recorded exchanges, or none where the recording is absent."""
    if not RECORDING.is_file():
        return []
    return [json.loads(line) for line in RECORDING.read_text(encoding="utf-8").splitlines() if line.strip()]


EXCHANGES = load()
if not EXCHANGES:
    pytest.skip(f"no recording at {RECORDING} (INFISICAL_CONTRACT_DIR may name its directory)", allow_module_level=True)


class Replay:
    """Sends the exchanges to one simulator and keeps what it answered."""

    def __init__(self, simulator: Simulator) -> None:
        self.sim = simulator
        address = urlsplit(simulator.url)
        self.connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)
        self.ids: dict[str, str] = {}
        self.login_token = ""
        self.created: dict[int, dict] = {}

    def seed(self) -> None:
        """Map the recorded projects and identity to simulated ones."""
        api_made = self.sim.add_project("api-made-z-ron", name="api-made")
        self.ids[PROJECT] = self.sim.add_project("first-project-v2", folders=("/", "/app", "/app/db"))
        self.ids[V1_PROJECT] = self.sim.other_project_id
        self.ids[API_MADE_PROJECT] = api_made
        self.ids[CLIENT_ID] = self.sim.admin.client_id

    def mapped(self, text: str) -> str:
        """Return a text with its recorded ids replaced by the simulated ones."""

        def replaced(found: re.Match) -> str:
            simulated = self.ids.get(found[0].lower(), found[0])
            return simulated.upper() if found[0].isupper() else simulated

        return UUID.sub(replaced, text)

    def learn(self, recorded: Any, answered: Any) -> None:
        """Remember which simulated id stands for which recorded one, wherever both answers have one."""
        if isinstance(recorded, dict) and isinstance(answered, dict):
            for key in recorded.keys() & answered.keys():
                self.learn(recorded[key], answered[key])
        elif isinstance(recorded, list) and isinstance(answered, list):
            # Lists have no order: only slugs, or being alone, tell which objects belong together.
            if len(recorded) == len(answered) == 1:
                self.learn(recorded[0], answered[0])
            elif all(isinstance(one, dict) and "slug" in one for one in recorded + answered):
                by_slug = {one["slug"]: one for one in answered}
                for one in recorded:
                    self.learn(one, by_slug.get(one["slug"]))
        elif UUID.fullmatch(str(recorded)) and UUID.fullmatch(str(answered)):
            self.ids.setdefault(recorded, answered)

    def token_for(self, exchange: dict) -> str:
        """Return the token that an exchange was sent with, as its label tells."""
        label = exchange["label"]
        for identity in (self.sim.viewer, self.sim.member, self.sim.outsider):
            if f"as {identity.name}" in label:
                return identity.token
        if "user jwt" in label or exchange["n"] == 390:
            return self.sim.user_jwt
        return self.login_token if label == "use revoked token" else self.sim.admin.token

    def send(self, exchange: dict) -> tuple[int, dict[str, str], Any]:
        """Send one exchange and return the simulated status, headers and body."""
        token = self.token_for(exchange)
        headers = {name: value.replace("<jwt>", token) for name, value in exchange["request_headers"].items()}
        body = exchange["request_body"]
        if body is not None:
            text = body if isinstance(body, str) else json.dumps(body)
            text = text.replace("<client-secret>", self.sim.admin.client_secret)
            body = self.mapped(text).replace("<jwt>", self.login_token).encode()
        self.connection.request(exchange["method"], self.mapped(exchange["path"]), body, headers)
        response = self.connection.getresponse()
        raw = response.read().decode()
        try:
            answered = json.loads(raw)
        except ValueError:
            answered = raw
        if isinstance(answered, dict) and "accessToken" in answered:
            self.login_token = answered["accessToken"]
        self.learn(exchange["response_body"], answered)
        if exchange["method"] == "POST" and isinstance(answered, dict):
            self.created[exchange["n"]] = answered
        return response.status, {name.lower(): value for name, value in response.getheaders()}, answered

    def run(self, exchanges: list[dict]) -> dict[int, list[str]]:
        """Send all exchanges in order; return for each number what differs from the recording."""
        differences = {}
        for exchange in exchanges:
            self.before(exchange)
            status, headers, body = self.send(exchange)
            differences[exchange["n"]] = self.compare(exchange, status, headers, body)
            self.sim.wait_idle()
        return differences

    def before(self, exchange: dict) -> None:
        """Bring about what happened on the recorded server between the exchanges that were kept."""
        number = exchange["n"]
        for created in DELETED_BEFORE.get(number, ()):
            kind, made = next(iter(self.created[created].items()))
            path = "/api/v1/integration/" if kind == "integration" else "/api/v1/integration-auth/"
            assert self.ask("DELETE", path + made["id"]) == 200
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
                    assert self.ask(method, paths[number]) in (403, 404)
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

    def ask(self, method: str, path: str) -> int:
        """Send a request that isn't recorded, as the admin, and return its status."""
        self.connection.request(method, path, headers={"Authorization": f"Bearer {self.sim.admin.token}"})
        response = self.connection.getresponse()
        response.read()
        return response.status

    def compare(self, exchange: dict, status: int, headers: dict[str, str], body: Any) -> list[str]:
        """Return what differs between the recorded and the simulated answer."""
        found = []
        if status != exchange["status"]:
            found.append(f"status: recorded {exchange['status']}, simulated {status} ({body})")
        recorded_headers = exchange["response_headers"]
        if recorded_headers.get("content-type") != headers.get("content-type"):
            found.append(f"content-type: recorded {recorded_headers.get('content-type')}, simulated {headers}")
        found.extend(
            f"header {name}: recorded {recorded_headers.get(name)}, simulated {headers.get(name)}"
            for name in LIMIT_HEADERS
            if (name in recorded_headers) != (name in headers)
        )
        limit = "x-ratelimit-limit"
        if limit in headers and headers[limit] != recorded_headers.get(limit):
            found.append(f"{limit}: recorded {recorded_headers.get(limit)}, simulated {headers[limit]}")
        self.compare_values(exchange["response_body"], body, "body", found)
        return found

    def compare_values(self, recorded: Any, answered: Any, where: str, found: list[str]) -> None:
        """Append to `found` where two values differ; of volatile ones only the type counts."""
        if isinstance(recorded, dict) and isinstance(answered, dict):
            found.extend(
                f"{where}.{key}: only in the {'recorded' if key in recorded else 'simulated'} answer"
                for key in sorted(recorded.keys() ^ answered.keys())
            )
            for key in sorted(recorded.keys() & answered.keys()):
                left, right = recorded[key], answered[key]
                if key not in VOLATILE or type(left) is not type(right):
                    self.compare_values(left, right, f"{where}.{key}", found)
        elif isinstance(recorded, list) and isinstance(answered, list):
            self.compare_lists(recorded, answered, where, found)
        else:
            wanted = self.mapped(recorded) if isinstance(recorded, str) else recorded
            if type(wanted) is not type(answered) or wanted != answered:
                found.append(f"{where}: recorded {recorded!r}, simulated {answered!r}")

    def compare_lists(self, recorded: list, answered: list, where: str, found: list[str]) -> None:
        """Compare two lists; objects with ids are paired by id, as the server's lists have no order."""
        if len(recorded) != len(answered):
            found.append(f"{where}: recorded {len(recorded)} elements, simulated {len(answered)}")
            return
        if all(isinstance(one, dict) and "id" in one for one in recorded + answered):
            by_id = {one["id"]: one for one in answered}
            for one in recorded:
                twin = by_id.get(self.mapped(one["id"]))
                if twin is None:
                    found.append(f"{where}: recorded {one['id']} has no simulated twin")
                else:
                    self.compare_values(one, twin, f"{where}[{one['id']}]", found)
            return
        for index, (left, right) in enumerate(zip(recorded, answered, strict=True)):
            self.compare_values(left, right, f"{where}[{index}]", found)


@functools.cache
def differences() -> dict[int, list[str]]:
    """Replay everything once; return what differs by the exchanges' numbers."""
    with Simulator(generation="2024", sync_delay=0.0, sync_retry_delay=0.0) as simulator:
        replay = Replay(simulator)
        replay.seed()
        return replay.run(EXCHANGES)


@pytest.mark.parametrize("exchange", EXCHANGES, ids=lambda one: f"{one['n']}-{one['label'] or one['path']}")
def test_exchange(exchange: dict) -> None:
    """The simulated answer is the recorded one."""
    if exchange["n"] in NOT_REPRODUCED:
        pytest.skip(NOT_REPRODUCED[exchange["n"]])
    assert not differences()[exchange["n"]]
