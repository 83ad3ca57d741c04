#!/usr/bin/python
# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: infisical_migration
short_description: Move native integrations to secret syncs, phase by phase
version_added: 1.0.0
author:
  - The community.infisical authors (@ansible-collections)
description:
  - Creates a secret sync for each native integration of one or more projects, verifies it, switches off the
    integration, and finally removes it. Each task runs one phase.
  - Progress is recorded in O(journal), so that the next run continues where an interrupted run stopped.
  - An integration that fails does not stop the others. The task then fails at the end, and returns the full result.
  - Nothing is removed before the phase V(retire). Secrets at the destinations are never removed.
attributes:
  check_mode:
    support: full
    details:
      - Reads the journal, but does not write to it. Does not start jobs, so their outcomes are not known.
  diff_mode:
    support: none
  idempotent:
    support: partial
    details:
      - The phase V(verify) starts each sync. This is not reported as a change.
options:
  phase:
    description:
      - V(plan) - Report how far each integration has come, and what is missing. Writes nothing. Reads the destinations
        for which O(destinations) or O(connections) has credentials, and keeps nothing of what it reads.
      - V(connect) - Create the app connections in O(connections) that have credentials and do not exist yet. Also reads
        how the native auths of AWS log in, with one request each, and warns about connections that log in
        differently.
      - An existing connection is used as it is. If what can be read of it differs from O(connections) or from the
        native auth, such as the ID of its access key, the phases V(connect) and V(create) refuse it for these
        integrations. One that is specified by its ID is used regardless.
      - V(create) - Create the syncs, which do not delete anything, and wait until they succeed. The integrations stay
        active.
      - V(verify) - Start each sync again, wait until it succeeds, and compare the destination.
      - V(cut_over) - Switch off each integration whose sync was verified, and start its sync again. If that fails, or
        the destination differs, the integration is switched on again.
      - V(retire) - Remove the integrations that were cut over, and each auth whose integrations were all removed by
        this phase.
      - V(rollback) - Switch the integrations on, wait until they succeed, and then switch off their syncs.
      - V(restore_deletion) - Let the syncs of removed integrations delete what Infisical does not have, if the
        integrations did. For AWS, RV(would_delete) lists the names that are deleted.
    type: str
    default: plan
    choices:
      - plan
      - connect
      - create
      - verify
      - cut_over
      - retire
      - rollback
      - restore_deletion
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
  connections:
    description:
      - The app connections of the syncs. If several entries match an integration, the most specific one is used.
      - An entry for a service is refused if the integrations use several auths, since these may be for different
        accounts. In that case, specify an entry with O(connections[].integration_auth_id) for each auth.
      - An entry that matches no integration is refused.
    type: list
    elements: dict
    default: []
    aliases:
      - app_connections
    suboptions:
      service:
        description: Slug of the native service. Either this or O(connections[].integration_auth_id) is required.
        type: str
      project_id:
        description: ID of the project, if the entry is only for this project.
        type: str
        aliases:
          - workspace_id
      integration_auth_id:
        description: ID of the integration auth.
        type: str
      name:
        description: Name of the connection. Either this or O(connections[].connection_id) is required.
        type: str
      connection_id:
        description: ID of the connection.
        type: str
      level:
        description: Whether the connection belongs to the project or to the organization.
        type: str
        default: project
        choices:
          - project
          - organization
      method:
        description: Method of the connection. Required with O(connections[].credentials).
        type: str
      credentials:
        description: Credentials of the connection. An AWS access key is also used to read the destinations, unless
          O(destinations) has other credentials.
        type: dict
      gateway_id:
        description: ID of the gateway that the connection uses.
        type: str
  inputs:
    description:
      - Options of the syncs that can't be derived from the integrations, or that should be different.
      - If several entries match an integration, the most specific one is used for each option.
      - An entry that matches no integration is refused, and so is an option that the sync does not have.
    type: list
    elements: dict
    default: []
    suboptions:
      service:
        description: Slug of the native service.
        type: str
      project_id:
        description: ID of the project.
        type: str
        aliases:
          - workspace_id
      integration_auth_id:
        description: ID of the integration auth.
        type: str
      integration_id:
        description: ID of the native integration.
        type: str
      name:
        description: Name of the sync.
        type: str
      description:
        description: Text that follows the marker in the description of the sync.
        type: str
      environment:
        description: Slug of the environment that the secrets come from.
        type: str
      secret_path:
        description: Path of the folder that the secrets come from.
        type: str
      connection_id:
        description: ID of the app connection.
        type: str
      connection_name:
        description: Name of the app connection.
        type: str
      destination_config:
        description: Settings of the destination, as in M(community.infisical.infisical_secret_sync). A null removes a
          setting.
        type: dict
      sync_options:
        description: Options of the sync, as in M(community.infisical.infisical_secret_sync). A null removes an option.
        type: dict
  destinations:
    description:
      - How to read destinations in AWS, to compare them. Other destinations can't be read.
      - Use credentials for the AWS account that the app connection writes to. If access keys or the ARN of a role show
        that it is another one, the integration is at fault. Where they do not show it, this is not checked.
      - The comparison includes each secret or parameter, and its KMS key, tags, type and tier, if these can be read.
      - If each secret has its own name at the destination, only those that the integration or its sync may write are
        read. This requires the names of the secrets in Infisical, so the identity must be allowed to see them. Their
        values are not requested.
    type: list
    elements: dict
    default: []
    suboptions:
      service:
        description: Slug of the native service.
        type: str
      project_id:
        description: ID of the project.
        type: str
        aliases:
          - workspace_id
      integration_auth_id:
        description: ID of the integration auth.
        type: str
      access_key_id:
        description: AWS access key ID. Without this and O(destinations[].profile), boto3 looks for credentials in the
          usual places.
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
  only:
    description: IDs of native integrations. All others are left as they are.
    type: list
    elements: str
    default: []
  exclude:
    description: IDs of native integrations that are left as they are.
    type: list
    elements: str
    default: []
  concurrency:
    description: Number of integrations to process at the same time, from 1 to 16.
    type: int
    default: 4
  wait_timeout:
    description:
      - Maximum time to wait for the syncs of a batch of integrations while none of them ends, in seconds. It starts
        again when one ends, since servers run only a few syncs of an app connection at once.
    type: float
    default: 300.0
  stop_after_failures:
    description:
      - Number of failures after which no more work is started. V(0) means no limit.
      - Integrations are processed in batches of up to 200. The syncs of a batch are started before any of them ends, so
        syncs that fail stop only the next batch. To try a few integrations first, specify them in O(only).
    type: int
    default: 0
  min_age:
    description: In the phase V(retire), the minimum time since an integration was cut over, in hours.
    type: float
    default: 168.0
  require_compared:
    description: In the phase V(retire), whether the destination must have been compared, or its difference accepted. An
      integration in O(only) is removed regardless.
    type: bool
    default: true
  accept_differences:
    description: IDs of differences, from RV(differences), that are intended. From then on, comparisons use the current
      content of the destination. If all destinations can be read, unknown IDs are refused.
    type: list
    elements: str
    default: []
  confirm_deletions:
    description:
      - In the phases V(rollback) and V(restore_deletion), whether names may be deleted at destinations. See
        RV(would_delete).
      - V(restore_deletion) always requires this. V(rollback) requires it if an integration deletes secrets, and others
        have put some at its destination since, its destination can't be read, or an integration that wrote there is
        gone.
    type: bool
    default: false
  journal:
    description:
      - Path of the journal, a file that is created with mode 0600. Required in all phases except V(plan).
      - An integration that has no record in the journal is only removed if O(only) contains its ID.
    type: path
  journal_key:
    description:
      - Key for the digests of what is at the destinations (HMAC-SHA256). Required if destinations can be read.
      - It must be the same in all runs. It is not stored.
    type: str
  report_folder:
    description:
      - Folder for a report about all integrations. It consists of C(migration.html), a self-contained page,
        C(migration.md), C(migration.json) and C(migration.csv). It contains names, but no values of secrets.
      - It is written after each run, including failed ones, but not in check mode.
      - A new folder has the mode 0750 and the files have the mode 0640, so that the group of the folder can read them.
    type: path
  return_items:
    description:
      - Which integrations to return in RV(integrations).
      - V(changed) - Those that changed or failed. The phase V(plan) returns all.
      - V(all) - All of them, a kilobyte each.
      - V(none) - None of them, for jobs whose output must stay small. The report contains all.
    type: str
    default: changed
    choices:
      - changed
      - all
      - none
