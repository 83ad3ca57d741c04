# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a real run would refuse, check mode refuses or tells."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.community.infisical.plugins.modules import (
    infisical_app_connection,
    infisical_integration_auth,
    infisical_secret_sync,
    infisical_secret_syncs,
)
from ansible_collections.community.infisical.tests.unit.plugins.harness import (
    AUTHS,
    CONNECTION_ID,
    CREATED_SYNC,
    MANY,
    NOBODY,
    OTHER_CONNECTION_ID,
    OTHER_SYNC_ID,
    PROJECT,
    SYNC_ID,
    SYNCS,
    Result,
    Server,
    api_connection,
    api_error,
    api_sync,
    listening,
    run_sync,
)

CONNECTIONS = "/api/v1/app-connections/aws"
CONFIG = {"region": "us-east-1", "path": "/app/"}
SYNC = {
    "name": "app-dev",
    "destination": "aws-parameter-store",
    "connection_id": CONNECTION_ID,
    "environment": "dev",
    "secret_path": "/app",
    "destination_config": CONFIG,
    "check_duplicates": "ignore",
}
CHECK = pytest.mark.parametrize("check", [False, True], ids=["run", "check"])


def sync(server: Server, many: bool, check: bool, **options: Any) -> Result:
    return run_sync(server, many, {**SYNC, **options}, check=check)[0]


# What is specified, and the reason; the server is not asked.
REFUSED: dict[str, tuple[dict, str]] = {
    "a region that is mistyped": (
        {"destination_config": {**CONFIG, "region": "eu-cental-1"}},
        "destination_config.region: 'eu-cental-1' is not one of us-east-1, ",
    ),
    "a region that does not exist": (
        {"destination_config": {**CONFIG, "region": "xy-nowhere-9"}},
        "destination_config.region: 'xy-nowhere-9' is not one of us-east-1, ",
    ),
    "a key with a blank": (
        {"sync_options": {"key_id": "a b"}},
        "sync_options.key_id: 'a b' is not the ID, alias or ARN of a KMS key, without blanks.",
    ),
    "a tag with a comma": (
        {"sync_options": {"tags": [{"key": "a,b", "value": "c"}]}},
        "sync_options.tags[0].key: 'a,b' is not made of letters, digits, blanks and _.:/=+@- only.",
    ),
    "a key schema with a slash first": (
        {"sync_options": {"key_schema": "/app/{{secretKey}}"}},
        "sync_options.key_schema: it can't begin with a slash: each sync to AWS Parameter Store would fail.",
    ),
    "a key schema with a slash at the end": (
        {"sync_options": {"key_schema": "app/{{secretKey}}/x"}},
        "sync_options.key_schema: no slash can come after {{secretKey}}: each sync to AWS Parameter Store would fail.",
    ),
    "a name with an underscore": ({"name": "app_dev"}, "name 'app_dev' is not a slug"),
    "a name that is too long": ({"name": "a" * 257}, "name has 257 characters; the server takes 256."),
}


@MANY
@CHECK
@pytest.mark.parametrize(("options", "reason"), REFUSED.values(), ids=REFUSED)
def test_a_sync_that_the_server_would_refuse(
    server: Server, options: dict, reason: str, check: bool, many: bool
) -> None:
    result = sync(server, many, check, **options)
    assert reason in result.msg
    assert result["error_kind"] == "input"


@MANY
@CHECK
def test_an_import_from_where_nothing_can_be_read(server: Server, check: bool, many: bool) -> None:
    config = {"scope": "repository", "owner": "acme", "repo": "app"}
    github = {"destination": "github", "destination_config": config, "import_secrets": "prioritize-source"}
    result = sync(server, many, check, **github)
    assert "import_secrets: GitHub doesn't support imports: leave it out." in result.msg
    assert result["error_kind"] == "input"


