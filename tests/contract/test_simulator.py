# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of the simulated server itself, beyond what the recordings show."""

from __future__ import annotations

import base64
import http.client
import json
import pathlib
import shutil
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

import boto3
import pytest
import trustme
from moto.server import ThreadedMotoServer

from simulator import Simulator, limits

TESTS = pathlib.Path(__file__).parents[1]

UNKNOWN = "00000000-0000-4000-8000-000000000000"
AWS_KEYS = {"key-1": "secret-1"}
ALL_GENERATIONS = pytest.mark.parametrize("generation", ["2024", "2025", "2026"])


class Client:
    """A small client on one kept connection; `token` None sends no Authorization header."""

    def __init__(self, sim: Simulator, token: str | None) -> None:
        address = urlsplit(sim.url)
        self.connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)
        self.token = token
        self.headers: dict[str, str] = {}

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Send a request below /api/v1 and return the status and the body."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token is not None:
            sent["Authorization"] = f"Bearer {self.token}"
        raw = None
        if body is not None:
            raw = json.dumps(body)
            sent["Content-Type"] = "application/json"
        self.connection.request(method, "/api/v1" + path, raw, sent)
        response = self.connection.getresponse()
        text = response.read().decode()
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        return response.status, json.loads(text) if "json" in self.headers.get("content-type", "") else text


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    """The URL of a simulated AWS."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def aws_client(service: str, url: str) -> Any:
    """Return a client that looks at what was written."""
    return boto3.client(
        service,
        region_name="eu-west-1",
        endpoint_url=url,
        aws_access_key_id="key-1",
        aws_secret_access_key="secret-1",
    )


def aws_auth(sim: Simulator, slug: str = "aws-secret-manager", **fields: str) -> str:
    """Seed an auth with good keys unless others are given; returns its id."""
    return sim.add_auth(sim.project_id, slug, **(fields or {"accessId": "key-1", "accessToken": "secret-1"}))["id"]


def create(client: Client, auth_id: str, **fields: Any) -> dict:
    """Create an integration of dev:/app through the API."""
    body = {"integrationAuthId": auth_id, "sourceEnvironment": "dev", "secretPath": "/app", **fields}
    status, answer = client("POST", "/integration", body)
    assert status == 200, answer
    return answer["integration"]


def stored(sim: Simulator, integration: dict) -> dict:
    """Return an integration as the server holds it once no sync is pending."""
    sim.wait_idle()
    return next(one for one in sim.integrations(sim.project_id) if one["id"] == integration["id"])


# generations


def test_generations_differ() -> None:
    """Project routes, PATCH of auths, validation status, request ids are of newer servers; 2026 creates nothing."""
    seen = {}
    for generation in ("2024", "2025", "2026"):
        with Simulator(generation=generation) as sim:
            client = Client(sim, sim.admin.token)
            auth = sim.add_auth(sim.project_id, "github", accessToken="t")["id"]
            seen[generation] = [
                client("GET", f"/projects/{sim.project_id}")[0],
                client("GET", f"/projects/{sim.project_id}/integrations")[0],
                client("GET", f"/projects/{sim.project_id}/authorizations")[0],
                client("GET", f"/workspace/{sim.project_id}/integrations")[0],
                client("PATCH", f"/integration-auth/{auth}", {"accessToken": "u"})[0],
                client("POST", "/integration-auth/access-token", {})[0],
                "reqId" in client("GET", f"/integration/{UNKNOWN}")[1],
                client("POST", "/auth/jwt-auth/login", {"identityId": sim.admin.identity_id, "jwt": sim.admin.jwt})[0],
                client("POST", "/auth/oidc-auth/login", {"identityId": sim.admin.identity_id, "jwt": sim.admin.jwt})[0],
                client("POST", "/integration", {"integrationAuthId": auth, "sourceEnvironment": "dev"})[0],
            ]
    assert seen["2024"] == [404, 404, 404, 200, 404, 401, False, 404, 200, 200]
    assert seen["2025"] == [200, 200, 200, 200, 200, 422, True, 200, 200, 200]
    assert seen["2026"] == [200, 200, 200, 200, 200, 422, True, 200, 200, 403]


def test_unknown_route_of_2024() -> None:
    """An unknown route gets the framework's own body."""
    with Simulator(generation="2024") as sim:
        answer = Client(sim, sim.admin.token)("GET", f"/projects/{sim.project_id}?a=b")
    message = f"Route GET:/api/v1/projects/{sim.project_id}?a=b not found"
    assert answer == (404, {"message": message, "error": "Not Found", "statusCode": 404})


