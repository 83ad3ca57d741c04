# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report that the phases of a migration write: when, of what, and never with a secret."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .company import CANARIES, SECRET, Company


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    with Company(tmp_path).open() as company:
        yield company


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "report"


def written(folder: Path) -> dict[str, Any]:
    """Return the report as JSON, once no secret is in any of its files."""
    for file in folder.iterdir():
        text = file.read_text("utf-8")
        assert not [canary for canary in CANARIES if canary in text]
    found: dict[str, Any] = json.loads((folder / "migration.json").read_text("utf-8"))
    return found


def test_each_run_writes_all_integrations_and_what_has_changed(company: Company, folder: Path) -> None:
    company.many()
    company.parameters()
    company.settle()
    result = company("plan", report_folder=str(folder))
    assert not result.changed
    assert result["report"] == [str(folder / f"migration.{kind}") for kind in ("html", "md", "json", "csv")]
    said = written(folder)
    assert said["stages"]["planned"] == 2
    assert said["changes"] == "The migration has changed nothing yet."
    assert [(wave["title"], len(wave["native_ids"])) for wave in said["waves"]] == [("Trial", 2)]
    company("create", report_folder=str(folder), return_items="changed")
    assert written(folder)["states"]["both"] == 2
    company("verify", report_folder=str(folder), return_items="changed")
    said = written(folder)
    # Also those that the task doesn't return.
    assert len(said["integrations"]) == 2
    assert said["changes"].endswith("(create): created -2, verified +2.")
    assert [run["phase"] for run in said["journal"]["runs"]] == ["verify", "create"]
    assert said["journal"]["runs"][0]["counts"]["verified"] == 2
    page = (folder / "migration.html").read_text("utf-8")
    assert "0 of 2 native integrations have moved to secret syncs." in page


def test_secrets_of_the_task_are_masked_in_it(company: Company, folder: Path) -> None:
    company.parameters(path=f"/{SECRET}/")
    company("plan", report_folder=str(folder))
    assert written(folder)["integrations"][0]["place"].endswith(" /********/")


def test_check_mode_writes_no_report(company: Company, folder: Path) -> None:
    company.many()
    result = company("plan", check=True, report_folder=str(folder))
    assert result["report"] == []
    assert not folder.exists()


def test_a_run_that_is_refused_or_fails_writes_one_too(company: Company, folder: Path) -> None:
    company.many()
    company.settle()
    company.inputs = [{"service": "github", "name": "none"}]
    company("create", report_folder=str(folder), fails=True)
    titles = [one["title"] for one in written(folder)["decisions"]]
    assert titles == ["Variables that match no integration", "What works differently as a sync"]
    company.inputs = [{"service": "aws-secret-manager", "destination_config": {"secret_name": "another/name"}}]
    company("create", report_folder=str(folder), fails=True)
    said = written(folder)
    assert said["states"]["fault"] == 1
    assert said["waves"] == []
    assert [one["title"] for one in said["decisions"]] == [
        "Needs attention",
        "Destinations that differ from their first reading",
        "What works differently as a sync",
    ]


def test_a_folder_that_can_not_be_written_to_is_named_before_anything_is_done(company: Company, folder: Path) -> None:
    company.many()
    company.settle()
    folder.write_text("")
    result = company("create", report_folder=str(folder), fails=True)
    assert result.data["error_kind"] == "input"
    assert result.data["msg"].endswith("report: File exists. Specify a report_folder that can be written to.")
    assert company.syncs() == []
