# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The native integrations of the simulated server, and their auths."""

from __future__ import annotations

import ipaddress
import json
import secrets
from typing import Any
from urllib.parse import urlsplit

from . import schema
from .errors import ApiError, bad_request, internal, not_found
from .generations import CLOSED_MESSAGE, REFRESHABLE, integration_options, known_slugs
from .routing import Call, Route
from .state import State, now_text, remove_trailing_slash
from .sync import SyncQueue


class NativeIntegrations:
    """The endpoints of native integrations and of integration auths."""

    def __init__(self, state: State, queue: SyncQueue) -> None:
        self.state = state
        self.queue = queue
        self.generation = state.generation
        self.slugs = known_slugs(self.generation)
        self.has_oauth_apps = True

    def routes(self) -> list[Route]:
        """Return the routes that servers of this generation have."""
        routes = [
            Route("GET", "/api/v1/integration-auth/integration-options", self.get_options),
            Route("POST", "/api/v1/integration-auth/access-token", self.create_auth),
            Route("DELETE", "/api/v1/integration-auth", self.delete_auths),
            Route("GET", "/api/v1/integration-auth/:id", self.get_auth),
            Route("DELETE", "/api/v1/integration-auth/:id", self.delete_auth),
            Route("GET", "/api/v1/integration-auth/:id/apps", self.get_apps, token="user"),
            Route("POST", "/api/v1/integration", self.create_integration),
            Route("GET", "/api/v1/integration/:id", self.get_integration),
            Route("PATCH", "/api/v1/integration/:id", self.patch_integration),
            Route("DELETE", "/api/v1/integration/:id", self.delete_integration),
            Route("POST", "/api/v1/integration/:id/sync", self.sync_integration),
        ]
        for above in ("workspace", "projects") if self.generation.has_project_routes else ("workspace",):
            path = f"/api/v1/{above}/:project"
            routes.append(Route("GET", f"{path}/integrations", self.list_integrations, is_list=True))
            routes.append(Route("GET", f"{path}/authorizations", self.list_auths, is_list=True))
        if self.generation.can_patch_auth:
            routes.append(Route("PATCH", "/api/v1/integration-auth/:id", self.patch_auth))
        return routes

    def _valid(self, value: Any, fields: dict[str, schema.Field]) -> dict:
        return schema.validated(self.generation, value, fields)

    def list_integrations(self, call: Call) -> dict:
        """GET workspace|projects/:id/integrations."""
        project = self.state.project_for(call.identity(), call.params["project"], "read")
        return {"integrations": [self.state.shown(one) for one in self.state.integrations_of(project.id)]}

    def list_auths(self, call: Call) -> dict:
        """GET workspace|projects/:id/authorizations."""
        project = self.state.project_for(call.identity(), call.params["project"], "read")
        return {"authorizations": self.state.auths_of(project.id)}

    # auths

    def get_options(self, call: Call) -> dict:
        """GET integration-auth/integration-options."""
        return {"integrationOptions": integration_options(self.generation)}

    def _credentials(self, slug: str, body: dict) -> dict:
        """Return the credentials of a body as they are stored; a refresh token is exchanged and wins."""
        refresh = body.get("refreshToken")
        if not refresh:
            return {name: body.get(name) for name in ("accessId", "accessToken", "awsAssumeIamRoleArn")}
        if slug not in REFRESHABLE or "invalid" in refresh:
            raise internal()
        if slug != "gcp-secret-manager" and not self.has_oauth_apps:
            raise bad_request("Missing client id and client secret")
        if slug == "gcp-secret-manager":
            try:
                account = json.loads(refresh)
                complete = bool(account["client_email"] and account["private_key"])
            except (ValueError, TypeError, KeyError):
                complete = False
            if not complete:
                raise internal()
        return {"refreshToken": refresh, "accessToken": secrets.token_hex(16)}

    def create_auth(self, call: Call) -> dict:
        """POST integration-auth/access-token."""
        body = self._valid(call.body, schema.AUTH_CREATE_FIELDS)
        slug = body["integration"]
        if slug not in self.slugs:
            raise bad_request("Invalid integration")
        project = self.state.project_for(call.identity(), body["workspaceId"], "create")
        credentials = self._credentials(slug, body)
        auth = self.state.add_auth(
            project.id, slug, url=body.get("url"), namespace=body.get("namespace"), **credentials
        )
        return {"integrationAuth": dict(auth)}

    def get_auth(self, call: Call) -> dict:
        """GET integration-auth/:id."""
        auth = self.state.auth(call.params["id"])
        self.state.project_for(call.identity(), auth["projectId"], "read")
        return {"integrationAuth": dict(auth)}

    def patch_auth(self, call: Call) -> dict:
        """PATCH integration-auth/:id (newer servers)."""
        body = self._valid(call.body, schema.auth_patch_fields(self.slugs))
        try:
            auth = self.state.auth(call.params["id"])
        except ApiError as error:
            if error.status != 404:
                raise
            raise not_found(f"Integration auth with id {call.params['id']} not found.") from None
        self.state.project_for(call.identity(), auth["projectId"], "edit")
        slug = body.get("integration") or auth["integration"]
        changed = {name: value for name, value in self._credentials(slug, body).items() if value is not None}
        stored = self.state.credentials[auth["id"]]
        if "awsAssumeIamRoleArn" in changed:
            stored.update(accessId=None, accessToken=None)
        elif slug.startswith("aws-") and changed:
            stored["awsAssumeIamRoleArn"] = None
        stored.update(changed)
        auth.update({name: body[name] for name in ("url", "namespace") if name in body}, integration=slug)
        if slug == "gcp-secret-manager":
            auth["metadata"] = {"authMethod": "serviceAccount"}
        auth["updatedAt"] = now_text()
        return {"integrationAuth": dict(auth)}

    def delete_auth(self, call: Call) -> dict:
        """DELETE integration-auth/:id."""
        auth = self.state.auth(call.params["id"])
        self.state.project_for(call.identity(), auth["projectId"], "delete")
        return {"integrationAuth": self.state.delete_auths([auth["id"]])[0]}

    def delete_auths(self, call: Call) -> dict:
        """DELETE integration-auth?integration=&projectId=."""
        query = self._valid(call.query, schema.AUTH_DELETE_QUERY)
        project = self.state.project_for(call.identity(), query["projectId"], "delete")
        found = [auth["id"] for auth in self.state.auths_of(project.id) if auth["integration"] == query["integration"]]
        return {"integrationAuth": self.state.delete_auths(found)}

    def get_apps(self, call: Call) -> dict:
        """GET integration-auth/:id/apps (users only): the simulated services have no apps."""
        auth = self.state.auth(call.params["id"])
        self.state.project_for(call.identity(), auth["projectId"], "read")
        return {"apps": []}

    # integrations

    def _refuse_local_url(self, url: str | None) -> None:
        if not url or not self.generation.checks_integration_url:
            return
        host = urlsplit(url).hostname or ""
        try:
            local = not ipaddress.ip_address(host).is_global
        except ValueError:
            local = host == "localhost"
        if local:
            raise bad_request("Local IPs not allowed as URL")

    def create_integration(self, call: Call) -> dict:
        """POST integration."""
        body = self._valid(call.body, schema.integration_create_fields(self.generation))
        if not self.generation.creates_integrations:
            raise ApiError(403, "ForbiddenError", CLOSED_MESSAGE)
        auth = self.state.auth(body.pop("integrationAuthId"), "Integration auth not found")
        project = self.state.project_for(call.identity(), auth["projectId"], "create")
        body["secretPath"] = remove_trailing_slash(body["secretPath"])
        environment = self.state.find_folder(project, body.pop("sourceEnvironment"), body["secretPath"])
        self._refuse_local_url(body.get("url"))
        integration = self.state.add_integration(auth, environment, **body)
        self.queue.trigger(project.id, environment.slug, integration["secretPath"])
        return {"integration": self.state.shown(integration)}

    def get_integration(self, call: Call) -> dict:
        """GET integration/:id."""
        integration = self.state.integration(call.params["id"])
        auth = self.state.auths[integration["integrationAuthId"]]
        self.state.project_for(call.identity(), auth["projectId"], "read")
        shown = self.state.shown(integration)
        if self.generation.get_injects_aws_metadata:
            if integration["region"]:
                shown["metadata"]["region"] = integration["region"]
            if integration["integration"] in ("aws-secret-manager", "aws-parameter-store"):
                role = self.state.credentials[auth["id"]].get("awsAssumeIamRoleArn")
                shown["metadata"]["awsIamRole"] = role.partition(":role/")[2] if role else None
        return {"integration": shown}

    def patch_integration(self, call: Call) -> dict:
        """PATCH integration/:id."""
        body = self._valid(call.body, schema.integration_patch_fields(self.generation))
        integration = self.state.integration(call.params["id"], "Integration auth not found")
        auth = self.state.auths[integration["integrationAuthId"]]
        project = self.state.project_for(call.identity(), auth["projectId"], "edit")
        slug = body.pop("environment", None) or self.state.environment_of(integration).slug
        body["secretPath"] = remove_trailing_slash(body["secretPath"])
        environment = self.state.find_folder(project, slug, body["secretPath"], gap=" ")
        body["metadata"] = {**integration["metadata"], **body.get("metadata", {})}
        integration.update(body, envId=environment.id, updatedAt=now_text())
        self.queue.trigger(project.id, environment.slug, integration["secretPath"])
        return {"integration": self.state.shown(integration)}

    def delete_integration(self, call: Call) -> dict:
        """DELETE integration/:id."""
        query = self._valid(call.query, schema.INTEGRATION_DELETE_QUERY)
        integration = self.state.integration(call.params["id"], "Integration auth not found")
        auth = self.state.auths[integration["integrationAuthId"]]
        self.state.project_for(call.identity(), auth["projectId"], "delete")
        wants_secrets_gone = query.get("shouldDeleteIntegrationSecrets") == "true"
        if wants_secrets_gone and integration["integration"] != "github":
            raise bad_request("Invalid integration")
        if wants_secrets_gone:
            folder = self.state.environment_of(integration).folders.get(integration["secretPath"], {})
            self.queue.destinations.delete_written(integration, list(folder))
        del self.state.integrations[integration["id"]]
        rest = [one for one in self.state.integrations.values() if one["integrationAuthId"] == auth["id"]]
        if self.generation.auth_goes_with_last_integration and not rest:
            self.state.delete_auths([auth["id"]])
        return {"integration": integration}

    def sync_integration(self, call: Call) -> dict:
        """POST integration/:id/sync."""
        integration = self.state.integration(call.params["id"])
        auth = self.state.auths[integration["integrationAuthId"]]
        actor = call.identity()
        self.state.project_for(actor, auth["projectId"], "read")
        environment = self.state.environment_of(integration)
        self.queue.trigger(
            auth["projectId"], environment.slug, integration["secretPath"], by_identity=not actor.is_user
        )
        return {"integration": dict(integration)}