def test_patch_of_2025_applies_region_and_path_without_is_active() -> None:
    """isActive may be left out and region and path are applied, but secretPath is still reset."""
    with Simulator(generation="2025") as sim:
        client = Client(sim, sim.admin.token)
        made = create(client, aws_auth(sim), isActive=False, app="x", region="eu-west-1")
        status, answer = client("PATCH", f"/integration/{made['id']}", {"region": "us-east-1", "path": "/p/"})
    assert status == 200
    changed = answer["integration"]
    assert (changed["region"], changed["path"], changed["isActive"]) == ("us-east-1", "/p/", False)
    assert changed["secretPath"] == "/"


def test_get_of_2025_injects_region_and_role() -> None:
    """Only GET of one integration shows them; nothing is stored."""
    with Simulator(generation="2025") as sim:
        client = Client(sim, sim.admin.token)
        auth = aws_auth(sim, awsAssumeIamRoleArn="arn:aws:iam::123456789012:role/infisical/sync")
        made = create(client, auth, isActive=False, app="x", region="eu-west-1")
        shown = client("GET", f"/integration/{made['id']}")[1]["integration"]
        listed = client("GET", f"/projects/{sim.project_id}/integrations")[1]["integrations"][0]
        keyed = create(client, aws_auth(sim), isActive=False, app="x", region="eu-west-1")
        shown_keyed = client("GET", f"/integration/{keyed['id']}")[1]["integration"]
    assert shown["metadata"] == {"region": "eu-west-1", "awsIamRole": "infisical/sync"}
    assert shown_keyed["metadata"] == {"region": "eu-west-1", "awsIamRole": None}
    assert listed["metadata"] == made["metadata"] == {}


def test_closed_create() -> None:
    """A server of 2026 checks token and body first, then refuses everything; updates go on. A switch opens it."""
    with Simulator() as sim:
        client = Client(sim, sim.admin.token)
        auth = aws_auth(sim)
        made = sim.add_integration(auth, "dev", secretPath="/app", app="x", region="eu-west-1", isActive=False)
        body = {"integrationAuthId": UNKNOWN, "sourceEnvironment": "dev"}
        status, answer = client("POST", "/integration", body)
        assert (status, answer["error"]) == (403, "ForbiddenError")
        assert answer["message"].startswith("Native Integrations are being retired on August 19, 2027")
        assert client("POST", "/integration", {})[0] == 422
        assert client("PATCH", f"/integration/{made['id']}", {"secretPath": "/app"})[0] == 200
        assert Client(sim, None)("POST", "/integration", body)[0] == 401
    with Simulator(create_open=True) as sim:
        create(Client(sim, sim.admin.token), aws_auth(sim), isActive=False)


def test_integration_url_of_2025() -> None:
    """Newer servers take public URLs only."""
    with Simulator(generation="2025") as sim:
        client = Client(sim, sim.admin.token)
        auth = sim.add_auth(sim.project_id, "rundeck", accessToken="t")["id"]
        body = {"integrationAuthId": auth, "sourceEnvironment": "dev", "isActive": False}
        got = [
            client("POST", "/integration", {**body, "url": url})[0]
            for url in ("https://rundeck.example", "not a url", "http://127.0.0.1/", "https://10.0.0.1")
        ]
    assert got == [200, 422, 400, 400]


# tokens and logins


@ALL_GENERATIONS
def test_logins(generation: str) -> None:
    """Every login gives a token that works; wrong ones are refused; live_tokens counts them."""
    with Simulator(generation=generation) as sim:
        client = Client(sim, None)
        one = sim.member
        secret = {"clientId": one.client_id, "clientSecret": one.client_secret}
        logins = [("universal-auth", secret, {**secret, "clientSecret": "x"})]
        names = ["oidc-auth", "kubernetes-auth", "azure-auth", "gcp-auth"]
        if generation == "2026":
            names.append("spiffe-auth")
        if generation != "2024":
            names.append("jwt-auth")
            named = {"identityId": one.identity_id, "username": one.ldap_username, "password": one.ldap_password}
            logins.append(("ldap-auth", named, {**named, "password": "x"}))
        right = {"identityId": one.identity_id, "jwt": one.jwt}
        logins += [(name, right, {**right, "jwt": "x"}) for name in names]
        for name, good, bad in logins:
            status, answer = client("POST", f"/auth/{name}/login", good)
            assert status == 200
            assert answer["tokenType"] == "Bearer"
            assert Client(sim, answer["accessToken"])("GET", f"/workspace/{sim.project_id}")[0] == 200
            assert client("POST", f"/auth/{name}/login", bad)[0] == 401
        assert len(sim.live_tokens()) == len(logins)
        for token in sim.live_tokens():
            assert client("POST", "/auth/token/revoke", {"accessToken": token})[0] == 200
        assert sim.live_tokens() == []


