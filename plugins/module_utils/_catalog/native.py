# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Native services: where an integration writes, and what is wrong with the options of an integration or an auth."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .._errors import shown
from .check import check_rules, check_text, is_set
from .schema import FieldSpec, Problem
from .services import (
    COMMON_METADATA,
    CREDENTIALS,
    DELETES,
    DESTINATION_FIELDS,
    KEEPS,
    METADATA_PREFIX,
    REPLACES,
    Service,
    service,
)

ADDRESS = re.compile(r"https?://[^\s/]+.*")


def destination(slug: str, view: Mapping[str, Any]) -> tuple[tuple[str, object], ...]:
    """Return what of `view` (an integration in option names) says where its secrets go, in comparable form.

    Missing values count as empty. Two integrations with equal results write to the same place, given one auth.
    """
    entry = service(slug)
    scope = view.get("scope") or entry.default_scope
    for_display = {name for key, others in entry.named_by.items() if view.get(key) for name in others}
    values: list[tuple[str, object]] = []
    for name in entry.destination_for(scope):
        if name in for_display:
            continue
        value = scope if name == "scope" else view.get(name)
        values.append((name, str(value or "").strip()))
    metadata = view.get("metadata") or {}
    values.extend((key, _comparable(metadata.get(key))) for key in entry.identity_metadata)
    return tuple(values)


def _comparable(value: object) -> object:
    if isinstance(value, Mapping):
        return tuple(sorted((key, _comparable(item)) for key, item in value.items() if item))
    if isinstance(value, list | tuple):
        return tuple(sorted(str(item) for item in value))
    return "" if value is None else value


def extra_secrets(slug: str, metadata: Mapping[str, Any] | None) -> str:
    """Return what each sync of an integration with `metadata` does with secrets that Infisical doesn't have.

    KEEPS, DELETES, REPLACES, or an empty text where that is not known.
    """
    entry = service(slug)
    if entry.keeps_if and ((metadata or {}).get(entry.keeps_if[0]) or False) == entry.keeps_if[1]:
        return KEEPS
    return entry.extra


def keeping(slug: str) -> dict[str, Any]:
    """Return the metadata that a new integration gets, so that what Infisical doesn't have stays at the destination."""
    entry = service(slug)
    return {entry.keeps_if[0]: True} if entry.keeps_if and entry.keeps_if[1] is True else {}


def deletion_of(entry: Service) -> str:
    """Say in words what each sync deletes or replaces at the destination; nothing where it always keeps all."""
    if entry.extra == DELETES:
        within = f" ({entry.within})" if entry.within else ""
        return f"deletes the secrets in {entry.name} that Infisical doesn't have{within}"
    return f"replaces {entry.whole} in {entry.name}" if entry.extra == REPLACES else ""


def deletion_warning(slug: str, view: Mapping[str, Any], given: Mapping[str, Any]) -> str:
    """Return what to say of a new integration (`view`) that deletes what Infisical doesn't have, or an empty text.

    Nothing is to be said where the metadata that the task specifies (`given`) allows the deletion explicitly.
    """
    entry = service(slug)
    allowed = bool(
        entry.keeps_if
        and isinstance(entry.keeps_if[1], bool)
        and given.get(entry.keeps_if[0], entry.keeps_if[1]) != entry.keeps_if[1]
    )
    if extra_secrets(slug, view.get("metadata")) in (KEEPS, "") or allowed:
        return ""
    lost = ": what Infisical doesn't have is lost" if entry.extra == REPLACES else ""
    return f"Each sync {deletion_of(entry)}{lost}. If this is intended, set accept_deletion to true."


def everything_warning(slug: str, view: Mapping[str, Any]) -> str:
    """Return what to say of an integration that may delete whatever an account holds, or an empty text."""
    entry = service(slug)
    if not entry.everything or extra_secrets(slug, view.get("metadata")) in (KEEPS, ""):
        return ""
    option, value = entry.everything
    if str(view.get(option) or "").strip() != value:
        return ""
    return (
        f"{option} is {value}: each sync {deletion_of(entry)}, whoever made them. If all of that is intended, set"
        " accept_deletion to true."
    )


