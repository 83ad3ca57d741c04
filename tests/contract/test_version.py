# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The version that a server sees is that of the collection: a module can't read galaxy.yml, so it is compared."""

from __future__ import annotations

from pathlib import Path

import yaml
from ansible_collections.community.infisical.plugins.module_utils._http.client import USER_AGENT

GALAXY = yaml.safe_load((Path(__file__).resolve().parents[2] / "galaxy.yml").read_text("utf-8"))


def test_the_user_agent_has_the_version_of_the_collection() -> None:
    release = str(GALAXY["version"]).partition("-")[0]
    product = f"ansible-{GALAXY['namespace']}.{GALAXY['name']}"
    assert f"{product}/{release}" == USER_AGENT
