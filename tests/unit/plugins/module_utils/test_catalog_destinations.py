# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The destinations of secret syncs: what each takes, and what is said about what it doesn't."""

from __future__ import annotations

import re

import pytest
from ansible_collections.community.infisical.plugins.module_utils._catalog import syncs as catalog
from ansible_collections.community.infisical.plugins.module_utils._catalog.destinations import (
    COMMON_OPTIONS,
    COMMON_RULES,
    DESTINATIONS,
    IMPORTS,
)
from ansible_collections.community.infisical.plugins.module_utils._catalog.names import to_api
from hypothesis import given
from hypothesis import strategies as st

PLAIN = {"initial_sync_behavior": "overwrite-destination"}

# Whole and right, one or more for each destination whose settings are known.
TAG = {"key": "a", "value": ""}
CONFIGS = [
    ("aws-secrets-manager", {"region": "eu-central-1", "mapping_behavior": "many-to-one", "secret_name": "a/b_c+=.@-"}),
    ("aws-secrets-manager", {"region": "us-gov-west-1", "mapping_behavior": "one-to-one"}),
    ("aws-parameter-store", {"region": "eu-central-1", "path": "/my-app/dev/"}),
    ("aws-parameter-store", {"region": "eu-central-1", "path": "/"}),
    ("azure-key-vault", {"vault_base_url": "https://v.vault.azure.net"}),
    ("azure-app-configuration", {"configuration_url": "https://s.azconfig.io", "label": "dev"}),
    ("azure-devops", {"devops_project_id": "p-1", "devops_project_name": "web"}),
    ("gcp-secret-manager", {"scope": "global", "project_id": "p-1", "user_replica_location_ids": ["europe-west1"]}),
    ("gcp-secret-manager", {"scope": "region", "project_id": "p-1", "location_id": "europe-west1"}),
    ("databricks", {"scope": "kv"}),
    ("github", {"scope": "organization", "org": "acme", "visibility": "all"}),
    ("github", {"scope": "organization", "org": "acme", "visibility": "selected", "selected_repository_ids": [1, 2]}),
    ("github", {"scope": "repository", "owner": "acme", "repo": "web"}),
    ("github", {"scope": "repository-environment", "owner": "acme", "repo": "web", "env": "prod"}),
    ("gitlab", {"scope": "project", "project_id": "1", "project_name": "web", "target_environment": "*"}),
    ("gitlab", {"scope": "group", "group_id": "1", "group_name": "acme", "should_mask_secrets": True}),
    ("bitbucket", {"repository_slug": "web", "workspace_slug": "acme"}),
    ("circleci", {"org_name": "acme", "project_name": "web", "project_id": "p-1"}),
    ("travis-ci", {"repository_id": "1", "repository_slug": "acme/web", "branch": "main"}),
    ("teamcity", {"project": "Web", "build_config": "Web_Build"}),
    (
        "terraform-cloud",
        {"org": "acme", "category": "env", "scope": "workspace", "workspace_id": "w", "workspace_name": "web"},
    ),
    (
        "terraform-cloud",
        {
            "org": "a",
            "category": "terraform",
            "scope": "variable-set",
            "variable_set_id": "v",
            "variable_set_name": "n",
        },
    ),
    ("vercel", {"scope": "project", "app": "prj_1", "app_name": "web", "env": "preview", "team_id": "", "branch": "x"}),
    ("vercel", {"scope": "team", "team_id": "t", "target_environments": ["production"]}),
    ("netlify", {"account_id": "a", "site_id": "s", "context": "production"}),
    ("heroku", {"app": "a", "app_name": "web"}),
    ("render", {"scope": "service", "service_id": "srv-1", "type": "env"}),
    ("render", {"scope": "environment-group", "environment_group_id": "evg-1", "type": "file"}),
    ("railway", {"project_id": "p", "project_name": "web", "environment_id": "e", "environment_name": "dev"}),
    ("flyio", {"app_id": "web"}),
    ("laravel-forge", {"org_slug": "acme-1.x", "server_id": "12", "site_id": "34"}),
    ("supabase", {"project_id": "p", "project_name": "web"}),
    ("checkly", {"account_id": "a", "group_id": "1"}),
    ("cloudflare-pages", {"project_name": "web", "environment": "preview"}),
    ("cloudflare-workers", {"script_id": "web"}),
    ("digital-ocean-app-platform", {"app_id": "a", "app_name": "web"}),
    ("northflank", {"project_id": "p", "secret_group_id": "g"}),
    ("windmill", {"workspace": "w", "path": "f/team/app/"}),
    (
        "octopus-deploy",
        {
            "scope": "project",
            "space_id": "Spaces-1",
            "space_name": "Default",
            "project_id": "Projects-1",
            "project_name": "Web",
            "scope_values": {"roles": ["web"]},
        },
    ),
    ("hashicorp-vault", {"mount": "kv", "path": "/team-a/dev/"}),
    ("qovery", {"organization_id": "o", "project_id": "p", "variable_type": "secret"}),
    ("cloud-66", {"stack_id": "s", "stack_name": "web"}),
    ("hasura-cloud", {"project_id": "p", "project_name": "web", "tenant_id": "t"}),
    ("rundeck", {"project": "web", "path": "/db"}),
    ("1password", {"vault_id": "v", "value_label": "secret"}),
    ("azure-entra-id-scim", {"service_principal_id": "0f0e0d0c-0b0a-4908-8706-050403020100"}),
    ("external-infisical", {"project_id": "p", "environment": "dev", "secret_path": "/"}),
    ("external-infisical", {"project_id": "p", "environment": "dev"}),
    ("railway", {"project_id": "p", "project_name": "", "environment_id": "e", "environment_name": ""}),
    ("hasura-cloud", {"project_id": "p", "project_name": "", "tenant_id": "t"}),
    ("cloudflare-pages", {"project_name": "web", "environment": "any-other"}),
    ("azure-app-configuration", {"configuration_url": "s.azconfig.io"}),
    ("gcp-secret-manager", {"scope": "global", "project_id": "p-1", "location_id": "europe-west1"}),
    (
        "oci-vault",
        {
            "compartment_ocid": "ocid1.tenancy.oc1..a",
            "vault_ocid": "ocid1.vault.oc1.eu.b",
            "key_ocid": "ocid1.key.oc1.c",
        },
    ),
    ("chef", {"data_bag_name": "bag", "data_bag_item_name": "item"}),
    ("humanitec", {"scope": "application", "org": "acme", "app": "web"}),
    ("humanitec", {"scope": "environment", "org": "acme", "app": "web", "env": "dev"}),
    ("camunda", {"scope": "cluster", "cluster_uuid": "c-1"}),
    ("zabbix", {"scope": "host", "macro_type": 1, "host_id": "1", "host_name": "web"}),
    ("zabbix", {"scope": "global", "macro_type": 0}),
    ("ovh", {"path": "team/dev"}),
    ("ona", {"project_id": "p", "project_name": "web"}),
    ("devin", {"org_id": "o"}),
    ("snowflake", {"database": "d", "schema": "s"}),
    ("trigger-dev", {"project_ref": "proj_1", "environment": "prod"}),
    ("spacelift", {"context_id": "c", "context_name": "web", "config_type": "environment-variable"}),
    (
        "spacelift",
        {
            "context_id": "c",
            "context_name": "web",
            "config_type": "file-mount",
            "file_mount_format": "dot-env",
            "mount_path": ".env",
        },
    ),
    ("daytona", {"organization_name": "acme"}),
    ("cloudflare-secrets-store", {"store_id": "a_1", "store_name": "web", "scopes": ["workers", "ai_gateway"]}),
    ("portainer", {"environment_id": 1, "stack_id": 2}),
    ("coolify", {"resource_id": "r", "resource_name": "web", "scope": "production"}),
    ("gitea", {"scope": "repository", "owner": "acme", "repo": "web"}),
    ("convex", {"deployment_url": "https://web.convex.cloud"}),
    ("alibaba-cloud-kms", {"secret_prefix": "x"}),
]
BY_NAME_ONLY = sorted(slug for slug, entry in DESTINATIONS.items() if not entry.all_fields)


