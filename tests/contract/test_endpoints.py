# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of endpoints has every path that is written in the code, and no other."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.community.infisical.tests.unit.plugins.endpoints import ENDPOINTS, is_known

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
TABLE = {re.sub(r"\{[^}]*\}", "{}", path) for one in ENDPOINTS for path in one.paths}
# Parts of paths that the code joins to a base.
ACTIONS = {"sync", "sync-secrets", "import-secrets"}


def written(tree: ast.AST) -> Iterator[str]:
    """Yield the API's paths among the texts of a file, {} for each name in them; documentation has other texts, too."""
    parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        text = ""
        if isinstance(node, ast.JoinedStr):
            text = "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts:
            text = re.sub(r"\{[^}]*\}", "{}", node.value)
        if re.fullmatch(r"/api/v\d[^\s…]*", text):
            yield text.rstrip("/")


CODE = {path for file in PLUGINS.rglob("*.py") for path in written(ast.parse(file.read_text("utf-8")))}


def test_every_path_in_the_code_is_in_the_table() -> None:
    assert len(CODE) > 20
    # The base of an object's path is followed by its id.
    assert [path for path in sorted(CODE) if path not in TABLE and f"{path}/{{}}" not in TABLE] == []


def test_every_path_in_the_table_is_in_the_code() -> None:
    joined = {f"{path}/{{}}{end}" for path in CODE for end in ("", *(f"/{action}" for action in ACTIONS))}
    all_apps = {path.removesuffix("/{}") for path in CODE}
    assert sorted(TABLE - CODE - joined - all_apps) == []
    texts = {text for file in PLUGINS.rglob("*.py") for text in re.findall(r'"([a-z-]+)"', file.read_text("utf-8"))}
    assert texts >= ACTIONS


def test_a_path_is_found_however_it_is_written() -> None:
    code = 'def f(x):\n    """GET /api/v1/text."""\n    return f"/api/v1/a/{x}/b", "/api/v1/c/{name}/", g(f"{x}/d")'
    assert set(written(ast.parse(code))) == {"/api/v1/a/{}/b", "/api/v1/c/{}"}


@pytest.mark.parametrize(
    ("method", "path", "query", "known"),
    [
        ("GET", "/api/v1/secret-syncs", ["projectId"], True),
        ("GET", "/api/v1/secret-syncs", ["workspaceId"], False),
        ("POST", "/api/v1/secret-syncs/github/1/sync-secrets", [], True),
        ("POST", "/api/v1/secret-syncs/github/1/remove-secrets", [], False),
        ("DELETE", "/api/v1/folders", [], False),
        ("GET", "/api/v1/app-connections/aws/connection-name/a/b", [], False),
    ],
)
def test_a_request_is_known_by_method_path_and_query(method: str, path: str, query: list, known: bool) -> None:
    assert is_known(method, path, query) is known


def test_no_endpoint_is_twice_in_the_table() -> None:
    calls = [(one.method, path) for one in ENDPOINTS for path in one.paths]
    assert len(set(calls)) == len(calls)
