# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.community.infisical.plugins.modules import infisical_secret_sync as module
from ansible_collections.community.infisical.plugins.modules import infisical_secret_syncs
from ansible_collections.community.infisical.tests.unit.plugins.harness import (
    CONNECTION_ID,
    CREATED_SYNC,
    MANY,
    OTHER_CONNECTION_ID,
    OTHER_PROJECT,
    OTHER_SYNC_ID,
    PLACEHOLDER,
    PROJECT,
    SYNC_ID,
    Result,
    Server,
    api_connection,
    api_error,
    api_sync,
    lists_syncs,
    no_route,
    not_found,
    run_sync,
)

LIST = "/api/v1/secret-syncs"
ALL = f"{LIST}/aws-secrets-manager"
ONE = f"{ALL}/{SYNC_ID}"
STAND_IN = "00000000-0000-8000-8123-0123456789ab"
CONFIG = {"region": "us-east-1", "mapping_behavior": "many-to-one", "secret_name": "my-app/dev"}
API_CONFIG = {"region": "us-east-1", "mappingBehavior": "many-to-one", "secretName": "my-app/dev"}
API_OPTIONS = {"initialSyncBehavior": "overwrite-destination", "disableSecretDeletion": True}
NAMED = {"project_id": PROJECT, "name": "app-dev"}
BY_ID = {"project_id": PROJECT, "sync_id": SYNC_ID}
NEW = {
    **NAMED,
    "destination": "aws-secrets-manager",
    "connection_id": CONNECTION_ID,
    "environment": "dev",
    "secret_path": "/app",
    "destination_config": CONFIG,
}
NEW_BODY = {
    **CREATED_SYNC,
    "destinationConfig": API_CONFIG,
    "syncOptions": API_OPTIONS,
}
REPOSITORY = {"scope": "repository", "owner": "acme", "repo": "app"}
# What a create or update has asked for, before its job ran and after.
RAN = {"syncStatus": "succeeded", "lastSyncJobId": "1", "lastSyncedAt": "2026-03-02T09:15:02.000Z"}
RAN_AGAIN = {"syncStatus": "succeeded", "lastSyncJobId": "2", "lastSyncedAt": "2026-03-02T09:16:02.000Z"}
IMPORTED = {"importStatus": "succeeded", "lastImportJobId": "7", "lastImportedAt": "2026-03-02T09:17:02.000Z"}


def told(result: Result) -> list[str]:
    """Return the warnings of a task but for what each new sync to one secret says (see test_deletion.py)."""
    return [text for text in result.warnings if "each sync replaces all keys of the secret" not in text]


def checks(server: Server, body: dict | None = None, slug: str = "aws-secrets-manager", **answer: Any) -> Server:
    body = body or {"destinationConfig": API_CONFIG, "projectId": PROJECT, "connectionId": CONNECTION_ID}
    return server.expects(
        "POST", f"{LIST}/{slug}/check-destination", body=body, **(answer or {"answer": {"hasDuplicate": False}})
    )


def creates(server: Server, body: dict, slug: str = "aws-secrets-manager", **changes: Any) -> Server:
    return server.expects("POST", f"{LIST}/{slug}", {"secretSync": api_sync(**changes)}, body=body)


def gets(server: Server, **changes: Any) -> Server:
    return server.expects("GET", ONE, {"secretSync": api_sync(**changes)})


def patches(server: Server, body: dict, path: str = ONE, **changes: Any) -> Server:
    return server.expects("PATCH", path, {"secretSync": api_sync(**changes)}, body=body)


def acts(server: Server, action: str, query: dict | None = None, **changes: Any) -> Server:
    answer = {"secretSync": api_sync(**changes)}
    return server.expects("POST", f"{ONE}/{action}", answer, body={}, query=query)


REPLICAS = (
    "destination_config.user_replica_location_ids: the change only affects secrets that GCP Secret Manager does not"
    " have yet. It can't be changed for those that it has."
)


@MANY
@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize(
    ("before", "config", "warnings"),
    [
        (["us-east1"], {"userReplicaLocationIds": ["europe-west1"]}, [REPLICAS]),
        (["us-east1"], {"userReplicaLocationIds": []}, [REPLICAS]),
        (None, {"userReplicaLocationIds": ["europe-west1"]}, [REPLICAS]),
        (["us-east1"], {"projectId": "other"}, []),
    ],
)
def test_a_change_that_secrets_already_there_do_not_follow_is_told(
    server: Server, many: bool, check: bool, before: list[str] | None, config: dict, warnings: list[str]
) -> None:
    slug = "gcp-secret-manager"
    stored: dict = {"scope": "global", "projectId": "p"} | ({"userReplicaLocationIds": before} if before else {})
    connection = {"app": "gcp", "id": CONNECTION_ID, "name": "gcp"}
    row = api_sync(destination=slug, destinationConfig=stored, connection=connection)
    lists_syncs(server, row)
    wanted = {**stored, **config}
    if not check:
        answer = {"secretSync": {**row, "destinationConfig": wanted}}
        server.expects("PATCH", f"{LIST}/{slug}/{SYNC_ID}", answer, body={"destinationConfig": wanted})
    item = {"name": "app-dev", "destination_config": config, "check_duplicates": "ignore"}
    result = run_sync(server, many, item, check=check)[0]
    assert (result.changed, result.warnings) == (True, warnings)


# --- present: create --------------------------------------------------------------------------------------------------


def test_creates(server: Server) -> None:
    lists_syncs(server)
    checks(server)
    creates(server, NEW_BODY)
    result = server.run(module, **NEW)
    assert result.changed is True
    view = result["secret_sync"]
    assert (view["id"], view["environment"], view["secret_path"]) == (SYNC_ID, "dev", "/app")
    assert (view["destination_config"], view["sync_status"]) == (CONFIG, "pending")
    assert view["sync_options"] == {"initial_sync_behavior": "overwrite-destination", "disable_secret_deletion": True}
    assert view["connection"] == {"app": "aws", "id": CONNECTION_ID, "name": "aws-dev"}
    assert result["diff"]["before"] == {}
    assert result["diff"]["after"]["destination_config"] == CONFIG
    assert told(result) == []


def test_creates_with_every_field(server: Server) -> None:
    lists_syncs(server)
    checks(server)
    body = {
        **NEW_BODY,
        "description": "for dev",
        "isAutoSyncEnabled": False,
        "syncOptions": {
            "initialSyncBehavior": "import-prioritize-source",
            "keySchema": "APP_{{secretKey}}",
            "disableSecretDeletion": False,
            "tags": [{"key": "team", "value": "17"}],
            "syncSecretMetadataAsTags": False,
        },
    }
    creates(server, body)
    options = {
        "initial_sync_behavior": " import-prioritize-source ",
        "key_schema": "APP_{{secretKey}}",
        "disable_secret_deletion": "no",
        "tags": [{"key": "team", "value": 17}],
        "syncSecretMetadataAsTags": "False",
        "key_id": None,
    }
    more = {"description": " for dev ", "is_auto_sync_enabled": False, "sync_options": options}
    assert server.run(module, **{**NEW, "secret_path": " /app/ ", "name": " app-dev "}, **more).changed is True


def test_creates_in_the_root_folder_unless_said_otherwise(server: Server) -> None:
    lists_syncs(server)
    checks(server)
    creates(server, {**NEW_BODY, "secretPath": "/"})
    assert server.run(module, **{**NEW, "secret_path": None}).changed is True


def test_values_are_brought_into_the_kind_that_the_server_asks_for(server: Server) -> None:
    lists_syncs(server)
    config = {"scope": "organization", "org": "4711", "visibility": "selected", "selectedRepositoryIds": [1, 2]}
    checks(server, {"destinationConfig": config, "projectId": PROJECT, "connectionId": CONNECTION_ID}, "github")
    creates(server, {**NEW_BODY, "destinationConfig": config}, "github", destination="github", destinationConfig=config)
    given = {"scope": "organization", "org": 4711, "visibility": "selected", "selected_repository_ids": ["1", 2]}
    assert server.run(module, **{**NEW, "destination": "github", "destination_config": given}).changed is True


@pytest.mark.parametrize("options", [{}, {"initial_sync_behavior": "overwrite-destination"}])
def test_a_destination_that_deletes_in_any_case_must_be_told_so(server: Server, options: dict) -> None:
    lists_syncs(server)
    scim = {"destination": "azure-entra-id-scim", "destination_config": {"service_principal_id": SYNC_ID}}
    result = server.run(module, **{**NEW, **scim}, sync_options={"secret_key": "S", **options})
    assert result.msg == (
        "sync_options.disable_secret_deletion must be specified as false: Azure Entra ID SCIM only supports syncs that"
        " delete what Infisical doesn't have."
    )
    assert result["error_kind"] == "input"


