# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far an integration has come, and what its sync has to be, by what the server holds."""

from __future__ import annotations

import re
from typing import Any

import hypothesis
import pytest
from ansible_collections.community.infisical.plugins.filter.migration_progress import FilterModule, place
from ansible_collections.community.infisical.plugins.module_utils._catalog.destinations import DESTINATIONS
from ansible_collections.community.infisical.plugins.module_utils._migration.counterparts import COUNTERPARTS
from ansible_collections.community.infisical.plugins.module_utils._migration.plan import plan_for
from hypothesis import strategies as st

progress = FilterModule().filters()["migration_progress"]
outcomes = FilterModule().filters()["migration_outcomes"]
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
    connection = {"id": "c1", "name": row["options"].get("connection_name"), "app": "aws"}
    return {
        **made,
        # Where the plan leaves it out, a new sync gets it.
        "sync_options": {"disable_secret_deletion": True, **made["sync_options"]},
        "id": SYNC_ID,
        "connection_id": "c1",
        "connection": connection,
        "sync_status": "succeeded",
        **changes,
    }


def made_for(view: dict, **changes: Any) -> dict[str, Any]:
    """The sync that the migration makes for an integration."""
    return sync_of(progress([view], [], GIVEN)["integrations"][0], **changes)


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
        said, _checksum, more = re.fullmatch(r"(.*) (Checksum [0-9a-f]{16}\.)(.*)", description).groups()
        assert said + more == f"Takes the place of native integration {ID}.{text}"
    long = progress([native({"description": "x" * 300})], [], GIVEN)["integrations"][0]["options"]["description"]
    assert len(long) == 256


def test_once_the_sync_is_there_it_keeps_what_was_decided() -> None:
    sync = made_for(native())
    (row,) = progress([native(is_active=False)], [sync], GIVEN)["integrations"]
    assert (row["stage"], row["ready"], row["dormant"], row["paused"]) == ("cut_over", True, False, False)
    assert row["options"]["connection_name"] == "aws"
    assert (row["sync_name"], row["named"], row["options"]["sync_id"]) == (NAME, {"sync_id": SYNC_ID}, SYNC_ID)
    assert {"name", "description", "is_auto_sync_enabled"}.isdisjoint(row["options"])
    (row,) = progress([native()], [sync], GIVEN)["integrations"]
    assert row["stage"] == "created"
    sync["sync_options"] = {**sync["sync_options"], "initial_sync_behavior": "import-prioritize-source"}
    (row,) = progress([native()], [sync], GIVEN)["integrations"]
    assert row["options"]["sync_options"]["initial_sync_behavior"] == "import-prioritize-source"


def test_a_sync_that_is_there_is_compared_with_a_whole_plan_only() -> None:
    sync = made_for(native())
    for view, given, lacks in (
        (native(), {}, "connection_name"),
        (native(region=None), GIVEN, "destination_config.region"),
    ):
        found = progress([view], [sync], given)
        (row,) = found["integrations"]
        assert (row["stage"], row["ready"], row["sync"], row["options"]) == ("refused", False, None, {})
        assert f"without {lacks}. Specify the same inputs and connections" in row["reason"]
        assert found["refusals"] == [f"{ID}: {row['reason']}"]
        assert (found["counts"]["refused"], found["connections"]) == (1, [])
    (row,) = progress([native({"destination_config.region": "eu-west-1"}, region=None)], [sync], GIVEN)["integrations"]
    assert row["reading"]["destination_config"]["region"] == "eu-west-1"
    (row,) = progress([native(integration="codefresh")], [sync], GIVEN)["integrations"]
    assert (row["stage"], "no plan to compare it with" in row["reason"]) == ("refused", True)


CONFIG = {"region": "eu-west-1", "mapping_behavior": "many-to-one", "secret_name": "my-app"}
# What a sync with the right description may have otherwise, and what is then said to be another.
OTHERWISE = [
    ({"project_id": "other"}, "project"),
    ({"project_id": None}, "project"),
    ({"environment": "prod"}, "environment"),
    ({"environment": None}, "environment"),
    ({"secret_path": "/other"}, "secret_path"),
    ({"secret_path": None}, "secret_path"),
    ({"destination": "aws-parameter-store"}, "destination, destination_config"),
    ({"destination": "unheard-of"}, "destination, destination_config"),
    ({"destination_config": {**CONFIG, "secret_name": "other"}}, "destination_config"),
    ({"destination_config": {**CONFIG, "region": "us-east-1"}}, "destination_config"),
    ({"destination_config": {**CONFIG, "mapping_behavior": "one-to-one"}}, "destination_config"),
    ({"destination_config": {}}, "destination_config"),
    ({"destination_config": None}, "destination_config"),
    ({"sync_options": {"key_schema": "A_{{secretKey}}"}}, "key_schema"),
    ({"connection": {"id": "c1", "name": "other"}}, "connection_name"),
    ({"connection": None}, "connection_name"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "named"), OTHERWISE)
