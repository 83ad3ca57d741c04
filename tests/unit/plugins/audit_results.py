# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What projects of a made-up company hold, and what an audit says of them."""

from __future__ import annotations

import random

from ansible_collections.community.infisical.plugins.module_utils._audit.items import Project, Result, World
from ansible_collections.community.infisical.plugins.module_utils._audit.judge import judged
from ansible_collections.community.infisical.plugins.module_utils._kinds.app_connection import CONNECTION
from ansible_collections.community.infisical.plugins.module_utils._kinds.native import INTEGRATION
from ansible_collections.community.infisical.plugins.module_utils._kinds.sync import SYNC

from .harness import api_connection, api_integration, api_sync

REASONS = (
    "The security token included in the request is invalid.",
    "ResourceNotFoundException: Secrets Manager can't find the specified secret.",
    '{"message": "Bad credentials", "documentation_url": "https://docs.github.com/rest"}',
    "<html><head><title>502 Bad Gateway</title></head><body><h1>502</h1></body></html>",
)
TEAMS = ("Payments", "Search", "Billing", "Web shop", "Data platform", "Identity", "Mobile", "Support")


def company(objects: int, projects: int = 8, seed: int = 1) -> Result:
    """Return the audit of so many integrations and syncs, of which about one in ten has a problem."""
    chance = random.Random(seed)  # noqa: S311 - nothing secret
    found = [Project(f"{number:08}-0000-4000-8000-000000000000", TEAMS[number % 8]) for number in range(projects)]
    for number in range(objects):
        project = found[number % projects]
        failed = chance.random() < 0.1
        common = {"environment": {"slug": chance.choice(("dev", "staging", "prod")), "name": "", "id": "e"}}
        message = chance.choice(REASONS) if failed else None
        time = f"2026-11-{chance.randint(1, 27):02}T0{chance.randint(0, 9)}:15:02.000Z"
        if number % 3:
            outcome = {"isSynced": not failed, "syncMessage": message, "lastUsed": time}
            view = api_integration(
                **common,
                id=f"00000000-0000-4000-8000-{number:012}",
                app=f"{project.name.lower()}/app-{number // 2 if number % 40 == 1 else number}",
                isActive=chance.random() > 0.05,
                secretPath=f"/app-{number}",
                **(outcome if chance.random() > 0.04 else {}),
            )
            project.natives.append(INTEGRATION.view(view, project.id))
            if chance.random() < 0.02:
                project.gone[view["id"]] = f"The environment dev has no folder '/app-{number}'."
            continue
        connection = f"c0000000-0000-4000-8000-{number % projects:012}"
        status = {"syncStatus": "failed" if failed else "succeeded", "lastSyncMessage": message, "lastSyncedAt": time}
        view = api_sync(
            **common,
            **status,
            id=f"10000000-0000-4000-8000-{number:012}",
            projectId=project.id,
            name=f"app-{number}",
            connectionId=connection,
            connection={"app": "aws", "id": connection, "name": "aws-main"},
            folder={"id": "f", "path": f"/app-{number}"},
            isAutoSyncEnabled=chance.random() > 0.05,
            destinationConfig={"region": "us-east-1", "mappingBehavior": "many-to-one", "secretName": f"app-{number}"},
        )
        project.syncs.append(SYNC.view(view, project.id))
        if connection not in {one["id"] for one in project.connections}:
            shown = api_connection(id=connection, name="aws-main", projectId=project.id)
            project.connections.append(CONNECTION.view(shown, project.id))
    return judged(World(found))
