# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An empty connection option, or an empty variable, is one that is not specified. In both ways in which a task runs."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.community.infisical.plugins.action import in_process
from ansible_collections.community.infisical.plugins.module_utils._http.logins import ENVIRONMENT
from ansible_collections.community.infisical.plugins.module_utils._http.server import server_from
from ansible_collections.community.infisical.plugins.module_utils._module import Session
from ansible_collections.community.infisical.plugins.modules import infisical_integration_auth_info as info
from ansible_collections.community.infisical.plugins.modules import infisical_login
from ansible_collections.community.infisical.tests.unit.plugins.controller import plugin_of
from ansible_collections.community.infisical.tests.unit.plugins.harness import (
    AUTHS,
    PROJECT,
    TOKEN,
    URL,
    Server,
)

NOTHING: dict = {"authorizations": []}
CLOUD = "https://app.infisical.com"
OTHER = "https://other.example.com"
UNIVERSAL = {"universal_auth_client_id": "client-1", "universal_auth_client_secret": "client-secret-1"}
TOKEN_AUTH = {"auth_method": "token_auth", "token": TOKEN}
CONNECTION = set(info.MODULE.argument_spec()) - set(info.MODULE.options)
EMPTY = {"empty": "", "blanks": " ", "null": None}


@pytest.fixture(params=EMPTY.values(), ids=EMPTY)
def empty(request: pytest.FixtureRequest) -> Any:
    """What a template such as `{{ x | default('') }}` may leave."""
    return request.param


def in_environment(monkeypatch: pytest.MonkeyPatch, **variables: str) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


def test_a_client_secret_goes_to_the_server_of_the_environment(
    server: Server, run: Any, monkeypatch: pytest.MonkeyPatch, empty: Any
) -> None:
    in_environment(monkeypatch, INFISICAL_URL=URL)
    server.expects_login("own-token", url=URL)
    server.expects("GET", AUTHS, NOTHING, token="own-token")
    server.expects_revoke("own-token")
    assert not run(info, login={"url": empty, **UNIVERSAL}, project_id=PROJECT).failed


ADDRESSES = {
    "option": ({"INFISICAL_URL": OTHER, "INFISICAL_API_URL": OTHER}, URL, URL),
    "INFISICAL_URL": ({"INFISICAL_URL": URL, "INFISICAL_API_URL": OTHER}, "", URL),
    "INFISICAL_API_URL": ({"INFISICAL_API_URL": f"{URL}/api"}, "", URL),
    "INFISICAL_API_URL, with an empty INFISICAL_URL": ({"INFISICAL_URL": "", "INFISICAL_API_URL": URL}, "", URL),
    "INFISICAL_API_URL, with a blank INFISICAL_URL": ({"INFISICAL_URL": " ", "INFISICAL_API_URL": URL}, "", URL),
    "none": ({"INFISICAL_URL": "", "INFISICAL_API_URL": ""}, "", CLOUD),
}


@pytest.mark.parametrize(("variables", "option", "address"), ADDRESSES.values(), ids=ADDRESSES)
def test_which_address_is_used(
    server: Server, run: Any, monkeypatch: pytest.MonkeyPatch, variables: dict, option: str, address: str
) -> None:
    in_environment(monkeypatch, **variables)
    server.expects("GET", AUTHS, NOTHING, url=address)
    assert not run(info, login={"url": option, **TOKEN_AUTH}, project_id=PROJECT).failed


