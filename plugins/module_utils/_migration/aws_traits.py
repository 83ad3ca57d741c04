# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What secrets and parameters in AWS have beside their contents: KMS key, tags, type. A sync may replace these, too."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .._engine.shapes import MAPPING, NAME, TEXT, check, list_of, mapping, needed
from .aws import Connect

KEY, TAGS, TYPE = "KMS key", "tags", "type"
DESCRIBED = mapping(KmsKeyId=TEXT, Tags=list_of(MAPPING))
SECRETS = mapping(SecretList=needed(list_of(mapping(Name=NAME, KmsKeyId=TEXT, Tags=list_of(MAPPING)))))
PARAMETERS = mapping(Parameters=needed(list_of(mapping(Name=NAME, KeyId=TEXT, Type=TEXT))))
# The keys that AWS itself has for an account.
OWN_KEYS = "alias/aws/"


def traits(wanted: Mapping[str, Any], names: set[str], connect: Connect) -> dict[str, dict[str, str]]:
    """Return the traits of what was found at a destination (`wanted` and `names` as of `read_destination`), by name.

    Of several keys in one AWS secret, it is the secret that has them. What is empty is left out. Raises what boto3
    raises, and NotUnderstood.
    """
    config = wanted["destination_config"]
    if wanted["destination"] == "aws-parameter-store":
        found = dict(_of_parameters(connect("ssm", config["region"]), config["path"]))
    elif config.get("mapping_behavior") == "one-to-one":
        found = dict(_of_secrets(connect("secretsmanager", config["region"])))
    elif names:
        client, name = connect("secretsmanager", config["region"]), config["secret_name"]
        answer = client.describe_secret(SecretId=name)
        check(answer, needed(DESCRIBED), "the answer", "AWS's describe_secret")
        return {name: _of(answer.get("KmsKeyId"), answer.get("Tags"))}
    else:
        found = {}
    return {name: found[name] for name in sorted(names & found.keys())}


def _of(key: Any, tags: Any = None, kind: Any = None) -> dict[str, str]:
    own = sorted((str(tag.get("Key")), str(tag.get("Value"))) for tag in tags or [])
    # One of AWS is the same whether it was named or not.
    customers = "" if str(key or "").startswith(OWN_KEYS) else str(key or "")
    values = {KEY: customers, TAGS: json.dumps(own) if own else "", TYPE: str(kind or "")}
    return {trait: value for trait, value in values.items() if value}


def _of_secrets(client: Any) -> Iterator[tuple[str, dict[str, str]]]:
    for page in client.get_paginator("list_secrets").paginate():
        check(page, needed(SECRETS), "a page", "AWS's list_secrets")
        yield from ((row["Name"], _of(row.get("KmsKeyId"), row.get("Tags"))) for row in page["SecretList"])


def _of_parameters(client: Any, path: str) -> Iterator[tuple[str, dict[str, str]]]:
    filters = [{"Key": "Path", "Option": "OneLevel", "Values": [path.rstrip("/") or "/"]}]
    for page in client.get_paginator("describe_parameters").paginate(ParameterFilters=filters):
        check(page, needed(PARAMETERS), "a page", "AWS's describe_parameters")
        yield from ((row["Name"], _of(row.get("KeyId"), kind=row.get("Type"))) for row in page["Parameters"])


def label(name: str, trait: str) -> str:
    """Return the name under which a trait of a secret or parameter is compared."""
    return f"{name} ({trait})"


def without_traits(names: Iterable[str]) -> list[str]:
    """Return names without those of traits of what is among the names itself."""
    found = set(names)
    own = {label(name, trait) for name in found for trait in (KEY, TAGS, TYPE)}
    return sorted(found - own)


def merged(found: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Return the parts of a comparison without the traits of what is new or gone; any other trait counts as changed."""
    parts = {name: without_traits(names) for name, names in found.items()}
    suffixes = tuple(label("", trait) for trait in (KEY, TAGS, TYPE))
    for part in ("appeared", "vanished"):
        of_what_is_there = [name for name in parts[part] if name.endswith(suffixes)]
        parts[part] = [name for name in parts[part] if name not in of_what_is_there]
        parts["changed"] = sorted({*parts["changed"], *of_what_is_there})
    return parts


def customer_keys(found: Mapping[str, Mapping[str, str]]) -> set[str]:
    """Return the KMS keys of customers; an empty text stands for what is encrypted with a key of AWS."""
    return {one.get(KEY, "") for one in found.values()}
