# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an object is: the table of a kind's fields, and its view.

Objects are compared as *views*: mappings keyed by option names, as the modules return them. `None` in what the user
specified means "don't care"; `""`, `[]` and `False` are values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from .._errors import shown
from .shapes import PROSE, TEXT, Shape, check, needed
from .values import ID, plain

# An object under option names, as modules return it.
View = Mapping[str, Any]


class Change(Enum):
    """How the server lets a field be changed on an existing object."""

    NEVER = "never"
    PATCH = "patch"
    # Newer servers change it; older ones answer with success and keep the old value.
    PATCH_IF_NEW = "patch if new"


@dataclass(frozen=True)
class Field:
    """One field of a kind of object.

    `option` is its name in options and results, `api` its name in the API (`patch_api` in a PATCH, where different).
    `normal` gives the form in which two values are compared. `read` takes the value from the API's object, `shape` is
    what an answer must have under `key` (`api`, where not stated), or a function that gives it for the object.
    `reset_by_patch` marks what the server resets, or demands, when a PATCH leaves it out; `needed_with` tells whether
    the update of an object (its view, and the changes) is one that does.
    `accept` takes the option's name and the text that the user specified, and returns it as it is compared and sent, or
    raises InputError.
    `keyed` marks a mapping that is compared key by key; the server merges it, or, where `whole` is set, replaces it by
    what it is sent. `pruned` takes the object (options and values) and such a mapping, and returns it without what an
    object has that leaves it out. `also_beside`: keys of a mapping, as the API names them, that are sent beside it,
    too, as servers differ in where they have them. `sent` is false for what the server knows by itself and takes from
    nobody.
    """

    option: str
    api: str
    change: Change = Change.NEVER
    patch_api: str = ""
    normal: Callable[[Any], Any] = plain
    read: Callable[[Mapping[str, Any]], Any] | None = None
    write: Callable[[Any], Any] | None = None
    accept: Callable[[str, str], str] | None = None
    reset_by_patch: bool = False
    needed_with: Callable[[View, View], bool] = lambda _view, _changes: False
    keyed: bool = False
    whole: bool = False
    only_sent: frozenset[str] = frozenset()
    only_read: frozenset[str] = frozenset()
    pruned: Callable[[View, Any], Any] = lambda _object, value: value
    also_beside: tuple[str, ...] = ()
    sent: bool = True
    key: str = ""
    shape: Shape | Callable[[Mapping[str, Any]], Shape] = TEXT

    def value_in(self, obj: Mapping[str, Any]) -> Any:
        return self.read(obj) if self.read else obj.get(self.api)

    def check(self, obj: Mapping[str, Any], owner: str) -> None:
        """Raise NotUnderstood where the API's object, `owner` in messages, has something else for this field."""
        key = self.key or self.api
        check(obj.get(key), self.shape if isinstance(self.shape, Shape) else self.shape(obj), key, owner)

    def shown(self, value: Any) -> str:
        """Return a value of this field as it is written in a message."""
        return shown(value, 0) if self.shape is PROSE else shown(value)

    def to_api(self, value: Any) -> Any:
        return self.write(value) if self.write else value


class Last(Enum):
    """The last outcome that an object shows, or that a job is under way."""

    NONE = "none"
    UNDER_WAY = "under way"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True)
class Outcome:
    """How a kind of object shows the outcome of a job.

    `recorded`: the options that change when one ends. `status`: the option that also tells of a job that has not ended;
    empty where there is none. `last` reads the last outcome. `message`: the option with the service's own words. `job`
    is what it is called; `if_none` says why none may come, `if_credentials` what to do if the service doesn't accept
    the credentials. `removes`: a job that succeeds takes the object away.
    """

    recorded: tuple[str, ...]
    last: Callable[[View], Last]
    message: str
    status: str = ""
    job: str = "sync"
    if_none: str = ""
    if_credentials: str = ""
    removes: bool = False

    @property
    def marks(self) -> tuple[str, ...]:
        """The options by which a new outcome differs from an old one."""
        return (self.status, *self.recorded) if self.status else self.recorded

    def is_pending(self, view: View) -> bool:
        """Tell whether a job waits for its start, as far as the object shows it."""
        return bool(self.status) and view.get(self.status) == "pending"


