# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare the endpoints that the collection calls, and the fields of each kind of object, with an OpenAPI document."""

from __future__ import annotations

import importlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from ansible_collections.community.infisical.plugins.module_utils._catalog.apps import APPS
from ansible_collections.community.infisical.plugins.module_utils._catalog.destinations import (
    COMMON_OPTIONS,
    DESTINATIONS,
)
from ansible_collections.community.infisical.plugins.module_utils._catalog.names import api_name
from ansible_collections.community.infisical.plugins.module_utils._catalog.schema import FieldSpec
from ansible_collections.community.infisical.plugins.module_utils._engine.kind import Change, Kind
from ansible_collections.community.infisical.plugins.module_utils._engine.shapes import Shape
from ansible_collections.community.infisical.plugins.module_utils._http.logins import LONGEST_SLUG, ORGANIZATION_FIELDS
from ansible_collections.community.infisical.tests.unit.plugins import endpoints
from ansible_collections.community.infisical.tests.unit.plugins.endpoints import AREAS, ENDPOINTS, KINDS, Endpoint
from compare_catalogue import (
    ANY,
    CONNECTIONS,
    NOT_DESCRIBED,
    SYNCS,
    Finding,
    Group,
    compare_value,
    fault,
    grouped,
    in_updates,
    merged,
    note,
    slugs,
    some,
    spec_of,
)
from openapi import Document, Form, Operation, at, plain

MODULES = "ansible_collections.community.infisical.plugins.modules.infisical"
# Of these it depends on the app, or on how new a server is, whether it takes them.
OF_SOME = {"gatewayId", "gatewayPoolId", "isPlatformManagedCredentials", "isAutoRotationEnabled", "rotation"}
SYNC_OPTIONS = {api_name(spec.name) for spec in COMMON_OPTIONS}
ENTRIES: dict[str, Collection[str]] = {endpoints.SYNCS: DESTINATIONS, endpoints.CONNECTIONS: APPS}
# The names in paths for which a document has each slug.
SLUGS = {"{destination}": SYNCS, "{app}": CONNECTIONS}
# Where servers may have more than the collection uses.
PLACES = {
    endpoints.NATIVE: ("/api/v1/integration", "/api/v1/integration-auth"),
    endpoints.SYNCS: (SYNCS,),
    endpoints.CONNECTIONS: (CONNECTIONS,),
}
# The paths that the collection uses, of which none is another one's under another version.
KNOWN = {plain(path) for endpoint in ENDPOINTS for path in endpoint.paths}
UNREAD = "not in this server's answers"
NEVER = "required on this server, never sent"
SELDOM = "required on this server, not always sent"
UNSENT = "this server takes it; the collection never sends it"
LOGIN = re.compile(r"/api/v1/auth/([^/{}]+)/login")


def areas_in(document: Document) -> set[str]:
    """Return the areas of the API that a document has endpoints of."""
    there = set(document.paths)
    return {one.area for one in ENDPOINTS for path, _slug in _paths(document, one) if plain(path) in there}


def moved_areas(document: Document) -> dict[str, Finding]:
    """Return the areas that a document has under another version alone: what is told of each."""
    there, found = areas_in(document), {}
    # What has a name in its path may be found as something else.
    for endpoint in sorted(ENDPOINTS, key=lambda one: "{" in one.paths[0]):
        moved = _moved(document, endpoint) if endpoint.area not in there | found.keys() else None
        if moved:
            text = f"not compared, as this server has {moved[1]}, and the collection uses {moved[0]}"
            found[endpoint.area] = fault(endpoint.area, text)
    return found


def _moved(document: Document, endpoint: Endpoint) -> tuple[str, str] | None:
    """Return a path of an endpoint, and what a document has of it under another version."""
    for own in endpoint.paths:
        # The first parts are api and the version.
        texts = re.split(r"\{[^}]*\}", own.split("/", 3)[3])
        pattern = re.compile(rf"/api/v\d+/{'[^/]+'.join(map(re.escape, texts))}")
        for path in document.paths:
            if pattern.fullmatch(path) and path not in KNOWN and endpoint.method in document.methods(path):
                return own, path
    return None


