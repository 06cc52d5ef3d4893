"""Procedural prostate slices for training."""

import numpy as np

from HermesLib.datasets.slices import LabelledSlice


def labelled_phantoms(seed: int, count: int) -> list[LabelledSlice]:
    """``count`` phantom slices as one more data set; none for 0."""
    if count == 0:
        return []
    from HermesLib.samples.prostate_phantom import phantom_slices

    names = ("background", "prostate")
    return [
        LabelledSlice(
            np.round(image * 255).astype(np.uint8),
            label.astype(np.uint8),
            names,
            "phantom",
            "phantom",
        )
        for image, label in phantom_slices(np.random.default_rng(seed), count)
    ]
