# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measure the phases of a migration of many integrations within a server's rate limits, on a simulated clock.

Server, AWS and module share one process and one clock, which moves while all threads wait: what is shown is the time
that the limits and the jobs take. The plan alone is measured by the real clock.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "tools"), str(ROOT / ".cache" / "collections")]

import collection_tree  # noqa: E402

collection_tree.build(ROOT, ROOT / ".cache" / "collections")

from ansible_collections.community.infisical.plugins.module_utils._migration import steps  # noqa: E402
from laws.company import AWS, Company  # noqa: E402

from simulator import app, limits, sync  # noqa: E402

PHASES = ("create", "verify", "cut_over")
# Seconds, as real servers have them: until a job starts, for a job, and until one is tried again that found no place at
# its connection. Without the queue, there is a place for each.
STARTS, TAKES, PUT_OFF = 5.0, 2.0, 35.0


@contextmanager
def server_of(company: Company, writes: int, batch: int, *, queue: bool) -> Iterator[None]:
    """Have the server limit requests, and the jobs of each connection if `queue` says so."""
    company.sim._queue.delay, company.sim._queue.job_time = STARTS, TAKES
    with (
        mock.patch.object(limits, "clock", company.here.clock.now),
        mock.patch.object(app, "WRITE_LIMIT", writes),
        mock.patch.object(steps, "BATCH", batch),
        mock.patch.object(sync, "PUT_OFF", PUT_OFF),
        mock.patch.object(sync, "MOST_AT_WORK", sync.MOST_AT_WORK if queue else sys.maxsize),
    ):
        company.sim.rate_limits = True
        yield


def measure(natives: int, connections: int, writes: int, *, queue: bool, share: int = 1) -> None:
    natives, connections, writes, batch = (one // share for one in (natives, connections, writes, steps.BATCH))
    with tempfile.TemporaryDirectory(prefix="infisical-migration-") as folder, Company(Path(folder)).open() as company:
        clock = company.here.clock
        auths = [company.auth("aws-parameter-store") for _number in range(connections)]
        for number in range(natives):
            company.parameters(f"n{number}", f"/bench/{number}/", auths[number % connections])
        keys = {
            "accessKeyId": AWS["credentials"]["access_key_id"],
            "secretAccessKey": AWS["credentials"]["secret_access_key"],
        }
        for number in range(connections):
            company.sim.add_connection("aws", "access-key", f"aws-{number}", company.project, **keys)
        company.connections = [
            {"integration_auth_id": auth, "name": f"aws-{number}"} for number, auth in enumerate(auths)
        ]
        company.settle()
        start = clock.time
        with server_of(company, writes, batch, queue=queue):
            began = time.perf_counter()
            plan = company("plan", return_items="changed")
            estimate = plan["estimate"]
            print(f"| plan | {time.perf_counter() - began:.1f} s (real) | estimate {estimate} |", flush=True)
            for phase in PHASES:
                company.sim.clear_requests()
                began, real = clock.time, time.perf_counter()
                company(phase, return_items="changed", concurrency=8)
                methods = Counter("reads" if one["method"] == "GET" else "writes" for one in company.sim.requests)
                refused = sum(one["status"] == 429 for one in company.sim.requests)
                took = f"{clock.time - began:.0f} s | {methods['reads']} | {methods['writes']} | {refused} |"
                print(f"| {phase} | {took} ({time.perf_counter() - real:.0f} s real)", flush=True)
            print(f"| all | {(clock.time - start) / 60:.1f} min | | | |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--integrations", type=int, default=2000)
    parser.add_argument("--connections", type=int, default=10)
    parser.add_argument("--writes", type=int, default=200, help="writes that the server takes a minute and route")
    parser.add_argument("--queue", action="store_true", help="have each connection do five jobs at once at most")
    help_text = "divide integrations, connections, writes and batches by this: nearly the same times, much sooner"
    parser.add_argument("--share", type=int, default=1, help=help_text)
    options = parser.parse_args()
    print("| phase | time | reads | writes | refused |")
    print("| --- | --- | --- | --- | --- |", flush=True)
    measure(options.integrations, options.connections, options.writes, queue=options.queue, share=options.share)


if __name__ == "__main__":
    main()
