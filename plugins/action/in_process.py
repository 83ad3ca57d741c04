# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the core of each of this collection's modules in the worker process, where that changes nothing for the user.

Packing a module, copying it and starting a Python for it takes a hundred times as long as what it does. Where the
module would have run on this machine, as this user and in this environment anyway, its core is called right here; in
all other cases the module runs the ordinary way.

meta/runtime.yml names this plugin as `action_plugin` of each module. A `redirect` of each action would do, too, but
then Ansible looks up `module_defaults` by the name that all actions share, and those of one module reach all others.
"""

from __future__ import annotations

import functools
import gc
import importlib
import json
import os
import shutil
import sys
from contextlib import chdir
from importlib.util import find_spec
from multiprocessing.util import Finalize
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ansible import constants as C  # noqa: N812 - its name everywhere in Ansible
from ansible.errors import AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.plugins.action.normal import ActionModule as OrdinaryAction
from ansible.release import __version__ as core_version
from ansible.utils.display import Display
from ansible.utils.unsafe_proxy import wrap_var

from ..module_utils import _masking as masking
from ..module_utils._errors import InputError
from ..module_utils._http.client import REQUESTS_IMPORT_ERROR

if TYPE_CHECKING:
    from ..module_utils._module import Declaration, Session

display = Display()

CORE = tuple(int(part) for part in core_version.split(".")[:2])
TESTED_CORES = ((2, 16), (2, 21))
DATA_TAGGING = CORE >= (2, 19)

# The one module with a secret in its result.
LOGIN = "infisical_login"
NO_ASYNC = (
    "infisical_login does not support async: the result would be kept in a file that others can read, with the access"
    " token in it. Remove async and poll from the task."
)


class Unsuitable(Exception):
    """Why a task can't run in this process, as a phrase for -vvv."""


