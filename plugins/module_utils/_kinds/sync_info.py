# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the info modules for app connections and secret syncs do."""

from __future__ import annotations

from typing import Any

from .._engine.store import Store
from .._engine.task import Task
from .._engine.values import checked_id, checked_slug, checked_uuid, comparable_path, oldest_first
from .._errors import InputError
from .app_connection import CONNECTION, place
from .export import exported_connections, exported_syncs
from .project import check_project, located, require_project
from .secret_sync import SYNC


def list_connections(task: Task) -> dict[str, Any]:
    """Carry out a task of infisical_app_connection_info."""
    check_project(task.params)
    task = located(task)
    params, store = task.params, Store(task.client)
    project_id = checked_id("project_id", params["project_id"]) if params.get("project_id") else None
    app = checked_slug("app", params["app"]) if params.get("app") else ""
    if params.get("connection_id"):
        if not app:
            raise InputError("app is missing: a connection is found by its id together with its app.")
        view = store.find(CONNECTION, checked_uuid("connection_id", params["connection_id"]), {"app": app})
        views = [view] if view else []
    else:
        views = store.all(CONNECTION, place(app, project_id))
    if params.get("name"):
        views = [view for view in views if view["name"] == params["name"].strip()]
    export = {"export": exported_connections(views)} if params["export"] else {}
    return {"changed": False, "app_connections": oldest_first(views), **export}


def list_syncs(task: Task) -> dict[str, Any]:
    """Carry out a task of infisical_secret_sync_info."""
    require_project(task.params)
    params = located(task).params
    project_id = checked_id("project_id", params["project_id"])
    sync_id = checked_uuid("sync_id", params["sync_id"]) if params.get("sync_id") else None
    views = Store(task.client).all(SYNC, {"project_id": project_id})
    filters = {
        option: params[option].strip() for option in ("destination", "name", "environment") if params.get(option)
    }
    path = comparable_path(params["secret_path"]) if params.get("secret_path") else None
    found = oldest_first(
        view
        for view in views
        if sync_id in (None, view["id"])
        and all(view[option] == value for option, value in filters.items())
        and path in (None, comparable_path(view["secret_path"]))
    )
    export = {"export": exported_syncs(found)} if params["export"] else {}
    return {"changed": False, "secret_syncs": found, **export}
