# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A simulated Infisical server for tests: real HTTP, invented state, and the behaviour of three server generations."""

from __future__ import annotations

import dataclasses
import socket
import ssl
import threading
import time
from collections.abc import Callable
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from .app import App, Rule
from .apps import APPS
from .connections import Connections
from .destinations import Destinations
from .generations import GENERATIONS
from .limits import RateLimiter
from .restrictions import Restrictions
from .state import Project, State, remove_trailing_slash
from .sync import Failure, SyncQueue
from .tokens import Identity

__all__ = ["Identity", "Simulator"]

# The error class and message of an injected answer without a body.
DEFAULT_ERRORS = {
    400: ("BadRequest", "Bad request"),
    401: ("UnauthorizedError", "No identity access token found"),
    403: ("ForbiddenError", "You are not allowed to access this resource"),
    404: ("NotFound", "Not found"),
    429: ("RateLimitExceeded", "Rate limit exceeded. Please try again in 1 minute"),
    500: ("InternalServerError", "Something went wrong"),
    504: ("GatewayTimeoutError", "The request took too long"),
}

_FOLDERS = ("/", "/app", "/app/db")
_SEED = {"/": {"ROOT_KEY": "root-value"}, "/app": {"API_KEY": "api-value", "DB_PASSWORD": "db-value"}}