def test_login_by_a_certificate() -> None:
    """It comes in a header that a proxy sets, with its line breaks encoded."""
    with Simulator() as sim:
        issuer = trustme.CA()
        own, other = (
            issuer.issue_cert(name).cert_chain_pems[0].bytes().decode() for name in ("own.test", "other.test")
        )
        sim.admin.certificate = own
        path, body = "/auth/tls-cert-auth/login", {"identityId": sim.admin.identity_id}

        def log_in(certificate: str | None) -> tuple[int, dict]:
            headers = {} if certificate is None else {"x-identity-tls-cert-auth-client-cert": quote(certificate)}
            return Client(sim, None)("POST", path, body, **headers)

        assert log_in(own)[0] == 200
        assert log_in(other)[0] == 401
        status, answer = log_in(None)
        assert (status, answer["message"]) == (400, "Missing TLS certificate in header")
    with Simulator(generation="2024") as sim:
        assert Client(sim, None)("POST", path, body)[0] == 404


def test_organizations() -> None:
    """A login chooses a sub-organization, whose projects it sees, and no others; older servers drop the choice."""
    with Simulator() as sim:
        sim.add_organization("team-a", sim.admin)
        inside = sim.add_project("inside", organization="team-a")
        login = {"clientId": sim.admin.client_id, "clientSecret": sim.admin.client_secret}

        def log_in(slug: str, one: dict = login) -> tuple[int, dict]:
            return Client(sim, None)("POST", "/auth/universal-auth/login", {**one, "organizationSlug": slug})

        client = Client(sim, log_in("team-a")[1]["accessToken"])
        assert client("GET", f"/workspace/{inside}")[0] == 200
        assert client("GET", f"/workspace/{sim.project_id}")[0] == 403
        assert Client(sim, sim.admin.token)("GET", f"/workspace/{inside}")[0] == 403
        status, answer = log_in("team-b")
        assert (status, answer["message"]) == (404, "Sub organization with slug team-b not found")
        member = {"clientId": sim.member.client_id, "clientSecret": sim.member.client_secret}
        status, answer = log_in("team-a", member)
        assert (status, answer["message"]) == (401, "Identity not authorized to access sub organization team-a")
        assert log_in("a" * 65)[0] == log_in("Team A")[0] == 422
    with Simulator(generation="2024") as sim:
        login = {"clientId": sim.admin.client_id, "clientSecret": sim.admin.client_secret}
        assert log_in("team-b", login)[0] == 200


@ALL_GENERATIONS
def test_tokens_that_end(generation: str) -> None:
    """Expired, used-up, foreign and revoked tokens each get their own refusal."""
    with Simulator(generation=generation) as sim:
        login = {"clientId": sim.admin.client_id, "clientSecret": sim.admin.client_secret}

        def new_token() -> str:
            return Client(sim, None)("POST", "/auth/universal-auth/login", login)[1]["accessToken"]

        def error(token: str) -> tuple[int, str]:
            status, answer = Client(sim, token)("GET", f"/workspace/{sim.project_id}")
            return status, answer.get("error", "")

        expired = new_token()
        sim.expire_token(expired)
        assert error(expired) == ((401, "UnauthorizedError") if generation == "2024" else (403, "TokenError"))
        sim.admin.token_uses_limit = 2
        limited = new_token()
        assert [error(limited)[0] for _ in range(3)] == [200, 200, 401]
        head = base64.urlsafe_b64encode(b"{}").decode()
        assert error(f"{head}.{head}.xyz") == (403, "TokenError")
        assert error("garbage") == (403, "TokenError")


