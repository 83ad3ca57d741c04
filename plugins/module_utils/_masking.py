# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task must not show: the forms in which a server may repeat a secret, and their removal from texts and results.

Ansible's own masking knows a secret only as the option holds it. Here it is also known stripped, joined, line by line,
and as JSON, Python and URLs write it.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, quote_plus

MASK = "*" * 8
# What Ansible has in the place of a value that is a secret as a whole.
HIDDEN = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
# From how many characters on a secret, or a line of one, is masked also as a part of a word. Shorter ones are brackets,
# numbers and ordinary words; as lines of a longer secret they are too little of it to help anybody. The last line of a
# PEM key may be one of them.
LEAST_PART = 8
# From how many characters on a secret is masked also where only names, ids, dates and the like belong.
LEAST_IN_NAMES = 16
# A key that comes in one line, as from a variable of the environment, often has its line ends written out.
LINE_END = re.compile(r"[\r\n]+|\\r|\\n")
ESCAPES: tuple[Callable[[str], str], ...] = (
    lambda text: json.dumps(text)[1:-1],
    lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    lambda text: repr(text)[1:-1],
)
QUOTES: tuple[Callable[[str], str], ...] = (
    lambda text: quote(text, errors="surrogatepass"),
    lambda text: quote(text, safe="", errors="surrogatepass"),
    lambda text: quote_plus(text, errors="surrogatepass"),
)
# What makes a word: ids, slugs and dates are one each.
LETTER = r"[\w-]"


@functools.lru_cache(maxsize=1024)
def forms_of(secret: str) -> frozenset[str]:
    """Return the forms of a secret that are masked. A secret that is nothing but blanks has none."""
    whole = {secret, secret.strip(), " ".join(secret.split())}
    lines = [line.strip() for line in LINE_END.split(secret.strip())]
    parts = {line for line in lines if len(line) >= LEAST_PART} if len(lines) > 1 else set()
    quoted = {write(form) for form in whole for write in QUOTES}
    quoted |= {re.sub(r"%[0-9A-F]{2}", lambda code: code[0].lower(), form) for form in quoted}
    escaped = {write(form) for form in whole | parts for write in ESCAPES}
    return frozenset(form for form in whole | parts | quoted | escaped if form.strip())


def _forms(secrets: Iterable[str]) -> list[str]:
    """Return all forms of the secrets, longer ones first: a shorter one may be a part of them."""
    # Copied at once, as another thread may learn of a secret meanwhile.
    return sorted({form for secret in tuple(secrets) for form in forms_of(secret)}, key=len, reverse=True)


def hide(secrets: set[str], value: str) -> None:
    """Add a value to the secrets; nothing but blanks is none, and would mask every blank."""
    if value.strip():
        secrets.add(value)


def reveal(secrets: set[str], value: str) -> None:
    """Take a value out of the secrets, whatever blanks an option has around it."""
    secrets.difference_update([secret for secret in secrets if secret.strip() == value.strip()])


class Mask:
    """Masks secrets. `specified` are texts that are shown whole where they stand in the place of a name.

    `least` is how many characters a form of a secret must have to be masked. One of fewer than LEAST_PART is masked
    only where it is a word, or words, of its own.
    """

    def __init__(self, secrets: Iterable[str], specified: Iterable[str] = ()) -> None:
        self._forms = _forms(secrets)
        self._specified = {_comparable(text) for text in set(specified)}
        # Thousands of objects have the same few values in each.
        self.value = functools.lru_cache(maxsize=None, typed=True)(self._value)

    def text(self, text: str, least: int = 0) -> str:
        """Return a text without the secrets."""
        for form in self._forms:
            if len(form) < least:
                break
            if form in text:
                text = text.replace(form, MASK) if len(form) >= LEAST_PART else _word(form).sub(MASK, text)
        return text

    def _value(self, value: Any, least: int = 0) -> Any:
        """Return a text, a number, a boolean or None, or else what is shown in its place."""
        if not self._forms or value is None or isinstance(value, bool):
            return value
        text = str(value)
        if least == LEAST_IN_NAMES and _comparable(text) in self._specified:
            return value
        if len(text) >= least and text in self._forms:
            return HIDDEN
        shown = self.text(text, least)
        return value if shown == text else shown

    def key(self, key: Any, least: int = 0) -> Any:
        """Return the key of a mapping; one that holds a short secret stays."""
        return self.text(key, max(least, LEAST_PART)) if isinstance(key, str) else key

    def everything(self, value: Any, least: int = 0) -> Any:
        """Return a value of JSON's types without the secrets: texts and numbers in it, and keys of mappings."""
        if isinstance(value, Mapping):
            return {self.key(key): self.everything(inner, least) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self.everything(inner, least) for inner in value]
        return self.value(value, least)


def _comparable(text: str) -> str:
    """Return what is the same for a name that a task specifies and the server's form of it."""
    return text.strip().rstrip("/").lower()


@functools.lru_cache(maxsize=1024)
def _word(form: str) -> re.Pattern[str]:
    """Return the pattern of a form that is no part of a longer word."""
    before = f"(?<!{LETTER})" if re.match(LETTER, form[0]) else ""
    after = f"(?!{LETTER})" if re.match(LETTER, form[-1]) else ""
    return re.compile(f"{before}{re.escape(form)}{after}")


def masked_text(text: str, secrets: Iterable[str]) -> str:
    """Return a sentence of ours without the secrets. The server's words in it have been masked as they came in."""
    return Mask(secrets).text(text, LEAST_PART)


# The secrets of the task that this process carries out, as texts are cleaned in places that know of no task.
_current: list[Iterable[str]] = [()]


@contextmanager
def hiding(secrets: Iterable[str]) -> Iterator[None]:
    """Mask these secrets, which may grow meanwhile, in all that `shown_text` makes in the block, in all threads."""
    _current.append(secrets)
    try:
        yield
    finally:
        _current.pop()


def shown_text(value: object, least: int = 0) -> str:
    """Return a value as text, without the current task's secrets. Must come before the text is cut or joined."""
    mask = Mask(_current[-1])
    # Within a structure, a secret may be written in a way that is none of its forms.
    plain = mask.everything(value, least) if isinstance(value, Mapping | list) else value
    return mask.text(str(plain), least)


def texts_in(value: Any, *, but: str | None = None) -> Iterator[str]:
    """Return the texts (but blank ones) and numbers in an option's value, without those under the key `but`."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key != but and inner is not None:
                yield from texts_in(inner, but=but)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from texts_in(inner, but=but)
    elif value is not None and not isinstance(value, bool) and str(value).strip():
        yield str(value)
