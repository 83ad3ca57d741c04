# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections of apps: what is wrong with their credentials, and which of them are secret."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .apps import APPS, App, Method, app
from .check import check_fields, check_rules, in_full, opened, unknown
from .names import did_you_mean, filled_in, in_kind, under_option_names
from .schema import Problem

CREDENTIALS = "credentials"


def check_connection(app_slug: object, method: object, credentials: Any, *, complete: bool = True) -> list[Problem]:
    """Return everything that is wrong with a connection's method and credentials. No credential's value is shown.

    `None` counts as unspecified. With `complete` false nothing unspecified is a problem.
    """
    entry = app(app_slug)
    if entry is None:
        return [unknown("app", "app", app_slug, did_you_mean(app_slug, APPS))]
    if not entry.methods:
        text = f"the methods of {entry.name} aren't in this collection's catalogue, so nothing was checked."
        return [Problem("app", text, certain=False)]
    way = entry.method(method)
    if way is None:
        hint = f" Known: {', '.join(item.name for item in entry.methods)}."
        return [unknown("method", f"method of {entry.name}", method, hint)]
    given, problems = opened(CREDENTIALS, credentials)
    if way.browser_only and complete and not given.get("refresh_token"):
        others = " or ".join(item.name for item in entry.methods if not item.browser_only)
        hint = f" Method {others} needs none." if others else ""
        text = f"{way.name} requires a code that only a login in a browser provides, and that works once.{hint}"
        problems.append(Problem("method", text, certain=False))
    if not way.credentials:
        text = f"the credentials of {way.name} aren't in this collection's catalogue, so they were not checked."
        return [*problems, Problem(CREDENTIALS, text, certain=False)]
    if given.get("session_token") and entry.slug == "aws":
        text = "temporary AWS keys end within hours, and the syncs with them. Specify a permanent access key."
        problems.append(Problem(f"{CREDENTIALS}.session_token", text))
    return [
        *problems,
        *check_fields(CREDENTIALS, given, way.credentials, complete=complete, certain=way.verified),
        *check_rules(way.rules, in_full(CREDENTIALS, given), entry.name, complete=complete),
    ]


def check_options(
    app_slug: object, method: object, options: Mapping[str, Any], credentials: Mapping[str, Any], *, complete: bool
) -> list[Problem]:
    """Return which of a connection's options its app or its method doesn't take, as far as the catalogue knows.

    With `complete` the options are those of a new connection. What the servers' sources say is told as a doubt: a
    newer server may take more.
    """
    entry = app(app_slug)
    if entry is None or not entry.methods:
        return []
    return [
        *_gateways(entry, options),
        *_managed(entry, options),
        *_rotated(entry, method, options, credentials, complete),
    ]


def _gateways(entry: App, options: Mapping[str, Any]) -> Iterator[Problem]:
    for option in ("gateway_id", "gateway_pool_id"):
        if options.get(option) and entry.gateway is False:
            yield Problem(option, f"connections to {entry.name} take no gateway.", certain=False)


def _managed(entry: App, options: Mapping[str, Any]) -> Iterator[Problem]:
    option = "is_platform_managed_credentials"
    if options.get(option) and not entry.managed:
        able = ", ".join(one.name for one in APPS.values() if one.managed)
        text = f"Infisical can't manage the credentials of {entry.name}, only those of {able}."
        yield Problem(option, text, certain=False)


def _rotated(
    entry: App, method: object, options: Mapping[str, Any], credentials: Mapping[str, Any], complete: bool
) -> Iterator[Problem]:
    option, key = "is_auto_rotation_enabled", "client_secret_key_id"
    if not options.get(option) or entry.rotated is None:
        return
    if not entry.rotated:
        yield Problem(option, f"Infisical can't rotate the credentials of {entry.name}.", certain=False)
    elif method and method not in entry.rotated:
        text = f"Infisical rotates the credentials of {entry.name} only with method {' or '.join(entry.rotated)}."
        yield Problem(option, text, certain=False)
    elif method and complete and not credentials.get(key):
        text = "it is missing: a rotation revokes the client secret by it."
        yield Problem(f"{CREDENTIALS}.{key}", text)


def coerced_credentials(app_slug: object, method: object, credentials: Any) -> dict[str, Any]:
    """Return credentials under option names, unspecified ones left out, each in the kind that is asked for.

    So are empty texts for what need not be there.
    """
    way = _method(app_slug, method)
    specs = way.credentials if way else ()
    return in_kind(filled_in(under_option_names(credentials), specs), specs)


def secret_credentials(app_slug: object, method: object, credentials: Any) -> set[str]:
    """Return the values in `credentials` that must be masked: all that aren't known to be no secret."""
    public = _public_names(app_slug, method)
    return {
        leaf
        for key, value in under_option_names(credentials).items()
        if key not in public or isinstance(value, Mapping | list)
        for leaf in _leaves(value)
    }


def public_credentials(app_slug: object, method: object, credentials: Any) -> dict[str, Any]:
    """Return the part of `credentials` that is known to be no secret, under option names.

    A value that is a secret elsewhere in them is left out, whatever it is called here.
    """
    public = _public_names(app_slug, method)
    secrets = secret_credentials(app_slug, method, credentials)
    return {
        key: value
        for key, value in under_option_names(credentials).items()
        if key in public and not isinstance(value, Mapping | list) and str(value) not in secrets
    }


def _method(app_slug: object, method: object) -> Method | None:
    entry = app(app_slug)
    return entry.method(method) if entry else None


def _public_names(app_slug: object, method: object) -> set[str]:
    way = _method(app_slug, method)
    return {item.name for item in way.credentials if not item.secret} if way else set()


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _leaves(item)
    elif value is not None and not isinstance(value, bool) and str(value):
        yield str(value)
