# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections by name, for identities that may not read them; and servers that have none of projects."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.community.infisical.plugins.modules import (
    infisical_app_connection,
    infisical_app_connection_info,
    infisical_secret_sync,
    infisical_secret_syncs,
)
from ansible_collections.community.infisical.tests.unit.plugins.harness import (
    CONNECTION_ID,
    MANY,
    OTHER_CONNECTION_ID,
    OTHER_PROJECT,
    PROJECT,
    SYNC_ID,
    SYNCS,
    Result,
    Server,
    api_connection,
    api_error,
    api_sync,
    lists_syncs,
    no_route,
    not_found,
)

BY_NAME = "/api/v1/app-connections/{}/connection-name/aws-dev"
CONFIG = {"region": "us-east-1", "mapping_behavior": "many-to-one", "secret_name": "my-app/dev"}
API_CONFIG = {"region": "us-east-1", "mappingBehavior": "many-to-one", "secretName": "my-app/dev"}
API_OPTIONS = {"initialSyncBehavior": "overwrite-destination", "disableSecretDeletion": True}
SYNC = {
    "name": "app-dev",
    "destination": "aws-secrets-manager",
    "connection_name": "aws-dev",
    "environment": "dev",
    "secret_path": "/app",
    "destination_config": CONFIG,
    "check_duplicates": "ignore",
}
DENIED = {"status": 403, "answer": api_error(403, "PermissionDenied", "You are not allowed to read on app-connections")}
OTHER_APP = {
    "status": 400,
    "answer": api_error(400, "BadRequest", "App Connection with name aws-dev is not for App AWS"),
}
FOUND = {"answer": {"appConnection": api_connection()}}


def row(**changes: Any) -> dict:
    return {
        "app": "aws",
        "name": "aws-dev",
        "id": CONNECTION_ID,
        "orgId": api_connection()["orgId"],
        "projectId": None,
        **changes,
    }


def looks_up(server: Server, project: dict, organization: dict | None = None, app: str = "aws") -> None:
    server.expects("GET", BY_NAME.format(app), query={"projectId": PROJECT}, **project)
    if organization:
        server.expects("GET", BY_NAME.format(app), **organization)


def available(server: Server, *rows: dict, app: str = "aws", **answer: Any) -> None:
    answer = answer or {"answer": {"appConnections": list(rows)}}
    server.expects("GET", f"/api/v1/app-connections/{app}/available", query={"projectId": PROJECT}, **answer)


def creates(server: Server, connection_id: str = CONNECTION_ID) -> None:
    body = {
        "name": "app-dev",
        "projectId": PROJECT,
        "connectionId": connection_id,
        "environment": "dev",
        "secretPath": "/app",
        "isAutoSyncEnabled": True,
        "destinationConfig": API_CONFIG,
        "syncOptions": API_OPTIONS,
    }
    answer = {"secretSync": api_sync(connectionId=connection_id)}
    server.expects("POST", f"{SYNCS}/aws-secrets-manager", answer, body=body)


def sync(server: Server, many: bool = False, **options: Any) -> Result:
    if many:
        return server.run(infisical_secret_syncs, project_id=PROJECT, syncs=[{**SYNC, **options}])
    return server.run(infisical_secret_sync, project_id=PROJECT, **{**SYNC, **options})


MAY_NOT_READ: dict[str, tuple[dict, dict | None]] = {
    "neither": (DENIED, DENIED),
    "the organization's": (not_found(), DENIED),
    "the project's": (DENIED, not_found()),
}


@MANY
@pytest.mark.parametrize(("project", "organization"), MAY_NOT_READ.values(), ids=MAY_NOT_READ)
def test_a_connection_that_may_be_used_and_not_read(
    server: Server, project: dict, organization: dict, many: bool
) -> None:
    lists_syncs(server)
    looks_up(server, project, organization if project["status"] == 404 else None)
    available(server, row(id=OTHER_CONNECTION_ID, name="other"), row())
    creates(server)
    assert sync(server, many).changed is True


def test_the_one_of_the_project_comes_first_there_too(server: Server) -> None:
    lists_syncs(server)
    looks_up(server, DENIED)
    available(server, row(), row(id=OTHER_CONNECTION_ID, projectId=PROJECT))
    creates(server, OTHER_CONNECTION_ID)
    assert sync(server).changed is True


