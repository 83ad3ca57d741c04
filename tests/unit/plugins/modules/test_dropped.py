# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a server drops or keeps without a word: a create is compared with what was asked, as an update is."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.community.infisical.plugins.modules import (
    infisical_app_connection,
    infisical_integration,
    infisical_integration_auth,
    infisical_secret_sync,
)
from ansible_collections.community.infisical.tests.unit.plugins.harness import (
    AUTHS,
    CONNECTION_ID,
    CREATE_AUTH,
    CREATE_INTEGRATION,
    CREATED_SYNC,
    INTEGRATION_ID,
    INTEGRATIONS,
    MANY,
    PROJECT,
    SYNC_ID,
    SYNCS,
    Result,
    Server,
    api_auth,
    api_connection,
    api_integration,
    api_sync,
    lists_syncs,
    run_sync,
)

GITHUB = {"scope": "repository", "owner": "acme", "repo": "app"}
KEPT = {"initialSyncBehavior": "overwrite-destination", "disableSecretDeletion": True}
ITEM = {
    "name": "app-dev",
    "destination": "github",
    "connection_id": CONNECTION_ID,
    "environment": "dev",
    "secret_path": "/app",
    "destination_config": GITHUB,
    "check_duplicates": "ignore",
}
BODY = {
    **CREATED_SYNC,
    "destinationConfig": GITHUB,
    "syncOptions": KEPT,
}


def github(**changes: Any) -> dict:
    return api_sync(**{"destination": "github", "destinationConfig": GITHUB, "syncOptions": KEPT, **changes})


def run(server: Server, many: bool, **options: Any) -> tuple[Result, dict]:
    return run_sync(server, many, {**ITEM, **options})


@MANY
def test_a_setting_that_a_new_sync_lacks_fails_the_task(server: Server, many: bool) -> None:
    lists_syncs(server)
    body = {**BODY, "syncOptions": {**KEPT, "autoRedeploy": True}}
    server.expects("POST", f"{SYNCS}/github", {"secretSync": github()}, body=body)
    result, part = run(server, many, sync_options={"auto_redeploy": True})
    assert (
        f"The server created secret sync {SYNC_ID}, but without sync_options.auto_redeploy: this server or this"
        " destination doesn't know it, or doesn't allow it. Leave it out to continue with the secret sync as it is."
    ) in result.msg
    assert part["error_kind"] == "update_ignored"
    assert (part["changed"], part["secret_sync"]["id"]) == (True, SYNC_ID)
    assert result.failed


@MANY
def test_settings_that_a_new_sync_lacks_are_told_apart_from_defaults(server: Server, many: bool) -> None:
    """What the task specified fails it, whatever else of the same option is a default."""
    lists_syncs(server)
    body = {**BODY, "syncOptions": {**KEPT, "autoRedeploy": True, "keySchema": "{{secretKey}}_B"}}
    answer = github(syncOptions={"initialSyncBehavior": "overwrite-destination"})
    server.expects("POST", f"{SYNCS}/github", {"secretSync": answer}, body=body)
    options = {"auto_redeploy": True, "key_schema": "{{secretKey}}_B"}
    result, _part = run(server, many, sync_options=options)
    assert "but without sync_options.auto_redeploy, sync_options.key_schema: this server" in result.msg


@MANY
def test_it_fails_every_later_task_with_the_same_reasons_and_no_harmful_advice(server: Server, many: bool) -> None:
    lists_syncs(server, github())
    body = {"syncOptions": {**KEPT, "autoRedeploy": True}}
    server.expects("PATCH", f"{SYNCS}/github/{SYNC_ID}", {"secretSync": github()}, body=body)
    result, part = run(server, many, sync_options={"auto_redeploy": True})
    assert (
        f"The server accepted the update of secret sync {SYNC_ID} but kept sync_options.auto_redeploy (still unset):"
        " this server or this destination doesn't know it, or doesn't allow it. Leave it out to continue with the"
        " secret"
        " sync as it is."
    ) in result.msg
    assert part["error_kind"] == "update_ignored"
    assert "Make another sync" not in result.msg
    assert "remove" not in result.msg


@MANY
def test_a_default_that_a_new_sync_lacks_is_one_warning(server: Server, many: bool) -> None:
    lists_syncs(server)
    answer = github(syncOptions={"initialSyncBehavior": "overwrite-destination"})
    server.expects("POST", f"{SYNCS}/github", {"secretSync": answer}, body=BODY)
    result, part = run(server, many)
    assert part["changed"] is True
    [warning] = result.warnings
    assert warning.endswith(
        f"The server created secret sync {SYNC_ID}, but without sync_options.disable_secret_deletion, a default of this"
        " collection: this server or this destination doesn't know it, or doesn't allow it."
    )


