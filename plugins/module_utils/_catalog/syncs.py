# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is special about each destination of secret syncs and each app of connections, as data: one entry a service.

Options are named in snake_case, the API's fields in camelCase; `to_api` and `from_api` turn the one into the other.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .._errors import shown
from .problems import Problem

SECRET_KEY = "{{secretKey}}"  # noqa: S105  # the placeholder in a key schema
KEY_SCHEMA_LENGTH = 255
KEY_SCHEMA_TEXT = re.compile(r"[A-Za-z0-9_/-]*")
OVERWRITE = "overwrite-destination"
IMPORTS = ("import-prioritize-source", "import-prioritize-destination")


@dataclass(frozen=True)
class Setting:
    """One option of a destination: what it may hold.

    `kind`: str, bool, int, list or dict. `items`: the kind of a list's items. `fields`: the parts of a dict, or of a
    list's dicts. `pattern` (for the whole value, `shape` says the same in words), `choices`, `max_length`, `max_items`,
    `unique_by` (a part that no two items may share) restrict the value. `may_be_empty`: an empty string will do though
    it is required. `cut`: what the server takes from both ends. `place`: it takes part in saying where the secrets go
    (else it is a name for display or a manner).
    `verified`: what is said here was seen in the server's sources or an official client.
    """

    name: str
    kind: str = "str"
    required: bool = False
    choices: tuple[str, ...] = ()
    pattern: str = ""
    shape: str = ""
    max_length: int = 0
    items: str = ""
    fields: tuple[Setting, ...] = ()
    max_items: int = 0
    unique_by: str = ""
    may_be_empty: bool = False
    cut: str = ""
    place: bool = True
    verified: bool = True
    note: str = ""


@dataclass(frozen=True)
class Rule:
    """A rule across fields: it holds where `field` has one of `values`. Fields are named in full, options included.

    `needs`: fields that must be stated then. `needs_any`: fields of which one must be. `refuses`: fields with the
    values that the server refuses then. `ignores`: fields that it takes, and doesn't use.
    """

    field: str
    values: tuple[Any, ...]
    needs: tuple[str, ...] = ()
    needs_any: tuple[str, ...] = ()
    refuses: tuple[tuple[str, tuple[Any, ...]], ...] = ()
    ignores: tuple[str, ...] = ()
    verified: bool = True


@dataclass(frozen=True)
class Destination:
    """One destination of secret syncs.

    `app`: whose connection it needs; empty where that isn't known. `can_import`, `key_schema`: whether it can import
    what it holds, and heeds a key schema; None is unknown. `settings`: its configuration; `scopes`: further settings by
    the value of `scope`. `scope_required` is None where only newer servers demand it; `default_scope` is what none
    means. `options`: sync options that only some destinations have. `deletion_must_be_allowed`: the server takes no
    `disable_secret_deletion` here. `verified` is false for an entry that is known by name only, or by hearsay.
    """

    slug: str
    name: str
    app: str
    can_import: bool | None = None
    settings: tuple[Setting, ...] = ()
    scopes: Mapping[str, tuple[Setting, ...]] = field(default_factory=dict)
    default_scope: str = ""
    scope_required: bool | None = True
    options: tuple[Setting, ...] = ()
    rules: tuple[Rule, ...] = ()
    key_schema: bool | None = True
    deletion_must_be_allowed: bool = False
    verified: bool = True

    def settings_for(self, scope: object) -> tuple[Setting, ...]:
        """Return the settings that count under `scope`; without scopes, or for an unknown one, the common ones."""
        if not self.scopes:
            return self.settings
        own = self.scopes.get(scope, ()) if isinstance(scope, str) else ()
        return (self.scope_setting, *self.settings, *own)

    @property
    def scope_setting(self) -> Setting:
        return Setting("scope", required=self.scope_required is True, choices=tuple(self.scopes))

    @property
    def all_settings(self) -> tuple[Setting, ...]:
        """Every setting of every scope, each name once."""
        own = (setting for settings in self.scopes.values() for setting in settings)
        first = (self.scope_setting,) if self.scopes else ()
        return tuple({setting.name: setting for setting in reversed((*first, *self.settings, *own))}.values())[::-1]

    @property
    def identity(self) -> tuple[str, ...]:
        """The names of the settings that say where the secrets go."""
        return tuple(setting.name for setting in self.all_settings if setting.place)


@dataclass(frozen=True)
class Credential(Setting):
    """One credential of a connection's method. `secret`: its value must never be shown."""

    secret: bool = True


@dataclass(frozen=True)
class Method:
    """A way in which an app's connection authenticates. `browser_only`: it needs a code that a browser login gives."""

    name: str
    credentials: tuple[Credential, ...] = ()
    rules: tuple[Rule, ...] = ()
    needs_any: tuple[str, ...] = ()
    verified: bool = True
    browser_only: bool = False


@dataclass(frozen=True)
class App:
    """One app that connections are made for. `gateway`: whether it can be reached by a gateway; None is unknown."""

    slug: str
    name: str
    methods: tuple[Method, ...] = ()
    gateway: bool | None = None

    def method(self, name: object) -> Method | None:
        return next((item for item in self.methods if item.name == name), None)


# --- destinations -----------------------------------------------------------------------------------------------------

URL = {"pattern": r"https?://\S+", "shape": "a URL such as https://host.example.com"}
AWS_REGION = Setting(
    "region", required=True, pattern=r"[a-z]{2}(-[a-z]+)+-\d+", shape="the name of an AWS region, such as eu-central-1"
)
AWS_OPTIONS = (
    Setting("key_id", max_length=256),
    Setting(
        "tags",
        "list",
        items="dict",
        fields=(Setting("key", required=True, max_length=128), Setting("value", max_length=256, may_be_empty=True)),
        max_items=50,
        unique_by="key",
    ),
    Setting("sync_secret_metadata_as_tags", "bool"),
)


def _needed(*names: str) -> tuple[Setting, ...]:
    return tuple(Setting(name, required=True) for name in names)


