# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role secret_sync: a connection and its syncs, made, kept and removed."""

from __future__ import annotations

from typing import Any

import pytest

from simulator import Simulator

from .harness import AWS_KEY, AWS_SECRET, REGION, UNANSWERED, Aws, Player

pytestmark = pytest.mark.parametrize("generation", ["2026"], indirect=True)

ROLE = """
- hosts: localhost
  gather_facts: false
  roles:
    - role: community.infisical.secret_sync
      vars:
        secret_sync_project_id: "{{ project_id }}"
        secret_sync_app_connection:
          app: aws
          name: aws-main
          method: access-key
          credentials:
            access_key_id: "{{ aws_access_key_id }}"
            secret_access_key: "{{ aws_secret_access_key }}"
        secret_sync_syncs:
          - name: app-dev
            destination: aws-secrets-manager
            environment: dev
            secret_path: /app
            destination_config: {region: us-east-1, mapping_behavior: many-to-one, secret_name: my-app/dev}
          - name: app-parameters
            destination: aws-parameter-store
            environment: dev
            secret_path: /app
            destination_config: {region: us-east-1, path: /my-app/}
            wait: false
        secret_sync_wait: true
        secret_sync_wait_timeout: 20
"""
CONNECT, MANAGE, REMOVE = "Connect to the service", "Manage the syncs", "Remove the connection"


def test_present_and_absent(play: Player, sim: Simulator, aws: Aws) -> None:
    check, apply, again = play.thrice(ROLE, variables={"secret_sync_project_slug": UNANSWERED})

    assert apply.changed == [CONNECT, MANAGE]
    (connection,) = sim.connections(sim.project_id)
    result = apply.fact("secret_sync_result")
    assert result["connection_id"] == connection["id"]
    assert [(one["name"], one["action"]) for one in result["syncs"]] == [
        ("app-dev", "created"),
        ("app-parameters", "created"),
    ]
    assert {one["id"] for one in result["syncs"]} == {one["id"] for one in sim.syncs(sim.project_id)}
    assert (result["changed"], result["connection_changed"], result["counts"]["created"]) == (True, True, 2)
    assert check.fact("secret_sync_result").keys() == result.keys()
    assert again.fact("secret_sync_result")["changed"] is False
    assert aws.secrets() == {"my-app/dev": {"API_KEY": "api-value", "DB_PASSWORD": "db-value"}}

    gone = {"secret_sync_state": "absent"}
    check, apply, again = play.thrice(ROLE, variables=gone)
    assert apply.changed == [MANAGE, REMOVE]
    assert sim.syncs(sim.project_id) == sim.connections(sim.project_id) == []
    assert apply.fact("secret_sync_result")["counts"]["removed"] == 2
    assert again.fact("secret_sync_result")["changed"] is False
    assert list(aws.secrets()) == ["my-app/dev"]


def test_a_connection_that_something_else_uses_stays(play: Player, sim: Simulator, aws: Aws) -> None:
    connection = {"app": "aws", "name": "aws-main", "method": "access-key"}
    credentials = {"access_key_id": AWS_KEY, "secret_access_key": AWS_SECRET}
    config = {"region": REGION, "path": "/my-app/"}
    sync = {"name": "app", "destination": "aws-parameter-store", "environment": "dev", "destination_config": config}
    variables = {"app_connection": {**connection, "credentials": credentials}, "syncs": [sync]}
    made = play("community.infisical.sync_secrets", variables=variables)
    assert made.changed == [CONNECT, MANAGE]
    assert made.of(MANAGE)["results"][0]["secret_sync"]["sync_status"] == "succeeded"
    (connection,) = sim.connections(sim.project_id)
    sim.add_sync("aws-secrets-manager", connection["id"], "prod", name="not-of-the-role")

    run = play("community.infisical.sync_secrets", variables={**variables, "state": "absent"})

    assert run.changed == [MANAGE]
    (other,) = sim.syncs(sim.project_id)
    assert other["name"] == "not-of-the-role"
    assert len(sim.connections(sim.project_id)) == 1

    # Nothing uses it any more once that sync is removed, too.
    gone = {**variables, "syncs": [{"name": "not-of-the-role"}], "state": "absent"}
    check = play("community.infisical.sync_secrets", "--check", variables=gone)
    assert sim.syncs(sim.project_id) == [other]
    assert play("community.infisical.sync_secrets", variables=gone).changed == check.changed == [MANAGE, REMOVE]
    assert sim.syncs(sim.project_id) == sim.connections(sim.project_id) == []
    assert play("community.infisical.sync_secrets", variables=gone).changed == []


