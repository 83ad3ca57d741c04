# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Infisical doesn't have at a destination: kept where the server can keep it, and said where it goes."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.community.infisical.plugins.modules import (
    infisical_integration,
    infisical_integration_auth,
    infisical_integrations,
)
from ansible_collections.community.infisical.tests.unit.plugins.harness import (
    AUTHS,
    CONNECTION_ID,
    CREATE_INTEGRATION,
    CREATED_SYNC,
    INTEGRATION,
    INTEGRATION_ID,
    INTEGRATIONS,
    OTHER_CONNECTION_ID,
    OTHER_INTEGRATION_ID,
    PROJECT,
    SYNCS,
    Result,
    Server,
    api_auth,
    api_integration,
    api_sync,
    lists_syncs,
    run_sync,
)

SOURCE = {"source_environment": "dev", "secret_path": "/app"}
PARAMETERS = {"integration": "aws-parameter-store", "path": "/shop/", "region": "us-east-1", **SOURCE}
SECRET = {"integration": "aws-secret-manager", "app": "my-app/dev", "region": "us-east-1", **SOURCE}
REPOSITORY = {"integration": "github", "owner": "team", "app": "shop", **SOURCE}
BODY = {"sourceEnvironment": "dev", "secretPath": "/app", "isActive": True}
KEPT = {"environment": "dev", "secretPath": "/app", "isActive": True}
API_NAMES = {"should_disable_delete": "shouldDisableDelete", "should_enable_delete": "shouldEnableDelete"}

PLURAL = pytest.mark.parametrize("plural", [False, True], ids=["single", "plural"])
CHECK = pytest.mark.parametrize("check", [False, True], ids=["run", "check"])


def row(options: dict, **changes: Any) -> dict:
    """Return the integration that a task describes, as the API answers it."""
    places = {name: options.get(name) for name in ("integration", "app", "owner", "path", "region")}
    metadata = {API_NAMES.get(key, "mappingBehavior"): value for key, value in options.get("metadata", {}).items()}
    return api_integration(**{**places, "metadata": metadata, **changes})


def run(server: Server, options: dict, *, plural: bool = False, check: bool = False) -> Result:
    if plural:
        return server.run(infisical_integrations, project_id=PROJECT, integrations=[options], check=check)
    return server.run(infisical_integration, project_id=PROJECT, **options, check=check)


def create(
    server: Server, options: dict, stored: dict | None = None, *, plural: bool = False, check: bool = False
) -> Result:
    """Run a task that creates an integration; `stored` is what the server keeps of its metadata, if not all."""
    server.expects("GET", INTEGRATIONS, {"integrations": []})
    server.expects("GET", AUTHS, {"authorizations": [api_auth(integration=options["integration"])]})
    if check:
        server.expects_probe().expects_source()
        return run(server, options, plural=plural, check=True)
    asked = {key: options[key] for key in ("app", "owner", "path", "region") if key in options}
    metadata = {API_NAMES.get(key, "mappingBehavior"): value for key, value in options.get("metadata", {}).items()}
    if options["integration"] == "aws-parameter-store":
        metadata = {"shouldDisableDelete": True, **metadata}
    made = row(options, metadata=metadata if stored is None else stored)
    body = {**BODY, **asked, "integrationAuthId": made["integrationAuthId"]}
    server.expects(
        "POST", CREATE_INTEGRATION, {"integration": made}, body={**body, **({"metadata": metadata} if metadata else {})}
    )
    server.expects("GET", INTEGRATIONS, {"integrations": [made]})
    return run(server, options, plural=plural)


@PLURAL
@CHECK
def test_a_new_parameter_store_integration_keeps_what_infisical_does_not_have(
    server: Server, plural: bool, check: bool
) -> None:
    result = create(server, PARAMETERS, plural=plural, check=check)
    view = result["results"][0]["integration"] if plural else result["integration"]
    diff = result["diff"][0] if plural else result["diff"]
    assert view["metadata"] == {"should_disable_delete": True}
    assert diff["after"]["metadata"] == {"should_disable_delete": True}
    assert result.warnings == []


