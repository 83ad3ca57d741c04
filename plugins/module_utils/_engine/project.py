# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Projects: which one is meant, and whether what a task names in it exists."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from difflib import SequenceMatcher
from functools import wraps
from typing import Any
from urllib.parse import quote

from .._catalog.names import did_you_mean
from .._errors import (
    InfisicalError,
    InputError,
    NotFound,
    PermissionRefused,
    ProjectMissing,
    RouteMissing,
    ServerError,
    UnexpectedAnswer,
    listed,
    shown,
)
from .paths import FOLDERS, PROJECTS
from .plan import Plan
from .shapes import NAME, TEXT, check, check_answer, list_of, mapping, needed
from .store import if_readable
from .task import Task
from .values import ID, checked_id, checked_slug, comparable_path

# Older servers call a project a workspace.
PROJECT_ID: dict[str, dict[str, Any]] = {"project_id": {"type": "str", "aliases": ["workspace_id"]}}
PROJECT_OPTIONS: dict[str, dict[str, Any]] = {**PROJECT_ID, "project_slug": {"type": "str"}}
# How modules that need a project ask for one.
PROJECT_RULES = {
    "required_one_of": [("project_id", "project_slug")],
    "mutually_exclusive": [("project_id", "project_slug")],
}
ENVIRONMENT = mapping(id=TEXT, name=TEXT, slug=NAME)
PROJECT = mapping(id=needed(ID), name=TEXT, slug=TEXT, environments=list_of(ENVIRONMENT))
# Of newer servers, and of older ones, which some newer ones have, too.
BY_SLUG = ("/api/v1/projects/slug/{}", "/api/v2/workspace/{}")
BY_ID = ("/api/v1/projects/{}", "/api/v1/workspace/{}")
LIST_PROJECTS = ("/api/v1/projects", "/api/v1/workspace")
LIST_FOLDERS = ("/api/v2/folders", "/api/v1/folders")
# Two ids are near from this ratio of their common letters on: that is up to three other letters.
NEAR = 0.9
# What the project is called in the query of each.
FOLDERS_OF = ("projectId", "workspaceId")


def check_project(params: Mapping[str, Any]) -> None:
    """Find what is wrong with the way in which a project is named. Raises InputError."""
    if params.get("project_id") is not None:
        checked_id("project_id", params["project_id"])
    if params.get("project_slug") is not None:
        checked_slug("project_slug", params["project_slug"])


def require_project(params: Mapping[str, Any]) -> None:
    """Find what is wrong with the way in which a project is named that must be. Raises InputError."""
    check_project(params)
    # To Ansible's own check, a null is a value.
    if params.get("project_id") is None and params.get("project_slug") is None:
        raise InputError("project_id is missing: specify it, or project_slug.")


def located(task: Task) -> Task:
    """Return the task with the id of the project that `project_slug` names, any other as it is."""
    if not task.params.get("project_slug"):
        return task
    slug = checked_slug("project_slug", task.params["project_slug"])
    project_id = task.store.once(("project", slug), lambda: by_slug(task, slug)["id"])
    return replace(task, params={**task.params, "project_id": project_id})


def by_slug(task: Task, slug: str) -> dict[str, Any]:
    """Return the view of the project with a slug. Raises InputError where there is none, or the server can't tell."""
    view = _read(task, BY_SLUG, slug, f"There is no project with the slug {slug!r}", "check project_slug", near=True)
    if view is None:
        raise InputError(
            f"This server can't look up a project by its slug ({slug!r}): specify project_id (the project's settings"
            " page shows it) instead of project_slug."
        )
    return view


def by_id(task: Task, project_id: str, *, near: bool = False) -> dict[str, Any]:
    """Return the view of the project with an id. Raises InputError where there is none, or the server can't tell.

    With `near`, the error names projects that are nearly called the same, which takes a request more.
    """
    view = _read(task, BY_ID, project_id, f"There is no project with the ID {project_id}", "check project_id", near)
    if view is None:
        raise InputError(f"This server can't show the project {project_id}.")
    return view


def _read(
    task: Task, paths: tuple[str, ...], name: str, missing: str, remedy: str, near: bool
) -> dict[str, Any] | None:
    # A login that fails says nothing about the server's paths.
    task.client.access_token()
    newer, older = (path.format(quote(name, safe="")) for path in paths)
    try:
        path, answer = task.store.paths.get(PROJECTS, (newer, None), (older, None))
    except (RouteMissing, UnexpectedAnswer):
        return None
    except (NotFound, ProjectMissing):
        raise InputError(
            f"{missing} that this identity can see: {remedy} (the project's settings page shows ID and slug)."
            f"{_near(task, name) if near else ''}"
        ) from None
    envelope = next((key for key in ("project", "workspace") if key in answer), "")
    project = answer[envelope] if envelope else answer
    check(project, needed(PROJECT), envelope or "project", f"the response to GET {path}")
    view = _view(project)
    given = view["id" if paths is BY_ID else "slug"]
    if given is not None and given.lower() != name.lower():
        raise UnexpectedAnswer(
            f"{task.client.server.url} returned the project {shown(given)} instead of {shown(name)}."
            " Does a proxy between here and the server cache responses? It must not.",
            status=200,
            maybe_done=False,
        )
    return view


def _view(project: Mapping[str, Any]) -> dict[str, Any]:
    rows = project.get("environments") or []
    return {
        "id": project["id"],
        "name": project.get("name"),
        "slug": project.get("slug"),
        "environments": [{key: row.get(key) for key in ("id", "name", "slug")} for row in rows],
    }


