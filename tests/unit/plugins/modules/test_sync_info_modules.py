# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.community.infisical.plugins.modules import infisical_app_connection as connection
from ansible_collections.community.infisical.plugins.modules import infisical_app_connection_info as connection_info
from ansible_collections.community.infisical.plugins.modules import infisical_secret_sync as sync
from ansible_collections.community.infisical.plugins.modules import infisical_secret_sync_info as info
from ansible_collections.community.infisical.tests.unit.plugins.harness import (
    CONNECTION_ID,
    OTHER_CONNECTION_ID,
    OTHER_SYNC_ID,
    PROJECT,
    SYNC_ID,
    Result,
    Server,
    api_connection,
    api_error,
    api_sync,
    no_route,
    not_found,
)

THIRD = "d0000000-0000-4000-8000-000000000003"
CONNECTIONS = "/api/v1/app-connections"
SYNCS = "/api/v1/secret-syncs"


def ids(result: Result) -> list[str]:
    (rows,) = (value for key, value in result.data.items() if key in ("app_connections", "secret_syncs"))
    assert result.changed is False
    return [row["id"] for row in rows]


SYNC_FILTERS: dict[str, tuple[dict, list]] = {
    "none": ({}, [SYNC_ID, OTHER_SYNC_ID, THIRD]),
    "destination": ({"destination": " github "}, [OTHER_SYNC_ID]),
    "name": ({"name": "app-dev"}, [SYNC_ID]),
    "id": ({"sync_id": OTHER_SYNC_ID.upper()}, [OTHER_SYNC_ID]),
    "environment": ({"environment": "prod"}, [OTHER_SYNC_ID]),
    "folder": ({"secret_path": "/app/"}, [SYNC_ID, OTHER_SYNC_ID]),
    "folder and environment": ({"secret_path": "/app", "environment": "dev"}, [SYNC_ID]),
    "id and another name": ({"sync_id": SYNC_ID, "name": "other"}, []),
    "empty, which is none": ({"sync_id": "", "secret_path": "", "name": ""}, [SYNC_ID, OTHER_SYNC_ID, THIRD]),
}


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize(("filters", "found"), SYNC_FILTERS.values(), ids=SYNC_FILTERS)
def test_syncs_oldest_first(server: Server, filters: dict, found: list, check: bool) -> None:
    rows = [
        api_sync(id=THIRD, name="gone", createdAt="2028-01-01T00:00:00.000Z", environment=None, folder=None),
        api_sync(
            id=OTHER_SYNC_ID,
            name="hub",
            createdAt="2027-01-01T00:00:00.000Z",
            destination="github",
            environment={"slug": "prod"},
        ),
        api_sync(),
    ]
    server.expects("GET", SYNCS, {"secretSyncs": rows}, query={"projectId": PROJECT})
    assert ids(server.run(info, project_id=f" {PROJECT} ", **filters, check=check)) == found


def test_a_sync_whose_source_is_gone(server: Server) -> None:
    rows = [api_sync(environment=None, folder=None, folderId=None, destinationConfig=None, syncOptions=None)]
    server.expects("GET", SYNCS, {"secretSyncs": rows}, query={"projectId": PROJECT})
    (row,) = server.run(info, project_id=PROJECT)["secret_syncs"]
    assert (row["environment"], row["secret_path"], row["destination_config"]) == (None, None, {})


def test_a_server_without_syncs(server: Server) -> None:
    server.expects("GET", SYNCS, query={"projectId": PROJECT}, **no_route())
    assert server.run(info, project_id=PROJECT)["error_kind"] == "route_missing"


CONNECTION_FILTERS: dict[str, tuple[dict, str, dict | None, list]] = {
    "of the organization": ({}, CONNECTIONS, None, [CONNECTION_ID, OTHER_CONNECTION_ID]),
    "of an app": ({"app": "aws"}, f"{CONNECTIONS}/aws", None, [CONNECTION_ID, OTHER_CONNECTION_ID]),
    "of a project": (
        {"project_id": PROJECT},
        CONNECTIONS,
        {"projectId": PROJECT},
        [CONNECTION_ID, OTHER_CONNECTION_ID],
    ),
    "of an app in a project": (
        {"app": " aws ", "project_id": f" {PROJECT} "},
        f"{CONNECTIONS}/aws",
        {"projectId": PROJECT},
        [CONNECTION_ID, OTHER_CONNECTION_ID],
    ),
    "of a name": ({"name": " aws-dev "}, CONNECTIONS, None, [CONNECTION_ID]),
    "no match": ({"name": "other"}, CONNECTIONS, None, []),
    "empty, which is none": (
        {"app": "", "name": "", "project_id": None, "connection_id": ""},
        CONNECTIONS,
        None,
        [CONNECTION_ID, OTHER_CONNECTION_ID],
    ),
}


