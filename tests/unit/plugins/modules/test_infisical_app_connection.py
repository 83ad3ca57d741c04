# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.community.infisical.plugins.module_utils._catalog.schema import PERMANENT_KEY
from ansible_collections.community.infisical.plugins.modules import infisical_app_connection as module
from ansible_collections.community.infisical.tests.unit.plugins.harness import (
    CONNECTION_ID,
    OTHER_CONNECTION_ID,
    OTHER_PROJECT,
    PLACEHOLDER,
    PROJECT,
    Server,
    api_connection,
    api_error,
    not_found,
)

ALL = "/api/v1/app-connections/aws"
ONE = f"{ALL}/{CONNECTION_ID}"
KEYS = {"access_key_id": "AKIAEXAMPLE", "secret_access_key": "aws-secret-1"}
API_KEYS = {"accessKeyId": "AKIAEXAMPLE", "secretAccessKey": "aws-secret-1"}
NAMED = {"app": "aws", "name": "aws-dev"}
AWS = {**NAMED, "method": "access-key", "credentials": KEYS}
AWS_BODY = {"name": "aws-dev", "method": "access-key", "credentials": API_KEYS}
BY_ID = {"app": "aws", "connection_id": CONNECTION_ID}
STAND_IN = "00000000-0000-8000-8123-0123456789ab"


def lists(server: Server, *connections: dict, project: str | None = None) -> Server:
    return server.expects(
        "GET", ALL, {"appConnections": list(connections)}, query={"projectId": project} if project else {}
    )


def gets(server: Server, **changes: Any) -> Server:
    return server.expects("GET", ONE, {"appConnection": api_connection(**changes)})


def creates(server: Server, body: dict, app: str = "aws", **changes: Any) -> Server:
    answer = {"appConnection": api_connection(app=app, **changes)}
    return server.expects("POST", f"/api/v1/app-connections/{app}", answer, body=body)


def patches(server: Server, body: dict, **changes: Any) -> Server:
    return server.expects("PATCH", ONE, {"appConnection": api_connection(**changes)}, body=body)


# --- present: create --------------------------------------------------------------------------------------------------


def test_creates(server: Server) -> None:
    lists(server)
    creates(server, AWS_BODY)
    result = server.run(module, **AWS)
    assert result.changed is True
    assert result["app_connection"] == {
        "id": CONNECTION_ID,
        "project_id": None,
        "app": "aws",
        "method": "access-key",
        "name": "aws-dev",
        "description": None,
        "gateway_id": None,
        "gateway_pool_id": None,
        "org_id": "180870b7-f464-4740-8ffe-9d11c9245ea7",
        "version": 1,
        "credentials_hash": "hash-1",
        "is_platform_managed_credentials": False,
        "is_auto_rotation_enabled": None,
        "rotation": None,
        "rotation_status": None,
        "last_rotation_message": None,
        "next_rotation_at": None,
        "created_at": "2026-03-02T09:15:00.000Z",
        "updated_at": "2026-03-02T09:15:00.000Z",
    }
    assert result["diff"]["before"] == {}
    assert result["diff"]["after"]["credentials"] == "written"
    assert result.warnings == []
    assert "aws-secret-1" not in result.output
    # Newer cores show no invocation, which is the only place for it.
    assert "AKIAEXAMPLE" in result.output or "invocation" not in result.data


def test_creates_with_every_field(server: Server) -> None:
    lists(server, project=PROJECT)
    gateway = "0f0e0d0c-0b0a-4908-8706-050403020100"
    body = {**AWS_BODY, "description": "for dev", "projectId": PROJECT, "gatewayId": gateway}
    creates(server, body, projectId=PROJECT, description="for dev", gatewayId=gateway)
    more = {"project_id": f" {PROJECT} ", "description": " for dev ", "gateway_id": gateway}
    result = server.run(module, **{**AWS, "app": " aws ", "name": " aws-dev ", "credentials": API_KEYS}, **more)
    view = result["app_connection"]
    assert (view["project_id"], view["description"], view["gateway_id"]) == (PROJECT, "for dev", gateway)


