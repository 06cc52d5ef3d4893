"""Box prompts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from HermesLib.prompts.boxes import Box, BoxStrategy, bounding_box
from Testing.prompts.regions import disc, regions

RNG = np.random.default_rng(0)


def test_first_box_is_the_whole_slice():
    assert BoxStrategy().first((40, 56), RNG) == Box(0, 0, 56, 40)


def test_refined_box_is_ten_pixels_wider_than_the_pgt_on_every_side():
    pgt = np.zeros((400, 320), bool)
    pgt[40:50, 30:70] = True
    assert BoxStrategy().refine(None, ~pgt, pgt, True, RNG) == Box(20, 30, 80, 60)


def test_on_a_small_slice_the_padding_shrinks_with_it():
    pgt = np.zeros((100, 160), bool)
    pgt[40:50, 30:70] = True
    assert BoxStrategy().refine(None, ~pgt, pgt, True, RNG) == Box(25, 35, 75, 55)


def test_refined_box_is_clipped_at_the_slice():
    pgt = disc((64, 80), 0, 79, 3)
    assert BoxStrategy(40).refine(None, pgt, pgt, True, RNG) == Box(66, 0, 80, 14)


@given(regions(), st.floats(0, 40))
def test_box_holds_the_region_and_stays_in_the_slice(region, pad):
    box = bounding_box(region, pad)
    rows, columns = np.nonzero(region)
    assert 0 <= box.x1 <= columns.min() and columns.max() + 1 <= box.x2 <= region.shape[1]
    assert 0 <= box.y1 <= rows.min() and rows.max() + 1 <= box.y2 <= region.shape[0]


@given(regions())
def test_unpadded_box_is_tight(region):
    box = bounding_box(region)
    inside = region[int(box.y1) : int(box.y2), int(box.x1) : int(box.x2)]
    assert inside[0].any() and inside[-1].any() and inside[:, 0].any() and inside[:, -1].any()


def test_empty_pgt_is_refused():
    empty = np.zeros((20, 20), bool)
    with pytest.raises(ValueError, match="empty"):
        BoxStrategy().refine(None, empty, empty, True, RNG)
