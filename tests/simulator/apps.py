# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The apps of app connections: their methods and what each method needs to log in."""

from __future__ import annotations

from dataclasses import dataclass

from .schema import Field

_R = Field(required=True, shortest=1)
_O = Field(shortest=1)
_ID = Field(required=True, uuid=True)
_URL = Field(required=True, url=True)
_MAYBE_URL = Field(url=True)


@dataclass(frozen=True)
class AppType:
    """An app: its credentials by method, and those of them that answers show; `enterprise` needs that plan.

    `rotates` tells whether it takes a rotation, `is_manageable` whether the platform can take its credentials over.
    """

    name: str
    methods: dict[str, dict[str, Field]]
    shown: tuple[str, ...] = ()
    has_gateways: bool = False
    enterprise: bool = False
    rotates: bool = False
    is_manageable: bool = False


def _one(name: str, method: str, *shown: str, enterprise: bool = False, **fields: Field) -> AppType:
    return AppType(name, {method: fields}, shown, enterprise=enterprise)


_CLIENT_SECRET = {
    "tenantId": _ID,
    "clientId": _ID,
    "clientSecret": Field(required=True, shortest=1, longest=50),
    "clientSecretKeyId": _O,
}
_CERTIFICATE = {"tenantId": _R, "clientId": _R, "certificateBody": _R, "privateKey": _R}
_AZURE_SHOWN = ("tenantId", "clientId")
_AZURE_OAUTH = {"code": _R, "tenantId": _O}

_GITHUB = {"instanceType": Field(choices=("cloud", "server")), "host": _O}
_HEROKU_TOKEN = Field(
    required=True, shortest=1, check=lambda text: None if text.startswith("HRKU-") else "Token must start with HRKU-"
)
_PORT, _MAYBE_PORT = Field(kind="number", required=True), Field(kind="number")
_FLAG, _MAYBE_FLAG = Field(kind="boolean", required=True), Field(kind="boolean")
_LOGIN = {"username": _R, "password": _R}
_MAYBE_TLS = {"sslRejectUnauthorized": _MAYBE_FLAG, "sslCertificate": _O}
_DATABASE = {
    "host": _R,
    "port": _PORT,
    "database": _R,
    **_LOGIN,
    "sslEnabled": _FLAG,
    "sslRejectUnauthorized": _FLAG,
    "sslCertificate": _O,
}
_APPLIANCE = {"hostname": _R, "port": _MAYBE_PORT, **_LOGIN, **_MAYBE_TLS}
_LDAP_URL = Field(
    required=True, check=lambda text: None if text.startswith(("ldap://", "ldaps://")) else "Invalid LDAP URL"
)
_DATADOG = {"url": _URL, "apiKey": _R, "applicationKey": _R}

