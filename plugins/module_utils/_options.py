# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that every module has, and which of a task's options are unset before Ansible checks them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible.module_utils.errors import AnsibleFallbackNotFound

from ._http.logins import DEFAULT_METHOD, ENVIRONMENT, METHODS, SECRET_OPTIONS, first_set


def connection_options() -> dict[str, dict[str, Any]]:
    """Return the argument spec of the options that every module has: server, login, transport."""
    spec: dict[str, dict[str, Any]] = {
        # No default, as an address that the task specifies is told from one that it doesn't.
        "url": {"type": "str"},
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
        spec[option]["fallback"] = (_environment_fallback, list(variables))
    return spec


def _environment_fallback(*variables: str) -> str:
    """Return the first of the variables that isn't empty. To Ansible's own, an empty one is a value."""
    value = first_set(variables)
    if value is None:
        raise AnsibleFallbackNotFound
    return value


def without_empty(options: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Return the options without those of `names` that are empty, so that defaults and the environment count."""
    unset = {name for name in names if name in options and _is_empty(options[name])}
    return {name: value for name, value in options.items() if name not in unset}


def _is_empty(value: Any) -> bool:
    return value is None or value == {} or (isinstance(value, str) and not value.strip())
