# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The endpoints of app connections."""

from __future__ import annotations

import functools
from typing import Any

from .apps import APPS, AppType
from .destinations import Destinations
from .errors import bad_request, not_found
from .routing import Call, Route
from .schema import Field, check_object, check_variant, custom_issue, refuse, slug_problem, validated
from .state import CONNECTION_SUBJECT, Actor, State, now_text

BASE = "/api/v1/app-connections"

_NAME = Field(shortest=1, longest=64, check=slug_problem)
_DESCRIPTION = Field(nullable=True, longest=256)
_PROJECT_QUERY = {"projectId": Field()}
_ID = {"connectionId": Field(required=True, uuid=True)}

# Fields that only some apps take; none of those here takes any but the first.
_GATEWAY_FIELDS = ("gatewayId",)
_OPTIONAL_FIELDS = (
    *_GATEWAY_FIELDS,
    "gatewayPoolId",
    "isPlatformManagedCredentials",
    "isAutoRotationEnabled",
    "rotation",
    "configuration",
)


def connection_fields(app: AppType, *, required: bool) -> dict[str, Field]:
    """Return the body of a create (`required`) without method and credentials, or of an update."""
    gateways = dict.fromkeys(_GATEWAY_FIELDS, Field(nullable=True, uuid=True)) if app.has_gateways else {}
    if required:
        return {"name": _required(_NAME), "description": _DESCRIPTION, "projectId": Field(), **gateways}
    return {"name": _NAME, "description": _DESCRIPTION, "credentials": Field(kind="object"), **gateways}


def _required(field: Field) -> Field:
    return Field(**{**vars(field), "required": True})


