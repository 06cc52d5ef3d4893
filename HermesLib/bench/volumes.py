"""The volumes of the benchmarks: phantoms of any size."""

from pathlib import Path

import numpy as np
import SimpleITK

from HermesLib.io.image_writing import write_image
from HermesLib.samples.prostate_phantom import prostate_phantom

#: Extent of every phantom along its slices and across them, mm.
_LENGTH, _WIDTH = 70.0, 192.0
#: Slices that are drawn; more are repeats of these.
_DRAWN = 24


def write_phantom(folder: Path, count: int, side: int) -> Path:
    """Write a phantom of ``count`` slices of ``side`` rows and columns; gives its file.

    Every phantom shows the same patient over the same extent.
    """
    drawn = min(count, _DRAWN)
    spacing = (_WIDTH / side, _WIDTH / side, _LENGTH / drawn)
    image = prostate_phantom(1, side, drawn, spacing).image
    if count > drawn:
        voxels = SimpleITK.GetArrayFromImage(image)[np.arange(count) * drawn // count]
        image = SimpleITK.GetImageFromArray(voxels)
        image.SetSpacing((*spacing[:2], _LENGTH / count))
    path = folder / f"{count}-{side}.nii"
    write_image(image, path)
    return path
