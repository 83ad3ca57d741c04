# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""App Connections: the credentials that Secret Syncs use. The kind of object as a table, and what its modules do."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from .._catalog.apps import APPS
from .._catalog.connections import (
    check_connection,
    check_options,
    coerced_credentials,
    public_credentials,
    secret_credentials,
)
from .._catalog.names import did_you_mean, to_api, under_option_names
from .._catalog.schema import Problem
from .._engine.driver import Resource
from .._engine.kind import Change, Field, Kind, View
from .._engine.plan import Plan
from .._engine.shapes import COUNT, MAPPING, NAME, PROSE, WORD, check_answer, list_of, mapping, needed
from .._engine.store import Store, if_readable
from .._engine.values import ID, checked_id, checked_length, checked_name, checked_slug, checked_uuid, if_any, time_text
from .._errors import (
    ConflictError,
    InfisicalError,
    InputError,
    NotFound,
    PermissionRefused,
    RouteMissing,
    ServerError,
    UpdateIgnored,
    clean_name,
    listed,
    shown,
)
from . import managed_credentials
from .managed_credentials import MANAGED, ROTATED, ROTATION

GATEWAYS = ("gateway_id", "gateway_pool_id")


def _or_null(value: str) -> str | None:
    return value or None


CONNECTION = Kind(
    name="app_connection",
    label="app connection",
    fields=(
        Field("app", "app", accept=checked_slug, sent=False, shape=needed(ID)),
        Field("method", "method", shape=NAME),
        Field("name", "name", Change.PATCH, shape=NAME),
        Field("description", "description", Change.PATCH, shape=PROSE),
        Field("project_id", "projectId", accept=if_any(checked_id), shape=ID),
        Field("gateway_id", "gatewayId", Change.PATCH, accept=if_any(checked_uuid), write=_or_null),
        Field("gateway_pool_id", "gatewayPoolId", Change.PATCH, accept=if_any(checked_uuid), write=_or_null),
        *managed_credentials.FIELDS,
    ),
    read_only=(
        Field("org_id", "orgId"),
        Field("version", "version", shape=COUNT),
        Field("credentials_hash", "credentialsHash"),
        *managed_credentials.READ_ONLY,
        Field("created_at", "createdAt", read=time_text, shape=WORD),
        Field("updated_at", "updatedAt"),
    ),
    envelope="appConnection",
    list_name="appConnections",
    list_paths=("/api/v1/app-connections/{app}",),
    list_query={"projectId": "project_id"},
    listed_by=("app", "project_id"),
    anchors=("app", "project_id"),
    # Servers that don't know the query answer with all of the organization.
    mixed_list=True,
    create_path="/api/v1/app-connections/{app}",
    object_path="/api/v1/app-connections/{app}",
    write_only={"credentials": "credentials"},
    id_option="connection_id",
    identity=lambda view: (view["app"], view.get("project_id") or None, view.get("name")),
    catalogued_by="method",
    found_by=("name",),
    unique=True,
    elsewhere="is for another app",
    required=("name", "method"),
    way_out=(
        "Create a second connection under another name, move the syncs to it (option connection_id of"
        " infisical_secret_sync), and remove this one."
    ),
    way_out_if_ignored="Create a second connection as it should be, and move the syncs to it.",
    known_by="this server or this app",
    in_use="The server keeps app connection {id} ({name}): {reason} Remove or move the syncs that use it first.",
    lacking="This server is older than app connections, or than this app of theirs.",
)


