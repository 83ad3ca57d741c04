# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing is removed or changed that a task didn't mean: options that contradict each other, and wrong answers."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.community.infisical.plugins.modules import (
    infisical_app_connection,
    infisical_integration,
    infisical_integration_auth,
    infisical_integration_info,
    infisical_integrations,
    infisical_project_info,
    infisical_secret_sync,
    infisical_secret_sync_info,
    infisical_secret_syncs,
)
from ansible_collections.community.infisical.tests.unit.plugins.harness import (
    AUTH,
    AUTH_ID,
    AUTHS,
    CONNECTION_ID,
    CREATE_AUTH,
    CREATE_INTEGRATION,
    INTEGRATION,
    INTEGRATION_ID,
    INTEGRATIONS,
    OTHER_AUTH_ID,
    OTHER_CONNECTION_ID,
    OTHER_INTEGRATION_ID,
    OTHER_PROJECT,
    OTHER_SYNC_ID,
    PROJECT,
    SYNC_ID,
    SYNCS,
    URL,
    Result,
    Server,
    api_auth,
    api_connection,
    api_integration,
    api_sync,
    lists_syncs,
    not_found,
)

CONNECTIONS = "/api/v1/app-connections/aws"
CONNECTION = f"{CONNECTIONS}/{CONNECTION_ID}"
SYNC = f"{SYNCS}/aws-secrets-manager/{SYNC_ID}"
KEPT = {"environment": "dev", "secretPath": "/app", "isActive": True}


def gets_connection(server: Server, **changes: Any) -> None:
    server.expects("GET", CONNECTION, {"appConnection": api_connection(**changes)})


def lists(server: Server, *integrations: dict) -> None:
    server.expects("GET", INTEGRATIONS, {"integrations": list(integrations)})


def creates(server: Server, made: dict) -> None:
    """The create that a task with the options AWS asks for, answered with an integration."""
    body = {"integrationAuthId": AUTH_ID, "sourceEnvironment": "dev", "secretPath": "/app", "isActive": True}
    body.update(app="my-app/dev", region="us-east-1")
    server.expects("POST", CREATE_INTEGRATION, {"integration": made}, body=body)


def lists_auths(server: Server, *auths: dict) -> None:
    server.expects("GET", AUTHS, {"authorizations": list(auths)})


# --- absent by id, with options that say otherwise --------------------------------------------------------------------

BY_CONNECTION = {"app": "aws", "connection_id": CONNECTION_ID, "state": "absent"}
FOUND_CONNECTION = {"description": "d", "gatewayId": OTHER_CONNECTION_ID, "projectId": PROJECT}
CONNECTION_OPTIONS = {
    "name": ("aws-dev", "aws-prod"),
    "method": ("access-key", "assume-role"),
    "project_id": (PROJECT, OTHER_PROJECT),
    "description": ("d", "another"),
    "gateway_id": (OTHER_CONNECTION_ID, CONNECTION_ID),
}
BY_SYNC = {"sync_id": SYNC_ID, "project_id": PROJECT, "state": "absent"}
SYNC_OPTIONS = {
    "name": ("app-dev", "app-prod"),
    "destination": ("aws-secrets-manager", "github"),
    "description": ("", "another"),
    "environment": ("dev", "prod"),
    "secret_path": ("/app/", "/other"),
    "connection_id": (CONNECTION_ID.upper(), OTHER_CONNECTION_ID),
    "connection_name": ("aws-dev", "aws-prod"),
    "is_auto_sync_enabled": (True, False),
    "destination_config": ({"secret_name": "my-app/dev"}, {"secret_name": "my-app/prod"}),
    "sync_options": ({"disable_secret_deletion": True}, {"disable_secret_deletion": False}),
}
BY_INTEGRATION = {"integration_id": INTEGRATION_ID, "project_id": PROJECT, "state": "absent"}
INTEGRATION_OPTIONS = {
    "integration": ("aws-secret-manager", "github"),
    "integration_auth_id": (AUTH_ID, OTHER_AUTH_ID),
    "source_environment": ("dev", "prod"),
    "secret_path": ("/app/", "/other"),
    "is_active": (True, False),
    "app": ("my-app/dev", "my-app/prod"),
    "region": ("us-east-1", "eu-central-1"),
    "owner": ("", "me"),
    "metadata": ({"secret_prefix": "P_"}, {"secret_prefix": "Q_"}),
    "auth_namespace": ("eu", "us"),
    "auth_target_url": ("https://a.example.com", "https://b.example.com"),
}
BY_AUTH = {"integration_auth_id": AUTH_ID, "state": "absent"}
AUTH_OPTIONS = {
    "project_id": (PROJECT, OTHER_PROJECT),
    "integration": ("aws-secret-manager", "github"),
    "namespace": ("eu", "us"),
    "target_url": ("https://a.example.com", "https://b.example.com"),
}
OWNER = api_auth(namespace="eu", url="https://a.example.com")


