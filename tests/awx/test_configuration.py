# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook that sets AWX up, run with the modules of awx.awx against as much of the platform as these need."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.community.infisical.plugins.module_utils._http.logins import ENVIRONMENT
from playbooks.harness import AWS_SECRET

from .conftest import TOKEN, Configure, reaching
from .jobs import ROOT, inventory, run
from .platform import Platform, running
from .rules import Refused, check_credential_type

TYPES = sorted((ROOT / "playbooks" / "awx" / "credential_types").glob("*.yml"))


def test_all_arrives_and_a_second_run_changes_nothing(
    platform: Platform, configure: Configure, settings: dict[str, Any]
) -> None:
    files = {yaml.safe_load(path.read_text())["name"]: yaml.safe_load(path.read_text()) for path in TYPES}
    arrived = {one["name"]: one for one in platform.objects["credential_types"]}
    assert arrived.keys() == files.keys()
    assert all(arrived[name][key] == files[name][key] for name in files for key in ("inputs", "injectors", "kind"))
    templates = {one["name"]: one for one in platform.objects["job_templates"]}
    assert sorted(one["playbook"] for one in templates.values()) == [
        "playbooks/audit.yml",
        *["playbooks/migrate.yml"] * 2,
        "playbooks/rotate_credentials.yml",
        "playbooks/sync_secrets.yml",
        "playbooks/sync_to_aws_secrets_manager.yml",
        "playbooks/teardown.yml",
    ]
    assert all(platform.surveys[one["id"]]["spec"] for one in templates.values())
    assert "schedules" not in platform.objects

    before = copy.deepcopy(platform.objects)
    again = configure(platform, **settings)
    assert re.search(r"changed=0 .* failed=0", again.stdout), again.stdout + again.stderr
    assert platform.objects == before
    assert AWS_SECRET not in again.stdout + again.stderr


def test_a_job_of_the_platform_sets_it_up_as_well(
    platform: Platform, settings: dict[str, Any], modules: Path, tmp_path: Path
) -> None:
    canaries = [AWS_SECRET, settings["login"]["inputs"]["client_secret"], TOKEN]
    newer = {"execution_environment": "registry.example.com/infisical-ee:1.1.0"}
    before = copy.deepcopy(platform.objects)
    for variables, switches, changed in (
        (settings, [], []),
        (settings | newer, ["--check"], ["Name the execution environment"]),
    ):
        job = run(
            tmp_path / "job",
            "playbooks/awx/configure.yml",
            hosts=inventory(platform),
            variables=variables,
            switches=switches,
            env=reaching(platform, modules),
            canaries=canaries,
        )
        assert job.status == "successful", job.output
        assert job.changed == changed
        assert platform.objects == before


def test_known_projects_are_offered_and_audited(configure: Configure) -> None:
    with running() as platform:
        inputs = {"url": "https://infisical.example.com", "client_id": "id", "client_secret": "canary-secret"}
        keys = {"access_key_id": "AKIA", "secret_access_key": "canary-key"}
        done = configure(platform, project_ids=["one", "two"], login={"inputs": inputs}, destination={"inputs": keys})
        assert done.returncode == 0, done.stdout + done.stderr
        audit = platform.named("job_templates", "Infisical - audit")
        question = platform.surveys[audit["id"]]["spec"][0]
        assert (question["type"], question["choices"]) == ("multiselect", ["one", "two"])
        schedule = platform.named("schedules", "Infisical - nightly audit")
        assert schedule["unified_job_template"] == audit["id"]
        assert schedule["extra_data"]["project_ids"] == ["one", "two"]
        assert "canary" not in done.stdout + done.stderr


def test_the_guide_has_all(platform: Platform) -> None:
    guide = (ROOT / "docs" / "guides" / "awx.md").read_text()
    rows = {line.split("|")[1].strip() for line in guide.splitlines() if line.startswith("| Infisical")}
    assert rows == {one["name"] for kind in ("credential_types", "job_templates") for one in platform.objects[kind]}


@pytest.mark.parametrize("path", TYPES, ids=lambda path: path.stem)
def test_what_is_injected_is_looked_at(path: Any) -> None:
    """A variable that nothing reads would be a field without effect."""
    injected = yaml.safe_load(path.read_text())["injectors"].get("env", {}).keys()
    read = {name for names in ENVIRONMENT.values() for name in names}
    assert {name for name in injected if not name.startswith("AWS_")} <= read


@pytest.mark.parametrize("path", TYPES, ids=lambda path: path.stem)
def test_a_template_of_what_no_field_holds_is_refused(path: Any) -> None:
    one = yaml.safe_load(path.read_text())
    check_credential_type(one)
    broken = json.loads(json.dumps(one).replace("{{ ", "{{ no_such_field ~ ", 1))
    with pytest.raises(Refused):
        check_credential_type(broken)
