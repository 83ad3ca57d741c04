# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare the catalogue's destinations, apps and services with the OpenAPI document of a server.

What a document can't express (rules that servers check in code) is left aside.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from ansible_collections.community.infisical.plugins.module_utils._catalog.apps import APPS, App, Credential
from ansible_collections.community.infisical.plugins.module_utils._catalog.destinations import (
    COMMON_OPTIONS,
    DESTINATIONS,
    IMPORTS,
    OVERWRITE,
    Destination,
)
from ansible_collections.community.infisical.plugins.module_utils._catalog.names import api_name, from_api
from ansible_collections.community.infisical.plugins.module_utils._catalog.schema import FieldSpec, Rule
from ansible_collections.community.infisical.plugins.module_utils._catalog.services import SERVICES
from ansible_collections.community.infisical.plugins.module_utils._catalog.syncs import REPLACED
from ansible_collections.community.infisical.plugins.module_utils._kinds.native import (
    METADATA,
    METADATA_OPTIONS,
    METADATA_PARTS,
)
from openapi import Document, Form, Schema, at, kinds, least, limit, values

SYNCS, CONNECTIONS = "/api/v1/secret-syncs", "/api/v1/app-connections"
JSON_KINDS = {"str": "string", "bool": "boolean", "int": "number", "list": "array", "dict": "object"}
KIND_NAMES = {json: kind for kind, json in JSON_KINDS.items()}
KIND_WORDS = {"str": "text", "list": "text", "int": "number"}
INITIAL = "initial_sync_behavior"
NOT_DESCRIBED = "not compared, as the document does not describe its fields"
# The pattern of a text that may be any.
ANY = r"[\s\S]*"
LESS_REQUIRED = "optional on this server, required in the collection"


@dataclass(frozen=True)
class Finding:
    """A difference. CONTRIBUTING.md says which is a fault and which a note."""

    is_fault: bool
    subject: str
    text: str


def fault(subject: str, text: str) -> Finding:
    return Finding(True, subject, text)


def note(subject: str, text: str) -> Finding:
    return Finding(False, subject, text)


@dataclass(frozen=True)
class Group:
    """The fields that an object has in all of some alternatives together.

    `required` are those that all of them require. `sometimes` has those that only some require: by the name of the
    field whose value decides, and those values.
    """

    fields: Mapping[str, tuple[Schema, ...]]
    required: frozenset[str]
    sometimes: Mapping[str, tuple[str, tuple[str, ...]]]
    open: bool


@functools.lru_cache(maxsize=4)
def slugs(document: Document, base: str) -> tuple[str, ...]:
    """Return the destinations or apps of a document: those for which it has an object to create."""
    known, mark = (DESTINATIONS, "destinationConfig") if base == SYNCS else (APPS, "method")
    found = []
    for path in document.paths:
        match = re.fullmatch(rf"{re.escape(base)}/([^/{{}}]+)", path)
        operation = document.operation("POST", path) if match else None
        # A path that makes something else is no destination, and no app.
        if match and operation and (match[1] in known or mark in grouped(operation.body).fields):
            found.append(match[1])
    return tuple(sorted(found))


def grouped(forms: Iterable[Form]) -> Group:
    """Return what the alternatives of an object have together."""
    each = list(forms)
    fields: dict[str, tuple[Schema, ...]] = {}
    for form in each:
        for name, schemas in form.fields.items():
            known = fields.get(name, ())
            fields[name] = (*known, *(schema for schema in schemas if schema not in known))
    required = frozenset.intersection(*(form.required for form in each)) if each else frozenset()
    others = {name for form in each for name in form.required} - required
    sometimes = {name: found for name in others if (found := _decided_by(name, each, required))}
    return Group(fields, required, sometimes, not each or any(form.open for form in each))


def _decided_by(name: str, forms: Iterable[Form], required: Iterable[str]) -> tuple[str, tuple[str, ...]] | None:
    """Return the required field whose value decides whether another is required, and the values with which it is."""
    for decisive in sorted(required):
        sides: tuple[set[str], set[str]] = (set(), set())
        for form in forms:
            chosen = values(form.fields.get(decisive, ()))
            if not chosen:
                break
            sides[name in form.required].update(map(str, chosen))
        else:
            if not sides[0] & sides[1]:
                return decisive, tuple(sorted(sides[1]))
    return None


