# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of listed native integrations as secret syncs."""

from __future__ import annotations

from typing import Any

from .._engine.info import list_objects
from .._engine.kind import View
from .._engine.results import OBJECT
from .._engine.shapes import FLAG, NAME, SENTENCE
from .._engine.task import Task
from .._kinds.info import INTEGRATIONS
from .._kinds.native import AUTH
from .plan import plan_for

# What stands under the keys of a plan.
PLAN_KEYS = {
    **dict.fromkeys(("migration", "missing", "methods", "sync"), OBJECT),
    **dict.fromkeys(("status", "prefilled", "asked", "optional"), NAME),
    **dict.fromkeys(("needs_only_connection", "restore_deletion", "browser_only"), FLAG),
    **dict.fromkeys(("reason", "why"), SENTENCE),
}


def list_integrations(task: Task) -> dict[str, Any]:
    """Carry out a task of infisical_integration_info and return its result. Raises InfisicalError."""
    result = list_objects(task, INTEGRATIONS)
    if task.params["migration"]:
        result["integrations"] = [{**view, "migration": _migration(task, view)} for view in result["integrations"]]
    return result


def _migration(task: Task, view: View) -> dict[str, Any]:
    """Return what becomes of an integration as a secret sync, with the inputs for all, its service, and itself."""
    auths = task.store.all(AUTH, {"project_id": view["project_id"]}) if view["project_id"] else []
    auth = next((auth for auth in auths if auth["id"] == view["integration_auth_id"]), None)
    inputs: dict[str, Any] = {}
    for key in ("*", view["integration"], view["integration_auth_id"], view["id"]):
        inputs.update((task.params["migration_inputs"] or {}).get(key) or {})
    return plan_for(view, auth, inputs).as_dict()
