# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far each native integration has come: what the server holds and what the journal knows, put together. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .._catalog.destinations import destination
from .._catalog.services import service
from .._engine.kind import View
from .._engine.values import comparable_path
from .._errors import clean_name, listed
from .._kinds.native import INTEGRATION
from .._kinds.sync import SYNC
from .._kinds.sync_duplicates import place
from .fingerprint import RESTORED, changes, fingerprint, marker
from .items import BLOCKED, CREATED, CUT_OVER, FAULT, PLANNED, RETIRED, ROLLED_BACK, VERIFIED, Need
from .journal import DONE, FAILED, Record
from .plan import NO_COUNTERPART, READY, MigrationPlan

ROLL_BACK_OR = "Possible solutions: run the phase rollback, which switches the integration on again; or"


@dataclass(eq=False)
class Seen:
    """One native integration, as far as it is known.

    `native` is None where the server lists it no more; `known` is its configuration, then from the journal. `sync` is
    the one that takes its place. `stage` and `reason` say how far it has come, `needs` what is missing. `dormant`: it
    was inactive before the migration, and its sync writes nothing either. `adopted`: the journal doesn't know its sync.
    `options` are those of the sync to be created.
    """

    native_id: str
    known: View
    native: View | None
    auth: View | None
    record: Record
    plan: MigrationPlan | None = None
    sync: View | None = None
    stage: str = BLOCKED
    reason: str = ""
    needs: list[Need] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    dormant: bool = False
    adopted: bool = False
    options: dict[str, Any] = field(default_factory=dict)
    connection: Mapping[str, str] = field(default_factory=dict)

    @property
    def project_id(self) -> str:
        return str(self.known.get("project_id"))

    @property
    def was_active(self) -> bool:
        """Whether the integration wrote before the migration."""
        if self.record.was_active is not None and self.record.is_begun:
            # One that someone has switched on since counts as active once it was rolled back.
            return self.record.was_active or ("rolled_back" in self.record.done and self.is_on)
        found = marker(self.sync) if self.sync else None
        return not found["inactive"] if found else bool(self.known.get("is_active"))

    @property
    def is_on(self) -> bool:
        """Whether the integration writes now."""
        return bool(self.native and self.native["is_active"])

    @property
    def sync_is_on(self) -> bool:
        return bool(self.sync and self.sync["is_auto_sync_enabled"])


def target(sync: View) -> tuple[Any, ...]:
    """Return where a sync writes and under which names, in comparable form (a view, or options of the module)."""
    slug, config = str(sync.get("destination")), sync.get("destination_config") or {}
    manner = str(config.get("mapping_behavior") or "")
    return slug, place(slug, config), manner, (sync.get("sync_options") or {}).get("key_schema") or ""


def source_of(sync: View) -> tuple[Any, ...]:
    """Return what a sync reads: project, environment, folder."""
    return sync.get("project_id"), sync.get("environment"), comparable_path(sync.get("secret_path"))


def differing(planned: View, sync: View) -> list[str]:
    """Return what of source, destination and connection a sync has otherwise than planned; an unknown place, too."""
    wanted, found = target(planned), target(sync)
    names = ("destination", "destination_config", "mapping_behavior", "key_schema")
    parts = [name for name, one, other in zip(names, wanted, found, strict=True) if one != other]
    if wanted[1] is None and "destination_config" not in parts:
        parts.append("destination_config")
    if _keeps(planned) and not _keeps(sync):
        parts.append(f"sync_options.{RESTORED}")
    sources = zip(("project", "environment", "secret_path"), source_of(planned), source_of(sync), strict=True)
    has = {"connection_id": sync.get("connection_id"), "connection_name": (sync.get("connection") or {}).get("name")}
    parts += [name for name, value in has.items() if planned.get(name) and value != str(planned[name]).strip()]
    return [name for name, one, other in sources if one != other] + parts


def _called(sync: View) -> str:
    return f"secret sync {clean_name(sync.get('name'), 80)}"


