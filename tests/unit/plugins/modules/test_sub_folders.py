# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Syncs of all sub-folders: servers have the option among the others, or beside them."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.community.infisical.tests.unit.plugins.harness import (
    CONNECTION_ID,
    CREATED_SYNC,
    MANY,
    SYNC_ID,
    SYNCS,
    Result,
    Server,
    api_sync,
    lists_syncs,
    run_sync,
)

CONFIG = {"scope": "repository", "owner": "acme", "repo": "app"}
OPTIONS = {"initialSyncBehavior": "overwrite-destination", "disableSecretDeletion": True}
ALL = {"includeAllSubFolders": True}
ITEM = {
    "name": "app-dev",
    "destination": "github",
    "connection_id": CONNECTION_ID,
    "environment": "dev",
    "secret_path": "/app",
    "destination_config": CONFIG,
    "check_duplicates": "ignore",
}
BODY = {
    **CREATED_SYNC,
    "destinationConfig": CONFIG,
    "syncOptions": {**OPTIONS, **ALL},
    **ALL,
}
AMONG = {"syncOptions": {**OPTIONS, **ALL}}
BESIDE = {"syncOptions": OPTIONS, **ALL}
PLACES = pytest.mark.parametrize("place", [AMONG, BESIDE], ids=["among", "beside"])


def answer(**changes: Any) -> dict:
    return api_sync(**{"destination": "github", "destinationConfig": CONFIG, "syncOptions": OPTIONS, **changes})


def run(server: Server, many: bool, **options: Any) -> tuple[Result, dict]:
    return run_sync(server, many, {**ITEM, **options})


@PLACES
@MANY
def test_a_new_sync_is_asked_for_it_in_both_places(server: Server, many: bool, place: dict) -> None:
    lists_syncs(server)
    server.expects("POST", f"{SYNCS}/github", {"secretSync": answer(**place)}, body=BODY)
    result, part = run(server, many, sync_options={"include_all_sub_folders": True})
    assert not result.failed
    assert part["changed"] is True
    assert part["secret_sync"]["sync_options"]["include_all_sub_folders"] is True


@PLACES
@MANY
def test_it_is_found_in_either_place(server: Server, many: bool, place: dict) -> None:
    lists_syncs(server, answer(**place))
    result, part = run(server, many, sync_options={"include_all_sub_folders": True})
    assert not result.failed
    assert part["changed"] is False


@PLACES
@MANY
def test_another_option_changes_without_turning_it_off(server: Server, many: bool, place: dict) -> None:
    schema = {"keySchema": "{{secretKey}}_X"}
    lists_syncs(server, answer(**place))
    after = answer(**{**place, "syncOptions": {**place["syncOptions"], **schema}})
    body = {"syncOptions": {**OPTIONS, **ALL, **schema}, **ALL}
    server.expects("PATCH", f"{SYNCS}/github/{SYNC_ID}", {"secretSync": after}, body=body)
    result, part = run(server, many, sync_options={"key_schema": "{{secretKey}}_X"})
    assert not result.failed
    assert part["changed"] is True


@PLACES
@MANY
def test_it_can_be_turned_off(server: Server, many: bool, place: dict) -> None:
    lists_syncs(server, answer(**place))
    off = {"includeAllSubFolders": False}
    body = {"syncOptions": {**OPTIONS, **off}, **off}
    server.expects("PATCH", f"{SYNCS}/github/{SYNC_ID}", {"secretSync": answer()}, body=body)
    result, part = run(server, many, sync_options={"include_all_sub_folders": False})
    assert not result.failed
    assert part["changed"] is True


@MANY
def test_a_server_that_does_not_know_it_is_said_to_lack_it(server: Server, many: bool) -> None:
    lists_syncs(server)
    server.expects("POST", f"{SYNCS}/github", {"secretSync": answer()}, body=BODY)
    result, part = run(server, many, sync_options={"include_all_sub_folders": True})
    assert part["error_kind"] == "update_ignored"
    assert "but without sync_options.include_all_sub_folders: this server or this destination" in result.msg


@pytest.mark.parametrize("validate", ["strict", "warn"])
@MANY
def test_the_name_that_no_server_has_is_refused_with_a_pointer(server: Server, many: bool, validate: str) -> None:
    result, part = run(server, many, sync_options={"recursive": True}, validate=validate)
    assert part["error_kind"] == "input"
    assert "sync_options.recursive: servers drop it. The option is called include_all_sub_folders." in result.msg


@MANY
def test_it_excludes_an_import(server: Server, many: bool) -> None:
    options = {"include_all_sub_folders": True, "initial_sync_behavior": "import-prioritize-source"}
    config = {"app": "a", "app_name": "A"}
    result, part = run(server, many, sync_options=options, destination="heroku", destination_config=config)
    assert part["error_kind"] == "input"
    assert "with sync_options.include_all_sub_folders True" in result.msg
