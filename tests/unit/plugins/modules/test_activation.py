# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The option activate: objects that stay inactive, and active ones on a folder without secrets, which are refused."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.community.infisical.plugins.modules import (
    infisical_integration,
    infisical_integrations,
    infisical_secret_syncs,
)
from ansible_collections.community.infisical.tests.unit.plugins.harness import (
    AUTH_ID,
    AUTHS,
    CONNECTION_ID,
    CREATE_INTEGRATION,
    CREATED_SYNC,
    INTEGRATIONS,
    MANY,
    PROJECT,
    SYNC_ID,
    SYNCS,
    Result,
    Server,
    api_auth,
    api_error,
    api_integration,
    api_sync,
    lists_syncs,
    no_route,
    not_found,
    run_sync,
)

CONFIG = {"scope": "repository", "owner": "acme", "repo": "app"}
OPTIONS = {"initialSyncBehavior": "overwrite-destination", "disableSecretDeletion": True}
ITEM = {
    "name": "app-dev",
    "destination": "github",
    "connection_id": CONNECTION_ID,
    "environment": "dev",
    "secret_path": "/app",
    "destination_config": CONFIG,
    "check_duplicates": "ignore",
}
NATIVE = {
    "integration": "aws-secret-manager",
    "source_environment": "dev",
    "secret_path": "/app",
    "app": "my-app/dev",
    "region": "us-east-1",
    "accept_deletion": True,
}
BODY = {**CREATED_SYNC, "destinationConfig": CONFIG, "syncOptions": OPTIONS}
QUERY = {"environment": "dev", "secretPath": "/app", "viewSecretValue": "false", "include_imports": "true"}
SECRET = {"secretKey": "API_KEY", "secretValue": "value-of-the-secret"}
IMPORTED = [{"secretPath": "/shared", "environment": "dev", "secrets": [SECRET]}]


def github_sync(**changes: Any) -> dict:
    return api_sync(destination="github", destinationConfig=CONFIG, syncOptions=OPTIONS, **changes)


def lists_secrets(server: Server, secrets: list, imports: list | None = None, **query: str) -> Server:
    answer = {"secrets": secrets, "imports": imports or []}
    return server.expects("GET", "/api/v4/secrets", answer, query={"projectId": PROJECT, **QUERY, **query})


def lists_natives(server: Server, *integrations: dict) -> Server:
    server.expects("GET", AUTHS, {"authorizations": [api_auth()]})
    return server.expects("GET", INTEGRATIONS, {"integrations": list(integrations)})


def run_native(server: Server, many: bool, item: dict, **more: Any) -> tuple[Result, dict]:
    if many:
        result = server.run(infisical_integrations, project_id=PROJECT, integrations=[item], **more)
        return result, result["results"][0] if "results" in result.data else result.data
    result = server.run(infisical_integration, project_id=PROJECT, **item, **more)
    return result, result.data


@MANY
def test_a_new_sync_stays_inactive(server: Server, many: bool) -> None:
    body = {**BODY, "isAutoSyncEnabled": False}
    lists_syncs(server).expects(
        "POST", f"{SYNCS}/github", {"secretSync": github_sync(isAutoSyncEnabled=False, syncStatus=None)}, body=body
    )
    item = {**ITEM, "is_auto_sync_enabled": True, "activate": "never", "wait": True}
    result, outcome = run_sync(server, many, item)
    assert outcome["changed"]
    assert result.warnings == []


@MANY
@pytest.mark.parametrize("active", [False, True])
def test_a_present_sync_stays_as_it_is(server: Server, many: bool, active: bool) -> None:
    lists_syncs(server, github_sync(isAutoSyncEnabled=active, syncStatus="succeeded"))
    item = {**ITEM, "is_auto_sync_enabled": True, "activate": "never", "wait": True}
    result, outcome = run_sync(server, many, item)
    assert not outcome["changed"]
    assert result.warnings == []


