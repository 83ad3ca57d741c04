# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each variable of each role accepts. Roles are for playbooks, and take no text in the place of a structure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.community.infisical.tests.unit.plugins.action.test_playbook_variables import GIVEN, ROOT

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
OPTIONS: dict[str, Mapping[str, Any]] = {
    name: option
    for path in SPECS.values()
    for name, option in yaml.safe_load(path.read_text("utf-8"))["argument_specs"]["main"]["options"].items()
}


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
