# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much time and memory the bytes of an answer may take, which requests and urllib3 don't limit."""

from __future__ import annotations

import http.client
import io
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

try:
    import requests
    from requests.adapters import HTTPAdapter
except ImportError:
    HTTPAdapter = object  # type: ignore[assignment,misc]  # the client says that requests is missing

# A project's whole list is a few hundred kilobytes; anything near this size isn't an answer of this API.
ANSWER_LIMIT = 20 * 2**20
# What wraps a body on its way: header lines, sizes of chunks.
WIRE_FACTOR = 2
MOST_CONNECTIONS = 32
# Decoding is done here and once: two encodings make a gigabyte of a kilobyte.
ENCODINGS = ("gzip", "x-gzip")

# When the answer that this thread waits for must be complete, by time.monotonic().
_deadline: ContextVar[float] = ContextVar("deadline", default=float("inf"))


class TooLarge(Exception):
    """An answer is larger than ANSWER_LIMIT."""


class Broken(Exception):
    """An answer is not what its headers say."""


class UnknownEncoding(Exception):
    """An answer has a content encoding, the exception's text, that was not asked for."""


@contextmanager
def complete_within(seconds: float) -> Iterator[None]:
    """Have what this thread reads over a Session's connections end in a TimeoutError when so much time has passed."""
    earlier = _deadline.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _deadline.reset(earlier)


def read_body(response: Any, is_late: Callable[[], bool]) -> bytes:
    """Return an answer's decoded body. `response` is a requests.Response whose body wasn't read.

    Raises TooLarge, Broken, UnknownEncoding, TimeoutError once `is_late` says so, and what urllib3 raises.
    """
    encoding = response.headers.get("Content-Encoding", "")
    if encoding.strip().lower() not in ("", "identity", *ENCODINGS):
        raise UnknownEncoding(encoding)
    parts, size = [], 0
    for part in response.raw.stream(65536, decode_content=False):
        parts.append(part)
        size += len(part)
        if size > ANSWER_LIMIT:
            raise TooLarge
        if is_late():
            raise TimeoutError
    stated = response.headers.get("Content-Length", "")
    # Not every version of urllib3 checks it; a cut answer must not pass for a whole one.
    if stated.isdecimal() and stated.lstrip("0") != str(size or ""):
        raise Broken
    body = b"".join(parts)
    return decoded(body) if body and encoding.strip().lower() in ENCODINGS else body


def decoded(body: bytes) -> bytes:
    """Return what a gzip body holds. Raises TooLarge before it takes more memory, or Broken."""
    decoder = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        content = decoder.decompress(body, ANSWER_LIMIT + 1)
    except zlib.error:
        raise Broken from None
    if len(content) > ANSWER_LIMIT:
        raise TooLarge
    if not decoder.eof or decoder.unused_data:
        raise Broken
    return content


class LimitedReader(io.RawIOBase):
    """Reads an answer from a socket until the thread's deadline, and not more than an answer may take.

    A socket's own timeout starts anew with every byte that comes.
    """

    def __init__(self, raw: io.RawIOBase, sock: Any) -> None:
        self._raw = raw
        self._sock = sock
        self._end = _deadline.get()
        self._room = WIRE_FACTOR * ANSWER_LIMIT

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        usual = self._sock.gettimeout()
        self._sock.settimeout(left if usual is None else min(left, usual))
        try:
            count = self._raw.readinto(buffer)
        finally:
            # The connection may be used again.
            self._sock.settimeout(usual)
        self._room -= count or 0
        if self._room < 0:
            raise TooLarge
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class LimitedResponse(http.client.HTTPResponse):
    """An answer, a proxy's to CONNECT included, that is read by a LimitedReader from its first byte."""

    def __init__(self, sock: Any, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp = io.BufferedReader(LimitedReader(self.fp.detach(), sock))


def _limited(pool: Any) -> type:
    """Return a class like this one of urllib3's connection pools, with limited answers."""
    connection = type("LimitedConnection", (pool.ConnectionCls,), {"response_class": LimitedResponse})
    return type("LimitedPool", (pool,), {"ConnectionCls": connection})


def _limit(manager: Any) -> None:
    pools = manager.pool_classes_by_scheme
    manager.pool_classes_by_scheme = {scheme: _limited(pool) for scheme, pool in pools.items()}


class LimitedAdapter(HTTPAdapter):
    """An adapter whose answers are limited, through proxies, too."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        _limit(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        known = proxy in self.proxy_manager
        manager = super().proxy_manager_for(proxy, **options)
        if not known:
            _limit(manager)
        return manager


def new_session() -> requests.Session:
    """Return a session that takes nothing from the environment, follows nothing, and limits answers."""
    session = requests.Session()
    # A ~/.netrc would replace the bearer token, and REQUESTS_CA_BUNDLE the verification that the task asks for.
    session.trust_env = False
    # Otherwise a redirect's body is read and decoded, although the redirect isn't followed.
    session.get_redirect_target = lambda _response: None  # type: ignore[assignment,method-assign]  # no setting for it
    for scheme in ("http://", "https://"):
        # As many connections are kept as the largest sensible `concurrency` uses.
        session.mount(scheme, LimitedAdapter(pool_maxsize=MOST_CONNECTIONS))
    session.headers.clear()
    session.headers["Accept-Encoding"] = "gzip"
    return session
