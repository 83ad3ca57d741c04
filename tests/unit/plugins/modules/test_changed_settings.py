# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of syncs: what an update leads to, what is missing by doubt, empty texts, and what no answer has."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.community.infisical.plugins.modules import infisical_secret_syncs
from ansible_collections.community.infisical.tests.unit.plugins.harness import (
    CONNECTION_ID,
    CREATED_SYNC,
    MANY,
    OTHER_CONNECTION_ID,
    OTHER_SYNC_ID,
    PROJECT,
    SYNC_ID,
    SYNCS,
    Server,
    api_error,
    api_sync,
    lists_syncs,
    run_sync,
)

CHECK = pytest.mark.parametrize("check", [False, True])
OPTIONS = {"initialSyncBehavior": "overwrite-destination", "disableSecretDeletion": True}
ITEM = {"name": "app-dev", "check_duplicates": "ignore"}
NEW = {**ITEM, "connection_id": CONNECTION_ID, "environment": "dev", "secret_path": "/app"}
SPACELIFT = {"contextId": "c", "contextName": "C"}
ONE_TO_ONE = {"region": "us-east-1", "mappingBehavior": "one-to-one"}


def row(slug: str, config: dict, **options: Any) -> dict:
    return api_sync(destination=slug, destinationConfig=config, syncOptions={**OPTIONS, **options})


# What is stored, what the task changes, and what is wrong with what that leads to.
LEADS_TO = {
    "a file without a path": (
        row("spacelift", {**SPACELIFT, "configType": "environment-variable", "fileMountFormat": "dot-env"}),
        {"destination_config": {"config_type": "file-mount"}},
        "destination_config.mount_path is missing: Spacelift needs it with",
    ),
    "one secret without a name": (
        row("aws-secrets-manager", ONE_TO_ONE),
        {"destination_config": {"mapping_behavior": "many-to-one"}},
        "destination_config.secret_name is missing: the secret's name in AWS Secrets Manager",
    ),
    "sub-folders of a sync that imports": (
        row("heroku", {"app": "a", "appName": "A"}, initialSyncBehavior="import-prioritize-source"),
        {"sync_options": {"include_all_sub_folders": True}},
        "sync_options.initial_sync_behavior: the server refuses 'import-prioritize-source' with",
    ),
    "another scope": (
        row("github", {"scope": "repository", "owner": "o", "repo": "r"}),
        {"destination_config": {"scope": "organization", "visibility": "all"}},
        "destination_config.org is missing.",
    ),
}


@MANY
@CHECK
@pytest.mark.parametrize(("stored", "change", "message"), LEADS_TO.values(), ids=LEADS_TO)
def test_what_a_change_leads_to_is_checked(
    server: Server, stored: dict, change: dict, message: str, many: bool, check: bool
) -> None:
    lists_syncs(server, stored)
    result, _part = run_sync(server, many, {**ITEM, **change}, check=check)
    assert result.failed
    assert message in result.msg


def test_what_was_wrong_before_is_not_the_changes_fault(server: Server) -> None:
    config = {**ONE_TO_ONE, "mappingBehavior": "many-to-one"}
    lists_syncs(server, row("aws-secrets-manager", config))
    after = {**config, "region": "eu-west-1"}
    path = f"{SYNCS}/aws-secrets-manager/{SYNC_ID}"
    body = {"destinationConfig": after, "syncOptions": OPTIONS}
    server.expects("PATCH", path, {"secretSync": row("aws-secrets-manager", after)}, body=body)
    result, _part = run_sync(server, False, {**ITEM, "destination_config": {"region": "eu-west-1"}})
    assert result.changed is True


MISSING = {
    "portainer": ({"environment_id": 1}, "destination_config.stack_id is missing."),
    "cloudflare-secrets-store": (
        {"store_id": "a"},
        "destination_config.scopes is missing: one of workers, ai_gateway, containers.",
    ),
    "gitea": ({"owner": "o", "repo": "r"}, "destination_config.scope is missing: one of repository."),
    "vercel": (
        {"app": "a", "app_name": "n", "env": "production", "team_id": "t"},
        "destination_config.scope: newer servers require it: one of project, team; older ones know only project.",
    ),
}


@MANY
@pytest.mark.parametrize("validate", ["strict", "warn", "off"])
@pytest.mark.parametrize("slug", MISSING)
def test_what_is_missing_by_doubt(server: Server, slug: str, validate: str, many: bool) -> None:
    config, sentence = MISSING[slug]
    lists_syncs(server)
    if validate != "strict":
        server.expects_source()
    item = {**NEW, "destination": slug, "destination_config": config, "validate": validate}
    result, _part = run_sync(server, many, item, check=True)
    assert (sentence in result.data.get("msg", "")) is (validate == "strict")
    assert any(sentence in text for text in result.warnings) is (validate == "warn")


