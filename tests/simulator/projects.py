# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The projects of the simulated server, and their folders."""

from __future__ import annotations

from collections.abc import Callable

from . import schema
from .errors import ApiError, internal, not_found
from .routing import Call, Route
from .state import Project, State, parse_uuid


class Projects:
    """The endpoints of projects and folders; older servers call a project a workspace."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.generation = state.generation

    def routes(self) -> list[Route]:
        """Return the routes that servers of this generation have."""
        routes = [
            Route("GET", "/api/v1/workspace/:project", self.get_workspace),
            Route("DELETE", "/api/v1/workspace/:project", self.delete_workspace),
            Route("GET", "/api/v2/workspace/:slug", self.get_project_by_slug),
            Route("GET", "/api/v1/folders", self._list_folders("/api/v1/folders")),
            Route("GET", "/api/v3/secrets/raw", self._list_secrets("/api/v3/secrets/raw")),
        ]
        if not self.generation.has_project_routes:
            return [*routes, Route("GET", "/api/v1/workspace", self.list_workspaces, token="user")]
        return [
            *routes,
            Route("GET", "/api/v1/workspace", self.list_workspaces),
            Route("GET", "/api/v1/projects", self.list_projects),
            Route("GET", "/api/v1/projects/:project", self.get_project),
            Route("GET", "/api/v1/projects/slug/:slug", self.get_project_by_slug),
            Route("GET", "/api/v2/folders", self._list_folders("/api/v2/folders")),
            Route("GET", "/api/v4/secrets", self._list_secrets("/api/v4/secrets")),
        ]

    def _no_project(self, by: str, name: str) -> ApiError:
        if self.generation.unknown_project_is_internal:
            return internal(f"Failed to find project by {by.lower()}")
        return not_found(f"Project with {by} '{name}' not found")

    def _own_projects(self, call: Call) -> list[dict]:
        actor = call.identity()
        own = [one for one in self.state.projects.values() if actor.identity.identity_id in one.roles]
        return [self._whole(one) for one in own if one.organization == actor.organization]

    def list_workspaces(self, call: Call) -> dict:
        """GET workspace: those that the caller is in."""
        return {"workspaces": self._own_projects(call)}

    def list_projects(self, call: Call) -> dict:
        """GET projects: those that the caller is in."""
        return {"projects": self._own_projects(call)}

    @staticmethod
    def _whole(project: Project) -> dict:
        environments = [{"name": one.name, "slug": one.slug, "id": one.id} for one in project.environments]
        return {**project.public(), "_id": project.id, "environments": environments}

    def _shown_project(self, call: Call) -> dict:
        name = call.params["project"]
        project_id = parse_uuid(name)
        if project_id is None:
            raise internal("Failed to find project by id")
        if project_id not in self.state.projects:
            raise self._no_project("ID", name)
        return self._whole(self.state.project_for(call.identity(), project_id, "read"))

    def get_workspace(self, call: Call) -> dict:
        """GET workspace/:id."""
        return {"workspace": self._shown_project(call)}

    def get_project(self, call: Call) -> dict:
        """GET projects/:id."""
        return {"project": self._shown_project(call)}

    def get_project_by_slug(self, call: Call) -> dict:
        """GET projects/slug/:slug, and workspace/:slug of the second version: the project itself, not wrapped."""
        slug = call.params["slug"]
        found = next((one.id for one in self.state.projects.values() if one.slug == slug), None)
        if found is None:
            raise self._no_project("slug", slug)
        call.params["project"] = found
        return self._shown_project(call)

    def _list_folders(self, pattern: str) -> Callable[[Call], dict]:
        fields = schema.FOLDER_QUERIES[pattern]

        def list_folders(call: Call) -> dict:
            """GET folders: those right below a path; none where it isn't there."""
            query = schema.validated(self.generation, call.query, fields)
            project_id = next(query[name] for name in fields if name.endswith("Id"))
            project = self.state.project_for(call.identity(), project_id, "read")
            environment = project.environment(query["environment"])
            if environment is None and not self.generation.names_what_is_missing:
                raise ApiError(404, "get folders", "Environment not found")
            if environment is None:
                raise not_found(f"Environment with slug '{query['environment']}' not found")
            above = query["path"].rstrip("/") + "/"
            below = {path.removeprefix(above) for path in environment.folders if path.startswith(above)}
            names = sorted(name for name in below if name and "/" not in name)
            return {"folders": [environment.folder(above + name) for name in names]}

        return list_folders

    def _list_secrets(self, pattern: str) -> Callable[[Call], dict]:
        fields = schema.SECRETS_QUERIES[pattern]

        def list_secrets(call: Call) -> dict:
            """GET secrets: those of a folder, and of all below it if asked for; none where the folder isn't there."""
            query = schema.validated(self.generation, call.query, fields)
            project_id = next(query[name] for name in fields if name.endswith("Id"))
            project = self.state.project_for(call.identity(), project_id, "read")
            environment = project.environment(query["environment"])
            if environment is None:
                raise not_found(f"Environment with slug '{query['environment']}' not found")
            path = query["secretPath"].rstrip("/") or "/"
            self.state.restrictions.check_source(project_id, environment.slug, path)
            below = f"{path.rstrip('/')}/" if query["recursive"] == "true" else None
            # Servers of 2024 do not know the switch.
            hidden = query["viewSecretValue"] == "false" and self.generation.has_project_routes
            rows = [
                {
                    "secretKey": key,
                    "secretValue": "<hidden-by-infisical>" if hidden else value,
                    "secretPath": folder,
                    **({"secretValueHidden": hidden} if self.generation.has_project_routes else {}),
                }
                for folder, held in environment.folders.items()
                if folder == path or (below and folder.startswith(below))
                for key, value in held.items()
            ]
            return {"secrets": rows, "imports": []}

        return list_secrets

    def delete_workspace(self, call: Call) -> dict:
        """DELETE workspace/:id."""
        project = self.state.project_for(call.identity(), call.params["project"], "delete")
        self.state.delete_project(project.id)
        return {"workspace": project.public()}