def options_for(slug: str) -> dict:
    return {**PLAIN, **({"secret_key": "TOKEN"} if slug == "azure-entra-id-scim" else {})}


def fields(problems: list, certain: bool | None = None) -> list[str]:
    return [item.field for item in problems if certain is None or item.certain is certain]


def ids(rows: list) -> list[str]:
    return [f"{row[0]}-{index}" for index, row in enumerate(rows)]


def test_every_destination_is_tested() -> None:
    assert {slug for slug, _config in CONFIGS} | set(BY_NAME_ONLY) == set(DESTINATIONS)


@pytest.mark.parametrize(("slug", "config"), CONFIGS, ids=ids(CONFIGS))
def test_right_settings_pass(slug: str, config: dict) -> None:
    for spelled in (config, to_api(config)):
        assert catalog.check_sync(slug, spelled, options_for(slug)) == []
    assert catalog.coerced(slug, config, options_for(slug)) == (config, options_for(slug))


@pytest.mark.parametrize(("slug", "config"), CONFIGS, ids=ids(CONFIGS))
def test_each_missing_setting_is_named_unless_it_is_a_part_of_an_update(slug: str, config: dict) -> None:
    entry = DESTINATIONS[slug]
    for setting in entry.fields_for(config.get("scope") or entry.default_scope):
        rest = {**config, setting.name: None}
        found = catalog.check_sync(slug, rest, options_for(slug))
        name = f"destination_config.{setting.name}"
        assert (name in fields(found)) >= setting.required
        if setting.required:
            assert (name in fields(found, certain=True)) is (entry.verified and setting.verified)
        assert catalog.check_sync(slug, rest, {}, complete=False) == []


