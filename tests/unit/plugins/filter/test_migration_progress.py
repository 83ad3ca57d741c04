# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far an integration has come, and what its sync has to be, by what the server holds."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.community.infisical.plugins.filter.migration_progress import FilterModule
from ansible_collections.community.infisical.plugins.module_utils.migration import native_id, plan_for

progress = FilterModule().filters()["migration_progress"]
ID, AUTH_ID, SYNC_ID, PROJECT = "88de59c4-dc8b", "e0f101e7-01e7", "d0000000-0000", "77fa7aed-9288"
NAME = "aws-secret-manager-dev-88de59c4"
KEYS = {"name": "aws", "method": "access-key", "credentials": {"access_key_id": "a", "secret_access_key": "s"}}
GIVEN = {"aws-secret-manager": KEYS}


def native(inputs: dict | None = None, **changes: Any) -> dict[str, Any]:
    """An integration with its plan."""
    view = {
        "id": ID,
        "project_id": PROJECT,
        "integration": "aws-secret-manager",
        "integration_auth_id": AUTH_ID,
        "source_environment": "dev",
        "secret_path": "/app",
        "is_active": True,
        "app": "my-app",
        "region": "eu-west-1",
        "metadata": {},
        **changes,
    }
    return {**view, "migration": plan_for(view, {}, inputs).as_dict()}


def sync_of(row: dict, **changes: Any) -> dict[str, Any]:
    """The sync that was made of an entry."""
    made = {key: value for key, value in row["options"].items() if key != "connection_name"}
    return {**made, "id": SYNC_ID, "connection_id": "c1", "sync_status": "succeeded", **changes}


def test_without_a_connection() -> None:
    found = progress([native()], [])
    (row,) = found["integrations"]
    assert (row["stage"], row["ready"], row["options"], found["connections"]) == ("needs_inputs", False, {}, [])
    assert [item["name"] for item in row["missing"]] == ["connection_name"]
    assert found["counts"]["needs_inputs"] == 1


@pytest.mark.parametrize("key", [AUTH_ID, "aws-secret-manager"])
def test_with_a_connection(key: str) -> None:
    found = progress([native()], [], {key: KEYS})
    (row,) = found["integrations"]
    assert (row["stage"], row["options"]["connection_name"], row["sync_name"]) == ("ready", "aws", NAME)
    assert row["aws_key"] == key
    assert found["connections"] == [
        {"project_id": PROJECT, "app": "aws", "name": "aws", "key": key, "prefilled": {}},
    ]
    assert "'s'" not in str(found)


def test_a_connection_that_is_there_already() -> None:
    named = {"aws-secret-manager": {"name": "aws"}}
    found = progress([native()], [], named)
    assert (found["connections"], found["integrations"][0]["aws_key"]) == ([], None)
    made = [{"id": "c1", "app": "aws", "name": "aws", "project_id": PROJECT}]
    assert progress([native()], [], named, made)["integrations"][0]["options"]["connection_id"] == "c1"
    organization = {"aws-secret-manager": {"name": "aws", "level": "organization"}}
    made[0]["project_id"] = None
    assert progress([native()], [], organization, made)["integrations"][0]["options"]["connection_id"] == "c1"
    (row,) = progress([native({"connection_name": "own"})], [], named, made)["integrations"]
    assert row["options"]["connection_name"] == "own"


def test_connections_are_named_once_and_only_for_what_is_ready() -> None:
    two = [native(), native(id="other"), native(id="third", region=None)]
    found = progress(two, [], GIVEN)
    assert len(found["connections"]) == 1
    assert [row["stage"] for row in found["integrations"]] == ["ready", "ready", "needs_inputs"]
    third = found["integrations"][2]
    assert [item["name"] for item in third["missing"]] == ["destination_config.region"]
    assert third["reason"].endswith("doesn't tell: destination_config.region.")


def test_no_counterpart() -> None:
    (row,) = progress([native(integration="codefresh")], [], {"codefresh": KEYS})["integrations"]
    assert (row["stage"], row["ready"], row["sync_name"]) == ("no_counterpart", False, None)


