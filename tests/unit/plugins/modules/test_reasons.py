# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check mode and the real run give one reason for one fault: after a refusal, a task looks for what is missing."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.community.infisical.plugins.modules import (
    infisical_app_connection,
    infisical_app_connection_info,
    infisical_integration,
    infisical_integrations,
)
from ansible_collections.community.infisical.tests.unit.plugins.harness import (
    AUTH_ID,
    AUTHS,
    CONNECTION_ID,
    CREATE_INTEGRATION,
    CREATED_SYNC,
    INTEGRATION,
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

CONFIG = {"region": "us-east-1", "mapping_behavior": "many-to-one", "secret_name": "my-app/dev"}
API_CONFIG = {"region": "us-east-1", "mappingBehavior": "many-to-one", "secretName": "my-app/dev"}
SYNC = {
    "name": "app-dev",
    "destination": "aws-secrets-manager",
    "connection_id": CONNECTION_ID,
    "environment": "dev",
    "secret_path": "/app",
    "destination_config": CONFIG,
    "check_duplicates": "ignore",
}
SYNC_BODY = {
    **CREATED_SYNC,
    "destinationConfig": API_CONFIG,
    "syncOptions": {"initialSyncBehavior": "overwrite-destination", "disableSecretDeletion": True},
}
INTEGRATED = {
    "integration": "aws-secret-manager",
    "source_environment": "dev",
    "secret_path": "/app",
    "app": "my-app/dev",
    "region": "us-east-1",
}
INTEGRATION_BODY = {
    "integrationAuthId": AUTH_ID,
    "sourceEnvironment": "dev",
    "secretPath": "/app",
    "isActive": True,
    "app": "my-app/dev",
    "region": "us-east-1",
}
REFUSED = {
    "as unknown": not_found("Folder path not found"),
    "as wrong": {"status": 400, "answer": api_error(400, "BadRequest", "Could not find folder")},
    "as forbidden": {"status": 403, "answer": api_error(403, "PermissionDenied", "You are not allowed to create")},
}
# What exists, and the reason that follows from it.
REASONS: dict[str, tuple[dict, str]] = {
    "folder": (
        {"folders": ("web", "api")},
        "The environment dev has no folder '/app'. The folder / contains: api, web.",
    ),
    "environment": (
        {"environments": ("prod", "qa"), "parent": None},
        "The project has no environment 'dev': it has prod, qa (slugs, not names).",
    ),
}
CHECK = pytest.mark.parametrize("check", [False, True], ids=["run", "check"])


def sync(server: Server, many: bool, check: bool, **options: Any) -> tuple[Result, dict]:
    return run_sync(server, many, {**SYNC, **options}, check=check)


def integrate(server: Server, many: bool, check: bool, **options: Any) -> tuple[Result, dict]:
    item = {**INTEGRATED, **options}
    if many:
        result = server.run(infisical_integrations, project_id=PROJECT, integrations=[item], check=check)
        return result, result["results"][0]
    result = server.run(infisical_integration, project_id=PROJECT, **item, check=check)
    return result, result.data


@MANY
@CHECK
@pytest.mark.parametrize(("there", "reason"), REASONS.values(), ids=REASONS)
@pytest.mark.parametrize("refusal", REFUSED.values(), ids=REFUSED)
def test_a_new_sync(server: Server, refusal: dict, there: dict, reason: str, check: bool, many: bool) -> None:
    lists_syncs(server)
    if not check:
        server.expects("POST", f"{SYNCS}/aws-secrets-manager", body=SYNC_BODY, **refusal)
    server.expects_source(**{"environments": ("dev", "prod"), **there})
    result, part = sync(server, many, check)
    assert reason in result.msg
    assert part["error_kind"] == "input"
    assert not part.get("changed")


@MANY
@CHECK
def test_a_sync_that_moves(server: Server, check: bool, many: bool) -> None:
    lists_syncs(server, api_sync())
    if not check:
        server.expects("PATCH", f"{SYNCS}/aws-secrets-manager/{SYNC_ID}", body={"secretPath": "/ap"}, **not_found("no"))
    server.expects_source()
    result, part = sync(server, many, check, secret_path="/ap")
    assert "The environment dev has no folder '/ap'. The folder / contains: app." in result.msg
    assert part["error_kind"] == "input"


@MANY
@CHECK
@pytest.mark.parametrize(("there", "reason"), REASONS.values(), ids=REASONS)
def test_a_new_integration(server: Server, there: dict, reason: str, check: bool, many: bool) -> None:
    server.expects("GET", INTEGRATIONS, {"integrations": []})
    server.expects("GET", AUTHS, {"authorizations": [api_auth()]})
    if check:
        server.expects_probe()
    else:
        server.expects("POST", CREATE_INTEGRATION, body=INTEGRATION_BODY, **not_found("Folder path not found"))
    server.expects_source(**{"environments": ("dev", "prod"), **there})
    result, part = integrate(server, many, check)
    assert reason in result.msg
    assert part["error_kind"] == "input"


@CHECK
def test_an_integration_that_moves(server: Server, check: bool) -> None:
    server.expects("GET", INTEGRATION, {"integration": api_integration()})
    server.expects("GET", AUTH_PATH, {"integrationAuth": api_auth()})
    if not check:
        server.expects("GET", INTEGRATIONS, {"integrations": [api_integration()]})
        body = {"environment": "dev", "secretPath": "/ap", "isActive": True}
        server.expects("PATCH", INTEGRATION, body=body, **not_found("Folder path not found"))
    server.expects_source()
    result = server.run(infisical_integration, integration_id=api_integration()["id"], secret_path="/ap", check=check)
    assert "The environment dev has no folder '/ap'. The folder / contains: app." in result.msg


AUTH_PATH = f"/api/v1/integration-auth/{AUTH_ID}"


def test_the_words_of_the_server_stand_where_nothing_is_missing(server: Server) -> None:
    lists_syncs(server)
    refusal = {"status": 400, "answer": api_error(400, "BadRequest", "the plan has no more syncs")}
    server.expects("POST", f"{SYNCS}/aws-secrets-manager", body=SYNC_BODY, **refusal)
    server.expects_source()
    result, _part = sync(server, False, False)
    assert "the plan has no more syncs" in result.msg
    assert result["error_kind"] == "server"


@pytest.mark.parametrize("status", [403, 404])
def test_the_words_of_the_server_stand_where_nothing_can_be_looked_at(server: Server, status: int) -> None:
    lists_syncs(server)
    refusal = {"status": 400, "answer": api_error(400, "BadRequest", "the plan has no more syncs")}
    server.expects("POST", f"{SYNCS}/aws-secrets-manager", body=SYNC_BODY, **refusal)
    denied = {"status": status, "answer": api_error(status, "PermissionDenied", "no")}
    server.expects("GET", f"/api/v1/projects/{PROJECT}", **denied)
    query = {"environment": "dev", "path": "/"}
    server.expects("GET", "/api/v2/folders", query={"projectId": PROJECT, **query}, **denied)
    if status == 404:
        server.expects("GET", f"/api/v1/workspace/{PROJECT}", **denied)
        server.expects("GET", "/api/v1/folders", query={"workspaceId": PROJECT, **query}, **denied)
    result, _part = sync(server, False, False)
    assert "the plan has no more syncs" in result.msg


@MANY
@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Folder path not found", True),
        ("Folder with path '/app' not found in environment with slug'dev'", False),
        ("Integration auth not found", False),
    ],
)
def test_a_folder_is_named_where_the_server_does_not(server: Server, text: str, named: bool, many: bool) -> None:
    """A server of 2024-10-16 doesn't, and not every identity may look."""
    server.expects("GET", INTEGRATIONS, {"integrations": []})
    server.expects("GET", AUTHS, {"authorizations": [api_auth()]})
    server.expects("POST", CREATE_INTEGRATION, body=INTEGRATION_BODY, **not_found(text))
    denied = {"status": 403, "answer": api_error(403, "PermissionDenied", "no")}
    server.expects("GET", f"/api/v1/projects/{PROJECT}", **denied)
    query = {"projectId": PROJECT, "environment": "dev", "path": "/"}
    server.expects("GET", "/api/v2/folders", query=query, **denied)
    result, part = integrate(server, many, False)
    added = ". That is the folder '/app' of the environment 'dev'." if named else ""
    assert f"{text} [POST {CREATE_INTEGRATION}: 404]{added}" in result.msg
    assert ("That is the folder" in result.msg) is named
    assert part["error_kind"] == "not_found"


