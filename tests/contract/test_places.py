# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which objects write to one place: what tasks say of it, and the audit, and the plan of a migration."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playbooks.services import done, run

from simulator import Simulator

DEVOPS = {"destination": "azure-devops", "destination_config": {"devops_project_id": "p"}}
GITHUB = {"destination": "github", "destination_config": {"scope": "repository", "owner": "o", "repo": "r"}}
FLYIO = {"destination": "flyio", "destination_config": {"app_id": "a"}}
TOKENS = {
    "azure-devops": ("access-token", {"access_token": "t", "org_name": "acme"}),
    "github": ("pat", {"personal_access_token": "t"}),
    "flyio": ("access-token", {"access_token": "t"}),
}
SAME = "Another secret sync writes to the same"


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with Simulator(sync_delay=0.0, create_open=True) as simulator:
        yield simulator


def connection(sim: Simulator, app: str, name: str = "one") -> str:
    method, credentials = TOKENS[app]
    options = {"project_id": sim.project_id, "app": app, "method": method, "name": f"{app}-{name}"}
    return done(sim, "infisical_app_connection", **options, credentials=credentials)["app_connection"]["id"]


def item(sim: Simulator, what: dict[str, Any], name: str, **options: Any) -> dict[str, Any]:
    fixed = {"environment": "dev", "secret_path": "/app", "sync_options": {"disable_secret_deletion": False}}
    return {**what, **fixed, "name": name, "connection_id": sim.connections(sim.project_id)[0]["id"], **options}


def sync(sim: Simulator, what: dict[str, Any], name: str, **options: Any) -> dict[str, Any]:
    return run(sim, "infisical_secret_sync", project_id=sim.project_id, **item(sim, what, name, **options))


def told(result: dict[str, Any]) -> bool:
    return any(SAME in text for text in result["warnings"])


def test_each_environment_has_its_own_group_in_azure_devops(sim: Simulator, tmp_path: Path) -> None:
    connection(sim, "azure-devops")
    for name in ("dev", "prod"):
        made = sync(sim, DEVOPS, name, environment=name, check_duplicates="refuse")
        assert (made.get("failed"), told(made)) == (None, False)
    refused = sync(sim, DEVOPS, "again", secret_path="/", check_duplicates="refuse")
    assert SAME in refused["msg"]
    project = {"project_id": sim.project_id, "integration": "azure-devops"}
    done(sim, "infisical_integration_auth", **project, access_token="OnQ=")
    where = {"secret_path": "/app", "app": "org", "app_id": "q", "accept_deletion": True}
    for name in ("dev", "prod"):
        made = done(sim, "infisical_integration", **project, **where, source_environment=name)
        assert made["warnings"] == []
    audit = done(sim, "infisical_audit_info", project_ids=[sim.project_id])
    assert audit["conflicts"] == []
    plan = {"phase": "plan", "project_ids": [sim.project_id], "journal": str(tmp_path / "journal")}
    assert done(sim, "infisical_migration", **plan)["groups"] == []
    # Two folders of one environment write to one group.
    made = done(sim, "infisical_integration", **project, **{**where, "secret_path": "/"}, source_environment="dev")
    assert "Another active integration writes to the same destination" in made["warnings"][0]
    sync(sim, DEVOPS, "again", secret_path="/", check_duplicates="ignore")
    audit = done(sim, "infisical_audit_info", project_ids=[sim.project_id])
    assert sorted(len(conflict["members"]) for conflict in audit["conflicts"]) == [2, 2]
    assert len(done(sim, "infisical_migration", **plan)["groups"]) == 1


@pytest.mark.parametrize(("slug", "name", "found"), [("prd", "Same", 1), ("prod", "Other", 0)])
def test_a_group_is_named_like_the_environment_in_all_projects(
    sim: Simulator, slug: str, name: str, found: int
) -> None:
    """The name counts, not the slug."""
    second = sim.add_project("second")
    sim.rename_environment(sim.project_id, "prod", "prod", "Same")
    sim.rename_environment(second, "prod", slug, name)
    shared = sim.add_connection("azure-devops", "access-token", "shared", **TOKENS["azure-devops"][1])["id"]
    projects = {sim.project_id: "prod", second: slug}
    for project, environment in projects.items():
        where = {"project_id": project, "environment": environment, "secret_path": "/", "connection_id": shared}
        options = {**DEVOPS, **where, "name": "one", "sync_options": {"disable_secret_deletion": False}}
        done(sim, "infisical_secret_sync", **options)
    conflicts = done(sim, "infisical_audit_info", project_ids=list(projects))["conflicts"]
    assert [len(conflict["members"]) for conflict in conflicts] == [2] * found


