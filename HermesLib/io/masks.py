"""Masks, label maps and probability maps on the slices of a volume."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import SimpleITK

from HermesLib.errors import HermesError
from HermesLib.io.dicom.segmentation import read_segmentation, segmentation_in
from HermesLib.io.image_files import as_volume, is_dicom_file, read_label_image
from HermesLib.io.image_writing import write_image
from HermesLib.io.mask_grids import Way, lost_geometry, on_slices, size_text, voxel_mm3
from HermesLib.io.mask_values import (
    PROBABLE,
    Labels,
    binary_mask,
    organ_probability,
    require_labels,
)
from HermesLib.io.png import is_png
from HermesLib.io.volumes import Volume, same_grid
from HermesLib.notices import notice

#: Below this share, the part of a mask's own volume that is lost is said.
_KEPT = 0.9


def read_organ(
    path: Path | str, volume: Volume, values: Sequence[int], role: str = "the label map"
) -> np.ndarray:
    """One organ of a data set's label map, (N, H, W, bool) on a volume's slices; it may be missing.

    A label map on another grid in the same space is resampled (nearest neighbour) with a notice.

    Args:
        path: of an image file, a DICOM SEG, or a PNG with labels as grey values or as colour
            indices.
        volume: the image.
        values: of the organ; every value but 0 if there are none.
        role: what the map is to the run, for messages.

    Raises:
        HermesError: unreadable, beside the image, of another size without any geometry, or values
            that are no labels.
    """
    image = _read(Path(path), volume, role, ())
    require_labels(SimpleITK.GetArrayViewFromImage(image), Path(path).name)
    labels = on_slices(image, volume, role)
    return np.isin(np.round(labels), list(values)) if values else labels > 0


def read_mask(
    path: Path | str, volume: Volume, labels: Labels = None, role: str = "the mask"
) -> np.ndarray:
    """A mask (N, H, W, bool) on a volume's slices.

    What a file's values mean is decided by :func:`HermesLib.io.mask_values.binary_mask`.

    Args:
        path, volume, role: as in :func:`read_organ`.
        labels: the organ's values in a label map of several organs.

    Raises:
        HermesError: see :func:`read_organ` and
            :func:`HermesLib.io.mask_values.binary_mask`; also a mask that lies beside the image.
    """
    return _mask_on_slices(_read(Path(path), volume, role, labels), volume, role, labels)


def read_probability(
    path: Path | str, volume: Volume, labels: Labels = None, role: str = "the map"
) -> tuple[np.ndarray, bool]:
    """The organ's probability by a mask or a probability map, on a volume's slices.

    On another grid, a mask is resampled by nearest neighbour, a probability map linearly.

    Args:
        path, volume, labels, role: as in :func:`read_mask`.

    Returns:
        (N, H, W) float32 in 0..1, and whether the file gives probabilities: a mask is 0 and 1.

    Raises:
        HermesError: as in :func:`read_mask`.
    """
    return _probability_on_slices(_read(Path(path), volume, role, labels), volume, role, labels)


def probability_from_image(
    map_image: SimpleITK.Image, volume: Volume, role: str = "the map", labels: Labels = None
) -> tuple[np.ndarray, bool]:
    """A mask or a probability map in memory, as :func:`read_probability` takes it.

    Raises:
        HermesError: as there; also 4D or colour.
    """
    return _probability_on_slices(as_volume(map_image, role, role), volume, role, labels)


def mask_from_image(
    mask: SimpleITK.Image, volume: Volume, role: str = "the mask", labels: Labels = None
) -> np.ndarray:
    """A mask in memory, (N, H, W, bool) on a volume's slices, as :func:`read_mask` takes it.

    Raises:
        HermesError: as there; also 4D or colour.
    """
    return _mask_on_slices(as_volume(mask, role, role), volume, role, labels)


def mask_from_array(
    mask: np.ndarray, volume: Volume, role: str = "the mask", labels: Labels = None
) -> np.ndarray:
    """An array (N, H, W), or (H, W) for a single slice, as a mask (N, H, W, bool).

    Raises:
        HermesError: another shape than the volume's slices, or values without a clear meaning.
    """
    mask = np.asarray(mask)
    slices = mask[None] if mask.ndim == 2 else mask
    if slices.shape != volume.shape:
        raise HermesError(
            f"{role} has the shape {mask.shape}, the image {volume.shape}; they must agree"
        )
    return binary_mask(slices, role, labels)


def write_mask(path: Path, mask: np.ndarray, volume: Volume) -> None:
    """Write a mask (N, H, W, bool) on the volume's own grid, as 0 and 1 in 8 bit."""
    write_image(volume.to_image(mask), path)


def _read(path: Path, volume: Volume, role: str, labels: Labels) -> SimpleITK.Image:
    """A label map's file.

    Raises:
        HermesError: unreadable, or not on the image's grid and without a geometry.
    """
    if path.is_dir() or is_dicom_file(path):
        segmentation = segmentation_in(path)
        if segmentation is not None:
            space = volume.frame_of_reference
            return read_segmentation(segmentation, volume.grid, space, labels, role)
    image = read_label_image(path, role)
    if not same_grid(image, volume.grid) and (
        is_png(path) or volume.windowed or lost_geometry(image, volume.grid)
    ):
        raise HermesError(
            f"{path.name} ({size_text(image)}) is not on the image's grid"
            f" ({size_text(volume.grid)}) and has no geometry to place it by"
        )
    return image


def _mask_on_slices(
    image: SimpleITK.Image, volume: Volume, role: str, labels: Labels
) -> np.ndarray:
    # What is a mask is decided first: outside its own grid, 0 is not a label of the organ.
    mask = binary_mask(SimpleITK.GetArrayViewFromImage(image), role, labels)
    return _placed(mask.astype(np.uint8), image, volume, role, Way.NEAREST) != 0


def _probability_on_slices(
    image: SimpleITK.Image, volume: Volume, role: str, labels: Labels
) -> tuple[np.ndarray, bool]:
    values = SimpleITK.GetArrayViewFromImage(image)
    probability, soft = organ_probability(values, role, labels)
    way = Way.LINEAR if soft else Way.NEAREST
    return _placed(probability, image, volume, role, way), soft


def _placed(
    values: np.ndarray, image: SimpleITK.Image, volume: Volume, role: str, way: Way
) -> np.ndarray:
    """Values 0..1 of an image's voxels, (N, H, W) on a volume's slices.

    Raises:
        HermesError: nothing of the organ lies in the volume; see also :func:`on_slices`.
    """
    organ = SimpleITK.GetImageFromArray(values)
    organ.CopyInformation(image)
    placed = on_slices(organ, volume, role, way)
    before = float((values >= PROBABLE).sum()) * voxel_mm3(image)
    if before and not same_grid(image, volume.grid):
        kept = float((placed >= PROBABLE).sum()) * voxel_mm3(volume.grid) / before
        if not kept:
            raise HermesError(f"no voxel of {role} lies in the image")
        if kept < _KEPT:
            notice("mask-cut", f"only {kept:.0%} of {role} lies in the image")
    return placed