def test_renewal() -> None:
    """A token below its maximum is renewed; one at its maximum is destroyed by trying."""
    with Simulator(generation="2025") as sim:
        client = Client(sim, None)
        login = {"clientId": sim.admin.client_id, "clientSecret": sim.admin.client_secret}
        sim.admin.token_ttl, sim.admin.token_max_ttl = 100, 1000
        token = client("POST", "/auth/universal-auth/login", login)[1]["accessToken"]
        status, answer = client("POST", "/auth/token/renew", {"accessToken": token})
        assert (status, answer["accessToken"], answer["expiresIn"]) == (200, token, 100)
        sim.admin.token_ttl = 1000
        token = client("POST", "/auth/universal-auth/login", login)[1]["accessToken"]
        assert client("POST", "/auth/token/renew", {"accessToken": token})[0] == 401
        assert Client(sim, token)("GET", f"/workspace/{sim.project_id}")[0] == 401


# auths


def test_auth_credentials() -> None:
    """Credentials are stored and never shown; PATCH keeps keys and role apart."""
    with Simulator(generation="2025") as sim:
        client = Client(sim, sim.admin.token)
        body = {"workspaceId": sim.project_id, "integration": "aws-secret-manager", "accessId": "a", "accessToken": "b"}
        made = client("POST", "/integration-auth/access-token", {**body, "namespace": "n"})[1]["integrationAuth"]
        assert made["namespace"] == "n"
        assert "accessToken" not in made
        assert sim.stored_credentials(made["id"])["accessToken"] == "b"
        arn = "arn:aws:iam::123456789012:role/r"
        path = f"/integration-auth/{made['id']}"
        assert client("PATCH", path, {"awsAssumeIamRoleArn": arn})[0] == 200
        held = sim.stored_credentials(made["id"])
        assert (held["accessId"], held["accessToken"], held["awsAssumeIamRoleArn"]) == (None, None, arn)
        assert client("PATCH", path, {"accessId": "c", "accessToken": "d"})[1]["integrationAuth"]["namespace"] == "n"
        held = sim.stored_credentials(made["id"])
        assert (held["accessId"], held["accessToken"], held["awsAssumeIamRoleArn"]) == ("c", "d", None)
        assert client("PATCH", f"/integration-auth/{UNKNOWN}", {})[0] == 404


def test_refresh_tokens() -> None:
    """A refresh token is exchanged at once: only some services have that, and GCP's must be a service account."""
    with Simulator(generation="2025") as sim:
        client = Client(sim, sim.admin.token)

        def made(slug: str, token: str) -> tuple[int, Any]:
            body = {"workspaceId": sim.project_id, "integration": slug, "refreshToken": token, "accessToken": "x"}
            return client("POST", "/integration-auth/access-token", body)

        account = json.dumps({"client_email": "a@b", "private_key": "pem"})
        status, answer = made("gcp-secret-manager", account)
        assert (status, answer["integrationAuth"]["metadata"]) == (200, {"authMethod": "serviceAccount"})
        held = sim.stored_credentials(answer["integrationAuth"]["id"])
        assert held["refreshToken"] == account
        assert held["accessToken"] != "x"
        assert [made(*pair)[0] for pair in (("gitlab", "r"), ("gitlab", "invalid"), ("render", "r"))] == [200, 500, 500]
        assert made("gcp-secret-manager", "no json")[0] == 500


def test_deleting_auths_cascades() -> None:
    """Deleting an auth deletes its integrations, and those only."""
    with Simulator(generation="2025") as sim:
        client = Client(sim, sim.admin.token)
        first, second, third = aws_auth(sim), aws_auth(sim), aws_auth(sim, "github", accessToken="t")
        for auth in (first, second, third):
            sim.add_integration(auth, "dev")
        assert client("DELETE", f"/integration-auth/{first}")[0] == 200
        assert [one["integrationAuthId"] for one in sim.integrations(sim.project_id)] == [second, third]
        query = f"?integration=aws-secret-manager&projectId={sim.project_id}"
        assert len(client("DELETE", f"/integration-auth{query}")[1]["integrationAuth"]) == 1
        assert [one["id"] for one in sim.auths(sim.project_id)] == [third]


# syncs


