#!/usr/bin/python
# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: infisical_audit_info
short_description: Find problems with Infisical native integrations and secret syncs
version_added: 1.0.0
author:
  - The community.infisical authors (@ansible-collections)
description:
  - Lists the native integrations, secret syncs and app connections of one or more projects, those with a problem first.
    It also finds those that write to the same place.
  - If the server does not have one of these kinds, that is not an error. RV(notes) reports it.
  - Projects that can't be read do not stop the others, see RV(faults). The task fails if no project can be read.
  - Servers do not record whether an app connection works. A connection counts as failed if the last sync of each secret
    sync that uses it failed, and either several secret syncs use it or the service rejected the credentials.
options:
  project_ids:
    description: IDs of the projects. Either this or O(project_slugs) is required.
    type: list
    elements: str
    default: []
  project_slugs:
    description: Slugs of the projects.
    type: list
    elements: str
    default: []
  check_sources:
    description:
      - Whether to check that the folder of each active native integration exists, since the server does not report if
        it is gone. This takes one request for each parent folder.
      - For secret syncs, the server reports this itself.
    type: bool
    default: true
  report_folder:
    description:
      - Folder for the report, which consists of C(audit.html), a self-contained page, and C(audit.md).
      - The report is not written in check mode, and is never reported as a change.
      - A new folder has the mode 0750 and the files have the mode 0640, so that the group of the folder can read them.
    type: path
extends_documentation_fragment:
  - community.infisical.connection
  - community.infisical.attributes
  - community.infisical.attributes.info
  - community.infisical.attributes.actiongroup
seealso:
  - module: community.infisical.infisical_integration_info
  - module: community.infisical.infisical_secret_sync_info
"""

EXAMPLES = r"""
- name: Audit a project
  community.infisical.infisical_audit_info:
    project_slugs:
      - my-project
    report_folder: "{{ playbook_dir }}/audit"
  register: audit

- name: Fail if there are problems
  ansible.builtin.assert:
    that: not audit.has_problems
    fail_msg: "{{ audit.problems | join('\\n') }}"
"""

RETURN = r"""
objects:
  description: The native integrations, secret syncs and app connections. Those with a problem come first.
  type: list
  elements: dict
  returned: success
  contains:
    kind:
      description: V(native_integration), V(secret_sync) or V(app_connection).
      type: str
      returned: always
      sample: secret_sync
    id:
      description: ID of the object.
      type: str
      returned: always
      sample: d0000000-0000-4000-8000-000000000001
    name:
      description: Name of the secret sync or the app connection.
      type: str
      returned: always
      sample: my-app-dev
    project_id:
      description: ID of the project. Empty for an app connection of the organization.
      type: str
      returned: always
      sample: 77fa7aed-9288-401e-a4c9-3a9430be62a4
    project:
      description: Name of the project, or its ID if the identity can't see the name.
      type: str
      returned: always
      sample: Payments
    environment:
      description: Slug of the environment that the secrets come from.
      type: str
      returned: always
      sample: dev
    secret_path:
      description: Path of the folder that the secrets come from.
      type: str
      returned: always
      sample: /app
    service:
      description: Slug of the service, the destination or the app.
      type: str
      returned: always
      sample: aws-secrets-manager
    place:
      description: Where the secrets are written.
      type: str
      returned: always
      sample: us-east-1 my-app/dev
    state:
      description:
        - V(failed) - The last sync failed, or an app connection counts as failed.
        - V(source_gone) - The environment or the folder does not exist.
        - V(never_synced) - It is active, and the server has recorded no sync.
        - V(under_way) - A sync is waiting or running.
        - V(paused) - It is inactive.
        - V(unused) - No secret sync of the project uses the app connection.
        - V(ok) - The last sync succeeded.
      type: str
      returned: always
      sample: failed
    reason:
      description: Reason for the state, without HTML and JSON.
      type: str
      returned: always
      sample: The security token included in the request is invalid.
    at:
      description: When the last sync ended.
      type: str
      returned: always
      sample: '2026-03-02T09:15:02.000Z'
    credentials_of:
      description: ID of the integration auth or app connection whose credentials the object uses.
      type: str
      returned: always
      sample: c0000000-0000-4000-8000-000000000001
    conflicts:
      description: IDs of the active objects that write to the same place.
      type: list
      elements: str
      returned: always
      sample: []
conflicts:
  description: Groups of active objects that write to the same place.
  type: list
  elements: dict
  returned: success
  contains:
    members:
      description: IDs of the objects.
      type: list
      elements: str
      returned: always
    certain:
      description: Whether it is certain that the place is the same. V(false) if the credentials may belong to
        different accounts.
      type: bool
      returned: always
    same_source:
      description: Whether they write the same secrets.
      type: bool
      returned: always
    reason:
      description: What the conflict means.
      type: str
      returned: always
counts:
  description: Number of objects by kind and by state. C(problems) is the number of those that failed or whose source is
    gone.
  type: dict
  returned: success
  sample:
    projects: 1
    objects: 2
    native_integration: 1
    secret_sync: 1
    app_connection: 0
    failed: 1
    source_gone: 0
    never_synced: 0
    under_way: 0
    paused: 0
    unused: 0
    ok: 1
    problems: 1
    problems_by_kind:
      native_integration: 0
      secret_sync: 1
      app_connection: 0
    conflicts: 0
projects:
  description: The C(id), C(name) and C(environments) (slugs) of each project that was read, with the numbers of
    its objects, as in RV(counts).
  type: list
  elements: dict
  returned: success
has_problems:
  description: Whether an object failed, a source is gone, or a project could not be read.
  type: bool
  returned: success
  sample: true
faults:
  description: A sentence for each project that could not be read.
  type: list
  elements: str
  returned: success
  sample: []
notes:
  description: Sentences about what the server or the identity does not show.
  type: list
  elements: str
  returned: success
  sample: ["This server has no secret syncs."]
summary:
  description: The audit as lines of text, problems first. There are at most about 100 lines, regardless of the number
    of objects.
  type: list
  elements: str
  returned: success
  sample: ["1 project: 1 native integration.", "No problems."]
problems:
  description: The lines of RV(summary) about what failed, whose source is gone, and what could not be read.
  type: list
  elements: str
  returned: success
  sample: []
report:
  description: Paths of the files of the report.
  type: list
  elements: str
  returned: success
  sample: ["/var/lib/infisical/audit/audit.html", "/var/lib/infisical/audit/audit.md"]
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

from ansible_collections.community.infisical.plugins.module_utils._audit.run import AUDIT_KEYS, OPTIONS, audit
from ansible_collections.community.infisical.plugins.module_utils._module import Declaration, run_module

MODULE = Declaration(run=audit, options=OPTIONS, keys=AUDIT_KEYS)


def main():  # type: () -> None
    run_module(MODULE)


if __name__ == "__main__":
    main()
