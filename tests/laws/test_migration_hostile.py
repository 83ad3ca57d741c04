# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The migration with options, and with changes by people, that must not end wrong with success."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import requests
from urllib3.exceptions import ProtocolError

from .company import AWS, REGION, SECRET, Company
from .server import InProcess
from .test_migration_kills import Killed, Killer, killed

ALL = ("create", "verify", "cut_over")
ELSEWHERE = {"region": REGION, "mappingBehavior": "many-to-one", "secretName": "another"}


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    with Company(tmp_path).open() as company:
        yield company


def reason(company: Company, result: Any, name: str) -> str:
    return company.item(result, name)["reason"]


def test_two_integrations_with_one_name_of_a_sync_are_refused(company: Company) -> None:
    manager = company.auth("aws-secret-manager")
    for name in ("one", "two"):
        company.many(name, app=f"app/{name}", auth_id=manager)
    company.settle()
    before = company.content()
    company.inputs = [{"service": "aws-secret-manager", "name": "same-name"}]
    result = company("create", fails=None)
    assert company.stages(result) == {"one": "blocked", "two": "blocked"}
    assert "same-name" in reason(company, result, "one")
    assert company.syncs() == []
    assert company.content() == before


def test_sync_that_somebody_makes_with_the_name_in_between_is_left_alone(company: Company) -> None:
    native = company.many()
    company.settle()
    connection = company.sim.connections(company.project)[0]["id"]
    name = f"aws-secret-manager-dev-{native[:8]}"
    made: list[dict] = []

    def answered(path: str, body: Any) -> Any:
        # Right after the module has read the syncs of the project.
        if "secret-syncs" in path and not made:
            made.append({})
            made[0] = company.sim.add_sync(
                "aws-secrets-manager", connection, "dev", secretPath="/app", name=name, destinationConfig=ELSEWHERE
            )
        return body

    company.sim.rewrite_answers(answered)
    result = company("create", fails=True)
    company.sim.rewrite_answers(None)
    assert made
    (sync,) = company.syncs()
    assert sync["destinationConfig"]["secretName"] == "another"
    assert sync["description"] == made[0]["description"]
    assert name in reason(company, result, "many")


def test_difference_that_can_not_be_read_again_stays(company: Company) -> None:
    company.many()
    company.settle()
    company.until("create")
    company.account.secrets["my-app/dev"]["tags"] = [{"Key": "team", "Value": "other"}]
    first = company("verify", fails=True)
    assert company.item(first, "many")["comparison"]["result"] == "different"
    # Without credentials nothing can be compared; that is no proof that the difference is gone.
    company.connections = [{"service": "aws-secret-manager", "name": "aws-main"}]
    for phase in ("verify", "cut_over"):
        result = company(phase, fails=phase == "verify")
        assert [one["id"] for one in result["differences"]] == [one["id"] for one in first["differences"]]
        assert company.is_on("many")
    result = company("verify", accept_differences=[one["id"] for one in first["differences"]])
    assert not result["differences"]


@pytest.mark.parametrize("option", ["connection_name", "connection_id"])
def test_one_connection_in_inputs_for_several_auths_is_refused(company: Company, option: str) -> None:
    company.many()
    company.many("other", app="other/dev")
    company.settle()
    (connection,) = company.sim.connections(company.project)
    company.inputs = [{"service": "aws-secret-manager", option: connection["name" if "name" in option else "id"]}]
    company.connections = []
    result = company("create")
    assert company.stages(result) == {"many": "blocked", "other": "blocked"}
    assert "2 integration auths" in company.item(result, "many")["needs"][0]["text"]
    assert company.syncs() == []


def test_one_name_with_several_credentials_is_refused(company: Company) -> None:
    company.many()
    company.many("other", app="other/dev")
    company.settle()
    auths = [company.item(company("plan"), name)["integration_auth_id"] for name in company.ids]
    dev = {"access_key_id": "AKIADEV", "secret_access_key": SECRET}
    company.connections = [
        {"integration_auth_id": auths[0], **AWS},
        {"integration_auth_id": auths[1], **AWS, "credentials": dev},
    ]
    result = company("connect", fails=True)
    assert "connections[0]" in result.msg
    assert "connections[1]" in result.msg
    assert "aws-main" in result.msg


def test_sync_that_somebody_has_delete_is_a_change(company: Company) -> None:
    company.parameters()
    company.settle()
    company.until("create")
    options = {"initialSyncBehavior": "overwrite-destination", "disableSecretDeletion": False}
    company.edit_sync("parameters", syncOptions=options)
    for phase in ("verify", "cut_over"):
        result = company(phase, fails=True)
        assert "disable_secret_deletion was true and is false" in reason(company, result, "parameters")
    assert company.is_on("parameters")


