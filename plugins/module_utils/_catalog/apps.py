# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is special about each app that connections are made for, as data: one entry an app."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from .schema import AWS_REGIONS, FURTHER_AWS_REGIONS, PERMANENT_KEY, URL, UUID, FieldSpec, Rule


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
    """One app that connections are made for.

    `plan`: the plan without which the server refuses it; empty is any. `gateway`: whether it can be reached by a
    gateway; None is unknown. `managed`: whether the server can take its credentials over. `rotated`: the methods whose
    credentials the server can change on a schedule; None is unknown.
    """

    slug: str
    name: str
    methods: tuple[Method, ...] = ()
    plan: str = ""
    gateway: bool | None = False
    managed: bool = False
    rotated: tuple[str, ...] | None = ()

    def method(self, name: object) -> Method | None:
        """Return the method of that name, or None."""
        return next((item for item in self.methods if item.name == name), None)


def _secret(name: str, kind: str = "str", *, required: bool = True, **more: Any) -> Credential:
    return Credential(name, kind, required=required, **more)


def _public(name: str, kind: str = "str", *, required: bool = True, **more: Any) -> Credential:
    return Credential(name, kind, required=required, secret=False, **more)


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
AZURE_CLIENT_SECRET = Method(
    "client-secret", (TENANT, CLIENT, CLIENT_SECRET, _public("client_secret_key_id", required=False))
)
# What holds a certificate may hold its key as well, so it is masked.
AZURE_CERTIFICATE = Method(
    "certificate",
    (_public("tenant_id"), _public("client_id"), _secret("certificate_body"), _secret("private_key")),
)
USERNAME, PASSWORD = _public("username"), _secret("password")
HOST, HOSTNAME = _public("host"), _public("hostname")
PORT, MAYBE_PORT = _public("port", "int"), _public("port", "int", required=False)
TLS_CHECK = _public("ssl_reject_unauthorized", "bool", required=False)
TLS = (TLS_CHECK, _public("ssl_certificate", required=False))
DATABASE_LOGIN = Method(
    "username-and-password",
    (
        *(HOST, PORT, _public("database"), USERNAME, PASSWORD, _public("ssl_enabled", "bool")),
        *(_public("ssl_reject_unauthorized", "bool"), _public("ssl_certificate", required=False)),
    ),
)
APPLIANCE_LOGIN = Method("basic-auth", (HOSTNAME, MAYBE_PORT, USERNAME, PASSWORD, *TLS))
GITHUB_INSTANCE = (
    _public("instance_type", required=False, choices=("cloud", "server")),
    _public("host", required=False),
)
GITHUB_RULES = (Rule("credentials.instance_type", ("server",), needs=("credentials.host",)),)
# The server takes the region of the label after sts or sts-fips, and no host without one.
STS_ENDPOINT = _public(
    "sts_endpoint",
    required=False,
    pattern=rf"https://([\w-]+\.)*sts(-fips)?\.({'|'.join((*AWS_REGIONS, *FURTHER_AWS_REGIONS))})\.[\w.-]+(:\d+)?/?",
    shape="the URL, with https, of AWS STS in a region that servers take, such as https://sts.eu-central-1.amazonaws.com",
)

