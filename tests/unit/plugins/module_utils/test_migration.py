# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of a native integration of each service: the sync that takes its place, or what stands in the way."""

from __future__ import annotations

import pytest
from ansible_collections.community.infisical.plugins.module_utils._catalog.destinations import DESTINATIONS
from ansible_collections.community.infisical.plugins.module_utils._catalog.services import DESTINATION_FIELDS, SERVICES
from ansible_collections.community.infisical.plugins.module_utils._catalog.syncs import check_sync
from ansible_collections.community.infisical.plugins.module_utils._migration import plan as migration
from ansible_collections.community.infisical.plugins.module_utils._migration.counterparts import COUNTERPARTS
from ansible_collections.community.infisical.plugins.module_utils._migration.plan import plan_for
from hypothesis import given
from hypothesis import strategies as st

ID = "b0000000-0000-4000-8000-000000000001"
UUID = "1d0b7c9e-3a44-4f1b-8c62-5b1e9f3a7d01"
CONNECTED = {"connection_name": "mine"}


def view(slug: str, **fields: object) -> dict:
    """An integration as the native modules return it: every key there, unset ones None."""
    blank = dict.fromkeys((*DESTINATION_FIELDS, "last_used"))
    return {
        **blank,
        "id": ID,
        "project_id": "project-1",
        "integration": slug,
        "source_environment": "dev",
        "secret_path": "/backend",
        "is_active": True,
        "metadata": {},
        **fields,
    }


def auth(**fields: object) -> dict:
    return {
        "project_id": "project-1",
        **dict.fromkeys(("target_url", "namespace", "team_id", "account_id", "metadata")),
        **fields,
    }


