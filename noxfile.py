# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The checks of this collection; ``nox --list`` names them.

antsibull-nox.toml sets up the static checks. The sessions here run ansible-core, each at the oldest and the newest
supported version that the machine's Pythons allow.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import antsibull_nox
import nox
from nox.command import CommandFailed

ROOT = Path(__file__).resolve().parent
CACHE = ROOT / ".cache"
RESULTS = CACHE / "results"

sys.path.insert(0, str(ROOT / "tests" / "tools"))

import collection_tree  # noqa: E402
import picture_check  # noqa: E402
import pythons  # noqa: E402

# What is at the top of a release, and of its tests.
RELEASED = {
    *(
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "COPYING",
        "FILES.json",
        "LICENSES",
        "MANIFEST.json",
        "README.md",
        "REUSE.toml",
    ),
    *("SECURITY.md", "changelogs", "docs", "meta", "playbooks", "plugins", "requirements.txt", "roles", "tests"),
}
RELEASED_TESTS = {"config.yml", "unit"}

if not shutil.which("git") or not (ROOT / ".git").exists():
    sys.exit("The checks ask git which files are the project's: run them in a clone, with git installed.")

# The playbook tests that the matrix runs: roles there and back, and playbooks of the collection.
BOUNDED = "test_sync_and_teardown or test_present_and_absent or test_audit"
# Those that go through what the unit tests leave out. Recording that takes each process half of its time.
COVERED = tuple(f"tests/playbooks/test_{name}.py" for name in ("export", "services"))
# What these look at is the same at any ansible-core, so that the oldest leaves them to the newest.
OF_ANY_CORE = tuple(f"tests/playbooks/test_{name}.py" for name in ("documentation", "limits", "scale", "services"))
# Those that take both doors themselves, or none.
DOORS_OF_THEIR_OWN = tuple(f"tests/playbooks/test_{name}.py" for name in ("doors", "leaks", "services"))
# A playbook that waits for a server leaves its processor to another.
WORKERS = f"--numprocesses={(os.cpu_count() or 1) + 1}"
UNIT_TOOLS = ("mock==5.2.0", "pytest==9.2.0", "pytest-mock==3.17.0", "pytest-xdist==3.8.0")
# Seconds for a test where everything runs as ordinary modules, or two sessions at a time.
PATIENCE = "--timeout=900"

path = pythons.search_path()
# antsibull-nox asks for ansible-galaxy in sessions that have none of their own.
os.environ["PATH"] = os.pathsep.join([*path, str(Path(sys.executable).parent)])
cores = pythons.choose(pythons.installed(path))[0]
middle = pythons.middle(pythons.installed(path))
matrix = pythons.matrix(pythons.installed(path))

antsibull_nox.load_antsibull_nox_toml()


def ansible_test(session: nox.Session, *command: str) -> None:
    """Run ansible-test in a copy of the collection, and keep its reports."""
    session.run("python", "tests/tools/bootstrap_pip.py", silent=True)
    # Anywhere below the checkout, ansible-test would ask its git for the files, and find them ignored.
    with tempfile.TemporaryDirectory(prefix="ansible-test-") as folder:
        tree = collection_tree.build_copy(ROOT, Path(folder))
        collection = tree / "ansible_collections" / "community" / "infisical"
        try:
            with session.chdir(collection):
                session.run("ansible-test", *command, *session.posargs, env={"PIP_QUIET": "1"})
        finally:
            RESULTS.mkdir(parents=True, exist_ok=True)
            output = collection / "tests" / "output"
            for number, report in enumerate([*output.glob("junit/*.xml"), *output.glob("coverage/*=coverage*")]):
                prefix, suffix = ("", ".xml") if report.suffix == ".xml" else (".coverage.", "")
                shutil.move(report, RESULTS / f"{prefix}{session.name}-{number}{suffix}")


def pytest(
    session: nox.Session,
    *arguments: str,
    coverage: bool = True,
    env: dict[str, str] | None = None,
    report: str = "",
) -> None:
    """Run pytest, with coverage also of the processes that the tests start: ansible-playbook and the modules.

    A session that does so twice gives the second `report` a name of its own.
    """
    runner = ("coverage", "run", "--module", "pytest") if coverage else ("pytest",)
    collections = collection_tree.build(ROOT, CACHE / "collections")
    RESULTS.mkdir(parents=True, exist_ok=True)
    session.run(
        *runner,
        f"--junit-xml={RESULTS / (report or session.name)}.xml",
        *(session.posargs or arguments),
        env={
            "ANSIBLE_COLLECTIONS_PATH": str(collections),
            "ANSIBLE_HOME": str(CACHE / "ansible"),
            "COVERAGE_FILE": str(RESULTS / f".coverage.{session.name}"),
            **(env or {}),
        },
    )