def naming_near_projects(run: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Decorate what carries out a task: where its project_id is unknown, the error names those that are nearly it."""

    @wraps(run)
    def named(task: Task, *args: Any, **options: Any) -> dict[str, Any]:
        try:
            return run(task, *args, **options)
        except ServerError as error:
            raise with_near_projects(task, str(task.params.get("project_id") or ""), error) from None

    return named


def with_near_projects(task: Task, project_id: str, error: InfisicalError) -> InfisicalError:
    """Return an error that says that there is no project with this id, with those that are nearly it; others as is."""
    near = _near(task, project_id) if project_id and _is_of_project(error) else ""
    return error.extended(near.strip()) if near else error


def _is_of_project(error: InfisicalError) -> bool:
    if not isinstance(error, ServerError):
        return False
    # Old servers give the reason in `error`.
    is_outsider = isinstance(error, PermissionRefused) and "not a member" in f"{error.name} {error.text}"
    is_unknown = isinstance(error, NotFound) and error.text.startswith("Project with ")
    return is_outsider or is_unknown or isinstance(error, ProjectMissing)


def _near(task: Task, name: str) -> str:
    """Return a sentence on the projects that an id or a slug may be meant for, after a blank."""
    try:
        projects = task.store.once(("projects",), lambda: _own_projects(task))
    except InfisicalError:
        return ""
    slugs = {str(row["id"]): str(row.get("slug") or row.get("name") or "no slug") for row in projects}
    # Any two ids have much in common; these differ by a few letters.
    near = [one for one in slugs if SequenceMatcher(None, one.lower(), name.lower(), autojunk=False).ratio() > NEAR]
    if near:
        return f" Did you mean {listed((f'{one} ({slugs[one]})' for one in near), ' or ', 3)}?"
    seen = listed((f"{slug} ({one})" for one, slug in slugs.items()), limit=5)
    return (
        did_you_mean(name, slugs.values())
        or f" This identity is in {f'the projects {seen}' if seen else 'no project'}."
    )


def _own_projects(task: Task) -> list[dict[str, Any]]:
    """Return what the server shows of the projects that the identity is in. Raises InfisicalError, as in 2024."""
    newer, older = LIST_PROJECTS
    path, answer = task.store.paths.get(PROJECTS, (newer, None), (older, None))
    key = "projects" if path == newer else "workspaces"
    check_answer(answer, f"GET {path}", **{key: needed(list_of(PROJECT))})
    rows: list[dict[str, Any]] = answer[key]
    return rows


def show_projects(task: Task) -> dict[str, Any]:
    """Carry out a task of infisical_project_info."""
    check_project(task.params)
    project_id, slug = task.params.get("project_id"), task.params.get("project_slug")
    if slug:
        return {"changed": False, "project": by_slug(task, checked_slug("project_slug", slug))}
    if project_id:
        return {"changed": False, "project": by_id(task, checked_id("project_id", project_id), near=True)}
    try:
        rows = _own_projects(task)
    except (PermissionRefused, RouteMissing) as refusal:
        raise refusal.extended("Specify project_id or project_slug.") from None
    return {"changed": False, "projects": [_view(row) for row in rows]}


def check_source(task: Task, project_id: str | None, environment: str, path: str) -> None:
    """Refuse an environment or folder that does not exist, in check mode, or after the server has refused.

    Looks where the identity may read them, and assumes that they exist where it can't.
    """
    if not project_id:
        return
    environments = task.store.once(("environments", project_id), lambda: _environments(task, project_id))
    if environments and environment not in environments:
        raise InputError(
            f"The project has no environment {environment!r}: it has {listed(environments)} (slugs, not names)."
        )
    parent, _unused, name = comparable_path(path).rpartition("/")
    if not name:
        return
    key = ("folders", project_id, environment, parent)
    folders = task.store.once(key, lambda: _folders(task, project_id, environment, parent or "/"))
    if folders is not None and name not in folders:
        there = f" The folder {parent or '/'} contains: {listed(folders)}." if folders else ""
        raise InputError(f"The environment {environment} has no folder {path!r}.{there}")


def find_source(task: Task, plan: Plan, environment: str) -> None:
    """Refuse the environment (an option's name) or folder of a plan if it does not exist."""
    after = plan.after or {}
    # Of an object that only an earlier task of a check would have made, it may be unknown.
    if after.get(environment) and {environment, "secret_path"} & set(plan.changes):
        check_source(task, after["project_id"], after[environment], after["secret_path"])


def name_source(refusal: ServerError, plan: Plan, environment: str) -> InfisicalError:
    """Return the refusal of a plan, with the folder that it reads from where the server says only that one is missing.

    `environment` is the option's name. Servers of October 2024 say no more than "Folder path not found".
    """
    after = plan.after or {}
    path = str(after.get("secret_path") or "")
    if "folder" not in refusal.text.lower() or path in refusal.text:
        return refusal
    return refusal.extended(f"That is the folder {path!r} of the environment {after.get(environment)!r}.")


def _environments(task: Task, project_id: str) -> list[str]:
    # Not every identity may read them, and not every server has them there; then the real run tells.
    project = if_readable(lambda: by_id(task, project_id))
    return [row["slug"] for row in project["environments"]] if project else []


def _folders(task: Task, project_id: str, environment: str, parent: str) -> list[str] | None:
    query = {"environment": environment, "path": parent}
    newer, older = ((path, {name: project_id, **query}) for path, name in zip(LIST_FOLDERS, FOLDERS_OF, strict=True))
    try:
        path, answer = task.store.paths.get(FOLDERS, newer, older)
    except InfisicalError:
        return None
    # A list that can't be read is no empty one.
    check_answer(answer, f"GET {path}", folders=needed(list_of(mapping(name=NAME))))
    return sorted(row["name"] for row in answer["folders"])
