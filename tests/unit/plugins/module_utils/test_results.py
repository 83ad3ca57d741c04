# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the values of options are, by which they are masked in the `invocation` of a result."""

from __future__ import annotations

from ansible_collections.community.infisical.plugins.module_utils._engine.results import masked, option_keys
from ansible_collections.community.infisical.plugins.module_utils._engine.shapes import ANY, NAME, TEXT, mapping
from ansible_collections.community.infisical.plugins.module_utils._masking import HIDDEN, Mask


def test_of_a_secret_option_every_form_is_masked_however_short() -> None:
    spec = {"token": {"type": "str", "no_log": True, "aliases": ["secret"]}, "name": {"type": "str"}}
    assert option_keys(spec, {"token": TEXT}) == {"token": ANY, "secret": ANY, "name": TEXT}


def test_an_option_is_what_the_result_has_under_its_name() -> None:
    assert option_keys({"name": {"type": "str"}, "tags": {"type": "dict"}}, {"name": NAME, "tags": TEXT}) == {
        "name": NAME,
        "tags": TEXT,
    }


def test_what_is_in_a_free_mapping_may_be_anything() -> None:
    spec = {"tags": {"type": "dict"}, "rows": {"type": "list", "elements": "dict"}, "names": {"type": "list"}}
    assert option_keys(spec, {}) == {"tags": ANY, "rows": ANY, "names": TEXT}


def test_in_a_mapping_what_is_known_to_be_a_name_holds_no_short_secret() -> None:
    keys = {"config": mapping(teamName=NAME)}
    found = {"config": {"team_name": "team", "other": "team"}}
    assert masked(found, keys, Mask({"team"})) == {"config": {"team_name": "team", "other": HIDDEN}}
