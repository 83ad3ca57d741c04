# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""infisical_app_connection: gateway pools, credentials that the server manages, and such as it rotates."""

from __future__ import annotations

import pytest
from ansible_collections.community.infisical.plugins.module_utils._catalog.connections import check_options
from ansible_collections.community.infisical.plugins.modules import infisical_app_connection as module
from ansible_collections.community.infisical.tests.unit.plugins.harness import CONNECTION_ID, Server, api_connection

GATEWAY, POOL = "0f0e0d0c-0b0a-4908-8706-050403020100", "0f0e0d0c-0b0a-4908-8706-050403020199"
TENANT = "0f0e0d0c-0b0a-4908-8706-0504030201aa"
SCHEDULE = {"rotation_interval": 30, "rotate_at_utc": {"hours": 2, "minutes": 0}}
API_SCHEDULE = {"rotationInterval": 30, "rotateAtUtc": {"hours": 2, "minutes": 0}}
STORED = {
    **API_SCHEDULE,
    "rotationStatus": "success",
    "lastRotationMessage": None,
    "nextRotationAt": "2026-04-01T02:00Z",
}
VAULT = {"app": "azure-key-vault", "name": "vault"}
SECRET = {"tenant_id": TENANT, "client_id": TENANT, "client_secret": "azure-secret-1", "client_secret_key_id": "key-1"}
API_SECRET = {
    "tenantId": TENANT,
    "clientId": TENANT,
    "clientSecret": "azure-secret-1",
    "clientSecretKeyId": "key-1",
}
NEW_VAULT = {**VAULT, "method": "client-secret", "credentials": SECRET}
DATABASE = {"app": "postgres", "name": "db"}
LOGIN = {
    "host": "db.example.com",
    "port": 5432,
    "database": "app",
    "username": "infisical",
    "password": "db-secret-1",
    "ssl_enabled": True,
    "ssl_reject_unauthorized": True,
}
API_LOGIN = {
    "host": "db.example.com",
    "port": 5432,
    "database": "app",
    "username": "infisical",
    "password": "db-secret-1",
    "sslEnabled": True,
    "sslRejectUnauthorized": True,
}
NEW_DATABASE = {**DATABASE, "method": "username-and-password", "credentials": LOGIN}
# The shared kinds of objects that tests change.
OF_VAULT = {"app": "azure-key-vault", "name": "vault", "method": "client-secret"}
OF_DATABASE = {"app": "postgres", "name": "db", "method": "username-and-password"}


def lists(server: Server, app: str, *views: dict) -> None:
    server.expects("GET", f"/api/v1/app-connections/{app}", {"appConnections": list(views)})


def gets(server: Server, view: dict) -> None:
    server.expects("GET", f"/api/v1/app-connections/{view['app']}/{view['id']}", {"appConnection": view})


def creates(server: Server, body: dict, view: dict) -> None:
    server.expects("POST", f"/api/v1/app-connections/{view['app']}", {"appConnection": view}, body=body)


def patches(server: Server, body: dict, view: dict) -> None:
    path = f"/api/v1/app-connections/{view['app']}/{view['id']}"
    server.expects("PATCH", path, {"appConnection": view}, body=body)


# --- gateways ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize(("option", "other"), [("gateway_pool_id", "gatewayId"), ("gateway_id", "gatewayPoolId")])
def test_one_gateway_replaces_the_other(server: Server, option: str, other: str, check: bool) -> None:
    there = {**OF_VAULT, "gatewayId": None, "gatewayPoolId": None, other: GATEWAY}
    lists(server, "azure-key-vault", api_connection(**there))
    api = {"gateway_id": "gatewayId", "gateway_pool_id": "gatewayPoolId"}[option]
    after = {api: POOL, other: None}
    if not check:
        patches(server, after, api_connection(**{**there, **after}))
    result = server.run(module, **VAULT, **{option: POOL}, check=check)
    assert result.changed is True
    seen = result["app_connection"]
    assert sorted(map(str, (seen["gateway_id"] or "", seen["gateway_pool_id"] or ""))) == ["", POOL]
    assert result["diff"]["after"] == {
        **{key: value for key, value in result["diff"]["before"].items() if value != GATEWAY},
        option: POOL,
    }


