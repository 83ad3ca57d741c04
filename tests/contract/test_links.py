# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each link in a page leads to a file, and to a heading or label there. Where the repository is, galaxy.yml says."""

from __future__ import annotations

import itertools
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "tools"))

import guides  # noqa: E402
import links  # noqa: E402

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
TRACKED = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
PAGES = [name for name in TRACKED if name.endswith(".md") and (ROOT / name).exists()]
GUIDES = [name for name in TRACKED if name.endswith(".rst") and (ROOT / name).exists()]
WHOLE = re.compile(
    rf"{re.escape(links.GALAXY['repository'])}/(?:blob|tree|raw)/main/(?P<file>[^)#\s\"']+)(?:#(?P<anchor>[\w-]+))?"
)


def inline(text: str) -> Iterator[Token]:
    for token in READER.parse(text):
        yield from token.children or ()


def linked(text: str) -> list[str]:
    """Return where the links and pictures of a page lead."""
    found = (token.attrs.get("href") or token.attrs.get("src") for token in inline(text))
    return [str(target) for target in found if target]


def anchors(file: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    if file.suffix == ".rst":
        text = file.read_text("utf-8")
        return {re.sub(r"[^a-z0-9]+", "-", heading.lower()).strip("-") for heading in guides.headings(text)}
    tokens = READER.parse(file.read_text("utf-8"))
    found: list[str] = []
    for heading, content in itertools.pairwise(tokens):
        if heading.type == "heading_open":
            text = "".join(one.content for one in content.children or ())
            name = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
            found.append(f"{name}-{times}" if (times := found.count(name)) else name)
    return set(found)


@pytest.mark.parametrize("name", PAGES)
def test_relative_links_lead_to_files_and_headings(name: str) -> None:
    page = ROOT / name
    for link in linked(page.read_text("utf-8")):
        if re.match(r"\w+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / unquote(path)).resolve() if path else page
        assert target.exists(), link
        assert target.is_relative_to(ROOT), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("name", GUIDES)
def test_links_of_guides_lead_to_files_and_headings(name: str) -> None:
    page = ROOT / name
    for link in re.findall(r"<([^>\s]+)>`__", page.read_text("utf-8")):
        if re.match(r"\w+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve()
        assert target.exists(), link
        assert target.is_relative_to(ROOT), link
        assert not anchor or anchor in anchors(target), link


def test_references_lead_to_labels() -> None:
    texts = {name: (ROOT / name).read_text("utf-8") for name in GUIDES}
    found = [label for text in texts.values() for label in guides.labels(text)]
    assert len(found) == len(set(found))
    assert [label for label in found if not label.startswith(guides.LABEL)] == []
    for name, text in texts.items():
        assert set(re.findall(r":ref:`[^`<]+<([^>`]+)>`", text)) <= set(found), name
    code = [
        file
        for folder in ("plugins", "roles")
        for file in (ROOT / folder).rglob("*.*")
        if file.suffix in (".py", ".yml")
    ]
    named = {
        label for file in code for label in re.findall(rf"{re.escape(guides.LABEL)}[\w.]+\w", file.read_text("utf-8"))
    }
    assert named
    assert named <= set(found)


def test_each_guide_is_in_the_table_of_contents() -> None:
    sections = yaml.safe_load((guides.FOLDER.parent / "extra-docs.yml").read_text("utf-8"))["sections"]
    listed = [page for section in sections for page in section["toctree"]]
    assert sorted(listed) == sorted(file.stem for file in guides.FOLDER.glob("*.rst"))


@pytest.mark.parametrize("name", PAGES)
def test_each_named_link_is_defined(name: str) -> None:
    text = " ".join(token.content for token in inline((ROOT / name).read_text("utf-8")) if token.type == "text")
    assert re.findall(r"\]\[|\[[^\]]+\]", text) == []


def test_pages_link_to_the_repository_by_relative_paths_only() -> None:
    repository = links.GALAXY["repository"]
    # That the project on AWX is this repository by default is no link.
    exempt = ("CONTRIBUTING.md", "docs/docsite/rst/playbooks.rst")
    assert [
        name for name in [*PAGES, *GUIDES] if name not in exempt and repository in (ROOT / name).read_text("utf-8")
    ] == []


def test_whole_addresses_in_code_lead_to_files_and_headings() -> None:
    files = [ROOT / name for name in TRACKED if re.match(r"(plugins|roles|playbooks)/.*\.(py|yml)$", name)]
    texts = [file.read_text("utf-8") for file in files if file.exists()]
    found = {
        match for text in texts for match in re.findall(r"https://github\.com/[^\s\"'<>)]*infisical[^\s\"'<>)]*", text)
    }
    own = {match for match in found if match.startswith(links.GALAXY["repository"])}
    for whole in own - {f"{links.GALAXY['repository']}.git"}:
        match = WHOLE.match(whole)
        assert match, whole
        assert (ROOT / match["file"]).exists(), whole
        assert not match["anchor"] or match["anchor"] in anchors(ROOT / match["file"]), whole


def test_the_reference_is_edited_in_the_same_repository() -> None:
    edited = yaml.safe_load((ROOT / "docs" / "docsite" / "links.yml").read_text("utf-8"))["edit_on_github"]
    assert links.GALAXY["repository"] == f"https://github.com/{edited['repository']}"


def test_a_release_has_a_readme_with_whole_links() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    released = links.released_readme(readme, "1.2.3")
    own = [link for link in linked(released) if not link.startswith("#")]
    assert [link for link in own if not link.startswith("https://")] == []
    assert f"({links.GALAXY['repository']}/blob/1.2.3/docs/docsite/rst/getting_started.rst)" in released
    assert f"({links.GALAXY['repository']}/raw/1.2.3/docs/images/demo.svg)" in released
    assert "/blob/main/docs/docsite/rst/getting_started.rst" in links.released_readme(readme, "1.2.3-dev0")
    assert len(own) == len([link for link in linked(readme) if not link.startswith("#")])


def test_a_release_has_guides_with_whole_links() -> None:
    for file in guides.FOLDER.glob("*.rst"):
        released = links.guide(file.read_text("utf-8"), "1.2.3")
        assert [link for link in re.findall(r"<([^>\s]+)>`__", released) if not link.startswith("https://")] == []
    released = links.guide(guides.text("getting_started"), "1.2.3")
    assert f"<{links.GALAXY['repository']}/blob/1.2.3/README.md#install>`__" in released


def test_the_readme_names_each_module_and_role() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    modules = {file.stem for file in (ROOT / "plugins" / "modules").glob("infisical_*.py")}
    assert modules - set(re.findall(r"`(infisical_\w+)`", readme)) == set()
    roles = {folder.name for folder in (ROOT / "roles").iterdir() if folder.is_dir()}
    assert {role for role in roles if f"(roles/{role}/README.md)" not in readme} == set()