@pytest.mark.parametrize(("slug", "config"), CONFIGS, ids=ids(CONFIGS))
def test_wrong_kinds_and_unknown_keys_are_all_named_at_once(slug: str, config: dict) -> None:
    entry = DESTINATIONS[slug]
    wrong = {name: {"no": "mapping"} if name != "scope_values" else 3 for name in config if name != "scope"}
    kept = {"scope": config["scope"]} if "scope" in config else {}
    found = catalog.check_sync(slug, {**wrong, **kept, "nonsense": 1}, {**options_for(slug), "nonsense": 1})
    assert {f"destination_config.{name}" for name in wrong} <= set(fields(found))
    assert "destination_config.nonsense" in fields(found, certain=False)
    assert ("sync_options.nonsense" in fields(found)) is entry.verified


@pytest.mark.parametrize("slug", BY_NAME_ONLY)
def test_a_destination_known_by_name_only_passes_with_one_doubt(slug: str) -> None:
    found = catalog.check_sync(slug, {"anything": 1}, {**PLAIN, "more": 2})
    assert [(item.field, item.certain) for item in found] == [("destination", False)]


@pytest.mark.parametrize(
    ("slug", "near"),
    [
        ("aws-secret-manager", "aws-secrets-manager"),
        ("travisci", "travis-ci"),
        ("GitHub", "github"),
        ("azure_devops", "azure-devops"),
    ],
)
def test_an_unknown_destination_is_one_doubt_with_near_names(slug: str, near: str) -> None:
    (problem,) = catalog.check_sync(slug, {}, {})
    assert (problem.field, problem.certain) == ("destination", False)
    assert f"Did you mean {near}" in problem.text


@pytest.mark.parametrize("slug", sorted(DESTINATIONS))
@pytest.mark.parametrize("behavior", IMPORTS)
def test_imports_are_for_destinations_that_can(slug: str, behavior: str) -> None:
    found = catalog.check_sync(slug, {}, {"initial_sync_behavior": behavior}, complete=False)
    named = [item.certain for item in found if item.field == "sync_options.initial_sync_behavior"]
    assert named == {True: [], False: [True], None: [False]}[DESTINATIONS[slug].can_import]


