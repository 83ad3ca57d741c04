# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server that can't show who it is gets nothing, whatever the environment says."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import trustme

from simulator import Simulator

from .plays import SERVICE, FakeClock, run_module, use_clock


@dataclass(frozen=True)
class Authority:
    """A certificate authority, as a file, and the certificates that it gave out."""

    path: Path
    certificates: dict[str, tuple[str, str]]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    folder = tmp_path_factory.mktemp("certificates")
    issuer = trustme.CA()
    issuer.cert_pem.write_to_path(folder / "ca.pem")
    certificates = {}
    for name in ("127.0.0.1", "other.example"):
        made = issuer.issue_cert(name)
        files = (folder / f"{name}.pem", folder / f"{name}.key")
        made.cert_chain_pems[0].write_to_path(files[0])
        made.private_key_pem.write_to_path(files[1])
        certificates[name] = (str(files[0]), str(files[1]))
    return Authority(folder / "ca.pem", certificates)


@pytest.fixture(params=["127.0.0.1", "other.example"])
def sim(request: pytest.FixtureRequest, authority: Authority) -> Iterator[Simulator]:
    """A server whose certificate is for this name."""
    with use_clock(FakeClock()), Simulator(tls=authority.certificates[request.param], create_open=True) as simulator:
        yield simulator


def make_auth(sim: Simulator, **options: Any) -> dict[str, Any]:
    login = {"universal_auth_client_id": sim.admin.client_id, "universal_auth_client_secret": sim.admin.client_secret}
    named = {"project_id": sim.project_id, "integration": SERVICE, "access_id": "x", "access_token": "a-token"}
    return run_module("infisical_integration_auth", {"url": sim.url, **login, **named, **options}, [])


@pytest.mark.parametrize("sim", ["127.0.0.1"], indirect=True)
def test_a_known_authority_and_the_right_name_pass(sim: Simulator, authority: Authority) -> None:
    assert make_auth(sim, ca_path=str(authority.path))["changed"] is True


@pytest.mark.parametrize(
    ("sim", "knows"), [("127.0.0.1", False), ("other.example", True), ("other.example", False)], indirect=["sim"]
)
@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
def test_anything_else_is_told_and_gets_nothing(
    sim: Simulator, authority: Authority, knows: bool, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Who may be trusted says the task, not a variable.
    monkeypatch.setenv(variable, str(authority.path))
    result = make_auth(sim, **({"ca_path": str(authority.path)} if knows else {}))
    assert result["failed"] is True
    assert result["msg"].startswith(f"The TLS certificate of {sim.url} is not trusted (")
    assert result["msg"].endswith("Specify the CA that signed it in ca_path.")
    assert sim.requests == []


def test_timeout_limits_the_whole_answer(authority: Authority) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.certificates["127.0.0.1"])
    drops = b"HTTP/1.1 200 OK\r\n" + b"X-Slow: x\r\n" * 500
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def drip() -> None:
            with (
                contextlib.suppress(OSError),
                context.wrap_socket(listener.accept()[0], server_side=True) as connection,
            ):
                for drop in drops:
                    connection.sendall(bytes([drop]))
                    time.sleep(0.05)

        threading.Thread(target=drip, daemon=True).start()
        started = time.monotonic()
        login = {"universal_auth_client_id": "any", "universal_auth_client_secret": "any"}
        server = {"url": f"https://127.0.0.1:{listener.getsockname()[1]}", "ca_path": str(authority.path)}
        result = run_module("infisical_login", {**server, **login, "timeout": 0.5, "retries": 0}, [])
    assert time.monotonic() - started < 2
    assert result["msg"].endswith(" did not respond within 0.5 seconds (option timeout).")
