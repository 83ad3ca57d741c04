# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each variable of each role accepts: less than a playbook, since Ansible checks the variables of roles first.

What Ansible lets through is read as a playbook reads its variables.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.community.infisical.plugins.plugin_utils import _variables
from ansible_collections.community.infisical.tests.unit.plugins.action.test_playbook_variables import (
    GIVEN,
    MEANS,
    REFUSED,
    ROOT,
    SECRET,
    UNASKED,
)

SWITCHES = {"null", "true", "false", "true as text", "false as text"}
NUMBERS = {"null", "number", "number as text", "true", "false"}
MAPPINGS = {"null", "no keys", "mapping", "mapping in braces"}
# By type, and by the type of items: what Ansible accepts before the role begins.
ACCEPTED: dict[tuple[str, str | None], set[str]] = {
    ("str", None): set(GIVEN),
    ("raw", None): set(GIVEN),
    ("path", None): set(GIVEN),
    ("bool", None): SWITCHES,
    ("int", None): NUMBERS,
    ("float", None): NUMBERS | {"fraction", "not a number"},
    ("dict", None): MAPPINGS,
    ("list", "dict"): {"null", "no items", "mapping in braces"},
    ("list", "str"): set(GIVEN) - {"no keys", "mapping"},
}
SPECS = {path.parents[1].name: path for path in sorted((ROOT / "roles").glob("*/meta/argument_specs.yml"))}
ROLES: dict[str, Mapping[str, Mapping[str, Any]]] = {
    role: yaml.safe_load(path.read_text("utf-8"))["argument_specs"]["main"]["options"] for role, path in SPECS.items()
}
OPTIONS: dict[str, Mapping[str, Any]] = {name: option for spec in ROLES.values() for name, option in spec.items()}
VARIABLES = [(one.name, one) for role, options in ROLES.items() for one in _variables.of_role(role, options)]


@pytest.mark.parametrize("name", OPTIONS)
def test_what_each_variable_accepts(name: str) -> None:
    option = OPTIONS[name]
    spec = {key: value for key, value in option.items() if key in ("type", "elements", "choices")}
    accepted = set()
    for kind, value in GIVEN.items():
        refusals = ArgumentSpecValidator({name: spec}).validate({name: value}).error_messages
        assert all(name in refusal for refusal in refusals), kind
        accepted |= set() if refusals else {kind}
    wanted = ACCEPTED[option.get("type", "str"), option.get("elements")]
    if "choices" in option:
        wanted = {"no items"} if option.get("type") == "list" else set()
    # The versions of ansible-core differ in whether null is a list, or text in a list.
    unsettled = {"null", "list", "list of mappings"} if option.get("type") == "list" else {"null"}
    assert accepted - unsettled == wanted - unsettled


@pytest.mark.parametrize(("name", "variable"), VARIABLES, ids=[name for name, _variable in VARIABLES])
def test_what_each_variable_means(name: str, variable: _variables.Variable) -> None:
    """Whatever Ansible lets through is no answer, or has a meaning, or is refused in one sentence."""
    means = {**GIVEN, **UNASKED} if variable.type == "raw" else MEANS[variable.type]
    default = OPTIONS[name].get("default", _variables.UNANSWERED.get(variable.type))
    for kind, value in GIVEN.items():
        meant = means.get(kind, REFUSED)
        values, faults, _lacking = _variables.read([variable], {name: value}, {})
        if meant is None and variable.required:
            assert faults == [f"Specify {name}."], kind
        elif meant is REFUSED:
            (fault,) = faults
            assert fault.startswith(f"{name} "), kind
            assert SECRET not in fault
        elif kind != "not a number":
            assert faults == [], kind
            assert values == {name: default if meant is None else meant}, kind


def test_each_role_reads_all_its_variables() -> None:
    assert {name for name, _variable in VARIABLES} == OPTIONS.keys()
    for role in ROLES:
        first = yaml.safe_load((ROOT / "roles" / role / "tasks" / "main.yml").read_text("utf-8"))[0]
        assert first["community.infisical.playbook_variables"] == {"role": role}
