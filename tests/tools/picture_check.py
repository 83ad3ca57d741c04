# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a picture of a terminal, as demo_picture.py draws it, still shows what is printed."""

from __future__ import annotations

import html
import re


def shows(picture: str, output: str) -> bool:
    """Return whether the SVG `picture` is of this output; the blanks between its words are not looked at."""
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", picture)
    return _blankless(output) in _blankless(html.unescape("".join(texts)))


def _blankless(text: str) -> str:
    return re.sub(r"\s", "", text)
