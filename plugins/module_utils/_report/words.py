# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Words that reports share. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timezone
from typing import Any

from .._engine.values import moment
from .._errors import TEXT_LIMIT, clean_name


def cleaned(result: Any) -> Any:
    """Return a result with each text in it on one line, without control characters and the task's secrets.

    A text to be pasted (`yaml`) keeps its lines.
    """
    known: dict[str, str] = {}

    def name(text: str) -> str:
        if text not in known:
            known[text] = clean_name(text, TEXT_LIMIT)
        return known[text]

    def line(text: str) -> str:
        rest = text.lstrip(" ")
        return " " * (len(text) - len(rest)) + name(rest)

    def clean(value: Any, key: str = "") -> Any:
        if isinstance(value, str):
            return "\n".join(map(line, value.split("\n"))) if key == "yaml" else name(value)
        if isinstance(value, Mapping):
            return {name(key): clean(inner, key) for key, inner in value.items()}
        return [clean(inner) for inner in value] if isinstance(value, list | tuple) else value

    return clean(result)


def count(number: int, noun: str) -> str:
    """Return a number with its noun."""
    plural = f"{noun[:-1]}ies" if noun.endswith("ry") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"


def when(time: object) -> str:
    """Return a time of ISO 8601 as people write it, or as it is."""
    found = moment(time)
    return f"{found.astimezone(timezone.utc):%Y-%m-%d %H:%M} UTC" if found else str(time or "an unknown time")