EMPTY = {
    "an option": ("aws-parameter-store", {"region": "us-east-1", "path": "/a/"}, {"key_id": ""}),
    "blanks": ("aws-parameter-store", {"region": "us-east-1", "path": "/a/"}, {"keyId": " "}),
    "settings": ("netlify", {"account_id": "1", "site_id": "", "site_name": ""}, {}),
    "a branch": ("travis-ci", {"repository_id": "1", "repository_slug": "a/b", "branch": ""}, {}),
}
SENT = {
    "aws-parameter-store": {"region": "us-east-1", "path": "/a/"},
    "netlify": {"accountId": "1"},
    "travis-ci": {"repositoryId": "1", "repositorySlug": "a/b"},
}


@MANY
@pytest.mark.parametrize(("slug", "config", "options"), EMPTY.values(), ids=EMPTY)
def test_empty_texts_that_need_not_be_there_are_left_out(
    server: Server, slug: str, config: dict, options: dict, many: bool
) -> None:
    lists_syncs(server)
    body = {**CREATED_SYNC, "destinationConfig": SENT[slug], "syncOptions": OPTIONS}
    server.expects("POST", f"{SYNCS}/{slug}", {"secretSync": row(slug, SENT[slug])}, body=body)
    item = {**NEW, "destination": slug, "destination_config": config, "sync_options": options}
    assert run_sync(server, many, item)[0].changed is True


@MANY
@pytest.mark.parametrize("stored", [True, False])
def test_an_empty_text_for_a_switch_is_left_to_the_server(server: Server, stored: bool, many: bool) -> None:
    """Without it, the server's own default would count, which is to delete."""
    slug, config = "aws-parameter-store", SENT["aws-parameter-store"]
    lists_syncs(server, *([row(slug, config)] if stored else []))
    options = {**OPTIONS, "disableSecretDeletion": ""}
    refusal = {"answer": api_error(422, "ValidationFailure", "Expected boolean, received string"), "status": 422}
    if stored:
        server.expects("PATCH", f"{SYNCS}/{slug}/{SYNC_ID}", body={"syncOptions": options}, **refusal)
    else:
        body = {**CREATED_SYNC, "destinationConfig": config, "syncOptions": options}
        server.expects("POST", f"{SYNCS}/{slug}", body=body, **refusal)
    item = ITEM if stored else {**NEW, "destination": slug, "destination_config": config}
    item = {**item, "validate": "off", "sync_options": {"disable_secret_deletion": ""}}
    assert "Expected boolean, received string" in run_sync(server, many, item)[0].msg


PLACES = {
    "netlify": ({"accountId": "1", "siteId": "s", "siteName": "S"}, "site_id"),
    "checkly": ({"accountId": "1", "groupId": "s", "groupName": "G"}, "groupId"),
    "travis-ci": ({"repositoryId": "1", "repositorySlug": "a/b", "branch": "s"}, "branch"),
}


@MANY
@CHECK
@pytest.mark.parametrize("value", ["", " "])
@pytest.mark.parametrize("validate", ["strict", "off"])
@pytest.mark.parametrize("slug", PLACES)
def test_an_empty_text_does_not_widen_where_a_sync_writes(
    server: Server, slug: str, validate: str, value: str, check: bool, many: bool
) -> None:
    config, name = PLACES[slug]
    lists_syncs(server, row(slug, config))
    item = {**ITEM, "validate": validate, "destination_config": {name: value}}
    result, _part = run_sync(server, many, item, check=check)
    assert "is empty: the sync would no longer write to 's' only" in result.msg


@MANY
@pytest.mark.parametrize("validate", ["strict", "warn"])
def test_what_the_server_sees_without_the_configuration_may_pass(server: Server, validate: str, many: bool) -> None:
    config = {"region": "us-east-1", "mappingBehavior": "many-to-one", "secretName": "x"}
    slug, tagged = "aws-secrets-manager", {**OPTIONS, "syncSecretMetadataAsTags": True}
    lists_syncs(server, row(slug, config))
    if validate == "warn":
        answer = row(slug, config, syncSecretMetadataAsTags=True)
        server.expects("PATCH", f"{SYNCS}/{slug}/{SYNC_ID}", {"secretSync": answer}, body={"syncOptions": tagged})
    item = {**ITEM, "validate": validate, "sync_options": {"sync_secret_metadata_as_tags": True}}
    result, _part = run_sync(server, many, item)
    assert result.failed is (validate == "strict")
    assert "sync_options.sync_secret_metadata_as_tags: the server refuses True" in result.output


