#!/usr/bin/env python3
# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a simulated Infisical and a simulated AWS until Ctrl-C, and say how to use them from another terminal."""

from __future__ import annotations

import argparse
import json
import logging
import re
import shlex
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import boto3
from moto.server import ThreadedMotoServer

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from simulator import Simulator  # noqa: E402
from tools.isolation import isolate  # noqa: E402

FOLDER = ROOT / ".cache" / "playground"
REGION = "us-east-1"
ACCESS_KEY, SECRET_KEY = "AKIAPLAYGROUND", "playground-secret-access-key"
QUICK_STARTS = {"2024": "Quick start: native integrations", "2026": "Quick start: secret syncs"}
KINDS = {"2024": "creates native integrations, has no secret syncs", "2026": "current: secret syncs"}
TEXT = """
A simulated Infisical ({kind}) and a simulated AWS are running.
They are on this machine only, and forget everything when they end. Press Ctrl-C to end them.

In another terminal:

  cd {folder}
{exports}

Or, instead of the export lines: . ./env

Projects, each with the environments dev, staging and prod and the folders /, /app and /app/db:

  first-project  {project}
  other-project  {other}

Three commands to try. site.yml is the quick start of the README; change it as you like:

  ansible-playbook site.yml -e @vars.yml --check --diff
  ansible-playbook site.yml -e @vars.yml
  ansible-playbook community.infisical.export -e @vars.yml -e export_file=exported.yml

What arrives in AWS Secrets Manager is listed here:
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--generation", choices=sorted(QUICK_STARTS), default="2026", help="of the simulated Infisical")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="for the files of the commands that it prints")
    options = parser.parse_args()
    generation, folder = options.generation, options.folder.resolve()
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    isolate()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    aws = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    aws.start()
    aws_url = "http://{}:{}".format(*aws.get_host_and_port())
    keys = {ACCESS_KEY: SECRET_KEY}
    try:
        with Simulator(generation=generation, aws_endpoint_url=aws_url, aws_credentials=keys) as infisical:
            exports = write_files(folder, infisical, aws_url)
            write_playbook(folder / "site.yml", generation)
            print(
                TEXT.format(
                    kind=KINDS[generation],
                    folder=shlex.quote(str(folder)),
                    exports="".join(f"  {line}\n" for line in exports).rstrip(),
                    project=infisical.project_id,
                    other=infisical.other_project_id,
                ),
                flush=True,
            )
            watch(aws_url, stopped)
    finally:
        aws.stop()
    print("\nBoth servers have ended.")
    return 0


def write_files(folder: Path, infisical: Simulator, aws_url: str) -> list[str]:
    """Write what the commands use to the folder, and return the lines that set the environment."""
    values = {
        "PATH": f"{ROOT / '.venv' / 'bin'}:$PATH",
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache" / "collections"),
        "INFISICAL_URL": infisical.url,
        "INFISICAL_UNIVERSAL_AUTH_CLIENT_ID": infisical.admin.client_id,
        "INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET": infisical.admin.client_secret,
        "AWS_ENDPOINT_URL": aws_url,
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
    }
    exports = [f'export {name}="{value}"' for name, value in values.items()]
    variables = {
        "project_id": infisical.project_id,
        "aws_access_key_id": ACCESS_KEY,
        "aws_secret_access_key": SECRET_KEY,
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "env").write_text("\n".join(exports) + "\n", encoding="utf-8")
    (folder / "vars.yml").write_text(json.dumps(variables, indent=2) + "\n", encoding="utf-8")
    return exports


def write_playbook(site: Path, generation: str) -> None:
    """Write the quick start for a server, unless there is a playbook that somebody has changed."""
    known = quick_starts()
    if not site.exists() or site.read_text("utf-8") in known.values():
        site.write_text(known[generation], encoding="utf-8")


def quick_starts() -> dict[str, str]:
    """Return the playbooks of the README's quick starts, by generation of the server."""
    readme = (ROOT / "README.md").read_text("utf-8")
    sections = {name: readme.partition(f"\n## {title}\n")[2] for name, title in QUICK_STARTS.items()}
    return {
        name: re.findall(r"^```yaml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)[0] for name, text in sections.items()
    }


def watch(aws_url: str, stopped: threading.Event) -> None:
    """List what changes in AWS Secrets Manager until an event: names of secrets and of their keys."""
    client = boto3.client(
        "secretsmanager",
        region_name=REGION,
        endpoint_url=aws_url,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
    )
    known: dict[str, Any] = {}
    while not stopped.wait(1):
        seen = {secret["Name"]: secret.get("LastChangedDate") for secret in client.list_secrets()["SecretList"]}
        for name in sorted(seen.keys() - {name for name, when in known.items() if when == seen.get(name)}):
            keys = json.loads(client.get_secret_value(SecretId=name)["SecretString"])
            print(f"  {name} has {', '.join(sorted(keys))}", flush=True)
        for name in sorted(known.keys() - seen.keys()):
            print(f"  {name} was removed", flush=True)
        known = seen


if __name__ == "__main__":
    sys.exit(main())
