# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is special about each destination of secret syncs, as data: one entry a destination."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .schema import AWS_REGIONS, FURTHER_AWS_REGIONS, URL, UUID, FieldSpec, Rule, Target, label, needed

OVERWRITE = "overwrite-destination"
IMPORTS = ("import-prioritize-source", "import-prioritize-destination")


@dataclass(frozen=True, eq=False, repr=False)
class Together:
    """Where the config has `value` for `option`, and not `unless` (an option and a value), all secrets go into one.

    They are its keys, and each sync replaces all that is in it. `what` it is, and which key of the config has its
    `name`. `renamed`: a key schema renames it, and not its keys.
    """

    option: str
    value: str
    name: str
    what: str
    unless: tuple[str, str] = ("", "")
    renamed: bool = False

    def holds(self, config: Mapping[str, Any]) -> bool:
        """Tell whether it is so with a config (option names)."""
        other, excluded = self.unless
        return config.get(self.option) == self.value and (not other or config.get(other) != excluded)


@dataclass(frozen=True, eq=False, repr=False)
class Whole:
    """Where the config has `value` for `option`, a sync that deletes means whatever is directly below `below`.

    `limited`: a key schema restricts the deletion. `also`: a further option and its value, without which it is not so.
    """

    option: str
    value: str
    below: str = "it"
    limited: bool = True
    also: tuple[str, str] | None = None

    @property
    def when(self) -> tuple[tuple[str, str], ...]:
        """The options, and the value of each, with which it is so."""
        return ((self.option, self.value), *([self.also] if self.also else []))


@dataclass(frozen=True, eq=False, repr=False)
class Destination(Target):
    """One destination of secret syncs. Its fields are the keys of `destination_config`.

    `app`: whose connection it needs; empty where that isn't known. `plan`: the plan without which the server refuses
    it; empty is any. `can_import`, `key_schema`: whether it can import what it holds, and heeds a key schema; None is
    unknown. `key_schema_is_path`: slashes in it are part of the path. `key_names`: what the names that a key schema
    gives must be. `options`: keys of `sync_options` that only some destinations have. `only_new_servers_want_scope`:
    newer servers demand a scope, older ones know the default alone. `deletion_must_be_allowed`: the server takes no
    `disable_secret_deletion` here. `heeds_deletion_setting` is false where it takes it and doesn't heed it: each sync
    replaces `whole`. `can_remove`: it deletes what it wrote when a sync is removed and asks for that. `everything`:
    when all of a place is meant. `one_secret`: when all secrets go into one. `worldwide`: a destination has the same
    name for all credentials, in any letter case. `config_needs_options`: servers before September 2026 fail
    where an update has the config alone. `verified` is false for an entry that is known by name only, or from less than
    the sources of a release.
    """

    slug: str
    name: str
    fields: tuple[FieldSpec, ...] = ()
    scopes: Mapping[str, tuple[FieldSpec, ...]] = field(default_factory=dict)
    default_scope: str = ""
    rules: tuple[Rule, ...] = ()
    app: str = ""
    plan: str = ""
    can_import: bool | None = None
    options: tuple[FieldSpec, ...] = ()
    key_schema: bool | None = True
    key_schema_is_path: bool = False
    key_names: FieldSpec | None = None
    only_new_servers_want_scope: bool = False
    deletion_must_be_allowed: bool = False
    heeds_deletion_setting: bool = True
    whole: str = ""
    everything: Whole | None = None
    one_secret: Together | None = None
    config_needs_options: bool = False
    can_remove: bool = True
    worldwide: bool = False
    by_environment: bool = False
    verified: bool = True


AWS_REGION = FieldSpec(
    "region",
    required=True,
    pattern=r"[a-z]{2}(-[a-z]+)+-\d+",
    shape="the name of an AWS region, such as eu-central-1",
    choices=AWS_REGIONS,
    newer=FURTHER_AWS_REGIONS,
)
AWS_TAG: Mapping[str, Any] = {
    "pattern": r"[\w .:/=+@-]*",
    "shape": "made of letters, digits, blanks and _.:/=+@- only",
}
AWS_OPTIONS = (
    FieldSpec(
        "key_id", max_length=256, pattern=r"[A-Za-z0-9:/_-]+", shape="the ID, alias or ARN of a KMS key, without blanks"
    ),
    FieldSpec(
        "tags",
        "list",
        items="dict",
        fields=(
            FieldSpec("key", required=True, max_length=128, **AWS_TAG),
            FieldSpec("value", required=True, max_length=256, may_be_empty=True, **AWS_TAG),
        ),
        max_items=50,
        unique_by="key",
    ),
    FieldSpec("sync_secret_metadata_as_tags", "bool"),
)


