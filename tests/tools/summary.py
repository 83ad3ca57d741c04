# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Show the coverage and sum up what all sessions of nox found, from the files that they left."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pythons


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--coverage", action="store_true", help="show the coverage alone")
    parser.add_argument("results", type=Path)
    arguments = parser.parse_args()

    coverage = show_coverage(arguments.results)
    if arguments.coverage:
        return 0 if coverage else 1

    tests = count_tests(arguments.results)
    sessions = read_sessions(arguments.results / "nox.json")
    failed = [name for name, result in sessions.items() if result != "success"]
    missing = pythons.choose(pythons.installed(pythons.search_path()))[1]

    parts = [f"{len(sessions) - len(failed)} of {len(sessions)} sessions succeeded"]
    if failed:
        parts.append(f"failed: {', '.join(failed)}")
    if coverage:
        parts.append(f"coverage {coverage}")
    if missing:
        parts.append(f"could not run: {', '.join(missing)}")
    good = sessions and not failed and tests["passed"] and not tests["failed"]
    print(f"\n{tests['passed']} passed, {tests['failed']} failed, {tests['skipped']} skipped")
    print(f"{'OK' if good else 'FAILED'}: {'; '.join(parts)}")
    return 0 if good else 1


def show_coverage(results: Path) -> str:
    """Print the report of all runs together, and return the total."""
    run = [sys.executable, "-m", "coverage"]
    data = f"--data-file={results.parent / '.coverage'}"
    if not list(results.glob(".coverage.*")):
        print("No coverage was recorded.")
        return ""
    # Processes that a test killed leave broken files, and coverage a complaint about each.
    subprocess.run([*run, "combine", "--keep", "--quiet", data, str(results)], check=False, stderr=subprocess.DEVNULL)
    subprocess.run([*run, "report", data], check=False)
    total = subprocess.run([*run, "report", data, "--format=total"], check=False, capture_output=True, text=True)
    return f"{total.stdout.strip()} %" if total.returncode == 0 else ""


def count_tests(results: Path) -> Counter[str]:
    tests: Counter[str] = Counter()
    for report in results.glob("*.xml"):
        for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314 - our own pytest wrote it
            outcomes = {child.tag for child in case}
            failed = outcomes & {"error", "failure"}
            tests["failed" if failed else "skipped" if "skipped" in outcomes else "passed"] += 1
    return tests


def read_sessions(report: Path) -> dict[str, str]:
    if not report.exists():
        return {}
    return {session["name"]: session["result"] for session in json.loads(report.read_text())["sessions"]}


if __name__ == "__main__":
    sys.exit(main())
