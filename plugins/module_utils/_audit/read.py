# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the native integrations, secret syncs and app connections of projects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._engine.kind import Kind, View
from .._engine.project import by_id, by_slug, check_source, with_near_projects
from .._engine.store import if_readable
from .._engine.task import Task
from .._engine.values import checked_id, checked_slug
from .._errors import (
    InfisicalError,
    InputError,
    LoginRefused,
    PermissionRefused,
    RouteMissing,
    TokenRefused,
    Unreachable,
    clean_name,
)
from .._kinds.app_connection import CONNECTION
from .._kinds.native import INTEGRATION
from .._kinds.sync import SYNC
from .items import Project, World

# What ends the whole audit: no other project could be read either.
ENDS = (Unreachable, LoginRefused, TokenRefused)
CALLED = {INTEGRATION.name: "native integrations", SYNC.name: "secret syncs", CONNECTION.name: "app connections"}


class Reader:
    """Reads projects for one task. `world` grows."""

    def __init__(self, task: Task) -> None:
        self.task, self.world = task, World()
        self._lacking: set[str] = set()

    def read_all(self) -> World:
        """Read the projects that the task names. One that can't be read is a fault, and doesn't stop the others.

        Raises InfisicalError where the server is gone, accepts no login, or shows none of the projects.
        """
        first: InfisicalError | None = None
        params = self.task.params
        named = [("project_id", one) for one in params["project_ids"]]
        named += [("project_slug", one) for one in params["project_slugs"]]
        for option, value in dict.fromkeys(named):
            try:
                self._read(option, value)
            except ENDS:
                raise
            except InfisicalError as refusal:
                error = with_near_projects(self.task, value, refusal)
                first = first or error
                self.world.faults.append(f"Project {clean_name(value, 80)} could not be read: {error}")
        if first and not self.world.projects:
            raise first
        return self.world

    def _read(self, option: str, value: str) -> None:
        project = self._found(option, value)
        if project.id in {one.id for one in self.world.projects}:
            return
        place = {"project_id": project.id}
        project.natives = self._listed(INTEGRATION, place)
        project.syncs = self._listed(SYNC, place)
        try:
            project.connections = [view for view in self._listed(CONNECTION, place) if view["project_id"] == project.id]
        except PermissionRefused:
            self._note("This identity may not list the app connections of each project: unused ones are not shown.")
        self._look_for_sources(project)
        self.world.projects.append(project)

    def _found(self, option: str, value: str) -> Project:
        """Return a project without its objects; its name and environments as far as the server shows them."""
        if option == "project_slug":
            view: Mapping[str, Any] = by_slug(self.task, checked_slug("project_slugs", value))
        else:
            project_id = checked_id("project_ids", value)
            view = if_readable(lambda: by_id(self.task, project_id)) or {"id": project_id, "environments": []}
        name = view.get("name") or view.get("slug") or view["id"]
        environments = {row["slug"]: row.get("name") or row["slug"] for row in view["environments"]}
        return Project(str(view["id"]), str(name), environments)

    def _listed(self, kind: Kind, place: Mapping[str, str | None]) -> list[View]:
        if kind.name in self._lacking:
            return []
        try:
            return list(self.task.store.all(kind, place))
        except RouteMissing:
            self._lacking.add(kind.name)
            self._note(f"This server has no {CALLED[kind.name]}.")
            return []

    def _note(self, sentence: str) -> None:
        if sentence not in self.world.notes:
            self.world.notes.append(sentence)

    def _look_for_sources(self, project: Project) -> None:
        """See whether what active native integrations read exists: the server doesn't tell of them by itself."""
        if not self.task.params["check_sources"]:
            return
        # For what looks at the source: these are known already.
        self.task.store.once(("environments", project.id), lambda: list(project.environments))
        for view in project.natives:
            if not view["is_active"]:
                continue
            try:
                check_source(self.task, project.id, str(view["source_environment"]), str(view["secret_path"] or "/"))
            except InputError as error:
                project.gone[str(view["id"])] = str(error)
