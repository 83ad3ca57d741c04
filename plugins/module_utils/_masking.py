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
# Shorter lines of a secret are brackets and ordinary words, and too little of a key to help anybody; masking them
# would make messages unreadable. The last line of a PEM key may be one of them.
LEAST_LINE = 8
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
# What this collection's own keys look like, in options and results.
OWN_KEY = re.compile(r"[a-z][a-z0-9_]*")


@functools.lru_cache(maxsize=1024)
def forms_of(secret: str) -> frozenset[str]:
    """Return the forms of a secret that are masked. A secret that is nothing but blanks has none."""
    whole = {secret, secret.strip(), " ".join(secret.split())}
    lines = [line.strip() for line in LINE_END.split(secret.strip())]
    parts = {line for line in lines if len(line) >= LEAST_LINE} if len(lines) > 1 else set()
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


def masked_text(text: str, secrets: Iterable[str]) -> str:
    """Return a text without any form of the secrets."""
    return _replaced(text, _forms(secrets))


def masked(value: Any, secrets: Iterable[str]) -> Any:
    """Return a value of JSON's types without any form of the secrets: texts and numbers in it, and keys of mappings.

    The keys of `value` itself stay; see `_masked_key` for those within.
    """
    forms = _forms(secrets)
    if not isinstance(value, Mapping):
        return _without(value, forms)
    return {key: _without(inner, forms) for key, inner in value.items()}


def _without(value: Any, forms: list[str]) -> Any:
    """Return a value without the forms. Ansible's own function masks booleans, too, in some of its versions."""
    if isinstance(value, Mapping):
        return {_masked_key(key, forms): _without(inner, forms) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_without(inner, forms) for inner in value]
    if value is None or isinstance(value, bool):
        return value
    text = str(value)
    if text in forms:
        return HIDDEN
    shown = _replaced(text, forms)
    return value if shown == text else shown


def _replaced(text: str, forms: Iterable[str]) -> str:
    for form in forms:
        text = text.replace(form, MASK)
    return text


def _masked_key(key: Any, forms: list[str]) -> Any:
    """Return a key without any form that has LEAST_LINE characters; an own key may be a form, but not just hold one."""
    if not isinstance(key, str):
        return key
    own = OWN_KEY.fullmatch(key)
    for form in forms:
        if len(form) >= LEAST_LINE and (form == key if own else form in key):
            key = key.replace(form, MASK)
    return key


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


def shown_text(value: object) -> str:
    """Return a value as text, without the current task's secrets. Must come before the text is cut or joined."""
    secrets = _current[-1]
    # Within a structure, a secret may be written in a way that is none of its forms.
    plain = masked({"": value}, secrets)[""] if isinstance(value, Mapping | list) else value
    return masked_text(str(plain), secrets)


def texts_in(value: Any, *, but: str | None = None) -> Iterator[str]:
    """Return the texts (but blank ones) and numbers in a secret option's value, without those under the key `but`."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key != but:
                yield from texts_in(inner, but=but)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from texts_in(inner, but=but)
    elif value is not None and not isinstance(value, bool) and str(value).strip():
        yield str(value)