def option_name(api: str) -> str:
    """Return the option that has an API's name."""
    return next(iter(from_api({api: None})))


# A server without one of these is older, and the catalogue isn't wrong.
LATE = frozenset({"include_all_sub_folders"})


# --- fields -----------------------------------------------------------------------------------------------------------


def compare_fields(
    document: Document,
    subject: str,
    specs: Iterable[FieldSpec],
    group: Group,
    *,
    elsewhere: Iterable[str] = (),
    conditional: Iterable[str] = (),
) -> Iterator[Finding]:
    """Compare fields of the catalogue with those of a document.

    `elsewhere` are API names that another part of the request may hold instead, `conditional` the fields that a rule of
    the catalogue requires.
    """
    known = {api_name(spec.name): spec for spec in specs if not spec.only_read}
    for api, spec in known.items():
        if api in group.fields:
            yield from compare_value(document, f"{subject}, {spec.name}", spec, group.fields[api])
            yield from _compare_need(f"{subject}, {spec.name}", spec, api, group, set(conditional))
        elif not group.open and api not in elsewhere:
            yield (note if spec.name in LATE else fault)(f"{subject}, {spec.name}", "unknown on this server")
    for api in group.fields:
        if api not in known:
            needed = ", and is required" if api in group.required or api in group.sometimes else ""
            text = f"this server takes it{needed}; the catalogue lacks it"
            name = option_name(api)
            shown = name if api_name(name) == api else f"{name} ({api} in the API)"
            yield (fault if needed else note)(f"{subject}, {shown}", text)


def _compare_need(subject: str, spec: FieldSpec, api: str, group: Group, conditional: set[str]) -> Iterator[Finding]:
    if api in group.required and not spec.required and spec.name not in conditional:
        yield fault(subject, "required on this server, optional in the collection")
    elif spec.required and api not in group.required and api not in group.sometimes:
        yield fault(subject, LESS_REQUIRED)
    elif api in group.sometimes and not spec.required and spec.name not in conditional:
        decisive, chosen = group.sometimes[api]
        condition = f"{option_name(decisive)} {' or '.join(chosen)}"
        yield fault(subject, f"required on this server with {condition}; the catalogue has no such rule")


def compare_value(document: Document, subject: str, spec: FieldSpec, schemas: tuple[Schema, ...]) -> Iterator[Finding]:
    found = kinds(schemas)
    if found and JSON_KINDS[spec.kind] not in found:
        there = " or ".join(sorted(KIND_NAMES.get(name, name) for name in found))
        yield fault(subject, f"{there} on this server, {spec.kind} in the collection")
    elif spec.kind == "str":
        yield from _compare_values(subject, spec, schemas)
        yield from _compare_lengths(subject, spec, schemas)
    elif spec.kind == "list":
        yield from _compare_limit(subject, spec.max_items, limit(schemas, "maxItems"), "items")
        yield from _compare_least(subject, spec.least, least(schemas, "minItems"), "items")
        items = document.items(schemas)
        if items and found == {"array"}:
            yield from _compare_items(document, subject, spec, items)
    elif spec.kind == "int":
        yield from _compare_number(subject, spec, schemas)
    elif spec.kind == "bool":
        taken = values(schemas)
        missing = [value for value in (True, False) if taken is not None and value not in taken]
        yield from (fault(subject, f"this server does not take {str(value).lower()}") for value in missing)
    elif spec.kind == "dict" and spec.fields:
        yield from _compare_parts(document, subject, spec, schemas)


def _compare_parts(document: Document, subject: str, spec: FieldSpec, schemas: tuple[Schema, ...]) -> Iterator[Finding]:
    group = grouped(document.forms(schemas))
    if group.open and not group.fields:
        yield note(subject, NOT_DESCRIBED)
    yield from compare_fields(document, subject, spec.fields, group)


def _compare_number(subject: str, spec: FieldSpec, schemas: tuple[Schema, ...]) -> Iterator[Finding]:
    yield from _compare_values(subject, spec, schemas)
    yield from _compare_least(subject, spec.least, least(schemas, "minimum"), "as a number")
    most = limit(schemas, "maximum")
    if most and not spec.choices:
        yield note(subject, f"at most {most} on this server, no such limit in the collection")


