# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever a server answers: correct work, or one sentence that names the field, and no write after it.

Each talk is a task with the answers that it gets. In each run one value in one answer is replaced by an odd one. A
normal run tries one odd value at each place, another one at the next, and INFISICAL_SOAK=1 tries all of them.
"""

from __future__ import annotations

import copy
import json
import math
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

import pytest
import yaml
from ansible_collections.community.infisical.tests.unit.plugins.harness import (
    ANSIBLE_KEYS,
    AUTH,
    AUTH_ID,
    AUTHS,
    CONNECTION_ID,
    CREATE_AUTH,
    CREATE_INTEGRATION,
    INTEGRATION,
    INTEGRATION_ID,
    INTEGRATIONS,
    NOBODY,
    OTHER_CONNECTION_ID,
    OTHER_INTEGRATION_ID,
    OTHER_SYNC_ID,
    PROJECT,
    REVOKE,
    SYNC_ID,
    TOKEN,
    URL,
    api_auth,
    api_connection,
    api_error,
    api_integration,
    api_sync,
    synced,
)
from ansible_collections.community.infisical.tests.unit.plugins.modules import test_bad_input
from ansible_collections.community.infisical.tests.unit.plugins.modules.test_bad_input import (
    MODULES,
    run,
    surroundings,
)

SECRET = "credential-of-the-destination"
OWN_TOKEN = "own-token-4711"
SECRETS = (TOKEN, SECRET, OWN_TOKEN)

GONE = object()
TWICE = object()
ODD = (
    None,
    True,
    False,
    0,
    -1,
    10**30,
    math.inf,
    math.nan,
    "",
    "../..",
    "a\n\x1b[31m\u202e\u2028 {{ 1 }} \ud800",
    f"echo {TOKEN}",
    [],
    {},
    [[["a"], {}]],
    {"id": {"slug": []}, "a": None},
    GONE,
)
ODD_NAMES = {id(GONE): "gone", id(TWICE): "twice"}
FULL = bool(os.environ.get("INFISICAL_SOAK"))

NEW_SERVER, OLD_SERVER = f"/api/v1/projects/{PROJECT}", f"/api/v1/workspace/{PROJECT}"
OLD_INTEGRATIONS, OLD_AUTHS = f"{OLD_SERVER}/integrations", f"{OLD_SERVER}/authorizations"
NEW_FOLDERS, OLD_FOLDERS = "/api/v2/folders", "/api/v1/folders"
CONNECTIONS, SYNCS = "/api/v1/app-connections/aws", "/api/v1/secret-syncs"
CONNECTION = f"{CONNECTIONS}/{CONNECTION_ID}"
BY_NAME = f"{CONNECTIONS}/connection-name/aws-dev"
AWS_SYNCS = f"{SYNCS}/aws-secrets-manager"
SYNC = f"{AWS_SYNCS}/{SYNC_ID}"
SERVICES = "/api/v1/integration-auth/integration-options"
LOGIN = "/api/v1/auth/universal-auth/login"
NO_ROUTE = (404, api_error(404, "Not Found", "Route not found"))
NOT_FOUND = (404, api_error(404, "NotFound", "not found"))

FULL_METADATA = {
    "secretPrefix": "A_",
    "shouldDisableDelete": True,
    "githubVisibilityRepoIds": ["1"],
    "secretAWSTag": [{"key": "team", "value": "core"}],
    "secretGCPLabel": {"labelName": "a", "labelValue": "b"},
    "octopusDeployScopeValues": {"Environment": ["e"]},
    "awsIamRole": None,
}
PROJECT_ROW = {
    "id": PROJECT,
    "name": "My project",
    "slug": "my-project",
    "environments": [{"id": "e1", "name": "Development", "slug": "dev"}, {"id": "e2", "name": "P", "slug": "prod"}],
}
FOLDERS = {"folders": [{"id": "f1", "name": "app"}]}


def integrations(*rows: dict) -> dict:
    return {"integrations": list(rows)}


def one(kind: str, row: dict) -> dict:
    return {kind: row}


NEW_AUTH = {"authorizations": [api_auth()]}
OTHER = api_integration(id=OTHER_INTEGRATION_ID, secretPath="/other", app="other", metadata=FULL_METADATA)
TWINS = integrations(api_integration(), api_integration(id=OTHER_INTEGRATION_ID, createdAt="2026-04-02T09:15:00.000Z"))
STATED = {"integration_auth_id": AUTH_ID, "source_environment": "dev", "secret_path": "/app"}
PLACE = {"app": "my-app/dev", "region": "us-east-1"}
AWS = {"project_id": PROJECT, "integration": "aws-secret-manager"}
KEYS = {"access_id": "AKIAEXAMPLEEXAMPLE12", "access_token": SECRET}
CREDENTIALS = {"access_key_id": "AKIAEXAMPLEEXAMPLE12", "secret_access_key": SECRET}
NEW_CONNECTION = {"app": "aws", "name": "aws-dev", "method": "access-key", "credentials": CREDENTIALS}
CONFIG = {"region": "us-east-1", "mapping_behavior": "many-to-one", "secret_name": "my-app/dev"}
NEW_SYNC = {
    "project_id": PROJECT,
    "name": "app-dev",
    "destination": "aws-secrets-manager",
    "environment": "dev",
    "secret_path": "/app",
    "destination_config": CONFIG,
}
HUB = api_sync(
    id=OTHER_SYNC_ID,
    name="hub",
    destination="github",
    environment=None,
    destinationConfig={"scope": "organization", "org": "o", "visibility": "selected", "selectedRepositoryIds": [1]},
)
ENDED = {"syncStatus": "succeeded", "lastSyncJobId": "7", "lastSyncedAt": "2026-03-02T09:15:02.000Z"}
IMPORTED = {"importStatus": "succeeded", "lastImportJobId": "8", "lastImportedAt": "2026-03-02T09:15:02.000Z"}
UNIVERSAL = {
    "auth_method": "universal_auth",
    "token": None,
    "universal_auth_client_id": "client-1",
    "universal_auth_client_secret": TOKEN,
}
LOGGED_IN = {"accessToken": OWN_TOKEN, "expiresIn": 2592000, "accessTokenMaxTTL": 2592000, "tokenType": "Bearer"}
REVOKED = {"message": "Successfully revoked access token"}


@dataclass(frozen=True)
class Talk:
    """A task, and what it is answered: by request a list of answers, of which the last is given again and again.

    An answer is JSON, or a status with it. `changed` is what the task reports when nothing is odd.
    """

    module: str
    options: Mapping[str, Any]
    answers: Mapping[str, list]
    changed: bool = True
    check: bool = False


def get(path: str) -> str:
    return f"GET {path}"


TALKS = {
    "create an integration": Talk(
        "infisical_integration",
        {"project_id": PROJECT, **STATED, **PLACE, "wait": True},
        {
            get(INTEGRATIONS): [integrations(OTHER), integrations(OTHER, api_integration())],
            f"POST {CREATE_INTEGRATION}": [one("integration", api_integration())],
            get(INTEGRATION): [one("integration", synced())],
        },
    ),
    "create an integration on an older server": Talk(
        "infisical_integration",
        {**AWS, "source_environment": "dev", "secret_path": "/app", **PLACE},
        {
            get(AUTHS): [NO_ROUTE],
            get(OLD_AUTHS): [NEW_AUTH],
            get(OLD_INTEGRATIONS): [integrations(), integrations(api_integration())],
            f"POST {CREATE_INTEGRATION}": [one("integration", api_integration())],
        },
    ),
    "look at the creation of an integration": Talk(
        "infisical_integration",
        {"project_slug": "my-project", **STATED, **PLACE},
        {
            get("/api/v1/projects/slug/my-project"): [PROJECT_ROW],
            get(INTEGRATIONS): [integrations()],
            get(AUTH): [one("integrationAuth", api_auth())],
            f"POST {CREATE_INTEGRATION}": [NOT_FOUND],
            get(NEW_SERVER): [{"project": PROJECT_ROW}],
            get(NEW_FOLDERS): [FOLDERS],
        },
        check=True,
    ),
    "change an integration": Talk(
        "infisical_integration",
        {"project_id": PROJECT, **STATED, **PLACE, "is_active": False, "metadata": {"secret_prefix": "A_"}},
        {
            get(INTEGRATIONS): [integrations(api_integration(), OTHER)],
            get(AUTHS): [NEW_AUTH],
            f"PATCH {INTEGRATION}": [one("integration", api_integration(isActive=False, metadata=FULL_METADATA))],
        },
    ),
    "sync an integration that is named by its id": Talk(
        "infisical_integration",
        {"integration_id": INTEGRATION_ID, "sync": True, "wait": True},
        {
            get(INTEGRATION): [one("integration", api_integration()), one("integration", synced())],
            get(AUTH): [one("integrationAuth", api_auth())],
            f"PATCH {INTEGRATION}": [one("integration", api_integration())],
        },
    ),
    "remove an integration that is named by its id": Talk(
        "infisical_integration",
        {"integration_id": INTEGRATION_ID, "state": "absent"},
        {
            get(INTEGRATION): [one("integration", api_integration())],
            get(AUTH): [one("integrationAuth", api_auth())],
            f"DELETE {INTEGRATION}": [one("integration", api_integration())],
        },
    ),
    "remove an integration": Talk(
        "infisical_integration",
        {"project_id": PROJECT, **STATED, **PLACE, "state": "absent"},
        {
            get(INTEGRATIONS): [integrations(OTHER, api_integration())],
            get(AUTHS): [NEW_AUTH],
            f"DELETE {INTEGRATION}": [one("integration", api_integration())],
        },
    ),
    "remove twins": Talk(
        "infisical_integration",
        {"project_id": PROJECT, **STATED, **PLACE, "remove_duplicates": True},
        {
            get(INTEGRATIONS): [TWINS],
            get(AUTHS): [NEW_AUTH],
            f"DELETE /api/v1/integration/{OTHER_INTEGRATION_ID}": [one("integration", OTHER)],
        },
    ),
    "leave an integration": Talk(
        "infisical_integration",
        {"project_id": PROJECT, **STATED, **PLACE},
        {get(INTEGRATIONS): [integrations(api_integration())]},
        changed=False,
    ),
    "create an auth": Talk(
        "infisical_integration_auth",
        {**AWS, **KEYS},
        {
            get(AUTHS): [{"authorizations": []}, NEW_AUTH],
            f"POST {CREATE_INTEGRATION}": [NOT_FOUND],
            f"POST {CREATE_AUTH}": [one("integrationAuth", api_auth())],
        },
    ),
    "create an auth of a service that only the server knows": Talk(
        "infisical_integration_auth",
        {**AWS, **KEYS, "integration": "brand-new"},
        {
            get(SERVICES): [{"integrationOptions": [{"name": "New", "slug": "brand-new"}, {"slug": "github"}]}],
            get(AUTHS): [{"authorizations": []}],
            f"POST {CREATE_INTEGRATION}": [NOT_FOUND],
        },
        check=True,
    ),
    "change an auth": Talk(
        "infisical_integration_auth",
        {"integration_auth_id": AUTH_ID, **KEYS, "update_credentials": "always", "namespace": "n"},
        {
            get(AUTH): [one("integrationAuth", api_auth())],
            f"PATCH {AUTH}": [one("integrationAuth", api_auth(namespace="n", metadata={"authMethod": "x"}))],
        },
    ),
    "remove an auth": Talk(
        "infisical_integration_auth",
        {**AWS, "state": "absent", "cascade": True},
        {
            get(AUTHS): [NEW_AUTH],
            get(INTEGRATIONS): [integrations(api_integration())],
            f"DELETE {AUTH}": [one("integrationAuth", api_auth())],
        },
    ),
    "list auths": Talk(
        "infisical_integration_auth_info", {"project_id": PROJECT, "export": True}, {get(AUTHS): [NEW_AUTH]}, False
    ),
    "show an auth": Talk(
        "infisical_integration_auth_info",
        {"integration_auth_id": AUTH_ID},
        {get(AUTH): [one("integrationAuth", api_auth())]},
        False,
    ),
    "list integrations": Talk(
        "infisical_integration_info",
        {"project_id": PROJECT, "export": True},
        {get(INTEGRATIONS): [integrations(api_integration(), OTHER)], get(AUTHS): [NEW_AUTH]},
        False,
    ),
    "show an integration": Talk(
        "infisical_integration_info",
        {"integration_id": INTEGRATION_ID},
        {
            get(INTEGRATION): [one("integration", synced())],
            get(AUTH): [one("integrationAuth", api_auth())],
        },
        False,
    ),
    "many integrations": Talk(
        "infisical_integrations",
        {
            "project_id": PROJECT,
            "integrations": [{**STATED, **PLACE}],
            "concurrency": 1,
            "purge": True,
            "purge_scope": {"source_environment": ["dev"]},
        },
        {
            get(INTEGRATIONS): [integrations(OTHER), integrations(OTHER, api_integration())],
            get(AUTHS): [NEW_AUTH],
            f"POST {CREATE_INTEGRATION}": [one("integration", api_integration())],
            f"DELETE /api/v1/integration/{OTHER_INTEGRATION_ID}": [one("integration", OTHER)],
        },
    ),
    "create a connection": Talk(
        "infisical_app_connection",
        NEW_CONNECTION,
        {
            get(CONNECTIONS): [{"appConnections": []}, {"appConnections": [api_connection()]}],
            f"POST {CONNECTIONS}": [one("appConnection", api_connection())],
        },
    ),
    "change a connection": Talk(
        "infisical_app_connection",
        {**NEW_CONNECTION, "description": "new", "update_credentials": "always"},
        {
            get(CONNECTIONS): [
                {"appConnections": [api_connection(), api_connection(id=OTHER_CONNECTION_ID, name="b")]}
            ],
            f"PATCH {CONNECTION}": [one("appConnection", api_connection(description="new"))],
        },
    ),
    "change a connection that is named by its id": Talk(
        "infisical_app_connection",
        {"app": "aws", "connection_id": CONNECTION_ID, "description": "new"},
        {get(CONNECTION): [one("appConnection", api_connection())]},
        check=True,
    ),
    "remove a connection": Talk(
        "infisical_app_connection",
        {"app": "aws", "name": "aws-dev", "state": "absent"},
        {
            get(CONNECTIONS): [{"appConnections": [api_connection()]}],
            f"DELETE {CONNECTION}": [one("appConnection", api_connection())],
        },
    ),
    "list connections": Talk(
        "infisical_app_connection_info",
        {"app": "aws", "export": True},
        {get(CONNECTIONS): [{"appConnections": [api_connection()]}]},
        False,
    ),
    "show a connection": Talk(
        "infisical_app_connection_info",
        {"app": "aws", "connection_id": CONNECTION_ID},
        {get(CONNECTION): [one("appConnection", api_connection())]},
        False,
    ),
    "create a sync": Talk(
        "infisical_secret_sync",
        {**NEW_SYNC, "connection_name": "aws-dev", "consult_options": True, "wait": True},
        {
            get(SYNCS): [{"secretSyncs": []}, {"secretSyncs": [api_sync()]}],
            get(BY_NAME): [NOT_FOUND, one("appConnection", api_connection())],
            get(f"{SYNCS}/options"): [
                {"secretSyncOptions": [{"destination": "aws-secrets-manager", "canImportSecrets": True}]}
            ],
            f"POST {AWS_SYNCS}/check-destination": [{"hasDuplicate": True, "duplicateProjectId": PROJECT}],
            f"POST {AWS_SYNCS}": [one("secretSync", api_sync())],
            get(SYNC): [one("secretSync", api_sync()), one("secretSync", api_sync(**ENDED))],
        },
    ),
    "look at the creation of a sync": Talk(
        "infisical_secret_sync",
        {**NEW_SYNC, "connection_id": CONNECTION_ID, "check_duplicates": "ignore"},
        {
            get(SYNCS): [{"secretSyncs": []}],
            get(NEW_SERVER): [NO_ROUTE],
            get(OLD_SERVER): [{"workspace": PROJECT_ROW}],
            get(OLD_FOLDERS): [FOLDERS],
        },
        check=True,
    ),
    "change a sync": Talk(
        "infisical_secret_sync",
        {**NEW_SYNC, "connection_name": "aws-dev", "description": "new", "destination_config": {"region": "eu-west-1"}},
        {
            get(SYNCS): [{"secretSyncs": [api_sync(), api_sync(id=OTHER_SYNC_ID, name="other")]}],
            f"POST {AWS_SYNCS}/check-destination": [{"hasDuplicate": False}],
            f"PATCH {SYNC}": [
                one(
                    "secretSync",
                    api_sync(
                        description="new", destinationConfig={**api_sync()["destinationConfig"], "region": "eu-west-1"}
                    ),
                )
            ],
        },
    ),
    "import and sync": Talk(
        "infisical_secret_sync",
        {
            "project_id": PROJECT,
            "sync_id": SYNC_ID,
            "import_secrets": "prioritize-source",
            "sync": True,
            "wait": True,
        },
        {
            get(SYNCS): [{"secretSyncs": [api_sync()]}],
            f"POST {SYNC}/import-secrets": [one("secretSync", api_sync())],
            f"POST {SYNC}/sync-secrets": [one("secretSync", api_sync())],
            get(SYNC): [one("secretSync", api_sync(**IMPORTED)), one("secretSync", api_sync(**ENDED))],
        },
    ),
    "remove a sync": Talk(
        "infisical_secret_sync",
        {"project_id": PROJECT, "name": "app-dev", "state": "absent", "delete_destination_secrets": True},
        {
            get(SYNCS): [{"secretSyncs": [api_sync()]}],
            f"DELETE {SYNC}": [one("secretSync", api_sync())],
            get(SYNC): [one("secretSync", api_sync(removeStatus="running")), NOT_FOUND],
        },
    ),
    "list syncs": Talk(
        "infisical_secret_sync_info",
        {"project_id": PROJECT, "export": True},
        {get(SYNCS): [{"secretSyncs": [api_sync(), HUB]}]},
        False,
    ),
    "plan a migration": Talk(
        "infisical_migration",
        {"project_ids": [PROJECT]},
        {
            get(INTEGRATIONS): [{"integrations": [api_integration()]}],
            get(AUTHS): [{"authorizations": [api_auth()]}],
            get(SYNCS): [{"secretSyncs": [api_sync()]}],
        },
        False,
    ),
    "an audit": Talk(
        "infisical_audit_info",
        {"project_ids": [PROJECT], "check_sources": False},
        {
            get(INTEGRATIONS): [{"integrations": [api_integration()]}],
            get(SYNCS): [{"secretSyncs": [api_sync()]}],
            get("/api/v1/app-connections"): [{"appConnections": [api_connection(projectId=PROJECT)]}],
        },
        False,
    ),
    "many syncs": Talk(
        "infisical_secret_syncs",
        {
            "project_id": PROJECT,
            "syncs": [
                {
                    **{key: value for key, value in NEW_SYNC.items() if key != "project_id"},
                    "connection_id": CONNECTION_ID,
                    "check_duplicates": "ignore",
                }
            ],
            "concurrency": 1,
            "purge": True,
            "purge_scope_all": True,
        },
        {
            get(SYNCS): [{"secretSyncs": [api_sync(id=OTHER_SYNC_ID, name="old")]}],
            f"POST {AWS_SYNCS}": [one("secretSync", api_sync())],
            f"DELETE {AWS_SYNCS}/{OTHER_SYNC_ID}": [one("secretSync", api_sync(id=OTHER_SYNC_ID))],
        },
    ),
    "show a project": Talk(
        "infisical_project_info", {"project_id": PROJECT}, {get(NEW_SERVER): [{"project": PROJECT_ROW}]}, False
    ),
    "show a project on an older server": Talk(
        "infisical_project_info",
        {"project_id": PROJECT},
        {get(NEW_SERVER): [NO_ROUTE], get(OLD_SERVER): [{"workspace": PROJECT_ROW}]},
        False,
    ),
    "show a project by its slug": Talk(
        "infisical_project_info",
        {"project_slug": "my-project"},
        {get("/api/v1/projects/slug/my-project"): [NO_ROUTE], get("/api/v2/workspace/my-project"): [PROJECT_ROW]},
        False,
    ),
    "log in": Talk(
        "infisical_login",
        UNIVERSAL,
        {f"POST {LOGIN}": [LOGGED_IN], f"POST {REVOKE}": [REVOKED]},
        False,
    ),
    "log out": Talk(
        "infisical_login",
        {
            "state": "absent",
            "auth_method": None,
            "token": None,
            "login_data": {"url": URL, "access_token": OWN_TOKEN, "check_mode": False, "given": False},
        },
        {f"POST {REVOKE}": [REVOKED]},
    ),
    "log in for one task": Talk(
        "infisical_project_info",
        {"project_id": PROJECT, **UNIVERSAL},
        {
            f"POST {LOGIN}": [{"accessToken": OWN_TOKEN}],
            get(NEW_SERVER): [{"project": PROJECT_ROW}],
            f"POST {REVOKE}": [REVOKED],
        },
        False,
    ),
}

# What answers hold and no module reads.
UNREAD = re.compile(
    r"(^|\.)(tokenType|message|statusCode|error|project|awsIamRole)$|\.credentials(\.|$)"
    r"|folders\.\d+\.id$|integrationOptions\.\d+\.name$|folder\.id$"
)
# What must not be null, by the keys on the way to it.
NEEDED = re.compile(
    r"(^|\.)(id|isActive|integrationAuthId|integration|secretPath|isAutoSyncEnabled|connectionId|destination|name|app|method"
    r"|slug|path|folders|hasDuplicate|accessToken)$"
    r"|(integrationAuth|authorizations\.\d+|secretSyncs?(\.\d+)?)\.projectId$"
    r"|^(integrations|authorizations|appConnections|secretSyncs|integrationOptions|secretSyncOptions)$"
    r"|^(integration|integrationAuth|appConnection|secretSync)$"
)
MAY_BE_NULL = re.compile(
    r"^(integrations\.\d+|integration)\.(app|path)$|environment(s\.\d+)?\.(id|name)$|connection\.app$"
    r"|^(workspace|project)?\.?(name|slug)$|^(workspace|project)$|integrationOptions\.\d+\.name$"
)
# Where null stands in the talks; all else that is null is a text otherwise.
KINDS = {"metadata": "a mapping", "isSynced": "a boolean"}


def kind_of(value: Any) -> str:
    """Return the JSON type of a value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return "a number"
    return {str: "text", list: "a list", dict: "a mapping"}[type(value)]


