# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of the module of the migration."""

from __future__ import annotations

from typing import Any

from .given import CONNECTION_OPTIONS, DESTINATION_OPTIONS, INPUT_OPTIONS
from .phases import PHASES, PLAN

_NAMES = {"type": "list", "elements": "str", "default": []}
_ENTRIES = {"type": "list", "elements": "dict", "default": []}

OPTIONS: dict[str, dict[str, Any]] = {
    "phase": {"type": "str", "default": PLAN, "choices": list(PHASES)},
    "project_ids": _NAMES,
    "project_slugs": _NAMES,
    "connections": {**_ENTRIES, "aliases": ["app_connections"], "options": CONNECTION_OPTIONS},
    "inputs": {**_ENTRIES, "options": INPUT_OPTIONS},
    "destinations": {
        **_ENTRIES,
        "options": DESTINATION_OPTIONS,
        "required_together": [("access_key_id", "secret_access_key")],
        "mutually_exclusive": [("profile", "access_key_id")],
    },
    "only": _NAMES,
    "exclude": _NAMES,
    "concurrency": {"type": "int", "default": 4},
    "wait_timeout": {"type": "float", "default": 300.0},
    "stop_after_failures": {"type": "int", "default": 0},
    "min_age": {"type": "float", "default": 168.0},
    "require_compared": {"type": "bool", "default": True},
    "accept_differences": _NAMES,
    "confirm_deletions": {"type": "bool", "default": False},
    "journal": {"type": "path"},
    "journal_key": {"type": "str", "no_log": True},
    "report_folder": {"type": "path"},
    "return_items": {"type": "str", "default": "changed", "choices": ["changed", "all", "none"]},
}