# slug, integration, auth, destination_config, restore_deletion: what needs nothing but a connection.
WHOLE = [
    (
        "aws-secret-manager",
        {"region": "eu-central-1", "app": "my/app"},
        {},
        {"region": "eu-central-1", "mapping_behavior": "many-to-one", "secret_name": "my/app"},
        False,
    ),
    (
        "aws-secret-manager",
        {"region": "eu-central-1", "metadata": {"mapping_behavior": "one-to-one"}},
        {},
        {"region": "eu-central-1", "mapping_behavior": "one-to-one"},
        None,
    ),
    (
        "aws-parameter-store",
        {"region": "us-east-1", "path": "/a/b/"},
        {},
        {"region": "us-east-1", "path": "/a/b/"},
        False,
    ),
    (
        "aws-parameter-store",
        {"region": "us-east-1", "path": "/", "metadata": {"should_disable_delete": True}},
        {},
        {"region": "us-east-1", "path": "/"},
        None,
    ),
    (
        "azure-key-vault",
        {"app": "https://v.vault.azure.net"},
        {},
        {"vault_base_url": "https://v.vault.azure.net"},
        False,
    ),
    (
        "azure-app-configuration",
        {"app": "https://s.azconfig.io", "metadata": {"azure_label": "dev"}},
        {},
        {"configuration_url": "https://s.azconfig.io", "label": "dev"},
        False,
    ),
    ("azure-devops", {"app": "acme", "app_id": "p-1"}, {}, {"devops_project_id": "p-1"}, False),
    ("gcp-secret-manager", {"app_id": "p-1"}, {}, {"scope": "global", "project_id": "p-1"}, False),
    (
        "gcp-secret-manager",
        {"app_id": "p-1", "metadata": {"secret_gcp_label": {"label_name": "a", "label_value": "b"}}},
        {},
        {"scope": "global", "project_id": "p-1"},
        None,
    ),
    ("github", {"owner": "acme", "app": "web"}, {}, {"scope": "repository", "owner": "acme", "repo": "web"}, None),
    (
        "github",
        {"scope": "github-env", "owner": "acme", "app": "web", "app_id": "1", "target_environment_id": "prod"},
        {},
        {"scope": "repository-environment", "owner": "acme", "repo": "web", "env": "prod"},
        None,
    ),
    (
        "github",
        {"scope": "github-org", "owner": "acme", "metadata": {"should_enable_delete": True}},
        {},
        {"scope": "organization", "org": "acme", "visibility": "all"},
        False,
    ),
    (
        "github",
        {
            "scope": "github-org",
            "owner": "acme",
            "metadata": {"github_visibility": "selected", "github_visibility_repo_ids": ["1", "22"]},
        },
        {},
        {"scope": "organization", "org": "acme", "visibility": "selected", "selected_repository_ids": [1, 22]},
        None,
    ),
    (
        "gitlab",
        {"app_id": "7", "app": "web", "target_environment": "*", "metadata": {"should_mask_secrets": False}},
        {},
        {
            "scope": "project",
            "project_id": "7",
            "project_name": "web",
            "target_environment": "*",
            "should_mask_secrets": False,
        },
        False,
    ),
    (
        "bitbucket",
        {"app_id": "web", "target_environment_id": "acme", "target_service_id": "{e}"},
        {},
        {"repository_slug": "web", "workspace_slug": "acme", "environment_id": "{e}"},
        False,
    ),
    (
        "bitbucket",
        {"app_id": f"{{{UUID}}}", "app": "web", "target_environment_id": "acme"},
        {},
        {"repository_slug": "web", "workspace_slug": "acme"},
        False,
    ),
    (
        "circleci",
        {"app_id": "p-1", "app": "web", "owner": "acme", "scope": "project"},
        {},
        {"org_name": "acme", "project_name": "web", "project_id": "p-1"},
        False,
    ),
    (
        "circleci",
        {"app_id": "p-1", "app": "web", "owner": "gh/acme"},
        {},
        {"org_name": "acme", "project_name": "web", "project_id": "p-1"},
        False,
    ),
    ("databricks", {"app": "kv"}, {}, {"scope": "kv"}, False),
    (
        "travisci",
        {"app_id": "9", "app": "web", "owner": "acme"},
        {},
        {"repository_id": "9", "repository_slug": "acme/web"},
        False,
    ),
    ("teamcity", {"app_id": "Web", "target_environment_id": "Web_Build"}, {}, {"project": "Web"}, False),
    (
        "teamcity",
        {"app_id": "Web", "target_environment_id": "Web_Build", "target_environment": "Build"},
        {},
        {"project": "Web", "build_config": "Web_Build"},
        False,
    ),
    (
        "vercel",
        {"app": "web", "app_id": "prj_1", "target_environment": "preview", "path": "main"},
        {"team_id": "team_1"},
        {
            "scope": "project",
            "app": "prj_1",
            "app_name": "web",
            "env": "preview",
            "branch": "main",
            "team_id": "team_1",
        },
        False,
    ),
    (
        "vercel",
        {"app": "web", "app_id": "prj_1", "target_environment": "production"},
        {},
        {"scope": "project", "app": "prj_1", "app_name": "web", "env": "production", "team_id": ""},
        False,
    ),
    (
        "netlify",
        {"app": "web", "app_id": "s-1", "target_environment": "production"},
        {"account_id": "a-1"},
        {"account_id": "a-1", "site_id": "s-1", "site_name": "web", "context": "production"},
        False,
    ),
    ("heroku", {"app": "web"}, {}, {"app": "web", "app_name": "web"}, False),
    ("render", {"app_id": "srv-1"}, {}, {"scope": "service", "service_id": "srv-1", "type": "env"}, False),
    (
        "railway",
        {
            "app_id": "p",
            "app": "web",
            "target_environment_id": "e",
            "target_environment": "dev",
            "target_service_id": "s",
        },
        {},
        {
            "project_id": "p",
            "project_name": "web",
            "environment_id": "e",
            "environment_name": "dev",
            "service_id": "s",
        },
        False,
    ),
    ("flyio", {"app": "web"}, {}, {"app_id": "web"}, False),
    ("supabase", {"app_id": "p", "app": "web"}, {}, {"project_id": "p", "project_name": "web"}, False),
    (
        "checkly",
        {"app_id": "a", "app": "acme", "target_service_id": "3", "target_service": "group"},
        {},
        {"account_id": "a", "account_name": "acme", "group_id": "3", "group_name": "group"},
        False,
    ),
    (
        "cloudflare-pages",
        {"app": "web", "target_environment": "production", "metadata": {"should_auto_redeploy": True}},
        {},
        {"project_name": "web", "environment": "production"},
        False,
    ),
    ("cloudflare-workers", {"app": "web"}, {}, {"script_id": "web"}, False),
    ("digital-ocean-app-platform", {"app_id": "a", "app": "web"}, {}, {"app_id": "a", "app_name": "web"}, False),
    ("cloud-66", {"app_id": "s", "app": "web"}, {}, {"stack_id": "s", "stack_name": "web"}, False),
    (
        "northflank",
        {"app_id": "p", "target_service_id": "g"},
        {},
        {"project_id": "p", "secret_group_id": "g"},
        False,
    ),
    ("rundeck", {"path": "keys/project/web/db"}, {}, {"project": "web", "path": "/db"}, False),
    ("rundeck", {"path": "keys/project/web/"}, {}, {"project": "web", "path": "/"}, False),
    (
        "octopus-deploy",
        {
            "app_id": "Projects-1",
            "scope": "project",
            "target_environment_id": "Spaces-1",
            "metadata": {
                "octopus_deploy_scope_values": {
                    "environment": ["e"],
                    "role": ["r"],
                    "machine": ["m"],
                    "process_owner": ["p"],
                    "action": ["a"],
                    "channel": [],
                }
            },
        },
        {},
        {
            "space_id": "Spaces-1",
            "scope": "project",
            "project_id": "Projects-1",
            "scope_values": {
                "environments": ["e"],
                "roles": ["r"],
                "machines": ["m"],
                "processes": ["p"],
                "actions": ["a"],
            },
        },
        False,
    ),
    (
        "octopus-deploy",
        {"app_id": "Projects-1", "target_environment_id": "Spaces-1"},
        {},
        {"space_id": "Spaces-1", "scope": "project", "project_id": "Projects-1"},
        False,
    ),
    ("hashicorp-vault", {"app": "kv", "path": "team/dev"}, {}, {"mount": "kv", "path": "team/dev"}, False),
]

