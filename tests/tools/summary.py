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
from printing import exit_with

# How much of a failed session's output is shown.
LINES = 30


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--coverage", action="store_true", help="show the coverage alone")
    parser.add_argument("results", type=Path, nargs="+", help="a folder; of several, all is counted together")
    folders = (arguments := parser.parse_args()).results

    if arguments.coverage:
        return 0 if show_coverage(folders[-1]) else 1

    tests = sum(map(count_tests, folders), Counter())
    found = {folder: read_sessions(folder / "sessions.json") for folder in folders}
    sessions = {folder / f"{name}.log": good for folder, of_it in found.items() for name, good in of_it.items()}
    left_out = [log for log, good in sessions.items() if good is None]
    failed = [log for log, good in sessions.items() if good is False]
    path = pythons.search_path()
    missing = pythons.choose(pythons.installed(path))[1]
    if not pythons.oldest(path):
        missing.append(f"the unit tests on Python {pythons.OLDEST}")

    for log in failed:
        print(f"\n{'=' * 10} {log.stem} failed; the end of {log}:")
        print("\n".join(log.read_text(errors="replace").splitlines()[-LINES:]))
    parts = [f"{len(sessions) - len(failed) - len(left_out)} of {len(sessions)} sessions succeeded"]
    if failed:
        parts.append(f"failed: {', '.join(log.stem for log in failed)}")
    if left_out:
        parts.append(f"not run, as there was no time left: {', '.join(log.stem for log in left_out)}")
    if coverage := total_of_coverage(folders[-1]):
        parts.append(f"coverage {coverage}")
    if missing:
        parts.append(f"could not run: {', '.join(missing)}")
    good = all(found.values()) and not failed and tests["passed"] and not tests["failed"]
    print(f"\nWhat each session printed is in {' and '.join(map(str, folders))}.")
    print(f"{tests['passed']} passed, {tests['failed']} failed, {tests['skipped']} skipped")
    print(f"{'OK' if good else 'FAILED'}: {'; '.join(parts)}")
    return 0 if good else 1


def show_coverage(results: Path) -> bool:
    """Print the report of all runs together. Returns whether there was something to report."""
    if not list(results.glob(".coverage.*")):
        print("No coverage was recorded: make test-all does.")
        return False
    run, data = coverage_of(results)
    # Processes that a test killed leave broken files, and coverage a complaint about each.
    combine = [*run, "combine", "--keep", "--quiet", data, str(results)]
    subprocess.run(combine, check=False, stderr=subprocess.DEVNULL)
    return not subprocess.run([*run, "report", data], check=False).returncode


def total_of_coverage(results: Path) -> str:
    """Return the total that the last report had, as text with its unit; nothing where there was none."""
    run, data = coverage_of(results)
    if not list(results.glob(".coverage.*")):
        return ""
    total = subprocess.run([*run, "report", data, "--format=total"], check=False, capture_output=True, text=True)
    return f"{total.stdout.strip()} %" if total.returncode == 0 else ""


def coverage_of(results: Path) -> tuple[list[str], str]:
    return [sys.executable, "-m", "coverage"], f"--data-file={results / '.coverage'}"


def count_tests(results: Path) -> Counter[str]:
    tests: Counter[str] = Counter()
    for report in results.glob("*.xml"):
        for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314 - our own pytest wrote it
            outcomes = {child.tag for child in case}
            failed = outcomes & {"error", "failure"}
            tests["failed" if failed else "skipped" if "skipped" in outcomes else "passed"] += 1
    return tests


def read_sessions(report: Path) -> dict[str, bool | None]:
    """Return of each session whether it succeeded; None where it was left out."""
    return json.loads(report.read_text()) if report.exists() else {}


if __name__ == "__main__":
    exit_with(main)
