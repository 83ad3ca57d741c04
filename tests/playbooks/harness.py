# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs real playbooks with ansible-playbook against the simulated server, and watches over what they show and leave."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml

from simulator import Simulator

from .foreign import ForeignServer
from .warm import Warm

HERE = Path(__file__).resolve().parent
PLAYBOOKS = HERE.parents[1] / "playbooks"
COLLECTION = "community.infisical."
AWS_KEY = os.environ.get("TEST_SERVER_AWS_ACCESS_KEY_ID", "AKIACANARYKEY")
AWS_SECRET = os.environ.get("TEST_SERVER_AWS_SECRET_ACCESS_KEY", "canary-aws-secret-access-key")
REGION = "us-east-1"
# A variable of a role without an answer. Older ansible-core refuses a null for text itself.
UNANSWERED = None if version("ansible-core") >= "2.19" else ""

warm = Warm()


# Said of each new sync to one AWS secret; unit tests (test_deletion.py) have when.
ONE_SECRET = "each sync replaces all keys of the secret in AWS Secrets Manager, regardless of the setting."


@dataclass(frozen=True)
class Result:
    """One task's result, or one item's of a loop."""

    task: str
    status: str
    values: Mapping[str, Any]

    @property
    def changed(self) -> bool:
        return bool(self.values.get("changed"))


@dataclass(frozen=True)
class Run:
    """A run of ansible-playbook that has ended. `record` is what doors.py compares."""

    rc: int
    output: str
    results: Sequence[Result]
    record: Mapping[str, Any]

    @property
    def text(self) -> str:
        """All that was shown, without line breaks: Ansible breaks warnings where it likes."""
        return " ".join(self.output.split())

    @property
    def changes(self) -> list[tuple[str, bool]]:
        """Task by task, loops item by item, in the order of the run: did it change something?"""
        return [(result.task, result.changed) for result in self.results if result.status != "skipped"]

    @property
    def changed(self) -> list[str]:
        """Names of the tasks that changed something."""
        return [task for task, changed in self.changes if changed]

    def of(self, task: str) -> Mapping[str, Any]:
        """Return what the (last) task of that name returned."""
        found = [result.values for result in self.results if result.task == task]
        assert found, self.output
        return found[-1]

    def fact(self, name: str) -> Any:
        return [r.values["ansible_facts"] for r in self.results if name in r.values.get("ansible_facts", {})][-1][name]

    @property
    def failure(self) -> str:
        """The name and the message of the task that the run ended with."""
        last = [result for result in self.results if result.status == "failed"][-1]
        return f"{last.task}: {last.values['msg']}"


class Aws:
    """A simulated AWS."""

    def __init__(self, url: str) -> None:
        self.url = url

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=self.url,
            aws_access_key_id="any",
            aws_secret_access_key="any",
        )

    def secrets(self) -> dict[str, dict[str, str]]:
        """Return the secrets of AWS Secrets Manager, each with the keys and values that it holds."""
        client = self.client("secretsmanager")
        names = [secret["Name"] for secret in client.list_secrets()["SecretList"]]
        return {name: json.loads(client.get_secret_value(SecretId=name)["SecretString"]) for name in names}


