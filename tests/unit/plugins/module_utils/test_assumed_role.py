# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How an integration logs in to AWS, as the answer about that integration alone tells."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.community.infisical.plugins.module_utils._engine.store import Store
from ansible_collections.community.infisical.plugins.module_utils._errors import InfisicalError
from ansible_collections.community.infisical.plugins.module_utils._kinds.native import assumed_role
from ansible_collections.community.infisical.tests.unit.plugins.harness import (
    INTEGRATION,
    INTEGRATION_ID,
    Server,
    api_integration,
)


@pytest.mark.parametrize(
    ("metadata", "role"),
    [
        ({"awsIamRole": "infisical-sync"}, "infisical-sync"),
        ({"awsIamRole": ""}, ""),
        ({"awsIamRole": None}, ""),
        # Older servers don't tell.
        ({"secretPrefix": "X_"}, None),
        ({}, None),
        (None, None),
    ],
)
def test_the_role_that_an_integration_assumes(server: Server, store: Store, metadata: Any, role: str | None) -> None:
    server.expects("GET", INTEGRATION, {"integration": api_integration(metadata=metadata)})
    assert assumed_role(store, INTEGRATION_ID) == role


def test_an_answer_without_the_integration_is_no_answer(server: Server, store: Store) -> None:
    server.expects("GET", INTEGRATION, {})
    with pytest.raises(InfisicalError, match="integration"):
        assumed_role(store, INTEGRATION_ID)
