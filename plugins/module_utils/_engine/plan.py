# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the user specified, compared with what the server has, gives a plan; and a plan's bodies and diff."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .._errors import InputError, UpdateIgnored, shown
from .kind import Change, Field, Kind, View
from .values import placeholder_id, plain

# Why a server may leave out what it was sent.
DROPPED = "doesn't know it, or doesn't allow it."


def stated(kind: Kind, params: View, faults: list[str] | None = None) -> dict[str, Any]:
    """Return what the user stated about the object's fields, in the form that is compared; unstated ones are left out.

    A sentence about each value that its field can't have is added to `faults`.
    """
    values = {}
    for item in kind.fields:
        value = params.get(item.option)
        if value is None:
            continue
        if item.keyed and isinstance(value, Mapping):
            value = {key: _trimmed(inner) for key, inner in value.items() if inner is not None}
        values[item.option] = _trimmed(value)
        if item.accept and isinstance(value, str):
            try:
                # With its blanks: a text of nothing else was meant to be something, and is none.
                values[item.option] = item.accept(item.option, value)
            except InputError as error:
                (faults if faults is not None else []).append(str(error))
    return values


def _trimmed(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def difference(kind: Kind, wanted: View, view: View) -> dict[str, Any]:
    """Return what of `wanted` the object in `view` doesn't have yet.

    Of a keyed mapping these are the differing keys, or, where the server replaces it whole, the merged whole.
    """
    changes: dict[str, Any] = {}
    for option, value in wanted.items():
        item = kind.field_named(option)
        current = view.get(option)
        if item.keyed:
            keys = _unlike_keys(item, value, current)
            if keys and item.whole:
                # Another scope has other keys; what belonged to the old one would be refused.
                kept = {} if "scope" in keys else current or {}
                changes[option] = {**{key: have for key, have in kept.items() if key not in item.only_read}, **value}
            elif keys:
                changes[option] = keys
        elif item.normal(value) != item.normal(current):
            changes[option] = value
    return changes


def _unlike_keys(item: Field, value: View, current: View | None) -> dict[str, Any]:
    """Return the keys of a keyed mapping that differ, with the wanted values; of those that are compared."""
    have, skipped = current or {}, item.only_sent | item.only_read
    return {
        key: inner
        for key, inner in value.items()
        if key not in skipped and item.normal(inner) != item.normal(have.get(key))
    }


def _unlike(kind: Kind, wanted: View, view: View) -> dict[str, str]:
    """Return the names of what in `wanted` differs from `view`, keys of mappings one by one, as messages show them.

    With the value in `view` where it may be shown: settings of some destinations are confidential.
    """
    found: dict[str, str] = {}
    for option in difference(kind, wanted, view):
        item, current = kind.field_named(option), view.get(option)
        if item.keyed:
            have = current or {}
            keys = _unlike_keys(item, wanted[option], have)
            found.update((f"{option}.{key}", "unset" if have.get(key) is None else "another value") for key in keys)
        else:
            found[option] = item.shown(current)
    return found


@dataclass(frozen=True)
class Plan:
    """What a task is going to do: `action` is none, create, update or delete.

    `before` and `after` are views (`after` as far as it can be predicted), `changes` what an update sets.
    """

    action: str
    before: View | None = None
    after: View | None = None
    changes: View = field(default_factory=dict)

    @property
    def changed(self) -> bool:
        return self.action != "none"


def plan_create(kind: Kind, wanted: View, place: View) -> Plan:
    """Plan a new object in `place` with the values in `wanted`; its id is the one that check mode gives it."""
    after = {**kind.blank(), **place, **_readable(kind, wanted), "id": planned_id(kind, place, wanted)}
    return Plan("create", after=after, changes=dict(wanted))


def _readable(kind: Kind, values: View) -> dict[str, Any]:
    """Return values as answers show them: without the keys that are only sent."""
    return {
        option: {key: inner for key, inner in value.items() if key not in kind.field_named(option).only_sent}
        if isinstance(value, Mapping)
        else value
        for option, value in values.items()
    }


def planned_id(kind: Kind, place: View, wanted: View) -> str:
    """Return the id that check mode gives to an object which it doesn't create."""
    mark = wanted.get(kind.catalogued_by) or ""
    return placeholder_id(kind.name, *place.values(), *kind.identity(wanted), mark=mark)


def plan_update(kind: Kind, wanted: View, view: View) -> Plan:
    """Plan what turns `view` into `wanted`.

    Raises InputError, naming each field and a way out, where the server can't change one in place.
    """
    changes = difference(kind, wanted, view)
    fixed = [option for option in changes if kind.field_named(option).change is Change.NEVER]
    if fixed:
        parts = ", ".join(
            f"{item.option} (is {item.shown(view.get(item.option))}, wanted {item.shown(changes[item.option])})"
            for item in map(kind.field_named, fixed)
        )
        raise InputError(f"The server can't change {parts} of {kind.label} {view['id']} in place. {kind.way_out}")
    if not changes:
        return Plan("none", before=view, after=view)
    return Plan("update", before=view, after=_merged(kind, view, changes), changes=changes)


def as_wanted(kind: Kind, wanted: View, view: View) -> dict[str, Any]:
    """Return the view of an object with all that is wanted of it, whether the server can do that or not."""
    return _merged(kind, view, difference(kind, wanted, view))


def _merged(kind: Kind, view: View, changes: View) -> dict[str, Any]:
    after = dict(view)
    for option, value in _readable(kind, changes).items():
        item = kind.field_named(option)
        after[option] = {**(view.get(option) or {}), **value} if item.keyed and not item.whole else value
    return after


def refuse_contradiction(
    kind: Kind, wanted: View, view: View, related: Mapping[str, tuple[Any, Any]] | None = None
) -> None:
    """Refuse to remove an object that was named by its id while another option says that it is a different one.

    `wanted` are the options of the kind's table that the user specified, all are compared. `related` are options about
    other objects, such as the name of a connection: the wanted and the found value. Raises InputError, naming each.
    """
    found = f"{kind.label} {view['id']}"
    parts: dict[str, str] = {}
    for option, have in _unlike(kind, wanted, view).items():
        differs = f"{option} differs from that of {found}"
        parts[option] = differs if "." in option else f"{option} is {shown(wanted[option])}, but {found} has {have}"
    for option, (value, have) in (related or {}).items():
        if value is not None and plain(value) != plain(have):
            parts[option] = f"{option} is {shown(value)}, but {found} has {shown(have)}"
    if parts:
        raise InputError(
            f"{'; '.join(parts.values())}. Nothing was removed: leave out {', '.join(parts)}, or specify another one."
        )


def plan_delete(view: View | None) -> Plan:
    """Plan the removal of the object in `view`, or nothing where there is none."""
    return Plan("delete", before=view) if view else Plan("none")


def create_body(kind: Kind, wanted: View) -> dict[str, Any]:
    """Return the body of the create request. Empty strings are left out: the server stores nothing for them then.

    So are empty mappings, but for those that the server takes as a whole.
    """
    body: dict[str, Any] = {}
    for option, value in wanted.items():
        item = kind.field_named(option)
        if item.sent and (item.whole or value not in ("", {})):
            _put(body, item, item.api, item.pruned(wanted, value))
    return body


def _put(body: dict[str, Any], item: Field, name: str, value: Any) -> None:
    body[name] = item.to_api(value)
    body.update({key: body[name][key] for key in item.also_beside if key in body[name]})


def patch_body(kind: Kind, view: View, changes: View) -> dict[str, Any]:
    """Return the body of the update: the changes, and the current value of all that the server would reset."""
    body: dict[str, Any] = {}
    for item in kind.fields:
        if item.option in changes:
            _put(body, item, item.patch_api or item.api, item.pruned(view, changes[item.option]))
        elif (item.reset_by_patch or item.needed_with(view, changes)) and view.get(item.option) is not None:
            _put(body, item, item.patch_api or item.api, sendable(item, view[item.option]))
    return body


def sendable(item: Field, value: Any) -> Any:
    """Return a value of an answer as a request may have it: without what only answers have, and nulls in a mapping."""
    if not isinstance(value, Mapping):
        return value
    return {key: inner for key, inner in value.items() if inner is not None and key not in item.only_read}


def check_created(kind: Kind, asked: View, wanted: View, view: View) -> str:
    """Compare the view of a new object with what its creation sent; returns a warning, or an empty text.

    `wanted` is what was sent, `asked` the part of it that the task specifies. Raises UpdateIgnored, naming the object
    and the fields, where that part is not as asked; a default of ours that is missing is worth the warning.
    """
    unlike = _unlike(kind, wanted, view)
    ignored = [name for name in unlike if _is_in(asked, name)]
    created, why = f"The server created {kind.label} {view['id']}, but without", f"{kind.known_by} {DROPPED}"
    if ignored:
        named = ", ".join(
            name if unlike[name] == "unset" or "." in name else f"{name} (is {unlike[name]})" for name in ignored
        )
        raise UpdateIgnored(f"{created} {named}: {why} {_leave_out(kind)}", changed=True, **{kind.name: dict(view)})
    are = "a default" if len(unlike) == 1 else "defaults"
    return f"{created} {', '.join(unlike)}, {are} of this collection: {why}" if unlike else ""


def _is_in(asked: View, name: str) -> bool:
    option, _dot, key = name.partition(".")
    return key in asked.get(option, ()) if key else option in asked


def _leave_out(kind: Kind) -> str:
    return f"Leave it out to continue with the {kind.label} as it is."


def check_update(kind: Kind, changes: View, answered: View) -> None:
    """Compare the view that an update was answered with to what was asked; raises UpdateIgnored naming the fields."""
    ignored = _unlike(kind, changes, answered)
    if ignored:
        parts = ", ".join(f"{name} (still {have})" for name, have in ignored.items())
        options = {name.partition(".")[0] for name in ignored}
        done = [option for option in changes if option not in options]
        also = f" Changed anyway: {', '.join(done)}." if done else ""
        fields = [kind.field_named(option) for option in options]
        old = all(item.change is Change.PATCH_IF_NEW for item in fields)
        why = "this server is too old to change that in place." if old else f"{kind.known_by} {DROPPED}"
        way_out = _leave_out(kind) if any(item.keyed for item in fields) else kind.way_out_if_ignored or kind.way_out
        raise UpdateIgnored(
            f"The server accepted the update of {kind.label} {answered['id']} but kept {parts}: {why}{also} {way_out}",
            changed=bool(done),
        )


def diff_of(kind: Kind, plan: Plan, after: View | None, notes: View | None = None) -> dict[str, Any]:
    """Return Ansible's diff for a plan. `after` is the view that the task ends with; `notes` are lines added to it.

    Times, job ids and the like are left out: they change on their own and would differ in every run.
    """

    def side(view: View | None) -> dict[str, Any]:
        if not view:
            return {}
        pairs = ((item, view.get(item.option)) for item in kind.fields)
        shown_ones = ((item, value) for item, value in pairs if value not in (None, "", {}))
        # A flag that is the same whether off or unset would differ between check mode and a real run.
        return {"id": view["id"], **{item.option: value for item, value in shown_ones if item.normal(value) != ""}}

    before, after_side = side(plan.before), side(after)
    after_side.update(notes or {})
    label = kind.label
    return {
        "before": before,
        "after": after_side,
        "before_header": f"{label} {plan.before['id']}" if plan.before else f"{label} (absent)",
        "after_header": f"{label} {after['id']}" if after else f"{label} (absent)",
    }
