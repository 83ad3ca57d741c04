# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Server text that is fit for a terminal, a log and a report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible.utils.unsafe_proxy import wrap_var
from ansible_collections.community.infisical.plugins.module_utils import _errors as errors


def clean_text(value: Any, limit: Any = errors.TEXT_LIMIT) -> Any:
    """Return `value` with every text in it (keys too) on one line, without control characters, of `limit` characters.

    Numbers, booleans and nothing come back as they are. No text of the result is ever evaluated as a template.
    """
    try:
        longest = int(limit)
    except (TypeError, ValueError):
        longest = 0
    if longest < 1:
        raise AnsibleFilterError(f"clean_text: limit must be a number of characters, 1 or more, not {limit!r}.")
    return wrap_var(_cleaned(value, longest))


def _cleaned(value: Any, limit: int) -> Any:
    if isinstance(value, str):
        return errors.clean_text(value, limit)
    if isinstance(value, Mapping):
        return {_cleaned(key, limit): _cleaned(item, limit) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(item, limit) for item in value]
    return value


class FilterModule:
    """The filter, as Ansible looks for it."""

    def filters(self) -> dict[str, Any]:
        return {"clean_text": clean_text}
