# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reasons that services give, as one line that a person can read. Pure functions."""

from __future__ import annotations

import json
import re
from html import unescape

from .._errors import clean_text, sentence_in

LIMIT = 300
TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
HIDDEN = re.compile(r"<(script|style|head)\b.*?</\1\s*>|<!--.*?-->", re.IGNORECASE | re.DOTALL)
TAG = re.compile(r"</?[a-zA-Z!][^<>]*>")
# A page that is longer is cut before it is looked through.
MOST = 20_000


def plain_reason(value: object) -> str:
    """Return what a service says of a failure without the HTML or JSON around it, on one line; empty for nothing."""
    text = "" if value is None else str(value)[:MOST].strip()
    before, brace, rest = text.partition("{")
    if brace and (sentence := _in_json(brace + rest)):
        text = f"{before.rstrip(' :-')}: {sentence}" if before.strip() else sentence
    if TAG.search(text):
        text = _without_tags(text)
    return clean_text(text, LIMIT)


def _in_json(text: str) -> str:
    try:
        value, _end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return ""
    sentence = sentence_in(value)
    return sentence if isinstance(sentence, str) else ""


def _without_tags(text: str) -> str:
    title = TITLE.search(text)
    before = text.partition("<")[0].strip()
    if title and title[1].strip():
        return f"{before} {unescape(title[1])}".strip()
    return " ".join(unescape(TAG.sub(" ", HIDDEN.sub(" ", text))).split())
