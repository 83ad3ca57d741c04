# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Python that is too old for the collection is told so, and by nothing else than one sentence."""

from __future__ import annotations

import ast
import json
import platform
import re
import sys
from pathlib import Path

import pytest
from ansible_collections.community.infisical.plugins import modules
from ansible_collections.community.infisical.plugins.module_utils import _python

GUARD = Path(_python.__file__)
FILES = sorted(Path(next(iter(modules.__path__))).glob("*.py"))
# The oldest of Python 3 that ansible-core 2.16 runs modules on.
OLD = (3, 6)
# What Python 2.7 doesn't read.
NEW = (ast.AnnAssign, ast.AsyncFunctionDef, ast.JoinedStr, ast.NamedExpr, ast.Nonlocal, ast.Starred, ast.YieldFrom)


@pytest.fixture
def on_an_old_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 18, "final", 0))
    monkeypatch.setattr(sys, "executable", "/usr/bin/python3.9")
    monkeypatch.setattr(platform, "python_version", lambda: "3.9.18")


@pytest.mark.parametrize("file", [GUARD, *FILES], ids=lambda file: file.stem)
def test_an_old_python_reads_what_comes_first(file: Path) -> None:
    tree = ast.parse(file.read_text(), feature_version=OLD)
    assert [node.module for node in tree.body if isinstance(node, ast.ImportFrom) and node.module == "__future__"] == []


@pytest.mark.parametrize("file", [GUARD, *FILES], ids=lambda file: file.stem)
def test_python_2_reads_it_too(file: Path) -> None:
    # Without a line that names the encoding, it reads no other characters.
    tree = ast.parse(file.read_bytes().decode("ascii"))
    nodes = list(ast.walk(tree))
    assert [ast.unparse(node) for node in nodes if isinstance(node, NEW)] == []
    assert [ast.unparse(node) for node in nodes if isinstance(node, ast.Dict) and None in node.keys] == []
    functions = [node for node in nodes if isinstance(node, ast.FunctionDef)]
    arguments = [argument for node in functions for argument in (*node.args.args, *node.args.kwonlyargs)]
    assert [node.name for node in functions if node.returns or node.args.kwonlyargs] == []
    assert [argument.arg for argument in arguments if argument.annotation] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_module_asks_before_it_imports_anything_else(file: Path) -> None:
    code = [node for node in ast.parse(file.read_text()).body if not isinstance(node, ast.Assign)]
    assert ast.unparse(code[0]).endswith("module_utils._python import require_python")
    assert ast.unparse(code[1]) == "require_python()"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
@pytest.mark.usefixtures("on_an_old_python")
def test_a_module_says_which_python_it_found(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        # Not by runpy: ansible-core's hook for paths would take the file for a package.
        exec(compile(file.read_text(), str(file), "exec"), {"__name__": "__main__"})  # noqa: S102
    assert ended.value.code == 1
    assert json.loads(capsys.readouterr().out) == {
        "failed": True,
        "msg": (
            "community.infisical needs Python 3.10 or later where its modules run, and /usr/bin/python3.9 is Python"
            " 3.9.18: set ansible_python_interpreter to a newer one."
        ),
    }


def test_the_oldest_python_is_that_of_the_tests() -> None:
    config = (GUARD.parents[2] / "tests" / "config.yml").read_text()
    assert re.findall(r'python_requires: "(.*)"', config) == [f">={'.'.join(map(str, _python.OLDEST))}"]
