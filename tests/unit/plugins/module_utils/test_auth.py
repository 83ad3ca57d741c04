# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The login methods that take a token which somebody else issued, from an option or a file, and the one of AWS."""

from __future__ import annotations

import base64
import json
import re
import sys
from pathlib import Path

import pytest
from ansible_collections.community.infisical.plugins.module_utils._http import logins as auth
from ansible_collections.community.infisical.plugins.modules import infisical_integration_auth_info as info
from ansible_collections.community.infisical.tests.unit.plugins.harness import AUTHS, PROJECT, URL, Server

NOTHING: dict = {"authorizations": []}
IDENTITY = "identity-1"
ISSUED = {
    "oidc_auth": "oidc-auth",
    "jwt_auth": "jwt-auth",
    "kubernetes_auth": "kubernetes-auth",
    "gcp_auth": "gcp-auth",
    "azure_auth": "azure-auth",
}


def logs_in(server: Server, path: str, sent: str, **login: object) -> None:
    server.expects_login("own-token", path, {"identityId": IDENTITY, "jwt": sent})
    server.expects("GET", AUTHS, NOTHING, token="own-token")
    server.expects_revoke("own-token")
    result = server.run(info, login={"url": URL, "identity_id": IDENTITY, **login}, project_id=PROJECT)
    assert not result.failed
    assert sent not in result.output


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    file = tmp_path / "token"
    file.write_text("file-jwt\n")
    return file


@pytest.mark.parametrize(("method", "path"), ISSUED.items())
def test_a_token_as_an_option(server: Server, method: str, path: str) -> None:
    logs_in(server, path, "jwt-1", auth_method=method, jwt="jwt-1")


@pytest.mark.parametrize(("method", "path"), ISSUED.items())
def test_a_token_in_a_file(server: Server, token_file: Path, method: str, path: str) -> None:
    logs_in(server, path, "file-jwt", auth_method=method, jwt_path=str(token_file))


def test_a_token_in_a_file_that_the_environment_names(
    server: Server, token_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INFISICAL_JWT_PATH", str(token_file))
    logs_in(server, "oidc-auth", "file-jwt", auth_method="oidc_auth")


def test_a_pod_finds_its_token_where_kubernetes_puts_it(
    server: Server, token_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    method = auth.METHODS["kubernetes_auth"]
    assert method.token_file == "/var/run/secrets/kubernetes.io/serviceaccount/token"
    monkeypatch.setitem(
        auth.METHODS, "kubernetes_auth", auth.LoginMethod(method.path, method.fields, token_file=str(token_file))
    )
    logs_in(server, "kubernetes-auth", "file-jwt", auth_method="kubernetes_auth")


WINS = {
    "option over option": ({"jwt": "option-jwt", "jwt_path": "file"}, {}, "option-jwt"),
    "option over the path of the environment": ({"jwt": "option-jwt"}, {"INFISICAL_JWT_PATH": "file"}, "option-jwt"),
    "path over the environment": ({"jwt_path": "file"}, {"INFISICAL_JWT": "environment-jwt"}, "file-jwt"),
    "token over path in the environment": (
        {},
        {"INFISICAL_JWT": "environment-jwt", "INFISICAL_JWT_PATH": "file"},
        "environment-jwt",
    ),
}


@pytest.mark.parametrize("case", WINS.values(), ids=WINS)
def test_which_token_wins(server: Server, token_file: Path, monkeypatch: pytest.MonkeyPatch, case: tuple) -> None:
    options, variables, wins = case

    def filled(values: dict) -> dict:
        return {key: str(token_file) if value == "file" else value for key, value in values.items()}

    for name, value in filled(variables).items():
        monkeypatch.setenv(name, value)
    logs_in(server, "oidc-auth", wins, auth_method="oidc_auth", **filled(options))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "can't be read: No such file or directory."),
        (b"", "holds no token."),
        (b"\n ", "holds no token."),
        (b"two\nlines", "holds no token."),
        (b"t\xc3\xb6ken", "can't be read: it is not text."),
        (b"x" * 70000, "holds no token."),
    ],
)
def test_a_file_without_a_token(server: Server, tmp_path: Path, content: bytes | None, message: str) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content)
    login = {"auth_method": "oidc_auth", "identity_id": IDENTITY, "jwt_path": str(file)}
    result = server.run(info, login=login, project_id=PROJECT)
    assert result.msg.startswith("auth_method oidc_auth: the ")
    assert result.msg.endswith(message)
    assert result["error_kind"] == "input"


