# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people must do for a migration: answers to give, decisions to take. Pure functions."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from ..._report.words import count, when
from ..items import BLOCKED, DIFFERENT, FAULT, NOT_COMPARABLE, RETIRED, Comparison, Difference, Item, Need, Result
from .words import app_name, label, service_name, source, state, target, where

CONNECTIONS = "connections"
# What these inputs ask for is no detail that somebody can look up: it has consequences, and someone must want them.
NAMES = "sync_options.key_schema"
SOURCES = ("environment", "secret_path")


@dataclass(frozen=True)
class Answer:
    """What the user can give, for all integrations that wait for it.

    `alone` are those that wait for nothing else. `yaml` is to be pasted and completed.
    """

    title: str
    text: str
    yaml: str
    members: Sequence[Item]
    alone: Sequence[Item]


@dataclass(frozen=True)
class Line:
    """One thing to decide about: what it concerns, what is to be said, and names of secrets or integrations."""

    subject: str
    text: str = ""
    names: Sequence[str] = ()


@dataclass(frozen=True)
class Decision:
    """Things of one kind to decide about. `advice` says what to do; `yaml` is to be pasted, and may be empty.

    `noun` is what each line is about; empty where it is a text that holds for the integrations in its names.
    """

    title: str
    advice: str
    lines: Sequence[Line]
    noun: str = ""
    yaml: str = ""

    @property
    def size(self) -> str:
        """How much there is to decide, in words."""
        if self.noun:
            return count(len(self.lines), self.noun)
        return count(sum(len(line.names) for line in self.lines), "integration")


def answers(items: Iterable[Item]) -> list[Answer]:
    """Return what is missing, what unblocks most first. Integrations that lack the same are in one answer."""
    waiting: defaultdict[tuple[str, ...], list[tuple[Item, Need]]] = defaultdict(list)
    kinds: defaultdict[str, set[tuple[str, ...]]] = defaultdict(set)
    for item in items:
        for need in item["needs"] if item["after"] == BLOCKED else ():
            kind = _kind(item, need)
            waiting[kind].append((item, need))
            kinds[item["native_id"]].add(kind)
    found = []
    for kind, entries in waiting.items():
        members = [item for item, _need in entries]
        alone = [item for item in members if kinds[item["native_id"]] == {kind}]
        found.append(Answer(_title(kind, members), kind[2][:1].upper() + kind[2][1:], _pasted(entries), members, alone))
    return sorted(found, key=lambda answer: (-len(answer.alone), -len(answer.members), answer.title))


def _kind(item: Item, need: Need) -> tuple[str, ...]:
    """Return what two needs must have in common to be met by one answer: the input, for what, and why."""
    of = app_name(item["app"]) if need["input"] == CONNECTIONS else ""
    return need["input"], of or service_name(item["service"]), need["text"]


def _title(kind: tuple[str, ...], members: Iterable[Item]) -> str:
    if kind[0] != CONNECTIONS:
        return f"{kind[1]}: {kind[0].rpartition('.')[2].replace('_', ' ')}"
    return f"{kind[1]}: {count(len({item['integration_auth_id'] for item in members}), 'connection')}"


def _pasted(entries: Iterable[tuple[Item, Need]]) -> str:
    """Return the entries to be pasted as one list, each once, with a comment on what it is for."""
    lists: dict[str, dict[str, list[Item]]] = {}
    for item, need in entries:
        head, _newline, entry = need["yaml"].partition("\n")
        if head:
            lists.setdefault(head, {}).setdefault(entry, []).append(item)
    lines = []
    for head, texts in lists.items():
        lines.append(head)
        for entry, members in texts.items():
            rest = f" and {len(members) - 1} more" if len(members) > 1 else ""
            lines += [f"  # {label(members[0])}{rest}", *([entry] if entry else [])]
    return "\n".join(lines)


def decisions(result: Result) -> list[Decision]:
    """Return what must be decided, or looked at, the most urgent first; `result` has all items."""
    found = (decision for one in DECISIONS for decision in one(result))
    return [decision for decision in found if decision.lines]


def _of_the_run(result: Result) -> Iterator[Decision]:
    yield Decision(
        "This run could not read or do everything",
        "The numbers on this page leave out what could not be read.",
        [Line(text) for text in result["faults"]],
        "fault",
    )


def _attention(result: Result) -> Iterator[Decision]:
    yield Decision(
        "Needs attention",
        "The migration changes nothing here until someone has looked.",
        _by_reason(item for item in result["integrations"] if state(item) == FAULT),
    )


def _unused(result: Result) -> Iterator[Decision]:
    yield Decision(
        "Variables that match no integration",
        "Correct or remove these entries: none of them is used.",
        [Line(text) for text in result["unused_inputs"]],
        "entry",
    )


def _differences(result: Result) -> Iterator[Decision]:
    items = {item["native_id"]: item for item in result["integrations"]}
    found = result["differences"]
    lines = [
        Line(
            label(items[one["native_id"]]) if one["native_id"] in items else one["place"],
            one["reason"],
            _differing(one),
        )
        for one in found
    ]
    named = {one["native_id"] for one in found}
    # What an earlier run found: this one has not looked again.
    lines += [
        Line(label(item), item["comparison"]["reason"], _differing(item["comparison"]))
        for item in items.values()
        if item["comparison"]["result"] == DIFFERENT and item["after"] != RETIRED and item["native_id"] not in named
    ]
    yield Decision(
        "Destinations that differ from their first reading",
        "Find out why. Accept a difference by its ID if it is intended; otherwise roll back.",
        lines,
        "integration",
        "\n".join(["accept_differences:", *(f"  - {json.dumps(one['id'])}" for one in found)]) if found else "",
    )


