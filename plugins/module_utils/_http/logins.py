# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The login methods as a table: which options each needs, and what it sends where. A further method is one row."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._engine.values import checked_name
from .._errors import InputError, clean_text

DEFAULT_URL = "https://app.infisical.com"
DEFAULT_METHOD = "universal_auth"

# The variables of the vendor's own collection, and of its CLI for the address and the organization; the first one that
# is set wins.
ENVIRONMENT = {
    "url": ("INFISICAL_URL", "INFISICAL_API_URL"),
    "ca_path": ("INFISICAL_CA_PATH",),
    "client_cert": ("INFISICAL_CLIENT_CERT",),
    "client_key": ("INFISICAL_CLIENT_KEY",),
    "organization_slug": ("INFISICAL_ORGANIZATION_SLUG", "INFISICAL_AUTH_ORGANIZATION_SLUG"),
    "auth_method": ("INFISICAL_AUTH_METHOD",),
    "universal_auth_client_id": ("INFISICAL_UNIVERSAL_AUTH_CLIENT_ID", "UNIVERSAL_AUTH_MACHINE_IDENTITY_CLIENT_ID"),
    "universal_auth_client_secret": (
        "INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET",
        "UNIVERSAL_AUTH_MACHINE_IDENTITY_CLIENT_SECRET",
    ),
    "identity_id": ("INFISICAL_MACHINE_IDENTITY_ID",),
    "jwt": ("INFISICAL_JWT", "INFISICAL_OIDC_AUTH_JWT"),
    "jwt_path": ("INFISICAL_JWT_PATH",),
    "token": ("INFISICAL_TOKEN",),
    "ldap_username": ("INFISICAL_LDAP_USERNAME",),
    "ldap_password": ("INFISICAL_LDAP_PASSWORD",),
}

# What other tools call these; a user who has set them wonders why they don't count.
FOREIGN = {
    "universal_auth_client_id": "INFISICAL_MACHINE_IDENTITY_CLIENT_ID",
    "universal_auth_client_secret": "INFISICAL_MACHINE_IDENTITY_CLIENT_SECRET",
}

SECRET_OPTIONS = frozenset({"universal_auth_client_secret", "jwt", "token", "ldap_password"})


# Where Kubernetes puts the token of a pod's service account.
POD_TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount/token"  # noqa: S105
# A token is a few kilobytes; whatever is larger is another file.
TOKEN_FILE_LIMIT = 64 * 1024
VENDORS_PLACEHOLDER = "<check_mode_token>"
# Newer servers have the first name, some of 2025 the second; each drops what it doesn't know.
ORGANIZATION_FIELDS = ("organizationSlug", "subOrganizationName")
LONGEST_SLUG = 64
CALLER_IDENTITY = "Action=GetCallerIdentity&Version=2011-06-15"


def _signed_for_aws() -> dict[str, str]:
    """Return the login fields of AWS: a question of "who am I?", signed here and put to AWS by the server.

    Raises InputError where there is no botocore, or where it finds no credentials.
    """
    try:
        # Only this method needs it, and it takes longer to import than all the rest.
        import botocore.session  # noqa: PLC0415
        from botocore.auth import SigV4Auth  # noqa: PLC0415
        from botocore.awsrequest import AWSRequest  # noqa: PLC0415
        from botocore.exceptions import BotoCoreError  # noqa: PLC0415
    except ImportError:
        raise InputError(
            "auth_method aws_auth needs the Python library botocore, which signs the login with the machine's AWS"
            " credentials, and it is not installed for this Python: install botocore, or use another login method."
        ) from None
    try:
        session = botocore.session.Session()
        credentials = session.get_credentials()
        region = os.environ.get("AWS_REGION") or session.get_config_variable("region") or "us-east-1"
    except BotoCoreError as error:
        raise InputError(
            f"auth_method aws_auth: botocore can't read the AWS credentials ({clean_text(error)})."
        ) from None
    if credentials is None:
        raise InputError(
            "auth_method aws_auth: botocore finds no AWS credentials, neither in the environment nor in a profile nor"
            " from the machine's role."
        )
    host = f"sts.{region}.amazonaws.com"
    headers = {
        "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
        "Host": host,
        "Content-Length": str(len(CALLER_IDENTITY)),
    }
    request = AWSRequest("POST", f"https://{host}/", headers=headers, data=CALLER_IDENTITY)
    SigV4Auth(credentials.get_frozen_credentials(), "sts", region).add_auth(request)
    return {
        "iamHttpRequestMethod": "POST",
        "iamRequestBody": _base64(CALLER_IDENTITY),
        "iamRequestHeaders": _base64(json.dumps(dict(request.headers.items()))),
    }


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _secrets_in(encoded: str | None) -> tuple[str, ...]:
    """Return what must not be shown of signed headers: as they are sent, and as a server may repeat them, decoded."""
    if not encoded:
        return ()
    headers = json.loads(base64.b64decode(encoded))
    authorization = headers.get("Authorization", "")
    found = (encoded, authorization, authorization.rpartition("Signature=")[2], headers.get("X-Amz-Security-Token"))
    return tuple(secret for secret in found if secret)


