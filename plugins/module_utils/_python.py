# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ends a module with one sentence where Python is too old for the collection.

This file and those in plugins/modules/ hold only what Python 2.7 reads, too: so old a Python can be found where
ansible-core 2.16 runs modules.
"""

import json
import platform
import sys

OLDEST = (3, 10)
SENTENCE = (
    "community.infisical needs Python {} or later where its modules run, and {} is Python {}: set"
    " ansible_python_interpreter to a newer one."
)


def require_python():  # type: () -> None
    """Print a failed result and exit if this Python is too old. Must come before all imports that it could not read."""
    if sys.version_info[:2] >= OLDEST:
        return
    oldest = ".".join(map(str, OLDEST))
    sentence = SENTENCE.format(oldest, sys.executable, platform.python_version())
    sys.stdout.write(json.dumps({"failed": True, "msg": sentence}))
    raise SystemExit(1)
