#!/usr/bin/python
# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: infisical_project_info
short_description: Look an Infisical project up
version_added: 1.0.0
author:
  - The community.infisical authors (@ansible-collections)
description:
  - Shows a project's id, name, slug and environments, by its slug or its id.
  - The modules of this collection take a project's slug as well as its id. Looked up once, the id saves each of them a
    request.
options:
  project_id:
    description: Id of the project. One of O(project_id) and O(project_slug) is needed.
    type: str
    aliases:
      - workspace_id
  project_slug:
    description: The project's slug, instead of O(project_id). Servers older than 2024 may not be able to look it up.
    type: str
extends_documentation_fragment:
  - community.infisical.connection
  - community.infisical.attributes.info
  - community.infisical.attributes.actiongroup
seealso:
  - module: community.infisical.infisical_integration_info
  - module: community.infisical.infisical_secret_sync_info
"""

EXAMPLES = r"""
- name: Find the project
  community.infisical.infisical_project_info:
    project_slug: my-project
  register: found

- name: Show its id and its environments
  ansible.builtin.debug:
    msg: "{{ found.project.id }}: {{ found.project.environments | map(attribute='slug') | join(', ') }}"
"""

RETURN = r"""
project:
  description: The project.
  type: dict
  returned: success
  contains:
    id:
      description: Its id.
      type: str
      returned: always
      sample: 77fa7aed-9288-401e-a4c9-3a9430be62a4
    name:
      description: Its name.
      type: str
      returned: always
      sample: My project
    slug:
      description: Its slug.
      type: str
      returned: always
      sample: my-project
    environments:
      description: Its environments, in the server's order.
      type: list
      elements: dict
      returned: always
      contains:
        id:
          description: The environment's id.
          type: str
          returned: always
          sample: 5b4a5a2e-1f3c-4a0e-9d2b-6a3f0d9c1e77
        name:
          description: The environment's name.
          type: str
          returned: always
          sample: Development
        slug:
          description: The environment's slug, as options that name an environment take it.
          type: str
          returned: always
          sample: dev
error_kind:
  description:
    - What kind of failure it was, for use in a C(rescue).
    - V(input) means that there is no such project, or that the server can't look it up.
  type: str
  returned: failure
  sample: input
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

from ansible_collections.community.infisical.plugins.module_utils._engine.project import (
    PROJECT_RULES,
    PROJECT_SLUG,
    show_project,
)
from ansible_collections.community.infisical.plugins.module_utils._module import Declaration, run_module

MODULE = Declaration(
    run=show_project,
    options={"project_id": {"type": "str", "aliases": ["workspace_id"]}, **PROJECT_SLUG},
    rules=PROJECT_RULES,
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()
