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
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.plugins.action.normal import ActionModule as OrdinaryAction
from ansible.utils.display import Display

from ..module_utils import _module
from ..module_utils._errors import InputError
from ..module_utils._http.client import REQUESTS_IMPORT_ERROR
from ..plugin_utils import _core
from ..plugin_utils._core import Unsuitable
from ..plugin_utils._session import SharedSession

display = Display()
shared_session = SharedSession()

# The one module with a secret in its result.
LOGIN = "infisical_login"
NO_ASYNC = (
    "infisical_login does not support async: the result would be kept in a file that others can read, with the access"
    " token in it. Remove async and poll from the task."
)


class ActionModule(OrdinaryAction):  # type: ignore[misc,unused-ignore] # ansible-core has no types
    """The ordinary action, with a shorter way for where it leads to the same result."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        task_vars = task_vars or {}
        if self._name_of_module() == LOGIN:
            if _core.is_async(self):
                return {"failed": True, "msg": NO_ASYNC, "error_kind": InputError.kind}
            _core.silence(self)
        result: dict[str, Any]
        try:
            self._check_suitable(task_vars)
            args = _core.plain_args(self)
        except Unsuitable as reason:
            display.vvv(f"{self._task.action} runs as an ordinary module: {reason}")
            shared_session.keep_closable(self)
            result = super().run(tmp, task_vars)  # type: ignore[no-untyped-call,unused-ignore] # as above
        else:
            result = ActionBase.run(self, tmp, task_vars)
            result.update(self._run_here(args, task_vars))
        if result.get("login_data"):
            # Later tasks need the token, so that it can't be masked; this censors what is shown and registers it whole.
            result[_core.NO_LOG] = True
        return result

    def _check_suitable(self, task_vars: Mapping[str, Any]) -> None:
        """Raise Unsuitable where a module would run elsewhere, as somebody else, or in another environment."""
        if REQUESTS_IMPORT_ERROR:
            raise Unsuitable("the Python of ansible-core lacks requests")
        _core.check(self)
        if self._connection.transport != "local":
            raise Unsuitable(f"the connection is {self._connection.transport}")
        if _core.is_become(self):
            raise Unsuitable("become")
        if _core.is_async(self):
            raise Unsuitable("async")
        if any(self._task.environment or ()):
            raise Unsuitable("the task has an environment")
        host_vars = self._vars_of_target(task_vars)
        if not self._is_switched_on(host_vars):
            raise Unsuitable("infisical_in_process is false")
        if not self._is_own_interpreter(host_vars):
            raise Unsuitable("another Python interpreter is set")
        library = declaration_of(self._name_of_module()).library
        if library and not find_spec(library):
            raise Unsuitable(f"the Python of ansible-core lacks {library}")

    def _run_here(self, args: Mapping[str, Any], task_vars: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the module would print. What AnsibleModule does around the core is done here in its order."""
        declaration = declaration_of(self._name_of_module())
        # A module runs in the playbook's directory; a relative ca_path means that one.
        with inside(self._loader.get_basedir()):
            specified = declaration.specified(args)
            misfits = declaration.misfits(specified)
            options = _core.Options(specified, misfits, [], [])
            try:
                if not misfits:
                    spec = declaration.argument_spec()
                    options = _core.checked(spec, declaration.rules, specified, self._task.action)
            except _module.UNREADABLE:
                return {"failed": True, "msg": _module.REFUSAL, "error_kind": InputError.kind}
            warnings = list(options.warnings)
            if options.refusal:
                result: dict[str, Any] = declaration.refused(options.refusal, options.params, set())
                result.update({"error_kind": InputError.kind} if misfits else {})
            else:
                session, shared = shared_session.of(self)
                result = _module.carry_out(
                    declaration,
                    options.params,
                    session,
                    set(),
                    warnings.append,
                    self._task.check_mode,
                    keep_session=shared,
                    no_log=bool(self._task.no_log),
                    tell=functools.partial(display.v, host=task_vars.get("inventory_hostname")),
                )
        if not invocation_is_shown(task_vars):
            del result["invocation"]
        if warnings:
            result["warnings"] = list(dict.fromkeys(warnings))
        if options.deprecations:
            result["deprecations"] = options.deprecations
        return _core.as_returned(result)

    def _update_module_args(self, module_name: str, module_args: dict[str, Any], *more: Any, **options: Any) -> None:
        super()._update_module_args(module_name, module_args, *more, **options)
        # Ansible sets it for no_target_syslog, too, where these modules have nothing to hide: they never use syslog.
        if _core.NO_LOG in module_args:
            module_args[_core.NO_LOG] = bool(self._task.no_log)

    def _name_of_module(self) -> str:
        name: str = self._task.action
        return name.rpartition(".")[2]

    def _vars_of_target(self, task_vars: Mapping[str, Any]) -> Mapping[str, Any]:
        delegate = self._task.delegate_to
        return task_vars.get("ansible_delegated_vars", {}).get(delegate, {}) if delegate else task_vars

    def _is_switched_on(self, host_vars: Mapping[str, Any]) -> bool:
        value = host_vars.get("infisical_in_process", os.environ.get("INFISICAL_IN_PROCESS") or "true")
        return bool(boolean(_core.templated(self, value, host_vars), strict=False))

    def _is_own_interpreter(self, host_vars: Mapping[str, Any]) -> bool:
        setting = _core.setting("INTERPRETER_PYTHON", host_vars)
        path = str(_core.templated(self, setting, host_vars)).strip()
        # Discovery would find a Python of this machine, too; only a choice of the user's binds.
        return path.startswith("auto") or path == sys.executable or is_same_python(path, sys.executable)


def is_same_python(path: str, other: str) -> bool:
    """Return whether both start the same Python with the same packages: python and python3 of one folder do."""
    # The folder counts before links are resolved: all virtual environments' Pythons lead to the one they were made by.
    found = shutil.which(path)
    return found is not None and Path(found).parent == Path(other).parent and Path(found).samefile(other)


@contextmanager
def inside(folder: str) -> Iterator[None]:
    """Work in a folder, and then in the one from before again."""
    before = os.getcwd()  # noqa: PTH109 - a path of pathlib takes ten times as long, for each item
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def declaration_of(name: str) -> _module.Declaration:
    """Return the declaration of the module."""
    declaration: _module.Declaration = import_module(f"...modules.{name}", __name__).MODULE
    return declaration


def invocation_is_shown(task_vars: Mapping[str, Any]) -> bool:
    """Return whether modules return their `invocation`: always, until ansible-core 2.21 made it a setting."""
    setting = _core.setting("INJECT_INVOCATION", task_vars)
    return setting is None or bool(setting)