def _differing(found: Comparison | Difference) -> list[str]:
    """Return the names that differ, each with how."""
    parts = {"missing": found["missing"], "new": found["extra"], "changed": found["changed"]}
    return [f"{name} ({how})" for how, names in parts.items() for name in names]


def _groups(result: Result) -> Iterator[Decision]:
    items = {item["native_id"]: item for item in result["integrations"]}
    lines = []
    for group in result["groups"]:
        members = [items[member] for member in group["members"] if member in items]
        if not members or all(item["after"] == RETIRED for item in members):
            continue
        places = list(dict.fromkeys(map(target, members)))
        names = [
            source(item) + (", deletes what isn't its own" if item["native_id"] in group["deleting"] else "")
            for item in members
        ]
        rest = f" and {count(len(places) - 1, 'other place')}" if len(places) > 1 else ""
        lines.append(Line(places[0] + rest, group["reason"], names))
    yield Decision(
        "Several write to one place",
        "Decide about each of these groups as a whole. They are switched over together, in the order shown.",
        lines,
        "group",
    )


def _accounts(result: Result) -> Iterator[Decision]:
    auths: defaultdict[str, defaultdict[str, list[Item]]] = defaultdict(lambda: defaultdict(list))
    for item in result["integrations"]:
        if item["after"] != RETIRED:
            auths[item["service"]][item["integration_auth_id"]].append(item)
    yield Decision(
        "Services with several sets of credentials",
        "Which account these are for can't be read. Check that each has the connection of its own account.",
        [
            Line(service_name(service), f"{len(found)} native auths", [_auth(*one) for one in found.items()])
            for service, found in sorted(auths.items())
            if len(found) > 1
        ],
        "service",
    )


def _auth(auth_id: str, members: Sequence[Item]) -> str:
    names = list(dict.fromkeys(item["connection_name"] or "no connection yet" for item in members))
    return f"{auth_id} → {', '.join(names)}: {count(len(members), 'integration')}, {where(members)}"


def _needing(inputs: Iterable[str], title: str, advice: str) -> Callable[[Result], Iterator[Decision]]:
    wanted = frozenset(inputs)

    def decide(result: Result) -> Iterator[Decision]:
        lines: defaultdict[str, list[str]] = defaultdict(list)
        for item in result["integrations"]:
            for text in (need["text"] for need in item["needs"] if need["input"] in wanted):
                lines[text].append(label(item))
        yield Decision(title, advice, [Line(text, "", names) for text, names in lines.items()])

    return decide


def _deletions(result: Result) -> Iterator[Decision]:
    items = {item["native_id"]: item for item in result["integrations"]}
    yield Decision(
        "Names that would be deleted",
        "Confirm these (confirm_deletions) only if nobody else uses them.",
        [
            Line(label(items[native]) if native in items else native, count(len(names), "name"), names)
            for native, names in result["would_delete"].items()
            if names
        ],
        "integration",
    )


def _no_counterpart(result: Result) -> Iterator[Decision]:
    yield Decision(
        "Blocked for other reasons",
        "Decide what to do with these before native integrations are switched off.",
        _by_reason(item for item in result["integrations"] if item["after"] == BLOCKED and not item["needs"]),
    )


def _not_compared(result: Result) -> Iterator[Decision]:
    # Without a reason, nothing has been looked at yet.
    compared = [(item, item["comparison"]) for item in result["integrations"] if item["after"] != RETIRED]
    found = [item for item, one in compared if one["result"] == NOT_COMPARABLE and one["reason"]]
    yield Decision(
        "Destinations that can't be compared",
        "Look at these yourself before the native integrations are removed.",
        _by_reason(found, lambda item: item["comparison"]["reason"]),
    )


def _failing(result: Result) -> Iterator[Decision]:
    found = [item for item in result["integrations"] if item["failing_since"]]
    yield Decision(
        "Failing now",
        "The destination does not get what is changed in Infisical.",
        [
            Line(label(item), f"since {when(item['failing_since'])}")
            for item in sorted(found, key=lambda item: str(item["failing_since"]))
        ],
        "integration",
    )


def _warnings(result: Result) -> Iterator[Decision]:
    lines: defaultdict[str, list[str]] = defaultdict(list)
    for item in result["integrations"]:
        for text in item["warnings"] if item["after"] != RETIRED else ():
            lines[text].append(label(item))
    yield Decision(
        "What works differently as a sync",
        "Nothing to decide, but good to know before the switch.",
        [Line(text, "", names) for text, names in lines.items()],
    )


def _by_reason(items: Iterable[Item], reason: Callable[[Item], str] = lambda item: item["reason"]) -> list[Line]:
    """Return each reason once, with the integrations that have it."""
    found: dict[str, list[str]] = {}
    for item in items:
        found.setdefault(reason(item) or "No reason is known.", []).append(label(item))
    return [Line(text, "", names) for text, names in found.items()]


DECISIONS: Sequence[Callable[[Result], Iterator[Decision]]] = (
    _of_the_run,
    _attention,
    _unused,
    _differences,
    _failing,
    _groups,
    _accounts,
    _needing(
        [NAMES],
        "Names that a sync can't keep",
        "With another key schema, secrets get other names at the destination. Ask those who read them first.",
    ),
    _needing(SOURCES, "Sources that are gone", "Remove these integrations, or specify where their syncs read."),
    _deletions,
    _no_counterpart,
    _not_compared,
    _warnings,
)
