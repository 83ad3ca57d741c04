#!/usr/bin/env python3
# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sync secrets from a simulated Infisical to a simulated AWS, and show that a second run changes nothing."""

from __future__ import annotations

import argparse
import logging
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import boto3
from moto.server import ThreadedMotoServer

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from simulator import Simulator  # noqa: E402
from tools.isolation import isolate  # noqa: E402

REGION = "us-east-1"
SECRET = "my-app/dev"
KEYS = {"AKIADEMOKEY": "demo-secret-access-key"}
RUNS = (("a check", ["--check"], True), ("for real", [], True), ("again", [], False))


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--collections", type=Path, default=ROOT / ".cache" / "collections", help="where they are")
    collections = parser.parse_args().collections.resolve()
    isolate()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    aws = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    aws.start()
    aws_url = "http://{}:{}".format(*aws.get_host_and_port())
    try:
        with (
            Simulator(generation="2024", aws_endpoint_url=aws_url, aws_credentials=KEYS) as infisical,
            tempfile.TemporaryDirectory(prefix="infisical-demo-") as home,
        ):
            return show(infisical, aws_url, home, collections)
    finally:
        aws.stop()


def show(infisical: Simulator, aws_url: str, home: str, collections: Path) -> int:
    faults = []
    print("playbooks/sync_to_aws_secrets_manager.yml")
    for title, switches, change_wanted in RUNS:
        run = play(infisical, home, collections, switches)
        recap = re.search(r"^localhost .*$", run.stdout, re.MULTILINE)
        changed = re.search(r"changed=(\d+)", recap[0]) if recap else None
        print(f"  {title:9} {recap[0].partition(':')[2].strip() if recap else '(no recap)'}")
        if run.returncode or changed is None:
            print(run.stdout, run.stderr, sep="\n", file=sys.stderr)
            return 1
        if bool(int(changed[1])) is not change_wanted:
            faults.append(f"{title}: {changed[0]}, where {'a change' if change_wanted else 'none'} was due")

    names = arrived(aws_url)
    print(f"\nSecrets in AWS Secrets Manager, {REGION}:")
    for name in names:
        print(f"  {name}")
    if names != [SECRET]:
        faults.append(f"{SECRET} alone was due in AWS")
    if infisical.live_tokens():
        faults.append("a login was not ended")
    for fault in faults:
        print(f"FAILED: {fault}", file=sys.stderr)
    return 1 if faults else 0


def play(infisical: Simulator, home: str, collections: Path, switches: list[str]) -> subprocess.CompletedProcess[str]:
    """Run the playbook as a user would: settings as variables, credentials in the environment."""
    environment = dict(os.environ)
    (access_key,) = KEYS
    config = Path(home, "ansible.cfg")
    config.touch()
    environment.update(
        PATH=os.pathsep.join([str(Path(sys.executable).parent), environment.get("PATH", "")]),
        HOME=home,
        ANSIBLE_HOME=home,
        ANSIBLE_CONFIG=str(config),
        ANSIBLE_COLLECTIONS_PATH=str(collections),
        ANSIBLE_LOCALHOST_WARNING="false",
        ANSIBLE_INVENTORY_UNPARSED_WARNING="false",
        ANSIBLE_NOCOLOR="1",
        INFISICAL_URL=infisical.url,
        INFISICAL_UNIVERSAL_AUTH_CLIENT_ID=infisical.admin.client_id,
        INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET=infisical.admin.client_secret,
        AWS_ACCESS_KEY_ID=access_key,
        AWS_SECRET_ACCESS_KEY=KEYS[access_key],
    )
    settings = {
        "project_id": infisical.project_id,
        "source_environment": "dev",
        "secret_path": "/app",
        "aws_secret_name": SECRET,
        "aws_region": REGION,
        "native": "true",
    }
    variables = [part for name, value in settings.items() for part in ("-e", f"{name}={value}")]
    return subprocess.run(
        ["ansible-playbook", "community.infisical.sync_to_aws_secrets_manager", *switches, *variables],
        env=environment,
        cwd=home,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def arrived(aws_url: str) -> list[str]:
    client = boto3.client(
        "secretsmanager",
        region_name=REGION,
        endpoint_url=aws_url,
        aws_access_key_id="any",
        aws_secret_access_key="any",
    )
    return [secret["Name"] for secret in client.list_secrets()["SecretList"]]


if __name__ == "__main__":
    sys.exit(main())
