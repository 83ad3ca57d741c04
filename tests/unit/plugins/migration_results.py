# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A generated company in the middle of its migration: what the module would return for it."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

from ansible_collections.community.infisical.plugins.module_utils._catalog.destinations import DESTINATIONS
from ansible_collections.community.infisical.plugins.module_utils._migration.counterparts import COUNTERPARTS
from ansible_collections.community.infisical.plugins.module_utils._migration.items import STAGES, Result

PROJECTS = ("payments", "billing", "web shop", "data platform", "mobile", "identity", "logistics", "Größe & Co.")
ENVIRONMENTS = ("dev", "staging", "prod")
WEIGHTS = {
    "blocked": 24,
    "planned": 22,
    "created": 6,
    "verified": 12,
    "cut_over": 14,
    "retired": 16,
    "rolled_back": 2,
    "fault": 4,
}
SERVICES = ("aws-secret-manager", "aws-parameter-store", "github", "gitlab", "azure-key-vault", "vercel", "codefresh")
UNREADABLE = "Only destinations in AWS can be read."
NO_GAIN = (
    "Codefresh has no counterpart among the destinations of secret syncs. Write its pipeline's variables yourself."
)
AZURE = "The credentials of the native auth can't be read: specify those of an app registration."
ORGANIZATION = "The native integration doesn't name the organization."