def test_empty_texts_that_mean_something_are_sent(server: Server) -> None:
    config = {"scope": "project", "app": "a", "appName": "A", "env": "preview", "teamId": "", "branch": ""}
    lists_syncs(server)
    options = {**OPTIONS, "keySchema": ""}
    body = {**CREATED_SYNC, "destinationConfig": config, "syncOptions": options}
    server.expects("POST", f"{SYNCS}/vercel", {"secretSync": row("vercel", config)}, body=body)
    item = {**NEW, "destination": "vercel", "destination_config": config, "sync_options": {"key_schema": ""}}
    assert run_sync(server, False, item)[0].changed is True


@MANY
@CHECK
def test_a_key_is_taken_away_by_an_empty_text(server: Server, many: bool, check: bool) -> None:
    slug, config = "aws-parameter-store", SENT["aws-parameter-store"]
    lists_syncs(server, row(slug, config, keyId="alias/x"))
    if not check:
        path = f"{SYNCS}/{slug}/{SYNC_ID}"
        server.expects("PATCH", path, {"secretSync": row(slug, config)}, body={"syncOptions": OPTIONS})
    result, part = run_sync(server, many, {**ITEM, "sync_options": {"key_id": ""}}, check=check)
    assert result.changed is True
    assert not part["secret_sync"]["sync_options"].get("key_id")


SCIM = {"servicePrincipalId": "0f0e0d0c-0b0a-4908-8706-050403020100"}
FIRST, SECOND = "1f0e0d0c-0b0a-4908-8706-050403020100", "2f0e0d0c-0b0a-4908-8706-050403020100"


def scim(secret_id: str, **changes: Any) -> dict:
    options = {"initialSyncBehavior": "overwrite-destination", "disableSecretDeletion": False, "secretId": secret_id}
    return api_sync(destination="azure-entra-id-scim", destinationConfig=SCIM, syncOptions=options, **changes)


@MANY
@CHECK
@pytest.mark.parametrize("sync", [False, True])
def test_a_setting_that_no_answer_has_is_sent_again_on_demand(
    server: Server, many: bool, check: bool, sync: bool
) -> None:
    lists_syncs(server, scim(FIRST))
    if sync and not check:
        options = {"initialSyncBehavior": "overwrite-destination", "disableSecretDeletion": False, "secretKey": "B"}
        path = f"{SYNCS}/azure-entra-id-scim/{SYNC_ID}"
        server.expects("PATCH", path, {"secretSync": scim(SECOND)}, body={"syncOptions": options})
    item = {**ITEM, "sync_options": {"secret_key": "B", "disable_secret_deletion": False}, "sync": sync}
    result, part = run_sync(server, many, item, check=check)
    assert result.changed is sync
    stored = SECOND if sync and not check else FIRST
    assert part["secret_sync"]["sync_options"]["secret_id"] == stored


@MANY
def test_a_folder_of_a_sync_is_named_where_the_server_does_not(server: Server, many: bool) -> None:
    lists_syncs(server)
    config = {"region": "us-east-1", "path": "/a/"}
    body = {**CREATED_SYNC, "destinationConfig": config, "syncOptions": OPTIONS}
    refusal = api_error(400, "BadRequest", "Could not find folder")
    server.expects("POST", f"{SYNCS}/aws-parameter-store", refusal, status=400, body=body)
    denied = {"status": 403, "answer": api_error(403, "PermissionDenied", "no")}
    server.expects("GET", f"/api/v1/projects/{PROJECT}", **denied)
    place = {"projectId": PROJECT, "environment": "dev", "path": "/"}
    server.expects("GET", "/api/v2/folders", query=place, **denied)
    item = {**NEW, "destination": "aws-parameter-store", "destination_config": config}
    result, _part = run_sync(server, many, item)
    assert "That is the folder '/app' of the environment 'dev'." in result.msg


FILLED_IN = {
    "external-infisical": ({"project_id": "p", "environment": "dev"}, "secret_path", "/", "/other"),
    "qovery": ({"organization_id": "o", "project_id": "p"}, "variable_type", "secret", "variable"),
    "gitlab": ({"scope": "project", "project_id": "p", "project_name": "P"}, "target_environment", "*", "prod"),
}


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)


