# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reports of a migration and of an audit as a browser shows the pages, and as Markdown is read."""

from __future__ import annotations

import functools
import html
import json
import os
import re
import shutil
import subprocess
from collections import Counter
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.community.infisical.plugins.module_utils._audit import page as audit_page
from ansible_collections.community.infisical.plugins.module_utils._migration.written_report.facts import facts
from ansible_collections.community.infisical.plugins.module_utils._migration.written_report.page import page
from ansible_collections.community.infisical.plugins.module_utils._migration.written_report.texts import as_markdown
from ansible_collections.community.infisical.tests.unit.plugins.audit_results import company as audited
from ansible_collections.community.infisical.tests.unit.plugins.migration_results import company
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

NOW = datetime(2026, 11, 28, 13, 0, tzinfo=timezone.utc)
READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DESKTOP, PHONE = 1280, 390
# A page of 200 integrations, in screens: of 1,000 pixels on a desk, of 844 on a phone.
TALLEST = {DESKTOP: 2 * 1000, PHONE: 5 * 844}
# Without a blank: what a browser can break only where it is told to.
LONG = "a" * 150
MEASURE = """
const ratio = (first, second) => {
  const light = color => {
    const parts = color.match(/[0-9.]+/g).slice(0, 3).map(part => part / 255)
      .map(part => part <= .04045 ? part / 12.92 : ((part + .055) / 1.055) ** 2.4);
    return .2126 * parts[0] + .7152 * parts[1] + .0722 * parts[2] + .05;
  };
  const [one, other] = [light(first), light(second)];
  return one > other ? one / other : other / one;
};
const measure = frame => {
  const page = frame.contentDocument, style = element => frame.contentWindow.getComputedStyle(element);
  const height = page.body.scrollHeight;
  for (const one of page.querySelectorAll("details")) one.open = true;
  const beyond = [], faint = [];
  for (const element of page.body.querySelectorAll("*")) {
    const box = element.getBoundingClientRect();
    if (box.right > frame.clientWidth + .5) beyond.push(element.outerHTML.slice(0, 200));
    if (![...element.childNodes].some(node => node.nodeType === 3 && node.data.trim())) continue;
    let behind = element;
    while (behind.parentElement && style(behind).backgroundColor === "rgba(0, 0, 0, 0)") behind = behind.parentElement;
    if (ratio(style(element).color, style(behind).backgroundColor) < 4.5) faint.push(element.outerHTML.slice(0, 200));
  }
  const small = Math.min(...[...page.querySelectorAll("summary")].map(one => one.getBoundingClientRect().height));
  return {height, beyond, faint, small, wide: page.documentElement.scrollWidth, script: frame.contentWindow.hostile};
};
onload = () => {
  const found = [...document.querySelectorAll("iframe")].map(measure);
  document.body.replaceChildren(document.createElement("pre"));
  document.body.firstChild.textContent = JSON.stringify(found);
};
"""


def measured(folder: Path, *pages: tuple[str, int]) -> list[dict[str, Any]]:
    """Return what a browser measures of pages, each shown in a width of pixels."""
    frames = [
        f'<iframe srcdoc="{html.escape(text)}" style="width:{width}px;height:900px;border:0"></iframe>'
        for text, width in pages
    ]
    file = folder / "frames.html"
    file.write_text(f'<!DOCTYPE html><meta charset="utf-8"><script>{MEASURE}</script>{"".join(frames)}', "utf-8")
    rights = ["--no-sandbox"] if os.geteuid() == 0 else []
    flags = ["--headless=new", "--disable-gpu", "--disable-dev-shm-usage", f"--user-data-dir={folder / 'profile'}"]
    command = [str(BROWSER), *flags, *rights, "--dump-dom", file.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    answer = re.search(r"<pre>(.*)</pre>", done.stdout, re.DOTALL)
    assert answer, done.stdout[-1000:] + done.stderr[-1000:]
    found: list[dict[str, Any]] = json.loads(html.unescape(answer[1]))
    return found


def with_texts(text: str, size: int = 30) -> dict[str, Any]:
    """Return a result in which the texts that a server holds are this one."""
    result = company(size, seed=5)
    for item in result["integrations"]:
        item.update(dict.fromkeys(("project", "environment", "secret_path", "place", "sync_name", "reason"), text))
        item["connection_name"], item["warnings"] = text, [text]
        item["needs"] = [{**need, "text": text, "yaml": f"{need['yaml']} # {text}"} for need in item["needs"]]
    result["would_delete"] = {native: [text] for native in result["would_delete"]}
    result["faults"] = result["unused_inputs"] = [text]
    return result


def audit_with_texts(text: str, size: int = 30) -> Any:
    """Return the result of an audit in which the texts that a server holds are this one."""
    result = audited(size)
    for row in result["objects"]:
        row.update(dict.fromkeys(("name", "project", "environment", "secret_path", "service", "place", "reason"), text))
    for project in result["projects"]:
        project["name"] = text
    result["faults"] = result["notes"] = [text]
    ids = [row["id"] for row in result["objects"][:3]]
    result["conflicts"] = [{"members": ids, "certain": True, "same_source": True, "reason": text}]
    return result


@pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed")
def test_the_page_in_a_browser_on_a_desk_and_on_a_phone(tmp_path: Path) -> None:
    hostile = "<script>parent.hostile = window.hostile = 1</script><img src=x onerror='window.hostile = 1'>"
    large, long = page(facts(company(200), NOW)), page(facts(with_texts(LONG), NOW))
    attack = page(facts(with_texts(hostile), NOW))
    small = page(facts(company(3), NOW))
    audits = [audit_page.page(one, NOW) for one in (audited(300), audit_with_texts(LONG), audit_with_texts(hostile))]
    pages = (large, long, attack, small, *audits)
    shown = [(text, width) for text in pages for width in (DESKTOP, PHONE)]
    found = measured(tmp_path, *shown)
    for (_text, width), seen in zip(shown, found, strict=True):
        assert seen["beyond"] == []
        assert seen["wide"] <= width
        assert seen["faint"] == []
        # Large enough to be hit with a finger (WCAG 2.2, 2.5.8).
        assert seen["small"] >= 24
        assert seen.get("script") is None
    assert found[0]["height"] <= TALLEST[DESKTOP]
    assert found[1]["height"] <= TALLEST[PHONE]
    assert found[8]["height"] <= TALLEST[DESKTOP]
    assert found[9]["height"] <= TALLEST[PHONE]


def kinds(text: str) -> Counter[str]:
    """Return what a reader of Markdown sees in reports whose texts are this one: how often each kind of thing."""
    found: Counter[str] = Counter()
    migration, audit = as_markdown(facts(with_texts(text, size=6), NOW)), audit_with_texts(text, 6)
    for token in (*READER.parse(migration), *READER.parse(audit_page.as_markdown(audit, NOW))):
        found[token.type] += 1
        found.update(child.type for child in token.children or () if child.type != "text")
    return found


@functools.cache
def kinds_of_harmless() -> Counter[str]:
    return kinds("x")


@settings(deadline=None, derandomize=True, database=None, max_examples=40)
@given(st.text(max_size=12))
@example("| a | `b` [c](https://example.com) <b>d</b> *e* _f_ ~~g~~ # h\n- i &amp; ![j](k) \\| https://example.com")
@example("\\")
@example("- ")
@example("1. ")
@example("12) ")
@example("+ ")
def test_no_text_of_the_server_means_anything_in_markdown(text: str) -> None:
    assert kinds(f"{text}x") == kinds_of_harmless()
