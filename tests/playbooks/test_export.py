# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Adoption: what somebody made by other means is written down as variables, and applying them changes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.community.infisical.plugins.filter.export_variables import export_variables
from ansible_collections.community.infisical.plugins.module_utils._kinds.native import (
    INTEGRATION,
    METADATA,
    METADATA_PARTS,
)

from simulator import Simulator

from .harness import AWS_KEY, AWS_SECRET, REGION, Aws, Player
from .services import CASES, done, known

API = {item.option: item.api for item in INTEGRATION.fields}
EXPORT, APPLY = "community.infisical.export", "community.infisical.apply_export"
# So that what set_stats hands on is shown.
SHOWN = {"ANSIBLE_SHOW_CUSTOM_STATS": "true"}
HOSTILE = "{{ lookup('ansible.builtin.env', 'HOME') }}"
ROLES = """
- hosts: localhost
  gather_facts: false
  tasks:
    - name: Apply the role to each auth
      ansible.builtin.include_role:
        name: community.infisical.native_integration
      vars:
        native_integration_project_id: "{{ infisical_project_id }}"
        native_integration_service: "{{ one.native_integration_service }}"
        native_integration_auth: "{{ one.native_integration_auth }}"
        native_integration_destinations: "{{ one.native_integration_destinations }}"
      loop: "{{ infisical_native_integrations }}"
      loop_control:
        loop_var: one
        label: "{{ one.native_integration_service }}"
"""


class Unsafe(yaml.SafeLoader):
    """Reads what Ansible is told never to evaluate as the text that it is."""


Unsafe.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))

# What is adopted has been synced: else, or where that has failed, a playbook that waits starts a sync.
SYNCED: dict[str, Any] = {"isSynced": True, "syncMessage": "", "lastUsed": "2026-01-01T00:00:00.000Z"}


def api_metadata(metadata: dict[str, Any]) -> dict[str, Any]:
    made = {}
    for option, value in metadata.items():
        parts = METADATA_PARTS.get(option)
        made[METADATA[option]] = {parts[name]: part for name, part in value.items()} if parts else value
    return made


def fill(sim: Simulator, *slugs: str) -> int:
    """Make one auth and one integration for each service (that the server knows), as another tool would."""
    cases = {slug: CASES[slug] for slug in slugs} if slugs else known(sim)
    for slug, case in cases.items():
        fields = {"url": case.auth.get("target_url"), "namespace": case.auth.get("namespace")}
        auth = sim.add_auth(sim.project_id, slug, **fields)
        where = {API[option]: value for option, value in case.where.items()}
        metadata = api_metadata(dict(case.metadata))
        place = {"secretPath": "/app", "isActive": slug != "render", "metadata": metadata}
        sim.add_integration(auth["id"], "dev", **place, **where, **SYNCED)
    return len(cases)


def exported(play: Player, folder: Path) -> dict[str, Any]:
    file = folder / "exported.yml"
    folder.chmod(0o700)
    play(EXPORT, "--check", variables={"export_file": str(file)})
    assert not file.exists()
    play(EXPORT, variables={"export_file": str(file)})
    assert [path.stat().st_mode & 0o777 for path in (file, folder)] == [0o600, 0o700]
    return yaml.load(file.read_text(), Unsafe)  # noqa: S506 - derived from the safe one


def unchanged(play: Player, folder: Path, playbook: str, warnings: tuple = ()) -> None:
    before = play.objects(), play.sim.syncs(play.sim.project_id), play.sim.connections(play.sim.project_id)
    for switches in (("--check",), ()):
        run = play(playbook, *switches, "--extra-vars", f"@{folder / 'exported.yml'}", warnings=warnings)
        assert run.changed == []
    assert (play.objects(), play.sim.syncs(play.sim.project_id), play.sim.connections(play.sim.project_id)) == before


