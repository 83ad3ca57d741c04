# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook that sets AWX up, run with the modules of awx.awx against as much of the platform as these need."""

from __future__ import annotations

import copy
import json
import re
import sys
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

sys.path.insert(0, str(ROOT / "tests" / "tools"))

import guides

# Each runs the whole configuration more than once.
pytestmark = pytest.mark.timeout(900)
PHASES = ("plan", "connect", "create", "verify", "cut_over", "retire", "rollback", "restore_deletion")
TYPES = sorted((ROOT / "playbooks" / "awx" / "credential_types").glob("*.yml"))


def own(platform: Platform, kind: str) -> list[dict[str, Any]]:
    """What belongs to this organization, or to none."""
    other = platform.named("organizations", "Other")["id"]
    return [one for one in platform.objects[kind] if one.get("organization") != other]


def test_all_arrives_and_a_second_run_changes_nothing(
    platform: Platform, configure: Configure, settings: dict[str, Any]
) -> None:
    files = {yaml.safe_load(path.read_text())["name"]: yaml.safe_load(path.read_text()) for path in TYPES}
    arrived = {one["name"]: one for one in platform.objects["credential_types"]}
    assert arrived.keys() == files.keys() | {"Of another team"}
    assert all(arrived[name][key] == files[name][key] for name in files for key in ("inputs", "injectors", "kind"))
    templates = {one["name"]: one for one in own(platform, "job_templates")}
    assert sorted(one["playbook"] for one in templates.values()) == [
        "playbooks/audit.yml",
        *["playbooks/migrate.yml"] * 6,
        *["playbooks/rotate_credentials.yml"] * 2,
        "playbooks/sync_secrets.yml",
        "playbooks/sync_to_aws_secrets_manager.yml",
        "playbooks/teardown.yml",
    ]
    assert all(platform.surveys[one["id"]]["spec"] for one in templates.values())
    assert "schedules" not in platform.objects
    [environment] = own(platform, "execution_environments")
    assert platform.named("projects", "Infisical")["default_environment"] == environment["id"]
    # The platform fills in no default of a field by itself.
    keys = {key: value for key, value in settings["login"]["inputs"].items() if key != "url"}
    login = platform.named("credentials", "Infisical")["inputs"]
    assert login == {"url": "https://app.infisical.com", **keys}

    before, attached = copy.deepcopy(platform.objects), copy.deepcopy(platform.attached)
    platform.writes.clear()
    again = configure(platform, **settings)
    assert re.search(r"changed=0 .* failed=0", again.stdout), again.stdout + again.stderr
    assert (platform.objects, platform.attached, platform.writes) == (before, attached, [])
    assert "canary" not in again.stdout + again.stderr
    assert AWS_SECRET not in again.stdout + again.stderr


def test_each_template_has_the_credentials_that_it_needs(platform: Platform) -> None:
    names = {
        one["name"].removeprefix("Infisical - "): {
            platform.by_id(number)["name"].removeprefix("Infisical ")
            for number in platform.attached[one["id"], "credentials"]
        }
        for one in own(platform, "job_templates")
    }
    only_login, both = {"Infisical"}, {"Infisical", "destination"}
    phases = ("create and verify", "cut over", "retire", "roll back", "restore deletion")
    assert names == {
        **dict.fromkeys(("audit", "rotate credentials", "rotate an app connection", "tear down"), only_login),
        **dict.fromkeys(("secret syncs", "sync a folder to AWS"), both),
        **dict.fromkeys(("plan a migration", *(f"migrate, {phase}" for phase in phases)), both | {"migration journal"}),
    }
    organizations = {
        platform.by_id(number)["organization"]
        for numbers in platform.attached.values()
        for number in numbers
        if platform.by_id(number)["type"] == "credential"
    }
    assert organizations == {platform.named("organizations", "Default")["id"]}


def test_plan_and_phases_share_their_inputs(platform: Platform) -> None:
    variables = [json.loads(one["extra_vars"]) for one in own(platform, "job_templates") if "migrat" in one["name"]]
    assert len({one["app_connections"] for one in variables}) == 1
    assert sorted(phase for one in variables for phase in one["phases"]) == sorted(PHASES)


def test_the_workflow_has_an_approval_before_each_step(platform: Platform) -> None:
    workflow = platform.named("workflow_job_templates", "Infisical - migration")
    nodes = platform.objects["workflow_job_template_nodes"]
    following = {one["id"]: platform.attached.get((one["id"], "success_nodes"), []) for one in nodes}
    [current] = following.keys() - {number for numbers in following.values() for number in numbers}
    steps = []
    while current:
        node = platform.by_id(current)
        assert node["workflow_job_template"] == workflow["id"]
        step = platform.by_id(node["unified_job_template"])
        is_approval = step["type"] == "workflow_approval_template"
        steps.append("approval" if is_approval else json.loads(step["extra_vars"])["phases"])
        current = next(iter(following[current]), None)
    assert steps == [
        ["plan"],
        "approval",
        ["connect", "create", "verify"],
        "approval",
        ["cut_over"],
        "approval",
        ["plan"],
        "approval",
        ["retire"],
    ]
    asked = {one["variable"] for one in platform.surveys[workflow["id"]]["spec"]}
    assert asked == {"project_ids", "connection_name", "aws_services"}


