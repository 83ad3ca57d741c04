# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An audit for a terminal: a summary, what needs someone, and, where these are few, all objects. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from .._report.words import count
from .items import PAUSED, PROBLEMS, STATES, Result, Row
from .words import Group, conflict_groups, ended, headline, never, problems, verdict, what, which

# So many objects beside those with a problem are listed one by one; of more, only numbers are shown.
MOST_OBJECTS = 20
MOST_GROUPS, MOST_MEMBERS, MOST_PROJECTS = 12, 4, 20


def lines(result: Result) -> list[str]:
    """Return what to show of an audit. There are at most about a hundred lines, however many objects there are."""
    return [headline(result), verdict(result), *result["notes"], *_sections(result)]


def _sections(result: Result) -> Iterator[str]:
    yield from (f"Not read: {fault}" for fault in result["faults"][:MOST_GROUPS])
    yield from _more(len(result["faults"]) - MOST_GROUPS, "fault", "")
    yield from _groups(problems(result["objects"]), "reason", result)
    yield from _groups(conflict_groups(result), "conflict", result)
    yield from _rest(result)


def problem_lines(result: Result) -> list[str]:
    """Return the part of the lines that tells what someone has to do something about; none if there is nothing."""
    faults = [f"Not read: {fault}" for fault in result["faults"][:MOST_GROUPS]]
    return [*faults, *_groups(problems(result["objects"]), "reason", result)]


def _groups(groups: Sequence[Group], noun: str, result: Result) -> Iterator[str]:
    for group in groups[:MOST_GROUPS]:
        yield from _group(group, several=len(result["projects"]) > 1)
    yield from _more(len(groups) - MOST_GROUPS, noun, "")


def _more(number: int, noun: str, indent: str) -> Iterator[str]:
    if number > 0:
        yield f"{indent}and {count(number, f'more {noun}')}"


def _group(group: Group, *, several: bool) -> Iterator[str]:
    number = f" ({len(group.rows):,})" if len(group.rows) > 1 else ""
    yield f"{group.title.upper()}{number}: {group.text}"
    shown = len(group.rows) if len(group.rows) <= MOST_MEMBERS + 1 else MOST_MEMBERS
    yield from (f"    {_line(row, several=several)}" for row in group.rows[:shown])
    yield from _more(len(group.rows) - shown, "object", "    ")


def _line(row: Row, *, several: bool) -> str:
    project = f"{row['project']}: " if several else ""
    time = f", {ended(row)}" if row["at"] else ""
    return f"{project}{what(row)} [{which(row)}{time}]"


def _rest(result: Result) -> Iterator[str]:
    """Yield each object without a problem, where these are few; else numbers by project."""
    several = len(result["projects"]) > 1
    others = [row for row in result["objects"] if row["state"] not in PROBLEMS]
    if len(others) <= MOST_OBJECTS:
        yield from _table(others, several=several)
    else:
        yield from _groups(never(others), "", result)
    if several:
        yield from _by_project(result)
    elif len(others) > MOST_OBJECTS:
        yield f"Without a problem: {_states(result['counts'])}."
    if len(others) > MOST_OBJECTS:
        yield "The result of the task, and a report (report_folder), have each of them."


def _table(rows: Sequence[Row], *, several: bool) -> Iterator[str]:
    width = max((len(STATES[row["state"]][0]) for row in rows), default=0)
    for row in rows:
        reason = f" {row['reason']}" if row["state"] == PAUSED and row["reason"] else ""
        yield f"{STATES[row['state']][0]:{width}}  {_line(row, several=several)}{reason}"


def _by_project(result: Result) -> Iterator[str]:
    shown = sorted(result["projects"], key=lambda one: -one["problems"])
    width = max(len(one["name"]) for one in shown[:MOST_PROJECTS])
    for one in shown[:MOST_PROJECTS]:
        yield f"{one['name']:{width}}  {_numbers(one)}"
    yield from _more(len(shown) - MOST_PROJECTS, "project", "")


def _numbers(counts: dict[str, object]) -> str:
    bad = [f"{counts[state]} {STATES[state][0].lower()}" for state in PROBLEMS if counts[state]]
    good = _states(counts)
    return ", ".join([*bad, *([good] if good else [])]) or "nothing"


def _states(counts: dict[str, object]) -> str:
    shown: Iterable[str] = (state for state in STATES if state not in PROBLEMS and counts[state])
    return ", ".join(f"{counts[state]} {_word(STATES[state][0])}" for state in shown)


def _word(title: str) -> str:
    return title if title.isupper() else title.lower()
