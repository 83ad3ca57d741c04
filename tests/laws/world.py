# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A story lived through, and what of the laws it breaks."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.community.infisical.tests.unit.plugins.harness import Result, run_main

from .meaning import (
    ACTIVE,
    OUTCOMES,
    credentials_of,
    is_active,
    is_meant,
    items_of,
    lacking,
    outcome_of,
)
from .server import URL, Here
from .stories import (
    AWS_KEY,
    AWS_SECRET,
    CONNECTIONS,
    DESTINATIONS,
    PAT,
    REGION,
    SERVICES,
    WRONG_SECRET,
    Made,
    Mood,
    Outside,
    Pause,
    Play,
    Secret,
    Story,
    Task,
)

MODULES = "ansible_collections.community.infisical.plugins.modules"
NOBODY = "00000000-0000-4000-8000-000000000000"
# Failures that nothing can tell before: what the service says of the secrets or credentials, and what the server makes
# of a change without a word.
UNFORESEEN = ("sync_failed", "update_ignored")
UNFORESEEN_WORDS = ("Unable to validate connection",)
STARTS = {"sync": "sync-secrets", "import_secrets": "import-secrets"}
# What check mode says where a name leads nowhere: an earlier task of the play might make it, and it can't tell.
ASSUMED = "check mode assumes that an earlier task"
# A teardown would have removed what uses an auth or a connection: check mode names it in a warning or in the diff.
REFUSED = "A real run refuses to remove it unless"
# Options that ask for something in every run.
ANEW = ("sync", "import_secrets", "update_credentials")


@dataclass(frozen=True)
class Finding:
    """A broken law: its short name, the task, and what was seen."""

    law: str
    task: Task
    text: str


