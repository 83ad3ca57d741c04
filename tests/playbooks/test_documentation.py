# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples in the documentation: all are YAML, and the playbooks among them do what they say."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from contract.sync_examples import CREDENTIALS

from simulator import Simulator

from .harness import AWS_KEY, AWS_SECRET, Aws, Player
from .services import BY_BROWSER, CASES, MODULES

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "tools"))

import guides  # noqa: E402
import service_pages  # noqa: E402
from ansible_collections.community.infisical.plugins.module_utils._catalog.native import (  # noqa: E402
    deletion_warning,
    keeping,
)
from ansible_collections.community.infisical.plugins.plugin_utils._variables import declared  # noqa: E402

only_2026 = pytest.mark.parametrize("generation", ["2026"], indirect=True)


class Loader(yaml.SafeLoader):
    """Reads YAML with the tags that Ansible adds."""


Loader.add_multi_constructor("!", lambda loader, _tag, node: loader.construct_scalar(node))


def blocks(page: str) -> list[str]:
    """Return the YAML in the code blocks of a page (Markdown or RST), those in lists included."""
    found = re.findall(r"^( *)```ya?ml\n(.*?)^ *```", page, re.MULTILINE | re.DOTALL)
    marked = [re.sub(rf"^{indent}", "", text, flags=re.MULTILINE) for indent, text in found]
    return [*marked, *(text for language, text in guides.blocks(page) if language in ("yaml", "yaml+jinja"))]


def plays(page: str) -> list[str]:
    """Return the blocks of a page that are playbooks."""
    return [text for text in blocks(page) if _is_playbook(yaml.load(text, Loader))]  # noqa: S506 - a safe loader


def _is_playbook(data: Any) -> bool:
    return isinstance(data, list) and all(isinstance(item, dict) and "hosts" in item for item in data)


def variables_in(text: str) -> set[str]:
    return set(re.findall(r"\{\{ (\w+) \}\}", text))


def together(pages: Mapping[str, str], names: Iterable[str]) -> str:
    """Return the playbooks of many pages as one, which starts Ansible once."""
    found = [(name, plays(pages[name])) for name in names]
    assert [name for name, texts in found if len(texts) != 1] == []
    return "\n".join(text for _page, texts in found for text in texts)


@pytest.mark.thorough
@only_2026
@pytest.mark.timeout(1200)
def test_the_examples_for_native_integrations(play: Player, sim: Simulator) -> None:
    # Seventy tasks in one go, each with a login of its own: more than a server takes in a minute.
    sim.rate_limits = False
    playbook = together(SERVICE_PAGES, [f"services/{slug}.rst" for slug in sorted(CASES)])
    variables = {name: f"canary-{name}" for name in variables_in(playbook) - {"project_id"}}
    variables["gcp_secret_manager_refresh_token"] = CASES["gcp-secret-manager"].auth["refresh_token"]
    variables["azure_devops_access_token"] = CASES["azure-devops"].auth["access_token"]
    play.canaries |= {value for name, value in variables.items() if not name.endswith("access_id")}
    limits = [f"{slug}: " for slug in sorted(BY_BROWSER)]
    lost = [text for slug in sorted(CASES) if (text := deletion_warning(slug, {"metadata": keeping(slug)}, {}))]

    check = play(playbook, "--check", variables=variables, warnings=limits + lost)
    apply = play(playbook, variables=variables, warnings=limits + lost)
    # AWS refuses the keys.
    again = play(playbook, variables=variables, warnings=["The last sync of integration"] * 2)

    assert check.changes == apply.changes
    assert all(changed for _task, changed in apply.changes)
    assert again.changed == []
    auths, integrations = play.objects()
    assert {auth["integration"] for auth in auths} == set(CASES)
    assert len(auths) + len(integrations) == len(apply.changes)


@pytest.mark.thorough
@only_2026
@pytest.mark.timeout(1200)
def test_the_examples_for_secret_syncs(play: Player, sim: Simulator) -> None:
    sim.rate_limits = False
    names = sorted(name for name in SERVICE_PAGES if name.startswith("destinations/"))
    playbook = together(SERVICE_PAGES, names)
    variables = {}
    for (app, _method), credentials in CREDENTIALS.items():
        prefix = re.sub(r"[^a-z0-9]+", "_", app).replace("1password", "onepassword")
        variables.update({f"{prefix}_{name}": value for name, value in credentials.items()})
    variables.update(aws_access_key_id=AWS_KEY, aws_secret_access_key=AWS_SECRET)
    assert variables_in(playbook) - {"project_id"} <= variables.keys()

    check = play(playbook, "--check", variables=variables)
    apply = play(playbook, variables=variables)
    again = play(playbook, variables=variables)

    # Destinations of one app share a connection, which each page makes: the real run makes it for the first.
    writes = [task for task, _changed in apply.changes if task.startswith("Write ")]
    assert [task for task in check.changed if task.startswith("Write ")] == writes
    assert [task for task in apply.changed if task.startswith("Write ")] == writes
    assert set(check.changed) == set(apply.changed)
    assert again.changed == []
    assert {sync["destination"] for sync in sim.syncs(sim.project_id)} == {Path(name).stem for name in names}


