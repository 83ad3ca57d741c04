# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Draw docs/images/demo.svg: a terminal with what `make demo` prints."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from pathlib import Path

from printing import exit_with
from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).resolve().parents[2]
PICTURE = ROOT / "docs" / "images" / "demo.svg"
# Spelled so that the licence check doesn't take it for this file's own.
LICENCE = (
    "<!--\nSPDX-FileCopyrightText: 2026 The community.infisical authors\nSPDX-License-"
    "Identifier: GPL-3.0-or-later\nDrawn by `make demo-picture` from what `make demo` prints.\n-->\n"
)
# How wide rich draws one.
CHARACTER = 12.2
STYLES = ((r"changed=[1-9]\d*", "bold yellow"), (r"changed=0", "bold green"), (r"ok=\d+", "green"))


def main() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "tests" / "demo" / "run.py"], capture_output=True, text=True, check=True, timeout=600
    )
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(drawn(done.stdout.rstrip()), encoding="utf-8")


def drawn(output: str) -> str:
    """Return the picture of a terminal in which `output` was printed."""
    # The last line is cut off a little: an empty one.
    lines = ["$ make demo", *output.splitlines(), ""]
    console = Console(record=True, width=max(map(len, lines)) + 2, file=io.StringIO(), force_terminal=True)
    for number, line in enumerate(lines):
        text = Text(line)
        for pattern, style in STYLES:
            text.highlight_regex(pattern, style)
        text.stylize("bold" if number == 0 else "")
        console.print(text, soft_wrap=True)
    svg = console.export_svg(title="community.infisical")
    # A picture in a README loads no fonts from elsewhere.
    svg = re.sub(r"\s*@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    svg = svg.replace("Fira Code", "ui-monospace, DejaVu Sans Mono, Menlo, Consolas")
    # Some viewers drop spaces at the start of a text: it starts further right instead.
    svg = re.sub(r' x="([\d.]+)" y="([\d.]+)" textLength="([\d.]+)"([^>]*)>((?:&#160;)+)', _moved, svg)
    return LICENCE + "\n".join(line.rstrip() for line in svg.rstrip().splitlines()) + "\n"


def _moved(match: re.Match[str]) -> str:
    x, y, length, rest, spaces = match.groups()
    width = spaces.count(";") * CHARACTER
    return f' x="{float(x) + width:g}" y="{y}" textLength="{float(length) - width:g}"{rest}>'


if __name__ == "__main__":
    exit_with(main)
