# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in forks of a waiting process are what runs of the program are, whatever ran before."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from .harness import Player
from .warm import LIMIT, Warm

pytestmark = pytest.mark.parametrize("generation", ["2026"], indirect=True)

PLAYBOOK = """
- hosts: localhost
  gather_facts: false
  tasks:
    - name: Show what comes from the environment, the configuration, and the process
      ansible.builtin.debug:
        msg:
          - "{{ lookup('config', 'DEFAULT_FORKS') }} {{ lookup('config', 'DEFAULT_ROLES_PATH') }}"
          - "{{ lookup('env', 'HOME') }} {{ lookup('env', 'INFISICAL_URL') }} {{ lookup('env', 'FREE') }}"
          - "{{ lookup('pipe', 'pwd') }} {{ playbook_dir }} {{ ansible_playbook_python }}"
    - name: Fail if asked
      ansible.builtin.fail:
        msg: "{{ undefined_one }}"
      when: broken | default(false)
"""
WAIT = """
- hosts: localhost
  gather_facts: false
  tasks:
    - name: Wait
      ansible.builtin.command: sleep 120
"""


@pytest.fixture
def warm() -> Warm:
    return Warm()


def both(play: Player, warm: Warm, *switches: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Return what the program's run and the warm one both were."""
    path = play.folder / "playbook.yml"
    path.write_text(PLAYBOOK)
    options = {"env": play._environment(True) | env | {"TASK_RESULTS": "/dev/null"}, "cwd": play.folder, "timeout": 300}
    command = ["ansible-playbook", str(path), *switches]
    plain = subprocess.run(command, **options, capture_output=True, text=True, check=False)
    done = warm.run(command, **options)
    link = str(list(warm._waiting.values())[-1].link)
    assert done.stdout.replace(link, str(play.folder)) == plain.stdout
    assert done.stderr.replace(link, str(play.folder)) == plain.stderr
    assert done.returncode == plain.returncode
    return plain


@pytest.mark.thorough
def test_each_run_has_its_own_environment_and_configuration(play: Player, warm: Warm, tmp_path: Path) -> None:
    assert '"5 ' in both(play, warm).stdout
    assert '"7 ' in both(play, warm, ANSIBLE_FORKS="7").stdout
    (tmp_path / "ansible.cfg").write_text("[defaults]\nforks = 9\n")
    assert '"9 ' in both(play, warm).stdout
    assert "https://other.invalid" in both(play, warm, INFISICAL_URL="https://other.invalid").stdout
    assert " yes" in both(play, warm, FREE="yes").stdout
    assert len(warm._waiting) == LIMIT
    warm.close()


def test_ends_are_the_same(play: Player, warm: Warm, tmp_path: Path) -> None:
    assert both(play, warm, "--extra-vars", "broken=true", "-vvv").returncode == 2
    assert both(play, warm, "--no-such-switch").returncode == 2
    assert both(play, warm, "--syntax-check").returncode == 0
    warm.close()
    assert list((tmp_path / "home" / "tmp").iterdir()) == []


def test_a_run_that_takes_too_long_is_killed(play: Player, warm: Warm, tmp_path: Path) -> None:
    path = tmp_path / "wait.yml"
    path.write_text(WAIT)
    with pytest.raises(subprocess.TimeoutExpired):
        warm.run(["ansible-playbook", str(path)], env=play._environment(True), cwd=tmp_path, timeout=5)
    assert both(play, warm).returncode == 0
    warm.close()
