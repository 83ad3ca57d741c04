# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secret Syncs: which folder goes to which destination. The kind of object as a table, and what its modules do."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from .._catalog import syncs as sync_catalog
from .._catalog.problems import report_problems
from .._engine import jobs as outcome
from .._engine.jobs import Outcome
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
from .._engine.shapes import (
    COUNT,
    FLAG,
    LIST,
    MAPPING,
    NAME,
    PATH,
    TEXT,
    WORD,
    Shape,
    check_answer,
    list_of,
    mapping,
    needed,
)
from .._engine.store import Store
from .._engine.task import Task
from .._engine.values import (
    ID,
    checked_slug,
    checked_uuid,
    comparable_path,
    comparable_setting,
    is_placeholder,
    placeholder_id,
    time_text,
)
from .._errors import ConflictError, InfisicalError, InputError, ServerError, SyncFailed, clean_text
from .app_connection import find_by_name, place
from .project import ENVIRONMENT, check_source, located, require_project

# What a setting of each kind of the catalogue may be in an answer.
KINDS = {"str": WORD, "int": WORD, "bool": FLAG, "list": LIST, "dict": MAPPING}


def _inner(name: str, key: str):
    """Return a reader of one key of a nested object that may be null (its source is gone then)."""

    def read(obj: Mapping) -> Any:
        value = obj.get(name)
        return value.get(key) if isinstance(value, Mapping) else None

    return read


def _settings(name: str):
    return lambda obj: sync_catalog.from_api(obj.get(name) or {})


def _shape_of(settings: Iterable[sync_catalog.Setting]) -> Shape:
    """Return the shape of a mapping that holds these settings; what the catalogue doesn't know may be anything."""
    return mapping(**{sync_catalog.api_name(item.name): _value_shape(item) for item in settings})


def _value_shape(setting: sync_catalog.Setting) -> Shape:
    if setting.kind == "list" and setting.items:
        return list_of(_shape_of(setting.fields) if setting.items == "dict" else KINDS[setting.items])
    return _shape_of(setting.fields) if setting.kind == "dict" else KINDS[setting.kind]


# Made when first asked for: a run meets a few of all destinations.
@functools.cache
def _config_shape_of(slug: str) -> Shape:
    entry = sync_catalog.DESTINATIONS.get(slug)
    return _shape_of(entry.all_settings) if entry else MAPPING


@functools.cache
def _options_shape_of(slug: str) -> Shape:
    entry = sync_catalog.DESTINATIONS.get(slug)
    return _shape_of((*sync_catalog.COMMON_OPTIONS, *(entry.options if entry else ())))


def _config_shape(obj: Mapping) -> Shape:
    return _config_shape_of(str(obj.get("destination")))


def _options_shape(obj: Mapping) -> Shape:
    return _options_shape_of(str(obj.get("destination")))