def places(answer: Any, path: tuple = ()) -> Iterator[tuple[tuple, Any]]:
    """Yield the way to each value of an answer, and the value; first the answer itself."""
    yield path, answer
    if isinstance(answer, dict | list):
        for key, value in answer.items() if isinstance(answer, dict) else enumerate(answer):
            yield from places(value, (*path, key))


def replaced(answer: Any, path: tuple, odd: Any) -> Any:
    """Return a copy of an answer with another value at a place."""
    if not path:
        return odd
    changed = copy.deepcopy(answer)
    holder = changed
    for key in path[:-1]:
        holder = holder[key]
    if odd is GONE:
        del holder[path[-1]]
    elif odd is TWICE:
        holder[path[-1]].extend(copy.deepcopy(holder[path[-1]]))
    else:
        holder[path[-1]] = odd
    return changed


@dataclass
class Listener:
    """Answers a talk, with one answer replaced, and notes what was asked."""

    talk: Talk
    odd_call: int = -1
    odd_path: tuple = ()
    odd: Any = None
    calls: list[tuple[str, Any]] = field(default_factory=list)
    writes: list[int] = field(default_factory=list)

    def answer(self, request: Any) -> tuple[int, dict, str]:
        name = f"{request.method} {urlsplit(request.url).path}"
        number = sum(call == name for call, _answer in self.calls)
        scripted = self.talk.answers.get(name, [NOT_FOUND])
        found = scripted[min(number, len(scripted) - 1)]
        status, answer = found if isinstance(found, tuple) else (200, found)
        if len(self.calls) == self.odd_call:
            answer = replaced(answer, self.odd_path, self.odd)
        body = json.loads(request.body) if request.body else {}
        reads = re.search(r"^GET |/auth/|/check-destination$", name) or body.get("integrationAuthId") == NOBODY
        if not reads:
            self.writes.append(len(self.calls))
        self.calls.append((name, answer if status == 200 else found))
        return status, {"Content-Type": "application/json"}, json.dumps(answer)


