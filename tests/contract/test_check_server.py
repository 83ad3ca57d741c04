# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""make check-server: servers and files that it is given, what it prints, and what it finds in whole documents."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest import mock

import check_server
import compare_catalogue
import openapi
import pytest
import requests
import responses
import trustme
from contract.documents import MISSING, TEXT, found, obj, operation, simulated

from simulator import Simulator
from simulator.generations import GENERATIONS

URL = "https://infisical.example.com"
DOCUMENT = f"{URL}/api/docs/json"
SHARED = Path(__file__).resolve().parents[3] / "shared" / "contract"
EXCERPTS = Path(os.environ.get("INFISICAL_CONTRACT_DIR") or SHARED) / "openapi"


@pytest.mark.parametrize(
    "options", [*({"generation": name} for name in GENERATIONS), {"generation": "2026", "newest": True}]
)
def test_nothing_is_wrong_on_a_simulated_server(options: dict[str, Any]) -> None:
    raw = simulated(**options)
    findings, missing = check_server.compare(openapi.Document(raw))
    assert [line for line in found(iter(findings)) if line.startswith("FAULT")] == []
    assert missing == (["app connections", "secret syncs"] if options["generation"].startswith("2024") else [])


def test_a_simulated_server_is_asked(capsys: pytest.CaptureFixture[str]) -> None:
    with Simulator(generation="2024") as sim:
        status = check_server.main([sim.url])
        [request] = sim.requests
    assert (request["method"], request["path"], request["query"]) == ("GET", "/api/docs/json", {})
    assert "authorization" not in request["headers"]
    assert status == 1
    lines = capsys.readouterr().out.splitlines()
    assert f"  PATCH /api/v1/integration-auth/{{id}}: {MISSING} an integration auth can't be updated." in lines
    assert lines[-1] == "Not compared, as the document has nothing of it: app connections, secret syncs."


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """The document of a simulated server in a file."""
    file = tmp_path / "document.json"
    file.write_text(json.dumps(simulated(generation="2026")))
    return file


NOTE, FAULT = compare_catalogue.note("a", "b"), compare_catalogue.fault("c", "d")


