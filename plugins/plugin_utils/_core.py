# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All that the action plugin uses of ansible-core beyond what is documented; docs/docsite/rst/in_process.rst lists it.

`check` looks for each name and tries what must work, once in each worker process. Where anything is missing or behaves
in another way, it raises Unsuitable, and the task runs as an ordinary module.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from importlib import import_module
from operator import attrgetter
from types import SimpleNamespace
from typing import Any, NamedTuple

from ansible import constants, template
from ansible.errors import AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.errors import UnsupportedError
from ansible.plugins.action import ActionBase
from ansible.release import __version__ as core_version
from ansible.utils.display import Display

display = Display()

CORE = tuple(int(part) for part in core_version.split(".")[:2])
TESTED = ((2, 16), (2, 21))
# Since ansible-core 2.19 a text is a template only if it is marked as one. Before, a text must be marked as none.
DATA_TAGGING = hasattr(template, "trust_as_template")
OF_TASK = (
    *("_uuid", "args", "async_val", "check_mode", "delegate_to", "environment", "loop", "loop_with", "no_log"),
    *("retries", "until"),
)
NAMES = (
    *(f"action._task.{name}" for name in OF_TASK),
    *("action._connection.close", "action._connection.transport", "action._loader.get_basedir"),
    *("action._play_context.become", "action._templar.copy_with_new_env", "action._templar.template"),
    "constants.config.get_config_value",
    *("validation._deprecations", "validation._warnings"),
)
# With it in a module's options or its result, ansible-core shows neither.
NO_LOG = "_ansible_no_log"
TEMPLATE = "{{ 1 + 1 }}"

# The processes in which ansible-core has passed.
_passed: set[int] = set()


class Unsuitable(Exception):
    """Why a task can't run in this process, as a phrase for -vvv."""


def check(action: ActionBase) -> None:
    """Raise Unsuitable unless this ansible-core has, and does, all that is needed. Looks once in a process."""
    if os.getpid() in _passed:
        return
    try:
        _test(action)
    except Unsuitable:
        raise
    except Exception as error:  # noqa: BLE001 - whatever an unknown core does, the ordinary module is left
        raise Unsuitable(f"the self-test on ansible-core {core_version} ended in {type(error).__name__}") from None
    if not TESTED[0] <= CORE <= TESTED[1]:
        tested = " to ".join(".".join(map(str, version)) for version in TESTED)
        display.v(f"Running in the controller's process on ansible-core {core_version}; tested is {tested}.")
    _passed.add(os.getpid())


def _test(action: ActionBase) -> None:
    validation = ArgumentSpecValidator({}).validate({})
    owners = SimpleNamespace(action=action, constants=constants, validation=validation)
    for name in NAMES:
        try:
            attrgetter(name)(owners)
        except AttributeError:
            raise Unsuitable(f"ansible-core {core_version} lacks {name}") from None
    if action._templar.template(as_returned({"template": TEMPLATE})["template"]) != TEMPLATE:
        raise Unsuitable("the self-test saw a text of a result become a template")


def is_async(action: ActionBase) -> bool:
    return bool(getattr(action._task, "async_val", False))


def is_become(action: ActionBase) -> bool:
    """Return whether the task runs as another user, also where a variable and not the task says so."""
    return bool(action._play_context.become)


def is_looped(action: ActionBase) -> bool:
    return action._task.loop is not None or bool(action._task.loop_with)


def is_repeated(action: ActionBase) -> bool:
    return bool(action._task.until) or action._task.retries is not None


def task_of(action: ActionBase) -> tuple[int, str]:
    """Return what is equal for the items of one task on one host, and for nothing else."""
    return os.getpid(), action._task._uuid


def silence(action: ActionBase) -> None:
    """Keep connection plugins from showing under -vvv what a module prints. They ask these whether they may."""
    for owner in (action, action._connection):
        context = getattr(owner, "_play_context", None)
        if context is not None:
            context.no_log = True


