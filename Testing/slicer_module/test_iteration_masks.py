"""Packed masks of a run's iterations."""

import base64
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from HermesLib.refinement.history import PackedArray
from HermesLib.refinement.marks import common_with_next
from HermesSegmentLib.iteration_masks import IterationMasks, PackedMask, dice_with_next

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


@given(MASKS)
@settings(max_examples=60, deadline=None)
def test_a_mask_comes_back_from_a_scene_also_from_one_of_earlier_versions(mask):
    packed = PackedMask.pack(mask)
    plain = packed.to_plain()
    assert np.array_equal(PackedMask.from_plain(plain).unpack(), mask)
    earlier = {name: plain[name] for name in ("shape", "rows", "columns")}
    earlier["bits"] = base64.b64encode(packed.bits.tobytes()).decode()
    assert np.array_equal(PackedMask.from_plain(earlier).unpack(), mask)


@pytest.mark.parametrize(
    "damage",
    [
        {"rows": [0, 9]},
        {"columns": [-1, 3]},
        {"zipped": "eJwDAAAAAAE="},
        {"zipped": "AAAA"},
        {"zipped": base64.b64encode(zlib.compress(bytes(10_000_000))).decode()},
    ],
)
def test_a_damaged_mask_is_refused(damage):
    plain = PackedMask.pack(np.ones((8, 8), bool)).to_plain()
    with pytest.raises(ValueError, match="the mask"):
        PackedMask.from_plain({**plain, **damage})


@given(arrays(bool, st.tuples(st.integers(1, 4), st.just(9), st.just(7))))
@settings(max_examples=60, deadline=None)
def test_packed_neighbours_are_compared_as_the_command_line_does(volume):
    packed = {3 + index: PackedMask.pack(mask) for index, mask in enumerate(volume)}
    whole = {3 + index: PackedArray.of(mask) for index, mask in enumerate(volume)}
    assert dice_with_next(packed) == pytest.approx(common_with_next(whole))


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
