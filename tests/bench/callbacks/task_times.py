# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes how long each task took, from its start to the next one's, to the file in TASK_TIMES."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: task_times
type: notification
short_description: Write times for the benchmark
description: A JSON list of the task's name and the seconds for each task.
"""


class CallbackModule(CallbackBase):
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "task_times"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self._times: list[tuple[str, float]] = []

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        self._times.append((task.get_name(), time.perf_counter()))

    def v2_playbook_on_stats(self, stats: Any) -> None:
        ends = [started for _name, started in self._times[1:]] + [time.perf_counter()]
        spans = [(name, end - started) for (name, started), end in zip(self._times, ends, strict=True)]
        Path(os.environ["TASK_TIMES"]).write_text(json.dumps(spans))