APPS = {
    "aws": AppType(
        "AWS",
        {
            "assume-role": {"roleArn": _R, "stsEndpoint": _MAYBE_URL},
            "access-key": {
                "accessKeyId": Field(required=True, shortest=1, message="Access Key ID required"),
                "secretAccessKey": Field(required=True, shortest=1, message="Secret Access Key required"),
            },
        },
        ("accessKeyId",),
    ),
    "azure-key-vault": AppType(
        "Azure Key Vault",
        {"client-secret": _CLIENT_SECRET, "oauth": _AZURE_OAUTH, "certificate": _CERTIFICATE},
        _AZURE_SHOWN,
        has_gateways=True,
        rotates=True,
    ),
    "azure-app-configuration": AppType(
        "Azure App Configuration", {"client-secret": _CLIENT_SECRET, "oauth": _AZURE_OAUTH}, _AZURE_SHOWN
    ),
    "azure-devops": AppType(
        "Azure DevOps",
        {
            "access-token": {"orgName": _R, "accessToken": _R},
            "client-secret": {"orgName": _R, **_CLIENT_SECRET},
            "oauth": {"code": _R, "tenantId": _R, "orgName": _R},
        },
        _AZURE_SHOWN,
    ),
    "gcp": _one("GCP", "service-account-impersonation", serviceAccountEmail=_R),
    "databricks": _one("Databricks", "service-principal", workspaceUrl=_URL, clientId=_R, clientSecret=_R),
    "github": AppType(
        "GitHub",
        {
            "pat": {"personalAccessToken": _R, **_GITHUB},
            "github-app": {"code": _R, "installationId": _R, "gitHubAppId": _O, **_GITHUB},
            "oauth": {"code": _R, **_GITHUB},
        },
        has_gateways=True,
    ),
    "gitlab": AppType(
        "GitLab",
        {
            "access-token": {
                "accessToken": _R,
                "accessTokenType": Field(required=True, choices=("project", "personal", "group")),
                "instanceUrl": _MAYBE_URL,
            },
            "oauth": {"code": _R, "instanceUrl": _MAYBE_URL},
        },
        ("instanceUrl",),
    ),
    "bitbucket": _one("Bitbucket", "api-token", email=_R, apiToken=_R),
    "circleci": _one("CircleCI", "api-token", apiToken=_R, host=_O),
    "travis-ci": _one("Travis CI", "api-token", apiToken=_R),
    "teamcity": _one("TeamCity", "access-token", accessToken=_R, instanceUrl=_URL),
    "terraform-cloud": _one("Terraform Cloud", "api-token", apiToken=_R),
    "vercel": _one("Vercel", "api-token", apiToken=_R),
    "netlify": _one("Netlify", "access-token", accessToken=_R),
    "heroku": AppType(
        "Heroku",
        {
            "auth-token": {"authToken": _HEROKU_TOKEN},
            "oauth": {"code": _O, "refreshToken": _O, "authToken": _O, "expiresAt": _O},
        },
    ),
    "render": _one("Render", "api-key", apiKey=_R),
    "railway": AppType(
        "Railway", {name: {"apiToken": _R} for name in ("account-token", "team-token", "project-token")}
    ),
    "flyio": _one("Fly.io", "access-token", accessToken=_R),
    "laravel-forge": _one("Laravel Forge", "api-token", apiToken=_R),
    "supabase": _one("Supabase", "access-token", accessKey=_R, instanceUrl=_MAYBE_URL),
    "checkly": _one("Checkly", "api-key", apiKey=_R),
    "cloudflare": _one("Cloudflare", "api-token", accountId=_R, apiToken=_R),
    "digital-ocean": _one("DigitalOcean", "api-token", apiToken=_R),
    "northflank": _one("Northflank", "api-token", apiToken=_R),
    "windmill": _one("Windmill", "access-token", accessToken=_R, instanceUrl=_MAYBE_URL),
    "octopus-deploy": _one("Octopus Deploy", "api-key", "instanceUrl", instanceUrl=_URL, apiKey=_R),
    "hashicorp-vault": AppType(
        "HashiCorp Vault",
        {
            "access-token": {"instanceUrl": _URL, "accessToken": _R, "namespace": _O},
            "app-role": {"instanceUrl": _URL, "roleId": _R, "secretId": _R, "namespace": _O},
        },
        has_gateways=True,
    ),
    "qovery": _one("Qovery", "access-token", accessToken=_R),
    "cloud-66": _one("Cloud 66", "access-token", accessToken=_R),
    "hasura-cloud": _one("Hasura Cloud", "access-token", accessToken=_R),
    "rundeck": _one("Rundeck", "api-token", "instanceUrl", instanceUrl=_URL, apiToken=_R),
    "1password": _one("1Password", "api-token", instanceUrl=_URL, apiToken=_R),
    "azure-entra-id": AppType("Azure Entra ID", {"client-secret": _CLIENT_SECRET}, _AZURE_SHOWN),
    "camunda": _one("Camunda", "client-credentials", clientId=_R, clientSecret=_R),
    "chef": _one("Chef", "user-key", enterprise=True, serverUrl=_MAYBE_URL, orgName=_R, userName=_R, privateKey=_R),
    "devin": _one("Devin", "api-key", apiKey=_R),
    "external-infisical": _one(
        "Infisical",
        "machine-identity-universal-auth",
        instanceUrl=_URL,
        machineIdentityClientId=_R,
        machineIdentityClientSecret=_R,
    ),
    "humanitec": _one("Humanitec", "api-token", apiToken=_R),
    "oci": _one(
        "OCI",
        "access-key",
        enterprise=True,
        userOcid=_R,
        tenancyOcid=_R,
        region=_R,
        fingerprint=_R,
        privateKey=_R,
    ),
    "ona": _one("Ona", "personal-access-token", personalAccessToken=_R),
    "ovh": _one("OVHcloud", "certificate", privateKey=_R, certificate=_R, okmsDomain=_R, okmsId=_R),
    "snowflake": _one("Snowflake", "username-and-token", account=_R, **_LOGIN),
    "spacelift": _one("Spacelift", "api-key-secret", apiUrl=_URL, apiKeyId=_R, apiKeySecret=_R),
    "trigger-dev": _one("Trigger.dev", "api-key", apiKey=_R, instanceUrl=_MAYBE_URL),
    "zabbix": _one("Zabbix", "api-token", apiToken=_R, instanceUrl=_URL),
    "convex": _one("Convex", "personal-access-token", accessToken=_R, instanceUrl=_MAYBE_URL),
    # Those that no secret sync uses.
    "github-radar": _one("GitHub Radar", "github-app", code=_R, installationId=_R),
    "azure-client-secrets": AppType(
        "Azure Client Secrets",
        {
            "client-secret": _CLIENT_SECRET,
            "oauth": {"code": _R, "tenantId": _R},
            "certificate": _CERTIFICATE,
        },
        _AZURE_SHOWN,
        rotates=True,
    ),
    "azure-adcs": _one("Azure ADCS", "username-password", adcsUrl=_URL, **_LOGIN, **_MAYBE_TLS),
    "adcs": _one("Microsoft ADCS", "username-password", host=_R, **_LOGIN),
    "azure-dns": AppType("Azure DNS", {"client-secret": {**_CLIENT_SECRET, "subscriptionId": _R}}, _AZURE_SHOWN),
    **{
        slug: AppType(
            name, {"username-and-password": _DATABASE}, ("host", "port", "database", "username"), is_manageable=True
        )
        for slug, name in (
            *(("postgres", "PostgreSQL"), ("mssql", "Microsoft SQL Server"), ("mysql", "MySQL")),
            ("oracledb", "OracleDB"),
        )
    },
    "redis": _one(
        "Redis",
        "username-and-password",
        host=_R,
        port=_PORT,
        username=_R,
        password=_O,
        sslEnabled=_FLAG,
        sslRejectUnauthorized=_FLAG,
        sslCertificate=_O,
    ),
    "mongodb": _one(
        "MongoDB",
        "username-and-password",
        **{"host": _R, "port": _PORT, "database": _R, **_LOGIN},
        tlsEnabled=_FLAG,
        tlsRejectUnauthorized=_FLAG,
        tlsCertificate=_O,
    ),
    "auth0": _one("Auth0", "client-credentials", domain=_R, clientId=_R, clientSecret=_R, audience=_R),
    "ldap": _one("LDAP", "simple-bind", provider=_R, url=_LDAP_URL, dn=_R, password=_R, **_MAYBE_TLS),
    "dns-made-easy": _one("DNS Made Easy", "api-key-secret", apiKey=_R, secretKey=_R),
    "okta": _one("Okta", "api-token", instanceUrl=_URL, apiToken=_R),
    "ssh": AppType(
        "SSH",
        {
            "password": {"host": _R, "port": _PORT, **_LOGIN},
            "ssh-key": {"host": _R, "port": _PORT, "username": _R, "privateKey": _R, "passphrase": _O},
        },
    ),
    "dbt": _one("DBT", "api-token", apiToken=_R, instanceUrl=_URL, accountId=_R),
    "smb": _one("Windows (SMB)", "credentials", host=_R, port=_PORT, domain=_O, **_LOGIN),
    "winrm": _one(
        "Windows (WinRM)",
        "username-password",
        **{"host": _R, "port": _MAYBE_PORT, **_LOGIN, "sslEnabled": _MAYBE_FLAG, **_MAYBE_TLS},
    ),
    "open-router": _one("OpenRouter", "api-key", apiKey=_R),
    "openai": _one("OpenAI", "api-key", apiKey=_R),
    "anthropic": _one("Anthropic", "api-key", apiKey=_R),
    "doppler": _one("Doppler", "api-token", apiToken=_R),
    "venafi": _one("Venafi TLS Protect Cloud", "api-key", apiKey=_R, region=_R),
    "venafi-tpp": _one("Venafi TPP", "oauth", tppUrl=_URL, clientId=_R, **_LOGIN),
    "digicert": _one("DigiCert", "api-key", apiKey=_R, region=_R),
    "salesforce": _one("Salesforce", "client-credentials", instanceUrl=_URL, consumerKey=_R, consumerSecret=_R),
    "datadog": AppType("Datadog", {"token": _DATADOG, "api-key": _DATADOG}),
    "netscaler": AppType("NetScaler", {"basic-auth": _APPLIANCE}),
    "f5-big-ip": AppType("F5 BIG-IP", {"basic-auth": _APPLIANCE}),
    "kemp-loadmaster": AppType("Kemp LoadMaster", {"basic-auth": _APPLIANCE}),
    "nutanix-prism-central": AppType(
        "Nutanix Prism Central",
        {
            "api-key": {"hostname": _R, "port": _MAYBE_PORT, "apiKey": _R, **_MAYBE_TLS},
            "basic-auth": _APPLIANCE,
        },
    ),
    "godaddy": _one("GoDaddy", "api-key", apiKey=_R, apiSecret=_R),
    "litellm": _one("LiteLLM", "api-key", apiKey=_R, instanceUrl=_URL),
    "fireworks": _one("Fireworks", "api-key", accountId=_R, apiKey=_R),
    "microsoft-intune": _one("Microsoft Intune", "client-secret", tenantId=_R, clientId=_R, clientSecret=_R),
}