def _compare_items(document: Document, subject: str, spec: FieldSpec, items: tuple[Schema, ...]) -> Iterator[Finding]:
    found = kinds(items)
    if spec.items and found and JSON_KINDS[spec.items] not in found:
        there = " or ".join(sorted(KIND_NAMES.get(name, name) for name in found))
        yield fault(subject, f"a list of {there} on this server, of {spec.items} in the collection")
    elif spec.items == "dict" and spec.fields:
        yield from _compare_parts(document, subject, spec, items)
    elif spec.items == "str":
        yield from _compare_values(subject, spec, items)
        yield from _compare_lengths(subject, spec, items)


def _compare_values(subject: str, spec: FieldSpec, schemas: tuple[Schema, ...]) -> Iterator[Finding]:
    there, own, kind = values(schemas), list(map(str, spec.choices)), KIND_WORDS[spec.kind]
    if there is None:
        if own and spec.certain:
            yield note(subject, f"this server takes any {kind}, the collection only {', '.join(own)}")
        return
    texts = [str(value) for value in there]
    if own:
        more = [one for one in texts if one not in (*own, *spec.newer)]
        fewer = [one for one in own if one not in texts]
    else:
        more = [one for one in texts if spec.pattern and not re.fullmatch(spec.pattern, one)]
        fewer = []
        if not spec.pattern:
            yield note(subject, f"this server takes only {some(texts)}, the collection any {kind}")
    if more:
        yield note(subject, f"this server takes {some(more)}, too; the collection does not")
    if fewer:
        yield fault(subject, f"this server does not take {some(fewer)}")


def _compare_lengths(subject: str, spec: FieldSpec, schemas: tuple[Schema, ...]) -> Iterator[Finding]:
    if values(schemas) is not None:
        return
    most = limit(schemas, "maxLength")
    if (spec.certain or 0 < most < spec.max_length) and (spec.max_length or f",{most}}}" not in spec.pattern):
        yield from _compare_limit(subject, spec.max_length, most, "characters")
    fewest = least(schemas, "minLength") or 0
    if fewest > 1 and f"{{{fewest}," not in spec.pattern:
        yield note(subject, f"at least {fewest} characters on this server, no such limit in the collection")
    if all(schema.get("pattern") for schema in schemas) and not spec.pattern:
        yield note(subject, "texts of a pattern on this server, any text in the collection")
    if spec.required and spec.may_be_empty and all(schema.get("minLength") for schema in schemas):
        yield fault(subject, "must not be empty on this server, may be in the collection")
    formats = [schema.get("format") for schema in schemas]
    if spec.required and not spec.may_be_empty and all(map(may_be_empty, schemas)):
        yield note(subject, "may be empty on this server, not in the collection")
    if all(one == "uuid" for one in formats) and not spec.pattern:
        yield note(subject, "a UUID on this server, any text in the collection")
    elif all(one == "uri" for one in formats) and not spec.pattern:
        yield note(subject, "a URL on this server, any text in the collection")


def may_be_empty(schema: Schema) -> bool:
    """Tell whether a text may be empty by its schema."""
    return not any(schema.get(word) for word in ("minLength", "format", "pattern", "enum", "const"))


def _compare_limit(subject: str, own: int, there: int, what: str) -> Iterator[Finding]:
    if there and not own:
        yield note(subject, f"at most {there} {what} on this server, no limit in the collection")
    elif there and own > there:
        yield note(subject, f"at most {there} {what} on this server, {own} in the collection")
    elif there and own < there:
        yield fault(subject, f"up to {there} {what} on this server, {own} in the collection")
    elif own and not there:
        yield note(subject, f"no limit on this server, at most {own} {what} in the collection")


def _missing(what: str, slugs_: Iterable[str]) -> Iterator[Finding]:
    listed = ", ".join(sorted(slugs_))
    if listed:
        yield note(what, f"this server lacks {listed}: it is older or newer than these, or the catalogue is wrong")


def merged(findings: Mapping[str, Iterable[Finding]]) -> Iterator[Finding]:
    """Yield the findings about several objects, each once; where not all of them have it, it says which do."""
    found: dict[Finding, list[str]] = {}
    for name, each in findings.items():
        for finding in each:
            found.setdefault(finding, []).append(name)
    for finding, names in found.items():
        of_some = f" ({', '.join(names)})" if len(names) < len(findings) else ""
        yield Finding(finding.is_fault, finding.subject, f"{finding.text}{of_some}")


