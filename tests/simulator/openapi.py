# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The OpenAPI document of a simulated server, made from its own routes and schemas.

As on real servers, what schemas check by code is not in it. Other than there, it has no answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from . import schema
from .apps import APPS, AppType
from .connections import BASE as CONNECTIONS
from .connections import connection_fields
from .generations import Generation
from .routing import Route
from .schema import Field
from .secret_syncs import BASE as SYNCS
from .secret_syncs import DELETE_QUERY, DUPLICATE_FIELDS, IMPORT_QUERY, PROJECT_QUERY, sync_fields
from .sync_destinations import Destination


def document(
    routes: Iterable[Route], generation: Generation, slugs: frozenset[str], destinations: Mapping[str, Destination]
) -> dict[str, Any]:
    """Return the document of a server with these routes, services and destinations of secret syncs."""
    bodies = dict(_bodies(generation, slugs, destinations))
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        path = re.sub(r":(\w+)", r"{\1}", route.pattern)
        body = bodies.get((route.method, route.pattern))
        operation = {"parameters": [*_parameters(route)], "responses": {"200": {"description": "Default Response"}}}
        if body is not None:
            operation["requestBody"] = {"content": {"application/json": {"schema": body}}}
        paths.setdefault(path, {})[route.method.lower()] = operation
    return {"openapi": "3.0.3", "info": {"title": "Infisical API", "version": "0.0.1"}, "paths": paths}


def _parameters(route: Route) -> Iterator[dict[str, Any]]:
    for name in re.findall(r":(\w+)", route.pattern):
        yield {"in": "path", "name": name, "required": True, "schema": {"type": "string"}}
    for name, field in _query(route).items():
        yield {"in": "query", "name": name, "required": field.required, "schema": to_schema(field)}


def _query(route: Route) -> dict[str, Field]:
    """Return what a route takes in the query."""
    method, pattern = route.method, route.pattern
    for queries in (schema.FOLDER_QUERIES, schema.SECRETS_QUERIES):
        if pattern in queries:
            return queries[pattern]
    if method == "DELETE" and pattern.startswith(SYNCS):
        return DELETE_QUERY
    if method == "DELETE" and pattern == "/api/v1/integration/:id":
        return schema.INTEGRATION_DELETE_QUERY
    if method == "DELETE" and pattern == "/api/v1/integration-auth":
        return schema.AUTH_DELETE_QUERY
    if pattern.endswith("/import-secrets"):
        return IMPORT_QUERY
    if pattern.startswith(SYNCS) and (route.is_list or "/sync-name/" in pattern):
        return PROJECT_QUERY
    if pattern.startswith(CONNECTIONS) and method == "GET" and not pattern.endswith(("/options", "/:connectionId")):
        return {"projectId": Field()}
    return {}


def _bodies(
    generation: Generation, slugs: frozenset[str], destinations: Mapping[str, Destination]
) -> Iterator[tuple[tuple[str, str], dict[str, Any]]]:
    """Yield the schemas of bodies, each with the method and the pattern of its route."""
    for method, fields in schema.logins(generation).items():
        yield ("POST", f"/api/v1/auth/{method}/login"), _object(fields)
    yield ("POST", "/api/v1/auth/token/revoke"), _object(schema.TOKEN_FIELDS)
    yield ("POST", "/api/v1/auth/token/renew"), _object(schema.TOKEN_FIELDS)
    yield ("POST", "/api/v1/integration-auth/access-token"), _object(schema.AUTH_CREATE_FIELDS)
    yield ("PATCH", "/api/v1/integration-auth/:id"), _object(schema.auth_patch_fields(slugs))
    yield ("POST", "/api/v1/integration"), _object(schema.integration_create_fields(generation))
    yield ("PATCH", "/api/v1/integration/:id"), _object(schema.integration_patch_fields(generation))
    for slug, destination in destinations.items():
        yield ("POST", f"{SYNCS}/{slug}"), _object(sync_fields(destination, True, generation.syncs_sub_folders))
        yield (
            ("PATCH", f"{SYNCS}/{slug}/:syncId"),
            _object(sync_fields(destination, False, generation.syncs_sub_folders)),
        )
        yield ("POST", f"{SYNCS}/{slug}/check-destination"), _object(DUPLICATE_FIELDS)
    for slug, app in APPS.items():
        yield ("POST", f"{CONNECTIONS}/{slug}"), _connection(app)
        yield ("PATCH", f"{CONNECTIONS}/{slug}/:connectionId"), _object(connection_fields(app, required=False))


def _connection(app: AppType) -> dict[str, Any]:
    methods = [
        _object({"method": Field(required=True, choices=(name,)), "credentials": Field("object", True, fields=fields)})
        for name, fields in app.methods.items()
    ]
    return {"allOf": [{"anyOf": methods}, _object(connection_fields(app, required=True))]}


LIMITS = {"array": ("minItems", "maxItems"), "number": ("minimum", "maximum")}


def to_schema(field: Field) -> dict[str, Any]:
    """Return the JSON schema of one field."""
    if field.kind == "any":
        return {}
    if field.kind == "object":
        return _nullable(field, _object_schema(field))
    found: dict[str, Any] = {"type": field.kind}
    if field.items is not None:
        found["items"] = to_schema(field.items)
    limits = LIMITS.get(field.kind, ("minLength", "maxLength"))
    found.update({name: value for name, value in zip(limits, (field.shortest, field.longest), strict=True) if value})
    if field.choices:
        found["enum"] = list(field.choices)
    if field.uuid or field.url:
        found["format"] = "uuid" if field.uuid else "uri"
    if field.default is not None:
        found["default"] = field.default
    return _nullable(field, found)


def _nullable(field: Field, found: dict[str, Any]) -> dict[str, Any]:
    return {**found, "nullable": True} if field.nullable else found


def _object_schema(field: Field) -> dict[str, Any]:
    if field.ways:
        ways = [_object(fields) for fields in field.ways]
        return {"anyOf": ways} if len(ways) > 1 else ways[0]
    if field.variants is not None:
        return {
            "oneOf": [
                _object({field.tag: Field(required=True, choices=(name,)), **fields})
                for name, fields in field.variants.items()
            ]
        }
    return _object(field.fields) if field.fields is not None else {}


def _object(fields: Mapping[str, Field]) -> dict[str, Any]:
    required = [name for name, field in fields.items() if field.required]
    found = {
        "type": "object",
        "properties": {name: to_schema(field) for name, field in fields.items()},
        "additionalProperties": False,
    }
    return {**found, "required": required} if required else found
