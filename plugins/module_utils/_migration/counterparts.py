# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The counterpart of each native service among the destinations of secret syncs, as data: one entry a service."""

from __future__ import annotations

from typing import Any

from . import draft
from .draft import Counterpart

OAUTH = "An authorization from a login in a browser can't be transferred"
NAME_ONLY = "the native integration was created without the name"
CLOUDFLARE_NOTE = "The account ID was among the native credentials, which can't be read."
AWS_NOTE = (
    "The phase connect finds out whether the native auth has access keys or assumes a role. Only the name of a role can"
    " be read, not its ARN. Its trust policy has the project's ID as the external ID, so a connection of the project"
    " can use the role as it is. A connection of the organization requires the organization's ID there, and so does"
    " each connection of version 1, which older servers created."
)
AWS_ACCESS: dict[str, dict[str, Any]] = {"access-key": {}, "assume-role": {}}
REGION = {"region": "the native integration has no region"}

COUNTERPARTS = {
    row.slug: row
    for row in (
        Counterpart(
            "aws-secret-manager",
            "aws-secrets-manager",
            {"region": "region", "mapping_behavior": "metadata.mapping_behavior|=many-to-one"},
            asks={**REGION, "secret_name": "the native integration doesn't name the secret"},
            access=AWS_ACCESS,
            access_note=AWS_NOTE,
            compute=draft.secrets_manager,
        ),
        Counterpart(
            "aws-parameter-store",
            "aws-parameter-store",
            {"region": "region"},
            asks={**REGION, "path": "the native integration has no path"},
            access=AWS_ACCESS,
            access_note=AWS_NOTE,
            compute=draft.parameter_store,
        ),
        Counterpart(
            "azure-key-vault",
            "azure-key-vault",
            {"vault_base_url": "app"},
            access_note=f"{OAUTH}; a client secret is the simplest choice.",
            imports=True,
            dashed=True,
            changes=(
                "Key Vault does not allow underscores: the sync writes dashes instead, as the native integration did."
                " The key schema also has dashes, since the sync would delete nothing with underscores."
            ),
        ),
        Counterpart(
            "azure-app-configuration",
            "azure-app-configuration",
            {"configuration_url": "app", "label": "metadata.azure_label"},
            access_note=f"{OAUTH}; a client secret is the simplest choice.",
            imports=True,
        ),
        Counterpart(
            "azure-devops",
            "azure-devops",
            {"devops_project_id": "app_id"},
            access={"access-token": {"org_name": "app"}, "client-secret": {"org_name": "app"}},
            access_note="The connection requires the personal access token itself, not its base64 form.",
            changes=(
                "The sync writes to the variable group that has the name of the environment, as the native integration"
                " did, and replaces all of its variables. Servers without the vendor's fix ignore"
                " disable_secret_deletion."
            ),
        ),
        Counterpart(
            "gcp-secret-manager",
            "gcp-secret-manager",
            {"scope": "=global", "project_id": "app_id"},
            access_note=(
                "The key file of the native auth can't be used: a connection impersonates a service account,"
                " which must allow this to Infisical's own account."
            ),
            compute=draft.gcp,
        ),
        Counterpart(
            "github",
            "github",
            asks={
                "org": "the native integration doesn't name the organization",
                "owner": "the native integration doesn't name the repository's owner",
                "repo": "the native integration doesn't name the repository",
                "env": "the native integration doesn't name the environment",
            },
            access={"pat": {}, "github-app": {"installation_id": "auth.installation_id"}},
            access_note="A GitHub App's installation is known, but a connection also requires a login in a browser.",
            compute=draft.github,
        ),
        Counterpart(
            "gitlab",
            "gitlab",
            {
                "scope": "=project",
                "project_id": "app_id",
                "project_name": "app",
                "target_environment": "target_environment",
                "should_mask_secrets": "metadata.should_mask_secrets",
                "should_protect_secrets": "metadata.should_protect_secrets",
            },
            asks={"project_name": NAME_ONLY},
            access={"access-token": {"instance_url": "auth.target_url"}, "oauth": {"instance_url": "auth.target_url"}},
            imports=True,
        ),
        Counterpart(
            "bitbucket",
            "bitbucket",
            {"workspace_slug": "target_environment_id", "environment_id": "target_service_id"},
            asks={"repository_slug": "the native integration names the repository by its ID only"},
            access_note=f"{OAUTH}: the connection requires an e-mail address and an API token.",
            compute=draft.bitbucket,
        ),
        Counterpart(
            "circleci",
            "circleci",
            {"project_id": "app_id"},
            asks={
                "org_name": "the native integration doesn't name the organization",
                "project_name": "the native integration doesn't name the project",
                "project_id": "the native integration names the project, but does not have its ID",
            },
            compute=draft.circleci,
        ),
        Counterpart(
            "databricks",
            "databricks",
            {"scope": "app"},
            access={"service-principal": {"workspace_url": "auth.target_url"}},
            access_note="A personal access token can't be used: a connection takes a service principal.",
        ),
        Counterpart(
            "travisci",
            "travis-ci",
            {"repository_id": "app_id"},
            asks={"repository_slug": "the native integration names the repository without its owner"},
            compute=draft.travis,
        ),
        Counterpart(
            "teamcity",
            "teamcity",
            {"project": "app_id"},
            access={"access-token": {"instance_url": "auth.target_url"}},
            compute=draft.teamcity,
        ),
        Counterpart(
            "terraform-cloud",
            "terraform-cloud",
            {"scope": "=workspace", "workspace_id": "app_id", "workspace_name": "app", "category": "target_service"},
            asks={"org": "the native integration does not have the organization", "workspace_name": NAME_ONLY},
            imports=True,
        ),
        Counterpart(
            "vercel",
            "vercel",
            {
                "scope": "=project",
                "app": "app_id",
                "app_name": "app",
                "env": "target_environment",
                "branch": "path",
                "team_id": "auth.team_id|=",
            },
            asks={"app": "the native integration has only the project's name, and the sync requires its ID"},
            access_note=f"{OAUTH}: the connection requires an API token.",
            imports=True,
        ),
        Counterpart(
            "netlify",
            "netlify",
            {"account_id": "auth.account_id", "site_id": "app_id", "site_name": "app", "context": "target_environment"},
            asks={"account_id": "the native auth does not have the account's ID"},
            access_note=f"{OAUTH}: the connection requires an access token.",
        ),
        Counterpart(
            "heroku",
            "heroku",
            {"app": "app", "app_name": "app"},
            access_note=f"{OAUTH}; an authorization token is the simplest choice.",
            imports=True,
        ),
        Counterpart(
            "render",
            "render",
            {"scope": "=service", "service_id": "app_id", "type": "=env"},
            {"auto_redeploy_services": "metadata.should_auto_redeploy"},
        ),
        Counterpart(
            "railway",
            "railway",
            {
                "project_id": "app_id",
                "project_name": "app",
                "environment_id": "target_environment_id",
                "environment_name": "target_environment",
                "service_id": "target_service_id",
                "service_name": "target_service",
            },
            asks={"project_name": NAME_ONLY, "environment_name": NAME_ONLY},
            access={"account-token": {}},
        ),
        Counterpart("flyio", "flyio", {"app_id": "app"}),
        Counterpart(
            "laravel-forge",
            "laravel-forge",
            {"site_id": "app_id", "site_name": "app"},
            asks={
                "server_id": "it was among the native credentials, which can't be read",
                "org_slug": "the native integration has no organization",
            },
        ),
        Counterpart(
            "supabase",
            "supabase",
            {"project_id": "app_id", "project_name": "app"},
            asks={"project_name": NAME_ONLY},
        ),
        Counterpart(
            "checkly",
            "checkly",
            {
                "account_id": "app_id",
                "account_name": "app",
                "group_id": "target_service_id",
                "group_name": "target_service",
            },
        ),
        Counterpart(
            "cloudflare-pages",
            "cloudflare-pages",
            {"project_name": "app", "environment": "target_environment"},
            access_note=CLOUDFLARE_NOTE,
            compute=draft.cloudflare_pages,
        ),
        Counterpart("cloudflare-workers", "cloudflare-workers", {"script_id": "app"}, access_note=CLOUDFLARE_NOTE),
        Counterpart("codefresh", no_counterpart="Infisical has no secret sync for Codefresh."),
        Counterpart(
            "windmill",
            "windmill",
            {"workspace": "app_id"},
            asks={
                "path": (
                    "the native integration has a Windmill path in the name of each secret, and a sync has one path for"
                    " all: rename the secrets to the last part, with one sync for each path"
                )
            },
            access={"access-token": {"instance_url": "target_url"}},
            changes=(
                "If the name of a secret is a whole Windmill path, rename the secret to the last part before the sync"
                " is created. Otherwise the path comes twice at the destination."
            ),
        ),
        Counterpart(
            "digital-ocean-app-platform",
            "digital-ocean-app-platform",
            {"app_id": "app_id", "app_name": "app"},
            asks={"app_name": NAME_ONLY},
        ),
        Counterpart(
            "cloud-66", "cloud-66", {"stack_id": "app_id", "stack_name": "app"}, asks={"stack_name": NAME_ONLY}
        ),
        Counterpart(
            "northflank",
            "northflank",
            {
                "project_id": "app_id",
                "project_name": "app",
                "secret_group_id": "target_service_id",
                "secret_group_name": "target_service",
            },
        ),
        Counterpart(
            "hasura-cloud",
            "hasura-cloud",
            {"tenant_id": "app_id", "project_name": "app"},
            asks={"project_id": "the native integration has only the tenant's ID", "project_name": NAME_ONLY},
        ),
        Counterpart(
            "rundeck",
            "rundeck",
            access={"api-token": {"instance_url": "target_url|auth.target_url"}},
            compute=draft.rundeck,
        ),
        Counterpart(
            "qovery",
            "qovery",
            {
                "organization_name": "owner",
                "project_id": "target_service_id",
                "project_name": "target_service",
                "environment_id": "target_environment_id",
                "environment_name": "target_environment",
                "variable_type": "=variable",
            },
            asks={"organization_id": "the native integration has at most the organization's name"},
            deletes=False,
            changes=(
                "The native integration wrote variables of one application, container or job. A sync writes to the"
                " whole environment, or to the whole project if no environment is known. Other services see them, too."
            ),
        ),
        Counterpart(
            "octopus-deploy",
            "octopus-deploy",
            {"space_id": "target_environment_id", "scope": "=project", "project_id": "app_id"},
            access={"api-key": {"instance_url": "auth.target_url"}},
            changes=(
                "The native integration replaced all variables of the project. The sync keeps the others unless it is"
                " allowed to delete."
            ),
            compute=draft.octopus,
        ),
        Counterpart(
            "hashicorp-vault",
            "hashicorp-vault",
            {"mount": "app", "path": "path"},
            access={
                "app-role": {"instance_url": "auth.target_url", "namespace": "auth.namespace"},
                "access-token": {"instance_url": "auth.target_url", "namespace": "auth.namespace"},
            },
        ),
    )
}

# --- the plan ---------------------------------------------------------------------------------------------------------
