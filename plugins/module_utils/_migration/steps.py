# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The phases as they are carried out: each for a batch of integrations, act, verify, compare, else undo."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from .._engine.driver import Resource
from .._engine.kind import Last, View
from .._engine.task import Task
from .._engine.values import comparable_path
from .._errors import InfisicalError, listed
from .._kinds.native import AUTH, INTEGRATION
from .._kinds.sync import SYNC, SYNCED
from . import carry
from .carry import Done
from .connect import connect
from .groups import deletes
from .items import (
    ACCEPTED,
    CREATED,
    CUT_OVER,
    DIFFERENT,
    DO_CREATE,
    DO_RESTORE,
    DO_RETIRE,
    DO_SWITCH_OFF,
    DO_SWITCH_ON,
    DO_VERIFY,
    FAILED,
    PLANNED,
    RETIRED,
    ROLLED_BACK,
    SAME,
    UNDONE,
    VERIFIED,
    Difference,
)
from .journal import AUTH_KEPT, AUTH_REMOVED, CONNECTED, NATIVE
from .journal import DONE as EVENT_DONE
from .journal import SYNCED as SYNCED_NOW
from .meant import another_than_meant, identity, tell_reader
from .phases import CONNECT, CREATE, CUT, RESTORE, RETIRE, ROLLBACK, VERIFY, cases, held_back
from .reading import Look, elsewhere_difference, first_look, look, others, places, surplus, unproven
from .run_state import Run
from .source import Folder, folder_of_native, folder_of_sync, missing
from .state import Seen, changed_by_someone, lost_source
from .world import forget

UNREAD = "What others have put there can't be listed: the destination was not read before, or can't be read now."
# How many integrations are worked on before the next ones are begun: as many as servers take writes a minute.
BATCH = 200


def plan(run: Run) -> None:
    """Say what stands in the way. What can be read at destinations is read, but not kept; nothing is written."""
    for case in cases(run.rows, run.groups, run.results()):
        seen = case.seen
        run.items[seen.native_id]["reason"] = seen.reason or held_back(case, run.wishes)
        other = elsewhere_difference(seen) if seen.options and not seen.sync else None
        _stand_in_the_way(run, seen, [other] if other else [])
    rows = [seen for seen in run.rows if seen.stage == PLANNED and run.wishes.chosen(seen.native_id)]
    rows = [seen for seen in rows if run.login(seen) is not None and places(seen)]
    found = run.hands.side_by_side(lambda seen: _first_look(run, seen), rows)
    for seen, one in zip(rows, found, strict=True):
        run.items[seen.native_id]["comparison"] = one.comparison
        _stand_in_the_way(run, seen, one.differences)


def _stand_in_the_way(run: Run, seen: Seen, found: Sequence[Difference]) -> None:
    left = [one for one in found if one["id"] not in run.accepted]
    run.differences.update({one["id"]: one for one in left})
    if left:
        run.items[seen.native_id]["reason"] = " ".join(one["reason"] for one in left)


def _first_look(run: Run, seen: Seen) -> Look:
    folder = _folder(seen)
    return first_look(seen, run.read(seen), lambda: run.keys(seen, folder), run.accepted)


def _folder(seen: Seen) -> Folder:
    """Return what the sync of an integration reads, or what a planned one would."""
    return folder_of_sync(seen.options if lost_source(seen.sync) else seen.sync or seen.options)


def accept(run: Run) -> None:
    """Look again at what differed when it was compared last, if differences are accepted."""
    rows = [
        seen for seen in run.rows if run.results()[seen.native_id] == DIFFERENT and run.wishes.chosen(seen.native_id)
    ]
    if not run.accepted or not rows:
        return
    found = run.hands.side_by_side(lambda seen: _looked(run, seen), rows)
    for seen, one in zip(rows, found, strict=True):
        if run.take(seen, one):
            seen.reason = ""
        run.items[seen.native_id]["action"] = "none"


def differences(run: Run) -> tuple[set[str], bool]:
    """Return the ids of all differences that there are now, and whether all was read that can be read."""
    found = run.hands.side_by_side(lambda seen: _differences(run, seen), run.rows)
    return set().union(*(ids for ids, _whole in found)), all(whole for _ids, whole in found)