def test_one_of_each_service(sim: Simulator) -> None:
    count = fill(sim)
    found = done(sim, "infisical_integration_info", project_id=sim.project_id, export=True)["export"]
    auths = done(sim, "infisical_integration_auth_info", project_id=sim.project_id, export=True)["export"]
    data = yaml.load(export_variables(sim.project_id, auths, found), Unsafe)  # noqa: S506 - derived from the safe one
    assert len(data["infisical_integration_auths"]) == len(data["infisical_integrations"]) == count
    for item in data["infisical_integrations"]:
        case = CASES[item["integration"]]
        assert {option: item[option] for option in case.where} == case.where
        assert item.get("metadata", {}) == {key: value for key, value in case.metadata.items() if value != ""}
        assert "integration_auth_id" not in item
        assert "validate" not in item
    before = sim.auths(sim.project_id), sim.integrations(sim.project_id)
    for check in (True, False):
        for auth in data["infisical_integration_auths"]:
            names = {key: value for key, value in auth.items() if "omit" not in value}
            assert not done(sim, "infisical_integration_auth", project_id=sim.project_id, **names, check=check)[
                "changed"
            ]
        items = data["infisical_integrations"]
        applied = done(sim, "infisical_integrations", project_id=sim.project_id, integrations=items, check=check)
        assert applied["counts"]["unchanged"] == count
        assert applied["warnings"] == []
    assert (sim.auths(sim.project_id), sim.integrations(sim.project_id)) == before


@pytest.mark.thorough
def test_the_playbooks_take_one_of_each_service(play: Player, sim: Simulator, tmp_path: Path) -> None:
    count = fill(sim)
    data = exported(play, tmp_path)
    assert data["infisical_project_id"] == sim.project_id
    assert len(data["infisical_native_integrations"]) == count
    unchanged(play, tmp_path, APPLY)


@pytest.mark.thorough
def test_the_role_takes_what_is_exported(play: Player, sim: Simulator, tmp_path: Path) -> None:
    fill(sim, "aws-secret-manager", "github", "hashicorp-vault")
    assert len(exported(play, tmp_path)["infisical_native_integrations"]) == 3
    unchanged(play, tmp_path, ROLES)


@pytest.mark.thorough
def test_what_is_odd_is_adopted_as_it_is(play: Player, sim: Simulator, tmp_path: Path) -> None:
    alike = [sim.add_auth(sim.project_id, "github", created_at=f"2024-01-0{day}T00:00:00.000Z") for day in (1, 2)]
    for auth in alike:
        sim.add_integration(auth["id"], "dev", owner="o", app="a", scope="github-repo", **SYNCED)
    odd = sim.add_auth(sim.project_id, "aws-secret-manager", namespace="team a", url="https://not-used.example.com")
    place = {"secretPath": "/app", "app": HOSTILE, "path": "not-used"}
    sim.add_integration(odd["id"], "dev", metadata={"azureLabel": "x"}, **place, **SYNCED)
    twins = sim.add_auth(sim.project_id, "flyio")
    for day in (2, 1):
        sim.add_integration(twins["id"], "prod", app="twin", created_at=f"2024-01-0{day}T00:00:00.000Z", **SYNCED)
    sim.add_integration(twins["id"], "prod", **SYNCED)

    data = exported(play, tmp_path)
    assert [item.get("integration_auth_id") for item in data["infisical_integration_auths"]].count(None) == 2
    items = data["infisical_integrations"]
    assert len(items) == 5
    assert {item["integration_auth_id"] for item in items if item["integration"] == "github"} == {
        auth["id"] for auth in alike
    }
    (hostile,) = [item for item in items if item.get("app") == HOSTILE]
    assert hostile["validate"] == "off"
    assert f"!unsafe {HOSTILE!r}".replace('"', "")[:20] in (tmp_path / "exported.yml").read_text().replace('"', "")
    unchanged(play, tmp_path, APPLY, warnings=("2 integrations are identical",))


