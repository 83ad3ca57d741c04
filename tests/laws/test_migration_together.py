# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Integrations that write to one place, the way back, and failures that stop nobody else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from .company import AWS, KEY, SECRET, Company

ALL = ("create", "verify", "cut_over")
OTHER = {"accessKeyId": "AKIADEV", "secretAccessKey": SECRET}


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    with Company(tmp_path).open() as company:
        yield company


@pytest.fixture
def nested(company: Company) -> Company:
    """One that deletes what isn't its own in /p0/, and one that writes there with a prefix and deletes nothing."""
    parameters = company.auth("aws-parameter-store")
    company.sim.set_secret(company.project, "dev", "/", "pre_KEY", "other-value")
    company.parameters("whole", "/p0/", parameters)
    company.parameters("part", "/p0/pre_", parameters, metadata={"shouldDisableDelete": True})
    company.settle()
    return company


def use_other_account(company: Company) -> None:
    """Specify a connection to another account than the integrations write to."""
    company.sim.add_connection("aws", "access-key", "aws-dev", company.project, **OTHER)
    credentials = {"access_key_id": OTHER["accessKeyId"], "secret_access_key": OTHER["secretAccessKey"]}
    company.connections = [{"service": "aws-secret-manager", **AWS, "name": "aws-dev", "credentials": credentials}]


def switches(company: Company) -> list[tuple[str, bool]]:
    """Return the switches of integrations in the order in which they reached the server."""
    names = {native_id: name for name, native_id in company.ids.items()}
    rows = [one for one in company.sim.requests if one["method"] == "PATCH" and "/integration/" in one["path"]]
    return [(names[row["path"].rpartition("/")[2]], row["body"]["isActive"]) for row in rows]


def test_group_is_switched_with_what_deletes_first_off_and_last_on(nested: Company) -> None:
    plan = nested("plan")
    (group,) = plan["groups"]
    assert group["kind"] == "nested"
    assert group["certain"]
    assert group["members"] == [nested.ids["whole"], nested.ids["part"]]
    assert group["deleting"] == [nested.ids["whole"]]
    assert {nested.item(plan, name)["group"] for name in nested.ids} == {group["key"]}
    nested.until("create", "verify")
    nested.sim.clear_requests()
    nested("cut_over")
    assert switches(nested) == [("whole", False), ("part", False)]
    nested.sim.clear_requests()
    assert set(nested.stages(nested("rollback")).values()) == {"rolled_back"}
    on = list(dict.fromkeys(switches(nested)))
    assert on == [("part", True), ("whole", True)]


def test_what_deletes_stays_off_while_another_one_fails(nested: Company) -> None:
    nested.until(*ALL)
    before = nested.content()
    # What only the app connection knows: no integration can log in.
    nested.rotate("another-secret")
    nested.sim.clear_requests()
    result = nested("rollback", fails=True)
    assert set(switches(nested)) == {("part", True)}
    assert "security token" in nested.item(result, "part")["reason"]
    assert "Another integration that writes to the same place failed" in nested.item(result, "whole")["reason"]
    assert not nested.is_on("whole")
    assert nested.sync_is_on("whole")
    assert nested.sync_is_on("part")
    assert nested.content() == before
    nested.rotate(SECRET)
    assert set(nested.stages(nested("rollback")).values()) == {"rolled_back"}


def test_group_is_cut_over_as_a_whole_or_not_at_all(nested: Company) -> None:
    nested.until("create", "verify")
    result = nested("cut_over", only=[nested.ids["part"]])
    assert not result.changed
    assert "handled together" in nested.item(result, "part")["reason"]
    nested.sim.fail_sync(times=1)
    result = nested("cut_over", fails=True)
    assert all(map(nested.is_on, nested.ids))
    assert sorted(nested.stages(result).values()) == ["created", "verified"]
    assert not nested("cut_over").changed
    nested.until("verify")
    assert set(nested.stages(nested("cut_over")).values()) == {"cut_over"}


