#!/usr/bin/python
# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: infisical_app_connection
short_description: Manage Infisical app connections, the credentials that secret syncs use
version_added: 1.0.0
author:
  - The community.infisical authors (@ansible-collections)
description:
  - Stores the credentials of a service as an app connection in an Infisical project or organization.
    M(community.infisical.infisical_secret_sync) uses it to write secrets to the service. Together they replace native
    integrations.
  - Without O(connection_id), a connection is identified by O(app), by O(name), and by its project. It belongs to the
    organization if neither O(project_id) nor O(project_slug) is specified.
  - Stored credentials can't be read. They are written when the connection is created, and after that only with
    O(update_credentials=always). The server then tests them, and rejects them if the service does.
attributes:
  check_mode:
    support: full
    details:
      - For a connection that would be created, a placeholder ID is returned, which
        M(community.infisical.infisical_secret_sync) accepts in check mode. Only the real run shows whether the service
        accepts the credentials.
  diff_mode:
    support: full
    details:
      - The diff never shows credentials, only that they are written.
  idempotent:
    support: partial
    details:
      - With O(update_credentials=always), the credentials are written each time, and the task reports changed.
options:
  state:
    description:
      - Whether the connection should exist.
      - V(present) - Create it, or update it to match the options.
      - V(absent) - Remove it. The server refuses this while syncs use the connection. Check mode fails as well, if the
        syncs can be listed.
    type: str
    default: present
    choices:
      - present
      - absent
  app:
    description: Slug of the app, such as V(aws), V(github), V(azure-key-vault) or V(vercel).
    type: str
    required: true
  connection_id:
    description:
      - ID of an existing connection. Identifies it instead of O(name), so that O(name) can rename it.
      - With O(state=absent), the connection must match all other options that are specified, or nothing is removed. A
        connection of the organization does not match a project.
    type: str
  name:
    description: Name of the connection, in lowercase letters, digits and dashes. Required unless O(connection_id) is
      specified.
    type: str
  method:
    description:
      - Authentication method, such as V(access-key) or V(assume-role) for AWS. Required to create the connection.
      - The server can't change it for an existing connection.
    type: str
  description:
    description: Free-text description.
    type: str
  credentials:
    description:
      - Credentials that O(app) and O(method) require. The keys are the API's names in snake case, such as
        C(access_key_id) and C(secret_access_key) for AWS access keys. Required to create the connection.
      - Values are masked in the output unless they are known to be non-secret.
    type: dict
  gateway_id:
    description: ID of the gateway to connect through, for apps that the server can't reach directly.
    type: str
  gateway_pool_id:
    description:
      - ID of the gateway pool to connect through, instead of O(gateway_id). A connection has one of the two. Setting
        one removes the other.
      - Only newer servers have gateway pools.
    type: str
  is_platform_managed_credentials:
    description:
      - Whether Infisical manages the credentials. The server logs in with O(credentials) and changes the password to
        one that only it knows.
      - This can't be ended, and the password can't be read. If the connection is removed, only an administrator of the
        service can set another one.
      - For PostgreSQL, MySQL, Microsoft SQL Server and OracleDB.
    type: bool
  is_auto_rotation_enabled:
    description:
      - Whether the server replaces the client secret regularly, as in O(rotation).
      - It replaces it as soon as this is enabled, and revokes the one in O(credentials), which must have
        C(client_secret_key_id).
      - While it is enabled, leave O(update_credentials) at V(on_create), as the client secret of the task is no longer
        valid.
      - For Azure Key Vault and Azure Client Secrets with method V(client-secret), on newer servers. Whether other Azure
        apps have it depends on the server.
    type: bool
  rotation:
    description:
      - When the server replaces the client secret. Required to set O(is_auto_rotation_enabled=true) for the first time.
      - Options that are not specified keep their values.
    type: dict
    suboptions:
      rotation_interval:
        description: Days between two rotations, from V(1) to V(365).
        type: int
      rotate_at_utc:
        description: Time of the day of a rotation, in UTC.
        type: dict
        suboptions:
          hours:
            description: Hour, from V(0) to V(23).
            type: int
            required: true
          minutes:
            description: Minute, from V(0) to V(59).
            type: int
            required: true
  removed_syncs:
    description:
      - IDs of secret syncs that earlier tasks remove, such as
        RV(community.infisical.infisical_secret_sync#module:removed).
      - In check mode, these syncs still exist and would prevent O(state=absent). With this option, they do not count as
        users of the connection. It has no effect outside check mode.
    type: list
    elements: str
extends_documentation_fragment:
  - community.infisical.options.project
  - community.infisical.options.update_credentials
  - community.infisical.options.validate
  - community.infisical.connection
  - community.infisical.attributes
  - community.infisical.attributes.actiongroup
  - community.infisical.services.connections
seealso:
  - module: community.infisical.infisical_secret_sync
  - module: community.infisical.infisical_app_connection_info
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

- name: Replace the credentials
  community.infisical.infisical_app_connection:
    app: aws
    method: access-key
    connection_id: "{{ connected.app_connection.id }}"
    credentials:
      access_key_id: "{{ new_access_key_id }}"
      secret_access_key: "{{ new_secret_access_key }}"
    update_credentials: always

- name: Remove the secret sync that uses the connection
  community.infisical.infisical_secret_sync:
    project_id: "{{ project_id }}"
    name: app-dev
    state: absent
  register: ended

- name: Remove the connection
  community.infisical.infisical_app_connection:
    app: aws
    name: aws-dev
    project_id: "{{ project_id }}"
    removed_syncs: "{{ ended.removed }}"
    state: absent
"""

RETURN = r"""
app_connection:
  description: The connection after the task; null if it is absent. It contains no credentials.
  type: dict
  returned: success
  contains:
    id:
      description: ID of the connection. In check mode, for a connection that would be created, a placeholder that only
        check mode accepts.
      type: str
      returned: always
      sample: c0000000-0000-4000-8000-000000000001
    project_id:
      description: ID of the project that the connection belongs to; null if it belongs to the organization.
      type: str
      returned: always
      sample: null
    app:
      description: Slug of the app.
      type: str
      returned: always
      sample: aws
    method:
      description: Authentication method.
      type: str
      returned: always
      sample: access-key
    name:
      description: Name of the connection.
      type: str
      returned: always
      sample: aws-dev
    description:
      description: Free-text description.
      type: str
      returned: always
      sample: null
    gateway_id:
      description: ID of the gateway that the server connects through.
      type: str
      returned: always
      sample: null
    gateway_pool_id:
      description: ID of the gateway pool that the server connects through; null on older servers.
      type: str
      returned: always
      sample: null
    org_id:
      description: ID of the organization that the connection belongs to.
      type: str
      returned: always
      sample: 180870b7-f464-4740-8ffe-9d11c9245ea7
    version:
      description:
        - Determines the external ID that AWS receives when the server assumes a role. For V(1), it is the ID of the
          organization. For V(2), it is the ID of the project, if the connection belongs to one. Changes to the
          connection do not change this number.
      type: int
      returned: always
      sample: 1
    credentials_hash:
      description:
        - SHA-256 hash of the credentials in their encrypted form.
        - It changes whenever the credentials are written, even if they stay the same. This includes
          C(update_credentials=always), a rotation, and OAuth tokens that the server renews.
        - It shows that nothing has written the credentials since an earlier run. It does not show whether the stored
          credentials are the expected ones.
      type: str
      returned: always
      sample: 3f79bb7b435b05321651daefd374cdc681dc06faa65e374e38337b88ca046dea
    is_platform_managed_credentials:
      description: Whether the server manages the credentials.
      type: bool
      returned: always
      sample: true
    is_auto_rotation_enabled:
      description: Whether the server rotates the credentials; null on older servers.
      type: bool
      returned: always
      sample: true
    rotation:
      description: When the server rotates the credentials; null if it never did, and on older servers.
      type: dict
      returned: always
      sample: {"rotation_interval": 30, "rotate_at_utc": {"hours": 2, "minutes": 30}}
    rotation_status:
      description: Outcome of the last rotation, V(success) or V(failed).
      type: str
      returned: always
      sample: success
    last_rotation_message:
      description: Why the last rotation failed.
      type: str
      returned: always
      sample: null
    next_rotation_at:
      description: When the next rotation is due.
      type: str
      returned: always
      sample: "2026-04-01T02:30:00.000Z"
    created_at:
      description: When the connection was created.
      type: str
      returned: always
      sample: "2026-03-02T09:15:00.000Z"
    updated_at:
      description: When the connection was last changed.
      type: str
      returned: always
      sample: "2026-03-02T09:15:00.000Z"
removed:
  description: IDs of the connections that were removed.
  type: list
  elements: str
  returned: when O(state=absent)
  sample: ["c0000000-0000-4000-8000-000000000001"]
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
from ansible_collections.community.infisical.plugins.module_utils._kinds.app_connection import CONNECTION, Connection
from ansible_collections.community.infisical.plugins.module_utils._kinds.managed_credentials import ROTATION_OPTIONS
from ansible_collections.community.infisical.plugins.module_utils._module import Declaration, run_module

MODULE = Declaration(
    run=partial(manage, resource=Connection),
    options=PROJECT_OPTIONS
    | {
        "state": {"type": "str", "default": "present", "choices": ["present", "absent"]},
        "app": {"type": "str", "required": True},
        "connection_id": {"type": "str"},
        "name": {"type": "str"},
        "method": {"type": "str"},
        "description": {"type": "str"},
        "credentials": {"type": "dict", "no_log": True},
        "gateway_id": {"type": "str"},
        "gateway_pool_id": {"type": "str"},
        "is_platform_managed_credentials": {"type": "bool"},
        "is_auto_rotation_enabled": {"type": "bool"},
        "rotation": {"type": "dict", "options": ROTATION_OPTIONS},
        "removed_syncs": {"type": "list", "elements": "str"},
        "update_credentials": {
            "type": "str",
            "default": "on_create",
            "choices": ["on_create", "always"],
            "no_log": False,
        },
        "validate": {"type": "str", "default": "warn", "choices": ["strict", "warn", "off"]},
    },
    rules={"required_one_of": [("name", "connection_id")], "mutually_exclusive": [("project_id", "project_slug")]},
    keys=keys_of(CONNECTION),
)


def main():  # type: () -> None
    run_module(MODULE)


if __name__ == "__main__":
    main()