def contradicted(result: Result, option: str, object_id: str) -> None:
    assert result.failed
    assert result["error_kind"] == "input"
    assert result.msg.startswith(option)
    assert object_id in result.msg
    assert f" Nothing was removed: leave out {option}" in result.msg


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("fits", [True, False])
@pytest.mark.parametrize("option", CONNECTION_OPTIONS)
def test_a_connection_by_id(server: Server, option: str, fits: bool, check: bool) -> None:
    gets_connection(server, **FOUND_CONNECTION)
    if fits and not check:
        server.expects("DELETE", CONNECTION, {"appConnection": api_connection(**FOUND_CONNECTION)})
    if fits and check:
        lists_syncs(server)
    result = server.run(
        infisical_app_connection, **BY_CONNECTION, **{option: CONNECTION_OPTIONS[option][not fits]}, check=check
    )
    if fits:
        assert result["removed"] == [CONNECTION_ID]
    else:
        contradicted(result, option, CONNECTION_ID)


@pytest.mark.parametrize("state", ["present", "absent"])
def test_a_connection_of_the_organization_by_id_in_a_project(server: Server, state: str) -> None:
    gets_connection(server)
    options = {**BY_CONNECTION, "state": state, "project_id": PROJECT, "description": "new"}
    result = server.run(infisical_app_connection, **options)
    assert result["error_kind"] == "input"
    assert "project_id" in result.msg


def test_all_that_does_not_fit_is_named(server: Server) -> None:
    gets_connection(server)
    result = server.run(infisical_app_connection, **BY_CONNECTION, name="{}", method="assume-role")
    assert result.msg == (
        f"method is 'assume-role', but app connection {CONNECTION_ID} has 'access-key'; name is '{{}}', but app"
        f" connection {CONNECTION_ID} has 'aws-dev'. Nothing was removed: leave out method, name, or specify another"
        " one."
    )


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("fits", [True, False])
@pytest.mark.parametrize("option", SYNC_OPTIONS)
@pytest.mark.parametrize("plural", [False, True])
def test_a_sync_by_id(server: Server, plural: bool, option: str, fits: bool, check: bool) -> None:
    lists_syncs(server, api_sync())
    if fits and not check:
        server.expects("DELETE", SYNC, {"secretSync": api_sync()}, query={"removeSecrets": "false"})
    options = {**BY_SYNC, option: SYNC_OPTIONS[option][not fits]}
    if plural:
        result = server.run(infisical_secret_syncs, project_id=PROJECT, syncs=[options], check=check)
    else:
        result = server.run(infisical_secret_sync, **options, check=check)
    if fits:
        assert result.changed is True
    elif plural:
        assert result["results"][0]["error_kind"] == "input"
        assert "Nothing was removed: leave out" in result["results"][0]["error"]
    else:
        contradicted(result, option, SYNC_ID)


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("fits", [True, False])
@pytest.mark.parametrize("option", INTEGRATION_OPTIONS)
@pytest.mark.parametrize("plural", [False, True])
def test_an_integration_by_id(server: Server, plural: bool, option: str, fits: bool, check: bool) -> None:
    lists(server, api_integration(metadata={"secretPrefix": "P_"}))
    if fits or option.startswith("auth_"):
        lists_auths(server, OWNER)
    if fits and not check:
        server.expects("DELETE", INTEGRATION, {"integration": api_integration()})
    options = {**BY_INTEGRATION, option: INTEGRATION_OPTIONS[option][not fits]}
    if plural:
        result = server.run(infisical_integrations, project_id=PROJECT, integrations=[options], check=check)
    else:
        result = server.run(infisical_integration, **options, check=check)
    if fits:
        assert result.changed is True
    elif plural:
        assert result["results"][0]["error_kind"] == "input"
        assert "Nothing was removed: leave out" in result["results"][0]["error"]
    else:
        contradicted(result, option, INTEGRATION_ID)