@CHECK
def test_deletion_that_is_specified_is_left_as_it_is(server: Server, check: bool) -> None:
    result = create(server, {**PARAMETERS, "metadata": {"should_disable_delete": False}}, check=check)
    assert result["integration"]["metadata"] == {"should_disable_delete": False}
    assert result.warnings == []


def test_an_existing_parameter_store_integration_keeps_what_it_has(server: Server) -> None:
    server.expects("GET", INTEGRATIONS, {"integrations": [row(PARAMETERS)]})
    server.expects("GET", AUTHS, {"authorizations": [api_auth(integration="aws-parameter-store")]})
    result = run(server, PARAMETERS)
    assert (result.changed, result.warnings) == (False, [])


DROPPED = (
    f"The server created integration {INTEGRATION_ID}, but without metadata.should_disable_delete, a default of this"
    " collection: this server or this service doesn't know it, or doesn't allow it."
)
DELETED = (
    "Each sync deletes the secrets in AWS Parameter Store that Infisical doesn't have (directly below the path). If"
    " this is intended, set accept_deletion to true."
)


@PLURAL
def test_a_default_that_the_server_drops_is_one_warning(server: Server, plural: bool) -> None:
    result = create(server, PARAMETERS, {}, plural=plural)
    assert result.changed
    item = "item 0 (aws-parameter-store dev:/app -> /shop/ us-east-1): " if plural else ""
    assert sorted(result.warnings) == [DELETED, f"{item}{DROPPED}"]


def test_a_setting_that_is_specified_and_that_the_server_drops_is_a_failure(server: Server) -> None:
    server.expects("GET", INTEGRATIONS, {"integrations": []})
    server.expects("GET", AUTHS, {"authorizations": [api_auth(integration="aws-parameter-store")]})
    made = row(PARAMETERS)
    body = {**BODY, "path": "/shop/", "region": "us-east-1", "integrationAuthId": made["integrationAuthId"]}
    server.expects(
        "POST", CREATE_INTEGRATION, {"integration": made}, body={**body, "metadata": {"shouldDisableDelete": True}}
    )
    result = run(server, {**PARAMETERS, "metadata": {"should_disable_delete": True}})
    assert result.failed
    assert "metadata.should_disable_delete" in result.msg


REPLACES = (
    "Each sync replaces the whole secret that app names in AWS Secrets Manager: what Infisical doesn't have is lost. If"
    " this is intended, set accept_deletion to true."
)
DELETES = (
    "Each sync deletes the secrets in Heroku that Infisical doesn't have. If this is intended, set accept_deletion to"
    " true."
)
EVERYTHING = (
    "path is /: each sync deletes the secrets in AWS Parameter Store that Infisical doesn't have (directly below the"
    " path), whoever made them. If all of that is intended, set accept_deletion to true."
)
NO_DELETION = {"metadata": {"should_disable_delete": True}}
DELETION = {"metadata": {"should_disable_delete": False}}
CREATED: dict[str, tuple[dict, list[str]]] = {
    "replaced whole": (SECRET, [REPLACES]),
    "replaced whole, and accepted": ({**SECRET, "accept_deletion": True}, []),
    "each by itself": ({**SECRET, "app": None, "metadata": {"mapping_behavior": "one-to-one"}}, []),
    "deleted": ({"integration": "heroku", "app": "shop", **SOURCE}, [DELETES]),
    "deleted, and accepted": ({"integration": "heroku", "app": "shop", **SOURCE, "accept_deletion": True}, []),
    "never deleted": (REPOSITORY, []),
    "deletion asked for": ({**REPOSITORY, "metadata": {"should_enable_delete": True}}, []),
    "a service that is not in the catalogue": ({"integration": "new-service", "app": "shop", **SOURCE}, []),
    "all parameters": ({**PARAMETERS, "path": "/", **DELETION}, [EVERYTHING]),
    "all parameters, and accepted": ({**PARAMETERS, "path": "/", **DELETION, "accept_deletion": True}, []),
    "all parameters, kept by default": ({**PARAMETERS, "path": "/"}, []),
    "all parameters, kept": ({**PARAMETERS, "path": "/", **NO_DELETION}, []),
}