class Syncs:
    """The syncs of a project, by all that they are looked for."""

    def __init__(self, views: Sequence[View]) -> None:
        self.by_id = {str(view["id"]): view for view in views}
        self.names = {view["name"] for view in views}
        self.claims: dict[str, list[View]] = {}
        self._work: dict[Any, list[View]] = {}
        for view in views:
            found = marker(view)
            if found:
                self.claims.setdefault(found["native"], []).append(view)
            self._work.setdefault((source_of(view), target(view)), []).append(view)

    def like(self, planned: View) -> list[View]:
        """Return the active syncs that read and write what a planned one would; none for a place that isn't known."""
        if not planned or target(planned)[1] is None:
            return []
        found = self._work.get((source_of(planned), target(planned)), [])
        return [view for view in found if view["is_auto_sync_enabled"]]


def find_sync(seen: Seen, syncs: Syncs) -> None:
    """Find the sync that takes the place of an integration among those of its project; set `sync`, or what is wrong.

    A description alone proves nothing: anyone may have written or copied it, or edited it away. What the journal knows
    counts first.
    """
    record = seen.record
    if record.sync:
        seen.sync = syncs.by_id.get(str(record.sync["id"]))
        return
    claims = syncs.claims.get(seen.native_id, [])
    if len(claims) > 1:
        names = listed(_called(sync) for sync in claims)
        seen.stage = FAULT
        seen.reason = (
            f"{len(claims)} syncs say that they take its place: {names}. Change the description of all but one."
        )
        return
    if not claims:
        return
    (claim,) = claims
    wanted = record.intent[1].get("options") if record.intent and record.intent[0] == "created" else seen.options
    said = f"The description of {_called(claim)} says that it takes its place, but"
    found = marker(claim)
    if not wanted:
        seen.stage, seen.reason = FAULT, f"{said} there is no plan to compare it with."
    elif parts := differing(wanted, claim):
        seen.stage = FAULT
        seen.reason = f"{said} it has another {', '.join(parts)} than planned. Change its description, or remove it."
    elif found and seen.native and found["fingerprint"] != fingerprint(INTEGRATION, seen.native):
        seen.stage = FAULT
        seen.reason = (
            f"{said} the integration has been changed since, or another one was intended. The journal does not say"
            " which."
        )
    else:
        # What the journal has begun is its own.
        seen.sync, seen.adopted = claim, not (record.intent and record.intent[0] == "created")


def _keeps(sync: View | None) -> bool:
    return bool(((sync or {}).get("sync_options") or {}).get(RESTORED))


def settled(seen: Seen) -> dict[str, Any] | None:
    """Return the end of an action that the journal has as begun only, by what the server shows; None without such."""
    if not seen.record.intent:
        return None
    action = seen.record.intent[0]
    # If the sync exists already, the action is to switch it on again.
    was_off = bool({"rolled_back", "sync_off"} & seen.record.done.keys())
    done = {
        "created": seen.sync is not None and (seen.sync_is_on or not was_off),
        "switched_off": seen.native is not None and not seen.is_on,
        "switched_on": seen.is_on,
        "sync_off": seen.sync is not None and not seen.sync_is_on,
        "rolled_back": seen.sync is not None and not seen.sync_is_on and seen.is_on,
        "retired": seen.native is None,
        "deletion_restored": bool(seen.sync) and not _keeps(seen.sync),
    }.get(action)
    entry = {"event": DONE if done else FAILED, "id": seen.native_id, "action": action}
    return {**entry, **({"sync": seen.sync} if done and action == "created" else {})}


def judge(seen: Seen, syncs: Syncs) -> None:
    """Set the stage of an integration and its reason; `syncs` are those of its project.

    `find_sync` has run, and what the journal has as begun only is settled.
    """
    if seen.stage == FAULT:
        return
    seen.dormant = not seen.was_active
    if seen.native is None:
        seen.stage, seen.reason = _without_native(seen)
    elif fault := changed_by_someone(seen):
        seen.stage, seen.reason = FAULT, fault
    elif seen.sync is None:
        seen.stage, seen.reason = _without_sync(seen, syncs)
    else:
        seen.stage, seen.reason = _with_both(seen)


