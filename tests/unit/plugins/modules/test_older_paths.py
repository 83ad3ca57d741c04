# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The newer paths are tried first; a task that has seen that a server lacks them asks for none of them again."""

from __future__ import annotations

import pytest
from ansible_collections.community.infisical.plugins.modules import (
    infisical_integration,
    infisical_integrations,
    infisical_secret_syncs,
)
from ansible_collections.community.infisical.tests.unit.plugins.harness import (
    AUTHS,
    CONNECTION_ID,
    INTEGRATION_ID,
    INTEGRATIONS,
    MANY,
    PROJECT,
    Server,
    api_auth,
    api_error,
    api_integration,
    api_sync,
    lists_syncs,
    no_route,
    not_found,
)

SLUG = "my-project"
NEW, OLD = f"/api/v1/projects/{PROJECT}", f"/api/v1/workspace/{PROJECT}"
NEW_SLUG, OLD_SLUG = f"/api/v1/projects/slug/{SLUG}", f"/api/v2/workspace/{SLUG}"
NEW_FOLDERS, OLD_FOLDERS = "/api/v2/folders", "/api/v1/folders"
PLACE = {"environment": "dev", "path": "/"}
ENVIRONMENTS = [{"id": "e1", "name": "Development", "slug": "dev"}]
INTEGRATION = {
    "integration": "aws-secret-manager",
    "source_environment": "dev",
    "secret_path": "/app",
    "app": "my-app/dev",
    "region": "us-east-1",
}
SYNC = {
    "destination": "aws-secrets-manager",
    "connection_id": CONNECTION_ID,
    "environment": "dev",
    "destination_config": {"region": "us-east-1", "mapping_behavior": "one-to-one"},
    "check_duplicates": "ignore",
}
# What servers of October 2024 say of an environment that they don't have.
NO_ENVIRONMENT = {"status": 404, "answer": api_error(404, "get folders", "Environment not found")}


def old_folders(server: Server, path: str = "/", **answer: object) -> None:
    query = {"workspaceId": PROJECT, **PLACE, "path": path}
    server.expects("GET", OLD_FOLDERS, query=query, **(answer or {"answer": {"folders": [{"name": "app"}]}}))


def old_lists(server: Server) -> None:
    server.expects("GET", f"{OLD}/integrations", {"integrations": []})
    server.expects("GET", f"{OLD}/authorizations", {"authorizations": [api_auth()]})


@pytest.mark.parametrize("folders", [{}, NO_ENVIRONMENT], ids=["read", "refused"])
@pytest.mark.parametrize("slug", [False, True], ids=["by id", "by slug"])
def test_an_older_server_is_asked_for_one_newer_path_a_task(server: Server, slug: bool, folders: dict) -> None:
    if slug:
        server.expects("GET", NEW_SLUG, **no_route())
        server.expects("GET", OLD_SLUG, {"id": PROJECT, "slug": SLUG})
    else:
        server.expects("GET", f"{NEW}/integrations", **no_route())
    old_lists(server)
    server.expects_probe()
    server.expects("GET", OLD, {"workspace": {"id": PROJECT, "environments": ENVIRONMENTS}})
    old_folders(server, **folders)
    old_folders(server, "/app", **folders)
    named = {"project_slug": SLUG} if slug else {"project_id": PROJECT}
    items = [INTEGRATION, {**INTEGRATION, "secret_path": "/app/app", "app": "other"}]
    result = server.run(infisical_integrations, **named, integrations=items, concurrency=1, check=True)
    assert result["counts"]["created"] == 2


@MANY
def test_an_unchanged_run_on_an_older_server_costs_one_request_more(server: Server, many: bool) -> None:
    server.expects("GET", f"{NEW}/{'integrations' if many else 'authorizations'}", **no_route())
    server.expects("GET", f"{OLD}/integrations", {"integrations": [api_integration()]})
    server.expects("GET", f"{OLD}/authorizations", {"authorizations": [api_auth()]})
    module = infisical_integrations if many else infisical_integration
    options = {"integrations": [INTEGRATION]} if many else INTEGRATION
    assert server.run(module, project_id=PROJECT, **options).changed is False


def test_a_newer_server_is_asked_for_no_older_path(server: Server) -> None:
    server.expects("GET", NEW_SLUG, {"id": PROJECT, "slug": SLUG})
    server.expects("GET", INTEGRATIONS, {"integrations": []})
    server.expects("GET", AUTHS, {"authorizations": [api_auth()]})
    server.expects_probe()
    server.expects_source()
    result = server.run(infisical_integration, project_slug=SLUG, **INTEGRATION, check=True)
    assert result.changed is True


def test_folders_may_be_older_than_projects(server: Server) -> None:
    """What lacks only the newer path of folders is asked for that once, and is no older server otherwise."""
    lists_syncs(server, api_sync())
    server.expects("GET", NEW, {"project": {"id": PROJECT, "environments": ENVIRONMENTS}})
    server.expects("GET", NEW_FOLDERS, query={"projectId": PROJECT, **PLACE}, **no_route())
    old_folders(server)
    old_folders(server, "/app")
    syncs = [{**SYNC, "name": "app-one", "secret_path": "/app"}, {**SYNC, "name": "app-two", "secret_path": "/app/app"}]
    # Which of the two looks first is known then.
    result = server.run(infisical_secret_syncs, project_id=PROJECT, syncs=syncs, concurrency=1, check=True)
    assert result["counts"]["created"] == 2


@pytest.mark.parametrize("path", [NEW, NEW_FOLDERS])
def test_an_object_that_is_missing_is_no_path_that_is_missing(server: Server, path: str) -> None:
    lists_syncs(server)
    project = {"project": {"id": PROJECT, "environments": ENVIRONMENTS}}
    server.expects("GET", NEW, **(not_found("no such project") if path == NEW else {"answer": project}))
    folders = not_found("no such environment") if path == NEW_FOLDERS else {"answer": {"folders": [{"name": "app"}]}}
    server.expects("GET", NEW_FOLDERS, query={"projectId": PROJECT, **PLACE}, **folders)
    syncs = [{**SYNC, "name": "app-one", "secret_path": "/app"}]
    result = server.run(infisical_secret_syncs, project_id=PROJECT, syncs=syncs, check=True)
    assert result["counts"]["created"] == 1


OLD_SECRETS, NEW_SECRETS = "/api/v3/secrets/raw", "/api/v4/secrets"
EMPTY = {"environment": "dev", "secretPath": "/", "viewSecretValue": "false", "include_imports": "true"}


@pytest.mark.parametrize("has_newer", [False, True])
def test_what_lacks_the_newer_path_of_secrets_is_asked_for_no_other(server: Server, has_newer: bool) -> None:
    found = {"project": {"id": PROJECT, "environments": ENVIRONMENTS}}
    server.expects("GET", f"/api/v1/integration/{INTEGRATION_ID}", {"integration": api_integration(isActive=False)})
    server.expects("GET", NEW_SECRETS, query={"projectId": PROJECT, **EMPTY}, **no_route())
    server.expects("GET", OLD_SECRETS, {"secrets": [], "imports": []}, query={"workspaceId": PROJECT, **EMPTY})
    if has_newer:
        server.expects("GET", OLD, **no_route())
        server.expects("GET", NEW, found)
    else:
        server.expects("GET", OLD, {"workspace": found["project"]})
    options = {"secret_path": "/", "is_active": True, "activate": "unless_empty"}
    named = {"integration_id": INTEGRATION_ID, "project_id": PROJECT}
    result = server.run(infisical_integration, **named, **options)
    assert "has no secrets" in result.msg
