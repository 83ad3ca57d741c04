# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An option of a module for one object is in all other places that have to know it, or a table says why not."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.community.infisical.plugins.module_utils._kinds import export
from contract.sync_examples import CREDENTIALS, UUID
from playbooks.services import done

from simulator import Simulator

ROOT = Path(__file__).resolve().parents[2]
MODULES = "ansible_collections.community.infisical.plugins.modules"
sys.path.insert(0, str(ROOT / "tests" / "tools"))

import generate_docs  # noqa: E402

APPLY = yaml.safe_load((ROOT / "playbooks" / "apply_export.yml").read_text())[0]["tasks"]


@dataclass(frozen=True)
class ObjectKind:
    """Where the options of the module for one object are found.

    `view` is what it returns. `example` has a value for each option that describes an object, `secrets` are those that
    can't be read. What excludes something in it is in `others`, further examples with their secrets. `exported` is what
    the export says of a view. The role has these options in `role_option`, and the `plural` module, if there is one, in
    `items`.
    """

    view: str
    example: Callable[[Simulator], dict[str, Any]]
    exported: Callable[[Mapping[str, Any]], list[dict[str, Any]]]
    role: str
    role_option: str
    secrets: Mapping[str, Any] = field(default_factory=dict)
    plural: str = ""
    items: str = ""
    others: tuple[tuple[dict[str, Any], dict[str, Any]], ...] = ()


def auth_example(sim: Simulator) -> dict[str, Any]:
    return {
        "project_id": sim.project_id,
        "integration": "hashicorp-vault",
        "target_url": "https://vault.example.com",
        "namespace": "team",
    }


def integration_example(sim: Simulator) -> dict[str, Any]:
    texts = ("app_id", "owner", "path", "region", "scope", "app")
    targets = ("target_environment", "target_environment_id", "target_service", "target_service_id")
    return {
        "project_id": sim.project_id,
        "integration": "hashicorp-vault",
        "integration_auth_id": sim.add_auth(sim.project_id, "hashicorp-vault")["id"],
        "source_environment": "dev",
        "secret_path": "/app",
        "is_active": False,
        "target_url": "https://service.example.com",
        **{name: f"some-{name}" for name in (*texts, *targets)},
        "metadata": {
            "initial_sync_behavior": "prefer-source",
            "secret_prefix": "A_",
            "secret_suffix": "_Z",
            "mapping_behavior": "one-to-one",
            "should_auto_redeploy": True,
            "secret_gcp_label": {"label_name": "l", "label_value": "v"},
            "secret_aws_tag": [{"key": "k", "value": "v"}],
            "metadata_sync_mode": "custom",
            "azure_label": "l",
            "github_visibility": "selected",
            "github_visibility_repo_ids": ["1"],
            "kms_key_id": "k-1",
            "should_disable_delete": True,
            "should_enable_delete": True,
            "should_mask_secrets": True,
            "should_protect_secrets": True,
            "octopus_deploy_scope_values": {
                name: ["s"] for name in ("environment", "action", "channel", "machine", "process_owner", "role")
            },
        },
    }


def connection_example(sim: Simulator) -> dict[str, Any]:
    return {
        "project_id": sim.project_id,
        "app": "hashicorp-vault",
        "method": "access-token",
        "name": "vault",
        "description": "The vault of the team",
        "gateway_id": UUID,
    }


# What excludes options of the example above.
OTHER_CONNECTIONS: tuple[tuple[dict[str, Any], dict[str, Any]], ...] = (
    (
        {
            "app": "azure-key-vault",
            "method": "client-secret",
            "name": "azure",
            "gateway_pool_id": UUID,
            "is_auto_rotation_enabled": True,
            "rotation": {"rotation_interval": 30, "rotate_at_utc": {"hours": 2, "minutes": 0}},
        },
        {"credentials": CREDENTIALS["azure-key-vault", "client-secret"]},
    ),
    (
        {"app": "postgres", "method": "username-and-password", "name": "db", "is_platform_managed_credentials": True},
        {
            "credentials": {
                "host": "db.example.com",
                "port": 5432,
                "database": "app",
                "username": "u",
                "password": "s-1",
                "ssl_enabled": True,
                "ssl_reject_unauthorized": True,
            }
        },
    ),
)


