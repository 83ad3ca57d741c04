# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each environment to an account of its own, and credentials replaced for many projects at once."""

from __future__ import annotations

from typing import Any

import pytest

from simulator import Simulator

from .harness import AWS_KEY, AWS_SECRET, Aws, Player

FAN_OUT = "community.infisical.fan_out_environments"
KEYS = {"access_id": AWS_KEY, "access_token": AWS_SECRET}
VARIABLES: dict[str, Any] = {
    "environments": [
        {"name": "dev", "auth": KEYS},
        {"name": "staging", "auth": KEYS},
        {"name": "prod", "auth": KEYS, "overrides": {"region": "eu-central-1"}},
    ],
    "destinations": [{"secret_path": "/app", "app": "my-app/{environment}", "region": "us-east-1"}],
    "accept_deletion": True,
}
PRESENT, INTEGRATE, ABSENT = "Store the credentials of the service", "Manage the integrations", "Remove the auth"


@pytest.mark.thorough
def test_present_and_absent(play: Player, sim: Simulator, aws: Aws) -> None:
    for name in ("dev", "staging", "prod"):
        sim.set_secret(sim.project_id, name, "/app", "API_KEY", f"canary-{name}")
        play.canaries.add(f"canary-{name}")
    _check, apply, _again = play.thrice(FAN_OUT, variables=VARIABLES)
    assert apply.changed == [PRESENT, INTEGRATE] * 3
    auths, integrations = play.objects()
    assert {auth["namespace"] for auth in auths} == {"dev", "staging", "prod"}
    of_auth = {auth["id"]: auth["namespace"] for auth in auths}
    found = {of_auth[one["integrationAuthId"]]: (one["app"], one["region"]) for one in integrations}
    assert found == {
        "dev": ("my-app/dev", "us-east-1"),
        "staging": ("my-app/staging", "us-east-1"),
        "prod": ("my-app/prod", "eu-central-1"),
    }
    assert all(one["environment"]["slug"] == of_auth[one["integrationAuthId"]] for one in integrations)

    gone = {**VARIABLES, "state": "absent"}
    check, removed, nothing = play.thrice(FAN_OUT, variables=gone)
    assert check.changed == removed.changed == [INTEGRATE, ABSENT] * 3
    assert nothing.changed == []
    table = "Show what was done in each environment"
    names = ("dev", "staging", "prod")
    assert check.of(table) == removed.of(table)
    assert removed.of(table)["msg"] == [f"{name}: removed (integrations: 1)" for name in names]
    assert nothing.of(table)["msg"] == [f"{name}: unchanged (integrations: 0)" for name in names]
    assert play.objects() == ([], [])


@pytest.mark.parametrize("generation", ["2026"], indirect=True)
def test_one_environment_more_disturbs_nothing(play: Player) -> None:
    first = {**VARIABLES, "environments": VARIABLES["environments"][:1]}
    play(FAN_OUT, variables=first)
    before = play.objects()
    play(FAN_OUT, variables={**VARIABLES, "environments": VARIABLES["environments"][:2]})
    after = play.objects()
    assert before[0][0] in after[0]
    assert len(after[0]) == 2


@pytest.mark.parametrize("generation", ["2026"], indirect=True)
def test_one_that_fails_in_the_middle(play: Player, sim: Simulator) -> None:
    """What was done is shown for each environment, an auth without an integration too, and the next run goes on."""
    dev, staging, prod = VARIABLES["environments"]
    lost = {**staging, "overrides": {"secret_path": "/later"}}
    variables = {**VARIABLES, "environments": [dev, lost, prod]}
    run = play(FAN_OUT, variables=variables, rc=2)
    auth = next(auth["id"] for auth in play.objects()[0] if auth["namespace"] == "staging")
    # The problem first.
    failed, done, not_started = run.of("Show what was done in each environment")["msg"]
    assert done == "dev: changed (integrations: 1)"
    assert failed.startswith("staging: FAILED (integrations: 0): 1 of 1 items failed: ")
    assert failed.endswith(f"Its auth {auth} exists, without an integration from this run.")
    assert not_started == "prod: not started"
    sentence = "The environment staging failed: 1 of 1 items failed"
    assert f"Fail if an environment failed: {sentence}" in run.failure
    assert "Done: dev. Not started: prod." in run.failure
    # Before what Ansible itself has to say.
    assert (
        f"msg: {sentence}" in run.text or f"Action failed: {sentence}" in run.text or f'"msg": "{sentence}' in run.text
    )

    sim.set_secret(sim.project_id, "staging", "/later", "API_KEY", "canary-later")
    again = play(FAN_OUT, variables=variables)
    assert again.changed == [INTEGRATE, PRESENT, INTEGRATE]
    assert len(play.objects()[1]) == 3


