# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In which order the items of a task are worked on."""

from __future__ import annotations

import hypothesis.strategies as st
from ansible_collections.community.infisical.plugins.module_utils._engine.order import Move, in_waves
from hypothesis import given

MOVES = st.lists(
    st.one_of(
        st.just(Move()),
        st.builds(Move, removes=st.just(True), empties=st.booleans(), takes=st.booleans()),
    )
)


@given(MOVES, st.booleans())
def test_the_order_of_any_items(moves: list[Move], removals_first: bool) -> None:
    waves = in_waves(moves, removals_first=removals_first)
    assert sorted(index for wave in waves for index in wave) == list(range(len(moves)))
    assert all(wave and wave == sorted(wave) for wave in waves)
    turn = {index: number for number, wave in enumerate(waves) for index in wave}
    writers = [turn[index] for index, move in enumerate(moves) if not move.removes]
    for index, move in enumerate(moves):
        if not move.removes or not writers:
            continue
        if move.takes:
            assert turn[index] > max(writers)
        elif move.empties or removals_first:
            assert turn[index] < min(writers)
        else:
            assert turn[index] > max(writers)
    assert len(set(writers)) <= 1
