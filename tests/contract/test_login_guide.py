# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guide to login methods has each method with what it needs, and every connection option with its variables."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from ansible_collections.community.infisical.plugins.module_utils._http.logins import ENVIRONMENT, METHODS
from ansible_collections.community.infisical.plugins.module_utils._options import connection_options

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "tools"))

import guides  # noqa: E402

PAGE = guides.text("login")
# Read for the sake of those who have them already.
OLDER = {names[1] for option, names in ENVIRONMENT.items() if option.startswith("universal_auth")}


def names(cell: str) -> set[str]:
    return set(re.findall(r"`([A-Za-z_]+)`", cell))


def test_each_method_is_listed_with_what_it_needs() -> None:
    told = {re.match(r"``(\w+)``", method)[1]: names(needs) for method, needs, _what in guides.rows(PAGE)}
    assert told.keys() == METHODS.keys()
    for name, method in METHODS.items():
        # A pod has its token in a file.
        needed = {*method.fields} - ({"jwt"} if method.token_file else set())
        needed |= {"jwt_path"} if "jwt" in needed else set()
        needed |= {"client_cert"} if method.by_certificate else set()
        assert told[name] - {"botocore"} == needed, name


def test_each_option_is_listed_with_its_variables() -> None:
    found = guides.rows(guides.below(PAGE, "Options that all modules share"))
    assert {name for options, *_rest in found for name in names(options)} == set(connection_options())
    for options, variables, *_rest in found:
        read = {variable for name in names(options) for variable in ENVIRONMENT.get(name, ())}
        assert names(variables) == read - OLDER, options
    (methods,) = (cells[2] for cells in found if names(cells[0]) == {"auth_method"})
    assert names(methods) == METHODS.keys()