def carried_out(listener: Listener) -> tuple[int, dict, str]:
    """Run the task of a talk; returns exit status, result and the result's text."""
    subject = listener.talk
    options = {"url": URL, "auth_method": "token_auth", "token": TOKEN, **subject.options}
    options = {key: value for key, value in options.items() if value is not None}
    with surroundings(listener):
        code, result = run(MODULES[subject.module], options, subject.check)
    return code, result, json.dumps(result)


def misfits(value: Any, spec: Mapping, path: str) -> Iterator[str]:
    """Yield where a returned value isn't what RETURN says. Null is fine everywhere."""
    types = {"str": str, "bool": bool, "int": int, "float": float, "dict": dict, "list": list}
    kind = spec.get("type", "raw")
    if value is None or kind == "raw":
        return
    if not isinstance(value, types[kind]) or (kind == "int" and isinstance(value, bool)):
        yield f"{path} is {value!r} and not of type {kind}"
        return
    if kind == "list":
        inner = {"type": spec.get("elements", "raw"), "contains": spec.get("contains", {})}
        for index, item in enumerate(value):
            yield from misfits(item, inner, f"{path}.{index}")
    if kind == "dict":
        for key, inner in (spec.get("contains") or {}).items():
            yield from misfits(value.get(key), inner, f"{path}.{key}")


