# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Between the phases, someone renames or removes what integrations and syncs hang on: project, folder, connection."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .company import Company

# How far a company has come, by the stage of its integration.
UNTIL = {
    "planned": ("connect",),
    "created": ("create",),
    "verified": ("create", "verify"),
    "cut_over": ("create", "verify", "cut_over"),
    "retired": ("create", "verify", "cut_over", "retire"),
    "rolled_back": ("create", "verify", "cut_over", "rollback"),
}
WITH_BOTH = ("created", "verified", "cut_over")
ON = ("verify", "cut_over", "retire")


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    with Company(tmp_path).open() as company:
        company.many()
        company.settle()
        yield company


def come_to(company: Company, stage: str) -> None:
    for phase in UNTIL[stage]:
        company(phase, min_age=0)
    assert set(company.stages(company("plan")).values()) == {stage}


def rename_environment(company: Company) -> None:
    company.sim.rename_environment(company.project, "dev", "development")


def rename_project(company: Company) -> None:
    company.sim.rename_project(company.project, "Shop", "shop")


def rename_connection(company: Company) -> None:
    (made,) = company.sim.connections(company.project)
    company.edit(f"/app-connections/aws/{made['id']}", {"name": "aws-renamed"})


def remove_connection(company: Company) -> str:
    (made,) = company.sim.connections(company.project)
    return str(company.edit(f"/app-connections/aws/{made['id']}", None, "DELETE").get("message"))


def reasons(company: Company, phase: str, **options: object) -> set[str]:
    """Run a phase that has to fail, first in check mode; returns what both say of the integration, which is one."""
    found = set()
    for check in (True, False):
        found.add(company.item(company(phase, check=check, fails=True, min_age=0, **options), "many")["reason"])
    return found


@pytest.mark.parametrize("rename", [rename_project, rename_environment, rename_connection])
@pytest.mark.parametrize("stage", WITH_BOTH)
def test_migration_goes_on_when_something_has_only_another_name(
    company: Company, stage: str, rename: Callable[[Company], None]
) -> None:
    """The server knows it by its id, so that integration and sync still read and write the same."""
    come_to(company, stage)
    rename(company)
    environment = "development" if rename is rename_environment else "dev"
    for phase in ON[WITH_BOTH.index(stage) :]:
        item = company.item(company(phase, min_age=0), "many")
        assert item["reason"] == ""
        assert item["comparison"]["result"] == "same"
    assert company.native("many") is None
    assert company.sync_is_on("many")
    # What it reads is written all the same.
    company.sim.set_secret(company.project, environment, "/app", "API_KEY", "api-value-2")
    company.here.clock.sleep(60.0)
    assert "api-value-2" in company.content()["my-app/dev"]


@pytest.mark.parametrize("stage", WITH_BOTH)
def test_renamed_environment_can_be_rolled_back_and_migrated_anew(company: Company, stage: str) -> None:
    come_to(company, stage)
    rename_environment(company)
    for phase, expected in (("rollback", "rolled_back"), ("create", "created"), ("verify", "verified")):
        assert company.stages(company(phase)) == {"many": expected}
    assert company.is_on("many")
    assert company.sync("many")["environment"]["slug"] == "development"


def test_renamed_environment_in_the_names_at_the_destination_is_a_change(company: Company) -> None:
    company.inputs = [
        {"service": "aws-secret-manager", "sync_options": {"key_schema": "{{environment}}_{{secretKey}}"}}
    ]
    come_to(company, "created")
    rename_environment(company)
    (reason,) = reasons(company, "verify")
    assert "environment was 'dev' and is 'development'" in reason


@pytest.mark.parametrize("stage", WITH_BOTH)
def test_integration_that_reads_another_environment_is_a_change(company: Company, stage: str) -> None:
    come_to(company, stage)
    company.edit_native("many", environment="prod")
    (reason,) = reasons(company, "verify")
    assert "integration: source_environment was 'dev' and is 'prod'" in reason


def test_project_by_its_old_slug_is_said_and_stops_no_other(company: Company) -> None:
    come_to(company, "verified")
    rename_project(company)
    result = company("cut_over", fails=True, project_slugs=["test-project-old"])
    assert "Project test-project-old could not be read" in result.data["msg"]
    assert company.stages(result) == {"many": "cut_over"}


@pytest.mark.parametrize(
    ("stage", "change"),
    [("planned", rename_connection), ("planned", remove_connection), ("rolled_back", rename_connection)],
)
def test_connection_that_is_gone_before_create_is_said(
    company: Company, stage: str, change: Callable[[Company], object]
) -> None:
    come_to(company, stage)
    change(company)
    reason = company.item(company("create", fails=True), "many")["reason"]
    assert "There is no aws connection called 'aws-main'" in reason
    assert company.is_on("many")
    assert not company.sync_is_on("many")


