# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the info modules list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from .._engine.info import Listing, list_objects
from .._engine.kind import View
from .._engine.task import Task
from .._engine.values import checked_slug
from .._errors import InputError
from .app_connection import CONNECTION, known_app, place
from .export import exported_auths, exported_connections, exported_integrations, exported_syncs
from .native import AUTH, INTEGRATION
from .sync import SYNC


def _find_auth(task: Task, object_id: str, _place: Mapping[str, Any]) -> dict[str, Any] | None:
    return task.store.find(AUTH, object_id)


def _find_integration(task: Task, object_id: str, _place: Mapping[str, Any]) -> dict[str, Any] | None:
    view = task.store.find(INTEGRATION, object_id)
    if view and view["project_id"] is None:
        view["project_id"] = (task.store.find(AUTH, view["integration_auth_id"]) or {}).get("project_id")
    return view


def _find_connection(task: Task, object_id: str, place_: Mapping[str, Any]) -> dict[str, Any] | None:
    if not place_["app"]:
        raise InputError("app is missing: a connection is found by its ID together with its app.")
    return task.store.find(CONNECTION, object_id, {"app": place_["app"]})


def _connections_of(given: Mapping[str, str]) -> dict[str, Any]:
    return place(checked_slug("app", given["app"]) if "app" in given else "", given.get("project_id"))


def _exported_integrations(task: Task, views: Sequence[View]) -> list[dict[str, Any]]:
    projects = {view["project_id"] for view in views} - {None}
    auths = [auth for project_id in sorted(projects) for auth in task.store.all(AUTH, {"project_id": project_id})]
    return exported_integrations(views, auths)


AUTHS = Listing(AUTH, ("integration",), lambda _task, views: exported_auths(views), _find_auth)
INTEGRATIONS = Listing(
    INTEGRATION,
    ("integration", "integration_auth_id", "source_environment", "secret_path"),
    _exported_integrations,
    _find_integration,
)
CONNECTIONS = Listing(
    CONNECTION,
    ("name",),
    lambda _task, views: exported_connections(views),
    _find_connection,
    _connections_of,
    of_organization=True,
)
SYNCS = Listing(
    SYNC,
    ("destination", "name", "environment", "secret_path"),
    lambda _task, views: exported_syncs(views),
    needs_project=True,
)

list_auths = partial(list_objects, listing=AUTHS)
list_integrations = partial(list_objects, listing=INTEGRATIONS)
list_syncs = partial(list_objects, listing=SYNCS)


def list_connections(task: Task) -> dict[str, Any]:
    """Carry out a task of infisical_app_connection_info and return its result. Raises InfisicalError."""
    with known_app(str(task.params.get("app") or "").strip()):
        return list_objects(task, CONNECTIONS)