extends_documentation_fragment:
  - community.infisical.connection
  - community.infisical.attributes
  - community.infisical.attributes.actiongroup
notes:
  - There is no option C(prove). The module writes credentials of app connections only. The server tries these before
    it stores them. No phase writes credentials of an integration auth.
seealso:
  - module: community.infisical.infisical_secret_sync
"""

EXAMPLES = r"""
- name: Report the state of the migration
  community.infisical.infisical_migration:
    project_slugs:
      - my-project
    journal: "{{ playbook_dir }}/my-project.journal"
  register: plan

- name: Create the syncs beside the native integrations
  community.infisical.infisical_migration:
    phase: create
    project_slugs:
      - my-project
    journal: "{{ playbook_dir }}/my-project.journal"
    journal_key: "{{ vaulted_journal_key }}"
    connections:
      - service: aws-secret-manager
        name: aws-migrated
        method: access-key
        credentials:
          access_key_id: "{{ aws_access_key_id }}"
          secret_access_key: "{{ aws_secret_access_key }}"
"""

RETURN = r"""
phase:
  description: The phase.
  type: str
  returned: when the projects were read
  sample: create
integrations:
  description: The native integrations that changed or failed, or all of them.
  type: list
  elements: dict
  returned: when the projects were read
  contains:
    native_id:
      description: ID of the native integration.
      type: str
      returned: always
      sample: 15d5e80c-eb77-47c2-9175-194f16311651
    before:
      description: State before the task - V(blocked), V(planned), V(created), V(verified), V(cut_over), V(retired),
        V(rolled_back) or V(fault).
      type: str
      returned: always
      sample: planned
    after:
      description: State after the task; in check mode, the state that it would have.
      type: str
      returned: always
      sample: created
    action:
      description: What was done - V(none), V(created), V(verified), V(switched_off), V(switched_on), V(retired),
        V(undone) or V(failed).
      type: str
      returned: always
      sample: created
    reason:
      description: Why it failed, or why nothing was done. In the phase V(plan), what is missing.
      type: str
      returned: always
      sample: ""
    needs:
      description: What is missing. Each entry has the C(input) that it is for, a C(text), and C(yaml) to complete.
      type: list
      elements: dict
      returned: always
    comparison:
      description: What was found at the destination - C(result), C(missing), C(extra) and C(changed) names, C(reason).
      type: dict
      returned: always
