# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from unittest import mock

import pytest
from ansible_collections.community.infisical.plugins.module_utils._http import client
from ansible_collections.community.infisical.plugins.module_utils._http.pacing import Pacing, route_of
from ansible_collections.community.infisical.plugins.modules import infisical_integration_auth_info as info
from ansible_collections.community.infisical.tests.unit.plugins.harness import (
    AUTH_ID,
    AUTHS,
    OTHER_AUTH_ID,
    PROJECT,
    FakeClock,
    Server,
    api_auth,
    api_error,
    scripted,
)
from hypothesis import example, given
from hypothesis import strategies as st

PATH = "/api/v1/integration"


class Time:
    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock() -> Time:
    return Time()


@pytest.fixture
def pacing(clock: Time) -> Pacing:
    return Pacing(lambda: clock.now, clock.sleep)


def send(pacing: Pacing, status: int = 200, path: str = PATH, **headers: object) -> None:
    with pacing.turn("POST", path) as learn:
        learn(
            status, {f"x-ratelimit-{name}" if name != "after" else "retry-after": str(v) for name, v in headers.items()}
        )


def test_without_headers_nothing_waits(pacing: Pacing, clock: Time) -> None:
    for _unused in range(3):
        send(pacing)
    assert clock.slept == []


def test_an_empty_window_is_waited_for(pacing: Pacing, clock: Time) -> None:
    send(pacing, remaining=1, reset=30)
    send(pacing, remaining=0, reset=30)
    clock.now += 10
    send(pacing, remaining=59, reset=60)
    send(pacing, remaining=58, reset=60)
    assert clock.slept == [20]


def test_a_window_that_is_over_is_not_waited_for(pacing: Pacing, clock: Time) -> None:
    send(pacing, remaining=0, reset=30)
    clock.now += 30
    send(pacing)
    assert clock.slept == []


def test_routes_are_limited_each_for_itself(pacing: Pacing, clock: Time) -> None:
    send(pacing, path=f"/api/v1/integration/{AUTH_ID}", remaining=0, reset=30)
    send(pacing)
    assert clock.slept == []
    send(pacing, path=f"/api/v1/integration/{OTHER_AUTH_ID}")
    assert clock.slept == [30]


@pytest.mark.parametrize("after", [True, False])
def test_a_refusal_holds_all_of_the_route_back(pacing: Pacing, clock: Time, after: bool) -> None:
    send(pacing, 429, **({"after": 7, "reset": 60} if after else {"reset": 7}))
    send(pacing)
    assert clock.slept == [7]


def test_a_reset_counted_from_1970(pacing: Pacing, clock: Time) -> None:
    send(pacing, remaining=0, reset=int(time.time()) + 20)
    send(pacing)
    assert clock.slept[0] == pytest.approx(20, abs=2)


def test_what_would_take_too_long_is_left_to_the_server_to_refuse(pacing: Pacing, clock: Time) -> None:
    send(pacing, remaining=0, reset=3600)
    send(pacing)
    assert clock.slept == []


def test_a_server_that_only_says_so(pacing: Pacing, clock: Time) -> None:
    """One whose numbers stay the same, whatever is asked, limits nothing."""
    for _unused in range(300):
        send(pacing, remaining=199, reset=60)
    assert clock.slept == []


def test_answers_in_another_order(pacing: Pacing, clock: Time) -> None:
    with pacing.turn("POST", PATH) as first, pacing.turn("POST", PATH) as second:
        second(200, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "9"})
        first(200, {"x-ratelimit-remaining": "1", "x-ratelimit-reset": "9"})
    send(pacing)
    assert clock.slept == [9]


@pytest.mark.parametrize("limit", [1, 3, 20])
def test_side_by_side_no_more_are_sent_than_are_left(limit: int) -> None:
    """Real threads and a real clock, against a server that counts."""
    window, lock = 1.0, threading.Lock()
    windows: dict[int, int] = {}
    started = time.monotonic()
    pacing = Pacing(time.monotonic, time.sleep)

    def request(_number: int) -> bool:
        with pacing.turn("POST", PATH) as learn:
            with lock:
                index, into = divmod(time.monotonic() - started, window)
                windows[int(index)] = windows.get(int(index), 0) + 1
                left = limit - windows[int(index)]
            time.sleep(0.005)
            # Whole seconds, rounded up, as servers do.
            learn(200, {"x-ratelimit-remaining": str(max(0, left)), "x-ratelimit-reset": str(int(window - into) + 1)})
            return left >= 0

    request(0)
    with ThreadPoolExecutor(4) as pool:
        allowed = list(pool.map(request, range(2 * limit)))
    # A new window is entered by all threads at once, before any knows its limit.
    assert allowed.count(False) <= (3 if limit < 4 else 0) * len(windows)


