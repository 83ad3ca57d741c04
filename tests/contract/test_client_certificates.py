# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Client certificates: a server that requires one, one that asks for it, and files that can't be used."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import trustme
from ansible_collections.community.infisical.plugins.module_utils._http import transport
from cryptography.hazmat.primitives import serialization
from playbooks.services import done, run

from simulator import Simulator

INFO = "infisical_integration_auth_info"
NOWHERE = "https://127.0.0.1:1"


@dataclass(frozen=True)
class Files:
    """A folder with certificates and keys of the test's own CA, and of another one; `keys` are what no output shows."""

    folder: Path
    keys: list[str] = field(default_factory=list)

    def __call__(self, name: str) -> str:
        return str(self.folder / name)

    def add(self, issuer: trustme.CA, name: str, address: str) -> None:
        made = issuer.issue_cert(address)
        made.cert_chain_pems[0].write_to_path(self(f"{name}.pem"))
        made.private_key_pem.write_to_path(self(f"{name}.key"))
        made.private_key_and_cert_chain_pem.write_to_path(self(f"{name}-both.pem"))
        self.keys.extend(made.private_key_pem.bytes().decode().splitlines()[1:-1])


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    found = Files(tmp_path_factory.mktemp("certificates"))
    authority, foreign = trustme.CA(), trustme.CA()
    authority.cert_pem.write_to_path(found("ca.pem"))
    found.add(authority, "server", "127.0.0.1")
    found.add(authority, "client", "deploy@example.com")
    found.add(authority, "second", "second@example.com")
    found.add(foreign, "foreign", "foreign@example.com")
    key = serialization.load_pem_private_key(Path(found("client.key")).read_bytes(), None)
    for name, form in (
        ("pkcs8", serialization.PrivateFormat.PKCS8),
        ("old", serialization.PrivateFormat.TraditionalOpenSSL),
    ):
        locked = key.private_bytes(serialization.Encoding.PEM, form, serialization.BestAvailableEncryption(b"pw"))
        Path(found(f"{name}-locked.key")).write_bytes(locked)
    certificate = Path(found("client.pem"))
    Path(found("both-locked.pem")).write_bytes(certificate.read_bytes() + Path(found("pkcs8-locked.key")).read_bytes())
    Path(found("client.der")).write_bytes(ssl.PEM_cert_to_DER_cert(certificate.read_text()))
    Path(found("cut.pem")).write_text(certificate.read_text()[:200] + "\n-----END CERTIFICATE-----\n")
    Path(found("empty.pem")).write_text("")
    return found


def tls(files: Files) -> dict[str, Any]:
    return {"tls": (files("server.pem"), files("server.key")), "client_ca": files("ca.pem")}


@pytest.fixture(scope="module")
def strict(files: Files) -> Iterator[Simulator]:
    """A server that takes no connection without a client certificate."""
    with Simulator(**tls(files)) as sim:
        yield sim


@pytest.fixture(scope="module")
def asking(files: Files) -> Iterator[Simulator]:
    """A server that passes a client certificate on, if there is one."""
    with Simulator(**tls(files), needs_client=False) as sim:
        sim.admin.certificate = Path(files("client.pem")).read_text()
        yield sim


WAYS = {
    "two files": ("client.pem", "client.key"),
    "one file": ("client-both.pem", None),
    "key in a file with more": ("client.pem", "client-both.pem"),
}


@pytest.mark.parametrize(("certificate", "key"), WAYS.values(), ids=WAYS)
def test_every_request_shows_the_certificate(
    strict: Simulator, files: Files, certificate: str, key: str | None
) -> None:
    strict.clear_requests()
    login = {
        "universal_auth_client_id": strict.admin.client_id,
        "universal_auth_client_secret": strict.admin.client_secret,
    }
    connection = {"auth_method": "universal_auth", "token": None, **login, "ca_path": files("ca.pem")}
    shown = {"client_cert": files(certificate), "client_key": files(key) if key else None}
    result = done(strict, INFO, project_id=strict.project_id, **connection, **shown)
    assert result["integration_auths"] == []
    assert [one["path"].rpartition("/")[2] for one in strict.requests] == ["login", "authorizations", "revoke"]
    assert not any(line in str(result) for line in files.keys)


VERSIONS = pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])


