# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many native integrations in one task: what is asked and sent, each item's outcome, and what a purge may remove."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.community.infisical.plugins.modules import infisical_integrations as module
from ansible_collections.community.infisical.tests.unit.plugins.harness import (
    AUTH_ID,
    AUTHS,
    CREATE_INTEGRATION,
    INTEGRATION,
    INTEGRATION_ID,
    INTEGRATIONS,
    OTHER_AUTH_ID,
    OTHER_INTEGRATION_ID,
    PROJECT,
    Result,
    Server,
    api_auth,
    api_error,
    api_integration,
    listening,
)

ITEM = {
    "integration": "aws-secret-manager",
    "source_environment": "dev",
    "secret_path": "/app",
    "app": "my-app/dev",
    "region": "us-east-1",
    "accept_deletion": True,
}
OTHER = {**ITEM, "app": "my-app/other"}
BODY = {
    "integrationAuthId": AUTH_ID,
    "sourceEnvironment": "dev",
    "secretPath": "/app",
    "isActive": True,
    "region": "us-east-1",
}
NAME = "aws-secret-manager dev:/app -> my-app/dev us-east-1"


def run(server: Server, *items: dict, **options: Any) -> Result:
    return server.run(module, project_id=PROJECT, integrations=list(items), concurrency=1, **options)


def lists(server: Server, *integrations: dict, auths: tuple | None = None) -> Server:
    server.expects("GET", INTEGRATIONS, {"integrations": list(integrations)})
    return server.expects("GET", AUTHS, {"authorizations": list(auths or [api_auth()])})


def creates(server: Server, app: str, identity: str) -> Server:
    made = {"integration": api_integration(id=identity, app=app)}
    return server.expects("POST", CREATE_INTEGRATION, made, body={**BODY, "app": app})


def looks_again(server: Server, *integrations: dict) -> Server:
    """The one look after all creates, for what another run may have made."""
    return server.expects("GET", INTEGRATIONS, {"integrations": list(integrations)})


def test_one_look_serves_all_items(server: Server) -> None:
    lists(server, api_integration())
    creates(server, "my-app/other", OTHER_INTEGRATION_ID)
    looks_again(server, api_integration(), api_integration(id=OTHER_INTEGRATION_ID, app="my-app/other"))
    result = run(server, ITEM, OTHER)
    assert result.changed is True
    assert [(row["action"], row["id"]) for row in result["results"]] == [
        ("unchanged", INTEGRATION_ID),
        ("created", OTHER_INTEGRATION_ID),
    ]
    assert result["results"][0]["name"] == NAME
    assert {key: value for key, value in result["counts"].items() if value} == {"unchanged": 1, "created": 1}
    assert [diff["after"]["app"] for diff in result["diff"]] == ["my-app/other"]


def test_how_far_it_has_come_is_told(server: Server) -> None:
    lists(server, api_integration(), api_integration(id=OTHER_INTEGRATION_ID, app="my-app/other"))
    with listening() as told:
        run(server, ITEM, OTHER)
    assert told == ["1 of 2 items: 1 unchanged", "2 of 2 items: 2 unchanged"]


def test_how_many_have_failed_is_told(server: Server) -> None:
    lists(server, api_integration())
    body = {"environment": "dev", "secretPath": "/app", "isActive": False}
    server.expects("PATCH", INTEGRATION, api_error(403, "PermissionDenied", "no"), status=403, body=body)
    with listening() as told:
        run(server, {**ITEM, "is_active": False})
    assert told == ["1 of 1 items: 1 failed"]


def test_an_item_with_an_id_is_called_by_it(server: Server) -> None:
    server.expects("GET", INTEGRATIONS, {"integrations": [api_integration()]})
    result = run(server, {"integration_id": INTEGRATION_ID, "is_active": True})
    assert [row["name"] for row in result["results"]] == [INTEGRATION_ID]


