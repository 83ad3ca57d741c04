# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a catalogue finds wrong with a task's options, and what becomes of that."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .._errors import InputError

if TYPE_CHECKING:
    from .._engine.task import Task


@dataclass(frozen=True)
class Problem:
    """What is wrong with one field. `certain` is false where the catalogue itself may be wrong, or behind the times."""

    field: str
    text: str
    certain: bool = True

    def __str__(self) -> str:
        return f"{self.field}: {self.text}"


def report_problems(task: Task, problems: Iterable[Problem], validate: str) -> None:
    """Refuse, or warn of, what a catalogue finds wrong with the options; all of it at once.

    `validate` is strict (everything is refused), warn (what the catalogue isn't sure of is a warning) or off.
    Raises InputError.
    """
    if validate == "off":
        return
    refused = [problem for problem in problems if problem.certain or validate == "strict"]
    for problem in problems:
        if problem not in refused:
            task.warn(f"{problem.field}: {problem.text}")
    if refused:
        raise InputError(" ".join(f"{problem.field}: {problem.text}" for problem in refused))
