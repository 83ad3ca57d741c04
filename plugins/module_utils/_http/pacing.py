# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests spread over time as the server's rate-limit headers ask, so that it need not refuse any."""

from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Condition

# No server is known to count for longer. What asks for more had better be refused aloud than waited for in silence.
LONGEST_WAIT = 120.0
# Resets are told in whole seconds, so that one and the same window may seem to end a second sooner or later.
SAME_WINDOW = 1.5
# An object's or a project's id within a path: servers count by route, whatever the object.
ID = re.compile(r"(?<=/)(?=[^/]*\d)[0-9A-Za-z-]{20,}(?=/|$)")


# What is longer counts nothing, and Python refuses to read some thousands of digits.
NUMBER = re.compile(r"[0-9]{1,12}")


def stated_seconds(text: str) -> int | None:
    """Return the seconds that a header or a text asks to wait, or None for all that isn't a plausible number."""
    if not NUMBER.fullmatch(text.strip()):
        return None
    seconds = int(text)
    # Some count from 1970.
    return seconds if seconds < 10**9 else max(0, seconds - int(time.time()))


@dataclass
class Allowance:
    """What is known of one route's limit: how many requests are `left` until `end`, and how many are on their way."""

    left: int | None = None
    end: float = 0.0
    under_way: int = 0


def route_of(method: str, path: str) -> str:
    """Return what a server counts requests by: the method and the path without ids."""
    return f"{method} {ID.sub(':id', path)}"


class Pacing:
    """Lets a request go when its route's limit allows it. Limits are learnt from the headers of each answer.

    `now` and `sleep` are the client's clock.
    """

    def __init__(self, now: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._now = now
        self._sleep = sleep
        self._routes: defaultdict[str, Allowance] = defaultdict(Allowance)
        self._changed = Condition()

    @contextmanager
    def turn(self, method: str, path: str) -> Iterator[Callable[[int, Mapping[str, str]], None]]:
        """Wait until a request may be sent; gives what is to be told the answer's status and headers."""
        name = route_of(method, path)
        while pause := self._enter(name):
            self._sleep(pause)
        try:
            yield lambda status, headers: self._learn(name, status, headers)
        finally:
            with self._changed:
                self._routes[name].under_way -= 1
                self._changed.notify_all()

    def _enter(self, name: str) -> float:
        """Count the request as under way and return 0, or return how many seconds to wait before asking again."""
        with self._changed:
            route = self._routes[name]
            while True:
                remaining = route.end - self._now()
                if route.left is None or remaining <= 0 or remaining > LONGEST_WAIT:
                    break
                if route.left > route.under_way:
                    break
                if not route.under_way:
                    return remaining
                # Those under way may be counted in `left` already: their answers will tell.
                self._changed.wait()
            route.under_way += 1
            return 0.0

    def _learn(self, name: str, status: int, headers: Mapping[str, str]) -> None:
        left, wait = headers.get("x-ratelimit-remaining", ""), headers.get("x-ratelimit-reset", "")
        if status == 429 or (status == 500 and left.strip() == "0"):
            left, wait = "0", headers.get("retry-after", wait)
        seconds = stated_seconds(wait)
        if seconds is None or not NUMBER.fullmatch(left):
            return
        with self._changed:
            route = self._routes[name]
            end = self._now() + seconds
            if route.left is None or self._now() >= route.end or end > route.end + SAME_WINDOW:
                route.left, route.end = int(left), end
            else:
                # Answers come in any order; within a window the smallest number is the latest.
                route.left = min(route.left, int(left))
