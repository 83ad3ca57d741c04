# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What modules say of a server that puts escape sequences and fake output into its texts, or paths into its ids."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

import pytest
from ansible_collections.community.infisical.plugins.module_utils._migration import aws as aws_destination
from ansible_collections.community.infisical.tests.unit.plugins.harness import (
    AUTH_ID,
    CONNECTION_ID,
    INTEGRATION_ID,
    OTHER_INTEGRATION_ID,
    PROJECT,
    SYNC_ID,
    api_auth,
    api_connection,
    api_error,
    api_integration,
    api_sync,
)
from ansible_collections.community.infisical.tests.unit.plugins.modules.test_bad_input import (
    DESTINATIONS,
    MODULES,
    AnyServer,
    login_of,
    run,
    surroundings,
)

HOSTILE = (
    "x\x1b[2J\x1b]0;title\x07\x9b31m\r\n\nTASK [community.infisical : gather] ****\nok: [localhost]\n"
    # At its end half of a character, which neither AWS nor an option can have.
    "\x85TASK [fake]\u2028TASK [fake]\u2029\u202e\u2066\u200f\ud83d"
)
UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u206f\u061c\u200e\u200f\ud800-\udfff]")
# What results say in words of their own; all else in them is data.
SAID = {"msg", "warnings", "error", "reason", "difference"}
LONGEST = 12_000

AWS_PLACE = {"app": "my-app/dev", "region": "us-east-1"}
SOURCE = {"source_environment": "dev", "secret_path": "/app"}
INTEGRATION = {"project_id": PROJECT, "integration": "aws-secret-manager", **SOURCE, **AWS_PLACE}
AUTH = {"project_id": PROJECT, "integration": "aws-secret-manager"}
CONNECTION = {"project_id": PROJECT, "app": "aws", "name": "aws-dev"}
CREDENTIALS = {"credentials": {"access_key_id": "a", "secret_access_key": "b"}}
SYNC = {
    "project_id": PROJECT,
    "name": "app-dev",
    "destination": "aws-secrets-manager",
    "connection_id": CONNECTION_ID,
    "environment": "dev",
    "secret_path": "/app",
    "destination_config": {"region": "us-east-1", "mapping_behavior": "many-to-one", "secret_name": "x"},
}
ITEM = {key: value for key, value in INTEGRATION.items() if key != "project_id"}
ITEM_OF_SYNC = {key: value for key, value in SYNC.items() if key != "project_id"}

