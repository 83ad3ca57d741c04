#!/usr/bin/python
# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: infisical_integration
short_description: Manage Infisical's native integrations, which write a folder's secrets to a service
version_added: 1.0.0
author:
  - The community.infisical authors (@ansible-collections)
description:
  - Says which environment and folder of an Infisical project is written to which destination. The credentials for it
    come from M(community.infisical.infisical_integration_auth).
  - Without O(integration_id) an integration is recognised by its auth, its source (O(source_environment) and
    O(secret_path)) and its destination. Which options make up the destination depends on the service; for AWS Secrets
    Manager they are O(app) and O(region), for the AWS Parameter Store O(path) and O(region). An option that is not
    stated stands for an empty value there.
  - So a task with another O(region), folder or auth describes I(another) integration; the one from before stays until
    it is removed. Where a second active integration would write to the same destination, the task warns.
  - With O(integration_id), an option that is not stated keeps its value, and each stated one is changed in place if
    the server can do that.
  - Current servers create no new native integrations. Existing ones are still read, changed and removed.
attributes:
  check_mode:
    support: full
    details:
      - Where an integration would be created, one request that names no existing object tells whether the server
        still creates native integrations. It creates nothing.
      - That the environment and the folder exist is looked up, where the identity may read them, when an integration
        would be created or moved. Elsewhere only the real run tells.
  diff_mode:
    support: full
  idempotent:
    support: partial
    details:
      - With O(sync=true) a sync is started each time, and the task reports changed.
