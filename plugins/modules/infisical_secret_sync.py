#!/usr/bin/python
# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: infisical_secret_sync
short_description: Manage Infisical secret syncs, which write a folder's secrets to a service
version_added: 1.0.0
author:
  - The community.infisical authors (@ansible-collections)
description:
  - Defines which environment and folder of an Infisical project are written to which destination. The credentials come
    from M(community.infisical.infisical_app_connection). Together they replace native integrations.
  - Without O(sync_id), a sync is identified by its O(name), which is unique in a project.
  - O(project_id) or O(project_slug) is required.
  - Servers have offered secret syncs since 2025. What the module knows about them comes from the servers' source code.
    If in doubt, it accepts an option and warns.
attributes:
  check_mode:
    support: full
    details:
      - Only the real run checks that the environment and the folder exist.
  diff_mode:
    support: full
  idempotent:
    support: partial
    details:
      - With O(sync=true) or O(import_secrets), a job is started each time, and the task reports changed.
options:
  state:
    description:
      - Whether the sync should exist.
      - V(present) - Create it, or update it to match the options.
      - V(absent) - Remove it. Secrets at the destination stay, unless O(delete_destination_secrets=true).
    type: str
    default: present
    choices:
      - present
      - absent
  sync_id:
    description:
      - ID of an existing sync. Identifies it instead of O(name), so that O(name) can rename it.
      - With O(state=absent), the sync must match all other options that are specified, or nothing is removed.
    type: str
  name:
    description: Name of the sync, in lowercase letters, digits and dashes. Unique in the project. Required unless
      O(sync_id) is specified.
    type: str
  destination:
    description:
      - Slug of the destination, such as V(aws-secrets-manager), V(aws-parameter-store), V(github) or V(vercel).
        Required to create the sync.
      - The server can't change it for an existing sync.
    type: str
  description:
    description: Free-text description.
    type: str
  connection_id:
    description: ID of the app connection to use. Either this or O(connection_name) is required to create the sync.
    type: str
  connection_name:
    description: Name of the app connection to use. The module looks for it in the project first, then in the
      organization of the project. The identity must be allowed to read it or to use it.
    type: str
  environment:
    description: Slug of the environment that the secrets come from. Required to create the sync.
    type: str
  secret_path:
    description: Path of the folder that the secrets come from, starting with a slash. Defaults to V(/) for a new sync.
    type: str
  is_auto_sync_enabled:
    description: Whether changes to secrets are written to the destination automatically. Defaults to V(true) for a new
      sync.
    type: bool
  destination_config:
    description:
      - Where the secrets are written, as O(destination) requires. The keys are the API's names in snake case, such as
        C(region), C(mapping_behavior) and C(secret_name) for V(aws-secrets-manager).
      - Keys that are not specified keep their values.
    type: dict
  sync_options:
    description:
      - How the secrets are written. Keys that are not specified keep their values.
      - C(initial_sync_behavior) - What the first sync does with secrets that already exist at the destination -
        C(overwrite-destination) (the default), C(import-prioritize-source) or C(import-prioritize-destination).
      - C(key_schema) - Pattern for the names at the destination, with C(secretKey) and optionally C(environment), each
        in double braces. Secrets at the destination that do not match it are not changed. With C(many-to-one) of
        V(aws-secrets-manager), it applies to the name of the one secret, and the keys in that secret stay as in
        Infisical.
      - C(disable_secret_deletion) - Keep secrets at the destination that do not exist in Infisical. Defaults to C(true)
        for a new sync, unlike on the server. For Azure DevOps, servers without the vendor's fix ignore it and replace
        the whole variable group. For that destination, it must be specified for a new sync, and to change source or
        destination. With C(many-to-one) of V(aws-secrets-manager), each sync replaces all keys of the one secret,
        regardless of this setting, and with one file of V(spacelift) (C(dot-env)), all keys of the file.
      - C(include_all_sub_folders) - Sync the secrets of all sub-folders, too. Only with C(overwrite-destination). The
        server refuses it if two of the folders have a secret of the same name.
      - Some destinations have further keys, such as C(tags) and C(key_id) for AWS.
    type: dict
  sync:
    description:
      - Start a sync even if nothing changed. The task then reports changed, also in check mode.
      - A setting that servers do not return, such as C(secret_key) of V(azure-entra-id-scim), is not compared. It is
        sent when a sync is created, when other C(sync_options) change, and with O(sync=true).
      - New credentials do not count as a change to the sync. To sync with them, register the result of
        M(community.infisical.infisical_app_connection) and pass whether it changed, as in the examples.
    type: bool
    default: false
  import_secrets:
    description:
      - Import the secrets at the destination into the folder each time the task runs. The task then reports changed.
      - Not all destinations support this.
      - V(prioritize-source) - If a secret exists in both, keep the value in Infisical.
      - V(prioritize-destination) - If a secret exists in both, use the value at the destination.
    type: str
    choices:
      - prioritize-source
      - prioritize-destination
  wait:
    description:
      - Succeed only if the last sync that the server has recorded was successful. If it failed, the task fails with the
        message of the service.
      - The task waits for a sync that it starts, or that is already in progress.
      - If nothing has to be changed and the last recorded sync failed, or the sync never ran, the task starts a sync
        and waits for it. It then reports changed, also in check mode.
      - If automatic syncs are disabled, nothing is started without O(sync=true). The task warns about that, unless it
        specifies O(is_auto_sync_enabled=false) itself.
      - Without this option, the task warns if the last sync failed.
    type: bool
    default: false
  wait_timeout:
    description:
      - Maximum time to wait, in seconds, for everything that the task waits for.
      - A sync starts after up to 10 seconds. A failing sync is tried five times, which takes about a minute.
      - The server runs one job of a sync at a time. The task requests its job again until the server starts it, for at
        most this time, even without O(wait).
    type: float
    default: 120.0
  delete_destination_secrets:
    description: With O(state=absent), let the server delete what the sync wrote to the destination, and wait for that.
    type: bool
    default: false
  check_duplicates:
    description:
      - What to do if another sync writes to the same destination. GitHub repositories are compared regardless of case
        and of the connection. In Azure DevOps, each environment has its own variable group.
      - V(warn) - Warn, and continue.
      - V(refuse) - Fail before anything is written.
      - V(ignore) - Do not check.
    type: str
    default: warn
    choices:
      - warn
      - refuse
      - ignore
  consult_options:
    description:
      - Whether to ask the server what the destination supports, before anything is written. This takes one more
        request.
      - The task fails if the server does not have the destination, or reports that the destination does not support
        what the task requests. This applies to O(import_secrets), O(delete_destination_secrets) and, in
        O(sync_options), to an import by C(initial_sync_behavior), to C(key_schema), and to C(disable_secret_deletion)
        set to C(true), which is the default for a new sync.
      - If this collection's catalogue disagrees, the server's answer is used, and the task warns. What an older server
        does not report is checked against the catalogue.
    type: bool
    default: false
