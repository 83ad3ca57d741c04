# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is special about each service that native integrations write to, as data: one entry a service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from .schema import PERMANENT_KEY, FieldSpec, Rule, Target, labels, needed

# The options of a native integration that can say where its secrets go.
DESTINATION_FIELDS = (
    "app",
    "app_id",
    "owner",
    "path",
    "region",
    "scope",
    "target_environment",
    "target_environment_id",
    "target_service",
    "target_service_id",
    "target_url",
)
METADATA_PREFIX = "metadata."
# Every service has these: each secret is renamed before the service is written to.
COMMON_METADATA = ("secret_prefix", "secret_suffix")
# The options of an auth that hold them.
CREDENTIALS = ("access_id", "access_token", "refresh_token", "aws_assume_iam_role_arn")
# What a sync does with secrets at the destination that Infisical doesn't have.
KEEPS, DELETES, REPLACES = "keeps", "deletes", "replaces"


@dataclass(frozen=True, eq=False, repr=False)
class Service(Target):
    """One service that native integrations write to.

    Its fields are options of an integration. One named `metadata.<key>` is a key of the option `metadata`; the prefix
    and suffix that every service has are left aside. An option that is not among the fields is not used.
    `named_by`: an option that, where it is set, makes others (its values) mere names for display.
    `shares_destination`: a metadata key and value under which several integrations may write side by side.

    How it is authorised: `credentials` are alternatives, each the options that it takes. `access_id` says what that
    option is, and `public_access_id` that it is no secret (an account number, a key id). `auth_url`: whether the auth's
    `target_url` is required, optional, or (empty) not used. `auth_fields`: what options of the auth may hold, where
    that is known. `by_browser`: what to do where an auth made here is of limited use, since the service is authorised
    in a browser.

    `extra`: what each sync does with secrets at the destination that Infisical doesn't have. It keeps them, deletes
    them (of those that `within` describes, if it is set), or replaces `whole`, with all that is in it; empty is
    unknown. `keeps_if`: a metadata key and its value with which it keeps them all the same; False is unset, too.
    `everything`: an option and its value with which the secrets of a whole account are meant. `worldwide`: a
    destination has the same name for all credentials, in any letter case.

    `can_delete_secrets`: deleting an integration can delete what it wrote. `known`: it is in the catalogue.
    """

    slug: str
    name: str
    fields: tuple[FieldSpec, ...] = ()
    scopes: Mapping[str, tuple[FieldSpec, ...]] = field(default_factory=dict)
    default_scope: str = ""
    rules: tuple[Rule, ...] = ()
    named_by: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    shares_destination: tuple[str, str] | None = None
    credentials: tuple[tuple[str, ...], ...] = (("access_token",),)
    access_id: str = ""
    public_access_id: bool = False
    auth_url: str = ""
    auth_fields: tuple[FieldSpec, ...] = ()
    by_browser: str = ""
    extra: str = DELETES
    within: str = ""
    whole: str = ""
    keeps_if: tuple[str, Any] | None = None
    everything: tuple[str, str] | None = None
    worldwide: bool = False
    by_environment: bool = False
    can_delete_secrets: bool = False
    known: bool = True

    def destination_for(self, scope: object) -> tuple[str, ...]:
        """Return the options that say where the secrets go under a scope; under an unknown one, all that ever do."""
        key = str(scope or self.default_scope) if self.scopes else ""
        return self._destinations.get(key, DESTINATION_FIELDS)

    @cached_property
    def _destinations(self) -> Mapping[str, tuple[str, ...]]:
        return {
            scope: tuple(item.name for item in self.fields_for(scope) if item.locates and not _is_metadata(item))
            for scope in self.scopes or ("",)
        }

    def required(self, scope: object = None) -> tuple[str, ...]:
        """Return the options without which nothing can be written."""
        return tuple(item.name for item in self.fields_for(scope or self.default_scope) if item.required)

    @cached_property
    def used(self) -> tuple[str, ...]:
        """The options that it uses under any scope, or keeps as names for display, in a fixed order."""
        names = {item.name for item in self.all_fields}
        return tuple(option for option in DESTINATION_FIELDS if option in names)

    @property
    def display(self) -> tuple[str, ...]:
        """The options that are names for display, under one scope at least."""
        return tuple(item.name for item in self.fields if not item.locates and not _is_metadata(item))

    @property
    def metadata(self) -> tuple[str, ...]:
        """The metadata keys that it uses, without those that every service has."""
        return tuple(item.name.removeprefix(METADATA_PREFIX) for item in self.fields if _is_metadata(item))

    @cached_property
    def identity_metadata(self) -> tuple[str, ...]:
        """The metadata keys that tell one destination from another."""
        return tuple(
            item.name.removeprefix(METADATA_PREFIX) for item in self.fields if _is_metadata(item) and item.locates
        )


