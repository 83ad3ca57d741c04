# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which native integrations write to one place, and so are decided about together. Pure functions of views."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence

from .._catalog import native as catalog
from .._catalog.services import KEEPS, service
from .._engine.kind import View
from .._engine.values import comparable_path
from .items import Group

SECRETS, PARAMETERS = "aws-secret-manager", "aws-parameter-store"
SAME, DUPLICATES, NESTED = "same", "duplicates", "nested"
REASONS = {
    SAME: "They write to the same place, from several sources.",
    DUPLICATES: "They write the same secrets to the same place.",
    NESTED: "The names that one of them writes are among the names of another.",
}
MAYBE = " They use several auths: if these are for different accounts, the places are not the same."


def deletes(view: View) -> bool:
    """Tell whether an integration deletes at its destination what Infisical doesn't have; also where it isn't known."""
    return catalog.extra_secrets(str(view.get("integration") or ""), view.get("metadata")) != KEEPS


def source(view: View) -> tuple[str, str, str]:
    """Return where an integration reads from: project, environment, folder."""
    return (
        str(view.get("project_id")),
        str(view.get("source_environment") or "").strip(),
        comparable_path(view.get("secret_path")),
    )


def _names(view: View) -> tuple[Hashable, str] | None:
    """Return the space of names that an integration writes into, and how its names begin; None where there is none."""
    slug, metadata = str(view.get("integration") or ""), view.get("metadata") or {}
    region, prefix = str(view.get("region") or "").strip(), str(metadata.get("secret_prefix") or "")
    if slug == SECRETS and metadata.get("mapping_behavior") == "one-to-one":
        return (slug, region), prefix
    if slug == PARAMETERS:
        # Names are path, prefix and key; what lies in a folder below is not among them.
        folder, slash, rest = str(view.get("path") or "").strip().rpartition("/")
        return (slug, region, folder + slash), rest + prefix
    return None


def _places(view: View) -> Hashable:
    slug = str(view.get("integration") or "")
    names = _names(view)
    if names:
        return slug, names
    # Where environments have places of their own, they are called like them, in all projects.
    environment = view.get("environment") or {}
    called = environment.get("name") or view.get("source_environment")
    return slug, catalog.destination(slug, view), service(slug).place_of(called)


class _Sets:
    """Which of several rows, by their indexes, belong together."""

    def __init__(self, count: int) -> None:
        self._leaders = list(range(count))

    def leader(self, index: int) -> int:
        """Return the one of a set by which it is known."""
        while self._leaders[index] != index:
            index = self._leaders[index]
        return index

    def join(self, indexes: Sequence[int]) -> None:
        for index in indexes[1:]:
            self._leaders[self.leader(index)] = self.leader(indexes[0])

    def join_nested(self, names: Iterable[tuple[str, int]]) -> None:
        """Join all whose names begin as those of another one do."""
        # In order, a beginning stands right before all that begin with it.
        begun: list[tuple[str, int]] = []
        for beginning, index in sorted(names):
            while begun and not beginning.startswith(begun[-1][0]):
                begun.pop()
            if begun:
                self.join([begun[-1][1], index])
            begun.append((beginning, index))


def groups(views: Iterable[View]) -> list[Group]:
    """Return the groups among integrations (views of the native module, of all projects), each of two or more.

    Accounts can't be told apart by what is readable: those of several auths are in one group, which isn't `certain`.
    """
    rows = list(views)
    sets = _Sets(len(rows))
    by_place, by_space = defaultdict(list), defaultdict(list)
    for index, view in enumerate(rows):
        by_place[_places(view)].append(index)
        names = _names(view)
        if names:
            by_space[names[0]].append((names[1], index))
    for together in by_place.values():
        sets.join(together)
    for space in by_space.values():
        sets.join_nested(space)
    found = defaultdict(list)
    for index, view in enumerate(rows):
        found[sets.leader(index)].append(view)
    return [_group(members) for members in found.values() if len(members) > 1]


def _group(members: Sequence[View]) -> Group:
    ordered = sorted(members, key=lambda view: (not deletes(view), str(view["id"])))
    ids = [str(view["id"]) for view in ordered]
    one_place = len({_places(view) for view in members}) == 1
    one_source = len({source(view) for view in members}) == 1
    kind = NESTED if not one_place else DUPLICATES if one_source else SAME
    certain = len({view.get("integration_auth_id") for view in members}) == 1
    return {
        "key": f"g-{hashlib.sha256(' '.join(sorted(ids)).encode()).hexdigest()[:10]}",
        "kind": kind,
        "certain": certain,
        "members": ids,
        "deleting": [str(view["id"]) for view in ordered if deletes(view)],
        "reason": REASONS[kind] + ("" if certain else MAYBE),
    }