# slug, integration, what is missing besides the connection, inputs that complete it.
INCOMPLETE = [
    ("aws-secret-manager", {"region": "eu-central-1"}, ["secret_name"], {"secret_name": "x"}),
    ("aws-secret-manager", {"region": "eu-central-1", "app": "a b"}, ["secret_name"], {"secret_name": "x"}),
    ("aws-secret-manager", {"app": "x"}, ["region"], {"region": "eu-central-1"}),
    ("aws-parameter-store", {"region": "us-east-1"}, ["path"], {"path": "/x/"}),
    ("aws-parameter-store", {"region": "us-east-1", "path": "prefix"}, ["path"], {"path": "/x/"}),
    ("aws-parameter-store", {"region": "us-east-1", "path": "/a.b/"}, ["path"], {"path": "/x/"}),
    ("azure-key-vault", {}, ["vault_base_url"], {"vault_base_url": "https://v.vault.azure.net"}),
    ("github", {"scope": "github-env"}, ["owner", "repo", "env"], {"owner": "a", "repo": "b", "env": "c"}),
    ("github", {"scope": "github-org"}, ["org"], {"org": "a"}),
    (
        "github",
        {"scope": "github-org", "owner": "a", "metadata": {"github_visibility": "selected"}},
        ["selected_repository_ids"],
        {"selected_repository_ids": [1]},
    ),
    ("gitlab", {"app_id": "7"}, ["project_name"], {"project_name": "web"}),
    ("bitbucket", {"app_id": UUID, "app": "My Web"}, ["workspace_slug", "repository_slug"],
     {"workspace_slug": "a", "repository_slug": "b"}),
    ("circleci", {"app_id": "p", "app": "p", "owner": "circleci/4f"}, ["org_name", "project_name"],
     {"org_name": "a", "project_name": "b"}),
    ("circleci", {"app": "web", "owner": "acme"}, ["project_id"], {"project_id": "p"}),
    ("travisci", {"app_id": "9", "app": "web"}, ["repository_slug"], {"repository_slug": "acme/web"}),
    ("terraform-cloud", {"app_id": "w", "app": "web", "target_service": "env"}, ["org"], {"org": "acme"}),
    ("vercel", {"app": "web", "target_environment": "preview"}, ["app"], {"app": "prj_1"}),
    ("netlify", {"app_id": "s"}, ["account_id"], {"account_id": "a"}),
    ("netlify", {"app_id": "s", "target_environment": "odd"}, ["account_id", "context"],
     {"account_id": "a", "context": None}),
    ("railway", {"app_id": "p", "target_environment_id": "e"}, ["project_name", "environment_name"],
     {"project_name": "a", "environment_name": "b"}),
    ("laravel-forge", {"app_id": "s"}, ["org_slug", "server_id"], {"org_slug": "acme", "server_id": 12}),
    ("windmill", {"app_id": "w"}, ["path"], {"path": "f/team/"}),
    ("hasura-cloud", {"app_id": "t", "app": "web"}, ["project_id"], {"project_id": "p"}),
    ("qovery", {"scope": "job", "app_id": "j", "target_service_id": "p"}, ["organization_id"],
     {"organization_id": "o"}),
    ("hashicorp-vault", {"app": "kv", "path": "a b"}, ["path"], {"path": "a-b"}),
]  # fmt: skip

