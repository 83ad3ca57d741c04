# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run of a phase of the migration: reads, decides, carries out, and says what became of each integration."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from .._engine.results import OBJECT
from .._engine.shapes import COUNT, FLAG, NAME, SENTENCE
from .._engine.task import Task
from .._engine.values import ID
from .._errors import InfisicalError, InputError, listed
from .._report.files import prepare
from . import steps
from .carry import Hands
from .given import given
from .groups import groups
from .items import CREATED, CUT_OVER, FAILED, FAULT, NONE, PLANNED, ROLLED_BACK, VERIFIED, Item
from .journal import ENDED, Journal
from .meant import tell_logins
from .phases import CONNECT, PLAN, RESTORE, RETIRE, ROLLBACK, Wishes, cases, decide
from .reading import credentials, last_comparison, places
from .report import begin, result_of
from .run_state import Run
from .state import Seen
from .world import everything, forget, known_views, orphans, read_world
from .written_report.summary import summary
from .written_report.write import write_report

# What stands under the keys of the result.
MIGRATION_KEYS = {
    **dict.fromkeys(
        (
            "items",
            "groups",
            "differences",
            "journal",
            "estimate",
            "comparison",
            "needs",
            "runs",
            "would_delete",
        ),
        OBJECT,
    ),
    **dict.fromkeys(("native_id", "integration_auth_id", "sync_id", "connection_id", "members", "deleting"), ID),
    **dict.fromkeys(
        (
            "key",
            "kind",
            "group",
            "phase",
            "run",
            "at",
            "before",
            "after",
            "result",
            "missing",
            "extra",
            "fingerprint",
            "verified_at",
            "cut_over_at",
            "failing_since",
            "project",
            "environment",
            "secret_path",
            "service",
            "destination",
            "app",
            "sync_name",
            "connection_name",
            "place",
            "path",
            "input",
        ),
        NAME,
    ),
    **dict.fromkeys(("is_active", "deletes", "certain", "check"), FLAG),
    **dict.fromkeys(("reason", "text", "faults", "unused_inputs", "summary", "yaml"), SENTENCE),
    **dict.fromkeys(("integrations", "reads", "writes", "seconds", "actions"), COUNT),
}

# Stages that the phases lead on from; the phases that take back what was done, or come after all.
GOES_ON = (PLANNED, CREATED, VERIFIED, CUT_OVER, ROLLED_BACK)
BACK = (ROLLBACK, RESTORE)
# A hundred years.
LONGEST_AGE = 876_000


class MigrationFailed(InfisicalError):
    """Some integrations are at fault; `details` hold the whole result."""

    kind = "some_failed"


def utc_now() -> datetime:
    """Return the time of the day; a test can put another one here."""
    return datetime.now(timezone.utc)


def migrate(task: Task) -> dict[str, Any]:
    """Carry out a task of infisical_migration and return its result. Raises InfisicalError, with the whole result."""
    params = task.params
    wishes = _wishes(task)
    lists = given(params)
    if wishes.phase != PLAN and not params["journal"]:
        raise InputError(f"journal is missing. The phase {wishes.phase} requires it.")
    if params["report_folder"] and not task.check_mode:
        prepare(str(params["report_folder"]))
    read_only = task.check_mode or wishes.phase == PLAN
    key, path = str(params["journal_key"] or ""), str(params["journal"] or "")
    with Journal(path, key, lambda: utc_now().isoformat(timespec="seconds"), read_only=read_only) as journal:
        hands = Hands(task, journal, params["stop_after_failures"])
        run = Run(task, wishes, lists, journal, hands)
        try:
            _carried_out(run)
        except InfisicalError as error:
            if run.rows:
                error.details.update(_reported(run))
            raise
        result = _reported(run)
    failed = [item for item in run.items.values() if item["action"] == FAILED]
    if failed or run.world.faults:
        said = [f"{item['native_id']}: {item['reason']}" for item in failed]
        ended = f" {hands.ended}" if hands.ended else ""
        head = f"{len(failed)} of {len(run.rows)} integrations failed: "
        raise MigrationFailed(
            f"{head if failed else ''}{listed([*run.world.faults, *said], '; ', 10, 600)}{ended}",
            **result,
        )
    return result


def _reported(run: Run) -> dict[str, Any]:
    """Write the report and how it ended, and return the result, of which not every item may be wanted.

    What of that fails is among the faults: it must not hide what the run did. In check mode nothing is written: a
    report of what would be looks like one of what is.
    """
    whole, report = result_of(run), []
    folder = run.task.params["report_folder"]
    try:
        told = [one["id"] for one in whole["differences"]]
        run.journal.write({"event": ENDED, "counts": whole["counts"], "difference_ids": told})
        whole["journal"] = run.journal.info()
        if folder and not run.task.check_mode:
            report = write_report(str(folder), whole, utc_now())
    except InfisicalError as error:
        run.world.faults.append(str(error))
    lines = summary(whole, report, utc_now(), check=run.task.check_mode)
    result = {**dict(whole), "report": report, "summary": lines}
    wanted = run.task.params["return_items"]
    if wanted == "none":
        return {**result, "integrations": []}
    if wanted == "all" or run.wishes.phase == PLAN:
        return result
    return {**result, "integrations": [item for item in whole["integrations"] if _is_of_interest(item)]}


def _is_of_interest(item: Item) -> bool:
    return item["action"] != NONE or item["before"] != item["after"]


def _wishes(task: Task) -> Wishes:
    params = task.params
    if not (params["project_ids"] or params["project_slugs"]):
        raise InputError("project_ids is missing: specify it, or project_slugs.")
    if not 1 <= params["concurrency"] <= 16:
        raise InputError(f"concurrency is {params['concurrency']}; it must be from 1 to 16.")
    if not 0 <= params["min_age"] <= LONGEST_AGE:
        raise InputError(f"min_age is {params['min_age']:g}; it must be from 0 to {LONGEST_AGE} hours.")
    if params["stop_after_failures"] < 0:
        raise InputError("stop_after_failures must not be negative.")
    only, exclude = (frozenset(str(one).strip().lower() for one in params[name]) for name in ("only", "exclude"))
    return Wishes(params["phase"], utc_now(), only, exclude, params["min_age"], params["require_compared"])


def _carried_out(run: Run) -> None:
    task, journal, phase = run.task, run.journal, run.wishes.phase
    run.world = read_world(task)
    run.rows = _everything(run)
    run.groups, known = groups(run.world.listed), known_views(run.world, journal)
    gone = {seen.native_id for seen in run.rows if seen.native is None}
    run.left_alone = {one for group in groups(known) if gone & set(group["members"]) for one in group["members"]}
    run.unused = run.given.unused(known)
    for sentence in orphans(run.world, journal):
        task.warn(sentence)
    begin(run)
    _refuse_unknown(run)
    if phase != PLAN:
        _refuse_unfit(run)
    accepted = _known_differences(run)
    if phase == PLAN:
        steps.plan(run)
        return
    journal.begin(phase, accepted)
    steps.accept(run)
    steps.look_before(run)
    if phase == CONNECT:
        tell_logins(run)
    for batch in steps.batches(run, _chosen(run)):
        if run.hands.ended:
            steps.leave(run, batch)
        else:
            steps.STEPS[phase](run, batch)
    if phase == RETIRE:
        steps.remove_auths(run)
    if not task.check_mode:
        _read_again(run)


def _everything(run: Run) -> list[Seen]:
    """Return each integration. Those of which another account is read than their syncs write to don't go on."""
    rows = everything(run.world, run.journal, run.given)
    for seen in rows:
        if run.wishes.phase not in BACK and seen.stage in GOES_ON and not seen.dormant:
            other = run.other_account(seen)
            if other:
                seen.stage, seen.reason = FAULT, other
    return rows


def _chosen(run: Run) -> list[Seen]:
    """Return the integrations with which the phase does something, and say of the others why it doesn't."""
    chosen = []
    for case in cases(run.rows, run.groups, run.results()):
        decision = decide(case, run.wishes)
        item = run.items[case.seen.native_id]
        item["reason"] = decision.reason
        if decision.action != NONE:
            chosen.append(case.seen)
        elif decision.fails:
            item["action"] = FAILED
    return chosen


def _read_again(run: Run) -> None:
    """See how far each integration is now; a server that can't tell any more leaves it as it was said."""
    forget(run.task, list(run.world.natives))
    faults = run.world.faults
    try:
        run.world = read_world(run.task)
    except InfisicalError as error:
        run.world.faults.append(f"The outcome of the integrations could not be read: {error}")
        return
    run.world.faults = list(dict.fromkeys([*faults, *run.world.faults]))
    before = {seen.native_id: seen for seen in run.rows}
    run.rows = _everything(run)
    for seen in run.rows:
        if seen.native_id in before:
            seen.warnings = list(dict.fromkeys([*before[seen.native_id].warnings, *seen.warnings]))
    for seen in run.rows:
        item = run.items.get(seen.native_id)
        if item:
            item["after"] = seen.stage
            item["comparison"] = last_comparison(seen.record) if seen.record.compared else item["comparison"]


def _refuse_unfit(run: Run) -> None:
    """Refuse entries that match nothing, and readings without a key."""
    # What an entry is for may be in a project that could not be read.
    if run.unused and not run.world.faults:
        raise InputError(" ".join(run.unused))
    if run.task.params["journal_key"]:
        return
    if any(places(one) and credentials(run.given, one.known) for one in run.rows):
        raise InputError(
            "journal_key is missing. It is required if destinations can be read. Use the same key in all runs."
        )


def _refuse_unknown(run: Run) -> None:
    """Refuse ids in only and exclude that no integration has."""
    ids = {seen.native_id for seen in run.rows}
    for option, values in (("only", run.wishes.only), ("exclude", run.wishes.exclude)):
        unknown = sorted(values - ids)
        if unknown and not run.world.faults:
            raise InputError(f"{option} has IDs that are not native integrations of these projects: {listed(unknown)}.")


def _known_differences(run: Run) -> frozenset[str]:
    """Return the ids in accept_differences of differences that there are or were. Raises InputError for all others.

    Destinations are read for ids that the journal doesn't know: a plan or check mode may have told them.
    """
    unknown = run.accepted - run.journal.differences
    if not unknown:
        return run.accepted
    found, is_whole = steps.differences(run)
    unknown -= found
    if unknown and is_whole and not run.world.faults:
        raise InputError(
            f"accept_differences has IDs that are not differences: {listed(sorted(unknown))}. Use those in the latest"
            " report."
        )
    if unknown:
        run.task.warn(
            "Not everything could be read, so these IDs in accept_differences could not be checked:"
            f" {listed(sorted(unknown))}."
        )
    return run.accepted - unknown
