# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which objects write to one place. Pure functions of what projects hold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping

from .._catalog.destinations import destination
from .._engine.kind import View
from .._kinds.sync_duplicates import place, writes_to
from .._migration import groups as natives
from .._migration.fingerprint import marker
from .._migration.plan import plan_for
from .._migration.state import source_of
from .items import Conflict, World

SAME_PLACE = "They write to the same place, from several sources: secrets with the same name overwrite each other."
SAME_WORK = "They write the same secrets to the same place."
MOVED = "A native integration and the secret sync that takes its place both write."
MAYBE = " If their credentials are for different accounts, the places are not the same."

# Of environments, by the id of the project and their slug.
Names = Mapping[tuple[str, str], str]


def conflicts(world: World) -> list[Conflict]:
    """Return the groups of active objects that write to one place, each of two or more."""
    integrations = [view for project in world.projects for view in project.natives if view["is_active"]]
    syncs = [view for project in world.projects for view in project.syncs if view["is_auto_sync_enabled"]]
    names = {(project.id, slug): name for project in world.projects for slug, name in project.environments.items()}
    return [*_among_integrations(integrations), *_among_syncs(syncs, names), *_between(integrations, syncs, names)]


def _among_integrations(views: Iterable[View]) -> Iterable[Conflict]:
    for group in natives.groups(views):
        yield {
            "members": list(group["members"]),
            "certain": group["certain"],
            "same_source": group["kind"] == natives.DUPLICATES,
            "reason": group["reason"],
        }


def _among_syncs(views: Iterable[View], names: Names) -> Iterable[Conflict]:
    found: defaultdict[Hashable, list[View]] = defaultdict(list)
    for view in views:
        found[writes_to({**view, "environment": _called(view, view, names)})].append(view)
    for where, members in found.items():
        if where is not None and len(members) > 1:
            same = len({source_of(view) for view in members}) == 1
            yield _conflict([str(view["id"]) for view in members], SAME_WORK if same else SAME_PLACE, same=same)


def _between(integrations: Iterable[View], syncs: Iterable[View], names: Names) -> Iterable[Conflict]:
    """Yield each integration with the syncs that write where a sync in its place would."""
    by_place: defaultdict[Hashable, list[View]] = defaultdict(list)
    for sync in syncs:
        where = _place(sync, _called(sync, sync, names))
        if where is not None:
            by_place[where].append(sync)
    for view in integrations if by_place else ():
        planned = plan_for(view, None).sync
        where = _place(planned, _called(planned, view, names))
        others = by_place.get(where, []) if where is not None else []
        if not others:
            continue
        ids = [str(view["id"]), *(str(sync["id"]) for sync in others)]
        claim = marker(others[0])
        if len(others) == 1 and claim and claim["native"] == view["id"]:
            yield _conflict(ids, MOVED, same=True)
            continue
        same = {source_of(sync) for sync in others} == {natives.source(view)}
        yield _conflict(ids, (SAME_WORK if same else SAME_PLACE) + MAYBE, same=same, certain=False)


def _called(sync: View, owner: View, names: Names) -> object:
    """Return the name of the environment: those that have places of their own are called so in all projects."""
    slug = sync.get("environment")
    return names.get((str(owner["project_id"]), str(slug)), slug)


def _place(sync: View, environment: object) -> Hashable:
    """Return where a sync (or the options of one) writes, or None where the catalogue can't tell."""
    slug = str(sync.get("destination") or "")
    entry, where = destination(slug), place(slug, sync.get("destination_config") or {})
    return (slug, where, entry.place_of(environment)) if entry and where is not None else None


def _conflict(members: list[str], reason: str, *, same: bool, certain: bool = True) -> Conflict:
    return {"members": members, "certain": certain, "same_source": same, "reason": reason}
