# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The entry points for Ansible: options in, the core run, its result or its one sentence out."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any, NoReturn

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from . import _masking as masking
from ._engine.results import KEYS, Named, masked, option_keys
from ._engine.shapes import TEXT, mapping
from ._engine.store import Store
from ._engine.task import Task
from ._errors import InfisicalError, InputError, one_line
from ._http.client import LAST_ATTEMPT, REQUESTS_IMPORT_ERROR, Client
from ._http.logins import from_environment
from ._http.server import UNSPECIFIED, Server, server_from, specified_url
from ._interruption import Guard
from ._masking import LEAST_PART
from ._options import connection_options, faults, without_empty

# All but the address may be a secret, as the token isn't always in its place.
LOGIN_DATA = mapping(url=TEXT)


@dataclass(frozen=True)
class Declaration:
    """What a module is: its own options (as an argument spec), the rules between them, and the core that it drives.

    `run` takes the Task and returns the result's keys, or raises InfisicalError; `keys` tell what stands under them.
    What doesn't `connect` to an Infisical server has no options for that and gets no client. `library` names what the
    core imports beside requests.
    """

    run: Callable[[Task], dict[str, Any]]
    options: Mapping[str, Mapping[str, Any]]
    rules: Mapping[str, Any] = field(default_factory=dict)
    connects: bool = True
    library: str = ""
    keys: Mapping[str, Named] = field(default_factory=dict)

    @cached_property
    def _connection(self) -> dict[str, dict[str, Any]]:
        return connection_options() if self.connects else {}

    @cached_property
    def _argument_spec(self) -> dict[str, dict[str, Any]]:
        return {**self._connection, **{name: dict(spec) for name, spec in self.options.items()}}

    def argument_spec(self) -> dict[str, dict[str, Any]]:
        """Return the argument spec, the same one for all items of a loop."""
        return self._argument_spec

    def specified(self, args: Mapping[str, Any]) -> dict[str, Any]:
        """Return a task's options, not yet checked, without those of the connection that are empty."""
        return without_empty(args, self._connection)

    def misfits(self, params: Mapping[str, Any]) -> str:
        """Return sentences for the options, not yet checked, that must be mappings or paths and are something else."""
        with masking.hiding({value for value in self.secrets_in(params) if value.strip()}):
            return " ".join(faults(self._argument_spec, params))

    @cached_property
    def _secret_options(self) -> dict[str, Any]:
        return secret_options(self._argument_spec)

    @cached_property
    def _keys(self) -> dict[str, Named]:
        return {**KEYS, **self.keys}

    @cached_property
    def _option_keys(self) -> dict[str, Named]:
        return {**option_keys(self._argument_spec, self._keys), "login_data": LOGIN_DATA}

    def secrets_in(self, params: Mapping[str, Any]) -> set[str]:
        """Return the values in the options that must not be shown, whether the options are validated or not."""
        login_data = masking.texts_in(params.get("login_data"), but="url")
        return {*_secrets_in(self._secret_options, params), *login_data}

    def masked(self, result: Mapping[str, Any], params: Mapping[str, Any], secrets: set[str]) -> dict[str, Any]:
        """Return the result of a task with these options, and with its `invocation`, without the secrets."""
        mask = masking.Mask(secrets, _specified({**self._secret_options, "login_data": None}, params))
        arguments = masked(params, self._option_keys, mask)
        return {**masked(result, self._keys, mask), "invocation": {"module_args": arguments}}

    def refused(self, msg: str, params: Mapping[str, Any], secrets: set[str]) -> dict[str, Any]:
        """Return the masked result of a task whose options, which may hold anything, did not validate.

        The values of options that don't exist are not shown: they may be misspelled secret ones.
        """
        mask = masking.Mask({*secrets, *self.secrets_in(params)})
        arguments = mask.everything(_known(self._argument_spec, params))
        return {"failed": True, "msg": mask.text(msg, LEAST_PART), "invocation": {"module_args": arguments}}


