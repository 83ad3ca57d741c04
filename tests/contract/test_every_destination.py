# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every destination of secret syncs and every app of connections, through the modules' own code, each step twice."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.community.infisical.plugins.module_utils._catalog import apps, destinations
from ansible_collections.community.infisical.plugins.module_utils._catalog.names import from_api
from ansible_collections.community.infisical.plugins.module_utils._engine.store import Store
from ansible_collections.community.infisical.plugins.module_utils._engine.task import Task
from ansible_collections.community.infisical.plugins.module_utils._errors import InfisicalError, InputError
from ansible_collections.community.infisical.plugins.module_utils._http.client import Client
from ansible_collections.community.infisical.plugins.module_utils._http.server import server_from
from ansible_collections.community.infisical.plugins.modules import (
    infisical_app_connection,
    infisical_app_connection_info,
    infisical_secret_sync,
    infisical_secret_sync_info,
    infisical_secret_syncs,
)
from contract.sync_examples import CREDENTIALS, EXAMPLES, Example

from simulator import Simulator
from simulator.apps import APPS
from simulator.sync_destinations import DESTINATIONS, NEWEST_DESTINATIONS

SECRETS = ("s-1", "HRKU-s-1", "key-1", "body-1")
AWS_KEYS = {"AKIAEXAMPLE": "s-1", "AKIAOTHER": "s-2"}


class Runner:
    """Runs the modules' code against a server, each time from the start as a task would."""

    def __init__(self, sim: Simulator) -> None:
        self.sim = sim
        self.project_id = sim.add_project("every-destination")
        self.warnings: list[str] = []
        self.hidden: set[str] = set()

    def __call__(self, module: Any, *, check_mode: bool = False, **options: Any) -> dict[str, Any]:
        """Run a module's core with its options, as its argument spec reads them."""
        validated = ArgumentSpecValidator(module.MODULE.options).validate(options)
        assert not validated.error_messages
        login = {"url": self.sim.url, "auth_method": "token_auth", "token": self.sim.admin.token}
        self.warnings.clear()
        client = Client(server_from(login))
        task = Task(
            params=validated.validated_parameters,
            check_mode=check_mode,
            server_objects=Store(client),
            warn=self.warnings.append,
            hide=self.hidden.add,
            reveal=self.hidden.discard,
            tell=lambda _sentence: None,
        )
        self.sim.clear_requests()
        try:
            return module.MODULE.run(task)
        finally:
            client.close()

    @property
    def writes(self) -> list[str]:
        """What the last task sent that isn't a question."""
        asked = [(one["method"], one["path"]) for one in self.sim.requests]
        return [f"{method} {path}" for method, path in asked if method != "GET" and "check-destination" not in path]

    def changes(self, module: Any, writes: int = 1, **options: Any) -> dict[str, Any]:
        """Run a task in check mode, for real and again: it writes so often, and the second time not at all."""
        foretold = self(module, check_mode=True, **options)
        assert foretold["changed"] is True
        assert self.writes == []
        result = self(module, **options)
        assert result["changed"] is True
        assert len(self.writes) == writes
        again = self(module, **options)
        assert again["changed"] is False
        assert self.writes == []
        assert foretold.keys() == result.keys() == again.keys()
        return result

    def refuses(self, module: Any, **options: Any) -> InfisicalError:
        """Run a task that has to fail, without anything written, and again; returns the error."""
        for check_mode in (True, False, False):
            with pytest.raises(InfisicalError) as caught:
                self(module, check_mode=check_mode, **options)
            assert self.writes == []
        return caught.value

    def connection(self, app: str) -> str:
        """Return the id of the project's connection of an app, made where it isn't there."""
        app = app if app in APPS else "github"  # any will do where it isn't known whose a destination takes
        there = [one for one in self.sim.connections(self.project_id) if one["app"] == app]
        if there:
            return there[0]["id"]
        method, credentials = next((key[1], value) for key, value in CREDENTIALS.items() if key[0] == app)
        options = {"app": app, "name": f"the-{app}", "method": method, "credentials": credentials}
        result = self.changes(infisical_app_connection, project_id=self.project_id, **options)
        return result["app_connection"]["id"]

    def syncs(self) -> list[dict[str, Any]]:
        """Return the project's syncs as the info module shows them."""
        return self(infisical_secret_sync_info, project_id=self.project_id)["secret_syncs"]


