# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files for GitHub Actions and GitLab CI: linted, and their steps run as a runner runs them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from playbooks.harness import AWS_KEY, AWS_SECRET, REGION, Aws

from simulator import Simulator

from .jobs import ROOT, clean_environment

BIN = Path(sys.executable).parent
PIPELINES = ROOT / "examples" / "pipelines"
GITHUB, GITLAB = PIPELINES / "github-actions.yml", PIPELINES / "gitlab-ci.yml"
REQUEST_TOKEN = "canary-request-token"


def load(path: Path) -> Any:
    # YAML's own rules make a boolean of the key "on".
    return yaml.load(path.read_text(), Loader=yaml.BaseLoader)  # noqa: S506 - it makes texts only


def scripts() -> dict[str, str]:
    """Every script in the pipelines, by a name."""
    found = {}
    for job in load(GITHUB)["jobs"].values():
        found |= {f"github {step['name']}": step["run"] for step in job["steps"] if "run" in step}
    for name, job in load(GITLAB).items():
        for part in ("before_script", "script"):
            if isinstance(job, dict) and part in job:
                found[f"gitlab {name} {part}"] = "\n".join(job[part])
    return found


@pytest.mark.parametrize(("schema", "path"), [("github-workflows", GITHUB), ("gitlab-ci", GITLAB)])
def test_schema(schema: str, path: Path) -> None:
    command = [str(BIN / "check-jsonschema"), "--builtin-schema", f"vendor.{schema}", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", scripts())
def test_shellcheck(name: str) -> None:
    command = [str(BIN / "shellcheck"), "--shell=bash", "-"]
    done = subprocess.run(command, input=scripts()[name], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout


def test_what_github_is_asked_to_fill_in_is_there() -> None:
    """Only contexts that a workflow has where they are used, and least privileges."""
    used = set(re.findall(r"\$\{\{ (\w+)\.", GITHUB.read_text()))
    assert used == {"github", "secrets", "vars"}
    # Expressions in a script would let a branch's name run as code.
    assert not [name for name, script in scripts().items() if "${{" in script]
    assert load(GITHUB)["permissions"] == {"contents": "read", "id-token": "write"}


@pytest.fixture
def issuer(sim: Simulator) -> Iterator[str]:
    """Where a job on GitHub gets its token."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            right = (
                self.headers["Authorization"] == f"bearer {REQUEST_TOKEN}" and self.path == f"/?a=b&audience={sim.url}"
            )
            self.send_response(200 if right else 403)
            self.end_headers()
            self.wfile.write(json.dumps({"value": sim.admin.jwt}).encode())

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/?a=b"
    server.shutdown()
    server.server_close()


class Runner:
    """Runs scripts of a pipeline in a checkout with a sync.yml."""

    def __init__(self, sim: Simulator, aws: Aws, folder: Path) -> None:
        self.sim, self.folder, self.shown = sim, folder, ""
        destination = {"source_environment": "dev", "secret_path": "/app", "app": "my-app/dev", "region": REGION}
        (folder / "sync.yml").write_text(json.dumps({"project_id": sim.project_id, "destinations": [destination]}))
        keys = {"AWS_ACCESS_KEY_ID": AWS_KEY, "AWS_SECRET_ACCESS_KEY": AWS_SECRET}
        home = {"HOME": str(folder), "ANSIBLE_HOME": str(folder / "home"), "RUNNER_TEMP": str(folder)}
        self.env = clean_environment() | keys | home | {"INFISICAL_URL": sim.url}

    def __call__(self, script: str, rc: int = 0) -> None:
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
        done = subprocess.run(
            command, env=self.env, cwd=self.folder, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == rc, done.stdout + done.stderr
        # What GitHub is told to mask is not shown there.
        shown = re.sub("^::add-mask::.*$", "", done.stdout + done.stderr, flags=re.MULTILINE)
        secrets = (AWS_SECRET, self.sim.admin.client_secret, self.sim.admin.jwt, REQUEST_TOKEN, "api-value")
        assert not [secret for secret in secrets if secret in shown]
        self.shown += shown
        self.sim.wait_idle()

    def log_in_with_a_secret(self) -> None:
        admin = self.sim.admin
        self.env |= {
            "INFISICAL_AUTH_METHOD": "universal_auth",
            "INFISICAL_UNIVERSAL_AUTH_CLIENT_ID": admin.client_id,
            "INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET": admin.client_secret,
        }

    def logins(self) -> set[str]:
        return {one["path"] for one in self.sim.requests if one["path"].endswith("/login")}


@pytest.fixture
def runner(sim: Simulator, aws: Aws, tmp_path: Path) -> Runner:
    return Runner(sim, aws, tmp_path)


@pytest.mark.parametrize("method", ["oidc_auth", "universal_auth"])
def test_github(runner: Runner, sim: Simulator, aws: Aws, issuer: str, tmp_path: Path, method: str) -> None:
    workflow = load(GITHUB)
    summary, environment = tmp_path / "summary.md", tmp_path / "environment"
    stated = {name: value for name, value in workflow["env"].items() if "${{" not in value}
    runner.env |= stated | {"GITHUB_STEP_SUMMARY": str(summary)}
    # A secret that isn't there is an empty text.
    names = [name for name in workflow["jobs"]["sync"]["env"] if name.startswith("INFISICAL_")]
    runner.env |= dict.fromkeys(names, "")
    if method == "oidc_auth":
        runner.env |= {
            "INFISICAL_AUTH_METHOD": method,
            "INFISICAL_MACHINE_IDENTITY_ID": sim.admin.identity_id,
            "ACTIONS_ID_TOKEN_REQUEST_URL": issuer,
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": REQUEST_TOKEN,
            "GITHUB_ENV": str(environment),
        }
        runner(scripts()["github Get a token from GitHub"])
        assert (tmp_path / "infisical-jwt").stat().st_mode & 0o077 == 0
        runner.env |= dict([environment.read_text().strip().split("=", 1)])
    else:
        runner.log_in_with_a_secret()
    runner(scripts()["github Show what would change"])
    assert sim.integrations(sim.project_id) == []
    assert re.search(r"^\+\s*app: my-app/dev$", summary.read_text().replace('"', "").replace(",\n", "\n"), re.MULTILINE)
    assert "WARNING" not in summary.read_text()
    runner(scripts()["github Change it"])
    assert set(aws.secrets()) == {"my-app/dev"}
    assert runner.logins() == {f"/api/v1/auth/{method.replace('_', '-')}/login"}

    runner.env["INFISICAL_URL"] = "http://127.0.0.1:1"
    runner(scripts()["github Show what would change"], rc=2)
    assert "127.0.0.1:1" in summary.read_text()


@pytest.mark.parametrize("method", ["oidc_auth", "universal_auth"])
def test_gitlab(runner: Runner, sim: Simulator, aws: Aws, tmp_path: Path, method: str) -> None:
    pipeline = load(GITLAB)
    runner.env |= pipeline["variables"]
    if method == "oidc_auth":
        assert runner.env["INFISICAL_AUTH_METHOD"] == method
        [token] = pipeline[".infisical"]["id_tokens"]
        runner.env |= {token: sim.admin.jwt, "INFISICAL_MACHINE_IDENTITY_ID": sim.admin.identity_id}
    else:
        runner.log_in_with_a_secret()
    runner(scripts()["gitlab check script"])
    assert sim.integrations(sim.project_id) == []
    [kept] = pipeline["check"]["artifacts"]["paths"]
    assert "changed=2" in (tmp_path / kept).read_text()
    runner(scripts()["gitlab apply script"])
    assert set(aws.secrets()) == {"my-app/dev"}
    assert runner.logins() == {f"/api/v1/auth/{method.replace('_', '-')}/login"}