@MANY
@pytest.mark.parametrize("other", [False, True])
@pytest.mark.parametrize("slug", FILLED_IN)
def test_an_empty_text_stands_for_what_the_server_fills_in(server: Server, slug: str, other: bool, many: bool) -> None:
    config, name, default, changed = FILLED_IN[slug]
    plain = {camel(key): value for key, value in config.items()}
    lists_syncs(server, row(slug, {**plain, camel(name): changed if other else default}))
    if other:
        after = {**plain, camel(name): default}
        path = f"{SYNCS}/{slug}/{SYNC_ID}"
        server.expects("PATCH", path, {"secretSync": row(slug, after)}, body={"destinationConfig": after})
    result, _part = run_sync(server, many, {**ITEM, "destination_config": {name: ""}})
    assert result.changed is other


@MANY
@pytest.mark.parametrize("stored", [{"targetEnvironment": ""}, {}])
def test_an_empty_text_that_a_server_keeps_is_no_difference(server: Server, stored: dict, many: bool) -> None:
    config = {"scope": "project", "projectId": "p", "projectName": "P"}
    lists_syncs(server)
    body = {**CREATED_SYNC, "destinationConfig": {**config, "targetEnvironment": ""}, "syncOptions": OPTIONS}
    answer = row("gitlab", {**config, **stored})
    server.expects("POST", f"{SYNCS}/gitlab", {"secretSync": answer}, body=body)
    wanted = {"scope": "project", "project_id": "p", "project_name": "P", "target_environment": ""}
    item = {**NEW, "destination": "gitlab", "destination_config": wanted}
    assert run_sync(server, many, item)[0].changed is True
    lists_syncs(server, answer)
    assert run_sync(server, many, item)[0].changed is False


ENVIRONMENT_OF_PROD = {"slug": "prod", "name": "Production", "id": "8f13458f-fab1-486d-b69e-e5dd753f7b0b"}
# The other sync in the list, and whether it explains what the server says.
SEEN_IN_DEVOPS = {
    "nothing": (None, False),
    "a sync of another connection": ({"connectionId": OTHER_CONNECTION_ID}, False),
    "a sync of another environment": ({"environment": ENVIRONMENT_OF_PROD}, True),
}


@pytest.mark.parametrize(("other", "told"), SEEN_IN_DEVOPS.values(), ids=SEEN_IN_DEVOPS)
def test_only_another_environment_explains_a_duplicate_in_azure_devops(
    server: Server, other: dict | None, told: bool
) -> None:
    config = {"devopsProjectId": "d"}
    rows = [] if other is None else [{**row("azure-devops", config), "id": OTHER_SYNC_ID, "name": "other", **other}]
    lists_syncs(server, *rows)
    server.expects_source()
    asked = {"destinationConfig": config, "projectId": PROJECT, "connectionId": CONNECTION_ID}
    path = f"{SYNCS}/azure-devops/check-destination"
    server.expects("POST", path, {"hasDuplicate": True, "duplicateProjectId": PROJECT}, body=asked)
    if not told:
        lists_syncs(server, *rows)
    item = {**NEW, "destination": "azure-devops", "destination_config": {"devops_project_id": "d"}}
    item = {**item, "sync_options": {"disable_secret_deletion": False}, "check_duplicates": "refuse"}
    result, _part = run_sync(server, False, item, check=True)
    assert result.failed is not told
    assert ("Another secret sync writes to the same" in result.output) is not told


# Settings of which the catalogue knows one at most: the others may well say where the secrets go.
UNKNOWN_PLACES = {
    "a scope": ("github", {"scope": "enterprise", "enterpriseId": "a"}, {"scope": "enterprise", "enterprise_id": "b"}),
    "a setting": ("flyio", {"appId": "a", "processGroup": "web"}, {"app_id": "a", "process_group": "worker"}),
}


@MANY
@pytest.mark.parametrize(("slug", "config", "wanted"), UNKNOWN_PLACES.values(), ids=UNKNOWN_PLACES)
def test_what_the_catalogue_does_not_know_is_another_place(
    server: Server, slug: str, config: dict, wanted: dict, many: bool
) -> None:
    lists_syncs(server, {**row(slug, config), "id": OTHER_SYNC_ID, "name": "other"})
    server.expects_source()
    asked = {camel(key): value for key, value in wanted.items()}
    body = {"destinationConfig": asked, "projectId": PROJECT, "connectionId": CONNECTION_ID}
    server.expects("POST", f"{SYNCS}/{slug}/check-destination", {"hasDuplicate": False}, body=body)
    item = {**NEW, "destination": slug, "destination_config": wanted, "check_duplicates": "refuse", "validate": "off"}
    assert run_sync(server, many, item, check=True)[0].changed is True