@pytest.fixture(scope="module")
def sim() -> Iterator[Simulator]:
    """A server with all destinations, that syncs at once, into a record."""
    with Simulator(sync_delay=0.0, aws_credentials=AWS_KEYS, newest=True) as running:
        yield running


@pytest.fixture(scope="module")
def older_sim() -> Iterator[Simulator]:
    """A server that lacks the newest destinations."""
    with Simulator(sync_delay=0.0) as running:
        yield running


@pytest.fixture
def older(older_sim: Simulator) -> Runner:
    """Tasks in a new project of a server that lacks the newest destinations."""
    return Runner(older_sim)


@pytest.fixture
def run(sim: Simulator) -> Runner:
    """Tasks in a new project."""
    return Runner(sim)


def without(mapping: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in mapping.items() if key not in keys}


def alike(value: Any) -> Any:
    """Ids compare as text: examples have numbers where playbooks often do."""
    if isinstance(value, dict):
        return {key: alike(item) for key, item in value.items()}
    return [alike(item) for item in value] if isinstance(value, list) else str(value)


def expected(example: Example) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the configurations that the server must have before and after the change."""
    before = {**without(example.config, *example.dropped), **example.stored}
    after = {**before, **example.change, **example.changed}
    return alike(before), alike(without(after, *example.gone))


def test_examples_are_complete() -> None:
    """Every destination and scope that the simulated server has, and every method that needs no browser."""
    assert {example.destination for example in EXAMPLES.values()} == set(destinations.DESTINATIONS)
    assert set(destinations.DESTINATIONS) == {*DESTINATIONS, *NEWEST_DESTINATIONS}
    for slug, entry in destinations.DESTINATIONS.items():
        if entry.scopes:
            used = {
                settings.get("scope") or entry.default_scope
                for example in EXAMPLES.values()
                if example.destination == slug
                for settings in (example.config, example.change)
            }
            assert used >= set(entry.scopes), slug
    browsers = {(app, way.name) for app, entry in apps.APPS.items() for way in entry.methods if way.browser_only}
    assert {(app, way) for app, entry in APPS.items() for way in entry.methods} - browsers == set(CREDENTIALS)


DELETION = "disable_secret_deletion"


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_a_destination(run: Runner, example: Example) -> None:
    """One sync: created, read, changed, refused, disabled and removed."""
    entry = destinations.DESTINATIONS[example.destination]
    before, after = expected(example)
    name = {"project_id": run.project_id, "name": "the-sync"}
    wanted = {
        **name,
        "destination": example.destination,
        "connection_id": run.connection(entry.app),
        "environment": "dev",
        "secret_path": "/app",
        "destination_config": example.config,
        "sync_options": {**({"key_schema": "APP_{{secretKey}}"} if example.key_schema else {}), **example.options},
    }
    options = {"initial_sync_behavior": "overwrite-destination", DELETION: True}
    options |= wanted["sync_options"]
    if "secret_key" in options:
        # It names the secret, of which answers have the id.
        options = {**without(options, "secret_key"), "secret_id": str(uuid.uuid5(uuid.NAMESPACE_OID, "S"))}

    created = run.changes(infisical_secret_sync, **wanted)["secret_sync"]
    (view,) = run.syncs()
    assert (view["id"], view["destination"], view["name"]) == (created["id"], example.destination, "the-sync")
    assert alike(view["destination_config"]) == before
    assert view["sync_options"] == options
    assert (view["environment"], view["secret_path"], view["is_auto_sync_enabled"]) == ("dev", "/app", True)
    run.sim.wait_idle()
    assert run.syncs()[0]["sync_status"] == "succeeded"

    # Without the destination, which the server knows, and with nothing but what is to change.
    accepted = {} if entry.heeds_deletion_setting else {"sync_options": {DELETION: options[DELETION]}}
    run.changes(infisical_secret_sync, **name, destination_config=example.change, **accepted)
    (view,) = run.syncs()
    assert alike(view["destination_config"]) == after
    assert view["sync_options"] == options
    change = {"key_schema": ""} if example.key_schema else {}
    run.changes(infisical_secret_sync, **name, sync_options=change, description="told")
    (view,) = run.syncs()
    assert alike(view["destination_config"]) == after
    assert view["sync_options"] == {**options, **change}

    other = "flyio" if example.destination != "flyio" else "supabase"
    error = run.refuses(infisical_secret_sync, **name, destination=other)
    assert isinstance(error, InputError)
    assert f"can't change destination (is '{example.destination}', wanted '{other}')" in str(error)
    if entry.can_import is False:
        behavior = {"initial_sync_behavior": "import-prioritize-source"}
        error = run.refuses(
            infisical_secret_sync, **{**wanted, "name": "second", "sync_options": behavior}, check_duplicates="ignore"
        )
        assert "doesn't support imports" in str(error)
    assert [one["id"] for one in run.syncs()] == [created["id"]]

    run.changes(infisical_secret_sync, **name, is_auto_sync_enabled=False)
    (view,) = run.syncs()
    assert (view["is_auto_sync_enabled"], alike(view["destination_config"])) == (False, after)

    removed = run.changes(infisical_secret_sync, **name, state="absent")
    assert removed["removed"] == [created["id"]]
    assert run.syncs() == []


def test_all_destinations_in_one_task(run: Runner) -> None:
    """Many syncs: created, read, changed, refused, disabled and removed, each in one task."""
    names = {f"sync-{number}": example for number, example in enumerate(EXAMPLES.values())}
    shared = {"connection_id": "", "environment": "dev", "secret_path": "/app", "check_duplicates": "ignore"}

    def items(**options: Any) -> list[dict[str, Any]]:
        return [{"name": name, "destination": example.destination, **options} for name, example in names.items()]

    wanted = [
        {
            **item,
            **shared,
            "connection_id": run.connection(destinations.DESTINATIONS[item["destination"]].app),
            "destination_config": names[item["name"]].config,
            "sync_options": names[item["name"]].options,
        }
        for item in items()
    ]
    count = len(names)
    task = {"module": infisical_secret_syncs, "writes": count, "project_id": run.project_id}

    result = run.changes(**task, syncs=wanted)
    assert (result["counts"]["created"], result["purged"]) == (count, [])
    views = {view["name"]: view for view in run.syncs()}
    assert {name: alike(views[name]["destination_config"]) for name in names} == {
        name: expected(example)[0] for name, example in names.items()
    }
    assert {name for name, view in views.items() if not view["sync_options"]["disable_secret_deletion"]} == {
        name for name, example in names.items() if "disable_secret_deletion" in example.options
    }

    unheeded = {slug for slug, entry in destinations.DESTINATIONS.items() if not entry.heeds_deletion_setting}
    settings = {"sync_options": {"disable_secret_deletion": False}}
    changes = [
        {
            **item,
            "destination_config": names[item["name"]].change,
            # To write to another place, the task must specify it.
            **(settings if item["destination"] in unheeded else {}),
        }
        for item in items()
    ]
    assert run.changes(**task, syncs=changes)["counts"]["updated"] == count
    assert sum(one["method"] == "GET" for one in run.sim.requests) == 1
    assert {view["name"]: alike(view["destination_config"]) for view in run.syncs()} == {
        name: expected(example)[1] for name, example in names.items()
    }

    wrong = [{**item, "destination": "flyio" if item["destination"] != "flyio" else "supabase"} for item in items()]
    error = run.refuses(infisical_secret_syncs, project_id=run.project_id, syncs=wrong)
    assert {outcome["error_kind"] for outcome in error.details["results"]} == {"input"}
    assert error.details["counts"]["failed"] == count

    disabled = run.changes(**task, syncs=items(is_auto_sync_enabled=False))
    assert disabled["counts"]["updated"] == count
    assert not any(view["is_auto_sync_enabled"] for view in run.syncs())

    run.sim.wait_idle()
    removed = run.changes(**task, syncs=items(state="absent"))
    assert {outcome["id"] for outcome in removed["results"]} == {view["id"] for view in views.values()}
    assert run.syncs() == []


@pytest.mark.parametrize("slug", NEWEST_DESTINATIONS)
def test_a_destination_that_the_server_does_not_have(older: Runner, slug: str) -> None:
    """The server's word counts, and is asked for where that is wanted."""
    example = next(one for one in EXAMPLES.values() if one.destination == slug)
    wanted = {
        "project_id": older.project_id,
        "name": "the-sync",
        "destination": slug,
        "connection_id": older.connection("github"),
        "environment": "dev",
        "destination_config": example.config,
        "sync_options": example.options,
    }
    with pytest.raises(InfisicalError) as caught:
        older(infisical_secret_sync, **wanted)
    assert caught.value.kind == "route_missing"
    error = older.refuses(infisical_secret_sync, **wanted, consult_options=True)
    assert f"destination '{slug}' is not supported by this server." in str(error)
    assert older.syncs() == []


