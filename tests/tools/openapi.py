# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read an OpenAPI document (3.0 or 3.1): its operations, and what the schemas of their bodies take.

A library for references would not be enough: what is compared are the alternatives that allOf, anyOf and oneOf make.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from ansible_collections.community.infisical.plugins.module_utils._errors import clean_name

Schema = Mapping[str, Any]
# Alternatives of one schema; a document that multiplies them is broken, or hostile.
MOST_FORMS = 500


METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


class DocumentError(Exception):
    """The document can't be used. The text is one sentence for the user; `is_placed`: it says where in the document."""

    is_placed = False


@dataclass(frozen=True)
class Form:
    """One alternative of an object: its fields, and which of them are required. An `open` one may have others."""

    fields: Mapping[str, tuple[Schema, ...]] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    open: bool = False

    def and_also(self, other: Form) -> Form:
        """Return the form of an object that must fit both."""
        both = {name: _narrower(self.fields[name], other.fields[name]) for name in self.fields.keys() & other.fields}
        fields = {**self.fields, **other.fields, **both}
        return Form(fields, self.required | other.required, self.open and other.open)


@dataclass(frozen=True)
class Operation:
    """One method of a path.

    `query` has the names of its parameters in the query, and whether each is required; `choices` the values that those
    take which don't take any. `takes_json` is false where its body is described, and can't be JSON.
    """

    query: Mapping[str, bool]
    choices: Mapping[str, tuple[Any, ...]]
    body: tuple[Form, ...]
    answer: tuple[Form, ...]
    description: str
    takes_json: bool = True


