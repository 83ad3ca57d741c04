# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where requests go, with which credentials, and what the session trusts. Seen through a module that only reads."""

from __future__ import annotations

import importlib
import socket
import sys
import warnings
from pathlib import Path

import pytest
from ansible_collections.community.infisical.plugins.module_utils._errors import InputError, clean_text
from ansible_collections.community.infisical.plugins.module_utils._http import answers, client, transport
from ansible_collections.community.infisical.plugins.module_utils._http import server as settings
from ansible_collections.community.infisical.plugins.module_utils._http.logins import credentials_from
from ansible_collections.community.infisical.plugins.modules import infisical_integration_auth_info as info
from ansible_collections.community.infisical.tests.unit.plugins.harness import (
    AUTH,
    AUTH_ID,
    AUTHS,
    PROJECT,
    REVOKE,
    TOKEN,
    URL,
    Server,
    api_auth,
    api_error,
)
from urllib3.exceptions import InsecureRequestWarning

NOTHING: dict = {"authorizations": []}
UNIVERSAL = {"url": URL, "universal_auth_client_id": "client-1", "universal_auth_client_secret": "client-secret-1"}
UNIVERSAL_BODY = {"clientId": "client-1", "clientSecret": "client-secret-1"}

LOGINS = {
    "universal": (UNIVERSAL, "universal-auth", UNIVERSAL_BODY),
    "oidc": (
        {"auth_method": "oidc_auth", "identity_id": "identity-1", "jwt": "jwt-1"},
        "oidc-auth",
        {"identityId": "identity-1", "jwt": "jwt-1"},
    ),
    "ldap": (
        {
            "auth_method": "ldap_auth",
            "identity_id": "identity-1",
            "ldap_username": "ada",
            "ldap_password": "password-1",
        },
        "ldap-auth",
        {"identityId": "identity-1", "username": "ada", "password": "password-1"},
    ),
}


@pytest.mark.parametrize(("options", "path", "body"), LOGINS.values(), ids=LOGINS)
def test_logs_in_reads_and_revokes(server: Server, options: dict, path: str, body: dict) -> None:
    server.expects_login("own-token", path, body)
    server.expects("GET", AUTHS, {"authorizations": [api_auth()]}, token="own-token")
    server.expects_revoke("own-token")
    result = server.run(info, login={"url": URL, **options}, project_id=PROJECT)
    assert [row["id"] for row in result["integration_auths"]] == [api_auth()["id"]]
    assert result.warnings == []


def test_given_token_is_used_and_not_revoked(server: Server) -> None:
    server.expects("GET", AUTHS, NOTHING, token=TOKEN)
    assert server.run(info, project_id=PROJECT)["integration_auths"] == []


ENVIRONMENTS = {
    "universal": (
        {
            "INFISICAL_UNIVERSAL_AUTH_CLIENT_ID": "client-1",
            "INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET": "client-secret-1",
        },
        "universal-auth",
        UNIVERSAL_BODY,
    ),
    "universal, older names": (
        {
            "UNIVERSAL_AUTH_MACHINE_IDENTITY_CLIENT_ID": "client-1",
            "UNIVERSAL_AUTH_MACHINE_IDENTITY_CLIENT_SECRET": "client-secret-1",
        },
        "universal-auth",
        UNIVERSAL_BODY,
    ),
    "universal, newer names first": (
        {
            "INFISICAL_UNIVERSAL_AUTH_CLIENT_ID": "client-1",
            "INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET": "client-secret-1",
            "UNIVERSAL_AUTH_MACHINE_IDENTITY_CLIENT_ID": "old",
            "UNIVERSAL_AUTH_MACHINE_IDENTITY_CLIENT_SECRET": "old",
        },
        "universal-auth",
        UNIVERSAL_BODY,
    ),
    "oidc": (
        {"INFISICAL_AUTH_METHOD": "oidc_auth", "INFISICAL_MACHINE_IDENTITY_ID": "identity-1", "INFISICAL_JWT": "jwt-1"},
        "oidc-auth",
        LOGINS["oidc"][2],
    ),
    "oidc, other name": (
        {
            "INFISICAL_AUTH_METHOD": "oidc_auth",
            "INFISICAL_MACHINE_IDENTITY_ID": "identity-1",
            "INFISICAL_OIDC_AUTH_JWT": "jwt-1",
        },
        "oidc-auth",
        LOGINS["oidc"][2],
    ),
    "ldap": (
        {
            "INFISICAL_AUTH_METHOD": "ldap_auth",
            "INFISICAL_MACHINE_IDENTITY_ID": "identity-1",
            "INFISICAL_LDAP_USERNAME": "ada",
            "INFISICAL_LDAP_PASSWORD": "password-1",
        },
        "ldap-auth",
        LOGINS["ldap"][2],
    ),
}