@pytest.mark.parametrize("variable", ["INFISICAL_URL", "INFISICAL_API_URL"])
def test_the_address_in_login_data_wins_over_the_environment(
    server: Server, run: Any, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    in_environment(monkeypatch, **{variable: OTHER})
    server.expects("GET", AUTHS, NOTHING)
    login = {"url": "", "login_data": {"url": URL, "access_token": TOKEN}}
    assert not run(info, login=login, project_id=PROJECT).failed


def test_an_address_in_login_data_that_is_empty_is_unset(
    server: Server, run: Any, monkeypatch: pytest.MonkeyPatch, empty: Any
) -> None:
    in_environment(monkeypatch, INFISICAL_URL=URL)
    server.expects("GET", AUTHS, NOTHING)
    assert not run(info, login={"login_data": {"url": empty, "access_token": TOKEN}}, project_id=PROJECT).failed


@pytest.mark.parametrize("address", [URL, CLOUD])
def test_the_option_and_login_data_must_agree(server: Server, run: Any, address: str) -> None:
    login = {"url": address, "login_data": {"url": OTHER, "access_token": TOKEN}}
    result = run(info, login=login, project_id=PROJECT)
    assert result.msg.startswith(f"url ({address}) and login_data.url ({OTHER}) differ: ")


def test_every_connection_option_may_be_empty(server: Server, run: Any, empty: Any) -> None:
    given = {"url": URL, **TOKEN_AUTH}
    server.expects("GET", AUTHS, NOTHING)
    result = run(info, login={**dict.fromkeys(CONNECTION, empty), **given}, project_id=PROJECT)
    assert not result.failed, result.msg
    sent = server.requests[0].req_kwargs
    assert (sent["verify"], sent["timeout"]) == (True, 30.0)


@pytest.mark.parametrize("option", ["login_data", "extra_headers"])
def test_an_empty_mapping_is_unset(server: Server, run: Any, option: str) -> None:
    server.expects("GET", AUTHS, NOTHING)
    assert not run(info, login={"url": URL, **TOKEN_AUTH, option: {}}, project_id=PROJECT).failed


def test_every_variable_may_be_empty(server: Server, run: Any, monkeypatch: pytest.MonkeyPatch, empty: Any) -> None:
    for variables in ENVIRONMENT.values():
        in_environment(monkeypatch, **dict.fromkeys(variables, empty or ""))
    server.expects_login("own-token", url=CLOUD)
    server.expects("GET", AUTHS, NOTHING, token="own-token", url=CLOUD)
    server.expects_revoke("own-token", url=CLOUD)
    result = run(info, login=UNIVERSAL, project_id=PROJECT)
    assert not result.failed, result.msg


def test_an_empty_credential_gives_way_to_the_environment(
    server: Server, run: Any, monkeypatch: pytest.MonkeyPatch, empty: Any
) -> None:
    in_environment(
        monkeypatch,
        INFISICAL_URL=URL,
        INFISICAL_AUTH_METHOD="universal_auth",
        INFISICAL_UNIVERSAL_AUTH_CLIENT_ID="",
        UNIVERSAL_AUTH_MACHINE_IDENTITY_CLIENT_ID="client-1",
        INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET="client-secret-1",
    )
    server.expects_login("own-token")
    server.expects("GET", AUTHS, NOTHING, token="own-token")
    server.expects_revoke("own-token")
    login = dict.fromkeys(["auth_method", "login_data", *UNIVERSAL], empty)
    assert not run(info, login=login, project_id=PROJECT).failed


def test_a_secret_of_the_environment_is_masked(
    server: Server, run: Any, monkeypatch: pytest.MonkeyPatch, empty: Any
) -> None:
    in_environment(monkeypatch, INFISICAL_URL=URL, INFISICAL_AUTH_METHOD="token_auth", INFISICAL_TOKEN=TOKEN)
    server.expects("GET", AUTHS, NOTHING)
    result = run(info, login={"token": empty}, project_id=PROJECT)
    assert TOKEN not in result.output


def test_infisical_login(server: Server, run: Any, monkeypatch: pytest.MonkeyPatch, empty: Any) -> None:
    in_environment(monkeypatch, INFISICAL_API_URL=f"{URL}/api/")
    server.expects_login("own-token")
    result = run(infisical_login, login={"url": empty, "auth_method": empty, "login_data": empty, **UNIVERSAL})
    assert result["login_data"]["url"] == URL


def test_a_wrong_method_is_still_refused(server: Server, run: Any) -> None:
    result = run(info, login={"auth_method": "magic"}, project_id=PROJECT)
    assert result.msg.startswith("value of auth_method must be one of: universal_auth, ")


TOLD = f"Neither url nor INFISICAL_URL nor INFISICAL_API_URL is set: the login goes to {CLOUD}."


@pytest.mark.parametrize(
    ("address", "variables", "told"),
    [("", {}, [TOLD]), (CLOUD, {}, []), ("", {"INFISICAL_API_URL": CLOUD}, [])],
    ids=["nowhere", "option", "environment"],
)
def test_the_default_address_is_told(
    server: Server, monkeypatch: pytest.MonkeyPatch, address: str, variables: dict, told: list
) -> None:
    in_environment(monkeypatch, **variables)
    shown: list[str] = []
    monkeypatch.setattr(in_process.display, "v", lambda text, **_more: shown.append(text))
    server.expects("GET", AUTHS, NOTHING, url=CLOUD)
    plugin_of(info)._run_here({"url": address, **TOKEN_AUTH, "project_id": PROJECT}, {})
    assert shown == told


def test_the_default_address_is_told_once_in_a_loop(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    monkeypatch.setattr(in_process.display, "v", lambda text, **_more: shown.append(text))
    session = Session()
    monkeypatch.setattr(in_process.shared_session, "of", lambda _plugin: (session, True))
    server.expects("GET", AUTHS, NOTHING, url=CLOUD)
    for _item in range(2):
        plugin_of(info)._run_here({**TOKEN_AUTH, "project_id": PROJECT}, {})
    assert shown == [TOLD]


@pytest.mark.parametrize("value", ["", " "])
def test_no_address_of_the_server_is_invented(value: str) -> None:
    assert server_from({"url": value, **TOKEN_AUTH}).url == CLOUD


SDK = {"INFISICAL_MACHINE_IDENTITY_CLIENT_ID": "client-1", "INFISICAL_MACHINE_IDENTITY_CLIENT_SECRET": "secret-4711"}


def test_variables_of_other_tools_are_named(server: Server, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    in_environment(monkeypatch, **SDK)
    result = run(info, login={"url": URL}, project_id=PROJECT)
    assert result.msg.endswith(
        " INFISICAL_MACHINE_IDENTITY_CLIENT_ID and INFISICAL_MACHINE_IDENTITY_CLIENT_SECRET are set, but are not read."
    )
    assert "secret-4711" not in result.output


def test_only_the_variable_that_is_set_is_named(server: Server, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    in_environment(monkeypatch, **{**SDK, "INFISICAL_MACHINE_IDENTITY_CLIENT_SECRET": ""})
    result = run(info, login={"url": URL}, project_id=PROJECT)
    assert result.msg.endswith(" INFISICAL_MACHINE_IDENTITY_CLIENT_ID is set, but is not read.")
