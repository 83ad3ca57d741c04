# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.community.infisical.plugins.modules import infisical_integration_auth as module
from ansible_collections.community.infisical.tests.unit.plugins.harness import (
    AUTH,
    AUTH_ID,
    AUTHS,
    CREATE_AUTH,
    INTEGRATION_ID,
    INTEGRATIONS,
    NOBODY,
    OTHER_AUTH_ID,
    OTHER_INTEGRATION_ID,
    OTHER_PROJECT,
    PLACEHOLDER,
    PROJECT,
    Result,
    Server,
    api_auth,
    api_error,
    api_integration,
    no_route,
    not_found,
)

AWS = {
    "project_id": PROJECT,
    "integration": "aws-secret-manager",
    "access_id": "AKIAEXAMPLE",
    "access_token": "aws-secret-1",
}
AWS_BODY = {
    "workspaceId": PROJECT,
    "integration": "aws-secret-manager",
    "accessId": "AKIAEXAMPLE",
    "accessToken": "aws-secret-1",
}
NAMED = {"project_id": PROJECT, "integration": "aws-secret-manager"}


def lists(server: Server, *auths: dict) -> Server:
    return server.expects("GET", AUTHS, {"authorizations": list(auths)})


def creates(server: Server, body: dict, **auth: Any) -> Server:
    """A create, and the look at the list that comes after it, for what another run may have made."""
    server.expects_probe()
    server.expects("POST", CREATE_AUTH, {"integrationAuth": api_auth(**auth)}, body=body)
    return lists(server, api_auth(**auth))


# --- present: create --------------------------------------------------------------------------------------------------


def test_creates(server: Server) -> None:
    lists(server)
    creates(server, AWS_BODY)
    result = server.run(module, **AWS)
    assert result.changed is True
    assert result["integration_auth"] == {
        "id": AUTH_ID,
        "project_id": PROJECT,
        "integration": "aws-secret-manager",
        "target_url": None,
        "namespace": None,
        "team_id": None,
        "account_id": None,
        "metadata": None,
        "created_at": "2026-03-02T09:15:00.000Z",
        "updated_at": "2026-03-02T09:15:00.000Z",
    }
    assert "aws-secret-1" not in result.output


CREDENTIALS = {
    "token": ({"access_token": "pat-1"}, {"accessToken": "pat-1"}),
    "id and token": ({"access_id": "id-1", "access_token": "pat-1"}, {"accessId": "id-1", "accessToken": "pat-1"}),
    "refresh token": ({"refresh_token": "refresh-1"}, {"refreshToken": "refresh-1"}),
    "role": (
        {"aws_assume_iam_role_arn": "arn:aws:iam::123456789012:role/x"},
        {"awsAssumeIamRoleArn": "arn:aws:iam::123456789012:role/x"},
    ),
    "padded": ({"access_token": " pat-1\n"}, {"accessToken": "pat-1"}),
}


@pytest.mark.parametrize(("options", "body"), CREDENTIALS.values(), ids=CREDENTIALS)
def test_creates_with_each_kind_of_credential(server: Server, options: dict, body: dict) -> None:
    lists(server)
    creates(server, {"workspaceId": PROJECT, "integration": "aws-secret-manager", **body})
    assert server.run(module, **NAMED, **options, validate="off").changed is True


def test_creates_with_all_that_names_it(server: Server) -> None:
    lists(server)
    where = {"url": "https://vault.example.com", "namespace": "team"}
    creates(
        server,
        {
            "workspaceId": PROJECT,
            "integration": "hashicorp-vault",
            "accessId": "vault-role-1",
            "accessToken": "vault-secret-1",
            **where,
        },
        integration="hashicorp-vault",
        **where,
    )
    result = server.run(
        module,
        workspace_id=f" {PROJECT} ",
        integration="hashicorp-vault",
        target_url=" https://vault.example.com ",
        namespace="team",
        access_id="vault-role-1",
        access_token="vault-secret-1",
    )
    assert result["integration_auth"]["namespace"] == "team"


