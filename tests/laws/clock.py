# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A simulated clock for several threads: time moves to the next deadline once all of them wait, and not before.

A thread that only waits for a lock counts as one that works, unless the lock is one of this clock's: those are for code
that waits for time while it holds them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

START = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
# Seconds: what runs while a task waits, and how long a job waits before it runs.
TICK = 0.25


class Clock:
    """The client's clock and the server's; jobs run while it moves."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.frozen = False
        self.run_jobs: Callable[[], None] = lambda: None
        self._asked = 0
        self._changed = threading.Condition()
        # The thread that owns the clock, and those of its pools.
        self._threads = 1
        self._waiting: dict[object, tuple[Callable[[], bool], float]] = {}

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.wait_for(lambda: False, self.time + seconds)

    def wait_for(self, ready: Callable[[], bool], deadline: float = float("inf")) -> None:
        """Wait until `ready` or the deadline. What makes it ready must be done by another thread of this clock."""
        me = object()
        with self._changed:
            self._waiting[me] = (ready, deadline)
            try:
                while not ready() and self.time < deadline:
                    self._advance()
                    if not ready() and self.time < deadline:
                        self._changed.wait()
            finally:
                del self._waiting[me]
                self._changed.notify_all()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Change, with no other thread of the clock between, what others wait for; they look again then."""
        with self._changed:
            yield
            self._changed.notify_all()

    def _advance(self) -> None:
        """Move to the earliest deadline if all threads wait and none of them can go on."""
        waiting = self._waiting.values()
        while len(waiting) >= self._threads and not any(ready() or self.time >= end for ready, end in waiting):
            end = min(end for _ready, end in waiting)
            assert end < float("inf"), "all threads wait for each other"
            if self.frozen or self.time + TICK >= end:
                self.time = end
            else:
                self.time += TICK
            if not self.frozen:
                self.run_jobs()
        self._changed.notify_all()

    def date(self) -> datetime:
        """Return the time of day, each time another one: no two objects were made at once."""
        self._asked += 1
        return START + timedelta(seconds=self.time, milliseconds=self._asked)

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Let no job run, and have no time passed at the end."""
        before, self.frozen = self.time, True
        try:
            yield
        finally:
            self.time, self.frozen = before, False

    def pool(self, max_workers: int, **_options: Any) -> Pool:
        """Return what stands for a ThreadPoolExecutor."""
        return Pool(self, max_workers)

    def lock(self) -> Lock:
        """Return what stands for an RLock."""
        return Lock(self)

    @contextmanager
    def working(self) -> Iterator[None]:
        """Let a thread take part; it was counted when it was started."""
        try:
            yield
        finally:
            self.count(-1)

    def count(self, more: int) -> None:
        """Count threads that take part."""
        with self._changed:
            self._threads += more
            self._changed.notify_all()


class Lock:
    """A lock that its owner may take again, for code that waits for time while it holds it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._owner: int | None = None
        self._count = 0

    def __enter__(self) -> None:
        me = threading.get_ident()
        with self._clock.alone():
            self._clock.wait_for(lambda: self._owner in (None, me))
            self._owner, self._count = me, self._count + 1

    def __exit__(self, *_exception: object) -> None:
        with self._clock.alone():
            self._count -= 1
            self._owner = self._owner if self._count else None


class Pool:
    """Calls a function side by side, in threads that the clock knows."""

    def __init__(self, clock: Clock, workers: int) -> None:
        self._clock, self._workers = clock, workers

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_exception: object) -> None:
        """All threads have ended: each map waits for its own."""

    def map(self, function: Callable[..., Any], *iterables: Iterable[Any]) -> Iterator[Any]:
        """Return what the calls give, in their order; an exception where its result would be."""
        calls = list(zip(*iterables, strict=False))
        workers = min(self._workers, len(calls))
        results: dict[int, tuple[Any, BaseException | None]] = {}
        left = iter(enumerate(calls))
        if workers <= 1:
            return map(function, *zip(*calls, strict=True)) if calls else iter(())

        def work() -> None:
            with self._clock.working():
                while found := self._next(left):
                    number, arguments = found
                    try:
                        results[number] = (function(*arguments), None)
                    except BaseException as error:  # noqa: BLE001 - raised again where its result is asked for
                        results[number] = (None, error)

        self._clock.count(workers)
        for _number in range(workers):
            threading.Thread(target=work, daemon=True).start()
        self._clock.wait_for(lambda: len(results) == len(calls))
        return (_given(*results[number]) for number in range(len(calls)))

    def _next(self, left: Iterator[tuple[int, Any]]) -> tuple[int, Any] | None:
        with self._clock.alone():
            return next(left, None)


def _given(result: Any, error: BaseException | None) -> Any:
    if error is not None:
        raise error
    return result