class Document:
    """An OpenAPI document, its paths without trailing slashes and without the names of parameters."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self._raw = raw
        # What is one path may be there several times, with other names of its parameters.
        self._paths: dict[str, list[Mapping[str, Any]]] = {}
        self._operations: dict[tuple[str, str], Operation | None] = {}
        for path, item in raw["paths"].items():
            if isinstance(item, Mapping):
                self._paths.setdefault(plain(path), []).append(item)

    @property
    def paths(self) -> Iterable[str]:
        return self._paths.keys()

    def methods(self, path: str) -> list[str]:
        """Return the methods of a path. Raises DocumentError."""
        with at(path):
            there = {key for item in self._paths.get(plain(path), ()) for key in self._resolved(item)}
        return [method for method in METHODS if method.lower() in there]

    def operation(self, method: str, path: str) -> Operation | None:
        """Return an operation, or None where the document has none. Raises DocumentError."""
        key = (method, plain(path))
        if key not in self._operations:
            with at(f"{method} {key[1]}"):
                self._operations[key] = self._operation(*key)
        return self._operations[key]

    def _operation(self, method: str, path: str) -> Operation | None:
        items = [self._resolved(one) for one in self._paths.get(path, ())]
        item = next((one for one in items if isinstance(one.get(method.lower()), Mapping)), None)
        if item is None:
            return None
        found = item[method.lower()]
        parameters = [self._resolved(one) for one in (*_list(item.get("parameters")), *_list(found.get("parameters")))]
        query = {str(one.get("name")): one for one in parameters if one.get("in") == "query"}
        taken = {name: values(self.variants(one.get("schema"))) for name, one in query.items()}
        answers = self._resolved(found.get("responses"))
        success = next((code for code in answers if str(code).startswith("2")), "")
        content = self._resolved(self._resolved(found.get("requestBody")).get("content"))
        return Operation(
            {name: bool(one.get("required")) for name, one in query.items()},
            {name: chosen for name, chosen in taken.items() if chosen},
            self._forms_of(found.get("requestBody")),
            self._forms_of(answers.get(success)),
            str(found.get("description") or found.get("summary") or ""),
            takes_json=not content or any(map(_is_json, content)),
        )

    def _forms_of(self, holder: Any) -> tuple[Form, ...]:
        """Return the alternatives of a body of JSON; where there is none that is described, it may be anything."""
        content = self._resolved(self._resolved(holder).get("content"))
        schema = self._resolved(next((content[kind] for kind in content if _is_json(kind)), None)).get("schema")
        return self.forms([schema]) if schema is not None else (Form(open=True),)

    def forms(self, schemas: Iterable[Any]) -> tuple[Form, ...]:
        """Return the alternatives of an object that fits one of the schemas. Raises DocumentError."""
        found = [form for schema in schemas for form in self._forms(schema)]
        if len(found) > MOST_FORMS:
            raise DocumentError(f"A schema has {len(found)} alternatives: is this document made by Infisical?")
        return tuple(found)

    def _forms(self, given: Any) -> Iterator[Form]:
        schema = self._resolved(given)
        properties = schema.get("properties")
        fields = properties if isinstance(properties, Mapping) else {}
        taken = {str(name): self.variants(value) for name, value in fields.items()}
        # What can only be null, or nothing at all, is not taken.
        own = Form(
            {name: schemas for name, schemas in taken.items() if schemas},
            frozenset(
                name for name in _list(schema.get("required")) if isinstance(name, str) and taken.get(name) != ()
            ),
            open=schema.get("additionalProperties", not fields) not in (False, None),
        )
        parts = [self.forms([part]) for part in _list(schema.get("allOf"))]
        parts += [
            self.forms(options)
            for options in (
                [one for one in _list(schema.get(word)) if not _is_null(one)] for word in ("anyOf", "oneOf")
            )
            if options
        ]
        for combination in itertools.islice(itertools.product(*parts), MOST_FORMS + 1):
            form = own
            for part in combination:
                form = form.and_also(part)
            yield form

    def variants(self, given: Any) -> tuple[Schema, ...]:
        """Return the schemas of which a value must fit one, without null. Raises DocumentError."""
        schema = self._resolved(given)
        for word in ("anyOf", "oneOf"):
            if word in schema:
                rest = {key: value for key, value in schema.items() if key not in (word, "nullable")}
                found = _few(one for option in _list(schema[word]) for one in self.variants(option))
                if found and ("properties" in rest or "allOf" in rest):
                    return (schema,)
                return tuple({**rest, **one} for one in found)
        if "allOf" in schema and "properties" not in schema:
            return self._all_of(schema)
        return () if _is_null(schema) or schema.get("not") == {} else (schema,)

    def _all_of(self, schema: Schema) -> tuple[Schema, ...]:
        """Return the schemas of which a value must fit one that fits all of several; objects are left to `forms`."""
        parts = [self.variants(part) for part in _list(schema["allOf"])]
        if not parts or any("properties" in one or "allOf" in one for part in parts for one in part):
            return (schema,)
        rest = {key: value for key, value in schema.items() if key not in ("allOf", "nullable")}
        return _few(
            {key: value for one in (rest, *combination) for key, value in one.items()}
            for combination in itertools.product(*parts)
        )

    def items(self, schemas: Iterable[Schema]) -> tuple[Schema, ...]:
        """Return the schemas of which an item of a list must fit one; none where it may be anything."""
        return _few(one for schema in schemas if "items" in schema for one in self.variants(schema["items"]))

    def _resolved(self, given: Any) -> Schema:
        """Follow references. Raises DocumentError where one leads out of the document, to nothing or in circles."""
        seen: list[str] = []
        schema = given
        while isinstance(schema, Mapping) and isinstance(schema.get("$ref"), str):
            reference = schema["$ref"]
            if reference in seen:
                raise DocumentError(f"The reference {reference[:200]!r} of the document leads back to itself.")
            seen.append(reference)
            schema = self._target(reference)
        return schema if isinstance(schema, Mapping) else {}

    def _target(self, reference: str) -> Any:
        node: Any = self._raw
        start, *steps = reference.split("/")
        for step in steps:
            key = unquote(step).replace("~1", "/").replace("~0", "~")
            if isinstance(node, list) and key.isdecimal() and int(key) < len(node):
                node = node[int(key)]
            elif isinstance(node, Mapping) and key in node:
                node = node[key]
            else:
                start = ""
                break
        if start != "#":
            raise DocumentError(f"The reference {reference[:200]!r} leads to nothing in the document.")
        return node


def _few(schemas: Iterable[Schema]) -> tuple[Schema, ...]:
    found = tuple(itertools.islice(schemas, MOST_FORMS + 1))
    if len(found) > MOST_FORMS:
        raise DocumentError(f"A schema has more than {MOST_FORMS} alternatives: is this document made by Infisical?")
    return found


def _is_json(content_type: object) -> bool:
    kind = str(content_type).partition(";")[0].strip().lower()
    return kind == "application/json" or kind.endswith("+json")


@contextmanager
def at(subject: str) -> Iterator[None]:
    """Name the subject in an error about the document that doesn't say where it is."""
    try:
        yield
    except DocumentError as error:
        raise error if error.is_placed else _placed(subject, str(error)) from None
    except RecursionError:
        raise _placed(subject, "A schema leads back to itself, or is nested too deep.") from None