SYNC = Kind(
    name="secret_sync",
    label="secret sync",
    fields=(
        Field("destination", "destination", sent=False, shape=needed(ID)),
        Field("name", "name", Change.PATCH, shape=NAME),
        Field("description", "description", Change.PATCH),
        Field("project_id", "projectId", shape=needed(ID)),
        Field("connection_id", "connectionId", Change.PATCH, shape=needed(ID)),
        Field("environment", "environment", Change.PATCH, read=_inner("environment", "slug"), shape=ENVIRONMENT),
        Field(
            "secret_path",
            "secretPath",
            Change.PATCH,
            normal=comparable_path,
            read=_inner("folder", "path"),
            key="folder",
            shape=mapping(path=PATH),
        ),
        Field("is_auto_sync_enabled", "isAutoSyncEnabled", Change.PATCH, shape=needed(FLAG)),
        Field(
            "destination_config",
            "destinationConfig",
            Change.PATCH,
            normal=comparable_setting,
            read=_settings("destinationConfig"),
            write=sync_catalog.to_api,
            keyed=True,
            whole=True,
            shape=_config_shape,
        ),
        Field(
            "sync_options",
            "syncOptions",
            Change.PATCH,
            normal=comparable_setting,
            read=_settings("syncOptions"),
            write=sync_catalog.to_api,
            keyed=True,
            whole=True,
            shape=_options_shape,
        ),
    ),
    facts=(
        Field("connection", "connection", shape=mapping(id=needed(ID), name=NAME, app=TEXT)),
        Field("folder_id", "folderId"),
        Field("version", "version", shape=COUNT),
        Field("sync_status", "syncStatus"),
        Field("last_sync_message", "lastSyncMessage"),
        Field("last_sync_job_id", "lastSyncJobId"),
        Field("last_synced_at", "lastSyncedAt"),
        Field("import_status", "importStatus"),
        Field("last_import_message", "lastImportMessage"),
        Field("last_import_job_id", "lastImportJobId"),
        Field("last_imported_at", "lastImportedAt"),
        Field("remove_status", "removeStatus"),
        Field("last_remove_message", "lastRemoveMessage"),
        Field("created_at", "createdAt", read=time_text, shape=WORD),
        Field("updated_at", "updatedAt"),
    ),
    envelope="secretSync",
    list_name="secretSyncs",
    list_paths=("/api/v1/secret-syncs",),
    list_query={"projectId": "project_id"},
    anchors=("project_id", "destination"),
    create_path="/api/v1/secret-syncs/{destination}",
    object_path="/api/v1/secret-syncs/{destination}",
    lacking=(
        "This server is older than secret syncs, or than this destination of theirs. Native integrations"
        " (infisical_integration) are what older servers have."
    ),
)

ENDED = {"succeeded": True, "failed": False}
SYNCED = Outcome(
    marks=("sync_status", "last_sync_job_id", "last_synced_at", "last_sync_message"),
    succeeded=lambda view: ENDED.get(str(view.get("sync_status"))),
    message="last_sync_message",
)
IMPORTED = Outcome(
    marks=("import_status", "last_import_job_id", "last_imported_at", "last_import_message"),
    succeeded=lambda view: ENDED.get(str(view.get("import_status"))),
    message="last_import_message",
    job="import",
)

# The options whose keys depend on the destination.
SETTINGS = ("destination_config", "sync_options")

# Names with "secret" in them make Ansible ask whether the value is one; these only say something about secrets.
NOT_SECRET = {"no_log": False}

# One sync, as the single module and each item of the plural one take it.
OPTIONS: dict[str, dict[str, Any]] = {
    "state": {"type": "str", "default": "present", "choices": ["present", "absent"]},
    "project_id": {"type": "str"},
    "sync_id": {"type": "str"},
    "name": {"type": "str"},
    "destination": {"type": "str"},
    "description": {"type": "str"},
    "connection_id": {"type": "str"},
    "connection_name": {"type": "str"},
    "environment": {"type": "str"},
    "secret_path": {"type": "str", **NOT_SECRET},
    "is_auto_sync_enabled": {"type": "bool"},
    "destination_config": {"type": "dict"},
    "sync_options": {"type": "dict"},
    "sync": {"type": "bool", "default": False},
    "import_secrets": {
        "type": "str",
        "choices": ["prioritize-source", "prioritize-destination"],
        **NOT_SECRET,
    },
    "wait": {"type": "bool", "default": False},
    "wait_timeout": {"type": "float", "default": 120.0},
    "delete_destination_secrets": {"type": "bool", "default": False, **NOT_SECRET},
    "check_duplicates": {"type": "str", "default": "warn", "choices": ["warn", "refuse", "ignore"]},
    "consult_options": {"type": "bool", "default": False},
    "validate": {"type": "str", "default": "warn", "choices": ["strict", "warn", "off"]},
}

OTHER_DESTINATION = (
    "Make another sync under another name, and remove this one; what it wrote stays at the destination unless you ask"
    " otherwise."
)


def manage_sync(task: Task) -> dict[str, Any]:
    """Carry out a task of infisical_secret_sync and return its result. Raises InfisicalError."""
    check_sync(task)
    return ensure_sync(located(task), Store(task.client))


