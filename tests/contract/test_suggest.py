# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The entries that the checker suggests for the catalogue."""

from __future__ import annotations

from typing import Any

import compare_catalogue
import openapi
import pytest
import suggest
from ansible_collections.community.infisical.plugins.module_utils._catalog import apps, destinations
from ansible_collections.community.infisical.plugins.module_utils._catalog.schema import Rule, label, needed
from contract.documents import IMPORTS, NAME, TEXT, document, enum, found, obj, operation, simulated, with_destination


def entry_in(text: str, name: str) -> Any:
    """Return the entry that a suggestion has for a file."""
    [part] = [part for part in text.split("# For ") if part.startswith(f"plugins/module_utils/_catalog/{name}.py\n")]
    module = {"destinations": destinations, "apps": apps}[name]
    names = {**vars(module), "Rule": Rule, "label": label, "needed": needed}
    return eval(part.partition("\n")[2], names)  # noqa: S307


SIMULATED = simulated(generation="2026", newest=True)
WHOLE = openapi.Document(SIMULATED)


def part(base: str, slug: str) -> openapi.Document:
    """The document of a server that has one destination, or one app."""
    paths = {path: item for path, item in SIMULATED["paths"].items() if f"{path}/".startswith(f"{base}/{slug}/")}
    return openapi.Document({**SIMULATED, "paths": paths})


@pytest.mark.parametrize("slug", compare_catalogue.slugs(WHOLE, compare_catalogue.SYNCS))
def test_nothing_differs_from_the_entry_of_a_destination(slug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    there = part(compare_catalogue.SYNCS, slug)
    entry = entry_in(suggest.suggestion(there, slug), "destinations")
    monkeypatch.setattr(compare_catalogue, "DESTINATIONS", {slug: entry})
    assert found(compare_catalogue.compare_destinations(there)) == []


@pytest.mark.parametrize("slug", compare_catalogue.slugs(WHOLE, compare_catalogue.CONNECTIONS))
def test_nothing_differs_from_the_entry_of_an_app(slug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    there = part(compare_catalogue.CONNECTIONS, slug)
    entry = entry_in(suggest.suggestion(there, slug), "apps")
    monkeypatch.setattr(compare_catalogue, "APPS", {slug: entry})
    assert found(compare_catalogue.compare_apps(there)) == []


def test_a_suggestion_names_what_it_guesses() -> None:
    config = obj(
        "boardId boardName link note",
        boardId=NAME,
        boardName={"type": "string", "maxLength": 64},
        link={"type": "string", "format": "uri"},
        path={"type": "string", "pattern": "^/[\\w]+$"},
        shade={"type": "string", "pattern": "^\\p{L}$"},
        rows={"type": "array", "items": enum("a", "b"), "minItems": 1},
        depth={"type": "integer", "minimum": 2},
        side={"type": "integer", "enum": [0, 1]},
        note=TEXT,
        hookURL={"type": "string", "format": "uuid"},
        rackID=TEXT,
        rackName=TEXT,
    )
    answer = obj("", secretSync=obj("", connection=obj("", app=enum("shop"))))
    body = obj("", destinationConfig=config, syncOptions=obj("", initialSyncBehavior=IMPORTS, glue={"type": "boolean"}))
    key = obj("", method=enum("key"), credentials=obj("apiKey host", apiKey=NAME, host=NAME, zone=TEXT))
    shown = obj("", appConnection=obj("", credentials=obj("", host=TEXT)))
    made = operation(body, answer, description="Create a Wall Shelf Sync for the specified project environment.")
    there = document(
        {
            "/api/v1/secret-syncs/shelf": {"post": made},
            "/api/v1/app-connections/shop": {"post": operation(key, shown, description="Create a Shop Connection.")},
        }
    )
    assert (
        suggest.suggestion(there, "shelf")
        == """\
# For plugins/module_utils/_catalog/destinations.py
Destination(
    "shelf",
    "Wall Shelf",
    app="shop",
    can_import=True,
    fields=(
        *needed("board_id"),
        label("board_name", required=True, max_length=64, may_be_empty=True),
        FieldSpec("link", required=True, **URL),
        FieldSpec("path", pattern=r"/[\\w]+", shape="say here in words what the pattern says"),
        FieldSpec("shade"),
        FieldSpec("rows", "list", items="str", choices=("a", "b"), least=1),
        FieldSpec("depth", "int", least=2),
        FieldSpec("side", "int", choices=(0, 1)),
        FieldSpec("note", required=True, may_be_empty=True),
        FieldSpec("hook_u_r_l", **UUID),
        FieldSpec("rack_i_d"),
        label("rack_name"),
    ),
    options=(FieldSpec("glue", "bool"),),
    key_schema=False,
)
# Check: board_name: taken for a name for display.
# Check: shade: the server's pattern is not one of Python's: \\p{L}
# Check: hook_u_r_l: hook_url would be a better name, with hookURL in API_NAMES in names.py.
# Check: rack_i_d: rack_id would be a better name, with rackID in API_NAMES in names.py.
# Check: rack_name: taken for a name for display.
# Check: locates: all fields but names for display are taken to say where secrets go, and not how.
# Check: plan, can_remove, heeds_deletion_setting, verified: no document tells, so taken for any, true, true, true.

# For plugins/module_utils/_catalog/apps.py
App("shop", "Shop", (Method("key", (_secret("api_key"), _public("host"), _secret("zone", required=False))),))
# Check: key: taken for secret, as answers don't have it: api_key, zone.
# Check: plan, managed, rotated: no document tells, so taken for any, no, none.
"""
    )


def test_a_format_that_is_none_is_left_out() -> None:
    there = with_destination(obj("", site={"type": "string", "format": {}}))
    assert 'FieldSpec("site")' in suggest.suggestion(there, "shelf")