@pytest.mark.parametrize(("variables", "path", "body"), ENVIRONMENTS.values(), ids=ENVIRONMENTS)
def test_environment(server: Server, monkeypatch: pytest.MonkeyPatch, variables: dict, path: str, body: dict) -> None:
    for name, value in {"INFISICAL_URL": URL, **variables}.items():
        monkeypatch.setenv(name, value)
    server.expects_login("own-token", path, body)
    server.expects("GET", AUTHS, NOTHING, token="own-token")
    server.expects_revoke("own-token")
    server.run(info, login={}, project_id=PROJECT)


def test_token_from_the_environment(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INFISICAL_URL", URL)
    monkeypatch.setenv("INFISICAL_AUTH_METHOD", "token_auth")
    monkeypatch.setenv("INFISICAL_TOKEN", "environment-token")
    server.expects("GET", AUTHS, NOTHING, token="environment-token")
    server.run(info, login={}, project_id=PROJECT)


def test_options_win_over_the_environment(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("INFISICAL_URL", "INFISICAL_AUTH_METHOD", "INFISICAL_UNIVERSAL_AUTH_CLIENT_ID"):
        monkeypatch.setenv(name, "oidc_auth" if name == "INFISICAL_AUTH_METHOD" else "https://environment.example.com")
    server.expects_login()
    server.expects("GET", AUTHS, NOTHING, token="own-token")
    server.expects_revoke()
    server.run(info, login={**UNIVERSAL, "auth_method": "universal_auth"}, project_id=PROJECT)


def test_credentials_are_trimmed(server: Server) -> None:
    server.expects("GET", AUTHS, NOTHING, token="padded")
    server.run(info, login={"url": URL, "auth_method": "token_auth", "token": " padded\n"}, project_id=PROJECT)


MISSING = {
    "nothing": (
        {},
        (
            "auth_method universal_auth lacks universal_auth_client_id (or INFISICAL_UNIVERSAL_AUTH_CLIENT_ID /"
            " UNIVERSAL_AUTH_MACHINE_IDENTITY_CLIENT_ID); universal_auth_client_secret (or"
            " INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET / UNIVERSAL_AUTH_MACHINE_IDENTITY_CLIENT_SECRET)."
        ),
    ),
    "one of two": (
        {"universal_auth_client_id": "client-1"},
        (
            "auth_method universal_auth lacks universal_auth_client_secret (or INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET /"
            " UNIVERSAL_AUTH_MACHINE_IDENTITY_CLIENT_SECRET)."
        ),
    ),
    "empty": (
        {"auth_method": "oidc_auth", "identity_id": "identity-1", "jwt": ""},
        (
            "auth_method oidc_auth lacks jwt (or INFISICAL_JWT / INFISICAL_OIDC_AUTH_JWT). To use a file with the"
            " token, specify jwt_path (or INFISICAL_JWT_PATH)."
        ),
    ),
    "no token": ({"auth_method": "token_auth"}, "auth_method token_auth lacks token (or INFISICAL_TOKEN)."),
    "ldap": (
        {"auth_method": "ldap_auth", "identity_id": "identity-1"},
        (
            "auth_method ldap_auth lacks ldap_username (or INFISICAL_LDAP_USERNAME); ldap_password (or"
            " INFISICAL_LDAP_PASSWORD)."
        ),
    ),
    "no access_token": (
        {"login_data": {"url": URL}},
        "login_data has no access_token: specify the key login_data of the result of infisical_login.",
    ),
    "access_token is no text": (
        {"login_data": {"url": URL, "access_token": 7}},
        "login_data has no access_token: specify the key login_data of the result of infisical_login.",
    ),
    "a token with a line break in it": (
        {"auth_method": "token_auth", "token": "to\nken"},
        "token contains characters that no access token has (a line break, or not ASCII).",
    ),
    "login_data with a token that is not ASCII": (
        {"login_data": {"url": URL, "access_token": "tökén"}},
        "login_data.access_token contains characters that no access token has (a line break, or not ASCII).",
    ),
}


@pytest.mark.parametrize(("options", "message"), MISSING.values(), ids=MISSING)
def test_missing_or_unfit_credentials(server: Server, options: dict, message: str) -> None:
    result = server.run(info, login=options, project_id=PROJECT)
    assert result.msg == message
    assert result["error_kind"] == "input"


PLACEHOLDERS = {
    "login_data": {"login_data": {"url": URL, "access_token": "<check_mode_token>"}},
    "token": {"url": URL, "auth_method": "token_auth", "token": "<check_mode_token>"},
}


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize(("option", "login"), PLACEHOLDERS.items())
def test_the_token_of_a_check_of_the_vendors_login(server: Server, option: str, login: dict, check: bool) -> None:
    result = server.run(info, login=login, project_id=PROJECT, check=check)
    assert result.msg == (
        f"{option} has no access token, but what infisical.vault.login returns in check mode: set"
        " check_mode: false on"
        " the task that logs in."
    )
    assert result["error_kind"] == "input"


def test_a_blank_secret_counts_as_missing_and_masks_nothing(server: Server) -> None:
    login = {"auth_method": "oidc_auth", "identity_id": "identity-1", "jwt": " "}
    result = server.run(info, login=login, project_id=PROJECT)
    assert result.msg.startswith("auth_method oidc_auth lacks jwt (or INFISICAL_JWT / INFISICAL_OIDC_AUTH_JWT).")


def test_a_login_method_that_no_module_offers() -> None:
    with pytest.raises(
        InputError, match=r"auth_method 'magic' is not known; it must be one of: universal_auth, oidc_auth, "
    ):
        credentials_from({"auth_method": "magic"})


def test_forgotten_auth_method_is_hinted_at(server: Server) -> None:
    result = server.run(info, login={"token": TOKEN}, project_id=PROJECT)
    assert result.msg.endswith(" A token is specified: to use it, set auth_method to token_auth.")


# --- login_data -------------------------------------------------------------------------------------------------------


LOGIN_DATA = {
    "ours": {"url": URL, "access_token": "login-token", "check_mode": False},
    "the vendor's, with keys that we don't know": {
        "url": URL,
        "auth_method": "universal_auth",
        "access_token": "login-token",
        "expires_in": 60,
    },
    "url with /api": {"url": f"{URL}/api/", "access_token": "login-token"},
}


@pytest.mark.parametrize("login_data", LOGIN_DATA.values(), ids=LOGIN_DATA)
def test_login_data(server: Server, login_data: dict) -> None:
    server.expects("GET", AUTHS, NOTHING, token="login-token")
    result = server.run(info, login={"login_data": login_data}, project_id=PROJECT)
    assert "login-token" not in result.output


def test_login_data_wins_over_all_other_credentials(server: Server) -> None:
    server.expects("GET", AUTHS, NOTHING, token="login-token")
    login = {**UNIVERSAL, "token": "another", "login_data": {"url": URL, "access_token": "login-token"}}
    server.run(info, login=login, project_id=PROJECT)


def test_login_data_wins_over_the_url_of_the_environment(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INFISICAL_URL", "https://elsewhere.example.com")
    server.expects("GET", AUTHS, NOTHING, token="login-token")
    server.run(info, login={"login_data": {"url": URL, "access_token": "login-token"}}, project_id=PROJECT)


def test_login_data_without_url_goes_to_url(server: Server) -> None:
    server.expects("GET", AUTHS, NOTHING, token="login-token")
    server.run(info, login={"url": URL, "login_data": {"access_token": "login-token"}}, project_id=PROJECT)


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_a_token_is_sent_to_no_other_server(server: Server, scheme: str) -> None:
    login = {"url": f"{scheme}://elsewhere.example.com/", "login_data": {"url": URL, "access_token": "login-token"}}
    result = server.run(info, login=login, project_id=PROJECT)
    assert result.msg == (
        f"url ({scheme}://elsewhere.example.com) and login_data.url ({URL}) differ: an access token is only sent to the"
        " server that issued it. Remove url, or log in to that server."
    )


# --- url --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """The addresses of names, beside localhost's; all others are unknown."""
    addresses = {"localhost": ["127.0.0.1", "::1"]}

    def getaddrinfo(host: str, *_rest: object, **_more: object) -> list[tuple]:
        host.encode("idna")  # as the real one, it refuses labels that are too long by a UnicodeError
        if host not in addresses:
            raise socket.gaierror(-2, "Name or service not known")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in addresses[host]]

    monkeypatch.setattr(settings.socket, "getaddrinfo", getaddrinfo)
    return addresses


@pytest.mark.parametrize(
    ("url", "base"),
    [
        (f"{URL}/", URL),
        (f"{URL}/api", URL),
        (f"{URL}/api/", URL),
        (f" {URL}//api// ", URL),
        (f"{URL}/infisical/api", f"{URL}/infisical"),
        (f"{URL}/MAX/api", f"{URL}/MAX"),
        (f"{URL}/login-portal", f"{URL}/login-portal"),
        (f"{URL}:8443", f"{URL}:8443"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("http://server.localhost", "http://server.localhost"),
    ],
)
def test_url(server: Server, resolver: dict, url: str, base: str) -> None:
    resolver["server.localhost"] = ["127.0.0.1", "::1"]
    server.expects("GET", AUTHS, NOTHING, url=base)
    server.run(info, url=url, project_id=PROJECT)


def test_a_gateway_that_has_api_in_its_path() -> None:
    assert settings.base_url(f"{URL}/api/infisical/", False) == f"{URL}/api/infisical"


def test_default_url(server: Server) -> None:
    server.expects("GET", AUTHS, NOTHING, url="https://app.infisical.com")
    server.run(info, login={"auth_method": "token_auth", "token": TOKEN}, project_id=PROJECT)


BAD_URLS = {
    "no scheme": ("infisical.example.com", "url 'infisical.example.com' is not valid: specify it as"),
    "other scheme": ("ftp://infisical.example.com", "url 'ftp://infisical.example.com' is not valid: specify it as"),
    "no host": ("https:///x", "url 'https:///x' is not valid: specify it as"),
    "space": (
        "https://infisical.example.com/a b",
        "url 'https://infisical.example.com/a b' is not valid: specify it as",
    ),
    "port": ("https://infisical.example.com:x", "url is not a valid URL: specify it as"),
    "credentials": ("https://ada:pw-1@infisical.example.com", "url must not contain a user name or password: use the"),
    "query": ("https://infisical.example.com?x=1", "url must not contain a query or a fragment: specify it as"),
    "fragment": ("https://infisical.example.com/#x", "url must not contain a query or a fragment: specify it as"),
    "plain": (
        "http://infisical.example.com",
        (
            "url is http:// to infisical.example.com, which would send credentials unencrypted: use https://, or set"
            " allow_plaintext to true if this is intended."
        ),
    ),
    "plain to an address": (
        "http://192.0.2.7",
        "url is http:// to 192.0.2.7, which would send credentials unencrypted",
    ),
    "looks like loopback": ("http://localhost.example.com", "url is http:// to localhost.example.com, which would"),
}


@pytest.mark.parametrize(("url", "message"), BAD_URLS.values(), ids=BAD_URLS)
def test_refused_url(server: Server, url: str, message: str) -> None:
    result = server.run(info, url=url, project_id=PROJECT)
    assert result.msg.startswith(message)
    assert result["error_kind"] == "input"


NOT_LOOPBACK = {
    "elsewhere": ("localhost", ["192.0.2.7"]),
    "here and elsewhere": ("localhost", ["127.0.0.1", "192.0.2.7"]),
    "elsewhere by IPv6": ("localhost", ["::1", "2001:db8::7"]),
    "nowhere": ("app.localhost", []),
    "unknown": ("unknown.localhost", None),
    "too long a name": ("x" * 300 + ".localhost", None),
    "another name that leads here": ("infisical.example.com", ["127.0.0.1"]),
    "a zone": ("[::1%lo]", ["::1"]),
    "a zone, as URLs have it": ("[::1%25lo]", ["::1"]),
    "a zone that is a name": ("[::1%infisical.example.com]", ["::1"]),
}


@pytest.mark.parametrize(("host", "addresses"), NOT_LOOPBACK.values(), ids=NOT_LOOPBACK)
def test_loopback_is_where_every_address_is(
    server: Server, resolver: dict, host: str, addresses: list[str] | None
) -> None:
    if addresses is not None:
        resolver[host.strip("[]")] = addresses
    result = server.run(info, url=f"http://{host}:8080", project_id=PROJECT)
    assert result.msg == (
        f"url is http:// to {clean_text(host.strip('[]'), 80)}, which would send credentials unencrypted: use"
        " https://, or set allow_plaintext to true if this is intended."
    )
    assert result["error_kind"] == "input"


def test_password_in_a_refused_url_is_not_repeated(server: Server) -> None:
    result = server.run(info, url="https://ada:pw-1@infisical.example.com", project_id=PROJECT)
    assert "pw-1" not in result.msg


def test_allow_plaintext(server: Server) -> None:
    server.expects("GET", AUTHS, NOTHING, url="http://infisical.example.com")
    server.run(info, url="http://infisical.example.com", allow_plaintext=True, project_id=PROJECT)


def test_redirect_is_refused(server: Server) -> None:
    server.expects("GET", AUTH, "moved", status=302, answer_headers={"Location": "https://evil.example.com/x"})
    result = server.run(info, integration_auth_id=AUTH_ID)
    assert result.msg == (
        f"{URL} redirects GET {AUTH} to https://evil.example.com/x, which is not followed, since credentials go to the"
        " configured server only. Something in front of the server requires its own login: if that is an access proxy,"
        " specify its token in extra_headers."
    )
    assert result["error_kind"] == "unexpected_answer"
    assert result["status"] == 302


# --- headers, TLS, proxies, files ------------------------------------------------------------------------------------


def test_extra_headers_are_sent_with_every_request_and_masked(server: Server) -> None:
    extra = {"CF-Access-Client-Secret": "access-secret-1", "X-Number": 42}
    sent = {"CF-Access-Client-Secret": "access-secret-1", "X-Number": "42"}
    server.expects_login(headers=sent)
    server.expects("GET", AUTHS, NOTHING, token="own-token", headers=sent)
    server.expects_revoke(headers=sent)
    result = server.run(info, login=UNIVERSAL, extra_headers=extra, project_id=PROJECT)
    assert "access-secret-1" not in result.output


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        (
            {"authorization": "header-value-1"},
            "extra_headers: authorization is set by the collection itself and can't be replaced.",
        ),
        ({"Host": "header-value-1"}, "extra_headers: Host is set by the collection itself and can't be replaced."),
        (
            {"Content-Type": "header-value-1"},
            "extra_headers: Content-Type is set by the collection itself and can't be replaced.",
        ),
        (
            {"Content-Length": "header-value-1"},
            "extra_headers: Content-Length is set by the collection itself and can't be",
        ),
        (
            {"Transfer-Encoding": "header-value-1"},
            "extra_headers: Transfer-Encoding is set by the collection itself and can't be",
        ),
        ({"two words": "header-value-1"}, "extra_headers: 'two words' is not a header name."),
        ({"": "header-value-1"}, "extra_headers: '' is not a header name."),
        ({"X-Break": "va\r\nlue"}, "extra_headers: the value of X-Break contains characters that a header can't have."),
        ({"X-Text": "wört"}, "extra_headers: the value of X-Text contains characters that a header can't have."),
    ],
)
def test_refused_headers(server: Server, headers: dict, message: str) -> None:
    result = server.run(info, extra_headers=headers, project_id=PROJECT)
    assert result.msg.startswith(message)
    assert result["error_kind"] == "input"


def test_every_request_says_who_asks(server: Server) -> None:
    server.expects("GET", AUTHS, NOTHING)
    server.run(info, project_id=PROJECT)
    assert server.requests[0].headers["User-Agent"].startswith("ansible-community.infisical/")
    assert server.requests[0].headers["Accept"] == "application/json"


@pytest.mark.parametrize(
    ("options", "verify"),
    [
        ({}, True),
        ({"ca_path": "/etc/ssl/our-ca.pem"}, "/etc/ssl/our-ca.pem"),
        ({"validate_certs": False}, False),
        ({"validate_certs": False, "ca_path": "/etc/ssl/our-ca.pem"}, False),
    ],
)
def test_verification_is_what_the_task_says_and_nothing_else(
    server: Server, monkeypatch: pytest.MonkeyPatch, options: dict, verify: object
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/elsewhere/ca.pem")
    monkeypatch.setenv("CURL_CA_BUNDLE", "/elsewhere/ca.pem")
    server.expects("GET", AUTHS, NOTHING)
    server.run(info, project_id=PROJECT, **options)
    assert server.requests[0].req_kwargs["verify"] == verify


@pytest.mark.parametrize(
    ("options", "variable", "verify"),
    [
        ({}, "/etc/ssl/from-env.pem", "/etc/ssl/from-env.pem"),
        ({}, "", True),
        ({"ca_path": "/etc/ssl/our-ca.pem"}, "/etc/ssl/from-env.pem", "/etc/ssl/our-ca.pem"),
        ({"validate_certs": False}, "/etc/ssl/from-env.pem", False),
    ],
)
def test_the_environment_may_name_the_ca(
    server: Server, monkeypatch: pytest.MonkeyPatch, options: dict, variable: str, verify: object
) -> None:
    monkeypatch.setenv("INFISICAL_CA_PATH", variable)
    server.expects("GET", AUTHS, NOTHING)
    server.run(info, project_id=PROJECT, **options)
    assert server.requests[0].req_kwargs["verify"] == verify


def test_turning_verification_off_warns(server: Server) -> None:
    server.expects("GET", AUTHS, NOTHING)
    result = server.run(info, project_id=PROJECT, validate_certs=False)
    assert result.warnings == [
        "validate_certs is false: anyone between this machine and the server can read the credentials of this task."
    ]


@pytest.mark.parametrize("verify", [False, True])
def test_what_a_task_warns_of_itself_the_library_does_not_repeat(server: Server, verify: bool) -> None:
    """One line on stderr for each request; the library's own settings stay where verification is on."""
    server.expects("GET", AUTHS, NOTHING)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        server.run(info, project_id=PROJECT, validate_certs=verify)
        warnings.warn("unverified", InsecureRequestWarning, stacklevel=1)
    assert bool(told) is verify


def test_a_given_ca_is_used_even_where_verification_is_off(server: Server) -> None:
    server.expects("GET", AUTHS, NOTHING)
    server.run(info, project_id=PROJECT, validate_certs=False, ca_path="/etc/ssl/our-ca.pem")
    assert server.requests[0].req_kwargs["verify"] in (False, "/etc/ssl/our-ca.pem")


def test_timeout_is_passed_on(server: Server) -> None:
    server.expects("GET", AUTHS, NOTHING)
    server.run(info, project_id=PROJECT, timeout=7.5)
    assert server.requests[0].req_kwargs["timeout"] == 7.5


@pytest.mark.parametrize(
    ("variables", "proxies"),
    [
        ({}, {}),
        ({"HTTPS_PROXY": "http://proxy:3128"}, {"https": "http://proxy:3128"}),
        ({"https_proxy": "http://proxy:3128", "NO_PROXY": "other.example.com"}, {"https": "http://proxy:3128"}),
        ({"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": "example.com"}, {}),
        ({"HTTPS_PROXY": "http://proxy:3128", "no_proxy": "infisical.example.com"}, {}),
    ],
)
def test_proxies_come_from_the_environment(
    server: Server, monkeypatch: pytest.MonkeyPatch, variables: dict, proxies: dict
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    server.expects("GET", AUTHS, NOTHING)
    server.run(info, project_id=PROJECT)
    used = server.requests[0].req_kwargs["proxies"]
    assert {name: value for name, value in used.items() if name == "https"} == proxies


@pytest.mark.parametrize(
    ("url", "allow", "proxied"),
    [
        ("http://localhost:8080", False, False),
        ("http://127.0.0.1:8080", False, False),
        ("http://[::1]:8080", False, False),
        ("http://app.localhost:8080", False, False),
        ("http://localhost:8080", True, False),
        ("http://infisical.example.com", True, True),
        ("http://elsewhere.localhost", True, True),
        # Here the proxy sees nothing but TLS.
        ("https://localhost:8080", False, True),
    ],
)
@pytest.mark.parametrize("variables", [("http_proxy", "https_proxy"), ("ALL_PROXY",)])
def test_plain_http_to_this_machine_goes_through_no_proxy(
    server: Server,
    resolver: dict,
    monkeypatch: pytest.MonkeyPatch,
    variables: tuple[str, ...],
    url: str,
    allow: bool,
    proxied: bool,
) -> None:
    resolver |= {"app.localhost": ["127.0.0.1"], "elsewhere.localhost": ["192.0.2.7"]}
    for variable in variables:
        monkeypatch.setenv(variable, "http://proxy:3128")
    server.expects("GET", AUTHS, NOTHING, url=url)
    server.run(info, url=url, allow_plaintext=allow, project_id=PROJECT)
    assert bool(server.requests[0].req_kwargs["proxies"]) == proxied


def test_netrc_is_not_used(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine infisical.example.com login ada password netrc-password\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HOME", str(tmp_path))
    server.expects("GET", AUTHS, NOTHING, token=TOKEN)
    server.run(info, project_id=PROJECT)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"timeout": 0}, "timeout must be positive, not 0.0."),
        ({"timeout": -1}, "timeout must be positive, not -1.0."),
        ({"retries": -1}, "retries must be positive, not -1."),
        ({"retry_budget": -0.5}, "retry_budget must be positive, not -0.5."),
    ],
)
def test_refused_numbers(server: Server, options: dict, message: str) -> None:
    assert server.run(info, project_id=PROJECT, **options).msg == message


