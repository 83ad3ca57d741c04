# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""As much of AWX's API as the modules of awx.awx use to set it up: named objects, what belongs to them, and rules."""

from __future__ import annotations

import itertools
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from .rules import Refused, check_credential, check_credential_type, check_survey

ROOT = Path(__file__).resolve().parents[2]
ENCRYPTED = "$encrypted$"


# What the API adds to a new object, as far as the modules compare it.
DEFAULTS: dict[str, dict[str, Any]] = {
    "inventories": {"kind": "", "host_filter": None},
    "projects": {"default_environment": None, "scm_branch": ""},
    "hosts": {"enabled": True},
    "workflow_job_template_nodes": {"unified_job_template": None},
}
TYPES = {"inventories": "inventory"}
OWN = ("id", "url", "type", "related", "summary_fields", "scm_revision")
# What an object refers to by id, and what it is then called in a search.
REFERENCES = ("organization", "credential_type")


class Platform:
    """Objects by kind, as the API names these. `url` is where it answers. `Other` is the second organization."""

    def __init__(self) -> None:
        self.objects: dict[str, list[dict[str, Any]]] = {"organizations": [], "credential_types": []}
        self.surveys: dict[int, dict[str, Any]] = {}
        self.attached: dict[tuple[int, str], list[int]] = {}
        self.writes: list[tuple[str, str]] = []
        self.url = ""
        self._ids = itertools.count(1)
        for name in ("Default", "Other"):
            self.create("organizations", {"name": name})

    def named(self, kind: str, name: str, organization: str = "Default") -> dict[str, Any]:
        [found] = [
            one for one in self.objects[kind] if one["name"] == name and self._organization(one) in (None, organization)
        ]
        return found

    def _organization(self, one: dict[str, Any]) -> str | None:
        return self.by_id(one["organization"])["name"] if one.get("organization") else None

    def by_id(self, number: int) -> dict[str, Any]:
        [found] = [one for ones in self.objects.values() for one in ones if one["id"] == number]
        return found

    def create(self, kind: str, data: dict[str, Any]) -> dict[str, Any]:
        number = next(self._ids)
        url = f"/api/v2/{kind}/{number}/"
        related = {"survey_spec": f"{url}survey_spec/"}
        own = {"id": number, "url": url, "type": TYPES.get(kind, kind[:-1]), "related": related}
        one = {**own, "summary_fields": {}, "scm_revision": "", **DEFAULTS.get(kind, {}), **data}
        self._check(kind, one)
        self.objects.setdefault(kind, []).append(one)
        return one

    def change(self, one: dict[str, Any], data: dict[str, Any]) -> None:
        kind = one["url"].split("/")[3]
        if kind == "execution_environments" and data.get("organization", one["organization"]) != one["organization"]:
            raise Refused("Cannot change the organization of an execution environment.")
        if kind == "credentials" and "inputs" in data:
            kept = {name: one["inputs"][name] for name, value in data["inputs"].items() if value == ENCRYPTED}
            data = data | {"inputs": data["inputs"] | kept}
        self._check(kind, one | data)
        one.update(data)

    def delete(self, one: dict[str, Any]) -> None:
        """Delete an object with what is part of it; what only refers to it has null there."""
        self.objects[one["url"].split("/")[3]].remove(one)
        for other in [each for ones in self.objects.values() for each in ones]:
            if other.get("workflow_job_template") == one["id"]:
                self.delete(other)
            for name in ("default_environment", "unified_job_template"):
                if other.get(name) == one["id"]:
                    other[name] = None

    def _check(self, kind: str, one: dict[str, Any]) -> None:
        self._check_unique(kind, one)
        if kind == "credential_types":
            check_credential_type({key: value for key, value in one.items() if key not in OWN})
        elif kind == "credentials":
            check_credential(one["inputs"], self.by_id(one["credential_type"]))
        elif kind == "job_templates" and not (ROOT / one["playbook"]).is_file():
            raise Refused("Playbook not found for project.")
        elif kind == "schedules" and not re.fullmatch(r"DTSTART:\d{8}T\d{6}Z RRULE:FREQ=\S+", one["rrule"]):
            raise Refused("rrule is not valid")

    def _check_unique(self, kind: str, one: dict[str, Any]) -> None:
        keys = ["name", "identifier", "workflow_job_template", "inventory", "credential_type"]
        keys += [] if kind == "execution_environments" else ["organization"]
        for other in self.objects.get(kind, []):
            if other["id"] != one["id"] and all(other.get(key) == one.get(key) for key in keys):
                raise Refused(f"{kind} with this name already exists.")

    def shown(self, one: dict[str, Any]) -> dict[str, Any]:
        """As the API shows it: secrets can't be read."""
        if one["type"] == "workflow_job_template_node" and one["unified_job_template"]:
            target = self.by_id(one["unified_job_template"])
            return one | {"related": {"unified_job_template": target["url"]}}
        if one["type"] != "credential":
            return one
        secret = [f["id"] for f in self.by_id(one["credential_type"])["inputs"]["fields"] if f.get("secret")]
        return one | {"inputs": {key: ENCRYPTED if key in secret else value for key, value in one["inputs"].items()}}

    def found(self, kind: str, query: dict[str, str]) -> list[dict[str, Any]]:
        kinds = ("job_templates", "workflow_job_templates") if kind == "unified_job_templates" else (kind,)
        return [one for each in kinds for one in self.objects.get(each, []) if self._fits(one, query)]

    def _fits(self, one: dict[str, Any], query: dict[str, str]) -> bool:
        values = {f"{name}__name": self.by_id(one[name])["name"] for name in REFERENCES if one.get(name)} | one
        any_of = {name.removeprefix("or__"): value for name, value in query.items() if name.startswith("or__")}
        all_of = {name: value for name, value in query.items() if not name.startswith("or__")}
        fits_any = not any_of or any(str(values.get(name)) == value for name, value in any_of.items())
        return fits_any and all(str(values.get(name)) == value for name, value in all_of.items())

    def answer(self, method: str, path: str, query: dict[str, str], data: Any) -> tuple[int, Any]:
        kind, *rest = path.removeprefix("/api/v2/").strip("/").split("/")
        if method != "GET":
            self.writes.append((method, path))
        if rest:
            return self._answer_about(self.by_id(int(rest[0])), rest[1:], method, data)
        if method == "POST":
            return 201, self.shown(self.create(kind, data))
        found = self.found(kind, query)
        return 200, {"count": len(found), "next": None, "results": [self.shown(one) for one in found]}

    def _answer_about(self, one: dict[str, Any], part: list[str], method: str, data: Any) -> tuple[int, Any]:
        if not part:
            if method == "DELETE":
                self.delete(one)
                return 204, None
            if method == "PATCH":
                self.change(one, data)
            return 200, self.shown(one)
        if part[0] == "survey_spec":
            if method == "POST":
                check_survey(data)
                self.surveys[one["id"]] = data
            return 200, self.surveys.get(one["id"], {})
        if part[0] == "create_approval_template":
            approval = self.create("workflow_approval_templates", data)
            one["unified_job_template"] = approval["id"]
            return 201, approval
        if one["type"] == "workflow_approval_template":
            raise Refused("An approval has no next nodes; its node has.")
        attached = self.attached.setdefault((one["id"], part[0]), [])
        if method == "GET":
            return 200, {"count": len(attached), "next": None, "results": [{"id": number} for number in attached]}
        if data.get("disassociate"):
            attached.remove(data["id"])
        else:
            attached.append(data["id"])
        return 204, None


@contextmanager
def running() -> Iterator[Platform]:
    platform = Platform()

    class Handler(BaseHTTPRequestHandler):
        def handle_one(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            data = json.loads(self.rfile.read(length)) if length else {}
            try:
                status, body = platform.answer(self.command, parts.path, dict(parse_qsl(parts.query)), data)
            except Refused as error:
                status, body = 400, {"__all__": [str(error)], "error": str(error)}
            payload = b"" if body is None else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        do_GET = do_POST = do_PATCH = do_DELETE = handle_one  # noqa: N815 - the names are those of http.server

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    platform.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield platform
    finally:
        server.shutdown()
        server.server_close()