def test_the_default_scope_is_no_contradiction(server: Server) -> None:
    there = {"integration": "github", "scope": None, "region": None}
    lists(server, api_integration(**there))
    lists_auths(server, OWNER)
    server.expects("DELETE", INTEGRATION, {"integration": api_integration(**there)})
    assert server.run(infisical_integration, **BY_INTEGRATION, scope="github-repo").changed is True


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("fits", [True, False])
@pytest.mark.parametrize("option", AUTH_OPTIONS)
def test_an_auth_by_id(server: Server, option: str, fits: bool, check: bool) -> None:
    server.expects("GET", AUTH, {"integrationAuth": OWNER})
    if fits:
        lists(server)
    if fits and not check:
        server.expects("DELETE", AUTH, {"integrationAuth": OWNER})
    result = server.run(infisical_integration_auth, **BY_AUTH, **{option: AUTH_OPTIONS[option][not fits]}, check=check)
    if fits:
        assert result["removed"] == [AUTH_ID]
    else:
        contradicted(result, option, AUTH_ID)


def test_settings_are_compared_without_being_shown(server: Server) -> None:
    lists_syncs(server, api_sync(syncOptions={"initialSyncBehavior": "overwrite-destination", "adminKey": "s3cr3t-1"}))
    result = server.run(infisical_secret_sync, **BY_SYNC, sync_options={"admin_key": "s3cr3t-2"})
    assert result.msg.startswith(f"sync_options.admin_key differs from that of secret sync {SYNC_ID}.")
    assert "s3cr3t" not in result.msg


# --- answers about another object -------------------------------------------------------------------------------------

ANOTHER = "returned a different"


def another(result: Result, *told: str) -> None:
    assert result.failed
    assert result["error_kind"] == "unexpected_answer"
    for text in (ANOTHER, *told):
        assert text in result.msg


@pytest.mark.parametrize("state", ["present", "absent"])
@pytest.mark.parametrize("wrong", [{"id": OTHER_CONNECTION_ID}, {"app": "github"}])
def test_another_connection_than_the_one_asked_for(server: Server, wrong: dict, state: str) -> None:
    gets_connection(server, **wrong)
    result = server.run(infisical_app_connection, **{**BY_CONNECTION, "state": state}, description="new")
    another(result, "app connection", next(iter(wrong.values())))


@pytest.mark.parametrize("state", ["present", "absent"])
def test_another_integration_than_the_one_asked_for(server: Server, state: str) -> None:
    wrong = api_integration(id=OTHER_INTEGRATION_ID)
    server.expects("GET", INTEGRATION, {"integration": wrong})
    result = server.run(infisical_integration, integration_id=INTEGRATION_ID, state=state, owner="me")
    another(result, OTHER_INTEGRATION_ID)
    assert result.msg == (
        f"{URL} returned a different integration than requested: '{OTHER_INTEGRATION_ID}', whose id is"
        f" '{OTHER_INTEGRATION_ID}' instead of '{INTEGRATION_ID}'. Nothing more was done. Does a proxy between here and"
        " the server cache responses? It must not."
    )
    assert result["status"] == 200


@pytest.mark.parametrize("state", ["present", "absent"])
def test_another_auth_than_the_one_asked_for(server: Server, state: str) -> None:
    server.expects("GET", AUTH, {"integrationAuth": api_auth(id=OTHER_AUTH_ID)})
    another(server.run(infisical_integration_auth, integration_auth_id=AUTH_ID, state=state), OTHER_AUTH_ID)


def test_an_id_in_capitals_is_the_same(server: Server) -> None:
    server.expects("GET", INTEGRATION, {"integration": api_integration(id=INTEGRATION_ID.upper())})
    server.expects("GET", AUTH, {"integrationAuth": api_auth()})
    assert server.run(infisical_integration_info, integration_id=INTEGRATION_ID)["integrations"] != []