class ActionModule(OrdinaryAction):
    """The ordinary action, with a shorter way for where it leads to the same result."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        task_vars = task_vars or {}
        if self._name_of_module() == LOGIN:
            if self._task.async_val:
                return {"failed": True, "msg": NO_ASYNC, "error_kind": InputError.kind}
            # Connection plugins show under -vvv what a module prints, and ask these whether they may.
            for context in (self._play_context, getattr(self._connection, "_play_context", None)):
                if context is not None:
                    context.no_log = True
        try:
            self._check_suitable(task_vars)
            args = self._plain_args()
        except Unsuitable as reason:
            display.vvv(f"{self._task.action} runs as an ordinary module: {reason}")
            shared_session.keep_closable(self)
            result = super().run(tmp, task_vars)
        else:
            result = ActionBase.run(self, tmp, task_vars)
            result.update(self._run_here(args, task_vars))
        if result.get("login_data"):
            # Later tasks need the token, so that it can't be masked; this censors what is shown and registers it whole.
            result["_ansible_no_log"] = True
        return result

    def _update_module_args(self, module_name: str, module_args: dict[str, Any], *more: Any, **options: Any) -> None:
        super()._update_module_args(module_name, module_args, *more, **options)
        # Ansible sets it for no_target_syslog, too, where these modules have nothing to hide: they never use syslog.
        module_args["_ansible_no_log"] = bool(self._task.no_log)

    def _check_suitable(self, task_vars: dict[str, Any]) -> None:
        """Raise Unsuitable where a module would run elsewhere, as somebody else, or in another environment."""
        if not TESTED_CORES[0] <= CORE <= TESTED_CORES[1]:
            raise Unsuitable(f"ansible-core {core_version} is not one that this way was tested on")
        if REQUESTS_IMPORT_ERROR:
            raise Unsuitable("the Python of ansible-core lacks requests")
        if self._connection.transport != "local":
            raise Unsuitable(f"the connection is {self._connection.transport}")
        # A variable can set it, which the task's own attribute doesn't show.
        if self._play_context.become:
            raise Unsuitable("become")
        if self._task.async_val:
            raise Unsuitable("async")
        if any(self._task.environment or ()):
            raise Unsuitable("the task has an environment")
        host_vars = self._vars_of_target(task_vars)
        if not self._is_switched_on(host_vars):
            raise Unsuitable("infisical_in_process is false")
        if not self._is_own_interpreter(host_vars):
            raise Unsuitable("another Python interpreter is set")
        library = module_named(self._name_of_module())[0].library
        if library and not find_spec(library):
            raise Unsuitable(f"the Python of ansible-core lacks {library}")

    def _name_of_module(self) -> str:
        return self._task.action.rpartition(".")[2]

    def _vars_of_target(self, task_vars: dict[str, Any]) -> dict[str, Any]:
        delegate = self._task.delegate_to
        return task_vars.get("ansible_delegated_vars", {}).get(delegate, {}) if delegate else task_vars

    def _is_switched_on(self, host_vars: dict[str, Any]) -> bool:
        value = host_vars.get("infisical_in_process", os.environ.get("INFISICAL_IN_PROCESS", "true"))
        return boolean(self._templated(value, host_vars), strict=False)

    def _is_own_interpreter(self, host_vars: dict[str, Any]) -> bool:
        setting = C.config.get_config_value("INTERPRETER_PYTHON", variables=host_vars)
        stated = str(self._templated(setting, host_vars)).strip()
        # Discovery would find a Python of this machine, too; only a choice of the user's binds.
        return stated.startswith("auto") or stated == sys.executable or is_same_python(stated, sys.executable)

    def _templated(self, value: Any, variables: dict[str, Any]) -> Any:
        if not isinstance(value, str) or "{" not in value:
            return value
        return self._templar.copy_with_new_env(available_variables=variables).template(value)

    def _plain_args(self) -> dict[str, Any]:
        """Return the options as a module gets them: nothing encrypted, tagged or lazy. Raises Unsuitable."""
        try:
            return json.loads(json.dumps(self._task.args, default=decrypted))
        except (TypeError, ValueError):
            raise Unsuitable("an option holds a value that JSON does not have") from None

    def _run_here(self, args: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Return what the module would print. What AnsibleModule does around the core is done here in its order."""
        declaration, validator = module_named(self._name_of_module())
        # A module runs in the playbook's directory; a relative ca_path means that one.
        with chdir(self._loader.get_basedir()):
            try:
                validated = validator.validate(args)
            except core().UNREADABLE:
                return {"failed": True, "msg": core().REFUSAL, "error_kind": InputError.kind}
            params, secrets = validated.validated_parameters, secret_values(validated)
            result: dict[str, Any] = {}
            warnings = [f"Both option {w['option']} and its alias {w['alias']} are set." for w in validated._warnings]
            if validated.error_messages:
                result = {"failed": True, "msg": self._refusal(validated)}
                secrets |= declaration.secrets_in(params)
                params = declaration.shown(params)
            else:
                session, shared = shared_session.of(self)
                result = core().carry_out(
                    declaration,
                    params,
                    session,
                    secrets,
                    warnings.append,
                    self._task.check_mode,
                    keep_session=shared,
                    no_log=bool(self._task.no_log),
                    tell=functools.partial(display.v, host=task_vars.get("inventory_hostname")),
                )
        if invocation_is_shown(task_vars):
            result["invocation"] = {"module_args": params}
        if warnings:
            result["warnings"] = list(dict.fromkeys(warnings))
        if validated._deprecations:
            result["deprecations"] = validated._deprecations
        return as_returned(result, secrets)

    def _refusal(self, validated: Any) -> str:
        text = validated.errors.msg
        if type(validated.errors[0]).__name__ == "UnsupportedError":
            return f"Unsupported parameters for ({self._task.action}) module: {text}"
        return text


def decrypted(value: Any) -> str:
    """Return the text of an inline `!vault` value, which no JSON encoder knows. Raises TypeError for all else."""
    if type(value).__name__ in ("AnsibleVaultEncryptedUnicode", "EncryptedString"):
        return str(value)
    raise TypeError


