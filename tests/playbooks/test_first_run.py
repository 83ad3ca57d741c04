# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which lists a task reads that creates something, counted by the server.

Of native objects, the server makes two of the same if it is asked twice. So their list is read again after a create,
which shows what another run has made meanwhile. Names of app connections and secret syncs are unique: there, the answer
to the create suffices.
"""

from __future__ import annotations

from typing import Any

import pytest

from simulator import Simulator

from .services import done

LISTS = ("authorizations", "integrations", "app-connections/github", "secret-syncs")
AWS = {"secret_path": "/app", "source_environment": "dev", "region": "us-east-1", "accept_deletion": True}
GITHUB = {
    "destination": "github",
    "connection_name": "main",
    "environment": "dev",
    "secret_path": "/app",
    "sync_options": {"initial_sync_behavior": "overwrite-destination"},
}


def lists_read(sim: Simulator, module: str, **options: Any) -> list[str]:
    """Run a task that creates something, and return the lists that it reads."""
    sim.clear_requests()
    assert done(sim, f"infisical_{module}", project_id=sim.project_id, **options)["changed"]
    answered = [one["path"] for one in sim.requests if (one["method"], one["status"]) == ("GET", 200)]
    return [name for path in answered for name in LISTS if path.endswith(f"/{name}")]


@pytest.mark.parametrize("generation", ["2024"], indirect=True)
def test_native_integrations(sim: Simulator) -> None:
    login = {"access_id": "any", "access_token": "any-secret"}
    made = lists_read(sim, "integration_auth", integration="aws-secret-manager", **login)
    assert made == ["authorizations"] * 2
    wanted = {**AWS, "integration_auth_id": sim.auths(sim.project_id)[0]["id"]}
    assert lists_read(sim, "integration", app="one", **wanted) == ["integrations"] * 2
    items = [{**wanted, "app": f"app-{number}"} for number in range(20)]
    assert lists_read(sim, "integrations", integrations=items) == ["integrations"] * 2


@pytest.mark.parametrize("generation", ["2026"], indirect=True)
def test_secret_syncs(sim: Simulator) -> None:
    connection = {"app": "github", "method": "pat", "name": "main"}
    credentials = {"personal_access_token": "any-secret"}
    assert lists_read(sim, "app_connection", **connection, credentials=credentials) == ["app-connections/github"]
    items = [
        {
            **GITHUB,
            "name": f"sync-{number}",
            "destination_config": {"scope": "repository", "owner": "o", "repo": number},
        }
        for number in map(str, range(20))
    ]
    assert lists_read(sim, "secret_sync", **items[0]) == ["secret-syncs"]
    assert lists_read(sim, "secret_syncs", syncs=items) == ["secret-syncs"]
