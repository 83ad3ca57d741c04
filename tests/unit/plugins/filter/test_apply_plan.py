# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keeps an export from being applied, what a purge removes, and the sum of a run."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.community.infisical.plugins.filter.apply_plan import apply_plan, apply_sum
from ansible_collections.community.infisical.plugins.module_utils._kinds.apply import LINES
from ansible_collections.community.infisical.plugins.module_utils._kinds.native import INTEGRATION
from hypothesis import given
from hypothesis import strategies as st

AUTH_ID = "e0f101e7-01e7-4a1b-af28-52bb40c257ce"
NATIVE_ID = "88de59c4-dc8b-45d8-94b9-5b935312c04c"
AUTH = {"id": AUTH_ID, "integration": "flyio", "namespace": None, "target_url": None, "project_id": "p"}
CONNECTION = {"id": "c-1", "app": "aws", "name": "aws-main", "project_id": "p"}
NOTE = f"Takes the place of native integration {NATIVE_ID}."


def plan(file: dict[str, Any], present: dict[str, Any] | None = None, *purge: str, **more: Any) -> dict[str, Any]:
    return apply_plan(file, present or {}, purge, **more)


def test_all_missing_credentials_are_in_one_sentence() -> None:
    auths = [
        {"integration": "aws-secret-manager"},
        {"integration": "aws-secret-manager", "namespace": "Team B", "access_token": "canary"},
        {"integration": "flyio"},
        {"integration": "github", "access_token": "canary"},
    ]
    connections = [
        {"app": "aws", "name": "aws-main"},
        {"app": "github", "name": "bot", "credentials": {"personal_access_token": "canary"}},
    ]
    [problem] = plan({"integration_auths": auths, "app_connections": connections})["problems"]
    assert problem == (
        "Credentials are missing for 4 object(s) that do not exist yet. Define these variables, preferably in a file"
        " that"
        " Ansible Vault encrypts: aws_secret_manager_access_id, aws_secret_manager_access_token (integration auth"
        " aws-secret-manager); aws_secret_manager_team_b_access_id (integration auth aws-secret-manager, namespace"
        " 'Team B'); flyio_access_token (integration auth flyio); aws_aws_main_credentials (app connection aws"
        " aws-main)."
    )


def test_a_role_is_no_credential_outside_of_aws() -> None:
    auth = {"integration": "flyio", "aws_assume_iam_role_arn": "arn:aws:iam::123456789012:role/x"}
    [problem] = plan({"integration_auths": [auth]})["problems"]
    assert "flyio_access_token" in problem


def test_a_role_to_assume_is_a_credential() -> None:
    auth = {"integration": "aws-secret-manager", "aws_assume_iam_role_arn": "arn:aws:iam::123456789012:role/x"}
    assert plan({"integration_auths": [auth]})["problems"] == []


@pytest.mark.parametrize("integration", ["aws-secret-manager", "aws-parameter-store"])
def test_a_role_needs_no_keys_beside_it(integration: str) -> None:
    """The credential is named for an auth without one, so that it is the role that makes the difference."""
    auth = {"integration": integration, "namespace": "x"}
    assert len(plan({"integration_auths": [auth]})["problems"]) == 1
    role = {"aws_assume_iam_role_arn": "arn:aws:iam::123456789012:role/x"}
    assert plan({"integration_auths": [{**auth, **role}]})["problems"] == []


def test_what_exists_needs_no_credentials() -> None:
    file = {
        "integration_auths": [{"integration": "flyio", "namespace": ""}, {"integration_auth_id": AUTH_ID}],
        "app_connections": [{"app": "aws", "name": "aws-main"}],
    }
    present = {"integration_auths": [AUTH], "app_connections": [CONNECTION]}
    assert plan(file, present)["problems"] == []


def test_a_connection_of_the_organization_is_another_one() -> None:
    file = {"app_connections": [{"app": "aws", "name": "aws-main"}]}
    present = {"app_connections": [{**CONNECTION, "project_id": None}]}
    assert "aws_aws_main_credentials" in plan(file, present)["problems"][0]
    assert plan({}, present, "app_connections", purge_when_empty=True)["surplus"]["app_connections"] == []


