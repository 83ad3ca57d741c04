# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A working connection for each app and method, and working secret syncs for each destination and scope."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ansible_collections.community.infisical.plugins.module_utils._catalog.destinations import DESTINATIONS

UUID = "0f0e0d0c-0b0a-4908-8706-050403020100"
INSTANCE = {"instance_url": "https://service.example.com"}
AZURE = {"tenant_id": UUID, "client_id": UUID, "client_secret": "s-1"}
AZURE_CERTIFICATE = {"tenant_id": UUID, "client_id": UUID, "certificate_body": "body-1", "private_key": "s-1"}
LOGIN = {"username": "sync", "password": "s-1"}
SERVER = {"host": "db.example.com", "port": 5432, **LOGIN}
SSL = {"ssl_enabled": True, "ssl_reject_unauthorized": True}
APPLIANCE = {"hostname": "balancer.example.com", **LOGIN}
NETLIFY = {"account_id": "a-1", "account_name": "A", "site_id": "s-1"}

# By app and method, those apart that need a browser.
CREDENTIALS: dict[tuple[str, str], dict[str, Any]] = {
    ("aws", "access-key"): {"access_key_id": "AKIAEXAMPLE", "secret_access_key": "s-1"},
    ("aws", "assume-role"): {"role_arn": "arn:aws:iam::123456789012:role/sync"},
    ("azure-key-vault", "client-secret"): {**AZURE, "client_secret_key_id": "k-1"},
    ("azure-key-vault", "certificate"): AZURE_CERTIFICATE,
    ("azure-app-configuration", "client-secret"): AZURE,
    ("azure-devops", "access-token"): {"org_name": "acme", "access_token": "s-1"},
    ("azure-devops", "client-secret"): {"org_name": "acme", **AZURE},
    ("gcp", "service-account-impersonation"): {"service_account_email": "sync-1-2@acme.iam.example.com"},
    ("databricks", "service-principal"): {
        "workspace_url": "https://acme.databricks.example.com",
        "client_id": "c-1",
        "client_secret": "s-1",
    },
    ("github", "pat"): {"personal_access_token": "s-1"},
    ("gitlab", "access-token"): {"access_token": "s-1", "access_token_type": "project", **INSTANCE},
    ("bitbucket", "api-token"): {"email": "a@example.com", "api_token": "s-1"},
    ("circleci", "api-token"): {"api_token": "s-1"},
    ("travis-ci", "api-token"): {"api_token": "s-1"},
    ("teamcity", "access-token"): {"access_token": "s-1", **INSTANCE},
    ("terraform-cloud", "api-token"): {"api_token": "s-1"},
    ("vercel", "api-token"): {"api_token": "s-1"},
    ("netlify", "access-token"): {"access_token": "s-1"},
    ("heroku", "auth-token"): {"auth_token": "HRKU-s-1"},
    ("render", "api-key"): {"api_key": "s-1"},
    ("railway", "account-token"): {"api_token": "s-1"},
    ("railway", "team-token"): {"api_token": "s-1"},
    ("railway", "project-token"): {"api_token": "s-1"},
    ("flyio", "access-token"): {"access_token": "s-1"},
    ("laravel-forge", "api-token"): {"api_token": "s-1"},
    ("supabase", "access-token"): {"access_key": "s-1"},
    ("checkly", "api-key"): {"api_key": "s-1"},
    ("cloudflare", "api-token"): {"account_id": "a-1", "api_token": "s-1"},
    ("digital-ocean", "api-token"): {"api_token": "s-1"},
    ("northflank", "api-token"): {"api_token": "s-1"},
    ("windmill", "access-token"): {"access_token": "s-1", **INSTANCE},
    ("octopus-deploy", "api-key"): {"api_key": "s-1", **INSTANCE},
    ("hashicorp-vault", "access-token"): {"access_token": "s-1", "namespace": "team", **INSTANCE},
    ("hashicorp-vault", "app-role"): {"role_id": "r-1", "secret_id": "s-1", **INSTANCE},
    ("qovery", "access-token"): {"access_token": "s-1"},
    ("cloud-66", "access-token"): {"access_token": "s-1"},
    ("hasura-cloud", "access-token"): {"access_token": "s-1"},
    ("rundeck", "api-token"): {"api_token": "s-1", **INSTANCE},
    ("1password", "api-token"): {"api_token": "s-1", **INSTANCE},
    ("azure-entra-id", "client-secret"): AZURE,
    ("camunda", "client-credentials"): {"client_id": "c-1", "client_secret": "s-1"},
    ("chef", "user-key"): {"org_name": "acme", "user_name": "sync", "private_key": "s-1"},
    ("devin", "api-key"): {"api_key": "s-1"},
    ("external-infisical", "machine-identity-universal-auth"): {
        "machine_identity_client_id": "c-1",
        "machine_identity_client_secret": "s-1",
        **INSTANCE,
    },
    ("humanitec", "api-token"): {"api_token": "s-1"},
    ("oci", "access-key"): {
        "user_ocid": "ocid1.user.oc1..a",
        "tenancy_ocid": "ocid1.tenancy.oc1..b",
        "region": "eu-frankfurt-1",
        "fingerprint": "20:3b:97",
        "private_key": "s-1",
    },
    ("ona", "personal-access-token"): {"personal_access_token": "s-1"},
    ("ovh", "certificate"): {
        "private_key": "s-1",
        "certificate": "body-1",
        "okms_domain": "okms.example.com",
        "okms_id": "o-1",
    },
    ("snowflake", "username-and-token"): {"account": "acme", **LOGIN},
    ("spacelift", "api-key-secret"): {
        "api_url": "https://acme.spacelift.example.com",
        "api_key_id": "k-1",
        "api_key_secret": "s-1",
    },
    ("trigger-dev", "api-key"): {"api_key": "s-1"},
    ("zabbix", "api-token"): {"api_token": "s-1", **INSTANCE},
    ("convex", "personal-access-token"): {"access_token": "s-1"},
    ("azure-client-secrets", "client-secret"): AZURE,
    ("azure-client-secrets", "certificate"): AZURE_CERTIFICATE,
    ("azure-adcs", "username-password"): {"adcs_url": "https://adcs.example.com", **LOGIN},
    ("adcs", "username-password"): {"host": "adcs.example.com", **LOGIN},
    ("azure-dns", "client-secret"): {**AZURE, "subscription_id": "b-1"},
    **{
        (app, "username-and-password"): {**SERVER, "database": "app", **SSL}
        for app in ("postgres", "mssql", "mysql", "oracledb")
    },
    ("redis", "username-and-password"): {**SERVER, **SSL},
    ("mongodb", "username-and-password"): {
        **SERVER,
        "database": "app",
        "tls_enabled": True,
        "tls_reject_unauthorized": True,
    },
    ("auth0", "client-credentials"): {
        "domain": "acme.auth0.example.com",
        "client_id": "c-1",
        "client_secret": "s-1",
        "audience": "https://acme.example.com/api/v2/",
    },
    ("ldap", "simple-bind"): {
        "provider": "active-directory",
        "url": "ldaps://ldap.example.com",
        "dn": "CN=sync,DC=acme",
        "password": "s-1",
    },
    ("dns-made-easy", "api-key-secret"): {"api_key": "key-1", "secret_key": "s-1"},
    ("okta", "api-token"): {"api_token": "s-1", **INSTANCE},
    ("ssh", "password"): SERVER,
    ("ssh", "ssh-key"): {"host": "a.example.com", "port": 22, "username": "sync", "private_key": "s-1"},
    ("dbt", "api-token"): {"api_token": "s-1", "account_id": "a-1", **INSTANCE},
    ("smb", "credentials"): SERVER,
    ("winrm", "username-password"): {"host": "a.example.com", **LOGIN},
    ("open-router", "api-key"): {"api_key": "s-1"},
    ("openai", "api-key"): {"api_key": "s-1"},
    ("anthropic", "api-key"): {"api_key": "s-1"},
    ("doppler", "api-token"): {"api_token": "s-1"},
    ("venafi", "api-key"): {"api_key": "s-1", "region": "EU"},
    ("venafi-tpp", "oauth"): {"tpp_url": "https://tpp.example.com", "client_id": "c-1", **LOGIN},
    ("digicert", "api-key"): {"api_key": "s-1", "region": "EU"},
    ("salesforce", "client-credentials"): {"consumer_key": "c-1", "consumer_secret": "s-1", **INSTANCE},
    **{
        ("datadog", method): {"url": "https://api.example.com", "api_key": "key-1", "application_key": "s-1"}
        for method in ("token", "api-key")
    },
    **{(app, "basic-auth"): APPLIANCE for app in ("netscaler", "f5-big-ip", "kemp-loadmaster")},
    ("nutanix-prism-central", "basic-auth"): {**APPLIANCE, "port": 9440},
    ("nutanix-prism-central", "api-key"): {"hostname": "prism.example.com", "api_key": "s-1"},
    ("godaddy", "api-key"): {"api_key": "key-1", "api_secret": "s-1"},
    ("litellm", "api-key"): {"api_key": "s-1", **INSTANCE},
    ("fireworks", "api-key"): {"account_id": "a-1", "api_key": "s-1"},
    ("microsoft-intune", "client-secret"): {"tenant_id": "t-1", "client_id": "c-1", "client_secret": "s-1"},
}


