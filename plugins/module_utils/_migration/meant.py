# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an app connection that exists is the one that is meant: what can be read of it must fit what is specified."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from .._catalog.aws_accounts import account_of_key
from .._catalog.connections import public_credentials
from .._engine.kind import View
from .._errors import InfisicalError, clean_name, clean_text
from .._kinds.app_connection import find_by_name
from .._kinds.native import assumed_role, role_in
from .accounts import account_of_connection, connection_of
from .carry import ENDS
from .given import Entry
from .run_state import Run
from .state import Seen

NATIVE = "the native auth"
AWS = ("aws-secret-manager", "aws-parameter-store")
OTHER_READER = (
    "Its destination is read with another access key than its app connection has. If these are for two accounts, the"
    " comparison proves nothing."
)
UNKNOWN = "whether both are for one account can't be read."


def another_than_meant(run: Run, seen: Seen) -> str:
    """Return why the connection of an integration's name is another one than meant; empty if nothing tells so.

    A connection that is named by its id is meant as it is. Of credentials, servers show only those that are no secret.
    Reads the connection, which the creation of a sync does as well.
    """
    name, plan = seen.connection.get("connection_name"), seen.plan
    if not name or plan is None:
        return ""
    try:
        found = find_by_name(run.task.store, plan.app, name, seen.project_id)
    except InfisicalError:
        # Whoever needs the connection says so.
        return ""
    if found is None:
        return ""
    entry = run.given.best("connections", seen.known)
    entry = entry if entry and entry.gives.get("name") == name else None
    for value in _public(seen, entry, str(found.get("method") or "")).values():
        run.task.reveal(str(value))
    parts = list(_differing(seen, entry, found))
    if not parts:
        return ""
    return (
        f"The app connection {clean_name(name, 80)} exists, but is not as specified: {'; '.join(parts)}."
        " Its syncs would use its credentials. Possible solutions: choose another name; or, if this connection is"
        f" intended, specify connection_id {found['id']} instead of the name."
    )


def identity(run: Run, seen: Seen) -> str | None:
    """Return a digest of what can be read of the app connection of a sync, no secret; None where that is nothing.

    It differs once the connection has the credentials of another account. Those of another key for the same one differ
    only where the keys don't tell their account.
    """
    found = connection_of(run.task.store, seen)
    if not found or not found.get("credentials"):
        return None
    account = account_of_connection(found)
    known = {"account": account} if account and found.get("method") == "access-key" else found["credentials"]
    content = json.dumps([found.get("method"), known], sort_keys=True, default=str)
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def tell_reader(run: Run, seen: Seen) -> None:
    """Warn where a destination is read with another access key than its sync writes with, maybe in another account."""
    reads = (run.login(seen) or {}).get("access_key_id")
    found = connection_of(run.task.store, seen) or {}
    writes = (found.get("credentials") or {}).get("access_key_id")
    if not (reads and writes) or _same(reads) == _same(writes) or OTHER_READER in seen.warnings:
        return
    if not (account_of_key(reads) and account_of_key(writes)):
        seen.warnings.append(OTHER_READER)


def _differing(seen: Seen, entry: Entry | None, found: View) -> Iterator[str]:
    """Yield a text for each part of a connection that differs from what is specified, with both sides."""
    method, gives = found.get("method"), entry.gives if entry else {}
    called = entry.name if entry else ""
    if method and gives.get("method") and method != gives["method"]:
        yield f"its method is {clean_text(method)}, and {called} has {clean_text(gives['method'])}"
        return
    if gives.get("level") == "organization" and found.get("project_id"):
        yield f"it belongs to the project, and {called} has level organization"
    gateway = found.get("gateway_id")
    if gives.get("gateway_id") and "gateway_id" in found and gateway != gives["gateway_id"]:
        yield f"its gateway_id is {clean_text(gateway or 'none')}, and {called} has {clean_text(gives['gateway_id'])}"
    shown: Mapping[str, Any] = found.get("credentials") or {}
    stated = _public(seen, entry, str(method or ""))
    for name, value in {**_native(seen, method), **stated}.items():
        if shown.get(name) not in (None, "") and _same(shown[name]) != _same(value):
            owner = called if name in stated else NATIVE
            yield f"its {name} is {clean_text(shown[name])}, and {owner} has {clean_text(value)}"


def _public(seen: Seen, entry: Entry | None, method: str) -> dict[str, Any]:
    """Return what is specified of the credentials and no secret."""
    given = entry.gives.get("credentials") if entry else None
    return public_credentials(seen.plan.app, method, given) if given and seen.plan else {}


def _native(seen: Seen, method: object) -> Mapping[str, Any]:
    """Return what is known of the native auth, under the names that a connection has for it."""
    methods = seen.plan.methods if seen.plan else []
    return next((one["prefilled"] for one in methods if one["method"] == method), {})


def _same(value: object) -> str:
    return str(value).strip().rstrip("/")


def tell_logins(run: Run) -> None:
    """Read how the native auths of AWS log in, and warn where their connections do it in another way.

    That shows only where a single integration is read: one request an auth, for those that have no sync yet.
    """
    users: dict[str, list[Seen]] = {}
    for seen in run.rows:
        if seen.known["integration"] in AWS and seen.native and not seen.sync and run.wishes.chosen(seen.native_id):
            users.setdefault(seen.known["integration_auth_id"], []).append(seen)
    for rows in users.values():
        try:
            role = assumed_role(run.task.store, rows[0].native_id)
        except ENDS:
            return
        except InfisicalError as error:
            said = f"How its native auth logs in could not be read: {error}"
            for seen in rows:
                seen.warnings.append(said)
            continue
        if role is None:
            continue
        for seen in rows:
            seen.warnings += filter(None, [_login(run, seen, role)])


def _login(run: Run, seen: Seen, role: str) -> str:
    native = f"Its native auth assumes the role {clean_name(role, 80)}" if role else "Its native auth has access keys"
    entry = run.given.best("connections", seen.known)
    method = entry.gives.get("method") if entry else None
    wanted = role_in(str(_public(seen, entry, str(method or "")).get("role_arn") or ""))
    if not seen.connection:
        return f"{native}."
    if method == "access-key":
        return f"{native}, and its connection has access keys: {UNKNOWN}" if role else ""
    if method == "assume-role" and (not role or wanted != role):
        return f"{native}, and its connection assumes the role {clean_name(wanted or '?', 80)}: {UNKNOWN}"
    return ""
