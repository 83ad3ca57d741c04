# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a module's core is given, whichever way the task runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .._errors import InputError
from .values import is_placeholder

if TYPE_CHECKING:
    from .._http.client import Client
    from .store import Store

# The end of a warning about an object that does not exist yet.
PRESUMED = "check mode assumes that an earlier task of this run creates it"


@dataclass(frozen=True)
class Task:
    """One task: its validated options, whether it may write, the server's objects, and ways to speak to the user.

    Only a declaration that doesn't connect to Infisical gets None for `server_objects`. `warn` shows a sentence, `tell`
    one to who watches a long run (under -v, where the controller's process does the work). `hide` masks a value in
    everything that the task shows from then on; `reveal` undoes that, for a value that its option masks only in case.
    `notices` are warnings that are shown once, when the task ends, however many of its items they are about.
    """

    params: Mapping[str, Any]
    check_mode: bool
    server_objects: Store | None
    warn: Callable[[str], None]
    hide: Callable[[str], None]
    reveal: Callable[[str], None]
    tell: Callable[[str], None]
    notices: set[str] = field(default_factory=set)

    @property
    def store(self) -> Store:
        """The server's objects. Raises RuntimeError in a module that doesn't connect to a server."""
        if self.server_objects is None:
            raise RuntimeError("this module does not connect to an Infisical server")
        return self.server_objects

    @property
    def client(self) -> Client:
        """The client of the server. Raises RuntimeError in a module that doesn't connect to a server."""
        return self.store.client


def is_planned(task: Task, option: str, object_id: str) -> bool:
    """Tell whether an id is one that check mode gives to what it doesn't create. Raises InputError in a real run."""
    if not is_placeholder(object_id):
        return False
    if not task.check_mode:
        raise InputError(
            f"{option} {object_id} is a placeholder from check mode, for an object that was not created. Do not store"
            " it: use the ID from the result of a real run."
        )
    return True