@pytest.mark.parametrize(
    ("slug", "config", "options", "field", "certain"),
    [
        ("aws-secrets-manager", {"region": "Frankfurt"}, {}, "destination_config.region", True),
        ("aws-secrets-manager", {"region": "ca-west-1"}, {}, "destination_config.region", False),
        ("aws-secrets-manager", {"secret_name": "a b"}, {}, "destination_config.secret_name", True),
        ("aws-secrets-manager", {"secret_name": "a" * 257}, {}, "destination_config.secret_name", True),
        (
            "aws-secrets-manager",
            {"mapping_behavior": "one-to-one", "secret_name": "x"},
            {},
            "destination_config.secret_name",
            False,
        ),
        (
            "aws-secrets-manager",
            {"mapping_behavior": "many-to-one"},
            {"sync_secret_metadata_as_tags": True},
            "sync_options.sync_secret_metadata_as_tags",
            True,
        ),
        ("aws-parameter-store", {"path": "/a"}, {}, "destination_config.path", True),
        ("aws-parameter-store", {"path": "a/"}, {}, "destination_config.path", True),
        ("aws-parameter-store", {"path": "/a.b/"}, {}, "destination_config.path", True),
        ("aws-parameter-store", {"path": "/" + "a/" * 1100}, {}, "destination_config.path", True),
        ("aws-parameter-store", {}, {"key_id": "k" * 257}, "sync_options.key_id", True),
        ("aws-parameter-store", {}, {"tags": [TAG | {"key": str(n)} for n in range(51)]}, "sync_options.tags", True),
        ("aws-parameter-store", {}, {"tags": [TAG, TAG]}, "sync_options.tags", True),
        ("aws-parameter-store", {}, {"tags": [TAG | {"key": "a" * 129}]}, "sync_options.tags[0].key", True),
        ("aws-parameter-store", {}, {"tags": [TAG | {"key": "a#"}]}, "sync_options.tags[0].key", True),
        ("aws-parameter-store", {}, {"tags": [TAG | {"value": "b!"}]}, "sync_options.tags[0].value", True),
        ("aws-parameter-store", {}, {"key_id": "a key"}, "sync_options.key_id", True),
        ("aws-parameter-store", {}, {"tags": [{"key": "a", "value": "a" * 257}]}, "sync_options.tags[0].value", True),
        ("aws-parameter-store", {}, {"tags": [{"value": "a"}]}, "sync_options.tags[0].key", True),
        ("aws-parameter-store", {}, {"tags": [{"key": "a"}]}, "sync_options.tags[0].value", True),
        ("aws-parameter-store", {}, {"tags": ["a"]}, "sync_options.tags[0]", True),
        ("azure-key-vault", {"vault_base_url": "my-vault"}, {}, "destination_config.vault_base_url", True),
        ("azure-key-vault", {"vault_base_url": " "}, {}, "destination_config.vault_base_url", True),
        ("gcp-secret-manager", {"scope": "zone"}, {}, "destination_config.scope", True),
        ("gcp-secret-manager", {"scope": ["region"]}, {}, "destination_config.scope", True),
        (
            "render",
            {"scope": "service", "environment_group_id": "g"},
            {},
            "destination_config.environment_group_id",
            False,
        ),
        ("gcp-secret-manager", {"scope": "region", "location_id": "here"}, {}, "destination_config.location_id", True),
        ("github", {"selected_repository_ids": ["1"]}, {}, "destination_config.selected_repository_ids[0]", True),
        ("github", {"selected_repository_ids": [True]}, {}, "destination_config.selected_repository_ids[0]", True),
        (
            "github",
            {"scope": "organization", "visibility": "all", "selected_repository_ids": [1]},
            {},
            "destination_config.selected_repository_ids",
            True,
        ),
        ("vercel", {"env": "development", "sensitive": True}, {}, "destination_config.sensitive", True),
        ("laravel-forge", {"org_slug": "Acme"}, {}, "destination_config.org_slug", True),
        ("laravel-forge", {"server_id": 12}, {}, "destination_config.server_id", True),
        ("windmill", {"path": "f/team"}, {}, "destination_config.path", True),
        ("hashicorp-vault", {"path": "a b"}, {}, "destination_config.path", True),
        ("hashicorp-vault", {"mount": "m" * 129}, {}, "destination_config.mount", True),
        ("octopus-deploy", {"scope_values": {"roles": "web"}}, {}, "destination_config.scope_values.roles", True),
        ("octopus-deploy", {"scope_values": {"colors": []}}, {}, "destination_config.scope_values.colors", False),
        ("rundeck", {"path": "db"}, {}, "destination_config.path", True),
        ("azure-entra-id-scim", {}, {"disable_secret_deletion": True}, "sync_options.disable_secret_deletion", True),
        ("azure-entra-id-scim", {}, {"key_schema": "{{secretKey}}"}, "sync_options.key_schema", True),
        ("azure-entra-id-scim", {}, {"secret_id": "s"}, "sync_options.secret_id", True),
        ("flyio", {}, {"key_schema": "APP_"}, "sync_options.key_schema", True),
        ("flyio", {}, {"key_schema": "a.{{secretKey}}"}, "sync_options.key_schema", True),
        ("flyio", {}, {"key_schema": "{{ secretKey }}"}, "sync_options.key_schema", True),
        ("azure-key-vault", {}, {"key_schema": "app_{{secretKey}}"}, "sync_options.key_schema", False),
        *(
            ("digital-ocean-app-platform", {}, {"key_schema": schema}, "sync_options.key_schema", True)
            for schema in ("app-{{secretKey}}", "1{{secretKey}}", "a/{{secretKey}}", "{{secretKey}}-{{environment}}")
        ),
        ("spacelift", {}, {"key_schema": "app-{{secretKey}}"}, "sync_options.key_schema", False),
        ("spacelift", {}, {"key_schema": "1{{secretKey}}"}, "sync_options.key_schema", False),
        ("daytona", {}, {"key_schema": "1{{secretKey}}"}, "sync_options.key_schema", True),
        ("daytona", {}, {"key_schema": "a/{{secretKey}}"}, "sync_options.key_schema", True),
        ("cloudflare-secrets-store", {}, {"key_schema": "a/{{secretKey}}"}, "sync_options.key_schema", True),
        ("external-infisical", {}, {"key_schema": "a_{{secretKey}}"}, "sync_options.key_schema", True),
        ("flyio", {"app_id": "a" * 256}, {}, "destination_config.app_id", True),
        ("rundeck", {"path": "/" + "a" * 255}, {}, "destination_config.path", True),
        ("rundeck", {"project": "a" * 256}, {}, "destination_config.project", True),
        ("netlify", {"site_name": "a" * 256}, {}, "destination_config.site_name", True),
        ("checkly", {"group_id": "1" * 256}, {}, "destination_config.group_id", True),
        ("digital-ocean-app-platform", {"app_name": "a" * 256}, {}, "destination_config.app_name", True),
        ("supabase", {"project_name": "a" * 256}, {}, "destination_config.project_name", True),
        ("cloudflare-workers", {"script_id": "a" * 65}, {}, "destination_config.script_id", True),
        ("cloudflare-workers", {"script_id": "Web-"}, {}, "destination_config.script_id", True),
        ("windmill", {"path": "f//team/"}, {}, "destination_config.path", True),
        (
            "vercel",
            {"scope": "team", "target_environments": ["staging"]},
            {},
            "destination_config.target_environments[0]",
            True,
        ),
        ("azure-entra-id-scim", {"service_principal_id": "s"}, {}, "destination_config.service_principal_id", True),
        ("zabbix", {"macro_type": 2}, {}, "destination_config.macro_type", True),
        ("zabbix", {"macro_type": "secret"}, {}, "destination_config.macro_type", True),
        ("portainer", {"stack_id": 0}, {}, "destination_config.stack_id", False),
        ("cloudflare-secrets-store", {"scopes": []}, {}, "destination_config.scopes", False),
        ("cloudflare-secrets-store", {"scopes": ["workers"] * 2}, {}, "destination_config.scopes", False),
        ("cloudflare-secrets-store", {"scopes": ["pages"]}, {}, "destination_config.scopes[0]", False),
        ("oci-vault", {"key_ocid": "ocid1.vault.oc1.x"}, {}, "destination_config.key_ocid", True),
        ("ovh", {"path": "a b"}, {}, "destination_config.path", True),
        ("flyio", {}, {"recursive": True}, "sync_options.recursive", True),
        ("flyio", {}, {"key_schema": "a" * 245 + "{{secretKey}}"}, "sync_options.key_schema", False),
        ("flyio", {}, {"key_schema": 3}, "sync_options.key_schema", True),
        (
            "windmill",
            {},
            {"include_all_sub_folders": True, "initial_sync_behavior": "import-prioritize-source"},
            "sync_options.initial_sync_behavior",
            True,
        ),
        ("flyio", {}, {"initial_sync_behavior": "overwrite-target"}, "sync_options.initial_sync_behavior", True),
        ("flyio", {}, {"disable_secret_deletion": "true"}, "sync_options.disable_secret_deletion", True),
        ("flyio", {"app_id": "a", "appId": "b"}, {}, "destination_config.app_id", True),
        ("flyio", ["a"], {}, "destination_config", True),
        (
            "vercel",
            {"scope": "team", "target_projects": ["prj_1", " "]},
            {},
            "destination_config.target_projects[1]",
            True,
        ),
        ("flyio", {}, 3.5, "sync_options", True),
        ("flyio", {"app": "a"}, {}, "destination_config.app", False),
    ],
)  # fmt: skip
def test_rules(slug: str, config: object, options: object, field: str, certain: bool) -> None:
    found = catalog.check_sync(slug, config, options, complete=False)
    assert (field, certain) in [(item.field, item.certain) for item in found]
    assert {item.field for item in found} == {field}
    assert all(item.text.endswith((".", "?")) for item in found)


