# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads what the projects hold, and puts it together with the journal and with what the user gives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .._catalog.syncs import check_sync
from .._engine.kind import View
from .._engine.project import by_id, located, with_near_projects
from .._engine.store import if_readable
from .._engine.task import Task
from .._engine.values import checked_id
from .._errors import InfisicalError, InputError, NotUnderstood, clean_name, listed
from .._kinds.native import AUTH, INTEGRATION
from .._kinds.sync import SYNC
from .carry import ENDS
from .fingerprint import description, fingerprint, marker
from .given import CONNECTION, Entry, Given, need, shared_entries
from .journal import Journal
from .plan import REPLACED_KEY, plan_for
from .state import Seen, Syncs, find_sync, judge, refuse_namesakes, settled


@dataclass
class World:
    """What the projects hold: lists by project id, names of projects, and what could not be read."""

    natives: dict[str, list[View]] = field(default_factory=dict)
    auths: dict[str, dict[str, View]] = field(default_factory=dict)
    syncs: dict[str, list[View]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    @property
    def listed(self) -> list[View]:
        """All native integrations."""
        return [view for views in self.natives.values() for view in views]


def read_world(task: Task) -> World:
    """Read the projects that a task names. One that can't be read is a fault, and doesn't stop the others.

    Raises InfisicalError where the server is gone, or accepts no login.
    """
    world = World()
    for named in (
        *({"project_id": one} for one in task.params["project_ids"]),
        *({"project_slug": one} for one in task.params["project_slugs"]),
    ):
        try:
            _read_project(task, named, world)
        except ENDS:
            raise
        except InfisicalError as refusal:
            name = next(iter(named.values()))
            error = with_near_projects(task, name, refusal)
            world.faults.append(f"Project {clean_name(name, 80)} could not be read: {error}")
    return world


def _read_project(task: Task, named: Mapping[str, str], world: World) -> None:
    found = located(replace(task, params={**task.params, "project_slug": None, **named})).params["project_id"]
    project_id = checked_id("project_id", found)
    if project_id in world.natives:
        return
    place, store = {"project_id": project_id}, task.store
    natives, auths, syncs = (store.all(kind, place) for kind in (INTEGRATION, AUTH, SYNC))
    ids = Counter(view["id"] for view in (*world.listed, *natives))
    if twice := [native_id for native_id, number in ids.items() if number > 1]:
        raise NotUnderstood(f"The server lists integrations more than once: {listed(twice)}.")
    world.names[project_id] = project_id
    project = store.once(("project name", project_id), lambda: if_readable(lambda: by_id(task, project_id)))
    if project:
        world.names[project_id] = str(project.get("name") or project.get("slug") or project_id)
    # Only now, so that a project is known whole or not at all.
    world.natives[project_id], world.syncs[project_id] = list(natives), list(syncs)
    world.auths[project_id] = {auth["id"]: auth for auth in auths}


def forget(task: Task, projects: Sequence[str]) -> None:
    """Have the lists of these projects read anew."""
    for project_id in projects:
        for kind in (INTEGRATION, SYNC):
            task.store.forget(kind, {"project_id": project_id})


def everything(world: World, journal: Journal, given: Given) -> list[Seen]:
    """Return each integration that is or was in the projects. Raises InputError for inputs that no sync can have."""
    rows: list[Seen] = []
    faults: list[str] = []
    shared = shared_entries(given, known_views(world, journal))
    rows += [_seen(view, world, journal, given, shared, faults) for view in world.listed]
    listed = {view["id"] for view in world.listed}
    for native_id, record in journal.records.items():
        if native_id not in listed and record.native and record.native.get("project_id") in world.natives:
            plan = plan_for(record.native, record.auth, given.inputs_for(record.native))
            rows.append(Seen(native_id, record.native, None, record.auth, record, plan))
    faults += _credentials_of_one_name(rows, given)
    if faults:
        raise InputError(" ".join(dict.fromkeys(faults)))
    syncs = {project_id: Syncs(views) for project_id, views in world.syncs.items()}
    for seen in rows:
        find_sync(seen, syncs[seen.project_id])
    journal.settle(*filter(None, map(settled, rows)))
    for seen in rows:
        judge(seen, syncs[seen.project_id])
        if seen.sync:
            # That is about a sync to come.
            seen.warnings[:] = [text for text in seen.warnings if text != REPLACED_KEY]
    refuse_namesakes(rows)
    return rows


def _credentials_of_one_name(rows: Sequence[Seen], given: Given) -> list[str]:
    """Return a sentence for entries that give one connection several credentials: only the first ones would be used."""
    entries: dict[Any, Entry] = {}
    faults = []
    for seen in rows:
        entry, name = given.best("connections", seen.known), seen.connection.get("connection_name")
        if entry is None or not name or entry.gives.get("name") != name or not entry.gives.get("credentials"):
            continue
        owner = "" if entry.gives.get("level") == "organization" else seen.project_id
        other = entries.setdefault((seen.plan.app if seen.plan else "", name, owner), entry)
        if any(other.gives.get(part) != entry.gives.get(part) for part in ("method", "credentials")):
            faults.append(
                f"{other.name} and {entry.name} specify different credentials for the connection"
                f" {clean_name(name, 80)}. Specify different names."
            )
    return faults


def known_views(world: World, journal: Journal) -> list[View]:
    """Return the integrations of the projects, also those that the journal knows and the server lists no more."""
    listed = {view["id"] for view in world.listed}
    gone = [record.native for native_id, record in journal.records.items() if native_id not in listed and record.native]
    return [*world.listed, *(view for view in gone if view.get("project_id") in world.natives)]


def orphans(world: World, journal: Journal) -> list[str]:
    """Return a sentence for each sync that takes the place of an integration which nobody knows any more."""
    known = {str(view["id"]) for view in known_views(world, journal)}
    return [
        f"Secret sync {clean_name(sync['name'], 80)} says that it takes the place of integration {found['native']},"
        " which is neither in the project nor in the journal."
        for syncs in world.syncs.values()
        for sync in syncs
        if (found := marker(sync)) and found["native"] not in known
    ]


def _seen(
    view: View, world: World, journal: Journal, given: Given, shared_by: Mapping[int, str], faults: list[str]
) -> Seen:
    auth = world.auths[view["project_id"]].get(view["integration_auth_id"])
    seen = Seen(str(view["id"]), view, view, auth, journal.record(str(view["id"])))
    inputs = given.inputs_for(view)
    seen.plan = plan = plan_for(view, auth, inputs)
    seen.warnings += plan.warnings
    if not plan.sync:
        return seen
    faults += _misspelt(inputs, plan.sync, given, view)
    shared = shared_by.get(id(given.connects(view)), "")
    seen.connection = {} if shared else _connection(inputs, given, view)
    for one in plan.missing:
        if one["name"] == "connection_name" and (seen.connection or shared):
            continue
        seen.needs.append(need(view, one["name"], one["why"], plan.methods))
    if shared:
        seen.needs.append(need(view, "connection_name", shared, plan.methods))
    if not seen.needs:
        planned = {name: value for name, value in plan.sync.items() if name not in CONNECTION}
        marked = description(
            seen.native_id, fingerprint(INTEGRATION, view), seen.was_active, str(planned.get("description") or "")
        )
        # It writes as the integration did before the migration, which has switched that one off since.
        own = {"description": marked, "is_auto_sync_enabled": seen.was_active}
        seen.options = {**planned, **seen.connection, **own}
    return seen


def _connection(inputs: Mapping[str, Any], given: Given, view: View) -> dict[str, str]:
    """Return the option that names the connection: as the inputs say, else as the list of connections does."""
    stated = {name: str(inputs[name]) for name in CONNECTION if inputs.get(name)}
    entry = given.best("connections", view)
    if stated or entry is None:
        return stated
    if entry.gives.get("connection_id"):
        return {"connection_id": str(entry.gives["connection_id"])}
    return {"connection_name": str(entry.gives["name"])}


def _misspelt(inputs: Mapping[str, Any], sync: Mapping[str, Any], given: Given, view: View) -> list[str]:
    """Return what no sync of the kind can have among the inputs: an option that doesn't exist, a wrong value."""
    entries = ", ".join(entry.name for entry in given.inputs if entry.fits(view))
    return [
        f"{entries}: {problem.sentence}"
        for problem in check_sync(sync["destination"], sync["destination_config"], sync["sync_options"])
        if problem.field.partition("[")[0] in inputs and inputs[problem.field.partition("[")[0]] not in (None, "")
    ]