def _compare_least(subject: str, own: int | None, there: int | None, what: str) -> Iterator[Finding]:
    if there is not None and own is None:
        yield note(subject, f"at least {there} {what} on this server, no such limit in the collection")
    elif there is not None and own is not None and own != there:
        say = fault if own > there else note
        yield say(subject, f"at least {there} {what} on this server, {own} in the collection")


def some(texts: Iterable[str], most: int = 12) -> str:
    listed = list(texts)
    more = f" and {len(listed) - most} more" if len(listed) > most else ""
    return f"{', '.join(listed[:most])}{more}"


# --- destinations -----------------------------------------------------------------------------------------------------


def compare_destinations(document: Document) -> Iterator[Finding]:
    """Compare the destinations of secret syncs. Raises DocumentError."""
    there = slugs(document, SYNCS)
    for slug in there:
        entry = DESTINATIONS.get(slug)
        if entry is None:
            yield note(f"destination {slug}", "the catalogue lacks it: --suggest prints an entry")
        else:
            with at(f"destination {slug}"):
                yield from _compare_destination(document, entry)
    yield from merged(
        {slug: _compare_common_options(document, DESTINATIONS[slug]) for slug in there if slug in DESTINATIONS}
    )
    yield from _missing("destinations", DESTINATIONS.keys() - there)


def _compare_destination(document: Document, entry: Destination) -> Iterator[Finding]:
    subject = f"destination {entry.slug}"
    config, options = _settings(document, "POST", f"{SYNCS}/{entry.slug}")
    if not entry.all_fields and not grouped(config).open:
        yield note(subject, "the catalogue knows its name only: --suggest prints an entry")
        return
    if grouped(config).open and entry.all_fields:
        yield note(f"{subject}, destination_config", NOT_DESCRIBED)
    found = [
        *_compare_config(document, subject, entry, config),
        *_compare_options(document, subject, entry, grouped(options)),
    ]
    yield from found
    changed_config, changed_options = _settings(document, "PATCH", f"{SYNCS}/{entry.slug}/{{id}}")
    yield from in_updates(
        [
            *_compare_config(document, subject, entry, changed_config),
            *_compare_options(document, subject, entry, grouped(changed_options)),
        ],
        found,
    )
    apps = app_of(document, entry.slug)
    if apps and entry.app not in apps:
        yield fault(
            subject,
            f"connections of {some(apps)} on this server, of {entry.app or 'an unknown app'} in the collection",
        )


def _settings(document: Document, method: str, path: str) -> tuple[tuple[Form, ...], tuple[Form, ...]]:
    """Return the alternatives of a sync's config and of its options in the body of an operation."""
    operation = document.operation(method, path)
    body = grouped(operation.body if operation else ())
    return (
        document.forms(body.fields.get("destinationConfig", ())),
        document.forms(body.fields.get("syncOptions", ())),
    )


def in_updates(findings: Iterable[Finding], of_new: Iterable[Finding]) -> Iterator[Finding]:
    """Yield what differs in an update and not with a new object; there, less is required."""
    known = set(of_new)
    for one in findings:
        if one not in known and one.text != LESS_REQUIRED:
            yield Finding(one.is_fault, f"{one.subject}, in an update", one.text)


