# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may log in to the simulated server, and the tokens that it gave out."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
import uuid
from dataclasses import dataclass, field

from .errors import ApiError, malformed_token, not_found, token_error, unauthorized
from .generations import Generation

# Machine identities get 30 days by default, with a maximum of the same length.
DEFAULT_TTL = 2592000


@dataclass
class Identity:
    """A machine identity and all its ways to log in; the token_* values apply to the tokens of later logins.

    `certificate` is the PEM of the one client certificate that it logs in with.
    """

    name: str
    identity_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    client_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    client_secret: str = field(default_factory=lambda: secrets.token_hex(32))
    token: str = ""
    jwt: str = ""
    aws_key_id: str = field(default_factory=lambda: f"AKIA{secrets.token_hex(8).upper()}")
    ldap_username: str = ""
    ldap_password: str = field(default_factory=lambda: secrets.token_hex(12))
    certificate: str = ""
    token_ttl: int = DEFAULT_TTL
    token_max_ttl: int = DEFAULT_TTL
    token_uses_limit: int = 0


@dataclass
class Token:
    """An access token that the server knows; `ttl` 0 means that it never expires, `uses_left` None no limit.

    `organization` is the slug of a sub-organization, or nothing.
    """

    value: str
    identity: Identity
    kind: str
    ttl: int = 0
    max_ttl: int = 0
    uses_left: int | None = None
    organization: str = ""
    created: float = field(default_factory=time.monotonic)
    renewed: float = field(default_factory=time.monotonic)

    def expired(self) -> bool:
        """Return whether its time is over."""
        now = time.monotonic()
        past_ttl = bool(self.ttl) and now - self.renewed >= self.ttl
        return past_ttl or (bool(self.max_ttl) and now - self.created >= self.max_ttl)


@dataclass(frozen=True)
class Actor:
    """Who sends a request: a machine identity, or a user with a session token."""

    identity: Identity
    is_user: bool
    organization: str = ""


def _segment(data: dict) -> str:
    return base64.urlsafe_b64encode(json.dumps(data).encode()).rstrip(b"=").decode()


class Tokens:
    """Identities and their tokens. Take `lock` around a read that spans several calls."""

    def __init__(self, generation: Generation) -> None:
        self.generation = generation
        self.lock = threading.RLock()
        self.identities: list[Identity] = []
        self.tokens: dict[str, Token] = {}
        self._signing_key = secrets.token_bytes(32)

    def missing(self, named: str, unnamed: str) -> ApiError:
        """Return the 404 of this generation: with the text that names what is missing, or with the other one."""
        return not_found(named if self.generation.names_what_is_missing else unnamed)

    def sign(self, claims: dict) -> str:
        """Return a token of JWT form that only this server signs."""
        head = _segment({"alg": "HS256", "typ": "JWT"}) + "." + _segment({**claims, "jti": secrets.token_hex(8)})
        digest = hmac.new(self._signing_key, head.encode(), hashlib.sha256).digest()
        return head + "." + base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def check_signature(self, token: str) -> None:
        """Raise the error of a token that isn't of JWT form or that another server signed."""
        if not token:
            raise token_error("jwt must be provided")
        parts = token.split(".")
        if len(parts) != 3:
            raise malformed_token()
        try:
            for part in parts[:2]:
                json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        except ValueError:
            raise token_error("invalid token") from None
        digest = hmac.new(self._signing_key, ".".join(parts[:2]).encode(), hashlib.sha256).digest()
        if not hmac.compare_digest(base64.urlsafe_b64encode(digest).rstrip(b"=").decode(), parts[2]):
            raise token_error("invalid signature")

    def add_identity(self, name: str) -> Identity:
        """Make an identity with a token that never expires."""
        identity = Identity(name=name, ldap_username=f"{name}-ldap")
        identity.token = self.add_token(identity, "token-auth").value
        identity.jwt = self.sign({"sub": name, "iss": "https://idp.example"})
        self.identities.append(identity)
        return identity

    def add_token(self, identity: Identity, kind: str, organization: str = "") -> Token:
        """Make an access token (kind `login`, `token-auth` or `user`) for an identity, in a sub-organization or not."""
        value = self.sign({"identityId": identity.identity_id, "authTokenType": kind})
        token = Token(value, identity, kind, organization=organization)
        if kind == "login":
            token.ttl, token.max_ttl = identity.token_ttl, identity.token_max_ttl
            token.uses_left = identity.token_uses_limit or None
        with self.lock:
            self.tokens[value] = token
        return token

    def use_token(self, value: str) -> Actor:
        """Return who sends this token, counting the use; raise its 401, 403 or 404 when it isn't good."""
        if value.startswith("st."):
            # No service token is ever made here.
            name = value.split(".")[1]
            raise self.missing(f"Service token with ID '{name}' not found", "Service token not found")
        self.check_signature(value)
        with self.lock:
            token = self.tokens.get(value)
            if token is None:
                raise unauthorized("No identity access token found")
            if token.expired():
                del self.tokens[value]
                if self.generation.expired_token_is_token_error:
                    raise token_error("Your token has expired. Please re-authenticate.")
                raise unauthorized("Failed to renew MI access token due to TTL expiration")
            if token.uses_left is not None:
                if token.uses_left <= 0:
                    raise unauthorized("Unable to use the access token: its number of uses is reached")
                token.uses_left -= 1
            return Actor(token.identity, token.kind == "user", token.organization)

    def renew_token(self, value: str) -> Token:
        """Start a token's time anew; one that can't be renewed is destroyed."""
        self.check_signature(value)
        with self.lock:
            token = self.tokens.get(value)
            if token is None or token.kind == "user":
                raise unauthorized("No identity access token found")
            if token.expired():
                del self.tokens[value]
                raise unauthorized("Failed to renew MI access token due to TTL expiration")
            age = time.monotonic() - token.created
            if token.max_ttl and age + token.ttl > token.max_ttl:
                del self.tokens[value]
                raise unauthorized("Failed to renew MI access token past its Max TTL expiration")
            token.renewed = time.monotonic()
            return token

    def revoke_token(self, value: str) -> None:
        """Forget a token; raise the 401 of one that isn't known."""
        self.check_signature(value)
        with self.lock:
            token = self.tokens.get(value)
            if token is None or token.kind == "user":
                raise unauthorized("No identity access token found")
            del self.tokens[value]

    def live_tokens(self) -> list[str]:
        """Return the tokens of logins that are neither revoked nor expired."""
        with self.lock:
            return [token.value for token in self.tokens.values() if token.kind == "login" and not token.expired()]
