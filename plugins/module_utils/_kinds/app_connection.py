# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""App Connections: the credentials that Secret Syncs use. The kind of object as a table, and what its modules do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from .._catalog import syncs as sync_catalog
from .._catalog.problems import report_problems
from .._engine.kind import Change, Field, Kind
from .._engine.plan import (
    Plan,
    check_update,
    create_body,
    diff_of,
    patch_body,
    plan_create,
    plan_delete,
    plan_update,
    refuse_contradiction,
    stated,
)
from .._engine.shapes import COUNT, FLAG, MAPPING, NAME, WORD, check_answer, needed
from .._engine.store import Store
from .._engine.task import Task
from .._engine.values import (
    ID,
    checked_id,
    checked_slug,
    checked_uuid,
    is_placeholder,
    oldest_first,
    placeholder_id,
    time_text,
)
from .._errors import ConflictError, InputError, NotFound, ServerError, clean_text, listed
from .project import check_project, located

CONNECTION = Kind(
    name="app_connection",
    label="app connection",
    fields=(
        Field("app", "app", sent=False, shape=needed(ID)),
        Field("method", "method", shape=NAME),
        Field("name", "name", Change.PATCH, shape=NAME),
        Field("description", "description", Change.PATCH),
        Field("project_id", "projectId", shape=ID),
        Field("gateway_id", "gatewayId", Change.PATCH),
    ),
    facts=(
        Field("org_id", "orgId"),
        Field("version", "version", shape=COUNT),
        Field("credentials_hash", "credentialsHash"),
        Field("is_platform_managed_credentials", "isPlatformManagedCredentials", shape=FLAG),
        Field("created_at", "createdAt", read=time_text, shape=WORD),
        Field("updated_at", "updatedAt"),
    ),
    envelope="appConnection",
    list_name="appConnections",
    list_paths=("/api/v1/app-connections/{app}",),
    list_query={"projectId": "project_id"},
    listed_by=("app", "project_id"),
    anchors=("app", "project_id"),
    # Servers that don't know the query answer with all of the organization.
    mixed_list=True,
    create_path="/api/v1/app-connections/{app}",
    object_path="/api/v1/app-connections/{app}",
    write_only={"credentials": "credentials"},
    lacking="This server is older than app connections, or than this app of theirs.",
)

OTHER_METHOD = (
    "Make a second connection under another name, move the syncs to it (option connection_id of infisical_secret_sync),"
    " and remove this one."
)
OTHER_CONNECTION = "Make a second connection as it should be, and move the syncs to it."


def place(app: str, project_id: str | None) -> dict[str, str | None]:
    """Return what the store needs to find connections: of an app, in a project or, without one, the organization."""
    return {"app": app, "project_id": project_id}


def manage_connection(task: Task) -> dict[str, Any]:
    """Carry out a task of infisical_app_connection and return its result. Raises InfisicalError."""
    params, store = task.params, Store(task.client)
    wanted = stated(CONNECTION, params)
    app = checked_slug("app", wanted["app"])
    check_project(params)
    method = wanted.get("method") or ""
    credentials = _credentials(task, app, method)
    if params["state"] == "present":
        if method:
            _check(task, app, method, credentials)
        if params["update_credentials"] == "always" and not credentials:
            raise InputError("update_credentials is always, but no credentials are given.")
    task = located(task)
    if task.params.get("project_id"):
        wanted["project_id"] = checked_id("project_id", task.params["project_id"])
    view = _current(task, store, wanted)
    if params["state"] == "absent":
        return _remove(task, store, view)
    if view is None:
        return _create(task, store, wanted, credentials)
    if not method:
        credentials = _credentials(task, app, str(view["method"]))
        _check(task, app, str(view["method"]), credentials)
    return _update(task, store, view, wanted, credentials)


def _check(task: Task, app: str, method: str, credentials: Mapping) -> None:
    if credentials:
        report_problems(task, sync_catalog.check_connection(app, method, credentials), task.params["validate"])


def _credentials(task: Task, app: str, method: str) -> dict[str, Any]:
    given = {key: value for key, value in (task.params.get("credentials") or {}).items() if value is not None}
    # The whole mapping is masked until here; what is known to be no secret would only make the output unreadable.
    for value in sync_catalog.public_credentials(app, method, given).values():
        task.reveal(str(value))
    for value in sync_catalog.secret_credentials(app, method, given):
        task.hide(value)
    return sync_catalog.coerced_credentials(app, method, given)


