# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection's own playbooks, run by name and with variables alone."""

from __future__ import annotations

from typing import Any

import pytest

from simulator import Simulator

from .harness import AWS_KEY, AWS_SECRET, Aws, Player

SYNC, TEARDOWN = "community.infisical.sync_to_aws_secrets_manager", "community.infisical.teardown"
ROTATE, AUDIT = "community.infisical.rotate_credentials", "community.infisical.audit"
PLACE = {
    "secret_path": "/app",
    "aws_secret_name": "my-app/dev",
    "aws_region": "us-east-1",
    "accept_deletion": True,
    "native": True,
}
NEW_KEY, NEW_SECRET = "AKIANEWCANARY", "canary-new-aws-secret"
NEW = {"access_id": NEW_KEY, "access_token": NEW_SECRET}


@pytest.mark.parametrize("playbook", [SYNC, TEARDOWN, ROTATE, AUDIT])
@pytest.mark.parametrize("generation", ["2026"], indirect=True)
def test_missing_variables_are_told(play: Player, playbook: str) -> None:
    assert "Specify project_id" in play(playbook, variables={"project_id": None}, rc=2).failure


@pytest.mark.thorough
def test_sync_and_teardown(play: Player, aws: Aws) -> None:
    env = {"AWS_ACCESS_KEY_ID": AWS_KEY, "AWS_SECRET_ACCESS_KEY": AWS_SECRET}
    variables = {key: value for key, value in PLACE.items() if key != "aws_region"}
    env["AWS_REGION"] = PLACE["aws_region"]

    _, apply, _ = play.thrice(SYNC, "-vvv", variables=variables, env=env)
    assert apply.changed == ["Store the credentials of the service", "Manage the integrations"]
    assert set(aws.secrets()) == {"my-app/dev"}

    _, apply, _ = play.thrice(TEARDOWN, variables=variables, env={"AWS_DEFAULT_REGION": PLACE["aws_region"]})
    assert apply.changed == ["Manage the integrations", "Remove the auth"]
    assert play.objects() == ([], [])
    assert set(aws.secrets()) == {"my-app/dev"}


def test_a_sync_that_failed_is_not_green_until_it_succeeds(play: Player, sim: Simulator, aws: Aws) -> None:
    sim._destinations.aws_credentials = {}
    for warnings in ([], ["The last sync of 1 of 1 integrations failed"]):
        run = play(SYNC, variables=PLACE, rc=2, warnings=warnings)
        assert "The security token included in the request is invalid" in run.text
    assert aws.secrets() == {}

    sim._destinations.aws_credentials = {AWS_KEY: AWS_SECRET}
    cured = play(SYNC, variables=PLACE, warnings=["The last sync of 1 of 1 integrations failed"])
    assert cured.changed == ["Manage the integrations"]
    assert set(aws.secrets()) == {"my-app/dev"}
    assert play(SYNC, variables=PLACE).changed == []


def sim_with_two(sim: Simulator) -> dict[str, Any]:
    auth = sim.add_auth(sim.project_id, "aws-secret-manager", accessId=AWS_KEY, accessToken=AWS_SECRET)
    place = {"region": "us-east-1", "secretPath": "/app"}
    sim.add_integration(auth["id"], "dev", app="active", metadata={"secretPrefix": "P_"}, **place)
    sim.add_integration(auth["id"], "dev", app="paused", isActive=False, **place)
    # From now on AWS takes the new keys only.
    sim._destinations.aws_credentials = {NEW_KEY: NEW_SECRET}
    return auth


def test_rotation_in_place(play: Player, sim: Simulator, generation: str) -> None:
    auth = sim_with_two(sim)
    play.canaries.add(NEW_SECRET)

    if generation == "2024":
        for switches in (["--check"], []):
            assert "too old to change" in play(ROTATE, *switches, variables=NEW, rc=2).failure
        assert sim.stored_credentials(auth["id"])["accessToken"] == AWS_SECRET
        return
    runs = [play(ROTATE, "-vvv", *switches, variables=NEW) for switches in (["--check"], [], [])]

    # The paused integration isn't synced, and a server can't tell whether it has the credentials already.
    assert all(run.changed == ["Store the new credentials", "Check that the first can write with them"] for run in runs)
    assert runs[0].changes == runs[1].changes
    expected = {"changed": True, "projects": {sim.project_id: "in_place"}, "integrations": 2}
    assert runs[1].fact("rotate_credentials_result") == expected
    assert sim.stored_credentials(auth["id"])["accessToken"] == NEW_SECRET
    assert [len(objects) for objects in play.objects()] == [1, 2]