@dataclass(frozen=True)
class Example:
    """A configuration of a destination, a change of it, and what the server stores differently or by itself.

    The server drops the settings in `dropped` at once, as they have no effect; those in `gone` with the change.
    """

    destination: str
    config: dict[str, Any]
    change: dict[str, Any]
    stored: dict[str, Any] = field(default_factory=dict)
    changed: dict[str, Any] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
    key_schema: bool = True


AWS = {"region": "eu-central-1", "mapping_behavior": "many-to-one", "secret_name": "app/dev"}
GITHUB = {"scope": "repository", "owner": "acme", "repo": "app"}
GITHUB_ORG = {"scope": "organization", "org": "acme", "visibility": "selected", "selected_repository_ids": [1, 2]}
GITLAB_PROJECT = {"scope": "project", "project_id": "1", "project_name": "App"}
GITLAB_DEFAULTS = {
    "target_environment": "*",
    "should_protect_secrets": False,
    "should_mask_secrets": False,
    "should_hide_secrets": False,
}
TERRAFORM = {"org": "acme", "category": "env"}
VERCEL = {"scope": "project", "app": "prj_1", "app_name": "App", "env": "preview", "branch": "main", "team_id": ""}
RAILWAY = {"project_id": "p-1", "project_name": "P", "environment_id": "e-1", "environment_name": "E"}
FORGE = {"org_slug": "acme", "server_id": "17", "site_id": "s-1"}
OCTOPUS = {"scope": "project", "space_id": "Spaces-1", "project_id": "Projects-1", "scope_values": {"roles": ["web"]}}
QOVERY = {"organization_id": "o-1", "project_id": "p-1", "environment_id": "e-1"}
ENTRY = {"app_id": "a-1", "app_name": "App"}
TAGS = [{"key": "team", "value": "a"}]

