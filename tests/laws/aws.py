# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts of AWS in this process, in the words of boto3: what the simulator and the readers call, and no more."""

from __future__ import annotations

import base64
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError


def key_of(account: str, number: int) -> str:
    """Return the ID of an access key of an account, in the form that they have today."""
    bits = 1 << 79 | int(account) << 39 | number
    return f"AKIA{base64.b32encode(bits.to_bytes(10, 'big')).decode()}"


class Missing(Exception):
    """What AWS raises where there is no such secret or parameter."""


class Account:
    """One account; a region is one of its own. Each secret and parameter is a mapping with `value`, `key`, `tags`."""

    exceptions = SimpleNamespace(ResourceNotFoundException=Missing, ParameterNotFound=Missing)

    def __init__(self) -> None:
        self.secrets: dict[str, dict[str, Any]] = {}
        self.parameters: dict[str, dict[str, Any]] = {}
        # KMS keys of AWS's own, and methods that are refused.
        self.own_keys: set[str] = set()
        self.refused: set[str] = set()
        # Names of the secrets whose values were asked for, and that are there.
        self.reads: set[str] = set()

    def _may(self, method: str) -> None:
        if method in self.refused:
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, method)

    def content(self) -> dict[str, Any]:
        """Return all values by name."""
        return {name: one["value"] for name, one in {**self.secrets, **self.parameters}.items()}

    def _secret(self, name: str) -> dict[str, Any]:
        if name not in self.secrets:
            raise Missing(name)
        return self.secrets[name]

    def get_secret_value(self, SecretId: str) -> dict:  # noqa: N803 - boto3's names
        found = self._secret(SecretId)["value"]
        self.reads.add(SecretId)
        return {"SecretString": found}

    def create_secret(self, Name: str, SecretString: str, KmsKeyId: str = "", Tags: Any = ()) -> None:  # noqa: N803
        self.secrets[Name] = {"value": SecretString, "key": KmsKeyId, "tags": list(Tags)}

    def update_secret(self, SecretId: str, SecretString: str, KmsKeyId: str = "") -> None:  # noqa: N803
        self._secret(SecretId).update({"value": SecretString, **({"key": KmsKeyId} if KmsKeyId else {})})

    def describe_secret(self, SecretId: str) -> dict:  # noqa: N803
        self._may("describe_secret")
        found = self._secret(SecretId)
        return {"KmsKeyId": found["key"], "Tags": found["tags"]}

    def delete_secret(self, SecretId: str, **_options: Any) -> None:  # noqa: N803
        del self.secrets[SecretId]

    def put_parameter(self, Name: str, Value: str, KeyId: str = "", **_options: Any) -> None:  # noqa: N803
        self.parameters[Name] = {"value": Value, "key": KeyId, "tags": []}

    def delete_parameter(self, Name: str) -> None:  # noqa: N803
        if self.parameters.pop(Name, None) is None:
            raise Missing(Name)

    def describe_key(self, KeyId: str) -> dict:  # noqa: N803
        self._may("describe_key")
        return {"KeyMetadata": {"KeyManager": "AWS" if KeyId in self.own_keys else "CUSTOMER"}}

    def list_tags_for_resource(self, ResourceType: str, ResourceId: str) -> dict:  # noqa: N803
        self._may("list_tags_for_resource")
        assert ResourceType == "Parameter"
        return {"TagList": self.parameters[ResourceId]["tags"]}

    def get_paginator(self, name: str) -> Any:
        self._may(name)
        return SimpleNamespace(paginate=getattr(self, f"_{name}"))

    def _list_secrets(self) -> list[dict]:
        rows = [
            {"Name": name, "KmsKeyId": one["key"], "Tags": one["tags"], "OwningService": one.get("owner")}
            for name, one in self.secrets.items()
        ]
        return [{"SecretList": rows}]

    def describe_parameters(self, ParameterFilters: list[dict]) -> dict:  # noqa: N803
        (name,) = ParameterFilters[0]["Values"]
        found = self.parameters.get(name)
        return {"Parameters": [{"KeyId": found["key"]}] if found else []}

    def _describe_parameters(self, ParameterFilters: list[dict]) -> list[dict]:  # noqa: N803
        (path,) = ParameterFilters[0]["Values"]
        rows = [
            {
                "Name": name,
                "KeyId": one["key"] or "alias/aws/ssm",
                "Type": one.get("type", "SecureString"),
                "Tier": one.get("tier", "Standard"),
            }
            for name, one in self.parameters.items()
            if name.rpartition("/")[0] == path.rstrip("/")
        ]
        return [{"Parameters": rows}]

    def _get_parameters_by_path(self, Path: str, Recursive: bool, WithDecryption: bool) -> list[dict]:  # noqa: N803
        assert WithDecryption
        found = [name for name in self.parameters if name.startswith(Path)]
        here = [name for name in found if Recursive or "/" not in name.removeprefix(Path)]
        return [{"Parameters": [{"Name": name, "Value": self.parameters[name]["value"]} for name in here]}]


class Aws:
    """The accounts, each by the id of the access key that is for it."""

    def __init__(self) -> None:
        self.accounts: dict[tuple[str, str], Account] = {}
        # The keys of profiles.
        self.profiles: dict[str, str] = {}

    def account(self, key: str, region: str = "us-east-1") -> Account:
        return self.accounts.setdefault((key, region), Account())

    def same(self, key: str, other: str, region: str = "us-east-1") -> None:
        """Have two keys be for one account."""
        self.accounts[key, region] = self.account(other, region)

    def Session(  # noqa: N802 - boto3's name
        self, aws_access_key_id: str = "", profile_name: str = "", **_options: Any
    ) -> Any:
        key = aws_access_key_id or self.profiles.get(profile_name, "")

        def client(_service: str, region_name: str, **_more: Any) -> Account:
            return self.account(key, region_name)

        return SimpleNamespace(client=client, get_credentials=lambda: SimpleNamespace(access_key=key) if key else None)
