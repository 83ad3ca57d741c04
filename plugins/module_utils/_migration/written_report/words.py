# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of a report: what stages, integrations and times are called. Pure functions."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..._catalog.apps import APPS
from ..._catalog.services import SERVICES
from ..items import BLOCKED, CREATED, CUT_OVER, FAILED, FAULT, PLANNED, RETIRED, ROLLED_BACK, VERIFIED, Item

DONE, SWITCHED, BOTH, READY, INACTIVE = "done", "switched", "both", "ready", "inactive"
# What the stages come down to: the title of each state, and what it means.
STATES = {
    DONE: ("Done", "The native integration is removed. Its sync writes."),
    SWITCHED: ("Switched over", "The sync alone writes. The native integration is off, and can be switched on again."),
    BOTH: ("Running on both", "The sync writes beside the native integration: the same secrets, to the same place."),
    READY: ("Ready", "Nothing is missing. Only the native integration writes."),
    INACTIVE: ("Inactive", "The native integration was off before the migration, and so is its sync: neither writes."),
    BLOCKED: ("Blocked", "Something is missing. Only the native integration writes."),
    FAULT: ("Needs attention", "Something is wrong. The migration changes nothing there until someone has looked."),
}
STATE_OF = {
    RETIRED: DONE,
    CUT_OVER: SWITCHED,
    CREATED: BOTH,
    VERIFIED: BOTH,
    PLANNED: READY,
    ROLLED_BACK: READY,
    BLOCKED: BLOCKED,
    FAULT: FAULT,
}
# The title of each stage, and what it means.
STAGES = {
    PLANNED: ("Planned", "Nothing is missing: its sync can be created."),
    CREATED: ("Created", "Its sync exists beside it, and is not allowed to delete anything."),
    VERIFIED: ("Verified", "Its sync was seen to succeed."),
    CUT_OVER: ("Cut over", "The native integration is switched off, and only its sync writes."),
    RETIRED: ("Retired", "The native integration is removed, and only its sync is left."),
    BLOCKED: ("Blocked", "It waits for an answer or a decision."),
    ROLLED_BACK: ("Rolled back", "The native integration writes again, and its sync is switched off."),
    FAULT: ("Needs attention", "Something is wrong: the reason says what, and what to do."),
}


def state(item: Item) -> str:
    """Return what the stage of an integration comes down to, and what the run made of it."""
    if item["action"] == FAILED:
        return FAULT
    if item["after"] in (CREATED, VERIFIED) and not item["is_active"]:
        return INACTIVE
    return STATE_OF[item["after"]]


def service_name(slug: str) -> str:
    return SERVICES[slug].name if slug in SERVICES else slug


def app_name(slug: str) -> str:
    return APPS[slug].name if slug in APPS else slug


def project(item: Item) -> str:
    """Return the project's name, or its id where the name isn't known."""
    return item["project"] or item["project_id"]


def source(item: Item) -> str:
    """Return where an integration reads."""
    return f"{project(item)}, {item['environment']} {item['secret_path']}"


def place(item: Item) -> str:
    """Return where in its service an integration writes."""
    first, _blank, rest = item["place"].partition(" ")
    return rest if first in (item["service"], item["destination"]) else item["place"]


def target(item: Item) -> str:
    """Return where an integration writes."""
    return f"{service_name(item['service'])} {place(item)}".strip()


def label(item: Item) -> str:
    return f"{source(item)} → {target(item)}"


def note(item: Item) -> str:
    """Return what is to be said of an integration in a list of all. What many wait for is told once, elsewhere."""
    if state(item) != BLOCKED:
        return item["reason"]
    inputs = [need["input"].rpartition(".")[2].replace("_", " ") for need in item["needs"]]
    return f"Waits for: {', '.join(inputs)}." if inputs else "No answer helps."


def phase(run: Mapping[str, Any]) -> str:
    return str(run.get("phase") or "").replace("_", " ")


def where(items: Iterable[Item]) -> str:
    """Return which projects and environments integrations are in: three by name, those with most of them first."""
    found = Counter(f"{project(item)} {item['environment']}".strip() for item in items)
    names = sorted(found, key=lambda name: (-found[name], name))
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def actions(run: Mapping[str, Any]) -> str:
    """Return what a run of the journal did."""
    done = [f"{number} {str(name).replace('_', ' ')}" for name, number in run.get("actions", {}).items() if number]
    return ", ".join(done) or "nothing was changed"


def chosen(items: Sequence[Item]) -> str:
    """Return the option that limits a run to integrations, as YAML."""
    return "\n".join(["only:", *(f"  - {json.dumps(item['native_id'])} # {label(item)}" for item in items)])
