#!/usr/bin/python
# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: infisical_secret_sync
short_description: Manage Infisical's Secret Syncs, which write a folder's secrets to a service
version_added: 1.0.0
author:
  - The community.infisical authors (@ansible-collections)
description:
  - Says which environment and folder of an Infisical project is written to which destination. The credentials for it
    come from M(community.infisical.infisical_app_connection). Together they replace native integrations.
  - Without O(sync_id) a sync is recognised by its O(name), which is unique in a project.
  - Servers offer these since 2025; how they behave was read from their sources. Where that leaves a doubt, the module
    accepts more rather than less, and warns.
attributes:
  check_mode:
    support: full
    details:
      - That the environment and the folder exist is only checked by the real run.
  diff_mode:
    support: full
  idempotent:
    support: partial
    details:
      - With O(sync=true) or O(import_secrets) a job is started each time, and the task reports changed.
options:
  state:
    description:
      - Whether the sync is there.
      - V(present) - It is created, or changed, as the other options say.
      - V(absent) - It is removed. Secrets at the destination stay, unless O(delete_destination_secrets=true).
    type: str
    default: present
    choices:
      - present
      - absent
  project_id:
    description: Id of the project.
    type: str
  project_slug:
    description: The project's slug, instead of O(project_id). It is looked up by one request.
    type: str
  sync_id:
    description:
      - Id of an existing sync, where it is not to be recognised by its name. A O(name) renames it then.
      - With O(state=absent), every other option that is stated must fit the sync, or nothing is removed.
    type: str
  name:
    description: Its name - lower-case letters, digits and dashes, unique in the project. Needed unless O(sync_id) is
      stated.
    type: str
  destination:
    description:
      - Slug of the destination, such as V(aws-secrets-manager), V(aws-parameter-store), V(github) or V(vercel).
        Needed to create it.
      - The server can't change it on an existing sync.
    type: str
  description:
    description: What it is for.
    type: str
  connection_id:
    description: Id of the App Connection to use. One of this and O(connection_name) is needed to create the sync.
    type: str
  connection_name:
    description: Name of the App Connection to use, looked for in the project first, then in its organization.
    type: str
  environment:
    description: Slug of the environment that the secrets come from. Needed to create the sync.
    type: str
  secret_path:
    description: Folder that the secrets come from, starting with a slash. V(/) for a new sync where it is not stated.
    type: str
  is_auto_sync_enabled:
    description: Whether changes of secrets are written to the destination by themselves. A new sync does that where
      this is not stated.
    type: bool
  destination_config:
    description:
      - Where the secrets go, as O(destination) needs it, under the API's names in snake case - C(region),
        C(mapping_behavior) and C(secret_name) for V(aws-secrets-manager).
      - Keys that are not stated stay as they are.
    type: dict
  sync_options:
    description:
      - How the secrets are written. Keys that are not stated stay as they are.
      - C(initial_sync_behavior) - what the first sync does with what is at the destination - C(overwrite-destination)
        (also where nothing is stated), C(import-prioritize-source) or C(import-prioritize-destination).
      - C(key_schema) - pattern for the names at the destination, with C({{secretKey}}) and, if wanted,
        C({{environment}}). Secrets there that don't fit it are left alone.
      - C(disable_secret_deletion) - keep secrets at the destination that Infisical doesn't have. A new sync keeps
        them where this is not stated, although the server would delete them.
      - Some destinations have further ones, such as C(tags) and C(key_id) for AWS.
    type: dict
  sync:
    description: Start a sync although nothing changed. The task reports changed then, in check mode as well.
    type: bool
    default: false
  import_secrets:
    description:
      - Import what the destination holds into the folder, each time that the task runs. The task reports changed
        then.
      - Not all destinations can be imported from.
      - V(prioritize-source) - Where both have a secret, keep the one in Infisical.
      - V(prioritize-destination) - Where both have a secret, take the one from the destination.
    type: str
    choices:
      - prioritize-source
      - prioritize-destination
  wait:
    description:
      - Wait until the server has recorded the outcome of what this task started. If it failed, the task fails with
        the service's own message.
      - If nothing has to be changed and the last recorded sync failed, the task syncs again and waits for that. It does
        not if automatic syncs are switched off.
    type: bool
    default: false
  wait_timeout:
    description: How long to wait, in seconds.
    type: float
    default: 120.0
  delete_destination_secrets:
    description: With O(state=absent), have the server delete from the destination what the sync wrote there, and wait
      for that.
    type: bool
    default: false
  check_duplicates:
    description:
      - What to do where another sync writes to the same destination.
      - V(warn) - Warn, and go on.
      - V(refuse) - Fail before anything is written.
      - V(ignore) - Don't look.
    type: str
    default: warn
    choices:
      - warn
      - refuse
      - ignore
  consult_options:
    description: Whether to compare the destination with the list of those that the server says it has.
    type: bool
    default: false
  validate:
    description:
      - What to do with faults that the collection's catalogue of services finds in the options. Much of what is known
        of newer servers comes from their sources and was not seen running; where that is so, the catalogue isn't
        sure.
      - V(strict) - Refuse all faults, those that the catalogue isn't sure of as well.
      - V(warn) - Refuse what is surely wrong, and warn of the rest.
      - V(off) - Look at nothing, and leave it to the server.
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
  - community.infisical.services.syncs
seealso:
  - module: community.infisical.infisical_app_connection
  - module: community.infisical.infisical_secret_syncs
  - module: community.infisical.infisical_secret_sync_info
"""

EXAMPLES = r"""
- name: Connect to AWS with access keys
  community.infisical.infisical_app_connection:
    app: aws
    method: access-key
    name: aws-dev
    project_id: "{{ project_id }}"
    credentials:
      access_key_id: "{{ aws_access_key_id }}"
      secret_access_key: "{{ aws_secret_access_key }}"
  register: connected

- name: Write the folder /app of dev to the secret my-app/dev, and wait for it
  community.infisical.infisical_secret_sync:
    project_id: "{{ project_id }}"
    name: my-app-dev
    destination: aws-secrets-manager
    connection_id: "{{ connected.app_connection.id }}"
    environment: dev
    secret_path: /app
    destination_config:
      region: us-east-1
      mapping_behavior: many-to-one
      secret_name: my-app/dev
    wait: true

- name: Let it delete what Infisical doesn't have
  community.infisical.infisical_secret_sync:
    project_id: "{{ project_id }}"
    name: my-app-dev
    sync_options:
      disable_secret_deletion: false

- name: Remove it, and leave the secret in AWS alone
  community.infisical.infisical_secret_sync:
    project_id: "{{ project_id }}"
    name: my-app-dev
    state: absent
"""

RETURN = r"""
secret_sync:
  description: The sync as it is after the task; null when it is absent.
  type: dict
  returned: success, and when a job that was waited for failed
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
removed:
  description: Ids of the syncs that were removed.
  type: list
  elements: str
  returned: when O(state=absent)
  sample: ["d0000000-0000-4000-8000-000000000001"]
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
from ansible_collections.community.infisical.plugins.module_utils._engine.project import PROJECT_RULES, PROJECT_SLUG
from ansible_collections.community.infisical.plugins.module_utils._kinds.secret_sync import OPTIONS, Sync
from ansible_collections.community.infisical.plugins.module_utils._module import Declaration, run_module

MODULE = Declaration(
    run=partial(manage, resource=Sync),
    options={
        **OPTIONS,
        "project_id": {"type": "str"},
        **PROJECT_SLUG,
    },
    rules={**PROJECT_RULES, "required_one_of": [("name", "sync_id"), *PROJECT_RULES["required_one_of"]]},
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()