@pytest.mark.parametrize("generation", ["2026"], indirect=True)
def test_rotation_in_place_to_credentials_that_do_not_work(play: Player, sim: Simulator) -> None:
    auth = sim_with_two(sim)
    for number, path in enumerate(("/app", "/app", "/")):
        sim.add_integration(auth["id"], "dev", app=f"app-{number}", region="us-east-1", secretPath=path)
    play.canaries.add("canary-mistyped")
    run = play(ROTATE, variables={**NEW, "access_token": "canary-mistyped"}, rc=2)

    # One update syncs a folder, and lists tell of all. The first folder that is refused stops the others.
    assert "1 of 1 items failed" in run.failure
    assert "3 other integrations were not started." in run.failure
    assert run.failure.count("The security token included in the request is invalid.") == 1
    assert "The new credentials are stored" in run.failure
    assert "To get back, run this again with the old credentials as the new ones." in run.failure
    # A folder of one integration is waited for by single reads.
    sent = [one["method"] for one in sim.requests if one["path"].startswith("/api/v1/integration/")]
    assert [method for method in sent if method != "GET"] == ["PATCH"]
    # As far as was seen before, with credentials that work: each folder once.
    sent_before = len(sim.requests)
    play(ROTATE, variables=NEW, warnings=None)
    sent = [one["method"] for one in sim.requests[sent_before:] if one["path"].startswith("/api/v1/integration/")]
    sent = [method for method in sent if method != "GET"]
    assert sent == ["PATCH"] * 2
    assert sim.stored_credentials(auth["id"])["accessToken"] == NEW_SECRET


def test_rotation_by_a_second_auth(play: Player, sim: Simulator, aws: Aws) -> None:
    sim_with_two(sim)
    play.canaries.add(NEW_SECRET)
    kept = ("isActive", "app", "region", "secretPath", "metadata")
    before = sorted(([one[key] for key in kept] for one in play.objects()[1]), key=str)
    old = [one["id"] for one in play.objects()[1]]

    check, apply, _ = play.thrice(ROTATE, "-vvv", variables={**NEW, "new_namespace": "spring"})

    (step,) = [step for step in check.of("Show the steps")["msg"] if step.startswith("Create each integration anew")]
    assert sorted(step.removeprefix("Create each integration anew on it: ").rstrip(".").split(", ")) == sorted(old)

    assert apply.changed == [
        "Store the credentials of the service",
        *["Manage the integrations"] * 2,
        "Remove the auth",
    ]
    (auth,), integrations = play.objects()
    assert auth["namespace"] == "spring"
    assert sim.stored_credentials(auth["id"])["accessToken"] == NEW_SECRET
    assert {one["integrationAuthId"] for one in integrations} == {auth["id"]}
    assert sorted(([one[key] for key in kept] for one in integrations), key=str) == before
    assert aws.secrets() == {"active": {"P_API_KEY": "api-value", "P_DB_PASSWORD": "db-value"}}


def test_rotation_to_credentials_that_do_not_work(play: Player, sim: Simulator) -> None:
    sim_with_two(sim)
    before = [[one["id"] for one in objects] for objects in play.objects()]

    variables = {**NEW, "access_token": "canary-mistyped", "new_namespace": "spring"}
    play.canaries.add("canary-mistyped")
    run = play(ROTATE, "-vvv", variables=variables, rc=2)

    assert "The security token included in the request is invalid." in run.text
    assert "are as they were" in run.failure
    assert [[one["id"] for one in objects] for objects in play.objects()] == before


