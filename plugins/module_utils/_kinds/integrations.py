# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module for many native integrations does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._catalog import services as catalog
from .._engine.bulk import Many, manage_many
from .._engine.plan import stated
from .._engine.task import Task
from .._engine.values import comparable_path
from .integration import by_identity, check_integration, ensure_integration, refuse_elsewhere
from .native import INTEGRATION


def _named(params: Mapping) -> str:
    """Return how an item is called in messages; two items with the same name are the same integration."""
    if params.get("integration_id"):
        return str(params["integration_id"])
    wanted = stated(INTEGRATION, params)
    slug = wanted.get("integration") or ""
    who = [slug, params.get("integration_auth_id"), params.get("auth_namespace"), params.get("auth_target_url")]
    where = [str(value) for _option, value in catalog.destination(slug, wanted) if value]
    source = f"{wanted.get('source_environment')}:{comparable_path(wanted.get('secret_path') or '/')}"
    return f"{' '.join(str(part) for part in who if part)} {source} -> {' '.join(where) or '(no destination)'}"


MANY = Many(
    kind=INTEGRATION,
    items_option="integrations",
    check=check_integration,
    ensure=ensure_integration,
    name_of=_named,
    scope_options=("integration", "integration_auth_id", "source_environment", "secret_path"),
    identity=by_identity,
    may_be_doubled=True,
    confirm=refuse_elsewhere,
    purge_warning="{count} native integrations are purged; servers that create no new ones can't bring them back.",
)


def manage_integrations(task: Task) -> dict[str, Any]:
    """Carry out a task of infisical_integrations and return its result. Raises InfisicalError."""
    return manage_many(task, MANY)