def test_a_description_alone_is_not_trusted(changes: dict, named: str) -> None:
    found = progress([native(is_active=False)], [made_for(native(), **changes)], GIVEN)
    (row,) = found["integrations"]
    assert (row["stage"], row["ready"], row["sync"], row["options"]) == ("refused", False, None, {})
    assert f"it has another {named} than planned." in row["reason"]
    assert found["refusals"] == [f"{ID}: {row['reason']}"]


@pytest.mark.parametrize(("changes", "named"), OTHERWISE)
def test_nor_is_it_once_the_integration_is_gone(changes: dict, named: str) -> None:
    found = progress([], [made_for(native(), **changes)], GIVEN)
    assert (found["retired"], found["counts"]["retired"]) == ([], 0)
    assert found["refusals"][0].startswith(f"{ID}: The integration was not found")


def test_the_connection_is_compared_by_its_id_where_that_is_known() -> None:
    sync = made_for(native(), connection_id="c2")
    made = [{"id": "c1", "app": "aws", "name": "aws", "project_id": PROJECT}]
    (row,) = progress([native()], [sync], GIVEN, made)["integrations"]
    assert (row["stage"], "another connection_id than" in row["reason"]) == ("refused", True)
    (row,) = progress([native({"connection_id": "c2"})], [sync], GIVEN, made)["integrations"]
    assert row["stage"] == "created"


def test_equal_places_in_other_words_are_the_same() -> None:
    config = {**CONFIG, "tags": None, "region": "eu-west-1 "}
    sync = made_for(native(), secret_path="/app/", destination_config=config)
    assert progress([native()], [sync], GIVEN)["integrations"][0]["stage"] == "created"
    view = native(integration="gitlab", app="web", app_id="7")
    (row,) = progress([view], [], {"gitlab": {"name": "lab"}})["integrations"]
    # What servers fill in.
    sync = sync_of(row, destination_config={**row["options"]["destination_config"], "target_environment": "*"})
    assert progress([view], [sync], {"gitlab": {"name": "lab"}})["integrations"][0]["stage"] == "created"
    assert len(progress([], [sync])["retired"]) == 1


def test_the_places_of_all_that_is_migrated_can_be_compared() -> None:
    destinations = {route.destination for route in COUNTERPARTS.values()} - {""}
    assert [slug for slug in sorted(destinations) if place(slug, {}) is None] == []


def test_place_tells_destinations_apart() -> None:
    def at(slug: str, **config: object) -> object:
        return place(slug, config)

    assert at("flyio", app_id="a") == at("flyio", appId=" a")
    assert at("flyio", app_id="a") != at("flyio", app_id="b")
    assert at("heroku", app="a", app_name="x") == at("heroku", app="a", app_name="y")
    assert at("vercel", app="a", env="e") == at("vercel", scope="project", app="a", env="e", branch="")
    assert at("github", scope="repository", owner="a", repo="b", org="x") == at(
        "github", scope="repository", owner="a", repo="b"
    )
    assert at("octopus-deploy", scope_values={"roles": ["a", "b"], "actions": []}) == at(
        "octopus-deploy", scope_values={"roles": ["b", "a"]}
    )
    assert at("hashicorp-vault", mount="kv", path="/a/b/") == at("hashicorp-vault", mount="kv", path=" a/b")
    assert at("nowhere") is None
    unlisted = [slug for slug, entry in DESTINATIONS.items() if not entry.all_fields]
    assert [at(slug, anything=1) for slug in unlisted] == [None] * len(unlisted)
    assert unlisted


KEYS_OF_ALL = sorted({item.name for entry in DESTINATIONS.values() for item in entry.all_fields})
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
KEY_TEXTS = st.sampled_from(KEYS_OF_ALL) | st.text()
ANYTHING = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEY_TEXTS, inner, max_size=4), max_leaves=12
)


@hypothesis.given(st.sampled_from([*sorted(DESTINATIONS), "nowhere", ""]), ANYTHING)
def test_place_never_raises(slug: str, config: Any) -> None:
    assert place(slug, config) == place(slug, config)


