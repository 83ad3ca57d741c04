# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts of messages: a server's own words, and what an address that leads elsewhere means."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

from .._errors import clean_name, clean_text, sentence_in

MOST_ISSUES = 20
# How many unions of one issue are unpacked.
MOST_UNIONS = 5
# What to do about a refused login: the first whose pattern is in the server's reason.
LOGIN_ADVICE = (
    (
        re.compile(r"\bsub[ -]?organization", re.IGNORECASE),
        " Check organization_slug, and that the identity may use that organization.",
    ),
    (
        re.compile(r"certificate in header", re.IGNORECASE),
        (
            " The proxy that terminates TLS in front of the server does not forward client certificates: it may do so"
            " on another port"
            " (Infisical Cloud: 8443)."
        ),
    ),
    # The credentials may be right.
    (re.compile(r"\bIP\b|\baddress\b|\block(ed|out)\b|\btoo many\b|\btry again\b", re.IGNORECASE), ""),
    (re.compile(""), " Check the credentials, and that they belong to this server."),
)


def error_text(message: object) -> str:
    """Return the message of an error: a sentence, or what a validation found wrong with each field."""
    if isinstance(message, list):
        # Where a schema is made of several, each says what it lacks.
        return clean_text("; ".join(dict.fromkeys(_issue_text(issue) for issue in message[:MOST_ISSUES])))
    return clean_text(sentence_in(message) if message is not None else "")


def _issue_text(issue: object, unions: int = MOST_UNIONS) -> str:
    if not isinstance(issue, Mapping):
        return clean_text(issue, 200)
    ways = _union_texts(issue, unions - 1) if unions and issue.get("code") == "invalid_union" else []
    if ways:
        return ", or ".join(ways)
    path = issue.get("path")
    where = ".".join(str(part) for part in path) if isinstance(path, list) and path else "the request"
    return f"{where}: {clean_text(issue.get('message', 'invalid'), 200)}"


def _union_texts(issue: Mapping[str, Any], unions: int) -> list[str]:
    """Return what each way of a union lacks, each text once. Zod has changed where it tells that."""
    found = issue.get("unionErrors") or issue.get("errors")
    rows = [row.get("issues") if isinstance(row, Mapping) else row for row in found] if isinstance(found, list) else []
    ways = [[inner for inner in row if isinstance(inner, Mapping)] for row in rows if isinstance(row, list)]
    texts = ["; ".join(_issue_text(inner, unions) for inner in way[:MOST_ISSUES]) for way in ways[:MOST_ISSUES]]
    return list(dict.fromkeys(text for text in texts if text))


def login_advice(reason: str) -> str:
    """Return a sentence, after a blank, about what to do where a server refused a login for this reason; or nothing."""
    return next(advice for pattern, advice in LOGIN_ADVICE if pattern.search(reason))


def path_hint(url: str) -> str:
    """Return a sentence about the path in `url`, after a blank, where it has one that may be wrong; else nothing."""
    parts = urlsplit(url)
    if not parts.path:
        return ""
    path, origin = clean_name(parts.path, 80), f"{parts.scheme}://{parts.netloc}"
    return f" url has the path {path!r}: if Infisical isn't served below it, give {origin} only."


def redirect_text(location: str, where: str, url: str) -> str:
    """Return the message for a redirect of the request `where` to `location`. It never advises to log in elsewhere."""
    # A query may hold what is as good as a credential.
    target = clean_text(location.partition("?")[0].partition("#")[0], 120) or "nowhere"
    return (
        f"{url} redirects {where} to {target}, which is not followed, since credentials go to the configured server"
        f" only. {_advice(location, where.partition(' ')[2], url)}"
    )


def _advice(location: str, path: str, url: str) -> str:
    if not location:
        return "Is a proxy in between?"
    here, target = urlsplit(url), _resolved(url + path, location)
    found = target.path.rstrip("/")
    is_same_path = found.endswith(path)
    is_to_https = (here.scheme, target.scheme, found) == ("http", "https", "")
    if target.hostname == here.hostname and (is_same_path or is_to_https):
        host = target.netloc.rpartition("@")[2]
        address = clean_text(f"{target.scheme}://{host}{found.removesuffix(path)}", 120)
        return f"Set url to the server's final address, {address}."
    if target.hostname and is_same_path:
        host = clean_name(target.hostname, 80)
        return f"If the Infisical server has moved to {host} and you trust that, set url to its new address."
    return (
        "Something in front of the server requires its own login: if that is an access proxy, specify its token in"
        " extra_headers."
    )


def _resolved(base: str, location: str) -> SplitResult:
    """Return the parts of the address that a redirect leads to, empty ones where it can't be read."""
    try:
        parts = urlsplit(urljoin(base, location))
        _readable = parts.hostname, parts.port
    except ValueError:
        return urlsplit("")
    return parts
