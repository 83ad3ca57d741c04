# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The migration, killed before or after any of its writes, and run again: always somebody writes, and all ends well."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import requests

from .company import Company
from .server import InProcess

PHASES = ("create", "verify", "cut_over", "retire")


class Killed(BaseException):
    """What ends the process at once."""


class Killer:
    """Lets so many writes pass, and ends the run before the next one reaches the server, or after it has."""

    def __init__(self, after_writes: int, *, is_done: bool) -> None:
        self.left, self.is_done = after_writes, is_done
        self.killed = False
        self._send = InProcess.send

    def __call__(self, adapter: InProcess, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        if request.method == "GET" or "check-destination" in str(request.url):
            return self._send(adapter, request, **options)
        if self.killed:
            raise Killed
        self.left -= 1
        if self.left >= 0:
            return self._send(adapter, request, **options)
        self.killed = True
        if self.is_done:
            self._send(adapter, request, **options)
        raise Killed


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    with Company(tmp_path).open() as company:
        company.many()
        company.parameters()
        company.settle()
        yield company


def assert_law(company: Company, before: dict) -> None:
    """Somebody writes to each destination, and all is as it was."""
    assert company.content() == before
    for name in company.ids:
        native, sync = company.native(name), company.sync(name)
        assert (native and native["isActive"]) or (sync and sync["isAutoSyncEnabled"])


@pytest.mark.parametrize("is_done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("writes", range(0, 13, 2))
def test_killed_and_run_again(company: Company, writes: int, is_done: bool) -> None:
    before, options = company.content(), {"min_age": 0, "concurrency": 1}
    killer = Killer(writes + is_done, is_done=is_done)

    def send(adapter: InProcess, request: requests.PreparedRequest, **more: Any) -> requests.Response:
        return killer(adapter, request, **more)

    with mock.patch.object(InProcess, "send", send):
        for phase in PHASES:
            try:
                company(phase, **options)
            except Killed:
                break
            assert_law(company, before)
    assert killer.killed or writes >= 12
    company.here.clock.sleep(30.0)
    assert_law(company, before)
    for phase in PHASES:
        company(phase, **options)
        assert_law(company, before)
    result = company("plan")
    assert company.stages(result) == {"many": "retired", "parameters": "retired"}
    assert len(company.syncs()) == 2
    assert {run["phase"] for run in result["journal"]["runs"]} == set(PHASES)


def killed(company: Company, phase: str, writes: int, *, is_done: bool, **options: Any) -> None:
    """Run a phase that is killed at a write."""
    killer = Killer(writes, is_done=is_done)

    def send(adapter: InProcess, request: requests.PreparedRequest, **more: Any) -> requests.Response:
        return killer(adapter, request, **more)

    with mock.patch.object(InProcess, "send", send), pytest.raises(Killed):
        company(phase, concurrency=1, **options)


def accepted(company: Company) -> list[str]:
    """Return all differences that there are, as accepted."""
    return [one["id"] for one in company("plan", fails=None)["differences"]]


def assert_goes_on(company: Company, **options: Any) -> None:
    """The plan blames nobody for what was interrupted, and create brings it to its end as check mode says."""
    plan, check = company("plan"), company("create", check=True, **options)
    assert "someone else" not in company.item(plan, "many")["reason"]
    result = company("create", **options)
    assert (check.changed, company.stages(check)) == (result.changed, company.stages(result))
    assert company.sync_is_on("many")
    company.until("verify", "cut_over")


@pytest.mark.parametrize("is_done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("was", ["rolled back", "undone"])
def test_killed_while_a_sync_is_switched_on_again(tmp_path: Path, was: str, is_done: bool) -> None:
    with Company(tmp_path).open() as company:
        company.many()
        company.settle()
        if was == "undone":
            company.sim.set_secret(company.project, "dev", "/app", "API_KEY", "api-value-2")
            company("create", fails=True)
        else:
            company.until("create", "rollback")
        assert not company.sync_is_on("many")
        options = {"accept_differences": accepted(company)}
        killed(company, "create", 0, is_done=is_done, **options)
        assert company.sync_is_on("many") == is_done
        # A run of another phase writes what it makes of it.
        company("verify", fails=None)
        assert_goes_on(company, **options)


@pytest.mark.parametrize("is_done", [False, True], ids=["before", "after"])
def test_killed_while_a_sync_that_differs_is_switched_off(tmp_path: Path, is_done: bool) -> None:
    with Company(tmp_path).open() as company:
        company.many()
        company.settle()
        company.sim.set_secret(company.project, "dev", "/app", "API_KEY", "api-value-2")
        killed(company, "create", 1, is_done=is_done)
        assert company.sync("many")
        assert company.sync_is_on("many") == (not is_done)
        assert_goes_on(company, accept_differences=accepted(company))