@pytest.mark.thorough
@pytest.mark.parametrize("generation", ["2026"], indirect=True)
def test_rotation_with_an_environment_that_is_gone(
    play: Player, sim: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second auth can't take over an integration without an environment; in place, nothing is in the way."""
    auth = sim_with_two(sim)
    play.canaries.add(NEW_SECRET)
    gone = next(one["id"] for one in play.objects()[1] if not one["isActive"])
    shown = sim._state.shown
    monkeypatch.setattr(
        sim._state, "shown", lambda one: {**shown(one), **({"environment": None} if one["id"] == gone else {})}
    )
    before = play.objects()

    run = play(ROTATE, variables={**NEW, "new_namespace": "spring"}, rc=2)
    assert run.failure == (
        f"Verify that each integration can be created again: The environment of {gone} is gone, so that a second auth"
        " can't replace the first one. Remove the integration first."
    )
    assert play.objects() == before
    assert sim.stored_credentials(auth["id"])["accessToken"] == AWS_SECRET

    assert play(ROTATE, variables={**NEW, "fallback_namespace": "spring"}).changed
    assert sim.stored_credentials(auth["id"])["accessToken"] == NEW_SECRET
    assert [one["id"] for one in play.objects()[0]] == [auth["id"]]


def test_rotation_of_nothing(play: Player, sim: Simulator) -> None:
    assert "0 auths fit" in play(ROTATE, variables=NEW, rc=2).failure
    assert play.objects() == ([], [])


def test_audit(play: Player, sim: Simulator) -> None:
    sim_with_two(sim)
    _, before = play.objects()
    ids = {one["app"]: one["id"] for one in before}
    # As a survey gives them.
    variables = {"project_ids": f"{sim.project_id}, {sim.other_project_id}", "report_folder": ""}

    _, run, _ = play.thrice(AUDIT, variables={**variables, "audit_fail_on_error": "true"})
    assert run.changed == []
    shown = run.of("Show what does not work")["msg"]
    assert shown[0] == "2 projects: 2 native integrations."
    assert any(line.startswith("Never synced  ") and ids["active"] in line for line in shown)
    assert any(line.startswith("Paused ") and ids["paused"] in line for line in shown)

    # The keys that AWS took are not good any more.
    sim.set_secret(sim.project_id, "dev", "/app", "NEW", "value")
    sim.wait_idle()
    folder = play.folder / "report"
    run = play(AUDIT, variables={**variables, "report_folder": str(folder)})
    shown = run.of("Show what does not work")["msg"]
    assert shown[1] == "1 problem."
    assert "FAILED: The security token included in the request is invalid." in shown
    assert {path.name for path in folder.iterdir()} == {"audit.html", "audit.md"}

    run = play(AUDIT, variables={**variables, "audit_fail_on_error": True}, rc=2)
    assert ids["active"] in run.failure
    assert "The security token included in the request is invalid." in run.failure
    assert ids["paused"] not in run.failure


@pytest.mark.parametrize("generation", ["2026"], indirect=True)
def test_a_teardown_that_fails_in_the_middle(play: Player, sim: Simulator) -> None:
    """What was removed and what is left is shown, and the next run removes the rest."""
    auth = sim.add_auth(sim.project_id, "aws-secret-manager", accessId=AWS_KEY, accessToken=AWS_SECRET)
    place = {"region": "us-east-1", "secretPath": "/app"}
    gone, left = (sim.add_integration(auth["id"], "dev", app=app, **place)["id"] for app in ("gone", "left"))
    sim.fail_next(403, method="DELETE", path=f"/api/v1/integration/{left}")
    env = {"ANSIBLE_SHOW_CUSTOM_STATS": "true"}
    run = play(TEARDOWN, variables={"everything_in_project": True}, env=env, rc=2)
    assert run.failure.startswith("Fail and tell what was removed: 1 of 2 items failed: ")
    assert f"Removed: 1 of 3 objects. Not removed: {left}, {auth['id']}. Run it again" in run.failure
    stats = run.text.partition("CUSTOM STATS")[2]
    assert gone in stats
    assert left not in stats
    assert auth["id"] not in stats
    again = play(TEARDOWN, variables={"everything_in_project": True})
    assert again.changed == ["Remove the native integrations", "Remove the auths that nothing else uses"]
    assert play.objects() == ([], [])
