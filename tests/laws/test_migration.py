# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The migration, phase by phase, and what people and servers do in between: no destination loses what it has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .company import Company

ALL = ("create", "verify", "cut_over")


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    with Company(tmp_path).open() as company:
        yield company


def test_phases_from_the_plan_to_the_end(company: Company) -> None:
    company.many()
    company.parameters()
    company.settle()
    company.client("ssm").put_parameter(Name="/theirs/KEY", Value="theirs-value", Type="SecureString")
    before = company.content()
    plan = company("plan")
    assert company.stages(plan) == {"many": "planned", "parameters": "planned"}
    assert not plan.changed
    for phase, stage in (("create", "created"), ("verify", "verified"), ("cut_over", "cut_over")):
        check = company(phase, check=True)
        assert set(company.stages(check).values()) == {stage}
        result = company(phase)
        assert set(company.stages(result).values()) == {stage}
        assert check.changed == result.changed == (phase != "verify")
        assert company.content() == before
    assert {company.item(result, name)["comparison"]["result"] for name in company.ids} == {"same"}
    early = company("retire")
    assert not early.changed
    assert "168 hours ago" in company.item(early, "many")["reason"]
    company.later(hours=169)
    retired = company("retire")
    assert set(company.stages(retired).values()) == {"retired"}
    assert company.sim.integrations(company.project) == []
    assert company.content() == before
    assert company.sim.auths(company.project) == []
    again = company("plan")
    assert again["counts"]["retired"] == again["counts"]["integrations"] == 2
