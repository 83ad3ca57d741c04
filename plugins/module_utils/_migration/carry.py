# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carries out one action for many integrations side by side, with a line in the journal before and after each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any

from .._engine.driver import Resource, check, ensure, finish
from .._engine.task import Task
from .._engine.values import is_placeholder
from .._engine.waiting import Work
from .._errors import InfisicalError, LoginRefused, TokenRefused, Unreachable
from .._interruption import leave_signals_to_main_thread
from .._kinds.integration import Integration
from .._kinds.native import INTEGRATION_OPTIONS
from .._kinds.secret_sync import Sync
from .._kinds.sync import OPTIONS
from .journal import DONE, FAILED, INTENT, Journal, JournalBroken
from .state import Seen

# After one of these, nothing else would succeed.
ENDS = (Unreachable, LoginRefused, TokenRefused, JournalBroken)
SYNC_DEFAULTS = {name: rules.get("default") for name, rules in OPTIONS.items()}
NATIVE_DEFAULTS = {name: rules.get("default") for name, rules in INTEGRATION_OPTIONS.items()}


class NotBegun(InfisicalError):
    """An action that was not begun, since the run had stopped before."""

    kind = "some_failed"


@dataclass
class Done:
    """What became of one action: the object as last seen, or the error; `work` where the engine has begun it."""

    seen: Seen
    work: Work | None = None
    error: InfisicalError | None = None

    @property
    def view(self) -> dict[str, Any] | None:
        found = self.work.view if self.work else None
        return found if found and found.get("id") and not is_placeholder(str(found["id"])) else None


class Hands:
    """Carries out actions. `stop_after` failures end the run: what was not begun by then is not begun."""

    def __init__(self, task: Task, journal: Journal, stop_after: int) -> None:
        self.task, self.journal, self._stop_after = task, journal, stop_after
        self.failures, self.ended = 0, ""
        self._lock = Lock()

    def fail(self, error: InfisicalError) -> None:
        """Count a failure, which may be the one that ends the run."""
        with self._lock:
            self.failures += not isinstance(error, NotBegun)
        if isinstance(error, ENDS):
            self.ended = f"The run stopped: {error}"
        elif self._stop_after and self.failures >= self._stop_after and not self.ended:
            self.ended = f"The run stopped after {self.failures} failures (option stop_after_failures)."

    @contextmanager
    def _pool(self) -> Iterator[ThreadPoolExecutor]:
        workers = self.task.params["concurrency"]
        with ThreadPoolExecutor(max_workers=workers, initializer=leave_signals_to_main_thread) as pool:
            yield pool

    def side_by_side(self, function: Callable[[Seen], Any], rows: Sequence[Seen]) -> list[Any]:
        """Return what a function gives for each of the integrations, in their order."""
        with self._pool() as pool:
            return list(pool.map(function, rows))

    def act(self, rows: Sequence[Seen], action: str, describe: Callable[[Seen, Task], Resource]) -> list[Done]:
        """Carry out an action for each integration, and wait for the jobs that it asks for.

        `describe` gives the object as it has to be. What fails is in the outcome, and in the journal.
        """

        def begin(seen: Seen) -> Done:
            return self._begun(seen, action, describe)

        # A run of thousands may take longer than a token lives, and meet more refusals than one task has time for.
        self.task.store.client.start_part()
        with self._pool() as pool:
            done = list(pool.map(begin, rows))
            finish(self.task, [one.work for one in done if one.work], pool.map, patient=True)
        for one in done:
            if one.work and one.work.error:
                one.error = one.work.error
                self.fail(one.error)
        self.journal.write(*[entry for one in done for entry in _entries(one, action)])
        return done

    def _begun(self, seen: Seen, action: str, describe: Callable[[Seen, Task], Resource]) -> Done:
        if self.ended:
            return Done(seen, error=NotBegun(f"It was not started. {self.ended}"))
        try:
            res = describe(seen, replace(self.task, warn=seen.warnings.append))
            check(res)
            self.journal.write({"event": INTENT, "id": seen.native_id, "action": action, "data": _data(seen, action)})
            return Done(seen, ensure(res))
        except InfisicalError as error:
            self.fail(error)
            return Done(seen, error=error)