ROTATE = "community.infisical.rotate_credentials"
NEW_KEY, NEW_SECRET = "AKIAROTATED", "canary-rotated-secret"


def fleet(sim: Simulator) -> dict[str, Any]:
    """Give two projects an auth with an active integration each, and let AWS take the new keys only."""
    for project_id in (sim.project_id, sim.other_project_id):
        auth = sim.add_auth(project_id, "aws-secret-manager", accessId=AWS_KEY, accessToken=AWS_SECRET)
        sim.add_integration(auth["id"], "dev", app=f"app-{project_id}", region="us-east-1", secretPath="/app")
    sim._destinations.aws_credentials = {NEW_KEY: NEW_SECRET}
    return {
        "project_ids": [sim.project_id, sim.other_project_id],
        "access_id": NEW_KEY,
        "access_token": NEW_SECRET,
        "fallback_namespace": "spring",
    }


def everything(sim: Simulator) -> list:
    sim.wait_idle()
    return [(sim.auths(one), sim.integrations(one)) for one in (sim.project_id, sim.other_project_id)]


@pytest.mark.thorough
def test_credentials_of_a_fleet(play: Player, sim: Simulator, aws: Aws) -> None:
    variables = fleet(sim)
    play.canaries.add(NEW_SECRET)
    before = everything(sim)
    check = play(ROTATE, "--check", variables=variables)
    assert everything(sim) == before
    in_place = sim.generation.can_patch_auth
    first = "Write the new credentials to auth" if in_place else "Create an auth with the namespace spring"
    assert check.text.count(first) == 2
    apply = play(ROTATE, variables=variables)
    assert apply.changes == check.changes
    for auths, integrations in everything(sim):
        assert [auth["namespace"] for auth in auths] == [None if in_place else "spring"]
        assert [one["integrationAuthId"] for one in integrations] == [auths[0]["id"]]
        assert sim.stored_credentials(auths[0]["id"])["accessToken"] == NEW_SECRET
    assert set(aws.secrets()) == {f"app-{sim.project_id}", f"app-{sim.other_project_id}"}


def test_a_fleet_with_one_that_does_not_fit_stays_as_it_is(play: Player, sim: Simulator) -> None:
    variables = fleet(sim)
    play.canaries.add(NEW_SECRET)
    sim.add_auth(sim.other_project_id, "aws-secret-manager")
    before = everything(sim)
    run = play(ROTATE, variables=variables, rc=2)
    assert "2 auths fit" in run.failure
    assert everything(sim) == before


@pytest.mark.parametrize("generation", ["2026"], indirect=True)
def test_a_fleet_whose_first_project_fails(play: Player, sim: Simulator) -> None:
    """What was done in each project is shown, and what was not begun."""
    variables = {**fleet(sim), "access_token": "canary-mistyped", "fallback_namespace": ""}
    play.canaries |= {NEW_SECRET, "canary-mistyped"}
    run = play(ROTATE, variables=variables, rc=2)
    failed, not_begun = run.of("Sum up")["msg"]
    assert failed.startswith(f"{sim.project_id}: 1 of 1 items failed: ")
    assert "The new credentials are stored in auth " in failed
    assert not_begun == f"Not begun: {sim.other_project_id}."
    assert run.failure == f"Fail if a project was not done: {failed}\n{not_begun}"
    result = run.fact("rotate_credentials_result")
    assert result["projects"] == {sim.project_id: "failed", sim.other_project_id: "not_begun"}
    assert result["changed"] is True

    variables["access_token"] = NEW_SECRET
    done = play(ROTATE, variables=variables, warnings=None)
    lines = [f"{project}: replaced, 1 integration." for project in (sim.project_id, sim.other_project_id)]
    assert done.of("Sum up")["msg"] == lines