@MANY
@pytest.mark.parametrize("exists", [False, True], ids=["created", "updated"])
def test_the_value_that_a_setting_has_instead_is_not_shown(server: Server, many: bool, exists: bool) -> None:
    def answer(schema: str) -> dict:
        return {"secretSync": github(syncOptions={**KEPT, "keySchema": schema})}

    options = {**KEPT, "keySchema": "{{secretKey}}_B"}
    if exists:
        lists_syncs(server, answer("{{secretKey}}_A")["secretSync"])
        server.expects("PATCH", f"{SYNCS}/github/{SYNC_ID}", answer("{{secretKey}}_A"), body={"syncOptions": options})
    else:
        lists_syncs(server)
        server.expects("POST", f"{SYNCS}/github", answer("{{secretKey}}_A"), body={**BODY, "syncOptions": options})
    result, part = run(server, many, sync_options={"key_schema": "{{secretKey}}_B"})
    kept = "kept sync_options.key_schema (still another value)" if exists else "without sync_options.key_schema"
    assert f"{kept}: this server or this destination doesn't know it, or doesn't allow it." in result.msg
    assert "secretKey" not in result.msg
    assert part["error_kind"] == "update_ignored"


@MANY
def test_a_specified_value_that_equals_the_default_is_no_default(server: Server, many: bool) -> None:
    lists_syncs(server)
    answer = github(syncOptions={"initialSyncBehavior": "overwrite-destination"})
    server.expects("POST", f"{SYNCS}/github", {"secretSync": answer}, body=BODY)
    result, _part = run(server, many, sync_options={"disable_secret_deletion": True})
    assert "but without sync_options.disable_secret_deletion: this server" in result.msg


@pytest.mark.parametrize("validate", ["warn", "strict"])
def test_a_setting_that_the_catalogue_knows_to_be_dropped_is_refused_before_the_create(
    server: Server, validate: str
) -> None:
    result = server.run(
        infisical_secret_sync,
        project_id=PROJECT,
        **{**ITEM, "destination": "azure-entra-id-scim", "destination_config": {"service_principal_id": PROJECT}},
        sync_options={"secret_key": "S", "disable_secret_deletion": False, "key_schema": "A_{{secretKey}}"},
        validate=validate,
    )
    assert "sync_options.key_schema: Azure Entra ID SCIM doesn't use a key schema." in result.msg
    assert result["error_kind"] == "input"


# --- keys that are sent and never returned ----------------------------------------------------------------------------

SCIM = {
    **ITEM,
    "destination": "azure-entra-id-scim",
    "destination_config": {"service_principal_id": PROJECT},
    "sync_options": {"secret_key": "SCIM_TOKEN", "disable_secret_deletion": False},
}
SCIM_OPTIONS = {"initialSyncBehavior": "overwrite-destination", "disableSecretDeletion": False}


def scim(**changes: Any) -> dict:
    options = {**SCIM_OPTIONS, "secretId": "2f5c7b76-6a27-4e45-b6fc-3a0b1c3f5e70"}
    return github(
        **{
            "destination": "azure-entra-id-scim",
            "destinationConfig": {"servicePrincipalId": PROJECT},
            "syncOptions": options,
            **changes,
        }
    )


def test_a_key_that_is_never_returned_is_sent_by_a_create_and_not_missed_in_its_answer(server: Server) -> None:
    lists_syncs(server)
    body = {
        **BODY,
        "destinationConfig": {"servicePrincipalId": PROJECT},
        "syncOptions": {**SCIM_OPTIONS, "secretKey": "SCIM_TOKEN"},
    }
    server.expects("POST", f"{SYNCS}/azure-entra-id-scim", {"secretSync": scim()}, body=body)
    result = server.run(infisical_secret_sync, project_id=PROJECT, **SCIM)
    assert (result.changed, result.warnings) == (True, [])


@pytest.mark.parametrize("check", [False, True])
def test_a_key_that_is_never_returned_is_not_compared(server: Server, check: bool) -> None:
    lists_syncs(server, scim())
    result = server.run(infisical_secret_sync, project_id=PROJECT, **SCIM, check=check)
    assert result.changed is False


