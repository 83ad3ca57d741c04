# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two modules in playbooks: the main example, waiting, teardown, and the ways to state the connection."""

from __future__ import annotations

import json

import pytest

from simulator import Simulator

from .harness import AWS_KEY, AWS_SECRET, REGION, Aws, Player

only_2024 = pytest.mark.parametrize("generation", ["2024"], indirect=True)
only_2026 = pytest.mark.parametrize("generation", ["2026"], indirect=True)

EXAMPLE = """
- hosts: localhost
  gather_facts: false
  tasks:
    - community.infisical.infisical_integration_auth:
        project_id: "{{ project_id }}"
        integration: aws-secret-manager
        access_id: "{{ aws_access_key_id }}"
        access_token: "{{ aws_secret_access_key }}"
      register: auth

    - community.infisical.infisical_integration:
        integration_auth_id: "{{ auth.integration_auth.id }}"
        source_environment: dev
        secret_path: /app
        app: my-app/dev
        region: us-east-1
        accept_deletion: true
      register: sync
"""
AUTH, INTEGRATION = "community.infisical.infisical_integration_auth", "community.infisical.infisical_integration"


def test_example(play: Player, aws: Aws) -> None:
    check, apply, again = play.thrice(EXAMPLE, "--diff", "-vvv")

    assert check.changes == apply.changes == [(AUTH, True), (INTEGRATION, True)]
    for run in (check, apply):
        assert '+ "credentials": "written"' in run.text
        assert '+ "secret_path": "/app"' in run.text
    assert "+++" not in again.output
    assert check.of(INTEGRATION)["integration"].keys() == apply.of(INTEGRATION)["integration"].keys()
    auths, integrations = play.objects()
    assert apply.of(AUTH)["integration_auth"]["id"] == auths[0]["id"]
    assert apply.of(INTEGRATION)["integration"]["id"] == integrations[0]["id"]
    assert aws.secrets() == {"my-app/dev": {"API_KEY": "api-value", "DB_PASSWORD": "db-value"}}


UPDATE = """
- hosts: localhost
  gather_facts: false
  tasks:
    - name: Pause
      community.infisical.infisical_integration:
        project_id: "{{ project_id }}"
        integration: aws-secret-manager
        source_environment: dev
        app: one
        region: us-east-1
        accept_deletion: true
        is_active: false
        metadata:
          secret_prefix: NEW_
          kms_key_id: my-key
"""


def test_a_diff_shows_what_changes_and_nothing_else(play: Player, sim: Simulator) -> None:
    auth = sim.add_auth(sim.project_id, "aws-secret-manager", accessId=AWS_KEY, accessToken=AWS_SECRET)
    sim.add_integration(auth["id"], "dev", app="one", region=REGION, metadata={"secretPrefix": "OLD_"})

    _, apply, _ = play.thrice(UPDATE, "--diff")

    removed = [line[1:].strip() for line in apply.output.splitlines() if line.startswith("-  ")]
    added = [line[1:].strip() for line in apply.output.splitlines() if line.startswith("+  ")]
    assert removed == ['"is_active": true,', '"secret_prefix": "OLD_"']
    assert added == ['"is_active": false,', '"kms_key_id": "my-key",', '"secret_prefix": "NEW_"']


SYNC = """
- hosts: localhost
  gather_facts: false
  tasks:
    - name: Authorise
      community.infisical.infisical_integration_auth:
        project_id: "{{ project_id }}"
        integration: aws-secret-manager
        access_id: "{{ aws_access_key_id }}"
        access_token: "{{ aws_secret_access_key }}"
      register: auth
    - name: Configure
      community.infisical.infisical_integration: &configure
        integration_auth_id: "{{ auth.integration_auth.id }}"
        source_environment: dev
        secret_path: /app
        app: waited-for
        region: us-east-1
        accept_deletion: true
        wait: true
        wait_timeout: 20
    - name: Sync
      community.infisical.infisical_integration:
        <<: *configure
        sync: true
"""


