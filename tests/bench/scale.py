# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measure the example for many projects against one simulated server, with and without its rate limits.

Prints a table of what a first run and an unchanged one took, for several numbers of forks and of slices.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections import Counter
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "tools")]

import collection_tree  # noqa: E402
import isolation  # noqa: E402

from simulator import Simulator  # noqa: E402

EXAMPLE = ROOT / "examples" / "scale" / "site.yml"
# Forks, slices, and whether the server has limits.
CASES = ((10, 1, False), (5, 1, True), (10, 1, True), (25, 1, True), (5, 4, True))


def inventory(sim: Simulator, projects: int) -> dict:
    hosts = {
        f"project-{number}": {"infisical_project_id": sim.add_project(f"p-{number}")} for number in range(projects)
    }
    variables = {
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
        "aws_region": "us-east-1",
        "infisical_url": sim.url,
        "universal_auth_client_id": sim.admin.client_id,
        "universal_auth_client_secret": sim.admin.client_secret,
    }
    return {"infisical_projects": {"vars": variables, "hosts": hosts}}


def run(folder: Path, hosts: list[list[str]], forks: int) -> tuple[float, int]:
    """Run the example once for each slice of the hosts, all at the same time; returns the seconds and the changes."""
    env = os.environ | {
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache" / "collections"),
        "ANSIBLE_HOME": str(folder / "home"),
        "AWS_ACCESS_KEY_ID": "any",
        "AWS_SECRET_ACCESS_KEY": "any",
    }
    ansible = Path(sys.executable).with_name("ansible-playbook")
    command = [str(ansible), "--inventory", str(folder / "hosts.json"), "--forks", str(forks), str(EXAMPLE)]
    started = time.perf_counter()
    slices = [
        subprocess.Popen([*command, "--limit", ",".join(one)], env=env, stdout=subprocess.PIPE, text=True)
        for one in hosts
    ]
    outputs = [one.communicate()[0] for one in slices]
    seconds = time.perf_counter() - started
    if any(one.returncode for one in slices):
        sys.exit("\n".join(outputs))
    return seconds, sum(output.count("changed: [") for output in outputs)


def set_up(sim: Simulator, hosts: dict) -> None:
    """Put on the server what a first run creates."""
    for name, variables in hosts["infisical_projects"]["hosts"].items():
        auth = sim.add_auth(variables["infisical_project_id"], "aws-secret-manager", accessId="any", accessToken="any")
        place = {"secretPath": "/app", "app": f"{name}/dev", "region": "us-east-1", "isActive": True}
        sim.add_integration(auth["id"], "dev", **place)


def measure(projects: int, forks: int, slices: int, limited: bool, *, unchanged: bool = False) -> list[str]:
    with (
        # Nothing is to be synced while it is measured.
        Simulator(generation="2024", rate_limits=limited, sync_delay=3600) as sim,
        tempfile.TemporaryDirectory(prefix="infisical-scale-") as home,
    ):
        folder = Path(home)
        hosts = inventory(sim, projects)
        (folder / "hosts.json").write_text(json.dumps(hosts))
        names = list(hosts["infisical_projects"]["hosts"])
        parts = [names[number::slices] for number in range(slices)]
        row = [str(projects), str(forks), str(slices), "yes" if limited else "no"]
        if unchanged:
            set_up(sim, hosts)
            row += ["", ""]
        for wanted in (0,) if unchanged else (2 * projects, 0):
            sim.clear_requests()
            seconds, changes = run(folder, parts, forks)
            if changes != wanted:
                sys.exit(f"{changes} changes, where {wanted} were due")
            statuses = Counter(one["status"] for one in sim.requests)
            row += [f"{seconds:.0f} s", f"{sum(statuses.values())}, {statuses[429]}"]
            if limited:
                # The second run begins with a window of its own, as a nightly one does.
                sim.rate_limits = True
        return row


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--projects", type=int, default=100)
    parser.add_argument("--forks", type=int, help="measure only this many, within the limits")
    parser.add_argument("--slices", type=int, default=1, help="with --forks: so many jobs at the same time")
    parser.add_argument("--unchanged", action="store_true", help="leave the first run out")
    given = parser.parse_args()
    cases = [(given.forks, given.slices, True)] if given.forks else CASES
    isolation.isolate()
    collection_tree.build(ROOT, ROOT / ".cache" / "collections")
    processors = f"{len(os.sched_getaffinity(0))} processors"
    names = ("ansible-core", "requests")
    versions = "; ".join(f"{name} {version(name)}" for name in names)
    load = os.getloadavg()[0]
    print(f"{processors}, load {load:.1f}; Python {platform.python_version()}; {versions}\n")
    print("| projects | forks | slices | rate limits | first run | requests, refused | unchanged | requests, refused |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |", flush=True)
    for forks, slices, limited in cases:
        print(
            f"| {' | '.join(measure(given.projects, forks, slices, limited, unchanged=given.unchanged))} |", flush=True
        )


if __name__ == "__main__":
    main()
