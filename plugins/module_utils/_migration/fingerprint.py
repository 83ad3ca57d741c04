# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether someone has changed an object since the migration created its sync. Pure functions of views."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from .._engine.kind import Kind, View
from .._engine.values import comparable_setting
from .._errors import shown
from .plan import DESCRIPTION

# What the migration itself changes, and what people write for people.
OWN = {"is_active", "is_auto_sync_enabled", "description"}
# A part of a setting that the migration changes in the end.
RESTORED = "disable_secret_deletion"
INACTIVE = "It was inactive."
LONGEST_DESCRIPTION = 256
MARKER = re.compile(
    rf"{re.escape(DESCRIPTION)}(?P<native>[0-9A-Za-z-]+)\. Fingerprint (?P<fingerprint>[0-9a-f]{{16}})\."
    rf"(?P<inactive> {re.escape(INACTIVE)})?"
)

# That of an older release had no fingerprint.
NOTE = re.compile(
    rf"{re.escape(DESCRIPTION)}(?P<native>[0-9A-Za-z-]+)\.( Fingerprint [0-9a-f]{{16}}\.)?( {re.escape(INACTIVE)})?\s*"
)


def parts_of(kind: Kind, view: View) -> dict[str, Any]:
    """Return the fields of a kind that count, in comparable form; settings one by one, and those that are unset not."""
    found: dict[str, Any] = {}
    for item in kind.fields:
        value = view.get(item.option)
        if item.option in OWN:
            continue
        if item.keyed:
            settings = {f"{item.option}.{key}": comparable_setting(inner) for key, inner in (value or {}).items()}
            found.update((name, inner) for name, inner in settings.items() if not name.endswith(RESTORED))
        else:
            found[item.option] = item.normal(value)
    return {name: value for name, value in found.items() if value not in ("", (), None)}


def fingerprint(kind: Kind, view: View) -> str:
    """Return 16 hexadecimal digits that differ when a field of the kind's own does; times and outcomes don't count."""
    content = json.dumps(parts_of(kind, view), sort_keys=True, default=str)
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def changes(kind: Kind, before: View, now: View) -> list[str]:
    """Return a text for each field that someone has changed, with both sides."""
    old, new = parts_of(kind, before), parts_of(kind, now)
    return [f"{name} was {_text(old, name)} and is {_text(new, name)}" for name in _unlike(old, new)]


def _unlike(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    yield from (name for name in sorted(old.keys() | new.keys()) if old.get(name) != new.get(name))


def _text(parts: Mapping[str, Any], name: str) -> str:
    return shown(parts.get(name))


def description(native_id: str, print_of_native: str, was_active: bool, given: str) -> str:
    """Return the description of a new sync: the marker, and then what the user wants to have there."""
    marker = f"{DESCRIPTION}{native_id}. Fingerprint {print_of_native}.{'' if was_active else f' {INACTIVE}'}"
    more = "" if DESCRIPTION in given else given
    return " ".join(filter(None, (marker, more)))[:LONGEST_DESCRIPTION]


def marker(sync: View) -> re.Match[str] | None:
    """Return the marker in the description of a sync (groups native, fingerprint, inactive), or None."""
    return MARKER.match(str(sync.get("description") or ""))


def replaced(sync: View) -> str | None:
    """Return the id of the native integration that a sync takes the place of, as its description says, or None."""
    found = NOTE.match(str(sync.get("description") or ""))
    return found["native"] if found else None


def own_words(sync: View) -> str:
    """Return the description of a sync without what the migration has written there."""
    return NOTE.sub("", str(sync.get("description") or ""))
