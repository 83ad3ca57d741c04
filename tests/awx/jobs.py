# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs job templates with ansible-runner in a private data directory, as AWX lays one out."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from awx_plugins.interfaces._temporary_private_api import ManagedCredentialType
from awx_plugins.interfaces._temporary_private_credential_api import Credential
from awx_plugins.interfaces._temporary_private_inject_api import inject_credential

from .platform import Platform
from .rules import answered

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Job:
    """A job that has ended: what its status was, what it printed, and what it hands to the next node of a workflow."""

    status: str
    output: str
    artifacts: Mapping[str, Any]
    changed: Sequence[str]


def clean_environment() -> dict[str, str]:
    return {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache" / "collections"),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
    }


def injected(types: Mapping[str, Any], inputs: Mapping[str, Any], folder: Path) -> tuple[dict[str, str], list[str]]:
    """What the platform's own code makes of a credential: environment variables, and arguments of ansible-playbook."""
    (folder / "env").mkdir(parents=True, exist_ok=True)
    env: dict[str, str] = {}
    arguments: list[str] = []
    kind = ManagedCredentialType(
        namespace="", name=types["name"], kind="cloud", inputs=types["inputs"], injectors=types["injectors"]
    )
    inject_credential(kind, Credential(dict(inputs)), env, {}, arguments, str(folder), container_root=folder)
    # Jobs on the platform see the directory by this name, whatever it is outside of the container.
    here = {name: value.replace("/runner/", f"{folder}/") for name, value in env.items()}
    return here, arguments


def run(
    folder: Path,
    playbook: str,
    *,
    hosts: Mapping[str, Any],
    group: str = "all",
    variables: Mapping[str, Any],
    credentials: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]] = (),
    switches: Sequence[str] = (),
    passwords: Mapping[str, str] | None = None,
    env: Mapping[str, str] | None = None,
    canaries: Sequence[str] = (),
) -> Job:
    """Run a playbook of the project on the hosts of a group; `credentials` are pairs of a type and its inputs.

    Nothing secret may be kept.
    """
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("playbooks", "examples"):
        shutil.copytree(ROOT / name, folder / "project" / name)
    (folder / "inventory").mkdir()
    (folder / "inventory" / "hosts.json").write_text(json.dumps({group: {"hosts": hosts}}))
    env = {name: str(folder / "home") for name in ("ANSIBLE_HOME", "ANSIBLE_REMOTE_TEMP", "HOME")} | dict(env or {})
    # No test asks AWS itself about keys.
    env.setdefault("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9")
    arguments = list(switches)
    for its_type, inputs in credentials:
        more, extra = injected(its_type, inputs, folder)
        env |= more
        arguments += extra
    (folder / "env").mkdir(exist_ok=True)
    for name, value in {"envvars": env, "extravars": variables, "passwords": passwords or {}}.items():
        (folder / "env" / name).write_text(json.dumps(value))
    command = ["ansible-runner", "run", str(folder), "-p", playbook, "--ident", "job"]
    if arguments:
        command.append(f"--cmdline={shlex.join(arguments)}")
    subprocess.run(command, env=clean_environment(), cwd=folder, capture_output=True, timeout=240, check=False)
    kept = folder / "artifacts" / "job"
    # Runner notes its own command and environment in a file, which AWX does not keep.
    (kept / "command").unlink()
    texts = [path.read_text(errors="replace") for path in kept.rglob("*") if path.is_file()]
    assert not [one for one in canaries if any(one in text for text in texts)], "a secret was kept"
    events = [json.loads(path.read_text()) for path in sorted((kept / "job_events").glob("*.json"), key=_number)]
    stats = [event["event_data"] for event in events if event["event"] == "playbook_on_stats"]
    changed = [
        event["event_data"]["task"]
        for event in events
        if event["event"] == "runner_on_ok" and event["event_data"]["res"].get("changed")
    ]
    status, output = (kept / "status").read_text(), (kept / "stdout").read_text()
    return Job(status, output, stats[0]["artifact_data"] if stats else {}, changed)


def _number(path: Path) -> int:
    return int(path.name.partition("-")[0])


def inventory(platform: Platform) -> dict[str, Any]:
    """The platform's hosts and their variables."""
    return {one["name"]: json.loads(one["variables"]) for one in platform.objects["hosts"]}


def launch(
    platform: Platform,
    folder: Path,
    template: str,
    answers: Mapping[str, Any],
    *,
    artifacts: Mapping[str, Any] | None = None,
    check: bool = False,
    env: Mapping[str, str] | None = None,
    canaries: Sequence[str] = (),
) -> Job:
    """Launch a job template as it stands on the platform, with a survey's answers, as a run or as a check.

    `artifacts` are those of nodes before it in a workflow. The platform makes variables of them.
    """
    one = platform.named("job_templates", template)
    variables = json.loads(one["extra_vars"]) | answered(platform.surveys[one["id"]]["spec"], answers)
    variables |= artifacts or {}
    attached = [platform.by_id(number) for number in platform.attached[one["id"], "credentials"]]
    switches = [*(["--check"] if check else []), *(["--diff"] if one["diff_mode"] else [])]
    if one["job_tags"]:
        switches += ["--tags", one["job_tags"]]
    return run(
        folder,
        one["playbook"],
        hosts=inventory(platform),
        variables=variables,
        credentials=[(platform.by_id(each["credential_type"]), each["inputs"]) for each in attached],
        switches=switches,
        env=env,
        canaries=canaries,
    )
