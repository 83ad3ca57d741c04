# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ansible-builder makes of the collection, and of the example of an execution environment with it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from .jobs import ROOT

sys.path.insert(0, str(ROOT / "tests" / "tools"))

import guides

BIN = Path(sys.executable).parent
EXAMPLE = ROOT / "examples" / "execution-environment.yml"


def builder(*arguments: str, folder: Path) -> str:
    command = [str(BIN / "ansible-builder"), *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The collection where an image has its collections."""
    target = tmp_path / "ansible_collections" / "community" / "infisical"
    for name in ("meta/execution-environment.yml", "requirements.txt", "galaxy.yml"):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, target / name)
    return tmp_path


def test_the_example_is_accepted(tmp_path: Path) -> None:
    context = ["--context", str(tmp_path / "context"), "--output-filename", "Containerfile"]
    builder("create", "--file", str(EXAMPLE), *context, folder=tmp_path)
    galaxy = yaml.safe_load((tmp_path / "context" / "_build" / "requirements.yml").read_text())
    assert galaxy == {"collections": [{"name": "community.infisical"}]}
    assert "ansible-galaxy collection install" in (tmp_path / "context" / "Containerfile").read_text()


def test_the_guide_shows_the_example() -> None:
    shown = next(text for language, text in guides.blocks(guides.text("execution_environments")) if language == "yaml")
    assert yaml.safe_load(shown) == yaml.safe_load(EXAMPLE.read_text())


def test_what_the_collection_needs_is_found_and_can_be_installed(installed: Path, tmp_path: Path) -> None:
    found = yaml.safe_load(builder("introspect", str(installed), folder=tmp_path))
    assert [line.split("  # ") for line in found["python"]] == [
        ["requests>=2.28.0,<3", "from collection community.infisical"]
    ]
    assert found["system"] == []

    needed = tmp_path / "needed.txt"
    builder("introspect", "--write-pip", str(needed), str(installed), folder=tmp_path)
    assert needed.read_text().startswith("requests")
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--quiet", "--ignore-installed", "-r", str(needed)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
