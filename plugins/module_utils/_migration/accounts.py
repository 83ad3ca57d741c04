# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a destination is read in the AWS account that its sync writes to, as far as the keys of both tell."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from .._catalog.aws_accounts import account_of_key, account_of_role
from .._catalog.connections import public_credentials
from .._catalog.names import under_option_names
from .._engine.kind import View
from .._engine.store import Store
from .._errors import InfisicalError, clean_name
from .._kinds.app_connection import CONNECTION, find_by_name
from .aws import session_key
from .given import Entry, Given
from .state import Seen


def other_account(store: Store, given: Given, seen: Seen, login: Mapping[str, Any] | None) -> str:
    """Return what to say where `login` reads another account than the sync, or the planned one, writes to.

    Empty where both are the same, or one is not known. May read the connection of the sync: once each.
    """
    reads = account_of_login(store, login) if login else None
    if not reads:
        return ""
    found = connection_of(store, seen)
    entry = given.best("connections", seen.known)
    writes = account_of_connection(found) if found else None
    if not writes and entry and (seen.sync is None or not found):
        writes = account_of_connection(_stated(seen, entry))
    if not writes or writes == reads:
        return ""
    reader = given.best("destinations", seen.known) or entry
    name = str((found or {}).get("name") or seen.connection.get("connection_name") or "")
    return (
        f"{reader.name if reader else 'The login'} reads AWS account {reads}, but app connection {clean_name(name, 80)}"
        f" writes to AWS account {writes}: what is read there proves nothing. Possible solutions: if"
        f" {writes} is right, specify in destinations how to read it; else, correct the connection."
    )


def account_of_login(store: Store, login: Mapping[str, Any]) -> str | None:
    """Return the account that a login reads; None where that can't be told."""
    if login.get("access_key_id"):
        return account_of_key(login["access_key_id"])
    # A profile, or what the environment has. Found once, as a role is assumed for it.
    named = tuple(sorted((name, str(value)) for name, value in login.items()))
    found: str | None = store.once(("aws account", named), functools.partial(_account_of_session, login))
    return found


def _account_of_session(login: Mapping[str, Any]) -> str | None:
    return account_of_key(session_key(login))


def account_of_connection(view: View) -> str | None:
    """Return the account that an app connection writes to, by what of its credentials is no secret."""
    shown = view.get("credentials") or {}
    if view.get("method") == "assume-role":
        return account_of_role(shown.get("role_arn"))
    return account_of_key(shown.get("access_key_id"))


def _stated(seen: Seen, entry: Entry) -> View:
    """Return a connection as the task says that it has to be."""
    method = entry.gives.get("method")
    public = public_credentials(seen.plan.app if seen.plan else "", method, entry.gives.get("credentials"))
    return {"method": method, "credentials": public}


def connection_of(store: Store, seen: Seen) -> View | None:
    """Return the app connection of a sync, or of the planned one; None where there is none, or it can't be read."""
    connection = (seen.sync or {}).get("connection") or {}
    app = connection.get("app") or (seen.plan.app if seen.plan else "")
    name = connection.get("name") or seen.connection.get("connection_name")
    wanted = (seen.sync or seen.connection).get("connection_id")
    key = ("connection, if readable", app, name, wanted, seen.project_id)
    # One that can't be read is not asked for once more by each integration that uses it.
    found: View | None = store.once(
        key, lambda: _readable(store, str(app or ""), str(name or ""), str(wanted or ""), seen.project_id)
    )
    return found


def _readable(store: Store, app: str, name: str, wanted: str, project_id: str) -> View | None:
    try:
        found = find_by_name(store, app, name, project_id) if app and name else None
        if app and wanted and (not found or found.get("id") != wanted):
            return _by_id(store, app, wanted)
    except InfisicalError:
        return None
    return found


def _by_id(store: Store, app: str, connection_id: str) -> View:
    """Return a connection of which only the id is known, with those of its credentials that the server shows."""
    answer = store.client.get(f"/api/v1/app-connections/{quote(app, safe='')}/{quote(connection_id, safe='')}")
    view = store.unwrapped(CONNECTION, answer, {"app": app, "id": connection_id})
    return {**view, "credentials": under_option_names(answer[CONNECTION.envelope].get("credentials"))}
