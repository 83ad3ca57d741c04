# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts the jobs of one or many objects, and waits for all of them together.

There is no endpoint for jobs: the object's own fields tell when one has ended. One object is read by itself, several
come from one list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .._errors import InfisicalError, ServerError, SyncFailed
from .activation import NEVER
from .jobs import Case, Decision, Say, Watch, decide, failure
from .kind import Last, Outcome, View
from .plan import Plan, diff_of
from .store import Store
from .values import is_placeholder

if TYPE_CHECKING:
    from .driver import Resource

FIRST_PAUSE = 0.25
# Old servers allow 60 reads a minute and address; a slow sync should leave most of them to others.
LONGEST_PAUSE = 5.0
# Calls a function with each of several values, side by side or not.
Run = Callable[[Callable[[Any], None], Iterable[Any]], Iterable[None]]


@dataclass(frozen=True)
class Job:
    """A job to start: how its outcome shows, and what starts it and returns the view of the server's answer.

    `note` is the key under which a diff tells of it; empty where the diff shows it already.
    """

    outcome: Outcome
    start: Callable[[View], dict[str, Any]]
    note: str = ""


@dataclass
class Work:
    """What a task does with one object: what is done already, and which jobs are to be started and waited for.

    `plan` is what was carried out, `view` the object as last seen, `notes` are lines added to the diff, `removed` the
    ids of what a removal removes, `duplicates` of what was removed beside it. `jobs` are started one after the other;
    `watch` is the one that runs. `busy`: another job stands in the way of the next one.
    """

    res: Resource
    plan: Plan
    view: dict[str, Any]
    notes: dict[str, str] = field(default_factory=dict)
    removed: list[str] | None = None
    duplicates: list[str] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    watch: Watch | None = None
    waits: bool = False
    say: Say = Say.NOTHING
    error: InfisicalError | None = None
    busy: bool = False
    started: bool = False

    @property
    def changed(self) -> bool:
        # A removal that a job does is none before that is started.
        by_job = self.removed is not None and self.waits
        return (self.plan.changed and not by_job) or self.started or bool(self.duplicates)

    @property
    def open(self) -> bool:
        """Whether there is something left to start or to wait for."""
        return self.error is None and bool(self.jobs or (self.watch and self.waits))

    @property
    def left(self) -> dict[str, Any] | None:
        """The view of what there is in the end."""
        return self.view if self.removed is None else None

    @property
    def gone(self) -> list[str]:
        """The ids of what was removed."""
        return self.duplicates if self.removed is None else self.removed

    def diff(self) -> dict[str, Any]:
        """Return what `--diff` shows."""
        diff = diff_of(self.res.kind, self.plan, self.left, self.notes)
        if self.duplicates:
            diff["before"]["duplicates"] = self.duplicates
        return diff

    def result(self) -> dict[str, Any]:
        """Return the task's result. Raises the error that the work ended with."""
        kind = self.res.kind
        if self.error is not None:
            self.error.details.update({"changed": self.changed, kind.name: self.view})
            raise self.error
        return {
            "changed": self.changed,
            kind.name: self.left or None,
            "diff": self.diff(),
            **self.res.more,
            **({"removed": self.gone} if self.gone or self.removed is not None else {}),
        }


def with_jobs(work: Work, *, triggered: bool) -> Work:
    """Add to a work the jobs that its task asks for. `triggered`: the change itself has started a sync."""
    res, outcome, params = work.res, work.res.kind.outcome, work.res.params
    if outcome is None:
        return work
    before = work.plan.before or {}
    decision = _decision(work, outcome, triggered=triggered)
    first = res.first_jobs()
    work.say, work.waits = decision.say, decision.wait or bool(params["wait"] and first)
    work.jobs = [*first, *([Job(outcome, res.start_sync, "sync")] if decision.start else [])]
    if decision.start:
        res.confirm(res.task, [work.view])
    if triggered:
        trusted = outcome.last(before) is not Last.UNDER_WAY
        # A fast job of a new object may have ended before its answer was made; there was no other job.
        work.watch = Watch(outcome, before, work.view if before else before, trusted=trusted)
        if not trusted and work.waits:
            # What ran before the change may end after it, with an outcome of what was there before.
            work.jobs = [*first, Job(outcome, res.start_sync)]
    elif decision.wait and not decision.start:
        work.watch = Watch(outcome, before or work.view, work.view)
    return work


def _decision(work: Work, outcome: Outcome, *, triggered: bool) -> Decision:
    res, params = work.res, work.res.params
    # What an earlier task of a check would have created, it would have synced, too.
    last = Last.UNDER_WAY if is_placeholder(work.view["id"]) else outcome.last(work.view)
    return decide(
        Case(
            last=last,
            active=res.is_active(work.view),
            triggered=triggered,
            wait=params["wait"],
            sync=params["sync"],
            specified_inactive=params.get(res.kind.active) is False or params.get("activate") == NEVER,
            startable=res.starts_inactive,
        )
    )


def predicted(works: Iterable[Work]) -> None:
    """Report the jobs as a run would start them: check mode starts and waits for none."""
    for work in works:
        for job in work.jobs:
            _note(work, job)
        work.jobs, work.watch = [], None


