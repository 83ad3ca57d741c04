# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each phase does with one native integration, as a decision. Pure functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from .._engine.kind import Last, View
from .._engine.values import moment
from .._errors import as_sentence, clean_text, sentence_in
from .._kinds.sync import SYNCED
from .items import (
    ACCEPTED,
    BLOCKED,
    CREATED,
    CUT_OVER,
    DIFFERENT,
    DO_CONNECT,
    DO_CREATE,
    DO_RESTORE,
    DO_RETIRE,
    DO_SWITCH_OFF,
    DO_SWITCH_ON,
    DO_VERIFY,
    FAULT,
    NONE,
    PLANNED,
    RETIRED,
    ROLLED_BACK,
    SAME,
    VERIFIED,
    Group,
)
from .state import Seen, edits

PLAN, CONNECT, CREATE, VERIFY, CUT = "plan", "connect", "create", "verify", "cut_over"
RETIRE, ROLLBACK, RESTORE = "retire", "rollback", "restore_deletion"
PHASES = (PLAN, CONNECT, CREATE, VERIFY, CUT, RETIRE, ROLLBACK, RESTORE)


@dataclass(frozen=True)
class Wishes:
    """The options that decide: `only` and `exclude` are ids, `min_age` is in hours, `now` the time of the run."""

    phase: str
    now: datetime
    only: frozenset[str] = frozenset()
    exclude: frozenset[str] = frozenset()
    min_age: float = 0.0
    require_compared: bool = True

    def chosen(self, native_id: str) -> bool:
        return native_id not in self.exclude and (not self.only or native_id in self.only)


@dataclass(frozen=True)
class Decision:
    """What is done with an integration: an action of `items`, or none, with the reason why not.

    `fails`: that it isn't done is a fault of this run.
    """

    action: str = NONE
    reason: str = ""
    fails: bool = False


@dataclass
class Case:
    """An integration, and what is known about the comparison of its places at the time of the decision."""

    seen: Seen
    compared: str = ""
    group: Group | None = None
    members: Sequence[Seen] = field(default_factory=tuple)


def decide(case: Case, wishes: Wishes) -> Decision:
    """Return what a phase other than plan does with an integration."""
    if not wishes.chosen(case.seen.native_id):
        return Decision(reason="It is left out of this run by only or exclude.")
    return DECIDE[wishes.phase](case, wishes)


def _fault(case: Case) -> Decision:
    return Decision(reason=case.seen.reason, fails=case.seen.stage == FAULT)


def _connect(case: Case, _wishes: Wishes) -> Decision:
    return Decision(DO_CONNECT) if case.seen.stage == PLANNED else _fault(case)


def _restore(case: Case, _wishes: Wishes) -> Decision:
    seen = case.seen
    if seen.stage != RETIRED or not seen.sync:
        return _fault(case) if seen.stage == FAULT else Decision(reason="It was not retired.")
    if parts := edits(seen):
        return Decision(
            reason=f"Its sync was edited: {'; '.join(parts)}. What it would delete is not known. Change it back, or"
            " set disable_secret_deletion yourself.",
            fails=True,
        )
    if seen.sync["sync_options"].get("disable_secret_deletion") is not True:
        return Decision()
    if seen.dormant or seen.plan is None or seen.plan.restore_deletion is not False:
        return Decision(
            reason="The integration did not delete what Infisical doesn't have, and its sync does not either."
        )
    return Decision(DO_RESTORE)


def _create(case: Case, _wishes: Wishes) -> Decision:
    seen = case.seen
    resumes = seen.stage == FAULT and "sync_off" in seen.record.done and case.compared in (SAME, ACCEPTED)
    if seen.stage in (PLANNED, ROLLED_BACK) or resumes:
        return Decision(DO_CREATE)
    return _fault(case)


def _verify(case: Case, _wishes: Wishes) -> Decision:
    if case.seen.stage in (CREATED, VERIFIED, CUT_OVER) and not case.seen.dormant:
        return Decision(DO_VERIFY)
    return _fault(case)


def _cut_over(case: Case, wishes: Wishes) -> Decision:
    seen = case.seen
    if seen.dormant and seen.stage == CREATED:
        return Decision(reason=seen.reason)
    if seen.stage == CUT_OVER:
        return Decision() if "cut_over" in seen.record.done else Decision(DO_SWITCH_OFF)
    if seen.stage == CREATED:
        return Decision(reason="Its sync was not verified: run the phase verify first.")
    if seen.stage != VERIFIED:
        return _fault(case)
    if case.compared == DIFFERENT:
        return Decision(reason=seen.reason, fails=True)
    if seen.sync and SYNCED.last(seen.sync) is Last.FAILED:
        return Decision(reason=_last_failed(seen.sync), fails=True)
    return _with_group(case, wishes, (VERIFIED, CUT_OVER)) or Decision(DO_SWITCH_OFF)


def _last_failed(sync: View) -> str:
    reason = clean_text(sentence_in(sync.get("last_sync_message")) or "no reason was recorded")
    return f"The last sync failed: {as_sentence(reason)} Run the phase verify."