NO_CREDENTIAL = {
    "nothing": {},
    "only an id, which is half of one": {"access_id": "AKIAEXAMPLE"},
    "empty": {"access_token": ""},
    "blank": {"access_token": " "},
}


@pytest.mark.parametrize("options", NO_CREDENTIAL.values(), ids=NO_CREDENTIAL)
def test_create_without_credential(server: Server, options: dict) -> None:
    lists(server)
    result = server.run(module, **NAMED, namespace="eu", **options)
    assert result.msg == (
        "No integration auth for aws-secret-manager, namespace 'eu' exists in the project, and no credential is given"
        " to create one: specify access_token (with access_id where the service has one), refresh_token or"
        " aws_assume_iam_role_arn."
    )
    assert result["error_kind"] == "input"


@pytest.mark.parametrize("check", [False, True])
def test_create_where_no_integrations_are_created_any_more(server: Server, check: bool) -> None:
    lists(server)
    server.expects_probe(status=403, answer=api_error(403, "ForbiddenError", "Native Integrations are being retired"))
    result = server.run(module, **AWS, check=check)
    assert result.msg.startswith("This server creates no new native integrations. It says: Native Integrations are")
    assert result["error_kind"] == "creation_closed"


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 403, "answer": api_error(403, "PermissionDenied", "no")},
        {"status": 500, "answer": api_error(500, "Error", "no")},
        {"status": 422, "answer": api_error(422, "ValidationFailure", [])},
        {"status": 200, "answer": {}},
    ],
)
def test_any_other_answer_to_the_question_stands_in_nobodys_way(server: Server, answer: dict) -> None:
    lists(server)
    server.expects_probe(**answer)
    server.expects("POST", CREATE_AUTH, {"integrationAuth": api_auth()}, body=AWS_BODY)
    lists(server, api_auth())
    assert server.run(module, **AWS).changed is True


# --- present: what is there -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("options", [NAMED, AWS, {**NAMED, "namespace": "", "target_url": " "}])
@pytest.mark.parametrize("empty", [None, ""])
def test_unchanged(server: Server, options: dict, empty: object, check: bool) -> None:
    lists(server, api_auth(namespace=empty, url=empty), api_auth(id=OTHER_AUTH_ID, integration="github"))
    result = server.run(module, **options, check=check)
    assert result.changed is False
    assert result["integration_auth"]["id"] == AUTH_ID
    assert result["diff"]["before"] == result["diff"]["after"]


def test_a_second_namespace_is_another_auth(server: Server) -> None:
    lists(server, api_auth())
    creates(server, {**AWS_BODY, "namespace": "eu"}, id=OTHER_AUTH_ID, namespace="eu")
    result = server.run(module, **AWS, namespace="eu")
    assert result.changed is True
    assert result["integration_auth"]["id"] == OTHER_AUTH_ID


@pytest.mark.parametrize("state", ["present", "absent"])
def test_several_matches_are_refused_with_their_ids(server: Server, state: str) -> None:
    lists(server, api_auth(id=OTHER_AUTH_ID, createdAt="2026-04-02T09:15:00.000Z"), api_auth())
    result = server.run(module, **NAMED, state=state)
    assert result.msg == (
        f"2 integration auths are alike (aws-secret-manager): {AUTH_ID}, {OTHER_AUTH_ID}. Specify"
        " integration_auth_id to select one, or remove the others."
    )
    assert result["error_kind"] == "conflict"


def ago(seconds: float) -> str:
    return (datetime.now(timezone.utc) - timedelta(seconds=seconds)).isoformat()


@pytest.mark.parametrize("seconds", [5, -5])
def test_auths_that_are_alike_and_new_are_looked_at_again(server: Server, seconds: int) -> None:
    new = api_auth(id=OTHER_AUTH_ID, createdAt=ago(seconds))
    lists(server, api_auth(), new)
    lists(server, api_auth(), new)
    lists(server, api_auth())
    result = server.run(module, **NAMED)
    assert (result.changed, result["integration_auth"]["id"]) == (False, AUTH_ID)
    assert server.clock.sleeps == [1, 2]


