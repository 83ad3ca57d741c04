# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong is told in one sentence, and leaves nothing half-made."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from simulator import Simulator

from .harness import AWS_KEY, AWS_SECRET, Aws, Player

CHAIN = """
- hosts: localhost
  gather_facts: false
  module_defaults:
    group/community.infisical.infisical:
      retries: 0
  tasks:
    - name: Authorise
      community.infisical.infisical_integration_auth:
        project_id: "{{ project_id }}"
        integration: "{{ service | default('aws-secret-manager') }}"
        access_id: "{{ aws_access_key_id }}"
        access_token: "{{ aws_secret_access_key }}"
      register: auth
    - name: Configure
      community.infisical.infisical_integration:
        integration_auth_id: "{{ auth.integration_auth.id }}"
        source_environment: "{{ environment_slug | default('dev') }}"
        secret_path: "{{ secret_path | default('/app') }}"
        app: my-app
        region: us-east-1
        accept_deletion: true
"""
PAGE = "<!DOCTYPE html><html><body>Sign in</body></html>"


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ("server down", "can't be reached"),
        ("no credential", "auth_method universal_auth lacks universal_auth_client_id"),
        ("wrong secret", "Invalid credentials"),
        ("a page", "instead of JSON"),
        ("a failing create", "500"),
        ("an outsider", "403"),
        ("a viewer", "403"),
        ("unknown project", "403"),
        ("unknown service", "Did you mean aws-secret-manager"),
    ],
)
def test_failures_that_leave_nothing(play: Player, sim: Simulator, case: str, message: str) -> None:
    login = play.login_environment()
    identities = {"an outsider": sim.outsider, "a viewer": sim.viewer}
    variables = {}
    if case == "server down":
        login["INFISICAL_URL"] = f"http://127.0.0.1:{unused_port()}"
    elif case == "no credential":
        login = {"INFISICAL_URL": sim.url}
    elif case == "wrong secret":
        login["INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET"] = "canary-wrong"
        play.canaries.add("canary-wrong")
    elif case == "a page":
        sim.fail_next(200, times=9, body=PAGE)
    elif case == "a failing create":
        sim.fail_next(500, times=9, method="POST", path="/api/v1/integration-auth/*")
    elif case in identities:
        login["INFISICAL_UNIVERSAL_AUTH_CLIENT_ID"] = identities[case].client_id
        login["INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET"] = identities[case].client_secret
    elif case == "unknown project":
        variables["project_id"] = "00000000-0000-4000-8000-00000000dead"
    else:
        variables["service"] = "aws-secrets-manager"

    run = play(CHAIN, "-vvv", login=False, env=login, variables=variables, rc=2)

    assert message in run.failure
    assert play.objects() == ([], [])


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"environment_slug": "nowhere"}, "nowhere"),
        ({"secret_path": "/nowhere"}, "/nowhere"),
        ({"secret_path": "app"}, "must start with a slash"),
    ],
)
def test_a_bad_source_leaves_no_integration(
    play: Player, sim: Simulator, variables: dict[str, str], message: str
) -> None:
    run = play(CHAIN, variables=variables, rc=2)

    assert message in run.failure
    assert play.objects()[1] == []

    # What the first task made is whole, and the mended playbook goes on from there.
    assert play(CHAIN).changed == ["Configure"]


def test_a_lost_answer_makes_one_object_only(play: Player, sim: Simulator) -> None:
    sim.fail_next(None, method="POST", path="/api/v1/integration-auth/*", after=True)

    run = play(CHAIN, warnings=["was lost"])

    assert run.changed == ["Authorise", "Configure"]
    assert [len(objects) for objects in play.objects()] == [1, 1]


def test_a_server_that_creates_no_more_integrations(aws: Aws, tmp_path: Path) -> None:
    with Simulator(generation="2026", aws_endpoint_url=aws.url) as sim:
        play = Player(sim, tmp_path)
        for switches in (["--check"], []):
            run = play(CHAIN, *switches, rc=2)
            assert "creates no new native integrations" in run.failure
            assert "App connections and secret syncs replace them" in run.failure
        auths, integrations = play.objects()
        assert integrations == []

        auth = auths[0] if auths else sim.add_auth(sim.project_id, "aws-secret-manager")
        sim.add_integration(auth["id"], "dev", secretPath="/app", app="my-app", region="us-east-1")

        assert play(CHAIN).changed == []


TWO_MATCHES = """
- hosts: localhost
  gather_facts: false
  tasks:
    - name: Authorise
      community.infisical.infisical_integration_auth:
        project_id: "{{ project_id }}"
        integration: aws-secret-manager
        access_id: "{{ aws_access_key_id }}"
        access_token: "{{ aws_secret_access_key }}"
        state: "{{ state }}"
"""


@pytest.mark.parametrize("state", ["present", "absent"])
def test_two_auths_alike_are_refused(play: Player, sim: Simulator, state: str) -> None:
    two = [sim.add_auth(sim.project_id, "aws-secret-manager", accessId=AWS_KEY, accessToken=AWS_SECRET) for _ in "ab"]

    run = play(TWO_MATCHES, rc=2, variables={"state": state})

    assert all(auth["id"] in run.failure for auth in two)
    assert len(play.objects()[0]) == 2
