# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.community.infisical.plugins.modules import infisical_project_info as module
from ansible_collections.community.infisical.tests.unit.plugins.harness import (
    PROJECT,
    FakeClock,
    Server,
    api_error,
    no_route,
    not_found,
)

API = {
    "id": PROJECT,
    "name": "My project",
    "slug": "my-project",
    "environments": [{"id": "e1", "name": "Development", "slug": "dev", "position": 1}],
    "orgId": "o1",
}
VIEW = {
    "id": PROJECT,
    "name": "My project",
    "slug": "my-project",
    "environments": [{"id": "e1", "name": "Development", "slug": "dev"}],
}
NEW_BY_SLUG, OLD_BY_SLUG = "/api/v1/projects/slug/my-project", "/api/v2/workspace/my-project"
OWN, OWN_OF_OLDER = "/api/v1/projects", "/api/v1/workspace"
NEW_BY_ID, OLD_BY_ID = f"/api/v1/projects/{PROJECT}", f"/api/v1/workspace/{PROJECT}"


@pytest.mark.parametrize("answer", [API, {"project": API}, {"workspace": API}])
@pytest.mark.parametrize("check", [False, True])
def test_by_slug(server: Server, answer: dict, check: bool) -> None:
    server.expects("GET", NEW_BY_SLUG, answer)
    result = server.run(module, project_slug="my-project", check=check)
    assert (result.changed, result["project"]) == (False, VIEW)


def test_by_slug_on_an_older_server(server: Server) -> None:
    server.expects("GET", NEW_BY_SLUG, **no_route())
    server.expects("GET", OLD_BY_SLUG, API)
    assert server.run(module, project_slug=" my-project ")["project"] == VIEW


def test_by_id(server: Server) -> None:
    server.expects("GET", NEW_BY_ID, {"project": API})
    assert server.run(module, workspace_id=PROJECT)["project"] == VIEW


@pytest.mark.parametrize("missing", [no_route(), {"answer": "<html>"}], ids=["404", "a page"])
def test_by_id_on_an_older_server(server: Server, missing: dict) -> None:
    server.expects("GET", NEW_BY_ID, **missing)
    server.expects("GET", OLD_BY_ID, {"workspace": {"id": PROJECT}})
    view = {"id": PROJECT, "name": None, "slug": None, "environments": []}
    assert server.run(module, project_id=PROJECT)["project"] == view


@pytest.mark.parametrize(
    ("options", "path", "named"),
    [
        ({"project_slug": "my-project"}, NEW_BY_SLUG, "There is no project with the slug 'my-project'"),
        ({"project_id": PROJECT}, NEW_BY_ID, f"There is no project with the ID {PROJECT}"),
    ],
)
@pytest.mark.parametrize("refusal", [no_route(), {"answer": {"projects": None}}, {"answer": {"projects": [None]}}])
def test_one_that_is_not_there(server: Server, options: dict, path: str, named: str, refusal: dict) -> None:
    server.expects("GET", path, **not_found())
    server.expects("GET", OWN, **refusal)
    if refusal == no_route():
        server.expects("GET", OWN_OF_OLDER, api_error(403, "Forbidden access to it", "no"), status=403)
    result = server.run(module, **options)
    assert result.msg.startswith(f"{named} that this identity can see: check project_")
    assert result.msg.endswith("(the project's settings page shows ID and slug).")
    assert result["error_kind"] == "input"


OTHERS = [
    {"id": f"{number}a7cd1fd-bb3f-49ea-9a1b-0d4f24ff8d6{number}", "slug": f"other-{number}"} for number in range(7)
]
SEEN = ", ".join(f"{one['slug']} ({one['id']})" for one in OTHERS[:5])
NEAR = {
    "a letter of the slug": (
        {"project_slug": "my-project"},
        {**API, "slug": "my-projects"},
        "Did you mean my-projects?",
    ),
    "a letter of the id": (
        {"project_id": PROJECT},
        {**API, "id": PROJECT[:-1] + "0"},
        f"Did you mean {PROJECT[:-1]}0 (my-project)?",
    ),
    "no near one": (
        {"project_id": PROJECT},
        {"id": "ffffffff-ffff-4fff-bfff-ffffffffffff", "name": "Far"},
        f"This identity is in the projects {SEEN} and 3 more.",
    ),
}


@pytest.mark.parametrize(("options", "project", "hint"), NEAR.values(), ids=NEAR)
@pytest.mark.parametrize("key", ["projects", "workspaces"])
def test_near_matches_of_one_that_is_not_there(
    server: Server, options: dict, project: dict, hint: str, key: str
) -> None:
    server.expects("GET", NEW_BY_SLUG if "project_slug" in options else NEW_BY_ID, **not_found())
    if key == "workspaces":
        server.expects("GET", OWN, **no_route())
    server.expects("GET", OWN if key == "projects" else OWN_OF_OLDER, {key: [*OTHERS, project]})
    result = server.run(module, **options)
    assert result.msg.endswith(f"(the project's settings page shows ID and slug). {hint}")
    assert result["error_kind"] == "input"