def check_sync(task: Task) -> None:
    """Find what is wrong with the options of a sync before anything is sent. Raises InputError."""
    params = task.params
    require_project(params)
    for option in ("sync_id", "connection_id"):
        if params.get(option):
            checked_uuid(option, params[option])
    if not params.get("sync_id") and not (params.get("name") or "").strip():
        raise InputError("name is missing: state it, or sync_id.")
    if params.get("name"):
        checked_slug("name", params["name"])
    path = (params.get("secret_path") or "/").strip()
    if not path.startswith("/"):
        raise InputError(f"secret_path {path!r} must start with a slash: {'/' + path!r}.")
    destination = (params.get("destination") or "").strip()
    if destination:
        checked_slug("destination", destination)
    if destination and params["state"] == "present":
        wanted = _wanted(params)
        problems = sync_catalog.check_sync(
            destination, wanted.get("destination_config") or {}, wanted.get("sync_options") or {}, complete=False
        )
        report_problems(task, problems, params["validate"])


def _wanted(params: Mapping) -> dict[str, Any]:
    wanted = stated(SYNC, params)
    settings = [wanted.get(option) or {} for option in SETTINGS]
    coerced = sync_catalog.coerced(wanted.get("destination") or "", *settings)
    wanted.update((option, value) for option, value in zip(SETTINGS, coerced, strict=True) if option in wanted)
    if "secret_path" in wanted:
        wanted["secret_path"] = comparable_path(wanted["secret_path"])
    if wanted.get("connection_id"):
        wanted["connection_id"] = checked_uuid("connection_id", wanted["connection_id"])
    return wanted


def _fitted(wanted: Mapping, view: Mapping) -> dict[str, Any]:
    """Return what is wanted of an existing sync, read in the light of the destination and the scope that it has.

    What the server drops, since it has no effect with the rest, is not wanted: it would differ in every run.
    """
    slug, entry = str(view["destination"]), sync_catalog.destination(view["destination"])
    fitted = dict(wanted)
    have = [view[option] or {} for option in SETTINGS]
    merged = [{**current, **fitted.get(option, {})} for option, current in zip(SETTINGS, have, strict=True)]
    config, options = sync_catalog.coerced(slug, *merged)
    coerced = (sync_catalog.as_stored(slug, config), options)
    idle = sync_catalog.without_effect(slug, *coerced)
    for option, current, values, dropped in zip(SETTINGS, have, coerced, idle, strict=True):
        if option in fitted:
            fitted[option] = {key: values[key] for key in fitted[option] if key in current or key not in dropped}
    config = fitted.get("destination_config", {})
    # Older servers know the one scope only, and have no word for it.
    if entry and entry.default_scope and config.get("scope") == entry.default_scope and not have[0].get("scope"):
        del config["scope"]
    return fitted


def _without_leftovers(wanted: Mapping, view: Mapping) -> dict[str, Any]:
    """Return the view without the settings that have no effect beside the wanted ones, and are not wanted."""
    have = [view[option] or {} for option in SETTINGS]
    merged = [{**current, **wanted.get(option, {})} for option, current in zip(SETTINGS, have, strict=True)]
    idle = sync_catalog.without_effect(str(view["destination"]), *merged)
    kept = {
        option: {
            key: value
            for key, value in current.items()
            # Answers may have null where requests may not.
            if value is not None and (key not in dropped or key in wanted.get(option, {}))
        }
        for option, current, dropped in zip(SETTINGS, have, idle, strict=True)
    }
    return {**view, **kept}


def ensure_sync(task: Task, store: Store) -> dict[str, Any]:
    """Bring one sync into the state that the options describe; `check_sync` has passed. Raises InfisicalError."""
    params = task.params
    wanted = _wanted(params)
    view = _current(task, store, wanted)
    if params["state"] == "absent":
        return _remove(task, store, view)
    if view is not None:
        wanted = _fitted(wanted, view)
        if not wanted.get("destination"):
            settings = [wanted.get(option) or {} for option in SETTINGS]
            problems = sync_catalog.check_sync(str(view["destination"]), *settings, complete=False)
            report_problems(task, problems, params["validate"])
    connection = _connection_id(task, store, wanted, view)
    if connection:
        wanted["connection_id"] = connection
    if params["consult_options"]:
        _consult(store, str(wanted.get("destination") or (view or {}).get("destination")), wanted)
    if view is None:
        return _create(task, store, wanted)
    return _update(task, store, view, wanted)