@pytest.mark.parametrize(
    ("left_out", "missing"),
    [
        (("destination",), "destination"),
        (("environment",), "environment"),
        (("connection_id",), "connection_id or connection_name"),
        (
            ("destination", "environment", "connection_id"),
            "destination and environment and connection_id or connection_name",
        ),
    ],
)
def test_create_without_all_that_it_needs(server: Server, left_out: tuple, missing: str) -> None:
    lists_syncs(server)
    result = server.run(module, **{key: value for key, value in NEW.items() if key not in left_out})
    assert result.msg == f"To create the secret sync 'app-dev', specify {missing} as well."


def test_create_with_half_a_configuration(server: Server) -> None:
    lists_syncs(server)
    result = server.run(module, **{**NEW, "destination_config": {"mapping_behavior": "many-to-one"}})
    assert "destination_config.region is missing" in result.msg
    why = "the secret's name in AWS Secrets Manager (or set destination_config.mapping_behavior: one-to-one)."
    assert f"destination_config.secret_name is missing: {why}" in result.msg


def test_create_of_a_destination_without_settings(server: Server) -> None:
    lists_syncs(server)
    checks(server, {"destinationConfig": {}, "projectId": PROJECT, "connectionId": CONNECTION_ID}, "brand-new")
    creates(server, {**NEW_BODY, "destinationConfig": {}}, "brand-new", destination="brand-new", destinationConfig={})
    result = server.run(module, **{**NEW, "destination": "brand-new", "destination_config": None})
    assert result.changed is True
    assert "'brand-new' is no secret sync destination that this collection's catalogue knows" in told(result)[0]


@pytest.mark.parametrize("found", [True, False])
def test_a_create_whose_answer_is_lost_is_looked_for(server: Server, found: bool) -> None:
    other = api_sync(id=OTHER_SYNC_ID, name="other")
    lists_syncs(server, other)
    checks(server)
    server.expects("POST", ALL, "<html>", status=502, body=NEW_BODY)
    for _unused in range(1 if found else 5):
        lists_syncs(server, other, *[api_sync()] * found)
    result = server.run(module, **NEW)
    assert result.failed is not found
    if found:
        assert result["secret_sync"]["id"] == SYNC_ID
        assert "was lost" in told(result)[0]
    else:
        assert "did not appear in the list" in result.msg


TAKEN = f'A Secret Sync with the name "app-dev" already exists for the project with ID "{PROJECT}"'


@pytest.mark.parametrize("more", [{}, {"description": "another wish"}], ids=["the same", "another wish"])
def test_one_that_another_run_has_made_meanwhile_is_managed(server: Server, more: dict) -> None:
    lists_syncs(server)
    checks(server)
    server.expects("POST", ALL, api_error(400, "BadRequest", TAKEN), status=400, body={**NEW_BODY, **more})
    lists_syncs(server, api_sync(id=OTHER_SYNC_ID, name="other"), api_sync())
    if more:
        patches(server, more, **more)
    result = server.run(module, **NEW, **more)
    assert not result.failed
    assert result.changed is bool(more)
    assert result["secret_sync"]["id"] == SYNC_ID
    assert told(result) == [f"Another run created the same secret sync at the same time: {SYNC_ID} is used."]


def test_a_name_that_one_has_that_can_not_be_seen(server: Server) -> None:
    lists_syncs(server)
    checks(server)
    server.expects("POST", ALL, api_error(400, "BadRequest", TAKEN), status=400, body=NEW_BODY)
    lists_syncs(server)
    result = server.run(module, **NEW)
    assert result.failed
    assert "already exists for the project" in result.msg
    assert "This identity can't see one with that name here." in result.msg
    assert "allow the identity to see the secret sync that has it." in result.msg


@pytest.mark.parametrize("check", [False, True])
def test_another_one_is_left_alone_and_a_new_one_made(server: Server, check: bool) -> None:
    lists_syncs(server, api_sync(id=OTHER_SYNC_ID, name="app-prod"))
    if check:
        server.expects_source()
    checks(server)
    if not check:
        creates(server, NEW_BODY)
    assert server.run(module, **NEW, check=check)["diff"]["before"] == {}


# --- present: what is there -------------------------------------------------------------------------------------------

UNCHANGED: dict[str, tuple[dict, dict]] = {
    "all of it": (NEW, {}),
    "the name alone": (NAMED, {}),
    "the id alone": (BY_ID, {}),
    "the id in capitals": ({**BY_ID, "sync_id": SYNC_ID.upper()}, {}),
    "API names": ({**NAMED, "destination_config": API_CONFIG}, {}),
    "a trailing slash": ({**NAMED, "secret_path": "/app/"}, {}),
    "what is unset, stated as empty": (
        {**NAMED, "description": "", "sync_options": {"key_schema": "", "include_all_sub_folders": False, "tags": []}},
        {},
    ),
    "what is set, unstated": (
        NEW,
        {
            "description": "d",
            "isAutoSyncEnabled": False,
            "syncOptions": {**API_OPTIONS, "disableSecretDeletion": False},
        },
    ),
    "tags in another order, with numbers": (
        {**NAMED, "sync_options": {"tags": [{"key": "b", "value": 2}, {"value": "1", "key": "a"}]}},
        {"syncOptions": {"tags": [{"key": "a", "value": "1"}, {"key": "b", "value": "2"}]}},
    ),
    "a setting that has no effect": (
        {**NAMED, "destination_config": {"mapping_behavior": "one-to-one", "secret_name": "x"}},
        {"destinationConfig": {"region": "us-east-1", "mappingBehavior": "one-to-one"}},
    ),
    "ids as text": (
        {**NAMED, "destination_config": {"selected_repository_ids": ["2", "1"]}},
        {"destination": "github", "destinationConfig": {"scope": "organization", "selectedRepositoryIds": [1, 2]}},
    ),
    "the one scope that an older server knows": (
        {**NAMED, "destination_config": {"scope": "project", "app": "a"}},
        {"destination": "vercel", "destinationConfig": {"app": "a"}},
    ),
    "slashes that the server cuts": (
        {**NAMED, "destination_config": {"path": "/a/b/"}},
        {"destination": "hashicorp-vault", "destinationConfig": {"mount": "kv", "path": "a/b"}},
    ),
    "a source that is gone, unstated": (NAMED, {"environment": None, "folder": None, "syncOptions": None}),
    "a destination that nobody knows": (
        {**NAMED, "destination_config": {"x_y": 1}},
        {"destination": "brand-new", "destinationConfig": {"xY": "1"}},
    ),
}


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize(("options", "there"), UNCHANGED.values(), ids=UNCHANGED)
def test_unchanged(server: Server, options: dict, there: dict, check: bool) -> None:
    lists_syncs(server, api_sync(id=OTHER_SYNC_ID, name="other"), api_sync(**there))
    result = server.run(module, **options, check=check)
    assert result.changed is False
    assert result["diff"]["before"] == result["diff"]["after"]
    assert result["secret_sync"]["id"] == SYNC_ID


ALL_OPTIONS = {**API_OPTIONS, "keySchema": "A_{{secretKey}}", "keyId": "k-1"}
ONE_BY_ONE = {"region": "us-east-1", "mappingBehavior": "one-to-one"}
# What is there, what is stated, and the whole body of the update, which the server then has.
UPDATES: dict[str, tuple[dict, dict, dict]] = {
    "description": ({}, {"description": "new"}, {"description": "new"}),
    "description, emptied": ({"description": "old"}, {"description": ""}, {"description": ""}),
    "switched off": ({}, {"is_auto_sync_enabled": False}, {"isAutoSyncEnabled": False}),
    "one key of the configuration": (
        {},
        {"destination_config": {"secret_name": "x"}},
        {"destinationConfig": {**API_CONFIG, "secretName": "x"}, "syncOptions": API_OPTIONS},
    ),
    "one key of the options": (
        {"syncOptions": ALL_OPTIONS},
        {"sync_options": {"key_schema": "B_{{secretKey}}"}},
        {"syncOptions": {**ALL_OPTIONS, "keySchema": "B_{{secretKey}}"}},
    ),
    "one key of the options, emptied": (
        {"syncOptions": ALL_OPTIONS},
        {"sync_options": {"key_schema": ""}},
        {"syncOptions": {**ALL_OPTIONS, "keySchema": ""}},
    ),
    "one key of the options where others are null": (
        {"syncOptions": {**API_OPTIONS, "keySchema": None}},
        {"sync_options": {"key_id": "k-2"}},
        {"syncOptions": {**API_OPTIONS, "keyId": "k-2"}},
    ),
    "deletion allowed": (
        {},
        {"sync_options": {"disable_secret_deletion": False}},
        {"syncOptions": {**API_OPTIONS, "disableSecretDeletion": False}},
    ),
    "another key, where deletion is allowed": (
        {"syncOptions": {"initialSyncBehavior": "overwrite-destination"}},
        {"sync_options": {"key_id": "k-1"}},
        {"syncOptions": {"initialSyncBehavior": "overwrite-destination", "keyId": "k-1"}},
    ),
    "another scope, with its keys alone": (
        {"destination": "github", "destinationConfig": {"scope": "organization", "org": "o", "visibility": "all"}},
        {"destination_config": REPOSITORY},
        {"destinationConfig": REPOSITORY},
    ),
    "another scope of a destination that nobody knows": (
        {"destination": "brand-new", "destinationConfig": {"scope": "a", "aId": "1"}},
        {"destination_config": {"scope": "b", "b_id": "2"}},
        {"destinationConfig": {"scope": "b", "bId": "2"}},
    ),
    "another manner, without what it makes idle": (
        {},
        {"destination_config": {"mapping_behavior": "one-to-one"}},
        {"destinationConfig": ONE_BY_ONE, "syncOptions": API_OPTIONS},
    ),
    "something else, beside settings that are idle": (
        {"destinationConfig": {**ONE_BY_ONE, "secretName": "old"}},
        {"description": "new"},
        {"description": "new"},
    ),
    "ids as text": (
        {"destination": "github", "destinationConfig": {"scope": "organization", "org": "o", "visibility": "selected"}},
        {"destination_config": {"selected_repository_ids": ["3"]}},
        {
            "destinationConfig": {
                "scope": "organization",
                "org": "o",
                "visibility": "selected",
                "selectedRepositoryIds": [3],
            }
        },
    ),
    "connection": ({}, {"connection_id": OTHER_CONNECTION_ID}, {"connectionId": OTHER_CONNECTION_ID}),
    "environment": ({}, {"environment": "prod"}, {"environment": "prod"}),
    "folder": ({}, {"secret_path": "/"}, {"secretPath": "/"}),
    "source, where it is gone": (
        {"environment": None, "folder": None},
        {"environment": "dev", "secret_path": "/app"},
        {"environment": "dev", "secretPath": "/app"},
    ),
}