def _label(name: str, **more: Any) -> Setting:
    """A name that is only for display."""
    return Setting(name, place=False, **more)


def _manner(name: str) -> Setting:
    """A switch that says how, not where."""
    return Setting(name, "bool", place=False)


GITLAB_MANNERS = (
    Setting("target_environment", may_be_empty=True),
    _manner("should_protect_secrets"),
    _manner("should_mask_secrets"),
    _manner("should_hide_secrets"),
)

COMMON_OPTIONS = (
    Setting("initial_sync_behavior", required=True, choices=(OVERWRITE, *IMPORTS)),
    Setting("key_schema", may_be_empty=True),
    Setting("disable_secret_deletion", "bool"),
    Setting("recursive", "bool"),
)
COMMON_RULES = (
    Rule("sync_options.recursive", (True,), refuses=(("sync_options.initial_sync_behavior", IMPORTS),)),
)  # fmt: skip

DESTINATIONS = {
    entry.slug: entry
    for entry in (
        Destination(
            "aws-secrets-manager",
            "AWS Secrets Manager",
            "aws",
            can_import=True,
            settings=(
                AWS_REGION,
                Setting("mapping_behavior", required=True, choices=("one-to-one", "many-to-one"), place=False),
                Setting(
                    "secret_name",
                    pattern=r"[A-Za-z0-9/_+=.@-]{1,256}",
                    shape="1 to 256 letters, digits and /_+=.@- without spaces",
                ),
            ),
            options=AWS_OPTIONS,
            rules=(
                Rule(
                    "destination_config.mapping_behavior",
                    ("many-to-one",),
                    needs=("destination_config.secret_name",),
                    refuses=(("sync_options.sync_secret_metadata_as_tags", (True,)),),
                ),
                Rule(
                    "destination_config.mapping_behavior", ("one-to-one",), ignores=("destination_config.secret_name",)
                ),
            ),
        ),
        Destination(
            "aws-parameter-store",
            "AWS Parameter Store",
            "aws",
            can_import=True,
            settings=(
                AWS_REGION,
                Setting(
                    "path",
                    required=True,
                    pattern=r"/([A-Za-z0-9_-]+/)*",
                    shape="a path that starts and ends with a slash, with letters, digits, _ and - between them",
                    max_length=2048,
                ),
            ),
            options=AWS_OPTIONS,
        ),
        Destination(
            "azure-key-vault",
            "Azure Key Vault",
            "azure-key-vault",
            can_import=True,
            settings=(Setting("vault_base_url", required=True, **URL),),
        ),
        Destination(
            "azure-app-configuration",
            "Azure App Configuration",
            "azure-app-configuration",
            can_import=True,
            settings=(Setting("configuration_url", required=True, **URL), Setting("label")),
        ),
        Destination(
            "azure-devops",
            "Azure DevOps",
            "azure-devops",
            can_import=False,
            settings=(*_needed("devops_project_id"), _label("devops_project_name")),
        ),
        Destination(
            "gcp-secret-manager",
            "GCP Secret Manager",
            "gcp",
            can_import=True,
            settings=_needed("project_id"),
            scopes={
                "global": (Setting("user_replica_location_ids", "list", items="str", place=False),),
                "region": (
                    Setting(
                        "location_id",
                        required=True,
                        pattern=r"[a-z]+(-[a-z]+)+\d+",
                        shape="the name of a Google Cloud region, such as europe-west1",
                    ),
                ),
            },
        ),
        Destination("databricks", "Databricks", "databricks", can_import=False, settings=_needed("scope")),
        Destination(
            "github",
            "GitHub",
            "github",
            can_import=False,
            scopes={
                "organization": (
                    *_needed("org"),
                    Setting("visibility", required=True, choices=("all", "private", "selected"), place=False),
                    Setting("selected_repository_ids", "list", items="int", place=False),
                ),
                "repository": _needed("owner", "repo"),
                "repository-environment": _needed("owner", "repo", "env"),
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
                    ignores=("destination_config.selected_repository_ids",),
                ),
            ),
        ),
        Destination(
            "gitlab",
            "GitLab",
            "gitlab",
            can_import=False,
            scopes={
                # The server's schema asks for the project's name, the official Terraform provider doesn't send it.
                "project": (
                    *_needed("project_id"),
                    _label("project_name", required=True, verified=False),
                    *GITLAB_MANNERS,
                ),
                "group": (*_needed("group_id"), _label("group_name"), *GITLAB_MANNERS),
            },
        ),
        Destination(
            "bitbucket",
            "Bitbucket",
            "bitbucket",
            can_import=False,
            settings=(*_needed("repository_slug", "workspace_slug"), Setting("environment_id")),
        ),
        Destination(
            "circleci",
            "CircleCI",
            "circleci",
            can_import=False,
            settings=(_label("org_name", required=True), _label("project_name", required=True), *_needed("project_id")),
        ),
        Destination(
            "travis-ci",
            "Travis CI",
            "travis-ci",
            can_import=False,
            settings=(*_needed("repository_id"), _label("repository_slug", required=True), Setting("branch")),
        ),
        Destination(
            "teamcity", "TeamCity", "teamcity", can_import=True, settings=(*_needed("project"), Setting("build_config"))
        ),
        Destination(
            "terraform-cloud",
            "Terraform Cloud",
            "terraform-cloud",
            can_import=False,
            settings=(*_needed("org"), Setting("category", required=True, choices=("env", "terraform"))),
            scopes={
                "variable-set": (*_needed("variable_set_id"), _label("variable_set_name", required=True)),
                "workspace": (*_needed("workspace_id"), _label("workspace_name", required=True)),
            },
        ),
        Destination(
            "vercel",
            "Vercel",
            "vercel",
            can_import=True,
            scopes={
                "project": (
                    *_needed("app"),
                    _label("app_name", required=True),
                    *_needed("env"),
                    Setting("branch", may_be_empty=True),
                    Setting("team_id", required=True, may_be_empty=True),
                    _manner("sensitive"),
                ),
                "team": (
                    *_needed("team_id"),
                    _label("team_name"),
                    Setting("target_environments", "list", items="str"),
                    Setting("apply_to_all_custom_environments", "bool"),
                    Setting("target_projects", "list", items="str"),
                    _manner("sensitive"),
                ),
            },
            default_scope="project",
            scope_required=None,
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
            "netlify",
            settings=(
                *_needed("account_id"),
                _label("account_name"),
                Setting("site_id"),
                _label("site_name"),
                Setting("context", choices=("all", "deploy-preview", "production", "branch-deploy", "dev", "branch")),
            ),
        ),
        Destination(
            "heroku", "Heroku", "heroku", can_import=True, settings=(*_needed("app"), _label("app_name", required=True))
        ),
        Destination(
            "render",
            "Render",
            "render",
            can_import=True,
            settings=(Setting("type", required=True, choices=("env", "file")),),
            scopes={"service": _needed("service_id"), "environment-group": _needed("environment_group_id")},
            options=(Setting("auto_redeploy_services", "bool"),),
        ),
        Destination(
            "railway",
            "Railway",
            "railway",
            can_import=True,
            settings=(
                *_needed("project_id"),
                _label("project_name", required=True),
                *_needed("environment_id"),
                _label("environment_name", required=True),
                Setting("service_id"),
                _label("service_name"),
            ),
        ),
        Destination("flyio", "Fly.io", "flyio", can_import=False, settings=_needed("app_id")),
        Destination(
            "laravel-forge",
            "Laravel Forge",
            "laravel-forge",
            can_import=True,
            settings=(
                Setting(
                    "org_slug",
                    required=True,
                    pattern=r"[a-z0-9.-]+",
                    shape="lower-case letters, digits, dots and dashes",
                ),
                _label("org_name"),
                Setting("server_id", required=True, pattern=r"\d+", shape="a number"),
                _label("server_name"),
                *_needed("site_id"),
                _label("site_name"),
            ),
        ),
        Destination(
            "supabase",
            "Supabase",
            "supabase",
            can_import=False,
            settings=(*_needed("project_id"), _label("project_name")),
        ),
        Destination(
            "checkly",
            "Checkly",
            "checkly",
            can_import=False,
            settings=(*_needed("account_id"), _label("account_name"), Setting("group_id"), _label("group_name")),
        ),
        Destination(
            "cloudflare-pages",
            "Cloudflare Pages",
            "cloudflare",
            settings=(
                *_needed("project_name"),
                Setting("environment", required=True, choices=("production", "preview")),
            ),
        ),
        Destination("cloudflare-workers", "Cloudflare Workers", "cloudflare", settings=_needed("script_id")),
        Destination(
            "digital-ocean-app-platform",
            "Digital Ocean App Platform",
            "digital-ocean",
            can_import=False,
            settings=(*_needed("app_id"), _label("app_name", required=True)),
        ),
        Destination(
            "northflank",
            "Northflank",
            "northflank",
            can_import=True,
            settings=(
                *_needed("project_id"),
                _label("project_name"),
                *_needed("secret_group_id"),
                _label("secret_group_name"),
            ),
        ),
        Destination(
            "windmill",
            "Windmill",
            "windmill",
            can_import=True,
            settings=(
                *_needed("workspace"),
                Setting(
                    "path",
                    required=True,
                    pattern=r"[uf]/.+/",
                    shape="a path that starts with u/ or f/ and ends with a slash",
                ),
            ),
        ),
        Destination(
            "octopus-deploy",
            "Octopus Deploy",
            "octopus-deploy",
            can_import=False,
            settings=(
                *_needed("space_id"),
                Setting(
                    "scope_values",
                    "dict",
                    fields=tuple(
                        Setting(name, "list", items="str")
                        for name in ("environments", "roles", "machines", "processes", "actions", "channels")
                    ),
                ),
            ),
            scopes={"project": _needed("project_id")},
            default_scope="project",
            scope_required=False,
        ),
        Destination(
            "hashicorp-vault",
            "HashiCorp Vault",
            "hashicorp-vault",
            can_import=True,
            settings=(
                Setting("mount", required=True, max_length=128),
                Setting(
                    "path",
                    required=True,
                    pattern=r"/*[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*/*",
                    shape="a path whose parts have only letters, digits, dots, _ and -",
                    max_length=128,
                    cut="/",
                ),
            ),
        ),
        Destination(
            "qovery",
            "Qovery",
            "qovery",
            can_import=False,
            settings=(
                *_needed("organization_id"),
                _label("organization_name"),
                *_needed("project_id"),
                _label("project_name"),
                Setting("environment_id"),
                _label("environment_name"),
                Setting("variable_type", choices=("secret", "variable")),
            ),
        ),
        Destination(
            "cloud-66",
            "Cloud 66",
            "cloud-66",
            can_import=True,
            settings=(*_needed("stack_id"), _label("stack_name", required=True)),
        ),
        Destination(
            "hasura-cloud",
            "Hasura Cloud",
            "hasura-cloud",
            can_import=True,
            settings=(*_needed("project_id"), _label("project_name", required=True), *_needed("tenant_id")),
        ),
        Destination(
            "rundeck",
            "Rundeck",
            "rundeck",
            can_import=False,
            settings=(
                *_needed("project"),
                Setting("path", required=True, pattern=r"/.*", shape="a path that starts with a slash"),
            ),
        ),
        # Without a native counterpart.
        Destination(
            "1password",
            "1Password",
            "1password",
            can_import=True,
            settings=(*_needed("vault_id"), Setting("value_label", place=False)),
        ),
        Destination(
            "azure-entra-id-scim",
            "Azure Entra ID SCIM",
            "azure-entra-id",
            can_import=False,
            settings=(*_needed("service_principal_id"), _label("service_principal_display_name")),
            options=(Setting("secret_key", required=True),),
            key_schema=False,
            deletion_must_be_allowed=True,
        ),
        Destination(
            "external-infisical",
            "External Infisical",
            "external-infisical",
            settings=_needed("project_id", "environment", "secret_path"),
            key_schema=None,
            verified=False,
        ),
        Destination(
            "alibaba-cloud-kms",
            "Alibaba Cloud KMS",
            "",
            settings=(Setting("secret_prefix"),),
            key_schema=None,
            verified=False,
        ),
        # Known by name only.
        *(
            Destination(slug, name, app, key_schema=None, verified=False)
            for slug, name, app in (
                ("camunda", "Camunda", "camunda"),
                ("chef", "Chef", "chef"),
                ("cloudflare-secrets-store", "Cloudflare Secrets Store", ""),
                ("convex", "Convex", ""),
                ("coolify", "Coolify", ""),
                ("daytona", "Daytona", ""),
                ("devin", "Devin", "devin"),
                ("gitea", "Gitea", ""),
                ("humanitec", "Humanitec", "humanitec"),
                ("keeper-password-manager", "Keeper Password Manager", ""),
                ("koyeb", "Koyeb", ""),
                ("oci-vault", "OCI Vault", "oci"),
                ("ona", "Ona", "ona"),
                ("ovh", "OVH", "ovh"),
                ("portainer", "Portainer", ""),
                ("snowflake", "Snowflake", "snowflake"),
                ("spacelift", "Spacelift", ""),
                ("trigger-dev", "Trigger.dev", ""),
                ("zabbix", "Zabbix", "zabbix"),
            )
        ),
    )
}