def follow(store: Store, works: Sequence[Work], run: Run, waited: float, *, patient: bool) -> float:
    """Start the jobs of all works and wait as they ask; what fails is in their `error`.

    A work's `wait_timeout` is for all that its task waits for: `waited` are the seconds that it has waited for others.
    Returns them and its own. With `patient` it counts anew whenever a job was started or has ended, since servers do
    only a few of a connection at once.
    """
    clock = store.client.clock
    begin, pause, left = clock.now() - waited, FIRST_PAUSE, _left(works)
    while waiting := [work for work in works if work.open]:
        groups = _to_start(waiting, works)
        list(run(_start_first, groups))
        _take(store, [work for work in waiting if work.open and work.watch])
        waiting = [work for work in waiting if work.open]
        if patient and _left(waiting) < left:
            begin, left = clock.now(), _left(waiting)
        if any(work.watch is None and not work.busy for work in waiting):
            # The job before has ended: the next one need not wait.
            pause = FIRST_PAUSE
            continue
        remaining = {id(work): begin + work.res.params["wait_timeout"] - clock.now() for work in waiting}
        for work in waiting:
            if remaining[id(work)] <= 0:
                work.error = _too_late(work)
        times = [remaining[id(work)] for work in waiting if work.open]
        if times:
            clock.sleep(min(pause, *times))
            pause = min(pause * 1.5, LONGEST_PAUSE)
    return clock.now() - begin


def _left(works: Iterable[Work]) -> int:
    """Return a number that gets smaller with each job that is started, and with each that ends."""
    return sum(2 * len(work.jobs) + (work.watch is not None) for work in works if work.open)


def _to_start(waiting: Sequence[Work], works: Sequence[Work]) -> list[list[Work]]:
    """Return the works whose next job is to be started now, by what one job serves."""
    served = {work.res.served(work.view) for work in works if work.plan.changed and work.watch}
    groups: dict[Any, list[Work]] = {}
    for work in waiting:
        if work.watch is None and work.jobs:
            key = work.res.served(work.view)
            if key in served:
                _ride(work)
            else:
                groups.setdefault(key, []).append(work)
    return list(groups.values())


def _start_first(group: Sequence[Work]) -> None:
    """Start the next job of the first work of a group; it serves the others, too."""
    for index, work in enumerate(group):
        job = work.jobs[0]
        try:
            answer = job.start(work.view)
        except ServerError as error:
            work.busy = error.status == 400 and "already in progress" in error.text
            if not work.busy:
                _fail_to_start(work, error)
                continue
        except InfisicalError as error:
            _fail_to_start(work, error)
            continue
        else:
            _began(work, answer)
            for other in group[index + 1 :]:
                _ride(other)
        return


def _fail_to_start(work: Work, error: InfisicalError) -> None:
    work.error = error
    work.started = work.started or error.maybe_done


def _ride(work: Work) -> None:
    """Take the job that another work has started for the next one of this work."""
    _began(work, work.view)


def _began(work: Work, answer: dict[str, Any]) -> None:
    job = work.jobs.pop(0)
    work.watch, work.view, work.busy = Watch(job.outcome, work.view, answer), answer, False
    _note(work, job)


def _note(work: Work, job: Job) -> None:
    if job.note:
        work.notes[job.note] = "started"
    work.started = True


def _take(store: Store, watched: Sequence[Work]) -> None:
    """Look at the objects of works once, and take what has ended."""
    if not watched:
        return
    try:
        seen = _seen(store, watched)
    except InfisicalError as error:
        for work in watched:
            work.error = error
        return
    for work in watched:
        _take_one(work, seen[work.view["id"]], store.client.clock.now())


def _seen(store: Store, watched: Sequence[Work]) -> Mapping[str, View | None]:
    kind = watched[0].res.kind
    fresh: dict[str, Any] = {}
    places: dict[tuple[Any, ...], list[View]] = {}
    for work in watched:
        places.setdefault(tuple(work.view.get(name) for name in kind.listed_by), []).append(work.view)
    for views in places.values():
        if len(views) > 1:
            fresh.update(store.look_again(kind, views[0]))
    for work in watched:
        object_id = work.view["id"]
        if object_id not in fresh:
            # A list may lag behind.
            fresh[object_id] = store.find(kind, object_id, work.view)
    return fresh


def _take_one(work: Work, view: View | None, now: float) -> None:
    watch = work.watch
    if watch is None:
        return
    kind, outcome = work.res.kind, watch.outcome
    if view is None and outcome.removes:
        work.watch = None
        return
    if view is None:
        work.error = SyncFailed(
            f"Someone deleted {kind.label} {work.view['id']} while the task waited for its {outcome.job}.",
            short=f"Someone deleted it while the task waited for its {outcome.job}.",
        )
        return
    work.view = dict(view)
    verdict = watch.verdict(view, now, work.res.task.tell)
    if verdict is None:
        return
    if verdict is False and watch.trusted:
        work.error = failure(kind, outcome, view)
        return
    work.watch = None


def _too_late(work: Work) -> SyncFailed:
    named, timeout = f"{work.res.kind.label} {work.view['id']}", work.res.params["wait_timeout"]
    outcome = work.watch.outcome if work.watch else work.jobs[0].outcome
    if work.watch is None:
        return SyncFailed(
            f"The {outcome.job} of {named} was not started within {timeout:g} seconds (option wait_timeout), since"
            " another of its jobs was in progress the whole time.",
            short=f"The {outcome.job} was not started within {timeout:g} seconds, since another job was in progress.",
        )
    why = f" {outcome.if_none}" if outcome.if_none else ""
    return SyncFailed(
        f"The server recorded no outcome of the {outcome.job} of {named} within {timeout:g} seconds (option"
        f" wait_timeout).{why}",
        short=f"The server recorded no outcome of the {outcome.job} within {timeout:g} seconds.{why}",
    )
