# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The jobs: a thread that writes folders to the destinations of integrations and secret syncs after a delay."""

from __future__ import annotations

import heapq
import logging
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from .destinations import DestinationError, Destinations, MissingCredentials
from .state import JOB_FIELDS, Environment, State, now_text, remove_trailing_slash
from .sync_destinations import OVERWRITE, KeySchema

ATTEMPTS = 3
SYNC_ATTEMPTS = 5
# How many jobs of one connection are at work at most.
MOST_AT_WORK = 5
# Seconds until a job is tried again that found another one of its sync at work, or as many of its connection.
PUT_OFF = 0.05
SOURCE_GONE = "Invalid source configuration: folder no longer exists. Please configure a valid source and try again."

_log = logging.getLogger(__name__)


@dataclass
class Job:
    """One queued sync of a folder; `by_identity` marks a manual one asked for by a machine identity."""

    id: str
    project_id: str
    environment: str
    path: str
    by_identity: bool
    attempt: int = 1


def folders_of(sync: dict, paths: Iterable[str]) -> list[str]:
    """Return those of `paths` that a secret sync reads, the deepest first."""
    own = sync["secretPath"]
    below = f"{own.rstrip('/')}/"
    all_below = sync["syncOptions"].get("includeAllSubFolders")
    found = [path for path in paths if path == own or (all_below and path.startswith(below))]
    return sorted(found, key=len, reverse=True)


@dataclass
class SyncJob:
    """One queued job of a secret sync: `sync`, `import` (with a `behavior`) or `remove`.

    `at_work`: a worker has it. `failure` is what all its tries fail with.
    """

    id: str
    sync_id: str
    kind: str
    behavior: str
    delete_after: bool
    attempt: int = 1
    at_work: bool = False
    failure: str = ""


@dataclass
class Failure:
    """What the next `times` jobs of a kind (and destination) fail with."""

    destination: str | None
    message: str
    times: int
    kind: str