# What is wrong with a part of a configuration, in the words that users read.
SAID: dict[str, tuple[str, dict, dict]] = {
    "'zone' is not one of global, region.": ("gcp-secret-manager", {"scope": "zone"}, {}),
    "it has no effect with scope service, only with environment-group.": (
        "render",
        {"scope": "service", "environment_group_id": "g"},
        {},
    ),
    "it has no effect with scope organization, only with repository or repository-environment.": (
        "github",
        {"scope": "organization", "repo": "r"},
        {},
    ),
    "only the server sets it. Leave it out.": (
        "azure-entra-id-scim",
        {},
        {"secret_id": "6d1e8d52-8f0f-4c39-9d36-2d9fd9c0b1aa"},
    ),
    "it isn't known here, and the server discards what it doesn't know. Did you mean app_id?": (
        "flyio",
        {"ap_id": "a"},
        {},
    ),
    "Fly.io doesn't support imports: only overwrite-destination is safe.": (
        "flyio",
        {},
        {"initial_sync_behavior": "import-prioritize-source"},
    ),
    "servers drop it. The option is called include_all_sub_folders.": ("flyio", {}, {"recursive": True}),
    "it isn't known here, and the server discards what it doesn't know. Known: initial_sync_behavior, key_schema,"
    " disable_secret_deletion, include_all_sub_folders.": ("flyio", {}, {"recursively": True}),
    "it has 256 characters; not every server takes more than 255.": (
        "flyio",
        {},
        {"key_schema": "{{secretKey}}" + "a" * 243},
    ),
    "it must have {{secretKey}} in it (in a playbook: mark the value !unsafe).": ("flyio", {}, {"key_schema": "APP_"}),
    "'.' can't be in it: only letters, digits, _, - and / are allowed around the placeholders.": (
        "flyio",
        {},
        {"key_schema": "a.{{secretKey}}"},
    ),
    "Azure Entra ID SCIM doesn't use a key schema.": ("azure-entra-id-scim", {}, {"key_schema": "{{secretKey}}"}),
    "Azure Entra ID SCIM takes only false, or nothing.": (
        "azure-entra-id-scim",
        {},
        {"disable_secret_deletion": True},
    ),
    "'1{{secretKey}}' is not fit for names of letters, digits, _ and - that start with a letter or _.": (
        "daytona",
        {},
        {"key_schema": "1{{secretKey}}"},
    ),
    "2 is not one of 0, 1.": ("zabbix", {"macro_type": 2}, {}),
    "'workers' occurs more than once.": ("cloudflare-secrets-store", {"scopes": ["workers"] * 2}, {}),
    "it has 0 items; the server needs 1.": ("cloudflare-secrets-store", {"scopes": []}, {}),
    "0 is less than 1.": ("portainer", {"stack_id": 0}, {}),
    "it has 256 characters; the server takes 255.": ("flyio", {"app_id": "a" * 256}, {}),
    "'here' is not the name of a Google Cloud region, such as europe-west1.": (
        "gcp-secret-manager",
        {"scope": "region", "location_id": "here"},
        {},
    ),
    "the server refuses it with destination_config.visibility 'all'.": (
        "github",
        {"scope": "organization", "visibility": "all", "selected_repository_ids": [1]},
        {},
    ),
    "it is specified twice, as appId and app_id.": ("flyio", {"app_id": "a", "appId": "b"}, {}),
    "'db' is not a path that starts with a slash.": ("rundeck", {"path": "db"}, {}),
    "it has no effect with destination_config.mapping_behavior 'one-to-one'.": (
        "aws-secrets-manager",
        {"mapping_behavior": "one-to-one", "secret_name": "x"},
        {},
    ),
    "it must be a list, not a string.": ("octopus-deploy", {"scope_values": {"roles": "web"}}, {}),
    "key 'a' occurs more than once.": ("aws-parameter-store", {}, {"tags": [TAG, TAG]}),
}