def test_sync_that_was_removed_can_be_made_anew(company: Company) -> None:
    company.many()
    company.settle()
    before = company.content()
    company.until(*ALL)
    sync = company.sync("many")
    assert sync
    company.edit(f"/secret-syncs/aws-secrets-manager/{sync['id']}", None, "DELETE")
    assert "Its sync was removed" in reason(company, company("verify", fails=True), "many")
    assert company.stages(company("rollback")) == {"many": "rolled_back"}
    assert company.is_on("many")
    company.until(*ALL)
    assert company.stages(company("plan")) == {"many": "cut_over"}
    assert len(company.syncs()) == 1
    assert company.content() == before


@pytest.mark.parametrize("what", ["native", "sync"])
def test_rollback_and_create_take_in_what_was_changed(company: Company, what: str) -> None:
    company.many()
    company.settle()
    company.until("create", "verify")
    if what == "native":
        company.edit_native("many", app="my-app/new")
        company.settle()
    else:
        options = {"initialSyncBehavior": "overwrite-destination", "disableSecretDeletion": True}
        company.edit_sync("many", destinationConfig=ELSEWHERE, syncOptions=options)
    assert "run the phase rollback, and then create" in reason(company, company("cut_over", fails=True), "many")
    assert company.stages(company("rollback")) == {"many": "rolled_back"}
    company.until(*ALL)
    assert company.stages(company("plan")) == {"many": "cut_over"}
    sync = company.sync("many")
    assert sync
    assert sync["destinationConfig"]["secretName"] == ("my-app/new" if what == "native" else "my-app/dev")


def test_what_was_changed_before_the_sync_was_created_counts_as_it_is(company: Company) -> None:
    company.many()
    company.settle()
    company.sim.fail_next(400, times=1, method="POST", path="*/secret-syncs/aws-*")
    company("create", fails=True)
    company.edit_native("many", app="my-app/new")
    company.settle()
    company.until(*ALL)
    assert company.stages(company("plan")) == {"many": "cut_over"}


def test_integration_that_was_switched_off_before_its_sync_was_created_stays_off(company: Company) -> None:
    company.many()
    company.settle()
    company.sim.fail_next(400, times=1, method="POST", path="*/secret-syncs/aws-*")
    company("create", fails=True)
    company.edit_native("many", isActive=False)
    company.until("create")
    assert not company.is_on("many")
    assert not company.sync_is_on("many")


def test_auth_that_is_removed_in_a_later_run_is_a_change(company: Company) -> None:
    company.many()
    company.settle()
    company.until(*ALL)
    company.sim.fail_next(500, times=20, method="DELETE", path="*/integration-auth/*")
    company("retire", min_age=0, fails=True)
    company.sim.forget_failures()
    assert company.sim.auths(company.project)
    assert company("retire", min_age=0, check=True).changed
    assert company("retire", min_age=0).changed
    assert company.sim.auths(company.project) == []
    assert not company("retire", min_age=0).changed


def test_rollback_of_what_deletes_and_can_not_be_read_needs_a_word(company: Company) -> None:
    company.parameters()
    company.settle()
    company.connections = [{"service": "aws-parameter-store", "name": "aws-main"}]
    company.until(*ALL)
    company.account.put_parameter("/my-app/THEIRS", "theirs-value")
    result = company("rollback", fails=True)
    assert "confirm_deletions" in reason(company, result, "parameters")
    assert "/my-app/THEIRS" in company.content()
    assert company.stages(company("rollback", confirm_deletions=True)) == {"parameters": "rolled_back"}


def test_rollback_of_what_was_pointed_elsewhere_and_deletes_needs_a_word(company: Company) -> None:
    company.parameters()
    company.settle()
    company.until(*ALL)
    company.edit_native("parameters", path="/theirs/")
    company.account.put_parameter("/theirs/KEY", "theirs-value")
    result = company("rollback", fails=True)
    assert "confirm_deletions" in reason(company, result, "parameters")
    assert company.content()["/theirs/KEY"] == "theirs-value"


def test_rollback_says_why_what_was_retired_stays(company: Company) -> None:
    company.many()
    company.settle()
    company.until(*ALL)
    company("retire", min_age=0)
    result = company("rollback")
    assert not result.changed
    assert "retired" in reason(company, result, "many")


def test_restored_deletion_of_an_edited_sync_is_refused(company: Company) -> None:
    company.parameters()
    company.settle()
    company.until(*ALL)
    company("retire", min_age=0)
    company.edit_sync("parameters", destinationConfig={"region": REGION, "path": "/theirs/"})
    company.account.put_parameter("/theirs/KEY", "theirs-value")
    result = company("restore_deletion", confirm_deletions=True, fails=True)
    assert "'/my-app/' and is '/theirs/'" in reason(company, result, "parameters")
    assert "/theirs/KEY" in company.content()


