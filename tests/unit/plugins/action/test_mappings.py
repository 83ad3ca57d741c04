# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An option that must be a mapping and is something else: one sentence, in both ways in which a task runs."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.community.infisical.plugins.modules import (
    infisical_app_connection,
    infisical_integration,
    infisical_integrations,
    infisical_secret_sync,
    infisical_secret_syncs,
)
from ansible_collections.community.infisical.tests.unit.plugins.harness import PROJECT, Server

PACKAGE = "ansible_collections.community.infisical.plugins.modules"
MODULES = sorted(path.stem for path in Path(infisical_integration.__file__).parent.glob("[!_]*.py"))
SECRET = "a-secret-4711"


def mappings(spec: dict, before: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Yield the way to each option that is a mapping, or a list of them, and whether it is such a list."""
    for name, option in spec.items():
        many = option.get("elements") == "dict"
        if many or option.get("type") == "dict":
            yield (*before, name), many
            yield from mappings(option.get("options") or {}, (*before, f"{name}[0]" if many else name))


ALL = [
    (name, way, many)
    for name in MODULES
    for way, many in mappings(importlib.import_module(f"{PACKAGE}.{name}").MODULE.argument_spec())
]


def options(way: tuple[str, ...], value: Any) -> dict:
    """The options of a task with a value at the end of the way."""
    for name in reversed(way):
        value = {name.removesuffix("[0]"): [value] if name.endswith("[0]") else value}
    return value


@pytest.mark.parametrize(("name", "way", "many"), ALL)
def test_every_option_that_is_a_mapping(server: Server, run: Any, name: str, way: tuple, many: bool) -> None:
    module = importlib.import_module(f"{PACKAGE}.{name}")
    given = options((*way[:-1], f"{way[-1]}[0]") if many else way, SECRET)
    result = run(module, login={}, **given)
    place = ".".join(way) + ("[0]" if many else "")
    hidden = way[-1] in ("login_data", "extra_headers", "credentials")
    assert result.msg == f"{place} must be a mapping, not {'a text' if hidden else repr(SECRET)}."
    assert result["error_kind"] == "input"
    assert not hidden or SECRET not in result.output
    assert "invocation" in result.data


WRONG = {
    "a word": ("foo", "'foo'"),
    "nothing but quotes": ("", "''"),
    "a number": (7, "7"),
    "a float": (0.5, "0.5"),
    "a switch": (True, "true"),
    "a list": (["foo"], "a list"),
    "half of JSON": ('{"a": ', "'{\"a\": '"),
    "half a pair": ("a=1, b", "'a=1, b'"),
}


@pytest.mark.parametrize(("value", "shown"), WRONG.values(), ids=WRONG)
def test_what_a_value_is_instead(server: Server, run: Any, value: Any, shown: str) -> None:
    result = run(infisical_integration, project_id=PROJECT, metadata=value)
    assert result.msg == f"metadata must be a mapping, not {shown}."


@pytest.mark.parametrize(("value", "shown"), [("foo", "'foo'"), (7, "7"), ({"app": "x"}, "a mapping")])
def test_a_list_of_mappings_that_is_no_list(server: Server, run: Any, value: Any, shown: str) -> None:
    result = run(infisical_integrations, project_id=PROJECT, integrations=value)
    assert result.msg == f"integrations must be a list of mappings, not {shown}."


def test_all_are_told_at_once(server: Server, run: Any) -> None:
    items = [{"metadata": "foo"}, "bar", {"metadata": {}}]
    result = run(infisical_integrations, project_id=PROJECT, integrations=items, purge_scope=["x"])
    assert result.msg == (
        "integrations[0].metadata must be a mapping, not 'foo'. integrations[1] must be a mapping, not 'bar'."
        " purge_scope must be a mapping, not a list."
    )


def test_a_secret_in_such_a_value_is_masked(server: Server, run: Any) -> None:
    login = {"auth_method": "token_auth", "token": SECRET}
    result = run(infisical_secret_sync, login=login, project_id=PROJECT, destination_config=f"my {SECRET}")
    assert result.msg == "destination_config must be a mapping, not 'my ********'."


@pytest.mark.parametrize("value", ['{"region": 7}', "region=7", "{'region': 7}"])
def test_a_text_that_ansible_reads_as_a_mapping_is_one(server: Server, run: Any, value: str) -> None:
    item = {"name": "_", "destination_config": value}
    result = run(infisical_secret_syncs, project_id=PROJECT, syncs=[item])
    assert "mapping" not in result.msg


def test_a_mapping_for_credentials_is_one(server: Server, run: Any) -> None:
    result = run(infisical_app_connection, app="aws", credentials={"access_key_id": "x"})
    assert "mapping" not in result.msg
