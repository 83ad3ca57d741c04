# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation and code say the same: a module's options, what it returns, and which modules there are."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from ansible_collections.community.infisical.plugins.doc_fragments import attributes, connection, options, services
from ansible_collections.community.infisical.plugins.module_utils._catalog.apps import APPS
from ansible_collections.community.infisical.plugins.module_utils._catalog.destinations import DESTINATIONS
from ansible_collections.community.infisical.plugins.module_utils._catalog.services import SERVICES
from ansible_collections.community.infisical.plugins.module_utils._http.logins import ENVIRONMENT
from ansible_collections.community.infisical.plugins.module_utils._kinds.native import AUTH, INTEGRATION
from ansible_collections.community.infisical.tests.unit.plugins.harness import Server

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = "ansible_collections.community.infisical.plugins.modules"
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("[!_]*.py"))
# These talk to something else than an Infisical server, and so have neither its options nor its failures.
WITHOUT_SERVER = {name for name in MODULES if not importlib.import_module(f"{PACKAGE}.{name}").MODULE.connects}
FRAGMENTS = {"connection": connection, "attributes": attributes, "options": options, "services": services}
# What is masked wherever it turns up. An option that is not here says that it is no secret.
SECRETS = {
    "extra_headers",
    "jwt",
    "ldap_password",
    "token",
    "universal_auth_client_secret",
    "infisical_app_connection.credentials",
    "infisical_destination_info.access_key_id",
    "infisical_destination_info.key",
    "infisical_destination_info.secret_access_key",
    "infisical_destination_info.session_token",
    "infisical_integration_auth.access_id",
    "infisical_integration_auth.access_token",
    "infisical_integration_auth.refresh_token",
    "infisical_migration.connections.credentials",
    "infisical_migration.destinations.access_key_id",
    "infisical_migration.destinations.secret_access_key",
    "infisical_migration.destinations.session_token",
    "infisical_migration.journal_key",
}


@pytest.fixture(params=MODULES)
def module(request: pytest.FixtureRequest) -> ModuleType:
    return importlib.import_module(f"{PACKAGE}.{request.param}")


@pytest.fixture(params=[name for name in MODULES if name not in WITHOUT_SERVER])
def server_module(request: pytest.FixtureRequest) -> ModuleType:
    return importlib.import_module(f"{PACKAGE}.{request.param}")


def spec_of(module: ModuleType) -> dict[str, dict]:
    return module.MODULE.argument_spec()


def rules_of(module: ModuleType) -> dict[str, Any]:
    return dict(module.MODULE.rules)


def documentation(module: ModuleType) -> dict[str, Any]:
    """A module's documentation with its fragments."""
    own = yaml.safe_load(module.DOCUMENTATION)
    merged: dict[str, Any] = {"options": {}, "attributes": {}}
    notes: list[str] = list(own.get("notes", []))
    for name in own["extends_documentation_fragment"]:
        file, _unused, part = name.removeprefix("community.infisical.").partition(".")
        fragment = yaml.safe_load(getattr(FRAGMENTS[file].ModuleDocFragment, (part or "documentation").upper()))
        notes += fragment.get("notes", [])
        for section, entries in merged.items():
            for key, value in fragment.get(section, {}).items():
                entries[key] = {**value, **entries.get(key, {})}
    for section, entries in merged.items():
        for key, value in own.get(section, {}).items():
            entries[key] = {**entries.get(key, {}), **value}
    return {**own, **merged, "notes": notes}


def documented(option: dict) -> dict[str, Any]:
    """What the documentation says of an option, in the form of an argument spec."""
    found = {key: option[key] for key in ("type", "default", "required", "elements", "aliases") if key in option}
    if "choices" in option:
        found["choices"] = sorted(option["choices"])
    if "suboptions" in option:
        found["options"] = {name: documented(inner) for name, inner in option["suboptions"].items()}
    return found


def specified(option: dict) -> dict[str, Any]:
    """The same from the argument spec, without what is not documented in such keys."""
    found = {key: option[key] for key in ("type", "default", "required", "elements", "aliases") if key in option}
    if "choices" in option:
        found["choices"] = sorted(option["choices"])
    if "options" in option:
        found["options"] = {name: specified(inner) for name, inner in option["options"].items()}
    return found


def test_options(module: ModuleType) -> None:
    spec = spec_of(module)
    described = documentation(module)["options"]
    assert {name: documented(option) for name, option in described.items()} == {
        name: specified(option) for name, option in spec.items()
    }


def named(spec: dict, wanted: str) -> list[dict]:
    """Every option with a name, suboptions included."""
    inner = [found for option in spec.values() for found in named(option.get("options", {}), wanted)]
    return [*([spec[wanted]] if wanted in spec else []), *inner]


def test_a_project_can_be_called_a_workspace_wherever_it_is_an_option(module: ModuleType) -> None:
    options = named(spec_of(module), "project_id")
    assert all(option.get("aliases") == ["workspace_id"] for option in options)
    assert bool(options) == (
        module.__name__.rpartition(".")[2] not in {"infisical_login", "infisical_audit_info", *WITHOUT_SERVER}
    )


def test_environment_variables(server_module: ModuleType) -> None:
    described = documentation(server_module)["options"]
    for name, variables in ENVIRONMENT.items():
        text = " ".join(described[name]["description"])
        assert all(f"E({variable})" in text for variable in variables)
    assert set(ENVIRONMENT) == {name for name, option in described.items() if "E(" in str(option["description"])}


