# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that every module has, and a task's options before Ansible checks them: what is empty or unreadable."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ansible.module_utils.common.validation import check_type_dict
from ansible.module_utils.errors import AnsibleFallbackNotFound

from ._errors import shown
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
        "client_cert": {"type": "path"},
        # The name of the file is no secret, what is in it is never shown.
        "client_key": {"type": "path", "no_log": False},
        "organization_slug": {"type": "str"},
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


def faults(spec: Mapping[str, Mapping[str, Any]], options: Mapping[str, Any], place: str = "") -> Iterator[str]:
    """Yield a sentence for each value that must be a mapping, a list of them, or a path, and can't be read as such.

    Ansible's own words for that name a way of writing that no playbook uses, or it breaks off, or takes the value. No
    secret is shown.
    """
    for option, described in spec.items():
        hidden = bool(described.get("no_log")) or option == "login_data"
        for name in (option, *described.get("aliases", ())):
            value = options.get(name)
            if value is None:
                continue
            if described.get("elements") == "dict":
                yield from _list_faults(described, value, f"{place}{name}", hidden)
            elif described.get("type") == "dict":
                yield from _value_faults(described, value, f"{place}{name}", hidden)
            elif described.get("type") == "path" and not _may_be_path(value):
                yield f"{place}{name} contains a character that no path may have."


def _may_be_path(value: Any) -> bool:
    """Tell whether the operating system takes a value as a path; what is no text is refused elsewhere."""
    try:
        return not isinstance(value, str) or b"\0" not in os.fsencode(value)
    except UnicodeEncodeError:
        return False


def _list_faults(described: Mapping[str, Any], value: Any, name: str, hidden: bool) -> Iterator[str]:
    if isinstance(value, list):
        for index, row in enumerate(value):
            yield from _value_faults(described, row, f"{name}[{index}]", hidden)
    # Ansible cuts a text at its commas.
    elif not (isinstance(value, str) and all(_is_mapping(part) for part in value.split(","))):
        yield f"{name} must be a list of mappings, not {_named(value, hidden)}."


def _value_faults(described: Mapping[str, Any], value: Any, name: str, hidden: bool) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield from faults(described.get("options") or {}, value, f"{name}.")
    elif not _is_mapping(value):
        yield f"{name} must be a mapping, not {_named(value, hidden)}."


def _is_mapping(value: Any) -> bool:
    """Tell whether Ansible reads a value as a mapping: text may be JSON, or pairs such as a=b."""
    try:
        return isinstance(check_type_dict(value), Mapping)
    except (TypeError, ValueError, RecursionError):
        return False


def _named(value: Any, hidden: bool) -> str:
    if isinstance(value, Mapping | list):
        return "a mapping" if isinstance(value, Mapping) else "a list"
    if isinstance(value, bool):
        return str(value).lower()
    if hidden:
        return "a text" if isinstance(value, str) else "a number"
    return shown(value, least=0) if value else repr(value)