# --- the end of the task's own token ---------------------------------------------------------------------------------


def test_own_token_is_revoked_after_a_failure(server: Server) -> None:
    server.expects_login()
    server.expects("GET", AUTHS, api_error(403, "PermissionDenied", "no"), status=403, token="own-token")
    server.expects_revoke()
    result = server.run(info, login=UNIVERSAL, project_id=PROJECT)
    assert result["error_kind"] == "permission"
    assert "own-token" not in result.output


@pytest.mark.parametrize(
    ("answer", "warnings"),
    [
        ({"status": 401, "answer": api_error(401, "UnauthorizedError", "gone")}, []),
        (
            {"status": 400, "answer": api_error(400, "BadRequest", "no")},
            [
                (
                    "The access token that this task created could not be revoked and is valid until it expires: The"
                    " server"
                    f" refused: no [POST {REVOKE}: 400]"
                )
            ],
        ),
    ],
)
def test_failing_revoke_is_a_warning_only(server: Server, answer: dict, warnings: list) -> None:
    server.expects_login()
    server.expects("GET", AUTHS, NOTHING, token="own-token")
    server.expects_revoke("own-token", **answer)
    result = server.run(info, login=UNIVERSAL, project_id=PROJECT)
    assert result.changed is False
    assert result.warnings == warnings