@pytest.mark.parametrize(
    "module", [infisical_secret_sync, infisical_secret_syncs, infisical_secret_sync_info], ids=lambda one: one.__name__
)
def test_syncs_of_another_project(server: Server, module: Any) -> None:
    lists_syncs(server, api_sync(), api_sync(id=OTHER_SYNC_ID, name="b", projectId=OTHER_PROJECT))
    options: dict = {
        infisical_secret_sync: {"name": "b", "state": "absent"},
        infisical_secret_syncs: {"syncs": [], "purge": True, "purge_scope_all": True, "purge_when_empty": True},
    }.get(module, {})
    another(server.run(module, project_id=PROJECT, **options), "secret sync", OTHER_PROJECT, PROJECT)


def test_auths_of_another_project(server: Server) -> None:
    lists_auths(server, api_auth(projectId=OTHER_PROJECT))
    options = {"project_id": PROJECT, "integration": "aws-secret-manager", "state": "absent"}
    another(server.run(infisical_integration_auth, **options), OTHER_PROJECT)


def test_integrations_that_do_tell_another_project(server: Server) -> None:
    lists(server, api_integration(projectId=OTHER_PROJECT))
    another(server.run(infisical_integration_info, project_id=PROJECT), OTHER_PROJECT)


def test_connections_of_another_app(server: Server) -> None:
    server.expects("GET", CONNECTIONS, {"appConnections": [api_connection(app="github")]})
    options = {"app": "aws", "name": "aws-dev", "state": "absent"}
    another(server.run(infisical_app_connection, **options), "github")


FOUND_BY_NAME = {
    "another name": {"name": "aws-prod", "projectId": PROJECT},
    "another app": {"app": "github", "projectId": PROJECT},
    "another project": {"projectId": OTHER_PROJECT},
}


@pytest.mark.parametrize("level", ["project", "organization"])
@pytest.mark.parametrize("wrong", FOUND_BY_NAME.values(), ids=FOUND_BY_NAME)
def test_another_connection_than_the_one_of_that_name(server: Server, wrong: dict, level: str) -> None:
    lists_syncs(server, api_sync(connection={"app": "aws", "id": OTHER_CONNECTION_ID, "name": "old"}))
    path = f"{CONNECTIONS}/connection-name/aws-dev"
    answer = {"appConnection": api_connection(**wrong)}
    if level == "organization":
        server.expects("GET", path, query={"projectId": PROJECT}, **not_found())
        server.expects("GET", path, answer)
    else:
        server.expects("GET", path, answer, query={"projectId": PROJECT})
    another(server.run(infisical_secret_sync, name="app-dev", project_id=PROJECT, connection_name="aws-dev"))


def test_an_update_that_is_answered_with_another_object(server: Server) -> None:
    server.expects("GET", CONNECTIONS, {"appConnections": [api_connection()]})
    server.expects(
        "PATCH", CONNECTION, {"appConnection": api_connection(id=OTHER_CONNECTION_ID)}, body={"description": "new"}
    )
    another(server.run(infisical_app_connection, app="aws", name="aws-dev", description="new"), OTHER_CONNECTION_ID)


@pytest.mark.parametrize("wrong", [{"id": OTHER_SYNC_ID}, {"projectId": OTHER_PROJECT}, {"destination": "github"}])
def test_a_sync_that_is_answered_with_another_object(server: Server, wrong: dict) -> None:
    lists_syncs(server, api_sync())
    server.expects("POST", f"{SYNC}/sync-secrets", {"secretSync": api_sync(**wrong)}, body={})
    another(server.run(infisical_secret_sync, name="app-dev", project_id=PROJECT, sync=True))


def test_a_removal_that_is_answered_with_another_object(server: Server) -> None:
    lists_syncs(server, api_sync())
    wrong = {"secretSync": api_sync(id=OTHER_SYNC_ID)}
    server.expects("DELETE", SYNC, wrong, query={"removeSecrets": "false"})
    another(server.run(infisical_secret_sync, name="app-dev", project_id=PROJECT, state="absent"), OTHER_SYNC_ID)


CREATED = {
    "another name": {"name": "app-prod"},
    "another project": {"projectId": OTHER_PROJECT},
    "another destination": {"destination": "github"},
    "one that was there": {"id": OTHER_SYNC_ID},
}