def test_items_are_updated_and_removed(server: Server) -> None:
    lists(server, api_integration(), api_integration(id=OTHER_INTEGRATION_ID, app="my-app/other"))
    kept = {"environment": "dev", "secretPath": "/app", "isActive": False}
    server.expects("PATCH", INTEGRATION, {"integration": api_integration(isActive=False)}, body=kept)
    path = INTEGRATION.replace(INTEGRATION_ID, OTHER_INTEGRATION_ID)
    server.expects("DELETE", path, {"integration": api_integration(id=OTHER_INTEGRATION_ID)})
    result = run(server, {**ITEM, "is_active": False}, {**OTHER, "state": "absent"})
    assert [(row["action"], row["removed"]) for row in result["results"]] == [
        ("updated", []),
        ("removed", [OTHER_INTEGRATION_ID]),
    ]


@pytest.mark.parametrize("check", [False, True])
def test_all_that_an_item_removes_is_returned_and_not_purged_as_well(server: Server, check: bool) -> None:
    twins = [api_integration(), api_integration(id=OTHER_INTEGRATION_ID, createdAt="2027-01-01T00:00:00.000Z")]
    lists(server, *twins)
    for twin in () if check else twins:
        server.expects("DELETE", INTEGRATION.replace(INTEGRATION_ID, twin["id"]), {"integration": twin})
    absent = {**ITEM, "state": "absent"}
    result = run(server, absent, check=check, purge=True, purge_scope_all=True)
    assert [(row["action"], row["id"], row["removed"]) for row in result["results"]] == [
        ("removed", INTEGRATION_ID, [INTEGRATION_ID, OTHER_INTEGRATION_ID])
    ]
    assert result["purged"] == []


def test_of_two_runs_at_once_both_keep_the_older_ones(server: Server) -> None:
    other = "88de59c4-dc8b-45d8-94b9-000000000003"
    path = INTEGRATION.replace(INTEGRATION_ID, OTHER_INTEGRATION_ID)
    mine, theirs = (
        api_integration(id=OTHER_INTEGRATION_ID, app="my-app/other"),
        {"id": other, "createdAt": "2026-01-01T00:00:00Z"},
    )
    lists(server)
    creates(server, "my-app/dev", INTEGRATION_ID)
    creates(server, "my-app/other", OTHER_INTEGRATION_ID)
    looks_again(server, api_integration(), mine, api_integration(**theirs, app="my-app/other"))
    server.expects("DELETE", path, {"integration": mine})
    result = run(server, ITEM, OTHER)
    assert [(row["action"], row["id"], row["integration"]["id"]) for row in result["results"]] == [
        ("created", INTEGRATION_ID, INTEGRATION_ID),
        ("created", other, other),
    ]
    assert result.warnings == [
        (
            f"Another run created the same integration at the same time: {other} is older and stays; the one that"
            f" this task created, {OTHER_INTEGRATION_ID}, was removed."
        )
    ]


@pytest.mark.parametrize("check", [False, True])
def test_twins_of_an_item_are_removed_when_asked(server: Server, check: bool) -> None:
    twin = api_integration(id=OTHER_INTEGRATION_ID, createdAt="2027-01-01T00:00:00.000Z")
    lists(server, api_integration(), twin)
    if not check:
        path = INTEGRATION.replace(INTEGRATION_ID, OTHER_INTEGRATION_ID)
        server.expects("DELETE", path, {"integration": twin})
    result = run(server, {**ITEM, "remove_duplicates": True}, check=check, purge=True, purge_scope_all=True)
    assert [(row["action"], row["id"], row["removed"]) for row in result["results"]] == [
        ("updated", INTEGRATION_ID, [OTHER_INTEGRATION_ID])
    ]
    assert [diff["before"]["duplicates"] for diff in result["diff"]] == [[OTHER_INTEGRATION_ID]]
    assert result["purged"] == []


@pytest.mark.parametrize("check", [False, True])
def test_a_failing_item_leaves_the_others_alone(server: Server, check: bool) -> None:
    lists(server)
    if check:
        server.expects_probe().expects_source()
    else:
        creates(server, "my-app/dev", INTEGRATION_ID)
        answer = api_error(404, "NotFound", "Folder with path '/no' not found")
        body = {**BODY, "app": "my-app/dev", "secretPath": "/no"}
        server.expects("POST", CREATE_INTEGRATION, answer, status=404, body=body)
        server.expects_source()
        looks_again(server, api_integration())
    result = run(server, ITEM, {**ITEM, "secret_path": "/no"}, check=check, purge=True, purge_scope_all=True)
    assert result.failed
    assert result["error_kind"] == "some_failed"
    assert [row["action"] for row in result["results"]] == ["created", "failed"]
    assert result.msg.startswith("1 of 2 items failed: item 1 (aws-secret-manager dev:/no -> my-app/dev us-east-1): ")
    assert result.msg.endswith("Nothing was purged, since not every item succeeded.")