def test_ids_of_another_project_are_named() -> None:
    file = {
        "integration_auths": [{"integration": "flyio", "integration_auth_id": "a-2"}],
        "integrations": [{"integration_auth_id": "a-2"}, {"integration_auth_id": AUTH_ID}, {"integration_id": "i-2"}],
    }
    first, second = plan(file, {"integration_auths": [AUTH]})["problems"]
    assert first.startswith("The project has nothing with this integration_auth_id: a-2. IDs are not valid in another")
    assert first.endswith("distinguish the auths of a service by namespace (auth_namespace) instead.")
    assert second == (
        "The project has nothing with this integration_id: i-2. IDs are not valid in another project: remove the items"
        " with it from the file: their environment was deleted."
    )


@pytest.mark.parametrize(
    ("purge", "words"),
    [
        ("secret_sync", "purge: 'secret_sync' is not a part of an export. Did you mean secret_syncs?"),
        ("everything", "Known: integration_auths, integrations, app_connections, secret_syncs."),
        (
            "app_connections",
            (
                "purge: infisical_app_connections describes nothing, so that all 1 of the project would be removed."
                " If this is intended, set purge_when_empty to true."
            ),
        ),
    ],
)
def test_a_purge_that_may_not_be_meant(purge: str, words: str) -> None:
    [problem] = plan({}, {"app_connections": [CONNECTION]}, purge)["problems"]
    assert words in problem


def test_only_a_stated_part_is_purged() -> None:
    file = {"integration_auths": [{"integration": "flyio"}], "app_connections": [{"app": "aws", "name": "other"}]}
    present = {
        "integration_auths": [AUTH, {**AUTH, "id": "a-2", "namespace": "x"}],
        "app_connections": [CONNECTION, {**CONNECTION, "id": "c-2", "name": "other"}],
    }
    nothing = plan(file, present)["surplus"]
    assert not any(nothing.values())
    found = plan(file, present, "integration_auths", "app_connections")["surplus"]
    assert found["integration_auths"] == [
        {"id": "a-2", "app": None, "name": "integration auth flyio, namespace 'x'"},
    ]
    assert found["app_connections"] == [{"id": "c-1", "app": "aws", "name": "app connection aws aws-main"}]


def test_what_the_file_names_by_its_id_is_not_removed() -> None:
    """Not even where it is another in all else."""
    file = {"integration_auths": [{"integration": "flyio", "namespace": "x", "integration_auth_id": AUTH_ID}]}
    assert plan(file, {"integration_auths": [AUTH]}, "integration_auths")["surplus"]["integration_auths"] == []


def test_a_part_that_the_file_does_not_have_is_removed_if_that_is_allowed() -> None:
    found = plan({}, {"app_connections": [CONNECTION]}, "app_connections", purge_when_empty=True)
    assert [row["id"] for row in found["surplus"]["app_connections"]] == ["c-1"]


@pytest.mark.parametrize(
    "more", ["", " Fingerprint 0123456789abcdef.", " Fingerprint 0123456789abcdef. It was inactive."]
)
def test_the_note_of_a_migration_elsewhere_means_nothing(more: str) -> None:
    sync = {"name": "app", "description": f"{NOTE}{more} Of the team"}
    assert plan({"secret_syncs": [sync]})["secret_syncs"] == [{"name": "app", "description": "Of the team"}]
    there = {"id": "s-1", "name": "app", "description": "Of the team"}
    assert plan({"secret_syncs": [sync]}, {"secret_syncs": [there]})["secret_syncs"][0]["description"] == "Of the team"
    assert plan({"secret_syncs": [sync]}, {"secret_syncs": [{"id": "s-1", **sync}]})["secret_syncs"] == [sync]


def test_a_description_of_peoples_own_stays() -> None:
    syncs = [{"name": "a", "description": f"See: {NOTE}"}, {"name": "b"}]
    assert plan({"secret_syncs": syncs})["secret_syncs"] == syncs


def test_what_is_no_export_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="infisical_secret_syncs must be a list of mappings"):
        plan({"secret_syncs": ["app"]})


