# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.community.infisical.plugins.modules import infisical_integration as module
from ansible_collections.community.infisical.plugins.modules import infisical_integration_auth
from ansible_collections.community.infisical.tests.unit.plugins.harness import (
    AUTH,
    AUTH_ID,
    AUTHS,
    CREATE_INTEGRATION,
    INTEGRATION,
    INTEGRATION_ID,
    INTEGRATIONS,
    OTHER_AUTH_ID,
    OTHER_INTEGRATION_ID,
    OTHER_PROJECT,
    PLACEHOLDER,
    PROJECT,
    Result,
    Server,
    api_auth,
    api_error,
    api_integration,
    not_found,
)

AWS = {
    "integration_auth_id": AUTH_ID,
    "project_id": PROJECT,
    "source_environment": "dev",
    "secret_path": "/app",
    "app": "my-app/dev",
    "region": "us-east-1",
    "accept_deletion": True,
}
AWS_BODY = {
    "integrationAuthId": AUTH_ID,
    "sourceEnvironment": "dev",
    "secretPath": "/app",
    "isActive": True,
    "app": "my-app/dev",
    "region": "us-east-1",
}
BY_ID = {"integration_id": INTEGRATION_ID, "project_id": PROJECT}
# What every PATCH must say, since the server would reset it.
KEPT = {"environment": "dev", "secretPath": "/app", "isActive": True}


def lists(server: Server, *integrations: dict) -> Server:
    return server.expects("GET", INTEGRATIONS, {"integrations": list(integrations)})


def gets(server: Server, **integration: Any) -> Server:
    return server.expects("GET", INTEGRATION, {"integration": api_integration(**integration)})


def gets_auth(server: Server, **auth: Any) -> Server:
    return server.expects("GET", AUTH, {"integrationAuth": api_auth(**auth)})


def creates(server: Server, body: dict, others: tuple = (), **integration: Any) -> Server:
    """A create, and the look at the list that comes after it, for what another run may have made."""
    creates_only(server, body, **integration)
    return lists(server, *others, api_integration(**integration))


def creates_only(server: Server, body: dict, **integration: Any) -> Server:
    return server.expects("POST", CREATE_INTEGRATION, {"integration": api_integration(**integration)}, body=body)


def belongs(server: Server, *auths: dict) -> Server:
    """The look at the project's auths that comes before an integration is changed or removed."""
    return server.expects("GET", AUTHS, {"authorizations": list(auths) or [api_auth()]})


def patches(server: Server, body: dict, **integration: Any) -> Server:
    belongs(server)
    return server.expects("PATCH", INTEGRATION, {"integration": api_integration(**integration)}, body=body)


# --- create -----------------------------------------------------------------------------------------------------------


def test_creates(server: Server) -> None:
    lists(server)
    gets_auth(server)
    creates(server, AWS_BODY)
    result = server.run(module, **AWS)
    assert result.changed is True
    assert result["integration"] == {
        "id": INTEGRATION_ID,
        "project_id": PROJECT,
        "integration": "aws-secret-manager",
        "integration_auth_id": AUTH_ID,
        "source_environment": "dev",
        "secret_path": "/app",
        "is_active": True,
        "app": "my-app/dev",
        "app_id": None,
        "owner": None,
        "path": None,
        "region": "us-east-1",
        "scope": None,
        "target_environment": None,
        "target_environment_id": None,
        "target_service": None,
        "target_service_id": None,
        "target_url": None,
        "metadata": {},
        "env_id": "8f13458f-fab1-486d-b69e-e5dd753f7b0a",
        "environment": {"slug": "dev", "name": "Development", "id": "8f13458f-fab1-486d-b69e-e5dd753f7b0a"},
        "is_synced": None,
        "sync_message": None,
        "last_used": None,
        "last_sync_job_id": None,
        "created_at": "2026-03-02T09:15:00.000Z",
        "updated_at": "2026-03-02T09:15:00.000Z",
    }
    assert result.warnings == []


def test_a_new_one_is_active_and_in_the_root_folder_unless_said_otherwise(server: Server) -> None:
    lists(server)
    gets_auth(server)
    body = {"integrationAuthId": AUTH_ID, "sourceEnvironment": "dev", "secretPath": "/", "isActive": True}
    creates(server, body, secretPath="/", app=None, region=None)
    options = {"integration_auth_id": AUTH_ID, "project_id": PROJECT, "source_environment": "dev"}
    result = server.run(module, **options, validate="off")
    assert result["integration"]["secret_path"] == "/"


def test_creates_with_every_field(server: Server) -> None:
    lists(server)
    gets_auth(server, integration="octopus-deploy")
    fields = {
        "app": "a",
        "appId": "b",
        "owner": "c",
        "path": "d",
        "region": "e",
        "scope": "project",
        "targetEnvironment": "g",
        "targetEnvironmentId": "h",
        "targetService": "i",
        "targetServiceId": "j",
        "url": "https://k.example.com",
    }
    metadata = {
        "initialSyncBehavior": "prefer-source",
        "secretPrefix": "P_",
        "secretSuffix": "_S",
        "mappingBehavior": "one-to-one",
        "shouldAutoRedeploy": True,
        "secretGCPLabel": {"labelName": "l", "labelValue": "v"},
        "secretAWSTag": [{"key": "k", "value": "v"}],
        "metadataSyncMode": "custom",
        "azureLabel": "prod",
        "githubVisibility": "selected",
        "githubVisibilityRepoIds": ["1", "2"],
        "kmsKeyId": "alias/x",
        "shouldDisableDelete": False,
        "shouldEnableDelete": True,
        "shouldMaskSecrets": True,
        "shouldProtectSecrets": False,
        "octopusDeployScopeValues": {"Environment": ["e"], "ProcessOwner": ["p"]},
    }
    body = {**AWS_BODY, **fields, "isActive": False, "metadata": metadata}
    creates(server, body, **fields, isActive=False, integration="octopus-deploy", metadata=metadata)
    options = {
        "app": " a ",
        "app_id": "b",
        "owner": "c",
        "path": "d",
        "region": "e",
        "scope": "project",
        "target_environment": "g",
        "target_environment_id": "h",
        "target_service": "i",
        "target_service_id": "j",
        "target_url": "https://k.example.com",
        "is_active": False,
        "metadata": {
            "initial_sync_behavior": "prefer-source",
            "secret_prefix": "P_",
            "secret_suffix": "_S",
            "mapping_behavior": "one-to-one",
            "should_auto_redeploy": True,
            "secret_gcp_label": {"label_name": "l", "label_value": "v"},
            "secret_aws_tag": [{"key": "k", "value": "v"}],
            "metadata_sync_mode": "custom",
            "azure_label": "prod",
            "github_visibility": "selected",
            "github_visibility_repo_ids": [1, 2],
            "kms_key_id": "alias/x",
            "should_disable_delete": False,
            "should_enable_delete": True,
            "should_mask_secrets": True,
            "should_protect_secrets": False,
            "octopus_deploy_scope_values": {"environment": ["e"], "process_owner": ["p"]},
        },
    }
    result = server.run(module, **{**AWS, **options})
    assert result.changed is True
    assert result["integration"]["metadata"] == {
        **options["metadata"],
        "github_visibility_repo_ids": ["1", "2"],
    }


def test_empty_strings_are_not_sent_in_a_create(server: Server) -> None:
    lists(server)
    gets_auth(server)
    creates(server, AWS_BODY)
    assert server.run(module, **AWS, owner="", scope=" ").changed is True


