# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/services.md says what the catalogues say, and the documentation site has a page for each service."""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path

from ansible_collections.community.infisical.plugins.module_utils._catalog.apps import APPS
from ansible_collections.community.infisical.plugins.module_utils._catalog.destinations import DESTINATIONS
from ansible_collections.community.infisical.plugins.module_utils._catalog.services import SERVICES
from ansible_collections.community.infisical.plugins.module_utils._migration.counterparts import COUNTERPARTS

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "tools"))

import service_pages  # noqa: E402

TABLE = (ROOT / "docs" / "services.md").read_text("utf-8")


def rows(heading: str) -> list[str]:
    """Return the first cell of each row in the table below a heading."""
    section = TABLE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)


def test_the_table_is_up_to_date() -> None:
    assert service_pages.table() == TABLE, "run: make services-table"


def test_the_table_has_each_service_destination_and_method() -> None:
    further = set(re.findall(r"`([^`]+)`", TABLE.partition("`validate: 'off'` stops")[2].partition("\n## ")[0]))
    assert rows("Native integrations") == sorted(SERVICES)
    assert set(rows("Destinations of secret syncs")) == DESTINATIONS.keys() - further
    assert rows("Apps of connections") == [slug for slug, app in sorted(APPS.items()) for _method in app.methods]


def test_each_service_and_destination_of_the_table_has_a_page() -> None:
    pages = {Path(name) for name in service_pages.pages()}
    assert {page.stem for page in pages if page.parent.name == "services"} == set(SERVICES)
    assert {page.stem for page in pages if page.parent.name == "destinations"} == set(
        rows("Destinations of secret syncs")
    )


def test_pages_are_not_committed() -> None:
    assert [folder for folder in ("services", "destinations") if (ROOT / "docs" / folder).exists()] == []


def test_what_depends_on_metadata_is_said_to() -> None:
    depends = {slug for slug, route in COUNTERPARTS.items() if route.compute and _decides(route.compute)}
    assert depends == service_pages.DELETED.keys()
    for slug, text in service_pages.DELETED.items():
        assert {name.partition(":")[0] for name in re.findall(r"`([^`]+)`", text)} <= set(SERVICES[slug].metadata)


def _decides(compute: object) -> bool:
    return "draft.deletes = " in inspect.getsource(compute)  # type: ignore[arg-type]
