# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever happens on the way: a run that fails says why, and the next one ends with exactly what is wanted."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from unittest import mock

import pytest
from hypothesis import event, example, given
from hypothesis import strategies as st

from simulator import Simulator

from .plays import FakeClock, Playbook, play, use_clock
from .proxy import Fault, FaultProxy
from .world import World

ANY_TIME = st.booleans()
STATUSES = (500, 502, 503, 504)
faults = st.one_of(
    st.builds(Fault, st.just("down"), seconds=st.integers(1, 8)),
    st.builds(Fault, st.sampled_from(["reset", "page", "bad_json"]), ANY_TIME),
    st.builds(Fault, st.just("hang"), ANY_TIME),
    st.builds(Fault, st.sampled_from(["slow", "truncated", "too_short"]), st.just(True)),
    st.builds(Fault, st.just("page"), ANY_TIME, st.sampled_from(STATUSES)),
    st.builds(Fault, st.just("error"), ANY_TIME, st.sampled_from(STATUSES), st.none() | st.integers(0, 200)),
    st.builds(Fault, st.just("error"), st.just(False), st.just(429), st.none() | st.integers(0, 200)),
    st.builds(Fault, st.just("redirect"), st.just(False), st.sampled_from([301, 302, 307, 308])),
    st.builds(Fault, st.sampled_from(["expired", "revoked", "used_up"])),
)


@st.composite
def plans(draw: st.DrawFn) -> dict[int, Fault]:
    """Draw some faults, each for one request or for several in a row."""
    plan = {}
    for start, fault, times in draw(
        st.lists(st.tuples(st.integers(0, 24), faults, st.sampled_from([1, 1, 1, 2, 8])), min_size=1, max_size=4)
    ):
        # Real time passes while a request hangs.
        plan.update(dict.fromkeys(range(start, start + (1 if fault.kind == "hang" else times)), fault))
    return plan


playbooks = st.builds(
    Playbook,
    kind=st.sampled_from(["native", "native", "syncs"]),
    names=st.sampled_from([("one",), ("one", "two"), ("one", "two", "three")]),
    plural=st.booleans(),
    login=st.booleans(),
    by_name=st.booleans(),
    concurrency=st.sampled_from([1, 1, 3]),
)
CLOCK = FakeClock()


@pytest.fixture(scope="module")
def worlds() -> Iterator[Mapping[str, World]]:
    with (
        use_clock(CLOCK),
        Simulator(generation="2024", now=CLOCK.now) as old,
        Simulator(generation="2026", create_open=True, now=CLOCK.now) as new,
        Simulator() as other_host,
        FaultProxy(old.url, other_host.url) as to_old,
        FaultProxy(new.url, other_host.url) as to_new,
    ):
        yield {"2024": World(old, to_old, other_host, CLOCK), "2026": World(new, to_new, other_host, CLOCK)}


@given(
    playbook=playbooks,
    plan=plans(),
    generation=st.sampled_from(["2024", "2026", "2026"]),
    lag=st.sampled_from([0, 0, 0, 3, 14]),
    there=st.integers(0, 3),
    through_proxy=st.booleans(),
)
@example(Playbook(), {3: Fault("reset", after=True)}, "2026", 0, 0, False)
@example(Playbook(plural=True, names=("one", "two")), {8: Fault("hang", after=True)}, "2024", 3, 1, False)
def test_nothing_is_lost_and_nothing_doubled(
    worlds: Mapping[str, World],
    playbook: Playbook,
    plan: dict[int, Fault],
    generation: str,
    lag: int,
    there: int,
    through_proxy: bool,
) -> None:
    world = worlds["2026" if playbook.kind == "syncs" else generation]
    variables = {"http_proxy": world.proxy.url} if through_proxy else {}
    with world.fresh(playbook, there) as project_id, mock.patch.dict(os.environ, variables):
        world.proxy.heal(plan)
        world.sim.list_lag = lag
        first = play(playbook, project_id, world.connection(through_proxy, timeout=0.4))
        for kind in {plan[number].kind for number in plan if number < world.proxy.requests}:
            event(kind)
        event("failed" if first.failed else "passed")
        world.assert_well_told(first)
        world.assert_sent_once()
        world.proxy.heal()
        world.sim.list_lag = 0

        second = play(playbook, project_id, world.connection(through_proxy))
        world.assert_well_told(second)
        assert not second.failed, second.failure
        world.assert_wanted(playbook, project_id)

        third = play(playbook, project_id, world.connection(through_proxy))
        assert not third.failed, third.failure
        assert not third.changed
        world.assert_wanted(playbook, project_id)
        assert world.other_host.requests == []
