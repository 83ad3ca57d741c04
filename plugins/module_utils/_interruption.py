# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is still done when a signal (Ctrl-C, SIGTERM) is about to end the process."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM)


def leave_signals_to_main_thread() -> None:
    """Keep the signals from this thread: one that it got would not wake the main thread, which handles all of them."""
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)


class Guard:
    """Has something done before a signal ends the process, between `watch` and `release`.

    `before_end` is called in the main thread, in the midst of whatever that does: it must be short and wait for no
    lock. `settled` may put that off: it waits at most the given seconds until there is something to do.
    """

    def __init__(self, before_end: Callable[[], None], settled: Callable[[float], bool], patience: float) -> None:
        self._before_end = before_end
        self._settled = settled
        self._patience = patience
        self._earlier: dict[int, Any] = {}
        # The number of the last one; 0 is none.
        self._received = 0
        self._was_put_off = False

    def watch(self) -> None:
        """Take the signals over. In a thread, where Python doesn't allow that, nothing happens."""
        if self._earlier or threading.current_thread() is not threading.main_thread():
            return
        for number in SIGNALS:
            earlier = signal.getsignal(number)
            # Under nohup and the like a signal is ignored, and stays so.
            if earlier not in (signal.SIG_IGN, None):
                self._earlier[number] = earlier
                signal.signal(number, self._handle)

    def release(self) -> None:
        """Give the signals back."""
        if threading.current_thread() is not threading.main_thread():
            return
        for number, earlier in self._earlier.items():
            if signal.getsignal(number) == self._handle:
                signal.signal(number, earlier)
        self._earlier = {}

    def _handle(self, number: int, frame: FrameType | None) -> None:
        # Ansible sends SIGTERM after SIGINT, and users press Ctrl-C twice. What is under way is short.
        is_first, self._received = not self._received, number
        if not is_first:
            return
        if self._was_put_off or self._settled(0):
            self._end(frame)
        else:
            self._was_put_off = True
            threading.Thread(target=self._end_later, args=(threading.get_ident(),), daemon=True).start()

    def _end_later(self, main_thread: int) -> None:
        leave_signals_to_main_thread()
        self._settled(self._patience)
        number, self._received = self._received, 0
        # Sent to the main thread, it interrupts what that waits for.
        signal.pthread_kill(main_thread, number)

    def _end(self, frame: FrameType | None) -> None:
        try:
            self._before_end()
        finally:
            number = self._received
            earlier = self._earlier.get(number, signal.SIG_DFL)
            self.release()
            if callable(earlier):
                earlier(number, frame)
            else:
                signal.signal(number, signal.SIG_DFL)
                os.kill(os.getpid(), number)
