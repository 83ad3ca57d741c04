# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare what the collection says of Infisical's API with the OpenAPI document of a server.

Every Infisical serves the document at /api/docs/json, to everyone: no credentials are needed, and none are sent.

Exit status: 0, nothing differs; 1, notes only: what this server has and the collection lacks, limits that are left to
it, or what it is too old for; 2, faults: what the collection says or does is wrong for this server; 3, it could not be
compared.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urljoin

import collection_tree
import requests

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(collection_tree.build(ROOT, ROOT / ".cache" / "collections"))]

from ansible_collections.community.infisical.plugins.module_utils._errors import (  # noqa: E402
    InfisicalError,
    clean_name,
    clean_text,
)
from ansible_collections.community.infisical.plugins.module_utils._http.server import base_url  # noqa: E402
from ansible_collections.community.infisical.tests.unit.plugins.endpoints import (  # noqa: E402
    AREAS,
    CONNECTIONS,
    ENDPOINTS,
    NATIVE,
    SYNCS,
)
from compare_catalogue import (  # noqa: E402
    Finding,
    compare_apps,
    compare_destinations,
    compare_services,
)
from compare_kinds import areas_in, compare_endpoints, moved_areas  # noqa: E402
from openapi import Document, DocumentError  # noqa: E402
from printing import exit_with  # noqa: E402
from suggest import suggestion  # noqa: E402

PATH = "/api/docs/json"
# Seconds without a byte, unless others are specified; a server makes the document in less than one.
TIMEOUT = 30.0
# Bytes; documents of today have 2 MB.
LARGEST = 100 * 1024 * 1024
CATALOGUES = {SYNCS: compare_destinations, CONNECTIONS: compare_apps, NATIVE: compare_services}


def read(source: str, timeout: float = TIMEOUT, ca_path: str | None = None) -> Document:
    """Return the document at the URL of a server, or in a file. Raises DocumentError."""
    if not source.strip():
        raise DocumentError("Specify the URL of a server (https://host) or a file: make check-server URL=https://host.")
    if source.lower().startswith(("http://", "https://")):
        text, what = _fetched(source, timeout, ca_path), f"{clean_text(source, 200)} answered"
    elif Path(source).is_file():
        text, what = _saved(source), f"{source} is"
    else:
        raise DocumentError(f"{clean_text(source, 200)} is neither the URL of a server (https://host) nor a file.")
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError):
        raise DocumentError(
            f"{what} no JSON: is it the address, or the saved {PATH}, of an Infisical server?"
        ) from None
    if not isinstance(raw, dict) or not isinstance(raw.get("paths"), dict) or "openapi" not in raw:
        raise DocumentError(f"{what} JSON that is no OpenAPI document: is it {PATH} of an Infisical server?")
    document = Document(raw)
    if not (areas_in(document) | moved_areas(document).keys()) & set(AREAS.values()):
        raise DocumentError(
            f"{what} the OpenAPI document of something else: it has neither secret syncs nor native integrations of"
            " Infisical."
        )
    return document


def _saved(file: str) -> bytes:
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise DocumentError(f"{file} can't be read: {error.strerror}.") from None


def _fetched(url: str, timeout: float, ca_path: str | None) -> bytes:
    try:
        base = base_url(url.rstrip("/").removesuffix("/docs/json"), allow_plaintext=True)
    except InfisicalError as error:
        raise DocumentError(str(error)) from None
    address = f"{base}{PATH}"
    headers = {"Accept": "application/json"}
    try:
        with requests.Session() as session:
            # Credentials in a .netrc are not this server's to see.
            session.auth = _no_credentials
            verify = ca_path or True
            options: dict[str, Any] = {"timeout": timeout, "verify": verify, "stream": True, "allow_redirects": False}
            with session.get(address, headers=headers, **options) as answer:
                _check_answer(answer, address)
                content = b"".join(_limited(answer.iter_content(65536), address))
    except requests.exceptions.SSLError as error:
        if "WRONG_VERSION_NUMBER" in str(error):
            raise DocumentError(f"{base} does not answer with TLS: is it http:// instead of https://?") from None
        hint = "--ca-path names a file with the certificate of its authority"
        raise DocumentError(
            f"The certificate of {base} can't be verified ({clean_text(error, 200)}): {hint}."
        ) from None
    except requests.exceptions.Timeout:
        raise DocumentError(
            f"{base} didn't answer within {timeout:g} seconds: is it the address of a server?"
        ) from None
    except (requests.exceptions.RequestException, OSError) as error:
        raise DocumentError(
            f"{base} can't be reached ({clean_text(error, 200)}): is it the address of a server?"
        ) from None
    return content


