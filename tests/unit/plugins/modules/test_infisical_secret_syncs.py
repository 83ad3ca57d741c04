# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from ansible_collections.community.infisical.plugins.module_utils._engine import bulk
from ansible_collections.community.infisical.plugins.modules import infisical_secret_syncs as module
from ansible_collections.community.infisical.tests.unit.plugins.harness import (
    CONNECTION_ID,
    OTHER_PROJECT,
    OTHER_SYNC_ID,
    PLACEHOLDER,
    PROJECT,
    SYNC_ID,
    Server,
    api_connection,
    api_error,
    api_sync,
    lists_syncs,
    not_found,
)

LIST = "/api/v1/secret-syncs"
ALL = f"{LIST}/aws-secrets-manager"
THIRD = "d0000000-0000-4000-8000-000000000003"
FOURTH = "d0000000-0000-4000-8000-000000000004"
CONFIG = {"region": "us-east-1", "mapping_behavior": "one-to-one"}
API_CONFIG = {"region": "us-east-1", "mappingBehavior": "one-to-one"}
SHARED = {
    "destination": "aws-secrets-manager",
    "connection_id": CONNECTION_ID,
    "environment": "dev",
    "secret_path": "/app",
    "check_duplicates": "ignore",
}
COUNTS = dict.fromkeys(("created", "updated", "synced", "removed", "unchanged", "failed", "purged"), 0)
REFUSAL = {"answer": api_error(400, "BadRequest", "no such folder"), "status": 400}


def item(name: str = "app-dev", **more: Any) -> dict:
    return {"name": name, "destination_config": CONFIG, **SHARED, **more}


def body(name: str = "app-dev") -> dict:
    return {
        "name": name,
        "projectId": PROJECT,
        "connectionId": CONNECTION_ID,
        "environment": "dev",
        "secretPath": "/app",
        "isAutoSyncEnabled": True,
        "destinationConfig": API_CONFIG,
        "syncOptions": {"initialSyncBehavior": "overwrite-destination", "disableSecretDeletion": True},
    }


def row(name: str = "app-dev", sync_id: str = SYNC_ID, **changes: Any) -> dict:
    return api_sync(**{"name": name, "id": sync_id, "destinationConfig": API_CONFIG, **changes})


def creates(server: Server, name: str, sync_id: str, **answer: Any) -> Server:
    return server.expects("POST", ALL, **{"answer": {"secretSync": row(name, sync_id)}, **answer}, body=body(name))


def patches(server: Server, sync_id: str, changes: dict, **answer: Any) -> Server:
    answer = {"answer": {"secretSync": row(**{"sync_id": sync_id, **changes})}, **answer}
    return server.expects("PATCH", f"{ALL}/{sync_id}", **answer, body=changes)


def deletes(server: Server, sync_id: str, query: dict | None = None, **answer: Any) -> Server:
    return server.expects("DELETE", f"{ALL}/{sync_id}", **{"answer": {}, **answer}, query=query)


def run(server: Server, *items: dict, check: bool = False, **options: Any) -> Any:
    """Run the module with one item at a time, so that the order is known."""
    options = {"project_id": PROJECT, "concurrency": 1, **options}
    return server.run(module, syncs=list(items), check=check, **options)


# --- items ------------------------------------------------------------------------------------------------------------


