# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the values of options are, by which they are masked in the `invocation` of a result."""

from __future__ import annotations

from ansible_collections.community.infisical.plugins.module_utils._engine.results import option_keys
from ansible_collections.community.infisical.plugins.module_utils._engine.shapes import ANY, TEXT


def test_of_a_secret_option_every_form_is_masked_however_short() -> None:
    spec = {"token": {"type": "str", "no_log": True, "aliases": ["secret"]}, "name": {"type": "str"}}
    assert option_keys(spec, {"token": TEXT}) == {"token": ANY, "secret": ANY, "name": TEXT}


def test_what_is_in_a_free_mapping_may_be_anything() -> None:
    spec = {"tags": {"type": "dict"}, "rows": {"type": "list", "elements": "dict"}, "names": {"type": "list"}}
    assert option_keys(spec, {}) == {"tags": ANY, "rows": ANY, "names": TEXT}
