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
    """An app: its credentials by method, and those of them that answers show."""

    name: str
    methods: dict[str, dict[str, Field]]
    shown: tuple[str, ...] = ()
    has_gateways: bool = False


def _one(name: str, method: str, *shown: str, **fields: Field) -> AppType:
    return AppType(name, {method: fields}, shown)


_CLIENT_SECRET = {
    "tenantId": _ID,
    "clientId": _ID,
    "clientSecret": Field(required=True, shortest=1, longest=50),
}
_AZURE_SHOWN = ("tenantId", "clientId")
_AZURE_OAUTH = {"code": _R, "tenantId": _O}

APPS = {
    "aws": AppType(
        "AWS",
        {
            "assume-role": {"roleArn": _R, "stsEndpoint": _MAYBE_URL},
            "access-key": {"accessKeyId": _R, "secretAccessKey": _R},
        },
        ("accessKeyId",),
    ),
    "azure-key-vault": AppType(
        "Azure Key Vault",
        {"client-secret": {**_CLIENT_SECRET, "clientSecretKeyId": _O}, "oauth": _AZURE_OAUTH},
        _AZURE_SHOWN,
        has_gateways=True,
    ),
    "azure-app-configuration": AppType(
        "Azure App Configuration", {"client-secret": _CLIENT_SECRET, "oauth": _AZURE_OAUTH}, _AZURE_SHOWN
    ),
    "azure-devops": AppType(
        "Azure DevOps",
        {
            "access-token": {"orgName": _R, "accessToken": _R},
            "client-secret": {"orgName": _R, **_CLIENT_SECRET},
            "oauth": {"orgName": _R, **_AZURE_OAUTH},
        },
        _AZURE_SHOWN,
    ),
    "gcp": _one("GCP", "service-account-impersonation", serviceAccountEmail=_R),
    "databricks": _one("Databricks", "service-principal", workspaceUrl=_URL, clientId=_R, clientSecret=_R),
    "github": AppType(
        "GitHub",
        {
            "pat": {"personalAccessToken": _R, "instanceType": Field(choices=("cloud", "server")), "host": _O},
            "github-app": {"code": _R, "installationId": _R},
            "oauth": {"code": _R},
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
    "heroku": AppType("Heroku", {"auth-token": {"authToken": _R}, "oauth": {"code": _O, "refreshToken": _O}}),
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
}
