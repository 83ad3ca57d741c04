# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the playbook apply_export asks before it changes anything, and what it says at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from ansible.errors import AnsibleFilterError
from ansible.utils.unsafe_proxy import wrap_var
from ansible_collections.community.infisical.plugins.module_utils._errors import InfisicalError
from ansible_collections.community.infisical.plugins.module_utils._kinds import apply
from ansible_collections.community.infisical.plugins.module_utils._migration.fingerprint import own_words, replaced

# Of a registered result only these are read: ansible-core warns when a deprecated key of it is read, such as the
# skipped_reason of a loop without items.
READ: Final = ("results", "failed", "refused_items", "purged")


def apply_plan(
    given: Mapping[str, Any], present: Mapping[str, Any], purge: Sequence[str] = (), purge_when_empty: bool = False
) -> dict[str, Any]:
    """Return the `problems` of an export in a project, its `secret_syncs`, and `surplus` objects that a purge removes.

    `given` are the lists of the export, `present` the objects of the project, by the parts of an export. No credential
    is in the result. Raises AnsibleFilterError for what is no export.
    """
    stated, found = _parts(given), _parts(present)
    wanted = apply.Purge([str(part) for part in purge], bool(purge_when_empty))
    try:
        return dict(
            wrap_var(
                {
                    "problems": apply.problems(stated, found, wanted),
                    "secret_syncs": _syncs(stated["secret_syncs"], found["secret_syncs"]),
                    "surplus": {part: apply.surplus(stated, found, wanted, part) for part in apply.PARTS},
                }
            )
        )
    except InfisicalError as error:
        raise AnsibleFilterError(f"apply_plan: {error}") from None


def _plain(value: Any) -> Any:
    """Return a value with Python's own containers: those of ansible-core evaluate what is in them when it is read."""
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list | tuple) else value


def _registered(results: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what is read of the registered results of each part."""
    return {
        part: {key: _plain(results[part][key]) for key in READ if key in results[part]}
        for part in apply.PARTS
        if part in results
    }


def _parts(given: Mapping[str, Any]) -> dict[str, list[Mapping[str, Any]]]:
    """Return the lists of an export by its parts. Raises AnsibleFilterError for what is none."""
    parts: dict[str, list[Any]] = {part: _plain(given.get(part) or []) for part in apply.PARTS}
    for part, items in parts.items():
        if not all(isinstance(item, Mapping) for item in items):
            raise AnsibleFilterError(f"infisical_{part} must be a list of mappings, as the playbook export writes it.")
    return parts


def _syncs(given: Sequence[Mapping[str, Any]], present: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the syncs without what a migration has noted about an integration of another project or server."""
    noted = {sync.get("name"): replaced(sync) for sync in present}
    return [
        {**sync, "description": own_words(sync)}
        if replaced(sync) and replaced(sync) != noted.get(sync.get("name"))
        else dict(sync)
        for sync in given
    ]


def apply_sum(
    given: Mapping[str, Any], results: Mapping[str, Any], removed: Mapping[str, Any], check: bool = False
) -> dict[str, Any]:
    """Return the sum of a run of apply_export: counts, a `sentence`, a line for each change, how many stay inactive.

    `results` are the registered results of the tasks by the parts of an export, and `removed` those of the loops that
    purged. One that was not reached is an empty mapping.
    """
    stated = _parts(given)
    return dict(wrap_var(apply.summed_up(stated, _registered(results), _registered(removed), check=bool(check))))


class FilterModule:
    """The filters, as Ansible looks for them."""

    def filters(self) -> dict[str, Any]:
        return {"apply_plan": apply_plan, "apply_sum": apply_sum}
