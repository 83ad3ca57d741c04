# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Replays recorded exchanges against the simulated server, and tells what differs.

All are sent in their order to one simulator. Ids are mapped from the recorded to the simulated ones as answers show
them, so values are compared as well; of times and job numbers only the type is. What is particular about a recording
(who sends what, what happened between the exchanges that were kept) is in a subclass.
"""

from __future__ import annotations

import http.client
import json
import pathlib
import re
from typing import Any
from urllib.parse import urlsplit

import pytest

from simulator import Simulator

RECORDINGS = pathlib.Path(__file__).parent / "recordings"

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
LIMIT_HEADERS = ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "retry-after")


def load(name: str) -> list[dict]:
    """Return the exchanges of a recording."""
    lines = (RECORDINGS / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.strip()]


def label(exchange: dict) -> str:
    """Return the name of an exchange's test case."""
    return f"{exchange['n']}-{exchange['label'] or exchange['path']}"


def check(exchange: dict, differences: list[str], not_reproduced: dict[int, str]) -> None:
    """Fail if the simulated answer differs from the recorded one, but for those that have a reason in a table.

    An exchange in the table must still differ, so that no reason outlives its cause.
    """
    reason = not_reproduced.get(exchange["n"])
    if reason is None:
        assert not differences, "\n".join(differences)
        return
    assert differences, "the simulator reproduces this answer: remove it from the table"
    pytest.xfail(reason)


class Replay:
    """Sends the exchanges to one simulator; `ids` maps the recorded ids of what was there before the first one."""

    # Values of which only the type is compared.
    volatile = frozenset({"createdAt", "updatedAt", "lastUsed", "lastSyncJobId", "accessToken", "orgId"})

    def __init__(self, simulator: Simulator, ids: dict[str, str]) -> None:
        self.sim = simulator
        address = urlsplit(simulator.url)
        self.connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)
        self.ids = dict(ids)
        self.login_token = ""
        self.created: dict[int, dict] = {}

    # what a recording may need otherwise

    def before(self, exchange: dict) -> None:
        """Bring about what happened on the recorded server between the exchanges that were kept."""

    def token_for(self, exchange: dict) -> str:
        """Return the token that an exchange was sent with, as its label tells."""
        for identity in (self.sim.viewer, self.sim.member, self.sim.outsider):
            if f"as {identity.name}" in exchange["label"]:
                return identity.token
        return self.sim.admin.token

    def headers_for(self, exchange: dict) -> dict[str, str]:
        """Return the headers to send; where none were recorded, those that clients send."""
        token = self.token_for(exchange)
        if "request_headers" in exchange:
            return {name: value.replace("<jwt>", token) for name, value in exchange["request_headers"].items()}
        content_type = {} if exchange["request_body"] is None else {"Content-Type": "application/json"}
        return {"Authorization": f"Bearer {token}", **content_type}

    def body_for(self, exchange: dict) -> bytes | None:
        """Return the body to send, with simulated ids and secrets."""
        body = exchange["request_body"]
        if body is None:
            return None
        text = body if isinstance(body, str) else json.dumps(body)
        text = text.replace("<client-secret>", self.sim.admin.client_secret)
        return self.mapped(text).replace("<jwt>", self.login_token).encode()

    # sending

    def run(self, exchanges: list[dict]) -> dict[int, list[str]]:
        """Send all exchanges in order; return for each number what differs from the recording."""
        differences = {}
        for exchange in exchanges:
            self.before(exchange)
            status, headers, body = self.send(exchange)
            differences[exchange["n"]] = self.compare(exchange, status, headers, body)
            self.sim.wait_idle()
        return differences

    def send(self, exchange: dict) -> tuple[int, dict[str, str], Any]:
        """Send one exchange and return the simulated status, headers and body."""
        path = self.mapped(exchange["path"])
        self.connection.request(exchange["method"], path, self.body_for(exchange), self.headers_for(exchange))
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

    def ask(self, method: str, path: str, body: dict | None = None) -> tuple[int, Any]:
        """Send a request that isn't recorded, as the admin; return its status and body."""
        headers = {"Authorization": f"Bearer {self.sim.admin.token}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        self.connection.request(method, path, None if body is None else json.dumps(body), headers)
        response = self.connection.getresponse()
        return response.status, json.loads(response.read())

    # ids

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

    # comparing

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
                if key not in self.volatile or type(left) is not type(right):
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
                same = by_id.get(self.mapped(one["id"]))
                if same is None:
                    found.append(f"{where}: recorded {one['id']} is not in the simulated answer")
                else:
                    self.compare_values(one, same, f"{where}[{one['id']}]", found)
            return
        for index, (left, right) in enumerate(zip(recorded, answered, strict=True)):
            self.compare_values(left, right, f"{where}[{index}]", found)
