# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks of values and rules, for services, destinations and apps."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .._errors import shown
from .names import KINDS, did_you_mean, is_kind, item_of, under_option_names, written_twice
from .schema import FieldSpec, Problem, Rule

KIND_NAMES = {
    "str": "a string",
    "bool": "true or false",
    "int": "a whole number",
    "list": "a list",
    "dict": "a mapping",
}


def is_set(value: Any) -> bool:
    """Tell whether a value is more than nothing, empty or off."""
    return value is not None and value is not False and value not in ("", [], {})


def in_full(option: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys of a mapping as fields are named in rules: with the option that holds them."""
    return {f"{option}.{key}": value for key, value in values.items()}


def short(name: str) -> str:
    """Return a field's name without the option that holds it."""
    return name.rpartition(".")[2]


def unknown(name: str, what: str, value: object, hint: str) -> Problem:
    """Return the doubt about a value of the option `name` that the catalogue has no entry for."""
    return Problem(name, f"{shown(value)} is no {what} that this collection's catalogue knows.{hint}", certain=False)


def opened(option: str, value: Any) -> tuple[dict[str, Any], list[Problem]]:
    """Return what is specified in an option that holds a mapping, under option names, and what is wrong with that."""
    if value is None:
        return {}, []
    if not isinstance(value, Mapping):
        return {}, [Problem(option, f"it must be a mapping, not {_kind_of(value)}.")]
    problems = [
        Problem(f"{option}.{key}", f"it is specified twice, as {' and '.join(keys)}.")
        for key, keys in written_twice(value).items()
    ]
    return under_option_names(value), problems


# --- values -----------------------------------------------------------------------------------------------------------


def check_fields(
    option: str,
    values: Mapping[str, Any],
    specs: Iterable[FieldSpec],
    *,
    complete: bool,
    certain: bool = True,
    names: Iterable[str] | None = None,
) -> Iterator[Problem]:
    """Yield what is wrong with the values of an option that holds a mapping.

    With `complete` false nothing that is not specified is a problem. Keys beyond `names` (else: those of `specs`), and
    all else where `certain` is false, are uncertain problems.
    """
    specs = tuple(specs)
    known = [spec.name for spec in specs] if names is None else list(names)
    for key in values:
        if key not in known:
            hint = did_you_mean(key, known) or f" Known: {', '.join(known)}."
            text = f"it isn't known here, and the server discards what it doesn't know.{hint}"
            yield Problem(f"{option}.{key}", text, certain=False)
    for spec in specs:
        name, value = f"{option}.{spec.name}", values.get(spec.name)
        if value is not None and spec.only_read:
            yield Problem(name, "only the server sets it. Leave it out.", certain and spec.verified)
        elif value is not None:
            yield from _value_problems(name, value, spec, certain and spec.verified)
        elif spec.required and complete:
            form = f"one of {listed(spec)}" if spec.choices else spec.shape
            text = f"it is missing: {form}." if form else "it is missing."
            yield Problem(name, text, certain and spec.verified)


def _kind_of(value: Any) -> str:
    return next((KIND_NAMES[kind] for kind in KINDS if is_kind(value, kind)), "a number")


def _value_problems(name: str, value: Any, spec: FieldSpec, certain: bool) -> Iterator[Problem]:
    if not is_kind(value, spec.kind):
        hint = " Put it in quotes." if spec.kind == "str" and not isinstance(value, list | Mapping) else ""
        yield Problem(name, f"it must be {KIND_NAMES[spec.kind]}, not {_kind_of(value)}.{hint}", certain)
    elif spec.kind == "str":
        yield from check_text(name, value, spec, certain=certain)
    elif spec.kind == "int":
        yield from _number_problems(name, value, spec, certain and spec.certain)
    elif spec.kind == "list":
        yield from _list_problems(name, value, spec, certain)
    elif spec.kind == "dict":
        yield from check_fields(name, under_option_names(value), spec.fields, complete=True, certain=certain)


def check_text(name: str, value: str, spec: FieldSpec, *, certain: bool = True) -> Iterator[Problem]:
    """Yield what is wrong with a text; blanks around it don't count. The value of a secret is not shown."""
    text = value.strip()
    if not text and (spec.may_be_empty or not spec.required):
        return
    sure = certain and spec.certain
    if not text:
        yield Problem(name, "it is empty.", certain)
    elif spec.pattern and not re.fullmatch(spec.pattern, text):
        yield Problem(name, f"{_named(text, spec)} is not {spec.shape}.", sure)
    elif spec.choices and text not in spec.choices:
        hint = "" if spec.secret or text in spec.newer else did_you_mean(text, map(str, spec.choices), most=1)
        problem = f"{_named(text, spec)} is not one of {listed(spec)}.{hint}"
        yield Problem(name, problem, sure and text not in spec.newer)
    if spec.max_length and len(text) > spec.max_length:
        takes = "the server takes" if spec.certain else "not every server takes more than"
        yield Problem(name, f"it has {len(text)} characters; {takes} {spec.max_length}.", sure)


def _named(text: str, spec: FieldSpec) -> str:
    return "it" if spec.secret else shown(text)


def listed(spec: FieldSpec) -> str:
    """Return the choices of a field for a message."""
    return ", ".join(str(item) for item in spec.choices)


def _number_problems(name: str, value: int, spec: FieldSpec, certain: bool) -> Iterator[Problem]:
    if spec.choices and value not in spec.choices:
        yield Problem(name, f"{value} is not one of {listed(spec)}.", certain)
    if spec.least is not None and value < spec.least:
        yield Problem(name, f"{value} is less than {spec.least}.", certain)


def _list_problems(name: str, value: Any, spec: FieldSpec, certain: bool) -> Iterator[Problem]:
    if spec.least is not None and len(value) < spec.least:
        yield Problem(name, f"it has {len(value)} items; the server needs {spec.least}.", certain)
    if spec.max_items and len(value) > spec.max_items:
        yield Problem(name, f"it has {len(value)} items; the server takes {spec.max_items}.", certain)
    item_spec = item_of(spec)
    for index, item in enumerate(value):
        yield from _value_problems(f"{name}[{index}]", item, item_spec, certain)
    marks = [str(item) for item in value] if spec.unique else []
    if spec.unique_by:
        marks = [str(item.get(spec.unique_by)) for item in value if isinstance(item, Mapping)]
    for mark in sorted({mark for mark in marks if marks.count(mark) > 1}):
        yield Problem(name, f"{spec.unique_by} {shown(mark)} occurs more than once.".lstrip(), certain)


# --- rules ------------------------------------------------------------------------------------------------------------


def check_rules(rules: Iterable[Rule], values: Mapping[str, Any], whose: str, *, complete: bool) -> Iterator[Problem]:
    """Yield what is wrong between fields, whose values go by their full names. `whose`: the name of the entry.

    With `complete` false nothing that is not specified is a problem; an empty text is specified.
    """
    for rule in rules:
        value = values.get(rule.field)
        elsewhere = any(values.get(name) not in chosen for name, chosen in rule.where)
        if elsewhere or not _holds(rule, value, complete):
            continue
        when = f"with {rule.field} {shown(value)}" if value else f"where {rule.field} is not set"
        why = f"{rule.means} (or set {rule.instead})" if rule.means else f"{whose} needs it {when}"
        for name in rule.needs:
            other = values.get(name)
            if not is_set(other) and (complete or other == ""):
                yield Problem(name, f"it is missing: {why}.", rule.certain)
        if complete and rule.needs_any and not any(is_set(values.get(name)) for name in rule.needs_any):
            names = " or ".join(short(name) for name in rule.needs_any)
            text = f"{names} is needed {when}." if rule.field else f"{names} is needed."
            yield Problem(rule.needs_any[0], text, rule.certain)
        yield from _value_clashes(rule, values, when, complete)


def _holds(rule: Rule, value: Any, complete: bool) -> bool:
    if not rule.field:
        return True
    if value is None and not complete:
        return False
    return (value or "") in rule.values if rule.values else bool(value)


def _value_clashes(rule: Rule, values: Mapping[str, Any], when: str, complete: bool) -> Iterator[Problem]:
    for name, demanded in rule.demands:
        other = values.get(name)
        if (other or "") not in demanded and (complete or other is not None):
            yield Problem(name, f"must be {' or '.join(demanded)} {when}.", rule.certain)
    for name, refused in rule.refuses:
        if values.get(name) is not None and values[name] in refused:
            yield Problem(name, f"the server refuses {shown(values[name])} {when}.", rule.certain)
    for name in rule.excludes:
        if is_set(values.get(name)):
            yield Problem(name, f"the server refuses it {when}.", rule.certain)
    for name in rule.ignores:
        if is_set(values.get(name)):
            yield Problem(name, f"it has no effect {when}.", certain=False)