def patched(there: dict, body: dict) -> dict:
    """The answer of a server that has done what the body says."""
    after = {**there, **body}
    if "environment" in body:
        after["environment"] = {"slug": body["environment"]}
    if "secretPath" in body:
        after["folder"] = {"path": body["secretPath"]}
    return after


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("by", [NAMED, BY_ID])
@pytest.mark.parametrize(("there", "options", "body"), UPDATES.values(), ids=UPDATES)
def test_updates_with_the_merged_whole(
    server: Server, there: dict, options: dict, body: dict, by: dict, check: bool
) -> None:
    lists_syncs(server, api_sync(**there))
    if not check:
        path = f"{LIST}/{there.get('destination', 'aws-secrets-manager')}/{SYNC_ID}"
        patches(server, body, path, **patched(there, body))
    elif {"environment", "secretPath"} & set(body):
        server.expects_source((body.get("environment", "dev"),), None if body.get("secretPath") == "/" else "/")
    result = server.run(module, **by, **options, check_duplicates="ignore", check=check)
    assert result.changed is True
    assert result["diff"]["before"] != result["diff"]["after"]
    if "destinationConfig" in body:
        before = there.get("destinationConfig", API_CONFIG)
        assert len(result["diff"]["before"]["destination_config"]) == len(before)
        assert len(result["secret_sync"]["destination_config"]) == len(body["destinationConfig"])


@pytest.mark.parametrize("check", [False, True])
def test_renames_by_id(server: Server, check: bool) -> None:
    lists_syncs(server, api_sync())
    if not check:
        patches(server, {"name": "app-two"}, name="app-two")
    result = server.run(module, **BY_ID, name="app-two", check=check)
    assert (result["secret_sync"]["id"], result["secret_sync"]["name"]) == (SYNC_ID, "app-two")


@pytest.mark.parametrize("check", [False, True])
def test_another_destination_is_refused_with_the_way_out(server: Server, check: bool) -> None:
    lists_syncs(server, api_sync())
    result = server.run(module, **NAMED, destination="github", description="new", check=check)
    assert result.msg == (
        "The server can't change destination (is 'aws-secrets-manager', wanted 'github') of secret sync"
        f" {SYNC_ID} in place. Create another sync under another name, and remove this one; what it wrote stays at the"
        " destination unless you ask otherwise."
    )


def test_a_server_that_keeps_the_old_value(server: Server) -> None:
    lists_syncs(server, api_sync())
    patches(server, {"description": "new", "isAutoSyncEnabled": False}, description="new")
    result = server.run(module, **NAMED, description="new", is_auto_sync_enabled=False)
    assert result["error_kind"] == "update_ignored"
    assert result.changed is True
    assert "kept is_auto_sync_enabled (still True)" in result.msg
    assert "Changed anyway: description." in result.msg


@pytest.mark.parametrize("check", [False, True])
def test_by_unknown_id(server: Server, check: bool) -> None:
    lists_syncs(server, api_sync(id=OTHER_SYNC_ID))
    result = server.run(module, **{**NEW, **BY_ID}, check=check)
    assert result.msg == (
        f"There is no secret sync with the ID {SYNC_ID}: it was deleted, or is in another project. Without"
        " sync_id this task would create one."
    )


@pytest.mark.parametrize("by", [NAMED, BY_ID])
def test_what_is_wrong_with_a_change_is_found_without_its_destination(server: Server, by: dict) -> None:
    lists_syncs(server, api_sync())
    result = server.run(module, **by, destination_config={"region": "Frankfurt"})
    assert "destination_config.region: 'Frankfurt' is not the name of an AWS region" in result.msg
    assert result["error_kind"] == "input"


# --- connections by name ----------------------------------------------------------------------------------------------

BY_NAME = {**{key: value for key, value in NEW.items() if key != "connection_id"}, "connection_name": " aws-dev "}


def looks_up(server: Server, *, project: dict, organization: dict | None = None, app: str = "aws") -> Server:
    path = f"/api/v1/app-connections/{app}/connection-name/aws-dev"
    server.expects("GET", path, query={"projectId": PROJECT}, **project)
    return server.expects("GET", path, **organization) if organization else server


FOUND = {"answer": {"appConnection": api_connection()}}


def test_a_connection_of_the_project_comes_first(server: Server) -> None:
    lists_syncs(server)
    looks_up(server, project=FOUND)
    checks(server)
    creates(server, NEW_BODY)
    assert server.run(module, **BY_NAME).changed is True


def test_a_connection_of_the_organization_comes_next(server: Server) -> None:
    lists_syncs(server)
    looks_up(server, project=not_found(), organization=FOUND)
    checks(server)
    creates(server, NEW_BODY)
    assert server.run(module, **BY_NAME).changed is True


def test_a_connection_that_it_has_already_is_not_looked_up(server: Server) -> None:
    lists_syncs(server, api_sync())
    assert server.run(module, **BY_NAME).changed is False


def test_another_connection_by_name(server: Server) -> None:
    lists_syncs(
        server,
        api_sync(connection={"app": "aws", "id": OTHER_CONNECTION_ID, "name": "old"}, connectionId=OTHER_CONNECTION_ID),
    )
    looks_up(server, project=FOUND)
    checks(
        server,
        {
            "destinationConfig": API_CONFIG,
            "projectId": PROJECT,
            "connectionId": CONNECTION_ID,
            "excludeSyncId": SYNC_ID,
        },
    )
    patches(server, {"connectionId": CONNECTION_ID})
    assert server.run(module, **NAMED, connection_name="aws-dev").changed is True


def test_no_connection_of_that_name(server: Server) -> None:
    lists_syncs(server)
    looks_up(server, project=not_found(), organization=not_found())
    result = server.run(module, **BY_NAME)
    assert result.msg == (
        "There is no aws connection called 'aws-dev', in the project or in its organization: create it with"
        " infisical_app_connection first, or check that the identity may use it."
    )
    assert result["error_kind"] == "input"


APPS = {
    "the destination's": ("cloudflare-pages", {}, "cloudflare"),
    "not the destination's name": ("keeper-password-manager", {}, "keeper"),
    "not known, so called as the destination": ("alibaba-cloud-kms", {}, "alibaba-cloud-kms"),
    "not known, so that of what is there": (
        "alibaba-cloud-kms",
        {"connection": {"app": "self-hosted", "id": CONNECTION_ID, "name": "x"}},
        "self-hosted",
    ),
    "of a destination that is not known": ("brand-new", {}, "brand-new"),
}


@pytest.mark.parametrize(("slug", "there", "app"), APPS.values(), ids=APPS)
def test_the_app_of_a_connection(server: Server, slug: str, there: dict, app: str) -> None:
    lists_syncs(server, *[api_sync(destination=slug, **there)] * bool(there))
    looks_up(server, project=not_found(), organization=not_found(), app=app)
    result = server.run(module, **{**BY_NAME, "destination": slug, "destination_config": None})
    assert result.msg.startswith(f"There is no {app} connection called 'aws-dev'")