def test_several_of_which_the_server_does_not_tell_the_project(server: Server) -> None:
    lists_syncs(server)
    looks_up(server, DENIED)
    rows = [
        {key: value for key, value in row(id=one).items() if key != "projectId"} for one in (CONNECTION_ID, SYNC_ID)
    ]
    available(server, *rows)
    result = sync(server)
    assert result["error_kind"] == "conflict"
    assert result.msg == (
        "2 aws connections are called 'aws-dev', and this identity may not read which is the project's:"
        f" {CONNECTION_ID}, {SYNC_ID}. Specify connection_id instead of connection_name."
    )


def test_none_of_another_project_or_another_app(server: Server) -> None:
    lists_syncs(server)
    looks_up(server, DENIED)
    available(server, row(projectId=OTHER_PROJECT), row(id=OTHER_CONNECTION_ID, app="github"))
    assert sync(server).msg.startswith("There is no aws connection called 'aws-dev'")


@pytest.mark.parametrize("refusal", [DENIED, no_route()], ids=["forbidden", "unknown"])
def test_an_identity_that_may_neither_read_nor_use(server: Server, refusal: dict) -> None:
    lists_syncs(server)
    looks_up(server, DENIED)
    available(server, **refusal)
    result = sync(server)
    assert result["error_kind"] == "permission"
    assert "You are not allowed to read on app-connections" in result.msg


@MANY
def test_a_connection_of_that_name_for_another_app_hides_none(server: Server, many: bool) -> None:
    lists_syncs(server)
    looks_up(server, OTHER_APP, FOUND)
    creates(server)
    assert sync(server, many).changed is True


def test_only_connections_of_that_name_for_other_apps(server: Server) -> None:
    lists_syncs(server)
    looks_up(server, OTHER_APP, OTHER_APP)
    assert sync(server).msg.startswith("There is no aws connection called 'aws-dev'")


def test_another_refusal_is_told(server: Server) -> None:
    lists_syncs(server)
    looks_up(server, {"status": 400, "answer": api_error(400, "BadRequest", "something else")})
    assert "something else" in sync(server).msg


@pytest.mark.parametrize(
    ("slug", "app"), [("cloudflare-secrets-store", "cloudflare"), ("keeper-password-manager", "keeper")]
)
def test_the_app_of_a_destination_that_is_called_otherwise(server: Server, slug: str, app: str) -> None:
    lists_syncs(server)
    looks_up(server, not_found(), not_found(), app)
    result = sync(server, destination=slug, destination_config=None)
    assert result.msg.startswith(f"There is no {app} connection called 'aws-dev'")


# --- a change of the configuration ------------------------------------------------------------------------------------


@MANY
@pytest.mark.parametrize("behavior", ["many-to-one", "one-to-one"])
def test_a_change_of_the_configuration_takes_the_options_along(server: Server, behavior: str, many: bool) -> None:
    there = API_CONFIG if behavior == "many-to-one" else {"region": "us-east-1", "mappingBehavior": behavior}
    options = {**API_OPTIONS, "keyId": None, "tags": [{"key": "a", "value": "b"}]}
    lists_syncs(server, api_sync(destinationConfig=there, syncOptions=options))
    config = {**there, "region": "eu-west-1"}
    sent = {"initialSyncBehavior": "overwrite-destination", "disableSecretDeletion": True, "tags": options["tags"]}
    body = {"destinationConfig": config, "syncOptions": sent}
    answer = api_sync(destinationConfig=config, syncOptions=options)
    server.expects("PATCH", f"{SYNCS}/aws-secrets-manager/{SYNC_ID}", {"secretSync": answer}, body=body)
    result = sync(server, many, destination_config={"region": "eu-west-1"})
    assert result.changed is True


# --- servers that have connections of organizations alone -------------------------------------------------------------

