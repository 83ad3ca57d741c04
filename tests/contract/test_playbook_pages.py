# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of playbooks has the variables of each."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "tools"))

import guides  # noqa: E402
import playbook_pages  # noqa: E402


@pytest.mark.parametrize("playbook", playbook_pages.PLAYBOOKS, ids=lambda playbook: playbook.stem)
def test_a_playbook_has_a_section_with_its_variables(playbook: Path) -> None:
    text = playbook_pages.section(playbook)
    rows = guides.rows(text)
    variables = [name.strip("`") for name, _required, _default, meaning in rows if meaning]
    assert len(variables) == len(rows)
    assert len(variables) >= 3
    assert len(set(variables)) == len(variables)
    assert set(re.findall(r"-e (\w+)=", text)) <= set(variables)
    assert guides.blocks(text)
    assert "Variables:" not in text


def test_each_playbook_is_on_the_page() -> None:
    found = set(guides.headings(playbook_pages.page(), "-"))
    installed = {file.relative_to(ROOT / "playbooks") for file in (ROOT / "playbooks").rglob("*.yml")}
    jobs = {
        file for file in installed if "tasks" not in file.parts and len(file.parts) <= 2 - ("awx" not in file.parts)
    }
    assert found == {str(file.with_suffix("")).replace("/", ".") for file in jobs}


def test_the_page_is_up_to_date() -> None:
    assert playbook_pages.page() == guides.text("playbooks"), "run: make generate"


def test_a_comment_is_read() -> None:
    comment = (
        "Variables:\n  one     What it is,\n          on two lines. Default: none.\n  two, three\n          Both.\n"
    )
    rows = list(playbook_pages.written(comment))
    assert [row.name for row in rows] == ["one", "two", "three"]
    assert rows[0] == playbook_pages.Row("one", "What it is, on two lines.", default="none")
