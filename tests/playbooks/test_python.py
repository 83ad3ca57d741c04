# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where modules would run on a Python that is too old, a task fails in one sentence, which `rescue` catches."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from ansible.release import __version__

from .harness import Player

PLAY = """
- hosts: localhost
  gather_facts: false
  vars:
    ansible_python_interpreter: "{{ old_python }}"
  tasks:
    - name: Try
      block:
        - name: Look
          community.infisical.infisical_integration_info:
            project_id: "{{ project_id }}"
      rescue:
        - name: Say why
          ansible.builtin.debug:
            msg: "{{ ansible_failed_result.msg }}"
          vars:
            ansible_python_interpreter: "{{ ansible_playbook_python }}"
"""


def old_python(*versions: str) -> str:
    """Return the path of a Python that ansible-core runs modules on and the collection doesn't, or skip the test."""
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv", "versions")
    for version in versions:
        folders = os.pathsep.join(map(str, root.glob(f"{version}.*/bin")))
        found = shutil.which(f"python{version}", path=folders) or shutil.which(f"python{version}", path="/usr/bin")
        if found:
            return found
    pytest.skip(f"no Python {' or '.join(versions)} was found")


@pytest.mark.parametrize("generation", ["2026"], indirect=True)
@pytest.mark.parametrize(
    "versions",
    [
        pytest.param(("3.9", "3.8"), id="3"),
        pytest.param(
            ("2.7",),
            marks=pytest.mark.skipif(not __version__.startswith("2.16."), reason="ansible-core 2.17 needs Python 3.7"),
            id="2",
        ),
    ],
)
def test_a_python_that_is_too_old(play: Player, versions: tuple[str, ...]) -> None:
    python = old_python(*versions)
    run = play(PLAY, variables={"old_python": python}, warnings=None)
    said = run.of("Say why")["msg"]
    assert said.startswith(f"community.infisical needs Python 3.10 or later where its modules run, and {python} is ")
    assert said.endswith(": set ansible_python_interpreter to a newer one.")
    assert play.sim.requests == []
