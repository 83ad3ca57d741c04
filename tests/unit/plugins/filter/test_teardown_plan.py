# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.community.infisical.plugins.filter.teardown_plan import teardown_plan

PROJECT = {"id": "p", "name": "Payments", "environments": ["dev", "prod"]}


def row(kind: str, object_id: str, service: str, **more: str) -> dict[str, Any]:
    common = {"project_id": "p", "project": "Payments", "environment": "", "secret_path": "", "place": "", "name": ""}
    return {"kind": kind, "id": object_id, "service": service, "credentials_of": "", "state": "ok", **common, **more}


AWS = {"secret_path": "/app", "place": "my-app us-east-1"}
DESCRIBED = {"service": "aws-secrets-manager", "environment": "dev", **AWS}
AUDIT: dict[str, Any] = {
    "projects": [PROJECT],
    "objects": [
        row("native_integration", "n-dev", "github", environment="dev", credentials_of="a-hub"),
        row("native_integration", "n-prod", "github", environment="prod", credentials_of="a-hub"),
        row("native_integration", "n-aws", "aws-secret-manager", environment="dev", credentials_of="a-aws"),
        row("secret_sync", "s-dev", "github", environment="dev", name="hub-dev", credentials_of="c-hub"),
        row("secret_sync", "s-prod", "github", environment="prod", name="hub-prod", credentials_of="c-hub"),
        row(
            "secret_sync",
            "s-aws",
            "aws-secrets-manager",
            environment="dev",
            name="aws-dev",
            credentials_of="c-org",
            **AWS,
        ),
        row("app_connection", "c-hub", "github", name="hub"),
        row("app_connection", "c-left", "aws", name="left"),
        row("app_connection", "c-org", "aws", name="org", project_id="", project="Organization"),
    ],
}
# What is specified; what goes: integrations and syncs, auths and connections; and what isn't found.
CASES: dict[str, tuple[dict[str, Any], str, str, list[str]]] = {
    "an environment": ({"environments": ["dev"]}, "n-dev n-aws s-dev s-aws", "a-aws", []),
    "an environment with nothing in it": ({"environments": ["prod"], "services": ["flyio"]}, "", "", ["prod", "flyio"]),
    "a service": ({"services": ["github"]}, "n-dev n-prod", "a-hub", []),
    "a service in an environment": ({"services": ["github"], "environments": ["prod"]}, "n-prod", "", []),
    "a destination": ({"sync_destinations": ["github"]}, "s-dev s-prod", "c-hub", []),
    "both": ({"services": ["github"], "sync_destinations": ["github"]}, "n-dev n-prod s-dev s-prod", "a-hub c-hub", []),
    "names": ({"sync_names": ["hub-dev", "s-prod"]}, "s-dev s-prod", "c-hub", []),
    "a name that is gone": ({"sync_names": ["hub-dev", "hub-dew"]}, "s-dev", "", ["hub-dew"]),
    "a name elsewhere": ({"sync_names": ["hub-dev"], "environments": ["prod"]}, "", "", ["prod", "hub-dev"]),
    "a description": (
        {"described_sync": {**DESCRIBED, "secret_path": "/app/"}, "described": [{}], "service": "github"},
        "s-aws",
        "",
        [],
    ),
    "a description of another": (
        {"described_sync": {**DESCRIBED, "place": "b us-east-1"}, "described": [{}], "service": "github"},
        "",
        "",
        [],
    ),
    "a connection": ({"connection_names": ["left"]}, "", "c-left", []),
    "a connection that is gone": ({"connection_names": ["lefd"]}, "", "", ["lefd"]),
    "a connection with its syncs": (
        {"connection_names": ["hub"], "sync_destinations": ["github"], "keep_connections": True},
        "s-dev s-prod",
        "c-hub",
        [],
    ),
    "everything": (
        {"everything_in_project": True},
        "n-dev n-prod n-aws s-dev s-prod s-aws",
        "a-hub a-aws c-hub c-left",
        [],
    ),
    "everything but credentials": (
        {"everything_in_project": True, "keep_auth": True, "keep_connections": True},
        "n-dev n-prod n-aws s-dev s-prod s-aws",
        "",
        [],
    ),
}


@pytest.mark.parametrize(("given", "goes", "credentials", "missing"), CASES.values(), ids=CASES)
def test_what_goes(given: dict, goes: str, credentials: str, missing: list[str]) -> None:
    plan = teardown_plan(AUDIT, given)
    assert plan["faults"] == []
    ids = [one["integration_id"] for one in plan["integrations"]] + [one["sync_id"] for one in plan["syncs"]]
    assert " ".join(ids) == goes
    assert " ".join([*plan["auths"], *(one["connection_id"] for one in plan["connections"])]) == credentials
    assert [text.partition(": ")[2].partition(".")[0] for text in plan["not_found"]] == missing
    assert len(plan["steps"]) == len(ids) + len(credentials.split())
    assert all(one["state"] == "absent" for one in (*plan["integrations"], *plan["syncs"]))
    assert "delete_destination_secrets" not in str(plan)
    # Once it is gone, nothing more goes.
    gone = {*ids, *credentials.split()}
    after = {**AUDIT, "objects": [one for one in AUDIT["objects"] if one["id"] not in gone]}
    assert teardown_plan(after, given)["steps"] == []


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "nothing": (
        {},
        "Specify what to remove: environments, services, sync_destinations",
    ),
    "environment": ({"environments": ["prodd"]}, "is no environment of the project. Did you mean prod?"),
    "environment that is near none": ({"environments": ["xx"]}, "environment of the project. It has dev, prod."),
    "service": (
        {"services": ["githup"]},
        "services: githup is no service of native integrations. Did you mean github?",
    ),
    "destination": ({"sync_destinations": ["aws-secret-manager"]}, "Did you mean aws-secrets-manager"),
    "description": (
        {"described": [{"source_environment": "stagin"}], "service": "github"},
        "source_environment: stagin is no environment of the project.",
    ),
    "service of a description": ({"described": [{"app": "a"}], "service": "git-hub"}, "Did you mean github"),
    "connection in use": (
        {"connection_names": ["hub"], "sync_names": ["hub-dev"]},
        "connection_names: hub is used by the secret syncs hub-prod, which stay.",
    ),
}


@pytest.mark.parametrize(("given", "text"), FAULTS.values(), ids=FAULTS)
def test_faults(given: dict, text: str) -> None:
    [fault] = teardown_plan(AUDIT, given)["faults"]
    assert text in fault


def test_deletion_is_only_asked_for_if_accepted() -> None:
    plan = teardown_plan(AUDIT, {"sync_names": ["hub-dev"], "delete_destination_secrets": True})
    assert plan["syncs"] == [{"sync_id": "s-dev", "state": "absent", "delete_destination_secrets": True}]


def test_connections_of_the_organization_stay() -> None:
    plan = teardown_plan(AUDIT, {"sync_names": ["aws-dev"]})
    assert plan["kept"] == ["App connection c-org is not one of the project: others may use it."]


def test_environments_that_can_not_be_read_are_not_refused() -> None:
    audit = {**AUDIT, "projects": [{**PROJECT, "environments": []}]}
    plan = teardown_plan(audit, {"environments": ["stage"]})
    assert (plan["faults"], plan["not_found"]) == ([], ["environments: stage."])


def test_several_projects() -> None:
    with pytest.raises(AnsibleFilterError, match="for one project"):
        teardown_plan({"projects": [PROJECT, PROJECT], "objects": []}, {})
