# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The values of objects: ids, slugs, times, and the form in which two values are compared. No HTTP and no Ansible."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timezone
from typing import Any, TypeVar

from .._errors import InputError, clean_name
from .shapes import named

ViewT = TypeVar("ViewT", bound=Mapping[str, Any])

ID_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
ID = named(
    "an ID (letters, digits, '-' and '_')", lambda value: isinstance(value, str) and bool(ID_PATTERN.fullmatch(value))
)
NAME_PATTERN = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
SLUG_PATTERN = re.compile(r"[a-z0-9]+([-_][a-z0-9]+)*")
# ISO 8601 with a time of day, in parts: `fromisoformat` of Python 3.10 reads fewer forms than servers write.
TIME_PATTERN = re.compile(
    r"(?P<time>\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2})(?::(?P<seconds>\d{2})(?:[.,](?P<fraction>\d+))?)?"
    r"(?:Z|(?P<sign>[+-])(?P<hours>\d{2}):?(?P<minutes>\d{2})?)?"
)
# Seconds since 1970 stay below this for 3,000 years; milliseconds have been above it since 1973.
MILLISECONDS_FROM = 10**11
UUID_PATTERN = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def plain(value: Any) -> Any:
    """Comparable form of a plain value: servers trim strings, and null and an empty string are one."""
    if value is None:
        return ""
    return value.strip() if isinstance(value, str) else value


def comparable_setting(value: Any) -> Any:
    """Comparable form of one metadata value: unset, empty and off are one; lists have no order."""
    if isinstance(value, Mapping):
        return tuple(sorted((key, comparable_setting(item)) for key, item in value.items() if item))
    if isinstance(value, list | tuple):
        return tuple(sorted((comparable_setting(item) for item in value), key=repr))
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    # A key can't be taken away, only set to nothing; so nothing and not being there are the same wish.
    return plain(value) or ()


def comparable_path(value: Any) -> str:
    """Comparable form of a folder: the server takes one trailing slash away."""
    text = str(value or "").strip()
    return text[:-1] if len(text) > 1 and text.endswith("/") else text


def checked_id(option: str, value: str) -> str:
    """Return a project id fit to stand in a path; raises InputError for one that could mean another path."""
    text = value.strip()
    if not ID_PATTERN.fullmatch(text):
        raise InputError(
            f"{option} {clean_name(text, 80)!r} is not an ID: letters, digits, '-' and '_' only (see the project's"
            " settings page)."
        )
    return text


def checked_uuid(option: str, value: str) -> str:
    """Return an object's id in lower case, as servers answer it; raises InputError for anything but a UUID."""
    text = value.strip()
    if not UUID_PATTERN.fullmatch(text):
        raise InputError(
            f"{option} {clean_name(text, 80)!r} is not an ID: it should look like 88de59c4-dc8b-45d8-94b9-5b935312c04c."
        )
    return text.lower()


def if_any(accept: Callable[[str, str], str]) -> Callable[[str, str], str]:
    """Return the function that lets an empty text pass, which means that the option isn't used."""
    return lambda option, value: accept(option, value) if value else value


def checked_path(option: str, value: str) -> str:
    """Return a folder's path in its comparable form; raises InputError for one that doesn't start with a slash."""
    text = value.strip()
    if not text.startswith("/"):
        raise InputError(
            f"{option} {clean_name(text, 80)!r} must start with a slash, as in {clean_name('/' + text, 80)!r}."
        )
    return comparable_path(text)


def _of_form(pattern: re.Pattern[str], option: str, value: str) -> str:
    text = value.strip()
    if not pattern.fullmatch(text):
        raise InputError(
            f"{option} {clean_name(text, 80)!r} is not a slug: lowercase letters, digits and dashes, such as"
            " my-app-dev."
        )
    return text


def checked_slug(option: str, value: str) -> str:
    """Return a name that servers take for a slug; raises InputError for one that they can't take."""
    return _of_form(SLUG_PATTERN, option, value)


def checked_name(option: str, value: str, longest: int = 256) -> str:
    """Return a name that servers take for a new object; raises InputError for one that they refuse.

    `longest` is in characters. Unlike the slug of a project, such a name has no underscore.
    """
    return checked_length(option, _of_form(NAME_PATTERN, option, value), longest)


def checked_length(option: str, value: str, longest: int) -> str:
    """Return a text of at most `longest` characters; raises InputError for a longer one."""
    if len(value) > longest:
        raise InputError(f"{option} has {len(value)} characters; the server takes {longest}.")
    return value


def moment(value: object) -> datetime | None:
    """Return the time that a server wrote as ISO 8601 (UTC without an offset) or as seconds or milliseconds since 1970.

    Returns None for anything else.
    """
    if isinstance(value, str):
        text = value.strip()
        written = TIME_PATTERN.fullmatch(text)
        if written:
            fraction, zone = (written["fraction"] or "").ljust(6, "0")[:6], "+00:00"
            if written["sign"]:
                zone = f"{written['sign']}{written['hours']}:{written['minutes'] or '00'}"
            try:
                read = datetime.fromisoformat(f"{written['time']}:{written['seconds'] or '00'}.{fraction}{zone}")
                return read.astimezone(timezone.utc)
            except (ValueError, OverflowError):
                return None
        if not (text.isascii() and text.isdigit() and len(text) in (10, 13)):
            return None
        value = int(text)
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        return None
    try:
        return datetime.fromtimestamp(value / 1000 if value >= MILLISECONDS_FROM else value, timezone.utc)
    except (ValueError, OverflowError, OSError):
        return None


def time_text(obj: Mapping[str, Any]) -> str | None:
    """Return the time of an object's creation as text; some servers count in seconds or milliseconds."""
    value = obj.get("createdAt")
    if value is None or isinstance(value, str):
        return value
    made = moment(value)
    return made.isoformat() if made else str(value)


def _age(view: Mapping[str, Any]) -> tuple[Any, ...]:
    made = moment(view.get("created_at"))
    return (made is None, made or datetime.min.replace(tzinfo=timezone.utc), str(view.get("id")))


def oldest_first(views: Iterable[ViewT]) -> list[ViewT]:
    """Sort views by age for lists and reports; those without a time come last. To remove some, see `oldest_of`."""
    return sorted(views, key=_age)


def oldest_of(views: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Return the oldest of several objects that are alike, or None where one of them has no time to compare.

    Everyone who looks gets the same one: of two with the same time the one whose id comes first.
    """
    in_order = oldest_first(views)
    return in_order[0] if all(moment(view.get("created_at")) for view in in_order) else None


def placeholder_id(*identity: object, mark: object = "") -> str:
    """Return the id that check mode hands out for an object that would be created.

    It is a UUID of version 8 with a fixed beginning, which no server gives out, and depends on the identity alone. By
    `mark_of` a later task learns the `mark`.
    """
    digest = _digest("\x00".join(str(part) for part in identity))
    return f"00000000-0000-8000-8{_digest(mark)[:3]}-{digest[:12]}"


def _digest(value: object) -> str:
    return hashlib.sha256(str(value).encode()).hexdigest()


def mark_of(placeholder: str, marks: Iterable[str]) -> str | None:
    """Return which of `marks` a placeholder was made with, or None for another one."""
    return next((mark for mark in marks if placeholder[20:23] == _digest(mark)[:3]), None)


def is_placeholder(value: str | None) -> bool:
    """Tell whether `value` is an id made by `placeholder_id`."""
    return bool(value and re.fullmatch(r"00000000-0000-8000-8[0-9a-f]{3}-[0-9a-f]{12}", value))
