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
# Each with its tags, and whether it has to change something.
RUNS = (
    ("plan", ["--tags", "plan"], False),
    ("a check", ["--check"], True),
    ("connect, create", ["--tags", "connect,create"], True),
    ("verify", ["--tags", "verify"], False),
    ("all that is left", [], True),
    ("again", [], False),
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
    print("playbooks/migrate.yml")
    for title, switches, change_wanted in RUNS:
        run = play(infisical, aws_url, home, switches)
        recap = re.search(r"^localhost .*$", run.stdout, re.MULTILINE)
        changed = re.search(r"changed=(\d+)", recap[0]) if recap else None
        print(f"  {title:17} {recap[0].partition(':')[2].strip() if recap else '(no recap)'}", flush=True)
        if run.returncode or changed is None:
            print(run.stdout, run.stderr, sep="\n", file=sys.stderr)
            return 1
        if bool(int(changed[1])) is not change_wanted:
            faults.append(f"{title}: {changed[0]}, where {'a change' if change_wanted else 'none'} was due")
        infisical.wait_idle()
        if content(aws_url) != before:
            faults.append(f"{title}: what is at AWS has changed")

    print(f"\n{(home / 'report' / 'migration.md').read_text()}")
    print(f"AWS holds the same {len(before)} secrets as before, two of them not Infisical's.")
    left = [one["integration"] for one in infisical.integrations(infisical.project_id)]
    if left != ["codefresh"]:
        faults.append(f"codefresh alone was to be left, not {left}")
    if len(infisical.auths(infisical.project_id)) != 4:
        faults.append("no auth was to be removed")
    if len(infisical.syncs(infisical.project_id)) != 4:
        faults.append("four syncs were due")
    if infisical.live_tokens():
        faults.append("a login was not ended")
    for fault in faults:
        print(f"FAILED: {fault}", file=sys.stderr)
    return 1 if faults else 0


def play(infisical: Simulator, aws_url: str, home: Path, switches: list[str]) -> subprocess.CompletedProcess[str]:
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
        "project_id": infisical.project_id,
        "report_folder": str(home / "report"),
        "connections": {"aws-secret-manager": aws, "aws-parameter-store": aws, "github": github},
    }
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