def sync_example(sim: Simulator) -> dict[str, Any]:
    keys = {"accessKeyId": "AKIAEXAMPLE", "secretAccessKey": "s-1"}
    connection = sim.add_connection("aws", "access-key", "aws", project_id=sim.project_id, **keys)
    return {
        "project_id": sim.project_id,
        "name": "app-dev",
        "destination": "aws-parameter-store",
        "description": "The app of the team",
        "connection_id": connection["id"],
        "environment": "dev",
        "secret_path": "/app",
        "is_auto_sync_enabled": False,
        "destination_config": {"region": "eu-central-1", "path": "/app/"},
        "sync_options": {
            "initial_sync_behavior": "overwrite-destination",
            "key_schema": "A_{{secretKey}}",
            "disable_secret_deletion": True,
        },
    }


AUTH_VIEW = {"integration": "hashicorp-vault", "target_url": "https://vault.example.com", "namespace": "team"}
KINDS = {
    "infisical_integration_auth": ObjectKind(
        view="integration_auth",
        example=auth_example,
        exported=lambda view: export.exported_auths([view]),
        role="native_integration",
        role_option="native_integration_auth",
        secrets={"access_id": "r-1", "access_token": "s-1"},
    ),
    "infisical_integration": ObjectKind(
        view="integration",
        example=integration_example,
        exported=lambda view: export.exported_integrations(
            [view], [{**AUTH_VIEW, "id": view["integration_auth_id"], "integration": view["integration"]}]
        ),
        role="native_integration",
        role_option="native_integration_destinations",
        plural="infisical_integrations",
        items="integrations",
    ),
    "infisical_app_connection": ObjectKind(
        view="app_connection",
        example=connection_example,
        exported=lambda view: export.exported_connections([view]),
        role="secret_sync",
        role_option="secret_sync_app_connection",
        secrets={"credentials": CREDENTIALS["hashicorp-vault", "access-token"]},
        others=OTHER_CONNECTIONS,
    ),
    "infisical_secret_sync": ObjectKind(
        view="secret_sync",
        example=sync_example,
        exported=lambda view: export.exported_syncs([view]),
        role="secret_sync",
        role_option="secret_sync_syncs",
        plural="infisical_secret_syncs",
        items="syncs",
    ),
}

TASK = "says what the task does, not what the object is"
ID = "the id of the object"
SECRET = "can't be read"
NAME = "only another way to name what another option names"
OWN = "an option of the role's own, for all objects"
PLAYBOOK = "a variable of the playbook, for all objects"
CREDENTIALS_OF_AUTH = "access_id access_token refresh_token aws_assume_iam_role_arn"

