# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the catalogue's entries for a destination and an app from the OpenAPI document of a server.

What a document doesn't tell is guessed, and each guess is named in a comment below the entry.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from ansible_collections.community.infisical.plugins.module_utils._catalog.apps import APPS
from ansible_collections.community.infisical.plugins.module_utils._catalog.destinations import COMMON_OPTIONS, IMPORTS
from ansible_collections.community.infisical.plugins.module_utils._catalog.names import api_name, did_you_mean
from ansible_collections.community.infisical.plugins.module_utils._catalog.syncs import REPLACED
from ansible_collections.community.infisical.plugins.module_utils._errors import clean_name
from compare_catalogue import (
    CONNECTIONS,
    INITIAL,
    KIND_NAMES,
    SYNCS,
    Group,
    app_of,
    grouped,
    may_be_empty,
    methods_of,
    option_name,
    slugs,
    takes_gateway,
)
from openapi import Document, DocumentError, Form, Operation, Schema, at, kinds, least, limit, values

ROOT = Path(__file__).resolve().parents[2]
UNSAID = "no document tells, so taken for "
SHAPE = "say here in words what the pattern says"
# What the catalogue has for all destinations, and what it has under another name.
COMMON = {api_name(name) for name in (*(spec.name for spec in COMMON_OPTIONS), *REPLACED)}


def suggestion(document: Document, slug: str) -> str:
    """Return entries as Python, ready to be pasted. Raises DocumentError where the document lacks the slug."""
    destinations, apps = slugs(document, SYNCS), slugs(document, CONNECTIONS)
    if slug not in (*destinations, *apps):
        known = did_you_mean(slug, {*destinations, *apps})
        raise DocumentError(f"The document has neither a destination nor an app {slug[:80]!r}.{known}")
    parts = []
    wanted = [slug] if slug in apps else []
    if slug in destinations:
        parts.append(("destinations.py", *_written(document, slug, Writer.destination)))
        wanted = [app for app in app_of(document, slug) if app in apps and _is_new(app)] or wanted
    parts += [("apps.py", *_written(document, app, Writer.app)) for app in wanted]
    return "\n".join(
        f"# For plugins/module_utils/_catalog/{file}\n{_formatted(code)}"
        + "".join(f"# Check: {clean_name(one, 500)}\n" for one in checks)
        for file, code, checks in parts
    )


def _written(document: Document, slug: str, write: Callable[[Writer, str], str]) -> tuple[str, list[str]]:
    writer = Writer(document)
    with at(slug):
        return write(writer, slug), list(dict.fromkeys(writer.checks))


def _is_new(app: str) -> bool:
    return app not in APPS or not APPS[app].methods


