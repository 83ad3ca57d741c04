# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures: a simulated AWS, a simulated Infisical of either generation, and what runs playbooks against them."""

from __future__ import annotations

import logging
import os
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer

from simulator import Simulator

from .foreign import ForeignServer, chosen
from .harness import AWS_KEY, AWS_SECRET, Aws, Player


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--generation", help="run tests that are for both generations of the server with this one only")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    chosen = config.getoption("--generation")
    if not chosen:
        return
    for_chosen = {_test(item) for item in items if _generation(item) == chosen}
    left_out = [item for item in items if _test(item) in for_chosen and _generation(item) != chosen]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def _test(item: pytest.Item) -> str:
    return item.nodeid.partition("[")[0]


def _generation(item: pytest.Item) -> str:
    return item.callspec.params.get("generation", "") if hasattr(item, "callspec") else ""


@pytest.fixture(scope="session")
def foreign() -> ForeignServer:
    """The server of `make test-server`."""
    try:
        return ForeignServer(os.environ)
    except ValueError as unusable:
        pytest.exit(f"The tests can't be run: {unusable}.", returncode=3)


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    if chosen():
        if not os.environ.get("TEST_SERVER_AWS_ENDPOINT_URL"):
            pytest.skip("it needs a simulated AWS (TEST_SERVER_AWS_ENDPOINT_URL)")
        yield os.environ["TEST_SERVER_AWS_ENDPOINT_URL"]
        return
    os.environ.update(NO_PROXY="127.0.0.1", no_proxy="127.0.0.1")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def aws(moto: str) -> Iterator[Aws]:
    """An empty AWS."""
    yield Aws(moto)
    urllib.request.urlopen(urllib.request.Request(f"{moto}/moto-api/reset", method="POST"))  # noqa: S310 - moto's own


@pytest.fixture(params=["2024", "2026"])
def generation(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def sim(generation: str, request: pytest.FixtureRequest) -> Iterator[Simulator | ForeignServer]:
    """A server that writes to the simulated AWS, and creates native integrations, too.

    The test runs for both generations, or for the one it asks for.
    """
    if chosen():
        server = request.getfixturevalue("foreign")
        if server.has_syncs is not (generation != "2024"):
            pytest.skip(f"it is about a server of {generation}")
        if os.environ.get("TEST_SERVER_AWS_ENDPOINT_URL"):
            # It is emptied after the test.
            request.getfixturevalue("aws")
        yield server
        server.clean_up()
        return
    aws, keys = request.getfixturevalue("aws"), {AWS_KEY: AWS_SECRET}
    with Simulator(
        generation=generation, create_open=True, aws_endpoint_url=aws.url, aws_credentials=keys
    ) as simulator:
        yield simulator


@pytest.fixture
def play(sim: Simulator, tmp_path: Path) -> Player:
    return Player(sim, tmp_path)
