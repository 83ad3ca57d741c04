# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many runs are generated: a bounded number, the same in every run, or with INFISICAL_SOAK=1 new ones and many."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

COMMON = {"deadline": None, "database": None, "suppress_health_check": list(HealthCheck)}
settings.register_profile("bounded", max_examples=100, derandomize=True, **COMMON)
settings.register_profile("soak", max_examples=int(os.environ.get("INFISICAL_SOAK_RUNS", "2000")), **COMMON)
settings.load_profile("soak" if os.environ.get("INFISICAL_SOAK") else "bounded")


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("INFISICAL_", "UNIVERSAL_AUTH_")) or name.upper().endswith(("_PROXY", "CA_BUNDLE")):
            monkeypatch.delenv(name)