def test_a_gateway_is_taken_away_by_an_empty_text(server: Server) -> None:
    lists(server, "azure-key-vault", api_connection(**OF_VAULT, gatewayId=GATEWAY))
    patches(server, {"gatewayId": None}, api_connection(**OF_VAULT))
    assert server.run(module, **VAULT, gateway_id="").changed is True


def test_two_gateways(server: Server) -> None:
    result = server.run(module, **NEW_VAULT, gateway_id=GATEWAY, gateway_pool_id=POOL)
    assert (result.msg, result["error_kind"]) == ("Specify gateway_id or gateway_pool_id, not both.", "input")


def test_a_pool_that_the_server_drops(server: Server) -> None:
    lists(server, "azure-key-vault")
    creates(
        server,
        {"name": "vault", "method": "client-secret", "credentials": API_SECRET, "gatewayPoolId": POOL},
        api_connection(**OF_VAULT),
    )
    result = server.run(module, **NEW_VAULT, gateway_pool_id=POOL)
    assert result.failed
    assert result.changed
    assert result.msg.startswith(f"The server created app connection {CONNECTION_ID}, but without gateway_pool_id")


# --- credentials that the server manages ------------------------------------------------------------------------------


def test_the_server_takes_the_credentials_of_a_new_connection_over(server: Server) -> None:
    lists(server, "postgres")
    body = {"name": "db", "method": "username-and-password", "credentials": API_LOGIN}
    there = api_connection(**OF_DATABASE, isPlatformManagedCredentials=True)
    creates(server, {**body, "isPlatformManagedCredentials": True}, there)
    result = server.run(module, **NEW_DATABASE, is_platform_managed_credentials=True)
    assert (result.changed, result.warnings) == (True, [])
    lists(server, "postgres", there)
    assert server.run(module, **NEW_DATABASE, is_platform_managed_credentials=True).changed is False


@pytest.mark.parametrize("check", [False, True])
def test_the_server_takes_the_credentials_of_a_connection_over(server: Server, check: bool) -> None:
    lists(server, "postgres", api_connection(**OF_DATABASE))
    if not check:
        body = {"isPlatformManagedCredentials": True, "credentials": API_LOGIN}
        patches(server, body, api_connection(**OF_DATABASE, isPlatformManagedCredentials=True))
    result = server.run(module, **NEW_DATABASE, is_platform_managed_credentials=True, check=check)
    assert result.changed is True
    assert result["diff"]["after"]["is_platform_managed_credentials"] is True
    assert result["diff"]["after"]["credentials"] == "written again"
    assert "db-secret-1" not in result.output


@pytest.mark.parametrize("check", [False, True])
def test_the_server_takes_over_what_it_is_given_only(server: Server, check: bool) -> None:
    lists(server, "postgres", api_connection(**OF_DATABASE))
    result = server.run(module, **DATABASE, is_platform_managed_credentials=True, check=check)
    assert result.msg == (
        "is_platform_managed_credentials is true: specify credentials as well, with the current password. The server"
        " logs in with it and changes it."
    )


@pytest.mark.parametrize("check", [False, True])
def test_the_server_gives_no_credentials_back(server: Server, check: bool) -> None:
    lists(server, "postgres", api_connection(**OF_DATABASE, isPlatformManagedCredentials=True))
    result = server.run(module, **DATABASE, is_platform_managed_credentials=False, check=check)
    assert result.msg == (
        f"Infisical itself manages the credentials of app connection {CONNECTION_ID}, and doesn't end that:"
        " is_platform_managed_credentials can't be false. Create a second connection instead."
    )


# --- rotation ---------------------------------------------------------------------------------------------------------

ROTATED = {"is_auto_rotation_enabled": True, "rotation": SCHEDULE}


