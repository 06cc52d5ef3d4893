"""Images and masks in memory, or files, as the inputs of a run from Python."""

from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import numpy as np
import SimpleITK

from HermesLib.errors import HermesError
from HermesLib.io.mask_values import TRUTH, Labels
from HermesLib.io.masks import mask_from_array, mask_from_image, read_mask
from HermesLib.io.volumes import Volume, read_volume, volume_from_array, volume_from_image
from HermesLib.notices import Notice, heard_by, log_notice
from HermesLib.runs.inputs import RunSources
from HermesLib.runs.opening import InMemory

#: A file or DICOM folder, an array (H, W) or (N, H, W), or a SimpleITK image.
ImageLike: TypeAlias = Path | str | np.ndarray | SimpleITK.Image
#: Spacing in mm: from slice to slice, row to row, column to column; or of rows and columns only.
Spacing: TypeAlias = tuple[float, float, float] | tuple[float, float]


def is_single_slice(image: ImageLike) -> bool:
    if isinstance(image, SimpleITK.Image):
        return image.GetDimension() == 2
    return not isinstance(image, Path | str) and np.ndim(image) == 2


def read_inputs(
    image: ImageLike,
    spacing: Spacing | None,
    series: str | None,
    truth: ImageLike | None,
    mask: ImageLike | None,
    role: str,
    labels: Labels,
    truth_labels: Labels,
) -> InMemory:
    """The image and its masks, with the notices that reading them gave."""
    notices: list[Notice] = []
    with heard_by(notices.append):
        volume = _read_image(image, spacing, series)
        sources = RunSources(
            volume,
            truth=_read_optional_mask(truth, volume, TRUTH, truth_labels),
            mask=_read_optional_mask(mask, volume, role, labels),
        )
    for notice in notices:
        log_notice(notice)
    return InMemory(sources, notices=tuple(notices))


def _read_image(image: ImageLike, spacing: Spacing | None, series: str | None) -> Volume:
    if isinstance(image, Path | str | SimpleITK.Image) and spacing is not None:
        raise HermesError("spacing belongs to an array; files and images bring their own")
    if isinstance(image, Path | str):
        return read_volume(image, series)
    if series is not None:
        raise HermesError("a series can be chosen in a DICOM folder only; leave it out")
    if isinstance(image, SimpleITK.Image):
        return volume_from_image(image)
    return volume_from_array(image, spacing)


def _read_optional_mask(
    mask: ImageLike | None, volume: Volume, role: str, labels: Labels
) -> np.ndarray | None:
    return None if mask is None else _read_mask(mask, volume, role, labels)


def _read_mask(mask: ImageLike, volume: Volume, role: str, labels: Labels) -> np.ndarray:
    if isinstance(mask, Path | str):
        return read_mask(mask, volume, labels, role)
    if isinstance(mask, SimpleITK.Image):
        return mask_from_image(mask, volume, role, labels)
    return mask_from_array(mask, volume, role, labels)


def with_guide(memory: InMemory, guide: ImageLike | None, labels: Labels) -> InMemory:
    """The same with a guide that is an image in memory; files are the run's to read."""
    if guide is None or isinstance(guide, Path | str):
        return memory
    from HermesLib.guides.map import guide_map

    volume = memory.sources.volume
    values = SimpleITK.GetArrayViewFromImage(guide) if isinstance(guide, SimpleITK.Image) else guide
    # Probabilities keep their values; everything else is a mask or a label map.
    soft = labels is None and _are_probabilities(np.asarray(values))
    if soft and not isinstance(guide, SimpleITK.Image):
        slices = np.asarray(guide, np.float32)
        slices = slices[None] if slices.ndim == 2 else slices
        if slices.shape != volume.shape:
            raise HermesError(
                f"the guide has the shape {slices.shape}, the image {volume.shape}; they must agree"
            )
        return replace(memory, guide=guide_map(slices, "memory", soft=True))
    mask = _read_mask(guide, volume, "the guide", labels)
    return replace(memory, guide=guide_map(mask.astype(np.float32), "memory"))


def _are_probabilities(values: np.ndarray) -> bool:
    within = values.dtype.kind == "f" and values.min() >= 0 and values.max() <= 1
    return bool(within and ((values > 0) & (values < 1)).any())
