# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many objects on a server that limits requests as real ones do: the plural modules keep within the limits."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulator import Simulator
from simulator.limits import READ_LIMIT, WRITE_LIMIT

from .harness import Player

# More writes than one window allows, and far more objects to wait for than it allows reads.
ITEMS = WRITE_LIMIT + 10

INTEGRATIONS = """
- hosts: localhost
  gather_facts: false
  tasks:
    - name: Many
      community.infisical.infisical_integrations:
        project_id: "{{ project_id }}"
        concurrency: 8
        integrations: "{{ items }}"
"""
SYNCS = """
- hosts: localhost
  gather_facts: false
  tasks:
    - name: Many
      community.infisical.infisical_secret_syncs:
        project_id: "{{ project_id }}"
        concurrency: 8
        syncs: "{{ items }}"
"""


@pytest.fixture
def sim(generation: str) -> Iterator[Simulator]:
    # What isn't AWS is written to the simulator's own memory.
    with Simulator(generation=generation, create_open=True, rate_limits=True, rate_window=4) as simulator:
        yield simulator


@pytest.fixture
def play(sim: Simulator, tmp_path: Path) -> Player:
    return Player(sim, tmp_path)


def assert_few_reads(sim: Simulator, path: str) -> None:
    """Each object was written by itself, and one list was read for all."""
    assert [one["method"] for one in sim.requests if one["path"] == path].count("POST") == ITEMS
    assert [one["method"] for one in sim.requests].count("GET") < READ_LIMIT


@pytest.mark.parametrize("generation", ["2024"], indirect=True)
def test_many_integrations(play: Player, sim: Simulator) -> None:
    auth = sim.add_auth(sim.project_id, "flyio", accessToken="any")
    shared = {"integration_auth_id": auth["id"], "source_environment": "dev", "secret_path": "/app", "wait": True}
    shared["accept_deletion"] = True

    items = [{**shared, "app": f"app-{number}"} for number in range(ITEMS)]
    run = play(INTEGRATIONS, "-v", variables={"items": items})

    assert run.of("Many")["counts"]["created"] == ITEMS
    assert len(sim.integrations(sim.project_id)) == ITEMS
    statuses = Counter(one["status"] for one in sim.requests)
    assert statuses[429] == 0
    assert_few_reads(sim, "/api/v1/integration")
    # -v shows how far it has come, where the controller's process does the work.
    assert ("<localhost> 105 of 210 items: 105 created" in run.output) == (
        os.environ.get("INFISICAL_IN_PROCESS") != "false"
    )


@pytest.mark.parametrize("generation", ["2026"], indirect=True)
def test_many_secret_syncs(play: Player, sim: Simulator) -> None:
    connection = sim.add_connection("github", "pat", "main", sim.project_id, personalAccessToken="any")
    shared = {"destination": "github", "connection_id": connection["id"], "environment": "dev", "wait": True}
    config = {"scope": "repository", "owner": "o"}
    items = [
        {**shared, "name": f"sync-{number}", "destination_config": {**config, "repo": f"r{number}"}}
        for number in range(ITEMS)
    ]

    run = play(SYNCS, variables={"items": items})

    assert run.of("Many")["counts"]["created"] == ITEMS
    assert len(sim.syncs(sim.project_id)) == ITEMS
    statuses = Counter(one["status"] for one in sim.requests)
    assert statuses[429] == 0
    assert_few_reads(sim, "/api/v1/secret-syncs/github")