def _with_group(case: Case, wishes: Wishes, stages: Sequence[str]) -> Decision | None:
    """Return the refusal where a member of the group isn't as far; they are cut over together or not at all."""
    for other in case.members:
        fit = other.stage in stages or (other.dormant and other.stage in (CREATED, RETIRED)) or other.stage == RETIRED
        if fit and (wishes.chosen(other.native_id) or other.stage not in (VERIFIED,)):
            continue
        if _matters(case, other, wishes):
            return Decision(reason=_together(other, "is left out of this run" if fit else f"is {other.stage}"))
    return None


def _matters(case: Case, other: Seen, wishes: Wishes) -> bool:
    """Tell whether an integration has to wait for a member of its group that isn't as far."""
    # Of several auths, it is the user who knows whether they are for one account.
    if case.group and not case.group["certain"] and other.native_id in wishes.exclude:
        return False
    # One that never wrote and never will doesn't matter.
    return other.native is None or other.is_on or other.sync is not None


def _together(other: Seen, why: str) -> str:
    return f"It is handled together with {other.native_id}, which writes to the same place and {why}."


def held_back(case: Case, wishes: Wishes) -> str:
    """Return which member of its group an integration waits for that won't go on by itself; empty for none."""
    if case.seen.dormant or case.seen.stage in (BLOCKED, FAULT, RETIRED):
        return ""
    stuck = (other for other in case.members if other.stage in (BLOCKED, FAULT) and _matters(case, other, wishes))
    return next((_together(other, f"is {other.stage}") for other in stuck), "")


def _retire(case: Case, wishes: Wishes) -> Decision:
    seen = case.seen
    if seen.stage == RETIRED:
        return Decision()
    named = seen.native_id in wishes.only
    if seen.stage == CREATED and seen.dormant:
        return Decision(DO_RETIRE) if seen.record.sync or named else Decision(reason=UNKNOWN)
    if seen.stage != CUT_OVER:
        return _fault(case) if seen.stage == FAULT else Decision(reason=seen.reason or "It was not cut over.")
    if seen.adopted and not named:
        return Decision(reason=UNKNOWN)
    return _not_yet(case, wishes, named=named) or Decision(DO_RETIRE)


def _not_yet(case: Case, wishes: Wishes, *, named: bool) -> Decision | None:
    """Return why an integration that was cut over is not removed yet, or None."""
    seen = case.seen
    if not seen.adopted and "cut_over" not in seen.record.done:
        return Decision(reason=seen.reason, fails=True)
    if case.compared == DIFFERENT:
        return Decision(reason=seen.reason, fails=True)
    if wishes.require_compared and case.compared not in (SAME, ACCEPTED) and not named:
        return Decision(reason="Its destination was not compared. Add it to only, or set require_compared to false.")
    at = moment(seen.record.done.get("cut_over"))
    if at and wishes.now - at < timedelta(hours=wishes.min_age):
        left = timedelta(hours=wishes.min_age) - (wishes.now - at)
        return Decision(
            reason=f"It was cut over less than {wishes.min_age:g} hours ago: {_hours(left)} hours are left."
        )
    for other in case.members:
        if other.stage not in (CUT_OVER, RETIRED) and (other.is_on or other.stage == FAULT):
            return Decision(reason=f"{other.native_id}, which writes to the same place, is {other.stage}.")
    return None


UNKNOWN = "The journal has no record of it: it is removed only if the option only contains its ID."


def _hours(left: timedelta) -> int:
    return max(1, round(left.total_seconds() / 3600))


def _rollback(case: Case, wishes: Wishes) -> Decision:
    seen = case.seen
    if seen.stage == RETIRED:
        return Decision(reason="It was retired: the integration is gone.")
    if seen.stage == ROLLED_BACK or seen.native is None:
        return _fault(case)
    if not (seen.sync or seen.record.sync):
        return Decision(reason="It has no sync: there is nothing to roll back.")
    if seen.dormant and not seen.is_on:
        return _fault(case)
    for other in case.members:
        if not wishes.chosen(other.native_id) and other.stage in (CUT_OVER, VERIFIED, CREATED):
            return Decision(reason=f"It is rolled back together with {other.native_id}, which is left out of this run.")
    return Decision(DO_SWITCH_ON)


DECIDE: Mapping[str, Callable[[Case, Wishes], Decision]] = {
    CONNECT: _connect,
    RESTORE: _restore,
    CREATE: _create,
    VERIFY: _verify,
    CUT: _cut_over,
    RETIRE: _retire,
    ROLLBACK: _rollback,
}


def cases(rows: Sequence[Seen], groups: Sequence[Group], compared: Mapping[str, Any]) -> list[Case]:
    """Return each integration with its group; `compared` has the result of its last comparison, by native id."""
    by_id = {seen.native_id: seen for seen in rows}
    group_of = {member: group for group in groups for member in group["members"]}
    found = []
    for seen in rows:
        group = group_of.get(seen.native_id)
        others = [by_id[member] for member in group["members"] if member != seen.native_id] if group else []
        found.append(Case(seen, str(compared.get(seen.native_id) or ""), group, others))
    return found