def test_credentials_are_brought_into_the_kind_that_the_server_asks_for(server: Server) -> None:
    server.expects("GET", "/api/v1/app-connections/github", {"appConnections": []})
    body = {"name": "gh", "method": "pat", "credentials": {"personalAccessToken": "471147114711"}}
    creates(server, body, app="github", name="gh", method="pat")
    credentials = {"personal_access_token": 471147114711, "host": None}
    result = server.run(module, app="github", name="gh", method="pat", credentials=credentials)
    assert result.changed is True
    assert "471147114711" not in result.output


ELSEWHERE = {
    "another name": api_connection(name="aws-prod"),
    "the project's": api_connection(projectId=PROJECT),
}


@pytest.mark.parametrize("there", ELSEWHERE.values(), ids=ELSEWHERE)
def test_another_one_is_left_alone_and_a_new_one_made(server: Server, there: dict) -> None:
    lists(server, there)
    creates(server, AWS_BODY, id=OTHER_CONNECTION_ID)
    assert server.run(module, **AWS)["app_connection"]["id"] == OTHER_CONNECTION_ID


@pytest.mark.parametrize("state", ["present", "absent"])
def test_a_namesake_of_the_organization_is_not_the_projects(server: Server, state: str) -> None:
    # A server that doesn't know the query may list the organization's.
    others = api_connection(projectId=OTHER_PROJECT, id="c0000000-0000-4000-8000-000000000003")
    lists(server, api_connection(projectId=None), others, project=PROJECT)
    if state == "present":
        creates(server, {**AWS_BODY, "projectId": PROJECT}, projectId=PROJECT, id=OTHER_CONNECTION_ID)
    result = server.run(module, **AWS, project_id=PROJECT, state=state)
    assert result.changed is (state == "present")


@pytest.mark.parametrize("found", [True, False])
def test_a_create_whose_answer_is_lost_is_looked_for(server: Server, found: bool) -> None:
    lists(server, api_connection(id=OTHER_CONNECTION_ID, name="aws-prod"))
    server.expects("POST", ALL, "<html>", status=502, body=AWS_BODY)
    for _unused in range(1 if found else 5):
        lists(server, api_connection(id=OTHER_CONNECTION_ID, name="aws-prod"), *[api_connection()] * found)
    result = server.run(module, **AWS)
    assert result.failed is not found
    if found:
        assert result["app_connection"]["id"] == CONNECTION_ID
        assert "was lost" in result.warnings[0]
    else:
        assert "did not appear in the list" in result.msg
    assert "aws-secret-1" not in result.output


TAKEN = api_error(400, "BadRequest", 'An App Connection with the name "aws-dev" already exists')


@pytest.mark.parametrize("always", [False, True])
def test_one_that_another_run_has_made_meanwhile_is_managed(server: Server, always: bool) -> None:
    lists(server)
    server.expects("POST", ALL, TAKEN, status=400, body=AWS_BODY)
    lists(server, api_connection(projectId=PROJECT, id=OTHER_CONNECTION_ID), api_connection())
    if always:
        patches(server, {"credentials": AWS_BODY["credentials"]})
    result = server.run(module, **AWS, update_credentials="always" if always else "on_create")
    assert not result.failed
    assert result.changed is always
    assert result["app_connection"]["id"] == CONNECTION_ID
    assert result.warnings == [
        f"Another run created the same app connection at the same time: {CONNECTION_ID} is used."
    ]


EVERY = "/api/v1/app-connections"
NAMESAKE = {"app": "github", "name": "aws-dev", "id": OTHER_CONNECTION_ID, "projectId": None}


