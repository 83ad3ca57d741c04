# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the server is and how to reach it: the connection options, checked and brought into one form."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from .._errors import InputError, clean_name
from .certificates import client_certificate
from .logins import DEFAULT_URL, ENVIRONMENT, Credentials, credentials_from

UNSPECIFIED = f"Neither url nor {' nor '.join(ENVIRONMENT['url'])} is set: the login goes to {DEFAULT_URL}."
# What is below an Infisical server's own address, and so never the path that a proxy serves it at.
NO_PREFIX = re.compile(r"(?P<prefix>.*?)/(api/v[0-9]+|login|signup)(/.*)?")
# Eleven days. What takes longer is a slip, and some of Python's timers can't count to it.
LARGEST = 1_000_000
OWN_HEADERS = ("authorization", "content-type", "content-length", "host", "transfer-encoding")


@dataclass(frozen=True)
class Server:
    """How to reach a server. Times are in seconds; `retry_budget` is what all retries of a task may take together.

    `certificate` are the files of the client certificate and of its key, which may be the same one.
    `direct` keeps the environment's proxies out: what goes to this machine in the clear must not leave it.
    """

    url: str
    credentials: Credentials
    validate_certs: bool = True
    ca_path: str | None = None
    certificate: tuple[str, str] | None = None
    timeout: float = 30.0
    retries: int = 5
    retry_budget: float = 120.0
    extra_headers: Mapping[str, str] = field(default_factory=dict)
    direct: bool = False


def base_url(value: str, allow_plaintext: bool) -> str:
    """Return `value` as scheme://host[:port][/prefix], without a trailing slash or `/api`.

    Raises InputError for anything that isn't such a URL, for credentials in it, and for `http://` to another machine
    unless `allow_plaintext` is set.
    """
    text = value.strip()
    try:
        parts = urlsplit(text)
        host, _port = parts.hostname, parts.port
    except ValueError:
        raise InputError("url is not a valid URL: specify it as https://host or https://host:port.") from None
    if parts.scheme not in ("http", "https") or not host or any(c.isspace() for c in text):
        raise InputError(f"url {clean_name(text, 80)!r} is not valid: specify it as https://host or https://host:port.")
    if "@" in parts.netloc:
        raise InputError("url must not contain a user name or password: use the login options.")
    if parts.query or parts.fragment:
        raise InputError("url must not contain a query or a fragment: specify it as https://host or https://host:port.")
    if parts.scheme == "http" and not allow_plaintext and not _is_loopback(host):
        raise InputError(
            f"url is http:// to {clean_name(host, 80)}, which would send credentials unencrypted: use https://, or set"
            " allow_plaintext to true if this is intended."
        )
    path = parts.path.rstrip("/").removesuffix("/api").rstrip("/")
    wrong = NO_PREFIX.fullmatch(path)
    if wrong:
        raise InputError(
            f"url has the path {clean_name(path, 80)!r}: specify {parts.scheme}://{parts.netloc}{wrong['prefix']} only."
        )
    return f"{parts.scheme}://{parts.netloc}{path}"


def _is_loopback(host: str) -> bool:
    """Return whether a host is this machine: an address, or localhost where every address of it is one of those."""
    # A zone (::1%eth0) is passed on as it is, and who gets it decides what it means.
    if "%" in host:
        return False
    if host == "localhost" or host.endswith(".localhost"):
        try:
            found = {entry[4][0] for entry in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
        except (OSError, UnicodeError):
            return False
    else:
        found = {host}
    try:
        return bool(found) and all(ipaddress.ip_address(address).is_loopback for address in found)
    except ValueError:
        return False


def specified_url(params: Mapping[str, Any]) -> str:
    """Return the address that the options specify (environment already applied), or "" for none."""
    login_data = params.get("login_data") or {}
    return next((text for source in (login_data, params) if (text := str(source.get("url") or "").strip())), "")


def server_from(params: Mapping[str, Any], environment_url: str | None = None) -> Server:
    """Return the Server that the connection options describe (environment already applied).

    `environment_url` is the URL that the environment names: a `url` that only comes from there gives way to the one
    in `login_data`. Raises InputError.
    """
    credentials = credentials_from(params)
    allow_plaintext = bool(params.get("allow_plaintext"))
    url = base_url(specified_url(params) or DEFAULT_URL, allow_plaintext)
    stated = str(params.get("url") or "").strip()
    if stated not in ("", (environment_url or "").strip()) and base_url(stated, True) != url:
        raise InputError(
            f"url ({base_url(stated, True)}) and login_data.url ({url}) differ: an access token is only sent to the"
            " server that issued it. Remove url, or log in to that server."
        )
    if credentials.by_certificate and url.startswith("http://"):
        raise InputError(
            f"auth_method {credentials.method} needs an https:// url, since the client certificate is part of the TLS"
            " connection."
        )
    for option in ("timeout", "retries", "retry_budget", "wait_timeout"):
        value = params.get(option)
        if value is not None and (not value >= 0 or (option == "timeout" and value == 0)):
            raise InputError(f"{option} must be positive, not {clean_name(value, 40)}.")
        if value is not None and value > LARGEST:
            raise InputError(f"{option} must not be larger than {LARGEST}, and is {clean_name(value, 40)}.")
    return Server(
        url=url,
        credentials=credentials,
        validate_certs=params.get("validate_certs") is not False,
        ca_path=params.get("ca_path") or None,
        certificate=client_certificate(params),
        timeout=float(params.get("timeout") or Server.timeout),
        retries=int(params["retries"]) if params.get("retries") is not None else Server.retries,
        retry_budget=(float(params["retry_budget"]) if params.get("retry_budget") is not None else Server.retry_budget),
        extra_headers=_checked_headers(params.get("extra_headers") or {}),
        direct=url.startswith("http://") and _is_loopback(urlsplit(url).hostname or ""),
    )


def _checked_headers(headers: Mapping[str, Any]) -> dict[str, str]:
    checked = {}
    for name, value in headers.items():
        if value is None:
            raise InputError(f"extra_headers: {clean_name(name, 80)} has no value.")
        text = str(value).strip()
        if not re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", str(name)):
            raise InputError(f"extra_headers: {clean_name(name, 80)!r} is not a header name.")
        if str(name).lower() in OWN_HEADERS:
            raise InputError(f"extra_headers: {name} is set by the collection itself and can't be replaced.")
        if not text.isascii() or not text.isprintable():
            raise InputError(f"extra_headers: the value of {name} contains characters that a header can't have.")
        checked[str(name)] = text
    return checked
