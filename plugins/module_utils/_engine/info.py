# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists of objects, for the info modules: of any kind, filtered, and as options of the modules that manage them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._errors import InputError
from .kind import Kind, View
from .project import check_project, located, naming_near_projects, require_project
from .task import Task, is_planned
from .values import checked_id, checked_uuid, oldest_first

Find = Callable[[Task, str, Mapping[str, Any]], "dict[str, Any] | None"]


@dataclass(frozen=True)
class Listing:
    """How an info module lists a kind: by the options in `filters`, from the place that `place` gives for the options.

    A list is one of a project, which must be named even beside an id if it `needs_project`; or, without a project, the
    organization's if there are objects `of_organization`. `find` looks up one object by its id where no project is
    named, and always if there are objects `of_organization`. `exported` gives what the modules that manage them take.
    """

    kind: Kind
    filters: tuple[str, ...]
    exported: Callable[[Task, Sequence[View]], list[dict[str, Any]]]
    find: Find | None = None
    place: Callable[[Mapping[str, str]], dict[str, Any]] = lambda given: {"project_id": given.get("project_id")}
    needs_project: bool = False
    of_organization: bool = False


@naming_near_projects
def list_objects(task: Task, listing: Listing) -> dict[str, Any]:
    """Carry out a task of an info module and return its result. Raises InfisicalError."""
    views = listed_views(task, listing)
    export = {"export": listing.exported(task, views)} if task.params["export"] else {}
    return {"changed": False, f"{listing.kind.name}s": views, **export}


def listed_views(task: Task, listing: Listing) -> list[dict[str, Any]]:
    """Return the objects that a task of an info module asks for, the oldest first."""
    kind = listing.kind
    if listing.needs_project:
        require_project(task.params)
    given = _given(task.params)
    check_project(given)
    wanted = {option: given[option] for option in listing.filters if option in given}
    if "integration_auth_id" in wanted:
        wanted["integration_auth_id"] = checked_uuid("integration_auth_id", wanted["integration_auth_id"])
    given = _given(located(task).params)
    place = listing.place(given)
    if place["project_id"]:
        place["project_id"] = checked_id("project_id", place["project_id"])
    object_id = checked_uuid(kind.id_option, given[kind.id_option]) if kind.id_option in given else None
    ids = ((kind.id_option, object_id), ("integration_auth_id", wanted.get("integration_auth_id")))
    if any(is_planned(task, option, value) for option, value in ids if value):
        # An earlier task of the check would have created it.
        return []
    if object_id and listing.find and (listing.of_organization or not place["project_id"]):
        view = listing.find(task, object_id, place)
        views = [view] if view else []
    elif place["project_id"] or listing.of_organization:
        # The organization's list holds the objects of all projects, too.
        views = [view for view in task.store.all(kind, place) if place["project_id"] or not view["project_id"]]
        views = [view for view in views if object_id in (None, view["id"])]
    else:
        raise InputError(f"project_id is missing: specify it, or {kind.id_option}.")
    fields = [kind.field_named(option) for option in wanted]
    return oldest_first(
        view
        for view in views
        if all(item.normal(view[item.option]) == item.normal(wanted[item.option]) for item in fields)
    )


def _given(params: Mapping[str, Any]) -> dict[str, str]:
    """Return the texts among the options; an empty one means that the option isn't used."""
    return {option: value.strip() for option, value in params.items() if isinstance(value, str) and value.strip()}
