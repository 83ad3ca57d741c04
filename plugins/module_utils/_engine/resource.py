# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine: what the user stated, compared with what the server has, gives a plan. No HTTP and no Ansible here.

Objects are compared as *views*: mappings keyed by option names, as the modules return them. `None` in what the user
stated means "don't care"; `""`, `[]` and `False` are values.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from .._errors import InputError, UpdateIgnored, clean_text
from .shapes import TEXT, Shape, check, needed

ID_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
ID = Shape(
    "an id (letters, digits, '-' and '_')", lambda value: isinstance(value, str) and bool(ID_PATTERN.fullmatch(value))
)
SLUG_PATTERN = re.compile(r"[a-z0-9]+([-_][a-z0-9]+)*")
# ISO 8601 with a time of day: `fromisoformat` alone would also read a long number as a date.
TIME_PATTERN = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}\S*")
# Seconds since 1970 stay below this for 3,000 years; milliseconds have been above it since 1973.
MILLISECONDS_FROM = 10**11
UUID_PATTERN = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class Change(Enum):
    """How the server lets a field be changed on an existing object."""

    NEVER = "never"
    PATCH = "patch"
    # Newer servers change it; older ones answer with success and keep the old value.
    PATCH_IF_NEW = "patch if new"


def plain(value: Any) -> Any:
    """Comparable form of a plain value: servers trim strings, and null and an empty string are one."""
    if value is None:
        return ""
    return value.strip() if isinstance(value, str) else value


def comparable_setting(value: Any) -> Any:
    """Comparable form of one metadata value: unset, empty and off are one; lists have no order."""
    if isinstance(value, Mapping):
        return tuple(sorted((key, comparable_setting(item)) for key, item in value.items() if item))
    if isinstance(value, list | tuple):
        return tuple(sorted((comparable_setting(item) for item in value), key=repr))
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    # A key can't be taken away, only set to nothing; so nothing and not being there are the same wish.
    return plain(value) or ()


def comparable_path(value: Any) -> str:
    """Comparable form of a folder: the server takes one trailing slash away."""
    text = str(value or "").strip()
    return text[:-1] if len(text) > 1 and text.endswith("/") else text


@dataclass(frozen=True)
class Field:
    """One field of a kind of object.

    `option` is its name in options and results, `api` its name in the API (`patch_api` in a PATCH, where different).
    `normal` gives the form in which two values are compared. `read` takes the value from the API's object, `shape` is
    what an answer must have under `key` (`api`, where not stated), or a function that gives it for the object.
    `reset_by_patch` marks what the server resets, or demands, when a PATCH leaves it out.
    `keyed` marks a mapping that is compared key by key; the server merges it, or, where `whole` is set, replaces it by
    what it is sent. `sent` is false for what the server knows by itself and takes from nobody.
    """

    option: str
    api: str
    change: Change = Change.NEVER
    patch_api: str = ""
    normal: Callable[[Any], Any] = plain
    read: Callable[[Mapping], Any] | None = None
    write: Callable[[Any], Any] | None = None
    reset_by_patch: bool = False
    keyed: bool = False
    whole: bool = False
    sent: bool = True
    key: str = ""
    shape: Shape | Callable[[Mapping], Shape] = TEXT

    def value_in(self, obj: Mapping) -> Any:
        return self.read(obj) if self.read else obj.get(self.api)

    def check(self, obj: Mapping, owner: str) -> None:
        """Raise NotUnderstood where the API's object, `owner` in messages, has something else for this field."""
        key = self.key or self.api
        check(obj.get(key), self.shape if isinstance(self.shape, Shape) else self.shape(obj), key, owner)

    def to_api(self, value: Any) -> Any:
        return self.write(value) if self.write else value