def is_same_python(path: str, other: str) -> bool:
    """Return whether both start the same Python with the same packages: python and python3 of one folder do."""
    # The folder counts before links are resolved: all virtual environments' Pythons lead to the one they were made by.
    found = shutil.which(path)
    return bool(found) and Path(found).parent == Path(other).parent and Path(found).samefile(other)


def core() -> ModuleType:
    """Return what the cores of all modules share."""
    return importlib.import_module("...module_utils._module", __name__)


@functools.cache
def module_named(name: str) -> tuple[Declaration, ArgumentSpecValidator]:
    """Return the declaration of the module, and its options' validator. Once a worker: a loop asks for each item."""
    # The import makes so many objects that Python looks for garbage, also among all that the parent process left here,
    # and whatever is looked at has its page copied. That took 10 % of the import, and half of it in a full collection.
    gc.freeze()
    declaration = importlib.import_module(f"...modules.{name}", __name__).MODULE
    return declaration, ArgumentSpecValidator(declaration.argument_spec(), **declaration.rules)


def secret_values(validated: Any) -> set[str]:
    """Return the values of no_log options. Ansible has no public way to them but AnsibleModule."""
    return set(validated._no_log_values)


def invocation_is_shown(task_vars: dict[str, Any]) -> bool:
    """Return whether modules return their `invocation`: always, until ansible-core 2.21 made it a setting."""
    try:
        return bool(C.config.get_config_value("INJECT_INVOCATION", variables=task_vars))
    except AnsibleError:
        return True


def as_returned(result: dict[str, Any], secrets: set[str]) -> dict[str, Any]:
    """Return the result as it would arrive from a module: masked, of JSON's types, and nothing in it a template."""
    text = json.dumps(result)
    # Masking goes through each value in Python, which takes a loop's item longer than its HTTP would; hence this look,
    # which finds a secret wherever that would.
    if masking.may_be_in(text, secrets):
        text = json.dumps(masking.masked(result, secrets))
    returned = json.loads(text)
    return returned if DATA_TAGGING else wrap_var(returned)


class SharedSession:
    """The session that the items of a loop share; at most one, as a worker process serves one task of one host."""

    def __init__(self) -> None:
        self._owner: tuple | None = None
        self._session: Session | None = None
        self._no_log = False

    def of(self, action: ActionModule) -> tuple[Session, bool]:
        """Return the session for a task's item, and whether it goes on after that."""
        task = action._task
        repeated = bool(task.until) or task.retries is not None
        if task.loop is None and not task.loop_with and not repeated:
            return core().Session(), False
        owner = (os.getpid(), task._uuid)
        if owner != self._owner or self._session is None:
            self.close()
            self._owner, self._session, self._no_log = owner, core().Session(), False
            # Should the end of the connection not come about.
            Finalize(None, self.close, exitpriority=0)
        self._no_log = self._no_log or bool(task.no_log)
        if repeated:
            self._session.forget()
        self.keep_closable(action)
        return self._session, True

    def keep_closable(self, action: ActionModule) -> None:
        """See to it that the session ends before the task's result is sent."""
        # Ansible's executor closes the last item's connection when the loop is over, even a broken-off one, and only
        # then sends the result. The end of the process comes too late: once the parent has the run's last result, it
        # kills the workers that are left, and the login would stay open.
        connection = action._connection
        if self._session is None or getattr(connection, "_infisical_session", None) is self._session:
            return
        ordinary_close = connection.close

        def close() -> None:
            try:
                self.close()
            finally:
                ordinary_close()

        connection.close = close
        connection._infisical_session = self._session

    def close(self) -> None:
        """End the session's logins."""
        session, self._session = self._session, None
        if session is None or self._owner is None or self._owner[0] != os.getpid():
            return
        for trouble in session.close():
            display.warning(core().UNSAID if self._no_log else trouble)


shared_session = SharedSession()
