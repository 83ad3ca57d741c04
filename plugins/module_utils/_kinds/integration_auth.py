# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules for integration auths do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from .._catalog import services as catalog
from .._catalog.problems import report_problems
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
from .._engine.shapes import NAME, check_answer, list_of, mapping, needed
from .._engine.store import NOBODY, Store
from .._engine.task import Task
from .._engine.values import checked_id, checked_uuid, is_placeholder, moment, oldest_first, placeholder_id, plain
from .._errors import ConflictError, CreationClosed, InfisicalError, InputError, RouteMissing, clean_text, listed, shown
from .native import AUTH, INTEGRATION
from .project import check_project, located

OPTIONS_PATH = "/api/v1/integration-auth/integration-options"
# Seconds between the looks at auths that are alike and new: of two runs at once, one is about to remove its own.
PAUSES = (1, 2, 4)
NEW = timedelta(seconds=60)


def manage_auth(task: Task) -> dict[str, Any]:
    """Carry out a task of infisical_integration_auth and return its result. Raises InfisicalError."""
    params, store = task.params, Store(task.client)
    wanted = stated(AUTH, params)
    check_project(params)
    credentials = _credentials(task, params.get("integration"))
    if params["state"] == "present":
        _report(task, wanted.get("integration"), wanted)
    if params["state"] == "present" and params["update_credentials"] == "always" and not credentials:
        raise InputError(
            "update_credentials is always, but no credential is given: state access_token, refresh_token or"
            " aws_assume_iam_role_arn."
        )
    task = located(task)
    if task.params.get("project_id"):
        wanted["project_id"] = checked_id("project_id", task.params["project_id"])
    view = _current_auth(task, store, wanted)
    if params["state"] == "absent":
        return _remove_auth(task, store, view)
    if view is None:
        return _create_auth(task, store, wanted, credentials)
    if not wanted.get("integration"):
        _credentials(task, view["integration"])
        _report(task, view["integration"], wanted)
    return _update_auth(task, store, view, wanted, credentials)


def _report(task: Task, slug: str | None, wanted: Mapping, *, complete: bool = False) -> None:
    """Refuse, or warn of, what the catalogue says of the options; `complete` tells only what is new at a creation."""
    given = {option: _text(task.params.get(option)) for option in AUTH.write_only}
    problems = catalog.check_auth(slug or "", wanted, given, complete=complete)
    if complete:
        said = catalog.check_auth(slug or "", wanted, given, complete=False)
        problems = [problem for problem in problems if problem not in said]
    report_problems(task, problems, task.params["validate"])


def _credentials(task: Task, slug: str | None) -> dict[str, str]:
    texts = {api: _text(task.params.get(option)) for option, api in AUTH.write_only.items()}
    given = {api: text for api, text in texts.items() if text}
    # A masked number would make every id that holds the same digits unreadable.
    if "accessId" in given and catalog.service((slug or "").strip()).public_access_id:
        task.reveal(task.params["access_id"])
    return given


def _text(value: Any) -> str:
    # Before ansible-core 2.19, a template that gives JSON hands on what it stands for.
    return json.dumps(value) if isinstance(value, Mapping | list) else str(value or "").strip()


def _current_auth(task: Task, store: Store, wanted: Mapping) -> dict | None:
    auth_id = task.params.get("integration_auth_id")
    if auth_id:
        auth_id = checked_uuid("integration_auth_id", auth_id)
        if planned_only(task, auth_id):
            return None
        view = store.find(AUTH, auth_id)
        if view is None and task.params["state"] == "present":
            raise InputError(
                f"There is no integration auth with the id {auth_id}: it was deleted, or is on another server. Without"
                " integration_auth_id this task would create one."
            )
        if view is not None and task.params["state"] == "absent":
            refuse_contradiction(AUTH, wanted, view)
        return view
    for option in ("project_id", "integration"):
        if not wanted.get(option):
            raise InputError(f"{option} is missing: state project_id and integration, or integration_auth_id.")
    if wanted["integration"] not in catalog.SERVICES:
        refuse_unknown_service(task, wanted["integration"])
    matches = auths_like(store, in_project(wanted["project_id"]), wanted)
    if len(matches) > 1:
        ids = listed(view["id"] for view in oldest_first(matches))
        raise ConflictError(
            f"{len(matches)} integration auths are alike ({auth_named(wanted)}): {ids}. Their credentials can't be"
            " read, so nobody can tell which one is meant: name it by integration_auth_id, or remove the others."
        )
    return matches[0] if matches else None


def auths_like(store: Store, where: Mapping[str, str | None], wanted: Mapping) -> list[dict]:
    """Return the auths that are alike in all that tells them apart."""
    sought = auth_identity(wanted)
    matches = store.group(AUTH, where, auth_identity, sought)
    for pause in PAUSES:
        if len(matches) < 2 or not any(_is_new(view) for view in matches):
            break
        store.client.clock.sleep(pause)
        store.forget(AUTH, where)
        matches = store.group(AUTH, where, auth_identity, sought)
    return matches


def _is_new(view: Mapping) -> bool:
    made = moment(view.get("created_at"))
    return made is not None and abs(datetime.now(UTC) - made) < NEW


def auth_identity(view: Mapping) -> tuple[str, ...]:
    return tuple(str(plain(view.get(option))) for option in ("integration", "target_url", "namespace"))


def auth_named(view: Mapping) -> str:
    parts = [clean_text(view.get("integration"), 80)]
    parts.extend(f"{option} {shown(view[option])}" for option in ("target_url", "namespace") if view.get(option))
    return ", ".join(parts)


