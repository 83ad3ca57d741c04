# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""App Connections: the credentials that Secret Syncs use. The kind of object as a table, and what its modules do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from .._catalog.apps import APPS
from .._catalog.connections import check_connection, coerced_credentials, public_credentials, secret_credentials
from .._catalog.names import did_you_mean, to_api
from .._catalog.schema import Problem
from .._engine.driver import Resource
from .._engine.kind import Change, Field, Kind, View
from .._engine.shapes import COUNT, FLAG, MAPPING, NAME, PROSE, WORD, check_answer, needed
from .._engine.store import Store
from .._engine.values import ID, checked_id, checked_slug, if_any, time_text
from .._errors import InputError, NotFound, RouteMissing, shown

CONNECTION = Kind(
    name="app_connection",
    label="app connection",
    fields=(
        Field("app", "app", accept=checked_slug, sent=False, shape=needed(ID)),
        Field("method", "method", shape=NAME),
        Field("name", "name", Change.PATCH, shape=NAME),
        Field("description", "description", Change.PATCH, shape=PROSE),
        Field("project_id", "projectId", accept=if_any(checked_id), shape=ID),
        Field("gateway_id", "gatewayId", Change.PATCH),
    ),
    read_only=(
        Field("org_id", "orgId"),
        Field("version", "version", shape=COUNT),
        Field("credentials_hash", "credentialsHash"),
        Field("is_platform_managed_credentials", "isPlatformManagedCredentials", shape=FLAG),
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
        "Make a second connection under another name, move the syncs to it (option connection_id of"
        " infisical_secret_sync), and remove this one."
    ),
    way_out_if_ignored="Make a second connection as it should be, and move the syncs to it.",
    known_by="this server or this app",
    in_use="The server keeps app connection {id} ({name}): {reason} Remove or move the syncs that use it first.",
    lacking="This server is older than app connections, or than this app of theirs.",
)


class Connection(Resource):
    """One app connection."""

    kind = CONNECTION

    def read(self) -> None:
        self._given = self._credentials(self.wanted.get("method") or "")

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
        return check_connection(self.wanted["app"], service, self._given) if service and self._given else []

    def prepare(self, view: View | None) -> None:
        if view is not None and not self.wanted.get("method"):
            self._given = self._credentials(str(view["method"] or ""))

    def credentials(self) -> dict[str, Any]:
        return {"credentials": to_api(self._given)} if self._given else {}

    def lacking(self) -> list[str]:
        return [*super().lacking(), *([] if self._given else ["credentials"])]

    def alike(self) -> list[dict[str, Any]]:
        with _known(self.wanted["app"]):
            return super().alike()

    def by_id(self, object_id: str) -> dict[str, Any] | None:
        with _known(self.wanted["app"]):
            return super().by_id(object_id)

    def complete(self) -> None:
        checked_slug("name", self.wanted["name"])

    def check_changes(self, changes: View) -> None:
        if "name" in changes:
            checked_slug("name", changes["name"])


@contextmanager
def _known(app: str) -> Iterator[None]:
    """Say so where the server has no endpoints for an app that the catalogue doesn't know either."""
    try:
        yield
    except RouteMissing:
        if app in APPS:
            raise
        raise InputError(f"app {shown(app)} is not one that this server has.{did_you_mean(app, APPS)}") from None


def place(app: str, project_id: str | None) -> dict[str, Any]:
    """Return what the store needs to find connections: of an app, in a project or, without one, the organization."""
    return {"app": app, "project_id": project_id}


def find_by_name(store: Store, app: str, name: str, project_id: str) -> dict[str, Any] | None:
    """Return the connection of an app that is called `name`, the project's own first, then the organization's."""
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
        check_answer(answer, f"GET {path}", **{CONNECTION.envelope: needed(MAPPING)})
        view = store.unwrapped(CONNECTION, answer, {"app": app, "name": name})
        # The project's own or, asked for without a project, the organization's.
        if view["project_id"]:
            store.unwrapped(CONNECTION, answer, {"project_id": project_id if query else "none"})
        return view
    return None
