# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that is broken off ends the login that its task has open."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from simulator import Simulator

from .harness import Player

ITEMS = 4
# Longer than any test takes: a run that goes on to its end would be noticed.
NEVER = 300
# A busy machine takes seconds to wake a process.
PATIENCE = 60
PLAYBOOKS = {
    "bulk": """
- hosts: localhost
  gather_facts: false
  tasks:
    - community.infisical.infisical_integrations:
        project_id: "{{ project_id }}"
        integrations: "{{ items }}"
""",
    "loop": """
- hosts: localhost
  gather_facts: false
  tasks:
    - community.infisical.infisical_integration: "{{ item }}"
      loop: "{{ items }}"
""",
}


@pytest.fixture
def sim() -> Iterator[Simulator]:
    """A server whose syncs never end, so that a task waits for them with its login open."""
    with Simulator(create_open=True, sync_delay=NEVER) as simulator:
        yield simulator


@pytest.fixture
def play(sim: Simulator, tmp_path: Path) -> Player:
    return Player(sim, tmp_path)


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()


def is_waiting(sim: Simulator) -> bool:
    """Return whether a task has made an integration and looks for the outcome of its sync."""
    requests = [(one["method"], one["path"]) for one in sim.requests]
    made = next((number for number, one in enumerate(requests) if one == ("POST", "/api/v1/integration")), None)
    # One is read by itself, several from their list.
    looks = [path for method, path in requests[made or 0 :] if method == "GET" and "/integration" in path]
    # The first look is for what another run may have made.
    return made is not None and len([path for path in looks if not path.endswith("-auth")]) > 3


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("in_process", ["true", "false"])
@pytest.mark.parametrize("playbook", PLAYBOOKS.values(), ids=PLAYBOOKS)
def test_an_interrupted_run_ends_its_login(
    play: Player, sim: Simulator, playbook: str, in_process: str, signal_number: signal.Signals
) -> None:
    auth = sim.add_auth(sim.project_id, "flyio", accessToken="any")
    shared = {"integration_auth_id": auth["id"], "source_environment": "dev", "secret_path": "/app"}
    items = [{**shared, "app": f"app-{number}", "wait": True, "wait_timeout": NEVER} for number in range(ITEMS)]
    path = play.folder / "playbook.yml"
    path.write_text(playbook)
    variables = {"project_id": sim.project_id, "items": items}
    log = play.folder / "log"
    with log.open("w") as output:
        run = subprocess.Popen(
            ["ansible-playbook", path, "--extra-vars", json.dumps(variables)],
            env=play._environment(login=True) | {"INFISICAL_IN_PROCESS": in_process, "TASK_RESULTS": os.devnull},
            cwd=play.folder,
            stdout=output,
            stderr=output,
            # The signal goes to all that Ansible started, as from a terminal or a service manager.
            start_new_session=True,
            # What a shell starts in the background ignores it, and so does all that comes from that.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
        )
    try:
        assert wait_until(lambda: is_waiting(sim), 120), log.read_text()
        os.killpg(run.pid, signal_number)
        assert wait_until(lambda: not sim.live_tokens(), PATIENCE), "a login was not ended"
        run.wait(timeout=PATIENCE)
        seen = len(sim.requests)
        time.sleep(1)
        assert len(sim.requests) == seen, "something goes on"
        assert sim.live_tokens() == []
    finally:
        run.kill()
    shown = log.read_text()
    assert not [secret for secret in play.canaries if secret in shown]
