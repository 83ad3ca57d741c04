# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The migration by its playbook: what only runs of Ansible show. What each phase decides is tested with the module."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from simulator import Simulator

from .harness import AWS_KEY, AWS_SECRET, REGION, Aws, Player, Run

MIGRATE = "community.infisical.migrate"
GITHUB_TOKEN, JOURNAL_KEY = "canary-github-token", "canary-journal-key"
KEYS = {"access_key_id": AWS_KEY, "secret_access_key": AWS_SECRET}
AWS_MAIN = {"name": "aws-main", "method": "access-key", "credentials": KEYS}
GITHUB_MAIN = {"name": "github-main", "method": "pat", "credentials": {"personal_access_token": GITHUB_TOKEN}}
CONNECTIONS = [
    {"service": "aws-secret-manager", **AWS_MAIN},
    {"service": "aws-parameter-store", **AWS_MAIN},
    {"service": "github", **GITHUB_MAIN},
]
TASK = "Run the phase "


class Migration:
    """A project with native integrations on a server that makes no new ones, and an AWS that they have written to."""

    def __init__(self, sim: Simulator, aws: Aws, play: Player) -> None:
        self.sim, self.aws, self.play = sim, aws, play
        play.canaries |= {GITHUB_TOKEN, JOURNAL_KEY, "theirs-value"}
        self.journal = play.folder / "infisical-migration.journal"
        self.reports = play.folder / "infisical-migration-report"
        self.natives: dict[str, str] = {}
        self.manager, self.ssm = aws.client("secretsmanager"), aws.client("ssm")

    def add(self, name: str, auth_id: str, **fields: Any) -> None:
        fields = {"secretPath": "/app", "region": REGION, **fields}
        self.natives[name] = self.sim.add_integration(auth_id, "dev", **fields)["id"]

    def auth(self, service: str, project_id: str = "") -> str:
        keys = {"accessId": AWS_KEY, "accessToken": AWS_SECRET}
        return self.sim.add_auth(project_id or self.sim.project_id, service, **keys)["id"]

    def seed(self) -> None:
        manager, parameters, github, codefresh = (
            self.auth(service) for service in ("aws-secret-manager", "aws-parameter-store", "github", "codefresh")
        )
        one = {"mappingBehavior": "one-to-one", "secretPrefix": "APP_"}
        self.add("many", manager, app="my-app/dev")
        self.add("one", manager, metadata=one)
        self.add("parameters", parameters, path="/my-app/")
        self.add("github", github, app="repo", owner="owner", scope="github-repo", region=None)
        self.add("codefresh", codefresh, app="pipeline", appId="1", region=None)
        # Has them write what is in the folder.
        self.sim.set_secret(self.sim.project_id, "dev", "/app", "API_KEY", "api-value")
        self.sim.wait_idle()
        self.add("inactive", manager, app="never-written", isActive=False)
        self.manager.create_secret(Name="theirs", SecretString="theirs-value")
        self.ssm.put_parameter(Name="/theirs/KEY", Value="theirs-value", Type="SecureString")

    def content(self) -> dict[str, Any]:
        """Return all that is in AWS."""
        found = self.ssm.get_parameters_by_path(Path="/", Recursive=True, WithDecryption=True)
        names = [secret["Name"] for secret in self.manager.list_secrets()["SecretList"]]
        secrets = {name: self.manager.get_secret_value(SecretId=name)["SecretString"] for name in names}
        parsed = {name: json.loads(text) if text.startswith("{") else text for name, text in secrets.items()}
        return parsed | {one["Name"]: one["Value"] for one in found["Parameters"]}

    @contextlib.contextmanager
    def unchanging(self) -> Iterator[None]:
        """See that what is in AWS stays as it is, at every moment."""
        before, others, ended = self.content(), [], threading.Event()

        def watch() -> None:
            while not ended.wait(1.0):
                now = self.content()
                if now != before:
                    others.append(now)

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            yield
        finally:
            ended.set()
            watcher.join()
        self.sim.wait_idle()
        assert [*others, self.content()] == [before]

    def state(self) -> list[Any]:
        """Return what the server holds, without what a sync that writes nothing new leaves behind."""
        auths, natives = self.play.objects()
        own = {"updatedAt", "lastUsed", "lastSyncJobId", "lastSyncedAt", "syncStatus", "isSynced", "syncMessage"}
        project = self.sim.project_id
        rows = [*auths, *natives, *self.sim.connections(project), *self.sim.syncs(project)]
        return [{key: value for key, value in row.items() if key not in own} for row in rows]

    def active(self) -> dict[str, bool]:
        """Return which native integrations are there, by their names here, and whether they are active."""
        there = {one["id"]: one["isActive"] for one in self.play.objects()[1]}
        return {name: there[native] for name, native in self.natives.items() if native in there}

    def __call__(self, *phases: str, check: bool = False, variables: dict | None = None, **options: Any) -> Run:
        """Run these phases, or what the playbook runs by itself."""
        given = {"app_connections": CONNECTIONS, "journal_key": JOURNAL_KEY, **(variables or {})}
        if phases:
            given["phases"] = list(phases)
        env = {"AWS_ENDPOINT_URL": self.aws.url, "ANSIBLE_PIPELINING": "1", **options.pop("env", {})}
        return self.play(MIGRATE, *(["--check"] if check else []), variables=given, env=env, **options)

    def killed(self, phases: str, method: str, beginning: str, number: int) -> None:
        """Run phases, and kill all processes of the run before its n-th such request is answered, which is done."""
        log = self.play.folder / "killed.log"
        given = {"app_connections": CONNECTIONS, "journal_key": JOURNAL_KEY, "phases": phases}
        given.update(project_id=self.sim.project_id, concurrency=1)
        env = self.play._environment(login=True) | {"AWS_ENDPOINT_URL": self.aws.url, "TASK_RESULTS": os.devnull}
        reached: list[str] = []

        def answered(path: str, body: Any) -> Any:
            rows = [one for one in self.sim.requests if one["method"] == method and one["path"].startswith(beginning)]
            # What is being answered is not among the requests yet.
            if len(rows) == number - 1 and path.startswith(beginning) and not reached:
                reached.append(path)
                for process in (run.pid, *descendants(run.pid)):
                    os.kill(process, signal.SIGKILL)
            return body

        self.sim.clear_requests()
        with log.open("w") as output:
            run = subprocess.Popen(
                ["ansible-playbook", MIGRATE, "--extra-vars", json.dumps(given)],
                env=env,
                cwd=self.play.folder,
                stdout=output,
                stderr=output,
            )
            try:
                self.sim.rewrite_answers(answered)
                assert run.wait(timeout=200) == -signal.SIGKILL, log.read_text()
            finally:
                self.sim.rewrite_answers(None)
                run.kill()
        self.sim.wait_idle()
        # As they do by themselves after some time: nobody has ended the login.
        self.sim.revoke_tokens()

    def unwritten(self) -> list[str]:
        """Return the integrations that were active and that neither they nor their syncs write any more."""
        syncs = [one for one in self.sim.syncs(self.sim.project_id) if one["isAutoSyncEnabled"]]
        return [
            name
            for name, native in self.natives.items()
            if name != "inactive"
            and not self.active().get(name)
            and not [one for one in syncs if native in str(one["description"])]
        ]

    def thrice(self, phase: str, **variables: Any) -> dict[str, Any]:
        """Run as a check, for real, and again: the check foretells the changes, and the third run makes none.

        Returns the result of the real run.
        """
        before, journal = self.state(), self.journal.read_text() if self.journal.exists() else ""
        check = self(phase, check=True, variables=variables)
        assert self.state() == before
        assert (self.journal.read_text() if self.journal.exists() else "") == journal
        apply = self(phase, variables=variables)
        after = self.state()
        again = self(phase, variables=variables)
        assert check.changed == apply.changed
        assert again.changed == []
        assert self.state() == after
        assert check.fact("migrate_native_integrations_result")["counts"] == handed(apply)["counts"]
        return handed(apply)


