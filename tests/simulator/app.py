# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated server's HTTP side: routing, tokens, limits, validation and the endpoints.

A request passes in this order, as on a real server: token, route, kind of token, body parser, rate limit,
validation, endpoint.
"""

from __future__ import annotations

import asyncio
import copy
import fnmatch
import hashlib
import ipaddress
import json
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

from starlette.requests import Request
from starlette.responses import Response

from . import openapi, schema
from .connections import Connections
from .errors import ApiError, bad_request, internal, not_allowed, not_found, unauthorized
from .generations import CLOSED_MESSAGE, REFRESHABLE, integration_options, known_slugs
from .limits import READ_LIMIT, WRITE_LIMIT, RateLimiter
from .logins import Logins, certificate_of
from .routing import Call, Route
from .secret_syncs import SecretSyncs
from .state import Actor, State, now_text, parse_uuid, remove_trailing_slash
from .sync import SyncQueue

# What the lists show.
_LISTED = ("auths", "integrations", "connections", "connection_credentials", "syncs")


@dataclass
class Rule:
    """An answer to give instead of (or, with `after`, on top of) the real one."""

    status: int | None
    times: int
    method: str | None
    path: str | None
    body: Any
    headers: dict[str, str]
    after: bool

    def matches(self, method: str, path: str) -> bool:
        """Return whether a request is meant; `path` may hold the wildcards of fnmatch."""
        return (self.method is None or self.method.upper() == method) and (
            self.path is None or fnmatch.fnmatchcase(path, self.path)
        )


@dataclass
class Answer:
    """A status, a body (a JSON value, or text where `is_text`) and headers."""

    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)
    is_text: bool = False


def _no_dangerous_keys(pairs: list[tuple[str, Any]]) -> dict:
    found = dict(pairs)
    inner = found.get("constructor")
    if "__proto__" in found or (isinstance(inner, dict) and "prototype" in inner):
        raise ValueError("a key that could change an object's prototype")
    return found


def _has_body(request: Request) -> bool:
    """Return whether the server looks for a body: with a DELETE, only if a header tells of one."""
    told = not {"content-length", "transfer-encoding"}.isdisjoint(request.headers)
    return told if request.method == "DELETE" else request.method not in ("GET", "HEAD")


def _parse_body(request: Request, raw: bytes) -> Any:
    """Return a request's body as a real server's parsers do; raise its 500 for what they refuse."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    try:
        if kind == "application/json":
            return json.loads(raw, object_pairs_hook=_no_dangerous_keys)
        if not raw:
            return None
        if kind == "text/plain":
            return raw.decode()
        if kind == "application/x-www-form-urlencoded":
            return dict(parse_qsl(raw.decode(), keep_blank_values=True))
    except ValueError:
        raise internal() from None
    raise internal()


