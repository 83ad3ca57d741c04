# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same tasks as ordinary modules and in the controller's process: same results, far fewer requests."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.parsing.vault import VaultLib, VaultSecret

from simulator import Simulator

from . import doors
from .harness import AWS_KEY, AWS_SECRET, REGION, Aws, Player, Run

ROOT = Path(__file__).resolve().parents[2]
# Two long playbooks in one test, one of them with a Python for every task.
pytestmark = pytest.mark.timeout(900)
MODULE_DOOR = {"INFISICAL_IN_PROCESS": "false"}
VAULT_PASSWORD = "for-tests-only"
TASKS = """
- hosts: localhost
  gather_facts: false
  module_defaults:
    group/community.infisical.infisical:
      timeout: 20
  tasks:
    - name: Auth by an alias, an environment fallback and a tagged value
      community.infisical.infisical_integration_auth:
        workspace_id: "{{ project_id }}"
        integration: aws-secret-manager
        access_id: "{{ aws_access_key_id }}"
        access_token: "{{ aws_secret_access_key }}"
      register: auth

    - name: The same again
      community.infisical.infisical_integration_auth:
        project_id: "{{ project_id }}"
        integration: aws-secret-manager
        access_id: "{{ aws_access_key_id }}"
        access_token: "{{ aws_secret_access_key }}"

    - name: Integrations in a loop
      community.infisical.infisical_integration:
        project_id: "{{ project_id }}"
        integration_auth_id: "{{ auth.integration_auth.id }}"
        source_environment: dev
        secret_path: /app
        app: "{{ item }}"
        region: us-east-1
        metadata: {secret_prefix: "P_"}
      loop: [one, two, one]

    - name: Update
      community.infisical.infisical_integration:
        project_id: "{{ project_id }}"
        integration: aws-secret-manager
        source_environment: dev
        secret_path: /app
        app: one
        region: us-east-1
        metadata: {secret_prefix: "Q_"}

    - name: Both an option and its alias
      community.infisical.infisical_integration_auth_info:
        project_id: "{{ project_id }}"
        workspace_id: "{{ project_id }}"

    - name: No TLS verification
      community.infisical.infisical_integration_info:
        project_id: "{{ project_id }}"
        validate_certs: false

    - name: A value like a template stays text
      community.infisical.infisical_integration:
        integration_auth_id: "{{ auth.integration_auth.id }}"
        source_environment: dev
        secret_path: /app
        app: !unsafe "{{ 1 + 1 }}"
        region: us-east-1

    - name: Many
      community.infisical.infisical_integrations:
        project_id: "{{ project_id }}"
        integrations:
          - {integration: aws-secret-manager, source_environment: dev, secret_path: /app, app: one, region: us-east-1}
          - {integration: aws-secret-manager, source_environment: dev, secret_path: /app, app: three, region: us-east-1}

    - name: Some of many fail
      community.infisical.infisical_integrations:
        project_id: "{{ project_id }}"
        integrations:
          - {integration: aws-secret-manager, source_environment: dev, secret_path: /app, app: one, region: us-east-1}
          - {integration: github, source_environment: dev, secret_path: /app, app: four, region: us-east-1}
      ignore_errors: true

    - name: Unknown options
      community.infisical.infisical_integration_info:
        project_id: "{{ project_id }}"
        such: there is no
        another: one
      ignore_errors: true

    - name: Missing options
      community.infisical.infisical_integration: {}
      ignore_errors: true

    - name: A wrong choice, in a loop with good items
      community.infisical.infisical_integration_auth_info:
        project_id: "{{ project_id }}"
        auth_method: "{{ item }}"
      loop: [universal_auth, sorcery, universal_auth]
      ignore_errors: true

    - name: A wrong type
      community.infisical.infisical_integration_auth_info:
        project_id: "{{ project_id }}"
        retries: many
      ignore_errors: true

    - name: A refused login, its secret in the result
      community.infisical.infisical_integration_auth_info:
        project_id: "{{ project_id }}"
        universal_auth_client_id: wrong-canary-secret-id
        universal_auth_client_secret: canary-secret
      ignore_errors: true

    - name: A fault of the server
      community.infisical.infisical_integration_info:
        project_id: 00000000-0000-4000-8000-00000000dead
      ignore_errors: true

    - name: An integer where text is wanted, and a key that is a number
      community.infisical.infisical_integration:
        integration_auth_id: "{{ auth.integration_auth.id }}"
        source_environment: dev
        secret_path: /app
        app: 4711
        region: us-east-1
        metadata: {1: one}
      ignore_errors: true

    - name: Until
      community.infisical.infisical_integration_info:
        project_id: "{{ project_id }}"
      register: seen
      until: seen.attempts | default(9) | int >= 2
      retries: 2
      delay: 0

    - name: Remove
      community.infisical.infisical_integration:
        integration_id: "{{ item.id }}"
        project_id: "{{ project_id }}"
        state: absent
      loop: "{{ seen.integrations | sort(attribute='app') }}"
      loop_control: {label: "{{ item.app }}"}

    - name: Log in
      community.infisical.infisical_login:
      register: login

    - name: Look at the project, and for one that is not there
      community.infisical.infisical_project_info:
        project_slug: "{{ item }}"
      loop: [first-project, no-such-project, Not A Slug]
      ignore_errors: true

    - name: Use the login
      community.infisical.infisical_integration_info:
        project_id: "{{ project_id }}"
        login_data: "{{ login.login_data }}"

    - name: Log out
      community.infisical.infisical_login:
        state: absent
        login_data: "{{ login.login_data }}"
"""