@PLURAL
@CHECK
@pytest.mark.parametrize(("options", "warnings"), CREATED.values(), ids=CREATED)
def test_what_a_new_integration_deletes_is_said(
    server: Server, options: dict, warnings: list[str], plural: bool, check: bool
) -> None:
    options = {key: value for key, value in options.items() if value is not None}
    assert create(server, options, plural=plural, check=check).warnings == warnings


@pytest.mark.parametrize("namespace", [None, "team"])
@pytest.mark.parametrize(("options", "warnings"), CREATED.values(), ids=CREATED)
def test_check_mode_says_it_of_an_auth_that_an_earlier_task_would_create(
    server: Server, options: dict, warnings: list[str], namespace: str | None
) -> None:
    options = {key: value for key, value in options.items() if value is not None}
    slug = options.pop("integration")
    server.expects("GET", AUTHS, {"authorizations": []})
    if slug == "new-service":
        path = "/api/v1/integration-auth/integration-options"
        server.expects("GET", path, {"integrationOptions": [{"slug": slug}]})
    server.expects_probe()
    planned = server.run(
        infisical_integration_auth,
        project_id=PROJECT,
        integration=slug,
        namespace=namespace,
        access_id="id",
        access_token="token",
        validate="off",
        check=True,
    )
    server.expects_probe().expects_source()
    auth_id = planned["integration_auth"]["id"]
    result = server.run(infisical_integration, project_id=PROJECT, integration_auth_id=auth_id, **options, check=True)
    assert result.warnings == warnings


@CHECK
def test_many_integrations_of_a_service_are_warned_of_once(server: Server, check: bool) -> None:
    server.expects("GET", INTEGRATIONS, {"integrations": []})
    server.expects("GET", AUTHS, {"authorizations": [api_auth()]})
    items = [{**SECRET, "app": f"my-app/{number}"} for number in range(3)]
    if check:
        server.expects_probe().expects_source()
    else:
        ids = [INTEGRATION_ID, OTHER_INTEGRATION_ID, OTHER_INTEGRATION_ID.replace("0002", "0003")]
        made = [row(item, id=identity) for item, identity in zip(items, ids, strict=True)]
        for one in made:
            body = {**BODY, "app": one["app"], "region": "us-east-1", "integrationAuthId": one["integrationAuthId"]}
            server.expects("POST", CREATE_INTEGRATION, {"integration": one}, body=body)
        server.expects("GET", INTEGRATIONS, {"integrations": made})
    options: dict = {"project_id": PROJECT, "integrations": items, "concurrency": 1}
    assert server.run(infisical_integrations, check=check, **options).warnings == [REPLACES]


UNCHANGED: dict[str, dict] = {"replaced whole": SECRET, "all parameters": {**PARAMETERS, "path": "/"}}


@pytest.mark.parametrize("options", UNCHANGED.values(), ids=UNCHANGED)
def test_nothing_is_said_where_nothing_changes(server: Server, options: dict) -> None:
    server.expects("GET", INTEGRATIONS, {"integrations": [row(options)]})
    server.expects("GET", AUTHS, {"authorizations": [api_auth(integration=options["integration"])]})
    result = run(server, options)
    assert (result.changed, result.warnings) == (False, [])


@CHECK
def test_a_change_to_everything_is_warned_of(server: Server, check: bool) -> None:
    server.expects("GET", INTEGRATIONS, {"integrations": [row({**PARAMETERS, "path": "/", **NO_DELETION})]})
    server.expects("GET", AUTHS, {"authorizations": [api_auth(integration="aws-parameter-store")]})
    if not check:
        changed = row({**PARAMETERS, "path": "/", **DELETION})
        body = {**KEPT, "metadata": {"shouldDisableDelete": False}}
        server.expects("PATCH", INTEGRATION, {"integration": changed}, body=body)
    assert run(server, {**PARAMETERS, "path": "/", **DELETION}, check=check).warnings == [EVERYTHING]


# --- secret syncs -----------------------------------------------------------------------------------------------------