def test_a_new_connection_is_rotated(server: Server) -> None:
    """The answer doesn't have the schedule yet."""
    lists(server, "azure-key-vault")
    body = {"name": "vault", "method": "client-secret", "credentials": API_SECRET}
    creates(
        server,
        {**body, "isAutoRotationEnabled": True, "rotation": API_SCHEDULE},
        api_connection(**OF_VAULT, isAutoRotationEnabled=True),
    )
    there = api_connection(**OF_VAULT, isAutoRotationEnabled=True, rotation=STORED)
    gets(server, there)
    result = server.run(module, **NEW_VAULT, **ROTATED)
    assert (result.changed, result.failed, result.warnings) == (True, False, [])
    view = result["app_connection"]
    assert (view["rotation"], view["rotation_status"]) == (SCHEDULE, "success")
    assert view["next_rotation_at"] == "2026-04-01T02:00Z"
    assert (result["diff"]["after"]["rotation"], "rotation_status" in result["diff"]["after"]) == (SCHEDULE, False)


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("is_listed", [False, True])
def test_what_is_rotated_already(server: Server, check: bool, is_listed: bool) -> None:
    there = api_connection(**OF_VAULT, isAutoRotationEnabled=True, rotation=STORED)
    lists(server, "azure-key-vault", there if is_listed else {**there, "rotation": None})
    if not is_listed:
        gets(server, there)
    assert server.run(module, **NEW_VAULT, **ROTATED, check=check).changed is False


@pytest.mark.parametrize("check", [False, True])
def test_another_time(server: Server, check: bool) -> None:
    there = api_connection(**OF_VAULT, isAutoRotationEnabled=True, rotation=STORED)
    lists(server, "azure-key-vault", there)
    at = {"hours": 4, "minutes": 30}
    if not check:
        patches(server, {"rotation": {"rotateAtUtc": at}}, there)
        gets(server, {**there, "rotation": {**STORED, "rotateAtUtc": at}})
    result = server.run(module, **VAULT, rotation={"rotate_at_utc": at}, check=check)
    assert (result.changed, result.failed) == (True, False)
    assert result["app_connection"]["rotation"] == {**SCHEDULE, "rotate_at_utc": at}
    assert result["diff"]["after"]["rotation"] == {**SCHEDULE, "rotate_at_utc": at}


@pytest.mark.parametrize("enabled", [False, True])
def test_a_rotation_is_stopped_and_started_again(server: Server, enabled: bool) -> None:
    there = api_connection(**OF_VAULT, isAutoRotationEnabled=not enabled, rotation=STORED)
    lists(server, "azure-key-vault", there)
    patches(server, {"isAutoRotationEnabled": enabled}, there)
    gets(server, {**there, "isAutoRotationEnabled": enabled})
    result = server.run(module, **VAULT, is_auto_rotation_enabled=enabled)
    assert (result.changed, result["app_connection"]["is_auto_rotation_enabled"]) == (True, enabled)


def test_off_is_the_same_as_unknown(server: Server) -> None:
    lists(server, "aws", api_connection())
    assert server.run(module, app="aws", name="aws-dev", is_auto_rotation_enabled=False).changed is False


def test_new_credentials_start_no_rotation_that_is_off(server: Server) -> None:
    there = api_connection(**OF_VAULT, isAutoRotationEnabled=False, rotation=STORED)
    lists(server, "azure-key-vault", there)
    patches(server, {"credentials": API_SECRET, "isAutoRotationEnabled": False}, there)
    assert server.run(module, **NEW_VAULT, update_credentials="always").changed is True


def test_a_server_that_rotates_nothing(server: Server) -> None:
    lists(server, "azure-key-vault", api_connection(**OF_VAULT))
    patches(server, {"isAutoRotationEnabled": True, "rotation": API_SCHEDULE}, api_connection(**OF_VAULT))
    gets(server, api_connection(**OF_VAULT))
    result = server.run(module, **VAULT, **ROTATED)
    assert result.failed
    assert "kept is_auto_rotation_enabled (still unset), rotation.rotation_interval (still unset)" in result.msg