def compare_endpoints(document: Document, areas: Collection[str]) -> Iterator[Finding]:
    """Compare the endpoints of some areas. Raises DocumentError."""
    for endpoint in ENDPOINTS:
        if endpoint.area not in areas:
            continue
        each = sorted({slug for _path, slug in _paths(document, endpoint)})
        # Some have one for each slug, of which there may be none.
        if not each and (moved := _moved(document, endpoint)):
            yield fault(_subject(endpoint), f"not in this server's document, which has {moved[1]}")
        # What the catalogue lacks is only said to be lacking.
        known = [slug for slug in each if not slug or slug in ENTRIES[endpoint.area]]
        yield from merged({slug: _compare_endpoint(document, endpoint, slug) for slug in known})
    yield from _unused(document, areas)


def _paths(document: Document, endpoint: Endpoint) -> Iterator[tuple[str, str]]:
    """Yield the paths of an endpoint, for each slug where it has one for each."""
    for path in endpoint.paths:
        name = next((name for name in SLUGS if name in path), "")
        for slug in slugs(document, SLUGS[name]) if name else [""]:
            yield path.replace(name, slug) if name else path, slug


def _subject(endpoint: Endpoint) -> str:
    return f"{endpoint.method} {' or '.join(endpoint.paths)}"


def _compare_endpoint(document: Document, endpoint: Endpoint, slug: str) -> Iterator[Finding]:
    subject = _subject(endpoint)
    with at(f"{subject}{slug and f' ({slug})'}"):
        yield from _compare_operation(document, subject, endpoint, slug)


def _compare_operation(document: Document, subject: str, endpoint: Endpoint, slug: str) -> Iterator[Finding]:
    paths = [path for path, own in _paths(document, endpoint) if own == slug]
    found = [(path, one) for path in paths if (one := document.operation(endpoint.method, path))]
    if not found:
        if endpoint.without:
            yield note(subject, f"not in this server's document; if it lacks this, {endpoint.without}")
        else:
            moved = _moved(document, endpoint)
            yield fault(subject, f"not in this server's document{f', which has {moved[1]}' if moved else ''}")
        return
    path, operation = found[0]
    yield from _compare_query(subject, endpoint, endpoint.query_of(path), operation)
    yield from _unread(subject, endpoint, operation)
    yield from _compare_sent(document, subject, endpoint, grouped(operation.body))
    yield from _compare_reads(document, subject, endpoint.reads_of(path), grouped(operation.answer))
    for kind in KINDS:
        if AREAS[kind.name] == endpoint.area:
            yield from _compare_kind(document, subject, kind, endpoint, slug, operation)


def _compare_query(subject: str, endpoint: Endpoint, sent: Collection[str], operation: Operation) -> Iterator[Finding]:
    for name in sent:
        if name not in operation.query:
            yield (note if name in endpoint.lacks else fault)(f"{subject}, query {name}", "unknown on this server")
        elif operation.query[name] and name in endpoint.sometimes:
            yield fault(f"{subject}, query {name}", SELDOM)
        missing = [one for one in endpoint.choices.get(name, ()) if one not in _taken(operation, name, one)]
        if missing:
            yield fault(f"{subject}, query {name}", f"this server does not take {', '.join(missing)}")
        yield from _more_values(f"{subject}, query {name}", endpoint.choices.get(name, ()), operation.choices.get(name))
    for name, required in operation.query.items():
        if name not in sent:
            if required:
                yield fault(f"{subject}, query {name}", NEVER)
            # Projects and folders are only looked up.
            elif endpoint.area != endpoints.PROJECTS:
                yield note(f"{subject}, query {name}", UNSENT)


