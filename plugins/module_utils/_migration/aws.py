# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is at a destination in AWS, as names and digests: enough to tell whether something changed, and no more."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import traceback
from collections.abc import Callable, Iterator, Mapping
from threading import Lock
from typing import Any

from .._catalog.names import SECRET_KEY
from .._engine.results import OBJECT
from .._engine.shapes import FLAG, MAPPING, NAME, SENTENCE, TEXT, Shape, check, list_of, mapping, needed
from .._engine.task import Task
from .._errors import InputError, NotUnderstood, clean_text, listed

try:
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    BOTO3_IMPORT_ERROR = None
except ImportError:
    boto3 = None
    BotoCoreError = ClientError = Exception
    BOTO3_IMPORT_ERROR = traceback.format_exc()

SERVICES = {"aws-secrets-manager": "secretsmanager", "aws-parameter-store": "ssm"}
# Options of the module, and what boto3 calls them.
SESSION = {
    "access_key_id": "aws_access_key_id",
    "secret_access_key": "aws_secret_access_key",
    "session_token": "aws_session_token",
    "profile": "profile_name",
}
CONTENT = Shape("text or bytes", lambda value: isinstance(value, (str, bytes)))
SECRET_PAGE = mapping(SecretList=needed(list_of(mapping(Name=NAME))))
PARAMETER_PAGE = mapping(Parameters=needed(list_of(mapping(Name=NAME, Value=needed(TEXT)))))
DIFFERENCES = ("appeared", "vanished", "changed")
# What stands under the keys of the result.
DESTINATION_KEYS = {
    "destinations": OBJECT,
    "digests": NAME,
    **dict.fromkeys(("read", "same"), FLAG),
    **dict.fromkeys(DIFFERENCES, NAME),
    **dict.fromkeys(("reason", "difference"), SENTENCE),
}
NO_BOTO3 = "boto3 is not installed where this task runs."


def show_destinations(task: Task) -> dict[str, Any]:
    """Carry out a task of infisical_destination_info: read each destination, and compare it with what was there."""
    before = {row["name"]: row for row in _checked(task.params["before"] or [])}
    rows = []
    for wanted in task.params["destinations"]:
        if BOTO3_IMPORT_ERROR:
            now: dict[str, Any] = {"name": wanted["name"], "read": False, "reason": NO_BOTO3, "digests": {}}
        else:
            now = read_destination(wanted, task.params)
        rows.append({**now, **compare(now, before.get(wanted["name"]))})
    return {"changed": False, "destinations": rows}


