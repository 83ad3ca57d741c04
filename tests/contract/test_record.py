# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""make record: a recording of each simulated server has no secret, is complete, and is replayed without a difference.

A recording that somebody hands in is called recorded_GENERATION_NAME.jsonl, and replayed in the same way.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import record
from contract import replay

from simulator import Simulator

KEYS = {"AWS_ACCESS_KEY_ID": "AKIARECORDED", "AWS_SECRET_ACCESS_KEY": "the-secret-key"}
TOKENS = {one["label"]: one["token"] for one in record.exchanges() if "token" in one}
HANDED_IN = sorted(replay.RECORDINGS.glob("recorded_*.jsonl"))


class Replay(replay.Replay):
    """Sends each exchange with the token that it was recorded with."""

    volatile = replay.Replay.volatile | {"reqId", "date", "slug", "name", "credentialsHash"}

    def headers_for(self, exchange: dict) -> dict[str, str]:
        headers = super().headers_for(exchange)
        token = TOKENS.get(exchange["label"])
        if token == "none":
            del headers["Authorization"]
        elif token:
            headers["Authorization"] = f"Bearer {token}"
        return headers

    def body_for(self, exchange: dict) -> bytes | None:
        body = super().body_for(exchange)
        return None if body is None else body.replace(b"<client-id>", self.sim.admin.client_id.encode())

    def mapped(self, text: str) -> str:
        return super().mapped(text).replace("recorded-project", self.slug)


def empty(simulator: Simulator) -> str:
    """Return the id of a project that has nothing but an environment."""
    return simulator.add_project("the-project", folders=("/",), name="The project")


def run(simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **environ: str) -> tuple[int, Path, str]:
    """Record a simulated server; returns the exit status, the file, and the project's id."""
    for name in (*record.LOGIN, *KEYS):
        monkeypatch.delenv(name, raising=False)
    login = (simulator.url, simulator.admin.client_id, simulator.admin.client_secret)
    for name, value in {**dict(zip(record.LOGIN, login, strict=True)), **environ}.items():
        monkeypatch.setenv(name, value)
    project, path = empty(simulator), tmp_path / "recorded.jsonl"
    return record.main([project, str(path)]), path, project


def differences(path: Path, generation: str, **options: Any) -> dict[str, list[str]]:
    """Replay a recording; return what differs, by label."""
    exchanges = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    recorded = next(one["path"].rsplit("/", 1)[-1] for one in exchanges if one["label"] == "project by id, older path")
    with Simulator(generation=generation, sync_delay=0.0, sync_retry_delay=0.0, **options) as simulator:
        replaying = Replay(simulator, {recorded: empty(simulator)})
        replaying.slug = "the-project"
        found = replaying.run(exchanges)
    return {one["label"]: found[one["n"]] for one in exchanges if found[one["n"]]}


@pytest.mark.parametrize(
    ("generation", "options"),
    [("2024", {}), ("2024-10-16", {}), ("2025", {}), ("2026", {}), ("2026", {"create_open": True})],
)
def test_recording_of_a_simulated_server(
    generation: str, options: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Simulator(generation=generation, **options) as simulator:
        status, path, project = run(simulator, tmp_path, monkeypatch, **KEYS)
        assert status == 0
        assert (simulator.auths(project), simulator.integrations(project), simulator.connections(project)) == (
            [],
            [],
            [],
        )
        secrets = [simulator.admin.client_secret, simulator.admin.client_id, *KEYS.values()]
    text = path.read_text(encoding="utf-8")
    assert [one for one in (*secrets, "the-project", "The project") if one in text] == []
    assert differences(path, generation, **options) == {}


def test_what_is_left_out_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Simulator(generation="2026") as simulator:
        assert run(simulator, tmp_path, monkeypatch)[0] == 0
    told = capsys.readouterr().out
    assert "connection create (no aws_access_key_id)" in told
    assert "integration get (no integration)" in told


def test_one_sentence_where_it_can_not_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Simulator(generation="2026", create_open=True) as simulator:
        wrong = {"INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET": "wrong"}
        assert run(simulator, tmp_path, monkeypatch, **wrong)[0] == 3
        assert "the login was refused, with status 401" in capsys.readouterr().err
        simulator.add_auth(simulator.project_id, "github")
        assert run(simulator, tmp_path, monkeypatch)[0] == 0
        path = tmp_path / "another.jsonl"
        assert record.main([simulator.project_id, str(path)]) == 3
        assert "the project has authorizations" in capsys.readouterr().err
        assert record.main([record.NOBODY, str(path)]) == 3
        assert "is the project's id right?" in capsys.readouterr().err
        assert not path.exists()
    assert record.main([simulator.project_id, str(path)]) == 3
    assert "no answer (ConnectionError)" in capsys.readouterr().err


def test_objects_are_removed_when_it_breaks_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def line(self: record.Recorder, method: str, path: str, *rest: Any) -> dict[str, Any]:
        if "integration" in self.known:
            raise record.RecordError("it breaks off")
        return line_of(self, method, path, *rest)

    line_of = record.Recorder.line
    monkeypatch.setattr(record.Recorder, "line", line)
    with Simulator(generation="2026", create_open=True) as simulator:
        status, path, project = run(simulator, tmp_path, monkeypatch)
        removed = [one["path"] for one in simulator.requests if one["method"] == "DELETE"]
        assert (simulator.auths(project), simulator.integrations(project)) == ([], [])
    assert (status, path.exists(), len(removed)) == (3, False, 2)
    assert "Not recorded: it breaks off." in capsys.readouterr().err


def test_replay_finds_what_differs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Simulator(generation="2026") as simulator:
        path = run(simulator, tmp_path, monkeypatch)[1]
    assert {"integration create", "login: empty body"} <= differences(path, "2024").keys()


def test_recordings_that_were_handed_in() -> None:
    found = {path.name: differences(path, path.name.split("_")[1]) for path in HANDED_IN}
    assert {name: differs for name, differs in found.items() if differs} == {}
