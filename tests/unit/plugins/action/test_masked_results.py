# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a result says by itself comes back whole, whatever a short secret is; a long secret is shown nowhere."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
import yaml
from ansible_collections.community.infisical.plugins.module_utils._engine.results import KEYS
from ansible_collections.community.infisical.plugins.module_utils._engine.shapes import PROSE, Shape, folded
from ansible_collections.community.infisical.plugins.module_utils._kinds.app_connection import CONNECTION
from ansible_collections.community.infisical.plugins.module_utils._kinds.native import AUTH, INTEGRATION
from ansible_collections.community.infisical.plugins.module_utils._kinds.sync import SYNC
from ansible_collections.community.infisical.plugins.module_utils._masking import HIDDEN, MASK
from ansible_collections.community.infisical.plugins.modules import (
    infisical_app_connection,
    infisical_app_connection_info,
    infisical_destination_info,
    infisical_integration,
    infisical_integration_auth,
    infisical_integration_auth_info,
    infisical_integration_info,
    infisical_integrations,
    infisical_login,
    infisical_project_info,
    infisical_secret_sync,
    infisical_secret_sync_info,
    infisical_secret_syncs,
)
from ansible_collections.community.infisical.tests.unit.plugins.harness import (
    AUTH_ID,
    AUTHS,
    CONNECTION_ID,
    INTEGRATION_ID,
    INTEGRATIONS,
    PROJECT,
    SYNC_ID,
    URL,
    Result,
    Server,
    api_auth,
    api_connection,
    api_error,
    api_sync,
    synced,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

Run = Callable[..., Result]

SYNCS = "/api/v1/secret-syncs"
CONNECTIONS = "/api/v1/app-connections/aws"
# Secrets that are common words, and numbers; each was seen to make results useless.
SHORT = (
    "1",
    "7",
    "e",
    "dev",
    "aws",
    "true",
    "None",
    "5432",
    "postgres",
    "app-dev",
    "us-east-1",
    "pending",
    "unchanged",
)


def headers(*secrets: str) -> dict[str, Any]:
    return {"extra_headers": {f"X-{number}": secret for number, secret in enumerate(secrets)}}


def project(sent: Mapping[str, Any] | None = None) -> dict[str, Any]:
    environments = [{"id": "1", "name": "Development", "slug": "dev"}]
    return {"id": PROJECT, "name": "dev", "slug": "app-dev", "environments": environments, **(sent or {})}


def auths(server: Server, **changes: Any) -> None:
    server.expects("GET", AUTHS, {"authorizations": [api_auth(**changes)]})


def integrations(server: Server, **changes: Any) -> None:
    server.expects("GET", INTEGRATIONS, {"integrations": [synced(**changes)]})


def syncs(server: Server, **changes: Any) -> None:
    server.expects("GET", SYNCS, {"secretSyncs": [api_sync(**changes)]}, query={"projectId": PROJECT})


def connections(server: Server, **changes: Any) -> None:
    server.expects("GET", CONNECTIONS, {"appConnections": [api_connection(**changes)]})


def one_project(server: Server, **changes: Any) -> None:
    server.expects("GET", f"/api/v1/projects/{PROJECT}", {"project": project(changes)})


def auths_and_integrations(server: Server, **changes: Any) -> None:
    auths(server)
    integrations(server, **changes)


IN_PROJECT = {"project_id": PROJECT}
NATIVE = {"integration": "aws-secret-manager", "source_environment": "dev", "secret_path": "/app"}
NATIVE_ITEM = {**NATIVE, "app": "my-app/dev", "region": "us-east-1"}
# A task of each module on what is there already: the module, its options, and what its server is asked for.
TASKS: dict[str, tuple[Any, dict[str, Any], Callable[..., None]]] = {
    "infisical_app_connection": (infisical_app_connection, {"app": "aws", "name": "aws-dev"}, connections),
    "infisical_app_connection_info": (infisical_app_connection_info, {"app": "aws", "export": True}, connections),
    "infisical_integration": (infisical_integration, {**IN_PROJECT, **NATIVE_ITEM}, auths_and_integrations),
    "infisical_integration_auth": (
        infisical_integration_auth,
        {**IN_PROJECT, "integration": "aws-secret-manager"},
        auths,
    ),
    "infisical_integration_auth_info": (infisical_integration_auth_info, {**IN_PROJECT, "export": True}, auths),
    "infisical_integration_info": (
        infisical_integration_info,
        {**IN_PROJECT, "export": True},
        auths_and_integrations,
    ),
    "infisical_integrations": (
        infisical_integrations,
        {**IN_PROJECT, "integrations": [NATIVE_ITEM]},
        auths_and_integrations,
    ),
    "infisical_project_info": (infisical_project_info, IN_PROJECT, one_project),
    "infisical_secret_sync": (infisical_secret_sync, {**IN_PROJECT, "name": "app-dev"}, syncs),
    "infisical_secret_sync_info": (infisical_secret_sync_info, {**IN_PROJECT, "export": True}, syncs),
    "infisical_secret_syncs": (infisical_secret_syncs, {**IN_PROJECT, "syncs": [{"name": "app-dev"}]}, syncs),
}
MODULES = [infisical_destination_info, infisical_login, *(module for module, _options, _script in TASKS.values())]
each_module = pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
# Texts that people and services write.
PROSE_KEYS = {
    "description",
    "sync_message",
    "last_sync_message",
    "last_import_message",
    "last_remove_message",
    "warnings",
}

# And what this collection writes.
TEXT_KEYS = {*PROSE_KEYS, "reason", "why"}


def leaves(value: Any, *path: Any) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Yield each value that is neither a list nor a mapping, with the way to it."""
    inner = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else None
    if inner is None:
        yield path, value
    for key, item in inner or ():
        yield from leaves(item, *path, key)


def plain(data: Mapping[str, Any]) -> dict[tuple[Any, ...], Any]:
    """Return a result's values by their place, but for the options that the task had, and for prose."""
    return {path: value for path, value in leaves(data) if path[0] != "invocation" and not TEXT_KEYS & {*path}}


@each_module
def test_a_short_secret_changes_no_id_name_date_number_or_flag(server: Server, run: Run, task: tuple) -> None:
    module, options, script = task
    script(server)
    whole = run(module, **options)
    script(server)
    with_secrets = run(module, **options, **headers(*SHORT))
    assert plain(with_secrets.data) == plain(whole.data)
    shown = with_secrets["invocation"]["module_args"]
    assert {key: shown[key] for key in options} == {key: whole["invocation"]["module_args"][key] for key in options}
    assert shown["extra_headers"] == {f"X-{number}": HIDDEN for number in range(len(SHORT))}


def test_the_next_task_of_a_chain_can_use_the_id(server: Server, run: Run) -> None:
    tenant = headers("1")
    auths(server, integration="github")
    auth = run(infisical_integration_auth, **IN_PROJECT, integration="github", **tenant)["integration_auth"]
    assert auth["id"] == AUTH_ID
    integrations(server, integration="github", integrationAuthId=auth["id"])
    found = run(infisical_integration_info, **IN_PROJECT, integration_auth_id=auth["id"], **tenant)
    assert [row["id"] for row in found["integrations"]] == [INTEGRATION_ID]
    assert found["invocation"]["module_args"]["integration_auth_id"] == AUTH_ID


def test_a_token_that_holds_a_short_secret_comes_back_whole(server: Server, run: Run) -> None:
    login = {"url": URL, "universal_auth_client_id": "client-1", "universal_auth_client_secret": "e"}
    body = {"clientId": "client-1", "clientSecret": "e"}
    server.expects_login("eyJ-the-token", body=body)
    assert run(infisical_login, login=login)["login_data"]["access_token"] == "eyJ-the-token"


def test_a_user_of_a_database_is_no_name_of_an_app(server: Server, run: Run) -> None:
    app = {"app": "postgres", "name": "postgres-dev", "method": "username-and-password"}
    found = [api_connection(**app)]
    server.expects("GET", "/api/v1/app-connections/postgres", {"appConnections": found})
    # The user and the port are known to be no secret for this app; unknown ones are taken for secrets.
    credentials = {"username": "postgres", "password": "5432", "port": 5432, "made_up": "postgres"}
    result = run(infisical_app_connection, **app, credentials=credentials, validate="off")
    assert result["app_connection"]["app"] == "postgres"
    assert result["app_connection"]["name"] == "postgres-dev"
    assert result["invocation"]["module_args"]["app"] == "postgres"
    assert result["invocation"]["module_args"]["credentials"]["password"] == HIDDEN


def test_prose_shows_a_short_secret_only_as_a_part_of_a_word(server: Server, run: Run) -> None:
    syncs(server, description="1 of 10, dev, devs and x-dev-1", lastSyncMessage="dev")
    result = run(infisical_secret_sync, **IN_PROJECT, name="app-dev", **headers("1", "dev"))
    assert result["secret_sync"]["description"] == f"{MASK} of 10, {MASK}, devs and x-dev-1"
    assert result["secret_sync"]["last_sync_message"] == HIDDEN


def test_only_the_server_s_part_of_a_message_is_masked(server: Server, run: Run) -> None:
    server.expects("GET", AUTHS, api_error(400, "BadRequest", "refused 400 server for 1"), status=400)
    result = run(infisical_integration_auth_info, **IN_PROJECT, **headers("1", "refused", "server", "400"))
    assert result.msg == f"The server refused: {MASK} {MASK} {MASK} for {MASK} [GET {AUTHS}: 400]"


def test_the_number_of_an_item_stays(server: Server, run: Run) -> None:
    items = [{"name": "app-dev"}, {"name": "Not a slug"}]
    result = run(infisical_secret_syncs, **IN_PROJECT, syncs=items, **headers("1", "item", "slug"))
    assert result.msg.startswith("item 1 (Not a slug): name 'Not a slug' is not a slug: ")


def test_names_in_a_message_stay(server: Server, run: Run) -> None:
    rows = [api_sync(), api_sync(id="d0000000-0000-4000-8000-000000000002")]
    server.expects("GET", SYNCS, {"secretSyncs": rows}, query={"projectId": PROJECT})
    result = run(infisical_secret_sync, **IN_PROJECT, name="app-dev", **headers("dev", "app-dev", "4000", "2"))
    assert result.msg.startswith(f"2 secret syncs are alike ('app-dev'): {SYNC_ID}, d0000000-0000-4000-8000-0")


def documented(fields: Mapping[str, Any]) -> Iterator[str]:
    """Yield the keys of a result that a module documents, and those in them."""
    for key, field in fields.items():
        yield key
        yield from documented(field.get("contains", {}))


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.rpartition(".")[2])
def test_each_documented_key_is_known_for_a_name_or_for_text(module: Any) -> None:
    known = {**KEYS, **module.MODULE.keys}
    inside = {part for named in known.values() if isinstance(named, Shape) for part in named.parts_by_option}
    keys = {key for key in documented(yaml.safe_load(module.RETURN)) if folded(key) not in inside}
    assert keys - known.keys() == set()