def test_each_item_by_itself_from_one_list(server: Server) -> None:
    lists_syncs(
        server,
        row("to-change", OTHER_SYNC_ID, description="old"),
        row("to-leave", THIRD),
        row("to-remove", FOURTH),
        row("to-sync", SYNC_ID),
    )
    deletes(server, FOURTH, {"removeSecrets": "false"})
    creates(server, "to-make", new_id := "d0000000-0000-4000-8000-000000000005")
    patches(server, OTHER_SYNC_ID, {"description": ""})
    server.expects("POST", f"{ALL}/{SYNC_ID}/sync-secrets", {"secretSync": row("to-sync")}, body={})
    result = run(
        server,
        item("to-make"),
        {"name": "to-change", "description": ""},
        item("to-leave"),
        {"name": "to-remove", "state": "absent"},
        {"name": "gone-already", "state": "absent"},
        {"sync_id": SYNC_ID.upper(), "sync": True},
    )
    assert result.changed is True
    shown = [(one["index"], one["name"], one["action"], one["id"], one["changed"]) for one in result["results"]]
    assert shown == [
        (0, "to-make", "created", new_id, True),
        (1, "to-change", "updated", OTHER_SYNC_ID, True),
        (2, "to-leave", "unchanged", THIRD, False),
        (3, "to-remove", "removed", FOURTH, True),
        (4, "gone-already", "unchanged", None, False),
        (5, SYNC_ID, "synced", SYNC_ID, True),
    ]
    assert result["counts"] == {**COUNTS, "created": 1, "updated": 1, "unchanged": 2, "removed": 1, "synced": 1}
    assert [one["secret_sync"] and one["secret_sync"]["id"] for one in result["results"]] == [
        new_id,
        OTHER_SYNC_ID,
        THIRD,
        None,
        None,
        SYNC_ID,
    ]
    assert [bool(one["diff"]) for one in result["results"]] == [True, True, False, True, False, True]
    assert len(result["diff"]) == 4
    assert result["purged"] == []


def test_check_mode_foretells_it(server: Server) -> None:
    lists_syncs(server, row("to-change", OTHER_SYNC_ID, description="old"), row("to-remove", FOURTH), row("to-sync"))
    server.expects_source()
    result = run(
        server,
        item("to-make"),
        {"name": "to-change", "description": ""},
        {"name": "to-remove", "state": "absent", "delete_destination_secrets": True},
        {"name": "to-sync", "sync": True},
        check=True,
    )
    assert [one["action"] for one in result["results"]] == ["created", "updated", "removed", "synced"]
    assert PLACEHOLDER.fullmatch(result["results"][0]["id"])


def test_nothing_to_do(server: Server) -> None:
    lists_syncs(server, row())
    result = run(server, item())
    assert (result.changed, result["diff"]) == (False, [])
    assert result["counts"] == {**COUNTS, "unchanged": 1}


def test_no_items(server: Server) -> None:
    lists_syncs(server, row())
    result = run(server)
    assert (result.changed, result["results"], result["counts"]) == (False, [], COUNTS)


def test_the_project_is_the_tasks_for_every_item(server: Server) -> None:
    lists_syncs(server)
    creates(server, "app-dev", SYNC_ID)
    creates(server, "app-two", OTHER_SYNC_ID)
    items = (item(project_id=PROJECT), item("app-two", project_id=""))
    assert run(server, *items, project_id=f" {PROJECT} ")["counts"]["created"] == 2


def test_a_project_by_its_slug_is_looked_up_once(server: Server) -> None:
    server.expects("GET", "/api/v1/projects/slug/first", {"id": PROJECT})
    lists_syncs(server)
    creates(server, "app-dev", SYNC_ID)
    creates(server, "app-two", OTHER_SYNC_ID)
    result = run(server, item(), item("app-two"), project_id=None, project_slug="first")
    assert result["counts"]["created"] == 2


def test_what_items_ask_alike_is_asked_once(server: Server) -> None:
    options = {"secretSyncOptions": [{"destination": "aws-secrets-manager", "canImportSecrets": True}]}
    lists_syncs(server)
    path = "/api/v1/app-connections/aws/connection-name/aws-dev"
    server.expects("GET", path, {"appConnection": api_connection()}, query={"projectId": PROJECT})
    server.expects("GET", f"{LIST}/options", options)
    creates(server, "app-one", SYNC_ID)
    creates(server, "app-two", OTHER_SYNC_ID)
    more = {"connection_id": None, "connection_name": "aws-dev", "consult_options": True}
    assert run(server, item("app-one", **more), item("app-two", **more))["counts"]["created"] == 2


def test_warnings_name_their_item(server: Server) -> None:
    lists_syncs(server)
    unknown = {"destination_config": {**CONFIG, "new_one": "x"}}
    server.expects(
        "POST",
        ALL,
        {"secretSync": row()},
        body={**body(), "destinationConfig": {**API_CONFIG, "newOne": "x"}},
    )
    creates(server, "app-two", OTHER_SYNC_ID)
    result = run(server, item(**unknown), item("app-two"))
    assert len(result.warnings) == 1
    assert result.warnings[0].startswith("item 0 (app-dev): destination_config.new_one isn't known here")


