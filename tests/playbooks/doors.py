# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares what the collection's tasks return by its two doors, key by key, whatever differs from run to run aside.

As a program it compares two folders of runs that the harness recorded (PLAYBOOK_RESULTS names the folder).
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

OWN = "community.infisical."
# Each run has its own ids, times and digests of what is at a destination, names that are made of ids, and an order in
# which the server lists them.
VARYING = (
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "<id>"),
    # As a name of a variable has it.
    (re.compile(r"(?<![0-9a-f])[0-9a-f]{8}_[0-9a-f]{4}_[0-9a-f]{4}_[0-9a-f]{4}_[0-9a-f]{12}(?![0-9a-f])"), "<id>"),
    (re.compile(r"pytest_of_[a-z0-9]+_pytest_\d+(_popen_gw\d+)?"), "<folder>"),
    (re.compile(r"[\w/.-]*/play-[a-z0-9_]{8}/\d+"), "<folder of the run>"),
    (re.compile(r"-[0-9a-f]{8}\b"), "-<part of an id>"),
    (re.compile(r"\bChecksum [0-9a-f]{16}\b"), "Checksum <of ids>"),
    (re.compile(r"\b(?:[0-9a-f]{64}|[0-9a-f]{16}|[0-9a-f]{12})\b"), "<digest>"),
    (re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|\+00:00)"), "<time>"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC"), "<minute>"),
    (re.compile(r"(https?://)(127\.0\.0\.1|localhost):\d+"), r"\1<server>"),
    (re.compile(r"\breq-\w+"), "<request>"),
    # Keys that a simulated AWS makes.
    (re.compile(r"\bA[KS]IA[A-Z0-9]{16}\b"), "<key>"),
    (re.compile(r"eyJ[\w.-]+"), "<token>"),
    (re.compile(r"\bitem \d+ \("), "item <place> ("),
)
ITEM = re.compile(r"item <place> \(")
# When the server is done with a sync is a matter of chance, and its hashes are salted.
OF_CHANCE = {
    "credentials_hash",
    *("is_synced", "last_sync_job_id", "last_used", "sync_message"),
    *("sync_status", "last_synced_at", "last_sync_message"),
    *("import_status", "last_imported_at", "last_import_job_id", "last_import_message"),
}
# Ansible's own: a module run with discovery tells the interpreter that was found. Since ansible-core 2.19 a module's
# failure that failed_when waives leaves the words "traceback unavailable". Which item of a loop it was depends on the
# order in which the server lists.
BOOKKEEPING = {"_ansible_parsed", "ansible_facts", "failed_when_suppressed_exception", "item"}


def comparable(rows: list[Mapping[str, Any]], folder: str, **_more: object) -> list[list[Any]]:
    """Return the results of the collection's own tasks in a form that is equal in every run."""
    found = []
    for row in rows:
        if not row["action"].startswith(OWN):
            continue
        values = {key: value for key, value in row["result"].items() if key not in BOOKKEEPING}
        text = json.dumps([row["task"], row["status"], values]).replace(folder, "<folder>")
        for pattern, instead in VARYING:
            text = pattern.sub(instead, text)
        found.append(in_order(json.loads(text)))
    # A loop over what the server listed goes in the list's order, and so do the tasks that are included for each item.
    return sorted(found, key=_text)


def in_order(value: Any) -> Any:
    """Return the value with lists of objects sorted, places in them left out: the server's lists have no order.

    Of a message that names several items of such a list, the words are sorted.
    """
    if isinstance(value, dict):
        known = {key: one for key, one in value.items() if key != "index"}
        return {key: "<any>" if key in OF_CHANCE else in_order(one) for key, one in known.items()}
    if isinstance(value, list):
        members = [in_order(one) for one in value]
        return sorted(members, key=_text) if all(isinstance(one, dict) for one in members) else members
    if isinstance(value, str) and len(ITEM.findall(value)) > 1:
        # It names items in the order of the list that they were made of.
        return sorted(re.findall(r"[^\s,:;]+", value))
    return value


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def differences(where: str, one: Any, other: Any) -> Iterator[str]:
    """Yield where two values differ, so that a failure shows this and not two long results."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(one.keys() | other.keys()):
            yield from differences(f"{where}.{key}", one.get(key, "-"), other.get(key, "-"))
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, pair in enumerate(zip(one, other, strict=True)):
            yield from differences(f"{where}[{index}]", *pair)
    elif one != other:
        yield f"{where}: {one!r} as a module, {other!r} in process"


def compared(module: Mapping[str, Any], process: Mapping[str, Any]) -> list[str]:
    """Return where two records of one run differ: in what tasks return, or in how many warnings are shown."""
    sides = [comparable(**record) for record in (module, process)]
    names = [[row[0] for row in side] for side in sides]
    if names[0] != names[1]:
        return [f"other tasks: {names[0]} as a module, {names[1]} in process"]
    found = [text for one, other in zip(*sides, strict=True) for text in differences(one[0], one[1:], other[1:])]
    return [*found, *differences("warnings", module["warnings"], process["warnings"])]


def main() -> int:
    module, process = (
        {path.name: json.loads(path.read_text()) for path in Path(folder).glob("*.json")} for folder in sys.argv[1:3]
    )
    faults = [f"{name}: run by one door only" for name in module.keys() ^ process.keys()]
    results = 0
    for name in sorted(module.keys() & process.keys()):
        results += len(comparable(**module[name]))
        faults.extend(f"{name}: {text}" for text in compared(module[name], process[name]))
    print("\n".join(sorted(faults)))
    print(f"{len(module.keys() & process.keys())} runs and {results} results compared: {len(faults)} differences")
    return 0 if results and not faults else 1


if __name__ == "__main__":
    sys.exit(main())