SUCCESSORS = """
- hosts: localhost
  gather_facts: false
  ignore_errors: "{{ may_fail }}"
  module_defaults:
    group/community.infisical.infisical:
      project_id: "{{ project_id }}"
  tasks:
    - name: Connect
      community.infisical.infisical_app_connection: &connection
        app: aws
        name: aws-main
        method: access-key
        credentials:
          access_key_id: "{{ aws_access_key_id }}"
          secret_access_key: "{{ aws_secret_access_key }}"
      register: connection

    - name: Connect again, credentials and all
      community.infisical.infisical_app_connection:
        <<: *connection
        description: of the doors
        update_credentials: always

    - name: Connect to what is not in the catalogue, and in ways that it does not have
      community.infisical.infisical_app_connection:
        app: "{{ item.app }}"
        name: other
        method: "{{ item.method }}"
        credentials: {anything: canary-of-a-credential}
      loop:
        - {app: no-such-app, method: pat}
        - {app: aws, method: sorcery}
        - {app: github, method: pat}
      ignore_errors: true

    - name: Look at connections
      community.infisical.infisical_app_connection_info:
        app: "{{ item }}"
        export: true
      loop: [aws, github, Not A Slug]
      ignore_errors: true

    - name: Syncs in a loop, one of them twice
      community.infisical.infisical_secret_sync:
        name: "{{ item }}"
        destination: aws-secrets-manager
        connection_id: "{{ connection.app_connection.id }}"
        environment: dev
        secret_path: /app
        destination_config: {region: us-east-1, mapping_behavior: many-to-one, secret_name: "my/{{ item }}"}
        wait: true
        wait_timeout: 20
      loop: [one, two, one]

    - name: Change a sync
      community.infisical.infisical_secret_sync:
        name: one
        description: changed
        sync_options: {disable_secret_deletion: true}

    - name: Look at destinations, and compare them with what is and what can not be
      community.infisical.infisical_destination_info:
        key: canary-of-a-key
        access_key_id: "{{ aws_access_key_id }}"
        secret_access_key: "{{ aws_secret_access_key }}"
        endpoint_url: "{{ aws_url }}"
        destinations:
          - name: one
            destination: aws-secrets-manager
            destination_config: {region: us-east-1, mapping_behavior: many-to-one, secret_name: my/one}
          - {name: two, destination: aws-parameter-store, destination_config: {region: us-east-1}}
          - {name: three, destination: github, destination_config: {}}
        before: "{{ item }}"
      loop:
        - []
        - [{name: one, read: true, digests: {GONE: canary-of-a-key}}]
        - [{name: one, read: true}]
      ignore_errors: true

    - name: Syncs that can not be
      community.infisical.infisical_secret_sync:
        name: broken
        destination: "{{ item.destination }}"
        connection_name: "{{ item.connection }}"
        environment: "{{ item.environment }}"
        destination_config: {region: us-east-1}
      loop:
        - {destination: aws-secrets-manager, connection: aws-main, environment: dev}
        - {destination: aws-parameter-store, connection: no-such-connection, environment: dev}
        - {destination: such-there-is-none, connection: aws-main, environment: dev}
        - {destination: aws-parameter-store, connection: aws-main, environment: nowhere}
      ignore_errors: true

    - name: Many syncs
      community.infisical.infisical_secret_syncs:
        concurrency: 1
        syncs: &syncs
          - name: one
            destination: aws-secrets-manager
            connection_name: aws-main
            environment: dev
            secret_path: /app
            destination_config: {region: us-east-1, mapping_behavior: many-to-one, secret_name: my/one}
          - name: three
            destination: aws-parameter-store
            connection_name: aws-main
            environment: dev
            secret_path: /app
            destination_config: {region: us-east-1, path: /three/}

    - name: Many syncs again, the others purged
      community.infisical.infisical_secret_syncs:
        concurrency: 1
        syncs: *syncs
        purge: true
        purge_scope: {destination: [aws-*]}

    - name: Some of many syncs fail
      community.infisical.infisical_secret_syncs:
        concurrency: 1
        syncs:
          - {name: one, description: of many}
          - name: four
            destination: aws-parameter-store
            connection_name: no-such-connection
            environment: dev
            destination_config: {region: us-east-1, path: /four/}
      ignore_errors: true

    - name: Many syncs with faults
      community.infisical.infisical_secret_syncs:
        concurrency: 99
        syncs: [{name: one}, {name: one}]
        purge: true
      ignore_errors: true

    - name: Purge with an empty scope
      community.infisical.infisical_secret_syncs:
        syncs: []
        purge: true
        purge_when_empty: true
        purge_scope: {name: "{{ nothing | default([]) }}", environment: [dev]}
      ignore_errors: true

    - name: Purge with no scope
      community.infisical.infisical_secret_syncs:
        syncs: []
        purge: true
        purge_when_empty: true
        purge_scope: {name: null, environment: [dev]}
      ignore_errors: true

    - name: Look at syncs
      community.infisical.infisical_secret_sync_info:
        export: true
      register: seen

    - name: Look for what is not there
      community.infisical.infisical_secret_sync_info:
        sync_id: "{{ item }}"
      loop: [00000000-0000-4000-8000-00000000dead, not-an-id]
      ignore_errors: true

    - name: Audit
      community.infisical.infisical_audit_info:
        project_ids: ["{{ project_id }}"]
      module_defaults: {group/community.infisical.infisical: {}}

    - name: Plan a migration
      community.infisical.infisical_migration:
        project_ids: ["{{ project_id }}"]
      module_defaults: {group/community.infisical.infisical: {}}

    - name: Migrate without a journal
      community.infisical.infisical_migration:
        phase: create
        project_ids: ["{{ project_id }}"]
      module_defaults: {group/community.infisical.infisical: {}}
      ignore_errors: true

    - name: Remove syncs
      community.infisical.infisical_secret_sync:
        sync_id: "{{ item.id }}"
        state: absent
      loop: "{{ seen.secret_syncs | default([]) | sort(attribute='name') }}"
      loop_control: {label: "{{ item.name }}"}

    - name: Remove the connection, and once more
      community.infisical.infisical_app_connection:
        app: aws
        name: aws-main
        state: absent
      loop: [1, 2]

    - name: Log in where nobody may
      community.infisical.infisical_login:
        universal_auth_client_secret: canary-of-a-login
      module_defaults: {group/community.infisical.infisical: {}}
      ignore_errors: true
"""