def test_new_auths_that_stay_alike_are_refused(server: Server) -> None:
    for _unused in range(4):
        lists(server, api_auth(createdAt=ago(5)), api_auth(id=OTHER_AUTH_ID, createdAt=ago(5)))
    result = server.run(module, **NAMED)
    assert f"2 integration auths are alike (aws-secret-manager): {AUTH_ID}, {OTHER_AUTH_ID}." in result.msg
    assert server.clock.sleeps == [1, 2, 4]


@pytest.mark.parametrize("made", [None, "soon", "2026-03-02T09:15:00"])
def test_auths_that_are_alike_and_old_are_refused_at_once(server: Server, made: str | None) -> None:
    lists(server, api_auth(), api_auth(id=OTHER_AUTH_ID, createdAt=made))
    assert server.run(module, **NAMED)["error_kind"] == "conflict"


OLDER = {"id": OTHER_AUTH_ID, "createdAt": "2026-03-02T09:14:59.999Z"}


@pytest.mark.parametrize(
    ("other", "stays"), [(OLDER, OTHER_AUTH_ID), ({**OLDER, "createdAt": "2026-03-02T09:15:00.001Z"}, AUTH_ID)]
)
def test_of_two_runs_at_once_both_keep_the_older_auth(server: Server, other: dict, stays: str) -> None:
    lists(server)
    server.expects_probe()
    server.expects("POST", CREATE_AUTH, {"integrationAuth": api_auth()}, body=AWS_BODY)
    lists(server, api_auth(), api_auth(**other))
    if stays != AUTH_ID:
        server.expects("DELETE", AUTH, {"integrationAuth": api_auth()})
    result = server.run(module, **AWS)
    assert (result.changed, result["integration_auth"]["id"]) == (True, stays)
    sentence = (
        f"Another run created the same integration auth at the same time: {OTHER_AUTH_ID} is older and stays; the one"
        f" that this task created, {AUTH_ID}, was removed."
    )
    assert result.warnings == ([sentence] if stays != AUTH_ID else [])


def test_an_own_auth_that_can_not_be_removed_again_is_a_warning(server: Server) -> None:
    lists(server)
    server.expects_probe()
    server.expects("POST", CREATE_AUTH, {"integrationAuth": api_auth()}, body=AWS_BODY)
    lists(server, api_auth(), api_auth(**OLDER))
    server.expects("DELETE", AUTH, api_error(403, "PermissionDenied", "no"), status=403)
    result = server.run(module, **AWS)
    assert result["integration_auth"]["id"] == OTHER_AUTH_ID
    (warning,) = result.warnings
    assert (
        f"but the one that this task created, {AUTH_ID}, could not be removed: The identity is not allowed" in warning
    )


def test_a_list_that_lags_is_waited_for(server: Server) -> None:
    lists(server)
    server.expects_probe()
    server.expects("POST", CREATE_AUTH, {"integrationAuth": api_auth()}, body=AWS_BODY)
    lists(server)
    lists(server, api_auth(**OLDER))
    lists(server, api_auth(**OLDER), api_auth())
    server.expects("DELETE", AUTH, {"integrationAuth": api_auth()})
    assert server.run(module, **AWS)["integration_auth"]["id"] == OTHER_AUTH_ID
    assert server.clock.sleeps == [0, 1, 2]


def test_a_list_that_lags_for_long_is_a_warning(server: Server) -> None:
    lists(server)
    server.expects_probe()
    server.expects("POST", CREATE_AUTH, {"integrationAuth": api_auth()}, body=AWS_BODY)
    for _unused in range(5):
        lists(server)
    result = server.run(module, **AWS)
    assert (result.changed, result["integration_auth"]["id"]) == (True, AUTH_ID)
    assert result.warnings == [
        (
            "What this task created did not appear in the list within 15 seconds, so it is not known whether another"
            " run created the same integration auth at the same time."
        )
    ]


