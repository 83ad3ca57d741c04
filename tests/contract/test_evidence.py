# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the documentation says of the evidence is what the catalogue and the recordings say."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from ansible_collections.community.infisical.plugins.module_utils._catalog.destinations import DESTINATIONS

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "tools"))

import guides  # noqa: E402

TABLE = guides.rows(guides.below(guides.text("compatibility"), "Evidence"))
RECORDINGS = ROOT / "tests" / "contract" / "recordings"


def row(start: str) -> str:
    [cells] = [cells for cells in TABLE if cells[0].startswith(start)]
    return " | ".join(cells)


def test_destinations_that_were_not_read_in_sources_are_named() -> None:
    unproved = {slug for slug, entry in DESTINATIONS.items() if not entry.verified}
    known = {slug for slug in unproved if DESTINATIONS[slug].fields or DESTINATIONS[slug].scopes}
    assert set(re.findall(r"`([a-z-]+)`", row("destinations: ``cloudflare"))) == known
    assert set(re.findall(r"`([a-z-]+)`", row("destinations: ``keeper"))) == unproved - known
    # Those of AWS and GitHub have rows of their own, and what came later, such as from the document of a server.
    own = {slug for cells in TABLE for slug in re.findall(r"`([a-z0-9-]+)`", cells[0]) if slug in DESTINATIONS}
    assert f"the {len(DESTINATIONS) - len(unproved | own) - 3} others" in row("destinations: the")


def test_each_recording_is_described_with_its_length() -> None:
    described = dict(re.findall(r"^\| `([\w.-]+)` .* (\d+) \|$", (RECORDINGS / "README.md").read_text(), re.MULTILINE))
    kept = {file.name: str(len(file.read_text("utf-8").splitlines())) for file in RECORDINGS.glob("*.jsonl")}
    assert described == kept
