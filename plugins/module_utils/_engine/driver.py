# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one flow for all kinds: find an object, refuse, create, update, start jobs, wait, or remove; and report."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

from .._catalog.schema import Problem
from .._errors import ConflictError, InfisicalError, InputError, RouteMissing, ServerError, clean_name, listed
from .activation import first_values, hold_back
from .jobs import Say, said
from .kind import Change, Kind, Outcome, View
from .plan import (
    Plan,
    check_created,
    check_update,
    create_body,
    patch_body,
    plan_create,
    plan_delete,
    plan_update,
    planned_id,
    refuse_contradiction,
    stated,
)
from .problems import report_problems
from .project import check_project, located, naming_near_projects, require_project
from .refusals import ambiguous, exists, explained
from .task import PRESUMED, Task, is_planned
from .values import checked_uuid, is_placeholder, oldest_first, oldest_of
from .waiting import Job, Run, Work, follow, predicted, with_jobs


class Resource:
    """One object as a task describes it. A subclass has what is particular about its kind; the flow is below.

    `wanted` is what the task says of the object's fields, `faults` what is wrong with them; `more` are further keys of
    the result. Each hook may raise InfisicalError.
    """

    kind: ClassVar[Kind]
    # Of the plural module: the option with the items, what a purge may be restricted by, and what it warns of.
    items_option: ClassVar[str] = ""
    scope_options: ClassVar[tuple[str, ...]] = ()
    purge_warning: ClassVar[str] = ""
    # Whether a sync can be started although the server doesn't sync the object by itself.
    starts_inactive: ClassVar[bool] = False
    # Whether in a task with several items removals come first.
    removals_first: ClassVar[bool] = False
    # Whether an object that exists already, under its name, is somebody else's.
    must_be_new: ClassVar[bool] = False
    # Ids of objects that the task is about to remove.
    doomed: frozenset[str] = frozenset()

    def __init__(self, task: Task) -> None:
        self.task, self.params = task, task.params
        self.absent = task.params["state"] == "absent"
        self.faults: list[str] = []
        self.wanted = stated(self.kind, task.params, self.faults)
        self.more: dict[str, Any] = {}
        self._reported: list[Problem] = []
        self.read()

    def read(self) -> None:
        """Take from the options what isn't plain fields."""

    def check(self) -> None:
        """Find what is wrong with the options before anything is sent, beside what the tables tell."""

    def problems(self, service: str, *, complete: bool) -> list[Problem]:
        """Return what the catalogue finds wrong with the options; `complete`: as those of a new object."""
        return []

    def report(self, service: str, *, complete: bool = False) -> None:
        """Refuse, or warn of, what the catalogue finds wrong and wasn't told yet."""
        if not self.kind.catalogued_by:
            return
        self.tell(self.problems(service, complete=complete))

    def tell(self, problems: Sequence[Problem]) -> None:
        """Refuse, or warn of, problems that were not told yet."""
        found = [problem for problem in problems if problem not in self._reported]
        self._reported += found
        report_problems(self.task, found, self.params["validate"])

    @staticmethod
    def named(params: View) -> str:
        """Return how messages name the item of a plural module with these options; no two items may have one name."""
        raise NotImplementedError

    @staticmethod
    def confirm(task: Task, views: Sequence[View]) -> None:
        """Look once more at objects that are about to be changed or removed."""

    def consult(self) -> None:
        """Refuse what the server itself says that it can't do, before anything is written."""

    def place(self) -> dict[str, Any]:
        """Return what the store needs to list and create such objects."""
        return {option: self.wanted.get(option) for option in self.kind.anchors}

    def called(self) -> str:
        """Return how a message names the object that the options describe."""
        return clean_name(repr(self.wanted["name"]), 80) if self.wanted.get("name") else ""

    def alike(self) -> list[dict[str, Any]]:
        """Return the objects that the options describe."""
        return self.task.store.group(self.kind, self.place(), self.kind.identity, self.kind.identity(self.wanted))

    def by_id(self, object_id: str) -> dict[str, Any] | None:
        """Return the object with an id, or None."""
        place = {option: value for option, value in self.place().items() if f"{{{option}}}" in self.kind.object_path}
        return self.task.store.find(self.kind, object_id, place)

    def related(self, _view: View) -> dict[str, tuple[Any, Any]]:
        """Return options about other objects, which must not contradict a removal by id: the wanted and found value."""
        return {}

    def prepare(self, view: View | None) -> None:
        """Read the options in the light of the found object; not called for a removal."""

    def look_up(self, view: View | None) -> None:
        """Complete `wanted` by what other objects tell; not called for a removal."""

    def credentials(self) -> dict[str, Any]:
        """Return the part of a request's body that is never read back, in API names."""
        return {}

    def rewrites(self, _changes: View) -> bool:
        """Tell whether the task writes credentials to an existing object that needs these changes."""
        return bool(self.params.get("update_credentials") == "always")

    def lacking(self) -> list[str]:
        """Return the options that a new object needs and the task doesn't have."""
        return [option for option in self.kind.required if not self.wanted.get(option)]

    def incomplete(self) -> str:
        """Return a sentence on the options that a new object needs and the task doesn't have, or an empty text."""
        lacking, called = self.lacking(), f"{self.kind.label} {self.called()}".rstrip()
        return f"To create the {called}, specify {' and '.join(lacking)} as well." if lacking else ""

    def complete(self) -> None:
        """Add defaults of a new object to `wanted`, and refuse what only an existing one may leave out."""

    def presumed(self) -> View:
        """Return what an object has whose task specified nothing but what it had to, as far as that is known."""
        return self.kind.defaults

    def fitted(self, view: View) -> tuple[dict[str, Any], View]:
        """Return `wanted` and the view in the forms that are compared: without what has no effect on this object."""
        return self.wanted, view

    def check_place(self, view: View) -> None:
        """Undo a creation that the server has done elsewhere than it was asked to."""

    def as_stored(self, view: dict[str, Any], _changes: View) -> dict[str, Any]:
        """Return what the server has after a write; `view` is its answer, which may not show all changes yet."""
        return view

    def check_changes(self, plan: Plan) -> None:
        """Find what is wrong with changes to an existing object, before it is updated."""

    def find_reason(self, plan: Plan) -> None:
        """Refuse a plan that needs what does not exist. Called in check mode, and after the server has refused it."""

    def name_what_is_missing(self, refusal: ServerError, plan: Plan) -> InfisicalError:
        """Return the refusal of a plan, with the name of what is missing where the server doesn't tell it."""
        return refusal

    def final(self, _body: View) -> Collection[int]:
        """Return the statuses of errors that sending an update again would not change."""
        return ()

    def hinted(self, refusal: ServerError) -> InfisicalError:
        """Return a refusal that tells by itself, or an answer that tells nothing, with a hint at what it may mean."""
        return refusal

    def foresee(self, plan: Plan) -> None:
        """In check mode: refuse what the server would, as far as can be seen without a write."""
        self.find_reason(plan)

    def look_around(self, plan: Plan) -> None:
        """Before a write, in check mode too: warn of what it would mean for other objects, or refuse it."""

    def created(self, view: View) -> None:
        """Say what is to be known of a new object; `view` is the server's answer."""

    def take_over(self, views: Sequence[View]) -> None:
        """Add to `wanted` what the oldest of several objects needs for the work of all."""

    def check_removal(self, views: Sequence[View]) -> None:
        """Refuse a removal that must not be."""

    def kept(self, view: View, reason: str, **details: Any) -> ConflictError:
        """Return the error for an object that the server does not remove; `reason` is why, in its words."""
        names = {"id": view["id"], "name": clean_name(view.get("name"), 80), "reason": reason}
        return ConflictError(self.kind.in_use.format(**names), **details)

    def removal_query(self) -> dict[str, str] | None:
        """Return the query of the request that removes an object."""
        return None

    def empties(self) -> bool:
        """Tell whether a removal deletes at the destination what the object wrote."""
        return bool(self.params.get("delete_destination_secrets"))

    @staticmethod
    def clashes(_described: Sequence[Resource], /) -> Iterator[tuple[int, str]]:
        """Yield, for items of a plural task that must not go together, their indexes and a sentence each."""
        yield from ()

    @staticmethod
    def taking(_task: Task, _described: Sequence[Resource], _removals: Mapping[int, Sequence[View]], /) -> set[int]:
        """Return which removals would take away what other items use, by their index among all items.

        The last argument are the objects that they remove. Raises InputError where no order is safe.
        """
        return set()

    @staticmethod
    def went_along(_task: Task, _removed: Sequence[View], /) -> dict[str, Any]:
        """Return further keys of the result: what the server removed along with these objects, and warn of it."""
        return {}

    def writes_to(self, _view: View) -> Hashable:
        """Return what two objects have in common that write to the same place, or None where that isn't known.

        Nor need it be known where no removal deletes anything.
        """
        return None

    def removal(self) -> Outcome | None:
        """Return how the outcome of the removal shows, where a job does it."""
        return None

    def start_sync(self, view: View) -> dict[str, Any]:
        """Start a sync and return the view of the answer."""
        raise NotImplementedError

    def first_jobs(self) -> list[Job]:
        """Return the jobs that the task asks for before a sync."""
        return []

    def served(self, view: View) -> Hashable:
        """Return what the objects have in common that one sync serves."""
        return str(view["id"])

    def is_active(self, view: View) -> bool:
        """Tell whether the server syncs this object by itself."""
        return bool(self.kind.active and view[self.kind.active])


