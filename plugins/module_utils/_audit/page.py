# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An audit as one HTML page and as Markdown. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from .._report.markup import Markup, document, first_of, fold, joined, tag
from .._report.texts import cell, table
from .._report.words import cleaned, count
from .items import FAILED, NEVER, OK, PAUSED, PROBLEMS, SOURCE_GONE, STATES, UNDER_WAY, UNUSED, Result, Row
from .words import NOUNS, Group, conflict_groups, ended, headline, never, problems, service_name, source, verdict

# The colour of each state, by the classes of the style.
CLASSES = {
    FAILED: "s-fault",
    SOURCE_GONE: "s-blocked",
    NEVER: "s-ready",
    UNDER_WAY: "s-both",
    PAUSED: "s-inactive",
    UNUSED: "s-inactive",
    OK: "s-done",
}
# Rows of a table of projects, and of objects in a group, beyond which it is folded or cut.
MOST_ROWS, MOST_MEMBERS = 14, 40
# Where projects are told apart.
Sections = Sequence[tuple[str, Sequence[Row]]]


def page(result: Result, now: datetime) -> str:
    """Return the page. `now` is in UTC."""
    safe: Result = cleaned(result)
    written = f"{now:%Y-%m-%d %H:%M} UTC"
    body = tag(
        "main",
        tag(
            "header",
            tag("p", f"Audit of native integrations and secret syncs · {written}", class_="eyebrow"),
            *_top(safe),
        ),
        tag(
            "div",
            tag("div", _groups("Problems", problems(safe["objects"]), "No problems.")),
            tag(
                "div",
                _groups("Needs attention", [*conflict_groups(safe), *never(safe["objects"])], "Nothing."),
                _table(safe),
            ),
            class_="columns",
        ),
        _appendix(safe),
        _words(safe),
    )
    return document("Audit of native integrations and secret syncs", body)


def _top(result: Result) -> Iterator[Markup]:
    shown = [state for state in STATES if result["counts"][state]]
    numbers = {state: int(result["counts"][state]) for state in shown}
    yield tag("h1", verdict(result))
    yield tag("p", headline(result), class_="deadline")
    yield from (tag("p", fault, class_="urgent") for fault in result["faults"])
    yield from (tag("p", note, class_="quiet") for note in result["notes"])
    shares = [tag("span", "", class_=CLASSES[state], style=f"flex-grow:{numbers[state]}") for state in shown]
    if shares:
        yield tag("div", *shares, class_="bar", role="img", aria_label="Shares of the states below")
    cards = [
        tag("li", tag("b", f"{numbers[state]:,}"), tag("span", STATES[state][0], class_=f"dot {CLASSES[state]}"))
        for state in shown
    ]
    yield tag("ul", *cards, class_="cards") if cards else Markup()


def _groups(title: str, groups: Sequence[Group], nothing: str) -> Markup:
    if not groups:
        return tag("section", tag("h2", title), tag("p", nothing, class_="quiet"))
    return tag("section", tag("h2", title), first_of([_group(group) for group in groups], "group"))


def _group(group: Group) -> Markup:
    entries = [tag("li", *_entry(row)) for row in group.rows[:MOST_MEMBERS]]
    if len(group.rows) > MOST_MEMBERS:
        entries.append(tag("li", f"and {len(group.rows) - MOST_MEMBERS:,} more", class_="quiet"))
    summary = [tag("b", f"{group.title} ({len(group.rows):,})"), tag("span", group.text, class_="quiet")]
    return fold(summary, tag("ul", *entries, class_="names"))


def _entry(row: Row) -> Iterator[str]:
    yield f"{row['project']}: {_what(row)}"
    if row["at"]:
        yield tag("span", f" {ended(row)}", class_="quiet")
    yield tag("span", f"{NOUNS[row['kind']]} {row['name']} {row['id']}", class_="id")


def _what(row: Row) -> str:
    place = f"{service_name(row)} {row['place']}".strip()
    return f"{source(row)} → {place}" if row["environment"] or row["place"] else f"{row['name']} ({place})"


def _table(result: Result) -> Markup:
    shown = [state for state in STATES if result["counts"][state]]
    if not shown or not result["projects"]:
        return Markup()
    head = tag("tr", tag("th", "Project", scope="col"), *[tag("th", STATES[state][0], scope="col") for state in shown])
    ordered = sorted(result["projects"], key=lambda one: -one["problems"])
    lines = [
        tag(
            "tr",
            tag("th", one["name"], scope="row"),
            *[tag("td", str(one[state] or ""), data_label=STATES[state][0]) for state in shown],
        )
        for one in ordered
    ]
    content = tag("table", tag("thead", head), tag("tbody", *lines), class_="counts")
    if len(ordered) > MOST_ROWS:
        content = fold([count(len(ordered), "project")], content)
    return tag("section", tag("h2", "By project"), content)