def _current(task: Task, store: Store, wanted: Mapping) -> dict | None:
    where = place(wanted["app"], wanted.get("project_id"))
    connection_id = task.params.get("connection_id")
    if connection_id:
        connection_id = checked_uuid("connection_id", connection_id)
        view = None if is_placeholder(connection_id) else store.find(CONNECTION, connection_id, {"app": wanted["app"]})
        if view is None and task.params["state"] == "present":
            raise InputError(
                f"There is no {wanted['app']} connection with the id {connection_id}: it was deleted, or is for another"
                " app. Without connection_id this task would create one."
            )
        if view is not None and task.params["state"] == "absent":
            refuse_contradiction(CONNECTION, wanted, view)
        return view
    if not wanted.get("name"):
        raise InputError("name is missing: state it, or connection_id.")
    matches = [view for view in store.all(CONNECTION, where) if _same_level(view, wanted, wanted["name"])]
    if len(matches) > 1:
        ids = listed(view["id"] for view in oldest_first(matches))
        raise ConflictError(f"{len(matches)} connections are called {wanted['name']!r}: {ids}. State connection_id.")
    return matches[0] if matches else None


def _same_level(view: Mapping, wanted: Mapping, name: str) -> bool:
    return view["name"] == name and (view.get("project_id") or None) == (wanted.get("project_id") or None)


def _create(task: Task, store: Store, wanted: dict, credentials: Mapping) -> dict[str, Any]:
    missing = [option for option in ("name", "method") if not wanted.get(option)]
    missing += [] if credentials else ["credentials"]
    if missing:
        raise InputError(f"To create the {wanted['app']} connection, state {' and '.join(missing)} as well.")
    checked_slug("name", wanted["name"])
    where = place(wanted["app"], wanted.get("project_id"))
    plan = plan_create(CONNECTION, wanted, placeholder_id("app-connection", *where.values(), wanted["name"]))
    view = plan.after
    if not task.check_mode:
        body = {**create_body(CONNECTION, wanted), "credentials": sync_catalog.to_api(credentials)}

        def is_it(seen: Mapping) -> bool:
            return _same_level(seen, wanted, wanted["name"])

        try:
            view = store.create(CONNECTION, body, where, is_it, task.warn)
        except ServerError as error:
            view = store.namesake(CONNECTION, where, is_it, error, task.warn)
            return _update(task, store, view, wanted, credentials)
    return _result(plan, view, {"credentials": "written"})


def _update(task: Task, store: Store, view: dict, wanted: dict, credentials: Mapping) -> dict[str, Any]:
    plan = plan_update(CONNECTION, wanted, view, OTHER_METHOD)
    write_credentials = task.params["update_credentials"] == "always"
    if not plan.changed and not write_credentials:
        return _result(plan, view)
    body = patch_body(CONNECTION, view, plan.changes)
    if "name" in plan.changes:
        checked_slug("name", plan.changes["name"])
    if write_credentials:
        body["credentials"] = sync_catalog.to_api(credentials)
        plan = Plan("update", before=view, after=plan.after, changes=plan.changes)
    after = plan.after
    if not task.check_mode:
        after = store.patch(CONNECTION, view, body)
        check_update(CONNECTION, plan.changes, after, OTHER_CONNECTION)
    return _result(plan, after, {"credentials": "written anew"} if write_credentials else None)


def _remove(task: Task, store: Store, view: dict | None) -> dict[str, Any]:
    if view is not None and not task.check_mode:
        try:
            store.delete(CONNECTION, view)
        except ServerError as error:
            if error.status == 400:
                name = clean_text(view["name"], 80)
                raise ConflictError(
                    f"The server keeps app connection {view['id']} ({name}): {error.text} Remove or move the"
                    " syncs that use it first.",
                    status=400,
                ) from None
            raise
    removed = [view["id"]] if view else []
    return _result(plan_delete(view), None, removed=removed)


def _result(plan: Plan, view: Mapping | None, notes: Mapping | None = None, **more: Any) -> dict[str, Any]:
    return {
        "changed": plan.changed,
        "app_connection": dict(view) if view else None,
        "diff": diff_of(CONNECTION, plan, view, notes),
        **more,
    }


def find_by_name(store: Store, app: str, name: str, project_id: str) -> dict | None:
    """Return the connection of an app that is called `name`, the project's own first, then the organization's."""
    return store.once(("connection", app, name, project_id), lambda: _find_by_name(store, app, name, project_id))


def _find_by_name(store: Store, app: str, name: str, project_id: str) -> dict | None:
    path = f"/api/v1/app-connections/{quote(app, safe='')}/connection-name/{quote(name, safe='')}"
    for query in ({"projectId": project_id}, None):
        try:
            answer = store.client.get(path, query)
        except NotFound:
            continue
        check_answer(answer, f"GET {path}", **{CONNECTION.envelope: needed(MAPPING)})
        view = store.unwrapped(CONNECTION, answer, {"app": app, "name": name})
        # The project's own or, asked for without a project, the organization's.
        if view["project_id"]:
            store.unwrapped(CONNECTION, answer, {"project_id": project_id if query else "none"})
        return view
    return None
