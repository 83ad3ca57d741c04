#!/usr/bin/python
# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: infisical_secret_syncs
short_description: Manage many of a project's Secret Syncs in one task
version_added: 1.0.0
author:
  - The community.infisical authors (@ansible-collections)
description:
  - Does for a list of syncs what M(community.infisical.infisical_secret_sync) does for one, with one look at the
    server and several writes at a time.
  - Wrong input in any item stops the task before anything is sent. After that each item stands for itself - a failing
    one is reported by its index and name, together with the outcome of the others, and fails the task in the end.
  - With O(purge=true) the syncs in a stated scope that no item names are removed. What they wrote stays at their
    destinations.
attributes:
  check_mode:
    support: full
    details:
      - That the environments and folders exist is only checked by the real run.
  diff_mode:
    support: full
  idempotent:
    support: partial
    details:
      - Items with O(syncs[].sync=true) or O(syncs[].import_secrets) start a job each time.
options:
  project_id:
    description: Id of the project.
    type: str
  project_slug:
    description: The project's slug, instead of O(project_id). It is looked up by one request.
    type: str
  syncs:
    description: The syncs. What each destination needs is in the notes of M(community.infisical.infisical_secret_sync).
    type: list
    elements: dict
    required: true
    suboptions:
      state:
        description: Whether this sync is there.
        type: str
        default: present
        choices:
          - present
          - absent
      project_id:
        description: The project, where it is stated here as well. It must be the task's.
        type: str
      sync_id:
        description:
          - Id of an existing sync, where it is not to be recognised by its name. A O(syncs[].name) renames it then.
          - With O(syncs[].state=absent), every other option that is stated must fit the sync, or nothing is removed.
        type: str
      name:
        description: Its name - lower-case letters, digits and dashes, unique in the project. Needed unless
          O(syncs[].sync_id) is stated.
        type: str
      destination:
        description:
          - Slug of the destination, such as V(aws-secrets-manager), V(aws-parameter-store), V(github) or V(vercel).
            Needed to create it.
          - The server can't change it on an existing sync.
        type: str
      description:
        description: What it is for.
        type: str
      connection_id:
        description: Id of the App Connection to use. One of this and O(syncs[].connection_name) is needed to create
          the sync.
        type: str
      connection_name:
        description: Name of the App Connection to use, looked for in the project first, then in its organization.
        type: str
      environment:
        description: Slug of the environment that the secrets come from. Needed to create the sync.
        type: str
      secret_path:
        description: Folder that the secrets come from, starting with a slash. V(/) for a new sync where it is not
          stated.
        type: str
      is_auto_sync_enabled:
        description: Whether changes of secrets are written to the destination by themselves. A new sync does that
          where this is not stated.
        type: bool
      destination_config:
        description:
          - Where the secrets go, as O(syncs[].destination) needs it, under the API's names in snake case - C(region),
            C(mapping_behavior) and C(secret_name) for V(aws-secrets-manager).
          - Keys that are not stated stay as they are.
        type: dict
      sync_options:
        description:
          - How the secrets are written. Keys that are not stated stay as they are.
          - C(initial_sync_behavior) - what the first sync does with what is at the destination -
            C(overwrite-destination) (also where nothing is stated), C(import-prioritize-source) or
            C(import-prioritize-destination).
          - C(key_schema) - pattern for the names at the destination, with C({{secretKey}}) and, if wanted,
            C({{environment}}). Secrets there that don't fit it are left alone.
          - C(disable_secret_deletion) - keep secrets at the destination that Infisical doesn't have. A new sync keeps
            them where this is not stated, although the server would delete them.
          - Some destinations have further ones, such as C(tags) and C(key_id) for AWS.
        type: dict
      sync:
        description: Start a sync although nothing changed. The task reports changed then, in check mode as well.
        type: bool
        default: false
      import_secrets:
        description:
          - Import what the destination holds into the folder, each time that the task runs. The task reports changed
            then.
          - Not all destinations can be imported from.
          - V(prioritize-source) - Where both have a secret, keep the one in Infisical.
          - V(prioritize-destination) - Where both have a secret, take the one from the destination.
        type: str
        choices:
          - prioritize-source
          - prioritize-destination
      wait:
        description:
          - Wait until the server has recorded the outcome of what this task started. If it failed, the task fails
            with the service's own message.
          - If nothing has to be changed and the last recorded sync failed, the task syncs again and waits for that.
            It does not if automatic syncs are switched off.
        type: bool
        default: false
      wait_timeout:
        description: How long to wait, in seconds.
        type: float
        default: 120.0
      delete_destination_secrets:
        description: See M(community.infisical.infisical_secret_sync).
        type: bool
        default: false
      check_duplicates:
        description: See M(community.infisical.infisical_secret_sync).
        type: str
        default: warn
        choices:
          - warn
          - refuse
          - ignore
      consult_options:
        description: See M(community.infisical.infisical_secret_sync).
        type: bool
        default: false
      validate:
        description: See M(community.infisical.infisical_secret_sync).
        type: str
        default: warn
        choices:
          - strict
          - warn
          - 'off'
  concurrency:
    description: How many items are worked on at a time, from V(1) to V(16).
    type: int
    default: 4
  purge:
    description:
      - Remove the syncs in the scope that no item names.
      - Nothing is purged when an item failed.
    type: bool
    default: false
  purge_scope:
    description:
      - What a purge may remove. All that is stated must fit. Each is a list of values or shell patterns.
      - An empty list and null are refused. An option that is left out, and V(*) alone, restrict nothing.
    type: dict
    suboptions:
      name:
        description: Names.
        type: list
        elements: str
        default:
          - "*"
      destination:
        description: Destinations.
        type: list
        elements: str
        default:
          - "*"
      environment:
        description: Slugs of environments.
        type: list
        elements: str
        default:
          - "*"
      secret_path:
        description: Folders.
        type: list
        elements: str
        default:
          - "*"
  purge_scope_all:
    description: Let a purge remove any sync of the project.
    type: bool
    default: false
  purge_when_empty:
    description: Let a purge work although O(syncs) is empty, which removes all that is in the scope.
    type: bool
    default: false
