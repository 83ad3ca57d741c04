# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shared plugin under the module's name, by which Ansible's parent process loads it once for all its workers."""

from __future__ import annotations

from .in_process import ActionModule

__all__ = ("ActionModule",)
