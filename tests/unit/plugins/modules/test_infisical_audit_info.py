# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.community.infisical.plugins.modules import infisical_audit_info as audit
from ansible_collections.community.infisical.tests.unit.plugins.harness import (
    CONNECTION_ID,
    INTEGRATION_ID,
    OTHER_CONNECTION_ID,
    OTHER_INTEGRATION_ID,
    OTHER_PROJECT,
    OTHER_SYNC_ID,
    PROJECT,
    SYNC_ID,
    Server,
    api_connection,
    api_error,
    api_integration,
    api_sync,
    no_route,
    not_found,
    synced,
)

SYNCS, CONNECTIONS = "/api/v1/secret-syncs", "/api/v1/app-connections"
OK_SYNC = {"syncStatus": "succeeded", "lastSyncedAt": "2026-03-02T09:15:02.000Z"}
REFUSED = "The security token included in the request is invalid."


def of(project_id: str) -> tuple[str, str]:
    return f"/api/v1/projects/{project_id}", f"/api/v1/projects/{project_id}/integrations"


def expects(
    server: Server,
    natives: list | None = None,
    syncs: list | None = None,
    connections: list | None = None,
    *,
    project_id: str = PROJECT,
    name: str = "Payments",
    folders: tuple = ("app",),
) -> None:
    """Have the server answer what a project holds."""
    path, integrations = of(project_id)
    environments = [{"id": slug, "name": slug, "slug": slug} for slug in ("dev", "prod")]
    project = {"id": project_id, "name": name, "slug": name.lower(), "environments": environments}
    server.expects("GET", path, {"project": project})
    server.expects("GET", integrations, {"integrations": natives or []})
    query = {"projectId": project_id}
    server.expects("GET", SYNCS, {"secretSyncs": syncs or []}, query=query)
    server.expects("GET", CONNECTIONS, {"appConnections": connections or []}, query=query)
    for environment in {one["environment"]["slug"] for one in natives or [] if one["isActive"]} & {"dev", "prod"}:
        where = {"projectId": project_id, "environment": environment, "path": "/"}
        server.expects("GET", "/api/v2/folders", {"folders": [{"name": one} for one in folders]}, query=where)


ROWS: dict[str, tuple[dict[str, Any], str, str]] = {
    "a native that works": ({"natives": [synced()]}, "ok", ""),
    "a native of which nothing is known": ({"natives": [api_integration()]}, "never_synced", ""),
    "a native that fails": (
        {"natives": [synced(isSynced=False, syncMessage='{"error": {"message": "No\\nentry"}}')]},
        "failed",
        "No entry",
    ),
    "a native that fails without a reason": (
        {"natives": [synced(isSynced=False)]},
        "failed",
        "The server gave no reason.",
    ),
    "a native that is off": ({"natives": [synced(isActive=False, isSynced=False, syncMessage="No")]}, "paused", "No"),
    "a native whose folder is gone": (
        {"natives": [synced()], "folders": ("other",)},
        "source_gone",
        "The environment dev has no folder '/app'. The folder / contains: other.",
    ),
    "a native whose environment is gone": (
        {"natives": [synced(environment={"slug": "stage", "name": "Stage", "id": "e"})]},
        "source_gone",
        "The project has no environment 'stage': it has dev, prod (slugs, not names).",
    ),
    "a sync that works": ({"syncs": [api_sync(**OK_SYNC)]}, "ok", ""),
    "a sync that never ran": ({"syncs": [api_sync(syncStatus=None)]}, "never_synced", ""),
    "a sync that runs": ({"syncs": [api_sync(syncStatus="running")]}, "under_way", ""),
    "a sync that fails": (
        {"syncs": [api_sync(syncStatus="failed", lastSyncMessage="<html><title>502 Bad Gateway</title><p>x</html>")]},
        "failed",
        "502 Bad Gateway",
    ),
    "a sync that is off": ({"syncs": [api_sync(isAutoSyncEnabled=False, **OK_SYNC)]}, "paused", ""),
    "a sync whose source is gone": (
        {"syncs": [api_sync(environment=None, folder=None, **OK_SYNC)]},
        "source_gone",
        "Its environment or folder no longer exists.",
    ),
    "a sync that can't be removed": (
        {"syncs": [api_sync(removeStatus="failed", lastRemoveMessage="AccessDenied", **OK_SYNC)]},
        "failed",
        "The removal of the secrets at the destination failed: AccessDenied",
    ),
    "a connection without syncs": ({"connections": [api_connection(projectId=PROJECT)]}, "unused", ""),
    # A server without connections of projects lists those of the organization.
    "a connection of nobody here": ({"natives": [synced()], "connections": [api_connection()]}, "ok", ""),
}


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize(("holds", "state", "reason"), ROWS.values(), ids=ROWS)
def test_states(server: Server, holds: dict[str, Any], state: str, reason: str, check: bool) -> None:
    expects(server, **holds)
    result = server.run(audit, project_ids=[PROJECT], check=check)
    row = result["objects"][0]
    assert (row["state"], row["reason"], row["project"]) == (state, reason, "Payments")
    is_bad = state in ("failed", "source_gone")
    assert result["has_problems"] is is_bad
    assert result["counts"]["problems"] == int(is_bad)
    assert result["counts"]["problems_by_kind"][row["kind"]] == int(is_bad)
    assert not result.changed