def test_credentials_are_named_variables(play: Player, sim: Simulator, tmp_path: Path) -> None:
    fill(sim, "flyio", "hashicorp-vault")
    exported(play, tmp_path)
    text = (tmp_path / "exported.yml").read_text()
    assert 'access_id: "{{ hashicorp_vault_admin_vault_example_com_access_id | default(omit) }}"' in text
    assert 'access_token: "{{ flyio_access_token | default(omit) }}"' in text
    other = sim.add_project("adopted-elsewhere")
    file = ("--extra-vars", f"@{tmp_path / 'exported.yml'}")
    only = {
        "infisical_project_id": other,
        "infisical_integrations": [],
        "infisical_secret_syncs": [],
        "infisical_app_connections": [],
    }
    play.canaries.add("fly-canary")
    failed = play(APPLY, *file, "--extra-vars", json.dumps(only), rc=2)
    assert "Credentials are missing for 2 object(s) that do not exist yet. Define these variables" in failed.text
    assert "flyio_access_token (integration auth flyio)" in failed.text
    assert "hashicorp_vault_admin_vault_example_com_access_id" in failed.text
    assert sim.auths(other) == []
    auth = {"integration": "flyio", "access_token": "{{ flyio_access_token | default(omit) }}"}
    flyio = json.dumps({"infisical_integration_auths": [auth]})
    switches = (*file, "--extra-vars", json.dumps(only), "--extra-vars", flyio)
    play(APPLY, *switches, variables={"flyio_access_token": "fly-canary"})
    (auth,) = sim.auths(other)
    assert sim.stored_credentials(auth["id"])["accessToken"] == "fly-canary"


@pytest.mark.parametrize("generation", ["2026"], indirect=True)
def test_syncs_and_connections(play: Player, sim: Simulator, tmp_path: Path) -> None:
    keys = {"accessKeyId": "AKIACANARYKEY", "secretAccessKey": "canary-aws-secret-access-key"}
    own = sim.add_connection("aws", "access-key", "aws-main", sim.project_id, **keys)
    shared = sim.add_connection("github", "pat", "github-shared", None, personalAccessToken="canary-pat")
    config = {"region": "us-east-1", "mappingBehavior": "many-to-one", "secretName": "my-app"}
    sim.add_sync(
        "aws-secrets-manager", own["id"], "dev", secretPath="/app", destinationConfig=config, syncStatus="succeeded"
    )
    where = {"scope": "repository", "owner": "o", "repo": HOSTILE}
    sim.add_sync("github", shared["id"], "prod", destinationConfig=where, isAutoSyncEnabled=False)
    data = exported(play, tmp_path)
    assert [item["name"] for item in data["infisical_app_connections"]] == ["aws-main"]
    # Two that were made in the same moment have no order.
    syncs = {item["connection_name"]: item for item in data["infisical_secret_syncs"]}
    assert sorted(syncs) == ["aws-main", "github-shared"]
    assert syncs["github-shared"]["destination_config"] == where
    assert data["infisical_app_connections"][0]["credentials"] == "{{ aws_aws_main_credentials | default(omit) }}"
    unchanged(play, tmp_path, APPLY)

    old = sim.add_connection("aws", "access-key", "aws-old", sim.project_id, **keys)
    place = {**config, "secretName": "old"}
    gone = sim.add_sync(
        "aws-secrets-manager", old["id"], "dev", name="old", destinationConfig=place, syncStatus="succeeded"
    )
    file = f"--extra-vars=@{tmp_path / 'exported.yml'}"
    variables = {"purge": "secret_syncs, app_connections"}
    for switches, sentence in ((["--check"], "2 to remove"), ([], "2 removed")):
        assert len(sim.syncs(sim.project_id)) == 3
        run = play(APPLY, file, *switches, variables=variables, env=SHOWN)
        assert '"remove": 2' in run.text
        shown = run.of("Show what was changed")["msg"]
        assert shown[:3] == [
            f"Project {sim.project_id}",
            f"- secret sync old ({gone['id']})",
            "- app connection aws aws-old",
        ]
        assert sentence in shown[3]
        assert shown[3].endswith("3 unchanged.")
    assert [one["name"] for one in sim.connections(sim.project_id)] == ["aws-main"]
    assert len(sim.syncs(sim.project_id)) == 2


def test_the_info_module_gives_what_the_plural_module_takes(sim: Simulator) -> None:
    fill(sim)
    found = done(sim, "infisical_integration_info", project_id=sim.project_id, export=True)
    again = done(sim, "infisical_integrations", project_id=sim.project_id, integrations=found["export"])
    assert not again["changed"]
    assert again["warnings"] == []
    assert again["counts"]["unchanged"] == len(known(sim))


