# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is sent again, after which pause, and what never is."""

from __future__ import annotations

import pytest
import requests
from ansible_collections.community.infisical.plugins.module_utils._http import answers
from ansible_collections.community.infisical.plugins.modules import infisical_integration_auth as auth
from ansible_collections.community.infisical.plugins.modules import infisical_integration_auth_info as info
from ansible_collections.community.infisical.tests.unit.plugins.harness import (
    AUTH,
    AUTH_ID,
    AUTHS,
    CREATE_AUTH,
    OTHER_AUTH_ID,
    PROJECT,
    URL,
    FakeClock,
    Server,
    api_auth,
    api_error,
    not_found,
)
from urllib3 import exceptions as transport

NOTHING: dict = {"authorizations": []}
UNIVERSAL = {"url": URL, "universal_auth_client_id": "client-1", "universal_auth_client_secret": "client-secret-1"}
THROTTLED = api_error(429, "RateLimitExceeded", "Rate limit exceeded. Please try again in 46 seconds")
FAILED = api_error(500, "InternalServerError", "Something went wrong")
# What servers of October 2024 answer to a request that is beyond the limit.
LIMITED = {"status": 500, "answer": FAILED, "answer_headers": {"retry-after": "46", "x-ratelimit-remaining": "0"}}
# urllib3's own series for the factor that the client uses; the jitter is off in tests.
PAUSES = [0.0, 1.0, 2.0, 4.0, 8.0]


def refused() -> Exception:
    reason = transport.NewConnectionError(None, "Failed to establish a new connection: [Errno 111] Connection refused")
    return requests.exceptions.ConnectionError(transport.MaxRetryError(None, "/", reason))


def reset() -> Exception:
    return requests.exceptions.ConnectionError(
        transport.ProtocolError("Connection aborted.", ConnectionResetError(104, "Connection reset by peer"))
    )


def broken_tls() -> Exception:
    reason = transport.SSLError("EOF occurred in violation of protocol")
    return requests.exceptions.SSLError(transport.MaxRetryError(None, "/", reason))


PASSING = {
    "500": {"status": 500, "answer": FAILED},
    "502 page": {"status": 502, "answer": "<html>Bad Gateway</html>"},
    "503": {"status": 503, "answer": api_error(503, "ServiceUnavailable", "starting")},
    "504": {"status": 504, "answer": api_error(504, "GatewayTimeoutError", "slow")},
    "connection refused": {"answer": refused()},
    "connection reset": {"answer": reset()},
    "no answer in time": {"answer": requests.exceptions.ReadTimeout("read timed out")},
    "no connection in time": {"answer": requests.exceptions.ConnectTimeout("connect timed out")},
    "cut off": {"answer": {"authorizations": []}, "answer_headers": {"Content-Length": "5000"}},
    "broken compression": {"answer": b"not gzip", "answer_headers": {"Content-Encoding": "gzip"}},
    "proxy down": {"answer": requests.exceptions.ProxyError("no proxy")},
    "unknown transport fault": {"answer": requests.exceptions.RequestException("odd")},
    "fault below requests": {"answer": transport.ProtocolError("odd")},
}


@pytest.mark.parametrize("failure", PASSING.values(), ids=PASSING)
def test_reads_are_repeated_after_a_passing_failure(server: Server, clock: FakeClock, failure: dict) -> None:
    server.expects("GET", AUTHS, **failure)
    server.expects("GET", AUTHS, **failure)
    server.expects("GET", AUTHS, NOTHING)
    assert server.run(info, project_id=PROJECT)["integration_auths"] == []
    assert clock.sleeps == PAUSES[:2]


