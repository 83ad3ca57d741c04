# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Show a checkout, whatever its folder is called, to Ansible as ``ansible_collections/community/infisical``.

The tree holds links, so an edit needs no rebuild. They go to the checkout's top-level entries, present or yet to come:
a link to the checkout itself would lead back into the tree below it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
from pathlib import Path

ENTRIES = (
    *("CHANGELOG.md", "COPYING", "LICENSES", "README.md", "galaxy.yml", "requirements.txt"),
    *("changelogs", "docs", "extensions", "meta", "playbooks", "plugins", "roles"),
)
# Of the tests only what ansible-test knows is released, as galaxy.yml says.
RELEASED_TESTS = ("tests/config.yml", "tests/integration", "tests/sanity", "tests/unit")


def build(root: Path, target: Path) -> Path:
    """Make or refresh the tree of links in ``target`` and return the path for ANSIBLE_COLLECTIONS_PATH."""
    collection = _folder(target)
    for entry in (*ENTRIES, "tests"):
        source, link = root.resolve() / entry, collection / entry
        if not link.is_symlink() or link.readlink() != source:
            # Renaming a finished link over an old one leaves no gap for a process that is reading the tree.
            new = link.with_name(f".{entry}.{os.getpid()}")
            new.symlink_to(source)
            new.replace(link)
    return target.resolve()


def build_copy(root: Path, target: Path) -> Path:
    """Copy what is released to an empty ``target``, for tools that resolve links or write beside what they read."""
    collection = _folder(target)
    ignore = shutil.ignore_patterns("__pycache__", ".*_cache")
    for source in (root / entry for entry in (*ENTRIES, *RELEASED_TESTS)):
        if source.is_dir():
            shutil.copytree(source, collection / source.relative_to(root), ignore=ignore)
        elif source.exists():
            (collection / source.relative_to(root)).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, collection / source.relative_to(root))
    return target.resolve()


def tracked(root: Path) -> list[str]:
    """Return the names of the files that git tracks or would, in order."""
    command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\0")
    return sorted(name for name in listed if name and (root / name).is_file())


def copy_tracked(root: Path, target: Path) -> None:
    """Copy to ``target`` what git tracks or would, which is what a release is built from."""
    for name in tracked(root):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(root / name, target / name)


def _folder(target: Path) -> Path:
    folder = target.resolve() / "ansible_collections" / "community" / "infisical"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def main() -> None:
    root = Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("target", type=Path, nargs="?", default=root / ".cache" / "collections")
    arguments = parser.parse_args()
    print(build(root, arguments.target))


if __name__ == "__main__":
    main()
