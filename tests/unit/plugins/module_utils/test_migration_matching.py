# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which sync takes the place of an integration, by what its description says and what it really is."""

from __future__ import annotations

from typing import Any

import hypothesis
import pytest
from ansible_collections.community.infisical.plugins.module_utils._catalog.destinations import DESTINATIONS
from ansible_collections.community.infisical.plugins.module_utils._kinds.native import INTEGRATION
from ansible_collections.community.infisical.plugins.module_utils._kinds.sync_duplicates import place
from ansible_collections.community.infisical.plugins.module_utils._migration.counterparts import COUNTERPARTS
from ansible_collections.community.infisical.plugins.module_utils._migration.given import given
from ansible_collections.community.infisical.plugins.module_utils._migration.journal import Journal, Record
from ansible_collections.community.infisical.plugins.module_utils._migration.reading import credentials
from ansible_collections.community.infisical.plugins.module_utils._migration.state import Seen
from ansible_collections.community.infisical.plugins.module_utils._migration.world import World, everything
from ansible_collections.community.infisical.tests.unit.plugins.harness import api_integration
from hypothesis import strategies as st

ID, AUTH_ID, SYNC_ID, PROJECT = "88de59c4-dc8b", "e0f101e7-01e7", "d0000000-0000", "77fa7aed-9288"
NAME = "aws-secret-manager-dev-88de59c4"
KEYS = {"name": "aws", "method": "access-key", "credentials": {"access_key_id": "a", "secret_access_key": "s"}}
GIVEN = {"connections": [{"service": "aws-secret-manager", **KEYS}]}
LAB = {"connections": [{"service": "gitlab", "name": "lab"}]}


def native(**changes: Any) -> dict[str, Any]:
    """Return the view of an integration."""
    fields = {"id": ID, "integration": "aws-secret-manager", "integrationAuthId": AUTH_ID, "app": "my-app"}
    fields |= {"region": "eu-west-1", "metadata": {}, "secretPath": "/app"}
    return {**INTEGRATION.view(api_integration(**fields), PROJECT), **changes}


def found(views: list[dict], syncs: list[dict], options: dict | None = None, records: Any = None) -> list[Seen]:
    """Return what is made of integrations and syncs of projects, and of the records of a journal."""
    projects = {view["project_id"] for view in views} | {PROJECT}
    world = World(
        natives={project: [view for view in views if view["project_id"] == project] for project in projects},
        auths={project: {} for project in projects},
        # A list that a server answers for a project; what the single syncs say is another matter.
        syncs=dict.fromkeys(projects, syncs),
    )
    journal = Journal("", "", str, read_only=True)
    journal.records.update(records or {})
    return everything(world, journal, given(GIVEN if options is None else options))


def one(views: list[dict], syncs: list[dict], options: dict | None = None, records: Any = None) -> Seen:
    (seen,) = found(views, syncs, options, records)
    return seen


def made_for(view: dict, options: dict | None = None, **changes: Any) -> dict[str, Any]:
    """Return the sync that the migration makes for an integration."""
    planned = one([view], [], options).options
    assert planned
    return {
        **{key: value for key, value in planned.items() if key != "connection_name"},
        "id": SYNC_ID,
        "connection_id": "c1",
        "connection": {"id": "c1", "name": planned["connection_name"], "app": "aws"},
        "sync_status": "succeeded",
        **changes,
    }


def test_without_a_connection_it_is_asked_for() -> None:
    seen = one([native()], [], {})
    assert (seen.stage, seen.options, [need["input"] for need in seen.needs]) == ("blocked", {}, ["connections"])


def test_connection_by_service_or_auth_and_the_inputs_win() -> None:
    for entry in ({"service": "aws-secret-manager"}, {"integration_auth_id": AUTH_ID}):
        seen = one([native()], [], {"connections": [{**entry, **KEYS}]})
        assert (seen.stage, seen.options["connection_name"], seen.options["name"]) == ("planned", "aws", NAME)
        assert "'s'" not in str((seen.options, seen.needs, seen.connection))
    by_id = {"connections": [{"service": "aws-secret-manager", "connection_id": "c1"}]}
    assert one([native()], [], by_id).options["connection_id"] == "c1"
    own = {**GIVEN, "inputs": [{"integration_id": ID, "connection_name": "own"}]}
    assert one([native()], [], own).options["connection_name"] == "own"


def test_sync_that_is_there_is_compared_with_a_whole_plan_only() -> None:
    sync = made_for(native())
    for view, options in ((native(), {}), (native(region=None), GIVEN), (native(integration="codefresh"), {})):
        seen = one([view], [sync], options)
        assert (seen.stage, seen.sync) == ("fault", None)
        assert "there is no plan to compare it with" in seen.reason


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
    ({"destination_config": {**CONFIG, "mapping_behavior": "one-to-one"}}, "mapping_behavior"),
    ({"destination_config": {}}, "destination_config, mapping_behavior"),
    ({"destination_config": None}, "destination_config, mapping_behavior"),
    ({"sync_options": {"key_schema": "A_{{secretKey}}"}}, "key_schema"),
    ({"connection": {"id": "c1", "name": "other"}}, "connection_name"),
    ({"connection": None}, "connection_name"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "named"), OTHERWISE)