@naming_near_projects
def manage(task: Task, resource: type[Resource]) -> dict[str, Any]:
    """Carry out a task about one object and return its result. Raises InfisicalError."""
    res = resource(task)
    check(res)
    locate(res, located(task).params.get("project_id"))
    res.consult()
    work = ensure(res)
    settle(task, res.kind, res.place(), [work])
    if res.kind.outcome and work.say is not Say.NOTHING:
        task.warn(said(res.kind, res.kind.outcome, work.say, work.view))
    finish(task, [work])
    result = work.result()
    return {**result, **res.went_along(task, [work.view] if work.removed else [])} if res.absent else result


def settle(task: Task, kind: Kind, place: View, works: Sequence[Work]) -> None:
    """Give way to what another run has made meanwhile; one look serves all that was created."""
    if kind.unique:
        return
    created = [work for work in works if work.view and work.removed is None]
    older = task.store.settle(kind, place, [work.view for work in created], kind.identity, task.warn)
    for work in created:
        if work.view["id"] in older:
            work.view, work.watch = older[work.view["id"]], None
            with_jobs(work, triggered=False)


def finish(task: Task, works: Sequence[Work], run: Run = map, waited: float = 0.0, *, patient: bool = False) -> float:
    """Start the jobs of works and wait as `follow` does; check mode only reports them."""
    if not task.check_mode:
        return follow(task.store, works, run, waited, patient=patient)
    predicted(works)
    return waited