class SyncQueue:
    """Runs jobs one after the other, each at the time it is due by the clock `now`.

    A worker has each try of a secret sync's job for `job_time` seconds; the sync is one of the `locked` ones meanwhile.
    """

    def __init__(
        self,
        state: State,
        destinations: Destinations,
        delay: float,
        retry_delay: float,
        now: Callable[[], float] = time.monotonic,
        job_time: float = 0.0,
    ) -> None:
        self.job_time = job_time
        self.locked: set[str] = set()
        # How many jobs end before the server marks their sync as pending.
        self.races = 0
        self.state = state
        self.destinations = destinations
        self.delay = delay
        self.retry_delay = retry_delay
        self.now = now
        self._condition = threading.Condition()
        self._due: list[tuple[float, int, Job | SyncJob]] = []
        self.failures: list[Failure] = []
        self._count = 0
        self._order = 0
        self._running = False
        self._stopped = False
        self._thread = threading.Thread(target=self._work, name="simulator-sync", daemon=True)

    def start(self) -> None:
        """Start running jobs."""
        self._thread.start()

    def stop(self) -> None:
        """Stop after the job that runs now; the queued ones are dropped."""
        with self._condition:
            self._stopped = True
            self._condition.notify_all()
        self._thread.join(timeout=15)

    def trigger(self, project_id: str, environment: str, path: str, by_identity: bool = False) -> None:
        """Queue a sync of a folder's integrations."""
        path = remove_trailing_slash(path)
        with self._condition:
            self._count += 1
            self._push(Job(str(self._count), project_id, environment, path, by_identity), self.delay)

    def changed(self, project_id: str, environment: str, path: str, but: str | None = None) -> None:
        """Queue what a change of a folder's secrets starts: its integrations and secret syncs, save the sync `but`."""
        path = remove_trailing_slash(path)
        self.trigger(project_id, environment, path)
        with self.state.lock:
            for sync in self.state.syncs_of(project_id):
                source = self.state.source_of(sync)
                reads = source is not None and source.slug == environment and path in folders_of(sync, [path])
                if reads and sync["isAutoSyncEnabled"] and sync["id"] != but:
                    self.queue_sync(sync)

    def queue_sync(self, sync: dict, kind: str = "sync", behavior: str = "", delete_after: bool = False) -> None:
        """Queue a job of a secret sync; one that still waits isn't queued twice."""
        with self.state.lock, self._condition:
            if not self._waits(sync["id"], kind):
                self._count += 1
                job = SyncJob(str(self._count), sync["id"], kind, behavior, delete_after)
                if self.races:
                    self.races -= 1
                    while self._run_sync(job) is not None:
                        pass
                else:
                    self._push(job, self.delay)
            sync[JOB_FIELDS[kind][0]] = "pending"

    def _waits(self, sync_id: str, kind: str) -> bool:
        waiting = [job for _, _, job in self._due if isinstance(job, SyncJob) and job.attempt == 1 and not job.at_work]
        return any((job.sync_id, job.kind) == (sync_id, kind) for job in waiting)

    def wait_idle(self, timeout: float) -> None:
        """Wait until no job is queued or running; raise TimeoutError otherwise."""
        with self._condition:
            if not self._condition.wait_for(lambda: not self._due and not self._running, timeout):
                raise TimeoutError(f"{len(self._due)} sync jobs are still pending")

    def _push(self, job: Job | SyncJob, delay: float) -> None:
        self._order += 1
        heapq.heappush(self._due, (self.now() + delay, self._order, job))
        self._condition.notify_all()

    def run_due(self) -> None:
        """Run what is due in the caller's thread; for a queue that wasn't started, whose clock is a test's."""
        while self._due and self._due[0][0] <= self.now():
            self._work_on(heapq.heappop(self._due)[2])

    def _work(self) -> None:
        while True:
            with self._condition:
                while not self._stopped and (not self._due or self._due[0][0] > self.now()):
                    self._condition.wait(self._due[0][0] - self.now() if self._due else None)
                if self._stopped:
                    return
                job = heapq.heappop(self._due)[2]
                self._running = True
            self._work_on(job)

    def _work_on(self, job: Job | SyncJob) -> None:
        try:
            again = self._run_sync(job) if isinstance(job, SyncJob) else self._run_again(job)
        except Exception:  # noqa: BLE001 - a bug here must not end the thread that every later test waits for
            _log.exception("sync job %s failed in the simulator itself", job.id)
            again = None
        with self._condition:
            self._running = False
            if again is not None:
                self._push(job, again)
            self._condition.notify_all()

    def _sources(self, job: Job) -> tuple[list[dict], dict[str, str]]:
        with self.state.lock:
            project = self.state.projects.get(job.project_id)
            environment = project.environment(job.environment) if project else None
            if environment is None or job.path not in environment.folders:
                return [], {}
            found = [
                one
                for one in self.state.integrations_of(job.project_id)
                if one["isActive"]
                and one["envId"] == environment.id
                and remove_trailing_slash(one["secretPath"]) == job.path
            ]
            return found, dict(environment.folders[job.path])

    def _run_again(self, job: Job) -> float | None:
        """Run a try of a job; return in how many seconds it has to be tried again, if at all."""
        if not self._run(job) or job.attempt == ATTEMPTS:
            return None
        job.attempt += 1
        return self.retry_delay

    def _run(self, job: Job) -> bool:
        """Sync every active integration of the job's folder; return whether the job has to be tried again."""
        integrations, secrets = self._sources(job)
        failed = False
        for integration in integrations:
            with self.state.lock:
                if integration["id"] not in self.state.integrations:
                    continue
                credentials = dict(self.state.credentials[integration["integrationAuthId"]])
                snapshot = {**integration, "metadata": dict(integration["metadata"])}
            try:
                self.destinations.check_credentials(credentials)
            except MissingCredentials:
                # Old servers read the credentials outside of the part that handles failures: the job ends here, and
                # the integrations behind this one aren't reached.
                return True
            try:
                self.destinations.write(snapshot, credentials, secrets)
            except DestinationError as error:
                failed = True
                if job.by_identity:
                    return True
                if job.attempt == ATTEMPTS:
                    self._store(integration, lastSyncJobId=job.id, isSynced=False, syncMessage=str(error))
                continue
            if job.by_identity:
                # The server then looks for a user of the identity's id, fails, and stores nothing. Its further
                # attempts would write the same again.
                return False
            self._store(integration, lastSyncJobId=job.id, isSynced=True, syncMessage="", lastUsed=now_text())
        return failed

    def _store(self, integration: dict, **fields: object) -> None:
        with self.state.lock:
            integration.update(fields, updatedAt=now_text())

    # secret syncs

    def _run_sync(self, job: SyncJob) -> float | None:
        """Run the next step of a secret sync's job; return in how many seconds it goes on, if it does.

        Between its tries the status stays running.
        """
        status, last_id, last_message, last_time = JOB_FIELDS[job.kind]
        with self.state.lock:
            sync = self.state.syncs.get(job.sync_id)
            if sync is None:
                self.locked.discard(job.sync_id)
                return None
            if not job.at_work:
                if job.sync_id in self.locked or self._at_work(sync["connectionId"]) >= MOST_AT_WORK:
                    return PUT_OFF
                self.locked.add(job.sync_id)
                job.at_work = True
                sync[status] = "running"
                if self.job_time:
                    return self.job_time
            snapshot = dict(sync)
        try:
            self._do(job, snapshot)
        except DestinationError as error:
            if job.attempt < SYNC_ATTEMPTS:
                self._leave(job)
                job.attempt += 1
                return self.retry_delay
            ended = {status: "failed", last_id: job.id, last_message: str(error)}
        except Exception:  # noqa: BLE001
            # A sync that stays "running" would make its test wait for nothing.
            _log.exception("job %s failed in the simulator itself", job.id)
            ended = {status: "failed", last_id: job.id, last_message: "The simulator failed; see its log"}
        else:
            ended = {status: "succeeded", last_id: job.id, last_message: None, last_time: now_text()}
        with self.state.lock:
            self._leave(job)
            if job.delete_after and ended[status] == "succeeded":
                self.state.syncs.pop(job.sync_id, None)
            else:
                sync.update(ended)
        return None

    def _at_work(self, connection_id: str) -> int:
        """Return how many syncs of a connection have a job at work."""
        syncs = [self.state.syncs[sync_id] for sync_id in self.locked if sync_id in self.state.syncs]
        return sum(sync["connectionId"] == connection_id for sync in syncs)

    def _leave(self, job: SyncJob) -> None:
        with self.state.lock:
            self.locked.discard(job.sync_id)
            job.at_work = False

    def _do(self, job: SyncJob, sync: dict) -> None:
        with self.state.lock:
            for failure in self.failures if job.attempt == 1 else ():
                if (
                    failure.times > 0
                    and failure.kind == job.kind
                    and failure.destination in (None, sync["destination"])
                ):
                    failure.times -= 1
                    job.failure = failure.message
                    break
            if job.failure:
                raise DestinationError(job.failure)
            environment = self.state.source_of(sync)
            if environment is None or sync["secretPath"] not in environment.folders:
                raise DestinationError(SOURCE_GONE)
            credentials = dict(self.state.connection_credentials[sync["connectionId"]])
        options = sync["syncOptions"]
        schema = KeySchema(options.get("keySchema"), environment.slug)
        behavior = options["initialSyncBehavior"]
        if job.kind == "import":
            self._import(sync, environment, credentials, schema, job.behavior)
            return
        if job.kind == "sync" and behavior != OVERWRITE and sync["lastSyncedAt"] is None:
            self._import(sync, environment, credentials, schema, behavior.removeprefix("import-"))
        with self.state.lock:
            secrets: dict[str, str] = {}
            for path in folders_of(sync, environment.folders):
                secrets.update(environment.folders[path])
        self.destinations.sync_write(sync, credentials, schema, secrets, removes=job.kind == "remove")

    def _import(
        self, sync: dict, environment: Environment, credentials: dict, schema: KeySchema, behavior: str
    ) -> None:
        """Take the destination's secrets into the folder; `behavior` says whose value wins."""
        found = self.destinations.sync_import(sync, credentials, schema)
        with self.state.lock:
            folder = environment.folders.setdefault(sync["secretPath"], {})
            before = dict(folder)
            folder.update({**found, **before} if behavior == "prioritize-source" else found)
            if folder != before:
                self.changed(sync["projectId"], environment.slug, sync["secretPath"], but=sync["id"])