@pytest.mark.parametrize(
    ("path", "route"),
    [
        (f"/api/v1/projects/{PROJECT}/integrations", "GET /api/v1/projects/:id/integrations"),
        (f"/api/v1/integration/{AUTH_ID}", "GET /api/v1/integration/:id"),
        ("/api/v1/workspace/6412dd1f0c9f4b0a7a1d3e5f/integrations", "GET /api/v1/workspace/:id/integrations"),
        ("/api/v1/auth/universal-auth/login", "GET /api/v1/auth/universal-auth/login"),
        ("/api/v1/app-connections/aws", "GET /api/v1/app-connections/aws"),
    ],
)
def test_routes(path: str, route: str) -> None:
    assert route_of("GET", path) == route


# --- headers that are no numbers, or odd ones -------------------------------------------------------------------------

NUMBERS = st.one_of(
    st.integers(-(10**12), 10**12).map(str),
    st.integers(10**12, 10**400).map(str),
    st.integers(4000, 6000).map(lambda digits: "9" * digits),
    st.floats().map(str),
)
DATES = st.builds(
    "{}, {} {} {} {}:00:{} {}".format,
    st.sampled_from(["Mon", "Tue"]),
    st.integers(-1, 99),
    st.sampled_from(["Jan", "Dec", "Foo"]),
    st.integers(-1, 10**20),
    st.integers(0, 99),
    st.integers(0, 99),
    st.sampled_from(["GMT", "+9999", "-99999999999", ""]),
)
# What a header can carry, some digits of Latin-1 among it.
WORDS = st.text(st.characters(min_codepoint=32, max_codepoint=255, blacklist_categories=["Cc"]), max_size=30)
VALUES = st.none() | NUMBERS | DATES | WORDS
NAMES = ("Retry-After", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset")
ODD_HEADERS = st.fixed_dictionaries(dict.fromkeys(NAMES, VALUES))


def with_headers(status: int, headers: dict[str, str | None], text: str = "no") -> tuple[dict, FakeClock]:
    """Read with an answer of that status and headers, which a good one follows where it isn't one itself."""
    clock = FakeClock()
    carried = {name: value for name, value in headers.items() if value is not None}
    with scripted() as http, mock.patch.object(client, "Clock", return_value=clock):
        http.assert_all_requests_are_fired = False
        server = Server(http, clock)
        good = {"authorizations": [api_auth()]}
        answer = good if status == 200 else api_error(status, "RateLimitExceeded" if status == 429 else "X", text)
        server.expects("GET", AUTHS, answer, status=status, answer_headers=carried)
        with mock.patch.object(Server, "_check_script"):
            server.expects("GET", AUTHS, good)
            return server.run(info, project_id=PROJECT, retries=1), clock


@example({"Retry-After": None, "x-ratelimit-remaining": "9" * 5000, "x-ratelimit-reset": "9" * 5000})
@example({"Retry-After": None, "x-ratelimit-remaining": "0", "x-ratelimit-reset": "9" * 400})
@given(ODD_HEADERS)
def test_odd_headers_never_break_a_good_answer(headers: dict[str, str | None]) -> None:
    result, clock = with_headers(200, headers)
    assert [row["id"] for row in result["integration_auths"]] == [AUTH_ID]
    assert clock.sleeps == []


@pytest.mark.parametrize("status", [429, 503])
@example({"Retry-After": "9" * 5000})
@example({"Retry-After": "9" * 400})
@example({"Retry-After": "Fri, 31 Dec 99999999999 23:59:59 GMT"})
@example({"Retry-After": "-7", "x-ratelimit-reset": "9" * 400})
@given(ODD_HEADERS)
def test_odd_headers_of_a_refusal_end_in_a_retry_or_in_one_sentence(
    status: int, headers: dict[str, str | None]
) -> None:
    result, clock = with_headers(status, headers)
    if result.failed:
        assert result.msg.endswith(" seconds, which takes longer than the rest of retry_budget.")
        assert result["error_kind"] in ("throttled", "server")
        assert clock.sleeps == []
    else:
        assert len(result["integration_auths"]) == 1
        assert all(0 <= pause <= 120 for pause in clock.sleeps)


@pytest.mark.parametrize("number", ["9" * 400, "\u0663", "-3"])
def test_an_odd_number_in_a_refusals_text_is_no_wait(number: str) -> None:
    result, clock = with_headers(429, {}, f"Please try again in {number} seconds")
    assert not result.failed
    assert clock.sleeps == [0]