def test_nothing_is_revoked_where_the_login_failed(server: Server) -> None:
    server.expects(
        "POST",
        "/api/v1/auth/universal-auth/login",
        api_error(404, "NotFound", "No identity with specified client ID was found"),
        status=404,
        body=UNIVERSAL_BODY,
        token=None,
    )
    result = server.run(info, login=UNIVERSAL, project_id=PROJECT)
    assert result.msg == (
        f"Login by universal_auth at {URL} was refused: No identity with specified client ID was found. Check the"
        " credentials, and that they belong to this server."
    )


def test_login_answer_without_a_token(server: Server) -> None:
    server.expects("POST", "/api/v1/auth/universal-auth/login", {"ok": True}, body=UNIVERSAL_BODY, token=None)
    result = server.run(info, login=UNIVERSAL, integration_auth_id=AUTH_ID)
    assert result.msg == f"The login at {URL} returned no access token: is this an Infisical server?"
    assert result["status"] == 200


def test_login_at_a_server_without_that_method(server: Server) -> None:
    server.expects(
        "POST",
        "/api/v1/auth/universal-auth/login",
        api_error(404, "Not Found", "Route POST:/api/v1/auth/universal-auth/login not found"),
        status=404,
        body=UNIVERSAL_BODY,
        token=None,
    )
    result = server.run(info, login=UNIVERSAL, integration_auth_id=AUTH_ID)
    assert result["error_kind"] == "route_missing"
    assert result.msg.startswith(f"{URL} has no such endpoint: Route POST:")


