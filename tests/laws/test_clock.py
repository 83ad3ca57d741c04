# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated clock: threads wait at the same time, and it moves only while all of them wait."""

from __future__ import annotations

import time

import pytest

from .clock import TICK, Clock


def test_threads_wait_at_the_same_time() -> None:
    clock = Clock()
    begin = clock.now()
    with clock.pool(max_workers=8) as pool:
        ends = list(pool.map(lambda seconds: (clock.sleep(seconds), clock.now() - begin)[1], [60.0] * 16))
    assert ends == [60.0] * 8 + [120.0] * 8
    assert clock.now() - begin == 120.0


def test_each_thread_goes_on_at_its_own_deadline() -> None:
    clock = Clock()
    begin = clock.now()
    seen: list[tuple[str, float]] = []

    def wait(name: str, pauses: list[float]) -> None:
        for pause in pauses:
            clock.sleep(pause)
            seen.append((name, clock.now() - begin))

    with clock.pool(max_workers=2) as pool:
        list(pool.map(wait, ["a", "b"], [[1.0, 1.0, 5.0], [2.5, 2.5]]))
    assert seen == [("a", 1.0), ("a", 2.0), ("b", 2.5), ("b", 5.0), ("a", 7.0)]


def test_time_stands_still_while_a_thread_works() -> None:
    clock = Clock()
    begin = clock.now()

    def work(takes: float) -> float:
        if takes:
            clock.sleep(takes)
        else:
            time.sleep(0.05)
        return clock.now() - begin

    with clock.pool(max_workers=2) as pool:
        assert list(pool.map(work, [30.0, 0.0])) == [30.0, 0.0]


def test_lock_that_is_held_while_its_owner_waits() -> None:
    clock = Clock()
    lock, begin = clock.lock(), clock.now()

    def hold(_number: int) -> float:
        with lock, lock:
            clock.sleep(10.0)
        return clock.now() - begin

    with clock.pool(max_workers=3) as pool:
        assert sorted(pool.map(hold, range(3))) == [10.0, 20.0, 30.0]
    with lock:
        pass


def test_jobs_run_while_time_passes_and_not_while_the_clock_is_stopped() -> None:
    clock = Clock()
    begin, ran = clock.now(), []
    clock.run_jobs = lambda: ran.append(clock.now() - begin)
    with clock.pool(max_workers=2) as pool:
        list(pool.map(clock.sleep, [2 * TICK, 2 * TICK]))
    assert ran == [TICK, 2 * TICK]
    with clock.stopped():
        clock.sleep(60.0)
        assert clock.now() - begin == 60.0 + 2 * TICK
    assert (clock.now() - begin, len(ran)) == (2 * TICK, 2)


def test_exception_of_a_call_is_raised_where_its_result_is_asked_for() -> None:
    clock = Clock()

    def divide(by: int) -> float:
        clock.sleep(1.0)
        return 6 / by

    with clock.pool(max_workers=2) as pool:
        found = pool.map(divide, [3, 0, 2])
        assert next(found) == 2
        with pytest.raises(ZeroDivisionError):
            next(found)
    clock.sleep(1.0)
