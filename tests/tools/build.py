# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the collection's tarball as a release is, in .cache/dist or a folder that is named, and print its path."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import collection_tree
import links
from printing import exit_with

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    target = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / ".cache" / "dist").resolve()
    version = links.GALAXY["version"]
    with tempfile.TemporaryDirectory(prefix="build-") as folder:
        checkout = Path(folder, "infisical")
        collection_tree.copy_tracked(ROOT, checkout)
        readme = checkout / "README.md"
        readme.write_text(links.released_readme(readme.read_text("utf-8"), version), encoding="utf-8")
        for guide in (checkout / "docs" / "docsite" / "rst").glob("*.rst"):
            guide.write_text(links.guide(guide.read_text("utf-8"), version), encoding="utf-8")
        command = ["ansible-galaxy", "collection", "build", str(checkout), "--force", "--output-path", str(target)]
        subprocess.run(command, check=True, stdout=sys.stderr)
    print(target / f"community-infisical-{version}.tar.gz")


if __name__ == "__main__":
    exit_with(main)
