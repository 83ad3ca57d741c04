# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Replays what was recorded from the assembled server against the simulated one of 2026.

Assembled: a server of October 2024 with app connections and secret syncs put in from single source files of 2026; no
such server was released. Many exchanges are missing. What those did is brought about before each one that is there, as
its answer shows it: objects appear as the answer has them, but for what the exchange itself changes, and others are
gone. So an answer to a GET proves the shape alone, the answers to all others what the server does.
"""

from __future__ import annotations

import functools
import http.client
import json
import os
import pathlib
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from simulator import Simulator
from simulator.state import SYNC_FIELDS

ROOT = pathlib.Path(__file__).parents[2]
CONTRACT = pathlib.Path(os.environ.get("INFISICAL_CONTRACT_DIR") or ROOT.parent / "shared" / "contract")
RECORDING = CONTRACT / "recorded" / "secret-syncs-assembled-2026.jsonl"

PROJECT = "87c2d948-de89-4dc2-b85e-fea8187b89aa"
NATIVE_PROJECT = "f7efee6c-4fd0-4455-a080-1d2bcc7b06df"
SECRET = "the-secret"
ENVELOPES = {"app-connections": "appConnection", "secret-syncs": "secretSync"}
STATUSES = ("syncStatus", "importStatus", "removeStatus")
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
# Of these, only the type is compared.
VOLATILE = {"createdAt", "updatedAt", "accessToken", "orgId", "reqId", "credentialsHash", "version"} | {
    f"last{kind}{what}" for kind in ("Sync", "Import", "Remove") for what in ("JobId", "edAt")
}

_SLUGS = "the wording of what is wrong with a name: it was not taken from sources"
_REGIONS = "the list of AWS regions: it was not taken from sources"
_OLD = "this part of the server is of October 2024"
# What of single answers isn't compared, with the reason: keys of the issues of a validation.
PARTLY = {
    **dict.fromkeys((116, 117, 118, 144, 161), (("message",), _SLUGS)),
    **dict.fromkeys((180, 247), (("message", "options"), _REGIONS)),
}
# What isn't reproduced, with the reason.
NOT_REPRODUCED = {
    3: "the lists of options: they were not taken from sources",
    11: "an error without reqId, unlike all others of this server: it was another build of it",
    80: f"{_OLD}: it has no /api/v1/projects",
    82: f"{_OLD}: later ones show region and role in the metadata",
    107: f"{_OLD}: it answers 500 where a project isn't known by its slug",
    110: f"{_OLD}: it doesn't name the project",
    165: f"{_OLD}: it doesn't name the project",
    173: "the option that a branch called recursive; it was released as includeAllSubFolders",
    233: "the simulated server has no endpoint that deletes folders: a test does it by the simulator's own way",
    242: "the simulated server has no endpoint that makes projects: a test does it by the simulator's own way",
    243: f"{_OLD}: it doesn't name the auth",
    256: f"{_OLD}: it has no /api/v1/projects",
}


def load() -> list[dict[str, Any]]:
    """Return the recorded exchanges, or none where the recording is absent."""
    if not RECORDING.is_file():
        return []
    return [json.loads(line) for line in RECORDING.read_text(encoding="utf-8").splitlines() if line.strip()]


EXCHANGES = load()
if not EXCHANGES:
    pytest.skip(f"no recording at {RECORDING} (INFISICAL_CONTRACT_DIR may name its directory)", allow_module_level=True)


class Exchange:
    """One recorded exchange, and what its path and body name."""

    def __init__(self, recorded: dict[str, Any]) -> None:
        self.number, self.label, self.method = recorded["n"], recorded["label"], recorded["method"]
        self.path, self.body, self.status = recorded["path"], recorded["request_body"], recorded["status"]
        self.headers, self.answer = recorded["response_headers"], recorded["response_body"]
        address = urlsplit(self.path)
        self.query = {name: values[-1] for name, values in parse_qs(address.query).items()}
        self.parts = address.path.removeprefix("/api/v1/").rstrip("/").split("/")
        self.area = self.parts[0]
        self.kind = self.parts[1] if len(self.parts) > 1 else ""
        self.id = next((part for part in self.parts if UUID.fullmatch(part)), "")
        self.name = self.parts[-1] if self.parts[-2:-1] in (["connection-name"], ["sync-name"]) else ""

    @property
    def shown(self) -> dict[str, Any] | None:
        """The connection or sync that the answer shows."""
        found = self.answer.get(ENVELOPES.get(self.area, "")) if isinstance(self.answer, dict) else None
        return found if isinstance(found, dict) else None

    @property
    def listed(self) -> list[dict[str, Any]] | None:
        """The connections or syncs that the answer lists."""
        found = self.answer.get(f"{ENVELOPES.get(self.area, '')}s") if isinstance(self.answer, dict) else None
        return found if isinstance(found, list) else None


class World:
    """A simulated server that is made to be as the recorded one was before an exchange."""

    def __init__(self, sim: Simulator, known: dict[str, dict[str, Any]]) -> None:
        self.sim, self.state = sim, sim._state
        self.known = known
        # Simulated ids by the recorded ones.
        self.ids = {PROJECT: sim.add_project("demo-project", name="demo"), NATIVE_PROJECT: sim.other_project_id}
        self.last: dict[str, dict[str, Any]] = {}

    def before(self, exchange: Exchange) -> None:
        """Bring about what happened between the exchanges that were kept."""
        text = str(exchange.answer)
        if exchange.area == "integration" and exchange.id in self.ids and exchange.status == 200:
            told = {name: exchange.answer["integration"][name] for name in SYNC_FIELDS}
            self.state.integrations[self.ids[exchange.id]].update(told)
        elif exchange.area not in ENVELOPES:
            return
        elif exchange.listed is not None:
            self._as_listed(exchange)
        elif exchange.status == 404 and exchange.name:
            self._free(exchange.area, exchange.name, exchange.query.get("projectId"))
        elif exchange.status == 404 and exchange.id and exchange.id in text:
            self._forget(exchange.id)
        elif exchange.method == "POST" and len(exchange.parts) == 2:
            self._before_create(exchange)
        elif exchange.id or (exchange.name and self._recorded(exchange)):
            self._before_use(exchange)
        if "Could not find folder" in text and isinstance(exchange.body, dict) and "secretPath" in exchange.body:
            environment = exchange.body.get("environment", "dev")
            self.sim.delete_folder(self.ids[PROJECT], environment, exchange.body["secretPath"])

    def _recorded(self, exchange: Exchange) -> dict[str, Any] | None:
        """Return what is recorded of the object of an exchange: what it shows, or else what others did."""
        if exchange.shown or exchange.id:
            return exchange.shown or self.known.get(exchange.id)
        named = [one for one in self.last.values() if one["name"] == exchange.name]
        found = [one for one in named if ("destination" in one) == (exchange.area == "secret-syncs")]
        return found[-1] if found else None

    def _before_create(self, exchange: Exchange) -> None:
        body = exchange.body if isinstance(exchange.body, dict) else {}
        used = body.get("connectionId")
        if used in self.known:
            self.connection(self.known[used])
        elif used and used not in self.ids and exchange.shown:
            told = exchange.shown["connection"]
            self.connection({"projectId": PROJECT, "method": "access-key", "credentials": {}, **told, "id": used})
        self._free(exchange.area, body.get("name"), body.get("projectId"))
        if "already exists" in str(exchange.answer):
            self._taken(exchange, body)

    def _taken(self, exchange: Exchange, body: dict[str, Any]) -> None:
        name = body["name"]
        if exchange.area == "app-connections":
            self.sim.add_connection("github", "pat", name, self.ids.get(body.get("projectId", "")))
        else:
            used = self.sim.add_connection("github", "pat", f"for-{name}")["id"]
            self.sim.add_sync("github", used, "dev", name=name, secretPath="/", projectId=self.ids[PROJECT])

    def _before_use(self, exchange: Exchange) -> None:
        recorded = self._recorded(exchange) or self._unseen(exchange)
        recorded_id = recorded["id"]
        body = exchange.body if isinstance(exchange.body, dict) else {}
        before = {**recorded, **{key: value for key, value in self.last.get(recorded_id, {}).items() if key in body}}
        if "environment" in body or "secretPath" in body:
            before.update({key: self.last.get(recorded_id, before)[key] for key in ("environment", "folder")})
        if exchange.method != "GET":
            before.update({name: None for name in STATUSES if before.get(name) == "pending"})
        object_id = self.connection(before) if exchange.area == "app-connections" else self.sync(before)
        text = str(exchange.answer)
        if "already exists" in text:
            self._taken(exchange, body)
        if "already in progress" in text:
            self.sim._queue.locked.add(object_id)
        else:
            self.sim._queue.locked.discard(object_id)
        if "folder no longer exists" in text:
            self.state.syncs[object_id].update(envId=None, secretPath=None, folderId=None)
        users = [one for one in self.state.syncs.values() if one["connectionId"] == object_id]
        if exchange.method == "DELETE" and exchange.status == 200:
            for one in users:
                del self.state.syncs[one["id"]]
        elif "existing connections" in text and not users:
            self.sim.add_sync("aws-parameter-store", object_id, "dev", projectId=self.ids[PROJECT])

    def _unseen(self, exchange: Exchange) -> dict[str, Any]:
        """Return an object that no answer shows."""
        name = f"unseen-{exchange.number}"
        if exchange.area == "app-connections":
            return {"id": exchange.id, "app": exchange.kind, "method": "access-key", "name": name, "credentials": {}}
        config = {"region": "us-east-1", "mappingBehavior": "one-to-one"}
        options = {"initialSyncBehavior": "overwrite-destination"}
        fields = {"destination": exchange.kind, "destinationConfig": config, "syncOptions": options}
        return {"id": exchange.id, "name": name, "connection": {"app": "aws", "name": "aws"}, **fields}

    def _as_listed(self, exchange: Exchange) -> None:
        rows = exchange.listed or []
        mine = self.state.connections if exchange.area == "app-connections" else self.state.syncs
        keep = {self.ids.get(row["id"]) for row in rows}
        for one in [one for one in mine.values() if one["id"] not in keep]:
            if exchange.area == "app-connections":
                for sync in [sync for sync in self.state.syncs.values() if sync["connectionId"] == one["id"]]:
                    del self.state.syncs[sync["id"]]
            del mine[one["id"]]
        for row in rows:
            self.connection(row) if exchange.area == "app-connections" else self.sync(row)

    def _free(self, area: str, name: Any, project: Any, but: str = "") -> None:
        """Forget others of a name."""
        if area == "app-connections":
            level = self.ids.get(project) if project else None
            found = [one for one in self.state.connections.values() if (one["name"], one["projectId"]) == (name, level)]
            gone = {one["id"] for one in found if one["id"] != but}
            for sync in [one for one in self.state.syncs.values() if one["connectionId"] in gone]:
                del self.state.syncs[sync["id"]]
            for one in gone:
                del self.state.connections[one]
        else:
            for sync in [one for one in self.state.syncs.values() if one["name"] == name and one["id"] != but]:
                del self.state.syncs[sync["id"]]

    def _forget(self, recorded_id: str) -> None:
        found = self.ids.get(recorded_id, "")
        self.state.syncs.pop(found, None)
        self.state.connections.pop(found, None)

    def connection(self, recorded: dict[str, Any]) -> str:
        """Have a connection as a recorded one is; returns its simulated id."""
        project = recorded.get("projectId")
        level = self.ids[project] if project else None
        found = self.ids.get(recorded["id"], "")
        self._free("app-connections", recorded["name"], project, found)
        if found not in self.state.connections:
            keys = {"accessKeyId": "AKIAEXAMPLE", "secretAccessKey": SECRET, **recorded["credentials"]}
            keys = keys if recorded["method"] == "access-key" else {}
            made = self.sim.add_connection(recorded["app"], recorded["method"], recorded["name"], level, **keys)
            found = self.ids[recorded["id"]] = made["id"]
        told = {name: recorded[name] for name in ("name", "description", "gatewayId") if name in recorded}
        self.state.connections[found].update(told, projectId=level)
        return found

    def sync(self, recorded: dict[str, Any]) -> str:
        """Have a sync as a recorded one is; returns its simulated id."""
        app, used = recorded["connection"]["app"], recorded.get("connectionId", "")
        seen = self.known.get(used)
        if seen is not None:
            connection = self.connection(seen)
        elif self.ids.get(used) in self.state.connections:
            connection = self.ids[used]
        else:
            keys = {"accessKeyId": "AKIAEXAMPLE", "secretAccessKey": SECRET}
            method = "access-key" if app == "aws" else "pat"
            name = recorded["connection"]["name"]
            self._free("app-connections", name, PROJECT)
            connection = self.sim.add_connection(app, method, name, self.ids[PROJECT], **keys)["id"]
            if used:
                self.ids[used] = connection
        self.state.connections[connection]["name"] = recorded["connection"]["name"]
        found = self.ids.setdefault(recorded["id"], recorded["id"])
        self._free("secret-syncs", recorded["name"], None, found)
        self.state.syncs.pop(found, None)
        place = {"environment": (recorded.get("environment") or {}).get("slug", "dev")}
        place["secretPath"] = (recorded.get("folder") or {}).get("path", "/app")
        self.state.projects[self.ids[PROJECT]].environment(place["environment"]).folders.setdefault(  # type: ignore[union-attr]
            place["secretPath"], {}
        )
        left_out = ("connection", "environment", "folder", "folderId", "projectId", "connectionId", "destination", "id")
        fields = {name: value for name, value in recorded.items() if name not in left_out}
        # It names integrations by their ids.
        fields["description"] = (
            self.mapped(fields["description"]) if fields.get("description") else fields.get("description")
        )
        self.sim.add_sync(recorded["destination"], connection, projectId=self.ids[PROJECT], id=found, **place, **fields)
        return found

    def after(self, exchange: Exchange, answer: Any) -> None:
        """Remember what an exchange shows."""
        for one in exchange.listed or ([exchange.shown] if exchange.shown else []):
            self.last[one["id"]] = one
        self.learn(exchange.answer, answer)

    def learn(self, recorded: Any, answered: Any) -> None:
        """Remember which simulated id stands for which recorded one, wherever both answers have one."""
        if isinstance(recorded, dict) and isinstance(answered, dict):
            for key in recorded.keys() & answered.keys():
                self.learn(recorded[key], answered[key])
        elif isinstance(recorded, list) and isinstance(answered, list) and len(recorded) == len(answered):
            for one, other in zip(recorded, answered, strict=True):
                self.learn(one, other)
        elif UUID.fullmatch(str(recorded)) and UUID.fullmatch(str(answered)):
            self.ids.setdefault(recorded, answered)

    def mapped(self, text: str) -> str:
        """Return a text with its recorded ids replaced by the simulated ones."""
        return UUID.sub(lambda found: self.ids.get(found[0], found[0]), text)


class Client:
    """Sends recorded requests to a simulated server."""

    def __init__(self, world: World) -> None:
        self.world, self.sim = world, world.sim
        address = urlsplit(self.sim.url)
        self.connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)

    def headers(self, exchange: Exchange) -> dict[str, str]:
        """Return the headers of a request, as its label tells."""
        tokens = {
            "no token": "",
            "malformed token": "nope",
            "token of three parts": "a.b.c",
        }
        token = tokens.get(exchange.label, self.sim.admin.token)
        if "as viewer" in exchange.label:
            token = self.sim.viewer.token
        elif exchange.label.startswith("member identity"):
            token = self.sim.member.token
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if exchange.body is not None or "empty JSON body" in exchange.label:
            headers["Content-Type"] = "application/json"
        return headers

    def raw(self, exchange: Exchange) -> bytes | None:
        """Return the body of a request."""
        if exchange.body is None or isinstance(exchange.body, str):
            return exchange.body and exchange.body.encode()
        login = exchange.path.endswith("/universal-auth/login")
        secret = self.sim.admin.client_secret if login else SECRET
        if "empty credentials" in exchange.label:
            secret = ""
        text = self.world.mapped(json.dumps(exchange.body))
        return text.replace("<secret>", secret).replace("<client-id>", self.sim.admin.client_id).encode()

    def send(self, exchange: Exchange) -> tuple[int, dict[str, str], Any]:
        """Send a request; return the status, the headers and the body of the answer."""
        path = self.world.mapped(exchange.path)
        self.connection.request(exchange.method, path, self.raw(exchange), self.headers(exchange))
        response = self.connection.getresponse()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return response.status, headers, json.loads(response.read())

    def exhaust(self, exchange: Exchange) -> None:
        """Use up the requests of a kind that are allowed in a minute."""
        self.sim.rate_limits = True
        while self.send(exchange)[0] != 429:
            pass


def issues_without(body: Any, keys: tuple[str, ...]) -> Any:
    """Return an error without some keys of its issues."""
    if not keys:
        return body
    kept = [{key: value for key, value in issue.items() if key not in keys} for issue in body["message"]]
    return {**body, "message": kept}


def compared(recorded: Any, answered: Any, mapped: Any, where: str = "body") -> list[str]:
    """Return where two values differ."""
    if isinstance(recorded, dict) and isinstance(answered, dict):
        found = [f"{where}.{key}: recorded only" for key in recorded.keys() - answered.keys()]
        found += [f"{where}.{key}: simulated only" for key in answered.keys() - recorded.keys()]
        for key in sorted(recorded.keys() & answered.keys()):
            left, right = recorded[key], answered[key]
            if key not in VOLATILE or type(left) is not type(right):
                found += compared(left, right, mapped, f"{where}.{key}")
        return found
    if isinstance(recorded, list) and isinstance(answered, list) and len(recorded) == len(answered):
        pairs = enumerate(zip(recorded, answered, strict=True))
        return [text for at, (left, right) in pairs for text in compared(left, right, mapped, f"{where}[{at}]")]
    if isinstance(recorded, str) and "Please try again in" in recorded:
        recorded, answered = (re.sub(r"\d+ seconds", "N seconds", str(one)) for one in (recorded, answered))
    wanted = mapped(recorded) if isinstance(recorded, str) else recorded
    same = type(wanted) is type(answered) and wanted == answered
    return [] if same else [f"{where}: recorded {recorded!r}, simulated {answered!r}"]


@functools.cache
def differences() -> dict[int, list[str]]:
    """Replay everything once; return what differs by the exchanges' numbers."""
    found: dict[int, list[str]] = {}
    exchanges = [Exchange(one) for one in EXCHANGES]
    known: dict[str, dict[str, Any]] = {}
    for one in exchanges:
        for shown in one.listed or ([one.shown] if one.shown else []):
            known.setdefault(shown["id"], shown)
    keys = {"AKIAX": SECRET, "AKIAEXAMPLE": SECRET}
    # No job ends by itself.
    with Simulator(create_open=True, aws_credentials=keys, sync_delay=3600.0) as simulator:
        world = World(simulator, known)
        client = Client(world)
        for exchange in exchanges:
            world.before(exchange)
            if exchange.status == 429:
                client.exhaust(exchange)
            status, headers, answer = client.send(exchange)
            simulator.rate_limits = False
            found[exchange.number] = [] if status == exchange.status else [f"{exchange.status} is {status}: {answer}"]
            world.after(exchange, answer)
            left_out = PARTLY.get(exchange.number, ((), ""))[0]
            left, right = (issues_without(one, left_out) for one in (exchange.answer, answer))
            found[exchange.number] += compared(left, right, world.mapped)
            for name in ("content-type", "retry-after", "x-ratelimit-limit"):
                if (name in exchange.headers) != (name in headers):
                    found[exchange.number].append(f"header {name}: {exchange.headers} is {headers}")
    return found


@pytest.mark.parametrize("exchange", EXCHANGES, ids=lambda one: f"{one['n']}-{one['label'] or one['path']}")
def test_exchange(exchange: dict[str, Any]) -> None:
    """The simulated answer is the recorded one."""
    if exchange["n"] in NOT_REPRODUCED:
        assert differences()[exchange["n"]], "this is reproduced: take it off the list"
        pytest.skip(NOT_REPRODUCED[exchange["n"]])
    assert not differences()[exchange["n"]]
