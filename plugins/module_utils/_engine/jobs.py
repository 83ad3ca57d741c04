# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for the outcome of a job. There is no endpoint for jobs: the object's own fields tell when one has ended."""

from __future__ import annotations

from typing import Any

from .._errors import SyncFailed, as_sentence, clean_text
from .kind import Kind, Outcome, View
from .store import Store
from .task import Task

FIRST_PAUSE = 0.25
# Old servers allow 60 reads a minute and address; a slow sync should leave most of them to others.
LONGEST_PAUSE = 5.0


def wait_for(store: Store, kind: Kind, before: View, outcome: Outcome, timeout: float) -> dict[str, Any]:
    """Poll until the server records an outcome that `before`, the view of when the job was started, doesn't show.

    `timeout` is in seconds. Returns the view that shows success. Raises SyncFailed with the service's own message,
    or saying that no outcome was recorded in time.
    """
    named = f"{kind.label} {before['id']}"

    def marks_of(view: View) -> tuple[Any, ...]:
        return tuple(view.get(mark) for mark in outcome.marks)

    clock = store.client.clock
    deadline = clock.now() + timeout
    pause = FIRST_PAUSE
    while True:
        view = store.find(kind, before["id"], before)
        if view is None and outcome.removes:
            return dict(before)
        if view is None:
            raise SyncFailed(f"Someone deleted {named} while its {outcome.job} was waited for.")
        succeeded = outcome.succeeded(view)
        if succeeded is not None and (not outcome.marks or marks_of(view) != marks_of(before)):
            break
        remaining = deadline - clock.now()
        if remaining <= 0:
            raise SyncFailed(
                f"The server recorded no outcome of the {outcome.job} of {named} within {timeout:g} seconds (option"
                f" wait_timeout). {outcome.if_none}".rstrip(),
                **{kind.name: view},
            )
        clock.sleep(min(pause, remaining))
        pause = min(pause * 1.5, LONGEST_PAUSE)
    if succeeded:
        return view
    raise SyncFailed(f"The {outcome.job} of {named} failed: {_reason(view, outcome)}", **{kind.name: view})


def must_run_again(task: Task, kind: Kind, view: View) -> bool:
    """Return whether a task that waits for success needs a new sync, since the last recorded one of `view` failed.

    Warns of that failure. Meant for an object that nothing else starts a job for.
    """
    outcome = kind.outcome
    if outcome is None or not task.params["wait"] or outcome.succeeded(view) is not False:
        return False
    reason = as_sentence(_reason(view, outcome))
    task.warn(f"The last {outcome.job} of {kind.label} {view['id']} failed: {reason} This task starts a new one.")
    return True


def _reason(view: View, outcome: Outcome) -> str:
    return clean_text(view.get(outcome.message) or "the server gave no reason")