@pytest.mark.parametrize("status", [403, 404])
def test_a_connection_that_can_not_be_looked_up(server: Server, status: int) -> None:
    lists_syncs(server)
    refusal = {"answer": api_error(403, "PermissionDenied", "no"), "status": 403} if status == 403 else no_route()
    looks_up(server, project=refusal)
    if status == 403:
        server.expects("GET", "/api/v1/app-connections/aws/available", query={"projectId": PROJECT}, **refusal)
    assert server.run(module, **BY_NAME)["status"] == status


# --- duplicates -------------------------------------------------------------------------------------------------------

DUPLICATE = {"answer": {"hasDuplicate": True, "duplicateProjectId": OTHER_PROJECT}}


@pytest.mark.parametrize("check", [False, True])
def test_a_second_writer_is_warned_of(server: Server, check: bool) -> None:
    lists_syncs(server)
    if check:
        server.expects_source()
    checks(server, **DUPLICATE)
    if not check:
        creates(server, NEW_BODY)
    result = server.run(module, **NEW, check=check)
    assert result.changed is True
    assert told(result) == [
        (
            f"Another secret sync writes to the same aws-secrets-manager destination (project {OTHER_PROJECT}); secrets"
            " with the same name overwrite each other."
        )
    ]


@pytest.mark.parametrize("check", [False, True])
def test_a_second_writer_is_refused_by_choice(server: Server, check: bool) -> None:
    lists_syncs(server)
    if check:
        server.expects_source()
    checks(server, answer={"hasDuplicate": True})
    # Another run might have made this very sync.
    lists_syncs(server)
    result = server.run(module, **NEW, check_duplicates="refuse", check=check)
    assert result.msg == (
        "Another secret sync writes to the same aws-secrets-manager destination; secrets with the same name overwrite"
        " each other."
        " Remove it, or set check_duplicates to warn."
    )
    assert result["error_kind"] == "conflict"


@pytest.mark.parametrize("choice", ["warn", "refuse"])
def test_the_same_sync_of_another_run_is_no_second_writer(server: Server, choice: str) -> None:
    """It was made after this run had read the list."""
    lists_syncs(server)
    checks(server, answer={"hasDuplicate": True, "duplicateProjectId": PROJECT})
    lists_syncs(server, api_sync())
    server.expects("POST", ALL, api_error(400, "BadRequest", TAKEN), status=400, body=NEW_BODY)
    lists_syncs(server, api_sync())
    result = server.run(module, **NEW, check_duplicates=choice)
    assert (result.failed, result.changed) == (False, False)
    assert told(result) == [f"Another run created the same secret sync at the same time: {SYNC_ID} is used."]


@pytest.mark.parametrize("check", [False, True])
def test_another_sync_of_the_project_is_a_second_writer(server: Server, check: bool) -> None:
    """It was made after this run had read the list, and has another name."""
    lists_syncs(server)
    if check:
        server.expects_source()
    checks(server, answer={"hasDuplicate": True, "duplicateProjectId": PROJECT})
    lists_syncs(server, api_sync(id=OTHER_SYNC_ID, name="other"))
    if not check:
        creates(server, NEW_BODY)
    assert "writes to the same" in told(server.run(module, **NEW, check=check))[0]


def test_a_second_writer_is_not_looked_for_by_choice(server: Server) -> None:
    lists_syncs(server)
    creates(server, NEW_BODY)
    assert told(server.run(module, **NEW, check_duplicates="ignore")) == []


def test_a_second_writer_through_a_changed_configuration(server: Server) -> None:
    lists_syncs(server, api_sync())
    whole = {**API_CONFIG, "secretName": "x"}
    body = {"destinationConfig": whole, "projectId": PROJECT, "connectionId": CONNECTION_ID, "excludeSyncId": SYNC_ID}
    checks(server, body, **DUPLICATE)
    result = server.run(module, **NAMED, destination_config={"secret_name": "x"}, check_duplicates="refuse")
    assert result["error_kind"] == "conflict"


@pytest.mark.parametrize("status", [400, 404, 422])
@pytest.mark.parametrize("choice", ["warn", "refuse"])
def test_a_server_that_can_not_tell_is_no_hindrance(server: Server, status: int, choice: str) -> None:
    lists_syncs(server)
    checks(server, answer=api_error(status, "Not Found", "no"), status=status)
    creates(server, NEW_BODY)
    assert server.run(module, **NEW, check_duplicates=choice).changed is True


def test_a_server_that_may_not_tell(server: Server) -> None:
    lists_syncs(server)
    checks(server, answer=api_error(403, "PermissionDenied", "no"), status=403)
    assert server.run(module, **NEW)["error_kind"] == "permission"


# --- the server's own list of destinations ----------------------------------------------------------------------------

OPTIONS = {
    "secretSyncOptions": [
        {"destination": "aws-secrets-manager", "canImportSecrets": True},
        {"destination": "netlify", "canImportSecrets": False},
    ]
}


def test_consulting_the_server_about_what_it_has(server: Server) -> None:
    lists_syncs(server)
    server.expects("GET", f"{LIST}/options", OPTIONS)
    checks(server)
    creates(server, NEW_BODY)
    assert server.run(module, **NEW, consult_options=True).changed is True


CONSULTED: dict[str, tuple[dict, str]] = {
    "missing": ({"destination": "1password"}, "destination '1password' is not supported by this server."),
    "misspelt": (
        {"destination": "aws-secret-manager"},
        "destination 'aws-secret-manager' is not supported by this server. Did you mean aws-secrets-manager?",
    ),
    "no import": (
        {"destination": "netlify", "sync_options": {"initial_sync_behavior": "import-prioritize-source"}},
        "sync_options.initial_sync_behavior import-prioritize-source: this server can't import from netlify.",
    ),
}


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize(("options", "message"), CONSULTED.values(), ids=CONSULTED)
def test_what_the_server_has_not(server: Server, options: dict, message: str, check: bool) -> None:
    lists_syncs(server)
    server.expects("GET", f"{LIST}/options", OPTIONS)
    result = server.run(module, **{**NEW, "destination_config": None, **options}, consult_options=True, check=check)
    assert result.msg == message


def test_consulting_the_server_about_what_is_there(server: Server) -> None:
    lists_syncs(server, api_sync())
    server.expects("GET", f"{LIST}/options", {"secretSyncOptions": []})
    result = server.run(module, **NAMED, consult_options=True)
    assert result.msg == "destination 'aws-secrets-manager' is not supported by this server."


# --- jobs -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("check", [False, True])
def test_sync_starts_one_though_nothing_changed(server: Server, check: bool) -> None:
    lists_syncs(server, api_sync(**RAN))
    if not check:
        acts(server, "sync-secrets", **{**RAN, "syncStatus": "pending"})
    result = server.run(module, **NAMED, sync=True, check=check)
    assert result.changed is True
    assert result["diff"]["after"]["sync"] == "started"


def test_a_change_is_a_sync_already(server: Server) -> None:
    lists_syncs(server, api_sync(**RAN))
    patches(server, {"description": "new"}, description="new")
    result = server.run(module, **NAMED, description="new", sync=True)
    assert "sync" not in result["diff"]["after"]


def test_a_change_of_one_that_is_not_automatic_is_none(server: Server) -> None:
    lists_syncs(server, api_sync(isAutoSyncEnabled=False))
    patches(server, {"description": "new"}, description="new", isAutoSyncEnabled=False)
    acts(server, "sync-secrets", isAutoSyncEnabled=False)
    assert server.run(module, **NAMED, description="new", sync=True)["diff"]["after"]["sync"] == "started"


def test_waits_for_the_outcome_of_a_create(server: Server) -> None:
    lists_syncs(server)
    checks(server)
    creates(server, NEW_BODY)
    gets(server)
    gets(server, syncStatus="running")
    gets(server, **RAN)
    result = server.run(module, **NEW, wait=True)
    assert result["secret_sync"]["sync_status"] == "succeeded"
    assert len(server.clock.sleeps) == 2


def test_a_create_whose_answer_shows_the_outcome_is_done(server: Server) -> None:
    lists_syncs(server)
    checks(server)
    creates(server, NEW_BODY, **RAN)
    gets(server, **RAN)
    result = server.run(module, **NEW, wait=True)
    assert result["secret_sync"]["sync_status"] == "succeeded"
    assert server.clock.sleeps == []


def test_waits_for_the_outcome_of_a_sync_and_is_not_deceived_by_the_last_one(server: Server) -> None:
    lists_syncs(server, api_sync(**RAN))
    acts(server, "sync-secrets", **RAN)
    gets(server, **RAN)
    gets(server, **RAN_AGAIN)
    assert server.run(module, **NAMED, sync=True, wait=True)["secret_sync"]["last_sync_job_id"] == "2"


HAD_FAILED_ONCE = {"lastSyncMessage": "AccessDenied:\nno", "lastSyncJobId": "3"}
FAILED = {"syncStatus": "failed", "lastSyncJobId": "2"}