LASTING = {
    "page with 200": (
        {"answer": "<html>Log in</html>"},
        "unexpected_answer",
        (
            f"{URL} answered GET {AUTHS} with status 200 and text/html instead of JSON: is url the address of an"
            " Infisical server, or is a proxy or login page in between?"
        ),
    ),
    "broken JSON": (
        {"answer": b'{"authorizations": ['},
        "unexpected_answer",
        f"{URL} answered GET {AUTHS} with status 200 and application/json; charset=utf-8 instead of JSON:",
    ),
    "JSON, but no object": (
        {"answer": []},
        "unexpected_answer",
        f"{URL} answered GET {AUTHS} with status 200 and application/json; charset=utf-8 instead of JSON:",
    ),
    "page with 403": (
        {"answer": "<html>Forbidden</html>", "status": 403},
        "unexpected_answer",
        f"{URL} answered GET {AUTHS} with status 403 and text/html instead of JSON:",
    ),
}
OLD_AUTHS = AUTHS.replace("projects", "workspace")


@pytest.mark.parametrize(("answer", "kind", "message"), LASTING.values(), ids=LASTING)
def test_reads_are_not_repeated_after_a_lasting_failure(
    server: Server, clock: FakeClock, answer: dict, kind: str, message: str
) -> None:
    server.expects("GET", AUTHS, **answer)
    server.expects("GET", OLD_AUTHS, **answer)  # for older servers, which answer an unknown path with their page
    result = server.run(info, project_id=PROJECT)
    assert result.msg.startswith(message.replace(AUTHS, OLD_AUTHS))
    assert result["error_kind"] == kind
    assert clock.sleeps == []


def test_an_encoding_that_was_not_asked_for_is_not_tried_again(server: Server, clock: FakeClock) -> None:
    server.expects("GET", AUTH, b"odd", answer_headers={"Content-Encoding": "br"})
    result = server.run(info, integration_auth_id=AUTH_ID)
    assert result.msg.startswith(f"The response to GET {AUTH} has the content encoding 'br' and was not read")
    assert clock.sleeps == []


def test_untrusted_certificate_is_not_tried_again(server: Server, clock: FakeClock) -> None:
    reason = transport.SSLError("certificate verify failed: self-signed certificate")
    server.expects("GET", AUTHS, requests.exceptions.SSLError(transport.MaxRetryError(None, "/", reason)))
    result = server.run(info, project_id=PROJECT)
    assert result.msg == (
        f"The TLS certificate of {URL} is not trusted (certificate verify failed: self-signed certificate). Specify the"
        " CA that signed it in ca_path."
    )
    assert result["error_kind"] == "unreachable"
    assert clock.sleeps == []


def test_unreadable_ca_path_is_not_tried_again(server: Server, clock: FakeClock) -> None:
    server.expects("GET", AUTHS, OSError("Could not find a suitable TLS CA certificate bundle, invalid path: /no"))
    result = server.run(info, project_id=PROJECT, ca_path="/no")
    assert result.msg == "ca_path '/no' is not a readable file or directory."
    assert result["error_kind"] == "input"
    assert clock.sleeps == []


EXHAUSTED = {
    "connection refused": (
        {"answer": refused()},
        f"{URL} can't be reached ([Errno 111] Connection refused): is the server running, and is url correct?",
    ),
    "connection reset": ({"answer": reset()}, f"{URL} closed the connection during GET {AUTHS}."),
    "no answer in time": (
        {"answer": requests.exceptions.ReadTimeout("read timed out")},
        f"{URL} accepted GET {AUTHS} but did not respond within 30 seconds (option timeout).",
    ),
    "no connection in time": (
        {"answer": requests.exceptions.ConnectTimeout("connect timed out")},
        f"No connection to {URL} within 30 seconds (option timeout).",
    ),
    "cut off": (
        {"answer": NOTHING, "answer_headers": {"Content-Length": "5000"}},
        f"The response to GET {AUTHS} was incomplete",
    ),
    "proxy down": (
        {"answer": requests.exceptions.ProxyError("no proxy")},
        f"The proxy for {URL} could not be used (no proxy): check the proxy variables of the environment.",
    ),
    "odd": (
        {"answer": requests.exceptions.RequestException("odd")},
        f"GET {AUTHS} at {URL} failed: RequestException.",
    ),
    "503": (
        {"status": 503, "answer": api_error(503, "ServiceUnavailable", "starting")},
        f"The server failed: starting [GET {AUTHS}: 503]",
    ),
}


