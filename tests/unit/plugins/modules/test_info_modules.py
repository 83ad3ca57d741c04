# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.community.infisical.plugins.modules import infisical_integration_auth_info as auth_info
from ansible_collections.community.infisical.plugins.modules import infisical_integration_info as info
from ansible_collections.community.infisical.tests.unit.plugins.harness import (
    AUTH,
    AUTH_ID,
    AUTHS,
    INTEGRATION,
    INTEGRATION_ID,
    INTEGRATIONS,
    OTHER_AUTH_ID,
    OTHER_INTEGRATION_ID,
    PROJECT,
    Result,
    Server,
    api_auth,
    api_integration,
    not_found,
)

PROD = {"slug": "prod", "name": "Production", "id": "1"}
THIRD = "88de59c4-dc8b-45d8-94b9-000000000003"


def ids(result: Result) -> list[str]:
    (rows,) = (value for key, value in result.data.items() if key.startswith("integration"))
    assert result.changed is False
    return [row["id"] for row in rows]


INTEGRATION_FILTERS = {
    "none": ({}, [INTEGRATION_ID, OTHER_INTEGRATION_ID, THIRD]),
    "service": ({"integration": "github"}, [OTHER_INTEGRATION_ID]),
    "auth": ({"integration_auth_id": OTHER_AUTH_ID.upper()}, [OTHER_INTEGRATION_ID]),
    "environment": ({"source_environment": " prod "}, [THIRD]),
    "folder": ({"secret_path": "/app/"}, [INTEGRATION_ID, THIRD]),
    "folder and environment": ({"secret_path": "/app", "source_environment": "dev"}, [INTEGRATION_ID]),
    "no match": ({"integration": "vercel"}, []),
    "empty, which is none": ({"integration": "", "secret_path": ""}, [INTEGRATION_ID, OTHER_INTEGRATION_ID, THIRD]),
}


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize(("filters", "found"), INTEGRATION_FILTERS.values(), ids=INTEGRATION_FILTERS)
def test_integrations_oldest_first(server: Server, filters: dict, found: list, check: bool) -> None:
    rows = [
        api_integration(id=THIRD, createdAt="2028-01-01T00:00:00.000Z", environment=PROD),
        api_integration(
            id=OTHER_INTEGRATION_ID,
            createdAt="2027-01-01T00:00:00.000Z",
            integration="github",
            integrationAuthId=OTHER_AUTH_ID,
            secretPath="/",
        ),
        api_integration(),
    ]
    server.expects("GET", INTEGRATIONS, {"integrations": rows})
    assert ids(server.run(info, project_id=PROJECT, **filters, check=check)) == found


AUTH_FILTERS = {
    "none": ({}, [AUTH_ID, OTHER_AUTH_ID]),
    "service": ({"integration": "github"}, [OTHER_AUTH_ID]),
    "no match": ({"integration": "vercel"}, []),
}


@pytest.mark.parametrize(("filters", "found"), AUTH_FILTERS.values(), ids=AUTH_FILTERS)
def test_auths_oldest_first(server: Server, filters: dict, found: list) -> None:
    rows = [api_auth(id=OTHER_AUTH_ID, createdAt="2027-01-01T00:00:00.000Z", integration="github"), api_auth()]
    server.expects("GET", AUTHS, {"authorizations": rows})
    assert ids(server.run(auth_info, workspace_id=PROJECT, **filters)) == found


def gets(server: Server, answer: dict | None = None) -> Server:
    return server.expects("GET", INTEGRATION, **(answer or {"answer": {"integration": api_integration()}}))


def gets_auth(server: Server, answer: dict | None = None) -> Server:
    return server.expects("GET", AUTH, **(answer or {"answer": {"integrationAuth": api_auth()}}))


def test_one_integration(server: Server) -> None:
    gets(server)
    gets_auth(server)
    result = server.run(info, integration_id=INTEGRATION_ID)
    assert ids(result) == [INTEGRATION_ID]
    assert result["integrations"][0]["project_id"] == PROJECT


def test_one_integration_whose_auth_is_gone(server: Server) -> None:
    gets(server)
    gets_auth(server, not_found())
    result = server.run(info, integration_id=INTEGRATION_ID)
    assert result["integrations"][0]["project_id"] is None


@pytest.mark.parametrize("filters", [{"integration": "github"}, {"secret_path": "/"}])
def test_one_integration_that_a_filter_leaves_out(server: Server, filters: dict) -> None:
    gets(server)
    gets_auth(server)
    assert ids(server.run(info, integration_id=INTEGRATION_ID, **filters)) == []


def test_no_integration(server: Server) -> None:
    gets(server, not_found())
    assert ids(server.run(info, integration_id=INTEGRATION_ID)) == []


def test_one_integration_of_a_project_that_has_others(server: Server) -> None:
    server.expects(
        "GET", f"/api/v1/projects/{PROJECT}/integrations", {"integrations": [api_integration(id=OTHER_INTEGRATION_ID)]}
    )
    assert ids(server.run(info, integration_id=INTEGRATION_ID, project_id=PROJECT)) == []


def test_one_auth(server: Server) -> None:
    gets_auth(server)
    assert ids(server.run(auth_info, integration_auth_id=AUTH_ID)) == [AUTH_ID]


@pytest.mark.parametrize("options", [{"integration": "github"}])
def test_one_auth_that_a_filter_leaves_out(server: Server, options: dict) -> None:
    gets_auth(server)
    assert ids(server.run(auth_info, integration_auth_id=AUTH_ID, **options)) == []


def test_no_auth(server: Server) -> None:
    gets_auth(server, not_found())
    assert ids(server.run(auth_info, integration_auth_id=AUTH_ID)) == []


@pytest.mark.parametrize(
    ("module", "options", "message"),
    [
        (info, {}, "one of the following is required: project_id, project_slug, integration_id"),
        (info, {"project_id": ""}, "project_id "),
        (
            info,
            {"project_id": "a b"},
            "project_id 'a b' is not an ID: letters, digits, '-' and '_' only (see the project's settings page).",
        ),
        (info, {"integration_id": "x"}, "integration_id 'x' is not an ID: it should look like"),
        (info, {"project_id": PROJECT, "integration_auth_id": "x"}, "integration_auth_id 'x' is not an ID:"),
        (auth_info, {}, "one of the following is required: project_id, project_slug, integration_auth_id"),
        (auth_info, {"project_id": ""}, "project_id "),
        (auth_info, {"integration_auth_id": "x"}, "integration_auth_id 'x' is not an ID: it should look like"),
    ],
)
def test_refused_input_sends_nothing(server: Server, module: Any, options: dict, message: str) -> None:
    assert server.run(module, **options).msg.startswith(message)


def test_the_keys_are_those_of_the_module_that_manages(server: Server) -> None:
    server.expects("GET", INTEGRATIONS, {"integrations": [api_integration(metadata={"secretPrefix": "P_"})]})
    (row,) = server.run(info, project_id=PROJECT)["integrations"]
    assert row["source_environment"] == "dev"
    assert row["metadata"] == {"secret_prefix": "P_"}
