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

AWS_REGIONS = (
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


def _text(pattern: str, message: str, **rules: object) -> Field:
    """Return a text of a pattern; it is required, and not empty, but for what `rules` say."""
    with_rules = {"required": True, "shortest": 1, **rules}
    return Field(pattern=re.compile(pattern), message=message, **with_rules)  # type: ignore[arg-type]


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
    return Field(kind="object", required=True, tag=tag, variants=each, common=common)


@dataclass(frozen=True)
class Destination:
    """A destination; `check` returns the issues of a config and its options that single fields don't show.

    `app` is whose connection it takes, or empty for any; `enterprise` needs that plan. `written`: the pattern that a
    name must have to be written, of which the server knows nothing before it syncs. `cleaned` makes the name that is
    written. `stored` turns options as requests have them into those that answers have, given those before.
    """

    name: str
    app: str
    config: Field
    can_import: bool = False
    takes_key_schema: bool = True
    removes: bool = True
    enterprise: bool = False
    key_names: Callable[[str], str | None] | None = None
    written: str = ".*"
    cleaned: Callable[[str], str] = lambda name: name
    options: Config = field(default_factory=dict)
    check: Check = lambda config, options: []
    stored: Callable[[dict, dict], dict] = lambda options, before: options

    def option_fields(self, create: bool, sub_folders: bool = True) -> Config:
        """Return the fields of syncOptions in a create or an update, for servers that sync sub-folders or don't."""
        imports = IMPORTS if self.can_import else ()
        return {
            "initialSyncBehavior": Field(required=True, choices=(OVERWRITE, *imports)),
            "keySchema": Field(check=self.key_names or _key_schema_problem),
            "disableSecretDeletion": _FLAG,
            **({"includeAllSubFolders": _FLAG} if sub_folders else {}),
            **{
                name: one if create else Field(**{**vars(one), "required": False}) for name, one in self.options.items()
            },
        }


# key schemas

_KEY_SCHEMA_MESSAGE = (
    f"Key schema must include exactly one {SECRET_KEY} placeholder. It can also include {_ENVIRONMENT} placeholders."
    " Only alphanumeric characters (a-z, A-Z, 0-9), dashes (-), underscores (_), and slashes (/) are allowed besides"
    " the placeholders."
)


def _key_schema_problem(text: str) -> str | None:
    if not text:
        return None
    rest = text.replace(SECRET_KEY, "").replace(_ENVIRONMENT, "")
    return None if SECRET_KEY in text and re.fullmatch(r"[A-Za-z0-9_/-]*", rest) else _KEY_SCHEMA_MESSAGE


def _key_names(pattern: str, message: str) -> Callable[[str], str | None]:
    """Return a check of key schemas: the names that they give must be of a pattern, too."""
    compiled = re.compile(pattern)

    def problem(text: str) -> str | None:
        filled = text.replace(SECRET_KEY, "KEY").replace(_ENVIRONMENT, "env")
        return _key_schema_problem(text) or (None if not text or compiled.fullmatch(filled) else message)

    return problem


class KeySchema:
    """How keys are named at a destination."""

    def __init__(self, schema: str | None, environment: str) -> None:
        prefix, _, suffix = (schema or SECRET_KEY).partition(SECRET_KEY)
        self._prefix = prefix.replace(_ENVIRONMENT, environment)
        self._suffix = suffix.replace(_ENVIRONMENT, environment)

    def apply(self, key: str) -> str:
        """Return a key's name at the destination."""
        return f"{self._prefix}{key}{self._suffix}"

    def applied(self, secrets: dict[str, str]) -> dict[str, str]:
        """Return secrets by their names at the destination."""
        return {self.apply(key): value for key, value in secrets.items()}

    def keys(self, found: dict[str, str]) -> dict[str, str]:
        """Return what was found at the destination by its keys, without names that are not of this schema."""
        return {key: value for name, value in found.items() if (key := self.key_of(name)) is not None}

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
        message = 'Syncing secret metadata is not supported with "Many-to-One" mapping behavior.'
        found.append(custom_issue(message, []))
    return found


_REPOSITORIES = ["destinationConfig", "selectedRepositoryIds"]


def _github_problems(config: dict, options: dict) -> list[dict]:
    if config.get("visibility") == "selected" and not config.get("selectedRepositoryIds"):
        return [custom_issue("Select at least one repository", _REPOSITORIES)]
    if config.get("visibility") in ("all", "private") and config.get("selectedRepositoryIds"):
        return [custom_issue("Repositories can be selected with the visibility selected only", _REPOSITORIES)]
    return []


def _vercel_problems(config: dict, options: dict) -> list[dict]:
    if config.get("env") == "development" and config.get("sensitive"):
        return [custom_issue("Sensitive variables can't be of development", ["destinationConfig", "sensitive"])]
    environments = config.get("targetEnvironments") or config.get("applyToAllCustomEnvironments")
    if config.get("scope") == "team" and not environments:
        return [custom_issue("Choose at least one environment", ["destinationConfig", "targetEnvironments"])]
    return []


def _spacelift_problems(config: dict, options: dict) -> list[dict]:
    mounted = config.get("configType") == "file-mount" and config.get("fileMountFormat") == "dot-env"
    if mounted and not config.get("mountPath"):
        return [custom_issue("A mount path is needed for this format", ["destinationConfig", "mountPath"])]
    return []


def _name_of_variable(name: str) -> str:
    rest = re.sub(r"[^A-Za-z0-9_]", "", name)
    return f"_{rest}" if rest[:1].isdigit() else rest


def _store_problems(config: dict, options: dict) -> list[dict]:
    scopes = config.get("scopes", [])
    if len(set(scopes)) != len(scopes):
        return [custom_issue("Scopes must be unique", ["destinationConfig", "scopes"])]
    return []


def no_deletion_problems(config: dict, options: dict) -> list[dict]:
    if options.get("disableSecretDeletion"):
        return [custom_issue("Secret deletion can't be disabled here", ["syncOptions", "disableSecretDeletion"])]
    return []


def _with_secret_id(options: dict, before: dict) -> dict:
    """Return options with the id of the secret whose key they name, instead of the key; without one, it stays."""
    rest, key = {name: value for name, value in options.items() if name != "secretKey"}, options.get("secretKey")
    return {**rest, "secretId": str(uuid.uuid5(uuid.NAMESPACE_OID, key)) if key else before.get("secretId")}


# the destinations

_TAG = r"[\w\s.:/=+@-]*"
_TAG_MESSAGE = (
    "Invalid tag {0}: {0}s can only contain Unicode letters, digits, white space and any of the following: _.:/=+@-"
)
_AWS_OPTIONS = {
    "keyId": _text(r"[A-Za-z0-9:/_-]+", "Invalid KMS Key ID", longest=256, required=False),
    "tags": Field(
        kind="array",
        longest=50,
        items=Field(
            kind="object",
            fields={
                "key": _text(_TAG, _TAG_MESSAGE.format("key"), longest=128),
                "value": _text(_TAG, _TAG_MESSAGE.format("value"), longest=256, shortest=0),
            },
        ),
    ),
    "syncSecretMetadataAsTags": _FLAG,
}
_REGION = {"region": _required(*AWS_REGIONS)}
_SECRET_NAME = _text(
    r"[A-Za-z0-9/_+=.@-]+",
    "Secret name must contain only alphanumeric characters and the characters /_+=.@-",
    longest=256,
)
_SSM_PATH = _text(r"/([A-Za-z0-9_-]+/)*", 'Invalid path - must follow "/example/path/" format', longest=2048)
_GITLAB = {
    "targetEnvironment": Field(default="*"),
    "shouldProtectSecrets": _OFF,
    "shouldMaskSecrets": _OFF,
    "shouldHideSecrets": _OFF,
}
_NETLIFY_CONTEXTS = ("all", "deploy-preview", "production", "branch-deploy", "dev", "branch")
_VERCEL_ENVIRONMENTS = ("development", "preview", "production")
_FORGE_SLUG = _text(r"[a-z0-9.-]+", "Organization slug may only hold a-z, 0-9, dots and dashes")
_FORGE_SERVER = _text(r"[0-9]+", "Server ID must be a number")
_LONG, _MAYBE_LONG = _required(longest=255), Field(shortest=1, longest=255)
_NAMED = Field(required=True)
_OWNER = {"owner": _R, "repo": _R}
_SCRIPT = _text(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", "Script ID must be a Worker's name", longest=64)
_WINDMILL_PATH = _text(r"[uf]/([^/\s]+/)+", "Path must start with u/ or f/ and end with a slash")
_VAULT_PATH = _text(
    r"/*[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*/*",
    "Path segments may only hold letters, digits and ._-",
    longest=128,
    shape=lambda text: text.strip("/"),
)
_OCTOPUS_SCOPES = dict.fromkeys(("environments", "roles", "machines", "processes", "actions", "channels"), _STRINGS)


def _ocid(pattern: str) -> Field:
    return _text(pattern, "Invalid OCID format")


_COUNT = Field(kind="number", required=True, shortest=1)
_ANY = Field(kind="object", required=True)

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
    "azure-key-vault": Destination(
        "Azure Key Vault",
        "azure-key-vault",
        _config(vaultBaseUrl=_URL),
        can_import=True,
        options={"disableCertificateImport": _FLAG},
    ),
    "azure-app-configuration": Destination(
        "Azure App Configuration", "azure-app-configuration", _config(configurationUrl=_R, label=_O), can_import=True
    ),
    "azure-devops": Destination("Azure DevOps", "azure-devops", _config(devopsProjectId=_R, devopsProjectName=_O)),
    "gcp-secret-manager": Destination(
        "GCP Secret Manager",
        "gcp",
        _by(
            "scope",
            {"projectId": _R},
            **{
                "global": {"userReplicaLocationIds": Field(**{**vars(_STRINGS), "default": []}), "locationId": _O},
                "region": {"locationId": _required(*_GCP_LOCATIONS)},
            },
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
        _by("scope", _GITLAB, project={"projectId": _R, "projectName": _R}, group={"groupId": _R, "groupName": _R}),
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
                "targetEnvironments": Field(kind="array", items=Field(choices=_VERCEL_ENVIRONMENTS)),
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
        _config(
            accountId=_LONG,
            accountName=_MAYBE_LONG,
            siteId=_MAYBE_LONG,
            siteName=_MAYBE_LONG,
            context=Field(choices=_NETLIFY_CONTEXTS),
        ),
        can_import=True,
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
        _config(
            projectId=_R, projectName=_NAMED, environmentId=_R, environmentName=_NAMED, serviceId=_O, serviceName=_O
        ),
        can_import=True,
    ),
    "flyio": Destination("Fly.io", "flyio", _config(appId=_LONG)),
    "laravel-forge": Destination(
        "Laravel Forge",
        "laravel-forge",
        _config(orgSlug=_FORGE_SLUG, orgName=_O, serverId=_FORGE_SERVER, serverName=_O, siteId=_R, siteName=_O),
        can_import=True,
    ),
    "supabase": Destination("Supabase", "supabase", _config(projectId=_LONG, projectName=_LONG)),
    "checkly": Destination(
        "Checkly",
        "checkly",
        _config(
            accountId=_LONG, accountName=Field(longest=255), groupId=Field(longest=255), groupName=Field(longest=255)
        ),
    ),
    "cloudflare-pages": Destination("Cloudflare Pages", "cloudflare", _config(projectName=_R, environment=_R)),
    "cloudflare-workers": Destination("Cloudflare Workers", "cloudflare", _config(scriptId=_SCRIPT)),
    "digital-ocean-app-platform": Destination(
        "DigitalOcean App Platform",
        "digital-ocean",
        _config(appId=_LONG, appName=_LONG),
        written="[A-Za-z_][A-Za-z0-9_]*",
    ),
    "northflank": Destination(
        "Northflank",
        "northflank",
        _config(projectId=_R, projectName=_O, secretGroupId=_R, secretGroupName=_O),
        can_import=True,
    ),
    "windmill": Destination("Windmill", "windmill", _config(workspace=_R, path=_WINDMILL_PATH), can_import=True),
    # The default that the scope has in the schema of the common part never reaches the union.
    "octopus-deploy": Destination(
        "Octopus Deploy",
        "octopus-deploy",
        _by(
            "scope",
            {"spaceId": _R, "spaceName": _O, "scopeValues": Field(kind="object", fields=_OCTOPUS_SCOPES)},
            project={"projectId": _R, "projectName": _O},
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
        "Hasura Cloud", "hasura-cloud", _config(projectId=_R, projectName=_NAMED, tenantId=_R), can_import=True
    ),
    "rundeck": Destination(
        "Rundeck",
        "rundeck",
        _config(project=_LONG, path=_text(r"/.*", "Path must start with a slash", longest=255)),
    ),
    "1password": Destination("1Password", "1password", _config(vaultId=_R, valueLabel=_O), can_import=True),
    "azure-entra-id-scim": Destination(
        "Azure Entra ID SCIM",
        "azure-entra-id",
        _config(servicePrincipalId=Field(required=True, uuid=True), servicePrincipalDisplayName=_O),
        takes_key_schema=False,
        removes=False,
        options={"secretKey": _R},
        check=no_deletion_problems,
        stored=_with_secret_id,
    ),
    "external-infisical": Destination(
        "Infisical",
        "external-infisical",
        _config(projectId=_R, environment=_R, secretPath=Field(default="/")),
        can_import=True,
        takes_key_schema=False,
    ),
    "oci-vault": Destination(
        "OCI Vault",
        "oci",
        _config(
            compartmentOcid=_ocid(r"ocid1\.(tenancy|compartment)\.oc1\..*"),
            vaultOcid=_ocid(r"ocid1\.vault\.oc1.*"),
            keyOcid=_ocid(r"ocid1\.key\.oc1.*"),
        ),
        can_import=True,
        enterprise=True,
    ),
    "chef": Destination(
        "Chef",
        "chef",
        _config(dataBagName=_required(longest=256), dataBagItemName=_required(longest=256)),
        can_import=True,
        enterprise=True,
    ),
    "humanitec": Destination(
        "Humanitec", "humanitec", _by("scope", {"org": _R, "app": _R}, application={}, environment={"env": _R})
    ),
    "camunda": Destination("Camunda", "camunda", _config(scope=_R, clusterUUID=_R), can_import=True),
    "zabbix": Destination(
        "Zabbix",
        "zabbix",
        _by(
            "scope",
            {"macroType": Field(kind="number", required=True, choices=(0, 1))},
            **{"host": {"hostId": _R, "hostName": _R}, "global": {}},
        ),
        can_import=True,
    ),
    "ovh": Destination("OVHcloud", "ovh", _config(path=_VAULT_PATH), can_import=True),
    "ona": Destination("Ona", "ona", _config(projectId=_R, projectName=_O)),
    "devin": Destination("Devin", "devin", _config(orgId=_R)),
    "snowflake": Destination("Snowflake", "snowflake", _config(database=_R, schema=_R)),
    "trigger-dev": Destination(
        "Trigger.dev", "trigger-dev", _config(projectRef=_LONG, environment=_R), options={"markAsSecret": _FLAG}
    ),
    "spacelift": Destination(
        "Spacelift",
        "spacelift",
        _config(
            contextId=_R,
            contextName=_R,
            configType=_required("environment-variable", "file-mount"),
            fileMountFormat=Field(choices=("dot-env", "secret-per-file")),
            mountPath=_O,
        ),
        options={"writeOnly": _OFF},
        check=_spacelift_problems,
        cleaned=_name_of_variable,
    ),
}

# What came after those of the release. Those of which only the name is known take any configuration, and those whose
# app isn't known a connection of any app.
NEWEST_DESTINATIONS = {
    "daytona": Destination(
        "Daytona",
        "",
        _config(organizationName=_LONG),
        key_names=_key_names("[a-zA-Z_][a-zA-Z0-9_-]*", "Key schema must give names of variables"),
    ),
    "cloudflare-secrets-store": Destination(
        "Cloudflare Secrets Store",
        "cloudflare",
        _config(
            storeId=_text("[A-Za-z0-9_-]+", "Store ID has odd characters", longest=32),
            storeName=Field(longest=255),
            scopes=Field(
                kind="array", required=True, shortest=1, items=Field(choices=("workers", "ai_gateway", "containers"))
            ),
        ),
        check=_store_problems,
        key_names=_key_names("[A-Za-z0-9_-]+", "Key schema may only give letters, digits, _ and -"),
    ),
    "portainer": Destination("Portainer", "", _config(environmentId=_COUNT, stackId=_COUNT), can_import=True),
    "coolify": Destination("Coolify", "", _config(resourceId=_R, resourceName=_R, scope=_R)),
    "gitea": Destination("Gitea", "", _by("scope", repository=_OWNER)),
    "convex": Destination("Convex", "convex", _config(deploymentUrl=_R), can_import=True),
    "alibaba-cloud-kms": Destination("Alibaba Cloud KMS", "", _config(secretPrefix=_O)),
    "keeper-password-manager": Destination("Keeper Password Manager", "", _ANY, can_import=True),
    "koyeb": Destination("Koyeb", "", _ANY),
}

# Settings of which a wildcard counts as each value, and two other values as two places.
WILDCARDS = {"gitlab": "targetEnvironment"}
# What two syncs of one destination may differ in and still count as duplicates.
NOT_COMPARED = {
    "aws-secrets-manager": ("mappingBehavior",),
    "azure-app-configuration": ("label",),
    "azure-devops": ("devopsProjectName",),
    "gcp-secret-manager": ("scope", "locationId", "userReplicaLocationIds"),
    "gitlab": (
        *("projectName", "groupName", "targetEnvironment"),
        *("shouldProtectSecrets", "shouldMaskSecrets", "shouldHideSecrets"),
    ),
    "travis-ci": ("repositorySlug",),
    "terraform-cloud": ("variableSetName", "workspaceName"),
    "vercel": ("appName",),
    "netlify": ("accountName", "siteName"),
    "heroku": ("appName",),
    "railway": ("projectName", "environmentName", "serviceName"),
    "supabase": ("projectName",),
    "checkly": ("groupName", "accountName"),
    "digital-ocean-app-platform": ("appName",),
    "qovery": ("organizationName", "projectName", "environmentName"),
    "cloud-66": ("stackName",),
    "hasura-cloud": ("projectName",),
    "1password": ("valueLabel",),
    "zabbix": ("hostName", "macroType"),
    "ona": ("projectName",),
    "spacelift": ("contextName",),
}
