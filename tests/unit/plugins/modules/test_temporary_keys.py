# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Temporary AWS keys are no credentials to store: they end within hours, and the syncs with them."""

from __future__ import annotations

import pytest
from ansible_collections.community.infisical.plugins.modules import infisical_app_connection, infisical_integration_auth
from ansible_collections.community.infisical.tests.unit.plugins.harness import PROJECT, Server

KEY, SECRET = "ASIAEXAMPLE", "canary-secret-key"
CONNECTION = {"app": "aws", "name": "aws", "method": "access-key"}
REFUSED = "'ASIAEXAMPLE' is not the ID of a permanent AWS access key"


def test_of_an_app_connection(server: Server) -> None:
    credentials = {"access_key_id": KEY, "secret_access_key": SECRET}
    result = server.run(infisical_app_connection, project_id=PROJECT, **CONNECTION, credentials=credentials)
    assert f"credentials.access_key_id: {REFUSED}" in result.msg
    assert result["error_kind"] == "input"
    assert SECRET not in result.output


@pytest.mark.parametrize("service", ["aws-secret-manager", "aws-parameter-store"])
def test_of_an_auth(server: Server, service: str) -> None:
    options = {"integration": service, "access_id": f" {KEY}", "access_token": SECRET}
    result = server.run(infisical_integration_auth, project_id=PROJECT, **options)
    assert f"access_id: {REFUSED}" in result.msg
    assert result["error_kind"] == "input"
    assert SECRET not in result.output


def test_a_session_token_is_no_credential_of_a_connection(server: Server) -> None:
    credentials = {"access_key_id": "AKIAEXAMPLE", "secret_access_key": SECRET, "session_token": "canary-session"}
    result = server.run(infisical_app_connection, project_id=PROJECT, **CONNECTION, credentials=credentials)
    assert "credentials.session_token: temporary AWS keys end within hours" in result.msg
    assert result["error_kind"] == "input"
    assert "canary" not in result.output