@dataclass(frozen=True)
class LoginMethod:
    """One way to log in: the endpoint, and the API's field name for each option that it needs.

    A method without an endpoint uses the one option it needs as the access token itself. `token_file` is the file that
    `jwt` comes from where neither it nor `jwt_path` is specified. `signed` makes what the options don't hold. With
    `by_certificate` the client certificate of the connection says who logs in.
    """

    path: str | None
    fields: Mapping[str, str]
    token_file: str = ""
    by_certificate: bool = False
    signed: Callable[[], Mapping[str, str]] | None = None


ISSUED = {"identity_id": "identityId", "jwt": "jwt"}

METHODS = {
    "universal_auth": LoginMethod(
        "/api/v1/auth/universal-auth/login",
        {"universal_auth_client_id": "clientId", "universal_auth_client_secret": "clientSecret"},
    ),
    "oidc_auth": LoginMethod("/api/v1/auth/oidc-auth/login", ISSUED),
    "jwt_auth": LoginMethod("/api/v1/auth/jwt-auth/login", ISSUED),
    "kubernetes_auth": LoginMethod("/api/v1/auth/kubernetes-auth/login", ISSUED, token_file=POD_TOKEN),
    "spiffe_auth": LoginMethod("/api/v1/auth/spiffe-auth/login", ISSUED),
    "gcp_auth": LoginMethod("/api/v1/auth/gcp-auth/login", ISSUED),
    "azure_auth": LoginMethod("/api/v1/auth/azure-auth/login", ISSUED),
    "aws_auth": LoginMethod("/api/v1/auth/aws-auth/login", {"identity_id": "identityId"}, signed=_signed_for_aws),
    "tls_cert_auth": LoginMethod(
        "/api/v1/auth/tls-cert-auth/login", {"identity_id": "identityId"}, by_certificate=True
    ),
    "token_auth": LoginMethod(None, {"token": "accessToken"}),
    "ldap_auth": LoginMethod(
        "/api/v1/auth/ldap-auth/login",
        {"identity_id": "identityId", "ldap_username": "username", "ldap_password": "password"},
    ),
}


@dataclass(frozen=True)
class Credentials:
    """What a session logs in with. Exactly one of `token` (used as it is) and `login_path` (with `body`) is set.

    `signed` adds to the body what is only good for minutes. `secrets` are values that no option holds, and that must
    not be shown either. `by_certificate`: as in LoginMethod.
    """

    method: str
    token: str | None = None
    login_path: str | None = None
    body: Mapping[str, str] | None = None
    signed: Callable[[], Mapping[str, str]] | None = None
    secrets: tuple[str, ...] = ()
    by_certificate: bool = False

    def login_body(self, on_secret: Callable[[str], None]) -> dict[str, str]:
        """Return the body of a login, to be sent now; `on_secret` is told what must not be shown. Raises InputError."""
        signed = self.signed() if self.signed else {}
        for secret in (*self.secrets, *_secrets_in(signed.get("iamRequestHeaders"))):
            on_secret(secret)
        return {**(self.body or {}), **signed}