# A task of each module at least; the last two are what the server's objects are changed to, by envelope or list.
Case = tuple[str, Mapping[str, Any], bool, Mapping[str, Any]]
CASES: dict[str, Case] = {
    "a project's environments": ("infisical_integration", {**INTEGRATION, "app": "new"}, True, {}),
    "a project's folders": (
        "infisical_integration",
        {**INTEGRATION, "app": "new", "secret_path": "/none"},
        True,
        {"environments": [{"slug": "dev"}]},
    ),
    "a great many environments": (
        "infisical_integration",
        {**INTEGRATION, "app": "new"},
        True,
        {"environments": [{"slug": f"{HOSTILE}{number}" * 20} for number in range(2000)]},
    ),
    "a service that nobody knows": ("infisical_integration_auth", {**AUTH, "integration": "xx"}, False, {}),
    "auths that are alike": (
        "infisical_integration",
        INTEGRATION,
        False,
        {"authorizations": [api_auth(), api_auth(id=OTHER_INTEGRATION_ID)]},
    ),
    "auths that differ": (
        "infisical_integration",
        INTEGRATION,
        False,
        {"authorizations": [api_auth(namespace=HOSTILE, url=HOSTILE)]},
    ),
    "an auth of another service": (
        "infisical_integration",
        {**INTEGRATION, "integration_auth_id": AUTH_ID, "project_id": None},
        False,
        {"integrationAuth": api_auth(integration=HOSTILE)},
    ),
    "a rival": (
        "infisical_integration",
        {**INTEGRATION, "integration_id": INTEGRATION_ID, "is_active": True, "source_environment": "prod"},
        False,
        {
            "integrations": [
                api_integration(isActive=False),
                api_integration(id=OTHER_INTEGRATION_ID, secretPath=HOSTILE, environment={"slug": HOSTILE}),
            ],
            "integration": api_integration(environment={"slug": "prod"}),
        },
    ),
    "an update that was ignored": (
        "infisical_integration",
        {**INTEGRATION, "integration_id": INTEGRATION_ID, "is_active": False},
        False,
        {"integration": api_integration(isActive=HOSTILE, app=HOSTILE)},
    ),
    "what can't be changed": (
        "infisical_integration_auth",
        {**AUTH, "integration_auth_id": AUTH_ID},
        False,
        {"integrationAuth": api_auth(integration=HOSTILE)},
    ),
    "another one than was named": (
        "infisical_integration_auth",
        {**AUTH, "integration_auth_id": AUTH_ID, "state": "absent"},
        False,
        {"integrationAuth": api_auth(integration=HOSTILE)},
    ),
    "secrets that can't be deleted": (
        "infisical_integration",
        {"integration_id": INTEGRATION_ID, "state": "absent", "delete_destination_secrets": True},
        False,
        {"integration": api_integration(integration=HOSTILE)},
    ),
    "a sync that failed": (
        "infisical_integration",
        {**INTEGRATION, "integration_id": INTEGRATION_ID, "sync": True, "wait": True},
        False,
        {},
    ),
    "many, failed": ("infisical_integrations", {"project_id": PROJECT, "integrations": [ITEM]}, False, {}),
    "integrations": ("infisical_integration_info", {"project_id": PROJECT}, False, {}),
    "auths": ("infisical_integration_auth_info", {"project_id": PROJECT}, False, {}),
    "a project": ("infisical_project_info", {"project_slug": "a-project"}, False, {}),
    "a project by id": ("infisical_project_info", {"project_id": PROJECT}, False, {}),
    "a login": ("infisical_login", {}, False, {}),
    "a connection": ("infisical_app_connection", {**CONNECTION, **CREDENTIALS, "method": "access-key"}, False, {}),
    "connections of one name": (
        "infisical_app_connection",
        {**CONNECTION, **CREDENTIALS},
        False,
        {"appConnections": [api_connection(projectId=PROJECT), api_connection(id=SYNC_ID, projectId=PROJECT)]},
    ),
    "connections": ("infisical_app_connection_info", {"project_id": PROJECT}, False, {}),
    "a connection that is kept": (
        "infisical_app_connection",
        {"app": "aws", "connection_id": CONNECTION_ID, "state": "absent"},
        False,
        {"appConnection": api_connection(name=HOSTILE)},
    ),
    "a sync that writes there already": (
        "infisical_secret_sync",
        {**SYNC, "name": "other"},
        False,
        {"hasDuplicate": True, "duplicateProjectId": HOSTILE},
    ),
    "a destination that nobody knows": (
        "infisical_secret_sync",
        {**SYNC, "destination": "xx", "consult_options": True, "name": "other"},
        False,
        {},
    ),
    "a sync that was not updated": ("infisical_secret_sync", {**SYNC, "environment": "prod"}, False, {}),
    "an outcome": ("infisical_secret_sync", {**SYNC, "sync": True, "wait": True}, False, {}),
    "many syncs": ("infisical_secret_syncs", {"project_id": PROJECT, "syncs": [ITEM_OF_SYNC]}, False, {}),
    "syncs": ("infisical_secret_sync_info", {"project_id": PROJECT}, False, {}),
    "an audit": ("infisical_audit_info", {"project_ids": [PROJECT]}, False, {}),
    "a migration": ("infisical_migration", {"project_ids": [PROJECT]}, False, {}),
    "a migration that goes on": (
        "infisical_migration",
        {"project_ids": [PROJECT], "phase": "create", "journal": "/dev/null/journal"},
        True,
        {},
    ),
    "destinations": (
        "infisical_destination_info",
        {
            "key": "k",
            "destinations": DESTINATIONS,
            "before": [{"name": "app-dev", "read": True, "digests": {HOSTILE[:-1]: "1"}}],
        },
        False,
        {},
    ),
}
ID_KEYS = re.compile(r"(^|_)id$|I[dD]s?$|^(accessToken|error|createdAt)$")