NONE = [
    ("codefresh", {"app_id": "p"}, "Codefresh"),
    ("circleci", {"scope": "context", "app_id": "c"}, "context"),
    ("rundeck", {"path": "keys/shared/db"}, "keys/shared/db"),
    ("github", {"scope": "github-codespace"}, "github-codespace"),
    ("nowhere", {}, "nowhere"),
    ("supabase", {"app_id": "p", "app": "web", "source_environment": "old_dev"}, "environment 'old_dev' is not a slug"),
]


def ids(rows: list) -> list[str]:
    return [f"{row[0]}-{index}" for index, row in enumerate(rows)]


def certain_problems(sync: dict) -> list:
    found = check_sync(sync["destination"], sync["destination_config"], sync["sync_options"])
    return [problem for problem in found if problem.certain]


def test_every_native_service_is_tested() -> None:
    assert set(COUNTERPARTS) == set(SERVICES)
    assert {row[0] for row in (*WHOLE, *INCOMPLETE, *NONE)} - {"nowhere"} == set(SERVICES)
    assert len(SERVICES) == 35


@pytest.mark.parametrize(("slug", "fields", "auth_fields", "config", "restore"), WHOLE, ids=ids(WHOLE))
def test_whole_integrations_need_a_connection_only(
    slug: str, fields: dict, auth_fields: dict, config: dict, restore: bool | None
) -> None:
    plan = plan_for(view(slug, **fields), auth(**auth_fields))
    assert [one["name"] for one in plan.missing] == ["connection_name"], plan.missing
    assert plan.status == "needs_inputs"

    plan = plan_for(view(slug, **fields), auth(**auth_fields), CONNECTED)
    assert (plan.status, plan.missing) == ("ready", [])
    assert plan.sync["destination_config"] == config
    assert plan.restore_deletion is restore
    assert certain_problems(plan.sync) == []
    assert plan.app == DESTINATIONS[plan.destination].app
    assert plan.methods[0]["browser_only"] is False