def _is_metadata(item: FieldSpec) -> bool:
    return item.name.startswith(METADATA_PREFIX)


def _metadata(*names: str) -> tuple[FieldSpec, ...]:
    return tuple(_metadata_key(name) for name in names)


def _metadata_key(name: str, *, locates: bool = False, **more: Any) -> FieldSpec:
    return FieldSpec(f"{METADATA_PREFIX}{name}", locates=locates, **more)


AWS_KEYS = (("access_id", "access_token"), ("aws_assume_iam_role_arn",))
AWS_KEY = FieldSpec("access_id", **PERMANENT_KEY)
AWS_ROLE = FieldSpec(
    "aws_assume_iam_role_arn",
    pattern=r"arn:aws[a-z-]*:iam::\d{12}:role/\S+",
    shape="the ARN of a role, such as arn:aws:iam::123456789012:role/infisical",
    certain=False,
)
REGION = FieldSpec(
    "region",
    required=True,
    pattern=r"[a-z]{2,4}(-[a-z]+)+-\d",
    shape="the name of an AWS region, such as us-east-1",
    certain=False,
)
# What a machine identity can't do: the exchange that gives these a refresh token happens in a browser.
OWN_CLIENT = (
    "a refresh_token is good only if it was issued to the OAuth client that this Infisical server is set up with; if"
    " there is none, authorize the service on Infisical's web page and manage the auth from here by its ID."
)
EXPIRES = f"an access_token alone works until it expires; {OWN_CLIENT}"

