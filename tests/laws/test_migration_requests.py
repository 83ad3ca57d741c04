# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many requests a phase takes: so many writes for each integration, and reads for all together."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from unittest import mock

from ansible_collections.community.infisical.plugins.module_utils._migration import steps

from .company import Company

NATIVES = 12
# Writes for each integration.
WRITES = {"plan": 0, "create": 1, "verify": 1, "cut_over": 2}
# Reads of a phase, and of each of its batches, those of its wait included.
READS, READS_OF_A_BATCH = 10, 8


def test_reads_grow_with_the_batches_and_not_with_the_integrations(tmp_path: Path) -> None:
    with Company(tmp_path).open() as company, mock.patch.object(steps, "BATCH", NATIVES // 2):
        auth = company.auth("aws-parameter-store")
        for number in range(NATIVES):
            company.parameters(f"n{number}", f"/n/{number}/", auth)
        company.settle()
        for phase, writes in WRITES.items():
            company.sim.clear_requests()
            company(phase)
            sent = [(one["method"], one["path"]) for one in company.sim.requests]
            reads = [path for method, path in sent if method == "GET"]
            assert len(sent) - len(reads) == writes * NATIVES, (phase, Counter(sent))
            assert len(reads) <= READS + 2 * READS_OF_A_BATCH, (phase, Counter(reads))
            assert not [path for path in reads if any(native in path for native in company.ids.values())]