@pytest.mark.parametrize(("slug", "fields", "missing", "inputs"), INCOMPLETE, ids=ids(INCOMPLETE))
def test_what_is_missing_is_asked_and_given(slug: str, fields: dict, missing: list, inputs: dict) -> None:
    plan = plan_for(view(slug, **fields), auth())
    names = [item["name"] for item in plan.missing]
    assert plan.status == "needs_inputs"
    assert sorted(names) == sorted([f"destination_config.{name}" for name in missing] + ["connection_name"])
    assert names[-1] == "connection_name"
    assert all(name in plan.reason for name in names)
    assert all(item["why"].endswith((".", ")")) for item in plan.missing)

    dotted = {f"destination_config.{name}": value for name, value in inputs.items()}
    for given_inputs in ({**CONNECTED, **dotted}, {**CONNECTED, "destination_config": inputs}):
        plan = plan_for(view(slug, **fields), auth(), given_inputs)
        assert (plan.status, plan.missing) == ("ready", [])
        assert certain_problems(plan.sync) == []


@pytest.mark.parametrize(("slug", "fields", "text"), NONE, ids=ids(NONE))
def test_what_has_no_counterpart_says_why(slug: str, fields: dict, text: str) -> None:
    plan = plan_for(view(slug, **fields), auth(), CONNECTED)
    assert (plan.status, plan.sync, plan.missing) == ("no_counterpart", {}, [])
    assert text in plan.reason


def test_a_place_that_a_sync_cannot_reach_can_be_replaced_by_another() -> None:
    inputs = {**CONNECTED, "destination_config": {"project": "web", "path": "/db"}}
    assert plan_for(view("rundeck", path="keys/shared/db"), auth(), inputs).status == "ready"


def test_the_sync_as_a_whole() -> None:
    plan = plan_for(
        view(
            "aws-secret-manager",
            region="eu-central-1",
            app="x",
            is_active=False,
            metadata={
                "secret_aws_tag": [{"key": "team", "value": "core"}],
                "kms_key_id": "alias/app",
                "metadata_sync_mode": "secret-metadata",
            },
        ),
        auth(),
        {"connection_id": UUID},
    )
    assert plan.sync == {
        "name": "aws-secret-manager-dev-b0000000",
        "description": f"Takes the place of native integration {ID}.",
        "destination": "aws-secrets-manager",
        "project_id": "project-1",
        "environment": "dev",
        "secret_path": "/backend",
        "is_auto_sync_enabled": False,
        "connection_id": UUID,
        "destination_config": {"region": "eu-central-1", "mapping_behavior": "many-to-one", "secret_name": "x"},
        "sync_options": {
            "initial_sync_behavior": "overwrite-destination",
            "tags": [{"key": "team", "value": "core"}],
            "key_id": "alias/app",
        },
    }
    assert plan.sync["description"] == f"{migration.DESCRIPTION}{ID}."


@pytest.mark.parametrize(
    ("affixes", "named"),
    [
        ({"secret_prefix": "APP_"}, "'APP_KEY'"),
        ({"secret_suffix": "_X"}, "'KEY_X'"),
        ({"secret_prefix": "APP_", "secret_suffix": "_X"}, "'APP_KEY_X'"),
    ],
)
@pytest.mark.parametrize("mapping", [{}, {"mapping_behavior": "many-to-one"}], ids=["default", "specified"])
def test_keys_in_one_secret_with_other_names_have_no_equal(mapping: dict, affixes: dict, named: str) -> None:
    integration = view("aws-secret-manager", region="eu-central-1", app="x", metadata={**mapping, **affixes})
    plan = plan_for(integration, auth(), CONNECTED)
    assert plan.status == "needs_inputs"
    assert [item["name"] for item in plan.missing] == ["sync_options.key_schema"]
    assert f"wrote the keys in the secret as {named}." in plan.missing[0]["why"]
    assert "key_schema" not in plan.sync["sync_options"]
    # The keys as they are in Infisical, or the secret under another name.
    for schema in ("", None, "app/{{secretKey}}"):
        decided = plan_for(integration, auth(), {**CONNECTED, "sync_options": {"key_schema": schema}})
        assert decided.status == "ready"
        assert decided.sync["sync_options"].get("key_schema") == schema


def test_names_of_secrets_of_their_own_move_into_the_key_schema() -> None:
    metadata = {"mapping_behavior": "one-to-one", "secret_prefix": "APP_", "secret_suffix": "_X"}
    plan = plan_for(view("aws-secret-manager", region="eu-central-1", app="x", metadata=metadata), auth(), CONNECTED)
    assert plan.status == "ready"
    assert plan.sync["sync_options"]["key_schema"] == "APP_{{secretKey}}_X"


