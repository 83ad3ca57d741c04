# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rate limits: so many requests per route pattern and client address in a fixed window."""

from __future__ import annotations

import math
import threading
import time
from dataclasses import dataclass

READ_LIMIT = 60
WRITE_LIMIT = 200

# Seconds; a test can put another clock here.
clock = time.monotonic


@dataclass(frozen=True)
class Decision:
    """Whether a request may pass, and the headers that its answer carries either way."""

    allowed: bool
    headers: dict[str, str]
    retry_after: int


class RateLimiter:
    """Counts requests; switched off it lets everything pass but still gives the headers.

    With `by_500` what is beyond the limit is to be answered by a 500, as some servers of October 2024 do.
    """

    def __init__(self, enabled: bool, window: float) -> None:
        self.enabled = enabled
        self.window = window
        self.by_500 = False
        self._lock = threading.Lock()
        self._counts: dict[tuple[str, str], tuple[float, int]] = {}

    def reset(self, enabled: bool) -> None:
        """Switch limiting on or off and forget all counts."""
        with self._lock:
            self.enabled = enabled
            self._counts.clear()

    def check(self, route: str, client: str, limit: int) -> Decision:
        """Count one request of `client` to `route` and return the decision about it."""
        if not self.enabled:
            # A count that ran down to 0 would make a careful client wait for nothing.
            return Decision(True, _headers(limit, limit - 1, math.ceil(self.window)), 0)
        now = clock()
        with self._lock:
            started, count = self._counts.get((route, client), (now, 0))
            if now - started >= self.window:
                started, count = now, 0
            count += 1
            self._counts[(route, client)] = (started, count)
        left = max(1, math.ceil(started + self.window - now))
        headers = _headers(limit, max(0, limit - count), left)
        if count > limit:
            return Decision(False, {**headers, "retry-after": str(left)}, left)
        return Decision(True, headers, left)


def _headers(limit: int, remaining: int, reset: int) -> dict[str, str]:
    return {
        "x-ratelimit-limit": str(limit),
        "x-ratelimit-remaining": str(remaining),
        "x-ratelimit-reset": str(reset),
    }
