# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs between the three server generations that the simulator can play."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Generation:
    """The switches of one server generation; every other behaviour is common to all.

    `has_organizations`: logins choose one, and there is SPIFFE. `tells_abilities`: the list of destinations tells more
    of each than whether it can be imported from.
    """

    name: str
    validation_status: int
    error_has_request_id: bool
    permission_error_has_details: bool
    has_project_routes: bool
    unknown_project_is_internal: bool
    can_patch_auth: bool
    has_new_logins: bool
    has_organizations: bool
    has_secret_syncs: bool
    patch_requires_is_active: bool
    patch_applies_region_and_path: bool
    get_injects_aws_metadata: bool
    checks_integration_url: bool
    expired_token_is_token_error: bool
    limit_message_in_seconds: bool
    deletes_aws_secrets_at_once: bool
    creates_integrations: bool
    has_project_connections: bool
    syncs_sub_folders: bool
    slugs_missing: frozenset[str]
    metadata_keys_missing: frozenset[str]
    connection_keys_missing: frozenset[str]
    auth_goes_with_last_integration: bool = False
    names_what_is_missing: bool = True
    tells_abilities: bool = True


GENERATIONS = {
    "2024": Generation(
        name="2024",
        validation_status=401,
        error_has_request_id=False,
        permission_error_has_details=False,
        has_project_routes=False,
        unknown_project_is_internal=True,
        can_patch_auth=False,
        has_new_logins=False,
        has_organizations=False,
        has_secret_syncs=False,
        patch_requires_is_active=True,
        patch_applies_region_and_path=False,
        get_injects_aws_metadata=False,
        checks_integration_url=False,
        expired_token_is_token_error=False,
        limit_message_in_seconds=False,
        deletes_aws_secrets_at_once=False,
        creates_integrations=True,
        has_project_connections=False,
        syncs_sub_folders=False,
        slugs_missing=frozenset({"azure-app-configuration", "octopus-deploy"}),
        metadata_keys_missing=frozenset({"metadataSyncMode", "azureLabel", "octopusDeployScopeValues"}),
        connection_keys_missing=frozenset(),
    ),
    "2026": Generation(
        name="2026",
        validation_status=422,
        error_has_request_id=True,
        permission_error_has_details=True,
        has_project_routes=True,
        unknown_project_is_internal=False,
        can_patch_auth=True,
        has_new_logins=True,
        has_organizations=True,
        has_secret_syncs=True,
        patch_requires_is_active=False,
        patch_applies_region_and_path=True,
        get_injects_aws_metadata=True,
        checks_integration_url=True,
        expired_token_is_token_error=True,
        limit_message_in_seconds=True,
        deletes_aws_secrets_at_once=True,
        creates_integrations=False,
        has_project_connections=True,
        syncs_sub_folders=True,
        slugs_missing=frozenset(),
        metadata_keys_missing=frozenset(),
        connection_keys_missing=frozenset(),
    ),
}
# What servers of mid 2025 drop from a body, as they know nothing of it.
NEW_CONNECTION_FIELDS = ("gatewayPoolId", "isAutoRotationEnabled", "rotation")
# Of mid 2025: connections are the organization's alone, and native integrations can still be created.
GENERATIONS["2025"] = replace(
    GENERATIONS["2026"],
    name="2025",
    has_organizations=False,
    creates_integrations=True,
    has_project_connections=False,
    syncs_sub_folders=False,
    tells_abilities=False,
    connection_keys_missing=frozenset({"projectId", "project", *NEW_CONNECTION_FIELDS}),
)

# The earlier of the two servers of 2024 that were recorded.
GENERATIONS["2024-10-16"] = replace(
    GENERATIONS["2024"], name="2024-10-16", auth_goes_with_last_integration=True, names_what_is_missing=False
)

CLOSED_MESSAGE = (
    "Native Integrations are being retired on August 19, 2027 and new ones can no longer be created. "
    "Use Secret Syncs for new destinations: https://infisical.example/docs/migration"
)

