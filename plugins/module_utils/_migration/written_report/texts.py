# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A report of the migration as Markdown, JSON and CSV. Pure functions."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..._report.texts import cell, fenced, plain, table
from ..._report.words import count, when
from .facts import SWITCH_OFF, Facts
from .words import (
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

COLUMNS = (
    "project",
    "environment",
    "secret_path",
    "service",
    "place",
    "state",
    "stage",
    "reason",
    "needs",
    "sync_name",
    "connection_name",
    "comparison",
    "verified_at",
    "cut_over_at",
    "failing_since",
    "group",
    "native_id",
    "project_id",
    "integration_auth_id",
    "sync_id",
)


def as_json(facts: Facts) -> str:
    """Return all that a report says as JSON; the items are those of the module."""
    whole = {
        "written_at": f"{facts.now:%Y-%m-%dT%H:%M:%SZ}",
        "switch_off": SWITCH_OFF.isoformat(),
        "days_left": facts.days_left,
        "states": facts.states,
        "stages": facts.stages,
        "by_environment": [
            {"project": name, "environment": environment, **counts}
            for (name, environment), counts in facts.table.items()
        ],
        "changes": facts.changes,
        "minutes_left": facts.minutes,
        "answers": [
            {
                "title": one.title,
                "text": one.text,
                "yaml": one.yaml,
                "native_ids": _ids(one.members),
                "unblocks": _ids(one.alone),
            }
            for one in facts.answers
        ],
        "decisions": [
            {**vars(decision), "lines": [vars(line) for line in decision.lines]} for decision in facts.decisions
        ],
        "waves": [{"title": one.title, "why": one.why, "native_ids": _ids(one.members)} for one in facts.waves],
        "integrations": facts.items,
        "journal": {"path": facts.journal, "runs": facts.runs},
    }
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def _ids(items: Iterable[Mapping[str, Any]]) -> list[str]:
    return [item["native_id"] for item in items]


def as_csv(facts: Facts) -> str:
    """Return the integrations as a table for spreadsheets. No cell can be a formula."""
    lines = io.StringIO()
    # Without the mark at the beginning, spreadsheets don't know that it is UTF-8.
    lines.write("\ufeff")
    sheet = csv.writer(lines, lineterminator="\r\n")
    sheet.writerow(COLUMNS)
    for item in facts.items:
        shown = {
            **item,
            "project": project(item),
            "place": place(item),
            "service": service_name(item["service"]),
            "state": STATES[state(item)][0],
            "stage": STAGES[item["after"]][0],
            "needs": ", ".join(need["input"] for need in item["needs"]),
            "comparison": item["comparison"]["result"],
        }
        sheet.writerow(plain(shown[name]) for name in COLUMNS)
    return lines.getvalue()


def as_markdown(facts: Facts) -> str:
    """Return the report as Markdown."""
    return "\n".join(_markdown(facts)) + "\n"


def _markdown(facts: Facts) -> Iterator[str]:
    yield f"# {facts.headline}\n"
    yield f"{facts.deadline}\n\n{cell(facts.changes)}\n"
    if facts.caution:
        yield f"**{facts.caution}**\n"
    if facts.effort:
        yield f"{facts.effort}\n"
    shown = [name for name in STATES if facts.states[name]]
    yield from table(
        ["state", "integrations", "meaning"], [(STATES[n][0], facts.states[n], STATES[n][1]) for n in shown]
    )
    yield "## What to do\n"
    for answer in facts.answers:
        unblocks = f"unblocks {len(answer.alone)}" if answer.alone else f"needed by {len(answer.members)}"
        yield f"### {cell(answer.title)}: {unblocks}, in {cell(where(answer.members))}\n\n{cell(answer.text)}\n"
        yield from fenced(answer.yaml)
    yield "" if facts.answers else "Nothing is missing.\n"
    yield "## By project\n"
    rows = [(*key, *[counts.get(name) or "" for name in shown]) for key, counts in facts.table.items()]
    yield from table(["project", "environment", *[STATES[name][0] for name in shown]], rows)
    yield "## What to decide and to check\n"
    for decision in facts.decisions:
        yield f"### {decision.title}\n\n{decision.advice}\n"
        for line in decision.lines:
            yield f"- **{cell(line.subject)}** {cell(line.text)}".rstrip()
            yield from (f"  - {cell(name)}" for name in line.names)
        yield ""
        yield from fenced(decision.yaml)
    yield "" if facts.decisions else "Nothing.\n"
    yield "## Suggested waves\n"
    for number, wave in enumerate(facts.waves, start=1):
        yield f"### {number}. {wave.title}: {count(len(wave.members), 'integration')}\n\n{wave.why}\n"
        yield from fenced(wave.yaml)
    yield "" if facts.waves else "Nothing can be migrated now.\n"
    yield "## All integrations\n"
    titles = ["project", "service", "environment", "path", "place", "stage", "sync", "reason", "id"]
    yield from table(
        titles,
        [
            (
                project(item),
                service_name(item["service"]),
                item["environment"],
                item["secret_path"],
                place(item),
                STAGES[item["after"]][0],
                item["sync_name"] + (f" ({app_name(item['app'])})" if item["sync_name"] and item["app"] else ""),
                note(item),
                item["native_id"],
            )
            for item in facts.items
        ],
    )
    yield "## Runs so far\n"
    yield from table(
        ["time", "phase", "what it did", "run"],
        [(when(run.get("at")), phase(run), actions(run), run.get("run")) for run in facts.runs],
    )
    yield "## What the stages mean\n"
    yield from table(["stage", "meaning"], STAGES.values())
