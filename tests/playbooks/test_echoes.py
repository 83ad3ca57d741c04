# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Good answers repeat the secrets of the request: a chain of tasks goes on, and shows none where text belongs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from simulator import Simulator

from .harness import AWS_KEY, AWS_SECRET, Player

DOORS = {"in process": "true", "as modules": "false"}
CANARY = "canary-of-a-header-4711"
# Each is a part of an id, a name, a date or a number of a result.
SHORT = {"X-Scope-OrgID": "1", "X-Environment": "dev", "X-Letter": "e", "X-App": "aws"}
# Fields that nothing in the chain is found or compared by.
NAMES = ("teamId", "accountId", "owner", "targetService", "orgId", "credentialsHash", "gatewayId", "envId", "folderId")
PROSE = ("description", "syncMessage", "lastSyncMessage", "lastImportMessage")
CHAIN = """
- hosts: localhost
  gather_facts: false
  module_defaults:
    group/community.infisical.infisical:
      project_id: "{{ project_id }}"
      extra_headers: "{{ headers }}"
  tasks:
    - name: Authorise
      community.infisical.infisical_integration_auth:
        integration: aws-secret-manager
        access_id: "{{ aws_key }}"
        access_token: "{{ aws_secret }}"
      register: auth

    - name: Configure
      community.infisical.infisical_integration:
        integration_auth_id: "{{ auth.integration_auth.id }}"
        source_environment: dev
        secret_path: /app
        app: one
        region: us-east-1
      register: integration

    - name: Configure by the id
      community.infisical.infisical_integration:
        integration_id: "{{ integration.integration.id }}"
        source_environment: "{{ integration.integration.source_environment }}"
        secret_path: "{{ integration.integration.secret_path }}"
        app: two

    - name: Configure many
      community.infisical.infisical_integrations:
        integrations:
          - integration_id: "{{ integration.integration.id }}"
            app: one

    - name: Connect
      community.infisical.infisical_app_connection:
        app: aws
        name: aws-dev-1
        method: access-key
        credentials:
          access_key_id: "{{ aws_key }}"
          secret_access_key: "{{ aws_secret }}"
      register: connection

    - name: Sync
      community.infisical.infisical_secret_sync:
        name: dev-1
        destination: aws-secrets-manager
        connection_id: "{{ connection.app_connection.id }}"
        environment: dev
        secret_path: /app
        destination_config: {region: us-east-1, mapping_behavior: many-to-one, secret_name: other-app}
      register: sync

    - name: Sync many
      community.infisical.infisical_secret_syncs:
        syncs:
          - sync_id: "{{ sync.secret_sync.id }}"
            environment: dev

    - name: Look
      community.infisical.infisical_secret_sync_info:
        sync_id: "{{ sync.secret_sync.id }}"
        export: true

    - name: Look at the integrations
      community.infisical.infisical_integration_info:
        integration_auth_id: "{{ auth.integration_auth.id }}"
        export: true

    - name: Look at the project
      community.infisical.infisical_project_info:
"""


def repeating(words: str) -> Any:
    """Return what puts words into each field of an answer that may hold them, and beside the fields."""

    def rewritten(value: Any) -> Any:
        if isinstance(value, list):
            return [rewritten(inner) for inner in value]
        if not isinstance(value, dict):
            return value
        changed = {key: rewritten(inner) for key, inner in value.items()}
        changed.update({key: words for key in (*PROSE, *NAMES) if key in value})
        if "metadata" in value:
            changed["metadata"] = {**(value["metadata"] or {}), "sent": [words, {words: words}]}
        return {**changed, "sent": words} if "id" in value else changed

    return lambda _path, answer: rewritten(answer)


def prose_in(value: Any) -> list[Any]:
    """Return the values of a result where sentences stand, and what the server sends beyond what is known."""
    if isinstance(value, list):
        return [found for inner in value for found in prose_in(inner)]
    if not isinstance(value, dict):
        return []
    keys = ("description", "sync_message", "last_sync_message", "last_import_message", "sent")
    here = [value[key] for key in keys if value.get(key)]
    return [*here, *(found for inner in value.values() for found in prose_in(inner))]


@pytest.mark.parametrize("generation", ["2026"], indirect=True)
@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_a_chain_goes_on_and_shows_no_secret(play: Player, sim: Simulator, aws: Any, door: str) -> None:
    headers = {**SHORT, "X-Canary": CANARY}
    sim.rewrite_answers(repeating(f"You sent {' and '.join(headers.values())}"))

    run = play(
        CHAIN,
        "-vvv",
        "--diff",
        variables={"headers": headers, "aws_key": AWS_KEY, "aws_secret": AWS_SECRET},
        env={"INFISICAL_IN_PROCESS": door, "ANSIBLE_INJECT_INVOCATION": "true"},
        warnings=None,
    )

    (auth,), (integration,), (sync,) = (
        sim.auths(sim.project_id),
        sim.integrations(sim.project_id),
        sim.syncs(sim.project_id),
    )
    assert run.of("Authorise")["integration_auth"]["id"] == auth["id"]
    assert run.of("Look at the integrations")["integrations"][0]["id"] == integration["id"]
    assert run.of("Look")["export"][0]["name"] == sync["name"] == "dev-1"
    assert run.of("Configure many")["results"][0]["integration"]["created_at"] == integration["createdAt"]
    project = run.of("Look at the project")["project"]
    assert "dev" in [environment["slug"] for environment in project["environments"]]
    results = [run.of(name) for name in ("Authorise", "Configure", "Configure many", "Connect", "Sync", "Look")]
    told = [text for result in results for text in prose_in(result)]
    masked = " and ".join(["********"] * len(headers))
    assert told
    assert {str(text) for text in told if isinstance(text, str)} == {f"You sent {masked}"}
    shown = json.dumps([*results, project]) + run.output
    assert CANARY not in shown
    assert AWS_SECRET not in shown