def outcome(index: int, action: str, **more: Any) -> dict[str, Any]:
    return {"index": index, "name": f"sync-{index}", "action": action, **more}


def test_the_sum_of_a_run() -> None:
    file = {
        "integration_auths": [{"integration": "flyio"}, {"integration": "github"}],
        "integrations": [{"integration": "flyio", "source_environment": "dev", "app": "x"}],
        "app_connections": [{"app": "aws", "name": "aws-main"}],
        "secret_syncs": [{"name": f"sync-{number}"} for number in range(4)],
    }
    inactive = {"is_auto_sync_enabled": False}
    results = {
        "integration_auths": {
            "results": [
                {"item": 0, "changed": True, "diff": {"before": {}}},
                {"item": 1, "changed": False, "diff": {"before": {"id": "x"}}},
            ]
        },
        "app_connections": {"results": [{"item": 0, "changed": True, "diff": {"before": {"id": "x"}}}]},
        "secret_syncs": {
            "results": [
                outcome(0, "created", secret_sync=inactive),
                outcome(1, "unchanged", secret_sync={"is_auto_sync_enabled": True}),
                outcome(2, "synced", secret_sync={"is_auto_sync_enabled": True}),
                outcome(3, "failed", secret_sync=None),
            ],
            "purged": [{"id": "s-9", "secret_sync": {"name": "old"}}],
        },
    }
    removed = {"app_connections": {"results": [{"item": {"name": "app connection aws old"}, "changed": True}]}}
    found = apply_sum(file, results, removed)
    assert found["sentence"] == ("2 added, 1 changed, 2 removed, 2 unchanged, 1 synced again, 1 failed, 1 not reached")
    assert found["lines"] == [
        "! secret sync sync-3",
        "- secret sync old (s-9)",
        "- app connection aws old",
        "+ integration auth flyio",
        "~ app connection aws aws-main",
        "+ secret sync sync-0",
        "* secret sync sync-2 (sync again)",
    ]
    parts = found["parts"]
    assert {part: {word: count for word, count in parts[part].items() if count} for part in parts} == {
        "integration_auths": {"add": 1, "unchanged": 1},
        "integrations": {"not_reached": 1},
        "app_connections": {"change": 1, "remove": 1},
        "secret_syncs": {"add": 1, "unchanged": 1, "sync": 1, "failed": 1, "remove": 1},
    }
    assert found["held_back"] == 1
    assert apply_sum(file, results, removed, True)["sentence"].startswith("2 to add, 1 to change, 2 to remove, 2 unch")


def test_what_the_export_has_as_inactive_is_not_held_back() -> None:
    syncs = [{"name": "a", "is_auto_sync_enabled": False}, {"name": "b"}]
    rows = [outcome(index, "created", secret_sync={"is_auto_sync_enabled": False}) for index in range(2)]
    assert apply_sum({"secret_syncs": syncs}, {"secret_syncs": {"results": rows}}, {})["held_back"] == 1


def test_an_object_that_failed_is_told_as_failed() -> None:
    """Even one that says what it would have changed."""
    failed = {"item": 0, "failed": True, "changed": True, "diff": {"before": {"id": "x"}}}
    found = apply_sum(
        {"integration_auths": [{"integration": "flyio"}]}, {"integration_auths": {"results": [failed]}}, {}
    )
    assert (found["failed"], found["change"], found["lines"]) == (1, 0, ["! integration auth flyio"])


def test_what_a_purge_removed_is_told_by_all_its_names() -> None:
    gone = {"integration": "aws-parameter-store", "app": "web", "path": "/my/app/"}
    purged = [{"id": "i-9", "integration": gone}, {"id": "i-8", "integration": None}]
    [first, second] = apply_sum({}, {"integrations": {"results": [], "purged": purged}}, {})["lines"]
    assert first == f"- {INTEGRATION.label} aws-parameter-store web /my/app/ (i-9)"
    assert second == f"- {INTEGRATION.label} (i-8)"


