# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts that mean nothing but themselves in Markdown and in tables. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

SPECIAL = re.compile(r"([\\|`\[\]*_~#!$])")
# What begins a list or a line where a text begins with it.
BEGINNING = re.compile(r"^(\d*)([-+=.)])")
BACKTICKS = re.compile("`+")
# What a spreadsheet takes for the beginning of a formula, also in the forms that it makes into these.
FORMULA = tuple("=+-@\t\r＝＋－＠")  # noqa: RUF001


def plain(value: object) -> str:
    """Return the text of a cell that no spreadsheet takes for a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.lstrip().startswith(FORMULA) else text


def cell(value: object) -> str:
    """Return a text as Markdown that means nothing but itself, also within a table."""
    text = str(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return BEGINNING.sub(r"\1\\\2", SPECIAL.sub(r"\\\1", " ".join(text.split())))


def table(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Yield the lines of a table in Markdown; the titles are Markdown already."""
    yield f"| {' | '.join(titles)} |"
    yield f"|{' --- |' * len(titles)}"
    yield from (f"| {' | '.join(map(cell, row))} |" for row in rows)
    yield ""


def fenced(yaml: str) -> Iterator[str]:
    """Yield a block of text as it is, fenced by more backticks than stand in it."""
    if yaml:
        fence = "`" * (max([2, *map(len, BACKTICKS.findall(yaml))]) + 1)
        yield f"{fence}yaml\n{yaml}\n{fence}\n"
