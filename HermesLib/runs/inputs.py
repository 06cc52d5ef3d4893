"""An image and its masks, prepared for the refinement loop."""

from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import torch

from HermesLib.errors import HermesError
from HermesLib.io.lazy_images import LazyImages
from HermesLib.io.mask_values import TRUTH, Labels
from HermesLib.io.masks import read_mask
from HermesLib.io.volumes import Volume, read_volume
from HermesLib.presets.preset import Preset
from HermesLib.quality.protocol import Observation, QualityControl
from HermesLib.report.numbering import number_of
from HermesLib.runs.input_doubts import doubt_input
from HermesLib.runs.observations import Observations
from HermesLib.runs.request import SliceRange


@dataclass(frozen=True, eq=False)
class RunSources:
    """A whole image and its masks, as read from files or passed in memory.

    Attributes:
        volume: the image, N slices.
        truth: (N, H, W) bool, or None.
        mask: (N, H, W) bool, the initial mask or the segmentation to assess, or None.
    """

    volume: Volume
    truth: np.ndarray | None = None
    mask: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class RunInputs:
    """The selected N slices of a volume.

    Attributes:
        volume: the whole image.
        indices: the selected slices' indices in the volume.
        images: (N, C, H, W) float32 in 0..1, normalised over the whole volume; the channels are
            neighbouring slices with the slice itself in the middle. Each slice is made when it is
            read (:mod:`HermesLib.io.lazy_images`).
        every_image: as ``images``, of all slices of the volume.
        truth: (N, H, W) bool, or None.
        mask: (N, H, W) bool, the initial mask or the segmentation to assess, or None.
        doubted: header or values contradict the preset: no slice is accepted.
    """

    volume: Volume
    indices: range
    images: torch.Tensor
    every_image: torch.Tensor
    truth: torch.Tensor | None
    mask: torch.Tensor | None
    doubted: bool = False

    @property
    def shape(self) -> tuple[int, int]:
        """(H, W) of the slices."""
        return self.images.shape[-2], self.images.shape[-1]

    def observe(self, quality: QualityControl, observations: Observations) -> Observation:
        """What a quality control reads of the selected slices.

        It reads the whole volume: which slices show the organ must not depend on the selection.

        Args:
            quality: reads.
            observations: those that are kept; one of the same image is not made again.
        """
        count = len(self.every_image)
        thickness = self.volume.slice_spacing if count > 1 else None
        observation = observations.observe(quality, self.every_image, thickness)
        if self.doubted:
            observation = observation.doubted()
        if len(self.indices) == count:
            return observation
        return observation.select(self.indices)


def read_sources(
    image: Path,
    truth: Path | None = None,
    mask: Path | None = None,
    *,
    series: str | None = None,
    truth_labels: Labels = None,
    labels: Labels = None,
    role: str = "the mask",
) -> RunSources:
    """Read an image and its masks.

    Args:
        image, truth, mask: the files.
        series: of the image's DICOM folder, where it holds several.
        truth_labels, labels: the organ's values in the truth and in the mask, where they are label
            maps of several organs.
        role: what the mask is to the run, for messages.

    Raises:
        HermesError: a missing or damaged file, a mask beside the image or with values whose meaning
            is not clear, a constant image.
    """
    volume = read_volume(image, series)
    return RunSources(
        volume,
        None if truth is None else read_mask(truth, volume, truth_labels, TRUTH),
        None if mask is None else read_mask(mask, volume, labels, role),
    )


def prepare_inputs(
    sources: RunSources, preset: Preset, slices: SliceRange | None = None
) -> RunInputs:
    """Normalise an image as the preset says, and select slices.

    Raises:
        HermesError: a constant image; a range that is not within the volume.
    """
    volume = sources.volume
    indices = slice_indices(slices, volume.shape[0])
    doubted = doubt_input(volume, preset)
    selected = slice(indices.start, indices.stop)
    # Wherever a run reads images, these do what a tensor does.
    images = cast(torch.Tensor, LazyImages(volume.scaled(preset.intensity)))
    return RunInputs(
        volume,
        indices,
        images[selected],
        images,
        _select(sources.truth, selected),
        _select(sources.mask, selected),
        doubted,
    )


def slice_indices(slices: SliceRange | None, count: int) -> range:
    """The selected indices among ``count`` slices.

    Raises:
        HermesError: a range that is empty or reaches beyond the volume.
    """
    start, stop = slices or (None, None)
    first = 0 if start is None else start + count * (start < 0)
    last = count if stop is None else stop + count * (stop < 0)
    if not 0 <= first < last <= count:
        text = f"{'' if start is None else start}:{'' if stop is None else stop}"
        raise HermesError(
            f"slices {text} are not all in the volume's {count};"
            f" choose A-B within 1-{count}, or A:B within 0:{count}, A below B"
        )
    return range(first, last)


def require_start(start: int | None, inputs: RunInputs) -> None:
    """Check the index of the slice that a run starts from.

    Raises:
        HermesError: the volume has no such slice.
    """
    count = inputs.volume.shape[0]
    if start is not None and not 0 <= start < count:
        raise HermesError(
            f"slice {number_of(start)} to start from does not exist; choose 1 to {count}"
        )


def _select(mask: np.ndarray | None, selected: slice) -> torch.Tensor | None:
    return None if mask is None else torch.from_numpy(np.ascontiguousarray(mask[selected]))
