# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is to be said of each object of an audit. Pure functions of what projects hold."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from .._catalog import native as catalog
from .._catalog.destinations import DESTINATIONS
from .._engine.jobs import BAD_CREDENTIALS
from .._engine.kind import Last, View
from .._errors import clean_name, clean_text
from .._kinds.native import OUTCOME
from .._kinds.sync import REMOVED, SYNCED
from .conflicts import conflicts
from .items import (
    CONNECTION,
    FAILED,
    KINDS,
    NATIVE,
    NEVER,
    OK,
    PAUSED,
    PROBLEMS,
    SOURCE_GONE,
    STATES,
    SYNC,
    UNDER_WAY,
    UNUSED,
    Project,
    Result,
    Row,
    World,
)
from .reasons import plain_reason

AFTER = {Last.NONE: NEVER, Last.UNDER_WAY: UNDER_WAY, Last.SUCCEEDED: OK, Last.FAILED: FAILED}
NO_REASON = "The server gave no reason."
# Whose connections those are that no project has.
ORGANIZATION = Project("", "Organization")
GONE = "Its environment or folder no longer exists."


def judged(world: World) -> Result:
    """Return what an audit says of projects: problems first, then what needs a look, then the rest by project."""
    rows = list(_rows(world))
    found = conflicts(world)
    by_id = {row["id"]: row for row in rows}
    for conflict in found:
        for member in conflict["members"]:
            others = [other for other in conflict["members"] if other != member]
            by_id[member]["conflicts"] = list(dict.fromkeys([*by_id[member]["conflicts"], *others]))
    rows.sort(key=_order)
    by_project: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_project[row["project_id"]].append(row)
    return {
        "objects": rows,
        "conflicts": found,
        "counts": {**_counts(rows), "projects": len(world.projects), "conflicts": len(found)},
        "projects": [
            {
                "id": project.id,
                "name": clean_name(project.name, 80),
                "environments": [clean_name(slug, 80) for slug in project.environments],
                **_counts(by_project[project.id]),
            }
            for project in world.projects
        ],
        "faults": list(world.faults),
        "notes": list(world.notes),
    }


def _order(row: Row) -> tuple[Any, ...]:
    first = list(STATES).index(row["state"]) if row["state"] in (*PROBLEMS, NEVER) else len(STATES)
    # The organization's come last.
    place = (
        not row["project_id"],
        row["project"].casefold(),
        row["project_id"],
        KINDS.index(row["kind"]),
        row["environment"],
    )
    return first, not row["conflicts"], *place, row["secret_path"], row["service"], row["place"], row["name"], row["id"]


def _counts(rows: Sequence[Row]) -> dict[str, Any]:
    """Return numbers of rows: by kind, by state, and of those with a problem, by kind."""
    kinds, states = Counter(row["kind"] for row in rows), Counter(row["state"] for row in rows)
    problems = Counter(row["kind"] for row in rows if row["state"] in PROBLEMS)
    return {
        "objects": len(rows),
        **{kind: kinds[kind] for kind in KINDS},
        **{state: states[state] for state in STATES},
        "problems": problems.total(),
        "problems_by_kind": {kind: problems[kind] for kind in KINDS},
    }


def _rows(world: World) -> Iterable[Row]:
    syncs: list[tuple[View, Row]] = []
    for project in world.projects:
        yield from (_integration(view, project) for view in project.natives)
        syncs += [(view, _sync(view, project)) for view in project.syncs]
    yield from (row for _view, row in syncs)
    yield from _connections(world, syncs)


def _row(kind: str, view: View, project: Project, **more: Any) -> Row:
    row: Row = {
        "kind": kind,
        "id": str(view["id"]),
        "name": clean_name(view.get("name") or "", 80),
        "project_id": project.id,
        "project": clean_name(project.name, 80),
        "environment": "",
        "secret_path": "",
        "service": "",
        "place": "",
        "state": OK,
        "reason": "",
        "at": "",
        "credentials_of": "",
        "conflicts": [],
    }
    row.update(more)  # type: ignore[typeddict-item]  # the callers give keys of a row
    return row