@pytest.mark.parametrize("said", SAID)
def test_what_is_said(said: str) -> None:
    slug, config, options = SAID[said]
    assert [item.text for item in catalog.check_sync(slug, config, options, complete=False)] == [said]


def test_what_is_said_of_a_scope_that_is_missing() -> None:
    (problem,) = catalog.check_sync("github", {}, PLAIN)
    assert problem.text == "it is missing: one of organization, repository, repository-environment."
    (problem,) = catalog.check_sync("vercel", {"app": "p", "app_name": "w", "env": "preview", "team_id": ""}, PLAIN)
    assert problem.text == "newer servers require it: one of project, team; older ones know only project."


@pytest.mark.parametrize(
    ("slug", "config", "field"),
    [
        ("aws-secrets-manager", {"region": "eu-central-1", "mapping_behavior": "many-to-one"}, "secret_name"),
        ("github", {"scope": "organization", "org": "a", "visibility": "selected"}, "selected_repository_ids"),
        (
            "github",
            {"scope": "organization", "org": "a", "visibility": "selected", "selected_repository_ids": []},
            "selected_repository_ids",
        ),
        ("vercel", {"scope": "team", "team_id": "t"}, "target_environments"),
        (
            "spacelift",
            {"context_id": "c", "context_name": "w", "config_type": "file-mount", "file_mount_format": "dot-env"},
            "mount_path",
        ),
        ("octopus-deploy", {"space_id": "s", "project_id": "p"}, "scope"),
        ("gitlab", {"scope": "group", "group_id": "g"}, "group_name"),
        ("gitlab", {"scope": "project", "project_id": "p"}, "project_name"),
        ("supabase", {"project_id": "p"}, "project_name"),
        ("github", {}, "scope"),
    ],
)
def test_rules_about_what_is_missing_count_for_the_whole_only(slug: str, config: dict, field: str) -> None:
    found = catalog.check_sync(slug, config, PLAIN)
    assert [(item.field, item.certain) for item in found] == [(f"destination_config.{field}", True)]
    assert catalog.check_sync(slug, config, PLAIN, complete=False) == []


