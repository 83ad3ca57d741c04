#!/usr/bin/python
# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: infisical_integration
short_description: Manage Infisical native integrations, which write a folder's secrets to a service
version_added: 1.0.0
author:
  - The community.infisical authors (@ansible-collections)
description:
  - Defines which environment and folder of an Infisical project are written to which destination. The credentials come
    from M(community.infisical.infisical_integration_auth).
  - Without O(integration_id), an integration is identified by its auth, its source (O(source_environment) and
    O(secret_path)) and its destination. Which options identify the destination depends on the service. For AWS Secrets
    Manager they are O(app) and O(region), for the AWS Parameter Store O(path) and O(region). An option that is not
    specified counts as empty.
  - A task with another O(region), folder or auth therefore describes I(another) integration. The existing one stays
    until it is removed. The task warns if a second active integration would write to the same destination. GitHub
    repositories are compared regardless of case and of the auth.
  - With O(integration_id), options that are not specified keep their values. Specified ones are changed in place if the
    server supports that.
  - Some servers of 2024 remove an integration auth, and the credentials in it, with its last integration. If that
    happens, the task warns and returns RV(removed_auths).
  - Current servers do not create new native integrations. Existing ones can still be read, changed and removed.
attributes:
  check_mode:
    support: full
    details:
      - If an integration would be created, one request that names no existing object finds out whether the server
        still creates native integrations. It creates nothing.
      - If an integration would be created or moved, the module checks that the environment and the folder exist,
        provided that the identity may read them. Otherwise only the real run shows this.
  diff_mode:
    support: full
  idempotent:
    support: partial
    details:
      - With O(sync=true), a sync is started each time, and the task reports changed.