def test_nothing_to_wait_for(server: Server) -> None:
    lists_syncs(server, api_sync(**RAN))
    assert server.run(module, **NEW, wait=True).changed is False


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("there", [{}, {"syncStatus": "running"}, {**HAD_FAILED_ONCE, "syncStatus": "pending"}])
def test_a_sync_that_is_under_way_is_waited_for(server: Server, there: dict, check: bool) -> None:
    lists_syncs(server, api_sync(**there))
    if not check:
        gets(server, syncStatus="running")
        gets(server, **RAN)
    result = server.run(module, **NEW, wait=True, check=check)
    assert result.changed is False
    assert (result["secret_sync"]["sync_status"] == "succeeded") is not check


def test_a_sync_that_is_under_way_and_fails(server: Server) -> None:
    lists_syncs(server, api_sync())
    gets(server, **FAILED, lastSyncMessage="no")
    result = server.run(module, **NEW, wait=True)
    assert result.msg == f"The sync of secret sync {SYNC_ID} failed: no"
    assert (result["error_kind"], result.changed) == ("sync_failed", False)


@pytest.mark.parametrize("check", [False, True])
def test_one_that_was_never_synced_is_synced_where_the_task_waits(server: Server, check: bool) -> None:
    lists_syncs(server, api_sync(syncStatus=None))
    if not check:
        acts(server, "sync-secrets")
        gets(server, **RAN)
    result = server.run(module, **NEW, wait=True, check=check)
    assert result.changed is True
    assert result["diff"]["after"]["sync"] == "started"
    assert told(result) == []


HAD_FAILED = {"syncStatus": "failed", **HAD_FAILED_ONCE}
HAS_FAILED_AGAIN = {**HAD_FAILED, "lastSyncJobId": "4", "lastSyncMessage": "AccessDenied"}
TOLD_OF_FAILURE = f"The last sync of secret sync {SYNC_ID} failed: AccessDenied: no. This task starts a new one."


@pytest.mark.parametrize("now", [RAN, HAS_FAILED_AGAIN], ids=["cured", "fails again"])
def test_an_unchanged_one_whose_last_sync_failed_is_synced_again_where_the_task_waits(
    server: Server, now: dict
) -> None:
    lists_syncs(server, api_sync(**HAD_FAILED))
    acts(server, "sync-secrets", **HAD_FAILED)
    gets(server, **HAD_FAILED)
    gets(server, **now)
    result = server.run(module, **NEW, wait=True)
    assert result.failed is (now is not RAN)
    assert result.changed is True
    assert result["secret_sync"]["sync_status"] == now["syncStatus"]
    assert told(result) == [TOLD_OF_FAILURE]
    if result.failed:
        assert result.msg == f"The sync of secret sync {SYNC_ID} failed: AccessDenied"


def test_check_mode_tells_of_a_sync_that_failed_and_would_be_started_again(server: Server) -> None:
    lists_syncs(server, api_sync(**HAD_FAILED))
    result = server.run(module, **NEW, wait=True, check=True)
    assert result.changed is True
    assert result["diff"]["after"]["sync"] == "started"
    assert told(result) == [TOLD_OF_FAILURE]


UNHEEDED = (
    f"The last sync of secret sync {SYNC_ID} failed: AccessDenied: no. To start a new one and wait for its outcome, set"
    " wait to true."
)
INACTIVE = f"Secret sync {SYNC_ID} is inactive (is_auto_sync_enabled is false), so there is no outcome to wait for."
OFF = {"isAutoSyncEnabled": False}
LEFT_ALONE: dict[str, tuple[dict, dict, list]] = {
    "failed, off": ({**HAD_FAILED, **OFF}, {"wait": True}, [INACTIVE]),
    "failed, off as specified": ({**HAD_FAILED, **OFF}, {"wait": True, "is_auto_sync_enabled": False}, []),
    "failed, off, no wait": ({**HAD_FAILED, **OFF}, {}, [UNHEEDED]),
    "never synced, off": ({"syncStatus": None, **OFF}, {"wait": True}, [INACTIVE]),
    "failed, no wait": (HAD_FAILED, {}, [UNHEEDED]),
    "succeeded": (RAN, {"wait": True}, []),
    "pending, no wait": ({"syncStatus": "pending"}, {}, []),
    "never synced, no wait": ({"syncStatus": None}, {}, []),
}


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize(("there", "options", "warnings"), LEFT_ALONE.values(), ids=LEFT_ALONE)
def test_an_old_failure_is_left_alone_without_wait_and_where_it_is_not_automatic(
    server: Server, there: dict, options: dict, warnings: list, check: bool
) -> None:
    lists_syncs(server, api_sync(**there))
    result = server.run(module, **NAMED, **options, check=check)
    assert (result.failed, result.changed) == (False, False)
    assert told(result) == warnings


def test_nothing_to_wait_for_where_it_is_not_automatic(server: Server) -> None:
    lists_syncs(server)
    checks(server)
    creates(server, {**NEW_BODY, **OFF}, **OFF, syncStatus=None)
    assert server.run(module, **NEW, is_auto_sync_enabled=False, wait=True).changed is True


def test_what_ran_before_a_change_is_not_taken_for_its_outcome(server: Server) -> None:
    lists_syncs(server, api_sync(**{**RAN, "syncStatus": "running"}))
    patches(server, {"description": "new"}, **{**RAN, "syncStatus": "pending"}, description="new")
    gets(server, **HAS_FAILED_AGAIN, description="new")
    acts(server, "sync-secrets", **{**HAS_FAILED_AGAIN, "syncStatus": "pending"}, description="new")
    gets(server, **RAN_AGAIN, description="new")
    result = server.run(module, **NAMED, description="new", wait=True)
    assert result["secret_sync"]["last_sync_job_id"] == "2"
    assert "sync" not in result["diff"]["after"]


ENDED_WHILE_PENDING = {"syncStatus": "pending", "lastSyncJobId": "2", "lastSyncedAt": "2026-03-02T10:00:00.000Z"}


def test_a_sync_that_ended_before_the_server_called_it_pending(server: Server) -> None:
    lists_syncs(server, api_sync(**RAN))
    acts(server, "sync-secrets", **{**RAN, "syncStatus": "pending"})
    gets(server, **ENDED_WHILE_PENDING)
    gets(server, **ENDED_WHILE_PENDING)
    result = server.run(module, **NAMED, sync=True, wait=True)
    assert (result.failed, result.changed) == (False, True)
    assert sum(server.clock.sleeps) <= 5


def test_a_sync_that_failed_before_the_server_called_it_pending(server: Server) -> None:
    lists_syncs(server, api_sync(**RAN))
    acts(server, "sync-secrets", **{**RAN, "syncStatus": "pending"})
    gets(server, **{**ENDED_WHILE_PENDING, "lastSyncedAt": RAN["lastSyncedAt"]}, lastSyncMessage="no")
    result = server.run(module, **NAMED, sync=True, wait=True)
    assert result.msg == f"The sync of secret sync {SYNC_ID} failed: no"


@pytest.mark.parametrize(("message", "failed"), [(None, False), ("no", True)], ids=["succeeded", "failed"])
def test_an_outcome_in_the_answer_counts_when_no_job_starts_any_more(
    server: Server, message: str | None, failed: bool
) -> None:
    lists_syncs(server, api_sync(**RAN))
    acts(server, "sync-secrets", **ENDED_WHILE_PENDING, lastSyncMessage=message)
    for _unused in range(10):
        gets(server, **ENDED_WHILE_PENDING, lastSyncMessage=message)
    result = server.run(module, **NAMED, sync=True, wait=True)
    assert result.failed is failed
    assert 10 < sum(server.clock.sleeps) < 20


def test_an_outcome_in_the_answer_is_that_of_a_job_from_before(server: Server) -> None:
    lists_syncs(server, api_sync(**RAN))
    acts(server, "sync-secrets", **ENDED_WHILE_PENDING)
    gets(server, **ENDED_WHILE_PENDING)
    gets(server, **{**ENDED_WHILE_PENDING, "syncStatus": "running"})
    gets(server, **{**RAN_AGAIN, "lastSyncJobId": "3", "syncStatus": "failed"}, lastSyncMessage="no")
    assert server.run(module, **NAMED, sync=True, wait=True).msg.endswith("failed: no")


def test_check_mode_waits_for_nothing(server: Server) -> None:
    lists_syncs(server)
    server.expects_source()
    checks(server)
    options = {"sync": True, "import_secrets": "prioritize-source", "wait": True}
    result = server.run(module, **NEW, **options, check=True)
    assert result["diff"]["after"]["import"] == "started"


def test_an_import_waits_for_the_sync_that_a_create_starts(server: Server) -> None:
    lists_syncs(server)
    checks(server)
    creates(server, NEW_BODY)
    gets(server, **RAN)
    acts(server, "import-secrets", {"importBehavior": "prioritize-source"}, **RAN, importStatus="pending")
    result = server.run(module, **NEW, import_secrets="prioritize-source")
    assert result["secret_sync"]["import_status"] == "pending"


