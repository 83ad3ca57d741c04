# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The client certificate of the connection: its files, checked before a request is sent, and what servers say of it."""

from __future__ import annotations

import re
import ssl
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from .._errors import InputError, clean_name, clean_text

# A certificate with its chain and its key is a few kilobytes; whatever is larger is another file.
FILE_LIMIT = 1024 * 1024
CERTIFICATE = re.compile(rb"-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----")
KEY = re.compile(rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----")
# Alerts of a server are about the client's certificate; these are OpenSSL's words for them.
ALERT = re.compile(r"alert (?:(?:no |bad |unsupported )?certificate(?: [a-z]+)?|unknown ca|access denied)")
# TLS 1.2 has no word of its own for a certificate that is missing.
FAILURE = re.compile(r"alert handshake failure")
# nginx lets the connection come about, and answers with status 400.
PAGE = re.compile(r"No required SSL certificate was sent|The SSL certificate error")
GIVE_IT = "specify it in client_cert (or INFISICAL_CLIENT_CERT)."


def client_certificate(params: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the files of the client certificate and of its key, by their absolute paths; None where there is none.

    `params` are the connection options, environment already applied. Raises InputError for a file that can't be read,
    that isn't PEM, whose key has a password, and for a key that belongs to another certificate.
    """
    files = {option: str(params.get(option) or "").strip() for option in ("client_cert", "client_key")}
    if not files["client_cert"]:
        if files["client_key"]:
            raise InputError(
                "client_key is set, but client_cert is not: specify the file with the certificate in client_cert (or"
                " INFISICAL_CLIENT_CERT)."
            )
        return None
    content = _content("client_cert", files["client_cert"])
    if not CERTIFICATE.search(content):
        raise InputError(
            f"client_cert {_shown(files['client_cert'])} contains no certificate in PEM format (-----BEGIN"
            " CERTIFICATE-----)."
        )
    _check_key(files, content)
    certificate = files["client_cert"]
    key = files["client_key"] or certificate
    _load(certificate, key, "client_key" if files["client_key"] else "client_cert")
    # The login of a loop ends when the folder in which the task ran has been left.
    return str(Path(certificate).absolute()), str(Path(key).absolute())


def _check_key(files: Mapping[str, str], content: bytes) -> None:
    if files["client_key"]:
        if not KEY.search(_content("client_key", files["client_key"])):
            raise InputError(
                f"client_key {_shown(files['client_key'])} contains no private key in PEM format (-----BEGIN PRIVATE"
                " KEY-----)."
            )
    elif not KEY.search(content):
        raise InputError(
            f"client_cert {_shown(files['client_cert'])} contains no private key: specify the file with the key in"
            " client_key"
            " (or INFISICAL_CLIENT_KEY), or add the key to client_cert."
        )


def _content(option: str, file: str) -> bytes:
    path = Path(file)
    try:
        # To read a pipe would empty it, or never end.
        if not stat.S_ISREG(path.stat().st_mode):
            raise InputError(f"{option} {_shown(file)} is not a file.")
        with path.open("rb") as stream:
            return stream.read(FILE_LIMIT)
    except OSError as error:
        raise InputError(f"{option} {_shown(file)} can't be read: {error.strerror}.") from None


def _load(certificate: str, key: str, option: str) -> None:
    """Load both as a connection does; `option` names the file with the key."""

    def refuse_password() -> NoReturn:
        raise InputError(
            f"The private key in {option} {_shown(key)} has a password, which is not supported: specify a key without"
            " one."
        )

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(certificate, key, refuse_password)
    except OSError as error:
        # ssl.SSLError is one, and has a reason.
        reason = str(getattr(error, "reason", None) or error.strerror or "unknown")
        if "MISMATCH" in reason:
            raise InputError(
                f"The private key in {option} {_shown(key)} does not belong to the certificate in client_cert"
                f" {_shown(certificate)}."
            ) from None
        why = clean_text(reason.replace("_", " ").lower(), 80)
        raise InputError(
            f"client_cert {_shown(certificate)} and its private key can't be loaded ({why}): both must be valid PEM."
        ) from None


def _shown(file: str) -> str:
    return repr(clean_name(file, 200))


def refusal(said: str, url: str, *, is_given: bool) -> str:
    """Return a sentence for a server that takes no request for want of a client certificate, or "" for any other fault.

    `said` are the words of OpenSSL, or the page that the server answered; `is_given` tells whether a certificate was
    there to be sent.
    """
    found = ALERT.search(said) or PAGE.search(said)
    if found and is_given:
        return f"{url} does not accept the client certificate in client_cert (it says: {found[0]})."
    if found:
        return f"{url} requires a client certificate (it says: {found[0]}): {GIVE_IT}"
    if not is_given and FAILURE.search(said):
        return f"No TLS connection to {url} ({said}). If the server requires a client certificate, {GIVE_IT}"
    return ""