def descendants(process: int) -> list[int]:
    """Return all processes that a process has started, also those that have left its session."""
    parents: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            parents.setdefault(parent, []).append(int(folder.name))
    found = list(parents.get(process, []))
    for one in found:
        found += parents.get(one, [])
    return found


def handed(run: Run) -> dict[str, Any]:
    """Return what the role hands on, once it is seen to hold nothing but counts, paths and switches."""
    found = run.fact("migrate_native_integrations_result")
    assert found.keys() == {"changed", "phase", "failed", "counts", "journal", "report"}
    return found


def stages(run: Run | dict[str, Any]) -> dict[str, int]:
    """Return how many integrations are where."""
    counts = (run if isinstance(run, dict) else handed(run))["counts"]
    return {name: number for name, number in counts.items() if number and name != "integrations"}


@pytest.fixture
def sim(aws: Aws) -> Iterator[Simulator]:
    """A server of today, which makes no native integrations any more."""
    keys = {AWS_KEY: AWS_SECRET}
    with Simulator(aws_endpoint_url=aws.url, aws_credentials=keys, sync_delay=0.02) as simulator:
        yield simulator


@pytest.fixture
def migrate(sim: Simulator, aws: Aws, play: Player) -> Migration:
    migration = Migration(sim, aws, play)
    migration.seed()
    return migration


