# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module for many secret syncs does."""

from __future__ import annotations

from typing import Any

from .._engine.bulk import Many, manage_many
from .._engine.task import Task
from .secret_sync import SYNC, check_sync, ensure_sync

MANY = Many(
    kind=SYNC,
    items_option="syncs",
    check=check_sync,
    ensure=ensure_sync,
    name_of=lambda params: (params.get("name") or "").strip() or str(params.get("sync_id")).strip().lower(),
    id_option="sync_id",
    scope_options=("name", "destination", "environment", "secret_path"),
)


def manage_syncs(task: Task) -> dict[str, Any]:
    """Carry out a task of infisical_secret_syncs and return its result. Raises InfisicalError."""
    return manage_many(task, MANY)