@pytest.mark.parametrize("level", ["project", "organization"])
@pytest.mark.parametrize(("app", "method"), CREDENTIALS, ids="-".join)
def test_a_connection(run: Runner, app: str, method: str, level: str) -> None:
    """One connection: created, read, rotated, renamed, refused and removed."""
    where = {"project_id": run.project_id} if level == "project" else {}
    credentials = CREDENTIALS[app, method]
    wanted = {"app": app, **where, "name": "a-connection", "method": method, "credentials": credentials}
    module, info = infisical_app_connection, infisical_app_connection_info

    made = run.changes(module, **wanted)["app_connection"]
    assert (made["app"], made["method"], made["project_id"]) == (app, method, where.get("project_id"))
    stored = run.sim.stored_connection_credentials(made["id"])
    assert from_api(stored) == credentials
    assert run(info, app=app, **where, name="a-connection")["app_connections"] == [made]
    secrets = {value for value in credentials.values() if value in SECRETS}
    assert run.hidden == secrets | ({credentials["role_id"]} if "role_id" in credentials else set())
    assert run.warnings == []

    secret = next((key for key, value in credentials.items() if value in SECRETS), None)
    if secret and app != "aws":
        fresh = {**wanted, "credentials": {**credentials, secret: credentials[secret].replace("1", "2")}}
        assert run(module, **fresh)["changed"] is False
        assert run(module, **fresh, update_credentials="always")["changed"] is True
        # Which method it has is known to the server.
        assert run(module, **without(fresh, "method"), update_credentials="always")["changed"] is True
        assert run.warnings == []
        assert from_api(run.sim.stored_connection_credentials(made["id"])) == fresh["credentials"]

    by_id = {"app": app, "connection_id": made["id"]}
    renamed = run.changes(module, **by_id, name="another-name", description="told")["app_connection"]
    assert (renamed["id"], renamed["name"], renamed["description"]) == (made["id"], "another-name", "told")
    error = run.refuses(module, **by_id, method="some-other", credentials={})
    assert isinstance(error, InputError)
    assert "Create a second connection under another name" in str(error)

    run.changes(module, app=app, **where, name="another-name", state="absent")
    assert run(info, app=app, **where)["app_connections"] == []
