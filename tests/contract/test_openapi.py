# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenAPI documents as they are read."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import check_server
import openapi
import pytest
from contract.documents import NAME, TEXT, document, obj, operation, simulated
from hypothesis import given, settings
from hypothesis import strategies as st
from suggest import Writer


def test_references_are_followed() -> None:
    schemas = {"Body": {"$ref": "#/components/schemas/a~1b%20c"}, "a/b c": obj("name", name={"$ref": "#/x/0"})}
    body = {"$ref": "#/components/schemas/Body"}
    there = document({"/a": {"post": operation(body)}}, components={"schemas": schemas}, x=[NAME])
    made = there.operation("POST", "/a/")
    assert made
    assert made.body == (openapi.Form({"name": (NAME,)}, frozenset({"name"})),)


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("#/components/schemas/A", "leads back to itself"),
        ("#/components/nothing", "leads to nothing"),
        ("https://example.com/schema.json", "leads to nothing"),
        ("#/x/1", "leads to nothing"),
    ],
)
def test_a_reference_that_leads_nowhere_is_named(reference: str, expected: str) -> None:
    schemas = {"A": {"$ref": "#/components/schemas/B"}, "B": {"$ref": "#/components/schemas/A"}}
    body = obj("", name={"$ref": reference})
    there = document({"/a": {"post": operation(body)}}, components={"schemas": schemas}, x=[NAME])
    with pytest.raises(openapi.DocumentError, match=expected):
        there.operation("POST", "/a")


def test_alternatives_are_multiplied_up_to_a_limit() -> None:
    each = {"anyOf": [obj("", a=TEXT), obj("", b=TEXT)]}
    assert len(document({}).forms([{"allOf": [each] * 3}])) == 8
    with pytest.raises(openapi.DocumentError, match="alternatives"):
        document({}).forms([{"allOf": [each] * 20}])


ODD = [None, True, 0, "", "x", [], {}, [None], [{}], {"$ref": 3}, {"anyOf": {}}, {"type": []}, {"enum": [{}, []]}]


def nodes(value: Any, path: tuple = ()) -> Iterator[tuple]:
    """Yield where each part of a document is."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from nodes(item, (*path, key))


def small() -> dict[str, Any]:
    """The parts of a simulated server's document that differ in form."""
    raw = copy.deepcopy(simulated(generation="2026"))
    kept = (
        "/integration",
        "/secret-syncs/github",
        "/secret-syncs/aws-secrets-manager",
        "/app-connections/github",
        "/folders",
    )
    raw["paths"] = {path: item for path, item in raw["paths"].items() if path.removeprefix("/api/v1").startswith(kept)}
    return raw


SMALL = small()
PLACES = [path for path in nodes(SMALL["paths"]) if path]


@settings(max_examples=400, derandomize=True, database=None, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PLACES), st.sampled_from(ODD)), min_size=1, max_size=3))
def test_an_odd_document_is_compared_or_refused(changes: list) -> None:
    raw = copy.deepcopy(SMALL)
    for path, odd in changes:
        node: Any = raw["paths"]
        try:
            for key in path[:-1]:
                node = node[key]
            node[path[-1]] = odd
        except (KeyError, IndexError, TypeError):
            continue
    there = openapi.Document(raw)
    with suppress(openapi.DocumentError):
        check_server.compare(there)
    with suppress(openapi.DocumentError):
        Writer(there).destination("github")
        Writer(there).destination("aws-secrets-manager")
        Writer(there).app("github")