def test_a_scope_that_only_newer_servers_demand_is_a_doubt() -> None:
    config = {"app": "prj_1", "app_name": "web", "env": "preview", "team_id": ""}
    found = catalog.check_sync("vercel", config, PLAIN)
    assert [(item.field, item.certain) for item in found] == [("destination_config.scope", False)]


@pytest.mark.parametrize(
    "schema",
    ["", "{{secretKey}}", "APP_{{secretKey}}", "{{environment}}/x-{{secretKey}}_1", "{{secretKey}}_{{secretKey}}"],
)
def test_good_key_schemas(schema: str) -> None:
    assert catalog.check_sync("flyio", {"app_id": "a"}, {**PLAIN, "key_schema": schema}) == []


def test_the_pointer_names_what_replaces_an_option() -> None:
    (problem,) = catalog.check_sync("flyio", {"app_id": "a"}, {**PLAIN, "recursive": True})
    assert problem.certain
    assert "include_all_sub_folders" in problem.text


def test_a_name_that_camel_case_does_not_give_goes_by_its_natural_spelling() -> None:
    for spelled in ("cluster_uuid", "clusterUUID", "clusterUuid", "cluster_u_u_i_d"):
        config, _options = catalog.coerced("camunda", {"scope": "cluster", spelled: "c-1"}, {})
        assert to_api(config) == {"scope": "cluster", "clusterUUID": "c-1"}
        assert catalog.check_sync("camunda", {"scope": "cluster", spelled: "c-1"}, PLAIN) == []


def test_coercion_undoes_what_templates_and_yaml_do() -> None:
    config, options = catalog.coerced(
        "github",
        {"scope": "organization", "org": 12, "visibility": "selected", "selectedRepositoryIds": ["1", 2, "x"]},
        {"disable_secret_deletion": "Yes", "keySchema": None, "include_all_sub_folders": "maybe", "odd": "1"},
    )
    assert config == {
        "scope": "organization",
        "org": "12",
        "visibility": "selected",
        "selected_repository_ids": [1, 2, "x"],
    }
    assert options == {"disable_secret_deletion": True, "include_all_sub_folders": "maybe", "odd": "1"}
    config, _options = catalog.coerced(
        "octopus-deploy", {"scope_values": {"roles": [1, "b"], "actions": None}}, {"tags": [{"key": 1}]}
    )
    assert config == {"scope_values": {"roles": ["1", "b"]}}
    assert catalog.coerced("aws-parameter-store", {}, {"tags": [{"key": 1, "value": 2}]})[1] == {
        "tags": [{"key": "1", "value": "2"}]
    }
    assert catalog.coerced("nowhere", {"a_b": 1}, None) == ({"a_b": 1}, {})


