#!/usr/bin/python
# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: infisical_integrations
short_description: Manage many of a project's native integrations in one task
version_added: 1.0.0
author:
  - The community.infisical authors (@ansible-collections)
description:
  - Does for a list of integrations what M(community.infisical.infisical_integration) does for one, with one look at
    the server and several writes at a time.
  - Wrong input in any item stops the task before anything is sent. After that each item stands for itself - a failing
    one is reported by its index and name, together with the outcome of the others, and fails the task in the end.
  - With O(purge=true) the integrations in a stated scope that no item describes are removed. What they wrote stays at
    their destinations. Servers that create no new native integrations can't bring back what was purged.
attributes:
  check_mode:
    support: full
    details:
      - Where an integration would be created, one request that names no existing object tells whether the server
        still creates native integrations. It creates nothing.
      - That the environments and folders exist is looked up, where the identity may read them, for integrations that
        would be created or moved. Elsewhere only the real run tells.
  diff_mode:
    support: full
  idempotent:
    support: partial
    details:
      - Items with O(integrations[].sync=true) start a sync each time.
options:
  project_id:
    description: Id of the project.
    type: str
    aliases:
      - workspace_id
  project_slug:
    description: The project's slug, instead of O(project_id). It is looked up by one request.
    type: str
  integrations:
    description: The integrations. What each service needs is in the notes of
      M(community.infisical.infisical_integration).
    type: list
    elements: dict
    required: true
    suboptions:
      state:
        description:
          - Whether the integration is there.
          - V(present) - It is created, or changed, as the other options say.
          - V(absent) - It is removed, together with its twins. Secrets at the destination stay, unless
            O(integrations[].delete_destination_secrets=true).
        type: str
        default: present
        choices:
          - present
          - absent
      integration_id:
        description:
          - Id of an existing integration, where it is not to be recognised by the other options.
          - With O(integrations[].state=absent), every other option that is stated must fit the integration, or nothing
            is removed.
        type: str
      integration_auth_id:
        description:
          - Id of the auth that the integration uses. Stating O(integrations[].project_id) beside it saves a request.
        type: str
      project_id:
        description:
          - Id of the project. With O(integrations[].integration) it names the auth, where
            O(integrations[].integration_auth_id) is not stated.
        type: str
        aliases:
          - workspace_id
      integration:
        description: Slug of the service, such as V(aws-secret-manager).
        type: str
      auth_namespace:
        description: The O(community.infisical.infisical_integration_auth#module:namespace) of the auth, where it is
          named by project and service.
        type: str
      auth_target_url:
        description: The O(community.infisical.infisical_integration_auth#module:target_url) of the auth, where it is
          named by project and service.
        type: str
      source_environment:
        description: Slug of the environment that the secrets come from. Needed unless
          O(integrations[].integration_id) is stated.
        type: str
      secret_path:
        description:
          - Folder that the secrets come from, starting with a slash.
          - Without O(integrations[].integration_id), V(/) where it is not stated.
        type: str
      is_active:
        description:
          - Whether changes of secrets are written to the destination. A new integration is active where this is not
            stated.
        type: bool
      app:
        description: Name of the thing to write to - an application, a project, a repository, the secret in AWS
          Secrets Manager, a vault's address.
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
              - V(custom) - From O(integrations[].metadata.secret_aws_tag).
              - V(secret-metadata) - From each secret's own metadata. With
                O(integrations[].metadata.mapping_behavior=one-to-one) only.
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
            description: Ids of the repositories, with O(integrations[].metadata.github_visibility=selected).
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
          - If nothing has to be changed and the last recorded sync of an active integration failed, the task syncs
            again and waits for that.
          - Where nothing was started, or the integration is not active, there is nothing to wait for.
        type: bool
        default: false
      wait_timeout:
        description: How long to wait, in seconds. A failing sync is recorded after its third try, 10 to 20 seconds.
        type: float
        default: 120.0
      delete_destination_secrets:
        description:
          - With O(integrations[].state=absent), have the server delete what the integration wrote to the destination.
          - Servers can do that for GitHub only. For other services the task refuses before anything is removed.
        type: bool
        default: false
      remove_duplicates:
        description:
          - With O(integrations[].state=present), remove all but the oldest of several integrations that are identical
            in their auth, source and destination. Such twins come from two runs at once, or from a create whose answer
            was lost.
          - What they wrote to the destination stays. Where one of them is active, the oldest is made so, too, unless
            O(integrations[].is_active) says otherwise; else the oldest keeps its settings.
          - Unset, the oldest is managed, and a warning names the others.
          - An integration that is named by O(integrations[].integration_id) is managed alone.
        type: bool
        default: false
      validate:
        description:
          - What becomes of options that the service can't use, or lacks. All is said at once, with the options'
            names.
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
  concurrency:
    description: How many items are worked on at a time, from V(1) to V(16).
    type: int
    default: 4
  purge:
    description:
      - Remove the integrations in the scope that no item describes.
      - Nothing is purged when an item failed.
    type: bool
    default: false
  purge_scope:
    description:
      - What a purge may remove. All that is stated must fit. Each is a list of values or shell patterns.
      - An empty list and null are refused. An option that is left out, and V(*) alone, restrict nothing.
    type: dict
    suboptions:
      integration:
        description: Services.
        type: list
        elements: str
        default:
          - "*"
      integration_auth_id:
        description: Ids of integration auths.
        type: list
        elements: str
        default:
          - "*"
      source_environment:
        description: Slugs of environments.
        type: list
        elements: str
        default:
          - "*"
      secret_path:
        description: Folders.
        type: list
        elements: str
        default:
          - "*"
  purge_scope_all:
    description: Let a purge remove any native integration of the project.
    type: bool
    default: false
  purge_when_empty:
    description: Let a purge work although O(integrations) is empty, which removes all that is in the scope.
    type: bool
    default: false
extends_documentation_fragment:
  - community.infisical.connection
  - community.infisical.attributes
  - community.infisical.attributes.actiongroup
seealso:
  - module: community.infisical.infisical_integration
"""

EXAMPLES = r"""
- name: What goes from the folder /app to AWS, and nothing else from there
  community.infisical.infisical_integrations:
    project_id: "{{ project_id }}"
    integrations:
      - integration: aws-secret-manager
        source_environment: dev
        secret_path: /app
        app: my-app/dev
        region: us-east-1
      - integration: aws-secret-manager
        auth_namespace: production
        source_environment: prod
        secret_path: /app
        app: my-app/prod
        region: us-east-1
    purge: true
    purge_scope:
      integration:
        - aws-secret-manager
      secret_path:
        - /app
"""

RETURN = r"""
results:
  description: The outcome of each item, in the order of O(integrations).
  type: list
  elements: dict
  returned: success, and when items failed
  contains:
    index:
      description: Place of the item in O(integrations), from 0.
      type: int
      returned: always
      sample: 0
    name:
      description: What the item describes, or its id.
      type: str
      returned: always
      sample: aws-secret-manager dev:/app -> my-app/dev us-east-1
    action:
      description: What was done - V(created), V(updated), V(synced), V(removed), V(unchanged) or V(failed).
      type: str
      returned: always
      sample: created
    id:
      description: Id of the integration.
      type: str
      returned: when the item did not fail
      sample: 88de59c4-dc8b-45d8-94b9-5b935312c04c
    removed:
      description:
        - IDs of all integrations that were removed for the item, RV(results[].id) included. More than one if several
          integrations were identical.
      type: list
      elements: str
      returned: when the item did not fail
      sample: []
    changed:
      description: Whether something changed.
      type: bool
      returned: always
      sample: true
    diff:
      description: What changed; null where nothing did.
      type: dict
      returned: when the item did not fail
    integration:
      description: The integration, as M(community.infisical.infisical_integration) returns it.
      type: dict
      returned: always
    error:
      description: Why the item failed.
      type: str
      returned: when the item failed
      sample: ""
    error_kind:
      description: What kind of failure that was.
      type: str
      returned: when the item failed
      sample: validation
counts:
  description: How many items had each outcome, and how many integrations were purged.
  type: dict
  returned: success, and when items failed
  sample: {"created": 2, "failed": 0, "purged": 0, "removed": 0, "synced": 0, "unchanged": 0, "updated": 0}
purged:
  description: The integrations that were purged.
  type: list
  elements: dict
  returned: success, and when items failed
  sample: []
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

from ansible_collections.community.infisical.plugins.module_utils._engine.bulk import bulk_options, manage_many
from ansible_collections.community.infisical.plugins.module_utils._engine.project import PROJECT_RULES, PROJECT_SLUG
from ansible_collections.community.infisical.plugins.module_utils._kinds.integration import Integration
from ansible_collections.community.infisical.plugins.module_utils._kinds.native import INTEGRATION_OPTIONS
from ansible_collections.community.infisical.plugins.module_utils._module import Declaration, run_module

MODULE = Declaration(
    run=partial(manage_many, resource=Integration),
    options={
        "project_id": {"type": "str", "aliases": ["workspace_id"]},
        **PROJECT_SLUG,
        "integrations": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": INTEGRATION_OPTIONS,
        },
        **bulk_options(Integration.scope_options),
    },
    rules=PROJECT_RULES,
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()