RETURNS = {name: yaml.safe_load(module.RETURN) for name, module in MODULES.items()}


def faults_of(subject: Talk, listener: Listener, code: int, result: dict, text: str) -> Iterator[str]:
    """Yield what must hold for every answer, and doesn't."""
    if code not in (0, 1):
        yield f"exit status {code}"
    if subject.check and listener.writes:
        yield "wrote in check mode"
    shown = {key: value for key, value in result.items() if key != "invocation"}
    # The token of infisical_login is what later tasks need.
    shown.pop("login_data", None)
    yield from (f"shows {secret}" for secret in SECRETS if secret in json.dumps(shown))
    if code:
        message = result["msg"]
        if result.get("error_kind") == "internal" or "Traceback" in text:
            yield message
        if re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\ud800-\udfff]", message) or not message.strip():
            yield f"no sentence: {message!r}"
    for key, spec in RETURNS[subject.module].items():
        if key in result and key not in ANSIBLE_KEYS:
            yield from misfits(result[key], spec, key)


def is_wrong(path: tuple, was: Any, odd: Any) -> bool:
    """Tell whether an odd value can't be what the API means, by its type alone."""
    where = ".".join(str(key) for key in path)
    if UNREAD.search(where) or odd is TWICE:
        return False
    if odd is None or odd is GONE:
        return bool(NEEDED.search(where)) and not MAY_BE_NULL.search(where)
    expected = kind_of(was) if was is not None else KINDS.get(str(path[-1]), "text")
    wrong = kind_of(odd) != expected
    if re.search("destinationConfig|syncOptions|githubVisibilityRepoIds|createdAt$", where):
        return wrong and not {kind_of(odd), expected} <= {"text", "a number"}
    return wrong


