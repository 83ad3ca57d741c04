# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The doors that Ansible comes in by: options in, the core run, its result or its one sentence out."""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule, env_fallback, missing_required_lib
from ansible.module_utils.common.parameters import remove_values

from .auth import DEFAULT_METHOD, DEFAULT_URL, ENVIRONMENT, METHODS, SECRET_OPTIONS
from .client import LAST_ATTEMPT, REQUESTS_IMPORT_ERROR, Client
from .errors import InfisicalError, InputError, one_line
from .interruption import Guard
from .settings import Settings, settings_from
from .task import Task


@dataclass(frozen=True)
class Declaration:
    """What a module is: its own options (as an argument spec), the rules between them, and the core that it drives.

    `run` takes the Task and returns the result's keys, or raises InfisicalError. What doesn't `connect` to an Infisical
    server has no options for that and gets no client. `library` names what the core imports beside requests.
    """

    run: Callable[[Task], dict[str, Any]]
    options: Mapping[str, Mapping[str, Any]]
    rules: Mapping[str, Any] = field(default_factory=dict)
    connects: bool = True
    library: str = ""

    def argument_spec(self) -> dict[str, dict[str, Any]]:
        shared = connection_options() if self.connects else {}
        return {**shared, **{name: dict(spec) for name, spec in self.options.items()}}


def connection_options() -> dict[str, dict[str, Any]]:
    """Return the argument spec of the options that every module has: server, login, transport."""
    spec: dict[str, dict[str, Any]] = {
        "url": {"type": "str", "default": DEFAULT_URL},
        "auth_method": {"type": "str", "default": DEFAULT_METHOD, "choices": list(METHODS)},
        "login_data": {"type": "dict"},
        "validate_certs": {"type": "bool", "default": True},
        "ca_path": {"type": "path"},
        "timeout": {"type": "float", "default": 30.0},
        "retries": {"type": "int", "default": 5},
        "retry_budget": {"type": "float", "default": 120.0},
        "extra_headers": {"type": "dict", "no_log": True},
        "allow_plaintext": {"type": "bool", "default": False},
    }
    for method in METHODS.values():
        for option in method.fields:
            spec[option] = {"type": "str", "no_log": option in SECRET_OPTIONS}
    # A file is read where the module runs.
    spec["jwt_path"] = {"type": "path"}
    for option, variables in ENVIRONMENT.items():
        spec[option]["fallback"] = (env_fallback, list(variables))
    return spec


# Ansible's own check of the options breaks off with a traceback then.
UNREADABLE = (OverflowError, TypeError)
REFUSAL = (
    "An option holds a value that Ansible can't check: a number that is out of range, or something else where a mapping"
    " belongs."
)


def run_module(declaration: Declaration) -> None:
    """Run a module to its end: prints its result and exits."""
    try:
        module = AnsibleModule(
            argument_spec=declaration.argument_spec(),
            supports_check_mode=True,
            # Keeps the invocation out of the managed node's syslog: not every secret is known as one beforehand.
            no_log=True,
            **declaration.rules,
        )
    except UNREADABLE:
        sys.stdout.write(json.dumps({"failed": True, "msg": REFUSAL, "error_kind": InputError.kind}))
        raise SystemExit(1) from None
    if REQUESTS_IMPORT_ERROR and declaration.connects:
        module.fail_json(msg=missing_required_lib("requests"), exception=REQUESTS_IMPORT_ERROR)
    session = Session()
    result = carry_out(declaration, module.params, session, module.no_log_values, module.warn, module.check_mode)
    if result.get("failed"):
        module.fail_json(**result)
    module.exit_json(**result)


class Session:
    """What one task has open: a client for each server and identity. The items of a loop may share it."""

    def __init__(self) -> None:
        self._clients: list[Client] = []
        self._guard = Guard(self._abandon, self._is_settled, LAST_ATTEMPT)

    def client(self, settings: Settings, on_secret: Callable[[str], None]) -> Client:
        """Return the client for these settings; from now on it tells its tokens to `on_secret`."""
        client = next((client for client in self._clients if client.settings == settings), None)
        if client is None:
            client = Client(settings)
            self._clients.append(client)
            self._guard.watch()
        client.start_item(on_secret)
        return client

    def forget(self) -> None:
        """Read everything afresh from now on."""
        for client in self._clients:
            client.memory.clear()

    def close(self) -> list[str]:
        """End all logins; returns sentences for warnings about those that could not be ended."""
        try:
            return [trouble for trouble in [client.close() for client in self._clients] if trouble]
        finally:
            self._clients = []
            self._guard.release()

    def _abandon(self) -> None:
        for client in self._clients:
            client.abandon()

    def _is_settled(self, seconds: float) -> bool:
        return all(client.settled(seconds) for client in self._clients)


def carry_out(
    declaration: Declaration,
    params: Mapping[str, Any],
    session: Session,
    secrets: set[str],
    warn: Callable[[str], None],
    check_mode: bool,
    *,
    keep_session: bool = False,
    tell: Callable[[str], None] = lambda _sentence: None,
) -> dict[str, Any]:
    """Run a module's core, whichever door it was entered by, and return the result's keys, not yet masked.

    `params` are validated. `secrets` are the values to mask, and grow. A failure has the keys `failed` and `msg`.
    With `keep_session` the logins go on for the task's next item. `tell` shows how a long run proceeds.
    """
    # A secret that is nothing but blanks would mask every blank in every message.
    secrets.difference_update([value for value in secrets if not value.strip()])

    def masked_warn(text: str) -> None:
        # Since ansible-core 2.19 a module's warnings are not masked.
        warn(one_line(str(remove_values(text, secrets))))

    try:
        task = Task(
            params=params,
            check_mode=check_mode,
            client=_client(params, session, secrets, masked_warn) if declaration.connects else None,
            warn=masked_warn,
            hide=secrets.add,
            reveal=secrets.discard,
            tell=tell,
        )
        return declaration.run(task)
    except InfisicalError as error:
        return {**error.facts, "failed": True, "msg": str(error), "error_kind": error.kind}
    except Exception as error:  # noqa: BLE001 - a traceback could show a secret, so that only its place is told
        place = traceback.extract_tb(error.__traceback__)[-1]
        text = (
            f"Unexpected {type(error).__name__} at {Path(place.filename).name}:{place.lineno}: this is a fault of"
            " the collection; please report it with this line and the task's options, without their secrets."
        )
        return {"failed": True, "msg": text, "error_kind": "internal"}
    finally:
        if not keep_session:
            for trouble in session.close():
                masked_warn(trouble)


def _client(params: Mapping[str, Any], session: Session, secrets: set[str], warn: Callable[[str], None]) -> Client:
    login_data = params.get("login_data") or {}
    if isinstance(login_data.get("access_token"), str):
        secrets.add(login_data["access_token"])
    if not params["validate_certs"]:
        warn("validate_certs is false: anyone on the way to the server can read the credentials of this task.")
    environment_url = next((os.environ[name] for name in ENVIRONMENT["url"] if os.environ.get(name)), None)
    return session.client(settings_from(params, environment_url), secrets.add)
