# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a secret sync reads, writes and removes at AWS."""

from __future__ import annotations

import json
from typing import Any

from .sync_destinations import KeySchema


class Refused(Exception):
    """What is at the destination can't be used."""


def _tags(options: dict) -> list[dict]:
    return [{"Key": tag["key"], "Value": tag["value"]} for tag in options.get("tags") or []]


class SecretsManager:
    """One AWS secret for each key, or one with a JSON of them all: of that, a key schema renames the secret itself."""

    def __init__(self, client: Any, config: dict, options: dict) -> None:
        self.client = client
        self.options = options
        self.single = config.get("secretName")

    def _names(self) -> list[str]:
        pages = self.client.get_paginator("list_secrets").paginate()
        return [found["Name"] for page in pages for found in page["SecretList"]]

    def _value(self, name: str) -> str | None:
        try:
            return self.client.get_secret_value(SecretId=name).get("SecretString")
        except self.client.exceptions.ResourceNotFoundException:
            return None

    def read(self, schema: KeySchema) -> dict[str, str]:
        """Return what is there, by key."""
        if self.single is None:
            return schema.keys({name: value for name in self._names() if (value := self._value(name)) is not None})
        name = schema.apply(self.single)
        try:
            found = json.loads(self._value(name) or "{}")
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise Refused(f"The secret {name} holds no JSON object")
        return {key: value if isinstance(value, str) else json.dumps(value) for key, value in found.items()}

    def write(self, secrets: dict[str, str], schema: KeySchema) -> None:
        """Write `secrets`. Others of the schema are deleted unless that is switched off; a JSON is replaced anyway."""
        if self.single is not None:
            self._put(schema.apply(self.single), json.dumps(secrets))
            return
        renamed = schema.applied(secrets)
        for name, value in renamed.items():
            # AWS refuses an empty value.
            if value:
                self._put(name, value)
        if not self.options.get("disableSecretDeletion"):
            for name in self._names():
                if name not in renamed and schema.key_of(name) is not None:
                    self._delete(name)

    def remove(self, secrets: dict[str, str], schema: KeySchema) -> None:
        """Remove these and nothing else; a JSON goes as a whole."""
        if self.single is not None:
            self._delete(schema.apply(self.single))
            return
        for name in schema.applied(secrets).keys() & set(self._names()):
            self._delete(name)

    def _delete(self, name: str) -> None:
        self.client.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)

    def _put(self, name: str, value: str) -> None:
        tags = _tags(self.options)
        # A key that somebody else has set is replaced.
        kms = {"KmsKeyId": self.options.get("keyId") or "alias/aws/secretsmanager"}
        present = self._value(name)
        if present is None:
            self.client.create_secret(Name=name, SecretString=value, **kms, **({"Tags": tags} if tags else {}))
            return
        described = self.client.describe_secret(SecretId=name)
        if present != value or described.get("KmsKeyId") != kms["KmsKeyId"]:
            self.client.update_secret(SecretId=name, SecretString=value, **kms)
        if "tags" in self.options:
            wanted = {tag["Key"] for tag in tags}
            surplus = [tag["Key"] for tag in described.get("Tags", []) if tag["Key"] not in wanted]
            if surplus:
                self.client.untag_resource(SecretId=name, TagKeys=surplus)
            if tags:
                self.client.tag_resource(SecretId=name, Tags=tags)


class ParameterStore:
    """One encrypted parameter for each key, directly below a path."""

    def __init__(self, client: Any, config: dict, options: dict) -> None:
        self.client = client
        self.options = options
        self.path = config["path"]

    def _found(self) -> dict[str, str]:
        pages = self.client.get_paginator("get_parameters_by_path").paginate(
            Path=self.path, Recursive=False, WithDecryption=True
        )
        return {found["Name"].removeprefix(self.path): found["Value"] for page in pages for found in page["Parameters"]}

    def read(self, schema: KeySchema) -> dict[str, str]:
        """Return what is there, by key."""
        return schema.keys(self._found())

    def write(self, secrets: dict[str, str], schema: KeySchema) -> None:
        """Write `secrets`, and delete others of the schema unless that is switched off."""
        if problem := schema.slash_problem():
            raise Refused(json.dumps({"message": problem}))
        present, renamed = self._found(), schema.applied(secrets)
        for name, value in renamed.items():
            # AWS refuses an empty value.
            if value:
                self._put(f"{self.path}{name}", value, present.get(name))
        if not self.options.get("disableSecretDeletion"):
            for name in present:
                if name not in renamed and schema.key_of(name) is not None:
                    self.client.delete_parameter(Name=f"{self.path}{name}")

    def remove(self, secrets: dict[str, str], schema: KeySchema) -> None:
        """Remove these and nothing else."""
        for name in sorted(schema.applied(secrets)):
            try:
                self.client.delete_parameter(Name=f"{self.path}{name}")
            except self.client.exceptions.ParameterNotFound:
                continue

    def _put(self, name: str, value: str, present: str | None) -> None:
        tags = _tags(self.options)
        kms = {"KeyId": self.options["keyId"]} if self.options.get("keyId") else {}
        if present != value or (kms and self._key_id(name) != kms["KeyId"]):
            self.client.put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=True, **kms)
        if "tags" in self.options:
            kind = {"ResourceType": "Parameter", "ResourceId": name}
            wanted = {tag["Key"] for tag in tags}
            found = self.client.list_tags_for_resource(**kind)["TagList"]
            surplus = [tag["Key"] for tag in found if tag["Key"] not in wanted]
            if surplus:
                self.client.remove_tags_from_resource(TagKeys=surplus, **kind)
            if tags:
                self.client.add_tags_to_resource(Tags=tags, **kind)

    def _key_id(self, name: str) -> str | None:
        filters = [{"Key": "Name", "Option": "Equals", "Values": [name]}]
        found = self.client.describe_parameters(ParameterFilters=filters)["Parameters"]
        return found[0].get("KeyId") if found else None
