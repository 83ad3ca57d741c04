# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a destination of secret syncs can do, where a server itself tells: its word counts, not the catalogue's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from .destinations import IMPORTS, Destination


@dataclass(frozen=True)
class Ability:
    """An ability of a destination: what it `means`, and what to say where a task needs it and the server lacks it."""

    means: str
    refusal: str


# By the names in a server's list of destinations.
IMPORT, REMOVE = "canImportSecrets", "canRemoveSecretsOnDeletion"
RENAME, KEEP = "supportsKeySchema", "supportsDisableSecretDeletion"
ABILITIES = {
    IMPORT: Ability("secrets can be imported from it", "this server can't import from {}."),
    REMOVE: Ability(
        "it deletes what it wrote when a sync is removed",
        "this server can't delete what it wrote to {}. Leave it out, and remove the secrets at the destination with the"
        " destination's own tools.",
    ),
    RENAME: Ability("a key schema has an effect", "this server uses no key schema for {}. Leave it out."),
    KEEP: Ability(
        "a sync can be kept from deleting",
        "this server accepts only false for {}, and each sync deletes there what Infisical doesn't have. Set it to"
        " false"
        " if this is intended.",
    ),
}


def of_catalogue(entry: Destination) -> dict[str, bool | None]:
    """Return what the catalogue says of each ability; None is unknown."""
    return {
        IMPORT: entry.can_import,
        REMOVE: entry.can_remove,
        RENAME: entry.key_schema,
        KEEP: not entry.deletion_must_be_allowed,
    }


def told_by(row: Mapping[str, Any]) -> dict[str, bool]:
    """Return what a server tells of the abilities in the row of a destination; older servers tell less."""
    return {key: row[key] for key in ABILITIES if isinstance(row.get(key), bool)}


def with_abilities(entry: Destination, abilities: Mapping[str, bool]) -> Destination:
    """Return an entry of the catalogue with these abilities in place of its own."""
    whole = {**of_catalogue(entry), **abilities}
    return replace(
        entry,
        can_import=whole[IMPORT],
        can_remove=bool(whole[REMOVE]),
        key_schema=whole[RENAME],
        deletion_must_be_allowed=not whole[KEEP],
    )


def needs(sync_options: Mapping[str, Any], *, imports: bool, creates: bool, removes: bool) -> Iterator[tuple[str, str]]:
    """Yield each ability that a task needs, with the option that needs it (under option names)."""
    behavior = sync_options.get("initial_sync_behavior")
    if behavior in IMPORTS:
        yield IMPORT, f"sync_options.initial_sync_behavior {behavior}"
    if imports:
        yield IMPORT, "import_secrets"
    if sync_options.get("key_schema"):
        yield RENAME, "sync_options.key_schema"
    # That of a new sync is true where it is not specified.
    if sync_options.get("disable_secret_deletion", creates) is True:
        yield KEEP, "sync_options.disable_secret_deletion"
    if removes:
        yield REMOVE, "delete_destination_secrets"


def refusals(slug: str, abilities: Mapping[str, bool], needed: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield a sentence for each need that a server doesn't meet."""
    for key, option in needed:
        if abilities.get(key) is False:
            yield f"{option}: {ABILITIES[key].refusal.format(slug)}"


def disagreements(
    entry: Destination, abilities: Mapping[str, bool], needed: Iterable[tuple[str, str]]
) -> Iterator[str]:
    """Yield a sentence for each need of which a server says something else than the catalogue."""
    known = of_catalogue(entry)
    for key in dict.fromkeys(key for key, _option in needed):
        if key in abilities and known[key] not in (None, abilities[key]):
            verb = "says" if abilities[key] else "denies"
            yield (
                f"{entry.name}: this server {verb} that {ABILITIES[key].means}; the catalogue of this collection says"
                " the opposite. The server's answer is used. If a newer release of the collection exists, use it."
            )