def test_an_integration_and_the_sync_of_another_environment(sim: Simulator) -> None:
    """Both write to one project of Azure DevOps; what is told of them depends on the environment."""
    connection(sim, "azure-devops")
    project = {"project_id": sim.project_id, "integration": "azure-devops"}
    done(sim, "infisical_integration_auth", **project, access_token="OnQ=")
    where = {"secret_path": "/app", "app": "acme", "app_id": "p", "accept_deletion": True}
    done(sim, "infisical_integration", **project, **where, source_environment="dev")
    for environment, found in (("prod", 0), ("dev", 1)):
        sync(sim, DEVOPS, environment, environment=environment)
        assert len(done(sim, "infisical_audit_info", project_ids=[sim.project_id])["conflicts"]) == found


@pytest.mark.parametrize("repo", ["r", "R"])
def test_a_repository_is_one_place_for_all_connections(sim: Simulator, repo: str) -> None:
    connection(sim, "github")
    other = connection(sim, "github", "two")
    sync(sim, GITHUB, "first")
    config = {**GITHUB["destination_config"], "repo": repo}
    refused = sync(sim, GITHUB, "second", destination_config=config, connection_id=other, check_duplicates="refuse")
    assert SAME in refused["msg"]


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("by_name", [False, True])
def test_items_of_one_task_that_write_to_one_place(sim: Simulator, check: bool, by_name: bool) -> None:
    connection(sim, "flyio")
    options = {"check_duplicates": "refuse"}
    items = [item(sim, FLYIO, "first", **options), item(sim, FLYIO, "second", secret_path="/", **options)]
    if by_name:
        items[1] = {**items[1], "connection_id": None, "connection_name": "flyio-one"}
    other = item(sim, FLYIO, "other", destination_config={"app_id": "b"}, **options)
    refused = run(sim, "infisical_secret_syncs", check=check, project_id=sim.project_id, syncs=[*items, other])
    assert refused["refused_items"] == [0, 1]
    assert "item 0 (first): another item of this task (second) writes to the same flyio destination" in refused["msg"]
    assert sim.syncs(sim.project_id) == []
    warned = [{**one, "check_duplicates": "warn"} for one in items]
    made = run(sim, "infisical_secret_syncs", check=check, project_id=sim.project_id, syncs=[*warned, other])
    assert (made.get("failed"), told(made)) == (None, True)
    ignored = [{**one, "name": f"{one['name']}-more", "check_duplicates": "ignore"} for one in items]
    made = run(sim, "infisical_secret_syncs", check=check, project_id=sim.project_id, syncs=ignored)
    assert (made.get("failed"), told(made)) == (None, False)


def test_items_that_write_to_one_place_already(sim: Simulator) -> None:
    """What does not change is not refused: the next run is the same."""
    connection(sim, "flyio")
    items = [item(sim, FLYIO, "first"), item(sim, FLYIO, "second", secret_path="/")]
    done(sim, "infisical_secret_syncs", project_id=sim.project_id, syncs=items)
    again = [{**one, "check_duplicates": "refuse"} for one in items]
    assert done(sim, "infisical_secret_syncs", project_id=sim.project_id, syncs=again)["changed"] is False
    # One that leaves makes room.
    gone = [{"name": "first", "state": "absent"}, {**again[1], "name": "third"}, {"name": "second", "state": "absent"}]
    assert done(sim, "infisical_secret_syncs", project_id=sim.project_id, syncs=gone)["counts"]["created"] == 1


def test_two_connections_are_two_places(sim: Simulator) -> None:
    connection(sim, "flyio")
    other = connection(sim, "flyio", "two")
    options = {"check_duplicates": "refuse"}
    items = [item(sim, FLYIO, "first", **options), item(sim, FLYIO, "second", connection_id=other, **options)]
    made = done(sim, "infisical_secret_syncs", project_id=sim.project_id, syncs=items)
    assert made["counts"]["created"] == 2