def test_a_login_that_fails_is_not_repeated_for_the_other_list_path(server: Server) -> None:
    server.expects("POST", "/api/v1/auth/universal-auth/login", {"ok": True}, body=UNIVERSAL_BODY, token=None)
    result = server.run(info, login=UNIVERSAL, project_id=PROJECT)
    assert result["error_kind"] == "unexpected_answer"


def test_secrets_in_server_texts_are_masked(server: Server) -> None:
    server.expects_login()
    echo = api_error(400, "BadRequest", "what is own-token and client-secret-1?")
    server.expects("GET", AUTHS, echo, status=400, token="own-token")
    server.expects_revoke("own-token", status=400, answer=echo)
    result = server.run(info, login=UNIVERSAL, project_id=PROJECT)
    assert "own-token" not in result.output
    assert "client-secret-1" not in result.output
    assert len(result.warnings) == 1


def test_an_echoed_token_of_an_earlier_login_is_masked(server: Server) -> None:
    server.expects("GET", AUTH, api_error(400, "BadRequest", "what is login-token?"), status=400, token="login-token")
    login = {"login_data": {"url": URL, "access_token": "login-token"}}
    result = server.run(info, login=login, integration_auth_id=AUTH_ID)
    assert result.msg.startswith("The server refused: what is ********?")
    assert "login-token" not in result.output


