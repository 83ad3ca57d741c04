# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AWS keys before they are stored, with an AWS that checks signatures, as moto's server does when it is told to."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator

import boto3
import pytest

from simulator import Simulator

from .harness import REGION, Player

WRONG = "canary-mistyped-secret"
NOBODY = "AKIANOBODYHASTHIS"
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
TASKS = """
- hosts: localhost
  gather_facts: false
  module_defaults:
    group/community.infisical.infisical: {project_id: "{{ project_id }}"}
  tasks:
    - name: "{{ item.case }}"
      community.infisical.infisical_integration_auth:
        integration: aws-secret-manager
        namespace: "{{ item.case }}"
        access_id: "{{ item.id }}"
        access_token: "{{ secrets[item.secret] }}"
        prove: "{{ item.prove | default(true) }}"
      environment:
        AWS_ENDPOINT_URL_STS: "{{ item.sts | default(sts) }}"
      loop: "{{ cases }}"
      loop_control: {label: "{{ item.case }}"}
      ignore_errors: true
      register: keys

    - name: Show what was found
      ansible.builtin.debug:
        msg: "{{ dict(keys.results | map(attribute='item.case') | zip(found)) }}"
      vars:
        found: "{{ keys.results | map(attribute='proof', default='') | zip(keys.results | map(attribute='msg',
          default='')) | map('join', '') }}"
"""


@pytest.fixture
def keys(moto: str) -> Iterator[tuple[str, str]]:
    """An access key, in an AWS that takes no other one."""

    def check_from(requests: str) -> None:
        headers = {"Content-Type": "text/plain"}
        body = requests.encode()
        urllib.request.urlopen(urllib.request.Request(f"{moto}/moto-api/reset-auth", body, headers, method="POST"))  # noqa: S310 - moto's own

    login = {"aws_access_key_id": "any", "aws_secret_access_key": "any"}
    iam = boto3.client("iam", endpoint_url=moto, region_name=REGION, **login)
    iam.create_user(UserName="writer")
    iam.put_user_policy(UserName="writer", PolicyName="all", PolicyDocument=json.dumps(EVERYTHING))
    key = iam.create_access_key(UserName="writer")["AccessKey"]
    check_from("0")
    yield key["AccessKeyId"], key["SecretAccessKey"]
    # As before: every other test's keys are good, however many requests there are.
    check_from("inf")


@pytest.mark.thorough
@pytest.mark.parametrize("generation", ["2026"], indirect=True)
def test_keys_are_proved_before_they_are_stored(
    play: Player, sim: Simulator, aws: object, moto: str, keys: tuple[str, str]
) -> None:
    key, secret = keys
    play.canaries |= {secret, WRONG}
    cases = [
        {"case": "right", "id": key, "secret": "right"},
        {"case": "wrong", "id": key, "secret": "wrong"},
        {"case": "unknown", "id": NOBODY, "secret": "wrong"},
        {"case": "unreached", "id": NOBODY, "secret": "wrong", "sts": "http://127.0.0.1:9"},
        {"case": "not asked", "id": NOBODY, "secret": "wrong", "prove": False},
        {"case": "temporary", "id": f"ASIA{key[4:]}", "secret": "right"},
    ]
    run = play(
        TASKS, variables={"cases": cases, "sts": moto, "secrets": {"right": secret, "wrong": WRONG}}, warnings=None
    )
    found = run.of("Show what was found")["msg"]
    assert found["right"] == "proved: AWS STS knows the access key; it belongs to account 123456789012."
    for case, text in (("wrong", "The request signature we calculated"), ("unknown", "The security token included")):
        assert "access_id: AWS rejects the access key, so nothing was written" in found[case]
        assert text in found[case]
    assert found["unreached"].startswith("not proved: AWS STS could not be reached: ")
    assert found["not asked"] == ""
    assert "does not begin with ASIA" in found["temporary"]
    stored = {auth["namespace"] for auth in sim.auths(sim.project_id)}
    assert stored == {"right", "unreached", "not asked"}

    # A rotation asks before it writes anything, and says what it found.
    before = {auth["namespace"]: sim.stored_credentials(auth["id"]) for auth in sim.auths(sim.project_id)}
    new = {"project_id": sim.project_id, "access_id": key, "auth_namespace": "unreached"}
    for token, switches, rc in ((WRONG, [], 2), (secret, ["--check"], 0), (secret, [], 0)):
        run = play(
            "community.infisical.rotate_credentials",
            *switches,
            variables={**new, "access_token": token},
            env={"AWS_ENDPOINT_URL_STS": moto},
            rc=rc,
        )
        now = {auth["namespace"]: sim.stored_credentials(auth["id"]) for auth in sim.auths(sim.project_id)}
        if rc:
            assert "AWS rejects the access key, so nothing was written" in run.failure
        else:
            assert "The new credentials are proved: AWS STS knows the access key" in run.text
        assert (now == before) is bool(rc or switches)
    assert now["unreached"]["accessToken"] == secret