@pytest.mark.parametrize("is_active", [True, False])
def test_description_alone_is_not_trusted(changes: dict, named: str, is_active: bool) -> None:
    seen = one([native(is_active=is_active)], [made_for(native(is_active=is_active), **changes)])
    assert (seen.stage, seen.sync) == ("fault", None)
    assert f"it has another {named} than planned." in seen.reason


@pytest.mark.parametrize("changes", [{}, *(changes for changes, _named in OTHERWISE)])
def test_description_is_not_trusted_once_the_integration_is_gone(changes: dict) -> None:
    sync = made_for(native(), **changes)
    # Nobody knows the integration: it is none of those that were retired.
    assert found([], [sync]) == []
    # One that the journal knows, but did not retire, is not retired by a description either.
    seen = one([], [sync], records={ID: Record(native=native())})
    assert (seen.stage, seen.sync) == ("fault", None)


def test_connection_is_compared_by_its_id_where_that_is_specified() -> None:
    sync = made_for(native(), connection_id="c2")
    entry = {"service": "aws-secret-manager", "connection_id": "c1"}
    seen = one([native()], [sync], {"connections": [entry]})
    assert (seen.stage, "another connection_id than" in seen.reason) == ("fault", True)
    assert one([native()], [sync], {"connections": [{**entry, "connection_id": "c2"}]}).stage == "created"


def test_equal_places_in_other_words_are_the_same() -> None:
    config = {**CONFIG, "tags": None, "region": "eu-west-1 "}
    assert one([native()], [made_for(native(), secret_path="/app/", destination_config=config)]).stage == "created"
    view = native(integration="gitlab", app="web", app_id="7", scope=None)
    sync = made_for(view, LAB)
    # What servers fill in.
    sync["destination_config"] = {**sync["destination_config"], "target_environment": "*"}
    assert one([view], [sync], LAB).stage == "created"


def test_integration_that_was_changed_since_is_not_matched_by_a_description() -> None:
    seen = one([native(metadata={"secret_aws_tag": [{"key": "a", "value": "b"}]})], [made_for(native())])
    assert (seen.stage, seen.sync) == ("fault", None)
    assert "the integration has been changed since" in seen.reason


def test_two_claims_on_one_integration_are_refused() -> None:
    sync = made_for(native())
    copy = {**sync, "id": "d1", "name": "copy"}
    for syncs in ([sync, copy], [copy, sync]):
        seen = one([native()], syncs)
        assert (seen.stage, seen.sync) == ("fault", None)
        assert seen.reason.startswith("2 syncs say that they take its place: ")
        assert "secret sync copy" in seen.reason


def test_name_that_is_taken_is_refused() -> None:
    other = made_for(native(), description="Mine.", is_auto_sync_enabled=False)
    seen = one([native()], [other])
    assert (seen.stage, seen.sync) == ("blocked", None)
    assert seen.reason.startswith(f"The project has another secret sync with the name {NAME}.")


def test_what_the_user_switched_off_is_no_inactive_integration() -> None:
    (seen,) = found([native(is_active=False)], [])
    assert (seen.stage, seen.dormant, seen.options["is_auto_sync_enabled"]) == ("planned", True, False)
    sync = made_for(native(is_active=False))
    assert (seen := one([native(is_active=False)], [sync])).stage == "created"
    assert seen.dormant
    assert one([native(is_active=False)], [{**sync, "is_auto_sync_enabled": True}]).stage == "fault"
    # What a user's own words say is no mark.
    active = made_for(native(), is_auto_sync_enabled=False)
    words = {**active, "description": f"{active['description']} It was inactive."}
    for one_sync in (active, words):
        seen = one([native()], [one_sync])
        assert seen.was_active is True or seen.stage == "fault"
        assert seen.stage == "fault"


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
SETTINGS = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEY_TEXTS, inner, max_size=4), max_leaves=12
)


@hypothesis.given(
    st.sampled_from([*sorted(DESTINATIONS), "nowhere", ""]), st.dictionaries(KEY_TEXTS, SETTINGS, max_size=6)
)
def test_place_never_raises(slug: str, config: Any) -> None:
    assert place(slug, config) == place(slug, config)


def test_how_destinations_are_read() -> None:
    keys = {"access_key_id": "a", "secret_access_key": "s"}
    assert credentials(given(GIVEN), native()) == keys
    own = {**GIVEN, "destinations": [{"integration_auth_id": AUTH_ID, "profile": "mine"}]}
    assert credentials(given(own), native()) == {"profile": "mine"}
    role = {"connections": [{**GIVEN["connections"][0], "method": "assume-role", "credentials": {"role_arn": "r"}}]}
    assert credentials(given(role), native()) is None
    assert credentials(given({}), native()) is None