def _compare_config(document: Document, subject: str, entry: Destination, forms: tuple[Form, ...]) -> Iterator[Finding]:
    if not entry.scopes:
        yield from compare_fields(
            document, subject, entry.fields, grouped(forms), conditional=_by_rules(entry, "destination_config")
        )
        yield from _compare_rules(subject, entry.rules, forms)
        return
    by_scope: dict[str, list[Form]] = {}
    for form in forms:
        for scope in map(str, values(form.fields.get("scope", ())) or ()):
            by_scope.setdefault(scope, []).append(form)
    if not by_scope:
        if not grouped(forms).open:
            unscoped = note if entry.default_scope else fault
            yield unscoped(f"{subject}, scope", f"none on this server, {', '.join(entry.scopes)} in the collection")
        return
    for scope in by_scope.keys() - entry.scopes.keys():
        yield note(f"{subject}, scope {scope}", "the catalogue lacks it")
    for scope, own in entry.scopes.items():
        if scope not in by_scope:
            yield note(f"{subject}, scope {scope}", "this server lacks it")
            continue
        group = grouped(by_scope[scope])
        names = {item.name for item in own}
        specs = [*(item for item in entry.fields if item.name not in names), *own]
        group = _part(group, group.fields.keys() - {"scope"})
        rules = _by_rules(entry, "destination_config")
        yield from compare_fields(document, f"{subject}, scope {scope}", specs, group, conditional=rules)
    if (
        all("scope" in form.required for form in forms)
        and entry.default_scope
        and not entry.only_new_servers_want_scope
    ):
        yield fault(f"{subject}, scope", "required on this server, optional in the collection")


def _compare_rules(subject: str, rules: Iterable[Rule], forms: Iterable[Form]) -> Iterator[Finding]:
    """Find what a rule requires with a value, and the alternatives with that value don't."""
    for rule in rules:
        decisive, chosen = api_name(rule.field.rpartition(".")[2]), set(map(str, rule.values))
        taken = [(form, {*map(str, values(form.fields.get(decisive, ())) or ())}) for form in forms]
        meant = [form for form, there in taken if there and there <= chosen]
        # Where no alternative is without the value, the server decides in code.
        if rule.where or not meant or not any(there and not there & chosen for _form, there in taken):
            continue
        for name in (one.rpartition(".")[2] for one in rule.needs):
            if not all(api_name(name) in form.required for form in meant):
                condition = f"{option_name(decisive)} {' or '.join(sorted(chosen))}"
                yield fault(f"{subject}, {name}", f"optional on this server with {condition}, a rule requires it")


def _by_rules(entry: Destination, option: str) -> set[str]:
    """Return the fields of an option that a rule of the catalogue requires under some condition."""
    names = {name for rule in entry.rules for name in (*rule.needs, *rule.needs_any)}
    return {name.partition(".")[2] for name in names if name.startswith(f"{option}.")}


def _compare_options(document: Document, subject: str, entry: Destination, options: Group) -> Iterator[Finding]:
    own = _part(options, [api_name(spec.name) for spec in entry.options])
    yield from compare_fields(document, f"{subject}, sync_options", entry.options, own)
    first = options.fields.get(api_name(INITIAL), ())
    behaviors = values(first)
    if not first and options.fields:
        yield fault(f"{subject}, sync_options, {INITIAL}", "unknown on this server")
    elif behaviors:
        yield from _compare_import(subject, entry, behaviors)
    elif first:
        yield from compare_value(document, f"{subject}, sync_options, {INITIAL}", FieldSpec(INITIAL), first)
    takes_schema = "keySchema" in options.fields
    if entry.key_schema is None and not options.open:
        yield note(subject, f"key_schema={takes_schema} on this server, unknown in the collection")
    elif entry.key_schema is False and takes_schema:
        yield note(subject, "takes a key schema on this server; the catalogue says that it isn't used")


def _compare_common_options(document: Document, entry: Destination) -> Iterator[Finding]:
    """Compare the options of syncs that all destinations have, and find those that the catalogue has for none."""
    with at(f"destination {entry.slug}"):
        found = list(_compare_common(document, entry, "POST", f"{SYNCS}/{entry.slug}"))
        yield from found
        yield from in_updates(_compare_common(document, entry, "PATCH", f"{SYNCS}/{entry.slug}/{{id}}"), found)


def _compare_common(document: Document, entry: Destination, method: str, path: str) -> Iterator[Finding]:
    operation = document.operation(method, path)
    body = grouped(operation.body if operation else ())
    options = grouped(document.forms(body.fields.get("syncOptions", ())))
    may_lack = {"key_schema": entry.key_schema is not True, "disable_secret_deletion": entry.deletion_must_be_allowed}
    # What a first sync does is compared with what the catalogue says of imports.
    specs = [spec for spec in COMMON_OPTIONS if spec.name != INITIAL and not may_lack.get(spec.name)]
    left = {api_name(name) for name in (*(spec.name for spec in entry.options), INITIAL, *REPLACED)}
    left |= {api_name(name) for name, lacks in may_lack.items() if lacks}
    group = _part(options, options.fields.keys() - left)
    # Some servers have options beside the others.
    yield from compare_fields(document, "secret syncs, sync_options", specs, group, elsewhere=body.fields)


def _part(group: Group, names: Iterable[str]) -> Group:
    kept = {name: group.fields[name] for name in names if name in group.fields}
    return Group(kept, group.required & kept.keys(), group.sometimes, group.open)


def _compare_import(subject: str, entry: Destination, behaviors: Iterable[object]) -> Iterator[Finding]:
    if OVERWRITE not in behaviors:
        yield fault(f"{subject}, sync_options, {INITIAL}", f"this server does not take {OVERWRITE}")
    more = [str(one) for one in behaviors if one not in (OVERWRITE, *IMPORTS)]
    if more:
        where = f"{subject}, sync_options, {INITIAL}"
        yield note(where, f"this server takes {some(more)}, too; the collection does not")
    can = set(IMPORTS) <= set(behaviors)
    if entry.can_import is None:
        yield note(subject, f"can_import={can} on this server, unknown in the collection")
    elif entry.can_import and not can:
        yield fault(subject, "can't import on this server, can in the collection")
    elif can and not entry.can_import:
        yield note(subject, "can import on this server, can't in the collection")


def app_of(document: Document, slug: str) -> tuple[str, ...]:
    """Return the apps whose connections a destination takes, as the answers of a document say."""
    operation = document.operation("POST", f"{SYNCS}/{slug}")
    answer = grouped(document.forms(grouped(operation.answer if operation else ()).fields.get("secretSync", ())))
    connection = grouped(document.forms(answer.fields.get("connection", ())))
    return tuple(map(str, values(connection.fields.get("app", ())) or ()))


# --- apps and services ------------------------------------------------------------------------------------------------


def compare_apps(document: Document) -> Iterator[Finding]:
    """Compare the apps of connections. Raises DocumentError."""
    there = slugs(document, CONNECTIONS)
    for slug in there:
        entry = APPS.get(slug)
        if entry is None:
            yield note(f"app {slug}", "the catalogue lacks it: --suggest prints an entry")
        else:
            with at(f"app {slug}"):
                if not entry.methods and methods_of(document, slug):
                    yield note(f"app {slug}", "the catalogue knows its name only: --suggest prints an entry")
                else:
                    yield from _compare_app(document, entry)
    yield from _missing("apps", APPS.keys() - there)


def methods_of(document: Document, app: str) -> dict[str, tuple[Form, ...]]:
    """Return the methods of an app: the alternatives of their credentials."""
    found: dict[str, list[Form]] = {}
    operation = document.operation("POST", f"{CONNECTIONS}/{app}")
    for form in operation.body if operation else ():
        for method in map(str, values(form.fields.get("method", ())) or ()):
            credentials = document.forms(form.fields.get("credentials", ()))
            known = found.setdefault(method, [])
            known += [one for one in credentials if one not in known]
    return {method: tuple(forms) for method, forms in found.items()}


def takes_gateway(document: Document, app: str) -> bool | None:
    """Tell whether an app's connections can use a gateway; None where the document doesn't say."""
    operation = document.operation("POST", f"{CONNECTIONS}/{app}")
    body = grouped(operation.body if operation else ())
    return "gatewayId" in body.fields if body.fields else None


def _compare_app(document: Document, entry: App) -> Iterator[Finding]:
    subject = f"app {entry.slug}"
    there = methods_of(document, entry.slug)
    for name in there.keys() - {method.name for method in entry.methods}:
        yield note(f"{subject}, method {name}", "the catalogue lacks it")
    for method in entry.methods:
        if method.name not in there:
            yield note(f"{subject}, method {method.name}", "this server lacks it")
        elif method.credentials:
            rules = {name.partition(".")[2] for rule in method.rules for name in (*rule.needs, *rule.needs_any)}
            group, where = grouped(there[method.name]), f"{subject}, method {method.name}"
            if group.open:
                yield note(f"{where}, credentials", NOT_DESCRIBED)
            found = list(compare_fields(document, where, method.credentials, group, conditional=rules))
            yield from found
            yield from _compare_rules(where, method.rules, there[method.name])
            changed = _changed_credentials(document, entry.slug, method.credentials)
            if changed is not None:
                again = compare_fields(document, where, method.credentials, grouped(changed), conditional=rules)
                yield from in_updates(again, found)
        else:
            yield note(f"{subject}, method {method.name}", "the catalogue knows its name only")
    gateway = takes_gateway(document, entry.slug)
    if entry.gateway is False and gateway:
        yield note(f"{subject}, gateway_id", "this server takes it, the catalogue does not")
    elif entry.gateway and gateway is False:
        yield note(f"{subject}, gateway_id", "this server lacks it")
    elif entry.gateway is None and gateway:
        yield note(f"{subject}, gateway_id", "this server takes it, unknown in the collection")


