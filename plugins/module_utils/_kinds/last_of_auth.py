# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Some servers of 2024 remove an integration auth, and the credentials in it, with its last integration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .._engine.kind import View
from .._engine.task import Task
from .._errors import InfisicalError, InputError, listed
from .native import AUTH, INTEGRATION

if TYPE_CHECKING:
    from .._engine.driver import Resource


def taking(task: Task, described: Sequence[Resource], removals: Mapping[int, Sequence[View]]) -> set[int]:
    """Return the removals that delete at the destination, and that could take the auth of another item along.

    By their index among all items; only on a server that may do that. Other removals come last anyway. Raises
    InputError where such a removal would delete what the other item writes: no order is safe then.
    """
    emptying = {index: views for index, views in removals.items() if views and described[index].empties()}
    if not (emptying and task.store.is_old):
        return set()
    used = {index: auth for index, res in enumerate(described) if not res.absent and (auth := _auth_of(res))}
    leaving = {view["id"] for views in emptying.values() for view in views}
    found = set()
    for index, views in emptying.items():
        auth = views[0]["integration_auth_id"]
        users = [user for user, used_auth in used.items() if used_auth == auth]
        if not users or _others(task, views[0], leaving):
            continue
        clashing = [user for user in users if _place_of(described[user]) == _place_of(described[index])]
        if clashing:
            raise InputError(
                f"item {index} removes the last integration of integration auth {auth}, which item {clashing[0]} uses,"
                " and deletes at the destination that it writes to. Servers of this age may remove the auth as well."
                f" Nothing was changed. Run item {clashing[0]} first, and item {index} without"
                " delete_destination_secrets."
            )
        found.add(index)
    return found


def _auth_of(res: Resource) -> str:
    """Return the id of the auth that an item uses, or an empty text where it can't be found yet."""
    try:
        res.alike()
    except InfisicalError:
        return ""
    return str(res.wanted.get("integration_auth_id") or "")


def _place_of(res: Resource) -> tuple[Any, ...]:
    return INTEGRATION.identity(res.wanted)[-1:]


def _others(task: Task, view: View, leaving: set[str]) -> list[dict[str, Any]]:
    """Return the integrations of the same auth that stay."""
    place, auth = {"project_id": view["project_id"]}, view["integration_auth_id"]
    return [
        other
        for other in task.store.all(INTEGRATION, place)
        if other["integration_auth_id"] == auth and other["id"] not in leaving
    ]


def went_along(task: Task, removed: Sequence[View]) -> dict[str, Any]:
    """Return the ids of auths that the server removed with their last integration, as `removed_auths`; warn of them.

    `removed` are the integrations that a task removed, or would remove. The key exists only if an auth is gone.
    """
    gone = []
    ids = {view["id"] for view in removed}
    for auth, view in {view["integration_auth_id"]: view for view in removed}.items():
        place = {"project_id": view["project_id"]}
        if not _may_be_gone(task, view, ids):
            continue
        if task.check_mode:
            # Nothing in the list tells whether this server does.
            task.tell(
                f"Integration {view['id']} is the last one of integration auth {auth}. Some servers of this age remove"
                " the auth, and the credentials in it, along with it."
            )
        elif _is_gone(task, auth, place):
            gone.append(auth)
    if gone:
        task.warn(
            f"The server removed integration auth {listed(gone)}, and the credentials in it, along with its last"
            " integration. To use the service again, create it again with infisical_integration_auth."
        )
    return {"removed_auths": gone} if gone else {}


def _may_be_gone(task: Task, view: View, ids: set[str]) -> bool:
    place = {"project_id": view["project_id"]}
    if task.store.listed(INTEGRATION, place) is None:
        # Removed by its id alone; whether others use the auth is not known, but the auth itself tells.
        return bool(view["project_id"]) and not task.check_mode
    return task.store.is_old and not _others(task, view, ids)


def _is_gone(task: Task, auth: str, place: Mapping[str, Any]) -> bool:
    try:
        gone = task.store.find(AUTH, auth) is None
    except InfisicalError as error:
        task.warn(
            f"Whether integration auth {auth} was removed with its last integration could not be determined: {error}"
        )
        return False
    if gone:
        task.store.forget(AUTH, place)
    return gone