def test_a_list_that_fails_after_the_create_is_a_warning(server: Server) -> None:
    lists(server)
    server.expects_probe()
    server.expects("POST", CREATE_AUTH, {"integrationAuth": api_auth()}, body=AWS_BODY)
    server.expects("GET", AUTHS, api_error(403, "PermissionDenied", "no"), status=403)
    result = server.run(module, **AWS)
    assert result["integration_auth"]["id"] == AUTH_ID
    (warning,) = result.warnings
    assert warning.startswith(
        "Whether another run created the same integration auth at the same time could not be determined: "
    )


# --- by id ------------------------------------------------------------------------------------------------------------


def by_id(server: Server, **auth: Any) -> Server:
    return server.expects("GET", AUTH, {"integrationAuth": api_auth(**auth)})


@pytest.mark.parametrize(
    "options", [{}, NAMED, {"integration_auth_id": AUTH_ID.upper()}, {"integration_auth_id": f" {AUTH_ID} "}]
)
def test_by_id_unstated_options_keep_their_values(server: Server, options: dict) -> None:
    by_id(server, namespace="eu", url="https://x.example.com")
    result = server.run(module, **{"integration_auth_id": AUTH_ID, **options})
    assert result.changed is False
    assert result["integration_auth"]["namespace"] == "eu"


def test_by_id_what_is_stated_is_changed_in_place(server: Server) -> None:
    by_id(server, namespace="eu")
    server.expects("PATCH", AUTH, {"integrationAuth": api_auth(namespace="us")}, body={"namespace": "us"})
    result = server.run(module, integration_auth_id=AUTH_ID, namespace="us")
    assert result.changed is True
    assert result["integration_auth"]["namespace"] == "us"
    assert result["diff"]["before"]["namespace"] == "eu"
    assert result["diff"]["after"]["namespace"] == "us"


def test_an_ignored_change_is_named(server: Server) -> None:
    by_id(server, namespace="eu", url="https://a.example.com")
    server.expects(
        "PATCH",
        AUTH,
        {"integrationAuth": api_auth(namespace="eu", url="https://b.example.com")},
        body={"namespace": "us", "url": "https://b.example.com"},
    )
    result = server.run(module, integration_auth_id=AUTH_ID, namespace="us", target_url="https://b.example.com")
    assert result.msg.startswith(
        f"The server accepted the update of integration auth {AUTH_ID} but kept namespace (still 'eu')"
    )
    assert "Changed anyway: target_url." in result.msg
    assert result["error_kind"] == "update_ignored"
    assert result.changed is True


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"project_id": OTHER_PROJECT}, f"project_id (is '{PROJECT}', wanted '{OTHER_PROJECT}')"),
        ({"integration": "github"}, "integration (is 'aws-secret-manager', wanted 'github')"),
    ],
)
def test_by_id_of_another_project_or_service(server: Server, options: dict, named: str) -> None:
    by_id(server)
    result = server.run(module, integration_auth_id=AUTH_ID, **options)
    assert result.msg == (
        f"The server can't change {named} of integration auth {AUTH_ID} in place. Create another integration auth"
        " instead."
    )


def test_by_unknown_id(server: Server) -> None:
    server.expects("GET", AUTH, **not_found())
    result = server.run(module, integration_auth_id=AUTH_ID)
    assert result.msg.startswith(f"There is no integration auth with the ID {AUTH_ID}: it was deleted, or is on")
    assert result["error_kind"] == "input"


# --- update_credentials -----------------------------------------------------------------------------------------------


def test_credentials_are_written_anew_when_asked(server: Server) -> None:
    lists(server, api_auth())
    body = {"accessId": "AKIAEXAMPLE", "accessToken": "aws-secret-1"}
    server.expects("PATCH", AUTH, {"integrationAuth": api_auth(updatedAt="later")}, body=body)
    result = server.run(module, **AWS, update_credentials="always")
    assert result.changed is True
    assert result["integration_auth"]["updated_at"] == "later"
    assert result["diff"]["after"]["credentials"] == "written again"
    assert "aws-secret-1" not in result.output