extends_documentation_fragment:
  - community.infisical.options.project
  - community.infisical.options.activate
  - community.infisical.options.validate
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

- name: Write the folder /app of dev to the secret my-app/dev, and wait for the sync
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

- name: Replace the credentials of the connection
  community.infisical.infisical_app_connection:
    app: aws
    connection_id: "{{ connected.app_connection.id }}"
    credentials:
      access_key_id: "{{ new_access_key_id }}"
      secret_access_key: "{{ new_secret_access_key }}"
    update_credentials: always
  register: replaced

- name: Sync with the new credentials
  community.infisical.infisical_secret_sync:
    project_id: "{{ project_id }}"
    name: my-app-dev
    sync: "{{ replaced is changed }}"
    wait: true

- name: Let the sync delete secrets that Infisical does not have
  community.infisical.infisical_secret_sync:
    project_id: "{{ project_id }}"
    name: my-app-dev
    sync_options:
      disable_secret_deletion: false

- name: Remove the sync, and keep the secret in AWS
  community.infisical.infisical_secret_sync:
    project_id: "{{ project_id }}"
    name: my-app-dev
    state: absent
"""

RETURN = r"""
secret_sync:
  description: The sync after the task; null if it is absent.
  type: dict
  returned: success, and when a job that the task waited for failed
  contains:
    id:
      description: ID of the sync. In check mode, for a sync that would be created, a placeholder.
      type: str
      returned: always
      sample: d0000000-0000-4000-8000-000000000001
    project_id:
      description: ID of the project that the sync belongs to.
      type: str
      returned: always
      sample: 77fa7aed-9288-401e-a4c9-3a9430be62a4
    destination:
      description: Slug of the destination.
      type: str
      returned: always
      sample: aws-secrets-manager
    name:
      description: Name of the sync.
      type: str
      returned: always
      sample: my-app-dev
    description:
      description: Free-text description.
      type: str
      returned: always
      sample: null
    connection_id:
      description: ID of the app connection whose credentials the sync uses.
      type: str
      returned: always
      sample: c0000000-0000-4000-8000-000000000001
    connection:
      description: The app connection, with its C(app), C(id) and C(name).
      type: dict
      returned: always
      sample: {"app": "aws", "id": "c0000000-0000-4000-8000-000000000001", "name": "aws-dev"}
    environment:
      description: Slug of the environment that the secrets come from; null if the environment was deleted.
      type: str
      returned: always
      sample: dev
    secret_path:
      description: Path of the folder that the secrets come from; null if the folder was deleted.
      type: str
      returned: always
      sample: /app
    folder_id:
      description: ID of the folder that the secrets come from.
      type: str
      returned: always
      sample: null
    is_auto_sync_enabled:
      description: Whether changes to secrets are written to the destination automatically.
      type: bool
      returned: always
      sample: true
    destination_config:
      description: Where the secrets are written.
      type: dict
      returned: always
      sample: {"mapping_behavior": "many-to-one", "region": "us-east-1", "secret_name": "my-app/dev"}
    sync_options:
      description: How the secrets are written.
      type: dict
      returned: always
      sample: {"disable_secret_deletion": true, "initial_sync_behavior": "overwrite-destination"}
    version:
      description: Number that the server increases with each change.
      type: int
      returned: always
      sample: 1
    sync_status:
      description: State of the last sync - V(pending), V(running), V(succeeded) or V(failed).
      type: str
      returned: always
      sample: succeeded
    last_sync_message:
      description: Message of the service if the last sync failed.
      type: str
      returned: always
      sample: null
    last_sync_job_id:
      description: ID of the last sync job.
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
      description: Message of the service if the last import failed.
      type: str
      returned: always
      sample: null
    last_import_job_id:
      description: ID of the last import job.
      type: str
      returned: always
      sample: null
    last_imported_at:
      description: When the last import ended.
      type: str
      returned: always
      sample: null
    remove_status:
      description: State of the removal of the secrets from the destination, if one was started.
      type: str
      returned: always
      sample: null
    last_remove_message:
      description: Message of the service if that removal failed.
      type: str
      returned: always
      sample: null
    created_at:
      description: When the sync was created.
      type: str
      returned: always
      sample: "2026-03-02T09:15:00.000Z"
    updated_at:
      description: When the sync was last changed.
      type: str
      returned: always
      sample: "2026-03-02T09:15:02.000Z"
removed:
  description: IDs of the syncs that were removed.
  type: list
  elements: str
  returned: when O(state=absent)
  sample: ["d0000000-0000-4000-8000-000000000001"]
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
from ansible_collections.community.infisical.plugins.module_utils._engine.project import PROJECT_OPTIONS, PROJECT_RULES
from ansible_collections.community.infisical.plugins.module_utils._engine.results import keys_of
from ansible_collections.community.infisical.plugins.module_utils._kinds.secret_sync import Sync
from ansible_collections.community.infisical.plugins.module_utils._kinds.sync import OPTIONS, SYNC
from ansible_collections.community.infisical.plugins.module_utils._module import Declaration, run_module

MODULE = Declaration(
    run=partial(manage, resource=Sync),
    options=OPTIONS | PROJECT_OPTIONS,
    rules=PROJECT_RULES | {"required_one_of": [("name", "sync_id")] + PROJECT_RULES["required_one_of"]},
    keys=keys_of(SYNC),
)


def main():  # type: () -> None
    run_module(MODULE)


if __name__ == "__main__":
    main()
