# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The entries that the checker suggests for the catalogue."""

from __future__ import annotations

import re
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
        FieldSpec("hook_url", **UUID),
        FieldSpec("rack_id"),
        label("rack_name"),
    ),
    options=(FieldSpec("glue", "bool"),),
    key_schema=False,
)
# Check: board_name: taken for a name for display.
# Check: shade: the server's pattern is not one of Python's: \\p{L}
# Check: hook_url: hookURL needs an entry in API_NAMES in names.py.
# Check: rack_id: rackID needs an entry in API_NAMES in names.py.
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


def suggested(config: dict[str, Any], **options: Any) -> tuple[Any, list[str]]:
    """Return the entry of a destination, and what is to be checked of it beside what always is."""
    text = suggest.suggestion(with_destination(config, **options), "shelf")
    always = ("app: ", "the name ", "locates: ", "plan, ")
    checks = [line.removeprefix("# Check: ") for line in text.splitlines() if line.startswith("# Check: ")]
    return entry_in(text, "destinations"), [one for one in checks if not one.startswith(always)]


PATTERNS = {
    "^/[a-z]+$": ("/abc", "x/abc"),
    "^ocid1\\.vault": ("ocid1.vault.oc1", "my ocid1.vault"),
    "\\.example\\.com$": ("a.example.com", "a.example.com:80"),
    "@": ("me@example.com", "me"),
    "^a\\$": ("a$b", "ab"),
    "^a|b$": ("ax", "xa"),
    "^(a|b)$": ("b", "bb"),
    "^[$|]$": ("|", "||"),
    "a|b": ("xbx", "xcx"),
}


@pytest.mark.parametrize(("pattern", "taken", "refused"), [(key, *value) for key, value in PATTERNS.items()])
def test_a_pattern_means_what_it_means_on_the_server(pattern: str, taken: str, refused: str) -> None:
    entry, checks = suggested(obj("", board={"type": "string", "pattern": pattern}))
    [spec] = entry.fields
    assert checks == []
    assert re.fullmatch(spec.pattern, taken)
    assert not re.fullmatch(spec.pattern, refused)


NAMES = {
    "boardId": ("board_id", True),
    "ipV4Address": ("ip_v4_address", True),
    "isOAuth": ("is_o_auth", True),
    "gitHubAppId": ("github_app_id", True),
    "URL": ("url", False),
    "rackID": ("rack_id", False),
    "HTTPProxyURL": ("http_proxy_url", False),
    "project_id": ("project_id", False),
    "api-key": ("api_key", False),
    "Region": ("region", False),
}


@pytest.mark.parametrize(("api", "option", "leads_back"), [(key, *value) for key, value in NAMES.items()])
def test_names_that_do_not_lead_back_are_to_be_checked(api: str, option: str, leads_back: bool) -> None:
    entry, checks = suggested(obj(api, **{api: NAME}))
    assert [spec.name for spec in entry.fields] == [option]
    assert checks == ([] if leads_back else [f"{option}: {api} needs an entry in API_NAMES in names.py."])


def test_what_is_lost_is_to_be_checked() -> None:
    code = {"type": "string", "minLength": 8}
    side = {"type": "number", "enum": [1]}
    config = obj("", rows={"type": "number"}, whole={"type": "integer"}, side=side, code=code)
    _entry, checks = suggested(config)
    assert checks == [
        "rows: a number on this server, taken for a whole one.",
        "code: at least 8 characters on this server, which only a pattern can say.",
    ]


def test_alternatives_without_a_scope_are_to_be_checked() -> None:
    kind = obj("kind boardId", kind=enum("board"), boardId=NAME)
    _entry, checks = suggested({"anyOf": [obj("id", id=NAME, a=NAME), obj("id b", id=NAME, b=NAME)]})
    assert checks == ["destination_config: has alternatives without a scope; they differ in a, b."]
    _entry, checks = suggested({"anyOf": [kind, obj("kind rackId", kind=enum("rack"), rackId=NAME)]})
    assert checks == []
    _entry, checks = suggested({"anyOf": [obj("scope a", scope=enum("x"), a=NAME), obj("b", b=NAME)]})
    assert "destination_config: an alternative without a scope is left out: b." in checks


def test_an_option_that_has_another_name_is_not_suggested() -> None:
    entry, _checks = suggested(obj("", board=NAME), recursive={"type": "boolean"}, glue={"type": "boolean"})
    assert [spec.name for spec in entry.options] == ["glue"]


def test_items_may_be_described_elsewhere() -> None:
    options = {"anyOf": [obj("key", key=NAME), obj("value", value=NAME)]}
    entry, _checks = suggested(obj("", tags={"type": "array", "items": options}, rows={"type": "array"}))
    tags, rows = entry.fields
    assert (tags.items, [spec.name for spec in tags.fields]) == ("dict", ["key", "value"])
    assert (rows.items, rows.choices) == ("str", ())
