# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Attributes that modules share."""

    DOCUMENTATION = r"""
attributes:
  check_mode:
    description: Foretells under C(--check) what a real run would change, and writes nothing.
  diff_mode:
    description: Shows under C(--diff) what changes, or would change.
  idempotent:
    description: A second run with the same options changes nothing.
"""

    ACTIONGROUP = r"""
attributes:
  action_group:
    description: Use C(group/community.infisical.infisical) in C(module_defaults) to set defaults for this module.
    support: full
    membership:
      - community.infisical.infisical
"""

    INFO = r"""
attributes:
  check_mode:
    description: Foretells under C(--check) what a real run would change, and writes nothing.
    support: full
    details:
      - This module only reads.
  diff_mode:
    description: Shows under C(--diff) what changes, or would change.
    support: N/A
    details:
      - This module only reads.
  idempotent:
    description: A second run with the same options changes nothing.
    support: full
    details:
      - This module only reads.
"""
