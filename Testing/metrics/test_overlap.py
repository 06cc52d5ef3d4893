"""The Dice coefficient, empty masks included."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis.extra.numpy import arrays

from HermesLib.metrics.overlap import dice, dice_batch

MASKS = arrays(np.bool_, (3, 4, 5))


def test_two_empty_masks_agree_and_an_empty_and_a_full_one_do_not():
    empty, full = np.zeros((4, 4), bool), np.ones((4, 4), bool)
    assert dice(empty, empty) == 1.0
    assert dice(empty, full) == dice(full, empty) == 0.0


def test_half_overlap_of_equal_masks_is_one_half():
    a, b = np.zeros((2, 4), bool), np.zeros((2, 4), bool)
    a[:, :2] = True
    b[:, 1:3] = True
    assert dice(a, b) == 0.5
    assert dice(torch.from_numpy(a), torch.from_numpy(b)) == 0.5


@given(MASKS, MASKS)
def test_the_batch_has_the_dice_of_each_pair(a: np.ndarray, b: np.ndarray):
    together = dice_batch(torch.from_numpy(a), torch.from_numpy(b))
    assert together.tolist() == pytest.approx([dice(x, y) for x, y in zip(a, b, strict=True)])


@given(MASKS, MASKS)
def test_dice_is_symmetric_and_grows_towards_one(a: np.ndarray, b: np.ndarray):
    assert dice(a, b) == dice(b, a)
    assert 0 <= dice(a, b) <= dice(a, a) == 1.0


def test_masks_of_different_shapes_are_refused():
    with pytest.raises(ValueError, match="differ in shape"):
        dice(np.zeros((2, 2), bool), np.zeros((2, 3), bool))
