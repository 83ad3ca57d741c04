# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The destinations of secret syncs as data: the app that logs in, the shape of their config, what they can do."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from .schema import Field, custom_issue

SECRET_KEY = "{{secretKey}}"
_ENVIRONMENT = "{{environment}}"

OVERWRITE = "overwrite-destination"
IMPORTS = ("import-prioritize-source", "import-prioritize-destination")

_AWS_REGIONS = (
    *("us-east-1", "us-east-2", "us-west-1", "us-west-2", "af-south-1", "ap-east-1", "ap-south-1", "ap-south-2"),
    *("ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4"),
    *("ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ca-central-1", "eu-central-1"),
    *("eu-central-2", "eu-west-1", "eu-west-2", "eu-west-3", "eu-south-1", "eu-south-2", "eu-north-1"),
    *("me-south-1", "me-central-1", "sa-east-1", "us-gov-east-1", "us-gov-west-1"),
)
_GCP_LOCATIONS = (
    *("africa-south1", "asia-east1", "asia-east2", "asia-northeast1", "asia-northeast2", "asia-northeast3"),
    *("asia-south1", "asia-south2", "asia-southeast1", "asia-southeast2", "australia-southeast1"),
    *("australia-southeast2", "europe-central2", "europe-north1", "europe-southwest1", "europe-west1"),
    *("europe-west2", "europe-west3", "europe-west4", "europe-west6", "europe-west8", "europe-west9"),
    *("europe-west10", "europe-west12", "me-central1", "me-central2", "me-west1", "northamerica-northeast1"),
    *("northamerica-northeast2", "southamerica-east1", "southamerica-west1", "us-central1", "us-east1", "us-east4"),
    *("us-east5", "us-south1", "us-west1", "us-west2", "us-west3", "us-west4"),
)


def _pattern(pattern: str, message: str) -> Callable[[str], str | None]:
    compiled = re.compile(pattern)
    return lambda text: None if compiled.fullmatch(text) else message


def _required(*choices: str, **rules: object) -> Field:
    return Field(required=True, choices=choices, shortest=0 if choices else 1, **rules)  # type: ignore[arg-type]


_R = _required()
_O = Field()
_FLAG = Field(kind="boolean")
_OFF = Field(kind="boolean", default=False)
_URL = _required(url=True)
_STRINGS = Field(kind="array", items=Field())

Config = dict[str, Field]
Check = Callable[[Config, dict], list[dict]]


def _config(**fields: Field) -> Field:
    return Field(kind="object", required=True, fields=fields)


def _by(tag: str, common: Config | None = None, **variants: Config) -> Field:
    """Return a config of which the key `tag` decides about the others; "_" in a variant's name stands for "-"."""
    each = {name.replace("_", "-"): {**(common or {}), **fields} for name, fields in variants.items()}
    return Field(kind="object", required=True, tag=tag, variants=each)


@dataclass(frozen=True)
class Destination:
    """A destination; `check` returns the issues of a config and its options that single fields don't show.

    `app` is whose connection it takes, or empty for any. `stored` turns options as requests have them into those that
    answers have, given those before.
    """

    name: str
    app: str
    config: Field
    can_import: bool = False
    takes_import_behavior: bool = False
    options: Config = field(default_factory=dict)
    check: Check = lambda config, options: []
    stored: Callable[[dict, dict], dict] = lambda options, before: options

    def option_fields(self, create: bool) -> Config:
        """Return the fields of syncOptions in a create or an update."""
        imports = IMPORTS if self.can_import or self.takes_import_behavior else ()
        return {
            "initialSyncBehavior": Field(required=True, choices=(OVERWRITE, *imports)),
            "keySchema": Field(longest=255, check=_key_schema_problem),
            "disableSecretDeletion": _FLAG,
            "recursive": _FLAG,
            **{
                name: one if create else Field(**{**vars(one), "required": False}) for name, one in self.options.items()
            },
        }


# key schemas


def _key_schema_problem(text: str) -> str | None:
    if not text:
        return None
    if text.count(SECRET_KEY) != 1:
        return f"Key schema must include exactly one {SECRET_KEY} placeholder"
    if not re.fullmatch(r"[A-Za-z0-9_/-]*", text.replace(SECRET_KEY, "").replace(_ENVIRONMENT, "")):
        return "Key schema may only hold letters, digits, underscores, hyphens and slashes besides its placeholders"
    return None