def secret_options(spec: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the options of an argument spec that are masked (as None), or have such options within (as a dict)."""
    found: dict[str, Any] = {}
    for name, option in spec.items():
        inner = secret_options(option.get("options") or {})
        if option.get("no_log") or inner:
            found[name] = None if option.get("no_log") else inner
    return found


def _secrets_in(options: Mapping[str, Any], params: Mapping[str, Any]) -> Iterator[str]:
    for name, inner in options.items():
        value = params.get(name)
        if inner is None:
            yield from masking.texts_in(value)
        else:
            for row in value if isinstance(value, list) else [value]:
                if isinstance(row, Mapping):
                    yield from _secrets_in(inner, row)


def _specified(secret: Mapping[str, Any], params: Mapping[str, Any]) -> Iterator[str]:
    """Yield the texts in a task's options that are no secrets."""
    for name, value in params.items():
        inner = None if value is None else secret.get(name, {})
        if inner:
            for row in value if isinstance(value, list) else [value]:
                yield from _specified(inner, row if isinstance(row, Mapping) else {})
        elif inner is not None:
            yield from masking.texts_in(value)


def _known(spec: Mapping[str, Mapping[str, Any]], params: Mapping[str, Any]) -> dict[str, Any]:
    options = {name: option for key, option in spec.items() for name in (key, *option.get("aliases", ()))}
    return {name: _known_in(options.get(name), value) for name, value in params.items()}


def _known_in(option: Mapping[str, Any] | None, value: Any) -> Any:
    if option is None:
        return masking.MASK
    if not option.get("options"):
        return value
    if isinstance(value, list):
        return [_known_in(option, row) for row in value]
    return _known(option["options"], value) if isinstance(value, Mapping) else value


UNSAID = "This task has warnings, which are not shown because of no_log."
# Ansible's own check of the options breaks off with a traceback then.
UNREADABLE = (OverflowError, TypeError, ValueError)
REFUSAL = (
    "An option holds a value that Ansible can't check: a number that is out of range, or something other than a mapping"
    " where one is required."
)


class Module(AnsibleModule):
    """Ansible's own, which here shows only what the core has masked, also where an option doesn't validate."""

    def __init__(self, declaration: Declaration) -> None:
        self._declaration, self._validated, self._misfits = declaration, False, ""
        try:
            super().__init__(  # type: ignore[no-untyped-call]  # it has no annotations
                argument_spec=declaration.argument_spec(),
                supports_check_mode=True,
                **declaration.rules,
            )
        except UNREADABLE:
            if not self._misfits:
                raise
        if self._misfits:
            self.fail_json(self._misfits)
        self._validated = True

    def _load_params(self) -> None:
        super()._load_params()  # type: ignore[no-untyped-call]  # it has no annotations
        self.params = self._declaration.specified(self.params)
        self._misfits = self._declaration.misfits(self.params)

    def log(self, msg: str, log_args: Any = None) -> None:
        """Keep the invocation out of the managed node's syslog: not every secret in it is known as one so early."""

    def fail_json(self, msg: str, **more: Any) -> NoReturn:
        if not self._validated:
            refused = self._declaration.refused(self._misfits or msg, self.params, self.no_log_values)
            more = {**more, **refused, **({"error_kind": InputError.kind} if self._misfits else {})}
            self._show(more)
        super().fail_json(**{"msg": msg, **more})

    def end(self, result: dict[str, Any]) -> NoReturn:
        """Print a masked result with its invocation, and exit."""
        self._show(result)
        if result.get("failed"):
            super().fail_json(**result)
        super().exit_json(**result)

    def _show(self, result: dict[str, Any]) -> None:
        """Have Ansible show the result as it is: it would mask the short secrets in ids as well."""
        self.params = result.pop("invocation")["module_args"]
        self.no_log_values.clear()


def run_module(declaration: Declaration) -> None:
    """Run a module to its end: prints its result and exits."""
    try:
        module = Module(declaration)
    except UNREADABLE:
        sys.stdout.write(json.dumps({"failed": True, "msg": REFUSAL, "error_kind": InputError.kind}))
        raise SystemExit(1) from None
    if REQUESTS_IMPORT_ERROR and declaration.connects:
        missing = {"failed": True, "msg": missing_required_lib("requests"), "exception": REQUESTS_IMPORT_ERROR}
        module.end(declaration.masked(missing, module.params, declaration.secrets_in(module.params)))
    no_log = bool(module.no_log)
    module.end(carry_out(declaration, module.params, Session(), set(), module.warn, module.check_mode, no_log=no_log))


class Session:
    """What one task has open: the objects of each server and identity. The items of a loop may share it."""

    def __init__(self) -> None:
        self._stores: list[Store] = []
        self._guard = Guard(self._abandon, self._is_settled, LAST_ATTEMPT)
        # Those of all items, as a warning at the end may repeat what any of them has sent.
        self.secrets: set[str] = set()

    def knows(self, server: Server) -> bool:
        """Tell whether an earlier item has used this server as this identity."""
        return any(store.client.server == server for store in self._stores)

    def store(self, server: Server, on_secret: Callable[[str], None]) -> Store:
        """Return the objects of a server; from now on its client tells its tokens to `on_secret`."""
        store = next((store for store in self._stores if store.client.server == server), None)
        if store is None:
            store = Store(Client(server))
            self._stores.append(store)
            self._guard.watch()
        store.start_item()
        store.client.start_item(on_secret)
        return store

    def forget(self) -> None:
        """Read everything afresh from now on."""
        for store in self._stores:
            store.forget_all()

    def close(self) -> list[str]:
        """End all logins; returns sentences for warnings about those that could not be ended, already masked."""
        try:
            with masking.hiding(self.secrets):
                troubles = [store.client.close() for store in self._stores]
            return [masking.masked_text(trouble, self.secrets) for trouble in troubles if trouble]
        finally:
            self._stores = []
            self._guard.release()

    def _abandon(self) -> None:
        for store in self._stores:
            store.client.abandon()

    def _is_settled(self, seconds: float) -> bool:
        return all(store.client.settled(seconds) for store in self._stores)


def carry_out(
    declaration: Declaration,
    params: Mapping[str, Any],
    session: Session,
    secrets: set[str],
    warn: Callable[[str], None],
    check_mode: bool,
    *,
    keep_session: bool = False,
    no_log: bool = False,
    tell: Callable[[str], None] = lambda _sentence: None,
) -> dict[str, Any]:
    """Run a module's core, whichever way the task runs, and return the masked result, with its `invocation`.

    `params` are validated. `secrets` are the values to mask, and grow. A failure has the keys `failed` and `msg`.
    With `keep_session` the logins go on for the task's next item. `tell` shows how a long run proceeds. With `no_log` a
    sentence replaces each warning: it may repeat a server's words, and ansible-core 2.19 and later show it regardless.
    """
    secrets |= declaration.secrets_in(params)
    # A secret that is nothing but blanks would mask every blank in every message.
    secrets.difference_update([value for value in secrets if not value.strip()])

    def masked_warn(text: str) -> None:
        # Since ansible-core 2.19 a module's warnings are not masked.
        warn(UNSAID if no_log else one_line(masking.masked_text(text, secrets)))

    hide = partial(masking.hide, secrets)
    try:
        with masking.hiding(secrets):
            task = Task(
                params=params,
                check_mode=check_mode,
                server_objects=_store(params, session, hide, masked_warn, tell) if declaration.connects else None,
                warn=masked_warn,
                hide=hide,
                reveal=partial(masking.reveal, secrets),
                tell=tell,
            )
            try:
                result = declaration.run(task)
            finally:
                for notice in sorted(task.notices):
                    masked_warn(notice)
    except InfisicalError as error:
        result = {**error.details, "failed": True, "msg": str(error), "error_kind": error.kind}
    except Exception as error:  # noqa: BLE001 - a traceback could show a secret, so that only its place is told
        place = traceback.extract_tb(error.__traceback__)[-1]
        text = (
            f"Unexpected {type(error).__name__} at {Path(place.filename).name}:{place.lineno}: this is a bug in the"
            " collection; please report it with this line and the task's options, without their secrets."
        )
        result = {"failed": True, "msg": text, "error_kind": "internal"}
    finally:
        session.secrets |= secrets
        if not keep_session:
            for trouble in session.close():
                masked_warn(trouble)
    return declaration.masked(result, params, secrets)


def _store(
    params: Mapping[str, Any],
    session: Session,
    hide: Callable[[str], None],
    warn: Callable[[str], None],
    tell: Callable[[str], None],
) -> Store:
    if not params["validate_certs"]:
        warn(
            "validate_certs is false: anyone between this machine and the server can read the credentials of this task."
        )
    server = server_from(params, from_environment("url"))
    if not specified_url(params) and not session.knows(server):
        tell(UNSPECIFIED)
    return session.store(server, hide)