def changed_by_someone(seen: Seen) -> str:
    """Return what someone has changed of the integration or its sync since the sync was created; empty for nothing."""
    if "rolled_back" in seen.record.done and seen.is_on and not seen.sync_is_on:
        # The phase create takes it as it is then.
        return ""
    if lost_source(seen.sync):
        return (
            f"{_reads_nothing(seen)} Possible solutions: create the folder again, and run the phases rollback and"
            " create; or exclude it, if this is intended."
        )
    parts = edits(seen)
    if not parts:
        return ""
    return (
        f"Someone has changed it since its sync was created: {'; '.join(parts)}. Change it back; or run the phase"
        " rollback, and then create."
    )


def lost_source(sync: View | None) -> bool:
    """Tell whether what a sync read was removed: the server then knows neither its environment nor its folder."""
    return sync is not None and not sync.get("environment")


def _source_text(seen: Seen) -> str:
    known = seen.record.sync or {}
    environment = known.get("environment") or seen.known.get("source_environment")
    return clean_name(f"{environment}:{known.get('secret_path') or seen.known.get('secret_path')}", 80)


def _reads_nothing(seen: Seen) -> str:
    name = clean_name((seen.sync or {}).get("name"), 80)
    return f"Secret sync {name} writes nothing any more: the folder that it read was removed ({_source_text(seen)})."


def edits(seen: Seen) -> list[str]:
    """Return a text for each field of an integration or its sync that is not as when the sync was created."""
    record, parts = seen.record, []
    if record.sync and record.native and seen.native:
        before = _renamed(record.native, seen.native, "env_id", "source_environment")
        parts += [f"integration: {text}" for text in changes(INTEGRATION, before, seen.native)]
    if record.sync and seen.sync:
        before = _renamed(record.sync, seen.sync, "folder_id", "environment")
        parts += [f"{_called(seen.sync)}: {text}" for text in changes(SYNC, before, seen.sync)]
        if _keeps(record.sync) and not _keeps(seen.sync) and "deletion_restored" not in record.done:
            parts.append(f"{_called(seen.sync)}: sync_options.{RESTORED} was true and is false")
    return parts


def _renamed(before: View, now: View, id_name: str, option: str) -> View:
    """Return what was before with the new name of its environment, if that has only been renamed.

    Where the destination's names contain that of the environment, it is a change all the same.
    """
    entries = (destination(now.get("destination")), service(str(now.get("integration") or "")))
    named_by_it = "{{environment}}" in str(now.get("sync_options")) or any(
        entry.by_environment for entry in entries if entry
    )
    if named_by_it or not before.get(id_name) or before[id_name] != now.get(id_name):
        return before
    return {**before, option: now.get(option)}


def refuse_namesakes(rows: Sequence[Seen]) -> None:
    """Block integrations whose syncs would have one name: the second would be taken for the first."""
    named: dict[Any, list[Seen]] = {}
    for seen in rows:
        if seen.stage in (PLANNED, ROLLED_BACK) and not seen.sync:
            named.setdefault((seen.project_id, seen.options.get("name")), []).append(seen)
    for (_project, name), found in named.items():
        for seen in found if len(found) > 1 else ():
            seen.stage = BLOCKED
            seen.reason = (
                f"The syncs of {len(found)} integrations would have the name {clean_name(name, 80)}. Specify a name for"
                " each in inputs."
            )


def _without_native(seen: Seen) -> tuple[str, str]:
    record = seen.record
    if "retired" in record.done:
        if seen.sync is None:
            return FAULT, "It was retired, and its sync is gone: nothing writes to its destination."
        if not (seen.sync_is_on or seen.dormant):
            return (
                FAULT,
                f"It was retired, and {_called(seen.sync)} is switched off: nothing writes to its destination.",
            )
        if lost_source(seen.sync) and not seen.dormant:
            return FAULT, (
                f"It was retired. {_reads_nothing(seen)} Possible solutions: create the folder again, and specify it"
                " for the sync; or exclude it, if this is intended."
            )
        return RETIRED, ""
    if lost_source(seen.sync):
        return FAULT, (
            f"It is gone, and so is what its sync read ({_source_text(seen)}): was the environment removed? Exclude it"
            " if this is intended."
        )
    return FAULT, (
        "It is gone, and no run in the journal retired it: someone else has removed it. Exclude it if this is intended."
    )


