#!/usr/bin/python
# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: infisical_app_connection_info
short_description: List Infisical's App Connections
version_added: 1.0.0
author:
  - The community.infisical authors (@ansible-collections)
description:
  - Lists the App Connections of a project or of the organization, oldest first. Credentials can't be read by anyone.
options:
  app:
    description: Only connections to this app, given as its slug. Needed with O(connection_id).
    type: str
  project_id:
    description: List the connections of this project. Without it, those of the organization.
    type: str
  project_slug:
    description: The project's slug, instead of O(project_id). It is looked up by one request.
    type: str
  connection_id:
    description: Return this connection only; an empty list where there is none.
    type: str
  name:
    description: Only connections with this name.
    type: str
  export:
    description:
      - Return it as options of M(community.infisical.infisical_app_connection) as well, see RV(export).
      - A task that is given them changes nothing, whoever made what is there.
    type: bool
    default: false
extends_documentation_fragment:
  - community.infisical.connection
  - community.infisical.attributes.info
  - community.infisical.attributes.actiongroup
seealso:
  - module: community.infisical.infisical_app_connection
"""

EXAMPLES = r"""
- name: Which AWS accounts is the project connected to?
  community.infisical.infisical_app_connection_info:
    app: aws
    project_id: "{{ project_id }}"
  register: found
"""

RETURN = r"""
app_connections:
  description: The connections, oldest first.
  type: list
  elements: dict
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
export:
  description:
    - Options of M(community.infisical.infisical_app_connection) for each connection. In place of the credentials,
      which can't be read, C(credentials_variable) has the name of a variable. The playbook
      C(community.infisical.export) turns it into a template.
  type: list
  elements: dict
  returned: with O(export=true)
  sample: [{"app": "flyio", "name": "flyio", "method": "access-token", "credentials_variable": "flyio_credentials"}]
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
from ansible_collections.community.infisical.plugins.module_utils._kinds.info import list_connections
from ansible_collections.community.infisical.plugins.module_utils._module import Declaration, run_module

MODULE = Declaration(
    run=list_connections,
    options={
        "app": {"type": "str"},
        "project_id": {"type": "str"},
        **PROJECT_SLUG,
        "export": {"type": "bool", "default": False},
        "connection_id": {"type": "str"},
        "name": {"type": "str"},
    },
    rules={"required_by": {"connection_id": ("app",)}, "mutually_exclusive": [("project_id", "project_slug")]},
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()