class Simulator:
    """One simulated server; a context manager that runs it in a background thread.

    The arguments: `generation` is "2024", "2024-10-16" (a server of 2024 whose errors name less, and that removes an
    auth with its last integration), "2025" (connections of the organization only) or "2026" (native integrations can't
    be created any more; `create_open` says otherwise);
    `newest` adds the destinations that only the newest servers have; `rate_limits` with `rate_window` seconds;
    `sync_delay`, `sync_retry_delay` and `job_time` (of each try of a secret sync's job) in seconds; `aws_endpoint_url`
    is where AWS syncs go (None: into `sink`) and `aws_credentials` the keys accepted there; `tls` is (certificate file,
    key file); with `client_ca`, a file of CA certificates, a client has to show a certificate of one of these (or may,
    without `needs_client`); `list_lag` is how many seconds lists lag behind the writes, by the clock `now`. Jobs are
    due by `job_clock`; with another than the real one the simulator isn't started: a test hands requests to `asgi` and
    calls `run_jobs`.
    """

    def __init__(
        self,
        *,
        generation: str = "2026",
        create_open: bool | None = None,
        newest: bool = False,
        rate_limits: bool = False,
        rate_window: float = 60.0,
        sync_delay: float = 0.05,
        sync_retry_delay: float = 0.05,
        job_time: float = 0.0,
        aws_endpoint_url: str | None = None,
        aws_credentials: dict[str, str] | None = None,
        tls: tuple[str, str] | None = None,
        client_ca: str | None = None,
        needs_client: bool = True,
        list_lag: float = 0.0,
        now: Callable[[], float] = time.monotonic,
        job_clock: Callable[[], float] = time.monotonic,
        port: int = 0,
        host: str = "127.0.0.1",
    ) -> None:
        if host not in ("127.0.0.1", "localhost", "::1"):
            raise ValueError(f"the simulator serves on loopback addresses only, not on {host}")
        self.generation = GENERATIONS[generation]
        if create_open is not None:
            self.generation = dataclasses.replace(self.generation, creates_integrations=create_open)
        self._tls = tls
        self._client_ca, self._needs_client = client_ca, needs_client
        self._address = (host, port)
        self._state = State(self.generation)
        self._destinations = Destinations(self.generation, aws_endpoint_url, aws_credentials)
        self._queue = SyncQueue(self._state, self._destinations, sync_delay, sync_retry_delay, job_clock, job_time)
        self._app = App(self._state, self._queue, RateLimiter(rate_limits, rate_window), newest)
        self._app.list_lag, self._app.now = list_lag, now
        self.admin, self.member, self.viewer, self.outsider = (
            self._state.add_identity(name) for name in ("admin", "member", "viewer", "outsider")
        )
        for one in (self.admin, self.member, self.viewer):
            self._state.org_roles[one.identity_id] = one.name
        self.user_jwt = self._state.add_token(self.admin, "user").value
        self.project_id = self._seeded_project("first-project")
        self.other_project_id = self._seeded_project("other-project")
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self.url = ""

    def _seeded_project(self, slug: str) -> str:
        project_id = self.add_project(slug, folders=_FOLDERS)
        dev = self._project(project_id).environment("dev")
        assert dev is not None
        for path, values in _SEED.items():
            dev.folders[path].update(values)
        return project_id

    # running

    def __enter__(self) -> Simulator:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start serving; returns when requests are answered."""
        host, port = self._address
        listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        # asyncio sets this only on sockets that name their protocol; without it each answer waits for 40 ms.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        transports = self._app.transports

        class Protocol(H11Protocol):
            """Remembers its transport, so that a connection can be cut without an answer."""

            def connection_made(self, transport: Any) -> None:
                super().connection_made(transport)
                self._simulator_key = tuple(transport.get_extra_info("peername")[:2])
                transports[self._simulator_key] = transport

            def connection_lost(self, exc: Exception | None) -> None:
                transports.pop(self._simulator_key, None)
                super().connection_lost(exc)

        certificate, key = self._tls or (None, None)
        config = uvicorn.Config(
            self._app,
            http=Protocol,
            ws="none",
            lifespan="off",
            log_level="critical",
            access_log=False,
            proxy_headers=False,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=1,
            ssl_certfile=certificate,
            ssl_keyfile=key,
            ssl_ca_certs=self._client_ca,
            ssl_cert_reqs=self._asks_client(),
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listener]}, name="simulator-http", daemon=True
        )
        self._thread.start()
        self._queue.start()
        deadline = time.monotonic() + 15
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise RuntimeError("the simulator didn't start")
            time.sleep(0.005)
        shown = f"[{host}]" if ":" in host else host
        self.url = f"{'https' if self._tls else 'http'}://{shown}:{listener.getsockname()[1]}"

    def _asks_client(self) -> ssl.VerifyMode:
        if self._client_ca is None:
            return ssl.CERT_NONE
        return ssl.CERT_REQUIRED if self._needs_client else ssl.CERT_OPTIONAL

    def stop(self) -> None:
        """Stop serving and syncing."""
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(timeout=15)
            self._queue.stop()
            self._server = self._thread = None

    @property
    def asgi(self) -> App:
        """The server as an ASGI application, for requests within this process."""
        return self._app

    def run_jobs(self) -> None:
        """Run the jobs that are due by `job_clock`."""
        self._queue.run_due()

    # what was asked and written

    @property
    def requests(self) -> list[dict]:
        """A record of each request answered, in order."""
        with self._state.lock:
            return list(self._app.requests)

    def clear_requests(self) -> None:
        """Forget the recorded requests."""
        with self._state.lock:
            self._app.requests.clear()

    @property
    def sink(self) -> list[dict]:
        """What was written to destinations other than the AWS endpoint."""
        return self._destinations.sink

    def held(self, object_id: str) -> dict[str, str]:
        """Return what the destination of an integration or a secret sync holds, by name; a test may change it.

        What is at the AWS endpoint isn't in it.
        """
        with self._state.lock:
            if object_id in self._state.syncs:
                return self._destinations.held_by_sync(self._state.syncs[object_id])
            return self._destinations.held_by_integration(self._state.integrations[object_id])

    def wait_idle(self, timeout: float = 60) -> None:
        """Wait until no sync job is pending; raises TimeoutError otherwise."""
        self._queue.wait_idle(timeout)

    @property
    def rate_limits(self) -> bool:
        """Whether requests are limited; setting it starts all counts anew."""
        return self._app.limiter.enabled

    @rate_limits.setter
    def rate_limits(self, enabled: bool) -> None:
        self._app.limiter.reset(enabled)

    @property
    def limits_by_500(self) -> bool:
        """Whether requests beyond the limit are answered by a 500, as some servers of October 2024 do."""
        return self._app.limiter.by_500

    @limits_by_500.setter
    def limits_by_500(self, by_500: bool) -> None:
        self._app.limiter.by_500 = by_500

    @property
    def has_oauth_apps(self) -> bool:
        """Whether the server has the OAuth apps with which it exchanges refresh tokens."""
        return self._app.native.has_oauth_apps

    @has_oauth_apps.setter
    def has_oauth_apps(self, has_them: bool) -> None:
        self._app.native.has_oauth_apps = has_them

    def live_tokens(self) -> list[str]:
        """Return the access tokens of logins that are neither revoked nor expired."""
        return self._state.live_tokens()

    def revoke_tokens(self) -> None:
        """Forget the access tokens of all logins, as a server does that lost its memory."""
        with self._state.lock:
            for token in self._state.live_tokens():
                del self._state.tokens[token]

    def expire_token(self, token: str) -> None:
        """Make a token one whose time is over."""
        with self._state.lock:
            known = self._state.tokens.get(token)
            if known is None:
                return
            known.ttl = known.ttl or 1
            known.renewed -= known.ttl + 1

    def use_up_token(self, token: str) -> None:
        """Make a token one that may not be used again."""
        with self._state.lock:
            if token in self._state.tokens:
                self._state.tokens[token].uses_left = 0

    @property
    def list_lag(self) -> float:
        """How many seconds lists lag behind the writes; what was written before it is set shows at once."""
        return self._app.list_lag

    @list_lag.setter
    def list_lag(self, seconds: float) -> None:
        with self._state.lock:
            self._app.list_lag = seconds
            self._app.past.clear()

    # projects and their secrets

    def _project(self, project_id: str) -> Project:
        return self._state.projects[project_id]

    def add_project(
        self,
        slug: str,
        environments: tuple[str, ...] = ("dev", "staging", "prod"),
        folders: tuple[str, ...] = ("/", "/app"),
        name: str | None = None,
        organization: str = "",
    ) -> str:
        """Make a project with these environments, each with these folders, in an organization; returns its id."""
        roles = {one.identity_id: one.name for one in (self.admin, self.member, self.viewer)}
        project = self._state.add_project(slug, environments, folders, roles)
        project.name = name or project.name
        project.organization = organization
        return project.id

    def add_organization(self, slug: str, *members: Identity) -> None:
        """Make a sub-organization that these identities may log in to."""
        self._state.organizations[slug] = {one.identity_id for one in members}

    def set_role(self, project_id: str, identity: Identity, role: str) -> None:
        """Make an identity a member of a project with this role: admin, member, viewer or no-access."""
        with self._state.lock:
            self._project(project_id).roles[identity.identity_id] = role

    def remove_project(self, project_id: str) -> None:
        """Remove a project with all that is in it, without HTTP."""
        with self._state.lock:
            self._state.delete_project(project_id)

    def _folder(self, project_id: str, environment: str, path: str) -> dict[str, str]:
        found = self._project(project_id).environment(environment)
        if found is None:
            raise KeyError(environment)
        return found.folders.setdefault(remove_trailing_slash(path), {})

    def set_secret(self, project_id: str, environment: str, path: str, key: str, value: str) -> None:
        """Set a secret (making the folder if need be), which starts a sync of its folder."""
        with self._state.lock:
            self._folder(project_id, environment, path)[key] = value
        self._queue.changed(project_id, environment, path)

    def delete_secret(self, project_id: str, environment: str, path: str, key: str) -> None:
        """Delete a secret, which starts a sync of its folder."""
        with self._state.lock:
            del self._folder(project_id, environment, path)[key]
        self._queue.changed(project_id, environment, path)

    def secrets(self, project_id: str, environment: str, path: str) -> dict[str, str]:
        """Return a folder's secrets."""
        with self._state.lock:
            return dict(self._folder(project_id, environment, path))

    def delete_folder(self, project_id: str, environment: str, path: str) -> None:
        """Delete a folder with its secrets and folders; integrations that name it stay, secret syncs lose it."""
        with self._state.lock:
            project = self._project(project_id)
            found = project.environment(environment)
            if found is not None:
                self._state.delete_folder(project, found, remove_trailing_slash(path))

    def rename_folder(self, project_id: str, environment: str, path: str, name: str) -> None:
        """Rename a folder; secret syncs follow it, integrations that name it stay and find nothing."""
        with self._state.lock:
            project = self._project(project_id)
            found = project.environment(environment)
            if found is not None:
                self._state.rename_folder(project, found, remove_trailing_slash(path), name)

    def rename_project(self, project_id: str, name: str, slug: str) -> None:
        """Give a project another name and another slug; its id stays."""
        with self._state.lock:
            project = self._project(project_id)
            project.name, project.slug = name, slug

    def rename_environment(self, project_id: str, environment: str, slug: str, name: str = "") -> None:
        """Give an environment another slug and name; all that reads from it follows, as it is known by its id."""
        with self._state.lock:
            found = self._project(project_id).environment(environment)
            if found is not None:
                found.slug, found.name = slug, name or slug.title()

    def delete_environment(self, project_id: str, environment: str) -> None:
        """Delete an environment with its folders and native integrations; secret syncs lose their source."""
        with self._state.lock:
            project = self._project(project_id)
            found = project.environment(environment)
            if found is not None:
                self._state.delete_environment(project, found)

    # auths and integrations

    def auths(self, project_id: str) -> list[dict]:
        """Return a project's auths as the API shows them."""
        return self._state.auths_of(project_id)

    def integrations(self, project_id: str) -> list[dict]:
        """Return a project's integrations as the API lists them."""
        with self._state.lock:
            return [self._state.shown(one) for one in self._state.integrations_of(project_id)]

    def stored_credentials(self, auth_id: str) -> dict:
        """Return what the server holds for an auth: accessId, accessToken, refreshToken, awsAssumeIamRoleArn."""
        with self._state.lock:
            return dict(self._state.credentials[auth_id])

    def add_auth(self, project_id: str, integration: str, **api_fields: Any) -> dict:
        """Store an auth without HTTP; takes the fields of the API (credentials too) and `created_at`."""
        return dict(self._state.add_auth(project_id, integration, **api_fields))

    def add_integration(self, auth_id: str, source_environment: str, **api_fields: Any) -> dict:
        """Store an integration without HTTP and without a sync; takes the fields of the API and `created_at`."""
        with self._state.lock:
            auth = self._state.auths[auth_id]
            project = self._project(auth["projectId"])
            api_fields["secretPath"] = path = remove_trailing_slash(api_fields.get("secretPath", "/"))
            environment = self._state.find_folder(project, source_environment, path)
            return self._state.shown(self._state.add_integration(auth, environment, **api_fields))

    # app connections and secret syncs

    def connections(self, project_id: str | None = None) -> list[dict]:
        """Return a project's app connections, or else the organization's, as the API lists them."""
        shows = Connections(self._state, self._destinations).listed
        with self._state.lock:
            return [shows(one) for one in self._state.connections.values() if one["projectId"] == project_id]

    def syncs(self, project_id: str) -> list[dict]:
        """Return a project's secret syncs as the API lists them."""
        with self._state.lock:
            return [self._state.shown_sync(one) for one in self._state.syncs_of(project_id)]

    def stored_connection_credentials(self, connection_id: str) -> dict:
        """Return what the server holds for an app connection."""
        with self._state.lock:
            return dict(self._state.connection_credentials[connection_id])

    def add_connection(
        self, app: str, method: str, name: str, project_id: str | None = None, **credentials: Any
    ) -> dict:
        """Store an app connection without HTTP and unchecked; returns it as the API shows it."""
        if method not in APPS[app].methods:
            raise KeyError(method)
        if not self.generation.has_project_connections:
            project_id = None
        made = self._state.add_connection(app, method, name, project_id, credentials)
        return Connections(self._state, self._destinations).shown(made)

    def add_sync(self, destination: str, connection_id: str, environment: str, **api_fields: Any) -> dict:
        """Store a secret sync without HTTP, unchecked and without a job; returns it as the API shows it.

        Takes the API's fields, those of its state too (`syncStatus`, say). The name is made up, and projectId is
        `project_id`, unless given.
        """
        with self._state.lock:
            api_fields.setdefault("name", f"{destination}-{len(self._state.syncs) + 1}")
            api_fields.setdefault("syncOptions", {"initialSyncBehavior": "overwrite-destination"})
            api_fields.setdefault("destinationConfig", {})
            project = self._project(api_fields.pop("projectId", self.project_id))
            path = remove_trailing_slash(api_fields.pop("secretPath", "/"))
            source = self._state.find_folder(project, environment, path)
            fields = {**api_fields, "destination": destination, "connectionId": connection_id}
            return self._state.shown_sync(self._state.add_sync(project, source, path, fields))

    def fail_sync(
        self,
        destination: str | None = None,
        message: str = "The destination refused",
        times: int = 1,
        kind: str = "sync",
    ) -> None:
        """Make the next `times` jobs of secret syncs (of this destination) fail; `kind` is sync, import or remove."""
        with self._state.lock:
            self._queue.failures.append(Failure(destination, message, times, kind))

    def start_job(self, sync_id: str) -> None:
        """Queue a job of a secret sync, as a change of its folder's secrets does."""
        with self._state.lock:
            self._queue.queue_sync(self._state.syncs[sync_id])

    def end_before_pending(self, times: int = 1) -> None:
        """Let the next `times` jobs of secret syncs end before the server marks their sync as pending."""
        with self._state.lock:
            self._queue.races = times

    @property
    def restrictions(self) -> Restrictions:
        """What a plan, a project's age, the organization or a role doesn't allow; a test may change it."""
        return self._state.restrictions

    # injected answers

    def rewrite_answers(self, rewrite: Callable[[str, Any], Any] | None) -> None:
        """Send what `rewrite` makes of each request's path and JSON answer; None ends that."""
        with self._state.lock:
            self._app.rewrite = rewrite

    def fail_next(
        self,
        status: int | None = 500,
        times: int = 1,
        *,
        method: str | None = None,
        path: str | None = None,
        body: Any = None,
        headers: dict[str, str] | None = None,
        after: bool = False,
    ) -> None:
        """Answer the next `times` requests that match with this.

        `path` may hold the wildcards of fnmatch; `body` is a JSON value or raw text (None: what suits the status); a
        `status` of None closes the connection without an answer; with `after` the request is processed first.
        """
        if body is None and status is not None:
            body = self._app.error_body(status, *DEFAULT_ERRORS.get(status, DEFAULT_ERRORS[500]))
        rule = Rule(status, times, method, path, body, dict(headers or {}), after)
        with self._state.lock:
            self._app.rules.append(rule)

    def forget_failures(self) -> None:
        """Answer again as ever: what `fail_next` has left is dropped."""
        with self._state.lock:
            self._app.rules.clear()