options:
  state:
    description:
      - Whether the integration is there.
      - V(present) - It is created, or changed, as the other options say.
      - V(absent) - It is removed, together with its twins. Secrets at the destination stay, unless
        O(delete_destination_secrets=true).
    type: str
    default: present
    choices:
      - present
      - absent
  integration_id:
    description:
      - Id of an existing integration, where it is not to be recognised by the other options.
      - With O(state=absent), every other option that is stated must fit the integration, or nothing is removed.
    type: str
  integration_auth_id:
    description:
      - Id of the auth that the integration uses. Stating O(project_id) beside it saves a request where nothing changes.
    type: str
  project_id:
    description:
      - Id of the project. With O(integration) it names the auth, where O(integration_auth_id) is not stated.
    type: str
    aliases:
      - workspace_id
  project_slug:
    description: The project's slug, instead of O(project_id). It is looked up by one request.
    type: str
  integration:
    description: Slug of the service, such as V(aws-secret-manager).
    type: str
  auth_namespace:
    description: The O(community.infisical.infisical_integration_auth#module:namespace) of the auth, where it is named
      by project and service.
    type: str
  auth_target_url:
    description: The O(community.infisical.infisical_integration_auth#module:target_url) of the auth, where it is
      named by project and service.
    type: str
  source_environment:
    description: Slug of the environment that the secrets come from. Needed unless O(integration_id) is stated.
    type: str
  secret_path:
    description:
      - Folder that the secrets come from, starting with a slash.
      - Without O(integration_id), V(/) where it is not stated.
    type: str
  is_active:
    description:
      - Whether changes of secrets are written to the destination. A new integration is active where this is not
        stated.
    type: bool
  app:
    description: Name of the thing to write to - an application, a project, a repository, the secret in AWS Secrets
      Manager, a vault's address.
    type: str
  app_id:
    description: Id of the thing to write to.
    type: str
  owner:
    description: Owner of the thing to write to, such as the organization on GitHub.
    type: str
  path:
    description: Path to write to, such as the one in the AWS Parameter Store, where it should end in a slash. For
      Vercel the git branch.
    type: str
  region:
    description: Region to write to.
    type: str
  scope:
    description: Kind of thing to write to, such as V(github-repo), V(github-org) or V(github-env).
    type: str
  target_environment:
    description: Environment at the destination.
    type: str
  target_environment_id:
    description: Id of the environment at the destination.
    type: str
  target_service:
    description: Service at the destination.
    type: str
  target_service_id:
    description: Id of the service at the destination.
    type: str
  target_url:
    description: Address of the service, where the integration and not the auth holds it (Rundeck, Windmill).
    type: str
  metadata:
    description:
      - Settings that depend on the service. Keys that are not stated stay as they are.
      - The server can't take a key away. Set it to an empty value, or V(false), instead.
    type: dict
    suboptions:
      initial_sync_behavior:
        description:
          - What the first sync does with secrets that the destination has already.
          - V(overwrite-target) - Infisical's values win.
          - V(prefer-source) - Secrets are imported first, and Infisical's values win.
          - V(prefer-target) - Secrets are imported first, and the destination's values win.
        type: str
        choices:
          - overwrite-target
          - prefer-source
          - prefer-target
      secret_prefix:
        description: Text before the name of each secret at the destination.
        type: str
      secret_suffix:
        description: Text after the name of each secret at the destination.
        type: str
      mapping_behavior:
        description:
          - How AWS Secrets Manager holds the secrets.
          - V(many-to-one) - All in one secret, as JSON. This is what the server does when nothing is stated.
          - V(one-to-one) - Each as a secret of its own.
        type: str
        choices:
          - many-to-one
          - one-to-one
      should_auto_redeploy:
        description: Whether Render or Cloudflare Pages deploy again after a sync.
        type: bool
      secret_gcp_label:
        description: Label that GCP secrets get, and that marks those that are managed.
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
        description: Tags that secrets and parameters in AWS get.
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
          - V(secret-metadata) - From each secret's own metadata. With O(metadata.mapping_behavior=one-to-one) only.
        type: str
        choices:
          - custom
          - secret-metadata
      azure_label:
        description: Label of the values in Azure App Configuration.
        type: str
      github_visibility:
        description: Which repositories see the secrets of a GitHub organization.
        type: str
        choices:
          - all
          - private
          - selected
      github_visibility_repo_ids:
        description: Ids of the repositories, with O(metadata.github_visibility=selected).
        type: list
        elements: str
      kms_key_id:
        description: KMS key that AWS encrypts with.
        type: str
      should_disable_delete:
        description: Keep parameters in AWS Parameter Store that Infisical doesn't have.
        type: bool
      should_enable_delete:
        description: Delete secrets in GitHub that Infisical doesn't have.
        type: bool
      should_mask_secrets:
        description: Whether GitLab masks the variables in its job logs.
        type: bool
      should_protect_secrets:
        description: Whether GitLab gives the variables to protected branches only.
        type: bool
      octopus_deploy_scope_values:
        description: What the variables in Octopus Deploy are scoped to.
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
      - Start a sync although nothing changed. The task reports changed then, in check mode as well.
      - A change starts a sync in any case. An inactive integration is not synced.
    type: bool
    default: false
  wait:
    description:
      - Wait until the server has recorded the outcome of the sync that this task started. If it failed, the task
        fails with the service's own message.
      - If nothing has to be changed and the last recorded sync of an active integration failed, the task syncs again
        and waits for that.
      - Where nothing was started, or the integration is not active, there is nothing to wait for.
    type: bool
    default: false
  wait_timeout:
    description: How long to wait, in seconds. A failing sync is recorded after its third try, 10 to 20 seconds.
    type: float
    default: 120.0
  delete_destination_secrets:
    description:
      - With O(state=absent), have the server delete what the integration wrote to the destination.
      - Servers can do that for GitHub only. For other services the task refuses before anything is removed.
    type: bool
    default: false
  remove_duplicates:
    description:
      - With O(state=present), remove all but the oldest of several integrations that are identical in their auth,
        source and destination. Such twins come from two runs at once, or from a create whose answer was lost.
      - What they wrote to the destination stays. Where one of them is active, the oldest is made so, too, unless
        O(is_active) says otherwise; else the oldest keeps its settings.
      - Unset, the oldest is managed, and a warning names the others.
      - An integration that is named by O(integration_id) is managed alone.
      - If the server doesn't tell when each of them was created, the task fails and nothing is removed.
    type: bool
    default: false
  validate:
    description:
      - What becomes of options that the service can't use, or lacks. All is said at once, with the options' names.
      - An object that is there already is never refused for what it lacks.
      - V(strict) - Everything is refused.
      - V(warn) - What is sure to fail is refused before anything is written, the rest is a warning.
      - V(off) - Nothing is checked. For services, and values, that are newer than this collection.
    type: str
    default: warn
    choices:
      - strict
      - warn
      - 'off'
extends_documentation_fragment:
  - community.infisical.connection
  - community.infisical.attributes
  - community.infisical.attributes.actiongroup
  - community.infisical.services.native
seealso:
  - module: community.infisical.infisical_integration_auth
  - module: community.infisical.infisical_integration_info
"""

EXAMPLES = r"""
- name: Let Infisical write to AWS Secrets Manager
  community.infisical.infisical_integration_auth:
    project_id: "{{ project_id }}"
    integration: aws-secret-manager
    access_id: "{{ aws_access_key_id }}"
    access_token: "{{ aws_secret_access_key }}"
  register: auth

- name: Write the folder /app of dev to the secret my-app/dev, and wait for it
  community.infisical.infisical_integration:
    integration_auth_id: "{{ auth.integration_auth.id }}"
    source_environment: dev
    secret_path: /app
    app: my-app/dev
    region: us-east-1
    wait: true
  register: sync

- name: The same auth named by project and service, each secret on its own
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

- name: Pause it
  community.infisical.infisical_integration:
    integration_id: "{{ sync.integration.id }}"
    is_active: false

- name: Remove it, and leave the secret in AWS alone
  community.infisical.infisical_integration:
    integration_id: "{{ sync.integration.id }}"
    state: absent
"""

RETURN = r"""
integration:
  description: The integration as it is after the task; null when it is absent.
  type: dict
  returned: success, and when a sync that was waited for failed
  contains:
    id:
      description: Its id. In check mode, for one that would be created, a stand-in.
      type: str
      returned: always
      sample: 88de59c4-dc8b-45d8-94b9-5b935312c04c
    project_id:
      description: The project that it belongs to.
      type: str
      returned: always
      sample: 77fa7aed-9288-401e-a4c9-3a9430be62a4
    integration:
      description: The service that it writes to.
      type: str
      returned: always
      sample: aws-secret-manager
    integration_auth_id:
      description: The integration auth whose credentials it uses.
      type: str
      returned: always
      sample: e0f101e7-01e7-4a1b-af28-52bb40c257ce
    source_environment:
      description: Slug of the environment that the secrets come from.
      type: str
      returned: always
      sample: dev
    secret_path:
      description: Folder that the secrets come from.
      type: str
      returned: always
      sample: /app
    is_active:
      description: Whether changes of secrets are written to the destination.
      type: bool
      returned: always
      sample: true
    app:
      description: See the option of the same name.
      type: str
      returned: always
      sample: my-app/dev
    app_id:
      description: See the option of the same name.
      type: str
      returned: always
      sample: null
    owner:
      description: See the option of the same name.
      type: str
      returned: always
      sample: null
    path:
      description: See the option of the same name.
      type: str
      returned: always
      sample: null
    region:
      description: See the option of the same name.
      type: str
      returned: always
      sample: us-east-1
    scope:
      description: See the option of the same name.
      type: str
      returned: always
      sample: null
    target_environment:
      description: See the option of the same name.
      type: str
      returned: always
      sample: null
    target_environment_id:
      description: See the option of the same name.
      type: str
      returned: always
      sample: null
    target_service:
      description: See the option of the same name.
      type: str
      returned: always
      sample: null
    target_service_id:
      description: See the option of the same name.
      type: str
      returned: always
      sample: null
    target_url:
      description: See the option of the same name.
      type: str
      returned: always
      sample: null
    metadata:
      description: The settings that are stored, under the names of the option of the same name.
      type: dict
      returned: always
      sample: {"secret_prefix": "APP_"}
    env_id:
      description: Id of the source environment.
      type: str
      returned: always
      sample: 8f13458f-fab1-486d-b69e-e5dd753f7b0a
    environment:
      description: The source environment.
      type: dict
      returned: always
      sample: {"id": "8f13458f-fab1-486d-b69e-e5dd753f7b0a", "name": "Development", "slug": "dev"}
    is_synced:
      description: Whether the last sync succeeded; null before the first has ended.
      type: bool
      returned: always
      sample: true
    sync_message:
      description: What the service said when the last sync failed; empty after a success.
      type: str
      returned: always
      sample: ""
    last_used:
      description: When the last successful sync ended.
      type: str
      returned: always
      sample: "2026-03-02T09:15:02.000Z"
    last_sync_job_id:
      description: Which job that was.
      type: str
      returned: always
      sample: "5"
    created_at:
      description: When it was created.
      type: str
      returned: always
      sample: "2026-03-02T09:15:00.000Z"
    updated_at:
      description: When it was last changed, by a sync as well.
      type: str
      returned: always
      sample: "2026-03-02T09:15:02.000Z"
removed:
  description: Ids of the integrations that were removed.
  type: list
  elements: str
  returned: when O(state=absent), or when O(remove_duplicates=true) removed some
  sample: ["88de59c4-dc8b-45d8-94b9-5b935312c04c"]
error_kind:
  description:
    - What kind of failure it was, for use in a C(rescue).
    - V(input) and V(conflict) mean that nothing was written.
  type: str
  returned: failure
  sample: validation
status:
  description: The HTTP status of the answer that the task failed on.
  type: int
  returned: failure, when there was an answer
  sample: 403
req_id:
  description: The server's name for the request, for its administrator's logs.
  type: str
  returned: failure, when the server gives one
  sample: req-9zKq1Xb7Lm2Wd4
"""

from functools import partial

from ansible_collections.community.infisical.plugins.module_utils._engine.driver import manage
from ansible_collections.community.infisical.plugins.module_utils._engine.project import PROJECT_SLUG
from ansible_collections.community.infisical.plugins.module_utils._kinds.integration import Integration
from ansible_collections.community.infisical.plugins.module_utils._kinds.native import INTEGRATION_OPTIONS
from ansible_collections.community.infisical.plugins.module_utils._module import Declaration, run_module

MODULE = Declaration(
    run=partial(manage, resource=Integration),
    options={**INTEGRATION_OPTIONS, **PROJECT_SLUG},
    rules={
        "required_one_of": [("integration_id", "integration_auth_id", "project_id", "project_slug")],
        "mutually_exclusive": [("project_id", "project_slug")],
    },
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()
