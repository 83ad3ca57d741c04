# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines that sum up a run of the migration: few, true, and the same in number for 3 and for 300 integrations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Any

import pytest
from ansible_collections.community.infisical.plugins.module_utils._migration.written_report.summary import summary
from ansible_collections.community.infisical.tests.unit.plugins.migration_results import company

NOW = datetime(2026, 11, 28, 12, tzinfo=timezone.utc)
REPORT = ("/reports/migration.html", "/reports/migration.md")


def lines(result: dict[str, Any], report: Sequence[str] = REPORT, *, check: bool = False) -> list[str]:
    return summary(result, list(report), NOW, check=check)


@pytest.mark.parametrize("size", [0, 3, 113, 300, 2000])
def test_it_is_short_and_has_the_numbers(size: int) -> None:
    result = company(size)
    for item in result["integrations"][::2]:
        item.update(action="failed", reason="Repository is archived.")
    for item in result["integrations"][1::2]:
        item["action"] = "verified"
    said = lines(result)
    assert len(said) <= 40
    assert max(map(len, said)) < 700
    stages = ", ".join(
        f"{number} {name.replace('_', ' ')}"
        for name, number in result["counts"].items()
        if number and name != "integrations"
    )
    assert said[0] == f"Phase verify: {size:,} native integrations{': ' if stages else ''}{stages}."
    assert said[1] == f"Done by this run: {f'{size // 2} verified' if size else 'nothing'}."
    assert said[-2:] == ["Journal: /var/lib/infisical/migration.jsonl", "Report: /reports/migration.html"]
    failed = [line for line in said if line.startswith("Failed: ")]
    assert len(failed) == min((size + 1) // 2, 5)
    assert all(line.endswith("): Repository is archived.") for line in failed)
    if size > 10:
        assert f"  and {(size + 1) // 2 - 5} more of these; the report has all." in said


def test_what_stops_the_user_is_named() -> None:
    result = company(40)
    native = result["integrations"][0]
    native.update(after="blocked", action="none", needs=[{"input": "connections", "text": "No one.", "yaml": ""}])
    native.update(app="aws", would_delete=["OLD", "OLDER"])
    result["differences"] = [{"id": "d-1", "native_id": native["native_id"], "place": "p", "reason": "New: OLD."}]
    result["differences"][0].update(missing=[], extra=["OLD"], changed=[])
    said = "\n".join(lines(result))
    assert "Difference d-1: New: OLD." in said
    assert ": OLD, OLDER." in said
    assert "Missing: AWS: 1 connection, for 1 integration (" in said
    assert "inputs[3] (service github): matches no native integration." in said
    assert "Fault: The project old-intranet could not be read: the identity has no access to it." in said
    assert "To decide or to look at: This run could not read or do everything (1 fault); " in said
    assert "What is ready takes about" in said


def test_check_mode_says_what_would_be_done_and_that_nothing_is_written() -> None:
    result = company(2)
    for item in result["integrations"]:
        item["action"] = "created"
    result["journal"]["path"] = ""
    said = lines(result, [], check=True)
    assert said[1] == "This run would do: 2 created."
    assert said[-2:] == ["Journal: none", "Report: none, as nothing is written in check mode"]


def test_text_of_the_server_stays_on_its_line() -> None:
    result = company(1)
    result["integrations"][0].update(action="failed", reason="No.\nTASK [fine] ***\x1b[2J", environment="dev\nprod")
    said = lines(result)
    assert all(line.isprintable() for line in said)
    assert any("TASK [fine]" in line for line in said)
