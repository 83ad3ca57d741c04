# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A report of the migration as one HTML page that needs nothing but itself. No script runs in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..._report.markup import SHOWN, Markup, document, first_of, fold, joined, tag
from ..._report.words import count, when
from ..items import BLOCKED, FAULT, Item
from .facts import Facts
from .todo import Answer, Decision, Line
from .waves import Wave
from .words import (
    INACTIVE,
    STAGES,
    STATES,
    actions,
    app_name,
    note,
    phase,
    place,
    project,
    service_name,
    state,
    where,
)

# Rows of a table, and names in a list, beyond which it is folded or cut. JSON has all of them.
MOST_ROWS, MOST_NAMES = 14, 40


def page(facts: Facts) -> str:
    """Return the page."""
    written = f"{facts.now:%Y-%m-%d %H:%M} UTC"
    body = tag(
        "main",
        tag("header", tag("p", f"Native integrations to secret syncs · {written}", class_="eyebrow"), *_top(facts)),
        tag(
            "div",
            tag("div", _todo(facts.answers), _decisions(facts.decisions)),
            tag("div", _table(facts), _waves(facts), _journal(facts), _stages(facts)),
            class_="columns",
        ),
        _appendix(facts.items),
    )
    return document("Migration to secret syncs", body)


def _top(facts: Facts) -> list[Markup]:
    shown = [name for name in STATES if facts.states[name] or name != INACTIVE]
    shares = [
        tag("span", "", class_=f"s-{name}", style=f"flex-grow:{facts.states[name]}")
        for name in shown
        if facts.states[name]
    ]
    cards = [
        tag("li", tag("b", f"{facts.states[name]:,}"), tag("span", STATES[name][0], class_=f"dot s-{name}"))
        for name in shown
    ]
    urgent = facts.days_left < 90 and facts.states[BLOCKED] + facts.states[FAULT] > 0
    return [
        tag("h1", facts.headline),
        tag("p", facts.deadline, class_="deadline urgent" if urgent else "deadline"),
        *([tag("p", facts.caution, class_="urgent")] if facts.caution else []),
        tag("div", *shares, class_="bar", role="img", aria_label="Shares of the states below"),
        tag("ul", *cards, class_="cards"),
        tag("p", f"{facts.changes} {facts.effort}", class_="quiet"),
    ]


def _paste(yaml: str) -> Markup:
    return tag("pre", yaml, tabindex="0") if yaml else Markup()


def _names(names: Sequence[str]) -> Markup:
    if not names:
        return Markup()
    entries = [tag("li", name) for name in names[:MOST_NAMES]]
    if len(names) > MOST_NAMES:
        entries.append(tag("li", f"and {len(names) - MOST_NAMES:,} more", class_="quiet"))
    return tag("ul", *entries, class_="names")


def _todo(answers: Sequence[Answer]) -> Markup:
    entries = [_answer(answer) for answer in answers]
    if not entries:
        return tag("section", tag("h2", "What to do"), tag("p", "Nothing is missing.", class_="quiet"))
    return tag(
        "section",
        tag("h2", "What to do"),
        tag("p", "Open an entry for what to paste into the variables of the next run.", class_="quiet"),
        first_of(entries, "answer"),
    )


def _answer(answer: Answer) -> Markup:
    unblocks = f"unblocks {len(answer.alone)}" if answer.alone else f"needed by {len(answer.members)}"
    more = len(answer.members) - len(answer.alone)
    also = (
        f", and is needed by {more} that also {'waits' if more == 1 else 'wait'} for something else"
        if answer.alone and more
        else ""
    )
    return fold(
        [tag("b", answer.title), tag("span", f"{unblocks}, in {where(answer.members)}{also}", class_="quiet")],
        tag("p", answer.text),
        _paste(answer.yaml),
    )


def _decisions(decisions: Sequence[Decision]) -> Markup:
    if not decisions:
        return Markup()
    return tag(
        "section",
        tag("h2", "What to decide and to check"),
        *[
            fold(
                [tag("b", decision.title), tag("span", decision.size, class_="quiet")],
                tag("p", decision.advice),
                first_of([_line(line) for line in decision.lines], "entry"),
                _paste(decision.yaml),
            )
            for decision in decisions
        ],
    )


def _line(line: Line) -> Markup:
    text = [tag("p", tag("b", line.subject), f" {line.text}" if line.text else "")]
    if len(line.names) > SHOWN:
        return tag("div", *text, fold([f"{len(line.names):,} entries"], _names(line.names)), class_="line")
    return tag("div", *text, _names(line.names), class_="line")


