# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the simulated server writes secrets: AWS through boto3, everything else into a recorded sink."""

from __future__ import annotations

import json
import re
import threading
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from .aws_syncs import ParameterStore, Refused, SecretsManager
from .errors import ApiError, bad_request
from .generations import Generation
from .holdings import Holdings
from .state import INTEGRATION_FIELDS
from .sync_destinations import AWS_REGIONS, DESTINATIONS, NEWEST_DESTINATIONS, KeySchema

_AWS_STORES = {
    "aws-secrets-manager": ("secretsmanager", SecretsManager),
    "aws-parameter-store": ("ssm", ParameterStore),
}
AWS_SLUGS = ("aws-secret-manager", "aws-parameter-store")

# What the server signs with where an auth names a role instead of keys.
SERVER_CREDENTIALS = ("simulator-server-key", "simulator-server-secret")


def _check_token_service(endpoint: str) -> None:
    """Raise the 400 of an endpoint of AWS STS whose host has no region that the server knows."""
    labels = (urlsplit(endpoint).hostname or "").split(".")
    if next((after for label, after in pairwise(labels) if label in ("sts", "sts-fips")), None) not in AWS_REGIONS:
        raise bad_request(
            f'STS endpoint must target a supported AWS region. "{endpoint}" does not resolve to a supported region.'
        )


class DestinationError(Exception):
    """A refusal of the destination; its text becomes the integration's sync message."""


def _as_written(destination: str, secrets: dict[str, str]) -> dict[str, str]:
    """Return secrets by the names that a destination writes; raise DestinationError for one that it does not take."""
    entry = {**DESTINATIONS, **NEWEST_DESTINATIONS}[destination]
    for name in secrets:
        if not re.fullmatch(entry.written, name, re.DOTALL):
            raise DestinationError(f"{entry.name} does not take the name {name!r}")
    return {entry.cleaned(name): value for name, value in secrets.items()}


class MissingCredentials(Exception):
    """The auth holds nothing to log in with: a job fails on it as a whole and stores nothing."""


