# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One login and one list for all items of a loop, and for all attempts of `until`."""

from __future__ import annotations

import os
from multiprocessing.util import Finalize

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ..module_utils._module import UNSAID, Session
from . import _core

display = Display()


class SharedSession:
    """The session that the items of a loop share; at most one, as a worker process serves one task of one host."""

    def __init__(self) -> None:
        self._owner: tuple[int, str] | None = None
        self._session: Session | None = None
        self._no_log = False
        # The last connection whose end ends the session.
        self._connection: object = None

    def of(self, action: ActionBase) -> tuple[Session, bool]:
        """Return the session for a task's item, and whether it goes on after that."""
        repeated = _core.is_repeated(action)
        if not repeated and not _core.is_looped(action):
            return Session(), False
        owner = _core.task_of(action)
        if owner != self._owner or self._session is None:
            self.close()
            self._owner, self._session, self._no_log = owner, Session(), False
            # Should the end of the connection not come about.
            Finalize(None, self.close, exitpriority=0)
        self._no_log = self._no_log or bool(action._task.no_log)
        if repeated:
            self._session.forget()
        self.keep_closable(action)
        return self._session, True

    def keep_closable(self, action: ActionBase) -> None:
        """See to it that the session ends before the task's result is sent."""
        # Ansible's executor closes the last item's connection when the loop is over, even a broken-off one, and only
        # then sends the result. The end of the process comes too late: once the parent has the run's last result, it
        # kills the workers that are left, and the login would stay open.
        if self._session is not None and self._connection is not action._connection:
            self._connection = action._connection
            _core.before_close(action, self.close)

    def close(self) -> None:
        """End the session's logins."""
        session, self._session = self._session, None
        if session is None or self._owner is None or self._owner[0] != os.getpid():
            return
        for trouble in session.close():
            display.warning(UNSAID if self._no_log else trouble)