class Writer:
    """Writes one entry. `checks` are the guesses in it."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.checks: list[str] = []

    def destination(self, slug: str) -> str:
        """Return the entry of a destination."""
        operation = self.document.operation("POST", f"{SYNCS}/{slug}")
        body = grouped(operation.body if operation else ())
        options = self.group(body.fields.get("syncOptions", ()))
        own = {api: schemas for api, schemas in options.fields.items() if api not in COMMON}
        apps = app_of(self.document, slug)
        if not apps:
            self.checks.append("app: the document doesn't say whose connections it takes.")
        name = self.display_name(operation, "Sync", slug)
        behaviors = values(options.fields.get(api_name(INITIAL), ())) or ()
        arguments = [_text(slug), _text(name), f"app={_text(apps[0] if apps else slug)}"]
        arguments.append(f"can_import={set(IMPORTS) <= set(behaviors)}")
        arguments += self.config(self.document.forms(body.fields.get("destinationConfig", ())))
        if own:
            arguments.append(f"options={self.fields(own, options)}")
        if "keySchema" not in options.fields and not options.open:
            arguments.append("key_schema=False")
        if values(options.fields.get("disableSecretDeletion", ())) == (False,):
            arguments.append("deletion_must_be_allowed=True")
        self.checks += [
            "locates: all fields but names for display are taken to say where secrets go, and not how.",
            f"plan, can_remove, heeds_deletion_setting, verified: {UNSAID}any, true, true, true.",
        ]
        return f"Destination({', '.join(arguments)})"

    def app(self, slug: str) -> str:
        """Return the entry of an app."""
        operation = self.document.operation("POST", f"{CONNECTIONS}/{slug}")
        shown = self.shown_credentials(slug)
        methods = []
        for method, forms in methods_of(self.document, slug).items():
            group = grouped(forms)
            specs = [self.credential(api, group, shown) for api in group.fields]
            rules = "".join(f", {rule}" for rule in _rules("credentials", [group]))
            methods.append(f"Method({_text(method)}, {_tuple(specs)}{rules})")
            hidden = ", ".join(_named(api) for api in group.fields if api not in shown)
            if hidden:
                self.checks.append(f"{method}: taken for secret, as answers don't have it: {hidden}.")
            if method in ("oauth", "github-app"):
                self.checks.append(
                    f"{method}: add browser_only=True if it needs a code that only a browser login gives."
                )
        name = self.display_name(operation, "Connection", slug)
        self.checks.append(f"plan, managed, rotated: {UNSAID}any, no, none.")
        gateway = ", gateway=True" if takes_gateway(self.document, slug) else ""
        return f"App({_text(slug)}, {_text(name)}, {_tuple(methods)}{gateway})"

    def group(self, schemas: Iterable[Schema]) -> Group:
        return grouped(self.document.forms(schemas))

    def display_name(self, operation: Operation | None, what: str, slug: str) -> str:
        named = re.match(rf"Create an? (.+?) {what}\b", operation.description if operation else "")
        if named:
            return named[1]
        self.checks.append("the name for display is made of the slug.")
        return slug.replace("-", " ").title()

    def shown_credentials(self, slug: str) -> set[str]:
        """Return the credentials that answers have: those are no secrets."""
        operation = self.document.operation("POST", f"{CONNECTIONS}/{slug}")
        answers = grouped(operation.answer if operation else ()).fields.get("appConnection", ())
        forms = self.document.forms(answers)
        credentials = (self.document.forms(form.fields.get("credentials", ())) for form in forms)
        return {name for each in credentials for form in each for name in form.fields}

    def config(self, forms: tuple[Form, ...]) -> Iterator[str]:
        """Yield the arguments of a destination for its config."""
        scopes: dict[str, list[Form]] = {}
        for form in forms:
            for scope in values(form.fields.get("scope", ())) or ():
                scopes.setdefault(str(scope), []).append(form)
        groups = {scope: grouped(of_scope) for scope, of_scope in scopes.items()}
        if not groups:
            group = grouped(forms)
            self.check_alternatives(forms, group)
            if group.fields:
                yield f"fields={self.fields(group.fields, group)}"
            yield from _rules("destination_config", [group])
            return
        for form in forms:
            if not values(form.fields.get("scope", ())):
                left_out = ", ".join(map(_named, form.fields)) or "no fields"
                self.checks.append(f"destination_config: an alternative without a scope is left out: {left_out}.")
        shared = _shared(groups)
        if shared:
            yield f"fields={self.fields(shared, next(iter(groups.values())))}"
        own = ((scope, _without(one.fields, {*shared, "scope"}), one) for scope, one in groups.items())
        yield f"scopes={{{', '.join(f'{_text(scope)}: {self.fields(fields, one)}' for scope, fields, one in own)}}}"
        if not all("scope" in form.required for form in forms):
            yield f"default_scope={_text(next(iter(scopes)))}"
            self.checks.append("default_scope: the document says only that a scope is not required.")
        yield from _rules("destination_config", groups.values())

    def check_alternatives(self, forms: Iterable[Form], group: Group) -> None:
        unsure = {
            name
            for form in forms
            for name in group.fields.keys() - group.sometimes.keys()
            if name not in form.fields or (name in form.required) != (name in group.required)
        }
        if unsure:
            names = ", ".join(sorted(map(_named, unsure)))
            self.checks.append(f"destination_config: has alternatives without a scope; they differ in {names}.")

    def fields(self, fields: Mapping[str, tuple[Schema, ...]], group: Group) -> str:
        """Return a tuple of fields. `group` says which of them are required, and has those beside them."""
        specs: list[str] = []
        plain: list[str] = []
        for api, schemas in fields.items():
            words = self.words(api, schemas, group)
            if words == ["required=True"] and not _is_label(api, group):
                plain.append(_text(_named(api)))
                continue
            specs += _needed(plain)
            plain = []
            specs.append(_call("label" if _is_label(api, group) else "FieldSpec", api, words))
        specs += _needed(plain)
        return specs[0].removeprefix("*") if len(specs) == 1 and specs[0].startswith("*") else _tuple(specs)

    def credential(self, api: str, group: Group, shown: set[str]) -> str:
        """Return a field of credentials, for which the helpers take it that it is required."""
        words = [word for word in self.words(api, group.fields[api], group) if word != "required=True"]
        optional = [] if api in group.required else ["required=False"]
        return _call("_public" if api in shown else "_secret", api, [*words, *optional])

    def words(self, api: str, schemas: tuple[Schema, ...], group: Group) -> list[str]:
        """Return the arguments of a field's entry, without its name."""
        option = _named(api)
        if api_name(option) != api:
            self.checks.append(f"{option}: {api} needs an entry in API_NAMES in names.py.")
        found = sorted(kinds(schemas)) or ["string"]
        kind = KIND_NAMES.get(found[0], "str")
        if len(found) > 1:
            self.checks.append(f"{option}: takes {' or '.join(found)}.")
        if _is_label(api, group):
            self.checks.append(f"{option}: taken for a name for display.")
        words = [] if kind == "str" else [_text(kind)]
        words += ["required=True"] if api in group.required else []
        if kind == "str":
            words += self.text_words(option, schemas)
            words += ["may_be_empty=True"] if api in group.required and all(map(may_be_empty, schemas)) else []
        elif kind == "int":
            listed = values(schemas)
            if listed is None and any(schema.get("type") != "integer" for schema in schemas):
                self.checks.append(f"{option}: a number on this server, taken for a whole one.")
            words += [f"choices={_tuple(map(str, listed))}"] if listed else _least(schemas, "minimum")
        elif kind == "dict":
            words += self.parts(schemas)
        elif kind == "list":
            words += self.list_words(option, schemas)
        return words

    def list_words(self, option: str, schemas: tuple[Schema, ...]) -> Iterator[str]:
        items = self.document.items(schemas)
        kind = KIND_NAMES.get(next(iter(sorted(kinds(items))), ""), "str")
        yield f"items={_text(kind)}"
        if kind == "dict":
            yield from self.parts(items)
        elif kind == "str" and items:
            yield from self.text_words(option, items)
        most = limit(schemas, "maxItems")
        if most:
            yield f"max_items={most}"
        yield from _least(schemas, "minItems")

    def parts(self, schemas: Iterable[Schema]) -> Iterator[str]:
        group = self.group(schemas)
        if group.fields:
            yield f"fields={self.fields(group.fields, group)}"

    def text_words(self, option: str, schemas: tuple[Schema, ...]) -> Iterator[str]:
        listed = values(schemas)
        if listed is not None:
            yield f"choices={_texts(map(str, listed))}"
            return
        fewest = least(schemas, "minLength") or 0
        if fewest > 1:
            self.checks.append(f"{option}: at least {fewest} characters on this server, which only a pattern can say.")
        formats = {str(schema.get("format") or "") for schema in schemas}
        patterns = {str(schema.get("pattern") or "") for schema in schemas}
        if formats == {"uri"}:
            yield "**URL"
        elif formats == {"uuid"}:
            yield "**UUID"
        elif len(patterns) == 1 and (pattern := _whole(patterns.pop())):
            if _is_python(pattern):
                yield f"pattern={_raw(pattern)}, shape={_text(SHAPE)}"
            else:
                self.checks.append(f"{option}: the server's pattern is not one of Python's: {pattern}")
        most = limit(schemas, "maxLength")
        if most:
            yield f"max_length={most}"


