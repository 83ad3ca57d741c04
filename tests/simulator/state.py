# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the simulated server holds: projects, auths and integrations, connections and syncs."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from .errors import ApiError, internal, not_allowed
from .generations import Generation
from .restrictions import Restrictions
from .tokens import Actor, Tokens

_ENVIRONMENT_NAMES = {"dev": "Development", "staging": "Staging", "prod": "Production"}
_ALL_ACTIONS = frozenset(
    {"read", "create", "edit", "delete", "connect", "sync-secrets", "import-secrets", "remove-secrets"}
)
_ROLE_ACTIONS = {
    "admin": _ALL_ACTIONS,
    "member": _ALL_ACTIONS,
    "viewer": frozenset({"read"}),
}
# Of connections, members may use those that they know, and viewers see none.
_ON_CONNECTIONS = {"admin": _ALL_ACTIONS, "member": frozenset({"connect"})}

AUTH_FIELDS = ("teamId", "url", "namespace", "accountId", "metadata")
SYNC_FIELDS = ("lastUsed", "isSynced", "syncMessage", "lastSyncJobId")
CREDENTIAL_FIELDS = ("accessId", "accessToken", "refreshToken", "awsAssumeIamRoleArn")
JOB_FIELDS = {
    "sync": ("syncStatus", "lastSyncJobId", "lastSyncMessage", "lastSyncedAt"),
    "import": ("importStatus", "lastImportJobId", "lastImportMessage", "lastImportedAt"),
    "remove": ("removeStatus", "lastRemoveJobId", "lastRemoveMessage", "lastRemovedAt"),
}
SYNC_SUBJECT = "secret-syncs"
CONNECTION_SUBJECT = "app-connections"
INTEGRATION_FIELDS = (
    "url",
    "app",
    "appId",
    "targetEnvironment",
    "targetEnvironmentId",
    "targetService",
    "targetServiceId",
    "owner",
    "path",
    "region",
    "scope",
)


def clock() -> datetime:
    """Return the present time; a test can put another clock here."""
    return datetime.now(UTC)


def now_text() -> str:
    """Return the present time as the API writes it."""
    return clock().isoformat(timespec="milliseconds").replace("+00:00", "Z")


def remove_trailing_slash(path: str) -> str:
    """Return `path` without one trailing slash; the root stays."""
    return path[:-1] if path.endswith("/") and path != "/" else path


@dataclass
class Environment:
    """An environment of a project, with its folders' secrets by path."""

    slug: str
    name: str
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    folders: dict[str, dict[str, str]] = field(default_factory=dict)
    created_at: str = field(default_factory=now_text)

    def folder_id(self, path: str) -> str:
        """Return the id of one of its folders."""
        return str(uuid.uuid5(uuid.UUID(self.id), path))

    def folder(self, path: str) -> dict:
        """Return one of its folders as the API lists it."""
        parent, _, name = path.rpartition("/")
        shown = {"id": self.folder_id(path), "name": name, "version": 1, "envId": self.id, "isReserved": False}
        return {
            **shown,
            "parentId": self.folder_id(parent or "/"),
            "createdAt": self.created_at,
            "updatedAt": self.created_at,
        }

    def public(self) -> dict:
        """Return it as integrations show it."""
        return {"id": self.id, "name": self.name, "slug": self.slug}


@dataclass
class Project:
    """A project with its environments and its members' roles by identity id."""

    slug: str
    name: str
    environments: list[Environment]
    roles: dict[str, str]
    org_id: str
    organization: str = ""
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    created_at: str = field(default_factory=now_text)

    def environment(self, slug: str) -> Environment | None:
        """Return the environment of this slug, or None."""
        return next((found for found in self.environments if found.slug == slug), None)

    def public(self) -> dict:
        """Return it as the API shows it, without environments."""
        return {
            "id": self.id,
            "name": self.name,
            "slug": self.slug,
            "autoCapitalization": True,
            "orgId": self.org_id,
            "createdAt": self.created_at,
            "updatedAt": self.created_at,
            "version": 3,
            "upgradeStatus": None,
            "pitVersionLimit": 10,
            "kmsCertificateKeyId": None,
            "auditLogsRetentionDays": None,
        }


