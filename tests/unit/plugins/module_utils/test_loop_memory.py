# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the items of a loop, which share a session, remember of what was read, and when they read it again."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.community.infisical.plugins.module_utils._module import Session, carry_out
from ansible_collections.community.infisical.plugins.modules import infisical_integration as module
from ansible_collections.community.infisical.tests.unit.plugins.harness import (
    AUTH_ID,
    AUTHS,
    INTEGRATION,
    INTEGRATIONS,
    PROJECT,
    TOKEN,
    URL,
    Server,
    api_auth,
    api_error,
    api_integration,
    no_route,
)

ITEM = {"project_id": PROJECT, "integration_auth_id": AUTH_ID, "source_environment": "dev", "secret_path": "/app"}
PLACE = {"app": "my-app/dev", "region": "us-east-1"}
KEPT = {"environment": "dev", "secretPath": "/app", "isActive": True}


def loop(*items: dict[str, Any], forgetful: bool = False) -> list[dict[str, Any]]:
    """Run the items of one loop and return their results. A forgetful one is that of `until`."""
    session = Session()
    validator = ArgumentSpecValidator(module.MODULE.argument_spec(), **module.MODULE.rules)
    login = {"url": URL, "auth_method": "token_auth", "token": TOKEN, "retries": 0}
    runs = []
    for item in items:
        if forgetful:
            session.forget()
        params = validator.validate({**login, **ITEM, **PLACE, **item}).validated_parameters
        runs.append(carry_out(module.MODULE, params, session, set(), lambda _text: None, False, keep_session=True))
    session.close()
    return runs


def lists(server: Server, *integrations: dict) -> None:
    server.expects("GET", INTEGRATIONS, {"integrations": list(integrations)})


def test_what_a_server_lacks_is_remembered_though_all_is_read_again(server: Server) -> None:
    older = f"/api/v1/workspace/{PROJECT}/integrations"
    server.expects("GET", INTEGRATIONS, **no_route())
    for _attempt in range(2):
        server.expects("GET", older, {"integrations": [api_integration()]})
    assert [run["changed"] for run in loop({}, {}, forgetful=True)] == [False, False]


def test_one_list_serves_all_items(server: Server) -> None:
    lists(server, api_integration())
    assert [run["changed"] for run in loop({}, {}, {})] == [False, False, False]
    assert len(server.requests) == 1


@pytest.mark.parametrize("options", [{"owner": "me"}, {"state": "absent"}], ids=["update", "removal"])
def test_after_a_write_that_failed_the_next_item_reads_the_list_again(server: Server, options: dict) -> None:
    lists(server, api_integration())
    server.expects("GET", AUTHS, {"authorizations": [api_auth()]})
    method, body = ("DELETE", None) if "state" in options else ("PATCH", {**KEPT, "owner": "me"})
    server.expects(method, INTEGRATION, api_error(500, "InternalServerError", "broken"), status=500, body=body)
    lists(server, api_integration(owner="me"))
    failed, unchanged = loop(options, {"owner": "me"})
    assert failed["failed"]
    # The failed write has taken effect after all.
    assert unchanged["changed"] is False
    server._check_script()
