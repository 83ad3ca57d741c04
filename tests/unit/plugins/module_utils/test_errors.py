# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the user reads for each kind of answer that is no success, of old servers and of new ones."""

from __future__ import annotations

import json

import pytest
from ansible_collections.community.infisical.plugins.modules import infisical_integration_auth as auth
from ansible_collections.community.infisical.plugins.modules import infisical_integration_auth_info as info
from ansible_collections.community.infisical.tests.unit.plugins.harness import (
    AUTH,
    AUTH_ID,
    AUTHS,
    CREATE_AUTH,
    PROJECT,
    URL,
    Server,
    api_error,
)

WHERE = f"GET {AUTH}"
NOT_A_MEMBER = f"Identity is not a member of the specified project with ID '{PROJECT}'"
RETIRED = "Native Integrations are being retired on August 19, 2027 and new ones can no longer be created."

ERRORS = {
    "permission": (
        api_error(403, "PermissionDenied", "You are not allowed to read on integrations"),
        "permission",
        f"The identity is not allowed to do this: You are not allowed to read on integrations [{WHERE}: 403]",
    ),
    "permission, with the request's id": (
        api_error(403, "PermissionDenied", "You are not allowed to read on integrations", reqId="req-1", details=[]),
        "permission",
        f"The identity is not allowed to do this: You are not allowed to read on integrations [{WHERE}: 403, req-1]",
    ),
    "permission about native integrations": (
        api_error(403, "PermissionDenied", "You may not read native integrations"),
        "permission",
        f"The identity is not allowed to do this: You may not read native integrations [{WHERE}: 403]",
    ),
    "not a member, old servers": (
        api_error(403, NOT_A_MEMBER, "You are not allowed to access this resource"),
        "permission",
        f"The project does not exist, or this identity is not in it: {NOT_A_MEMBER} [{WHERE}: 403]",
    ),
    "not a member, new servers": (
        api_error(403, "ForbiddenError", NOT_A_MEMBER),
        "permission",
        f"The project does not exist, or this identity is not in it: {NOT_A_MEMBER} [{WHERE}: 403]",
    ),
    "mode of the token": (
        api_error(403, f"Forbidden access to {AUTH}", "no"),
        "permission",
        f"The identity is not allowed to do this: no (Forbidden access to {AUTH}) [{WHERE}: 403]",
    ),
    "forbidden": (
        api_error(403, "ForbiddenError", "no"),
        "permission",
        f"The identity is not allowed to do this: no [{WHERE}: 403]",
    ),
    "token": (
        api_error(403, "TokenError", "jwt malformed"),
        "token",
        f"The server refused the access token: jwt malformed [{WHERE}: 403]",
    ),
    "token, revoked": (
        api_error(401, "UnauthorizedError", ""),
        "token",
        f"The server refused the access token: UnauthorizedError [{WHERE}: 401]",
    ),
    "service token, old servers": (
        api_error(404, "NotFound", "Service token not found"),
        "token",
        f"The server refused the access token: Service token not found [{WHERE}: 404]",
    ),
    "service token, new servers": (
        api_error(404, "NotFound", "Service token with ID 'y' not found"),
        "token",
        f"The server refused the access token: Service token with ID 'y' not found [{WHERE}: 404]",
    ),
    "closed creation": (
        api_error(403, "ForbiddenError", RETIRED),
        "creation_closed",
        (
            f"This server creates no new native integrations. It says: {RETIRED} Existing ones can still be read,"
            " changed, synced and removed with this collection. App connections and secret syncs replace them"
            " (infisical_app_connection, infisical_secret_sync; the role migrate_native_integrations moves a project)."
            f" [{WHERE}: 403]"
        ),
    ),
    "closed creation, earlier words": (
        api_error(403, "BadRequest", "We're moving Native Integrations to Secret Syncs."),
        "creation_closed",
        "This server creates no new native integrations. It says: We're moving Native Integrations to Secret Syncs.",
    ),
    "validation, old servers": (
        api_error(401, "ValidationFailure", [{"path": ["workspaceId"], "message": "Required"}]),
        "validation",
        f"The server refused the input: workspaceId: Required [{WHERE}: 401]",
    ),
    "validation, new servers": (
        api_error(
            422,
            "ValidationFailure",
            [
                {"path": ["metadata", "secretAWSTag", 0, "key"], "message": "Too long"},
                {"path": [], "message": "Unrecognized key"},
                {"path": "odd", "message": "no list"},
                {"code": "custom"},
                "just text",
            ],
        ),
        "validation",
        (
            "The server refused the input: metadata.secretAWSTag.0.key: Too long; the request: Unrecognized key;"
            f" the request: no list; the request: invalid; just text [{WHERE}: 422]"
        ),
    ),
    "validation, by status alone": (
        api_error(422, "Whatever", "bad"),
        "validation",
        f"The server refused the input: bad [{WHERE}: 422]",
    ),
    "no such route": (
        api_error(404, "Not Found", f"Route GET:{AUTH} not found"),
        "route_missing",
        f"{URL} has no such endpoint: Route GET:{AUTH} not found [{WHERE}: 404]",
    ),
    "no such route, as a page": (
        "<html>Not here</html>",
        "route_missing",
        f"{URL} has no {WHERE}: it answered 404 with something other than JSON.",
    ),
    "bad request": (
        api_error(400, "BadRequest", "Invalid integration"),
        "server",
        f"The server refused: Invalid integration [{WHERE}: 400]",
    ),
    "bad request without words": ({"statusCode": 400}, "server", f"The server refused: no reason given [{WHERE}: 400]"),
    "name only": (
        api_error(409, "Conflict", None),
        "server",
        f"The server refused: Conflict [{WHERE}: 409]",
    ),
    "malformed id": (
        api_error(500, "Find by id", "Something went wrong"),
        "server",
        f"The server failed: Something went wrong [{WHERE}: 500]",
    ),
    "rate limit by name": (
        api_error(400, "RateLimitExceeded", "slow down"),
        "throttled",
        f"{URL} limits the rate of requests: slow down [{WHERE}: 400]",
    ),
}