def _manner(name: str) -> FieldSpec:
    """A switch that says how, not where."""
    return FieldSpec(name, "bool", locates=False)


CUT_PATH = FieldSpec(
    "path",
    required=True,
    pattern=r"/*[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*/*",
    shape="a path whose parts have only letters, digits, dots, _ and -",
    max_length=128,
    cut="/",
)
GITLAB_MANNERS = (
    FieldSpec("target_environment", may_be_empty=True),
    _manner("should_protect_secrets"),
    _manner("should_mask_secrets"),
    _manner("should_hide_secrets"),
)

COMMON_OPTIONS = (
    FieldSpec("initial_sync_behavior", required=True, choices=(OVERWRITE, *IMPORTS)),
    # Not all servers have this limit.
    FieldSpec("key_schema", may_be_empty=True, max_length=255, certain=False),
    FieldSpec("disable_secret_deletion", "bool"),
    FieldSpec("include_all_sub_folders", "bool"),
)
COMMON_RULES = (
    Rule("sync_options.include_all_sub_folders", (True,), refuses=(("sync_options.initial_sync_behavior", IMPORTS),)),
)  # fmt: skip

DESTINATIONS = {
    entry.slug: entry
    for entry in (
        Destination(
            "aws-secrets-manager",
            "AWS Secrets Manager",
            app="aws",
            can_import=True,
            one_secret=Together("mapping_behavior", "many-to-one", "secret_name", "secret", renamed=True),
            config_needs_options=True,
            fields=(
                AWS_REGION,
                FieldSpec("mapping_behavior", required=True, choices=("one-to-one", "many-to-one"), locates=False),
                FieldSpec(
                    "secret_name",
                    pattern=r"[A-Za-z0-9/_+=.@-]+",
                    shape="letters, digits and /_+=.@- without spaces",
                    max_length=256,
                ),
            ),
            options=AWS_OPTIONS,
            rules=(
                Rule(
                    "destination_config.mapping_behavior",
                    ("many-to-one",),
                    needs=("destination_config.secret_name",),
                    refuses=(("sync_options.sync_secret_metadata_as_tags", (True,)),),
                    means="the secret's name in AWS Secrets Manager",
                    instead="destination_config.mapping_behavior: one-to-one",
                ),
                Rule(
                    "destination_config.mapping_behavior", ("one-to-one",), ignores=("destination_config.secret_name",)
                ),
            ),
        ),
        Destination(
            "aws-parameter-store",
            "AWS Parameter Store",
            app="aws",
            can_import=True,
            fields=(
                AWS_REGION,
                FieldSpec(
                    "path",
                    required=True,
                    pattern=r"/([A-Za-z0-9_-]+/)*",
                    shape="a path that starts and ends with a slash, with letters, digits, _ and - between them",
                    max_length=2048,
                ),
            ),
            options=AWS_OPTIONS,
            everything=Whole("path", "/"),
            key_schema_is_path=True,
        ),
        Destination(
            "azure-key-vault",
            "Azure Key Vault",
            app="azure-key-vault",
            can_import=True,
            fields=(FieldSpec("vault_base_url", required=True, **URL),),
            options=(FieldSpec("disable_certificate_import", "bool"),),
            key_names=FieldSpec(
                "key_schema",
                pattern=r"[^_]*",
                shape="free of _ (the server writes - for it, finds no secret by such a schema, and deletes none)",
                certain=False,
            ),
        ),
        Destination(
            "azure-app-configuration",
            "Azure App Configuration",
            app="azure-app-configuration",
            can_import=True,
            fields=(*needed("configuration_url"), FieldSpec("label")),
        ),
        Destination(
            "azure-devops",
            "Azure DevOps",
            app="azure-devops",
            can_import=False,
            fields=(*needed("devops_project_id"), label("devops_project_name")),
            by_environment=True,
            heeds_deletion_setting=False,
            whole="the variable group named like the environment",
        ),
        Destination(
            "gcp-secret-manager",
            "GCP Secret Manager",
            app="gcp",
            can_import=True,
            fields=needed("project_id"),
            scopes={
                "global": (
                    FieldSpec("user_replica_location_ids", "list", items="str", locates=False, for_new=True),
                    FieldSpec("location_id", locates=False),
                ),
                "region": (
                    # Servers have a list of regions, which nobody has seen: each name of that form passes.
                    FieldSpec(
                        "location_id",
                        required=True,
                        pattern=r"[a-z]+(-[a-z]+)+\d+",
                        shape="the name of a Google Cloud region, such as europe-west1",
                    ),
                ),
            },
        ),
        Destination("databricks", "Databricks", app="databricks", can_import=False, fields=needed("scope")),
        Destination(
            "github",
            "GitHub",
            app="github",
            worldwide=True,
            can_import=False,
            scopes={
                "organization": (
                    *needed("org"),
                    FieldSpec("visibility", required=True, choices=("all", "private", "selected"), locates=False),
                    FieldSpec("selected_repository_ids", "list", items="int", locates=False),
                ),
                "repository": needed("owner", "repo"),
                "repository-environment": needed("owner", "repo", "env"),
            },
            rules=(
                Rule(
                    "destination_config.visibility",
                    ("selected",),
                    needs=("destination_config.selected_repository_ids",),
                ),
                Rule(
                    "destination_config.visibility",
                    ("all", "private"),
                    excludes=("destination_config.selected_repository_ids",),
                ),
            ),
        ),
        Destination(
            "gitlab",
            "GitLab",
            app="gitlab",
            can_import=False,
            scopes={
                "project": (*needed("project_id"), label("project_name", required=True), *GITLAB_MANNERS),
                "group": (*needed("group_id"), label("group_name", required=True), *GITLAB_MANNERS),
            },
        ),
        Destination(
            "bitbucket",
            "Bitbucket",
            app="bitbucket",
            can_import=False,
            fields=(*needed("repository_slug", "workspace_slug"), FieldSpec("environment_id")),
        ),
        Destination(
            "circleci",
            "CircleCI",
            app="circleci",
            can_import=False,
            fields=(label("org_name", required=True), label("project_name", required=True), *needed("project_id")),
        ),
        Destination(
            "travis-ci",
            "Travis CI",
            app="travis-ci",
            can_import=False,
            fields=(*needed("repository_id"), label("repository_slug", required=True), FieldSpec("branch")),
        ),
        Destination(
            "teamcity",
            "TeamCity",
            app="teamcity",
            can_import=True,
            fields=(*needed("project"), FieldSpec("build_config")),
        ),
        Destination(
            "terraform-cloud",
            "Terraform Cloud",
            app="terraform-cloud",
            can_import=False,
            fields=(*needed("org"), FieldSpec("category", required=True, choices=("env", "terraform"))),
            scopes={
                "variable-set": (*needed("variable_set_id"), label("variable_set_name", required=True)),
                "workspace": (*needed("workspace_id"), label("workspace_name", required=True)),
            },
        ),
        Destination(
            "vercel",
            "Vercel",
            app="vercel",
            can_import=True,
            scopes={
                "project": (
                    *needed("app"),
                    label("app_name", required=True),
                    *needed("env"),
                    FieldSpec("branch", may_be_empty=True),
                    FieldSpec("team_id", required=True, may_be_empty=True),
                    _manner("sensitive"),
                ),
                "team": (
                    *needed("team_id"),
                    label("team_name"),
                    FieldSpec(
                        "target_environments", "list", items="str", choices=("development", "preview", "production")
                    ),
                    FieldSpec("apply_to_all_custom_environments", "bool"),
                    FieldSpec("target_projects", "list", items="str"),
                    _manner("sensitive"),
                ),
            },
            default_scope="project",
            only_new_servers_want_scope=True,
            rules=(
                Rule("destination_config.env", ("development",), refuses=(("destination_config.sensitive", (True,)),)),
                Rule(
                    "destination_config.scope",
                    ("team",),
                    needs_any=(
                        "destination_config.target_environments",
                        "destination_config.apply_to_all_custom_environments",
                    ),
                ),
            ),
        ),
        Destination(
            "netlify",
            "Netlify",
            app="netlify",
            can_import=True,
            fields=(
                FieldSpec("account_id", required=True, max_length=255),
                label("account_name", max_length=255),
                FieldSpec("site_id", max_length=255),
                label("site_name", max_length=255),
                FieldSpec("context", choices=("all", "deploy-preview", "production", "branch-deploy", "dev", "branch")),
            ),
        ),
        Destination(
            "heroku", "Heroku", app="heroku", can_import=True, fields=(*needed("app"), label("app_name", required=True))
        ),
        Destination(
            "render",
            "Render",
            app="render",
            can_import=True,
            fields=(FieldSpec("type", required=True, choices=("env", "file")),),
            scopes={"service": needed("service_id"), "environment-group": needed("environment_group_id")},
            options=(FieldSpec("auto_redeploy_services", "bool"),),
        ),
        Destination(
            "railway",
            "Railway",
            app="railway",
            can_import=True,
            fields=(
                *needed("project_id"),
                label("project_name", required=True, may_be_empty=True),
                *needed("environment_id"),
                label("environment_name", required=True, may_be_empty=True),
                FieldSpec("service_id"),
                label("service_name"),
            ),
        ),
        Destination(
            "flyio",
            "Fly.io",
            app="flyio",
            can_import=False,
            fields=(FieldSpec("app_id", required=True, max_length=255),),
        ),
        Destination(
            "laravel-forge",
            "Laravel Forge",
            app="laravel-forge",
            can_import=True,
            fields=(
                FieldSpec(
                    "org_slug",
                    required=True,
                    pattern=r"[a-z0-9.-]+",
                    shape="lowercase letters, digits, dots and dashes",
                ),
                label("org_name"),
                FieldSpec("server_id", required=True, pattern=r"\d+", shape="a number"),
                label("server_name"),
                *needed("site_id"),
                label("site_name"),
            ),
        ),
        Destination(
            "supabase",
            "Supabase",
            app="supabase",
            can_import=False,
            fields=(
                FieldSpec("project_id", required=True, max_length=255),
                label("project_name", required=True, max_length=255),
            ),
        ),
        Destination(
            "checkly",
            "Checkly",
            app="checkly",
            can_import=False,
            fields=(
                FieldSpec("account_id", required=True, max_length=255),
                label("account_name", max_length=255),
                FieldSpec("group_id", max_length=255),
                label("group_name", max_length=255),
            ),
        ),
        Destination(
            "cloudflare-pages",
            "Cloudflare Pages",
            app="cloudflare",
            can_import=False,
            # Pages itself has production and preview, the server takes any.
            fields=needed("project_name", "environment"),
        ),
        Destination(
            "cloudflare-workers",
            "Cloudflare Workers",
            app="cloudflare",
            can_import=False,
            fields=(
                FieldSpec(
                    "script_id",
                    required=True,
                    pattern=r"[a-z0-9]([a-z0-9-]*[a-z0-9])?",
                    shape="lowercase letters and digits, with dashes between them",
                    max_length=64,
                ),
            ),
        ),
        Destination(
            "digital-ocean-app-platform",
            "DigitalOcean App Platform",
            app="digital-ocean",
            can_import=False,
            fields=(
                FieldSpec("app_id", required=True, max_length=255),
                label("app_name", required=True, max_length=255),
            ),
            key_names=FieldSpec(
                "key_schema",
                pattern=r"[A-Za-z_][A-Za-z0-9_]*",
                shape="fit for names of letters, digits and _ that start with a letter or _ (with others, each sync"
                " fails)",
            ),
        ),
        Destination(
            "northflank",
            "Northflank",
            app="northflank",
            can_import=True,
            fields=(
                *needed("project_id"),
                label("project_name"),
                *needed("secret_group_id"),
                label("secret_group_name"),
            ),
        ),
        Destination(
            "windmill",
            "Windmill",
            app="windmill",
            can_import=True,
            fields=(
                *needed("workspace"),
                FieldSpec(
                    "path",
                    required=True,
                    pattern=r"[uf]/([^/\s]+/)+",
                    shape="a path that starts with u/ or f/ and ends with a slash, without empty parts",
                ),
            ),
        ),
        Destination(
            "octopus-deploy",
            "Octopus Deploy",
            app="octopus-deploy",
            can_import=False,
            fields=(
                *needed("space_id"),
                label("space_name"),
                FieldSpec(
                    "scope_values",
                    "dict",
                    fields=tuple(
                        FieldSpec(name, "list", items="str")
                        for name in ("environments", "roles", "machines", "processes", "actions", "channels")
                    ),
                ),
            ),
            scopes={"project": (*needed("project_id"), label("project_name"))},
        ),
        Destination(
            "hashicorp-vault",
            "HashiCorp Vault",
            app="hashicorp-vault",
            can_import=True,
            fields=(
                FieldSpec("mount", required=True, max_length=128),
                CUT_PATH,
            ),
        ),
        Destination(
            "qovery",
            "Qovery",
            app="qovery",
            can_import=False,
            fields=(
                *needed("organization_id"),
                label("organization_name"),
                *needed("project_id"),
                label("project_name"),
                FieldSpec("environment_id"),
                label("environment_name"),
                FieldSpec("variable_type", choices=("secret", "variable")),
            ),
        ),
        Destination(
            "cloud-66",
            "Cloud 66",
            app="cloud-66",
            can_import=True,
            fields=(*needed("stack_id"), label("stack_name", required=True)),
        ),
        Destination(
            "hasura-cloud",
            "Hasura Cloud",
            app="hasura-cloud",
            can_import=True,
            fields=(
                *needed("project_id"),
                label("project_name", required=True, may_be_empty=True),
                *needed("tenant_id"),
            ),
        ),
        Destination(
            "rundeck",
            "Rundeck",
            app="rundeck",
            can_import=False,
            fields=(
                FieldSpec("project", required=True, max_length=255),
                FieldSpec(
                    "path", required=True, pattern=r"/.*", shape="a path that starts with a slash", max_length=255
                ),
            ),
        ),
        # Without a native counterpart.
        Destination(
            "1password",
            "1Password",
            app="1password",
            can_import=True,
            fields=(*needed("vault_id"), FieldSpec("value_label", locates=False)),
        ),
        Destination(
            "azure-entra-id-scim",
            "Azure Entra ID SCIM",
            app="azure-entra-id",
            can_import=False,
            fields=(FieldSpec("service_principal_id", required=True, **UUID), label("service_principal_display_name")),
            options=(
                FieldSpec("secret_key", required=True, only_sent=True),
                FieldSpec("secret_id", only_read=True, **UUID),
            ),
            key_schema=False,
            deletion_must_be_allowed=True,
            can_remove=False,
        ),
        Destination(
            "external-infisical",
            "Infisical (another instance)",
            app="external-infisical",
            can_import=True,
            fields=(*needed("project_id", "environment"), FieldSpec("secret_path")),
            key_schema=False,
        ),
        Destination(
            "oci-vault",
            "OCI Vault",
            app="oci",
            plan="enterprise",
            can_import=True,
            fields=(
                FieldSpec(
                    "compartment_ocid",
                    required=True,
                    pattern=r"ocid1\.(tenancy|compartment)\.oc1\..*",
                    shape="an OCID that starts with ocid1.compartment.oc1. or ocid1.tenancy.oc1.",
                ),
                FieldSpec(
                    "vault_ocid",
                    required=True,
                    pattern=r"ocid1\.vault\.oc1.*",
                    shape="an OCID that starts with ocid1.vault.oc1",
                ),
                FieldSpec(
                    "key_ocid",
                    required=True,
                    pattern=r"ocid1\.key\.oc1.*",
                    shape="an OCID that starts with ocid1.key.oc1",
                ),
            ),
        ),
        Destination(
            "chef",
            "Chef",
            app="chef",
            plan="enterprise",
            can_import=True,
            fields=(
                FieldSpec("data_bag_name", required=True, max_length=256),
                FieldSpec("data_bag_item_name", required=True, max_length=256),
            ),
        ),
        Destination(
            "humanitec",
            "Humanitec",
            app="humanitec",
            can_import=False,
            fields=needed("org", "app"),
            scopes={"application": (), "environment": needed("env")},
        ),
        Destination("camunda", "Camunda", app="camunda", can_import=True, fields=needed("scope", "cluster_uuid")),
        Destination(
            "zabbix",
            "Zabbix",
            app="zabbix",
            can_import=True,
            # 0 is a text, 1 a secret.
            fields=(FieldSpec("macro_type", "int", required=True, choices=(0, 1), locates=False),),
            scopes={"host": (*needed("host_id"), label("host_name", required=True)), "global": ()},
        ),
        Destination("ovh", "OVHcloud", app="ovh", can_import=True, fields=(CUT_PATH,)),
        Destination("ona", "Ona", app="ona", can_import=False, fields=(*needed("project_id"), label("project_name"))),
        Destination("devin", "Devin", app="devin", can_import=False, fields=needed("org_id")),
        Destination("snowflake", "Snowflake", app="snowflake", can_import=False, fields=needed("database", "schema")),
        Destination(
            "trigger-dev",
            "Trigger.dev",
            app="trigger-dev",
            can_import=False,
            fields=(FieldSpec("project_ref", required=True, max_length=255), *needed("environment")),
            options=(FieldSpec("mark_as_secret", "bool"),),
        ),
        Destination(
            "spacelift",
            "Spacelift",
            app="spacelift",
            can_import=False,
            fields=(
                *needed("context_id"),
                label("context_name", required=True),
                FieldSpec("config_type", required=True, choices=("environment-variable", "file-mount")),
                FieldSpec("file_mount_format", choices=("dot-env", "secret-per-file")),
                FieldSpec("mount_path"),
            ),
            # A file without a format is one of this kind.
            one_secret=Together(
                "config_type", "file-mount", "mount_path", "file", unless=("file_mount_format", "secret-per-file")
            ),
            everything=Whole(
                "file_mount_format",
                "secret-per-file",
                below="mount_path",
                limited=False,
                also=("config_type", "file-mount"),
            ),
            options=(FieldSpec("write_only", "bool"),),
            key_names=FieldSpec(
                "key_schema",
                pattern=r"[A-Za-z_][A-Za-z0-9_]*",
                shape="fit for names of letters, digits and _ that start with a letter or _ (the server leaves out all"
                " else, finds no secret by such a schema, and deletes none)",
                certain=False,
            ),
            rules=(
                Rule(
                    "destination_config.file_mount_format",
                    ("dot-env",),
                    where=(("destination_config.config_type", ("file-mount",)),),
                    needs=("destination_config.mount_path",),
                ),
                Rule(
                    "destination_config.file_mount_format",
                    ("",),
                    where=(("destination_config.config_type", ("file-mount",)),),
                    needs=("destination_config.mount_path",),
                    certain=False,
                ),
            ),
        ),
        # Not in a release that was read: from pages of the documentation, or from a branch.
        Destination(
            "daytona",
            "Daytona",
            app="daytona",
            can_import=False,
            fields=(FieldSpec("organization_name", required=True, max_length=255),),
            key_names=FieldSpec(
                "key_schema",
                pattern=r"[A-Za-z_][A-Za-z0-9_-]*",
                shape="fit for names of letters, digits, _ and - that start with a letter or _",
            ),
            verified=False,
        ),
        Destination(
            "cloudflare-secrets-store",
            "Cloudflare Secrets Store",
            app="cloudflare",
            can_import=False,
            fields=(
                FieldSpec(
                    "store_id",
                    required=True,
                    pattern=r"[A-Za-z0-9_-]+",
                    shape="letters, digits, _ and - only",
                    max_length=32,
                ),
                label("store_name", max_length=255),
                FieldSpec(
                    "scopes",
                    "list",
                    required=True,
                    items="str",
                    choices=("workers", "ai_gateway", "containers"),
                    least=1,
                    unique=True,
                ),
            ),
            key_names=FieldSpec(
                "key_schema", pattern=r"[A-Za-z0-9_-]+", shape="fit for names of letters, digits, _ and - only"
            ),
            verified=False,
        ),
        Destination(
            "portainer",
            "Portainer",
            app="portainer",
            can_import=True,
            fields=(
                FieldSpec("environment_id", "int", required=True, least=1),
                FieldSpec("stack_id", "int", required=True, least=1),
            ),
            verified=False,
        ),
        Destination(
            "coolify",
            "Coolify",
            app="coolify",
            fields=(*needed("resource_id"), label("resource_name", required=True), *needed("scope")),
            verified=False,
        ),
        Destination(
            "gitea",
            "Gitea",
            app="gitea",
            can_import=False,
            scopes={"repository": needed("owner", "repo")},
            verified=False,
        ),
        Destination("convex", "Convex", app="convex", can_import=True, fields=needed("deployment_url"), verified=False),
        Destination("alibaba-cloud-kms", "Alibaba Cloud KMS", fields=(FieldSpec("secret_prefix"),), verified=False),
        # Known by name only.
        Destination(
            "keeper-password-manager", "Keeper Password Manager", app="keeper", can_import=True, verified=False
        ),
        Destination("koyeb", "Koyeb", app="koyeb", verified=False),
    )
}


def destination(slug: object) -> Destination | None:
    """Return the entry of a destination, or None where the catalogue has none."""
    return DESTINATIONS.get(slug) if isinstance(slug, str) else None