@pytest.mark.parametrize("found", [True, False])
def test_a_create_whose_answer_is_lost_is_looked_for(server: Server, found: bool) -> None:
    twin_of_another_auth = api_integration(id=OTHER_INTEGRATION_ID, integrationAuthId=OTHER_AUTH_ID)
    lists(server, twin_of_another_auth)
    gets_auth(server)
    server.expects("POST", CREATE_INTEGRATION, "<html>Bad Gateway</html>", status=502, body=AWS_BODY)
    for _unused in range(1 if found else 5):
        lists(server, twin_of_another_auth, *([api_integration()] if found else []))
    result = server.run(module, **AWS)
    assert result.failed is not found
    if found:
        assert result["integration"]["id"] == INTEGRATION_ID
        assert "was lost" in result.warnings[0]
    else:
        assert result.msg.endswith("the request was not sent again.")


CREATE_REFUSALS = {
    "closed": (
        {"status": 403, "answer": api_error(403, "ForbiddenError", "Native Integrations are being retired on X")},
        "creation_closed",
        "This server creates no new native integrations. It says: Native Integrations are being retired on X",
    ),
    "unknown folder": (
        not_found("Folder with path '/app' not found in environment with slug 'dev'"),
        "not_found",
        "Folder with path '/app' not found in environment with slug 'dev'",
    ),
    "permission": (
        {"status": 403, "answer": api_error(403, "PermissionDenied", "You are not allowed to create on integrations")},
        "permission",
        "The identity is not allowed to do this: You are not allowed to create on integrations",
    ),
}


@pytest.mark.parametrize(("answer", "kind", "message"), CREATE_REFUSALS.values(), ids=CREATE_REFUSALS)
def test_refused_create(server: Server, answer: dict, kind: str, message: str) -> None:
    lists(server)
    gets_auth(server)
    server.expects("POST", CREATE_INTEGRATION, body=AWS_BODY, **answer)
    if kind != "creation_closed":
        server.expects_source()
    result = server.run(module, **AWS)
    assert result.msg.startswith(message)
    assert result["error_kind"] == kind


# --- which auth -------------------------------------------------------------------------------------------------------


def test_auth_by_id_alone(server: Server) -> None:
    gets_auth(server)
    lists(server, api_integration())
    assert server.run(module, **{**AWS, "project_id": None}).changed is False


def test_auth_by_unknown_id(server: Server) -> None:
    server.expects("GET", AUTH, **not_found())
    result = server.run(module, **{**AWS, "project_id": None})
    assert result.msg.startswith(
        f"There is no integration auth with the ID {AUTH_ID}: it was deleted, or is on another"
    )
    assert result["error_kind"] == "input"


def test_unknown_auth_is_noticed_before_a_create(server: Server) -> None:
    lists(server)
    server.expects("GET", AUTH, **not_found())
    assert server.run(module, **AWS).msg.startswith(f"There is no integration auth with the ID {AUTH_ID}")


def test_auth_of_another_project_is_refused_before_a_create(server: Server) -> None:
    lists(server)
    gets_auth(server, projectId=OTHER_PROJECT)
    result = server.run(module, **AWS)
    assert result.msg == (
        f"Integration auth {AUTH_ID} belongs to project {OTHER_PROJECT}, not to project_id {PROJECT}."
    )


@pytest.mark.parametrize("project", [None, PROJECT])
def test_auth_of_another_service_is_refused(server: Server, project: str | None) -> None:
    if project:
        lists(server, api_integration())
    else:
        gets_auth(server)
    result = server.run(module, **{**AWS, "project_id": project, "integration": "github"})
    assert result.msg == (
        f"integration is 'github', but integration auth {AUTH_ID} is for aws-secret-manager: remove one of them."
    )


def named(**options: Any) -> dict:
    return {**AWS, "integration_auth_id": None, "integration": "aws-secret-manager", **options}


def lists_auths(server: Server, *auths: dict) -> Server:
    return server.expects("GET", AUTHS, {"authorizations": list(auths)})


EU = api_auth(id=OTHER_AUTH_ID, namespace="eu")


@pytest.mark.parametrize(
    ("options", "auth_id"),
    [({}, AUTH_ID), ({"auth_namespace": ""}, AUTH_ID), ({"auth_namespace": "eu"}, OTHER_AUTH_ID)],
)
def test_auth_by_project_and_service(server: Server, options: dict, auth_id: str) -> None:
    lists_auths(server, EU, api_auth(), api_auth(id="e0f101e7-01e7-4a1b-af28-000000000003", integration="github"))
    lists(server, api_integration(integrationAuthId=auth_id))
    result = server.run(module, **named(**options))
    assert result.changed is False
    assert result["integration"]["integration_auth_id"] == auth_id


def test_auth_by_target_url(server: Server) -> None:
    lists_auths(server, api_auth(), api_auth(id=OTHER_AUTH_ID, url="https://x.example.com"))
    lists(server, api_integration(integrationAuthId=OTHER_AUTH_ID))
    assert server.run(module, **named(auth_target_url="https://x.example.com")).changed is False


@pytest.mark.parametrize("check", [False, True])
def test_several_auths_are_refused(server: Server, check: bool) -> None:
    lists_auths(server, api_auth(id=OTHER_AUTH_ID, createdAt="2027-01-01T00:00:00.000Z"), api_auth())
    result = server.run(module, **named(), check=check)
    assert result.msg == (
        f"2 integration auths are alike (aws-secret-manager): {AUTH_ID}, {OTHER_AUTH_ID}. Specify integration_auth_id"
        " to select one, or remove the others."
    )
    assert result["error_kind"] == "conflict"


def test_no_auth(server: Server) -> None:
    lists_auths(server)
    result = server.run(module, **named(auth_namespace="us"))
    assert result.msg == (
        "The project has no integration auth for aws-secret-manager, namespace 'us': create it with"
        " infisical_integration_auth first."
    )


def test_no_auth_of_that_name_but_others(server: Server) -> None:
    third = "e0f101e7-01e7-4a1b-af28-000000000003"
    lists_auths(server, EU, api_auth(id=third, namespace="us", createdAt="2027-01-01T00:00:00.000Z"))
    result = server.run(module, **named())
    assert result.msg.endswith(
        f" The project has aws-secret-manager, namespace 'eu' ({OTHER_AUTH_ID}); aws-secret-manager, namespace 'us'"
        f" ({third}): specify auth_namespace or auth_target_url to select one."
    )


def test_no_auth_in_check_mode_is_a_warning(server: Server) -> None:
    lists_auths(server, EU)
    server.expects_probe().expects_source()
    result = server.run(module, **named(), check=True)
    assert result.changed is True
    (warning,) = result.warnings
    assert warning == (
        "The project has no integration auth for aws-secret-manager yet; check mode assumes that an earlier task of"
        f" this run creates it. The project has aws-secret-manager, namespace 'eu' ({OTHER_AUTH_ID}): specify"
        " auth_namespace or auth_target_url to select one."
    )
    assert PLACEHOLDER.fullmatch(result["integration"]["id"])
    assert PLACEHOLDER.fullmatch(result["integration"]["integration_auth_id"])


