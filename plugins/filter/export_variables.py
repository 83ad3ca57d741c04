# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A project's exported objects as a file of variables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.community.infisical.plugins.module_utils.export import rendered, role_inputs


def export_variables(
    project_id: str,
    auths: Iterable[Mapping] = (),
    integrations: Iterable[Mapping] = (),
    connections: Iterable[Mapping] = (),
    syncs: Iterable[Mapping] = (),
) -> str:
    """Return the text of a YAML file with the variables of the playbook apply_export."""
    auths, integrations = list(auths), list(integrations)
    return rendered(
        {
            "infisical_project_id": str(project_id),
            "infisical_integration_auths": auths,
            "infisical_integrations": integrations,
            "infisical_native_integrations": role_inputs(auths, integrations),
            "infisical_app_connections": list(connections),
            "infisical_secret_syncs": list(syncs),
        }
    )


class FilterModule:
    """The filter, as Ansible looks for it."""

    def filters(self) -> dict[str, Any]:
        return {"export_variables": export_variables}