class App:
    """The ASGI application of one simulated server.

    Its lists show what was there `list_lag` seconds ago, by the clock `now`.
    """

    def __init__(self, state: State, queue: SyncQueue, limiter: RateLimiter, newest: bool) -> None:
        self.state = state
        self.list_lag = 0.0
        self.now = time.monotonic
        # What was there before each of the latest writes, and when that write was.
        self.past: list[tuple[float, dict[str, dict]]] = []
        self.generation = state.generation
        self.queue = queue
        self.limiter = limiter
        self.newest = newest
        self.has_oauth_apps = True
        self.requests: list[dict] = []
        self.rules: list[Rule] = []
        self.rewrite: Callable[[str, Any], Any] | None = None
        self.transports: dict[tuple[str, int], Any] = {}
        self.slugs = known_slugs(self.generation)
        self.syncs = SecretSyncs(state, queue, newest=newest)
        self.routes = self._routes()

    def _routes(self) -> list[Route]:
        routes = [
            Route("GET", "/api/status", self.get_status, token=None, limited=False),
            Route("GET", "/api/docs/json", self.get_document, token=None, limited=False),
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
            Route("GET", "/api/v1/workspace/:project", self.get_workspace),
            Route("DELETE", "/api/v1/workspace/:project", self.delete_workspace),
            Route("GET", "/api/v1/workspace/:project/integrations", self.list_integrations, is_list=True),
            Route("GET", "/api/v1/workspace/:project/authorizations", self.list_auths, is_list=True),
            Route("GET", "/api/v2/workspace/:slug", self.get_project_by_slug),
            Route("GET", "/api/v1/folders", self._list_folders("/api/v1/folders")),
        ]
        routes += Logins(self.state).routes()
        if self.generation.has_project_routes:
            routes += [
                Route("GET", "/api/v1/projects/:project", self.get_project),
                Route("GET", "/api/v1/projects/slug/:slug", self.get_project_by_slug),
                Route("GET", "/api/v1/projects/:project/integrations", self.list_integrations, is_list=True),
                Route("GET", "/api/v1/projects/:project/authorizations", self.list_auths, is_list=True),
                Route("GET", "/api/v2/folders", self._list_folders("/api/v2/folders")),
            ]
        if self.generation.can_patch_auth:
            routes.append(Route("PATCH", "/api/v1/integration-auth/:id", self.patch_auth))
        if self.generation.has_secret_syncs:
            routes += Connections(self.state, self.queue.destinations).routes()
            routes += self.syncs.routes()
        return routes

    # the way of a request

    async def __call__(self, scope: dict, receive: Callable, send: Callable) -> None:
        """Answer one ASGI request."""
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        raw = await request.body()
        method, path = request.method, unquote(scope["raw_path"].decode())
        rule = self._take_rule(method, path)
        if rule is not None and not rule.after:
            answer = self._rule_answer(rule)
        else:
            answer = self._answer(request, raw)
            if rule is not None:
                answer = self._rule_answer(rule)
        if answer is not None and self.rewrite and not answer.is_text:
            # Of a copy: the answer may hold the state's own objects.
            answer.body = self.rewrite(path, copy.deepcopy(answer.body))
        self._record(request, path, raw, answer.status if answer else None)
        if answer is None:
            transport = self.transports.get(tuple(scope["client"]))
            if transport is not None:
                transport.abort()
            # The abort is noticed in the loop's next round; without it uvicorn would answer 500 for us.
            await asyncio.sleep(0.02)
            return
        await self._response(answer)(scope, receive, send)

    def _take_rule(self, method: str, path: str) -> Rule | None:
        with self.state.lock:
            for rule in self.rules:
                if rule.times > 0 and rule.matches(method, path):
                    rule.times -= 1
                    return rule
        return None

    @staticmethod
    def _rule_answer(rule: Rule) -> Answer | None:
        if rule.status is None:
            return None
        return Answer(rule.status, rule.body, dict(rule.headers), is_text=isinstance(rule.body, str))

    def _record(self, request: Request, path: str, raw: bytes, status: int | None) -> None:
        try:
            body = json.loads(raw) if raw else None
        except ValueError:
            body = None
        query = {name: values[-1] for name, values in parse_qs(request.url.query, keep_blank_values=True).items()}
        entry = {"method": request.method, "path": path, "query": query, "status": status, "body": body}
        entry["at"] = time.monotonic()
        with self.state.lock:
            self.requests.append({**entry, "headers": dict(request.headers)})

    @staticmethod
    def _response(answer: Answer) -> Response:
        headers = {name.lower(): value for name, value in answer.headers.items()}
        if answer.is_text:
            content = answer.body.encode()
            looks_like_html = answer.body.lstrip().startswith("<")
            headers.setdefault("content-type", "text/html; charset=utf-8" if looks_like_html else "text/plain")
        else:
            content = json.dumps(answer.body, separators=(",", ":")).encode()
            headers.setdefault("content-type", "application/json; charset=utf-8")
            headers.setdefault("etag", f'"{hashlib.sha1(content, usedforsecurity=False).hexdigest()}"')
        return Response(content, answer.status, headers)

    def _answer(self, request: Request, raw: bytes) -> Answer:
        if request.method == "OPTIONS":
            asked = "origin" in request.headers and "access-control-request-method" in request.headers
            return Answer(204, "", is_text=True) if asked else Answer(400, "Invalid Preflight Request", is_text=True)
        headers: dict[str, str] = {}
        try:
            return self._process(request, raw, headers)
        except ApiError as error:
            body = self.error_body(error.status, error.error, error.message)
            if error.details is not None:
                body["details"] = error.details
            return Answer(error.status, body, headers)

    def error_body(self, status: int, error: str, message: Any) -> dict:
        """Return the body that this generation gives to an error."""
        body = {"statusCode": status, "message": message, "error": error}
        return {"reqId": f"req-{secrets.token_hex(7)}", **body} if self.generation.error_has_request_id else body

    def _process(self, request: Request, raw: bytes, headers: dict[str, str]) -> Answer:
        url = request.scope["raw_path"].decode() + (f"?{request.url.query}" if request.url.query else "")
        path = urlsplit(url).path
        actor = self._actor(request)
        method = "GET" if request.method == "HEAD" else request.method
        segments = remove_trailing_slash(path).strip("/").split("/")
        route, params = None, {}
        for candidate in self.routes:
            found = candidate.match(method, segments)
            if found is not None:
                route, params = candidate, found
                break
        if route is None:
            message = f"Route {request.method}:{url} not found"
            return Answer(404, {"message": message, "error": "Not Found", "statusCode": 404})
        if route.token is not None:
            if actor is None:
                raise unauthorized("Token missing")
            if route.token == "user" and not actor.is_user:
                raise not_allowed(f"Forbidden access to {url}")
        body = _parse_body(request, raw) if _has_body(request) else None
        if route.limited:
            self._limit(request, route, headers)
        query = {name: values[-1] for name, values in parse_qs(request.url.query, keep_blank_values=True).items()}
        with self.state.lock, self._lagging(route):
            certificate = certificate_of(request, self.transports.get(tuple(request.scope["client"] or ())))
            return Answer(200, route.handler(Call(actor, params, query, body, certificate)), headers)

    @contextmanager
    def _lagging(self, route: Route) -> Iterator[None]:
        """Keep the past of what is about to be written, or, for a list, bring it back meanwhile."""
        if not self.list_lag:
            yield
            return
        shown_until = self.now() - self.list_lag
        self.past = [entry for entry in self.past if entry[0] > shown_until]
        if route.method != "GET" and not route.reads:
            self.past.append((self.now(), {name: copy.deepcopy(getattr(self.state, name)) for name in _LISTED}))
        present = {name: getattr(self.state, name) for name in _LISTED}
        try:
            if route.is_list and self.past:
                vars(self.state).update(self.past[0][1])
            yield
        finally:
            vars(self.state).update(present)

    def _actor(self, request: Request) -> Actor | None:
        header = request.headers.get("authorization")
        if not header:
            return None
        # Real servers cut the length of "Bearer " without looking at the word.
        return self.state.use_token(header[7:])

    def _limit(self, request: Request, route: Route, headers: dict[str, str]) -> None:
        # Servers trust the proxy in front of them, so this header tells clients apart.
        forwarded = request.headers.get("x-forwarded-for", "").split(",")[0].strip()
        client = forwarded or (request.client.host if request.client else "")
        limit = READ_LIMIT if route.reads or route.method == "GET" else WRITE_LIMIT
        decision = self.limiter.check(f"{request.method} {route.pattern}", client, limit)
        headers.update(decision.headers)
        if not decision.allowed and self.limiter.by_500:
            raise internal()
        if not decision.allowed:
            when = f"{decision.retry_after} seconds" if self.generation.limit_message_in_seconds else "1 minute"
            raise ApiError(429, "RateLimitExceeded", f"Rate limit exceeded. Please try again in {when}")

    def _valid(self, value: Any, fields: dict[str, schema.Field]) -> dict:
        return schema.validated(self.generation, value, fields)

    # status

    def get_document(self, call: Call) -> dict:
        """GET /api/docs/json."""
        destinations = self.syncs.destinations if self.generation.has_secret_syncs else {}
        return openapi.document(self.routes, self.generation, self.slugs, destinations)

    def get_status(self, call: Call) -> dict:
        """GET /api/status."""
        return {
            "date": now_text(),
            "message": "Ok",
            "emailConfigured": False,
            "inviteOnlySignup": True,
            "redisConfigured": True,
            "secretScanningConfigured": False,
        }

    # projects

    def _no_project(self, by: str, name: str) -> ApiError:
        if self.generation.unknown_project_is_internal:
            return internal(f"Failed to find project by {by.lower()}")
        return not_found(f"Project with {by} '{name}' not found")

    def _shown_project(self, call: Call) -> dict:
        name = call.params["project"]
        project_id = parse_uuid(name)
        if project_id is None:
            raise internal("Failed to find project by id")
        if project_id not in self.state.projects:
            raise self._no_project("ID", name)
        project = self.state.project_for(call.identity(), project_id, "read")
        environments = [{"name": one.name, "slug": one.slug, "id": one.id} for one in project.environments]
        return {**project.public(), "_id": project.id, "environments": environments}

    def get_workspace(self, call: Call) -> dict:
        """GET workspace/:id."""
        return {"workspace": self._shown_project(call)}

    def get_project(self, call: Call) -> dict:
        """GET projects/:id."""
        return {"project": self._shown_project(call)}

    def get_project_by_slug(self, call: Call) -> dict:
        """GET projects/slug/:slug, and workspace/:slug of the second version: the project itself, not wrapped."""
        slug = call.params["slug"]
        found = next((one.id for one in self.state.projects.values() if one.slug == slug), None)
        if found is None:
            raise self._no_project("slug", slug)
        call.params["project"] = found
        return self._shown_project(call)

    def _list_folders(self, pattern: str) -> Callable[[Call], dict]:
        fields = schema.FOLDER_QUERIES[pattern]

        def list_folders(call: Call) -> dict:
            """GET folders: those right below a path; none where it isn't there."""
            query = self._valid(call.query, fields)
            project_id = next(query[name] for name in fields if name.endswith("Id"))
            project = self.state.project_for(call.identity(), project_id, "read")
            environment = project.environment(query["environment"])
            if environment is None and not self.generation.names_what_is_missing:
                raise ApiError(404, "get folders", "Environment not found")
            if environment is None:
                raise not_found(f"Environment with slug '{query['environment']}' not found")
            above = query["path"].rstrip("/") + "/"
            below = {path.removeprefix(above) for path in environment.folders if path.startswith(above)}
            names = sorted(name for name in below if name and "/" not in name)
            return {"folders": [environment.folder(above + name) for name in names]}

        return list_folders

    def delete_workspace(self, call: Call) -> dict:
        """DELETE workspace/:id."""
        project = self.state.project_for(call.identity(), call.params["project"], "delete")
        self.state.delete_project(project.id)
        return {"workspace": project.public()}

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
