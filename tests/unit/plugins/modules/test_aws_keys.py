# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Access keys of AWS before they are stored: AWS is asked whether one is good."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.community.infisical.plugins.module_utils._kinds import aws_keys
from ansible_collections.community.infisical.plugins.modules import infisical_integration_auth
from ansible_collections.community.infisical.tests.unit.plugins.harness import (
    AUTHS,
    CREATE_AUTH,
    NOBODY,
    PROJECT,
    Server,
    api_auth,
)

CHECK = pytest.mark.parametrize("check", [False, True], ids=["real", "check"])
AWS = {
    "project_id": PROJECT,
    "integration": "aws-secret-manager",
    "access_id": "AKIAEXAMPLE",
    "access_token": "aws-secret-1",
    "prove": True,
}
STORED = {
    "workspaceId": PROJECT,
    "integration": "aws-secret-manager",
    "accessId": "AKIAEXAMPLE",
    "accessToken": "aws-secret-1",
}


class Failed(Exception):
    """What boto3 raises where AWS answers with an error."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.response = {"Error": {"Code": code}}


class Unreached(Exception):
    """What boto3 raises where there is no way to AWS."""


@pytest.fixture
def sts(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """AWS STS: `answer` is what it gives or raises, `asked` the logins that it was asked with."""
    fake = SimpleNamespace(answer={"Account": "123456789012"}, asked=[])

    def get_caller_identity() -> Any:
        if isinstance(fake.answer, Exception):
            raise fake.answer
        return fake.answer

    def session(**login: Any) -> Any:
        fake.asked.append(login["aws_access_key_id"])
        client = SimpleNamespace(get_caller_identity=get_caller_identity)
        return SimpleNamespace(region_name=None, client=lambda *_names, **_options: client)

    monkeypatch.setattr(aws_keys, "boto3", SimpleNamespace(Session=session))
    monkeypatch.setattr(aws_keys, "Config", lambda **_options: None)
    monkeypatch.setattr(aws_keys, "ClientError", Failed)
    monkeypatch.setattr(aws_keys, "BotoCoreError", Unreached)
    return fake


def run(server: Server, *, check: bool, writes: bool = True, **more: Any) -> Any:
    """Run a task that creates an auth."""
    server.expects("GET", AUTHS, {"authorizations": []})
    server.expects_probe()
    if writes and not check:
        server.expects("POST", CREATE_AUTH, {"integrationAuth": api_auth()}, body=STORED)
        server.expects("GET", AUTHS, {"authorizations": [api_auth()]})
    return server.run(infisical_integration_auth, check=check, **{**AWS, **more})


@CHECK
def test_good_key_is_proved(server: Server, sts: SimpleNamespace, check: bool) -> None:
    result = run(server, check=check)
    assert result["proof"] == "proved: AWS STS knows the access key; it belongs to account 123456789012."
    assert sts.asked == ["AKIAEXAMPLE"]


@CHECK
@pytest.mark.parametrize("code", sorted(aws_keys.REFUSED))
def test_refused_key_is_not_written(server: Server, sts: SimpleNamespace, code: str, check: bool) -> None:
    sts.answer = Failed(code)
    result = run(server, check=check, writes=False)
    assert result.failed
    assert result["error_kind"] == "input"
    assert f"access_id: AWS rejects the access key, so nothing was written ({code})" in result.msg
    assert "aws-secret-1" not in result.output


@CHECK
def test_refused_key_is_not_written_over_a_good_one(server: Server, sts: SimpleNamespace, check: bool) -> None:
    sts.answer = Failed("InvalidClientTokenId")
    server.expects("GET", AUTHS, {"authorizations": [api_auth()]})
    if check:
        path = f"/api/v1/integration-auth/{NOBODY}"
        server.expects("PATCH", path, body={}, status=422, answer={"message": []})
    result = server.run(infisical_integration_auth, check=check, **AWS, update_credentials="always")
    assert "AWS rejects the access key" in result.msg


@CHECK
@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Unreached("no route"), "not proved: AWS STS could not be reached: no route"),
        (Failed("Throttling"), "not proved: AWS STS could not verify it: Throttling"),
    ],
)
def test_key_that_can_not_be_proved_is_written_and_that_is_said(
    server: Server, sts: SimpleNamespace, answer: Exception, said: str, check: bool
) -> None:
    sts.answer = answer
    result = run(server, check=check)
    assert (result.changed, result["proof"]) == (True, said)


def test_what_is_no_key_of_aws_is_not_shown_to_aws(server: Server, sts: SimpleNamespace) -> None:
    server.expects("GET", AUTHS, {"authorizations": []})
    server.expects_probe()
    options = {**AWS, "integration": "cloudflare-pages"}
    result = server.run(infisical_integration_auth, check=True, **options)
    assert result["proof"] == "not proved: only access keys of AWS can be verified before they are stored."
    assert sts.asked == []


def test_without_boto3(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws_keys, "boto3", None)
    assert run(server, check=False)["proof"] == "not proved: boto3 is not installed where this task runs."


def test_nothing_is_asked_unless_wanted(server: Server, sts: SimpleNamespace) -> None:
    sts.answer = Failed("InvalidClientTokenId")
    assert "proof" not in run(server, check=False, prove=False).data
    assert sts.asked == []
