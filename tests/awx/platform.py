# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""As much of AWX's API as the modules of awx.awx use to set it up: named objects, what belongs to them, and rules."""

from __future__ import annotations

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


class Platform:
    """Objects by kind, as the API names these. `url` is where it answers."""

    def __init__(self) -> None:
        self.objects: dict[str, list[dict[str, Any]]] = {"organizations": [], "credential_types": []}
        self.surveys: dict[int, dict[str, Any]] = {}
        self.attached: dict[tuple[int, str], list[int]] = {}
        self.url = ""
        self.create("organizations", {"name": "Default"})

    def named(self, kind: str, name: str) -> dict[str, Any]:
        [found] = [one for one in self.objects[kind] if one["name"] == name]
        return found

    def by_id(self, number: int) -> dict[str, Any]:
        [found] = [one for ones in self.objects.values() for one in ones if one["id"] == number]
        return found

    def create(self, kind: str, data: dict[str, Any]) -> dict[str, Any]:
        number = 1 + sum(map(len, self.objects.values()))
        url = f"/api/v2/{kind}/{number}/"
        related = {"survey_spec": f"{url}survey_spec/"}
        one = {"id": number, "url": url, "related": related, "summary_fields": {}, "scm_revision": "", **data}
        self._check(kind, one)
        self.objects.setdefault(kind, []).append(one)
        return one

    def change(self, one: dict[str, Any], data: dict[str, Any]) -> None:
        self._check(one["url"].split("/")[3], one | data)
        one.update(data)

    def _check(self, kind: str, one: dict[str, Any]) -> None:
        if kind == "credential_types":
            own = ("id", "url", "related", "summary_fields", "scm_revision")
            check_credential_type({key: value for key, value in one.items() if key not in own})
        elif kind == "credentials":
            check_credential(one["inputs"], self.by_id(one["credential_type"]))
        elif kind == "job_templates" and not (ROOT / one["playbook"]).is_file():
            raise Refused("Playbook not found for project.")
        elif kind == "schedules" and not re.fullmatch(r"DTSTART:\d{8}T\d{6}Z RRULE:FREQ=\S+", one["rrule"]):
            raise Refused("rrule is not valid")

    def shown(self, one: dict[str, Any]) -> dict[str, Any]:
        """As the API shows it: secrets can't be read."""
        if "credential_type" not in one:
            return one
        secret = [f["id"] for f in self.by_id(one["credential_type"])["inputs"]["fields"] if f.get("secret")]
        return one | {"inputs": {key: ENCRYPTED if key in secret else value for key, value in one["inputs"].items()}}

    def answer(self, method: str, path: str, query: dict[str, str], data: Any) -> tuple[int, Any]:
        kind, *rest = path.removeprefix("/api/v2/").strip("/").split("/")
        if not rest:
            if method == "POST":
                return 201, self.create(kind, data)
            found = self.objects.get("job_templates" if kind == "unified_job_templates" else kind, [])
            fitting = [one for one in found if all(str(one.get(key)) == value for key, value in query.items())]
            return 200, {"count": len(fitting), "next": None, "results": [self.shown(one) for one in fitting]}
        one = self.by_id(int(rest[0]))
        if not rest[1:]:
            if method == "PATCH":
                self.change(one, data)
            return 200, self.shown(one)
        if rest[1] == "survey_spec":
            if method == "POST":
                check_survey(data)
                self.surveys[one["id"]] = data
            return 200, self.surveys.get(one["id"], {})
        attached = self.attached.setdefault((one["id"], rest[1]), [])
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

        do_GET = do_POST = do_PATCH = handle_one  # noqa: N815 - the names are those of http.server

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