@pytest.mark.parametrize(("answer", "kind", "message"), ERRORS.values(), ids=ERRORS)
def test_error(server: Server, answer: object, kind: str, message: str) -> None:
    status = answer["statusCode"] if isinstance(answer, dict) else 404
    server.expects("GET", AUTH, answer, status=status, token="own-token")
    login = {"url": URL, "auth_method": "token_auth", "token": "own-token"}
    result = server.run(info, login=login, integration_auth_id=AUTH_ID, retries=0)
    assert result.msg.startswith(message)
    assert result["error_kind"] == kind
    assert result["status"] == status
    assert result.data.get("req_id") == (answer.get("reqId") if isinstance(answer, dict) else None)


def test_refused_input_of_a_create_is_not_repeated_and_leaves_nothing(server: Server) -> None:
    server.expects("GET", AUTHS, {"authorizations": []})
    server.expects_probe()
    server.expects(
        "POST",
        CREATE_AUTH,
        api_error(401, "ValidationFailure", [{"path": ["url"], "message": "Invalid url"}]),
        status=401,
        body={"workspaceId": PROJECT, "integration": "github", "url": "no-url", "accessToken": "pat-1"},
    )
    options = {"project_id": PROJECT, "integration": "github", "target_url": "no-url", "access_token": "pat-1"}
    result = server.run(auth, **options, validate="off")
    assert result.msg == f"The server refused the input: url: Invalid url [POST {CREATE_AUTH}: 401]"


HOSTILE = {
    "line breaks": ("first\r\nsecond\n\tthird", "first second third"),
    "terminal control": ("\x1b[2Jgone\x07\x9b31mred", "[2Jgone 31mred"),
    "direction marks": ("abc\u202edcba\u2066x", "abc dcba x"),
    "halves of characters": ("half\ud800way", "half way"),
    "line separators": ("one\u2028two", "one two"),
    "long": ("x" * 5000, "x" * 599 + "…"),
    "long blanks": (" " * 5000 + "x", ""),
}


@pytest.mark.parametrize(("text", "shown"), HOSTILE.values(), ids=HOSTILE)
def test_server_texts_are_made_fit_to_show(server: Server, text: str, shown: str) -> None:
    server.expects("GET", AUTH, api_error(400, "BadRequest", text), status=400)
    result = server.run(info, integration_auth_id=AUTH_ID)
    assert result.msg == f"The server refused: {shown or 'BadRequest'} [{WHERE}: 400]"


@pytest.mark.parametrize("field", ["error", "reqId"])
def test_names_are_made_fit_to_show_too(server: Server, field: str) -> None:
    server.expects("GET", AUTH, {**api_error(403, "X", "no"), field: "\x1b[2J" + "y" * 5000}, status=403)
    result = server.run(info, integration_auth_id=AUTH_ID)
    assert "\x1b" not in result.output
    assert len(result.msg) < 400


def test_a_flood_of_issues_is_cut(server: Server) -> None:
    issues = [{"path": [f"field{number}"], "message": "bad " * 100} for number in range(1000)]
    server.expects("GET", AUTH, api_error(422, "ValidationFailure", issues), status=422)
    assert len(server.run(info, integration_auth_id=AUTH_ID).msg) < 800


@pytest.mark.parametrize("body", [b"[" * 20, b"\xff\xfe", b"NaN", json.dumps("text").encode()])
def test_an_answer_that_is_no_object(server: Server, body: bytes) -> None:
    server.expects("GET", AUTH, body)
    result = server.run(info, integration_auth_id=AUTH_ID)
    assert result.msg.startswith(f"{URL} answered {WHERE} with status 200 and application/json; charset=utf-8 instead")


@pytest.mark.parametrize("answer", [{}, {"integrationAuth": None}, {"integrationAuth": []}, b""])
def test_an_answer_without_the_object(server: Server, answer: object) -> None:
    server.expects("GET", AUTH, answer)
    result = server.run(info, integration_auth_id=AUTH_ID)
    assert result.msg == f"{URL} did not return the requested integration auth."
    assert result["error_kind"] == "unexpected_answer"


@pytest.mark.parametrize("answer", [{}, {"authorizations": None}, {"authorizations": {}}])
def test_an_answer_without_the_list(server: Server, answer: object) -> None:
    server.expects("GET", AUTHS, answer)
    result = server.run(info, project_id=PROJECT)
    assert result.msg == (f"{URL} did not return a list of authorizations: is url the address of an Infisical server?")
