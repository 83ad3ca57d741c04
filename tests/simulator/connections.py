# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The endpoints of app connections."""

from __future__ import annotations

import functools
from copy import deepcopy
from typing import Any

from . import rotation
from .apps import APPS, AppType
from .destinations import Destinations
from .errors import bad_request, internal, not_found
from .rotation import rotation_fields, schedule_issues
from .routing import Call, Route
from .schema import (
    Field,
    check_object,
    check_variant,
    custom_issue,
    refuse,
    slug_problem,
    union_issue,
    unsupported,
    validated,
)
from .state import CONNECTION_SUBJECT, State, now_text
from .tokens import Actor

BASE = "/api/v1/app-connections"

_NAME = Field(shortest=1, longest=64, check=slug_problem)
_DESCRIPTION = Field(nullable=True, longest=256, message="Description cannot exceed 256 characters")
_PROJECT_QUERY = {"projectId": Field()}
_AVAILABLE = ("app", "name", "id", "projectId", "orgId")
_ID = {"connectionId": Field(required=True, uuid=True)}

# Fields that only some apps take; none of those here takes the last.
_GATEWAY_FIELDS = ("gatewayId", "gatewayPoolId")
_FLAGS = ("isPlatformManagedCredentials", "isAutoRotationEnabled")
_OTHERS = ("rotation", "configuration")


def connection_fields(app: AppType, *, required: bool) -> dict[str, Field]:
    """Return the body of a create (`required`) without method and credentials, or of an update."""
    gateways = dict.fromkeys(_GATEWAY_FIELDS, Field(nullable=True, uuid=True)) if app.has_gateways else {}
    managed = {"isPlatformManagedCredentials": Field(kind="boolean")} if app.is_manageable else {}
    more = {"description": _DESCRIPTION, **gateways, **managed, **rotation_fields(app, required=required)}
    if required:
        return {"name": _required(_NAME), "projectId": Field(), **more}
    return {"name": _NAME, "credentials": Field(kind="object", ways=tuple(app.methods.values())), **more}


def _of_one_gateway(body: dict) -> dict:
    """Return an update as it takes effect: to set one of gateway and pool takes the other away."""
    for one, other in (_GATEWAY_FIELDS, _GATEWAY_FIELDS[::-1]):
        if body.get(one):
            return {other: None, **body}
    return body


def _required(field: Field) -> Field:
    return Field(**{**vars(field), "required": True})