def test_a_job_of_the_platform_sets_it_up_as_well(
    platform: Platform, settings: dict[str, Any], modules: Path, tmp_path: Path
) -> None:
    canaries = [AWS_SECRET, settings["login"]["inputs"]["client_secret"], TOKEN]
    newer = {"execution_environment": "registry.example.com/infisical-ee:1.1.0"}
    before = copy.deepcopy(platform.objects)
    for variables, switches, changed in (
        (settings, [], []),
        (settings | newer, ["--check"], ["Define the execution environment"]),
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


APP_CONNECTION = """
app_connection:
  app: github
  name: github
  method: pat
  credentials:
    personal_access_token: !unsafe "{{ destination_access_token }}"
"""


def test_what_is_taken_away_goes_and_secrets_stay_until_asked(
    configure: Configure, settings: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "platform.yml").write_text(APP_CONNECTION)
    keys = {"access_token": "canary-key"}
    destination = {"type": "Infisical destination token", "inputs": keys}
    first = {**settings, "destination": destination, "project_ids": ["one", "two"], "environments": "qa, live"}
    with running() as platform:
        misspelt = configure(
            platform, **{**first, "login": {"inputs": {"clientid": "id", "client_secret": "canary-s"}}}
        )
        assert misspelt.returncode == 2
        assert "has no field clientid. lacks client_id. Its fields are url, client_id" in " ".join(
            misspelt.stdout.split()
        )
        done = configure(platform, tmp_path / "platform.yml", **first)
        assert done.returncode == 0, done.stdout + done.stderr
        audit = platform.named("job_templates", "Infisical - audit")
        question = platform.surveys[audit["id"]]["spec"][0]
        assert (question["type"], question["choices"]) == ("multiselect", ["one", "two"])
        syncs = platform.named("job_templates", "Infisical - secret syncs")
        connection = json.loads(syncs["extra_vars"])["app_connection"]
        assert connection["credentials"] == {"personal_access_token": "{{ destination_access_token }}"}
        assert "connection_name" not in [one["variable"] for one in platform.surveys[syncs["id"]]["spec"]]
        teardown = platform.named("job_templates", "Infisical - tear down")
        question = next(
            one for one in platform.surveys[teardown["id"]]["spec"] if one["variable"] == "source_environment"
        )
        assert (question["choices"], question["default"]) == (["qa", "live"], "qa")
        schedule = platform.named("schedules", "Infisical - nightly audit")
        assert schedule["unified_job_template"] == audit["id"]
        assert schedule["extra_data"]["project_ids"] == ["one", "two"]
        assert platform.objects["workflow_job_templates"]

        rotated, newer = {"access_token": "canary-rotated"}, {"access_token": "canary-newer", "access_id": "me"}
        platform.named("credentials", "Infisical destination")["inputs"] |= rotated
        second = {"login": settings["login"], "destination": {**destination, "inputs": newer}}
        taken = configure(platform, **second)
        assert taken.returncode == 0, taken.stdout + taken.stderr
        assert json.loads(syncs["extra_vars"]) == {}
        assert "secrets of the credential Infisical destination stay as they are" in " ".join(taken.stdout.split())
        credential = platform.named("credentials", "Infisical destination")["inputs"]
        assert credential == {**rotated, "access_id": "me"}
        kinds = ("schedules", "execution_environments", "workflow_job_templates", "workflow_job_template_nodes")
        assert not [one for kind in kinds for one in platform.objects[kind]]
        assert platform.named("projects", "Infisical")["default_environment"] is None
        assert [one["name"] for one in platform.objects["job_templates"] if "migrat" in one["name"]] == [
            "Infisical - plan a migration"
        ]
        asked = configure(platform, **second, update_secrets="true")
        assert asked.returncode == 0, asked.stdout + asked.stderr
        assert platform.named("credentials", "Infisical destination")["inputs"] == newer
        for one in (misspelt, done, taken, asked):
            assert "canary" not in one.stdout + one.stderr


def test_the_guide_has_all(platform: Platform) -> None:
    page = guides.text("awx")
    tables = [guides.rows(guides.below(page, heading)) for heading in ("Credentials", "Job templates")]
    tables.append(guides.rows(guides.below(page, "A migration as a workflow")))
    rows = {cells[0] for table in tables for cells in table}
    kinds = ("credential_types", "job_templates", "workflow_job_templates")
    assert rows == {one["name"] for kind in kinds for one in own(platform, kind)} - {"Of another team"}


@pytest.mark.parametrize("path", TYPES, ids=lambda path: path.stem)
def test_what_is_injected_is_looked_at(path: Any) -> None:
    """A variable that nothing reads would be a field without effect."""
    injected = yaml.safe_load(path.read_text())["injectors"].get("env", {}).keys()
    read = {name for names in ENVIRONMENT.values() for name in names} | {"INFISICAL_MIGRATION_JOURNAL_KEY"}
    assert {name for name in injected if not name.startswith("AWS_")} <= read


@pytest.mark.parametrize("path", TYPES, ids=lambda path: path.stem)
def test_a_template_of_what_no_field_holds_is_refused(path: Any) -> None:
    one = yaml.safe_load(path.read_text())
    check_credential_type(one)
    broken = json.loads(json.dumps(one).replace("{{ ", "{{ no_such_field ~ ", 1))
    with pytest.raises(Refused):
        check_credential_type(broken)
