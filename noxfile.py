# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The checks of this collection; ``nox --list`` names them.

antsibull-nox.toml sets up the static checks. The sessions here run ansible-core, at the oldest and the newest supported
version that the machine's Pythons allow. Their tags say which command runs them: `test` is for every commit, `rest` for
what `make test-all` has besides. Of either, those tagged `heavy` use all processors and run one after another, in the
order of this file: CI begins no more of them when its time is short, so the most telling come first.

The newest version's environment is .venv, which has the tools of all checks, too. Sessions share the others, one for
each version.

The static checks are antsibull-nox's own sessions. Its other sessions can't replace the ones here (tried with 1.10.0):

- `ansible_test_sanity` and `ansible_test_units` install ansible-core from GitHub and run in Docker.
- `add_ansible_test_session` with `ansible_core_source="pypi"` needs neither. But each session has an environment of its
  own, with nothing but the latest patch release of ansible-core. It copies the whole checkout: the unit tests load
  tests/conftest.py, which a release doesn't have, and fail. Sanity fails where ansible-test can't download its script
  for pip: tests/tools/bootstrap_pip.py must run with the session's Python, which the callbacks don't know.
- `build_import_check` works, but succeeds when Galaxy's importer reports errors, and drops its warnings.
- `ee_check` needs a container engine. tests/awx checks the execution environment without one.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import antsibull_nox
import nox
from nox.command import CommandFailed

ROOT = Path(__file__).resolve().parent
CACHE = ROOT / ".cache"
RESULTS = Path(os.environ.get("CHECK_RESULTS") or CACHE / "results")

sys.path.insert(0, str(ROOT / "tests" / "tools"))

import collection_tree  # noqa: E402
import isolation  # noqa: E402
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
RELEASED_TESTS = {"config.yml", "integration", "unit"}

if not shutil.which("git") or not (ROOT / ".git").exists():
    sys.exit("The checks ask git which files are the project's: run them in a clone, with git installed.")

# The playbook tests that the matrix runs, and `make test` at the oldest ansible-core: roles there and back, and
# playbooks of the collection.
BOUNDED = "test_sync_and_teardown or test_present_and_absent or test_audit"
# Those that go through what the unit tests leave out. Recording that takes each process half of its time.
COVERED = tuple(f"tests/playbooks/test_{name}.py" for name in ("export", "services"))
# What these look at is the same at any ansible-core, so that the oldest leaves them to the newest.
OF_ANY_CORE = tuple(f"tests/playbooks/test_{name}.py" for name in ("documentation", "limits", "scale", "services"))
# Those that take both doors themselves, or none.
DOORS_OF_THEIR_OWN = tuple(f"tests/playbooks/test_{name}.py" for name in ("doors", "leaks", "services"))
# A playbook that waits for a server leaves its processor to another.
WORKERS = f"--numprocesses={(os.cpu_count() or 1) + 1}"
# Seconds for a test where everything runs as ordinary modules, or two sessions at a time.
PATIENCE = "--timeout=900"

isolation.isolate(installing=True)
OWN = Path(sys.executable).parent
path = pythons.search_path()
PROGRAMS = os.pathsep.join([*path, str(OWN)])
# antsibull-nox asks for ansible-galaxy in sessions that have none of their own.
os.environ["PATH"] = PROGRAMS
cores = pythons.choose(pythons.installed(path))[0]
middle = pythons.middle(pythons.installed(path))
matrix = pythons.matrix(pythons.installed(path))

antsibull_nox.load_antsibull_nox_toml()
STATIC = ("lint", "license-check", "extra-checks", "ansible-lint", "docs-check")
# Making an environment for each of these takes longer than the checks.
nox.options.reuse_existing_virtualenvs = True
for name, check in nox.registry.get().items():
    check.tags.extend(["test"] if name in STATIC else [])
    link = ROOT / ".nox" / name
    if not link.exists():
        link.parent.mkdir(exist_ok=True)
        link.symlink_to(OWN.parent)


def enter(core: pythons.Core | None = None) -> None:
    """Let programs come from the environment that has this ansible-core, which is made if need be; or from .venv."""
    folder = OWN
    if core and not (sys.version.startswith(f"{core.python}.") and version("ansible-core") == core.release):
        files = ("-r", "requirements-test.txt", "-r", "tests/unit/requirements.txt")
        folder = environment(f"core-{core.name}-{core.python}", core.python, f"ansible-core=={core.release}", *files)
    os.environ["PATH"] = os.pathsep.join([str(folder), PROGRAMS])


