# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a plan, the age of a project, an organization or a role doesn't allow; nothing is restricted at first."""

from __future__ import annotations

from dataclasses import dataclass, field

from .errors import ApiError, bad_request


@dataclass
class Restrictions:
    """The switches; a test may set each of them.

    `most_syncs` of the organization, `enterprise` whether its plan has what needs that one, `one_sync_a_place` whether
    it blocks a second sync of one destination, `old_projects` the ids of those whose version is below 3, and
    `unreadable` the (project id, environment, path) of folders whose secrets nobody may read.
    """

    most_syncs: int | None = None
    enterprise: bool = True
    one_sync_a_place: bool = False
    old_projects: set[str] = field(default_factory=set)
    unreadable: set[tuple[str, str, str]] = field(default_factory=set)

    def check_plan(self, needs_enterprise: bool, kind: str) -> None:
        """Raise the 400 of an app or a destination that the plan hasn't; `kind` is what is made."""
        if needs_enterprise and not self.enterprise:
            raise bad_request(
                f"Failed to create {kind} due to plan restriction. Upgrade plan to access enterprise {kind}s."
            )

    def check_new_sync(self, project_id: str, count: int) -> None:
        """Raise the 400 of a project that can't have syncs, or of an organization that has `count` and no more."""
        if project_id in self.old_projects:
            raise bad_request("Project version does not support Secret Syncs")
        if self.most_syncs is not None and count >= self.most_syncs:
            raise bad_request(
                "Failed to create secret sync due to plan limit reached. Upgrade plan to add more secret syncs."
            )

    def check_duplicate(self, found: dict | None) -> None:
        """Raise the 400 of a destination that another sync has already."""
        if found and self.one_sync_a_place:
            raise bad_request(f"A secret sync with this destination already exists in project {found['projectId']}.")

    def check_source(self, project_id: str, environment: str, path: str) -> None:
        """Raise the 403 of a folder whose secrets the caller may not read."""
        if (project_id, environment, path) in self.unreadable:
            raise ApiError(403, "PermissionDenied", "You are not allowed to describeSecret on secrets", [])
