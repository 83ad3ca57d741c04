# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The migration, phase by phase, and what people and servers do in between: no destination loses what it has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .company import AWS, REGION, Company

ALL = ("create", "verify", "cut_over")


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    with Company(tmp_path).open() as company:
        yield company


def test_phases_from_the_plan_to_the_end(company: Company) -> None:
    company.many()
    company.parameters()
    company.settle()
    company.account.put_parameter("/theirs/KEY", "theirs-value")
    before = company.content()
    plan = company("plan")
    assert company.stages(plan) == {"many": "planned", "parameters": "planned"}
    assert not plan.changed
    for phase, stage in (("create", "created"), ("verify", "verified"), ("cut_over", "cut_over")):
        check = company(phase, check=True)
        assert set(company.stages(check).values()) == {stage}
        result = company(phase)
        assert set(company.stages(result).values()) == {stage}
        assert check.changed == result.changed == (phase != "verify")
        assert company.content() == before
    assert {company.item(result, name)["comparison"]["result"] for name in company.ids} == {"same"}
    early = company("retire")
    assert not early.changed
    assert "168 hours ago" in company.item(early, "many")["reason"]
    company.later(hours=169)
    retired = company("retire")
    assert set(company.stages(retired).values()) == {"retired"}
    assert company.sim.integrations(company.project) == []
    assert company.content() == before
    assert company.sim.auths(company.project) == []
    again = company("plan")
    assert again["counts"]["retired"] == again["counts"]["integrations"] == 2


def test_wrong_secret_name_is_refused_in_each_run(company: Company) -> None:
    native = company.many()
    company.settle()
    before = company.content()
    company.inputs = [{"integration_id": native, "destination_config": {"secret_name": "another/name"}}]
    for _run in range(2):
        result = company("create", fails=True)
        assert "writes to aws-secrets-manager us-east-1 my-app/dev" in company.item(result, "many")["reason"]
    assert company.syncs() == []
    assert company.content() == before


def test_difference_stays_until_it_is_accepted(company: Company) -> None:
    native = company.many()
    company.settle()
    company.inputs = [{"integration_id": native, "destination_config": {"secret_name": "another/name"}}]
    elsewhere = company("create", fails=True)["differences"][0]["id"]
    # With that accepted, what appears at the other place is still a difference, also in the next runs.
    seen = set()
    for phase in ("create", "create", "verify", "cut_over", "retire"):
        result = company(phase, fails=True, accept_differences=[elsewhere])
        item = company.item(result, "many")
        assert item["comparison"]["extra"] == ["API_KEY", "DB_PASSWORD"]
        assert item["after"] == "fault"
        seen.update(one["id"] for one in result["differences"])
        assert company.is_on("many")
        assert company.sync("many")
        assert not company.sync_is_on("many")
    (other,) = seen
    assert [one["id"] for one in company("plan", accept_differences=[elsewhere])["differences"]] == [other]
    result = company("create", accept_differences=[other])
    assert company.item(result, "many")["comparison"]["result"] == "accepted"
    company.until("verify", "cut_over")
    assert company.stages(company("plan")) == {"many": "cut_over"}


@pytest.mark.parametrize("phase", ["plan", "create", "retire"])
def test_difference_that_is_none_is_refused_by_name(company: Company, phase: str) -> None:
    native = company.many()
    company.settle()
    company.inputs = [{"integration_id": native, "destination_config": {"secret_name": "another/name"}}]
    (real,) = (one["id"] for one in company("plan")["differences"])
    before = company.content()
    for check in (True, False):
        result = company(phase, fails=True, check=check, accept_differences=[real, "d-0123456789ab"])
        assert "accept_differences has IDs that are not differences" in result.msg
        assert "d-0123456789ab" in result.msg
        assert real not in result.msg
    assert company.syncs() == []
    assert company.content() == before


