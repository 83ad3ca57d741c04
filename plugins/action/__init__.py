# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible's parent process imports this package when it reads a task of this collection, to look for an action plugin.

So the plugin is imported once a run, with requests and the code that modules share, and the workers, which are forked
for each task, find all of that loaded. A task takes half the time or less. If Ansible stops doing that, tasks only take
longer.
"""

from __future__ import annotations

from ..module_utils._kinds import integration, secret_sync
from . import in_process

__all__ = ("in_process", "integration", "secret_sync")
