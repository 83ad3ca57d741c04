# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A project from its first secret sync to its last, by playbooks alone: audited, given new credentials, torn down."""

from __future__ import annotations

import pytest

from simulator import Simulator

from .harness import AWS_KEY, AWS_SECRET, REGION, Aws, Player

NEW_SECRET = "canary-new-aws-secret"
KEYS = f"{{access_key_id: {AWS_KEY}, secret_access_key: {AWS_SECRET}}}"
CONNECTION = f"{{app: aws, name: aws-main, method: access-key, credentials: {KEYS}}}"
SYNCS = [
    {
        "name": f"app-{environment}",
        "destination": "aws-secrets-manager",
        "environment": environment,
        "secret_path": path,
        "destination_config": {
            "region": REGION,
            "mapping_behavior": "many-to-one",
            "secret_name": f"app/{environment}",
        },
    }
    for environment, path in (("dev", "/app"), ("prod", "/"))
]


def audit(play: Player, **variables: object) -> list[str]:
    shown: list[str] = play("community.infisical.audit", variables=variables).of("Show what does not work")["msg"]
    return shown


@pytest.mark.thorough
@pytest.mark.parametrize("generation", ["2026"], indirect=True)
def test_a_project_of_secret_syncs(play: Player, sim: Simulator, aws: Aws) -> None:
    teardown = "community.infisical.teardown"
    play.canaries.add(AWS_SECRET)
    play("community.infisical.sync_secrets", variables={"app_connection": CONNECTION, "syncs": SYNCS})
    sim.wait_idle()
    assert audit(play)[:2] == ["1 project: 2 secret syncs, 1 app connection.", "No problems."]

    # AWS takes other keys from now on: they are replaced in the app connection.
    sim._destinations.aws_credentials = {"AKIANEWCANARY": NEW_SECRET}
    play.canaries.add(NEW_SECRET)
    keys = {"access_key_id": "AKIANEWCANARY", "secret_access_key": NEW_SECRET}
    rotated = {"app": "aws", "name": "aws-main", "method": "access-key", "update_credentials": "always"}
    variables = {"app_connection": {**rotated, "credentials": keys}, "syncs": SYNCS}
    run = play("community.infisical.sync_secrets", variables=variables)
    assert run.changed == ["Connect to the service", "Sync with the new credentials"]
    [connection] = sim.connections(sim.project_id)
    assert sim.stored_connection_credentials(connection["id"])["secretAccessKey"] == NEW_SECRET

    # A mistake removes nothing.
    run = play(teardown, variables={"environments": "dev,prodd"}, rc=2)
    assert "prodd is no environment of the project. Did you mean prod?" in run.failure
    assert len(sim.syncs(sim.project_id)) == 2

    answers = {"sync_names": "app-dev\napp-gone", "services": "", "keep_connections": ""}
    check, apply, again = play.thrice(teardown, variables=answers)
    assert apply.changed == ["Remove the secret syncs"]
    assert "Not found: sync_names: app-gone." in str(check.of("Show what is removed")["msg"])
    assert [one["name"] for one in sim.syncs(sim.project_id)] == ["app-prod"]
    assert len(again.of("Show what is removed")["msg"]) == 3
    # What was written stays.
    assert set(aws.secrets()) == {"app/dev", "app/prod"}

    # By what sync_to_aws_secrets_manager was given.
    place = {"source_environment": "prod", "aws_secret_name": "app/prod", "aws_region": REGION}
    _, apply, _ = play.thrice(teardown, variables={**place, "delete_destination_secrets": "true"})
    assert apply.changed == ["Remove the secret syncs", "Remove the app connections that nothing else uses"]
    assert (sim.syncs(sim.project_id), sim.connections(sim.project_id)) == ([], [])
    assert set(aws.secrets()) == {"app/dev"}
    assert audit(play) == ["1 project: nothing.", "No problems."]