@contextmanager
def put_off(failures: list[str]) -> Iterator[None]:
    """Let the session go on after a failure: what comes next tells more about it."""
    try:
        yield
    except CommandFailed as failure:
        failures.append(str(failure))


def add_sanity(core: pythons.Core) -> None:
    @nox.session(name=f"sanity-{core.name}", python=core.python, tags=["sanity"])
    def sanity(session: nox.Session) -> None:
        session.install(f"ansible-core=={core.release}")
        ansible_test(session, "sanity")


def add_units(core: pythons.Core) -> None:
    @nox.session(name=f"units-{core.name}", python=core.python, tags=["units"], allow_parallel=False)
    def units(session: nox.Session) -> None:
        session.install(f"ansible-core=={core.release}", *UNIT_TOOLS)
        # Recording coverage doubles the time. ansible-test accepts one version of coverage only, and knows which.
        recorded = ("--coverage",) if core is cores[-1] else ()
        ansible_test(session, "units", *recorded, "--requirements", "--python", core.python)


def add_playbooks(core: pythons.Core) -> None:
    @nox.session(name=f"playbooks-{core.name}", python=core.python, tags=["playbooks"], allow_parallel=False)
    def playbooks(session: nox.Session) -> None:
        """Playbooks at the oldest ansible-core with old servers, at the newest with new ones; the matrix runs all."""
        session.install(f"ansible-core=={core.release}", "-r", "requirements-test.txt")
        if core is not cores[-1]:
            left_out = [f"--ignore={file}" for file in OF_ANY_CORE]
            pytest(session, WORKERS, "tests/playbooks", "--generation=2024", *left_out, coverage=False)
            return
        others = [f"--ignore={file}" for file in COVERED]
        failures: list[str] = []
        with put_off(failures):
            pytest(session, WORKERS, "tests/playbooks", "--generation=2026", *others, coverage=False)
        if not session.posargs:
            with put_off(failures):
                pytest(session, WORKERS, *COVERED, "--generation=2026", report=f"{session.name}-covered")
        if failures:
            session.error(" ".join(failures))


def add_doors(core: pythons.Core) -> None:
    @nox.session(name=f"doors-{core.name}", python=core.python, tags=["doors"], default=False)
    def doors(session: nox.Session) -> None:
        """Run all playbook tests by each of the two doors, and compare what every task returned."""
        session.install(f"ansible-core=={core.release}", "-r", "requirements-test.txt")
        failures: list[str] = []
        folders = {door: CACHE / "doors" / core.name / door for door in ("module", "process")}
        for door, folder in folders.items():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            with put_off(failures):
                pytest(
                    session,
                    *(WORKERS, PATIENCE, "tests/playbooks"),
                    *(f"--ignore={file}" for file in DOORS_OF_THEIR_OWN),
                    coverage=False,
                    env={"INFISICAL_IN_PROCESS": str(door == "process").lower(), "PLAYBOOK_RESULTS": str(folder)},
                )
        session.run("python", "tests/playbooks/doors.py", *map(str, folders.values()))
        if failures:
            session.error(" ".join(failures))


def add_matrix(core: pythons.Core, first: bool, whole: bool) -> None:
    """One ansible-core on one Python.

    Sanity covers all Pythons by itself, so that the first of them is enough. `whole` is for those of which `make test`
    leaves playbook tests out.
    """

    @nox.session(name=f"matrix-{core.name}-{core.python}", python=core.python, tags=["matrix"], default=False)
    def one_of_matrix(session: nox.Session) -> None:
        session.install(f"ansible-core=={core.release}", "-r", "requirements-test.txt", *UNIT_TOOLS)
        if first:
            ansible_test(session, "sanity")
        ansible_test(session, "units", "--requirements", "--python", core.python)
        bounded = () if whole else ("-k", BOUNDED)
        pytest(session, WORKERS, PATIENCE, "tests/playbooks", *bounded, coverage=False)


for each in cores:
    add_sanity(each)
    add_units(each)
    add_playbooks(each)
for each in [*cores, *filter(None, [middle])]:
    add_doors(each)

if middle:

    @nox.session(name=f"playbooks-{middle.name}", python=middle.python, tags=["playbooks"], allow_parallel=False)
    def playbooks_of_the_middle(session: nox.Session) -> None:
        """What depends most on ansible-core, at a version between the oldest and the newest."""
        session.install(f"ansible-core=={middle.release}", "-r", "requirements-test.txt")
        pytest(session, WORKERS, "tests/playbooks/test_doors.py", coverage=False)