def test_difference_that_may_be_one_is_not_refused(company: Company) -> None:
    company.many()
    company.settle()
    company.sim.fail_next(403, times=100, path="*/secrets*", method="GET")
    result = company("create", accept_differences=["d-0123456789ab"])
    assert "Not everything could be read" in " ".join(result.warnings)
    assert "d-0123456789ab" in " ".join(result.warnings)
    company.sim.forget_failures()
    assert "d-0123456789ab" in company("verify", fails=True, accept_differences=["d-0123456789ab"]).msg


def test_difference_stays_known_wherever_it_was_told(company: Company) -> None:
    native = company.many()
    company.settle()
    # By a plan alone.
    company.inputs = [{"integration_id": native, "destination_config": {"secret_name": "another/name"}}]
    (elsewhere,) = (one["id"] for one in company("plan")["differences"])
    result = company("create", fails=True, accept_differences=[elsewhere])
    accepted = [elsewhere, *(one["id"] for one in result["differences"])]
    assert len(accepted) == 2
    company("create", accept_differences=accepted)
    company.settle(value="api-value-2")
    company("verify", fails=True, accept_differences=accepted)
    for phase in ("verify", "cut_over"):
        result = company("plan")
        accepted += [one["id"] for one in result["differences"]]
        # Each was told once, and most are none any more.
        company(phase, accept_differences=accepted)
    company.settle(value="api-value-3")
    # By check mode alone.
    result = company("retire", fails=True, check=True, min_age=0, accept_differences=accepted)
    told = [one["id"] for one in result["differences"]]
    assert told
    assert not set(told) & set(accepted)
    result = company("retire", min_age=0, accept_differences=[*accepted, *told])
    assert company.stages(result) == {"many": "retired"}
    assert not company("retire", accept_differences=accepted).changed


def test_one_connection_for_several_auths_is_refused(company: Company) -> None:
    company.many()
    company.many("other", app="other/dev")
    company.settle()
    result = company("create")
    assert company.stages(result) == {"many": "blocked", "other": "blocked"}
    need = company.item(result, "many")["needs"][0]
    assert need["input"] == "connections"
    assert "2 integration auths" in need["text"]
    auth = company.item(result, "many")["integration_auth_id"]
    assert f"integration_auth_id: {auth}" in need["yaml"]
    assert company.syncs() == []
    company.connections = [
        {"integration_auth_id": company.item(result, name)["integration_auth_id"], **AWS} for name in company.ids
    ]
    assert set(company.stages(company("create")).values()) == {"created"}


def test_native_that_was_pointed_elsewhere_is_not_switched_off(company: Company) -> None:
    company.many()
    company.settle()
    company.until("create", "verify")
    company.edit_native("many", app="my-app/new")
    result = company("cut_over", fails=True)
    reason = company.item(result, "many")["reason"]
    assert "integration: app was 'my-app/dev' and is 'my-app/new'" in reason
    assert company.is_on("many")


@pytest.mark.parametrize("phase", ["cut_over", "retire"])
def test_edited_sync_stops_its_integration(company: Company, phase: str) -> None:
    company.many()
    company.parameters()
    company.settle()
    company.until(*(ALL if phase == "retire" else ALL[:2]))
    config = {"region": REGION, "mappingBehavior": "many-to-one", "secretName": "another"}
    options = {"initialSyncBehavior": "overwrite-destination", "disableSecretDeletion": True}
    company.edit_sync("many", destinationConfig=config, syncOptions=options)
    result = company(phase, fails=True, min_age=0)
    assert "'my-app/dev' and is 'another'" in company.item(result, "many")["reason"]
    assert company.native("many")
    assert company.is_on("many") == (phase == "cut_over")
    # The other one goes on.
    assert company.stages(result)["parameters"] == {"cut_over": "cut_over", "retire": "retired"}[phase]