@pytest.mark.parametrize(
    ("answer", "failed"),
    [({"status": 422, "answer": api_error(422, "ValidationFailure", [])}, False), (no_route(), True)],
)
def test_credentials_in_check_mode_ask_with_an_id_that_nobody_has(server: Server, answer: dict, failed: bool) -> None:
    lists(server, api_auth())
    server.expects("PATCH", f"/api/v1/integration-auth/{NOBODY}", body={}, **answer)
    result = server.run(module, **AWS, update_credentials="always", check=True)
    assert result.failed is failed
    assert failed or result.changed


@pytest.mark.parametrize("answer", [no_route(), {"status": 404, "answer": "<html>Not here</html>"}])
def test_credentials_on_an_old_server(server: Server, answer: dict) -> None:
    lists(server, api_auth())
    body = {"accessId": "AKIAEXAMPLE", "accessToken": "aws-secret-1"}
    server.expects("PATCH", AUTH, body=body, **answer)
    result = server.run(module, **AWS, update_credentials="always")
    assert result.msg.startswith(f"This server is too old to change integration auth {AUTH_ID} in place.")
    assert "community.infisical.rotate_credentials" in result.msg
    assert result["error_kind"] == "input"


def test_always_without_credentials(server: Server) -> None:
    result = server.run(module, **NAMED, update_credentials="always")
    assert result.msg == "update_credentials is always, but no credentials are specified."


def test_always_creates_what_is_not_there(server: Server) -> None:
    lists(server)
    creates(server, AWS_BODY)
    result = server.run(module, **AWS, update_credentials="always")
    assert result["diff"]["after"]["credentials"] == "written"


# --- absent -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("by", [NAMED, {"integration_auth_id": AUTH_ID}])
def test_absent_of_nothing_is_unchanged(server: Server, by: dict, check: bool) -> None:
    if "project_id" in by:
        lists(server, api_auth(namespace="eu"))
    else:
        server.expects("GET", AUTH, **not_found())
    result = server.run(module, **by, state="absent", check=check)
    assert result.changed is False
    assert result["integration_auth"] is None
    assert result["removed"] == []


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("by", [NAMED, {"integration_auth_id": AUTH_ID}])
def test_absent(server: Server, by: dict, check: bool) -> None:
    if "project_id" in by:
        lists(server, api_auth())
    else:
        by_id(server)
    server.expects("GET", INTEGRATIONS, {"integrations": [api_integration(integrationAuthId=OTHER_AUTH_ID)]})
    if not check:
        server.expects("DELETE", AUTH, {"integrationAuth": api_auth()})
    result = server.run(module, **by, state="absent", check=check)
    assert result.changed is True
    assert result["integration_auth"] is None
    assert result["removed"] == [AUTH_ID]
    assert result["removed_integrations"] == []
    assert result["diff"]["before"]["id"] == AUTH_ID
    assert result["diff"]["after"] == {}


def in_use(server: Server) -> Server:
    lists(server, api_auth())
    rows = [api_integration(id=OTHER_INTEGRATION_ID, createdAt="2027-01-01T00:00:00.000Z"), api_integration()]
    return server.expects("GET", INTEGRATIONS, {"integrations": rows})


IN_USE = f"2 integration(s) still use integration auth {AUTH_ID}: {INTEGRATION_ID}, {OTHER_INTEGRATION_ID}."


def test_absent_of_one_in_use_is_refused_naming_its_integrations(server: Server) -> None:
    in_use(server)
    result = server.run(module, **NAMED, state="absent")
    assert result.msg == (f"{IN_USE} Removing it would remove them, too: remove them first, or set cascade to true.")
    assert result["error_kind"] == "conflict"


def test_absent_of_one_in_use_is_a_warning_in_check_mode(server: Server) -> None:
    in_use(server)
    result = server.run(module, **NAMED, state="absent", check=True)
    assert result.changed is True
    assert result.warnings == [
        f"{IN_USE} A real run refuses to remove it unless they are gone by then, or cascade is true."
    ]