_OF_SYNCS = (
    App(
        "aws",
        "AWS",
        (
            Method(
                "assume-role",
                (
                    _public("role_arn", pattern=r"arn:\S+", shape="the ARN of a role"),
                    STS_ENDPOINT,
                ),
            ),
            Method("access-key", (_public("access_key_id", **PERMANENT_KEY), _secret("secret_access_key"))),
        ),
    ),
    App(
        "azure-key-vault",
        "Azure Key Vault",
        (
            AZURE_CLIENT_SECRET,
            AZURE_OAUTH,
            AZURE_CERTIFICATE,
        ),
        gateway=True,
        rotated=("client-secret",),
    ),
    App(
        "azure-app-configuration",
        "Azure App Configuration",
        (AZURE_CLIENT_SECRET, AZURE_OAUTH),
        rotated=None,
    ),
    App(
        "azure-devops",
        "Azure DevOps",
        (
            Method("access-token", (_public("org_name"), _secret("access_token"))),
            Method("client-secret", (_public("org_name"), *AZURE_CLIENT_SECRET.credentials)),
            Method("oauth", (CODE, _public("tenant_id"), _public("org_name")), browser_only=True),
        ),
        rotated=None,
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
                (CODE, _public("installation_id"), _public("github_app_id", required=False), *GITHUB_INSTANCE),
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
            Method(
                "auth-token",
                (_secret("auth_token", pattern="HRKU-.*", shape="a token that starts with HRKU-"),),
            ),
            Method(
                "oauth",
                (
                    *(_secret(name, required=False) for name in ("code", "refresh_token", "auth_token")),
                    _public("expires_at", required=False),
                ),
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
    # Apps of destinations without a native counterpart.
    App("azure-entra-id", "Azure Entra ID", (AZURE_CLIENT_SECRET,), rotated=None),
    App("camunda", "Camunda", (Method("client-credentials", (_public("client_id"), _secret("client_secret"))),)),
    App(
        "chef",
        "Chef",
        (
            Method(
                "user-key",
                (
                    *(_public("org_name"), _public("user_name"), _secret("private_key")),
                    _public("server_url", required=False, **URL),
                ),
            ),
        ),
        plan="enterprise",
    ),
    App("devin", "Devin", (API_KEY,)),
    App(
        "external-infisical",
        "Infisical (another instance)",
        (
            Method(
                "machine-identity-universal-auth",
                (
                    *(INSTANCE_URL, _public("machine_identity_client_id")),
                    _secret("machine_identity_client_secret"),
                ),
            ),
        ),
    ),
    App("humanitec", "Humanitec", (API_TOKEN,)),
    App(
        "oci",
        "OCI",
        (
            Method(
                "access-key",
                (
                    *(_public("user_ocid"), _public("tenancy_ocid"), _public("region"), _public("fingerprint")),
                    _secret("private_key"),
                ),
            ),
        ),
        plan="enterprise",
    ),
    App("ona", "Ona", (Method("personal-access-token", (_secret("personal_access_token"),)),)),
    App(
        "ovh",
        "OVHcloud",
        (
            Method(
                "certificate",
                (_secret("private_key"), _secret("certificate"), _public("okms_domain"), _public("okms_id")),
            ),
        ),
    ),
    App("snowflake", "Snowflake", (Method("username-and-token", (_public("account"), USERNAME, PASSWORD)),)),
    App(
        "spacelift",
        "Spacelift",
        (
            Method(
                "api-key-secret",
                (_public("api_url", **URL), _public("api_key_id"), _secret("api_key_secret")),
            ),
        ),
    ),
    App("trigger-dev", "Trigger.dev", (Method("api-key", (_secret("api_key"), MAYBE_INSTANCE_URL)),)),
    App("zabbix", "Zabbix", (Method("api-token", (_secret("api_token"), INSTANCE_URL)),)),
    App(
        "convex",
        "Convex",
        (Method("personal-access-token", (_secret("access_token"), MAYBE_INSTANCE_URL)),),
    ),
    # Which credentials it takes wasn't read.
    App("portainer", "Portainer", (Method("api-token", verified=False),), gateway=None),
    # Known by name only.
    App("daytona", "Daytona", gateway=None),
    App("keeper", "Keeper", gateway=None),
    App("coolify", "Coolify", gateway=True),
    App("gitea", "Gitea", gateway=None),
)
# Those that no secret sync uses. Which of them take a gateway wasn't read.
_OTHERS = (
    App(
        "github-radar",
        "GitHub Radar",
        (Method("github-app", (CODE, _public("installation_id")), browser_only=True),),
    ),
    App(
        "azure-client-secrets",
        "Azure Client Secrets",
        (
            AZURE_CLIENT_SECRET,
            Method("oauth", (CODE, _public("tenant_id")), browser_only=True),
            AZURE_CERTIFICATE,
        ),
        rotated=("client-secret",),
    ),
    App(
        "azure-adcs",
        "Azure ADCS (Web Enrollment)",
        (Method("username-password", (_public("adcs_url"), USERNAME, PASSWORD, *TLS)),),
    ),
    App("adcs", "Microsoft ADCS", (Method("username-password", (HOST, USERNAME, PASSWORD)),)),
    App(
        "azure-dns",
        "Azure DNS",
        (Method("client-secret", (*AZURE_CLIENT_SECRET.credentials, _public("subscription_id"))),),
        rotated=None,
    ),
    App("postgres", "PostgreSQL", (DATABASE_LOGIN,), managed=True),
    App("mssql", "Microsoft SQL Server", (DATABASE_LOGIN,), managed=True),
    App("mysql", "MySQL", (DATABASE_LOGIN,), managed=True),
    App("oracledb", "OracleDB", (DATABASE_LOGIN,), managed=True),
    App(
        "redis",
        "Redis",
        (
            Method(
                "username-and-password",
                (
                    *(HOST, PORT, USERNAME, _secret("password", required=False)),
                    *(_public("ssl_enabled", "bool"), _public("ssl_reject_unauthorized", "bool")),
                    _public("ssl_certificate", required=False),
                ),
            ),
        ),
    ),
    App(
        "mongodb",
        "MongoDB",
        (
            Method(
                "username-and-password",
                (
                    *(HOST, PORT, _public("database"), USERNAME, PASSWORD),
                    *(_public("tls_enabled", "bool"), _public("tls_reject_unauthorized", "bool")),
                    _public("tls_certificate", required=False),
                ),
            ),
        ),
    ),
    App(
        "auth0",
        "Auth0",
        (
            Method(
                "client-credentials",
                (_public("domain"), _public("client_id"), _secret("client_secret"), _public("audience")),
            ),
        ),
    ),
    App(
        "ldap",
        "LDAP",
        (
            Method(
                "simple-bind",
                (
                    _public("provider"),
                    _public("url", pattern=r"ldaps?://\S+", shape="a URL such as ldaps://ldap.example.com"),
                    *(_public("dn"), PASSWORD, *TLS),
                ),
            ),
        ),
    ),
    App(
        "dns-made-easy",
        "DNS Made Easy",
        (Method("api-key-secret", (_secret("api_key"), _secret("secret_key"))),),
    ),
    App("okta", "Okta", (Method("api-token", (INSTANCE_URL, _secret("api_token"))),)),
    App(
        "ssh",
        "SSH",
        (
            Method("password", (HOST, PORT, USERNAME, PASSWORD)),
            Method(
                "ssh-key",
                (HOST, PORT, USERNAME, _secret("private_key"), _secret("passphrase", required=False)),
            ),
        ),
    ),
    App("dbt", "DBT", (Method("api-token", (_secret("api_token"), INSTANCE_URL, _public("account_id"))),)),
    App(
        "smb",
        "Windows (SMB)",
        (Method("credentials", (HOST, PORT, _public("domain", required=False), USERNAME, PASSWORD)),),
    ),
    App(
        "winrm",
        "Windows (WinRM)",
        (
            Method(
                "username-password",
                (
                    *(HOST, MAYBE_PORT, USERNAME, PASSWORD),
                    *(_public("ssl_enabled", "bool", required=False), *TLS),
                ),
            ),
        ),
    ),
    App("open-router", "OpenRouter", (API_KEY,)),
    App("openai", "OpenAI", (API_KEY,)),
    App("anthropic", "Anthropic", (API_KEY,)),
    App("doppler", "Doppler", (API_TOKEN,)),
    App("venafi", "Venafi TLS Protect Cloud", (Method("api-key", (_secret("api_key"), _public("region"))),)),
    App(
        "venafi-tpp",
        "Venafi TPP",
        (Method("oauth", (_public("tpp_url", **URL), _public("client_id"), USERNAME, PASSWORD)),),
    ),
    App("digicert", "DigiCert", (Method("api-key", (_secret("api_key"), _public("region"))),)),
    App(
        "salesforce",
        "Salesforce",
        (
            Method(
                "client-credentials",
                (INSTANCE_URL, _public("consumer_key"), _secret("consumer_secret")),
            ),
        ),
    ),
    App(
        "datadog",
        "Datadog",
        tuple(
            Method(name, (_public("url", **URL), _secret("api_key"), _secret("application_key")))
            for name in ("token", "api-key")
        ),
    ),
    App("netscaler", "NetScaler", (APPLIANCE_LOGIN,)),
    App("f5-big-ip", "F5 BIG-IP", (APPLIANCE_LOGIN,)),
    App("kemp-loadmaster", "Kemp LoadMaster", (APPLIANCE_LOGIN,)),
    App(
        "nutanix-prism-central",
        "Nutanix Prism Central",
        (
            Method("api-key", (HOSTNAME, MAYBE_PORT, _secret("api_key"), *TLS)),
            APPLIANCE_LOGIN,
        ),
    ),
    App("godaddy", "GoDaddy", (Method("api-key", (_secret("api_key"), _secret("api_secret"))),)),
    App("litellm", "LiteLLM", (Method("api-key", (_secret("api_key"), INSTANCE_URL)),)),
    App("fireworks", "Fireworks", (Method("api-key", (_public("account_id"), _secret("api_key"))),)),
    App(
        "microsoft-intune",
        "Microsoft Intune",
        (Method("client-secret", (_public("tenant_id"), _public("client_id"), _secret("client_secret"))),),
    ),
)
APPS = {entry.slug: entry for entry in (*_OF_SYNCS, *(replace(entry, gateway=None) for entry in _OTHERS))}


def app(slug: object) -> App | None:
    """Return the entry of an app, or None where the catalogue has none."""
    return APPS.get(slug) if isinstance(slug, str) else None