def _more_values(subject: str, sent: Collection[str], taken: Iterable[Any] | None) -> Iterator[Finding]:
    more = [one for one in _written(taken or ()) if one not in sent]
    if sent and more:
        yield note(subject, f"this server takes {some(more)}, too; the collection never sends it")


def _taken(operation: Operation, name: str, default: str) -> list[str]:
    """Return the values that a parameter in the query takes, as they are written; `default` where it takes any."""
    return _written(operation.choices.get(name, [default]))


def _written(values: Iterable[Any]) -> list[str]:
    return [str(one).lower() if isinstance(one, bool) else str(one) for one in values]


def _unread(subject: str, endpoint: Endpoint, operation: Operation) -> Iterator[Finding]:
    """Find what keeps a body that is sent from being compared."""
    if not endpoint.body and not any(_creates(kind, endpoint) or _updates(kind, endpoint) for kind in KINDS):
        return
    body = grouped(operation.body)
    if not operation.takes_json:
        yield fault(subject, "takes no JSON on this server")
    elif body.open and not body.fields:
        yield note(subject, NOT_DESCRIBED)


def _compare_sent(document: Document, subject: str, endpoint: Endpoint, body: Group) -> Iterator[Finding]:
    """Compare the names in a body that is no object's."""
    if not endpoint.body:
        return
    for name in endpoint.body:
        if name not in body.fields:
            if not body.open:
                yield (note if name in endpoint.lacks else fault)(f"{subject}, {name}", "unknown on this server")
        else:
            if name in body.required and name in endpoint.sometimes:
                yield fault(f"{subject}, {name}", SELDOM)
            longest = LONGEST_SLUG if name in ORGANIZATION_FIELDS else 0
            spec = FieldSpec(name, endpoint.kinds.get(name, "str"), pattern=ANY, max_length=longest)
            yield from _but_limits(compare_value(document, f"{subject}, {name}", spec, body.fields[name]))
    for name in sorted(body.fields.keys() - {*endpoint.body}):
        if name in body.required:
            yield fault(f"{subject}, {name}", SELDOM if name in endpoint.sometimes else NEVER)
        elif name not in endpoint.sometimes:
            yield note(f"{subject}, {name}", UNSENT)


