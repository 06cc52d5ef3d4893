"""Distances between outlines are millimetres, whichever way the pixels are stretched."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from HermesLib.metrics.surface import surface_distances


def block(top: int, left: int, height: int = 6, width: int = 6) -> np.ndarray:
    mask = np.zeros((30, 40), bool)
    mask[top : top + height, left : left + width] = True
    return mask


@given(st.integers(0, 20), st.integers(0, 30), st.floats(0.2, 3), st.floats(0.2, 3))
def test_a_mask_lies_no_distance_from_itself_and_both_ways_are_the_same(top, left, down, right):
    mask, other = block(top, left), block(10, 10)
    assert surface_distances(mask, mask, (down, right)) == (0.0, 0.0)
    assert surface_distances(mask, other, (down, right)) == pytest.approx(
        surface_distances(other, mask, (down, right))
    )


def test_distances_follow_the_pixels_size_in_each_direction():
    across, _ = surface_distances(block(10, 10), block(10, 14), (1.0, 0.5))
    down, _ = surface_distances(block(10, 10), block(14, 10), (3.0, 0.5))
    assert (across, down) == (2.0, 12.0)


def test_an_island_far_off_shows_in_hd95_only_if_it_is_more_than_a_twentieth():
    mask = block(5, 5, 20, 20)
    speck, island = mask.copy(), mask.copy()
    speck[15, 38] = True
    island[12:20, 36:39] = True
    assert (
        surface_distances(mask, speck, (1, 1))[0]
        < 1
        < 10
        < surface_distances(mask, island, (1, 1))[0]
    )


def test_nothing_has_no_outline():
    assert surface_distances(block(1, 1), np.zeros((30, 40), bool), (1, 1)) is None
