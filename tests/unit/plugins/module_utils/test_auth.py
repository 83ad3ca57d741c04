# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The login methods: with a token that somebody else issued, with AWS's or with a certificate; and the organization."""

from __future__ import annotations

import base64
import json
import re
import sys
from pathlib import Path

import pytest
from ansible_collections.community.infisical.plugins.module_utils._http import certificates
from ansible_collections.community.infisical.plugins.module_utils._http import logins as auth
from ansible_collections.community.infisical.plugins.modules import infisical_integration_auth_info as info
from ansible_collections.community.infisical.plugins.modules import infisical_login
from ansible_collections.community.infisical.tests.unit.plugins.harness import AUTHS, PROJECT, URL, Server, api_error

NOTHING: dict = {"authorizations": []}
IDENTITY = "identity-1"
ISSUED = {
    "oidc_auth": "oidc-auth",
    "jwt_auth": "jwt-auth",
    "kubernetes_auth": "kubernetes-auth",
    "spiffe_auth": "spiffe-auth",
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


def test_a_token_in_a_file_that_the_server_repeats_is_masked(server: Server, token_file: Path) -> None:
    refusal = api_error(403, "PermissionDenied", "The token file-jwt has expired")
    body = {"identityId": IDENTITY, "jwt": "file-jwt"}
    server.expects("POST", "/api/v1/auth/oidc-auth/login", refusal, status=403, body=body, token=None)
    login = {"url": URL, "identity_id": IDENTITY, "auth_method": "oidc_auth", "jwt_path": str(token_file)}
    result = server.run(info, login=login, project_id=PROJECT)
    assert "The token ******** has expired" in result.msg
    assert "file-jwt" not in result.output


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
        (b"", "contains no token."),
        (b"\n ", "contains no token."),
        (b"two\nlines", "contains no token."),
        (b"t\xc3\xb6ken", "can't be read: it is not text."),
        (b"x" * 70000, "contains no token."),
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
        " Outside of a pod specify jwt, or jwt_path."
    )


@pytest.mark.parametrize("method", [*ISSUED, "aws_auth", "tls_cert_auth"])
def test_the_identity_is_needed(server: Server, token_file: Path, method: str) -> None:
    login = {"auth_method": method, "jwt_path": str(token_file), "client_cert": str(token_file)}
    result = server.run(info, login=login, project_id=PROJECT)
    assert result.msg.startswith(f"auth_method {method} lacks identity_id (or INFISICAL_MACHINE_IDENTITY_ID).")


# --- client certificates ----------------------------------------------------------------------------------------------

BY_CERTIFICATE = {"url": URL, "auth_method": "tls_cert_auth", "identity_id": IDENTITY, "client_cert": "/etc/client.pem"}


