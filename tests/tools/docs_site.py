# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the documentation site. A warning fails it.

It has the pages in docs/, those that service_pages.py and playbook_pages.py make, and the reference that antsibull-docs
makes.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path

import collection_tree
import links
import playbook_pages
import service_pages

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
SOURCE, HTML = ROOT / ".cache" / "docs" / "source", ROOT / ".cache" / "docs" / "html"


def main() -> None:
    shutil.rmtree(SOURCE, ignore_errors=True)
    shutil.copytree(DOCS, SOURCE, ignore=shutil.ignore_patterns("docsite"))
    pages = {page: page.read_text("utf-8") for page in DOCS.rglob("*.md")}
    pages[service_pages.TABLE] = service_pages.table(linked=True)
    pages.update({DOCS / name: text for name, text in service_pages.pages().items()})
    pages[DOCS / "playbooks.md"] = playbook_pages.page()
    for page, text in pages.items():
        target = SOURCE / page.relative_to(DOCS)
        target.parent.mkdir(exist_ok=True)
        target.write_text(with_links(page, text, pages), encoding="utf-8")
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


def with_links(page: Path, text: str, pages: Collection[Path]) -> str:
    """Return a page's text whose links to files outside docs/ lead to the repository.

    Each link must lead to a file or to one of the site's `pages`; one that doesn't ends the program.
    """

    def target(path: str, image: bool) -> str:
        file = (page.parent / path).resolve()
        if file not in pages and not file.exists():
            sys.exit(f"{page.relative_to(ROOT)} links to {path}, which does not exist.")
        return path if file.is_relative_to(DOCS) else links.address(str(file.relative_to(ROOT)), image=image)

    return links.replaced(text, target)


def add_reference(folder: Path) -> None:
    folder.mkdir()
    collections = collection_tree.build(ROOT, ROOT / ".cache" / "collections")
    os.environ.update(ANSIBLE_COLLECTIONS_PATH=str(collections), ANSIBLE_HOME=str(ROOT / ".cache" / "ansible"))
    flags = ("--use-current", "--squash-hierarchy", "--fail-on-error", "--dest-dir", folder)
    run("antsibull-docs", "collection", *flags, "community.infisical")
    for page in folder.glob("*.rst"):
        page.write_text(as_a_page_of_the_site(page.read_text("utf-8")), encoding="utf-8")


def as_a_page_of_the_site(text: str) -> str:
    """Return a page of the reference with a short name, and without the contents that Furo shows beside it.

    >>> as_a_page_of_the_site("community.infisical.infisical_login module -- Log in\\n++++\\n")
    'infisical_login module -- Log in\\n++++\\n'
    >>> as_a_page_of_the_site("Community.Infisical\\n===================\\n\\n.. contents::\\n   :local:\\n\\nText")
    'Modules, plugins and roles\\n==========================\\n\\nText'
    """
    text = re.sub(r"^\.\. contents::\n(?: +:.*\n)*\n?", "", text, flags=re.MULTILINE)
    text = re.sub(r"^community\.infisical\.(?=\w+ (?:module|filter|role) -- )", "", text, flags=re.MULTILINE)
    title = "Modules, plugins and roles"
    return text.replace(f"Community.Infisical\n{'=' * 19}\n", f"{title}\n{'=' * len(title)}\n")


def run(command: str, *arguments: str | Path) -> None:
    subprocess.run([Path(sys.executable).with_name(command), *arguments], check=True)


if __name__ == "__main__":
    main()
