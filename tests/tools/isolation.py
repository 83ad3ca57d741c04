# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keep the settings of the machine and of its user away from tests, demos and measurements."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path

HOME = Path(__file__).resolve().parents[2] / ".cache" / "home"

# What programs need to run, and what the checks of this project tell each other.
KEPT = (
    *("PATH", "TERM", "TMPDIR", "USER", "LOGNAME", "CI", "PYENV_ROOT", "VIRTUAL_ENV"),
    *("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "PYTHONHASHSEED"),
    *(
        "PYTEST_*",
        "COVERAGE_*",
        "NOX_*",
        "INFISICAL_CONTRACT_DIR",
        "INFISICAL_IN_PROCESS",
        "INFISICAL_SOAK*",
        "TEST_SERVER_*",
    ),
    *("CHECK_RESULTS", "PLAYBOOK_RESULTS", "TASK_RESULTS", "NO_COLOR", "FORCE_COLOR"),
)
# How the user's machine reaches the package index. Only what installs packages gets to see it.
INSTALLING = (
    *("PIP_*", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "XDG_CONFIG_HOME"),
    *("GIT_CONFIG_GLOBAL", "http_proxy", "https_proxy", "all_proxy", "no_proxy"),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
)


def isolate(*, installing: bool = False) -> None:
    """Replace this process's environment by the isolated one: see `isolated`."""
    environment = isolated(os.environ, Path.home(), installing=installing)
    HOME.mkdir(parents=True, exist_ok=True)
    os.environ.clear()
    os.environ.update(environment)


def isolated(environment: Mapping[str, str], home: Path, *, installing: bool = False) -> dict[str, str]:
    """Return the environment without the user's settings, in one language and with a home folder of the checkout.

    `home` is the user's. With `installing`, pip still finds its index, its cache and its settings.

    >>> given = {"PATH": "/bin", "LC_ALL": "C", "AWS_PROFILE": "mine", "ANSIBLE_CONFIG": "/my.cfg", "PIP_RETRIES": "3"}
    >>> sorted(isolated(given, Path("/nobody")))
    ['HOME', 'LANG', 'PATH']
    >>> sorted(set(isolated(given, Path("/nobody"), installing=True)) - {"HOME", "LANG", "PATH"})
    ['PIP_CACHE_DIR', 'PIP_RETRIES', 'XDG_CONFIG_HOME']
    """
    patterns = (*KEPT, *INSTALLING) if installing else KEPT
    kept = {
        name: value for name, value in environment.items() if any(fnmatchcase(name, pattern) for pattern in patterns)
    }
    if (home / ".pyenv").is_dir():
        kept.setdefault("PYENV_ROOT", str(home / ".pyenv"))
    if installing:
        caches = home / "Library" / "Caches" if sys.platform == "darwin" else home / ".cache"
        kept.setdefault("PIP_CACHE_DIR", str(Path(environment.get("XDG_CACHE_HOME") or caches) / "pip"))
        kept.setdefault("XDG_CONFIG_HOME", str(home / ".config"))
        for name, file in (("GIT_CONFIG_GLOBAL", ".gitconfig"), ("PIP_CONFIG_FILE", ".pip/pip.conf")):
            if (home / file).is_file():
                kept.setdefault(name, str(home / file))
    return {**kept, "HOME": str(HOME), "LANG": "C.UTF-8"}