@pytest.mark.parametrize("generation", ["2026"], indirect=True)
def test_a_server_can_have_nothing_run(play: Player, sim: Simulator, tmp_path: Path) -> None:
    """Texts of the server are in every place of the export, and none is a template when the export is applied."""
    canary = tmp_path / "canary"
    command = f"lookup('ansible.builtin.pipe', 'touch {canary}')"
    template = f"{{{{ {command} }}}}"
    own_delimiters = f"#jinja2:variable_start_string:'[%', variable_end_string:'%]'\n[% {command} %]"
    lines = f'x": 1\n- "{template}'
    emoji = f"\U0001f600 {template}"
    config = {
        "region": "us-east-1",
        "mappingBehavior": "many-to-one",
        "secretName": template,
        "credentialsVariable": command,
        "credentialVariables": {lines: command},
        lines: [own_delimiters],
        "marked": {"__ansible_unsafe": template},
    }
    for text in (template, own_delimiters, lines):
        own = sim.add_connection("aws", "access-key", text, sim.project_id)
        fields = {"description": emoji, "destinationConfig": config, "syncStatus": "succeeded"}
        sim.add_sync("aws-secrets-manager", own["id"], "dev", **fields)
        auth = sim.add_auth(sim.project_id, "aws-secret-manager", namespace=text, url=text)
        texts = dict.fromkeys(("app", "path", "region", "scope", "url", "targetService"), text)
        sim.add_integration(auth["id"], "dev", metadata={"secretSuffix": text}, **texts, **SYNCED)
    data = exported(play, tmp_path)
    for sync in data["infisical_secret_syncs"]:
        assert sync["description"] == emoji
        assert sync["destination_config"]["credentials_variable"] == command
        assert sync["destination_config"]["credential_variables"] == {lines: command}
        assert sync["destination_config"][lines] == [own_delimiters]
    unchanged(play, tmp_path, APPLY)
    assert not canary.exists()


def test_a_file_that_others_could_read_is_closed(play: Player, tmp_path: Path) -> None:
    file = tmp_path / "exported.yml"
    file.write_text("old")
    file.chmod(0o644)
    play(EXPORT, variables={"export_file": str(file)})
    assert file.stat().st_mode & 0o777 == 0o600


NATIVE_ID = "5a1cf3a9-8f3b-4b0c-8f55-8bd8b9d3d1a7"
NOTE = f"Takes the place of native integration {NATIVE_ID}. Fingerprint 0123456789abcdef. Of the team"
KEYS = {"access_key_id": AWS_KEY, "secret_access_key": AWS_SECRET}
AWS_CREDENTIALS = {
    "aws_secret_manager_access_id": AWS_KEY,
    "aws_secret_manager_access_token": AWS_SECRET,
    "aws_aws_main_credentials": KEYS,
}


def write_everywhere(sim: Simulator) -> None:
    """Let a project write to AWS in three ways, all of which delete or replace what Infisical doesn't have."""
    sim.set_secret(sim.project_id, "dev", "/app", "API_KEY", "api-value")
    auth = sim.add_auth(sim.project_id, "aws-secret-manager", accessId=AWS_KEY, accessToken=AWS_SECRET)
    sim.add_integration(auth["id"], "dev", app="native", region=REGION, secretPath="/app")
    own = sim.add_connection(
        "aws", "access-key", "aws-main", sim.project_id, accessKeyId=AWS_KEY, secretAccessKey=AWS_SECRET
    )
    options = {"initialSyncBehavior": "overwrite-destination", "disableSecretDeletion": False}
    secret = {"region": REGION, "mappingBehavior": "many-to-one", "secretName": "of-the-sync"}
    places = {"aws-secrets-manager": secret, "aws-parameter-store": {"region": REGION, "path": "/of-the-sync/"}}
    for destination, config in places.items():
        fields = {"secretPath": "/app", "destinationConfig": config, "syncOptions": options, "description": NOTE}
        sim.add_sync(destination, own["id"], "dev", name=f"app-{destination}", **fields)
    sim.set_secret(sim.project_id, "dev", "/app", "DB_KEY", "db-value")
    sim.wait_idle(60)


def held(aws: Aws) -> tuple[dict, dict]:
    """Return all that AWS holds."""
    pages = (
        aws.client("ssm")
        .get_paginator("get_parameters_by_path")
        .paginate(Path="/", Recursive=True, WithDecryption=True)
    )
    parameters = {found["Name"]: found["Value"] for page in pages for found in page["Parameters"]}
    return aws.secrets(), parameters


