# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal of a migration: what it keeps of a run that ends anywhere, and what it refuses to read or write."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from ansible_collections.community.infisical.plugins.module_utils._errors import ConflictError, InputError
from ansible_collections.community.infisical.plugins.module_utils._migration.journal import (
    HEADER,
    Journal,
    JournalBroken,
)

NATIVE = {"id": "n1", "project_id": "p1", "is_active": True, "app": "x"}


def opened(path: Path | str, key: str = "", *, read_only: bool = False) -> Journal:
    return Journal(str(path), key, lambda: "2026-11-01T00:00:00+00:00", read_only=read_only)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal"


def test_what_is_written_is_read_again(path: Path) -> None:
    with opened(path) as journal:
        journal.begin("create")
        journal.write({"event": "native", "id": "n1", "view": NATIVE, "auth": None})
        journal.write({"event": "intent", "id": "n1", "action": "created", "data": {"options": {"name": "a"}}})
        journal.write({"event": "done", "id": "n1", "action": "created", "sync": {"id": "s1"}})
        journal.write({"event": "ended", "counts": {"created": 1}})
        written = journal.record("n1")
    assert path.stat().st_mode & 0o777 == 0o600
    with opened(path, read_only=True) as journal:
        record = journal.record("n1")
        assert record == written
        assert (record.native, record.was_active, record.sync, record.intent) == (NATIVE, True, {"id": "s1"}, None)
        assert record.done == {"created": "2026-11-01T00:00:00+00:00"}
        (run,) = journal.info()["runs"]
    assert (run["phase"], run["actions"], run["counts"]) == ("create", {"created": 1}, {"created": 1})


def test_each_entry_is_on_the_disk_before_the_next_step(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced = []
    with opened(path) as journal:
        monkeypatch.setattr(os, "fsync", lambda _number: synced.append(path.read_text().count("\n")))
        journal.write({"event": "intent", "id": "n1", "action": "created"})
        journal.write({"event": "done", "id": "n1", "action": "created"})
    assert synced == [2, 3]


def test_begun_and_not_ended_is_an_intent(path: Path) -> None:
    with opened(path) as journal:
        journal.write({"event": "intent", "id": "n1", "action": "switched_off"})
    with opened(path) as journal:
        assert journal.record("n1").intent == ("switched_off", {})


@pytest.mark.parametrize("length", range(1, 40))
def test_line_that_was_cut_is_left_aside(path: Path, length: int) -> None:
    with opened(path) as journal:
        journal.write({"event": "done", "id": "n1", "action": "created"})
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"action":"switched_off","event":"done","id":"n1"}'[:length])
    for _run in range(2):
        with opened(path) as journal:
            assert set(journal.record("n1").done) == {"created"}
            journal.write({"event": "done", "id": "n1", "action": "verified"})
            assert "verified" in journal.record("n1").done
            journal.write({"event": "failed", "id": "n1", "action": "synced"})


@pytest.mark.parametrize("length", range(len(HEADER)))
def test_first_line_that_was_cut_is_written_anew(path: Path, length: int) -> None:
    path.write_bytes(HEADER[:length])
    with opened(path) as journal:
        journal.write({"event": "done", "id": "n1", "action": "created"})
    with opened(path) as journal:
        assert journal.record("n1").done


def test_whole_last_line_without_its_end_counts(path: Path) -> None:
    path.write_bytes(HEADER + b'\n{"event":"done","id":"n1","action":"created","at":"x"}')
    for _run in range(2):
        with opened(path) as journal:
            assert journal.record("n1").done == {"created": "x"}
            journal.write({"event": "failed", "id": "n2", "action": "created"})


