# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An unknown project is an error with near ones, in each kind of module and all the words that servers have for it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.community.infisical.plugins.modules import (
    infisical_app_connection,
    infisical_audit_info,
    infisical_integration_info,
    infisical_integrations,
    infisical_migration,
    infisical_secret_sync,
    infisical_secret_sync_info,
)
from ansible_collections.community.infisical.tests.unit.plugins.harness import (
    CONNECTION_ID,
    PROJECT,
    Server,
    api_error,
    not_found,
)

MEANT = PROJECT[:-2] + "00"
OUTSIDER = f"Identity is not a member of the specified project with ID '{PROJECT}'"
COMMON = "You are not allowed to access this resource"
REFUSALS: dict[str, dict[str, Any]] = {
    "not a member": {"answer": api_error(403, "ForbiddenError", OUTSIDER), "status": 403},
    "not a member, older words": {"answer": api_error(403, OUTSIDER, COMMON), "status": 403},
    "not found": not_found(f"Project with ID '{PROJECT}' not found"),
}
NATIVES = f"/api/v1/projects/{PROJECT}/integrations"
IN_QUERY = {"projectId": PROJECT}
SYNC = {
    "name": "app",
    "destination": "github",
    "connection_id": CONNECTION_ID,
    "environment": "dev",
    "destination_config": {"scope": "repository", "owner": "o", "repo": "r"},
}
KEYS = {"access_key_id": "AKIAX", "secret_access_key": "canary-key"}
TASKS: dict[str, tuple[Any, dict[str, Any], str, dict[str, str]]] = {
    "single": (infisical_secret_sync, SYNC, "/api/v1/secret-syncs", IN_QUERY),
    "plural": (infisical_integrations, {"integrations": [], "purge": False}, NATIVES, {}),
    "list of natives": (infisical_integration_info, {}, NATIVES, {}),
    "list of syncs": (infisical_secret_sync_info, {}, "/api/v1/secret-syncs", IN_QUERY),
    "connection": (
        infisical_app_connection,
        {"app": "aws", "name": "aws", "method": "access-key", "credentials": KEYS},
        "/api/v1/app-connections/aws",
        IN_QUERY,
    ),
}


@pytest.mark.parametrize(("module", "options", "path", "query"), TASKS.values(), ids=TASKS)
@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS)
@pytest.mark.parametrize("check", [False, True])
def test_near_matches(
    server: Server, module: Any, options: dict, path: str, query: dict, refusal: dict, check: bool
) -> None:
    server.expects("GET", path, query=query, **refusal)
    server.expects("GET", "/api/v1/projects", {"projects": [{"id": MEANT, "slug": "payments"}]})
    result = server.run(module, project_id=PROJECT, check=check, **options)
    assert result.msg.endswith(f"]. Did you mean {MEANT} (payments)?")
    assert result["status"] == refusal["status"]


@pytest.mark.parametrize("module", [infisical_audit_info, infisical_migration])
def test_near_matches_of_one_of_several(server: Server, module: Any) -> None:
    refusal = REFUSALS["not a member"]
    if module is infisical_audit_info:
        server.expects("GET", f"/api/v1/projects/{PROJECT}", **refusal)
    server.expects("GET", NATIVES, **refusal)
    server.expects("GET", "/api/v1/projects", {"projects": [{"id": MEANT, "slug": "payments"}]})
    options = {"phase": "plan"} if module is infisical_migration else {}
    result = server.run(module, project_ids=[PROJECT], **options)
    assert f"Did you mean {MEANT} (payments)?" in result.msg


def test_the_projects_of_a_server_that_tells_no_slugs_go_by_their_names(server: Server) -> None:
    server.expects("GET", NATIVES, query={}, **REFUSALS["not a member"])
    server.expects("GET", "/api/v1/projects", {"projects": [{"id": MEANT, "name": "Payments"}]})
    result = server.run(infisical_integration_info, project_id=PROJECT)
    assert result.msg.endswith(f"]. Did you mean {MEANT} (Payments)?")


def test_another_refusal_asks_for_nothing_more(server: Server) -> None:
    refusal = api_error(403, "PermissionDenied", "You are not allowed to read on integrations")
    server.expects("GET", NATIVES, refusal, status=403)
    assert "Did you mean" not in server.run(infisical_integration_info, project_id=PROJECT).msg