def _differences(run: Run, seen: Seen) -> tuple[set[str], bool]:
    # What a look says of an integration is for the phase that needs it.
    seen = replace(seen, warnings=[])
    other = elsewhere_difference(seen)
    ids = {other["id"]} if other else set()
    if not (seen.native and (seen.sync or seen.options)) or run.login(seen) is None or not places(seen):
        return ids, True
    keys = run.keys(seen, _folder(seen))
    looks = [first_look(seen, run.read(seen), lambda: keys, frozenset())]
    looks += [look(seen, run.read(seen), frozenset())] if seen.record.readings else []
    ids |= {one["id"] for found in looks for one in found.differences}
    return ids, keys is not None and not looks[0].comparison["reason"]


def look_before(run: Run) -> None:
    """Compare what is about to be retired once more, since nothing brings it back."""
    if run.wishes.phase != RETIRE:
        return
    rows = [seen for seen in run.rows if seen.stage == CUT_OVER and run.wishes.chosen(seen.native_id)]
    found = run.hands.side_by_side(lambda seen: _looked(run, seen), rows)
    for seen, one in zip(rows, found, strict=True):
        if not run.take(seen, one):
            seen.reason = run.items[seen.native_id]["reason"]
        elif seen.record.compared and seen.reason.startswith("The place"):
            seen.reason = ""


def batches(run: Run, rows: Sequence[Seen]) -> Iterator[list[Seen]]:
    """Yield the integrations in batches; the members of a group are in one."""
    group_of = {member: group["key"] for group in run.groups for member in group["members"]}
    together: dict[str, list[Seen]] = {}
    for seen in rows:
        together.setdefault(group_of.get(seen.native_id, seen.native_id), []).append(seen)
    batch: list[Seen] = []
    for members in together.values():
        if batch and len(batch) + len(members) > BATCH:
            yield batch
            batch = []
        batch.extend(members)
    if batch:
        yield batch


def leave(run: Run, batch: Sequence[Seen]) -> None:
    """Say that a batch was not begun."""
    for seen in batch:
        run.failed(seen, f"It was not started. {run.hands.ended}")


def create(run: Run, batch: Sequence[Seen]) -> None:
    """Read the places, create the syncs or switch them on again, wait for them, compare; else switch them off."""
    able = [seen for seen in batch if _may_be_created(run, seen)]
    found = run.hands.side_by_side(lambda seen: _first_look(run, seen), able)
    able = [seen for seen, one in zip(able, found, strict=True) if run.take(seen, one)]
    run.journal.write(*[_backup(seen) for seen in able])
    done = run.hands.act(able, "created", carry.create_sync)
    good = _good(run, done, DO_CREATE, CREATED)
    if run.task.check_mode:
        return
    for one in done:
        seen = one.seen
        seen.sync = one.view or seen.sync
        if seen.sync and one.error:
            run.items[seen.native_id]["after"] = CREATED
    known = {seen.native_id: identity(run, seen) for seen in good if places(seen)}
    run.journal.write(*[{"event": CONNECTED, "id": key, "connection": one} for key, one in known.items() if one])
    differing = [seen for seen in good if not seen.dormant and not _compared(run, seen)]
    _undo(run, differing, "sync_off", carry.switch_sync(enabled=False))


def _may_be_created(run: Run, seen: Seen) -> bool:
    other = elsewhere_difference(seen)
    if other and other["id"] not in run.accepted:
        run.differences[other["id"]] = other
        run.failed(seen, other["reason"])
        return False
    refusal = run.other_account(seen) or ("" if seen.sync else another_than_meant(run, seen))
    if refusal:
        run.failed(seen, refusal)
    return not refusal


def _backup(seen: Seen) -> dict[str, object]:
    view = {**seen.known, "is_active": seen.was_active}
    return {"event": NATIVE, "id": seen.native_id, "view": view, "auth": seen.auth}


def _good(run: Run, done: Sequence[Done], action: str, after: str) -> list[Seen]:
    """Take in what became of actions; returns the integrations with which one succeeded."""
    good = []
    for one in done:
        if one.error is None:
            run.did(one.seen, action, after)
            good.append(one.seen)
        else:
            run.failed(one.seen, str(one.error))
    return good


def _compared(run: Run, seen: Seen) -> bool:
    fits = run.take(seen, _looked(run, seen))
    other = run.other_account(seen)
    if other:
        run.failed(seen, other)
    return fits and not other


def _looked(run: Run, seen: Seen) -> Look:
    found = look(seen, run.read(seen), run.accepted)
    if found.comparison["result"] not in (SAME, ACCEPTED):
        return found
    tell_reader(run, seen)
    if not seen.record.connection:
        return found
    now = identity(run, seen)
    return unproven(found) if now and now != seen.record.connection else found


