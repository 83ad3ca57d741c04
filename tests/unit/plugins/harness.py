# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a module against a scripted server: what it must ask for, what it is answered, and what it then prints."""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from unittest import mock
from urllib.parse import parse_qs, urlsplit

import pytest
import responses
from ansible.module_utils import basic
from ansible.module_utils.common import warnings as ansible_warnings
from ansible_collections.community.infisical.plugins.module_utils import _module
from ansible_collections.community.infisical.plugins.modules import infisical_secret_sync, infisical_secret_syncs
from ansible_collections.community.infisical.tests.unit.plugins.endpoints import is_known
from responses import matchers
from responses.registries import OrderedRegistry

try:
    from ansible.module_utils.testing import patch_module_args
except ImportError:  # ansible-core before 2.19

    def patch_module_args(args: dict) -> Any:
        return mock.patch.object(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": args}).encode())


URL = "https://infisical.example.com"
TOKEN = "given-token-4711"
PROJECT = "77fa7aed-9288-401e-a4c9-3a9430be62a4"
OTHER_PROJECT = "11111111-9288-401e-a4c9-3a9430be62a4"
AUTH_ID = "e0f101e7-01e7-4a1b-af28-52bb40c257ce"
OTHER_AUTH_ID = "e0f101e7-01e7-4a1b-af28-000000000002"
INTEGRATION_ID = "88de59c4-dc8b-45d8-94b9-5b935312c04c"
OTHER_INTEGRATION_ID = "88de59c4-dc8b-45d8-94b9-000000000002"
CONNECTION_ID = "c0000000-0000-4000-8000-000000000001"
OTHER_CONNECTION_ID = "c0000000-0000-4000-8000-000000000002"
SYNC_ID = "d0000000-0000-4000-8000-000000000001"
OTHER_SYNC_ID = "d0000000-0000-4000-8000-000000000002"
NOBODY = "00000000-0000-4000-8000-000000000000"
PLACEHOLDER = re.compile(r"00000000-0000-8000-8[0-9a-f]{3}-[0-9a-f]{12}")

AUTHS = f"/api/v1/projects/{PROJECT}/authorizations"
INTEGRATIONS = f"/api/v1/projects/{PROJECT}/integrations"
AUTH = f"/api/v1/integration-auth/{AUTH_ID}"
INTEGRATION = f"/api/v1/integration/{INTEGRATION_ID}"
CREATE_AUTH = "/api/v1/integration-auth/access-token"
CREATE_INTEGRATION = "/api/v1/integration"
REVOKE = "/api/v1/auth/token/revoke"
SYNCS = "/api/v1/secret-syncs"
# The body by which a new sync is made, but for where it writes to and how.
CREATED_SYNC = {
    "name": "app-dev",
    "projectId": PROJECT,
    "connectionId": CONNECTION_ID,
    "environment": "dev",
    "secretPath": "/app",
    "isAutoSyncEnabled": True,
}

# Whether a test is about the module for one object or the one for many.
MANY = pytest.mark.parametrize("many", [False, True], ids=["single", "plural"])

# What Ansible itself puts into a result.
ANSIBLE_KEYS = {"changed", "diff", "invocation", "warnings", "deprecations", "msg", "failed", "exception"}


def api_auth(**changes: Any) -> dict:
    """An integration auth as the API answers it."""
    return {
        "id": AUTH_ID,
        "projectId": PROJECT,
        "integration": "aws-secret-manager",
        "teamId": None,
        "url": None,
        "namespace": None,
        "accountId": None,
        "metadata": None,
        "createdAt": "2026-03-02T09:15:00.000Z",
        "updatedAt": "2026-03-02T09:15:00.000Z",
        **changes,
    }


def api_integration(**changes: Any) -> dict:
    """An integration as the API answers it."""
    return {
        "id": INTEGRATION_ID,
        "isActive": True,
        "url": None,
        "app": "my-app/dev",
        "appId": None,
        "targetEnvironment": None,
        "targetEnvironmentId": None,
        "targetService": None,
        "targetServiceId": None,
        "owner": None,
        "path": None,
        "region": "us-east-1",
        "scope": None,
        "integration": "aws-secret-manager",
        "metadata": {},
        "integrationAuthId": AUTH_ID,
        "envId": "8f13458f-fab1-486d-b69e-e5dd753f7b0a",
        "secretPath": "/app",
        "createdAt": "2026-03-02T09:15:00.000Z",
        "updatedAt": "2026-03-02T09:15:00.000Z",
        "lastUsed": None,
        "isSynced": None,
        "syncMessage": None,
        "lastSyncJobId": None,
        "environment": {"slug": "dev", "name": "Development", "id": "8f13458f-fab1-486d-b69e-e5dd753f7b0a"},
        **changes,
    }


def synced(**changes: Any) -> dict:
    """An integration whose last sync succeeded."""
    return api_integration(
        **{
            "lastUsed": "2026-03-02T09:15:02.000Z",
            "isSynced": True,
            "syncMessage": "",
            "lastSyncJobId": "5",
            **changes,
        }
    )


def api_connection(**changes: Any) -> dict:
    """An app connection as the API answers it."""
    return {
        "id": CONNECTION_ID,
        "name": "aws-dev",
        "description": None,
        "app": "aws",
        "method": "access-key",
        "version": 1,
        "orgId": "180870b7-f464-4740-8ffe-9d11c9245ea7",
        "projectId": None,
        "project": None,
        "gatewayId": None,
        "isPlatformManagedCredentials": False,
        "credentialsHash": "hash-1",
        "credentials": {"accessKeyId": "AKIAEXAMPLE"},
        "createdAt": "2026-03-02T09:15:00.000Z",
        "updatedAt": "2026-03-02T09:15:00.000Z",
        **changes,
    }


def api_sync(**changes: Any) -> dict:
    """A secret sync as the API answers it."""
    return {
        "id": SYNC_ID,
        "name": "app-dev",
        "description": None,
        "projectId": PROJECT,
        "destination": "aws-secrets-manager",
        "connectionId": CONNECTION_ID,
        "connection": {"app": "aws", "id": CONNECTION_ID, "name": "aws-dev"},
        "environment": {"slug": "dev", "name": "Development", "id": "8f13458f-fab1-486d-b69e-e5dd753f7b0a"},
        "folder": {"id": "5a1cf3a9-8f3b-4b0c-8f55-8bd8b9d3d1a7", "path": "/app"},
        "folderId": "5a1cf3a9-8f3b-4b0c-8f55-8bd8b9d3d1a7",
        "isAutoSyncEnabled": True,
        "destinationConfig": {"region": "us-east-1", "mappingBehavior": "many-to-one", "secretName": "my-app/dev"},
        "syncOptions": {"initialSyncBehavior": "overwrite-destination", "disableSecretDeletion": True},
        "version": 1,
        "syncStatus": "pending",
        "lastSyncMessage": None,
        "lastSyncJobId": None,
        "lastSyncedAt": None,
        "importStatus": None,
        "lastImportMessage": None,
        "lastImportJobId": None,
        "lastImportedAt": None,
        "removeStatus": None,
        "lastRemoveMessage": None,
        "createdAt": "2026-03-02T09:15:00.000Z",
        "updatedAt": "2026-03-02T09:15:00.000Z",
        **changes,
    }


def api_error(status: int, error: str, message: Any, **more: Any) -> dict:
    """The body of an error as the API answers it."""
    return {"statusCode": status, "error": error, "message": message, **more}


def not_found(text: str = "not found") -> dict:
    """The keywords of an answer: the API knows the route, but not the object."""
    return {"status": 404, "answer": api_error(404, "NotFound", text)}


def no_route(text: str = "Route GET:/x not found") -> dict:
    """The keywords of an answer: the server has no such endpoint."""
    return {"status": 404, "answer": api_error(404, "Not Found", text)}


@dataclass
class FakeClock:
    """Time that passes only when somebody sleeps, or when an answer is said to take some."""

    time: float = 1000.0
    sleeps: list[float] = field(default_factory=list)

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.time += seconds


@dataclass(frozen=True)
class Result:
    """What a module printed, and how it exited."""

    code: int
    output: str
    data: dict

    @property
    def changed(self) -> bool:
        return self.data["changed"]

    @property
    def failed(self) -> bool:
        return self.code != 0

    @property
    def msg(self) -> str:
        return self.data["msg"]

    @property
    def warnings(self) -> list[str]:
        """The texts of the warnings; ansible-core 2.19 and later wrap each into two mappings."""
        found = self.data.get("warnings", [])
        return [item if isinstance(item, str) else item["event"]["msg"] for item in found]

    def __getitem__(self, key: str) -> Any:
        return self.data[key]


class Server:
    """A server that expects exactly the scripted requests, in this order."""

    def __init__(self, http: responses.RequestsMock, clock: FakeClock) -> None:
        self._http = http
        self.clock = clock

    def expects(
        self,
        method: str,
        path: str,
        answer: Any = None,
        *,
        status: int = 200,
        query: dict | None = None,
        body: dict | None = None,
        token: str | None = TOKEN,
        headers: dict | None = None,
        answer_headers: dict | None = None,
        takes: float = 0.0,
        url: str = URL,
    ) -> Server:
        """Add a request, and its answer: something for JSON, or text and bytes as they are, or an exception to raise.

        The request must carry exactly this query and JSON body, and `token` (None: no token at all).
        """
        sent_headers = {"Authorization": f"Bearer {token}"} if token else {}
        sent_headers.update({"Content-Type": "application/json"} if body is not None else {}, **(headers or {}))
        content_type = "text/html" if isinstance(answer, str) else "application/json; charset=utf-8"

        def respond(_request: Any) -> tuple:
            self.clock.time += takes
            content = answer if isinstance(answer, str | bytes | Exception) else json.dumps(answer)
            return status, {"Content-Type": content_type, **(answer_headers or {})}, content

        absent = [name for name in ("Authorization", "Content-Type") if name not in sent_headers]
        self._http.add(
            responses.CallbackResponse(
                method,
                url + path,
                callback=respond,
                match=[
                    matchers.query_param_matcher(query or {}),
                    matchers.header_matcher(sent_headers),
                    _without_headers(absent),
                    matchers.json_params_matcher(body) if body is not None else _without_body,
                ],
            )
        )
        return self

    def expects_login(
        self, token: str = "own-token", path: str = "universal-auth", body: dict | None = None, **more: Any
    ) -> Server:
        """Add a login that is answered with `token`."""
        return self.expects(
            "POST",
            f"/api/v1/auth/{path}/login",
            {"accessToken": token, "expiresIn": 2592000, "accessTokenMaxTTL": 2592000, "tokenType": "Bearer"},
            body=body or {"clientId": "client-1", "clientSecret": "client-secret-1"},
            token=None,
            **more,
        )

    def expects_revoke(self, token: str = "own-token", **more: Any) -> Server:
        """Add the end of `token`."""
        answer = {"answer": {"message": "Successfully revoked access token"}, **more}
        return self.expects("POST", REVOKE, body={"accessToken": token}, token=None, **answer)

    def expects_probe(self, **answer: Any) -> Server:
        """Add the question whether the server still creates integrations, by one that can't be created."""
        body = {"integrationAuthId": NOBODY, "sourceEnvironment": "dev", "isActive": False}
        return self.expects("POST", CREATE_INTEGRATION, body=body, **(answer or not_found("no such auth")))

    def expects_source(
        self, environments: tuple = ("dev", "prod"), parent: str | None = "/", folders: tuple = ("app",)
    ) -> Server:
        """Add check mode's look at what is there to read from: the environments, and the folders in `parent`."""
        found = [{"id": slug, "name": slug, "slug": slug} for slug in environments]
        self.expects("GET", f"/api/v1/projects/{PROJECT}", {"project": {"id": PROJECT, "environments": found}})
        if parent is None:
            return self
        query = {"projectId": PROJECT, "environment": environments[0], "path": parent}
        return self.expects("GET", "/api/v2/folders", {"folders": [{"name": name} for name in folders]}, query=query)

    @property
    def requests(self) -> list:
        """The requests that came, as the session sent them."""
        return [call.request for call in self._http.calls]

    def run(self, module: Any, *, check: bool = False, login: dict | None = None, **options: Any) -> Result:
        """Run a module's main() and return its result; fails the test if it didn't say exactly what was scripted.

        `login` are the connection options; unstated, the task has a token.
        """
        connection = {"url": URL, "auth_method": "token_auth", "token": TOKEN} if login is None else login
        options = {key: value for key, value in {**connection, **options}.items() if value is not None}
        arguments = {**options, "_ansible_check_mode": check, "_ansible_diff": True}
        result = run_main(module, arguments, self._check_script)
        # Tests of the engine have modules of their own.
        if hasattr(module, "DOCUMENTATION"):
            _check_requests(self.requests)
        return result

    def _check_script(self) -> None:
        for call in self._http.calls:
            if "Connection refused by Responses" in str(call.response):
                raise AssertionError(str(call.response))
        left = [f"{item.method} {item.url}" for item in self._http.registered()]
        if left:
            raise AssertionError(f"These requests never came: {left}")


def lists_syncs(server: Server, *syncs: dict) -> Server:
    """Answer the list of a project's secret syncs."""
    return server.expects("GET", SYNCS, {"secretSyncs": list(syncs)}, query={"projectId": PROJECT})


def run_sync(server: Server, many: bool, item: dict, *, check: bool = False) -> tuple[Result, dict]:
    """Run the module for one sync or for many; returns its result, and the part of it that is about the sync."""
    if many:
        result = server.run(infisical_secret_syncs, project_id=PROJECT, syncs=[item], check=check)
        return result, result["results"][0] if "results" in result.data else result.data
    result = server.run(infisical_secret_sync, project_id=PROJECT, **item, check=check)
    return result, result.data


@contextlib.contextmanager
def listening() -> Iterator[list[str]]:
    """Give a list of what tasks in the block tell under -v."""
    told: list[str] = []
    with mock.patch.object(_module, "carry_out", partial(_module.carry_out, tell=told.append)):
        yield told


def run_main(module: Any, arguments: dict, at_end: Callable[[], None] = lambda: None) -> Result:
    """Run a module's main() with its options and Ansible's own, then `at_end`, and return what it printed."""
    # Ansible collects them for the process, which outside of tests ends with the module.
    ansible_warnings._global_warnings.clear()
    printed = io.StringIO()
    code: Any = None
    with patch_module_args(arguments), contextlib.redirect_stdout(printed):
        try:
            module.main()
        except SystemExit as exit_:
            code = exit_.code
    at_end()
    result = Result(code, printed.getvalue(), json.loads(printed.getvalue()))
    _check_result(module, result)
    return result


class Script(OrderedRegistry):
    """Writes must come in the order of the script. Reads between two writes may come in any order."""

    def find(self, request: Any) -> tuple[Any, list[str]]:
        for index, response in enumerate(itertools.takewhile(lambda item: item.method == "GET", self.registered)):
            if response.matches(request)[0]:
                # Not by `remove`: to the library, responses of one path are equal.
                del self.registered[index]
                return response, []
        return super().find(request)


def scripted() -> responses.RequestsMock:
    """The library's mock, in the mode in which all that is scripted must come."""
    return responses.RequestsMock(assert_all_requests_are_fired=True, registry=Script)


def _check_result(module: Any, result: Result) -> None:
    """What must hold for every result of every module."""
    if bool(result.data.get("failed")) != result.failed or result.code not in (0, 1):
        raise AssertionError(f"Exit status {result.code} doesn't fit {result.output}")
    if result.data.get("error_kind") == "internal":
        raise AssertionError(result.msg)
    undocumented = [
        key for key in result.data.keys() - ANSIBLE_KEYS if not re.search(rf"^{key}:", module.RETURN, re.MULTILINE)
    ]
    if undocumented:
        raise AssertionError(f"RETURN doesn't document {undocumented}")


def _check_requests(requests: list) -> None:
    for request in requests:
        parts = urlsplit(request.url)
        # The address of a server may have a path of its own.
        path = f"/api/{parts.path.partition('/api/')[2]}"
        if not is_known(request.method, path, parse_qs(parts.query)):
            raise AssertionError(f"endpoints.py lacks {request.method} {request.url}")


def _without_headers(names: list[str]) -> Any:
    def match(request: Any) -> tuple[bool, str]:
        found = [name for name in names if name in request.headers]
        return not found, f"request.headers holds {found}"

    return match


def _without_body(request: Any) -> tuple[bool, str]:
    return request.body is None, f"request.body is {request.body!r}, not empty"
