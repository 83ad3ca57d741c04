# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action plugin with a task, for tests of what runs in the controller's process."""

from __future__ import annotations

from typing import Any
from unittest import mock

from ansible_collections.community.infisical.plugins.action import in_process


def plugin_of(module: Any, **task: Any) -> Any:
    """The action plugin with a task of a module."""
    values = {"loop": None, "loop_with": None, "until": [], "retries": None, "async_val": 0, "no_log": False, **task}
    parts = {name: mock.Mock() for name in ("play_context", "loader", "templar", "shared_loader_obj")}
    connection = mock.Mock(transport="local", spec=["transport", "close"])
    plugin = in_process.ActionModule(task=mock.Mock(check_mode=False, **values), connection=connection, **parts)
    plugin._task.action = f"community.infisical.{module.__name__.rpartition('.')[2]}"
    plugin._loader.get_basedir.return_value = "."
    return plugin