def test_sync_of_somebody_else_with_the_name_is_left_alone(company: Company) -> None:
    native = company.many()
    company.settle()
    connection = company.sim.connections(company.project)[0]["id"]
    name = f"aws-secret-manager-dev-{native[:8]}"
    config = {"region": REGION, "mappingBehavior": "many-to-one", "secretName": "theirs"}
    theirs = company.sim.add_sync(
        "aws-secrets-manager", connection, "dev", secretPath="/app", name=name, destinationConfig=config
    )
    for phase in ("create", "verify", "cut_over", "rollback", "retire"):
        assert company.stages(company(phase)) == {"many": "blocked"}
    assert company.syncs() == [theirs]
    company.inputs = [{"integration_id": native, "name": "another-name"}]
    assert company.stages(company("create")) == {"many": "created"}
    assert theirs in company.syncs()


def test_edited_description_changes_nothing(company: Company) -> None:
    company.many()
    company.settle()
    company.until(*ALL)
    company.edit_sync("many", description="Ours now")
    for phase in ("create", "verify", "cut_over", "plan"):
        result = company(phase)
        assert company.stages(result) == {"many": "cut_over"}
    (sync,) = company.syncs()
    assert sync["isAutoSyncEnabled"]
    assert company.stages(company("retire", min_age=0)) == {"many": "retired"}


def test_without_the_journal_an_edited_description_is_no_inactive_integration(company: Company) -> None:
    company.many()
    company.settle()
    company.until(*ALL)
    company.edit_sync("many", description="Ours now")
    company.journal.unlink()
    for phase in ("create", "verify", "cut_over", "retire"):
        result = company(phase, fails=True, min_age=0)
        assert "which this migration doesn't know, writes what it wrote" in company.item(result, "many")["reason"]
    (sync,) = company.syncs()
    assert sync["isAutoSyncEnabled"]
    assert company.native("many")


def test_prefix_within_one_secret_needs_a_decision(company: Company) -> None:
    native = company.many(metadata={"secretPrefix": "APP_"})
    company.settle()
    result = company("create")
    assert company.stages(result) == {"many": "blocked"}
    assert company.item(result, "many")["needs"][0]["input"] == "sync_options.key_schema"
    assert company.syncs() == []
    company.inputs = [{"integration_id": native, "sync_options": {"key_schema": None}}]
    assert company.stages(company("plan")) == {"many": "planned"}


def test_paused_sync_after_the_cut_over_is_a_fault(company: Company) -> None:
    company.many()
    company.settle()
    company.until(*ALL)
    company.edit_sync("many", isAutoSyncEnabled=False)
    for phase in ("create", "verify", "cut_over", "retire"):
        result = company(phase, fails=True, min_age=0)
        assert "nothing writes to its destination" in company.item(result, "many")["reason"]
        assert "rollback" in company.item(result, "many")["reason"]
    assert company.stages(company("rollback")) == {"many": "rolled_back"}
    assert company.is_on("many")


def test_counts_tell_who_did_what(company: Company) -> None:
    manager = company.auth("aws-secret-manager")
    for name in ("retired", "by-hand", "inactive", "failing"):
        company.many(name, app=f"app/{name}", auth_id=manager, **({"isActive": False} if name == "inactive" else {}))
    company.settle()
    company.until(*ALL)
    counts = company("plan")["counts"]
    assert (counts["cut_over"], counts["created"], counts["retired"]) == (3, 1, 0)
    company.edit(f"/integration/{company.ids['by-hand']}", None, "DELETE")
    company("retire", min_age=0, only=[company.ids["retired"]])
    company.sim.fail_sync(times=1)
    sync = company.sync("failing")
    assert sync
    company.edit(f"/secret-syncs/aws-secrets-manager/{sync['id']}/sync-secrets", {}, "POST")
    company.here.clock.sleep(30.0)
    result = company("plan")
    assert company.stages(result) == {
        "retired": "retired",
        "by-hand": "fault",
        "inactive": "created",
        "failing": "cut_over",
    }
    assert "someone else has removed it" in company.item(result, "by-hand")["reason"]
    assert company.item(result, "failing")["failing_since"]
    assert result["counts"]["retired"] == 1