CONNECTIONS = "/api/v1/app-connections/aws"
KEYS = {"access_key_id": "AKIAEXAMPLE", "secret_access_key": "canary-secret-4711"}
AWS = {"app": "aws", "name": "aws-dev", "method": "access-key", "project_id": PROJECT, "credentials": KEYS}
AWS_BODY = {
    "name": "aws-dev",
    "method": "access-key",
    "projectId": PROJECT,
    "credentials": {"accessKeyId": "AKIAEXAMPLE", "secretAccessKey": "canary-secret-4711"},
}


def unplaced(**changes: Any) -> dict:
    """A connection as servers of 2025 answer it: without a word of projects."""
    return {key: value for key, value in api_connection(**changes).items() if key not in ("projectId", "project")}


def lists_connections(server: Server, *connections: dict) -> None:
    server.expects("GET", CONNECTIONS, {"appConnections": list(connections)}, query={"projectId": PROJECT})


MADE = (
    f"This server has no connections of projects: it created app connection {CONNECTION_ID} (aws-dev) for the whole"
    " organization."
)


@pytest.mark.parametrize("answer", [unplaced(), api_connection()], ids=["without the key", "with null"])
def test_a_connection_that_is_made_for_the_organization_instead_is_removed_again(server: Server, answer: dict) -> None:
    lists_connections(server, unplaced(id=OTHER_CONNECTION_ID, name="other"))
    server.expects("POST", CONNECTIONS, {"appConnection": answer}, body=AWS_BODY)
    server.expects("DELETE", f"{CONNECTIONS}/{CONNECTION_ID}", {"appConnection": answer})
    result = server.run(infisical_app_connection, **AWS)
    assert result.msg == (
        f"{MADE} It was removed again. Leave project_id out to have a connection that all projects can use."
    )
    assert (result.changed, result["error_kind"]) == (False, "update_ignored")


def test_one_that_can_not_be_removed_again_is_named(server: Server) -> None:
    lists_connections(server)
    server.expects("POST", CONNECTIONS, {"appConnection": unplaced()}, body=AWS_BODY)
    server.expects("DELETE", f"{CONNECTIONS}/{CONNECTION_ID}", **DENIED)
    result = server.run(infisical_app_connection, **AWS)
    assert result.msg.startswith(f"{MADE} It could not be removed again: ")
    assert (result.changed, result["app_connection"]["id"]) == (True, CONNECTION_ID)


def test_one_of_the_organization_is_not_removed_as_the_projects(server: Server) -> None:
    lists_connections(server, unplaced())
    assert server.run(infisical_app_connection, **AWS, state="absent").changed is False


@pytest.mark.parametrize("app", ["aws", "github"])
@pytest.mark.parametrize("check", [False, True])
def test_one_of_the_organization_is_not_taken_for_the_projects(server: Server, check: bool, app: str) -> None:
    there = unplaced(app=app)
    lists_connections(server, *([there] if app == "aws" else []))
    if not check:
        taken = api_error(400, "BadRequest", 'An App Connection with the name "aws-dev" already exists')
        server.expects("POST", CONNECTIONS, taken, status=400, body={**AWS_BODY, "description": "mine"})
        lists_connections(server, *([there] if app == "aws" else []))
    server.expects("GET", "/api/v1/app-connections", {"appConnections": [there]}, query={"projectId": PROJECT})
    result = server.run(infisical_app_connection, **AWS, description="mine", check=check)
    assert result["error_kind"] == "input"
    assert result.msg == (
        "This server has no connections of projects, and its organization already has one called 'aws-dev': the"
        f" {app} connection {CONNECTION_ID}. Leave project_id out to manage connections of the organization."
    )


@pytest.mark.parametrize("state", ["present", "absent"])
def test_nor_by_its_id(server: Server, state: str) -> None:
    server.expects("GET", f"{CONNECTIONS}/{CONNECTION_ID}", {"appConnection": unplaced()})
    options = {"app": "aws", "connection_id": CONNECTION_ID, "project_id": PROJECT, "description": "mine"}
    result = server.run(infisical_app_connection, **options, state=state)
    assert result["error_kind"] == "input"
    assert "project_id" in result.msg


def test_a_list_of_a_project_does_not_say_that_they_are_its_own(server: Server) -> None:
    lists_connections(server, unplaced())
    result = server.run(infisical_app_connection_info, app="aws", project_id=PROJECT)
    assert result["app_connections"][0]["project_id"] is None