def test_secrets_manager_many_to_one(aws: str) -> None:
    """One JSON is replaced whole, with prefix, suffix and tags."""
    with Simulator(generation="2025", aws_endpoint_url=aws, aws_credentials=AWS_KEYS) as sim:
        client = Client(sim, sim.admin.token)
        metadata = {
            "secretPrefix": "P_",
            "secretSuffix": "_S",
            "secretAWSTag": [{"key": "team", "value": "core"}],
            "kmsKeyId": "alias/app",
        }
        made = create(client, aws_auth(sim), app="many/one", region="eu-west-1", metadata=metadata)
        after = stored(sim, made)
        assert (after["isSynced"], after["syncMessage"]) == (True, "")
        manager = aws_client("secretsmanager", aws)
        written = json.loads(manager.get_secret_value(SecretId="many/one")["SecretString"])
        assert written == {"P_API_KEY_S": "api-value", "P_DB_PASSWORD_S": "db-value"}
        described = manager.describe_secret(SecretId="many/one")
        assert described["Tags"] == [{"Key": "team", "Value": "core"}]
        assert described["KmsKeyId"] == "alias/app"
        sim.delete_secret(sim.project_id, "dev", "/app", "DB_PASSWORD")
        sim.set_secret(sim.project_id, "dev", "/app", "API_KEY", "new")
        later = stored(sim, made)
        assert json.loads(manager.get_secret_value(SecretId="many/one")["SecretString"]) == {"P_API_KEY_S": "new"}
        assert int(later["lastSyncJobId"]) > int(after["lastSyncJobId"])
        body = {"secretPath": "/app", "isActive": True, "metadata": {"secretAWSTag": [{"key": "other", "value": "x"}]}}
        assert client("PATCH", f"/integration/{made['id']}", body)[0] == 200
        sim.wait_idle()
        assert manager.describe_secret(SecretId="many/one")["Tags"] == [{"Key": "other", "Value": "x"}]


def test_secrets_manager_one_to_one(aws: str) -> None:
    """One secret per key; a removed key stays at the destination, an emptied one goes."""
    with Simulator(generation="2025", aws_endpoint_url=aws, aws_credentials=AWS_KEYS) as sim:
        client = Client(sim, sim.admin.token)
        metadata = {"mappingBehavior": "one-to-one", "secretPrefix": "one-"}
        create(client, aws_auth(sim), app="ignored", region="eu-west-1", metadata=metadata)
        sim.wait_idle()
        manager = aws_client("secretsmanager", aws)
        assert manager.get_secret_value(SecretId="one-API_KEY")["SecretString"] == "api-value"
        sim.delete_secret(sim.project_id, "dev", "/app", "DB_PASSWORD")
        sim.set_secret(sim.project_id, "dev", "/app", "API_KEY", "")
        sim.wait_idle()
        names = {one["Name"] for one in manager.list_secrets()["SecretList"]}
        assert "one-DB_PASSWORD" in names
        assert not {"one-API_KEY", "ignored"} & names


def test_parameter_store(aws: str) -> None:
    """Parameters are encrypted; unknown ones under the path are deleted unless that is switched off."""
    with Simulator(generation="2025", aws_endpoint_url=aws, aws_credentials=AWS_KEYS) as sim:
        client = Client(sim, sim.admin.token)
        ssm = aws_client("ssm", aws)

        def present(path: str) -> dict[str, str]:
            found = ssm.get_parameters_by_path(Path=path, WithDecryption=True)["Parameters"]
            assert {one["Type"] for one in found} <= {"SecureString"}
            return {one["Name"]: one["Value"] for one in found}

        for name in ("/strict/STRAY", "/strict/deep/STRAY", "/kept/STRAY"):
            ssm.put_parameter(Name=name, Value="stray", Type="SecureString")
        auth = aws_auth(sim, "aws-parameter-store")
        create(
            client, auth, path="/strict/", region="eu-west-1", metadata={"secretAWSTag": [{"key": "a", "value": "b"}]}
        )
        create(client, auth, path="/kept/", region="eu-west-1", metadata={"shouldDisableDelete": True})
        sim.wait_idle()
        assert present("/strict/") == {"/strict/API_KEY": "api-value", "/strict/DB_PASSWORD": "db-value"}
        assert present("/strict/deep/") == {"/strict/deep/STRAY": "stray"}
        assert present("/kept/").keys() == {"/kept/STRAY", "/kept/API_KEY", "/kept/DB_PASSWORD"}
        tags = ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId="/strict/API_KEY")["TagList"]
        assert tags == [{"Key": "a", "Value": "b"}]
        sim.delete_secret(sim.project_id, "dev", "/app", "API_KEY")
        sim.wait_idle()
        assert present("/strict/") == {"/strict/DB_PASSWORD": "db-value"}
        assert "/kept/API_KEY" in present("/kept/")


