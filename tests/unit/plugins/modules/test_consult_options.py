# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a server itself says that a destination can do counts more than the catalogue, where a task asks for that."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.community.infisical.plugins.modules import infisical_secret_syncs
from ansible_collections.community.infisical.tests.unit.plugins.harness import (
    CONNECTION_ID,
    CREATED_SYNC,
    MANY,
    OTHER_SYNC_ID,
    PROJECT,
    SYNC_ID,
    SYNCS,
    Result,
    Server,
    api_sync,
    lists_syncs,
    not_found,
    run_sync,
)

CHECK = pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
IMPORT, REMOVE = "canImportSecrets", "canRemoveSecretsOnDeletion"
RENAME, KEEP = "supportsKeySchema", "supportsDisableSecretDeletion"
ALL = dict.fromkeys((IMPORT, REMOVE, RENAME, KEEP), True)
SCHEMA = "A_{{secretKey}}"
ITEM = {
    "name": "app-dev",
    "connection_id": CONNECTION_ID,
    "environment": "dev",
    "secret_path": "/app",
    "check_duplicates": "ignore",
    "consult_options": True,
}
# Destinations, and settings with which each takes a sync.
FLYIO = {"destination": "flyio", "destination_config": {"app_id": "web"}}
HEROKU = {"destination": "heroku", "destination_config": {"app": "web", "app_name": "web"}}
SCIM = {
    "destination": "azure-entra-id-scim",
    "destination_config": {"service_principal_id": PROJECT},
    "sync_options": {"secret_key": "SCIM_TOKEN"},
}
OTHER = {"destination": "infisical", "destination_config": {"a": "b"}}
API_CONFIGS = {
    "flyio": {"appId": "web"},
    "heroku": {"app": "web", "appName": "web"},
    "azure-entra-id-scim": {"servicePrincipalId": PROJECT},
    "infisical": {"a": "b"},
}
FIRST = {"initialSyncBehavior": "overwrite-destination", "disableSecretDeletion": True}


def offers(server: Server, slug: str, **abilities: Any) -> None:
    rows = [{"destination": slug, "name": slug, "connection": slug, **abilities}]
    server.expects("GET", f"{SYNCS}/options", {"secretSyncOptions": rows})


def creates(server: Server, slug: str, **options: Any) -> None:
    sync = {"destinationConfig": API_CONFIGS[slug], "syncOptions": {**FIRST, **options}}
    body = {
        **CREATED_SYNC,
        **sync,
    }
    server.expects("POST", f"{SYNCS}/{slug}", {"secretSync": there(slug, **options)}, body=body)


def removes(server: Server, slug: str) -> None:
    """A removal that deletes at the destination, and the look that shows its end."""
    path = f"{SYNCS}/{slug}/{SYNC_ID}"
    server.expects("DELETE", path, {"secretSync": there(slug)}, query={"removeSecrets": "true"})
    server.expects("GET", path, **not_found())


def there(slug: str, **options: Any) -> dict[str, Any]:
    shown = {key: value for key, value in {**FIRST, **options}.items() if key != "secretKey"}
    return api_sync(destination=slug, destinationConfig=API_CONFIGS[slug], syncOptions=shown)


def run(server: Server, many: bool, check: bool = False, **options: Any) -> tuple[Result, dict]:
    return run_sync(server, many, {**ITEM, **options}, check=check)


# --- what a server can't do -------------------------------------------------------------------------------------------

IMPORTS = {"initial_sync_behavior": "import-prioritize-source"}
REFUSED: dict[str, tuple[dict, str, str]] = {
    "import at first": (
        {**HEROKU, "sync_options": IMPORTS},
        IMPORT,
        "sync_options.initial_sync_behavior import-prioritize-source: this server can't import from heroku.",
    ),
    "import each time": (
        {**HEROKU, "import_secrets": "prioritize-source"},
        IMPORT,
        "import_secrets: this server can't import from heroku.",
    ),
    "key schema": (
        {**FLYIO, "sync_options": {"key_schema": SCHEMA}},
        RENAME,
        "sync_options.key_schema: this server uses no key schema for flyio. Leave it out.",
    ),
    "deletion disabled": (
        {**FLYIO, "sync_options": {"disable_secret_deletion": True}},
        KEEP,
        "sync_options.disable_secret_deletion: this server accepts only false for flyio, and each sync deletes there",
    ),
    "deletion disabled by default": (
        FLYIO,
        KEEP,
        "sync_options.disable_secret_deletion: this server accepts only false for flyio, and each sync deletes there",
    ),
    "unknown to the catalogue": (
        OTHER,
        KEEP,
        "sync_options.disable_secret_deletion: this server accepts only false for infisical, and each sync",
    ),
}


