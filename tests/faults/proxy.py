# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stands between a client and the simulated server, and spoils requests and answers as it was told to.

It listens on the loopback interface only, serves a bounded number of connections, and holds none for long.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

MOST_CONNECTIONS = 128
# Seconds after which a connection on which nothing happens is closed.
IDLE = 30
PAGE = b"<!DOCTYPE html><html><body>Sign in</body></html>"
# Closing with this option set sends a reset.
RESET = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class Fault:
    """What happens to a request.

    `kind` is one of the names that `Handler` has a method for; with `after` the server has processed the request
    before. `status` and `seconds` are for the kinds that need them.
    """

    kind: str
    after: bool = False
    status: int = 0
    seconds: int | None = None


@dataclass(frozen=True)
class Answer:
    """What the server behind answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Seen:
    """A request that came: `reached` tells whether it got to the server, `status` what that answered."""

    method: str
    path: str
    body: Any
    reached: bool
    status: int | None


class FaultProxy:
    """A context manager. `plan` says what happens to the n-th request from now on; all others pass.

    `slow` is called where an answer is to take longer than anybody waits, `spoil_token` with the token of a request
    that is to come too late for it, and `boundary` with the number of each request that passes: before it is sent on,
    and again when the server has processed it, but before anybody knows. It may kill the client.
    """

    def __init__(self, upstream: str, other_host: str = "http://127.0.0.1:9") -> None:
        parts = urlsplit(upstream)
        self.upstream = (parts.hostname, parts.port)
        self.other_host = other_host
        self.plan: dict[int, Fault] = {}
        self.seen: list[Seen] = []
        self.slow: Callable[[], None] = lambda: None
        self.spoil_token: Callable[[str, str], None] = lambda _how, _token: None
        self.boundary: Callable[[int, str], None] = lambda _number, _when: None
        self.hang = 0.6
        self._down_for = 0
        self._count = 0
        self._lock = threading.RLock()
        self._connections: set[socket.socket] = set()
        self._server: ThreadingHTTPServer | None = None
        self.port = 0

    def __enter__(self) -> FaultProxy:
        self._listen()
        return self

    def __exit__(self, *exc: object) -> None:
        self._close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _listen(self) -> None:
        proxy = self

        class Handling(Handler):
            pass

        Handling.proxy = proxy
        self._server = Server(("127.0.0.1", self.port), Handling)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.005,), daemon=True).start()

    def _close(self) -> None:
        with self._lock:
            server, self._server = self._server, None
        if server is None:
            return
        server.shutdown()
        server.server_close()
        self.cut_all()

    def cut_all(self) -> None:
        """Reset every connection."""
        with self._lock:
            for connection in list(self._connections):
                reset(connection)

    def go_down(self, pauses: int) -> None:
        """Refuse connections until somebody has waited so many times."""
        with self._lock:
            self._down_for = max(1, pauses)
        self._close()

    def waited(self) -> None:
        """Be told that the client waits."""
        with self._lock:
            self._down_for -= 1
            if self._down_for > 0 or self._server is not None:
                return
            self._listen()

    def heal(self, plan: Mapping[int, Fault] | None = None) -> None:
        """Come up again with a new plan, and count requests from 0."""
        with self._lock:
            self._down_for, self._count = 0, 0
            self.plan = dict(plan or {})
            self.seen.clear()
            if self._server is None:
                self._listen()

    @property
    def requests(self) -> int:
        """How many came since it was healed."""
        return self._count

    def take(self) -> tuple[int, Fault | None]:
        """Return the number of a request, and what is to happen to it."""
        with self._lock:
            number = self._count
            self._count += 1
            return number, self.plan.get(number)

    @contextlib.contextmanager
    def connection(self, connection: socket.socket):
        """Have a connection among those that can be cut."""
        with self._lock:
            if len(self._connections) >= MOST_CONNECTIONS:
                raise ConnectionError("too many connections")
            self._connections.add(connection)
        try:
            yield
        finally:
            with self._lock:
                self._connections.discard(connection)


def reset(connection: socket.socket) -> None:
    """Close a connection so that the other side sees a reset."""
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        # The other descriptors of the connection would keep it open.
        connection.shutdown(socket.SHUT_RD)
        connection.close()


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = MOST_CONNECTIONS

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: connections break here all the time."""


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    timeout = IDLE
    proxy: FaultProxy

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
        pass

    def handle(self) -> None:
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._upstream = http.client.HTTPConnection(*self.proxy.upstream, timeout=IDLE)
        try:
            with self.proxy.connection(self.connection):
                super().handle()
        except (OSError, ValueError):
            pass  # cut by either side
        finally:
            self._upstream.close()

    def _serve(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        number, fault = self.proxy.take()
        if fault is None:
            self.proxy.boundary(number, "before")
            answer = self._forward(raw)
            self.proxy.boundary(number, "after")
            self._send(answer.status, answer.headers, answer.body)
            return
        if fault.kind in ("expired", "revoked", "used_up"):
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            if token:
                self.proxy.spoil_token(fault.kind, token)
            answer = self._forward(raw)
            self._send(answer.status, answer.headers, answer.body)
            return
        answer = self._forward(raw) if fault.after else None
        if answer is None:
            self._note(raw, None)
        getattr(self, f"_{fault.kind}")(fault, answer)

    do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = _serve  # noqa: N815 - the base's names

    def _note(self, raw: bytes, status: int | None) -> None:
        path = urlsplit(self.path).path
        body = json.loads(raw) if raw else None
        self.proxy.seen.append(Seen(self.command, path, body, status is not None, status))

    def _forward(self, raw: bytes) -> Answer:
        parts = urlsplit(self.path)  # absolute where the client takes this for its proxy
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        headers = {name: value for name, value in self.headers.items() if not name.lower().startswith("proxy-")}
        try:
            self._upstream.request(self.command, target, raw or None, headers)
            response = self._upstream.getresponse()
        except (http.client.HTTPException, OSError):
            # The server may have closed a connection that was idle for long.
            self._upstream.close()
            self._upstream.request(self.command, target, raw or None, headers)
            response = self._upstream.getresponse()
        answer = Answer(response.status, dict(response.getheaders()), response.read())
        self._note(raw, answer.status)
        return answer

    def _send(self, status: int, headers: Mapping[str, str], body: bytes, length: int | None = None) -> None:
        kept = {name: value for name, value in headers.items() if name.lower() not in ("content-length", "connection")}
        lines = [f"HTTP/1.1 {status} {http.client.responses.get(status, 'Odd')}"]
        lines += [f"{name}: {value}" for name, value in kept.items()]
        lines.append(f"Content-Length: {len(body) if length is None else length}")
        self.wfile.write("\r\n".join([*lines, "", ""]).encode("latin-1") + body)

    def _json(self, status: int, error: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        body = json.dumps({"statusCode": status, "error": error, "message": message}).encode()
        self._send(status, {"Content-Type": "application/json", **(headers or {})}, body)

    def _cut(self) -> None:
        reset(self.connection)
        self.close_connection = True

    # the faults

    def _down(self, fault: Fault, _answer: Answer | None) -> None:
        self.proxy.go_down(fault.seconds or 1)
        self._cut()

    def _reset(self, _fault: Fault, _answer: Answer | None) -> None:
        self._cut()

    def _hang(self, _fault: Fault, _answer: Answer | None) -> None:
        time.sleep(self.proxy.hang)
        self._cut()

    def _slow(self, _fault: Fault, answer: Answer | None) -> None:
        body = answer.body if answer else b"{}"
        self._send(200, {"Content-Type": "application/json"}, body[:1], length=len(body))
        self.proxy.slow()
        self.wfile.write(body[1:])

    def _truncated(self, _fault: Fault, answer: Answer | None) -> None:
        body = answer.body if answer else PAGE
        self._send(200, {"Content-Type": "application/json"}, body[: len(body) // 2], length=len(body))
        self.close_connection = True

    def _too_short(self, _fault: Fault, answer: Answer | None) -> None:
        body = answer.body if answer else PAGE
        self._send(200, {"Content-Type": "application/json"}, body, length=len(body) // 2)
        self.close_connection = True

    def _page(self, fault: Fault, _answer: Answer | None) -> None:
        self._send(fault.status or 200, {"Content-Type": "text/html"}, PAGE)

    def _bad_json(self, _fault: Fault, answer: Answer | None) -> None:
        body = answer.body[:-1] if answer else b'{"a": [1,'
        self._send(200, {"Content-Type": "application/json"}, body)

    def _error(self, fault: Fault, _answer: Answer | None) -> None:
        headers = {} if fault.seconds is None else {"Retry-After": str(fault.seconds)}
        if fault.status == 429:
            self._json(429, "RateLimitExceeded", "Rate limit exceeded.", headers)
        else:
            self._json(fault.status, "InternalServerError", "Something went wrong", headers)

    def _redirect(self, fault: Fault, _answer: Answer | None) -> None:
        self._send(fault.status or 307, {"Location": f"{self.proxy.other_host}{self.path}"}, b"")
