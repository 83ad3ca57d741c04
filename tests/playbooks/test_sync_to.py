# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ready playbooks for one folder and one destination."""

from __future__ import annotations

from typing import Any

import pytest

from simulator import Simulator

from .harness import AWS_KEY, AWS_SECRET, REGION, Aws, Player
from .sync_to import ACCOUNT, CREDENTIALS, PLAYBOOKS, TOKEN

pytestmark = pytest.mark.parametrize("generation", ["2026"], indirect=True)


@pytest.mark.thorough
@pytest.mark.parametrize(("name", "variables", "config"), [(name, *row) for name, row in PLAYBOOKS.items()])
def test_a_folder_is_synced(
    play: Player, sim: Simulator, name: str, variables: dict[str, Any], config: dict[str, Any]
) -> None:
    play.canaries.add("canary-destination-token")
    playbook = f"community.infisical.sync_to_{name}"
    variables = {"secret_path": "/app", **variables}
    _, apply, _ = play.thrice(playbook, "-vvv", variables=variables)
    assert apply.changed == ["Connect to the service", "Manage the syncs"]
    (sync,) = sim.syncs(sim.project_id)
    assert sync["destinationConfig"].items() >= config.items()
    assert sync["name"].startswith("dev-app-")
    (connection,) = sim.connections(sim.project_id)
    assert sync["connectionId"] == connection["id"]

    # What is removed needs no credentials.
    gone = {key: value for key, value in variables.items() if key not in CREDENTIALS} | {"state": "absent"}
    check = play(playbook, "--check", variables=gone)
    assert (sim.syncs(sim.project_id), sim.connections(sim.project_id)) == ([sync], [connection])
    assert play(playbook, variables=gone).changed == check.changed == ["Manage the syncs", "Remove the connection"]
    assert sim.syncs(sim.project_id) == sim.connections(sim.project_id) == []
    assert play(playbook, variables=gone).changed == []


OTHERS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "github": (
        {"github_org": "acme", "github_visibility": "all"},
        {"scope": "organization", "org": "acme", "visibility": "all"},
    ),
    "gitlab": ({"gitlab_group_id": 7}, {"scope": "group", "groupId": "7", "groupName": "7"}),
    "gcp_secret_manager": ({"gcp_project_id": "acme"}, {"scope": "global", "projectId": "acme"}),
}


def test_the_life_of_a_sync_to_github(play: Player, sim: Simulator) -> None:
    playbook, (variables, _config) = "community.infisical.sync_to_github", PLAYBOOKS["github"]
    play.canaries.add("canary-destination-token")
    token = {"destination_access_token": " ", "github_environment": "prod"}
    run = play(playbook, variables={**token, "project_id": ""}, rc=2)
    assert run.failure == (
        "Read the variables: Specify project_id or project_slug; github_owner or github_org; and github_repo or"
        " github_org."
    )
    lacking = "Specify destination_access_token, connection_id or export DESTINATION_ACCESS_TOKEN."
    run = play(playbook, "--check", variables={**variables, **token}, rc=2)
    assert run.failure.endswith(f"There are no credentials for the app connection github. {lacking}")
    run = play(playbook, variables={**variables, **token}, env={"DESTINATION_ACCESS_TOKEN": "canary-destination-token"})
    assert run.changed == ["Connect to the service", "Manage the syncs"]
    (sync,) = sim.syncs(sim.project_id)
    assert sync["destinationConfig"]["env"] == "prod"

    # What exists needs no credentials.
    assert play(playbook, variables={**variables, **token}).changed == []
    again = {**variables, **token, "update_credentials": "always"}
    assert play(playbook, variables=again, rc=2).failure.endswith(lacking)

    # Another place is another sync, on a connection that stays as it is.
    other = {**variables, **token, "github_repo": "other"}
    reused = {"connection_id": sync["connectionId"], "sync_name": "second", "wait": "no"}
    assert play(playbook, variables={**other, **reused}).changed == ["Manage the syncs"]
    assert len(sim.syncs(sim.project_id)) == 2
    gone = {**variables, **token, "state": "absent"}
    assert play(playbook, variables={**other, "sync_name": "second", "state": "absent"}).changed == ["Manage the syncs"]
    assert play(playbook, variables=gone).changed == ["Manage the syncs", "Remove the connection"]
    assert sim.syncs(sim.project_id) == []