def lists_every(server: Server, *rows: dict, project: str | None = None) -> None:
    server.expects("GET", EVERY, {"appConnections": list(rows)}, query={"projectId": project} if project else {})


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("project", [None, PROJECT])
def test_a_name_that_one_of_another_app_has(server: Server, project: str | None, check: bool) -> None:
    lists(server, project=project)
    if not check:
        body = {**AWS_BODY, **({"projectId": project} if project else {})}
        server.expects("POST", ALL, TAKEN, status=400, body=body)
        lists(server, project=project)
    elsewhere = {**NAMESAKE, "projectId": None if project else PROJECT, "id": CONNECTION_ID}
    lists_every(server, elsewhere, {**NAMESAKE, "projectId": project}, project=project)
    result = server.run(module, **AWS, project_id=project, check=check)
    taken = (
        f"{f'The project {project}' if project else 'The organization'} already has a connection called 'aws-dev': the"
        f" github connection {OTHER_CONNECTION_ID}. Names are unique across apps."
    )
    if check:
        # An earlier task of the run may be about to remove that one.
        assert result.warnings == [
            f"{taken} A real run fails, unless an earlier task of it removes or renames that one."
        ]
        return
    assert result["error_kind"] == "input"
    assert result.msg == f"{taken} Choose another one."


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("app", ["aws", "github"])
def test_a_new_name_that_another_one_has(server: Server, app: str, check: bool) -> None:
    server.expects("GET", ONE, {"appConnection": api_connection()})
    if not check:
        server.expects("PATCH", ONE, TAKEN, status=400, body={"name": "aws-two"})
    lists_every(server, {**NAMESAKE, "id": CONNECTION_ID}, {**NAMESAKE, "app": app, "name": "aws-two"})
    result = server.run(module, **BY_ID, name="aws-two", check=check)
    taken = f"already has a connection called 'aws-two': the {app} connection {OTHER_CONNECTION_ID}"
    assert taken in (result.warnings[0] if check else result.msg)


UNSEEN: dict[str, dict] = {
    "not there": {"answer": {"appConnections": []}},
    "not shown": {"status": 403, "answer": api_error(403, "PermissionDenied", "no")},
    "not understood": {"answer": {"appConnections": [{"id": 1}]}},
}


@pytest.mark.parametrize("answer", UNSEEN.values(), ids=UNSEEN)
def test_a_name_that_one_has_that_is_not_shown(server: Server, answer: dict) -> None:
    lists(server)
    server.expects("POST", ALL, TAKEN, status=400, body=AWS_BODY)
    lists(server)
    server.expects("GET", EVERY, **answer)
    result = server.run(module, **AWS)
    assert result.failed
    assert "already exists" in result.msg
    assert "This identity can't see one with that name here." in result.msg
    assert "allow the identity to see the app connection that has it." in result.msg


@pytest.mark.parametrize(
    ("left_out", "missing"),
    [(("method",), "method"), (("credentials",), "credentials"), (("method", "credentials"), "method and credentials")],
)
def test_create_without_all_that_it_needs(server: Server, left_out: tuple, missing: str) -> None:
    lists(server)
    result = server.run(module, **{key: value for key, value in AWS.items() if key not in left_out})
    assert result.msg == f"To create the app connection 'aws-dev', specify {missing} as well."
    assert result["error_kind"] == "input"


def test_create_with_credentials_that_are_all_unset(server: Server) -> None:
    lists(server)
    result = server.run(module, **{**AWS, "credentials": {"access_key_id": None}})
    assert result.msg == "To create the app connection 'aws-dev', specify credentials as well."


def test_create_under_a_name_that_is_no_slug(server: Server) -> None:
    lists(server)
    result = server.run(module, **{**AWS, "name": "AWS dev"})
    assert result.msg.startswith("name 'AWS dev' is not a slug")


def test_a_refusal_of_the_provider_is_told_without_the_secret(server: Server) -> None:
    lists(server)
    text = "Unable to validate connection: aws-secret-1 is no good"
    server.expects("POST", ALL, api_error(400, "BadRequest", text), status=400, body=AWS_BODY)
    result = server.run(module, **AWS)
    assert (result["status"], result["error_kind"]) == (400, "server")
    assert "Unable to validate connection" in result.msg
    # That is said where a server has no such endpoint.
    assert "This server is older" not in result.msg
    assert "aws-secret-1" not in result.output