class Connection(Resource):
    """One app connection."""

    kind = CONNECTION
    # What to do to have a connection of the organization.
    for_organization = "Leave project_id out"
    # The connection that the task is about to change, and what goes along with new credentials of it.
    _found: View
    _along: Mapping[str, Any]

    def read(self) -> None:
        self._found, self._along = {}, {}
        self._given = self._credentials(self.wanted.get("method") or "")
        self.faults += managed_credentials.faults(self.wanted.get(ROTATION))
        if all(self.wanted.get(option) for option in GATEWAYS):
            self.faults.append(f"Specify {' or '.join(GATEWAYS)}, not both.")

    def _credentials(self, method: str) -> dict[str, Any]:
        given = {key: value for key, value in (self.params.get("credentials") or {}).items() if value is not None}
        app = self.wanted["app"]
        # The whole mapping is masked until here; what is known to be no secret would only make the output unreadable.
        for value in public_credentials(app, method, given).values():
            self.task.reveal(str(value))
        for value in secret_credentials(app, method, given):
            self.task.hide(value)
        return coerced_credentials(app, method, given)

    def problems(self, service: str, *, complete: bool) -> list[Problem]:
        app = self.wanted["app"]
        # Of an existing one, what is missing here is not missed if nothing is written.
        whole = complete or self.params.get("update_credentials") == "always"
        found = check_connection(app, service, self._given, complete=whole) if service and self._given else []
        return [*found, *check_options(app, service, self.wanted, self._given, complete=complete)]

    def prepare(self, view: View | None) -> None:
        self._found = view or {}
        self._along = managed_credentials.kept_as_it_is(self.wanted, self._found)
        if view and view["is_platform_managed_credentials"] and self.params.get("update_credentials") == "always":
            raise InputError(
                f"Infisical itself manages the credentials of app connection {view['id']}"
                f" ({clean_name(view['name'], 80)}), and refuses others: leave out update_credentials."
            )
        if view is not None and not self.wanted.get("method"):
            self._given = self._credentials(str(view["method"] or ""))

    def look_up(self, view: View | None) -> None:
        # The server takes one away as it gets the other.
        for option, other in (GATEWAYS, GATEWAYS[::-1]):
            if self.wanted.get(option) and (view or {}).get(other):
                self.wanted[other] = ""

    def credentials(self) -> dict[str, Any]:
        return {"credentials": to_api(self._given), **self._along} if self._given else {}

    def rewrites(self, changes: View) -> bool:
        # The server takes over what it is given, not what it has.
        return super().rewrites(changes) or bool(changes.get(MANAGED))

    def lacking(self) -> list[str]:
        return [*super().lacking(), *([] if self._given else ["credentials"])]

    def alike(self) -> list[dict[str, Any]]:
        with known_app(self.wanted["app"]):
            return [self._in_full(view) for view in super().alike()]

    def _in_full(self, view: dict[str, Any]) -> dict[str, Any]:
        """Return the view with its schedule, should the list have left it out."""
        is_short = view[ROTATED] and not view[ROTATION]
        return (self.by_id(view["id"]) if is_short and self.wanted.get(ROTATION) else None) or view

    def as_stored(self, view: dict[str, Any], changes: View) -> dict[str, Any]:
        return (self.by_id(view["id"]) if managed_credentials.is_told_late(changes) else None) or view

    def by_id(self, object_id: str) -> dict[str, Any] | None:
        with known_app(self.wanted["app"]):
            return super().by_id(object_id)

    def complete(self) -> None:
        self._check_limits(self.wanted)

    def check_changes(self, plan: Plan) -> None:
        self._check_limits(plan.changes)
        if self.rewrites(plan.changes):
            method = str((plan.before or {}).get("method") or "")
            self.tell(check_connection(self.wanted["app"], method, self._given) if method else [])

    def final(self, body: View) -> Collection[int]:
        # The server tries new credentials out with AWS, and answers so where they are refused.
        return (500,) if "credentials" in body and self.wanted["app"] == "aws" else ()

    def _check_limits(self, changes: View) -> None:
        if "name" in changes:
            checked_name("name", changes["name"], 64)
        checked_length("description", changes.get("description") or "", 256)
        managed_credentials.check_changes(changes, self.wanted, self._found, has_credentials=bool(self._given))

    def check_place(self, view: View) -> None:
        if not self.wanted.get("project_id") or view["project_id"]:
            return
        made = (
            f"This server has no connections of projects: it created app connection {view['id']}"
            f" ({clean_name(view['name'], 80)}) for the whole organization."
        )
        try:
            self.task.store.delete(CONNECTION, view)
        except InfisicalError as error:
            raise UpdateIgnored(
                f"{made} It could not be removed again: {error}", changed=True, app_connection=dict(view)
            ) from None
        raise UpdateIgnored(
            f"{made} It was removed again. {self.for_organization} to have a connection that all projects can use.",
            changed=False,
        )

    def hinted(self, refusal: ServerError) -> InfisicalError:
        if refusal.status != 500 or not self._given or self.wanted["app"] != "aws":
            return refusal
        return refusal.extended("The server also answers like this if AWS refuses the credentials. Check them.")

    def foresee(self, plan: Plan) -> None:
        super().foresee(plan)
        if "name" in plan.changes:
            taken = self._seen_taken(plan)
            if taken:
                self.task.warn(f"{taken} A real run fails, unless an earlier task of it removes or renames that one.")

    def name_what_is_missing(self, refusal: ServerError, plan: Plan) -> InfisicalError:
        taken = ""
        if "name" in plan.changes and "already exists" in refusal.text:
            try:
                taken = self._seen_taken(plan)
            except InputError as reason:
                reason.details.update(refusal.details)
                return reason
        return InputError(f"{taken} Choose another one.", **refusal.details) if taken else refusal

    def _seen_taken(self, plan: Plan) -> str:
        """Return what `_taken` does, or an empty text where the list can't be read. Raises InputError."""
        try:
            return self._taken(plan)
        except InputError:
            raise
        except InfisicalError:
            return ""

    def _taken(self, plan: Plan) -> str:
        """Return a sentence for a name that another connection has on this level, or an empty text.

        Raises InputError for one of the organization on a server where this is the only level.
        """
        after = plan.after or {}
        name, project_id = after.get("name"), after.get("project_id") or None
        rows = if_readable(lambda: self.task.store.once(("connections", project_id), lambda: self._all(project_id)))
        same = [row for row in rows or () if row["name"] == name and row["id"] != (plan.before or {}).get("id")]
        # One of the same app and name would have been found.
        others = [row for row in same if plan.before or row["app"] != self.wanted["app"]]
        others = [row for row in others if (row.get("projectId") or None) == project_id]
        if others:
            level = f"The project {project_id}" if project_id else "The organization"
            return (
                f"{level} already has a connection called {shown(name)}: the {clean_name(others[0]['app'], 80)}"
                f" connection {others[0]['id']}. Names are unique across apps."
            )
        if plan.before is None and project_id and same and not any("projectId" in row for row in rows or ()):
            raise InputError(
                f"This server has no connections of projects, and its organization already has one called"
                f" {shown(name)}: the {clean_name(same[0]['app'], 80)} connection {same[0]['id']}."
                f" {self.for_organization} to manage connections of the organization."
            )
        return ""

    def _all(self, project_id: str | None) -> list[dict[str, Any]]:
        """Return what the server lists of the connections of all apps. Endpoint: GET …/app-connections."""
        path = "/api/v1/app-connections"
        answer = self.task.client.get(path, {"projectId": project_id} if project_id else None)
        rows = list_of(mapping(id=needed(ID), name=NAME, app=NAME, projectId=ID))
        check_answer(answer, f"GET {path}", **{CONNECTION.list_name: needed(rows)})
        found: list[dict[str, Any]] = answer[CONNECTION.list_name]
        return found

    def find_reason(self, plan: Plan) -> None:
        """Refuse a method that neither the catalogue nor the server knows. Endpoint: GET …/app-connections/options."""
        app, method = str(self.wanted["app"]), self.wanted.get("method")
        if plan.before is not None or (app in APPS and APPS[app].method(method)):
            return
        offered = if_readable(lambda: self.task.store.once(("methods",), self._methods))
        methods = (offered or {}).get(app)
        if methods and method not in methods:
            known = f" Known: {listed(methods)}."
            raise InputError(
                f"method {shown(method)} is not supported by this server for the app {app}."
                f"{did_you_mean(method, methods) or known}"
            )

    def _methods(self) -> dict[str, list[str]]:
        path = "/api/v1/app-connections/options"
        answer = self.task.client.get(path)
        rows = list_of(mapping(app=NAME, methods=list_of(NAME)))
        check_answer(answer, f"GET {path}", appConnectionOptions=needed(rows))
        return {row["app"]: list(row.get("methods") or []) for row in answer["appConnectionOptions"]}

    def check_removal(self, views: Sequence[View]) -> None:
        for view in views if self.task.check_mode else ():
            self._foresee_users(view)

    def _foresee_users(self, view: View) -> None:
        """Refuse what the server would, as far as a list of secret syncs may be read; else tell that it may."""
        users = self._users(view)
        if users is None:
            self.task.tell(
                f"Check mode can't see which secret syncs use app connection {view['id']}"
                f" ({clean_name(view['name'], 80)}). A real run refuses to remove it as long as a secret sync uses it."
            )
        gone = {object_id.strip().lower() for object_id in self.params["removed_syncs"] or ()}
        left = [name for object_id, name in (users or {}).items() if object_id not in gone]
        if left:
            raise super().kept(view, _used_by(left))

    def kept(self, view: View, reason: str, **details: Any) -> ConflictError:
        users = self._users(view)
        return super().kept(view, _used_by(users.values()) if users else reason, **details)

    def _users(self, view: View) -> dict[str, str] | None:
        """Return the secret syncs that use a connection, ids to names; None where that can't be seen."""
        project_id = view["project_id"]
        return if_readable(lambda: self._read_users(project_id, view["id"])) if project_id else None

    def _read_users(self, project_id: str, connection_id: str) -> dict[str, str]:
        path = "/api/v1/secret-syncs"
        answer = self.task.client.get(path, {"projectId": project_id})
        rows = list_of(mapping(id=needed(ID), name=NAME, connectionId=needed(ID)))
        check_answer(answer, f"GET {path}", secretSyncs=needed(rows))
        users = [row for row in answer["secretSyncs"] if row["connectionId"] == connection_id]
        return {row["id"].lower(): f"{row['id']} ({clean_name(row['name'], 80)})" for row in users}


