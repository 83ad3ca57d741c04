# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One working integration for each service, and a way to run modules in this process, since there are many."""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.community.infisical.plugins.module_utils._kinds.native import METADATA
from ansible_collections.community.infisical.plugins.module_utils._module import Session, carry_out

from simulator import Simulator

MODULES = "ansible_collections.community.infisical.plugins.modules"
KEYS = {"access_id": "AKIACANARYKEY", "access_token": "canary-aws-secret"}
TOKEN = {"access_token": "canary-token"}
ACCOUNT = json.dumps({"client_email": "sync@example.com", "private_key": "canary-private-key"})


@dataclass(frozen=True)
class Case:
    """How a service is authorised, and an integration with all the options that it uses.

    `changed`: for options where "other" would not do, the value that they are changed to.
    """

    auth: Mapping[str, Any]
    where: Mapping[str, Any]
    metadata: Mapping[str, Any] = field(default_factory=dict)
    changed: Mapping[str, Any] = field(default_factory=dict)
    changed_metadata: Mapping[str, Any] = field(default_factory=dict)


CASES = {
    "aws-parameter-store": Case(
        KEYS,
        {"path": "/app/", "region": "us-east-1"},
        {"should_disable_delete": True, "secret_aws_tag": [{"key": "team", "value": "core"}], "kms_key_id": "alias/a"},
        {"path": "/other/", "region": "eu-west-1"},
        {"should_disable_delete": False, "secret_aws_tag": [], "kms_key_id": "alias/b"},
    ),
    "aws-secret-manager": Case(
        {"aws_assume_iam_role_arn": "arn:aws:iam::123456789012:role/infisical"},
        {"app": "my-app", "region": "us-east-1"},
        {
            "mapping_behavior": "many-to-one",
            "metadata_sync_mode": "custom",
            "kms_key_id": "alias/a",
            "secret_aws_tag": [{"key": "team", "value": "core"}],
            "secret_prefix": "A_",
        },
        {"region": "eu-west-1"},
        {
            "mapping_behavior": "one-to-one",
            "metadata_sync_mode": "secret-metadata",
            "kms_key_id": "",
            "secret_aws_tag": [],
            "secret_prefix": "",
        },
    ),
    "azure-app-configuration": Case(
        {"refresh_token": "canary-refresh"},
        {"app": "https://one.azconfig.io"},
        {"initial_sync_behavior": "overwrite-target", "azure_label": "dev"},
        {"app": "https://two.azconfig.io"},
        {"initial_sync_behavior": "prefer-source", "azure_label": "prod"},
    ),
    "azure-devops": Case(
        {"access_token": "OmNhbmFyeS1wYXQ=", "target_url": "https://devops.example.com"},
        {"app": "organization", "app_id": "project-1"},
    ),
    "azure-key-vault": Case(
        {"refresh_token": "canary-refresh"},
        {"app": "https://one.vault.azure.net"},
        {"initial_sync_behavior": "prefer-target"},
        {"app": "https://two.vault.azure.net"},
        {"initial_sync_behavior": "prefer-source"},
    ),
    "bitbucket": Case(
        {"refresh_token": "canary-refresh"},
        {
            "app": "repository",
            "app_id": "repository-1",
            "target_environment": "workspace",
            "target_environment_id": "workspace-1",
            "target_service": "test",
            "target_service_id": "test-1",
        },
    ),
    "checkly": Case(TOKEN, {"app": "account", "app_id": "a-1", "target_service": "group", "target_service_id": "7"}),
    "circleci": Case(TOKEN, {"scope": "project", "app": "project", "app_id": "p-1", "owner": "organization"}),
    "cloud-66": Case(TOKEN, {"app": "stack", "app_id": "stack-1"}),
    "cloudflare-pages": Case(
        {"access_id": "4711", **TOKEN},
        {"app": "pages", "app_id": "pages-1", "target_environment": "production"},
        {"should_auto_redeploy": True},
        {"target_environment": "preview"},
        {"should_auto_redeploy": False},
    ),
    "cloudflare-workers": Case({"access_id": "4711", **TOKEN}, {"app": "script", "app_id": "script-1"}),
    "codefresh": Case(TOKEN, {"app": "project", "app_id": "project-1"}),
    "databricks": Case({**TOKEN, "target_url": "https://databricks.example.com"}, {"app": "scope"}),
    "digital-ocean-app-platform": Case(TOKEN, {"app": "app", "app_id": "app-1"}),
    "flyio": Case(TOKEN, {"app": "app"}),
    "gcp-secret-manager": Case(
        {"refresh_token": ACCOUNT},
        {"app": "Project", "app_id": "project-1"},
        {"secret_prefix": "A_", "secret_gcp_label": {"label_name": "managed-by", "label_value": "infisical"}},
        {},
        {"secret_gcp_label": {"label_name": "managed-by", "label_value": "other"}},
    ),
    "github": Case(
        TOKEN,
        {"scope": "github-org", "owner": "organization"},
        {"github_visibility": "selected", "github_visibility_repo_ids": ["1", "2"], "should_enable_delete": True},
        {},
        {"github_visibility": "all", "github_visibility_repo_ids": [], "should_enable_delete": False},
    ),
    "gitlab": Case(
        {**TOKEN, "target_url": "https://gitlab.example.com"},
        {"app": "project", "app_id": "17", "target_environment": "*"},
        {"should_mask_secrets": True, "should_protect_secrets": True, "initial_sync_behavior": "overwrite-target"},
        {},
        {"should_mask_secrets": False, "should_protect_secrets": False, "initial_sync_behavior": "prefer-source"},
    ),
    "hashicorp-vault": Case(
        {
            "access_id": "canary-role-id",
            "access_token": "canary-secret-id",
            "target_url": "https://vault.example.com",
            "namespace": "admin",
        },
        {"app": "kv", "path": "app"},
    ),
    "hasura-cloud": Case(TOKEN, {"app": "project", "app_id": "tenant-1"}),
    "heroku": Case(
        {"refresh_token": "canary-refresh"},
        {"app": "app"},
        {"initial_sync_behavior": "prefer-target"},
        {},
        {"initial_sync_behavior": "overwrite-target"},
    ),
    "laravel-forge": Case({"access_id": "4711", **TOKEN}, {"app": "site", "app_id": "site-1"}),
    "netlify": Case(TOKEN, {"app": "site", "app_id": "site-1", "target_environment": "production"}),
    "northflank": Case(
        TOKEN, {"app": "project", "app_id": "p-1", "target_service": "group", "target_service_id": "group-1"}
    ),
    "octopus-deploy": Case(
        {**TOKEN, "target_url": "https://octopus.example.com"},
        {
            "scope": "project",
            "app": "project",
            "app_id": "Projects-1",
            "target_environment": "Default",
            "target_environment_id": "Spaces-1",
        },
        {"octopus_deploy_scope_values": {"environment": ["Environments-1"], "role": ["web"]}},
        {},
        {"octopus_deploy_scope_values": {"environment": ["Environments-2"]}},
    ),
    "qovery": Case(
        TOKEN,
        {
            "scope": "application",
            "app": "app",
            "app_id": "app-1",
            "owner": "organization",
            "target_service": "project",
            "target_service_id": "project-1",
            "target_environment": "environment",
            "target_environment_id": "environment-1",
        },
    ),
    "railway": Case(
        TOKEN,
        {
            "app": "project",
            "app_id": "project-1",
            "target_service": "service",
            "target_service_id": "service-1",
            "target_environment": "production",
            "target_environment_id": "environment-1",
        },
    ),
    "render": Case(
        TOKEN,
        {"app": "service", "app_id": "srv-1"},
        {"should_auto_redeploy": True},
        {},
        {"should_auto_redeploy": False},
    ),
    "rundeck": Case(
        {**TOKEN, "target_url": "https://rundeck.example.com"},
        {"target_url": "https://rundeck.example.com", "path": "keys/app"},
        {},
        {"path": "keys/other", "target_url": "https://other.example.com"},
    ),
    "supabase": Case(TOKEN, {"app": "project", "app_id": "ref-1"}),
    "teamcity": Case(
        {**TOKEN, "target_url": "https://teamcity.example.com"},
        {"app": "project", "app_id": "p-1", "target_environment": "build", "target_environment_id": "build-1"},
    ),
    "terraform-cloud": Case(
        {"access_id": "ws-4711", **TOKEN},
        {"app": "workspace", "app_id": "ws-4711", "target_service": "env"},
        {"initial_sync_behavior": "prefer-target"},
        {"target_service": "terraform"},
        {"initial_sync_behavior": "overwrite-target"},
    ),
    "travisci": Case(TOKEN, {"app": "repository", "app_id": "17"}),
    "vercel": Case(
        TOKEN,
        {"app": "project", "app_id": "prj_1", "target_environment": "preview", "path": "main"},
        {"initial_sync_behavior": "overwrite-target"},
        {"target_environment": "env_1"},
        {"initial_sync_behavior": "prefer-source"},
    ),
    "windmill": Case(
        TOKEN,
        {"app": "workspace", "app_id": "workspace-1", "target_url": "https://windmill.example.com"},
        {},
        {"target_url": "https://other.example.com"},
    ),
}
# Further ways to use a service, by its scopes.
MORE_CASES = {
    "github, repository": Case(
        TOKEN,
        {"scope": "github-repo", "owner": "organization", "app": "repository"},
        {"should_enable_delete": True},
        {},
        {"should_enable_delete": False},
    ),
    "github, environment of a repository": Case(
        TOKEN,
        {
            "scope": "github-env",
            "owner": "organization",
            "app": "repository",
            "app_id": "17",
            "target_environment": "production",
            "target_environment_id": "production",
        },
    ),
}
WAYS = {**CASES, **MORE_CASES}
# What of these an auth made here can't serve in full, and says so.
BY_BROWSER = {"azure-app-configuration", "azure-key-vault", "bitbucket", "heroku", "netlify", "vercel"}


