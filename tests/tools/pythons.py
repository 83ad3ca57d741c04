# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the machine's Pythons and pair them with the supported versions of ansible-core."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

# Release, and the Pythons that its controller supports and this collection does too.
SUPPORTED = {
    "2.16.19": ("3.11", "3.12"),
    "2.17.14": ("3.11", "3.12"),
    "2.18.19": ("3.11", "3.12", "3.13"),
    "2.19.14": ("3.11", "3.12", "3.13"),
    "2.20.10": ("3.12", "3.13", "3.14"),
    "2.21.5": ("3.12", "3.13", "3.14"),
}
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
# What modules run on, too, with the oldest ansible-core. Some of the tools of the other tests don't.
OLDEST = "3.10"
# Those that a matrix covers; 3.14 has its turn where it is the newest that a machine has.
MATRIX = PYTHONS[:3]


@dataclass(frozen=True)
class Core:
    """A release of ansible-core and the Python to run it on."""

    release: str
    python: str

    @property
    def name(self) -> str:
        return self.release.rpartition(".")[0]


def search_path() -> list[str]:
    """PATH with pyenv's versions in it, and without the folders where a Python is only a shim that may lead nowhere.

    ansible-test runs every Python that it can see, and stops at one that does not start.
    """
    versions = [str(folder) for version in PYTHONS for folder in sorted(_pyenv().glob(f"versions/{version}.*/bin"))]
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return list(dict.fromkeys(folder for folder in [*folders, *versions] if all(map(_runs, _pythons_in(folder)))))


def oldest(path: list[str]) -> str | None:
    """The program of the oldest Python, on ``path`` or among pyenv's."""
    folders = [*path, *map(str, sorted(_pyenv().glob(f"versions/{OLDEST}.*/bin")))]
    return shutil.which(f"python{OLDEST}", path=os.pathsep.join(folders))


def installed(path: list[str]) -> set[str]:
    """The versions of Python that ``path`` has."""
    return {version for version in PYTHONS if shutil.which(f"python{version}", path=os.pathsep.join(path))}


def choose(pythons: set[str]) -> tuple[list[Core], list[str]]:
    """The oldest release on the oldest Python and the newest on the newest, and what of that can't run here.

    >>> choose({"3.11", "3.13"})
    ([Core(release='2.16.19', python='3.11'), Core(release='2.21.5', python='3.13')], [])
    >>> choose({"3.13"})[1]
    ['ansible-core 2.16 (needs Python 3.11 or 3.12)']
    """
    releases = list(SUPPORTED)
    runnable = [release for release in releases if pythons & set(SUPPORTED[release])]
    missing = [
        f"ansible-core {release.rpartition('.')[0]} (needs Python {' or '.join(SUPPORTED[release])})"
        for release in (releases[0], releases[-1])
        if release not in runnable
    ]
    if not runnable:
        return [], missing
    oldest, newest = runnable[0], runnable[-1]
    cores = [
        Core(oldest, min(pythons & set(SUPPORTED[oldest]), key=PYTHONS.index)),
        Core(newest, max(pythons & set(SUPPORTED[newest]), key=PYTHONS.index)),
    ]
    return list(dict.fromkeys(cores)), missing


def middle(pythons: set[str]) -> Core | None:
    """A release between the two of ``choose``, on the newest Python that it has here.

    >>> middle({"3.11", "3.13"})
    Core(release='2.19.14', python='3.13')
    """
    runnable = [release for release in SUPPORTED if pythons & set(SUPPORTED[release])]
    if len(runnable) < 3:
        return None
    release = runnable[len(runnable) // 2]
    return Core(release, max(pythons & set(SUPPORTED[release]), key=PYTHONS.index))


def matrix(pythons: set[str]) -> list[Core]:
    """Each release on each Python that it supports and that is there, as far as the matrix goes.

    >>> [(core.name, core.python) for core in matrix({"3.11", "3.13", "3.14"})]
    ... # doctest: +NORMALIZE_WHITESPACE
    [('2.16', '3.11'), ('2.17', '3.11'), ('2.18', '3.11'), ('2.18', '3.13'), ('2.19', '3.11'), ('2.19', '3.13'),
     ('2.20', '3.13'), ('2.21', '3.13')]
    """
    return [
        Core(release, python)
        for release, supported in SUPPORTED.items()
        for python in supported
        if python in pythons and python in MATRIX
    ]


def _pyenv() -> Path:
    return Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")


def _pythons_in(folder: str) -> list[str]:
    names = [f"python{version}" for version in (OLDEST, *PYTHONS)]
    return [found for name in names if (found := shutil.which(name, path=folder or os.devnull))]


def _runs(python: str) -> bool:
    return not subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode
