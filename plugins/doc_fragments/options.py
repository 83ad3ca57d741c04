# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Options that several modules share."""

    PROJECT = r"""
options:
  project_id:
    description:
      - ID of the project. The project's settings page shows it.
      - Mutually exclusive with O(project_slug).
      - The alias exists because older servers call a project a workspace.
    type: str
    aliases:
      - workspace_id
  project_slug:
    description:
      - Slug of the project, instead of O(project_id). Looking it up takes one more request.
      - Servers older than 2024 may not support this.
    type: str
"""

    VALIDATE = r"""
options:
  validate:
    description:
      - What to do about faults that the collection's catalogue of services finds in the options. All faults are
        reported at once, with the names of the options.
      - An existing object is only rejected because of a missing option if a change makes it necessary.
      - V(strict) - Fail on every fault, including those that have not been verified against a running server.
      - V(warn) - Fail on faults that certainly make the task fail, before anything is written. Warn about all others.
      - V(off) - Do not check the options. Use this for services and values that are newer than this collection.
    type: str
    default: warn
    choices:
      - strict
      - warn
      - 'off'
"""

    UPDATE_CREDENTIALS = r"""
options:
  update_credentials:
    description:
      - When to write the specified credentials.
      - V(on_create) - Only when the object is created.
      - V(always) - Also to an existing object. The task then reports changed each time.
    type: str
    default: on_create
    choices:
      - on_create
      - always
"""

    ACTIVATE = r"""
options:
  activate:
    description:
      - Whether the task may make the object active, so that the server writes to the destination automatically.
      - V(always) - Follow the other options.
      - V(unless_empty) - Fail, before anything is written, if the task would make the object active, or change its
        source while it is active, and the folder does not exist or has no secrets. An empty folder can empty the
        destination. Imported secrets count. This takes one more request for each such folder. Only servers older than
        2025 send the values of the secrets. The module ignores them.
      - V(never) - A new object is created inactive, and an inactive one stays inactive. An active one stays active
        unless the options say otherwise.
    type: str
    default: always
    choices:
      - always
      - unless_empty
      - never
"""

    EXPORT = r"""
options:
  export:
    description:
      - Also return the options that describe the objects, see RV(export).
      - A task with these options changes nothing, however the objects were created.
    type: bool
    default: false
"""

    BULK = r"""
options:
  concurrency:
    description: Number of items to process at the same time, from V(1) to V(16).
    type: int
    default: 4
  purge:
    description:
      - Remove the objects in the scope that no item describes.
      - Nothing is purged if an item failed.
    type: bool
    default: false
  purge_scope:
    description:
      - What a purge may remove. An object must match all options that are specified. Each is a list of values or shell
        patterns.
      - An empty list or null is an error. An option that is not specified, or V(*) alone, does not restrict the purge.
    type: dict
  purge_scope_all:
    description: Allow a purge to remove all objects of this kind in the project.
    type: bool
    default: false
  purge_when_empty:
    description: Allow a purge if the list of items is empty. This removes everything in the scope.
    type: bool
    default: false
"""