# By module and place: the options that are not there, by the reason why.
MISSING: dict[str, dict[str, dict[str, str]]] = {
    "infisical_integration_auth": {
        "RETURN": {
            TASK: "state update_credentials cascade validate prove",
            ID: "integration_auth_id",
            NAME: "project_slug",
            SECRET: CREDENTIALS_OF_AUTH,
        },
        "simulator": {
            TASK: "state update_credentials cascade validate prove",
            ID: "integration_auth_id",
            NAME: "project_slug",
            SECRET: CREDENTIALS_OF_AUTH,
        },
        "export": {
            TASK: "state update_credentials cascade prove",
            PLAYBOOK: "project_id project_slug",
            "the export has the names of variables instead": CREDENTIALS_OF_AUTH,
            "only for auths that are alike": "integration_auth_id",
        },
        "apply_export": {TASK: "state update_credentials cascade prove", NAME: "project_slug"},
        "role": {OWN: "state project_id project_slug integration", "the role keeps an auth that is in use": "cascade"},
    },
    "infisical_integration": {
        "RETURN": {
            TASK: (
                "state activate sync wait wait_timeout delete_destination_secrets accept_deletion remove_duplicates"
                " validate"
            ),
            ID: "integration_id",
            NAME: "project_slug auth_namespace auth_target_url",
        },
        "simulator": {
            TASK: (
                "state activate sync wait wait_timeout delete_destination_secrets accept_deletion remove_duplicates"
                " validate"
            ),
            ID: "integration_id",
            NAME: "project_slug auth_namespace auth_target_url",
        },
        "suboptions": {"an option of the task, for all items": "project_slug"},
        "export": {
            TASK: "state activate sync wait wait_timeout delete_destination_secrets accept_deletion remove_duplicates",
            PLAYBOOK: "project_id project_slug",
            "only if the environment was deleted": "integration_id",
            "only for auths that are alike": "integration_auth_id",
        },
        "apply_export": {NAME: "project_slug"},
        "role": {
            OWN: "state project_id project_slug integration",
            "from the role's option for the auth": "integration_auth_id auth_namespace auth_target_url",
        },
    },
    "infisical_app_connection": {
        "RETURN": {
            TASK: "state update_credentials validate removed_syncs",
            ID: "connection_id",
            NAME: "project_slug",
            SECRET: "credentials",
        },
        "simulator": {
            TASK: "state update_credentials validate removed_syncs",
            ID: "connection_id",
            NAME: "project_slug",
            SECRET: "credentials",
        },
        "export": {
            TASK: "state update_credentials validate removed_syncs",
            ID: "connection_id",
            PLAYBOOK: "project_id project_slug",
            "the export has the name of a variable instead": "credentials",
        },
        "apply_export": {
            TASK: "state update_credentials validate removed_syncs",
            ID: "connection_id",
            NAME: "project_slug",
        },
        "role": {OWN: "state project_id project_slug removed_syncs"},
    },
    "infisical_secret_sync": {
        "RETURN": {
            TASK: (
                "state activate sync import_secrets wait wait_timeout delete_destination_secrets check_duplicates"
                " consult_options validate"
            ),
            ID: "sync_id",
            NAME: "project_slug connection_name",
        },
        "simulator": {
            TASK: (
                "state activate sync import_secrets wait wait_timeout delete_destination_secrets check_duplicates"
                " consult_options validate"
            ),
            ID: "sync_id",
            NAME: "project_slug connection_name",
        },
        "suboptions": {"an option of the task, for all items": "project_slug"},
        "export": {
            TASK: (
                "state activate sync import_secrets wait wait_timeout delete_destination_secrets check_duplicates"
                " consult_options"
            ),
            ID: "sync_id",
            PLAYBOOK: "project_id project_slug",
            "only for a connection without a name": "connection_id",
            "only for what the catalogue finds fault with": "validate",
        },
        "apply_export": {NAME: "project_slug"},
        "role": {OWN: "project_id project_slug"},
    },
}


def declared(module: str) -> dict[str, dict[str, Any]]:
    """Return the argument spec of a module, without the options for the connection to the server."""
    return dict(importlib.import_module(f"{MODULES}.{module}").MODULE.options)


def returned(module: str) -> dict[str, dict[str, Any]]:
    """Return what the documentation says of the object that a module returns."""
    text = importlib.import_module(f"{MODULES}.{module}").RETURN
    return yaml.safe_load(text)[KINDS[module].view]["contains"]


def sample_view(module: str) -> dict[str, Any]:
    """Return an object of a kind in which everything has a value."""
    samples = {name: entry["sample"] for name, entry in returned(module).items()}
    return {name: f"some-{name}" if sample in (None, "") else sample for name, sample in samples.items()}


def suboptions(module: str) -> set[str]:
    kind = KINDS[module]
    return set(declared(kind.plural)[kind.items]["options"]) if kind.plural else set()


def exported(module: str) -> set[str]:
    [item] = KINDS[module].exported(sample_view(module))
    return set(item)


def arguments(tasks: list[dict[str, Any]], module: str) -> dict[str, str]:
    """Return what a playbook or role passes to a module, those in blocks included."""
    found = [*tasks, *(inner for task in tasks for inner in task.get("block", []))]
    return next(task[f"community.infisical.{module}"] for task in found if f"community.infisical.{module}" in task)


def passed(module: str, tasks: list[dict[str, Any]]) -> set[str]:
    """Return the options that a playbook or role hands on: one by one, or all of them with the plural module."""
    kind = KINDS[module]
    used = [name for name in (module, kind.plural) if f"community.infisical.{name}:" in yaml.safe_dump(tasks)]
    given = arguments(tasks, used[0])
    return set(given) if used[0] == module else suboptions(module) if kind.items in given else set()


def applied(module: str) -> set[str]:
    return passed(module, APPLY)