@pytest.mark.parametrize("until", ["create", "verify", "cut_over"])
def test_plan_says_which_other_one_holds_an_integration_back(nested: Company, until: str) -> None:
    nested.until(*ALL[: ALL.index(until) + 1])
    assert {item["reason"] for item in nested("plan")["integrations"]} == {""}
    nested.edit_sync("whole", isAutoSyncEnabled=False)
    plan = nested("plan")
    assert nested.item(plan, "whole")["after"] == "fault"
    reason = nested.item(plan, "part")["reason"]
    assert reason.startswith(
        f"It is handled together with {nested.ids['whole']}, which writes to the same place and is"
    )
    left_out = nested("plan", exclude=[nested.ids["whole"]])
    assert nested.item(left_out, "part")["reason"] == reason


def test_plan_says_which_blocked_one_holds_an_integration_back(nested: Company) -> None:
    nested.inputs = [{"integration_id": nested.ids["whole"], "name": "taken"}]
    nested.until("connect")
    connection = nested.sim.connections(nested.project)[0]["id"]
    nested.sim.add_sync("aws-secrets-manager", connection, "dev", secretPath="/app", name="taken")
    plan = nested("plan")
    assert nested.stages(plan) == {"whole": "blocked", "part": "planned"}
    assert f"together with {nested.ids['whole']}, which" in nested.item(plan, "part")["reason"]


def test_twins_and_several_sources_are_groups(company: Company) -> None:
    manager = company.auth("aws-secret-manager")
    company.many("first", auth_id=manager)
    company.many("twin", auth_id=manager)
    company.many("one", app="shared", auth_id=manager)
    company.many("two", app="shared", auth_id=manager, secretPath="/")
    company.many("alone", app="alone", auth_id=manager)
    groups = company("plan")["groups"]
    assert {(group["kind"], len(group["members"])) for group in groups} == {("duplicates", 2), ("same", 2)}


def test_failed_sync_after_the_switch_is_undone(company: Company) -> None:
    company.many()
    company.settle()
    before = company.content()
    company.until("create", "verify")
    company.sim.fail_sync(times=1, message="Access denied")
    result = company("cut_over", fails=True)
    item = company.item(result, "many")
    assert "Access denied" in item["reason"]
    assert "undone" in item["reason"]
    assert company.is_on("many")
    assert company.content() == before
    assert company.stages(result) == {"many": "created"}
    assert "run the phase verify" in company.item(company("cut_over"), "many")["reason"]
    company.until("verify")
    assert company.stages(company("cut_over")) == {"many": "cut_over"}


def test_rollback_goes_back_and_forth(company: Company) -> None:
    company.many()
    company.settle()
    before = company.content()
    for _round in range(2):
        company.until(*ALL)
        check = company("rollback", check=True)
        assert company.stages(check) == {"many": "rolled_back"}
        result = company("rollback")
        assert check.changed
        assert result.changed
        assert company.stages(result) == {"many": "rolled_back"}
        assert company.is_on("many")
        assert company.sync("many")
        assert not company.sync_is_on("many")
        assert not company("rollback").changed
    assert company.content() == before
    assert len(company.syncs()) == 1


def test_rollback_keeps_the_sync_of_an_integration_that_fails(company: Company) -> None:
    company.many()
    company.settle()
    company.until(*ALL)
    company.rotate("another-secret")
    result = company("rollback", fails=True)
    assert "security token" in company.item(result, "many")["reason"]
    assert company.sync_is_on("many")


def test_one_wrong_project_and_one_refused_sync_stop_nobody(company: Company) -> None:
    manager = company.auth("aws-secret-manager")
    for name in ("good", "bad", "fine"):
        company.many(name, app=f"app/{name}", auth_id=manager)
    company.settle()
    nowhere = "11111111-1111-4111-8111-111111111111"
    company.sim.fail_sync(times=1)
    result = company("create", fails=True, project_ids=[nowhere, company.project])
    assert any(nowhere in fault for fault in result["faults"])
    assert sorted(item["action"] for item in result["integrations"]) == ["created", "created", "failed"]
    assert result["counts"]["created"] == 3
    company.until(*ALL)