@pytest.mark.parametrize("check", [False, True])
def test_absent_with_cascade(server: Server, check: bool) -> None:
    in_use(server)
    if not check:
        server.expects("DELETE", AUTH, {"integrationAuth": api_auth()})
    result = server.run(module, **NAMED, state="absent", cascade=True, check=check)
    assert result["removed_integrations"] == [INTEGRATION_ID, OTHER_INTEGRATION_ID]
    assert result.warnings == []


# --- check mode -------------------------------------------------------------------------------------------------------


def plans(server: Server, **options: Any) -> Result:
    lists(server)
    server.expects_probe()
    return server.run(module, **{**AWS, **options}, check=True)


def test_check_mode_has_the_keys_of_a_real_run_and_a_stand_in_for_the_id(server: Server) -> None:
    planned = plans(server)
    lists(server)
    creates(server, AWS_BODY)
    real = server.run(module, **AWS)
    assert planned.changed is real.changed is True
    assert planned.data.keys() == real.data.keys()
    assert planned["integration_auth"].keys() == real["integration_auth"].keys()
    assert PLACEHOLDER.fullmatch(planned["integration_auth"]["id"])
    assert planned["diff"]["before"] == real["diff"]["before"] == {}
    assert {**planned["diff"]["after"], "id": AUTH_ID} == real["diff"]["after"]


def test_stand_ins_are_stable_and_differ_with_the_identity_only(server: Server) -> None:
    first = plans(server)["integration_auth"]["id"]
    again = plans(server, access_token="aws-secret-2", namespace="")["integration_auth"]["id"]
    other = plans(server, namespace="eu")["integration_auth"]["id"]
    assert first == again != other


def test_a_stand_in_is_no_id_in_a_real_run(server: Server) -> None:
    planned = plans(server)["integration_auth"]["id"]
    result = server.run(module, integration_auth_id=planned)
    assert result.msg.startswith(
        f"integration_auth_id {planned} is a placeholder from check mode, for an object that was not created."
    )


CHECKED: dict[str, tuple[dict, bool]] = {
    "nothing to change": ({}, False),
    "credentials that are written on creation only": ({"access_token": "aws-secret-1"}, False),
    "credentials anew": ({"access_token": "aws-secret-1", "update_credentials": "always"}, True),
    "another namespace": ({"namespace": "eu"}, True),
    "absent": ({"state": "absent"}, True),
}


@pytest.mark.parametrize(("options", "changed"), CHECKED.values(), ids=CHECKED)
def test_check_mode_goes_on_with_what_it_did_not_create(server: Server, options: dict, changed: bool) -> None:
    planned = plans(server)["integration_auth"]["id"]
    if changed and "state" not in options:
        server.expects("PATCH", f"/api/v1/integration-auth/{NOBODY}", body={}, status=422, answer={"message": []})
    result = server.run(module, integration_auth_id=planned, check=True, **options)
    assert result.changed is changed
    if options.get("state") == "absent":
        assert (result["integration_auth"], result["removed"]) == (None, [planned])
    else:
        assert result["integration_auth"]["id"] == planned


def test_check_mode_sees_that_a_server_can_not_change_what_it_would_create(server: Server) -> None:
    planned = plans(server)["integration_auth"]["id"]
    server.expects("PATCH", f"/api/v1/integration-auth/{NOBODY}", body={}, **no_route())
    anew = {"access_token": "aws-secret-1", "update_credentials": "always"}
    result = server.run(module, integration_auth_id=planned, check=True, **anew)
    assert result.msg.startswith(f"This server is too old to change integration auth {planned} in place.")


# --- refused input ----------------------------------------------------------------------------------------------------

OPTIONS_ENDPOINT = "/api/v1/integration-auth/integration-options"


