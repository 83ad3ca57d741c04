# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes along with a removal, in which order the items of a task are worked on, and who writes to one place."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import pytest
from playbooks.services import done, run

from playbooks import services
from simulator import Simulator

SECRET = {"integration": "aws-secret-manager", "region": "us-east-1", "accept_deletion": True}
SECRET.update(source_environment="dev", secret_path="/app")
REPOSITORY = {"integration": "github", "owner": "team", "app": "shop", "source_environment": "dev"}
KEYS = {"access_id": "AKIAEXAMPLE", "access_token": "s-1"}
CHECK = pytest.mark.parametrize("check", [False, True], ids=["run", "check"])


@pytest.fixture
def old() -> Iterator[Simulator]:
    """A server of 2024 that removes an auth with its last integration."""
    with Simulator(generation="2024-10-16", sync_delay=0.0) as simulator:
        yield simulator


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with Simulator(create_open=True, sync_delay=0.0) as simulator:
        yield simulator


def authorise(sim: Simulator, service: str, **options: Any) -> str:
    credentials = {"access_token": "s-1"} if service == "github" else KEYS
    options = {"project_id": sim.project_id, "integration": service, **credentials, **options}
    return done(sim, "infisical_integration_auth", **options)["integration_auth"]["id"]


def integration(sim: Simulator, **options: Any) -> dict[str, Any]:
    made = done(sim, "infisical_integration", project_id=sim.project_id, **options)["integration"]
    sim.wait_idle()
    return made


def many(sim: Simulator, *items: dict[str, Any], **options: Any) -> dict[str, Any]:
    options = {"project_id": sim.project_id, "integrations": list(items), "concurrency": 1, **options}
    result = run(sim, "infisical_integrations", **options)
    sim.wait_idle()
    return result


ABSENT = {"state": "absent"}
GONE = "along with its last integration"


# --- the last integration of an auth ----------------------------------------------------------------------------------


def test_an_auth_that_another_item_uses_stays(old: Simulator) -> None:
    auth = authorise(old, "aws-secret-manager")
    integration(old, **SECRET, app="first")
    result = many(old, {**SECRET, **ABSENT, "app": "first"}, {**SECRET, "app": "second"})
    assert not result.get("failed"), result["msg"]
    assert [one["action"] for one in result["results"]] == ["removed", "created"]
    assert [one["id"] for one in old.auths(old.project_id)] == [auth]
    assert [one["app"] for one in old.integrations(old.project_id)] == ["second"]
    assert (result["warnings"], "removed_auths" in result) == ([], False)


@pytest.mark.parametrize("plural", [False, True], ids=["single", "plural"])
def test_an_auth_that_goes_along_is_told(old: Simulator, plural: bool) -> None:
    auth = authorise(old, "aws-secret-manager")
    integration(old, **SECRET, app="first")
    absent = {**SECRET, **ABSENT, "app": "first"}
    result = many(old, absent) if plural else done(old, "infisical_integration", project_id=old.project_id, **absent)
    assert result["removed_auths"] == [auth]
    assert [GONE in warning and auth in warning for warning in result["warnings"]] == [True]
    assert old.auths(old.project_id) == []


@pytest.mark.parametrize("goes", [False, True])
def test_an_auth_that_goes_along_with_what_is_removed_by_its_id_alone(goes: bool) -> None:
    with Simulator(generation="2024-10-16" if goes else "2024", sync_delay=0.0) as sim:
        auth = authorise(sim, "aws-secret-manager")
        made = integration(sim, **SECRET, app="first")
        sim.clear_requests()
        result = done(sim, "infisical_integration", integration_id=made["id"], **ABSENT)
        assert result.get("removed_auths") == ([auth] if goes else None)
        assert [GONE in warning and auth in warning for warning in result["warnings"]] == [True] * goes
        # The look at the auth after the removal is all that is asked for beside it.
        assert [one["method"] for one in sim.requests if "/integration" in one["path"]] == [
            "GET",
            "GET",
            "DELETE",
            "GET",
        ]
        again = done(sim, "infisical_integration", integration_id=made["id"], **ABSENT)
        assert (again["changed"], again["warnings"], "removed_auths" in again) == (False, [], False)


