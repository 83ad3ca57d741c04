# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A simulated server within this process, by a clock that moves only when somebody waits: a request takes no time."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

import requests
from ansible_collections.community.infisical.plugins.module_utils._engine import bulk, store
from ansible_collections.community.infisical.plugins.module_utils._http import client
from ansible_collections.community.infisical.plugins.module_utils._migration import carry
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse
from urllib3.exceptions import ProtocolError

from simulator import Simulator, state

from .clock import Clock

URL = "http://127.0.0.1:1"


class InProcess(HTTPAdapter):
    """Hands requests to the simulator without a network."""

    def __init__(self, app: Any) -> None:
        super().__init__()
        self._app = app

    def send(self, request: requests.PreparedRequest, *_args: Any, **_options: Any) -> requests.Response:
        answer = asyncio.run(_asked(self._app, request))
        if not answer:
            raise requests.ConnectionError(ProtocolError("Connection aborted."), request=request)
        start, body = answer
        headers = {name.decode(): value.decode() for name, value in start["headers"]}
        raw = HTTPResponse(io.BytesIO(body["body"]), headers, start["status"], preload_content=False)
        return self.build_response(request, raw)


async def _asked(app: Any, request: requests.PreparedRequest) -> list[dict]:
    parts = urlsplit(request.url or "")
    body = request.body or b""
    scope = {
        "type": "http",
        "method": request.method,
        "path": parts.path,
        "raw_path": parts.path.encode(),
        "query_string": parts.query.encode(),
        "headers": [(name.lower().encode(), str(value).encode()) for name, value in request.headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 1),
        "scheme": "http",
    }
    sent: list[dict] = []

    async def receive() -> dict:
        return {"type": "http.request", "body": body if isinstance(body, bytes) else body.encode(), "more_body": False}

    async def send(message: dict) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return sent


class Here:
    """A simulator in this process, for the modules and for a user who edits things by its API."""

    def __init__(self, **options: Any) -> None:
        self.clock = Clock()
        self.sim = Simulator(job_clock=self.clock.now, **options)
        self.clock.run_jobs = self.sim.run_jobs

    def session(self) -> requests.Session:
        """Return a session that reaches this server and nothing else."""
        session = requests.Session()
        session.trust_env = False
        session.adapters.clear()
        session.mount(URL, InProcess(self.sim.asgi))
        session.headers.clear()
        return session

    @contextmanager
    def used(self) -> Iterator[None]:
        """Have all clients reach this server, and live by its clock."""
        with (
            mock.patch.object(client, "new_session", self.session),
            mock.patch.object(client, "Clock", return_value=self.clock),
            mock.patch.object(client, "RLock", self.clock.lock),
            mock.patch.object(store, "RLock", self.clock.lock),
            mock.patch.object(bulk, "ThreadPoolExecutor", self.clock.pool),
            mock.patch.object(carry, "ThreadPoolExecutor", self.clock.pool),
            mock.patch.object(client.random, "uniform", return_value=1.0),
            mock.patch.object(state, "clock", self.clock.date),
        ):
            yield

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request of a user's below /api/v1; returns the answer, whatever its status."""
        headers = {"Authorization": f"Bearer {self.sim.admin.token}", "Content-Type": "application/json"}
        sent = json.dumps({} if body is None else body)
        return self.session().request(method, f"{URL}/api/v1{path}", data=sent, headers=headers).json()
