# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pure parts of the migration: fingerprints, groups, what entries are meant for, what a phase decides."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.community.infisical.plugins.module_utils._errors import InputError
from ansible_collections.community.infisical.plugins.module_utils._kinds.native import INTEGRATION
from ansible_collections.community.infisical.plugins.module_utils._kinds.sync import SYNC
from ansible_collections.community.infisical.plugins.module_utils._migration import phases, state
from ansible_collections.community.infisical.plugins.module_utils._migration.fingerprint import (
    LONGEST_DESCRIPTION,
    changes,
    description,
    fingerprint,
    marker,
)
from ansible_collections.community.infisical.plugins.module_utils._migration.given import given, shared_entries
from ansible_collections.community.infisical.plugins.module_utils._migration.groups import deletes, groups
from ansible_collections.community.infisical.plugins.module_utils._migration.journal import Record
from ansible_collections.community.infisical.tests.unit.plugins.harness import api_integration, api_sync

NOW = datetime(2026, 11, 1, tzinfo=timezone.utc)
AUTHS = ("a0000000-0000-4000-8000-000000000001", "a0000000-0000-4000-8000-000000000002")
PROD = {"slug": "prod", "name": "Production", "id": "1"}


def native(number: int = 1, service: str = "aws-secret-manager", auth: int = 0, **api: Any) -> dict[str, Any]:
    """Return the view of an integration."""
    native_id = f"b0000000-0000-4000-8000-{number:012}"
    fields = {"id": native_id, "integration": service, "integrationAuthId": AUTHS[auth], **api}
    return INTEGRATION.view(api_integration(**fields), "p1")


def test_fingerprint_ignores_times_outcomes_and_switches() -> None:
    first = native()
    other = native(isActive=False, lastUsed="2026-01-01T00:00:00Z", isSynced=False, syncMessage="x", updatedAt="y")
    assert fingerprint(INTEGRATION, first) == fingerprint(INTEGRATION, other)
    sync = SYNC.view(api_sync())
    again = SYNC.view(api_sync(isAutoSyncEnabled=False, description="x", syncStatus="failed", version=7))
    assert fingerprint(SYNC, sync) == fingerprint(SYNC, again)


@pytest.mark.parametrize(
    "change",
    [
        {"app": "x"},
        {"region": "eu-west-1"},
        {"secretPath": "/other"},
        {"environment": {"slug": "prod", "name": "P", "id": "1"}},
        {"metadata": {"secretPrefix": "A"}},
    ],
)
def test_fingerprint_knows_each_field(change: dict) -> None:
    assert fingerprint(INTEGRATION, native()) != fingerprint(INTEGRATION, native(**change))
    (text,) = changes(INTEGRATION, native(), native(**change))
    assert " was " in text
    assert " and is " in text


def test_settings_that_are_unset_or_empty_are_the_same() -> None:
    options = {"initialSyncBehavior": "overwrite-destination", "disableSecretDeletion": True}
    more = {**options, "keySchema": None, "tags": [], "includeAllSubFolders": False}
    assert fingerprint(SYNC, SYNC.view(api_sync(syncOptions=options))) == fingerprint(
        SYNC, SYNC.view(api_sync(syncOptions=more))
    )


def test_marker_is_read_again() -> None:
    text = description("b0000000-0000-4000-8000-000000000001", "0123456789abcdef", was_active=False, given="x" * 300)
    assert len(text) == LONGEST_DESCRIPTION
    found = marker({"description": text})
    assert found
    assert found["native"] == "b0000000-0000-4000-8000-000000000001"
    assert found["fingerprint"] == "0123456789abcdef"
    assert found["inactive"]
    for other in (None, "", f"See: {text}", text.replace("Fingerprint", "Checksum")):
        assert marker({"description": other}) is None


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        (native(), True),
        (native(metadata={"mappingBehavior": "one-to-one"}), False),
        (native(service="aws-parameter-store", path="/a/"), True),
        (native(service="aws-parameter-store", path="/a/", metadata={"shouldDisableDelete": True}), False),
        (native(service="github"), False),
        (native(service="github", metadata={"shouldEnableDelete": True}), True),
        (native(service="vercel"), True),
        (native(service="a-service-of-tomorrow"), True),
    ],
)
def test_what_deletes(view: dict, expected: bool) -> None:
    assert deletes(view) is expected


def parameters(number: int, path: str, **more: Any) -> dict[str, Any]:
    return native(number, "aws-parameter-store", app=None, path=path, **more)


@pytest.mark.parametrize(
    ("views", "kinds"),
    [
        ([native(1), native(2)], ["duplicates"]),
        ([native(1), native(2, secretPath="/other")], ["same"]),
        ([native(1), native(2, app="another")], []),
        ([native(1), native(2, region="eu-west-1")], []),
        ([parameters(1, "/p0/"), parameters(2, "/p0/pre_")], ["nested"]),
        ([parameters(1, "/p0/"), parameters(2, "/p0/", metadata={"secretPrefix": "pre_"})], ["nested"]),
        ([parameters(1, "/p0/"), parameters(2, "/p0/below/")], []),
        ([parameters(1, "/p0/a"), parameters(2, "/p0/b")], []),
        ([parameters(1, "/p0/a"), parameters(2, "/p0/b"), parameters(3, "/p0/")], ["nested"]),
        ([native(1, metadata={"mappingBehavior": "one-to-one"}), native(2)], []),
        ([native(1, "azure-devops"), native(2, "azure-devops", environment=PROD)], []),
        ([native(1, "azure-devops"), native(2, "azure-devops", secretPath="/other")], ["same"]),
    ],
)
def test_groups(views: list[dict], kinds: list[str]) -> None:
    found = groups(views)
    assert [group["kind"] for group in found] == kinds
    assert [len(group["members"]) for group in found] == [len(views)] * len(kinds)
    assert groups(views[::-1]) == found


