# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is at the places of an integration and its sync, now and at the first reading, which counts until accepted."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .._catalog.names import SECRET_KEY
from .._engine.kind import View
from .._errors import as_sentence, listed, shown
from .aws import (
    BOTO3_IMPORT_ERROR,
    DIFFERENCES,
    NO_BOTO3,
    SERVICES,
    compare,
    connect,
    digest,
    read_destination,
)
from .aws_traits import KEY, TRAITS, TraitReader, Traits, label, merged, without, without_traits
from .given import Given
from .groups import PARAMETERS, SECRETS
from .items import ACCEPTED, DIFFERENT, NOT_COMPARABLE, ROLLED_BACK, SAME, Comparison, Difference
from .journal import ACCEPTED as EVENT_ACCEPTED
from .journal import COMPARED, READING, Record
from .plan import REPLACED_KEY
from .source import written_by_native, written_by_sync
from .state import Seen

ONLY_AWS = "Only destinations in AWS can be read."
NO_KEYS = "There are no credentials to read it: see the option destinations."
NO_FIRST = "It was not read before its sync was created."
NOBODY_THERE = (
    "Its last sync succeeded, but these credentials find nothing at the destination: they may belong to another"
    " account."
)

OTHER_LOGIN = (
    "The app connection of its sync has other credentials than when the sync was created: whether they are for the same"
    " account can't be read."
)


@dataclass(frozen=True)
class Place:
    """A place that can be read: `key` identifies it in the journal, `text` is for people, `wanted` for the reader."""

    key: str
    text: str
    wanted: Mapping[str, Any]


@dataclass
class Look:
    """What was found at the places of an integration: the comparison, its differences, and entries for the journal."""

    comparison: Comparison
    differences: list[Difference] = field(default_factory=list)
    entries: list[dict[str, Any]] = field(default_factory=list)


def nothing(reason: str) -> Comparison:
    """Return the comparison of what can't be compared."""
    return {"result": NOT_COMPARABLE, "missing": [], "extra": [], "changed": [], "reason": reason}


def place_of_native(view: View) -> Place | None:
    """Return where an integration writes, by its own fields; None where that can't be read."""
    slug, metadata = str(view.get("integration") or ""), view.get("metadata") or {}
    region = str(view.get("region") or "").strip()
    before, after = str(metadata.get("secret_prefix") or ""), str(metadata.get("secret_suffix") or "")
    if slug == SECRETS and metadata.get("mapping_behavior") == "one-to-one":
        config: dict[str, Any] = {"region": region, "mapping_behavior": "one-to-one"}
        return _place("aws-secrets-manager", config, _schema(before, after))
    if slug == SECRETS and view.get("app"):
        config = {"region": region, "mapping_behavior": "many-to-one", "secret_name": str(view["app"]).strip()}
        return _place("aws-secrets-manager", config, None)
    if slug == PARAMETERS and view.get("path"):
        folder, slash, rest = str(view["path"]).strip().rpartition("/")
        return _place("aws-parameter-store", {"region": region, "path": folder + slash}, _schema(rest + before, after))
    return None


def _schema(before: str, after: str) -> str | None:
    return f"{before}{SECRET_KEY}{after}" if before or after else None


def place_of_sync(options: View) -> Place | None:
    """Return where a sync writes (a view, or options of the module); None where that can't be read."""
    slug, config = str(options.get("destination")), options.get("destination_config") or {}
    if slug not in SERVICES or not config.get("region"):
        return None
    names = ("region", "mapping_behavior", "secret_name", "path")
    settings = {name: config[name] for name in names if config.get(name)}
    single = slug == "aws-secrets-manager" and settings.setdefault("mapping_behavior", "many-to-one") == "many-to-one"
    schema = (options.get("sync_options") or {}).get("key_schema")
    return _place(slug, settings, None if single or schema == SECRET_KEY else schema)


def _place(slug: str, config: Mapping[str, Any], schema: str | None) -> Place:
    key = json.dumps([slug, sorted(config.items()), schema or ""])
    name = config.get("secret_name") or config.get("path") or ""
    text = " ".join(filter(None, (slug, config.get("region"), name, schema)))
    wanted = {"name": key, "destination": slug, "destination_config": config, "key_schema": schema}
    return Place(key, text, wanted)


def places(seen: Seen) -> list[Place]:
    """Return the places to be compared: the integration's, and its sync's if that is another one."""
    found = [place_of_native(seen.known), place_of_sync(seen.sync or seen.options or {})]
    if seen.stage == ROLLED_BACK:
        # Its sync is about to be brought to what is planned now.
        found.append(place_of_sync(seen.options))
    return list({place.key: place for place in found if place}.values())


