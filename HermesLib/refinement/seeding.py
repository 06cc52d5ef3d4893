"""Random numbers of one slice and one iteration: no slice's results depend on another's."""

import numpy as np


def slice_rng(seed: int, slice_index: int, iteration: int) -> np.random.Generator:
    """The generator of one slice's prompt in one iteration."""
    return np.random.default_rng(np.random.SeedSequence([seed, slice_index, iteration]))


def slice_seed(seed: int, slice_index: int, iteration: int) -> int:
    """A 63-bit seed of one slice and iteration for the QC, independent of the prompt's."""
    sequence = np.random.SeedSequence([seed, slice_index, iteration, 1])
    return int(sequence.generate_state(1, np.uint64)[0] >> 1)
