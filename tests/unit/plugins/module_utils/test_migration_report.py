# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a migration: that it says what the result says, and that no text of the server is more than text."""

from __future__ import annotations

import copy
import csv
import functools
import io
import json
import re
import stat
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timezone
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.community.infisical.plugins.module_utils._errors import InputError
from ansible_collections.community.infisical.plugins.module_utils._migration.written_report import write
from ansible_collections.community.infisical.plugins.module_utils._migration.written_report.facts import facts
from ansible_collections.community.infisical.plugins.module_utils._migration.written_report.page import page
from ansible_collections.community.infisical.plugins.module_utils._migration.written_report.texts import (
    as_csv,
    as_json,
    as_markdown,
)
from ansible_collections.community.infisical.plugins.module_utils._migration.written_report.write import write_report
from ansible_collections.community.infisical.plugins.module_utils._report.files import prepare
from ansible_collections.community.infisical.tests.unit.plugins.migration_results import company
from hypothesis import example, given
from hypothesis import strategies as st

NOW = datetime(2026, 11, 28, 13, 0, tzinfo=timezone.utc)
# What the collection decides by, or makes itself; all other texts come from the server or from the user.
FIXED = {
    *("native_id", "project_id", "integration_auth_id", "service", "destination", "app", "before", "after", "action"),
    *(
        "group",
        "fingerprint",
        "verified_at",
        "cut_over_at",
        "failing_since",
        "result",
        "key",
        "kind",
        "id",
        "at",
        "run",
    ),
    *("phase", "input", "yaml", "members", "deleting"),
}
VOID = {"meta"}