class HostileServer(AnyServer):
    """A server whose texts are hostile: all but those in `objects`, which replace its own, or each error's (`status`).

    With `status` it refuses all that a task writes (what it reads, too, where `reads`).
    """

    READ_ONLY = re.compile(r"/auth/|/check-destination$")

    def __init__(self, objects: Mapping[str, Any], status: int = 0, reads: bool = False) -> None:
        super().__init__()
        self.objects, self.status, self.reads = objects, status, reads

    def answer(self, request: Any) -> tuple[int, dict, str]:
        path = urlsplit(request.url).path
        written = request.method != "GET" and not self.READ_ONLY.search(path)
        if self.status and (self.reads or written) and "/auth/" not in path:
            name = {404: "NotFound", 403: "PermissionDenied", 422: "ValidationFailure"}.get(self.status, HOSTILE)
            message = [{"path": [HOSTILE], "message": HOSTILE}] if self.status == 422 else HOSTILE
            return self.status, {}, json.dumps(api_error(self.status, name, message, reqId=HOSTILE))
        status, headers, text = super().answer(request)
        return status, headers, json.dumps({**spoiled(json.loads(text)), **self.objects})

    def _answer(self, method: str, path: str) -> tuple[int, dict]:
        if path.endswith("/integration-options"):
            return 200, {"integrationOptions": [{"slug": "xx"}]}
        if path.endswith("/secret-syncs/options"):
            return 200, {"secretSyncOptions": [{"destination": "xx"}]}
        if path.endswith("/folders"):
            return 200, {"folders": [{"name": "one"}]}
        if re.search(r"/(workspace|projects)/[^/]+$", path):
            found = self.objects.get("environments", [{"id": "1", "name": "n", "slug": "x"}])
            return 200, {"project": {"id": PROJECT, "name": "p", "slug": "p", "environments": found}}
        if path.endswith("/check-destination"):
            return 200, {"hasDuplicate": False}
        return super()._answer(method, path)


