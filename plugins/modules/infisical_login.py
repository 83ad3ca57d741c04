#!/usr/bin/python
# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: infisical_login
short_description: Log in to Infisical once for many tasks
version_added: 1.0.0
author:
  - The community.infisical authors (@ansible-collections)
description:
  - Logs in and returns an access token in the form that the O(login_data) of all modules takes, those of the
    C(infisical.vault) collection included. Without it, each task logs in for itself.
  - Later tasks need the token, so that it can't be masked wherever it turns up. The module censors its own result on
    the screen and in logs; a task that passes the token on by other means should have C(no_log=true).
  - It does not support C(async), as Ansible would keep the result in a file. Over SSH, C(-vvv) does not show what the
    module returns, nor the reason if the connection fails.
attributes:
  check_mode:
    support: partial
    details:
      - Check mode logs in as well, since the tasks after it have to read. With O(state=absent), check mode ends such
        a login, and leaves any other token alone.
  diff_mode:
    support: none
  idempotent:
    support: partial
    details:
      - A login makes a new token each time, and is not reported as a change.
options:
  state:
    description:
      - Whether to log in or out.
      - V(present) - Log in.
      - V(absent) - Revoke the access token in O(login_data). One that is not valid any more is no failure, and one
        that was given by O(auth_method=token_auth) is left alone.
    type: str
    default: present
    choices:
      - present
      - absent
extends_documentation_fragment:
  - community.infisical.connection
  - community.infisical.attributes
  - community.infisical.attributes.actiongroup
seealso:
  - module: community.infisical.infisical_integration_auth
"""

EXAMPLES = r"""
- name: Log in
  community.infisical.infisical_login:
    url: "{{ infisical_url }}"
    universal_auth_client_id: "{{ client_id }}"
    universal_auth_client_secret: "{{ client_secret }}"
  register: login
  no_log: true

- name: Use the login for a group of tasks
  module_defaults:
    group/community.infisical.infisical:
      login_data: "{{ login.login_data }}"
  block:
    - name: What is there?
      community.infisical.infisical_integration_info:
        project_id: "{{ project_id }}"
  always:
    - name: Log out
      community.infisical.infisical_login:
        state: absent
      changed_when: false
"""

RETURN = r"""
login_data:
  description: What the option of the same name takes; null after a logout.
  type: dict
  returned: success
  contains:
    url:
      description: Address of the server that the token is good for.
      type: str
      returned: success
      sample: https://infisical.example.com
    access_token:
      description: The access token.
      type: str
      returned: success
      sample: eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.c2lnbmF0dXJl
    check_mode:
      description: Whether the token was made in check mode, so that a logout in check mode may end it.
      type: bool
      returned: success
      sample: false
    given:
      description: Whether the token was there before, so that a logout leaves it alone.
      type: bool
      returned: success
      sample: false
expires_in:
  description: How long the token is good for, in seconds; null for a token that was given.
  type: int
  returned: when O(state=present)
  sample: 2592000
access_token_max_ttl:
  description: How long the token could be renewed at most, in seconds; null for a token that was given.
  type: int
  returned: when O(state=present)
  sample: 2592000
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

from ansible_collections.community.infisical.plugins.module_utils._kinds.login import manage_login
from ansible_collections.community.infisical.plugins.module_utils._module import Declaration, run_module

MODULE = Declaration(
    run=manage_login,
    options={"state": {"type": "str", "default": "present", "choices": ["present", "absent"]}},
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()
