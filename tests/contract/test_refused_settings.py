# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each setting of each destination and each credential of each method, at its limits and beyond, as its facts tell.

What is beyond them, the catalogue names. The simulated server, whose schemas were written apart from the catalogue,
refuses what the catalogue refuses, and takes what it takes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pytest
from ansible_collections.community.infisical.plugins.module_utils._catalog.apps import APPS
from ansible_collections.community.infisical.plugins.module_utils._catalog.connections import check_connection
from ansible_collections.community.infisical.plugins.module_utils._catalog.destinations import (
    COMMON_OPTIONS,
    DESTINATIONS,
)
from ansible_collections.community.infisical.plugins.module_utils._catalog.names import to_api
from ansible_collections.community.infisical.plugins.module_utils._catalog.schema import PERMANENT_KEY, FieldSpec
from ansible_collections.community.infisical.plugins.module_utils._catalog.syncs import check_sync, coerced
from contract.sync_examples import CREDENTIALS, EXAMPLES, Example

from simulator import apps as server_apps
from simulator import sync_destinations as server
from simulator.schema import Field, check_object

# What servers check by code, beside their schemas: the catalogue has a rule for it.
BY_CODE = {("github", "instance_type", "")}
# A scope that older servers don't know is no more than a doubt where it is missing.
ONLY_NEWER = {("vercel", "scope", "")}
# The catalogue refuses what no such role or account is called, and keys that end within hours; the server takes any
# text, and finds out at its login.
STRICTER = {
    ("aws", "role_arn", "of another shape"),
    ("aws", "access_key_id", "of another shape"),
    ("gcp", "service_account_email", "of another shape"),
}
TEMPORARY_KEY = "ASIAEXAMPLE"
ODD = "~ _ ~"
OTHER_KIND = {"str": {"no": "text"}, "bool": ODD, "int": ODD, "list": ODD, "dict": ODD}


def spoiled(spec: FieldSpec, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield what is wrong with each of the values that a field, which may have `value`, must not have; None is gone."""
    if spec.required:
        yield "missing", None
    yield "of another kind", OTHER_KIND[spec.kind]
    if spec.kind == "str":
        yield from ((wrong, text) for wrong, text in spoiled_texts(spec))
    if spec.kind == "int" and spec.choices:
        yield "no choice", 99
    if spec.least is not None:
        yield "too small", [] if spec.kind == "list" else spec.least - 1
    if spec.kind == "list":
        yield from spoiled_lists(spec, value or [])
    if spec.kind == "dict":
        for part in spec.fields:
            yield from (
                (f"{part.name} {wrong}", {**(value or {}), part.name: text}) for wrong, text in spoiled(part, None)
            )


def spoiled_texts(spec: FieldSpec) -> Iterator[tuple[str, str]]:
    if spec.choices or spec.pattern:
        odd = TEMPORARY_KEY if spec.pattern == PERMANENT_KEY["pattern"] else ODD
        yield "no choice" if spec.choices else "of another shape", odd
    if spec.max_length:
        yield "too long", "a" * (spec.max_length + 1)
    if spec.required and not spec.may_be_empty:
        yield "empty", ""


def spoiled_lists(spec: FieldSpec, value: list[Any]) -> Iterator[tuple[str, list[Any]]]:
    if spec.items == "dict":
        whole = {part.name: "a" for part in spec.fields}
        for part in spec.fields:
            yield from ((f"{part.name} {wrong}", [{**whole, part.name: text}]) for wrong, text in spoiled(part, None))
        item: Any = whole
    else:
        yield "an item of another kind", [OTHER_KIND[spec.items]]
        yield from ((f"an item {wrong}", [text]) for wrong, text in spoiled_texts(spec) if wrong == "no choice")
        item = spec.choices[0] if spec.choices else value[0] if value else "a"
    if spec.unique or spec.unique_by:
        yield "twice", [item, item]
    if spec.max_items:
        yield "too many", [{**item, spec.unique_by: f"a{number}"} for number in range(spec.max_items + 1)]


def at_the_limit(spec: FieldSpec) -> Iterator[Any]:
    """Yield values that a field may just have, as far as other fields agree."""
    if not spec.required:
        yield None
    for choice in spec.choices:
        yield [choice] if spec.kind == "list" else choice
    if spec.may_be_empty:
        yield ""
    if spec.max_length and spec.kind == "str" and not (spec.pattern or spec.choices):
        yield "a" * spec.max_length
    if spec.least is not None and spec.kind == "int":
        yield spec.least


def without_nothing(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def cases(specs: Iterable[FieldSpec], values: Mapping[str, Any]) -> Iterator[tuple[FieldSpec, str, dict[str, Any]]]:
    """Yield each field with what is wrong, or nothing, in the values that follow."""
    for spec in specs:
        for value in at_the_limit(spec):
            yield spec, "", without_nothing({**values, spec.name: value})
        for wrong, value in spoiled(spec, values.get(spec.name)):
            yield spec, wrong, without_nothing({**values, spec.name: value})


def refused_sync(slug: str, config: Mapping[str, Any], options: Mapping[str, Any]) -> list[dict]:
    """Return what the simulated server finds wrong."""
    destination = {**server.DESTINATIONS, **server.NEWEST_DESTINATIONS}[slug]
    fields = {
        "destinationConfig": destination.config,
        "syncOptions": Field(kind="object", required=True, fields=destination.option_fields(True)),
    }
    issues: list[dict] = []
    valid = check_object(to_api({"destination_config": config, "sync_options": options}), fields, [], issues)
    return issues or destination.check(valid["destinationConfig"], valid["syncOptions"])


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_settings(example: Example) -> None:
    slug, entry = example.destination, DESTINATIONS[example.destination]
    behavior = {"initial_sync_behavior": "overwrite-destination"}
    whole, options = coerced(slug, example.config, {**behavior, **example.options})
    assert refused_sync(slug, whole, options) == []
    specs = entry.fields_for(whole.get("scope") or entry.default_scope)
    given = [
        *(
            (one, wrong, values, options)
            for one, wrong, values in cases(specs, whole)
            if one.name not in example.dropped
        ),
        *(
            (one, wrong, whole, values)
            for one, wrong, values in cases((*COMMON_OPTIONS, *entry.options), options)
            if not one.only_read
        ),
    ]
    unlike = set()
    for spec, wrong, config, chosen in given:
        named = check_sync(slug, config, chosen)
        assert not wrong or any(f".{spec.name}" in problem.field for problem in named), (spec.name, wrong)
        sure = any(problem.certain for problem in named)
        if sure is not bool(refused_sync(slug, config, chosen)) and (entry.verified or sure):
            unlike.add((slug, spec.name, wrong))
    assert unlike <= ONLY_NEWER


@pytest.mark.parametrize(("app", "method"), CREDENTIALS, ids=map("-".join, CREDENTIALS))
def test_credentials(app: str, method: str) -> None:
    way, values = APPS[app].method(method), CREDENTIALS[app, method]
    assert way
    fields = server_apps.APPS[app].methods[method]
    unlike = set()
    for spec, wrong, given in cases(way.credentials, values):
        named = check_connection(app, method, given)
        assert not wrong or any(problem.field == f"credentials.{spec.name}" for problem in named), (spec.name, wrong)
        issues: list[dict] = []
        check_object(to_api(given), fields, [], issues)
        if any(problem.certain for problem in named) is not bool(issues):
            unlike.add((app, spec.name, wrong))
    assert unlike <= STRICTER | BY_CODE
