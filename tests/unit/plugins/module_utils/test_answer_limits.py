# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a hostile or broken server can make a task do is limited: time, memory and size. Over real connections."""

from __future__ import annotations

import contextlib
import gzip
import json
import re
import socket
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator

import pytest
from ansible_collections.community.infisical.plugins.module_utils._http.client import Client
from ansible_collections.community.infisical.plugins.module_utils._http.server import server_from
from ansible_collections.community.infisical.plugins.modules import infisical_integration_auth_info as info
from ansible_collections.community.infisical.tests.unit.plugins.harness import (
    AUTH,
    AUTH_ID,
    TOKEN,
    URL,
    Result,
    Server,
    api_auth,
    scripted,
)

GOOD = json.dumps({"integrationAuth": api_auth()}).encode()
PATIENCE = 0.5
MOST = 20 * 2**20
Behaviour = Callable[[socket.socket], None]


class RawServer:
    """Serves each connection by `behaviour`, which is called with the socket when the request's head has come."""

    def __init__(self, behaviour: Behaviour) -> None:
        self._behaviour = behaviour
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.heads: list[bytes] = []
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> RawServer:
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._listener.close()

    def _listen(self) -> None:
        while True:
            try:
                connection, _address = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head:
                head += connection.recv(65536) or b"\r\n\r\n"
            self.heads.append(head)
            self._behaviour(connection)


@pytest.fixture
def real_requests(clock: object) -> Iterator[Server]:
    with scripted() as http:
        http.add_passthru("http")
        yield Server(http, clock)


def ask(server: Server, behaviour: Behaviour, **options: object) -> Result:
    """Read one auth from a server with that behaviour."""
    with RawServer(behaviour) as raw:
        login = {"url": raw.url, "auth_method": "token_auth", "token": TOKEN, "retries": 0}
        result = server.run(info, login=login, integration_auth_id=AUTH_ID, **options)
        result.data["msg"] = str(result.data.get("msg")).replace(raw.url, "URL")
        return result


def answering(body: bytes, *headers: str, status: str = "200 OK") -> Behaviour:
    """Return the behaviour of a server that answers at once."""

    def behaviour(connection: socket.socket) -> None:
        lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {len(body)}", *headers]
        connection.sendall("\r\n".join([*lines, "", ""]).encode() + body)

    return behaviour


def dripping(start: bytes, drop: bytes) -> Behaviour:
    """Return the behaviour of a server that sends `start`, and then `drop` again and again for a while."""

    def behaviour(connection: socket.socket) -> None:
        connection.sendall(start)
        end = time.monotonic() + 10 * PATIENCE
        while time.monotonic() < end:
            connection.sendall(drop)
            time.sleep(PATIENCE / 10)

    return behaviour