def test_entry_for_a_project_that_can_not_be_read_stops_no_other(company: Company) -> None:
    company.many()
    company.settle()
    nowhere = "11111111-1111-4111-8111-111111111111"
    company.inputs = [{"project_id": nowhere, "name": "a-name"}]
    result = company("create", fails=True, project_ids=[nowhere, company.project])
    assert company.stages(result) == {"many": "created"}


def test_undo_of_a_later_run_needs_a_word_for_what_others_have_put_there(company: Company) -> None:
    company.parameters()
    company.settle()
    company.until("create", "verify")
    killer = Killer(1, is_done=False)

    def send(adapter: InProcess, request: requests.PreparedRequest, **more: Any) -> requests.Response:
        return killer(adapter, request, **more)

    with mock.patch.object(InProcess, "send", send), pytest.raises(Killed):
        company("cut_over")
    assert not company.is_on("parameters")
    company.account.put_parameter("/my-app/THEIRS", "theirs-value")
    result = company("cut_over", fails=True)
    assert result["would_delete"] == {company.ids["parameters"]: ["/my-app/THEIRS"]}
    assert "/my-app/THEIRS" in company.content()
    assert not company.is_on("parameters")
    assert company.sync_is_on("parameters")
    accepted = [one["id"] for one in result["differences"]]
    assert company.stages(company("cut_over", accept_differences=accepted)) == {"parameters": "cut_over"}
    assert "/my-app/THEIRS" in company.content()


def test_server_that_is_gone_is_not_asked_for_each_integration(company: Company) -> None:
    manager = company.auth("aws-secret-manager")
    for number in range(6):
        company.many(f"n{number}", app=f"app/{number}", auth_id=manager)
    company.settle()
    company.until("create", "verify")
    company.sim.clear_requests()
    asked: list[str] = []

    def send(adapter: InProcess, request: requests.PreparedRequest, **more: Any) -> requests.Response:
        path = str(request.path_url)
        asked.append(path)
        if sum("/secret-syncs?" in one for one in asked) > 1:
            raise requests.ConnectionError(ProtocolError("Connection aborted."), request=request)
        return plain(adapter, request, **more)

    plain = InProcess.send
    with mock.patch.object(InProcess, "send", send):
        result = company("cut_over", fails=True, retries=0)
    reasons = {item["reason"] for item in result["integrations"]}
    assert len(reasons) == 1
    assert len(asked) < 20
    assert all(map(company.is_on, company.ids))


@pytest.mark.parametrize("option", ["only", "exclude"])
def test_unknown_id_is_refused_and_the_report_stays_whole(company: Company, tmp_path: Path, option: str) -> None:
    native = company.many()
    company.settle()
    folder = tmp_path / "report"
    for phase in ("plan", "create"):
        result = company(phase, fails=True, report_folder=str(folder), **{option: [native, "nothing"]})
        assert result.msg == f"{option} has IDs that are not native integrations of these projects: nothing."
        assert result["counts"]["planned"] == 1
        assert len(json.loads((folder / "migration.json").read_text())["integrations"]) == 1
    assert company.syncs() == []


@pytest.mark.parametrize(
    "options",
    [
        {"min_age": -1},
        {"min_age": "nan"},
        {"min_age": "inf"},
        {"min_age": 1e300},
        {"stop_after_failures": -1},
        {"concurrency": 0},
        {"concurrency": 17},
    ],
    ids=str,
)
def test_number_that_means_nothing_is_refused_by_name(company: Company, options: dict[str, Any]) -> None:
    company.many()
    company.settle()
    company.until(*ALL)
    result = company("retire", fails=True, **options)
    assert result.data["error_kind"] == "input"
    assert next(iter(options)) in result.msg
    assert company.native("many")


def test_run_stops_after_so_many_failures(company: Company) -> None:
    manager = company.auth("aws-secret-manager")
    for number in range(6):
        company.many(f"n{number}", app=f"app/{number}", auth_id=manager)
    company.settle()
    company.sim.fail_next(400, times=100, method="POST", path="*/secret-syncs/aws-*")
    company.sim.clear_requests()
    result = company("create", fails=True, concurrency=1, stop_after_failures=2)
    reasons = [item["reason"] for item in result["integrations"]]
    stopped = "It was not started. The run stopped after 2 failures (option stop_after_failures)."
    assert reasons.count(stopped) == 4
    assert sum(one["method"] == "POST" and "/secret-syncs/aws-" in one["path"] for one in company.sim.requests) == 2
    company.sim.forget_failures()
    company.until(*ALL)