def _placed(subject: str, text: str) -> DocumentError:
    error = DocumentError(f"{clean_name(subject, 200)}: {text}")
    error.is_placed = True
    return error


def plain(path: str) -> str:
    """Return a path in the form in which paths are compared."""
    return re.sub(r"\{[^}]*\}", "{}", path).rstrip("/")


def kinds(schemas: Iterable[Schema]) -> set[str]:
    """Return the JSON types of values that fit one of the schemas; none where one of them doesn't say."""
    found: set[str] = set()
    for schema in schemas:
        stated = schema.get("type")
        listed = stated if isinstance(stated, list) else [stated]
        names = {name if isinstance(name, str) else None for name in listed if name != "null"}
        if "properties" in schema or "allOf" in schema:
            names = {"object"}
        if not names or None in names:
            return set()
        found |= names
    return {"number" if name == "integer" else str(name) for name in found}


def values(schemas: Iterable[Schema]) -> tuple[Any, ...] | None:
    """Return the values that fit, in the document's order, or None where others may."""
    found: dict[Any, None] = {}
    for schema in schemas:
        listed = [schema["const"]] if "const" in schema else schema.get("enum")
        if not isinstance(listed, list):
            return None
        found.update(dict.fromkeys(value for value in listed if isinstance(value, str | bool | int | float)))
    return tuple(found)


def limit(schemas: Iterable[Schema], word: str) -> int:
    """Return the largest value of a limit such as maxLength, or 0 where one of the schemas has none."""
    found = [schema.get(word) or _length_of_values(schema, word) for schema in schemas]
    return max(found) if found and all(isinstance(one, int) and one for one in found) else 0


def least(schemas: Iterable[Schema], word: str) -> int | None:
    """Return the smallest value of a limit such as minItems, or None where one of the schemas has none."""
    found = [_least(schema, word) for schema in schemas]
    return min(found) if found and all(isinstance(one, int) for one in found) else None


def _least(schema: Schema, word: str) -> Any:
    # A flag beside the limit in 3.0, the limit itself in 3.1.
    exclusive = schema.get("exclusiveMinimum") if word == "minimum" else None
    above = schema.get(word) if exclusive is True else exclusive
    return above + 1 if isinstance(above, int) and exclusive is not False else schema.get(word)


def _narrower(one: tuple[Schema, ...], other: tuple[Schema, ...]) -> tuple[Schema, ...]:
    mine, its = values(one), values(other)
    return one if mine is not None and (its is None or len(mine) < len(its)) else other


def _length_of_values(schema: Schema, word: str) -> int:
    listed = values([schema])
    return max((len(str(value)) for value in listed), default=0) if listed and word == "maxLength" else 0


def _is_null(schema: Any) -> bool:
    if not isinstance(schema, Mapping):
        return True
    listed = schema.get("enum")
    return schema.get("type") in ("null", ["null"]) or (
        isinstance(listed, list) and bool(listed) and all(value in (None, "null") for value in listed)
    )


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