@pytest.mark.parametrize("generation", ["2026"], indirect=True)
def test_another_server_does_not_empty_the_destinations(
    play: Player, sim: Simulator, aws: Aws, tmp_path: Path, other: Player
) -> None:
    write_everywhere(sim)
    before = held(aws)
    both = {"API_KEY": "api-value", "DB_PASSWORD": "db-value", "DB_KEY": "db-value"}
    assert before == (
        {"native": both, "of-the-sync": both},
        {f"/of-the-sync/{key}": value for key, value in both.items()},
    )
    exported(play, tmp_path)
    file = f"--extra-vars=@{tmp_path / 'exported.yml'}"
    project_id = other.sim.add_project("fresh")
    fresh = {"infisical_project_slug": "fresh"}

    def everything() -> tuple:
        return other.sim.auths(project_id), other.sim.integrations(project_id), other.sim.syncs(project_id)

    missing = other(APPLY, file, variables=fresh, rc=2)
    names = "aws_secret_manager_access_id, aws_secret_manager_access_token (integration auth aws-secret-manager)"
    assert "Credentials are missing for 2 object(s) that do not exist yet" in missing.failure
    assert f"{names}; aws_aws_main_credentials (app connection aws aws-main). Nothing was changed." in missing.failure
    assert everything() == ([], [], [])

    known = {**fresh, **AWS_CREDENTIALS}
    replaces = "Each sync replaces the whole secret that app names"
    first = other(APPLY, file, variables=known, warnings=(replaces,))
    again = other(APPLY, file, variables=known)
    assert "5 added, 0 changed, 0 removed, 0 unchanged." in first.text
    assert "3 are active in the file and inactive in the project" in first.text
    assert "0 added, 0 changed, 0 removed, 5 unchanged." in again.text
    assert again.changed == []
    _auths, integrations, syncs = everything()
    assert [one["isActive"] for one in integrations] == [False]
    assert [(one["isAutoSyncEnabled"], one["description"]) for one in syncs] == [(False, "Of the team")] * 2
    other.sim.wait_idle(60)
    assert held(aws) == before

    active = {**known, "activate": True}
    refused = other(APPLY, file, variables=active, rc=2)
    assert "The folder '/app' of the environment 'dev' has no secrets" in refused.text
    other.sim.wait_idle(60)
    assert held(aws) == before

    for key, value in both.items():
        other.sim.set_secret(project_id, "dev", "/app", key, value)
    other(APPLY, file, variables=active)
    other.sim.wait_idle(60)
    assert all(one["isActive"] for one in everything()[1])
    assert all(one["isAutoSyncEnabled"] for one in everything()[2])
    assert held(aws) == before


@pytest.fixture
def other(aws: Aws, tmp_path: Path) -> Iterator[Player]:
    """Another server, which writes to the same AWS."""
    folder = tmp_path / "other"
    folder.mkdir()
    keys = {AWS_KEY: AWS_SECRET}
    with Simulator(generation="2026", create_open=True, aws_endpoint_url=aws.url, aws_credentials=keys) as simulator:
        yield Player(simulator, folder)


@pytest.mark.parametrize("generation", ["2026"], indirect=True)
def test_a_relative_file_is_written_where_the_command_was_started(play: Player) -> None:
    """Also where no shell has set PWD, as in AWX."""
    file = play.folder / "mine.yml"
    run = play(EXPORT, variables={"export_file": "mine.yml"}, env={"PWD": "", **SHOWN})
    # Numbers, at the oldest ansible-core too.
    assert '"auths": 0' in run.text
    assert file.stat().st_mode & 0o777 == 0o600
    assert f"Written to {file}: auths: 0," in run.text
    assert f"community.infisical.apply_export -e @{file} --check" in run.text
    refused = play(EXPORT, variables={"export_file": "missing/mine.yml"}, rc=2)
    place = play.folder / "missing" / "mine.yml"
    sentence = f"The export can't be written to {place}: its folder does not exist. Specify another file"
    assert sentence in refused.failure
    assert f"Action failed: {sentence}" in refused.text or f'"msg": "{sentence}' in refused.text
    assert "Traceback" not in refused.text
