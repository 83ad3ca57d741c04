# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures: a platform that the collection's playbook has set up, and a simulated Infisical for its jobs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playbooks.conftest import aws, moto  # noqa: F401 - fixtures
from playbooks.harness import AWS_KEY, AWS_SECRET, Aws

from simulator import Simulator

from .jobs import ROOT, clean_environment
from .platform import Platform, running

# The last release of PyPI's ansible that has awx.awx in it.
PACKAGE = "ansible==10.7.0"
CONFIGURE = "community.infisical.awx.configure"
TOKEN = "canary-platform-token"
JOURNAL_KEY = "canary-journal-key"


@pytest.fixture(scope="session")
def modules() -> Path:
    """A folder of collections with awx.awx alone, taken from a package of many."""
    folder = ROOT / ".cache" / "awx.awx"
    if not folder.exists():
        folder.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
            pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", temporary, PACKAGE]
            subprocess.run(pip, check=True)
            [wheel] = Path(temporary).glob("*.whl")
            with zipfile.ZipFile(wheel) as archive:
                names = [name for name in archive.namelist() if name.startswith("ansible_collections/awx/awx/")]
                archive.extractall(Path(temporary) / "tree", names)
            try:
                (Path(temporary) / "tree").rename(folder)
            except OSError:
                assert folder.exists()
    return folder


def reaching(platform: Platform, modules: Path) -> dict[str, str]:
    """Environment variables by which the modules of awx.awx are found, and find the platform."""
    return {
        "ANSIBLE_COLLECTIONS_PATH": os.pathsep.join([clean_environment()["ANSIBLE_COLLECTIONS_PATH"], str(modules)]),
        "CONTROLLER_HOST": platform.url,
        "CONTROLLER_OAUTH_TOKEN": TOKEN,
    }


Configure = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def configure(modules: Path, tmp_path_factory: pytest.TempPathFactory) -> Configure:
    """Runs the playbook that sets a platform up."""
    home = tmp_path_factory.mktemp("configure")

    def run(platform: Platform, *files: Path, **variables: Any) -> subprocess.CompletedProcess[str]:
        env = clean_environment() | reaching(platform, modules)
        env |= {"ANSIBLE_HOME": str(home), "ANSIBLE_NOCOLOR": "1", "ANSIBLE_PIPELINING": "1"}
        return subprocess.run(
            ["ansible-playbook", CONFIGURE, "--extra-vars", json.dumps(variables), *(f"-e@{file}" for file in files)],
            env=env,
            cwd=home,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def settings() -> dict[str, Any]:
    """What the platform is set up with."""
    login = {"client_id": "id", "client_secret": "canary-client-secret"}
    return {
        "login": {"inputs": login},
        "destination": {"inputs": {"access_key_id": AWS_KEY, "secret_access_key": AWS_SECRET}},
        "journal": {"journal": "/var/lib/infisical/journal", "journal_key": JOURNAL_KEY},
        "execution_environment": "registry.example.com/infisical-ee:1.0.0",
    }


def same_names_elsewhere(platform: Platform) -> None:
    """Another organization has objects whose names are those of this collection."""
    other = platform.named("organizations", "Other")["id"]
    fields = [{"id": "token", "label": "Token", "type": "string", "secret": True}]
    its_type = {"name": "Of another team", "kind": "cloud", "inputs": {"fields": fields}, "injectors": {}}
    number = platform.create("credential_types", its_type)["id"]
    for name in ("Infisical", "Infisical destination", "Infisical migration journal"):
        inputs = {"token": "canary-of-another-team"}
        platform.create(
            "credentials", {"name": name, "organization": other, "credential_type": number, "inputs": inputs}
        )
    for kind in ("projects", "inventories", "execution_environments", "workflow_job_templates"):
        platform.create(kind, {"name": "Infisical", "organization": other, "image": "registry.example.com/other"})
    for template in ("audit", "migrate, retire"):
        one = {"name": f"Infisical - {template}", "organization": other, "playbook": "playbooks/audit.yml"}
        platform.create("job_templates", one)


@pytest.fixture(scope="session")
def platform(configure: Configure, settings: dict[str, Any]) -> Iterator[Platform]:
    with running() as one:
        same_names_elsewhere(one)
        done = configure(one, **settings)
        assert done.returncode == 0, done.stdout + done.stderr
        yield one


@pytest.fixture
def sim(aws: Aws) -> Iterator[Simulator]:  # noqa: F811 - the fixture's name
    """A server that writes to the simulated AWS."""
    keys = {AWS_KEY: AWS_SECRET}
    with Simulator(create_open=True, aws_endpoint_url=aws.url, aws_credentials=keys) as simulator:
        yield simulator
