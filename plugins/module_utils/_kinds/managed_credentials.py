# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Credentials of a connection that Infisical itself changes: once, as it takes them over, or on a schedule."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from .._catalog.names import from_api, to_api
from .._engine.kind import Change, Field, View
from .._engine.shapes import COUNT, FLAG, PROSE, TEXT, mapping
from .._errors import InputError

MANAGED, ROTATED, ROTATION = "is_platform_managed_credentials", "is_auto_rotation_enabled", "rotation"
# What a schedule consists of, and what the server takes.
INTERVAL, TIME = "rotation_interval", "rotate_at_utc"
LIMITS = {"rotation_interval": (1, 365), "rotate_at_utc.hours": (0, 23), "rotate_at_utc.minutes": (0, 59)}

ROTATION_OPTIONS: dict[str, dict[str, Any]] = {
    INTERVAL: {"type": "int"},
    TIME: {
        "type": "dict",
        "options": {"hours": {"type": "int", "required": True}, "minutes": {"type": "int", "required": True}},
    },
}


def _off_is_unset(value: Any) -> Any:
    # Servers that don't know a flag leave it out, which is the same as off.
    return value or ""


def _schedule(obj: Mapping[str, Any]) -> dict[str, Any] | None:
    found = obj.get("rotation")
    if not found:
        return None
    given = from_api({key: found.get(key) for key in ("rotationInterval", "rotateAtUtc")})
    return {key: value for key, value in given.items() if value is not None}


def _of_rotation(key: str) -> Callable[[Mapping[str, Any]], Any]:
    return lambda obj: (obj.get("rotation") or {}).get(key)


FIELDS = (
    Field(MANAGED, "isPlatformManagedCredentials", Change.PATCH, normal=_off_is_unset, shape=FLAG),
    Field(ROTATED, "isAutoRotationEnabled", Change.PATCH, normal=_off_is_unset, shape=FLAG),
    Field(
        ROTATION,
        "rotation",
        Change.PATCH,
        read=_schedule,
        write=to_api,
        keyed=True,
        shape=mapping(rotationInterval=COUNT, rotateAtUtc=mapping(hours=COUNT, minutes=COUNT)),
    ),
)
READ_ONLY = tuple(
    Field(option, api, read=_of_rotation(api), key="rotation", shape=mapping(**{api: shape}))
    for option, api, shape in (
        ("rotation_status", "rotationStatus", TEXT),
        ("last_rotation_message", "lastRotationMessage", PROSE),
        ("next_rotation_at", "nextRotationAt", TEXT),
    )
)


def faults(rotation: View | None) -> Iterator[str]:
    """Yield a sentence about each part of the option `rotation` that no server takes."""
    given = dict(rotation or {})
    given.update((f"{TIME}.{key}", value) for key, value in (given.get(TIME) or {}).items())
    for name, (least, most) in LIMITS.items():
        value = given.get(name)
        if value is not None and not least <= value <= most:
            yield f"{ROTATION}.{name} must be between {least} and {most}, not {value}."


def check_changes(changes: View, wanted: View, view: View, *, has_credentials: bool) -> None:
    """Refuse changes to a connection, `view`, that the server refuses or ignores. Raises InputError.

    `view` is empty for a new one. `has_credentials`: the task has credentials that the server can take over.
    """
    if changes.get(MANAGED) and not has_credentials:
        raise InputError(
            f"{MANAGED} is true: specify credentials as well, with the current password. The server logs in with it"
            " and changes it."
        )
    if view.get(MANAGED) and wanted.get(MANAGED) is False:
        raise InputError(
            f"Infisical itself manages the credentials of app connection {view['id']}, and doesn't end that:"
            f" {MANAGED} can't be false. Create a second connection instead."
        )
    if changes.get(ROTATION) and not wanted.get(ROTATED, view.get(ROTATED)):
        raise InputError(
            f"{ROTATION} has no effect unless {ROTATED} is true: set that as well, or leave out {ROTATION}."
        )
    schedule = {**(view.get(ROTATION) or {}), **(wanted.get(ROTATION) or {})}
    missing = [f"{ROTATION}.{part}" for part in (INTERVAL, TIME) if schedule.get(part) is None]
    if changes.get(ROTATED) and missing:
        raise InputError(f"{ROTATED} is true: specify {' and '.join(missing)} as well.")


def is_told_late(changes: View) -> bool:
    """Tell whether the answer to a write of `changes` may not show them yet: servers leave a new schedule out of it."""
    return bool(changes.get(ROTATION) or ROTATED in changes)


def kept_as_it_is(wanted: View, view: View) -> dict[str, Any]:
    """Return what must be sent along with new credentials, in API names: else a rotation that is off would start."""
    is_off = view.get(ROTATION) and not view.get(ROTATED)
    return {"isAutoRotationEnabled": False} if is_off and wanted.get(ROTATED) is None else {}