@MANY
@CHECK
@pytest.mark.parametrize("validate", ["warn", "off"])
@pytest.mark.parametrize(("options", "ability", "message"), REFUSED.values(), ids=REFUSED)
def test_what_the_server_can_not_do_is_refused(
    server: Server, options: dict, ability: str, message: str, validate: str, check: bool, many: bool
) -> None:
    slug = options["destination"]
    lists_syncs(server)
    offers(server, slug, **{**ALL, ability: False})
    result, _part = run(server, many, check, **options, validate=validate)
    assert message in result.msg
    assert result["error_kind"] == "input"
    told = [text for text in result.warnings if "this server denies that" in text]
    assert len(told) == (0 if options is OTHER else 1)


@MANY
@CHECK
def test_a_removal_that_the_server_can_not_do_is_refused(server: Server, check: bool, many: bool) -> None:
    lists_syncs(server, there("flyio"))
    offers(server, "flyio", **{**ALL, REMOVE: False})
    result, _part = run(server, many, check, state="absent", delete_destination_secrets=True)
    assert "delete_destination_secrets: this server can't delete what it wrote to flyio. Leave it out" in result.msg
    assert result["error_kind"] == "input"


@MANY
@CHECK
def test_of_a_destination_that_the_server_does_not_name_a_removal_is_tried(
    server: Server, check: bool, many: bool
) -> None:
    lists_syncs(server, there("flyio"))
    offers(server, "heroku", **ALL)
    if not check:
        removes(server, "flyio")
    result, _part = run(server, many, check, state="absent", delete_destination_secrets=True)
    assert (result.failed, result.changed) == (False, True)


@MANY
def test_a_removal_needs_nothing_of_what_else_the_task_says(server: Server, many: bool) -> None:
    lists_syncs(server, there("flyio"))
    offers(server, "flyio", **{**ALL, RENAME: False})
    more = {"sync_options": {"key_schema": SCHEMA}}
    result, _part = run(server, many, True, state="absent", delete_destination_secrets=True, **more)
    assert (result.failed, result.changed) == (False, True)


@CHECK
def test_several_of_the_same_name_are_none_of_them(server: Server, check: bool) -> None:
    lists_syncs(server, there("flyio"), {**there("flyio"), "id": OTHER_SYNC_ID})
    offers(server, "flyio", **ALL)
    result, _part = run(server, False, check, **FLYIO)
    assert result["error_kind"] == "conflict"
    assert OTHER_SYNC_ID in result.msg


@CHECK
def test_of_many_none_is_written_if_the_server_can_not_do_one(server: Server, check: bool) -> None:
    lists_syncs(server)
    rows = [{"destination": "flyio", **ALL}, {"destination": "heroku", **ALL, IMPORT: False}]
    server.expects("GET", f"{SYNCS}/options", {"secretSyncOptions": rows})
    syncs = [
        {**ITEM, **FLYIO, "name": "app-one"},
        {**ITEM, **HEROKU, "name": "app-two", "sync_options": IMPORTS},
        {**ITEM, "destination": "herokuu", "name": "app-three", "destination_config": {"app": "a"}},
    ]
    result = server.run(infisical_secret_syncs, project_id=PROJECT, syncs=syncs, check=check)
    assert result.failed
    assert "item 1 (app-two): sync_options.initial_sync_behavior import-prioritize-source: this server" in result.msg
    assert "item 2 (app-three): destination 'herokuu' is not supported by this server. Did you mean" in result.msg
    assert result["error_kind"] == "input"
    assert "results" not in result.data


# --- what a server can do, though the catalogue denies it -------------------------------------------------------------

