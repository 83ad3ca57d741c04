# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules for native integrations do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._catalog import services as catalog
from .._catalog.problems import report_problems
from .._engine import jobs as outcome
from .._engine.plan import (
    Plan,
    check_update,
    create_body,
    diff_of,
    difference,
    patch_body,
    plan_create,
    plan_delete,
    plan_update,
    refuse_contradiction,
    stated,
)
from .._engine.store import Store
from .._engine.task import Task
from .._engine.values import (
    checked_id,
    checked_uuid,
    comparable_path,
    is_placeholder,
    oldest_first,
    oldest_of,
    placeholder_id,
    plain,
)
from .._errors import ConflictError, InfisicalError, InputError, UpdateIgnored, clean_text, listed
from .integration_auth import (
    auth_identity,
    auth_named,
    auths_like,
    in_project,
    planned_only,
    probe_creation,
    refuse_unknown_service,
)
from .native import AUTH, INTEGRATION, OUTCOME, RECREATE
from .project import check_project, check_source, located


@dataclass(frozen=True)
class AuthRef:
    """The auth that an integration belongs to, as far as the options tell; `missing` where it isn't there (yet)."""

    id: str
    project_id: str | None
    service: str | None
    missing: bool = False


def manage_integration(task: Task) -> dict[str, Any]:
    """Carry out a task of infisical_integration and return its result. Raises InfisicalError."""
    check_integration(task)
    store = Store(task.client)
    result = ensure_integration(located(task), store)
    made = result["integration"]
    if made:
        older = store.settle(INTEGRATION, in_project(made["project_id"]), [made], by_identity, task.warn)
        result["integration"] = older.get(made["id"], made)
    return result


def check_integration(task: Task) -> None:
    """Find what is wrong with the options of an integration before anything is sent. Raises InputError."""
    params = task.params
    faults: list[str] = []

    def sound(check: Callable[[], Any]) -> Any:
        try:
            return check()
        except InputError as error:
            faults.append(str(error))

    wanted = sound(lambda: _stated_integration(params))
    sound(lambda: check_project(params))
    if params.get("integration_id"):
        sound(lambda: checked_uuid("integration_id", params["integration_id"]))
    if not params.get("integration_id"):
        sound(lambda: _check_identified(params))
    if wanted is not None and params["state"] == "present":
        sound(lambda: _report(task, wanted.get("integration"), wanted))
    if faults:
        raise InputError(" ".join(faults))


def _check_identified(params: Mapping) -> None:
    if params.get("source_environment") is None:
        raise InputError("source_environment is missing: state it, or name the integration by integration_id.")
    project = params.get("project_id") or params.get("project_slug")
    if not params.get("integration_auth_id") and not (project and (params.get("integration") or "").strip()):
        raise InputError(
            "Which integration is meant? State integration_auth_id, or project_id and integration, or integration_id."
        )


def _report(task: Task, slug: str | None, wanted: Mapping, *, complete: bool = False) -> None:
    """Refuse, or warn of, what the catalogue says of the options; `complete` tells only what is new at a creation."""
    problems = catalog.check_integration(slug or "", wanted, complete=complete)
    if complete:
        said = catalog.check_integration(slug or "", wanted, complete=False)
        problems = [problem for problem in problems if problem not in said]
    report_problems(task, problems, task.params["validate"])


def ensure_integration(task: Task, store: Store) -> dict[str, Any]:
    """Bring one integration into the state that the options describe; `check_integration` has passed."""
    wanted = _stated_integration(task.params)
    if task.params.get("integration_id"):
        return _manage_by_id(task, store, wanted)
    return _manage_by_identity(task, store, wanted)


def _stated_integration(params: Mapping) -> dict[str, Any]:
    wanted = stated(INTEGRATION, params)
    path = wanted.get("secret_path")
    if path is not None and not path.startswith("/"):
        raise InputError(f"secret_path {path!r} must start with a slash, as in {('/' + path)!r}.")
    if path is not None:
        wanted["secret_path"] = comparable_path(path)
    if wanted.get("source_environment") == "":
        raise InputError("source_environment is empty: give the environment's slug, such as dev.")
    if "integration_auth_id" in wanted:
        wanted["integration_auth_id"] = checked_uuid("integration_auth_id", wanted["integration_auth_id"])
    return wanted


