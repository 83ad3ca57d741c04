# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare the endpoints that the collection calls, and the fields of each kind of object, with an OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ansible_collections.community.infisical.plugins.module_utils._catalog.destinations import COMMON_OPTIONS
from ansible_collections.community.infisical.plugins.module_utils._catalog.names import api_name
from ansible_collections.community.infisical.plugins.module_utils._engine.kind import Change, Kind
from ansible_collections.community.infisical.tests.unit.plugins.endpoints import AREAS, ENDPOINTS, KINDS, Endpoint
from compare_catalogue import CONNECTIONS, SYNCS, Finding, Group, fault, grouped, merged, note, slugs
from openapi import Document, Operation, plain

# Of these it depends on the app, or on how new a server is, whether it takes them.
OF_SOME = {"gatewayId", "gatewayPoolId", "isPlatformManagedCredentials", "isAutoRotationEnabled", "rotation"}
SYNC_OPTIONS = {api_name(spec.name) for spec in COMMON_OPTIONS}
# The names in paths for which a document has each slug.
SLUGS = {"{destination}": SYNCS, "{app}": CONNECTIONS}


def areas_in(document: Document) -> set[str]:
    """Return the areas of the API that a document has endpoints of."""
    there = set(document.paths)
    return {one.area for one in ENDPOINTS for path, _slug in _paths(document, one) if plain(path) in there}


def compare_endpoints(document: Document, areas: Iterable[str]) -> Iterator[Finding]:
    """Compare the endpoints of some areas. Raises DocumentError."""
    for endpoint in ENDPOINTS:
        if endpoint.area not in areas:
            continue
        each = sorted({slug for _path, slug in _paths(document, endpoint)})
        yield from merged({slug: _compare_endpoint(document, endpoint, slug) for slug in each})


def _paths(document: Document, endpoint: Endpoint) -> Iterator[tuple[str, str]]:
    """Yield the paths of an endpoint, for each slug where it has one for each."""
    for path in endpoint.paths:
        name = next((name for name in SLUGS if name in path), "")
        for slug in slugs(document, SLUGS[name]) if name else [""]:
            yield path.replace(name, slug) if name else path, slug


def _compare_endpoint(document: Document, endpoint: Endpoint, slug: str) -> Iterator[Finding]:
    subject = f"{endpoint.method} {' or '.join(endpoint.paths)}"
    paths = [path for path, own in _paths(document, endpoint) if own == slug]
    found = [(path, one) for path in paths if (one := document.operation(endpoint.method, path))]
    if not found:
        if endpoint.without:
            yield note(subject, f"not in this server's document; if it lacks this, {endpoint.without}")
        else:
            yield fault(subject, "not in this server's document")
        return
    path, operation = found[0]
    yield from _compare_query(subject, endpoint, endpoint.query_of(path), operation)
    yield from _compare_sent(subject, endpoint.body, endpoint, grouped(operation.body))
    for kind in KINDS:
        if AREAS[kind.name] == endpoint.area:
            yield from _compare_kind(subject, kind, endpoint, operation, document)


def _compare_query(subject: str, endpoint: Endpoint, sent: Iterable[str], operation: Operation) -> Iterator[Finding]:
    for name in sent:
        if name not in operation.query:
            yield (note if name in endpoint.lacks else fault)(f"{subject}, query {name}", "unknown on this server")
    for name, required in operation.query.items():
        if required and name not in sent:
            yield fault(f"{subject}, query {name}", "required on this server, never sent")


def _compare_sent(subject: str, names: Iterable[str], endpoint: Endpoint, body: Group) -> Iterator[Finding]:
    """Compare the names in a body that is no object's."""
    sent = tuple(names)
    if not sent or body.open:
        return
    for name in sent:
        if name not in body.fields:
            yield (note if name in endpoint.lacks else fault)(f"{subject}, {name}", "unknown on this server")
    for name in sorted(body.required - {*sent}):
        yield fault(f"{subject}, {name}", "required on this server, never sent")


def _compare_kind(
    subject: str, kind: Kind, endpoint: Endpoint, operation: Operation, document: Document
) -> Iterator[Finding]:
    one = f"{kind.object_path}/{{id}}"
    if endpoint.method == "POST" and endpoint.paths == (kind.create_path,):
        sent = [item.api for item in kind.fields if item.sent]
        yield from _compare_object(subject, kind, [*sent, *kind.write_only.values()], endpoint, grouped(operation.body))
    elif endpoint.method == "PATCH" and endpoint.paths == (one,):
        yield from _compare_patch(subject, kind, endpoint, grouped(operation.body))
    elif endpoint.method == "GET" and endpoint.paths == (one,):
        answer = grouped(document.forms(grouped(operation.answer).fields.get(kind.envelope, ())))
        yield from _compare_answer(subject, kind, answer)


def _compare_object(subject: str, kind: Kind, sent: list[str], endpoint: Endpoint, body: Group) -> Iterator[Finding]:
    if body.open:
        return
    for name in sent:
        if name not in body.fields and name not in OF_SOME:
            yield (note if name in endpoint.lacks else fault)(f"{subject}, {name}", "unknown on this server")
    for name in body.fields:
        # Some servers have options of syncs beside the others.
        if name not in (*sent, *SYNC_OPTIONS):
            required = name in body.required
            text = (
                "required on this server, and no option gives it"
                if required
                else "this server takes it; no option gives it"
            )
            yield (fault if required else note)(f"{subject}, {name}", text)


def _compare_patch(subject: str, kind: Kind, endpoint: Endpoint, body: Group) -> Iterator[Finding]:
    fields = {item.patch_api or item.api: item for item in kind.fields if item.change is not Change.NEVER}
    always = {name for name, item in fields.items() if item.reset_by_patch}
    if body.open:
        return
    for name, item in fields.items():
        if name not in body.fields and name not in OF_SOME:
            newer = item.change is Change.PATCH_IF_NEW
            yield (note if newer else fault)(f"{subject}, {name}", "can't be changed on this server")
    for name in sorted(body.required - always):
        yield fault(f"{subject}, {name}", "required on this server, not always sent")
    for name in sorted(body.fields.keys() - fields.keys() - set(kind.write_only.values()) - SYNC_OPTIONS):
        yield note(f"{subject}, {name}", "can be changed on this server, and not by the collection")


def _compare_answer(subject: str, kind: Kind, answer: Group) -> Iterator[Finding]:
    if answer.open or not answer.fields:
        return
    for items, say in ((kind.fields, fault), (kind.read_only, note)):
        for item in items:
            name = item.key or item.api
            if name not in answer.fields:
                told = note if name in OF_SOME else say
                yield told(f"{subject}, {name}", "not in this server's answers")
