#!/usr/bin/env python3
# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Move a simulated project from native integrations to secret syncs, and show that nothing at AWS changes by it."""

from __future__ import annotations

import json
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
KEY, SECRET = "AKIADEMOKEY", "demo-secret-access-key"
# The phases of each run, whether it is a check, and whether it has to change something. A week passes before retire.
RUNS = (
    ("plan", False, False),
    ("connect", True, True),
    ("connect,create", False, True),
    ("verify", False, False),
    ("cut_over", True, True),
    ("cut_over", False, True),
    ("cut_over", False, False),
    ("retire", False, True),
)


def main() -> int:
    isolate()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    aws = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    aws.start()
    aws_url = "http://{}:{}".format(*aws.get_host_and_port())
    try:
        with (
            Simulator(aws_endpoint_url=aws_url, aws_credentials={KEY: SECRET}) as infisical,
            tempfile.TemporaryDirectory(prefix="infisical-demo-") as home,
        ):
            seed(infisical, aws_url)
            return show(infisical, aws_url, Path(home))
    finally:
        aws.stop()


def seed(infisical: Simulator, aws_url: str) -> None:
    """Give the project native integrations that have written, and AWS secrets that aren't Infisical's."""
    auths = {
        service: infisical.add_auth(infisical.project_id, service, accessId=KEY, accessToken=SECRET)["id"]
        for service in ("aws-secret-manager", "aws-parameter-store", "github", "codefresh")
    }
    one_to_one = {"mappingBehavior": "one-to-one", "secretPrefix": "APP_"}
    for service, fields in (
        ("aws-secret-manager", {"app": "my-app/dev", "region": REGION}),
        ("aws-secret-manager", {"region": REGION, "metadata": one_to_one}),
        ("aws-parameter-store", {"path": "/my-app/", "region": REGION}),
        ("github", {"owner": "acme", "app": "my-app", "scope": "github-repo"}),
        ("codefresh", {"app": "pipeline", "appId": "1"}),
    ):
        infisical.add_integration(auths[service], "dev", secretPath="/app", **fields)
    infisical.set_secret(infisical.project_id, "dev", "/app", "API_KEY", "api-value")
    infisical.wait_idle()
    client(aws_url, "secretsmanager").create_secret(Name="not-infisicals", SecretString="theirs")
    client(aws_url, "ssm").put_parameter(Name="/not/infisicals", Value="theirs", Type="SecureString")


def show(infisical: Simulator, aws_url: str, home: Path) -> int:
    faults = []
    before = content(aws_url)
    for phases, check, change_wanted in RUNS:
        print(f"$ ansible-playbook community.infisical.migrate -e phases={phases}{' --check' if check else ''}")
        run = play(infisical, aws_url, home, phases, check=check)
        recap = re.search(r"^localhost .*\bchanged=(\d+)", run.stdout, re.MULTILINE)
        if run.returncode or recap is None:
            print(run.stdout, run.stderr, sep="\n", file=sys.stderr)
            return 1
        print(*summed_up(run.stdout), "", sep="\n", flush=True)
        if bool(int(recap[1])) is not change_wanted:
            faults.append(f"{phases}: changed={recap[1]}, where {'a change' if change_wanted else 'none'} was due")
        infisical.wait_idle()
        if content(aws_url) != before:
            faults.append(f"{phases}: what is at AWS has changed")

    print((home / "report" / "migration.md").read_text())
    print(f"AWS holds the same {len(before)} secrets as before, two of them not Infisical's.")
    faults += wrong(infisical)
    for fault in faults:
        print(f"FAILED: {fault}", file=sys.stderr)
    return 1 if faults else 0


def summed_up(output: str) -> list[str]:
    """Return the lines in which the role sums up each phase, without paths in a folder that is gone soon."""
    found = [json.loads(lines) for lines in re.findall(r'"msg": (\[.*?\n    \])', output, re.DOTALL)]
    return [f"  {line}" for lines in found for line in lines if not line.startswith(("Journal:", "Report:"))]


def wrong(infisical: Simulator) -> list[str]:
    """Return what the server holds in the end and should not."""
    faults = []
    for what, rows in (
        ("integration", infisical.integrations(infisical.project_id)),
        ("auth", infisical.auths(infisical.project_id)),
    ):
        left = [one["integration"] for one in rows]
        if left != ["codefresh"]:
            faults.append(f"the {what} of codefresh alone was to be left, not {left}")
    if len(infisical.syncs(infisical.project_id)) != 4:
        faults.append("four syncs were due")
    if infisical.live_tokens():
        faults.append("a login was not ended")
    return faults


def play(
    infisical: Simulator, aws_url: str, home: Path, phases: str, *, check: bool
) -> subprocess.CompletedProcess[str]:
    """Run the playbook as a user would: settings as variables, logins in the environment."""
    environment = dict(os.environ)
    config = home / "ansible.cfg"
    config.touch()
    environment.update(
        PATH=os.pathsep.join([str(Path(sys.executable).parent), environment.get("PATH", "")]),
        HOME=str(home),
        ANSIBLE_HOME=str(home),
        ANSIBLE_CONFIG=str(config),
        ANSIBLE_COLLECTIONS_PATH=str(ROOT / ".cache" / "collections"),
        ANSIBLE_LOCALHOST_WARNING="false",
        ANSIBLE_INVENTORY_UNPARSED_WARNING="false",
        ANSIBLE_NOCOLOR="1",
        ANSIBLE_PIPELINING="1",
        INFISICAL_URL=infisical.url,
        INFISICAL_UNIVERSAL_AUTH_CLIENT_ID=infisical.admin.client_id,
        INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET=infisical.admin.client_secret,
        AWS_ENDPOINT_URL=aws_url,
    )
    aws = {
        "name": "aws",
        "method": "access-key",
        "credentials": {"access_key_id": KEY, "secret_access_key": SECRET},
    }
    github = {"name": "github", "method": "pat", "credentials": {"personal_access_token": "demo-token"}}
    variables = {
        "phases": phases,
        "project_id": infisical.project_id,
        "journal": str(home / "migration.journal"),
        "journal_key": "any long random text",
        "report_folder": str(home / "report"),
        "app_connections": [
            {"service": "aws-secret-manager", **aws},
            {"service": "aws-parameter-store", **aws},
            {"service": "github", **github},
        ],
        # What GitHub has can't be read; and here nobody waits for a week.
        "require_compared": False,
        "min_age": 0,
    }
    switches = ["--check"] if check else []
    return subprocess.run(
        ["ansible-playbook", "community.infisical.migrate", *switches, "--extra-vars", json.dumps(variables)],
        env=environment,
        cwd=home,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def client(aws_url: str, service: str):
    keys = {"aws_access_key_id": "any", "aws_secret_access_key": "any"}
    return boto3.client(service, region_name=REGION, endpoint_url=aws_url, **keys)


def content(aws_url: str) -> dict[str, str]:
    """Return all that is at AWS."""
    manager = client(aws_url, "secretsmanager")
    names = [secret["Name"] for secret in manager.list_secrets()["SecretList"]]
    found = client(aws_url, "ssm").get_parameters_by_path(Path="/", Recursive=True, WithDecryption=True)
    secrets = {name: manager.get_secret_value(SecretId=name)["SecretString"] for name in names}
    return {**secrets, **{one["Name"]: one["Value"] for one in found["Parameters"]}}


if __name__ == "__main__":
    sys.exit(main())