def _no_credentials(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _check_answer(answer: requests.Response, address: str) -> None:
    if answer.is_redirect or answer.is_permanent_redirect:
        target = clean_text(urljoin(address, answer.headers["Location"]), 200)
        raise DocumentError(
            f"{address} redirects to {target}: specify the address that serves the API itself; if that is a login, save"
            f" {PATH} to a file with a browser, and specify the file."
        )
    if answer.status_code != 200:
        raise DocumentError(f"GET {address} was answered with {answer.status_code}: is it an Infisical server?")


def _limited(chunks: Iterable[bytes], address: str) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > LARGEST:
            raise DocumentError(f"{address} answered with more than {LARGEST // 1024 // 1024} MB.")
        yield chunk


def compare(document: Document) -> tuple[list[Finding], list[str]]:
    """Return all differences, faults first, and the areas that the document has nothing of. Raises DocumentError."""
    areas, moved = areas_in(document), moved_areas(document)
    found = [*moved.values(), *compare_endpoints(document, areas)]
    for area, compare_catalogue in CATALOGUES.items():
        if area in areas:
            found += compare_catalogue(document)
    return (
        sorted(found, key=lambda one: (not one.is_fault, one.subject, one.text)),
        sorted({one.area for one in ENDPOINTS} - areas - moved.keys()),
    )


def status_of(findings: Iterable[Finding]) -> int:
    """Return the exit status for differences."""
    return max((2 if one.is_fault else 1 for one in findings), default=0)


def report(findings: list[Finding], missing: list[str]) -> Iterator[str]:
    """Yield the lines that tell a person what differs."""
    for title, is_fault in (("Faults: wrong on this server", True), ("Notes: other on this server", False)):
        chosen = [one for one in findings if one.is_fault is is_fault]
        if chosen:
            yield f"{title} ({len(chosen)})"
            # A document can hold anything.
            yield from (f"  {clean_name(f'{one.subject}: {one.text}', 2000)}." for one in chosen)
            yield ""
    if missing:
        yield f"Not compared, as the document has nothing of it: {', '.join(missing)}."
    if not findings:
        yield "Nothing differs."


def as_json(findings: list[Finding], missing: list[str], status: int) -> str:
    """Return the same for a program."""
    by_severity = {
        name: [{"subject": one.subject, "text": one.text} for one in findings if one.is_fault is is_fault]
        for name, is_fault in (("faults", True), ("notes", False))
    }
    return json.dumps({"status": status, **by_severity, "not_compared": missing}, indent=2)


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(3, f"{message}\n")


def main(arguments: list[str] | None = None) -> int:
    about, _blank, rest = (__doc__ or "").partition("\n\n")
    parser = Parser(description=about, epilog=rest, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", help="the URL of a server, or a file with its document")
    parser.add_argument("--json", action="store_true", help="print JSON, for a program")
    parser.add_argument("--suggest", metavar="SLUG", help="print the catalogue's entries for a destination or an app")
    parser.add_argument("--timeout", type=float, default=TIMEOUT, metavar="SECONDS", help="default: %(default)g")
    parser.add_argument("--ca-path", metavar="FILE", help="certificates to trust instead of the system's")
    given = parser.parse_args(arguments)
    if not given.timeout > 0:
        parser.error(f"--timeout must be a positive number of seconds, not {given.timeout:g}.")
    if given.ca_path and not Path(given.ca_path).exists():
        parser.error(f"--ca-path: {given.ca_path} doesn't exist.")
    try:
        text, status = _made(given)
    except DocumentError as error:
        parser.exit(3, f"{error}\n")
    # A document can hold anything, and who runs this in CI reads the exit status.
    except Exception as error:  # noqa: BLE001
        what = f"{type(error).__name__}: {clean_text(error, 200)}"
        parser.exit(3, f"The document can't be compared ({what}): please report that, with the document.\n")
    print(text)
    return status


def _made(given: argparse.Namespace) -> tuple[str, int]:
    """Return what is to be printed, and the exit status. Raises DocumentError."""
    document = read(given.source, given.timeout, given.ca_path)
    if given.suggest:
        return suggestion(document, given.suggest), 0
    findings, missing = compare(document)
    status = status_of(findings)
    return as_json(findings, missing, status) if given.json else "\n".join(report(findings, missing)), status


if __name__ == "__main__":
    exit_with(main)