DEVOPS = {
    "name": "app-dev",
    "destination": "azure-devops",
    "connection_id": CONNECTION_ID,
    "environment": "dev",
    "secret_path": "/app",
    "destination_config": {"devops_project_id": "p-1"},
    "check_duplicates": "ignore",
}
ALL_PARAMETERS = {
    **DEVOPS,
    "destination": "aws-parameter-store",
    "destination_config": {"region": "us-east-1", "path": "/"},
}
ONE_SECRET = {
    **DEVOPS,
    "destination": "aws-secrets-manager",
    "destination_config": {"region": "us-east-1", "mapping_behavior": "many-to-one", "secret_name": "shop/dev"},
}
ALL_REPLACED = (
    "sync_options.disable_secret_deletion: with destination_config.mapping_behavior many-to-one each sync replaces all"
    " keys of the secret in AWS Secrets Manager, regardless of the setting. Keys in it that Infisical does not have are"
    " lost."
)
RENAMED = (
    "sync_options.key_schema: with destination_config.mapping_behavior many-to-one it renames the secret in AWS Secrets"
    " Manager, to '{{environment}}/shop/dev'. The keys in it are as in Infisical."
)
UNHEEDED = (
    "Each sync replaces the variable group named like the environment in Azure DevOps: what Infisical doesn't have is"
    " lost. Servers without the vendor's fix ignore sync_options.disable_secret_deletion here."
)
ALL_DELETED = (
    "destination_config.path is /: each sync deletes the secrets directly below it in AWS Parameter Store that"
    " Infisical doesn't have, whoever made them. To keep them, set sync_options.disable_secret_deletion to true; a"
    " key_schema restricts the deletion to names that fit it."
)
CONFIGS = {
    "azure-devops": {"devopsProjectId": "p-1"},
    "aws-parameter-store": {"region": "us-east-1", "path": "/"},
    "aws-secrets-manager": {"region": "us-east-1", "mappingBehavior": "many-to-one", "secretName": "shop/dev"},
}


def keeping(value: bool | None) -> dict:
    return {} if value is None else {"sync_options": {"disable_secret_deletion": value}}


def sync_row(options: dict, keep: bool | None, **changes: Any) -> dict:
    slug = options["destination"]
    settings = {"initialSyncBehavior": "overwrite-destination"}
    stored = {**settings, **({} if keep is None else {"disableSecretDeletion": keep})}
    app = "azure-devops" if slug == "azure-devops" else "aws"
    connection = {"app": app, "id": CONNECTION_ID, "name": "connection"}
    fields = {"destination": slug, "destinationConfig": CONFIGS[slug], "syncOptions": stored, "connection": connection}
    return api_sync(**{**fields, **changes})


@PLURAL
@CHECK
@pytest.mark.parametrize(
    ("options", "keep", "warnings"),
    [
        (DEVOPS, True, [UNHEEDED]),
        (DEVOPS, False, []),
        (ALL_PARAMETERS, None, []),
        (ALL_PARAMETERS, False, [ALL_DELETED]),
        (ONE_SECRET, True, [ALL_REPLACED]),
        (ONE_SECRET, None, [ALL_REPLACED]),
        (ONE_SECRET, False, []),
    ],
    ids=["unheeded", "accepted", "kept by default", "everything", "replaced", "by default", "accepted for one"],
)
def test_what_a_new_sync_deletes_is_said(
    server: Server, options: dict, keep: bool | None, warnings: list[str], plural: bool, check: bool
) -> None:
    lists_syncs(server)
    if check:
        server.expects_source()
    else:
        made = sync_row(options, keep is not False)
        body = {
            **CREATED_SYNC,
            "destinationConfig": made["destinationConfig"],
            "syncOptions": made["syncOptions"],
        }
        server.expects("POST", f"{SYNCS}/{options['destination']}", {"secretSync": made}, body=body)
    result = run_sync(server, plural, {**options, **keeping(keep)}, check=check)[0]
    assert (result.changed, result.warnings) == (True, warnings)


