# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write docs/services.md from the catalogues, so that the page can't say anything else than the modules check."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "services.md"

# Spelled so that the licence check doesn't take it for this file's own.
LICENCE = "SPDX-License-" + "Identifier: GPL-3.0-or-later"
HEAD = f"""<!--
SPDX-FileCopyrightText: 2026 The community.infisical authors
{LICENCE}
-->

# Services

What each service needs, as the modules check it. This page is made from the catalogues by `make services-page`.

An option in **bold** is needed. One with `?` rests on a fact that was read in sources and not seen running: the modules
warn there, and don't refuse.
"""


def page() -> str:
    """Return the page as Markdown."""
    sys.path.insert(0, str(ROOT / ".cache" / "collections"))
    from ansible_collections.community.infisical.plugins.module_utils import (  # noqa: PLC0415
        catalog,
        migration,
        sync_catalog,
    )

    lines = [HEAD]
    lines += ["## Native integrations", "", "Where `app_id` and the like stand here, `app` is a name for display.", ""]
    lines += table(
        ("service", "credentials of the auth", "destination", "metadata", "becomes the secret sync"),
        (native_row(service, migration.ROUTES) for service in sorted(catalog.SERVICES.values(), key=lambda s: s.slug)),
    )
    lines += ["", "## Destinations of secret syncs", ""]
    lines += table(
        ("destination", "app", "import", "`destination_config`", "further `sync_options`"),
        (sync_row(entry) for entry in sorted(sync_catalog.DESTINATIONS.values(), key=lambda d: d.slug)),
    )
    lines += ["", "## Apps of connections", ""]
    lines += table(
        ("app", "method", "`credentials`"),
        (row for app in sorted(sync_catalog.APPS.values(), key=lambda a: a.slug) for row in app_rows(app)),
    )
    return "\n".join(lines) + "\n"


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    lines = [" | ".join(head), " | ".join("---" for _column in head)]
    lines += [" | ".join(row) for row in rows]
    return [f"| {line} |" for line in lines]


def native_row(service, routes) -> tuple[str, ...]:
    scopes = service.destination_by_scope or {"": service.destination}
    places = [
        (f"`{scope}`: " if scope else "") + named(service.destination_for(scope), service.required(scope))
        for scope in scopes
    ]
    ways = [" + ".join(f"`{option}`" for option in way) for way in service.credentials]
    if service.auth_url:
        ways = [f"{way}, {'**`target_url`**' if service.auth_url == 'required' else '`target_url`'}" for way in ways]
    route = routes.get(service.slug)
    successor = f"`{route.destination}`" if route and route.destination else "none"
    return (
        f"`{service.slug}`",
        " or ".join(ways)
        + (f". {service.by_browser[0].upper()}{service.by_browser[1:]}" if service.by_browser else ""),
        "; ".join(places),
        named(service.metadata, ()),
        successor,
    )


def named(options: Iterable[str], required: Iterable[str]) -> str:
    return ", ".join(f"**`{option}`**" if option in required else f"`{option}`" for option in options)


def sync_row(entry) -> tuple[str, ...]:
    scopes = [scope for scope in entry.scopes if scope] or [""]
    configs = [
        (f"`{scope}`: " if scope else "") + ", ".join(settings(entry.settings_for(scope or None))) for scope in scopes
    ]
    imports = {True: "yes", False: "no", None: "?"}[entry.can_import]
    unsure = "" if entry.verified else " ?"
    return (
        f"`{entry.slug}`{unsure}",
        f"`{entry.app}`" if entry.app else "?",
        imports,
        "; ".join(config for config in configs if config) or "not known",
        ", ".join(settings(entry.options)),
    )


def settings(entries) -> Iterator[str]:
    for setting in entries:
        name = f"`{setting.name}`"
        choices = f" ({', '.join(setting.choices)})" if setting.choices else ""
        yield f"**{name}**{choices}" if setting.required else name + choices + ("" if setting.verified else " ?")


def app_rows(app) -> Iterator[tuple[str, ...]]:
    for method in app.methods:
        note = " (needs a browser)" if method.browser_only else ""
        unsure = "" if method.verified else " ?"
        yield f"`{app.slug}`", f"`{method.name}`{unsure}{note}", ", ".join(settings(method.credentials)) or "not known"
    if not app.methods:
        yield f"`{app.slug}`", "not known", ""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