groups:
  description: Groups of integrations that write to the same place and are handled together.
  type: list
  elements: dict
  returned: when the projects were read
  sample: []
counts:
  description: Number of integrations, in total and by state.
  type: dict
  returned: when the projects were read
  sample:
    integrations: 2
    blocked: 0
    planned: 0
    created: 2
    verified: 0
    cut_over: 0
    retired: 0
    rolled_back: 0
    fault: 0
differences:
  description: Differences that stop an integration until their C(id) is in O(accept_differences).
  type: list
  elements: dict
  returned: when the projects were read
  sample: []
faults:
  description: Failures that do not belong to a single integration.
  type: list
  elements: str
  returned: when the projects were read
  sample: []
unused_inputs:
  description: A sentence for each entry of O(connections), O(inputs) and O(destinations) that matches no integration.
  type: list
  elements: str
  returned: when the projects were read
  sample: []
would_delete:
  description: Names that the phase deletes at destinations, by ID of the integration.
  type: dict
  returned: when the projects were read
  sample: {}
journal:
  description: Path of the journal, and the C(runs) that it contains.
  type: dict
  returned: when the projects were read
  sample: {"path": "/var/lib/infisical/payments.journal", "runs": []}
report:
  description: Paths of the files of the report.
  type: list
  elements: str
  returned: when the projects were read
  sample: ["/var/lib/infisical/report/migration.html"]
summary:
  description: The result in a few lines, regardless of the number of integrations.
  type: list
  elements: str
  returned: when the projects were read
  sample: ["Phase create: 2 native integrations: 2 created."]
estimate:
  description: Estimated number of requests and seconds until all integrations that can be cut over are cut over, within
    the usual rate limits.
  type: dict
  returned: when the projects were read
  sample: {"integrations": 2, "reads": 18, "writes": 6, "seconds": 92}
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

from ansible_collections.community.infisical.plugins.module_utils._engine.results import keys_of
from ansible_collections.community.infisical.plugins.module_utils._kinds.native import INTEGRATION
from ansible_collections.community.infisical.plugins.module_utils._kinds.sync import SYNC
from ansible_collections.community.infisical.plugins.module_utils._migration.options import OPTIONS
from ansible_collections.community.infisical.plugins.module_utils._migration.run import MIGRATION_KEYS, migrate
from ansible_collections.community.infisical.plugins.module_utils._module import Declaration, run_module

MODULE = Declaration(run=migrate, options=OPTIONS, library="boto3", keys=keys_of(SYNC, INTEGRATION) | MIGRATION_KEYS)


def main():  # type: () -> None
    run_module(MODULE)


if __name__ == "__main__":
    main()