# --- near matches -----------------------------------------------------------------------------------------------------


@MANY
@CHECK
def test_a_service_that_is_mistyped(server: Server, check: bool, many: bool) -> None:
    if many:
        server.expects("GET", INTEGRATIONS, {"integrations": []})
    server.expects("GET", AUTHS, {"authorizations": []})
    server.expects("GET", "/api/v1/integration-auth/integration-options", {"integrationOptions": [{"slug": "github"}]})
    result, part = integrate(server, many, check, integration="githb", region=None)
    assert "integration 'githb' is not a service that this server knows. Did you mean github?" in result.msg
    assert "infisical_integration_auth" not in result.msg
    assert part["error_kind"] == "input"


OPTIONS = {"secretSyncOptions": [{"destination": "github", "canImportSecrets": False}]}


@MANY
@CHECK
def test_a_destination_that_is_mistyped(server: Server, check: bool, many: bool) -> None:
    lists_syncs(server)
    if not check:
        body = {**SYNC_BODY, "destinationConfig": {}}
        server.expects("POST", f"{SYNCS}/githb", body=body, **no_route("Route POST:/api/v1/secret-syncs/githb"))
    server.expects("GET", f"{SYNCS}/options", OPTIONS)
    result, part = sync(server, many, check, destination="githb", destination_config=None)
    assert "destination 'githb' is not supported by this server. Did you mean github?" in result.msg
    assert "older" not in result.msg
    assert part["error_kind"] == "input"


