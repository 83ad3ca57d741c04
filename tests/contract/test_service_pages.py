# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages about services say what the catalogues say, and there is one for each."""

from __future__ import annotations

import sys
from pathlib import Path

from ansible_collections.community.infisical.plugins.module_utils._catalog import services as catalog

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "tools"))

import service_pages  # noqa: E402


def test_pages_are_up_to_date() -> None:
    wanted = service_pages.pages()
    stale = [path.name for path, text in wanted.items() if not path.exists() or path.read_text("utf-8") != text]
    stale += [path.name for path in service_pages.leftover(wanted)]
    assert not stale, "run: make service-pages"


def test_each_service_has_a_page() -> None:
    assert {path.stem for path in (ROOT / "docs" / "services").glob("*.md")} == set(catalog.SERVICES)