@pytest.mark.parametrize(("failure", "message"), EXHAUSTED.values(), ids=EXHAUSTED)
def test_retries_end(server: Server, clock: FakeClock, failure: dict, message: str) -> None:
    for _unused in range(3):
        server.expects("GET", AUTHS, **failure)
    result = server.run(info, project_id=PROJECT, retries=2)
    assert result.msg.startswith(message)
    assert clock.sleeps == PAUSES[:2]


def test_default_number_of_retries(server: Server, clock: FakeClock) -> None:
    for _unused in range(6):
        server.expects("GET", AUTHS, **PASSING["503"])
    assert server.run(info, project_id=PROJECT).failed
    assert clock.sleeps == PAUSES


def test_retries_can_be_turned_off(server: Server, clock: FakeClock) -> None:
    server.expects("GET", AUTHS, **PASSING["503"])
    assert server.run(info, project_id=PROJECT, retries=0).failed
    assert clock.sleeps == []


# --- waits that the server asks for -----------------------------------------------------------------------------------

NOW = 1_800_000_000
WAITS = {
    "Retry-After": ({"Retry-After": "18", "x-ratelimit-reset": "50"}, "Please try again in 40 seconds", 18.0),
    "x-ratelimit-reset in seconds": ({"x-ratelimit-reset": "17"}, "Please try again in 40 seconds", 17.0),
    "x-ratelimit-reset as a time": ({"x-ratelimit-reset": str(NOW + 16)}, "Please try again in 40 seconds", 16.0),
    "x-ratelimit-reset in the past": ({"x-ratelimit-reset": str(NOW - 16)}, "", 0.0),
    "x-ratelimit-reset that is no number": ({"x-ratelimit-reset": "\xb2"}, "Please try again in 15 seconds", 15.0),
    "Retry-After as a date": ({"Retry-After": "Fri, 15 Jan 2027 08:00:14 GMT"}, "", 14.0),
    "Retry-After as a date in the past": ({"Retry-After": "Fri, 15 Jan 2021 08:00:14 GMT"}, "", 0.0),
    "unreadable Retry-After": ({"Retry-After": "soon", "x-ratelimit-reset": "17"}, "", 17.0),
    "text, seconds": ({}, "Rate limit exceeded. Please try again in 15 seconds", 15.0),
    "text, minute": ({}, "Rate limit exceeded. Please try again in 1 minute", 60.0),
    "nothing": ({}, "Rate limit exceeded.", 0.0),
}


@pytest.fixture
def fixed_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers.time, "time", lambda: NOW)


@pytest.mark.parametrize(("headers", "text", "wait"), WAITS.values(), ids=WAITS)
@pytest.mark.usefixtures("fixed_time")
def test_429_waits_as_long_as_the_server_says(
    server: Server, clock: FakeClock, headers: dict, text: str, wait: float
) -> None:
    answer = api_error(429, "RateLimitExceeded", text)
    server.expects("GET", AUTHS, answer, status=429, answer_headers=headers)
    server.expects("GET", AUTHS, NOTHING)
    server.run(info, project_id=PROJECT)
    assert clock.sleeps == [wait]


def test_503_waits_as_long_as_the_server_says(server: Server, clock: FakeClock) -> None:
    server.expects("GET", AUTHS, **PASSING["503"], answer_headers={"Retry-After": "9"})
    server.expects("GET", AUTHS, NOTHING)
    server.run(info, project_id=PROJECT)
    assert clock.sleeps == [9.0]


