# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rule language: what each word of it refuses, and that each part of the catalogue is loaded by itself."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.community.infisical.plugins.module_utils._catalog import check
from ansible_collections.community.infisical.plugins.module_utils._catalog.apps import Credential
from ansible_collections.community.infisical.plugins.module_utils._catalog.schema import (
    FieldSpec,
    Problem,
    Rule,
)
from ansible_collections.community.infisical.plugins.module_utils._engine.problems import report_problems
from ansible_collections.community.infisical.plugins.module_utils._errors import InputError

PACKAGE = Path(check.__file__).parent
SERVICE_REQUIRES = "it is missing: Acme needs it with o.mode 'all'."


def rows(problems: Any) -> list[tuple[str, str, bool]]:
    return [(item.field, item.text, item.certain) for item in problems]


VALUES = {
    "fine": (FieldSpec("a", choices=("x", "y")), "x", []),
    "blanks around": (FieldSpec("a", choices=("x", "y")), " x ", []),
    "another choice": (FieldSpec("a", choices=("on", "off")), "x", ["'x' is not one of on, off."]),
    "a near choice": (FieldSpec("a", choices=("off",)), "offf", ["'offf' is not one of off. Did you mean off?"]),
    "another form": (FieldSpec("a", pattern=r"\d+", shape="a number"), "x1", ["'x1' is not a number."]),
    "a secret": (Credential("a", choices=("first",)), "frist", ["it is not one of first."]),
    "a secret of another form": (Credential("a", pattern="x", shape="an x"), "hidden", ["it is not an x."]),
    "too long": (FieldSpec("a", max_length=2), "abc", ["it has 3 characters; the server takes 2."]),
    "empty": (FieldSpec("a"), " ", []),
    "empty and required": (FieldSpec("a", required=True), " ", ["it is empty."]),
    "empty and it may be": (FieldSpec("a", required=True, may_be_empty=True), "", []),
    "a number": (FieldSpec("a"), 1, ["it must be a string, not a whole number. Put it in quotes."]),
    "a fraction": (FieldSpec("a", "int"), 1.5, ["it must be a whole number, not a number."]),
    "a switch": (FieldSpec("a", "int"), True, ["it must be a whole number, not true or false."]),
    "each item": (FieldSpec("a", "list", items="str", pattern="x", shape="an x"), ["x", "y"], ["'y' is not an x."]),
}  # fmt: skip


@pytest.mark.parametrize(("spec", "value", "texts"), VALUES.values(), ids=VALUES)
def test_what_a_field_may_hold(spec: FieldSpec, value: object, texts: list[str]) -> None:
    found = list(check.check_fields("o", {"a": value}, [spec], complete=True))
    assert [item.text for item in found] == texts
    assert all(item.certain for item in found)
    for unsure in ({"certain": False}, {"verified": False}):
        found = list(check.check_fields("o", {"a": value}, [replace(spec, **unsure)], complete=True))
        sure = "certain" in unsure and texts and ("must be" in texts[0] or "empty" in texts[0])
        assert [item.certain for item in found] == [bool(sure)] * len(texts)


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        (FieldSpec("a", required=True), "it is missing."),
        (FieldSpec("a", required=True, choices=("x", "y")), "it is missing: one of x, y."),
        (FieldSpec("a", required=True, pattern="x", shape="an x"), "it is missing: an x."),
    ],
)
def test_a_field_that_is_missing(spec: FieldSpec, text: str) -> None:
    assert rows(check.check_fields("o", {}, [spec], complete=True)) == [("o.a", text, True)]
    assert rows(check.check_fields("o", {}, [spec], complete=False)) == []


def with_all(**what: Any) -> Rule:
    """A rule for the mode `all`."""
    return Rule("o.mode", ("all",), **what)


