# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a task may make an object active: one that the server then syncs by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .._errors import InputError, NotFound, PermissionRefused
from .kind import Kind, View
from .paths import SECRETS
from .project import check_source
from .shapes import MAPPING, Shape, check_answer, list_of, mapping, needed
from .store import Store
from .task import Task

if TYPE_CHECKING:
    from .driver import Resource

ALWAYS, UNLESS_EMPTY, NEVER = "always", "unless_empty", "never"
ACTIVATE: dict[str, dict[str, Any]] = {
    "activate": {"type": "str", "default": ALWAYS, "choices": [ALWAYS, UNLESS_EMPTY, NEVER]}
}
LIST_SECRETS = ("/api/v4/secrets", "/api/v3/secrets/raw")
# What the project is called in the query of each.
SECRETS_OF = ("projectId", "workspaceId")
# Servers of 2024 do not know the first of them, and answer with the values.
NAMES_ONLY = {"viewSecretValue": "false", "include_imports": "true"}


def hold_back(kind: Kind, params: Mapping[str, Any], wanted: dict[str, Any]) -> None:
    """Take out of `wanted` that an object is active where the task must not make it so; one that is so stays."""
    if kind.active and params.get("activate") == NEVER and wanted.get(kind.active):
        del wanted[kind.active]


def first_values(kind: Kind, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the defaults of a new object."""
    held = {kind.active: False} if kind.active and params.get("activate") == NEVER else {}
    return {**kind.defaults, **held}


def refuse_empty_source(res: Resource, found: Sequence[View], environment: str, *, recursive: bool = False) -> None:
    """Refuse to make an object active, or to let an active one read from elsewhere, if its folder has no secrets.

    `found` are the present objects, `environment` is an option's name. `recursive`: sub-folders count. Raises
    InputError, also where the identity may not see whether there are secrets.
    """
    kind, active = res.kind, str(res.kind.active)
    view = found[0] if found else None
    after = {**kind.defaults, **(view or {}), **res.wanted}
    if not after[active]:
        return
    fields = [kind.field_named(option) for option in (active, environment, "secret_path")]
    if view and all(item.normal(view[item.option]) == item.normal(after[item.option]) for item in fields):
        return
    project_id, slug, path = res.place()["project_id"], after.get(environment), after.get("secret_path") or "/"
    if project_id and slug and not _has_secrets(res.task, project_id, slug, path, recursive=recursive):
        check_source(res.task, project_id, slug, path)
        raise InputError(
            f"The folder {path!r} of the environment {slug!r} has no secrets. An active {kind.label} would empty its"
            f" destination. Add the secrets first, or specify {active} as false."
        )


def _has_secrets(task: Task, project_id: str, environment: str, path: str, *, recursive: bool) -> bool:
    key = ("secrets", project_id, environment, path, recursive)
    return bool(task.store.once(key, lambda: _look(task, project_id, environment, path, recursive=recursive)))


def list_secrets(
    store: Store,
    project_id: str,
    environment: str,
    path: str,
    *,
    recursive: bool,
    row: Shape = MAPPING,
    more: Mapping[str, str] | None = None,
) -> list[dict[str, Any]]:
    """Return the secrets in a folder, each of the shape `row`, imported ones included. Endpoint: GET the list of them.

    `recursive`: those of the folders below, too. `more` are further parameters of the request.
    """
    query = {
        "environment": environment,
        "secretPath": path,
        **NAMES_ONLY,
        **(more or {}),
        **({"recursive": "true"} if recursive else {}),
    }
    newer, older = ((url, {name: project_id, **query}) for url, name in zip(LIST_SECRETS, SECRETS_OF, strict=True))
    url, answer = store.paths.get(SECRETS, newer, older)
    secrets = needed(list_of(row))
    check_answer(answer, f"GET {url}", secrets=secrets, imports=list_of(mapping(secrets=secrets)))
    return [one for part in (answer, *(answer.get("imports") or ())) for one in part["secrets"]]


def _look(task: Task, project_id: str, environment: str, path: str, *, recursive: bool) -> bool:
    """Return whether a folder has secrets, imported ones included."""
    try:
        return bool(list_secrets(task.store, project_id, environment, path, recursive=recursive))
    except NotFound:
        return False
    except PermissionRefused:
        raise InputError(
            f"This identity may not list the secrets of the folder {path!r} of the environment {environment!r}, so"
            " activate: unless_empty can't determine whether there are any. Allow it to see their names, or specify"
            " activate: always."
        ) from None
