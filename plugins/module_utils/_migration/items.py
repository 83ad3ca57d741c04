# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module of the migration returns: one item a native integration, and what is said of all together.

No value of a secret stands in any of it: names of secrets at most. Times are ISO 8601 in UTC. Where there is nothing to
say, a text or a list is empty, and an id is null.
"""

from __future__ import annotations

from typing import Any, TypedDict

# How far an integration has come.
BLOCKED = "blocked"
PLANNED = "planned"
CREATED = "created"
VERIFIED = "verified"
CUT_OVER = "cut_over"
RETIRED = "retired"
ROLLED_BACK = "rolled_back"
FAULT = "fault"
STAGES = (BLOCKED, PLANNED, CREATED, VERIFIED, CUT_OVER, RETIRED, ROLLED_BACK, FAULT)

# What a run did with one, or would do in check mode.
NONE = "none"
DO_CONNECT = "connected"
DO_CREATE = "created"
DO_VERIFY = "verified"
DO_SWITCH_OFF = "switched_off"
DO_SWITCH_ON = "switched_on"
DO_RETIRE = "retired"
UNDONE = "undone"
DO_RESTORE = "deletion_restored"
FAILED = "failed"

# What a comparison of the destination with its first reading found.
SAME = "same"
DIFFERENT = "different"
NOT_COMPARABLE = "not_comparable"
ACCEPTED = "accepted"


class Need(TypedDict):
    """What the user must give: `input` is the option that it fills, `text` why, `yaml` a text to paste and complete."""

    input: str
    text: str
    yaml: str


class Comparison(TypedDict):
    """What was found at the places that the integration and its sync write to. Names only, never values."""

    result: str
    missing: list[str]
    extra: list[str]
    changed: list[str]
    reason: str


class Item(TypedDict):
    """One native integration.

    `before` and `after` are stages: what it was when the run began, and is now (in check mode: would be). `place` is
    where it writes, as text. `deletes`: it deletes at the destination what Infisical doesn't have. `fingerprint` is the
    one of its configuration. `verified_at`: when its sync was last seen to succeed. `failing_since`: since when what
    writes now (the integration, or after the cut-over its sync) has had no success, as far as the server or the journal
    tell. `would_delete`: names at the destination that vanish by what the phase does.
    """

    native_id: str
    project_id: str
    project: str
    environment: str
    secret_path: str
    service: str
    place: str
    is_active: bool
    deletes: bool
    integration_auth_id: str
    destination: str
    app: str
    sync_id: str | None
    sync_name: str
    connection_id: str | None
    connection_name: str
    before: str
    after: str
    action: str
    reason: str
    warnings: list[str]
    needs: list[Need]
    group: str | None
    fingerprint: str
    verified_at: str | None
    cut_over_at: str | None
    comparison: Comparison
    failing_since: str | None
    would_delete: list[str]


class Group(TypedDict):
    """Integrations that are decided about together, since they write to one place.

    `kind`: same (one place, several sources), duplicates (one place, one source) or nested (the names of one are
    among those of another). `certain`: they use one integration auth, so that the place is certainly the same.
    `members` are native ids, in the order in which they are switched off: those that delete what isn't theirs come
    first.
    """

    key: str
    kind: str
    certain: bool
    members: list[str]
    deleting: list[str]
    reason: str


class Difference(TypedDict):
    """A difference that stops an item until its `id` is among `accept_differences`."""

    id: str
    native_id: str
    place: str
    missing: list[str]
    extra: list[str]
    changed: list[str]
    reason: str


class Estimate(TypedDict):
    """How much is left to do for the phases create, verify and cut_over: requests, and seconds within usual limits."""

    integrations: int
    reads: int
    writes: int
    seconds: int


class JournalInfo(TypedDict):
    """The journal: its path, and the runs in it, the oldest first.

    Each run has `run` (its id), `phase`, `at`, `actions`, the number of each action, and, unless it was interrupted,
    `counts` as they were at its end.
    """

    path: str
    runs: list[dict[str, Any]]


class Result(TypedDict):
    """All that the module returns, also where it fails, and in check mode.

    `integrations`: those that changed or are at fault, all with return_items: all. `counts`: `integrations`, then one
    number a stage. `faults`: sentences on what is wrong beside single items, such as a project that could not be read.
    `unused_inputs`: entries of connections, inputs and destinations that match no integration.
    `would_delete`: names that vanish, by native id.
    """

    changed: bool
    phase: str
    integrations: list[Item]
    groups: list[Group]
    counts: dict[str, int]
    differences: list[Difference]
    faults: list[str]
    unused_inputs: list[str]
    would_delete: dict[str, list[str]]
    journal: JournalInfo
    estimate: Estimate
