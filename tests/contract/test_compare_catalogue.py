# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs between the catalogue and an OpenAPI document; the entries here are of the tests' own."""

from __future__ import annotations

from typing import Any

import compare_catalogue
import pytest
from ansible_collections.community.infisical.plugins.module_utils._catalog import apps
from ansible_collections.community.infisical.plugins.module_utils._catalog.apps import App, Method
from ansible_collections.community.infisical.plugins.module_utils._catalog.destinations import Destination
from ansible_collections.community.infisical.plugins.module_utils._catalog.schema import FieldSpec, Rule, needed
from contract.documents import IMPORTS, NAME, OPTIONS, TEXT, document, enum, found, obj, operation, with_destination


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let the catalogue have one destination, with these attributes."""

    def put(**attributes: Any) -> None:
        entry = Destination("shelf", "Shelf", **{"app": "shop", "can_import": False, **attributes})
        monkeypatch.setattr(compare_catalogue, "DESTINATIONS", {"shelf": entry})

    monkeypatch.setattr(compare_catalogue, "COMMON_OPTIONS", (FieldSpec("key_schema", may_be_empty=True),))
    return put


INITIAL = "initial_sync_behavior"
BOARD = "destination shelf, board"
# What a field is in the collection, what it is in the document, and whether it is required there; what is found.
FIELDS = {
    "alike": (FieldSpec("board", required=True), NAME, True, []),
    "required there": (
        FieldSpec("board"),
        NAME,
        True,
        [f"FAULT {BOARD}: required on this server, optional in the collection"],
    ),
    "required here": (
        FieldSpec("board", required=True),
        NAME,
        False,
        [f"FAULT {BOARD}: optional on this server, required in the collection"],
    ),
    "another kind": (
        FieldSpec("board", "bool"),
        TEXT,
        False,
        [f"FAULT {BOARD}: str on this server, bool in the collection"],
    ),
    "one of two kinds": (FieldSpec("board", "int"), {"anyOf": [TEXT, {"type": "integer"}]}, False, []),
    "any kind": (FieldSpec("board", "int"), {}, False, []),
    "may be null": (FieldSpec("board"), {"anyOf": [TEXT, {"type": "null"}]}, False, []),
    "types of 3.1": (FieldSpec("board"), {"type": ["string", "null"]}, False, []),
    "only null": (FieldSpec("board"), {"type": "null"}, False, [f"FAULT {BOARD}: unknown on this server"]),
    "a choice more there": (
        FieldSpec("board", choices=("a", "b")),
        enum("b", "a", "c"),
        False,
        [f"note {BOARD}: this server takes c, too; the collection does not"],
    ),
    "a choice more here": (
        FieldSpec("board", choices=("a", "b")),
        {"anyOf": [{"const": "a"}]},
        False,
        [f"FAULT {BOARD}: this server does not take b"],
    ),
    "a choice of newer servers": (FieldSpec("board", choices=("a",), newer=("b",)), enum("a", "b"), False, []),
    "choices here only": (
        FieldSpec("board", choices=("a", "b")),
        TEXT,
        False,
        [f"note {BOARD}: this server takes any text, the collection only a, b"],
    ),
    "choices here only, not certain": (FieldSpec("board", choices=("a", "b"), certain=False), TEXT, False, []),
    "choices there only": (
        FieldSpec("board"),
        enum("a", "b"),
        False,
        [f"note {BOARD}: this server takes only a, b, the collection any text"],
    ),
    "choices of a pattern": (FieldSpec("board", pattern="[ab]"), enum("a", "b"), False, []),
    "a choice that doesn't fit the pattern": (
        FieldSpec("board", pattern="[ab]"),
        enum("a", "c"),
        False,
        [f"note {BOARD}: this server takes c, too; the collection does not"],
    ),
    "a limit there only": (
        FieldSpec("board"),
        {"type": "string", "maxLength": 9},
        False,
        [f"note {BOARD}: at most 9 characters on this server, no limit in the collection"],
    ),
    "a limit in a pattern": (FieldSpec("board", pattern="a{1,9}"), {"type": "string", "maxLength": 9}, False, []),
    "a larger limit here": (
        FieldSpec("board", max_length=10),
        {"type": "string", "maxLength": 9},
        False,
        [f"note {BOARD}: at most 9 characters on this server, 10 in the collection"],
    ),
    "a smaller limit here": (
        FieldSpec("board", max_length=8),
        {"type": "string", "maxLength": 9},
        False,
        [f"FAULT {BOARD}: up to 9 characters on this server, 8 in the collection"],
    ),
    "a limit here only": (
        FieldSpec("board", max_length=8),
        TEXT,
        False,
        [f"note {BOARD}: no limit on this server, at most 8 characters in the collection"],
    ),
    "a limit here only, not certain": (FieldSpec("board", max_length=8, certain=False), TEXT, False, []),
    "a limit of one of two texts": (
        FieldSpec("board"),
        {"anyOf": [TEXT, {"type": "string", "maxLength": 9}]},
        False,
        [],
    ),
    "a limit that is none": (FieldSpec("board"), {"type": "string", "maxLength": "9"}, False, []),
    "a format that is none": (FieldSpec("board"), {"type": "string", "format": []}, False, []),
    "empty there": (
        FieldSpec("board", required=True),
        TEXT,
        True,
        [f"note {BOARD}: may be empty on this server, not in the collection"],
    ),
    "numbers there": (
        FieldSpec("board", "int", choices=(0, 1)),
        {"type": "integer", "enum": [0, 2]},
        False,
        [
            f"note {BOARD}: this server takes 2, too; the collection does not",
            f"FAULT {BOARD}: this server does not take 1",
        ],
    ),
    "any number there": (
        FieldSpec("board", "int", choices=(0, 1)),
        {"type": "integer"},
        False,
        [f"note {BOARD}: this server takes any number, the collection only 0, 1"],
    ),
    "not empty there": (
        FieldSpec("board", required=True, may_be_empty=True),
        NAME,
        True,
        [f"FAULT {BOARD}: must not be empty on this server, may be in the collection"],
    ),
    "a UUID": (
        FieldSpec("board"),
        {"type": "string", "format": "uuid"},
        False,
        [f"note {BOARD}: a UUID on this server, any text in the collection"],
    ),
    "a URL": (
        FieldSpec("board"),
        {"type": "string", "format": "uri"},
        False,
        [f"note {BOARD}: a URL on this server, any text in the collection"],
    ),
    "a list": (FieldSpec("board", "list", items="str"), {"type": "array", "items": TEXT}, False, []),
    "a list of others": (
        FieldSpec("board", "list", items="str"),
        {"type": "array", "items": {"type": "number"}},
        False,
        [f"FAULT {BOARD}: a list of int on this server, of str in the collection"],
    ),
    "a shorter list there": (
        FieldSpec("board", "list", items="str", max_items=9),
        {"type": "array", "items": TEXT, "maxItems": 8},
        False,
        [f"note {BOARD}: at most 8 items on this server, 9 in the collection"],
    ),
    "a choice of a list's texts": (
        FieldSpec("board", "list", items="str", choices=("a", "b")),
        {"type": "array", "items": enum("a")},
        False,
        [f"FAULT {BOARD}: this server does not take b"],
    ),
    "a limit of a list's texts": (
        FieldSpec("board", "list", items="str"),
        {"type": "array", "items": {"type": "string", "maxLength": 9}},
        False,
        [f"note {BOARD}: at most 9 characters on this server, no limit in the collection"],
    ),
    "fewer items here": (
        FieldSpec("board", "list", items="str"),
        {"type": "array", "items": TEXT, "minItems": 1},
        False,
        [f"note {BOARD}: at least 1 items on this server, no such limit in the collection"],
    ),
    "a smaller number there": (
        FieldSpec("board", "int", least=2),
        {"type": "integer", "minimum": 1},
        False,
        [f"FAULT {BOARD}: at least 1 as a number on this server, 2 in the collection"],
    ),
    "a smaller number here": (
        FieldSpec("board", "int", least=0),
        {"type": "integer", "minimum": 1},
        False,
        [f"note {BOARD}: at least 1 as a number on this server, 0 in the collection"],
    ),
    "above a number in 3.0": (
        FieldSpec("board", "int", least=1),
        {"type": "integer", "minimum": 0, "exclusiveMinimum": True},
        False,
        [],
    ),
    "above a number in 3.1": (
        FieldSpec("board", "int", least=1),
        {"type": "integer", "exclusiveMinimum": 0},
        False,
        [],
    ),
    "the same least, said twice": (
        FieldSpec("board", "int", least=1),
        {"type": "integer", "minimum": 1, "exclusiveMinimum": False},
        False,
        [],
    ),
    "the same least": (FieldSpec("board", "int", least=1), {"type": "integer", "minimum": 1}, False, []),
    "a part of a list's items": (
        FieldSpec("board", "list", items="dict", fields=(FieldSpec("nail"),)),
        {"type": "array", "items": obj("nail", nail=TEXT)},
        False,
        [f"FAULT {BOARD}, nail: required on this server, optional in the collection"],
    ),
    "a part of a mapping": (
        FieldSpec("board", "dict", fields=needed("nail")),
        obj("", screw=TEXT),
        False,
        [
            f"FAULT {BOARD}, nail: unknown on this server",
            f"note {BOARD}, screw: this server takes it; the catalogue lacks it",
        ],
    ),
}


@pytest.mark.parametrize(("spec", "schema", "required", "expected"), FIELDS.values(), ids=FIELDS)
def test_a_field_is_compared(spec: FieldSpec, schema: Any, required: bool, expected: list, shelf: Any) -> None:
    shelf(fields=(spec,))
    there = with_destination(obj("board" if required else "", board=schema))
    assert found(compare_catalogue.compare_destinations(there)) == expected


def test_fields_that_only_one_side_has(shelf: Any) -> None:
    shelf(fields=(*needed("board"), FieldSpec("paint"), FieldSpec("seen", only_read=True)))
    there = with_destination(obj("boardUUID screw", boardUUID=TEXT, screw=TEXT, board=NAME, glue=TEXT))
    assert sorted(found(compare_catalogue.compare_destinations(there))) == [
        "FAULT destination shelf, board: optional on this server, required in the collection",
        "FAULT destination shelf, board_u_u_i_d: this server takes it, and is required; the catalogue lacks it",
        "FAULT destination shelf, paint: unknown on this server",
        "FAULT destination shelf, screw: this server takes it, and is required; the catalogue lacks it",
        "note destination shelf, glue: this server takes it; the catalogue lacks it",
    ]


def test_a_config_that_may_hold_anything_is_not_compared(shelf: Any) -> None:
    shelf(fields=needed("board"))
    assert found(compare_catalogue.compare_destinations(with_destination({}))) == [
        f"note destination shelf, destination_config: {compare_catalogue.NOT_DESCRIBED}"
    ]


@pytest.mark.parametrize("rules", [(), (Rule("destination_config.kind", ("b",), needs=("destination_config.nail",)),)])
def test_what_only_some_alternatives_require(rules: tuple, shelf: Any) -> None:
    shelf(fields=(FieldSpec("kind", required=True, choices=("a", "b")), FieldSpec("nail")), rules=rules)
    each = [obj("kind", kind=enum("a")), obj("kind nail", kind=enum("b"), nail=NAME)]
    expected = "required on this server with kind b; the catalogue has no such rule"
    findings = found(compare_catalogue.compare_destinations(with_destination({"anyOf": each})))
    assert findings == ([] if rules else [f"FAULT destination shelf, nail: {expected}"])


NAILS = Rule("destination_config.kind", ("b",), needs=("destination_config.nail",))


@pytest.mark.parametrize(
    ("kinds", "rule", "expected"),
    [
        ((enum("a"), enum("b")), NAILS, True),
        ((enum("a", "b"),), NAILS, False),
        ((enum("b"),), NAILS, False),
        ((enum("a"), enum("b")), Rule(NAILS.field, NAILS.values, (("x", ("y",)),), NAILS.needs), False),
    ],
    ids=["told apart", "not told apart", "no other", "with another condition"],
)
def test_what_a_rule_requires_and_an_alternative_does_not(kinds: tuple, rule: Rule, expected: bool, shelf: Any) -> None:
    shelf(fields=(FieldSpec("kind", required=True, choices=("a", "b")), FieldSpec("nail")), rules=(rule,))
    there = with_destination({"anyOf": [obj("kind", kind=kind, nail=NAME) for kind in kinds]})
    text = "FAULT destination shelf, nail: optional on this server with kind b, a rule requires it"
    assert (text in found(compare_catalogue.compare_destinations(there))) is expected


def test_what_differs_in_an_update_only(shelf: Any) -> None:
    shelf(fields=(*needed("board"), FieldSpec("nail")), options=(FieldSpec("glue", required=True),))
    body = obj("", destinationConfig=obj("board", board=NAME, nail=TEXT), syncOptions=obj("glue", **OPTIONS, glue=NAME))
    other = enum("import-prioritize-source")
    changed = obj(
        "",
        destinationConfig=obj("board screw", board=NAME, screw=TEXT),
        syncOptions=obj("", keySchema=TEXT, initialSyncBehavior=other, glue=NAME),
    )
    path = "/api/v1/secret-syncs/shelf"
    there = document({path: {"post": operation(body)}, f"{path}/{{syncId}}": {"patch": operation(changed)}})
    subject = "FAULT destination shelf"
    assert found(compare_catalogue.compare_destinations(there)) == [
        f"{subject}, nail, in an update: unknown on this server",
        f"{subject}, screw, in an update: this server takes it, and is required; the catalogue lacks it",
        f"{subject}, sync_options, {INITIAL}, in an update: this server does not take overwrite-destination",
    ]


def test_scopes_are_compared_each(shelf: Any) -> None:
    shelf(fields=needed("wall"), scopes={"room": needed("door"), "hall": needed("gate"), "yard": ()})
    room = obj("scope door", scope=enum("room"), door=NAME)
    hall = obj("scope", scope=enum("hall"), gate=NAME)
    shed = obj("scope", scope=enum("shed"))
    there = with_destination({"allOf": [{"oneOf": [room, hall, shed]}, obj("wall", wall=NAME)]})
    assert sorted(found(compare_catalogue.compare_destinations(there))) == [
        "FAULT destination shelf, scope hall, gate: optional on this server, required in the collection",
        "note destination shelf, scope shed: the catalogue lacks it",
        "note destination shelf, scope yard: this server lacks it",
    ]


def test_a_scope_that_the_catalogue_takes_for_optional(shelf: Any) -> None:
    shelf(scopes={"room": ()}, default_scope="room")
    there = with_destination(obj("scope", scope=enum("room")))
    expected = "required on this server, optional in the collection"
    assert found(compare_catalogue.compare_destinations(there)) == [f"FAULT destination shelf, scope: {expected}"]


ABILITIES = {
    "neither": ({}, {}, []),
    "imports there": (
        {},
        {"initialSyncBehavior": IMPORTS},
        ["note destination shelf: can import on this server, can't in the collection"],
    ),
    "imports here": (
        {"can_import": True},
        {},
        ["FAULT destination shelf: can't import on this server, can in the collection"],
    ),
    "imports unknown": (
        {"can_import": None},
        {},
        ["note destination shelf: can_import=False on this server, unknown in the collection"],
    ),
    "key schema unknown": (
        {"key_schema": None},
        {},
        ["note destination shelf: key_schema=True on this server, unknown in the collection"],
    ),
    "an option there": (
        {},
        {"glue": TEXT},
        ["note secret syncs, sync_options, glue: this server takes it; the catalogue lacks it"],
    ),
    "an option here": (
        {"options": (FieldSpec("glue"),)},
        {},
        ["FAULT destination shelf, sync_options, glue: unknown on this server"],
    ),
}


@pytest.mark.parametrize(("attributes", "options", "expected"), ABILITIES.values(), ids=ABILITIES)
def test_abilities_and_options_are_compared(attributes: dict, options: dict, expected: list, shelf: Any) -> None:
    shelf(fields=needed("board"), **attributes)
    there = with_destination(obj("board", board=NAME), **options)
    assert found(compare_catalogue.compare_destinations(there)) == expected


def test_an_option_of_all_destinations_is_found_beside_the_others(shelf: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf(fields=needed("board"))
    monkeypatch.setattr(compare_catalogue, "COMMON_OPTIONS", (FieldSpec("key_schema"), FieldSpec("deep", "bool")))
    body = obj("", destinationConfig=obj("board", board=NAME), syncOptions=obj("", **OPTIONS), deep={"type": "boolean"})
    path = "/api/v1/secret-syncs/shelf"
    assert found(compare_catalogue.compare_destinations(document({path: {"post": operation(body)}}))) == []
    del body["properties"]["deep"]
    assert found(compare_catalogue.compare_destinations(document({path: {"post": operation(body)}}))) == [
        "FAULT secret syncs, sync_options, deep: unknown on this server"
    ]


def test_destinations_that_only_one_side_has(shelf: Any) -> None:
    shelf(fields=needed("board"))
    there = with_destination(obj("", board=NAME), slug="chest")
    assert found(compare_catalogue.compare_destinations(there)) == [
        "note destination chest: the catalogue lacks it: --suggest prints an entry",
        "note destinations: this server lacks shelf: it is older or newer than these, or the catalogue is wrong",
    ]


def test_whose_connections_a_destination_takes(shelf: Any) -> None:
    shelf(fields=needed("board"), app="")
    answer = obj("", secretSync=obj("", connection=obj("", app=enum("shop"))))
    there = with_destination(obj("board", board=NAME), answer=answer)
    assert found(compare_catalogue.compare_destinations(there)) == [
        "FAULT destination shelf: connections of shop on this server, of an unknown app in the collection"
    ]


def test_apps_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    ways = (Method("key", apps.API_KEY.credentials), Method("card", ()), Method("cash", ()))
    shop, mill = App("shop", "Shop", ways, gateway=False), App("mill", "Mill")
    monkeypatch.setattr(compare_catalogue, "APPS", {"shop": shop, "mill": mill})
    key = obj("method credentials", method=enum("key"), credentials=obj("apiKey secret", apiKey=NAME, secret=NAME))
    others = [obj("method", method=enum(name), credentials=obj("", pin=TEXT)) for name in ("card", "coin")]
    body = {"allOf": [{"anyOf": [key, *others]}, obj("name", name=NAME, gatewayId=TEXT)]}
    unknown = {"anyOf": [{"not": {}}, {"enum": ["null"], "nullable": True}]}
    mill_body = obj("", method=enum("key"), credentials=obj(""), gatewayId=unknown)
    base = "/api/v1/app-connections"
    there = document({f"{base}/shop/": {"post": operation(body)}, f"{base}/mill": {"post": operation(mill_body)}})
    assert compare_catalogue.takes_gateway(there, "mill") is False
    assert sorted(found(compare_catalogue.compare_apps(there))) == [
        "FAULT app shop, method key, secret: this server takes it, and is required; the catalogue lacks it",
        "note app mill: the catalogue knows its name only: --suggest prints an entry",
        "note app shop, gateway_id: this server takes it, the catalogue does not",
        "note app shop, method card: the catalogue knows its name only",
        "note app shop, method cash: this server lacks it",
        "note app shop, method coin: the catalogue lacks it",
    ]


def test_metadata_and_services_are_compared() -> None:
    tags = {"type": "array", "items": obj("key color", key=TEXT, color=TEXT)}
    metadata = obj("nail", secretPrefix={"type": "number"}, glue=TEXT, nail=TEXT, secretAWSTag=tags)
    body = obj("integrationAuthId", integrationAuthId=NAME, metadata=metadata)
    patched = obj("", integration=enum("github", "shelf"))
    there = document(
        {
            "/api/v1/integration/": {"post": operation(body)},
            "/api/v1/integration-auth/{authId}": {"patch": operation(patched)},
        }
    )
    findings = found(compare_catalogue.compare_services(there))
    assert "FAULT metadata secret_prefix: int on this server, str in the collection" in findings
    assert "note metadata kms_key_id: this server lacks it" in findings
    assert "note metadata glue: this server takes it; the collection lacks it" in findings
    assert "FAULT metadata nail: this server takes it, and is required; the collection lacks it" in findings
    assert "FAULT metadata secret_aws_tag, value: unknown on this server" in findings
    required = "this server takes it, and is required; the catalogue lacks it"
    assert f"FAULT metadata secret_aws_tag, color: {required}" in findings
    assert "note service shelf: the catalogue lacks it" in findings
    [missing] = [one for one in findings if one.startswith("note services: this server lacks")]
    assert "heroku" in missing
    assert "github" not in missing


def test_parts_that_are_not_described_are_noted() -> None:
    spec = FieldSpec("tag", "dict", fields=(FieldSpec("key"),))
    tags = FieldSpec("tags", "list", items="dict", fields=(FieldSpec("key"),))
    anything = {"type": "object", "additionalProperties": True}
    there = document({})
    text = "not compared, as the document does not describe its fields"
    assert found(compare_catalogue.compare_value(there, "tag", spec, (anything,))) == [f"note tag: {text}"]
    listed = {"type": "array", "items": anything}
    assert found(compare_catalogue.compare_value(there, "tags", tags, (listed,))) == [f"note tags: {text}"]
    created = operation(obj("", metadata=anything))
    metadata = found(compare_catalogue.compare_services(document({"/api/v1/integration": {"post": created}})))
    assert metadata == [f"note metadata: {text}"]


def test_metadata_that_a_server_requires() -> None:
    metadata = obj("secretPrefix kmsKeyId", secretPrefix=TEXT, kmsKeyId=TEXT)
    there = document({"/api/v1/integration": {"post": operation(obj("", metadata=metadata))}})
    findings = found(compare_catalogue.compare_services(there))
    text = "required on this server, optional in the collection"
    faults = [line for line in findings if line.startswith("FAULT")]
    assert faults == [f"FAULT metadata secret_prefix: {text}", f"FAULT metadata kms_key_id: {text}"]
