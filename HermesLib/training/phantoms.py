"""Procedural prostate slices and volumes for training."""

from collections.abc import Iterator

import numpy as np

from HermesLib.datasets.slices import LabelledSlice, shrink
from HermesLib.evaluation.wrong_input import RawVolume
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
    slices = []
    for name, scan in phantom_scans(seed, count):
        images = scan.normalise(intensity)
        for index, (image, label) in enumerate(zip(images, scan.organ, strict=True)):
            slices.append(
                LabelledSlice(
                    *shrink(image, label.astype(np.uint8)),
                    ("background", "prostate"),
                    name,
                    "phantom",
                    index,
                    name,
                    scan.spacing[0],
                )
            )
    return slices


def phantom_scans(seed: int, count: int) -> Iterator[tuple[str, RawVolume]]:
    """Name and volume of ``count`` phantoms, none of them the sample of ``hermes demo``."""
    if count == 0:
        return
    import SimpleITK

    from HermesLib.samples.prostate_phantom import SAMPLE_SEED, prostate_phantom

    first = 1000 * (seed + 1)
    seeds = [number for number in range(first, first + count + 1) if number != SAMPLE_SEED]
    for number in seeds[:count]:
        phantom = prostate_phantom(number)
        width, height, distance = phantom.image.GetSpacing()
        yield (
            f"phantom-{number}",
            RawVolume(
                SimpleITK.GetArrayFromImage(phantom.image).astype(np.float32),
                (distance, height, width),
                SimpleITK.GetArrayFromImage(phantom.label) > 0,
            ),
        )