def _data(seen: Seen, action: str) -> dict[str, Any]:
    return {"options": seen.options} if action == "created" else {}


def _entries(one: Done, action: str) -> Iterator[dict[str, Any]]:
    made = one.view if action in ("created", "sync_off", "sync_on", "rolled_back") else None
    if action == "retired" and one.error is None and one.seen.adopted:
        # From now on only the journal tells which one it is.
        made = dict(one.seen.sync or {}) or None
    entry = {"id": one.seen.native_id, "action": action}
    if one.error is None or (action == "created" and made):
        # A sync that fails was created all the same.
        yield {"event": DONE, **entry, **({"sync": made} if made else {})}
    if one.error is not None and not one.error.maybe_done and not isinstance(one.error, NotBegun):
        yield {"event": FAILED, **entry, **({"action": "verified"} if made else {}), "error": str(one.error)}


def _with(task: Task, defaults: Mapping[str, Any], seen: Seen, params: Mapping[str, Any]) -> Task:
    shared = {"project_id": seen.project_id, "wait_timeout": task.params["wait_timeout"]}
    return replace(task, params={**task.params, **defaults, **shared, **params})


class NewSync(Sync):
    """A sync whose name nothing else may have: what has it was not made by this migration."""

    must_be_new = True


def create_sync(seen: Seen, task: Task) -> Resource:
    """Return the sync of an integration as it has to be; its own one that exists is switched on again."""
    # Whether others write there is known from the lists.
    more: dict[str, Any] = {"wait": True, "check_duplicates": "ignore"}
    if seen.sync:
        more.update(sync_id=seen.sync["id"], is_auto_sync_enabled=True)
    return (Sync if seen.sync else NewSync)(_with(task, SYNC_DEFAULTS, seen, {**seen.options, **more}))


def run_sync(seen: Seen, task: Task) -> Resource:
    """Return the sync of an integration, to be started and waited for."""
    return Sync(_with(task, SYNC_DEFAULTS, seen, {**_named(seen), "sync": True, "wait": True}))


def switch_sync(enabled: bool) -> Callable[[Seen, Task], Resource]:
    """Return what describes the sync of an integration as switched on or off."""
    return lambda seen, task: Sync(_with(task, SYNC_DEFAULTS, seen, {**_named(seen), "is_auto_sync_enabled": enabled}))


def _named(seen: Seen) -> dict[str, Any]:
    return {"sync_id": str((seen.sync or seen.record.sync or {})["id"])}


def let_delete(seen: Seen, task: Task) -> Resource:
    """Return the sync of an integration as one that deletes at its destination what Infisical doesn't have."""
    more = {"sync_options": {"disable_secret_deletion": False}, "wait": True}
    return Sync(_with(task, SYNC_DEFAULTS, seen, {**_named(seen), **more}))


def switch_native(active: bool, *, wait: bool = False) -> Callable[[Seen, Task], Resource]:
    """Return what describes an integration as switched on or off; with `wait`, it has to be seen to succeed."""
    more = {"is_active": active, "sync": wait, "wait": wait}
    return lambda seen, task: _native(seen, task, more)


def remove_native(seen: Seen, task: Task) -> Resource:
    """Return an integration as removed; what it wrote stays at its destination."""
    return _native(seen, task, {"state": "absent"})


def _native(seen: Seen, task: Task, more: Mapping[str, Any]) -> Resource:
    # What its configuration is was decided long ago.
    params = {"integration_id": seen.native_id, "validate": "off", "accept_deletion": True, **more}
    return Integration(_with(task, NATIVE_DEFAULTS, seen, params))