def test_outside_of_a_pod_there_is_no_token(server: Server) -> None:
    login = {"auth_method": "kubernetes_auth", "identity_id": IDENTITY}
    result = server.run(info, login=login, project_id=PROJECT)
    assert result.msg == (
        f"auth_method kubernetes_auth: the token file {auth.POD_TOKEN} can't be read: No such file or directory."
        " Outside of a pod state jwt, or jwt_path."
    )


@pytest.mark.parametrize("method", [*ISSUED, "aws_auth"])
def test_the_identity_is_needed(server: Server, token_file: Path, method: str) -> None:
    result = server.run(info, login={"auth_method": method, "jwt_path": str(token_file)}, project_id=PROJECT)
    assert result.msg.startswith(f"auth_method {method} lacks identity_id (or INFISICAL_MACHINE_IDENTITY_ID).")


AWS_LOGIN = {"url": URL, "auth_method": "aws_auth", "identity_id": IDENTITY}


@pytest.fixture
def no_aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ROLE_ARN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))


@pytest.mark.parametrize(("region", "used"), [("eu-west-1", "eu-west-1"), (None, "us-east-1")])
@pytest.mark.usefixtures("no_aws")
def test_aws_signs_the_question_who_one_is(monkeypatch: pytest.MonkeyPatch, region: str | None, used: str) -> None:
    pytest.importorskip("botocore")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "aws-secret-1")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "aws-session-token-1")
    if region:
        monkeypatch.setenv("AWS_REGION", region)
    made = auth.credentials_from({"auth_method": "aws_auth", "identity_id": IDENTITY})
    assert made.login_path == "/api/v1/auth/aws-auth/login"
    told: list[str] = []
    sent = made.login_body(told.append)
    assert sent["identityId"] == IDENTITY
    assert sent["iamHttpRequestMethod"] == "POST"
    body = base64.b64decode(sent["iamRequestBody"]).decode()
    assert body == "Action=GetCallerIdentity&Version=2011-06-15"
    headers = json.loads(base64.b64decode(sent["iamRequestHeaders"]))
    assert headers["Host"] == f"sts.{used}.amazonaws.com"
    assert headers["Content-Length"] == str(len(body))
    assert f"/{used}/sts/aws4_request" in headers["Authorization"]
    assert "aws-secret-1" not in str(headers)
    # Whoever has the signed question can log in with it, for a few minutes. A server may repeat it decoded.
    signature = re.search(r"Signature=([0-9a-f]{64})$", headers["Authorization"])[1]
    assert told == [sent["iamRequestHeaders"], headers["Authorization"], signature, "aws-session-token-1"]
    assert headers["X-Amz-Security-Token"] == "aws-session-token-1"


@pytest.mark.usefixtures("no_aws")
def test_aws_without_credentials(server: Server) -> None:
    pytest.importorskip("botocore")
    result = server.run(info, login=AWS_LOGIN, project_id=PROJECT)
    assert result.msg.startswith("auth_method aws_auth: botocore finds no AWS credentials")


def test_aws_without_botocore(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "botocore", None)
    monkeypatch.setitem(sys.modules, "botocore.session", None)
    result = server.run(info, login=AWS_LOGIN, project_id=PROJECT)
    assert result.msg.startswith("auth_method aws_auth needs the Python library botocore")
    assert result["error_kind"] == "input"
