# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small OpenAPI documents for tests."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import openapi
from compare_catalogue import Finding

from simulator import Simulator

# What is told of an endpoint that a task can do without.
MISSING = "not in this server's document; if it lacks this,"
TEXT = {"type": "string"}
NAME = {"type": "string", "minLength": 1}


def obj(required: str = "", **properties: Any) -> dict[str, Any]:
    """The schema of an object; `required` are names with blanks between them."""
    return {"type": "object", "properties": properties, "required": required.split(), "additionalProperties": False}


def enum(*values: Any) -> dict[str, Any]:
    return {"type": "string", "enum": list(values)}


def operation(body: Any = None, answer: Any = None, query: tuple = (), **more: Any) -> dict[str, Any]:
    parameters = [{"in": "query", "name": name, "required": True, "schema": TEXT} for name in query]
    made: dict[str, Any] = {"parameters": parameters, "responses": {"200": {}}, **more}
    if body is not None:
        made["requestBody"] = {"content": {"application/json": {"schema": body}}}
    if answer is not None:
        made["responses"]["200"] = {"content": {"application/json": {"schema": answer}}}
    return made


def document(paths: dict[str, Any], **more: Any) -> openapi.Document:
    return openapi.Document({"openapi": "3.0.3", "paths": paths, **more})


INITIAL = enum("overwrite-destination")
IMPORTS = enum("overwrite-destination", "import-prioritize-source", "import-prioritize-destination")
OPTIONS = {"initialSyncBehavior": INITIAL, "keySchema": TEXT}


def with_destination(config: Any, slug: str = "shelf", answer: Any = None, **options: Any) -> openapi.Document:
    """A document with one destination, whose syncs have a config, and further options."""
    body = obj("destinationConfig", destinationConfig=config, syncOptions=obj("", **{**OPTIONS, **options}))
    return document({f"/api/v1/secret-syncs/{slug}/": {"post": operation(body, answer)}})


def found(findings: Iterable[Finding]) -> list[str]:
    return [f"{'FAULT' if one.is_fault else 'note'} {one.subject}: {one.text}" for one in findings]


def simulated(**options: Any) -> dict[str, Any]:
    """The document of a simulated server, which a test may change."""
    return Simulator(**options).asgi.get_document(None)  # type: ignore[arg-type]