def _manage_by_id(task: Task, store: Store, wanted: dict) -> dict[str, Any]:
    integration_id = checked_uuid("integration_id", task.params["integration_id"])
    project_id = checked_id("project_id", task.params["project_id"]) if task.params.get("project_id") else None
    absent = task.params["state"] == "absent"
    view = None if planned_only(task, integration_id) else _by_id(store, integration_id, project_id, removing=absent)
    if view is None:
        if absent:
            return _integration_result(Plan("none"), None, removed=[])
        raise InputError(
            f"There is no integration with the id {integration_id}: it was deleted, or is on another server. Without"
            " integration_id this task would create one."
        )
    if absent:
        _refuse_contradiction(task, store, wanted, view)
        return _remove_integrations(task, store, [view])
    if not wanted.get("integration"):
        _report(task, view["integration"], wanted)
    return _apply(task, store, _plan_update(wanted, view))


def _refuse_contradiction(task: Task, store: Store, wanted: Mapping, view: Mapping) -> None:
    related = {}
    options = {"auth_namespace": "namespace", "auth_target_url": "target_url"}
    if any(task.params.get(option) is not None for option in options):
        auth = _auth_of(task, store, view) or {}
        related = {option: (task.params.get(option), auth.get(key)) for option, key in options.items()}
    refuse_contradiction(INTEGRATION, _without_default_scope(wanted, view), view, related)


def _without_default_scope(wanted: Mapping, view: Mapping) -> Mapping:
    default_scope = catalog.service(view["integration"]).default_scope
    if (wanted.get("scope") or default_scope) == (view.get("scope") or default_scope):
        # The service takes an unset scope for the default one, and the server can change neither.
        return {option: value for option, value in wanted.items() if option != "scope"}
    return wanted


def _plan_update(wanted: Mapping, view: Mapping) -> Plan:
    return plan_update(INTEGRATION, _without_default_scope(wanted, view), view, RECREATE)


def _auth_of(task: Task, store: Store, view: Mapping) -> dict | None:
    """Return the auth of an integration, where the task names a project from the list of its auths."""
    auth_id = view["integration_auth_id"]
    if not task.params.get("project_id"):
        return store.once(("auth", auth_id), lambda: store.find(AUTH, auth_id))
    place = in_project(checked_id("project_id", task.params["project_id"]))
    return next((auth for auth in store.all(AUTH, place) if auth["id"] == auth_id), None)


def refuse_elsewhere(task: Task, store: Store, views: Sequence[Mapping]) -> None:
    """Refuse to change or remove integrations whose auth is not one of the task's project. Raises ConflictError.

    Integrations don't tell their project, so that a wrong answer would not show in them.
    """
    if not views or not task.params.get("project_id"):
        return
    place = in_project(checked_id("project_id", task.params["project_id"]))
    strangers = _strangers(store, place, views)
    if strangers:
        # Another run may have made the auth since the list was read.
        store.forget(AUTH, place)
        strangers = _strangers(store, place, views)
    if strangers:
        named = listed(f"{view['id']} (integration auth {view['integration_auth_id']})" for view in strangers)
        raise ConflictError(
            f"The project {task.params['project_id']} has none of the integration auths of these integrations, so they"
            f" belong to another project: {named}. Nothing was changed or removed. Check project_id, and that no proxy"
            " between here and the server keeps answers."
        )


def _strangers(store: Store, place: Mapping[str, str | None], views: Sequence[Mapping]) -> list[Mapping]:
    known = {auth["id"] for auth in store.all(AUTH, place)}
    return [view for view in views if view["integration_auth_id"] not in known]


def _by_id(store: Store, integration_id: str, project_id: str | None, *, removing: bool) -> dict | None:
    listed = store.listed(INTEGRATION, in_project(project_id))
    if removing and project_id:
        # The list tells that it is in that project; the object alone doesn't, and a wrong one would be gone for good.
        store.all(INTEGRATION, in_project(project_id))
        listed = store.listed(INTEGRATION, in_project(project_id))
    if listed is not None:
        return listed.get(integration_id)
    view = store.find(INTEGRATION, integration_id, in_project(project_id))
    if view and not project_id:
        auth_id = view["integration_auth_id"]
        auth = store.once(("auth", auth_id), lambda: store.find(AUTH, auth_id))
        view["project_id"] = auth["project_id"] if auth else None
    return view


