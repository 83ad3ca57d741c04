# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many objects in one task: all jobs are started first, one list is read for all, and failures are told together."""

from __future__ import annotations

from functools import partial
from typing import Any
from unittest import mock

import pytest
from ansible_collections.community.infisical.plugins.module_utils._engine import bulk
from ansible_collections.community.infisical.plugins.modules import (
    infisical_integration,
    infisical_integrations,
    infisical_secret_sync,
    infisical_secret_syncs,
)
from ansible_collections.community.infisical.tests.unit.plugins.harness import (
    AUTHS,
    INTEGRATIONS,
    PROJECT,
    SYNCS,
    Result,
    Server,
    api_auth,
    api_error,
    api_integration,
    api_sync,
    lists_syncs,
)

TOKEN_INVALID = "The security token included in the request is invalid."
FAILED = {"isSynced": False, "syncMessage": "AccessDenied", "lastSyncJobId": "6"}
DONE = {"isSynced": True, "syncMessage": "", "lastSyncJobId": "7", "lastUsed": "2026-03-02T10:00:00.000Z"}
AGAIN = {**FAILED, "lastSyncJobId": "7"}
SYNC_FAILED = {"syncStatus": "failed", "lastSyncMessage": "AccessDenied", "lastSyncJobId": "6"}
SYNC_DONE = {"syncStatus": "succeeded", "lastSyncJobId": "7", "lastSyncedAt": "2026-03-02T10:00:00.000Z"}


def integration_id(number: int) -> str:
    return f"88de59c4-dc8b-45d8-94b9-00000000000{number}"


def integration(number: int, **changes: Any) -> dict:
    return api_integration(id=integration_id(number), app=f"app-{number}", **changes)


def item(number: int, **more: Any) -> dict:
    found = {"integration": "aws-secret-manager", "source_environment": "dev", "secret_path": "/app"}
    return {**found, "app": f"app-{number}", "region": "us-east-1", "wait": True, **more}


def lists(server: Server, *integrations: dict) -> Server:
    return server.expects("GET", INTEGRATIONS, {"integrations": list(integrations)})


def reads(server: Server, answer: dict) -> Server:
    return server.expects("GET", f"/api/v1/integration/{answer['id']}", {"integration": answer})


def patches(server: Server, answer: dict, path: str = "/app", **changes: Any) -> Server:
    body = {"environment": "dev", "secretPath": path, "isActive": True, **changes}
    return server.expects("PATCH", f"/api/v1/integration/{answer['id']}", {"integration": answer}, body=body)


def run(server: Server, *items: dict, **options: Any) -> Result:
    options = {"project_id": PROJECT, "concurrency": 1, **options}
    return server.run(infisical_integrations, integrations=list(items), **options)


def outcomes(result: Result) -> list[tuple]:
    return [(one["action"], one["changed"], one.get("error_kind")) for one in result["results"]]


def test_one_update_syncs_all_that_failed_in_a_folder(server: Server) -> None:
    found = [integration(number, **FAILED) for number in (1, 2, 3)]
    lists(server, *found)
    server.expects("GET", AUTHS, {"authorizations": [api_auth()]})
    patches(server, found[0])
    lists(server, *found)
    lists(server, integration(1, **DONE), integration(2, **AGAIN), integration(3, **FAILED))
    reads(server, integration(3, **DONE))
    result = run(server, item(1), item(2), item(3))
    assert outcomes(result) == [("synced", True, None), ("failed", True, "sync_failed"), ("synced", True, None)]
    assert [one["integration"]["is_synced"] for one in result["results"]] == [True, False, True]
    assert result.msg.startswith("1 of 3 items failed: item 1 (")
    assert f"The sync of integration {integration_id(2)} failed: AccessDenied" in result.msg


def test_a_change_syncs_all_that_failed_in_its_folder(server: Server) -> None:
    found = [integration(1, **FAILED), integration(2, **DONE)]
    lists(server, *found)
    server.expects("GET", AUTHS, {"authorizations": [api_auth()]})
    patches(server, integration(2, owner="me", **DONE), owner="me")
    lists(server, integration(1, **DONE), integration(2, owner="me", **{**DONE, "lastSyncJobId": "8"}))
    result = run(server, item(1), item(2, owner="me"))
    assert outcomes(result) == [("synced", True, None), ("updated", True, None)]