def test_no_auth_of_an_unknown_service_in_check_mode(server: Server) -> None:
    lists_auths(server)
    server.expects(
        "GET", "/api/v1/integration-auth/integration-options", {"integrationOptions": [{"slug": "aws-secret-manager"}]}
    )
    result = server.run(module, **named(integration="aws-secrets-manager"), check=True)
    assert result.msg.endswith("is not a service that this server knows. Did you mean aws-secret-manager?")


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("by", ["auth id", "service"])
def test_absent_where_the_auth_is_absent(server: Server, by: str, check: bool) -> None:
    if by == "service":
        lists_auths(server)
        options = named()
    else:
        server.expects("GET", AUTH, **not_found())
        options = {**AWS, "project_id": None}
    result = server.run(module, **options, state="absent", check=check)
    assert result.changed is False
    assert result["removed"] == []


# --- matching ---------------------------------------------------------------------------------------------------------

UNCHANGED = {
    "the same": ({}, {}),
    "folder with a slash at its end": ({"secret_path": "/app/"}, {}),
    "blanks around": ({"app": " my-app/dev ", "region": "us-east-1 "}, {}),
    "empty for null": ({"owner": "", "target_service": ""}, {}),
    "null for empty": ({}, {"owner": "", "path": ""}),
    "other case of the id": ({"integration_auth_id": AUTH_ID.upper()}, {}),
    "display fields that are not stated": ({}, {"owner": "someone", "appId": "x"}),
    "metadata that is not stated": ({}, {"metadata": {"secretPrefix": "P_", "unknownKey": 1}}),
    "off for unset": ({"metadata": {"should_disable_delete": False, "secret_prefix": "", "secret_aws_tag": []}}, {}),
    "unset for null": ({"metadata": {}}, {"metadata": None}),
    "tags in another order": (
        {"metadata": {"secret_aws_tag": [{"key": "a", "value": "1"}, {"key": "b", "value": "2"}]}},
        {"metadata": {"secretAWSTag": [{"value": "2", "key": "b"}, {"key": "a", "value": "1"}]}},
    ),
    "repositories in another order": (
        {"metadata": {"github_visibility_repo_ids": ["2", "1"]}},
        {"metadata": {"githubVisibilityRepoIds": ["1", "2"]}},
    ),
    "repositories as numbers": (
        {"metadata": {"github_visibility_repo_ids": ["2", "1"]}},
        {"metadata": {"githubVisibilityRepoIds": [1, 2]}},
    ),
    "label": (
        {"metadata": {"secret_gcp_label": {"label_name": "a", "label_value": "b"}}},
        {"metadata": {"secretGCPLabel": {"labelValue": "b", "labelName": "a"}}},
    ),
    "what a single GET adds": (
        {"metadata": {"secret_prefix": "P_"}},
        {"metadata": {"secretPrefix": "P_", "region": "x"}},
    ),
    "inactive, and nothing said of it": ({}, {"isActive": False}),
}


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize(("options", "there"), UNCHANGED.values(), ids=UNCHANGED)
def test_unchanged(server: Server, options: dict, there: dict, check: bool) -> None:
    lists(server, api_integration(**there))
    result = server.run(module, **{**AWS, **options}, check=check, validate="off")
    assert result.changed is False
    assert result["integration"]["id"] == INTEGRATION_ID
    assert result["diff"]["before"] == result["diff"]["after"]
    assert result.warnings == []


ANOTHER = {
    "environment": {"environment": {"slug": "prod", "name": "", "id": ""}},
    "folder": {"secretPath": "/"},
    "two slashes at its end": {"secretPath": "/app//"},
    "region": {"region": "eu-west-1"},
    "app": {"app": "another"},
    "auth": {"integrationAuthId": OTHER_AUTH_ID},
}


@pytest.mark.parametrize("there", ANOTHER.values(), ids=ANOTHER)
def test_another_one_is_left_alone_and_a_new_one_made(server: Server, there: dict) -> None:
    lists(server, api_integration(id=OTHER_INTEGRATION_ID, isActive=False, **there))
    if "integrationAuthId" in there:
        gets_auth(server)
    creates(server, AWS_BODY)
    result = server.run(module, **AWS)
    assert result.changed is True
    assert result["integration"]["id"] == INTEGRATION_ID


GITHUB = {"owner": "o", "app": "r"}
# integration there, options, service: one integration although the two don't look alike
ALIKE = {
    "github, no scope": ({**GITHUB, "scope": "github-repo"}, GITHUB, "github"),
    "circleci by id, names for display": (
        {"appId": "p1", "owner": "o", "app": "old name"},
        {"app_id": "p1", "owner": "o", "app": "old name"},
        "circleci",
    ),
    "codefresh, name for display": ({"appId": "p1", "app": "n"}, {"app_id": "p1"}, "codefresh"),
    "unknown service": ({"app": "x", "appId": "y"}, {"app": "x", "app_id": "y"}, "brand-new"),
}


@pytest.mark.parametrize(("there", "options", "slug"), ALIKE.values(), ids=ALIKE)
def test_matching_depends_on_the_service(server: Server, there: dict, options: dict, slug: str) -> None:
    lists(server, api_integration(**{"app": None, "region": None, "integration": slug, **there}))
    result = server.run(module, **{**AWS, "app": None, "region": None, **options})
    assert result.changed is False
    assert result["integration"]["id"] == INTEGRATION_ID


@pytest.mark.parametrize("scope", ["github-repo", ""])
def test_the_default_scope_stated_or_not_is_one(server: Server, scope: str) -> None:
    there = {**GITHUB, "scope": "github-repo" if not scope else None, "integration": "github", "region": None}
    lists(server, api_integration(**there))
    result = server.run(module, **{**AWS, **GITHUB, "region": None, "scope": scope})
    assert result.changed is False


def test_a_display_name_is_updated_in_place(server: Server) -> None:
    there = {"app": "old", "appId": "p1", "region": None, "integration": "codefresh"}
    lists(server, api_integration(**there))
    patches(server, {**KEPT, "app": "new"}, **{**there, "app": "new"})
    result = server.run(module, **{**AWS, "region": None, "app_id": "p1", "app": "new"})
    assert result.changed is True
    assert result["integration"]["app"] == "new"


def test_metadata_that_separates_destinations(server: Server) -> None:
    there = {
        "integration": "azure-app-configuration",
        "region": None,
        "app": "https://x.azconfig.io",
        "metadata": {"azureLabel": "prod"},
    }
    lists(server, api_integration(id=OTHER_INTEGRATION_ID, **there))
    creates(
        server,
        {
            **{key: value for key, value in AWS_BODY.items() if key != "region"},
            "app": "https://x.azconfig.io",
            "metadata": {"azureLabel": "dev"},
        },
        **{**there, "metadata": {"azureLabel": "dev"}},
    )
    options = {**AWS, "region": None, "app": "https://x.azconfig.io", "metadata": {"azure_label": "dev"}}
    result = server.run(module, **options)
    assert result["integration"]["id"] == INTEGRATION_ID
    assert result.warnings == []


def test_the_oldest_of_twins_is_managed_with_a_warning(server: Server) -> None:
    twins = [api_integration(id=OTHER_INTEGRATION_ID, createdAt="2027-01-01T00:00:00.000Z"), api_integration()]
    lists(server, *twins)
    result = server.run(module, **AWS)
    assert result["integration"]["id"] == INTEGRATION_ID
    assert result.warnings == [
        (
            f"2 integrations are identical; the oldest, {INTEGRATION_ID}, is managed. The others duplicate it:"
            f" {OTHER_INTEGRATION_ID}. To have them removed, set remove_duplicates to true."
        )
    ]


OTHER = INTEGRATION.replace(INTEGRATION_ID, OTHER_INTEGRATION_ID)