def test_secrets_are_removed_where_an_item_says_so(server: Server) -> None:
    lists_syncs(server, row())
    deletes(server, SYNC_ID, {"removeSecrets": "true"})
    server.expects("GET", f"{ALL}/{SYNC_ID}", **not_found())
    result = run(server, {"name": "app-dev", "state": "absent", "delete_destination_secrets": True})
    assert result["counts"]["removed"] == 1


def test_a_project_called_a_workspace(server: Server) -> None:
    lists_syncs(server, row())
    named = server.run(module, workspace_id=PROJECT, syncs=[item(workspace_id=PROJECT)])
    assert named["counts"]["unchanged"] == 1
    other = server.run(module, workspace_id=PROJECT, syncs=[item(workspace_id=SYNC_ID)])
    assert other["error_kind"] == "input"
    assert "its project_id is not that of the task" in other.msg


# --- failing items ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("purge", [False, True])
def test_a_failing_item_is_told_with_the_outcomes_of_the_others(server: Server, purge: bool) -> None:
    lists_syncs(server, row("stray", THIRD))
    creates(server, "app-one", SYNC_ID)
    creates(server, "app-two", OTHER_SYNC_ID, **REFUSAL)
    server.expects_source()
    result = run(
        server,
        item("app-one"),
        item("app-two"),
        {"name": "app-three"},
        {"name": "app-four", "state": "absent"},
        **({"purge": True, "purge_scope_all": True} if purge else {}),
    )
    assert result.failed
    assert result["error_kind"] == "some_failed"
    assert result.msg.startswith("2 of 4 items failed: item 1 (app-two): The server refused: no such folder [POST")
    assert "; item 2 (app-three): To create the secret sync 'app-three', specify destination" in result.msg
    assert result.msg.endswith("Nothing was purged, since not every item succeeded.") is purge
    assert result.changed is True
    assert result["counts"] == {**COUNTS, "created": 1, "failed": 2, "unchanged": 1}
    one, two, three, four = result["results"]
    assert (one["action"], one["id"], four["action"]) == ("created", SYNC_ID, "unchanged")
    assert (two["action"], two["error_kind"], two["changed"], two["secret_sync"]) == ("failed", "server", False, None)
    assert (three["index"], three["name"], three["error_kind"]) == (2, "app-three", "input")
    assert result["purged"] == []


def test_a_failed_job_counts_as_changed(server: Server) -> None:
    lists_syncs(server)
    creates(server, "app-dev", SYNC_ID)
    failed = row(syncStatus="failed", lastSyncMessage="The role may not write")
    server.expects("GET", f"{ALL}/{SYNC_ID}", {"secretSync": failed})
    result = run(server, item(wait=True))
    assert "item 0 (app-dev): The sync of secret sync" in result.msg
    assert "The role may not write" in result.msg
    assert result.changed is True
    (one,) = result["results"]
    assert (one["changed"], one["error_kind"], one["secret_sync"]["id"]) == (True, "sync_failed", SYNC_ID)


def test_a_list_that_fails_fails_the_task(server: Server) -> None:
    refusal = api_error(403, "PermissionDenied", "no")
    server.expects("GET", LIST, refusal, status=403, query={"projectId": PROJECT})
    result = run(server, item())
    assert result["error_kind"] == "permission"
    assert "results" not in result.data


# --- purge ------------------------------------------------------------------------------------------------------------