@pytest.mark.parametrize(("findings", "status"), [([], 0), ([NOTE], 1), ([NOTE, FAULT], 2)])
@pytest.mark.parametrize("as_json", [False, True])
def test_the_exit_status_tells_the_worst(
    findings: list, status: int, as_json: bool, saved: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr(check_server, "compare", lambda _document: (findings, ["logins"]))
    assert check_server.main([str(saved), *(["--json"] if as_json else [])]) == status
    printed = capsys.readouterr().out
    if as_json:
        assert json.loads(printed) == {
            "status": status,
            "faults": [{"subject": "c", "text": "d"}] if status == 2 else [],
            "notes": [{"subject": "a", "text": "b"}] if status else [],
            "not_compared": ["logins"],
        }
        return
    lines = {0: ["Nothing differs."], 1: ["  a: b."], 2: ["  a: b.", "  c: d."]}[status]
    assert [line for line in printed.splitlines() if line in ("Nothing differs.", "  a: b.", "  c: d.")] == lines[::-1]


def refusal(capsys: Any, *arguments: str) -> str:
    """Run the program, which can't compare anything, and return what it says: one line."""
    with pytest.raises(SystemExit, match="3"):
        check_server.main(list(arguments))
    printed = capsys.readouterr()
    assert printed.out == ""
    [line] = printed.err.splitlines()
    return line


ANSWERS = {
    "a web page": (
        {"body": "<html>"},
        f"{URL} answered no JSON: is it the address, or the saved /api/docs/json, of an",
    ),
    "other JSON": (
        {"json": []},
        f"{URL} answered JSON that is no OpenAPI document: is it /api/docs/json of an Infisical",
    ),
    "another API": (
        {"json": {"openapi": "3.0.3", "paths": {"/api/v1/pets": {}}}},
        f"{URL} answered the OpenAPI document of something else: it has neither",
    ),
    "an error": ({"status": 502}, f"GET {DOCUMENT} was answered with 502: is it an Infisical server?"),
    "a login": (
        {"status": 302, "headers": {"Location": "/login?next=%2F"}},
        f"{DOCUMENT} redirects to {URL}/login?next=%2F: specify the address that serves the API itself; if that is a",
    ),
    "nothing": (
        {"body": requests.ConnectionError("refused")},
        f"{URL} can't be reached (refused): is it the address of",
    ),
    "late": ({"body": requests.ReadTimeout("late")}, f"{URL} didn't answer within 30 seconds: is it the address of a"),
}


@pytest.mark.parametrize(("answer", "expected"), ANSWERS.values(), ids=ANSWERS)
def test_a_server_that_is_none_is_said_to_be(answer: dict[str, Any], expected: str, capsys: Any) -> None:
    with responses.RequestsMock() as http:
        http.add("GET", DOCUMENT, **answer)
        assert refusal(capsys, URL).startswith(expected)
        assert len(http.calls) == 1


def test_a_document_that_is_too_large_is_refused(capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_server, "LARGEST", 1024 * 1024)
    with responses.RequestsMock() as http:
        http.add("GET", DOCUMENT, body="x" * 1024 * 1024 + "x")
        assert refusal(capsys, URL) == f"{DOCUMENT} answered with more than 1 MB."


@pytest.mark.parametrize("arguments", [(), ("--suggest", "shelf")])
def test_a_schema_that_leads_back_to_itself_is_refused(arguments: tuple, tmp_path: Path, capsys: Any) -> None:
    body = obj("", destinationConfig={"anyOf": [{"$ref": "#/components/Again"}]})
    again = {"anyOf": [{"$ref": "#/components/Again"}]}
    paths = {"/api/v1/secret-syncs/shelf": {"post": operation(body)}}
    file = tmp_path / "document.json"
    file.write_text(json.dumps({"openapi": "3.1.0", "paths": paths, "components": {"Again": again}}))
    line = refusal(capsys, str(file), *arguments)
    assert line == "POST /api/v1/secret-syncs/shelf: A schema leads back to itself, or is nested too deep."


@pytest.mark.parametrize("arguments", [(), ("--suggest", "flyio")])
def test_a_part_that_leads_back_to_itself_is_said_to_be_where_it_is(arguments: tuple, saved: Path, capsys: Any) -> None:
    """An operation is read without what is deep in it; that is met as it is compared."""
    whole = json.loads(saved.read_text())
    body_of(whole, "/api/v1/secret-syncs/flyio")["properties"]["destinationConfig"] = {
        "allOf": [obj("", appId={"anyOf": [{"$ref": "#/components/None"}]})]
    }
    saved.write_text(json.dumps(whole))
    line = refusal(capsys, str(saved), *arguments)
    assert "flyio: The reference '#/components/None' leads to nothing in the document." in line


@pytest.mark.parametrize("arguments", [(), ("--suggest", "flyio")])
def test_what_nobody_foresaw_is_one_line(
    arguments: tuple, saved: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = mock.Mock(side_effect=TypeError("unhashable\ntype: 'dict'"))
    monkeypatch.setattr(check_server, "compare", odd)
    monkeypatch.setattr(check_server, "suggestion", odd)
    line = refusal(capsys, str(saved), *arguments)
    assert line.startswith("The document can't be compared (TypeError: unhashable type: 'dict'): please report that")


SOURCES = {
    "no file": (
        "/nowhere/document.json",
        "/nowhere/document.json is neither the URL of a server (https://host) nor a file.",
    ),
    "no scheme": ("infisical.example.com", "infisical.example.com is neither the URL of a server (https://host) nor a"),
    "nothing": ("", "Specify the URL of a server (https://host) or a file: make check-server URL=https://host."),
    "a password": ("https://me:pw@infisical.example.com", "url must not contain a user name or password"),
    "a query": ("https://infisical.example.com/?a=1", "url must not contain a query or a fragment"),
}


@pytest.mark.parametrize(("source", "expected"), SOURCES.values(), ids=SOURCES)
def test_a_source_that_is_none_is_said_to_be(source: str, expected: str, capsys: Any) -> None:
    line = refusal(capsys, source)
    assert line.startswith(expected)
    assert "pw" not in line


NO_JSON = " is no JSON: is it the address, or the saved /api/docs/json, of an Infisical server?"
NO_DOCUMENT = " is JSON that is no OpenAPI document: is it /api/docs/json of an Infisical server?"
OTHER = " is the OpenAPI document of something else: it has neither secret syncs nor native integrations of Infisical."
FILES = {
    "a login page": (b"<!doctype html><title>Login</title>", NO_JSON),
    "nothing": (b"", NO_JSON),
    "bytes": (b"\xff\xfe{", NO_JSON),
    "nested too deep": (b"[" * 100_000, NO_JSON),
    "an answer of another path": (
        b'{"message": "Route not found", "error": "Not Found", "statusCode": 404}',
        NO_DOCUMENT,
    ),
    "an older format": (b'{"swagger": "2.0", "paths": {"/api/v1/secret-syncs": {}}}', NO_DOCUMENT),
    "no paths": (b'{"openapi": "3.0.3", "paths": {}}', OTHER),
    "no operations": (b'{"openapi": "3.0.3", "paths": {"/api/v1/secret-syncs/flyio": null}}', OTHER),
}


@pytest.mark.parametrize(("content", "expected"), FILES.values(), ids=FILES)
def test_a_file_that_holds_something_else(content: bytes, expected: str, tmp_path: Path, capsys: Any) -> None:
    file = tmp_path / "document.json"
    file.write_bytes(content)
    assert refusal(capsys, str(file)) == f"{file}{expected}"


def test_a_file_that_may_not_be_read(saved: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "read_bytes", mock.Mock(side_effect=PermissionError(13, "Permission denied")))
    assert refusal(capsys, str(saved)) == f"{saved} can't be read: Permission denied."


def test_what_a_document_names_is_shown_on_one_line(tmp_path: Path, capsys: Any) -> None:
    odd = {"a\nFaults: none": TEXT, "\x1b[31mred": TEXT, "\ud800": TEXT}
    paths = {"/api/v1/secret-syncs/flyio": {"post": operation(obj("", destinationConfig=obj("", **odd)))}}
    file = tmp_path / "document.json"
    file.write_text(json.dumps({"openapi": "3.0.3", "paths": paths}))
    assert check_server.main([str(file)]) == 2
    printed = capsys.readouterr().out
    printed.encode()
    assert "  destination flyio, a Faults: none: this server takes it" in printed
    assert "\x1b" not in printed


def test_references_that_lead_back_to_themselves(tmp_path: Path, capsys: Any) -> None:
    first, second = {"$ref": "#/components/schemas/B"}, {"$ref": "#/components/schemas/A"}
    paths = {"/api/v1/secret-syncs/shelf": {"post": operation({"$ref": "#/components/schemas/A"})}}
    file = tmp_path / "document.json"
    schemas = {"A": first, "B": second}
    file.write_text(json.dumps({"openapi": "3.0.3", "paths": paths, "components": {"schemas": schemas}}))
    assert refusal(capsys, str(file)) == (
        "POST /api/v1/secret-syncs/shelf: The reference '#/components/schemas/A' of the document leads back to itself."
    )


@pytest.mark.parametrize("url", [URL, URL.replace("https", "HTTPS"), f"{URL}/", f"{URL}/api", f"{URL}/api/docs/json"])
def test_the_address_of_the_document_will_do(url: str) -> None:
    with responses.RequestsMock() as http:
        http.add("GET", DOCUMENT, json={"openapi": "3.0.3", "paths": {"/api/v1/secret-syncs": {}}})
        assert list(check_server.read(url).paths) == ["/api/v1/secret-syncs"]


def test_a_file_may_begin_with_a_dash(saved: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.chdir(saved.parent)
    saved.rename(saved.parent / "-x.json")
    assert check_server.main(["--suggest=", "--", "-x.json"]) == 1
    assert "Notes: other on this server" in capsys.readouterr().out


@pytest.mark.skipif(not shutil.which("make"), reason="make is not on this machine")
@pytest.mark.parametrize("name", ["o'd d.json", 'a"b.json', "a$b.json", "a`touch made`", "$(shell touch made)"])
def test_neither_make_nor_its_shell_reads_what_it_is_given(name: str, tmp_path: Path) -> None:
    file = tmp_path / name
    file.write_text("{}")
    root = Path(check_server.__file__).parents[2]
    bin_ = tmp_path / "bin"
    bin_.mkdir()
    # It shows what it was given.
    (bin_ / "python").write_text('#!/bin/sh\nshift\nprintf "%s\\n" "$@"\n')
    (bin_ / "python").chmod(0o755)
    command = ["make", "-f", str(root / "Makefile"), "-o", ".venv/.demo", "check-server"]
    given = [f"BIN={bin_}", f"URL={file}", f"SUGGEST={name}"]
    done = subprocess.run([*command, *given], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.splitlines() == [f"--suggest={name}", "--", str(file)]
    assert not (tmp_path / "made").exists()


def test_no_credentials_are_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine infisical.example.com login me password pw\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with responses.RequestsMock() as http:
        http.add("GET", DOCUMENT, json={"openapi": "3.0.3", "paths": {"/api/v1/secret-syncs": {}}})
        check_server.read(URL)
        assert "Authorization" not in http.calls[0].request.headers


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--timeout", "0"], "--timeout must be a positive number of seconds, not 0."),
        (["--timeout", "nan"], "--timeout must be a positive number of seconds, not nan."),
        (["--timeout", "soon"], "argument --timeout: invalid float value: 'soon'"),
        (["--ca-path", "/nowhere"], "--ca-path: /nowhere doesn't exist."),
    ],
)
def test_an_option_that_is_wrong_is_named(arguments: list[str], expected: str, capsys: Any) -> None:
    assert refusal(capsys, URL, *arguments) == expected


def test_certificates_are_verified(tmp_path: Path, capsys: Any) -> None:
    issuer = trustme.CA()
    made = issuer.issue_cert("127.0.0.1")
    files = [str(tmp_path / name) for name in ("ca.pem", "cert.pem", "key.pem")]
    issuer.cert_pem.write_to_path(files[0])
    made.cert_chain_pems[0].write_to_path(files[1])
    made.private_key_pem.write_to_path(files[2])
    with Simulator(generation="2024", tls=(files[1], files[2])) as sim:
        line = refusal(capsys, sim.url)
        assert check_server.main([sim.url, "--ca-path", files[0]]) == 1
    assert line.startswith(f"The certificate of {sim.url} can't be verified (")
    assert line.endswith("): --ca-path names a file with the certificate of its authority.")


def test_a_server_without_certificates_is_said_to_be(capsys: Any) -> None:
    with Simulator(generation="2024") as sim:
        url = sim.url.replace("http:", "https:")
        assert refusal(capsys, url) == f"{url} does not answer with TLS: is it http:// instead of https://?"


def test_a_suggestion_for_what_the_document_lacks(capsys: pytest.CaptureFixture[str], saved: Path) -> None:
    with pytest.raises(SystemExit, match="3"):
        check_server.main([str(saved), "--suggest", "databrick"])
    assert capsys.readouterr().err == (
        "The document has neither a destination nor an app 'databrick'. Did you mean databricks?\n"
    )


def body_of(whole: dict[str, Any], path: str) -> dict[str, Any]:
    """Return the schema of what POST sends to a path."""
    return whole["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]


def test_a_document_that_is_broken(capsys: Any, saved: Path) -> None:
    """The worst decides the exit status, and each line tells where and what."""
    whole = json.loads(saved.read_text())
    before, _missing = check_server.compare(openapi.Document(json.loads(saved.read_text())))
    del whole["paths"]["/api/v1/integration/{id}"]["delete"]
    del whole["paths"]["/api/v1/auth/oidc-auth/login"]
    del body_of(whole, "/api/v1/integration-auth/access-token")["properties"]["namespace"]
    chest = body_of(whole, "/api/v1/secret-syncs/flyio")["properties"]["destinationConfig"]
    chest["properties"] |= {"shelf": TEXT, "glue": TEXT}
    chest["required"].append("shelf")
    del chest["properties"]["appId"]
    saved.write_text(json.dumps(whole))
    assert check_server.main([str(saved), "--json"]) == 2
    told = json.loads(capsys.readouterr().out)
    assert {f"{one['subject']}: {one['text']}" for one in told["faults"]} == {
        "DELETE /api/v1/integration/{id}: not in this server's document",
        "POST /api/v1/integration-auth/access-token, namespace: unknown on this server",
        "destination flyio, app_id: unknown on this server",
        "destination flyio, shelf: this server takes it, and is required; the catalogue lacks it",
    }
    notes = {f"{one['subject']}: {one['text']}" for one in told["notes"]}
    assert notes - {f"{one.subject}: {one.text}" for one in before} == {
        f"POST /api/v1/auth/oidc-auth/login: {MISSING} auth_method oidc_auth can't be used",
        "destination flyio, glue: this server takes it; the catalogue lacks it",
    }


def test_areas_under_another_version(saved: Path, capsys: Any) -> None:
    paths = simulated(generation="2026")["paths"]
    renamed = {path.replace("/api/v1/", "/api/v2/"): item for path, item in paths.items()}
    saved.write_text(json.dumps({"openapi": "3.0.3", "paths": renamed}))
    assert check_server.main([str(saved), "--json"]) == 2
    told = json.loads(capsys.readouterr().out)
    assert told["not_compared"] == []
    faults = {one["subject"]: one["text"] for one in told["faults"]}
    synced = "not compared, as this server has /api/v2/secret-syncs, and the collection uses /api/v1/secret-syncs"
    assert faults["secret syncs"] == synced
    assert faults["app connections"] == synced.replace("secret-syncs", "app-connections")
    assert faults.keys() >= {"app connections", "native integrations", "logins"}
    # Old servers have one of its paths under this version.
    assert "projects and folders" not in faults


def test_what_the_catalogue_lacks_has_no_faults() -> None:
    whole = simulated(generation="2026")
    before, _missing = check_server.compare(openapi.Document(simulated(generation="2026")))
    created = obj("spot", destinationConfig=obj("spot", spot=TEXT), spot=TEXT)
    whole["paths"] |= {
        "/api/v1/secret-syncs/shelf": {"post": operation(created)},
        "/api/v1/app-connections/shop": {"post": operation(obj("method spot", method=TEXT, spot=TEXT))},
        "/api/v1/app-connections/shop/{connectionId}": {"patch": operation(obj("spot", spot=TEXT))},
    }
    findings, _missing = check_server.compare(openapi.Document(whole))
    assert {*found(iter(findings))} - {*found(iter(before))} == {
        "note destination shelf: the catalogue lacks it: --suggest prints an entry",
        "note app shop: the catalogue lacks it: --suggest prints an entry",
    }


def test_some_paths_under_another_version() -> None:
    paths = simulated(generation="2026")["paths"]
    moved = ("/api/v1/secret-syncs/github", "/api/v1/integration/{id}/sync")
    renamed = {
        path.replace("/api/v1/", "/api/v2/"): item
        for path, item in paths.items()
        if path.startswith(moved) or path == "/api/v1/secret-syncs"
    }
    kept = {path: item for path, item in paths.items() if not path.startswith((*moved, "/api/v1/secret-syncs/"))}
    findings, _missing = check_server.compare(openapi.Document({"paths": {**kept, **renamed}}))
    faults = [line for line in found(iter(findings)) if line.startswith("FAULT")]
    there = "not in this server's document, which has"
    assert f"FAULT POST /api/v1/integration/{{id}}/sync: {there} /api/v2/integration/{{}}/sync" in faults
    assert f"FAULT POST /api/v1/secret-syncs/{{destination}}: {there} /api/v2/secret-syncs/github" in faults


@pytest.mark.skipif(not EXCERPTS.is_dir(), reason=f"{EXCERPTS} is not on this machine")
def test_excerpts_of_real_documents() -> None:
    old = check_server.compare(check_server.read(str(EXCERPTS / "2024-10-16.json")))
    assert [one for one in old[0] if one.is_fault] == []
    assert old[1] == ["app connections", "secret syncs"]
    findings, missing = check_server.compare(check_server.read(str(EXCERPTS / "assembled-2026.json")))
    assert missing == ["logins", "native integrations", "projects and folders"]
    # Its schemas of GitHub are not from sources, and the others lack what came later.
    faults = [line for line in found(iter(findings)) if line.startswith("FAULT")]
    assert [line for line in faults if "github" not in line] == [
        "FAULT app aws, method assume-role, sts_endpoint: unknown on this server",
    ]


def taken(document: openapi.Document, schemas: tuple) -> Any:
    """Return what may be sent: of an object its required and all fields, of other values their kinds and choices."""
    found = compare_catalogue.grouped(document.forms(schemas))
    if found.fields:
        return sorted(found.required), {name: taken(document, inner) for name, inner in found.fields.items()}
    chosen = openapi.values(schemas)
    return sorted(openapi.kinds(schemas)), sorted(chosen) if chosen else None


def operations(document: openapi.Document) -> dict[str, Any]:
    """Return what each endpoint takes: whether a query parameter is required, and the body's fields."""
    made = {}
    for path in document.paths:
        for method in ("GET", "POST", "PATCH", "DELETE"):
            if operation := document.operation(method, path):
                body = compare_catalogue.grouped(operation.body)
                fields = {name: taken(document, schemas) for name, schemas in body.fields.items()}
                made[f"{method} {openapi.plain(path)}"] = (dict(operation.query), sorted(body.required), fields)
    return made


@pytest.mark.skipif(not EXCERPTS.is_dir(), reason=f"{EXCERPTS} is not on this machine")
def test_a_simulated_document_is_the_real_one_of_2024() -> None:
    real = operations(check_server.read(str(EXCERPTS / "2024-10-16.json")))
    made = operations(openapi.Document(simulated(generation="2024-10-16")))
    # The older name of path.
    assert real["GET /api/v1/folders"][0].pop("directory") is False
    assert len(made.keys() & real) > 15
    assert {call: made[call] for call in made.keys() & real} == {call: real[call] for call in made.keys() & real}
    # The real document leaves out what has no tag, such as the project by its slug, which that server answers.
    assert made.keys() - real == {
        "GET /api/docs/json",
        "GET /api/status",
        *(f"POST /api/v1/auth/{name}-auth/login" for name in ("aws", "azure", "gcp")),
        "GET /api/v1/integration-auth/{}/apps",
        "GET /api/v2/workspace/{}",
        # The excerpt is of the paths that were in use when it was made: these came later, and are read from sources.
        "GET /api/v1/workspace",
        "GET /api/v3/secrets/raw",
    }


def test_a_pipe_that_nobody_reads() -> None:
    """Nothing is said of it, as in a pipe to head."""
    read_end, write_end = os.pipe()
    os.close(read_end)
    with Simulator() as sim:
        command = [sys.executable, check_server.__file__, sim.url]
        done = subprocess.run(command, stdout=write_end, stderr=subprocess.PIPE, text=True, check=False)
    os.close(write_end)
    assert (done.returncode, done.stderr) == (128 + signal.SIGPIPE, "")