# --- apps -------------------------------------------------------------------------------------------------------------


def _secret(name: str, **more: Any) -> Credential:
    return Credential(name, **{"required": True, **more})


def _public(name: str, **more: Any) -> Credential:
    return Credential(name, **{"required": True, "secret": False, **more})


UUID = {"pattern": r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", "shape": "a UUID"}
TENANT = _public("tenant_id", **UUID)
CLIENT = _public("client_id", **UUID)
CLIENT_SECRET = _secret("client_secret", max_length=50)
INSTANCE_URL = _public("instance_url", **URL)
MAYBE_INSTANCE_URL = _public("instance_url", required=False, **URL)
API_TOKEN = Method("api-token", (_secret("api_token"),))
API_KEY = Method("api-key", (_secret("api_key"),))
ACCESS_TOKEN = Method("access-token", (_secret("access_token"),))
CODE = _secret("code")
AZURE_OAUTH = Method("oauth", (CODE, _public("tenant_id", required=False)), browser_only=True)
AZURE_CLIENT_SECRET = Method("client-secret", (TENANT, CLIENT, CLIENT_SECRET))
GITHUB_INSTANCE = (
    _public("instance_type", required=False, choices=("cloud", "server")),
    _public("host", required=False),
)
GITHUB_RULES = (Rule("credentials.instance_type", ("server",), needs=("credentials.host",)),)

APPS = {
    entry.slug: entry
    for entry in (
        App(
            "aws",
            "AWS",
            (
                Method(
                    "assume-role",
                    (
                        _public("role_arn", pattern=r"arn:\S+", shape="the ARN of a role"),
                        _public("sts_endpoint", required=False, pattern=r"https://\S+", shape="a URL with https"),
                    ),
                ),
                Method("access-key", (_public("access_key_id"), _secret("secret_access_key"))),
            ),
        ),
        App(
            "azure-key-vault",
            "Azure Key Vault",
            (
                Method(
                    "client-secret", (*AZURE_CLIENT_SECRET.credentials, _public("client_secret_key_id", required=False))
                ),
                AZURE_OAUTH,
                # Newer servers; which credentials it takes wasn't read.
                Method("certificate", verified=False),
            ),
            gateway=True,
        ),
        App("azure-app-configuration", "Azure App Configuration", (AZURE_CLIENT_SECRET, AZURE_OAUTH)),
        App(
            "azure-devops",
            "Azure DevOps",
            (
                Method("access-token", (_public("org_name"), _secret("access_token"))),
                Method("client-secret", (_public("org_name"), TENANT, CLIENT, CLIENT_SECRET)),
                Method(
                    "oauth",
                    (CODE, _public("tenant_id", required=False), _public("org_name", required=False, verified=False)),
                    browser_only=True,
                ),
            ),
        ),
        App(
            "gcp",
            "GCP",
            (
                Method(
                    "service-account-impersonation",
                    (
                        _public(
                            "service_account_email",
                            pattern=r"[^@\s]+@[^@\s]+",
                            shape="the e-mail address of a service account",
                        ),
                    ),
                ),
            ),
        ),
        App(
            "databricks",
            "Databricks",
            (
                Method(
                    "service-principal",
                    (_public("workspace_url", **URL), _public("client_id"), _secret("client_secret")),
                ),
            ),
        ),
        App(
            "github",
            "GitHub",
            (
                Method("pat", (_secret("personal_access_token"), *GITHUB_INSTANCE), rules=GITHUB_RULES),
                Method(
                    "github-app",
                    (CODE, _public("installation_id"), *GITHUB_INSTANCE),
                    rules=GITHUB_RULES,
                    browser_only=True,
                ),
                Method("oauth", (CODE, *GITHUB_INSTANCE), rules=GITHUB_RULES, browser_only=True),
            ),
            gateway=True,
        ),
        App(
            "gitlab",
            "GitLab",
            (
                Method(
                    "access-token",
                    (
                        _secret("access_token"),
                        _public("access_token_type", choices=("project", "personal", "group")),
                        MAYBE_INSTANCE_URL,
                    ),
                ),
                Method("oauth", (CODE, MAYBE_INSTANCE_URL), browser_only=True),
            ),
        ),
        App("bitbucket", "Bitbucket", (Method("api-token", (_public("email"), _secret("api_token"))),)),
        App("circleci", "CircleCI", (Method("api-token", (_secret("api_token"), _public("host", required=False))),)),
        App("travis-ci", "Travis CI", (API_TOKEN,)),
        App("teamcity", "TeamCity", (Method("access-token", (_secret("access_token"), INSTANCE_URL)),)),
        App("terraform-cloud", "Terraform Cloud", (API_TOKEN,)),
        App("vercel", "Vercel", (API_TOKEN,)),
        App("netlify", "Netlify", (ACCESS_TOKEN,)),
        App(
            "heroku",
            "Heroku",
            (
                Method("auth-token", (_secret("auth_token"),)),
                Method(
                    "oauth",
                    (_secret("code", required=False), _secret("refresh_token", required=False)),
                    needs_any=("credentials.code", "credentials.refresh_token"),
                    browser_only=True,
                ),
            ),
        ),
        App("render", "Render", (API_KEY,)),
        App(
            "railway",
            "Railway",
            (
                Method("account-token", API_TOKEN.credentials),
                Method("team-token", API_TOKEN.credentials),
                Method("project-token", API_TOKEN.credentials),
            ),
        ),
        App("flyio", "Fly.io", (ACCESS_TOKEN,)),
        App("laravel-forge", "Laravel Forge", (API_TOKEN,)),
        App("supabase", "Supabase", (Method("access-token", (_secret("access_key"), MAYBE_INSTANCE_URL)),)),
        App("checkly", "Checkly", (API_KEY,)),
        App("cloudflare", "Cloudflare", (Method("api-token", (_public("account_id"), _secret("api_token"))),)),
        App("digital-ocean", "DigitalOcean", (API_TOKEN,)),
        App("northflank", "Northflank", (API_TOKEN,)),
        App("windmill", "Windmill", (Method("access-token", (_secret("access_token"), MAYBE_INSTANCE_URL)),)),
        App("octopus-deploy", "Octopus Deploy", (Method("api-key", (INSTANCE_URL, _secret("api_key"))),)),
        App(
            "hashicorp-vault",
            "HashiCorp Vault",
            (
                Method("access-token", (INSTANCE_URL, _secret("access_token"), _public("namespace", required=False))),
                Method(
                    "app-role",
                    (INSTANCE_URL, _secret("role_id"), _secret("secret_id"), _public("namespace", required=False)),
                ),
            ),
            gateway=True,
        ),
        App("qovery", "Qovery", (ACCESS_TOKEN,)),
        App("cloud-66", "Cloud 66", (ACCESS_TOKEN,)),
        App("hasura-cloud", "Hasura Cloud", (ACCESS_TOKEN,)),
        App("rundeck", "Rundeck", (Method("api-token", (INSTANCE_URL, _secret("api_token"))),)),
        App("1password", "1Password", (Method("api-token", (INSTANCE_URL, _secret("api_token"))),)),
        # Known by name only: apps of further destinations.
        *(
            App(slug, name)
            for slug, name in (
                ("azure-entra-id", "Azure Entra ID"),
                ("camunda", "Camunda"),
                ("chef", "Chef"),
                ("devin", "Devin"),
                ("external-infisical", "External Infisical"),
                ("humanitec", "Humanitec"),
                ("oci", "OCI"),
                ("ona", "Ona"),
                ("ovh", "OVH"),
                ("snowflake", "Snowflake"),
                ("zabbix", "Zabbix"),
            )
        ),
    )
}

# --- names ------------------------------------------------------------------------------------------------------------


def api_name(option: str) -> str:
    """Return the API's name of an option."""
    return re.sub(r"(?<=[A-Za-z0-9])_([a-z])", lambda match: match[1].upper(), option)


def to_api(value: Any) -> Any:
    """Return `value` with its keys, and those of all mappings in it, in the API's camelCase."""
    return _renamed(value, api_name)


def from_api(value: Any) -> Any:
    """Return `value` with its keys, and those of all mappings in it, in snake_case."""
    return _renamed(value, lambda key: re.sub(r"(?<=[A-Za-z0-9])([A-Z])", lambda match: f"_{match[1].lower()}", key))


def _renamed(value: Any, rename: Any) -> Any:
    if isinstance(value, Mapping):
        return {rename(key) if isinstance(key, str) else key: _renamed(item, rename) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_renamed(item, rename) for item in value]
    return value


def destination(slug: str | None) -> Destination | None:
    """Return the entry of a destination, or None where the catalogue has none."""
    return DESTINATIONS.get(slug) if isinstance(slug, str) else None


def app(slug: str | None) -> App | None:
    """Return the entry of an app, or None where the catalogue has none."""
    return APPS.get(slug) if isinstance(slug, str) else None


def near_matches(slug: object, names: Iterable[str]) -> list[str]:
    """Return up to three of `names` that `slug` may be a misspelling of. Dashes, underscores and case don't count."""
    folded: dict[str, str] = {}
    for name in sorted(str(item) for item in names):
        folded.setdefault(_folded(name), name)
    sought = _folded(str(slug)[:100])
    close = difflib.get_close_matches(sought, folded, n=3, cutoff=0.6)
    if not close and len(sought) > 2:
        close = [name for name in folded if sought in name or name in sought][:3]
    return [folded[name] for name in close]


def _folded(text: str) -> str:
    return re.sub(r"[\s_-]", "", text).lower()


def place(slug: str, destination_config: Mapping) -> tuple[tuple[str, str], ...] | None:
    """Return where a sync writes, in comparable form; None where the catalogue can't tell.

    Two syncs with equal results and one connection write to the same place.
    """
    entry = destination(slug)
    if entry is None or not entry.all_settings:
        return None
    given = as_stored(slug, destination_config)
    scope = given.get("scope") or entry.default_scope
    if entry.scopes:
        given["scope"] = scope
    settings = entry.settings_for(scope)
    return tuple((item.name, _comparable(given.get(item.name))) for item in settings if item.place)


def _comparable(value: Any) -> str:
    if isinstance(value, Mapping):
        return repr(sorted((str(key), _comparable(item)) for key, item in value.items() if item))
    if isinstance(value, list | tuple):
        return repr(sorted(_comparable(item) for item in value))
    return "" if value is None else str(value).strip()


def as_stored(slug: str, destination_config: Mapping) -> dict[str, Any]:
    """Return a configuration under option names, without what servers cut off the ends of values."""
    entry = destination(slug)
    cuts = {item.name: item.cut for item in entry.all_settings if item.cut} if entry else {}
    return {
        key: value.strip().strip(cuts[key]) if key in cuts and isinstance(value, str) else value
        for key, value in _stated(destination_config).items()
    }


def without_effect(slug: str, destination_config: Mapping, sync_options: Mapping) -> tuple[set[str], set[str]]:
    """Return the keys in both mappings (under option names) that a server drops: of another scope, or ignored."""
    entry = destination(slug)
    if entry is None:
        return set(), set()
    config, options = _stated(destination_config), _stated(sync_options)
    fields = {**_named("destination_config", config), **_named("sync_options", options)}
    ignored = {
        name for rule in entry.rules if fields.get(rule.field) in rule.values for name in rule.ignores if name in fields
    }
    scope = config.get("scope") or entry.default_scope
    if isinstance(scope, str) and scope in entry.scopes:
        elsewhere = {item.name for item in entry.all_settings} - {item.name for item in entry.settings_for(scope)}
        ignored |= {f"destination_config.{name}" for name in elsewhere & config.keys()}
    return (
        {_short(name) for name in ignored if name.startswith("destination_config.")},
        {_short(name) for name in ignored if name.startswith("sync_options.")},
    )


# --- checks -----------------------------------------------------------------------------------------------------------


def check_sync(slug: str, destination_config: Any, sync_options: Any, *, complete: bool = True) -> list[Problem]:
    """Return everything that is wrong with a sync's `destination_config` and `sync_options` (option or API names).

    `None` counts as unstated. With `complete` false, as for a part of an update, nothing unstated is a problem.
    """
    entry = destination(slug)
    if entry is None:
        return [_unknown("destination", "secret sync destination", slug, DESTINATIONS)]
    problems: list[Problem] = []
    config = _mapping("destination_config", destination_config, problems)
    options = _mapping("sync_options", sync_options, problems)
    # A part of an update may well leave out a scope that is kept.
    scope = config.get("scope") or (entry.default_scope if complete else "")
    known_scope = not entry.scopes or (isinstance(scope, str) and scope in entry.scopes)
    if entry.all_settings:
        settings = entry.settings_for(scope) if known_scope else entry.all_settings
        names = [setting.name for setting in entry.all_settings]
        need = complete and known_scope
        problems.extend(
            _check("destination_config", config, settings, complete=need, certain=entry.verified, names=names)
        )
        if entry.scopes:
            problems.extend(_scope_problems(entry, config, complete=complete))
    else:
        text = f"the settings of {entry.name} aren't in this collection's catalogue, so they were not checked."
        problems.append(Problem("destination", text, certain=False))
    settings = (*COMMON_OPTIONS, *entry.options)
    # Where a destination is known by hearsay, its further options aren't known at all.
    names = [setting.name for setting in settings] if entry.verified else list(options)
    problems.extend(_check("sync_options", options, settings, complete=complete, certain=True, names=names))
    problems.extend(_common_problems(entry, options))
    fields = {**_named("destination_config", config), **_named("sync_options", options)}
    problems.extend(_rule_problems((*COMMON_RULES, *entry.rules), fields, complete=complete))
    return problems


def check_connection(app_slug: str, method: str, credentials: Any, *, complete: bool = True) -> list[Problem]:
    """Return everything that is wrong with a connection's method and credentials. No credential's value is shown.

    `None` counts as unstated. With `complete` false nothing unstated is a problem.
    """
    entry = app(app_slug)
    if entry is None:
        return [_unknown("app", "app", app_slug, APPS)]
    if not entry.methods:
        text = f"the methods of {entry.name} aren't in this collection's catalogue, so nothing was checked."
        return [Problem("app", text, certain=False)]
    way = entry.method(method)
    if way is None:
        return [
            _unknown("method", f"method of {entry.name}", method, [item.name for item in entry.methods], listed=True)
        ]
    problems: list[Problem] = []
    given = _mapping("credentials", credentials, problems)
    if way.browser_only and complete and not given.get("refresh_token"):
        others = " or ".join(item.name for item in entry.methods if not item.browser_only)
        hint = f" Method {others} needs none." if others else ""
        text = f"{way.name} needs a code that only a login in a browser gives, and that works once.{hint}"
        problems.append(Problem("method", text, certain=False))
    if not way.credentials:
        text = f"the credentials of {way.name} aren't in this collection's catalogue, so they were not checked."
        return [*problems, Problem("credentials", text, certain=False)]
    problems.extend(_check("credentials", given, way.credentials, complete=complete, certain=way.verified))
    fields = _named("credentials", given)
    if complete and way.needs_any and not any(_is_stated(fields.get(name)) for name in way.needs_any):
        problems.append(Problem(way.needs_any[0], f"one of {', '.join(way.needs_any)} is needed."))
    problems.extend(_rule_problems(way.rules, fields, complete=complete))
    return problems


def _unknown(name: str, what: str, value: object, known: Iterable[str], *, listed: bool = False) -> Problem:
    names = list(known)
    near = names if listed else near_matches(value, names)
    hint = f" Known: {', '.join(near)}." if listed else f" Did you mean {' or '.join(near)}?" if near else ""
    return Problem(name, f"{shown(value)} is no {what} that this collection's catalogue knows.{hint}", certain=False)


def _mapping(name: str, value: Any, problems: list[Problem]) -> dict[str, Any]:
    """Return what is stated in `value`, under option names."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        problems.append(Problem(name, f"it must be a mapping, not {_kind_of(value)}."))
        return {}
    given: dict[str, list[str]] = {}
    for key, item in value.items():
        if item is not None:
            given.setdefault(str(from_api({key: 0}).popitem()[0]), []).append(str(key))
    problems.extend(
        Problem(f"{name}.{key}", f"it is stated twice, as {' and '.join(sorted(keys))}.")
        for key, keys in given.items()
        if len(keys) > 1
    )
    return _stated(value)


def _stated(value: Any) -> dict[str, Any]:
    stated = {str(key): item for key, item in value.items() if item is not None} if isinstance(value, Mapping) else {}
    # Where one thing is stated under both names, the option's name counts.
    own_names = {key: item for key, item in stated.items() if key in from_api({key: None})}
    return {**from_api(stated), **from_api(own_names)}


def _named(prefix: str, values: Mapping) -> dict[str, Any]:
    return {f"{prefix}.{key}": value for key, value in values.items()}


def _is_stated(value: Any) -> bool:
    return value is not None and value is not False and value not in ("", [], {})


def _check(
    prefix: str,
    values: Mapping,
    settings: tuple[Setting, ...],
    *,
    complete: bool,
    certain: bool,
    names: Iterable[str] | None = None,
) -> Iterator[Problem]:
    """Yield what is wrong with `values`. Keys beyond `names` (else: the settings') are uncertain problems."""
    known = [setting.name for setting in settings] if names is None else list(names)
    for key in values:
        if key not in known:
            near = near_matches(key, known)
            hint = f"Did you mean {' or '.join(near)}?" if near else f"Known: {', '.join(known)}."
            text = f"it isn't known here, and the server drops what it doesn't know. {hint}"
            yield Problem(f"{prefix}.{key}", text, certain=False)
    for setting in settings:
        name, value = f"{prefix}.{setting.name}", values.get(setting.name)
        sure = certain and setting.verified
        if value is None:
            if setting.required and complete:
                note = f": {setting.shape}" if setting.shape else ""
                choices = f": one of {', '.join(setting.choices)}" if setting.choices else note
                yield Problem(name, f"it is missing{choices}.", sure)
        else:
            yield from _value_problems(name, value, setting, sure)


KINDS = {"str": str, "bool": bool, "int": int, "list": (list, tuple), "dict": Mapping}
KIND_NAMES = {
    "str": "a string",
    "bool": "true or false",
    "int": "a whole number",
    "list": "a list",
    "dict": "a mapping",
}


def _is_kind(value: Any, kind: str) -> bool:
    return isinstance(value, KINDS[kind]) and (kind != "int" or not isinstance(value, bool))


def _kind_of(value: Any) -> str:
    return next((KIND_NAMES[kind] for kind in KINDS if _is_kind(value, kind)), "a number")


def _value_problems(name: str, value: Any, setting: Setting, certain: bool) -> Iterator[Problem]:
    if not _is_kind(value, setting.kind):
        hint = " Put it in quotes." if setting.kind == "str" and not isinstance(value, list | Mapping) else ""
        yield Problem(name, f"it must be {KIND_NAMES[setting.kind]}, not {_kind_of(value)}.{hint}", certain)
    elif setting.kind == "str":
        yield from _text_problems(name, value, setting, certain)
    elif setting.kind == "list":
        yield from _list_problems(name, value, setting, certain)
    elif setting.kind == "dict":
        yield from _check(name, _stated(value), setting.fields, complete=True, certain=certain)


def _text_problems(name: str, value: str, setting: Setting, certain: bool) -> Iterator[Problem]:
    text = value.strip()
    if not text and (setting.may_be_empty or not (setting.required or setting.choices)):
        return
    is_value = "it is" if getattr(setting, "secret", False) else f"{shown(value)} is"
    if not text:
        yield Problem(name, "it is empty.", certain)
    elif setting.choices and text not in setting.choices:
        yield Problem(name, f"{is_value} not one of {', '.join(setting.choices)}.", certain)
    elif setting.pattern and not re.fullmatch(setting.pattern, text):
        yield Problem(name, f"{is_value} not {setting.shape}.", certain)
    if setting.max_length and len(text) > setting.max_length:
        yield Problem(name, f"it has {len(text)} characters; the server takes {setting.max_length}.", certain)


def _list_problems(name: str, value: Any, setting: Setting, certain: bool) -> Iterator[Problem]:
    if setting.max_items and len(value) > setting.max_items:
        yield Problem(name, f"it has {len(value)} items; the server takes {setting.max_items}.", certain)
    item_setting = Setting(setting.name, setting.items, fields=setting.fields, required=True)
    for index, item in enumerate(value):
        yield from _value_problems(f"{name}[{index}]", item, item_setting, certain)
    if setting.unique_by:
        marks = [str(item.get(setting.unique_by)) for item in value if isinstance(item, Mapping)]
        for mark in sorted({mark for mark in marks if marks.count(mark) > 1}):
            yield Problem(name, f"{setting.unique_by} {shown(mark)} occurs more than once.", certain)


def _scope_problems(entry: Destination, config: Mapping, *, complete: bool) -> Iterator[Problem]:
    scope = config.get("scope")
    if complete and not scope and entry.scope_required:
        yield Problem("destination_config.scope", f"it is missing: one of {', '.join(entry.scopes)}.", entry.verified)
    elif complete and not scope and entry.scope_required is None:
        text = f"newer servers want it: one of {', '.join(entry.scopes)}; older ones know only {entry.default_scope}."
        yield Problem("destination_config.scope", text, certain=False)
    effective = scope or (entry.default_scope if complete else "")
    if not isinstance(effective, str) or effective not in entry.scopes:
        return
    here = {setting.name for setting in entry.settings_for(effective)}
    for key in config:
        others = [name for name, own in entry.scopes.items() if any(setting.name == key for setting in own)]
        if key not in here and others:
            text = f"it has no effect with scope {effective}, only with {' or '.join(others)}."
            yield Problem(f"destination_config.{key}", text, certain=False)


def _common_problems(entry: Destination, options: Mapping) -> Iterator[Problem]:
    if options.get("initial_sync_behavior") in IMPORTS and not entry.can_import:
        sure = entry.can_import is False
        text = "can't import what it holds" if sure else "may be unable to import what it holds"
        yield Problem("sync_options.initial_sync_behavior", f"{entry.name} {text}: only {OVERWRITE} is safe.", sure)
    schema = options.get("key_schema")
    if isinstance(schema, str) and schema:
        for text in key_schema_problems(schema):
            yield Problem("sync_options.key_schema", text)
        if entry.key_schema is False:
            yield Problem("sync_options.key_schema", f"{entry.name} doesn't use a key schema.", certain=False)
    if options.get("disable_secret_deletion") is True and entry.deletion_must_be_allowed:
        yield Problem("sync_options.disable_secret_deletion", f"{entry.name} takes only false, or nothing.")


def key_schema_problems(schema: str) -> Iterator[str]:
    """Yield what is wrong with a key schema that isn't empty."""
    count = schema.count(SECRET_KEY)
    if count != 1:
        yield f"it must have {SECRET_KEY} in it once, and has it {count} times (in a playbook: mark the value !unsafe)."
    rest = schema.replace(SECRET_KEY, "").replace("{{environment}}", "")
    if not KEY_SCHEMA_TEXT.fullmatch(rest):
        odd = "".join(sorted(set(re.sub(KEY_SCHEMA_TEXT, "", rest))))
        yield f"{shown(odd)} can't be in it: only letters, digits, _, - and / stand around the placeholders."
    if len(schema) > KEY_SCHEMA_LENGTH:
        yield f"it has {len(schema)} characters; the server takes {KEY_SCHEMA_LENGTH}."


def _rule_problems(rules: tuple[Rule, ...], fields: Mapping, *, complete: bool) -> Iterator[Problem]:
    for rule in rules:
        value = fields.get(rule.field)
        if value is None or value not in rule.values:
            continue
        when = f"with {_short(rule.field)} {shown(value)}"
        if complete:
            yield from _need_problems(rule, fields, when)
        for name, refused in rule.refuses:
            if name in fields and fields[name] in refused:
                yield Problem(name, f"the server refuses {shown(fields[name])} {when}.", rule.verified)
        for name in rule.ignores:
            if _is_stated(fields.get(name)):
                yield Problem(name, f"it has no effect {when}.", certain=False)


def _need_problems(rule: Rule, fields: Mapping, when: str) -> Iterator[Problem]:
    for name in rule.needs:
        if not _is_stated(fields.get(name)):
            yield Problem(name, f"it is needed {when}.", rule.verified)
    if rule.needs_any and not any(_is_stated(fields.get(name)) for name in rule.needs_any):
        names = " or ".join(_short(name) for name in rule.needs_any)
        yield Problem(rule.needs_any[0], f"{names} is needed {when}.", rule.verified)


def _short(name: str) -> str:
    return name.partition(".")[2]


# --- values -----------------------------------------------------------------------------------------------------------

SWITCHES = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


def coerced(slug: str, destination_config: Any, sync_options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return both mappings under option names, unstated values left out, and each value in the kind that is asked for.

    Templates turn numbers into strings, and YAML turns ids into numbers: where nothing is lost, that is undone here.
    What can't be turned stays as it is; `check_sync` tells about it. An unknown destination's settings stay as given.
    """
    entry = destination(slug)
    config, options = _stated(destination_config), _stated(sync_options)
    extra = entry.options if entry else ()
    known: tuple[Setting, ...] = ()
    if entry:
        scope = config.get("scope") or entry.default_scope
        # A part of an update may well leave out a scope that is kept.
        known = entry.settings_for(scope) if scope or not entry.scopes else entry.all_settings
    return _coerced(config, known), _coerced(options, (*COMMON_OPTIONS, *extra))


def coerced_credentials(app_slug: str, method: str, credentials: Any) -> dict[str, Any]:
    """Return credentials under option names, unstated ones left out, each in the kind that is asked for."""
    way = _method(app_slug, method)
    return _coerced(_stated(credentials), way.credentials if way else ())


def _coerced(values: Mapping, settings: tuple[Setting, ...]) -> dict[str, Any]:
    known = {setting.name: setting for setting in settings}
    return {key: _coerced_value(value, known[key]) if key in known else value for key, value in values.items()}


def _coerced_value(value: Any, setting: Setting) -> Any:
    kind = setting.kind
    if kind == "str" and _is_kind(value, "int"):
        return str(value)
    if kind == "int" and isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,18}", value.strip()):
        return int(value)
    if kind == "bool" and isinstance(value, str):
        return SWITCHES.get(value.strip().lower(), value)
    if kind == "list" and isinstance(value, list | tuple):
        item_setting = Setting(setting.name, setting.items, fields=setting.fields)
        return [_coerced_value(item, item_setting) for item in value]
    if kind == "dict" and isinstance(value, Mapping):
        return _coerced(_stated(value), setting.fields)
    return value


def secret_credentials(app_slug: str, method: str, credentials: Any) -> set[str]:
    """Return the values in `credentials` that must be masked: all that aren't known to be no secret."""
    public = _public_names(app_slug, method)
    return {
        leaf
        for key, value in _stated(credentials).items()
        if key not in public or isinstance(value, Mapping | list)
        for leaf in _leaves(value)
    }


def public_credentials(app_slug: str, method: str, credentials: Any) -> dict[str, Any]:
    """Return the part of `credentials` that is known to be no secret, under option names.

    A value that is a secret elsewhere in them is left out, whatever it is called here.
    """
    public = _public_names(app_slug, method)
    secrets = secret_credentials(app_slug, method, credentials)
    return {
        key: value
        for key, value in _stated(credentials).items()
        if key in public and not isinstance(value, Mapping | list) and str(value) not in secrets
    }


def _method(app_slug: str, method: str) -> Method | None:
    entry = app(app_slug)
    return entry.method(method) if entry else None


def _public_names(app_slug: str, method: str) -> set[str]:
    way = _method(app_slug, method)
    return {item.name for item in way.credentials if not item.secret} if way else set()


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _leaves(item)
    elif value is not None and not isinstance(value, bool) and str(value):
        yield str(value)