def test_sync_reports_changed_each_time(play: Player, aws: Aws) -> None:
    runs = [play(SYNC, *switches) for switches in (["--check"], [], [])]

    assert [run.changed for run in runs[1:]] == [["Authorise", "Configure", "Sync"], ["Sync"]]
    assert runs[0].changes == runs[1].changes
    assert runs[2].of("Sync")["integration"]["is_synced"] is True
    assert list(aws.secrets()) == ["waited-for"]


def test_waiting_for_a_sync_that_fails(play: Player, aws: Aws) -> None:
    play.canaries.add("canary-of-a-wrong-key")

    run = play(SYNC, variables={"aws_secret_access_key": "canary-of-a-wrong-key"}, rc=2)

    assert "failed: The security token included in the request is invalid." in run.failure
    assert run.of("Configure")["integration"]["is_synced"] is False
    assert aws.secrets() == {}


TEARDOWN = """
- hosts: localhost
  gather_facts: false
  tasks:
    - name: Remove the integration
      community.infisical.infisical_integration:
        project_id: "{{ project_id }}"
        integration: aws-secret-manager
        source_environment: dev
        app: one
        region: us-east-1
        accept_deletion: true
        state: absent
    - name: Remove the auth
      community.infisical.infisical_integration_auth:
        project_id: "{{ project_id }}"
        integration: aws-secret-manager
        cascade: "{{ cascade | default(false) }}"
        state: absent
"""


def test_teardown(play: Player, sim: Simulator) -> None:
    auth = sim.add_auth(sim.project_id, "aws-secret-manager", accessId=AWS_KEY, accessToken=AWS_SECRET)
    integration = sim.add_integration(auth["id"], "dev", app="one", region=REGION)

    check = play(TEARDOWN, "--check", "--diff", warnings=[f"1 integration(s) still use integration auth {auth['id']}"])
    assert play.objects() == ([auth], [integration])
    apply, again = play(TEARDOWN), play(TEARDOWN)

    assert check.changes == apply.changes == [("Remove the integration", True), ("Remove the auth", True)]
    assert again.changed == []
    assert play.objects() == ([], [])


def test_an_auth_in_use_is_removed_only_on_demand(play: Player, sim: Simulator) -> None:
    auth = sim.add_auth(sim.project_id, "aws-secret-manager", accessId=AWS_KEY, accessToken=AWS_SECRET)
    other = sim.add_integration(auth["id"], "dev", app="two", region=REGION)

    run = play(TEARDOWN, rc=2)
    assert other["id"] in run.failure
    assert play.objects() == ([auth], [other])

    check, apply, _ = play.thrice(TEARDOWN, variables={"cascade": True})
    assert check.changed == apply.changed == ["Remove the auth"]
    assert apply.of("Remove the auth") is not None
    assert play.objects() == ([], [])


CONNECTIONS = """
- name: One project, with defaults for the play
  hosts: localhost
  gather_facts: false
  module_defaults:
    group/community.infisical.infisical:
      url: "{{ server.url }}/api/"
      universal_auth_client_id: "{{ server.id }}"
      universal_auth_client_secret: "{{ server.secret }}"
  tasks:
    - name: Authorise
      community.infisical.infisical_integration_auth: &credentials
        project_id: "{{ project }}"
        integration: aws-secret-manager
        access_id: "{{ aws_access_key_id }}"
        access_token: "{{ aws_secret_access_key }}"
      register: auth
    - name: Configure
      community.infisical.infisical_integration: &destination
        project_id: "{{ project }}"
        integration_auth_id: "{{ auth.integration_auth.id }}"
        source_environment: dev
        app: "{{ app_name }}"
        region: us-east-1
        accept_deletion: true
  vars:
    project: "{{ project_id }}"
    app_name: first

- name: Another project, with one login
  hosts: localhost
  gather_facts: false
  tasks:
    - name: Log in
      community.infisical.infisical_login:
        url: "{{ server.url }}"
        universal_auth_client_id: "{{ server.id }}"
        universal_auth_client_secret: "{{ server.secret }}"
      register: login
    - module_defaults:
        group/community.infisical.infisical:
          login_data: "{{ login.login_data }}"
      block:
        - name: Authorise another
          community.infisical.infisical_integration_auth: *credentials
          register: auth
        - name: Configure another
          community.infisical.infisical_integration: *destination
      always:
        - name: Log out
          community.infisical.infisical_login:
            state: absent
          changed_when: false
  vars:
    project: "{{ other_project_id }}"
    app_name: second
"""


