# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes each task's result, as every callback gets it, to the file in TASK_RESULTS: one JSON object a line."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: task_results
type: notification
short_description: Write results for tests
description: One JSON object for each result.
"""


class CallbackModule(CallbackBase):
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "task_results"
    CALLBACK_NEEDS_ENABLED = True

    def _write(self, status: str, result: Any, item: bool = False) -> None:
        # The names with an underscore are those of ansible-core before 2.19.
        task = getattr(result, "task", None) or result._task
        values = getattr(result, "result", None) or result._result
        line = {
            "task": task.get_name().rpartition(" : ")[2],
            "action": task.action,
            "status": status,
            "result": values,
            "is_loop": bool(task.loop) and not item and "results" in values,
        }
        with Path(os.environ["TASK_RESULTS"]).open("a") as file:
            file.write(json.dumps(line, default=str) + "\n")

    def v2_runner_on_ok(self, result: Any) -> None:
        self._write("ok", result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._write("failed", result)

    def v2_runner_on_skipped(self, result: Any) -> None:
        self._write("skipped", result)

    def v2_runner_item_on_ok(self, result: Any) -> None:
        self._write("ok", result, item=True)

    def v2_runner_item_on_failed(self, result: Any) -> None:
        self._write("failed", result, item=True)

    def v2_runner_item_on_skipped(self, result: Any) -> None:
        self._write("skipped", result, item=True)