def tried(subject: Talk) -> Iterator[tuple[int, tuple, Any, Any]]:
    """Yield what is replaced by what: the number of the answer, the place in it, the value there, and the odd one."""
    listener = Listener(subject)
    carried_out(listener)
    turn = [id(other) for other in TALKS.values()].index(id(subject))
    for number, (name, answered) in enumerate(listener.calls):
        if name.startswith("DELETE") and not FULL:
            # Nobody reads it.
            continue
        answer = answered[1] if isinstance(answered, tuple) else answered
        for path, was in places(answer):
            odd_ones = [odd for odd in ODD if path or odd is not GONE]
            turn += 1
            if not FULL:
                odd_ones = [odd_ones[turn % len(odd_ones)]]
            yield from ((number, path, was, odd) for odd in odd_ones)
            if isinstance(was, list) and path:
                yield number, path, was, TWICE


@pytest.mark.parametrize("subject", TALKS.values(), ids=TALKS)
def test_a_talk_without_odd_answers(subject: Talk) -> None:
    listener = Listener(subject)
    code, result, text = carried_out(listener)
    assert (code, result["changed"]) == (0, subject.changed), result
    assert list(faults_of(subject, listener, code, result, text)) == []
    assert {name for name, _answer in listener.calls} >= set(subject.answers) - {f"POST {REVOKE}"}