def run(sim: Simulator, module: str, *, check: bool = False, **options: Any) -> dict[str, Any]:
    """Run a module's core with these options, and return its result with its `warnings` and the masked `secrets`."""
    declaration = importlib.import_module(f"{MODULES}.{module}").MODULE
    connection = {"url": sim.url, "auth_method": "token_auth", "token": sim.admin.token}
    validator = ArgumentSpecValidator(declaration.argument_spec(), **declaration.rules)
    validated = validator.validate({**connection, **options})
    if validated.error_messages:
        return {"failed": True, "msg": " ".join(validated.error_messages), "warnings": [], "secrets": set()}
    secrets = set(validated._no_log_values)
    warnings: list[str] = []
    result = carry_out(declaration, validated.validated_parameters, Session(), secrets, warnings.append, check)
    return {**result, "warnings": warnings, "secrets": secrets}


def done(sim: Simulator, module: str, **options: Any) -> dict[str, Any]:
    """Run what has to succeed."""
    result = run(sim, module, **options)
    assert not result.get("failed"), result["msg"]
    return result


def known(sim: Simulator) -> dict[str, Case]:
    """Return the cases of the services that a server knows."""
    return {slug: case for slug, case in CASES.items() if slug not in sim.generation.slugs_missing}


def metadata_of(sim: Simulator, metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Return the metadata without what a server drops without a word."""
    missing = sim.generation.metadata_keys_missing
    return {option: value for option, value in metadata.items() if METADATA[option] not in missing}
