# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The memory of a migration: a file of JSON lines that only grows. A line is on the disk before and after each write.

It holds configurations, names, times and digests, never a secret or the key of the digests.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import os
import uuid
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any

from .._errors import ConflictError, InfisicalError, InputError, clean_text
from .items import JournalInfo

# The action of a sync that is started and waited for: one that fails is verified no more.
SYNCED = "synced"
# The first line, and the end of a line that a run could not write to its end.
HEADER = b'{"event":"begin","format":1}'
CUT = b' {"event":"cut"}'
RUN = "run"
NATIVE = "native"
READING = "reading"
INTENT = "intent"
DONE = "done"
FAILED = "failed"
COMPARED = "compared"
# What could be read of a sync's app connection when the sync was created, as a digest.
CONNECTED = "connected"
ACCEPTED = "accepted"
AUTH_REMOVED = "auth_removed"
AUTH_KEPT = "auth_kept"
CONNECTION = "connection"
# Events that aren't about an integration, and what they are called among the actions of a run.
COUNTED = {AUTH_REMOVED: "auths_removed", CONNECTION: "connections_created"}
ENDED = "ended"


class JournalBroken(InfisicalError):
    """The journal can be written no more; what was done until then is in it."""

    kind = "some_failed"


@dataclass
class Record:
    """What the journal knows of one native integration.

    `native` is its configuration when its sync was created, `auth` its auth's. `sync` is the sync as it was created.
    `done` has the time of each action that was carried out and not undone; `intent` is an action that was begun, and
    whose end is not written: its name and what it was to do. `readings` are those that count, by place, `firsts` the
    names in the first ones; `compared` is the last result. `connection` is a digest of what could be read of the app
    connection of its sync.
    """

    native: dict[str, Any] | None = None
    auth: dict[str, Any] | None = None
    sync: dict[str, Any] | None = None
    was_active: bool | None = None
    done: dict[str, str] = field(default_factory=dict)
    intent: tuple[str, dict[str, Any]] | None = None
    readings: dict[str, dict[str, Any]] = field(default_factory=dict)
    firsts: dict[str, set[str]] = field(default_factory=dict)
    compared: dict[str, Any] | None = None
    connection: str | None = None
    failed: dict[str, str] = field(default_factory=dict)

    @property
    def is_begun(self) -> bool:
        """Whether anything was done with it, or begun."""
        return bool(self.sync or self.intent or self.done)

    def take(self, entry: Mapping[str, Any]) -> None:
        """Take in one entry of the journal."""
        event, action, at = entry["event"], str(entry.get("action")), str(entry.get("at"))
        if event == NATIVE:
            self.native, self.auth = entry["view"], entry.get("auth") or self.auth
            if self.was_active is None or not self.is_begun or "rolled_back" in self.done:
                self.was_active = entry["view"].get("is_active")
        elif event in (READING, ACCEPTED):
            self._take_reading(entry)
        elif event == CONNECTED:
            self.connection = entry["connection"]
        elif event == COMPARED:
            self.compared = dict(entry)
        elif event == INTENT:
            self.intent = (action, dict(entry.get("data") or {}))
        elif event == FAILED:
            self.intent = None
            self.failed[action] = at
            if action == SYNCED:
                self.done.pop("verified", None)
        elif event == DONE:
            self._take_done(action, at, entry)

    def _take_reading(self, entry: Mapping[str, Any]) -> None:
        if entry["event"] == ACCEPTED:
            self.readings[entry["place"]] = dict(entry)
            return
        self.readings.setdefault(entry["place"], dict(entry))
        self.firsts.setdefault(entry["place"], set(entry["digests"]))

    def _take_done(self, action: str, at: str, entry: Mapping[str, Any]) -> None:
        self.intent = None
        self.done[action] = at
        self.failed.pop(action, None)
        if entry.get("sync"):
            self.sync = entry["sync"]
        if entry.get("sync_gone"):
            self.sync = None
        for undone in UNDOES.get(action, ()):
            self.done.pop(undone, None)