def test_every_module_that_reads_is_covered() -> None:
    assert {subject.module for subject in TALKS.values()} | {AWS_MODULE} == MODULES.keys()


@pytest.mark.parametrize("subject", TALKS.values(), ids=TALKS)
def test_odd_answers(subject: Talk) -> None:
    found = []
    for number, path, was, odd in tried(subject):
        listener = Listener(subject, number, path, odd)
        code, result, text = carried_out(listener)
        name = listener.calls[number][0]
        faults = list(faults_of(subject, listener, code, result, text))
        if is_wrong(path, was, odd):
            faults.extend(not_refused(listener, code, result))
        place = ".".join(str(key) for key in path) or "the answer"
        found.extend(f"{name}: {place} = {ODD_NAMES.get(id(odd), repr(odd))}: {fault}" for fault in faults)
    assert not found, "\n".join(found)


def not_refused(listener: Listener, code: int, result: Mapping) -> Iterator[str]:
    """Yield what is wrong where a value whose type can't be right is not refused, or something is written after it."""
    number, path = listener.odd_call, listener.odd_path
    name, answer = listener.calls[number]
    if number in listener.writes or isinstance(answer, tuple):
        # What has been written is looked for in the list.
        return
    again = next((later for later in range(number + 1, len(listener.calls)) if listener.calls[later][0] == name), None)
    if any(number < write and (again is None or write < again) for write in listener.writes):
        yield "wrote after it"
    if not path:
        # What is no API's answer at all may mean an older server.
        return
    # After a creation, a list that can't be read is warned of.
    told = [result.get("msg", ""), *(str(warning) for warning in result.get("warnings", ()))]
    if code == 0 and not (
        min(listener.writes, default=number) < number
        and any(re.search("response is not valid|not be determined|it is not known whether", text) for text in told)
    ):
        yield "was taken"
    if code == 1 and result["error_kind"] not in ("unexpected_answer", "some_failed"):
        yield f"refused for another reason: {result['msg']}"
    keys = [key for key in path if isinstance(key, str)]
    # The object is called by its label.
    label = " ".join(re.findall("[A-Z]?[a-z]+", keys[-1])).lower()
    if not any(keys[-1] in text or label in text for text in told):
        yield f"doesn't name the field: {told}"


# --- what AWS answers -------------------------------------------------------------------------------------------------

AWS_MODULE = "infisical_destination_info"
AWS_TALKS: dict[str, tuple[str, dict, str, Any]] = {
    "one secret": ("aws-secrets-manager", CONFIG, "get_secret_value", {"SecretString": json.dumps({"A": SECRET})}),
    "secrets": (
        "aws-secrets-manager",
        {"region": "us-east-1", "mapping_behavior": "one-to-one"},
        "paginate",
        [{"SecretList": [{"Name": "a"}, {"Name": "b"}], "NextToken": "x"}],
    ),
    "parameters": (
        "aws-parameter-store",
        {"region": "us-east-1", "path": "/my-app/"},
        "paginate",
        [{"Parameters": [{"Name": "/my-app/A", "Value": SECRET}]}],
    ),
}


def read_at_aws(monkeypatch: pytest.MonkeyPatch, destination: str, config: Mapping, call: str, answer: Any) -> dict:
    """Return the result of the module where AWS gives this answer to a call."""
    boto3 = mock.MagicMock()
    aws = boto3.Session.return_value.client.return_value
    aws.exceptions.ResourceNotFoundException = LookupError
    aws.get_secret_value.return_value = {"SecretString": SECRET}
    (aws.get_paginator.return_value.paginate if call == "paginate" else aws.get_secret_value).return_value = answer
    monkeypatch.setattr(test_bad_input, "any_aws", lambda: boto3)
    wanted = {"name": "it", "destination": destination, "destination_config": config}
    options = {"key": "a-key", "destinations": [wanted]}
    with surroundings(Listener(Talk(AWS_MODULE, options, {}))):
        code, result = run(MODULES[AWS_MODULE], options, False)
    assert (code, result["changed"]) == (0, False), result
    assert SECRET not in json.dumps(result)
    assert list(misfits(result["destinations"], RETURNS[AWS_MODULE]["destinations"], "destinations")) == []
    return result["destinations"][0]