# --- present: what is there -------------------------------------------------------------------------------------------

UNCHANGED = {
    "all of it": (AWS, {}),
    "the name alone": (NAMED, {}),
    "other credentials, which nobody can compare": ({**AWS, "credentials": {**KEYS, "secret_access_key": "x"}}, {}),
    "no description": ({**AWS, "description": ""}, {}),
    "a description": ({**AWS, "description": "d "}, {"description": "d"}),
    "a setting unstated": (AWS, {"description": "d", "gatewayId": OTHER_CONNECTION_ID}),
}


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize(("options", "there"), UNCHANGED.values(), ids=UNCHANGED)
def test_unchanged(server: Server, options: dict, there: dict, check: bool) -> None:
    lists(server, api_connection(**there))
    result = server.run(module, **options, check=check)
    assert result.changed is False
    assert result["diff"]["before"] == result["diff"]["after"]
    assert result["app_connection"]["id"] == CONNECTION_ID


@pytest.mark.parametrize("check", [False, True])
def test_changes_what_differs_and_nothing_else(server: Server, check: bool) -> None:
    lists(server, api_connection(description="old"))
    if not check:
        patches(server, {"description": ""}, description="")
    result = server.run(module, **NAMED, description="", check=check)
    assert result.changed is True
    assert result["diff"]["before"]["description"] == "old"
    assert "description" not in result["diff"]["after"]


@pytest.mark.parametrize("check", [False, True])
def test_renames_by_id(server: Server, check: bool) -> None:
    gets(server)
    if check:
        lists_every(server)
    else:
        patches(server, {"name": "aws-prod"}, name="aws-prod")
    result = server.run(module, app="aws", connection_id=CONNECTION_ID.upper(), name="aws-prod", check=check)
    assert (result["app_connection"]["id"], result["app_connection"]["name"]) == (CONNECTION_ID, "aws-prod")


def test_renames_to_slugs_only(server: Server) -> None:
    gets(server)
    assert server.run(module, **BY_ID, name="AWS").msg.startswith("name 'AWS' is not a slug")


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("by", [NAMED, BY_ID])
def test_another_method_is_refused_with_the_way_out(server: Server, by: dict, check: bool) -> None:
    (gets if "connection_id" in by else lists)(server, *([] if "connection_id" in by else [api_connection()]))
    role = {"role_arn": "arn:aws:iam::123456789012:role/x"}
    result = server.run(module, **by, method="assume-role", credentials=role, description="new", check=check)
    assert result.msg == (
        f"The server can't change method (is 'access-key', wanted 'assume-role') of app connection {CONNECTION_ID} in"
        " place. Create a second connection under another name, move the syncs to it (option connection_id of"
        " infisical_secret_sync), and remove this one."
    )
    assert result["error_kind"] == "input"


def test_another_project_is_refused(server: Server) -> None:
    gets(server)
    result = server.run(module, **BY_ID, project_id=PROJECT)
    assert f"can't change project_id (is unset, wanted '{PROJECT}')" in result.msg


def test_a_server_that_keeps_the_old_value(server: Server) -> None:
    lists(server, api_connection())
    patches(server, {"description": "new"})
    result = server.run(module, **NAMED, description="new")
    assert result["error_kind"] == "update_ignored"
    assert result.changed is False
    assert result.msg.endswith("Create a second connection as it should be, and move the syncs to it.")


@pytest.mark.parametrize("check", [False, True])
def test_credentials_are_written_anew_where_that_is_asked_for(server: Server, check: bool) -> None:
    lists(server, api_connection())
    if not check:
        patches(server, {"credentials": API_KEYS}, credentialsHash="hash-2")
    result = server.run(module, **AWS, update_credentials="always", check=check)
    assert result.changed is True
    assert result["diff"]["after"]["credentials"] == "written again"
    assert result["app_connection"]["credentials_hash"] == ("hash-1" if check else "hash-2")
    assert "aws-secret-1" not in result.output


