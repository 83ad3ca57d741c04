#!/usr/bin/python
# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: infisical_app_connection
short_description: Manage Infisical's App Connections, the credentials that Secret Syncs use
version_added: 1.0.0
author:
  - The community.infisical authors (@ansible-collections)
description:
  - Stores the credentials of a service (an I(App Connection)) in an Infisical project or organization. Which secrets
    go where is then said by M(community.infisical.infisical_secret_sync). Together they replace native integrations.
  - Without O(connection_id) a connection is recognised by its O(app), its O(name), and the project or organization
    that it is in.
  - Stored credentials can't be read. They are written when the connection is created, and again only when
    O(update_credentials=always). The server tries them out then, and refuses those that the service refuses.
attributes:
  check_mode:
    support: full
    details:
      - For a connection that would be created a stand-in id is returned, which
        M(community.infisical.infisical_secret_sync) accepts in check mode. Whether the service takes the credentials
        shows in the real run only.
  diff_mode:
    support: full
    details:
      - Credentials are never part of it. That they are written is.
  idempotent:
    support: partial
    details:
      - With O(update_credentials=always) credentials are written each time, and the task reports changed.
options:
  state:
    description:
      - Whether the connection is there.
      - V(present) - It is created, or changed, as the other options say.
      - V(absent) - It is removed. The server refuses that while syncs use it.
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
      - Id of an existing connection, where it is not to be recognised by its name. A O(name) renames it then.
      - With O(state=absent), every other option that is stated must fit the connection, or nothing is removed. With
        O(project_id), one of the organization doesn't fit.
    type: str
  name:
    description: Its name - lower-case letters, digits and dashes. Needed unless O(connection_id) is stated.
    type: str
  method:
    description:
      - How it authenticates, such as V(access-key) or V(assume-role) for AWS. Needed to create it.
      - The server can't change it on an existing connection.
    type: str
  project_id:
    description: Id of the project that it belongs to. Without it, it belongs to the organization.
    type: str
  project_slug:
    description: The project's slug, instead of O(project_id). It is looked up by one request.
    type: str
  description:
    description: What it is for.
    type: str
  credentials:
    description:
      - The credentials, as O(app) and O(method) need them, under the API's names in snake case - C(access_key_id) and
        C(secret_access_key) for AWS access keys.
      - Values that aren't known to be no secret are masked in the output.
    type: dict
  gateway_id:
    description: Id of the gateway to go through, for apps that the server can't reach by itself.
    type: str
  update_credentials:
    description:
      - When the stated credentials are written.
      - V(on_create) - Only when the connection is created.
      - V(always) - Also to a connection that is there, which reports changed each time.
    type: str
    default: on_create
    choices:
      - on_create
      - always
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

- name: Remove it
  community.infisical.infisical_app_connection:
    app: aws
    name: aws-dev
    project_id: "{{ project_id }}"
    state: absent
"""

RETURN = r"""
app_connection:
  description: The connection as it is after the task; null when it is absent. Holds no credentials.
  type: dict
  returned: success
  contains:
    id:
      description: Its id. In check mode, for one that would be created, a stand-in that only check mode accepts.
      type: str
      returned: always
      sample: c0000000-0000-4000-8000-000000000001
    project_id:
      description: The project that it belongs to; null for one of the organization.
      type: str
      returned: always
      sample: null
    app:
      description: The app that it connects to.
      type: str
      returned: always
      sample: aws
    method:
      description: How it authenticates.
      type: str
      returned: always
      sample: access-key
    name:
      description: Its name.
      type: str
      returned: always
      sample: aws-dev
    description:
      description: Its description.
      type: str
      returned: always
      sample: null
    gateway_id:
      description: The gateway that it goes through.
      type: str
      returned: always
      sample: null
    org_id:
      description: The organization that it belongs to.
      type: str
      returned: always
      sample: 180870b7-f464-4740-8ffe-9d11c9245ea7
    version:
      description: A number that the server raises with changes.
      type: int
      returned: always
      sample: 1
    credentials_hash:
      description: A value that differs when the credentials do.
      type: str
      returned: always
      sample: null
    is_platform_managed_credentials:
      description: Whether the server manages the credentials.
      type: bool
      returned: always
      sample: false
    created_at:
      description: When it was created.
      type: str
      returned: always
      sample: "2026-03-02T09:15:00.000Z"
    updated_at:
      description: When it was last changed.
      type: str
      returned: always
      sample: "2026-03-02T09:15:00.000Z"
removed:
  description: Ids of the connections that were removed.
  type: list
  elements: str
  returned: when O(state=absent)
  sample: ["c0000000-0000-4000-8000-000000000001"]
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
from ansible_collections.community.infisical.plugins.module_utils._kinds.app_connection import Connection
from ansible_collections.community.infisical.plugins.module_utils._module import Declaration, run_module

MODULE = Declaration(
    run=partial(manage, resource=Connection),
    options={
        "state": {"type": "str", "default": "present", "choices": ["present", "absent"]},
        "app": {"type": "str", "required": True},
        "connection_id": {"type": "str"},
        "name": {"type": "str"},
        "method": {"type": "str"},
        "project_id": {"type": "str"},
        **PROJECT_SLUG,
        "description": {"type": "str"},
        "credentials": {"type": "dict", "no_log": True},
        "gateway_id": {"type": "str"},
        "update_credentials": {
            "type": "str",
            "default": "on_create",
            "choices": ["on_create", "always"],
            "no_log": False,
        },
        "validate": {"type": "str", "default": "warn", "choices": ["strict", "warn", "off"]},
    },
    rules={"required_one_of": [("name", "connection_id")], "mutually_exclusive": [("project_id", "project_slug")]},
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()