@pytest.mark.parametrize(("destination", "config", "call", "answer"), AWS_TALKS.values(), ids=AWS_TALKS)
def test_odd_answers_of_aws(
    monkeypatch: pytest.MonkeyPatch, destination: str, config: dict, call: str, answer: Any
) -> None:
    assert read_at_aws(monkeypatch, destination, config, call, answer)["read"] is True
    for path, was in places(answer):
        if "NextToken" in path or (call == "paginate" and not path):
            continue
        # A shorter list is as good an answer.
        gone = GONE if path and isinstance(path[-1], str) else was
        for odd in (gone, *(odd for odd in ODD if odd is not GONE)):
            if odd is not GONE and kind_of(odd) == kind_of(was):
                continue
            row = read_at_aws(monkeypatch, destination, config, call, replaced(answer, path, odd))
            keys = [key for key in path if isinstance(key, str)]
            assert row["read"] is False, (path, odd)
            assert row["reason"].startswith("The server's response is not valid: "), (path, odd)
            assert (keys[-1] if keys else "AWS's") in row["reason"], (path, odd)


# --- some of it by example --------------------------------------------------------------------------------------------

NOT_UNDERSTOOD = "The server's response is not valid: "
EXAMPLES: dict[str, tuple[str, dict, dict, str]] = {
    "a list for a time": (
        "infisical_integration_info",
        {"project_id": PROJECT},
        {get(INTEGRATIONS): [integrations(api_integration(createdAt=[]))]},
        f"createdAt of the integration {INTEGRATION_ID} is a list, expected text or a number.",
    ),
    "no id": (
        "infisical_integration_info",
        {"project_id": PROJECT},
        {get(INTEGRATIONS): [integrations(api_integration(id=None))]},
        "id of the integration is missing, expected an ID (letters, digits, '-' and '_').",
    ),
    "an id that is another path": (
        "infisical_integration",
        {"project_id": PROJECT, **STATED, **PLACE, "state": "absent"},
        {get(INTEGRATIONS): [integrations(api_integration(id=".."))]},
        "id of the integration is text, expected an ID (letters, digits, '-' and '_').",
    ),
    "a row that is none": (
        "infisical_integration",
        {"project_id": PROJECT, **STATED, **PLACE},
        {get(INTEGRATIONS): [{"integrations": [api_integration(), "x"]}]},
        f"integrations.1 of the response to GET {INTEGRATIONS} is text, expected a mapping.",
    ),
    "a connection that is none": (
        "infisical_app_connection",
        NEW_CONNECTION,
        {get(CONNECTIONS): [{"appConnections": [None]}]},
        f"appConnections.0 of the response to GET {CONNECTIONS} is missing, expected a mapping.",
    ),
    "no folder for a path": (
        "infisical_integration",
        {"project_id": PROJECT, **STATED, **PLACE},
        {get(INTEGRATIONS): [integrations(api_integration(secretPath=""))]},
        f"secretPath of the integration {INTEGRATION_ID} is empty, expected a path that starts with a slash.",
    ),
    "what syncs can do": (
        "infisical_secret_sync",
        {**NEW_SYNC, "consult_options": True},
        {get(SYNCS): [{"secretSyncs": []}], get(f"{SYNCS}/options"): [{"secretSyncOptions": [{"destination": 1}]}]},
        f"secretSyncOptions.0.destination of the response to GET {SYNCS}/options is a number, expected text.",
    ),
    "a part of a part": (
        "infisical_secret_sync_info",
        {"project_id": PROJECT},
        {get(SYNCS): [{"secretSyncs": [api_sync(environment={"slug": 1})]}]},
        f"environment.slug of the secret sync {SYNC_ID} is a number, expected text.",
    ),
    "a setting of a destination": (
        "infisical_secret_sync_info",
        {"project_id": PROJECT},
        {get(SYNCS): [{"secretSyncs": [api_sync(destinationConfig={"region": ["x"]})]}]},
        f"destinationConfig.region of the secret sync {SYNC_ID} is a list, expected text or a number.",
    ),
    "a project that is none": (
        "infisical_secret_sync_info",
        {"project_id": PROJECT},
        {get(SYNCS): [{"secretSyncs": [api_sync(projectId=["x"])]}]},
        f"projectId of the secret sync {SYNC_ID} is a list, expected an ID (letters, digits, '-' and '_').",
    ),
    "an item of a setting": (
        "infisical_secret_sync_info",
        {"project_id": PROJECT},
        {
            get(SYNCS): [
                {"secretSyncs": [api_sync(destination="vercel", destinationConfig={"targetProjects": [["x"]]})]}
            ]
        },
        f"destinationConfig.targetProjects.0 of the secret sync {SYNC_ID} is a list, expected text or a number.",
    ),
    "a part of an item of a setting": (
        "infisical_secret_sync_info",
        {"project_id": PROJECT},
        {get(SYNCS): [{"secretSyncs": [api_sync(syncOptions={"tags": [{"key": ["x"]}]})]}]},
        f"syncOptions.tags.0.key of the secret sync {SYNC_ID} is a list, expected text or a number.",
    ),
    "an environment of a project": (
        "infisical_project_info",
        {"project_id": PROJECT},
        {get(NEW_SERVER): [{"project": {**PROJECT_ROW, "environments": ["dev"]}}]},
        f"project.environments.0 of the response to GET {NEW_SERVER} is text, expected a mapping.",
    ),
    "how long a login lasts": (
        "infisical_login",
        UNIVERSAL,
        {f"POST {LOGIN}": [{**LOGGED_IN, "expiresIn": "x"}], f"POST {REVOKE}": [REVOKED]},
        "expiresIn of the response to the login is text, expected a whole number.",
    ),
}


