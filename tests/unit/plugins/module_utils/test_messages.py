# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user reads who took a wrong turn on the way to the server: one clear sentence, and what to do."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
import requests
from ansible_collections.community.infisical.plugins.module_utils._errors import UnexpectedAnswer, Unreachable
from ansible_collections.community.infisical.plugins.module_utils._http.answers import interpret
from ansible_collections.community.infisical.plugins.module_utils._http.client import Client
from ansible_collections.community.infisical.plugins.module_utils._module import server_from
from ansible_collections.community.infisical.plugins.modules import infisical_app_connection as connection
from ansible_collections.community.infisical.plugins.modules import infisical_integration_auth_info as info
from ansible_collections.community.infisical.plugins.modules import infisical_secret_sync as sync
from ansible_collections.community.infisical.tests.unit.plugins.harness import (
    AUTH,
    AUTH_ID,
    PROJECT,
    SYNC_ID,
    TOKEN,
    URL,
    Server,
    api_error,
    api_sync,
)
from urllib3 import exceptions as transport

WHERE = f"GET {AUTH}"
UNIVERSAL = {"url": URL, "universal_auth_client_id": "client-1", "universal_auth_client_secret": "client-secret-1"}
LOGIN = "/api/v1/auth/universal-auth/login"
LOGIN_BODY = {"clientId": "client-1", "clientSecret": "client-secret-1"}


