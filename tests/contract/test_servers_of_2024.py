# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What two real servers of October 2024 answered beyond the exchanges that were kept."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from contract.test_simulator import UNKNOWN, Client

from simulator import Simulator

JSON_TYPE = {"Content_Type": "application/json"}
BOTH = ("2024", "2024-10-16")


@pytest.fixture(scope="module", params=BOTH)
def sim(request: pytest.FixtureRequest) -> Iterator[Simulator]:
    """One simulator for the tests that read only."""
    with Simulator(generation=request.param) as simulator:
        yield simulator


@pytest.mark.parametrize("name", [UNKNOWN, "no-uuid"])
def test_a_project_that_does_not_exist(sim: Simulator, name: str) -> None:
    client = Client(sim, sim.admin.token)
    answer = {"statusCode": 500, "message": "Something went wrong", "error": "Failed to find project by id"}
    assert client("GET", f"/workspace/{name}") == (500, answer)
    assert client("GET", f"/workspace/{name}/integrations")[0] == 403


def test_a_project_of_other_members(sim: Simulator) -> None:
    status, answer = Client(sim, sim.outsider.token)("GET", f"/workspace/{sim.project_id}")
    assert (status, answer["error"].startswith("Identity is not a member of the specified project")) == (403, True)


def test_the_list_of_projects_is_for_users(sim: Simulator) -> None:
    """As the sources of early 2024 have it: newer servers tell identities, too."""
    assert Client(sim, sim.admin.token)("GET", "/workspace")[0] == 403
    status, answer = Client(sim, sim.user_jwt)("GET", "/workspace")
    assert (status, sim.project_id in {one["id"] for one in answer["workspaces"]}) == (200, True)


def test_a_service_token_that_is_not_known(sim: Simulator) -> None:
    status, answer = Client(sim, "st.x.y.z")("GET", f"/workspace/{sim.project_id}")
    assert (status, answer["error"], answer["message"].startswith("Service token")) == (404, "NotFound", True)


def test_an_empty_token(sim: Simulator) -> None:
    answer = {"statusCode": 403, "message": "jwt must be provided", "error": "TokenError"}
    assert Client(sim, "")("GET", f"/workspace/{sim.project_id}/integrations") == (403, answer)


def test_a_delete_of_json_type_without_a_body(sim: Simulator) -> None:
    """It reaches the handler; one that tells of an empty body doesn't."""
    client = Client(sim, sim.admin.token)
    assert client("DELETE", f"/integration/{UNKNOWN}", **JSON_TYPE)[0] == 404
    assert client("DELETE", f"/integration/{UNKNOWN}", **JSON_TYPE, Content_Length="0")[0] == 500


@pytest.mark.parametrize("generation", BOTH)
def test_a_member_without_access(generation: str) -> None:
    with Simulator(generation=generation) as sim:
        sim.set_role(sim.project_id, sim.outsider, "no-access")
        answer = {
            "statusCode": 403,
            "message": "You are not allowed to read on integrations",
            "error": "PermissionDenied",
        }
        assert Client(sim, sim.outsider.token)("GET", f"/workspace/{sim.project_id}/integrations") == (403, answer)


@pytest.mark.parametrize("generation", BOTH)
def test_refresh_tokens_without_an_oauth_app(generation: str) -> None:
    """Only a service account is no matter of OAuth apps."""
    account = '{"client_email": "a@example.com", "private_key": "k"}'
    with Simulator(generation=generation) as sim:
        client = Client(sim, sim.admin.token)
        sim.has_oauth_apps = False

        def made(service: str, token: str) -> int:
            body = {"workspaceId": sim.project_id, "integration": service, "refreshToken": token}
            return client("POST", "/integration-auth/access-token", body)[0]

        refused = [made(service, "r") for service in ("bitbucket", "heroku", "gitlab", "azure-key-vault")]
        assert refused == [400] * 4
        assert made("gcp-secret-manager", account) == 200
        sim.has_oauth_apps = True
        assert made("bitbucket", "r") == 200


@pytest.mark.parametrize(("generation", "status"), [("2024", 200), ("2024-10-16", 404)])
def test_the_auth_of_the_last_integration(generation: str, status: int) -> None:
    with Simulator(generation=generation, sync_delay=0.0) as sim:
        client = Client(sim, sim.admin.token)
        auth = sim.add_auth(sim.project_id, "flyio", accessToken="t")["id"]
        first, last = (sim.add_integration(auth, "dev", app=app)["id"] for app in ("a", "b"))
        assert client("DELETE", f"/integration/{first}")[0] == 200
        assert client("GET", f"/integration-auth/{auth}")[0] == 200
        assert client("DELETE", f"/integration/{last}")[0] == 200
        assert client("GET", f"/integration-auth/{auth}")[0] == status


def test_folders_below_others(sim: Simulator) -> None:
    client = Client(sim, sim.admin.token)
    query = f"workspaceId={sim.project_id}&environment=dev"
    (app,) = client("GET", f"/folders?{query}&path=/")[1]["folders"]
    (db,) = client("GET", f"/folders?{query}&path=/app")[1]["folders"]
    assert (app["name"], db["name"], db["parentId"]) == ("app", "db", app["id"])
    assert (db["version"], db["isReserved"], db["envId"]) == (1, False, app["envId"])