ALONE = "rotation has no effect unless is_auto_rotation_enabled is true: set that as well, or leave out rotation."
REFUSED = {
    "a schedule of nothing": (NEW_VAULT, {"rotation": SCHEDULE}, ALONE),
    "no schedule": (
        NEW_VAULT,
        {"is_auto_rotation_enabled": True},
        "is_auto_rotation_enabled is true: specify rotation.rotation_interval and rotation.rotate_at_utc as well.",
    ),
    "no time": (
        NEW_VAULT,
        {"is_auto_rotation_enabled": True, "rotation": {"rotation_interval": 3}},
        "is_auto_rotation_enabled is true: specify rotation.rotate_at_utc as well.",
    ),
    "no id of the client secret": (
        {**NEW_VAULT, "credentials": {key: value for key, value in SECRET.items() if key != "client_secret_key_id"}},
        ROTATED,
        "credentials.client_secret_key_id is missing: a rotation revokes the client secret by it.",
    ),
}


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize(("options", "more", "sentence"), REFUSED.values(), ids=REFUSED)
def test_rotations_that_are_refused(server: Server, options: dict, more: dict, sentence: str, check: bool) -> None:
    lists(server, "azure-key-vault")
    result = server.run(module, **options, **more, check=check)
    assert (result.msg, result["error_kind"]) == (sentence, "input")


def test_a_schedule_of_a_rotation_that_is_off(server: Server) -> None:
    lists(server, "azure-key-vault", api_connection(**OF_VAULT, isAutoRotationEnabled=False, rotation=STORED))
    assert server.run(module, **VAULT, rotation={"rotation_interval": 3}).msg == ALONE


def test_values_that_no_schedule_has(server: Server) -> None:
    schedule = {"rotation_interval": 0, "rotate_at_utc": {"hours": 24, "minutes": 60}}
    assert server.run(module, **NEW_VAULT, is_auto_rotation_enabled=True, rotation=schedule).msg == (
        "rotation.rotation_interval must be between 1 and 365, not 0. rotation.rotate_at_utc.hours must be between 0"
        " and 23, not 24. rotation.rotate_at_utc.minutes must be between 0 and 59, not 60."
    )


AWS = {"app": "aws", "name": "aws-dev"}
UNSUPPORTED = {
    "gateway_id": (AWS, GATEWAY, "gateway_id: connections to AWS take no gateway."),
    "gateway_pool_id": (AWS, POOL, "gateway_pool_id: connections to AWS take no gateway."),
    "is_platform_managed_credentials": (
        AWS,
        True,
        (
            "is_platform_managed_credentials: Infisical can't manage the credentials of AWS, only those of PostgreSQL,"
            " Microsoft SQL Server, MySQL, OracleDB."
        ),
    ),
    "is_auto_rotation_enabled": (
        AWS,
        True,
        "is_auto_rotation_enabled: Infisical can't rotate the credentials of AWS.",
    ),
}


@pytest.mark.parametrize(("option", "case"), UNSUPPORTED.items(), ids=UNSUPPORTED)
def test_what_an_app_does_not_take(server: Server, option: str, case: tuple) -> None:
    options, value, sentence = case
    result = server.run(module, **options, **{option: value}, validate="strict")
    assert (result.msg, result["error_kind"]) == (sentence, "input")


@pytest.mark.parametrize(
    ("app", "method", "said"),
    [
        ("aws", "access-key", "can't rotate the credentials of AWS."),
        (
            "azure-key-vault",
            "certificate",
            "rotates the credentials of Azure Key Vault only with method client-secret.",
        ),
    ],
)
def test_what_a_newer_server_may_take_is_a_doubt(app: str, method: str, said: str) -> None:
    [problem] = check_options(app, method, {"is_auto_rotation_enabled": True}, {}, complete=True)
    assert (problem.sentence, problem.certain) == (f"is_auto_rotation_enabled: Infisical {said}", False)


def test_a_method_whose_credentials_are_not_rotated(server: Server) -> None:
    lists(server, "azure-key-vault", api_connection(**{**OF_VAULT, "method": "certificate"}))
    assert server.run(module, **VAULT, **ROTATED, validate="strict").msg == (
        "is_auto_rotation_enabled: Infisical rotates the credentials of Azure Key Vault only with method client-secret."
    )