@pytest.mark.parametrize("found", [True, False])
@pytest.mark.parametrize("wrong", CREATED.values(), ids=CREATED)
def test_a_create_that_is_answered_with_another_object_is_looked_for(server: Server, wrong: dict, found: bool) -> None:
    there = api_sync(id=OTHER_SYNC_ID, name="app-other")
    lists_syncs(server, there)
    body = {
        "name": "app-dev",
        "projectId": PROJECT,
        "connectionId": CONNECTION_ID,
        "environment": "dev",
        "secretPath": "/",
        "isAutoSyncEnabled": True,
        "destinationConfig": {"region": "us-east-1", "mappingBehavior": "one-to-one"},
        "syncOptions": {"initialSyncBehavior": "overwrite-destination", "disableSecretDeletion": True},
    }
    server.expects("POST", f"{SYNCS}/aws-secrets-manager", {"secretSync": api_sync(**wrong)}, body=body)
    for _unused in range(1 if found else 5):
        lists_syncs(server, there, *[api_sync()] * found)
    result = server.run(
        infisical_secret_sync,
        name="app-dev",
        project_id=PROJECT,
        destination="aws-secrets-manager",
        connection_id=CONNECTION_ID,
        environment="dev",
        destination_config={"region": "us-east-1", "mapping_behavior": "one-to-one"},
        check_duplicates="ignore",
    )
    if found:
        assert result["secret_sync"]["id"] == SYNC_ID
        assert ANOTHER in result.warnings[0]
        assert (f"whose id is '{OTHER_SYNC_ID}' instead of a new one." in result.warnings[0]) is ("id" in wrong)
    else:
        another(result, "did not appear in the list")


def test_a_new_integration_of_another_auth(server: Server) -> None:
    lists_auths(server, api_auth())
    lists(server)
    creates(server, api_integration(integrationAuthId=OTHER_AUTH_ID))
    for _unused in range(5):
        lists(server)
    another(server.run(infisical_integration, **AWS), OTHER_AUTH_ID)


def test_a_new_auth_of_another_project(server: Server) -> None:
    lists_auths(server)
    server.expects_probe()
    body = {"workspaceId": PROJECT, "integration": "flyio", "accessToken": "t-1"}
    wrong = api_auth(integration="flyio", projectId=OTHER_PROJECT)
    server.expects("POST", CREATE_AUTH, {"integrationAuth": wrong}, body=body)
    for _unused in range(5):
        lists_auths(server)
    options = {"project_id": PROJECT, "integration": "flyio", "access_token": "t-1"}
    another(server.run(infisical_integration_auth, **options), OTHER_PROJECT)


# --- integrations, which don't tell their project ---------------------------------------------------------------------

AWS = {
    "project_id": PROJECT,
    "integration": "aws-secret-manager",
    "source_environment": "dev",
    "secret_path": "/app",
    "app": "my-app/dev",
    "region": "us-east-1",
    "accept_deletion": True,
}
STRANGE = {
    "removed": {"state": "absent"},
    "changed": {"owner": "me"},
    "synced": {"sync": True},
}


def strange(result: Result) -> None:
    assert result.failed
    assert result["error_kind"] == "conflict"
    assert f"The project {PROJECT} has none of the integration auths of these integrations" in result.msg
    assert f"{INTEGRATION_ID} (integration auth {AUTH_ID})" in result.msg


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("by", ["id", "auth"])
@pytest.mark.parametrize("options", STRANGE.values(), ids=STRANGE)
def test_an_integration_of_another_projects_auth(server: Server, options: dict, by: str, check: bool) -> None:
    rows = [api_integration()]
    if by == "id" and options != {"state": "absent"}:
        server.expects("GET", INTEGRATION, {"integration": rows[0]})
        if "owner" in options:
            lists(server, *rows)
    else:
        lists(server, *rows)
    # The second look is for an auth that another run has made since the first.
    for _unused in range(2):
        lists_auths(server, api_auth(id=OTHER_AUTH_ID))
    named = {"integration_id": INTEGRATION_ID} if by == "id" else {**AWS, "integration_auth_id": AUTH_ID}
    named.pop("integration", None)
    strange(server.run(infisical_integration, **{"project_id": PROJECT, **named, **options}, check=check))


def test_an_auth_that_is_newer_than_the_list(server: Server) -> None:
    lists(server, api_integration())
    lists_auths(server)
    lists_auths(server, api_auth())
    server.expects("DELETE", INTEGRATION, {"integration": api_integration()})
    assert server.run(infisical_integration, **BY_INTEGRATION).changed is True


