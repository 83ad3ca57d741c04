# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The messages that the guide to troubleshooting explains are ones that the collection has."""

from __future__ import annotations

import ast
import functools
import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.community.infisical.plugins.module_utils import _errors as errors

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "tools"))

import guides  # noqa: E402

PACKAGE = "ansible_collections.community.infisical"
PAGE = guides.text("troubleshooting")
HEADINGS = [heading.replace("``", "") for heading in guides.headings(PAGE, "~")]
SHOWN = [text for language, text in guides.blocks(PAGE) if language == "text"]
# What a job is called where a sync is waited for.
JOB = "sync"


@functools.cache
def messages() -> list[str]:
    """Return the texts in the collection's code, with \\0 for what is filled in."""
    files = [file for folder in ("module_utils", "action") for file in (ROOT / "plugins" / folder).rglob("*.py")]
    return [text for file in files for text in _texts(ast.parse(file.read_text("utf-8"))) if len(text) < 1000]


def _texts(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(_part(part) for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _part(part: ast.expr) -> str:
    if isinstance(part, ast.Constant):
        return str(part.value)
    return JOB if isinstance(part, ast.FormattedValue) and ast.unparse(part.value) == "outcome.job" else "\0"


@pytest.mark.parametrize("heading", HEADINGS)
def test_a_heading_is_a_message(heading: str) -> None:
    wanted = ".*".join(re.escape(part) for part in re.split(r"\s*\.\.\.\s*", heading))
    assert any(re.search(wanted, text, re.DOTALL) for text in messages()), heading


@pytest.mark.parametrize("shown", SHOWN)
def test_a_text_is_what_a_message_looks_like(shown: str) -> None:
    # Texts that are little more than what is filled in would fit anything.
    told = [text for text in messages() if len(text.replace("\0", "")) > 15]
    patterns = [".*".join(re.escape(part) for part in text.split("\0")) for text in told]
    assert any(re.match(pattern, shown.strip(), re.DOTALL) for pattern in patterns), shown


def test_the_page_was_read() -> None:
    assert len(HEADINGS) > 20
    assert SHOWN


def kinds(error: type[errors.InfisicalError]) -> set[str]:
    """Return the kinds of all errors that derive from this one, which is never raised itself."""
    return {kind for one in error.__subclasses__() for kind in (one.kind, *kinds(one))}


def test_all_error_kinds_are_listed() -> None:
    files = [file for folder in ("module_utils", "action") for file in (ROOT / "plugins" / folder).rglob("*.py")]
    for file in files:
        importlib.import_module(f"{PACKAGE}.{'.'.join(file.relative_to(ROOT).with_suffix('').parts)}")
    code = "".join(file.read_text("utf-8") for file in files)
    assert not re.search(r"\b(raise|return) (errors\.)?InfisicalError\(", code)
    # Those that are no exceptions, as they are written into a result.
    literal = set(re.findall(r'"error_kind": "(\w+)"', code))
    listed = [cells[0].strip("`") for cells in guides.rows(guides.below(PAGE, "Error kinds"))]
    assert len(set(listed)) == len(listed)
    assert set(listed) == kinds(errors.InfisicalError) | literal