def test_prose_is_known_for_what_it_is() -> None:
    """A field without a shape holds a name."""
    for kind in (AUTH, INTEGRATION, CONNECTION, SYNC):
        for item in (*kind.fields, *kind.read_only):
            assert (item.shape is PROSE) == (item.option in PROSE_KEYS), item.option


LONG = "correct horse battery"


def with_everywhere(text: str) -> dict[str, Callable[[Server], None]]:
    """Return, for each module, a server that has a text in each field that can have it."""
    environment = {"slug": text, "name": text, "id": text, text: text}
    more = {text: text, "more": [text, {text: text}]}
    fields = ("app", "appId", "owner", "path", "region", "scope", "url", "targetEnvironment", "targetEnvironmentId")
    fields = (*fields, "targetService", "targetServiceId", "syncMessage", "lastSyncJobId", "lastUsed", "updatedAt")
    told = ("lastSyncMessage", "lastSyncJobId", "lastSyncedAt", "importStatus", "lastImportMessage", "removeStatus")
    config = {"region": text, "mappingBehavior": text, "secretName": text, **more}
    native = {**dict.fromkeys(fields, text), "metadata": {"secretPrefix": text, **more}, "secretPath": f"/{text}"}
    sync = {
        **dict.fromkeys(told, text),
        "description": text,
        "environment": environment,
        "folder": {"path": f"/{text}"},
        "destinationConfig": config,
        "syncOptions": {"keySchema": text, **more},
        "connection": {"id": CONNECTION_ID, "name": text, "app": text, **more},
        "updatedAt": text,
        "syncStatus": text,
    }
    auth = {**dict.fromkeys(("teamId", "accountId", "updatedAt", "createdAt"), text), "metadata": more}
    connection = {**dict.fromkeys(("description", "method", "orgId", "gatewayId", "credentialsHash"), text), **more}
    native = {**native, "environment": environment, "envId": text}
    changes = {
        "infisical_app_connection": connection,
        "infisical_app_connection_info": {**connection, "name": text},
        "infisical_integration_auth": auth,
        "infisical_integration_auth_info": {**auth, "url": text, "namespace": text},
        "infisical_integration_info": native,
        "infisical_project_info": {"name": text, "slug": text, "environments": [environment], **more},
        "infisical_secret_sync": sync,
        "infisical_secret_sync_info": {**sync, "name": text},
        "infisical_secret_syncs": sync,
    }
    return {name: lambda server, name=name: TASKS[name][2](server, **changes[name]) for name in changes}