@CHECK
def test_a_destination_that_the_server_knows_and_the_catalogue_does_not(server: Server, check: bool) -> None:
    lists_syncs(server)
    answer = api_sync(destination="brand-new", destinationConfig={})
    if check:
        server.expects("GET", f"{SYNCS}/options", {"secretSyncOptions": [{"destination": "brand-new"}]})
        server.expects_source()
    else:
        server.expects(
            "POST", f"{SYNCS}/brand-new", {"secretSync": answer}, body={**SYNC_BODY, "destinationConfig": {}}
        )
    result, _part = sync(server, False, check, destination="brand-new", destination_config=None)
    assert result.changed is True


@CHECK
@pytest.mark.parametrize("named", [{"name": "aws-dev"}, {"connection_id": CONNECTION_ID}], ids=["name", "id"])
def test_an_app_that_is_mistyped(server: Server, named: dict, check: bool) -> None:
    path = "/api/v1/app-connections/asw"
    server.expects("GET", f"{path}/{CONNECTION_ID}" if "connection_id" in named else path, **no_route())
    result = server.run(infisical_app_connection, app="asw", description="new", **named, check=check)
    assert result.msg.startswith("app 'asw' is not supported by this server. Did you mean aws")
    assert result["error_kind"] == "input"


# What plans, projects and settings of the organization don't allow: only the server knows, and says why.
NOT_ALLOWED = {
    "number of syncs": (
        "Failed to create secret sync due to plan limit reached. Upgrade plan to add more secret syncs."
    ),
    "plan of a destination": (
        "Failed to create secret sync due to plan restriction. Upgrade plan to access enterprise secret syncs."
    ),
    "version of the project": "Project version does not support Secret Syncs",
}
# Of an organization with the setting blockDuplicateSecretSyncDestinations.
DUPLICATE = "A secret sync with this destination already exists in another project in your organization."


@MANY
@pytest.mark.parametrize("reason", NOT_ALLOWED.values(), ids=NOT_ALLOWED)
def test_a_new_sync_that_is_not_allowed(server: Server, reason: str, many: bool) -> None:
    lists_syncs(server)
    refusal = api_error(400, "BadRequest", reason)
    server.expects("POST", f"{SYNCS}/aws-secrets-manager", refusal, status=400, body=SYNC_BODY)
    server.expects_source()
    result, part = sync(server, many, False)
    assert reason in result.msg
    assert part["error_kind"] == "server"


@MANY
@pytest.mark.parametrize("meanwhile", [False, True])
def test_a_destination_that_may_be_had_once_only(server: Server, meanwhile: bool, many: bool) -> None:
    lists_syncs(server)
    refusal = api_error(400, "BadRequest", DUPLICATE)
    server.expects("POST", f"{SYNCS}/aws-secrets-manager", refusal, status=400, body=SYNC_BODY)
    lists_syncs(server, *([api_sync()] if meanwhile else []))
    result, part = sync(server, many, False)
    if meanwhile:
        assert not result.failed
        [warning, replaced] = result.warnings
        assert "replace" in replaced
        assert warning.endswith(f"Another run created the same secret sync at the same time: {SYNC_ID} is used.")
        return
    assert DUPLICATE in result.msg
    assert "name" not in result.msg.replace("app-dev", "")
    assert part["error_kind"] == "server"


