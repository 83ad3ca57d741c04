#!/usr/bin/python
# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: infisical_destination_info
short_description: Detect changes at sync destinations
version_added: 1.0.0
author:
  - The community.infisical authors (@ansible-collections)
description:
  - Reads destinations in AWS Secrets Manager and the AWS Parameter Store. Returns the name of each secret and a digest
    of its content, never the content itself. With O(before), it reports what changed since then.
  - Use it to verify your own changes, such as a new key schema of a sync. A migration of native integrations does not
    need it, since M(community.infisical.infisical_migration) compares the destinations itself.
  - It connects to AWS, not to Infisical, so it has no login options.
requirements:
  - boto3 (Python library). Without it, no destination is read, which is not a failure.
options:
  destinations:
    description: Destinations to read.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Any name that identifies the destination, such as the name of its sync.
        type: str
        required: true
      destination:
        description:
          - Slug of the destination. Only V(aws-secrets-manager) and V(aws-parameter-store) can be read. All others are
            returned as not read.
        type: str
        required: true
      destination_config:
        description: Where the secrets are, as in M(community.infisical.infisical_secret_sync).
        type: dict
        required: true
      key_schema:
        description: If each key has its own AWS secret or parameter, read only those whose names match this pattern.
        type: str
  key:
    description:
      - Key for the digests (HMAC-SHA256). Only digests that were created with the same key can be compared.
      - Generate it for each play, and do not store it. Anyone who has it can verify guesses of the contents.
    type: str
    required: true
  before:
    description: Value of RV(destinations) from an earlier task, to compare with.
    type: list
    elements: dict
  access_key_id:
    description: AWS access key ID. Without this and O(profile), boto3 looks for credentials in the usual places.
    type: str
  secret_access_key:
    description: AWS secret access key.
    type: str
  session_token:
    description: Session token of a temporary access key.
    type: str
  profile:
    description: Profile in the AWS configuration files.
    type: str
  endpoint_url:
    description: AWS endpoint to use instead of the default one.
    type: str
extends_documentation_fragment:
  - community.infisical.attributes
  - community.infisical.attributes.info
"""

EXAMPLES = r"""
- name: Read the destination before a change
  community.infisical.infisical_destination_info:
    key: "{{ key }}"
    destinations: &destinations
      - name: my-app-dev
        destination: aws-secrets-manager
        destination_config:
          region: us-east-1
          mapping_behavior: many-to-one
          secret_name: my-app/dev
  vars:
    key: "{{ lookup('ansible.builtin.password', '/dev/null length=40', seed=inventory_hostname) }}"
  register: earlier

- name: Report what changed since then
  community.infisical.infisical_destination_info:
    key: "{{ key }}"
    destinations: *destinations
    before: "{{ earlier.destinations }}"
  vars:
    key: "{{ lookup('ansible.builtin.password', '/dev/null length=40', seed=inventory_hostname) }}"
"""

RETURN = r"""
destinations:
  description: The destinations, in the order of O(destinations).
  type: list
  elements: dict
  returned: success
  contains:
    name:
      description: The name from O(destinations[].name).
      type: str
      returned: always
      sample: my-app-dev
    read:
      description: Whether the destination could be read.
      type: bool
      returned: always
      sample: true
    reason:
      description: Why it could not be read.
      type: str
      returned: always
      sample: ""
    digests:
      description: Digest of each secret, by name. For an AWS secret that contains several secrets, the digest of each
        of them.
      type: dict
      returned: always
      sample: {"API_KEY": "1f0d...", "DB_PASSWORD": "92ab..."}
    same:
      description: Whether the destination is the same as in O(before); null if there is nothing to compare.
      type: bool
      returned: always
      sample: true
    difference:
      description: What differs, in one sentence.
      type: str
      returned: always
      sample: ""
    appeared:
      description: Names that did not exist before.
      type: list
      elements: str
      returned: always
      sample: []
    vanished:
      description: Names that no longer exist.
      type: list
      elements: str
      returned: always
      sample: []
    changed:
      description: Names whose contents changed.
      type: list
      elements: str
      returned: always
      sample: []
# BEGIN generated by make generate: failures without a server
error_kind:
  description:
    - Kind of failure, for use in C(rescue).
    - The guide Troubleshooting has the R(list of all kinds,
      ansible_collections.community.infisical.docsite.troubleshooting.error_kinds).
    - V(input) and V(conflict) mean that nothing was written.
  type: str
  returned: failure
  sample: validation
# END generated
"""

from ansible_collections.community.infisical.plugins.module_utils._python import require_python

require_python()

from ansible_collections.community.infisical.plugins.module_utils._migration.aws import (
    DESTINATION_KEYS,
    show_destinations,
)
from ansible_collections.community.infisical.plugins.module_utils._module import Declaration, run_module

MODULE = Declaration(
    run=show_destinations,
    options={
        "destinations": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": {
                "name": {"type": "str", "required": True},
                "destination": {"type": "str", "required": True},
                "destination_config": {"type": "dict", "required": True},
                "key_schema": {"type": "str", "no_log": False},
            },
        },
        "key": {"type": "str", "required": True, "no_log": True},
        "before": {"type": "list", "elements": "dict"},
        "access_key_id": {"type": "str", "no_log": True},
        "secret_access_key": {"type": "str", "no_log": True},
        "session_token": {"type": "str", "no_log": True},
        "profile": {"type": "str"},
        "endpoint_url": {"type": "str"},
    },
    rules={
        "required_together": [("access_key_id", "secret_access_key")],
        "required_by": {"session_token": ("access_key_id",)},
        "mutually_exclusive": [("profile", "access_key_id")],
    },
    connects=False,
    library="boto3",
    keys=DESTINATION_KEYS,
)


def main():  # type: () -> None
    run_module(MODULE)


if __name__ == "__main__":
    main()