class Lenient(Player):
    """A player that minds everything but warnings."""

    def _watch(self, run: Run, results: str, warnings: Sequence[str]) -> None:
        super()._watch(run, results, None)


@contextmanager
def fresh(tmp_path: Path, name: str, aws: Aws, generation: str) -> Iterator[Player]:
    folder = tmp_path / name
    folder.mkdir()
    keys = {AWS_KEY: AWS_SECRET}
    with Simulator(
        generation=generation, create_open=True, aws_endpoint_url=aws.url, aws_credentials=keys
    ) as simulator:
        yield Lenient(simulator, folder)


@pytest.fixture
def by_both(tmp_path: Path, aws: Aws, generation: str) -> Callable[..., tuple[Run, Run]]:
    """Runs a playbook as modules and in process, each against a server of its own."""

    def run(playbook: str, *switches: str, env: Mapping[str, str] | None = None, **options: Any) -> tuple[Run, Run]:
        runs = []
        for name, door in (("module", MODULE_DOOR), ("process", {})):
            with fresh(tmp_path, f"{name}-{len(list(tmp_path.iterdir()))}", aws, generation) as play:
                runs.append(play(playbook, *switches, env={**(env or {}), **door}, **options))
        return runs[0], runs[1]

    return run


def assert_alike(module: Run, process: Run) -> None:
    assert doors.compared(module.record, process.record) == []


