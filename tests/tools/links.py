# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Links in pages: they link to files of the repository by relative paths, and galaxy.yml says where that is.

A page that is shown elsewhere (the README on Galaxy, the guides on docs.ansible.com and as a site) gets whole addresses
when it is built.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
GALAXY = yaml.safe_load((ROOT / "galaxy.yml").read_text("utf-8"))
GUIDES = ROOT / "docs" / "docsite" / "rst"
# In Markdown, and in RST.
RELATIVE = re.compile(r"(?P<image>!?)(?P<text>\[[^\]]*\]\()(?!https?:|#|mailto:)(?P<target>[^)#\s]+)")
IN_RST = re.compile(r"(?<=<)(?P<target>\.\./[^>#\s]+)(?=[^>\s]*>`__)")


def address(file: str, *, image: bool = False, of: str = "main") -> str:
    """Return where the repository shows a file, given by its path there, at a branch or tag."""
    return f"{GALAXY['repository']}/{'raw' if image else 'blob'}/{of}/{file}"


def replaced(text: str, target: Callable[[str, bool], str]) -> str:
    """Return Markdown with each relative link's path replaced by what `target` makes of it and of "is an image"."""
    return RELATIVE.sub(
        lambda found: found["image"] + found["text"] + target(found["target"], bool(found["image"])), text
    )


def released_readme(text: str, version: str) -> str:
    """Return the README as a release has it: its links lead to the repository at the release's tag."""
    return replaced(text, lambda path, image: address(path, image=image, of=_tag(version)))


def guide(text: str, version: str) -> str:
    """Return a guide (RST) whose links to files of the repository lead there, at the release's tag."""

    def target(found: re.Match[str]) -> str:
        file = (GUIDES / found["target"]).resolve()
        return address(str(file.relative_to(ROOT)), of=_tag(version))

    return IN_RST.sub(target, text)


def _tag(version: str) -> str:
    return "main" if "-" in version else version