@pytest.mark.parametrize("mapping", ["one-to-one", "many-to-one"])
@pytest.mark.parametrize(
    ("kms", "inputs", "warned"),
    [({}, {}, True), ({"kms_key_id": "alias/app"}, {}, False), ({}, {"sync_options.key_id": "alias/app"}, False)],
    ids=["none", "known", "given"],
)
def test_a_key_that_was_set_in_aws_is_not_replaced_without_a_word(
    kms: dict, inputs: dict, warned: bool, mapping: str
) -> None:
    integration = view(
        "aws-secret-manager", region="eu-central-1", app="x", metadata={"mapping_behavior": mapping, **kms}
    )
    plan = plan_for(integration, auth(), {**CONNECTED, **inputs})
    assert plan.status == "ready"
    assert any("To keep a key, specify sync_options.key_id." in text for text in plan.warnings) is warned
    assert plan.sync["sync_options"].get("key_id") == (None if warned else "alias/app")


def test_metadata_as_tags_is_for_secrets_of_their_own() -> None:
    metadata = {"mapping_behavior": "one-to-one", "metadata_sync_mode": "secret-metadata"}
    plan = plan_for(view("aws-secret-manager", region="eu-central-1", app="x", metadata=metadata), auth(), CONNECTED)
    assert plan.status == "ready"
    assert plan.sync["sync_options"]["sync_secret_metadata_as_tags"] is True
    assert "secret_name" not in plan.sync["destination_config"]


def test_a_parameter_path_without_a_last_slash_moves_into_the_key_schema() -> None:
    fields = {"region": "us-east-1", "path": "/a/b", "metadata": {"secret_prefix": "X_"}}
    plan = plan_for(view("aws-parameter-store", **fields), auth(), CONNECTED)
    assert plan.status == "ready"
    assert plan.sync["destination_config"]["path"] == "/a/"
    assert plan.sync["sync_options"]["key_schema"] == "bX_{{secretKey}}"
    assert any("does not end with a slash" in text for text in plan.warnings)


def test_a_name_that_the_sync_needs_and_the_integration_lacks_is_asked() -> None:
    plan = plan_for(view("supabase", app_id="ref", app=None), auth(), CONNECTED)
    assert plan.status == "needs_inputs"
    assert [item["name"] for item in plan.missing] == ["destination_config.project_name"]
    assert "created without the name" in plan.missing[0]["why"]


def test_a_prefix_for_key_vault_has_the_dashes_that_its_names_have() -> None:
    integration = view("azure-key-vault", app="https://v.vault.azure.net", metadata={"secret_prefix": "my_app_"})
    plan = plan_for(integration, auth(), CONNECTED)
    assert plan.status == "ready"
    assert plan.sync["sync_options"]["key_schema"] == "my-app-{{secretKey}}"


def test_the_trust_policy_of_a_role_fits_a_connection_of_the_project() -> None:
    plan = plan_for(view("aws-parameter-store", region="eu-central-1", path="/a/"), auth(), {})
    (access,) = [item for item in plan.missing if item["name"] == "connection_name"]
    assert "a connection of the project can use the role as it is" in access["why"]


def test_a_long_prefix_moves_into_the_key_schema() -> None:
    plan = plan_for(view("flyio", app="web", metadata={"secret_prefix": "a" * 250}), auth(), CONNECTED)
    assert plan.status == "ready"
    assert plan.sync["sync_options"]["key_schema"] == "a" * 250 + "{{secretKey}}"


