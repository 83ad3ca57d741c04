# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The example for many projects on several servers: one run, side by side, and each project on its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simulator import Simulator

from .harness import AWS_KEY, AWS_SECRET, Aws, Player

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "scale"
PROJECTS = 5

pytestmark = pytest.mark.parametrize("generation", ["2024"], indirect=True)


@pytest.fixture
def newer(aws: Aws) -> Iterator[Simulator]:
    keys = {AWS_KEY: AWS_SECRET}
    options = {"aws_endpoint_url": aws.url, "aws_credentials": keys, "rate_limits": True}
    with Simulator(generation="2026", create_open=True, **options) as simulator:
        yield simulator


def group(sim: Simulator, name: str) -> dict[str, Any]:
    login = {"universal_auth_client_id": sim.admin.client_id, "universal_auth_client_secret": sim.admin.client_secret}
    projects = {
        f"{name}-{number}": sim.add_project(f"{name}-{number}", folders=("/", "/app")) for number in range(PROJECTS)
    }
    hosts = {host: {"infisical_project_id": project_id} for host, project_id in projects.items()}
    return {"vars": {"infisical_url": sim.url, **login}, "hosts": hosts}


@pytest.mark.thorough
def test_many_projects_on_two_servers(play: Player, sim: Simulator, newer: Simulator, aws: Aws) -> None:
    sim.rate_limits = True
    play.canaries.add(newer.admin.client_secret)
    groups = {"older": group(sim, "older"), "newer": group(newer, "newer")}
    # Of the example's own inventory all but the projects stays.
    example = EXAMPLE / "inventory.yml"
    inventory = play.folder / "inventory.json"
    inventory.write_text(json.dumps({"infisical_projects": {"children": groups}}))
    env = {"AWS_ACCESS_KEY_ID": AWS_KEY, "AWS_SECRET_ACCESS_KEY": AWS_SECRET}
    switches = ["--inventory", str(example), "--inventory", str(inventory), "--forks", "5", "--limit", "older:newer"]

    def run(*more: str, rc: int = 0) -> dict[str, int]:
        done = play(str(EXAMPLE / "site.yml"), *switches, *more, rc=rc, env=env, login=False)
        newer.wait_idle()
        assert newer.live_tokens() == []
        return {name: done.changed.count(name) for name in done.changed}

    everything = {
        "Store the AWS credentials in Infisical": 2 * PROJECTS,
        "Define which secrets are written where": 2 * PROJECTS,
    }
    assert run("--check") == everything
    assert run() == everything
    assert run() == {}
    for server, name in ((sim, "older"), (newer, "newer")):
        for host, variables in groups[name]["hosts"].items():
            assert [one["app"] for one in server.integrations(variables["infisical_project_id"])] == [f"{host}/dev"]

    # A project that fails stops none of the others.
    groups["older"]["hosts"]["older-0"]["infisical_project_id"] = "no-such-project"
    extra = sim.add_project("one-more", folders=("/", "/app"))
    groups["older"]["hosts"]["one-more"] = {"infisical_project_id": extra}
    inventory.write_text(json.dumps({"infisical_projects": {"children": groups}}))
    retry = play.folder / "site.retry"
    env |= {"ANSIBLE_RETRY_FILES_ENABLED": "true", "ANSIBLE_RETRY_FILES_SAVE_PATH": str(play.folder)}
    assert run(rc=2) == {"Store the AWS credentials in Infisical": 1, "Define which secrets are written where": 1}

    # What failed is run again alone, as the guide says.
    assert retry.read_text().split() == ["older-0"]
    groups["older"]["hosts"]["older-0"]["infisical_project_id"] = sim.add_project("late", folders=("/", "/app"))
    inventory.write_text(json.dumps({"infisical_projects": {"children": groups}}))
    assert run("--limit", f"@{retry}") == {
        "Store the AWS credentials in Infisical": 1,
        "Define which secrets are written where": 1,
    }