ALL = {"o.mode": "all"}
NEEDS_B, NEEDS_ONE = with_all(needs=("b",)), with_all(needs_any=("o.b", "o.c"))
DEMANDS, REFUSES = with_all(demands=(("b", ("x", "y")),)), with_all(refuses=(("b", (True,)),))
# A rule, values, and what is said of b.
RULES: dict[str, tuple[Rule, dict[str, Any], str]] = {
    "needs": (NEEDS_B, ALL, SERVICE_REQUIRES),
    "needs, and has": (NEEDS_B, {**ALL, "b": "x"}, ""),
    "another value": (NEEDS_B, {"o.mode": "none"}, ""),
    "not set": (NEEDS_B, {}, ""),
    "any value": (Rule("o.mode", needs=("b",)), {"o.mode": "x"}, "it is missing: Acme needs it with o.mode 'x'."),
    "any value, and none": (Rule("o.mode", needs=("b",)), {"o.mode": ""}, ""),
    "unset": (Rule("o.mode", ("",), needs=("b",)), {}, "it is missing: Acme needs it where o.mode is not set."),
    "unset, and what that means": (
        Rule("o.mode", ("",), needs=("b",), means="the name of it", instead="o.mode: all"),
        {},
        "it is missing: the name of it (or set o.mode: all).",
    ),
    "one of": (NEEDS_ONE, ALL, "b or c is needed with o.mode 'all'."),
    "one of, and has": (NEEDS_ONE, {**ALL, "o.c": True}, ""),
    "always one of": (Rule(needs_any=("o.b", "o.c")), {}, "b or c is needed."),
    "demands": (DEMANDS, {**ALL, "b": "z"}, "must be x or y with o.mode 'all'."),
    "demands, and nothing": (DEMANDS, ALL, "must be x or y with o.mode 'all'."),
    "demands, and has": (DEMANDS, {**ALL, "b": "y"}, ""),
    "refuses": (REFUSES, {**ALL, "b": True}, "the server refuses True with o.mode 'all'."),
    "refuses another": (REFUSES, {**ALL, "b": False}, ""),
    "ignores": (with_all(ignores=("b",)), {**ALL, "b": "x"}, "it has no effect with o.mode 'all'."),
    "ignores nothing": (with_all(ignores=("b",)), {**ALL, "b": []}, ""),
}
# Problems that a part of an update has, too: those with something that it does specify.
IN_PARTS = {"demands", "refuses", "ignores"}


@pytest.mark.parametrize("certain", [True, False])
@pytest.mark.parametrize("case", RULES)
def test_what_a_rule_asks_for(case: str, certain: bool) -> None:
    rule, values, text = RULES[case]
    rule = replace(rule, certain=certain)
    field = (*rule.needs_any, "b")[0]
    # What has no effect is never refused.
    problems = [(field, text, certain and not rule.ignores)] if text else []
    assert rows(check.check_rules([rule], values, "Acme", complete=True)) == problems
    in_part = problems if case in IN_PARTS else []
    assert rows(check.check_rules([rule], values, "Acme", complete=False)) == in_part


def test_a_needed_field_that_is_cleared_is_a_problem_in_a_part_of_an_update() -> None:
    found = check.check_rules([NEEDS_B], {**ALL, "b": ""}, "Acme", complete=False)
    assert rows(found) == [("b", SERVICE_REQUIRES, True)]
    assert rows(check.check_rules([NEEDS_B], {**ALL, "b": []}, "Acme", complete=False)) == []


# --- what becomes of problems -----------------------------------------------------------------------------------------

SURE, UNSURE = Problem("a", "it is wrong."), Problem("b", "it may be wrong.", certain=False)


@pytest.mark.parametrize(
    ("validate", "problems", "warnings", "error"),
    [
        ("warn", [UNSURE], ["b may be wrong."], ""),
        ("warn", [UNSURE, SURE], ["b may be wrong."], "a is wrong."),
        ("strict", [SURE, UNSURE], [], "a is wrong. b may be wrong."),
        ("off", [SURE, UNSURE], [], ""),
        ("strict", [], [], ""),
    ],
)
def test_problems_are_refused_or_warned_of(validate: str, problems: list, warnings: list, error: str) -> None:
    said: list[str] = []
    task: Any = SimpleNamespace(warn=said.append)
    if error:
        with pytest.raises(InputError) as caught:
            report_problems(task, iter(problems), validate)
        assert str(caught.value) == error
    else:
        report_problems(task, iter(problems), validate)
    assert said == warnings


# --- what is loaded ---------------------------------------------------------------------------------------------------


def imported(file: Path) -> set[str]:
    """The modules that a file of the package imports, dotted as it writes them."""
    nodes = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.ImportFrom) and node.level]
    return {"." * node.level + (node.module or "") for node in nodes}


def loaded(name: str) -> set[str]:
    """The modules of the package that are loaded with one of them."""
    found, new = set(), {name}
    while new:
        found |= new
        new = {item[1:] for one in new for item in imported(PACKAGE / f"{one}.py") if item[1] != "."} - found
    return found


def test_the_catalogue_knows_nothing_but_errors() -> None:
    outside = {item for file in PACKAGE.glob("*.py") for item in imported(file) if item.startswith("..")}
    assert outside == {".._errors"}


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("native", {"services"}),
        ("syncs", {"destinations"}),
        ("connections", {"apps"}),
        ("check", set()),
        ("names", set()),
        ("schema", set()),
    ],
)
def test_data_is_loaded_where_it_is_needed(name: str, data: set[str]) -> None:
    assert loaded(name) & {"services", "destinations", "apps"} == data