@pytest.mark.parametrize("stage", ["created", "verified", "cut_over", "retired", "rolled_back"])
def test_connection_that_a_sync_uses_can_not_be_removed(company: Company, stage: str) -> None:
    """Removed syncs aside, there is no way to take the connection from under a migration."""
    come_to(company, stage)
    assert "Cannot delete App Connection" in remove_connection(company)
    assert company.stages(company("plan")) == {"many": stage}


@pytest.mark.parametrize("stage", WITH_BOTH)
def test_removed_environment_takes_the_integrations_along_and_is_said(company: Company, stage: str) -> None:
    come_to(company, stage)
    company.sim.delete_environment(company.project, "dev")
    for phase in (*ON, "rollback", "create"):
        (reason,) = reasons(company, phase)
        assert reason.startswith("It is gone, and so is what its sync read (dev:/app): was the environment removed?")
    # Who knows of it goes on without it.
    result = company("verify", exclude=[company.ids["many"]])
    assert result["counts"]["fault"] == 1


@pytest.mark.parametrize("what", ["folder", "environment"])
def test_retired_integration_whose_sync_reads_nothing_is_a_fault(company: Company, what: str) -> None:
    """Nobody writes to its destination any more."""
    come_to(company, "retired")
    if what == "folder":
        company.sim.delete_folder(company.project, "dev", "/app")
    else:
        company.sim.delete_environment(company.project, "dev")
    assert company.stages(company("plan")) == {"many": "fault"}
    for phase in ("verify", "retire", "restore_deletion"):
        (reason,) = reasons(company, phase)
        assert "It was retired. Secret sync " in reason
        assert "writes nothing any more: the folder that it read was removed (dev:/app)." in reason
    if what == "folder":
        company.sim.set_secret(company.project, "dev", "/app", "API_KEY", "api-value-2")
        company.edit_sync("many", environment="dev", secretPath="/app")
        assert company.stages(company("plan")) == {"many": "retired"}


@pytest.mark.parametrize("stage", WITH_BOTH)
def test_removed_folder_is_said_and_can_be_made_again(company: Company, stage: str) -> None:
    come_to(company, stage)
    company.sim.delete_folder(company.project, "dev", "/app")
    before = company.content()
    for phase in ON:
        (reason,) = reasons(company, phase)
        assert "writes nothing any more: the folder that it read was removed (dev:/app)" in reason
    (reason,) = reasons(company, "rollback")
    assert reason.startswith("The environment dev has no folder '/app'.")
    assert "The integration reads it, and can't be switched on without it." in reason
    assert company.is_on("many") == (stage != "cut_over")
    assert company.content() == before
    company.sim.set_secret(company.project, "dev", "/app", "API_KEY", "api-value-2")
    for phase, expected in (("rollback", "rolled_back"), ("create", "created")):
        company(phase, fails=None)
        found = company(phase, fails=None, accept_differences=differences(company))
        assert company.stages(found) == {"many": expected}
    assert company.sync("many")["folder"]["path"] == "/app"


def differences(company: Company) -> list[str]:
    return [one["id"] for one in company("plan")["differences"]]


@pytest.mark.parametrize("stage", WITH_BOTH)
@pytest.mark.parametrize("way_out", ["renamed back", "other path"])
def test_renamed_folder_is_a_change_with_a_way_out(company: Company, stage: str, way_out: str) -> None:
    """The sync follows the folder, and the integration, which knows it by its path, finds nothing."""
    come_to(company, stage)
    company.sim.rename_folder(company.project, "dev", "/app", "web")
    for phase in ON:
        (reason,) = reasons(company, phase)
        assert "secret_path was '/app' and is '/web'" in reason
    (reason,) = reasons(company, "rollback")
    assert reason.startswith("The environment dev has no folder '/app'. The folder / contains: web.")
    assert "rename it back; or specify another secret_path for the integration" in reason
    assert company.sync_is_on("many")
    if way_out == "renamed back":
        company.sim.rename_folder(company.project, "dev", "/web", "app")
        assert company.stages(company("plan")) == {"many": stage}
        return
    company.edit_native("many", secretPath="/web")
    for phase, expected in (("rollback", "rolled_back"), ("create", "created"), ("verify", "verified")):
        assert company.stages(company(phase)) == {"many": expected}


@pytest.mark.parametrize("stage", ["planned", "rolled_back"])
@pytest.mark.parametrize("what", ["removed", "renamed"])
def test_folder_that_is_gone_before_create_is_said(company: Company, stage: str, what: str) -> None:
    come_to(company, stage)
    if what == "removed":
        company.sim.delete_folder(company.project, "dev", "/app")
    else:
        company.sim.rename_folder(company.project, "dev", "/app", "web")
    before = company.content()
    (reason,) = reasons(company, "create")
    assert reason.startswith("The environment dev has no folder '/app'.")
    assert company.content() == before
    assert not company.sync_is_on("many")
    assert company.is_on("many")


def test_check_mode_leaves_a_cut_over_integration_at_its_stage(company: Company) -> None:
    come_to(company, "cut_over")
    assert company.stages(company("verify", check=True)) == {"many": "cut_over"}