for number, each in enumerate(matrix):
    add_matrix(each, not number or matrix[number - 1].name != each.name, whole=number in (0, len(matrix) - 1))


@nox.session(allow_parallel=False)
def contract(session: nox.Session) -> None:
    """Compare the simulated server with what real servers answered."""
    session.install("-r", "requirements-core.txt", "-r", "requirements-test.txt")
    pytest(
        session, WORKERS, "tests/contract", "--doctest-modules", "tests/tools/isolation.py", "tests/tools/pythons.py"
    )


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation site; a warning is an error."""
    session.install("-r", "requirements-core.txt", "-r", "docs/requirements.txt")
    session.run("python", "tests/tools/docs_site.py")


@nox.session(name="demo-picture", default=False)
def demo_picture(session: nox.Session) -> None:
    """Draw the picture of the demo in the README anew."""
    session.install("-r", "requirements-core.txt", "-r", "requirements-test.txt", "rich==15.0.0")
    collection_tree.build(ROOT, CACHE / "collections")
    session.run("python", "tests/tools/demo_picture.py")


@nox.session(allow_parallel=False)
def faults(session: nox.Session) -> None:
    """Modules' cores against a server that fails in every way; INFISICAL_SOAK=1 tries far more."""
    session.install("-r", "requirements-core.txt", "-r", "requirements-test.txt", "-r", "tests/unit/requirements.txt")
    pytest(session, "--numprocesses=auto", "tests/faults", coverage=False)


@nox.session(allow_parallel=False)
def awx(session: nox.Session) -> None:
    """Run the collection where AWX, execution environments and pipelines run it."""
    tools = "tests/awx/requirements.txt"
    session.install("-r", "requirements-core.txt", "-r", "requirements-test.txt", "-r", tools)
    pytest(session, WORKERS, "tests/awx", coverage=False)


@nox.session(name="build-import-check")
def build_import_check(session: nox.Session) -> None:
    """Build the collection as a release is, have Galaxy's importer look at it, and run the demo with it installed."""
    session.install("-r", "requirements-core.txt", "-r", "requirements-test.txt", "galaxy-importer==0.4.44")
    with tempfile.TemporaryDirectory(prefix="build-") as folder:
        checkout, empty = Path(folder, "infisical"), Path(folder, "empty")
        collection_tree.copy_tracked(ROOT, checkout)
        with session.chdir(folder):
            session.run("ansible-galaxy", "collection", "build", str(checkout))
            [archive] = Path(folder).glob("*.tar.gz")
            log = session.run("python", "-m", "galaxy_importer.main", str(archive), silent=True) or ""
            session.run("ansible-galaxy", "collection", "install", str(archive), "-p", str(empty), "--no-deps")
        session.log(log)
        # The importer itself succeeds whatever it finds.
        if re.search("^(ERROR|WARNING)", log, re.MULTILINE):
            session.error("Galaxy's importer is not content.")
        with tarfile.open(archive) as release:
            surplus = {name.partition("/")[0] for name in release.getnames()} - RELEASED
            tests = {name.split("/")[1] for name in release.getnames() if name.startswith("tests/")} - RELEASED_TESTS
        if surplus or tests:
            session.error(f"These should not be released: {', '.join(sorted(surplus | tests))}")
        shown = session.run("python", "tests/demo/run.py", "--collections", str(empty), silent=True) or ""
        session.log(shown)
        if not picture_check.shows((ROOT / "docs" / "images" / "demo.svg").read_text(), shown):
            session.error("docs/images/demo.svg shows something else than the demo prints: run make demo-picture.")


@nox.session
def changelog(session: nox.Session) -> None:
    """Check the changelog's fragments, and that a release makes a changelog of them."""
    session.install("-r", "requirements-core.txt", "antsibull-changelog==0.36.0")
    session.run("antsibull-changelog", "lint")
    with tempfile.TemporaryDirectory(prefix="release-") as folder:
        checkout = Path(folder, "ansible_collections", "community", "infisical")
        collection_tree.copy_tracked(ROOT, checkout)
        with session.chdir(checkout):
            version = "99.0.0"
            env = {"ANSIBLE_COLLECTIONS_PATH": folder}
            session.run("antsibull-changelog", "release", "--version", version, "--date", "2026-01-01", env=env)
        notes = (checkout / "CHANGELOG.md").read_text()
        if "v99" not in notes or "Release Summary" not in notes:
            session.error("A release would come without a summary of what is new.")
