# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of the problems that the catalogue finds in a task's options."""

from __future__ import annotations

from collections.abc import Iterable

from .._catalog.schema import Problem
from .._errors import InputError
from .task import Task


def report_problems(task: Task, problems: Iterable[Problem], validate: str) -> None:
    """Refuse, or warn of, what the catalogue finds wrong with the options; all of it at once.

    `validate` is strict (everything is refused), warn (what the catalogue isn't sure of is a warning) or off.
    Raises InputError.
    """
    if validate == "off":
        return
    found = list(problems)
    refused = [problem for problem in found if problem.certain or validate == "strict"]
    for problem in found:
        if problem not in refused:
            task.warn(problem.sentence)
    if refused:
        raise InputError(" ".join(problem.sentence for problem in refused))
