# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the values of an answer must be. Any other value is refused by the name of its field, and never shown."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from .._errors import NotUnderstood
from .._masking import LEAST_IN_NAMES, LEAST_PART

KINDS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (bool, "a boolean"),
    ((int, float), "a number"),
    (str, "text"),
    (list, "a list"),
    (Mapping, "a mapping"),
)


@dataclass(frozen=True)
class Shape:
    """What one value must be: `fits` tells, `words` name it in messages.

    `parts` are the shapes of a mapping's values, `items` is the one of a list's. Null, and a missing value, fit unless
    the value is `needed`. `least` is how many characters a secret must have to be masked in the value.
    """

    words: str
    fits: Callable[[Any], bool]
    needed: bool = False
    parts: Mapping[str, Shape] = field(default_factory=dict)
    items: Shape | None = None
    least: int = 0

    @cached_property
    def least_shown(self) -> int:
        """How many characters a secret must have to be masked in the value, or in one part of it alone."""
        return min((part.least for part in self.parts.values()), default=self.least)

    @cached_property
    def parts_by_option(self) -> dict[str, Shape]:
        """The parts by what `folded` gives for their names."""
        return {folded(name): part for name, part in self.parts.items()}


@functools.cache
def folded(name: str) -> str:
    """Return what is the same for the name of a field in the API and in options."""
    return name.replace("_", "").lower()


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_name(value: Any) -> bool:
    # People put marks of direction and the like into names; who shows one cleans it.
    return isinstance(value, str) and bool(value)


def named(words: str, fits: Callable[[Any], bool], *, needed: bool = False) -> Shape:
    """Return the shape of a name, an id, a slug, a date, a number or a flag: of what tasks that follow may use."""
    return Shape(words, fits, needed, least=LEAST_IN_NAMES)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


ANY = Shape("anything", lambda _value: True)
# What people and services say.
PROSE = Shape("text", _is_text)
# What this collection says; what it quotes of a server is masked where it comes in.
SENTENCE = Shape("text", _is_text, least=LEAST_PART)
TEXT = named("text", _is_text)
WORD = named("text or a number", lambda value: isinstance(value, str) or _is_number(value))
# What stands in messages, paths and comparisons.
NAME = named("text", _is_name, needed=True)
PATH = named("a path that starts with a slash", lambda value: _is_name(value) and value.startswith("/"), needed=True)
FLAG = named("a boolean", lambda value: isinstance(value, bool))
COUNT = named("a whole number", _is_number)
MAPPING = Shape("a mapping", lambda value: isinstance(value, Mapping))
LIST = Shape("a list", lambda value: isinstance(value, list))


def needed(shape: Shape) -> Shape:
    """Return the shape of a value that must not be null or missing."""
    return replace(shape, needed=True)


def mapping(**parts: Shape) -> Shape:
    """Return the shape of a mapping with these parts; further ones may be anything."""
    return replace(MAPPING, parts=parts)


def list_of(items: Shape) -> Shape:
    """Return the shape of a list."""
    return replace(LIST, items=needed(items))


def check(value: Any, shape: Shape, name: str, owner: str) -> None:
    """Raise NotUnderstood where `value`, the field `name` of `owner` in messages, isn't of the shape."""
    if value is None and not shape.needed:
        return
    if value is None or not shape.fits(value):
        raise NotUnderstood(
            f"The server's response is not valid: {name} of {owner} {_found(value)}, expected {shape.words}."
        )
    for key, part in shape.parts.items():
        check(value.get(key), part, f"{name}.{key}", owner)
    if shape.items:
        for index, item in enumerate(value):
            check(item, shape.items, f"{name}.{index}", owner)


def check_answer(answer: Mapping[str, Any], request: str, **parts: Shape) -> None:
    """Raise NotUnderstood where a part of the answer to `request` (method and path) isn't of its shape."""
    for name, shape in parts.items():
        check(answer.get(name), shape, name, f"the response to {request}")


def _found(value: Any) -> str:
    if value is None:
        return "is missing"
    if value == "":
        return "is empty"
    return f"is {next(words for kind, words in KINDS if isinstance(value, kind))}"