class KeySchema:
    """How keys are named at a destination."""

    def __init__(self, schema: str | None, environment: str) -> None:
        prefix, _, suffix = (schema or SECRET_KEY).partition(SECRET_KEY)
        self._prefix = prefix.replace(_ENVIRONMENT, environment)
        self._suffix = suffix.replace(_ENVIRONMENT, environment)

    def apply(self, key: str) -> str:
        """Return a key's name at the destination."""
        return f"{self._prefix}{key}{self._suffix}"

    def slash_problem(self) -> str | None:
        """Return what is wrong with it where its slashes are part of a path; only jobs find that."""
        if self._prefix.startswith("/"):
            return "Key schema cannot contain leading '/'"
        return "Key schema cannot contain '/' after {{secretKey}}" if "/" in self._suffix else None

    def key_of(self, name: str) -> str | None:
        """Return the key behind a name at the destination, or None when the name isn't of this schema."""
        if not name.startswith(self._prefix) or not name.endswith(self._suffix):
            return None
        return name[len(self._prefix) : len(name) - len(self._suffix)] or None


# rules about several fields


def _aws_problems(config: dict, options: dict) -> list[dict]:
    found = []
    keys = [tag["key"] for tag in options.get("tags") or [] if tag and "key" in tag]
    if len(set(keys)) != len(keys):
        found.append(custom_issue("Tag keys must be unique", ["syncOptions", "tags"]))
    if config.get("mappingBehavior") == "many-to-one" and options.get("syncSecretMetadataAsTags"):
        message = "Syncing secret metadata as tags needs the mapping behavior one-to-one"
        found.append(custom_issue(message, ["syncOptions", "syncSecretMetadataAsTags"]))
    return found


def _github_problems(config: dict, options: dict) -> list[dict]:
    if config.get("visibility") == "selected" and not config.get("selectedRepositoryIds"):
        path = ["destinationConfig", "selectedRepositoryIds"]
        return [custom_issue("Select at least one repository", path)]
    return []


def _vercel_problems(config: dict, options: dict) -> list[dict]:
    if config.get("env") == "development" and config.get("sensitive"):
        return [custom_issue("Sensitive variables can't be of development", ["destinationConfig", "sensitive"])]
    environments = config.get("targetEnvironments") or config.get("applyToAllCustomEnvironments")
    if config.get("scope") == "team" and not environments:
        return [custom_issue("Choose at least one environment", ["destinationConfig", "targetEnvironments"])]
    return []


def _no_deletion_problems(config: dict, options: dict) -> list[dict]:
    if options.get("disableSecretDeletion"):
        return [custom_issue("Secret deletion can't be disabled here", ["syncOptions", "disableSecretDeletion"])]
    return []


def _with_secret_id(options: dict, before: dict) -> dict:
    """Return options with the id of the secret whose key they name, instead of the key; without one, it stays."""
    rest, key = {name: value for name, value in options.items() if name != "secretKey"}, options.get("secretKey")
    return {**rest, "secretId": str(uuid.uuid5(uuid.NAMESPACE_OID, key)) if key else before["secretId"]}


# the destinations

_TAG_PROBLEM = _pattern(r"[\w .:/=+@-]*", "Tags may only hold letters, digits, spaces and _.:/=+-@")
_AWS_OPTIONS = {
    "keyId": Field(shortest=1, longest=256, check=_pattern(r"[A-Za-z0-9:/_-]+", "Invalid KMS key ID")),
    "tags": Field(
        kind="array",
        longest=50,
        items=Field(
            kind="object",
            fields={
                "key": _required(longest=128, check=_TAG_PROBLEM),
                "value": Field(required=True, longest=256, check=_TAG_PROBLEM),
            },
        ),
    ),
    "syncSecretMetadataAsTags": _FLAG,
}
_REGION = {"region": _required(*_AWS_REGIONS)}
_SECRET_NAME = _required(
    longest=256, check=_pattern(r"[A-Za-z0-9/_+=.@-]+", "Secret name may only hold letters, digits and /_+=.@-")
)
_SSM_PATH = _required(
    longest=2048, check=_pattern(r"/([A-Za-z0-9_-]+/)*", "Path must start and end with a slash, its segments be plain")
)
_GITLAB = {
    "targetEnvironment": Field(default="*"),
    "shouldProtectSecrets": _OFF,
    "shouldMaskSecrets": _OFF,
    "shouldHideSecrets": _OFF,
}
_NETLIFY_CONTEXTS = ("all", "deploy-preview", "production", "branch-deploy", "dev", "branch")
_FORGE_SLUG = _required(check=_pattern(r"[a-z0-9.-]+", "Organization slug may only hold a-z, 0-9, dots and dashes"))
_FORGE_SERVER = _required(check=_pattern(r"[0-9]+", "Server ID must be a number"))
_WINDMILL_PATH = _required(check=_pattern(r"[uf]/(.+/)+", "Path must start with u/ or f/ and end with a slash"))
_VAULT_PATH = _required(
    longest=128,
    check=_pattern(r"/*[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*/*", "Path segments may only hold letters, digits and ._-"),
    shape=lambda text: text.strip("/"),
)
_OCTOPUS_SCOPES = dict.fromkeys(("environments", "roles", "machines", "processes", "actions", "channels"), _STRINGS)

