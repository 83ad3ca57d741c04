# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many objects of one kind in one task: one list call, all input checked first, writes side by side, careful purge."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

from .._errors import InfisicalError, InputError
from .._interruption import leave_signals_to_main_thread
from .driver import Resource, check, ensure, locate
from .kind import View
from .plan import diff_of, plan_delete
from .project import located, require_project
from .task import Task
from .values import checked_id, oldest_first


class SomeFailed(InfisicalError):
    """Some items of a task failed; `details` hold the outcome of each."""

    kind = "some_failed"


# A purge scope's option that restricts nothing.
ANY = ("*",)
# What a diff says of jobs that were started; the object itself is the same after them.
JOB_NOTES = ("sync", "import")


def bulk_options(scope_options: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return the argument spec of what plural modules have in common; a purge scope is stated by `scope_options`."""
    # With this default, an option that is null or empty differs from one that isn't there.
    names = {"type": "list", "elements": "str", "no_log": False, "default": list(ANY)}
    return {
        "concurrency": {"type": "int", "default": 4},
        "purge": {"type": "bool", "default": False},
        "purge_scope": {"type": "dict", "options": dict.fromkeys(scope_options, names)},
        "purge_scope_all": {"type": "bool", "default": False},
        "purge_when_empty": {"type": "bool", "default": False},
    }


def manage_many(task: Task, resource: type[Resource]) -> dict[str, Any]:
    """Carry out a plural task and return its result. Raises InfisicalError, with each item's outcome in its details."""
    items = [_item_params(task, item) for item in task.params[resource.items_option]]
    with _in_order(task.warn, len(items)) as warnings:
        tasks = [
            replace(task, params=item, warn=_prefixed(warnings[index], index, resource, item))
            for index, item in enumerate(items)
        ]
        described = _checked(task, resource, tasks)
        task = located(task)
        place = {"project_id": checked_id("project_id", task.params["project_id"])}
        for res in described:
            locate(res, place["project_id"])
        # Read before the threads start: they share the one list.
        task.store.all(resource.kind, place)
        concurrency = task.params["concurrency"]
        with ThreadPoolExecutor(max_workers=concurrency, initializer=leave_signals_to_main_thread) as pool:
            done = pool.map(_one, itertools.count(), described)
            outcomes = list(_watched(done, len(tasks), task.tell))
    if not resource.kind.unique:
        _settle(task, resource, place, outcomes)
    failed = [outcome for outcome in outcomes if "error" in outcome]
    purged: list[dict[str, Any]] = []
    try:
        if not failed:
            purged.extend(_purge(task, resource, place, outcomes))
    except InfisicalError as error:
        error.details.update(_result(outcomes, purged))
        raise error.extended("The items were worked on, the purge was not finished.") from None
    result = _result(outcomes, purged)
    if failed:
        named = "; ".join(f"item {outcome['index']} ({outcome['name']}): {outcome['error']}" for outcome in failed)
        unpurged = " Nothing was purged, since not every item succeeded." if task.params["purge"] else ""
        raise SomeFailed(f"{len(failed)} of {len(outcomes)} items failed: {named}{unpurged}", **result)
    return result


def _item_params(task: Task, item: View) -> dict[str, Any]:
    shared = {"project_id": task.params["project_id"], "project_slug": task.params.get("project_slug")}
    return {**item, **{key: value for key, value in shared.items() if not item.get(key)}}


@contextmanager
def _in_order(warn: Callable[[str], None], count: int) -> Iterator[list[list[str]]]:
    """Yield a list for each of `count` items' warnings, which are shown in that order at the end, also of a failure."""
    warnings: list[list[str]] = [[] for _unused in range(count)]
    try:
        yield warnings
    finally:
        for sentence in itertools.chain.from_iterable(warnings):
            warn(sentence)


def _prefixed(sentences: list[str], index: int, resource: type[Resource], item: View) -> Callable[[str], None]:
    return lambda sentence: sentences.append(f"item {index} ({resource.named(item)}): {sentence}")


def _checked(task: Task, resource: type[Resource], tasks: Sequence[Task]) -> list[Resource]:
    """Return what the items describe. Raises InputError with every fault of every item, and of the purge."""
    faults, described = [], []
    try:
        require_project(task.params)
    except InputError as error:
        faults.append(str(error))
    if not 1 <= task.params["concurrency"] <= 16:
        faults.append(f"concurrency is {task.params['concurrency']}; it goes from 1 to 16.")
    for index, item in enumerate(tasks):
        try:
            res = resource(item)
            check(res)
            described.append(res)
            if (item.params["project_id"] or "").strip() != (task.params["project_id"] or "").strip():
                faults.append(f"item {index} ({resource.named(item.params)}): its project_id is not the task's.")
        except InputError as error:
            faults.append(f"item {index} ({resource.named(item.params)}): {error}")
    faults.extend(f"{count} items are the same object: {name}." for name, count in _repeated(resource, tasks).items())
    faults.extend(_purge_faults(task, resource, tasks))
    if faults:
        raise InputError(" ".join(faults))
    return described


def _purge_faults(task: Task, resource: type[Resource], tasks: Sequence[Task]) -> Iterator[str]:
    if not task.params["purge"]:
        return
    given = task.params.get("purge_scope") or {}
    empty = [f"purge_scope.{option}" for option in resource.scope_options if not given.get(option, ANY)]
    if empty:
        yield (
            f"{' and '.join(empty)} must hold at least one value: an empty list or null does not restrict the purge. If"
            " any value is meant, leave the option out."
        )
    elif not _scope(task) and not task.params["purge_scope_all"]:
        yield (
            "purge needs a scope: state purge_scope with at least one of"
            f" {', '.join(resource.scope_options)}, or purge_scope_all for the whole project."
        )
    if not tasks and not task.params["purge_when_empty"]:
        yield (
            f"purge with an empty {resource.items_option} would remove all that is in the scope; if that is meant, set"
            " purge_when_empty to true."
        )


def _repeated(resource: type[Resource], tasks: Sequence[Task]) -> dict[str, int]:
    counts = Counter(resource.named(item.params) for item in tasks)
    ids = (str(item.params.get(resource.kind.id_option) or "").strip().lower() for item in tasks)
    # An item without a name has its id for one, which is counted already.
    counts |= Counter(object_id for object_id in ids if object_id)
    return {name: count for name, count in counts.items() if count > 1}


def _scope(task: Task) -> dict[str, list[str]]:
    return {option: values for option, values in (task.params.get("purge_scope") or {}).items() if values != list(ANY)}


def _one(index: int, res: Resource) -> dict[str, Any]:
    outcome: dict[str, Any] = {"index": index, "name": res.named(res.params)}
    try:
        result = ensure(res)
    except InfisicalError as error:
        return {
            **outcome,
            "action": "failed",
            "changed": bool(error.details.get("changed")),
            "error": str(error),
            "error_kind": error.kind,
            res.kind.name: error.details.get(res.kind.name),
        }
    view, removed = result[res.kind.name], list(result.get("removed", []))
    return {
        **outcome,
        "action": _action(result, res.params["state"]),
        "id": view["id"] if view else next(iter(removed), None),
        "removed": removed,
        "changed": result["changed"],
        "diff": result["diff"] if result["changed"] else None,
        res.kind.name: view,
    }


def _watched(outcomes: Iterable[dict[str, Any]], total: int, tell: Callable[[str], None]) -> Iterator[dict[str, Any]]:
    """Yield the outcomes, and tell after each tenth of them how far the task has come."""
    counts: Counter[str] = Counter()
    for number, outcome in enumerate(outcomes, start=1):
        counts[outcome["action"]] += 1
        if number * 10 // total > (number - 1) * 10 // total:
            tell(f"{number} of {total} items: {', '.join(f'{count} {action}' for action, count in counts.items())}")
        yield outcome


def _settle(task: Task, resource: type[Resource], place: View, outcomes: Sequence[dict[str, Any]]) -> None:
    """Give way to what another run has made meanwhile; one look serves all that was created."""
    created = [outcome for outcome in outcomes if outcome["action"] == "created"]
    views = [outcome[resource.kind.name] for outcome in created]
    older = task.store.settle(resource.kind, place, views, resource.kind.identity, task.warn)
    for outcome in created:
        if outcome["id"] in older:
            outcome[resource.kind.name] = older[outcome["id"]]
            outcome["id"] = outcome[resource.kind.name]["id"]


def _action(result: View, state: str) -> str:
    if not result["changed"]:
        return "unchanged"
    if state == "absent":
        return "removed"
    if not result["diff"]["before"]:
        return "created"
    after = {key: value for key, value in result["diff"]["after"].items() if key not in JOB_NOTES}
    return "updated" if result["diff"]["before"] != after else "synced"


def _purge(task: Task, resource: type[Resource], place: View, outcomes: Sequence[View]) -> Iterator[dict[str, Any]]:
    """Remove what is in the stated scope and in no item, and yield each; secrets at destinations are never touched."""
    if not task.params["purge"]:
        return
    managed = [view for outcome in outcomes if (view := outcome[resource.kind.name])]
    kept, alike = {view["id"] for view in managed}, {resource.kind.identity(view) for view in managed}
    removed = {object_id for outcome in outcomes for object_id in outcome["removed"]}
    scope = _scope(task)
    doomed = [
        view
        for view in oldest_first(task.store.all(resource.kind, place))
        if view["id"] not in kept | removed
        and (resource.kind.unique or resource.kind.identity(view) not in alike)
        and all(any(fnmatchcase(str(view.get(option)), value) for value in values) for option, values in scope.items())
    ]
    resource.confirm(task, doomed)
    if doomed and resource.purge_warning:
        task.warn(resource.purge_warning.format(count=len(doomed)))
    for view in doomed:
        if not task.check_mode:
            task.store.delete(resource.kind, view)
        yield {
            "id": view["id"],
            resource.kind.name: dict(view),
            "diff": diff_of(resource.kind, plan_delete(view), None),
        }


def _result(outcomes: Sequence[View], purged: Sequence[View]) -> dict[str, Any]:
    counts = Counter(outcome["action"] for outcome in outcomes)
    actions = ("created", "updated", "synced", "removed", "unchanged", "failed")
    diffs = [outcome["diff"] for outcome in (*outcomes, *purged) if outcome.get("diff")]
    return {
        "changed": bool(purged) or any(outcome["changed"] for outcome in outcomes),
        "results": list(outcomes),
        "purged": [{key: value for key, value in row.items() if key != "diff"} for row in purged],
        "counts": {**{action: counts[action] for action in actions}, "purged": len(purged)},
        "diff": diffs,
    }