def spoiled(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {inner: spoiled(one, inner) for inner, one in value.items()}
    if isinstance(value, list):
        return [spoiled(one, key) for one in value]
    return value + HOSTILE if isinstance(value, str) and not ID_KEYS.search(key) else value


def said(value: Any, key: str = "") -> Iterator[str]:
    """Yield what a result says in words: messages and warnings, of its items too."""
    if isinstance(value, dict):
        # The text of a warning is deep inside, since ansible-core 2.19.
        inner = [(one, key if key in SAID else name) for name, one in value.items()]
    else:
        inner = [(one, key) for one in value] if isinstance(value, list) else []
    for one, name in inner:
        yield from said(one, name)
    if isinstance(value, str) and key in SAID:
        yield value


def check(result: dict) -> None:
    texts = list(said(result))
    assert not [text for text in texts if UNFIT.search(text)]
    assert max(map(len, texts), default=0) < LONGEST


def test_each_module_is_in_the_table() -> None:
    assert {name for name, *_rest in CASES.values()} == set(MODULES)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("twisted", [True, False], ids=["all", "some"])
def test_texts(case: str, twisted: bool) -> None:
    name, options, check_mode, objects = CASES[case]
    server = HostileServer(objects)
    real = mock.patch(f"{__name__}.spoiled", lambda value, _key="": value) if not twisted else mock.MagicMock()
    aws = aws_with_hostile_names()
    with real, surroundings(server), mock.patch.object(aws_destination, "boto3", aws):
        _code, result = run(MODULES[name], given(name, options), check_mode)
    check(result)


@pytest.mark.parametrize("case", [case for case in CASES if case != "destinations"])
@pytest.mark.parametrize("status", [400, 403, 404, 422, 500])
@pytest.mark.parametrize("reads", [True, False], ids=["reads", "writes"])
def test_errors(case: str, status: int, reads: bool) -> None:
    name, options, check_mode, objects = CASES[case]
    with surroundings(HostileServer(objects, status, reads)):
        _code, result = run(MODULES[name], {**given(name, options), "retries": 0}, check_mode)
    check(result)


def given(name: str, options: Mapping[str, Any]) -> dict[str, Any]:
    return {**login_of(name), **{key: value for key, value in options.items() if value is not None}}


def aws_with_hostile_names() -> mock.Mock:
    boto3 = mock.MagicMock()
    aws = boto3.Session.return_value.client.return_value
    aws.exceptions.ResourceNotFoundException = LookupError
    aws.get_secret_value.return_value = {"SecretString": "1"}
    pages = [{"SecretList": [{"Name": f"{number}{HOSTILE[:-1]}"} for number in range(500)]}]
    aws.get_paginator.return_value.paginate.return_value = pages
    return boto3


ODD_IDS = ["..", ".", "a/b", "", " ", "x" * 65, HOSTILE, "%2e%2e", "a?b", "-x"]
IDS: dict[str, tuple[str, dict[str, Any], Any]] = {
    "integration": (
        "infisical_integration",
        {**INTEGRATION, "state": "absent"},
        lambda odd: {"integrations": [api_integration(id=odd)]},
    ),
    "its auth": (
        "infisical_integration",
        {"integration_id": INTEGRATION_ID, "state": "absent"},
        lambda odd: {"integration": api_integration(integrationAuthId=odd)},
    ),
    "auth": (
        "infisical_integration_auth",
        {**AUTH, "state": "absent"},
        lambda odd: {"authorizations": [api_auth(id=odd)]},
    ),
    "an auth's project": (
        "infisical_integration_auth",
        {"integration_auth_id": AUTH_ID, "state": "absent", "cascade": True},
        lambda odd: {"integrationAuth": api_auth(projectId=odd)},
    ),
    "connection": (
        "infisical_app_connection",
        {**CONNECTION, "state": "absent"},
        lambda odd: {"appConnections": [api_connection(id=odd, projectId=PROJECT)]},
    ),
    "a connection's app": (
        "infisical_app_connection",
        {**CONNECTION, "state": "absent"},
        lambda odd: {"appConnections": [api_connection(app=odd, projectId=PROJECT)]},
    ),
    "sync": ("infisical_secret_sync", {**SYNC, "state": "absent"}, lambda odd: {"secretSyncs": [api_sync(id=odd)]}),
    "a sync's destination": (
        "infisical_secret_sync",
        {**SYNC, "destination": None, "state": "absent"},
        lambda odd: {"secretSyncs": [api_sync(destination=odd)]},
    ),
    "a connection that a sync is to use": (
        "infisical_secret_sync",
        {**SYNC, "name": "other", "connection_id": None, "connection_name": "aws-dev"},
        lambda odd: {"appConnection": api_connection(id=odd)},
    ),
    "project": ("infisical_project_info", {"project_slug": "a"}, lambda odd: {"project": {"id": odd}, "id": odd}),
}


@pytest.mark.parametrize("odd", ODD_IDS)
@pytest.mark.parametrize("case", IDS)
def test_an_id_that_is_none(case: str, odd: str) -> None:
    name, options, objects = IDS[case]
    server = HostileServer(objects(odd))
    with mock.patch(f"{__name__}.spoiled", lambda value, _key="": value), surroundings(server):
        code, result = run(MODULES[name], given(name, options), False)
    check(result)
    assert server.writes == []
    assert code == 1
    assert result["error_kind"] in ("unexpected_answer", "input")
