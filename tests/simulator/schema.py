# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Validation with issues in the form that the servers' zod schemas give."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from .errors import ApiError
from .generations import Generation

_SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*:\S")


@dataclass(frozen=True)
class Field:
    """One key of an object: its type and the rules about it.

    `kind` "any" is any value. `longest` counts characters or items, `shortest` these, or is the smallest number;
    `pattern` is what a string must look like, `message` what is said of one that breaks these rules; `check` returns
    what else is wrong with it, or None; `shape` changes it at the end. An object with `variants` takes the fields of
    the one that its key `tag` names; `common` are those of them that a server checks apart. It takes those of any of
    `ways`, too.
    """

    kind: str = "string"
    required: bool = False
    trim: bool = True
    url: bool = False
    default: Any = None
    choices: tuple[Any, ...] = ()
    fields: dict[str, Field] | None = None
    items: Field | None = None
    shortest: int = 0
    longest: int | None = None
    uuid: bool = False
    nullable: bool = False
    pattern: re.Pattern[str] | None = None
    message: str = ""
    check: Callable[[str], str | None] | None = None
    shape: Callable[[str], str] | None = None
    tag: str = ""
    variants: dict[str, dict[str, Field]] | None = None
    common: dict[str, Field] | None = None
    ways: tuple[dict[str, Field], ...] = ()


