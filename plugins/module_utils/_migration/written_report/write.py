# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the report of a migration to a folder: HTML, Markdown, JSON and CSV."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from ..._report.files import write_files
from ..items import Result
from .facts import Facts, facts
from .page import page
from .texts import as_csv, as_json, as_markdown

WRITERS: dict[str, Callable[[Facts], str]] = {
    "migration.html": page,
    "migration.md": as_markdown,
    "migration.json": as_json,
    "migration.csv": as_csv,
}


def write_report(folder: str, result: Result, now: datetime) -> list[str]:
    """Write the report of a result that has all items, and return the paths of its files. `now` is in UTC.

    Raises InputError where that isn't possible.
    """
    said = facts(result, now)
    return write_files(folder, {name: partial(write, said) for name, write in WRITERS.items()})