@MANY
def test_a_sync_is_switched_off_all_the_same(server: Server, many: bool) -> None:
    lists_syncs(server, github_sync()).expects(
        "PATCH",
        f"{SYNCS}/github/{SYNC_ID}",
        {"secretSync": github_sync(isAutoSyncEnabled=False)},
        body={"isAutoSyncEnabled": False},
    )
    _result, outcome = run_sync(server, many, {**ITEM, "is_auto_sync_enabled": False, "activate": "never"})
    assert outcome["changed"]


@MANY
def test_another_run_has_made_it(server: Server, many: bool) -> None:
    """Its sync is left as it is, and isn't switched off."""
    taken = {"status": 400, "answer": api_error(400, "BadRequest", "A secret sync with the name already exists")}
    lists_syncs(server).expects("POST", f"{SYNCS}/github", body={**BODY, "isAutoSyncEnabled": False}, **taken)
    lists_syncs(server, github_sync())
    _result, outcome = run_sync(server, many, {**ITEM, "is_auto_sync_enabled": True, "activate": "never"})
    assert not outcome["changed"]


@MANY
@pytest.mark.parametrize("check", [False, True])
def test_a_new_sync_of_an_empty_folder_is_refused(server: Server, many: bool, check: bool) -> None:
    lists_secrets(lists_syncs(server), []).expects_source()
    result, _outcome = run_sync(server, many, {**ITEM, "activate": "unless_empty"}, check=check)
    assert result["error_kind"] == "input"
    assert (
        "The folder '/app' of the environment 'dev' has no secrets. An active secret sync would empty its destination."
        " Add the secrets first, or specify is_auto_sync_enabled as false." in result.msg
    )


@MANY
@pytest.mark.parametrize("missing", ["folder", "environment"])
def test_a_missing_source_is_named(server: Server, many: bool, missing: str) -> None:
    lists_syncs(server)
    if missing == "folder":
        lists_secrets(server, []).expects_source(folders=("api", "web"))
    else:
        server.expects("GET", "/api/v4/secrets", query={"projectId": PROJECT, **QUERY}, **not_found())
        server.expects_source(environments=("prod", "staging"), parent=None)
    result, _outcome = run_sync(server, many, {**ITEM, "activate": "unless_empty"})
    words = {
        "folder": "has no folder '/app'. The folder / contains: api, web",
        "environment": "has no environment 'dev'",
    }
    assert words[missing] in result.msg


@MANY
@pytest.mark.parametrize(("secrets", "imports"), [([SECRET], []), ([], IMPORTED)])
def test_a_folder_with_secrets_will_do(server: Server, many: bool, secrets: list, imports: list) -> None:
    lists_secrets(lists_syncs(server), secrets, imports)
    server.expects("POST", f"{SYNCS}/github", {"secretSync": github_sync()}, body=BODY)
    result, outcome = run_sync(server, many, {**ITEM, "activate": "unless_empty"})
    assert outcome["changed"]
    assert "value-of-the-secret" not in result.output


@pytest.mark.parametrize("imports", [["x"], [{"secrets": None}]])
def test_imports_that_are_none(server: Server, imports: list) -> None:
    lists_secrets(lists_syncs(server), [SECRET], imports)
    result, _outcome = run_sync(server, False, {**ITEM, "activate": "unless_empty"})
    assert result["error_kind"] == "unexpected_answer"
    assert "imports.0" in result.msg


@MANY
@pytest.mark.parametrize("change", [{"isAutoSyncEnabled": False}, {"folder": {"id": "f", "path": "/other"}}])
def test_a_present_sync_is_not_made_to_read_an_empty_folder(server: Server, many: bool, change: dict) -> None:
    lists_secrets(lists_syncs(server, github_sync(**change)), []).expects_source()
    item = {**ITEM, "is_auto_sync_enabled": True, "activate": "unless_empty"}
    result, _outcome = run_sync(server, many, item)
    assert "has no secrets" in result.msg


@MANY
@pytest.mark.parametrize(
    ("present", "wanted"),
    [({"syncStatus": "succeeded"}, True), ({"isAutoSyncEnabled": False}, False), ({"isAutoSyncEnabled": False}, None)],
)
def test_nobody_looks_where_nothing_becomes_active(
    server: Server, many: bool, present: dict, wanted: bool | None
) -> None:
    lists_syncs(server, github_sync(**present))
    item = {**ITEM, "is_auto_sync_enabled": wanted, "activate": "unless_empty"}
    _result, outcome = run_sync(server, many, {key: value for key, value in item.items() if value is not None})
    assert not outcome["changed"]