@pytest.mark.parametrize(
    ("generation", "switches", "invocation"),
    [
        pytest.param("2024", ("--diff", "-vvv"), "true", id="2024, verbose"),
        pytest.param("2026", (), "false", id="2026, without invocation", marks=pytest.mark.thorough),
        pytest.param("2026", ("--check",), "true", id="2026, check mode"),
    ],
    indirect=["generation"],
)
def test_results_are_the_same(by_both: Callable, switches: tuple, invocation: str) -> None:
    # The variable is one since ansible-core 2.21, where modules show their invocation no longer by themselves.
    module, process = by_both(TASKS, *switches, env={"ANSIBLE_INJECT_INVOCATION": invocation})

    assert len(process.results) > 20
    assert_alike(module, process)


@pytest.mark.parametrize(
    ("generation", "switches", "may_fail"),
    [
        pytest.param("2026", ("--diff", "-vvv"), False, id="verbose", marks=pytest.mark.thorough),
        pytest.param("2026", ("--check", "--diff"), True, id="check mode", marks=pytest.mark.thorough),
        pytest.param("2024", (), True, id="a server without them"),
    ],
    indirect=["generation"],
)
def test_results_of_the_successors_are_the_same(by_both: Callable, aws: Aws, switches: tuple, may_fail: bool) -> None:
    module, process = by_both(SUCCESSORS, *switches, variables={"may_fail": may_fail, "aws_url": aws.url})

    assert len(process.results) > 10
    assert_alike(module, process)
    assert process.of("Purge with an empty scope")["msg"].startswith("purge_scope.name must hold at least one value")
    assert "argument 'name' is of type" in process.of("Purge with no scope")["msg"]


def test_every_module_is_compared() -> None:
    routed = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text())["plugin_routing"]["modules"]
    played = {action for play in (TASKS, SUCCESSORS) for action in re.findall(r"^ {6}([a-z_.]+):", play, re.MULTILINE)}
    assert {f"community.infisical.{name}" for name in routed} - played == set()


def vaulted(value: str) -> str:
    vault = VaultLib([("default", VaultSecret(VAULT_PASSWORD.encode()))])
    return textwrap.indent(vault.encrypt(value).decode(), " " * 16)


VAULTED = """
- hosts: localhost
  gather_facts: false
  vars:
    region: !vault |
{region}
  tasks:
    - name: Vaulted
      community.infisical.infisical_integration_auth:
        project_id: "{{{{ project_id }}}}"
        integration: aws-secret-manager
        access_id: "{{{{ aws_access_key_id }}}}"
        access_token: !vault |
{secret}
      register: auth

    - name: Vaulted, by a variable and deep down
      community.infisical.infisical_integrations:
        project_id: "{{{{ project_id }}}}"
        integrations:
          - integration_auth_id: "{{{{ auth.integration_auth.id }}}}"
            source_environment: dev
            secret_path: /app
            region: "{{{{ region }}}}"
            app: !vault |
{app}
"""