REFUSED = {
    "every fault of every item": (
        [{**ITEM, "secret_path": "app", "metadata": {"metadata_sync_mode": "secret-metadata"}}, {"app": "x"}],
        {},
        [
            "item 0 (aws-secret-manager dev:app -> my-app/dev us-east-1): secret_path 'app' must start with a slash",
            "item 1 ( None:/ -> x): source_environment is missing",
        ],
    ),
    "a wrong value": (
        [{**ITEM, "integration": "github", "scope": "repo"}],
        {},
        ["scope: 'repo' is not one of github-repo, github-org, github-env."],
    ),
    "twice the same": ([ITEM, {**ITEM, "secret_path": "/app/"}], {}, [f"2 items are the same object: {NAME}."]),
    "another project": ([{**ITEM, "project_id": "other"}], {}, ["its project_id is not that of the task"]),
    "concurrency": ([ITEM], {"concurrency": 17}, ["concurrency is 17; it must be from 1 to 16."]),
    "purge without a scope": ([ITEM], {"purge": True}, ["purge requires a scope"]),
    "purge with an empty scope": (
        [ITEM],
        {"purge": True, "purge_scope": {"integration": []}},
        ["purge_scope.integration must hold"],
    ),
    "purge of all": ([], {"purge": True, "purge_scope_all": True}, ["set purge_when_empty to true"]),
    "a malformed project": ([ITEM], {"project_id": "a/b"}, ["project_id 'a/b' is not an ID"]),
    "no project": ([ITEM], {"project_id": None}, ["one of the following is required: project_id, project_slug"]),
    "two projects": ([ITEM], {"project_slug": "p"}, ["mutually exclusive: project_id|project_slug"]),
}


@pytest.mark.parametrize(("items", "options", "messages"), REFUSED.values(), ids=REFUSED)
def test_refused_input_sends_nothing(server: Server, items: list, options: dict, messages: list) -> None:
    result = server.run(module, **{"project_id": PROJECT, "integrations": items, **options})
    assert result.failed
    for message in messages:
        assert message in result.msg


def test_strict_refuses_what_is_only_doubtful(server: Server) -> None:
    result = run(server, {**ITEM, "owner": "x", "validate": "strict"})
    assert "owner is not used for AWS Secrets Manager." in result.msg


def test_doubts_are_warned_of_by_item(server: Server) -> None:
    lists(server, api_integration(owner="x"))
    result = run(server, {**ITEM, "owner": "x"})
    assert result.changed is False
    assert result.warnings == [f"item 0 ({NAME}): owner is not used for AWS Secrets Manager."]


def test_an_item_whose_last_sync_failed_is_synced_again_where_it_waits(server: Server) -> None:
    failed = {"isSynced": False, "syncMessage": "AccessDenied", "lastSyncJobId": "6"}
    lists(server, api_integration(**failed), api_integration(id=OTHER_INTEGRATION_ID, app="my-app/other", **failed))
    kept = {"environment": "dev", "secretPath": "/app", "isActive": True}
    server.expects("PATCH", INTEGRATION, {"integration": api_integration(**failed)}, body=kept)
    server.expects("GET", INTEGRATION, {"integration": api_integration(**{**failed, "lastSyncJobId": "7"})})
    result = run(server, {**ITEM, "wait": True}, OTHER)
    assert [(row["action"], row["changed"]) for row in result["results"]] == [("failed", True), ("unchanged", False)]
    assert f"The sync of integration {INTEGRATION_ID} failed: AccessDenied" in result.msg


def test_doubts_are_warned_of_by_item_where_the_task_fails(server: Server) -> None:
    server.expects("GET", INTEGRATIONS, api_error(403, "PermissionDenied", "no"), status=403)
    result = run(server, {**ITEM, "owner": "x"}, {**OTHER, "owner": "y"})
    assert result.failed
    assert [warning.partition(" (")[0] for warning in result.warnings] == ["item 0", "item 1"]