@pytest.mark.parametrize("prefix", ["app.", "a b", "{{x}}"])
def test_names_that_no_key_schema_can_say_are_asked(prefix: str) -> None:
    integration = view("flyio", app="web", metadata={"secret_prefix": prefix})
    plan = plan_for(integration, auth(), CONNECTED)
    assert plan.status == "needs_inputs"
    assert [item["name"] for item in plan.missing] == ["sync_options.key_schema"]
    assert "key_schema" not in plan.sync["sync_options"]
    for schema in (None, "APP_{{secretKey}}"):
        inputs = {**CONNECTED, "sync_options": {"key_schema": schema}}
        assert plan_for(integration, auth(), inputs).status == "ready"
    assert plan_for(integration, auth(), {**CONNECTED, "sync_options.key_schema": "a."}).status == "needs_inputs"


def test_tags_that_the_server_refuses_are_asked() -> None:
    metadata = {"secret_aws_tag": [{"key": "k" * 129, "value": "v"}]}
    integration = view("aws-parameter-store", region="us-east-1", path="/", metadata=metadata)
    plan = plan_for(integration, auth(), CONNECTED)
    assert [item["name"] for item in plan.missing] == ["sync_options.tags"]
    assert plan_for(integration, auth(), {**CONNECTED, "sync_options": {"tags": None}}).status == "ready"


@pytest.mark.parametrize(
    ("slug", "fields", "behavior", "warned"),
    [
        ("heroku", {}, "import-prioritize-destination", False),
        ("heroku", {"last_used": "2026-03-02T09:15:03.412Z"}, "overwrite-destination", False),
        ("render", {}, "overwrite-destination", False),
        ("gitlab", {}, "overwrite-destination", True),
    ],
)
def test_the_first_behaviour_carries_over_while_it_is_not_spent(
    slug: str, fields: dict, behavior: str, warned: bool
) -> None:
    metadata = {"initial_sync_behavior": "prefer-target"}
    plan = plan_for(view(slug, app="web", app_id="1", metadata=metadata, **fields), auth(), CONNECTED)
    assert plan.sync["sync_options"]["initial_sync_behavior"] == behavior
    assert any("can't import" in text for text in plan.warnings) is warned
    assert plan.status == "ready"


@pytest.mark.parametrize(
    ("slug", "fields", "auth_fields", "method", "prefilled", "asked"),
    [
        ("aws-parameter-store", {}, {}, "access-key", {}, ["access_key_id", "secret_access_key"]),
        ("aws-parameter-store", {"metadata": {"awsIamRole": "sync"}}, {}, "assume-role", {}, ["role_arn"]),
        ("gitlab", {}, {"target_url": "https://git.example.com"}, "access-token",
         {"instance_url": "https://git.example.com"}, ["access_token", "access_token_type"]),
        ("azure-devops", {"app": "acme"}, {}, "access-token", {"org_name": "acme"}, ["access_token"]),
        ("databricks", {}, {"target_url": "https://d.example.com"}, "service-principal",
         {"workspace_url": "https://d.example.com"}, ["client_id", "client_secret"]),
        ("hashicorp-vault", {}, {"target_url": "https://v.example.com", "namespace": "n"}, "app-role",
         {"instance_url": "https://v.example.com", "namespace": "n"}, ["role_id", "secret_id"]),
        ("rundeck", {"path": "keys/project/a", "target_url": "https://r.example.com"},
         {"target_url": "https://old.example.com"}, "api-token",
         {"instance_url": "https://r.example.com"}, ["api_token"]),
        ("windmill", {"target_url": "https://w.example.com"}, {}, "access-token",
         {"instance_url": "https://w.example.com"}, ["access_token"]),
        ("railway", {}, {}, "account-token", {}, ["api_token"]),
        ("gcp-secret-manager", {}, {}, "service-account-impersonation", {}, ["service_account_email"]),
    ],
)  # fmt: skip
def test_the_connection_is_prepared(
    *, slug: str, fields: dict, auth_fields: dict, method: str, prefilled: dict, asked: list
) -> None:
    first = plan_for(view(slug, **fields), auth(**auth_fields)).methods[0]
    assert (first["method"], first["prefilled"], first["asked"]) == (method, prefilled, asked)