def before_close(action: ActionBase, call: Callable[[], None]) -> None:
    """Have `call` called whenever Ansible closes the connection of the task."""
    ordinary_close = action._connection.close

    def close() -> None:
        try:
            call()
        finally:
            ordinary_close()

    action._connection.close = close  # type: ignore[method-assign,unused-ignore] # its end is what counts


def setting(name: str, variables: Mapping[str, Any]) -> Any:
    """Return what ansible-core is configured with, or None where it has no such setting."""
    try:
        return constants.config.get_config_value(name, variables=variables)
    except AnsibleError:
        return None


def templated(action: ActionBase, value: Any, variables: Mapping[str, Any]) -> Any:
    if not isinstance(value, str) or "{" not in value:
        return value
    return action._templar.copy_with_new_env(available_variables=dict(variables)).template(value)


def evaluated(action: ActionBase, value: Any, omit: Any) -> Any:
    """Return what a variable holds, in JSON's types; None where it is `omit`, which containers don't keep either.

    Raises AnsibleError where it can't be evaluated, and TypeError or ValueError where JSON lacks what it holds.
    """
    try:
        found = action._templar.template(value)
    except AnsibleError as error:
        if type(error).__name__ == "AnsibleValueOmittedError":
            return None
        raise
    return json.loads(json.dumps(found if omit is None else _kept(found, omit), default=_decrypted))


def _kept(value: Any, omit: Any) -> Any:
    """Return a value without what equals `omit`, as ansible-core does it itself from 2.19 on."""
    if isinstance(value, Mapping):
        return {key: _kept(inner, omit) for key, inner in value.items() if inner != omit}
    if isinstance(value, list | tuple):
        return [_kept(inner, omit) for inner in value if inner != omit]
    return None if value == omit else value


def extra_variables(action: ActionBase) -> dict[str, Any]:
    """Return the variables of the command line, or of a survey; none where ansible-core doesn't tell."""
    try:
        return {
            str(name): value
            for name, value in import_module("ansible.utils.vars").load_extra_vars(action._loader).items()
        }
    except Exception:  # noqa: BLE001 - only what is said about wrong names depends on it
        return {}


def plain_args(action: ActionBase) -> dict[str, Any]:
    """Return the options as a module gets them: nothing encrypted, tagged or lazy. Raises Unsuitable."""
    try:
        args: dict[str, Any] = json.loads(json.dumps(action._task.args, default=_decrypted))
    except (TypeError, ValueError):
        raise Unsuitable("an option holds a value that JSON does not have") from None
    return args


def _decrypted(value: Any) -> str:
    """Return the text of an inline `!vault` value, which no JSON encoder knows. Raises TypeError for all else."""
    if type(value).__name__ in ("AnsibleVaultEncryptedUnicode", "EncryptedString"):
        return str(value)
    raise TypeError


class Options(NamedTuple):
    """A task's options after Ansible's check of them. `refusal` says what is wrong with them, if anything is."""

    params: dict[str, Any]
    refusal: str
    warnings: list[str]
    deprecations: list[Any]


def checked(spec: Mapping[str, Any], rules: Mapping[str, Any], args: Mapping[str, Any], module: str) -> Options:
    """Return the options of a module, checked as AnsibleModule does it. Raises what Ansible's own check raises."""
    validation = ArgumentSpecValidator(spec, **rules).validate(args)
    refusal = ""
    if validation.error_messages:
        refusal = validation.errors.msg
        if isinstance(validation.errors[0], UnsupportedError):
            refusal = f"Unsupported parameters for ({module}) module: {refusal}"
    return Options(
        params=validation.validated_parameters,
        refusal=refusal,
        warnings=[f"Both option {row['option']} and its alias {row['alias']} are set." for row in validation._warnings],
        deprecations=validation._deprecations,
    )


def as_returned(result: dict[str, Any]) -> dict[str, Any]:
    """Return a result, of JSON's types, as it would arrive from a module: nothing in it is a template."""
    return result if DATA_TAGGING else import_module("ansible.utils.unsafe_proxy").wrap_var(result)