def test_a_connection_of_the_organization_stays_and_so_do_the_syncs(play: Player, sim: Simulator) -> None:
    connection = sim.add_connection("aws", "access-key", "aws-org")
    sim.add_sync("aws-secrets-manager", connection["id"], "prod", name="app-dev")
    gone = {"app": "aws", "connection_id": connection["id"]}
    syncs = [{"name": "app-dev"}]

    run = play(
        "community.infisical.sync_secrets", variables={"app_connection": gone, "syncs": syncs, "state": "absent"}, rc=2
    )

    assert run.changed == []
    assert f"but app connection {connection['id']} has unset. Nothing was removed: leave out project_id" in run.failure
    assert [one["name"] for one in sim.syncs(sim.project_id)] == ["app-dev"]
    assert len(sim.connections()) == 1


OWN = """
- hosts: localhost
  gather_facts: false
  tasks:
    - name: Two syncs with connections that are there
      ansible.builtin.include_role:
        name: community.infisical.secret_sync
      vars:
        secret_sync_project_id: "{{ project_id }}"
        secret_sync_connection: "{{ infisical_login }}"
        secret_sync_syncs:
          - name: by-name
            destination: github
            connection_name: of-the-organization
            environment: dev
            destination_config: {scope: repository, owner: o, repo: r}
          - name: by-id
            destination: github
            connection_id: "{{ by_id }}"
            environment: dev
            destination_config: {scope: organization, org: o, visibility: all}
"""


def test_syncs_that_name_their_own_connections(play: Player, sim: Simulator) -> None:
    first = sim.add_connection("github", "pat", "of-the-organization", personalAccessToken=AWS_SECRET)
    second = sim.add_connection("github", "pat", "of-the-project", sim.project_id, personalAccessToken=AWS_SECRET)
    login = {
        "url": sim.url,
        "universal_auth_client_id": sim.admin.client_id,
        "universal_auth_client_secret": sim.admin.client_secret,
    }
    variables = {"infisical_login": login, "by_id": second["id"]}

    _, apply, _ = play.thrice(OWN, variables=variables, login=False)

    # Older cores turn the null into an empty string.
    assert not apply.fact("secret_sync_result")["connection_id"]
    used = {one["name"]: one["connectionId"] for one in sim.syncs(sim.project_id)}
    assert used == {"by-name": first["id"], "by-id": second["id"]}
    play.thrice(OWN, variables={**variables, "secret_sync_state": "absent"}, login=False)
    assert sim.syncs(sim.project_id) == []
    assert len(sim.connections()) == len(sim.connections(sim.project_id)) == 1


def test_a_sync_that_fails_is_named(play: Player, sim: Simulator, aws: Aws) -> None:
    sim.fail_sync("aws-secrets-manager", "The key may not write")

    run = play(ROLE, rc=2)

    assert "item 0 (app-dev)" in run.failure
    assert "The key may not write" in run.failure
    assert AWS_KEY not in run.failure

    sim.fail_sync("aws-secrets-manager", "The key may still not write")
    told = ["The last sync of 1 of 2 secret syncs failed: item 0 (app-dev): The key may"]
    assert "The key may still not write" in play(ROLE, rc=2, warnings=told).failure
    assert play(ROLE, warnings=told).changed == [MANAGE]
    assert set(aws.secrets()) == {"my-app/dev"}
    assert play(ROLE).changed == []


def test_credentials_that_are_corrected_are_tried(play: Player, sim: Simulator, aws: Aws) -> None:
    connection = {"app": "aws", "name": "aws-main", "method": "access-key"}
    keys = {"access_key_id": AWS_KEY, "secret_access_key": AWS_SECRET}
    config = {"region": REGION, "mapping_behavior": "many-to-one", "secret_name": "my-app"}
    sync = {"name": "app", "destination": "aws-secrets-manager", "environment": "dev", "destination_config": config}
    variables: dict[str, Any] = {"app_connection": {**connection, "credentials": keys}, "syncs": [sync]}
    # Made while they were valid.
    sim.add_connection("aws", "access-key", "aws-main", sim.project_id, accessKeyId=AWS_KEY, secretAccessKey="old")
    failed = ["The last sync of 1 of 1 secret syncs failed"]
    for warnings in ([], failed):
        run = play("community.infisical.sync_secrets", variables=variables, rc=2, warnings=warnings)
        assert "The security token included in the request is invalid" in run.text
        assert "update_credentials: always" in run.text

    variables["app_connection"]["update_credentials"] = "always"
    cured = play("community.infisical.sync_secrets", variables=variables, warnings=failed)
    assert cured.changed == [CONNECT, MANAGE]
    assert aws.secrets() == {"my-app": {"ROOT_KEY": "root-value"}}

    again = play("community.infisical.sync_secrets", variables=variables)
    assert again.changed == [CONNECT, "Sync with the new credentials"]
    del variables["app_connection"]["update_credentials"]
    assert play("community.infisical.sync_secrets", variables=variables).changed == []