def _but_limits(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Leave out the limits of the server that are left to it."""
    return (one for one in findings if not one.text.endswith("no limit in the collection"))


def _creates(kind: Kind, endpoint: Endpoint) -> bool:
    return endpoint.method == "POST" and endpoint.paths == (kind.create_path,)


def _updates(kind: Kind, endpoint: Endpoint) -> bool:
    return endpoint.method == "PATCH" and endpoint.paths == (_one(kind),)


def _one(kind: Kind) -> str:
    return f"{kind.object_path}/{{id}}"


def _compare_kind(
    document: Document, subject: str, kind: Kind, endpoint: Endpoint, slug: str, operation: Operation
) -> Iterator[Finding]:
    if _creates(kind, endpoint):
        yield from _compare_object(document, subject, kind, endpoint, grouped(operation.body))
    elif _updates(kind, endpoint):
        body, created = grouped(operation.body), _created(document, kind, slug)
        yield from _compare_patch(subject, kind, body, created)
        of_new = list(_compare_values(document, subject, SPECS[kind.name], created))
        yield from in_updates(_compare_values(document, subject, IN_UPDATES[kind.name], body), of_new)
    elif endpoint.method == "GET" and endpoint.paths in ((_one(kind),), kind.list_paths):
        yield from _compare_answer(subject, kind, _object_in(document, kind, operation.answer))
    if endpoint.reads:
        yield from _compare_needed(document, subject, kind, endpoint, operation)


def _object_in(document: Document, kind: Kind, forms: Iterable[Form]) -> Group:
    """Return the fields of an object in an answer, which has it alone or in a list."""
    answer = grouped(forms)
    holder = _inside(document, answer, kind.list_envelope) if kind.list_envelope in answer.fields else answer
    return _inside(document, holder, next((one for one in (kind.envelope, kind.list_name) if one in holder.fields), ""))


def _inside(document: Document, group: Group, name: str) -> Group:
    """Return what a field has, or each item of it where it is a list."""
    schemas = group.fields.get(name, ())
    return grouped(document.forms(document.items(schemas) or schemas))


def _created(document: Document, kind: Kind, slug: str) -> Group:
    """Return the fields of a new object."""
    name = next((name for name in SLUGS if name in kind.create_path), "{}")
    operation = document.operation("POST", kind.create_path.replace(name, slug))
    return grouped(operation.body if operation else ())


def _compare_object(document: Document, subject: str, kind: Kind, endpoint: Endpoint, body: Group) -> Iterator[Finding]:
    sent = [*(item.api for item in kind.fields if item.sent), *kind.write_only.values()]
    for name in sent:
        if name not in body.fields and name not in OF_SOME and not body.open:
            yield (note if name in endpoint.lacks else fault)(f"{subject}, {name}", "unknown on this server")
        elif name in body.required and name not in endpoints.ALWAYS[kind.name]:
            yield fault(f"{subject}, {name}", SELDOM)
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
    yield from _compare_values(document, subject, SPECS[kind.name], body)


def _specs_of(kind: Kind) -> dict[str, FieldSpec]:
    """Return what the options of a kind's module may hold, by the API's names."""
    options = importlib.import_module(f"{MODULES}_{kind.name}").MODULE.argument_spec()
    names = {**{item.option: item.api for item in kind.fields if item.sent}, **kind.write_only}
    limits = endpoints.LONGEST.get(kind.name, {})
    return {
        # What is in mappings is compared for each service.
        api: replace(spec_of(option, options[option]), fields=(), max_length=limits.get(api, 0), certain=True)
        for option, api in names.items()
    }


def _in_updates(kind: Kind) -> dict[str, FieldSpec]:
    """Return what may be in an update, by the names that it has there."""
    specs = SPECS[kind.name]
    changed = {item.patch_api or item.api: item.api for item in kind.fields if item.change is not Change.NEVER}
    return {name: specs[api] for name, api in (changed | {api: api for api in kind.write_only.values()}).items()}


SPECS = {kind.name: _specs_of(kind) for kind in KINDS}
IN_UPDATES = {kind.name: _in_updates(kind) for kind in KINDS}


def _compare_values(document: Document, subject: str, specs: Mapping[str, FieldSpec], body: Group) -> Iterator[Finding]:
    for name, spec in specs.items():
        if name in body.fields and name not in OF_SOME:
            yield from _but_limits(compare_value(document, f"{subject}, {name}", spec, body.fields[name]))


def _compare_patch(subject: str, kind: Kind, body: Group, created: Group) -> Iterator[Finding]:
    fields = {item.patch_api or item.api: item for item in kind.fields if item.change is not Change.NEVER}
    always = {name for name, item in fields.items() if item.reset_by_patch}
    newer = {name for name, item in fields.items() if item.change is Change.PATCH_IF_NEW}
    secret = [name for name in kind.write_only.values() if name in created.fields]
    for name in () if body.open else (*fields, *secret):
        if name not in body.fields and name not in OF_SOME:
            yield (note if name in newer else fault)(f"{subject}, {name}", "can't be changed on this server")
    for name in sorted(body.required - always):
        yield fault(f"{subject}, {name}", SELDOM)
    for name in sorted(body.fields.keys() - fields.keys() - set(kind.write_only.values()) - SYNC_OPTIONS):
        yield note(f"{subject}, {name}", "can be changed on this server, and not by the collection")


def _compare_reads(document: Document, subject: str, names: Iterable[str], answer: Group) -> Iterator[Finding]:
    told = {}
    for name in names:
        lacking = [_lacking(document, answer, one.split(".")) for one in name.split(" or ")]
        if all(lacking):
            told[" or ".join(lacking)] = None
    yield from (fault(f"{subject}, {name}", UNREAD) for name in told)


def _lacking(document: Document, group: Group, steps: list[str]) -> str:
    """Return what an answer lacks on the way to one of its parts, or nothing."""
    first, *rest = steps
    if first not in group.fields:
        return "" if group.open else first
    below = _lacking(document, _inside(document, group, first), rest) if rest else ""
    return f"{first}.{below}" if below else ""


def _compare_needed(
    document: Document, subject: str, kind: Kind, endpoint: Endpoint, operation: Operation
) -> Iterator[Finding]:
    """Find what an object in an answer must have, and its parts."""
    if not any(f"{name}.id" in endpoint.reads for name in (kind.envelope, kind.list_name)):
        return
    answer = _object_in(document, kind, operation.answer)
    for item in (*kind.fields, *kind.read_only):
        name, shape = item.key or item.api, item.shape
        if not isinstance(shape, Shape) or answer.open:
            continue
        if name not in answer.fields:
            # What is read without a change is compared as a whole.
            if shape.needed and endpoint.method != "GET":
                yield fault(f"{subject}, {name}", UNREAD)
            continue
        inner = _inside(document, answer, name)
        for part in (part for part, own in shape.parts.items() if own.needed):
            if part not in inner.fields and not inner.open:
                yield fault(f"{subject}, {name}.{part}", UNREAD)


def _compare_answer(subject: str, kind: Kind, answer: Group) -> Iterator[Finding]:
    if answer.open or not answer.fields:
        return
    for items, say in ((kind.fields, fault), (kind.read_only, note)):
        for item in items:
            name = item.key or item.api
            if name not in answer.fields:
                told = note if name in OF_SOME else say
                yield told(f"{subject}, {name}", UNREAD)


# --- what a server has beside that ------------------------------------------------------------------------------------


def _unused(document: Document, areas: Collection[str]) -> Iterator[Finding]:
    """Find the logins and the operations on objects that a server has and the collection lacks."""
    used = {(one.method, plain(path)) for one in ENDPOINTS for path, _slug in _paths(document, one)}
    found: dict[tuple[str, str], list[str]] = {}
    for path in document.paths:
        login = LOGIN.fullmatch(path)
        if login and endpoints.LOGINS in areas and ("POST", path) not in used:
            yield note(f"login {login[1]}", "the collection lacks it")
        for general, slug in _general(document, path, areas):
            for method in document.methods(path):
                if (method, path) not in used and not _is_known(method, general):
                    found.setdefault((method, general), []).append(slug)
    for (method, general), of in sorted(found.items()):
        which = f" ({', '.join(sorted(of))})" if any(of) else ""
        subject = f"{method} {general.replace('{}', '{id}')}"
        yield note(subject, f"this server has it; the collection does not use it{which}")


def _general(document: Document, path: str, areas: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield a path with a name for the slug in it, and that slug, if it is of these areas' objects."""
    for area, places in PLACES.items():
        for place in places if area in areas else ():
            rest = path.removeprefix(f"{place}/")
            if path not in (place, rest) or path == place:
                name = next((name for name, base in SLUGS.items() if base == place), "")
                slug, _slash, below = rest.partition("/")
                if name and path != place and slug in slugs(document, place):
                    yield f"{place}/{name}{_slash}{below}", slug
                else:
                    yield path, ""


def _is_known(method: str, path: str) -> bool:
    """Tell whether an operation is left out on purpose."""
    # What is below one object, and only read, are the choices that a form offers.
    offers = method == "GET" and re.search(r"\{\}/", path) and not path.startswith(SYNCS)
    return bool(offers) or (method, path) in {(known, _plain_but_slug(one)) for known, one in endpoints.UNUSED}


def _plain_but_slug(path: str) -> str:
    return re.sub(r"\{(?!destination\}|app\})[^}]*\}", "{}", path)
