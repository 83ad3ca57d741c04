# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether another secret sync writes to the same destination, by the list of the project and by the server's check."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from .._catalog import syncs as catalog
from .._catalog.destinations import DESTINATIONS, destination
from .._catalog.names import to_api
from .._engine.kind import View
from .._engine.shapes import FLAG, check_answer, needed
from .._engine.values import ID, comparable_setting, is_placeholder
from .._errors import ConflictError, ServerError, clean_name, listed

if TYPE_CHECKING:
    from .secret_sync import Sync


def place(slug: object, config: Mapping[str, Any]) -> tuple[tuple[str, Any], ...] | None:
    """Return where a sync writes (option names), in comparable form; None where the catalogue can't tell.

    What the server fills in and cuts off is no difference.
    """
    entry = destination(slug)
    if entry is None or not entry.all_fields:
        return None
    kept = catalog.as_stored(slug, catalog.without_empty(slug, catalog.CONFIG, config))
    filled = catalog.FILLED_IN.get(entry.slug, {})
    given = {**filled, **{key: value for key, value in kept.items() if value != "" or key not in filled}}
    scope = given.get("scope") or entry.default_scope
    if entry.scopes:
        given["scope"] = scope
    return tuple(
        (item.name, comparable_setting(given.get(item.name)) or "") for item in entry.fields_for(scope) if item.locates
    )


def writes_to(view: View) -> Hashable:
    """Return what syncs have in common that write to the same place, or None where the destination isn't known."""
    slug, config = str(view.get("destination") or ""), view.get("destination_config") or {}
    entry = DESTINATIONS.get(slug)
    if not entry:
        return None
    idle = catalog.without_effect(slug, config, {})[0]
    config = {key: value for key, value in config.items() if key not in idle}
    seen = place(slug, config) or ()
    said = {item.name for item in entry.all_fields if not item.locates}.union(dict(seen))
    # What the catalogue doesn't know, or of no such scope, may well say where the secrets go.
    rest = sorted((key, comparable_setting(value)) for key, value in config.items() if key not in said)
    where = (*seen, *((key, value) for key, value in rest if value != ()))
    if entry.worldwide:
        return slug, tuple((key, str(value).lower()) for key, value in where)
    return slug, view.get("connection_id"), where, entry.place_of(view.get("environment"))


def _in_any_environment(view: View) -> Hashable:
    return writes_to({**view, "environment": None})


def look_for_duplicates(sync: Sync, after: View, view: View | None) -> None:
    """Warn, or refuse, as the task asks, where another sync writes to the place of `after`. `view`: the present sync.

    Endpoint: POST …/check-destination (a read). Raises ConflictError.
    """
    slug = str((view or after)["destination"] or "")
    # Of what an earlier task of a check would have created, the destination may be unknown.
    if sync.params["check_duplicates"] == "ignore" or not slug:
        return
    known = sync.task.store.group(sync.kind, sync.place(), writes_to, writes_to(after))
    others = [other for other in known if other["id"] != after["id"]]
    leaving = [other for other in others if other["id"] in sync.doomed]
    entry = DESTINATIONS.get(slug)
    if others != leaving and entry and entry.worldwide:
        # The server looks at syncs of the same connection only, and at names as they are written.
        _report(sync, slug, after["project_id"])
        return
    present = view if view and not is_placeholder(view["id"]) else next(iter(leaving), None)
    answer = _asked(sync, slug, after, present)
    if not answer.get("hasDuplicate"):
        return
    other = answer.get("duplicateProjectId")
    here = other in (None, after["project_id"])
    if here and leaving and others == leaving:
        return
    # The server doesn't look at environments, so syncs of other ones may be what it means.
    if here and entry and entry.by_environment and not others:
        alike = sync.task.store.group(sync.kind, sync.place(), _in_any_environment, _in_any_environment(after))
        if any(one["id"] != after["id"] for one in alike):
            return
    if here and view is None and _is_made_by_another_run(sync, after):
        return
    _report(sync, slug, other)