STRAYS = (
    row("app-prod", OTHER_SYNC_ID, environment={"slug": "prod"}, createdAt="2027-01-01T00:00:00.000Z"),
    row("team-a", THIRD, folder={"path": "/team"}, createdAt="2026-01-01T00:00:00.000Z"),
    row("hub", FOURTH, destination="github", environment=None, folder=None, createdAt="2025-01-01T00:00:00.000Z"),
)
SCOPES: dict[str, tuple[dict, list]] = {
    "name": ({"name": ["app-*"]}, [OTHER_SYNC_ID]),
    "names": ({"name": ["app-*", "team-?"]}, [THIRD, OTHER_SYNC_ID]),
    "destination": ({"destination": ["aws-secrets-manager"]}, [THIRD, OTHER_SYNC_ID]),
    "environment": ({"environment": ["prod"]}, [OTHER_SYNC_ID]),
    "folder": ({"secret_path": ["/team*"]}, [THIRD]),
    "two at once": ({"secret_path": ["/team"], "environment": ["prod"]}, []),
    "capitals count": ({"name": ["APP-*"]}, []),
}


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize(("scope", "doomed"), SCOPES.values(), ids=SCOPES)
def test_purges_what_is_in_the_scope_and_no_item_oldest_first(
    server: Server, scope: dict, doomed: list, check: bool
) -> None:
    lists_syncs(server, row(), *STRAYS)
    for sync_id in [] if check else doomed:
        # Without removeSecrets: what was written stays at the destination.
        deletes(server, sync_id)
    result = run(server, item(), purge=True, purge_scope=scope, check=check)
    assert [one["id"] for one in result["purged"]] == doomed
    assert result["counts"] == {**COUNTS, "unchanged": 1, "purged": len(doomed)}
    assert result.changed is bool(doomed)
    assert [one["before"]["id"] for one in result["diff"]] == doomed
    assert all(one["secret_sync"]["id"] == one["id"] and "diff" not in one for one in result["purged"])


def test_purges_everything_where_that_is_said(server: Server) -> None:
    lists_syncs(server, *STRAYS)
    server.expects("DELETE", f"{LIST}/github/{FOURTH}", {})
    deletes(server, THIRD)
    deletes(server, OTHER_SYNC_ID, **not_found())
    result = run(server, purge=True, purge_scope_all=True, purge_when_empty=True)
    assert result["counts"]["purged"] == 3


@pytest.mark.parametrize("check", [False, True])
def test_a_purge_spares_what_this_task_made_changed_or_removed(server: Server, check: bool) -> None:
    lists_syncs(server, row("app-one", OTHER_SYNC_ID), row("app-two", THIRD), row("stray", FOURTH))
    if not check:
        deletes(server, THIRD, {"removeSecrets": "false"})
        creates(server, "app-new", SYNC_ID)
        patches(server, OTHER_SYNC_ID, {"name": "app-renamed"})
        deletes(server, FOURTH)
    else:
        server.expects_source()
    result = run(
        server,
        item("app-new"),
        {"name": "app-renamed", "sync_id": OTHER_SYNC_ID},
        {"name": "app-two", "state": "absent"},
        purge=True,
        purge_scope_all=True,
        check=check,
    )
    assert [one["id"] for one in result["purged"]] == [FOURTH]


def test_nothing_is_purged_unless_asked_for(server: Server) -> None:
    lists_syncs(server, row(), *STRAYS)
    result = run(server, item(), purge_scope={"name": ["*"]}, purge_scope_all=True, purge_when_empty=True)
    assert result.changed is False


def test_a_purge_that_breaks_off_tells_what_it_did(server: Server) -> None:
    lists_syncs(server, row(), *STRAYS[:2])
    deletes(server, THIRD)
    deletes(server, OTHER_SYNC_ID, answer=api_error(403, "PermissionDenied", "no"), status=403)
    result = run(server, item(), purge=True, purge_scope_all=True)
    assert result["error_kind"] == "permission"
    assert result.msg.endswith("The items were processed, but the purge was not finished.")
    assert [one["id"] for one in result["purged"]] == [THIRD]
    assert (result.changed, result["counts"]["purged"]) == (True, 1)
    assert result["results"][0]["action"] == "unchanged"


# --- input ------------------------------------------------------------------------------------------------------------