@pytest.mark.parametrize(("filters", "path", "query", "found"), CONNECTION_FILTERS.values(), ids=CONNECTION_FILTERS)
def test_connections_oldest_first(server: Server, filters: dict, path: str, query: dict | None, found: list) -> None:
    rows = [
        api_connection(id=OTHER_CONNECTION_ID, name="aws-prod", createdAt="2027-01-01T00:00:00.000Z"),
        api_connection(),
    ]
    server.expects("GET", path, {"appConnections": rows}, query=query)
    assert ids(server.run(connection_info, **filters)) == found


@pytest.mark.parametrize("filters", [{}, {"app": "aws"}, {"name": "aws-dev"}])
def test_connections_of_projects_are_not_the_organizations(server: Server, filters: dict) -> None:
    """The organization's list holds those of all projects, too."""
    theirs = api_connection(id=OTHER_CONNECTION_ID, projectId=PROJECT)
    path = f"{CONNECTIONS}/aws" if "app" in filters else CONNECTIONS
    server.expects("GET", path, {"appConnections": [theirs, api_connection()]})
    assert ids(server.run(connection_info, **filters)) == [CONNECTION_ID]


@pytest.mark.parametrize(("name", "found"), [(None, True), ("aws-dev", True), ("other", False)])
def test_one_connection(server: Server, name: str | None, found: bool) -> None:
    server.expects("GET", f"{CONNECTIONS}/aws/{CONNECTION_ID}", {"appConnection": api_connection()})
    result = server.run(connection_info, app="aws", connection_id=CONNECTION_ID.upper(), name=name)
    assert ids(result) == [CONNECTION_ID] * found


def test_no_connection(server: Server) -> None:
    server.expects("GET", f"{CONNECTIONS}/aws/{CONNECTION_ID}", **not_found())
    assert ids(server.run(connection_info, app="aws", connection_id=CONNECTION_ID)) == []


def test_connections_that_may_not_be_read(server: Server) -> None:
    server.expects("GET", CONNECTIONS, api_error(403, "PermissionDenied", "no"), status=403)
    assert server.run(connection_info)["error_kind"] == "permission"


def test_no_credentials_are_shown(server: Server) -> None:
    rows = [api_connection(credentials={"accessKeyId": "AKIAEXAMPLE", "oddlyShown": "aws-secret-1"})]
    server.expects("GET", CONNECTIONS, {"appConnections": rows})
    assert "aws-secret-1" not in server.run(connection_info).output


REFUSED: list[tuple[Any, dict, str]] = [
    (info, {"project_id": "a b"}, "project_id 'a b' is not an ID: letters, digits, '-' and '_' only"),
    (info, {"project_id": PROJECT, "sync_id": "x"}, "sync_id 'x' is not an ID: it should look like"),
    (connection_info, {"project_id": "a b"}, "project_id 'a b' is not an ID"),
    (connection_info, {"app": "a/b"}, "app 'a/b' is not a slug"),
    (connection_info, {"app": "aws", "connection_id": "x"}, "connection_id 'x' is not an ID"),
    (connection_info, {"connection_id": CONNECTION_ID}, "missing parameter(s) required by 'connection_id': app"),
    (connection_info, {"connection_id": CONNECTION_ID, "app": ""}, "app is missing: a connection is found by its ID"),
]


@pytest.mark.parametrize(("module", "options", "message"), REFUSED)
def test_refused_input_sends_nothing(server: Server, module: Any, options: dict, message: str) -> None:
    assert server.run(module, **options).msg.startswith(message)


def test_a_sync_needs_its_project(server: Server) -> None:
    assert "project_id" in server.run(info).msg


def test_the_keys_are_those_of_the_modules_that_manage(server: Server) -> None:
    server.expects("GET", SYNCS, {"secretSyncs": [api_sync()]}, query={"projectId": PROJECT})
    (row,) = server.run(info, project_id=PROJECT)["secret_syncs"]
    server.expects("GET", SYNCS, {"secretSyncs": [api_sync()]}, query={"projectId": PROJECT})
    assert row == server.run(sync, project_id=PROJECT, name="app-dev")["secret_sync"]
    server.expects("GET", CONNECTIONS, {"appConnections": [api_connection()]})
    (row,) = server.run(connection_info)["app_connections"]
    server.expects("GET", f"{CONNECTIONS}/aws", {"appConnections": [api_connection()]})
    assert row == server.run(connection, app="aws", name="aws-dev")["app_connection"]
