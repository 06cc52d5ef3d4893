"""Procedural prostate slices among the training slices."""

import numpy as np

from HermesLib.datasets.slices import LabelledSlice


def labelled_phantoms(seed: int, count: int) -> list[LabelledSlice]:
    """``count`` phantom slices as one more source; none for 0."""
    if count == 0:
        return []
    from HermesLib.samples.prostate_phantom import phantom_slices

    pairs = phantom_slices(np.random.default_rng(seed), count)
    return [
        LabelledSlice(
            np.round(image * 255).astype(np.uint8),
            label.astype(np.uint8),
            ("background", "prostate"),
            "phantom",
            "phantom",
        )
        for image, label in pairs
    ]