def company(size: int, seed: int = 1, projects: int = 8) -> Result:
    """Return the result of a run for a company with `size` native integrations; the same for the same arguments."""
    luck = random.Random(seed)  # noqa: S311
    items = [_item(luck, number, luck.choice(PROJECTS[:projects])) for number in range(size)]
    groups = _groups(luck, items)
    stages = Counter(item["after"] for item in items)
    differing = [item for item in items if item["comparison"]["result"] == "different"]
    return {
        "changed": True,
        "phase": "verify",
        "integrations": items,
        "groups": groups,
        "counts": {"integrations": size, **{stage: stages[stage] for stage in STAGES}},
        "differences": [
            {
                "id": f"d-{item['native_id'][:8]}",
                "native_id": item["native_id"],
                "place": item["place"],
                **{name: item["comparison"][name] for name in ("missing", "extra", "changed", "reason")},
            }
            for item in differing
        ],
        "faults": ["The project old-intranet could not be read: the identity has no access to it."] if size > 9 else [],
        "unused_inputs": ["inputs[3] (service github): matches no native integration."] if size > 9 else [],
        "would_delete": {item["native_id"]: item["would_delete"] for item in items if item["would_delete"]},
        "journal": {
            "path": "/var/lib/infisical/migration.jsonl",
            "runs": [
                {"run": f"{luck.getrandbits(48):012x}", "phase": phase, "at": at, "check": False, "actions": actions}
                for phase, at, actions in (
                    ("plan", "2026-11-02T08:00:00Z", {}),
                    ("create", "2026-11-09T09:30:00Z", {"created": size // 2}),
                    ("verify", "2026-11-09T10:10:00Z", {"verified": size // 2, "failed": 1}),
                    ("cut_over", "2026-11-16T09:00:00Z", {"switched_off": size // 3}),
                    ("retire", "2026-11-23T09:00:00Z", {"retired": size // 6}),
                )
            ],
        },
        "estimate": {"integrations": size, "reads": 4 * size, "writes": 3 * size, "seconds": 8 * size},
    }


def _id(luck: random.Random) -> str:
    digits = f"{luck.getrandbits(128):032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _item(luck: random.Random, number: int, project: str) -> dict[str, Any]:
    service = luck.choice(SERVICES)
    stage = "blocked" if service == "codefresh" else luck.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
    environment = luck.choice(ENVIRONMENTS)
    slug = COUNTERPARTS[service].destination
    native_id, auth_id = _id(luck), f"{project[:4].strip()}-{service}-{luck.randrange(2)}".replace(" ", "")
    made = stage not in ("blocked", "planned")
    different = stage == "fault" and service.startswith("aws")
    readable = service.startswith("aws")
    result = "different" if different else "same" if readable else "not_comparable"
    return {
        "native_id": native_id,
        "project_id": f"p-{project}",
        "project": project,
        "environment": environment,
        "secret_path": luck.choice(("/", "/app", "/api/v2", "/shared/certificates")),
        "service": service,
        "place": _place(luck, service, number, environment),
        "is_active": stage in ("blocked", "planned", "created", "verified", "rolled_back", "fault"),
        "deletes": luck.random() < 0.5,
        "integration_auth_id": auth_id,
        "destination": slug,
        "app": DESTINATIONS[slug].app if slug else "",
        "sync_id": _id(luck) if made else None,
        "sync_name": f"{service}-{environment}-{native_id[:8]}" if stage != "blocked" else "",
        "connection_id": _id(luck) if made else None,
        "connection_name": f"{service}-{project[:4].strip()}".lower() if made else "",
        "before": stage,
        "after": stage,
        "action": "none",
        "reason": _reason(stage, service, different),
        "warnings": ["The native integration redeployed the project. A sync does not."] if service == "vercel" else [],
        "needs": _needs(luck, service, native_id, auth_id) if stage == "blocked" and slug else [],
        "group": None,
        "fingerprint": f"{luck.getrandbits(64):016x}",
        "verified_at": "2026-11-09T10:12:13Z" if made else None,
        "cut_over_at": "2026-11-16T09:01:00Z" if stage in ("cut_over", "retired") else None,
        "comparison": {
            "result": result if made else "",
            "missing": ["API_KEY"] if different else [],
            "extra": ["APP_API_KEY"] if different else [],
            "changed": [],
            "reason": UNREADABLE if made and not readable else "",
        },
        "failing_since": "2026-06-01T00:00:00Z" if luck.random() < 0.03 else None,
        "would_delete": [f"OLD_{index}" for index in range(luck.randrange(3, 60))] if luck.random() < 0.02 else [],
    }


def _place(luck: random.Random, service: str, number: int, environment: str) -> str:
    return {
        "aws-secret-manager": f"my-app-{number % 9}/{environment} in eu-central-1",
        "aws-parameter-store": f"/p{number % 7}/{luck.choice(('', 'pre_'))} in us-east-1",
        "github": f"acme/service-{number}",
        "azure-key-vault": f"https://acme-{environment}-{number}.vault.azure.net",
    }.get(service, f"project-{number}")


def _reason(stage: str, service: str, different: bool) -> str:
    if different:
        return "After the sync, the destination differs from its first reading: API_KEY is missing, APP_API_KEY is new."
    if stage == "blocked":
        return NO_GAIN if service == "codefresh" else "It requires what the native integration does not have."
    return "Someone has changed it since its sync was created: integration: path." if stage == "fault" else ""


def _needs(luck: random.Random, service: str, native_id: str, auth_id: str) -> list[dict[str, str]]:
    connection = "app_connections:\n" + "\n".join(
        (
            f"  - integration_auth_id: {auth_id}",
            '    name: ""',
            "    method: client-secret",
            "    credentials:",
            '      client_id: ""',
            '      client_secret: ""',
        )
    )
    needs = []
    if service in ("github", "gitlab") and luck.random() < 0.5:
        option = "org" if service == "github" else "project_name"
        text = f'inputs:\n  - integration_id: {native_id}\n    destination_config:\n      {option}: ""'
        needs.append({"input": f"destination_config.{option}", "text": ORGANIZATION, "yaml": text})
    if service == "aws-secret-manager" and luck.random() < 0.3:
        text = f'inputs:\n  - integration_id: {native_id}\n    sync_options:\n      key_schema: ""'
        why = "The prefix APP_ is put on the keys within one secret, and a sync puts it on the secret's name."
        needs.append({"input": "sync_options.key_schema", "text": why, "yaml": text})
    if not needs or luck.random() < 0.6:
        needs.append({"input": "connections", "text": AZURE, "yaml": connection})
    return needs


def _groups(luck: random.Random, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    places: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for item in items:
        if item["service"].startswith("aws"):
            places.setdefault((item["service"], item["place"]), []).append(item)
    found = []
    for members in places.values():
        if len(members) < 2:
            continue
        key = f"g-{luck.getrandbits(40):010x}"
        for item in members:
            item["group"] = key
        ordered = sorted(members, key=lambda item: not item["deletes"])
        certain = len({item["integration_auth_id"] for item in members}) == 1
        found.append(
            {
                "key": key,
                "kind": "same",
                "certain": certain,
                "members": [item["native_id"] for item in ordered],
                "deleting": [item["native_id"] for item in ordered if item["deletes"]],
                "reason": "They write to the same place, from several sources."
                + (
                    ""
                    if certain
                    else " They use several auths: if these are for different accounts, the places are not the same."
                ),
            }
        )
    return found
