# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The exact options that an export has for objects of each kind."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.community.infisical.plugins.module_utils._kinds import export
from ansible_collections.community.infisical.plugins.module_utils._kinds.app_connection import CONNECTION
from ansible_collections.community.infisical.plugins.module_utils._kinds.native import AUTH, INTEGRATION
from ansible_collections.community.infisical.plugins.module_utils._kinds.sync import SYNC


def auth(auth_id: str = "a-1", integration: str = "flyio", **more: Any) -> dict[str, Any]:
    return {**AUTH.blank(), "id": auth_id, "integration": integration, **more}


def integration(**more: Any) -> dict[str, Any]:
    view = {"id": "i-1", "integration": "flyio", "integration_auth_id": "a-1", "source_environment": "prod"}
    return {**INTEGRATION.blank(), **view, "secret_path": "/", "is_active": True, "app": "my-app", **more}


def connection(**more: Any) -> dict[str, Any]:
    return {**CONNECTION.blank(), "id": "c-1", "app": "aws", "name": "main", "method": "access-key", **more}


def sync(**more: Any) -> dict[str, Any]:
    view = {"id": "s-1", "name": "app", "destination": "flyio", "environment": "prod", "secret_path": "/"}
    settings = {
        "destination_config": {"app_id": "x"},
        "sync_options": {"initial_sync_behavior": "overwrite-destination"},
    }
    return {**SYNC.blank(), **view, "is_auto_sync_enabled": True, **settings, **more}


FLYIO = {"source_environment": "prod", "secret_path": "/", "is_active": True, "app": "my-app"}


@pytest.mark.parametrize(
    ("auths", "named"),
    [
        ([auth()], {}),
        ([auth(namespace="team")], {"auth_namespace": "team"}),
        ([auth(), auth("a-2")], {"integration_auth_id": "a-1"}),
        ([auth(), auth("a-2", namespace="team")], {}),
        ([], {"integration_auth_id": "a-1"}),
        ([auth(integration="github")], {"integration_auth_id": "a-1"}),
    ],
    ids=["alone", "namespace", "alike", "distinct", "gone", "of another service"],
)
def test_an_integration_names_its_auth_by_id_only_if_nothing_else_tells_which(auths: list, named: dict) -> None:
    [item] = export.exported_integrations([integration()], auths)
    assert item == {"integration": "flyio", **named, **FLYIO}


def test_an_integration_whose_environment_is_gone_has_its_id() -> None:
    [item] = export.exported_integrations([integration(source_environment="")], [auth()])
    assert item.pop("validate", "off") == "off"
    assert item == {
        "integration": "flyio",
        "integration_id": "i-1",
        **{name: value for name, value in FLYIO.items() if name != "source_environment"},
    }


TAG = {"key": "team", "value": "web"}
LABEL = {"label_name": "team", "label_value": "web"}


@pytest.mark.parametrize(
    ("stored", "kept"),
    [
        ({"secret_prefix": "X_", "should_enable_delete": True}, {"secret_prefix": "X_", "should_enable_delete": True}),
        ({"mapping_behavior": "one-to-one"}, {"mapping_behavior": "one-to-one"}),
        ({"mapping_behavior": "by-magic", "secret_prefix": "X_"}, {"secret_prefix": "X_"}),
        ({"secret_aws_tag": [{**TAG, "made_by": "x"}]}, {"secret_aws_tag": [TAG]}),
        ({"secret_aws_tag": [TAG, {"key": "team"}]}, {}),
        ({"secret_aws_tag": ["team=web"]}, {}),
        ({"secret_gcp_label": LABEL}, {"secret_gcp_label": LABEL}),
        ({"secret_gcp_label": {"label_name": "team", "label_value": ""}}, {}),
        ({"secret_gcp_label": "team"}, {}),
        ({"github_visibility_repo_ids": ["1", "2"]}, {"github_visibility_repo_ids": ["1", "2"]}),
        ({"octopus_deploy_scope_values": {"role": ["web"]}}, {"octopus_deploy_scope_values": {"role": ["web"]}}),
        ({}, {}),
    ],
)
def test_metadata_has_what_the_option_can_hold(stored: dict, kept: dict) -> None:
    [item] = export.exported_integrations([integration(metadata=stored)], [auth()])
    # Whether the service reads these is another question, which `validate` answers.
    item.pop("validate", None)
    assert item == {"integration": "flyio", **FLYIO, **({"metadata": kept} if kept else {})}


def test_what_a_new_integration_would_have_is_stated_where_it_is_not_so() -> None:
    aws = {"integration": "aws-parameter-store", "region": "us-east-1"}
    stored: dict[str, dict] = {"/x/": {}, "/y/": {"should_disable_delete": True}}
    views = [integration(**aws, path=path, metadata=metadata) for path, metadata in stored.items()]
    items = export.exported_integrations(views, [auth(integration="aws-parameter-store")])
    assert [item["metadata"] for item in items] == [{"should_disable_delete": False}, {"should_disable_delete": True}]


