# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measure the size and the structure of the code, beside that of an earlier commit.

Comments, docstrings and the documentation of modules are no code, and what is assigned outside functions and classes is
data: the tables of kinds, options, services. mypy runs with the settings of the work tree.
"""

from __future__ import annotations

import argparse
import ast
import io
import subprocess
import sys
import tempfile
import tokenize
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import collection_tree
from printing import exit_with

ROOT = Path(__file__).resolve().parents[2]
UTILS = "plugins/module_utils"
# The files of a group; those with a name alone are from when all lay in one folder.
GROUPS = {
    "engine": ("_engine/*", "resource", "store", "bulk", "outcome", "task", "shapes", "problems"),
    "kinds": (
        *("_kinds/*", "app_connection", "secret_sync", "secret_syncs", "integration", "integrations"),
        *("integration_auth", "native", "native_info", "sync_info", "project", "login", "export"),
    ),
    "action": ("../action/*", "../plugin_utils/*"),
    "modules": ("../modules/*",),
    "catalogue": ("_catalog/*", "catalog", "sync_catalog"),
    "migration": ("_migration/*", "migration", "aws_destination"),
}
MIGRATION = ("roles/migrate_native_integrations/**/*", "playbooks/migrate.yml")
GENERATED = ("docs/docsite/rst/services.rst", "docs/docsite/rst/playbooks.rst")
LIMIT = 500
FILES = "these are"
NO_CODE = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}


def measure(root: Path) -> dict[str, int | str]:
    """Return the figures of the collection in a folder, each by its name."""
    root = root.resolve()
    utils = root / UTILS
    groups = {name: found(utils, [f"{pattern}.py" for pattern in patterns]) for name, patterns in GROUPS.items()}
    lines = {name: sum(len(code(file)) for file in files) for name, files in groups.items()}
    plugins = found(root / "plugins", ["**/*.py"])
    large = [file for file in plugins if text_lines(file) - len(left_out(file)) > LIMIT]
    engine = {file.stem for file in groups["engine"]} - {"__init__"}
    names, calls = zip(*(engine_ties(file, engine) for file in groups["kinds"]), strict=True)
    migration = [*groups["migration"], *found(root, MIGRATION)]
    return {
        **{f"lines of {name}": lines[name] for name in list(GROUPS)[:4]},
        "lines of these four": sum(lines[name] for name in list(GROUPS)[:4]),
        "lines of the catalogue": lines["catalogue"],
        "lines of all plugins": sum(len(code(file)) for file in plugins),
        "action files": len(groups["action"]),
        "errors of mypy": mypy_errors(root),
        "names that kinds import from the engine": sum(names),
        "the most that one kind imports": max(names),
        "calls of kinds into the engine": sum(calls),
        "the most calls of one kind": max(calls),
        "lines of generated pages": sum(map(text_lines, found(root, GENERATED))),
        "files of the migration": len(migration),
        "lines of the migration": sum(map(text_lines, migration)),
        f"files over {LIMIT} lines": len(large),
        FILES: "".join(f"\n  {file.relative_to(root / 'plugins')}" for file in large),
    }


def found(folder: Path, patterns: Sequence[str]) -> list[Path]:
    """Return the files that fit one of the patterns."""
    return sorted({file.resolve() for pattern in patterns for file in folder.glob(pattern) if file.is_file()})


def text_lines(file: Path) -> int:
    return file.read_text("utf-8").count("\n")


def code(file: Path) -> set[int]:
    """Return the numbers of a file's lines of code."""
    tokens = tokenize.generate_tokens(io.StringIO(file.read_text("utf-8")).readline)
    lines = {line for one in tokens if one.type not in NO_CODE for line in range(one.start[0], one.end[0] + 1)}
    return lines - left_out(file)


def left_out(file: Path) -> set[int]:
    """Return the numbers of the lines that are documentation or data."""
    tree = ast.parse(file.read_text("utf-8"))
    owners = (node for node in ast.walk(tree) if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef))
    nodes: list[ast.stmt] = [node.body[0] for node in owners if ast.get_docstring(node)]
    nodes += [statement for statement in tree.body if isinstance(statement, ast.Assign | ast.AnnAssign)]
    return {line for node in nodes for line in range(node.lineno, (node.end_lineno or 0) + 1)}


def engine_ties(file: Path, engine: set[str]) -> tuple[int, int]:
    """Return how many names a file imports from the engine's files, and how many calls it makes of these names."""
    nodes = list(ast.walk(ast.parse(file.read_text("utf-8"))))
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.ImportFrom):
            inside = (node.module or "").rpartition(".")[2] in engine
            names |= {alias.asname or alias.name for alias in node.names if inside or alias.name in engine}
    called = [node.func for node in nodes if isinstance(node, ast.Call)]
    heads = [func.value if isinstance(func, ast.Attribute) else func for func in called]
    return len(names), sum(isinstance(head, ast.Name) and head.id in names for head in heads)


def mypy_errors(root: Path) -> int | str:
    """Count what mypy finds in the shared code, or say that it isn't installed."""
    with tempfile.TemporaryDirectory() as folder:
        tree = collection_tree.build(root, Path(folder))
        command = (sys.executable, "-m", "mypy", "--no-incremental", f"--config-file={ROOT / 'pyproject.toml'}")
        code = f"ansible_collections/community/infisical/{UTILS}"
        run = subprocess.run([*command, code], cwd=tree, capture_output=True, text=True, check=False)
    return run.stdout.count(": error: ") if run.returncode in (0, 1) and run.stdout else "not run"


def table(now: Mapping[str, int | str], then: Mapping[str, int | str], against: str) -> Iterator[str]:
    """Yield a line for each figure: at the commit, now, and by how much it changed."""
    yield f"{'':<40} {against[:9]:>9} {'now':>9} {'change' if then else '':>8}".rstrip()
    for name, value in now.items():
        before = then.get(name, "")
        if isinstance(value, int) and isinstance(before, int) and before:
            yield f"{name:<40} {before:>9} {value:>9} {value / before - 1:>+8.0%}"
        else:
            yield f"{name:<40} {'' if name == FILES else before:>9} {value:>9}"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--against", metavar="COMMIT", default="", help="a commit of this repository")
    against, then = parser.parse_args().against, {}
    if against:
        with tempfile.TemporaryDirectory() as folder:
            archive = subprocess.run(["git", "-C", str(ROOT), "archive", against], check=True, capture_output=True)
            subprocess.run(["tar", "-x", "-C", folder], input=archive.stdout, check=True)
            then = measure(Path(folder))
    print("\n".join(table(measure(ROOT), then, against)))


if __name__ == "__main__":
    exit_with(main)