def _shared(groups: Mapping[str, Group]) -> dict[str, tuple[Schema, ...]]:
    """Return the fields that all of several scopes have alike."""
    first, *others = groups.values()
    return {
        name: schemas
        for name, schemas in first.fields.items()
        if others
        and name != "scope"
        and all(one.fields.get(name) == schemas for one in others)
        and len({name in one.required for one in groups.values()}) == 1
    }


def _without(fields: Mapping[str, tuple[Schema, ...]], names: set[str]) -> dict[str, tuple[Schema, ...]]:
    return {name: schemas for name, schemas in fields.items() if name not in names}


def _rules(option: str, groups: Iterable[Group]) -> Iterator[str]:
    rules: dict[str, None] = {}
    for group in groups:
        for api, (decisive, chosen) in sorted(group.sometimes.items()):
            field, needs = f"{option}.{_named(decisive)}", f"{option}.{_named(api)}"
            rules[f"Rule({_text(field)}, {_texts(chosen)}, needs={_texts([needs])})"] = None
    if rules:
        yield f"rules={_tuple(rules)}"


def _least(schemas: Iterable[Schema], word: str) -> Iterator[str]:
    fewest = least(schemas, word)
    if fewest is not None:
        yield f"least={fewest}"


def _is_label(api: str, group: Group) -> bool:
    named = f"{api.removesuffix('Name')}id".lower()
    return api.endswith("Name") and named in {name.lower() for name in group.fields}