def test_credentials_are_written_together_with_other_changes(server: Server) -> None:
    lists(server, api_connection())
    patches(server, {"description": "new", "credentials": API_KEYS}, description="new")
    assert server.run(module, **AWS, description="new", update_credentials="always").changed is True


def test_credentials_by_id_alone_are_those_of_its_method(server: Server) -> None:
    gets(server)
    patches(server, {"credentials": {**API_KEYS, "secretAccessKey": "4711471147114711"}})
    credentials = {**KEYS, "secret_access_key": 4711471147114711}
    result = server.run(module, **BY_ID, credentials=credentials, update_credentials="always", validate="strict")
    assert result.changed is True
    assert result.warnings == []
    assert "4711471147114711" not in result.output


def test_credentials_by_id_that_are_not_those_of_its_method(server: Server) -> None:
    gets(server)
    result = server.run(module, **BY_ID, credentials={"api_token": "t-1"}, update_credentials="always")
    assert "credentials.access_key_id is missing" in result.msg
    assert result["error_kind"] == "input"


@pytest.mark.parametrize("check", [False, True])
def test_credentials_anew_must_be_whole(server: Server, check: bool) -> None:
    options = {**AWS, "credentials": {"secret_access_key": "aws-secret-1"}}
    result = server.run(module, **options, update_credentials="always", check=check)
    assert result.msg == f"credentials.access_key_id is missing: {PERMANENT_KEY['shape']}."
    assert result["error_kind"] == "input"


@pytest.mark.parametrize("check", [False, True])
def test_credentials_that_the_server_manages_itself_are_not_written_anew(server: Server, check: bool) -> None:
    lists(server, api_connection(isPlatformManagedCredentials=True))
    result = server.run(module, **AWS, description="new", update_credentials="always", check=check)
    assert result.msg == (
        f"Infisical itself manages the credentials of app connection {CONNECTION_ID} (aws-dev), and refuses others:"
        " leave out update_credentials."
    )
    assert result["error_kind"] == "input"


@pytest.mark.parametrize("check", [False, True])
def test_other_changes_where_the_server_manages_the_credentials(server: Server, check: bool) -> None:
    lists(server, api_connection(isPlatformManagedCredentials=True))
    if not check:
        patches(server, {"description": "new"}, isPlatformManagedCredentials=True, description="new")
    assert server.run(module, **AWS, description="new", check=check).changed is True


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("there", [False, True])
def test_a_description_that_is_too_long(server: Server, there: bool, check: bool) -> None:
    lists(server, *([api_connection()] if there else []))
    result = server.run(module, **AWS, description="d" * 257, check=check)
    assert result.msg == "description has 257 characters; the server takes 256."
    assert result["error_kind"] == "input"


@pytest.mark.parametrize("credentials", [None, {}, {"access_key_id": None}])
def test_no_credentials_to_write_anew(server: Server, credentials: dict | None) -> None:
    options = {**AWS, "credentials": credentials, "update_credentials": "always"}
    result = server.run(module, **options)
    assert result.msg == "update_credentials is always, but no credentials are specified."


def test_several_of_one_name_are_refused(server: Server) -> None:
    lists(server, api_connection(id=OTHER_CONNECTION_ID, createdAt="2027-01-01T00:00:00.000Z"), api_connection())
    result = server.run(module, **AWS)
    assert result.msg == (
        f"2 app connections are alike ('aws-dev'): {CONNECTION_ID}, {OTHER_CONNECTION_ID}. Specify connection_id to"
        " select one, or remove the others."
    )
    assert result["error_kind"] == "conflict"


@pytest.mark.parametrize("check", [False, True])
def test_by_unknown_id(server: Server, check: bool) -> None:
    server.expects("GET", ONE, **not_found())
    result = server.run(module, **{**AWS, **BY_ID}, check=check)
    assert result.msg == (
        f"There is no app connection with the ID {CONNECTION_ID}: it was deleted, or is for another app. Without"
        " connection_id this task would create one."
    )