@pytest.mark.parametrize(
    ("slug", "hint"),
    [
        ("aws-secrets-manager", " Did you mean aws-secret-manager?"),
        ("AWS_SECRET_MANAGER", " Did you mean aws-secret-manager?"),
        ("kms", " Did you mean gcp-kms?"),
        ("zzzz", ""),
    ],
)
def test_unknown_service(server: Server, slug: str, hint: str) -> None:
    known = [{"slug": "aws-secret-manager"}, {"slug": "gcp-kms"}, {"slug": "github"}]
    server.expects("GET", OPTIONS_ENDPOINT, {"integrationOptions": known})
    result = server.run(module, **{**AWS, "integration": slug})
    assert result.msg == f"integration {slug!r} is not a service that this server knows.{hint}"


def test_unknown_service_with_several_near_matches(server: Server) -> None:
    known = [{"slug": "aws-secret-manager"}, {"slug": "gcp-secret-manager"}, {"slug": "github"}]
    server.expects("GET", OPTIONS_ENDPOINT, {"integrationOptions": known})
    result = server.run(module, **{**AWS, "integration": "secret-manager"})
    assert result.msg.endswith(" Did you mean gcp-secret-manager or aws-secret-manager?")


def test_unknown_service_at_a_server_that_lists_none(server: Server) -> None:
    server.expects("GET", OPTIONS_ENDPOINT, {"integrationOptions": []})
    result = server.run(module, **{**AWS, "integration": "githup"})
    assert result.msg == "integration 'githup' is not a service that this server knows. Did you mean github?"


def test_a_service_that_only_the_server_knows(server: Server) -> None:
    server.expects("GET", OPTIONS_ENDPOINT, {"integrationOptions": [{"slug": "brand-new"}]})
    lists(server)
    creates(
        server, {"workspaceId": PROJECT, "integration": "brand-new", "accessToken": "new-1"}, integration="brand-new"
    )
    assert server.run(module, project_id=PROJECT, integration="brand-new", access_token="new-1").changed is True


REFUSED = {
    "no project, no id": (
        {"integration": "github"},
        "one of the following is required: integration_auth_id, project_id",
    ),
    "no service": ({"project_id": PROJECT}, "integration is missing: specify it, or integration_auth_id."),
    "empty project": ({"project_id": "", "integration": "github"}, "project_id '' is not an ID: letters, digits"),
    "project with a slash": ({"project_id": "a/../b", "integration": "github"}, "project_id 'a/../b' is not an ID:"),
    "malformed id": ({"integration_auth_id": "x/../y"}, "integration_auth_id 'x/../y' is not an ID: it should look"),
    "id with control characters": ({"integration_auth_id": "\x1b[2J"}, "integration_auth_id '[2J' is not an ID:"),
    "two secrets": (
        {**AWS, "refresh_token": "refresh-1"},
        "parameters are mutually exclusive: access_token|refresh_token|aws_assume_iam_role_arn, access_id|",
    ),
    "keys and role": (
        {**NAMED, "access_id": "AKIAEXAMPLE", "aws_assume_iam_role_arn": "arn:x"},
        "parameters are mutually exclusive: access_id|aws_assume_iam_role_arn",
    ),
    "state": ({**NAMED, "state": "here"}, "value of state must be one of: present, absent, got: here"),
    "update_credentials": (
        {**NAMED, "update_credentials": "never"},
        "value of update_credentials must be one of: on_create, always, got: never",
    ),
}


@pytest.mark.parametrize(("options", "message"), REFUSED.values(), ids=REFUSED)
def test_refused_input_sends_nothing(server: Server, options: dict, message: str) -> None:
    result = server.run(module, **options)
    assert result.failed
    assert result.msg.startswith(message)