def located_by(slug: str) -> tuple[str, ...]:
    return tuple(item.name for item in DESTINATIONS[slug].all_fields if item.locates)


def test_what_locates_leaves_out_names_for_display() -> None:
    assert located_by("railway") == ("project_id", "environment_id", "service_id")
    assert located_by("github") == ("scope", "org", "owner", "repo", "env")


def test_coercion_of_a_part_without_its_scope() -> None:
    assert catalog.coerced("github", {"selected_repository_ids": ["1"]}, {})[0] == {"selected_repository_ids": [1]}


@pytest.mark.parametrize("slug", sorted(DESTINATIONS))
def test_the_rules_name_fields_that_exist(slug: str) -> None:
    entry = DESTINATIONS[slug]
    known = {f"destination_config.{item.name}" for item in entry.all_fields}
    known |= {f"sync_options.{item.name}" for item in (*COMMON_OPTIONS, *entry.options)}
    for rule in (*COMMON_RULES, *entry.rules):
        pairs = {name for name, _values in (*rule.demands, *rule.refuses)}
        assert {rule.field, *rule.needs, *rule.needs_any, *rule.excludes, *rule.ignores, *pairs} <= known


def test_what_servers_cut_off() -> None:
    assert catalog.as_stored("hashicorp-vault", {"mount": "/kv/", "path": " /a/b/ "}) == {
        "mount": "/kv/",
        "path": "a/b",
    }
    assert catalog.as_stored("hashicorp-vault", {"path": 1}) == {"path": 1}
    assert catalog.as_stored("nowhere", {"somePath": "/a/"}) == {"some_path": "/a/"}


@pytest.mark.parametrize(("path", "said"), [("/", True), ("/app", False), (None, False)])
def test_only_what_deletes_all_of_an_account_is_warned_of(path: str | None, said: bool) -> None:
    text = catalog.everything_warning(DESTINATIONS["aws-parameter-store"], {"path": path}, {})
    assert (text != "") is said


def test_what_has_no_effect() -> None:
    aws = {"mappingBehavior": "one-to-one", "secretName": "x", "region": "r"}
    assert catalog.without_effect("aws-secrets-manager", aws, {"tags": []}) == ({"secret_name"}, set())
    assert catalog.without_effect("aws-secrets-manager", {**aws, "mappingBehavior": "x"}, {}) == (set(), set())
    assert catalog.without_effect("github", {"scope": "repository", "org": "a", "new": 1}, {}) == ({"org"}, set())
    assert catalog.without_effect("github", {"scope": ["x"], "org": "a"}, {}) == (set(), set())
    github = {"scope": "organization", "visibility": "all", "selected_repository_ids": [1]}
    assert catalog.without_effect("github", github, {}) == ({"selected_repository_ids"}, set())
    assert catalog.without_effect("vercel", {"app": "a", "target_projects": ["p"]}, {}) == ({"target_projects"}, set())
    assert catalog.without_effect("nowhere", {"scope": "x"}, {}) == (set(), set())


LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()


def trees(keys: st.SearchStrategy) -> st.SearchStrategy:
    return st.recursive(
        LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4), max_leaves=12
    )


KNOWN = sorted({setting.name for entry in DESTINATIONS.values() for setting in entry.all_fields})
OPTIONS = [
    "tags",
    "key_schema",
    "keySchema",
    "recursive",
    "include_all_sub_folders",
    "initial_sync_behavior",
    "key",
    "value",
    "credentials",
]
ANYTHING = trees(st.sampled_from([*KNOWN, *OPTIONS]) | st.text())


@given(st.sampled_from([*sorted(DESTINATIONS), "nowhere", ""]), ANYTHING, ANYTHING, st.booleans())
def test_checks_never_raise(slug: str, config: object, options: object, complete: bool) -> None:
    for problem in catalog.check_sync(slug, config, options, complete=complete):
        assert re.match(r"(destination$|destination_config|sync_options)", problem.field)
        assert problem.text
    again = catalog.coerced(slug, *catalog.coerced(slug, config, options))
    assert again == catalog.coerced(slug, config, options)


@given(LEAVES | st.lists(st.text()))
def test_odd_names_never_raise(value: object) -> None:
    assert len(catalog.check_sync(value, {}, {})) == 1