def test_items_differ_by_what_the_catalogue_does_not_know(server: Server) -> None:
    lists_syncs(server)
    server.expects_source()
    items = []
    for name in ("web", "worker"):
        config = {"appId": "a", "processGroup": name}
        body = {"destinationConfig": config, "projectId": PROJECT, "connectionId": CONNECTION_ID}
        server.expects("POST", f"{SYNCS}/flyio/check-destination", {"hasDuplicate": False}, body=body)
        wanted = {"app_id": "a", "process_group": name}
        options = {"check_duplicates": "refuse", "validate": "off"}
        items.append({**NEW, **options, "name": name, "destination": "flyio", "destination_config": wanted})
    result = server.run(infisical_secret_syncs, project_id=PROJECT, syncs=items, check=True, concurrency=1)
    assert result.data["counts"]["created"] == 2


@pytest.mark.parametrize("value", [5, [{"a": 1}], ["a", "b"]])
def test_locations_that_nobody_checks_are_compared(server: Server, value: Any) -> None:
    lists_syncs(
        server, row("gcp-secret-manager", {"scope": "global", "projectId": "p", "userReplicaLocationIds": ["b"]})
    )
    item = {**ITEM, "validate": "off", "destination_config": {"user_replica_location_ids": value}}
    result, _part = run_sync(server, False, item, check=True)
    assert result.changed is True
    assert any("only affects secrets that" in text for text in result.warnings)


@MANY
def test_nulls_of_an_answer_are_not_sent_back(server: Server, many: bool) -> None:
    stored = scim(FIRST)
    stored["syncOptions"] = {**stored["syncOptions"], "keySchema": None}
    lists_syncs(server, stored)
    options = {"initialSyncBehavior": "overwrite-destination", "disableSecretDeletion": False, "secretKey": "B"}
    path = f"{SYNCS}/azure-entra-id-scim/{SYNC_ID}"
    server.expects("PATCH", path, {"secretSync": scim(SECOND)}, body={"syncOptions": options})
    assert run_sync(server, many, {**ITEM, "sync_options": {"secret_key": "B"}, "sync": True})[0].changed is True


@MANY
def test_a_null_beside_a_scope_is_not_sent_back(server: Server, many: bool) -> None:
    lists_syncs(server, row("databricks", {"scope": "one", "somethingNew": None}))
    path, config = f"{SYNCS}/databricks/{SYNC_ID}", {"scope": "two"}
    server.expects("PATCH", path, {"secretSync": row("databricks", config)}, body={"destinationConfig": config})
    assert run_sync(server, many, {**ITEM, "destination_config": config})[0].changed is True


@pytest.mark.parametrize("validate", ["strict", "warn"])
@pytest.mark.parametrize("environment", ["dev", "pre-prod"])
@pytest.mark.parametrize("slug", ["digital-ocean-app-platform", "spacelift"])
def test_the_environment_in_a_key_schema_counts(server: Server, slug: str, environment: str, validate: str) -> None:
    configs = {
        "digital-ocean-app-platform": {"app_id": "a", "app_name": "A"},
        "spacelift": {"context_id": "c", "context_name": "C", "config_type": "environment-variable"},
    }
    item = {**NEW, "environment": environment, "destination": slug, "destination_config": configs[slug]}
    item = {**item, "validate": validate, "sync_options": {"key_schema": "{{environment}}_{{secretKey}}"}}
    refused = environment == "pre-prod" and (validate == "strict" or slug == "digital-ocean-app-platform")
    if not refused:
        lists_syncs(server)
        server.expects_source(environments=(environment,))
    result, _part = run_sync(server, False, item, check=True)
    assert result.failed is refused
    assert ("is not fit for names" in result.output) is (environment == "pre-prod")


def test_an_idle_setting_is_no_difference_after_a_change(server: Server) -> None:
    """The server drops the name with which it no longer does anything."""
    many = {"region": "us-east-1", "mappingBehavior": "many-to-one", "secretName": "x"}
    lists_syncs(server, row("aws-secrets-manager", many))
    path = f"{SYNCS}/aws-secrets-manager/{SYNC_ID}"
    body = {"destinationConfig": ONE_TO_ONE, "syncOptions": OPTIONS}
    server.expects("PATCH", path, {"secretSync": row("aws-secrets-manager", ONE_TO_ONE)}, body=body)
    config = {"region": "us-east-1", "mapping_behavior": "one-to-one", "secret_name": "x"}
    result, _part = run_sync(server, False, {**ITEM, "destination_config": config})
    assert result.changed is True
