# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server that is not simulated, for `make test-server`: what tests may ask of it, by its API alone.

A test that asks for anything else is skipped, as it needs the simulated server. The environment has what it takes; see
VARIABLES and OPTIONAL.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
import requests

VARIABLES = {
    "TEST_SERVER_URL": "address of the server",
    "TEST_SERVER_PROJECT_ID": "id of a project without auths, integrations, connections and syncs",
    "TEST_SERVER_ADMIN_CLIENT_ID": "an identity that is an admin of the project",
    "TEST_SERVER_ADMIN_CLIENT_SECRET": "",
    "TEST_SERVER_VIEWER_CLIENT_ID": "an identity that may only read the project",
    "TEST_SERVER_VIEWER_CLIENT_SECRET": "",
}
OPTIONAL = {
    "TEST_SERVER_AWS_ENDPOINT_URL": "a simulated AWS that the server writes to; tests of AWS are left out without it",
    "TEST_SERVER_AWS_ACCESS_KEY_ID": "a key that the server accepts for it",
    "TEST_SERVER_AWS_SECRET_ACCESS_KEY": "",
}
# What the folders of the project must have, by path: the environment is dev.
SECRETS = {"/": ["ROOT_KEY=root-value"], "/app": ["API_KEY=api-value", "DB_PASSWORD=db-value"], "/app/db": []}
# Seconds: without a byte of an answer, and for jobs, of which a server tells nothing as long as they wait.
TIMEOUT, JOBS = 30.0, 3.0


@dataclass(frozen=True)
class Login:
    """The credentials of an identity."""

    name: str
    client_id: str
    client_secret: str

    def __getattr__(self, name: str) -> Any:
        pytest.skip(f"it needs the simulated server (an identity's {name})")