# name, slug, image, type, and whether the entry shows a (then empty) client id
_OPTIONS = (
    ("Heroku", "heroku", "Heroku.png", "oauth", False),
    ("Vercel", "vercel", "Vercel.png", "oauth", True),
    ("Netlify", "netlify", "Netlify.png", "oauth", False),
    ("GitHub", "github", "GitHub.png", "oauth", False),
    ("Render", "render", "Render.png", "pat", True),
    ("Railway", "railway", "Railway.png", "pat", True),
    ("Fly.io", "flyio", "Flyio.svg", "pat", True),
    ("AWS Parameter Store", "aws-parameter-store", "Amazon Web Services.png", "custom", True),
    ("Laravel Forge", "laravel-forge", "Laravel Forge.png", "pat", True),
    ("AWS Secrets Manager", "aws-secret-manager", "Amazon Web Services.png", "custom", True),
    ("Azure Key Vault", "azure-key-vault", "Microsoft Azure.png", "oauth", False),
    ("Azure App Configuration", "azure-app-configuration", "Microsoft Azure.png", "oauth", False),
    ("Circle CI", "circleci", "Circle CI.png", "pat", True),
    ("Databricks", "databricks", "Databricks.png", "pat", True),
    ("GitLab", "gitlab", "GitLab.png", "custom", False),
    ("Terraform Cloud", "terraform-cloud", "Terraform Cloud.png", "pat", False),
    ("Travis CI", "travisci", "Travis CI.png", "pat", True),
    ("TeamCity", "teamcity", "TeamCity.png", "pat", True),
    ("Supabase", "supabase", "Supabase.png", "pat", True),
    ("Checkly", "checkly", "Checkly.png", "pat", True),
    ("Qovery", "qovery", "Qovery.png", "pat", True),
    ("HashiCorp Vault", "hashicorp-vault", "Vault.png", "pat", True),
    ("GCP Secret Manager", "gcp-secret-manager", "Google Cloud Platform.png", "oauth", False),
    ("Cloudflare Pages", "cloudflare-pages", "Cloudflare.png", "pat", True),
    ("Cloudflare Workers", "cloudflare-workers", "Cloudflare.png", "pat", True),
    ("BitBucket", "bitbucket", "BitBucket.png", "oauth", False),
    ("Codefresh", "codefresh", "Codefresh.png", "pat", True),
    ("Windmill", "windmill", "Windmill.png", "pat", True),
    ("Digital Ocean App Platform", "digital-ocean-app-platform", "Digital Ocean.png", "pat", True),
    ("Cloud 66", "cloud-66", "Cloud 66.png", "pat", True),
    ("Northflank", "northflank", "Northflank.png", "pat", True),
    ("Hasura Cloud", "hasura-cloud", "Hasura.svg", "pat", True),
    ("Rundeck", "rundeck", "Rundeck.svg", "pat", True),
    ("Azure DevOps", "azure-devops", "Microsoft Azure.png", "pat", True),
    ("Octopus Deploy", "octopus-deploy", "Octopus Deploy.png", "sat", True),
)

# The services for which a server exchanges a refresh token at once.
REFRESHABLE = frozenset(
    {"azure-key-vault", "azure-app-configuration", "heroku", "gitlab", "bitbucket", "gcp-secret-manager"}
)


def integration_options(generation: Generation) -> list[dict]:
    """Return the entries of the integration-options endpoint of a generation."""
    options = []
    for name, slug, image, kind, has_client_id in _OPTIONS:
        if slug not in generation.slugs_missing:
            option = {"name": name, "slug": slug, "image": image, "isAvailable": True, "type": kind}
            if has_client_id:
                option["clientId"] = ""
            options.append({**option, "docsLink": ""})
    return options


def known_slugs(generation: Generation) -> frozenset[str]:
    """Return the service slugs that a generation accepts."""
    return frozenset(option[1] for option in _OPTIONS) - generation.slugs_missing
