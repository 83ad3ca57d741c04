# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.community.infisical.plugins.modules import infisical_login
from ansible_collections.community.infisical.tests.unit.plugins.harness import TOKEN, URL, Server, api_error

UNIVERSAL = {
    "url": URL,
    "universal_auth_client_id": "client-1",
    "universal_auth_client_secret": "client-secret-1",
}


@pytest.mark.parametrize("check", [False, True])
def test_logs_in_and_keeps_the_token(server: Server, check: bool) -> None:
    server.expects_login("own-token")
    result = server.run(infisical_login, login=UNIVERSAL, check=check)
    assert result.changed is False
    assert result["login_data"] == {"url": URL, "access_token": "own-token", "check_mode": check, "given": False}
    assert result["expires_in"] == 2592000
    assert result["access_token_max_ttl"] == 2592000
    assert "client-secret-1" not in result.output


def test_given_token_comes_back_unmasked_although_its_option_is_secret(server: Server) -> None:
    result = server.run(infisical_login)
    assert result["login_data"] == {"url": URL, "access_token": TOKEN, "check_mode": False, "given": True}
    assert result["expires_in"] is None
    assert result["access_token_max_ttl"] is None


def test_login_data_can_not_be_logged_in_with(server: Server) -> None:
    result = server.run(infisical_login, login={"login_data": {"url": URL, "access_token": "live-token"}})
    assert result.msg == "login_data is for state absent; to log in, specify the credentials of a login method."
    assert result["error_kind"] == "input"


def test_refused_login(server: Server) -> None:
    server.expects(
        "POST",
        "/api/v1/auth/universal-auth/login",
        api_error(401, "UnauthorizedError", "Invalid credentials"),
        status=401,
        body={"clientId": "client-1", "clientSecret": "client-secret-1"},
        token=None,
    )
    result = server.run(infisical_login, login=UNIVERSAL)
    assert result.msg.startswith(f"Login by universal_auth at {URL} was refused: Invalid credentials. Check the")
    assert result["error_kind"] == "login"
    assert result["status"] == 401


@pytest.mark.parametrize(
    ("answer", "changed"),
    [
        ({"status": 200, "answer": {"message": "Successfully revoked access token"}}, True),
        ({"status": 401, "answer": api_error(401, "UnauthorizedError", "No identity access token found")}, False),
        ({"status": 403, "answer": api_error(403, "TokenError", "jwt malformed")}, False),
    ],
)
def test_absent_revokes_and_a_dead_token_is_no_failure(server: Server, answer: dict, changed: bool) -> None:
    server.expects_revoke("live-token", **answer)
    result = server.run(
        infisical_login, state="absent", login={"login_data": {"url": URL, "access_token": "live-token"}}
    )
    assert result.changed is changed
    assert result["login_data"] is None
    assert "live-token" not in result.output


def test_absent_in_check_mode_leaves_a_token_alone_that_a_real_run_made(server: Server) -> None:
    login_data = {"url": URL, "access_token": "live-token", "check_mode": False}
    result = server.run(infisical_login, state="absent", check=True, login={"login_data": login_data})
    assert result.changed is True
    assert server.requests == []


def test_absent_in_check_mode_ends_the_login_of_this_check(server: Server) -> None:
    server.expects_revoke("live-token")
    login_data = {"url": URL, "access_token": "live-token", "check_mode": True}
    result = server.run(infisical_login, state="absent", check=True, login={"login_data": login_data})
    assert result.changed is True


@pytest.mark.parametrize("check", [False, True])
def test_absent_leaves_a_token_alone_that_was_given(server: Server, check: bool) -> None:
    login_data = {"url": URL, "access_token": "live-token", "check_mode": check, "given": True}
    result = server.run(infisical_login, state="absent", check=check, login={"login_data": login_data})
    assert result.changed is False
    assert server.requests == []


def test_absent_without_login_data(server: Server) -> None:
    result = server.run(infisical_login, state="absent")
    assert result.msg == "state absent ends the login in login_data: pass what infisical_login returned."


def test_absent_that_fails_otherwise_fails(server: Server) -> None:
    server.expects_revoke("live-token", status=400, answer=api_error(400, "BadRequest", "no"))
    login_data = {"url": URL, "access_token": "live-token"}
    result = server.run(infisical_login, state="absent", login={"login_data": login_data})
    assert result.msg == "The server refused: no [POST /api/v1/auth/token/revoke: 400]"