EXAMPLES = {
    "aws-secrets-manager, many to one": Example(
        "aws-secrets-manager", AWS, {"secret_name": "app/prod"}, options={"key_id": "k-1", "tags": TAGS}
    ),
    "aws-secrets-manager, from many to one by one": Example(
        "aws-secrets-manager", AWS, {"mapping_behavior": "one-to-one"}, gone=("secret_name",)
    ),
    "aws-secrets-manager, one by one with a name that has no effect": Example(
        "aws-secrets-manager",
        {**AWS, "mapping_behavior": "one-to-one"},
        {"region": "us-east-1"},
        dropped=("secret_name",),
        options={"sync_secret_metadata_as_tags": True},
    ),
    "aws-parameter-store": Example(
        "aws-parameter-store",
        {"region": "eu-central-1", "path": "/app/"},
        {"path": "/app/dev/"},
        options={"tags": TAGS},
    ),
    "azure-key-vault": Example(
        "azure-key-vault",
        {"vault_base_url": "https://a.vault.example.com"},
        {"vault_base_url": "https://b.vault.example.com"},
    ),
    "azure-app-configuration": Example(
        "azure-app-configuration", {"configuration_url": "https://a.azconfig.example.com", "label": "x"}, {"label": "y"}
    ),
    "azure-devops": Example(
        "azure-devops",
        {"devops_project_id": "p-1", "devops_project_name": "P"},
        {"devops_project_id": "p-2"},
        options={"disable_secret_deletion": False},
    ),
    "gcp-secret-manager, everywhere": Example(
        "gcp-secret-manager",
        {"scope": "global", "project_id": "acme", "user_replica_location_ids": ["europe-west1", "europe-west3"]},
        {"scope": "region", "location_id": "europe-west1", "project_id": "acme"},
        gone=("user_replica_location_ids",),
    ),
    "gcp-secret-manager, in a region": Example(
        "gcp-secret-manager",
        {"scope": "region", "project_id": "acme-eu", "location_id": "europe-west1"},
        {"location_id": "europe-west3"},
    ),
    "databricks": Example("databricks", {"scope": "a"}, {"scope": "b"}),
    "github, organization": Example("github", GITHUB_ORG, {"selected_repository_ids": ["3"]}),
    "github, from selected repositories to all": Example(
        "github", GITHUB_ORG, {"visibility": "all"}, gone=("selected_repository_ids",)
    ),
    "github, repository": Example("github", GITHUB, {"repo": "other"}),
    "github, from repository to environment": Example(
        "github", GITHUB, {**GITHUB, "scope": "repository-environment", "env": "production"}
    ),
    "github, a setting of another scope": Example(
        "github", {**GITHUB, "env": "production"}, {"repo": "other"}, dropped=("env",)
    ),
    "gitlab, project": Example(
        "gitlab",
        {**GITLAB_PROJECT, "should_mask_secrets": True},
        {"target_environment": "production"},
        stored={**GITLAB_DEFAULTS, "should_mask_secrets": True},
    ),
    "gitlab, from group to project": Example(
        "gitlab",
        {"scope": "group", "group_id": "7", "group_name": "G"},
        GITLAB_PROJECT,
        stored=GITLAB_DEFAULTS,
        gone=("group_id", "group_name"),
    ),
    "bitbucket": Example(
        "bitbucket", {"repository_slug": "app", "workspace_slug": "acme"}, {"environment_id": "{e-1}"}
    ),
    "circleci": Example(
        "circleci", {"org_name": "acme", "project_name": "App", "project_id": "p-1"}, {"project_id": "p-2"}
    ),
    "travis-ci": Example(
        "travis-ci", {"repository_id": 17, "repository_slug": "acme/app", "branch": "main"}, {"branch": "dev"}
    ),
    "teamcity": Example("teamcity", {"project": "P", "build_config": "B"}, {"build_config": "C"}),
    "terraform-cloud, variable set": Example(
        "terraform-cloud",
        {**TERRAFORM, "scope": "variable-set", "variable_set_id": "v-1", "variable_set_name": "V"},
        {"category": "terraform"},
    ),
    "terraform-cloud, workspace": Example(
        "terraform-cloud",
        {**TERRAFORM, "scope": "workspace", "workspace_id": "w-1", "workspace_name": "W"},
        {"workspace_id": "w-2"},
    ),
    "vercel, project": Example("vercel", VERCEL, {"sensitive": True}, stored={"sensitive": False}),
    "vercel, team": Example(
        "vercel",
        {"scope": "team", "team_id": "t-1", "target_environments": ["production", "preview"]},
        {"apply_to_all_custom_environments": True},
    ),
    "netlify": Example("netlify", NETLIFY, {"context": "production"}),
    "heroku": Example("heroku", {"app": "a-1", "app_name": "App"}, {"app": "a-2"}),
    "render, service": Example(
        "render",
        {"scope": "service", "service_id": "s-1", "type": "env"},
        {"type": "file"},
        options={"auto_redeploy_services": True},
    ),
    "render, group": Example(
        "render",
        {"scope": "environment-group", "environment_group_id": "g-1", "type": "env"},
        {"environment_group_id": "g-2"},
    ),
    "railway": Example("railway", RAILWAY, {"service_id": "s-1", "service_name": "S"}),
    "flyio": Example("flyio", {"app_id": "a-1"}, {"app_id": "a-2"}),
    "laravel-forge": Example("laravel-forge", FORGE, {"server_id": 18}),
    "supabase": Example("supabase", {"project_id": "p-1", "project_name": "P"}, {"project_name": "Q"}),
    "checkly": Example("checkly", {"account_id": "a-1"}, {"group_id": "9"}),
    "cloudflare-pages": Example(
        "cloudflare-pages", {"project_name": "app", "environment": "preview"}, {"environment": "production"}
    ),
    "cloudflare-workers": Example("cloudflare-workers", {"script_id": "a"}, {"script_id": "b"}),
    "digital-ocean-app-platform": Example("digital-ocean-app-platform", ENTRY, {"app_id": "a-2"}),
    "northflank": Example("northflank", {"project_id": "p", "secret_group_id": "g"}, {"secret_group_id": "h"}),
    "windmill": Example("windmill", {"workspace": "w", "path": "u/me/"}, {"path": "f/team/"}),
    "octopus-deploy": Example(
        "octopus-deploy",
        OCTOPUS,
        {"scope_values": {"roles": ["web", "db"], "environments": ["Environments-1"]}},
    ),
    "hashicorp-vault": Example("hashicorp-vault", {"mount": "kv", "path": "app/dev"}, {"path": "app/prod"}),
    "hashicorp-vault, with slashes that the server cuts": Example(
        "hashicorp-vault",
        {"mount": "kv", "path": "/app/dev/"},
        {"path": "/app/prod"},
        stored={"path": "app/dev"},
        changed={"path": "app/prod"},
    ),
    "qovery": Example("qovery", QOVERY, {"variable_type": "variable"}, stored={"variable_type": "secret"}),
    "cloud-66": Example("cloud-66", {"stack_id": "s-1", "stack_name": "S"}, {"stack_id": "s-2"}),
    "hasura-cloud": Example(
        "hasura-cloud", {"project_id": "p-1", "project_name": "P", "tenant_id": "t-1"}, {"tenant_id": "t-2"}
    ),
    "rundeck": Example("rundeck", {"project": "p", "path": "/app"}, {"path": "/app/dev"}),
    "1password": Example("1password", {"vault_id": "v-1"}, {"value_label": "secret"}),
    "azure-entra-id-scim": Example(
        "azure-entra-id-scim",
        {"service_principal_id": UUID},
        {"service_principal_display_name": "App"},
        options={"secret_key": "S", "disable_secret_deletion": False},
        key_schema=False,
    ),
    "external-infisical": Example(
        "external-infisical",
        {"project_id": "p-1", "environment": "dev"},
        {"environment": "prod"},
        stored={"secret_path": "/"},
        key_schema=False,
    ),
    "oci-vault": Example(
        "oci-vault",
        {
            "compartment_ocid": "ocid1.compartment.oc1..a",
            "vault_ocid": "ocid1.vault.oc1.eu.b",
            "key_ocid": "ocid1.key.oc1.eu.c",
        },
        {"key_ocid": "ocid1.key.oc1.eu.d"},
    ),
    "chef": Example("chef", {"data_bag_name": "b", "data_bag_item_name": "i"}, {"data_bag_item_name": "j"}),
    "humanitec": Example(
        "humanitec",
        {"scope": "application", "org": "acme", "app": "app"},
        {"scope": "environment", "org": "acme", "app": "app", "env": "dev"},
    ),
    "camunda": Example("camunda", {"scope": "cluster", "cluster_uuid": UUID}, {"cluster_uuid": UUID[::-1]}),
    "zabbix, one host": Example(
        "zabbix", {"scope": "host", "macro_type": 1, "host_id": "1", "host_name": "web"}, {"macro_type": 0}
    ),
    "zabbix, everywhere": Example("zabbix", {"scope": "global", "macro_type": 1}, {"macro_type": 0}),
    "ovh": Example("ovh", {"path": "app/dev"}, {"path": "app/prod"}),
    "ona": Example("ona", {"project_id": "p-1"}, {"project_name": "P"}),
    "devin": Example("devin", {"org_id": "o-1"}, {"org_id": "o-2"}),
    "snowflake": Example("snowflake", {"database": "D", "schema": "S"}, {"schema": "T"}),
    "trigger-dev": Example(
        "trigger-dev",
        {"project_ref": "p-1", "environment": "prod"},
        {"environment": "staging"},
        options={"mark_as_secret": True},
    ),
    "spacelift": Example(
        "spacelift",
        {"context_id": "c-1", "context_name": "C", "config_type": "environment-variable"},
        {"config_type": "file-mount", "file_mount_format": "dot-env", "mount_path": ".env"},
        options={"write_only": True},
    ),
    "daytona": Example("daytona", {"organization_name": "acme"}, {"organization_name": "other"}),
    "cloudflare-secrets-store": Example(
        "cloudflare-secrets-store", {"store_id": "s-1", "scopes": ["workers"]}, {"scopes": ["workers", "containers"]}
    ),
    "portainer": Example("portainer", {"environment_id": 1, "stack_id": "2"}, {"stack_id": 3}),
    "coolify": Example(
        "coolify",
        {"resource_id": "r-1", "resource_name": "R", "scope": "production"},
        {"scope": "preview"},
    ),
    "gitea": Example("gitea", {"scope": "repository", "owner": "acme", "repo": "app"}, {"repo": "other"}),
    "convex": Example(
        "convex", {"deployment_url": "https://a.example.com"}, {"deployment_url": "https://b.example.com"}
    ),
    "alibaba-cloud-kms": Example("alibaba-cloud-kms", {"secret_prefix": "app-"}, {"secret_prefix": "dev-"}),
    # What is known of these is their name; the server has the last word on the settings.
    **{
        slug: Example(slug, {"target_id": "t-1", "nested": {"labels": ["a"]}}, {"target_id": "t-2", "extra": True})
        for slug, entry in DESTINATIONS.items()
        if not entry.all_fields
    },
}