@pytest.mark.parametrize("check", [False, True])
def test_a_purge_removes_what_is_in_its_scope_and_no_item(server: Server, check: bool) -> None:
    github = api_integration(
        id="88de59c4-dc8b-45d8-94b9-000000000003", integration="github", integrationAuthId=OTHER_AUTH_ID
    )
    lists(server, api_integration(), api_integration(id=OTHER_INTEGRATION_ID, app="my-app/old"), github)
    if not check:
        path = INTEGRATION.replace(INTEGRATION_ID, OTHER_INTEGRATION_ID)
        server.expects("DELETE", path, {"integration": api_integration(id=OTHER_INTEGRATION_ID)})
    scope = {"integration": ["aws-*"], "secret_path": ["/app"]}
    result = run(server, ITEM, check=check, purge=True, purge_scope=scope)
    assert result.changed is True
    assert [row["id"] for row in result["purged"]] == [OTHER_INTEGRATION_ID]
    assert result["counts"]["purged"] == 1
    assert result.warnings == [
        "1 native integrations are purged; servers that don't create new ones can't create them again."
    ]


@pytest.mark.parametrize("check", [False, True])
def test_a_purge_spares_what_an_item_changes_by_its_id(server: Server, check: bool) -> None:
    lists(server, api_integration())
    moved = api_integration(environment={"id": "e2", "name": "Production", "slug": "prod"})
    if check:
        server.expects_source(("prod", "dev"))
    else:
        body = {"environment": "prod", "secretPath": "/app", "isActive": True}
        server.expects("PATCH", INTEGRATION, {"integration": moved}, body=body)
    item = {"integration_id": INTEGRATION_ID, "source_environment": "prod"}
    result = run(server, item, check=check, purge=True, purge_scope_all=True)
    assert [row["action"] for row in result["results"]] == ["updated"]
    assert result["purged"] == []


def test_what_a_purge_spares_is_a_rival(server: Server) -> None:
    rival = api_integration(id=OTHER_INTEGRATION_ID, secretPath="/other")
    lists(server, api_integration(isActive=False), rival)
    body = {"environment": "dev", "secretPath": "/app", "isActive": True}
    server.expects("PATCH", INTEGRATION, {"integration": api_integration()}, body=body)
    result = run(
        server, {**ITEM, "is_active": True}, {**ITEM, "secret_path": "/other"}, purge=True, purge_scope_all=True
    )
    assert "Another active integration writes to the same destination" in result.warnings[0]


def test_a_purge_spares_twins(server: Server) -> None:
    lists(server, api_integration(), api_integration(id=OTHER_INTEGRATION_ID, createdAt="2027-01-01T00:00:00.000Z"))
    result = run(server, ITEM, purge=True, purge_scope_all=True)
    assert result.changed is False
    assert result["purged"] == []


def test_the_project_by_its_slug(server: Server) -> None:
    server.expects("GET", "/api/v1/projects/slug/my-project", {"id": PROJECT, "slug": "my-project"})
    lists(server, api_integration())
    result = server.run(module, project_slug="my-project", integrations=[ITEM])
    assert result.changed is False


def test_the_slug_on_an_old_server(server: Server) -> None:
    missing = api_error(404, "Not Found", "Route GET:/x not found")
    server.expects("GET", "/api/v1/projects/slug/my-project", missing, status=404)
    server.expects("GET", "/api/v2/workspace/my-project", {"id": PROJECT, "slug": "my-project"})
    # The slug has shown that it has no newer paths.
    older = f"/api/v1/workspace/{PROJECT}"
    server.expects("GET", f"{older}/authorizations", {"authorizations": [api_auth()]})
    server.expects("GET", f"{older}/integrations", {"integrations": [api_integration()]})
    assert server.run(module, project_slug="my-project", integrations=[ITEM]).changed is False


def test_a_server_that_knows_no_slugs(server: Server) -> None:
    missing = api_error(404, "Not Found", "Route GET:/x not found")
    server.expects("GET", "/api/v1/projects/slug/my-project", missing, status=404)
    server.expects("GET", "/api/v2/workspace/my-project", missing, status=404)
    result = server.run(module, project_slug="my-project", integrations=[ITEM])
    assert result.msg.startswith("This server can't look up a project by its slug ('my-project'): specify project_id")
