# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.community.infisical.plugins.module_utils._audit.lines import lines, problem_lines
from ansible_collections.community.infisical.plugins.module_utils._audit.reasons import plain_reason
from ansible_collections.community.infisical.tests.unit.plugins.audit_results import company

REASONS = {
    "Access denied.": "Access denied.",
    "two\nlines": "two lines",
    '{"message": "Bad credentials", "url": "https://x"}': "Bad credentials",
    'GitHub said: {"error": {"message": "Not found"}}': "GitHub said: Not found",
    'Request failed {"errors": ["first", "second"]} (400)': "Request failed: first",
    '{"code": 7}': '{"code": 7}',
    "{not json}": "{not json}",
    "<html><head><title>502 Bad&nbsp;Gateway</title></head><body>x</body></html>": "502 Bad Gateway",
    "Failed: <!DOCTYPE html><html><title> 403 </title></html>": "Failed: 403",
    "<div><style>a {b}</style><p>No <b>access</b> &amp; no entry</p><script>x()</script></div>": "No access & no entry",
    "a < b and c > d": "a < b and c > d",
    '{"message": "<b>No</b> entry"}': "No entry",
    "": "",
    "x" * 1000: "x" * 299 + "…",
}


@pytest.mark.parametrize(("given", "shown"), REASONS.items())
def test_reasons_are_one_plain_line(given: str, shown: str) -> None:
    assert plain_reason(given) == shown


def test_three_objects_are_all_shown() -> None:
    result = company(3, projects=1)
    shown = lines(result)
    assert all(any(row["id"] in line for line in shown) for row in result["objects"])
    assert len(shown) <= 8


def test_many_objects_are_summed_up_and_problems_come_first() -> None:
    result = company(300)
    shown = lines(result)
    assert len(shown) <= 60
    assert max(map(len, shown)) <= 200
    first_good = next(number for number, line in enumerate(shown) if line.startswith("NEVER SYNCED"))
    assert all(number < first_good for number, line in enumerate(shown) if line.startswith(("FAILED", "SOURCE GONE")))
    assert set(problem_lines(result)) <= set(shown)
    # Each reason with all that have it is one entry.
    assert len([line for line in shown if line.startswith("FAILED")]) == 4
    assert result["counts"]["problems"] == sum(one["problems"] for one in result["projects"])


@pytest.mark.parametrize(("objects", "projects"), [(3000, 500), (2000, 1)])
def test_the_output_stays_short_however_many_there_are(objects: int, projects: int) -> None:
    assert len(lines(company(objects, projects))) <= 130


def test_nothing_at_all() -> None:
    assert lines(company(0, projects=1)) == ["1 project: nothing.", "No problems."]