def test_an_integration_that_the_module_would_not_make_is_taken_as_it_is() -> None:
    [item] = export.exported_integrations([integration(app=None)], [auth()])
    assert item["validate"] == "off"


def test_an_auth_names_a_variable_for_each_credential() -> None:
    vault = auth("a-2", "hashicorp-vault", target_url="https://vault.example.com/", namespace="7 Team!")
    numbered = auth("a-3", namespace="b", created_at="2026-01-01T00:00:00Z")
    first, *others = export.exported_auths([vault, numbered, auth("A-4"), auth("A-5")])
    assert first == {
        "integration": "flyio",
        "namespace": "b",
        "credential_variables": {"access_token": "flyio_b_access_token"},
    }
    assert others[:2] == [
        {
            "integration": "flyio",
            "integration_auth_id": auth_id,
            "credential_variables": {"access_token": f"flyio_{auth_id.lower().replace('-', '_')}_access_token"},
        }
        for auth_id in ("A-4", "A-5")
    ]
    names = others[2].pop("credential_variables")
    assert others[2] == {
        "integration": "hashicorp-vault",
        "target_url": "https://vault.example.com/",
        "namespace": "7 Team!",
    }
    assert {name.removesuffix(f"_{option}") for option, name in names.items()} == {
        "hashicorp_vault_7_team_vault_example_com"
    }


def test_an_auth_that_the_module_would_not_make_is_taken_as_it_is() -> None:
    [item] = export.exported_auths([auth(target_url="https://fly.example.com")])
    assert item["validate"] == "off"


def test_a_variable_begins_with_no_digit() -> None:
    assert export.connection_variables([connection(app="1password", name="(main)")]) == ["_1password_main"]


def test_connections_have_variables_of_their_own() -> None:
    rotation = {"rotation_interval": 30}
    views = [
        connection(gateway_id="g-1", rotation=rotation, is_auto_rotation_enabled=False),
        connection(id="c-2", name="MAIN", rotation=rotation, is_auto_rotation_enabled=True, description=""),
    ]
    aws = {"app": "aws", "method": "access-key"}
    assert export.exported_connections(views) == [
        {**aws, "name": "main", "gateway_id": "g-1", "credentials_variable": "aws_main_c_1_credentials"},
        {
            **aws,
            "name": "MAIN",
            "is_auto_rotation_enabled": True,
            "rotation": rotation,
            "credentials_variable": "aws_main_c_2_credentials",
        },
    ]


@pytest.mark.parametrize(
    ("connected", "named"),
    [({"name": "main"}, {"connection_name": "main"}), ({}, {"connection_id": "c-1"}), (None, {"connection_id": "c-1"})],
)
def test_a_sync_names_its_connection_by_id_only_if_it_has_no_name(connected: Any, named: dict) -> None:
    [item] = export.exported_syncs([sync(connection_id="c-1", connection=connected)])
    assert item == {
        "name": "app",
        "destination": "flyio",
        "environment": "prod",
        "secret_path": "/",
        "is_auto_sync_enabled": True,
        "destination_config": {"app_id": "x"},
        "sync_options": {"initial_sync_behavior": "overwrite-destination"},
        **named,
    }


def test_a_sync_that_the_module_would_not_make_is_taken_as_it_is() -> None:
    [item] = export.exported_syncs([sync(destination_config={}, connection_id="c-1")])
    assert item["validate"] == "off"
    assert "destination_config" not in item


def test_credentials_of_auths_alike_are_told_apart_by_their_ids() -> None:
    exported = [{"integration": "flyio", "integration_auth_id": f"a-{number}"} for number in (1, 2)]
    assert export.auth_variables(exported) == ["flyio_a_1", "flyio_a_2"]
    assert export.auth_variables([auth(), auth("a-2")]) == ["flyio_a_1", "flyio_a_2"]


def test_the_role_takes_each_auth_with_its_integrations() -> None:
    alike = [
        {"integration": "flyio", "integration_auth_id": "a-1", "namespace": "x"},
        {"integration": "flyio", "integration_auth_id": "a-2", "namespace": "x"},
    ]
    auths = [{"integration": "gitlab", "target_url": "https://git.example.com"}, {"integration": "gitlab"}, *alike]
    auths.append({"integration": "hashicorp-vault", "namespace": "team"})
    items = [
        {"integration": "gitlab", "auth_target_url": "https://git.example.com", "app": "own"},
        {"integration": "gitlab", "app": "cloud"},
        {"integration": "hashicorp-vault", "auth_namespace": "team", "app": "kv"},
        {"integration": "flyio", "integration_auth_id": "a-2", "app": "second"},
        {"integration": "flyio", "integration_auth_id": "a-1", "app": "first"},
    ]
    made = export.role_inputs(auths, items)
    assert [entry["native_integration_destinations"] for entry in made] == [
        [{"app": "own"}],
        [{"app": "cloud"}],
        [{"app": "first"}],
        [{"app": "second"}],
        [{"app": "kv"}],
    ]
    assert made[0]["native_integration_service"] == "gitlab"
    assert made[0]["native_integration_auth"] == {"target_url": "https://git.example.com"}