# --- TLS --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def plain_port() -> Iterator[int]:
    """A port on which a server speaks HTTP without TLS."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    peer, _address = listener.accept()
                except OSError:
                    return
                with peer:
                    peer.recv(4096)
                    peer.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]


def tls_fault(text: str) -> Exception:
    return requests.exceptions.SSLError(transport.MaxRetryError(None, "/", transport.SSLError(text)))


def test_https_to_a_port_without_tls(server: Server, plain_port: int) -> None:
    url = f"https://127.0.0.1:{plain_port}"
    server._http.add_passthru(url)
    result = server.run(info, url=url, integration_auth_id=AUTH_ID)
    assert result.msg == f"The server at {url} doesn't speak TLS on this port: should url be http://?"
    assert result["error_kind"] == "unreachable"


NO_TLS = ["[SSL: WRONG_VERSION_NUMBER] wrong version number", "[SSL] record layer failure", "packet length too long"]


@pytest.mark.parametrize("text", NO_TLS)
def test_no_tls_as_libraries_say_it(server: Server, text: str) -> None:
    server.expects("GET", AUTH, tls_fault(f"{text} (_ssl.c:1006)"))
    assert "doesn't speak TLS on this port" in server.run(info, integration_auth_id=AUTH_ID).msg


@pytest.mark.parametrize(
    "text",
    [
        "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate",
        "hostname 'a.example.com' doesn't match 'b.example.com'",
    ],
)
def test_a_certificate_that_is_not_trusted(server: Server, text: str) -> None:
    server.expects("GET", AUTH, tls_fault(text))
    result = server.run(info, integration_auth_id=AUTH_ID)
    assert result.msg.startswith(f"The TLS certificate of {URL} is not trusted ({text}). Specify the CA")


def test_another_fault_of_tls(server: Server) -> None:
    server.expects("GET", AUTH, tls_fault("[SSL: TLSV1_ALERT_PROTOCOL_VERSION] tlsv1 alert protocol version"))
    result = server.run(info, integration_auth_id=AUTH_ID)
    assert result.msg.startswith(f"No TLS connection to {URL} (")
    assert "certificate" not in result.msg


@pytest.mark.parametrize(
    ("text", "maybe_done"),
    [
        ("[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)", False),
        ("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed", False),
        ("Certificate has expired", False),
        ("hostname 'a.example.com' doesn't match 'b.example.com'", False),
        # These may come in the middle of a request.
        ("[SSL: DECRYPTION_FAILED_OR_BAD_RECORD_MAC] decryption failed or bad record mac", True),
        ("EOF occurred in violation of protocol", True),
    ],
)
def test_only_a_fault_before_the_request_leaves_nothing_done(server: Server, text: str, maybe_done: bool) -> None:
    server.expects("POST", AUTH, tls_fault(text), body={"name": "x"})
    asker = Client(server_from({"url": URL, "auth_method": "token_auth", "token": TOKEN}))
    with pytest.raises(Unreachable) as caught:
        asker.post(AUTH, {"name": "x"})
    assert (caught.value.maybe_done, caught.value.lasting) == (maybe_done, True)


def test_a_certificate_that_is_gone_leaves_nothing_done(server: Server) -> None:
    gone = OSError("Could not find the TLS certificate file, invalid path: /run/client.pem")
    server.expects("POST", AUTH, gone, body={"name": "x"})
    asker = Client(server_from({"url": URL, "auth_method": "token_auth", "token": TOKEN}))
    with pytest.raises(Unreachable, match="was not sent: a file in client_cert or client_key no longer") as caught:
        asker.post(AUTH, {"name": "x"})
    assert (caught.value.maybe_done, caught.value.lasting) == (False, True)


def test_a_long_fault_of_tls_is_cut(server: Server) -> None:
    server.expects("GET", AUTH, tls_fault("tlsv1 alert " + "x" * 1000))
    assert len(server.run(info, integration_auth_id=AUTH_ID).msg) < 300


def test_a_handshake_that_may_lack_a_client_certificate(server: Server) -> None:
    text = "[SSL: SSLV3_ALERT_HANDSHAKE_FAILURE] sslv3 alert handshake failure"
    server.expects("GET", AUTH, tls_fault(text))
    result = server.run(info, integration_auth_id=AUTH_ID)
    assert result.msg == (
        f"No TLS connection to {URL} ({text}). If the server requires a client certificate, specify it in client_cert"
        " (or INFISICAL_CLIENT_CERT)."
    )


ALERTS = {
    "[SSL: TLSV13_ALERT_CERTIFICATE_REQUIRED] tlsv13 alert certificate required (_ssl.c:2580)": "certificate required",
    "[SSL: SSLV3_ALERT_BAD_CERTIFICATE] sslv3 alert bad certificate (_ssl.c:1006)": "bad certificate",
    "[SSL: SSLV3_ALERT_BAD_CERTIFICATE] ssl/tls alert bad certificate (_ssl.c:1006)": "bad certificate",
    "[SSL: SSLV3_ALERT_CERTIFICATE_EXPIRED] sslv3 alert certificate expired (_ssl.c:2580)": "certificate expired",
    "[SSL: TLSV1_ALERT_UNKNOWN_CA] tlsv1 alert unknown ca (_ssl.c:2580)": "unknown ca",
    "[SSL: TLSV1_ALERT_ACCESS_DENIED] tlsv1 alert access denied (_ssl.c:2580)": "access denied",
}


@pytest.mark.parametrize(("text", "alert"), ALERTS.items())
def test_an_alert_is_about_the_client_certificate(server: Server, text: str, alert: str) -> None:
    server.expects("GET", AUTH, tls_fault(text))
    result = server.run(info, integration_auth_id=AUTH_ID)
    assert result.msg == (
        f"{URL} requires a client certificate (it says: alert {alert}): specify it in client_cert (or"
        " INFISICAL_CLIENT_CERT)."
    )
    assert result["error_kind"] == "unreachable"


# --- the path in url --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "wrong", "rest"),
    [
        ("/login", "/login", ""),
        ("/login/", "/login", ""),
        ("/signup", "/signup", ""),
        ("/login/sso", "/login/sso", ""),
        ("/api/v1", "/api/v1", ""),
        ("/api/v3/", "/api/v3", ""),
        ("/infisical/login", "/infisical/login", "/infisical"),
        ("/infisical/api/v1", "/infisical/api/v1", "/infisical"),
    ],
)
def test_a_path_that_is_certainly_wrong(server: Server, path: str, wrong: str, rest: str) -> None:
    result = server.run(info, url=URL + path, integration_auth_id=AUTH_ID)
    assert result.msg == f"url has the path {wrong!r}: specify {URL}{rest} only."
    assert result["error_kind"] == "input"


@pytest.mark.parametrize(
    "answer",
    [{"answer": api_error(404, "Not Found", "Route GET:/x not found")}, {"answer": "<html>Not here</html>"}],
    ids=["route", "page"],
)
def test_a_path_below_which_nothing_is(server: Server, answer: dict) -> None:
    server.expects("GET", AUTH, **answer, status=404, url=f"{URL}/infisical")
    result = server.run(info, url=f"{URL}/infisical", integration_auth_id=AUTH_ID)
    assert f"url has the path '/infisical': if Infisical isn't served below it, give {URL} only." in result.msg
    assert result["error_kind"] == "route_missing"


def test_a_page_below_a_path(server: Server) -> None:
    server.expects("GET", AUTH, "<html>Welcome</html>", url=f"{URL}/infisical")
    result = server.run(info, url=f"{URL}/infisical", integration_auth_id=AUTH_ID)
    assert f"url has the path '/infisical': if Infisical isn't served below it, give {URL} only." in result.msg


def test_without_a_path_nothing_is_said_of_one(server: Server) -> None:
    server.expects("GET", AUTH, api_error(404, "Not Found", "Route GET:/x not found"), status=404)
    assert "path" not in server.run(info, integration_auth_id=AUTH_ID).msg


def test_a_page_without_a_content_type() -> None:
    with pytest.raises(UnexpectedAnswer, match="with status 200 and no content type instead of JSON"):
        interpret(SimpleNamespace(status_code=200, headers={}), b"Welcome", WHERE, URL)


@pytest.mark.parametrize(("status", "maybe_done"), [(200, True), (400, False), (403, False), (502, True)])
def test_only_a_refusal_by_a_page_leaves_nothing_done(status: int, maybe_done: bool) -> None:
    with pytest.raises(UnexpectedAnswer) as caught:
        interpret(SimpleNamespace(status_code=status, headers={}), b"<html>", WHERE, URL)
    assert caught.value.maybe_done is maybe_done


# --- redirects --------------------------------------------------------------------------------------------------------


PROXIES = {
    "Cloudflare Access": "https://team.cloudflareaccess.com/cdn-cgi/access/login/infisical.example.com?kid=1",
    "oauth2-proxy": f"/oauth2/start?rd=%2Fapi%2Fv1%2Fintegration-auth%2F{AUTH_ID}",
    "Authelia": "https://auth.example.com/?rd=https%3A%2F%2Finfisical.example.com%2Fapi",
    "a login page": "/login",
    "a login page elsewhere": f"https://sso.example.com/login?next={AUTH}",
    "an address that can't be read": "https://[x/login",
}


@pytest.mark.parametrize("location", PROXIES.values(), ids=PROXIES)
def test_a_redirect_to_a_login(server: Server, location: str) -> None:
    server.expects("GET", AUTH, "moved", status=302, answer_headers={"Location": location})
    result = server.run(info, integration_auth_id=AUTH_ID)
    assert result.msg.startswith(f"{URL} redirects {WHERE} to ")
    assert result.msg.endswith(
        " is not followed, since credentials go to the configured server only. Something in front of the server"
        " requires its own login: if that is an access proxy, specify its token in extra_headers."
    )
    assert "Set url" not in result.msg
    assert "?" not in result.msg
    assert result["error_kind"] == "unexpected_answer"


@pytest.mark.parametrize("status", [200, 401, 403])
def test_a_login_page(server: Server, status: int) -> None:
    server.expects("GET", AUTH, "<html>Log in</html>", status=status)
    result = server.run(info, integration_auth_id=AUTH_ID)
    assert result.msg.endswith("login page in between? Specify the token of an access proxy in extra_headers.")


def test_a_redirect_to_nowhere(server: Server) -> None:
    server.expects("GET", AUTH, "", status=304)
    result = server.run(info, integration_auth_id=AUTH_ID)
    assert result.msg.startswith(f"{URL} redirects {WHERE} to nowhere, which is not followed, ")
    assert result.msg.endswith(" Is a proxy in between?")


@pytest.mark.parametrize(
    ("location", "address"),
    [
        (f"https://infisical.example.com:8443{AUTH}", "https://infisical.example.com:8443"),
        (f"/infisical{AUTH}", f"{URL}/infisical"),
        (f"{AUTH}/", URL),
    ],
)
def test_a_redirect_on_the_same_host(server: Server, location: str, address: str) -> None:
    server.expects("GET", AUTH, "moved", status=308, answer_headers={"Location": location})
    result = server.run(info, integration_auth_id=AUTH_ID)
    assert result.msg.endswith(f" Set url to the server's final address, {address}.")


@pytest.mark.parametrize("location", [f"https://infisical.example.com{AUTH}", "https://infisical.example.com/"])
def test_a_redirect_to_https(server: Server, location: str) -> None:
    url = "http://infisical.example.com"
    server.expects("GET", AUTH, "moved", status=301, answer_headers={"Location": location}, url=url)
    result = server.run(info, url=url, allow_plaintext=True, integration_auth_id=AUTH_ID)
    assert result.msg.endswith(" Set url to the server's final address, https://infisical.example.com.")


def test_a_redirect_to_another_host(server: Server) -> None:
    location = f"https://evil.example.com{AUTH}"
    server.expects("GET", AUTH, "moved", status=301, answer_headers={"Location": location})
    result = server.run(info, integration_auth_id=AUTH_ID)
    assert result.msg.endswith(
        " is not followed, since credentials go to the configured server only. If the Infisical server has moved to"
        " evil.example.com and you trust that, set url to its new address."
    )


# --- logins -----------------------------------------------------------------------------------------------------------


NOT_THE_CREDENTIALS = {
    "address, newer": (
        403,
        "ForbiddenError",
        "You are not allowed to access this resource from your current IP address",
    ),
    "address, older": (401, "UnauthorizedError", "Failed to authenticate: IP address is not trusted"),
    "locked out": (401, "UnauthorizedError", "This identity auth method is temporarily locked, please try again later"),
    "locked out, 400": (400, "BadRequest", "Too many failed attempts. Account locked for 300 seconds"),
}


@pytest.mark.parametrize(("status", "error", "text"), NOT_THE_CREDENTIALS.values(), ids=NOT_THE_CREDENTIALS)
def test_a_login_that_fails_for_another_reason_than_its_credentials(
    server: Server, status: int, error: str, text: str
) -> None:
    server.expects("POST", LOGIN, api_error(status, error, text), status=status, body=LOGIN_BODY, token=None)
    result = server.run(info, login=UNIVERSAL, integration_auth_id=AUTH_ID)
    assert result.msg == f"Login by universal_auth at {URL} was refused: {text}."
    assert result["error_kind"] == "login"


def test_a_login_whose_reason_is_in_the_name_of_the_error(server: Server) -> None:
    answer = api_error(403, "IP address 192.0.2.7 is not allowed", "You are not allowed to access this resource")
    server.expects("POST", LOGIN, answer, status=403, body=LOGIN_BODY, token=None)
    result = server.run(info, login=UNIVERSAL, integration_auth_id=AUTH_ID)
    assert result.msg == (
        f"Login by universal_auth at {URL} was refused: You are not allowed to access this resource (IP address"
        " 192.0.2.7 is not allowed)."
    )


# --- the server's words -----------------------------------------------------------------------------------------------


def issue(path: list, message: str, **more: object) -> dict:
    return {"code": "invalid_type", "path": path, "message": message, **more}


UNION = {
    "code": "invalid_union",
    "path": ["credentials"],
    "message": "Invalid input",
    "unionErrors": [
        {"issues": [issue(["credentials", "secretAccessKey"], "Required")], "name": "ZodError"},
        {"issues": [issue(["credentials", "roleArn"], "Required")], "name": "ZodError"},
    ],
}
GATEWAY = {
    **UNION,
    "path": ["gatewayId"],
    "unionErrors": [
        {"issues": [issue(["gatewayId"], "Not supported for AWS Connections")], "name": "ZodError"},
        {"issues": [issue(["gatewayId"], "Expected null, received string")], "name": "ZodError"},
    ],
}
UNIONS = {
    "two ways": (UNION, "credentials.secretAccessKey: Required, or credentials.roleArn: Required"),
    "recorded": (GATEWAY, "gatewayId: Not supported for AWS Connections, or gatewayId: Expected null, received string"),
    "the same twice": ({**UNION, "unionErrors": UNION["unionErrors"][:1] * 2}, "credentials.secretAccessKey: Required"),
    "zod 4": (
        {**UNION, "unionErrors": None, "errors": [[issue(["credentials", "roleArn"], "Required")], []]},
        "credentials.roleArn: Required",
    ),
    "one in another": ({**UNION, "unionErrors": [{"issues": [GATEWAY]}]}, "gatewayId: Not supported for AWS"),
    "empty": ({**UNION, "unionErrors": []}, "credentials: Invalid input"),
    "odd": ({**UNION, "unionErrors": [None, {"issues": 7}, {"issues": ["x"]}]}, "credentials: Invalid input"),
}


def test_the_servers_words_about_a_field_are_cut(server: Server) -> None:
    found = [issue(["name"], "x" * 300)]
    server.expects("GET", "/api/v1/app-connections/aws", api_error(422, "ValidationFailure", found), status=422)
    result = server.run(connection, app="aws", name="aws-dev", method="access-key")
    assert "x" * 190 in result.msg
    assert "x" * 201 not in result.msg


@pytest.mark.parametrize(("found", "text"), UNIONS.values(), ids=UNIONS)
def test_the_fields_of_a_union(server: Server, found: dict, text: str) -> None:
    path = "/api/v1/app-connections/aws"
    server.expects("GET", path, api_error(422, "ValidationFailure", [found]), status=422)
    result = server.run(connection, app="aws", name="aws-dev", method="access-key")
    assert result.msg.startswith(f"The server refused the input: {text}")


def test_what_several_parts_of_a_schema_say_is_told_once(server: Server) -> None:
    """As servers do where a setting is missing that two schemas are made of."""
    found = [
        issue(["destinationConfig"], "Required"),
        issue(["name"], "Required"),
        issue(["destinationConfig"], "Required"),
    ]
    server.expects("GET", "/api/v1/app-connections/aws", api_error(422, "ValidationFailure", found), status=422)
    result = server.run(connection, app="aws", name="aws-dev", method="access-key")
    assert result.msg.startswith("The server refused the input: destinationConfig: Required; name: Required [")


def test_a_union_without_an_end(server: Server) -> None:
    found: dict = UNION
    for _level in range(10):
        found = {**UNION, "unionErrors": [{"issues": [found]}]}
    server.expects("GET", AUTH, api_error(422, "ValidationFailure", [found]), status=422)
    result = server.run(info, integration_auth_id=AUTH_ID)
    assert result.msg == f"The server refused the input: credentials: Invalid input [{WHERE}: 422]"


INSIDE = {
    "message": {"message": "Key schema cannot contain leading '/'"},
    "error": {"error": "Key schema cannot contain leading '/'"},
    "nested": {"error": {"code": 7, "message": "Key schema cannot contain leading '/'"}},
    "errors": {"errors": [{"message": "Key schema cannot contain leading '/'"}, {"message": "another"}]},
    "description": {"error": "invalid_grant", "error_description": "Key schema cannot contain leading '/'"},
    "AWS": {"__type": "ValidationException", "Message": "Key schema cannot contain leading '/'"},
}


@pytest.mark.parametrize("inside", INSIDE.values(), ids=INSIDE)
def test_the_sentence_in_an_error_that_is_json(server: Server, inside: dict) -> None:
    server.expects("GET", AUTH, api_error(400, "BadRequest", json.dumps(inside)), status=400)
    result = server.run(info, integration_auth_id=AUTH_ID)
    assert result.msg.startswith("The server refused: Key schema cannot contain leading '/'")
    assert "{" not in result.msg


@pytest.mark.parametrize("text", ['{"code": 7}', "{not JSON}", '["a", "b"]', '{"message": ""}', "[]", "7", '"x"'])
def test_a_text_with_no_sentence_in_it_is_shown_as_it_is(server: Server, text: str) -> None:
    server.expects("GET", AUTH, api_error(400, "BadRequest", text), status=400)
    assert server.run(info, integration_auth_id=AUTH_ID).msg == f"The server refused: {text} [{WHERE}: 400]"


def test_the_sentence_in_the_outcome_of_a_sync(server: Server) -> None:
    one = f"/api/v1/secret-syncs/aws-secrets-manager/{SYNC_ID}"
    ran = {"syncStatus": "succeeded", "lastSyncJobId": "1", "lastSyncedAt": "2026-03-02T09:15:02.000Z"}
    words = json.dumps({"message": "Key schema cannot contain leading '/'"})
    failed = {"syncStatus": "failed", "lastSyncJobId": "2", "lastSyncMessage": words}
    server.expects("GET", "/api/v1/secret-syncs", {"secretSyncs": [api_sync(**ran)]}, query={"projectId": PROJECT})
    server.expects("POST", f"{one}/sync-secrets", {"secretSync": api_sync(**ran)}, body={})
    server.expects("GET", one, {"secretSync": api_sync(**failed)})
    result = server.run(sync, project_id=PROJECT, name="app-dev", sync=True, wait=True)
    assert "failed: Key schema cannot contain leading '/'" in result.msg
    assert TOKEN not in result.output
