# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the sessions of nox that have a tag, two at a time, and show a line for each.

What a session prints goes to a file in the folder for results, and so do the reports that summary.py reads.

Where CHECK_UNTIL is in the environment, as seconds since the epoch, no session begins after it. The summary names those
that were left out.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

from printing import exit_with

NOX = [sys.executable, "-m", "nox", "--reuse-existing-virtualenvs", "--no-install"]
# The formatters report what they would otherwise rewrite.
SETTINGS = {"CI": "true", "NO_COLOR": "1", "FORCE_COLOR": ""}
# Sessions that use all processors would disturb each other's measuring of time.
HEAVY = "heavy"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("results", type=Path)
    parser.add_argument("tag")
    arguments = parser.parse_args()
    results = arguments.results.resolve()

    listed = subprocess.run([*NOX, "--list", "--json", "--tags", arguments.tag], check=False, capture_output=True)
    if listed.returncode:
        sys.stderr.buffer.write(listed.stderr)
        return 1
    sessions = [one for one in json.loads(listed.stdout) if arguments.tag in one["tags"]]
    heavy = [one["session"] for one in sessions if HEAVY in one["tags"]]
    light = [one["session"] for one in sessions if HEAVY not in one["tags"]]
    stop, found = Event(), []
    with ThreadPoolExecutor() as rows:
        try:
            for row in [rows.submit(run_all, row, results, stop) for row in (heavy, light)]:
                found.extend(row.result())
        except KeyboardInterrupt:
            stop.set()
            raise
    (results / "sessions.json").write_text(json.dumps(dict(found)))
    return 0


def run_all(sessions: Iterable[str], results: Path, stop: Event) -> list[tuple[str, bool | None]]:
    """Run one session after another, and return of each whether it succeeded; None where there was no time for it."""
    return [(session, run(session, results)) for session in sessions if not stop.is_set()]


def run(session: str, results: Path) -> bool | None:
    if time.time() > float(os.environ.get("CHECK_UNTIL") or "inf"):
        print(f"{session:<20} not run: no time left", flush=True)
        return None
    begin = time.monotonic()
    env = {**os.environ, **SETTINGS, "CHECK_RESULTS": str(results)}
    with (results / f"{session}.log").open("wb") as log:
        done = subprocess.run(
            [*NOX, "--session", session], env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False
        )
    print(f"{session:<20} {'FAILED' if done.returncode else 'ok':<6} {time.monotonic() - begin:6.0f} s", flush=True)
    return not done.returncode


if __name__ == "__main__":
    exit_with(main)