SERVICES = {
    service.slug: service
    for service in (
        Service(
            "aws-parameter-store",
            "AWS Parameter Store",
            (
                FieldSpec(
                    "path",
                    required=True,
                    pattern=r"/.*/|/",
                    shape="a path that starts and ends in a slash, since names are put right behind it",
                    certain=False,
                ),
                REGION,
                *_metadata("should_disable_delete", "secret_aws_tag", "kms_key_id"),
            ),
            credentials=AWS_KEYS,
            access_id="the ID of an access key",
            public_access_id=True,
            auth_fields=(AWS_ROLE, AWS_KEY),
            within="directly below the path",
            keeps_if=("should_disable_delete", True),
            everything=("path", "/"),
        ),
        Service(
            "aws-secret-manager",
            "AWS Secrets Manager",
            (
                FieldSpec("app"),
                REGION,
                *_metadata("mapping_behavior", "secret_aws_tag", "metadata_sync_mode", "kms_key_id"),
            ),
            shares_destination=("mapping_behavior", "one-to-one"),
            rules=(
                Rule(
                    "metadata.mapping_behavior",
                    ("many-to-one", ""),
                    needs=("app",),
                    means="the secret's name in AWS Secrets Manager",
                    instead="metadata.mapping_behavior: one-to-one",
                ),
                Rule(
                    "metadata.metadata_sync_mode",
                    ("secret-metadata",),
                    demands=(("metadata.mapping_behavior", ("one-to-one",)),),
                ),
            ),
            credentials=AWS_KEYS,
            access_id="the ID of an access key",
            public_access_id=True,
            auth_fields=(AWS_ROLE, AWS_KEY),
            extra=REPLACES,
            whole="the whole secret that app names",
            keeps_if=("mapping_behavior", "one-to-one"),
        ),
        Service(
            "azure-app-configuration",
            "Azure App Configuration",
            (
                FieldSpec(
                    "app",
                    required=True,
                    pattern=r"https?://\S+\.azconfig\.io",
                    shape="an address that ends in .azconfig.io",
                ),
                *_metadata("initial_sync_behavior"),
                _metadata_key("azure_label", locates=True),
            ),
            credentials=(("refresh_token",), ("access_token",)),
            by_browser=EXPIRES,
            within="with the prefix and the label",
        ),
        Service(
            "azure-devops",
            "Azure DevOps",
            needed("app", "app_id"),
            auth_url="optional",
            by_environment=True,
            extra=REPLACES,
            whole="the variable group named like the environment",
        ),
        Service(
            "azure-key-vault",
            "Azure Key Vault",
            (
                FieldSpec(
                    "app",
                    required=True,
                    pattern=r"https://\S+",
                    shape="a vault's address, such as https://my.vault.azure.net",
                    certain=False,
                ),
                *_metadata("initial_sync_behavior"),
            ),
            credentials=(("refresh_token",), ("access_token",)),
            by_browser=EXPIRES,
        ),
        Service(
            "bitbucket",
            "Bitbucket",
            (
                *needed("app_id", "target_environment_id"),
                FieldSpec("target_service_id"),
                *labels("app", "target_environment", "target_service"),
            ),
            credentials=(("refresh_token",), ("access_token",)),
            by_browser=OWN_CLIENT,
        ),
        Service(
            "checkly",
            "Checkly",
            (*needed("app_id"), FieldSpec("target_service_id"), *labels("app", "target_service")),
            within="in the account; of a check group, all variables are replaced",
        ),
        Service(
            "circleci",
            "CircleCI",
            (
                FieldSpec("scope", choices=("project", "context"), certain=False),
                FieldSpec("app_id"),
                FieldSpec("owner"),
                FieldSpec("app"),
            ),
            default_scope="project",
            named_by={"app_id": ("owner", "app")},
            rules=(Rule("app_id", ("",), needs=("owner", "app"), certain=False),),
        ),
        Service("cloud-66", "Cloud 66", (*needed("app_id"), *labels("app"))),
        Service(
            "cloudflare-pages",
            "Cloudflare Pages",
            (
                *needed("app"),
                FieldSpec("target_environment", required=True, choices=("production", "preview")),
                *labels("app_id"),
                *_metadata("should_auto_redeploy"),
            ),
            credentials=(("access_id", "access_token"),),
            access_id="the ID of the account",
            public_access_id=True,
        ),
        Service(
            "cloudflare-workers",
            "Cloudflare Workers",
            (*needed("app"), *labels("app_id")),
            credentials=(("access_id", "access_token"),),
            access_id="the ID of the account",
            public_access_id=True,
        ),
        Service(
            "codefresh",
            "Codefresh",
            (*needed("app_id"), *labels("app")),
            extra=REPLACES,
            whole="all variables of the project",
        ),
        Service(
            "databricks",
            "Databricks",
            needed("app"),
            auth_url="required",
            auth_fields=(
                FieldSpec(
                    "target_url",
                    pattern=r"https?://\S+[^\s/]",
                    shape="an address without a slash at its end",
                    certain=False,
                ),
            ),
        ),
        Service(
            "digital-ocean-app-platform",
            "Digital Ocean App Platform",
            (*needed("app_id"), *labels("app")),
            extra=REPLACES,
            whole="all variables of the app",
        ),
        Service("flyio", "Fly.io", needed("app")),
        Service(
            "gcp-secret-manager",
            "GCP Secret Manager",
            (*needed("app_id"), *labels("app"), *_metadata("secret_gcp_label")),
            credentials=(("refresh_token",),),
            within="with the prefix, the suffix and the label",
        ),
        Service(
            "github",
            "GitHub",
            (
                *labels("app", "owner", "app_id", "target_environment"),
                *_metadata("github_visibility"),
                _metadata_key(
                    "github_visibility_repo_ids",
                    kind="list",
                    items="str",
                    pattern=r"\d+",
                    shape="the number of a repository",
                    certain=False,
                ),
                *_metadata("should_enable_delete"),
            ),
            scopes={
                "github-repo": needed("owner", "app"),
                "github-org": needed("owner"),
                "github-env": needed("app_id", "target_environment_id"),
            },
            default_scope="github-repo",
            rules=(
                Rule("metadata.github_visibility", demands=(("scope", ("github-org",)),), certain=False),
                Rule(
                    "metadata.github_visibility",
                    ("selected",),
                    needs=("metadata.github_visibility_repo_ids",),
                    certain=False,
                ),
            ),
            can_delete_secrets=True,
            keeps_if=("should_enable_delete", False),
            worldwide=True,
        ),
        Service(
            "gitlab",
            "GitLab",
            (
                *needed("app_id", "target_environment"),
                *labels("app"),
                *_metadata("should_mask_secrets", "should_protect_secrets"),
                _metadata_key("initial_sync_behavior", choices=("overwrite-target", "prefer-source"), certain=False),
            ),
            credentials=(("access_token",), ("refresh_token",)),
            auth_url="optional",
            within="with the prefix and the suffix, in the environment",
        ),
        Service(
            "hashicorp-vault",
            "HashiCorp Vault",
            needed("app", "path"),
            credentials=(("access_id", "access_token"),),
            access_id="the role ID of an AppRole",
            auth_url="required",
            extra=REPLACES,
            whole="the secret at the path, by a new version",
        ),
        Service("hasura-cloud", "Hasura Cloud", (*needed("app_id"), *labels("app"))),
        Service(
            "heroku",
            "Heroku",
            (*needed("app"), *_metadata("initial_sync_behavior")),
            credentials=(("refresh_token",), ("access_token",)),
            by_browser=OWN_CLIENT,
        ),
        Service(
            "laravel-forge",
            "Laravel Forge",
            (*needed("app_id"), *labels("app")),
            credentials=(("access_id", "access_token"),),
            access_id="the number of the server",
            public_access_id=True,
            extra=REPLACES,
            whole="all variables of the site",
        ),
        Service(
            "netlify",
            "Netlify",
            (*needed("app_id", "target_environment"), *labels("app")),
            by_browser=(
                "Netlify needs an account ID that only its login in a browser fills in, so an auth that is created here"
                " can't write: authorize it on Infisical's web page, and manage its integrations from here."
            ),
        ),
        Service(
            "northflank",
            "Northflank",
            (*needed("app_id", "target_service_id"), *labels("app", "target_service")),
            extra=REPLACES,
            whole="all variables of the secret group",
        ),
        Service(
            "octopus-deploy",
            "Octopus Deploy",
            (
                FieldSpec("scope", choices=("project",), certain=False),
                *needed("app_id", "target_environment_id"),
                *labels("app", "target_environment"),
                _metadata_key("octopus_deploy_scope_values", kind="dict", locates=True),
            ),
            default_scope="project",
            auth_url="required",
            extra=REPLACES,
            whole="all variables of the project",
        ),
        Service(
            "qovery",
            "Qovery",
            (
                FieldSpec("scope", required=True, choices=("application", "container", "job"), certain=False),
                *needed("app_id"),
                *labels(
                    "app",
                    "owner",
                    "target_service",
                    "target_service_id",
                    "target_environment",
                    "target_environment_id",
                ),
            ),
            extra=KEEPS,
        ),
        Service(
            "railway",
            "Railway",
            (
                *needed("app_id", "target_environment_id"),
                FieldSpec("target_service_id"),
                *labels("app", "target_environment", "target_service"),
            ),
            extra=REPLACES,
            whole="all variables of the service, or the shared ones of the environment",
        ),
        Service(
            "render",
            "Render",
            (*needed("app_id"), *labels("app"), *_metadata("should_auto_redeploy")),
            extra=REPLACES,
            whole="all variables of the service",
        ),
        Service(
            "rundeck",
            "Rundeck",
            (
                *needed("target_url"),
                FieldSpec("path", required=True, pattern=r"keys(/.*)?", shape="a path below keys/", certain=False),
            ),
            auth_url="optional",
        ),
        Service("supabase", "Supabase", (*needed("app_id"), *labels("app"))),
        Service(
            "teamcity",
            "TeamCity",
            (*needed("app_id"), FieldSpec("target_environment_id"), *labels("app", "target_environment")),
            rules=(
                Rule("target_environment_id", needs=("target_environment",)),
                Rule("target_environment", needs=("target_environment_id",)),
            ),
            auth_url="required",
        ),
        Service(
            "terraform-cloud",
            "Terraform Cloud",
            (
                *needed("app_id"),
                FieldSpec("target_service", required=True, choices=("env", "terraform")),
                *labels("app"),
                *_metadata("initial_sync_behavior"),
            ),
            credentials=(("access_token",), ("access_id", "access_token")),
            access_id="the ID of the workspace",
            public_access_id=True,
        ),
        Service("travisci", "Travis CI", (*needed("app_id"), *labels("app"))),
        Service(
            "vercel",
            "Vercel",
            (
                *needed("app"),
                FieldSpec(
                    "target_environment",
                    required=True,
                    pattern=r"development|preview|production|env_\w+",
                    shape="development, preview, production, or the ID of an environment of your own (env_...)",
                    certain=False,
                ),
                FieldSpec("path"),
                *labels("app_id"),
                _metadata_key("initial_sync_behavior", choices=("overwrite-target", "prefer-source")),
            ),
            rules=(Rule("path", demands=(("target_environment", ("preview",)),), certain=False),),
            by_browser=(
                "an access_token reaches personal projects only; for those of a team, authorize Vercel on Infisical's"
                " web page"
                " and manage its integrations from here."
            ),
        ),
        Service("windmill", "Windmill", (*needed("app_id"), FieldSpec("target_url"), *labels("app"))),
    )
}


def service(slug: str | None) -> Service:
    """Return the entry for `slug`; for one that is not listed, an entry in which every field counts."""
    return SERVICES.get(slug or "") or _unlisted(slug or "")


@lru_cache(maxsize=32)
def _unlisted(slug: str) -> Service:
    return Service(slug, slug or "this service", tuple(map(FieldSpec, DESTINATION_FIELDS)), extra="", known=False)