def check(res: Resource) -> None:
    """Find all that is wrong with the options before anything is sent. Raises InputError."""
    faults = [*res.faults]
    for part in (_check_options, type(res).check, _check_catalogue):
        try:
            part(res)
        except InputError as error:
            faults.append(str(error))
    if faults:
        # A project is looked at as an option, and as a field of some kinds.
        raise InputError(" ".join(dict.fromkeys(faults)))


def _check_options(res: Resource) -> None:
    (require_project if res.kind.needs_project else check_project)(res.params)
    if res.params.get(res.kind.id_option):
        checked_uuid(res.kind.id_option, res.params[res.kind.id_option])
    if not res.absent and res.params.get("update_credentials") == "always" and not res.credentials():
        raise InputError("update_credentials is always, but no credentials are specified.")


def _check_catalogue(res: Resource) -> None:
    if not (res.absent or res.faults):
        res.report(str(res.wanted.get(res.kind.catalogued_by) or ""))


def locate(res: Resource, project_id: str | None) -> None:
    """Tell a resource its project, which the task may have named by its slug."""
    if project_id and project_id != res.params.get("project_id"):
        res.params = {**res.params, "project_id": project_id}
        res.task = replace(res.task, params=res.params)
        res.wanted = {**res.wanted, **stated(res.kind, {"project_id": project_id})}


def ensure(res: Resource) -> Work:
    """Bring one object into the state that its task describes; `check` has passed. Raises InfisicalError.

    Returns what is left to do: jobs to be started and waited for.
    """
    checked = bool(res.wanted.get(res.kind.catalogued_by))
    found = find(res)
    if res.absent:
        return _remove(res, found)
    view = found[0] if found else None
    if view is not None and res.must_be_new:
        raise exists(res)
    hold_back(res.kind, res.params, res.wanted)
    res.prepare(view)
    if view is not None and not checked:
        res.report(str(view.get(res.kind.catalogued_by) or ""))
    res.look_up(view)
    if view is None:
        return _create(res)
    return _update_one_of(res, found) if len(found) > 1 else _update(res, view)