def _undo(run: Run, rows: Sequence[Seen], action: str, describe: Callable[[Seen, Task], Resource]) -> None:
    """Take back what was done with these; why is in their items already."""
    ended, run.hands.ended = run.hands.ended, ""
    for one in run.hands.act(rows, action, describe) if rows else ():
        item = run.items[one.seen.native_id]
        if one.error is not None:
            item["reason"] += f" It could not be undone: {one.error}"
        else:
            item["reason"] += " What this run did was undone."
            item["action"] = FAILED if item["action"] == FAILED else UNDONE
    run.hands.ended = run.hands.ended or ended


def verify(run: Run, batch: Sequence[Seen]) -> None:
    """Start each sync, wait for it, and compare."""
    good = _good(run, run.hands.act(batch, SYNCED_NOW, carry.run_sync), DO_VERIFY, VERIFIED)
    for seen in good:
        if seen.stage == CUT_OVER:
            run.items[seen.native_id]["after"] = CUT_OVER
    if run.task.check_mode:
        return
    for seen in good:
        if _compared(run, seen):
            entries = [{"event": EVENT_DONE, "id": seen.native_id, "action": "verified"}]
            run.journal.write(*entries)


def _reread(run: Run, batch: Sequence[Seen]) -> list[Seen]:
    """Read the lists once more; returns the integrations that nobody has changed in between."""
    forget(run.task, sorted({seen.project_id for seen in batch}))
    same = []
    lists: dict[str, Any] = {}
    for seen in batch:
        if seen.project_id not in lists:
            lists[seen.project_id] = _lists(run, seen.project_id)
        if isinstance(lists[seen.project_id], str):
            run.failed(seen, lists[seen.project_id])
            continue
        natives, syncs = lists[seen.project_id]
        was_on, sync_id = seen.is_on, (seen.sync or {}).get("id")
        seen.native, seen.sync = natives.get(seen.native_id), syncs.get(sync_id)
        fault = changed_by_someone(seen)
        if seen.native is None or seen.sync is None:
            fault = "The integration or its sync was removed by someone else during this run."
        elif seen.is_on != was_on or (not seen.sync_is_on and not seen.dormant):
            fault = "The integration or its sync was switched by someone else during this run."
        if fault:
            run.failed(seen, fault)
        else:
            same.append(seen)
    return _whole_groups(run, batch, same)


def _lists(run: Run, project_id: str) -> tuple[dict[str, View], dict[str, View]] | str:
    """Return integrations and syncs of a project by id, or why they can't be read."""
    if run.hands.ended:
        return f"It was not started. {run.hands.ended}"
    place = {"project_id": project_id}
    try:
        natives, syncs = (run.task.store.all(kind, place) for kind in (INTEGRATION, SYNC))
    except InfisicalError as error:
        run.hands.fail(error)
        return str(error)
    return {view["id"]: view for view in natives}, {view["id"]: view for view in syncs}


def _whole_groups(run: Run, batch: Sequence[Seen], left: Sequence[Seen]) -> list[Seen]:
    """Return of `left` those whose whole group is left, as members are decided about together."""
    lost = {seen.native_id for seen in batch} - {seen.native_id for seen in left}
    broken = {member: group for group in run.groups if lost & set(group["members"]) for member in group["members"]}
    whole = []
    for seen in left:
        if seen.native_id in broken:
            run.failed(seen, "Another integration that writes to the same place failed; they are handled together.")
        else:
            whole.append(seen)
    return whole


def _in_waves(run: Run, batch: Sequence[Seen]) -> tuple[list[Seen], list[Seen]]:
    """Return those that delete foreign keys in a group with others, and all others."""
    members = {member for group in run.groups for member in group["members"]}
    first = [seen for seen in batch if seen.native_id in members and deletes(seen.known)]
    return first, [seen for seen in batch if seen not in first]