def test_a_key_that_is_never_returned_goes_along_with_a_change_of_its_neighbours(server: Server) -> None:
    before = scim(syncOptions={**SCIM_OPTIONS, "secretId": "2f5c7b76-6a27-4e45-b6fc-3a0b1c3f5e70", "keySchema": "x"})
    lists_syncs(server, before)
    # The server gives another id to another key, and takes none.
    after = scim(syncOptions={**SCIM_OPTIONS, "secretId": "11111111-6a27-4e45-b6fc-3a0b1c3f5e70"})
    body = {"syncOptions": {**SCIM_OPTIONS, "secretKey": "SCIM_TOKEN", "keySchema": ""}}
    server.expects("PATCH", f"{SYNCS}/azure-entra-id-scim/{SYNC_ID}", {"secretSync": after}, body=body)
    options = {**SCIM, "sync_options": {**SCIM["sync_options"], "key_schema": ""}}
    assert server.run(infisical_secret_sync, project_id=PROJECT, **options).changed is True


def test_check_mode_shows_what_a_real_run_would_return(server: Server) -> None:
    lists_syncs(server)
    server.expects_source()
    result = server.run(infisical_secret_sync, project_id=PROJECT, **SCIM, check=True)
    assert "secret_key" not in result["secret_sync"]["sync_options"]


# --- the other kinds --------------------------------------------------------------------------------------------------


def test_a_field_that_a_new_connection_lacks(server: Server) -> None:
    path = "/api/v1/app-connections/aws"
    server.expects("GET", path, {"appConnections": []})
    credentials = {"accessKeyId": "AKIAEXAMPLE", "secretAccessKey": "canary-secret-4711"}
    body = {"name": "aws-dev", "method": "access-key", "description": "for dev", "credentials": credentials}
    server.expects("POST", path, {"appConnection": api_connection()}, body=body)
    result = server.run(
        infisical_app_connection,
        app="aws",
        name="aws-dev",
        method="access-key",
        description="for dev",
        credentials={"access_key_id": "AKIAEXAMPLE", "secret_access_key": "canary-secret-4711"},
    )
    assert f"The server created app connection {CONNECTION_ID}, but without description: this server" in result.msg
    assert (result.changed, result["app_connection"]["id"]) == (True, CONNECTION_ID)


def test_a_field_of_a_new_auth_that_has_another_value(server: Server) -> None:
    server.expects("GET", AUTHS, {"authorizations": []})
    server.expects_probe()
    body = {"workspaceId": PROJECT, "integration": "aws-secret-manager", "namespace": "eu", "accessToken": "t-1"}
    body["accessId"] = "AKIAEXAMPLE"
    server.expects("POST", CREATE_AUTH, {"integrationAuth": api_auth(namespace="us")}, body=body)
    result = server.run(
        infisical_integration_auth,
        project_id=PROJECT,
        integration="aws-secret-manager",
        namespace="eu",
        access_id="AKIAEXAMPLE",
        access_token="t-1",
    )
    assert "The server created integration auth" in result.msg
    assert "but without namespace (is 'us'): this server" in result.msg
    assert (result.changed, result["integration_auth"]["namespace"]) == (True, "us")


def test_a_field_that_a_new_integration_lacks(server: Server) -> None:
    server.expects("GET", INTEGRATIONS, {"integrations": []})
    server.expects("GET", AUTHS, {"authorizations": [api_auth()]})
    body = {
        "integrationAuthId": api_auth()["id"],
        "sourceEnvironment": "dev",
        "secretPath": "/app",
        "isActive": True,
        "app": "my-app/dev",
        "region": "us-east-1",
        "metadata": {"mappingBehavior": "many-to-one", "metadataSyncMode": "custom"},
    }
    answer = api_integration(metadata={"mappingBehavior": "many-to-one"})
    server.expects("POST", CREATE_INTEGRATION, {"integration": answer}, body=body)
    result = server.run(
        infisical_integration,
        project_id=PROJECT,
        integration="aws-secret-manager",
        source_environment="dev",
        secret_path="/app",
        app="my-app/dev",
        region="us-east-1",
        metadata={"mapping_behavior": "many-to-one", "metadata_sync_mode": "custom"},
    )
    assert (
        f"The server created integration {INTEGRATION_ID}, but without metadata.metadata_sync_mode: this server or this"
        " service doesn't know it, or doesn't allow it."
    ) in result.msg
    assert (result.changed, result["integration"]["id"]) == (True, INTEGRATION_ID)