def _sections(result: Result) -> Sections:
    found: dict[tuple[str, str], list[Row]] = {}
    for row in sorted(result["objects"], key=lambda row: row["project"].casefold()):
        found.setdefault((row["project"], row["project_id"]), []).append(row)
    names = [name for name, _id in found]
    return [
        (f"{name} ({object_id})" if names.count(name) > 1 else name, rows) for (name, object_id), rows in found.items()
    ]


def _appendix(result: Result) -> Markup:
    folds = [
        fold([tag("b", name), tag("span", count(len(rows), "object"), class_="quiet")], _rows(rows))
        for name, rows in _sections(result)
    ]
    if not folds:
        return Markup()
    few = len(result["objects"]) <= MOST_ROWS
    return tag("section", tag("h2", "All objects"), _rows(result["objects"]) if few else first_of(folds, "project"))


def _rows(rows: Iterable[Row]) -> Markup:
    titles = ("What", "From", "To", "State")
    lines = [
        tag(
            "tr",
            *[
                tag("td", tag("div", content), data_label=title)
                for title, content in zip(titles, _cells(row), strict=True)
            ],
        )
        for row in rows
    ]
    head = tag("tr", *[tag("th", title, scope="col") for title in titles])
    return tag("table", tag("thead", head), tag("tbody", *lines), class_="rows")


def _cells(row: Row) -> tuple[Markup, ...]:
    quiet = [text for text in (ended(row), row["reason"] if row["state"] != OK else "") if text]
    shown = tag("span", STATES[row["state"]][0], class_=f"dot {CLASSES[row['state']]}")
    conflict = f"Writes where {count(len(row['conflicts']), 'other object')} write." if row["conflicts"] else ""
    return (
        joined([NOUNS[row["kind"]].capitalize(), tag("span", row["name"], class_="quiet")]),
        joined([f"{row['environment']} {row['secret_path']}", tag("span", row["id"], class_="id")]),
        joined([service_name(row), tag("span", row["place"], class_="quiet")]),
        joined([shown, *[tag("span", text, class_="quiet") for text in (*quiet, conflict) if text]]),
    )


def _words(result: Result) -> Markup:
    shown = [STATES[state] for state in STATES if result["counts"][state]]
    if not shown:
        return Markup()
    entries = [tag("div", tag("dt", title), tag("dd", text)) for title, text in shown]
    return tag("section", tag("h2", "Terms"), fold(["States"], tag("dl", *entries)))


def as_markdown(result: Result, now: datetime) -> str:
    """Return the audit as Markdown. `now` is in UTC."""
    return "\n".join(_markdown(cleaned(result), now)) + "\n"


def _markdown(result: Result, now: datetime) -> Iterator[str]:
    yield f"# {verdict(result)}\n"
    yield f"{cell(headline(result))} {now:%Y-%m-%d %H:%M} UTC.\n"
    yield from (f"- **{cell(text)}**" for text in result["faults"])
    yield from (f"- {cell(text)}" for text in result["notes"])
    yield ""
    for title, groups in (
        ("Problems", problems(result["objects"])),
        ("Needs attention", [*conflict_groups(result), *never(result["objects"])]),
    ):
        yield f"## {title}\n"
        for group in groups:
            yield f"- **{cell(group.title)} ({len(group.rows)})** {cell(group.text)}"
            yield from (f"  - {cell(row['project'])}: {cell(_what(row))} ({cell(row['id'])})" for row in group.rows)
        yield "" if groups else "Nothing.\n"
    shown = [state for state in STATES if result["counts"][state]]
    yield "## By project\n"
    numbers = [(one["name"], *[one[state] or "" for state in shown]) for one in result["projects"]]
    yield from table(["project", *[STATES[state][0] for state in shown]], numbers)
    yield "## All objects\n"
    titles = ["project", "what", "name", "from", "service", "to", "state", "last sync", "reason", "id"]
    yield from table(titles, [_line(row) for row in result["objects"]])


def _line(row: Row) -> tuple[object, ...]:
    where = f"{row['environment']} {row['secret_path']}".strip()
    state, kind = STATES[row["state"]][0], NOUNS[row["kind"]]
    names = (row["project"], kind, row["name"], where, service_name(row), row["place"])
    return (*names, state, ended(row), row["reason"] if row["state"] != OK else "", row["id"])


def has_problems(result: Result) -> bool:
    """Tell whether someone has to act: an object with a problem, or a project that could not be read."""
    return bool(result["faults"]) or any(row["state"] in PROBLEMS for row in result["objects"])
