# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many objects of one kind in one task: one list call, all input checked first, writes side by side, careful purge."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import partial
from typing import Any

from .._errors import ConflictError, InfisicalError, InputError, listed
from .._interruption import leave_signals_to_main_thread
from .driver import Resource, check, ensure, finish, known, locate, settle
from .jobs import Say, said_of_many
from .kind import Kind, View
from .order import Move, in_waves
from .plan import as_wanted, diff_of, plan_delete
from .project import located, naming_near_projects, require_project
from .task import Task
from .values import checked_id, oldest_first
from .waiting import Work


class SomeFailed(InfisicalError):
    """Some items of a task failed; `details` hold the outcome of each."""

    kind = "some_failed"


# What each item that removes something is about, as far as it was found before the task wrote anything.
Removals = Mapping[int, Sequence[View]]
# A purge scope's option that restricts nothing.
ANY = ("*",)


def bulk_options(scope_options: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return the argument spec of what plural modules have in common; a purge scope is specified by `scope_options`."""
    # With this default, an option that is null or empty differs from one that does not exist.
    names = {"type": "list", "elements": "str", "no_log": False, "default": list(ANY)}
    return {
        "concurrency": {"type": "int", "default": 4},
        "purge": {"type": "bool", "default": False},
        "purge_scope": {"type": "dict", "options": dict.fromkeys(scope_options, names)},
        "purge_scope_all": {"type": "bool", "default": False},
        "purge_when_empty": {"type": "bool", "default": False},
    }


@naming_near_projects
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
        _consult(resource, described)
        removals = {index: known(res) for index, res in enumerate(described) if res.absent}
        waves = _waves(task, resource, place, described, removals)
        concurrency = task.params["concurrency"]
        with ThreadPoolExecutor(max_workers=concurrency, initializer=leave_signals_to_main_thread) as pool:
            done = _watched(_worked_on(task, place, described, removals, waves, pool), len(tasks), task.tell)
            items_done = sorted(done, key=lambda item: item.index)
    outcomes = [_outcome(item) for item in items_done]
    failed = [outcome for outcome in outcomes if "error" in outcome]
    purged: list[dict[str, Any]] = []
    try:
        if not failed:
            purged.extend(_purge(task, resource, place, outcomes))
    except InfisicalError as error:
        error.details.update(_result(outcomes, purged))
        raise error.extended("The items were processed, but the purge was not finished.") from None
    removed = [work.view for item in items_done if (work := item.work) and work.removed and not work.error]
    removed += [row[resource.kind.name] for row in purged]
    result = {**_result(outcomes, purged), **resource.went_along(task, removed)}
    if failed:
        named = "; ".join(_grouped(items_done))
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
        # What is looked for twice is warned of once.
        for sentence in itertools.chain.from_iterable(map(dict.fromkeys, warnings)):
            warn(sentence)


def _prefixed(sentences: list[str], index: int, resource: type[Resource], item: View) -> Callable[[str], None]:
    return lambda sentence: sentences.append(f"item {index} ({resource.named(item)}): {sentence}")


def _checked(task: Task, resource: type[Resource], tasks: Sequence[Task]) -> list[Resource]:
    """Return what the items describe. Raises InputError with every fault of every item, and of the purge."""
    first, described = [], []
    faults: dict[str, list[tuple[int, str]]] = {}
    try:
        require_project(task.params)
    except InputError as error:
        first.append(str(error))
    if not 1 <= task.params["concurrency"] <= 16:
        first.append(f"concurrency is {task.params['concurrency']}; it must be from 1 to 16.")
    for index, item in enumerate(tasks):
        try:
            res = resource(item)
            check(res)
            described.append(res)
            fault = _foreign(item, task)
        except InputError as error:
            fault = str(error)
        if fault:
            faults.setdefault(fault, []).append((index, resource.named(item.params)))
    last = [f"{count} items are the same object: {name}." for name, count in _repeated(resource, tasks).items()]
    _refuse(faults, first, [*last, *_purge_faults(task, resource, tasks)])
    return described


def _foreign(item: Task, task: Task) -> str:
    same = (item.params["project_id"] or "").strip() == (task.params["project_id"] or "").strip()
    return "" if same else "its project_id is not that of the task."


def _consult(resource: type[Resource], described: Sequence[Resource]) -> None:
    """Raise InputError with all that the server itself says that it can't do for the items, or not for several."""
    faults: dict[str, list[tuple[int, str]]] = {}
    for index, res in enumerate(described):
        try:
            res.consult()
        except InputError as error:
            faults.setdefault(str(error), []).append((index, resource.named(res.params)))
    for index, sentence in resource.clashes(described):
        faults.setdefault(sentence, []).append((index, resource.named(described[index].params)))
    _refuse(faults)


def _refuse(
    faults: Mapping[str, Sequence[tuple[int, str]]], first: Sequence[str] = (), last: Sequence[str] = ()
) -> None:
    """Raise InputError, if there are `faults` (by sentence, the items that have it) or others, told before or after."""
    told = [f"{listed(f'item {index} ({name})' for index, name in items)}: {fault}" for fault, items in faults.items()]
    if sentences := [*first, *told, *last]:
        refused = sorted(index for items in faults.values() for index, _name in items)
        raise InputError(" ".join(sentences), **({"refused_items": refused} if refused else {}))


def _purge_faults(task: Task, resource: type[Resource], tasks: Sequence[Task]) -> Iterator[str]:
    if not task.params["purge"]:
        return
    given = task.params.get("purge_scope") or {}
    empty = [f"purge_scope.{option}" for option in resource.scope_options if not given.get(option, ANY)]
    if empty:
        yield (
            f"{' and '.join(empty)} must hold at least one value: an empty list or null does not restrict the purge. If"
            " all values are intended, leave the option out."
        )
    elif not _scope(task) and not task.params["purge_scope_all"]:
        yield (
            "purge requires a scope: specify purge_scope with at least one of"
            f" {', '.join(resource.scope_options)}, or purge_scope_all for the whole project."
        )
    if not tasks and not task.params["purge_when_empty"]:
        yield (
            f"purge with an empty {resource.items_option} would remove everything in the scope; if this is intended,"
            " set"
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


@dataclass
class Item:
    """An item of a task: what was done and is left to do, or why nothing could be."""

    index: int
    name: str
    res: Resource
    work: Work | None = None
    refused: InfisicalError | None = None

    @property
    def error(self) -> InfisicalError | None:
        return self.work.error if self.work else self.refused


def _waves(
    task: Task, resource: type[Resource], place: View, described: Sequence[Resource], removals: Removals
) -> list[list[int]]:
    """Return the items' indexes in the order in which they are worked on; tells each what is about to be removed."""
    doomed = {view["id"] for views in removals.values() for view in views}
    if task.params["purge"]:
        managed = [view for res in described if not res.absent for view in known(res)]
        doomed |= {view["id"] for view in _unlisted(task, resource, place, managed, doomed)}
    for res in described:
        res.doomed = frozenset(doomed)
    takes = resource.taking(task, described, removals)
    moves = [Move(res.absent, res.absent and res.empties(), index in takes) for index, res in enumerate(described)]
    return in_waves(moves, removals_first=resource.removals_first)


def _worked_on(
    task: Task,
    place: View,
    described: Sequence[Resource],
    removals: Removals,
    waves: Sequence[Sequence[int]],
    pool: ThreadPoolExecutor,
) -> Iterator[Item]:
    """Work on the items wave by wave, and yield each when it was begun. Its jobs end before the next wave begins."""
    unfinished: dict[Hashable, Item] = {}
    waited = 0.0
    for wave in waves:
        items: list[Item] = []
        for item in pool.map(partial(_begun, unfinished), wave, [described[index] for index in wave]):
            items.append(item)
            yield item
        kind, works = item.res.kind, [item.work for item in items if item.work]
        settle(task, kind, place, works)
        _say(task, kind, items, len(described))
        waited = finish(task, works, pool.map, waited)
        for item in items:
            if item.error and item.res.absent and item.res.empties():
                # Run again, it deletes there after all, and nothing would write again what another item had written.
                unfinished.update(dict.fromkeys(_places(item.res, removals[item.index]), item))


def _begun(unfinished: Mapping[Hashable, Item], index: int, res: Resource) -> Item:
    """Work on an item. `unfinished`: removals that did not succeed, by the places where they delete."""
    item = Item(index, res.named(res.params), res)
    try:
        _refuse_to_write_there(res, unfinished)
        item.work = ensure(res)
    except InfisicalError as error:
        item.refused = error
    return item


def _refuse_to_write_there(res: Resource, unfinished: Mapping[Hashable, Item]) -> None:
    for place in _places(res, known(res)) if unfinished and not res.absent else ():
        if place in unfinished:
            item = unfinished[place]
            raise ConflictError(
                f"It was not started: item {item.index} ({item.name}) deletes at the same destination, and did not"
                " succeed. Run the task again."
            )


def _places(res: Resource, views: Sequence[View]) -> set[Hashable]:
    """Return where an item writes, or what it removes has written, as far as that is known; `views` are its objects."""
    if res.absent and views:
        return {res.writes_to(view) for view in views} - {None}
    return {res.writes_to(as_wanted(res.kind, res.wanted, view)) for view in views or [{}]} - {None}


def _outcome(item: Item) -> dict[str, Any]:
    """Return an item's part of the result."""
    outcome: dict[str, Any] = {"index": item.index, "name": item.name}
    kind, error, work = item.res.kind, item.error, item.work
    if error is not None or work is None:
        details = {"changed": work.changed, kind.name: work.view} if work else error.details if error else {}
        return {
            **outcome,
            "action": "failed",
            "changed": bool(details.get("changed")),
            "error": str(error),
            "error_kind": error.kind if error else "",
            kind.name: details.get(kind.name),
        }
    return {
        **outcome,
        "action": _action(work),
        "id": work.left["id"] if work.left else next(iter(work.gone), None),
        "removed": work.gone,
        "changed": work.changed,
        "diff": work.diff() if work.changed else None,
        kind.name: work.left or None,
    }


def _say(task: Task, kind: Kind, items: Sequence[Item], total: int) -> None:
    """Warn of what was decided about the syncs of items, in one sentence for all that are alike."""
    outcome = kind.outcome
    works = [(f"item {item.index} ({item.name})", item.work) for item in items if item.work]
    for say in Say:
        named = [(name, work.view) for name, work in works if work.say is say]
        if outcome and named and say is not Say.NOTHING:
            task.warn(said_of_many(kind, outcome, say, named, total))


def _grouped(items: Sequence[Item]) -> Iterator[str]:
    """Yield why items failed, with those that failed for the same reason together."""
    groups: dict[str, list[Item]] = {}
    for item in items:
        if item.error:
            groups.setdefault(item.error.short or str(item.error), []).append(item)
    for reason, group in groups.items():
        names = listed(f"item {item.index} ({item.name})" for item in group)
        yield f"{names}: {reason if len(group) > 1 else group[0].error}"


def _watched(items: Iterable[Item], total: int, tell: Callable[[str], None]) -> Iterator[Item]:
    """Yield the items, and tell after each tenth of them how far the task has come."""
    counts: Counter[str] = Counter()
    for number, item in enumerate(items, start=1):
        counts[_action(item.work) if item.work else "failed"] += 1
        if number * 10 // total > (number - 1) * 10 // total:
            tell(f"{number} of {total} items: {', '.join(f'{count} {action}' for action, count in counts.items())}")
        yield item


def _action(work: Work) -> str:
    if work.removed is not None:
        return "removed" if work.changed else "unchanged"
    if work.plan.changed:
        return "created" if work.plan.action == "create" else "updated"
    if work.duplicates:
        return "updated"
    return "synced" if work.changed else "unchanged"


def _purge(task: Task, resource: type[Resource], place: View, outcomes: Sequence[View]) -> Iterator[dict[str, Any]]:
    """Remove what is in the stated scope and in no item, and yield each; secrets at destinations are never touched."""
    if not task.params["purge"]:
        return
    managed = [view for outcome in outcomes if (view := outcome[resource.kind.name])]
    removed = {object_id for outcome in outcomes for object_id in outcome["removed"]}
    doomed = _unlisted(task, resource, place, managed, removed)
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


def _unlisted(
    task: Task, resource: type[Resource], place: View, managed: Sequence[View], removed: set[str]
) -> list[dict[str, Any]]:
    """Return what is in the stated scope, and neither managed by an item nor removed, the oldest first."""
    kept, alike = {view["id"] for view in managed}, {resource.kind.identity(view) for view in managed}
    scope = _scope(task)
    return [
        view
        for view in oldest_first(task.store.all(resource.kind, place))
        if view["id"] not in kept | removed
        and (resource.kind.unique or resource.kind.identity(view) not in alike)
        and all(any(fnmatchcase(str(view.get(option)), value) for value in values) for option, values in scope.items())
    ]


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