def test_run_stops_when_the_server_is_gone(company: Company) -> None:
    manager = company.auth("aws-secret-manager")
    for number in range(6):
        company.many(f"n{number}", app=f"app/{number}", auth_id=manager)
    company.settle()
    company.sim.fail_next(None, times=100, method="POST", path="*/secret-syncs/*")
    result = company("create", fails=True, concurrency=1, stop_after_failures=2)
    reasons = [item["reason"] for item in result["integrations"]]
    assert sum("It was not started" in reason for reason in reasons) >= 4
    company.sim.forget_failures()
    company.until(*ALL)


def test_without_a_journal_nothing_is_removed_unless_named(company: Company) -> None:
    company.many()
    company.settle()
    company.until(*ALL)
    company.journal.unlink()
    result = company("retire", min_age=0)
    assert not result.changed
    assert "only if the option only contains its ID" in company.item(result, "many")["reason"]
    assert company.stages(company("retire", min_age=0, only=[company.ids["many"]])) == {"many": "retired"}


def test_check_mode_writes_nothing(company: Company) -> None:
    company.many()
    company.settle()
    for phase in (*ALL, "rollback", "retire"):
        before = company.journal.read_bytes() if company.journal.exists() else b""
        company.sim.clear_requests()
        company(phase, check=True, min_age=0)
        assert [one["path"] for one in company.sim.requests if one["method"] != "GET"] == []
        assert (company.journal.read_bytes() if company.journal.exists() else b"") == before
        if phase in ALL:
            company(phase)


def test_entry_that_matches_nothing_is_refused_by_name(company: Company) -> None:
    company.many()
    company.settle()
    auth = company.sim.auths(company.project)[0]["id"]
    wrong = f"{auth[:-1]}{'1' if auth[-1] != '1' else '2'}"
    company.connections = [{"integration_auth_id": wrong, **AWS}]
    result = company("create", fails=True)
    assert f"connections[0] (integration_auth_id {wrong}) matches no native integration" in result.msg
    assert f"Did you mean {auth}?" in result.msg
    assert company("plan")["unused_inputs"]
    company.connections = [{"service": "aws-secrets-manager", **AWS}]
    assert "Did you mean aws-secret-manager" in company("create", fails=True).msg


def test_misspelt_input_is_refused_by_name(company: Company) -> None:
    native = company.many()
    company.settle()
    company.inputs = [{"integration_id": native, "destination_config": {"secretname": "x"}}]
    result = company("create", fails=True)
    assert "inputs[0]" in result.msg
    assert "secret_name" in result.msg
    company.inputs = [{"integration_id": native, "sync_options": {"tags": [{"key": "team", "val": "a"}]}}]
    assert "inputs[0]" in company("create", fails=True).msg


def test_connection_of_another_account_is_seen(company: Company) -> None:
    company.many()
    company.settle()
    use_other_account(company)
    result = company("create", fails=True)
    assert "another account" in company.item(result, "many")["reason"]
    assert company.syncs() == []


def test_unwritten_items_and_secrets_are_left_out(company: Company) -> None:
    company.many()
    company.settle()
    result = company("create", return_items="changed")
    assert [item["action"] for item in result["integrations"]] == ["created"]
    assert company("create", return_items="changed")["integrations"] == []
    plan = company("plan", return_items="none")
    assert (plan["integrations"], plan["counts"]["created"]) == ([], 1)
    company.sim.fail_sync(times=1)
    failed = company("verify", fails=True, return_items="changed")
    assert [item["action"] for item in failed["integrations"]] == ["failed"]
    company("verify", return_items="none")
    lines = [json.loads(line) for line in company.journal.read_text().splitlines()]
    assert company.journal.stat().st_mode & 0o777 == 0o600
    assert {"begin", "run", "native", "reading", "intent", "done"} <= {line["event"] for line in lines}
    assert KEY not in company.journal.read_text()