def _manage_by_identity(task: Task, store: Store, wanted: dict) -> dict[str, Any]:
    absent = task.params["state"] == "absent"
    wanted.setdefault("secret_path", "/")
    auth = _auth_ref(task, store)
    if auth.missing and absent:
        return _integration_result(Plan("none"), None, removed=[])
    wanted["integration_auth_id"] = auth.id
    if auth.service:
        wanted["integration"] = auth.service
    place = in_project(auth.project_id)
    siblings = [] if auth.missing else store.group(INTEGRATION, place, _by_auth, auth.id)
    if siblings and not auth.service:
        auth = AuthRef(auth.id, auth.project_id, siblings[0]["integration"])
        _check_service(task, auth)
    slug = auth.service or ""
    if slug and not absent and not task.params.get("integration"):
        _report(task, slug, wanted)
    sought = (auth.id, _identity(slug, wanted))
    twins = oldest_first(store.group(INTEGRATION, place, by_identity, sought)) if siblings else []
    if absent:
        return _remove_integrations(task, store, twins, slug)
    if not twins:
        return _create_integration(task, store, auth, wanted)
    if len(twins) == 1:
        return _apply(task, store, _plan_update(wanted, twins[0]))
    return _manage_twins(task, store, wanted, twins)


def _manage_twins(task: Task, store: Store, wanted: dict, twins: list) -> dict[str, Any]:
    """Manage the first of several integrations that are identical, and remove the others if the task asks for that."""
    first, others = twins[0], listed(view["id"] for view in twins[1:])
    if oldest_of(twins) is None:
        sentence = f"{len(twins)} integrations are identical, and the server doesn't tell which is the oldest"
        if task.params["remove_duplicates"]:
            raise ConflictError(
                f"{sentence}: {first['id']}, {others}. None was changed or removed. Remove all but one, each by its"
                " integration_id."
            )
        task.warn(f"{sentence}; {first['id']} is managed. The others do the same work again: {others}.")
    elif task.params["remove_duplicates"]:
        return _apply_to_the_oldest_only(task, store, wanted, twins)
    else:
        task.warn(
            f"{len(twins)} integrations are identical; the oldest, {first['id']}, is managed. The others do the same"
            f" work again: {others}. To have them removed, set remove_duplicates to true."
        )
    return _apply(task, store, _plan_update(wanted, first))


def _apply_to_the_oldest_only(task: Task, store: Store, wanted: dict, twins: list) -> dict[str, Any]:
    """Bring the oldest of several twins into the wanted state, then remove the others; destinations keep all."""
    refuse_elsewhere(task, store, twins)
    if any(view["is_active"] for view in twins):
        # The one that stays takes over the work of those that go.
        wanted.setdefault("is_active", True)
    result = _apply(task, store, _plan_update(wanted, twins[0]))
    ids = [view["id"] for view in twins[1:]]
    for view in twins[1:]:
        if not task.check_mode:
            store.delete(INTEGRATION, view)
    result["diff"]["before"]["duplicates"] = ids
    return {**result, "changed": True, "removed": ids}


def _auth_ref(task: Task, store: Store) -> AuthRef:
    params = task.params
    project_id = checked_id("project_id", params["project_id"]) if params.get("project_id") else None
    slug = (params.get("integration") or "").strip() or None
    if params.get("integration_auth_id"):
        auth_id = checked_uuid("integration_auth_id", params["integration_auth_id"])
        if planned_only(task, auth_id):
            return AuthRef(auth_id, project_id, slug, missing=True)
        if project_id:
            # No look-up: the list shows the auth's integrations. Before a create it is looked up after all.
            return AuthRef(auth_id, project_id, None)
        return _looked_up(task, store, auth_id, None)
    sought = {
        "integration": slug,
        "target_url": params.get("auth_target_url"),
        "namespace": params.get("auth_namespace"),
    }
    matches = auths_like(store, in_project(project_id), sought)
    if len(matches) == 1:
        return AuthRef(matches[0]["id"], project_id, slug)
    named = auth_named(sought)
    if matches:
        ids = listed(view["id"] for view in oldest_first(matches))
        raise ConflictError(
            f"{len(matches)} integration auths in the project are alike ({named}): {ids}. State which one by"
            " integration_auth_id."
        )
    same_service = [view for view in store.all(AUTH, in_project(project_id)) if view["integration"] == slug]
    there = listed((f"{auth_named(view)} ({view['id']})" for view in oldest_first(same_service)), "; ")
    hint = f" There is: {there}: state auth_namespace or auth_target_url to mean it." if there else ""
    if params["state"] == "present" and not task.check_mode:
        raise InputError(
            f"The project has no integration auth for {named}: create it with infisical_integration_auth first.{hint}"
        )
    if params["state"] == "present":
        if slug not in catalog.SERVICES:
            refuse_unknown_service(task, slug)
        task.warn(
            f"The project has no integration auth for {named} yet; check mode takes it that an earlier task of this run"
            f" creates it.{hint}"
        )
    return AuthRef(placeholder_id(project_id, *auth_identity(sought)), project_id, slug, missing=True)


