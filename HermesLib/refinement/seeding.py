"""Random numbers that belong to one slice and one iteration, so that no slice's prompts depend on another's."""

import numpy as np


def slice_rng(seed: int, slice_index: int, iteration: int) -> np.random.Generator:
    """Generator of one slice's prompt in one iteration."""
    return np.random.default_rng(np.random.SeedSequence([seed, slice_index, iteration]))


def slice_seed(seed: int, slice_index: int, iteration: int) -> int:
    """A 63-bit seed of one slice and iteration, for what a quality control draws; other numbers than :func:`slice_rng`'s."""
    return int(
        np.random.SeedSequence([seed, slice_index, iteration, 1]).generate_state(1, np.uint64)[0]
        >> 1
    )