class Connections:
    """Answers for app connections, those of projects and those of the organization."""

    def __init__(self, state: State, destinations: Destinations) -> None:
        self.state = state
        self.destinations = destinations

    def routes(self) -> list[Route]:
        """Return the routes; each app has its own, as on real servers."""
        routes = [
            Route("GET", f"{BASE}/options", self.options),
            Route("GET", BASE, functools.partial(self.list_them, None), is_list=True),
        ]
        for app in APPS:
            base = f"{BASE}/{app}"
            for method, pattern, handler in (
                ("GET", base, self.list_them),
                ("POST", base, self.create),
                ("GET", f"{base}/available", self.available),
                ("GET", f"{base}/connection-name/:name", self.get_by_name),
                ("GET", f"{base}/:connectionId", self.get),
                ("PATCH", f"{base}/:connectionId", self.update),
                ("DELETE", f"{base}/:connectionId", self.delete),
            ):
                is_list = handler == self.list_them
                routes.append(Route(method, pattern, functools.partial(handler, app), is_list=is_list))
        return routes

    def shown(self, connection: dict) -> dict:
        """Return a connection as the API shows it: only the harmless parts of its credentials."""
        credentials = self.state.connection_credentials[connection["id"]]
        app = APPS[connection["app"]]
        project = self.state.projects.get(connection["projectId"])
        shown = None
        if project is not None:
            shown = {"id": project.id, "name": project.name, "slug": project.slug, "type": "secret-manager"}
        told = {**connection, "project": shown}
        if not self.state.has_project_connections:
            told = {name: value for name, value in connection.items() if name != "projectId"}
        return {
            **told,
            "credentials": {name: credentials[name] for name in app.shown if name in credentials},
        }

    # finding and permissions

    def _allow(self, actor: Actor, project_id: str | None, action: str) -> None:
        if project_id is None:
            self.state.check_org(actor, action, CONNECTION_SUBJECT)
        else:
            self.state.project_for(actor, project_id, action, CONNECTION_SUBJECT)

    def _valid(self, value: Any, fields: dict[str, Field]) -> dict:
        if fields is _PROJECT_QUERY and not self.state.has_project_connections:
            return {}
        return validated(self.state.generation, value, fields)

    def _of_level(self, project_id: str | None, app: str | None = None) -> list[dict]:
        found = [one for one in self.state.connections.values() if one["projectId"] == project_id]
        return [one for one in found if app in (None, one["app"])]

    def _found(self, app: str, call: Call, action: str) -> dict:
        connection_id = self._valid(call.params, _ID)["connectionId"]
        connection = self.state.connections.get(connection_id.lower())
        if connection is None:
            raise not_found(f"Could not find App Connection with ID {connection_id}")
        self._allow(call.identity(), connection["projectId"], action)
        if connection["app"] != app:
            raise bad_request(f"App Connection with ID {connection_id} is not for {APPS[app].name}")
        return connection

    # the endpoints

    def options(self, call: Call) -> dict:
        """GET app-connections/options."""
        options = [{"name": app.name, "app": slug, "methods": list(app.methods)} for slug, app in APPS.items()]
        return {"appConnectionOptions": options}

    def list_them(self, app: str | None, call: Call) -> dict:
        """GET app-connections and app-connections/:app: those of the project, or else of the organization."""
        project_id = self._valid(call.query, _PROJECT_QUERY).get("projectId")
        self._allow(call.identity(), project_id, "read")
        return {"appConnections": [self.shown(one) for one in self._of_level(project_id, app)]}

    def available(self, app: str, call: Call) -> dict:
        """GET app-connections/:app/available: what a sync of the project can use."""
        project_id = self._valid(call.query, _PROJECT_QUERY).get("projectId")
        self._allow(call.identity(), project_id, "connect")
        found = self._of_level(None, app)
        if project_id is not None:
            found += self._of_level(project_id, app)
        names = ("app", "name", "id", "projectId", "orgId")
        return {"appConnections": [{name: one[name] for name in names} for one in found]}

    def get(self, app: str, call: Call) -> dict:
        """GET app-connections/:app/:connectionId."""
        return {"appConnection": self.shown(self._found(app, call, "read"))}

    def get_by_name(self, app: str, call: Call) -> dict:
        """GET app-connections/:app/connection-name/:name."""
        project_id = self._valid(call.query, _PROJECT_QUERY).get("projectId")
        self._allow(call.identity(), project_id, "read")
        for found in self._of_level(project_id):
            if found["name"] == call.params["name"] and found["app"] != app:
                raise bad_request(f"App Connection with name {found['name']} is not for App {APPS[app].name}")
            if found["name"] == call.params["name"]:
                return {"appConnection": self.shown(found)}
        raise not_found(f"Could not find App Connection with name {call.params['name']}")

    def create(self, app: str, call: Call) -> dict:
        """POST app-connections/:app."""
        known = APPS[app]
        variants = {
            method: {"credentials": Field(kind="object", required=True, fields=fields, strict=True)}
            for method, fields in known.methods.items()
        }
        common = connection_fields(known, required=True)
        union = Field(kind="object", tag="method", variants=variants)
        issues = self._refused(known, call.body)
        body = check_object(call.body, common, [], issues)
        if isinstance(call.body, dict):
            body.update(check_variant(call.body, union, [], issues))
        self._check_github(known, call.body, issues)
        refuse(self.state.generation, issues)
        credentials, method = body["credentials"], body["method"]
        project_id = body.get("projectId") if self.state.has_project_connections else None
        self._allow(call.identity(), project_id, "create")
        self._check_name(body["name"], project_id)
        self.destinations.check_connection(app, method, credentials)
        made = self.state.add_connection(app, method, body["name"], project_id, credentials)
        made.update({name: body[name] for name in ("description", "gatewayId") if name in body})
        return {"appConnection": self.shown(made)}

    def update(self, app: str, call: Call) -> dict:
        """PATCH app-connections/:app/:connectionId; the method and the project stay."""
        known = APPS[app]
        self._valid(call.params, _ID)
        issues = self._refused(known, call.body)
        body = check_object(call.body, connection_fields(known, required=False), [], issues)
        refuse(self.state.generation, issues)
        connection = self._found(app, call, "edit")
        if "credentials" in body:
            wanted = Field(kind="object", fields=known.methods[connection["method"]], strict=True)
            body.update(check_object({"credentials": body["credentials"]}, {"credentials": wanted}, [], issues))
            self._check_github(known, {**body, "method": connection["method"]}, issues)
            refuse(self.state.generation, issues)
        if body.get("name", connection["name"]) != connection["name"]:
            self._check_name(body["name"], connection["projectId"])
        credentials = body.pop("credentials", None)
        if credentials is not None:
            self.destinations.check_connection(app, connection["method"], credentials)
            self.state.write_credentials(connection, credentials)
        connection.update(body, updatedAt=now_text())
        return {"appConnection": self.shown(connection)}

    def delete(self, app: str, call: Call) -> dict:
        """DELETE app-connections/:app/:connectionId."""
        connection = self._found(app, call, "delete")
        if any(sync["connectionId"] == connection["id"] for sync in self.state.syncs.values()):
            raise bad_request(
                "Cannot delete App Connection with existing connections. Remove all existing connections and try again."
            )
        shown = self.shown(connection)
        del self.state.connections[connection["id"]], self.state.connection_credentials[connection["id"]]
        return {"appConnection": shown}

    # checks

    @staticmethod
    def _refused(app: AppType, body: Any) -> list[dict]:
        taken = _GATEWAY_FIELDS if app.has_gateways else ()
        given = body if isinstance(body, dict) else {}
        refused = [name for name in _OPTIONAL_FIELDS if name in given and name not in taken]
        return [custom_issue(f"{name} is not supported by {app.name} Connections", [name]) for name in refused]

    @staticmethod
    def _check_github(app: AppType, body: Any, issues: list[dict]) -> None:
        if app is APPS["github"] and not issues:
            credentials = body["credentials"]
            if credentials.get("instanceType") == "server" and not credentials.get("host"):
                issues.append(custom_issue("Host is required for server instances", ["credentials", "host"]))

    def _check_name(self, name: str, project_id: str | None) -> None:
        if any(one["name"] == name for one in self._of_level(project_id)):
            raise bad_request(f'An App Connection with the name "{name}" already exists')
