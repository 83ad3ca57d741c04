# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A signal in the midst of a task ends its login, and then does what it would have done. Real signals."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import responses
from ansible_collections.community.infisical.plugins.module_utils import _module as module
from ansible_collections.community.infisical.plugins.module_utils._http import client
from ansible_collections.community.infisical.plugins.modules import infisical_integration_auth_info as info
from ansible_collections.community.infisical.plugins.modules import infisical_integrations as bulk
from ansible_collections.community.infisical.tests.unit.plugins.harness import (
    AUTHS,
    CREATE_INTEGRATION,
    INTEGRATIONS,
    PROJECT,
    REVOKE,
    TOKEN,
    URL,
    Server,
    api_auth,
    api_error,
    api_integration,
)

UNIVERSAL = {"url": URL, "universal_auth_client_id": "client-1", "universal_auth_client_secret": "client-secret-1"}
LOGIN = "/api/v1/auth/universal-auth/login"
NOTHING = (200, {}, json.dumps({"authorizations": []}))
Answer = tuple[int, dict, str]


class Ended(BaseException):
    """What the signal would have done: the process ends."""


@pytest.fixture(params=[signal.SIGINT, signal.SIGTERM])
def number(request: pytest.FixtureRequest) -> Iterator[signal.Signals]:
    """A signal that would end the process."""

    def end(number: int, _frame: object) -> None:
        raise Ended(signal.Signals(number).name)

    earlier = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    yield request.param
    for name, handler in earlier.items():
        signal.signal(name, handler)


def meanwhile(server: Server, method: str, path: str, happens: Callable[[], Any], answer: Answer = NOTHING) -> None:
    """Expect a request during which something happens."""

    def respond(_request: object) -> Answer:
        happens()
        return answer

    server._http.add(responses.CallbackResponse(method, URL + path, callback=respond))


def run(server: Server, **login: object) -> None:
    server.run(info, login=login or UNIVERSAL, project_id=PROJECT)


def test_a_signal_ends_the_login_first(server: Server, number: signal.Signals) -> None:
    server.expects_login()
    meanwhile(server, "GET", AUTHS, lambda: signal.raise_signal(number))
    server.expects_revoke()
    with pytest.raises(Ended, match=number.name):
        run(server)
    server._check_script()


@pytest.mark.parametrize("failure", [{"status": 503, "answer": api_error(503, "X", "no")}, {"answer": OSError("odd")}])
def test_one_attempt_is_made(server: Server, number: signal.Signals, failure: dict) -> None:
    server.expects_login()
    meanwhile(server, "GET", AUTHS, lambda: signal.raise_signal(number))
    server.expects_revoke(**failure)
    with pytest.raises(Ended):
        run(server)
    server._check_script()
    assert server.clock.sleeps == []


def test_the_attempt_is_short(server: Server, number: signal.Signals) -> None:
    server.expects_login()
    meanwhile(server, "GET", AUTHS, lambda: signal.raise_signal(number))
    server.expects_revoke()
    with pytest.raises(Ended):
        run(server)
    assert server.requests[1].url == URL + REVOKE  # the interrupted request isn't among them
    assert server.requests[1].req_kwargs["timeout"] == client.LAST_ATTEMPT


def test_further_signals_wait_for_the_attempt(server: Server, number: signal.Signals) -> None:
    server.expects_login()
    meanwhile(server, "GET", AUTHS, lambda: signal.raise_signal(number))
    meanwhile(server, "POST", REVOKE, lambda: signal.raise_signal(signal.SIGTERM))
    with pytest.raises(Ended, match="SIGTERM"):
        run(server)
    server._check_script()


def test_a_given_token_is_left_alone(server: Server, number: signal.Signals) -> None:
    meanwhile(server, "GET", AUTHS, lambda: signal.raise_signal(number))
    with pytest.raises(Ended):
        run(server, url=URL, auth_method="token_auth", token=TOKEN)
    server._check_script()