@CHECK
def test_an_import_of_an_existing_sync_that_can_not_be(server: Server, check: bool) -> None:
    there = api_sync(destination="github", destinationConfig={"scope": "repository", "owner": "acme", "repo": "app"})
    server.expects("GET", SYNCS, {"secretSyncs": [there]}, query={"projectId": PROJECT})
    options = {"sync_id": SYNC_ID, "import_secrets": "prioritize-source"}
    result = server.run(infisical_secret_sync, project_id=PROJECT, **options, check=check)
    assert result.msg == "import_secrets: GitHub doesn't support imports: leave it out."


@CHECK
@pytest.mark.parametrize(
    ("environment", "reason"),
    [
        ("dev_eu", "environment 'dev_eu' is not a slug"),
        ("d" * 65, "environment has 65 characters; the server takes 64."),
    ],
)
@pytest.mark.parametrize("exists", [False, True], ids=["new", "existing"])
def test_an_environment_that_no_sync_can_have(
    server: Server, exists: bool, environment: str, reason: str, check: bool
) -> None:
    there = api_sync(destination="aws-parameter-store", destinationConfig=CONFIG)
    server.expects("GET", SYNCS, {"secretSyncs": [there] * exists}, query={"projectId": PROJECT})
    assert sync(server, False, check, environment=environment).msg.startswith(reason)


@CHECK
def test_a_region_that_newer_servers_may_take_is_one_warning(server: Server, check: bool) -> None:
    server.expects("GET", SYNCS, {"secretSyncs": []}, query={"projectId": PROJECT})
    config = {"region": "ca-west-1", "path": "/app/"}
    if check:
        server.expects_source()
    else:
        answer = api_sync(destination="aws-parameter-store", destinationConfig=config)
        body = {
            **CREATED_SYNC,
            "destinationConfig": config,
            "syncOptions": {"initialSyncBehavior": "overwrite-destination", "disableSecretDeletion": True},
        }
        server.expects("POST", f"{SYNCS}/aws-parameter-store", {"secretSync": answer}, body=body)
    result = sync(server, False, check, destination_config=config)
    assert result.changed is True
    [warning] = result.warnings
    assert warning.startswith("destination_config.region: 'ca-west-1' is not one of us-east-1, ")


# --- connections ------------------------------------------------------------------------------------------------------

KEYS = {"access_key_id": "AKIAEXAMPLE", "secret_access_key": "canary-secret-4711"}
AWS = {"app": "aws", "name": "aws-dev", "method": "access-key", "credentials": KEYS}
METHODS = {"appConnectionOptions": [{"name": "AWS", "app": "aws", "methods": ["access-key", "assume-role"]}]}


@CHECK
@pytest.mark.parametrize(
    ("name", "reason"),
    [("aws_dev", "name 'aws_dev' is not a slug"), ("a" * 65, "name has 65 characters; the server takes 64.")],
)
@pytest.mark.parametrize("exists", [False, True], ids=["new", "renamed"])
def test_a_connection_of_a_name_that_the_server_would_refuse(
    server: Server, exists: bool, name: str, reason: str, check: bool
) -> None:
    if exists:
        server.expects("GET", f"{CONNECTIONS}/{CONNECTION_ID}", {"appConnection": api_connection()})
        result = server.run(infisical_app_connection, app="aws", connection_id=CONNECTION_ID, name=name, check=check)
    else:
        server.expects("GET", CONNECTIONS, {"appConnections": []})
        result = server.run(infisical_app_connection, **{**AWS, "name": name}, check=check)
    assert result.msg.startswith(reason)


@pytest.mark.parametrize(
    ("method", "hint"), [("acces-key", "Did you mean access-key?"), ("oauth", "Known: access-key, assume-role.")]
)
def test_a_method_that_the_server_does_not_have(server: Server, method: str, hint: str) -> None:
    server.expects("GET", CONNECTIONS, {"appConnections": []})
    server.expects("GET", "/api/v1/app-connections/options", METHODS)
    result = server.run(infisical_app_connection, **{**AWS, "method": method}, check=True)
    assert result.msg == f"method '{method}' is not supported by this server for the app aws. {hint}"
    assert result["error_kind"] == "input"


