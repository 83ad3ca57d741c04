# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check the language of what users read: spelling, and words and phrases that have a plainer replacement.

codespell does the words, its own and those in words.txt. Phrases are in PHRASES, since codespell knows none.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from printing import exit_with

ROOT = Path(__file__).resolve().parents[2]
WORDS = ROOT / "tests" / "tools" / "words.txt"
READ = (
    *("README.md", "CONTRIBUTING.md", "SECURITY.md", "Makefile", "galaxy.yml", "meta", ".github", ".gitlab"),
    *("docs", "changelogs/fragments", "examples", "playbooks", "plugins", "roles"),
)
PHRASES = {
    r"hand(s|ed|ing)? back": "return",
    r"(is|are|isn't|aren't|wasn't) there(?! (a|an|any|no|some|more|one|nothing)\b)": "exists, does not exist",
    r"such as it is": "(leave it out)",
    r"the one or the other": "one of them",
    r"takes? it that": "assumes that",
    r"(be|is|are|was|been|as) stated": "specified",
    r"(?<![-:]\s)[Ss]tate (`?[a-z]+_[a-z_]+|\{|it)": "Specify ",
}
# A phrase may go on in the next line, and in a comment.
PATTERNS = {re.compile(r"\b" + phrase.replace(" ", r"[\s#]+") + r"\b"): better for phrase, better in PHRASES.items()}


def main() -> int:
    files = tracked()
    command = [str(Path(sys.executable).with_name("codespell")), "--dictionary=-", f"--dictionary={WORDS}", *files]
    failed = bool(subprocess.run(command, cwd=ROOT, check=False).returncode)
    for name in files:
        for line, phrase, better in phrases((ROOT / name).read_text("utf-8")):
            print(f"{name}:{line}: {phrase} ==> {better}")
            failed = True
    return int(failed)


def tracked() -> list[str]:
    """Return the files that users read, as far as they are text."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *READ]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [name for name in names if (ROOT / name).is_file() and not name.endswith(".svg")]


def phrases(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield the line, the phrase and what to write instead.

    >>> list(phrases("It hands\\nback what is written."))
    [(1, 'hands back', 'return')]
    >>> list(phrases("There is no integration, nor is there any auth."))
    []
    """
    for pattern, better in PATTERNS.items():
        for match in pattern.finditer(text):
            yield text.count("\n", 0, match.start()) + 1, " ".join(match[0].split()), better


if __name__ == "__main__":
    exit_with(main)