@pytest.fixture
def usable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have each file be one that holds a certificate and its key: to make one takes more than Python has."""
    monkeypatch.setattr(
        certificates, "_content", lambda _option, _file: b"-----BEGIN CERTIFICATE----- -----BEGIN PRIVATE KEY-----"
    )
    monkeypatch.setattr(certificates, "_load", lambda *_files: None)


SHOWN = {
    "two files": ({"client_cert": "/etc/client.pem", "client_key": "/etc/client.key"}, {}),
    "two variables": ({}, {"INFISICAL_CLIENT_CERT": "/etc/client.pem", "INFISICAL_CLIENT_KEY": "/etc/client.key"}),
    "an option and a variable": ({"client_cert": "/etc/client.pem"}, {"INFISICAL_CLIENT_KEY": "/etc/client.key"}),
    "options over variables": (
        {"client_cert": "/etc/client.pem", "client_key": "/etc/client.key"},
        {"INFISICAL_CLIENT_CERT": "/etc/other.pem", "INFISICAL_CLIENT_KEY": "/etc/other.key"},
    ),
}


@pytest.mark.parametrize(("options", "variables"), SHOWN.values(), ids=SHOWN)
@pytest.mark.usefixtures("usable")
def test_every_request_has_the_client_certificate(
    server: Server, monkeypatch: pytest.MonkeyPatch, options: dict, variables: dict
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    server.expects_login("own-token", "tls-cert-auth", {"identityId": IDENTITY})
    server.expects("GET", AUTHS, NOTHING, token="own-token")
    server.expects_revoke("own-token")
    login = {"url": URL, "auth_method": "tls_cert_auth", "identity_id": IDENTITY, **options}
    assert not server.run(info, login=login, project_id=PROJECT).failed
    sent = [request.req_kwargs["cert"] for request in server.requests]
    assert sent == [("/etc/client.pem", "/etc/client.key")] * 3


@pytest.mark.usefixtures("usable")
def test_a_relative_file_is_found_from_any_folder(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    server.expects("GET", AUTHS, NOTHING)
    server.run(info, client_cert="client.pem", project_id=PROJECT)
    assert server.requests[0].req_kwargs["cert"] == (str(tmp_path / "client.pem"), str(tmp_path / "client.pem"))


def test_without_one_no_certificate_is_sent(server: Server) -> None:
    server.expects("GET", AUTHS, NOTHING)
    server.run(info, project_id=PROJECT)
    assert server.requests[0].req_kwargs["cert"] is None


WITHOUT_CERTIFICATE = {
    "login": (
        {**BY_CERTIFICATE, "client_cert": ""},
        "auth_method tls_cert_auth lacks client_cert (or INFISICAL_CLIENT_CERT).",
    ),
    "a key alone": (
        {"client_key": "/etc/client.key"},
        (
            "client_key is set, but client_cert is not: specify the file with the certificate in client_cert (or"
            " INFISICAL_CLIENT_CERT)."
        ),
    ),
    "no file": (
        {"client_cert": "/no/client.pem"},
        "client_cert '/no/client.pem' can't be read: No such file or directory.",
    ),
    "in the clear": (
        {**BY_CERTIFICATE, "url": "http://127.0.0.1:8080"},
        "auth_method tls_cert_auth needs an https:// url, since the client certificate is part of the TLS connection.",
    ),
}


@pytest.mark.parametrize(("login", "message"), WITHOUT_CERTIFICATE.values(), ids=WITHOUT_CERTIFICATE)
def test_a_certificate_that_is_missing(server: Server, login: dict, message: str) -> None:
    given = {"url": URL, "auth_method": "token_auth", "token": "token-1", **login}
    result = server.run(info, login=given, project_id=PROJECT)
    assert result.msg == message
    assert result["error_kind"] == "input"


NOT_A_PAIR = {
    "no key in client_key": (
        True,
        "client_key '{}/key.pem' contains no private key in PEM format (-----BEGIN PRIVATE KEY-----).",
    ),
    "no key at all": (
        False,
        (
            "client_cert '{}/client.pem' contains no private key: specify the file with the key in client_key (or"
            " INFISICAL_CLIENT_KEY), or add the key to client_cert."
        ),
    ),
}


@pytest.mark.parametrize(("has_key_file", "message"), NOT_A_PAIR.values(), ids=NOT_A_PAIR)
def test_a_certificate_without_its_key(server: Server, tmp_path: Path, has_key_file: bool, message: str) -> None:
    certificate, key = tmp_path / "client.pem", tmp_path / "key.pem"
    for file in (certificate, key):
        file.write_text("-----BEGIN CERTIFICATE-----\n")
    shown = {"client_cert": str(certificate), **({"client_key": str(key)} if has_key_file else {})}
    result = server.run(info, project_id=PROJECT, **shown)
    assert result.msg == message.format(tmp_path)


PAGES = {
    "none": (
        "No required SSL certificate was sent",
        False,
        f"{URL} requires a client certificate (it says: No required",
    ),
    "a wrong one": (
        "The SSL certificate error",
        True,
        f"{URL} does not accept the client certificate in client_cert (",
    ),
}


@pytest.mark.parametrize(("text", "given", "message"), PAGES.values(), ids=PAGES)
@pytest.mark.usefixtures("usable")
def test_nginx_asks_for_a_certificate_by_a_page(server: Server, text: str, given: bool, message: str) -> None:
    page = f"<html>\r\n<head><title>400 {text}</title></head>\r\n<body><center>{text}</center></body></html>\r\n"
    path, credentials, body = LOGINS["universal_auth"]
    server.expects("POST", f"/api/v1/auth/{path}/login", page, status=400, body=body, token=None)
    shown = {"client_cert": "/etc/client.pem"} if given else {}
    result = server.run(infisical_login, login={"url": URL, **credentials, **shown})
    assert result.msg.startswith(message)
    assert result["error_kind"] == "unexpected_answer"


def test_a_page_that_begins_with_blanks_is_read_too(server: Server) -> None:
    path, credentials, body = LOGINS["universal_auth"]
    page = "\r\n <html>\N{NO-BREAK SPACE}No required SSL certificate was sent</html>"
    server.expects("POST", f"/api/v1/auth/{path}/login", page, status=400, body=body, token=None)
    result = server.run(infisical_login, login={"url": URL, **credentials})
    assert result.msg.startswith(f"{URL} requires a client certificate")


def test_no_answer_in_json_is_taken_for_that_page(server: Server) -> None:
    server.expects("GET", AUTHS, {**NOTHING, "note": "No required SSL certificate was sent"})
    assert not server.run(info, project_id=PROJECT).failed


# --- organizations ----------------------------------------------------------------------------------------------------

IN_TEAM = {"organizationSlug": "team-a", "subOrganizationName": "team-a"}
LOGINS = {
    "universal_auth": (
        "universal-auth",
        {"universal_auth_client_id": "client-1", "universal_auth_client_secret": "client-secret-1"},
        {"clientId": "client-1", "clientSecret": "client-secret-1"},
    ),
    "ldap_auth": (
        "ldap-auth",
        {"identity_id": IDENTITY, "ldap_username": "ada", "ldap_password": "password-1"},
        {"identityId": IDENTITY, "username": "ada", "password": "password-1"},
    ),
    "tls_cert_auth": (
        "tls-cert-auth",
        {"identity_id": IDENTITY, "client_cert": "/etc/client.pem"},
        {"identityId": IDENTITY},
    ),
    **{
        method: (path, {"identity_id": IDENTITY, "jwt": "jwt-1"}, {"identityId": IDENTITY, "jwt": "jwt-1"})
        for method, path in ISSUED.items()
    },
}


def test_all_logins_are_here() -> None:
    assert {*LOGINS, "aws_auth", "token_auth"} == set(auth.METHODS)


SOURCES = {
    "option": ({"organization_slug": " team-a "}, {}),
    "variable": ({"organization_slug": ""}, {"INFISICAL_ORGANIZATION_SLUG": "team-a"}),
    "the CLI's variable": ({}, {"INFISICAL_ORGANIZATION_SLUG": "", "INFISICAL_AUTH_ORGANIZATION_SLUG": "team-a"}),
    "option over variable": ({"organization_slug": "team-a"}, {"INFISICAL_ORGANIZATION_SLUG": "other"}),
}


@pytest.mark.parametrize("method", LOGINS)
@pytest.mark.parametrize(("options", "variables"), SOURCES.values(), ids=SOURCES)
@pytest.mark.usefixtures("usable")
def test_a_login_to_an_organization(
    server: Server, monkeypatch: pytest.MonkeyPatch, method: str, options: dict, variables: dict
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    path, credentials, body = LOGINS[method]
    server.expects_login("own-token", path, {**body, **IN_TEAM})
    server.expects("GET", AUTHS, NOTHING, token="own-token")
    server.expects_revoke("own-token")
    login = {"url": URL, "auth_method": method, **credentials, **options}
    assert not server.run(info, login=login, project_id=PROJECT).failed


@pytest.mark.parametrize("method", LOGINS)
@pytest.mark.usefixtures("usable")
def test_a_login_without_an_organization_names_none(server: Server, method: str) -> None:
    path, credentials, body = LOGINS[method]
    server.expects_login("own-token", path, body)
    result = server.run(infisical_login, login={"url": URL, "auth_method": method, **credentials})
    assert result["login_data"]["access_token"] == "own-token"


@pytest.mark.parametrize(
    ("slug", "message"),
    [
        (
            "Team A",
            "organization_slug 'Team A' is not a slug: lowercase letters, digits and dashes, such as my-app-dev.",
        ),
        (
            "team_a",
            "organization_slug 'team_a' is not a slug: lowercase letters, digits and dashes, such as my-app-dev.",
        ),
        ("a" * 65, "organization_slug has 65 characters; the server takes 64."),
    ],
)
def test_no_slug_of_an_organization(server: Server, slug: str, message: str) -> None:
    _path, credentials, _body = LOGINS["universal_auth"]
    result = server.run(info, login={"url": URL, **credentials, "organization_slug": slug}, project_id=PROJECT)
    assert result.msg == message
    assert result["error_kind"] == "input"


def test_a_given_token_is_for_one_organization_already(server: Server) -> None:
    result = server.run(info, organization_slug="team-a", project_id=PROJECT)
    assert result.msg == (
        "organization_slug can't be used with auth_method token_auth: an access token already belongs to one"
        " organization. Leave it out, or use a method that logs in."
    )
    assert result["error_kind"] == "input"


OTHERS = {
    "token_auth": {"url": URL, "auth_method": "token_auth", "token": "token-1"},
    "login_data": {"login_data": {"url": URL, "access_token": "token-1"}},
}


@pytest.mark.parametrize("login", OTHERS.values(), ids=OTHERS)
def test_the_organization_of_the_environment_is_for_logins_alone(
    server: Server, monkeypatch: pytest.MonkeyPatch, login: dict
) -> None:
    monkeypatch.setenv("INFISICAL_ORGANIZATION_SLUG", "team-a")
    server.expects("GET", AUTHS, NOTHING, token="token-1")
    assert not server.run(info, login=login, project_id=PROJECT).failed


REFUSALS = {
    "unknown": (404, "NotFound", "Sub organization with slug team-a not found"),
    "no member": (401, "UnauthorizedError", "Identity not authorized to access sub organization team-a"),
}


@pytest.mark.parametrize(("status", "error", "text"), REFUSALS.values(), ids=REFUSALS)
def test_an_organization_that_the_identity_may_not_use(server: Server, status: int, error: str, text: str) -> None:
    path, credentials, body = LOGINS["universal_auth"]
    server.expects(
        "POST",
        f"/api/v1/auth/{path}/login",
        api_error(status, error, text),
        status=status,
        body={**body, **IN_TEAM},
        token=None,
    )
    result = server.run(infisical_login, login={"url": URL, **credentials, "organization_slug": "team-a"})
    assert result.msg == (
        f"Login by universal_auth at {URL} was refused: {text}. Check organization_slug, and that the identity may use"
        " that organization."
    )
    assert result["error_kind"] == "login"


TOOLS = {
    "INFISICAL_MACHINE_IDENTITY_CLIENT_ID": "id-of-another-tool",
    "INFISICAL_MACHINE_IDENTITY_CLIENT_SECRET": "canary",
}


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        (list(TOOLS), f" {' and '.join(TOOLS)} are set, but are not read."),
        (list(TOOLS)[:1], " INFISICAL_MACHINE_IDENTITY_CLIENT_ID is set, but is not read."),
    ],
)
def test_variables_of_other_tools_are_named(
    server: Server, monkeypatch: pytest.MonkeyPatch, variables: list, said: str
) -> None:
    for name in variables:
        monkeypatch.setenv(name, TOOLS[name])
    result = server.run(info, login={"url": URL, "auth_method": "universal_auth"}, project_id=PROJECT)
    assert result.msg.endswith(said)
    assert "canary" not in result.output


# --- AWS --------------------------------------------------------------------------------------------------------------

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


@pytest.mark.parametrize(
    ("regions", "used"),
    [
        ({"AWS_REGION": "eu-west-1"}, "eu-west-1"),
        # As botocore reads it, which a profile can specify, too.
        ({"AWS_DEFAULT_REGION": "eu-west-2"}, "eu-west-2"),
        ({"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-2"}, "eu-west-1"),
        ({}, "us-east-1"),
    ],
)
@pytest.mark.usefixtures("no_aws")
def test_aws_signs_the_question_who_one_is(monkeypatch: pytest.MonkeyPatch, regions: dict, used: str) -> None:
    pytest.importorskip("botocore")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "aws-secret-1")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "aws-session-token-1")
    for name, region in regions.items():
        monkeypatch.setenv(name, region)
    made = auth.credentials_from({"auth_method": "aws_auth", "identity_id": IDENTITY})
    assert made.login_path == "/api/v1/auth/aws-auth/login"
    told: list[str] = []
    sent = made.login_body(told.append)
    assert sent["identityId"] == IDENTITY
    assert sent["iamHttpRequestMethod"] == "POST"
    body = base64.b64decode(sent["iamRequestBody"]).decode()
    assert body == "Action=GetCallerIdentity&Version=2011-06-15"
    headers = json.loads(base64.b64decode(sent["iamRequestHeaders"]))
    assert headers["Content-Type"] == "application/x-www-form-urlencoded; charset=utf-8"
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


@pytest.mark.usefixtures("no_aws")
def test_aws_whose_credentials_can_not_be_read(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("botocore")
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    result = server.run(info, login=AWS_LOGIN, project_id=PROJECT)
    assert result.msg == (
        "auth_method aws_auth: botocore can't read the AWS credentials"
        " (The config profile (nobody) could not be found)."
    )
    assert result["error_kind"] == "input"


def test_aws_without_botocore(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "botocore", None)
    monkeypatch.setitem(sys.modules, "botocore.session", None)
    result = server.run(info, login=AWS_LOGIN, project_id=PROJECT)
    assert result.msg == (
        "auth_method aws_auth needs the Python library botocore, which signs the login with the machine's AWS"
        " credentials, and it is not installed for this Python: install botocore, or use another login method."
    )
    assert result["error_kind"] == "input"
