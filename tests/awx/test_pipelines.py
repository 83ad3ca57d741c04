# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files for GitHub Actions and GitLab CI: linted, and their steps run as a runner runs them."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from playbooks.harness import AWS_KEY, AWS_SECRET, REGION, Aws

from simulator import Simulator

from .jobs import ROOT, clean_environment

sys.path.insert(0, str(ROOT / "tests" / "tools"))

import guides

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
    for name, job in load(GITHUB)["jobs"].items():
        found |= {f"github {name} {step['name']}": step["run"] for step in job["steps"] if "run" in step}
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
    assert used == {"secrets", "vars"}
    # Expressions in a script would let a branch's name run as code.
    assert not [name for name, script in scripts().items() if "${{" in script]
    workflow = load(GITHUB)
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        assert job["permissions"] == {"contents": "read", "id-token": "write"}


def test_what_a_request_can_reach_on_github() -> None:
    """A job without an environment has the secrets of the identity that reads, and changes nothing."""
    assert "secrets." not in json.dumps({key: value for key, value in load(GITHUB).items() if key != "jobs"})
    for name, job in load(GITHUB)["jobs"].items():
        assert job["if"].startswith("github.event_name == 'push'") == ("environment" in job)
        secrets = set(re.findall(r"secrets\.(\w+)", json.dumps(job)))
        if "environment" not in job:
            assert secrets == {"INFISICAL_CHECK_CLIENT_ID", "INFISICAL_CHECK_CLIENT_SECRET"}
            playbooks = [script for key, script in scripts().items() if f" {name} " in key and "playbook" in script]
            assert playbooks
            assert all("--check" in script for script in playbooks)


def test_what_a_request_can_reach_on_gitlab() -> None:
    jobs = {name: job for name, job in load(GITLAB).items() if isinstance(job, dict) and "script" in job}
    for job in jobs.values():
        by_request = "merge_request_event" in json.dumps(job["rules"])
        assert by_request != ("environment" in job)
        assert by_request == ("--check" in json.dumps(job["script"]))
    assert "CHECK" not in json.dumps(jobs["apply"])


def test_tools_have_versions() -> None:
    text = GITHUB.read_text() + GITLAB.read_text()
    actions = [step["uses"] for job in load(GITHUB)["jobs"].values() for step in job["steps"] if "uses" in step]
    assert all(re.fullmatch(r"[\w/-]+@v\d+\.\d+\.\d+", action) for action in actions)
    installed = re.findall(r"(?:pip|collection) install (.*)", text)
    assert len(installed) == 6
    assert all(re.fullmatch(r"[\w.-]+:?==\d+\.\d+\.\d+", tool) for line in installed for tool in line.split())
    assert re.search(r"image: python:\d+\.\d+\.\d+$", text, re.MULTILINE)
    assert "actions/checkout@<commit> # v" in text


@dataclass
class Issuer:
    """Where a job on GitHub gets its token, which is `jwt`."""

    url: str
    jwt: str = ""


@pytest.fixture
def issuer(sim: Simulator) -> Iterator[Issuer]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            right = (
                self.headers["Authorization"] == f"bearer {REQUEST_TOKEN}" and self.path == f"/?a=b&audience={sim.url}"
            )
            self.send_response(200 if right else 403)
            self.end_headers()
            self.wfile.write(json.dumps({"value": made.jwt}).encode())

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    made = Issuer(f"http://127.0.0.1:{server.server_port}/?a=b")
    yield made
    server.shutdown()
    server.server_close()


@dataclass
class Settings:
    """What an administrator has set at the repository (or project), and in its protected environment alone."""

    repository: dict[str, str]
    environment: dict[str, str]

    def of(self, job: Mapping) -> dict[str, str]:
        """Return what a job can reach. What isn't set is an empty text."""
        return self.repository | (self.environment if "environment" in job else {})

    def filled_in(self, job: Mapping, env: Mapping[str, str]) -> dict[str, str]:
        """Return environment variables as GitHub evaluates them for a job."""

        def value(match: re.Match[str]) -> str:
            return self.of(job).get(match[1], "") or match[2] or ""

        expression = r"\$\{\{ (?:vars|secrets)\.(\w+)(?: \|\| '(\w+)')? \}\}"
        return {name: re.sub(expression, value, text) for name, text in env.items()}


