# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenAPI documents as they are read."""

from __future__ import annotations

import openapi
import pytest
from contract.documents import NAME, TEXT, document, obj, operation


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