class Connections:
    """Answers for app connections, those of projects and those of the organization."""

    def __init__(self, state: State, destinations: Destinations) -> None:
        self.state = state
        self.generation = state.generation
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
        told = {
            **connection,
            "credentials": {name: credentials[name] for name in APPS[connection["app"]].shown if name in credentials},
        }
        # A connection that was never rotated has no such key.
        missing = self.generation.connection_keys_missing | (set() if told.get("rotation") else {"rotation"})
        return deepcopy({name: value for name, value in told.items() if name not in missing})

    def listed(self, connection: dict) -> dict:
        """Return a connection as lists show it: with its project."""
        project = self.state.projects.get(connection["projectId"])
        told = None
        if project is not None:
            told = {"id": project.id, "name": project.name, "slug": project.slug, "type": "secret-manager"}
        missing = "project" in self.generation.connection_keys_missing
        return {**self.shown(connection), **({} if missing else {"project": told})}

    # finding and permissions

    def _allow(self, actor: Actor, project_id: str | None, action: str) -> None:
        if project_id is None:
            self.state.check_org(actor, action, CONNECTION_SUBJECT)
        else:
            self.state.project_for(actor, project_id, action, CONNECTION_SUBJECT)

    def _valid(self, value: Any, fields: dict[str, Field]) -> dict:
        if fields is _PROJECT_QUERY and not self.generation.has_project_connections:
            return {}
        return validated(self.generation, value, fields)

    def _of_level(self, project_id: str | None, app: str | None = None) -> list[dict]:
        found = [one for one in self.state.connections.values() if one["projectId"] == project_id]
        return [one for one in found if app in (None, one["app"])]

    def _of_any_app(self, call: Call, action: str) -> dict:
        connection_id = self._valid(call.params, _ID)["connectionId"]
        connection = self.state.connections.get(connection_id.lower())
        if connection is None:
            raise not_found(f"Could not find App Connection with ID {connection_id}")
        self._allow(call.identity(), connection["projectId"], action)
        return connection

    def _found(self, app: str, call: Call, action: str) -> dict:
        connection = self._of_any_app(call, action)
        if connection["app"] != app:
            raise bad_request(f'App Connection with ID {connection["id"]} is not for App "{app}"')
        return connection

    # the endpoints

    def options(self, call: Call) -> dict:
        """GET app-connections/options."""
        options = [{"name": app.name, "app": slug, "methods": list(app.methods)} for slug, app in APPS.items()]
        return {"appConnectionOptions": options}

    def list_them(self, app: str | None, call: Call) -> dict:
        """GET app-connections and app-connections/:app: those of the project, or else all, those of projects too."""
        project_id = self._valid(call.query, _PROJECT_QUERY).get("projectId")
        self._allow(call.identity(), project_id, "read")
        found = self.state.connections.values() if project_id is None else self._of_level(project_id)
        return {"appConnections": [self.listed(one) for one in found if app in (None, one["app"])]}

    def available(self, app: str, call: Call) -> dict:
        """GET app-connections/:app/available: what a sync of the project can use."""
        project_id = self._valid(call.query, _PROJECT_QUERY).get("projectId")
        self._allow(call.identity(), project_id, "connect")
        found = self._of_level(None, app)
        if project_id is not None:
            found += self._of_level(project_id, app)
        told = [name for name in _AVAILABLE if name not in self.generation.connection_keys_missing]
        return {"appConnections": [{name: one[name] for name in told} for one in found]}

    def get(self, app: str, call: Call) -> dict:
        """GET app-connections/:app/:connectionId."""
        return {"appConnection": self.shown(self._found(app, call, "read"))}

    def get_by_name(self, app: str, call: Call) -> dict:
        """GET app-connections/:app/connection-name/:name."""
        project_id = self._valid(call.query, _PROJECT_QUERY).get("projectId")
        self._allow(call.identity(), project_id, "read")
        for found in self._of_level(project_id):
            if found["name"] == call.params["name"] and found["app"] != app:
                raise bad_request(f'App Connection with name {found["name"]} is not for App "{app}"')
            if found["name"] == call.params["name"]:
                return {"appConnection": self.shown(found)}
        scope = "project" if project_id else "organization"
        raise not_found(f"Could not find App Connection with name {call.params['name']} in {scope} scope.")

    def create(self, app: str, call: Call) -> dict:
        """POST app-connections/:app."""
        known = APPS[app]
        variants = {
            method: {"credentials": Field(kind="object", required=True, fields=fields)}
            for method, fields in known.methods.items()
        }
        common = connection_fields(known, required=True)
        union = Field(kind="object", tag="method", variants=variants)
        given = self._known(call.body)
        issues = self._refused(known, given)
        body = check_object(given, common, [], issues)
        if isinstance(given, dict):
            body.update(check_variant(given, union, [], issues))
        self._check_github(known, given, issues)
        issues += schedule_issues(body)
        refuse(self.generation, issues)
        credentials, method = body["credentials"], body["method"]
        project_id = body.get("projectId") if self.generation.has_project_connections else None
        if project_id is not None and project_id not in self.state.projects:
            raise bad_request(f"Could not find project with ID {project_id}")
        self._allow(call.identity(), project_id, "create")
        self.state.restrictions.check_plan(known.enterprise, "app connection")
        self._check_gateways(body)
        self._check_name(body["name"], project_id)
        self.destinations.check_connection(app, method, credentials)
        plain = {name: body[name] for name in ("description", *_GATEWAY_FIELDS, *_FLAGS) if name in body}
        starting = {"app": app, "method": method}
        if body.get("isAutoRotationEnabled"):
            credentials = rotation.start(starting, body["rotation"], credentials)
        if body.get("isPlatformManagedCredentials"):
            credentials = rotation.take_over(credentials)
        made = self.state.add_connection(app, method, body["name"], project_id, credentials)
        made.update({**starting, **plain})
        # The answer is made before the rotation is.
        return {"appConnection": self.shown({**made, "rotation": None})}

    def update(self, app: str, call: Call) -> dict:
        """PATCH app-connections/:app/:connectionId; the method and the project stay.

        Another app's connection is changed, too; then the server fails to make the answer.
        """
        known = APPS[app]
        self._valid(call.params, _ID)
        given = self._known(call.body)
        issues = self._refused(known, given)
        body = check_object(given, connection_fields(known, required=False), [], issues)
        if "credentials" in body:
            self._check_github(known, body, issues)
        refuse(self.generation, issues)
        connection = self._of_any_app(call, "edit")
        self._check_gateways(body)
        if body.get("name", connection["name"]) != connection["name"]:
            self._check_name(body["name"], connection["projectId"])
        rotation.check_takeover(connection, body)
        credentials = given["credentials"] if body.pop("credentials", None) is not None else None
        if credentials is not None:
            self._replace_credentials(connection, credentials)
        if body.get("isPlatformManagedCredentials"):
            self.state.write_credentials(connection, rotation.take_over(credentials))
        rotated = {name: body.pop(name) for name in ("isAutoRotationEnabled", "rotation") if name in body}
        connection.update(_of_one_gateway(body), updatedAt=now_text())
        # The answer is made before the rotation is changed.
        answer = {"appConnection": self.shown(connection)}
        self._rotate(connection, rotated, has_credentials=credentials is not None)
        if connection["app"] != app:
            raise internal()
        return answer

    def _rotate(self, connection: dict, body: dict, *, has_credentials: bool) -> None:
        if connection.get("rotation"):
            rotation.update(connection, body, has_credentials=has_credentials)
        elif body.get("isAutoRotationEnabled") and body.get("rotation"):
            stored = self.state.connection_credentials[connection["id"]]
            self.state.write_credentials(connection, rotation.start(connection, body["rotation"], stored))

    def _replace_credentials(self, connection: dict, given: dict) -> None:
        """Check new credentials against the connection's own method, log in with them, and store them."""
        app, method = APPS[connection["app"]], connection["method"]
        issues: list[dict] = []
        credentials = check_object(given, app.methods[method], [], issues)
        if issues:
            named = method.replace("-", " ").title()
            raise bad_request(f"Invalid credential format for {app.name} Connection with method {named}")
        self.destinations.check_connection(connection["app"], method, credentials)
        self.state.write_credentials(connection, credentials)

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

    def _known(self, body: Any) -> Any:
        """Return a body without what this server knows nothing of."""
        unknown = self.generation.connection_keys_missing - {"projectId"}
        return {name: value for name, value in body.items() if name not in unknown} if isinstance(body, dict) else body

    @staticmethod
    def _refused(app: AppType, body: Any) -> list[dict]:
        given = body if isinstance(body, dict) else {}
        text = f"Not supported for {app.name} Connections"
        taken = connection_fields(app, required=False)
        issues = [unsupported(given[name], text, [name]) for name in _OTHERS if name in given and name not in taken]
        flags = [name for name in _FLAGS if given.get(name) not in (None, False) and name not in taken]
        issues += [unsupported(given[name], text, [name]) for name in flags]
        for name in () if app.has_gateways else _GATEWAY_FIELDS:
            if given.get(name) is not None:
                no_null = {**unsupported(given[name], "Expected null, received string", [name]), "expected": "null"}
                issues.append(union_issue([[unsupported(given[name], text, [name])], [no_null]], [name]))
        return issues

    @staticmethod
    def _check_gateways(body: dict) -> None:
        if all(body.get(name) for name in _GATEWAY_FIELDS):
            raise bad_request("Cannot specify both a gateway and a gateway pool")

    @staticmethod
    def _check_github(app: AppType, body: Any, issues: list[dict]) -> None:
        if app is APPS["github"] and not issues:
            credentials = body["credentials"]
            if credentials.get("instanceType") == "server" and not credentials.get("host"):
                issues.append(custom_issue("Host is required for server instances", ["credentials", "host"]))

    def _check_name(self, name: str, project_id: str | None) -> None:
        if any(one["name"] == name for one in self._of_level(project_id)):
            raise bad_request(f'An App Connection with the name "{name}" already exists')