def _current(task: Task, store: Store, wanted: Mapping) -> dict | None:
    params = task.params
    views = store.all(SYNC, {"project_id": wanted["project_id"]})
    if params.get("sync_id"):
        sync_id = checked_uuid("sync_id", params["sync_id"])
        view = next((view for view in views if view["id"] == sync_id), None)
        if view is None and params["state"] == "present":
            raise InputError(
                f"There is no secret sync with the id {sync_id} in the project: it was deleted, or is in another"
                " project. Without sync_id this task would create one."
            )
        if view is not None and params["state"] == "absent":
            connection = (params.get("connection_name"), (view["connection"] or {}).get("name"))
            refuse_contradiction(SYNC, _fitted(wanted, view), view, {"connection_name": connection})
        return view
    return next((view for view in views if view["name"] == wanted["name"]), None)


def _connection_id(task: Task, store: Store, wanted: Mapping, view: Mapping | None) -> str | None:
    """Return the id of the connection that the options name, or None where they name none."""
    params = task.params
    if params.get("connection_id"):
        connection_id = checked_uuid("connection_id", params["connection_id"])
        if is_placeholder(connection_id) and not task.check_mode:
            raise InputError(
                f"connection_id {connection_id} is a stand-in that check mode made for a connection which it would have"
                " created. It must not be kept: take the id from the result of a real run."
            )
        return connection_id
    name = (params.get("connection_name") or "").strip()
    if not name:
        return None
    current = (view or {}).get("connection") or {}
    if current.get("name") == name:
        return str(current.get("id"))
    slug = str(wanted.get("destination") or (view or {}).get("destination"))
    entry = sync_catalog.destination(slug)
    # Of some destinations it isn't known whose connections they take.
    app = (entry.app if entry else "") or str(current.get("app") or slug)
    found = find_by_name(store, app, name, wanted["project_id"])
    if found:
        return str(found["id"])
    if not task.check_mode:
        raise InputError(
            f"There is no {app} connection called {name!r}, in the project or in its organization: make it with"
            " infisical_app_connection first, or check that the identity may use it."
        )
    task.warn(
        f"There is no {app} connection called {name!r} yet; check mode takes it that an earlier task of this run"
        " makes it."
    )
    return placeholder_id("app-connection", *place(app, wanted["project_id"]).values(), name)


def _consult(store: Store, slug: str, wanted: Mapping) -> None:
    """Compare the destination with what the server itself says it has. Endpoint: GET /api/v1/secret-syncs/options."""
    answer = store.once(("secret sync options",), lambda: store.client.get("/api/v1/secret-syncs/options"))
    rows = list_of(mapping(destination=NAME, canImportSecrets=FLAG))
    check_answer(answer, "GET /api/v1/secret-syncs/options", secretSyncOptions=needed(rows))
    known = {row["destination"]: row for row in answer["secretSyncOptions"]}
    if slug not in known:
        near = sync_catalog.near_matches(slug, list(known))
        hint = f" Did you mean {clean_text(' or '.join(near), 200)}?" if near else ""
        raise InputError(f"destination {slug!r} is not one that this server has.{hint}")
    behavior = (wanted.get("sync_options") or {}).get("initial_sync_behavior") or ""
    if behavior.startswith("import") and known[slug].get("canImportSecrets") is False:
        raise InputError(f"sync_options.initial_sync_behavior {behavior}: this server can't import from {slug}.")


