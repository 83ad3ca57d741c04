# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Put what the last run of the benchmark measured (bench.json) into tests/bench/README.md."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "tests" / "bench" / "README.md"
BEGIN, END = "<!-- measured: begin -->\n", "<!-- measured: end -->\n"


def table(goals: list[dict[str, Any]]) -> str:
    """Return the goals as a table in Markdown, one a line."""
    rows = [
        f"| {goal['name']} | {goal['value']} | {goal['goal']} | {'yes' if goal['met'] else '**no**'}"
        f" | {'; '.join(goal['details'])} |"
        for goal in goals
    ]
    return "\n".join(
        [
            "| what | measured | goal | met | each side: median (least to most) |",
            "| --- | --- | --- | --- | --- |",
            *rows,
        ]
    )


def section(report: dict[str, Any]) -> str:
    """Return what the page says of one run."""
    on = dict(report["machine"])
    versions = ", ".join(f"{name} {on[name]}" for name in ("ansible-core", "requests", "urllib3"))
    quick = " This was a quick run, with less of everything." if report["quick"] else ""
    return (
        f"Measured on {report['date']}: {on['processor']}, load {on['load']}, {on['system']}; Python {on['python']},"
        f" {versions}; {report['rounds']} rounds, {report['minutes']} minutes in all.{quick}\n\n"
        f"{table(report['goals'])}\n"
    )


def main() -> None:
    before, rest = PAGE.read_text().split(BEGIN)
    _old, after = rest.split(END)
    report = json.loads((ROOT / "bench.json").read_text())
    PAGE.write_text(f"{before}{BEGIN}\n{section(report)}\n{END}{after}")


if __name__ == "__main__":
    main()
