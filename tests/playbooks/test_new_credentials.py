# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Chains of modules that write new credentials, and sync with them what has not changed itself."""

from __future__ import annotations

import pytest

from simulator import Simulator

from .harness import AWS_KEY, AWS_SECRET, REGION, Player

CHAIN = """
- hosts: localhost
  gather_facts: false
  module_defaults:
    group/community.infisical.infisical: {project_id: "{{ project_id }}"}
  tasks:
    - name: Write them to the auth
      community.infisical.infisical_integration_auth:
        integration: aws-secret-manager
        access_id: "{{ aws_access_key_id }}"
        access_token: "{{ token }}"
        update_credentials: "{{ update }}"
      register: auth

    - name: Sync the integration
      community.infisical.infisical_integration:
        integration: aws-secret-manager
        source_environment: dev
        secret_path: /app
        app: my-app
        region: us-east-1
        sync: "{{ auth is changed }}"
        wait: true

    - name: Write them to the connection
      community.infisical.infisical_app_connection:
        app: aws
        name: aws
        credentials: {access_key_id: "{{ aws_access_key_id }}", secret_access_key: "{{ token }}"}
        update_credentials: "{{ update }}"
      register: connected

    - name: Sync the syncs
      community.infisical.infisical_secret_syncs:
        syncs: [{name: app, sync: "{{ connected is changed }}", wait: true}]
"""
WRONG = "canary-mistyped-secret"


@pytest.mark.parametrize("generation", ["2026"], indirect=True)
def test_what_has_not_changed_is_synced_with_new_credentials(play: Player, sim: Simulator) -> None:
    auth = sim.add_auth(sim.project_id, "aws-secret-manager", accessId=AWS_KEY, accessToken=AWS_SECRET)
    ended = {"isSynced": True, "lastSyncJobId": "1", "lastUsed": "2026-03-02T09:15:00.000Z"}
    sim.add_integration(auth["id"], "dev", app="my-app", region=REGION, secretPath="/app", **ended)
    keys = {"accessKeyId": AWS_KEY, "secretAccessKey": AWS_SECRET}
    connection = sim.add_connection("aws", "access-key", "aws", sim.project_id, **keys)
    config = {"region": REGION, "mappingBehavior": "many-to-one", "secretName": "other"}
    shows = {"syncStatus": "succeeded", "destinationConfig": config}
    sim.add_sync("aws-secrets-manager", connection["id"], "dev", name="app", secretPath="/app", **shows)
    play.canaries.add(WRONG)

    once = play(CHAIN, variables={"token": AWS_SECRET, "update": "on_create"})
    assert once.changed == []
    written = {"token": AWS_SECRET, "update": "always"}
    check, apply = play(CHAIN, "--check", variables=written), play(CHAIN, variables=written)
    assert check.changes == apply.changes
    assert [changed for _task, changed in apply.changes] == [True] * 4
    wrong = play(CHAIN, variables={"token": WRONG, "update": "always"}, rc=2)
    assert wrong.failure.startswith("Sync the integration: The sync of integration")
    assert "The security token included in the request is invalid." in wrong.failure
