# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the files of a report to a folder."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

from .._errors import InputError, clean_text

# A report is to be handed on, so the group may read it: that which an administrator has given the folder, such as a web
# server's. It names projects, destinations and secrets, if never their values, which are nobody else's business.
FILE_MODE, FOLDER_MODE = 0o640, 0o750


def prepare(folder: str) -> None:
    """See that a report can be written to a folder, which is created if it does not exist. Raises InputError if not."""
    try:
        Path(folder).mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise _unwritable(folder, error) from None


def write_files(folder: str, texts: Mapping[str, Callable[[], str]]) -> list[str]:
    """Write files with what these functions return to a folder, and return their paths.

    Each file is replaced as a whole, once all of them are on the disk. Raises InputError where that isn't possible.
    """
    place = Path(folder)
    try:
        with ExitStack() as left:
            ready = [(_written(place, text(), left), place / name) for name, text in texts.items()]
            for temporary, path in ready:
                temporary.replace(path)
    except OSError as error:
        raise _unwritable(folder, error) from None
    return [str(place / name) for name in texts]


def _unwritable(folder: str, error: OSError) -> InputError:
    return InputError(
        f"The report can't be written to {clean_text(folder, 200)}: {error.strerror}. Specify a report_folder that can"
        " be written to."
    )


def _written(folder: Path, text: str, left: ExitStack) -> Path:
    """Return a new file with a text, on the disk; `left` removes it if it is still there in the end."""
    number, name = tempfile.mkstemp(prefix=".report-", dir=folder)
    path = Path(name)
    left.callback(path.unlink, missing_ok=True)
    with os.fdopen(number, "w", encoding="utf-8", newline="") as file:
        file.write(text)
        os.fchmod(file.fileno(), FILE_MODE)
        file.flush()
        os.fsync(file.fileno())
    return path