@MANY
def test_sub_folders_count(server: Server, many: bool) -> None:
    lists_secrets(lists_syncs(server), [], recursive="true").expects_source()
    options = {"initial_sync_behavior": "overwrite-destination", "include_all_sub_folders": True}
    result, _outcome = run_sync(server, many, {**ITEM, "sync_options": options, "activate": "unless_empty"})
    assert "has no secrets" in result.msg


@MANY
def test_a_list_that_may_not_be_read(server: Server, many: bool) -> None:
    refused = {"status": 403, "answer": api_error(403, "PermissionDenied", "You are not allowed to describeSecret")}
    lists_syncs(server).expects("GET", "/api/v4/secrets", query={"projectId": PROJECT, **QUERY}, **refused)
    result, _outcome = run_sync(server, many, {**ITEM, "activate": "unless_empty"})
    assert "This identity may not list the secrets of the folder '/app' of the environment 'dev'" in result.msg


@MANY
def test_an_answer_of_another_shape_shows_nothing(server: Server, many: bool) -> None:
    lists_secrets(lists_syncs(server), ["value-of-the-secret"])
    result, _outcome = run_sync(server, many, {**ITEM, "activate": "unless_empty"})
    assert result["error_kind"] == "unexpected_answer"
    assert "value-of-the-secret" not in result.output


@MANY
def test_a_new_integration_of_an_empty_folder_is_refused(server: Server, many: bool) -> None:
    """A server that is too old for the newer path of secrets is asked by the older ones from then on."""
    lists_natives(server)
    server.expects("GET", "/api/v4/secrets", query={"projectId": PROJECT, **QUERY}, **no_route())
    server.expects("GET", "/api/v3/secrets/raw", {"secrets": []}, query={"workspaceId": PROJECT, **QUERY})
    server.expects_source(parent=None)
    place = {"workspaceId": PROJECT, "environment": "dev", "path": "/"}
    server.expects("GET", "/api/v1/folders", {"folders": [{"name": "app"}]}, query=place)
    result, _outcome = run_native(server, many, {**NATIVE, "activate": "unless_empty"})
    assert "has no secrets. An active integration would empty its destination" in result.msg
    assert "specify is_active as false" in result.msg


@MANY
def test_an_integration_is_not_activated(server: Server, many: bool) -> None:
    lists_natives(server, api_integration(isActive=False))
    _result, outcome = run_native(server, many, {**NATIVE, "is_active": True, "activate": "never"})
    assert not outcome["changed"]


@MANY
def test_a_new_integration_stays_inactive(server: Server, many: bool) -> None:
    lists_natives(server)
    body = {
        "integrationAuthId": AUTH_ID,
        "sourceEnvironment": "dev",
        "secretPath": "/app",
        "isActive": False,
        "app": "my-app/dev",
        "region": "us-east-1",
    }
    made = {"integration": api_integration(isActive=False)}
    server.expects("POST", CREATE_INTEGRATION, made, body=body)
    server.expects("GET", INTEGRATIONS, {"integrations": [made["integration"]]})
    result, outcome = run_native(server, many, {**NATIVE, "is_active": True, "activate": "never", "wait": True})
    assert outcome["changed"]
    assert result.warnings == []


def test_the_faults_of_all_items_come_before_anything_is_written(server: Server) -> None:
    lists_secrets(lists_syncs(server), []).expects_source()
    lists_secrets(server, [SECRET], environment="prod")
    item = {**ITEM, "activate": "unless_empty"}
    syncs = [item, {**item, "name": "app-prod", "environment": "prod"}]
    result = server.run(infisical_secret_syncs, project_id=PROJECT, syncs=syncs)
    assert result.msg.startswith("item 0 (app-dev): The folder '/app'")
    assert "item 1" not in result.msg