def test_a_sync_waits_for_the_import(server: Server) -> None:
    lists_syncs(server, api_sync(**RAN))
    acts(server, "import-secrets", {"importBehavior": "prioritize-destination"}, **RAN, importStatus="pending")
    gets(server, **RAN, **IMPORTED)
    acts(server, "sync-secrets", **{**RAN, "syncStatus": "pending"}, **IMPORTED)
    gets(server, **RAN_AGAIN, **IMPORTED)
    result = server.run(module, **NAMED, import_secrets="prioritize-destination", sync=True, wait=True)
    assert result["diff"]["after"].items() >= {"import": "started", "sync": "started"}.items()
    assert result["secret_sync"]["last_sync_job_id"] == "2"


BUSY = api_error(400, "BadRequest", "A job for this sync is already in progress. Please try again shortly.")
ACTIONS = [("sync-secrets", {"sync": True}), ("import-secrets", {"import_secrets": "prioritize-source"})]


def is_busy(server: Server, action: str, times: int) -> None:
    query = {"importBehavior": "prioritize-source"} if action == "import-secrets" else None
    for _unused in range(times):
        server.expects("POST", f"{ONE}/{action}", BUSY, status=400, body={}, query=query)


@pytest.mark.parametrize("wait", [True, False])
@pytest.mark.parametrize(("action", "options"), ACTIONS)
def test_a_job_that_another_stands_in_the_way_of_is_asked_for_again(
    server: Server, action: str, options: dict, wait: bool
) -> None:
    lists_syncs(server, api_sync(**RAN))
    is_busy(server, action, 2)
    query = {"importBehavior": "prioritize-source"} if action == "import-secrets" else None
    acts(server, action, query, **{**RAN, "syncStatus": "pending", "importStatus": "pending"})
    if wait:
        gets(server, **RAN_AGAIN, **IMPORTED)
    result = server.run(module, **NAMED, **options, wait=wait)
    assert result.changed is True
    assert server.clock.sleeps == [0.25, 0.375]


@pytest.mark.parametrize("wait", [True, False])
@pytest.mark.parametrize(("action", "options"), ACTIONS)
def test_a_job_that_is_never_started_is_no_change(server: Server, action: str, options: dict, wait: bool) -> None:
    lists_syncs(server, api_sync(**RAN))
    is_busy(server, action, 4)
    result = server.run(module, **NAMED, **options, wait=wait, wait_timeout=1)
    job = action.partition("-")[0]
    assert result.msg == (
        f"The {job} of secret sync {SYNC_ID} was not started within 1 seconds (option wait_timeout), since another of"
        " its jobs was in progress the whole time."
    )
    assert (result["error_kind"], result.changed) == ("sync_failed", False)
    assert sum(server.clock.sleeps) == 1


@pytest.mark.parametrize(
    ("message", "reason"), [("The role\nmay not write", "The role may not write"), (None, "the server gave no reason")]
)
def test_a_failed_sync_fails_the_task_with_the_words_of_the_service(
    server: Server, message: str | None, reason: str
) -> None:
    lists_syncs(server, api_sync(**RAN))
    acts(server, "sync-secrets", **RAN)
    gets(server, **FAILED, lastSyncMessage=message)
    result = server.run(module, **NAMED, sync=True, wait=True)
    assert result.msg == f"The sync of secret sync {SYNC_ID} failed: {reason}"
    assert (result["error_kind"], result.changed) == ("sync_failed", True)
    assert result["secret_sync"]["last_sync_job_id"] == "2"


def test_a_failed_import(server: Server) -> None:
    lists_syncs(server, api_sync(**RAN))
    acts(server, "import-secrets", {"importBehavior": "prioritize-source"}, **RAN)
    gets(server, **RAN, importStatus="failed", lastImportMessage="no")
    result = server.run(module, **NAMED, import_secrets="prioritize-source", sync=True, wait=True)
    assert result.msg == f"The import of secret sync {SYNC_ID} failed: no"


def test_an_import_that_takes_too_long(server: Server) -> None:
    lists_syncs(server, api_sync(**RAN))
    acts(server, "import-secrets", {"importBehavior": "prioritize-source"}, **RAN, importStatus="running")
    for _unused in range(3):
        gets(server, **RAN, importStatus="running")
    result = server.run(module, **NAMED, import_secrets="prioritize-source", wait=True, wait_timeout=0.5)
    assert result.msg == (
        f"The server recorded no outcome of the import of secret sync {SYNC_ID} within 0.5 seconds (option"
        " wait_timeout)."
    )


def test_a_sync_that_fails_before_the_import(server: Server) -> None:
    lists_syncs(server)
    checks(server)
    creates(server, NEW_BODY)
    gets(server, **FAILED, lastSyncMessage="no")
    result = server.run(module, **NEW, import_secrets="prioritize-source")
    assert result.msg == f"The sync of secret sync {SYNC_ID} failed: no"
    assert (result.changed, result["secret_sync"]["sync_status"]) == (True, "failed")


def test_waiting_ends(server: Server) -> None:
    lists_syncs(server, api_sync(**RAN))
    acts(server, "sync-secrets", **RAN)
    for _unused in range(3):
        gets(server, syncStatus="running")
    result = server.run(module, **NAMED, sync=True, wait=True, wait_timeout=0.5)
    assert result.msg == (
        f"The server recorded no outcome of the sync of secret sync {SYNC_ID} within 0.5 seconds (option wait_timeout)."
        " A failing sync is recorded after its fifth attempt, about a minute. If the status stays pending after that,"
        " set"
        " sync to true to start a new one."
    )
    assert (result.changed, result["secret_sync"]["sync_status"]) == (True, "running")
    assert sum(server.clock.sleeps) == 0.5


def test_one_that_is_deleted_while_it_is_waited_for(server: Server) -> None:
    lists_syncs(server, api_sync(**RAN))
    acts(server, "sync-secrets", **RAN)
    server.expects("GET", ONE, **not_found())
    result = server.run(module, **NAMED, sync=True, wait=True)
    assert result.msg == f"Someone deleted secret sync {SYNC_ID} while the task waited for its sync."
    assert (result.changed, result["secret_sync"]["id"]) == (True, SYNC_ID)


GONE = api_error(400, "BadRequest", "Invalid source configuration: folder no longer exists.")
REFUSED_JOBS: dict[str, tuple[dict, dict, int, bool]] = {
    "nothing done before": ({}, GONE, 400, False),
    "changed before": ({"description": "new"}, GONE, 400, True),
    "which may have started": ({}, api_error(500, "InternalServerError", "oops"), 500, True),
}


@pytest.mark.parametrize(("options", "answer", "status", "changed"), REFUSED_JOBS.values(), ids=REFUSED_JOBS)
def test_a_job_that_is_refused(server: Server, options: dict, answer: dict, status: int, changed: bool) -> None:
    off = {"isAutoSyncEnabled": False}
    lists_syncs(server, api_sync(**off))
    if options:
        patches(server, options, **off, **options)
    server.expects("POST", f"{ONE}/sync-secrets", answer, status=status, body={})
    result = server.run(module, **NAMED, **options, sync=True)
    assert (result["status"], result.changed) == (status, changed)
    assert result["secret_sync"]["description"] == options.get("description")


def test_a_sync_that_is_refused_after_an_import(server: Server) -> None:
    lists_syncs(server, api_sync(**RAN))
    acts(server, "import-secrets", {"importBehavior": "prioritize-source"}, **RAN)
    gets(server, **RAN, **IMPORTED)
    server.expects("POST", f"{ONE}/sync-secrets", GONE, status=400, body={})
    assert server.run(module, **NAMED, import_secrets="prioritize-source", sync=True).changed is True


def test_a_job_whose_answer_is_lost(server: Server) -> None:
    lists_syncs(server, api_sync(**RAN))
    server.expects("POST", f"{ONE}/sync-secrets", "<html>", status=502, body={})
    result = server.run(module, **NAMED, sync=True, wait=True)
    assert (result["error_kind"], result.changed) == ("unexpected_answer", True)


# --- absent -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("by", [NAMED, BY_ID])
def test_absent_leaves_the_secrets_at_the_destination(server: Server, by: dict, check: bool) -> None:
    lists_syncs(server, api_sync())
    if not check:
        server.expects("DELETE", ONE, {"secretSync": api_sync()}, query={"removeSecrets": "false"})
    result = server.run(module, **by, state="absent", check=check)
    assert result.changed is True
    assert (result["secret_sync"], result["removed"]) == (None, [SYNC_ID])


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("by", [NAMED, BY_ID])
def test_absent_of_nothing_is_unchanged(server: Server, by: dict, check: bool) -> None:
    lists_syncs(server, api_sync(id=OTHER_SYNC_ID, name="other"))
    result = server.run(module, **by, state="absent", delete_destination_secrets=True, check=check)
    assert (result.changed, result["removed"]) == (False, [])


