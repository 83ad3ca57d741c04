# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Chains of tasks that take ids from earlier results, in check mode on an empty project: they do not fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ansible_collections.community.infisical.plugins.module_utils._engine.values import is_placeholder
from ansible_collections.community.infisical.plugins.module_utils._errors import InputError
from ansible_collections.community.infisical.plugins.modules import (
    infisical_app_connection,
    infisical_app_connection_info,
    infisical_integration,
    infisical_integration_auth,
    infisical_integration_auth_info,
    infisical_integration_info,
    infisical_integrations,
    infisical_secret_sync,
    infisical_secret_sync_info,
    infisical_secret_syncs,
)
from contract.test_every_destination import Runner

from simulator import Simulator

STAND_IN = "00000000-0000-8000-8123-0123456789ab"
TOKEN = {"personal_access_token": "canary-token-4711"}
GITHUB = {"scope": "repository", "owner": "acme", "repo": "app"}
SOURCE = {"environment": "dev", "secret_path": "/app"}
ALWAYS = {"update_credentials": "always"}
Options = Callable[[dict[str, Any]], dict[str, Any]]


@pytest.fixture(scope="module")
def sim() -> Iterator[Simulator]:
    """A server that syncs at once, into a record."""
    with Simulator(create_open=True, sync_delay=0.0) as running:
        yield running


@pytest.fixture
def run(sim: Simulator) -> Runner:
    """Tasks in a new project."""
    return Runner(sim)


def _id_of(name: str) -> Callable[[dict[str, Any]], str]:
    return lambda results: results[name]["id"]


auth, integration = _id_of("integration_auth"), _id_of("integration")
connection, sync = _id_of("app_connection"), _id_of("secret_sync")
NATIVE_SOURCE = {"source_environment": "dev", "secret_path": "/app", "app": "acme-app"}
# Each task: the module, and its options beside the project, by what the tasks before have returned.
NATIVE: dict[str, tuple[Any, Options]] = {
    "make the auth": (infisical_integration_auth, lambda _r: {"integration": "flyio", "access_token": "canary-1"}),
    "make the integration": (infisical_integration, lambda r: {"integration_auth_id": auth(r), **NATIVE_SOURCE}),
    "sync it": (infisical_integration, lambda r: {"integration_id": integration(r), "sync": True}),
    "switch it off": (infisical_integration, lambda r: {"integration_id": integration(r), "is_active": False}),
    "write the credentials": (
        infisical_integration_auth,
        lambda r: {"integration_auth_id": auth(r), "access_token": "canary-2", **ALWAYS},
    ),
    "write them by name": (
        infisical_integration_auth,
        lambda _r: {"integration": "flyio", "access_token": "canary-3", **ALWAYS},
    ),
    "read it": (infisical_integration_info, lambda r: {"integration_id": integration(r)}),
    "read those of the auth": (infisical_integration_info, lambda r: {"integration_auth_id": auth(r)}),
    "read the auth": (infisical_integration_auth_info, lambda r: {"integration_auth_id": auth(r)}),
    "make many": (
        infisical_integrations,
        lambda r: {
            "integrations": [
                {"integration_auth_id": auth(r), **NATIVE_SOURCE, "app": "other-app"},
                {"integration_id": integration(r), "is_active": True},
            ]
        },
    ),
    "remove it": (infisical_integration, lambda r: {"integration_id": integration(r), "state": "absent"}),
}
SYNCED: dict[str, tuple[Any, Options]] = {
    "make the connection": (
        infisical_app_connection,
        lambda _r: {"app": "github", "name": "main", "method": "pat", "credentials": TOKEN},
    ),
    "make the sync": (
        infisical_secret_sync,
        lambda r: {
            "name": "app-dev",
            "destination": "github",
            "connection_id": connection(r),
            **SOURCE,
            "destination_config": GITHUB,
        },
    ),
    "sync it": (infisical_secret_sync, lambda r: {"sync_id": sync(r), "sync": True}),
    "sync it by name": (infisical_secret_sync, lambda _r: {"name": "app-dev", "sync": True}),
    "switch it off": (infisical_secret_sync, lambda r: {"sync_id": sync(r), "is_auto_sync_enabled": False}),
    "write the credentials": (
        infisical_app_connection,
        lambda r: {"app": "github", "connection_id": connection(r), "credentials": TOKEN, **ALWAYS},
    ),
    "write them by name": (
        infisical_app_connection,
        lambda _r: {"app": "github", "name": "main", "credentials": TOKEN, **ALWAYS},
    ),
    "take the connection by name": (
        infisical_secret_sync,
        lambda _r: {
            "name": "app-two",
            "destination": "github",
            "connection_name": "main",
            **SOURCE,
            "destination_config": {**GITHUB, "repo": "two"},
        },
    ),
    "read it": (infisical_secret_sync_info, lambda r: {"sync_id": sync(r)}),
    "read the connection": (infisical_app_connection_info, lambda r: {"app": "github", "connection_id": connection(r)}),
    "make many": (
        infisical_secret_syncs,
        lambda r: {
            "syncs": [
                {
                    "name": "app-three",
                    "destination": "github",
                    "connection_id": connection(r),
                    **SOURCE,
                    "destination_config": {**GITHUB, "repo": "three"},
                },
                {"sync_id": sync(r), "is_auto_sync_enabled": True},
                {"name": "app-two", "sync": True},
            ]
        },
    ),
    "remove it": (infisical_secret_sync, lambda r: {"sync_id": sync(r), "state": "absent"}),
}