def test_a_wait_that_takes_the_whole_budget_is_waited(server: Server, clock: FakeClock) -> None:
    server.expects("GET", AUTHS, THROTTLED, status=429, answer_headers={"Retry-After": "45"})
    server.expects("GET", AUTHS, NOTHING)
    assert not server.run(info, project_id=PROJECT, retry_budget=45).failed
    assert clock.sleeps == [45.0]


def test_a_wait_beyond_the_budget_fails_at_once(server: Server, clock: FakeClock) -> None:
    server.expects("GET", AUTHS, THROTTLED, status=429, answer_headers={"Retry-After": "46"})
    result = server.run(info, project_id=PROJECT, retry_budget=45)
    assert result.msg.startswith(f"{URL} limits the rate of requests: Rate limit exceeded.")
    assert "The server asks to wait 46 seconds, which takes longer than the rest of retry_budget." in result.msg
    assert result["error_kind"] == "throttled"
    assert clock.sleeps == []


def test_the_budget_is_for_the_whole_task(server: Server, clock: FakeClock) -> None:
    server.expects("GET", AUTHS, THROTTLED, status=429, answer_headers={"Retry-After": "46"})
    server.expects("GET", AUTHS, NOTHING)
    server.expects_probe()
    server.expects(
        "POST",
        CREATE_AUTH,
        THROTTLED,
        status=429,
        answer_headers={"Retry-After": "46"},
        body={"workspaceId": PROJECT, "integration": "github", "accessToken": "pat-1"},
    )
    result = server.run(auth, project_id=PROJECT, integration="github", access_token="pat-1", retry_budget=90)
    assert result["error_kind"] == "throttled"
    assert clock.sleeps == [46.0]


def test_the_time_that_failing_tries_take_counts(server: Server, clock: FakeClock) -> None:
    for _unused in range(5):
        server.expects("GET", AUTHS, requests.exceptions.ReadTimeout("read timed out"), takes=30)
    result = server.run(info, project_id=PROJECT)
    assert "Another attempt takes longer than the rest of retry_budget." in result.msg
    assert clock.sleeps == PAUSES[:4]


# --- writes -----------------------------------------------------------------------------------------------------------

GITHUB = {"project_id": PROJECT, "integration": "github", "access_token": "pat-1"}
GITHUB_BODY = {"workspaceId": PROJECT, "integration": "github", "accessToken": "pat-1"}


def through_proxy(cause: Exception) -> Exception:
    """What requests raises for a connection to a proxy that failed by `cause`."""
    reason = transport.ProxyError("Unable to connect to proxy", cause)
    return requests.exceptions.ProxyError(transport.MaxRetryError(None, "/", reason))


LOST = {
    "reset behind a proxy": {"answer": through_proxy(ConnectionResetError(104, "Connection reset by peer"))},
    "no answer in time": {"answer": requests.exceptions.ReadTimeout("read timed out")},
    "connection reset": {"answer": reset()},
    "502 page": {"status": 502, "answer": "<html>Bad Gateway</html>"},
    "504": {"status": 504, "answer": api_error(504, "GatewayTimeoutError", "slow")},
    "page with 200": {"answer": "<html>Log in</html>"},
    "cut off": {"answer": {"integrationAuth": api_auth()}, "answer_headers": {"Content-Length": "5000"}},
    "TLS that breaks": {"answer": broken_tls()},
    "200 without the object": {"answer": {"ok": True}},
    "200 with an object that has no id": {"answer": {"integrationAuth": {}}},
}