def _used_by(users: Collection[str]) -> str:
    return f"{len(users)} secret sync(s) use it: {listed(users)}."


@contextmanager
def known_app(app: str) -> Iterator[None]:
    """Say so where the server has no endpoints for an app that the catalogue doesn't know either."""
    try:
        yield
    except RouteMissing:
        if not app or app in APPS:
            raise
        raise InputError(f"app {shown(app)} is not supported by this server.{did_you_mean(app, APPS)}") from None


def place(app: str, project_id: str | None) -> dict[str, Any]:
    """Return what the store needs to find connections: of an app, in a project or, without one, the organization."""
    return {"app": app, "project_id": project_id}


def find_by_name(store: Store, app: str, name: str, project_id: str) -> dict[str, Any] | None:
    """Return the connection of an app that is called `name`, the project's own first, then the organization's.

    Its `credentials` are those that the server shows, under option names. An identity that may not read it, but use it,
    gets what a list of those shows: its id, name, app and project.
    """
    found: dict[str, Any] | None = store.once(
        ("connection", app, name, project_id), lambda: _find_by_name(store, app, name, project_id)
    )
    return found


def _find_by_name(store: Store, app: str, name: str, project_id: str) -> dict[str, Any] | None:
    path = f"/api/v1/app-connections/{quote(app, safe='')}/connection-name/{quote(name, safe='')}"
    for query in ({"projectId": project_id}, None):
        try:
            answer = store.client.get(path, query)
        except NotFound:
            continue
        except PermissionRefused as refusal:
            return _available(store, app, name, project_id, refusal)
        except ServerError as error:
            # The name is taken on this level, by a connection for another app.
            if error.status == 400 and "is not for" in error.text:
                continue
            raise
        check_answer(answer, f"GET {path}", **{CONNECTION.envelope: needed(MAPPING)})
        view = store.unwrapped(CONNECTION, answer, {"app": app, "name": name})
        # The project's own or, asked for without a project, the organization's.
        if view["project_id"]:
            store.unwrapped(CONNECTION, answer, {"project_id": project_id if query else "none"})
        return {**view, "credentials": under_option_names(answer[CONNECTION.envelope].get("credentials"))}
    return None


def _available(store: Store, app: str, name: str, project_id: str, refusal: PermissionRefused) -> dict[str, Any] | None:
    """Return what a project may use under a name, for an identity that may not read it. Endpoint: GET …/available.

    Raises `refusal` where the identity may not see that either, and ConflictError where several have the name.
    """
    path = f"/api/v1/app-connections/{quote(app, safe='')}/available"
    try:
        answer = store.client.get(path, {"projectId": project_id})
    except (PermissionRefused, NotFound, RouteMissing):
        raise refusal from None
    rows = list_of(mapping(id=needed(ID), name=NAME, app=NAME, projectId=ID))
    check_answer(answer, f"GET {path}", **{CONNECTION.list_name: needed(rows)})
    found = [row for row in answer[CONNECTION.list_name] if (row["app"], row["name"]) == (app, name)]
    own = [row for row in found if row.get("projectId") == project_id]
    usable = own or [row for row in found if not row.get("projectId")]
    if len(usable) > 1:
        raise ConflictError(
            f"{len(usable)} {app} connections are called {shown(name)}, and this identity may not read which is the"
            f" project's: {listed(row['id'] for row in usable)}. Specify connection_id instead of connection_name."
        )
    return dict(usable[0]) if usable else None