class ForeignServer:
    """A server by its API, in the words of the simulator. Raises ValueError where it can't be used for tests."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        if missing := [name for name in VARIABLES if not environ.get(name)]:
            raise ValueError(f"specify {', '.join(missing)} in the environment")
        self.url = environ["TEST_SERVER_URL"].rstrip("/")
        self.project_id = environ["TEST_SERVER_PROJECT_ID"]
        self.admin, self.viewer = (
            Login(name.lower(), environ[f"TEST_SERVER_{name}_CLIENT_ID"], environ[f"TEST_SERVER_{name}_CLIENT_SECRET"])
            for name in ("ADMIN", "VIEWER")
        )
        # A server of which no request is seen.
        self.requests: list[dict] = []
        self._session = requests.Session()
        login = {"clientId": self.admin.client_id, "clientSecret": self.admin.client_secret}
        token = self._ask("POST", "/api/v1/auth/universal-auth/login", login)["accessToken"]
        self._session.headers["Authorization"] = f"Bearer {token}"
        self.has_syncs = self._ask("GET", "/api/v1/secret-syncs/options", missing={}) != {}
        self._check_folders()
        if left := self.objects():
            raise ValueError(f"the project is not empty: it has {', '.join(sorted(left))}")

    def __getattr__(self, name: str) -> Any:
        pytest.skip(f"it needs the simulated server ({name})")

    def _ask(self, method: str, path: str, body: Any = None, missing: Any = None) -> Any:
        """Return an answer; `missing` stands for that of an endpoint that the server hasn't. Raises ValueError."""
        try:
            answer = self._session.request(method, self.url + path, json=body, timeout=TIMEOUT)
        except requests.RequestException as error:
            raise ValueError(f"{method} {self.url}{path}: no answer ({type(error).__name__})") from None
        if missing is not None and answer.status_code == 404:
            return missing
        if not answer.ok:
            raise ValueError(f"{method} {path} answers with status {answer.status_code}: {answer.text[:200]}")
        return answer.json()

    def _check_folders(self) -> None:
        for path in SECRETS:
            parent, _, name = path.rpartition("/")
            query = f"workspaceId={self.project_id}&environment=dev&path={parent or '/'}"
            listed = self._ask("GET", f"/api/v1/folders?{query}")["folders"]
            if name and name not in [folder["name"] for folder in listed]:
                wanted = "; ".join(f"{folder}: {', '.join(values) or 'nothing'}" for folder, values in SECRETS.items())
                raise ValueError(f"the folder {path} of dev is missing; what the environment must have: {wanted}")

    # what there is, and what tests put there

    def auths(self, project_id: str) -> list[dict]:
        return self._ask("GET", f"/api/v1/workspace/{project_id}/authorizations")["authorizations"]

    def integrations(self, project_id: str) -> list[dict]:
        return self._ask("GET", f"/api/v1/workspace/{project_id}/integrations")["integrations"]

    def connections(self, project_id: str | None = None) -> list[dict]:
        query = f"?projectId={project_id}" if project_id else ""
        listed = self._ask("GET", f"/api/v1/app-connections{query}", missing={"appConnections": []})["appConnections"]
        return [one for one in listed if one.get("projectId") == project_id]

    def syncs(self, project_id: str) -> list[dict]:
        return self._ask("GET", f"/api/v1/secret-syncs?projectId={project_id}", missing={"secretSyncs": []})[
            "secretSyncs"
        ]

    def _add(self, path: str, body: dict) -> Any:
        """Create what a test needs, or skip it: a server checks what the simulator takes unchecked."""
        try:
            return self._ask("POST", path, body)
        except ValueError as refused:
            pytest.skip(f"the server refuses what the test needs: {refused}")

    def add_auth(self, project_id: str, integration: str, **fields: Any) -> dict:
        body = {"workspaceId": project_id, "integration": integration, "accessToken": "not-a-secret", **fields}
        return self._add("/api/v1/integration-auth/access-token", body)["integrationAuth"]

    def add_integration(self, auth_id: str, source_environment: str, **fields: Any) -> dict:
        if "created_at" in fields:
            pytest.skip("it needs the simulated server (times of creation)")
        body = {"secretPath": "/", "isActive": True, "integrationAuthId": auth_id, **fields}
        made = self._add("/api/v1/integration", {**body, "sourceEnvironment": source_environment})["integration"]
        # A server writes what is switched on at once, and tells of it in the list.
        for _ in range(int(10 * JOBS)):
            (made,) = [one for one in self.integrations(self.project_id) if one["id"] == made["id"]]
            if not made["isActive"] or made["lastUsed"]:
                break
            time.sleep(0.5)
        return made

    def add_connection(
        self, app: str, method: str, name: str, project_id: str | None = None, **credentials: Any
    ) -> dict:
        body = {"name": name, "method": method, "credentials": credentials}
        if project_id:
            body["projectId"] = project_id
        return self._add(f"/api/v1/app-connections/{app}", body)["appConnection"]

    def add_sync(self, destination: str, connection_id: str, environment: str, **fields: Any) -> dict:
        if fields.keys() & {"syncStatus", "lastSyncMessage", "projectId"}:
            pytest.skip("it needs the simulated server (syncs with a state)")
        body = {
            "name": f"{destination}-{time.monotonic_ns()}",
            "syncOptions": {"initialSyncBehavior": "overwrite-destination"},
            "destinationConfig": {},
            "secretPath": "/",
            **fields,
        }
        rest = {"projectId": self.project_id, "connectionId": connection_id, "environment": environment}
        return self._add(f"/api/v1/secret-syncs/{destination}", {**body, **rest})["secretSync"]

    # jobs and logins, of which a server tells too little

    def wait_idle(self, timeout: float = JOBS) -> None:
        time.sleep(min(timeout, JOBS))

    def live_tokens(self) -> list[str]:
        return []

    # leaving nothing behind

    def objects(self) -> dict[str, list[str]]:
        """Return how to remove what the project has, by kind; the order is that of removals."""
        project = self.project_id
        found = {
            "syncs": [
                f"/api/v1/secret-syncs/{one['destination']}/{one['id']}?removeSecrets=false"
                for one in self.syncs(project)
            ],
            "connections": [f"/api/v1/app-connections/{one['app']}/{one['id']}" for one in self.connections(project)],
            "integrations": [f"/api/v1/integration/{one['id']}" for one in self.integrations(project)],
            "auths": [f"/api/v1/integration-auth/{one['id']}" for one in self.auths(project)],
        }
        return {kind: paths for kind, paths in found.items() if paths}

    def clean_up(self) -> None:
        """Remove what the project has; it was empty before the first test."""
        for paths in self.objects().values():
            for path in paths:
                self._ask("DELETE", path, missing={})


def chosen(environ: Mapping[str, str] = os.environ) -> bool:
    """Is a server of somebody's wanted?"""
    return bool(environ.get("TEST_SERVER_URL"))