@dataclass(frozen=True)
class Kind:
    """A kind of object: its fields, what it is called, and where the API has it.

    `fields` can be stated by the user, `facts` are only read. Paths are templates over the view's keys: `list_paths`
    are tried in turn (with `list_query`, parameter to key), `listed_by` are the keys that tell one list from another.
    `anchors` are the options that tell one object from another and never change: an answer with another value is about
    another object. `mixed_list` tells that a project's list may hold objects of other projects.
    Credentials are in `write_only` (option to API name): they are never read back, compared or shown. `lacking` says
    what it means when a server has no such endpoints.
    """

    name: str
    label: str
    fields: tuple[Field, ...]
    facts: tuple[Field, ...]
    envelope: str
    list_name: str
    list_paths: tuple[str, ...]
    create_path: str
    object_path: str
    list_query: Mapping[str, str] = field(default_factory=dict)
    listed_by: tuple[str, ...] = ("project_id",)
    anchors: tuple[str, ...] = ("project_id",)
    mixed_list: bool = False
    write_only: Mapping[str, str] = field(default_factory=dict)
    lacking: str = ""

    def view(self, obj: Mapping, project_id: str | None = None) -> dict[str, Any]:
        """Return the API's object under option names. `project_id` is added, since not every object carries it.

        Raises NotUnderstood where a field is not what the API says.
        """
        check(obj.get("id"), needed(ID), "id", f"the {self.label}")
        owner = f"the {self.label} {obj['id']}"
        check(obj.get("projectId"), ID, "projectId", owner)
        for item in (*self.fields, *self.facts):
            item.check(obj, owner)
        return self._read(obj, project_id)

    def _read(self, obj: Mapping, project_id: str | None = None) -> dict[str, Any]:
        view: dict[str, Any] = {"id": obj.get("id"), "project_id": obj.get("projectId", project_id)}
        view.update(
            (item.option, item.value_in(obj)) for item in (*self.fields, *self.facts) if item.option not in view
        )
        return view

    def blank(self) -> dict[str, Any]:
        """Return a view with every key and no value: what a planned object is filled into."""
        return self._read({})

    def field(self, option: str) -> Field:
        return next(item for item in self.fields if item.option == option)


def stated(kind: Kind, params: Mapping) -> dict[str, Any]:
    """Return what the user stated about the object's fields: trimmed, unstated ones left out."""
    values = {}
    for item in kind.fields:
        value = params.get(item.option)
        if isinstance(value, Mapping):
            value = {key: _trimmed(inner) for key, inner in value.items() if inner is not None} if item.keyed else value
        if value is not None:
            values[item.option] = _trimmed(value)
    return values


