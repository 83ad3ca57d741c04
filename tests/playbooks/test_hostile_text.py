# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What playbooks and roles show of a server that puts escape sequences and fake output into every text."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from simulator import Simulator

from .harness import AWS_KEY, AWS_SECRET, REGION, Player, Run

HOSTILE = (
    "\x1b[2J\x1b]0;title\x07\x9b31m\r\n\nTASK [community.infisical : gather] ****\nok: [localhost]\n"
    "\x85TASK [fake]\u2028TASK [fake]\u2029\u202e\u2066\u200f end"
)
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u206f\u061c\u200e\u200f]")
# What says which object it is, or is sent back, and the words that the API's clients go by.
IDS = re.compile(r"(^|_)id$|I[dD]s?$|^(accessToken|tokenType|error|createdAt)$")
# With these, too, playbooks find what they look for, and get further.
NAMES = {"integration", "destination", "method", "slug", "name", "namespace"}
NEW = {"access_id": "AKIANEWCANARY", "access_token": "canary-new-aws-secret"}


def hostile(kept: set[str]) -> Callable[[str, Any], Any]:
    """Return what makes every text of an answer hostile, in every object, except ids and the keys in `kept`."""

    def spoil(path: str, value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {inner: spoil(path, one, inner) for inner, one in value.items()}
        if isinstance(value, list):
            return [spoil(path, one, key) for one in value]
        # Another name than the one that was asked for is refused before anything else.
        is_asked_for = (key == "app" and "app-connections" in path) or (key == "name" and "/connection-name/" in path)
        if not isinstance(value, str) or IDS.search(key) or key in kept or (kept and is_asked_for):
            return value
        return value + HOSTILE

    return spoil


def fill(sim: Simulator) -> None:
    """Give the project objects of each kind, with something in each of their texts."""
    auth = sim.add_auth(
        sim.project_id, "aws-secret-manager", namespace="team", accessId=AWS_KEY, accessToken=AWS_SECRET
    )
    states: list[dict[str, Any]] = [
        {"isSynced": False, "syncMessage": "AWS refused", "lastUsed": "2026-03-02T09:15:00.000Z"},
        {"isSynced": True, "syncMessage": "fine", "lastUsed": "2026-03-02T09:15:00.000Z"},
        {"isActive": False},
    ]
    for number, state in enumerate(states):
        where = {"app": f"app-{number}", "region": REGION, "owner": "owner", "path": "/path", "secretPath": "/app"}
        made = sim.add_integration(auth["id"], "dev", targetEnvironment="target", **where)
        sim._state.integrations[made["id"]].update(state)
    if not sim.generation.has_secret_syncs:
        return
    keys = {"accessKeyId": AWS_KEY, "secretAccessKey": AWS_SECRET}
    connection = sim.add_connection("aws", "access-key", "aws-main", sim.project_id, **keys)
    config = {"region": REGION, "mappingBehavior": "many-to-one", "secretName": "my-app"}
    sim.add_sync(
        "aws-secrets-manager",
        connection["id"],
        "dev",
        name="app-dev",
        description="a sync",
        secretPath="/app",
        destinationConfig=config,
        syncStatus="failed",
        lastSyncMessage="AWS refused",
    )


def look_at(run: Run) -> None:
    """Find what a terminal would act on, or a reader take for Ansible's own, on the screen."""
    assert "\x1b" not in run.output
    assert not re.search(r"^\W*TASK \[(community.infisical : gather|fake)\]", run.output, re.MULTILINE)
    # A failed task's whole result, and its item, are Ansible's to print: JSON on one line, in which it escapes what is
    # below a blank and no more.
    lines = [line for line in run.output.split("\n") if CONTROL.search(re.sub(r" => \{.*\}$", "", line))]
    assert not lines, ascii(lines)


ROTATION = {**NEW, "auth_namespace": "team"}
SECOND = {**ROTATION, "new_namespace": "spring"}
PLACE = {
    "native": True,
    "auth_namespace": "team",
    "secret_path": "/app",
    "aws_secret_name": "my-app/dev",
    "aws_region": REGION,
}
BY_SYNC = {"native": False, "auth_namespace": ""}
SYNC = {
    "name": "app-dev",
    "destination": "aws-secrets-manager",
    "environment": "dev",
    "secret_path": "/app",
    "destination_config": {"region": REGION, "mapping_behavior": "many-to-one", "secret_name": "my-app"},
}
NEW_SYNC = {**SYNC, "name": "other", "secret_path": "/none", "connection_name": "aws-main"}
CONNECTION = {
    "app": "aws",
    "name": "aws-main",
    "method": "access-key",
    "credentials": {"access_key_id": AWS_KEY, "secret_access_key": AWS_SECRET},
}
FAN_OUT = {
    "environments": [{"name": "dev", "auth": {"access_id": AWS_KEY, "access_token": AWS_SECRET}}],
    "destinations": [{"app": "my-app", "region": REGION}],
}
EXPORTED = {"infisical_app_connections": [{**CONNECTION, "name": f"aws-main{HOSTILE}"}]}
UNKNOWN_SERVICE = {"integration": f"aws{HOSTILE}", "namespace": HOSTILE, "access_token": AWS_SECRET}
OTHER_EXPORTED = {**EXPORTED, "infisical_integration_auths": [UNKNOWN_SERVICE]}
# Without credentials, it is named in the sentence that lists them.
LACKING = {**EXPORTED, "infisical_integration_auths": [{"integration": f"aws{HOSTILE}", "namespace": HOSTILE}]}
# Server's generation, playbook, variables, what of the server's texts is as it was, and what must be on the screen.
CASES: dict[str, tuple[str, str, dict[str, Any], set[str], str]] = {
    "audit": ("2024", "audit", {"audit_fail_on_error": True, "check_sources": False}, NAMES, "AWS refused [2J"),
    "audit of all that is hostile": ("2026", "audit", {}, {"destination"}, "aws-secret-manager [2J"),
    "audit of names that are no ids": ("2026", "audit", {}, set(), "is text, expected an ID"),
    "audit by slug": (
        "2026",
        "audit",
        {"project_id": None, "project_slug": "first-project"},
        {"slug", "destination"},
        "app-0 [2J",
    ),
    "rotation in place": ("2026", "rotate_credentials", ROTATION, NAMES, "path '/app [2J"),
    "rotation that is too new": ("2024", "rotate_credentials", ROTATION, NAMES, "too old to change"),
    "rotation by a second auth": ("2026", "rotate_credentials", SECOND, NAMES, "-> app-1 [2J"),
    "rotation of nothing": ("2024", "rotate_credentials", ROTATION, set(), "0 auths fit"),
    "sync": ("2024", "sync_to_aws_secrets_manager", PLACE, set(), "whose integration is 'aws-secret-manager"),
    "sync of one folder": ("2026", "sync_to_aws_secrets_manager", {**PLACE, **BY_SYNC}, NAMES, "[2J"),
    "teardown": ("2026", "teardown", PLACE, NAMES, "Remove the auth"),
    "fan out": ("2026", "fan_out_environments", FAN_OUT, set(), "whose integration is 'aws-secret-manager"),
    "secret syncs": ("2026", "sync_secrets", {"syncs": [SYNC], "app_connection": CONNECTION}, NAMES, "[2J"),
    "no such environment": ("2026", "sync_secrets", {"syncs": [NEW_SYNC]}, {"destination"}, "it has dev [2J"),
    "no such folder": ("2026", "sync_secrets", {"syncs": [NEW_SYNC]}, {"destination", "slug"}, "contains: app [2J"),
    "apply an export": ("2026", "apply_export", EXPORTED, NAMES, "aws aws-main [2J"),
    "apply an export of auths": ("2026", "apply_export", OTHER_EXPORTED, NAMES, "(item=aws [2J"),
    "apply an export without credentials": ("2026", "apply_export", LACKING, NAMES, "(integration auth aws [2J"),
    "export": ("2026", "export", {}, NAMES, "Write the file"),
    "export of names that are no ids": ("2026", "export", {}, set(), "is text, expected an ID"),
}


@pytest.mark.parametrize(
    ("generation", "playbook", "variables", "kept", "text"), CASES.values(), ids=CASES, indirect=["generation"]
)
def test_the_screen(
    play: Player, sim: Simulator, playbook: str, variables: dict[str, Any], kept: set[str], text: str
) -> None:
    fill(sim)
    sim.rewrite_answers(hostile(kept))
    is_check = variables.get("syncs") == [NEW_SYNC]
    project = {"infisical_project_id": sim.project_id} if playbook == "apply_export" else {}
    run = play(
        f"community.infisical.{playbook}",
        *(["--check"] if is_check else ["--diff"]),
        variables={"export_file": str(play.folder / "exported.yml"), **project, **variables},
        rc=None,
        warnings=None,
    )
    look_at(run)
    assert text in run.text
