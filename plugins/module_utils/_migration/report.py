# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module returns of a run. Pure functions of what the run knows."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

from .._catalog import native as catalog
from .._engine.kind import Last
from .._errors import clean_text
from .._kinds.native import INTEGRATION, OUTCOME
from .._kinds.sync import SYNCED
from .fingerprint import fingerprint
from .groups import deletes
from .items import (
    BLOCKED,
    CREATED,
    DO_VERIFY,
    FAILED,
    NONE,
    PLANNED,
    ROLLED_BACK,
    STAGES,
    VERIFIED,
    Estimate,
    Item,
    Result,
)
from .reading import last_comparison, last_differences, place_of_native
from .run_state import Run
from .state import Seen
from .world import World

# Requests that write, for an integration in a stage, until it is cut over: the create; the sync to verify it; the
# switch and the sync after it.
WRITES_LEFT = {PLANNED: 4, ROLLED_BACK: 4, CREATED: 3, VERIFIED: 2}
# Writes that servers usually take a minute and route; seconds until the last jobs have run; reads of a phase for each
# project, and of each minute in which it waits.
WRITES_A_MINUTE = 200
SECONDS_OF_JOBS = 30
READS_OF_A_PHASE = 8
READS_A_MINUTE = 12


def begin(run: Run) -> None:
    """Make the items, as everything is before the run does anything."""
    group_of = {member: group["key"] for group in run.groups for member in group["members"]}
    run.items = {seen.native_id: item_of(seen, run.world, group_of.get(seen.native_id)) for seen in run.rows}
    # Also those of earlier runs stop what they are about.
    run.differences = {one["id"]: one for seen in run.rows for one in last_differences(seen.record)}


def item_of(seen: Seen, world: World, group: str | None) -> Item:
    """Return the item of an integration as it is before the run does anything."""
    view, sync, plan = seen.known, seen.sync or {}, seen.plan
    connection = sync.get("connection") or {}
    place = place_of_native(view)
    return {
        "native_id": seen.native_id,
        "project_id": seen.project_id,
        "project": world.names.get(seen.project_id, seen.project_id),
        "environment": str(view.get("source_environment") or ""),
        "secret_path": str(view.get("secret_path") or "/"),
        "service": str(view.get("integration") or ""),
        "place": place.text if place else _place_text(view),
        "is_active": seen.is_on,
        "deletes": deletes(view),
        "integration_auth_id": str(view.get("integration_auth_id") or ""),
        "destination": str(sync.get("destination") or (plan.destination if plan else "")),
        "app": str(connection.get("app") or (plan.app if plan else "")),
        "sync_id": sync.get("id"),
        "sync_name": str(sync.get("name") or seen.options.get("name") or ""),
        "connection_id": sync.get("connection_id") or seen.connection.get("connection_id"),
        "connection_name": str(connection.get("name") or seen.connection.get("connection_name") or ""),
        "before": seen.stage,
        "after": seen.stage,
        "action": NONE,
        "reason": seen.reason,
        "warnings": seen.warnings,
        "needs": seen.needs if seen.stage == BLOCKED else [],
        "group": group,
        "fingerprint": fingerprint(INTEGRATION, view),
        "verified_at": seen.record.done.get("verified"),
        "cut_over_at": seen.record.done.get("cut_over"),
        "comparison": last_comparison(seen.record),
        "failing_since": _failing_since(seen),
        "would_delete": [],
    }


def _place_text(view: Any) -> str:
    parts = [str(value) for _name, value in catalog.destination(str(view.get("integration") or ""), view) if value]
    return clean_text(" ".join(parts), 200)


def _failing_since(seen: Seen) -> str | None:
    """Return since when what writes now has had no success: the time of its last one, or else of its creation."""
    if seen.is_on and seen.native and OUTCOME.last(seen.native) is Last.FAILED:
        return str(seen.native.get("last_used") or seen.native.get("created_at") or "") or None
    if not seen.is_on and seen.sync_is_on and seen.sync and SYNCED.last(seen.sync) is Last.FAILED:
        return str(seen.sync.get("last_synced_at") or seen.sync.get("created_at") or "") or None
    return None


def result_of(run: Run) -> Result:
    """Return the whole result of a run, with all items, also of one that ended early."""
    items = list(run.items.values())
    for seen in run.rows:
        _refresh(run, seen)
    counts = Counter(item["after"] for item in items)
    result: Result = {
        "changed": any(item["action"] not in (NONE, DO_VERIFY, FAILED) for item in items)
        or bool(run.removed_auths)
        or _changed_in_vain(run),
        "phase": run.wishes.phase,
        "integrations": items,
        "groups": run.groups,
        "counts": {"integrations": len(items), **{stage: counts[stage] for stage in STAGES}},
        "differences": list(run.differences.values()),
        "faults": run.world.faults,
        "unused_inputs": run.unused,
        "would_delete": {item["native_id"]: item["would_delete"] for item in items if item["would_delete"]},
        "journal": run.journal.info(),
        "estimate": estimate(items),
    }
    return result


def _refresh(run: Run, seen: Seen) -> None:
    """Bring what a run has made into the item."""
    item = run.items.get(seen.native_id)
    if item is None:
        return
    sync = seen.sync or {}
    connection = sync.get("connection") or {}
    item["is_active"] = seen.is_on
    item["sync_id"] = sync.get("id") or item["sync_id"]
    item["sync_name"] = str(sync.get("name") or item["sync_name"])
    item["connection_id"] = sync.get("connection_id") or item["connection_id"]
    item["connection_name"] = str(connection.get("name") or item["connection_name"])
    item["verified_at"], item["cut_over_at"] = (seen.record.done.get(name) for name in ("verified", "cut_over"))
    item["warnings"] = list(dict.fromkeys([*item["warnings"], *seen.warnings]))
    item["failing_since"] = _failing_since(seen)


def _changed_in_vain(run: Run) -> bool:
    """Tell whether something was changed for an integration that is at fault in the end."""
    return any(item["action"] == FAILED and item["before"] != item["after"] for item in run.items.values())


def estimate(items: list[Item]) -> Estimate:
    """Return how much is left to do until all that can be is cut over."""
    stages = Counter(item["after"] for item in items if item["is_active"] and item["after"] in WRITES_LEFT)
    # Each phase has one request that bounds it: servers count those of a route.
    created = stages[PLANNED] + stages[ROLLED_BACK]
    verified = created + stages[CREATED]
    cut_over = verified + stages[VERIFIED]
    phases = [count for count in (created, verified, cut_over) if count]
    minutes = sum(math.ceil(count / WRITES_A_MINUTE) for count in phases)
    projects = len({item["project_id"] for item in items})
    return {
        "integrations": cut_over,
        "reads": (projects * READS_OF_A_PHASE + READS_A_MINUTE * minutes) if phases else 0,
        "writes": sum(count * WRITES_LEFT[stage] for stage, count in stages.items()),
        "seconds": minutes * 60 + len(phases) * SECONDS_OF_JOBS,
    }
