# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalogue compared with the facts of the servers' sources as data: no difference is left unexplained.

The data has the API's names; a pattern there is often a description, so that only its presence is compared.
"""

from __future__ import annotations

import json
import os
import pathlib
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pytest
from ansible_collections.community.infisical.plugins.module_utils._catalog.apps import APPS, App
from ansible_collections.community.infisical.plugins.module_utils._catalog.destinations import (
    COMMON_OPTIONS,
    DESTINATIONS,
    Destination,
)
from ansible_collections.community.infisical.plugins.module_utils._catalog.names import api_name, from_api
from ansible_collections.community.infisical.plugins.module_utils._catalog.schema import FieldSpec

ROOT = pathlib.Path(__file__).parents[2]
CONTRACT = pathlib.Path(os.environ.get("INFISICAL_CONTRACT_DIR") or ROOT.parent / "shared" / "contract")
FORMATS = ("url", "uuid")
KINDS = {"string": "str", "boolean": "bool", "number": "int", "array": "list", "object": "dict"}

Facts = dict[str, Any]

# What the data says in sentences, and what became of each: first its rules, then its notes.
CONFIG_NEEDED = "nothing to check: a text that the service itself has to know"
NOT_RELEASED = "nothing: it is in a branch or an older version only"
DESTINATION_SENTENCES: dict[str, tuple[str, ...]] = {
    "aws-secrets-manager": (
        "a rule refuses metadata as tags where all secrets go into one",
        "unique_by refuses the same key in two tags",
        "config_needs_options sends the options along where only the config changes",
        "nothing: what a sync to one secret writes is said for all servers",
    ),
    "azure-key-vault": ("key_names doubts a key schema with _", NOT_RELEASED),
    "azure-devops": (
        "heeds_deletion_setting is false, and the setting has to be specified",
        "whole names the variable group by its environment",
        "whole says what goes",
    ),
    "gcp-secret-manager": ("for_new: a change is told to count for new secrets only",),
    "github": ("a rule needs repositories", "a rule refuses repositories"),
    "bitbucket": (CONFIG_NEEDED,),
    "vercel": ("a rule refuses it", "a rule needs one of both"),
    "netlify": (NOT_RELEASED,),
    "heroku": (CONFIG_NEEDED,),
    "flyio": (NOT_RELEASED,),
    "supabase": ("the name is required, as in the server's own schemas",),
    "cloudflare-pages": ("any environment passes",),
    "digital-ocean-app-platform": ("key_names refuses a key schema with which each sync would fail",),
    "octopus-deploy": ("there is no default_scope", "nothing to check: what Infisical did not write stays"),
    "azure-entra-id-scim": ("deletion_must_be_allowed", "secret_key is only_sent, secret_id only_read"),
    "external-infisical": ("key_schema is false, as in the newest list", "nothing to check: when a server tries again"),
    "camunda": ("any scope passes",),
    "spacelift": ("a rule needs mount_path", "key_names doubts names that are changed", "imports are refused"),
    "daytona": ("key_names refuses other names",),
    "cloudflare-secrets-store": ("key_names refuses other names",),
    "keeper-password-manager": ("known by name only",),
    "coolify": ("include_all_sub_folders is sent in both places, and imports are doubted",),
    "convex": ("not verified, so that nothing is refused for certain",),
}
APP_SENTENCES: dict[str, tuple[str, ...]] = {
    "aws": (
        "the pattern of sts_endpoint has the regions",
        "the external ID that a trust policy needs: its version decides in a migration's plan",
        "a refusal of AWS counts, whatever its status",
    ),
    "github": ("a rule needs host for a server",) * 3,
    "heroku": ("expires_at is a text that the server checks", "a rule needs a code or a refresh token"),
    "railway": ("nothing: a source",),
    "supabase": (NOT_RELEASED,),
    "convex": ("the app is known, as its connections are released",),
    "portainer": ("its method is not verified",),
    "keeper": ("known by name only",),
}

# By destination and fact: why the catalogue says something else than the data.
LABEL = "the server compares it, too, when it looks for duplicates; but it names a thing, or says how, and not where"
APART = "the server's look for duplicates leaves it out; but values under another one are other values"
DESTINATION_DIFFERENCES: dict[str, dict[str, str]] = {
    **{
        slug: {"options: tags.value.empty": "the data has no least length for it, which AWS itself lacks as well"}
        for slug in ("aws-secrets-manager", "aws-parameter-store")
    },
    "azure-app-configuration": {"label locates": APART},
    "azure-entra-id-scim": {"servicePrincipalDisplayName locates": LABEL},
    "circleci": dict.fromkeys(("orgName locates", "projectName locates"), LABEL),
    "cloudflare-secrets-store": {"storeName locates": LABEL},
    "coolify": {"resourceName locates": LABEL},
    "gcp-secret-manager": {"locationId locates": APART},
    "github": dict.fromkeys(("visibility locates", "selectedRepositoryIds locates"), LABEL),
    "gitlab": {"targetEnvironment locates": APART},
    "laravel-forge": dict.fromkeys(("orgName locates", "serverName locates", "siteName locates"), LABEL),
    "northflank": dict.fromkeys(("projectName locates", "secretGroupName locates"), LABEL),
    "octopus-deploy": dict.fromkeys(("projectName locates", "spaceName locates"), LABEL),
    "vercel": dict.fromkeys(("sensitive locates", "teamName locates"), LABEL),
}
# What came to the catalogue after the data was written, and from where.
NEWER_DESTINATIONS: dict[str, str] = {}
NEWER_APPS: dict[str, str] = {}
STRICTER = "the server takes any text, and finds out only when it logs in"
APP_DIFFERENCES: dict[str, dict[str, str]] = {
    "aws": {
        "assume-role: roleArn.restricted": STRICTER,
        "access-key: accessKeyId.restricted": "a temporary key, whose ID begins with ASIA, ends within hours",
    },
    "gcp": {"service-account-impersonation: serviceAccountEmail.restricted": STRICTER},
}


def data_of(name: str) -> dict[str, Any]:
    path = CONTRACT / name
    if not path.is_file():
        pytest.skip(f"The data of the servers' sources is not here: {path}")
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return data


# --- facts of the data ------------------------------------------------------------------------------------------------


def field_in_data(row: Mapping[str, Any]) -> Facts:
    kind, parts, choices = KINDS[row["type"]], row.get("items"), row.get("item_enum") or row.get("enum") or ()
    named = isinstance(choices, list | tuple)
    return {
        "kind": kind,
        "required": row["required"],
        "choices": set(choices) if named else set(),
        "restricted": ("pattern" in row and not isinstance(parts, dict)) or row.get("format") in FORMATS or not named,
        "longest": row.get("max"),
        "least": row.get("min") if kind in ("int", "list") else None,
        "items": ("dict" if isinstance(parts, dict) else KINDS[parts]) if parts else "",
        "unique": row.get("unique_by") or row.get("unique", False),
        "empty": bool(row.get("may_be_empty")) and row["required"],
        "cut": row.get("cut", ""),
        "only": "sent" if row.get("write_only") else "read" if row.get("read_only") else "",
    }


def fields_in_data(prefix: str, rows: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, row in rows.items():
        yield from ((f"{prefix}{name}.{fact}", value) for fact, value in field_in_data(row).items())
        parts = row.get("fields", {})
        if isinstance(row.get("items"), dict):
            # The data has the pattern of an item's parts beside the list.
            parts = {key: {**part, "pattern": row.get("pattern")} for key, part in row["items"].items()}
        yield from fields_in_data(f"{prefix}{name}.", parts)


def destination_in_data(row: Mapping[str, Any]) -> Facts:
    config, key = row["destination_config"], row["destination_config"]["discriminator"]
    facts = {
        "name": row["name"],
        "app": row["connection_app"],
        "plan": row["plan"],
        "imports": row["can_import"],
        "key schema": row["supports_key_schema"],
        "deletion can be disabled": row["supports_disable_secret_deletion"],
        "removes on deletion": row["can_remove_secrets_on_deletion"],
        "verified": row["confidence"] == "schema",
        "scopes": set(config["variants"]) if key == "scope" else set(),
    }
    if key == "scope":
        places = {f"{name}: ": {**config["common"], **own} for name, own in config["variants"].items()}
    else:
        # What only some values of a field ask for is a rule in the catalogue, and has a test of its own.
        own = {name: {**one, "required": False} for rows in config["variants"].values() for name, one in rows.items()}
        chosen = {key: {"type": "string", "required": True, "enum": list(config["variants"])}} if key else {}
        places = {"": {**config["common"], **chosen, **own}}
    for prefix, rows in places.items():
        facts.update(fields_in_data(prefix, rows))
    facts.update(fields_in_data("options: ", row["sync_options"]))
    ignored = {name.partition(" ")[0] for name in row["duplicate_check_ignores"]}
    for rows in places.values():
        facts.update({f"{name} locates": name not in ignored for name in rows})
    return facts


def app_in_data(row: Mapping[str, Any]) -> Facts:
    facts = {
        "name": row["name"],
        "plan": row["plan"],
        "gateway": row["accepts_gateway"],
        "methods": set(row["methods"]),
        "browser": {
            name for name, fields in row["methods"].items() if any(one.get("browser") for one in fields.values())
        },
    }
    for method, rows in row["methods"].items():
        facts.update(fields_in_data(f"{method}: ", rows))
    return facts


# --- facts of the catalogue -------------------------------------------------------------------------------------------


def field_facts(spec: FieldSpec) -> Facts:
    return {
        "kind": spec.kind,
        "required": spec.required,
        "choices": set(spec.choices),
        "restricted": bool(spec.pattern and not spec.newer),
        "longest": spec.max_items or spec.max_length or None,
        "least": spec.least,
        "items": spec.items,
        "unique": spec.unique_by or spec.unique,
        "empty": spec.may_be_empty and spec.required,
        "cut": spec.cut,
        "only": "sent" if spec.only_sent else "read" if spec.only_read else "",
    }


def fields_in_catalogue(prefix: str, specs: Iterable[FieldSpec]) -> Iterator[tuple[str, Any]]:
    for spec in specs:
        name = f"{prefix}{api_name(spec.name)}"
        yield from ((f"{name}.{fact}", value) for fact, value in field_facts(spec).items())
        yield from fields_in_catalogue(f"{name}.", spec.fields)


def destination_facts(entry: Destination) -> Facts:
    facts = {
        "name": entry.name,
        "app": entry.app or None,
        "plan": entry.plan or None,
        "imports": entry.can_import,
        "key schema": entry.key_schema,
        "deletion can be disabled": not entry.deletion_must_be_allowed,
        "removes on deletion": entry.can_remove,
        "verified": entry.verified,
        "scopes": set(entry.scopes),
    }
    for scope in entry.scopes or ("",):
        fields = entry.fields_for(scope)[1:] if scope else entry.fields
        facts.update(fields_in_catalogue(f"{scope}: " if scope else "", fields))
        facts.update({f"{api_name(item.name)} locates": item.locates for item in fields})
    facts.update(fields_in_catalogue("options: ", entry.options))
    return facts


def app_facts(entry: App) -> Facts:
    facts = {
        "name": entry.name,
        "plan": entry.plan or None,
        "gateway": bool(entry.gateway),
        "methods": {way.name for way in entry.methods},
        "browser": {way.name for way in entry.methods if way.browser_only},
    }
    for way in entry.methods:
        facts.update(fields_in_catalogue(f"{way.name}: ", way.credentials))
    return facts


# --- the comparison ---------------------------------------------------------------------------------------------------


def check_unlike(ours: Facts, theirs: Facts, explained: Mapping[str, str]) -> None:
    """Fail for each fact that differs without a reason, and for each reason without a difference."""
    missing = object()
    unlike = {
        fact: (ours.get(fact), theirs.get(fact))
        for fact in {**ours, **theirs}
        if ours.get(fact, missing) != theirs.get(fact, missing)
    }
    assert {fact: pair for fact, pair in unlike.items() if fact not in explained} == {}
    assert set(explained) <= set(unlike)


@pytest.mark.parametrize("slug", sorted(DESTINATIONS))
def test_a_destination_is_as_its_sources_say(slug: str) -> None:
    rows = data_of("destinations.json")["destinations"]
    if slug in rows:
        check_unlike(
            destination_facts(DESTINATIONS[slug]),
            destination_in_data(rows[slug]),
            DESTINATION_DIFFERENCES.get(slug, {}),
        )


def test_every_destination_is_known() -> None:
    assert {*data_of("destinations.json")["destinations"], *NEWER_DESTINATIONS} == set(DESTINATIONS)


def test_the_common_options_are_as_their_sources_say() -> None:
    ours = dict(fields_in_catalogue("", COMMON_OPTIONS))
    explained = {"keySchema.longest": "the assembled server has this limit: it is a doubt, and refuses nothing"}
    check_unlike(ours, dict(fields_in_data("", data_of("destinations.json")["common"]["sync_options"])), explained)


@pytest.mark.parametrize("slug", sorted(APPS))
def test_an_app_is_as_its_sources_say(slug: str) -> None:
    rows = data_of("apps.json")["apps"]
    if slug in rows:
        check_unlike(app_facts(APPS[slug]), app_in_data(rows[slug]), APP_DIFFERENCES.get(slug, {}))


def sentences_in(data: Any) -> Iterator[str]:
    """Yield what the data says in sentences, rules first."""
    if isinstance(data, dict):
        for part in data.values():
            yield from sentences_in(part)
        if isinstance(data.get("rule"), str):
            yield data["rule"]
        for kind in ("rules", "notes"):
            yield from data.get(kind, ())


@pytest.mark.parametrize(
    ("file", "key", "ours"),
    [
        ("destinations.json", "destinations", DESTINATION_SENTENCES),
        ("apps.json", "apps", APP_SENTENCES),
    ],
)
def test_what_became_of_each_sentence_is_said(file: str, key: str, ours: Mapping[str, tuple[str, ...]]) -> None:
    found = {slug: list(sentences_in(row)) for slug, row in data_of(file)[key].items()}
    assert {slug: len(said) for slug, said in ours.items()} == {slug: len(one) for slug, one in found.items() if one}


def names_in(data: Any) -> Iterator[str]:
    """Yield the names of the API's fields in the data: what holds a type, below fields, variants and methods."""
    if isinstance(data, dict):
        yield from (name for name, row in data.items() if isinstance(row, dict) and isinstance(row.get("type"), str))
        for part in data.values():
            yield from names_in(part)


def test_each_name_has_a_natural_spelling_that_leads_back() -> None:
    names = {*names_in(data_of("destinations.json")), *names_in(data_of("apps.json"))}
    assert {"clusterUUID", "gitHubAppId", "vaultBaseUrl", "roleArn", "scopeValues"} <= names
    for name in names:
        [option] = from_api({name: ""})
        assert api_name(option) == name
        assert not re.search(r"_[a-z](_|$)|git_hub", option), option


def test_every_app_is_known() -> None:
    data = data_of("apps.json")
    assert {*data["apps"], *data["apps_without_secret_sync"], *NEWER_APPS} == set(APPS)
