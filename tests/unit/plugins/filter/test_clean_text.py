# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a playbook prints of a server's texts."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible_collections.community.infisical.plugins.filter.clean_text import FilterModule

clean_text = FilterModule().filters()["clean_text"]
FAKE = "a\x1b[2J\x1b]0;t\x07\r\nTASK [community.infisical : gather] ****\nok: [localhost]\u202e\x85\u2028\u200f\u061cb"
CLEAN = "a [2J ]0;t TASK [community.infisical : gather] **** ok: [localhost] b"
TEMPLATE = "{{ 6 * 7 }}"


@pytest.mark.parametrize(
    ("value", "clean"),
    [
        (FAKE, CLEAN),
        ([FAKE, 1, None, True], [CLEAN, 1, None, True]),
        ({FAKE: {"name": (FAKE,)}}, {CLEAN: {"name": [CLEAN]}}),
        (None, None),
        (7, 7),
    ],
)
def test_every_text_is_one_line(value: Any, clean: Any) -> None:
    assert clean_text(value) == clean


def test_long_texts_are_cut() -> None:
    assert clean_text("x" * 700) == "x" * 599 + "…"
    assert clean_text(["x" * 9], 4) == ["xxx…"]
    assert clean_text("x" * 9, "4") == "xxx…"


@pytest.mark.parametrize("limit", [0, -1, None, "many"])
def test_a_limit_that_is_none(limit: Any) -> None:
    with pytest.raises(AnsibleFilterError, match="limit must be a number of characters"):
        clean_text("x", limit)


@pytest.mark.parametrize("value", [TEMPLATE, [TEMPLATE], {"name": TEMPLATE}, {TEMPLATE: 1}])
def test_the_result_is_no_template(value: Any) -> None:
    templar = Templar(loader=DataLoader(), variables={"found": clean_text(value)})
    assert templar.template(clean_text(value)) == value
    assert TEMPLATE in str(templar.template(templar.template(clean_text(value))))
