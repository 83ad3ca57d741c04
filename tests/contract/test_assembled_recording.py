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
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from contract.replay import UUID, Replay, check, label, load

from simulator import Simulator
from simulator.state import SYNC_FIELDS

PROJECT = "87c2d948-de89-4dc2-b85e-fea8187b89aa"
NATIVE_PROJECT = "f7efee6c-4fd0-4455-a080-1d2bcc7b06df"
SECRET = "the-secret"
ENVELOPES = {"app-connections": "appConnection", "secret-syncs": "secretSync"}
STATUSES = ("syncStatus", "importStatus", "removeStatus")
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


EXCHANGES = load("secret-syncs-assembled-2026.jsonl")


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
    def objects(self) -> list[dict[str, Any]]:
        """The connections or syncs in the answer."""
        return self.listed or ([self.shown] if self.shown else [])

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

    def __init__(self, sim: Simulator, ids: dict[str, str]) -> None:
        self.sim, self.state = sim, sim._state
        # Simulated ids by the recorded ones.
        self.ids = ids
        # By recorded ids: the first that is recorded of each object, and the last before the present exchange.
        self.known: dict[str, dict[str, Any]] = {}
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
        # Never what the exchange itself brings about.
        old = {**self._unseen(exchange), "description": None, **self.last.get(recorded_id, {})}
        before = {**recorded, **{key: value for key, value in old.items() if key in body}}
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
        if fields.get("description"):
            fields["description"] = UUID.sub(lambda found: self.ids.get(found[0], found[0]), fields["description"])
        self.sim.add_sync(recorded["destination"], connection, projectId=self.ids[PROJECT], id=found, **place, **fields)
        return found


class Assembled(Replay):
    """Sends the exchanges, each to a server that is as the recorded one was."""

    volatile = frozenset(
        {
            *(*Replay.volatile, "reqId", "credentialsHash", "version"),
            *("lastSyncedAt", "lastImportJobId", "lastImportedAt", "lastRemoveJobId", "lastRemovedAt"),
        }
    )

    def __init__(self, simulator: Simulator, exchanges: list[dict]) -> None:
        made = simulator.add_project("demo-project", name="demo")
        super().__init__(simulator, {PROJECT: made, NATIVE_PROJECT: simulator.other_project_id})
        self.world = World(simulator, self.ids)
        for one in exchanges:
            for shown in Exchange(one).objects:
                self.world.known.setdefault(shown["id"], shown)

    def before(self, exchange: dict) -> None:
        self.sim.rate_limits = exchange["status"] == 429
        while exchange["status"] == 429 and self.ask("GET", self.mapped(exchange["path"]))[0] != 429:
            pass
        self.world.before(Exchange(exchange))

    def send(self, exchange: dict) -> tuple[int, dict[str, str], Any]:
        answered = super().send(exchange)
        for shown in Exchange(exchange).objects:
            self.world.last[shown["id"]] = shown
        return answered

    def token_for(self, exchange: dict) -> str:
        if exchange["label"].startswith("member identity"):
            return self.sim.member.token
        return {"malformed token": "nope", "token of three parts": "a.b.c"}.get(
            exchange["label"], super().token_for(exchange)
        )

    def headers_for(self, exchange: dict) -> dict[str, str]:
        headers = super().headers_for(exchange)
        if exchange["label"] == "no token":
            del headers["Authorization"]
        return {**headers, "Content-Type": "application/json"} if "empty JSON body" in exchange["label"] else headers

    def body_for(self, exchange: dict) -> bytes | None:
        login = exchange["path"].endswith("/universal-auth/login")
        secret = self.sim.admin.client_secret if login else SECRET
        if exchange["label"] == "connection create: empty credentials":
            secret = ""
        body = (super().body_for(exchange) or b"").decode().replace("<client-id>", self.sim.admin.client_id)
        return body.replace("<secret>", secret).encode() or None

    def compare(self, exchange: dict, status: int, headers: dict[str, str], body: Any) -> list[str]:
        left_out = PARTLY.get(exchange["n"], ((), ""))[0]
        recorded = {**exchange, "response_body": issues_without(exchange["response_body"], left_out)}
        return super().compare(recorded, status, headers, issues_without(body, left_out))

    def compare_values(self, recorded: Any, answered: Any, where: str, found: list[str]) -> None:
        if isinstance(recorded, str) and isinstance(answered, str):
            recorded, answered = (re.sub(r"in \d+ seconds", "in N seconds", one) for one in (recorded, answered))
        super().compare_values(recorded, answered, where, found)


def issues_without(body: Any, keys: tuple[str, ...]) -> Any:
    """Return an error without some keys of its issues."""
    if not keys:
        return body
    kept = [{key: value for key, value in issue.items() if key not in keys} for issue in body["message"]]
    return {**body, "message": kept}


@functools.cache
def differences() -> dict[int, list[str]]:
    """Replay everything once; return what differs by the exchanges' numbers."""
    keys = {"AKIAX": SECRET, "AKIAEXAMPLE": SECRET}
    with Simulator(create_open=True, aws_credentials=keys, sync_delay=0.0, sync_retry_delay=0.0) as simulator:
        return Assembled(simulator, EXCHANGES).run(EXCHANGES)


@pytest.mark.parametrize("exchange", EXCHANGES, ids=label)
def test_exchange(exchange: dict) -> None:
    """The simulated answer is the recorded one."""
    check(exchange, differences()[exchange["n"]], NOT_REPRODUCED)