def test_group_of_several_auths_is_not_certain() -> None:
    (group,) = groups([native(1), native(2, auth=1)])
    assert not group["certain"]
    assert "several auths" in group["reason"]


def test_most_exact_entry_counts() -> None:
    view = native()
    lists = given(
        {
            "inputs": [
                {"integration_id": view["id"], "destination_config": {"secret_name": "exact"}},
                {"service": "aws-secret-manager", "destination_config": {"secret_name": "any", "region": "r"}},
                {"name": "for-all"},
            ]
        }
    )
    assert lists.inputs_for(view) == {
        "name": "for-all",
        "destination_config.secret_name": "exact",
        "destination_config.region": "r",
    }


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"connections": [{"name": "x"}]}, "connections[0] (for all) must have service or integration_auth_id"),
        ({"connections": [{"service": "github"}]}, "must have either name or connection_id"),
        ({"connections": [{"service": "githup", "name": "x"}]}, "Did you mean github"),
        (
            {"connections": [{"service": "github", "name": "x", "credentials": {"a": "b"}}]},
            "must also have method",
        ),
        ({"connections": [{"service": "github", "name": name} for name in "xy"]}, "are for the same"),
        ({"inputs": [{"service": "github", "name": name} for name in "xy"]}, "are for the same"),
    ],
)
def test_wrong_entries_are_refused_by_name(options: dict, said: str) -> None:
    with pytest.raises(InputError) as refused:
        given(options)
    assert said in str(refused.value)


def test_entry_for_a_service_serves_one_auth_only() -> None:
    views = [native(1), native(2, auth=1)]
    lists = given({"connections": [{"service": "aws-secret-manager", "name": "x"}]})
    assert shared_entries(lists, views[:1]) == {}
    (said,) = shared_entries(lists, views).values()
    assert "2 integration auths" in said
    rows = [{"integration_auth_id": auth, "name": "x"} for auth in AUTHS]
    assert shared_entries(given({"connections": rows}), views) == {}


def seen(done: tuple[str, ...] = (), *, on: bool = True, sync_on: bool | None = True, **more: Any) -> state.Seen:
    view, sync = native(isActive=on), SYNC.view(api_sync(isAutoSyncEnabled=bool(sync_on), syncStatus="succeeded"))
    record = Record(native=native(), was_active=True, sync=sync if done else None)
    record.done = {name: (NOW - timedelta(hours=10)).isoformat() for name in done}
    found = state.Seen(view["id"], view, view, None, record, sync=None if sync_on is None else sync, **more)
    state.judge(found, state.Syncs([]))
    return found


MADE = ("created",)
GOOD = ("created", "verified")
OVER = (*GOOD, "switched_off", "cut_over")


@pytest.mark.parametrize(
    ("found", "stage"),
    [
        (seen(MADE), "created"),
        (seen(GOOD), "verified"),
        (seen(OVER, on=False), "cut_over"),
        (seen((*GOOD, "switched_off"), on=False), "cut_over"),
        (seen(OVER, on=False, sync_on=False), "fault"),
        (seen(OVER, on=False, sync_on=None), "fault"),
        (seen(GOOD, on=False), "fault"),
        (seen(GOOD, sync_on=False), "fault"),
        (seen(("created", "rolled_back"), sync_on=False), "rolled_back"),
        (seen(MADE, sync_on=None), "fault"),
    ],
)
def test_stages(found: state.Seen, stage: str) -> None:
    assert found.stage == stage
    assert stage != "fault" or found.reason


def decided(found: state.Seen, phase: str, compared: str = "same", **wishes: Any) -> phases.Decision:
    return phases.decide(phases.Case(found, compared), phases.Wishes(phase, NOW, **wishes))


@pytest.mark.parametrize(
    ("phase", "done", "actions"),
    [
        ("create", MADE, "none"),
        ("verify", MADE, "verified"),
        ("cut_over", MADE, "none"),
        ("cut_over", GOOD, "switched_off"),
        ("retire", GOOD, "none"),
        ("rollback", GOOD, "switched_on"),
    ],
)
def test_decisions_about_what_is_on(phase: str, done: tuple[str, ...], actions: str) -> None:
    assert decided(seen(done), phase).action == actions


@pytest.mark.parametrize(
    ("compared", "wishes", "action", "fails"),
    [
        ("same", {"min_age": 9}, "retired", False),
        ("accepted", {"min_age": 9}, "retired", False),
        ("same", {"min_age": 11}, "none", False),
        ("different", {}, "none", True),
        ("not_comparable", {}, "none", False),
        ("not_comparable", {"require_compared": False}, "retired", False),
        ("not_comparable", {"only": frozenset({native()["id"]})}, "retired", False),
        ("different", {"only": frozenset({native()["id"]})}, "none", True),
        ("same", {"exclude": frozenset({native()["id"]})}, "none", False),
        ("same", {"only": frozenset({"another"})}, "none", False),
    ],
)
def test_decisions_about_what_is_to_be_removed(compared: str, wishes: dict, action: str, fails: bool) -> None:
    decision = decided(seen(OVER, on=False), "retire", compared, **wishes)
    assert (decision.action, decision.fails) == (action, fails)
    assert decision.action != "none" or decision.reason or fails
