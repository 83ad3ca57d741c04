# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Change the code in one place at a time, by mutmut, and count the changes that no unit test notices.

It runs in a folder with a copy of the collection, and tests/mutants/settings.toml as pyproject.toml: `make mutants`
makes that. mutmut reads the settings as soon as it is imported.
"""

from __future__ import annotations

import argparse
import importlib
import os
import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import redirect_stdout
from fnmatch import fnmatchcase
from hashlib import sha256
from pathlib import Path
from textwrap import indent
from typing import NamedTuple

import yaml
from mutmut.__main__ import create_mutants
from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.mutation.trampoline import set_mutant_under_test
from mutmut.state import state
from mutmut.stats import status_by_exit_code
from mutmut.utils.file_utils import copy_also_copy_files, copy_src_dir, walk_mutatable_files
from mutmut.utils.format_utils import mangled_name_from_mutant_name, orig_function_and_class_names_from_key

ROOT = Path(__file__).resolve().parents[2]
RESULTS = Path(os.environ.get("CHECK_RESULTS") or ROOT / ".cache" / "results")
ACCEPTED = ROOT / "tests" / "mutants" / "accepted.yml"
CODE = Path("ansible_collections", "community", "infisical", "plugins", "module_utils")
# The part of the mutants that tests must notice.
GOAL = 0.9
# Bytes: a mutant that fills the memory fails by itself.
MEMORY = 4 * 2**30


class Mutant(NamedTuple):
    """One change of the code. Its name holds the function's, and a number there."""

    name: str
    file: Path

    @property
    def function(self) -> str:
        """The file below module_utils and the function, such as _engine/plan.py: compare."""
        name, owner = orig_function_and_class_names_from_key(self.name)
        return f"{self.file.relative_to(CODE)}: {f'{owner}.' if owner else ''}{name}"

    @property
    def change(self) -> str:
        """What the change takes away and adds, line by line."""
        lines = get_diff_for_mutant(self.name, path=self.file).splitlines()[2:]
        return "\n".join(f"{line[0]} {line[1:].strip()}".rstrip() for line in lines if line[:1] in {"-", "+"})


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--number", type=int, default=1000, help="how many mutants are tried")
    parser.add_argument("--seed", type=int, default=1, help="another seed picks other mutants")
    parser.add_argument("--files", default="*", help="a pattern of files below module_utils, such as '_engine/*'")
    arguments = parser.parse_args()
    accepted = {(row["function"], row["change"].strip()): row["reason"] for row in yaml.safe_load(ACCEPTED.read_text())}

    start = time.monotonic()
    made = make()
    chosen = [mutant for mutant in made if fnmatchcase(str(mutant.file.relative_to(CODE)), arguments.files)]
    # Not by their places among all: a change of one function would pick others everywhere.
    chosen.sort(key=lambda mutant: sha256(f"{arguments.seed} {mutant.name}".encode()).digest())
    sample = chosen[: arguments.number]
    if not sample:
        parser.error(f"no file matches {arguments.files}")
    outcomes = try_out(sample)
    print(
        f"{len(sample)} of {len(chosen)} mutants, seed {arguments.seed}, {(time.monotonic() - start) / 60:.0f} minutes"
    )
    return report(made, outcomes, accepted)


def make() -> list[Mutant]:
    """Write all mutants of the code into this folder, and return them."""
    with Path("made.log").open("w") as log, redirect_stdout(log):
        copy_src_dir()
        copy_also_copy_files()
        create_mutants(os.cpu_count() or 1)
    tables = makers_of_tables()
    names = ((name, file) for file in sorted(walk_mutatable_files()) for name in _outcomes(file).exit_code_by_key)
    return [Mutant(name, file) for name, file in names if mangled_name_from_mutant_name(name) not in tables]