class Player:
    """Runs playbooks against one server, as its administrator unless told otherwise."""

    def __init__(self, sim: Simulator | ForeignServer, folder: Path) -> None:
        self.sim = sim
        self.folder = folder
        self.canaries = {AWS_SECRET, sim.admin.client_secret, "api-value", "db-value", "root-value"}
        self._count = 0
        self.last: Run | None = None
        (folder / "ansible.cfg").touch()

    def __call__(
        self,
        playbook: str,
        *switches: str,
        variables: Mapping[str, Any] | None = None,
        env: Mapping[str, str] | None = None,
        login: bool = True,
        rc: int | None = 0,
        warnings: Sequence[str] | None = (),
    ) -> Run:
        """Run a playbook: the name of one of the collection's, or YAML.

        `login` puts the server and its credentials into the environment. Whatever the playbook is about, nothing secret
        may be shown, no login may stay open, and only the `warnings` (parts of their texts) and ONE_SECRET may appear.
        None allows any `rc` or `warnings`.
        """
        self._count += 1
        if "\n" in playbook:
            path = self.folder / f"playbook-{self._count}.yml"
            path.write_text(playbook)
            playbook = str(path)
        results = self.folder / f"results-{self._count}.jsonl"
        results.touch()
        environment = self._environment(login) | dict(env or {}) | {"TASK_RESULTS": str(results)}
        extra = {**self._usual(playbook, variables or {}), **(variables or {})}
        done = warm.run(
            ["ansible-playbook", playbook, "--extra-vars", json.dumps(extra), *switches],
            env=environment,
            cwd=self.folder,
            # A playbook as ordinary modules starts a Python for every task, and a busy machine takes seconds for each.
            timeout=400,
        )
        run = self.last = self._read(done, results)
        self._record(run)
        if isinstance(self.sim, ForeignServer) and "creation_closed" in results.read_text():
            pytest.skip("the server creates no native integrations any more")
        assert rc in (None, run.rc), run.output
        self._watch(run, results.read_text(), warnings)
        return run

    def _usual(self, playbook: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a playbook is given if the test doesn't say otherwise; of the collection's, what it takes."""
        usual = {
            "project_id": self.sim.project_id,
            "aws_access_key_id": AWS_KEY,
            "aws_secret_access_key": AWS_SECRET,
        }
        path = PLAYBOOKS / f"{playbook.removeprefix(COLLECTION)}.yml"
        if not playbook.startswith(COLLECTION) or not path.exists():
            return usual
        options = yaml.safe_load(path.read_text("utf-8"))[0]["tasks"][0]["community.infisical.playbook_variables"]
        taken = {*options["variables"], *(["project_id"] if options["project"] != "none" else [])}
        if {"project_ids", "project_slugs"} & set(variables):
            taken.discard("project_id")
        return {name: value for name, value in usual.items() if name in taken}

    def _environment(self, login: bool) -> dict[str, str]:
        return {
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": str(HERE.parents[1] / ".cache" / "collections"),
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
            "HOME": str(self.folder),
            "ANSIBLE_HOME": str(self.folder / "home"),
            "ANSIBLE_REMOTE_TEMP": str(self.folder / "home" / "remote"),
            "ANSIBLE_CONFIG": str(self.folder / "ansible.cfg"),
            "ANSIBLE_CALLBACK_PLUGINS": str(HERE / "callbacks"),
            "ANSIBLE_CALLBACKS_ENABLED": "task_results",
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
            "ANSIBLE_NOCOLOR": "true",
            **(self.login_environment() if login else {}),
        }

    def login_environment(self) -> dict[str, str]:
        return {
            # No test asks AWS itself about keys.
            "AWS_ENDPOINT_URL_STS": "http://127.0.0.1:9",
            "INFISICAL_URL": self.sim.url,
            "INFISICAL_UNIVERSAL_AUTH_CLIENT_ID": self.sim.admin.client_id,
            "INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET": self.sim.admin.client_secret,
        }

    def _read(self, done: subprocess.CompletedProcess[str], results: Path) -> Run:
        rows = [json.loads(line) for line in results.read_text().splitlines()]
        rows = [row for row in rows if not row["is_loop"]]
        output = done.stdout + done.stderr
        record = {"folder": str(self.folder), "warnings": output.count("WARNING]"), "rows": rows}
        found = [Result(row["task"], row["status"], row["result"]) for row in rows]
        return Run(done.returncode, output, found, record)

    def _record(self, run: Run) -> None:
        """Keep the run for doors.py, where PLAYBOOK_RESULTS names a folder for that."""
        if folder := os.environ.get("PLAYBOOK_RESULTS"):
            # Names of tests may have a slash, too.
            file, _, test = os.environ["PYTEST_CURRENT_TEST"].removesuffix(" (call)").partition("::")
            full = f"{Path(file).name} {test} {self._count}"
            name = "".join(letter if letter.isalnum() else "-" for letter in full)
            (Path(folder) / f"{name}.json").write_text(json.dumps(run.record))

    def _watch(self, run: Run, results: str, warnings: Sequence[str] | None) -> None:
        # A token is known from the requests that carried it.
        tokens = {one["headers"].get("authorization", "").removeprefix("Bearer ") for one in self.sim.requests} - {""}
        # Ansible breaks warnings at blanks, and within words at some hyphens.
        output = "".join(run.output.split())
        shown = run.output + output + results
        assert not [secret for secret in self.canaries | tokens if secret in shown], "a secret was shown"
        assert self.sim.live_tokens() == [], "a login was not ended"
        if warnings is None:
            return
        for text in warnings:
            assert "".join(text.split()) in output, text
        named = any(ONE_SECRET in text for text in warnings)
        wanted = len(warnings) + (not named and "".join(ONE_SECRET.split()) in output)
        assert run.output.count("WARNING]") == wanted, run.output

    def thrice(self, playbook: str, *switches: str, **options: Any) -> tuple[Run, Run, Run]:
        """Run as a check, for real, and again: the check must foretell each change, and the third run make none."""
        before = self.objects()
        check = self(playbook, "--check", *switches, **options)
        assert self.objects() == before
        apply = self(playbook, *switches, **options)
        again = self(playbook, *switches, **options)
        assert check.changes == apply.changes
        assert again.changed == []
        return check, apply, again

    def objects(self) -> tuple[list[dict], list[dict]]:
        """Return the auths and the integrations of the project."""
        self.sim.wait_idle()
        return self.sim.auths(self.sim.project_id), self.sim.integrations(self.sim.project_id)