@pytest.mark.parametrize(
    ("outcomes", "state"),
    [
        ([("failed", REFUSED), ("failed", "x")], "failed"),
        ([("failed", REFUSED)], "failed"),
        ([("failed", "x"), ("failed", "y")], "failed"),
        ([("failed", "x")], "ok"),
        ([("failed", REFUSED), ("succeeded", None)], "ok"),
        ([("succeeded", None)], "ok"),
        ([(None, None)], "ok"),
    ],
)
def test_a_connection_is_known_by_what_its_syncs_meet(server: Server, outcomes: list, state: str) -> None:
    syncs = [
        api_sync(id=f"d0000000-0000-4000-8000-00000000000{number}", syncStatus=status, lastSyncMessage=message)
        for number, (status, message) in enumerate(outcomes)
    ]
    expects(server, syncs=syncs, connections=[api_connection(projectId=PROJECT, name="main")])
    result = server.run(audit, project_ids=[PROJECT])
    [row] = [row for row in result["objects"] if row["kind"] == "app_connection"]
    assert (row["state"], row["name"], row["project_id"]) == (state, "main", PROJECT)


def test_a_connection_of_the_organization_is_shown_once(server: Server) -> None:
    for project_id, sync_id in ((PROJECT, SYNC_ID), (OTHER_PROJECT, OTHER_SYNC_ID)):
        sync = api_sync(id=sync_id, projectId=project_id, syncStatus="failed", lastSyncMessage=REFUSED)
        expects(server, syncs=[sync], project_id=project_id)
    result = server.run(audit, project_ids=[PROJECT, OTHER_PROJECT])
    [row] = [row for row in result["objects"] if row["kind"] == "app_connection"]
    assert (row["state"], row["name"], row["project"], row["project_id"]) == ("failed", "aws-dev", "Organization", "")
    assert REFUSED in row["reason"]


def test_several_that_write_to_one_place(server: Server) -> None:
    twice = [synced(), synced(id=OTHER_INTEGRATION_ID, environment={"slug": "prod", "name": "P", "id": "e"})]
    expects(server, natives=twice, syncs=[api_sync(**OK_SYNC)])
    result = server.run(audit, project_ids=[PROJECT])
    rows = {row["id"]: row["conflicts"] for row in result["objects"]}
    assert rows[INTEGRATION_ID] == [OTHER_INTEGRATION_ID, SYNC_ID]
    assert [one["same_source"] for one in result["conflicts"]] == [False, True, False]
    assert result["has_problems"] is False
    assert "3 conflicts" in result["summary"][1]


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, [False]),
        ({"environment": {"slug": "dev", "name": "D", "id": "e"}}, [True]),
        # What is inactive writes nothing, and another connection may be for another account.
        ({"isAutoSyncEnabled": False}, []),
        ({"connectionId": OTHER_CONNECTION_ID}, []),
        ({"destinationConfig": {"region": "us-east-1", "mappingBehavior": "many-to-one", "secretName": "other"}}, []),
    ],
)
def test_syncs_that_write_to_one_place(server: Server, changes: dict, found: list) -> None:
    prod = {"environment": {"slug": "prod", "name": "P", "id": "e"}}
    other = api_sync(**{"id": OTHER_SYNC_ID, **prod, **OK_SYNC, **changes})
    expects(server, syncs=[api_sync(**OK_SYNC), other])
    result = server.run(audit, project_ids=[PROJECT])
    assert [one["same_source"] for one in result["conflicts"]] == found