def test_a_github_installation_is_prefilled() -> None:
    metadata = {"authMethod": "app", "installationId": "41234567"}
    methods = plan_for(view("github", owner="a", app="b"), auth(metadata=metadata)).methods
    (app,) = [item for item in methods if item["method"] == "github-app"]
    assert (app["prefilled"], app["asked"], app["browser_only"]) == ({"installation_id": "41234567"}, ["code"], True)


def test_inputs_win_and_odd_ones_are_told() -> None:
    inputs = {"name": "fly", "secret_path": "/x", "sync_options": {"disableSecretDeletion": False}, "nonsense": 1}
    plan = plan_for(view("flyio", app="web"), auth(), {**CONNECTED, **inputs})
    assert (plan.sync["name"], plan.sync["secret_path"]) == ("fly", "/x")
    assert plan.sync["sync_options"]["disable_secret_deletion"] is False
    assert plan.restore_deletion is None
    assert any("nonsense" in text for text in plan.warnings)
    assert "nonsense" not in plan.sync


def test_what_the_views_lack() -> None:
    bare = {"integration": "flyio", "app": "web", "source_environment": None}
    plan = plan_for(bare, None, CONNECTED)
    assert [item["name"] for item in plan.missing] == ["environment"]
    assert plan.sync["secret_path"] == "/"
    assert plan.sync["is_auto_sync_enabled"] is True
    assert "description" not in plan.sync
    assert plan_for({"app": "web"}, {"integration": "flyio"}, {**CONNECTED, "environment": "dev"}).status == "ready"
    assert plan_for({}, None).status == "no_counterpart"


def test_names_differ_by_id() -> None:
    names = {plan_for(view("flyio", id=f"{n}{ID[1:]}"), auth()).sync["name"] for n in range(5)}
    assert len(names) == 5


def test_doubts_become_warnings() -> None:
    plan = plan_for(view("flyio", app="web"), auth(), {**CONNECTED, "destination_config": {"more": 1}})
    assert plan.status == "ready"
    assert any(text.startswith("destination_config.more") for text in plan.warnings)


TEXTS = st.none() | st.text(max_size=12) | st.sampled_from(["/a/b", "project", "context", "github-org", "x y", UUID])
METADATA = st.fixed_dictionaries(
    {},
    optional={
        "secret_prefix": TEXTS,
        "mapping_behavior": TEXTS,
        "secret_aws_tag": st.lists(st.dictionaries(st.sampled_from(["key", "value"]), TEXTS)) | TEXTS,
        "github_visibility": st.sampled_from(["all", "selected", "odd"]),
        "github_visibility_repo_ids": st.lists(TEXTS),
        "initial_sync_behavior": st.sampled_from(["prefer-source", "odd"]),
        "octopus_deploy_scope_values": st.dictionaries(st.sampled_from(["role", "action", "odd"]), st.lists(TEXTS)),
        "should_auto_redeploy": st.none() | st.booleans(),
    },
)


@given(
    st.sampled_from(sorted(SERVICES)),
    st.dictionaries(st.sampled_from(DESTINATION_FIELDS), TEXTS),
    METADATA | st.none(),
    st.dictionaries(st.sampled_from(["target_url", "namespace", "team_id", "account_id"]), TEXTS),
)
def test_whatever_is_there_a_ready_sync_has_no_certain_problem(
    slug: str, fields: dict, metadata: dict, auth_fields: dict
) -> None:
    plan = plan_for(view(slug, **fields, metadata=metadata), auth(**auth_fields), CONNECTED)
    assert (plan.status == "needs_inputs") is bool(plan.missing)
    if plan.status == "ready":
        assert certain_problems(plan.sync) == []
        assert plan.restore_deletion in (False, None)


def test_a_sync_to_qovery_never_deletes_as_the_integration_never_did() -> None:
    fields = {"scope": "job", "app_id": "j", "target_service_id": "p"}
    plan = plan_for(view("qovery", **fields), auth(), {**CONNECTED, "destination_config.organization_id": "o"})
    assert plan.sync["sync_options"]["disable_secret_deletion"] is True
    assert plan.restore_deletion is None
