"""Packed masks of a run's iterations."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from HermesSegmentLib.iteration_masks import IterationMasks, PackedMask

MASKS = arrays(bool, st.tuples(st.integers(1, 12), st.integers(1, 12)))


@given(MASKS)
@settings(max_examples=60, deadline=None)
def test_a_packed_mask_is_the_mask(mask):
    packed = PackedMask.pack(mask)
    assert np.array_equal(packed.unpack(), mask)
    assert packed.empty == (not mask.any())


def test_a_packed_mask_takes_an_eighth_of_its_rectangle():
    mask = np.zeros((512, 512), bool)
    mask[100:180, 200:300] = True
    assert PackedMask.pack(mask).bits.nbytes == 80 * 100 / 8


@pytest.fixture
def masks() -> IterationMasks:
    """Slice 4 with three iterations of 1, 2 and 3 pixels, slice 7 with one of 9 pixels."""
    history = IterationMasks()
    for size in (1, 2, 3):
        mask = np.zeros((8, 8), bool)
        mask[0, :size] = True
        history.add(4, mask, ~mask)
    mask = np.zeros((8, 8), bool)
    mask[2:5, 2:5] = True
    history.add(7, mask, np.roll(mask, 1, 0))
    return history


def test_slices_that_ended_keep_their_last_iteration(masks):
    sizes = {index: step.mask.unpack().sum() for index, step in masks.latest(2).items()}
    assert sizes == {4: 3, 7: 9} and masks.count == 3
    assert [index for index, _step in masks.refined_at(2)] == [4]
    assert masks.of_slice(5, 0) is None


def test_the_difference_is_what_only_one_of_mask_and_pgt_holds(masks):
    step = masks.of_slice(7, 0)
    assert step.mask_only.unpack().sum() == 3 and step.pgt_only.unpack().sum() == 3
    assert step.mask_only.unpack()[2].sum() == 3 and step.pgt_only.unpack()[5].sum() == 3
