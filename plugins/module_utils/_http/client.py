# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The only place that speaks HTTP: session, login, retries, limits, and answers turned into typed errors."""

from __future__ import annotations

import json
import random
import re
import time
import traceback
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from http import HTTPStatus
from threading import Event, Lock, RLock
from typing import TYPE_CHECKING, Any

from .. import _errors as errors
from .._errors import InfisicalError, as_sentence, clean_text
from .answers import PASSING_STATUSES, interpret
from .certificates import refusal
from .pacing import Pacing
from .transport import ANSWER_LIMIT, Broken, TooLarge, UnknownEncoding, complete_within, new_session, read_body
from .words import login_advice

if TYPE_CHECKING:
    from .server import Server

REQUESTS_IMPORT_ERROR: str | None = None
try:
    import requests
    from requests.utils import get_environ_proxies
    from urllib3 import disable_warnings
    from urllib3 import exceptions as transport
    from urllib3.util import Retry
except ImportError:
    REQUESTS_IMPORT_ERROR = traceback.format_exc()

USER_AGENT = "ansible-community.infisical/1.0.0"
BACKOFF_FACTOR = 0.5
# Seconds for the end of a login before a signal ends the process.
LAST_ATTEMPT = 3.0
# What OpenSSL says, in its several versions, where the other side doesn't speak TLS.
NO_TLS = re.compile(r"wrong.version.number|record.layer.failure|packet.length.too.long|unknown.protocol", re.IGNORECASE)
REPEATABLE = frozenset({"GET", "PATCH", "DELETE"})


