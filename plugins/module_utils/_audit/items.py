# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an audit returns: one row an object, and what is said of all together. No value of a secret stands in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypedDict

from .._engine.kind import View

NATIVE, SYNC, CONNECTION = "native_integration", "secret_sync", "app_connection"
KINDS = (NATIVE, SYNC, CONNECTION)

# What an object's state comes down to; those that come first need someone first.
FAILED, SOURCE_GONE, NEVER, UNDER_WAY, PAUSED, UNUSED, OK = (
    "failed",
    "source_gone",
    "never_synced",
    "under_way",
    "paused",
    "unused",
    "ok",
)
STATES = {
    FAILED: ("Failed", "The last sync failed, or the service refuses the credentials of an app connection."),
    SOURCE_GONE: ("Source gone", "The environment or the folder no longer exists. Nothing is written."),
    NEVER: ("Never synced", "It is active, and the server has recorded no sync."),
    UNDER_WAY: ("Under way", "A sync is waiting or running."),
    PAUSED: ("Paused", "It is inactive: changes of secrets are not written."),
    UNUSED: ("Unused", "No secret sync of the project uses this app connection."),
    OK: ("OK", "The last sync succeeded."),
}
PROBLEMS = (FAILED, SOURCE_GONE)


class Row(TypedDict):
    """One object. `service` is the slug of the service, the destination or the app. Where nothing is known, a text is
    empty. `at` is when the last sync ended (ISO 8601), `conflicts` are ids of objects that write to the same place.
    `credentials_of` is the id of the auth or the connection that it uses.
    """

    kind: str
    id: str
    name: str
    project_id: str
    project: str
    environment: str
    secret_path: str
    service: str
    place: str
    state: str
    reason: str
    at: str
    credentials_of: str
    conflicts: list[str]


class Conflict(TypedDict):
    """Objects that write to one place. `certain` is false where they may write to several accounts."""

    members: list[str]
    certain: bool
    same_source: bool
    reason: str


@dataclass
class Project:
    """What a project holds, as views. A list that the server doesn't have, or doesn't show, is empty."""

    id: str
    name: str
    # Names by slug.
    environments: dict[str, str] = field(default_factory=dict)
    natives: list[View] = field(default_factory=list)
    syncs: list[View] = field(default_factory=list)
    connections: list[View] = field(default_factory=list)
    # Why the source of a native integration is gone, by its id.
    gone: dict[str, str] = field(default_factory=dict)


@dataclass
class World:
    """All projects that could be read. `notes`: what a server can't tell; `faults`: what could not be read."""

    projects: list[Project] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


class Result(TypedDict):
    """What an audit returns."""

    objects: list[Row]
    conflicts: list[Conflict]
    counts: dict[str, Any]
    projects: list[dict[str, Any]]
    faults: list[str]
    notes: list[str]
