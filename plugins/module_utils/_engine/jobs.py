# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which jobs a task starts and waits for, and whether one that ended did what the task wants. Nothing here sends."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from .._errors import SyncFailed, as_sentence, clean_text, listed, sentence_in
from .kind import Kind, Last, Outcome, View

# What services answer to credentials that they don't accept; a lack of permissions is something else.
BAD_CREDENTIALS = re.compile(
    r"security token\b.{0,60}\b(?:invalid|expired)|bad credentials|unauthori[sz]ed|unauthenticated|\b401\b"
    r"|invalid(?: \w{1,12})? (?:key|token|credentials)\b"
    r"|\b(?:key|token|credentials)\b.{0,40}\b(?:invalid|expired|revoked)"
    r"|authentication (?:failed|required|error)|invalid_(?:grant|client)|InvalidClientTokenId|UnrecognizedClient"
    r"|InvalidAccessKeyId|SignatureDoesNotMatch|ExpiredToken",
    re.IGNORECASE,
)
# Seconds: a job starts within ten.
LATEST_START = 15.0
NAMED_AT_MOST = 5


class Say(Enum):
    """What a task says of the sync of an unchanged object."""

    NOTHING = "nothing"
    STARTED_AGAIN = "the last one failed, and a new one is started"
    LAST_FAILED = "the last one failed, and nothing is started"
    INACTIVE = "it is not synced by itself, and the task waits for nothing"
    NOT_STARTED = "it can't be synced while it is inactive"


@dataclass(frozen=True)
class Case:
    """What decides about the sync of an object.

    `last` is its last recorded outcome, `active` whether the server syncs it by itself, `specified_inactive` whether
    the task specifies that it does not. `triggered`: the task's own change has started a sync. `wait` and `sync` are
    the options. `startable`: a sync can be started although it is inactive.
    """

    last: Last
    active: bool = True
    triggered: bool = False
    wait: bool = False
    sync: bool = False
    specified_inactive: bool = False
    startable: bool = True


@dataclass(frozen=True)
class Decision:
    """Whether a sync is started and whether one is waited for, and what is said."""

    start: bool = False
    wait: bool = False
    say: Say = Say.NOTHING


def decide(case: Case) -> Decision:
    """Return what to do about the sync of an object: with `wait`, success means that the last outcome is a success."""
    if case.triggered:
        return Decision(wait=case.wait)
    if case.sync and (case.active or case.startable):
        return Decision(start=True, wait=case.wait)
    if case.sync:
        return Decision(say=Say.NOTHING if case.specified_inactive else Say.NOT_STARTED)
    if case.wait and case.last is Last.UNDER_WAY:
        return Decision(wait=True)
    failed = case.last is Last.FAILED
    if not case.active:
        if case.specified_inactive:
            return Decision()
        return Decision(say=Say.INACTIVE if case.wait else Say.LAST_FAILED if failed else Say.NOTHING)
    if case.wait and case.last is not Last.SUCCEEDED:
        return Decision(start=True, wait=True, say=Say.STARTED_AGAIN if failed else Say.NOTHING)
    return Decision(say=Say.LAST_FAILED if failed else Say.NOTHING)


SENTENCES = {
    Say.STARTED_AGAIN: "{failed} This task starts a new one.",
    Say.LAST_FAILED: "{failed} To start a new one and wait for its outcome, set wait to true.",
    Say.INACTIVE: "{named} is inactive ({active} is false), so there is no outcome to wait for.",
    Say.NOT_STARTED: "{named} is not active, so no {job} was started.",
}
SENTENCES_OF_MANY = {
    Say.STARTED_AGAIN: "The last {job} of {count} of {total} {label}s failed: {those}. This task starts new ones.",
    Say.LAST_FAILED: (
        "The last {job} of {count} of {total} {label}s failed: {those}. To start new ones and wait for their outcomes,"
        " set wait to true."
    ),
    Say.INACTIVE: (
        "{count} of {total} {label}s are inactive ({active} is false), so there is no outcome to wait for: {those}."
    ),
    Say.NOT_STARTED: "{count} of {total} {label}s are not active, so no {job} was started: {those}.",
}


