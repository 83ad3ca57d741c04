# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Native integrations: the two kinds of object as tables, and what makes two of their values equal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from .._catalog import native as catalog
from .._engine import shapes
from .._engine.activation import ACTIVATE
from .._engine.kind import Change, Field, Kind, Last, Outcome
from .._engine.project import ENVIRONMENT, PROJECT_ID
from .._engine.shapes import MAPPING, NAME, PATH, Shape, check_answer, list_of, mapping, needed
from .._engine.store import Store
from .._engine.values import (
    ID,
    checked_id,
    checked_path,
    checked_uuid,
    comparable_path,
    comparable_setting,
    if_any,
    plain,
    time_text,
)

# Option names of metadata keys; the API drops keys that it doesn't know without a word.
METADATA = {
    "initial_sync_behavior": "initialSyncBehavior",
    "secret_prefix": "secretPrefix",
    "secret_suffix": "secretSuffix",
    "mapping_behavior": "mappingBehavior",
    "should_auto_redeploy": "shouldAutoRedeploy",
    "secret_gcp_label": "secretGCPLabel",
    "secret_aws_tag": "secretAWSTag",
    "metadata_sync_mode": "metadataSyncMode",
    "azure_label": "azureLabel",
    "github_visibility": "githubVisibility",
    "github_visibility_repo_ids": "githubVisibilityRepoIds",
    "kms_key_id": "kmsKeyId",
    "should_disable_delete": "shouldDisableDelete",
    "should_enable_delete": "shouldEnableDelete",
    "should_mask_secrets": "shouldMaskSecrets",
    "should_protect_secrets": "shouldProtectSecrets",
    "octopus_deploy_scope_values": "octopusDeployScopeValues",
}
METADATA_PARTS = {
    "secret_gcp_label": {"label_name": "labelName", "label_value": "labelValue"},
    "octopus_deploy_scope_values": {
        "environment": "Environment",
        "action": "Action",
        "channel": "Channel",
        "machine": "Machine",
        "process_owner": "ProcessOwner",
        "role": "Role",
    },
}


