# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The task of infisical_audit_info: reads, judges, and writes the report that is asked for."""

from __future__ import annotations

from datetime import datetime, timezone
from functools import partial
from typing import Any

from .._engine.results import OBJECT
from .._engine.shapes import COUNT, FLAG, NAME, SENTENCE
from .._engine.task import Task
from .._engine.values import ID
from .._errors import InputError
from .._report.files import prepare, write_files
from .items import FAILED, KINDS, STATES
from .judge import judged
from .lines import lines, problem_lines
from .page import as_markdown, has_problems, page
from .read import Reader

_NAMES = {"type": "list", "elements": "str", "default": []}
OPTIONS: dict[str, dict[str, Any]] = {
    "project_ids": _NAMES,
    "project_slugs": _NAMES,
    "check_sources": {"type": "bool", "default": True},
    "report_folder": {"type": "path"},
}
# What stands under the keys of the result.
AUDIT_KEYS = {
    **dict.fromkeys(("objects", "projects", "problems_by_kind"), OBJECT),
    **dict.fromkeys(("id", "project_id", "members", "credentials_of"), ID),
    **dict.fromkeys(
        ("kind", "name", "project", "environment", "secret_path", "service", "place", "state", "at", "environments"),
        NAME,
    ),
    **dict.fromkeys(("certain", "same_source", "has_problems"), FLAG),
    **dict.fromkeys(("reason", "faults", "notes", "summary", "problems"), SENTENCE),
    **dict.fromkeys((*KINDS, *(state for state in STATES if state != FAILED)), COUNT),
    "report": NAME,
    # Lists of ids, and of objects.
    "conflicts": OBJECT,
}


def utc_now() -> datetime:
    """Return the time of the day; a test can put another one here."""
    return datetime.now(timezone.utc)


def audit(task: Task) -> dict[str, Any]:
    """Carry out a task of infisical_audit_info and return its result. Raises InfisicalError."""
    params = task.params
    if not (params["project_ids"] or params["project_slugs"]):
        raise InputError("project_ids is missing: specify it, or project_slugs.")
    # In check mode nothing is written, not even a report.
    folder = "" if task.check_mode else str(params["report_folder"] or "")
    if folder:
        prepare(folder)
    result = judged(Reader(task).read_all())
    report: list[str] = []
    if folder:
        now = utc_now()
        report = write_files(
            folder, {"audit.html": partial(page, result, now), "audit.md": partial(as_markdown, result, now)}
        )
    return {
        "changed": False,
        **result,
        "has_problems": has_problems(result),
        "summary": lines(result),
        "problems": problem_lines(result),
        "report": report,
    }