def credentials_from(params: Mapping[str, Any]) -> Credentials:
    """Choose the credentials that the options describe.

    `params` are the connection options, environment already applied. `login_data` wins over everything else.
    Raises InputError naming each missing option and the variables that could carry it.
    """
    login_data = params.get("login_data")
    if login_data is not None:
        token = login_data.get("access_token")
        if not isinstance(token, str) or not token.strip():
            raise InputError(
                "login_data has no access_token: specify the key login_data of the result of infisical_login."
            )
        return Credentials("login_data", token=_header_safe("login_data.access_token", token))

    name = params.get("auth_method") or DEFAULT_METHOD
    method = METHODS.get(name)
    if method is None:
        raise InputError(f"auth_method {name!r} is not known; it must be one of: {', '.join(METHODS)}.")
    needed = (*method.fields, *(("client_cert",) if method.by_certificate else ()))
    given = {option: str(params.get(option) or "").strip() for option in needed}
    file = _token_file(method, params) if "jwt" in given else ""
    missing = [option for option, value in given.items() if not value and not (option == "jwt" and file)]
    if missing:
        ways = "; ".join(f"{option} (or {' / '.join(ENVIRONMENT[option])})" for option in missing)
        raise InputError(f"auth_method {name} lacks {ways}.{_hint(name, missing, params)}")
    if file:
        given["jwt"] = _read_token(name, file, params)
    values = {api: given[option] for option, api in method.fields.items()}
    organization = _organization(name, method, params)
    if method.path is None:
        (option,) = method.fields
        return Credentials(name, token=_header_safe(option, next(iter(values.values()))))
    secrets = (given["jwt"],) if file else ()
    return Credentials(
        name,
        login_path=method.path,
        body={**values, **organization},
        signed=method.signed,
        secrets=secrets,
        by_certificate=method.by_certificate,
    )


def _organization(name: str, method: LoginMethod, params: Mapping[str, Any]) -> dict[str, str]:
    """Return the login fields for the organization to act in: none where the options don't specify one."""
    slug = str(params.get("organization_slug") or "").strip()
    if not slug or (method.path is None and _from_environment(params, "organization_slug")):
        return {}
    if method.path is None:
        raise InputError(
            f"organization_slug can't be used with auth_method {name}: an access token already belongs to one"
            " organization. Leave it out, or use a method that logs in."
        )
    return dict.fromkeys(ORGANIZATION_FIELDS, checked_name("organization_slug", slug, LONGEST_SLUG))


def _hint(name: str, missing: list[str], params: Mapping[str, Any]) -> str:
    """Return sentences for what the user may have meant to log in with."""
    hint = ""
    if name == DEFAULT_METHOD and params.get("token"):
        hint = " A token is specified: to use it, set auth_method to token_auth."
    if "jwt" in missing:
        hint = " To use a file with the token, specify jwt_path (or INFISICAL_JWT_PATH)."
    unread = [FOREIGN[option] for option in missing if option in FOREIGN and first_set([FOREIGN[option]])]
    verb = "are" if len(unread) > 1 else "is"
    return f"{hint} {' and '.join(unread)} {verb} set, but {verb} not read." if unread else hint


def first_set(variables: Iterable[str]) -> str | None:
    """Return the value of the first of these environment variables that isn't empty, or None."""
    return next((value for name in variables if (value := os.environ.get(name, "")).strip()), None)


def from_environment(option: str) -> str | None:
    """Return what the environment says of a connection option, or None."""
    return first_set(ENVIRONMENT[option])


def _token_file(method: LoginMethod, params: Mapping[str, Any]) -> str:
    """Return the file that the token comes from, or "" if it is specified itself; options win over the environment."""
    path = str(params.get("jwt_path") or "").strip()
    if str(params.get("jwt") or "").strip():
        stated_path = bool(path) and not _from_environment(params, "jwt_path")
        return path if stated_path and _from_environment(params, "jwt") else ""
    return path or method.token_file


def _from_environment(params: Mapping[str, Any], option: str) -> bool:
    return bool(params.get(option) == from_environment(option))


def _read_token(name: str, file: str, params: Mapping[str, Any]) -> str:
    try:
        with Path(file).open(encoding="ascii") as stream:
            text = stream.read(TOKEN_FILE_LIMIT + 1).strip()
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text"
        hint = "" if params.get("jwt_path") else " Outside of a pod specify jwt, or jwt_path."
        raise InputError(f"auth_method {name}: the token file {file} can't be read: {why}.{hint}") from None
    if not text or len(text) > TOKEN_FILE_LIMIT or not text.isprintable():
        raise InputError(f"auth_method {name}: the file {file} contains no token.")
    return text


def _header_safe(option: str, value: str) -> str:
    value = value.strip()
    if value == VENDORS_PLACEHOLDER:
        raise InputError(
            f"{option.partition('.')[0]} has no access token, but what infisical.vault.login returns in check mode: set"
            " check_mode: false on the task that logs in."
        )
    if not value.isascii() or not value.isprintable():
        raise InputError(f"{option} contains characters that no access token has (a line break, or not ASCII).")
    return value
