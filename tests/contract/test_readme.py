# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The README is shown on Galaxy, too: its links are whole addresses, and what they name is in the repository."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
REPOSITORY = re.compile(
    r"https://(?:github\.com/ansible-collections/community\.infisical/blob"
    r"|raw\.githubusercontent\.com/ansible-collections/community\.infisical)/main/([^)#\s]+)"
)


def test_links_are_whole_and_lead_to_what_is_there() -> None:
    targets = re.findall(r"\]\(([^)\s]+)\)|^\[[^\]]+\]: (\S+)$", README, re.MULTILINE)
    links = [one or other for one, other in targets]
    assert [link for link in links if not link.startswith("https://")] == []
    files = [match[1] for link in links if (match := REPOSITORY.fullmatch(link))]
    assert len(files) > 10
    assert [file for file in files if not (ROOT / file).exists()] == []


def test_each_named_link_is_defined() -> None:
    defined = set(re.findall(r"^\[([^\]]+)\]: ", README, re.MULTILINE))
    text = re.sub(r"^```.*?^```|`[^`]*`", "", README, flags=re.MULTILINE | re.DOTALL)
    assert set(re.findall(r"\[([^\]]+)\](?![(:])", text)) == defined