@pytest.mark.parametrize("failure", LOST.values(), ids=LOST)
def test_a_create_whose_answer_is_lost_is_looked_for_and_found(server: Server, clock: FakeClock, failure: dict) -> None:
    before = api_auth(id=OTHER_AUTH_ID, integration="github", namespace="other")
    server.expects("GET", AUTHS, {"authorizations": [before]})
    server.expects_probe()
    server.expects("POST", CREATE_AUTH, body=GITHUB_BODY, **failure)
    server.expects("GET", AUTHS, {"authorizations": [before]})
    server.expects("GET", AUTHS, {"authorizations": [before, api_auth(integration="github")]})
    result = server.run(auth, **GITHUB)
    assert result.changed is True
    assert result["integration_auth"]["id"] == api_auth()["id"]
    (warning,) = result.warnings
    assert warning.startswith(f"The response to the creation of integration auth {api_auth()['id']} was lost (")
    assert warning.endswith("); it was found in the list.")
    assert clock.sleeps == [0, 1]


def test_a_create_whose_answer_is_lost_and_that_does_not_appear(server: Server, clock: FakeClock) -> None:
    server.expects("GET", AUTHS, NOTHING)
    server.expects_probe()
    server.expects("POST", CREATE_AUTH, body=GITHUB_BODY, answer=requests.exceptions.ReadTimeout("read timed out"))
    for _unused in range(5):
        server.expects("GET", AUTHS, NOTHING)
    result = server.run(auth, **GITHUB)
    assert result.msg == (
        f"{URL} accepted POST {CREATE_AUTH} but did not respond within 30 seconds (option timeout). The integration"
        " auth did not appear in the list within 15 seconds; the request was not sent again."
    )
    assert result["error_kind"] == "unreachable"
    assert clock.sleeps == [0, 1, 2, 4, 8]


def test_a_create_that_failed_with_500_is_looked_for_once(server: Server, clock: FakeClock) -> None:
    server.expects("GET", AUTHS, NOTHING)
    server.expects_probe()
    server.expects("POST", CREATE_AUTH, FAILED, status=500, body=GITHUB_BODY)
    server.expects("GET", AUTHS, NOTHING)
    result = server.run(auth, **GITHUB)
    assert result.msg == f"The server failed: Something went wrong [POST {CREATE_AUTH}: 500]"
    assert clock.sleeps == [0]


def test_a_create_whose_answer_is_lost_while_another_run_creates_the_same(server: Server) -> None:
    twins = [api_auth(integration="github"), api_auth(id=OTHER_AUTH_ID, integration="github")]
    server.expects("GET", AUTHS, NOTHING)
    server.expects_probe()
    server.expects("POST", CREATE_AUTH, body=GITHUB_BODY, answer=reset())
    for _unused in range(5):
        server.expects("GET", AUTHS, {"authorizations": twins})
    result = server.run(auth, **GITHUB)
    ids = ", ".join(sorted(twin["id"] for twin in twins))
    assert result.msg == (
        f"{URL} closed the connection during POST {CREATE_AUTH}. Several new ones like it are in the list ({ids}):"
        " another run created one at the same time. Remove all but one."
    )


def test_a_create_whose_answer_is_lost_and_that_can_not_be_looked_for(server: Server) -> None:
    server.expects("GET", AUTHS, NOTHING)
    server.expects_probe()
    server.expects("POST", CREATE_AUTH, body=GITHUB_BODY, answer=reset())
    server.expects("GET", AUTHS, api_error(403, "PermissionDenied", "no"), status=403)
    result = server.run(auth, **GITHUB)
    assert result.msg.startswith(f"{URL} closed the connection during POST {CREATE_AUTH}. Whether the integration auth")
    assert result.msg.endswith("Run the task again: it checks first.")


UNTOUCHED = {
    "429": {"status": 429, "answer": THROTTLED},
    "500 that is throttling": LIMITED,
    "connection refused": {"answer": refused()},
    "no connection in time": {"answer": requests.exceptions.ConnectTimeout("connect timed out")},
    "proxy down": {"answer": through_proxy(transport.NewConnectionError(None, "Connection refused"))},
    "proxy refuses": {"answer": through_proxy(OSError("Tunnel connection failed: 503 Service Unavailable"))},
}


