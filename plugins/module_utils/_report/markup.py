# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages in HTML that need nothing but themselves. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from .style import STYLE
from .words import count

# So much is shown at once; the rest opens with a click, so that the page stays as long as a person reads.
SHOWN = 6


class Markup(str):
    """Text that is HTML already. All other text is escaped."""

    __slots__ = ()


def tag(name: str, *children: str, **attributes: str) -> Markup:
    """Return an element; children that aren't Markup are escaped, and so are the attributes."""
    given = "".join(f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"' for key, value in attributes.items())
    return Markup(f"<{name}{given}>{joined(children)}</{name}>")


def joined(children: Iterable[str]) -> Markup:
    """Return the children as one; those that aren't Markup are escaped."""
    return Markup("".join(child if isinstance(child, Markup) else escape(child) for child in children))


def document(title: str, body: Markup) -> str:
    """Return a page with this body, which needs nothing but itself and runs no script."""
    head = (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{escape(title)}</title>\n<style>\n{STYLE}</style>\n</head>\n"
    )
    return f"{head}<body>\n{body}\n</body>\n</html>\n"


def fold(summary: Sequence[str], *content: str) -> Markup:
    """Return what opens with a click on the summary."""
    return tag("details", tag("summary", *summary), tag("div", *content, class_="inside"))


def first_of(entries: Sequence[Markup], noun: str) -> Markup:
    """Return the first entries, and the others behind a click."""
    if len(entries) <= SHOWN + 1:
        return joined(entries)
    rest = entries[SHOWN:]
    return joined([*entries[:SHOWN], fold([count(len(rest), f"more {noun}")], *rest)])
