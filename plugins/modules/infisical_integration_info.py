#!/usr/bin/python
# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: infisical_integration_info
short_description: List Infisical's native integrations
version_added: 1.0.0
author:
  - The community.infisical authors (@ansible-collections)
description:
  - Lists the native integrations of a project, oldest first, with the outcome of each one's last sync.
  - The filters that are stated must all fit.
options:
  project_id:
    description: Id of the project. Needed unless O(integration_id) is stated.
    type: str
    aliases:
      - workspace_id
  project_slug:
    description: The project's slug, instead of O(project_id). It is looked up by one request.
    type: str
  integration_id:
    description: Return this integration only; an empty list where there is none.
    type: str
  integration_auth_id:
    description: Only integrations that use this auth.
    type: str
  integration:
    description: Only integrations with this service, given as its slug.
    type: str
  source_environment:
    description: Only integrations from the environment with this slug.
    type: str
  secret_path:
    description: Only integrations from this folder.
    type: str
  migration:
    description:
      - Add to each integration what would become of it as a Secret Sync, see RV(integrations[].migration).
      - That map was made from the sources of newer servers; what wasn't seen running is said in its warnings.
    type: bool
    default: false
  migration_inputs:
    description:
      - What the integrations don't tell themselves, by integration id, integration auth id, service, or V(*) for all;
        the first of these wins. Each is a mapping of options of M(community.infisical.infisical_secret_sync), nested
        or with dots - C(destination_config.org).
    type: dict
  export:
    description:
      - Return it as items of M(community.infisical.infisical_integrations) as well, see RV(export).
      - A task that is given them changes nothing, whoever made what is there.
    type: bool
    default: false
extends_documentation_fragment:
  - community.infisical.connection
  - community.infisical.attributes.info
  - community.infisical.attributes.actiongroup
seealso:
  - module: community.infisical.infisical_integration
"""

EXAMPLES = r"""
- name: What is written where, and did it work?
  community.infisical.infisical_integration_info:
    project_id: "{{ project_id }}"
  register: found

- name: Name those whose last sync failed
  ansible.builtin.debug:
    msg: "{{ found.integrations | rejectattr('is_synced') | map(attribute='sync_message') }}"
"""

RETURN = r"""
integrations:
  description: The integrations, oldest first.
  type: list
  elements: dict
  returned: success
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
    migration:
      description: What would become of it as a Secret Sync.
      type: dict
      returned: with O(migration=true)
      contains:
        status:
          description: V(ready), V(needs_inputs) or V(no_counterpart).
          type: str
          returned: always
          sample: needs_inputs
        reason:
          description: One sentence on the status.
          type: str
          returned: always
          sample: "The sync needs what the native integration doesn't tell: connection_name."
        missing:
          description: What has to be given in O(migration_inputs) - the name of the option, and why.
          type: list
          elements: dict
          returned: always
          sample: []
        needs_only_connection:
          description: Whether a connection is all that is missing.
          type: bool
          returned: always
          sample: true
        destination:
          description: Destination of the sync.
          type: str
          returned: always
          sample: aws-secrets-manager
        app:
          description: App of the connection that it needs.
          type: str
          returned: always
          sample: aws
        methods:
          description: Ways to connect, with the credentials that can be filled in and those that must be asked for.
          type: list
          elements: dict
          returned: always
          sample: []
        sync:
          description: Options of M(community.infisical.infisical_secret_sync), as far as they are known.
          type: dict
          returned: always
          sample: {}
        restore_deletion:
          description: What C(disable_secret_deletion) has to become in the end for the sync to delete as the
            integration did; null where it may stay.
          type: bool
          returned: always
          sample: null
        warnings:
          description: What changes in meaning, or doesn't carry over.
          type: list
          elements: str
          returned: always
          sample: []
export:
  description:
    - An item of M(community.infisical.infisical_integrations) for each integration, but only one for several that are
      identical. An item is marked C(validate=off) where the catalogue of services finds fault with what is there.
  type: list
  elements: dict
  returned: with O(export=true)
  sample: [{"integration": "flyio", "source_environment": "dev", "secret_path": "/app", "is_active": true, "app": "a"}]
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

from ansible_collections.community.infisical.plugins.module_utils._engine.project import PROJECT_SLUG
from ansible_collections.community.infisical.plugins.module_utils._migration.info import list_integrations
from ansible_collections.community.infisical.plugins.module_utils._module import Declaration, run_module

MODULE = Declaration(
    run=list_integrations,
    options={
        "project_id": {"type": "str", "aliases": ["workspace_id"]},
        **PROJECT_SLUG,
        "integration_id": {"type": "str"},
        "integration_auth_id": {"type": "str"},
        "integration": {"type": "str"},
        "source_environment": {"type": "str"},
        "secret_path": {"type": "str", "no_log": False},
        "migration": {"type": "bool", "default": False},
        "migration_inputs": {"type": "dict"},
        "export": {"type": "bool", "default": False},
    },
    rules={
        "required_one_of": [("project_id", "project_slug", "integration_id")],
        "mutually_exclusive": [("project_id", "project_slug")],
    },
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()
