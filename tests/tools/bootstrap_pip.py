# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Let ansible-test bootstrap pip where its own file server can't be reached.

ansible-test fills its environments with a script that it downloads once and keeps. Where that download fails, this puts
a script that does the same in its place, around the same version of pip, taken from the package index in use.

Run it with the Python that has ansible-test. Where ansible-test has its script already, nothing happens.
"""

from __future__ import annotations

import base64
import importlib.util
import os
import re
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

STAND_IN = '''\
"""Installs packages with the pip {version} inside; made where the original of this file could not be downloaded."""
import base64, os, runpy, sys, tempfile

WHEEL = "{wheel}"
UNKNOWN_TO_PIP = ("--no-setuptools", "--no-wheel")

with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "pip.whl")
    with open(path, "wb") as file:
        file.write(base64.b64decode(WHEEL))
    sys.path.insert(0, path)
    # The pip that runs would count as installed already.
    sys.argv[1:] = ["install", "--ignore-installed", *(word for word in sys.argv[1:] if word not in UNKNOWN_TO_PIP)]
    runpy.run_module("pip", run_name="__main__", alter_sys=True)
'''


def main() -> None:
    spec = importlib.util.find_spec("ansible_test")
    if not spec or not spec.submodule_search_locations:
        sys.exit(f"{sys.executable} has no ansible-test")
    ansible_test = Path(spec.submodule_search_locations[0])
    setup = (ansible_test / "_util/target/setup/requirements.py").read_text()
    versions = (ansible_test / "_internal/python_requirements.py").read_text()

    # The first version is the one for current Pythons.
    version = _only(r"pip='([\d.]+)'", versions)
    url = _only(r"url = '(https://[^']+)' % pip_version", setup) % version
    cached = Path(_only(r"expanduser\('([^']+)' % pip_version", setup) % version.replace(".", "_")).expanduser()
    if not cached.exists():
        script = _download(url) or _stand_in(version)
        cached.parent.mkdir(parents=True, exist_ok=True)
        # Sessions that run side by side may each be doing this.
        unfinished = cached.with_suffix(f".{os.getpid()}")
        unfinished.write_bytes(script)
        unfinished.replace(cached)


def _only(pattern: str, text: str) -> str:
    if found := re.search(pattern, text):
        return found[1]
    sys.exit(f"This ansible-test has nothing that looks like {pattern}")


def _download(url: str) -> bytes | None:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - the pattern asked for https
            return answer.read()
    except OSError as error:
        print(f"{url}: {error}; the package index's pip takes its place")
        return None


def _stand_in(version: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        subprocess.run([*download, f"--dest={folder}", f"pip=={version}"], check=True)
        [wheel] = Path(folder).glob("*.whl")
        return STAND_IN.format(version=version, wheel=base64.b64encode(wheel.read_bytes()).decode()).encode()


if __name__ == "__main__":
    main()
