#!/usr/bin/python
# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: infisical_integration_auth_info
short_description: List the credentials that Infisical's native integrations can use
version_added: 1.0.0
author:
  - The community.infisical authors (@ansible-collections)
description:
  - Lists the integration auths of a project, oldest first. The credentials themselves can't be read by anyone.
options:
  project_id:
    description: Id of the project. Needed unless O(integration_auth_id) is stated.
    type: str
    aliases:
      - workspace_id
  project_slug:
    description: The project's slug, instead of O(project_id). It is looked up by one request.
    type: str
  integration_auth_id:
    description: Return this auth only; an empty list where there is none.
    type: str
  integration:
    description: Only auths for this service, given as its slug.
    type: str
  export:
    description:
      - Return it as options of M(community.infisical.infisical_integration_auth) as well, see RV(export).
      - A task that is given them changes nothing, whoever made what is there.
    type: bool
    default: false
extends_documentation_fragment:
  - community.infisical.connection
  - community.infisical.attributes.info
  - community.infisical.attributes.actiongroup
seealso:
  - module: community.infisical.infisical_integration_auth
"""

EXAMPLES = r"""
- name: Which services is the project authorised for?
  community.infisical.infisical_integration_auth_info:
    project_id: "{{ project_id }}"
  register: found

- name: Show them
  ansible.builtin.debug:
    msg: "{{ found.integration_auths | map(attribute='integration') | unique }}"
"""

RETURN = r"""
integration_auths:
  description: The integration auths, oldest first.
  type: list
  elements: dict
  returned: success
  contains:
    id:
      description: Its id. In check mode, for one that would be created, a stand-in that only check mode accepts.
      type: str
      returned: always
      sample: e0f101e7-01e7-4a1b-af28-52bb40c257ce
    project_id:
      description: The project that it belongs to.
      type: str
      returned: always
      sample: 77fa7aed-9288-401e-a4c9-3a9430be62a4
    integration:
      description: The service that it is for.
      type: str
      returned: always
      sample: aws-secret-manager
    target_url:
      description: Address of the service, where the service has one of its own.
      type: str
      returned: always
      sample: null
    namespace:
      description: Namespace, or the name that tells several auths of one service apart.
      type: str
      returned: always
      sample: null
    team_id:
      description: Team at the service, filled by OAuth only.
      type: str
      returned: always
      sample: null
    account_id:
      description: Account at the service, filled by OAuth only.
      type: str
      returned: always
      sample: null
    metadata:
      description: What the server notes about the way of authorising. Nothing secret.
      type: dict
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
      sample: "2026-03-02T09:15:00.000Z"
export:
  description:
    - Options of M(community.infisical.infisical_integration_auth) for each auth. In place of the credentials, which
      can't be read, C(credential_variables) has the name of a variable for each. The playbook
      C(community.infisical.export) turns them into templates.
  type: list
  elements: dict
  returned: with O(export=true)
  sample: [{"integration": "flyio", "credential_variables": {"access_token": "flyio_access_token"}}]
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
from ansible_collections.community.infisical.plugins.module_utils._kinds.info import list_auths
from ansible_collections.community.infisical.plugins.module_utils._module import Declaration, run_module

MODULE = Declaration(
    run=list_auths,
    options={
        "project_id": {"type": "str", "aliases": ["workspace_id"]},
        **PROJECT_SLUG,
        "export": {"type": "bool", "default": False},
        "integration_auth_id": {"type": "str"},
        "integration": {"type": "str"},
    },
    rules={
        "required_one_of": [("project_id", "project_slug", "integration_auth_id")],
        "mutually_exclusive": [("project_id", "project_slug")],
    },
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()
