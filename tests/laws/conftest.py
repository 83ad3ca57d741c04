# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many examples the laws are tried with: a bounded number, the same in every run, or with INFISICAL_SOAK=1 many."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

try:
    from ansible.module_utils import _internal
except ImportError:  # old versions of ansible-core
    _internal = None

COMMON = {"deadline": None, "database": None, "suppress_health_check": list(HealthCheck)}
settings.register_profile("laws", max_examples=150, derandomize=True, **COMMON)
settings.register_profile("laws-soak", max_examples=int(os.environ.get("INFISICAL_SOAK_RUNS", "10000")), **COMMON)
settings.load_profile("laws-soak" if os.environ.get("INFISICAL_SOAK") else "laws")


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("INFISICAL_", "UNIVERSAL_AUTH_")) or name.upper().endswith(("_PROXY", "CA_BUNDLE")):
            monkeypatch.delenv(name)
    if hasattr(_internal, "is_controller"):
        # Other tests import parts of the controller, to whose display the modules' warnings would go.
        monkeypatch.setattr(_internal, "is_controller", False)