def test_a_login_under_way_is_waited_for(
    server: Server, number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = json.dumps({"accessToken": "own-token"})
    meanwhile(server, "POST", LOGIN, lambda: signal.raise_signal(number), (200, {}, token))
    # The signal comes again once the login is through: here, not before the read that comes next.
    reading, kill = threading.Event(), signal.pthread_kill
    monkeypatch.setattr(signal, "pthread_kill", lambda *sent: reading.wait(10) and kill(*sent))

    def read() -> None:
        reading.set()
        time.sleep(2)

    meanwhile(server, "GET", AUTHS, read)
    server.expects_revoke()
    with pytest.raises(Ended, match=number.name):
        run(server)
    server._check_script()


def test_a_login_that_hangs_is_not_waited_for_long(
    server: Server, number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LAST_ATTEMPT", 0.2)

    def hang() -> None:
        os.kill(os.getpid(), number)
        time.sleep(5)

    meanwhile(server, "POST", LOGIN, hang)
    started = time.monotonic()
    with pytest.raises(Ended, match=number.name):
        run(server)
    assert time.monotonic() - started < 2


def test_nothing_is_sent_after_the_end(server: Server, number: signal.Signals) -> None:
    """Threads of a bulk task would log in anew, as the token is refused from now on."""
    asker = client.Client(module.server_from({**UNIVERSAL, "auth_method": "universal_auth"}))
    server.expects_login()
    server.expects("GET", "/x", {}, token="own-token")
    server.expects_revoke()
    asker.get("/x")
    asker.abandon()
    with pytest.raises(client.InfisicalError, match=r"GET /x was not sent: the task was interrupted\."):
        asker.get("/x")
    assert asker.close() is None
    server._check_script()


def test_a_login_that_is_under_way_is_told(server: Server) -> None:
    asker = client.Client(module.server_from({**UNIVERSAL, "auth_method": "universal_auth"}))
    found: list[bool] = []
    token = json.dumps({"accessToken": "own-token"})
    meanwhile(server, "POST", LOGIN, lambda: found.extend(map(asker.settled, (0, 0.01))), (200, {}, token))
    meanwhile(server, "GET", "/x", lambda: found.extend(map(asker.settled, (0, 0.01))), (200, {}, "{}"))
    server.expects_revoke()
    asker.get("/x")
    asker.close()
    assert found == [False, False, True, True]


def test_afterwards_the_handlers_are_the_earlier_ones(server: Server, number: signal.Signals) -> None:
    before = signal.getsignal(number)
    server.expects_login()
    meanwhile(server, "GET", AUTHS, lambda: None)
    server.expects_revoke()
    run(server)
    assert signal.getsignal(number) is before


def test_an_ignored_signal_stays_ignored(server: Server, number: signal.Signals) -> None:
    signal.signal(number, signal.SIG_IGN)
    server.expects_login()
    meanwhile(server, "GET", AUTHS, lambda: signal.raise_signal(number))
    server.expects_revoke()
    run(server)


def test_a_task_in_a_thread_leaves_signals_alone(server: Server, number: signal.Signals) -> None:
    before, seen = signal.getsignal(number), []
    server.expects_login()
    meanwhile(server, "GET", AUTHS, lambda: seen.append(signal.getsignal(number)))
    server.expects_revoke()
    thread = threading.Thread(target=run, args=(server,))
    thread.start()
    thread.join()
    server._check_script()
    assert seen == [before]


def test_threads_of_a_bulk_task_leave_signals_to_the_main_one(server: Server) -> None:
    """Where a thread got one, the main thread would go on waiting for it."""
    blocked: list[set] = []
    server.expects("GET", INTEGRATIONS, {"integrations": []})
    server.expects("GET", AUTHS, {"authorizations": [api_auth()]})
    made = (200, {}, json.dumps({"integration": api_integration()}))
    meanwhile(
        server, "POST", CREATE_INTEGRATION, lambda: blocked.append(signal.pthread_sigmask(signal.SIG_BLOCK, [])), made
    )
    server.expects("GET", INTEGRATIONS, {"integrations": [api_integration()]})
    item = {
        "integration": "aws-secret-manager",
        "source_environment": "dev",
        "secret_path": "/app",
        "app": "my-app/dev",
    }
    server.run(bulk, project_id=PROJECT, integrations=[{**item, "region": "us-east-1"}])
    assert blocked
    assert blocked[0] >= {signal.SIGINT, signal.SIGTERM}
    assert not signal.pthread_sigmask(signal.SIG_BLOCK, []) & {signal.SIGINT, signal.SIGTERM}


def test_a_signal_that_would_kill_still_does(server: Server, number: signal.Signals) -> None:
    signal.signal(number, signal.SIG_DFL)
    server.expects_login()
    meanwhile(server, "GET", AUTHS, lambda: signal.raise_signal(number))
    server.expects_revoke()
    child = os.fork()
    if not child:
        try:
            run(server)
        finally:
            os._exit(7)
    _pid, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status)
    assert os.WTERMSIG(status) == number
    server._http.reset()