def metadata_from_api(metadata: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the stored metadata under option names; what the server adds to answers (region, role) is left out."""
    view = {}
    stored = metadata if isinstance(metadata, Mapping) else {}
    for option, api in METADATA.items():
        value = stored.get(api)
        parts = METADATA_PARTS.get(option)
        if parts and isinstance(value, Mapping):
            view[option] = {name: value[part] for name, part in parts.items() if value.get(part) is not None}
        elif value is not None:
            view[option] = value
    return view


def metadata_to_api(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Return metadata in API names; unstated parts are left out."""
    body = {}
    for option, value in metadata.items():
        parts = METADATA_PARTS.get(option)
        body[METADATA[option]] = (
            {parts[name]: part for name, part in value.items() if part is not None} if parts else value
        )
    return body


def _metadata_shape() -> Shape:
    texts = list_of(shapes.TEXT)
    parts = {api: shapes.FLAG if option.startswith("should_") else shapes.TEXT for option, api in METADATA.items()}
    parts.update(
        githubVisibilityRepoIds=list_of(shapes.WORD),
        secretAWSTag=list_of(mapping(key=shapes.TEXT, value=shapes.TEXT)),
        secretGCPLabel=mapping(labelName=shapes.TEXT, labelValue=shapes.TEXT),
        octopusDeployScopeValues=mapping(
            **dict.fromkeys(METADATA_PARTS["octopus_deploy_scope_values"].values(), texts)
        ),
    )
    return mapping(**parts)


def _environment_slug(obj: Mapping[str, Any]) -> str | None:
    environment = obj.get("environment")
    return environment.get("slug") if isinstance(environment, Mapping) else None


AUTH = Kind(
    name="integration_auth",
    label="integration auth",
    fields=(
        Field(
            "project_id",
            "workspaceId",
            read=lambda obj: obj.get("projectId"),
            key="projectId",
            accept=if_any(checked_id),
            shape=needed(ID),
        ),
        Field("integration", "integration", shape=NAME),
        Field("target_url", "url", Change.PATCH),
        Field("namespace", "namespace", Change.PATCH),
    ),
    read_only=(
        Field("team_id", "teamId"),
        Field("account_id", "accountId"),
        Field("metadata", "metadata", shape=MAPPING),
        Field("created_at", "createdAt", read=time_text, shape=shapes.WORD),
        Field("updated_at", "updatedAt"),
    ),
    envelope="integrationAuth",
    list_name="authorizations",
    list_paths=("/api/v1/projects/{project_id}/authorizations", "/api/v1/workspace/{project_id}/authorizations"),
    anchors=("project_id", "integration"),
    create_path="/api/v1/integration-auth/access-token",
    object_path="/api/v1/integration-auth",
    id_option="integration_auth_id",
    identity=lambda view: tuple(str(plain(view.get(key))) for key in ("integration", "target_url", "namespace")),
    catalogued_by="integration",
    found_by=("project_id", "integration"),
    way_out="Create another integration auth instead.",
    known_by="this server or this service",
    no_update=(
        "This server is too old to change integration auth {id} in place. To replace its credentials, create a second"
        " auth (distinguish them by namespace), recreate the integrations on it, and remove this one: the playbook"
        " community.infisical.rotate_credentials does that in an order in which nothing is lost."
    ),
    write_only={
        "access_id": "accessId",
        "access_token": "accessToken",
        "refresh_token": "refreshToken",
        "aws_assume_iam_role_arn": "awsAssumeIamRoleArn",
    },
)

ENDED = {None: Last.NONE, True: Last.SUCCEEDED, False: Last.FAILED}
OUTCOME = Outcome(
    recorded=("last_sync_job_id", "last_used", "is_synced", "sync_message"),
    # A job that is under way doesn't show.
    last=lambda view: ENDED[view.get("is_synced")],
    message="sync_message",
    if_none=(
        "A failing sync is recorded after its third attempt, 10 to 20 seconds; one whose integration auth has no"
        " credentials never is."
    ),
    if_credentials=(
        "To replace the credentials of its integration auth, use infisical_integration_auth with update_credentials:"
        " always, and run this task again. Servers of 2024 can't replace them in place; the playbook"
        " community.infisical.rotate_credentials is for those."
    ),
)

INTEGRATION = Kind(
    name="integration",
    label="integration",
    fields=(
        Field("integration", "integration", sent=False, shape=NAME),
        Field("integration_auth_id", "integrationAuthId", accept=checked_uuid, shape=needed(ID)),
        Field(
            "source_environment",
            "sourceEnvironment",
            Change.PATCH,
            patch_api="environment",
            read=_environment_slug,
            reset_by_patch=True,
            key="environment",
            shape=ENVIRONMENT,
        ),
        Field(
            "secret_path",
            "secretPath",
            Change.PATCH,
            normal=comparable_path,
            accept=checked_path,
            reset_by_patch=True,
            shape=PATH,
        ),
        Field("is_active", "isActive", Change.PATCH, reset_by_patch=True, shape=needed(shapes.FLAG)),
        Field("app", "app", Change.PATCH),
        Field("app_id", "appId", Change.PATCH),
        Field("owner", "owner", Change.PATCH),
        Field("path", "path", Change.PATCH_IF_NEW),
        Field("region", "region", Change.PATCH_IF_NEW),
        Field("scope", "scope"),
        Field("target_environment", "targetEnvironment", Change.PATCH),
        Field("target_environment_id", "targetEnvironmentId"),
        Field("target_service", "targetService"),
        Field("target_service_id", "targetServiceId"),
        Field("target_url", "url"),
        Field(
            "metadata",
            "metadata",
            Change.PATCH,
            normal=comparable_setting,
            read=lambda obj: metadata_from_api(obj.get("metadata")),
            write=metadata_to_api,
            keyed=True,
            shape=_metadata_shape(),
        ),
    ),
    read_only=(
        Field("env_id", "envId"),
        Field("environment", "environment", shape=ENVIRONMENT),
        Field("is_synced", "isSynced", shape=shapes.FLAG),
        Field("sync_message", "syncMessage", shape=shapes.PROSE),
        Field("last_used", "lastUsed"),
        Field("last_sync_job_id", "lastSyncJobId"),
        Field("created_at", "createdAt", read=time_text, shape=shapes.WORD),
        Field("updated_at", "updatedAt"),
    ),
    envelope="integration",
    list_name="integrations",
    list_paths=("/api/v1/projects/{project_id}/integrations", "/api/v1/workspace/{project_id}/integrations"),
    anchors=("project_id", "integration_auth_id"),
    create_path="/api/v1/integration",
    object_path="/api/v1/integration",
    id_option="integration_id",
    identity=lambda view: (
        view.get("integration_auth_id"),
        str(plain(view.get("source_environment"))),
        comparable_path(view.get("secret_path")),
        catalog.destination(str(view.get("integration") or ""), view),
    ),
    catalogued_by="integration",
    required=("source_environment",),
    defaults={"secret_path": "/", "is_active": True},
    may_be_doubled=True,
    active="is_active",
    outcome=OUTCOME,
    known_by="this server or this service",
    way_out=(
        "To change it, remove the integration (state: absent, secrets at the destination stay) and create it"
        " again; a server that no longer creates native integrations can't do that."
    ),
)

TEXT = {"type": "str"}
FLAG = {"type": "bool"}
NAMES = {"type": "list", "elements": "str"}
# Names with "secret" in them make Ansible ask whether the value is one; these only say something about secrets.
NOT_SECRET = {"no_log": False}

METADATA_OPTIONS: dict[str, dict[str, Any]] = {
    "initial_sync_behavior": {"type": "str", "choices": ["overwrite-target", "prefer-source", "prefer-target"]},
    "secret_prefix": {**TEXT, **NOT_SECRET},
    "secret_suffix": {**TEXT, **NOT_SECRET},
    "mapping_behavior": {"type": "str", "choices": ["many-to-one", "one-to-one"]},
    "should_auto_redeploy": FLAG,
    "secret_gcp_label": {
        "type": "dict",
        **NOT_SECRET,
        "options": {
            "label_name": {"type": "str", "required": True},
            "label_value": {"type": "str", "required": True},
        },
    },
    "secret_aws_tag": {
        "type": "list",
        "elements": "dict",
        **NOT_SECRET,
        "options": {
            "key": {"type": "str", "required": True, **NOT_SECRET},
            "value": {"type": "str", "required": True},
        },
    },
    "metadata_sync_mode": {"type": "str", "choices": ["custom", "secret-metadata"]},
    "azure_label": TEXT,
    "github_visibility": {"type": "str", "choices": ["all", "private", "selected"]},
    "github_visibility_repo_ids": NAMES,
    "kms_key_id": {**TEXT, **NOT_SECRET},
    "should_disable_delete": FLAG,
    "should_enable_delete": FLAG,
    "should_mask_secrets": {**FLAG, **NOT_SECRET},
    "should_protect_secrets": {**FLAG, **NOT_SECRET},
    "octopus_deploy_scope_values": {
        "type": "dict",
        "options": {
            "environment": NAMES,
            "action": NAMES,
            "channel": NAMES,
            "machine": NAMES,
            "process_owner": NAMES,
            "role": NAMES,
        },
    },
}

# One integration, as the single module and each item of the plural one take it.
INTEGRATION_OPTIONS: dict[str, dict[str, Any]] = {
    "state": {"type": "str", "default": "present", "choices": ["present", "absent"]},
    "integration_id": TEXT,
    "integration_auth_id": TEXT,
    **PROJECT_ID,
    "integration": TEXT,
    "auth_namespace": TEXT,
    "auth_target_url": TEXT,
    "source_environment": TEXT,
    "secret_path": {**TEXT, **NOT_SECRET},
    "is_active": FLAG,
    **ACTIVATE,
    "app": TEXT,
    "app_id": TEXT,
    "owner": TEXT,
    "path": TEXT,
    "region": TEXT,
    "scope": TEXT,
    "target_environment": TEXT,
    "target_environment_id": TEXT,
    "target_service": TEXT,
    "target_service_id": TEXT,
    "target_url": TEXT,
    "metadata": {"type": "dict", "options": METADATA_OPTIONS},
    "sync": {"type": "bool", "default": False},
    "wait": {"type": "bool", "default": False},
    "wait_timeout": {"type": "float", "default": 120.0},
    "delete_destination_secrets": {"type": "bool", "default": False, **NOT_SECRET},
    "accept_deletion": {"type": "bool", "default": False},
    "remove_duplicates": {"type": "bool", "default": False},
    "validate": {"type": "str", "default": "warn", "choices": ["strict", "warn", "off"]},
}


def assumed_role(store: Store, integration_id: str) -> str | None:
    """Return the name of the role that the auth of an integration in AWS assumes; empty if it has access keys.

    Only the answer about a single integration tells. None where it doesn't. Raises InfisicalError.
    """
    path = f"{INTEGRATION.object_path}/{quote(integration_id, safe='')}"
    answer = store.client.get(path)
    check_answer(answer, f"GET {path}", integration=needed(mapping(metadata=mapping(awsIamRole=shapes.TEXT))))
    metadata = answer["integration"].get("metadata") or {}
    return str(metadata["awsIamRole"] or "") if "awsIamRole" in metadata else None


def role_in(arn: str) -> str:
    """Return the name of the role in its ARN."""
    return arn.partition(":role/")[2]