def test_each_folder_has_a_sync_of_its_own(server: Server) -> None:
    found = [integration(1, **FAILED), integration(2, **FAILED, secretPath="/other")]
    lists(server, *found)
    server.expects("GET", AUTHS, {"authorizations": [api_auth()]})
    patches(server, found[0])
    patches(server, found[1], "/other")
    lists(server, integration(1, **DONE), integration(2, **DONE, secretPath="/other"))
    assert run(server, item(1), item(2, secret_path="/other")).changed is True


def test_where_one_update_is_refused_another_of_the_folder_starts_the_sync(server: Server) -> None:
    found = [integration(1, **FAILED), integration(2, **FAILED)]
    lists(server, *found)
    server.expects("GET", AUTHS, {"authorizations": [api_auth()]})
    body = {"environment": "dev", "secretPath": "/app", "isActive": True}
    refusal = api_error(403, "PermissionDenied", "no")
    server.expects("PATCH", f"/api/v1/integration/{integration_id(1)}", refusal, status=403, body=body)
    patches(server, found[1])
    reads(server, integration(2, **DONE))
    result = run(server, item(1), item(2))
    assert outcomes(result) == [("failed", False, "permission"), ("synced", True, None)]


def test_check_mode_reports_the_syncs_that_a_run_starts(server: Server) -> None:
    lists(server, integration(1, **FAILED), integration(2, **FAILED), integration(3, **DONE))
    server.expects("GET", AUTHS, {"authorizations": [api_auth()]})
    result = run(server, item(1), item(2), item(3), check=True)
    assert outcomes(result) == [("synced", True, None), ("synced", True, None), ("unchanged", False, None)]
    (warning,) = result.warnings
    assert warning.startswith("The last sync of 2 of 3 integrations failed: item 0 (")
    assert warning.endswith("This task starts new ones.")


# --- secret syncs -----------------------------------------------------------------------------------------------------


def sync_id(number: int) -> str:
    return f"d0000000-0000-4000-8000-00000000000{number}"


def sync(number: int, **changes: Any) -> dict:
    return api_sync(id=sync_id(number), name=f"app-{number}", **changes)


def starts(server: Server, number: int) -> Server:
    path = f"{SYNCS}/aws-secrets-manager/{sync_id(number)}/sync-secrets"
    return server.expects("POST", path, {"secretSync": sync(number, syncStatus="pending")}, body={})


def run_syncs(server: Server, count: int, **more: Any) -> Result:
    items = [{"name": f"app-{number}", **more} for number in range(1, count + 1)]
    return server.run(infisical_secret_syncs, project_id=PROJECT, concurrency=1, syncs=items)


def test_all_syncs_are_started_and_one_list_tells_of_all(server: Server) -> None:
    lists_syncs(server, *(sync(number, **SYNC_FAILED) for number in (1, 2, 3)))
    for number in (1, 2, 3):
        starts(server, number)
    lists_syncs(server, *(sync(number) for number in (1, 2, 3)))
    lists_syncs(server, sync(1, **SYNC_FAILED), sync(2, **SYNC_DONE), sync(3, **SYNC_FAILED))
    result = run_syncs(server, 3, wait=True)
    assert outcomes(result) == [
        ("failed", True, "sync_failed"),
        ("synced", True, None),
        ("failed", True, "sync_failed"),
    ]
    assert result.msg == "2 of 3 items failed: item 0 (app-1), item 2 (app-3): The sync failed: AccessDenied"
    assert result["results"][0]["error"] == f"The sync of secret sync {sync_id(1)} failed: AccessDenied"


def test_the_timeout_is_for_all_together(server: Server) -> None:
    lists_syncs(server, *(sync(number) for number in (1, 2)))
    for _unused in range(4):
        lists_syncs(server, *(sync(number) for number in (1, 2)))
    result = run_syncs(server, 2, wait=True, wait_timeout=1)
    assert sum(server.clock.sleeps) == 1
    assert "item 0 (app-1), item 1 (app-2): The server recorded no outcome of the sync within 1 seconds." in result.msg
    assert outcomes(result) == [("failed", False, "sync_failed")] * 2