def parse_uuid(text: str) -> str | None:
    """Return `text` as a lower-case UUID, or None where the database would refuse it."""
    try:
        return str(uuid.UUID(text))
    except ValueError:
        return None


class State(Tokens):
    """Everything that is stored. Take `lock` around a read that spans several calls."""

    def __init__(self, generation: Generation) -> None:
        super().__init__(generation)
        self.org_id = str(uuid.uuid4())
        self.projects: dict[str, Project] = {}
        self.auths: dict[str, dict] = {}
        self.credentials: dict[str, dict] = {}
        self.integrations: dict[str, dict] = {}
        self.org_roles: dict[str, str] = {}
        # Sub-organizations, with the ids of the identities in them.
        self.organizations: dict[str, set[str]] = {}
        self.connections: dict[str, dict] = {}
        self.restrictions = Restrictions()
        self.connection_credentials: dict[str, dict] = {}
        self.syncs: dict[str, dict] = {}

    # projects

    def add_project(self, slug: str, environments: tuple, folders: tuple, roles: dict[str, str]) -> Project:
        """Make a project whose environments all have these folders, with `roles` by identity id."""
        made = []
        for name in environments:
            environment = Environment(name, _ENVIRONMENT_NAMES.get(name, name.title()))
            environment.folders = {folder: {} for folder in ("/", *folders)}
            made.append(environment)
        project = Project(slug, slug.replace("-", " "), made, dict(roles), self.org_id)
        with self.lock:
            self.projects[project.id] = project
        return project

    def delete_project(self, project_id: str) -> None:
        """Forget a project and all that is in it."""
        with self.lock:
            self.delete_auths([auth["id"] for auth in self.auths_of(project_id)])
            self.delete_syncs_and_connections(project_id)
            del self.projects[project_id]

    def project_for(self, actor: Actor, project_id: str, action: str, subject: str = "integrations") -> Project:
        """Return a project if the actor may do `action` on its `subject`; raise the 403 otherwise."""
        project = self.projects.get(project_id)
        role = project.roles.get(actor.identity.identity_id) if project else None
        if project is None or role is None or project.organization != actor.organization:
            reason = f"{'User' if actor.is_user else 'Identity'} is not a member of the specified project"
            raise not_allowed(f"{reason} with ID '{project_id}'" if self.generation.names_what_is_missing else reason)
        # At this level, actions on connections have other names.
        self._check_role(role, action, subject, f"{action}-{subject}" if subject == CONNECTION_SUBJECT else action)
        return project

    def check_org(self, actor: Actor, action: str, subject: str) -> None:
        """Raise the 403 of an actor who may not do `action` on the organization's `subject`."""
        self._check_role(self.org_roles.get(actor.identity.identity_id, ""), action, subject, action)

    def _check_role(self, role: str, action: str, subject: str, named: str) -> None:
        if action not in (_ON_CONNECTIONS if subject == CONNECTION_SUBJECT else _ROLE_ACTIONS).get(role, ()):
            # The details are the rules against it; these roles have none.
            details: list | None = [] if self.generation.permission_error_has_details else None
            raise ApiError(403, "PermissionDenied", f"You are not allowed to {named} on {subject}", details)

    def find_folder(self, project: Project, environment: str, path: str, gap: str = "") -> Environment:
        """Return the environment if the folder exists in it; `gap` is what the message has before the slug."""
        found = project.environment(environment)
        # "/a/" finds the folder "/a", but "a" and "//a" find nothing: the found path is compared with the asked one.
        if found is None or remove_trailing_slash(path) not in found.folders:
            named = f"Folder with path '{path}' not found in environment with slug{gap}'{environment}'"
            raise self.missing(named, "Folder path not found")
        return found

    # auths and integrations

    def auth(self, auth_id: str, unnamed: str = "Failed to find integration") -> dict:
        """Return a stored auth; raise 404, or 500 for an id that isn't a UUID."""
        found = parse_uuid(auth_id)
        if found is None:
            raise internal("Find by id")
        if found not in self.auths:
            raise self.missing(f"Integration auth with ID '{auth_id}' not found", unnamed)
        return self.auths[found]

    def integration(self, integration_id: str, unnamed: str = "Integration not found") -> dict:
        """Return a stored integration; raise 404, or 500 for an id that isn't a UUID."""
        found = parse_uuid(integration_id)
        if found is None:
            raise internal("Find by id integrations")
        if found not in self.integrations:
            raise self.missing(f"Integration with ID '{integration_id}' not found", unnamed)
        return self.integrations[found]

    def add_auth(self, project_id: str, integration: str, created_at: str | None = None, **fields: Any) -> dict:
        """Store an auth from API fields (credentials included) and return it as the API shows it."""
        created_at = created_at or now_text()
        auth = {"id": fields.pop("id", None) or str(uuid.uuid4()), "projectId": project_id, "integration": integration}
        auth.update({name: fields.pop(name, None) for name in AUTH_FIELDS})
        if integration == "gcp-secret-manager" and auth["metadata"] is None:
            auth["metadata"] = {"authMethod": "serviceAccount"}
        auth.update(createdAt=created_at, updatedAt=created_at)
        credentials = {name: fields.pop(name, None) for name in CREDENTIAL_FIELDS}
        if fields:
            raise TypeError(f"an auth has no {', '.join(fields)}")
        with self.lock:
            self.auths[auth["id"]] = auth
            self.credentials[auth["id"]] = credentials
        return auth

    def delete_auths(self, auth_ids: list[str]) -> list[dict]:
        """Forget auths and their integrations; return the auths."""
        with self.lock:
            for auth_id in auth_ids:
                self.credentials.pop(auth_id)
                for integration in [one for one in self.integrations.values() if one["integrationAuthId"] == auth_id]:
                    del self.integrations[integration["id"]]
            return [self.auths.pop(auth_id) for auth_id in auth_ids]

    def add_integration(
        self, auth: dict, environment: Environment, created_at: str | None = None, **fields: Any
    ) -> dict:
        """Store an integration of an auth from API fields and return it."""
        created_at = created_at or now_text()
        integration = {"id": fields.pop("id", None) or str(uuid.uuid4()), "isActive": fields.pop("isActive", True)}
        integration.update({name: fields.pop(name, None) for name in INTEGRATION_FIELDS})
        integration.update(
            integration=auth["integration"],
            metadata=fields.pop("metadata", {}),
            integrationAuthId=auth["id"],
            envId=environment.id,
            secretPath=fields.pop("secretPath", "/"),
            createdAt=created_at,
            updatedAt=created_at,
        )
        integration.update({name: fields.pop(name, None) for name in SYNC_FIELDS})
        if fields:
            raise TypeError(f"an integration has no {', '.join(fields)}")
        with self.lock:
            self.integrations[integration["id"]] = integration
        return integration

    def environment_of(self, integration: dict) -> Environment:
        """Return the source environment of an integration."""
        project = self.projects[self.auths[integration["integrationAuthId"]]["projectId"]]
        return next(found for found in project.environments if found.id == integration["envId"])

    def shown(self, integration: dict) -> dict:
        """Return an integration with its environment, as all answers but those of DELETE and sync have it."""
        return {
            **integration,
            "metadata": dict(integration["metadata"]),
            "environment": self.environment_of(integration).public(),
        }

    def integrations_of(self, project_id: str) -> list[dict]:
        """Return a project's integrations."""
        with self.lock:
            return [
                one
                for one in self.integrations.values()
                if self.auths[one["integrationAuthId"]]["projectId"] == project_id
            ]

    def auths_of(self, project_id: str) -> list[dict]:
        """Return a project's auths."""
        with self.lock:
            return [dict(auth) for auth in self.auths.values() if auth["projectId"] == project_id]

    # app connections and secret syncs

    def add_connection(self, app: str, method: str, name: str, project_id: str | None, credentials: dict) -> dict:
        """Store an app connection and return it."""
        connection = {"id": str(uuid.uuid4()), "name": name, "description": None, "app": app, "method": method}
        connection.update(version=1, orgId=self.org_id, projectId=project_id, createdAt=now_text())
        connection.update(updatedAt=connection["createdAt"], isPlatformManagedCredentials=False)
        connection.update(gatewayId=None, gatewayPoolId=None, isAutoRotationEnabled=False)
        with self.lock:
            self.connections[connection["id"]] = connection
            self.write_credentials(connection, credentials)
        return connection

    def write_credentials(self, connection: dict, credentials: dict) -> None:
        """Store the credentials of a connection; their hash is of what is encrypted, so it is another each time."""
        self.connection_credentials[connection["id"]] = dict(credentials)
        connection["credentialsHash"] = hashlib.sha256(secrets.token_bytes(32)).hexdigest()

    def add_sync(self, project: Project, environment: Environment, secret_path: str, fields: dict) -> dict:
        """Store a secret sync from API fields and return it."""
        sync = {"id": str(uuid.uuid4()), "description": None, "isAutoSyncEnabled": True, "version": 1, **fields}
        sync.update(projectId=project.id, createdAt=now_text())
        sync["updatedAt"] = sync["createdAt"]
        for names in JOB_FIELDS.values():
            for name in names:
                sync.setdefault(name, None)
        self.set_source(sync, environment, secret_path)
        with self.lock:
            self.syncs[sync["id"]] = sync
        return sync

    @staticmethod
    def set_source(sync: dict, environment: Environment, path: str) -> None:
        """Make a sync read from a folder."""
        sync.update(envId=environment.id, secretPath=path, folderId=environment.folder_id(path))

    def source_of(self, sync: dict) -> Environment | None:
        """Return the environment that a sync reads from, or None when its folder is gone."""
        project = self.projects[sync["projectId"]]
        return next((found for found in project.environments if found.id == sync["envId"]), None)

    def syncs_of(self, project_id: str, destination: str | None = None) -> list[dict]:
        """Return a project's secret syncs, of one destination if given."""
        with self.lock:
            found = [sync for sync in self.syncs.values() if sync["projectId"] == project_id]
            return [sync for sync in found if destination in (None, sync["destination"])]

    def shown_sync(self, sync: dict) -> dict:
        """Return a secret sync as the API shows it."""
        with self.lock:
            connection = self.connections[sync["connectionId"]]
            environment = self.source_of(sync)
            shown = {name: value for name, value in sync.items() if name not in ("envId", "secretPath")}
            shown["connection"] = {name: connection[name] for name in ("app", "name", "id")}
            shown["environment"] = environment.public() if environment else None
            shown["folder"] = {"id": sync["folderId"], "path": sync["secretPath"]} if environment else None
            return shown

    def delete_folder(self, project: Project, environment: Environment, path: str) -> None:
        """Forget a folder with its secrets and what is below it; syncs that read from one of them lose their source."""
        with self.lock:
            for gone in [one for one in environment.folders if one == path or one.startswith(f"{path}/")]:
                del environment.folders[gone]
                for sync in self.syncs_of(project.id):
                    if (sync["envId"], sync["secretPath"]) == (environment.id, gone):
                        sync.update(envId=None, secretPath=None, folderId=None)

    def rename_folder(self, project: Project, environment: Environment, path: str, name: str) -> None:
        """Give a folder another name: secret syncs know it by its id, and integrations by its path, which they keep."""
        new = f"{path.rpartition('/')[0]}/{name}"
        with self.lock:
            for old in [one for one in environment.folders if one == path or one.startswith(f"{path}/")]:
                now = new + old.removeprefix(path)
                environment.folders[now] = environment.folders.pop(old)
                for sync in self.syncs_of(project.id):
                    if (sync["envId"], sync["secretPath"]) == (environment.id, old):
                        sync.update(secretPath=now)

    def delete_environment(self, project: Project, environment: Environment) -> None:
        """Forget an environment: its integrations go with it, and secret syncs stay without a source."""
        with self.lock:
            for gone in [one for one in self.integrations_of(project.id) if one["envId"] == environment.id]:
                del self.integrations[gone["id"]]
            for sync in self.syncs_of(project.id):
                if sync["envId"] == environment.id:
                    sync.update(envId=None, secretPath=None, folderId=None)
            project.environments.remove(environment)

    def delete_syncs_and_connections(self, project_id: str) -> None:
        """Forget a project's secret syncs and its own app connections."""
        with self.lock:
            for sync in self.syncs_of(project_id):
                del self.syncs[sync["id"]]
            for found in [one for one in self.connections.values() if one["projectId"] == project_id]:
                del self.connections[found["id"]], self.connection_credentials[found["id"]]