def test_missing_library_is_one_sentence(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "ansible_collections.community.infisical.plugins.module_utils._module.REQUESTS_IMPORT_ERROR", "Traceback ..."
    )
    result = server.run(info, project_id=PROJECT)
    assert result.msg.startswith("Failed to import the required Python library (requests)")


def test_the_parts_that_use_the_library_can_be_read_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    package = importlib.import_module(client.__package__)
    for part in (answers, transport, client):
        name = part.__name__.rpartition(".")[2]
        # Puts the real ones back in the end.
        monkeypatch.setattr(package, name, part)
        monkeypatch.delitem(sys.modules, part.__name__)
    for name in [name for name in sys.modules if name.partition(".")[0] in ("requests", "urllib3")]:
        monkeypatch.setitem(sys.modules, name, None)
    without = importlib.import_module(client.__name__)
    assert without is not client
    assert "requests" in without.REQUESTS_IMPORT_ERROR


def test_own_faults_show_their_place_but_no_values(monkeypatch: pytest.MonkeyPatch, server: Server) -> None:
    def broken(_task: object) -> dict:
        raise KeyError("client-secret-1")

    monkeypatch.setattr(info, "MODULE", info.Declaration(run=broken, options=info.MODULE.options))
    with pytest.raises(AssertionError, match=r"Unexpected KeyError at test_connection\.py:\d+: this is a bug in") as e:
        server.run(info, project_id=PROJECT)
    assert "client-secret-1" not in str(e.value)
