# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the info modules for native integrations and their auths do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._engine.kind import Kind
from .._engine.store import Store
from .._engine.task import Task
from .._engine.values import checked_id, checked_uuid, oldest_first
from .._errors import InputError
from .._migration.plan import plan_for
from .export import exported_auths, exported_integrations
from .integration_auth import in_project
from .native import AUTH, INTEGRATION
from .project import check_project, located


def list_auths(task: Task) -> dict[str, Any]:
    """Carry out a task of infisical_integration_auth_info."""
    views = filtered_list(task, Store(task.client), AUTH, "integration_auth_id", ("integration",))
    export = {"export": exported_auths(views)} if task.params["export"] else {}
    return {"changed": False, "integration_auths": views, **export}


def filtered_list(task: Task, store: Store, kind: Kind, id_option: str, filters: tuple[str, ...]) -> list[dict]:
    check_project({option: task.params.get(option) or None for option in ("project_id", "project_slug")})
    wanted = {option: str(task.params[option]).strip() for option in filters if task.params.get(option)}
    if "integration_auth_id" in wanted:
        wanted["integration_auth_id"] = checked_uuid("integration_auth_id", wanted["integration_auth_id"])
    params = located(task).params
    project_id = checked_id("project_id", params["project_id"]) if params.get("project_id") else None
    object_id = checked_uuid(id_option, params[id_option]) if params.get(id_option) else None
    if project_id:
        views = [view for view in store.all(kind, in_project(project_id)) if object_id in (None, view["id"])]
    elif object_id:
        view = store.find(kind, object_id)
        if view and view["project_id"] is None:
            auth = store.find(AUTH, view["integration_auth_id"])
            view["project_id"] = auth["project_id"] if auth else None
        views = [view] if view else []
    else:
        raise InputError(f"project_id is missing: state it, or {id_option}.")
    normal = {item.option: item.normal for item in kind.fields}
    return oldest_first(
        view
        for view in views
        if all(normal[option](view[option]) == normal[option](value) for option, value in wanted.items())
    )


def list_integrations(task: Task) -> dict[str, Any]:
    """Carry out a task of infisical_integration_info."""
    store = Store(task.client)
    filters = ("integration", "integration_auth_id", "source_environment", "secret_path")
    views = filtered_list(task, store, INTEGRATION, "integration_id", filters)
    export = {"export": _export(store, views)} if task.params["export"] else {}
    if task.params["migration"]:
        views = [{**view, "migration": _migration(task, store, view)} for view in views]
    return {"changed": False, "integrations": views, **export}


def _export(store: Store, views: list) -> list[dict[str, Any]]:
    projects = {view["project_id"] for view in views} - {None}
    auths = [auth for project_id in sorted(projects) for auth in store.all(AUTH, in_project(project_id))]
    return exported_integrations(views, auths)


def _migration(task: Task, store: Store, view: Mapping) -> dict[str, Any]:
    """Return what becomes of an integration as a secret sync, with the inputs for all, its service, and itself."""
    auths = store.all(AUTH, in_project(view["project_id"])) if view["project_id"] else []
    auth = next((auth for auth in auths if auth["id"] == view["integration_auth_id"]), None)
    inputs: dict[str, Any] = {}
    for key in ("*", view["integration"], view["integration_auth_id"], view["id"]):
        inputs.update((task.params["migration_inputs"] or {}).get(key) or {})
    return plan_for(view, auth, inputs).as_dict()