def _looked_up(task: Task, store: Store, auth_id: str, project_id: str | None) -> AuthRef:
    view = store.once(("auth", auth_id), lambda: store.find(AUTH, auth_id))
    if view is None:
        if task.params["state"] == "absent":
            return AuthRef(auth_id, project_id, None, missing=True)
        raise InputError(
            f"There is no integration auth with the id {auth_id}: it was deleted, or is on another server. Create one"
            " with infisical_integration_auth."
        )
    if project_id and view["project_id"] != project_id:
        raise InputError(
            f"Integration auth {auth_id} belongs to project {view['project_id']}, not to project_id {project_id}."
        )
    ref = AuthRef(auth_id, view["project_id"], view["integration"])
    _check_service(task, ref)
    return ref


def _check_service(task: Task, auth: AuthRef) -> None:
    slug = (task.params.get("integration") or "").strip()
    if slug and slug != auth.service:
        raise InputError(
            f"integration is {slug!r}, but integration auth {auth.id} is for {clean_text(auth.service, 80)}: drop the"
            " one or the other."
        )


def _identity(slug: str, view: Mapping) -> tuple:
    return (
        str(plain(view.get("source_environment"))),
        comparable_path(view.get("secret_path")),
        catalog.destination(slug, view),
    )


def _by_auth(view: Mapping) -> str:
    return view["integration_auth_id"]


def by_identity(view: Mapping) -> tuple:
    return (view["integration_auth_id"], _identity(str(view.get("integration") or ""), view))


def _by_destination(view: Mapping) -> tuple:
    slug = str(view.get("integration") or "")
    return (view["integration_auth_id"], catalog.destination(slug, view))


def _create_integration(task: Task, store: Store, auth: AuthRef, wanted: dict) -> dict[str, Any]:
    if not auth.missing and not auth.service:
        # An auth of another project would never show in this project's list, and each run would create one more.
        auth = _looked_up(task, store, auth.id, auth.project_id)
        wanted["integration"] = auth.service
        if not task.params.get("integration"):
            _report(task, auth.service, wanted)
    _report(task, auth.service, wanted, complete=True)
    wanted.setdefault("is_active", True)
    plan = plan_create(INTEGRATION, wanted, placeholder_id(auth.id, *_identity(auth.service or "", wanted)))
    after = dict(plan.after or {}, project_id=auth.project_id)
    if task.check_mode:
        probe_creation(task, store)
        check_source(task, store, auth.project_id, wanted["source_environment"], wanted["secret_path"])
    _warn_of_rivals(task, store, after)
    if not task.check_mode:
        slug = auth.service or ""
        after = store.create(
            INTEGRATION,
            create_body(INTEGRATION, wanted),
            in_project(auth.project_id),
            lambda view: view["integration_auth_id"] == auth.id and _identity(slug, view) == _identity(slug, wanted),
            task.warn,
        )
        _check_metadata(wanted, after)
    return _finish(task, store, plan, after, triggered=bool(wanted["is_active"]))


def _check_metadata(wanted: Mapping, created: Mapping) -> None:
    """Raise UpdateIgnored where the server stored a new integration without some of its metadata."""
    ignored = difference(INTEGRATION, {"metadata": wanted.get("metadata") or {}}, created).get("metadata")
    if ignored:
        keys = ", ".join(f"metadata.{key}" for key in ignored)
        raise UpdateIgnored(
            f"The server created integration {created['id']}, but without {keys}: this server is too old for that."
            " Leave it out to go on with the integration as it is.",
            changed=True,
            integration=dict(created),
        )