@pytest.mark.parametrize(
    ("slug", "keys", "fields", "message"),
    [
        ("aws-secret-manager", {}, {"app": "x"}, "Region is missing"),
        ("aws-parameter-store", {}, {"region": "eu-west-1"}, "path"),
        (
            "aws-secret-manager",
            {"accessId": "key-1", "accessToken": "no"},
            {"app": "x", "region": "eu-west-1"},
            "token",
        ),
    ],
)
def test_failing_syncs(aws: str, slug: str, keys: dict, fields: dict, message: str) -> None:
    """A failure is stored after the third try, and lastUsed isn't touched."""
    with Simulator(generation="2025", aws_endpoint_url=aws, aws_credentials=AWS_KEYS) as sim:
        after = stored(sim, create(Client(sim, sim.admin.token), aws_auth(sim, slug, **keys), **fields))
    assert (after["isSynced"], after["lastUsed"]) == (False, None)
    assert message in after["syncMessage"]
    assert after["lastSyncJobId"] == "1"


def test_failure_is_stored_after_the_third_try_only() -> None:
    """Until then the integration looks as before."""
    with Simulator(generation="2025", sync_retry_delay=0.4) as sim:
        made = create(Client(sim, sim.admin.token), aws_auth(sim), app="x")
        time.sleep(0.3)
        assert sim.integrations(sim.project_id)[0]["isSynced"] is None
        assert stored(sim, made)["isSynced"] is False


def test_auth_without_credentials_stops_the_job() -> None:
    """Its sync fails without storing state, and integrations behind it in the folder aren't reached."""
    with Simulator(generation="2025") as sim:
        client = Client(sim, sim.admin.token)
        before = create(client, aws_auth(sim), app="before", region="eu-west-1")
        bare = sim.add_auth(sim.project_id, "aws-secret-manager")["id"]
        without = create(client, bare, app="without", region="eu-west-1")
        behind = create(client, aws_auth(sim), app="behind", region="eu-west-1")
        assert [stored(sim, one)["isSynced"] for one in (before, without, behind)] == [True, None, None]
        assert {entry["app"] for entry in sim.sink} == {"before"}


def test_all_active_integrations_of_the_folder_are_synced() -> None:
    """A secret's change syncs them all, inactive ones and other folders not."""
    with Simulator(generation="2025") as sim:
        auth = sim.add_auth(sim.project_id, "github", accessToken="t")["id"]
        fields = {"owner": "o", "metadata": {"secretPrefix": "P_"}}
        sim.add_integration(auth, "dev", secretPath="/app", app="one", **fields)
        sim.add_integration(auth, "dev", secretPath="/app/", app="two")
        sim.add_integration(auth, "dev", secretPath="/app", app="off", isActive=False)
        sim.add_integration(auth, "dev", secretPath="/", app="elsewhere")
        sim.add_integration(auth, "prod", secretPath="/app", app="elsewhere")
        sim.set_secret(sim.project_id, "dev", "/app", "API_KEY", "v2")
        sim.wait_idle()
        written = {entry["app"]: entry["secrets"] for entry in sim.sink}
    assert written == {
        "one": {"P_API_KEY": "v2", "P_DB_PASSWORD": "db-value"},
        "two": {"API_KEY": "v2", "DB_PASSWORD": "db-value"},
    }


def test_manual_sync() -> None:
    """By a machine identity it writes but stores nothing; by a user it stores."""
    with Simulator(generation="2025") as sim:
        made = create(Client(sim, sim.admin.token), aws_auth(sim), app="x", region="eu-west-1")
        before = stored(sim, made)
        sim.sink.clear()
        for client in (Client(sim, sim.viewer.token), Client(sim, sim.admin.token)):
            status, answer = client("POST", f"/integration/{made['id']}/sync")
            assert status == 200
            assert "environment" not in answer["integration"]
        assert stored(sim, made) == before
        assert len(sim.sink) == 2
        assert Client(sim, sim.user_jwt)("POST", f"/integration/{made['id']}/sync")[0] == 200
        assert stored(sim, made)["lastSyncJobId"] == "4"


def test_deleting_secrets_at_the_destination() -> None:
    """The flag works for GitHub only; elsewhere nothing is deleted."""
    with Simulator(generation="2025") as sim:
        client = Client(sim, sim.admin.token)
        github = sim.add_integration(aws_auth(sim, "github", accessToken="t"), "dev")["id"]
        other = sim.add_integration(aws_auth(sim), "dev")["id"]
        query = "?shouldDeleteIntegrationSecrets=true"
        assert client("DELETE", f"/integration/{github}{query}")[0] == 200
        assert client("DELETE", f"/integration/{other}{query}")[0] == 400
        assert [one["id"] for one in sim.integrations(sim.project_id)] == [other]
        assert client("DELETE", f"/integration/{other}?shouldDeleteIntegrationSecrets=false")[0] == 200