NEEDS_SCOPE = (
    "purge requires a scope: specify purge_scope with at least one of name, destination, environment, secret_path, or"
    " purge_scope_all for the whole project."
)
WHEN_EMPTY = (
    "purge with an empty syncs would remove everything in the scope; if this is intended, set purge_when_empty to true."
)
REFUSED: dict[str, tuple[list, dict, str]] = {
    "no concurrency": ([item()], {"concurrency": 0}, "concurrency is 0; it must be from 1 to 16."),
    "too much concurrency": ([item()], {"concurrency": 17}, "concurrency is 17; it must be from 1 to 16."),
    "two items of one name": ([item(), item(" app-dev ")], {}, "2 items are the same object: app-dev."),
    "two items of one id": (
        [{"sync_id": SYNC_ID}, {"sync_id": SYNC_ID.upper()}],
        {},
        f"2 items are the same object: {SYNC_ID}.",
    ),
    "two names for one id": (
        [{"name": "a", "sync_id": SYNC_ID}, {"name": "b", "sync_id": f" {SYNC_ID} "}, {"sync_id": OTHER_SYNC_ID}],
        {},
        f"2 items are the same object: {SYNC_ID}.",
    ),
    "another project": (
        [item(project_id=OTHER_PROJECT)],
        {},
        "item 0 (app-dev): its project_id is not that of the task.",
    ),
    "an id beside the task's slug": (
        [item(project_id=PROJECT)],
        {"project_id": None, "project_slug": "first"},
        "item 0 (app-dev): its project_id is not that of the task.",
    ),
    "a project that is none": ([], {"project_id": "a/b"}, "project_id 'a/b' is not an ID"),
    "a purge of all": ([item()], {"purge": True}, NEEDS_SCOPE),
    "a purge with an empty scope": ([item()], {"purge": True, "purge_scope": {}}, NEEDS_SCOPE),
    "a purge of any name": ([item()], {"purge": True, "purge_scope": {"name": ["*"]}}, NEEDS_SCOPE),
    "a purge without items": ([], {"purge": True, "purge_scope_all": True}, WHEN_EMPTY),
    "a purge of all without items": ([], {"purge": True}, f"{NEEDS_SCOPE} {WHEN_EMPTY}"),
    "an item that is nobody": ([{"destination": "github"}], {}, "one of the following is required: name, sync_id"),
    "an item with an unknown option": ([item(nonsense=1)], {}, "Unsupported parameters for"),
}


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize(("items", "options", "message"), REFUSED.values(), ids=REFUSED)
def test_refused_input_sends_nothing(server: Server, items: list, options: dict, message: str, check: bool) -> None:
    result = run(server, *items, **options, check=check)
    assert result.failed
    assert result.msg.startswith(message)


def test_a_fault_that_items_share_is_told_once(server: Server) -> None:
    result = run(server, item("a", project_id=OTHER_PROJECT), item("b"), item("c", project_id=OTHER_PROJECT))
    assert result.msg == "item 0 (a), item 2 (c): its project_id is not that of the task."
    assert result["refused_items"] == [0, 2]


def test_all_faults_of_all_items_at_once_before_anything_is_sent(server: Server) -> None:
    result = run(
        server,
        item(),
        item("Bad Name"),
        item("app-two", destination_config={"region": "Frankfurt"}, sync_options={"key_schema": "x"}),
        item("app-dev"),
        item("app-three", secret_path="app"),
        concurrency=99,
        purge=True,
    )
    assert result["error_kind"] == "input"
    for fault in (
        "concurrency is 99; it must be from 1 to 16.",
        "item 1 (Bad Name): name 'Bad Name' is not a slug",
        "item 2 (app-two): destination_config.region: 'Frankfurt' is not the name of an AWS region",
        "sync_options.key_schema must have {{secretKey}} in it (in a playbook",
        "item 4 (app-three): secret_path 'app' must start with a slash",
        "2 items are the same object: app-dev.",
        NEEDS_SCOPE,
    ):
        assert fault in result.msg
    assert "results" not in result.data


# --- side by side -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("concurrency", "together"), [(1, False), (2, True)])
def test_items_are_worked_on_side_by_side(
    server: Server, monkeypatch: pytest.MonkeyPatch, concurrency: int, together: bool
) -> None:
    barrier, met, really = Barrier(2), [], bulk.ensure

    def ensure(resource: Any) -> Any:
        try:
            barrier.wait(5 if together else 0.2)
            met.append(True)
        except BrokenBarrierError:
            met.append(False)
        return really(resource)

    monkeypatch.setattr(bulk, "ensure", ensure)
    lists_syncs(server, row("app-one"), row("app-two", OTHER_SYNC_ID))
    run(server, item("app-one"), item("app-two"), concurrency=concurrency)
    assert met == [together, together]


def test_outcomes_are_in_the_order_of_the_items(server: Server) -> None:
    names = [f"app-{number}" for number in range(9)]
    lists_syncs(server, *(row(name, f"d0000000-0000-4000-8000-00000000000{name[-1]}") for name in names))
    result = run(server, *(item(name) for name in reversed(names)), concurrency=16)
    assert [one["name"] for one in result["results"]] == names[::-1]