def elsewhere(seen: Seen) -> str:
    """Return what to say where the planned sync would write to another place than the integration, as far as known."""
    own, other = place_of_native(seen.known), place_of_sync(seen.options)
    if not (own and other) or own.key == other.key:
        return ""
    return f"Its sync would write to {other.text}, but the integration writes to {own.text}."


def credentials(given: Given, view: View) -> Mapping[str, Any] | None:
    """Return how to log in to AWS for the places of an integration, or None where nothing was given for that."""
    entry = given.best("destinations", view)
    if entry:
        return entry.gives
    connection = given.best("connections", view)
    keys = connection.gives.get("credentials") or {} if connection else {}
    names = {"access_key_id": "accessKeyId", "secret_access_key": "secretAccessKey"}
    found = {name: keys.get(name) or keys.get(api) for name, api in names.items()}
    return found if all(found.values()) else None


Read = Callable[[Place], Mapping[str, Any]]
# Gives the names of Infisical's secrets, or None where they can't be read.
Keys = Callable[[], "frozenset[str] | None"]


def reader(login: Mapping[str, Any] | None, key: str, *, tags: bool = True) -> Read:
    """Return what reads a place with a login to AWS, and digests what it finds with a key.

    What it gives has, beside the reading, the `traits` of what was found; None where nothing was.
    """

    client = connect(login) if login is not None and not BOTO3_IMPORT_ERROR else None
    trait_reader = TraitReader(client) if client else None

    def read(place: Place) -> Mapping[str, Any]:
        reason = NO_BOTO3 if BOTO3_IMPORT_ERROR else NO_KEYS if login is None else ""
        if reason or login is None or trait_reader is None:
            return {"name": place.key, "read": False, "reason": reason, "digests": {}, "traits": None}
        found = read_destination(place.wanted, {**login, "key": key}, client)
        if not found["read"]:
            return {**found, "traits": None}
        seen = trait_reader.read(place.wanted, set(found["digests"]), tags=tags)
        return {**found, "digests": {**found["digests"], **_digests(seen, key)}, "traits": seen}

    return read


def _digests(traits: Traits, key: str) -> dict[str, str]:
    return {
        label(name, trait): digest(key, label(name, trait), value)
        for name, one in traits.found.items()
        for trait, value in one.items()
    }


def narrowed(place: Place, seen: Seen, keys: Keys) -> Place:
    """Return a place of secrets with names of their own as one where only what is ours counts.

    That is what the integration and its sync write, and what was there at the first reading.
    """
    if place.wanted["destination_config"].get("mapping_behavior") != "one-to-one":
        return place
    found = keys()
    if found is None:
        return place
    names = written_by_native(seen.known, found) | written_by_sync(seen.sync or seen.options or {}, found)
    names |= set(without_traits(seen.record.firsts.get(place.key, set())))
    return replace(place, wanted={**place.wanted, "names": frozenset(names)})


def first_look(seen: Seen, read: Read, keys: Keys, accepted: frozenset[str]) -> Look:
    """Read the places of an integration before its sync is created. What the journal has of them already still counts.

    `accepted` are ids of differences. The reading of a place with another difference is not kept: it would count.
    """
    found = places(seen)
    if not found:
        return Look(nothing(ONLY_AWS))
    look, reasons = Look(nothing("")), []
    for place in found:
        now = read(place)
        if not now["read"]:
            reasons.append(f"{place.text}: {now['reason']}")
            continue
        lost = _lost(seen, place, now, keys)
        odd = [*_odd(seen, place, now), *([_lost_difference(seen, place, now, lost)] if lost else [])]
        left = [one for one in odd if one["id"] not in accepted]
        look.differences += left
        if not left and place.key not in seen.record.readings:
            # What is accepted as lost is not missed afterwards.
            digests = {name: one for name, one in now["digests"].items() if name not in lost}
            look.entries.append(_entry(READING, seen, place, {**now, "digests": digests}))
    look.comparison = nothing("; ".join(reasons))
    return look


