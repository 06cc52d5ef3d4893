"""Slices with their neighbours."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from HermesLib.io.neighbours import neighbourhood, own_slice, with_neighbours


@given(st.integers(1, 6), st.integers(0, 3))
def test_every_slice_is_between_its_neighbours_and_the_ends_repeat(count, reach):
    volume = np.arange(count, dtype=np.float32)[:, None, None] * np.ones((1, 3, 4), np.float32)
    stacked = with_neighbours(volume, reach)
    assert stacked.shape == (count, 1 + 2 * reach, 3, 4)
    assert torch.equal(own_slice(stacked)[:, 0], torch.from_numpy(volume))
    for index in range(count):
        for channel in range(1 + 2 * reach):
            assert stacked[index, channel, 0, 0] == min(max(index + channel - reach, 0), count - 1)


@given(st.integers(0, 2), st.integers(0, 3))
def test_a_core_gets_as_many_neighbours_as_it_was_trained_with(given_reach, wanted_reach):
    volume = np.random.default_rng(0).random((5, 3, 3)).astype(np.float32)
    cut = neighbourhood(with_neighbours(volume, given_reach), wanted_reach)
    assert cut.shape[1] == 1 + 2 * wanted_reach
    assert torch.equal(own_slice(cut)[:, 0], torch.from_numpy(volume))
    if wanted_reach <= given_reach:
        assert torch.equal(cut, with_neighbours(volume, wanted_reach))