ALLOWED: dict[str, tuple[dict, str, dict, str]] = {
    "import at first": (
        {**FLYIO, "sync_options": IMPORTS},
        IMPORT,
        {"initialSyncBehavior": "import-prioritize-source"},
        "Fly.io: this server says that secrets can be imported from it; the catalogue of this collection says the",
    ),
    "key schema": (
        {**SCIM, "sync_options": {"secret_key": "K", "key_schema": SCHEMA, "disable_secret_deletion": False}},
        RENAME,
        {"secretKey": "K", "keySchema": SCHEMA, "disableSecretDeletion": False},
        "Azure Entra ID SCIM: this server says that a key schema has an effect; the catalogue of this collection says",
    ),
    "deletion disabled by default": (
        SCIM,
        KEEP,
        {"secretKey": "SCIM_TOKEN"},
        "Azure Entra ID SCIM: this server says that a sync can be kept from deleting; the catalogue of this collection",
    ),
}


@MANY
@CHECK
@pytest.mark.parametrize("validate", ["warn", "strict"])
@pytest.mark.parametrize(("options", "ability", "sent", "notice"), ALLOWED.values(), ids=ALLOWED)
def test_what_the_server_can_do_is_done_whatever_the_catalogue_says(
    server: Server, options: dict, ability: str, sent: dict, notice: str, validate: str, check: bool, many: bool
) -> None:
    slug = options["destination"]
    lists_syncs(server)
    offers(server, slug, **{ability: True})
    if check:
        server.expects_source()
    else:
        creates(server, slug, **sent)
    result, part = run(server, many, check, **options, validate=validate)
    assert part["changed"] is True
    [warning] = result.warnings
    assert warning.startswith(notice)
    assert warning.endswith(" The server's answer is used. If a newer release of the collection exists, use it.")


@MANY
@CHECK
def test_a_removal_that_the_server_can_do_is_done(server: Server, check: bool, many: bool) -> None:
    lists_syncs(server, there("azure-entra-id-scim"))
    offers(server, "azure-entra-id-scim", **ALL)
    if not check:
        removes(server, "azure-entra-id-scim")
    result, _part = run(server, many, check, state="absent", delete_destination_secrets=True)
    assert result.changed is True
    assert [text.partition(";")[0] for text in result.warnings] == [
        "Azure Entra ID SCIM: this server says that it deletes what it wrote when a sync is removed"
    ]


# --- what needs no word of the server ---------------------------------------------------------------------------------


@MANY
def test_an_older_server_that_tells_less_changes_nothing(server: Server, many: bool) -> None:
    lists_syncs(server)
    offers(server, "azure-entra-id-scim", **{IMPORT: False, RENAME: None})
    result, _part = run(server, many, **{**SCIM, "sync_options": {"secret_key": "K", "key_schema": SCHEMA}})
    # What it doesn't tell is as the catalogue has it.
    assert "sync_options.key_schema: Azure Entra ID SCIM doesn't use a key schema." in result.msg
    assert result["error_kind"] == "input"
    assert result.warnings == []


@MANY
def test_what_a_task_does_not_ask_for_is_not_compared(server: Server, many: bool) -> None:
    lists_syncs(server)
    offers(server, "flyio", **{IMPORT: True, REMOVE: False, RENAME: False, KEEP: True})
    creates(server, "flyio")
    result, part = run(server, many, **FLYIO)
    assert (part["changed"], result.warnings) == (True, [])


@MANY
@pytest.mark.parametrize("found", [False, True], ids=["not there", "there"])
def test_a_removal_asks_nothing_if_it_deletes_nothing_there(server: Server, found: bool, many: bool) -> None:
    lists_syncs(server, *([there("flyio")] if found else []))
    if found:
        path = f"{SYNCS}/flyio/{SYNC_ID}"
        server.expects("DELETE", path, {"secretSync": there("flyio")}, query={"removeSecrets": "false"})
    result, _part = run(server, many, state="absent", delete_destination_secrets=not found)
    assert result.changed is found


@MANY
def test_the_destination_may_be_that_of_the_sync(server: Server, many: bool) -> None:
    lists_syncs(server, there("flyio"))
    offers(server, "flyio", **{**ALL, RENAME: False})
    item = {"name": "app-dev", "consult_options": True, "sync_options": {"key_schema": SCHEMA}}
    result, _part = run_sync(server, many, item)
    assert "sync_options.key_schema: this server uses no key schema for flyio." in result.msg
