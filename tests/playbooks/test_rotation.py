# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""New credentials for app connections, project by project, and what becomes of those that are refused."""

from __future__ import annotations

import pytest

from simulator import Simulator

from .harness import AWS_KEY, AWS_SECRET, REGION, Player

ROTATE = "community.infisical.rotate_credentials"
NEW_KEY, NEW_SECRET, WRONG = "AKIANEWCANARY", "canary-new-aws-secret", "canary-mistyped"
NEW = {"access_key_id": NEW_KEY, "secret_access_key": NEW_SECRET}
OLD = {"access_key_id": AWS_KEY, "secret_access_key": AWS_SECRET}


@pytest.mark.parametrize("generation", ["2026"], indirect=True)
def test_rotation_for_app_connections(play: Player, sim: Simulator) -> None:
    play.canaries |= {NEW_SECRET, WRONG}
    sim._destinations.aws_credentials = {AWS_KEY: AWS_SECRET, NEW_KEY: NEW_SECRET}
    second, without = sim.other_project_id, sim.add_project("empty-project")
    projects = [sim.project_id, without, second]
    connections = {}
    for number, project in enumerate((sim.project_id, second)):
        keys = {"accessKeyId": AWS_KEY, "secretAccessKey": AWS_SECRET}
        connections[project] = sim.add_connection("aws", "access-key", "aws-main", project, **keys)["id"]
        config = {"region": REGION, "mappingBehavior": "many-to-one", "secretName": f"my-app/{number}"}
        for name, active in (("on", True), ("off", False)):
            sim.add_sync(
                "aws-secrets-manager",
                connections[project],
                "dev",
                projectId=project,
                secretPath="/app",
                name=name,
                isAutoSyncEnabled=active,
                destinationConfig={**config, "secretName": f"{config['secretName']}/{name}"},
            )

    def stored() -> list[str]:
        return [sim.stored_connection_credentials(one)["accessKeyId"] for one in connections.values()]

    def rotate(*switches: str, credentials: dict, **more: object) -> str:
        variables = {"project_id": None, "project_ids": projects, "app": "aws", "connection_name": "aws-main"}
        run = play(ROTATE, *switches, variables={**variables, "credentials": credentials, **more}, rc=2, warnings=None)
        return run.failure

    failure = rotate("--check", credentials=NEW)
    assert f"{without}: left as it was. The project has 0 app connections of aws that are called aws-main" in failure
    assert stored() == [AWS_KEY, AWS_KEY]

    # What the server refuses changes no project, and each is tried.
    failure = rotate(credentials={**NEW, "secret_access_key": WRONG})
    assert failure.count("left as it was") == len(projects)
    assert stored() == [AWS_KEY, AWS_KEY]

    # A sync that fails stops the rest, and the old ones go back.
    sim.fail_sync(times=1, message="Access denied")
    failure = rotate(credentials=NEW, old_credentials=OLD, project_ids=[sim.project_id, second])
    assert f"{sim.project_id}: the old credentials were written back." in failure
    assert "Access denied" in failure
    assert f"{second}: not begun." in failure
    assert stored() == [AWS_KEY, AWS_KEY]

    failure = rotate(credentials=NEW)
    assert sim.project_id not in failure
    assert second not in failure
    assert stored() == [NEW_KEY, NEW_KEY]
    started = [one["path"] for one in sim.requests if one["path"].endswith("/sync-secrets")]
    assert len(started) == 1 + 2