def test_identical_integrations_of_another_projects_auth(server: Server) -> None:
    lists(server, api_integration(), api_integration(id=OTHER_INTEGRATION_ID, createdAt="2027-01-01T00:00:00.000Z"))
    for _unused in range(2):
        lists_auths(server)
    named = {key: value for key, value in AWS.items() if key != "integration"}
    strange(server.run(infisical_integration, **named, integration_auth_id=AUTH_ID, remove_duplicates=True))


@pytest.mark.parametrize("check", [False, True])
def test_a_purge_of_integrations_of_another_projects_auth(server: Server, check: bool) -> None:
    lists(server, api_integration())
    for _unused in range(2):
        lists_auths(server)
    options = {"integrations": [], "purge": True, "purge_scope_all": True, "purge_when_empty": True}
    result = server.run(infisical_integrations, project_id=PROJECT, **options, check=check)
    strange(result)
    assert result["purged"] == []


@pytest.mark.parametrize("options", [{}, {"sync": True}, {"owner": "me"}, {"state": "absent"}])
def test_no_request_more_where_the_auths_are_known(server: Server, options: dict) -> None:
    lists_auths(server, api_auth())
    lists(server, api_integration())
    if "state" in options:
        server.expects("DELETE", INTEGRATION, {"integration": api_integration()})
    elif options:
        changes = {"owner": options.get("owner")} if "owner" in options else {}
        body = {**KEPT, **changes}
        server.expects("PATCH", INTEGRATION, {"integration": api_integration(**changes)}, body=body)
    assert server.run(infisical_integration, **AWS, **options).changed is bool(options)


# --- a project by its slug --------------------------------------------------------------------------------------------

SLUG = "/api/v1/projects/slug/my-project"


def another_project(result: Result, told: str) -> None:
    assert result["error_kind"] == "unexpected_answer"
    assert result.msg.startswith(f"https://infisical.example.com returned the project {told} instead of ")


@pytest.mark.parametrize("module", [infisical_secret_syncs, infisical_project_info], ids=lambda one: one.__name__)
def test_the_project_of_another_slug(server: Server, module: Any) -> None:
    server.expects("GET", SLUG, {"id": OTHER_PROJECT, "slug": "my-other-project"})
    options: dict = {"syncs": [{"name": "a", "state": "absent"}]} if module is infisical_secret_syncs else {}
    another_project(server.run(module, project_slug="my-project", **options), "'my-other-project'")


def test_another_project_by_id(server: Server) -> None:
    answer = {"project": {"id": OTHER_PROJECT, "slug": "my-project"}}
    server.expects("GET", f"/api/v1/projects/{PROJECT}", answer)
    another_project(server.run(infisical_project_info, project_id=PROJECT), f"'{OTHER_PROJECT}'")


def test_a_project_that_does_not_tell_its_slug(server: Server) -> None:
    server.expects("GET", SLUG, {"id": PROJECT})
    assert server.run(infisical_project_info, project_slug="my-project")["project"]["id"] == PROJECT


# --- purge scopes -----------------------------------------------------------------------------------------------------

SCOPED = {
    infisical_integrations: ("integrations", "integration", "source_environment", "prod"),
    infisical_secret_syncs: ("syncs", "name", "environment", "prod"),
}


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("more", [{}, {"purge_scope_all": True}], ids=["scope", "all"])
@pytest.mark.parametrize("nothing", [[], None], ids=str)
@pytest.mark.parametrize("module", SCOPED, ids=lambda one: one.__name__)
def test_an_empty_list_is_no_scope(server: Server, module: Any, nothing: Any, more: dict, check: bool) -> None:
    items, option, narrowed, value = SCOPED[module]
    scope = {option: nothing, narrowed: [value]}
    options = {items: [], "purge": True, "purge_scope": scope, "purge_when_empty": True, **more}
    result = server.run(module, project_id=PROJECT, **options, check=check)
    assert result.failed
    if nothing is None:
        # Ansible itself refuses it, since the option has a default.
        assert f"'{option}'" in result.msg
        assert "'purge_scope'" in result.msg
    else:
        assert result["error_kind"] == "input"
        assert result.msg == (
            f"purge_scope.{option} must hold at least one value: an empty list or null does not restrict the purge. If"
            " all values are intended, leave the option out."
        )