def _named(api: str) -> str:
    """Return a name for an option, for which the API's name may need an entry in API_NAMES."""
    option = option_name(api)
    is_natural = re.fullmatch(r"[a-z][a-z0-9_]*", option) and not re.search(r"_[a-z](_[a-z])+(_|$)", option)
    if is_natural and api_name(option) == api:
        return option
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", api)
    return re.sub(r"\W+", "_", words).strip("_").lower() or option


def _whole(pattern: str) -> str:
    """Return a pattern for the whole of a text; the server's is for a part of it, on the sides that have no anchor."""
    bare = re.sub(r"\[[^\]]*\]", "", re.sub(r"\\.", "", pattern))
    flat, before = bare, ""
    while flat != before:
        flat, before = re.sub(r"\([^()]*\)", "", flat), flat
    if "|" in flat:
        # Each of the alternatives has its own anchors.
        return f".*({pattern}).*"
    inner = pattern.removeprefix("^")
    inner = inner[:-1] if bare.endswith("$") else inner
    start, end = "" if pattern.startswith("^") else ".*", "" if bare.endswith("$") else ".*"
    return f"{start}{inner}{end}" if inner else ""


def _is_python(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return pattern.isprintable()


# --- Python -----------------------------------------------------------------------------------------------------------


def _call(name: str, api: str, words: list[str]) -> str:
    return f"{name}({', '.join([_text(_named(api)), *words])})"


def _needed(names: list[str]) -> list[str]:
    return [f"*needed({', '.join(names)})"] if names else []


def _raw(pattern: str) -> str:
    return f'r"{pattern}"' if '"' not in pattern and not pattern.endswith("\\") else repr(pattern)


def _text(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' if value.isprintable() else repr(value)


def _texts(items: Iterable[str]) -> str:
    return _tuple(map(_text, items))


def _tuple(items: Iterable[str]) -> str:
    listed = list(items)
    return f"({', '.join(listed)}{',' if len(listed) == 1 else ''})"


def _formatted(code: str) -> str:
    command = [
        Path(sys.executable).parent / "ruff",
        "format",
        "--quiet",
        "--stdin-filename",
        str(ROOT / "entry.py"),
        "-",
    ]
    try:
        return subprocess.run(command, input=code, capture_output=True, text=True, check=True, timeout=60).stdout
    except (OSError, subprocess.SubprocessError):
        # make format does the same to what is pasted.
        return f"{code}\n"