def _table(facts: Facts) -> Markup:
    shown = [name for name in STATES if facts.states[name]]
    by_project: dict[str, dict[str, int]] = {}
    for (name, _environment), counts in facts.table.items():
        sums = by_project.setdefault(name, dict.fromkeys(STATES, 0))
        for key, number in counts.items():
            sums[key] += number
    whole = _counts("Project", shown, [(name, "", counts) for name, counts in by_project.items()])
    parts = _counts("Project", shown, [(*key, counts) for key, counts in facts.table.items()])
    few = len(facts.table) <= MOST_ROWS
    content = [parts] if few else [whole, fold(["By environment"], parts)]
    if len(by_project) > MOST_ROWS:
        content = [fold([count(len(by_project), "project")], whole), fold(["By environment"], parts)]
    return tag("section", tag("h2", "By project"), *content)


def _counts(title: str, states: Sequence[str], rows: Iterable[tuple[str, str, Mapping[str, int]]]) -> Markup:
    head = tag("tr", tag("th", title, scope="col"), *[tag("th", STATES[name][0], scope="col") for name in states])
    lines = []
    for name, environment, counts in rows:
        numbers = [str(counts.get(key) or "") for key in states]
        first = tag("th", name, *([tag("span", f" {environment}", class_="quiet")] if environment else []), scope="row")
        cells = [tag("td", number, data_label=STATES[key][0]) for key, number in zip(states, numbers, strict=True)]
        lines.append(tag("tr", first, *cells))
    return tag("table", tag("thead", head), tag("tbody", *lines), class_="counts")


def _waves(facts: Facts) -> Markup:
    if not facts.waves:
        return Markup()
    blocked = facts.states[BLOCKED]
    waiting = f"{blocked:,} more {'follows' if blocked == 1 else 'follow'} once unblocked." if blocked else ""
    return tag(
        "section",
        tag("h2", "Suggested waves"),
        tag("p", f"What can be migrated now, in an order that risks least. {waiting}", class_="quiet"),
        first_of([_wave(number, wave) for number, wave in enumerate(facts.waves, start=1)], "wave"),
    )


def _wave(number: int, wave: Wave) -> Markup:
    summary = f"{count(len(wave.members), 'integration')}, in {where(wave.members)}"
    return fold(
        [tag("b", f"{number}. {wave.title}"), tag("span", summary, class_="quiet")],
        tag("p", wave.why),
        _paste(wave.yaml),
    )


def _appendix(items: Sequence[Item]) -> Markup:
    projects: dict[str, list[Item]] = {}
    for item in items:
        projects.setdefault(project(item), []).append(item)
    folds = [
        fold([tag("b", name), tag("span", count(len(members), "integration"), class_="quiet")], _rows(members))
        for name, members in projects.items()
    ]
    return tag("section", tag("h2", "All integrations"), first_of(folds, "project"))


def _rows(items: Iterable[Item]) -> Markup:
    titles = ("Service", "From", "To", "Stage")
    lines = [tag("tr", *map(_cell, titles, _row(item))) for item in items]
    head = tag("tr", *[tag("th", title, scope="col") for title in titles])
    return tag("table", tag("thead", head), tag("tbody", *lines), class_="rows")


def _cell(title: str, content: Markup) -> Markup:
    return tag("td", tag("div", content), data_label=title)


def _row(item: Item) -> tuple[Markup, ...]:
    made = []
    if item["sync_id"]:
        through = (
            f" through {app_name(item['app'])} connection {item['connection_name']}" if item["connection_name"] else ""
        )
        made.append(tag("span", f"Sync {item['sync_name']}{through}", class_="quiet"))
    reason = [tag("span", note(item), class_="quiet")] if note(item) else []
    stage = tag("span", STAGES[item["after"]][0], class_=f"dot s-{state(item)}")
    return (
        joined([service_name(item["service"])]),
        joined([f"{item['environment']} {item['secret_path']}", tag("span", item["native_id"], class_="id")]),
        joined([place(item), *made]),
        joined([stage, *reason]),
    )


def _journal(facts: Facts) -> Markup:
    runs = [
        tag(
            "li",
            tag("b", f"{when(run.get('at'))} {phase(run)}"),
            f" {actions(run)} ",
            tag("span", _run(run), class_="id"),
        )
        for run in facts.runs
    ]
    if not runs:
        return Markup()
    path = f"Kept in {facts.journal}" if facts.journal else "No journal is kept"
    return tag(
        "section",
        tag("h2", "Runs so far"),
        fold(
            [tag("b", count(len(runs), "run")), tag("span", f"the newest first. {path}.", class_="quiet")],
            tag("ol", *runs, class_="runs"),
        ),
    )


def _run(run: Mapping[str, Any]) -> str:
    return " ".join(str(run[key]) for key in ("who", "run") if run.get(key))


def _stages(facts: Facts) -> Markup:
    def listed(texts: dict[str, tuple[str, str]]) -> Markup:
        return tag("dl", *[tag("div", tag("dt", title), tag("dd", text)) for title, text in texts.values()])

    shown = {name: STATES[name] for name in STATES if facts.states[name] or name != INACTIVE}
    return tag(
        "section",
        tag("h2", "Terms"),
        fold(["States, as counted at the top"], listed(shown)),
        fold(["Stages of a single integration"], listed(STAGES)),
    )