@pytest.mark.parametrize("check", [False, True])
def test_younger_twins_are_removed_when_asked(server: Server, check: bool) -> None:
    twin = api_integration(id=OTHER_INTEGRATION_ID, createdAt="2027-01-01T00:00:00.000Z")
    lists(server, twin, api_integration())
    belongs(server)
    if not check:
        server.expects("DELETE", OTHER, {"integration": twin})
    result = server.run(module, **AWS, remove_duplicates=True, check=check)
    assert (result.changed, result["integration"]["id"], result["removed"]) == (
        True,
        INTEGRATION_ID,
        [OTHER_INTEGRATION_ID],
    )
    assert result["diff"]["before"] == {**result["diff"]["after"], "duplicates": [OTHER_INTEGRATION_ID]}
    assert result.warnings == []


def test_without_twins_nothing_is_removed(server: Server) -> None:
    lists(server, api_integration(), api_integration(id=OTHER_INTEGRATION_ID, region="eu-central-1"))
    assert server.run(module, **AWS, remove_duplicates=True).changed is False


@pytest.mark.parametrize(("options", "is_active"), [({}, True), ({"is_active": False}, False)])
def test_the_twin_that_stays_takes_over_the_work(server: Server, options: dict, is_active: bool) -> None:
    twin = api_integration(id=OTHER_INTEGRATION_ID, createdAt="2027-01-01T00:00:00.000Z")
    lists(server, twin, api_integration(isActive=False))
    belongs(server)
    if is_active:
        server.expects("PATCH", INTEGRATION, {"integration": api_integration()}, body=KEPT)
    server.expects("DELETE", OTHER, {"integration": twin})
    result = server.run(module, **AWS, **options, remove_duplicates=True)
    assert result["integration"]["is_active"] is is_active


def test_of_inactive_twins_the_oldest_stays_inactive(server: Server) -> None:
    twin = api_integration(id=OTHER_INTEGRATION_ID, createdAt="2027-01-01T00:00:00.000Z", isActive=False)
    lists(server, twin, api_integration(isActive=False))
    belongs(server)
    server.expects("DELETE", OTHER, {"integration": twin})
    assert server.run(module, **AWS, remove_duplicates=True)["integration"]["is_active"] is False


def test_twins_stay_where_the_oldest_can_not_be_brought_into_the_wanted_state(server: Server) -> None:
    lists(server, api_integration(id=OTHER_INTEGRATION_ID, createdAt="2027-01-01T00:00:00.000Z"), api_integration())
    belongs(server)
    server.expects(
        "PATCH", INTEGRATION, api_error(403, "PermissionDenied", "no"), status=403, body={**KEPT, "owner": "me"}
    )
    assert server.run(module, **AWS, owner="me", remove_duplicates=True)["error_kind"] == "permission"


@pytest.mark.parametrize(
    ("created", "stays"), [("2026-03-02T09:14:59Z", OTHER_INTEGRATION_ID), ("2026-03-02T09:15:01Z", INTEGRATION_ID)]
)
def test_of_two_runs_at_once_both_keep_the_older_one(server: Server, created: str, stays: str) -> None:
    lists(server)
    gets_auth(server)
    creates_only(server, AWS_BODY)
    lists(server, api_integration(), api_integration(id=OTHER_INTEGRATION_ID, createdAt=created))
    if stays != INTEGRATION_ID:
        server.expects("DELETE", INTEGRATION, {"integration": api_integration()})
    result = server.run(module, **AWS)
    assert (result.changed, result["integration"]["id"]) == (True, stays)
    assert len(result.warnings) == (stays != INTEGRATION_ID)


# --- update -----------------------------------------------------------------------------------------------------------

UPDATES = {
    "off": ({"is_active": False}, {"isActive": False}, {"isActive": False}),
    "metadata": (
        {"metadata": {"secret_prefix": "P_", "should_mask_secrets": False}},
        {"metadata": {"secretPrefix": "P_"}},
        {"metadata": {"secretPrefix": "P_", "kmsKeyId": "k"}},
    ),
    "metadata, taken away": ({"metadata": {"kms_key_id": ""}}, {"metadata": {"kmsKeyId": ""}}, {"metadata": {}}),
    "display field": ({"owner": "me"}, {"owner": "me"}, {"owner": "me", "metadata": {"kmsKeyId": "k"}}),
    "one name more": (
        {"metadata": {"github_visibility_repo_ids": ["1", "2"]}},
        {"metadata": {"githubVisibilityRepoIds": ["1", "2"]}},
        {"metadata": {"kmsKeyId": "k", "githubVisibilityRepoIds": ["2", "1"]}},
    ),
    "tags": (
        {"metadata": {"secret_aws_tag": [{"key": "a", "value": "1"}]}},
        {"metadata": {"secretAWSTag": [{"key": "a", "value": "1"}]}},
        {"metadata": {"kmsKeyId": "k", "secretAWSTag": [{"key": "a", "value": "1"}]}},
    ),
}


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize(("options", "body", "after"), UPDATES.values(), ids=UPDATES)
def test_updates_what_differs_and_says_what_would_be_reset(
    server: Server, options: dict, body: dict, after: dict, check: bool
) -> None:
    there = {"kmsKeyId": "k", "githubVisibilityRepoIds": ["1"]}
    lists(server, api_integration(metadata=there))
    if check:
        belongs(server)
    else:
        patches(server, {**KEPT, **body}, **{"metadata": there, **after})
    result = server.run(module, **AWS, **options, check=check)
    assert result.changed is True
    assert result["diff"]["before"] != result["diff"]["after"]
    for option, value in options.items():
        if option != "metadata":
            assert result["integration"][option] == value


def test_announced_metadata_is_the_merged_one(server: Server) -> None:
    lists(server, api_integration(metadata={"kmsKeyId": "k", "secretSuffix": "_S"}))
    belongs(server)
    result = server.run(module, **AWS, metadata={"secret_suffix": "_T"}, check=True)
    assert result["integration"]["metadata"] == {"kms_key_id": "k", "secret_suffix": "_T"}


def test_current_values_that_the_server_does_not_have_are_not_sent(server: Server) -> None:
    gets(server, environment=None)
    lists(server, api_integration(environment=None))
    patches(server, {"secretPath": "/app", "isActive": True, "owner": "me"}, owner="me")
    server.run(module, **BY_ID, owner="me", is_active=None)


# --- by id ------------------------------------------------------------------------------------------------------------


def test_by_id_unstated_options_keep_their_values(server: Server) -> None:
    gets(server, metadata={"secretPrefix": "P_"}, isActive=False)
    result = server.run(module, **BY_ID)
    assert result.changed is False
    assert result["integration"]["is_active"] is False
    assert result["integration"]["secret_path"] == "/app"


def test_by_id_alone_finds_out_the_project(server: Server) -> None:
    gets(server)
    gets_auth(server)
    result = server.run(module, integration_id=f" {INTEGRATION_ID.upper()} ")
    assert result["integration"]["project_id"] == PROJECT


def test_by_id_alone_with_an_auth_that_is_gone(server: Server) -> None:
    gets(server)
    server.expects("GET", AUTH, **not_found())
    result = server.run(module, integration_id=INTEGRATION_ID, sync=False)
    assert result["integration"]["project_id"] is None


MOVES = {
    "folder": ({"secret_path": "/other/"}, {"secretPath": "/other"}, {"secretPath": "/other"}),
    "environment": (
        {"source_environment": "prod"},
        {"environment": "prod"},
        {"environment": {"slug": "prod", "name": "Production", "id": "1"}},
    ),
    "region": ({"region": "eu-west-1"}, {"region": "eu-west-1"}, {"region": "eu-west-1"}),
    "path": ({"path": "/p/"}, {"path": "/p/"}, {"path": "/p/"}),
    "app, emptied": ({"app": ""}, {"app": ""}, {"app": ""}),
}