AWS = "community.infisical.sync_to_aws_secrets_manager"
PLACE = {"secret_path": "/app", "aws_secret_name": "my-app/dev"}
REGION_OF_IT = {"AWS_REGION": REGION}
NO_KEYS = {"aws_access_key_id": "", "aws_secret_access_key": None}


def test_aws_by_a_secret_sync(play: Player, sim: Simulator, aws: Aws) -> None:
    run = play(AWS, "--check", variables={**PLACE, **NO_KEYS}, env=REGION_OF_IT, rc=2)
    assert run.failure.endswith(
        "There are no credentials for the app connection aws. Specify aws_access_key_id, connection_id or export"
        " AWS_ACCESS_KEY_ID; and aws_secret_access_key, connection_id or export AWS_SECRET_ACCESS_KEY."
    )
    keys = {"AWS_ACCESS_KEY_ID": AWS_KEY, "AWS_SECRET_ACCESS_KEY": AWS_SECRET, "AWS_SESSION_TOKEN": "canary-session"}
    run = play(AWS, variables={**PLACE, **NO_KEYS}, env={**REGION_OF_IT, **keys}, rc=2)
    assert run.failure.endswith("are temporary, since AWS_SESSION_TOKEN is set, and are not stored.")
    assert sim.connections(sim.project_id) == []
    _, apply, _ = play.thrice(AWS, "-vvv", variables=PLACE, env=REGION_OF_IT)
    assert apply.changed == ["Connect to the service", "Manage the syncs"]
    assert aws.secrets() == {"my-app/dev": {"API_KEY": "api-value", "DB_PASSWORD": "db-value"}}
    gone = play(AWS, variables={**PLACE, **NO_KEYS, "state": "absent"}, env=REGION_OF_IT)
    assert gone.changed == ["Manage the syncs", "Remove the connection"]


def test_aws_beside_a_native_integration(play: Player, sim: Simulator) -> None:
    auth = sim.add_auth(sim.project_id, "aws-secret-manager", accessId=AWS_KEY, accessToken=AWS_SECRET)
    native = sim.add_integration(auth["id"], "dev", app="my-app/dev", region=REGION, secretPath="/app")
    run = play(AWS, variables={**PLACE, "aws_region": REGION}, rc=2)
    assert f"A native integration writes to that secret already ({native['id']})" in run.failure
    assert sim.connections(sim.project_id) == sim.syncs(sim.project_id) == []
    run = play(AWS, variables={"destinations": "- {app: my-app/dev}", "auth_namespace": "a"}, rc=2)
    assert "destinations and auth_namespace are for native integrations" in run.failure
    wanted = "There are no credentials for AWS in the project. Specify aws_access_key_id, connection_id or"
    other = {**PLACE, **NO_KEYS, "aws_region": REGION, "native": "yes", "auth_namespace": "other"}
    assert wanted in play(AWS, variables=other, rc=2).failure


@pytest.mark.thorough
@pytest.mark.parametrize(("name", "place", "config"), [(name, *row) for name, row in OTHERS.items()], ids=OTHERS)
def test_other_scopes(play: Player, sim: Simulator, name: str, place: dict[str, Any], config: dict[str, Any]) -> None:
    play.canaries.add("canary-destination-token")
    credentials = {**TOKEN, **ACCOUNT} if name == "gcp_secret_manager" else TOKEN
    play(f"community.infisical.sync_to_{name}", variables={**place, **credentials})
    (sync,) = sim.syncs(sim.project_id)
    assert sync["destinationConfig"].items() >= config.items()