def _create(task: Task, store: Store, asked: dict) -> dict[str, Any]:
    params, wanted = task.params, dict(asked)
    missing = [option for option in ("destination", "environment") if not wanted.get(option)]
    missing += [] if wanted.get("connection_id") else ["connection_id or connection_name"]
    if missing:
        raise InputError(f"To create the secret sync {wanted['name']!r}, state {' and '.join(missing)} as well.")
    wanted.setdefault("secret_path", "/")
    wanted.setdefault("is_auto_sync_enabled", True)
    wanted["sync_options"] = _first_options(wanted)
    wanted.setdefault("destination_config", {})
    slug = wanted["destination"]
    problems = sync_catalog.check_sync(slug, wanted["destination_config"], wanted["sync_options"], complete=True)
    # What is not complete is refused here; what was uncertain has been said already.
    report_problems(task, [problem for problem in problems if problem.certain], params["validate"])
    if task.check_mode:
        check_source(task, store, wanted["project_id"], wanted["environment"], wanted["secret_path"])
    _look_for_duplicates(task, wanted, None)
    plan = plan_create(SYNC, wanted, placeholder_id("secret-sync", wanted["project_id"], wanted["name"]))
    view = plan.after
    if not task.check_mode:
        body = {**create_body(SYNC, wanted), "destinationConfig": sync_catalog.to_api(wanted["destination_config"])}

        def is_it(seen: Mapping) -> bool:
            return seen["name"] == wanted["name"]

        try:
            view = store.create(SYNC, body, wanted, is_it, task.warn)
        except ServerError as error:
            view = store.namesake(SYNC, wanted, is_it, error, task.warn)
            return _update(task, store, view, _fitted(asked, view))
    return _finish(task, store, plan, dict(view or {}), triggered=wanted["is_auto_sync_enabled"])


def _first_options(wanted: Mapping) -> dict[str, Any]:
    options = dict(wanted.get("sync_options") or {})
    options.setdefault("initial_sync_behavior", "overwrite-destination")
    if "disable_secret_deletion" not in options:
        entry = sync_catalog.destination(wanted["destination"])
        if entry and entry.deletion_must_be_allowed:
            raise InputError(
                f"sync_options.disable_secret_deletion must be stated as false: {entry.name} only takes syncs that"
                " delete what Infisical doesn't have."
            )
        # The server's default deletes at the destination what it doesn't know.
        options["disable_secret_deletion"] = True
    return options


def _look_for_duplicates(task: Task, wanted: Mapping, view: Mapping | None) -> None:
    """Ask the server whether another sync writes to the same place. Endpoint: POST …/check-destination (a read)."""
    choice = task.params["check_duplicates"]
    if choice == "ignore":
        return
    slug = str((view or wanted)["destination"])
    body: dict[str, Any] = {
        "destinationConfig": sync_catalog.to_api(wanted.get("destination_config") or {}),
        "projectId": wanted["project_id"],
    }
    connection_id = wanted.get("connection_id") or (view or {}).get("connection_id")
    if connection_id and not is_placeholder(connection_id):
        body["connectionId"] = connection_id
    if view:
        body["excludeSyncId"] = view["id"]
    path = f"/api/v1/secret-syncs/{quote(slug, safe='')}/check-destination"
    try:
        answer = task.client.post(path, body)
    except ServerError as error:
        if error.status not in (400, 404, 422):
            raise
        return  # servers without this check, or that find fault with what the create is about to name better
    check_answer(answer, f"POST {path}", hasDuplicate=needed(FLAG), duplicateProjectId=ID)
    if not answer["hasDuplicate"]:
        return
    where = f" (project {clean_text(answer['duplicateProjectId'], 80)})" if answer.get("duplicateProjectId") else ""
    sentence = (
        f"Another secret sync writes to the same {slug} destination{where}; under equal names, each overwrites what the"
        " other wrote."
    )
    if choice == "refuse":
        raise ConflictError(f"{sentence} Remove it, or set check_duplicates to warn.")
    task.warn(sentence)


def _update(task: Task, store: Store, view: dict, wanted: dict) -> dict[str, Any]:
    plan = plan_update(SYNC, wanted, _without_leftovers(wanted, view), OTHER_DESTINATION)
    plan = replace(plan, before=view, after=plan.after if plan.changed else view)
    after = dict(plan.after or {})
    if plan.changed:
        if task.check_mode and {"environment", "secret_path"} & set(plan.changes):
            check_source(task, store, after["project_id"], after["environment"], after["secret_path"])
        if "destination_config" in plan.changes or "connection_id" in plan.changes:
            _look_for_duplicates(task, after, view)
        if not task.check_mode:
            after = store.patch(SYNC, view, patch_body(SYNC, view, plan.changes))
            check_update(SYNC, plan.changes, after, OTHER_DESTINATION)
    return _finish(task, store, plan, after, triggered=plan.changed and bool(after["is_auto_sync_enabled"]))