@dataclass
class World:
    """One server, and the findings about what happened there."""

    story: Story
    findings: list[Finding] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._keys = {AWS_KEY: AWS_SECRET}
        self._imports = False
        self.here = Here(
            generation=self.story.generation,
            aws_credentials=self._keys,
            sync_delay=2.0,
            sync_retry_delay=3.0,
            job_time=4.0 if self.story.slow else 0.0,
        )
        self.sim, self.project = self.here.sim, self.here.sim.project_id
        self._furnish(self.sim.other_project_id)
        if self.story.furnished:
            self._furnish(self.project)

    def _furnish(self, project_id: str) -> None:
        """Have one object of each kind and service; none was ever synced."""
        sim = self.sim
        for service, targets in SERVICES.items():
            keys = {"accessToken": PAT} if service == "github" else {"accessId": AWS_KEY, "accessToken": AWS_SECRET}
            auth = sim.add_auth(project_id, service, **keys)
            sim.add_integration(auth["id"], "dev", secretPath="/app", **targets[0])
        if self.story.generation.startswith("2024"):
            return
        for name, known in CONNECTIONS.items():
            keys = {"personalAccessToken": PAT}
            keys = {"accessKeyId": AWS_KEY, "secretAccessKey": AWS_SECRET} if name == "aws" else keys
            made = sim.add_connection(known["app"], known["method"], name, project_id, **keys)
            if name == "aws":
                config = {"region": REGION, "path": "/sync/"}
                fields = {"name": "one", "destinationConfig": config, "secretPath": "/app", "projectId": project_id}
                options = {"initialSyncBehavior": "overwrite-destination", "disableSecretDeletion": True}
                sim.add_sync(DESTINATIONS["one"]["destination"], made["id"], "dev", syncOptions=options, **fields)

    def live(self) -> list[Finding]:
        """Let the story happen and return what broke a law."""
        with self.here.used():
            for step in self.story.steps:
                getattr(self, f"_{type(step).__name__.lower()}")(step)
        return self.findings

    # what others do

    def _mood(self, mood: Mood) -> None:
        self._keys[AWS_KEY] = AWS_SECRET if mood.aws_accepts else "another"
        if mood.failing_jobs:
            self.sim.fail_sync(times=mood.failing_jobs)

    def _pause(self, pause: Pause) -> None:
        self.here.clock.sleep(pause.seconds)

    def _secret(self, secret: Secret) -> None:
        where = (self.project, secret.environment, secret.path)
        if secret.value is not None:
            self.sim.set_secret(*where, "SET", secret.value)
        elif "SET" in self.sim.secrets(*where):
            self.sim.delete_secret(*where, "SET")

    def _outside(self, outside: Outside) -> None:
        found = next((one for one in self.objects().values() if one.get("kind") == outside.kind), None)
        if found is None:
            return
        path = {
            "integration": "/integration/",
            "integration_auth": "/integration-auth/",
            "app_connection": f"/app-connections/{found.get('app')}/",
            "secret_sync": f"/secret-syncs/{found.get('destination')}/",
        }[outside.kind]
        change = outside.change
        if change is not None and outside.kind == "integration":
            change = {"isActive": found["isActive"], "secretPath": found["secretPath"], **change}
        self.here.ask("DELETE" if change is None else "PATCH", path + found["id"], change)

    # what is there

    def objects(self, project_id: str | None = None) -> dict[str, dict[str, Any]]:
        """Return all objects of a project, by id, with kind and credentials; and the folders' secrets."""
        sim, project_id = self.sim, project_id or self.project
        auths = {auth["id"]: auth for auth in sim.auths(project_id)}
        found = [{**auth, "kind": "integration_auth"} for auth in auths.values()]
        for one in sim.integrations(project_id):
            auth = auths[one["integrationAuthId"]]
            found.append({**one, "kind": "integration", "auth": [auth["integration"], auth["namespace"]]})
        found += [{**one, "kind": "app_connection"} for one in sim.connections(project_id)]
        found += [{**one, "kind": "secret_sync"} for one in sim.syncs(project_id)]
        stored = {"integration_auth": sim.stored_credentials, "app_connection": sim.stored_connection_credentials}
        return {one["id"]: {**one, "stored": stored.get(one["kind"], lambda _id: None)(one["id"])} for one in found}

    def everything(self) -> dict[str, Any]:
        """Return what no job changes: the objects of all projects, and all secrets."""
        found: dict[str, Any] = {}
        for project_id in (self.project, self.sim.other_project_id):
            for object_id, one in self.objects(project_id).items():
                found[object_id] = {key: value for key, value in one.items() if key not in OUTCOMES}
            for environment in ("dev", "prod"):
                for path in ("/", "/app"):
                    where = (project_id, environment, path)
                    found[" ".join(where)] = {"kind": "folder", **self.sim.secrets(*where)}
        return found

    # what tasks do

    def _play(self, play: Play) -> None:
        foreseen = self._checked_whole(play) if len(play.tasks) > 1 and not play.lost else []
        made: dict[str, str] = {}
        for index, task in enumerate(play.tasks):
            named = Task(task.module, _filled(task.options, made))
            result = self._obey(named, play)
            if index < len(foreseen):
                self._compare("chain", named, foreseen[index], result)
            if result.failed:
                return
            _register(result, made)

    def _checked_whole(self, play: Play) -> list[Result]:
        """Return what check mode says of the whole play, if all that it is about is new."""
        there = self.objects().values()
        if any(
            is_meant(*item, obj) for task in play.tasks for item in items_of(task.module, task.options) for obj in there
        ):
            return []
        results, made = [], {}
        for task in play.tasks:
            results.append(self._checked(Task(task.module, _filled(task.options, made)), play))
            if results[-1].failed:
                break
            _register(results[-1], made)
        return results

    def run(self, task: Task, play: Play, *, check: bool = False) -> Result:
        """Run a task as Ansible runs a module."""
        module = importlib.import_module(f"{MODULES}.{task.module}")
        connection = {"url": URL, "auth_method": "token_auth", "token": self.sim.admin.token}
        more = {"extra_headers": dict(play.headers)} if play.headers else {}
        flags = {"_ansible_check_mode": check, "_ansible_diff": True}
        # As Ansible does, which gives modules a copy.
        options = json.loads(json.dumps(dict(task.options)))
        given = {**connection, "project_id": self.project, **more, **options, **flags}
        return run_main(module, {key: value for key, value in given.items() if value is not None})

    def _checked(self, task: Task, play: Play) -> Result:
        """Run a task in check mode; no time passes, and nothing may change."""
        before = self.everything()
        self.sim.clear_requests()
        with self.here.clock.stopped():
            result = self.run(task, play, check=True)
        for request in self.sim.requests:
            if request["method"] != "GET" and request["status"] == 200 and "check-destination" not in request["path"]:
                self._find("check-writes", task, f"{request['method']} {request['path']}")
        if self.everything() != before:
            self._find("check-writes", task, "the state is another one")
        return result

    def _obey(self, task: Task, play: Play) -> Result:
        """Run a task and look at the laws; returns its result."""
        check = self._checked(task, play)
        before, there = self.everything(), self.objects()
        if play.lost:
            for method in ("POST", "PATCH", "DELETE"):
                self.sim.fail_next(None, method=method, after=play.lost == "after")
        self.sim.clear_requests()
        result = self.run(task, play)
        self.sim.forget_failures()
        lost = any(request["status"] is None for request in self.sim.requests)
        self._touched(task, result, before, lost=lost)
        self._whole(task, result)
        if not lost:
            self._compare("check", task, check, result)
        if not result.failed:
            self._wanted(task, result, there)
            if not lost:
                self._started(task, result)
            self._again(task, play, result)
        return result

    def _find(self, law: str, task: Task, text: str) -> None:
        self.findings.append(Finding(law, task, text))

    def _compare(self, law: str, task: Task, check: Result, real: Result) -> None:
        """Check mode says what the run does, as far as anybody can tell."""
        said = " ".join(check.warnings)
        if ASSUMED in said:
            return
        if real.failed and REFUSED in said:
            return
        if check.failed and not real.failed:
            self._find(f"{law}-refused", task, f"only check mode fails: {check.msg}")
        elif real.failed and not check.failed:
            if not _is_unforeseen(real.data):
                self._find(f"{law}-passed", task, f"only the run fails: {real.msg}")
        elif not real.failed and check.changed != real.changed:
            self._find(f"{law}-changed", task, f"check mode says changed={check.changed}, the run {real.changed}")

    def _touched(self, task: Task, result: Result, before: dict[str, Any], *, lost: bool) -> None:
        """Nothing else was touched, and nothing at all where the result says so."""
        after, items = self.everything(), items_of(task.module, task.options)
        ids = _ids_in(result.data)
        # The job of an import may run, and read the folder that its sync has then, after later tasks.
        self._imports |= any("import" in json.dumps(item) for _kind, item in items) or "import" in json.dumps(before)
        for key in before.keys() | after.keys():
            old, new = before.get(key), after.get(key)
            if old == new:
                continue
            seen = [one for one in (old, new) if one]
            meant = any(is_meant(kind, item, one) for kind, item in items for one in seen)
            purged = task.options.get("purge") and old is not None and new is None
            if not (meant or purged or key in ids or (self._imports and seen[0]["kind"] == "folder")):
                self._find("touched", task, _changed(key, old, new))
            if seen[0]["kind"] != "folder" and not lost and not result.data.get("changed"):
                self._find("changed-unsaid", task, f"{_changed(key, old, new)}: {result.data.get('msg')}")

    def _whole(self, task: Task, result: Result) -> None:
        """Ids, names and paths come back as they are; no secret does."""
        known = self.objects()
        for kind, view in _views_in(result.data):
            if view["id"] not in known and "********" in str(view["id"]):
                self._find("masked-id", task, f"the id of the {kind} came back as {view['id']}")
            hidden = [key for key, value in view.items() if key != "id" and "********" in json.dumps(value)]
            if hidden:
                self._find("masked", task, f"{kind}: {[(key, view[key]) for key in hidden]}")
        for secret in (AWS_SECRET, WRONG_SECRET, PAT):
            if secret in result.output:
                self._find("leaked", task, secret)

    def _wanted(self, task: Task, result: Result, there: dict[str, Any]) -> None:
        """What the task says is so, and, where it waits, synced."""
        after = self.objects()
        for kind, item in items_of(task.module, task.options):
            meant = [one for one in after.values() if is_meant(kind, item, one)]
            if item.get("state") == "absent":
                if meant and not (kind == "integration_auth" and len(meant) > 1):
                    self._find("wanted", task, f"{kind} is still there")
                continue
            if not meant:
                self._find("wanted", task, f"{kind} is not there")
                continue
            gaps = [list(lacking(kind, item, one)) for one in meant]
            if all(gaps):
                self._find("wanted", task, f"{kind} differs in {min(gaps, key=len)}")
            one = meant[gaps.index(min(gaps, key=len))]
            self._credentials(task, kind, item, one, there)
            if kind in ACTIVE:
                self._outcome(task, result, kind, item, one, there)

    def _credentials(
        self, task: Task, kind: str, item: Mapping[str, Any], one: Mapping[str, Any], there: Mapping[str, Any]
    ) -> None:
        given = credentials_of(kind, item)
        if given and (one["id"] not in there or item.get("update_credentials") == "always"):
            stored = {key: value for key, value in one["stored"].items() if value is not None}
            if stored != given:
                self._find("credentials", task, f"the server has {stored}")

    def _outcome(
        self,
        task: Task,
        result: Result,
        kind: str,
        item: Mapping[str, Any],
        one: Mapping[str, Any],
        there: Mapping[str, Any],
    ) -> None:
        outcome, active = outcome_of(one), is_active(one)
        states_inactive = item.get(_option(kind)) is False
        before = there.get(one["id"])
        warned = " ".join(result.warnings)
        if item.get("wait") and active and outcome != "succeeded":
            self._find(f"outcome-{outcome}", task, f"green with wait, though the last outcome is {outcome}")
        # Of an inactive object, a job that runs already is waited for.
        ended = before and outcome_of(before) in ("pending", "running") and outcome == "succeeded"
        silent = "active" not in warned and not ended
        if item.get("wait") and not active and not item.get("sync") and not states_inactive and silent:
            self._find("inactive-unsaid", task, f"wait, but inactive, and no word of it: {result.warnings}")
        if before and not item.get("wait") and active and not result.changed and outcome_of(before) == "failed":
            reason = before.get("syncMessage") or before.get("lastSyncMessage") or ""
            if reason.rstrip(".") not in warned:
                self._find("failed-unsaid", task, f"the last outcome is failed, and no word of it: {result.warnings}")

    def _started(self, task: Task, result: Result) -> None:
        """A job that was asked for was started, by a request that the server accepted."""
        for kind, item in items_of(task.module, task.options):
            ends = [end for option, end in STARTS.items() if item.get(option)]
            accepted = [one["path"] for one in self.sim.requests if one["method"] != "GET" and one["status"] == 200]
            if kind != "secret_sync" or item.get("state") == "absent" or not ends:
                continue
            for end in ends:
                own = [path for path in accepted if end in path or (end == "sync-secrets" and "check-" not in path)]
                if result.changed and not own:
                    self._find("not-started", task, f"changed, though the server started nothing: {result.warnings}")

    def _again(self, task: Task, play: Play, first: Result) -> None:
        """The same once more, with nothing in between: nothing changes."""
        items = [item for _kind, item in items_of(task.module, task.options)]
        if any(item.get(option) not in (None, False, "on_create") for item in items for option in ANEW):
            return
        before = self.everything()
        again = self.run(task, play)
        if again.failed:
            self._find("again-failed", task, f"the first run is green, the second says: {again.msg}")
        elif again.changed:
            self._find("again-changed", task, f"the second run changes something: {again.data.get('diff')}")
        if self.everything() != before:
            self._find("again-touched", task, "the second run changes something on the server")