def walk(run: Runner, chain: dict[str, tuple[Any, Options]], *, check_mode: bool) -> dict[str, bool]:
    """Carry the tasks out one after the other; returns which of them report a change."""
    results: dict[str, Any] = {}
    changed = {}
    for name, (module, options) in chain.items():
        result = run(module, check_mode=check_mode, project_id=run.project_id, **options(results))
        objects = (run.sim.auths, run.sim.integrations, run.sim.connections, run.sim.syncs)
        assert not (check_mode and any(there(run.project_id) for there in objects))
        changed[name] = result["changed"]
        results.update({key: value for key, value in result.items() if isinstance(value, dict) and value.get("id")})
        assert all(is_placeholder(results[key]["id"]) is check_mode for key in results)
        if not check_mode:
            run.sim.wait_idle()
    return changed


@pytest.mark.parametrize("chain", [NATIVE, SYNCED], ids=["native integrations", "secret syncs"])
def test_check_mode_reports_what_the_run_does(run: Runner, chain: dict[str, tuple[Any, Options]]) -> None:
    assert walk(run, chain, check_mode=True) == walk(run, chain, check_mode=False)


# Every option of every module that takes the id of something that a module makes, with what it needs beside.
NEW_SYNC = {"name": "a", "destination": "github", **SOURCE, "destination_config": GITHUB}
IDS: dict[str, tuple[Any, dict[str, Any]]] = {
    "integration_auth integration_auth_id": (infisical_integration_auth, {"integration_auth_id": STAND_IN}),
    "integration_auth_info integration_auth_id": (infisical_integration_auth_info, {"integration_auth_id": STAND_IN}),
    "integration integration_id": (infisical_integration, {"integration_id": STAND_IN}),
    "integration integration_auth_id": (infisical_integration, {"integration_auth_id": STAND_IN, **NATIVE_SOURCE}),
    "integrations integration_id": (infisical_integrations, {"integrations": [{"integration_id": STAND_IN}]}),
    "integrations integration_auth_id": (
        infisical_integrations,
        {"integrations": [{"integration_auth_id": STAND_IN, **NATIVE_SOURCE}]},
    ),
    "integration_info integration_id": (infisical_integration_info, {"integration_id": STAND_IN}),
    "integration_info integration_auth_id": (infisical_integration_info, {"integration_auth_id": STAND_IN}),
    "app_connection connection_id": (infisical_app_connection, {"app": "github", "connection_id": STAND_IN}),
    "app_connection_info connection_id": (infisical_app_connection_info, {"app": "github", "connection_id": STAND_IN}),
    "secret_sync sync_id": (infisical_secret_sync, {"sync_id": STAND_IN}),
    "secret_sync connection_id": (infisical_secret_sync, {**NEW_SYNC, "connection_id": STAND_IN}),
    "secret_syncs sync_id": (infisical_secret_syncs, {"syncs": [{"sync_id": STAND_IN}]}),
    "secret_syncs connection_id": (infisical_secret_syncs, {"syncs": [{**NEW_SYNC, "connection_id": STAND_IN}]}),
    "secret_sync_info sync_id": (infisical_secret_sync_info, {"sync_id": STAND_IN}),
}
# What no module makes.
NOT_MADE = {"project_id", "org_id", "gateway_id", "identity_id", "client_id", "access_id", "app_id", "access_key_id"}
NOT_MADE |= {"gateway_pool_id", "target_environment_id", "target_service_id", "kms_key_id"}


def test_every_option_that_takes_an_id_is_tried() -> None:
    modules = {module for module, _options in IDS.values()} | {infisical_secret_syncs, infisical_integrations}
    found = {
        f"{module.__name__.rpartition('.infisical_')[2]} {option}"
        for module in modules
        for spec in (module.MODULE.options, *(one.get("options", {}) for one in module.MODULE.options.values()))
        for option in spec
        if option.endswith("_id") and option not in NOT_MADE
    }
    assert found == set(IDS)


@pytest.mark.parametrize("name", IDS)
def test_a_stand_in_is_taken_in_check_mode_and_refused_in_a_real_run(run: Runner, name: str) -> None:
    module, options = IDS[name]
    assert not run(module, check_mode=True, project_id=run.project_id, **options).get("failed")
    said = f"{name.split()[1]} {STAND_IN} is a placeholder from check mode, for an object that was not created"
    with pytest.raises(Exception, match=said) as caught:
        run(module, project_id=run.project_id, **options)
    assert isinstance(caught.value, InputError) or caught.value.kind == "some_failed"
    assert run.writes == []
