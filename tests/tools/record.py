# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Record what an Infisical server answers to the exchanges in exchanges.yml, as a file for tests/contract/recordings.

It works in a project that has no integrations and no syncs, creates a few objects that are switched off, and removes
them again. Nothing is written to a destination. Credentials, tokens, and the project's name are replaced in the file;
ids are not.

The server and the login come from INFISICAL_URL, INFISICAL_UNIVERSAL_AUTH_CLIENT_ID and
INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET, and the AWS access key of the connection, which the server checks, from
AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Without a key, connections and syncs are left out. The key is used for
nothing else.

Exit status: 0, recorded; 1, recorded, but something that was created could not be removed; 3, not recorded.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import requests
import yaml
from printing import exit_with

EXCHANGES = Path(__file__).with_name("exchanges.yml")
NOBODY = "00000000-0000-4000-8000-000000000000"
# Seconds without a byte.
TIMEOUT = 30.0
HEADERS = ("content-type", "retry-after", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset")
PLACEHOLDER = re.compile(r"{(\w+)}")
# What must not be in the file, by the name of the placeholder, and what stands for it.
SECRETS = {
    "client_id": "<client-id>",
    "client_secret": "<client-secret>",
    "token": "<jwt>",
    "aws_access_key_id": "<secret>",
    "aws_secret_access_key": "<secret>",
}
# As whole words only, since a project may be called "dev".
NAMES = {"name": "recorded project", "slug": "recorded-project"}
LISTS = {
    "/api/v1/workspace/{project}/authorizations": "authorizations",
    "/api/v1/workspace/{project}/integrations": "integrations",
    "/api/v1/secret-syncs?projectId={project}": "secretSyncs",
    "/api/v1/app-connections/aws?projectId={project}": "appConnections",
}
LOGIN = ("INFISICAL_URL", "INFISICAL_UNIVERSAL_AUTH_CLIENT_ID", "INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET")


class RecordError(Exception):
    """Why nothing can be recorded, as one sentence."""


def exchanges() -> list[dict[str, Any]]:
    """Return the exchanges: label, method, path, body, token, keep and remove (see the file)."""
    listed: list[dict[str, Any]] = yaml.safe_load(EXCHANGES.read_text(encoding="utf-8"))
    return listed


class Recorder:
    """One recording: `known` maps placeholders to values, and grows by what answers tell."""

    def __init__(self, url: str, known: dict[str, str], verify: str | bool = True) -> None:
        self.url, self.known = url.rstrip("/"), {"nobody": NOBODY, **known}
        self.session = requests.Session()
        self.session.verify = verify
        self.left_out: list[str] = []
        # How to remove what was created, by the exchange's label.
        self.made: dict[str, str] = {}

    def filled(self, value: Any) -> Any:
        """Return a path or body with its placeholders filled in. Raises KeyError for an unknown one."""
        if isinstance(value, dict):
            return {key: self.filled(one) for key, one in value.items()}
        return PLACEHOLDER.sub(lambda found: self.known[found[1]], value) if isinstance(value, str) else value

    def send(self, method: str, path: str, body: Any = None, token: str | None = None) -> requests.Response:
        """Send a request; `token` "none" sends none, None the login's. Raises RecordError where no answer comes."""
        token = self.known.get("token", "") if token is None else token
        headers = {} if token == "none" else {"Authorization": f"Bearer {token}"}
        try:
            return self.session.request(method, self.url + path, json=body, headers=headers, timeout=TIMEOUT)
        except (requests.RequestException, ValueError) as error:
            raise RecordError(f"{method} {self.url}{path}: no answer ({type(error).__name__})") from None

    def log_in(self) -> None:
        """Get a token. Raises RecordError."""
        body = self.filled({"clientId": "{client_id}", "clientSecret": "{client_secret}"})
        answer = self.send("POST", "/api/v1/auth/universal-auth/login", body, token="none")
        token = found(answer, "accessToken")
        if not token:
            raise RecordError(f"the login was refused, with status {answer.status_code}")
        self.known["token"] = token

    def check_project(self) -> None:
        """See that the project has nothing that a recording could disturb. Raises RecordError."""
        path = self.filled("/api/v1/workspace/{project}")
        answer = self.send("GET", path)
        if answer.status_code != 200:
            raise RecordError(f"{path} answers with status {answer.status_code}: is the project's id right?")
        self.known["name"] = found(answer, "workspace.name") or ""
        for path, key in LISTS.items():
            answer = self.send("GET", self.filled(path))
            # Servers of 2024 have neither syncs nor connections.
            if answer.status_code == 404 and key in ("secretSyncs", "appConnections"):
                continue
            listed = found(answer, key)
            if not isinstance(listed, list):
                raise RecordError(f"the project's {key} can't be listed: status {answer.status_code}")
            if [one for one in listed if key != "appConnections" or one.get("projectId") == self.known["project"]]:
                raise RecordError(f"the project has {key}; specify one that has none, best a new one")

    def record(self, listed: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Send the exchanges in order; yield each as a line of the recording. Those left out are in `left_out`."""
        for number, one in enumerate(listed, 1):
            try:
                path, body = self.filled(one["path"]), self.filled(one.get("body"))
            except KeyError as unknown:
                self.left_out.append(f"{one['label']} (no {unknown.args[0]})")
                continue
            method = one.get("method", "GET")
            answer = self.send(method, path, body, one.get("token"))
            if answer.ok:
                for name, where in one.get("keep", {}).items():
                    if value := found(answer, where):
                        self.known[name] = value
                        self.made |= {self.filled(one["remove"]): one["label"]} if "remove" in one else {}
            if method == "DELETE" and answer.ok:
                self.made.pop(path, None)
            yield {"n": number, "label": one["label"], **self.line(method, path, body, answer)}

    def line(self, method: str, path: str, body: Any, answer: requests.Response) -> dict[str, Any]:
        """Return an exchange as it is recorded, without secrets."""
        try:
            answered = answer.json()
        except ValueError:
            answered = answer.text
        return self.cleaned(
            {
                "method": method,
                "path": path,
                "request_body": body,
                "status": answer.status_code,
                "response_headers": {name: answer.headers[name] for name in HEADERS if name in answer.headers},
                "response_body": answered,
            }
        )

    def cleaned(self, value: Any) -> Any:
        """Return a value with secrets, tokens, and the project's name and slug replaced."""
        if isinstance(value, dict):
            return {
                key: "<jwt>"
                if key == "accessToken" and isinstance(one, str) and one.count(".") > 1
                else self.cleaned(one)
                for key, one in value.items()
            }
        if isinstance(value, list):
            return [self.cleaned(one) for one in value]
        if not isinstance(value, str):
            return value
        for name, instead in SECRETS.items():
            if secret := self.known.get(name):
                value = value.replace(secret, instead)
        for name, instead in NAMES.items():
            if told := self.known.get(name):
                value = re.sub(rf"(?<![\w-]){re.escape(told)}(?![\w-])", instead, value)
        return value

    def clean_up(self) -> list[str]:
        """Remove what is still there; return what can't be removed, as sentences. It logs in again: the end revokes."""
        left = []
        for path in reversed(self.made):
            try:
                self.log_in()
                answer = self.send("DELETE", path)
                if not answer.ok and answer.status_code != 404:
                    left.append(f"{path} (status {answer.status_code})")
            except RecordError as error:
                left.append(f"{path} ({error})")
        return left


def found(answer: requests.Response, where: str) -> Any:
    """Return the value at a dotted place of an answer, or None."""
    try:
        value = answer.json()
    except ValueError:
        return None
    for key in where.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def login(environ: Mapping[str, str], project: str, environment: str) -> tuple[str, dict[str, str]]:
    """Return the server's URL and what is known at first. Raises RecordError, which names all that is missing."""
    missing = [name for name in LOGIN if not environ.get(name)] + ([] if project else ["the project's id"])
    if missing:
        raise RecordError(f"specify {', '.join(missing)}")
    known = {
        "client_id": environ[LOGIN[1]],
        "client_secret": environ[LOGIN[2]],
        "project": project,
        "environment": environment,
    }
    keys = {name: environ.get(name.upper(), "") for name in ("aws_access_key_id", "aws_secret_access_key")}
    return environ[LOGIN[0]], known | (keys if all(keys.values()) else {})


def write(recorder: Recorder, path: Path) -> int:
    """Record into a file; return how many exchanges. Raises RecordError, also where a secret can't be replaced."""
    if path.exists():
        raise RecordError(f"{path} exists already")
    recorder.log_in()
    recorder.check_project()
    text = "".join(json.dumps(line) + "\n" for line in recorder.record(exchanges()))
    for name in SECRETS:
        if (secret := recorder.known.get(name)) and secret in text:
            raise RecordError(f"an answer has {name} where it can't be replaced")
    path.write_text(text, encoding="utf-8")
    return text.count("\n")


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", help="id of a project without integrations and syncs")
    parser.add_argument("file", type=Path, help="the file to write; it must not exist")
    parser.add_argument("--environment", default="dev", help="slug of an environment of the project (default: dev)")
    parser.add_argument("--ca-path", help="a file of CA certificates")
    options = parser.parse_args(arguments)
    status, recorder = 0, None
    try:
        url, known = login(os.environ, options.project, options.environment)
        recorder = Recorder(url, known, options.ca_path or True)
        number = write(recorder, options.file)
        print(f"Recorded {number} exchanges in {options.file}. Read them before you hand them in.")
        if recorder.left_out:
            print(f"Left out: {', '.join(recorder.left_out)}.")
    except (RecordError, OSError) as error:
        print(f"Not recorded: {error}.", file=sys.stderr)
        status = 3
    if left := recorder.clean_up() if recorder else []:
        print(f"Not removed from the server: {', '.join(left)}.", file=sys.stderr)
    return max(status, 1 if left else 0)


if __name__ == "__main__":
    exit_with(main)