@pytest.fixture
def bare(sim: Simulator, aws: Aws, play: Player) -> Migration:
    """The same without any native integration."""
    return Migration(sim, aws, play)


def test_from_the_plan_to_the_end(migrate: Migration) -> None:
    with migrate.unchanging():
        plan = migrate()
        assert (plan.changed, stages(plan)) == ([], {"blocked": 1, "planned": 5})
        assert not migrate.journal.exists()
        # In the order of the module, and as a survey gives answers: texts, and blanks for open questions.
        survey = {
            "phases": "verify, create\nconnect",
            "app_connections": yaml.safe_dump(CONNECTIONS),
            "inputs": "",
            "min_age": "",
            "require_compared": " ",
            "project_ids": f"{migrate.sim.project_id}\n",
            "project_id": "",
        }
        created = migrate(variables=survey)
        phases = [(task, changed) for task, changed in created.changes if task.startswith(TASK)]
        assert phases == [(f"{TASK}connect", True), (f"{TASK}create", True), (f"{TASK}verify", False)]
        assert stages(created) == {"blocked": 1, "created": 1, "verified": 4}
        assert handed(created)["changed"]
        cut = migrate("cut_over")
        assert stages(cut) == {"blocked": 1, "created": 1, "cut_over": 4}
        early = migrate("retire", variables={"require_compared": "false"})
        assert stages(early) == {"blocked": 1, "cut_over": 4, "retired": 1}
        retired = migrate("retire", variables={"require_compared": "false", "min_age": "0"})

    assert stages(retired) == {"blocked": 1, "retired": 5}
    assert migrate.active() == {"codefresh": True}
    # In the home folder, as the output says.
    assert Path(handed(retired)["journal"]).samefile(migrate.journal)
    assert Path(handed(retired)["report"][0]).samefile(migrate.reports / "migration.html")
    shown = retired.of("Sum up")["msg"]
    assert shown[0] == "Phase retire: 6 native integrations: 1 blocked, 5 retired."
    assert shown[-2:] == [f"Journal: {handed(retired)['journal']}", f"Report: {handed(retired)['report'][0]}"]
    assert migrate.journal.stat().st_mode & 0o777 == 0o600
    report = json.loads((migrate.reports / "migration.json").read_text())
    assert len(report["integrations"]) == 6
    for path in (migrate.journal, *migrate.reports.iterdir()):
        assert not [canary for canary in migrate.play.canaries if canary in path.read_text()]


