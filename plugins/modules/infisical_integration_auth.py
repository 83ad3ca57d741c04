#!/usr/bin/python
# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: infisical_integration_auth
short_description: Manage the credentials that Infisical's native integrations use
version_added: 1.0.0
author:
  - The community.infisical authors (@ansible-collections)
description:
  - Stores the credentials of a service (an I(integration auth)) in an Infisical project, so that native integrations
    can write secrets to that service. Which secrets go where is then said by
    M(community.infisical.infisical_integration).
  - Without O(integration_auth_id) an auth is recognised by project, service, O(target_url) and O(namespace). An
    option that is not stated stands for an empty value there. A second account of one service is a second
    O(namespace), and adding it disturbs nothing that is there.
  - Stored credentials can't be read. They are written when the auth is created, and again only when
    O(update_credentials=always).
attributes:
  check_mode:
    support: full
    details:
      - For an auth that would be created a stand-in id is returned, which the other modules accept in check mode.
      - Where an auth would be created, and with O(update_credentials=always), one request that names no existing
        object tells whether the server can do what the real run needs. It changes nothing.
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
      - Whether the auth is there.
      - V(present) - It is created, or changed, as the other options say.
      - V(absent) - It is removed. What its integrations wrote to their destinations stays there.
    type: str
    default: present
    choices:
      - present
      - absent
  project_id:
    description:
      - Id of the project. Needed unless O(integration_auth_id) is stated.
    type: str
    aliases:
      - workspace_id
  project_slug:
    description: The project's slug, instead of O(project_id). It is looked up by one request.
    type: str
  integration:
    description:
      - Slug of the service, such as V(aws-secret-manager), V(aws-parameter-store), V(github) or V(vercel). Needed
        unless O(integration_auth_id) is stated.
    type: str
  integration_auth_id:
    description:
      - Id of an existing auth, where it is not to be recognised by the other options.
      - An option that is not stated then means that the value stays as it is.
      - With O(state=absent), every other option that is stated must fit the auth, or nothing is removed.
    type: str
  access_id:
    description:
      - The part of the credentials that says who - an AWS access key id, a Cloudflare account id, a Vault role id.
      - Masked in the output unless the service is known to have no secret there.
    type: str
  access_token:
    description: The secret part of the credentials - an AWS secret access key, an API key, a personal access token.
    type: str
  refresh_token:
    description: A refresh token, or, for V(gcp-secret-manager), the JSON of a service account, as a string or as a
      mapping.
    type: raw
  aws_assume_iam_role_arn:
    description: The AWS role that the server assumes instead of using keys. Old servers can't do that.
    type: str
  target_url:
    description: Address of the service, for services that are self-hosted.
    type: str
  namespace:
    description:
      - Namespace in HashiCorp Vault. For all other services a free name that tells several auths apart.
    type: str
  update_credentials:
    description:
      - When the stated credentials are written.
      - V(on_create) - Only when the auth is created.
      - V(always) - Also to an auth that is there, which reports changed each time. Old servers can't do that; the
        task then fails and says what to do.
    type: str
    default: on_create
    choices:
      - on_create
      - always
  cascade:
    description:
      - Whether O(state=absent) may remove an auth that integrations still use. The server removes those with it.
      - Otherwise the task refuses, naming them. In check mode it warns instead, since earlier tasks of the same run
        may be about to remove them.
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
  - community.infisical.services.native_auth
seealso:
  - module: community.infisical.infisical_integration
  - module: community.infisical.infisical_integration_auth_info
"""

EXAMPLES = r"""
- name: Let Infisical write to AWS Secrets Manager
  community.infisical.infisical_integration_auth:
    project_id: "{{ project_id }}"
    integration: aws-secret-manager
    access_id: "{{ aws_access_key_id }}"
    access_token: "{{ aws_secret_access_key }}"
  register: auth

- name: A second AWS account beside the first
  community.infisical.infisical_integration_auth:
    project_id: "{{ project_id }}"
    integration: aws-secret-manager
    namespace: production
    access_id: "{{ production_access_key_id }}"
    access_token: "{{ production_secret_access_key }}"

- name: Replace the credentials
  community.infisical.infisical_integration_auth:
    integration_auth_id: "{{ auth.integration_auth.id }}"
    access_id: "{{ new_access_key_id }}"
    access_token: "{{ new_secret_access_key }}"
    update_credentials: always

- name: Remove it again
  community.infisical.infisical_integration_auth:
    project_id: "{{ project_id }}"
    integration: aws-secret-manager
    state: absent
"""

RETURN = r"""
integration_auth:
  description: The auth as it is after the task; null when it is absent. Holds no credentials.
  type: dict
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
removed:
  description: Ids of the auths that were removed.
  type: list
  elements: str
  returned: when O(state=absent)
  sample: ["e0f101e7-01e7-4a1b-af28-52bb40c257ce"]
removed_integrations:
  description: Ids of the integrations that the server removed with the auth.
  type: list
  elements: str
  returned: when O(state=absent)
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

from ansible_collections.community.infisical.plugins.module_utils._engine.driver import manage
from ansible_collections.community.infisical.plugins.module_utils._engine.project import PROJECT_SLUG
from ansible_collections.community.infisical.plugins.module_utils._kinds.integration_auth import Auth
from ansible_collections.community.infisical.plugins.module_utils._module import Declaration, run_module

MODULE = Declaration(
    run=partial(manage, resource=Auth),
    options={
        "state": {"type": "str", "default": "present", "choices": ["present", "absent"]},
        "project_id": {"type": "str", "aliases": ["workspace_id"]},
        **PROJECT_SLUG,
        "integration": {"type": "str"},
        "integration_auth_id": {"type": "str"},
        "access_id": {"type": "str", "no_log": True},
        "access_token": {"type": "str", "no_log": True},
        "refresh_token": {"type": "raw", "no_log": True},
        "aws_assume_iam_role_arn": {"type": "str"},
        "target_url": {"type": "str"},
        "namespace": {"type": "str"},
        "update_credentials": {
            "type": "str",
            "default": "on_create",
            "choices": ["on_create", "always"],
            "no_log": False,
        },
        "cascade": {"type": "bool", "default": False},
        "validate": {"type": "str", "default": "warn", "choices": ["strict", "warn", "off"]},
    },
    rules={
        "required_one_of": [("integration_auth_id", "project_id", "project_slug")],
        "mutually_exclusive": [
            ("project_id", "project_slug"),
            ("access_token", "refresh_token", "aws_assume_iam_role_arn"),
            ("access_id", "aws_assume_iam_role_arn"),
            ("access_id", "refresh_token"),
        ],
    },
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()
