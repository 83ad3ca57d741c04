# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role native_integration: one and many destinations, there and gone again."""

from __future__ import annotations

from typing import Any

import pytest

from simulator import Simulator

from .harness import AWS_KEY, AWS_SECRET, UNANSWERED, Aws, Player

ROLE = """
- hosts: localhost
  gather_facts: false
  tasks:
    - ansible.builtin.include_role:
        name: community.infisical.native_integration
      vars:
        native_integration_project_id: "{{ project_id }}"
        native_integration_service: aws-secret-manager
        native_integration_state: "{{ state | default('present') }}"
        native_integration_auth:
          access_id: "{{ aws_access_key_id }}"
          access_token: "{{ aws_secret_access_key }}"
        native_integration_destinations: "{{ destinations }}"
        native_integration_keep_auth: "{{ keep_auth | default(false) }}"
        native_integration_connection: "{{ connection | default({}) }}"
        native_integration_accept_deletion: true
"""
ONE = {"source_environment": "dev", "secret_path": "/app", "app": "my-app/dev", "region": "us-east-1"}
MANY = [
    ONE,
    {"source_environment": "dev", "app": "root", "region": "us-east-1", "metadata": {"secret_prefix": "ROOT_"}},
    {
        "source_environment": "prod",
        "secret_path": "/app",
        "app": "my-app/prod",
        "region": "us-east-1",
        "is_active": False,
    },
]
PRESENT, INTEGRATE, ABSENT = "Store the credentials of the service", "Manage the integrations", "Remove the auth"


def integration_changes(run: Any) -> list[bool]:
    return [entry["changed"] for entry in run.fact("native_integration_result")["integrations"]]


@pytest.mark.parametrize("destinations", [[ONE], MANY], ids=["one", "many"])
def test_present_and_absent(play: Player, aws: Aws, destinations: list[dict[str, Any]]) -> None:
    variables = {"destinations": destinations, "native_integration_project_slug": UNANSWERED}
    check, apply, again = play.thrice(ROLE, "-vvv", "--diff", variables=variables)

    assert check.changed == apply.changed == [PRESENT, INTEGRATE]
    assert integration_changes(check) == integration_changes(apply) == [True] * len(destinations)
    auths, integrations = play.objects()
    for run, changed in ((apply, True), (again, False)):
        result = run.fact("native_integration_result")
        assert (result["changed"], result["auth_changed"], result["auth_id"]) == (changed, changed, auths[0]["id"])
        ids = [entry["integration"]["id"] for entry in result["integrations"]]
        assert sorted(ids) == sorted(one["id"] for one in integrations)
        assert [entry["integration"]["app"] for entry in result["integrations"]] == [one["app"] for one in destinations]
    wanted = {"my-app/dev": {"API_KEY", "DB_PASSWORD"}, "root": {"ROOT_ROOT_KEY"}}
    names = {one["app"] for one in destinations}
    assert {name: set(keys) for name, keys in aws.secrets().items()} == {k: v for k, v in wanted.items() if k in names}

    check, apply, again = play.thrice(ROLE, "-vvv", "--diff", variables={**variables, "state": "absent"})

    assert check.changed == apply.changed == [INTEGRATE, ABSENT]
    assert play.objects() == ([], [])
    for run, changed in ((check, True), (apply, True), (again, False)):
        result = run.fact("native_integration_result")
        assert (result["changed"], result["auth_changed"], result["auth_id"]) == (changed, changed, "")
        assert integration_changes(run) == [changed] * len(destinations)
    # What was written stays.
    assert "my-app/dev" in aws.secrets()


def test_absent_removes_no_more_than_was_listed(play: Player, sim: Simulator) -> None:
    auth = sim.add_auth(sim.project_id, "aws-secret-manager", accessId=AWS_KEY, accessToken=AWS_SECRET)
    other_auth = sim.add_auth(sim.project_id, "aws-secret-manager", namespace="other", accessId="x", accessToken="y")
    fields = {"secretPath": "/app", "app": "my-app/dev"}
    listed = sim.add_integration(auth["id"], "dev", region="us-east-1", **fields)
    elsewhere = sim.add_integration(auth["id"], "dev", region="eu-west-1", **fields)
    on_another_auth = sim.add_integration(other_auth["id"], "dev", region="us-east-1", **fields)
    variables = {"destinations": [ONE], "state": "absent"}

    check, apply, _ = play.thrice(ROLE, variables=variables)

    assert check.changed == apply.changed == [INTEGRATE]
    assert apply.fact("native_integration_result")["integrations"][0]["removed"] == [listed["id"]]
    auths, integrations = play.objects()
    assert {one["id"] for one in auths} == {auth["id"], other_auth["id"]}
    assert {one["id"] for one in integrations} == {elsewhere["id"], on_another_auth["id"]}

    variables["destinations"] = [{**ONE, "region": "eu-west-1"}]
    assert play(ROLE, variables={**variables, "keep_auth": True}).changed == [INTEGRATE]
    assert len(play.objects()[0]) == 2
    assert play(ROLE, variables=variables).changed == [ABSENT]
    assert [one["id"] for one in play.objects()[0]] == [other_auth["id"]]


CONNECTED = """
- hosts: localhost
  gather_facts: false
  module_defaults:
    group/community.infisical.infisical:
      url: "{{ server.url }}"
      universal_auth_client_id: "{{ server.id }}"
      universal_auth_client_secret: "{{ server.secret }}"
  tasks:
    - ansible.builtin.import_role: &role
        name: community.infisical.native_integration
    - community.infisical.infisical_login:
      register: login
    - module_defaults:
        group/community.infisical.infisical:
          auth_method: token_auth
      vars:
        native_integration_connection: "{{ login }}"
      block:
        - ansible.builtin.include_role: *role
    - community.infisical.infisical_login:
        state: absent
        login_data: "{{ login.login_data }}"
  vars:
    native_integration_project_id: "{{ project_id }}"
    native_integration_service: aws-secret-manager
    native_integration_auth:
      access_id: "{{ aws_access_key_id }}"
      access_token: "{{ aws_secret_access_key }}"
    native_integration_destinations: "{{ destinations }}"
    native_integration_accept_deletion: true
"""


@pytest.mark.parametrize("generation", ["2026"], indirect=True)
def test_connection_by_module_defaults_and_by_variable(play: Player, sim: Simulator) -> None:
    server = {"url": sim.url, "id": sim.admin.client_id, "secret": sim.admin.client_secret}
    connected = CONNECTED.replace('"{{ login }}"', '{login_data: "{{ login.login_data }}"}')

    run = play(connected, "-vvv", login=False, variables={"server": server, "destinations": [ONE]})

    changes = [change for change in run.changes if change[0] in (PRESENT, INTEGRATE)]
    assert changes == [(PRESENT, True), (INTEGRATE, True), (PRESENT, False), (INTEGRATE, False)]


@pytest.mark.parametrize("generation", ["2026"], indirect=True)
@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"state": "gone", "destinations": []}, "must be one of: present, absent"),
        ({"destinations": [{**ONE, "regoin": "us-east-1"}]}, "regoin"),
        ({"destinations": [{**ONE, "secret_path": "/nowhere"}]}, "/nowhere"),
    ],
)
def test_bad_input_is_told(play: Player, variables: dict[str, Any], message: str) -> None:
    run = play(ROLE, "-vvv", variables=variables, rc=2)

    assert message in run.failure
    assert play.objects()[1] == []
