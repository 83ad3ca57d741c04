# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every playbook, and by it every role, with a project that is named by its slug."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from simulator import Simulator

from .harness import AWS_KEY, AWS_SECRET, Aws, Player

# The id is empty where a job template's survey has a field for it.
BY_SLUG = {"project_id": "", "project_slug": "first-project"}
AWS = {"access_id": AWS_KEY, "access_token": AWS_SECRET}
PLACE = {
    "secret_path": "/app",
    "aws_secret_name": "my-app/dev",
    "aws_region": "us-east-1",
    "accept_deletion": True,
    "native": True,
}
SYNC = {
    "name": "app-dev",
    "destination": "aws-secrets-manager",
    "environment": "dev",
    "secret_path": "/app",
    "destination_config": {"region": "us-east-1", "mapping_behavior": "many-to-one", "secret_name": "app/dev"},
}
CONNECTION = {
    "app": "aws",
    "name": "aws",
    "method": "access-key",
    "credentials": {"access_key_id": AWS_KEY, "secret_access_key": AWS_SECRET},
}
FAN_OUT = {
    "environments": [{"name": "dev", "auth": AWS}],
    "destinations": [{"app": "my-app", "region": "us-east-1"}],
    "accept_deletion": True,
}


def name(playbook: str) -> str:
    return f"community.infisical.{playbook}"


@pytest.mark.thorough
def test_sync_and_teardown(play: Player, aws: Aws) -> None:
    play.thrice(name("sync_to_aws_secrets_manager"), variables={**BY_SLUG, **PLACE})
    assert set(aws.secrets()) == {"my-app/dev"}
    play.thrice(name("teardown"), variables={**BY_SLUG, **PLACE})
    assert play.objects() == ([], [])


@pytest.mark.thorough
def test_fan_out(play: Player) -> None:
    play.thrice(name("fan_out_environments"), variables={**BY_SLUG, **FAN_OUT})
    assert [len(objects) for objects in play.objects()] == [1, 1]
    play.thrice(name("fan_out_environments"), variables={**BY_SLUG, **FAN_OUT, "state": "absent"})
    assert play.objects() == ([], [])


@pytest.mark.parametrize("generation", ["2026"], indirect=True)
@pytest.mark.parametrize("level", ["project", "organization"])
def test_secret_syncs(play: Player, sim: Simulator, level: str) -> None:
    variables = {**BY_SLUG, "syncs": [SYNC], "app_connection": {**CONNECTION, "level": level}}
    play.thrice(name("sync_secrets"), variables=variables)
    assert [one["name"] for one in sim.syncs(sim.project_id)] == ["app-dev"]
    assert len(sim.connections(sim.project_id if level == "project" else None)) == 1
    play.thrice(name("sync_secrets"), variables={**variables, "state": "absent"})
    assert sim.syncs(sim.project_id) == []
    assert len(sim.connections(None)) == (level == "organization")


def add_one(sim: Simulator, project_id: str) -> None:
    auth = sim.add_auth(project_id, "aws-secret-manager", accessId=AWS_KEY, accessToken=AWS_SECRET)
    sim.add_integration(auth["id"], "dev", app="a", region="us-east-1", secretPath="/app", isActive=True)


def test_audit(play: Player, sim: Simulator) -> None:
    add_one(sim, sim.other_project_id)
    variables = {"project_id": None, "project_ids": [sim.project_id], "project_slugs": ["other-project"]}
    _, run, _ = play.thrice(name("audit"), variables=variables)
    (first, *rest) = run.of("Show what does not work")["msg"]
    assert first == "2 projects: 1 native integration."
    assert any("dev /app -> " in line for line in rest)


@pytest.mark.parametrize("generation", ["2026"], indirect=True)
def test_rotation(play: Player, sim: Simulator) -> None:
    for project_id in (sim.project_id, sim.other_project_id):
        add_one(sim, project_id)
    new = {"access_id": "AKIANEWCANARY", "access_token": "canary-new-aws-secret"}
    sim._destinations.aws_credentials = {new["access_id"]: new["access_token"]}
    play.canaries.add(new["access_token"])
    slugs = {"project_id": None, "project_slugs": ["first-project", "other-project"]}
    play(name("rotate_credentials"), variables={**slugs, **new})
    for project_id in (sim.project_id, sim.other_project_id):
        (auth,) = sim.auths(project_id)
        assert sim.stored_credentials(auth["id"])["accessToken"] == new["access_token"]


@pytest.mark.thorough
@pytest.mark.parametrize("generation", ["2026"], indirect=True)
def test_migration(play: Player, sim: Simulator, aws: Aws) -> None:
    add_one(sim, sim.project_id)
    # It has written what its sync is going to write.
    sim.set_secret(sim.project_id, "dev", "/app", "API_KEY", "api-value")
    sim.wait_idle()
    connection = {key: CONNECTION[key] for key in ("name", "method", "credentials")}
    variables: dict[str, Any] = {**BY_SLUG, "app_connections": [{"service": "aws-secret-manager", **connection}]}
    variables |= {"phases": ["plan", "connect", "create"], "journal_key": "canary-journal-key"}
    play(name("migrate"), variables=variables, env={"AWS_ENDPOINT_URL": aws.url})
    assert len(sim.syncs(sim.project_id)) == 1


@pytest.mark.thorough
def test_export_and_apply(play: Player, sim: Simulator) -> None:
    add_one(sim, sim.project_id)
    file = play.folder / "export.yml"
    play(name("export"), variables={**BY_SLUG, "export_file": str(file)})
    exported = yaml.safe_load(file.read_text())
    assert exported["infisical_project_id"] == sim.project_id
    # The integration was never synced.
    runs = [play(name("apply_export"), f"--extra-vars=@{file}") for _time in range(2)]
    assert [run.changed for run in runs] == [["Manage the native integrations"], []]
    # What differs: the project, and so the ids.
    variables = {"infisical_project_slug": "other-project", "aws_secret_manager_access_id": AWS_KEY}
    variables["aws_secret_manager_access_token"] = AWS_SECRET
    warnings = ["The project has no integration auth for aws-secret-manager yet", "Each sync replaces the whole secret"]
    play(name("apply_export"), f"--extra-vars=@{file}", "--check", variables=variables, warnings=warnings)
    assert sim.integrations(sim.other_project_id) == []


@pytest.mark.parametrize("generation", ["2026"], indirect=True)
@pytest.mark.parametrize("playbook", ["sync_to_aws_secrets_manager", "teardown", "export", "rotate_credentials"])
def test_a_slug_that_no_project_has(play: Player, playbook: str) -> None:
    variables = {**PLACE, **AWS, "project_id": None, "project_slug": "other-projet"}
    failure = play(name(playbook), variables=variables, rc=2).failure
    assert "There is no project with the slug 'other-projet' that this identity can see" in failure
    assert "Did you mean other-project" in failure
    assert play.objects() == ([], [])