def refuse_unknown_service(task: Task, slug: str) -> None:
    """Refuse a service that the server doesn't know, as its create would. Endpoint: …/integration-options."""
    answer = task.client.get(OPTIONS_PATH)
    check_answer(answer, f"GET {OPTIONS_PATH}", integrationOptions=needed(list_of(mapping(slug=NAME))))
    known = [row["slug"] for row in answer["integrationOptions"]]
    if slug in known:
        return
    near = catalog.near_matches(slug, known or None)
    hint = f" Did you mean {clean_text(' or '.join(near), 200)}?" if near else ""
    raise InputError(f"integration {shown(slug)} is not a service that this server knows.{hint}")


def planned_only(task: Task, object_id: str) -> bool:
    """Tell whether an id is check mode's stand-in for an object that doesn't exist yet."""
    if not is_placeholder(object_id):
        return False
    if not task.check_mode:
        raise InputError(
            f"The id {object_id} is a stand-in that check mode made for an object which it would have created. It must"
            " not be kept: take the id from the result of a real run."
        )
    return True


def _create_auth(task: Task, store: Store, wanted: dict, credentials: Mapping) -> dict[str, Any]:
    if is_placeholder(task.params.get("integration_auth_id")):
        raise InputError("integration_auth_id names an object that an earlier task of this check would create.")
    if not set(credentials) - {"accessId"}:
        raise InputError(
            f"No integration auth for {auth_named(wanted)} exists in the project, and no credential is given to create"
            " one: state access_token (with access_id where the service has one), refresh_token or"
            " aws_assume_iam_role_arn."
        )
    _report(task, wanted["integration"], wanted, complete=True)
    # Nothing could ever use a new auth on a server that creates no integrations; without this look a refused run would
    # leave one behind each time.
    probe_creation(task, store)
    project_id = wanted["project_id"]
    plan = plan_create(AUTH, wanted, placeholder_id(project_id, *auth_identity(wanted)))
    view = plan.after
    if not task.check_mode:
        view = store.create(
            AUTH,
            {**create_body(AUTH, wanted), **credentials},
            in_project(project_id),
            lambda seen: auth_identity(seen) == auth_identity(wanted),
            task.warn,
        )
        view = store.settle(AUTH, in_project(project_id), [view], auth_identity, task.warn).get(view["id"], view)
    return _auth_result(plan, view, {"credentials": "written"})


def _update_auth(task: Task, store: Store, view: dict, wanted: dict, credentials: Mapping) -> dict[str, Any]:
    plan = plan_update(AUTH, wanted, view, "Create another integration auth instead.")
    write_credentials = task.params["update_credentials"] == "always"
    notes = {"credentials": "written anew"} if write_credentials else None
    if not plan.changed and not write_credentials:
        return _auth_result(plan, view)
    body = patch_body(AUTH, view, plan.changes)
    if write_credentials:
        body.update(credentials)
        plan = Plan("update", before=view, after=plan.after, changes=plan.changes)
    after = plan.after
    try:
        if task.check_mode:
            refusal = _probe(task, "PATCH", f"{AUTH.object_path}/{NOBODY}", {}, RouteMissing)
            if refusal:
                raise refusal
        else:
            after = store.patch(AUTH, view, body)
            check_update(AUTH, plan.changes, after, "Create another integration auth instead.")
    except RouteMissing:
        raise InputError(
            f"This server is too old to change integration auth {view['id']} in place. To replace its credentials,"
            " create a second auth (tell them apart by namespace), recreate the integrations on it, and remove this"
            " one: the playbook community.infisical.rotate_credentials does that in an order that loses nothing."
        ) from None
    return _auth_result(plan, after, notes)


def _remove_auth(task: Task, store: Store, view: dict | None) -> dict[str, Any]:
    plan = plan_delete(view)
    if view is None:
        return _auth_result(plan, None, removed=[])
    users = [
        item
        for item in store.all(INTEGRATION, in_project(view["project_id"]))
        if item["integration_auth_id"] == view["id"]
    ]
    ids = listed(item["id"] for item in oldest_first(users))
    if users and not task.params["cascade"]:
        sentence = f"{len(users)} integration(s) still use integration auth {view['id']}: {ids}."
        if not task.check_mode:
            raise ConflictError(
                f"{sentence} Removing it would remove them, too: remove them first, or set cascade to true."
            )
        # Earlier tasks of a teardown would have removed them, had they been run.
        task.warn(f"{sentence} A real run refuses to remove it unless they are gone by then, or cascade is true.")
    if not task.check_mode:
        store.delete(AUTH, view)
    notes = [item["id"] for item in oldest_first(users)] if task.params["cascade"] else []
    return _auth_result(plan, None, removed=[view["id"]], removed_integrations=notes)


def _auth_result(plan: Plan, view: Mapping | None, notes: Mapping | None = None, **more: Any) -> dict[str, Any]:
    return {
        "changed": plan.changed,
        "integration_auth": dict(view) if view else None,
        "diff": diff_of(AUTH, plan, view, notes),
        **more,
    }


def in_project(project_id: str | None) -> dict[str, str | None]:
    return {"project_id": project_id}


def probe_creation(task: Task, store: Store) -> None:
    """Raise CreationClosed where the server creates no native integrations any more; asked once a task."""
    body = {"integrationAuthId": NOBODY, "sourceEnvironment": "dev", "isActive": False}
    refusal = store.once(("creation",), lambda: _probe(task, "POST", INTEGRATION.create_path, body, CreationClosed))
    if refusal:
        raise refusal


def _probe(task: Task, method: str, path: str, body: Mapping, telling: type[InfisicalError]) -> InfisicalError | None:
    """Learn what only a write tells, by one that names no object and so can't change anything.

    Returns the answer if it is of the type `telling`; any other answer means that nothing stands in the way.
    """
    try:
        task.client.request(method, path, body=body)
    except InfisicalError as error:
        return error if isinstance(error, telling) else None
    return None