def _finish(task: Task, store: Store, plan: Plan, view: dict, *, triggered: bool) -> dict[str, Any]:
    """Start the import and the sync that the task asks for, wait as it asks, and return the result.

    `triggered` tells that the change itself has started a sync. One job runs at a time, so each is waited for before
    the next is started.
    """
    params, done = task.params, {}
    running = SYNCED if triggered else None
    again = not plan.changed and bool(view["is_auto_sync_enabled"]) and outcome.must_run_again(task, SYNC, view, SYNCED)
    for wish, action, query, job in (
        (params["import_secrets"], "import-secrets", {"importBehavior": params["import_secrets"]}, IMPORTED),
        ((params["sync"] and not triggered) or again, "sync-secrets", None, SYNCED),
    ):
        if not wish:
            continue
        done[job.job] = "started"
        if not task.check_mode:
            view = _waited(task, store, view, running) if running else view
            view = _act(store, view, action, query, changed=plan.changed or len(done) > 1)
            running = job
    if running and params["wait"] and not task.check_mode:
        view = _waited(task, store, view, running)
    result = _result(plan, view, done)
    result["changed"] = plan.changed or bool(done)
    return result


def _act(store: Store, view: dict, action: str, query: Mapping[str, str] | None, *, changed: bool) -> dict:
    try:
        return store.act(SYNC, view, action, query)
    except InfisicalError as error:
        # The job that runs already does the same, or the next one will.
        if isinstance(error, ServerError) and error.status == 400 and "already in progress" in error.text:
            return view
        error.facts.update(changed=changed or error.maybe_done, secret_sync=view)
        raise


def _waited(task: Task, store: Store, view: dict, job: Outcome) -> dict:
    try:
        return outcome.wait_for(store, SYNC, view, job, task.params["wait_timeout"])
    except InfisicalError as error:
        error.facts.setdefault("secret_sync", view)
        error.facts["changed"] = True
        raise


def _remove(task: Task, store: Store, view: dict | None) -> dict[str, Any]:
    if view is not None and not task.check_mode:
        remove_secrets = bool(task.params["delete_destination_secrets"])
        store.delete(SYNC, view, {"removeSecrets": "true" if remove_secrets else "false"})
        if remove_secrets:
            _wait_for_removal(task, store, view)
    return _result(plan_delete(view), None, removed=[view["id"]] if view else [])


def _wait_for_removal(task: Task, store: Store, view: Mapping) -> None:
    # With its secrets the sync goes only when a job has deleted them; before that it is still listed.
    clock = task.client.clock
    deadline = clock.now() + task.params["wait_timeout"]
    while True:
        seen = store.find(SYNC, view["id"], view)
        if seen is None:
            return
        if seen.get("remove_status") == "failed":
            raise SyncFailed(
                f"The secrets of secret sync {view['id']} could not be removed from the destination, so that it is"
                f" still there: {clean_text(seen.get('last_remove_message') or 'the server gave no reason')}",
                changed=True,
                secret_sync=seen,
            )
        if clock.now() >= deadline:
            raise SyncFailed(
                f"Secret sync {view['id']} is still removing its secrets after {task.params['wait_timeout']:g} seconds"
                " (option wait_timeout).",
                changed=True,
                secret_sync=seen,
            )
        clock.sleep(min(1.0, max(0.0, deadline - clock.now())))


def _result(plan: Plan, view: Mapping | None, notes: Mapping | None = None, **more: Any) -> dict[str, Any]:
    return {
        "changed": plan.changed,
        "secret_sync": dict(view) if view else None,
        "diff": diff_of(SYNC, plan, view, notes),
        **more,
    }
