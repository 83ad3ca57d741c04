# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a module in both ways in which a task runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.community.infisical.plugins.action import in_process
from ansible_collections.community.infisical.plugins.plugin_utils import _core
from ansible_collections.community.infisical.tests.unit.plugins.controller import plugin_of
from ansible_collections.community.infisical.tests.unit.plugins.harness import TOKEN, URL, Result, Server


@pytest.fixture(params=["as a module", "in process"])
def run(request: pytest.FixtureRequest, server: Server, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Returns a function that runs a module in one of the two ways, with the invocation in its result."""
    monkeypatch.setattr(in_process, "invocation_is_shown", lambda _vars: True)

    def run_it(module: Any, **options: Any) -> Result:
        if request.param == "as a module":
            shown = {"_ansible_inject_invocation": True} if _core.CORE >= (2, 21) else {}
            return server.run(module, **shown, **options)
        login = options.pop("login", None)
        connection = {"url": URL, "auth_method": "token_auth", "token": TOKEN} if login is None else login
        data = plugin_of(module)._run_here({**connection, **options}, {})
        server._check_script()
        # What a module prints has no other types.
        assert json.loads(json.dumps(data)) == data
        return Result(int(bool(data.get("failed"))), json.dumps(data), data)

    return run_it