DESTINATIONS = {
    "aws-secrets-manager": Destination(
        "AWS Secrets Manager",
        "aws",
        _by("mappingBehavior", _REGION, one_to_one={}, many_to_one={"secretName": _SECRET_NAME}),
        can_import=True,
        options=_AWS_OPTIONS,
        check=_aws_problems,
    ),
    "aws-parameter-store": Destination(
        "AWS Parameter Store",
        "aws",
        _config(**_REGION, path=_SSM_PATH),
        can_import=True,
        options=_AWS_OPTIONS,
        check=_aws_problems,
    ),
    "azure-key-vault": Destination("Azure Key Vault", "azure-key-vault", _config(vaultBaseUrl=_URL), can_import=True),
    "azure-app-configuration": Destination(
        "Azure App Configuration", "azure-app-configuration", _config(configurationUrl=_URL, label=_O), can_import=True
    ),
    "azure-devops": Destination("Azure DevOps", "azure-devops", _config(devopsProjectId=_R, devopsProjectName=_O)),
    "gcp-secret-manager": Destination(
        "GCP Secret Manager",
        "gcp",
        _by(
            "scope",
            {"projectId": _R},
            **{"global": {"userReplicaLocationIds": _STRINGS}, "region": {"locationId": _required(*_GCP_LOCATIONS)}},
        ),
        can_import=True,
    ),
    "databricks": Destination("Databricks", "databricks", _config(scope=_R)),
    "github": Destination(
        "GitHub",
        "github",
        _by(
            "scope",
            organization={
                "org": _R,
                "visibility": _required("all", "private", "selected"),
                "selectedRepositoryIds": Field(kind="array", items=Field(kind="number")),
            },
            repository={"owner": _R, "repo": _R},
            repository_environment={"owner": _R, "repo": _R, "env": _R},
        ),
        check=_github_problems,
    ),
    "gitlab": Destination(
        "GitLab",
        "gitlab",
        _by("scope", _GITLAB, project={"projectId": _R, "projectName": _R}, group={"groupId": _R, "groupName": _O}),
    ),
    "bitbucket": Destination("Bitbucket", "bitbucket", _config(repositorySlug=_R, workspaceSlug=_R, environmentId=_O)),
    "circleci": Destination("CircleCI", "circleci", _config(orgName=_R, projectName=_R, projectId=_R)),
    "travis-ci": Destination("Travis CI", "travis-ci", _config(repositoryId=_R, repositorySlug=_R, branch=_O)),
    "teamcity": Destination("TeamCity", "teamcity", _config(project=_R, buildConfig=_O), can_import=True),
    "terraform-cloud": Destination(
        "Terraform Cloud",
        "terraform-cloud",
        _by(
            "scope",
            {"org": _R, "category": _required("env", "terraform")},
            variable_set={"variableSetId": _R, "variableSetName": _R},
            workspace={"workspaceId": _R, "workspaceName": _R},
        ),
    ),
    "vercel": Destination(
        "Vercel",
        "vercel",
        _by(
            "scope",
            project={
                "app": _R,
                "appName": _R,
                "env": _R,
                "branch": _O,
                "teamId": Field(required=True),
                "sensitive": _OFF,
            },
            team={
                "teamId": _R,
                "teamName": _O,
                "targetEnvironments": _STRINGS,
                "applyToAllCustomEnvironments": _FLAG,
                "targetProjects": _STRINGS,
                "sensitive": _FLAG,
            },
        ),
        can_import=True,
        check=_vercel_problems,
    ),
    "netlify": Destination(
        "Netlify",
        "netlify",
        _config(accountId=_R, accountName=_O, siteId=_O, siteName=_O, context=Field(choices=_NETLIFY_CONTEXTS)),
        takes_import_behavior=True,
    ),
    "heroku": Destination("Heroku", "heroku", _config(app=_R, appName=_R), can_import=True),
    "render": Destination(
        "Render",
        "render",
        _by(
            "scope",
            {"type": _required("env", "file")},
            service={"serviceId": _R},
            environment_group={"environmentGroupId": _R},
        ),
        can_import=True,
        options={"autoRedeployServices": _FLAG},
    ),
    "railway": Destination(
        "Railway",
        "railway",
        _config(projectId=_R, projectName=_R, environmentId=_R, environmentName=_R, serviceId=_O, serviceName=_O),
        can_import=True,
    ),
    "flyio": Destination("Fly.io", "flyio", _config(appId=_R)),
    "laravel-forge": Destination(
        "Laravel Forge",
        "laravel-forge",
        _config(orgSlug=_FORGE_SLUG, orgName=_O, serverId=_FORGE_SERVER, serverName=_O, siteId=_R, siteName=_O),
        can_import=True,
    ),
    "supabase": Destination("Supabase", "supabase", _config(projectId=_R, projectName=_O)),
    "checkly": Destination("Checkly", "checkly", _config(accountId=_R, accountName=_O, groupId=_O, groupName=_O)),
    "cloudflare-pages": Destination(
        "Cloudflare Pages",
        "cloudflare",
        _config(projectName=_R, environment=_required("production", "preview")),
        takes_import_behavior=True,
    ),
    "cloudflare-workers": Destination(
        "Cloudflare Workers", "cloudflare", _config(scriptId=_R), takes_import_behavior=True
    ),
    "digital-ocean-app-platform": Destination(
        "DigitalOcean App Platform", "digital-ocean", _config(appId=_R, appName=_R)
    ),
    "northflank": Destination(
        "Northflank",
        "northflank",
        _config(projectId=_R, projectName=_O, secretGroupId=_R, secretGroupName=_O),
        can_import=True,
    ),
    "windmill": Destination("Windmill", "windmill", _config(workspace=_R, path=_WINDMILL_PATH), can_import=True),
    "octopus-deploy": Destination(
        "Octopus Deploy",
        "octopus-deploy",
        _config(
            spaceId=_R,
            scope=Field(choices=("project",), default="project"),
            projectId=_R,
            scopeValues=Field(kind="object", fields=_OCTOPUS_SCOPES),
        ),
    ),
    "hashicorp-vault": Destination(
        "HashiCorp Vault",
        "hashicorp-vault",
        _config(mount=_required(longest=128), path=_VAULT_PATH),
        can_import=True,
    ),
    "qovery": Destination(
        "Qovery",
        "qovery",
        _config(
            organizationId=_R,
            organizationName=_O,
            projectId=_R,
            projectName=_O,
            environmentId=_O,
            environmentName=_O,
            variableType=Field(choices=("secret", "variable"), default="secret"),
        ),
    ),
    "cloud-66": Destination("Cloud 66", "cloud-66", _config(stackId=_R, stackName=_R), can_import=True),
    "hasura-cloud": Destination(
        "Hasura Cloud", "hasura-cloud", _config(projectId=_R, projectName=_R, tenantId=_R), can_import=True
    ),
    "rundeck": Destination(
        "Rundeck",
        "rundeck",
        _config(project=_R, path=_required(check=_pattern(r"/.*", "Path must start with a slash"))),
    ),
    "1password": Destination("1Password", "1password", _config(vaultId=_R, valueLabel=_O), can_import=True),
}

# What servers newer than the sources of the others have: those of which only the name is known take any configuration,
# and a connection of any app.
NEWEST_DESTINATIONS = {
    "azure-entra-id-scim": Destination(
        "Azure Entra ID SCIM",
        "",
        _config(servicePrincipalId=_R, servicePrincipalDisplayName=_O),
        options={"secretKey": _R},
        check=_no_deletion_problems,
        stored=_with_secret_id,
    ),
    **{
        name.lower().translate(str.maketrans(" .", "--")): Destination(name, "", Field(kind="object", required=True))
        for name in (
            *("Alibaba Cloud KMS", "Camunda", "Chef", "Cloudflare Secrets Store", "Convex", "Coolify", "Daytona"),
            *("Devin", "External Infisical", "Gitea", "Humanitec", "Keeper Password Manager", "Koyeb", "OCI Vault"),
            *("Ona", "OVH", "Portainer", "Snowflake", "Spacelift", "Trigger.dev", "Zabbix"),
        )
    },
}
