# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is remembered of the objects that were read."""

from __future__ import annotations

import pytest
from ansible_collections.community.infisical.plugins.module_utils._engine.store import Store
from ansible_collections.community.infisical.plugins.module_utils._engine.task import Task
from ansible_collections.community.infisical.plugins.module_utils._kinds import last_of_auth
from ansible_collections.community.infisical.plugins.module_utils._kinds.native import AUTH as KIND
from ansible_collections.community.infisical.plugins.module_utils._kinds.native import INTEGRATION
from ansible_collections.community.infisical.tests.unit.plugins.harness import (
    AUTH,
    AUTH_ID,
    AUTHS,
    OTHER_AUTH_ID,
    OTHER_INTEGRATION_ID,
    PROJECT,
    Server,
    api_auth,
    api_integration,
    not_found,
)

PLACE = {"project_id": PROJECT}


@pytest.mark.parametrize("auth_id", [AUTH_ID, OTHER_AUTH_ID], ids=["listed", "not listed"])
def test_an_object_that_is_read_alone_replaces_what_the_list_had_and_adds_nothing(
    server: Server, store: Store, auth_id: str
) -> None:
    server.expects("GET", AUTHS, {"authorizations": [api_auth()]})
    path = AUTH.replace(AUTH_ID, auth_id)
    server.expects("GET", path, {"integrationAuth": api_auth(id=auth_id, namespace="new")})
    assert [view["namespace"] for view in store.all(KIND, PLACE)] == [None]
    assert store.find(KIND, auth_id, PLACE)["namespace"] == "new"
    found = [(view["id"], view["namespace"]) for view in store.all(KIND, PLACE)]
    assert found == [(AUTH_ID, "new" if auth_id == AUTH_ID else None)]


def test_an_auth_that_went_along_with_its_last_integration_is_remembered_no_longer(
    server: Server, store: Store
) -> None:
    told: list[str] = []
    task = Task({}, False, store, told.append, told.append, told.append, told.append)
    server.expects("GET", AUTHS, {"authorizations": [api_auth()]})
    server.expects("GET", AUTH, **not_found())
    server.expects("GET", AUTHS, {"authorizations": []})
    assert [view["id"] for view in store.all(KIND, PLACE)] == [AUTH_ID]
    # Of one that tells no project, nothing is known; that says nothing of the others.
    elsewhere = INTEGRATION.view(api_integration(id=OTHER_INTEGRATION_ID, integrationAuthId=OTHER_AUTH_ID))
    removed = INTEGRATION.view(api_integration(), PROJECT)
    assert last_of_auth.went_along(task, [elsewhere, removed]) == {"removed_auths": [AUTH_ID]}
    assert store.all(KIND, PLACE) == []
    assert "The server removed integration auth" in told[0]