def find(res: Resource) -> list[dict[str, Any]]:
    """Return the objects that a task describes. Raises InfisicalError."""
    kind, object_id = res.kind, res.params.get(res.kind.id_option)
    if not object_id:
        missing = [option for option in kind.found_by if not res.wanted.get(option)]
        if missing:
            are, them = ("are", "them") if len(missing) > 1 else ("is", "it")
            raise InputError(f"{' and '.join(missing)} {are} missing: specify {them}, or {kind.id_option}.")
        found = oldest_first(res.alike())
        if len(found) > 1 and not kind.may_be_doubled:
            raise ConflictError(ambiguous(kind, res.called(), found))
        return found
    object_id = checked_uuid(kind.id_option, object_id)
    if is_planned(res.task, kind.id_option, object_id):
        presumed = [
            option
            for option in kind.required
            if option in res.wanted and kind.field_named(option).change is not Change.NEVER
        ]
        if presumed and not res.absent:
            res.task.notices.add(
                f"The {kind.label} {object_id} does not exist yet; {PRESUMED} with the same {' and '.join(presumed)}."
            )
        return [_planned(res, object_id)]
    view = res.by_id(object_id)
    if view is None and not res.absent:
        raise InputError(
            f"There is no {kind.label} with the ID {object_id}: it was deleted, or {kind.elsewhere}. Without"
            f" {kind.id_option} this task would create one."
        )
    if view is not None and res.absent:
        wanted, seen = res.fitted(view)
        refuse_contradiction(kind, wanted, seen, res.related(view))
    return [view] if view else []


def known(res: Resource) -> list[dict[str, Any]]:
    """Return the objects that a task describes, as far as they can be found before its turn, which tells why not."""
    try:
        return find(res)
    except InfisicalError:
        return []


def _planned(res: Resource, object_id: str) -> dict[str, Any]:
    """Return the object that an earlier task of a check would have created, as far as this task knows it.

    What creating it takes, and what never changes, is presumed to be as specified here.
    """
    known = {item.option for item in res.kind.fields if item.change is Change.NEVER} | set(res.kind.required)
    specified = {option: value for option, value in res.wanted.items() if option in known}
    return {**res.kind.blank(), **res.place(), **res.presumed(), **specified, "id": object_id}


def _follow_up(res: Resource, lacking: str) -> Work:
    """Go on with an object that only an earlier task of a check can have created; `lacking` says why this one can't."""
    named = f"{res.kind.label} {res.called()}".rstrip()
    res.task.warn(f"The {named} does not exist yet; {PRESUMED}. {lacking}")
    names = {option: res.wanted[option] for option in res.kind.found_by if option in res.wanted}
    return _update(res, {**_planned(res, planned_id(res.kind, res.place(), res.wanted)), **names})


def _create(res: Resource) -> Work:
    kind, task, asked = res.kind, res.task, deepcopy(res.wanted)
    lacking, credentials = res.incomplete(), res.credentials()
    if lacking and task.check_mode:
        return _follow_up(res, lacking)
    if lacking:
        raise InputError(lacking)
    res.wanted = {**first_values(kind, res.params), **res.wanted}
    res.complete()
    res.report(str(res.wanted.get(kind.catalogued_by) or ""), complete=True)
    plan = plan_create(kind, res.wanted, res.place())
    view = dict(plan.after or {})
    if task.check_mode:
        res.foresee(plan)
    res.look_around(plan)
    if not task.check_mode:
        sought, body = kind.identity(res.wanted), {**create_body(kind, res.wanted), **credentials}

        def is_it(seen: View) -> bool:
            return kind.identity(seen) == sought

        try:
            view = task.store.create(kind, body, res.place(), is_it, task.warn)
        except ServerError as error:
            if "already exists" not in error.text:
                raise explained(res, plan, error) from None
            if res.must_be_new:
                raise exists(res) from None
            view = _namesake(res, plan, is_it, error)
            res.wanted = asked
            return _update(res, view)
        res.check_place(view)
        view = res.as_stored(view, res.wanted)
        wanted, seen = res.fitted(view)
        warning = check_created(kind, asked, wanted, seen)
        if warning:
            task.warn(warning)
        res.created(view)
    notes = {"credentials": "written"} if credentials else {}
    return with_jobs(Work(res, plan, view, notes), triggered=res.is_active(view))