# --- masking ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("slug", "masked"),
    [("hashicorp-vault", True), ("windmill", True), ("aws-secret-manager", False), ("cloudflare-pages", False)],
)
def test_access_id_is_masked_unless_it_is_known_to_be_public(server: Server, slug: str, masked: bool) -> None:
    lists(server)
    server.expects_probe()
    named = {"project_id": PROJECT, "integration": slug, "target_url": "https://vault.example.com"}
    body = {"workspaceId": PROJECT, "integration": slug, "accessId": "some-id-42", "accessToken": "secret-42"}
    body["url"] = named["target_url"]
    answer = api_error(400, "BadRequest", "what is some-id-42 with secret-42?")
    server.expects("POST", CREATE_AUTH, answer, status=400, body=body)
    result = server.run(module, **named, access_id="some-id-42", access_token="secret-42")
    assert ("some-id-42" not in result.output) is masked
    assert "secret-42" not in result.output


@pytest.mark.parametrize(("slug", "masked"), [("hashicorp-vault", True), ("cloudflare-pages", False)])
def test_the_service_of_an_access_id_may_be_told_by_the_server(server: Server, slug: str, masked: bool) -> None:
    server.expects("GET", AUTH, {"integrationAuth": api_auth(integration=slug)})
    answer = api_error(400, "BadRequest", "what is some-id-42 with secret-42?")
    body = {"accessId": "some-id-42", "accessToken": "secret-42"}
    server.expects("PATCH", AUTH, answer, status=400, body=body)
    options = {"access_id": "some-id-42", "access_token": "secret-42", "update_credentials": "always"}
    result = server.run(module, integration_auth_id=AUTH_ID, **options)
    assert ("some-id-42" not in result.output) is masked
    assert "secret-42" not in result.output


def test_no_credential_shows_in_any_result(server: Server) -> None:
    lists(server, api_auth(metadata={"echo": "refresh-secret-1"}))
    result = server.run(module, **NAMED, refresh_token="refresh-secret-1", validate="off")
    assert "refresh-secret-1" not in result.output


# --- old servers ------------------------------------------------------------------------------------------------------

OLD_AUTHS = AUTHS.replace("projects", "workspace")
OLD_ANSWERS = {
    "JSON": no_route(),
    "a page with 404": {"status": 404, "answer": "<html>Not here</html>"},
    "a page with 200": {"answer": "<html>The web page</html>"},
}


@pytest.mark.parametrize("answer", OLD_ANSWERS.values(), ids=OLD_ANSWERS)
def test_old_servers_have_the_list_elsewhere(server: Server, answer: dict) -> None:
    server.expects("GET", AUTHS, **answer)
    server.expects("GET", OLD_AUTHS, {"authorizations": [api_auth()]})
    server.expects("GET", INTEGRATIONS.replace("projects", "workspace"), {"integrations": []})
    server.expects("DELETE", AUTH, {"integrationAuth": api_auth()})
    assert server.run(module, **NAMED, state="absent").changed is True


def test_a_project_that_is_not_there_is_not_looked_for_elsewhere(server: Server) -> None:
    server.expects("GET", AUTHS, **not_found("Project with ID 'x' not found"))
    # Nor would one of the identity's projects be meant, if the server told of them.
    server.expects("GET", "/api/v1/projects", api_error(403, "ForbiddenError", "no"), status=403)
    result = server.run(module, **NAMED)
    assert result.msg == f"Project with ID 'x' not found [GET {AUTHS}: 404]"
    assert result["error_kind"] == "not_found"


@pytest.mark.parametrize("as_text", [True, False])
def test_service_account_as_text_or_as_what_a_template_makes_of_it(server: Server, as_text: bool) -> None:
    account = {"client_email": "robot@example.com", "private_key": "canary-private-key"}
    lists(server)
    server.expects_probe()
    body = {"workspaceId": PROJECT, "integration": "gcp-secret-manager", "refreshToken": json.dumps(account)}
    server.expects(
        "POST",
        "/api/v1/integration-auth/access-token",
        {"integrationAuth": api_auth(integration="gcp-secret-manager")},
        body=body,
    )
    lists(server, api_auth(integration="gcp-secret-manager"))
    token = json.dumps(account) if as_text else account
    result = server.run(module, project_id=PROJECT, integration="gcp-secret-manager", refresh_token=token)
    assert result.changed is True
    assert "canary-private-key" not in result.output