class Page(HTMLParser):
    """What a browser makes of a page: the elements with their attributes, and the text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[Any, ...]] = []
        self.text: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, *attrs))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.text).split())


def changed(value: Any, change: Callable[[str], str], key: str = "") -> Any:
    """Return a result with each text that isn't the collection's own changed."""
    if isinstance(value, dict):
        return {name: changed(inner, change, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [changed(inner, change, key) for inner in value]
    return change(value) if isinstance(value, str) and value and key not in FIXED else value


def items(result: dict[str, Any], **wanted: Any) -> list[dict[str, Any]]:
    return [item for item in result["integrations"] if all(item[name] == value for name, value in wanted.items())]


@pytest.mark.parametrize("size", [0, 3, 113, 300])
def test_the_numbers_are_those_of_the_result(size: int) -> None:
    result = company(size)
    said = facts(result, NOW)
    assert len(said.items) == sum(said.states.values()) == size
    assert sum(sum(counts.values()) for counts in said.table.values()) == size
    assert said.stages == {name: number for name, number in result["counts"].items() if name != "integrations"}
    assert said.states["blocked"] == result["counts"]["blocked"]
    assert said.states["done"] == result["counts"]["retired"]
    moved = result["counts"]["retired"] + result["counts"]["cut_over"]
    assert said.headline.startswith(f"{moved} of {size} native integration")


def test_the_place_does_not_repeat_the_service() -> None:
    result = company(1)
    result["integrations"][0].update(service="aws-parameter-store", place="aws-parameter-store us-east-1 /my-app/")
    head, row = csv.reader(io.StringIO(as_csv(facts(result, NOW)), newline=""))
    assert (row[head.index("service")], row[head.index("place")]) == ("AWS Parameter Store", "us-east-1 /my-app/")


def test_projects_of_one_name_are_not_added_up() -> None:
    result = company(2)
    for item, project_id in zip(result["integrations"], ("p-1", "p-2"), strict=True):
        item.update(project="payments", project_id=project_id, environment="dev")
    assert list(facts(result, NOW).table) == [("payments (p-1)", "dev"), ("payments (p-2)", "dev")]


def test_numbers_that_are_not_whole_are_said_to_be_so_at_the_top() -> None:
    result = company(3)
    caution = "Not everything could be read or done"
    assert caution not in page(facts(result, NOW)) + as_markdown(facts(result, NOW))
    result["faults"] = ["The project old could not be read."]
    assert caution in page(facts(result, NOW))
    assert caution in as_markdown(facts(result, NOW))


def test_an_inactive_one_is_not_said_to_run_on_both() -> None:
    result = company(1)
    result["integrations"][0].update(after="created", is_active=False)
    assert facts(result, NOW).states == {**dict.fromkeys(facts(result, NOW).states, 0), "inactive": 1}


def test_one_that_failed_needs_attention_however_far_it_is() -> None:
    result = company(1)
    result["integrations"][0].update(after="planned", action="failed", reason="The server is gone.")
    said = facts(result, NOW)
    assert said.states["fault"] == 1
    assert said.waves == []
    assert [line.subject for line in said.decisions[0].lines] == ["The server is gone."]


@pytest.mark.parametrize(
    ("day", "says"),
    [
        (
            "2027-08-09T00:00:00+00:00",
            "10 days left: Infisical Cloud switches native integrations off on 19 August 2027.",
        ),
        (
            "2027-08-18T23:59:59+00:00",
            "1 day left: Infisical Cloud switches native integrations off on 19 August 2027.",
        ),
        (
            "2027-08-19T00:00:00+00:00",
            "0 days left: Infisical Cloud switches native integrations off on 19 August 2027.",
        ),
        ("2027-08-20T00:00:00+00:00", "Infisical Cloud switched native integrations off on 19 August 2027, 1 day ago."),
    ],
)
def test_how_many_days_are_left(day: str, says: str) -> None:
    assert facts(company(3), datetime.fromisoformat(day)).deadline == says


def test_what_has_changed_since_the_last_time() -> None:
    result = company(3)
    assert facts(result, NOW).changes == "Last change: 2026-11-16 09:00 UTC, cut over: 1 switched off."
    before = {**result["counts"], "retired": 0, "planned": 9}
    result["journal"]["runs"] = [
        {"run": "a", "phase": "create", "at": "2026-11-20T10:00:00+02:00", "actions": {}, "counts": before},
        {"run": "b", "phase": "plan", "at": "2026-11-21T10:00:00Z", "actions": {}, "counts": result["counts"]},
    ]
    retired, planned = result["counts"]["retired"], result["counts"]["planned"] - 9
    assert facts(result, NOW).changes == f"Since 2026-11-20 08:00 UTC (create): planned {planned}, retired +{retired}."
    result["journal"]["runs"] = []
    assert facts(result, NOW).changes == "The migration has changed nothing yet."


def test_what_several_wait_for_is_one_answer_to_be_pasted() -> None:
    result = company(300)
    waiting = [item for item in items(result, after="blocked") if item["needs"]]
    said = facts(result, NOW).answers
    assert len(said) < 12 < len(waiting)
    assert {item["native_id"] for answer in said for item in answer.members} == {item["native_id"] for item in waiting}
    only = [item["native_id"] for item in waiting if len(item["needs"]) == 1]
    assert sorted(item["native_id"] for answer in said for item in answer.alone) == sorted(only)
    assert [len(answer.alone) for answer in said] == sorted((len(answer.alone) for answer in said), reverse=True)
    for answer in said:
        pasted = yaml.safe_load(answer.yaml)
        if "app_connections" in pasted:
            auths = sorted({item["integration_auth_id"] for item in answer.members})
            assert sorted(entry["integration_auth_id"] for entry in pasted["app_connections"]) == auths
            assert answer.title.endswith(f": {len(auths)} connection{'s' * (len(auths) > 1)}")
        else:
            asked = sorted(entry["integration_id"] for entry in pasted["inputs"])
            assert asked == sorted(item["native_id"] for item in answer.members)


def test_three_that_wait_for_azure() -> None:
    result = company(3)
    need = {
        "input": "connections",
        "text": "Specify credentials.",
        "yaml": "app_connections:\n  - integration_auth_id: a-1",
    }
    for number, item in enumerate(result["integrations"]):
        azure = {"app": "azure-key-vault", "service": "azure-key-vault", "place": f"vault-{number}"}
        where = {"project": "payments", "project_id": "p-1", "environment": "prod", "secret_path": "/"}
        item.update(after="blocked", integration_auth_id="a-1", needs=[need], **azure, **where)
    (answer,) = facts(result, NOW).answers
    assert answer.title == "Azure Key Vault: 1 connection"
    assert answer.yaml == (
        "app_connections:\n  # payments, prod / → Azure Key Vault vault-0 and 2 more\n  - integration_auth_id: a-1"
    )
    shown = Page(page(facts(result, NOW))).words
    assert "Azure Key Vault: 1 connection unblocks 3, in payments prod Specify credentials." in shown


def test_each_kind_of_decision_is_named_with_what_it_concerns() -> None:
    result = company(300)
    gone = {"input": "environment", "text": "The source environment is unknown.", "yaml": "inputs:"}
    items(result, after="blocked")[0]["needs"] = [gone]
    found = {decision.title: decision for decision in facts(result, NOW).decisions}
    assert list(found) == [
        "This run could not read or do everything",
        "Needs attention",
        "Variables that match no integration",
        "Destinations that differ from their first reading",
        "Failing now",
        "Several write to one place",
        "Services with several sets of credentials",
        "Names that a sync can't keep",
        "Sources that are gone",
        "Names that would be deleted",
        "Blocked for other reasons",
        "Destinations that can't be compared",
        "What works differently as a sync",
    ]
    assert found["Needs attention"].size == f"{result['counts']['fault']} integrations"
    # The same sentence stands there once.
    assert len(found["Blocked for other reasons"].lines) == 1
    assert found["Sources that are gone"].size == "1 integration"
    differing = found["Destinations that differ from their first reading"]
    accepted = yaml.safe_load(differing.yaml)
    assert accepted == {"accept_differences": [one["id"] for one in result["differences"]]}
    assert differing.lines[0].names == ["API_KEY (missing)", "APP_API_KEY (new)"]
    deleted = found["Names that would be deleted"].lines
    assert [list(line.names) for line in deleted] == list(result["would_delete"].values())
    failing = [line.text for line in found["Failing now"].lines]
    assert failing == ["since 2026-06-01 00:00 UTC"] * len(
        [one for one in result["integrations"] if one["failing_since"]]
    )
    assert found["Several write to one place"].size.endswith("groups")


def test_a_group_is_shown_in_the_order_in_which_it_is_switched_off() -> None:
    result = company(2)
    for item, path in zip(result["integrations"], ("/a", "/b"), strict=True):
        item.update(after="planned", service="aws-parameter-store", place="/p0/", secret_path=path)
        item.update(project="payments", project_id="p-1", environment="prod")
    first, second = (item["native_id"] for item in result["integrations"])
    group = {"kind": "same", "certain": True, "members": [second, first], "deleting": [second], "reason": "One place."}
    result["groups"] = [{"key": "g-1", **group}]
    (line,) = next(one for one in facts(result, NOW).decisions if one.title == "Several write to one place").lines
    assert line.subject == "AWS Parameter Store /p0/"
    assert line.names == ["payments, prod /b, deletes what isn't its own", "payments, prod /a"]


@pytest.mark.parametrize("size", [3, 113, 300])
def test_waves_have_all_that_can_be_migrated_once_and_part_no_group(size: int) -> None:
    result = company(size, seed=2)
    said = facts(result, NOW)
    wave_of = {item["native_id"]: number for number, wave in enumerate(said.waves) for item in wave.members}
    assert len(wave_of) == sum(len(wave.members) for wave in said.waves)
    stuck = set()
    for group in result["groups"]:
        stages = {
            item["native_id"]: item["after"] for item in result["integrations"] if item["native_id"] in group["members"]
        }
        assert len({wave_of[member] for member in group["members"] if member in wave_of}) <= 1
        if {"blocked", "fault"} & set(stages.values()):
            stuck.update(stages)
    ready = {
        item["native_id"]
        for item in result["integrations"]
        if item["after"] in ("planned", "created", "verified", "rolled_back")
    }
    assert set(wave_of) == ready - stuck
    for wave in said.waves:
        assert yaml.safe_load(wave.yaml) == {"only": [item["native_id"] for item in wave.members]}
        if wave.title.startswith(("Trial", "Other")):
            assert all(item["environment"] != "prod" for item in wave.members)


def test_more_than_a_handful_is_migrated_in_several_waves() -> None:
    result = company(300)
    for item in result["integrations"]:
        item.update(after="planned", environment="production")
    result["groups"] = []
    said = facts(result, NOW).waves
    assert [wave.title for wave in said][:2] == ["Trial", "Production (1 of 6)"]
    assert max(len(wave.members) for wave in said) == 50


HOSTILE = "</td></tr></table><script>alert(1)</script>|`~*_[x](javascript:y)\"' onload=x <!-- -->\n# =cmd|' /C calc'!A0"


@functools.cache
def harmless_elements() -> Counter[tuple[Any, ...]]:
    return Counter(Page(page(facts(changed(company(5, seed=5), lambda old: f"{old}x"), NOW))).elements)


@given(st.text(max_size=12))
@example(HOSTILE)
@example("\u202e\x00\ud800 ]]>&lt;")
def test_no_text_of_the_server_is_markup_of_the_page(text: str) -> None:
    said = facts(changed(company(5, seed=5), lambda old: f"{old}x{text}"), NOW)
    found = Page(page(said))
    assert Counter(found.elements) == harmless_elements()
    assert " ".join(said.items[0]["place"].split()) in found.words


@given(st.text(max_size=12))
@example(HOSTILE)
@example("\r\n\t=1+1")
def test_no_text_of_the_server_ends_its_cell_or_is_a_formula(text: str) -> None:
    result = company(5, seed=5)
    said = facts(changed(result, lambda _old: f"{text}x"), NOW)
    plain = changed(result, lambda _old: "x")
    head, *rows = csv.reader(io.StringIO(as_csv(said).removeprefix("\ufeff"), newline=""))
    assert len(rows) == len(said.items)
    for row, item in zip(rows, said.items, strict=True):
        assert len(row) == len(head)
        assert not any(cell.lstrip().startswith(tuple("=+-@")) for cell in row)
        place = row[head.index("place")]
        assert place in (item["place"], f"'{item['place']}")
    bars = [len(re.findall(r"(?<!\\)(?:\\\\)*\|", line)) for line in as_markdown(said).splitlines() if line[:1] == "|"]
    assert bars == [
        len(re.findall(r"\|", line)) for line in as_markdown(facts(plain, NOW)).splitlines() if line[:1] == "|"
    ]


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\uff1d", "\t=", " @"])
def test_a_cell_that_would_be_a_formula_gets_an_apostrophe(begin: str) -> None:
    result = company(1)
    result["integrations"][0]["place"] = f"{begin}HYPERLINK(1)"
    head, row = csv.reader(io.StringIO(as_csv(facts(result, NOW)), newline=""))
    assert row[head.index("place")] == f"'{begin.strip()}HYPERLINK(1)"


def test_json_has_everything_with_the_items_as_they_are() -> None:
    result = company(113)
    said = json.loads(as_json(facts(result, NOW)))
    assert sorted(said["integrations"], key=str) == sorted(result["integrations"], key=str)
    assert said["days_left"] == 264
    assert said["switch_off"] == "2027-08-19"
    assert said["states"]["blocked"] == len(items(result, after="blocked"))
    assert len(said["decisions"]) == len(facts(result, NOW).decisions)
    assert said["journal"]["runs"] == result["journal"]["runs"][::-1]


def test_markdown_has_each_integration_and_each_answer() -> None:
    said = facts(company(113), NOW)
    text = as_markdown(said)
    for item in said.items:
        assert f"| {item['native_id']} |" in text
    for answer in said.answers:
        assert f"```yaml\n{answer.yaml}\n```" in text


def test_a_long_reason_of_many_stands_there_once() -> None:
    said = facts(company(300), NOW)
    waiting = [item for item in said.items if item["after"] == "blocked"]
    assert len(waiting) > 50
    reasons = {item["reason"] for item in waiting} | {need["text"] for item in waiting for need in item["needs"]}
    shown = Page(page(said)).words
    assert [reason for reason in reasons if shown.count(reason) > 8] == []
    assert shown.count("Waits for: ") == len([item for item in waiting if item["needs"]])


def test_a_fence_is_longer_than_what_it_holds() -> None:
    result = company(1)
    need = {"input": "connections", "text": "x", "yaml": "connections:\n````\n# out?"}
    result["integrations"][0].update(after="blocked", needs=[need])
    text = as_markdown(facts(result, NOW))
    assert text.count("`````") == 2


def test_nothing_to_do_is_said() -> None:
    result = company(0)
    shown = Page(page(facts(result, NOW))).words
    assert "0 of 0 native integrations have moved to secret syncs." in shown
    assert "Nothing is missing." in shown
    assert "Nothing can be migrated now." in as_markdown(facts(result, NOW))


def test_the_page_needs_nothing_but_itself_and_runs_nothing() -> None:
    text = page(facts(company(113), NOW))
    assert "default-src 'none'" in text
    elements = Page(text).elements
    assert not {"script", "link", "img", "iframe", "a"} & {element[0] for element in elements}
    assert not [name for element in elements for name, _value in element[1:] if name in ("src", "href")]


def test_a_result_is_left_as_it_is() -> None:
    result = company(30)
    before = copy.deepcopy(result)
    facts(result, NOW)
    assert result == before


def test_files_for_the_user_and_the_group(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "report"
    prepare(str(folder))
    assert list(folder.iterdir()) == []
    paths = write_report(str(folder), company(3), NOW)
    assert sorted(paths) == sorted(map(str, folder.iterdir()))
    assert {path.suffix for path in folder.iterdir()} == {".html", ".md", ".json", ".csv"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o640}
    assert not stat.S_IMODE(folder.stat().st_mode) & 0o007
    assert (folder / "migration.html").read_text("utf-8") == page(facts(company(3), NOW))
    assert (folder / "migration.csv").read_bytes().decode() == as_csv(facts(company(3), NOW))


def test_a_report_that_fails_leaves_the_last_one_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_report(str(tmp_path), company(3), NOW)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def full(_facts: Any) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setitem(write.WRITERS, "migration.csv", full)
    with pytest.raises(InputError, match=r"can't be written to .*: No space left on device. Specify a report_folder"):
        write_report(str(tmp_path), company(30), NOW)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "report").write_text("")
    with pytest.raises(InputError, match=r"The report can't be written to .*/report: File exists"):
        prepare(str(tmp_path / "report"))


def test_a_link_is_replaced_and_what_it_leads_to_stays(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("theirs")
    folder = tmp_path / "report"
    folder.mkdir()
    (folder / "migration.md").symlink_to(tmp_path / "other")
    write_report(str(folder), company(3), NOW)
    assert (tmp_path / "other").read_text() == "theirs"
    assert not (folder / "migration.md").is_symlink()