def cut_over(run: Run, batch: Sequence[Seen]) -> None:
    """Switch the integrations off, see their syncs succeed, compare; else switch them on again, as whole groups."""
    able = _reread(run, batch)
    off = [seen for seen in able if not seen.is_on]
    were_off = list(off)
    failed: list[Seen] = []
    for wave in _in_waves(run, [seen for seen in able if seen.is_on]):
        # What deletes in a group goes first: when it can't, the others stay.
        done = run.hands.act(_unbroken(run, wave, failed), "switched_off", carry.switch_native(active=False))
        good = _good(run, done, DO_SWITCH_OFF, CUT_OVER)
        off += good
        failed += [one.seen for one in done if one.error]
    if run.task.check_mode:
        return
    broken = [seen for seen in off if _is_with(run, seen, failed)]
    synced = run.hands.act([seen for seen in off if seen not in broken], SYNCED_NOW, carry.run_sync)
    good = _good(run, synced, DO_SWITCH_OFF, CUT_OVER)
    bad = [one.seen for one in synced if one.error] + [seen for seen in good if not _compared(run, seen)]
    bad += broken
    bad += [seen for seen in good if seen not in bad and _is_with(run, seen, bad)]
    for seen in bad:
        if run.items[seen.native_id]["action"] != FAILED:
            run.failed(seen, "Another integration that writes to the same place failed; they are handled together.")
    risky = [seen for seen in bad if seen in were_off and deletes(seen.known)]
    held = [seen for seen in risky if seen not in _confirmed(run, risky)]
    deleting, rest = _in_waves(run, [seen for seen in bad if seen not in held])
    for wave in (rest, deleting):
        _undo(run, wave, "switched_on", carry.switch_native(active=True))
    done_at = [{"event": EVENT_DONE, "id": seen.native_id, "action": "cut_over"} for seen in good if seen not in bad]
    run.journal.write(*done_at)


def _unbroken(run: Run, wave: Sequence[Seen], failed: Sequence[Seen]) -> list[Seen]:
    able = []
    for seen in wave:
        if _is_with(run, seen, failed):
            run.failed(seen, "Another integration that writes to the same place failed; they are handled together.")
        else:
            able.append(seen)
    return able


def _is_with(run: Run, seen: Seen, others: Sequence[Seen]) -> bool:
    ids = {other.native_id for other in others}
    return any(seen.native_id in group["members"] and ids & set(group["members"]) for group in run.groups)


def retire(run: Run, batch: Sequence[Seen]) -> None:
    """Remove the integrations; what they wrote stays."""
    able = []
    for seen in _reread(run, batch):
        if not seen.dormant and seen.sync and SYNCED.last(seen.sync) is not Last.SUCCEEDED:
            run.failed(seen, "The last outcome of its sync is not a success: run the phase verify.")
        else:
            able.append(seen)
    # The only copy of what is removed; a journal that was begun later has none.
    run.journal.write(*[_backup(seen) for seen in able if seen.record.native is None])
    _good(run, run.hands.act(able, "retired", carry.remove_native), DO_RETIRE, RETIRED)


def remove_auths(run: Run) -> None:
    """Remove each auth of which this or an earlier run retired the last integration, and which no other one uses."""
    for project_id, auth_id in sorted(set(_auths_of_retired(run))):
        if run.hands.ended:
            return
        place = {"project_id": project_id}
        try:
            natives = run.task.store.look_again(INTEGRATION, place)
            auth = next((view for view in run.task.store.all(AUTH, place) if view["id"] == auth_id), None)
            if auth and _is_last(run, auth_id, {key for key, view in natives.items() if _uses(view, auth_id)}):
                if not run.task.check_mode:
                    run.task.store.delete(AUTH, auth)
                run.removed_auths.append(auth_id)
                run.journal.write({"event": AUTH_REMOVED, "auth_id": auth_id, "project_id": project_id})
        except InfisicalError as error:
            run.world.faults.append(f"Integration auth {auth_id} could not be removed: {error}")


def _uses(view: View | None, auth_id: str) -> bool:
    return view is not None and view["integration_auth_id"] == auth_id


def _is_last(run: Run, auth_id: str, used_by: set[str]) -> bool:
    """Tell whether an auth has no integration any more, and the journal has all that it had as retired."""
    journal = run.journal
    if used_by:
        if used_by - journal.kept_auths.get(auth_id, set()):
            journal.write({"event": AUTH_KEPT, "auth_id": auth_id, "used_by": sorted(used_by)})
        return False
    known = {native_id for native_id, record in journal.records.items() if _uses(record.native, auth_id)}
    left = {one for one in known | journal.kept_auths.get(auth_id, set()) if "retired" not in journal.record(one).done}
    if left:
        run.task.warn(
            f"Integration auth {auth_id} has no integration any more, and is not removed, since this migration did not"
            f" remove {listed(sorted(left))}."
        )
    return not left


def _auths_of_retired(run: Run) -> Iterator[tuple[str, str]]:
    """Yield project and auth of each integration that the journal has as retired."""
    for native_id, record in run.journal.records.items():
        view = record.native
        if view and "retired" in record.done and view.get("project_id") in run.world.natives:
            auth_id = str(view["integration_auth_id"])
            if auth_id not in run.journal.removed_auths and run.wishes.chosen(native_id):
                yield str(view["project_id"]), auth_id