@pytest.mark.parametrize(
    "content", [b"something else", b"something\nelse\n", b'{"event":"begin","format":2}\n', b"\xff\xfe"]
)
def test_another_file_is_refused_and_not_touched(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.chmod(0o644)
    with pytest.raises(InputError, match="not a migration journal"), opened(path):
        pass
    assert path.read_bytes() == content
    assert path.stat().st_mode & 0o777 == 0o644


def test_journal_that_others_may_read_is_closed_to_them(path: Path) -> None:
    path.write_bytes(HEADER + b"\n")
    path.chmod(0o644)
    with opened(path):
        assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("read_only", [False, True])
def test_what_remembers_nothing_is_no_journal(path: Path, read_only: bool) -> None:
    os.mkfifo(path, 0o644)
    with pytest.raises(InputError, match="not a regular file"), opened(path, read_only=read_only):
        pass
    assert path.stat().st_mode & 0o777 == 0o644


def test_line_that_is_not_understood_is_named(path: Path) -> None:
    path.write_bytes(HEADER + b'\nnonsense\n{"event":"run"}\n')
    with pytest.raises(InputError, match="Line 2"), opened(path):
        pass


def test_another_key_is_refused(path: Path) -> None:
    with opened(path, "one key") as journal:
        journal.begin("create")
    assert b"one key" not in path.read_bytes()
    with pytest.raises(InputError, match="journal_key is not the one"), opened(path, "another key"):
        pass
    with opened(path, "one key") as journal:
        journal.begin("verify")
    with opened(path) as journal:
        assert len(journal.info()["runs"]) == 2


def test_two_runs_do_not_write_at_once(path: Path) -> None:
    with opened(path):
        with pytest.raises(ConflictError, match="Another run"), opened(path):
            pass
        with opened(path, read_only=True):
            pass
    with opened(path):
        pass


def test_check_mode_writes_and_remembers_nothing(path: Path) -> None:
    with opened(path, read_only=True) as journal:
        journal.begin("create")
        journal.write({"event": "done", "id": "n1", "action": "created"})
        assert journal.record("n1").done == {}
    assert not path.exists()


def test_journal_that_can_not_be_opened_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="can't be opened"), opened(tmp_path / "missing" / "journal"):
        pass
    with pytest.raises(InputError, match="can't be"), opened(tmp_path):
        pass


def test_full_disk_ends_the_run(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_number: int) -> None:
        raise OSError(28, "No space left on device")

    with opened(path) as journal:
        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(JournalBroken, match="No space left"):
            journal.write({"event": "intent", "id": "n1", "action": "created"})
        monkeypatch.undo()


@pytest.mark.parametrize(
    ("actions", "left"),
    [
        (["created", "verified", "switched_off", "cut_over"], {"created", "verified", "switched_off", "cut_over"}),
        (["created", "verified", "switched_off", "switched_on"], {"created", "verified", "switched_on"}),
        (["created", "verified", "switched_off", "cut_over", "rolled_back"], {"created", "rolled_back"}),
        (["created", "sync_off", "created"], {"created"}),
        (["created", "verified", "sync_off"], {"created", "sync_off"}),
        # Its time counts from the last switch on.
        (["created", "verified", "switched_off", "cut_over", "switched_off"], {"created", "verified", "switched_off"}),
    ],
)
def test_what_undoes_what(path: Path, actions: list[str], left: set[str]) -> None:
    with opened(path) as journal:
        journal.write(*[{"event": "done", "id": "n1", "action": action} for action in actions])
        assert set(journal.record("n1").done) == left


def test_first_reading_counts_until_another_is_accepted(path: Path) -> None:
    with opened(path) as journal:
        for digests in ({"A": "1"}, {"A": "2"}):
            journal.write({"event": "reading", "id": "n1", "place": "p", "digests": digests})
        assert journal.record("n1").readings["p"]["digests"] == {"A": "1"}
        journal.write({"event": "accepted", "id": "n1", "place": "p", "digests": {"A": "3", "B": "1"}})
        record = journal.record("n1")
        assert (record.readings["p"]["digests"], record.firsts["p"]) == ({"A": "3", "B": "1"}, {"A"})
    assert json.loads(path.read_text().splitlines()[-1])["event"] == "accepted"