@pytest.mark.parametrize(("options", "body", "after"), MOVES.values(), ids=MOVES)
def test_by_id_identity_is_changed_in_place_too(server: Server, options: dict, body: dict, after: dict) -> None:
    gets(server)
    lists(server, api_integration())
    patches(server, {**KEPT, **body}, **after)
    result = server.run(module, **BY_ID, **options, validate="off")
    assert result.changed is True
    assert result.warnings == []


def test_an_old_server_that_ignores_region_fails_the_task_and_names_it(server: Server) -> None:
    gets(server)
    lists(server, api_integration())
    patches(server, {**KEPT, "region": "eu-west-1", "owner": "me"}, owner="me")
    result = server.run(module, **BY_ID, region="eu-west-1", owner="me")
    assert result.msg.startswith(
        f"The server accepted the update of integration {INTEGRATION_ID} but kept region (still 'us-east-1'): this"
        " server is too old to change that in place. Changed anyway: owner. To change it, remove"
    )
    assert result["error_kind"] == "update_ignored"
    assert result.changed is True


def test_an_ignored_update_of_the_only_field_changed_nothing(server: Server) -> None:
    gets(server)
    lists(server, api_integration())
    patches(server, {**KEPT, "region": "eu-west-1"})
    result = server.run(module, **BY_ID, region="eu-west-1")
    assert result["error_kind"] == "update_ignored"
    assert result.changed is False
    assert "all the same" not in result.msg


FIXED = {
    "integration_auth_id": OTHER_AUTH_ID,
    "integration": "github",
    "scope": "x",
    "target_environment_id": "x",
    "target_service": "x",
    "target_service_id": "x",
    "target_url": "https://x.example.com",
}


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize(("option", "value"), FIXED.items())
def test_what_the_server_can_not_change_is_refused_by_name(
    server: Server, option: str, value: str, check: bool
) -> None:
    gets(server)
    result = server.run(module, **BY_ID, **{option: value, "owner": "me"}, check=check)
    assert result.msg.startswith(f"The server can't change {option} (is ")
    assert f", wanted '{value}') of integration {INTEGRATION_ID} in place. To change it, remove" in result.msg
    assert result["error_kind"] == "input"


@pytest.mark.parametrize("check", [False, True])
def test_by_unknown_id(server: Server, check: bool) -> None:
    server.expects("GET", INTEGRATION, **not_found())
    result = server.run(module, **BY_ID, check=check)
    assert result.msg.startswith(f"There is no integration with the ID {INTEGRATION_ID}: it was deleted, or is on")


def test_refused_update_names_the_folder(server: Server) -> None:
    gets(server)
    lists(server, api_integration())
    belongs(server)
    text = "Folder with path '/nope' not found in environment with slug 'dev'"
    server.expects("PATCH", INTEGRATION, body={**KEPT, "secretPath": "/nope"}, **not_found(text))
    # As far as the identity may see, it is there.
    server.expects_source(folders=("nope",))
    result = server.run(module, **BY_ID, secret_path="/nope")
    assert result.msg == f"{text} [PATCH {INTEGRATION}: 404]"


def test_a_change_where_the_project_is_named_by_its_slug(server: Server) -> None:
    slug = {"id": PROJECT, "slug": "my-project"}
    server.expects("GET", "/api/v1/projects/slug/my-project", slug)
    lists(server, api_integration())
    patches(server, {**KEPT, "isActive": False}, isActive=False)
    options = {option: value for option, value in AWS.items() if option != "project_id"}
    assert server.run(module, project_slug="my-project", **options, is_active=False).changed


# --- rivals -----------------------------------------------------------------------------------------------------------

ONE_TO_ONE = {"metadata": {"mappingBehavior": "one-to-one"}}
RIVALS = {
    "another folder": ({"secretPath": "/other"}, {}, True),
    "another environment": ({"environment": {"slug": "prod", "name": "", "id": ""}}, {}, True),
    "inactive": ({"secretPath": "/other", "isActive": False}, {}, False),
    "this one inactive": ({"secretPath": "/other"}, {"is_active": False}, False),
    "another destination": ({"secretPath": "/other", "app": "another"}, {}, False),
    "another auth": ({"secretPath": "/other", "integrationAuthId": OTHER_AUTH_ID}, {}, False),
    "both one-to-one": (
        {"secretPath": "/other", **ONE_TO_ONE},
        {"metadata": {"mapping_behavior": "one-to-one"}},
        False,
    ),
    "only the other one-to-one": ({"secretPath": "/other", **ONE_TO_ONE}, {}, True),
    "only this one-to-one": ({"secretPath": "/other"}, {"metadata": {"mapping_behavior": "one-to-one"}}, True),
}


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize(("rival", "options", "warned"), RIVALS.values(), ids=RIVALS)
def test_a_second_writer_to_one_destination_is_warned_of(
    server: Server, rival: dict, options: dict, warned: bool, check: bool
) -> None:
    lists_auths(server, api_auth())
    other = api_integration(id=OTHER_INTEGRATION_ID, **rival)
    lists(server, other)
    if check:
        server.expects_probe().expects_source()
    else:
        metadata = {"mappingBehavior": "one-to-one"} if "metadata" in options else None
        body = {**AWS_BODY, "isActive": options.get("is_active", True), **({"metadata": metadata} if metadata else {})}
        creates(server, body, isActive=body["isActive"], metadata=metadata)
    result = server.run(module, **named(**options), check=check)
    source = f"{other['environment']['slug']}:{other['secretPath']}"
    expected = [
        (
            f"Another active integration writes to the same destination: {OTHER_INTEGRATION_ID} (from {source}). Each"
            " overwrites what the other wrote; deactivate or remove the one that is not intended."
        )
    ]
    assert result.warnings == (expected if warned else [])


def test_a_second_writer_is_warned_of_when_one_is_switched_on(server: Server) -> None:
    lists(server, api_integration(isActive=False), api_integration(id=OTHER_INTEGRATION_ID, secretPath="/other"))
    patches(server, KEPT)
    result = server.run(module, **AWS, is_active=True)
    assert len(result.warnings) == 1


@pytest.mark.parametrize("own", [None, "A_"])
@pytest.mark.parametrize("prefix", [None, "A_", "B_"])
def test_a_writer_through_another_auth_is_a_rival_if_it_writes_something_else(
    server: Server, prefix: str | None, own: str | None
) -> None:
    github = {**GITHUB, "integration": "github", "region": None}
    metadata = {"secretPrefix": prefix} if prefix else None
    other = {**github, "id": OTHER_INTEGRATION_ID, "integrationAuthId": OTHER_AUTH_ID, "metadata": metadata}
    github["metadata"] = {"secretPrefix": own} if own else None
    lists(server, api_integration(**github, isActive=False), api_integration(**other))
    patches(server, KEPT, **github)
    result = server.run(module, **{**AWS, **GITHUB, "region": None, "is_active": True})
    assert [text.partition(":")[0] for text in result.warnings] == (
        ["Another active integration writes to the same destination"] if prefix != own else []
    )


def test_nobody_is_warned_where_nothing_changes(server: Server) -> None:
    lists(server, api_integration(), api_integration(id=OTHER_INTEGRATION_ID, secretPath="/other"))
    assert server.run(module, **AWS).warnings == []