def committed() -> dict[str, str]:
    """Return the pages that are files: the path and the text."""
    files = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "roles").glob("*/README.md"))]
    files += [ROOT / "docs" / "index.rst", *sorted(guides.FOLDER.glob("*.rst"))]
    return {str(file.relative_to(ROOT)): file.read_text("utf-8") for file in files}


COMMITTED = committed()
SERVICE_PAGES = service_pages.pages()
ALL = {**COMMITTED, **SERVICE_PAGES}


def test_all_yaml_is_yaml() -> None:
    for name, page in ALL.items():
        for text in blocks(page):
            assert yaml.load(text, Loader) is not None, name  # noqa: S506 - a safe loader


RUN = [name for name, page in COMMITTED.items() if plays(page)]
KEYS = {
    **{f"aws_{name}_key_id": AWS_KEY for name in ("dev", "staging", "prod")},
    **{f"aws_{name}_secret_key": AWS_SECRET for name in ("dev", "staging", "prod")},
    "new_access_key_id": AWS_KEY,
    "new_secret_access_key": AWS_SECRET,
    "flyio_access_token": "canary-token",
    "aws_credentials": {"access_id": AWS_KEY, "access_token": AWS_SECRET},
    "destinations": [{"source_environment": "dev", "secret_path": "/app", "app": "a", "region": "us-east-1"}],
    "vaulted_access_key_id": AWS_KEY,
    "vaulted_secret_access_key": AWS_SECRET,
    "vaulted_journal_key": "canary-journal-key",
}


@only_2026
@pytest.mark.parametrize(
    "name", RUN, ids=lambda name: name.removesuffix("/README.md").removesuffix(".md").removesuffix(".rst")
)
def test_the_playbooks_on_a_page(play: Player, sim: Simulator, name: str) -> None:
    sim.rate_limits = False
    variables = {**KEYS, "project_ids": [sim.project_id]}
    page = COMMITTED[name]
    if "migrate" in name:
        auth = sim.add_auth(sim.project_id, "aws-secret-manager", accessId=AWS_KEY, accessToken=AWS_SECRET)
        sim.add_integration(auth["id"], "dev", secretPath="/app", app="my-app/dev", region="us-east-1")
    if "rotate_credentials" not in name:
        for playbook in plays(page):
            play.thrice(playbook, variables=variables)
        return
    # These write credentials, which can't be compared, each time.
    sim.add_auth(sim.project_id, "aws-secret-manager", accessId=AWS_KEY, accessToken=AWS_SECRET)
    keys = {"accessKeyId": AWS_KEY, "secretAccessKey": AWS_SECRET}
    sim.add_connection("aws", "access-key", "aws-dev", project_id=sim.project_id, **keys)
    for playbook in plays(page):
        for switches in (["--check"], []):
            assert play(playbook, *switches, variables=variables).changed


COMMAND = re.compile(r"ansible-playbook community\.infisical\.([\w.]+)((?:[^\n]|\\\n)*)")


@pytest.mark.parametrize("page", ALL.values(), ids=ALL.keys())
def test_commands_name_playbooks_and_their_variables(page: str) -> None:
    for name, rest in COMMAND.findall(page):
        playbook = ROOT / "playbooks" / f"{name.replace('.', '/')}.yml"
        assert playbook.exists()
        assert set(re.findall(r"-e (\w+)=", rest)) <= variables_of(playbook), name


def variables_of(playbook: Path) -> set[str]:
    """Return the variables that the first task of a playbook declares, or else the words of its comment."""
    text = playbook.read_text("utf-8")
    first = yaml.safe_load(text)[0]["tasks"][0]
    if args := first.get("community.infisical.playbook_variables"):
        return {variable.name for variable in declared(**args)}
    return set(re.findall(r"\w+", text.partition("\n- name:")[0]))


@only_2026
def test_the_examples_of_the_modules_run(play: Player, sim: Simulator, aws: Aws) -> None:
    project_id = sim.add_project("my-project", folders=("/", "/app", "/app/db"))
    sim.set_secret(project_id, "dev", "/app", "API_KEY", "api-value")
    for name in ("aws-dev", "aws-prod"):
        keys = {"accessKeyId": AWS_KEY, "secretAccessKey": AWS_SECRET}
        sim.add_connection("aws", "access-key", name, project_id=project_id, **keys)
    # Where one auth is removed at the end, nothing may use it.
    names = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))
    names.sort(key=lambda name: name != "infisical_integration_auth")
    tasks = [importlib.import_module(f"{MODULES}.{name}").EXAMPLES for name in names]
    head = "- hosts: localhost\n  gather_facts: false\n  tasks:\n"
    playbook = "\n".join(head + re.sub(r"^(?=.)", "    ", text.strip(), flags=re.MULTILINE) for text in tasks)
    variables = {
        **KEYS,
        "project_id": project_id,
        "production_access_key_id": AWS_KEY,
        "production_secret_access_key": AWS_SECRET,
        "infisical_url": sim.url,
        "client_id": sim.admin.client_id,
        "client_secret": sim.admin.client_secret,
    }
    env = {"AWS_ENDPOINT_URL": aws.url, "AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any"}

    run = play(playbook, variables=variables, env=env)

    assert len(run.results) > len(names)