class Destinations:
    """Writes secrets to where an integration points."""

    def __init__(
        self, generation: Generation, aws_endpoint_url: str | None, aws_credentials: dict[str, str] | None
    ) -> None:
        self.generation = generation
        self.aws_endpoint_url = aws_endpoint_url
        self.aws_credentials = aws_credentials
        self.sink: list[dict] = []
        self.holdings = Holdings()
        self._lock = threading.Lock()
        # Making a client takes far longer than using it.
        self._clients: dict[tuple, Any] = {}

    def check_credentials(self, credentials: dict) -> None:
        """Raise MissingCredentials for an auth without any."""
        if not any(credentials.get(name) for name in ("accessToken", "refreshToken", "awsAssumeIamRoleArn")):
            raise MissingCredentials("no credentials stored")

    # app connections and secret syncs

    def check_connection(self, app: str, method: str, credentials: dict) -> None:
        """Raise the error of credentials that the provider refuses: wrong AWS keys, and whatever says "invalid"."""
        if credentials.get("stsEndpoint"):
            _check_token_service(credentials["stsEndpoint"])
        refused = any(isinstance(value, str) and "invalid" in value for value in credentials.values())
        if refused and (app, method) == ("aws", "assume-role"):
            # This is the provider's own text.
            text = "User: arn:aws:iam::1:user/infisical is not authorized to perform: sts:AssumeRole"
            raise ApiError(500, "InternalServerError", text)
        if (app, method) == ("aws", "access-key"):
            try:
                self._known_keys(credentials["accessKeyId"], credentials["secretAccessKey"])
            except DestinationError:
                refused = True
        if refused:
            raise bad_request("Unable to validate connection: verify credentials")

    def _store(self, sync: dict, credentials: dict) -> SecretsManager | ParameterStore | None:
        """Return where a sync writes, or None for the sink; raise DestinationError for keys that aren't good."""
        if sync["destination"] not in _AWS_STORES:
            return None
        keys = SERVER_CREDENTIALS
        if "accessKeyId" in credentials:
            keys = self._known_keys(credentials["accessKeyId"], credentials["secretAccessKey"])
        if self.aws_endpoint_url is None:
            return None
        service, store = _AWS_STORES[sync["destination"]]
        config = sync["destinationConfig"]
        return store(self._client(service, config["region"], keys), config, sync["syncOptions"])

    def sync_import(self, sync: dict, credentials: dict, schema: KeySchema) -> dict[str, str]:
        """Return the secrets at a sync's destination by their keys."""
        try:
            store = self._store(sync, credentials)
            return store.read(schema) if store else schema.keys(self.held_by_sync(sync))
        except (ClientError, BotoCoreError, Refused) as error:
            raise DestinationError(str(error)) from error

    def sync_write(
        self, sync: dict, credentials: dict, schema: KeySchema, secrets: dict[str, str], removes: bool = False
    ) -> None:
        """Write a sync's secrets, or remove just them; raise DestinationError when the destination refuses."""
        try:
            store = self._store(sync, credentials)
            if store and removes:
                store.remove(secrets, schema)
            elif store:
                store.write(secrets, schema)
        except (ClientError, BotoCoreError) as error:
            raise DestinationError(str(error)) from error
        if store is None:
            options, renamed = sync["syncOptions"], schema.applied(secrets)
            if not removes:
                renamed = _as_written(sync["destination"], renamed)
            entry = {"kind": "secret-sync", "action": "remove" if removes else "sync", "id": sync["id"]}
            entry.update(destination=sync["destination"], config=dict(sync["destinationConfig"]))
            entry.update(options=dict(options), secrets=renamed)
            with self._lock:
                self.sink.append({**entry, "deletes": not options.get("disableSecretDeletion")})
                if removes:
                    self.holdings.remove(sync, set(renamed))
                else:
                    self.holdings.sync(sync, renamed, schema)

    def held_by_sync(self, sync: dict) -> dict[str, str]:
        """Return what a sync's destination outside of AWS holds; the mapping may be changed."""
        with self._lock:
            return self.holdings.of_sync(sync)

    def held_by_integration(self, integration: dict) -> dict[str, str]:
        """Return what a native integration's destination outside of AWS holds; the mapping may be changed."""
        with self._lock:
            return self.holdings.of_integration(integration)

    # native integrations

    def write(self, integration: dict, credentials: dict, secrets: dict[str, str]) -> None:
        """Write a folder's secrets; raise DestinationError when the destination refuses them."""
        metadata = integration["metadata"]
        prefix, suffix = metadata.get("secretPrefix") or "", metadata.get("secretSuffix") or ""
        renamed = {f"{prefix}{key}{suffix}": value for key, value in secrets.items()}
        if integration["integration"] in AWS_SLUGS:
            keys = self._aws_keys(integration, credentials)
            if self.aws_endpoint_url is not None:
                try:
                    self._write_aws(integration, keys, renamed)
                except (ClientError, BotoCoreError) as error:
                    raise DestinationError(str(error)) from error
                return
        entry = {name: integration[name] for name in INTEGRATION_FIELDS if integration[name] is not None}
        entry.update(
            id=integration["id"],
            integration=integration["integration"],
            metadata=dict(metadata),
            secrets=renamed,
        )
        with self._lock:
            self.sink.append(entry)
            self.holdings.write(integration, renamed)

    def delete_written(self, integration: dict, keys: list[str]) -> None:
        """Delete what a native integration wrote at its destination, as a removal asks for."""
        metadata = integration["metadata"]
        prefix, suffix = metadata.get("secretPrefix") or "", metadata.get("secretSuffix") or ""
        with self._lock:
            self.holdings.delete(integration, {f"{prefix}{key}{suffix}" for key in keys})

    def _aws_keys(self, integration: dict, credentials: dict) -> tuple[str, str]:
        if not integration["region"]:
            raise DestinationError("Region is missing")
        if credentials.get("awsAssumeIamRoleArn"):
            return SERVER_CREDENTIALS
        return self._known_keys(credentials.get("accessId") or "", credentials.get("accessToken") or "")

    def _known_keys(self, key: str, secret: str) -> tuple[str, str]:
        known = bool(key and secret) if self.aws_credentials is None else self.aws_credentials.get(key) == secret
        if not known:
            raise DestinationError("The security token included in the request is invalid.")
        return key, secret

    def _client(self, service: str, region: str, keys: tuple[str, str]) -> Any:
        wanted = (service, region, keys)
        if wanted not in self._clients:
            self._clients[wanted] = boto3.client(
                service,
                region_name=region,
                aws_access_key_id=keys[0],
                aws_secret_access_key=keys[1],
                endpoint_url=self.aws_endpoint_url,
                config=Config(retries={"max_attempts": 1}, connect_timeout=5, read_timeout=10),
            )
        return self._clients[wanted]

    def _write_aws(self, integration: dict, keys: tuple[str, str], secrets: dict[str, str]) -> None:
        metadata = integration["metadata"]
        if integration["integration"] == "aws-parameter-store":
            self._write_parameters(self._client("ssm", integration["region"], keys), integration, secrets)
            return
        client = self._client("secretsmanager", integration["region"], keys)
        if metadata.get("mappingBehavior") == "one-to-one":
            for name, value in secrets.items():
                self._write_secret(client, metadata, name, value)
        # Without a name nothing can be written, and the recorded server calls that a success.
        elif integration["app"]:
            self._write_secret(client, metadata, integration["app"], json.dumps(secrets))

    def _write_secret(self, client: Any, metadata: dict, name: str, value: str) -> None:
        tags = [{"Key": tag["key"], "Value": tag["value"]} for tag in metadata.get("secretAWSTag") or []]
        kms = {"KmsKeyId": metadata["kmsKeyId"]} if metadata.get("kmsKeyId") else {}
        try:
            present = client.get_secret_value(SecretId=name)["SecretString"]
        except client.exceptions.ResourceNotFoundException:
            if value:
                client.create_secret(Name=name, SecretString=value, **kms, **({"Tags": tags} if tags else {}))
            return
        if not value:
            force = {"ForceDeleteWithoutRecovery": True} if self.generation.deletes_aws_secrets_at_once else {}
            client.delete_secret(SecretId=name, **force)
            return
        described = client.describe_secret(SecretId=name)
        if present != value or (kms and described.get("KmsKeyId") != kms["KmsKeyId"]):
            client.update_secret(SecretId=name, SecretString=value, **kms)
        if "secretAWSTag" in metadata:
            wanted = {tag["Key"] for tag in tags}
            surplus = [tag["Key"] for tag in described.get("Tags", []) if tag["Key"] not in wanted]
            if surplus:
                client.untag_resource(SecretId=name, TagKeys=surplus)
            if tags:
                client.tag_resource(SecretId=name, Tags=tags)

    def _write_parameters(self, client: Any, integration: dict, secrets: dict[str, str]) -> None:
        metadata, path = integration["metadata"], integration["path"]
        if not path:
            raise DestinationError("The path of the parameters is missing")
        present: dict[str, str] = {}
        pages = client.get_paginator("get_parameters_by_path")
        for page in pages.paginate(Path=path, Recursive=False, WithDecryption=True):
            present.update({found["Name"]: found["Value"] for found in page["Parameters"]})
        kms = {"KeyId": metadata["kmsKeyId"]} if metadata.get("kmsKeyId") else {}
        tags = [{"Key": tag["key"], "Value": tag["value"]} for tag in metadata.get("secretAWSTag") or []]
        for key, value in secrets.items():
            name = f"{path}{key}"
            # AWS refuses an empty value, so an empty secret isn't written.
            if value and present.get(name) != value:
                client.put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=True, **kms)
            if value and tags:
                client.add_tags_to_resource(ResourceType="Parameter", ResourceId=name, Tags=tags)
        if not metadata.get("shouldDisableDelete"):
            for name in set(present) - {f"{path}{key}" for key in secrets}:
                client.delete_parameter(Name=name)
