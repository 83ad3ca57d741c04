# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make the start of each mutant's tests cheap: a thousand processes do it. It lies above the copy of the collection.

mutmut names each test to pytest, hundreds or thousands of them, and forks from a process that has run all tests: what
is cached there must not hide a mutant.
"""

from __future__ import annotations

import gc
import sys
from typing import Any

import pytest

ORDER = pytest.StashKey[dict[str, int]]()
CACHED: list[Any] = []


def pytest_configure(config: pytest.Config) -> None:
    """Have whole files read: to look up 6,400 tests one by one takes pytest four times as long."""
    named = list(config.args)
    if all("::" in name for name in named):
        config.stash[ORDER] = {name: place for place, name in enumerate(named)}
        config.args[:] = dict.fromkeys(name.partition("::")[0] for name in named)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the tests that mutmut named, in its order, which is from quick to slow."""
    order = config.stash.get(ORDER, None)
    if order is not None:
        items[:] = sorted((item for item in items if item.nodeid in order), key=lambda item: order[item.nodeid])


def pytest_collection_finish() -> None:
    CACHED[:] = [
        value
        for name, module in list(sys.modules.items())
        if name.startswith("ansible_collections.community.infisical.plugins.module_utils.")
        for value in vars(module).values()
        if hasattr(value, "cache_clear")
    ]


def pytest_runtest_setup() -> None:
    for cached in CACHED:
        cached.cache_clear()


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """Spare the forks what is in memory now: pytest's last collection of garbage would copy all of it, each time."""
    gc.freeze()