def _changed_credentials(document: Document, app: str, credentials: Iterable[Credential]) -> list[Form] | None:
    """Return the alternative of an update's credentials that is nearest to those of a method; None if it has none.

    An update does not say which method its credentials are for.
    """
    operation = document.operation("PATCH", f"{CONNECTIONS}/{app}/{{id}}")
    forms = document.forms(grouped(operation.body if operation else ()).fields.get("credentials", ()))
    known = {api_name(spec.name) for spec in credentials}
    described = [form for form in forms if form.fields]
    return [min(described, key=lambda form: len(form.fields.keys() ^ known))] if described else None


def compare_services(document: Document) -> Iterator[Finding]:
    """Compare the services of native integrations and their metadata. Raises DocumentError."""
    with at("metadata"):
        found = list(_compare_metadata(document, "POST", "/api/v1/integration"))
        yield from found
        yield from in_updates(_compare_metadata(document, "PATCH", "/api/v1/integration/{id}"), found)
    known = _services_of(document)
    if known is not None:
        yield from (note(f"service {slug}", "the catalogue lacks it") for slug in set(known) - SERVICES.keys())
        yield from _missing("services", SERVICES.keys() - known)


def _compare_metadata(document: Document, method: str, path: str) -> Iterator[Finding]:
    operation = document.operation(method, path)
    body = grouped(operation.body if operation else ())
    metadata = grouped(document.forms(body.fields.get("metadata", ())))
    if metadata.open and not metadata.fields and "metadata" in body.fields:
        yield note("metadata", NOT_DESCRIBED)
    elif not metadata.open:
        specs = [_metadata_spec(name) for name in METADATA]
        options = {METADATA[spec.name]: spec for spec in specs}
        for api, spec in options.items():
            if api in metadata.fields:
                yield from compare_value(document, f"metadata {spec.name}", spec, metadata.fields[api])
                if api in metadata.required:
                    yield fault(f"metadata {spec.name}", "required on this server, optional in the collection")
            else:
                yield note(f"metadata {spec.name}", "this server lacks it")
        for api in metadata.fields.keys() - options.keys():
            needed = ", and is required" if api in metadata.required else ""
            text = f"this server takes it{needed}; the collection lacks it"
            yield (fault if needed else note)(f"metadata {option_name(api)}", text)


def _metadata_spec(name: str) -> FieldSpec:
    return spec_of(name, METADATA_OPTIONS[name], METADATA_PARTS.get(name, {}))


def spec_of(name: str, option: Mapping[str, Any], names: Mapping[str, str] = MappingProxyType({})) -> FieldSpec:
    """Return what a module's option may hold, by its argument spec; `names` are API names of its parts."""
    parts = option.get("options") or {}
    return FieldSpec(
        name,
        option["type"] if option["type"] in JSON_KINDS else "str",
        choices=tuple(option.get("choices", ())),
        items=option.get("elements", ""),
        fields=tuple(spec_of(option_name(names.get(part, part)), each) for part, each in parts.items()),
        required=bool(option.get("required")),
        may_be_empty=True,
        # Texts that name something have forms that no schema tells.
        pattern="" if option.get("choices") else ANY,
        # What the choices of an option refuse, the server's text need not.
        certain=False,
    )


def _services_of(document: Document) -> tuple[str, ...] | None:
    operation = document.operation("PATCH", "/api/v1/integration-auth/{id}")
    schemas = grouped(operation.body if operation else ()).fields.get("integration", ())
    listed = values(schemas) if schemas else None
    return tuple(map(str, listed)) if listed else None
