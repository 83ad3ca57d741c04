# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs as servers run them: what waits for them, and what becomes of wrong credentials that are corrected."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.community.infisical.tests.unit.plugins.harness import Result, run_main

from .server import URL, Here

MODULES = "ansible_collections.community.infisical.plugins.modules"
KEY, SECRET, WRONG = "AKIAEXAMPLE", "right-secret-access-key", "wrong-secret-access-key"
INVALID = "The security token included in the request is invalid."
CONFIG = {"region": "us-east-1", "mapping_behavior": "many-to-one", "secret_name": "my-app"}
SYNC = {
    "name": "one",
    "destination": "aws-secrets-manager",
    "connection_name": "aws",
    "environment": "dev",
    "secret_path": "/app",
    "destination_config": CONFIG,
}
NATIVE = {
    "integration": "aws-secret-manager",
    "source_environment": "dev",
    "secret_path": "/app",
    "app": "my-app",
    "region": "us-east-1",
    "accept_deletion": True,
}
WRITTEN = {"DB_PASSWORD": "db-value", "API_KEY": "api-value"}
# Jobs wait before they start, and are tried again.
SLOW: dict[str, Any] = {"sync_delay": 4.0, "sync_retry_delay": 6.0, "aws_credentials": {KEY: SECRET}}


@pytest.fixture
def here() -> Iterator[Here]:
    world = Here(create_open=True, job_time=3.0, **SLOW)
    with world.used():
        yield world


def run(here: Here, module: str, *, check: bool = False, **options: Any) -> Result:
    connection = {"url": URL, "auth_method": "token_auth", "token": here.sim.admin.token}
    flags = {"_ansible_check_mode": check, "_ansible_diff": True}
    arguments = {**connection, "project_id": here.sim.project_id, **options, **flags}
    return run_main(importlib.import_module(f"{MODULES}.{module}"), arguments)


def describe(here: Here, module: str, *, check: bool = False, **more: Any) -> Result:
    item = {**(NATIVE if "integration" in module else SYNC), **more}
    plural = {"infisical_integrations": "integrations", "infisical_secret_syncs": "syncs"}.get(module)
    return run(here, module, check=check, **({plural: [item]} if plural else item))


def authorise(here: Here, module: str, secret: str, **more: Any) -> None:
    if "integration" in module:
        keys = {"integration": "aws-secret-manager", "access_id": KEY, "access_token": secret}
        result = run(here, "infisical_integration_auth", **keys, **more)
    else:
        keys = {"access_key_id": KEY, "secret_access_key": secret}
        named = {"app": "aws", "name": "aws", "method": "access-key", "credentials": keys}
        result = run(here, "infisical_app_connection", **named, **more)
    assert result.changed is True


@pytest.mark.parametrize(
    "module", ["infisical_integration", "infisical_integrations", "infisical_secret_sync", "infisical_secret_syncs"]
)
def test_wrong_credentials_are_red_until_they_are_corrected(here: Here, module: str) -> None:
    if "integration" in module:
        authorise(here, module, WRONG)
    else:
        # The server looks at those of a connection, but they may be revoked later.
        keys = {"accessKeyId": KEY, "secretAccessKey": WRONG}
        here.sim.add_connection("aws", "access-key", "aws", here.sim.project_id, **keys)

    for _unused in range(2):
        red = describe(here, module, wait=True)
        assert red.failed
        assert red.changed is True
        assert INVALID in red.msg
        assert "update_credentials: always" in red.msg
    assert describe(here, module, wait=True, check=True).changed is True
    unheeded = describe(here, module)
    assert unheeded.changed is False
    assert INVALID in unheeded.warnings[0]

    authorise(here, module, SECRET, update_credentials="always")
    green = describe(here, module, wait=True)
    assert (green.failed, green.changed) == (False, True)
    assert here.sim.sink[-1]["secrets"] == WRITTEN

    here.sim.clear_requests()
    assert describe(here, module, wait=True).changed is False
    assert {one["method"] for one in here.sim.requests} == {"GET"}


@pytest.fixture
def synced(here: Here) -> Here:
    """A sync that is there and has succeeded."""
    authorise(here, "infisical_secret_sync", SECRET)
    assert describe(here, "infisical_secret_sync", wait=True).changed is True
    return here


def at_work(here: Here) -> None:
    """Have a worker at a job of the sync."""
    here.sim.set_secret(here.sim.project_id, "dev", "/app", "API_KEY", "new-value")
    here.clock.sleep(SLOW["sync_delay"] + 0.5)
    (sync,) = here.sim.syncs(here.sim.project_id)
    assert sync["syncStatus"] == "running"


ACTIONS: dict[str, tuple[dict, str]] = {
    "sync": ({"sync": True}, "syncStatus"),
    "import": ({"import_secrets": "prioritize-source"}, "importStatus"),
}


@pytest.mark.parametrize("wait", [True, False])
@pytest.mark.parametrize(("options", "status"), ACTIONS.values(), ids=ACTIONS)
def test_a_job_is_started_after_the_one_that_is_in_progress(
    synced: Here, options: dict, status: str, wait: bool
) -> None:
    at_work(synced)
    result = describe(synced, "infisical_secret_sync", **options, wait=wait)
    assert (result.failed, result.changed) == (False, True)
    (sync,) = synced.sim.syncs(synced.sim.project_id)
    assert sync[status] == ("succeeded" if wait else "pending")


def test_a_job_that_is_not_started_in_time_is_no_change(synced: Here) -> None:
    at_work(synced)
    result = describe(synced, "infisical_secret_sync", sync=True, wait_timeout=1)
    assert (result.failed, result.changed) == (True, False)
    assert "was not started within 1 seconds" in result.msg


def test_a_removal_at_the_destination_comes_after_the_job_that_is_in_progress(synced: Here) -> None:
    at_work(synced)
    gone = {"name": "one", "state": "absent", "delete_destination_secrets": True}
    assert run(synced, "infisical_secret_sync", **gone).changed is True
    assert synced.sim.syncs(synced.sim.project_id) == []


def test_a_change_while_a_job_is_in_progress_is_written_before_the_task_ends(synced: Here) -> None:
    at_work(synced)
    config = {**CONFIG, "secret_name": "elsewhere"}
    result = describe(synced, "infisical_secret_sync", wait=True, destination_config=config)
    assert (result.failed, result.changed) == (False, True)
    assert "elsewhere" in repr(synced.sim.sink[-1])


def test_a_job_that_ends_before_the_server_calls_it_pending(synced: Here) -> None:
    synced.sim.end_before_pending()
    begin = synced.clock.time
    result = describe(synced, "infisical_secret_sync", sync=True, wait=True)
    assert (result.failed, result.changed) == (False, True)
    assert synced.clock.time - begin < 20


def test_integrations_of_one_folder_share_a_sync(here: Here) -> None:
    authorise(here, "infisical_integration", WRONG)
    items = [{**NATIVE, "app": f"app-{number}", "wait": True} for number in range(5)]
    red = run(here, "infisical_integrations", integrations=items)
    assert "item 0 (aws-secret-manager dev:/app -> app-0 us-east-1), item 1 (" in red.msg
    assert red.msg.count(INVALID) == 1
    authorise(here, "infisical_integration", SECRET, update_credentials="always")
    here.sim.clear_requests()
    green = run(here, "infisical_integrations", integrations=items)
    assert [one["action"] for one in green["results"]] == ["synced"] * 5
    assert [one["method"] for one in here.sim.requests].count("PATCH") == 1
    assert len(here.sim.sink) == 5
