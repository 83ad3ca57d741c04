# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from ansible_collections.community.infisical.plugins.module_utils._catalog.apps import APPS, Method
from ansible_collections.community.infisical.plugins.module_utils._catalog.destinations import DESTINATIONS, Destination
from ansible_collections.community.infisical.plugins.module_utils._catalog.services import SERVICES, Service

TABLE = "ansible_collections.community.infisical.docsite.services"


def _notes(head: str, lines: Iterable[str]) -> str:
    """Return a fragment with notes, as JSON, which is YAML too."""
    # A fragment must have options, even if there are none.
    return json.dumps(
        {
            "options": {},
            "notes": [f"{head} The guide Services has all of them in the R(table of services, {TABLE}).", *lines],
        }
    )


def _grouped(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield each text once, with the names that it holds for; pairs are name and text."""
    groups: dict[str, list[str]] = {}
    for name, text in sorted(pairs):
        groups.setdefault(text, []).append(f"V({name})")
    return (f"{', '.join(names)} - {text}." for text, names in groups.items())


def _options(names: Iterable[str], mark: str = "O") -> str:
    return ", ".join(f"{mark}({name})" for name in names)


def _joined(needed: str, wanted: str = "", shown: str = "") -> str:
    parts = (needed, wanted and f"optional {wanted}", shown and f"for display {shown}")
    return "; ".join(part for part in parts if part)


def _credentials(service: Service) -> str:
    ways = ", or ".join(" and ".join(f"O({option})" for option in way) for way in service.credentials)
    url = {"required": "; O(target_url) is required", "optional": "; O(target_url) if it is self-hosted"}
    who = f"; O(access_id) is {service.access_id}" if service.access_id else ""
    return (
        ways
        + who
        + url.get(service.auth_url, "")
        + ("; of limited use, the module warns why" if service.by_browser else "")
    )


def _place(service: Service) -> str:
    scopes = service.scopes or ("",)
    needed = "; ".join(
        (f"with O(scope={scope}) " if scope else "") + _options(service.required(scope)) for scope in scopes
    )
    optional = [option for option in service.destination_for("") if option not in service.required()]
    wanted = [
        *([] if service.scopes else optional),
        *(f"metadata.{key}" for key in service.metadata),
    ]
    return _joined(needed, _options(wanted), "" if service.scopes else _options(service.display))


def _config(entry: Destination) -> str:
    texts = []
    for scope in entry.scopes or ("",):
        fields = entry.fields_for(scope)[1 if entry.scopes else 0 :]
        needed = _options((item.name for item in fields if item.required), "C")
        wanted = _options((item.name for item in fields if not item.required), "C")
        texts.append((f"with C(scope={scope}) " if scope else "") + _joined(needed, wanted))
    options = _options((item.name for item in entry.options if not item.only_read), "C")
    return "; ".join(texts) + (f"; in O(sync_options) {options}" if options else "") + f"; app V({entry.app})"


def _method(way: Method) -> str:
    needed = _options((item.name for item in way.credentials if item.required), "C")
    wanted = _options((item.name for item in way.credentials if not item.required), "C")
    return f"V({way.name}) with {_joined(needed, wanted) or 'unknown credentials'}"


class ModuleDocFragment:
    """What each service needs, from the catalogues."""

    # With their types, since ansible-test takes any plain assignment here for a literal text.

    NATIVE_AUTH: str = _notes(
        "The following notes list the credentials of each O(integration).",
        _grouped((entry.slug, _credentials(entry)) for entry in SERVICES.values()),
    )
    NATIVE: str = _notes(
        "The following notes list what each O(integration) requires and what else it uses. O(metadata.secret_prefix)"
        " and O(metadata.secret_suffix) work with all of them.",
        _grouped((entry.slug, _place(entry)) for entry in SERVICES.values()),
    )
    CONNECTIONS: str = _notes(
        "The following notes list the keys of O(credentials) for each O(app) and O(method).",
        _grouped(
            (entry.slug, ", or ".join(_method(way) for way in entry.methods if not way.browser_only and way.verified))
            for entry in APPS.values()
            if entry.methods
        ),
    )
    SYNCS: str = _notes(
        "The following notes list the O(destination_config) of each O(destination), and the app of its connection.",
        _grouped(
            (entry.slug, _config(entry)) for entry in DESTINATIONS.values() if entry.verified and entry.all_fields
        ),
    )