def test_connect_creates_what_is_missing_and_writes_over_nothing(tmp_path: Path) -> None:
    with Company(tmp_path, connected=False).open() as company:
        company.many()
        company.parameters()
        company.settle()
        assert company.sim.connections(company.project) == []
        assert "no aws connection called" in company("create", fails=True).msg
        check = company("connect", check=True)
        assert company.sim.connections(company.project) == []
        result = company("connect")
        assert [item["action"] for item in check["integrations"]] == [item["action"] for item in result["integrations"]]
        (made,) = company.sim.connections(company.project)
        assert made["name"] == "aws-main"
        assert result["journal"]["runs"][-1]["actions"] == {"connections_created": 1}
        dev = {"access_key_id": "AKIADEV", "secret_access_key": SECRET}
        company.connections = [
            {"service": service, **AWS, "credentials": dev} for service in ("aws-secret-manager", "aws-parameter-store")
        ]
        result = company("connect", fails=True)
        assert not result.changed
        assert "but is not as specified: its access_key_id is" in result.msg
        assert company.sim.stored_connection_credentials(made["id"])["accessKeyId"] == KEY
        company.connections = None
        company.until(*ALL)


def test_refused_credentials_stop_only_their_integrations(tmp_path: Path) -> None:
    with Company(tmp_path, connected=False).open() as company:
        company.many()
        company.parameters()
        company.settle()
        wrong = {"access_key_id": KEY, "secret_access_key": "canary-aws-secret-wrong"}
        company.connections = [
            {"service": "aws-parameter-store", **AWS, "name": "aws-wrong", "credentials": wrong},
            {"service": "aws-secret-manager", **AWS},
        ]
        result = company("connect", fails=True)
        assert company.item(result, "many")["action"] == "connected"
        assert "aws-wrong" in company.item(result, "parameters")["reason"]
        assert [one["name"] for one in company.sim.connections(company.project)] == ["aws-main"]
        created = company("create", fails=True)
        assert company.stages(created) == {"many": "created", "parameters": "planned"}


def test_deletion_needs_a_word_and_names_what_others_put_there(company: Company) -> None:
    company.parameters()
    company.settle()
    company.until(*ALL)
    company.account.put_parameter("/my-app/THEIRS", "theirs-value")
    result = company("rollback", fails=True)
    assert list(result["would_delete"].values()) == [["/my-app/THEIRS"]]
    assert not company.is_on("parameters")
    assert company.stages(result) == {"parameters": "cut_over"}
    assert company.stages(company("rollback", confirm_deletions=True)) == {"parameters": "rolled_back"}


def test_restored_deletion(company: Company) -> None:
    company.parameters()
    company.settle()
    company.until(*ALL)
    company("retire", min_age=0)
    company.account.put_parameter("/my-app/THEIRS", "theirs-value")
    before = company.content()
    result = company("restore_deletion", fails=True)
    item = company.item(result, "parameters")
    assert item["would_delete"] == ["/my-app/THEIRS"]
    assert result["would_delete"] == {item["native_id"]: ["/my-app/THEIRS"]}
    assert company.content() == before
    result = company("restore_deletion", confirm_deletions=True)
    assert result.changed
    assert "/my-app/THEIRS" not in company.content()
    assert company.stages(result) == {"parameters": "retired"}
    assert not company("restore_deletion", confirm_deletions=True).changed


def test_key_of_a_customer_is_carried_over(company: Company) -> None:
    company.many()
    company.parameters()
    company.settle()
    for one in (company.account.secrets["my-app/dev"], *company.account.parameters.values()):
        one["key"] = "alias/customer"
    company.sim.fail_next(400, times=2, method="POST", path="*/secret-syncs/aws-*")
    company("create", fails=True)
    assert company.syncs() == []
    company.until(*ALL)
    for name in company.ids:
        assert (company.sync(name) or {})["syncOptions"]["keyId"] == "alias/customer"
    assert {item["comparison"]["result"] for item in company("plan")["integrations"]} == {"same"}


def test_place_that_is_seen_as_empty_stays_refused(company: Company) -> None:
    company.many()
    company.settle()
    use_other_account(company)
    for _run in range(2):
        assert "another account" in company.item(company("create", fails=True), "many")["reason"]
    assert company.syncs() == []


def test_several_keys_need_a_decision(company: Company) -> None:
    native = company.parameters()
    company.settle()
    company.account.parameters["/my-app/API_KEY"]["key"] = "alias/customer"
    result = company("create", fails=True)
    assert "several KMS keys" in company.item(result, "parameters")["reason"]
    assert company.syncs() == []
    company.inputs = [{"integration_id": native, "sync_options": {"key_id": "alias/customer"}}]
    result = company("create", fails=True)
    assert company.item(result, "parameters")["comparison"]["changed"] == ["/my-app/DB_PASSWORD (KMS key)"]