DRIPS = {
    "status line": (b"", b"H", "did not respond"),
    "one header line": (b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x", "did not respond"),
    "header lines": (b"HTTP/1.1 200 OK\r\n", b"X-Slow: x\r\n", "did not respond"),
    "100 Continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n", "did not respond"),
    "body": (b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n{", b" ", "was not complete"),
    "body until the end of the connection": (b"HTTP/1.1 200 OK\r\n\r\n{", b" ", "was not complete"),
    "chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n", "was not complete"),
    "size of a chunk": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0", "was not complete"),
    "body of a redirect": (
        b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 5000\r\n\r\n",
        b" ",
        "was not complete",
    ),
}


@pytest.mark.parametrize(("start", "drop", "message"), DRIPS.values(), ids=DRIPS)
def test_timeout_limits_the_whole_answer(real_requests: Server, start: bytes, drop: bytes, message: str) -> None:
    started = time.monotonic()
    result = ask(real_requests, dripping(start, drop), timeout=PATIENCE)
    assert time.monotonic() - started < 3 * PATIENCE
    assert f" GET {AUTH} " in result.msg
    assert f"{message} " in result.msg
    assert result.msg.endswith(f"{PATIENCE} seconds (option timeout).")
    assert result["error_kind"] == "unreachable"


def test_a_connection_that_is_used_again_has_all_of_the_time() -> None:
    def slow(connection: socket.socket) -> None:
        for _number in range(2):
            time.sleep(PATIENCE * 0.7)
            answering(b"{}")(connection)
            while b"\r\n\r\n" not in connection.recv(65536):
                pass

    with RawServer(slow) as raw:
        asker = Client(server_from({"url": raw.url, "auth_method": "token_auth", "token": TOKEN, "timeout": PATIENCE}))
        assert [asker.get("/x"), asker.get("/x")] == [{}, {}]
        asker.close()
    assert len(raw.heads) == 1


@pytest.mark.parametrize(("start", "drop"), [(b"", b"H"), (b"HTTP/1.1 200 OK\r\n", b"X-Slow: x\r\n")])
def test_timeout_limits_what_a_proxy_takes(
    real_requests: Server, monkeypatch: pytest.MonkeyPatch, start: bytes, drop: bytes
) -> None:
    started = time.monotonic()
    with RawServer(dripping(start, drop)) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        options = {"timeout": PATIENCE, "retries": 0}
        result = real_requests.run(info, integration_auth_id=AUTH_ID, **options)
    assert time.monotonic() - started < 3 * PATIENCE
    assert proxy.heads[0].startswith(b"CONNECT infisical.example.com:443 ")
    assert result["error_kind"] == "unreachable"
    # Which sentence tells it depends on the version of urllib3.
    assert re.match(rf"{URL} (accepted|closed the connection during) ", result.msg)


def test_headers_without_an_end(real_requests: Server) -> None:
    def behaviour(connection: socket.socket) -> None:
        flood(connection, b"", (b"HTTP/1.1 100 Continue\r\nX: " + b"x" * 60000 + b"\r\n\r\n") * 20)

    with RawServer(behaviour) as raw:
        login = {"url": raw.url, "auth_method": "token_auth", "token": TOKEN}
        result = real_requests.run(info, login=login, integration_auth_id=AUTH_ID)
    assert result.msg == f"{raw.url} accepted GET {AUTH}, but its headers never ended."
    assert len(raw.heads) == 1


# --- encodings and sizes ----------------------------------------------------------------------------------------------


def test_only_gzip_is_asked_for(real_requests: Server) -> None:
    with RawServer(answering(GOOD)) as raw:
        login = {"url": raw.url, "auth_method": "token_auth", "token": TOKEN}
        real_requests.run(info, login=login, integration_auth_id=AUTH_ID)
    assert b"\r\nAccept-Encoding: gzip\r\n" in raw.heads[0]


ENCODED = {
    "none": (GOOD, ()),
    "identity": (GOOD, ("Content-Encoding: identity",)),
    "gzip": (gzip.compress(GOOD), ("Content-Encoding: gzip",)),
    "in capitals": (gzip.compress(GOOD), ("Content-Encoding: GZIP",)),
    "older name": (gzip.compress(GOOD), ("Content-Encoding: x-gzip",)),
}


@pytest.mark.parametrize(("body", "headers"), ENCODED.values(), ids=ENCODED)
def test_encodings_that_are_read(real_requests: Server, body: bytes, headers: tuple) -> None:
    result = ask(real_requests, answering(body, *headers))
    assert result["integration_auths"][0]["id"] == AUTH_ID


TWICE = gzip.compress(gzip.compress(b" " * (2 * MOST)))
BROKEN = {
    "cut": gzip.compress(GOOD)[:-12],
    "cut in the sum": gzip.compress(GOOD)[:-4],
    "followed by something else": gzip.compress(GOOD) + b"more",
    "another format": zlib.compress(GOOD),
}


@pytest.mark.parametrize("encoding", ["gzip, gzip", "gzip,gzip", "br", "deflate", "zstd", "gzip, identity", "\x1b[2J"])
@pytest.mark.parametrize("status", ["200 OK", "302 Found", "500 Failed"])
def test_encodings_that_are_refused(real_requests: Server, encoding: str, status: str) -> None:
    behaviour = answering(TWICE, f"Content-Encoding: {encoding}", "Location: /x", status=status)
    tracemalloc.start()
    try:
        result = ask(real_requests, behaviour)
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MOST / 4
    shown = encoding.replace("\x1b", "").strip()
    assert result.msg == (
        f"The response to GET {AUTH} has the content encoding '{shown}' and was not read: only gzip was requested. Is a"
        " proxy in between?"
    )
    assert result["error_kind"] == "unexpected_answer"


def test_two_headers_for_two_encodings(real_requests: Server) -> None:
    result = ask(real_requests, answering(TWICE, "Content-Encoding: gzip", "Content-Encoding: gzip"))
    assert "has the content encoding 'gzip, gzip'" in result.msg


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
def test_broken_compression(real_requests: Server, body: bytes) -> None:
    result = ask(real_requests, answering(body, "Content-Encoding: gzip"))
    assert result.msg == f"The response to GET {AUTH} was incomplete or corrupt."
    assert result["error_kind"] == "unreachable"


PADDING = b" " * MOST
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
SIZES = {
    "as it is": (answering(PADDING + GOOD), 2),
    "gzip": (answering(gzip.compress(PADDING * 8), "Content-Encoding: gzip"), 1),
    "chunks that are mostly wrapping": (
        lambda connection: flood(connection, CHUNKED, (b"1;" + b"x" * 9998 + b"\r\n \r\n") * 100),
        2,
    ),
}


def flood(connection: socket.socket, start: bytes, more: bytes) -> None:
    """Send up to 200 MB as fast as it goes."""
    connection.sendall(start)
    for _number in range(200 * 2**20 // len(more)):
        connection.sendall(more)


@pytest.mark.parametrize(("behaviour", "times"), SIZES.values(), ids=SIZES)
def test_a_huge_answer_is_not_read(real_requests: Server, behaviour: Behaviour, times: int) -> None:
    tracemalloc.start()
    try:
        result = ask(real_requests, behaviour)
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < (times + 1.5) * MOST
    assert result.msg == f"The response to GET {AUTH} is larger than 20 MiB and was not read."
    assert result["error_kind"] == "unexpected_answer"


def test_the_size_of_a_chunk_without_an_end(real_requests: Server) -> None:
    tracemalloc.start()
    try:
        result = ask(real_requests, lambda connection: flood(connection, CHUNKED, b"0" * 2**20))
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 6 * MOST
    # Newer versions of urllib3 have a limit of their own for that line.
    assert re.search(r"was incomplete or corrupt\.|is larger than 20 MiB and was not read\.", result.msg)


def test_an_answer_of_the_largest_size_is_read(real_requests: Server) -> None:
    body = GOOD + PADDING[len(GOOD) :]
    assert not ask(real_requests, answering(gzip.compress(body), "Content-Encoding: gzip")).failed


def nested(levels: int) -> bytes:
    """Return an answer with so many levels of mappings and lists, the answer itself included."""
    inner = levels - 4
    return (
        json.dumps({"integrationAuth": {**api_auth(), "metadata": {"key": "@"}}})
        .replace('"@"', "[" * inner + "{}" + "]" * inner)
        .encode()
    )


@pytest.mark.parametrize("levels", [51, 900, 5000, 1_000_000])
def test_deep_nesting_is_refused(real_requests: Server, levels: int) -> None:
    result = ask(real_requests, answering(nested(levels)))
    assert result.msg == f"The response to GET {AUTH} is nested more than 50 levels deep and was not used."
    assert result["error_kind"] == "unexpected_answer"


def test_the_deepest_nesting_that_is_used(real_requests: Server) -> None:
    assert not ask(real_requests, answering(nested(50))).failed


LISTS = {
    "rows": lambda count: {"integrationAuth": api_auth(), "rows": [{}] * count},
    "rows further down": lambda count: {"integrationAuth": api_auth(metadata={"a": [[0] * count]})},
    "keys": lambda count: {"integrationAuth": api_auth(metadata={str(number): 0 for number in range(count)})},
}


@pytest.mark.parametrize("make", LISTS.values(), ids=LISTS)
def test_too_many_rows_are_refused(real_requests: Server, make: Callable[[int], dict]) -> None:
    result = ask(real_requests, answering(json.dumps(make(100_001)).encode()))
    assert result.msg == f"The response to GET {AUTH} has a list of more than 100000 entries and was not used."
    assert result["error_kind"] == "unexpected_answer"


def test_as_many_rows_as_are_used(real_requests: Server) -> None:
    assert not ask(real_requests, answering(json.dumps(LISTS["rows"](100_000)).encode())).failed