@pytest.mark.parametrize("answer", ["newer", "silent"])
def test_a_method_that_the_server_may_have(server: Server, answer: str) -> None:
    server.expects("GET", CONNECTIONS, {"appConnections": []})
    found: dict = {"answer": {"appConnectionOptions": [{"app": "aws", "methods": ["brand-new"]}]}}
    silent = {"status": 403, "answer": api_error(403, "PermissionDenied", "no")}
    server.expects("GET", "/api/v1/app-connections/options", **(found if answer == "newer" else silent))
    server.expects("GET", "/api/v1/app-connections", {"appConnections": []})
    result = server.run(infisical_app_connection, **{**AWS, "method": "brand-new"}, check=True)
    assert result.changed is True
    assert "'brand-new' is no method of AWS that this collection's catalogue knows." in result.warnings[0]


def test_methods_that_are_not_understood(server: Server) -> None:
    server.expects("GET", CONNECTIONS, {"appConnections": []})
    server.expects("GET", "/api/v1/app-connections/options", {"appConnectionOptions": [{"methods": ["iam"]}]})
    result = server.run(infisical_app_connection, **{**AWS, "method": "iam"}, check=True)
    assert result["error_kind"] == "unexpected_answer"
    assert "appConnectionOptions.0.app of the response to GET /api/v1/app-connections/options is missing" in result.msg


def removes(server: Server, *removed_syncs: str, **connection: Any) -> tuple[Result, list[str]]:
    server.expects("GET", f"{CONNECTIONS}/{CONNECTION_ID}", {"appConnection": api_connection(**connection)})
    options = {"app": "aws", "connection_id": CONNECTION_ID, "state": "absent", "removed_syncs": list(removed_syncs)}
    with listening() as told:
        return server.run(infisical_app_connection, **options, check=True), told


USERS = [api_sync(), api_sync(id=OTHER_SYNC_ID, name="other", connectionId=OTHER_CONNECTION_ID)]
KEPT = (
    f"The server keeps app connection {CONNECTION_ID} (aws-dev): 1 secret sync(s) use it: {SYNC_ID} (app-dev)."
    " Remove or move the syncs that use it first."
)


def test_check_mode_refuses_to_remove_a_connection_that_syncs_use(server: Server) -> None:
    server.expects("GET", SYNCS, {"secretSyncs": USERS}, query={"projectId": PROJECT})
    result, _told = removes(server, projectId=PROJECT)
    assert (result.msg, result["error_kind"]) == (KEPT, "conflict")


def test_the_real_run_names_the_syncs_that_keep_a_connection(server: Server) -> None:
    view = api_connection(projectId=PROJECT)
    server.expects("GET", f"{CONNECTIONS}/{CONNECTION_ID}", {"appConnection": view})
    refusal = api_error(400, "BadRequest", "Cannot delete App Connection with existing connections.")
    server.expects("DELETE", f"{CONNECTIONS}/{CONNECTION_ID}", refusal, status=400)
    server.expects("GET", SYNCS, {"secretSyncs": USERS}, query={"projectId": PROJECT})
    gone = [SYNC_ID]
    options = {"app": "aws", "connection_id": CONNECTION_ID, "state": "absent", "removed_syncs": gone}
    result = server.run(infisical_app_connection, **options)
    assert (result.msg, result["error_kind"]) == (KEPT, "conflict")


def test_syncs_that_earlier_tasks_of_a_check_would_have_removed_do_not_keep_a_connection(server: Server) -> None:
    server.expects("GET", SYNCS, {"secretSyncs": USERS}, query={"projectId": PROJECT})
    result, told = removes(server, SYNC_ID.upper(), projectId=PROJECT)
    assert (result.changed, result.warnings) == (True, [])
    assert [text for text in told if "secret sync" in text] == []