def environment(name: str, python: str, *packages: str) -> Path:
    """Return the folder of an environment's programs; made anew when other `packages` (pip's words) are wanted."""
    folder = ROOT / ".nox" / name
    files = [Path(word).read_text() for word in packages if word.endswith(".txt")]
    wanted, installed = "\n".join([*packages, *files]), folder / "installed"
    with folder.with_name(f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not installed.exists() or installed.read_text() != wanted:
            shutil.rmtree(folder, ignore_errors=True)
            found = pythons.oldest(path) if python == pythons.OLDEST else shutil.which(f"python{python}", path=PROGRAMS)
            interpreter = found or sys.executable
            subprocess.run([sys.executable, "-m", "virtualenv", "--quiet", "-p", interpreter, str(folder)], check=True)
            pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            subprocess.run([*pip, *packages], check=True)
            installed.write_text(wanted)
    return folder / "bin"


def ansible_test(session: nox.Session, *command: str, config: str = "") -> None:
    """Run ansible-test in a copy of the collection, and keep its reports; `config` is that of integration tests."""
    session.run("python", "tests/tools/bootstrap_pip.py", silent=True)
    # Anywhere below the checkout, ansible-test would ask its git for the files, and find them ignored.
    with tempfile.TemporaryDirectory(prefix="ansible-test-") as folder:
        tree = collection_tree.build_copy(ROOT, Path(folder))
        collection = tree / "ansible_collections" / "community" / "infisical"
        if config:
            (collection / "tests" / "integration" / "integration_config.yml").write_text(config)
        try:
            with session.chdir(collection):
                session.run("ansible-test", *command, *session.posargs, env={"PIP_QUIET": "1"})
        finally:
            RESULTS.mkdir(parents=True, exist_ok=True)
            output = collection / "tests" / "output"
            for number, report in enumerate(output.glob("junit/*.xml")):
                shutil.move(report, RESULTS / f"{session.name}-{number}.xml")


def pytest(
    session: nox.Session,
    *arguments: str,
    coverage: bool = False,
    env: dict[str, str] | None = None,
    report: str = "",
) -> None:
    """Run pytest; with coverage, that is also of the processes that the tests start: ansible-playbook and the modules.

    A session that does so several times gives each `report` a name of its own.
    """
    # Absolute, as ansible-playbook runs in tests' own folders. Modules run from an archive below a temporary folder.
    code = f"--include={ROOT}/plugins/*,*/ansible_collections/community/infisical/plugins/*"
    runner = ("coverage", "run", code, "--module", "pytest") if coverage else ("pytest",)
    collection_tree.build(ROOT, CACHE / "collections")
    RESULTS.mkdir(parents=True, exist_ok=True)
    session.run(
        *runner,
        f"--junit-xml={RESULTS / (report or session.name)}.xml",
        *(session.posargs or arguments),
        env={
            "COVERAGE_FILE": str(RESULTS / f".coverage.{report or session.name}"),
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


def tags(core: pythons.Core, *names: str) -> list[str]:
    """Return the tags of a session whose newest ansible-core's answer is wanted for each commit."""
    return [*names, "test" if core is cores[-1] else "rest"]


def add_sanity(core: pythons.Core) -> None:
    @nox.session(name=f"sanity-{core.name}", venv_backend="none", tags=tags(core, "sanity"))
    def sanity(session: nox.Session) -> None:
        enter(core)
        ansible_test(session, "sanity")


def add_units(core: pythons.Core) -> None:
    @nox.session(name=f"units-{core.name}", venv_backend="none", tags=tags(core, "units", "heavy"))
    def units(session: nox.Session) -> None:
        enter(core)
        # ansible-test runs each test in a process of its own, which takes three times as long. Where the oldest Python
        # runs all of them with this ansible-core, a part shows that they run by ansible-test.
        if core is cores[-1]:
            pytest(session, WORKERS, "tests/unit")
        else:
            part = ["tests/unit/plugins/action/", "tests/unit/plugins/filter/"] if pythons.oldest(path) else []
            ansible_test(session, "units", "--python", core.python, *part)


def add_playbooks(core: pythons.Core) -> None:
    """Playbooks at the oldest ansible-core with old servers, at the newest with new ones; the matrix runs all."""
    if core is cores[-1]:

        @nox.session(name=f"playbooks-{core.name}", venv_backend="none", tags=["playbooks", "heavy", "test"])
        def playbooks(session: nox.Session) -> None:
            """Playbooks with servers of today, but for those that take long."""
            enter(core)
            record(session, core, "not thorough")

        return

    @nox.session(name=f"smoke-{core.name}", venv_backend="none", tags=["heavy", "test"])
    def smoke(session: nox.Session) -> None:
        """A few playbooks with old servers."""
        enter(core)
        pytest(session, WORKERS, "tests/playbooks", "--generation=2024", "-k", BOUNDED)

    @nox.session(name=f"playbooks-{core.name}", venv_backend="none", tags=["playbooks", "heavy", "rest"])
    def old_playbooks(session: nox.Session) -> None:
        """The other playbooks with old servers, but for those that are the same at any ansible-core."""
        enter(core)
        left_out = [f"--ignore={file}" for file in OF_ANY_CORE]
        others = f"not ({BOUNDED} or test_run_that_is_killed)"
        pytest(session, WORKERS, "tests/playbooks", "--generation=2024", "-k", others, *left_out)


def state() -> str:
    """Return a digest of all files that git tracks or would: of other ones, what a run returned says nothing."""
    found = hashlib.sha256()
    for name in collection_tree.tracked(ROOT):
        found.update(f"{name}\0".encode() + hashlib.sha256((ROOT / name).read_bytes()).digest())
    return found.hexdigest()


def compare(session: nox.Session, core: pythons.Core, marked: str) -> None:
    """Run playbook tests as modules, and compare what every task returned with what it returned in-process."""
    enter(core)
    failures: list[str] = []
    folders = {door: CACHE / "doors" / core.name / marked / door for door in ("module", "process")}
    kept = folders["process"] / "state"
    # What another session has just run need not be run again.
    if not kept.exists() or kept.read_text() != state():
        with put_off(failures):
            record(session, core, marked, report=f"{session.name}-process")
    shutil.rmtree(folders["module"], ignore_errors=True)
    folders["module"].mkdir()
    with put_off(failures):
        pytest(
            session,
            *(WORKERS, PATIENCE, "tests/playbooks", "--generation=2026", "-m", marked),
            *(f"--ignore={file}" for file in DOORS_OF_THEIR_OWN),
            env={"INFISICAL_IN_PROCESS": "false", "PLAYBOOK_RESULTS": str(folders["module"])},
            report=f"{session.name}-module",
        )
    session.run("python", "tests/playbooks/doors.py", *map(str, folders.values()))
    if failures:
        session.error(" ".join(failures))


def record(session: nox.Session, core: pythons.Core, marked: str, report: str = "") -> None:
    """Run playbook tests as tasks run by default, and keep what they returned for `compare`."""
    folder = CACHE / "doors" / core.name / marked / "process"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    # Before the run: what is edited during it, it may not have seen.
    of = state()
    try:
        selected = ("--generation=2026", "-m", marked)
        pytest(session, WORKERS, "tests/playbooks", *selected, env={"PLAYBOOK_RESULTS": str(folder)}, report=report)
    finally:
        for test in DOORS_OF_THEIR_OWN:
            for run in folder.glob(f"{Path(test).stem.replace('_', '-')}-py-*"):
                run.unlink()
        (folder / "state").write_text(of)


def add_thorough(core: pythons.Core) -> None:
    @nox.session(name=f"thorough-{core.name}", venv_backend="none", tags=["heavy", "rest"])
    def thorough(session: nox.Session) -> None:
        """Playbooks that take long."""
        enter(core)
        record(session, core, "thorough")


def add_doors(core: pythons.Core) -> None:
    newest = core is cores[-1]

    @nox.session(
        name=f"doors-{core.name}",
        venv_backend="none",
        tags=["both-ways", *(["rest", "heavy"] if newest else ["matrix"])],
        default=newest,
    )
    def doors(session: nox.Session) -> None:
        """Compare what tasks return by both doors, but for tests that take long."""
        compare(session, core, "not thorough")

    @nox.session(name=f"doors-thorough-{core.name}", venv_backend="none", tags=["both-ways"], default=False)
    def thorough_doors(session: nox.Session) -> None:
        """Compare what tasks return by both doors in tests that take long."""
        compare(session, core, "thorough")


def add_matrix(core: pythons.Core, first: bool, whole: bool) -> None:
    """One ansible-core on one Python.

    Sanity covers all Pythons by itself, so that the first of them is enough. `whole` is for those of which `make test`
    leaves playbook tests out.
    """

    @nox.session(name=f"matrix-{core.name}-{core.python}", venv_backend="none", tags=["matrix"], default=False)
    def one_of_matrix(session: nox.Session) -> None:
        enter(core)
        if first:
            ansible_test(session, "sanity")
        ansible_test(session, "units", "--python", core.python)
        bounded = () if whole else ("-k", BOUNDED)
        pytest(session, WORKERS, PATIENCE, "tests/playbooks", *bounded)


for each in cores:
    add_sanity(each)
    add_units(each)
    add_playbooks(each)

if middle:

    @nox.session(name=f"playbooks-{middle.name}", venv_backend="none", tags=["playbooks", "heavy", "rest"])
    def playbooks_of_the_middle(session: nox.Session) -> None:
        """What depends most on ansible-core, at a version between the oldest and the newest."""
        enter(middle)
        pytest(session, WORKERS, "tests/playbooks/test_doors.py")


if pythons.oldest(path):

    @nox.session(name=f"units-{pythons.OLDEST}", venv_backend="none", tags=["heavy", "rest"])
    def units_of_the_oldest_python(session: nox.Session) -> None:
        """The unit tests on a Python that the tools of other tests don't support, by pytest alone."""
        tools = ("pytest", "pytest-timeout", "pytest-xdist", "-c", "requirements-test.txt")
        core = f"ansible-core=={next(iter(pythons.SUPPORTED))}"
        wanted = ("-r", "tests/unit/requirements.txt", *tools, core)
        folder = environment(f"units-{pythons.OLDEST}", pythons.OLDEST, *wanted)
        os.environ["PATH"] = os.pathsep.join([str(folder), PROGRAMS])
        pytest(session, "--numprocesses=auto", "tests/unit")


for number, each in enumerate(matrix):
    add_matrix(each, not number or matrix[number - 1].name != each.name, whole=number in (0, len(matrix) - 1))


@nox.session(venv_backend="none", tags=["heavy", "test"])
def contract(session: nox.Session) -> None:
    """Compare the simulated server with what real servers answered, and have modules' laws hold against it."""
    enter()
    tools = (f"tests/tools/{name}.py" for name in ("docs_site", "isolation", "language", "pythons"))
    doctests = ("--doctest-modules", *tools)
    pytest(session, WORKERS, "tests/contract", "tests/laws", *doctests)


@nox.session(venv_backend="none", tags=["heavy", "rest"])
def coverage(session: nox.Session) -> None:
    """Run what goes through all of the code, and record what of it. That takes each process half of its time."""
    enter()
    runs = {
        "units": ["tests/unit"],
        "contract": ["tests/contract", "tests/laws"],
        "playbooks": [*COVERED, "--generation=2026"],
    }
    failures: list[str] = []
    for name, arguments in runs.items():
        with put_off(failures):
            pytest(session, WORKERS, *arguments, coverage=True, report=f"{session.name}-{name}")
    session.run("python", "tests/tools/summary.py", "--coverage", str(RESULTS))
    if failures:
        session.error(" ".join(failures))


@nox.session(venv_backend="none", tags=["rest"])
def docs(session: nox.Session) -> None:
    """Build the documentation site, and look at it in a browser; a warning is an error."""
    enter()
    session.run("python", "tests/tools/docs_site.py")
    session.run("python", "tests/tools/site_check.py")


@nox.session(name="demo-picture", venv_backend="none", default=False)
def demo_picture(session: nox.Session) -> None:
    """Draw the picture of the demo in the README anew."""
    enter()
    collection_tree.build(ROOT, CACHE / "collections")
    session.run("python", "tests/tools/demo_picture.py")


@nox.session(venv_backend="none", tags=["heavy", "rest"])
def faults(session: nox.Session) -> None:
    """Modules' cores against a server that fails in every way; INFISICAL_SOAK=1 tries far more."""
    enter()
    pytest(session, "--numprocesses=auto", "tests/faults")


@nox.session(venv_backend="none", default=False)
def mutants(session: nox.Session) -> None:
    """Change the code in many places, one at a time, and count the changes that no unit test notices."""
    files = (
        "requirements-core.txt",
        "requirements-test.txt",
        "tests/unit/requirements.txt",
        "tests/mutants/requirements.txt",
    )
    wanted = [word for file in files for word in ("-r", file)]
    programs = environment("mutants", f"{sys.version_info.major}.{sys.version_info.minor}", *wanted)
    work = CACHE / "mutants"
    shutil.rmtree(work, ignore_errors=True)
    collection = work / "ansible_collections" / "community" / "infisical"
    collection_tree.copy_tracked(ROOT, collection)
    # pytest would take it for the settings.
    (collection / "pyproject.toml").unlink()
    shutil.copy2(ROOT / "tests" / "mutants" / "settings.toml", work / "pyproject.toml")
    shutil.copy2(ROOT / "tests" / "mutants" / "conftest.py", work)
    with session.chdir(work):
        session.run(str(programs / "python"), str(ROOT / "tests/tools/mutants.py"), *session.posargs, external=True)


@nox.session(venv_backend="none", tags=["heavy", "rest"])
def awx(session: nox.Session) -> None:
    """Run the collection where AWX, execution environments and pipelines run it."""
    enter()
    pytest(session, WORKERS, PATIENCE, "tests/awx")


add_thorough(cores[-1])
for each in [*cores, *filter(None, [middle])]:
    add_doors(each)


@nox.session(name="test-server", venv_backend="none", default=False)
def test_server(session: nox.Session) -> None:
    """Run the playbook tests that need nothing but a server, against the one that the environment names."""
    enter()
    if not os.environ.get("TEST_SERVER_URL"):
        session.error("Specify TEST_SERVER_URL and what else tests/playbooks/README.md lists in the environment.")
    pytest(session, "-rs", "tests/playbooks/test_modules.py", "tests/playbooks/test_secret_syncs.py")


@nox.session(venv_backend="none", tags=["rest"])
def integration(session: nox.Session) -> None:
    """Run the targets of ansible-test against a simulated server of today that still creates native integrations."""
    enter()
    with tempfile.TemporaryDirectory(prefix="simulator-") as folder:
        ready = Path(folder, "ready")
        command = [str(OWN / "python"), "-m", "simulator", "--open", f"--ready-file={ready}"]
        with subprocess.Popen(command, cwd=ROOT / "tests", stdout=subprocess.DEVNULL) as simulator:
            try:
                while not ready.exists() and simulator.poll() is None:
                    time.sleep(0.1)
                served = json.loads(ready.read_text())
                login = {name: served["identities"]["admin"][name] for name in ("client_id", "client_secret")}
                connection = {f"universal_auth_{name}": value for name, value in login.items()}
                config = {
                    "infisical_connection": {"url": served["url"], **connection},
                    "infisical_project_id": served["project_id"],
                    "infisical_aws_access_key_id": "AKIASIMULATED",
                    "infisical_aws_secret_access_key": "simulated-secret-key",
                }
                ansible_test(session, "integration", "--allow-unsupported", config=json.dumps(config))
            finally:
                simulator.terminate()


@nox.session(name="build-import-check", venv_backend="none", tags=["rest"])
def build_import_check(session: nox.Session) -> None:
    """Build the collection as a release is, have Galaxy's importer look at it, and run the demo with it installed."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    importer = environment("importer", python, "-r", "requirements-core.txt", "galaxy-importer==0.4.44")
    os.environ["PATH"] = os.pathsep.join([str(importer), PROGRAMS])
    with tempfile.TemporaryDirectory(prefix="build-") as folder:
        empty = Path(folder, "empty")
        shown = session.run(str(OWN / "python"), "tests/tools/build.py", silent=True, external=True) or ""
        archive = Path(shown.splitlines()[-1])
        with session.chdir(folder):
            # It gives ansible-lint 180 seconds, too few on a busy machine. The session ansible-lint has its profile,
            # and fails on warnings too, but leaves out one rule (see .ansible-lint).
            lint = {"GALAXY_IMPORTER_RUN_ANSIBLE_LINT": "0"}
            log = session.run("python", "-m", "galaxy_importer.main", str(archive), silent=True, env=lint) or ""
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
        enter()
        shown = session.run("python", "tests/demo/run.py", "--collections", str(empty), silent=True) or ""
        session.log(shown)
        if not picture_check.shows((ROOT / "docs" / "images" / "demo.svg").read_text(), shown):
            session.error("docs/images/demo.svg shows something else than the demo prints: run make demo-picture.")


@nox.session(venv_backend="none", tags=["test"])
def generated(session: nox.Session) -> None:
    """Check that the generated parts of the documentation are up to date."""
    enter()
    session.run("python", "tests/tools/generate_docs.py", "--check")


@nox.session(venv_backend="none", tags=["test"])
def language(session: nox.Session) -> None:
    """Check the words of what users read."""
    enter()
    session.run("python", "tests/tools/language.py")


@nox.session(venv_backend="none", tags=["test"])
def changelog(session: nox.Session) -> None:
    """Check the changelog's fragments, and that a release makes a changelog of them."""
    enter()
    session.run("antsibull-changelog", "lint")
    with tempfile.TemporaryDirectory(prefix="release-") as folder:
        checkout = Path(folder, "ansible_collections", "community", "infisical")
        collection_tree.copy_tracked(ROOT, checkout)
        with session.chdir(checkout):
            release = ("antsibull-changelog", "release", "--version", "99.0.0", "--date", "2026-01-01")
            session.run(*release, env={"ANSIBLE_COLLECTIONS_PATH": folder})
        notes = (checkout / "CHANGELOG.md").read_text()
        if "v99" not in notes or "Release Summary" not in notes:
            session.error("A release would come without a summary of what is new.")
