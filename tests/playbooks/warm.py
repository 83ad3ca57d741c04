# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs ansible-playbook in forks of a process that has imported ansible-core already, which is most of a short run.

ansible-core reads its configuration from the environment while it is imported. A process that waits for runs therefore
serves those with its own environment only, and there is one for each environment in use. Only variables that nothing
reads before the fork (FREE) may differ. A run's own folder is reached by a link, whose name is always the same.

As a program this is the process that waits. It reads a line of JSON for each run, and answers with two lines: the
number of the run's process, and its exit code.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import gc
import importlib
import json
import os
import pkgutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

FREE = ("AWS_", "INFISICAL_", "UNIVERSAL_AUTH_", "PYTEST_", "PLAYBOOK_RESULTS", "TASK_RESULTS", "PWD", "OLDPWD")
# How many processes wait at a time; each has 60 MB.
LIMIT = 3
# What nearly every run loads. None of it reads settings but ansible-core's.
MODULES = (
    *("ansible.cli.playbook", "ansible.executor.process.worker", "ansible.executor.task_executor"),
    *("ansible.module_utils.common.arg_spec", "ansible.playbook.role_include", "ansible.playbook.included_file"),
    *("ansible.plugins.doc_fragments", "ansible.plugins.strategy.linear", "multiprocessing.popen_fork"),
    *("multiprocessing.synchronize", "urllib.request", "xml.dom.minidom"),
)
PLUGINS = (
    "action",
    "become",
    "cache",
    "callback",
    "connection",
    "filter",
    "inventory",
    "lookup",
    "shell",
    "test",
    "vars",
)


class Waiting:
    """A process that waits for runs with one environment."""

    def __init__(self, env: Mapping[str, str], link: Path) -> None:
        self.link = link
        command = [sys.executable, "-P", __file__]
        self._process = subprocess.Popen(
            command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self._answer()

    def run(self, order: Mapping[str, Any], cwd: Path, timeout: float) -> int:
        """Let a run happen in the folder, and return its exit code, as `Popen.returncode` is."""
        self.link.unlink()
        self.link.symlink_to(cwd)
        assert self._process.stdin
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        timer = threading.Timer(timeout, os.killpg, (self._answer(), signal.SIGKILL))
        timer.start()
        try:
            return self._answer()
        finally:
            timer.cancel()

    def _answer(self) -> int:
        assert self._process.stdout
        if line := self._process.stdout.readline():
            return int(line)
        raise RuntimeError(self._process.communicate()[1] or "the process that waits for playbooks has ended")

    def end(self) -> None:
        self._process.communicate()


class Warm:
    """Runs ansible-playbook as `subprocess.run` does, one run at a time."""

    def __init__(self) -> None:
        self._waiting: dict[str, Waiting] = {}
        self._folder = tempfile.TemporaryDirectory(prefix="play-")
        self._count = 0
        atexit.register(self.close)

    def run(
        self, command: Sequence[str], *, env: Mapping[str, str], cwd: Path, timeout: float
    ) -> subprocess.CompletedProcess[str]:
        """Run ``ansible-playbook`` with what follows in `command`. Raises TimeoutExpired after so many seconds."""
        waiting = self._waiting_for(env, cwd)
        with tempfile.TemporaryDirectory() as folder:
            shown = [Path(folder, name) for name in ("stdout", "stderr")]
            order = {
                "arguments": command[1:],
                "env": {name: _linked(name, value, cwd, waiting.link) for name, value in env.items()},
                "cwd": str(cwd),
                "shown": [str(path) for path in shown],
            }
            code = waiting.run(order, cwd, timeout)
            texts = [path.read_text() for path in shown]
        if code == -signal.SIGKILL:
            raise subprocess.TimeoutExpired(command, timeout, *texts)
        return subprocess.CompletedProcess(command, code, *texts)

    def close(self) -> None:
        """Let the processes that wait end."""
        while self._waiting:
            self._end_oldest()
        self._folder.cleanup()

    def _waiting_for(self, env: Mapping[str, str], cwd: Path) -> Waiting:
        own = {name: value for name, value in env.items() if not name.startswith(FREE)}
        key = json.dumps([sorted(own.items()), Path(env["ANSIBLE_CONFIG"]).read_text()]).replace(str(cwd), "")
        if key not in self._waiting:
            if len(self._waiting) >= LIMIT:
                self._end_oldest()
            self._count += 1
            link = Path(self._folder.name, str(self._count))
            link.symlink_to(cwd)
            own = {name: _linked(name, value, cwd, link) for name, value in own.items()}
            self._waiting[key] = Waiting(own, link)
        # The one used last goes to the end.
        self._waiting[key] = self._waiting.pop(key)
        return self._waiting[key]

    def _end_oldest(self) -> None:
        self._waiting.pop(next(iter(self._waiting))).end()


def _linked(name: str, value: str, cwd: Path, link: Path) -> str:
    return value if name.startswith(FREE) else value.replace(str(cwd), str(link))


def main() -> None:
    """Import, say so, and fork for each order that comes."""
    orders, answers = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w", buffering=1)
    with Path(os.devnull).open("r+") as null:
        os.dup2(null.fileno(), 0)
        os.dup2(null.fileno(), 1)
    # As for a script in that folder.
    sys.path.insert(0, str(Path(sys.executable).parent))
    load()
    gc.collect()
    gc.freeze()
    print(os.getpid(), file=answers)
    for line in orders:
        pid = os.fork()
        if not pid:
            orders.close()
            answers.close()
            sys.exit(perform(json.loads(line)))
        print(pid, file=answers)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), file=answers)


