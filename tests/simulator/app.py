# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated server's HTTP side: routing, tokens, limits, and what it tells of itself.

A request passes in this order, as on a real server: token, route, kind of token, body parser, rate limit,
validation, endpoint.
"""

from __future__ import annotations

import asyncio
import copy
import fnmatch
import hashlib
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

from . import openapi
from .connections import Connections
from .errors import ApiError, internal, not_allowed, unauthorized
from .limits import READ_LIMIT, WRITE_LIMIT, RateLimiter
from .logins import Logins, certificate_of
from .native import NativeIntegrations
from .projects import Projects
from .routing import Call, Route
from .secret_syncs import SecretSyncs
from .state import State, now_text, remove_trailing_slash
from .sync import SyncQueue
from .tokens import Actor

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
        self.requests: list[dict] = []
        self.rules: list[Rule] = []
        self.rewrite: Callable[[str, Any], Any] | None = None
        self.transports: dict[tuple[str, int], Any] = {}
        self.native = NativeIntegrations(state, queue)
        self.syncs = SecretSyncs(state, queue, newest=newest)
        self.routes = self._routes()

    def _routes(self) -> list[Route]:
        routes = [
            Route("GET", "/api/status", self.get_status, token=None, limited=False),
            Route("GET", "/api/docs/json", self.get_document, token=None, limited=False),
            *Logins(self.state).routes(),
            *Projects(self.state).routes(),
            *self.native.routes(),
        ]
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

    # status

    def get_document(self, call: Call) -> dict:
        """GET /api/docs/json."""
        destinations = self.syncs.destinations if self.generation.has_secret_syncs else {}
        return openapi.document(self.routes, self.generation, self.native.slugs, destinations)

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