def test_tags_belong_to_what_is_compared(company: Company) -> None:
    company.many()
    company.settle()
    company.account.secrets["my-app/dev"]["tags"] = [{"Key": "team", "Value": "core"}]
    company("create")
    company.account.secrets["my-app/dev"]["tags"] = [{"Key": "team", "Value": "other"}]
    result = company("verify", fails=True)
    assert company.item(result, "many")["comparison"]["changed"] == ["my-app/dev (tags)"]


def test_secret_of_a_service_of_aws_stops_nobody(company: Company) -> None:
    company.many(metadata={"mappingBehavior": "one-to-one"})
    company.settle()
    company("create")
    company.account.create_secret("rds!db-1", "theirs-value")
    company.account.secrets["rds!db-1"]["owner"] = "rds"
    company.until("verify", "cut_over")


def test_each_integration_takes_one_request_a_step(company: Company) -> None:
    parameters = company.auth("aws-parameter-store")
    other = company.sim.add_auth(company.sim.other_project_id, "aws-parameter-store", accessId=KEY, accessToken=SECRET)
    keys = {"accessKeyId": KEY, "secretAccessKey": SECRET}
    company.sim.add_connection("aws", "access-key", "aws-main", company.sim.other_project_id, **keys)
    for number in range(10):
        company.parameters(f"n{number}", f"/app/{number}/", parameters)
        company.parameters(f"o{number}", f"/other/{number}/", other["id"])
    company.sim.set_secret(company.sim.other_project_id, "dev", "/app", "API_KEY", "api-value")
    company.settle()
    both = {"project_ids": [company.project, company.sim.other_project_id], "concurrency": 1}
    company.connections = [{"integration_auth_id": auth, **AWS} for auth in (parameters, other["id"])]
    for phase, writes in (("create", 20), ("verify", 20), ("cut_over", 40)):
        company.sim.clear_requests()
        company(phase, **both)
        assert len([one for one in company.sim.requests if one["method"] != "GET"]) == writes
        # A list of each kind and project, before, during and after; the wait looks at all of a project at once.
        assert len([one for one in company.sim.requests if one["method"] == "GET"]) < 45


def test_syncs_of_one_name_in_two_projects_are_told_apart(company: Company) -> None:
    other = company.sim.other_project_id
    company.many("here", app="app-0")
    company.many("there", app="app-1", auth_id=company.auth("aws-secret-manager", other))
    for project_id in (company.project, other):
        company.sim.set_secret(project_id, "dev", "/app", "API_KEY", "api-value")
    company.here.clock.sleep(60.0)
    company.inputs = [{"name": "app"}]
    auths = {name: (company.native(name) or {})["integrationAuthId"] for name in company.ids}
    shared = {"name": "aws-shared", "level": "organization"}
    company.connections = [{"integration_auth_id": auth, **AWS, **shared} for auth in auths.values()]
    options = {"project_ids": [company.project, other]}
    for phase in ("connect", *ALL):
        company(phase, **options)
    assert [one["name"] for one in company.syncs()] == ["app", "app"]
    assert [one["name"] for one in company.sim.connections()] == ["aws-shared"]
    company.sim._state.syncs[(company.sync("there") or {})["id"]]["isAutoSyncEnabled"] = False
    result = company("retire", fails=True, min_age=0, **options)
    assert company.stages(result) == {"here": "retired", "there": "fault"}
    assert company.native("here") is None
    assert company.native("there")


def test_integration_that_is_listed_in_two_projects_is_read_once(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.many()
    company.settle()
    state = company.sim._state
    rows = list(state.integrations_of(company.project))
    monkeypatch.setattr(state, "integrations_of", lambda _project_id: rows)
    for check in (True, False):
        result = company("create", check=check, fails=True, project_ids=[company.project, company.sim.other_project_id])
        assert f"lists integrations more than once: {company.ids['many']}." in result["faults"][0]
        assert [item["project_id"] for item in result["integrations"]] == [company.project]
