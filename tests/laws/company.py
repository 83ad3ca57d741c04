# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A company with native integrations, an AWS that they have written to, and its migration: all within this process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from ansible_collections.community.infisical.plugins.module_utils._migration import aws as migration_aws
from ansible_collections.community.infisical.plugins.module_utils._migration import reading
from ansible_collections.community.infisical.plugins.module_utils._migration import run as migration_run
from ansible_collections.community.infisical.plugins.modules import infisical_migration
from ansible_collections.community.infisical.tests.unit.plugins.harness import Result, run_main

from simulator.destinations import Destinations

from .aws import Account, Aws
from .server import URL, Here

REGION = "us-east-1"
KEY, SECRET = "AKIAMIGRATION", "canary-aws-secret"
JOURNAL_KEY = "canary-journal-key"
CANARIES = (SECRET, JOURNAL_KEY, "api-value", "db-value", "theirs-value", "canary-github-token")
AWS = {"name": "aws-main", "method": "access-key", "credentials": {"access_key_id": KEY, "secret_access_key": SECRET}}


class Company:
    """One project (more can be added); natives are known by names of the test."""

    def __init__(self, folder: Path, *, connected: bool = True) -> None:
        self._connected = connected
        self._keys = {KEY: SECRET, "AKIADEV": SECRET}
        options = {"aws_endpoint_url": "https://aws.invalid", "aws_credentials": self._keys, "sync_delay": 1.0}
        self.here = Here(create_open=False, **options)
        self.sim, self.folder = self.here.sim, folder
        self.project = self.sim.project_id
        self.journal = folder / "journal"
        self.ids: dict[str, str] = {}
        self.sync_ids: dict[str, str] = {}
        self.services: set[str] = set()
        # One for each service, unless a test says otherwise.
        self.connections: list[dict] | None = None
        self.inputs: list[dict] = []
        self.aws = Aws()

    @contextmanager
    def open(self) -> Iterator[Company]:
        """Have modules, server and AWS reach each other, and all live by one clock."""
        with (
            self.here.used(),
            mock.patch.object(Destinations, "_client", self._client),
            mock.patch.object(migration_aws, "boto3", self.aws),
            mock.patch.object(migration_aws, "BOTO3_IMPORT_ERROR", None),
            mock.patch.object(reading, "BOTO3_IMPORT_ERROR", None),
            mock.patch.object(migration_run, "utc_now", self.here.clock.date),
        ):
            if self._connected:
                keys = {"accessKeyId": KEY, "secretAccessKey": SECRET}
                self.sim.add_connection("aws", "access-key", "aws-main", self.project, **keys)
            yield self

    def _client(self, _service: str, region: str, keys: tuple[str, str]) -> Account:
        return self.aws.account(keys[0], region)

    @property
    def account(self) -> Account:
        return self.aws.account(KEY)

    def auth(self, service: str, project_id: str = "") -> str:
        self.services.add(service)
        return self.sim.add_auth(project_id or self.project, service, accessId=KEY, accessToken=SECRET)["id"]

    def add(self, name: str, auth_id: str, **fields: Any) -> str:
        """Add an integration of /app in dev."""
        fields = {"secretPath": "/app", "region": REGION, **fields}
        self.ids[name] = self.sim.add_integration(auth_id, "dev", **fields)["id"]
        return self.ids[name]

    def many(self, name: str = "many", app: str = "my-app/dev", auth_id: str = "", **fields: Any) -> str:
        """Add an integration that writes one AWS secret, and have it write."""
        return self.add(name, auth_id or self.auth("aws-secret-manager"), app=app, **fields)

    def parameters(self, name: str = "parameters", path: str = "/my-app/", auth_id: str = "", **fields: Any) -> str:
        return self.add(name, auth_id or self.auth("aws-parameter-store"), path=path, **fields)

    def settle(self, key: str = "API_KEY", value: str = "api-value") -> None:
        """Change a secret, and let all that is active write it."""
        self.sim.set_secret(self.project, "dev", "/app", key, value)
        self.here.clock.sleep(60.0)

    def is_on(self, name: str) -> bool:
        """Tell whether an integration is there and switched on."""
        return bool((self.native(name) or {}).get("isActive"))

    def sync_is_on(self, name: str) -> bool:
        """Tell whether the sync of an integration is there and switched on."""
        return bool((self.sync(name) or {}).get("isAutoSyncEnabled"))

    def native(self, name: str) -> dict | None:
        """Return an integration as the API lists it, or None."""
        projects = (self.project, self.sim.other_project_id)
        rows = [one for project in projects for one in self.sim.integrations(project)]
        return next((one for one in rows if one["id"] == self.ids[name]), None)

    def syncs(self) -> list[dict]:
        return [one for project in (self.project, self.sim.other_project_id) for one in self.sim.syncs(project)]

    def sync(self, name: str) -> dict | None:
        """Return the sync whose description names an integration, or did so before someone edited it."""
        there = self.syncs()
        named = next((one for one in there if self.ids[name] in str(one["description"])), None)
        if named:
            self.sync_ids[name] = named["id"]
        return named or next((one for one in there if one["id"] == self.sync_ids.get(name)), None)

    def edit(self, path: str, body: Any, method: str = "PATCH") -> Any:
        return self.here.ask(method, path, body)

    def edit_native(self, name: str, **fields: Any) -> None:
        native = self.native(name)
        assert native
        kept = {"isActive": native["isActive"], "secretPath": native["secretPath"], "environment": "dev"}
        self.edit(f"/integration/{native['id']}", {**kept, **fields})

    def edit_sync(self, name: str, **fields: Any) -> None:
        sync = self.sync(name)
        assert sync
        self.edit(f"/secret-syncs/{sync['destination']}/{sync['id']}", fields)
        self.here.clock.sleep(5.0)

    def by_hand(self, act: str, name: str) -> None:
        """Have a person change the native object or the sync of an integration; what is gone stays so."""
        native, sync = self.native(name), self.sync(name)
        if act == "native removed" and native:
            self.edit(f"/integration/{native['id']}", None, "DELETE")
        elif act == "native switched" and native:
            self.edit_native(name, isActive=not native["isActive"])
        elif act == "native pointed elsewhere":
            self.edit_native(name, path=f"/new/{name}/")
        elif act == "description edited":
            self.edit_sync(name, description="Ours now")
        elif act == "sync has deletion on" and sync:
            self.edit_sync(name, syncOptions={**sync["syncOptions"], "disableSecretDeletion": False})
        elif act == "sync paused":
            self.edit_sync(name, isAutoSyncEnabled=False)
        elif act == "sync removed" and sync:
            self.edit(f"/secret-syncs/{sync['destination']}/{sync['id']}", None, "DELETE")

    def content(self) -> dict[str, Any]:
        """Return all that is in the account."""
        return self.account.content()

    def _connections(self) -> list[dict]:
        return [{"service": service, **AWS} for service in sorted(self.services)]

    def __call__(self, phase: str, *, check: bool = False, fails: bool | None = False, **options: Any) -> Result:
        """Run a phase; whatever comes of it, no secret is in the result or in the journal."""
        given = {
            "url": URL,
            "auth_method": "token_auth",
            "token": self.sim.admin.token,
            "phase": phase,
            "project_ids": [self.project],
            "connections": self._connections() if self.connections is None else self.connections,
            "inputs": self.inputs,
            "journal": str(self.journal),
            "journal_key": JOURNAL_KEY,
            "return_items": "all",
            **options,
        }
        given = {key: value for key, value in json.loads(json.dumps(given)).items() if value is not None}
        result = run_main(infisical_migration, {**given, "_ansible_check_mode": check, "_ansible_diff": True})
        kept = self.journal.read_text() if self.journal.exists() else ""
        for canary in CANARIES:
            assert canary not in result.output
            assert canary not in kept
        assert fails in (None, result.failed), result.data.get("msg")
        return result

    def item(self, result: Result, name: str) -> dict:
        return next(item for item in result["integrations"] if item["native_id"] == self.ids[name])

    def stages(self, result: Result) -> dict[str, str]:
        """Return how far each integration has come, by its name here."""
        names = {native_id: name for name, native_id in self.ids.items()}
        return {names[item["native_id"]]: item["after"] for item in result["integrations"]}

    def rotate(self, secret: str) -> None:
        """Have AWS accept another secret for the key, which only the app connection gets to know."""
        self._keys[KEY] = secret
        for connection in self.sim.connections(self.project):
            self.sim._state.connection_credentials[connection["id"]]["secretAccessKey"] = secret

    def know(self, key: str) -> str:
        """Have AWS accept a key; returns it."""
        self._keys[key] = SECRET
        return key

    def later(self, hours: float) -> None:
        """Let time pass in which nothing happens."""
        self.here.clock.time += hours * 3600

    def until(self, *phases: str) -> None:
        """Run phases that are to succeed."""
        for phase in phases:
            self(phase)
