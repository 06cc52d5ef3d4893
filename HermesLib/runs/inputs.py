"""An image and its masks as the loop wants them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from HermesLib.errors import HermesError
from HermesLib.io.volumes import Volume, read_mask, read_volume
from HermesLib.io.neighbours import with_neighbours
from HermesLib.runs.request import SliceRange
from HermesLib.presets.preset import Preset


@dataclass(frozen=True, eq=False)
class RunInputs:
    """The chosen N slices of a volume.

    Attributes:
        volume: the whole image.
        indices: the chosen slices' indices in the volume.
        images: (N, C, H, W) float32 in 0..1, normalised over the whole volume; each slice in the middle of its neighbours.
        truth: (N, H, W) bool, or None.
        mask: (N, H, W) bool, the segmentation to begin with or to judge, or None.
    """

    volume: Volume
    indices: range
    images: torch.Tensor
    truth: torch.Tensor | None
    mask: torch.Tensor | None


def read_inputs(
    image: Path, preset: Preset, slices: SliceRange | None = None, truth: Path | None = None, mask: Path | None = None
) -> RunInputs:
    """Read an image and its masks, and normalise the image as the preset says.

    Raises:
        HermesError: a file that is missing, broken, or on another grid than the image; a constant image; no such slices.
    """
    volume = read_volume(image)
    indices = slice_indices(slices, len(volume.array))
    normalised = volume.normalise(preset)
    chosen = slice(indices.start, indices.stop)
    return RunInputs(
        volume,
        indices,
        with_neighbours(normalised)[chosen],
        _read_chosen(truth, volume, chosen),
        _read_chosen(mask, volume, chosen),
    )


def slice_indices(slices: SliceRange | None, count: int) -> range:
    """The chosen indices among ``count`` slices.

    Raises:
        HermesError: a range that is empty or reaches beyond the volume.
    """
    start, stop = slices or (None, None)
    first = 0 if start is None else start + count * (start < 0)
    last = count if stop is None else stop + count * (stop < 0)
    if not 0 <= first < last <= count:
        asked = f"{'' if start is None else start}:{'' if stop is None else stop}"
        raise HermesError(f"slices {asked} are not all in the volume's {count}; choose A:B within 0:{count}, A below B")
    return range(first, last)


def _read_chosen(path: Path | None, volume: Volume, chosen: slice) -> torch.Tensor | None:
    return None if path is None else torch.from_numpy(np.ascontiguousarray(read_mask(path, volume)[chosen]))