def rollback(run: Run, batch: Sequence[Seen]) -> None:
    """Switch the integrations on and see them succeed, those that delete last; only then switch their syncs off."""
    refused = [seen for seen in batch if not _has_source(run, seen)]
    risky = [seen for seen in batch if deletes(seen.known) and not seen.is_on and seen not in refused]
    confirmed = _confirmed(run, risky)
    refused += [seen for seen in risky if seen not in confirmed]
    deleting, rest = _in_waves(run, _unbroken(run, [seen for seen in batch if seen not in refused], refused))
    failed: list[Seen] = []
    back: list[Seen] = []
    for wave in (rest, deleting):
        done = run.hands.act(_unbroken(run, wave, failed), "switched_on", carry.switch_native(active=True, wait=True))
        back += _good(run, done, DO_SWITCH_ON, ROLLED_BACK)
        failed += [one.seen for one in done if one.error]
    if run.task.check_mode:
        return
    for seen in [seen for seen in back if _is_with(run, seen, failed)]:
        back.remove(seen)
        run.failed(seen, "Another integration that writes to the same place failed: its sync stays switched on, too.")
    run.journal.write(
        *[
            {"event": EVENT_DONE, "id": seen.native_id, "action": "rolled_back", "sync_gone": True}
            for seen in back
            if not seen.sync
        ]
    )
    off = run.hands.act([seen for seen in back if seen.sync], "rolled_back", carry.switch_sync(enabled=False))
    _good(run, off, DO_SWITCH_ON, ROLLED_BACK)


def _has_source(run: Run, seen: Seen) -> bool:
    """Tell whether what an integration reads exists. Where its sync reads the same, it does."""
    own, other = folder_of_native(seen.known), folder_of_sync(seen.sync or {})
    if (own.environment, comparable_path(own.path)) == (other.environment, comparable_path(other.path)):
        return True
    why = missing(run.task, own)
    if why:
        run.failed(
            seen,
            f"{why} The integration reads it, and can't be switched on without it. Possible solutions: create the"
            " folder again, or rename it back; or specify another secret_path for the integration.",
        )
    return not why


def _others(run: Run, seen: Seen) -> list[str] | None:
    return others(seen, run.read(seen), lambda: run.keys(seen), also_first=seen.native_id in run.left_alone)


def _surplus(run: Run, seen: Seen) -> list[str] | None:
    return surplus(seen, run.read(seen), lambda: run.keys(seen, folder_of_sync(seen.sync or {})))


def _confirmed(run: Run, rows: Sequence[Seen]) -> list[Seen]:
    """Name what may vanish at the destinations; returns the integrations with which nothing does, or that is meant."""
    able = []
    for seen, names in zip(rows, run.hands.side_by_side(lambda seen: _others(run, seen), rows), strict=True):
        run.items[seen.native_id]["would_delete"] = names or []
        if names != [] and not run.task.params["confirm_deletions"]:
            run.failed(seen, _deletes(names, is_left_alone=seen.native_id in run.left_alone))
        else:
            able.append(seen)
    return able


def _deletes(names: Sequence[str] | None, *, is_left_alone: bool) -> str:
    said = f"Since the first reading, others may have put there: {listed(names)}." if names else UNREAD
    if names and is_left_alone:
        said = f"An integration that wrote to the same place is gone. Nothing would write these again: {listed(names)}."
    return f"It deletes what Infisical doesn't have. {said} If this is intended, set confirm_deletions to true."


def restore_deletion(run: Run, batch: Sequence[Seen]) -> None:
    """Let the syncs delete at their destinations what Infisical doesn't have, as the integrations did."""
    able = []
    found = run.hands.side_by_side(lambda seen: _surplus(run, seen), batch)
    for seen, names in zip(batch, found, strict=True):
        run.items[seen.native_id]["would_delete"] = names or []
        if run.task.params["confirm_deletions"]:
            able.append(seen)
        else:
            run.failed(
                seen,
                f"Its sync would delete what isn't in Infisical from its destination: {_named(names)}. If this is"
                " intended, set confirm_deletions to true.",
            )
    _good(run, run.hands.act(able, DO_RESTORE, carry.let_delete), DO_RESTORE, RETIRED)


def _named(names: Sequence[str] | None) -> str:
    if names is None:
        return "the names can't be read"
    return listed(names) if names else "nothing now"


STEPS: Mapping[str, Callable[[Run, Sequence[Seen]], None]] = {
    CONNECT: connect,
    RESTORE: restore_deletion,
    CREATE: create,
    VERIFY: verify,
    CUT: cut_over,
    RETIRE: retire,
    ROLLBACK: rollback,
}
