"""Connected components of masks."""

import numpy as np
import torch

from HermesLib.metrics.components import (
    label_components,
    largest_component,
    without_small_components,
)


def test_small_components_are_removed_and_a_second_large_one_stays():
    pgt = torch.zeros(1, 64, 64)
    pgt[0, 10:30, 10:30] = 0.9
    pgt[0, 40:50, 40:50] = 0.8
    pgt[0, 60:62, 2:4] = 0.7
    cleaned = without_small_components(pgt, share=0.1)
    assert cleaned[0, 61, 3] == 0
    assert cleaned[0, 45, 45] == pgt[0, 45, 45]
    assert torch.equal(cleaned[0, :31], pgt[0, :31])
    assert pgt[0, 61, 3] > 0, "the input was changed"


def test_the_largest_component_ties_first_and_an_empty_mask_stays_empty():
    mask = np.zeros((8, 8), bool)
    assert not largest_component(mask).any()
    mask[1, 1:3] = mask[6, 1:3] = mask[4, 7] = True
    assert np.argwhere(largest_component(mask)).tolist() == [[1, 1], [1, 2]]
    assert label_components(mask)[1].tolist() == [2, 1, 2]
