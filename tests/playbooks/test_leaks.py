# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every secret option holds a canary, and no canary is ever seen outside of the task that it was given to."""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import ansible_runner
import pytest
from ansible_collections.community.infisical.plugins import modules

from simulator import Simulator

from .harness import AWS_KEY, AWS_SECRET, Player

newest = pytest.mark.parametrize("generation", ["2026"], indirect=True)

DOORS = {"in process": "true", "as modules": "false"}
MODULES_THOROUGHLY = pytest.mark.parametrize(
    "door", ["true", pytest.param("false", marks=pytest.mark.thorough)], ids=["in process", "as modules"]
)
CANARY = re.compile(r"canary-[\w-]+")
# Each option that is masked, and a canary that says where it came from.
CANARIES = {
    "token": "canary-token",
    "jwt": "canary-jwt",
    "ldap_password": "canary-ldap-password",
    "extra_headers": {"X-Canary": "canary-header"},
    "refresh_token": "canary-refresh-token",
    "key": "canary-digest-key",
    "session_token": "canary-session-token",
}

# Beside what it needs, each task has all other secret options, too.
PLAYBOOK = """
- hosts: localhost
  gather_facts: false
  module_defaults:
    group/community.infisical.infisical:
      url: "{{ server }}"
      retries: 0
      auth_method: universal_auth
      universal_auth_client_id: "{{ client_id }}"
      universal_auth_client_secret: "{{ client_secret }}"
      token: "{{ canaries.token }}"
      jwt: "{{ canaries.jwt }}"
      ldap_password: "{{ canaries.ldap_password }}"
      extra_headers: "{{ canaries.extra_headers }}"
  tasks:
    - name: Authorise
      community.infisical.infisical_integration_auth: &auth
        project_id: "{{ project_id }}"
        integration: aws-secret-manager
        access_id: "{{ aws_access_key_id }}"
        access_token: "{{ aws_secret_access_key }}"
      ignore_errors: true

    - name: Write the credentials anew
      community.infisical.infisical_integration_auth:
        <<: *auth
        update_credentials: always
      ignore_errors: true

    - name: Be refused with a refresh token
      community.infisical.infisical_integration_auth:
        project_id: "{{ project_id }}"
        integration: aws-secret-manager
        namespace: other
        refresh_token: "{{ canaries.refresh_token }}"
      ignore_errors: true

    - name: Configure
      community.infisical.infisical_integration:
        project_id: "{{ project_id }}"
        integration: aws-secret-manager
        source_environment: dev
        secret_path: /app
        app: "{{ item }}"
        region: us-east-1
      loop: [one, two]
      ignore_errors: true

    - name: Configure many
      community.infisical.infisical_integrations:
        project_id: "{{ project_id }}"
        integrations:
          - {integration: aws-secret-manager, source_environment: dev, secret_path: /app, app: one, region: us-east-1}
      ignore_errors: true

    - name: Look
      community.infisical.infisical_integration_info:
        project_id: "{{ project_id }}"
      ignore_errors: true

    - name: Look at auths
      community.infisical.infisical_integration_auth_info:
        project_id: "{{ project_id }}"
        export: true
      ignore_errors: true

    - name: Connect
      community.infisical.infisical_app_connection:
        project_id: "{{ project_id }}"
        app: aws
        name: aws-main
        method: access-key
        credentials:
          access_key_id: "{{ aws_access_key_id }}"
          secret_access_key: "{{ aws_secret_access_key }}"
      ignore_errors: true

    - name: Sync
      community.infisical.infisical_secret_sync: &sync
        project_id: "{{ project_id }}"
        name: a-sync
        destination: aws-secrets-manager
        connection_name: aws-main
        environment: dev
        secret_path: /app
        destination_config: {region: us-east-1, mapping_behavior: many-to-one, secret_name: my-app}
      ignore_errors: true

    - name: Sync many
      community.infisical.infisical_secret_syncs:
        project_id: "{{ project_id }}"
        syncs: []
      ignore_errors: true

    - name: Look at connections
      community.infisical.infisical_app_connection_info:
        project_id: "{{ project_id }}"
      ignore_errors: true

    - name: Look at syncs
      community.infisical.infisical_secret_sync_info:
        project_id: "{{ project_id }}"
      ignore_errors: true

    - name: Look at destinations
      community.infisical.infisical_destination_info:
        key: "{{ canaries.key }}"
        access_key_id: "{{ aws_access_key_id }}"
        secret_access_key: "{{ aws_secret_access_key }}"
        session_token: "{{ canaries.session_token }}"
        endpoint_url: "{{ aws_url }}"
        destinations:
          - name: one
            destination: aws-secrets-manager
            destination_config: {region: us-east-1, mapping_behavior: many-to-one, secret_name: my-app}
      ignore_errors: true

    - name: Audit
      community.infisical.infisical_audit_info:
        project_ids: ["{{ project_id }}"]
      ignore_errors: true

    - name: Plan a migration
      community.infisical.infisical_migration:
        project_ids: ["{{ project_id }}"]
        journal_key: "{{ canaries.key }}"
        connections:
          - service: aws-secret-manager
            name: aws-main
            method: access-key
            credentials:
              access_key_id: "{{ aws_access_key_id }}"
              secret_access_key: "{{ aws_secret_access_key }}"
        destinations:
          - service: aws-secret-manager
            access_key_id: "{{ aws_access_key_id }}"
            secret_access_key: "{{ aws_secret_access_key }}"
            session_token: "{{ canaries.session_token }}"
            endpoint_url: "{{ aws_url }}"
      ignore_errors: true

    - name: Look at the project
      community.infisical.infisical_project_info:
        project_id: "{{ project_id }}"
      ignore_errors: true

    - name: Log in
      community.infisical.infisical_login:
      register: login
      ignore_errors: true

    - name: Use the login
      community.infisical.infisical_integration_info:
        project_id: "{{ project_id }}"
        login_data: "{{ login.login_data | default({}) }}"
      ignore_errors: true

    - name: Log out
      community.infisical.infisical_login:
        state: absent
        login_data: "{{ login.login_data | default({}) }}"
      ignore_errors: true
"""
# Python runs this at its start. The message of the fault holds all that the request does.
FAULT = """
import requests.sessions

def request(self, *args, **more):
    raise KeyError(args, more, dict(self.headers))

requests.sessions.Session.request = request
"""
SCENARIOS = ["success", "check", "echo", "fault"]


