# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tasks say on servers of mid 2025, whose connections are the organization's alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playbooks.services import done, run

from simulator import Simulator

CREDENTIALS = {"access_token": "t"}


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with Simulator(generation="2025", sync_delay=0.0) as simulator:
        yield simulator


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("app", ["flyio", "netlify"])
def test_a_name_that_the_organization_has(sim: Simulator, app: str, check: bool) -> None:
    options = {"method": "access-token", "name": "shared", "credentials": CREDENTIALS}
    made = done(sim, "infisical_app_connection", app="flyio", **options)["app_connection"]
    refused = run(sim, "infisical_app_connection", check=check, app=app, **options, project_id=sim.project_id)
    assert refused["msg"] == (
        "This server has no connections of projects, and its organization already has one called 'shared': the flyio"
        f" connection {made['id']}. Leave project_id out to manage connections of the organization."
    )


def test_a_migration_says_how_to_connect_there(sim: Simulator, tmp_path: Path) -> None:
    auth = sim.add_auth(sim.project_id, "flyio", accessToken="t")["id"]
    sim.add_integration(auth, "dev", secretPath="/app", app="web")
    entry = {"service": "flyio", "name": "fly-main", "method": "access-token", "credentials": CREDENTIALS}
    options = {"phase": "connect", "project_ids": [sim.project_id], "journal": str(tmp_path / "journal")}
    refused = run(sim, "infisical_migration", **options, connections=[entry])
    assert "It was removed again. Set level to organization in its entry of connections to have a" in refused["msg"]
    assert sim.connections() == []
    done(sim, "infisical_migration", **options, connections=[{**entry, "level": "organization"}])
    assert [one["name"] for one in sim.connections()] == ["fly-main"]