@pytest.mark.parametrize(("module", "options", "answers", "message"), EXAMPLES.values(), ids=EXAMPLES)
def test_the_sentence(module: str, options: dict, answers: dict, message: str) -> None:
    listener = Listener(Talk(module, options, answers))
    code, result, _text = carried_out(listener)
    assert (code, result["error_kind"], result["msg"]) == (1, "unexpected_answer", NOT_UNDERSTOOD + message)
    assert listener.writes == []
    # A login that is refused afterwards is ended all the same.
    assert {name for name, _answer in listener.calls} == answers.keys()


NEEDED_KEYS = {
    "integration_info": (
        get(INTEGRATIONS),
        integrations(api_integration()),
        ("id", "integration", "integrationAuthId", "secretPath", "isActive", "environment.slug"),
    ),
    "integration_auth_info": (get(AUTHS), NEW_AUTH, ("id", "projectId", "integration")),
    "app_connection_info": (
        get("/api/v1/app-connections"),
        {"appConnections": [api_connection()]},
        ("id", "app", "method", "name"),
    ),
    "secret_sync_info": (
        get(SYNCS),
        {"secretSyncs": [api_sync()]},
        (
            *("id", "destination", "name", "projectId", "connectionId", "isAutoSyncEnabled"),
            *("environment.slug", "folder.path", "connection.id", "connection.name"),
        ),
    ),
}


@pytest.mark.parametrize("odd", [None, GONE], ids=["null", "gone"])
@pytest.mark.parametrize(
    ("module", "key"), [(module, key) for module, (_request, _answer, keys) in NEEDED_KEYS.items() for key in keys]
)
def test_what_an_object_must_have(module: str, key: str, odd: Any) -> None:
    request, answer, _keys = NEEDED_KEYS[module]
    answered = replaced(answer, (next(iter(answer)), 0, *key.split(".")), odd)
    subject = Talk(f"infisical_{module}", {"project_id": PROJECT}, {request: [answered]})
    code, result, _text = carried_out(Listener(subject))
    assert (code, result["error_kind"]) == (1, "unexpected_answer")
    assert result["msg"].startswith(f"{NOT_UNDERSTOOD}{key} of the ")
    assert " is missing, expected " in result["msg"]


@pytest.mark.parametrize("token", [f"a\n{OWN_TOKEN}", f"ä{OWN_TOKEN}", " ", "", None, 7, [OWN_TOKEN]])
def test_a_token_that_can_not_be_sent(token: Any) -> None:
    listener = Listener(Talk("infisical_login", UNIVERSAL, {f"POST {LOGIN}": [{"accessToken": token}]}))
    code, result, text = carried_out(listener)
    assert (code, result["error_kind"]) == (1, "unexpected_answer")
    assert result["msg"] == f"The login at {URL} returned no access token: is this an Infisical server?"
    assert OWN_TOKEN not in text


FOLDER_LISTS = {
    "null": {"folders": None},
    "none": {},
    "a mapping": {"folders": {}},
    "a row that is none": {"folders": ["app"]},
    "a row without a name": {"folders": [{"id": "f1"}]},
}


@pytest.mark.parametrize("answer", FOLDER_LISTS.values(), ids=FOLDER_LISTS)
@pytest.mark.parametrize(
    ("name", "path"),
    [("look at the creation of an integration", NEW_FOLDERS), ("look at the creation of a sync", OLD_FOLDERS)],
)
def test_folders_that_can_not_be_read_are_not_none(name: str, path: str, answer: dict) -> None:
    subject = TALKS[name]
    answers = {**subject.answers, get(path): [answer]}
    code, result, _text = carried_out(Listener(Talk(subject.module, subject.options, answers, check=True)))
    assert (code, result["error_kind"]) == (1, "unexpected_answer")
    assert result["msg"].startswith(f"{NOT_UNDERSTOOD}folders")


def test_a_creation_whose_answer_is_not_understood_is_found_and_not_repeated() -> None:
    subject = TALKS["create an integration"]
    answers = {**subject.answers, f"POST {CREATE_INTEGRATION}": [one("integration", api_integration(isActive="yes"))]}
    listener = Listener(Talk(subject.module, subject.options, answers))
    code, result, text = carried_out(listener)
    assert (code, result["changed"], result["integration"]["id"]) == (0, True, INTEGRATION_ID)
    assert "isActive of the integration" in text
    assert len(listener.writes) == 1


def test_nothing_is_purged_by_a_list_that_is_not_understood() -> None:
    subject = TALKS["many integrations"]
    lists = [subject.answers[get(INTEGRATIONS)][0], integrations(OTHER, api_integration(integrationAuthId=None))]
    listener = Listener(Talk(subject.module, subject.options, {**subject.answers, get(INTEGRATIONS): lists}))
    code, result, _text = carried_out(listener)
    assert (code, result["error_kind"], result["counts"]["created"]) == (1, "unexpected_answer", 1)
    assert result["msg"].endswith("The items were processed, but the purge was not finished.")
    assert [name for name, _answer in listener.calls if name.startswith("DELETE")] == []