def _entry(event: str, seen: Seen, place: Place, now: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entry of a reading for the journal."""
    unread = {"unread": sorted(now["traits"].unread)} if now["traits"].unread else {}
    return {"event": event, "id": seen.native_id, "place": place.key, "digests": now["digests"], **unread}


def _odd(seen: Seen, place: Place, now: Mapping[str, Any]) -> Iterator[Difference]:
    """Yield what is wrong with what is at a place before a sync is created."""
    own = place_of_native(seen.known)
    wrote = seen.known.get("is_synced") and seen.known.get("last_used") and seen.is_on
    if own and own.key == place.key and wrote and not now["digests"]:
        yield _difference(seen, place, {}, now["digests"], NOBODY_THERE)
    yield from _carry_key(seen, place, now)


def _lost(seen: Seen, place: Place, now: Mapping[str, Any], keys: Keys) -> list[str]:
    """Return what is in the one secret that a sync replaces as a whole, and is not Infisical's."""
    target = place_of_sync(seen.sync or seen.options)
    single = place.wanted["destination_config"].get("secret_name")
    if not single or target is None or target.key != place.key or not seen.was_active or not now["digests"]:
        return []
    own = keys()
    return [] if own is None else sorted(set(without(now["digests"], TRAITS)) - set(own))


def _lost_difference(seen: Seen, place: Place, now: Mapping[str, Any], lost: Sequence[str]) -> Difference:
    text = f"Its sync replaces all of {place.text}. These are not in Infisical and would be lost: {listed(lost)}."
    return _difference(seen, place, {"vanished": lost}, now["digests"], text)


def _carry_key(seen: Seen, place: Place, now: Mapping[str, Any]) -> list[Difference]:
    """Have the sync use the customer's KMS key of what is at its place; returns a difference where there are several.

    A sync without a key would encrypt all with a key of AWS, and each other one with its own.
    """
    options, target = seen.options.get("sync_options"), place_of_sync(seen.options)
    if options is None or target is None or target.key != place.key or options.get("key_id"):
        return []
    found: Traits = now["traits"]
    if KEY in found.unread:
        seen.warnings.append(f"The KMS key of {place.text} could not be read: {as_sentence(found.unread[KEY])}")
        return []
    seen.warnings[:] = [text for text in seen.warnings if text != REPLACED_KEY]
    keys = found.customer_keys or {""}
    if keys == {""}:
        return []
    if len(keys) > 1:
        text = f"{place.text} has several KMS keys, and a sync has one: specify sync_options.key_id in inputs."
        return [_difference(seen, place, {}, {}, text)]
    (key,) = keys
    seen.options = {**seen.options, "sync_options": {**options, "key_id": key}}
    unsure = found.unsure.get(key)
    whose = f" Whether it is AWS's own key could not be read: {as_sentence(unsure)}" if unsure else ""
    seen.warnings.append(f"The KMS key of {place.text} is carried over to its sync: {shown(key)}.{whose}")
    return []


def look(seen: Seen, read: Read, accepted: frozenset[str]) -> Look:
    """Compare the places of an integration with their first readings; `accepted` are ids of differences.

    The entries are for the journal: the result, and the readings that count from now on, since they were accepted.
    """
    found = places(seen)
    if not found:
        return Look(nothing(ONLY_AWS))
    results, differences, entries, reasons = [], [], [], []
    names: dict[str, list[str]] = {name: [] for name in DIFFERENCES}
    for place in found:
        first, now = seen.record.readings.get(place.key), read(place)
        if first is None or not now["read"]:
            # What differed is no proof of the contrary when it can't be read.
            left = [one for one in last_differences(seen.record) if one["place"] == place.text]
            left = [one for one in left if one["id"] not in accepted]
            differences += left
            results.append(DIFFERENT if left else NOT_COMPARABLE)
            reasons.append(f"{place.text}: {NO_FIRST if first is None else now['reason']}")
            reasons += [one["reason"] for one in left]
            for one in left:
                names["vanished"] += one["missing"]
                names["appeared"] += one["extra"]
                names["changed"] += one["changed"]
            continue
        unread = [*now["traits"].unread, *(first.get("unread") or ())]
        _say_unread(seen, place, now["traits"])
        before = {"read": True, "digests": without(first["digests"], unread)}
        seen_now = compare({**now, "digests": without(now["digests"], unread)}, before)
        seen_now.update(merged({name: seen_now[name] for name in DIFFERENCES}))
        if seen_now["same"]:
            results.append(ACCEPTED if first.get("event") == EVENT_ACCEPTED else SAME)
            continue
        difference = _difference(seen, place, seen_now, now["digests"], "")
        if difference["id"] in accepted:
            results.append(ACCEPTED)
            entries.append(_entry(EVENT_ACCEPTED, seen, place, now))
            continue
        results.append(DIFFERENT)
        differences.append(difference)
        reasons.append(difference["reason"])
        for name in DIFFERENCES:
            names[name] += seen_now[name]
    result = next(one for one in (DIFFERENT, NOT_COMPARABLE, ACCEPTED, SAME) if one in results)
    comparison: Comparison = {
        "result": result,
        "missing": names["vanished"],
        "extra": names["appeared"],
        "changed": names["changed"],
        "reason": " ".join(reasons),
    }
    entries.append({"event": COMPARED, "id": seen.native_id, **comparison, "differences": differences})
    return Look(comparison, differences, entries)


def unproven(found: Look) -> Look:
    """Return a comparison as one that proves nothing, since its sync may write to another account by now."""
    comparison: Comparison = {**found.comparison, "result": NOT_COMPARABLE, "reason": OTHER_LOGIN}
    entries = [{**one, **comparison} if one["event"] == COMPARED else one for one in found.entries]
    return Look(comparison, found.differences, entries)


def _say_unread(seen: Seen, place: Place, traits: Traits) -> None:
    for reason in dict.fromkeys(traits.unread.values()):
        names = listed(name for name, why in traits.unread.items() if why == reason)
        seen.warnings.append(f"{place.text}: {names} could not be read or compared: {as_sentence(reason)}")


def others(seen: Seen, read: Read, keys: Keys, *, also_first: bool = False) -> list[str] | None:
    """Return the names at the places of an integration that were not there at the first reading and are not ours.

    With `also_first` those that were there at the first reading as well.

    None where a place can't be read, or was not read at first. Where Infisical's own names can't be read, what it has
    got since is among them, too.
    """
    found: set[str] = set()
    wanted = places(seen)
    for place in wanted:
        first, now = seen.record.firsts.get(place.key), read(place)
        if first is None or not now["read"]:
            return None
        found |= now["digests"].keys() - (set() if also_first else first)
    return sorted(set(without(dict.fromkeys(found, ""), TRAITS)) - _own(seen, keys)) if wanted else None


def surplus(seen: Seen, read: Read, keys: Keys) -> list[str] | None:
    """Return the names at the place of a sync that Infisical does not have: what vanishes once it deletes.

    None where the place or the names of Infisical's secrets can't be read.
    """
    place = place_of_sync(seen.sync or {})
    own = keys() if place else None
    if place is None or own is None:
        return None
    now = read(place)
    if not now["read"]:
        return None
    return sorted(set(without(now["digests"], TRAITS)) - written_by_sync(seen.sync or {}, own))


def _own(seen: Seen, keys: Keys) -> set[str]:
    found = keys() or frozenset()
    return written_by_native(seen.known, found) | written_by_sync(seen.sync or seen.options or {}, found)


def last_differences(record: Record) -> list[Difference]:
    """Return the differences of the last comparison that the journal has, which stop the integration until accepted."""
    found = record.compared or {}
    return list(found.get("differences") or []) if found.get("result") == DIFFERENT else []


def last_comparison(record: Record) -> Comparison:
    """Return the last comparison that the journal has."""
    found = record.compared
    if not found:
        return nothing("")
    return {
        "result": str(found["result"]),
        "missing": list(found["missing"]),
        "extra": list(found["extra"]),
        "changed": list(found["changed"]),
        "reason": str(found["reason"]),
    }


def _difference(
    seen: Seen, place: Place, found: Mapping[str, Any], digests: Mapping[str, str], reason: str
) -> Difference:
    parts = {name: list(found.get(name) or []) for name in DIFFERENCES}
    content = json.dumps([seen.native_id, place.key, reason, parts, [digests.get(n) for n in _all(parts.values())]])
    difference_id = f"d-{hashlib.sha256(content.encode()).hexdigest()[:12]}"
    said = "; ".join(f"{word} {listed(names)}" for word, names in parts.items() if names)
    text = reason or f"{place.text} is not as it was at the first reading: {said}."
    return {
        "id": difference_id,
        "native_id": seen.native_id,
        "place": place.text,
        "missing": parts["vanished"],
        "extra": parts["appeared"],
        "changed": parts["changed"],
        "reason": f"{text} If this is intended, add {difference_id} to accept_differences.",
    }


def elsewhere_difference(seen: Seen) -> Difference | None:
    """Return the difference between the place of an integration and the one that its planned sync would write to."""
    text, other, now = elsewhere(seen), place_of_sync(seen.options), place_of_sync(seen.sync or {})
    if other and now and other.key == now.key:
        return None
    return _difference(seen, other, {}, {}, text) if text and other else None


def _all(parts: Any) -> Sequence[str]:
    return [name for names in parts for name in names]
