# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of the simulated server's app connections and secret syncs."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from moto.server import ThreadedMotoServer

from simulator import Simulator
from simulator.destinations import DestinationError

UNKNOWN = "00000000-0000-4000-8000-000000000000"
AWS_KEYS = {"key-1": "secret-1", "key-2": "secret-2"}
GOOD_KEYS = {"accessKeyId": "key-1", "secretAccessKey": "secret-1"}
OVERWRITE = {"initialSyncBehavior": "overwrite-destination"}
KEEP = {**OVERWRITE, "disableSecretDeletion": True}
MANY = {"region": "eu-west-1", "mappingBehavior": "many-to-one", "secretName": "sync/many"}
ONE = {"region": "eu-west-1", "mappingBehavior": "one-to-one"}
SSM = {"region": "eu-west-1", "path": "/sync/"}
REPOSITORY = {"scope": "repository", "owner": "o", "repo": "r"}
GITHUB = {"personalAccessToken": "t"}
SEED = {"API_KEY": "api-value", "DB_PASSWORD": "db-value"}


class Client:
    """A small client on one kept connection; `token` None sends no Authorization header."""

    def __init__(self, sim: Simulator, token: str | None) -> None:
        address = urlsplit(sim.url)
        self.connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)
        self.sim = sim
        self.token = token
        self.headers: dict[str, str] = {}

    def __call__(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Send a request below /api/v1 and return the status and the body."""
        sent = {} if self.token is None else {"Authorization": f"Bearer {self.token}"}
        raw = None
        if body is not None:
            raw, sent["Content-Type"] = json.dumps(body), "application/json"
        self.connection.request(method, "/api/v1" + path, raw, sent)
        response = self.connection.getresponse()
        text = response.read().decode()
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        return response.status, json.loads(text)

    def ok(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request that has to succeed and return the only value of its answer."""
        status, answer = self(method, path, body)
        assert status == 200, answer
        return next(iter(answer.values()))


@pytest.fixture
def sim() -> Iterator[Simulator]:
    """A server without AWS: everything goes into the sink."""
    with Simulator(aws_credentials=AWS_KEYS) as running:
        yield running


@pytest.fixture
def client(sim: Simulator) -> Client:
    """The admin of `sim`."""
    return Client(sim, sim.admin.token)


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    """The URL of a simulated AWS."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


class Aws:
    """A server that syncs into an empty simulated AWS, and what is there."""

    def __init__(self, sim: Simulator, url: str) -> None:
        self.sim = sim
        self.client = Client(sim, sim.admin.token)
        keys = {"aws_access_key_id": "key-1", "aws_secret_access_key": "secret-1"}
        self.manager = boto3.client("secretsmanager", region_name="eu-west-1", endpoint_url=url, **keys)
        self.ssm = boto3.client("ssm", region_name="eu-west-1", endpoint_url=url, **keys)
        for name in self.secrets():
            self.manager.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
        for name in self.parameters():
            self.ssm.delete_parameter(Name=name)
        self.connection = sim.add_connection("aws", "access-key", "aws-main", **GOOD_KEYS)["id"]

    def secrets(self) -> dict[str, str]:
        """Return the secrets of Secrets Manager."""
        names = [one["Name"] for one in self.manager.list_secrets()["SecretList"]]
        return {name: self.manager.get_secret_value(SecretId=name)["SecretString"] for name in names}

    def json(self, name: str = "sync/many") -> dict[str, str]:
        """Return the content of a secret with many values."""
        return json.loads(self.secrets()[name])

    def put_secrets(self, **values: str) -> None:
        """Make secrets at the destination."""
        for name, value in values.items():
            self.manager.create_secret(Name=name, SecretString=value)

    def parameters(self) -> dict[str, str]:
        """Return all parameters, which must be encrypted."""
        found = self.ssm.get_parameters_by_path(Path="/", Recursive=True, WithDecryption=True)["Parameters"]
        assert {one["Type"] for one in found} <= {"SecureString"}
        return {one["Name"]: one["Value"] for one in found}

    def put_parameters(self, **values: str) -> None:
        """Make parameters below /sync/."""
        for name, value in values.items():
            self.ssm.put_parameter(Name=f"/sync/{name}", Value=value, Type="SecureString")

    def sync(self, destination: str, config: dict, options: dict, **fields: Any) -> dict:
        """Make a sync of dev:/app and wait for its first job, which has to succeed."""
        body = sync_body(self.sim, self.connection, config, options, **fields)
        made = self.client.ok("POST", f"/secret-syncs/{destination}", body)
        self.sim.wait_idle()
        after = self.client.ok("GET", f"/secret-syncs/{destination}/{made['id']}")
        assert (after["syncStatus"], after["lastSyncMessage"]) == ("succeeded", None)
        return after


@pytest.fixture
def aws(moto: str) -> Iterator[Aws]:
    """A server with an empty AWS."""
    with Simulator(aws_endpoint_url=moto, aws_credentials=AWS_KEYS) as running:
        yield Aws(running, moto)


def sync_body(sim: Simulator, connection_id: str, config: dict, options: dict | None = None, **fields: Any) -> dict:
    """Return a create body of a sync of dev:/app."""
    return {
        "name": "a-sync",
        "projectId": sim.project_id,
        "connectionId": connection_id,
        "environment": "dev",
        "secretPath": "/app",
        "syncOptions": options or OVERWRITE,
        "destinationConfig": config,
        **fields,
    }


def github(sim: Simulator, **fields: Any) -> tuple[str, dict]:
    """Seed a connection of GitHub; returns its id and a create body of a sync that uses it."""
    connection_id = sim.add_connection("github", "pat", f"github-{len(sim.connections()) + 1}", **GITHUB)["id"]
    return connection_id, sync_body(sim, connection_id, REPOSITORY, **fields)


def issues(answer: tuple[int, Any]) -> dict[str, str]:
    """Return the codes of a validation failure by their dotted paths."""
    status, body = answer
    assert (status, body["error"]) == (422, "ValidationFailure"), answer
    return {".".join(str(part) for part in issue["path"]): issue["code"] for issue in body["message"]}


def message(answer: tuple[int, Any], status: int) -> str:
    """Return the message of an error of this status."""
    assert answer[0] == status, answer
    return answer[1]["message"]


def test_2024_has_neither() -> None:
    """The older generation knows no such routes."""
    with Simulator(generation="2024") as old:
        client = Client(old, old.admin.token)
        for path in ("/app-connections/aws", "/secret-syncs/options", "/secret-syncs/github"):
            status, answer = client("GET", path)
            assert (status, answer["error"]) == (404, "Not Found")


# app connections


def test_connection_life(sim: Simulator, client: Client) -> None:
    """Create, read each way, update and delete; secrets never come back."""
    keys = {**GOOD_KEYS, "unknown": 1}
    body = {"name": "aws-main", "method": "access-key", "credentials": keys, "description": "d", "unknown": 1}
    made = client.ok("POST", "/app-connections/aws", {**body, "isPlatformManagedCredentials": False})
    assert made["credentials"] == {"accessKeyId": "key-1"}
    assert sim.stored_connection_credentials(made["id"]) == GOOD_KEYS
    assert (made["projectId"], made["version"], made["method"], made["app"]) == (None, 1, "access-key", "aws")
    assert (made["isPlatformManagedCredentials"], made["isAutoRotationEnabled"]) == (False, False)
    assert (made["gatewayId"], made["gatewayPoolId"]) == (None, None)
    path = f"/app-connections/aws/{made['id']}"
    assert client.ok("GET", path) == made
    assert client.ok("GET", "/app-connections/aws/connection-name/aws-main") == made
    # Only lists name the project.
    listed = [{**made, "project": None}]
    assert "project" not in made
    assert client.ok("GET", "/app-connections/aws") == client.ok("GET", "/app-connections/") == listed
    assert client.ok("GET", "/app-connections/github") == []
    assert sim.connections() == listed

    renamed = client.ok("PATCH", path, {"name": "aws-other", "description": None, "method": "x", "projectId": "y"})
    assert (renamed["name"], renamed["description"], renamed["method"]) == ("aws-other", None, "access-key")
    assert (renamed["projectId"], renamed["credentialsHash"]) == (None, made["credentialsHash"])
    new_keys = {"accessKeyId": "key-2", "secretAccessKey": "secret-2"}
    hashes = {made["credentialsHash"]}
    for _ in range(2):
        changed = client.ok("PATCH", path, {"credentials": new_keys})
        hashes.add(changed["credentialsHash"])
    assert changed["credentials"] == {"accessKeyId": "key-2"}
    # It is one of encrypted credentials, and so another one after each write.
    assert len(hashes) == 3
    assert sim.stored_connection_credentials(made["id"]) == new_keys

    assert client.ok("DELETE", path) == changed
    assert message(client("GET", path), 404) == f"Could not find App Connection with ID {made['id']}"
    assert client("DELETE", path)[0] == client("PATCH", path, {})[0] == 404
    assert client("GET", "/app-connections/aws/connection-name/aws-other")[0] == 404
    assert issues(client("GET", "/app-connections/aws/nope")) == {"connectionId": "invalid_string"}
    assert client("GET", "/app-connections/nope")[1]["error"] == "Not Found"


def test_connection_levels(sim: Simulator, client: Client) -> None:
    """A name is unique per level; lists show a project's own or all, `available` what a project can use."""
    body = {"name": "same", "method": "pat", "credentials": GITHUB}
    organization = client.ok("POST", "/app-connections/github", body)
    own = client.ok("POST", "/app-connections/github", {**body, "projectId": sim.project_id})
    theirs = client.ok("POST", "/app-connections/github", {**body, "projectId": sim.other_project_id})
    assert own["projectId"] == sim.project_id
    for again in (body, {**body, "projectId": sim.project_id}):
        assert "already exists" in message(client("POST", "/app-connections/github", again), 400)
    query = f"?projectId={sim.project_id}"
    for target in ("/app-connections", "/app-connections/github"):
        assert [one["id"] for one in client.ok("GET", target)] == [organization["id"], own["id"], theirs["id"]]
    listed = client.ok("GET", f"/app-connections/github{query}")
    project = {"id": sim.project_id, "name": "first project", "slug": "first-project", "type": "secret-manager"}
    assert listed == sim.connections(sim.project_id) == [{**own, "project": project}]
    assert client.ok("GET", f"/app-connections/github/connection-name/same{query}") == own
    assert client.ok("GET", "/app-connections/github/connection-name/same") == organization
    missing = "/app-connections/github/connection-name/no"
    assert "in project scope." in message(client("GET", f"{missing}{query}"), 404)
    assert "in organization scope." in message(client("GET", missing), 404)
    unknown = {**body, "projectId": UNKNOWN}
    text = f"Could not find project with ID {UNKNOWN}"
    assert message(client("POST", "/app-connections/github", unknown), 400) == text
    available = client.ok("GET", f"/app-connections/github/available{query}")
    assert [one["id"] for one in available] == [organization["id"], own["id"]]
    assert set(available[0]) == {"app", "name", "id", "projectId", "orgId"}
    assert [one["id"] for one in client.ok("GET", "/app-connections/github/available")] == [organization["id"]]
    assert client.ok("GET", f"/app-connections/vercel/available{query}") == []
    for method in ("GET", "DELETE"):
        text = f'App Connection with ID {own["id"]} is not for App "aws"'
        assert message(client(method, f"/app-connections/aws/{own['id']}"), 400) == text
    # A change is made before the server fails to make the answer.
    assert client("PATCH", f"/app-connections/aws/{own['id']}", {"description": "new"})[0] == 500
    assert client.ok("GET", f"/app-connections/github/{own['id']}")["description"] == "new"


def test_connection_options(client: Client) -> None:
    """Each app has its methods."""
    options = {one["app"]: one["methods"] for one in client.ok("GET", "/app-connections/options")}
    assert options["aws"] == ["assume-role", "access-key"]
    assert options["hashicorp-vault"] == ["access-token", "app-role"]


@pytest.mark.parametrize(
    ("app", "change", "expected"),
    [
        ("aws", {"name": "Not_a_slug"}, {"name": "custom"}),
        ("aws", {"name": "a" * 65}, {"name": "too_big"}),
        ("aws", {"method": "iam"}, {"method": "invalid_union_discriminator"}),
        ("aws", {"credentials": {"accessKeyId": "key-1"}}, {"credentials.secretAccessKey": "invalid_type"}),
        ("aws", {"credentials": {**GOOD_KEYS, "accessKeyId": ""}}, {"credentials.accessKeyId": "too_small"}),
        ("aws", {"gatewayId": UNKNOWN}, {"gatewayId": "invalid_union"}),
        ("aws", {"gatewayPoolId": UNKNOWN}, {"gatewayPoolId": "invalid_union"}),
        ("aws", {"isAutoRotationEnabled": True}, {"isAutoRotationEnabled": "invalid_type"}),
        ("aws", {"rotation": {}}, {"rotation": "invalid_type"}),
        ("aws", {"description": "d" * 257}, {"description": "too_big"}),
        (
            "github",
            {"method": "pat", "credentials": {**GITHUB, "instanceType": "server"}},
            {"credentials.host": "custom"},
        ),
        ("github", {"method": "pat", "credentials": GITHUB, "gatewayId": "x"}, {"gatewayId": "invalid_string"}),
        (
            "rundeck",
            {"method": "api-token", "credentials": {"apiToken": "t", "instanceUrl": "x"}},
            {"credentials.instanceUrl": "invalid_string"},
        ),
    ],
)
def test_connection_validation(client: Client, app: str, change: dict, expected: dict) -> None:
    """What is wrong with a body is 422."""
    body = {"name": "aws-main", "method": "access-key", "credentials": GOOD_KEYS, **change}
    assert issues(client("POST", f"/app-connections/{app}", body)) == expected


def test_connection_credentials_are_checked(sim: Simulator, client: Client) -> None:
    """Wrong AWS keys are refused live, other credentials when they say so."""
    wrong = {**GOOD_KEYS, "secretAccessKey": "no"}
    body = {"name": "aws-main", "method": "access-key", "credentials": wrong}
    refusal = "Unable to validate connection: verify credentials"
    assert message(client("POST", "/app-connections/aws", body), 400) == refusal
    made = client.ok("POST", "/app-connections/aws", {**body, "credentials": GOOD_KEYS})
    path = f"/app-connections/aws/{made['id']}"
    assert message(client("PATCH", path, {"credentials": wrong}), 400) == refusal
    assert issues(client("PATCH", path, {"credentials": {}})) == {"credentials": "invalid_union"}
    role = {"roleArn": "arn:aws:iam::1:role/r"}
    text = "Invalid credential format for AWS Connection with method Access Key"
    assert message(client("PATCH", path, {"credentials": role}), 400) == text
    sim._state.connections[made["id"]]["isPlatformManagedCredentials"] = True
    text = "Cannot update credentials or management status for platform managed connections"
    assert message(client("PATCH", path, {"credentials": GOOD_KEYS}), 400) == text
    assert sim.stored_connection_credentials(made["id"]) == GOOD_KEYS
    body = {"name": "r", "method": "api-key", "credentials": {"apiKey": "an-invalid-key"}}
    assert message(client("POST", "/app-connections/render", body), 400) == refusal
    body = {"name": "r", "method": "assume-role", "credentials": {"roleArn": "arn:aws:iam::1:role/invalid"}}
    status, answer = client("POST", "/app-connections/aws", body)
    assert (status, answer["error"]) == (500, "InternalServerError")
    assert "not authorized to perform: sts:AssumeRole" in answer["message"]


ROTATED = {
    "name": "vault",
    "method": "client-secret",
    "isAutoRotationEnabled": True,
    "credentials": {"tenantId": UNKNOWN, "clientId": UNKNOWN, "clientSecret": "s-1", "clientSecretKeyId": "k-1"},
    "rotation": {"rotationInterval": 30, "rotateAtUtc": {"hours": 2, "minutes": 0}},
}


def test_connections_that_are_rotated(sim: Simulator, client: Client) -> None:
    """The answer to a write is older than the rotation; new credentials start it again."""
    made = client.ok("POST", "/app-connections/azure-key-vault", ROTATED)
    assert (made["isAutoRotationEnabled"], "rotation" in made) == (True, False)
    path = f"/app-connections/azure-key-vault/{made['id']}"
    assert client.ok("GET", path)["rotation"].items() >= ROTATED["rotation"].items()
    assert sim.stored_connection_credentials(made["id"])["clientSecret"] != "s-1"
    assert client.ok("PATCH", path, {"isAutoRotationEnabled": False})["isAutoRotationEnabled"] is True
    stopped = client.ok("GET", path)
    assert (stopped["isAutoRotationEnabled"], stopped["rotation"]["nextRotationAt"]) == (False, None)
    client.ok("PATCH", path, {"credentials": ROTATED["credentials"], "isAutoRotationEnabled": False})
    assert client.ok("GET", path)["isAutoRotationEnabled"] is False
    client.ok("PATCH", path, {"credentials": ROTATED["credentials"]})
    assert client.ok("GET", path)["isAutoRotationEnabled"] is True
    client.ok("PATCH", path, {"rotation": {"rotationInterval": 3}})
    assert client.ok("GET", path)["rotation"]["rotationInterval"] == 3


@pytest.mark.parametrize(
    ("change", "status", "text"),
    [
        ({"rotation": None}, 422, ""),
        ({"rotation": {"rotationInterval": 366, "rotateAtUtc": {"hours": 2, "minutes": 0}}}, 422, ""),
        ({"credentials": {**ROTATED["credentials"], "clientSecretKeyId": None}}, 422, ""),
        (
            {"method": "oauth", "credentials": {"code": "c"}},
            400,
            "Credential rotation is not supported for azure-key-vault connections with oauth method",
        ),
        (
            {"gatewayId": UNKNOWN, "gatewayPoolId": UNKNOWN},
            400,
            "Cannot specify both a gateway and a gateway pool",
        ),
    ],
)
def test_rotations_that_are_refused(client: Client, change: dict, status: int, text: str) -> None:
    """Nothing is made then."""
    answer = client("POST", "/app-connections/azure-key-vault", {**ROTATED, **change})
    assert answer[0] == status
    assert not text or message(answer, 400) == text
    assert client.ok("GET", "/app-connections/azure-key-vault") == []


def test_credentials_that_the_server_takes_over(sim: Simulator, client: Client) -> None:
    """It changes the password, and needs the current one for that."""
    login = {"host": "h", "port": 5432, "database": "d", "username": "u", "password": "s-1", "sslEnabled": True}
    body = {"name": "db", "method": "username-and-password", "credentials": {**login, "sslRejectUnauthorized": True}}
    made = client.ok("POST", "/app-connections/postgres", body)
    path = f"/app-connections/postgres/{made['id']}"
    text = "Credentials required to transition to platform managed credentials"
    assert message(client("PATCH", path, {"isPlatformManagedCredentials": True}), 400) == text
    managed = {"isPlatformManagedCredentials": True, "credentials": body["credentials"]}
    assert client.ok("PATCH", path, managed)["isPlatformManagedCredentials"] is True
    assert sim.stored_connection_credentials(made["id"])["password"] != "s-1"
    text = "Cannot update credentials or management status for platform managed connections"
    for change in ({"credentials": body["credentials"]}, {"isPlatformManagedCredentials": False}):
        assert message(client("PATCH", path, change), 400) == text


def test_the_region_of_a_token_service(client: Client) -> None:
    """It is the label after sts or sts-fips in the host, and one that the server knows."""
    role = {"roleArn": "arn:aws:iam::123456789012:role/sync"}
    body = {"name": "role", "method": "assume-role"}
    for host in ("sts.amazonaws.com", "sts.ca-west-1.amazonaws.com", "eu-central-1.amazonaws.com"):
        refused = client(
            "POST", "/app-connections/aws", {**body, "credentials": {**role, "stsEndpoint": f"https://{host}"}}
        )
        assert message(refused, 400) == (
            f'STS endpoint must target a supported AWS region. "https://{host}" does not resolve to a supported region.'
        )
    endpoint = "https://vpce-0abc.sts.eu-west-1.vpce.amazonaws.com"
    client.ok("POST", "/app-connections/aws", {**body, "credentials": {**role, "stsEndpoint": endpoint}})


def test_connection_permissions(sim: Simulator) -> None:
    """Who may do what at both levels."""
    body = {"name": "c", "method": "pat", "credentials": GITHUB}
    names = {"GET": "read", "PATCH": "edit", "DELETE": "delete"}
    for level, suffix in (({}, ""), ({"projectId": sim.project_id}, "-app-connections")):
        made = Client(sim, sim.admin.token).ok("POST", "/app-connections/github", {**body, **level})
        path = f"/app-connections/github/{made['id']}"
        assert Client(sim, sim.outsider.token)("GET", path)[0] == 403
        for client in (Client(sim, sim.viewer.token), Client(sim, sim.member.token)):
            for method in ("GET", "PATCH", "DELETE"):
                status, answer = client(method, path, {"name": "x"} if method != "GET" else None)
                assert (status, answer["error"], answer["details"]) == (403, "PermissionDenied", [])
                assert answer["message"] == f"You are not allowed to {names[method]}{suffix} on app-connections"
            assert client("GET", f"/app-connections/github/connection-name/c?projectId={sim.project_id}")[0] == 403
            assert client("POST", "/app-connections/github", {**body, **level, "name": "d"})[0] == 403
    usable = f"/app-connections/github/available?projectId={sim.project_id}"
    assert len(Client(sim, sim.member.token)("GET", usable)[1]["appConnections"]) == 2
    assert Client(sim, sim.viewer.token)("GET", usable)[0] == 403
    assert Client(sim, None)("GET", "/app-connections/github")[0] == 401


def test_connection_in_use(sim: Simulator, client: Client) -> None:
    """It can't be deleted before its syncs."""
    connection_id, body = github(sim)
    made = client.ok("POST", "/secret-syncs/github", body)
    path = f"/app-connections/github/{connection_id}"
    assert "existing connections" in message(client("DELETE", path), 400)
    client.ok("DELETE", f"/secret-syncs/github/{made['id']}")
    assert client("DELETE", path)[0] == 200


# secret syncs


def test_sync_life(sim: Simulator, client: Client) -> None:
    """Create, read each way, update and delete."""
    connection_id, body = github(sim, description="d", secretPath="/app/", isEnabled=False)
    made = client.ok("POST", "/secret-syncs/github", body)
    assert (made["syncStatus"], made["lastSyncJobId"], made["importStatus"]) == ("pending", None, None)
    assert (made["version"], made["isAutoSyncEnabled"], made["destination"]) == (1, True, "github")
    assert made["connection"] == {"app": "github", "name": "github-1", "id": connection_id}
    assert (made["environment"]["slug"], made["folder"]) == ("dev", {"id": made["folderId"], "path": "/app"})
    assert not {"envId", "secretPath", "isEnabled"} & set(made)
    sim.wait_idle()
    path, query = f"/secret-syncs/github/{made['id']}", f"?projectId={sim.project_id}"
    got = client.ok("GET", path)
    assert (got["syncStatus"], got["lastSyncMessage"]) == ("succeeded", None)
    assert got["lastSyncJobId"]
    assert got["lastSyncedAt"]
    assert client.ok("GET", f"/secret-syncs/github/sync-name/a-sync{query}") == got
    assert client.ok("GET", f"/secret-syncs{query}") == client.ok("GET", f"/secret-syncs/github{query}") == [got]
    assert client.ok("GET", f"/secret-syncs/vercel{query}") == []
    assert client.ok("GET", f"/secret-syncs?projectId={sim.other_project_id}") == []
    assert sim.syncs(sim.project_id) == [got]

    body = {"name": "b", "environment": "prod", "secretPath": "/", "projectId": sim.other_project_id}
    moved = client.ok("PATCH", path, body)
    assert (moved["name"], moved["environment"]["slug"], moved["folder"]["path"]) == ("b", "prod", "/")
    assert (moved["version"], moved["syncStatus"], moved["projectId"]) == (2, "pending", sim.project_id)
    options = {**KEEP, "keySchema": "P_{{secretKey}}"}
    assert client.ok("PATCH", path, {"syncOptions": options})["syncOptions"] == options
    assert client.ok("PATCH", path, {"syncOptions": OVERWRITE})["syncOptions"] == OVERWRITE
    config = {"scope": "organization", "org": "o", "visibility": "all"}
    assert client.ok("PATCH", path, {"destinationConfig": config})["destinationConfig"] == config
    assert client.ok("PATCH", path, {"description": None})["version"] == 6
    assert client.ok("DELETE", path)["id"] == made["id"]
    assert client("GET", path)[0] == 404
    assert sim.syncs(sim.project_id) == []


def test_sync_errors(sim: Simulator, client: Client) -> None:
    """What names something that doesn't fit."""
    _, body = github(sim)
    made = client.ok("POST", "/secret-syncs/github", body)
    sim.add_connection("vercel", "api-token", "vercel-main", apiToken="t")
    vercel = sim.connections()[1]["id"]
    foreign = sim.add_connection("github", "pat", "foreign", sim.other_project_id, **GITHUB)["id"]
    path = f"/secret-syncs/github/{made['id']}"

    def refused(status: int, **fields: Any) -> str:
        for method, target, whole in (
            ("POST", "/secret-syncs/github", {**body, "name": "other", **fields}),
            ("PATCH", path, fields),
        ):
            text = message(client(method, target, whole), status)
        return text

    client.ok("POST", "/secret-syncs/github", {**body, "name": "taken"})
    assert "already exists" in refused(400, name="taken")
    assert "Could not find folder" in refused(400, secretPath="/nope")
    assert "Could not find folder" in refused(400, environment="nope")
    assert "cannot be used to connect to GitHub" in refused(400, connectionId=vercel)
    assert "another project" in refused(400, connectionId=foreign)
    assert "Could not find App Connection" in refused(404, connectionId=UNKNOWN)
    sim.wait_idle()
    assert client.ok("GET", path)["version"] == 1

    assert "not configured for Vercel" in message(client("GET", f"/secret-syncs/vercel/{made['id']}"), 400)
    missing = f'Could not find GitHub Sync with ID "{UNKNOWN}"'
    assert message(client("GET", f"/secret-syncs/github/{UNKNOWN}"), 404) == missing
    assert message(client("PATCH", f"/secret-syncs/github/{UNKNOWN}", {}), 404) == missing.replace('"', "")
    other = f"/secret-syncs/vercel/sync-name/a-sync?projectId={sim.project_id}"
    assert "not configured for Vercel" in message(client("GET", other), 400)
    assert client("GET", f"/secret-syncs/github/sync-name/no?projectId={sim.project_id}")[0] == 404
    assert issues(client("GET", "/secret-syncs/github/nope")) == {"syncId": "invalid_string"}
    for target in ("/secret-syncs", "/secret-syncs/github", "/secret-syncs/github/sync-name/a-sync"):
        assert issues(client("GET", target)) == {"projectId": "invalid_type"}
    assert client("GET", f"/secret-syncs/codefresh?projectId={sim.project_id}")[1]["error"] == "Not Found"


def test_sync_validation(sim: Simulator, client: Client) -> None:
    """The common part of a body."""
    _, body = github(sim)
    assert issues(client("POST", "/secret-syncs/github", {})).keys() == {
        "name",
        "projectId",
        "connectionId",
        "environment",
        "secretPath",
        "syncOptions",
        "destinationConfig",
    }

    def wrong(**fields: Any) -> dict:
        return issues(client("POST", "/secret-syncs/github", {**body, **fields}))

    assert wrong(name="A b") == {"name": "custom"}
    assert wrong(environment="Bad Env") == {"environment": "custom"}
    assert wrong(connectionId="x") == {"connectionId": "invalid_string"}
    assert wrong(description="d" * 257) == {"description": "too_big"}
    assert wrong(isAutoSyncEnabled="yes") == {"isAutoSyncEnabled": "invalid_type"}
    assert wrong(syncOptions={}) == {"syncOptions.initialSyncBehavior": "invalid_type"}
    behavior = {"initialSyncBehavior": "import-prioritize-source"}
    assert wrong(syncOptions=behavior) == {"syncOptions.initialSyncBehavior": "invalid_enum_value"}
    for schema in ("APP_", "a.{{secretKey}}", "{{other}}{{secretKey}}"):
        assert wrong(syncOptions={**OVERWRITE, "keySchema": schema}) == {"syncOptions.keySchema": "custom"}
    path = f"/secret-syncs/github/{client.ok('POST', '/secret-syncs/github', body)['id']}"
    assert issues(client("PATCH", path, {"syncOptions": {}})) == {"syncOptions.initialSyncBehavior": "invalid_type"}
    for schema in ("", "a/b-{{environment}}_{{secretKey}}", "{{secretKey}}{{secretKey}}", "a" * 300 + "{{secretKey}}"):
        options = {**OVERWRITE, "keySchema": schema, "unknown": 1}
        assert client.ok("PATCH", path, {"syncOptions": options})["syncOptions"] == {**OVERWRITE, "keySchema": schema}


_TAG = {"key": "k", "value": "v"}
_RAILWAY = {"projectId": "p", "projectName": "P", "environmentId": "e", "environmentName": "E"}
_PROJECT = {"scope": "project", "app": "a", "appName": "a", "env": "preview", "teamId": ""}


@pytest.mark.parametrize(
    ("destination", "config", "options", "expected"),
    [
        ("aws-secrets-manager", {**MANY, "region": "mars-1"}, {}, {"destinationConfig.region": "invalid_enum_value"}),
        ("aws-secrets-manager", {**MANY, "secretName": "a b"}, {}, {"destinationConfig.secretName": "invalid_string"}),
        (
            "aws-secrets-manager",
            {"region": "eu-west-1", "mappingBehavior": "many-to-one"},
            {},
            {"destinationConfig.secretName": "invalid_type"},
        ),
        (
            "aws-secrets-manager",
            {"region": "eu-west-1"},
            {},
            {"destinationConfig.mappingBehavior": "invalid_union_discriminator"},
        ),
        (
            "aws-secrets-manager",
            MANY,
            {"syncSecretMetadataAsTags": True},
            {"": "custom"},
        ),
        ("aws-secrets-manager", ONE, {"tags": [_TAG, _TAG]}, {"syncOptions.tags": "custom"}),
        ("aws-secrets-manager", ONE, {"tags": [{"key": "k"}]}, {"syncOptions.tags.0.value": "invalid_type"}),
        (
            "aws-secrets-manager",
            ONE,
            {"tags": [{"key": "k", "value": "?"}]},
            {"syncOptions.tags.0.value": "invalid_string"},
        ),
        ("aws-secrets-manager", ONE, {"keyId": "a b"}, {"syncOptions.keyId": "invalid_string"}),
        (
            "aws-secrets-manager",
            {"region": "mars-1", "mappingBehavior": "sideways"},
            {},
            {
                "destinationConfig.mappingBehavior": "invalid_union_discriminator",
                "destinationConfig.region": "invalid_enum_value",
            },
        ),
        ("aws-parameter-store", {**SSM, "path": "/a"}, {}, {"destinationConfig.path": "invalid_string"}),
        ("aws-parameter-store", {**SSM, "path": "/a.b/"}, {}, {"destinationConfig.path": "invalid_string"}),
        ("azure-key-vault", {"vaultBaseUrl": "x"}, {}, {"destinationConfig.vaultBaseUrl": "invalid_string"}),
        (
            "gcp-secret-manager",
            {"scope": "region", "projectId": "p"},
            {},
            {"destinationConfig.locationId": "invalid_type"},
        ),
        (
            "github",
            {"scope": "organization", "org": "o", "visibility": "selected"},
            {},
            {"destinationConfig.selectedRepositoryIds": "custom"},
        ),
        (
            "github",
            {"scope": "repository-environment", "owner": "o", "repo": "r"},
            {},
            {"destinationConfig.env": "invalid_type"},
        ),
        (
            "vercel",
            {**_PROJECT, "env": "development", "sensitive": True},
            {},
            {"destinationConfig.sensitive": "custom"},
        ),
        ("vercel", {"scope": "team", "teamId": "t"}, {}, {"destinationConfig.targetEnvironments": "custom"}),
        (
            "windmill",
            {"workspace": "w", "path": "x/"},
            {"includeAllSubFolders": "no"},
            {"destinationConfig.path": "invalid_string", "syncOptions.includeAllSubFolders": "invalid_type"},
        ),
        (
            "hashicorp-vault",
            {"mount": "kv", "path": "a"},
            {"initialSyncBehavior": "import-prioritize-source", "includeAllSubFolders": True},
            {"syncOptions.includeAllSubFolders": "custom"},
        ),
    ],
)
def test_config_validation(client: Client, destination: str, config: dict, options: dict, expected: dict) -> None:
    """Each destination has its own fields."""
    body = sync_body(client.sim, UNKNOWN, config, {**OVERWRITE, **options})
    assert issues(client("POST", f"/secret-syncs/{destination}", body)) == expected


@pytest.mark.parametrize(
    ("destination", "config", "change", "same"),
    [
        ("azure-app-configuration", {"configurationUrl": "https://s.azconfig.io", "label": "a"}, {"label": "b"}, True),
        ("railway", _RAILWAY, {"projectName": "Q", "serviceName": "S"}, True),
        ("railway", _RAILWAY, {"environmentId": "f"}, False),
        ("northflank", {"projectId": "p", "secretGroupId": "g"}, {"projectName": "P"}, False),
        ("gitlab", {"scope": "group", "groupId": "1", "groupName": "g"}, {"shouldMaskSecrets": True}, True),
        ("gitlab", {"scope": "group", "groupId": "1", "groupName": "g"}, {"targetEnvironment": "dev"}, True),
        (
            "gitlab",
            {"scope": "group", "groupId": "1", "groupName": "g", "targetEnvironment": "prod"},
            {"targetEnvironment": "dev"},
            False,
        ),
        ("vercel", {**_PROJECT, "sensitive": False}, {"appName": "other"}, True),
        ("vercel", {**_PROJECT, "sensitive": False}, {"sensitive": True}, False),
    ],
)
def test_duplicates_by_destination(
    sim: Simulator, client: Client, destination: str, config: dict, change: dict, same: bool
) -> None:
    """Each destination has settings of its own that say nothing of the place."""
    connection = sim.add_connection(*_connection_of(client, destination), "c")["id"]
    client.ok("POST", f"/secret-syncs/{destination}", sync_body(sim, connection, config))
    ask = {"projectId": sim.project_id, "destinationConfig": {**config, **change}}
    assert client("POST", f"/secret-syncs/{destination}/check-destination", ask)[1]["hasDuplicate"] is same


@pytest.mark.parametrize(
    ("destination", "given", "kept"),
    [
        ("aws-secrets-manager", {**MANY, "mappingBehavior": "one-to-one", "other": 1}, ONE),
        ("hashicorp-vault", {"mount": "kv", "path": "/a/b/"}, {"mount": "kv", "path": "a/b"}),
        ("vercel", _PROJECT, {**_PROJECT, "sensitive": False}),
        (
            "gitlab",
            {"scope": "project", "projectId": "1", "projectName": "p"},
            {
                "scope": "project",
                "projectId": "1",
                "projectName": "p",
                "targetEnvironment": "*",
                "shouldProtectSecrets": False,
                "shouldMaskSecrets": False,
                "shouldHideSecrets": False,
            },
        ),
    ],
)
def test_config_shapes(sim: Simulator, client: Client, destination: str, given: dict, kept: dict) -> None:
    """Unknown keys are dropped, defaults filled in, slashes cut."""
    connection = sim.add_connection(*_connection_of(client, destination), "c")["id"]
    body = sync_body(sim, connection, given, isAutoSyncEnabled=False)
    assert client.ok("POST", f"/secret-syncs/{destination}", body)["destinationConfig"] == kept


def _connection_of(client: Client, destination: str) -> tuple[str, str]:
    options = client.ok("GET", "/secret-syncs/options")
    app = next(one["connection"] for one in options if one["destination"] == destination)
    methods = next(one["methods"] for one in client.ok("GET", "/app-connections/options") if one["app"] == app)
    return app, methods[0]


def test_sync_options(client: Client) -> None:
    """Every destination says what it can do, and its app has connections."""
    options = {one["destination"]: one for one in client.ok("GET", "/secret-syncs/options")}
    imports = {slug: one["canImportSecrets"] for slug, one in options.items()}
    assert imports["aws-secrets-manager"]
    assert imports["vercel"]
    assert not imports["github"]
    assert imports["netlify"]
    assert not imports["cloudflare-pages"]
    assert "codefresh" not in options
    apps = {one["app"] for one in client.ok("GET", "/app-connections/options")}
    assert {one["connection"] for one in options.values()} <= apps
    for slug in options:
        assert issues(client("POST", f"/secret-syncs/{slug}", {"destinationConfig": {}}))


def test_sync_permissions(sim: Simulator, client: Client) -> None:
    """Viewers read, outsiders do nothing, members do all."""
    _, body = github(sim)
    path = f"/secret-syncs/github/{Client(sim, sim.member.token).ok('POST', '/secret-syncs/github', body)['id']}"
    sim.wait_idle()
    viewer, outsider = Client(sim, sim.viewer.token), Client(sim, sim.outsider.token)
    assert viewer("GET", path)[0] == 200
    requests = [
        ("POST", "/secret-syncs/github", {**body, "name": "b"}),
        ("PATCH", path, {"description": "x"}),
        ("DELETE", path, None),
        ("POST", f"{path}/sync-secrets", None),
        ("POST", f"{path}/remove-secrets", None),
    ]
    for method, target, sent in requests:
        status, answer = viewer(method, target, sent)
        assert (status, answer["error"]) == (403, "PermissionDenied")
        assert answer["details"] == []
        assert answer["message"].endswith(" on secret-syncs")
        assert "not a member" in outsider(method, target, sent)[1]["error"]
    assert outsider("GET", f"/secret-syncs?projectId={sim.project_id}")[0] == 403
    assert Client(sim, sim.member.token)("POST", f"{path}/sync-secrets")[0] == 200


def test_check_destination(sim: Simulator, client: Client) -> None:
    """It finds syncs of any project, by what says where the destination is; it is limited as reads are."""
    connection_id, body = github(sim)
    made = client.ok("POST", "/secret-syncs/github", body)
    ask = {"projectId": sim.other_project_id, "destinationConfig": REPOSITORY}
    path = "/secret-syncs/github/check-destination"
    taken = {"hasDuplicate": True, "duplicateProjectId": sim.project_id}
    assert client("POST", path, ask) == (200, taken)
    assert client.headers["x-ratelimit-limit"] == "60"
    assert client("POST", path, {**ask, "connectionId": connection_id}) == (200, taken)
    for change in (
        {"excludeSyncId": made["id"]},
        {"connectionId": UNKNOWN},
        {"destinationConfig": {**REPOSITORY, "repo": "other"}},
    ):
        assert client("POST", path, {**ask, **change}) == (200, {"hasDuplicate": False})
    # Half a config, or none, is nowhere.
    for body in ({}, {"destinationConfig": {"scope": "repository"}}, {"destinationConfig": "x"}):
        asked = {"projectId": sim.project_id, **body}
        assert client("POST", path, asked) == (200, {"hasDuplicate": False})
    assert issues(client("POST", path, {"projectId": "x"})) == {"projectId": "invalid_string"}


# jobs


def test_status_of_jobs() -> None:
    """A job is pending at first. While a worker has it, it stands in the way of others; then it ends."""
    with Simulator(sync_delay=0.3, job_time=0.6) as slow:
        client = Client(slow, slow.admin.token)
        _, body = github(slow)
        made = client.ok("POST", "/secret-syncs/github", body)
        path = f"/secret-syncs/github/{made['id']}"
        assert client.ok("POST", f"{path}/sync-secrets")["syncStatus"] == "pending"
        while client.ok("GET", path)["syncStatus"] == "pending":
            time.sleep(0.02)
        for method, target in (
            ("POST", f"{path}/sync-secrets"),
            ("POST", f"{path}/remove-secrets"),
            ("DELETE", f"{path}?removeSecrets=true"),
        ):
            assert "already in progress" in message(client(method, target), 400)
        assert client("PATCH", path, {"description": "x"})[0] == 200
        slow.wait_idle()
        first = client.ok("GET", path)
        assert first["syncStatus"] == "succeeded"
        again = client.ok("POST", f"{path}/sync-secrets")
        assert (again["syncStatus"], again["lastSyncJobId"]) == ("pending", first["lastSyncJobId"])
        slow.wait_idle()
        last = client.ok("GET", path)
        assert int(last["lastSyncJobId"]) > int(first["lastSyncJobId"])
        assert len(slow.sink) == 3
        assert client.ok("DELETE", f"{path}?removeSecrets=false")["id"] == made["id"]


def test_five_jobs_of_a_connection_are_at_work_at_most() -> None:
    """Another one waits until one of them ends; those of other connections don't."""
    with Simulator(sync_delay=0.0, job_time=0.4) as slow:
        client = Client(slow, slow.admin.token)
        connection_id, body = github(slow)
        _, other = github(slow, name="other")
        for number in range(7):
            repository = {**REPOSITORY, "repo": f"r{number}"}
            client.ok("POST", "/secret-syncs/github", {**body, "name": f"s{number}", "destinationConfig": repository})
        client.ok("POST", "/secret-syncs/github", other)
        seen, statuses, end = set(), {""}, time.monotonic() + 30
        while statuses != {"succeeded"} and time.monotonic() < end:
            listed = client.ok("GET", f"/secret-syncs?projectId={slow.project_id}")
            running = [one["connectionId"] == connection_id for one in listed if one["syncStatus"] == "running"]
            seen.add((running.count(True), running.count(False)))
            statuses = {one["syncStatus"] for one in listed}
        assert statuses == {"succeeded"}
        assert max(seen) == (5, 1)


def test_a_failing_job_is_tried_five_times(sim: Simulator, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the tries the status is running, and only the last one is recorded."""
    _, body = github(sim)
    seen = []

    def refused(*_args: Any, **_kwargs: Any) -> None:
        seen.append(client.ok("GET", f"/secret-syncs?projectId={sim.project_id}")[0])
        raise DestinationError("no")

    monkeypatch.setattr(sim._destinations, "sync_write", refused)
    made = client.ok("POST", "/secret-syncs/github", body)
    sim.wait_idle()
    assert [(one["syncStatus"], one["lastSyncMessage"]) for one in seen] == [("running", None)] * 5
    assert client.ok("GET", f"/secret-syncs/github/{made['id']}")["syncStatus"] == "failed"


def test_a_job_that_ends_before_it_is_pending(sim: Simulator, client: Client) -> None:
    """The server marks a sync as pending after it has queued the job."""
    _, body = github(sim)
    sim.end_before_pending()
    made = client.ok("POST", "/secret-syncs/github", body)
    sim.wait_idle()
    after = client.ok("GET", f"/secret-syncs/github/{made['id']}")
    assert after["syncStatus"] == "pending"
    assert after["lastSyncedAt"]
    assert len(sim.sink) == 1


def test_running_is_seen(sim: Simulator, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the destination is written the status says so."""
    _, body = github(sim)
    seen = []
    write = sim._destinations.sync_write

    def slow_write(*args: Any, **kwargs: Any) -> None:
        seen.append(client.ok("GET", f"/secret-syncs?projectId={sim.project_id}")[0]["syncStatus"])
        write(*args, **kwargs)

    monkeypatch.setattr(sim._destinations, "sync_write", slow_write)
    Client(sim, sim.admin.token).ok("POST", "/secret-syncs/github", body)
    sim.wait_idle()
    assert seen == ["running"]


def test_failed_job(sim: Simulator, client: Client) -> None:
    """The message stays until a job succeeds; a failure isn't tried again by itself."""
    _, body = github(sim)
    sim.fail_sync("vercel", "never seen")
    sim.fail_sync(message="quota", times=2)
    made = client.ok("POST", "/secret-syncs/github", body)
    path = f"/secret-syncs/github/{made['id']}"
    sim.wait_idle()
    failed = client.ok("GET", path)
    assert (failed["syncStatus"], failed["lastSyncMessage"], failed["lastSyncedAt"]) == ("failed", "quota", None)
    assert failed["lastSyncJobId"]
    for status, text in (("failed", "quota"), ("succeeded", None)):
        client.ok("POST", f"{path}/sync-secrets")
        sim.wait_idle()
        after = client.ok("GET", path)
        assert (after["syncStatus"], after["lastSyncMessage"]) == (status, text)
    sim.fail_sync(message="locked", kind="remove")
    assert client.ok("DELETE", f"{path}?removeSecrets=true")["removeStatus"] == "pending"
    sim.wait_idle()
    kept = client.ok("GET", path)
    assert (kept["removeStatus"], kept["lastRemoveMessage"]) == ("failed", "locked")


@pytest.mark.parametrize(
    ("schema", "status"),
    [("app-{{secretKey}}", "failed"), ("1_{{secretKey}}", "failed"), ("_app_{{secretKey}}", "succeeded")],
)
def test_names_that_a_destination_does_not_take(sim: Simulator, client: Client, schema: str, status: str) -> None:
    connection = sim.add_connection("digital-ocean", "api-token", "ocean", apiToken="t")["id"]
    body = sync_body(sim, connection, {"appId": "a", "appName": "b"}, {**KEEP, "keySchema": schema})
    made = client.ok("POST", "/secret-syncs/digital-ocean-app-platform", body)
    sim.wait_idle()
    path = f"/secret-syncs/digital-ocean-app-platform/{made['id']}"
    assert client.ok("GET", path)["syncStatus"] == status
    assert client.ok("DELETE", f"{path}?removeSecrets=true")["removeStatus"] == "pending"
    sim.wait_idle()
    assert client("GET", path)[0] == 404


def test_auto_sync(sim: Simulator, client: Client) -> None:
    """Without it only a manual sync writes; with it each change of the folder and each PATCH does."""
    _, body = github(sim, isAutoSyncEnabled=False)
    made = client.ok("POST", "/secret-syncs/github", body)
    path = f"/secret-syncs/github/{made['id']}"
    assert made["syncStatus"] is None
    sim.set_secret(sim.project_id, "dev", "/app", "API_KEY", "v2")
    assert client.ok("PATCH", path, {"description": "x"})["syncStatus"] is None
    sim.wait_idle()
    assert sim.sink == []
    client.ok("POST", f"{path}/sync-secrets")
    sim.wait_idle()
    assert len(sim.sink) == 1
    assert client.ok("PATCH", path, {"isAutoSyncEnabled": True})["syncStatus"] == "pending"
    sim.wait_idle()
    sim.set_secret(sim.project_id, "dev", "/", "ELSEWHERE", "x")
    sim.set_secret(sim.project_id, "prod", "/app", "ELSEWHERE", "x")
    sim.wait_idle()
    assert len(sim.sink) == 2
    sim.delete_secret(sim.project_id, "dev", "/app", "API_KEY")
    assert client.ok("GET", path)["syncStatus"] == "pending"
    sim.wait_idle()
    assert sim.sink[-1]["secrets"] == {"DB_PASSWORD": "db-value"}


def test_sink(sim: Simulator, client: Client) -> None:
    """What isn't AWS is recorded with the keys as the destination would have them."""
    options = {**KEEP, "keySchema": "{{environment}}/{{secretKey}}_S"}
    _, body = github(sim, syncOptions=options)
    made = client.ok("POST", "/secret-syncs/github", body)
    sim.wait_idle()
    entry = {"kind": "secret-sync", "action": "sync", "id": made["id"], "destination": "github", "config": REPOSITORY}
    renamed = {f"dev/{key}_S": value for key, value in SEED.items()}
    assert sim.sink == [{**entry, "options": options, "secrets": renamed, "deletes": False}]
    path = f"/secret-syncs/github/{made['id']}"
    client.ok("PATCH", path, {"syncOptions": {**OVERWRITE, "includeAllSubFolders": True}, "secretPath": "/"})
    sim.wait_idle()
    assert sim.sink[-1]["secrets"] == {"ROOT_KEY": "root-value", **SEED}
    assert sim.sink[-1]["deletes"] is True
    sim.set_secret(sim.project_id, "dev", "/app/db", "DEEP", "x")
    sim.wait_idle()
    assert sim.sink[-1]["secrets"]["DEEP"] == "x"
    client.ok("POST", f"{path}/remove-secrets")
    sim.wait_idle()
    assert sim.sink[-1]["action"] == "remove"
    after = client.ok("GET", path)
    assert (after["removeStatus"], bool(after["lastRemovedAt"])) == ("succeeded", True)
    assert "does not support" in message(client("POST", f"{path}/import-secrets?importBehavior=prioritize-source"), 400)


def test_source_gone(sim: Simulator, client: Client) -> None:
    """A sync outlives its folder without a source, until it is given another one."""
    _, body = github(sim)
    made = client.ok("POST", "/secret-syncs/github", body)
    path = f"/secret-syncs/github/{made['id']}"
    sim.wait_idle()
    sim.delete_folder(sim.project_id, "dev", "/app")
    gone = client.ok("GET", path)
    assert (gone["environment"], gone["folder"], gone["folderId"]) == (None, None, None)
    for target in (f"{path}/sync-secrets", f"{path}/remove-secrets"):
        assert "folder no longer exists" in message(client("POST", target), 400)
    assert "both" in message(client("PATCH", path, {"secretPath": "/"}), 400)
    client.ok("PATCH", path, {"description": "x"})
    sim.wait_idle()
    failed = client.ok("GET", path)
    assert (failed["syncStatus"], "folder no longer exists" in failed["lastSyncMessage"]) == ("failed", True)
    assert client.ok("PATCH", path, {"secretPath": "/", "environment": "dev"})["folder"]["path"] == "/"
    sim.wait_idle()
    assert client.ok("GET", path)["syncStatus"] == "succeeded"


def test_seeding(sim: Simulator, client: Client) -> None:
    """Connections and syncs can be stored without HTTP; a project takes them along when it goes."""
    connection = sim.add_connection("github", "pat", "c", sim.project_id, **GITHUB)
    made = sim.add_sync(
        "github", connection["id"], "dev", secretPath="/app", destinationConfig=REPOSITORY, syncStatus="failed"
    )
    assert client.ok("GET", f"/secret-syncs/github/{made['id']}") == made
    assert (made["syncStatus"], made["name"]) == ("failed", "github-1")
    assert sim.sink == []
    client.ok("DELETE", f"/workspace/{sim.project_id}")
    assert sim.connections(sim.project_id) == []
    assert client("GET", f"/secret-syncs/github/{made['id']}")[0] == 404


@pytest.mark.parametrize(
    ("generation", "told"),
    [
        ("2025", {"canImportSecrets": False}),
        (
            "2026",
            {
                "canImportSecrets": False,
                "canRemoveSecretsOnDeletion": False,
                "supportsKeySchema": False,
                "supportsDisableSecretDeletion": False,
            },
        ),
    ],
)
def test_what_the_list_of_destinations_tells(generation: str, told: dict[str, bool]) -> None:
    with Simulator(generation=generation) as sim:
        options = Client(sim, sim.admin.token).ok("GET", "/secret-syncs/options")
    scim = next(one for one in options if one["destination"] == "azure-entra-id-scim")
    names = {"name": "Azure Entra ID SCIM", "connection": "azure-entra-id", "destination": "azure-entra-id-scim"}
    assert scim == {**names, **told}


# AWS


def test_secrets_manager_many_to_one(aws: Aws) -> None:
    """One JSON, with tags and key: it is replaced whole, whatever is to be kept, and goes whole on removal."""
    options = {**KEEP, "keyId": "alias/app", "tags": [{"key": "team", "value": "core"}]}
    aws.put_secrets(**{"sync/many": json.dumps({"OTHER": "x", "API_KEY": "old"}), "alone": "a"})
    made = aws.sync("aws-secrets-manager", MANY, options)
    assert aws.json() == SEED
    described = aws.manager.describe_secret(SecretId="sync/many")
    assert (described["KmsKeyId"], described["Tags"]) == ("alias/app", [{"Key": "team", "Value": "core"}])
    path = f"/secret-syncs/aws-secrets-manager/{made['id']}"
    aws.client.ok("PATCH", path, {"syncOptions": {**KEEP, "tags": [{"key": "b", "value": "c"}]}})
    aws.sim.wait_idle()
    described = aws.manager.describe_secret(SecretId="sync/many")
    # Without a key of its own it gets AWS's, which AWS doesn't name.
    assert ("KmsKeyId" in described, described["Tags"]) == (False, [{"Key": "b", "Value": "c"}])
    shown = aws.client.ok("DELETE", f"{path}?removeSecrets=true")
    assert (shown["id"], shown["removeStatus"]) == (made["id"], "pending")
    aws.sim.wait_idle()
    assert aws.client("GET", path)[0] == 404
    assert aws.secrets() == {"alone": "a"}


def test_secrets_manager_many_to_one_with_a_key_schema(aws: Aws) -> None:
    """A key schema renames the secret, and no key in it; a secret of the other name stays as it is."""
    before = json.dumps({"OTHER": "x", "P_OTHER": "y"})
    aws.put_secrets(**{"sync/many": before})
    made = aws.sync("aws-secrets-manager", MANY, {**OVERWRITE, "keySchema": "P_{{environment}}/{{secretKey}}"})
    renamed = "P_dev/sync/many"
    assert aws.secrets() == {"sync/many": before, renamed: json.dumps(SEED)}
    path = f"/secret-syncs/aws-secrets-manager/{made['id']}"
    aws.client.ok("PATCH", path, {"syncOptions": OVERWRITE})
    aws.sim.wait_idle()
    assert aws.json() == SEED
    aws.client.ok("POST", f"{path}/remove-secrets")
    aws.sim.wait_idle()
    assert aws.secrets() == {renamed: json.dumps(SEED)}
    assert aws.client.ok("GET", path)["removeStatus"] == "succeeded"


def test_secrets_manager_one_to_one(aws: Aws) -> None:
    """One secret for each key; what matches the schema and isn't known goes unless that is switched off."""
    stray = {"P_STRAY": "x", "STRAY": "x"}
    own = {f"P_{key}": value for key, value in SEED.items()}
    aws.put_secrets(**stray)
    options = {**KEEP, "keySchema": "P_{{secretKey}}"}
    made = aws.sync("aws-secrets-manager", ONE, options)
    assert aws.secrets() == {**stray, **own}
    aws.sim.delete_secret(aws.sim.project_id, "dev", "/app", "API_KEY")
    aws.sim.wait_idle()
    assert "P_API_KEY" in aws.secrets()
    path = f"/secret-syncs/aws-secrets-manager/{made['id']}"
    aws.client.ok("PATCH", path, {"syncOptions": {**options, "disableSecretDeletion": False}})
    aws.sim.wait_idle()
    assert aws.secrets() == {"STRAY": "x", "P_DB_PASSWORD": "db-value"}
    aws.client.ok("DELETE", f"{path}?removeSecrets=true")
    aws.sim.wait_idle()
    assert aws.secrets() == {"STRAY": "x"}
    assert aws.sim.syncs(aws.sim.project_id) == []


def test_delete_keeps_secrets(aws: Aws) -> None:
    """Without removeSecrets the destination stays as it is."""
    made = aws.sync("aws-secrets-manager", MANY, OVERWRITE)
    aws.client.ok("DELETE", f"/secret-syncs/aws-secrets-manager/{made['id']}")
    aws.sim.wait_idle()
    assert aws.json() == SEED


def test_parameter_store(aws: Aws) -> None:
    """Parameters directly below the path; the schema says which of the others may be deleted."""
    aws.put_parameters(STRAY="x", **{"dev-STRAY": "y", "deep/STRAY": "z"})
    options = {**OVERWRITE, "keySchema": "{{environment}}-{{secretKey}}", "tags": [{"key": "a", "value": "b"}]}
    made = aws.sync("aws-parameter-store", SSM, options)
    untouched = {"/sync/STRAY": "x", "/sync/deep/STRAY": "z"}
    own = {f"/sync/dev-{key}": value for key, value in SEED.items()}
    assert aws.parameters() == {**untouched, **own}
    tags = aws.ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId="/sync/dev-API_KEY")["TagList"]
    assert tags == [{"Key": "a", "Value": "b"}]
    path = f"/secret-syncs/aws-parameter-store/{made['id']}"
    aws.client.ok("PATCH", path, {"syncOptions": {**options, "disableSecretDeletion": True, "keyId": "alias/x"}})
    aws.sim.delete_secret(aws.sim.project_id, "dev", "/app", "API_KEY")
    aws.sim.wait_idle()
    assert aws.parameters() == {**untouched, **own}
    aws.client.ok("DELETE", f"{path}?removeSecrets=true")
    aws.sim.wait_idle()
    # The key that left the folder before isn't known as Infisical's any more.
    assert aws.parameters() == {**untouched, "/sync/dev-API_KEY": "api-value"}


@pytest.mark.parametrize(("destination", "config"), [("aws-secrets-manager", ONE), ("aws-parameter-store", SSM)])
@pytest.mark.parametrize("winner", ["source", "destination"])
def test_first_sync_imports_once(aws: Aws, destination: str, config: dict, winner: str) -> None:
    """The first sync takes over what it finds, later ones don't."""
    is_ssm = destination == "aws-parameter-store"
    (aws.put_parameters if is_ssm else aws.put_secrets)(API_KEY="theirs", NEW="new")
    options = {"initialSyncBehavior": f"import-prioritize-{winner}"}
    made = aws.sync(destination, config, options)
    expected = {**SEED, "API_KEY": "theirs" if winner == "destination" else "api-value", "NEW": "new"}
    assert aws.sim.secrets(aws.sim.project_id, "dev", "/app") == expected

    def present() -> dict[str, str]:
        found = aws.parameters() if is_ssm else aws.secrets()
        return {name.removeprefix("/sync/"): value for name, value in found.items()}

    assert present() == expected
    (aws.put_parameters if is_ssm else aws.put_secrets)(LATER="x")
    aws.client.ok("POST", f"/secret-syncs/{destination}/{made['id']}/sync-secrets")
    aws.sim.wait_idle()
    assert present() == expected
    assert "LATER" not in aws.sim.secrets(aws.sim.project_id, "dev", "/app")


def test_import_secrets(aws: Aws) -> None:
    """A manual import writes the folder. The schema is for the one secret's name: all keys in it are taken."""
    made = aws.sync("aws-secrets-manager", MANY, {**KEEP, "keySchema": "P_{{secretKey}}"})
    text = json.dumps({"API_KEY": "theirs", "P_NEW": "new"})
    path = f"/secret-syncs/aws-secrets-manager/{made['id']}/import-secrets"
    assert issues(aws.client("POST", path)) == {"importBehavior": "invalid_type"}
    for behavior, value in (("prioritize-source", "api-value"), ("prioritize-destination", "theirs")):
        aws.manager.update_secret(SecretId="P_sync/many", SecretString=text)
        shown = aws.client.ok("POST", f"{path}?importBehavior={behavior}")
        assert shown["importStatus"] == "pending"
        aws.sim.wait_idle()
        assert aws.sim.secrets(aws.sim.project_id, "dev", "/app") == {**SEED, "API_KEY": value, "P_NEW": "new"}
        after = aws.sim.syncs(aws.sim.project_id)[0]
        assert (after["importStatus"], after["lastImportMessage"], bool(after["lastImportedAt"])) == (
            "succeeded",
            None,
            True,
        )
    aws.manager.update_secret(SecretId="P_sync/many", SecretString="no json")
    aws.client.ok("POST", f"{path}?importBehavior=prioritize-source")
    aws.sim.wait_idle()
    after = aws.sim.syncs(aws.sim.project_id)[0]
    assert (after["importStatus"], "no JSON" in after["lastImportMessage"]) == ("failed", True)


def test_an_import_takes_what_matches_the_schema(aws: Aws) -> None:
    made = aws.sync("aws-secrets-manager", ONE, {**KEEP, "keySchema": "P_{{secretKey}}"})
    aws.put_secrets(P_NEW="new", OTHER="x")
    path = f"/secret-syncs/aws-secrets-manager/{made['id']}/import-secrets"
    aws.client.ok("POST", f"{path}?importBehavior=prioritize-source")
    aws.sim.wait_idle()
    assert aws.sim.secrets(aws.sim.project_id, "dev", "/app") == {**SEED, "NEW": "new"}


def test_keys_that_went_bad(aws: Aws) -> None:
    """A sync whose connection doesn't work any more fails with the provider's text."""
    bad = aws.sim.add_connection("aws", "access-key", "bad", accessKeyId="key-1", secretAccessKey="no")["id"]
    body = sync_body(aws.sim, bad, MANY)
    aws.client.ok("POST", "/secret-syncs/aws-secrets-manager", body)
    aws.sim.wait_idle()
    after = aws.sim.syncs(aws.sim.project_id)[0]
    assert (after["syncStatus"], "security token" in after["lastSyncMessage"]) == ("failed", True)
    role = aws.sim.add_connection("aws", "assume-role", "role", roleArn="arn:aws:iam::1:role/r")["id"]
    aws.client.ok("PATCH", f"/secret-syncs/aws-secrets-manager/{after['id']}", {"connectionId": role})
    aws.sim.wait_idle()
    assert aws.json() == SEED


def _native(aws: Aws, slug: str, **fields: Any) -> None:
    auth = aws.sim.add_auth(aws.sim.project_id, slug, accessId="key-1", accessToken="secret-1")["id"]
    aws.sim.add_integration(auth, "dev", secretPath="/app", region="eu-west-1", **fields)


@pytest.mark.parametrize(
    ("native", "destination", "config", "schema"),
    [
        (
            {
                "slug": "aws-secret-manager",
                "app": "sync/many",
            },
            "aws-secrets-manager",
            MANY,
            "",
        ),
        (
            {"slug": "aws-secret-manager", "metadata": {"mappingBehavior": "one-to-one", "secretPrefix": "P_"}},
            "aws-secrets-manager",
            ONE,
            "P_{{secretKey}}",
        ),
        ({"slug": "aws-parameter-store", "path": "/sync/"}, "aws-parameter-store", SSM, ""),
    ],
)
def test_beside_a_native_integration(aws: Aws, native: dict, destination: str, config: dict, schema: str) -> None:
    """A native integration and a sync of the same place leave it equal, before and after a change."""
    _native(aws, **native)

    def present() -> dict[str, str]:
        return {**aws.secrets(), **aws.parameters()}

    aws.sim.set_secret(aws.sim.project_id, "dev", "/app", "API_KEY", "by-native")
    aws.sim.wait_idle()
    before = present()
    assert before
    made = aws.sync(destination, config, {**KEEP, "keySchema": schema})
    assert present() == before
    aws.sim.set_secret(aws.sim.project_id, "dev", "/app", "API_KEY", "by-both")
    aws.sim.wait_idle()
    both = present()
    assert both.keys() == before.keys()
    assert both != before
    integration = aws.sim.integrations(aws.sim.project_id)[0]
    assert integration["isSynced"] is True
    aws.client.ok("DELETE", f"/integration/{integration['id']}")
    aws.client.ok("POST", f"/secret-syncs/{destination}/{made['id']}/sync-secrets")
    aws.sim.wait_idle()
    assert present() == both


def test_2025_has_no_connections_of_projects() -> None:
    """It drops the project of a new connection without a word, and lists all of the organization."""
    with Simulator(generation="2025") as sim:
        client = Client(sim, sim.admin.token)
        body = {"name": "c", "method": "pat", "credentials": GITHUB, "projectId": sim.project_id}
        made = client.ok("POST", "/app-connections/github", body)
        assert not {"projectId", "project", "gatewayPoolId", "isAutoRotationEnabled"} & set(made)
        query = f"?projectId={sim.project_id}"
        assert client.ok("GET", f"/app-connections/github{query}") == [made]
        assert client.ok("GET", f"/app-connections/github/connection-name/c{query}") == made
        available = client.ok("GET", f"/app-connections/github/available{query}")
        assert available == [{name: made[name] for name in ("app", "name", "id", "orgId")}]
        options = {**OVERWRITE, "includeAllSubFolders": True}
        synced = client.ok("POST", "/secret-syncs/github", sync_body(sim, made["id"], REPOSITORY, options))
        assert synced["syncOptions"] == OVERWRITE
        assert sim.add_connection("github", "pat", "d", sim.project_id, **GITHUB).keys() == made.keys()


def test_the_other_destination_of_an_app(sim: Simulator, client: Client) -> None:
    """A sync is found below it, and changed; only the answer can't be made."""
    connection = sim.add_connection("aws", "access-key", "c", **GOOD_KEYS)["id"]
    made = client.ok("POST", "/secret-syncs/aws-secrets-manager", sync_body(sim, connection, MANY))
    path, query = f"/secret-syncs/aws-parameter-store/{made['id']}", f"?projectId={sim.project_id}"
    assert client.ok("GET", path)["destination"] == "aws-secrets-manager"
    assert client.ok("GET", f"/secret-syncs/aws-parameter-store{query}") == []
    assert client("GET", f"/secret-syncs/aws-parameter-store/sync-name/a-sync{query}")[0] == 500
    assert client("PATCH", path, {"description": "new"})[0] == 500
    assert client.ok("GET", path)["description"] == "new"
    assert client("DELETE", path)[0] == 500
    assert sim.syncs(sim.project_id) == []


def test_updates_are_checked_by_what_they_hold(sim: Simulator, client: Client) -> None:
    """The rule between config and options sees the update alone, and fails where it has no options."""
    connection = sim.add_connection("aws", "access-key", "c", **GOOD_KEYS)["id"]
    made = client.ok("POST", "/secret-syncs/aws-secrets-manager", sync_body(sim, connection, MANY))
    path = f"/secret-syncs/aws-secrets-manager/{made['id']}"
    tagged = {**OVERWRITE, "syncSecretMetadataAsTags": True}
    assert client("PATCH", path, {"destinationConfig": MANY})[0] == 500
    assert client("PATCH", path, {"destinationConfig": ONE})[0] == 200
    assert client("PATCH", path, {"destinationConfig": MANY, "syncOptions": OVERWRITE})[0] == 200
    assert client.ok("PATCH", path, {"syncOptions": tagged})["syncOptions"] == tagged
    assert issues(client("PATCH", path, {"destinationConfig": MANY, "syncOptions": tagged})) == {"": "custom"}


def test_import_is_refused_before_the_look_up(client: Client) -> None:
    """At a destination that can't, also of a sync that isn't there."""
    path = f"/secret-syncs/github/{UNKNOWN}/import-secrets?importBehavior=prioritize-source"
    assert message(client("POST", path), 400) == "GitHub does not support importing secrets."


def test_restrictions(sim: Simulator, client: Client) -> None:
    """What a plan, an old project, the organization and a role refuse."""
    _, body = github(sim)
    made = client.ok("POST", "/secret-syncs/github", body)
    path, second = f"/secret-syncs/github/{made['id']}", {**body, "name": "second"}
    other = {**REPOSITORY, "repo": "other"}

    sim.restrictions.most_syncs = 1
    assert "plan limit" in message(client("POST", "/secret-syncs/github", second), 400)
    sim.restrictions.most_syncs = None

    sim.restrictions.enterprise = False
    chef = {"name": "chef", "method": "user-key", "credentials": {"orgName": "o", "userName": "u", "privateKey": "k"}}
    assert "plan restriction" in message(client("POST", "/app-connections/chef", chef), 400)
    config = {"dataBagName": "b", "dataBagItemName": "i"}
    connection = sim.add_connection("chef", "user-key", "chef", orgName="o", userName="u", privateKey="k")["id"]
    refused = client("POST", "/secret-syncs/chef", sync_body(sim, connection, config, name="chef"))
    assert "plan restriction" in message(refused, 400)

    sim.restrictions.old_projects.add(sim.project_id)
    text = "Project version does not support Secret Syncs"
    assert message(client("POST", "/secret-syncs/github", second), 400) == text
    sim.restrictions.old_projects.clear()

    sim.restrictions.one_sync_a_place = True
    text = f"A secret sync with this destination already exists in project {sim.project_id}."
    assert message(client("POST", "/secret-syncs/github", second), 400) == text
    # The name is looked at last.
    assert message(client("POST", "/secret-syncs/github", body), 400) == text
    client.ok("POST", "/secret-syncs/github", {**second, "destinationConfig": other})
    assert message(client("PATCH", path, {"destinationConfig": other}), 400) == text
    assert client("PATCH", path, {"description": "x", "destinationConfig": REPOSITORY})[0] == 200

    sim.restrictions.unreadable.add((sim.project_id, "dev", "/app"))
    for method, target, sent in (
        ("POST", "/secret-syncs/github", {**body, "name": "third", "destinationConfig": {**REPOSITORY, "repo": "z"}}),
        ("PATCH", path, {"secretPath": "/app"}),
    ):
        status, answer = client(method, target, sent)
        assert (status, answer["error"]) == (403, "PermissionDenied")


def test_a_name_that_a_connection_for_another_app_has(sim: Simulator, client: Client) -> None:
    """The look-up by name is refused, not unanswered."""
    client.ok("POST", "/app-connections/github", {"name": "c", "method": "pat", "credentials": GITHUB})
    text = 'App Connection with name c is not for App "aws"'
    assert message(client("GET", "/app-connections/aws/connection-name/c"), 400) == text
