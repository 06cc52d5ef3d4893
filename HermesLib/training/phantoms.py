"""Procedural prostate slices for training."""

import numpy as np

from HermesLib.datasets.slices import LabelledSlice, shrink
from HermesLib.presets.preset import Intensity


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


def phantom_volumes(seed: int, count: int, intensity: Intensity) -> list[LabelledSlice]:
    """The slices of ``count`` whole phantom volumes, none of them the sample of ``hermes demo``."""
    import SimpleITK

    from HermesLib.samples.prostate_phantom import SAMPLE_SEED, prostate_phantom

    first = 1000 * (seed + 1)
    seeds = [number for number in range(first, first + count + 1) if number != SAMPLE_SEED]
    slices = []
    for number in seeds[:count]:
        phantom = prostate_phantom(number)
        name = f"phantom-{number}"
        images = intensity.normalise(SimpleITK.GetArrayFromImage(phantom.image).astype(np.float32))
        labels = SimpleITK.GetArrayFromImage(phantom.label).astype(np.uint8)
        for index, (image, label) in enumerate(zip(images, labels, strict=True)):
            slices.append(
                LabelledSlice(
                    *shrink(image, label),
                    ("background", "prostate"),
                    name,
                    "phantom",
                    index,
                    name,
                    phantom.image.GetSpacing()[2],
                )
            )
    return slices