def in_role(module: str) -> set[str]:
    kind = KINDS[module]
    folder = ROOT / "roles" / kind.role
    options = yaml.safe_load((folder / "meta" / "argument_specs.yml").read_text())["argument_specs"]["main"]["options"]
    described = set(options[kind.role_option]["options"])
    return described & passed(module, yaml.safe_load((folder / "tasks" / "main.yml").read_text()))


def simulated(module: str) -> set[str]:
    """Return the options that a simulated server has stored, so that they are in its answer."""
    kind, found = KINDS[module], set()
    with Simulator(generation="2026", create_open=True) as sim:
        for example, secrets in ((kind.example(sim), kind.secrets), *kind.others):
            view = done(sim, module, **example, **secrets, validate="off")[kind.view]
            parts = {name for name in example if not lacking_parts(module, name, example[name])}
            found |= {name for name in parts if view[name] == example[name]}
    return found


def lacking_parts(module: str, option: str, value: Any) -> set[str]:
    """Return the suboptions of an option that its example has no value for."""
    return set(declared(module)[option].get("options", {})) - set(value if isinstance(value, dict) else {})


PLACES: dict[str, Callable[[str], set[str]]] = {
    "RETURN": lambda module: set(returned(module)),
    "suboptions": suboptions,
    "export": exported,
    "apply_export": applied,
    "role": in_role,
    "simulator": simulated,
}
CASES = [(module, place) for module, kind in KINDS.items() for place in PLACES if place != "suboptions" or kind.plural]


def test_every_kind_is_in_the_table() -> None:
    files = (ROOT / "plugins" / "modules").glob("infisical_*.py")
    specs = {file.stem: importlib.import_module(f"{MODULES}.{file.stem}").MODULE.argument_spec() for file in files}
    # A login is nothing that stays.
    assert {name for name, spec in specs.items() if "state" in spec} - {"infisical_login"} == KINDS.keys()


@pytest.mark.parametrize(("module", "place"), CASES)
def test_an_option_is_in_all_places(module: str, place: str) -> None:
    """Fails for an option that is not there, and for an exception that is none any more."""
    excused = {name for names in MISSING[module].get(place, {}).values() for name in names.split()}
    found = set(declared(module)) - PLACES[place](module)
    assert not found - excused, (
        f"The {place} of {module} lacks {found - excused}: add it there, or say in MISSING why not."
    )
    assert not excused - found, f"The {place} of {module} has {excused - found}: remove it from MISSING."


RECORD = yaml.safe_load(generate_docs.RECORD.read_text("utf-8"))


def changes() -> list[str]:
    """Return all entries of the changelog, those of the next release included."""
    releases = yaml.safe_load((ROOT / "changelogs" / "changelog.yaml").read_text("utf-8"))["releases"]
    sections = [release.get("changes", {}) for release in releases.values()]
    sections += [yaml.safe_load(file.read_text("utf-8")) for file in ROOT.glob("changelogs/fragments/*.yml")]
    return [
        entry for section in sections for entries in section.values() if isinstance(entries, list) for entry in entries
    ]


def untold(module: str, versions: Mapping[str, str], entries: list[str]) -> list[str]:
    """Return what is wrong with options that are not as old as their module, and with those that were removed."""
    since = yaml.safe_load(importlib.import_module(f"{MODULES}.{module}").DOCUMENTATION)["version_added"]
    options = generate_docs.paths(module)
    found = []
    for version, name in ((version, name) for version, names in versions.items() for name in names.split()):
        if name not in options:
            found.append(f"{name} was removed")
        elif version != since and options[name].get("version_added") != version:
            found.append(f"{name} needs version_added {version}")
        if version != since and not any(re.search(rf"\b{module}\b.*\b{name}\b", entry, re.DOTALL) for entry in entries):
            found.append(f"{name} is in no entry of the changelog")
    return found


@pytest.mark.parametrize("module", RECORD)
def test_an_option_after_the_first_release_is_in_the_changelog(module: str) -> None:
    assert untold(module, RECORD[module], changes()) == []


def test_what_is_wrong_with_a_later_option_is_found() -> None:
    told = ["infisical_login - the option ``state`` is new."]
    assert untold("infisical_login", {"1.0.0": "gone"}, []) == ["gone was removed"]
    assert untold("infisical_login", {"1.1.0": "state"}, told) == ["state needs version_added 1.1.0"]
    assert untold("infisical_login", {"1.1.0": "state"}, [])[1:] == ["state is in no entry of the changelog"]