SHOWN = {
    "infisical_integration_auth": set(SERVICES),
    "infisical_integration": set(SERVICES),
    "infisical_app_connection": {slug for slug, entry in APPS.items() if entry.methods},
    "infisical_secret_sync": {slug for slug, entry in DESTINATIONS.items() if entry.verified and entry.all_fields},
}


@pytest.mark.parametrize("name", SHOWN)
def test_notes_tell_what_each_service_needs(name: str) -> None:
    module = importlib.import_module(f"{PACKAGE}.{name}")
    notes = documentation(module)["notes"]
    told = [re.findall(r"V\(([a-z0-9-]+)\)", note.partition(" - ")[0]) for note in notes if note.startswith("V(")]
    assert sorted(slug for slugs in told for slug in slugs) == sorted(SHOWN[name])
    spec = spec_of(module)
    for option in re.findall(r"O\(([a-z_.]+)", " ".join(notes)):
        group, _unused, key = option.partition(".")
        assert group in spec
        assert not key or key in spec[group]["options"]


def masked(spec: dict, path: str = "") -> set[str]:
    found = {path + name for name, option in spec.items() if option.get("no_log")}
    for name, option in spec.items():
        found |= masked(option.get("options", {}), f"{path}{name}.")
    return found


def test_secrets(module: ModuleType) -> None:
    name = module.__name__.rpartition(".")[2]
    own = {secret.partition(".")[2] for secret in SECRETS if secret.startswith(f"{name}.")}
    everywhere = set() if name in WITHOUT_SERVER else {secret for secret in SECRETS if "." not in secret}
    assert masked(spec_of(module)) == own | everywhere


def test_masked_mappings_have_no_named_parts(module: ModuleType) -> None:
    spec = spec_of(module)
    assert [name for name, option in spec.items() if option.get("no_log") and option.get("options")] == []


def test_requirements_between_options_name_options(module: ModuleType) -> None:
    rules = rules_of(module)
    named = {option for item in rules.pop("required_by", {}).items() for option in (item[0], *item[1])}
    named |= {option for item in rules.pop("required_if", []) for option in (item[0], *item[2])}
    named |= {option for groups in rules.values() for group in groups for option in group}
    assert named <= spec_of(module).keys()


RETURNED = {
    "infisical_integration_auth": ("integration_auth", AUTH, []),
    "infisical_integration_auth_info": ("integration_auths", AUTH, []),
    "infisical_integration": ("integration", INTEGRATION, []),
    "infisical_integration_info": ("integrations", INTEGRATION, []),
}


@pytest.mark.parametrize("name", RETURNED)
def test_returned_keys(name: str) -> None:
    key, kind, more = RETURNED[name]
    returned = yaml.safe_load(importlib.import_module(f"{PACKAGE}.{name}").RETURN)
    assert list(returned[key]["contains"]) == list(kind.blank()) + more


def test_samples_fit_their_types(module: ModuleType) -> None:
    types = {"str": str, "int": int, "bool": bool, "list": list, "dict": dict, "float": float}

    def unfit(entries: dict) -> list[str]:
        found = []
        for key, entry in entries.items():
            sample = entry.get("sample")
            if sample is not None and not isinstance(sample, types[entry["type"]]):
                found.append(key)
            found.extend(unfit(entry.get("contains", {})))
        return found

    assert unfit(yaml.safe_load(module.RETURN)) == []


def test_failures_are_documented(server_module: ModuleType) -> None:
    assert {"error_kind", "status", "req_id"} <= yaml.safe_load(server_module.RETURN).keys()


def test_action_group(server_module: ModuleType) -> None:
    membership = documentation(server_module)["attributes"]["action_group"]["membership"]
    assert membership == ["community.infisical.infisical"]


def test_all_modules_are_in_the_action_group() -> None:
    runtime = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text())
    assert sorted(runtime["action_groups"]["infisical"]) == [name for name in MODULES if name not in WITHOUT_SERVER]


def test_all_modules_are_led_to_the_shared_plugin() -> None:
    routes = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text())["plugin_routing"]
    assert routes["modules"] == {name: {"action_plugin": "community.infisical.in_process"} for name in MODULES}
    # A redirection would give each module the defaults of all others.
    assert "action" not in routes


def test_check_mode_is_never_a_skip(module: ModuleType, server: Server) -> None:
    result = server.run(module, check=True, login={"url": "no-url", "auth_method": "token_auth", "token": "given"})
    assert result.failed
    assert "skipped" not in result.data


@pytest.mark.parametrize("attribute", ["check_mode", "diff_mode", "idempotent"])
def test_attributes(module: ModuleType, attribute: str) -> None:
    assert documentation(module)["attributes"][attribute]["support"] in ("full", "partial", "none", "N/A")


def test_examples_use_options_that_exist(module: ModuleType) -> None:
    def tasks(entries: list) -> list[dict]:
        return [
            task
            for entry in entries
            for task in (entry, *(inner for part in ("block", "always") for inner in tasks(entry.get(part, []))))
        ]

    for task in tasks(yaml.safe_load(module.EXAMPLES)):
        for action in task.keys() & {f"community.infisical.{name}" for name in MODULES}:
            used = importlib.import_module(f"{PACKAGE}.{action.rpartition('.')[2]}")
            aliases = {alias for spec in spec_of(used).values() for alias in spec.get("aliases", [])}
            assert task[action].keys() <= spec_of(used).keys() | aliases
