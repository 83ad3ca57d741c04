# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the documentation site: the pages in docs/, and the reference that antsibull-docs makes. A warning fails it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import collection_tree

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
SOURCE, HTML = ROOT / ".cache" / "docs" / "source", ROOT / ".cache" / "docs" / "html"
REPOSITORY = "https://github.com/ansible-collections/community.infisical/blob/main"
LINK = re.compile(r"(?<=\]\()(?!https?:|#|mailto:)([^)#\s]+)")


def main() -> None:
    shutil.rmtree(SOURCE, ignore_errors=True)
    shutil.copytree(DOCS, SOURCE)
    for page in DOCS.rglob("*.md"):
        (SOURCE / page.relative_to(DOCS)).write_text(with_links(page), encoding="utf-8")
    add_reference(SOURCE / "reference")
    run(
        "sphinx-build",
        "-W",
        "-n",
        "--keep-going",
        "-q",
        "-b",
        "html",
        "-d",
        str(SOURCE.parent / "doctrees"),
        SOURCE,
        HTML,
    )
    print(HTML / "index.html")


def with_links(page: Path) -> str:
    """Return a page whose links to files outside docs/ lead to the repository. Each must be there."""

    def target(match: re.Match[str]) -> str:
        file = (page.parent / match[1]).resolve()
        if not file.exists():
            sys.exit(f"{page.relative_to(ROOT)} links to {match[1]}, which is not there.")
        return match[1] if file.is_relative_to(DOCS) else f"{REPOSITORY}/{file.relative_to(ROOT)}"

    return LINK.sub(target, page.read_text("utf-8"))


def add_reference(folder: Path) -> None:
    folder.mkdir()
    collections = collection_tree.build(ROOT, ROOT / ".cache" / "collections")
    os.environ.update(ANSIBLE_COLLECTIONS_PATH=str(collections), ANSIBLE_HOME=str(ROOT / ".cache" / "ansible"))
    flags = ("--use-current", "--squash-hierarchy", "--fail-on-error", "--dest-dir", folder)
    run("antsibull-docs", "collection", *flags, "community.infisical")


def run(command: str, *arguments: str | Path) -> None:
    subprocess.run([Path(sys.executable).with_name(command), *arguments], check=True)


if __name__ == "__main__":
    main()