EVERYWHERE = sorted(with_everywhere(LONG))


@pytest.mark.parametrize("name", EVERYWHERE)
def test_a_long_secret_that_a_good_answer_repeats_is_shown_nowhere(server: Server, run: Run, name: str) -> None:
    with_everywhere(LONG)[name](server)
    module, options, _script = TASKS[name]
    result = run(module, **options, **headers(LONG))
    assert not result.failed
    assert LONG not in result.output
    assert HIDDEN in json.dumps({key: value for key, value in result.data.items() if key != "invocation"})


@pytest.mark.parametrize("name", EVERYWHERE)
def test_a_short_secret_that_a_good_answer_repeats_is_not_in_prose(server: Server, run: Run, name: str) -> None:
    text = "pass-1"
    with_everywhere(text)[name](server)
    module, options, _script = TASKS[name]
    result = run(module, **options, **headers(text))
    shown = {path: value for path, value in leaves(result.data) if PROSE_KEYS & {*path}}
    assert not result.failed
    assert text not in shown.values()
    # What the server has beyond what the collection knows may be anything.
    unknown = {path: value for path, value in leaves(result.data) if {"more", "metadata"} & {*path}}
    assert text not in [value for path, value in unknown.items() if "secret_prefix" not in path]


@pytest.mark.parametrize(("length", "shown"), [(7, True), (8, True), (15, True), (16, False)])
def test_a_name_shows_a_secret_of_fewer_than_16_characters(server: Server, run: Run, length: int, shown: bool) -> None:
    secret = "s" * length
    syncs(server, name="app-dev", connection={"id": CONNECTION_ID, "name": secret, "app": "aws"})
    result = run(infisical_secret_sync, **IN_PROJECT, name="app-dev", **headers(secret))
    assert result["secret_sync"]["connection"]["name"] == (secret if shown else HIDDEN)


