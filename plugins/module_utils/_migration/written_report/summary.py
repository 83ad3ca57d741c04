# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run of the migration in a few lines, for a terminal. Pure functions of what the module returns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from ..._errors import listed
from ..._report.words import count
from ..items import FAILED, NONE, STAGES, Result
from .facts import Facts, facts
from .words import label, where

# Lines of one kind, and names in a line; the report has the others.
MOST = 5


def summary(result: Result, report: Sequence[str], now: datetime, *, check: bool) -> list[str]:
    """Return the lines that sum up a result that has all items, some twenty at most, however many items it has.

    `report` has the paths of the files of the report; `check`: the run was one of check mode.
    """
    return list(_lines(facts(result, now), result, report, check=check))


def _lines(said: Facts, result: Result, report: Sequence[str], *, check: bool) -> Iterator[str]:
    stages = ", ".join(f"{said.stages[name]} {_words(name)}" for name in STAGES if said.stages[name])
    total = count(len(said.items), "native integration")
    yield f"Phase {_words(result['phase'])}: {f'{total}: {stages}' if stages else total}."
    done = Counter(item["action"] for item in said.items if item["action"] not in (NONE, FAILED))
    listed_actions = ", ".join(f"{number} {_words(name)}" for name, number in sorted(done.items()))
    yield f"{'This run would do' if check else 'Done by this run'}: {listed_actions or 'nothing'}."
    failed = [item for item in said.items if item["action"] == FAILED]
    yield from _some(f"Failed: {label(item)} ({item['native_id']}): {item['reason']}" for item in failed)
    yield from _some(f"Difference {one['id']}: {one['reason']}" for one in result["differences"])
    yield from _some(
        f"Missing: {one.title}, for {count(len(one.members), 'integration')} ({where(one.members)})."
        for one in said.answers
    )
    yield from _some(
        f"Would delete: {label(item)}: {listed(item['would_delete'], limit=MOST)}."
        for item in said.items
        if item["would_delete"]
    )
    yield from _some(result["unused_inputs"])
    yield from _some(f"Fault: {text}" for text in result["faults"])
    if said.decisions:
        yield f"To decide or to look at: {'; '.join(f'{one.title} ({one.size})' for one in said.decisions)}."
    if said.effort:
        yield said.effort
    yield f"Journal: {said.journal or 'none'}"
    yield f"Report: {report[0] if report else 'none, as nothing is written in check mode' if check else 'none'}"


def _words(name: str) -> str:
    return name.replace("_", " ")


def _some(lines: Iterable[str]) -> Iterator[str]:
    every = list(lines)
    yield from every[:MOST]
    if len(every) > MOST:
        yield f"  and {len(every) - MOST} more of these; the report has all."