options:
  state:
    description:
      - Whether the integration should exist.
      - V(present) - Create it, or update it to match the options.
      - V(absent) - Remove it, and all integrations that are identical to it. Secrets at the destination stay, unless
        O(delete_destination_secrets=true).
    type: str
    default: present
    choices:
      - present
      - absent
  integration_id:
    description:
      - ID of an existing integration. Identifies the integration instead of the other options.
      - With O(state=absent), the integration must match all other options that are specified, or nothing is removed.
    type: str
  integration_auth_id:
    description:
      - ID of the integration auth to use. If O(project_id) is specified as well, this saves a request when nothing
        changes.
      - Without it, the auth is identified by the project, O(integration), O(auth_target_url) and O(auth_namespace).
    type: str
  integration:
    description: Slug of the service, such as V(aws-secret-manager).
    type: str
  auth_namespace:
    description: The O(community.infisical.infisical_integration_auth#module:namespace) of the auth, unless
      O(integration_auth_id) is specified.
    type: str
  auth_target_url:
    description: The O(community.infisical.infisical_integration_auth#module:target_url) of the auth, unless
      O(integration_auth_id) is specified.
    type: str
  source_environment:
    description: Slug of the environment that the secrets come from. Required unless O(integration_id) is specified.
    type: str
  secret_path:
    description:
      - Path of the folder that the secrets come from, starting with a slash.
      - Without O(integration_id), defaults to V(/).
    type: str
  is_active:
    description: Whether changes to secrets are written to the destination. Defaults to V(true) for a new integration.
    type: bool
  app:
    description: Name of the target, such as an application, a project, a repository, the secret in AWS Secrets Manager
      or the address of a vault.
    type: str
  app_id:
    description: ID of the target.
    type: str
  owner:
    description: Owner of the target, such as the organization on GitHub.
    type: str
  path:
    description: Path to write to. In the AWS Parameter Store it should end with a slash. For Vercel, the Git branch.
    type: str
  region:
    description: Region to write to.
    type: str
  scope:
    description: Scope of the target, such as V(github-repo), V(github-org) or V(github-env).
    type: str
  target_environment:
    description: Environment at the destination.
    type: str
  target_environment_id:
    description: ID of the environment at the destination.
    type: str
  target_service:
    description: Service at the destination.
    type: str
  target_service_id:
    description: ID of the service at the destination.
    type: str
  target_url:
    description: Address of the service, for services whose auth does not contain it (Rundeck, Windmill).
    type: str
  metadata:
    description:
      - Settings that depend on the service. Keys that are not specified keep their values.
      - The server can't remove a key. Set it to an empty value, or V(false), instead.
    type: dict
    suboptions:
      initial_sync_behavior:
        description:
          - What the first sync does with secrets that already exist at the destination.
          - V(overwrite-target) - Infisical's values are written.
          - V(prefer-source) - Secrets are imported first. Infisical's values take precedence.
          - V(prefer-target) - Secrets are imported first. The destination's values take precedence.
        type: str
        choices:
          - overwrite-target
          - prefer-source
          - prefer-target
      secret_prefix:
        description: Prefix for the name of each secret at the destination.
        type: str
      secret_suffix:
        description: Suffix for the name of each secret at the destination.
        type: str
      mapping_behavior:
        description:
          - How AWS Secrets Manager stores the secrets.
          - V(many-to-one) - All in one secret, as JSON. This is the server's default.
          - V(one-to-one) - Each as a separate secret. A secret that becomes empty is deleted in AWS.
        type: str
        choices:
          - many-to-one
          - one-to-one
      should_auto_redeploy:
        description: Whether Render or Cloudflare Pages redeploys after a sync.
        type: bool
      secret_gcp_label:
        description: Label for the secrets in GCP. It also marks the secrets that Infisical manages.
        type: dict
        suboptions:
          label_name:
            description: Name of the label.
            type: str
            required: true
          label_value:
            description: Value of the label.
            type: str
            required: true
      secret_aws_tag:
        description: Tags for the secrets and parameters in AWS.
        type: list
        elements: dict
        suboptions:
          key:
            description: Key of the tag.
            type: str
            required: true
          value:
            description: Value of the tag.
            type: str
            required: true
      metadata_sync_mode:
        description:
          - Where the tags in AWS Secrets Manager come from, on newer servers.
          - V(custom) - From O(metadata.secret_aws_tag).
          - V(secret-metadata) - From the metadata of each secret. Only with O(metadata.mapping_behavior=one-to-one).
        type: str
        choices:
          - custom
          - secret-metadata
      azure_label:
        description: Label of the values in Azure App Configuration.
        type: str
      github_visibility:
        description: Which repositories can use the secrets of a GitHub organization.
        type: str
        choices:
          - all
          - private
          - selected
      github_visibility_repo_ids:
        description: IDs of the repositories, with O(metadata.github_visibility=selected).
        type: list
        elements: str
      kms_key_id:
        description: KMS key that AWS encrypts the secrets with.
        type: str
      should_disable_delete:
        description:
          - Whether to keep parameters in AWS Parameter Store that do not exist in Infisical.
          - A new integration gets V(true) unless this is specified. An existing one keeps its setting.
        type: bool
      should_enable_delete:
        description: Whether to delete secrets in GitHub that do not exist in Infisical.
        type: bool
      should_mask_secrets:
        description: Whether GitLab masks the variables in its job logs.
        type: bool
      should_protect_secrets:
        description: Whether GitLab provides the variables to protected branches only.
        type: bool
      octopus_deploy_scope_values:
        description: Scopes of the variables in Octopus Deploy.
        type: dict
        suboptions:
          environment:
            description: Environments.
            type: list
            elements: str
          action:
            description: Deployment steps.
            type: list
            elements: str
          channel:
            description: Channels.
            type: list
            elements: str
          machine:
            description: Deployment targets.
            type: list
            elements: str
          process_owner:
            description: Processes.
            type: list
            elements: str
          role:
            description: Target tags.
            type: list
            elements: str
  sync:
    description:
      - Start a sync even if nothing changed. The task then reports changed, also in check mode.
      - A change starts a sync in any case. An inactive integration is not synced.
      - New credentials do not count as a change to the integration. To sync with them, register the result of
        M(community.infisical.infisical_integration_auth) and pass whether it changed, as in the examples.
    type: bool
    default: false
  wait:
    description:
      - Succeed only if the last sync that the server has recorded was successful. If it failed, the task fails with the
        message of the service.
      - If nothing has to be changed and the last recorded sync failed, or the integration was never synced, the task
        starts a sync and waits for it. It then reports changed, also in check mode.
      - An inactive integration is not synced. The task warns about that, unless it specifies O(is_active=false) itself.
      - Without this option, the task warns if the last sync failed.
    type: bool
    default: false
  wait_timeout:
    description:
      - Maximum time to wait, in seconds, for everything that the task waits for.
      - The server records a failing sync after its third attempt, which takes 10 to 20 seconds.
    type: float
    default: 120.0
  delete_destination_secrets:
    description:
      - With O(state=absent), let the server delete what the integration wrote to the destination.
      - Servers support this for GitHub only. For other services the task fails before anything is removed.
    type: bool
    default: false
  accept_deletion:
    description:
      - Whether it is intended that syncs delete or replace secrets at the destination that Infisical does not have.
      - Syncs to most services do that, and for most it can't be turned off. If this is V(false), a task that creates an
        integration for such a service warns once. If it is V(true), the task does not warn.
      - This option does not change anything on the server.
    type: bool
    default: false
  remove_duplicates:
    description:
      - With O(state=present), remove all but the oldest of several integrations with identical auth, source and
        destination. Such duplicates can result from two runs at the same time, or from a create request whose response
        was lost.
      - What they wrote to the destination stays. If one of them is active, the oldest is activated as well, unless
        O(is_active) is specified. Otherwise the oldest keeps its settings.
      - If this is V(false), the task manages the oldest and warns about the others.
      - If O(integration_id) is specified, only that integration is managed.
      - If the server does not return their creation times, the task fails and nothing is removed.
    type: bool
    default: false
extends_documentation_fragment:
  - community.infisical.options.project
  - community.infisical.options.activate
  - community.infisical.options.validate
  - community.infisical.connection
  - community.infisical.attributes
  - community.infisical.attributes.actiongroup
  - community.infisical.services.native
seealso:
  - module: community.infisical.infisical_integration_auth
  - module: community.infisical.infisical_integration_info
"""

EXAMPLES = r"""
- name: Store the AWS credentials in Infisical
  community.infisical.infisical_integration_auth:
    project_id: "{{ project_id }}"
    integration: aws-secret-manager
    access_id: "{{ aws_access_key_id }}"
    access_token: "{{ aws_secret_access_key }}"
  register: auth

- name: Write the folder /app of dev to the secret my-app/dev, and wait for the sync
  community.infisical.infisical_integration:
    integration_auth_id: "{{ auth.integration_auth.id }}"
    source_environment: dev
    secret_path: /app
    app: my-app/dev
    region: us-east-1
    # Each sync replaces the whole content of this secret.
    accept_deletion: true
    wait: true
  register: sync

- name: Identify the auth by project and service, and write each secret separately
  community.infisical.infisical_integration:
    project_id: "{{ project_id }}"
    integration: aws-secret-manager
    source_environment: dev
    secret_path: /app/db
    region: us-east-1
    metadata:
      mapping_behavior: one-to-one
      secret_prefix: my-app/db/
      secret_aws_tag:
        - key: team
          value: core

- name: Replace the credentials of the auth
  community.infisical.infisical_integration_auth:
    project_id: "{{ project_id }}"
    integration: aws-secret-manager
    access_id: "{{ new_access_key_id }}"
    access_token: "{{ new_secret_access_key }}"
    update_credentials: always
  register: auth

- name: Sync with the new credentials, and fail if AWS does not accept them
  community.infisical.infisical_integration:
    integration_id: "{{ sync.integration.id }}"
    sync: "{{ auth is changed }}"
    wait: true

- name: Pause the integration
  community.infisical.infisical_integration:
    integration_id: "{{ sync.integration.id }}"
    is_active: false

- name: Remove the integration, and keep the secret in AWS
  community.infisical.infisical_integration:
    integration_id: "{{ sync.integration.id }}"
    state: absent
"""

RETURN = r"""
integration:
  description: The integration after the task; null if it is absent.
  type: dict
  returned: success, and when a sync that the task waited for failed
  contains:
    id:
      description: ID of the integration. In check mode, for an integration that would be created, a placeholder.
      type: str
      returned: always
      sample: 88de59c4-dc8b-45d8-94b9-5b935312c04c
    project_id:
      description: ID of the project that the integration belongs to.
      type: str
      returned: always
      sample: 77fa7aed-9288-401e-a4c9-3a9430be62a4
    integration:
      description: Slug of the service.
      type: str
      returned: always
      sample: aws-secret-manager
    integration_auth_id:
      description: ID of the integration auth whose credentials the integration uses.
      type: str
      returned: always
      sample: e0f101e7-01e7-4a1b-af28-52bb40c257ce
    source_environment:
      description: Slug of the environment that the secrets come from.
      type: str
      returned: always
      sample: dev
    secret_path:
      description: Path of the folder that the secrets come from.
      type: str
      returned: always
      sample: /app
    is_active:
      description: Whether changes to secrets are written to the destination.
      type: bool
      returned: always
      sample: true
    app:
      description: Name of the target.
      type: str
      returned: always
      sample: my-app/dev
    app_id:
      description: ID of the target.
      type: str
      returned: always
      sample: null
    owner:
      description: Owner of the target.
      type: str
      returned: always
      sample: null
    path:
      description: Path at the destination.
      type: str
      returned: always
      sample: null
    region:
      description: Region of the destination.
      type: str
      returned: always
      sample: us-east-1
    scope:
      description: Scope of the target.
      type: str
      returned: always
      sample: null
    target_environment:
      description: Environment at the destination.
      type: str
      returned: always
      sample: null
    target_environment_id:
      description: ID of the environment at the destination.
      type: str
      returned: always
      sample: null
    target_service:
      description: Service at the destination.
      type: str
      returned: always
      sample: null
    target_service_id:
      description: ID of the service at the destination.
      type: str
      returned: always
      sample: null
    target_url:
      description: Address of the service.
      type: str
      returned: always
      sample: null
    metadata:
      description: Settings that depend on the service, with the keys of the option C(metadata).
      type: dict
      returned: always
      sample: {"secret_prefix": "APP_"}
    env_id:
      description: ID of the source environment.
      type: str
      returned: always
      sample: 8f13458f-fab1-486d-b69e-e5dd753f7b0a
    environment:
      description: The source environment, with its C(id), C(name) and C(slug).
      type: dict
      returned: always
      sample: {"id": "8f13458f-fab1-486d-b69e-e5dd753f7b0a", "name": "Development", "slug": "dev"}
    is_synced:
      description: Whether the last sync succeeded; null before the first sync has ended.
      type: bool
      returned: always
      sample: true
    sync_message:
      description: Message of the service if the last sync failed; empty after a success.
      type: str
      returned: always
      sample: ""
    last_used:
      description: When the last successful sync ended.
      type: str
      returned: always
      sample: "2026-03-02T09:15:02.000Z"
    last_sync_job_id:
      description: ID of the last sync job.
      type: str
      returned: always
      sample: "5"
    created_at:
      description: When the integration was created.
      type: str
      returned: always
      sample: "2026-03-02T09:15:00.000Z"
    updated_at:
      description: When the integration was last changed. Syncs count as changes.
      type: str
      returned: always
      sample: "2026-03-02T09:15:02.000Z"
removed:
  description: IDs of the integrations that were removed.
  type: list
  elements: str
  returned: when O(state=absent), or when O(remove_duplicates=true) removed some
  sample: ["88de59c4-dc8b-45d8-94b9-5b935312c04c"]
removed_auths:
  description: IDs of the integration auths that the server removed along with their last integration, including their
    credentials. Some servers of 2024 do that.
  type: list
  elements: str
  returned: if there are any
  sample: ["e0f101e7-01e7-4a1b-af28-52bb40c257ce"]
# BEGIN generated by make generate: failures
error_kind:
  description:
    - Kind of failure, for use in C(rescue).
    - The guide Troubleshooting has the R(list of all kinds,
      ansible_collections.community.infisical.docsite.troubleshooting.error_kinds).
    - V(input) and V(conflict) mean that nothing was written.
  type: str
  returned: failure
  sample: validation
status:
  description: HTTP status of the response that made the task fail.
  type: int
  returned: failure, if the server responded
  sample: 403
req_id:
  description: ID that the server gave the request. The server's administrator can find it in the logs.
  type: str
  returned: failure, if the server returns one
  sample: req-9zKq1Xb7Lm2Wd4
# END generated
"""

from ansible_collections.community.infisical.plugins.module_utils._python import require_python

require_python()

from functools import partial

from ansible_collections.community.infisical.plugins.module_utils._engine.driver import manage
from ansible_collections.community.infisical.plugins.module_utils._engine.project import PROJECT_OPTIONS
from ansible_collections.community.infisical.plugins.module_utils._engine.results import keys_of
from ansible_collections.community.infisical.plugins.module_utils._kinds.integration import Integration
from ansible_collections.community.infisical.plugins.module_utils._kinds.native import INTEGRATION, INTEGRATION_OPTIONS
from ansible_collections.community.infisical.plugins.module_utils._module import Declaration, run_module

MODULE = Declaration(
    run=partial(manage, resource=Integration),
    options=INTEGRATION_OPTIONS | PROJECT_OPTIONS,
    rules={
        "required_one_of": [("integration_id", "integration_auth_id", "project_id", "project_slug")],
        "mutually_exclusive": [("project_id", "project_slug")],
    },
    keys=keys_of(INTEGRATION),
)


def main():  # type: () -> None
    run_module(MODULE)


if __name__ == "__main__":
    main()
