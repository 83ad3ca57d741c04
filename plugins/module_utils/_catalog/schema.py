# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The language of the catalogue: what a field may hold, and what fields ask of each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

# The IDs of keys that AWS STS gives begin with ASIA. Such keys end within hours.
PERMANENT_KEY: Mapping[str, Any] = {
    "pattern": r"(?!ASIA).*",
    "shape": "the ID of a permanent AWS access key, which does not begin with ASIA",
}
URL: Mapping[str, Any] = {"pattern": r"https?://\S+", "shape": "a URL such as https://host.example.com"}
UUID: Mapping[str, Any] = {"pattern": r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", "shape": "a UUID"}

# Those that servers of August 2026 take, and those that AWS has beside them.
AWS_REGIONS = (
    *("us-east-1", "us-east-2", "us-west-1", "us-west-2", "us-gov-east-1", "us-gov-west-1", "ca-central-1"),
    *("sa-east-1", "eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1"),
    *("eu-west-2", "eu-west-3", "me-central-1", "me-south-1", "af-south-1", "ap-east-1", "ap-northeast-1"),
    *("ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-south-2", "ap-southeast-1", "ap-southeast-2"),
    *("ap-southeast-3", "ap-southeast-4"),
)
FURTHER_AWS_REGIONS = (
    *("ca-west-1", "mx-central-1", "il-central-1", "ap-east-2", "ap-southeast-5", "ap-southeast-6"),
    *("ap-southeast-7", "cn-north-1", "cn-northwest-1", "eusc-de-east-1"),
)

# How texts about a field begin that follow its name without more.
VERBS = ("is ", "isn't ", "has ", "may ", "must ", "should ")


@dataclass(frozen=True)
class Problem:
    """What is wrong with one field. `certain` is false where the catalogue itself may be wrong, or behind the times."""

    field: str
    text: str
    certain: bool = True

    @property
    def sentence(self) -> str:
        """The problem as a sentence that names the field."""
        verb = self.text.removeprefix("it ")
        return f"{self.field} {verb}" if verb.startswith(VERBS) else f"{self.field}: {self.text}"


# Each process makes these classes anew: those that nobody compares or prints have no methods for that.
@dataclass(frozen=True, eq=False, repr=False)
class FieldSpec:
    """What one field may hold.

    `kind`: str, bool, int, list or dict. `items`: the kind of a list's items. `fields`: the parts of a dict, or of a
    list's dicts. `choices`, `pattern` (for the whole value, `shape` says the same in words) and `max_length` restrict a
    text, or each text of a list; `choices` numbers, too. `newer` are further choices that a newer server may take.
    `max_items`, `unique` (no item twice) and `unique_by` (a part that no two items may share) restrict a list. `least`:
    the smallest number, or how few items. `may_be_empty`: an empty string will do though the field is required. `cut`:
    what the server takes from both ends.

    `locates`: it takes part in saying where the secrets go; else it is a name for display, or says how they go there.
    `for_new`: a change of it counts only for secrets that the destination does not have yet.
    `only_sent`: no answer has it. `only_read`: only answers have it.
    `secret`: its value must never be shown. `certain` is false where other values may do as well, or where a newer
    server may know more of them. `verified` is false where the field was not seen in the server's sources or an
    official client.
    """

    name: str
    kind: str = "str"
    required: bool = False
    choices: tuple[str | int, ...] = ()
    newer: tuple[str, ...] = ()
    pattern: str = ""
    shape: str = ""
    max_length: int = 0
    items: str = ""
    fields: tuple[FieldSpec, ...] = ()
    max_items: int = 0
    least: int | None = None
    unique: bool = False
    unique_by: str = ""
    may_be_empty: bool = False
    cut: str = ""
    locates: bool = True
    for_new: bool = False
    only_sent: bool = False
    only_read: bool = False
    secret: bool = False
    certain: bool = True
    verified: bool = True


@dataclass(frozen=True, eq=False, repr=False)
class Rule:
    """A rule between fields: it holds where `field` has one of `values`. Fields are named in full, with their option.

    Without `values`, any value but an empty one will do; "" among them is a field that is not set. A rule without a
    `field` always holds. `where`: other fields with the values of which they must have one as well for it to hold.

    `needs`: fields that must be set then. `needs_any`: fields of which one must be. `demands`, `refuses`: fields with
    the values of which they must have one then, or that the server refuses. `excludes`: fields that it refuses with any
    value. `ignores`: fields that it accepts and doesn't use. `certain` is false where the rule may be wrong, or behind
    the times. `means`: what the fields are that are needed, and `instead`: which setting does without them.
    """

    field: str = ""
    values: tuple[Any, ...] = ()
    where: tuple[tuple[str, tuple[Any, ...]], ...] = ()
    needs: tuple[str, ...] = ()
    needs_any: tuple[str, ...] = ()
    demands: tuple[tuple[str, tuple[Any, ...]], ...] = ()
    refuses: tuple[tuple[str, tuple[Any, ...]], ...] = ()
    excludes: tuple[str, ...] = ()
    ignores: tuple[str, ...] = ()
    certain: bool = True
    means: str = ""
    instead: str = ""


def needed(*names: str) -> tuple[FieldSpec, ...]:
    """Return fields that must be set, and may hold any text."""
    return tuple(FieldSpec(name, required=True) for name in names)


def label(name: str, **more: Any) -> FieldSpec:
    """Return a field that is a name for display, with further attributes."""
    return FieldSpec(name, locates=False, **more)


def labels(*names: str) -> tuple[FieldSpec, ...]:
    """Return fields that are names for display."""
    return tuple(label(name) for name in names)


class Target:
    """What a service and a destination of secret syncs have in common.

    `fields` say where and how secrets are written; `scopes` are further fields by the value of `scope`, and
    `default_scope` is what no `scope` means. `by_environment`: each source environment has a place of its own there.
    """

    fields: tuple[FieldSpec, ...]
    scopes: Mapping[str, tuple[FieldSpec, ...]]
    default_scope: str
    by_environment: bool

    def place_of(self, environment: object) -> str:
        """Return what a source environment says of where secrets go: nothing for most."""
        return str(environment or "").strip() if self.by_environment else ""

    def fields_for(self, scope: object) -> tuple[FieldSpec, ...]:
        """Return the fields that count under `scope`; without scopes, or for an unknown one, the common ones.

        Where a scope has a field of its own, it counts instead of the common one of the same name.
        """
        if not self.scopes:
            return self.fields
        own = self.scopes.get(scope, ()) if isinstance(scope, str) else ()
        names = {item.name for item in own}
        return (self.scope_field, *(item for item in self.fields if item.name not in names), *own)

    @cached_property
    def scope_field(self) -> FieldSpec:
        """The field that the scope is specified by."""
        return FieldSpec("scope", required=not self.default_scope, choices=tuple(self.scopes))

    @cached_property
    def all_fields(self) -> tuple[FieldSpec, ...]:
        """Every field of every scope, each name once."""
        own = (item for fields in self.scopes.values() for item in fields)
        first = (self.scope_field,) if self.scopes else ()
        return tuple({item.name: item for item in reversed((*first, *self.fields, *own))}.values())[::-1]
