# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names and values as they are written: options and the API's fields, near misses, values of the wrong kind.

Options are named in snake_case, the API's fields in camelCase; `to_api` and `from_api` turn the one into the other.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from .._errors import clean_name
from .schema import FieldSpec

SECRET_KEY = "{{secretKey}}"  # noqa: S105  # the placeholder in a key schema
KINDS: Mapping[str, type | tuple[type, ...]] = {
    "str": str,
    "bool": bool,
    "int": int,
    "list": (list, tuple),
    "dict": Mapping,
}
# The API's names that turning an option's into camelCase doesn't give.
API_NAMES = {"cluster_uuid": "clusterUUID", "github_app_id": "gitHubAppId"}
OPTION_NAMES = {api: option for option, api in API_NAMES.items()}
SWITCHES = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


# A list of thousands of objects has the same few names in each.
@functools.lru_cache(4096)
def api_name(option: str) -> str:
    """Return the API's name of an option."""
    return API_NAMES.get(option) or re.sub(r"(?<=[A-Za-z0-9])_([a-z])", lambda match: match[1].upper(), option)


def to_api(value: Any) -> Any:
    """Return `value` with its keys, and those of all mappings in it, in the API's camelCase."""
    return _renamed(value, api_name)


def from_api(value: Any) -> Any:
    """Return `value` with its keys, and those of all mappings in it, in snake_case."""
    return _renamed(value, _option_name)


@functools.lru_cache(4096)
def _option_name(key: str) -> str:
    return OPTION_NAMES.get(api_name(key)) or re.sub(
        r"(?<=[A-Za-z0-9])([A-Z])", lambda match: f"_{match[1].lower()}", key
    )


def _renamed(value: Any, rename: Callable[[str], str]) -> Any:
    if isinstance(value, Mapping):
        return {rename(key) if isinstance(key, str) else key: _renamed(item, rename) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_renamed(item, rename) for item in value]
    return value


def under_option_names(value: Any) -> dict[str, Any]:
    """Return what is specified in a mapping, under option names; nothing for anything else. None is unspecified."""
    given = {str(key): item for key, item in value.items() if item is not None} if isinstance(value, Mapping) else {}
    # Where one thing is specified under both names, the option's name counts.
    own_names = {key: item for key, item in given.items() if key == _option_name(key)}
    return {**from_api(given), **from_api(own_names)}


def written_twice(value: Mapping[Any, Any]) -> dict[str, list[str]]:
    """Return the option names that `value` has under both names, with the ways in which it writes them."""
    found: dict[str, list[str]] = {}
    for key, item in value.items():
        if item is not None:
            found.setdefault(_option_name(str(key)), []).append(str(key))
    return {name: sorted(keys) for name, keys in found.items() if len(keys) > 1}


def is_kind(value: Any, kind: str) -> bool:
    """Tell whether a value is of a kind of the schema; true and false are no numbers."""
    return isinstance(value, KINDS[kind]) and (kind != "int" or not isinstance(value, bool))


def item_of(spec: FieldSpec) -> FieldSpec:
    """Return what each item of a list may hold."""
    return replace(spec, kind=spec.items, items="", required=True, max_items=0, least=None, unique=False, unique_by="")


def filled_in(values: Mapping[str, Any], specs: Iterable[FieldSpec]) -> dict[str, Any]:
    """Return `values` (under option names) without the empty texts of fields that need not be there, and are texts."""
    may_go = {spec.name for spec in specs if spec.kind == "str" and not (spec.required or spec.may_be_empty)}
    return {
        key: value
        for key, value in values.items()
        if not (key in may_go and isinstance(value, str) and not value.strip())
    }


def in_kind(values: Mapping[str, Any], specs: Iterable[FieldSpec]) -> dict[str, Any]:
    """Return `values` (under option names), each in the kind that its field asks for.

    Templates turn numbers into strings, and YAML turns ids into numbers: where nothing is lost, that is undone here.
    What can't be turned, and what no field is known for, stays as it is.
    """
    known = {spec.name: spec for spec in specs}
    return {key: _in_kind(value, known[key]) if key in known else value for key, value in values.items()}


def _in_kind(value: Any, spec: FieldSpec) -> Any:
    kind = spec.kind
    if kind == "str" and is_kind(value, "int"):
        return str(value)
    if kind == "int" and isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,18}", value.strip()):
        return int(value)
    if kind == "bool" and isinstance(value, str):
        return SWITCHES.get(value.strip().lower(), value)
    if kind == "list" and isinstance(value, list | tuple):
        item_spec = item_of(spec)
        return [_in_kind(item, item_spec) for item in value]
    if kind == "dict" and isinstance(value, Mapping):
        return in_kind(under_option_names(value), spec.fields)
    return value


def near_matches(name: object, known: Iterable[str], most: int = 3) -> list[str]:
    """Return up to `most` of `known` that `name` may be a misspelling of, the nearest first.

    Dashes, underscores, blanks and case don't count.
    """
    # Only what is misspelt needs it.
    import difflib  # noqa: PLC0415

    folded: dict[str, str] = {}
    for item in sorted(str(item) for item in known):
        folded.setdefault(_folded(item), item)
    sought = _folded(str(name)[:100])
    close = difflib.get_close_matches(sought, folded, n=most, cutoff=0.6)
    if not close and len(sought) > 2:
        close = [item for item in folded if sought in item or item in sought][:most]
    return [folded[item] for item in close]


def _folded(text: str) -> str:
    return re.sub(r"[\s_-]", "", text).lower()


def did_you_mean(name: object, known: Iterable[str], most: int = 3) -> str:
    """Return a question for the end of a message, after a blank; empty where nothing in `known` is near `name`.

    It names up to `most` of `known`. These may come from a server: the question is cleaned, and cut at 200 characters.
    """
    near = near_matches(name, known, most)
    return f" Did you mean {clean_name(' or '.join(near), 200)}?" if near else ""