# --- absent -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("by", [NAMED, BY_ID])
def test_absent(server: Server, by: dict, check: bool) -> None:
    (gets if "connection_id" in by else lists)(server, *([] if "connection_id" in by else [api_connection()]))
    if not check:
        server.expects("DELETE", ONE, {"appConnection": api_connection()})
    result = server.run(module, **by, state="absent", check=check)
    assert result.changed is True
    assert (result["app_connection"], result["removed"]) == (None, [CONNECTION_ID])
    assert result["diff"]["after"] == {}


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("by", [NAMED, BY_ID])
def test_absent_of_nothing_is_unchanged(server: Server, by: dict, check: bool) -> None:
    if "connection_id" in by:
        server.expects("GET", ONE, **not_found())
    else:
        lists(server, api_connection(name="other"))
    result = server.run(module, **by, state="absent", check=check)
    assert (result.changed, result["removed"]) == (False, [])


@pytest.mark.parametrize("check", [False, True])
def test_absent_with_an_unknown_service_token_fails(server: Server, check: bool) -> None:
    """Its 404 says nothing about the connection."""
    server.expects("GET", ONE, **not_found("Service token not found"))
    result = server.run(module, **BY_ID, state="absent", check=check)
    assert result.msg == (
        f"The server refused the access token: Service token not found [GET {ONE}: 404]. It was specified"
        " (token_auth): log in again."
    )
    assert result["error_kind"] == "token"


def test_absent_of_one_that_goes_away_in_the_meantime(server: Server) -> None:
    lists(server, api_connection())
    server.expects("DELETE", ONE, **not_found())
    assert server.run(module, **NAMED, state="absent").changed is True


def test_absent_heeds_no_other_options(server: Server) -> None:
    lists(server)
    wrong = {"method": "nonsense", "credentials": {"x": "y"}, "update_credentials": "always", "validate": "strict"}
    assert server.run(module, **NAMED, **wrong, state="absent").changed is False


def test_absent_of_one_that_syncs_use(server: Server) -> None:
    lists(server, api_connection())
    text = "Cannot delete App Connection with existing connections."
    server.expects("DELETE", ONE, api_error(400, "BadRequest", text), status=400)
    result = server.run(module, **NAMED, state="absent")
    assert result.msg == (
        f"The server keeps app connection {CONNECTION_ID} (aws-dev): {text} Remove or move the syncs that use it first."
    )
    assert (result["error_kind"], result["status"]) == ("conflict", 400)


def test_absent_that_is_not_allowed(server: Server) -> None:
    lists(server, api_connection())
    server.expects("DELETE", ONE, api_error(403, "PermissionDenied", "no"), status=403)
    assert server.run(module, **NAMED, state="absent")["error_kind"] == "permission"


# --- check mode -------------------------------------------------------------------------------------------------------


def test_check_mode_hands_out_a_stand_in(server: Server) -> None:
    ids = []
    for project in (None, PROJECT, None):
        lists(server, project=project)
        lists_every(server, project=project)
        result = server.run(module, **AWS, project_id=project, check=True)
        assert result.changed is True
        assert "aws-secret-1" not in result.output
        ids.append(result["app_connection"]["id"])
    assert all(PLACEHOLDER.fullmatch(one) for one in ids)
    assert ids[0] == ids[2] != ids[1]


@pytest.mark.parametrize("state", ["present", "absent"])
def test_a_stand_in_is_no_id_in_a_real_run(server: Server, state: str) -> None:
    result = server.run(module, app="aws", connection_id=STAND_IN, state=state)
    assert result.msg.startswith(
        f"connection_id {STAND_IN} is a placeholder from check mode, for an object that was not created."
    )
    assert result["error_kind"] == "input"


CHECKED: dict[str, tuple[dict, bool]] = {
    "nothing to change": ({}, False),
    "another description": ({"description": "new"}, True),
    "credentials anew": ({"update_credentials": "always", "credentials": {"secret_access_key": "aws-secret"}}, True),
    "absent": ({"state": "absent"}, True),
}