extends_documentation_fragment:
  - community.infisical.connection
  - community.infisical.attributes
  - community.infisical.attributes.actiongroup
seealso:
  - module: community.infisical.infisical_secret_sync
"""

EXAMPLES = r"""
- name: The syncs of the team's folders, and no others
  community.infisical.infisical_secret_syncs:
    project_id: "{{ project_id }}"
    syncs:
      - name: team-app-dev
        destination: aws-secrets-manager
        connection_name: aws-dev
        environment: dev
        secret_path: /app
        destination_config:
          region: us-east-1
          mapping_behavior: many-to-one
          secret_name: my-app/dev
      - name: team-app-prod
        destination: aws-secrets-manager
        connection_name: aws-prod
        environment: prod
        secret_path: /app
        destination_config:
          region: us-east-1
          mapping_behavior: many-to-one
          secret_name: my-app/prod
    purge: true
    purge_scope:
      name:
        - team-*
"""

RETURN = r"""
results:
  description: The outcome of each item, in the order of O(syncs).
  type: list
  elements: dict
  returned: success, and when items failed
  contains:
    index:
      description: Place of the item in O(syncs), from 0.
      type: int
      returned: always
      sample: 0
    name:
      description: The item's name, or its id.
      type: str
      returned: always
      sample: team-app-dev
    action:
      description: What was done - V(created), V(updated), V(synced), V(removed), V(unchanged) or V(failed).
      type: str
      returned: always
      sample: created
    id:
      description: Id of the sync.
      type: str
      returned: when the item did not fail
      sample: d0000000-0000-4000-8000-000000000001
    removed:
      description: IDs of the syncs that were removed for the item.
      type: list
      elements: str
      returned: when the item did not fail
      sample: []
    changed:
      description: Whether something changed.
      type: bool
      returned: always
      sample: true
    diff:
      description: What changed; null where nothing did.
      type: dict
      returned: when the item did not fail
    secret_sync:
      description: The sync, as M(community.infisical.infisical_secret_sync) returns it.
      type: dict
      returned: always
    error:
      description: Why the item failed.
      type: str
      returned: when the item failed
      sample: ""
    error_kind:
      description: What kind of failure that was.
      type: str
      returned: when the item failed
      sample: validation
counts:
  description: How many items had each outcome, and how many syncs were purged.
  type: dict
  returned: success, and when items failed
  sample: {"created": 2, "failed": 0, "purged": 0, "removed": 0, "synced": 0, "unchanged": 0, "updated": 0}
purged:
  description: The syncs that were purged.
  type: list
  elements: dict
  returned: success, and when items failed
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

from ansible_collections.community.infisical.plugins.module_utils._engine.bulk import bulk_options, manage_many
from ansible_collections.community.infisical.plugins.module_utils._engine.project import PROJECT_RULES, PROJECT_SLUG
from ansible_collections.community.infisical.plugins.module_utils._kinds.secret_sync import OPTIONS, Sync
from ansible_collections.community.infisical.plugins.module_utils._module import Declaration, run_module

MODULE = Declaration(
    run=partial(manage_many, resource=Sync),
    options={
        "project_id": {"type": "str"},
        **PROJECT_SLUG,
        "syncs": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": OPTIONS,
            "required_one_of": [("name", "sync_id")],
        },
        **bulk_options(Sync.scope_options),
    },
    rules=PROJECT_RULES,
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()
