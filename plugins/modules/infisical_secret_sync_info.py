#!/usr/bin/python
# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: infisical_secret_sync_info
short_description: List Infisical's Secret Syncs
version_added: 1.0.0
author:
  - The community.infisical authors (@ansible-collections)
description:
  - Lists the Secret Syncs of a project, oldest first, with the outcome of each one's last sync.
  - The filters that are stated must all fit.
options:
  project_id:
    description: Id of the project.
    type: str
  project_slug:
    description: The project's slug, instead of O(project_id). It is looked up by one request.
    type: str
  sync_id:
    description: Return this sync only; an empty list where there is none.
    type: str
  destination:
    description: Only syncs to this kind of destination, given as its slug.
    type: str
  name:
    description: Only the sync with this name.
    type: str
  environment:
    description: Only syncs from the environment with this slug.
    type: str
  secret_path:
    description: Only syncs from this folder.
    type: str
  export:
    description:
      - Return it as items of M(community.infisical.infisical_secret_syncs) as well, see RV(export).
      - A task that is given them changes nothing, whoever made what is there.
    type: bool
    default: false
extends_documentation_fragment:
  - community.infisical.connection
  - community.infisical.attributes.info
  - community.infisical.attributes.actiongroup
seealso:
  - module: community.infisical.infisical_secret_sync
"""

EXAMPLES = r"""
- name: What is written where, and did it work?
  community.infisical.infisical_secret_sync_info:
    project_id: "{{ project_id }}"
  register: found

- name: Name those whose last sync failed
  ansible.builtin.debug:
    msg: "{{ found.secret_syncs | selectattr('sync_status', 'equalto', 'failed') | map(attribute='name') }}"
"""

RETURN = r"""
secret_syncs:
  description: The syncs, oldest first.
  type: list
  elements: dict
  returned: success
  contains:
    id:
      description: Its id. In check mode, for one that would be created, a stand-in.
      type: str
      returned: always
      sample: d0000000-0000-4000-8000-000000000001
    project_id:
      description: The project that it belongs to.
      type: str
      returned: always
      sample: 77fa7aed-9288-401e-a4c9-3a9430be62a4
    destination:
      description: The kind of destination.
      type: str
      returned: always
      sample: aws-secrets-manager
    name:
      description: Its name.
      type: str
      returned: always
      sample: my-app-dev
    description:
      description: Its description.
      type: str
      returned: always
      sample: null
    connection_id:
      description: The connection whose credentials it uses.
      type: str
      returned: always
      sample: c0000000-0000-4000-8000-000000000001
    connection:
      description: That connection - app, id and name.
      type: dict
      returned: always
      sample: {"app": "aws", "id": "c0000000-0000-4000-8000-000000000001", "name": "aws-dev"}
    environment:
      description: Slug of the environment that the secrets come from; null when that is gone.
      type: str
      returned: always
      sample: dev
    secret_path:
      description: Folder that the secrets come from; null when that is gone.
      type: str
      returned: always
      sample: /app
    folder_id:
      description: Id of that folder.
      type: str
      returned: always
      sample: null
    is_auto_sync_enabled:
      description: Whether changes of secrets are written to the destination by themselves.
      type: bool
      returned: always
      sample: true
    destination_config:
      description: Where the secrets go.
      type: dict
      returned: always
      sample: {"mapping_behavior": "many-to-one", "region": "us-east-1", "secret_name": "my-app/dev"}
    sync_options:
      description: How they are written.
      type: dict
      returned: always
      sample: {"disable_secret_deletion": true, "initial_sync_behavior": "overwrite-destination"}
    version:
      description: A number that the server raises with changes.
      type: int
      returned: always
      sample: 1
    sync_status:
      description: State of the last sync - V(pending), V(running), V(succeeded) or V(failed).
      type: str
      returned: always
      sample: succeeded
    last_sync_message:
      description: What the service said when the last sync failed.
      type: str
      returned: always
      sample: null
    last_sync_job_id:
      description: Which job that was.
      type: str
      returned: always
      sample: null
    last_synced_at:
      description: When the last sync ended.
      type: str
      returned: always
      sample: "2026-03-02T09:15:02.000Z"
    import_status:
      description: State of the last import.
      type: str
      returned: always
      sample: null
    last_import_message:
      description: What the service said when the last import failed.
      type: str
      returned: always
      sample: null
    last_import_job_id:
      description: Which job that was.
      type: str
      returned: always
      sample: null
    last_imported_at:
      description: When the last import ended.
      type: str
      returned: always
      sample: null
    remove_status:
      description: State of the removal of its secrets, where that was asked for.
      type: str
      returned: always
      sample: null
    last_remove_message:
      description: What the service said when that failed.
      type: str
      returned: always
      sample: null
    created_at:
      description: When it was created.
      type: str
      returned: always
      sample: "2026-03-02T09:15:00.000Z"
    updated_at:
      description: When it was last changed.
      type: str
      returned: always
      sample: "2026-03-02T09:15:02.000Z"
export:
  description:
    - An item of M(community.infisical.infisical_secret_syncs) for each sync. An item is marked C(validate=off) where
      the catalogue of services finds fault with what is there.
  type: list
  elements: dict
  returned: with O(export=true)
  sample: [{"name": "my-app-dev", "destination": "flyio", "connection_name": "flyio", "environment": "dev"}]
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

from ansible_collections.community.infisical.plugins.module_utils._engine.project import PROJECT_RULES, PROJECT_SLUG
from ansible_collections.community.infisical.plugins.module_utils._kinds.info import list_syncs
from ansible_collections.community.infisical.plugins.module_utils._module import Declaration, run_module

MODULE = Declaration(
    run=list_syncs,
    options={
        "project_id": {"type": "str"},
        **PROJECT_SLUG,
        "export": {"type": "bool", "default": False},
        "sync_id": {"type": "str"},
        "destination": {"type": "str"},
        "name": {"type": "str"},
        "environment": {"type": "str"},
        "secret_path": {"type": "str", "no_log": False},
    },
    rules=PROJECT_RULES,
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()
