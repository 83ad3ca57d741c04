# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What secrets and parameters in AWS have beside their contents: KMS key, tags, type. A sync may replace these, too."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .._engine.shapes import MAPPING, NAME, TEXT, check, list_of, mapping, needed
from .._errors import clean_text
from .aws import Connect, refusals

KEY, TAGS, TYPE, TIER = "KMS key", "tags", "type", "tier"
TRAITS = (KEY, TAGS, TYPE, TIER)
DESCRIBED = mapping(KmsKeyId=TEXT, Tags=list_of(MAPPING))
SECRETS = mapping(SecretList=needed(list_of(mapping(Name=NAME, KmsKeyId=TEXT, Tags=list_of(MAPPING)))))
PARAMETERS = mapping(Parameters=needed(list_of(mapping(Name=NAME, KeyId=TEXT, Type=TEXT, Tier=TEXT))))
TAG_LIST = mapping(TagList=needed(list_of(MAPPING)))
KEY_METADATA = mapping(KeyMetadata=needed(mapping(KeyManager=TEXT)))
# The keys that AWS itself has for an account.
OWN_KEYS = "alias/aws/"

Found = dict[str, dict[str, str]]


@dataclass
class Traits:
    """What was found, by the names of secrets and parameters: what is empty is left out.

    `unread` has a trait that could not be read, and why. `unsure`: KMS keys of which it can't be told whether they are
    AWS's own, and why.
    """

    found: Found = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)
    unsure: dict[str, str] = field(default_factory=dict)

    @property
    def customer_keys(self) -> set[str]:
        """The KMS keys of customers; an empty text stands for what is encrypted with a key of AWS."""
        return {one.get(KEY, "") for one in self.found.values()}


@dataclass
class TraitReader:
    """Reads traits with what `connect` gives; which keys are AWS's own is asked for once each."""

    connect: Connect
    _own: dict[tuple[str, str], str | bool] = field(default_factory=dict)

    def read(self, wanted: Mapping[str, Any], names: set[str], *, tags: bool) -> Traits:
        """Return the traits of what was found at a destination (`wanted` and `names` as of `read_destination`).

        Of several keys in one AWS secret, it is the secret that has them. Tags of parameters cost a request each, and
        are left out without `tags`.
        """
        result, config = Traits(), wanted["destination_config"]
        region = config["region"]
        if wanted["destination"] == "aws-parameter-store":
            client = self.connect("ssm", region)
            _into(result, (KEY, TYPE, TIER), lambda: dict(_of_parameters(client, config["path"])))
            if tags:
                _into(result, (TAGS,), lambda: {name: _tags_of(client, name) for name in sorted(names)})
        elif config.get("mapping_behavior") == "one-to-one" and wanted.get("names") is None:
            client = self.connect("secretsmanager", region)
            _into(result, (KEY, TAGS), lambda: dict(_of_secrets(client)))
        else:
            client = self.connect("secretsmanager", region)
            alone = config.get("mapping_behavior") == "one-to-one"
            single = [config["secret_name"]] if not alone and names else []
            secrets = sorted(names) if alone else single
            _into(result, (KEY, TAGS), lambda: {name: _described(client, name) for name in secrets})
            names = set(secrets)
        result.found = {name: result.found[name] for name in sorted(names & result.found.keys())}
        for one in result.found.values():
            self._settle_key(region, one, result)
        return result

    def _settle_key(self, region: str, one: dict[str, str], result: Traits) -> None:
        """Leave a KMS key out that is AWS's own: it is the same whether it was named or not."""
        key = one.get(KEY, "")
        own = self._is_own(region, key) if key else False
        if own is True:
            del one[KEY]
        elif own:
            result.unsure[key] = str(own)

    def _is_own(self, region: str, key: str) -> str | bool:
        """Tell whether a KMS key is AWS's own; a text says why that can't be told."""
        alias = key.rpartition(":")[2]
        if alias.startswith("alias/"):
            return alias.startswith(OWN_KEYS)
        if (region, key) not in self._own:
            self._own[region, key] = self._asked(region, key)
        return self._own[region, key]

    def _asked(self, region: str, key: str) -> str | bool:
        try:
            answer = self.connect("kms", region).describe_key(KeyId=key)
            check(answer, needed(KEY_METADATA), "the answer", "AWS's describe_key")
        except refusals() as error:
            return clean_text(error)
        return bool(answer["KeyMetadata"].get("KeyManager") == "AWS")