def _apply(task: Task, store: Store, plan: Plan) -> dict[str, Any]:
    """Carry out an update (or nothing), and the sync that the task asks for."""
    view = dict(plan.after or {})
    if plan.changed:
        _warn_of_rivals(task, store, view)
        refuse_elsewhere(task, store, [plan.before or {}])
        if task.check_mode and {"source_environment", "secret_path"} & set(plan.changes):
            check_source(task, store, view["project_id"], view["source_environment"], view["secret_path"])
        if not task.check_mode:
            view = store.patch(INTEGRATION, plan.before or {}, patch_body(INTEGRATION, plan.before or {}, plan.changes))
            check_update(INTEGRATION, plan.changes, view, RECREATE)
        return _finish(task, store, plan, view, triggered=bool(view["is_active"]))
    again = bool(view["is_active"]) and outcome.must_run_again(task, INTEGRATION, view, OUTCOME)
    if not (task.params["sync"] or again):
        return _finish(task, store, plan, view, triggered=False)
    if not view["is_active"]:
        task.warn(f"Integration {view['id']} is not active, so that no sync was started.")
        return _finish(task, store, plan, view, triggered=False)
    refuse_elsewhere(task, store, [view])
    if not task.check_mode:
        # The manual trigger writes the destination but, for a machine identity, stores no outcome; an update without
        # changes starts a sync whose outcome can be waited for.
        view = store.patch(INTEGRATION, view, patch_body(INTEGRATION, view, {}))
    return _finish(task, store, plan, view, triggered=True, synced=True)


def _finish(
    task: Task, store: Store, plan: Plan, view: dict, *, triggered: bool, synced: bool = False
) -> dict[str, Any]:
    result = _integration_result(plan, view, {"sync": "started"} if synced else None)
    result["changed"] = plan.changed or synced
    if triggered and task.params["wait"] and not task.check_mode:
        try:
            view = outcome.wait_for(store, INTEGRATION, view, OUTCOME, task.params["wait_timeout"])
        except InfisicalError as error:
            error.facts.update(changed=True, integration=error.facts.get("integration") or view)
            raise
        result["integration"] = view
    return result


def _warn_of_rivals(task: Task, store: Store, after: Mapping) -> None:
    """Warn where another active integration of the same auth writes to the same place from another source."""
    slug = str(after.get("integration") or "")
    if not after["is_active"] or not after.get("project_id") or is_placeholder(after["integration_auth_id"]):
        return
    rivals = [
        view
        for view in store.group(INTEGRATION, in_project(after["project_id"]), _by_destination, _by_destination(after))
        if view["is_active"]
        and view["id"] != after["id"]
        and _identity(slug, view) != _identity(slug, after)
        and not (_shares(slug, view) and _shares(slug, after))
    ]
    if rivals:
        named = listed(f"{view['id']} (from {view['source_environment']}:{view['secret_path']})" for view in rivals)
        task.warn(
            f"Another active integration writes to the same destination: {named}. Each overwrites what the other wrote;"
            " deactivate or remove the one that is not meant."
        )


def _shares(slug: str, view: Mapping) -> bool:
    shared = catalog.service(slug).shares_destination
    return bool(shared) and (view.get("metadata") or {}).get(shared[0]) == shared[1]


def _remove_integrations(task: Task, store: Store, views: list, slug: str = "") -> dict[str, Any]:
    slug = views[0]["integration"] if views else slug or str(task.params.get("integration") or "")
    params = None
    if task.params["delete_destination_secrets"]:
        if slug and not catalog.service(slug).can_delete_secrets:
            raise InputError(
                f"delete_destination_secrets works for GitHub only; the server can't delete what {clean_text(slug, 80)}"
                " holds. Leave it out, and remove the secrets at the destination by its own means."
            )
        params = {"shouldDeleteIntegrationSecrets": "true"}
    refuse_elsewhere(task, store, views)
    for view in views:
        if not task.check_mode:
            store.delete(INTEGRATION, view, params)
    return _integration_result(plan_delete(views[0] if views else None), None, removed=[view["id"] for view in views])


def _integration_result(plan: Plan, view: Mapping | None, notes: Mapping | None = None, **more: Any) -> dict[str, Any]:
    return {
        "changed": plan.changed,
        "integration": dict(view) if view else None,
        "diff": diff_of(INTEGRATION, plan, view, notes),
        **more,
    }