@pytest.mark.thorough
def test_each_phase_as_a_check_and_twice(migrate: Migration) -> None:
    sim = migrate.sim
    with migrate.unchanging():
        assert migrate.thrice("connect")["changed"]
        assert stages(migrate.thrice("create")) == {"blocked": 1, "created": 5}
        syncs = sim.syncs(sim.project_id)
        assert all(one["syncOptions"]["disableSecretDeletion"] for one in syncs)
        assert sorted(one["isAutoSyncEnabled"] for one in syncs) == [False, True, True, True, True]
        assert not migrate.thrice("verify")["changed"]
        before = migrate.active()
        assert stages(migrate.thrice("cut_over")) == {"blocked": 1, "created": 1, "cut_over": 4}
        assert migrate.active() == {name: name == "codefresh" for name in before}
        assert migrate.thrice("rollback", confirm_deletions=True)["changed"]
        assert migrate.active() == before
        migrate("create", "verify", "cut_over")
        assert stages(migrate.thrice("retire", min_age=0, require_compared=False)) == {"blocked": 1, "retired": 5}
        assert migrate.active() == {"codefresh": True}

    # By now the sync alone sees to it, and it deletes only once it is told to; one secret with all keys it replaces.
    sim.delete_secret(sim.project_id, "dev", "/app", "DB_PASSWORD")
    sim.wait_idle()
    before_deletion = migrate.content()
    assert before_deletion["my-app/dev"] == {"API_KEY": "api-value"}
    assert "/my-app/DB_PASSWORD" in before_deletion
    unconfirmed = migrate("restore_deletion", rc=2)
    assert "confirm_deletions" in " ".join(unconfirmed.of("Sum up")["msg"])
    assert migrate.content() == before_deletion
    assert migrate.thrice("restore_deletion", confirm_deletions=True)["changed"]
    left = {name: value for name, value in before_deletion.items() if name != "/my-app/DB_PASSWORD"}
    assert migrate.content() == left


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("phases", "method", "beginning"),
    [("create", "POST", "/api/v1/secret-syncs/aws-"), ("cut_over", "PATCH", "/api/v1/integration/")],
    ids=["create", "cut_over"],
)
@pytest.mark.parametrize("number", [2, 4])
def test_run_that_is_killed_is_resumed(
    migrate: Migration, phases: str, method: str, beginning: str, number: int
) -> None:
    with migrate.unchanging():
        migrate(*(["connect"] if phases == "create" else ["connect", "create", "verify"]))
        migrate.killed(phases, method, beginning, number)
        begun = [json.loads(line) for line in migrate.journal.read_text().splitlines()][-1]
        assert begun["event"] == "intent"
        assert migrate.unwritten() == []
        if phases == "create":
            made = [one["destination"] for one in migrate.sim.syncs(migrate.sim.project_id)]
            assert len([one for one in made if one.startswith("aws-")]) == number
        else:
            assert list(migrate.active().values()).count(False) == number + 1
        # Nobody but the journal remembers what was begun.
        plan = migrate("plan")
        assert "someone else" not in plan.output
        assert "fault" not in stages(plan)
        resumed = migrate("create", "verify", "cut_over")
        assert stages(resumed) == {"blocked": 1, "created": 1, "cut_over": 4}
        assert len(migrate.sim.syncs(migrate.sim.project_id)) == 5
        assert migrate.unwritten() == []
        runs = json.loads((migrate.reports / "migration.json").read_text())["journal"]["runs"]
        assert [run["phase"] for run in runs].count(phases) == 2
        # The killed one has no end.
        assert [run for run in runs if run["phase"] == phases and not run.get("counts")]


def test_a_phase_that_fails_ends_the_run_with_the_report(migrate: Migration) -> None:
    migrate.sim.fail_sync("github", "Repository is archived", times=9)
    run = migrate("connect", "create", "verify", rc=2)
    assert [task for task, _changed in run.changes if task.startswith(TASK)] == [f"{TASK}connect", f"{TASK}create"]
    assert run.failure.startswith("Fail if something went wrong: 1 of 6 integrations failed: ")
    assert "Repository is archived" in run.failure
    # Before the sentence: what was done; and nothing of the result but what sums it up.
    assert "Done by this run: 4 created." in run.of("Sum up")["msg"]
    assert "fingerprint" not in run.output
    assert stages(run)["created"] == 5
    assert handed(run)["failed"]
    report = json.loads((migrate.reports / "migration.json").read_text())
    assert report["states"]["fault"] == 1
    assert report["journal"]["runs"][0]["phase"] == "create"