def check_integration(slug: str, wanted: Mapping[str, Any], *, complete: bool) -> list[Problem]:
    """Return what is wrong with the options of an integration.

    `complete`: they are all there is, and nothing is on the server yet; otherwise what they don't tell is left aside.
    """
    entry = service(slug)
    if not entry.known:
        return []
    given = {option: wanted.get(option) for option in DESTINATION_FIELDS}
    given.update({f"{METADATA_PREFIX}{key}": value for key, value in (wanted.get("metadata") or {}).items()})
    if complete and not given["scope"]:
        given["scope"] = entry.default_scope
    problems = list(_texts(entry.all_fields, given))
    if given["target_url"] and not ADDRESS.fullmatch(str(given["target_url"]).strip()):
        problems.append(_no_address(given["target_url"]))
    problems.extend(check_rules(entry.rules, given, entry.name, complete=complete))
    if complete:
        known_scope = not entry.scopes or given["scope"] in entry.scopes
        needed = entry.required(given["scope"]) if known_scope else ()
        named = {problem.field for problem in problems}
        problems.extend(
            Problem(option, f"it is missing: {entry.name} can't be written to without it.")
            for option in needed
            if not given[option] and option not in named
        )
    used = {*(item.name for item in entry.all_fields), *(f"{METADATA_PREFIX}{key}" for key in COMMON_METADATA)}
    problems.extend(
        Problem(option, f"is not used for {entry.name}.", certain=False)
        for option, value in given.items()
        if is_set(value) and option not in used
    )
    return problems


def _texts(specs: Iterable[FieldSpec], given: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what is wrong with the texts in `given`, also those in lists; Ansible has seen to the kinds of values."""
    for spec in specs:
        value = given.get(spec.name)
        for item in value if isinstance(value, list | tuple) else [value]:
            text = str(item or "").strip()
            if text:
                yield from check_text(spec.name, text, spec)


def _no_address(url: object) -> Problem:
    return Problem("target_url", f"{shown(url)} is not an address (https://host).")


def check_auth(
    slug: str, wanted: Mapping[str, Any], credentials: Mapping[str, Any], *, complete: bool
) -> list[Problem]:
    """Return what is wrong with the options of an auth; never shows a credential. For `complete` see above."""
    entry = service(slug)
    if not entry.known:
        return []
    url = str(wanted.get("target_url") or "").strip()
    problems = []
    if url and not ADDRESS.fullmatch(url):
        problems.append(_no_address(url))
    else:
        problems.extend(_texts(entry.auth_fields, {**credentials, "target_url": url}))
    if url and not entry.auth_url:
        problems.append(Problem("target_url", f"is not used for {entry.name}.", certain=False))
    usable = {option for options in entry.credentials for option in options}
    given = [option for option in CREDENTIALS if credentials.get(option)]
    for option in given:
        if option in usable:
            continue
        # A token for a service without an exchange, or a role for one that is not in AWS, makes the server fail.
        certain = option in ("refresh_token", "aws_assume_iam_role_arn")
        problems.append(Problem(option, f"is not what {entry.name} takes.{_takes(entry)}", certain=certain))
    problems.extend(_malformed(entry, credentials))
    if complete:
        if entry.auth_url == "required" and not url:
            problems.append(Problem("target_url", f"it is missing: {entry.name} has its own address."))
        problems.extend(_incomplete(entry, given))
        if entry.by_browser:
            problems.append(Problem("integration", f"{slug}: {entry.by_browser}", certain=False))
    return problems


def _takes(entry: Service) -> str:
    ways = " or ".join(" and ".join(options) for options in entry.credentials)
    return f" It takes {ways}."


def _incomplete(entry: Service, given: list[str]) -> Iterator[Problem]:
    if not given or any(set(options) <= set(given) for options in entry.credentials):
        return
    begun = [options for options in entry.credentials if set(options) & set(given)] or list(entry.credentials)
    for option in begun[0]:
        if option not in given:
            what = f" ({entry.access_id})" if option == "access_id" and entry.access_id else ""
            yield Problem(option, f"it is missing{what}.{_takes(entry)}")


def _malformed(entry: Service, credentials: Mapping[str, Any]) -> Iterator[Problem]:
    if entry.slug == "gcp-secret-manager" and credentials.get("refresh_token"):
        try:
            account = json.loads(credentials["refresh_token"])
            whole = bool(account["client_email"] and account["private_key"])
        except (ValueError, TypeError, KeyError):
            whole = False
        if not whole:
            yield Problem(
                "refresh_token", "is not the JSON of a service account, with client_email and private_key, as a string."
            )
    if entry.slug == "azure-devops" and credentials.get("access_token"):
        try:
            plain = base64.b64decode(credentials["access_token"], validate=True)
        except ValueError:
            plain = b""
        if b":" not in plain:
            yield Problem(
                "access_token",
                "should be the base64 form of a colon and the personal access token: {{ (':' ~ token) | b64encode }}.",
                certain=False,
            )
