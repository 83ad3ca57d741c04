# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The phase that creates app connections. One that exists is used as it is: its credentials are never written over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .._engine.driver import manage
from .._engine.kind import View
from .._errors import InfisicalError
from .._kinds.app_connection import Connection
from .carry import ENDS, NotBegun
from .items import DO_CONNECT, NONE
from .journal import CONNECTION
from .meant import another_than_meant
from .run_state import Run
from .state import Seen


@dataclass(frozen=True)
class Wanted:
    """A connection that has to exist: its app, its name, and its project; None for one of the organization."""

    app: str
    name: str
    project_id: str | None


class Own(Connection):
    """A connection that has to be there. One that exists is used as it is, whatever it is like."""

    for_organization = "Set level to organization in its entry of connections"

    def prepare(self, view: View | None) -> None:
        super().prepare(view)
        if view is not None:
            self.wanted = {option: view[option] for option in self.wanted}


def wanted_by(run: Run, seen: Seen) -> Wanted | None:
    """Return the connection that an integration needs and the task has the credentials of, or None."""
    entry = run.given.best("connections", seen.known)
    name = seen.connection.get("connection_name")
    if entry is None or not name or entry.gives.get("name") != name or not entry.gives.get("credentials"):
        return None
    project_id = None if entry.gives.get("level") == "organization" else seen.project_id
    return Wanted(seen.plan.app if seen.plan else "", name, project_id)


def connect(run: Run, batch: Sequence[Seen]) -> None:
    """Create the connections of integrations, each once. One that is refused stops only those that need it."""
    users: dict[Wanted, list[Seen]] = {}
    for seen in batch:
        wanted = wanted_by(run, seen)
        if wanted:
            users.setdefault(wanted, []).append(seen)
    for wanted, rows in users.items():
        error, changed = _made(run, wanted, rows[0])
        for seen in rows:
            refusal = str(error or "") or ("" if changed else another_than_meant(run, seen))
            if refusal:
                run.failed(seen, refusal)
            else:
                run.did(seen, DO_CONNECT if changed else NONE, seen.stage)


def _made(run: Run, wanted: Wanted, seen: Seen) -> tuple[InfisicalError | None, bool]:
    """Create a connection unless it exists; returns the error, if any, and whether one was created."""
    if run.hands.ended:
        return NotBegun(f"It was not started. {run.hands.ended}"), False
    task = replace(run.task, params={**run.task.params, **_params(run, wanted, seen)})
    try:
        result = manage(task, Own)
    except InfisicalError as error:
        run.hands.fail(error)
        if isinstance(error, ENDS):
            return error, False
        return error.extended(f"This is about the app connection {wanted.name}."), False
    made = result["app_connection"] or {}
    if result["changed"]:
        entry = {"connection_id": made.get("id"), "name": wanted.name, "app": wanted.app}
        run.journal.write({"event": CONNECTION, "project_id": wanted.project_id, **entry})
    return None, bool(result["changed"])


def _params(run: Run, wanted: Wanted, seen: Seen) -> Mapping[str, Any]:
    entry = run.given.best("connections", seen.known)
    gives = entry.gives if entry else {}
    methods = seen.plan.methods if seen.plan else []
    known: Mapping[str, Any] = next((one["prefilled"] for one in methods if one["method"] == gives.get("method")), {})
    return {
        "state": "present",
        "app": wanted.app,
        "name": wanted.name,
        "project_id": wanted.project_id,
        "project_slug": None,
        "connection_id": None,
        "description": None,
        "method": gives.get("method"),
        "credentials": {**known, **(gives.get("credentials") or {})},
        "gateway_id": gives.get("gateway_id"),
        "update_credentials": "on_create",
        "validate": "warn",
    }