# limits and injected answers


@ALL_GENERATIONS
def test_rate_limits(generation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """60 reads a window for each route pattern and address; the window then starts anew."""
    now = [0.0]
    monkeypatch.setattr(limits, "clock", lambda: now[0])
    with Simulator(generation=generation, rate_limits=True) as sim:
        client = Client(sim, sim.admin.token)
        path = f"/workspace/{sim.project_id}/integrations"
        assert [client("GET", path)[0] for _ in range(60)] == [200] * 60
        assert client.headers["x-ratelimit-remaining"] == "0"
        status, answer = client("GET", f"/workspace/{sim.other_project_id}/integrations")
        assert (status, answer["error"]) == (429, "RateLimitExceeded")
        assert client.headers["retry-after"] == "60"
        assert client("GET", path, X_Forwarded_For="192.0.2.1")[0] == 200
        assert client("GET", f"/workspace/{sim.project_id}/authorizations")[0] == 200
        assert Client(sim, None)("GET", path)[0] == 401
        now[0] += 60
        assert client("GET", path)[0] == 200


def test_rate_limits_by_500() -> None:
    """As a server of 2024-10-16 was seen to answer what is beyond the limit."""
    with Simulator(generation="2024", rate_limits=True) as sim:
        sim.limits_by_500 = True
        client = Client(sim, sim.admin.token)
        path = f"/workspace/{sim.project_id}/integrations"
        assert [client("GET", path)[0] for _ in range(60)] == [200] * 60
        answer = {"statusCode": 500, "error": "InternalServerError", "message": "Something went wrong"}
        assert client("GET", path) == (500, answer)
        assert (client.headers["retry-after"], client.headers["x-ratelimit-remaining"]) == ("60", "0")


@pytest.mark.parametrize(("generation", "status"), [("2024", 500), ("2025", 404), ("2026", 404)])
def test_an_unknown_project_slug(generation: str, status: int) -> None:
    with Simulator(generation=generation) as sim:
        connection = Client(sim, None).connection
        headers = {"Authorization": f"Bearer {sim.admin.token}"}
        connection.request("GET", "/api/v2/workspace/no-such-project", headers=headers)
        answer = connection.getresponse()
        named = b'"error":"Failed to find project by slug"' in answer.read()
        assert (answer.status, named) == (status, status == 500)


@pytest.mark.parametrize(("path", "key"), [("/projects", "projects"), ("/workspace", "workspaces")])
def test_the_projects_of_an_identity(path: str, key: str) -> None:
    with Simulator(generation="2026") as sim:
        sim.set_role(sim.other_project_id, sim.outsider, "member")
        for one, expected in (
            (sim.admin, {sim.project_id, sim.other_project_id}),
            (sim.outsider, {sim.other_project_id}),
        ):
            status, answer = Client(sim, one.token)("GET", path)
            assert (status, {row["id"] for row in answer[key]}) == (200, expected)
            assert all(row["slug"] and row["environments"] for row in answer[key])


def test_limit_headers_without_limits() -> None:
    """Answers carry the headers anyway, and they never tell a client to wait."""
    with Simulator(generation="2025") as sim:
        client = Client(sim, sim.admin.token)
        for _ in range(61):
            assert client("GET", f"/workspace/{sim.project_id}")[0] == 200
        assert client.headers["x-ratelimit-limit"] == "60"
        assert client.headers["x-ratelimit-remaining"] == "59"


def test_fail_next() -> None:
    """Answers are injected for matching requests only, before or after the real work."""
    with Simulator(generation="2025") as sim:
        client = Client(sim, sim.admin.token)
        path = f"/workspace/{sim.project_id}"
        sim.fail_next(503, times=2, method="GET", path="/api/v1/workspace/*", headers={"Retry-After": "1"})
        assert client("GET", "/integration-auth/integration-options")[0] == 200
        assert [client("GET", path)[0] for _ in range(3)] == [503, 503, 200]
        sim.fail_next(502, body="<html>bad gateway</html>")
        assert client("GET", path) == (502, "<html>bad gateway</html>")
        assert client.headers["content-type"].startswith("text/html")
        body = {"workspaceId": sim.project_id, "integration": "github", "accessToken": "t"}
        sim.fail_next(500, method="POST", after=True)
        assert client("POST", "/integration-auth/access-token", body)[0] == 500
        assert len(sim.auths(sim.project_id)) == 1
        sim.fail_next(None, method="POST", after=True)
        with pytest.raises((http.client.HTTPException, ConnectionError)):
            client("POST", "/integration-auth/access-token", body)
        assert len(sim.auths(sim.project_id)) == 2
        sim.clear_requests()
        client.connection.close()
        assert client("GET", path + "?a=b")[0] == 200
        (record,) = sim.requests
        assert (record["method"], record["path"], record["query"]) == ("GET", "/api/v1" + path, {"a": "b"})
        assert (record["status"], record["body"]) == (200, None)


# addresses and the command line


def test_lists_lag_behind_writes() -> None:
    seconds = [100.0]
    with Simulator(generation="2025", list_lag=5, now=lambda: seconds[0]) as sim:
        client = Client(sim, sim.admin.token)

        def listed(kind: str) -> list[dict]:
            return client("GET", f"/projects/{sim.project_id}/{kind}")[1][kind]

        integration = create(client, aws_auth(sim), isActive=True)
        assert listed("integrations") == []
        assert client("GET", f"/integration/{integration['id']}")[0] == 200
        seconds[0] += 5
        assert [one["isActive"] for one in listed("integrations")] == [True]
        assert len(listed("authorizations")) == 1

        client("PATCH", f"/integration/{integration['id']}", {"isActive": False})
        seconds[0] += 3
        client("DELETE", f"/integration/{integration['id']}")
        assert [one["isActive"] for one in listed("integrations")] == [True]
        seconds[0] += 2
        assert [one["isActive"] for one in listed("integrations")] == [False]
        seconds[0] += 3
        assert listed("integrations") == []


def test_loopback_only() -> None:
    """No other address is served."""
    with pytest.raises(ValueError, match="loopback"):
        Simulator(host="192.0.2.1")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_tls(tmp_path: pathlib.Path) -> None:
    """With a certificate it serves https."""
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    with Simulator(tls=(str(certificate), str(key))) as sim:
        address = urlsplit(sim.url)
        assert address.scheme == "https"
        context = ssl.create_default_context(cafile=str(certificate))
        connection = http.client.HTTPSConnection(address.hostname or "", address.port, context=context, timeout=10)
        connection.request("GET", "/api/status")
        assert connection.getresponse().status == 200


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_command_line(tmp_path: pathlib.Path, number: signal.Signals) -> None:
    """It tells where it serves, and stops cleanly on a signal."""
    ready = tmp_path / "ready"
    command = [sys.executable, "-m", "simulator", "--generation", "2024", "--with-aws", "--ready-file", str(ready)]
    with subprocess.Popen(command, cwd=TESTS, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        line = process.stdout.readline()
        told = json.loads(line)
        assert ready.read_text() == line
        address = urlsplit(told["url"])
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)
        admin = told["identities"]["admin"]
        body = json.dumps({"clientId": admin["client_id"], "clientSecret": admin["client_secret"]})
        headers = {"Content-Type": "application/json"}
        connection.request("POST", "/api/v1/auth/universal-auth/login", body, headers)
        assert connection.getresponse().status == 200
        assert told["aws_endpoint_url"].startswith("http://127.0.0.1:")
        assert told["aws_credentials"]
        process.send_signal(number)
        assert process.wait(timeout=15) == 0
        assert process.stderr.read() == ""


def test_command_line_refuses_other_hosts() -> None:
    """It binds loopback only."""
    command = [sys.executable, "-m", "simulator", "--host", "192.0.2.1"]
    assert subprocess.run(command, cwd=TESTS, capture_output=True, timeout=30, check=False).returncode == 2


@pytest.mark.parametrize(("generation", "status"), [("2024", 404), ("2025", 200), ("2026", 200)])
def test_folders_by_the_newer_path(generation: str, status: int) -> None:
    """Newer servers have a second path, on which the project is called by another name."""
    with Simulator(generation=generation) as sim:
        client = Client(sim, sim.admin.token)
        place = f"{sim.project_id}&environment=dev&path=/"
        older = client("GET", f"/folders?workspaceId={place}")
        headers = {"Authorization": f"Bearer {sim.admin.token}"}
        client.connection.request("GET", f"/api/v2/folders?projectId={place}", headers=headers)
        response = client.connection.getresponse()
        newer = response.status, json.loads(response.read())
    assert (older[0], [one["name"] for one in older[1]["folders"]]) == (200, ["app"])
    assert newer[0] == status
    assert newer == older or status == 404