# --- sync and wait ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("check", [False, True])
def test_sync_is_an_update_of_what_is_there(server: Server, check: bool) -> None:
    lists(server, api_integration())
    if check:
        belongs(server)
    else:
        patches(server, KEPT)
    result = server.run(module, **AWS, sync=True, check=check)
    assert result.changed is True
    assert result["diff"]["after"] == {**result["diff"]["before"], "sync": "started"}


def test_sync_of_an_inactive_one(server: Server) -> None:
    lists(server, api_integration(isActive=False))
    result = server.run(module, **AWS, sync=True, wait=True)
    assert result.changed is False
    assert result.warnings == [f"Integration {INTEGRATION_ID} is not active, so no sync was started."]


def test_a_change_is_a_sync_already(server: Server) -> None:
    lists(server, api_integration())
    patches(server, {**KEPT, "owner": "me"}, owner="me")
    assert server.run(module, **AWS, owner="me", sync=True).changed is True


DONE = {"lastUsed": "2026-03-02T09:15:02.000Z", "isSynced": True, "syncMessage": "", "lastSyncJobId": "5"}
FAILED = {"isSynced": False, "syncMessage": "AccessDenied:\nno", "lastSyncJobId": "6"}


def test_waits_for_the_outcome_of_a_create(server: Server) -> None:
    lists(server)
    gets_auth(server)
    creates_only(server, AWS_BODY)
    lists(server, api_integration())
    gets(server)
    gets(server)
    gets(server, **DONE)
    result = server.run(module, **AWS, wait=True)
    assert result["integration"]["is_synced"] is True
    assert result["integration"]["project_id"] == PROJECT
    assert server.clock.sleeps == [0, 0.25, 0.375]


def test_waits_for_the_outcome_of_a_sync_and_is_not_deceived_by_the_last_one(server: Server) -> None:
    lists(server, api_integration(**DONE))
    patches(server, KEPT, **DONE)
    gets(server, **DONE)
    gets(server, **{**DONE, "lastUsed": "2026-03-02T10:00:00.000Z", "lastSyncJobId": "6"})
    result = server.run(module, **AWS, wait=True, sync=True)
    assert result["integration"]["last_sync_job_id"] == "6"


def test_a_failed_sync_fails_the_task_with_the_words_of_the_service(server: Server) -> None:
    lists(server, api_integration(**DONE))
    patches(server, {**KEPT, "owner": "me"}, **DONE, owner="me")
    gets(server, **FAILED, owner="me")
    result = server.run(module, **AWS, owner="me", wait=True)
    assert result.msg == f"The sync of integration {INTEGRATION_ID} failed: AccessDenied: no"
    assert result["error_kind"] == "sync_failed"
    assert result.changed is True
    assert result["integration"]["is_synced"] is False


def test_a_failed_sync_without_words(server: Server) -> None:
    lists(server, api_integration())
    patches(server, KEPT)
    gets(server, isSynced=False, syncMessage=None, lastSyncJobId="6")
    result = server.run(module, **AWS, sync=True, wait=True)
    assert result.msg.endswith("failed: the server gave no reason")


def test_waiting_ends(server: Server) -> None:
    lists(server, api_integration())
    patches(server, KEPT)
    for _unused in range(4):
        gets(server)
    result = server.run(module, **AWS, sync=True, wait=True, wait_timeout=1)
    assert result.msg.startswith(
        f"The server recorded no outcome of the sync of integration {INTEGRATION_ID} within 1 seconds (option"
        " wait_timeout)."
    )
    assert result["error_kind"] == "sync_failed"
    assert result.changed is True
    assert result["integration"]["id"] == INTEGRATION_ID
    assert sum(server.clock.sleeps) == 1


def test_the_pauses_grow_to_a_limit(server: Server) -> None:
    lists(server, api_integration())
    patches(server, KEPT)
    for _unused in range(20):
        gets(server)
    gets(server, **DONE)
    server.run(module, **AWS, sync=True, wait=True)
    assert server.clock.sleeps[-2:] == [5.0, 5.0]
    assert server.clock.sleeps == sorted(server.clock.sleeps)


def test_an_integration_that_is_deleted_while_it_is_waited_for(server: Server) -> None:
    lists(server, api_integration())
    patches(server, KEPT)
    server.expects("GET", INTEGRATION, **not_found())
    result = server.run(module, **AWS, sync=True, wait=True)
    assert result.msg == f"Someone deleted integration {INTEGRATION_ID} while the task waited for its sync."
    assert result.changed is True


def test_a_server_that_fails_while_it_is_waited_for(server: Server) -> None:
    lists(server, api_integration())
    patches(server, KEPT)
    server.expects("GET", INTEGRATION, api_error(403, "PermissionDenied", "no"), status=403)
    result = server.run(module, **AWS, sync=True, wait=True)
    assert result["error_kind"] == "permission"
    assert result.changed is True
    assert result["integration"]["id"] == INTEGRATION_ID


INACTIVE = f"Integration {INTEGRATION_ID} is inactive (is_active is false), so there is no outcome to wait for."
NOTHING_TO_WAIT_FOR: dict[str, tuple[dict, dict, dict | None, list]] = {
    "nothing changed": (DONE, {}, None, []),
    "switched off": ({}, {"is_active": False}, {**KEPT, "isActive": False}, []),
    "changed while inactive": (
        {"isActive": False},
        {"owner": "me"},
        {**KEPT, "isActive": False, "owner": "me"},
        [INACTIVE],
    ),
    "inactive": ({"isActive": False}, {}, None, [INACTIVE]),
    "inactive, as the task specifies": ({"isActive": False}, {"is_active": False}, None, []),
}


@pytest.mark.parametrize(
    ("there", "options", "body", "warnings"), NOTHING_TO_WAIT_FOR.values(), ids=NOTHING_TO_WAIT_FOR
)
def test_nothing_to_wait_for(server: Server, there: dict, options: dict, body: dict | None, warnings: list) -> None:
    lists(server, api_integration(**there))
    if body:
        patches(server, body, isActive=False, owner=body.get("owner"))
    result = server.run(module, **AWS, **options, wait=True)
    assert result.changed is bool(body)
    assert [warning for warning in result.warnings if not warning.startswith("owner is not used")] == warnings
    assert server.clock.sleeps == []


@pytest.mark.parametrize("check", [False, True])
def test_one_that_was_never_synced_is_synced_where_the_task_waits(server: Server, check: bool) -> None:
    lists(server, api_integration())
    if check:
        belongs(server)
    else:
        patches(server, KEPT)
        gets(server)
        gets(server, **DONE)
    result = server.run(module, **AWS, wait=True, check=check)
    assert result.changed is True
    assert result["diff"]["after"]["sync"] == "started"
    assert result.warnings == []


LAST_FAILED = f"The last sync of integration {INTEGRATION_ID} failed: AccessDenied: no. This task starts a new one."
FAILED_AGAIN = {**FAILED, "syncMessage": "AccessDenied", "lastSyncJobId": "7"}


def finds_failed(server: Server, named: dict) -> Server:
    return gets(server, **FAILED) if "integration_id" in named else lists(server, api_integration(**FAILED))


