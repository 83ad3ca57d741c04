# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ready playbooks for one folder and one destination beside AWS: their variables, and what comes of them."""

from __future__ import annotations

from typing import Any

TOKEN = {"destination_access_token": "canary-destination-token"}
AZURE = {
    "azure_tenant_id": "0f0e0d0c-0b0a-4908-8706-050403020100",
    "azure_client_id": "0f0e0d0c-0b0a-4908-8706-050403020101",
    "azure_client_secret": "canary-destination-token",
}
ACCOUNT = {"gcp_service_account_email": "sync@acme.iam.example.com"}
CREDENTIALS = {**TOKEN, **AZURE, **ACCOUNT}
# The variables of each playbook, and what the server then has as the destination.
PLAYBOOKS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "github": (
        {"github_owner": "acme", "github_repo": "my-app", **TOKEN},
        {"scope": "repository", "owner": "acme", "repo": "my-app"},
    ),
    "gitlab": (
        {"gitlab_project_id": 1234, "gitlab_environment": "production", **TOKEN},
        {"scope": "project", "projectId": "1234", "projectName": "1234", "targetEnvironment": "production"},
    ),
    "vercel": (
        {"vercel_project_id": "prj_1", "vercel_project_name": "My app", "vercel_team_id": None, **TOKEN},
        {"scope": "project", "app": "prj_1", "appName": "My app", "env": "production", "teamId": ""},
    ),
    "azure_key_vault": (
        {"azure_vault_url": "https://my-app.vault.example.com", **AZURE},
        {"vaultBaseUrl": "https://my-app.vault.example.com"},
    ),
    "gcp_secret_manager": (
        {"gcp_project_id": "acme", "gcp_location": "europe-west1", **ACCOUNT},
        {"scope": "region", "projectId": "acme", "locationId": "europe-west1"},
    ),
}