@pytest.mark.parametrize(("options", "changed"), CHECKED.values(), ids=CHECKED)
def test_check_mode_goes_on_with_what_it_did_not_create(server: Server, options: dict, changed: bool) -> None:
    result = server.run(module, app="aws", connection_id=STAND_IN, check=True, **options)
    assert result.changed is changed
    if options.get("state") == "absent":
        assert (result["app_connection"], result["removed"]) == (None, [STAND_IN])
    else:
        assert result["app_connection"]["id"] == STAND_IN


# --- input ------------------------------------------------------------------------------------------------------------

REFUSED = {
    "no app": ({"name": "x"}, "missing required arguments: app"),
    "neither name nor id": ({"app": "aws"}, "one of the following is required: name, connection_id"),
    "an empty name": ({"app": "aws", "name": " "}, "name is missing: specify it, or connection_id."),
    "an app that is a path": ({**AWS, "app": "aws/../x"}, "app 'aws/../x' is not a slug"),
    "an id that is none": ({"app": "aws", "connection_id": "x"}, "connection_id 'x' is not an ID"),
    "a project that is none": ({**AWS, "project_id": "a b"}, "project_id 'a b' is not an ID"),
}


@pytest.mark.parametrize("state", ["present", "absent"])
@pytest.mark.parametrize(("options", "message"), REFUSED.values(), ids=REFUSED)
def test_refused_input_sends_nothing(server: Server, options: dict, message: str, state: str) -> None:
    result = server.run(module, **options, state=state)
    assert result.failed
    assert result.msg.startswith(message)
    assert "aws-secret-1" not in result.output


def test_all_problems_with_credentials_at_once_and_without_them(server: Server) -> None:
    wrong = {"role_arn": "role/secret-looking", "sts_endpoint": "http://x"}
    result = server.run(module, **NAMED, method="assume-role", credentials=wrong)
    assert "credentials.role_arn: 'role/secret-looking' is not the ARN of a role." in result.msg
    shape = (
        "the URL, with https, of AWS STS in a region that servers take, such as https://sts.eu-central-1.amazonaws.com"
    )
    assert f"credentials.sts_endpoint: 'http://x' is not {shape}." in result.msg


PART = {**NAMED, "method": "access-key", "credentials": {"secret_access_key": "   aws-secret-2"}}


@pytest.mark.parametrize("update", ["on_create", "always"])
def test_a_new_one_needs_all_credentials(server: Server, update: str) -> None:
    if update == "on_create":
        lists(server)
    result = server.run(module, **PART, update_credentials=update)
    assert result.msg == f"credentials.access_key_id is missing: {PERMANENT_KEY['shape']}."
    assert "aws-secret-2" not in result.output


def test_one_that_is_there_needs_none_where_none_are_written(server: Server) -> None:
    lists(server, api_connection())
    assert server.run(module, **PART).changed is False


@pytest.mark.parametrize("text", ["", " "])
def test_an_empty_credential_that_need_not_be_there_is_left_out(server: Server, text: str) -> None:
    server.expects("GET", "/api/v1/app-connections/gitlab", {"appConnections": []})
    credentials = {"access_token": "t-1", "access_token_type": "project", "instance_url": text}
    sent = {"accessToken": "t-1", "accessTokenType": "project"}
    body = {"name": "gl", "method": "access-token", "credentials": sent}
    creates(server, body, app="gitlab", name="gl", method="access-token")
    options = {"app": "gitlab", "name": "gl", "method": "access-token", "credentials": credentials}
    assert server.run(module, **options).changed is True


FAILS = api_error(500, "InternalServerError", "The security token included in the request is invalid.")
HINT = "The server also answers like this if AWS refuses the credentials. Check them."


@pytest.mark.parametrize("there", [False, True])
def test_credentials_that_aws_refuses(server: Server, there: bool) -> None:
    """The server tells so by a 500: it is asked once, as a further try would end like that, too."""
    lists(server, *([api_connection()] if there else []))
    if there:
        server.expects("PATCH", ONE, FAILS, status=500, body={"credentials": API_KEYS})
    else:
        server.expects("POST", ALL, FAILS, status=500, body=AWS_BODY)
        lists(server)
    result = server.run(module, **AWS, update_credentials="always")
    assert "The security token included in the request is invalid." in result.msg
    assert result.msg.endswith(HINT)