@pytest.mark.parametrize(
    "named", [AWS, {"integration_id": INTEGRATION_ID, "project_id": PROJECT}], ids=["identity", "id"]
)
@pytest.mark.parametrize("now", [DONE, FAILED_AGAIN], ids=["cured", "fails again"])
def test_an_unchanged_one_whose_last_sync_failed_is_synced_again_where_the_task_waits(
    server: Server, named: dict, now: dict
) -> None:
    finds_failed(server, named)
    patches(server, KEPT, **FAILED)
    gets(server, **FAILED)
    gets(server, **now)
    result = server.run(module, **named, wait=True)
    assert result.failed is not now["isSynced"]
    assert result.changed is True
    assert result["integration"]["is_synced"] is now["isSynced"]
    assert result.warnings == [LAST_FAILED]
    if result.failed:
        assert result.msg == f"The sync of integration {INTEGRATION_ID} failed: AccessDenied"


def test_check_mode_tells_of_a_sync_that_failed_and_would_be_started_again(server: Server) -> None:
    lists(server, api_integration(**FAILED))
    lists_auths(server, api_auth())
    result = server.run(module, **AWS, wait=True, check=True)
    assert result.changed is True
    assert result["diff"]["after"]["sync"] == "started"
    assert result.warnings == [LAST_FAILED]


UNHEEDED = (
    f"The last sync of integration {INTEGRATION_ID} failed: AccessDenied: no. To start a new one and wait for its"
    " outcome, set wait to true."
)


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize(
    ("there", "wait", "warnings"),
    [({**FAILED, "isActive": False}, True, [INACTIVE]), (FAILED, False, [UNHEEDED]), (DONE, True, []), ({}, False, [])],
)
def test_an_old_failure_is_left_alone_without_wait_and_where_it_is_not_active(
    server: Server, there: dict, wait: bool, warnings: list, check: bool
) -> None:
    lists(server, api_integration(**there))
    result = server.run(module, **AWS, wait=wait, check=check)
    assert (result.failed, result.changed) == (False, False)
    assert result.warnings == warnings


def test_nothing_to_wait_for_in_check_mode(server: Server) -> None:
    lists(server, api_integration())
    belongs(server)
    assert server.run(module, **AWS, sync=True, wait=True, check=True).changed is True


# --- absent -----------------------------------------------------------------------------------------------------------


def deletes(server: Server, object_id: str = INTEGRATION_ID, **more: Any) -> Server:
    return server.expects("DELETE", f"/api/v1/integration/{object_id}", **{"answer": {"integration": {}}, **more})


@pytest.mark.parametrize("check", [False, True])
def test_absent_removes_all_twins(server: Server, check: bool) -> None:
    twins = [api_integration(id=OTHER_INTEGRATION_ID, createdAt="2027-01-01T00:00:00.000Z"), api_integration()]
    lists(server, *twins, api_integration(id="88de59c4-dc8b-45d8-94b9-000000000003", secretPath="/"))
    belongs(server)
    if not check:
        deletes(server)
        deletes(server, OTHER_INTEGRATION_ID)
    result = server.run(module, **AWS, state="absent", check=check)
    assert result.changed is True
    assert result["integration"] is None
    assert result["removed"] == [INTEGRATION_ID, OTHER_INTEGRATION_ID]
    assert result["diff"]["before"]["id"] == INTEGRATION_ID
    assert result["diff"]["after"] == {}


@pytest.mark.parametrize("check", [False, True])
def test_absent_by_id(server: Server, check: bool) -> None:
    lists(server, api_integration())
    belongs(server)
    if not check:
        deletes(server)
    result = server.run(module, **BY_ID, state="absent", check=check)
    assert result.changed is True
    assert result["removed"] == [INTEGRATION_ID]


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"integration": "github"}, "integration is 'github', but integration {id} has 'aws-secret-manager'."),
        (
            {"integration_auth_id": OTHER_AUTH_ID},
            f"integration_auth_id is '{OTHER_AUTH_ID}', but integration {{id}} has '{AUTH_ID}'.",
        ),
    ],
)
def test_absent_by_id_refuses_one_that_another_option_contradicts(
    server: Server, options: dict, message: str, check: bool
) -> None:
    lists(server, api_integration())
    result = server.run(module, **BY_ID, **options, state="absent", check=check)
    assert result.msg.startswith(f"{message.format(id=INTEGRATION_ID)} Nothing was removed")
    assert result["error_kind"] == "input"


def test_absent_by_id_in_another_project_is_unchanged(server: Server) -> None:
    lists(server)
    assert server.run(module, **BY_ID, state="absent").changed is False


def test_absent_of_one_that_goes_away_in_the_meantime(server: Server) -> None:
    lists(server, api_integration())
    belongs(server)
    deletes(server, **not_found())
    assert server.run(module, **BY_ID, state="absent").changed is True


SEEN = {
    "gone": (not_found(), [AUTH_ID], "The server removed integration auth"),
    "there": ({"answer": {"integrationAuth": api_auth()}}, None, None),
    "not shown": ({"status": 403, "answer": api_error(403, "PermissionDenied", "no")}, None, "could not be determined"),
}


@pytest.mark.parametrize(("answer", "removed", "told"), SEEN.values(), ids=SEEN)
def test_absent_by_id_alone_looks_whether_the_auth_went_along(
    server: Server, answer: dict, removed: list[str] | None, told: str | None
) -> None:
    gets(server)
    gets_auth(server)
    deletes(server)
    server.expects("GET", AUTH, **answer)
    result = server.run(module, integration_id=INTEGRATION_ID, state="absent")
    assert (result.changed, result["removed"]) == (True, [INTEGRATION_ID])
    assert result.data.get("removed_auths") == removed
    assert [told in warning and AUTH_ID in warning for warning in result.warnings] == ([True] if told else [])


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("by", [AWS, BY_ID])
def test_absent_of_nothing_is_unchanged(server: Server, by: dict, check: bool) -> None:
    if by is AWS:
        lists(server, api_integration(region="eu-west-1"))
    else:
        lists(server)
    result = server.run(module, **by, state="absent", check=check)
    assert result.changed is False
    assert result["integration"] is None
    assert result["removed"] == []


def test_absent_with_the_secrets_at_the_destination(server: Server) -> None:
    lists(server, api_integration(integration="github"))
    belongs(server)
    deletes(server, query={"shouldDeleteIntegrationSecrets": "true"})
    result = server.run(module, **BY_ID, state="absent", delete_destination_secrets=True)
    assert result.changed is True


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("there", [True, False])
def test_absent_with_the_secrets_at_the_destination_works_for_github_only(
    server: Server, there: bool, check: bool
) -> None:
    lists_auths(server, api_auth())
    lists(server, *([api_integration()] if there else []))
    result = server.run(module, **named(), state="absent", delete_destination_secrets=True, check=check)
    assert result.msg.startswith(
        "delete_destination_secrets works for GitHub only; the server can't delete what aws-secret-manager holds."
    )
    assert result["error_kind"] == "input"


# --- check mode -------------------------------------------------------------------------------------------------------


def planned_auth(server: Server) -> str:
    lists_auths(server)
    server.expects_probe()
    keys = {"access_id": "AKIAEXAMPLE", "access_token": "aws-secret-1"}
    options = {"project_id": PROJECT, "integration": "aws-secret-manager", **keys}
    return server.run(infisical_integration_auth, **options, check=True)["integration_auth"]["id"]


def plans(server: Server, **options: Any) -> Result:
    server.expects_probe()
    if options.get("project_id", PROJECT):
        source = options.get("source_environment", "dev")
        server.expects_source((source, "qa"), None if options.get("secret_path") == "/" else "/")
    return server.run(module, **{**AWS, **options}, check=True)