def test_imports_that_take_too_long_are_told_in_one_sentence(server: Server) -> None:
    lists_syncs(server, *(sync(number, **SYNC_DONE) for number in (1, 2)))
    under_way = [sync(number, **SYNC_DONE, importStatus="running") for number in (1, 2)]
    for one in under_way:
        path = f"{SYNCS}/aws-secrets-manager/{one['id']}/import-secrets"
        query = {"importBehavior": "prioritize-source"}
        server.expects("POST", path, {"secretSync": one}, body={}, query=query)
    for _unused in range(3):
        lists_syncs(server, *under_way)
    result = run_syncs(server, 2, import_secrets="prioritize-source", wait=True, wait_timeout=0.5)
    assert result.msg == (
        "2 of 2 items failed: item 0 (app-1), item 1 (app-2): The server recorded no outcome of the import within 0.5"
        " seconds."
    )


def test_with_patience_the_timeout_counts_anew_when_a_job_ends(server: Server) -> None:
    """As a migration waits, whose jobs the server does a few at a time."""
    for _unused in range(3):
        lists_syncs(server, *(sync(number) for number in (1, 2)))
    lists_syncs(server, sync(1, **SYNC_DONE), sync(2))
    for _unused in range(2):
        server.expects("GET", f"{SYNCS}/aws-secrets-manager/{sync_id(2)}", {"secretSync": sync(2)})
    with mock.patch.object(bulk, "finish", partial(bulk.finish, patient=True)):
        result = run_syncs(server, 2, wait=True, wait_timeout=1)
    *until_the_first_ended, _pause, _last_pause = server.clock.sleeps
    assert until_the_first_ended
    assert sum(server.clock.sleeps) == pytest.approx(sum(until_the_first_ended) + 1)
    assert outcomes(result) == [("unchanged", False, None), ("failed", False, "sync_failed")]


def test_one_that_a_list_does_not_show_is_looked_for(server: Server) -> None:
    lists_syncs(server, sync(1), sync(2))
    lists_syncs(server, sync(1))
    server.expects("GET", f"{SYNCS}/aws-secrets-manager/{sync_id(2)}", {"secretSync": sync(2, **SYNC_DONE)})
    server.expects("GET", f"{SYNCS}/aws-secrets-manager/{sync_id(1)}", {"secretSync": sync(1, **SYNC_DONE)})
    assert run_syncs(server, 2, wait=True).changed is False


def test_a_list_that_can_not_be_read_fails_all_that_wait(server: Server) -> None:
    lists_syncs(server, sync(1), sync(2), sync(3, **SYNC_DONE))
    refusal = api_error(403, "PermissionDenied", "no")
    server.expects("GET", SYNCS, refusal, status=403, query={"projectId": PROJECT})
    result = run_syncs(server, 3, wait=True)
    assert outcomes(result) == [("failed", False, "permission")] * 2 + [("unchanged", False, None)]


@pytest.mark.parametrize("check", [False, True])
def test_without_wait_one_warning_names_five_of_those_that_failed(server: Server, check: bool) -> None:
    first = sync(1, **{**SYNC_FAILED, "lastSyncMessage": "AccessDenied."})
    lists_syncs(server, first, *(sync(number, **SYNC_FAILED) for number in range(2, 8)), sync(8, **SYNC_DONE))
    items = [{"name": f"app-{number}"} for number in range(1, 9)]
    result = server.run(infisical_secret_syncs, project_id=PROJECT, syncs=items, check=check)
    assert result.changed is False
    named = "; ".join(f"item {number} (app-{number + 1}): AccessDenied" for number in range(5))
    (warning,) = result.warnings
    assert warning == (
        f"The last sync of 7 of 8 secret syncs failed: {named} and 2 more. To start new ones and wait for their"
        " outcomes, set wait to true."
    )


@pytest.mark.parametrize("wait", [False, True])
def test_reasons_are_told_only_where_the_outcome_is_told(server: Server, wait: bool) -> None:
    lists_syncs(server, *(sync(number, isAutoSyncEnabled=False, **SYNC_FAILED) for number in (1, 2)))
    warnings = run_syncs(server, 2, wait=wait, is_auto_sync_enabled=None).warnings
    if wait:
        [warning] = warnings
        assert warning == (
            "2 of 2 secret syncs are inactive (is_auto_sync_enabled is false), so there is no outcome to wait for:"
            " item 0 (app-1); item 1 (app-2)."
        )
    else:
        assert "item 0 (app-1): AccessDenied; item 1 (app-2): AccessDenied" in warnings[0]


