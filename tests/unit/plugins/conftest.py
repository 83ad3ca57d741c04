# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from ansible_collections.community.infisical.plugins.module_utils._engine.store import Store
from ansible_collections.community.infisical.plugins.module_utils._http import client
from ansible_collections.community.infisical.plugins.module_utils._module import server_from
from ansible_collections.community.infisical.tests.unit.plugins.harness import TOKEN, URL, FakeClock, Server, scripted
from hypothesis import settings

try:
    from ansible.module_utils import _internal
except ImportError:  # old versions of ansible-core
    _internal = None

# The same examples in every run: a check that fails now and then would be switched off, not looked at.
settings.register_profile("collection", derandomize=True, database=None, deadline=None)
settings.register_profile("soak", max_examples=4000, database=None, deadline=None)
settings.load_profile("soak" if os.environ.get("INFISICAL_SOAK") else "collection")


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith(("INFISICAL_", "UNIVERSAL_AUTH_")) or name.upper().endswith(("_PROXY", "CA_BUNDLE")):
            monkeypatch.delenv(name)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    fake = FakeClock()
    monkeypatch.setattr(client, "Clock", lambda: fake)
    monkeypatch.setattr(client.random, "uniform", lambda _low, _high: 1.0)
    return fake


@pytest.fixture
def store() -> Store:
    """The objects of the simulated server, read with a given token."""
    return Store(client.Client(server_from({"url": URL, "auth_method": "token_auth", "token": TOKEN})))


@pytest.fixture
def server(clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    if hasattr(_internal, "is_controller"):
        # Other tests import parts of the controller, to whose display the module's warnings would go.
        monkeypatch.setattr(_internal, "is_controller", False)
    with scripted() as http:
        yield Server(http, clock)