def test_absent_of_one_that_goes_away_in_the_meantime(server: Server) -> None:
    lists_syncs(server, api_sync())
    server.expects("DELETE", ONE, query={"removeSecrets": "false"}, **not_found())
    assert server.run(module, **NAMED, state="absent").changed is True


REMOVAL = {**NAMED, "state": "absent", "delete_destination_secrets": True}


def removes(server: Server) -> Server:
    answer = {"secretSync": api_sync(removeStatus="pending")}
    return server.expects("DELETE", ONE, answer, query={"removeSecrets": "true"})


def test_absent_with_the_secrets_waits_until_it_is_gone(server: Server) -> None:
    lists_syncs(server, api_sync())
    removes(server)
    gets(server, removeStatus="pending")
    gets(server, removeStatus="running")
    server.expects("GET", ONE, **not_found())
    result = server.run(module, **REMOVAL)
    assert (result.changed, result["removed"]) == (True, [SYNC_ID])
    assert len(server.clock.sleeps) == 2


def test_absent_with_the_secrets_in_check_mode(server: Server) -> None:
    lists_syncs(server, api_sync())
    assert server.run(module, **REMOVAL, check=True)["removed"] == [SYNC_ID]


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("many", [False, True], ids=["single", "plural"])
def test_secrets_that_the_server_can_not_remove(server: Server, many: bool, check: bool) -> None:
    lists_syncs(server, api_sync(destination="azure-entra-id-scim"))
    item = {key: value for key, value in REMOVAL.items() if key != "project_id"}
    result = (
        server.run(infisical_secret_syncs, project_id=PROJECT, syncs=[item], check=check)
        if many
        else server.run(module, **REMOVAL, check=check)
    )
    assert (
        "delete_destination_secrets: the server can't delete what it wrote to Azure Entra ID SCIM. Leave it out, and"
        " remove the secrets at the destination with the destination's own tools."
    ) in result.msg
    assert result.failed


@pytest.mark.parametrize(("message", "reason"), [("no\nway", "no way"), (None, "the server gave no reason")])
def test_secrets_that_could_not_be_removed(server: Server, message: str | None, reason: str) -> None:
    lists_syncs(server, api_sync())
    removes(server)
    gets(server, removeStatus="failed", lastRemoveMessage=message)
    result = server.run(module, **REMOVAL)
    assert result.msg == (f"The removal of the secrets of secret sync {SYNC_ID} failed: {reason}")
    assert (result["error_kind"], result.changed) == ("sync_failed", True)
    assert result["secret_sync"]["remove_status"] == "failed"


def test_a_removal_that_takes_too_long(server: Server) -> None:
    lists_syncs(server, api_sync())
    removes(server)
    for _unused in range(5):
        gets(server, removeStatus="running")
    result = server.run(module, **REMOVAL, wait_timeout=1.5)
    assert result.msg == (
        f"The server recorded no outcome of the removal of the secrets of secret sync {SYNC_ID} within 1.5 seconds"
        " (option wait_timeout). The sync exists until they are removed."
    )
    assert result.changed is True
    assert sum(server.clock.sleeps) == 1.5


def test_a_removal_that_a_job_stands_in_the_way_of(server: Server) -> None:
    lists_syncs(server, api_sync())
    server.expects("DELETE", ONE, BUSY, status=400, query={"removeSecrets": "true"})
    removes(server)
    server.expects("GET", ONE, **not_found())
    result = server.run(module, **REMOVAL)
    assert (result.changed, result["removed"]) == (True, [SYNC_ID])


def test_a_removal_that_is_never_started(server: Server) -> None:
    lists_syncs(server, api_sync())
    for _unused in range(4):
        server.expects("DELETE", ONE, BUSY, status=400, query={"removeSecrets": "true"})
    result = server.run(module, **REMOVAL, wait_timeout=1)
    assert f"The removal of the secrets of secret sync {SYNC_ID} was not started within 1 seconds" in result.msg
    assert result.changed is False


def test_a_removal_that_is_refused(server: Server) -> None:
    lists_syncs(server, api_sync())
    server.expects("DELETE", ONE, GONE, status=400, query={"removeSecrets": "true"})
    result = server.run(module, **REMOVAL)
    assert "folder no longer exists" in result.msg


# --- check mode -------------------------------------------------------------------------------------------------------


def test_check_mode_hands_out_a_stand_in(server: Server) -> None:
    ids = []
    for name in ("app-dev", "app-prod", "app-dev"):
        lists_syncs(server)
        server.expects_source()
        checks(server)
        result = server.run(module, **{**NEW, "name": name}, check=True)
        ids.append(result["secret_sync"]["id"])
        assert result["secret_sync"]["secret_path"] == "/app"
    assert all(PLACEHOLDER.fullmatch(one) for one in ids)
    assert ids[0] == ids[2] != ids[1]


def test_check_mode_takes_a_connection_that_only_check_mode_made(server: Server) -> None:
    lists_syncs(server)
    # A server that looks for this connection would find none.
    server.expects_source()
    checks(server, {"destinationConfig": API_CONFIG, "projectId": PROJECT})
    result = server.run(module, **{**NEW, "connection_id": STAND_IN}, check=True)
    assert result["secret_sync"]["connection_id"] == STAND_IN


def test_check_mode_assumes_that_a_connection_will_be_made(server: Server) -> None:
    lists_syncs(server)
    looks_up(server, project=not_found(), organization=not_found())
    server.expects_source()
    checks(server, {"destinationConfig": API_CONFIG, "projectId": PROJECT})
    result = server.run(module, **BY_NAME, check=True)
    assert PLACEHOLDER.fullmatch(result["secret_sync"]["connection_id"])
    assert told(result) == [
        (
            "There is no aws connection called 'aws-dev' yet; check mode assumes that an earlier task of this run"
            " creates it."
        )
    ]


def test_an_unchanged_sync_is_shown_as_the_server_has_it(server: Server) -> None:
    """Also what has no effect, and is not compared."""
    lists_syncs(server, api_sync(syncOptions={**API_OPTIONS, "keySchema": None}))
    result = server.run(module, **NAMED)
    assert result["diff"]["before"] == result["diff"]["after"]
    assert result["diff"]["after"]["sync_options"]["key_schema"] is None


def test_a_scope_on_which_nothing_else_depends_is_changed_alone(server: Server) -> None:
    cluster = {"scope": "cluster", "clusterUUID": "c-1"}
    lists_syncs(server, api_sync(destination="camunda", destinationConfig=cluster))
    changed = {**cluster, "scope": "other"}
    answer = {"secretSync": api_sync(destination="camunda", destinationConfig=changed)}
    server.expects("PATCH", f"{LIST}/camunda/{SYNC_ID}", answer, body={"destinationConfig": changed})
    options = {"destination_config": {"scope": "other"}, "check_duplicates": "ignore", "validate": "off"}
    assert server.run(module, **NAMED, **options).changed is True


@pytest.mark.parametrize("again", [False, True])
def test_check_mode_foretells_a_second_sync_of_a_stand_in_only_where_it_is_asked_for(
    server: Server, again: bool
) -> None:
    """Its creation started the first one."""
    result = server.run(module, **{**BY_ID, "sync_id": STAND_IN}, wait=True, sync=again, check=True)
    assert result.changed is again


def test_check_mode_asks_nothing_about_a_stand_in(server: Server) -> None:
    lists_syncs(server)
    server.expects_source()
    # Among the others is none that the server would have to leave out.
    checks(server)
    whole = {key: value for key, value in NEW.items() if key != "name"}
    result = server.run(module, **whole, sync_id=STAND_IN, description="new", check=True)
    assert result["secret_sync"]["id"] == STAND_IN


def test_a_stand_in_is_no_connection_in_a_real_run(server: Server) -> None:
    lists_syncs(server)
    result = server.run(module, **{**NEW, "connection_id": STAND_IN})
    assert result.msg.startswith(f"connection_id {STAND_IN} is a placeholder from check mode")
    assert result["error_kind"] == "input"


@pytest.mark.parametrize("state", ["present", "absent"])
def test_a_stand_in_is_no_id_in_a_real_run(server: Server, state: str) -> None:
    result = server.run(module, **{**BY_ID, "sync_id": STAND_IN}, state=state)
    assert result.msg.startswith(
        f"sync_id {STAND_IN} is a placeholder from check mode, for an object that was not created."
    )
    assert result["error_kind"] == "input"