def type_name(value: Any) -> str:
    """Return the name zod gives to a value's type."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def is_url(text: str) -> bool:
    """Return whether a JavaScript URL parser takes this text (an ARN passes: it has a scheme)."""
    if not _SCHEME.match(text):
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme not in ("http", "https", "ftp", "ws", "wss") or (bool(parts.hostname) and " " not in text)
    except ValueError:
        return False


def _type_issue(expected: str, received: str, path: list) -> dict:
    message = "Required" if received == "undefined" else f"Expected {expected}, received {received}"
    return {"code": "invalid_type", "expected": expected, "received": received, "path": path, "message": message}


def union_issue(ways: list[list[dict]], path: list) -> dict:
    """Return the issue of a value that is wrong in each of several ways, given the issues of each."""
    errors = [{"issues": issues, "name": "ZodError"} for issues in ways]
    return {"code": "invalid_union", "unionErrors": errors, "path": path, "message": "Invalid input"}


def unsupported(value: Any, text: str, path: list) -> dict:
    """Return the issue of a key that must not be there; `text` says why."""
    return {**_type_issue("undefined", type_name(value), path), "message": text}


def custom_issue(message: str, path: list) -> dict:
    """Return the issue of a rule that zod has no name for."""
    return {"code": "custom", "message": message, "path": path}


def _check_length(value: str | list, field: Field, path: list, issues: list) -> None:
    kind, what = field.kind, "character(s)" if field.kind == "string" else "element(s)"
    common = {"type": kind, "inclusive": True, "exact": False}
    own = "" if field.pattern else field.message
    if len(value) < field.shortest:
        message = own or f"{kind.title()} must contain at least {field.shortest} {what}"
        issues.append({"code": "too_small", "minimum": field.shortest, **common, "message": message, "path": path})
    if field.longest is not None and len(value) > field.longest:
        message = own or f"{kind.title()} must contain at most {field.longest} {what}"
        issues.append({"code": "too_big", "maximum": field.longest, **common, "message": message, "path": path})


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def _check_text(value: str, field: Field, path: list, issues: list) -> str:
    value = value.strip() if field.trim else value
    _check_length(value, field, path, issues)
    if field.url and not is_url(value):
        issues.append({"validation": "url", "code": "invalid_string", "message": "Invalid url", "path": path})
    if field.uuid and not _is_uuid(value):
        issues.append({"validation": "uuid", "code": "invalid_string", "message": "Invalid uuid", "path": path})
    if field.pattern and not field.pattern.fullmatch(value):
        issues.append({"validation": "regex", "code": "invalid_string", "message": field.message, "path": path})
    wrong = field.check(value) if field.check else None
    if wrong:
        issues.append(custom_issue(wrong, path))
    return field.shape(value) if field.shape else value


def _missing(field: Field, path: list) -> dict:
    return _type_issue(_expected(field), "undefined", path)


def _expected(field: Field) -> str:
    return " | ".join(f"'{choice}'" for choice in field.choices) or field.kind


def check_variant(value: dict, field: Field, path: list, issues: list) -> dict:
    """Return the known keys of an object of which one key decides about the others."""
    variants = field.variants or {}
    chosen = value.get(field.tag)
    if not isinstance(chosen, str) or chosen not in variants:
        wanted = " | ".join(f"'{name}'" for name in variants)
        issues.append(
            {
                "code": "invalid_union_discriminator",
                "options": list(variants),
                "path": [*path, field.tag],
                "message": f"Invalid discriminator value. Expected {wanted}",
            }
        )
        return check_object(value, field.common or {}, path, issues)
    return check_object(value, {field.tag: Field(), **variants[chosen]}, path, issues)


def _check_ways(value: dict, field: Field, path: list, issues: list) -> dict:
    """Return what the first fitting way makes of a value."""
    refused: list[list[dict]] = []
    for fields in field.ways:
        refused.append([])
        result = check_object(value, fields, path, refused[-1])
        if not refused[-1]:
            return result
    # Zod tells of a single way as if there were no choice.
    issues.extend(refused[0] if len(refused) == 1 else [union_issue(refused, path)])
    return {}


def _check_value(value: Any, field: Field, path: list, issues: list) -> Any:
    if field.kind == "any" or (value is None and field.nullable):
        return value
    received = type_name(value)
    if received != field.kind:
        issues.append(_type_issue(_expected(field), received, path))
        return None
    if field.choices:
        if value not in field.choices:
            wanted = " | ".join(f"'{choice}'" for choice in field.choices)
            issues.append(
                {
                    "received": value,
                    "code": "invalid_enum_value",
                    "options": list(field.choices),
                    "path": path,
                    "message": f"Invalid enum value. Expected {wanted}, received '{value}'",
                }
            )
        return value
    if field.kind == "string":
        return _check_text(value, field, path, issues)
    if field.kind == "number" and value < field.shortest:
        message = f"Number must be greater than or equal to {field.shortest}"
        issues.append(
            {"code": "too_small", "minimum": field.shortest, "type": "number", "path": path, "message": message}
        )
    if field.kind == "number" and field.longest is not None and value > field.longest:
        message = f"Number must be less than or equal to {field.longest}"
        issues.append({"code": "too_big", "maximum": field.longest, "type": "number", "path": path, "message": message})
    if field.kind == "array" and field.items is not None:
        _check_length(value, field, path, issues)
        return [_check_value(item, field.items, [*path, index], issues) for index, item in enumerate(value)]
    return _check_shape(value, field, path, issues) if field.kind == "object" else value


def _check_shape(value: dict, field: Field, path: list, issues: list) -> dict:
    if field.variants is not None:
        return check_variant(value, field, path, issues)
    if field.ways:
        return _check_ways(value, field, path, issues)
    return value if field.fields is None else check_object(value, field.fields, path, issues)


def check_object(value: Any, fields: dict[str, Field], path: list, issues: list) -> dict:
    """Return the known keys of `value`, trimmed and defaulted; append to `issues` what is wrong with it."""
    if not isinstance(value, dict):
        issues.append(_type_issue("object", type_name(value), path))
        return {}
    result = {}
    for name, field in fields.items():
        if name in value:
            result[name] = _check_value(value[name], field, [*path, name], issues)
        elif field.required:
            issues.append(_missing(field, [*path, name]))
            if field.common:
                # Both parts of it say so.
                issues.append(_missing(field, [*path, name]))
        elif field.default is not None:
            result[name] = field.default
    return result


def refuse(generation: Generation, issues: list[dict]) -> None:
    """Raise the validation failure of a generation if there are issues."""
    if issues:
        raise ApiError(generation.validation_status, "ValidationFailure", issues)


def validated(generation: Generation, value: Any, fields: dict[str, Field]) -> dict:
    """Return the known keys of `value`; raise the validation failure of a generation for what is wrong."""
    issues: list[dict] = []
    result = check_object(value, fields, [], issues)
    refuse(generation, issues)
    return result


_SLUG = re.compile(r"([a-z0-9]+(-[a-z0-9]+)*)?")


def slug_problem(text: str) -> str | None:
    """Return what is wrong with a name that must be a slug."""
    return None if _SLUG.fullmatch(text) else "Name must be a valid slug"


def _strings(*names: str) -> dict[str, Field]:
    return {name: Field() for name in names}


_RAW = Field(trim=False)
_FLAG = Field(kind="boolean")
_TAG = Field(kind="object", fields={"key": Field(required=True, trim=False), "value": Field(required=True, trim=False)})
_STRING_LIST = Field(kind="array", items=_RAW)

_METADATA = {
    "initialSyncBehavior": _RAW,
    "mappingBehavior": Field(choices=("one-to-one", "many-to-one")),
    "secretPrefix": _RAW,
    "secretSuffix": _RAW,
    "shouldAutoRedeploy": _FLAG,
    "secretGCPLabel": Field(
        kind="object",
        fields={"labelName": Field(required=True, trim=False), "labelValue": Field(required=True, trim=False)},
    ),
    "secretAWSTag": Field(kind="array", items=_TAG),
    "metadataSyncMode": Field(choices=("custom", "secret-metadata")),
    "azureLabel": _RAW,
    "githubVisibility": Field(choices=("selected", "private", "all")),
    "githubVisibilityRepoIds": _STRING_LIST,
    "kmsKeyId": _RAW,
    "shouldDisableDelete": _FLAG,
    "shouldEnableDelete": _FLAG,
    "shouldMaskSecrets": _FLAG,
    "shouldProtectSecrets": _FLAG,
    "octopusDeployScopeValues": Field(
        kind="object",
        fields=dict.fromkeys(("Environment", "Action", "Channel", "Machine", "ProcessOwner", "Role"), _STRING_LIST),
    ),
}

_LOGINS = {
    "universal-auth": {"clientId": Field(required=True), "clientSecret": Field(required=True)},
    "ldap-auth": {
        "identityId": Field(required=True),
        "username": Field(required=True, trim=False),
        "password": Field(required=True, trim=False),
    },
}
# Those with a token that somebody else issued.
TOKEN_LOGINS = ("oidc-auth", "jwt-auth", "kubernetes-auth", "azure-auth", "gcp-auth", "spiffe-auth")
for _method in TOKEN_LOGINS:
    _LOGINS[_method] = {"identityId": Field(required=True), "jwt": Field(required=True)}
_LOGINS["tls-cert-auth"] = {"identityId": Field(required=True)}
_LOGINS["aws-auth"] = {
    "identityId": Field(required=True),
    "iamHttpRequestMethod": Field(),
    "iamRequestBody": Field(required=True),
    "iamRequestHeaders": Field(required=True),
}

_NEW_LOGINS = frozenset({"jwt-auth", "ldap-auth", "tls-cert-auth"})
_ORGANIZATION = Field(shortest=1, longest=64, check=slug_problem)


def logins(generation: Generation) -> dict[str, dict[str, Field]]:
    """Return the bodies of the logins that servers of a generation have, by method."""
    missing = frozenset() if generation.has_new_logins else _NEW_LOGINS
    missing |= frozenset() if generation.has_organizations else {"spiffe-auth"}
    more = {"organizationSlug": _ORGANIZATION} if generation.has_organizations else {}
    return {method: {**fields, **more} for method, fields in _LOGINS.items() if method not in missing}


TOKEN_FIELDS = {"accessToken": Field(required=True)}

_CREDENTIALS = {
    "accessId": Field(),
    "accessToken": Field(),
    "awsAssumeIamRoleArn": Field(url=True),
    "url": Field(url=True),
    "namespace": Field(),
    "refreshToken": Field(),
}
AUTH_CREATE_FIELDS = {"workspaceId": Field(required=True), "integration": Field(required=True), **_CREDENTIALS}
AUTH_DELETE_QUERY = {"integration": Field(required=True), "projectId": Field(required=True)}
# By the path: what the project is called differs.
FOLDER_QUERIES = {
    path: {project: Field(required=True), "environment": Field(required=True), "path": Field(default="/")}
    for path, project in (("/api/v1/folders", "workspaceId"), ("/api/v2/folders", "projectId"))
}
SECRETS_QUERIES = {
    path: {
        project: Field(required=True),
        "environment": Field(required=True),
        "secretPath": Field(default="/"),
        "include_imports": Field(choices=("true", "false"), default="false"),
        "recursive": Field(choices=("true", "false"), default="false"),
        "viewSecretValue": Field(choices=("true", "false"), default="true"),
    }
    for path, project in (("/api/v3/secrets/raw", "workspaceId"), ("/api/v4/secrets", "projectId"))
}
INTEGRATION_DELETE_QUERY = {"shouldDeleteIntegrationSecrets": Field(choices=("true", "false"))}


def auth_patch_fields(slugs: frozenset[str]) -> dict[str, Field]:
    """Return the body of PATCH integration-auth, given the slugs that the server knows."""
    return {"integration": Field(choices=tuple(sorted(slugs))), **_CREDENTIALS}


def metadata_field(generation: Generation) -> Field:
    """Return the schema of an integration's metadata in a generation."""
    kept = {name: field for name, field in _METADATA.items() if name not in generation.metadata_keys_missing}
    return Field(kind="object", fields=kept)


def integration_create_fields(generation: Generation) -> dict[str, Field]:
    """Return the body of POST integration in a generation."""
    return {
        "integrationAuthId": Field(required=True),
        "app": Field(),
        "isActive": Field(kind="boolean", default=True),
        "appId": Field(),
        "secretPath": Field(default="/"),
        "sourceEnvironment": Field(required=True),
        **_strings("targetEnvironment", "targetEnvironmentId", "targetService", "targetServiceId", "owner"),
        "url": Field(url=generation.checks_integration_url),
        **_strings("path", "region", "scope"),
        "metadata": metadata_field(generation),
    }


def integration_patch_fields(generation: Generation) -> dict[str, Field]:
    """Return the body of PATCH integration in a generation."""
    fields = {
        **_strings("app", "appId"),
        "isActive": Field(kind="boolean", required=generation.patch_requires_is_active),
        "secretPath": Field(default="/"),
        **_strings("targetEnvironment", "owner", "environment"),
        "metadata": metadata_field(generation),
    }
    return {**fields, **_strings("region", "path")} if generation.patch_applies_region_and_path else fields