@pytest.mark.parametrize("failure", UNTOUCHED.values(), ids=UNTOUCHED)
def test_a_create_that_the_server_did_not_look_at_is_sent_again(server: Server, failure: dict) -> None:
    server.expects("GET", AUTHS, NOTHING)
    server.expects_probe()
    server.expects("POST", CREATE_AUTH, body=GITHUB_BODY, **failure)
    server.expects("POST", CREATE_AUTH, {"integrationAuth": api_auth(integration="github")}, body=GITHUB_BODY)
    server.expects("GET", AUTHS, {"authorizations": [api_auth(integration="github")]})
    result = server.run(auth, **GITHUB)
    assert result.changed is True
    assert result.warnings == []


def test_a_500_that_is_throttling_is_waited_out(server: Server, clock: FakeClock) -> None:
    server.expects("GET", AUTHS, **LIMITED)
    server.expects("GET", AUTHS, NOTHING)
    assert not server.run(info, project_id=PROJECT).failed
    assert clock.sleeps == [46]


def test_a_500_that_is_throttling_is_told_as_what_it_is(server: Server) -> None:
    server.expects("GET", AUTHS, **LIMITED)
    result = server.run(info, project_id=PROJECT, retry_budget=10)
    assert result.msg == (
        f"{URL} limits the rate of requests: Something went wrong [GET {AUTHS}: 500]. The server asks to wait 46"
        " seconds, which takes longer than the rest of retry_budget."
    )
    assert (result["error_kind"], result["status"]) == ("throttled", 500)


def test_a_create_that_is_answered_twice_by_such_a_500_is_not_sent_again(server: Server, clock: FakeClock) -> None:
    server.expects("GET", AUTHS, NOTHING)
    server.expects_probe()
    for _unused in range(2):
        server.expects("POST", CREATE_AUTH, body=GITHUB_BODY, **LIMITED)
    server.expects("GET", AUTHS, NOTHING)
    result = server.run(auth, **GITHUB)
    assert result["error_kind"] == "throttled"
    assert clock.sleeps == [46, 0]


OTHER_500 = {
    "requests are left": {"answer_headers": {"retry-after": "46", "x-ratelimit-remaining": "3"}},
    "no wait is named": {"answer_headers": {"x-ratelimit-remaining": "0"}},
    "no limit is named": {"answer_headers": {"retry-after": "46"}},
    "a page": {"answer": "<html>Error</html>"},
    "JSON of another server": {"answer": {"message": "Something went wrong"}},
    "another status in it": {"answer": api_error(503, "InternalServerError", "Something went wrong")},
}


@pytest.mark.parametrize("answer", OTHER_500.values(), ids=OTHER_500)
def test_a_create_that_any_other_500_answers_is_not_sent_again(server: Server, answer: dict) -> None:
    server.expects("GET", AUTHS, NOTHING)
    server.expects_probe()
    server.expects("POST", CREATE_AUTH, body=GITHUB_BODY, **{**LIMITED, **answer})
    for _look in range(5 if isinstance(answer.get("answer"), str) else 1):
        server.expects("GET", AUTHS, NOTHING)
    assert server.run(auth, **GITHUB)["error_kind"] in ("server", "unexpected_answer")


@pytest.mark.parametrize("failure", [PASSING["504"], PASSING["connection reset"]])
def test_updates_are_sent_again_since_they_name_absolute_values(server: Server, failure: dict) -> None:
    body = {"accessToken": "pat-1"}
    server.expects("GET", AUTHS, {"authorizations": [api_auth(integration="github")]})
    server.expects("PATCH", AUTH, body=body, **failure)
    server.expects("PATCH", AUTH, {"integrationAuth": api_auth(integration="github")}, body=body)
    assert server.run(auth, **GITHUB, update_credentials="always").changed is True


