# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Adoption: what somebody made by other means is written down as variables, and applying them changes nothing."""

from __future__ import annotations

import json
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

from .harness import Player
from .services import CASES, done, known

API = {item.option: item.api for item in INTEGRATION.fields}
EXPORT, APPLY = "community.infisical.export", "community.infisical.apply_export"
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


def test_the_playbooks_take_one_of_each_service(play: Player, sim: Simulator, tmp_path: Path) -> None:
    count = fill(sim)
    data = exported(play, tmp_path)
    assert data["infisical_project_id"] == sim.project_id
    assert len(data["infisical_native_integrations"]) == count
    unchanged(play, tmp_path, APPLY)


def test_the_role_takes_what_is_exported(play: Player, sim: Simulator, tmp_path: Path) -> None:
    fill(sim, "aws-secret-manager", "github", "hashicorp-vault")
    assert len(exported(play, tmp_path)["infisical_native_integrations"]) == 3
    unchanged(play, tmp_path, ROLES)


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
    assert "no credential is given to create one" in failed.text
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