def _into(result: Traits, traits: Iterable[str], read: Callable[[], Found]) -> None:
    """Add what `read` gives; where it is refused, note of which traits. Contents may be readable where these aren't."""
    try:
        for name, one in read().items():
            result.found.setdefault(name, {}).update(one)
    except refusals() as error:
        result.unread.update(dict.fromkeys(traits, clean_text(error)))


def _of(key: Any = None, tags: Any = None, kind: Any = None, tier: Any = None) -> dict[str, str]:
    own = sorted((str(tag.get("Key")), str(tag.get("Value"))) for tag in tags or [])
    values = {KEY: str(key or ""), TAGS: json.dumps(own) if own else "", TYPE: str(kind or ""), TIER: str(tier or "")}
    return {trait: value for trait, value in values.items() if value}


def _described(client: Any, name: str) -> dict[str, str]:
    answer = client.describe_secret(SecretId=name)
    check(answer, needed(DESCRIBED), "the answer", "AWS's describe_secret")
    return _of(answer.get("KmsKeyId"), answer.get("Tags"))


def _of_secrets(client: Any) -> Iterator[tuple[str, dict[str, str]]]:
    for page in client.get_paginator("list_secrets").paginate():
        check(page, needed(SECRETS), "a page", "AWS's list_secrets")
        yield from ((row["Name"], _of(row.get("KmsKeyId"), row.get("Tags"))) for row in page["SecretList"])


def _of_parameters(client: Any, path: str) -> Iterator[tuple[str, dict[str, str]]]:
    filters = [{"Key": "Path", "Option": "OneLevel", "Values": [path.rstrip("/") or "/"]}]
    for page in client.get_paginator("describe_parameters").paginate(ParameterFilters=filters):
        check(page, needed(PARAMETERS), "a page", "AWS's describe_parameters")
        yield from (
            (row["Name"], _of(row.get("KeyId"), kind=row.get("Type"), tier=row.get("Tier")))
            for row in page["Parameters"]
        )


def _tags_of(client: Any, name: str) -> dict[str, str]:
    answer = client.list_tags_for_resource(ResourceType="Parameter", ResourceId=name)
    check(answer, needed(TAG_LIST), "the answer", "AWS's list_tags_for_resource")
    return _of(tags=answer["TagList"])


def label(name: str, trait: str) -> str:
    """Return the name under which a trait of a secret or parameter is compared."""
    return f"{name} ({trait})"


def without(digests: Mapping[str, str], unread: Iterable[str]) -> dict[str, str]:
    """Return digests without those of these traits."""
    suffixes = tuple(label("", trait) for trait in unread)
    return {name: digest for name, digest in digests.items() if not name.endswith(suffixes)}


def without_traits(names: Iterable[str]) -> list[str]:
    """Return names without those of traits of what is among the names itself."""
    found = set(names)
    own = {label(name, trait) for name in found for trait in TRAITS}
    return sorted(found - own)


def merged(found: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Return the parts of a comparison without the traits of what is new or gone; any other trait counts as changed."""
    parts = {name: without_traits(names) for name, names in found.items()}
    suffixes = tuple(label("", trait) for trait in TRAITS)
    for part in ("appeared", "vanished"):
        of_what_is_there = [name for name in parts[part] if name.endswith(suffixes)]
        parts[part] = [name for name in parts[part] if name not in of_what_is_there]
        parts["changed"] = sorted({*parts["changed"], *of_what_is_there})
    return parts
