# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The logins of the simulated server, and the ends of their tokens."""

from __future__ import annotations

import base64
import json
import ssl
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote

from starlette.requests import Request

from . import schema
from .errors import bad_request, not_found, unauthorized
from .routing import Call, Route
from .state import State
from .tokens import Identity

# In which a proxy passes the client's certificate on, as text in which line breaks are encoded.
CERTIFICATE_HEADER = "x-identity-tls-cert-auth-client-cert"


def certificate_of(request: Request, transport: Any) -> str:
    """Return the client's certificate as PEM: the proxy's header, or that of the TLS connection; else nothing."""
    told = request.headers.get(CERTIFICATE_HEADER)
    if told:
        return unquote(told)
    connection = transport.get_extra_info("ssl_object") if transport is not None else None
    found = connection.getpeercert(binary_form=True) if connection is not None else None
    return ssl.DER_cert_to_PEM_cert(found) if found else ""


class Logins:
    """The endpoints below /api/v1/auth."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.generation = state.generation

    def routes(self) -> list[Route]:
        """Return the routes that servers of this generation have."""
        routes = [
            Route("POST", f"/api/v1/auth/{method}/login", login, token=None)
            for method, login in self._methods()
            if method in schema.logins(self.generation)
        ]
        return [
            *routes,
            Route("POST", "/api/v1/auth/token/renew", self.renew_token, token=None),
            Route("POST", "/api/v1/auth/token/revoke", self.revoke_token, token=None),
        ]

    def _methods(self) -> Iterator[tuple[str, Callable[[Call], dict]]]:
        yield "universal-auth", self.login_universal
        for method in schema.TOKEN_LOGINS:
            yield method, self._jwt_login(method)
        yield "aws-auth", self.login_aws
        yield "ldap-auth", self.login_ldap
        yield "tls-cert-auth", self.login_certificate

    def _valid(self, call: Call, method: str) -> dict:
        return schema.validated(self.generation, call.body, schema.logins(self.generation)[method])

    def _logged_in(self, identity: Identity, body: dict) -> dict:
        slug = body.get("organizationSlug") or ""
        members = self.state.organizations.get(slug)
        if slug and members is None:
            raise not_found(f"Sub organization with slug {slug} not found")
        if slug and identity.identity_id not in members:
            raise unauthorized(f"Identity not authorized to access sub organization {slug}")
        token = self.state.add_token(identity, "login", slug)
        return self._token_data(token.value, token.ttl, token.max_ttl)

    @staticmethod
    def _token_data(value: str, ttl: int, max_ttl: int) -> dict:
        return {"accessToken": value, "expiresIn": ttl, "accessTokenMaxTTL": max_ttl, "tokenType": "Bearer"}

    def _identity_by_id(self, identity_id: str) -> Identity:
        found = next((one for one in self.state.identities if one.identity_id == identity_id), None)
        if found is None:
            raise not_found(f"No auth method was found for the identity with ID '{identity_id}'")
        return found

    def login_universal(self, call: Call) -> dict:
        """POST universal-auth/login."""
        body = self._valid(call, "universal-auth")
        found = next((one for one in self.state.identities if one.client_id == body["clientId"]), None)
        if found is None:
            raise not_found("No identity with specified client ID was found")
        if body["clientSecret"] != found.client_secret:
            raise unauthorized("Invalid credentials")
        return self._logged_in(found, body)

    def _jwt_login(self, method: str) -> Callable[[Call], dict]:
        def login(call: Call) -> dict:
            body = self._valid(call, method)
            identity = self._identity_by_id(body["identityId"])
            if body["jwt"] != identity.jwt:
                is_spiffe = method == "spiffe-auth"
                raise unauthorized(
                    "JWT-SVID verification failed" if is_spiffe else "Access denied: the token wasn't accepted"
                )
            return self._logged_in(identity, body)

        return login

    def login_aws(self, call: Call) -> dict:
        """POST aws-auth/login: the signed question is not put to AWS, only its form and who signed are looked at."""
        body = self._valid(call, "aws-auth")
        identity = self._identity_by_id(body["identityId"])
        try:
            headers = json.loads(base64.b64decode(body["iamRequestHeaders"], validate=True))
            asked = base64.b64decode(body["iamRequestBody"], validate=True).decode()
        except ValueError:
            raise unauthorized("Access denied: the request can't be read") from None
        signed = str(headers.get("Authorization", ""))
        if "GetCallerIdentity" not in asked or f"Credential={identity.aws_key_id}/" not in signed:
            raise unauthorized("Access denied: the identity isn't trusted")
        return self._logged_in(identity, body)

    def login_ldap(self, call: Call) -> dict:
        """POST ldap-auth/login."""
        body = self._valid(call, "ldap-auth")
        identity = self._identity_by_id(body["identityId"])
        if (body["username"], body["password"]) != (identity.ldap_username, identity.ldap_password):
            raise unauthorized("Invalid credentials")
        return self._logged_in(identity, body)

    def login_certificate(self, call: Call) -> dict:
        """POST tls-cert-auth/login: whether the certificate is the identity's, not whether its CA is."""
        body = self._valid(call, "tls-cert-auth")
        if not call.certificate:
            raise bad_request("Missing TLS certificate in header")
        identity = self._identity_by_id(body["identityId"])
        if not identity.certificate or _der(call.certificate) != _der(identity.certificate):
            raise unauthorized("Access denied: Certificate not issued by the provided CA.")
        return self._logged_in(identity, body)

    def renew_token(self, call: Call) -> dict:
        """POST token/renew."""
        body = schema.validated(self.generation, call.body, schema.TOKEN_FIELDS)
        token = self.state.renew_token(body["accessToken"])
        return self._token_data(token.value, token.ttl, token.max_ttl)

    def revoke_token(self, call: Call) -> dict:
        """POST token/revoke."""
        body = schema.validated(self.generation, call.body, schema.TOKEN_FIELDS)
        self.state.revoke_token(body["accessToken"])
        return {"message": "Successfully revoked access token"}


def _der(certificate: str) -> bytes:
    return ssl.PEM_cert_to_DER_cert(certificate.strip())