def _changed(key: str, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> str:
    """Return what became of an object, in words."""
    what = f"{(old or new or {})['kind']} {key}"
    if old is None or new is None:
        return f"{what} was {'made' if new else 'removed'}"
    names = sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
    return "; ".join([what, *(f"{name} was {old.get(name)!r}, is {new.get(name)!r}" for name in names)])


def _option(kind: str) -> str:
    return {"integration": "is_active", "secret_sync": "is_auto_sync_enabled"}[kind]


def _is_unforeseen(data: Mapping[str, Any]) -> bool:
    if data.get("error_kind") == "some_failed":
        failed = [row for row in data["results"] if row["action"] == "failed"]
        return any(_is_unforeseen({"error_kind": row["error_kind"], "msg": row["error"]}) for row in failed)
    words = str(data.get("msg"))
    return data.get("error_kind") in UNFORESEEN or any(word in words for word in UNFORESEEN_WORDS)


def _filled(value: Any, made: Mapping[str, str]) -> Any:
    """Return options with the ids that the play has registered."""
    if isinstance(value, Made):
        return made.get(value.kind, NOBODY)
    if isinstance(value, Mapping):
        return {key: _filled(inner, made) for key, inner in value.items()}
    return [_filled(inner, made) for inner in value] if isinstance(value, list) else value


def _register(result: Result, made: dict[str, str]) -> None:
    for kind, view in _views_in(result.data):
        made[kind] = view["id"]


def _views_in(data: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for kind in ("integration_auth", "integration", "app_connection", "secret_sync"):
        if data.get(kind):
            yield kind, data[kind]
        for row in data.get("results") or []:
            if row.get(kind):
                yield kind, row[kind]


def _ids_in(data: Mapping[str, Any]) -> set[str]:
    removed = [object_id for row in data.get("results") or [] for object_id in row.get("removed") or []]
    return {view["id"] for _kind, view in _views_in(data)} | {
        *(data.get("removed") or []),
        *(data.get("removed_auths") or []),
        *removed,
    }
