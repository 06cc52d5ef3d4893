"""The pGTs of slices as one volume."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from HermesLib.refinement.volume_pgt import consistent_volume
from Testing.prompts.regions import disc

SHAPE = (40, 40)


def test_a_gap_gets_the_outline_half_way_between_its_neighbours():
    pgts = np.zeros((5, *SHAPE), bool)
    pgts[1], pgts[4] = disc(SHAPE, 20, 14, 6), disc(SHAPE, 20, 20, 12)
    filled = consistent_volume(pgts)
    sizes = filled.sum((1, 2))
    assert (filled[[1, 4]] == pgts[[1, 4]]).all() and sizes[0] == 0
    assert sizes[1] < sizes[2] < sizes[3] < sizes[4]
    middle = np.argwhere(filled[2])[:, 1].mean()
    assert 14 < middle < 18


def test_small_separate_parts_are_left_out_and_pairs_stay():
    pgts = np.zeros((4, *SHAPE), bool)
    pgts[:, 10:20, 5:15] = True
    pgts[:2, 10:20, 25:35] = True
    pgts[3, 35:38, 35:38] = True
    kept = consistent_volume(pgts)
    assert not kept[3, 30:].any()
    assert (kept[:, :30] == pgts[:, :30]).all()


@given(st.lists(st.integers(0, 12), min_size=1, max_size=6))
def test_no_slice_beyond_the_organ_is_filled_and_a_single_part_stays_as_it_is(radii):
    pgts = np.stack(
        [disc(SHAPE, 20, 20, radius) if radius else np.zeros(SHAPE, bool) for radius in radii]
    )
    filled = consistent_volume(pgts)
    with_pgt = np.flatnonzero(pgts.any((1, 2)))
    assert (filled[with_pgt] == pgts[with_pgt]).all()
    expected = range(with_pgt[0], with_pgt[-1] + 1) if len(with_pgt) else range(0)
    assert np.flatnonzero(filled.any((1, 2))).tolist() == list(expected)