def test_a_server_without_syncs_and_names(server: Server) -> None:
    """One of 2024: each route that it lacks is asked for once, however many projects there are."""
    for route in ("/api/v1/projects/{}", "/api/v1/workspace/{}"):
        server.expects("GET", route.format(PROJECT), **no_route())
    server.expects("GET", of(PROJECT)[1], {"integrations": [synced()]})
    server.expects("GET", SYNCS, query={"projectId": PROJECT}, **no_route())
    server.expects("GET", CONNECTIONS, query={"projectId": PROJECT}, **no_route())
    for route in ("/api/v1/projects/{}", "/api/v1/workspace/{}"):
        server.expects("GET", route.format(OTHER_PROJECT), **no_route())
    server.expects("GET", of(OTHER_PROJECT)[1], {"integrations": []})
    result = server.run(audit, project_ids=[PROJECT, OTHER_PROJECT], check_sources=False)
    assert result["notes"] == ["This server has no secret syncs.", "This server has no app connections."]
    assert [row["project"] for row in result["objects"]] == [PROJECT]
    assert result["has_problems"] is False


def test_a_project_that_can_not_be_read_stops_no_other(server: Server) -> None:
    for path in of(OTHER_PROJECT):
        server.expects("GET", path, **not_found())
    expects(server, natives=[synced()])
    result = server.run(audit, project_ids=[OTHER_PROJECT, PROJECT])
    [fault] = result["faults"]
    assert fault.startswith(f"Project {OTHER_PROJECT} could not be read: ")
    assert result["has_problems"] is True
    assert len(result["objects"]) == 1
    assert f"Not read: {fault}" in result["summary"]


def test_no_project_at_all(server: Server) -> None:
    for path in of(PROJECT):
        server.expects("GET", path, **not_found())
    assert server.run(audit, project_ids=[PROJECT]).failed
    assert server.run(audit).msg == "project_ids is missing: specify it, or project_slugs."


def test_connections_that_may_not_be_listed(server: Server) -> None:
    expects_all = api_error(403, "PermissionDenied", "You are not allowed to read app-connections")
    project, integrations = of(PROJECT)
    view = {"id": PROJECT, "name": "P", "slug": "p", "environments": []}
    server.expects("GET", project, {"project": view})
    server.expects("GET", integrations, {"integrations": []})
    server.expects("GET", SYNCS, {"secretSyncs": [api_sync(**OK_SYNC)]}, query={"projectId": PROJECT})
    server.expects("GET", CONNECTIONS, expects_all, status=403, query={"projectId": PROJECT})
    result = server.run(audit, project_ids=[PROJECT])
    assert result["notes"] == [
        "This identity may not list the app connections of each project: unused ones are not shown."
    ]
    assert [row["id"] for row in result["objects"]] == [CONNECTION_ID, SYNC_ID][::-1]


def test_no_text_of_the_server_can_pretend_to_be_output(server: Server) -> None:
    hostile = "x\x1b[2J\nTASK [fake]"
    texts = {
        "name": hostile,
        "lastSyncedAt": hostile,
        "connection": {"app": hostile, "id": CONNECTION_ID, "name": hostile},
    }
    natives = [synced(lastUsed=hostile, app=hostile, integration=hostile)]
    expects(server, natives, [api_sync(**{**OK_SYNC, **texts})], [api_connection(name=hostile, projectId=PROJECT)])
    result = server.run(audit, project_ids=[PROJECT])
    shown = str((result["objects"], result["summary"], result["conflicts"]))
    assert "[2J TASK [fake]" in shown
    assert "\\x1b" not in shown
    assert "\\n" not in shown


def test_by_slug_and_id_a_project_is_read_once(server: Server) -> None:
    view = {"id": PROJECT, "name": "Payments", "slug": "payments", "environments": []}
    server.expects("GET", "/api/v1/projects/slug/payments", {"project": view})
    expects(server, natives=[synced()])
    result = server.run(audit, project_ids=[PROJECT], project_slugs=["payments"])
    assert result["counts"]["projects"] == 1


@pytest.mark.parametrize("check", [False, True])
def test_the_report(server: Server, tmp_path: Path, check: bool) -> None:
    folder = tmp_path / "new" / "folder"
    expects(server, natives=[synced(isSynced=False, syncMessage=REFUSED)])
    result = server.run(audit, project_ids=[PROJECT], report_folder=str(folder), check=check)
    if check:
        assert (result["report"], folder.exists()) == ([], False)
        return
    assert result["report"] == [str(folder / name) for name in ("audit.html", "audit.md")]
    for path in map(Path, result["report"]):
        assert REFUSED.rstrip(".") in path.read_text()


def test_a_report_that_can_not_be_written_is_told_before_anything_is_read(server: Server) -> None:
    result = server.run(audit, project_ids=[PROJECT], report_folder="/dev/null/report")
    assert (result["error_kind"], "report_folder" in result.msg) == ("input", True)
