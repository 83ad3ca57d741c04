# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read at AWS, without AWS: a stand-in for boto3 hands out what the test says is there."""

from __future__ import annotations

import hashlib
import hmac
import json
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.community.infisical.plugins.module_utils._migration import aws as aws_destination
from ansible_collections.community.infisical.plugins.modules import infisical_destination_info

MANY = {"region": "eu-west-1", "mapping_behavior": "many-to-one", "secret_name": "my-app"}
ONE = {"region": "eu-west-1", "mapping_behavior": "one-to-one"}
PATH = {"region": "eu-west-1", "path": "/my-app/"}


class Missing(Exception):
    """What AWS raises where there is no such secret."""


class Refused(Exception):
    """What AWS raises where something is not allowed."""


class FakeAws:
    """An AWS with these secrets and parameters; `logins` are the options that sessions were made with."""

    exceptions = SimpleNamespace(ResourceNotFoundException=Missing)

    def __init__(self) -> None:
        self.secrets: dict[str, Any] = {}
        self.parameters: dict[str, str] = {}
        self.refuses = ""
        self.logins: list[dict] = []

    def Session(self, **options: str) -> FakeAws:  # noqa: N802 - boto3's name
        self.logins.append(options)
        return self

    def client(self, service: str, **options: str | None) -> FakeAws:
        self.logins.append({"service": service, **options})
        return self

    def get_secret_value(self, SecretId: str) -> dict:  # noqa: N803 - boto3's name
        if SecretId not in self.secrets:
            raise Missing
        value = self.secrets[SecretId]
        return {"SecretBinary" if isinstance(value, bytes) else "SecretString": value}

    def get_paginator(self, name: str) -> Any:
        if self.refuses:
            raise Refused(self.refuses)
        found = {
            "list_secrets": [{"SecretList": [{"Name": secret}]} for secret in [*self.secrets, "just-deleted"]],
            "get_parameters_by_path": [
                {"Parameters": [{"Name": key, "Value": value}]} for key, value in self.parameters.items()
            ],
        }
        return SimpleNamespace(paginate=lambda **_: found[name])


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> FakeAws:
    fake = FakeAws()
    for name, value in (("boto3", fake), ("BotoCoreError", Refused), ("ClientError", Refused)):
        monkeypatch.setattr(aws_destination, name, value)
    monkeypatch.setattr(aws_destination, "BOTO3_IMPORT_ERROR", None)
    return fake


def read(config: dict, destination: str = "aws-secrets-manager", before: list | None = None, **more: Any) -> dict:
    """Read one destination."""
    wanted = {"name": "it", "destination": destination, "destination_config": config, "key_schema": None}
    wanted.update({name: more.pop(name) for name in list(more) if name in wanted})
    params = {**dict.fromkeys(infisical_destination_info.MODULE.options), **more}
    params.update(key="k", destinations=[wanted], before=before)
    return aws_destination.show_destinations(SimpleNamespace(params=params))["destinations"][0]


def digest(name: str, value: str) -> str:
    return hmac.new(b"k", f"{name}\0{value}".encode(), hashlib.sha256).hexdigest()


def test_many_in_one(aws: FakeAws) -> None:
    aws.secrets["my-app"] = json.dumps({"A": "1", "B": "1", "C": {"x": 2}})
    found = read(MANY)["digests"]
    assert found == {"A": digest("A", '"1"'), "B": digest("B", '"1"'), "C": digest("C", '{"x": 2}')}
    assert found["A"] != found["B"]


@pytest.mark.parametrize("content", ["no JSON", "[1]", b"bytes"])
def test_one_that_holds_no_keys(aws: FakeAws, content: Any) -> None:
    aws.secrets["my-app"] = content
    assert list(read(MANY)["digests"]) == ["my-app"]


def test_nothing_is_there(aws: FakeAws) -> None:
    assert (read(MANY)["read"], read(MANY)["digests"]) == (True, {})


@pytest.mark.parametrize(
    ("key_schema", "names"),
    [
        (None, ["APP_A", "APP_A_X", "B", "dev.A"]),
        ("APP_{{secretKey}}", ["APP_A", "APP_A_X"]),
        ("APP_{{secretKey}}_X", ["APP_A_X"]),
        ("{{environment}}.{{secretKey}}", ["dev.A"]),
    ],
)
def test_one_for_each(aws: FakeAws, key_schema: str | None, names: list[str]) -> None:
    aws.secrets.update(dict.fromkeys(["APP_A", "APP_A_X", "B", "dev.A"], "1"))
    assert list(read(ONE, key_schema=key_schema)["digests"]) == names


def test_parameters(aws: FakeAws) -> None:
    aws.parameters.update({"/my-app/A": "1"})
    assert read(PATH, "aws-parameter-store")["digests"] == {"/my-app/A": digest("/my-app/A", "1")}


@pytest.mark.parametrize(
    ("options", "session", "endpoint"),
    [
        ({}, {}, None),
        ({"profile": "p", "endpoint_url": ""}, {"profile_name": "p"}, None),
        (
            {"access_key_id": "i", "secret_access_key": "s", "session_token": "t", "endpoint_url": "http://x"},
            {"aws_access_key_id": "i", "aws_secret_access_key": "s", "aws_session_token": "t"},
            "http://x",
        ),
    ],
)
def test_logs_in(aws: FakeAws, options: dict, session: dict, endpoint: str | None) -> None:
    read(PATH, "aws-parameter-store", **options)
    assert aws.logins == [session, {"service": "ssm", "region_name": "eu-west-1", "endpoint_url": endpoint}]


def test_what_can_not_be_read(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "destinations of the type github can't be read." in read({}, "github")["reason"]
    assert read({"region": "r"}, "aws-parameter-store")["reason"] == "its destination_config has no 'path'"
    aws.refuses = "AccessDenied"
    refused = read(ONE)
    assert (refused["read"], refused["reason"], refused["same"]) == (False, "AccessDenied", None)
    monkeypatch.setattr(aws_destination, "BOTO3_IMPORT_ERROR", "a traceback")
    assert read(ONE)["reason"] == "boto3 is not installed where this task runs."


def test_compares(aws: FakeAws) -> None:
    aws.parameters.update({"/a": "1", "/b": "1", "/c": "1"})
    before = [read(PATH, "aws-parameter-store")]
    again = read(PATH, "aws-parameter-store", before=before)
    assert (again["same"], again["difference"]) == (True, "")
    aws.parameters.update({"/b": "2", "/d": "1"})
    del aws.parameters["/a"]
    other = read(PATH, "aws-parameter-store", before=before)
    assert (other["same"], other["appeared"], other["vanished"], other["changed"]) == (False, ["/d"], ["/a"], ["/b"])
    assert other["difference"] == "The destination has changed: appeared /d; vanished /a; changed /b."
    assert read(PATH, "aws-parameter-store", before=[{**before[0], "read": False}])["same"] is None
    assert read(PATH, "aws-parameter-store", before=[{**before[0], "name": "another"}])["same"] is None