def test_the_description_tells_a_later_run_what_it_can_not_see() -> None:
    cases = {
        "": native(metadata={"mapping_behavior": "one-to-one"}),
        " It deleted what Infisical doesn't have.": native(),
        " It deleted what Infisical doesn't have. It was inactive. Mine.": native(
            {"description": "Mine."}, is_active=False
        ),
    }
    for text, view in cases.items():
        description = progress([view], [], GIVEN)["integrations"][0]["options"]["description"]
        assert description == f"Takes the place of native integration {ID} of auth {AUTH_ID}.{text}"
        assert native_id(description) == ID
    long = progress([native({"description": "x" * 300})], [], GIVEN)["integrations"][0]["options"]["description"]
    assert len(long) == 256


def test_once_the_sync_is_there_it_keeps_what_was_decided() -> None:
    sync = sync_of(progress([native()], [], GIVEN)["integrations"][0])
    (row,) = progress([native(is_active=False)], [sync])["integrations"]
    assert (row["stage"], row["ready"], row["dormant"], row["paused"]) == ("cut_over", True, False, False)
    assert row["options"]["connection_id"] == "c1"
    assert (row["options"]["name"], row["options"]["sync_id"]) == (NAME, SYNC_ID)
    assert {"description", "is_auto_sync_enabled"}.isdisjoint(row["options"])
    (row,) = progress([native()], [sync])["integrations"]
    assert row["stage"] == "created"
    sync["sync_options"] = {**sync["sync_options"], "initial_sync_behavior": "import-prioritize-source"}
    (row,) = progress([native()], [sync])["integrations"]
    assert row["options"]["sync_options"]["initial_sync_behavior"] == "import-prioritize-source"


def test_a_sync_that_is_there_needs_no_inputs_any_more() -> None:
    sync = sync_of(progress([native()], [], GIVEN)["integrations"][0])
    (row,) = progress([native(region=None)], [sync])["integrations"]
    assert (row["ready"], row["options"]) == (True, {"name": NAME, "sync_id": SYNC_ID})
    assert row["reading"]["destination_config"]["region"] == "eu-west-1"


def test_inactive_ones_and_switched_off_ones() -> None:
    (row,) = progress([native(is_active=False)], [], GIVEN)["integrations"]
    assert (row["dormant"], row["paused"], row["options"]["is_auto_sync_enabled"]) == (True, False, False)
    sync = sync_of(row)
    (row,) = progress([native(is_active=False)], [sync])["integrations"]
    assert (row["dormant"], row["paused"]) == (True, False)
    (row,) = progress([native(is_active=False)], [{**sync, "is_auto_sync_enabled": True}])["integrations"]
    assert (row["dormant"], row["paused"]) == (False, False)
    active = sync_of(progress([native()], [], GIVEN)["integrations"][0], is_auto_sync_enabled=False)
    (row,) = progress([native()], [active])["integrations"]
    assert (row["dormant"], row["paused"]) == (False, True)
    (row,) = progress([native({"is_auto_sync_enabled": False})], [], GIVEN)["integrations"]
    assert (row["dormant"], row["paused"]) == (False, True)


def test_retired_ones() -> None:
    sync = sync_of(progress([native()], [], GIVEN)["integrations"][0])
    foreign = {"name": "other", "description": None}
    found = progress([], [sync, foreign])
    (row,) = found["retired"]
    assert (row["id"], row["auth_id"], row["sync_name"], row["deletion_due"]) == (ID, AUTH_ID, NAME, True)
    assert found["counts"]["retired"] == 1
    allowed = {**sync, "sync_options": {**sync["sync_options"], "disable_secret_deletion": False}}
    by_hand = {**sync, "description": f"Takes the place of native integration {ID}."}
    for other in (allowed, by_hand):
        assert progress([], [other])["retired"][0]["deletion_due"] is False
    assert progress([], [by_hand])["retired"][0]["auth_id"] is None


def test_how_destinations_are_read() -> None:
    shared = {"aws-parameter-store": KEYS, **GIVEN}
    assert progress([native()], [], shared)["integrations"][0]["aws_key"] == "aws-parameter-store"
    own = progress([native()], [], GIVEN, aws={AUTH_ID: {}})["integrations"][0]
    assert own["aws_key"] == AUTH_ID
    role = {"aws-secret-manager": {"name": "aws", "method": "assume-role", "credentials": {"role_arn": "r"}}}
    (row,) = progress([native()], [], role)["integrations"]
    assert (row["aws_key"], row["unread"]) == (None, "no AWS credentials were given to read it with")
    (row,) = progress([native(integration="github", owner="o")], [], {"github": KEYS})["integrations"]
    assert (row["aws_key"], row["unread"]) == (None, "only destinations in AWS can be read")