def _trimmed(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def difference(kind: Kind, wanted: Mapping, view: Mapping) -> dict[str, Any]:
    """Return what of `wanted` the object in `view` doesn't have yet.

    Of a keyed mapping these are the differing keys, or, where the server replaces it whole, the merged whole.
    """
    changes: dict[str, Any] = {}
    for option, value in wanted.items():
        item = kind.field(option)
        current = view.get(option)
        if item.keyed:
            have = current or {}
            keys = {key: inner for key, inner in value.items() if item.normal(inner) != item.normal(have.get(key))}
            if keys and item.whole:
                # Another scope has other keys; what belonged to the old one would be refused.
                changes[option] = {**({} if "scope" in keys else have), **value}
            elif keys:
                changes[option] = keys
        elif item.normal(value) != item.normal(current):
            changes[option] = value
    return changes


@dataclass(frozen=True)
class Plan:
    """What a task is going to do: `action` is none, create, update or delete.

    `before` and `after` are views (`after` as far as it can be foretold), `changes` what an update sets.
    """

    action: str
    before: Mapping | None = None
    after: Mapping | None = None
    changes: Mapping = field(default_factory=dict)

    @property
    def changed(self) -> bool:
        return self.action != "none"


def plan_create(kind: Kind, wanted: Mapping, placeholder: str) -> Plan:
    """Plan a new object with the values in `wanted`; `placeholder` stands for the id that the server will give."""
    after = kind.blank()
    after.update(wanted)
    after["id"] = placeholder
    return Plan("create", after=after, changes=dict(wanted))


def plan_update(kind: Kind, wanted: Mapping, view: Mapping, way_out: str) -> Plan:
    """Plan what turns `view` into `wanted`.

    Raises InputError, naming each field, where the server can't change one in place; `way_out` says what to do then.
    """
    changes = difference(kind, wanted, view)
    fixed = [option for option in changes if kind.field(option).change is Change.NEVER]
    if fixed:
        parts = ", ".join(
            f"{option} (is {shown(view.get(option))}, wanted {shown(changes[option])})" for option in fixed
        )
        raise InputError(f"The server can't change {parts} of {kind.label} {view['id']} in place. {way_out}")
    if not changes:
        return Plan("none", before=view, after=view)
    return Plan("update", before=view, after=_merged(kind, view, changes), changes=changes)


def _merged(kind: Kind, view: Mapping, changes: Mapping) -> dict[str, Any]:
    after = dict(view)
    for option, value in changes.items():
        item = kind.field(option)
        after[option] = {**(view.get(option) or {}), **value} if item.keyed and not item.whole else value
    return after


def refuse_contradiction(
    kind: Kind, wanted: Mapping, view: Mapping, related: Mapping[str, tuple[Any, Any]] | None = None
) -> None:
    """Refuse to remove an object that was named by its id while another option says that it is a different one.

    `wanted` are the options of the kind's table that the user specified, all are compared. `related` are options about
    other objects, such as the name of a connection: the wanted and the found value. Raises InputError, naming each.
    """
    found = f"{kind.label} {view['id']}"
    parts: dict[str, str] = {}
    for option, value in difference(kind, wanted, view).items():
        item = kind.field(option)
        if item.keyed:
            have = view.get(option) or {}
            keys = [key for key, inner in wanted[option].items() if item.normal(inner) != item.normal(have.get(key))]
            # Without the values: settings of some destinations are confidential.
            parts.update((f"{option}.{key}", f"{option}.{key} differs from that of {found}") for key in keys)
        else:
            parts[option] = f"{option} is {shown(value)}, but {found} has {shown(view.get(option))}"
    for option, (value, have) in (related or {}).items():
        if value is not None and plain(value) != plain(have):
            parts[option] = f"{option} is {shown(value)}, but {found} has {shown(have)}"
    if parts:
        raise InputError(
            f"{'; '.join(parts.values())}. Nothing was removed: drop {', '.join(parts)}, or name another one."
        )


def plan_delete(view: Mapping | None) -> Plan:
    """Plan the removal of the object in `view`, or nothing where there is none."""
    return Plan("delete", before=view) if view else Plan("none")


def create_body(kind: Kind, wanted: Mapping) -> dict[str, Any]:
    """Return the body of the create request. Empty strings are left out: the server stores nothing for them then."""
    body = {}
    for option, value in wanted.items():
        item = kind.field(option)
        if item.sent and value not in ("", {}):
            body[item.api] = item.to_api(value)
    return body


def patch_body(kind: Kind, view: Mapping, changes: Mapping) -> dict[str, Any]:
    """Return the body of the update: the changes, and the current value of all that the server would reset."""
    body = {}
    for item in kind.fields:
        if item.option in changes:
            body[item.patch_api or item.api] = item.to_api(changes[item.option])
        elif item.reset_by_patch and view.get(item.option) is not None:
            body[item.patch_api or item.api] = item.to_api(view[item.option])
    return body


def check_update(kind: Kind, changes: Mapping, answered: Mapping, way_out: str) -> None:
    """Compare the view that an update was answered with to what was asked; raises UpdateIgnored naming the fields."""
    ignored = difference(kind, changes, answered)
    if ignored:
        parts = ", ".join(f"{option} (still {shown(answered.get(option))})" for option in ignored)
        done = [option for option in changes if option not in ignored]
        also = f" Changed all the same: {', '.join(done)}." if done else ""
        raise UpdateIgnored(
            f"The server accepted the update of {kind.label} {answered['id']} but kept {parts}: this server is too old"
            f" to change that in place.{also} {way_out}",
            changed=bool(done),
        )


def checked_id(option: str, value: str) -> str:
    """Return a project id fit to stand in a path; raises InputError for one that could mean another path."""
    text = value.strip()
    if not ID_PATTERN.fullmatch(text):
        raise InputError(
            f"{option} {clean_text(text, 80)!r} is not an id: letters, digits, '-' and '_' only (see the project's"
            " settings page)."
        )
    return text


def checked_uuid(option: str, value: str) -> str:
    """Return an object's id in lower case, as servers answer it; raises InputError for anything but a UUID."""
    text = value.strip()
    if not UUID_PATTERN.fullmatch(text):
        raise InputError(
            f"{option} {clean_text(text, 80)!r} is not an id: it should look like 88de59c4-dc8b-45d8-94b9-5b935312c04c."
        )
    return text.lower()


def checked_slug(option: str, value: str) -> str:
    """Return a name that servers take for a slug; raises InputError for one that they can't take."""
    text = value.strip()
    if not SLUG_PATTERN.fullmatch(text):
        raise InputError(
            f"{option} {clean_text(text, 80)!r} is not a slug: lower-case letters, digits and dashes, such as"
            " my-app-dev."
        )
    return text


def moment(value: object) -> datetime | None:
    """Return the time that a server wrote as ISO 8601 (UTC without an offset) or as seconds or milliseconds since 1970.

    Returns None for anything else.
    """
    if isinstance(value, str):
        text = value.strip()
        if TIME_PATTERN.fullmatch(text):
            try:
                read = datetime.fromisoformat(text)
                return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
            except (ValueError, OverflowError):
                return None
        if not (text.isascii() and text.isdigit() and len(text) in (10, 13)):
            return None
        value = int(text)
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        return None
    try:
        return datetime.fromtimestamp(value / 1000 if value >= MILLISECONDS_FROM else value, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def time_text(obj: Mapping) -> str | None:
    """Return the time of an object's creation as text; some servers count in seconds or milliseconds."""
    value = obj.get("createdAt")
    if value is None or isinstance(value, str):
        return value
    made = moment(value)
    return made.isoformat() if made else str(value)


def _age(view: Mapping) -> tuple:
    made = moment(view.get("created_at"))
    return (made is None, made or datetime.min.replace(tzinfo=UTC), str(view.get("id")))


def oldest_first(views: Iterable[Mapping]) -> list[Mapping]:
    """Sort views by age for lists and reports; those without a time come last. To remove some, see `oldest_of`."""
    return sorted(views, key=_age)


def oldest_of(views: Iterable[Mapping]) -> Mapping | None:
    """Return the oldest of several objects that are alike, or None where one of them has no time to compare.

    Everyone who looks gets the same one: of two with the same time the one whose id comes first.
    """
    in_order = oldest_first(views)
    return in_order[0] if all(moment(view.get("created_at")) for view in in_order) else None


def placeholder_id(*identity: object) -> str:
    """Return the id that check mode hands out for an object that would be created.

    It is a UUID of version 8 with a fixed beginning, which no server gives out, and depends on the identity alone.
    """
    digest = hashlib.sha256("\x00".join(str(part) for part in identity).encode()).hexdigest()
    return f"00000000-0000-8000-8{digest[:3]}-{digest[3:15]}"


def is_placeholder(value: str | None) -> bool:
    """Tell whether `value` is an id made by `placeholder_id`."""
    return bool(value and re.fullmatch(r"00000000-0000-8000-8[0-9a-f]{3}-[0-9a-f]{12}", value))


def shown(value: Any) -> str:
    """Return a value as it is written in a message."""
    if value is None or value == "":
        return "unset"
    return clean_text(repr(value) if isinstance(value, str) else value, 120)


def diff_of(kind: Kind, plan: Plan, after: Mapping | None, notes: Mapping | None = None) -> dict[str, Any]:
    """Return Ansible's diff for a plan. `after` is the view that the task ends with; `notes` are lines added to it.

    Times, job ids and the like are left out: they change on their own and would differ in every run.
    """
    shown_options = [item.option for item in kind.fields]

    def side(view: Mapping | None) -> dict[str, Any]:
        if not view:
            return {}
        pairs = ((option, view.get(option)) for option in shown_options)
        return {"id": view["id"], **{key: value for key, value in pairs if value not in (None, "", {})}}

    before, after_side = side(plan.before), side(after)
    after_side.update(notes or {})
    label = kind.label
    return {
        "before": before,
        "after": after_side,
        "before_header": f"{label} {plan.before['id']}" if plan.before else f"{label} (absent)",
        "after_header": f"{label} {after['id']}" if after else f"{label} (absent)",
    }