def load() -> None:
    """Import what runs will need."""
    for name in MODULES:
        importlib.import_module(name)
    for kind in PLUGINS:
        package = importlib.import_module(f"ansible.plugins.{kind}")
        for module in pkgutil.iter_modules(package.__path__):
            # Who imports this one is warned.
            if module.name != "base":
                importlib.import_module(f"{package.__name__}.{module.name}")
    with contextlib.suppress(ImportError):
        importlib.import_module("requests")
    # What ansible-core's own names have become is read when its collection is imported. A run sets up its own finder.
    from ansible.plugins.loader import init_plugin_loader  # noqa: PLC0415 - the tests import this file, too
    from ansible.utils.collection_loader import AnsibleCollectionConfig  # noqa: PLC0415

    init_plugin_loader()
    importlib.import_module("ansible_collections.ansible.builtin")
    AnsibleCollectionConfig.collection_finder._remove()
    compile_collection()


def compile_collection() -> None:
    """Compile the collection's files. Ansible would do so in each run and task anew, which is most of an import."""
    from ansible import constants  # noqa: PLC0415
    from ansible.utils.collection_loader import _collection_finder  # noqa: PLC0415

    compiled = functools.cache(compile)
    _collection_finder.compile = compiled
    for folder in constants.COLLECTIONS_PATHS:
        for path in Path(folder, "ansible_collections", "community", "infisical", "plugins").rglob("*.py"):
            # With the words that Ansible uses, by which the cache finds it.
            compiled(source=path.read_bytes(), filename=str(path), mode="exec", flags=0, dont_inherit=True)


def perform(order: Mapping[str, Any]) -> int | None:
    """Run what the order asks for in this process. Returns what to exit with."""
    from ansible import constants  # noqa: PLC0415
    from ansible.cli.playbook import main as play  # noqa: PLC0415

    os.setsid()
    os.environ.clear()
    os.environ.update(order["env"])
    os.chdir(order["cwd"])
    for number, path in enumerate(order["shown"], 1):
        with Path(path).open("ab") as file:
            os.dup2(file.fileno(), number)
    # The import has made this folder for a process, which removes it when it ends.
    constants.DEFAULT_LOCAL_TMP = constants.config.get_config_value("DEFAULT_LOCAL_TMP")
    sys.argv = [str(Path(sys.executable).with_name("ansible-playbook")), *order["arguments"]]
    return play(sys.argv)


if __name__ == "__main__":
    main()
