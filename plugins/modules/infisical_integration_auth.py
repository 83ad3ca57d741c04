#!/usr/bin/python
# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: infisical_integration_auth
short_description: Manage the credentials that Infisical native integrations use
version_added: 1.0.0
author:
  - The community.infisical authors (@ansible-collections)
description:
  - Stores the credentials of a service as an integration auth in an Infisical project.
    M(community.infisical.infisical_integration) uses it to write secrets to the service.
  - Without O(integration_auth_id), an auth is identified by its project, O(integration), O(target_url) and
    O(namespace). An option that is not specified counts as empty. For a second account of a service, specify another
    O(namespace). This does not affect existing auths.
  - Stored credentials can't be read. They are written when the auth is created, and after that only with
    O(update_credentials=always). Old servers can't write them to an existing auth. In that case, the task fails, and
    its message explains what to do.
attributes:
  check_mode:
    support: full
    details:
      - For an auth that would be created, a placeholder ID is returned, which the other modules accept in check mode.
      - If an auth would be created, and with O(update_credentials=always), one request that names no existing object
        finds out whether the server supports what the real run needs. It changes nothing.
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
      - Whether the auth should exist.
      - V(present) - Create it, or update it to match the options.
      - V(absent) - Remove it. What its integrations wrote to their destinations stays there.
    type: str
    default: present
    choices:
      - present
      - absent
  integration:
    description:
      - Slug of the service, such as V(aws-secret-manager), V(aws-parameter-store), V(github) or V(vercel).
      - Required, together with O(project_id) or O(project_slug), unless O(integration_auth_id) is specified.
    type: str
  integration_auth_id:
    description:
      - ID of an existing auth. Identifies the auth instead of the other options.
      - Options that are not specified then keep their values.
      - With O(state=absent), the auth must match all other options that are specified, or nothing is removed.
    type: str
  access_id:
    description:
      - The public part of the credentials, such as an AWS access key ID, a Cloudflare account ID or a Vault role ID.
      - Masked in the output unless it is known to be non-secret for the service.
    type: str
  access_token:
    description: The secret part of the credentials, such as an AWS secret access key, an API key or a personal access
      token.
    type: str
  refresh_token:
    description: A refresh token or, for V(gcp-secret-manager), the JSON of a service account, as a string or a
      dictionary.
    type: raw
  aws_assume_iam_role_arn:
    description: ARN of the AWS role that the server assumes instead of using keys. Old servers do not support this.
    type: str
  target_url:
    description: Address of the service, for services that are self-hosted.
    type: str
  namespace:
    description: Namespace in HashiCorp Vault. For all other services, any name that distinguishes several auths.
    type: str
  cascade:
    description:
      - Whether O(state=absent) may remove an auth that integrations still use. The server then removes these
        integrations as well.
      - If this is V(false), the task fails and lists them. In check mode, it warns instead, since earlier tasks of the
        same run may remove them.
    type: bool
    default: false
  prove:
    description:
      - Whether to ask AWS STS for the owner of an AWS access key before it is written. If AWS rejects the key, the task
        fails and nothing is written. This also applies in check mode.
      - Requires boto3 and network access to AWS on the host that runs the task. Without these, and for all other
        credentials, nothing is verified, and RV(community.infisical.infisical_integration_auth#module:proof) reports
        that.
    type: bool
    default: false
extends_documentation_fragment:
  - community.infisical.options.project
  - community.infisical.options.update_credentials
  - community.infisical.options.validate
  - community.infisical.connection
  - community.infisical.attributes
  - community.infisical.attributes.actiongroup
  - community.infisical.services.native_auth
seealso:
  - module: community.infisical.infisical_integration
  - module: community.infisical.infisical_integration_auth_info
"""

EXAMPLES = r"""
- name: Store the AWS credentials in Infisical
  community.infisical.infisical_integration_auth:
    project_id: "{{ project_id }}"
    integration: aws-secret-manager
    access_id: "{{ aws_access_key_id }}"
    access_token: "{{ aws_secret_access_key }}"
  register: auth

- name: Add the credentials of a second AWS account
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

- name: Remove the auth
  community.infisical.infisical_integration_auth:
    project_id: "{{ project_id }}"
    integration: aws-secret-manager
    state: absent
"""

RETURN = r"""
proof:
  description: Result of O(prove). It begins with C(proved) or C(not proved).
  type: str
  returned: with O(prove), if credentials are written
  sample: "proved: AWS STS knows the access key; it belongs to account 123456789012."
integration_auth:
  description: The auth after the task; null if it is absent. It contains no credentials.
  type: dict
  returned: success
  contains:
    id:
      description: ID of the auth. In check mode, for an auth that would be created, a placeholder that only check mode
        accepts.
      type: str
      returned: always
      sample: e0f101e7-01e7-4a1b-af28-52bb40c257ce
    project_id:
      description: ID of the project that the auth belongs to.
      type: str
      returned: always
      sample: 77fa7aed-9288-401e-a4c9-3a9430be62a4
    integration:
      description: Slug of the service.
      type: str
      returned: always
      sample: aws-secret-manager
    target_url:
      description: Address of the service, for services that are self-hosted.
      type: str
      returned: always
      sample: null
    namespace:
      description: Namespace in HashiCorp Vault, or the name that distinguishes several auths of a service.
      type: str
      returned: always
      sample: null
    team_id:
      description: Team at the service. Only set for auths that were created with OAuth.
      type: str
      returned: always
      sample: null
    account_id:
      description: Account at the service. Only set for auths that were created with OAuth.
      type: str
      returned: always
      sample: null
    metadata:
      description: What the server records about the authentication method. It contains no secrets.
      type: dict
      returned: always
      sample: null
    created_at:
      description: When the auth was created.
      type: str
      returned: always
      sample: "2026-03-02T09:15:00.000Z"
    updated_at:
      description: When the auth was last changed.
      type: str
      returned: always
      sample: "2026-03-02T09:15:00.000Z"
removed:
  description: IDs of the auths that were removed.
  type: list
  elements: str
  returned: when O(state=absent)
  sample: ["e0f101e7-01e7-4a1b-af28-52bb40c257ce"]
removed_integrations:
  description: IDs of the integrations that the server removed together with the auth.
  type: list
  elements: str
  returned: when O(state=absent)
  sample: []
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
from ansible_collections.community.infisical.plugins.module_utils._engine.shapes import SENTENCE
from ansible_collections.community.infisical.plugins.module_utils._kinds.integration_auth import Auth
from ansible_collections.community.infisical.plugins.module_utils._kinds.native import AUTH
from ansible_collections.community.infisical.plugins.module_utils._module import Declaration, run_module

MODULE = Declaration(
    run=partial(manage, resource=Auth),
    options=PROJECT_OPTIONS
    | {
        "state": {"type": "str", "default": "present", "choices": ["present", "absent"]},
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
        "prove": {"type": "bool", "default": False},
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
    keys=keys_of(AUTH) | {"proof": SENTENCE},
)


def main():  # type: () -> None
    run_module(MODULE)


if __name__ == "__main__":
    main()
