# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is set up on a machine changes neither the demo nor the tests."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools.isolation import HOME

ROOT = Path(__file__).resolve().parents[2]
NOWHERE = "http://127.0.0.1:9"
MACHINE = {
    "AWS_PROFILE": "of-the-user",
    "AWS_DEFAULT_PROFILE": "of-the-user",
    "AWS_ENDPOINT_URL": NOWHERE,
    "INFISICAL_URL": NOWHERE,
    "INFISICAL_AUTH_METHOD": "none-that-exists",
    "ANSIBLE_STDOUT_CALLBACK": "none_that_exists",
    "ANSIBLE_STRATEGY": "none_that_exists",
    "LC_ALL": "C",
    "http_proxy": NOWHERE,
    "HTTPS_PROXY": NOWHERE,
    "ALL_PROXY": NOWHERE,
}


@pytest.mark.thorough
def test_the_demo_is_the_same_on_any_machine(tmp_path: Path) -> None:
    (tmp_path / ".ansible.cfg").write_text("[defaults]\nstrategy = none_that_exists\n")
    machine = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), **MACHINE}
    command = [sys.executable, str(ROOT / "tests" / "demo" / "run.py")]
    done = subprocess.run(command, env=machine, capture_output=True, text=True, timeout=300, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "my-app/dev" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == [".ansible.cfg"]


def test_the_tests_see_nothing_of_the_machine() -> None:
    assert os.environ["HOME"] == str(HOME)
    assert not [name for name in os.environ if name.startswith(("ANSIBLE_", "UNIVERSAL_AUTH_")) or name == "LC_ALL"]