@pytest.mark.parametrize(("length", "shown"), [(7, True), (8, False)])
def test_prose_shows_a_part_of_a_word_of_fewer_than_8_characters(
    server: Server, run: Run, length: int, shown: bool
) -> None:
    secret = "s" * length
    syncs(server, description=f"of{secret}", syncStatus="failed", lastSyncMessage=f"of{secret}")
    result = run(infisical_secret_sync, **IN_PROJECT, name="app-dev", **headers(secret))
    assert result["secret_sync"]["description"] == (f"of{secret}" if shown else f"of{MASK}")


def test_a_name_that_the_task_specifies_itself_is_shown(server: Server, run: Run) -> None:
    """A proxy that tells tenants apart may want the id of the project."""
    name = "a-name-of-20-characters"
    syncs(server, name=name)
    result = run(infisical_secret_sync, **IN_PROJECT, name=name, **headers(PROJECT, name))
    assert result["secret_sync"]["name"] == name
    assert result["secret_sync"]["project_id"] == PROJECT
    assert result["invocation"]["module_args"]["project_id"] == PROJECT
    auths(server, accountId=PROJECT, metadata={"id": PROJECT})
    found = run(infisical_integration_auth_info, **IN_PROJECT, **headers(PROJECT))["integration_auths"][0]
    assert found["account_id"] == PROJECT
    assert found["metadata"] == {"id": HIDDEN}


PRINTABLE = st.characters(min_codepoint=33, max_codepoint=126)
per_example = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25)


@given(secrets=st.lists(st.text(PRINTABLE, min_size=1, max_size=15), min_size=1, max_size=4), data=st.data())
@per_example
def test_whatever_a_short_secret_is_names_come_back_whole(
    server: Server, run: Run, secrets: list[str], data: st.DataObject
) -> None:
    module, options, script = TASKS[data.draw(st.sampled_from(sorted(TASKS)))]
    script(server)
    whole = run(module, **options)
    # A part of what is there is the likeliest to be masked.
    shown = [str(value) for value in plain(whole.data).values() if value]
    part = data.draw(st.sampled_from(shown))[data.draw(st.integers(0, 8)) :][:15].strip()
    script(server)
    assert plain(run(module, **options, **headers(*secrets, part or "1")).data) == plain(whole.data)


@given(secret=st.text(PRINTABLE, min_size=16, max_size=40), name=st.sampled_from(EVERYWHERE), data=st.data())
@per_example
def test_whatever_a_long_secret_is_it_is_shown_nowhere(
    server: Server, run: Run, secret: str, name: str, data: st.DataObject
) -> None:
    around = data.draw(st.text(PRINTABLE, max_size=5))
    with_everywhere(f"{around} {secret}{around}")[name](server)
    module, options, _script = TASKS[name]
    result = run(module, **options, **headers(secret))
    assert secret not in "\n".join(str(part) for path, value in leaves(result.data) for part in (*path, value))