def test_check_mode_is_silent_about_a_connection_that_nothing_uses(server: Server) -> None:
    server.expects(
        "GET", SYNCS, {"secretSyncs": [api_sync(connectionId=OTHER_CONNECTION_ID)]}, query={"projectId": PROJECT}
    )
    result, told = removes(server, projectId=PROJECT)
    assert (result.changed, result.warnings, [text for text in told if "Check mode" in text]) == (True, [], [])


@pytest.mark.parametrize("level", ["organization", "project"])
def test_check_mode_goes_on_where_it_can_not_see_who_uses_a_connection(server: Server, level: str) -> None:
    if level == "project":
        denied = {"status": 403, "answer": api_error(403, "PermissionDenied", "no")}
        server.expects("GET", SYNCS, query={"projectId": PROJECT}, **denied)
    result, told = removes(server, projectId=PROJECT if level == "project" else None)
    assert (result.changed, result.warnings) == (True, [])
    assert told[-1] == (
        f"Check mode can't see which secret syncs use app connection {CONNECTION_ID} (aws-dev). A real run refuses to"
        " remove it as long as a secret sync uses it."
    )


# --- what an earlier task of a check would have created ---------------------------------------------------------------

FOLLOW_UPS: dict[str, tuple[dict, bool]] = {
    "nothing to change": ({}, False),
    "to be synced": ({"sync": True}, True),
    "to be switched off": ({"is_auto_sync_enabled": False}, True),
}


@MANY
@pytest.mark.parametrize(("options", "changed"), FOLLOW_UPS.values(), ids=FOLLOW_UPS)
def test_check_mode_goes_on_with_a_sync_that_it_knows_by_name_alone(
    server: Server, options: dict, changed: bool, many: bool
) -> None:
    server.expects("GET", SYNCS, {"secretSyncs": []}, query={"projectId": PROJECT})
    item = {"name": "app-dev", **options}
    if many:
        result = server.run(infisical_secret_syncs, project_id=PROJECT, syncs=[item], check=True)
    else:
        result = server.run(infisical_secret_sync, project_id=PROJECT, **item, check=True)
    assert result.changed is changed
    [warning] = result.warnings
    assert warning.endswith(
        "The secret sync 'app-dev' does not exist yet; check mode assumes that an earlier task of this run creates it."
        " To create the secret sync 'app-dev', specify destination and environment and connection_id or connection_name"
        " as well."
    )


def test_a_real_run_refuses_such_a_sync(server: Server) -> None:
    server.expects("GET", SYNCS, {"secretSyncs": []}, query={"projectId": PROJECT})
    result = server.run(infisical_secret_sync, project_id=PROJECT, name="app-dev", sync=True)
    assert result.msg.startswith("To create the secret sync 'app-dev', specify destination")


def test_check_mode_goes_on_with_an_auth_that_it_knows_by_name_alone(server: Server) -> None:
    server.expects("GET", AUTHS, {"authorizations": []})
    server.expects("PATCH", f"/api/v1/integration-auth/{NOBODY}", body={}, status=422, answer={"message": []})
    options = {"project_id": PROJECT, "integration": "flyio", "namespace": "eu"}
    result = server.run(infisical_integration_auth, **options, check=True)
    assert "check mode assumes that an earlier task of this run creates it." in result.warnings[0]


def test_check_mode_goes_on_with_a_connection_that_it_knows_by_name_alone(server: Server) -> None:
    server.expects("GET", CONNECTIONS, {"appConnections": []})
    options = {"app": "aws", "name": "aws-dev", "credentials": KEYS, "update_credentials": "always"}
    result = server.run(infisical_app_connection, **options, check=True)
    assert result.changed is True
    assert "check mode assumes that an earlier task of this run creates it." in result.warnings[0]
