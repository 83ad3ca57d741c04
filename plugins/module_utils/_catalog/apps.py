# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is special about each app that connections are made for, as data: one entry an app."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .schema import URL, FieldSpec, Rule


@dataclass(frozen=True, eq=False, repr=False)
class Credential(FieldSpec):
    """One credential of a connection: a secret, unless it is known to be none."""

    secret: bool = True


@dataclass(frozen=True, eq=False, repr=False)
class Method:
    """A way in which an app's connection authenticates. `browser_only`: it needs a code that a browser login gives."""

    name: str
    credentials: tuple[Credential, ...] = ()
    rules: tuple[Rule, ...] = ()
    verified: bool = True
    browser_only: bool = False


@dataclass(frozen=True, eq=False, repr=False)
class App:
    """One app that connections are made for. `gateway`: whether it can be reached by a gateway; None is unknown."""

    slug: str
    name: str
    methods: tuple[Method, ...] = ()
    gateway: bool | None = None

    def method(self, name: object) -> Method | None:
        """Return the method of that name, or None."""
        return next((item for item in self.methods if item.name == name), None)


def _secret(name: str, *, required: bool = True, **more: Any) -> Credential:
    return Credential(name, required=required, **more)


def _public(name: str, *, required: bool = True, **more: Any) -> Credential:
    return Credential(name, required=required, secret=False, **more)


UUID: Mapping[str, Any] = {"pattern": r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", "shape": "a UUID"}
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
                    rules=(Rule(needs_any=("credentials.code", "credentials.refresh_token")),),
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


def app(slug: object) -> App | None:
    """Return the entry of an app, or None where the catalogue has none."""
    return APPS.get(slug) if isinstance(slug, str) else None