def test_auth_whose_last_integration_someone_else_removed_stays(company: Company) -> None:
    manager = company.auth("aws-secret-manager")
    for name in ("ours", "theirs", "foreign"):
        company.many(name, app=f"app/{name}", auth_id=manager)
    company.settle()
    # The journal knows one of the others from its sync, and the other one from the auth alone.
    mine = {"only": [company.ids["ours"], company.ids["theirs"]]}
    for phase in ALL:
        company(phase, **mine)
    company("retire", min_age=0, only=[company.ids["ours"]])
    company.by_hand("native removed", "foreign")
    assert not company("retire", min_age=0, only=[company.ids["ours"]]).changed
    company.by_hand("native removed", "theirs")
    result = company("retire", min_age=0, exclude=[company.ids["theirs"]])
    assert not result.changed
    (warning,) = [text for text in result.warnings if "Integration auth" in text]
    assert f"Integration auth {manager} has no integration any more, and is not removed" in warning
    assert company.ids["theirs"] in warning
    assert company.ids["foreign"] in warning
    assert len(company.sim.auths(company.project)) == 1


def test_time_of_a_cut_over_counts_from_the_last_switch(company: Company) -> None:
    company.many()
    company.settle()
    company.until(*ALL)
    company.later(hours=200)
    company.rotate("another-secret")
    company("rollback", fails=True)
    company.rotate(SECRET)
    company.until("verify")
    killed(company, "cut_over", 1, is_done=False)
    assert not company.is_on("many")
    result = company("retire", fails=True)
    assert reason(company, result, "many").startswith("Its sync has not succeeded since the integration was")
    company.until("cut_over")
    assert "168 hours are left" in reason(company, company("retire"), "many")


def test_rollback_names_what_a_retired_integration_wrote_there(company: Company) -> None:
    parameters = company.auth("aws-parameter-store")
    company.parameters("whole", "/p0/", parameters)
    company.parameters("part", "/p0/pre_", parameters, metadata={"shouldDisableDelete": True})
    company.settle()
    before = company.content()
    company.until(*ALL)
    company("retire", min_age=0, only=[company.ids["part"]])
    result = company("rollback", fails=True)
    assert "is gone. Nothing would write these again: /p0/pre_API_KEY" in reason(company, result, "whole")
    assert result["would_delete"] == {company.ids["whole"]: ["/p0/pre_API_KEY", "/p0/pre_DB_PASSWORD"]}
    assert company.content() == before
    assert company.stages(company("rollback", confirm_deletions=True))["whole"] == "rolled_back"


def test_inactive_integration_that_someone_has_switched_on_can_be_migrated(company: Company) -> None:
    company.many(isActive=False)
    company.settle()
    company.until("create")
    company.edit_native("many", isActive=True)
    assert "run the phase rollback, and then create" in reason(company, company("create", fails=True), "many")
    assert company.stages(company("rollback")) == {"many": "rolled_back"}
    # Nothing was at its place when it was read first.
    accepted = [one["id"] for one in company("create", fails=True)["differences"]]
    company("create", accept_differences=accepted)
    company.until("verify", "cut_over")
    assert company.stages(company("plan")) == {"many": "cut_over"}
    assert company.sync_is_on("many")


def test_integration_that_is_named_without_a_journal_is_kept_in_it(company: Company) -> None:
    native = company.many()
    company.settle()
    company.until(*ALL)
    company.journal.unlink()
    company("retire", min_age=0, only=[native])
    kept = [json.loads(line) for line in company.journal.read_text().splitlines()]
    (backup,) = [one["view"] for one in kept if one["event"] == "native"]
    assert (backup["id"], backup["app"], backup["is_active"]) == (native, "my-app/dev", True)
    result = company("plan")
    assert company.stages(result) == {"many": "retired"}
    company.edit_sync("many", isAutoSyncEnabled=False)
    assert "nothing writes to its destination" in reason(company, company("plan"), "many")


@pytest.mark.parametrize("kept", [1, 8, 16, 25, 31])
def test_older_copy_of_the_journal_loses_nothing(company: Company, kept: int) -> None:
    company.many()
    company.parameters()
    company.settle()
    before = company.content()
    company.until(*ALL)
    lines = company.journal.read_text().splitlines(keepends=True)
    company.journal.write_text("".join(lines[:kept]))
    for phase in ("plan", *ALL, "retire", "rollback"):
        result = company(phase, fails=None, min_age=0, confirm_deletions=True)
        company.here.clock.sleep(30.0)
        assert company.content() == before
        assert all(company.is_on(name) or company.sync_is_on(name) for name in company.ids)
        # What the copy doesn't know is never what removes an integration.
        assert kept > lines.index(next(line for line in lines if '"switched_off"' in line)) or company.native("many")
    assert result["counts"]["integrations"] == len(company.ids)