def test_what_is_refused_before_anything_is_done(migrate: Migration) -> None:
    before = migrate.state()
    run = migrate("create", variables={"journal": "", "awx_job_id": 7}, rc=2)
    assert "Specify migrate_native_integrations_journal, a path on a volume of the job" in run.failure
    run = migrate("rollback", "create", rc=2)
    assert run.failure.endswith("Run it alone, or with plan.")
    run = migrate("everything", rc=2)
    assert "value of migrate_native_integrations_phases must be one or more of: plan, connect" in run.failure
    connections = [{"service": "aws-secret-manager", "nam": "aws"}]
    run = migrate("create", variables={"app_connections": connections}, rc=2)
    assert "nam" in run.failure
    # The plan of a job needs no journal, and says that nothing was written.
    plan = migrate(variables={"awx_job_id": 7})
    assert plan.of("Sum up")["msg"][-2:] == ["Journal: none", "Report: none"]
    assert (migrate.state(), migrate.reports.exists(), migrate.journal.exists()) == (before, False, False)


@pytest.mark.thorough
def test_role_with_projects_by_slug_and_a_login_of_its_own(migrate: Migration, tmp_path: Path) -> None:
    login = {"url": migrate.sim.url, "universal_auth_client_id": migrate.sim.admin.client_id}
    login["universal_auth_client_secret"] = migrate.sim.admin.client_secret
    journal, reports = tmp_path / "kept", tmp_path / "reports" / "new"
    play = f"""
- hosts: localhost
  gather_facts: false
  module_defaults:
    group/community.infisical.infisical: {{url: "http://127.0.0.1:9"}}
  roles:
    - role: community.infisical.migrate_native_integrations
      vars:
        migrate_native_integrations_phases: [connect, create]
        migrate_native_integrations_project_slugs: [first-project, other-project]
        migrate_native_integrations_app_connections: {json.dumps(CONNECTIONS)}
        migrate_native_integrations_journal: {journal}
        migrate_native_integrations_journal_key: {JOURNAL_KEY}
        migrate_native_integrations_report_folder: {reports}
        migrate_native_integrations_only: [{migrate.natives["github"]}]
        migrate_native_integrations_connection: {json.dumps(login)}
"""
    run = migrate.play(play, "-vvv", env={"AWS_ENDPOINT_URL": migrate.aws.url}, login=False)
    assert stages(run) == {"blocked": 1, "planned": 4, "created": 1}
    assert (handed(run)["journal"], Path(handed(run)["report"][0]).parent) == (str(journal), reports)


def test_server_text_is_shown_on_one_line_and_never_a_template(bare: Migration) -> None:
    sim = bare.sim
    mark = bare.play.folder / "was-run"
    fake = "\nTASK [nothing is wrong] ***\nok: [localhost]\x1b[2J\u202e"
    hostile = f"{fake}{{{{ lookup('ansible.builtin.pipe', 'touch {mark}') }}}}<script>|`[x](y)"
    unclean = ("\x1b", "\u202e", "\nTASK [nothing is wrong]", "\n  TASK [nothing is wrong]")
    bare.add("asked", bare.auth("bitbucket"), app=hostile, targetEnvironmentId=hostile)
    bare.add("circle", bare.auth("circleci"), app=hostile, owner=hostile, scope=hostile)
    bare.add("path", bare.auth("rundeck"), path=hostile)
    bare.add("github", bare.auth("github"), app=hostile, owner=hostile, scope="github-repo", region=None)
    sim.fail_sync("github", hostile, times=9)
    variables = {"app_connections": [{"service": "github", **GITHUB_MAIN}]}
    runs = [bare("plan", variables=variables), bare("connect", "create", variables=variables, rc=2)]
    (created,) = sim.syncs(sim.project_id)
    runs += [bare("verify", variables=variables, rc=2)]

    assert not mark.exists()
    config = {"scope": "repository", "owner": hostile.strip(), "repo": hostile.strip()}
    assert created["destinationConfig"] == config
    for text in [*(run.output for run in runs), *(path.read_text() for path in bare.reports.iterdir())]:
        assert not [part for part in unclean if part in text]
    assert "TASK [nothing is wrong] ***" in runs[1].text