CHECKED: dict[str, tuple[dict, bool]] = {
    "nothing to change": ({}, False),
    "with auto-sync, as by default": ({"is_auto_sync_enabled": True}, False),
    "without auto-sync": ({"is_auto_sync_enabled": False}, True),
    "what a new sync keeps": ({"sync_options": {"disable_secret_deletion": True}}, False),
    "what a new sync does first": ({"sync_options": {"initial_sync_behavior": "overwrite-destination"}}, False),
    "deletions": ({"sync_options": {"disable_secret_deletion": False}}, True),
    "another folder, of an environment that is not known": ({"secret_path": "/app"}, True),
    "another configuration": ({"destination_config": CONFIG}, True),
    "another configuration of a known destination": (
        {"destination": "aws-secrets-manager", "destination_config": CONFIG, "check_duplicates": "ignore"},
        True,
    ),
    "synced": ({"sync": True}, True),
    "imported and waited for": ({"import_secrets": "prioritize-source", "wait": True}, True),
    "absent": ({"state": "absent", "delete_destination_secrets": True}, True),
}


@pytest.mark.parametrize(("options", "changed"), CHECKED.values(), ids=CHECKED)
def test_check_mode_goes_on_with_what_it_did_not_create(server: Server, options: dict, changed: bool) -> None:
    result = server.run(module, check=True, **{**BY_ID, "sync_id": STAND_IN, **options})
    assert (result.changed, told(result)) == (changed, [])
    if options.get("state") == "absent":
        assert (result["secret_sync"], result["removed"]) == (None, [STAND_IN])
    else:
        assert result["secret_sync"]["id"] == STAND_IN


def test_check_mode_presumes_what_an_earlier_task_had_to_specify(server: Server) -> None:
    result = server.run(module, check=True, **{**BY_ID, "sync_id": STAND_IN, "environment": "dev"})
    assert (result.changed, result["secret_sync"]["environment"]) == (False, "dev")
    assert told(result) == [
        (
            f"The secret sync {STAND_IN} does not exist yet; check mode assumes that an earlier task of this run"
            " creates it with the same environment."
        )
    ]


@pytest.mark.parametrize(
    ("options", "there", "reason"),
    [
        ({"environment": "development"}, {}, "The project has no environment 'development': it has dev, prod"),
        ({"secret_path": "/ap"}, {}, "The environment dev has no folder '/ap'. The folder / contains: app."),
        (
            {"environment": "prod"},
            {"environments": ("prod",), "folders": ()},
            "The environment prod has no folder '/app'.",
        ),
    ],
)
@pytest.mark.parametrize("exists", [False, True])
def test_check_mode_refuses_a_source_that_is_not_there(
    server: Server, options: dict, there: dict, reason: str, exists: bool
) -> None:
    lists_syncs(server, *([api_sync()] if exists else []))
    server.expects_source(**{"parent": None if "development" in options.values() else "/", **there})
    result = server.run(module, **{**NEW, **options}, check=True)
    assert result.msg.startswith(reason)
    assert result["error_kind"] == "input"


def test_a_server_without_secret_syncs_is_named_as_such(server: Server) -> None:
    server.expects("GET", LIST, **no_route(), query={"projectId": PROJECT})
    result = server.run(module, **NEW)
    assert result["error_kind"] == "route_missing"
    assert "This server is older than secret syncs, or than this destination of theirs." in result.msg


def test_a_server_without_the_destination_is_named_as_such(server: Server) -> None:
    lists_syncs(server)
    checks(server)
    server.expects("POST", f"{LIST}/aws-secrets-manager", body=NEW_BODY, **no_route())
    server.expects_source()
    result = server.run(module, **NEW)
    assert result["error_kind"] == "route_missing"
    assert "This server is older than secret syncs, or than this destination of theirs." in result.msg


def test_check_mode_has_the_keys_of_a_real_run(server: Server) -> None:
    results: list[Result] = []
    for check in (True, False):
        lists_syncs(server)
        if check:
            server.expects_source()
        checks(server)
        if not check:
            creates(server, NEW_BODY)
        results.append(server.run(module, **NEW, check=check))
    assert results[0].data.keys() == results[1].data.keys()
    assert results[0]["secret_sync"].keys() == results[1]["secret_sync"].keys()


# --- input ------------------------------------------------------------------------------------------------------------

REFUSED: dict[str, tuple[dict, str]] = {
    "neither name nor id": ({"project_id": PROJECT}, "one of the following is required: name, sync_id"),
    "an empty name": ({**NAMED, "name": ""}, "name is missing: specify it, or sync_id."),
    "a name that is no slug": ({**NAMED, "name": "App"}, "name 'App' is not a slug"),
    "an id that is none": ({**BY_ID, "sync_id": "x"}, "sync_id 'x' is not an ID"),
    "a connection that is none": ({**NEW, "connection_id": "x"}, "connection_id 'x' is not an ID"),
    "a project that is none": ({**NEW, "project_id": "a/b"}, "project_id 'a/b' is not an ID"),
    "a destination that is a path": ({**NEW, "destination": "a/../b"}, "destination 'a/../b' is not a slug"),
    "a folder without its slash": (
        {**NEW, "secret_path": "app"},
        "secret_path 'app' must start with a slash, as in '/app'.",
    ),
}


@pytest.mark.parametrize("state", ["present", "absent"])
@pytest.mark.parametrize(("options", "message"), REFUSED.values(), ids=REFUSED)
def test_refused_input_sends_nothing(server: Server, options: dict, message: str, state: str) -> None:
    assert server.run(module, **options, state=state).msg.startswith(message)


def test_all_problems_at_once_before_anything_is_sent(server: Server) -> None:
    wrong = {
        "destination_config": {"region": "Frankfurt", "mapping_behavior": "some-to-some"},
        "sync_options": {"initial_sync_behavior": "guess", "key_schema": "APP", "tags": [{"key": "team"}]},
    }
    result = server.run(module, **{**NEW, **wrong})
    for field in (
        "destination_config.region: 'Frankfurt' is not",
        "destination_config.mapping_behavior: 'some-to-some' is not one of",
        "sync_options.initial_sync_behavior: 'guess' is not one of",
        "sync_options.key_schema must have {{secretKey}} in it (in a playbook",
        "sync_options.tags[0].value is missing",
    ):
        assert field in result.msg


@pytest.mark.parametrize("validate", ["strict", "warn", "off"])
def test_what_the_catalogue_does_not_know(server: Server, validate: str) -> None:
    if validate != "strict":
        lists_syncs(server, api_sync(destination="brand-new"))
    options = {"destination": "brand-new", "destination_config": None, "validate": validate}
    result = server.run(module, **{**NEW, **options})
    assert result.failed is (validate == "strict")
    assert len(told(result)) == (validate == "warn")


def test_what_is_uncertain_is_said_once(server: Server) -> None:
    lists_syncs(server)
    checks(
        server, {"destinationConfig": {**API_CONFIG, "new": "x"}, "projectId": PROJECT, "connectionId": CONNECTION_ID}
    )
    creates(server, {**NEW_BODY, "destinationConfig": {**API_CONFIG, "new": "x"}})
    result = server.run(module, **{**NEW, "destination_config": {**CONFIG, "new": "x"}})
    assert len(told(result)) == 1
    assert told(result)[0].startswith("destination_config.new isn't known here")


def test_validation_that_is_off_leaves_it_to_the_server(server: Server) -> None:
    lists_syncs(server)
    server.expects(
        "POST",
        ALL,
        api_error(422, "ValidationFailure", "no"),
        status=422,
        body={**NEW_BODY, "destinationConfig": {"region": "Frankfurt"}},
    )
    options = {"destination_config": {"region": "Frankfurt"}, "validate": "off", "check_duplicates": "ignore"}
    assert server.run(module, **{**NEW, **options})["error_kind"] == "validation"


def test_absent_does_not_look_at_the_configuration(server: Server) -> None:
    lists_syncs(server)
    assert server.run(module, **NEW, sync_options={"key_schema": "x"}, state="absent").changed is False


BLANK = {"connection_id": "connection_id '' is not an ID", "secret_path": "secret_path '' must start with a slash"}


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("option", BLANK)
def test_a_blank_is_not_taken_for_nothing(server: Server, option: str, check: bool) -> None:
    result = server.run(module, **{**NEW, option: " "}, check=check)
    assert result.msg.startswith(BLANK[option])


def test_what_the_catalogue_refuses_is_not_looked_up(server: Server) -> None:
    lists_syncs(server, api_sync())
    options = {"project_id": PROJECT, "name": "app-dev", "connection_name": "nope"}
    result = server.run(module, **options, destination_config={"region": "x"})
    assert result.msg.startswith("destination_config.region: 'x' is not the name of an AWS region")


def test_a_new_sync_needs_its_destination_before_its_connection_is_looked_up(server: Server) -> None:
    lists_syncs(server)
    result = server.run(module, project_id=PROJECT, name="app-dev", environment="dev", connection_name="aws-dev")
    assert result.msg == "To create the secret sync 'app-dev', specify destination as well."


def test_one_fault_is_said_once_and_nothing_of_a_destination_that_is_none(server: Server) -> None:
    result = server.run(module, **{**NEW, "project_id": "a b", "destination": "Bad Dest"})
    assert result.msg.count("project_id 'a b' is not an ID") == 1
    assert (result.msg.count("destination 'Bad Dest' is not a slug"), told(result)) == (1, [])