@MANY
@pytest.mark.parametrize("reason", [*NOT_ALLOWED.values(), DUPLICATE], ids=[*NOT_ALLOWED, "once only"])
def test_a_changed_sync_that_is_not_allowed(server: Server, reason: str, many: bool) -> None:
    lists_syncs(server, api_sync())
    refusal = api_error(400, "BadRequest", reason)
    path = f"{SYNCS}/aws-secrets-manager/{SYNC_ID}"
    server.expects("PATCH", path, refusal, status=400, body={"description": "new"})
    result, part = sync(server, many, False, description="new")
    assert reason in result.msg
    assert part["error_kind"] == "server"


@MANY
def test_a_folder_of_which_the_secrets_may_not_be_read(server: Server, many: bool) -> None:
    lists_syncs(server)
    reason = "You are not allowed to read on secrets"
    refusal = api_error(403, "PermissionDenied", reason)
    server.expects("POST", f"{SYNCS}/aws-secrets-manager", refusal, status=403, body=SYNC_BODY)
    server.expects_source()
    result, part = sync(server, many, False)
    assert reason in result.msg
    assert part["error_kind"] == "permission"


@MANY
@CHECK
@pytest.mark.parametrize("there", [False, True])
def test_a_description_that_is_too_long(server: Server, there: bool, check: bool, many: bool) -> None:
    lists_syncs(server, *([api_sync()] if there else []))
    result, part = sync(server, many, check, description="d" * 257)
    assert "description has 257 characters; the server takes 256." in result.msg
    assert part["error_kind"] == "input"


@pytest.mark.parametrize("named", [{}, {"connection_id": CONNECTION_ID}])
def test_an_app_that_is_mistyped_in_a_list(server: Server, named: dict) -> None:
    path = "/api/v1/app-connections/asw"
    server.expects("GET", f"{path}/{CONNECTION_ID}" if named else path, **no_route())
    result = server.run(infisical_app_connection_info, app="asw", **named)
    assert result.msg.startswith("app 'asw' is not supported by this server. Did you mean aws")
    assert result["error_kind"] == "input"


def test_a_server_without_app_connections(server: Server) -> None:
    server.expects("GET", "/api/v1/app-connections", **no_route())
    assert "This server is older than app connections" in server.run(infisical_app_connection_info).msg


def test_an_app_that_the_catalogue_knows_and_the_server_does_not(server: Server) -> None:
    server.expects("GET", "/api/v1/app-connections/aws", **no_route())
    result = server.run(infisical_app_connection, app="aws", name="aws-dev", description="new")
    assert "This server is older than app connections, or than this app of theirs." in result.msg


@MANY
@CHECK
def test_a_destination_that_is_mistyped_beside_a_connection_by_name(server: Server, check: bool, many: bool) -> None:
    lists_syncs(server)
    path = "/api/v1/app-connections/githb/connection-name/main"
    server.expects("GET", path, query={"projectId": PROJECT}, **no_route())
    server.expects("GET", f"{SYNCS}/options", OPTIONS)
    options = {"connection_id": None, "connection_name": "main", "destination_config": None}
    result, part = sync(server, many, check, destination="githb", **options)
    assert "destination 'githb' is not supported by this server. Did you mean github?" in result.msg
    assert part["error_kind"] == "input"


@MANY
@CHECK
@pytest.mark.parametrize("metadata", [None, {"mapping_behavior": "many-to-one"}])
def test_a_native_integration_that_lacks_the_name_of_its_secret(
    server: Server, metadata: dict | None, check: bool, many: bool
) -> None:
    server.expects("GET", INTEGRATIONS, {"integrations": []})
    server.expects("GET", AUTHS, {"authorizations": [api_auth()]})
    result, part = integrate(server, many, check, app=None, metadata=metadata)
    assert result.msg.endswith(
        "app is missing: the secret's name in AWS Secrets Manager (or set metadata.mapping_behavior: one-to-one)."
    )
    assert part["error_kind"] == "input"


@MANY
@CHECK
def test_a_sync_that_lacks_the_name_of_its_secret(server: Server, check: bool, many: bool) -> None:
    lists_syncs(server)
    config = {"region": "us-east-1", "mapping_behavior": "many-to-one"}
    result, _part = sync(server, many, check, destination_config=config)
    assert result.msg.endswith(
        "destination_config.secret_name is missing: the secret's name in AWS Secrets Manager (or set"
        " destination_config.mapping_behavior: one-to-one)."
    )
