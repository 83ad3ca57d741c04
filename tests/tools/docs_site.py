# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the documentation site. A warning fails it.

It has the start page (docs/index.rst), the guides, the pages that service_pages.py makes, and the reference that
antsibull-docs makes. extra-docs.yml has the order of the guides, here as on docs.ansible.com.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import collection_tree
import links
import service_pages
import yaml
from printing import exit_with

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
SOURCE, HTML = ROOT / ".cache" / "docs" / "source", ROOT / ".cache" / "docs" / "html"


def main() -> None:
    shutil.rmtree(SOURCE, ignore_errors=True)
    SOURCE.mkdir(parents=True)
    shutil.copy(DOCS / "conf.py", SOURCE)
    shutil.copytree(DOCS / "_static", SOURCE / "_static")
    guides = {f"guides/{file.name}": file.read_text("utf-8") for file in links.GUIDES.glob("*.rst")}
    guides[f"guides/{service_pages.TABLE.name}"] = service_pages.table(linked=True)
    start = (DOCS / "index.rst").read_text("utf-8") + "".join(contents())
    for name, text in {"index.rst": start, **guides, **service_pages.pages()}.items():
        (SOURCE / name).parent.mkdir(exist_ok=True)
        (SOURCE / name).write_text(links.guide(text, links.GALAXY["version"]), encoding="utf-8")
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


def contents() -> Iterator[str]:
    """Yield the tables of contents, each for one section of extra-docs.yml."""
    sections = yaml.safe_load((DOCS / "docsite" / "extra-docs.yml").read_text("utf-8"))["sections"]
    for section in sections:
        pages = [f"guides/{name}" for name in section["toctree"]]
        yield toctree(section["title"], [*pages, "reference/index"] if section is sections[-1] else pages)


def toctree(caption: str, pages: list[str]) -> str:
    lines = "\n".join(f"   {page}" for page in pages)
    return f"\n.. toctree::\n   :caption: {caption}\n   :maxdepth: 1\n   :hidden:\n\n{lines}\n"


def add_reference(folder: Path) -> None:
    folder.mkdir()
    collections = collection_tree.build(ROOT, ROOT / ".cache" / "collections")
    os.environ.update(ANSIBLE_COLLECTIONS_PATH=str(collections), ANSIBLE_HOME=str(ROOT / ".cache" / "ansible"))
    flags = ("--use-current", "--squash-hierarchy", "--fail-on-error", "--dest-dir", folder)
    run("antsibull-docs", "collection", *flags, "community.infisical")
    # The site has the guides in a folder of their own.
    shutil.rmtree(folder / "docsite")
    for page in folder.glob("*.rst"):
        page.write_text(as_a_page_of_the_site(page.read_text("utf-8")), encoding="utf-8")


def as_a_page_of_the_site(text: str) -> str:
    """Return a page of the reference with a short name, without the contents that Furo shows beside it, and the guides.

    >>> as_a_page_of_the_site("community.infisical.infisical_login module -- Log in\\n++++\\n")
    'infisical_login module -- Log in\\n++++\\n'
    >>> as_a_page_of_the_site("Community.Infisical\\n===================\\n\\n.. contents::\\n   :local:\\n\\nText")
    'Modules, plugins and roles\\n==========================\\n\\nText'
    """
    text = re.sub(r"^\.\. contents::\n(?: +:.*\n)*\n?", "", text, flags=re.MULTILINE)
    text = re.sub(
        r"^.+\n-+\n\n\.\. toctree::\n    :maxdepth: 1\n\n(?:    docsite/.+\n)+\n", "", text, flags=re.MULTILINE
    )
    text = re.sub(r"^community\.infisical\.(?=\w+ (?:module|filter|role) -- )", "", text, flags=re.MULTILINE)
    title = "Modules, plugins and roles"
    return text.replace(f"Community.Infisical\n{'=' * 19}\n", f"{title}\n{'=' * len(title)}\n")


def run(command: str, *arguments: str | Path) -> None:
    subprocess.run([Path(sys.executable).with_name(command), *arguments], check=True)


if __name__ == "__main__":
    exit_with(main)