@pytest.mark.parametrize("generation", ["2024"], indirect=True)
def test_vaulted_values(by_both: Callable, tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text(VAULT_PASSWORD)
    playbook = VAULTED.format(region=vaulted(REGION), secret=vaulted(AWS_SECRET), app=vaulted("vaulted-app"))

    module, process = by_both(playbook, env={"ANSIBLE_VAULT_PASSWORD_FILE": str(password)})

    assert process.results[-1].values["results"][0]["integration"]["app"] == "vaulted-app"
    assert_alike(module, process)


LOOP = """
- hosts: localhost
  gather_facts: false
  tasks:
    - name: Loop
      community.infisical.infisical_integration:
        {whose}
        source_environment: dev
        secret_path: /app
        app: "app-{{{{ item }}}}"
        region: us-east-1
        accept_deletion: true
      loop: "{{{{ range({count}) | list }}}}"
      {more}
"""
BULK = """
- hosts: localhost
  gather_facts: false
  tasks:
    - name: Bulk
      community.infisical.infisical_integrations: {project_id: "{{ project_id }}", integrations: "{{ items }}"}
"""
BY_AUTH = 'integration_auth_id: "{{ auth_id }}"'
BY_PROJECT = 'project_id: "{{ project_id }}"\n        integration_auth_id: "{{ auth_id }}"'


@pytest.fixture
def auth_id(sim: Simulator) -> str:
    """The id of an auth with three integrations, app-0 to app-2."""
    auth = sim.add_auth(sim.project_id, "aws-secret-manager", accessId=AWS_KEY, accessToken=AWS_SECRET)
    for number in range(3):
        sim.add_integration(auth["id"], "dev", secretPath="/app", app=f"app-{number}", region=REGION)
    return auth["id"]


def asked(sim: Simulator) -> dict[str, int]:
    """What was asked, by kind."""
    kinds = {
        "login": r"POST .*/login 200",
        "revoke": r"POST .*/token/revoke 200",
        "list": r"GET .*/integrations 200",
        "probe": r"GET .*/integrations 404",
        "look-up": r"GET .*/integration-auth/[^/]+ 200",
        "create": r"POST /api/v1/integration 200",
    }
    requests = [f"{one['method']} {one['path']} {one['status']}" for one in sim.requests]
    found = {kind: sum(bool(re.fullmatch(how, one)) for one in requests) for kind, how in kinds.items()}
    assert sum(found.values()) == len(requests), requests
    return {kind: number for kind, number in found.items() if number}


class TestRequests:
    """What the server is asked, counted; each run also checks that no login stays open."""

    @pytest.fixture(autouse=True)
    def _server(self, play: Player, sim: Simulator, auth_id: str, generation: str) -> None:
        self.play, self.sim, self.auth_id = play, sim, auth_id
        self.probe = {"probe": 1} if generation == "2024" else {}

    def loop(self, whose: str, count: int, more: str = "", **options: Any) -> Run:
        playbook = LOOP.format(whose=whose, count=count, more=more)
        return self.play(playbook, variables={"auth_id": self.auth_id}, **options)

    @pytest.mark.parametrize("forks", ["1", "5"])
    def test_an_unchanged_loop(self, forks: str) -> None:
        assert self.loop(BY_AUTH, 3, env={"ANSIBLE_FORKS": forks}).changed == []

        assert asked(self.sim) == {"login": 1, "look-up": 1, "list": 1, "revoke": 1, **self.probe}

    def test_an_unchanged_loop_with_the_project(self) -> None:
        assert self.loop(BY_PROJECT, 3).changed == []

        assert asked(self.sim) == {"login": 1, "list": 1, "revoke": 1, **self.probe}

    @pytest.mark.parametrize("count", [3, 40])
    @pytest.mark.parametrize("door", [MODULE_DOOR, {}], ids=["module", "in process"])
    def test_an_unchanged_bulk(self, count: int, door: dict[str, str]) -> None:
        for number in range(3, count):
            self.sim.add_integration(self.auth_id, "dev", secretPath="/app", app=f"app-{number}", region=REGION)
        shared = {"integration_auth_id": self.auth_id, "source_environment": "dev", "secret_path": "/app"}
        items = [{**shared, "app": f"app-{number}", "region": REGION} for number in range(count)]

        run = self.play(BULK, variables={"items": items}, env=door)

        assert run.of("Bulk")["counts"]["unchanged"] == count
        assert asked(self.sim) == {"login": 1, "list": 1, "revoke": 1, **self.probe}

    def test_a_loop_sees_what_it_wrote(self) -> None:
        assert self.loop(BY_AUTH, 5).changed == ["Loop", "Loop"]
        assert len(self.sim.integrations(self.sim.project_id)) == 5
        # One list for all, and one after each create: another run may have made the same at the same time.
        assert asked(self.sim) == {"login": 1, "look-up": 1, "list": 3, "create": 2, "revoke": 1, **self.probe}

    def test_the_end_of_a_loop_that_is_skipped(self) -> None:
        self.loop(BY_AUTH, 4, more="when: item == 1")

        assert asked(self.sim) == {"login": 1, "look-up": 1, "list": 1, "revoke": 1, **self.probe}

    def test_a_loop_whose_end_is_handed_over(self) -> None:
        self.loop(BY_AUTH, 3, more="vars: {infisical_in_process: '{{ item < 2 }}'}")

        twice = {kind: 2 * number for kind, number in self.probe.items()}
        assert asked(self.sim) == {"login": 2, "look-up": 2, "list": 2, "revoke": 2, **twice}

    def test_attempts_read_afresh(self) -> None:
        self.loop(
            BY_PROJECT,
            1,
            more="""register: one
      until: one.attempts | default(1) | int >= 3
      retries: 3
      delay: 0""",
        )

        assert asked(self.sim)["list"] >= 2
        assert asked(self.sim)["login"] == asked(self.sim)["revoke"] == 1

    def test_hosts_share_nothing(self, tmp_path: Path) -> None:
        inventory = tmp_path / "hosts"
        inventory.write_text("one ansible_connection=local\ntwo ansible_connection=local\n")
        playbook = LOOP.format(whose=BY_AUTH, count=3, more="").replace("localhost", "all")

        self.play(playbook, "-i", str(inventory), variables={"auth_id": self.auth_id})

        twice = {kind: 2 * number for kind, number in self.probe.items()}
        assert asked(self.sim) == {"login": 2, "look-up": 2, "list": 2, "revoke": 2, **twice}


@pytest.mark.parametrize("generation", ["2026"], indirect=True)
@pytest.mark.parametrize("count", [3, 40])
def test_requests_of_an_unchanged_bulk_of_syncs(play: Player, sim: Simulator, count: int) -> None:
    connection = sim.add_connection("github", "pat", "main", sim.project_id, personalAccessToken=AWS_SECRET)
    config = {"scope": "repository", "owner": "o", "repo": "r"}
    for number in range(count):
        sim.add_sync("github", connection["id"], "dev", name=f"sync-{number}", destinationConfig=config)
    items = [{"name": f"sync-{number}", "connection_name": "main"} for number in range(count)]
    playbook = BULK.replace("infisical_integrations", "infisical_secret_syncs").replace("integrations:", "syncs:")

    run = play(playbook, variables={"items": items})

    assert run.of("Bulk")["counts"]["unchanged"] == count
    requests = [f"{one['method']} {one['path'].removeprefix('/api/v1/')}" for one in sim.requests]
    assert requests == ["POST auth/universal-auth/login", "GET secret-syncs", "POST auth/token/revoke"]


DEFAULTS = """
- hosts: localhost
  gather_facts: false
  module_defaults:
    group/community.infisical.infisical:
      project_id: "{{ project_id }}"
    community.infisical.infisical_integration_auth:
      integration: aws-secret-manager
      access_id: "{{ aws_access_key_id }}"
      access_token: "{{ aws_secret_access_key }}"
    community.infisical.infisical_integration:
      source_environment: dev
      secret_path: /app
      app: from-defaults
      region: us-east-1
      accept_deletion: true
  tasks:
    - name: Auth
      community.infisical.infisical_integration_auth:
      register: auth
    - name: Integration
      community.infisical.infisical_integration: {integration_auth_id: "{{ auth.integration_auth.id }}"}
    - name: Look
      community.infisical.infisical_integration_info:
"""


@pytest.mark.parametrize("generation", ["2026"], indirect=True)
@pytest.mark.parametrize("door", [MODULE_DOOR, {}], ids=["module", "in process"])
def test_defaults_reach_their_own_module_and_its_group(play: Player, door: dict[str, str]) -> None:
    """A default of another module would be refused, as each names options that the others lack."""
    run = play(DEFAULTS, env=door)

    assert run.changed == ["Auth", "Integration"]
    assert [row["app"] for row in run.of("Look")["integrations"]] == ["from-defaults"]


# As ansible-playbook does it when it reads a task.
READING = """
import sys
from ansible.parsing.mod_args import ModuleArgsParser
from ansible.plugins.loader import init_plugin_loader
init_plugin_loader()
ModuleArgsParser({"community.infisical.infisical_integration": {}}).parse()
names = ("boto3", "requests", *("ansible_collections.community.infisical.plugins." + name for name in sys.argv[1:]))
print(*(name.rpartition(".")[2] for name in names if name in sys.modules))
"""


def test_reading_a_task_loads_what_workers_would_each_load_anew(play: Player) -> None:
    names = [
        "action.in_process",
        "module_utils._module",
        "module_utils._kinds.integration",
        "module_utils._kinds.secret_sync",
    ]
    done = subprocess.run(
        [sys.executable, "-c", READING, *names],
        env=play._environment(login=False),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["requests", *(name.rpartition(".")[2] for name in names)]


DELEGATED = """
- hosts: localhost
  gather_facts: false
  tasks:
    - name: Here
      community.infisical.infisical_integration_auth_info: {project_id: "{{ project_id }}"}
    - name: Elsewhere
      community.infisical.infisical_integration_auth_info: {project_id: "{{ project_id }}"}
      delegate_to: there
    - name: With an environment
      community.infisical.infisical_integration_auth_info: {project_id: "{{ project_id }}"}
      environment: {SUCH: "1"}
    - name: Another Python
      community.infisical.infisical_integration_auth_info: {project_id: "{{ project_id }}"}
      vars: {ansible_python_interpreter: "{{ other_python }}"}
    - name: The same Python
      community.infisical.infisical_integration_auth_info: {project_id: "{{ project_id }}"}
      vars: {ansible_python_interpreter: "{{ ansible_playbook_python }}"}
    - name: Later
      community.infisical.infisical_integration_auth_info: {project_id: "{{ project_id }}"}
      async: 30
      poll: 1
"""


@pytest.mark.parametrize("generation", ["2026"], indirect=True)
def test_which_tasks_are_handed_over(play: Player, tmp_path: Path) -> None:
    other = tmp_path / "python"
    other.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    other.chmod(0o755)
    inventory = tmp_path / "hosts"
    inventory.write_text(
        f"there ansible_connection=local infisical_in_process=no ansible_python_interpreter={sys.executable}\n"
    )

    # Tests have a HOME of their own, which not every part of async goes by.
    folder = {"ANSIBLE_ASYNC_DIR": str(tmp_path / "async")}
    run = play(DELEGATED, "-i", str(inventory), "-vvv", variables={"other_python": str(other)}, env=folder)

    tasks = re.split(r"^TASK \[", run.output, flags=re.MULTILINE)[1:]
    reasons = {task.partition("]")[0]: re.findall(r"runs as an ordinary module: (.*)", task) for task in tasks}
    assert reasons == {
        "Here": [],
        "Elsewhere": ["infisical_in_process is false"],
        "With an environment": ["the task has an environment"],
        "Another Python": ["another Python interpreter is set"],
        "The same Python": [],
        "Later": ["async"],
    }
