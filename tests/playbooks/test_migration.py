# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The migration, phase by phase: the destination is as it was at every moment, whatever happens to the run."""

from __future__ import annotations

import contextlib
import html.parser
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from simulator import Simulator

from .harness import AWS_KEY, AWS_SECRET, REGION, Aws, Player, Run

MIGRATE = "community.infisical.migrate"
GITHUB_TOKEN = "canary-github-token"
CONNECTIONS = {
    service: {
        "name": "aws-main",
        "method": "access-key",
        "credentials": {"access_key_id": AWS_KEY, "secret_access_key": AWS_SECRET},
    }
    for service in ("aws-secret-manager", "aws-parameter-store")
} | {
    "github": {"name": "github-main", "method": "pat", "credentials": {"personal_access_token": GITHUB_TOKEN}},
}


PHASES = ("connect", "create", "verify", "cut_over", "retire")
CREATE, SWITCH_OFF, REMOVE = (
    "Create the syncs beside the native integrations",
    "Switch the native integrations off",
    "Remove the native integrations",
)
SWITCH_ON = "Switch on again what no sync takes the place of"


class Migration:
    """A project with native integrations on a server that makes no new ones, and an AWS that they have written to."""

    def __init__(self, sim: Simulator, aws: Aws, play: Player) -> None:
        self.sim, self.aws, self.play = sim, aws, play
        play.canaries |= {GITHUB_TOKEN, "theirs-value"}
        self.reports = play.folder / "infisical-migration"
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

    def syncs(self) -> dict[str, dict]:
        """Return the syncs by the names here of the integrations whose places they take."""
        found = {one["name"].rpartition("-")[2]: one for one in self.sim.syncs(self.sim.project_id)}
        return {name: found[native[:8]] for name, native in self.natives.items() if native[:8] in found}

    def options(self, variables: dict | None = None) -> dict[str, Any]:
        env = {"AWS_ENDPOINT_URL": self.aws.url, "PWD": str(self.play.folder), "ANSIBLE_PIPELINING": "1"}
        return {"variables": {"connections": CONNECTIONS, **(variables or {})}, "env": env}

    def __call__(self, *phases: str, check: bool = False, variables: dict | None = None, **options: Any) -> Run:
        """Run these phases, or those that run by themselves, and then show all, so that no secret may be in it."""
        switches = [*(["--tags", ",".join(phases)] if phases else ["-vvv"]), *(["--check"] if check else [])]
        return self.play(MIGRATE, *switches, **self.options(variables), **options)

    def thrice(self, *phases: str) -> Run:
        """Run as a check, for real, and again: the check foretells the changes, and the third run makes none."""
        before = self.state()
        check = self(*phases, check=True)
        assert self.state() == before
        apply = self(*phases)
        after = self.state()
        again = self(*phases)
        assert check.changed == apply.changed
        assert again.changed == []
        assert self.state() == after
        return apply

    def killed(self, task: str) -> None:
        """Start a run of everything, and kill it when the task begins."""
        options = self.options()
        extra = {"project_id": self.sim.project_id, **options["variables"]}
        command = ["ansible-playbook", MIGRATE, "--skip-tags", "plan", "--extra-vars", json.dumps(extra)]
        env = self.play._environment(login=True) | options["env"] | {"TASK_RESULTS": os.devnull}
        process = subprocess.Popen(
            command, env=env, cwd=self.play.folder, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        assert process.stdout
        seen = next((line for line in process.stdout if f": {task}]" in line), None)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        assert seen
        # Nobody is left to log out.
        for token in self.sim.live_tokens():
            self.sim.expire_token(token)


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


ALL = {"many": True, "one": True, "parameters": True, "github": True, "codefresh": True, "inactive": False}
OURS = [name for name in ALL if name != "codefresh"]


@pytest.mark.thorough
def test_phases_until_the_syncs_work(migrate: Migration) -> None:
    with migrate.unchanging():
        assert migrate("plan").changed == []
        assert migrate.thrice("connect").changed == ["Make the connections"] * 2
        assert migrate.thrice("create").changed == [CREATE]
        verified = migrate("verify")
        assert verified.changed == migrate("verify", check=True).changed == []

    assert migrate.active() == ALL
    syncs = migrate.syncs()
    assert sorted(syncs) == sorted(OURS)
    assert {name: one["isAutoSyncEnabled"] for name, one in syncs.items()} == {name: ALL[name] for name in OURS}
    assert all(one["syncOptions"]["disableSecretDeletion"] for one in syncs.values())
    assert syncs["one"]["syncOptions"]["keySchema"] == "APP_{{secretKey}}"
    result = verified.fact("migrate_native_integrations_result")
    assert sorted(result["verified"]) == sorted(migrate.natives[name] for name in OURS)
    assert sorted(result["compared"]) == sorted(migrate.natives[name] for name in OURS if name != "github")
    assert result["not_compared"] == {migrate.natives["github"]: "only destinations in AWS can be read"}
    assert [one["service"] for one in result["left_alone"]] == ["codefresh"]


@pytest.mark.thorough
def test_phases_from_there_on(migrate: Migration) -> None:
    with migrate.unchanging():
        migrate("connect", "create")
        early = migrate("retire")
        # Only what was inactive all along; the others are switched off first.
        assert migrate.active() == {name: active for name, active in ALL.items() if name != "inactive"}
        assert early.changed == [REMOVE]
        assert migrate.thrice("cut_over").changed == [SWITCH_OFF] * 4
        assert migrate.active() == {name: name == "codefresh" for name in ALL if name != "inactive"}
        auths = migrate.play.objects()[0]
        assert migrate.thrice("retire").changed == [REMOVE] * 4
        assert migrate.active() == {"codefresh": True}
        assert migrate.play.objects()[0] == auths

    # By now the sync alone sees to it, and it deletes only once it is told to; one secret with all keys it replaces.
    migrate.sim.delete_secret(migrate.sim.project_id, "dev", "/app", "DB_PASSWORD")
    migrate.sim.wait_idle()
    before = migrate.content()
    assert before["my-app/dev"] == {"API_KEY": "api-value"}
    assert "/my-app/DB_PASSWORD" in before
    assert migrate.thrice("restore_deletion").changed == ["Let the syncs delete again, as the native integrations did"]
    assert migrate.content() == {name: value for name, value in before.items() if name != "/my-app/DB_PASSWORD"}


def test_everything_at_once(migrate: Migration) -> None:
    with migrate.unchanging():
        apply = migrate.thrice()

    assert migrate.active() == {"codefresh": True}
    result = apply.fact("migrate_native_integrations_result")
    assert (result["counts"]["retired"], result["counts"]["no_counterpart"], result["faults"]) == (5, 1, [])
    assert sorted(result["retired"]) == sorted(migrate.natives[name] for name in OURS)
    assert len(migrate.play.objects()[0]) == 4


@pytest.mark.thorough
def test_a_run_that_is_killed_is_run_again(migrate: Migration) -> None:
    with migrate.unchanging():
        for task in ("Make the connections", CREATE, "Sync, and wait for the outcome", SWITCH_OFF, REMOVE):
            migrate.killed(task)
        last = migrate()

    assert migrate.active() == {"codefresh": True}
    assert sorted(migrate.syncs()) == sorted(OURS)
    assert all(one["isAutoSyncEnabled"] is ALL[name] for name, one in migrate.syncs().items())
    assert len(migrate.play.objects()[0]) == 4
    assert last.fact("migrate_native_integrations_result")["counts"]["retired"] == 5


@pytest.mark.thorough
def test_a_sync_that_fails_when_it_is_alone_and_rollback(migrate: Migration) -> None:
    before = migrate.active(), migrate.play.objects()[0]
    with migrate.unchanging():
        migrate("connect", "create", "cut_over")
        assert migrate.active() == {name: name == "codefresh" for name in ALL}

        # As after a run that was killed before it found out. Without cut_over nothing is switched on or off.
        migrate.sim.fail_sync("github", "Repository is archived", times=3)
        run = migrate("verify", rc=2)
        assert (run.changed, "Repository is archived" in run.failure) == ([], True)
        run = migrate("cut_over", rc=2)
        assert run.changed == [SWITCH_ON]
        assert migrate.active() == {name: name in ("codefresh", "github") for name in ALL}

        apply = migrate.thrice("rollback")
        assert apply.changed == ["Switch the native integrations on again"] * 3 + [
            "Remove the syncs, and leave what they wrote"
        ]
        assert (migrate.active(), migrate.play.objects()[0]) == before
        assert migrate.syncs() == {}


def once(condition: Callable[[], bool], action: Callable[[], None]) -> threading.Thread:
    """Do something as soon as something is so."""

    def wait() -> None:
        deadline = time.monotonic() + 100
        while not condition() and time.monotonic() < deadline:
            time.sleep(0.02)
        action()

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    return thread


@pytest.mark.thorough
def test_what_is_not_verified_is_not_retired(migrate: Migration) -> None:
    sim = migrate.sim
    # One sync never succeeds, one writes under other names, and one fails when the native integration is off.
    sim.fail_sync("github", "Repository is archived", times=9)
    names = {"aws-parameter-store": {"sync_options.key_schema": "NEW_{{ '{{secretKey}}' }}"}}
    late = once(
        lambda: migrate.active()["one"] is False and migrate.active()["many"] is False,
        lambda: sim.fail_sync("aws-secrets-manager", "Access denied", times=9),
    )

    run = migrate(variables={"inputs": names}, rc=2)

    late.join()
    sim.wait_idle()
    assert migrate.active() == {name: active for name, active in ALL.items() if name != "inactive"}
    assert run.changed.count(SWITCH_OFF) == run.changed.count(SWITCH_ON) == 2
    syncs = migrate.syncs()
    for name, text in (
        ("github", "Repository is archived"),
        ("one", "Access denied"),
        ("parameters", "appeared /my-app/NEW_API_KEY, /my-app/NEW_DB_PASSWORD"),
    ):
        assert syncs[name]["name"] in run.failure
        assert text in run.failure
    assert run.fact("migrate_native_integrations_result")["retired"] == [migrate.natives["inactive"]]


class Page(html.parser.HTMLParser):
    """What a page consists of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.texts.append(data.strip())


def test_reports(migrate: Migration) -> None:
    sim = migrate.sim
    hostile = "<script>alert('x')</script> | {{ lookup('pipe', 'id') }} **"
    other = migrate.auth("aws-secret-manager", sim.other_project_id)
    sim.add_integration(other, "dev", app=hostile, region=REGION)
    bitbucket = migrate.auth("bitbucket", sim.other_project_id)
    sim.add_integration(bitbucket, "dev", app=hostile, targetEnvironmentId="work")
    projects = [sim.project_id, sim.other_project_id]

    login = {
        "url": sim.url,
        "universal_auth_client_id": sim.admin.client_id,
        "universal_auth_client_secret": sim.admin.client_secret,
    }

    variables = {"project_ids": projects, "infisical_connection": login}
    run = migrate("plan", check=True, variables=variables, login=False)

    texts = {name: (migrate.reports / f"migration.{name}").read_text() for name in ("json", "md", "html")}
    for text in texts.values():
        assert not [canary for canary in migrate.play.canaries if canary in text]
        assert AWS_KEY not in text
        assert all(native in text for native in migrate.natives.values())
    report = json.loads(texts["json"])
    assert report["counts"] == {
        "integrations": 8,
        "no_counterpart": 1,
        "needs_inputs": 2,
        "refused": 0,
        "ready": 5,
        "created": 0,
        "cut_over": 0,
        "retired": 0,
    }
    assert run.fact("migrate_native_integrations_result")["counts"] == report["counts"]
    assert {one["project_id"] for one in report["integrations"]} == set(projects)
    page = Page(texts["html"])
    assert page.tags.isdisjoint({"script", "link", "img", "iframe"})
    assert page.attributes.isdisjoint({"src", "href"})
    assert any(hostile in text for text in page.texts)
    assert "connection_name" in page.texts
    assert "<script" not in texts["md"]
    assert len({line.count(" | ") for line in texts["md"].splitlines() if line.startswith("| Ready | aws")}) == 1


@pytest.mark.thorough
def test_several_projects_with_connections_of_the_organization(migrate: Migration) -> None:
    sim = migrate.sim
    other = migrate.auth("aws-secret-manager", sim.other_project_id)
    sim.add_integration(other, "dev", secretPath="/app", app="other-app", region=REGION)
    sim.set_secret(sim.other_project_id, "dev", "/app", "API_KEY", "api-value")
    sim.wait_idle()
    connections = {name: {**one, "level": "organization"} for name, one in CONNECTIONS.items()}
    variables = {"project_ids": [sim.project_id, sim.other_project_id], "connections": connections}

    with migrate.unchanging():
        migrate(variables=variables)

    assert sim.integrations(sim.other_project_id) == []
    assert len(sim.syncs(sim.other_project_id)) == 1
    assert sorted(one["name"] for one in sim.connections()) == ["aws-main", "github-main"]
    assert sim.connections(sim.project_id) == []


@pytest.mark.thorough
def test_syncs_of_one_name_in_two_projects(bare: Migration) -> None:
    sim = bare.sim
    projects = [sim.project_id, sim.other_project_id]
    for number, project_id in enumerate(projects):
        bare.add(f"app-{number}", bare.auth("aws-secret-manager", project_id), app=f"app-{number}")
        sim.set_secret(project_id, "dev", "/app", "API_KEY", "api-value")
    sim.wait_idle()
    variables = {"project_ids": projects, "inputs": {"*": {"name": "app"}}}
    bare("connect", "create", "cut_over", variables=variables)
    (sync,) = sim.syncs(sim.other_project_id)
    sim._state.syncs[sync["id"]]["isAutoSyncEnabled"] = False

    run = bare("retire", variables=variables)

    assert sim.integrations(sim.project_id) == []
    assert [one["id"] for one in sim.integrations(sim.other_project_id)] == [bare.natives["app-1"]]
    result = run.fact("migrate_native_integrations_result")
    assert result["verified"] == result["retired"] == [bare.natives["app-0"]]


@pytest.mark.thorough
def test_a_description_alone_is_not_trusted(bare: Migration) -> None:
    sim = bare.sim
    unused = bare.auth("flyio")
    for name in ("copied", "twice", "taken", "good"):
        bare.add(name, bare.auth("aws-secret-manager"), app=name, isActive=name in ("taken", "good"))
    sim.set_secret(sim.project_id, "dev", "/app", "API_KEY", "api-value")
    sim.wait_idle()
    keys = {"access_key_id": AWS_KEY, "secret_access_key": AWS_SECRET}
    connection = sim.add_connection("aws", "access-key", "aws-main", sim.project_id, **keys)["id"]

    def add_sync(name: str, secret: str, native: str, more: str = "") -> None:
        config = {"region": REGION, "mappingBehavior": "many-to-one", "secretName": secret}
        options = {"initialSyncBehavior": "overwrite-destination", "disableSecretDeletion": True}
        described = f"Takes the place of native integration {native}.{more}" if native else None
        fields = {"secretPath": "/app", "destinationConfig": config, "syncOptions": options}
        sim.add_sync("aws-secrets-manager", connection, "dev", name=name, description=described, **fields)

    add_sync("elsewhere", "of-someone-else", bare.natives["copied"])
    add_sync("one", "twice", bare.natives["twice"])
    add_sync("other", "twice", bare.natives["twice"])
    add_sync(f"aws-secret-manager-dev-{bare.natives['taken'][:8]}", "of-someone-else-too", "")
    gone = "00000000-0000-4000-8000-000000000000"
    # As an earlier version wrote it.
    add_sync("gone", "third", f"{gone} of auth {unused}", " It deleted what Infisical doesn't have.")
    before, aws = bare.state(), bare.content()

    for phases in (["retire"], ["restore_deletion"], ["rollback"]):
        run = bare(*phases, rc=2)
        assert (run.changed, bare.state(), bare.content()) == ([], before, aws)
        for name in ("elsewhere", "one", "other", "gone"):
            assert f" {name}" in run.failure

    run = bare(rc=2)

    others = [row for row in before if row["id"] != bare.natives["good"]]
    assert [row for row in bare.state() if row in others] == others
    assert "good" not in bare.active()
    result = run.fact("migrate_native_integrations_result")
    assert result["retired"] == [bare.natives["good"]]
    refused = {bare.natives[name] for name in ("copied", "twice", "taken")}
    assert {one["id"] for one in result["left_alone"] if one["stage"] == "refused"} == refused
    assert "Refused" in (bare.reports / "migration.md").read_text()


def test_server_text_is_shown_on_one_line_and_never_a_template(bare: Migration) -> None:
    sim = bare.sim
    mark = bare.play.folder / "was-run"
    fake = "\nTASK [nothing is wrong] ***\nok: [localhost]\x1b[2J\u202e"
    hostile = f"{fake}{{{{ lookup('ansible.builtin.pipe', 'touch {mark}') }}}}<script>|`[x](y)"
    unclean = ("\x1b", "\u202e", "\nTASK [nothing is wrong]", "\n  TASK [nothing is wrong]")
    manager = bare.auth("aws-secret-manager")
    bare.add("named", manager, app="named")
    bare.add("asked", bare.auth("bitbucket"), app=hostile, targetEnvironmentId=hostile)
    bare.add("circle", bare.auth("circleci"), app=hostile, owner=hostile, scope=hostile)
    bare.add("path", bare.auth("rundeck"), path=hostile)
    bare.add("github", bare.auth("github"), app=hostile, owner=hostile, scope="github-repo", region=None)
    keys = {"access_key_id": AWS_KEY, "secret_access_key": AWS_SECRET}
    connection = sim.add_connection("aws", "access-key", "aws-main", sim.project_id, **keys)["id"]
    config = {"region": REGION, "mappingBehavior": "many-to-one", "secretName": "named"}
    described = f"Takes the place of native integration {bare.natives['named']}.{hostile}"
    fields = {"name": f"n-{hostile}", "description": described, "destinationConfig": config, "secretPath": "/app"}
    fields["syncOptions"] = {"initialSyncBehavior": "overwrite-destination", "disableSecretDeletion": True}
    sim.add_sync("aws-secrets-manager", connection, "dev", lastSyncMessage=hostile, **fields)
    # What is refused is named in the failure, with what the server calls it.
    gone = described.replace(bare.natives["named"], "00000000-0000-4000-8000-000000000000")
    sim.add_sync("aws-secrets-manager", connection, "dev", **{**fields, "name": f"g-{hostile}", "description": gone})

    sim.fail_sync("aws-secrets-manager", hostile, times=9)
    runs = [bare("plan"), bare("connect", "create", rc=2)]
    (created,) = (one for one in sim.syncs(sim.project_id) if one["destination"] == "github")
    runs += [bare("verify", rc=2), bare("rollback", rc=2)]

    assert not mark.exists()
    config = {"scope": "repository", "owner": hostile.strip(), "repo": hostile.strip()}
    assert created["destinationConfig"] == config
    texts = [run.output for run in runs]
    texts += [(bare.reports / f"migration.{name}").read_text() for name in ("json", "md", "html")]
    for text in texts:
        assert not [part for part in unclean if part in text]
    assert "TASK [nothing is wrong] ***" in runs[0].text
    json_text, markdown, page = texts[-3:]
    assert json.loads(json_text)["integrations"]
    assert "script" not in Page(page).tags
    tables = [line for line in markdown.splitlines() if line.startswith("|")]
    assert {line.replace("\\|", "").count("|") for line in tables} == {3, 6}


@pytest.mark.thorough
def test_reports_are_for_their_owner_and_the_folder_is_left_as_it_is(bare: Migration) -> None:
    def modes() -> list[str]:
        paths = [bare.reports, *sorted(bare.reports.iterdir())]
        return [oct(path.stat().st_mode & 0o777) for path in paths]

    assert bare("plan").changed == []
    assert modes() == ["0o700", *["0o600"] * 3]
    bare.reports.chmod(0o750)
    (bare.reports / "migration.md").chmod(0o644)
    bare("plan")
    assert modes() == ["0o750", *["0o600"] * 3]