@PLURAL
@CHECK
@pytest.mark.parametrize("validate", ["warn", "strict"])
@pytest.mark.parametrize("there", [False, True], ids=["new", "changed"])
def test_a_key_schema_renames_the_one_secret(
    server: Server, there: bool, validate: str, plural: bool, check: bool
) -> None:
    options = {"keySchema": "{{environment}}/{{secretKey}}"}
    made = sync_row(ONE_SECRET, True)
    made["syncOptions"].update(options)
    lists_syncs(server, *([sync_row(ONE_SECRET, True)] if there else []))
    if check and not there:
        server.expects_source()
    if not check and there:
        body = {"syncOptions": made["syncOptions"]}
        server.expects("PATCH", f"{SYNCS}/aws-secrets-manager/{made['id']}", {"secretSync": made}, body=body)
    if not check and not there:
        body = {
            **CREATED_SYNC,
            "destinationConfig": made["destinationConfig"],
            "syncOptions": made["syncOptions"],
        }
        server.expects("POST", f"{SYNCS}/aws-secrets-manager", {"secretSync": made}, body=body)
    item = {**ONE_SECRET, "sync_options": {"key_schema": "{{environment}}/{{secretKey}}"}, "validate": validate}
    result = run_sync(server, plural, item, check=check)[0]
    assert (result.changed, sorted(result.warnings)) == (True, sorted([RENAMED] if there else [RENAMED, ALL_REPLACED]))


def test_a_key_schema_of_secrets_of_their_own_is_not_explained(server: Server) -> None:
    options = {"initialSyncBehavior": "overwrite-destination", "disableSecretDeletion": True}
    config = {"region": "us-east-1", "mappingBehavior": "one-to-one"}
    before = sync_row(ONE_SECRET, True, destinationConfig=config)
    after = {**before, "syncOptions": {**options, "keySchema": "A_{{secretKey}}"}}
    lists_syncs(server, before)
    path = f"{SYNCS}/aws-secrets-manager/{before['id']}"
    server.expects("PATCH", path, {"secretSync": after}, body={"syncOptions": after["syncOptions"]})
    item = {"name": "app-dev", "sync_options": {"key_schema": "A_{{secretKey}}", "disable_secret_deletion": True}}
    result = run_sync(server, False, item)[0]
    assert (result.changed, result.warnings) == (True, [])


MUST_BE_SPECIFIED = (
    "sync_options.disable_secret_deletion must be specified: each sync replaces the variable group named like the"
    " environment in Azure DevOps, and what Infisical doesn't have is lost."
)


@PLURAL
@CHECK
def test_what_is_not_heeded_must_be_specified(server: Server, plural: bool, check: bool) -> None:
    lists_syncs(server)
    result = run_sync(server, plural, DEVOPS, check=check)[0]
    assert result.failed
    assert MUST_BE_SPECIFIED in result.msg


MOVED: dict[str, dict] = {
    "to another project": {"destination_config": {"devops_project_id": "p-2"}},
    "by another connection": {"connection_id": OTHER_CONNECTION_ID},
    "from another folder": {"secret_path": "/other"},
    "from another environment": {"environment": "prod"},
}


@PLURAL
@CHECK
@pytest.mark.parametrize("whole", [True, False], ids=["all options", "what changes"])
@pytest.mark.parametrize("moved", MOVED.values(), ids=MOVED)
def test_what_is_not_heeded_must_be_specified_for_another_place(
    server: Server, moved: dict, whole: bool, plural: bool, check: bool
) -> None:
    lists_syncs(server, sync_row(DEVOPS, True))
    options = DEVOPS if whole else {"name": "app-dev", "check_duplicates": "ignore"}
    result = run_sync(server, plural, {**options, **moved}, check=check)[0]
    assert result.failed
    assert MUST_BE_SPECIFIED in result.msg


@PLURAL
@pytest.mark.parametrize(("keep", "warnings"), [(None, [UNHEEDED]), (True, [UNHEEDED]), (False, [])])
def test_an_unchanged_sync_is_warned_of_once(
    server: Server, keep: bool | None, warnings: list[str], plural: bool
) -> None:
    lists_syncs(server, sync_row(DEVOPS, keep is not False))
    result = run_sync(server, plural, {**DEVOPS, **keeping(keep)})[0]
    assert (result.changed, result.warnings) == (False, warnings)


def test_an_unchanged_sync_of_all_parameters_is_not_warned_of(server: Server) -> None:
    lists_syncs(server, sync_row(ALL_PARAMETERS, False))
    result = run_sync(server, False, {**ALL_PARAMETERS, **keeping(False)})[0]
    assert (result.changed, result.warnings) == (False, [])