@pytest.mark.parametrize("project", [None, PROJECT])
def test_a_chain_on_an_empty_project(server: Server, project: str | None) -> None:
    auth_id = planned_auth(server)
    result = plans(server, integration_auth_id=auth_id, project_id=project)
    assert result.changed is True
    assert result["integration"]["integration_auth_id"] == auth_id
    assert PLACEHOLDER.fullmatch(result["integration"]["id"])
    assert result.warnings == []


def test_a_chain_by_names_hands_on_the_same_stand_in(server: Server) -> None:
    auth_id = planned_auth(server)
    lists_auths(server)
    server.expects_probe().expects_source()
    result = server.run(module, **named(), check=True)
    assert result["integration"]["integration_auth_id"] == auth_id


def test_stand_ins_differ_with_the_identity_only(server: Server) -> None:
    auth_id = planned_auth(server)

    def plan(**options: Any) -> str:
        return plans(server, integration_auth_id=auth_id, **options)["integration"]["id"]

    first = plan()
    assert plan(is_active=False, metadata={"secret_prefix": "P_"}, secret_path="/app/") == first
    assert len({first, plan(secret_path="/"), plan(region="eu-west-1"), plan(source_environment="prod")}) == 4


def test_check_mode_has_the_keys_of_a_real_run(server: Server) -> None:
    lists(server)
    gets_auth(server)
    planned = plans(server)
    lists(server)
    gets_auth(server)
    creates(server, AWS_BODY)
    real = server.run(module, **AWS)
    assert planned.data.keys() == real.data.keys()
    assert planned["integration"].keys() == real["integration"].keys()
    assert {**planned["diff"]["after"], "id": INTEGRATION_ID} == real["diff"]["after"]
    assert planned["integration"]["project_id"] == PROJECT


def test_check_mode_says_where_no_integrations_are_created_any_more(server: Server) -> None:
    lists(server)
    gets_auth(server)
    server.expects_probe(status=403, answer=api_error(403, "ForbiddenError", "Native Integrations are being retired"))
    result = server.run(module, **AWS, check=True)
    assert result["error_kind"] == "creation_closed"


@pytest.mark.parametrize("state", ["present", "absent"])
@pytest.mark.parametrize("option", ["integration_auth_id", "integration_id"])
def test_a_stand_in_is_no_id_in_a_real_run(server: Server, option: str, state: str) -> None:
    planned = planned_auth(server)
    result = server.run(module, **{**AWS, option: planned}, state=state)
    assert result.msg.startswith(
        f"{option} {planned} is a placeholder from check mode, for an object that was not created."
    )
    assert result["error_kind"] == "input"


def test_nothing_of_an_auth_that_check_mode_did_not_create_is_removed(server: Server) -> None:
    planned = planned_auth(server)
    assert server.run(module, **{**AWS, "integration_auth_id": planned}, state="absent", check=True).changed is False


CHECKED: dict[str, tuple[dict, bool]] = {
    "nothing to change": ({}, False),
    "active, as by default": ({"is_active": True}, False),
    "inactive": ({"is_active": False}, True),
    "the folder of a new one": ({"secret_path": "/"}, False),
    "another folder": ({"secret_path": "/app"}, True),
    "synced": ({"sync": True}, True),
    "synced and waited for": ({"sync": True, "wait": True}, True),
    "absent": ({"state": "absent"}, True),
}


@pytest.mark.parametrize(("options", "changed"), CHECKED.values(), ids=CHECKED)
def test_check_mode_goes_on_with_what_it_did_not_create(server: Server, options: dict, changed: bool) -> None:
    planned = planned_auth(server)
    result = server.run(module, integration_id=planned, check=True, **options)
    assert (result.changed, result.warnings) == (changed, [])
    if options.get("state") == "absent":
        assert (result["integration"], result["removed"]) == (None, [planned])
    else:
        assert result["integration"]["id"] == planned


def test_check_mode_presumes_what_an_earlier_task_had_to_specify(server: Server) -> None:
    planned = planned_auth(server)
    result = server.run(module, integration_id=planned, check=True, source_environment="dev", secret_path="/app")
    assert (result.changed, result["integration"]["source_environment"]) == (True, "dev")
    assert result.warnings == [
        (
            f"The integration {planned} does not exist yet; check mode assumes that an earlier task of this run"
            " creates it with the same source_environment."
        )
    ]


# --- refused input ----------------------------------------------------------------------------------------------------

REFUSED = {
    "nothing that names it": (
        {"source_environment": "dev"},
        "one of the following is required: integration_id, integration_auth_id, project_id",
    ),
    "project alone": (
        {"source_environment": "dev", "project_id": PROJECT},
        "To identify the integration, specify integration_auth_id, or project_id and integration, or integration_id.",
    ),
    "no environment": ({**AWS, "source_environment": None}, "source_environment is missing: specify it, or name the"),
    "empty environment": (
        {**AWS, "source_environment": " "},
        "source_environment is empty: specify the slug of the environment",
    ),
    "folder without a slash": (
        {**AWS, "secret_path": "app"},
        "secret_path 'app' must start with a slash, as in '/app'.",
    ),
    "empty folder": ({**AWS, "secret_path": ""}, "secret_path '' must start with a slash, as in '/'."),
    "malformed auth id": ({**AWS, "integration_auth_id": "x"}, "integration_auth_id 'x' is not an ID: it should look"),
    "malformed id": ({"integration_id": "x/../y"}, "integration_id 'x/../y' is not an ID: it should look"),
    "malformed project": ({**AWS, "project_id": "../x"}, "project_id '../x' is not an ID: letters, digits"),
    "project too long": ({**AWS, "project_id": "x" * 65}, "project_id 'xxx"),
    "metadata key": ({**AWS, "metadata": {"prefix": "x"}}, "Unsupported parameters for"),
    "metadata choice": (
        {**AWS, "metadata": {"mapping_behavior": "many"}},
        "value of mapping_behavior must be one of: many-to-one, one-to-one, got: many found in metadata",
    ),
    "half a label": (
        {**AWS, "metadata": {"secret_gcp_label": {"label_name": "x"}}},
        "missing required arguments: label_value found in metadata -> secret_gcp_label",
    ),
}


@pytest.mark.parametrize("state", ["present", "absent"])
@pytest.mark.parametrize(("options", "message"), REFUSED.values(), ids=REFUSED)
def test_refused_input_sends_nothing(server: Server, options: dict, message: str, state: str) -> None:
    result = server.run(module, **options, state=state)
    assert result.failed
    assert result.msg.startswith(message)


@pytest.mark.parametrize("state", ["present", "absent"])
def test_an_empty_id_is_not_taken_for_none(server: Server, state: str) -> None:
    result = server.run(module, **{**named(), "integration_auth_id": ""}, state=state)
    assert result.msg.startswith("integration_auth_id '' is not an ID")


@pytest.mark.parametrize("check", [False, True])
def test_nothing_to_remove_where_the_auth_is_gone(server: Server, check: bool) -> None:
    lists_auths(server)
    result = server.run(module, **named(), state="absent", delete_destination_secrets=True, check=check)
    assert (result.changed, result["removed"]) == (False, [])


@pytest.mark.parametrize("check", [False, True])
def test_nothing_to_remove_by_an_id_that_nothing_has(server: Server, check: bool) -> None:
    lists(server)
    options = {"integration_id": INTEGRATION_ID, "project_id": PROJECT, "integration": "aws-secret-manager"}
    result = server.run(module, **options, state="absent", delete_destination_secrets=True, check=check)
    assert (result.changed, result["removed"]) == (False, [])