def test_every_empty_list_is_named(server: Server) -> None:
    options = {"syncs": [], "purge": True, "purge_scope": {"name": [], "secret_path": []}, "purge_when_empty": True}
    result = server.run(infisical_secret_syncs, project_id=PROJECT, **options)
    assert result.msg.startswith("purge_scope.name and purge_scope.secret_path must hold at least one value")


# --- the oldest of several that are alike -----------------------------------------------------------------------------

YOUNGER = {
    "a fraction": ("2026-03-02T09:15:00Z", "2026-03-02T09:15:00.500Z"),
    "an offset": ("2026-03-02T11:15:00+02:00", "2026-03-02T09:15:01Z"),
    "milliseconds": (1772442900000, "2026-03-02T09:15:00.500Z"),
    "seconds": (999999999, 1772442900),
}
TIMELESS = {"none": None, "a word": "soon", "zero": 0}


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(("old", "new"), YOUNGER.values(), ids=YOUNGER)
def test_the_younger_one_is_removed(server: Server, old: Any, new: Any, turned: bool) -> None:
    pair = [api_integration(createdAt=old), api_integration(id=OTHER_INTEGRATION_ID, createdAt=new)]
    if turned:
        pair = [api_integration(createdAt=new), api_integration(id=OTHER_INTEGRATION_ID, createdAt=old)]
    lists_auths(server, api_auth())
    lists(server, *pair)
    doomed = pair[not turned]
    path = INTEGRATION.replace(INTEGRATION_ID, doomed["id"])
    server.expects("DELETE", path, {"integration": doomed})
    assert server.run(infisical_integration, **AWS, remove_duplicates=True)["removed"] == [doomed["id"]]


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("created", TIMELESS.values(), ids=TIMELESS)
def test_none_is_removed_where_nobody_can_tell_the_oldest(server: Server, created: Any, check: bool) -> None:
    lists_auths(server, api_auth())
    lists(server, api_integration(createdAt=created), api_integration(id=OTHER_INTEGRATION_ID))
    result = server.run(infisical_integration, **AWS, owner="me", remove_duplicates=True, check=check)
    assert result["error_kind"] == "conflict"
    assert result.msg == (
        "2 integrations are identical, and the server doesn't report which is the oldest:"
        f" {OTHER_INTEGRATION_ID}, {INTEGRATION_ID}. None was changed or removed. Remove all but one, each by its"
        " integration_id."
    )


def test_one_is_managed_where_nobody_can_tell_the_oldest(server: Server) -> None:
    lists_auths(server, api_auth())
    lists(server, api_integration(createdAt=None), api_integration(id=OTHER_INTEGRATION_ID, createdAt=None))
    result = server.run(infisical_integration, **AWS)
    assert (result.changed, result["integration"]["id"]) == (False, min(INTEGRATION_ID, OTHER_INTEGRATION_ID))
    assert "the server doesn't report which is the oldest" in result.warnings[0]


def test_one_alone_is_the_oldest_whatever_its_age(server: Server) -> None:
    lists_auths(server, api_auth())
    lists(server)
    creates(server, api_integration(createdAt=None))
    lists(server, api_integration(createdAt=None))
    assert server.run(infisical_integration, **AWS).warnings == []


@pytest.mark.parametrize("missing", ["mine", "theirs", "both"])
@pytest.mark.parametrize("plural", [False, True])
def test_of_two_runs_at_once_nobody_removes_what_may_be_the_older_one(
    server: Server, plural: bool, missing: str
) -> None:
    mine = api_integration(**({} if missing == "theirs" else {"createdAt": None}))
    theirs = api_integration(id=OTHER_INTEGRATION_ID, **({} if missing == "mine" else {"createdAt": None}))
    if plural:
        lists(server)
        lists_auths(server, api_auth())
    else:
        lists_auths(server, api_auth())
        lists(server)
    creates(server, mine)
    lists(server, mine, theirs)
    if plural:
        item = {key: value for key, value in AWS.items() if key != "project_id"}
        result = server.run(infisical_integrations, project_id=PROJECT, integrations=[item])
        assert result["results"][0]["id"] == INTEGRATION_ID
    else:
        result = server.run(infisical_integration, **AWS)
        assert result["integration"]["id"] == INTEGRATION_ID
    assert result.warnings == [
        (
            f"There are several integrations like {INTEGRATION_ID}, which this task created: {OTHER_INTEGRATION_ID}."
            " The server doesn't report which is the oldest, so none was removed. Remove all but one."
        )
    ]