def _checked(before: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for row in before:
        if not (isinstance(row.get("name"), str) and isinstance(row.get("digests"), dict)):
            raise InputError(
                "before must be what this module returned as destinations, but an entry has no name or no digests."
            )
    return before


Connect = Callable[[str, str], Any]


def connect(options: Mapping[str, Any]) -> Connect:
    """Return what gives the client of a service in a region, for a login to AWS; each is made once, as that is slow."""
    made: dict[Any, Any] = {}
    lock = Lock()

    def client(service: str, region: str) -> Any:
        with lock:
            if not made:
                login = {name: options[option] for option, name in SESSION.items() if options.get(option)}
                made["session"] = boto3.Session(**login)
            if (service, region) not in made:
                url = options.get("endpoint_url") or None
                made[service, region] = made["session"].client(service, region_name=region, endpoint_url=url)
            return made[service, region]

    return client


def session_key(options: Mapping[str, Any]) -> str:
    """Return the ID of the access key that boto3 finds for a login that names none; empty where it finds none."""
    if BOTO3_IMPORT_ERROR:
        return ""
    try:
        login = {name: options[option] for option, name in SESSION.items() if options.get(option)}
        found = boto3.Session(**login).get_credentials()
        return str(found.access_key) if found else ""
    except refusals():
        return ""


def read_destination(
    wanted: Mapping[str, Any], options: Mapping[str, Any], client: Connect | None = None
) -> dict[str, Any]:
    """Return what is at one destination: `read`, with its `digests`, or else with the `reason` why not.

    `wanted` has `name`, `destination`, `destination_config`, `key_schema` and, for secrets that each have a name of
    their own, maybe `names`: no others are read then. `options` has the key and how to log in to AWS. `client` is what
    `connect` gives for the same login, to be used for several destinations.
    """
    try:
        digests = dict(_digests(wanted, options, client or connect(options)))
    except refusals() as error:
        text = f"its destination_config has no {error}" if isinstance(error, KeyError) else clean_text(error)
        return {"name": wanted["name"], "read": False, "reason": text, "digests": {}}
    return {"name": wanted["name"], "read": True, "reason": "", "digests": digests}


def refusals() -> tuple[type[Exception], ...]:
    """Return what is raised where AWS, or what stands for its login, refuses to tell."""
    return BotoCoreError, ClientError, NotUnderstood, KeyError, ValueError


def compare(now: Mapping[str, Any], before: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what differs between two readings: `same` is None where one of them is missing."""
    if not (before and before.get("read") and now["read"]):
        return {"same": None, "difference": "", **{name: [] for name in DIFFERENCES}}
    old, new = before["digests"], now["digests"]
    found = {
        "appeared": sorted(new.keys() - old.keys()),
        "vanished": sorted(old.keys() - new.keys()),
        "changed": sorted(name for name in old.keys() & new.keys() if old[name] != new[name]),
    }
    parts = [f"{word} {listed(names)}" for word, names in found.items() if names]
    text = f"The destination has changed: {'; '.join(parts)}." if parts else ""
    return {"same": not parts, "difference": text, **found}


def _digests(wanted: Mapping[str, Any], options: Mapping[str, Any], connected: Connect) -> Iterator[tuple[str, str]]:
    service = SERVICES.get(wanted["destination"])
    if service is None:
        raise ValueError(f"destinations of the type {wanted['destination']} can't be read.")
    config = wanted["destination_config"]
    client = connected(service, config["region"])
    read: Callable[[Any, Mapping[str, Any], Mapping[str, Any]], Iterator[tuple[str, Any]]]
    read = _parameters if service == "ssm" else _secrets
    for name, value in read(client, config, wanted):
        yield name, digest(options["key"], name, value)


def digest(key: str, name: str, value: Any) -> str:
    """Return the keyed digest of a value under a name: two secrets of one value don't show that they are."""
    content = value if isinstance(value, bytes) else str(value).encode()
    return hmac.new(key.encode(), name.encode() + b"\0" + content, hashlib.sha256).hexdigest()


def _secrets(client: Any, config: Mapping[str, Any], wanted: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    if config.get("mapping_behavior", "many-to-one") == "many-to-one":
        value = _value(client, config["secret_name"])
        try:
            parts = json.loads(value) if isinstance(value, str) else None
        except (ValueError, RecursionError):
            parts = None
        if isinstance(parts, dict):
            yield from ((name, json.dumps(part)) for name, part in parts.items())
        elif value is not None:
            yield config["secret_name"], value
        return
    names = wanted.get("names")
    for name in _names(client, wanted.get("key_schema")) if names is None else sorted(names):
        value = _value(client, name)
        if value is not None:
            yield name, value


def _names(client: Any, key_schema: str | None) -> Iterator[str]:
    fits = _pattern(key_schema)
    for page in client.get_paginator("list_secrets").paginate():
        check(page, needed(SECRET_PAGE), "a page", "AWS's list_secrets")
        # What a service of AWS manages, nobody else writes.
        yield from (
            found["Name"]
            for found in page["SecretList"]
            if fits.fullmatch(found["Name"]) and not found.get("OwningService")
        )


def _value(client: Any, name: str) -> Any:
    try:
        answer = client.get_secret_value(SecretId=name)
    except client.exceptions.ResourceNotFoundException:
        return None
    except ClientError as error:
        # It is listed no more, and can be read no more.
        if "marked for deletion" in str(error):
            return None
        raise
    check(answer, needed(MAPPING), "the answer", "AWS's get_secret_value")
    value = answer.get("SecretString", answer.get("SecretBinary"))
    # A secret without a value would count as one that has vanished.
    check(value, needed(CONTENT), "SecretString", "AWS's get_secret_value")
    return value


def _parameters(client: Any, config: Mapping[str, Any], wanted: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    fits = _pattern(wanted.get("key_schema"))
    pages = client.get_paginator("get_parameters_by_path")
    for page in pages.paginate(Path=config["path"], Recursive=False, WithDecryption=True):
        check(page, needed(PARAMETER_PAGE), "a page", "AWS's get_parameters_by_path")
        found = [(row["Name"], row["Value"]) for row in page["Parameters"]]
        yield from (pair for pair in found if fits.fullmatch(pair[0].removeprefix(config["path"])))


def _pattern(key_schema: str | None) -> re.Pattern[str]:
    """Return what the names of a key schema look like; without one, all names."""
    text = re.escape(key_schema or SECRET_KEY)
    for placeholder in (SECRET_KEY, "{{environment}}"):
        text = text.replace(re.escape(placeholder), ".+")
    return re.compile(text)