class Runner:
    """Runs scripts of a pipeline in a checkout with a sync.yml.

    A check logs in as an identity that can only read, and applying as one that can write.
    """

    def __init__(self, sim: Simulator, folder: Path) -> None:
        self.sim, self.folder, self.shown = sim, folder, ""
        self.env: dict[str, str] = {}
        self.checkout()
        home = {"HOME": str(folder), "ANSIBLE_HOME": str(folder / "home"), "RUNNER_TEMP": str(folder)}
        self.outside = clean_environment() | home

    def checkout(self, **changes: str) -> None:
        """Write sync.yml with these values instead of the usual ones."""
        usual = {"source_environment": "dev", "secret_path": "/app", "app": "my-app/dev", "region": REGION}
        destinations = [{**usual, **changes}]
        (self.folder / "sync.yml").write_text(
            json.dumps(
                {
                    "project_id": self.sim.project_id,
                    "native": True,
                    "destinations": destinations,
                    "accept_deletion": True,
                }
            )
        )

    def __call__(self, script: str, rc: int = 0) -> str:
        """Run a script; return what it showed."""
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
        done = subprocess.run(
            command,
            env=self.outside | self.env,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == rc, done.stdout + done.stderr
        # What GitHub is told to mask is not shown there.
        shown = re.sub("^::add-mask::.*$", "", done.stdout + done.stderr, flags=re.MULTILINE)
        own = [value for one in (self.sim.admin, self.sim.viewer) for value in (one.client_secret, one.jwt)]
        secrets = (AWS_SECRET, *own, REQUEST_TOKEN, "api-value")
        assert not [secret for secret in secrets if secret in shown]
        self.sim.wait_idle()
        return shown

    def logins(self) -> set[str]:
        return {one["path"] for one in self.sim.requests if one["path"].endswith("/login")}


@pytest.fixture
def runner(sim: Simulator, aws: Aws, tmp_path: Path) -> Runner:
    assert aws.secrets() == {}
    return Runner(sim, tmp_path)


def settings(sim: Simulator, method: str, *, github: bool) -> Settings:
    """Return settings as the guide to pipelines has them."""
    reader, writer, both = sim.viewer, sim.admin, {"INFISICAL_URL": sim.url}
    prefix = "DESTINATION_" if github else "AWS_"
    aws_keys = {f"{prefix}ACCESS_KEY_ID": AWS_KEY, f"{prefix}SECRET_ACCESS_KEY": AWS_SECRET}
    if method == "oidc_auth":
        reads = {"INFISICAL_CHECK_IDENTITY_ID": reader.identity_id}
        writes = {"INFISICAL_MACHINE_IDENTITY_ID": writer.identity_id}
    else:
        both["INFISICAL_AUTH_METHOD"] = method
        reads = {
            "INFISICAL_CHECK_CLIENT_ID": reader.client_id,
            "INFISICAL_CHECK_CLIENT_SECRET": reader.client_secret,
        }
        writes = {
            "INFISICAL_UNIVERSAL_AUTH_CLIENT_ID": writer.client_id,
            "INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET": writer.client_secret,
        }
    return Settings(both | reads, writes | aws_keys)


def on_github(runner: Runner, job_name: str, method: str, issuer: Issuer, event: str, rc: int = 0) -> str:
    """Run the steps of a job on GitHub; return what the one shows that runs the playbook."""
    workflow, sim = load(GITHUB), runner.sim
    job = workflow["jobs"][job_name]
    environment = runner.folder / "environment"
    given = settings(sim, method, github=True)
    runner.env = given.filled_in(job, workflow["env"] | job["env"])
    runner.env |= {"GITHUB_STEP_SUMMARY": str(runner.folder / "summary.md"), "GITHUB_ENV": str(environment)}
    if method == "oidc_auth":
        issuer.jwt = (sim.admin if "environment" in job else sim.viewer).jwt
        runner.env |= {"ACTIONS_ID_TOKEN_REQUEST_URL": issuer.url, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": REQUEST_TOKEN}
        runner(scripts()[f"github {job_name} Get a token from GitHub"])
        assert (runner.folder / "infisical-jwt").stat().st_mode & 0o077 == 0
        runner.env |= dict([environment.read_text().strip().split("=", 1)])
        environment.unlink()
    return runner(scripts()[f"github {job_name} {event}"], rc)


def on_gitlab(runner: Runner, job_name: str, method: str, rc: int = 0) -> str:
    """Run a job on GitLab, where variables of the project win over those of the file."""
    pipeline, sim = load(GITLAB), runner.sim
    job = pipeline[job_name]
    given = settings(sim, method, github=False).of(job)
    own = {name: given.get(text.removeprefix("$"), text) for name, text in job.get("variables", {}).items()}
    runner.env = pipeline["variables"] | own | given
    assert runner.env["INFISICAL_AUTH_METHOD"] == method
    if method == "oidc_auth":
        [token] = pipeline[".infisical"]["id_tokens"]
        runner.env |= {token: (sim.admin if "environment" in job else sim.viewer).jwt}
    return runner("\n".join(job["script"]), rc)


METHODS = ("oidc_auth", "universal_auth")


@pytest.mark.parametrize("method", METHODS)
def test_github(runner: Runner, sim: Simulator, aws: Aws, issuer: Issuer, tmp_path: Path, method: str) -> None:
    summary = tmp_path / "summary.md"
    on_github(runner, "check", method, issuer, "Show what would change")
    assert sim.integrations(sim.project_id) == []
    assert re.search(
        r"^\s*\+\s*app: my-app/dev$", summary.read_text().replace('"', "").replace(",\n", "\n"), re.MULTILINE
    )
    assert "WARNING" not in summary.read_text()
    # All of it is a block of code, whatever it holds.
    assert {line[:4] for line in summary.read_text().splitlines()} <= {"", "    "}
    on_github(runner, "apply", method, issuer, "Apply the change")
    assert set(aws.secrets()) == {"my-app/dev"}
    assert runner.logins() == {f"/api/v1/auth/{method.replace('_', '-')}/login"}

    on_github(runner, "check", method, issuer, "Show what would change")
    assert "changed=0" in summary.read_text()
    runner.env["INFISICAL_URL"] = "http://127.0.0.1:1"
    runner(scripts()["github check Show what would change"], rc=2)
    assert "127.0.0.1:1" in summary.read_text()


@pytest.mark.parametrize("method", METHODS)
def test_gitlab(runner: Runner, sim: Simulator, aws: Aws, tmp_path: Path, method: str) -> None:
    on_gitlab(runner, "check", method)
    assert sim.integrations(sim.project_id) == []
    [kept] = load(GITLAB)["check"]["artifacts"]["paths"]
    assert "changed=2" in (tmp_path / kept).read_text()
    on_gitlab(runner, "apply", method)
    assert set(aws.secrets()) == {"my-app/dev"}
    assert runner.logins() == {f"/api/v1/auth/{method.replace('_', '-')}/login"}


@pytest.mark.parametrize("server", ["github", "gitlab"])
def test_a_request_that_asks_for_what_the_job_has(runner: Runner, sim: Simulator, issuer: Issuer, server: str) -> None:
    """A template in a request's sync.yml runs in the check, and finds no secret that can change or write something."""
    runner.checkout(app="{{ lookup('ansible.builtin.pipe', 'env | base64 --wrap=0') }}")
    if server == "github":
        shown = on_github(runner, "check", "universal_auth", issuer, "Show what would change")
    else:
        shown = on_gitlab(runner, "check", "universal_auth")
    found = max(re.findall("[A-Za-z0-9+/=]{200,}", shown), key=len)
    environment = base64.b64decode(found).decode()
    assert sim.viewer.client_secret in environment
    assert not [secret for secret in (AWS_KEY, AWS_SECRET, sim.admin.client_secret) if secret in environment]


def test_the_guide_names_what_the_files_use() -> None:
    guide = guides.text("pipelines")
    used = set(re.findall(r"(?:vars|secrets)\.(\w+)", GITHUB.read_text()))
    used |= set(re.findall(r"environment:\s+(?:name: )?(\S+)", GITHUB.read_text() + GITLAB.read_text()))
    assert not [name for name in used if name not in guide]