@dataclass(frozen=True)
class Kind:
    """A kind of object: its fields, what it is called, where the API has it, and what the server can do with it.

    `fields` can be specified by the user, `read_only` can't. Paths are templates over the view's keys: `list_paths` are
    tried in turn (with `list_query`, parameter to key), `listed_by` are the keys that tell one list from another. The
    list may be a part of the object under `list_envelope`.
    `anchors` are the options that tell one object from another and never change: an answer with another value is about
    another object. `mixed_list` tells that a project's list may hold objects of other projects.
    Credentials are in `write_only` (option to API name): they are never read back, compared or shown. `lacking` says
    what it means when a server has no such endpoints.
    `id_option` names one object, and `elsewhere` says where it may be if it isn't found. Without it, the options in
    `found_by` must be there, and `identity` is what two objects that are alike share. If the catalogue knows such
    objects, it has an entry for the value of `catalogued_by`. A new object must have what is `required` and gets
    `defaults`. `unique` tells that the server refuses a second one that is alike, `may_be_doubled` that of several the
    oldest is managed. `active` is the option that tells whether the object has `outcome`s, those of syncs.
    Advice for messages: `way_out` where a field can't be changed in place, `way_out_if_ignored` where the server kept
    its old value (else the same), `no_update` where it can't update at all, `in_use` where it refuses to remove.
    `known_by` is who may not know a field that is dropped.
    """

    name: str
    label: str
    fields: tuple[Field, ...]
    read_only: tuple[Field, ...]
    envelope: str
    list_name: str
    list_paths: tuple[str, ...]
    create_path: str
    object_path: str
    id_option: str
    identity: Callable[[View], tuple[Any, ...]]
    list_query: Mapping[str, str] = field(default_factory=dict)
    list_envelope: str = ""
    listed_by: tuple[str, ...] = ("project_id",)
    anchors: tuple[str, ...] = ("project_id",)
    mixed_list: bool = False
    write_only: Mapping[str, str] = field(default_factory=dict)
    lacking: str = ""
    elsewhere: str = "is on another server"
    catalogued_by: str = ""
    needs_project: bool = False
    found_by: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)
    unique: bool = False
    may_be_doubled: bool = False
    active: str = ""
    outcome: Outcome | None = None
    way_out: str = ""
    way_out_if_ignored: str = ""
    known_by: str = "this server"
    no_update: str = ""
    in_use: str = ""

    def view(self, obj: Mapping[str, Any], project_id: str | None = None) -> dict[str, Any]:
        """Return the API's object under option names. `project_id` is added, since not every kind of object carries it.

        Raises NotUnderstood where a field is not what the API says.
        """
        check(obj.get("id"), needed(ID), "id", f"the {self.label}")
        owner = f"the {self.label} {obj['id']}"
        check(obj.get("projectId"), ID, "projectId", owner)
        for item in (*self.fields, *self.read_only):
            item.check(obj, owner)
        return self._read(obj, project_id)

    def _read(self, obj: Mapping[str, Any], project_id: str | None = None) -> dict[str, Any]:
        # Where a list may hold objects of others, one that doesn't tell its project isn't the project's.
        default = None if self.mixed_list else project_id
        view: dict[str, Any] = {"id": obj.get("id"), "project_id": obj.get("projectId", default)}
        view.update(
            (item.option, item.value_in(obj)) for item in (*self.fields, *self.read_only) if item.option not in view
        )
        return view

    def blank(self) -> dict[str, Any]:
        """Return a view with every key and no value: what a planned object is filled into."""
        return self._read({})

    def field_named(self, option: str) -> Field:
        return next(item for item in self.fields if item.option == option)