def test_a_failure_of_something_else_is_tried_again_without_a_hint(server: Server) -> None:
    lists(server, api_connection())
    for status in (500, 200):
        answer = FAILS if status == 500 else {"appConnection": api_connection(description="new")}
        server.expects("PATCH", ONE, answer, status=status, body={"description": "new"})
    assert server.run(module, **NAMED, description="new").changed is True


UNSURE = {
    "app": {"app": "brand-new", "method": "api-token", "credentials": {"api_token": "t-1"}},
    "method": {"app": "aws", "method": "brand-new", "credentials": {"api_token": "t-1"}},
    "credential": {"app": "aws", "method": "access-key", "credentials": {**KEYS, "brand_new": "t-1"}},
}


@pytest.mark.parametrize("validate", ["strict", "warn", "off"])
@pytest.mark.parametrize("options", UNSURE.values(), ids=UNSURE)
def test_what_the_catalogue_does_not_know(server: Server, options: dict, validate: str) -> None:
    if validate != "strict":
        path = f"/api/v1/app-connections/{options['app']}"
        server.expects(
            "GET", path, {"appConnections": [api_connection(name="x", app=options["app"], method=options["method"])]}
        )
    result = server.run(module, **options, name="x", validate=validate)
    assert result.failed is (validate == "strict")
    assert len(result.warnings) == (validate == "warn")
    # Newer cores show no invocation at all.
    assert "t-1" not in str(result.data.get("invocation"))


def test_validation_that_is_off_leaves_it_to_the_server(server: Server) -> None:
    lists(server)
    server.expects(
        "POST",
        ALL,
        api_error(422, "ValidationFailure", "no"),
        status=422,
        body={**AWS_BODY, "credentials": {"accessKeyId": "A"}},
    )
    result = server.run(module, **{**AWS, "credentials": {"access_key_id": "A"}}, validate="off")
    assert result["error_kind"] == "validation"


BROKEN = {
    "an unknown option": {"nonsense": 1},
    "a wrong choice": {"state": "there"},
    "an option that is missing": {"app": None},
    "a rule that is broken": {"name": None},
    "a wrong kind": {"validate_certs": "perhaps"},
}


@pytest.mark.parametrize("options", BROKEN.values(), ids=BROKEN)
def test_no_secret_in_a_failure_of_the_options_themselves(server: Server, options: dict) -> None:
    nested = {**KEYS, "more": {"deep": ["aws-secret-2", 4711471147114711]}}
    result = server.run(module, **{**AWS, "credentials": nested, **options})
    assert result.failed
    for secret in ("aws-secret-1", "aws-secret-2", "4711471147114711"):
        assert secret not in result.output


def test_no_secret_in_the_failure_of_credentials_that_are_no_mapping(server: Server) -> None:
    result = server.run(module, **{**AWS, "credentials": "aws-secret-1"})
    assert result.failed
    assert "aws-secret-1" not in result.output


def test_nested_secrets_are_masked_in_what_the_server_says(server: Server) -> None:
    lists(server)
    nested = {**KEYS, "more": {"deep": ["aws-secret-2"]}}
    body = {**AWS_BODY, "credentials": {**API_KEYS, "more": {"deep": ["aws-secret-2"]}}}
    server.expects("POST", ALL, api_error(400, "BadRequest", "bad: aws-secret-2 of AKIAEXAMPLE"), status=400, body=body)
    result = server.run(module, **{**AWS, "credentials": nested})
    assert "aws-secret-2" not in result.output
    assert "of AKIAEXAMPLE" in result.msg


def test_a_public_part_that_is_a_secret_as_well_stays_masked(server: Server) -> None:
    lists(server, api_connection())
    same = {"access_key_id": "aws-secret-1", "secret_access_key": "aws-secret-1"}
    assert "aws-secret-1" not in server.run(module, **{**AWS, "credentials": same}).output
