# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever the options of a module hold: correct work, or one clean line of refusal before anything is written."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import math
import pkgutil
import re
from collections.abc import Iterator, Mapping
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

import pytest
import responses
from ansible.module_utils.common import warnings as ansible_warnings
from ansible_collections.community.infisical.plugins import modules
from ansible_collections.community.infisical.plugins.module_utils._http import client
from ansible_collections.community.infisical.plugins.module_utils._migration import aws as aws_destination
from ansible_collections.community.infisical.plugins.module_utils._options import faults
from ansible_collections.community.infisical.tests.unit.plugins.harness import (
    AUTH_ID,
    CONNECTION_ID,
    INTEGRATION_ID,
    NOBODY,
    PROJECT,
    SYNC_ID,
    URL,
    FakeClock,
    api_auth,
    api_connection,
    api_error,
    api_integration,
    api_sync,
    patch_module_args,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

try:
    from ansible.module_utils import _internal
except ImportError:  # ansible-core before 2.18
    _internal = None

NAMES = [found.name for found in pkgutil.iter_modules(modules.__path__)]
MODULES = {name: importlib.import_module(f"{modules.__name__}.{name}") for name in NAMES}

ODD_TEXTS = ["", " ", "\x00", "../../x", "%2e%2e%2fx", "a/b?c#d", "{{ 1 }}", "\u202e\x1b[31m", "ä" * 300, "x" * 70_000]
# To none of them anything can be written: a random one would be of the machine that runs the tests.
ODD_PATHS = ["", " ", "\x00", "~\x00", "/dev/null/x", "x" * 5000]
ODD_NUMBERS = [0, -1, 10**400, -(10**30), 1e308, math.nan, math.inf, -math.inf, 0.5, True]
texts = st.sampled_from(ODD_TEXTS) | st.text(max_size=20)
numbers = st.sampled_from(ODD_NUMBERS) | st.integers() | st.floats()
anything = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
DESTINATIONS = [
    {
        "name": "app-dev",
        "destination": "aws-secrets-manager",
        "destination_config": {"region": "us-east-1", "mapping_behavior": "one-to-one"},
    }
]
# Values that lead further in than random ones do.
KNOWN = {
    "url": [URL, f"{URL}/api", "http://127.0.0.1:1"],
    "project_id": [PROJECT],
    "workspace_id": [PROJECT],
    "project_slug": ["a-project"],
    "integration": ["aws-secret-manager", "github", "gcp-secret-manager"],
    "integration_id": [INTEGRATION_ID],
    "integration_auth_id": [AUTH_ID],
    "connection_id": [CONNECTION_ID],
    "sync_id": [SYNC_ID],
    "source_environment": ["dev"],
    "environment": ["dev"],
    "secret_path": ["/app", "/"],
    "app": ["aws", "github", "my-app/dev"],
    "method": ["access-key"],
    "name": ["aws-dev", "app-dev"],
    "key": ["a-key"],
    "destinations": [DESTINATIONS],
    "before": [[{"name": "app-dev", "read": True, "digests": {"A": "1"}}]],
    "region": ["us-east-1"],
    "destination": ["aws-secrets-manager", "github"],
    "credentials": [{"access_key_id": "a", "secret_access_key": "b"}],
    "destination_config": [{"region": "us-east-1", "mapping_behavior": "many-to-one", "secret_name": "x"}],
    "login_data": [{"url": URL, "access_token": "given"}],
    "auth_method": ["token_auth"],
    "token": ["given"],
}
# What every task has, unless it is drawn otherwise.
LOGIN = {"url": URL, "auth_method": "token_auth", "token": "given"}


def values(name: str, option: Mapping[str, Any]) -> st.SearchStrategy:
    """Return the values of an option: fit ones mostly, of its type often, anything at times."""
    if option.get("type") == "path":
        return st.sampled_from(ODD_PATHS)
    known = st.sampled_from(KNOWN[name]) if name in KNOWN else st.nothing()
    if option.get("choices"):
        known |= st.sampled_from(option["choices"])
    if option.get("options"):
        inner = mappings(option["options"])
        known |= st.lists(inner, max_size=3) if option["type"] == "list" else inner
    typed = {
        "bool": st.booleans(),
        "int": numbers,
        "float": numbers,
        "dict": st.dictionaries(texts, anything, max_size=3),
        "list": st.lists(texts, max_size=3),
    }.get(option.get("type", "str"), texts)
    return st.one_of(known, known, known, typed, anything)


def mappings(spec: Mapping[str, Any]) -> st.SearchStrategy:
    options = {name: values(name, option) for name, option in spec.items()}
    few = st.lists(st.sampled_from(sorted(options)), max_size=8, unique=True)
    needed = [
        name
        for name in ("integration", "project_id", "integrations", "syncs", "app", "name", "key", "destinations")
        if name in options
    ]
    return few.flatmap(lambda chosen: st.fixed_dictionaries({name: options[name] for name in {*chosen, *needed}}))


class AnyServer:
    """A server with one object of each kind, which says yes to whatever it is asked to write."""

    OBJECTS = (
        ("integration-auth", "integrationAuth", api_auth),
        ("integration", "integration", api_integration),
        ("app-connections", "appConnection", api_connection),
        ("secret-syncs", "secretSync", api_sync),
    )
    # Asked by POST, but written is nothing.
    READS = re.compile(r"/auth/|/check-destination$")

    def __init__(self) -> None:
        self.writes: list[str] = []

    def answer(self, request: Any) -> tuple[int, dict, str]:
        path = urlsplit(request.url).path
        body = json.loads(request.body) if request.body else {}
        named = str((body if isinstance(body, dict) else {}).get("integrationAuthId", ""))
        # What names no object shows what the server would do, and changes nothing.
        probe = named == NOBODY or path.endswith(f"/{NOBODY}")
        if request.method != "GET" and not self.READS.search(path) and not probe:
            self.writes.append(f"{request.method} {path}")
        status, answer = self._answer(request.method, path)
        return status, {}, json.dumps(answer)

    def _answer(self, method: str, path: str) -> tuple[int, dict]:
        if "/auth/" in path:
            return 200, {"accessToken": "own", "message": "ok"}
        if path.endswith("/integrations"):
            return 200, {"integrations": [api_integration()]}
        if path.endswith("/authorizations"):
            return 200, {"authorizations": [api_auth()]}
        if path.endswith(("-options", "/options")):
            return 200, {"integrationOptions": [], "secretSyncOptions": []}
        if path.endswith("/check-destination"):
            return 200, {"hasDuplicate": False}
        if "/slug/" in path:
            return 200, {"id": PROJECT}
        for part, envelope, made in self.OBJECTS:
            if re.search(rf"/{part}(/|$)", path):
                listed = method == "GET" and len(path.split("/")) < 6
                return 200, {f"{envelope}s": [made()], envelope: made()} if listed else {envelope: made()}
        return 404, api_error(404, "NotFound", "not found")


def any_aws() -> mock.Mock:
    """Return a boto3 for which everything that is asked for is there."""
    boto3 = mock.MagicMock()
    aws = boto3.Session.return_value.client.return_value
    aws.exceptions.ResourceNotFoundException = LookupError
    aws.get_secret_value.return_value = {"SecretString": '{"A": 1}'}
    pages = [{"SecretList": [{"Name": "a"}], "Parameters": [{"Name": "/a", "Value": "1"}]}]
    aws.get_paginator.return_value.paginate.return_value = pages
    return boto3


def login_of(name: str) -> dict[str, Any]:
    return LOGIN if MODULES[name].MODULE.connects else {}


@contextlib.contextmanager
def surroundings(server: AnyServer) -> Iterator[None]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as http, contextlib.ExitStack() as stack:
        for method in ("GET", "POST", "PATCH", "DELETE"):
            http.add_callback(method, re.compile(".*", re.DOTALL), server.answer)
        stack.enter_context(mock.patch.object(client, "Clock", return_value=FakeClock()))
        stack.enter_context(mock.patch.object(aws_destination, "BOTO3_IMPORT_ERROR", None))
        stack.enter_context(mock.patch.object(aws_destination, "boto3", any_aws()))
        # Since ansible-core 2.19; from there on a module's code asks whether it runs in the controller.
        if hasattr(_internal, "is_controller"):
            stack.enter_context(mock.patch.object(_internal, "is_controller", False))
        yield


def run(module: Any, options: Mapping[str, Any], check: bool) -> tuple[int, dict]:
    """Run a module's main(); returns its exit status and the one JSON object that it printed."""
    ansible_warnings._global_warnings.clear()
    printed, shouted = io.StringIO(), io.StringIO()
    with (
        patch_module_args({**options, "_ansible_check_mode": check, "_ansible_diff": True}),
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(shouted),
        pytest.raises(SystemExit) as ended,
    ):
        module.main()
    assert "Traceback" not in shouted.getvalue()
    return ended.value.code, json.loads(printed.getvalue())


TASKS = {
    "a number beyond floats": ("infisical_integration_info", {"timeout": 10**400}, "can't check"),
    "no mapping": (
        "infisical_integrations",
        {"project_id": PROJECT, "integrations": [{"metadata": True}]},
        "integrations[0].metadata must be a mapping, not true.",
    ),
    "no number": (
        "infisical_integration_info",
        {"project_id": PROJECT, "timeout": math.nan},
        "timeout must be positive, not nan.",
    ),
    "more retries than time": (
        "infisical_integration_info",
        {"project_id": PROJECT, "retries": 10**30},
        f"retries must not be larger than 1000000, and is {10**30}.",
    ),
    "a wait without end": (
        "infisical_integration",
        {"integration_id": INTEGRATION_ID, "wait_timeout": math.inf},
        "wait_timeout must not be larger than 1000000, and is inf.",
    ),
    **{
        f"{name}, {option} {path!a}": (
            name,
            {option: path},
            f"{option} contains a character that no path may have.",
        )
        for path in ("\x00", "~\x00")
        for name, option in (
            ("infisical_audit_info", "report_folder"),
            ("infisical_migration", "report_folder"),
            ("infisical_migration", "journal"),
            ("infisical_secret_sync", "ca_path"),
            ("infisical_secret_sync", "client_cert"),
            ("infisical_secret_sync", "client_key"),
            ("infisical_login", "jwt_path"),
        )
    },
    "a project that is null": (
        "infisical_secret_sync_info",
        {"project_id": None},
        "project_id is missing: specify it, or project_slug.",
    ),
    "a project that is null, for one": (
        "infisical_secret_sync",
        {"project_slug": None, "name": "x"},
        "project_id is missing: specify it, or project_slug.",
    ),
    "a project that is null, for many": (
        "infisical_integrations",
        {"project_id": None, "integrations": []},
        "project_id is missing: specify it, or project_slug.",
    ),
    "a reading that is none": (
        "infisical_destination_info",
        {"key": "a-key", "destinations": [], "before": [{"name": ["x"], "digests": {}}]},
        "before must be what this module returned as destinations, but an entry has no name or no digests.",
    ),
    "a slug beyond measure": (
        "infisical_integration_auth",
        {"project_id": PROJECT, "integration": "x" * 70_000, "validate": "off"},
        f"integration '{'x' * 118}… is not a service that this server knows.",
    ),
}


@pytest.mark.parametrize(("name", "options", "message"), TASKS.values(), ids=TASKS)
def test_input_that_once_ended_in_a_traceback(name: str, options: dict, message: str) -> None:
    server = AnyServer()
    with surroundings(server):
        code, result = run(MODULES[name], {**login_of(name), **options}, False)
    assert (code, result["error_kind"]) == (1, "input")
    assert message in result["msg"]
    assert server.writes == []


def test_a_path_that_has_no_form_in_bytes() -> None:
    # Newer releases of ansible-core don't hand it to a module, but to what runs in the controller.
    spec = {"report_folder": {"type": "path"}}
    assert list(faults(spec, {"report_folder": "\ud800"})) == [
        "report_folder contains a character that no path may have."
    ]
    assert list(faults(spec, {"report_folder": "\udc80"})) == []


def test_text_that_is_no_mapping() -> None:
    server = AnyServer()
    options = {**LOGIN, "project_id": PROJECT, "integrations": ["0,="]}
    with surroundings(server):
        code, result = run(MODULES["infisical_integrations"], options, False)
    assert (code, result["failed"], server.writes) == (1, True, [])
    assert result["msg"] == "integrations[0] must be a mapping, not '0,='."


@pytest.mark.parametrize("name", MODULES)
@settings(suppress_health_check=list(HealthCheck), max_examples=settings.default.max_examples // 2)
@given(data=st.data())
def test_any_input_is_worked_on_or_refused_in_one_line(name: str, data: st.DataObject) -> None:
    module, server = MODULES[name], AnyServer()
    options = data.draw(mappings(module.MODULE.argument_spec()), "options")
    check = data.draw(st.booleans(), "check")
    with surroundings(server):
        code, result = run(module, {**login_of(name), **options}, check)
    assert code in (0, 1)
    if check:
        assert server.writes == []
    if code == 0:
        return
    assert result["failed"] is True
    assert result["msg"].strip()
    assert "Traceback" not in json.dumps(result)
    assert result.get("error_kind") != "internal", result["msg"]
    if "error_kind" in result:
        assert "\n" not in result["msg"]
    # Without a kind it is Ansible that refused the options.
    if result.get("error_kind", "input") == "input":
        assert server.writes == []
