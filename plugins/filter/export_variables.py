# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A project's exported objects as a file of variables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from ansible.errors import AnsibleFilterError
from ansible_collections.community.infisical.plugins.module_utils._catalog.services import CREDENTIALS
from ansible_collections.community.infisical.plugins.module_utils._kinds.export import role_inputs

# A template begins with {{, {%, {#, or with a line "#jinja2:", which can choose other delimiters.
TEMPLATE = re.compile("[{#]")
OPTION = re.compile(r"[A-Za-z_]+")
TEXT = "tag:yaml.org,2002:str"
UNSAFE = "!unsafe"


@dataclass(frozen=True)
class Variable:
    """A variable of the user's, which is written as a template. Nothing that a server answers is of this type."""

    name: str


def export_variables(
    project_id: str,
    auths: Iterable[Mapping[str, Any]] = (),
    integrations: Iterable[Mapping[str, Any]] = (),
    connections: Iterable[Mapping[str, Any]] = (),
    syncs: Iterable[Mapping[str, Any]] = (),
) -> str:
    """Return the text of a YAML file with the variables of the playbook apply_export.

    Raises AnsibleFilterError where a variable for credentials is none.
    """
    auths, integrations = [_auth(item) for item in auths], list(integrations)
    return written(
        {
            "infisical_project_id": str(project_id),
            "infisical_integration_auths": auths,
            "infisical_integrations": integrations,
            "infisical_native_integrations": role_inputs(auths, integrations),
            "infisical_app_connections": [_connection(item) for item in connections],
            "infisical_secret_syncs": list(syncs),
        }
    )


def _auth(item: Mapping[str, Any]) -> dict[str, Any]:
    variables = item.get("credential_variables") or {}
    if not isinstance(variables, Mapping):
        raise AnsibleFilterError("export_variables: credential_variables must be a mapping of options to variables.")
    if unknown := [option for option in variables if option not in CREDENTIALS]:
        raise AnsibleFilterError(f"export_variables: {unknown[0]!r} is not a credential: {', '.join(CREDENTIALS)}.")
    credentials = {option: _variable(name) for option, name in variables.items()}
    return _replaced(item, "credential_variables", credentials)


def _connection(item: Mapping[str, Any]) -> dict[str, Any]:
    if "credentials_variable" not in item:
        return dict(item)
    return _replaced(item, "credentials_variable", {"credentials": _variable(item["credentials_variable"])})


def _variable(name: Any) -> Variable:
    if not isinstance(name, str) or not re.fullmatch("[a-z_][a-z0-9_]*", name):
        raise AnsibleFilterError(
            f"export_variables: {name!r} is not the name of a variable. Specify what the info module returns as export."
        )
    return Variable(name)


def _replaced(item: Mapping[str, Any], key: str, others: Mapping[str, Any]) -> dict[str, Any]:
    """Return the mapping with the pairs of `others` in the place of `key`."""
    parts = (others.items() if name == key else [(name, value)] for name, value in item.items())
    return {name: value for part in parts for name, value in part}


def loadable(value: Any) -> Any:
    """Return a value with texts, in it and in its keys, that YAML can hold.

    Halves of a character that belong together are joined; a half without another becomes U+FFFD.
    """
    if isinstance(value, Mapping):
        return {loadable(str(key)): loadable(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [loadable(inner) for inner in value]
    return (
        value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace") if isinstance(value, str) else value
    )


def written(value: Any) -> str:
    """Return a value as a YAML file in ASCII.

    Each text that could be a template is marked as unsafe, so that Ansible never evaluates it. Only what is a Variable
    becomes a template.
    """
    return yaml.serialize(_node(loadable(value)), Dumper=_Indented, width=float("inf"))


class _Indented(yaml.SafeDumper):
    """Writes the items of a list further in than its name."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, indentless=False)


def _node(value: Any) -> yaml.Node:
    if isinstance(value, Variable):
        return yaml.ScalarNode(TEXT, f"{{{{ {value.name} | default(omit) }}}}", style='"')
    if isinstance(value, Mapping):
        pairs = [(_key(key), _node(inner)) for key, inner in value.items()]
        return yaml.MappingNode("tag:yaml.org,2002:map", pairs, flow_style=not pairs)
    if isinstance(value, list):
        return yaml.SequenceNode("tag:yaml.org,2002:seq", [_node(inner) for inner in value], flow_style=not value)
    if isinstance(value, str):
        return _text(value, '"')
    # Ansible has types of its own for numbers.
    kind = next((kind for kind in (bool, int, float) if isinstance(value, kind)), None)
    return yaml.representer.SafeRepresenter().represent_data(kind(value) if kind else value)


def _key(key: str) -> yaml.Node:
    return _text(key, None if OPTION.fullmatch(key) else '"')


def _text(text: str, style: str | None) -> yaml.Node:
    return yaml.ScalarNode(UNSAFE if TEMPLATE.search(text) else TEXT, str(text), style=style)


class FilterModule:
    """The filter, as Ansible looks for it."""

    def filters(self) -> dict[str, Any]:
        return {"export_variables": export_variables}
