# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Playbooks without ansible-playbook: chains of modules' cores, run in this process by the way that the doors use."""

from __future__ import annotations

import importlib
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from unittest import mock

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values
from ansible_collections.community.infisical.plugins.module_utils._http import client
from ansible_collections.community.infisical.plugins.module_utils._module import Session, carry_out

MODULES = "ansible_collections.community.infisical.plugins.modules"
USED = (
    "infisical_app_connection",
    "infisical_integration",
    "infisical_integration_auth",
    "infisical_integrations",
    "infisical_login",
    "infisical_secret_sync",
    "infisical_secret_syncs",
)
SERVICE = "aws-secret-manager"
KEY, SECRET = "AKIACANARYKEY", "canary-aws-secret-access-key"
REGION = "us-east-1"


class FakeClock:
    """Time that passes only when somebody sleeps, or when `pass_by` says so. For all threads."""

    def __init__(self) -> None:
        self._time = 1000.0
        self._lock = threading.Lock()
        self.on_sleep: Callable[[], None] = lambda: None

    def now(self) -> float:
        with self._lock:
            return self._time

    def pass_by(self, seconds: float) -> None:
        with self._lock:
            self._time += seconds

    def sleep(self, seconds: float) -> None:
        self.pass_by(seconds)
        self.on_sleep()


class ScaledClock:
    """Time that passes faster, so that what several runs do side by side stays side by side."""

    def __init__(self, scale: float) -> None:
        self._scale = scale

    def now(self) -> float:
        return time.monotonic() * self._scale

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / self._scale)


@contextmanager
def use_clock(clock: Any) -> Iterator[None]:
    """Have all clients live by this clock."""
    with mock.patch.object(client, "Clock", return_value=clock):
        yield


@dataclass(frozen=True)
class Playbook:
    """What is wanted: names of destinations, by which road, and with how many modules.

    `kind` is "native" or "syncs"; `plural` takes the module for many; `login` logs in once for all tasks;
    `by_name` finds the auth by its service instead of by the id that the first task registers.
    """

    kind: str = "native"
    names: Sequence[str] = ("one",)
    plural: bool = False
    login: bool = False
    by_name: bool = False
    concurrency: int = 1
    secret_path: str = "/app"
    remove_duplicates: bool = False


@dataclass
class Run:
    """How a playbook ended: the results of its tasks, in order; `warnings` of all of them."""

    results: list[tuple[str, dict]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        return any(result.get("failed") for _module, result in self.results)

    @property
    def failure(self) -> dict:
        return next(result for _module, result in self.results if result.get("failed"))

    @property
    def changed(self) -> bool:
        # A login changes nothing; its end ends a token.
        return any(result.get("changed") for module, result in self.results if module != "infisical_login")

    @property
    def shown(self) -> str:
        """All that a user may get to see."""
        seen = [result for module, result in self.results if module != "infisical_login"]
        return json.dumps([seen, self.warnings])


@cache
def _module(name: str) -> tuple[Any, ArgumentSpecValidator]:
    declaration = importlib.import_module(f"{MODULES}.{name}").MODULE
    return declaration, ArgumentSpecValidator(declaration.argument_spec(), **declaration.rules)


def run_module(name: str, options: Mapping[str, Any], warnings: list[str], *, check: bool = False) -> dict[str, Any]:
    """Run one task, and return its result as Ansible would get it."""
    declaration, validator = _module(name)
    validated = validator.validate({key: value for key, value in options.items() if value is not None})
    secrets = set(validated._no_log_values)
    if validated.error_messages:
        result: dict[str, Any] = {"failed": True, "msg": validated.errors.msg, "error_kind": "options"}
    else:
        params = validated.validated_parameters
        result = carry_out(declaration, params, Session(), secrets, warnings.append, check)
    flags = {key: value for key, value in result.items() if isinstance(value, bool)}
    return {**remove_values(result, secrets), **flags}


def play(playbook: Playbook, project_id: str, connection: Mapping[str, Any]) -> Run:
    """Run a playbook to its end, or to its first failure."""
    run = Run()
    connection = dict(connection)

    def task(module: str, /, **options: Any) -> dict[str, Any] | None:
        if run.failed:
            return None
        result = run_module(module, {**connection, **options}, run.warnings)
        run.results.append((module, result))
        return None if result.get("failed") else result

    login = task("infisical_login") if playbook.login else None
    if login:
        for option in ("universal_auth_client_id", "universal_auth_client_secret"):
            connection.pop(option, None)
        connection["login_data"] = login["login_data"]
    (_native if playbook.kind == "native" else _syncs)(playbook, project_id, task)
    if login:
        # As in a block's `always`, where the login is ended whatever has happened.
        result = run_module("infisical_login", {**connection, "state": "absent"}, run.warnings)
        run.results.append(("infisical_login", result))
    return run


def _native(playbook: Playbook, project_id: str, task: Callable[..., dict | None]) -> None:
    auth = task(
        "infisical_integration_auth",
        project_id=project_id,
        integration=SERVICE,
        access_id=KEY,
        access_token=SECRET,
    )
    if not auth:
        return
    by_id = {"integration_auth_id": auth["integration_auth"]["id"]}
    which = {"integration": SERVICE} if playbook.by_name else by_id
    items = [
        {
            **which,
            "source_environment": "dev",
            "secret_path": playbook.secret_path,
            "app": name,
            "region": REGION,
            "accept_deletion": True,
            "is_active": True,
            "metadata": {"secret_prefix": "P_"},
            **({"remove_duplicates": True} if playbook.remove_duplicates else {}),
        }
        for name in playbook.names
    ]
    if playbook.plural:
        task("infisical_integrations", project_id=project_id, integrations=items, concurrency=playbook.concurrency)
        return
    for item in items:
        task("infisical_integration", project_id=project_id, **item)


def _syncs(playbook: Playbook, project_id: str, task: Callable[..., dict | None]) -> None:
    made = task(
        "infisical_app_connection",
        project_id=project_id,
        app="aws",
        method="access-key",
        name="aws-main",
        credentials={"access_key_id": KEY, "secret_access_key": SECRET},
    )
    if not made:
        return
    by_id = {"connection_id": made["app_connection"]["id"]}
    which = {"connection_name": "aws-main"} if playbook.by_name else by_id
    items = [
        {
            **which,
            "name": name,
            "destination": "aws-secrets-manager",
            "environment": "dev",
            "secret_path": playbook.secret_path,
            "destination_config": {"region": REGION, "mapping_behavior": "many-to-one", "secret_name": f"my/{name}"},
        }
        for name in playbook.names
    ]
    if playbook.plural:
        task("infisical_secret_syncs", project_id=project_id, syncs=items, concurrency=playbook.concurrency)
        return
    for item in items:
        task("infisical_secret_sync", project_id=project_id, **item)
