# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the page of the playbooks: what each does, how to run it, and its variables, from the playbooks themselves."""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import collection_tree
import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(collection_tree.build(ROOT, ROOT / ".cache" / "collections"))]

from ansible_collections.community.infisical.plugins.plugin_utils import _variables  # noqa: E402

READER = "community.infisical.playbook_variables"
PLAYBOOKS = sorted([*(ROOT / "playbooks").glob("*.yml"), *(ROOT / "playbooks" / "awx").glob("*.yml")])
PAGE = ROOT / "docs" / "docsite" / "rst" / "playbooks.rst"
# Written apart, since checkers of licences take the first such lines of a file for its own.
SPDX = "SPDX-"
HEAD = f"""..
  {SPDX}FileCopyrightText: 2026 The community.infisical authors
  {SPDX}License-Identifier: GPL-3.0-or-later

.. _ansible_collections.community.infisical.docsite.playbooks:

Playbooks and their variables
=============================

.. The page is made of the playbooks by make generate.

Each playbook does one job and is run by variables alone, for example with ``-e name=value`` or ``-e @file.yml``. Lists
and mappings can also be text, as surveys of AWX give them. An empty value counts as not specified.
"""


@dataclass(frozen=True)
class Row:
    """A variable as the page shows it; `needed` and `default` are RST."""

    name: str
    description: str
    needed: str = ""
    default: str = ""


def page() -> str:
    """Return the page in RST."""
    return HEAD + "".join(f"\n{section(playbook)}" for playbook in PLAYBOOKS)


def section(playbook: Path) -> str:
    """Return what the page says of one playbook."""
    text = playbook.read_text("utf-8")
    comment = re.sub(r"^# ?", "", text.partition("\n- name:")[0].partition("\n\n")[2], flags=re.MULTILINE)
    told, listed = (*re.split(r"\n(?=The server and the login|Variables:)", comment, maxsplit=1), "")[:2]
    told = re.sub(r"\n*The first task describes all variables\.\s?", "\n", told)
    rows = [("variable", "required", "default", "meaning")]
    rows += [
        (f"``{row.name}``", row.needed, row.default, row.description)
        for row in declared(yaml.safe_load(text)) or list(written(listed))
    ]
    name = str(playbook.relative_to(ROOT / "playbooks").with_suffix("")).replace("/", ".")
    lines = [f"   * - {cells[0]}\n" + "".join(f"     - {cell}".rstrip() + "\n" for cell in cells[1:]) for cells in rows]
    table = ".. list-table::\n   :header-rows: 1\n\n" + "".join(lines)
    told = re.sub(r"\n{3,}", "\n\n", with_code(told)).strip()
    return f"{name}\n{'-' * len(name)}\n\n{told}\n\n{table}"


def with_code(comment: str) -> str:
    """Return a comment whose indented lines are blocks of code, and whose switches are marked as code."""
    comment = re.sub(
        r"^(?!  ).+$", lambda line: re.sub(r"--[a-z-]+", r"``\g<0>``", line[0]), comment, flags=re.MULTILINE
    )
    return re.sub(r"(?:^  +\S.*\n?)+", _block, comment, flags=re.MULTILINE)


def _block(found: re.Match[str]) -> str:
    # antsibull-docs reads YAML, and does not know Ansible's tags.
    language = "console" if "ansible-" in found[0] else "yaml+jinja" if "!unsafe" in found[0] else "yaml"
    text = textwrap.indent(textwrap.dedent(found[0]), "   ").rstrip()
    return f"\n.. code-block:: {language}\n\n{text}\n\n"


def declared(plays: list[dict[str, Any]]) -> list[Row]:
    """Return the variables that the first task of a playbook declares."""
    tasks = [task for play in plays for task in play.get("tasks", []) if READER in task]
    return [_row(variable) for task in tasks[:1] for variable in _variables.declared(**task[READER])]


def _row(variable: _variables.Variable) -> Row:
    needed = "required" if variable.required else ""
    if variable.required and variable.required is not True:
        needed = f"required, or {', '.join(f'``{name}``' for name in variable.required)}"
    if variable.to_create:
        needed += ", where it does not exist yet"
    default = "" if variable.default in (None, "") else f"``{str(variable.default).lower()}``"
    if variable.env:
        default = f"environment: {', '.join(f'``{name}``' for name in variable.env)}"
    choices = f" One of {', '.join(f'``{choice}``' for choice in variable.choices)}." if variable.choices else ""
    return Row(variable.name, f"{variable.description}{choices}", needed, default)


def written(comment: str) -> Iterator[Row]:
    """Yield the variables that a playbook's comment lists: a name, and what it means, also on further lines."""
    for names, meaning in re.findall(r"^  (\S.*?)(?:  +|\n {10,})(\S.*(?:\n {10,}\S.*)*)", comment, re.MULTILINE):
        text = " ".join(meaning.split())
        said, _, default = text.rstrip(".").partition("Default: ")
        for name in names.split(", "):
            yield Row(name, said.strip() or text, default=default)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