def test_an_identity_of_no_project(server: Server) -> None:
    server.expects("GET", NEW_BY_SLUG, **not_found())
    server.expects("GET", OWN, {"projects": []})
    assert server.run(module, project_slug="my-project").msg.endswith(" This identity is in no project.")


@pytest.mark.parametrize(
    ("options", "paths", "reason", "named"),
    [
        (
            {"project_slug": "my-project"},
            (NEW_BY_SLUG, OLD_BY_SLUG),
            "Failed to find project by slug",
            "There is no project with the slug 'my-project'",
        ),
        (
            {"project_id": PROJECT},
            (NEW_BY_ID, OLD_BY_ID),
            "Find all projects",
            f"There is no project with the ID {PROJECT}",
        ),
    ],
)
def test_one_that_a_server_of_2024_does_not_find(
    server: Server, clock: FakeClock, options: dict, paths: tuple, reason: str, named: str
) -> None:
    new, old = paths
    server.expects("GET", new, **no_route())
    server.expects("GET", old, api_error(500, reason, "Something went wrong"), status=500)
    server.expects("GET", OWN_OF_OLDER, api_error(403, "Forbidden access to it", "no"), status=403)
    result = server.run(module, **options)
    assert result.msg.startswith(f"{named} that this identity can see: check project_")
    assert result["error_kind"] == "input"
    assert clock.sleeps == []


def test_another_fault_of_a_look_up_is_tried_again(server: Server, clock: FakeClock) -> None:
    server.expects("GET", NEW_BY_SLUG, api_error(500, "InternalServerError", "Something went wrong"), status=500)
    server.expects("GET", NEW_BY_SLUG, API)
    assert server.run(module, project_slug="my-project")["project"] == VIEW
    assert len(clock.sleeps) == 1


@pytest.mark.parametrize(
    ("options", "paths", "reason"),
    [
        ({"project_slug": "my-project"}, (NEW_BY_SLUG, OLD_BY_SLUG), "This server can't look up a project by its slug"),
        ({"project_id": PROJECT}, (NEW_BY_ID, OLD_BY_ID), f"This server can't show the project {PROJECT}."),
    ],
)
def test_a_server_that_can_not_tell(server: Server, options: dict, paths: tuple, reason: str) -> None:
    for path in paths:
        server.expects("GET", path, **no_route())
    result = server.run(module, **options)
    assert result.msg.startswith(reason)
    assert result["error_kind"] == "input"


@pytest.mark.parametrize("options", [{}, {"project_slug": None}])
@pytest.mark.parametrize("check", [False, True])
def test_all_of_the_identity(server: Server, options: dict, check: bool) -> None:
    server.expects("GET", OWN, {"projects": [API, {"id": OTHERS[0]["id"]}]})
    result = server.run(module, check=check, **options)
    bare = {"id": OTHERS[0]["id"], "name": None, "slug": None, "environments": []}
    assert (result.changed, result["projects"]) == (False, [VIEW, bare])


def test_all_of_the_identity_on_older_servers(server: Server) -> None:
    server.expects("GET", OWN, **no_route())
    server.expects("GET", OWN_OF_OLDER, {"workspaces": [API]})
    assert server.run(module)["projects"] == [VIEW]
    server.expects("GET", OWN, **no_route())
    server.expects("GET", OWN_OF_OLDER, api_error(403, "Forbidden access to it", "no"), status=403)
    result = server.run(module)
    assert result.msg.endswith(f"[GET {OWN_OF_OLDER}: 403]. Specify project_id or project_slug.")


def test_an_odd_list(server: Server) -> None:
    server.expects("GET", OWN, {"projects": [{"slug": "my-project"}]})
    assert "projects.0.id of the response to GET /api/v1/projects is missing" in server.run(module).msg


def test_one_that_the_identity_may_not_see(server: Server) -> None:
    server.expects("GET", NEW_BY_ID, api_error(403, "PermissionDenied", "You are no member"), status=403)
    result = server.run(module, project_id=PROJECT)
    assert "You are no member" in result.msg
    assert result["status"] == 403


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"project_id": PROJECT, "project_slug": "p"}, "parameters are mutually exclusive: project_id|project_slug"),
        ({"project_id": "a/b"}, "project_id 'a/b' is not an ID"),
        ({"project_id": ""}, "project_id '' is not an ID"),
        ({"project_slug": "../x"}, "project_slug '../x' is not a slug"),
    ],
)
def test_wrong_input_sends_nothing(server: Server, options: dict, reason: str) -> None:
    assert server.run(module, **options).msg.startswith(reason)