def _without_sync(seen: Seen, syncs: Syncs) -> tuple[str, str]:
    record, plan = seen.record, seen.plan
    if record.sync:
        if seen.is_on:
            return (
                FAULT,
                "Its sync was removed by someone else; the integration still writes. To start over, run rollback.",
            )
        return FAULT, f"Its sync was removed by someone else, and nothing writes to its destination. {_only_rollback()}"
    planned = seen.options or (plan.sync if plan else {})
    others = syncs.like(planned)
    if others and not seen.is_on:
        return FAULT, (
            f"It is switched off, and {_called(others[0])}, which this migration doesn't know, writes what it wrote."
            " Specify the journal of that migration, or exclude the integration."
        )
    if plan is None or plan.status == NO_COUNTERPART:
        return BLOCKED, plan.reason if plan else "There is no plan."
    if seen.needs:
        return (
            BLOCKED,
            f"It requires what the native integration does not have: {', '.join(one['input'] for one in seen.needs)}.",
        )
    name = seen.options.get("name")
    if name in syncs.names:
        return BLOCKED, (
            f"The project has another secret sync with the name {clean_name(name, 80)}. Specify another name in inputs."
        )
    if others:
        return (
            BLOCKED,
            f"{_called(others[0])} writes the same to the same place already. Remove it, or exclude this one.",
        )
    if plan.status != READY and plan.missing and not seen.connection:
        return BLOCKED, plan.reason
    return ROLLED_BACK if "rolled_back" in record.done else PLANNED, ""


def _only_rollback() -> str:
    return "Possible solution: run the phase rollback, which switches the integration on again."


def _with_both(seen: Seen) -> tuple[str, str]:
    if seen.dormant:
        return _dormant(seen)
    return _with_native_on(seen) if seen.is_on else _with_native_off(seen)


def _dormant(seen: Seen) -> tuple[str, str]:
    if seen.is_on:
        return FAULT, (
            "It was inactive when its sync was created, and someone has switched it on. Possible solutions: switch it"
            " off again; or run the phase rollback, and then create."
        )
    if seen.sync_is_on:
        named = _called(seen.sync or {})
        return FAULT, f"It was inactive, but {named} is switched on. Switch it off, or exclude this one."
    return CREATED, "It was inactive before the migration, and so is its sync: there is nothing to verify."


def _with_native_on(seen: Seen) -> tuple[str, str]:
    record, named = seen.record, _called(seen.sync or {})
    if seen.sync_is_on:
        return VERIFIED if "verified" in record.done else CREATED, _difference(record)
    if "rolled_back" in record.done:
        return ROLLED_BACK, ""
    if "sync_off" in record.done:
        return FAULT, _difference(record) or "Its sync was switched off again, since it failed."
    return FAULT, (
        f"{named} was switched off by someone else; the integration still writes. Possible solutions: switch it on"
        " again; or run the phase rollback."
    )


def _with_native_off(seen: Seen) -> tuple[str, str]:
    record, named = seen.record, _called(seen.sync or {})
    if not seen.sync_is_on:
        return FAULT, (
            f"The integration is switched off, and so is {named}: nothing writes to its destination. {ROLL_BACK_OR}"
            " switch the sync on, and run the phase verify."
        )
    if "cut_over" in record.done:
        return CUT_OVER, _difference(record)
    if "switched_off" in record.done:
        return CUT_OVER, "Its sync has not succeeded since the integration was switched off: run cut_over again."
    if seen.adopted:
        return CUT_OVER, "The journal does not contain the time when it was cut over."
    return FAULT, f"The integration was switched off by someone else. {ROLL_BACK_OR} switch it on again yourself."


def _difference(record: Record) -> str:
    compared = record.compared or {}
    return str(compared.get("reason") or "") if compared.get("result") == "different" else ""