@pytest.mark.parametrize("project_id", [PROJECT, "other"])
def test_two_claims_on_one_integration_are_refused(project_id: str) -> None:
    sync = made_for(native())
    copy = {**sync, "id": "d1", "name": "copy", "project_id": project_id}
    for syncs in ([sync, copy], [copy, sync]):
        (row,) = progress([native()], syncs, GIVEN)["integrations"]
        assert (row["stage"], row["ready"], row["sync"]) == ("refused", False, None)
        assert row["reason"].startswith("2 secret syncs say that they take its place: ")
        assert f"secret sync copy of project {project_id}" in row["reason"]
        gone = progress([], syncs, GIVEN)
        assert (gone["retired"], len(gone["refusals"])) == ([], 1)


def test_a_name_that_is_taken_is_refused() -> None:
    other = {**made_for(native()), "description": "Mine."}
    (row,) = progress([native()], [other], GIVEN)["integrations"]
    assert (row["stage"], row["options"]) == ("refused", {})
    assert row["reason"].startswith(f"The project has another secret sync with the name {NAME}.")
    assert progress([native()], [{**other, "project_id": "other"}], GIVEN)["integrations"][0]["stage"] == "ready"


def test_an_integration_that_is_listed_twice_is_refused() -> None:
    found = progress([native(), native(project_id="other")], [], GIVEN)
    assert [row["reason"] for row in found["integrations"]] == ["It is listed more than once."] * 2
    assert found["connections"] == []


def test_outcomes_are_told_apart_by_project() -> None:
    first, second = native({"name": "app"}), native({"name": "app"}, id="second", project_id="other")
    rows = progress([first, second], [], GIVEN)["integrations"]
    worked = {"name": "app", "action": "synced"}
    failed = {"name": "app", "action": "failed", "error": "Access denied."}
    for one, other, faults in (
        (worked, failed, ["", "app: Access denied."]),
        (failed, worked, ["app: Access denied.", ""]),
    ):
        results = [{"item": PROJECT, "results": [one]}, {"item": "other", "results": [other]}]
        found = outcomes(results, rows)
        assert [row["key"] for row in found] == [f"{PROJECT}/{ID}", "other/second"]
        assert [row["id"] for row in found] == [ID, "second"]
        assert [row["fault"] for row in found] == faults
        assert [row["failed"] for row in found] == [bool(fault) for fault in faults]
    # What the task says nothing of has not worked.
    assert [row["failed"] for row in outcomes([{"item": PROJECT, "results": [worked]}, {"item": "other"}], rows)] == [
        False,
        True,
    ]
    (row,) = progress([native()], [made_for(native())], GIVEN)["integrations"]
    results = [{"item": PROJECT, "results": [{"name": SYNC_ID, "action": "synced"}]}]
    assert outcomes(results, [row])[0]["failed"] is False


def test_inactive_ones_and_switched_off_ones() -> None:
    (row,) = progress([native(is_active=False)], [], GIVEN)["integrations"]
    assert (row["dormant"], row["paused"], row["options"]["is_auto_sync_enabled"]) == (True, False, False)
    sync = sync_of(row)
    (row,) = progress([native(is_active=False)], [sync], GIVEN)["integrations"]
    assert (row["was_inactive"], row["dormant"], row["paused"]) == (True, True, False)
    (row,) = progress([native(is_active=False)], [{**sync, "is_auto_sync_enabled": True}], GIVEN)["integrations"]
    assert (row["was_inactive"], row["dormant"], row["paused"]) == (True, False, False)
    active = made_for(native(), is_auto_sync_enabled=False)
    (row,) = progress([native()], [active], GIVEN)["integrations"]
    assert (row["was_inactive"], row["dormant"], row["paused"]) == (False, False, True)
    # What a user's own words say is no mark.
    words = {**active, "description": f"{active['description']} It was inactive."}
    (row,) = progress([native()], [words], GIVEN)["integrations"]
    assert (row["was_inactive"], row["paused"]) == (False, True)
    (row,) = progress([native({"is_auto_sync_enabled": False})], [], GIVEN)["integrations"]
    assert (row["dormant"], row["paused"]) == (False, True)


def test_retired_ones() -> None:
    sync = made_for(native())
    foreign = {"name": "other", "description": None}
    found = progress([], [sync, foreign])
    (row,) = found["retired"]
    assert (row["id"], row["sync_name"], row["named"], row["deletion_due"]) == (ID, NAME, {"sync_id": SYNC_ID}, True)
    assert (found["counts"]["retired"], found["refusals"]) == (1, [])
    allowed = {**sync, "sync_options": {**sync["sync_options"], "disable_secret_deletion": False}}
    assert progress([], [allowed])["retired"][0]["deletion_due"] is False
    # Without a checksum nobody knows what it was written for.
    for by_hand in (f"Takes the place of native integration {ID}.", sync["description"].partition(" Checksum")[0]):
        found = progress([], [{**sync, "description": by_hand}])
        assert (found["retired"], len(found["refusals"])) == ([], 1)


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