def items_to_one_place(syncs: Sequence[Sync]) -> Iterator[tuple[int, str]]:
    """Find items of one task that write to one place, which neither the list nor the server shows before their turn.

    Yields the index and a sentence for those that are refused by `check_duplicates`; warns of others.
    """
    if _differ(syncs):
        return
    aims = {index: aim for index, sync in enumerate(syncs) if (aim := sync.aim())}
    alike = _by_place({index: {**view, "connection_id": None} for index, (view, _is_new) in aims.items()})
    together = [index for group in alike for index in group if any(aims[one][1] for one in group)]
    for group in _by_place({index: syncs[index].connected(aims[index][0]) for index in together}):
        for index in (one for one in group if aims[one][1]):
            sync, slug = syncs[index], aims[index][0]["destination"]
            others = listed(sync.named(syncs[one].params) for one in group if one != index)
            if sync.params["check_duplicates"] == "refuse":
                sentence = (
                    f"another item of this task ({others}) writes to the same {slug} destination; secrets with the same"
                    " name overwrite each other. Remove it, or set check_duplicates to warn."
                )
                yield index, sentence
            elif sync.params["check_duplicates"] == "warn" and index != group[0]:
                _report(sync, slug, sync.wanted["project_id"])


def _differ(syncs: Sequence[Sync]) -> bool:
    """Tell whether the options alone show that no two write to one place: they mostly do, and it costs little."""
    wanted = [sync.wanted for sync in syncs if not sync.absent]
    if not all(one.get("destination") and "destination_config" in one for one in wanted):
        return False
    places = [writes_to({**one, "connection_id": None, "environment": None}) for one in wanted]
    return len({place for place in places if place}) == sum(map(bool, places))


def _by_place(views: Mapping[int, View]) -> list[list[int]]:
    """Return the indexes of views that write to one place, for each place of several."""
    found: dict[Hashable, list[int]] = {}
    for index, view in views.items():
        found.setdefault(writes_to(view), []).append(index)
    return [group for where, group in found.items() if where is not None and len(group) > 1]


def _asked(sync: Sync, slug: str, after: View, but: View | None) -> Mapping[str, Any]:
    """Return the server's answer; an empty one where it can't tell. `but`: the sync that is none of the others."""
    body: dict[str, Any] = {
        "destinationConfig": to_api(catalog.without_empty(slug, catalog.CONFIG, after.get("destination_config") or {})),
        "projectId": after["project_id"],
    }
    if after.get("connection_id") and not is_placeholder(after["connection_id"]):
        body["connectionId"] = after["connection_id"]
    if but:
        body["excludeSyncId"] = but["id"]
    path = f"/api/v1/secret-syncs/{quote(slug, safe='')}/check-destination"
    try:
        answer = sync.task.client.post(path, body)
    except ServerError as error:
        if error.status not in (400, 404, 422):
            raise
        return {}  # servers without this check, or that find fault with what the create is about to name better
    check_answer(answer, f"POST {path}", hasDuplicate=needed(FLAG), duplicateProjectId=ID)
    return answer


def _is_made_by_another_run(sync: Sync, after: View) -> bool:
    """Tell whether another run has made this very sync since the list was read: it is the one that will be used."""
    fresh = sync.task.store.look_again(sync.kind, sync.place()).values()
    return any(other["name"] == after["name"] and writes_to(other) == writes_to(after) for other in fresh)


def _report(sync: Sync, slug: str, project: object) -> None:
    where = f" (project {clean_name(project, 80)})" if project else ""
    sentence = (
        f"Another secret sync writes to the same {slug} destination{where}; secrets with the same name"
        " overwrite each other."
    )
    if sync.params["check_duplicates"] == "refuse":
        raise ConflictError(f"{sentence} Remove it, or set check_duplicates to warn.")
    sync.task.warn(sentence)