@dataclass(frozen=True)
class Clock:
    """Time as the client sees it, so that a test doesn't have to wait. All values are seconds."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


class Client:
    """A session with one server, for one task or all items of its loop.

    Logs in on the first request that needs a token, renews a refused token by one new login, retries what is safe to
    retry, and revokes on `close` the token that it made itself. `on_secret` is told each token before it is used.
    """

    def __init__(
        self,
        server: Server,
        *,
        clock: Clock | None = None,
        on_secret: Callable[[str], None] | None = None,
    ) -> None:
        self.server = server
        self.clock = clock or Clock()
        self._on_secret = on_secret or (lambda _token: None)
        self._token = server.credentials.token
        self._own_token = False
        self._renewed = False
        self._abandoned = False
        self._no_login_under_way = Event()
        self._no_login_under_way.set()
        self._lock = RLock()
        self._budget, self._paid_until, self._paying = server.retry_budget, 0.0, Lock()
        self._pacing = Pacing(self.clock.now, self.clock.sleep)
        self._proxies = {} if server.direct else get_environ_proxies(server.url)
        self._session = new_session()
        self._session.headers.update({"User-Agent": USER_AGENT, "Accept": "application/json"})
        self._session.headers.update(server.extra_headers)
        if not server.validate_certs:
            # The task says so itself in a warning; one line per request on stderr would only hide it.
            disable_warnings(transport.InsecureRequestWarning)

    def start_item(self, on_secret: Callable[[str], None]) -> None:
        """Serve a further item of a loop, which may retry and log in anew as if it were the first."""
        self.start_part()
        self._on_secret = on_secret
        if self._own_token and self._token:
            on_secret(self._token)

    def start_part(self) -> None:
        """Go on with a long task, whose next part may retry and log in anew as if it were the first."""
        self._budget, self._renewed = self.server.retry_budget, False

    def get(self, path: str, params: Mapping[str, str] | None = None) -> dict[str, Any]:
        """GET `path` and return the JSON object. Retried."""
        return self.request("GET", path, params=params)

    def post(self, path: str, body: Mapping[str, Any], params: Mapping[str, str] | None = None) -> dict[str, Any]:
        """POST `body` once. Only what the server refused before it looked at it (429, a token) is sent again.

        Raises an InfisicalError with `maybe_done` set where nobody can tell whether it took effect.
        """
        return self.request("POST", path, params=params, body=body)

    def patch(self, path: str, body: Mapping[str, Any], final: Collection[int] = ()) -> dict[str, Any]:
        """PATCH `body`. Retried: it names absolute values, so a second one changes nothing more.

        `final`: statuses of the server's own errors that a further try would not change.
        """
        return self.request("PATCH", path, body=body, final=final)

    def delete(self, path: str, params: Mapping[str, str] | None = None) -> dict[str, Any]:
        """DELETE `path`. Retried; a NotFound may mean that an earlier try of this call did it."""
        return self.request("DELETE", path, params=params)

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        login: bool = False,
        final: Collection[int] = (),
    ) -> dict[str, Any]:
        """Send one request, with retries where they are safe, and return the JSON object of the answer.

        `login` marks a request that carries no token and may be repeated although it is a POST. `final`: as for
        `patch`.
        Raises the types of `errors`.
        """
        retry = Retry(total=self.server.retries, backoff_factor=BACKOFF_FACTOR)
        while True:
            if self._abandoned:
                raise errors.Unreachable(f"{method} {path} was not sent: the task was interrupted.", maybe_done=False)
            token = None if login else self.access_token()
            started = self.clock.now()
            try:
                with self._pacing.turn(method, path) as learn:
                    # Waiting for one's turn is no retry, and leaves the budget alone.
                    started = self.clock.now()
                    return self._send(method, path, params, body, token, learn)
            except InfisicalError as error:
                if isinstance(error, errors.TokenRefused) and not login:
                    if self._renew(token):
                        continue
                    if self.server.credentials.login_path is None:
                        raise error.extended(
                            f"It was specified ({self.server.credentials.method}): log in again."
                        ) from None
                wait_stated = error.retry_after if isinstance(error, errors.ServerError) else None
                repeatable = login or method in REPEATABLE
                if not self._worth_repeating(error, repeatable, final, first_try=not retry.history):
                    raise
                try:
                    retry = retry.increment(method, path)
                except transport.MaxRetryError:
                    raise error from None
                backoff = retry.get_backoff_time() * random.uniform(0.75, 1.25)  # noqa: S311 - spreads load, hides nothing
                delay = max(backoff, wait_stated or 0.0)
                first_try = len(retry.history) == 1
                now = self.clock.now()
                if self._left_after(now if first_try else started, now + delay) < 0:
                    asked = (
                        f"The server asks to wait {wait_stated:g} seconds, which" if wait_stated else "Another attempt"
                    )
                    raise error.extended(f"{asked} takes longer than the rest of retry_budget.") from None
                self.clock.sleep(delay)

    def _left_after(self, begin: float, end: float) -> float:
        """Take the time of a retry from the budget, and return what is left. Threads that wait at once pay once."""
        with self._paying:
            self._budget -= max(0.0, end - max(begin, self._paid_until))
            self._paid_until = max(end, self._paid_until)
            return self._budget

    def log_in(self) -> dict[str, Any]:
        """Log in now and return the answer: accessToken, expiresIn and accessTokenMaxTTL (seconds), tokenType.

        For a token that was given there is nothing to send: the answer then holds only accessToken.
        """
        credentials = self.server.credentials
        if credentials.login_path is None:
            return {"accessToken": self._token}
        self._no_login_under_way.clear()
        try:
            return self._logged_in(credentials.login_path)
        finally:
            self._no_login_under_way.set()

    def _logged_in(self, path: str) -> dict[str, Any]:
        credentials = self.server.credentials
        try:
            body = credentials.login_body(self._on_secret)
            answer = self.request("POST", path, body=body, login=True)
        except errors.ServerError as error:
            if error.status in (400, 401, 403, 404, 422) and not isinstance(error, errors.RouteMissing):
                reason = _reason(error)
                raise errors.LoginRefused(
                    f"Login by {credentials.method} at {self.server.url} was refused: {reason}{login_advice(reason)}",
                    status=error.status,
                ) from None
            raise
        token = answer.get("accessToken")
        # Nothing else can stand in a header.
        if not isinstance(token, str) or not token.strip() or not (token.isascii() and token.isprintable()):
            raise errors.UnexpectedAnswer(
                f"The login at {self.server.url} returned no access token: is this an Infisical server?",
                status=200,
                maybe_done=False,
            )
        self._on_secret(token)
        self._token, self._own_token = token, True
        return answer

    def revoke(self, token: str) -> bool:
        """End an access token. Returns whether it was still valid. Endpoint: POST /api/v1/auth/token/revoke."""
        try:
            self.request("POST", "/api/v1/auth/token/revoke", body={"accessToken": token}, login=True)
        except errors.TokenRefused:
            return False
        return True

    def close(self) -> str | None:
        """Revoke the token that this client made, and close the connection.

        Returns a sentence for a warning, to be masked, when the token could not be revoked. Never raises for that: the
        task's own outcome matters more.
        """
        trouble = None
        try:
            if self._own_token and self._token:
                self.revoke(self._token)
        except InfisicalError as error:
            trouble = (
                f"The access token that this task created could not be revoked and is valid until it expires: {error}"
            )
        finally:
            self._own_token = False
            self._session.close()
        return trouble

    def abandon(self) -> None:
        """End the login by one short attempt. Nothing is sent after that. For a signal handler, as it takes no lock."""
        token = self._token if self._own_token else None
        self._abandoned, self._own_token = True, False
        if token:
            # The thread that was interrupted may hold any lock of this client's connections.
            brief = replace(self.server, timeout=min(self.server.timeout, LAST_ATTEMPT), retries=0)
            with suppress(InfisicalError):
                Client(brief).revoke(token)

    def settled(self, seconds: float) -> bool:
        """Wait so many seconds at most for the end of a login that is under way; return whether there is none."""
        # Asked with 0 from a signal handler, which must not take the lock that waiting takes.
        return self._no_login_under_way.is_set() or (seconds > 0 and self._no_login_under_way.wait(seconds))

    def keep_token(self) -> None:
        """Leave the token alive at `close`: somebody else uses it from now on."""
        self._own_token = False

    def access_token(self) -> str:
        """Return the token that requests carry, after a login where there is none yet."""
        with self._lock:
            return self._token or str(self.log_in()["accessToken"])

    def _renew(self, refused: str | None) -> bool:
        # By login, not by the renew endpoint: renewing a token at its maximum age destroys it.
        with self._lock:
            if self._token != refused:
                return True  # another thread has done it
            if self.server.credentials.login_path is None or self._renewed:
                return False
            self._renewed = True
            self._token, self._own_token = None, False
            return True

    @staticmethod
    def _worth_repeating(error: InfisicalError, repeatable: bool, final: Collection[int], *, first_try: bool) -> bool:
        if isinstance(error, errors.Throttled):
            return repeatable or first_try or not error.maybe_done
        if isinstance(error, errors.Unreachable):
            return not error.lasting and (repeatable or not error.maybe_done)
        if isinstance(error, errors.UnexpectedAnswer):
            return repeatable and not error.lasting
        passing = isinstance(error, errors.ServerError) and error.status in PASSING_STATUSES - {*final}
        return passing and repeatable and not isinstance(error, errors.ProjectMissing)

    def _send(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None,
        body: Mapping[str, Any] | None,
        token: str | None,
        learn: Callable[[int, Mapping[str, str]], None],
    ) -> dict[str, Any]:
        headers = {}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        data = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            data = json.dumps(body).encode("ascii")
        where = f"{method} {path}"
        deadline = self.clock.now() + self.server.timeout
        try:
            with (
                complete_within(self.server.timeout),
                self._session.request(
                    method,
                    self.server.url + path,
                    params=params,
                    data=data,
                    headers=headers,
                    timeout=self.server.timeout,
                    verify=self.server.validate_certs and (self.server.ca_path or True),
                    cert=self.server.certificate,
                    proxies=self._proxies,
                    allow_redirects=False,
                    stream=True,
                ) as response,
            ):
                learn(response.status_code, response.headers)
                content = self._read(response, where, deadline)
                self._check_certificate(response, content)
                return interpret(response, content, where, self.server.url)
        except TooLarge:
            raise errors.Unreachable(
                f"{self.server.url} accepted {where}, but its headers never ended.",
                maybe_done=True,
                lasting=True,
            ) from None
        except requests.exceptions.RequestException as error:
            raise self._unreachable(error, where) from None
        except (transport.HTTPError, OSError) as error:
            raise self._unreachable(requests.exceptions.ConnectionError(error), where) from None

    def _check_certificate(self, response: Any, content: bytes) -> None:
        """Raise UnexpectedAnswer for the page by which nginx asks for a client certificate."""
        is_page = response.status_code == HTTPStatus.BAD_REQUEST and content.lstrip().startswith(b"<")
        said = content[:2000].decode("ascii", "replace") if is_page else ""
        fault = refusal(said, self.server.url, is_given=self.server.certificate is not None)
        if fault:
            raise errors.UnexpectedAnswer(fault, status=response.status_code, maybe_done=False, lasting=True)

    def _read(self, response: Any, where: str, deadline: float) -> bytes:
        """Return the answer's decoded body. Raises Unreachable or UnexpectedAnswer."""
        try:
            return read_body(response, lambda: self.clock.now() > deadline)
        except UnknownEncoding as error:
            fault = (
                f"has the content encoding '{clean_text(error, 40)}' and was not read: only gzip was requested. Is a"
                " proxy in between?"
            )
        except TooLarge:
            fault = f"is larger than {ANSWER_LIMIT // 2**20} MiB and was not read."
        except (TimeoutError, transport.ReadTimeoutError):
            raise errors.Unreachable(
                f"The response to {where} was not complete after {self.server.timeout:g} seconds (option timeout).",
                maybe_done=True,
            ) from None
        except (Broken, transport.HTTPError, OSError):
            raise errors.Unreachable(f"The response to {where} was incomplete or corrupt.", maybe_done=True) from None
        raise errors.UnexpectedAnswer(
            f"The response to {where} {fault}", status=response.status_code, maybe_done=True, lasting=True
        )

    def _unreachable(self, error: Exception, where: str) -> InfisicalError:
        url, timeout = self.server.url, self.server.timeout
        reason = getattr(error.args[0], "reason", error.args[0]) if error.args else error
        if isinstance(error, requests.exceptions.SSLError):
            return self._tls_fault(clean_text(reason, 200))
        if isinstance(error, requests.exceptions.ConnectTimeout):
            return errors.Unreachable(
                f"No connection to {url} within {timeout:g} seconds (option timeout).", maybe_done=False
            )
        if isinstance(error, requests.exceptions.Timeout):
            return errors.Unreachable(
                f"{url} accepted {where} but did not respond within {timeout:g} seconds (option timeout).",
                maybe_done=True,
            )
        if isinstance(error, requests.exceptions.ProxyError) and not _was_sent_to_proxy(reason):
            return errors.Unreachable(
                f"The proxy for {url} could not be used ({clean_text(reason, 200)}): check the proxy variables of the"
                " environment.",
                maybe_done=False,
            )
        if isinstance(error, OSError) and "CA certificate" in str(error):
            return errors.InputError(f"ca_path {self.server.ca_path!r} is not a readable file or directory.")
        if isinstance(error, OSError) and re.search("TLS (certificate|key) file", str(error)):
            text = f"{where} was not sent: a file in client_cert or client_key no longer exists."
            return errors.Unreachable(text, maybe_done=False, lasting=True)
        if isinstance(error, requests.exceptions.ConnectionError):
            unsent = isinstance(reason, transport.NewConnectionError | transport.ConnectTimeoutError)
            if unsent:
                cause = clean_text(str(reason).rsplit(": ", 1)[-1], 160)
                return errors.Unreachable(
                    f"{url} can't be reached ({cause}): is the server running, and is url correct?", maybe_done=False
                )
            return errors.Unreachable(f"{url} closed the connection during {where}.", maybe_done=True)
        return errors.Unreachable(f"{where} at {url} failed: {type(error).__name__}.", maybe_done=True)

    def _tls_fault(self, detail: str) -> InfisicalError:
        url = self.server.url
        if NO_TLS.search(detail):
            text = f"The server at {url} doesn't speak TLS on this port: should url be http://?"
            return errors.Unreachable(text, maybe_done=False, lasting=True)
        fault = refusal(detail, url, is_given=self.server.certificate is not None)
        if fault:
            return errors.Unreachable(fault, maybe_done=False, lasting=True)
        if re.search("certificate|hostname", detail, re.IGNORECASE):
            text = f"The TLS certificate of {url} is not trusted ({detail}). Specify the CA that signed it in ca_path."
            return errors.Unreachable(text, maybe_done=False, lasting=True)
        # It may have failed in the middle of a request, too.
        return errors.Unreachable(f"No TLS connection to {url} ({detail}).", maybe_done=True, lasting=True)


def _reason(error: errors.ServerError) -> str:
    """Return a server's own reason as a sentence; old servers have it in the error's name."""
    text = error.text or str(error)
    is_class = " " not in error.name or error.name == HTTPStatus(error.status).phrase
    return as_sentence(text if is_class or error.name in text else f"{text} ({error.name})")


def _was_sent_to_proxy(reason: object) -> bool:
    """Tell whether a proxy had taken the request: urllib3 calls a connection that breaks later a proxy error, too."""
    cause = getattr(reason, "original_error", None)
    unsent = isinstance(cause, transport.NewConnectionError | transport.ConnectTimeoutError)
    return cause is not None and not unsent and "Tunnel connection failed" not in str(cause)