@pytest.mark.parametrize("more", [-1, 0, 1, 7])
def test_long_lists_tell_how_many_they_leave_out(more: int) -> None:
    number = LINES + more
    connections = [{"app": "aws", "name": f"c-{index}"} for index in range(number)]
    [problem] = plan({"app_connections": connections})["problems"]
    assert problem.startswith(f"Credentials are missing for {number} object(s)")
    last = f"aws_c_{min(number, LINES) - 1}_credentials (app connection aws c-{min(number, LINES) - 1})"
    assert problem.endswith(f"; {last} and {more} more." if more > 0 else f"; {last}.")
    rows = [outcome(index, "created") for index in range(number)]
    file = {"secret_syncs": [{"name": row["name"]} for row in rows]}
    found = apply_sum(file, {"secret_syncs": {"results": rows}}, {})
    assert found["parts"]["secret_syncs"]["add"] == number
    lines = found["lines"]
    assert lines[LINES:] == ([f"... and {more} more: {more} added"] if more > 0 else [])


def test_a_long_list_leaves_out_what_matters_least() -> None:
    rows = [outcome(index, "synced", secret_sync=None) for index in range(LINES + 1)]
    rows += [outcome(LINES + 1, "updated", secret_sync=None), outcome(LINES + 2, "failed", secret_sync=None)]
    file = {"secret_syncs": [{"name": row["name"]} for row in rows]}
    results = {"secret_syncs": {"results": rows, "purged": [{"id": "s-9", "secret_sync": {"name": "old"}}]}}
    lines = apply_sum(file, results, {}, True)["lines"]
    changed, failed = f"~ secret sync sync-{LINES + 1}", f"! secret sync sync-{LINES + 2}"
    assert lines[:4] == [failed, "- secret sync old (s-9)", changed, "* secret sync sync-0 (sync again)"]
    assert lines[LINES:] == ["... and 4 more: 4 to sync again"]


def test_a_task_that_failed_as_a_whole() -> None:
    found = apply_sum({"secret_syncs": [{"name": "a"}, {"name": "b"}]}, {"secret_syncs": {"failed": True}}, {})
    assert found["sentence"] == "0 added, 0 changed, 0 removed, 0 unchanged, 2 failed"
    assert found["lines"] == ["! secret sync a", "! secret sync b"]


def test_a_task_that_some_items_are_refused_by() -> None:
    refused = {"failed": True, "refused_items": [1]}
    found = apply_sum({"secret_syncs": [{"name": "a"}, {"name": "b"}, {"name": "c"}]}, {"secret_syncs": refused}, {})
    assert found["sentence"] == "0 added, 0 changed, 0 removed, 0 unchanged, 1 failed, 2 not reached"
    assert found["lines"] == ["! secret sync b"]


class WithDeprecated(dict[str, Any]):
    """A registered result as ansible-core 2.21 has it: reading a deprecated key warns."""

    def __getitem__(self, key: str) -> Any:
        assert key != "skipped_reason"
        return super().__getitem__(key)

    def items(self) -> Any:
        return [(key, self[key]) for key in self]

    def values(self) -> Any:
        return [self[key] for key in self]


def test_a_deprecated_key_of_a_loop_without_items_is_not_read() -> None:
    empty = WithDeprecated(results=[], skipped=True, changed=False, skipped_reason="No items in the list")
    found = apply_sum({}, {"app_connections": empty}, {"integration_auths": empty})
    assert found["sentence"] == "0 added, 0 changed, 0 removed, 0 unchanged"


ACTIONS = st.lists(st.sampled_from(["created", "updated", "synced", "removed", "unchanged", "failed"]), max_size=300)


@given(ACTIONS, st.booleans())
def test_each_object_is_counted_once(actions: list[str], check: bool) -> None:
    rows = [outcome(index, action, secret_sync=None) for index, action in enumerate(actions)]
    file = {"secret_syncs": [{"name": row["name"]} for row in rows]}
    found = apply_sum(file, {"secret_syncs": {"results": rows}}, {}, check)
    counts = [found[name] for name in ("add", "change", "remove", "unchanged", "sync", "failed", "not_reached")]
    assert sum(counts) == len(actions)
    assert all(isinstance(count, int) and not isinstance(count, bool) for count in counts)
    told = len(actions) - found["unchanged"]
    assert len(found["lines"]) == min(told, LINES + 1)