def _integration(view: View, project: Project) -> Row:
    slug = str(view.get("integration") or "")
    last = OUTCOME.last(view)
    reason = _reason(view.get(OUTCOME.message)) if last is Last.FAILED else ""
    state = AFTER[last]
    if not view["is_active"]:
        state = PAUSED
    elif project.gone.get(str(view["id"])):
        state, reason = SOURCE_GONE, project.gone[str(view["id"])]
    return _row(
        NATIVE,
        view,
        project,
        environment=clean_name(view.get("source_environment") or "", 80),
        secret_path=clean_name(view.get("secret_path") or "/", 200),
        service=clean_name(slug, 80),
        place=integration_place(view),
        state=state,
        reason=reason,
        credentials_of=str(view.get("integration_auth_id") or ""),
        at=clean_name(view.get("last_used") or "", 40) if last is not Last.NONE else "",
    )


def integration_place(view: View) -> str:
    """Return where in its service an integration writes, as a person names it."""
    slug = str(view.get("integration") or "")
    values = dict(catalog.destination(slug, view))
    # A name says more than the id beside it.
    shown = [view.get("app") if name == "app_id" and view.get("app") else value for name, value in values.items()]
    return clean_name(" ".join(dict.fromkeys(str(value) for value in shown if value)), 200)


def _sync(view: View, project: Project) -> Row:
    last = SYNCED.last(view)
    state, reason = AFTER[last], _reason(view.get(SYNCED.message)) if last is Last.FAILED else ""
    is_gone = not view.get("environment") or not view.get("secret_path")
    if not view["is_auto_sync_enabled"]:
        state, reason = PAUSED, GONE if is_gone else reason
    elif is_gone:
        state, reason = SOURCE_GONE, GONE
    if REMOVED.last(view) is Last.FAILED:
        removal = _reason(view.get(REMOVED.message))
        state, reason = FAILED, f"The removal of the secrets at the destination failed: {removal}"
    return _row(
        SYNC,
        view,
        project,
        environment=clean_name(view.get("environment") or "", 80),
        secret_path=clean_name(view.get("secret_path") or "", 200),
        service=clean_name(view.get("destination") or "", 80),
        place=sync_place(view),
        state=state,
        reason=reason,
        credentials_of=str(view.get("connection_id") or ""),
        at=clean_name(view.get("last_synced_at") or "", 40),
    )


def sync_place(view: View) -> str:
    """Return where in its destination a sync writes, as a person names it."""
    config = view.get("destination_config") or {}
    entry = DESTINATIONS.get(str(view.get("destination")))
    keys = [item.name for item in entry.all_fields if item.locates] if entry and entry.all_fields else list(config)
    # What is written to comes before where that is, as for a native integration.
    keys.sort(key=lambda key: key in ("region", "scope"))
    shown = [config.get(f"{key.removesuffix('_id')}_name") or config.get(key) for key in dict.fromkeys(keys)]
    texts = [str(value) for value in shown if isinstance(value, str | int | float) and value != ""]
    return clean_name(" ".join(dict.fromkeys(texts)), 200)


def _reason(value: object) -> str:
    return plain_reason(value) or NO_REASON


def _connections(world: World, syncs: Sequence[tuple[View, Row]]) -> Iterable[Row]:
    """Yield a row for each connection of the projects, and for each of the organization that a sync uses."""
    users: defaultdict[str, list[Row]] = defaultdict(list)
    own = {str(view["id"]): (view, project) for project in world.projects for view in project.connections}
    others: dict[str, tuple[View, Project]] = {}
    for view, row in syncs:
        connection = str(view.get("connection_id") or "")
        users[connection].append(row)
        others.setdefault(connection, (view.get("connection") or {}, ORGANIZATION))
    for object_id, (view, project) in {**others, **own}.items():
        state, reason = _state_of_connection(users[object_id])
        shown = {**view, "id": object_id}
        app = clean_name(view.get("app") or "", 80)
        yield _row(CONNECTION, shown, project, service=app, state=state, reason=reason)


def _state_of_connection(users: Sequence[Row]) -> tuple[str, str]:
    """Return the state of a connection. No server records its check: what its syncs met tells."""
    if not users:
        return UNUSED, ""
    ended = [row for row in users if row["state"] in (OK, FAILED)]
    failed = [row for row in ended if row["state"] == FAILED]
    refused = next((row["reason"] for row in failed if BAD_CREDENTIALS.search(row["reason"])), "")
    if refused and len(failed) == len(ended):
        return FAILED, f"The service refuses its credentials, according to its secret syncs: {refused}"
    if len(failed) > 1 and len(failed) == len(ended):
        return FAILED, clean_text(f"Each of its {len(ended)} secret syncs fails: {failed[0]['reason']}", 300)
    return OK, ""
