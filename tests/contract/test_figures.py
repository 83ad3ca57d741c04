# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests/tools/figures.py counts, and that it finds the code where it is."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "tools"))

import figures  # noqa: E402

SOURCE = '''# a comment
"""Documentation
of two lines."""

from .._engine import store
from .._engine.driver import ensure, name as called

DOCUMENTATION = """
options: {}
"""
TABLE = {
    "a": 1,
}


def run(text):
    """More documentation."""
    # another comment
    return ensure(store.read(called), text.strip())  # a call of two of the three names
'''


def test_lines_of_code_are_counted_without_documentation_and_data(tmp_path: Path) -> None:
    file = tmp_path / "any.py"
    file.write_text(SOURCE)
    assert figures.code(file) == {5, 6, 16, 19}


def test_the_ties_of_a_kind_to_the_engine_are_counted(tmp_path: Path) -> None:
    file = tmp_path / "any.py"
    file.write_text(SOURCE)
    assert figures.engine_ties(file, {"store", "driver"}) == (3, 2)


def test_all_groups_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "mypy_errors", lambda _root: 0)
    measured = figures.measure(ROOT)
    lines = [measured[f"lines of {name}"] for name in ("engine", "kinds", "action", "modules")]
    assert 0 < min(lines) < sum(lines) == measured["lines of these four"] < measured["lines of all plugins"]
    assert min(measured[f"{what} of the migration"] for what in ("files", "lines")) > 0
    assert measured["names that kinds import from the engine"] > measured["the most that one kind imports"] > 0
    assert measured["lines of the catalogue"] > 0


def test_a_figure_is_shown_beside_that_of_a_commit() -> None:
    shown = list(figures.table({"lines": 90, figures.FILES: "\n  a.py"}, {"lines": 100}, "0123456789ab"))
    assert [line.split() for line in shown] == [
        ["012345678", "now", "change"],
        ["lines", "100", "90", "-10%"],
        [*figures.FILES.split(), "a.py"],
    ]