# Which actions an action takes back.
UNDOES = {
    "created": ("rolled_back", "sync_off"),
    "sync_on": ("rolled_back", "sync_off"),
    "switched_on": ("switched_off", "cut_over"),
    "sync_off": ("verified",),
    "rolled_back": ("verified", "switched_off", "cut_over"),
    "switched_off": ("switched_on", "rolled_back", "cut_over"),
}


class Journal:
    """A journal that is read and, unless `read_only`, locked for this run and written to.

    `path` empty: nothing is kept. `key` is that of the digests, empty if none are made. `now` gives the time as text.
    Use it as a context manager. Raises InputError for a file that is no journal, or was written with another key, and
    ConflictError while another run writes to it.
    """

    def __init__(self, path: str, key: str, now: Callable[[], str], *, read_only: bool) -> None:
        self.path, self._key, self._now, self._read_only = path, key, now, read_only
        self.run = uuid.uuid4().hex[:12]
        self.records: dict[str, Record] = {}
        self.removed_auths: set[str] = set()
        # Which integrations an auth had when others of its were retired.
        self.kept_auths: dict[str, set[str]] = {}
        # Ids of all differences that were ever told.
        self.differences: set[str] = set()
        self._runs: dict[str, dict[str, Any]] = {}
        self._actions: dict[str, Counter[str]] = {}
        self._settled: list[Mapping[str, Any]] = []
        self._file: Any = None
        self._lock = Lock()

    def __enter__(self) -> Journal:
        try:
            is_other = bool(self.path) and Path(self.path).exists() and not Path(self.path).is_file()
        except OSError as error:
            # Its name is too long, say, or its folder is closed.
            raise InputError(f"The journal {clean_text(self.path, 200)} can't be used: {error.strerror}.") from None
        if is_other:
            raise InputError(f"The journal {self.path} can't be used: it is not a regular file.")
        if self.path and not self._read_only:
            self._open()
        try:
            self._read()
            self._protect()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let other runs write."""
        if self._file:
            self._file.close()
            self._file = None

    def _open(self) -> None:
        try:
            number = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        except OSError as error:
            raise InputError(f"The journal {self.path} can't be opened for writing: {error.strerror}.") from None
        self._file = os.fdopen(number, "a+b", buffering=0)
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.close()
            raise ConflictError(f"Another run writes to the journal {self.path}. Wait until it has ended.") from None
        except OSError as error:
            self.close()
            raise InputError(f"The journal {self.path} can't be used: {error.strerror}.") from None

    def _protect(self) -> None:
        """Have only the user read the file. Only now is it known to be a journal, and not a file of something else."""
        if not self._file:
            return
        try:
            os.fchmod(self._file.fileno(), 0o600)
        except OSError as error:
            raise InputError(f"The journal {self.path} can't be used: {error.strerror}.") from None

    def _read(self) -> None:
        try:
            content = Path(self.path).read_bytes() if self.path else b""
        except FileNotFoundError:
            content = b""
        except OSError as error:
            raise InputError(f"The journal {self.path} can't be read: {error.strerror}.") from None
        if content and HEADER.startswith(content):
            # The first run ended within the first line.
            content = b""
            if self._file:
                self._file.truncate(0)
        whole, _newline, rest = content.rpartition(b"\n")
        if content and not whole.startswith(HEADER):
            raise InputError(f"{self.path} is not a migration journal, or is of another version. Specify another path.")
        for number, line in enumerate(whole.splitlines() if whole else (), start=1):
            self._take(_entry(line, self.path, number))
        if rest and self._file:
            # The last run ended within a line: what it was to say is not known, and is not read as something else.
            self._file.write(b"\n" if _is_entry(rest) else CUT + b"\n")
        if _is_entry(rest):
            self._take(json.loads(rest))
        if not content and self._file:
            self._file.write(HEADER + b"\n")
            _sync_folder(self.path)

    def _take(self, entry: Mapping[str, Any]) -> None:
        event, native_id = entry.get("event"), entry.get("id")
        if event == RUN:
            self._runs[entry["run"]] = {"run": entry["run"], "phase": entry.get("phase"), "at": entry.get("at")}
        if "key_check" in entry and self._key and entry["key_check"] != self._key_check():
            raise InputError(
                "journal_key is not the one that the journal was started with, so nothing can be compared. Specify the"
                " same key."
            )
        self.differences.update(entry.get("difference_ids") or ())
        self.differences.update(one["id"] for one in entry.get("differences") or ())
        if event == ENDED and entry.get("run") in self._runs:
            self._runs[entry["run"]]["counts"] = entry.get("counts")
        action = str(entry.get("action")) if event == DONE else COUNTED.get(str(event))
        if action and entry.get("run"):
            self._actions.setdefault(entry["run"], Counter())[action] += 1
        if event == AUTH_REMOVED:
            self.removed_auths.add(str(entry.get("auth_id")))
        if event == AUTH_KEPT:
            self.kept_auths.setdefault(str(entry.get("auth_id")), set()).update(entry.get("used_by") or ())
        if native_id:
            self.records.setdefault(str(native_id), Record()).take(entry)

    def _key_check(self) -> str:
        return hmac.new(self._key.encode(), b"key of the journal", hashlib.sha256).hexdigest()

    def record(self, native_id: str) -> Record:
        """Return what is known of an integration, which grows as the run writes; empty where that is nothing."""
        return self.records.setdefault(native_id, Record())

    def begin(self, phase: str, accepted: Collection[str] = ()) -> None:
        """Write that a run of a phase begins, and what was settled until then; `accepted` are ids of differences."""
        key_check = {"key_check": self._key_check()} if self._key else {}
        self.write({"event": RUN, "phase": phase, "difference_ids": sorted(accepted), **key_check})
        self.write(*self._settled)
        self._settled.clear()

    def settle(self, *entries: Mapping[str, Any]) -> None:
        """Take in ends of actions of earlier runs, by what the server shows; `begin` writes them."""
        for entry in entries:
            self.record(entry["id"]).take({**entry, "at": self._now()})
        self._settled += entries

    def write(self, *entries: Mapping[str, Any]) -> None:
        """Write entries (with `event` and, where it is about an integration, `id`), and take them in.

        Returns once they are on the disk. In check mode nothing is written or taken in.
        """
        if self._read_only:
            return
        whole = [{**entry, "run": self.run, "at": self._now()} for entry in entries]
        with self._lock:
            if self._file:
                self._append(*whole)
            for entry in whole:
                self._take(entry)

    def _append(self, *entries: Mapping[str, Any]) -> None:
        text = "".join(
            f"{json.dumps(entry, separators=(',', ':'), sort_keys=True, default=str)}\n" for entry in entries
        )
        try:
            self._file.write(text.encode())
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise JournalBroken(
                f"The journal {self.path} can't be written: {error.strerror}. Nothing more was done."
            ) from None

    def info(self) -> JournalInfo:
        """Return what the result says of the journal."""
        runs = [{**run, "actions": dict(self._actions.get(key) or {})} for key, run in self._runs.items()]
        return {"path": self.path, "runs": runs}


def _is_entry(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _entry(line: bytes, path: str, number: int) -> dict[str, Any]:
    if _is_entry(line):
        return dict(json.loads(line))
    if line.endswith(CUT):
        return {"event": "cut"}
    raise InputError(
        f"Line {number} of the journal {clean_text(path, 200)} is not valid. Restore it from a backup, or"
        " start a new one. With a new one, an integration is removed only if the option only contains its ID."
    )


def _sync_folder(path: str) -> None:
    number = os.open(Path(path).absolute().parent, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
