# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make playground` says how to use its servers, and ends cleanly at Ctrl-C."""

from __future__ import annotations

import importlib.util
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests
import yaml

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "tests" / "demo" / "playground.py"


@pytest.mark.parametrize("generation", ["2024", "2026"])
def test_what_it_prints_is_so(generation: str, tmp_path: Path) -> None:
    command = [sys.executable, str(SCRIPT), f"--generation={generation}", f"--folder={tmp_path}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            told = ""
            for line in process.stdout:
                told += line
                if "is listed here" in line:
                    break
            values = dict(re.findall(r'^  export (\w+)="(.*)"$', told, re.MULTILINE))
            login = {
                "clientId": values["INFISICAL_UNIVERSAL_AUTH_CLIENT_ID"],
                "clientSecret": values["INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET"],
            }
            address = f"{values['INFISICAL_URL']}/api/v1/auth/universal-auth/login"
            assert requests.post(address, json=login, timeout=10).json()["accessToken"]
            assert requests.get(values["AWS_ENDPOINT_URL"], timeout=10).ok
            variables = yaml.safe_load((tmp_path / "vars.yml").read_text())
            assert f"first-project  {variables['project_id']}" in told
            assert (tmp_path / "env").read_text().count("export ") == len(values)
            process.send_signal(signal.SIGINT)
            assert "Both servers have ended." in process.stdout.read()
            assert process.wait(timeout=20) == 0
        finally:
            process.kill()


def test_a_changed_playbook_is_kept(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("playground", SCRIPT)
    assert spec
    assert spec.loader
    playground = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(playground)
    old, new = (playground.quick_starts()[name] for name in ("2024", "2026"))
    assert "infisical_integration:" in old
    assert "infisical_secret_sync:" in new
    site = tmp_path / "site.yml"
    playground.write_playbook(site, "2024")
    assert site.read_text() == old
    playground.write_playbook(site, "2026")
    assert site.read_text() == new
    site.write_text("mine")
    playground.write_playbook(site, "2024")
    assert site.read_text() == "mine"