def makers_of_tables() -> set[str]:
    """Return mutmut's names of the functions that are called while modules are imported.

    A mutant of such a function would survive: it starts in a copy of a process that has imported all modules.
    """
    set_mutant_under_test("stats")
    sys.path.insert(0, str(Path("mutants").resolve()))
    for file in sorted((CODE.parent / "modules").glob("*.py")):
        importlib.import_module(".".join(file.with_suffix("").parts))
    return set(state()._stats)


def try_out(sample: list[Mutant]) -> dict[Mutant, str]:
    """Run the tests of each mutant in the sample, and return mutmut's word for what became of it."""
    names = {mutant.name for mutant in sample}
    for file in walk_mutatable_files():
        data = _outcomes(file)
        data.exit_code_by_key = {name: None for name in data.exit_code_by_key if name in names}
        data.save()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    # The program, as mutmut warns of being run as a module.
    with Path("mutmut.log").open("w") as log:
        done = subprocess.run(
            [Path(sys.executable).with_name("mutmut"), "run", *sorted(names)],
            stdout=log,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        sys.exit(f"mutmut failed; all that it said is in {Path('mutmut.log').resolve()}")
    return {
        mutant: status_by_exit_code[_outcomes(mutant.file).exit_code_by_key[mutant.name]] for mutant in sorted(sample)
    }


def report(made: list[Mutant], outcomes: dict[Mutant, str], accepted: dict[tuple[str, str], str]) -> int:
    """Print the score of each file and what to do about the list of accepted mutants. Returns the exit status."""
    killed = {mutant for mutant, outcome in outcomes.items() if outcome in {"killed", "timeout", "segfault"}}
    survived = [mutant for mutant in outcomes if mutant not in killed]
    known = [mutant for mutant in survived if (mutant.function, mutant.change) in accepted]
    unknown = [mutant for mutant in survived if mutant not in known]
    print("\n".join(table(outcomes, killed, known)))

    RESULTS.mkdir(parents=True, exist_ok=True)
    found = RESULTS / "mutants.yml"
    found.write_text(
        "".join(
            f"# {outcomes[mutant]}: {mutant.name}\n- function: '{mutant.function}'\n  change: |\n"
            f"{indent(mutant.change, '    ')}\n  reason:\n"
            for mutant in unknown
        )
    )
    print(f"{len(unknown)} that no test noticed and {ACCEPTED.relative_to(ROOT)} does not list: {found}")
    functions = {function for function, _change in accepted}
    changes = {mutant: (mutant.function, mutant.change) for mutant in made if mutant.function in functions}
    for entry in accepted:
        of_it = [mutant for mutant, change in changes.items() if change == entry]
        if not of_it:
            print("Listed, but there is no such mutant:", *entry, sep="\n")
        elif killed.intersection(of_it):
            print("Listed, but killed:", *entry, sep="\n")
    return 0 if len(killed) / len(outcomes) >= GOAL else 1


def table(outcomes: dict[Mutant, str], killed: set[Mutant], known: list[Mutant]) -> Iterator[str]:
    """Return the lines of a table in Markdown: what became of the mutants of each file, and of all."""
    counts = {
        file: Counter(_column(mutant, killed, known) for mutant in outcomes if mutant.file == file)
        for file in sorted({mutant.file for mutant in outcomes})
    }
    yield "| file | mutants | killed | survived | of these listed | score |"
    yield "| --- | --: | --: | --: | --: | --: |"
    rows = {str(file.relative_to(CODE)): count for file, count in counts.items()}
    for name, count in {**rows, "all": sum(counts.values(), Counter())}.items():
        total, dead, listed = count.total(), count["killed"], count["listed"]
        yield f"| {name} | {total} | {dead} | {total - dead} | {listed} | {100 * dead / total:.0f} % |"


def _column(mutant: Mutant, killed: set[Mutant], known: list[Mutant]) -> str:
    if mutant in killed:
        return "killed"
    return "listed" if mutant in known else "new"


def _outcomes(file: Path) -> SourceFileMutationData:
    data = SourceFileMutationData(path=file)
    data.load()
    return data


if __name__ == "__main__":
    sys.exit(main())
