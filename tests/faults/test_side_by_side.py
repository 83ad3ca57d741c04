# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several runs of one playbook at once come to one result."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from simulator import Simulator

from .plays import SERVICE, Playbook, Run, ScaledClock, play, run_module, use_clock
from .proxy import FaultProxy
from .world import World

CLOCK = ScaledClock(50)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with (
        use_clock(CLOCK),
        Simulator(create_open=True, now=CLOCK.now) as sim,
        Simulator() as other_host,
        FaultProxy(sim.url, other_host.url) as proxy,
    ):
        yield World(sim, proxy, other_host, None)


def side_by_side(world: World, playbook: Playbook, project_id: str, count: int) -> list[Run]:
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(lambda _number: play(playbook, project_id, world.connection()), range(count)))


def made_good(world: World, playbook: Playbook, project_id: str) -> Run:
    """Run once more, and where that is refused do what it says: remove all but one of the auths that it names."""
    run = play(playbook, project_id, world.connection())
    if run.failed:
        event("auths alike were refused")
        assert "are alike" in run.failure["msg"]
        alike = [one for one in world.sim.auths(project_id) if one["namespace"] is None]
        assert all(one["id"] in run.failure["msg"] for one in alike)
        for one in sorted(alike, key=lambda one: (one["createdAt"], one["id"]))[1:]:
            named = {"integration_auth_id": one["id"], "project_id": project_id, "state": "absent", "cascade": True}
            assert run_module("infisical_integration_auth", {**world.connection(), **named}, [])["changed"]
        run = play(playbook, project_id, world.connection())
    assert not run.failed, run.failure
    return run


@settings(max_examples=max(20, settings.default.max_examples // 10))
@given(
    playbook=st.builds(
        Playbook,
        kind=st.sampled_from(["native", "native", "syncs"]),
        names=st.sampled_from([("one",), ("one", "two")]),
        plural=st.booleans(),
        by_name=st.booleans(),
    ),
    count=st.integers(2, 8),
    lag=st.sampled_from([0, 0, 0.5, 3, 30]),
    auth_is_there=st.booleans(),
)
def test_runs_at_once_converge(world: World, playbook: Playbook, count: int, lag: float, auth_is_there: bool) -> None:
    with world.fresh(playbook, int(auth_is_there)) as project_id:
        world.sim.list_lag = lag
        runs = side_by_side(world, playbook, project_id, count)
        world.sim.list_lag = 0
        for run in runs:
            world.assert_well_told(run)
        made = [one for one in world.proxy.seen if one.method == "POST" and one.path == "/api/v1/integration"]
        event(f"{'some' if any(run.failed for run in runs) else 'none'} failed")

        again = made_good(world, replace(playbook, remove_duplicates=playbook.kind == "native"), project_id)
        world.assert_wanted(playbook, project_id)
        assert not play(playbook, project_id, world.connection()).changed

        told = [*again.warnings, *(warning for run in runs for warning in run.warnings)]
        told += [run.failure["msg"] for run in runs if run.failed]
        if len([one for one in made if one.status == 200]) > len(playbook.names):
            assert told or again.changed


def test_without_lag_one_auth_is_left(world: World) -> None:
    """No two runs keep different auths, however close together they make them."""
    playbook = Playbook()
    for _attempt in range(5):
        with world.fresh(playbook) as project_id:
            runs = side_by_side(world, playbook, project_id, 8)
            assert not [run.failure for run in runs if run.failed]
            assert len([one for one in world.sim.auths(project_id) if one["integration"] == SERVICE]) == 2
            world.assert_wanted(playbook, project_id)


@pytest.mark.parametrize("plural", [False, True])
def test_without_lag_nobody_fails_for_a_name_that_another_run_took(world: World, plural: bool) -> None:
    playbook = Playbook(kind="syncs", names=("one", "two"), plural=plural)
    for _attempt in range(3):
        with world.fresh(playbook) as project_id:
            runs = side_by_side(world, playbook, project_id, 8)
            assert not [run.failure for run in runs if run.failed]
            world.assert_wanted(playbook, project_id)
