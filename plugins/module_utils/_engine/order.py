# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In which order the items of a task are worked on, since one may take away what another needs. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Move:
    """What the order of an item depends on.

    `removes`: it removes an object. `empties`: it also deletes at the destination what the object wrote. `takes`: with
    the object goes what another item uses.
    """

    removes: bool = False
    empties: bool = False
    takes: bool = False


def in_waves(moves: Sequence[Move], *, removals_first: bool) -> list[list[int]]:
    """Return the indexes of items in waves: each is worked on side by side, when the one before has ended.

    What deletes at a destination comes first, or it could delete what another item writes. Other removals come last,
    or, with `removals_first`, first as well. A removal that takes away what another item uses comes last in any case.
    """
    waves: list[list[int]] = [[], [], []]
    for index, move in enumerate(moves):
        early = (move.empties or (removals_first and move.removes)) and not move.takes
        waves[0 if early else 2 if move.removes else 1].append(index)
    return [wave for wave in waves if wave]
