# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many requests a phase takes: so many writes for each integration, and reads for all together.

And a run of many goes on where the server refuses requests for a while, as long as each batch finds time for its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from threading import Barrier
from typing import Any
from unittest import mock

import requests
from ansible_collections.community.infisical.plugins.module_utils._migration import steps

from simulator import sync

from .company import Company
from .server import InProcess

NATIVES = 12
# Writes for each integration.
WRITES = {"plan": 0, "create": 1, "verify": 1, "cut_over": 2}
# Reads of a phase, and of each of its batches, those of its wait included.
READS, READS_OF_A_BATCH = 10, 8


def company_of(company: Company, natives: int) -> None:
    auth = company.auth("aws-parameter-store")
    for number in range(natives):
        company.parameters(f"n{number}", f"/n/{number}/", auth)
    company.settle()


def test_reads_grow_with_the_batches_and_not_with_the_integrations(tmp_path: Path) -> None:
    with Company(tmp_path).open() as company, mock.patch.object(steps, "BATCH", NATIVES // 2):
        company_of(company, NATIVES)
        for phase, writes in WRITES.items():
            company.sim.clear_requests()
            company(phase)
            sent = [(one["method"], one["path"]) for one in company.sim.requests]
            reads = [path for method, path in sent if method == "GET"]
            assert len(sent) - len(reads) == writes * NATIVES, (phase, Counter(sent))
            assert len(reads) <= READS + 2 * READS_OF_A_BATCH, (phase, Counter(reads))
            assert not [path for path in reads if any(native in path for native in company.ids.values())]


def test_refusals_side_by_side_are_waited_for_once(tmp_path: Path) -> None:
    together, send = Barrier(8), InProcess.send
    left = list(range(8))

    def sent(adapter: InProcess, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        if request.method == "PATCH" and left:
            left.pop()
            together.wait(timeout=30)
        return send(adapter, request, **options)

    with Company(tmp_path).open() as company:
        company_of(company, 8)
        company.until("create", "verify")
        company.sim.fail_next(429, times=8, method="PATCH", headers={"Retry-After": "50"})
        begin = company.here.clock.now()
        with mock.patch.object(InProcess, "send", sent):
            company("cut_over", concurrency=8)
        assert company.here.clock.now() - begin < 100


def after_each_sync(act: Callable[[], None]) -> Any:
    """Have something happen after each sync that was started."""
    send = InProcess.send

    def sent(adapter: InProcess, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        answer = send(adapter, request, **options)
        if str(request.url).endswith("/sync-secrets") and answer.status_code == 200:
            act()
        return answer

    return mock.patch.object(InProcess, "send", sent)


def test_each_batch_has_its_own_time_for_retries(tmp_path: Path) -> None:
    with Company(tmp_path).open() as company, mock.patch.object(steps, "BATCH", 1):
        company_of(company, 4)
        company.until("create")

        def refuse() -> None:
            """Have somebody else use up the limit."""
            company.sim.fail_next(429, method="POST", path="*/sync-secrets", headers={"Retry-After": "50"})

        refuse()
        with after_each_sync(refuse):
            company("verify")


def test_each_batch_may_log_in_anew(tmp_path: Path) -> None:
    with Company(tmp_path).open() as company, mock.patch.object(steps, "BATCH", 1):
        company_of(company, 3)
        company.until("create")
        admin = company.sim.admin
        login = {f"universal_auth_{name}": getattr(admin, name) for name in ("client_id", "client_secret")}

        with after_each_sync(company.sim.revoke_tokens):
            company("verify", auth_method="universal_auth", token=None, **login)


def test_a_batch_may_wait_for_longer_while_its_syncs_succeed(tmp_path: Path) -> None:
    with Company(tmp_path).open() as company, mock.patch.object(sync, "MOST_AT_WORK", 2):
        company_of(company, 4)
        company.until("create")
        company.sim._queue.job_time = 100.0
        # A worker that has gone, which leaves one for the others.
        stuck = company.sync("n3")
        assert stuck
        company.sim._queue.locked.add(stuck["id"])
        begin = company.here.clock.now()
        result = company("verify", fails=True, wait_timeout=150)
        assert company.here.clock.now() - begin > 400
        assert company.stages(result) == {**dict.fromkeys(("n0", "n1", "n2"), "verified"), "n3": "created"}
        assert "within 150 seconds (option wait_timeout)" in company.item(result, "n3")["reason"]