@pytest.mark.parametrize("reason", [None, "AccessDenied"])
def test_a_job_that_ends_between_the_first_look_and_a_change(server: Server, reason: str | None) -> None:
    inactive = {"isAutoSyncEnabled": False, "syncStatus": "pending"}
    ended = {**inactive, "description": "new", "lastSyncJobId": "6", "lastSyncMessage": reason}
    path = f"{SYNCS}/aws-secrets-manager/{sync_id(1)}"
    lists_syncs(server, sync(1, **inactive))
    server.expects("PATCH", path, {"secretSync": sync(1, **ended)}, body={"description": "new"})
    for _unused in range(10):
        server.expects("GET", path, {"secretSync": sync(1, **ended)})
    result = server.run(infisical_secret_sync, project_id=PROJECT, name="app-1", description="new", wait=True)
    assert result.failed is bool(reason)
    assert sum(server.clock.sleeps) < 20


def test_removals_at_destinations_are_waited_for_together(server: Server) -> None:
    lists_syncs(server, sync(1), sync(2))
    for number in (1, 2):
        path = f"{SYNCS}/aws-secrets-manager/{sync_id(number)}"
        server.expects("DELETE", path, {"secretSync": sync(number)}, query={"removeSecrets": "true"})
    lists_syncs(server, sync(1, removeStatus="pending"), sync(2, removeStatus="failed", lastRemoveMessage="no"))
    server.expects(
        "GET", f"{SYNCS}/aws-secrets-manager/{sync_id(1)}", status=404, answer=api_error(404, "NotFound", "")
    )
    result = run_syncs(server, 2, state="absent", delete_destination_secrets=True)
    assert outcomes(result) == [("removed", True, None), ("failed", True, "sync_failed")]
    assert result["results"][0]["removed"] == [sync_id(1)]


def test_the_timeout_is_for_removals_and_syncs_together(server: Server) -> None:
    lists_syncs(server, sync(1), sync(2))
    path = f"{SYNCS}/aws-secrets-manager/{sync_id(1)}"
    server.expects("DELETE", path, {"secretSync": sync(1)}, query={"removeSecrets": "true"})
    for _unused in range(2):
        server.expects("GET", path, {"secretSync": sync(1, removeStatus="pending")})
    server.expects("GET", path, status=404, answer=api_error(404, "NotFound", ""))
    for _unused in range(3):
        server.expects("GET", f"{SYNCS}/aws-secrets-manager/{sync_id(2)}", {"secretSync": sync(2)})
    items = [
        {"name": "app-1", "state": "absent", "delete_destination_secrets": True, "wait_timeout": 1},
        {"name": "app-2", "wait": True, "wait_timeout": 1},
    ]
    result = server.run(infisical_secret_syncs, project_id=PROJECT, concurrency=1, syncs=items)
    assert outcomes(result) == [("removed", True, None), ("failed", False, "sync_failed")]
    assert sum(server.clock.sleeps) == 1


# --- credentials ------------------------------------------------------------------------------------------------------

REASONS = {
    TOKEN_INVALID: True,
    "UnrecognizedClientException": True,
    "Bad credentials": True,
    "Request failed with status code 401": True,
    "User: arn:aws:iam::1:user/x is not authorized to perform: secretsmanager:CreateSecret": False,
    "Rate exceeded": False,
}


@pytest.mark.parametrize(("reason", "bad"), REASONS.items(), ids=REASONS)
def test_a_failure_for_credentials_says_how_to_replace_them(server: Server, reason: str, bad: bool) -> None:
    lists_syncs(server, sync(1))
    path = f"{SYNCS}/aws-secrets-manager/{sync_id(1)}"
    server.expects("GET", path, {"secretSync": sync(1, **{**SYNC_FAILED, "lastSyncMessage": reason})})
    result = server.run(infisical_secret_sync, project_id=PROJECT, name="app-1", wait=True)
    assert ("use infisical_app_connection with update_credentials: always" in result.msg) is bad


def test_a_failure_for_credentials_of_an_auth_says_how_to_replace_them(server: Server) -> None:
    lists(server, integration(1, **FAILED))
    server.expects("GET", AUTHS, {"authorizations": [api_auth()]})
    patches(server, integration(1, **FAILED))
    reads(server, integration(1, **{**AGAIN, "syncMessage": TOKEN_INVALID}))
    result = server.run(infisical_integration, project_id=PROJECT, **item(1))
    assert f"failed: {TOKEN_INVALID} To replace the credentials of its integration auth, use" in result.msg
    assert "community.infisical.rotate_credentials" in result.msg
