# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Open every page of the documentation site in Chromium, on a desktop and on a phone, and say what is wrong with it.

Wrong are boxes with errors, text that is wider than the screen, and what axe finds in a page's article (the theme's own
frame around it is not looked at). Two screenshots are kept beside the site.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, sync_playwright
from printing import exit_with

ROOT = Path(__file__).resolve().parents[2]
HTML = ROOT / ".cache" / "docs" / "html"
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SIZES = {"desktop": {"width": 1280, "height": 1000}, "phone": {"width": 390, "height": 844}}
# An error of Sphinx, of a role that it can't resolve, or of the theme.
ERRORS = ".system-message, .problematic, .admonition.error, .furo-toc-error, nav.contents.local"
WIDER = "() => Math.max(document.documentElement.scrollWidth, document.body.scrollWidth) - window.innerWidth"
TEXTS = "all => all.map(one => one.innerText.slice(0, 120))"
# What antsibull-docs' own template does.
OF_THE_TEMPLATE = {"aria-valid-attr"}
# Pages of these folders are made from templates, so that axe looks at the first of each kind only.
ALIKE = ("services", "destinations", "reference")


def main() -> int:
    if not BROWSER:
        print("Skipped: no Chromium is installed (apt-get install chromium).")
        return 0
    pages = sorted(HTML.rglob("*.html"))
    first = set({kind(page): page for page in reversed(pages)}.values())
    rights = ["--no-sandbox"] if os.geteuid() == 0 else []
    found: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=rights)
        for size, viewport in SIZES.items():
            page = browser.new_page(viewport=viewport, reduced_motion="reduce")  # type: ignore[arg-type]
            for file in pages:
                page.goto(file.as_uri())
                thorough = size == "desktop" and file in first
                for fault in faults(page, thorough):
                    found.append(f"{file.relative_to(HTML)} ({size}): {fault}")
                    print(found[-1], flush=True)
            page.goto((HTML / "index.html").as_uri())
            page.screenshot(path=HTML.parent / f"{size}.png")
        browser.close()
    print(f"{len(pages)} pages, each as {' and '.join(SIZES)}: {len(found)} faults")
    return int(bool(found))


def kind(file: Path) -> tuple[str, str]:
    """Return what pages of one template have in common: the folder and, of the reference, what is described."""
    folder = file.parent.name
    return (folder, file.stem.rpartition("_")[2] if folder == "reference" else "" if folder in ALIKE else file.stem)


def faults(page: Page, with_axe: bool) -> Iterator[str]:
    """Yield what is wrong with the page that is open; axe takes longer than all else."""
    for text in page.eval_on_selector_all(ERRORS, TEXTS):
        yield f"shows an error: {text}"
    if (wider := page.evaluate(WIDER)) > 0:
        yield f"is {wider} pixels wider than the screen"
    if with_axe:
        answer: dict[str, Any] = Axe().run(page, context={"include": [["article"]]}).response
        for violation in answer["violations"]:
            if violation["id"] in OF_THE_TEMPLATE:
                continue
            where = "; ".join(str(node["target"][0]) for node in violation["nodes"][:3])
            yield f"{violation['id']}: {violation['help']} ({len(violation['nodes'])} times, as {where})"


if __name__ == "__main__":
    exit_with(main)