def _namesake(res: Resource, plan: Plan, is_it: Callable[[View], bool], refusal: ServerError) -> dict[str, Any]:
    """Return the object that has taken the name of a new one. Raises ServerError where it can't be seen."""
    try:
        return res.task.store.namesake(res.kind, res.place(), is_it, refusal, res.task.warn)
    except ServerError as unseen:
        raise res.name_what_is_missing(unseen, plan) from None


def _update(res: Resource, view: dict[str, Any]) -> Work:
    kind, task = res.kind, res.task
    wanted, seen = res.fitted(view)
    plan = replace(plan_update(kind, wanted, seen), before=view)
    rewrite = res.rewrites(plan.changes)
    if not plan.changed and not rewrite:
        return with_jobs(Work(res, plan, view), triggered=False)
    res.check_changes(plan)
    body = {**patch_body(kind, view, plan.changes), **(res.credentials() if rewrite else {})}
    plan = replace(plan, action="update")
    after = dict(plan.after or {})
    try:
        if task.check_mode:
            res.foresee(plan)
        res.look_around(plan)
        if not task.check_mode:
            after = res.as_stored(task.store.patch(kind, view, body, res.final(body)), plan.changes)
            check_update(kind, plan.changes, after)
    except RouteMissing:
        if not kind.no_update:
            raise
        raise InputError(kind.no_update.format(id=view["id"])) from None
    except ServerError as error:
        raise explained(res, plan, error) from None
    notes = {"credentials": "written again"} if rewrite else {}
    return with_jobs(Work(res, plan, after, notes), triggered=res.is_active(after))


def _update_one_of(res: Resource, found: list[dict[str, Any]]) -> Work:
    """Manage the first of several objects that are alike, and remove the others if the task asks for that."""
    kind, task, first = res.kind, res.task, found[0]
    others = listed(view["id"] for view in found[1:])
    if oldest_of(found) is None:
        sentence = f"{len(found)} {kind.label}s are identical, and the server doesn't report which is the oldest"
        if res.params["remove_duplicates"]:
            raise ConflictError(
                f"{sentence}: {first['id']}, {others}. None was changed or removed. Remove all but one, each by its"
                f" {kind.id_option}."
            )
        task.warn(f"{sentence}; {first['id']} is managed. The others duplicate it: {others}.")
    elif res.params["remove_duplicates"]:
        return _update_and_remove_others(res, found)
    else:
        task.warn(
            f"{len(found)} {kind.label}s are identical; the oldest, {first['id']}, is managed. The others duplicate"
            f" it: {others}. To have them removed, set remove_duplicates to true."
        )
    return _update(res, first)


def _update_and_remove_others(res: Resource, found: list[dict[str, Any]]) -> Work:
    """Bring the oldest into the wanted state, then remove the others; destinations keep all."""
    res.take_over(found)
    work = _update(res, found[0])
    for view in found[1:]:
        if not res.task.check_mode:
            res.task.store.delete(res.kind, view)
    work.duplicates = [view["id"] for view in found[1:]]
    return work


def _remove(res: Resource, found: list[dict[str, Any]]) -> Work:
    res.check_removal([view for view in found if not is_placeholder(view["id"])])
    work = Work(res, plan_delete(found[0] if found else None), found[0] if found else {})
    work.removed = [view["id"] for view in found]
    outcome = res.removal()
    if found and outcome:
        # What it wrote is deleted first; it is still listed until then.
        work.jobs, work.waits = [Job(outcome, partial(_delete, res))], True
    elif not res.task.check_mode:
        for view in found:
            _delete(res, view)
    return work


def _delete(res: Resource, view: View) -> dict[str, Any]:
    try:
        res.task.store.delete(res.kind, view, res.removal_query())
    except ServerError as error:
        if error.status != 400 or not res.kind.in_use:
            raise
        raise res.kept(view, error.text, status=400) from None
    return dict(view)