def masked_options(spec: Mapping[str, Any]) -> Iterator[str]:
    for name, option in spec.items():
        if option.get("no_log"):
            yield name
        yield from masked_options(option.get("options") or {})


def test_every_masked_option_of_every_module_has_a_canary() -> None:
    given = PLAYBOOK[: PLAYBOOK.index("  tasks:")], PLAYBOOK
    for found in pkgutil.iter_modules(modules.__path__):
        module = importlib.import_module(f"{modules.__name__}.{found.name}")
        tasks = re.findall(rf"infisical\.{found.name}:(?s:.*?)(?=\n    - name|\Z)", PLAYBOOK)
        assert tasks, found.name
        for option in masked_options(module.MODULE.argument_spec()):
            assert re.search(rf"\b{option}:", given[0] + "".join(tasks)), (found.name, option)


class Watch:
    """Looks, while a run goes on, at the files that it makes, at the processes that it starts, and their variables."""

    def __init__(self, folder: Path, inputs: set[Path], canaries: set[str], *, packed_excused: bool) -> None:
        self._folder = folder
        self._packed_excused = packed_excused
        self._inputs = inputs
        self._canaries = [canary.encode() for canary in canaries]
        self._seen: dict[Path, tuple[int, int]] = {}
        self.files: set[str] = set()
        self.processes: set[str] = set()

    def until_it_ends(self, process: subprocess.Popen, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while process.poll() is None:
            assert time.monotonic() < deadline, "the run takes too long"
            self._look(process.pid)
            time.sleep(0.02)
        self._look(process.pid)

    def _look(self, session: int) -> None:
        for folder, _folders, names in os.walk(self._folder):
            for path in (Path(folder) / name for name in names):
                if path not in self._inputs and self._is_new(path) and self._holds(path):
                    self.files.add(path.name)
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if os.getsid(int(folder.name)) == session:
                    self.processes.update(name for name in ("cmdline", "environ") if self._holds(folder / name))
            except ProcessLookupError:
                pass

    def _is_new(self, path: Path) -> bool:
        try:
            state = path.stat()
        except OSError:
            return False
        known, self._seen[path] = self._seen.get(path), (state.st_size, state.st_mtime_ns)
        return known != self._seen[path]

    def _holds(self, path: Path) -> bool:
        try:
            content = path.read_bytes()
        except OSError:
            return False  # gone again
        if self._packed_excused and b"ansiballz" in content.lower():
            return False
        return any(canary in content for canary in self._canaries)


def variables(sim: Simulator, aws_url: str) -> dict[str, Any]:
    return {
        "server": sim.url,
        "project_id": sim.project_id,
        "client_id": sim.admin.client_id,
        "client_secret": sim.admin.client_secret,
        "aws_access_key_id": AWS_KEY,
        "aws_secret_access_key": AWS_SECRET,
        "aws_url": aws_url,
        "canaries": CANARIES,
    }


def all_canaries(sim: Simulator) -> set[str]:
    tokens = {one["headers"].get("authorization", "").removeprefix("Bearer ") for one in sim.requests}
    bodies = {str((one["body"] or {}).get("accessToken", "")) for one in sim.requests if "auth/token" in one["path"]}
    known = set(CANARY.findall(json.dumps(CANARIES))) | {AWS_SECRET, sim.admin.client_secret}
    return (known | tokens | bodies) - {""}


@pytest.fixture
def short_name(tmp_path: Path) -> Iterator[Path]:
    """A short name of the test's folder for temporary files: Python makes sockets there, whose paths have a limit."""
    (tmp_path / "home").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        link = Path(folder, "t")
        link.symlink_to(tmp_path / "home")
        yield link


@newest
@pytest.mark.parametrize("scenario", SCENARIOS)
@MODULES_THOROUGHLY
def test_no_canary_is_seen(
    play: Player, sim: Simulator, aws: Any, tmp_path: Path, short_name: Path, door: str, scenario: str
) -> None:
    outside = tmp_path / "inputs"
    outside.mkdir()
    (outside / "playbook.yml").write_text(PLAYBOOK)
    (outside / "variables.json").write_text(json.dumps(variables(sim, aws.url)))
    results, log = tmp_path / "results.jsonl", tmp_path / "ansible.log"
    environment = {
        **play._environment(login=False),
        "TASK_RESULTS": str(results),
        "ANSIBLE_LOG_PATH": str(log),
        "ANSIBLE_INJECT_INVOCATION": "true",
        "INFISICAL_IN_PROCESS": door,
        "TMPDIR": str(short_name),
    }
    if scenario == "fault":
        (outside / "sitecustomize.py").write_text(FAULT)
        environment["PYTHONPATH"] = str(outside)
    if scenario == "echo":
        for method, path, sent in (
            ("POST", "/api/v1/integration-auth/*", [AWS_SECRET]),
            ("POST", "/api/v1/app-connections/*", [AWS_SECRET]),
            ("GET", "/api/v1/projects/*/integrations", []),
            ("GET", "/api/v1/secret-syncs*", []),
        ):
            sim.fail_next(400, times=99, method=method, path=path, body=echo(sim.admin.client_secret, *sent))
    switches = ["--check"] if scenario == "check" else []
    with (tmp_path / "output").open("w+b") as output:
        process = subprocess.Popen(
            ["ansible-playbook", "playbook.yml", "-e", "@variables.json", "-vvvvv", "--diff", *switches],
            cwd=outside,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        # A packed module has its arguments in it; that is Ansible's way, and SECURITY.md says what to do about it.
        watch = Watch(tmp_path, set(outside.iterdir()), all_canaries(sim), packed_excused=door == "false")
        watch.until_it_ends(process, 200)

    shown = (tmp_path / "output").read_text() + results.read_text() + log.read_text()
    assert process.returncode == 0, shown[-3000:]
    rows = [json.loads(line) for line in results.read_text().splitlines()]
    assert {row["action"].rpartition(".")[2] for row in rows} >= set(names_of_modules())
    failed = {row["task"] for row in rows if row["status"] == "failed"}
    if scenario in ("success", "check"):
        assert failed == {"Be refused with a refresh token"}
    else:
        assert failed >= {"Authorise", "Look", "Connect", "Look at syncs"}
        assert ("You sent" if scenario == "echo" else "Unexpected KeyError at sitecustomize.py") in shown
    # With the token of the login, whose result is for other tasks, but not for eyes.
    assert not [canary for canary in all_canaries(sim) if canary in shown]
    assert watch.processes == set()
    assert watch.files == set()


def names_of_modules() -> list[str]:
    return [found.name for found in pkgutil.iter_modules(modules.__path__)]


def echo(*sent: str) -> dict[str, Any]:
    """An error of a server that shows what it was sent."""
    text = f"You sent {' and '.join([*sent, 'canary-header', 'canary-token', 'canary-jwt', 'canary-ldap-password'])}."
    return {"statusCode": 400, "error": "BadRequest", "message": text}


@newest
@MODULES_THOROUGHLY
def test_no_canary_is_in_the_artifacts_of_ansible_runner(
    play: Player, sim: Simulator, aws: Any, tmp_path: Path, door: str
) -> None:
    folder = tmp_path / "runner"
    (folder / "project").mkdir(parents=True)
    (folder / "project" / "playbook.yml").write_text(PLAYBOOK)
    (folder / "env").mkdir()
    (folder / "env" / "extravars").write_text(json.dumps(variables(sim, aws.url)))
    environment = {**play._environment(login=False), "INFISICAL_IN_PROCESS": door}
    for name in ("ANSIBLE_CALLBACK_PLUGINS", "ANSIBLE_CALLBACKS_ENABLED"):
        del environment[name]

    run = ansible_runner.run(
        private_data_dir=str(folder), playbook="playbook.yml", envvars=environment, verbosity=4, quiet=True
    )

    assert run.rc == 0
    events = [event for event in run.events if event["event"] == "runner_on_ok"]
    assert len(events) > 10
    files = [path for path in (folder / "artifacts").rglob("*") if path.is_file()]
    assert len(files) > 20
    for path in files:
        content = path.read_text()
        assert not [canary for canary in all_canaries(sim) if canary in content], path


# Were it read as a template, it would make a file.
HOSTILE = "{{{{ lookup('ansible.builtin.pipe', 'touch {file}') }}}}{{% for x in y %}}\x1b[31m"
SHOWN = "{{{{ lookup('ansible.builtin.pipe', 'touch {file}') }}}}{{% for x in y %}}"
ASK = """
- hosts: localhost
  gather_facts: false
  tasks:
    - name: Ask
      community.infisical.infisical_integration_info:
        project_id: "{{ project_id }}"
      register: seen

    - name: Use a field
      ansible.builtin.debug:
        msg: "{{ seen.integrations[0].app }}"

    - name: Use it in a later template
      ansible.builtin.debug:
        msg: "{{ everything }}"
      vars:
        everything: "{{ seen.integrations | to_json }}"

    - name: Be refused
      community.infisical.infisical_integration_auth_info:
        project_id: "{{ project_id }}"
      register: refused
      ignore_errors: true

    - name: Use the message
      ansible.builtin.debug:
        msg: "{{ refused.msg }}"
"""


@newest
@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_what_a_hostile_server_says_is_no_template(play: Player, sim: Simulator, tmp_path: Path, door: str) -> None:
    file = tmp_path / "owned"
    text = HOSTILE.format(file=file)
    fields = dict.fromkeys(
        ("app", "appId", "owner", "path", "region", "scope", "targetEnvironment", "syncMessage"), text
    )
    auth = sim.add_auth(sim.project_id, "aws-secret-manager", namespace=text, url=text)
    sim.add_integration(auth["id"], "dev", secretPath="/app", **fields)
    body = {"statusCode": 400, "error": text, "message": [{"path": [text], "message": text}], "reqId": text}
    sim.fail_next(400, method="GET", path="*/authorizations", body=body)

    run = play(ASK, env={"INFISICAL_IN_PROCESS": door})

    assert not file.exists()
    shown = SHOWN.format(file=file)
    assert run.of("Use a field")["msg"] == text
    assert run.of("Ask")["integrations"][0]["region"] == text
    message = run.of("Use the message")["msg"]
    assert shown in message
    assert "\x1b" not in message


LOG_IN = """
- hosts: all
  gather_facts: false
  tasks:
    - name: Log in
      community.infisical.infisical_login:
      register: login

    - name: Look
      community.infisical.infisical_integration_info:
        project_id: "{{ project_id }}"
        login_data: "{{ login.login_data }}"
      ignore_errors: true

    - name: Log out
      community.infisical.infisical_login:
        state: absent
        login_data: "{{ login.login_data }}"
"""
# Takes the place of ssh, and runs the command here.
SSH = """#!/bin/sh
for command; do :; done
exec /bin/sh -c "$command"
"""


@newest
def test_ansible_s_ssh_connection_prints_no_token(play: Player, tmp_path: Path) -> None:
    program = tmp_path / "ssh"
    program.write_text(SSH)
    program.chmod(0o755)
    inventory = tmp_path / "hosts.json"
    host = {
        "ansible_connection": "ssh",
        "ansible_ssh_executable": str(program),
        "ansible_pipelining": True,
        "ansible_python_interpreter": sys.executable,
    }
    inventory.write_text(json.dumps({"all": {"hosts": {"there": host}}}))
    environment = {"ANSIBLE_INJECT_INVOCATION": "true"}

    run = play(LOG_IN, "-vvv", "-i", str(inventory), env=environment)

    assert run.output.count("rc=0, stdout and stderr censored due to no log") >= 2
    # What other modules print is shown, so that the test sees it.
    assert re.search(r"<there> \(0, b'.*integrations", run.output)


LOG_IN_ASIDE = """
- hosts: localhost
  gather_facts: false
  tasks:
    - name: Log in
      community.infisical.infisical_login:
      async: 30
      poll: "{{ interval }}"
      register: login
      ignore_errors: true
"""


@newest
@pytest.mark.parametrize("interval", [0, 1])
def test_a_login_is_not_done_aside(play: Player, tmp_path: Path, interval: int) -> None:
    jobs = tmp_path / "jobs"
    run = play(LOG_IN_ASIDE, variables={"interval": interval}, env={"ANSIBLE_ASYNC_DIR": str(jobs)})
    assert run.of("Log in")["msg"].startswith("infisical_login does not support async: ")
    assert not jobs.exists()
    assert play.sim.requests == []


CONFIGURE = """
- hosts: localhost
  gather_facts: false
  tasks:
    - name: Look
      community.infisical.infisical_integration_info:
        project_id: "{{ project_id }}"
        extra_headers: {X-Canary: canary-header}
      loop: [1, 2]
      no_log: "{{ no_log }}"
"""


@newest
@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
@pytest.mark.parametrize("no_log", [True, False])
def test_the_warning_of_a_login_that_was_not_ended(play: Player, sim: Simulator, door: str, no_log: bool) -> None:
    body = {"statusCode": 400, "error": "BadRequest", "message": "Sent with canary-header, by who-knows-whom."}
    sim.fail_next(400, times=99, method="POST", path="/api/v1/auth/token/revoke", body=body)
    with pytest.raises(AssertionError, match="a login was not ended"):
        play(CONFIGURE, variables={"no_log": no_log}, env={"INFISICAL_IN_PROCESS": door})
    shown = "".join(play.last.output.split())
    assert "canary" not in shown
    assert ("who-knows-whom" in shown) == (not no_log)
    assert ("couldnotberevokedandisvaliduntilitexpires" in shown) == (not no_log)


UNFIT = """
- hosts: localhost
  gather_facts: false
  tasks:
    - name: Look
      community.infisical.infisical_integration_info:
        project_id: "{{ project_id }}"
        retries: many
        login_data:
          url: "{{ server }}"
          access_token: canary-token
      ignore_errors: true
"""


@newest
@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_no_token_is_shown_where_an_option_does_not_validate(play: Player, sim: Simulator, door: str) -> None:
    environment = {"INFISICAL_IN_PROCESS": door, "ANSIBLE_INJECT_INVOCATION": "true"}
    run = play(UNFIT, "-vvv", variables={"server": sim.url}, env=environment)
    assert run.of("Look")["invocation"]["module_args"]["login_data"]["url"] == sim.url
    assert "canary" not in run.output
    assert "canary" not in json.dumps(run.of("Look"))