def said(kind: Kind, outcome: Outcome, say: Say, view: View) -> str:
    """Return the sentence about one object."""
    named = f"{kind.label} {view['id']}"
    failed = f"The last {outcome.job} of {named} failed: {as_sentence(reason_of(view, outcome))}"
    capital = named[:1].upper() + named[1:]
    return SENTENCES[say].format(failed=failed, named=capital, active=kind.active, job=outcome.job)


def said_of_many(kind: Kind, outcome: Outcome, say: Say, named: Sequence[tuple[str, View]], total: int) -> str:
    """Return the sentence about several of `total` objects, each with what it is called; a few of them are named."""
    reasons = say in (Say.STARTED_AGAIN, Say.LAST_FAILED)
    those = [f"{name}: {reason_of(view, outcome).rstrip('.')}" if reasons else name for name, view in named]
    return SENTENCES_OF_MANY[say].format(
        count=len(named),
        total=total,
        label=kind.label,
        job=outcome.job,
        active=kind.active,
        those=listed(those, "; ", NAMED_AT_MOST),
    )


def reason_of(view: View, outcome: Outcome) -> str:
    """Return the service's own words about a failure."""
    return clean_text(sentence_in(view.get(outcome.message)) or "the server gave no reason")


def failure(kind: Kind, outcome: Outcome, view: View) -> SyncFailed:
    """Return the error for a job that the server has recorded as failed."""
    reason = reason_of(view, outcome)
    if outcome.if_credentials and BAD_CREDENTIALS.search(reason):
        reason = f"{as_sentence(reason)} {outcome.if_credentials}"
    return SyncFailed(
        f"The {outcome.job} of {kind.label} {view['id']} failed: {reason}",
        short=f"The {outcome.job} failed: {reason}",
    )


@dataclass
class Watch:
    """A job that is waited for. `before` is the view from before it was started, `answer` that of the server's answer.

    `trusted`: the next outcome is certainly of this job, or of a later one. `unsettled_since` is when the view was
    first seen to be pending although an outcome had been recorded, in seconds.
    """

    outcome: Outcome
    before: View
    answer: View
    trusted: bool = True
    unsettled_since: float | None = None

    def verdict(self, view: View, now: float, tell: Callable[[str], None]) -> bool | None:
        """Return whether the job succeeded, or None where it hasn't ended. `now` is in seconds."""
        last = self.outcome.last(view)
        moved = self._marks(view) != self._marks(self.answer)
        if last in (Last.SUCCEEDED, Last.FAILED):
            # Where nothing has moved, this is what was recorded before the job was started.
            return last is Last.SUCCEEDED if moved or not self.outcome.marks else None
        if not self.outcome.is_pending(view) or not self._has_recorded(view):
            self.unsettled_since = None
            return None
        # The server marks a sync as pending after it has queued it: a fast job has ended by then.
        if moved and view.get(self.outcome.message):
            return False
        if self.unsettled_since is None:
            self.unsettled_since = now
            return None
        if not moved and now - self.unsettled_since < LATEST_START:
            # The answer shows it already: it may as well be of a job from before.
            return None
        if view.get(self.outcome.message):
            return False
        tell(
            f"The {self.outcome.job} has ended although the server still reports it as pending: it counts as a success."
        )
        return True

    def _marks(self, view: View) -> tuple[Any, ...]:
        return tuple(view.get(mark) for mark in self.outcome.marks)

    def _has_recorded(self, view: View) -> bool:
        """Tell whether the marks of an outcome have moved since before the start; the status alone is none."""
        return any(view.get(mark) != self.before.get(mark) for mark in self.outcome.recorded)