def test_an_auth_that_goes_along_with_what_is_purged_is_told(old: Simulator) -> None:
    auth = authorise(old, "aws-secret-manager")
    integration(old, **SECRET, app="first")
    result = many(old, purge=True, purge_scope_all=True, purge_when_empty=True)
    assert (result["counts"]["purged"], result["removed_auths"]) == (1, [auth])


def test_check_mode_tells_under_v_that_an_auth_may_go_along(old: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(services, "carry_out", functools.partial(services.carry_out, tell=told.append))
    auth = authorise(old, "aws-secret-manager")
    integration(old, **SECRET, app="first")
    absent = {**SECRET, **ABSENT, "app": "first"}
    result = run(old, "infisical_integration", check=True, project_id=old.project_id, **absent)
    assert (result["warnings"], "removed_auths" in result) == ([], False)
    [sentence] = told
    assert sentence.endswith(
        f" is the last one of integration auth {auth}. Some servers of this age remove the auth, and the credentials in"
        " it, along with it."
    )


@pytest.mark.parametrize("goes", [False, True])
def test_nothing_is_told_where_the_auth_stays(goes: bool) -> None:
    with Simulator(generation="2024-10-16" if goes else "2024", sync_delay=0.0) as sim:
        auth = authorise(sim, "aws-secret-manager")
        integration(sim, **SECRET, app="first")
        if goes:
            integration(sim, **SECRET, app="second")
        absent = {**SECRET, **ABSENT, "app": "first"}
        result = done(sim, "infisical_integration", project_id=sim.project_id, **absent)
        assert (result["warnings"], "removed_auths" in result) == ([], False)
        assert [one["id"] for one in sim.auths(sim.project_id)] == [auth]


# --- what deletes at a destination ------------------------------------------------------------------------------------

WIPED = {**REPOSITORY, **ABSENT, "secret_path": "/", "delete_destination_secrets": True}


def test_what_deletes_at_a_destination_comes_before_what_writes_there(sim: Simulator) -> None:
    authorise(sim, "github")
    sim.set_secret(sim.project_id, "dev", "/", "API_KEY", "old")
    integration(sim, **REPOSITORY, secret_path="/")
    result = many(sim, {**REPOSITORY, "secret_path": "/app"}, WIPED)
    assert not result.get("failed"), result["msg"]
    (made,) = sim.integrations(sim.project_id)
    assert sim.held(made["id"]) == {"API_KEY": "api-value", "DB_PASSWORD": "db-value"}


def test_no_order_is_safe_where_the_auth_would_go_along(old: Simulator) -> None:
    authorise(old, "github")
    first = integration(old, **REPOSITORY, secret_path="/")
    result = many(old, {**REPOSITORY, "secret_path": "/app"}, WIPED)
    assert "item 1 removes the last integration of integration auth" in result["msg"]
    assert (
        ", which item 0 uses, and deletes at the destination that it writes to. Servers of this age may remove the auth"
        " as well. Nothing was changed. Run item 0 first, and item 1 without delete_destination_secrets."
    ) in result["msg"]
    assert [one["id"] for one in old.integrations(old.project_id)] == [first["id"]]
    elsewhere = many(old, {**REPOSITORY, "app": "other", "secret_path": "/app"}, WIPED)
    assert not elsewhere.get("failed"), elsewhere["msg"]
    assert [one["app"] for one in old.integrations(old.project_id)] == ["other"]
    assert len(old.auths(old.project_id)) == 1


def test_the_order_is_safe_where_another_integration_keeps_the_auth(old: Simulator) -> None:
    auth = authorise(old, "github")
    integration(old, **REPOSITORY, secret_path="/")
    integration(old, **{**REPOSITORY, "app": "other"}, secret_path="/")
    result = many(old, {**REPOSITORY, "secret_path": "/app"}, WIPED)
    assert not result.get("failed"), result["msg"]
    assert [(one["app"], one["secretPath"]) for one in old.integrations(old.project_id)] == [
        ("other", "/"),
        ("shop", "/app"),
    ]
    assert ([one["id"] for one in old.auths(old.project_id)], "removed_auths" in result) == ([auth], False)


@pytest.mark.parametrize("leaving", ["both at once", "the other stays in use"])
def test_no_order_is_safe_where_all_integrations_of_the_auth_leave(old: Simulator, leaving: str) -> None:
    authorise(old, "github")
    integration(old, **REPOSITORY, secret_path="/")
    integration(old, **{**REPOSITORY, "app": "other"}, secret_path="/")
    other = {**WIPED, "app": "other"} if leaving == "both at once" else {**REPOSITORY, "app": "other"}
    result = many(old, {**REPOSITORY, "secret_path": "/app"}, WIPED, {"secret_path": "/", **other})
    assert bool(result.get("failed")) == (leaving == "both at once"), result.get("msg")
    assert len(old.integrations(old.project_id)) == 2


@pytest.mark.parametrize("by", ["service", "auth", "second auth"])
def test_nothing_is_written_where_an_integration_could_not_be_removed(sim: Simulator, by: str) -> None:
    auth = authorise(sim, "github")
    if by == "second auth":
        auth = authorise(sim, "github", namespace="second")
    integration(sim, **REPOSITORY, secret_path="/", auth_namespace="")
    sim.fail_next(403, method="DELETE", path="/api/v1/integration/*")
    named = {**REPOSITORY, "auth_namespace": ""}
    if by != "service":
        named = {name: value for name, value in REPOSITORY.items() if name != "integration"}
        named["integration_auth_id"] = auth
    other = {**named, "app": "other", "secret_path": "/app"}
    result = many(sim, {**named, "app": "SHOP", "secret_path": "/app"}, other, {**WIPED, "auth_namespace": ""})
    assert [one["action"] for one in result["results"]] == ["failed", "created", "failed"]
    assert "item 2 (github" in result["results"][0]["error"]
    assert "deletes at the same destination" in result["results"][0]["error"]
    assert [one["app"] for one in sim.integrations(sim.project_id)] == ["shop", "other"]


# --- secret syncs -----------------------------------------------------------------------------------------------------


def connect(sim: Simulator, name: str = "github") -> str:
    options = {"project_id": sim.project_id, "app": "github", "method": "pat", "name": name}
    credentials = {"personal_access_token": "s-1"}
    return done(sim, "infisical_app_connection", **options, credentials=credentials)["app_connection"]["id"]


def sync_of(connection: str, name: str, **config: Any) -> dict[str, Any]:
    place = {"scope": "repository", "owner": "team", "repo": "shop", **config}
    source = {"environment": "dev", "secret_path": "/app"}
    return {"name": name, "destination": "github", "connection_id": connection, **source, "destination_config": place}


def many_syncs(sim: Simulator, *items: dict[str, Any], **options: Any) -> dict[str, Any]:
    options = {"project_id": sim.project_id, "syncs": list(items), "concurrency": 1, **options}
    result = run(sim, "infisical_secret_syncs", **options)
    sim.wait_idle()
    return result


@CHECK
@pytest.mark.parametrize("wipes", [False, True])
def test_a_sync_takes_the_place_of_another_in_one_task(sim: Simulator, wipes: bool, check: bool) -> None:
    connection = connect(sim)
    assert not many_syncs(sim, sync_of(connection, "before")).get("failed")
    absent = {"name": "before", **ABSENT, "delete_destination_secrets": wipes}
    wanted = {**sync_of(connection, "after"), "check_duplicates": "refuse"}
    result = many_syncs(sim, wanted, absent, check=check)
    assert not result.get("failed"), result["msg"]
    assert [one["action"] for one in result["results"]] == ["created", "removed"]
    assert result["warnings"] == []
    (left,) = sim.syncs(sim.project_id)
    assert left["name"] == ("before" if check else "after")
    assert sim.held(left["id"]) == {"API_KEY": "api-value", "DB_PASSWORD": "db-value"}


@CHECK
def test_a_sync_that_is_purged_is_no_duplicate(sim: Simulator, check: bool) -> None:
    connection = connect(sim)
    assert not many_syncs(sim, sync_of(connection, "before")).get("failed")
    wanted = {**sync_of(connection, "after"), "check_duplicates": "refuse"}
    result = many_syncs(sim, wanted, purge=True, purge_scope_all=True, check=check)
    assert not result.get("failed"), result["msg"]
    assert (result["counts"]["purged"], result["warnings"]) == (1, [])


@pytest.mark.parametrize("refused", [False, True])
def test_nothing_is_written_where_a_removal_has_not_ended(sim: Simulator, refused: bool) -> None:
    connection = connect(sim)
    assert not many_syncs(sim, sync_of(connection, "before")).get("failed")
    if refused:
        sim.fail_next(403, method="DELETE")
    else:
        sim.fail_sync("github", message="no such repository", kind="remove")
    absent = {"name": "before", **ABSENT, "delete_destination_secrets": True}
    result = many_syncs(sim, sync_of(connection, "after"), sync_of(connection, "else", repo="other"), absent)
    assert [one["action"] for one in result["results"]] == ["failed", "created", "failed"]
    assert "deletes at the same destination" in result["results"][0]["error"]


def test_nothing_is_written_there_whichever_way_the_connection_is_named(sim: Simulator) -> None:
    options = {"project_id": sim.project_id, "app": "flyio", "method": "access-token", "name": "fly"}
    made = done(sim, "infisical_app_connection", **options, credentials={"access_token": "s-1"})["app_connection"]
    source = {
        "destination": "flyio",
        "environment": "dev",
        "secret_path": "/app",
        "destination_config": {"app_id": "x"},
    }
    assert not many_syncs(sim, {"name": "before", "connection_id": made["id"], **source}).get("failed")
    sim.fail_next(403, method="DELETE")
    absent = {"name": "before", **ABSENT, "delete_destination_secrets": True}
    result = many_syncs(sim, {"name": "after", "connection_name": "fly", **source}, absent)
    assert [one["action"] for one in result["results"]] == ["failed", "failed"]
    assert "deletes at the same destination" in result["results"][0]["error"]


def test_nothing_is_written_there_by_a_sync_that_is_called_by_its_name_alone(sim: Simulator) -> None:
    connection = connect(sim)
    before = sync_of(connection, "before")
    after = {**sync_of(connection, "after"), "is_auto_sync_enabled": False, "check_duplicates": "ignore"}
    assert not many_syncs(sim, before, after).get("failed")
    sim.fail_next(403, method="DELETE")
    absent = {"name": "before", **ABSENT, "delete_destination_secrets": True}
    result = many_syncs(sim, {"name": "after", "is_auto_sync_enabled": True}, absent)
    assert [one["action"] for one in result["results"]] == ["failed", "failed"]
    assert "deletes at the same destination" in result["results"][0]["error"]


SAME = {
    "in other letter case": (False, {"owner": "Team", "repo": "SHOP"}),
    "through a second connection": (True, {}),
    "both": (True, {"owner": "TEAM"}),
}


@CHECK
@pytest.mark.parametrize("choice", ["warn", "refuse"])
@pytest.mark.parametrize(("second", "config"), SAME.values(), ids=SAME)
def test_the_same_repository_of_two_syncs(
    sim: Simulator, second: bool, config: dict[str, Any], choice: str, check: bool
) -> None:
    connection = connect(sim)
    assert not many_syncs(sim, sync_of(connection, "before")).get("failed")
    if second:
        connection = connect(sim, "second")
    wanted = {**sync_of(connection, "after", **config), "check_duplicates": choice}
    result = run(sim, "infisical_secret_sync", check=check, project_id=sim.project_id, **wanted)
    told = [result["msg"]] if choice == "refuse" else result["warnings"]
    assert ["writes to the same github destination" in sentence for sentence in told] == [True]


def test_another_repository_is_none_of_it(sim: Simulator) -> None:
    connection = connect(sim)
    assert not many_syncs(sim, sync_of(connection, "before")).get("failed")
    result = many_syncs(sim, sync_of(connection, "after", repo="other"))
    assert (result.get("failed"), result["warnings"]) == (None, [])


@pytest.mark.parametrize("moved", [False, True], ids=["removed", "moved"])
def test_an_item_of_a_loop_knows_what_earlier_ones_did(
    sim: Simulator, monkeypatch: pytest.MonkeyPatch, moved: bool
) -> None:
    session = services.Session()
    monkeypatch.setattr(services, "Session", lambda: session)
    monkeypatch.setattr(services, "carry_out", functools.partial(services.carry_out, keep_session=True))

    def item(**options: Any) -> list[bool]:
        warnings = done(sim, "infisical_secret_sync", project_id=sim.project_id, **options)["warnings"]
        sim.wait_idle()
        return ["writes to the same github destination" in warning for warning in warnings]

    connection = connect(sim)
    assert item(**sync_of(connection, "first")) == []
    assert item(**sync_of(connection, "second")) == [True]
    for name in ("first", "second"):
        gone = sync_of(connection, name, repo=name) if moved else {"name": name, **ABSENT}
        assert item(**gone) == []
    assert item(**sync_of(connection, "third")) == []
    assert item(**sync_of(connection, "fourth", repo="first")) == [True] * moved
    session.close()


# --- native integrations that write to one place ----------------------------------------------------------------------

RIVAL = "Another active integration writes to the same destination"
OTHERS: dict[str, tuple[dict[str, Any], list[bool]]] = {
    "in other letter case": ({"owner": "Team", "app": "Shop"}, [True]),
    "through a second auth": ({"auth_namespace": "second"}, [True]),
    "another repository": ({"app": "other"}, []),
    "the same folder through a second auth": ({"auth_namespace": "second", "secret_path": "/"}, []),
}


@CHECK
@pytest.mark.parametrize(("options", "warned"), OTHERS.values(), ids=OTHERS)
def test_the_same_repository_of_two_integrations(
    sim: Simulator, options: dict[str, Any], warned: list[bool], check: bool
) -> None:
    authorise(sim, "github")
    other = integration(sim, **REPOSITORY, secret_path="/")
    if "auth_namespace" in options:
        authorise(sim, "github", namespace="second")
    wanted = {**REPOSITORY, "secret_path": "/app", **options}
    result = run(sim, "infisical_integration", check=check, project_id=sim.project_id, **wanted)
    named = f"{other['id']} (from dev:/)"
    assert [RIVAL in warning and named in warning for warning in result["warnings"]] == warned


def test_the_same_secret_in_two_accounts_is_none_of_it(sim: Simulator) -> None:
    authorise(sim, "aws-secret-manager")
    authorise(sim, "aws-secret-manager", namespace="second")
    integration(sim, **SECRET, app="shop")
    wanted = {**SECRET, "app": "shop", "secret_path": "/", "auth_namespace": "second"}
    assert done(sim, "infisical_integration", project_id=sim.project_id, **wanted)["warnings"] == []


@CHECK
@pytest.mark.parametrize("purge", [False, True])
def test_what_is_about_to_be_removed_is_no_rival(sim: Simulator, purge: bool, check: bool) -> None:
    authorise(sim, "aws-secret-manager")
    integration(sim, **SECRET, app="shop")
    wanted = {**SECRET, "app": "shop", "secret_path": "/app/db"}
    absent = {**SECRET, **ABSENT, "app": "shop"}
    options = {"purge": True, "purge_scope_all": True} if purge else {}
    result = many(sim, wanted, *([] if purge else [absent]), **options, check=check)
    assert not result.get("failed"), result["msg"]
    assert [warning for warning in result["warnings"] if RIVAL in warning] == []
    assert result["counts"]["purged" if purge else "removed"] == 1
