# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The example for many projects as a job that the platform splits: each slice is a job with a part of the inventory."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from playbooks.harness import AWS_KEY, AWS_SECRET, REGION, Aws

from simulator import Simulator

from .jobs import Job, run

PROJECTS, SLICES = 6, 3


def test_slices_of_a_job_side_by_side(sim: Simulator, aws: Aws, tmp_path: Path) -> None:
    login = {"universal_auth_client_id": sim.admin.client_id, "universal_auth_client_secret": sim.admin.client_secret}
    common = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable, "infisical_url": sim.url}
    hosts = {
        f"project-{number}": {
            **common,
            **login,
            "infisical_project_id": sim.add_project(f"project-{number}", folders=("/", "/app")),
        }
        for number in range(PROJECTS)
    }
    names = sorted(hosts)

    def of_slice(number: int) -> Job:
        # As the platform deals the hosts out.
        part: dict[str, Any] = {name: hosts[name] for name in names[number::SLICES]}
        return run(
            tmp_path / f"slice-{number}",
            "examples/scale/site.yml",
            hosts=part,
            group="infisical_projects",
            variables={"aws_region": REGION},
            env={"AWS_ACCESS_KEY_ID": AWS_KEY, "AWS_SECRET_ACCESS_KEY": AWS_SECRET},
            canaries=[AWS_SECRET, sim.admin.client_secret],
        )

    for expected in ({"created": 1}, {"unchanged": 1}):
        with ThreadPoolExecutor(SLICES) as pool:
            jobs = list(pool.map(of_slice, range(SLICES)))
        assert [job.status for job in jobs] == ["successful"] * SLICES
        counts: dict[str, dict[str, int]] = {}
        for number, job in enumerate(jobs):
            found = job.artifacts["infisical_projects"]
            assert sorted(found) == names[number::SLICES]
            counts |= found
        assert sorted(counts) == names
        assert all(one.items() >= expected.items() for one in counts.values())
    for name in names:
        [one] = sim.integrations(hosts[name]["infisical_project_id"])
        assert one["app"] == f"{name}/dev"
    assert sim.live_tokens() == []
