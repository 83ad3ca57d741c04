# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a report of the migration says, whatever it is written as. Pure functions of what the module returns."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from ..._report.words import cleaned, count, when
from ..items import Item, Result
from .todo import Answer, Decision, answers, decisions
from .waves import Wave, waves
from .words import DONE, STAGES, STATES, SWITCHED, actions, phase, project, state

# The day that Infisical Cloud names where it refuses to create one: "Native Integrations are being retired on August
# 19, 2027 and new ones can no longer be created". Infisical has moved that day before.
SWITCH_OFF = date(2027, 8, 19)


@dataclass(frozen=True)
class Facts:
    """All that a report says.

    `states` and `stages` are numbers of integrations; `table` has them by project and environment, and there by state.
    `changes` is a sentence. `caution` says that the numbers aren't whole, if so. `minutes`: how long what is ready
    takes, or None. `items` are in the order of the appendix, and `runs` the newest first.
    """

    now: datetime
    states: Mapping[str, int]
    stages: Mapping[str, int]
    table: Mapping[tuple[str, str], Mapping[str, int]]
    changes: str
    answers: Sequence[Answer]
    decisions: Sequence[Decision]
    waves: Sequence[Wave]
    items: Sequence[Item]
    runs: Sequence[Mapping[str, Any]]
    journal: str
    minutes: int | None
    caution: str

    @property
    def days_left(self) -> int:
        """Days until the switch-off; negative after it."""
        return (SWITCH_OFF - self.now.date()).days

    @property
    def effort(self) -> str:
        """How long the machine needs for what is ready, as a sentence; empty where nothing is."""
        if not self.minutes:
            return ""
        time = count(self.minutes, "minute") if self.minutes <= 90 else count(round(self.minutes / 60), "hour")
        return f"What is ready takes about {time} to run."

    @property
    def headline(self) -> str:
        """How far it has come, as a sentence."""
        moved = self.states[DONE] + self.states[SWITCHED]
        return (
            f"{moved:,} of {count(len(self.items), 'native integration')} {'has' if moved == 1 else 'have'} moved to"
            " secret syncs."
        )

    @property
    def deadline(self) -> str:
        """How much time is left, as a sentence."""
        day = f"{SWITCH_OFF.day} {SWITCH_OFF:%B %Y}"
        if self.days_left < 0:
            return f"Infisical Cloud switched native integrations off on {day}, {count(-self.days_left, 'day')} ago."
        return f"{count(self.days_left, 'day')} left: Infisical Cloud switches native integrations off on {day}."


def facts(result: Result, now: datetime) -> Facts:
    """Return what is to be reported of a result that has all items. `now` is in UTC."""
    safe: Result = cleaned(result)
    items = sorted(_distinct(safe["integrations"]), key=_order)
    stages = Counter(item["after"] for item in items)
    seconds = safe["estimate"]["seconds"]
    runs = safe["journal"]["runs"]
    return Facts(
        now=now,
        states={name: sum(state(item) == name for item in items) for name in STATES},
        stages={name: stages[name] for name in STAGES},
        table=_table(items),
        changes=_changes(runs, stages),
        answers=answers(items),
        decisions=decisions({**safe, "integrations": items}),
        waves=waves(items, safe["groups"]),
        items=items,
        runs=runs[::-1],
        journal=safe["journal"]["path"],
        minutes=max(1, round(seconds / 60)) if seconds else None,
        caution="Not everything could be read or done: see what to decide and to check." if safe["faults"] else "",
    )


def _distinct(items: Iterable[Item]) -> list[Item]:
    """Return the items with names of projects by which they can be told apart."""
    ids: defaultdict[str, set[str]] = defaultdict(set)
    for item in items:
        ids[item["project"]].add(item["project_id"])
    return [
        {**item, "project": f"{project(item)} ({item['project_id']})"} if len(ids[item["project"]]) > 1 else item
        for item in items
    ]


def _order(item: Item) -> tuple[str, ...]:
    names = (project(item).casefold(), project(item), item["service"], item["environment"], item["place"])
    return (*names, item["secret_path"], item["native_id"])


def _table(items: Iterable[Item]) -> dict[tuple[str, str], Counter[str]]:
    found: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for item in items:
        found[project(item), item["environment"]][state(item)] += 1
    return dict(sorted(found.items(), key=lambda entry: (entry[0][0].casefold(), entry[0])))


def _changes(runs: Sequence[Mapping[str, Any]], stages: Mapping[str, int]) -> str:
    """Return what is different since the last time.

    That is since the last run after which the numbers were others, where the journal has them (`counts`); or else what
    the last run did that did anything.
    """
    for run in reversed(runs):
        before = run.get("counts")
        if before and (differing := [name for name in STAGES if stages[name] != before.get(name, 0)]):
            listed = ", ".join(
                f"{STAGES[name][0].lower()} {stages[name] - before.get(name, 0):+d}" for name in differing
            )
            return f"Since {when(run.get('at'))} ({phase(run)}): {listed}."
    for run in reversed(runs):
        if any(run.get("actions", {}).values()):
            return f"Last change: {when(run.get('at'))}, {phase(run)}: {actions(run)}."
    return "The migration has changed nothing yet."
