# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A kind of object is a table: the engine drives one that no module has, here the environments of a project."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.community.infisical.plugins.module_utils._engine.driver import Resource, manage
from ansible_collections.community.infisical.plugins.module_utils._engine.kind import Change, Field, Kind
from ansible_collections.community.infisical.plugins.module_utils._engine.project import PROJECT_OPTIONS
from ansible_collections.community.infisical.plugins.module_utils._engine.shapes import NAME, PROSE
from ansible_collections.community.infisical.plugins.module_utils._engine.values import checked_id, checked_slug
from ansible_collections.community.infisical.plugins.module_utils._masking import hiding
from ansible_collections.community.infisical.plugins.module_utils._module import Declaration, run_module
from ansible_collections.community.infisical.tests.unit.plugins.harness import (
    PLACEHOLDER,
    PROJECT,
    Server,
    api_error,
    not_found,
)

STAGING = "6d1e8d52-8f0f-4c39-9d36-2d9fd9c0b1aa"
LISTED = f"/api/v1/workspace/{PROJECT}"
OBJECTS = f"{LISTED}/environments"
ONE = f"{OBJECTS}/{STAGING}"


class Environment(Resource):
    kind = Kind(
        name="environment",
        label="environment",
        fields=(
            Field("project_id", "projectId", accept=checked_id, sent=False),
            Field("slug", "slug", accept=checked_slug, shape=NAME),
            Field("name", "name", Change.PATCH, shape=NAME),
        ),
        read_only=(),
        envelope="environment",
        list_name="environments",
        list_envelope="workspace",
        list_paths=("/api/v1/workspace/{project_id}",),
        create_path="/api/v1/workspace/{project_id}/environments",
        object_path="/api/v1/workspace/{project_id}/environments",
        id_option="environment_id",
        identity=lambda view: (view["slug"],),
        needs_project=True,
        found_by=("slug",),
        required=("name",),
        unique=True,
        way_out="Create another environment.",
        in_use="The server keeps environment {id} ({name}): {reason}",
    )


DECLARATION = Declaration(
    run=partial(manage, resource=Environment),
    options={
        **PROJECT_OPTIONS,
        "state": {"type": "str", "default": "present", "choices": ["present", "absent"]},
        **{name: {"type": "str"} for name in ("environment_id", "slug", "name")},
    },
)
MODULE = SimpleNamespace(
    main=partial(run_module, DECLARATION), RETURN="environment:\nremoved:\nerror_kind:\nstatus:\nreq_id:\n"
)


def row(**changes: Any) -> dict[str, Any]:
    return {"id": STAGING, "slug": "staging", "name": "Staging", **changes}


def run(server: Server, *rows: dict, **options: Any) -> Any:
    if "environment_id" not in options:
        server.expects("GET", LISTED, {"workspace": {"id": PROJECT, "environments": list(rows)}})
    return server.run(MODULE, **{"project_id": PROJECT, **options})


@pytest.mark.parametrize("check", [False, True])
def test_creates(server: Server, check: bool) -> None:
    server.expects("GET", LISTED, {"workspace": {"id": PROJECT, "environments": [row(id="other", slug="dev")]}})
    if not check:
        server.expects("POST", OBJECTS, {"environment": row()}, body={"slug": "staging", "name": "Staging"})
    result = server.run(MODULE, project_id=PROJECT, slug="staging", name="Staging", check=check)
    assert result.changed is True
    assert result["environment"]["name"] == "Staging"
    assert bool(PLACEHOLDER.fullmatch(result["environment"]["id"])) is check


def test_leaves_what_is_as_described(server: Server) -> None:
    result = run(server, row(), slug="staging", name="Staging")
    assert (result.changed, result["environment"]["id"]) == (False, STAGING)


def test_updates(server: Server) -> None:
    server.expects("GET", LISTED, {"workspace": {"id": PROJECT, "environments": [row(name="Old")]}})
    server.expects("PATCH", ONE, {"environment": row()}, body={"name": "Staging"})
    result = server.run(MODULE, project_id=PROJECT, slug="staging", name="Staging")
    assert (result.changed, result["diff"]["before"]["name"]) == (True, "Old")


def test_refuses_what_can_not_be_changed(server: Server) -> None:
    server.expects("GET", ONE, {"environment": row()})
    result = run(server, environment_id=STAGING, slug="qa")
    assert result.msg == (
        f"The server can't change slug (is 'staging', wanted 'qa') of environment {STAGING} in place. Create another"
        " environment."
    )


@pytest.mark.parametrize("exists", [False, True])
def test_what_must_be_new_is_created_or_refused(server: Server, monkeypatch: pytest.MonkeyPatch, exists: bool) -> None:
    monkeypatch.setattr(Environment, "must_be_new", True)
    server.expects("GET", LISTED, {"workspace": {"id": PROJECT, "environments": [row()] if exists else []}})
    if not exists:
        server.expects("POST", OBJECTS, {"environment": row()}, body={"slug": "staging", "name": "Staging"})
    result = server.run(MODULE, project_id=PROJECT, slug="staging", name="Staging")
    assert result.failed is exists
    if exists:
        assert "already exists: someone else created it." in result.msg


def test_removes(server: Server) -> None:
    server.expects("GET", LISTED, {"workspace": {"id": PROJECT, "environments": [row()]}})
    server.expects("DELETE", ONE, {"environment": row()})
    result = server.run(MODULE, project_id=PROJECT, slug="staging", state="absent")
    assert (result.changed, result["removed"]) == (True, [STAGING])


def test_says_what_keeps_an_object(server: Server) -> None:
    server.expects("GET", LISTED, {"workspace": {"id": PROJECT, "environments": [row()]}})
    server.expects("DELETE", ONE, api_error(400, "BadRequest", "it has folders."), status=400)
    result = server.run(MODULE, project_id=PROJECT, slug="staging", state="absent")
    assert result.msg.startswith(f"The server keeps environment {STAGING} (Staging): it has folders.")
    assert result["error_kind"] == "conflict"


REFUSED = {
    "neither name nor id": ({}, "slug is missing: specify it, or environment_id."),
    "not all of a new one": ({"slug": "qa"}, "To create the environment, specify name as well."),
    "no slug": ({"slug": "Q A"}, "slug 'Q A' is not a slug"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refuses_what_is_not_enough(server: Server, name: str) -> None:
    options, message = REFUSED[name]
    if name == "not all of a new one":
        server.expects("GET", LISTED, {"workspace": {"id": PROJECT, "environments": []}})
    assert server.run(MODULE, project_id=PROJECT, **options).msg.startswith(message)


def test_an_id_that_nothing_has(server: Server) -> None:
    server.expects("GET", ONE, **not_found())
    result = run(server, environment_id=STAGING, name="Staging")
    assert result.msg == (
        f"There is no environment with the ID {STAGING}: it was deleted, or is on another server. Without"
        " environment_id this task would create one."
    )


@pytest.mark.parametrize("answer", [{}, {"workspace": None}, {"workspace": []}, {"environments": [row()]}])
def test_a_list_that_is_not_where_it_should_be(server: Server, answer: dict) -> None:
    server.expects("GET", LISTED, answer)
    result = server.run(MODULE, project_id=PROJECT, slug="staging", name="Staging")
    assert "did not return a list of environments" in result.msg


def test_a_short_secret_is_masked_in_prose_and_not_in_names() -> None:
    with hiding({"main"}):
        assert Field("description", "description", shape=PROSE).shown("Of main.") == "'Of ********.'"
        assert Field("name", "name", shape=NAME).shown("main-app") == "'main-app'"
