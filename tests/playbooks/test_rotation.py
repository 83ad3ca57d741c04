# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""New credentials for app connections, project by project, and what becomes of those that are refused."""

from __future__ import annotations

import pytest

from simulator import Simulator

from .harness import AWS_KEY, AWS_SECRET, REGION, Player, Run

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
        for name, active in (("on", True), ("more", True), ("most", True), ("off", False)):
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
    assert play.last
    step, _, names = play.last.of("Show the steps")["msg"][2].partition(": ")
    assert step == "Start each active sync and wait for it"
    assert sorted(names.rstrip(".").split(", ")) == ["more", "most", "on"]
    assert f"{without}: left as it was. The project has 0 app connections of aws that are called aws-main" in failure
    assert stored() == [AWS_KEY, AWS_KEY]

    # What the server refuses changes no project, and each is tried.
    failure = rotate(credentials={**NEW, "secret_access_key": WRONG})
    assert failure.count("left as it was") == len(projects)
    assert stored() == [AWS_KEY, AWS_KEY]

    def started() -> int:
        return len([one["path"] for one in sim.requests if one["path"].endswith("/sync-secrets")])

    # The first sync that is refused stops the rest, also of the same project, and the old ones go back.
    sim.fail_sync(times=1, message="Access denied")
    failure = rotate(credentials=NEW, old_credentials=OLD, project_ids=[sim.project_id, second])
    assert f"{sim.project_id}: the old credentials were written back." in failure
    assert "Access denied. 2 other syncs were not started." in failure
    assert "Sync it again to see that it writes with the old ones." in failure
    assert f"Not begun: {second}." in failure
    assert stored() == [AWS_KEY, AWS_KEY]
    assert started() == 1

    # Where the old ones aren't known, the message tells how to get back.
    sim.fail_sync(times=1, message="Access denied")
    failure = rotate(credentials=NEW, project_ids=[second, sim.project_id])
    assert f"{second}: the new credentials are stored." in failure
    assert "2 other syncs were not started." in failure
    assert "To get back, run this again with the old credentials as the new ones." in failure
    assert f"Not begun: {sim.project_id}." in failure
    assert stored() == [AWS_KEY, NEW_KEY]
    assert started() == 2

    failure = rotate(credentials=NEW)
    assert play.last
    assert "WARNING]" not in play.last.output
    # The problem first.
    bad, *good = play.last.of("Sum up")["msg"]
    assert (bad, len(good)) == (failure.partition(": ")[2], 2)
    assert sim.project_id not in failure
    assert second not in failure
    assert stored() == [NEW_KEY, NEW_KEY]
    assert started() == 2 + 6


@pytest.mark.thorough
@pytest.mark.parametrize("generation", ["2026"], indirect=True)
def test_rotation_for_an_app_connection_of_the_organization(play: Player, sim: Simulator) -> None:
    play.canaries |= {NEW_SECRET, WRONG}
    sim._destinations.aws_credentials = {AWS_KEY: AWS_SECRET, NEW_KEY: NEW_SECRET}
    unseen = sim.add_project("unseen-project")
    sim.set_role(unseen, sim.admin, "no-access")
    keys = {"accessKeyId": AWS_KEY, "secretAccessKey": AWS_SECRET}
    connection = sim.add_connection("aws", "access-key", "aws-all", **keys)["id"]
    for number, project in enumerate((sim.project_id, sim.other_project_id)):
        config = {"region": REGION, "mappingBehavior": "many-to-one", "secretName": f"my-app/{number}"}
        sim.add_sync(
            *("aws-secrets-manager", connection, "dev"),
            projectId=project,
            secretPath="/app",
            name=f"app-{number}",
            isAutoSyncEnabled=True,
            destinationConfig=config,
        )
    sim.wait_idle()

    # Only one of the projects is named.
    variables = {"app": "aws", "connection_name": "aws-all", "connection_level": "organization", "credentials": NEW}

    def rotate(*switches: str, rc: int = 0, **more: object) -> Run:
        return play(ROTATE, *switches, variables={**variables, **more}, rc=rc, warnings=None)

    check = rotate("--check")
    assert check.of("Show the steps")["msg"][:3] == [
        f"Projects looked at: 2; not readable: {unseen}.",
        "Write the new credentials to app connection aws-all; the server tries them out before it stores them.",
        "Start each active sync and wait for it: app-0, app-1.",
    ]
    assert sim.stored_connection_credentials(connection)["accessKeyId"] == AWS_KEY

    assert "organization: left as it was." in rotate(rc=2, credentials={**NEW, "secret_access_key": WRONG}).failure
    sim.fail_sync(times=1, message="Access denied")
    failure = rotate(rc=2, old_credentials=OLD).failure
    assert "organization: the old credentials were written back." in failure
    assert "Access denied" in failure
    assert sim.stored_connection_credentials(connection)["accessKeyId"] == AWS_KEY
    assert (
        "The organization has 0 app connections of aws that are called none"
        in rotate(rc=2, connection_name="none").failure
    )
    assert "not allowed to read on secret-syncs" in rotate(rc=2, project_ids=[unseen]).failure

    done = rotate()
    assert done.fact("rotate_credentials_result") == {
        "changed": True,
        "projects": {"organization": "connection"},
        "integrations": 0,
        "syncs": 2,
    }
    assert done.changed == [change for change, _ in check.changes if change in done.changed]
    assert sim.stored_connection_credentials(connection)["accessKeyId"] == NEW_KEY