def test_a_delete_that_is_sent_again_may_find_nothing(server: Server) -> None:
    server.expects("GET", AUTHS, {"authorizations": [api_auth(integration="github")]})
    server.expects("GET", AUTHS.replace("authorizations", "integrations"), {"integrations": []})
    server.expects("DELETE", AUTH, answer=reset())
    server.expects("DELETE", AUTH, api_error(404, "NotFound", "gone"), status=404)
    result = server.run(auth, project_id=PROJECT, integration="github", state="absent")
    assert result.changed is True
    assert result["removed"] == [api_auth()["id"]]


# --- a token that is refused in mid-run -------------------------------------------------------------------------------

REFUSED_TOKENS = {
    "expired": {"status": 403, "answer": api_error(403, "TokenError", "Your token has expired.")},
    "revoked": {"status": 401, "answer": api_error(401, "UnauthorizedError", "revoked access token")},
    "odd 401": {"status": 401, "answer": api_error(401, "Whatever", "")},
}


@pytest.mark.parametrize("refusal", REFUSED_TOKENS.values(), ids=REFUSED_TOKENS)
def test_a_refused_token_means_one_new_login_and_the_same_request_again(server: Server, refusal: dict) -> None:
    server.expects_login("first")
    server.expects("GET", AUTHS, NOTHING, token="first")
    server.expects_probe(token="first", **not_found())
    server.expects("POST", CREATE_AUTH, body=GITHUB_BODY, token="first", **refusal)
    server.expects_login("second")
    server.expects(
        "POST", CREATE_AUTH, {"integrationAuth": api_auth(integration="github")}, body=GITHUB_BODY, token="second"
    )
    server.expects("GET", AUTHS, {"authorizations": [api_auth(integration="github")]}, token="second")
    server.expects_revoke("second")
    assert server.run(auth, login=UNIVERSAL, **GITHUB).changed is True


def test_a_second_refusal_is_final(server: Server) -> None:
    refusal = REFUSED_TOKENS["expired"]
    server.expects_login("first")
    server.expects("GET", AUTHS, token="first", **refusal)
    server.expects_login("second")
    server.expects("GET", AUTHS, token="second", **refusal)
    server.expects_revoke("second")
    result = server.run(info, login=UNIVERSAL, project_id=PROJECT)
    assert result.msg == f"The server refused the access token: Your token has expired. [GET {AUTHS}: 403]"
    assert result["error_kind"] == "token"


@pytest.mark.parametrize(
    "login",
    [
        {"url": URL, "auth_method": "token_auth", "token": "given"},
        {"login_data": {"url": URL, "access_token": "given"}},
    ],
)
def test_a_given_token_that_is_refused_is_the_end(server: Server, login: dict) -> None:
    server.expects("GET", AUTHS, token="given", **REFUSED_TOKENS["expired"])
    result = server.run(info, login=login, project_id=PROJECT)
    assert result["error_kind"] == "token"
    assert result.msg.endswith("log in again.")


@pytest.mark.parametrize("failure", [PASSING["502 page"], PASSING["no answer in time"], UNTOUCHED["429"]])
def test_logins_are_repeated_although_they_are_posts(server: Server, failure: dict) -> None:
    body = {"clientId": "client-1", "clientSecret": "client-secret-1"}
    server.expects("POST", "/api/v1/auth/universal-auth/login", body=body, token=None, **failure)
    server.expects_login()
    server.expects("GET", AUTHS, NOTHING, token="own-token")
    server.expects_revoke()
    server.run(info, login=UNIVERSAL, project_id=PROJECT)


# --- answers that take too long ---------------------------------------------------------------------------------------


def test_an_answer_that_trickles_is_given_up(server: Server) -> None:
    server.expects("GET", AUTH, {"integrationAuth": api_auth()}, takes=31)
    result = server.run(info, integration_auth_id=api_auth()["id"], retries=0)
    assert result.msg == f"The response to GET {AUTH} was not complete after 30 seconds (option timeout)."
