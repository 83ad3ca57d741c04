# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that is killed at any moment leaves nothing that the next one can't go on from."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator
from unittest import mock

import pytest

from simulator import Simulator

from .plays import MODULES, USED, FakeClock, Playbook, play, use_clock
from .proxy import FaultProxy
from .world import World

# Its children start at once: what they need is loaded, and there are none of this process's threads in them.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload([play.__module__, *(f"{MODULES}.{name}" for name in USED)])

PLAYBOOKS = {
    "one by one": Playbook(names=("one", "two")),
    "many at once": Playbook(names=("one", "two", "three"), plural=True, concurrency=3),
    "one login, by name": Playbook(names=("one",), login=True, by_name=True),
    "syncs": Playbook(kind="syncs", names=("one", "two")),
    "many syncs": Playbook(kind="syncs", names=("one", "two"), plural=True),
}


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    clock = FakeClock()
    with (
        mock.patch.dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path)),
        use_clock(clock),
        Simulator(create_open=True) as sim,
        Simulator() as other_host,
        FaultProxy(sim.url, other_host.url) as proxy,
    ):
        yield World(sim, proxy, other_host, clock)


class Killer:
    """Kills a process when its n-th request comes by."""

    def __init__(self, number: int, when: str) -> None:
        self._at = (number, when)
        self.process: multiprocessing.process.BaseProcess | None = None

    def __call__(self, number: int, when: str) -> None:
        if (number, when) == self._at and self.process is not None:
            os.kill(self.process.pid, signal.SIGKILL)
            raise ConnectionError("nobody is there any more")


@pytest.mark.parametrize("there", [0, 2], ids=["empty project", "half there"])
@pytest.mark.parametrize("playbook", PLAYBOOKS.values(), ids=PLAYBOOKS)
def test_a_killed_run_is_made_good_by_the_next(world: World, playbook: Playbook, there: int) -> None:
    number, ended = 0, False
    while not ended:
        for when in ("before", "after"):
            with world.fresh(playbook, there) as project_id:
                world.proxy.heal()
                world.proxy.boundary = killer = Killer(number, when)
                killer.process = PROCESSES.Process(target=play, args=(playbook, project_id, world.connection()))
                killer.process.start()
                killer.process.join(timeout=60)
                assert killer.process.exitcode in (0, -signal.SIGKILL)
                # On a busy machine a request may time out instead, and the run goes on with others.
                ended = killer.process.exitcode == 0 and world.proxy.requests <= number
                world.proxy.boundary = lambda _number, _when: None

                second = play(playbook, project_id, world.connection())
                assert not second.failed, second.failure
                assert not [text for text in second.warnings if "replaces all keys of the secret" not in text]
                world.assert_wanted(playbook, project_id)
                assert not play(playbook, project_id, world.connection()).changed
        number += 1
    # The last round killed nobody: every boundary was met.
    assert number > 5
