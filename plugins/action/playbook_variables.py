# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first task of each of this collection's playbooks and roles: reads what the playbook or the role was given.

What is given is read once, and never evaluated as a template again. The result is registered as a whole and shown by
nothing, since it holds credentials. A registered result, unlike facts, is kept in no cache.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError, AnsibleUndefinedVariable
from ansible.module_utils.common.yaml import yaml_load
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ..module_utils._errors import InputError, clean_name, clean_text
from ..plugin_utils import _core, _variables

display = Display()

ROLES = Path(__file__).resolve().parents[2] / "roles"
# Tags that select tasks without tags, too.
ALL = ("all", "untagged")


class ActionModule(ActionBase):  # type: ignore[misc,unused-ignore] # ansible-core has no types
    """Returns the value of each variable as `given`, and what is missing to create something as `lacking`."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        task_vars = task_vars or {}
        if role := self._task.args.get("role"):
            return self._of_role(result, role, task_vars)
        if tags := self._idle_tags(task_vars):
            shown = clean_name(", ".join(tags), 200)
            display.warning(f"The playbook runs nothing with the tags {shown}: it has no tags. Leave out --tags.")
            return {**result, "changed": False, "given": {}}
        variables = _variables.declared(**self._task.args)
        extra = _core.extra_variables(self)
        words = _variables.other_words(variables, extra)
        # Some other words, such as `environment`, are keywords of a task, which hide the variable.
        given_vars = {**task_vars, **{name: extra[name] for name in words}}
        given, faults = self._given([*(variable.name for variable in variables), *words], given_vars)
        values, others, lacking = _variables.read(variables, given, os.environ)
        warnings, unknown = _variables.misspelled(variables, extra)
        for warning in warnings:
            display.warning(warning)
        if faults := faults or unknown or _variables.misnamed(words, given, values) or others:
            return _refused(result, faults)
        return _returned({**result, "given": values, "lacking": lacking})

    def _of_role(self, result: dict[str, Any], role: str, task_vars: dict[str, Any]) -> dict[str, Any]:
        """Return the value of each variable of a role as `given`, by its name without the role's."""
        specs = yaml_load((ROLES / role / "meta" / "argument_specs.yml").read_text("utf-8"))
        variables = _variables.of_role(role, specs["argument_specs"]["main"]["options"])
        given, faults = self._given([variable.name for variable in variables], task_vars)
        values, others, _lacking = _variables.read(variables, given, {})
        if faults := faults or others:
            return _refused(result, faults)
        return _returned({**result, "given": {name.removeprefix(f"{role}_"): value for name, value in values.items()}})

    def _given(self, names: list[str], task_vars: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
        """Return what is given, by name, and a sentence for each variable that can't be evaluated."""
        given, faults = {}, []
        for name in names:
            try:
                given[name] = _core.evaluated(self, task_vars.get(name), task_vars.get("omit"))
            except AnsibleUndefinedVariable as error:
                faults.append(f"{name} can't be evaluated: {clean_text(str(error), 200)}.")
            except (AnsibleError, TypeError, ValueError, RecursionError) as error:
                faults.append(f"{name} can't be evaluated ({type(error).__name__}).")
        return given, faults

    def _idle_tags(self, task_vars: dict[str, Any]) -> list[str]:
        """Return the tags of the run if they select no task after this one."""
        chosen = sorted(task_vars.get("ansible_run_tags") or ["all"])
        inherited = set(self._task.tags) - {"always"}
        return [] if inherited or any(tag in ALL for tag in chosen) else chosen


def _refused(result: dict[str, Any], faults: list[str]) -> dict[str, Any]:
    return {**result, "failed": True, "msg": " ".join(faults), "error_kind": InputError.kind}


def _returned(result: dict[str, Any]) -> dict[str, Any]:
    """Return a result that is shown by nothing, and is no template."""
    return {**_core.as_returned({**result, "changed": False}), _core.NO_LOG: True}