def test_two_plays_one_for_each_project(play: Player, sim: Simulator, aws: Aws) -> None:
    server = {"url": sim.url, "id": sim.admin.client_id, "secret": sim.admin.client_secret}
    variables = {"server": server, "other_project_id": sim.other_project_id}

    _, apply, _ = play.thrice(CONNECTIONS, "-vvv", variables=variables, login=False)

    assert apply.changed == ["Authorise", "Configure", "Authorise another", "Configure another"]
    assert [len(sim.integrations(project)) for project in (sim.project_id, sim.other_project_id)] == [1, 1]
    assert sorted(aws.secrets()) == ["first", "second"]
    logins = [one for one in sim.requests if one["path"].endswith("/login")]
    # Each of the first play's two tasks for itself, the second play once, and that three times over.
    assert len(logins) == 9


@pytest.mark.parametrize("method", ["token_auth", "oidc_auth", "ldap_auth"])
@only_2026
def test_login_from_the_environment(play: Player, sim: Simulator, method: str) -> None:
    login = {
        "token_auth": {"INFISICAL_TOKEN": sim.admin.token},
        "oidc_auth": {"INFISICAL_MACHINE_IDENTITY_ID": sim.admin.identity_id, "INFISICAL_JWT": sim.admin.jwt},
        "ldap_auth": {
            "INFISICAL_MACHINE_IDENTITY_ID": sim.admin.identity_id,
            "INFISICAL_LDAP_USERNAME": sim.admin.ldap_username,
            "INFISICAL_LDAP_PASSWORD": sim.admin.ldap_password,
        },
    }[method]
    play.canaries.update(
        login[name] for name in login if name not in ("INFISICAL_MACHINE_IDENTITY_ID", "INFISICAL_LDAP_USERNAME")
    )

    run = play(
        EXAMPLE,
        "-vvv",
        login=False,
        env={"INFISICAL_URL": sim.url, "INFISICAL_AUTH_METHOD": method, **login},
    )

    assert run.changed == [AUTH, INTEGRATION]


CANARIES = {
    "access_id": "canary-role-id",
    "access_token": "canary-secret-id",
    "jwt": "canary-jwt",
    "token": "canary-token",
    "ldap_password": "canary-password",
    "extra_headers": {"X-Proxy-Token": "canary-header"},
}
SECRETS = """
- hosts: localhost
  gather_facts: false
  tasks:
    - name: Authorise
      community.infisical.infisical_integration_auth: &everything
        project_id: "{{ project_id }}"
        integration: hashicorp-vault
        integration_auth_id: "{{ auth_id | default(omit) }}"
        access_id: "{{ canaries.access_id }}"
        access_token: "{{ canaries.access_token }}"
        namespace: team
        target_url: https://vault.example.com
        jwt: "{{ canaries.jwt }}"
        token: "{{ canaries.token }}"
        ldap_password: "{{ canaries.ldap_password }}"
        extra_headers: "{{ canaries.extra_headers }}"
    - name: Authorise with another service's token
      community.infisical.infisical_integration_auth:
        project_id: "{{ project_id }}"
        integration: gcp-secret-manager
        refresh_token: "{{ canaries.refresh_token }}"
    - name: Fail
      community.infisical.infisical_integration_auth: *everything
      vars:
        auth_id: 00000000-0000-4000-8000-00000000dead
"""


@only_2026
def test_no_secret_option_is_shown(play: Player) -> None:
    play.canaries.update(value for value in CANARIES.values() if isinstance(value, str))
    play.canaries.update(["canary-header", "canary-private-key"])
    account = {"client_email": "robot@example.com", "private_key": "canary-private-key"}

    variables = {"canaries": CANARIES | {"refresh_token": json.dumps(account)}}
    run = play(SECRETS, "-vvv", "--diff", rc=2, variables=variables, env={"ANSIBLE_INJECT_INVOCATION": "true"})

    assert run.changed == ["Authorise", "Authorise with another service's token"]
    assert "There is no integration auth with the ID" in run.failure