@contextlib.contextmanager
def alerting(files: Files, version: ssl.TLSVersion) -> Iterator[str]:
    """The address of a server that requires a client certificate, and says why it refuses a connection.

    The simulator does not say it: asyncio sends no alerts.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files("server.pem"), files("server.key"))
    context.load_verify_locations(files("ca.pem"))
    context.verify_mode = ssl.CERT_REQUIRED
    context.minimum_version = context.maximum_version = version

    def refuse(plain: socket.socket) -> None:
        connection = context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
        with contextlib.suppress(OSError):
            connection.do_handshake()
        # Who closes a connection before it has read all, may take the alert back.
        with socket.socket(fileno=connection.detach()) as rest:
            rest.shutdown(socket.SHUT_WR)
            while rest.recv(4096):
                pass

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                refuse(listener.accept()[0])

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)


@VERSIONS
def test_a_server_that_requires_a_certificate_and_gets_none(
    asking: Simulator, files: Files, version: ssl.TLSVersion
) -> None:
    with alerting(files, version) as url:
        result = run(asking, INFO, project_id=asking.project_id, ca_path=files("ca.pem"), url=url)
    assert result["error_kind"] == "unreachable"
    if version == ssl.TLSVersion.TLSv1_3:
        assert result["msg"] == (
            f"{url} requires a client certificate (it says: alert certificate required): specify it in client_cert (or"
            " INFISICAL_CLIENT_CERT)."
        )
    else:
        assert result["msg"].startswith(f"No TLS connection to {url} (")
        assert result["msg"].endswith(
            " If the server requires a client certificate, specify it in client_cert (or INFISICAL_CLIENT_CERT)."
        )


@VERSIONS
def test_a_certificate_of_a_ca_that_the_server_does_not_trust(
    asking: Simulator, files: Files, version: ssl.TLSVersion
) -> None:
    shown = {"client_cert": files("foreign.pem"), "client_key": files("foreign.key"), "ca_path": files("ca.pem")}
    with alerting(files, version) as url:
        result = run(asking, INFO, project_id=asking.project_id, url=url, **shown)
    assert result["msg"] == f"{url} does not accept the client certificate in client_cert (it says: alert unknown ca)."
    assert result["error_kind"] == "unreachable"


def test_the_server_is_checked_as_without_a_client_certificate(strict: Simulator, files: Files) -> None:
    strict.clear_requests()
    shown = {"client_cert": files("client.pem"), "client_key": files("client.key")}
    result = run(strict, INFO, project_id=strict.project_id, **shown)
    assert result["msg"].startswith(f"The TLS certificate of {strict.url} is not trusted (")
    assert strict.requests == []


LOCKED = "has a password, which is not supported: specify a key without one."
UNUSABLE = {
    "no file": ("none.pem", None, "client_cert '{}none.pem' can't be read: No such file or directory."),
    "a folder": (".", None, "client_cert '{}.' is not a file."),
    "not PEM": ("client.der", None, "client_cert '{}client.der' contains no certificate in PEM format"),
    "empty": ("empty.pem", None, "client_cert '{}empty.pem' contains no certificate in PEM format"),
    "a key": ("client.key", None, "client_cert '{}client.key' contains no certificate in PEM format"),
    "cut": ("cut.pem", "client.key", "client_cert '{}cut.pem' and its private key can't be loaded ("),
    "no key": (
        "client.pem",
        None,
        "client_cert '{}client.pem' contains no private key: specify the file with the key",
    ),
    "no file with a key": ("client.pem", "none.key", "client_key '{}none.key' can't be read: No such file"),
    "a certificate as key": ("client.pem", "client.pem", "client_key '{}client.pem' contains no private key in PEM"),
    "a locked key": (
        "client.pem",
        "pkcs8-locked.key",
        f"The private key in client_key '{{}}pkcs8-locked.key' {LOCKED}",
    ),
    "an older locked key": (
        "client.pem",
        "old-locked.key",
        f"The private key in client_key '{{}}old-locked.key' {LOCKED}",
    ),
    "a locked key in one file with the certificate": (
        "both-locked.pem",
        None,
        f"The private key in client_cert '{{}}both-locked.pem' {LOCKED}",
    ),
    "a key of another": (
        "client.pem",
        "second.key",
        "The private key in client_key '{}second.key' does not belong to the certificate in client_cert '{}client.pem'",
    ),
}


@pytest.mark.parametrize(("certificate", "key", "message"), UNUSABLE.values(), ids=UNUSABLE)
def test_files_that_can_not_be_used(
    asking: Simulator, files: Files, certificate: str, key: str | None, message: str
) -> None:
    shown = {"client_cert": f"{files.folder}/{certificate}", "client_key": files(key) if key else None}
    result = run(asking, INFO, project_id=asking.project_id, url=NOWHERE, **shown)
    assert result["msg"].startswith(message.replace("{}", f"{files.folder}/"))
    assert result["error_kind"] == "input"
    assert not any(line in str(result) for line in files.keys)


def test_a_pipe_is_not_waited_for(asking: Simulator, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    result = run(asking, INFO, project_id=asking.project_id, url=NOWHERE, client_cert=str(tmp_path / "pipe"))
    assert result["msg"] == f"client_cert '{tmp_path}/pipe' is not a file."


def log_in(sim: Simulator, files: Files, name: str = "client", **options: Any) -> dict[str, Any]:
    login = {"auth_method": "tls_cert_auth", "token": None, "identity_id": sim.admin.identity_id}
    shown = {"client_cert": files(f"{name}-both.pem"), "ca_path": files("ca.pem")}
    return run(sim, INFO, project_id=sim.project_id, **{**login, **shown, **options})


def test_login_by_the_certificate(asking: Simulator, files: Files) -> None:
    assert log_in(asking, files)["integration_auths"] == []
    assert asking.live_tokens() == []


def test_login_by_a_certificate_of_another(asking: Simulator, files: Files) -> None:
    result = log_in(asking, files, "second")
    assert result["msg"] == (
        f"Login by tls_cert_auth at {asking.url} was refused: Access denied: Certificate not issued by the provided CA."
        " Check the credentials, and that they belong to this server."
    )


def test_login_where_no_certificate_is_passed_on(files: Files) -> None:
    with Simulator(tls=tls(files)["tls"]) as sim:
        result = log_in(sim, files)
    assert result["error_kind"] == "login"
    assert result["msg"] == (
        f"Login by tls_cert_auth at {sim.url} was refused: Missing TLS certificate in header. The proxy that terminates"
        " TLS in front of the server does not forward client certificates: it may do so on another port"
        " (Infisical Cloud: 8443)."
    )


def test_a_file_that_goes_while_a_task_runs(asking: Simulator, files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = files.folder / "copy.pem"
    copy.write_text(Path(files("client-both.pem")).read_text())
    real = transport.new_session

    def gone() -> Any:
        copy.unlink()
        return real()

    monkeypatch.setattr("ansible_collections.community.infisical.plugins.module_utils._http.client.new_session", gone)
    result = log_in(asking, files, client_cert=str(copy))
    assert result["msg"] == (
        "POST /api/v1/auth/tls-cert-auth/login was not sent: a file in client_cert or client_key no longer exists."
    )
