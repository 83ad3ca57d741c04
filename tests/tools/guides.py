# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the guides (RST), as far as tests look into them: code blocks, list tables, headings and labels."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "docsite" / "rst"
LABEL = "ansible_collections.community.infisical.docsite."
BLOCK = re.compile(r"^( *)\.\. code-block:: (\S+)\n\n((?:\1   .*\n|\n)+)", re.MULTILINE)
HEADING = re.compile(r"(?:\A|\n\n)(\S.*)\n(=+|-+|~+)(?=\n)")


def text(name: str) -> str:
    """Return the text of a guide, named as in its address."""
    return (FOLDER / f"{name}.rst").read_text("utf-8")


def blocks(page: str) -> list[tuple[str, str]]:
    """Return the language and the text of each code block.

    >>> blocks("Text:\\n\\n.. code-block:: yaml\\n\\n   a:\\n     b: 1\\n\\nText\\n")
    [('yaml', 'a:\\n  b: 1\\n')]
    """
    return [(language, textwrap.dedent(body).rstrip("\n") + "\n") for _indent, language, body in BLOCK.findall(page)]


def headings(page: str, line: str = "") -> list[str]:
    """Return the headings, or those that are underlined with this character."""
    return [heading for heading, under in HEADING.findall(page) if under[0] == line or not line]


def below(page: str, heading: str) -> str:
    """Return what is below a heading, up to the end of the page. Raises ValueError if there is no such heading."""
    start = re.search(rf"^{re.escape(heading)}\n([=~-])\1+\n", page, re.MULTILINE)
    if not start:
        raise ValueError(f"There is no heading {heading!r}.")
    return page[start.end() :]


def rows(page: str) -> list[list[str]]:
    """Return the cells of each row of the first list table, without its header.

    >>> rows(".. list-table::\\n   :header-rows: 1\\n\\n   * - a\\n     - b\\n   * - ``1``\\n     -\\n\\nText\\n")
    [['``1``', '']]
    """
    table = re.search(r"^\.\. list-table::\n(?: +:.*\n)*\n((?: +.*\n)+)", page, re.MULTILINE)
    if not table:
        raise ValueError("There is no table.")
    found = [re.split(r"\n +-(?: |$)", row, flags=re.MULTILINE) for row in re.split(r"^ +\* - ", table[1], flags=re.M)]
    return [[" ".join(cell.split()) for cell in row] for row in found[2:]]


def labels(page: str) -> list[str]:
    """Return the labels that a page defines."""
    return re.findall(r"^\.\. _([^:\s]+):$", page, re.MULTILINE)
