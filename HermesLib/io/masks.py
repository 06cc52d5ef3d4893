"""Masks and label maps on the slices of a volume."""

from pathlib import Path

import numpy as np
import SimpleITK

from HermesLib.errors import HermesError
from HermesLib.io.dicom.segmentation import read_segmentation, segmentation_in
from HermesLib.io.image_files import as_volume, is_dicom_file, read_label_image
from HermesLib.io.image_writing import write_image
from HermesLib.io.mask_values import Labels, binary_mask, require_labels
from HermesLib.io.png import is_png
from HermesLib.io.volumes import Volume, same_grid
from HermesLib.notices import notice

#: A mask on another grid must cover at least this share of the image: below it, it lies elsewhere.
_LEAST_COVER = 0.05
#: Below this share, what the grid of a mask leaves uncovered, and the part of its own volume that
#: is lost, is said.
_WHOLE = 0.98
_KEPT = 0.9


def read_organ(
    path: Path | str, volume: Volume, value: int, role: str = "the label map"
) -> np.ndarray:
    """One organ of a data set's label map, (N, H, W, bool) on a volume's slices; it may be missing.

    A label map on another grid in the same space is resampled (nearest neighbour) with a notice.

    Args:
        path: of an image file, a DICOM SEG, or a PNG with labels as grey values or as colour
            indices.
        volume: the image.
        value: of the organ.
        role: what the map is to the run, for messages.

    Raises:
        HermesError: unreadable, beside the image, of another size without any geometry, or values
            that are no labels.
    """
    image = _read(Path(path), volume, role, ())
    require_labels(SimpleITK.GetArrayViewFromImage(image), Path(path).name)
    return _on_slices(image, volume, role) == value


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
    if slices.shape != volume.array.shape:
        raise HermesError(
            f"{role} has the shape {mask.shape}, the image {volume.array.shape}; they must agree"
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
        is_png(path) or volume.windowed or _lost_geometry(image, volume.grid)
    ):
        raise HermesError(
            f"{path.name} ({_size(image)}) is not on the image's grid ({_size(volume.grid)})"
            " and has no geometry to place it by"
        )
    return image


def _mask_on_slices(
    image: SimpleITK.Image, volume: Volume, role: str, labels: Labels
) -> np.ndarray:
    # What is a mask is decided first: outside its own grid, 0 is not a label of the organ.
    mask = binary_mask(SimpleITK.GetArrayViewFromImage(image), role, labels)
    binary = SimpleITK.GetImageFromArray(mask.astype(np.uint8))
    binary.CopyInformation(image)
    placed = _on_slices(binary, volume, role) != 0
    if mask.any() and not same_grid(image, volume.grid):
        before = float(mask.sum()) * _voxel_mm3(image)
        kept = float(placed.sum()) * _voxel_mm3(volume.grid) / before
        if not placed.any():
            raise HermesError(f"no voxel of {role} lies in the image")
        if kept < _KEPT:
            notice("mask-cut", f"only {kept:.0%} of {role} lies in the image")
    return placed


def _on_slices(image: SimpleITK.Image, volume: Volume, role: str) -> np.ndarray:
    """Labels (N, H, W); resampled, with a notice, where the grids differ."""
    if not same_grid(image, volume.grid):
        image = _resample(image, volume.grid, role)
    return volume.axes.to_slices(SimpleITK.GetArrayFromImage(image))


def _resample(image: SimpleITK.Image, grid: SimpleITK.Image, role: str) -> SimpleITK.Image:
    """Labels on another grid, nearest neighbour.

    Raises:
        HermesError: the direction was lost, or the grids share next to nothing.
    """
    everywhere = SimpleITK.Cast(image * 0, SimpleITK.sitkUInt8) + 1
    # A view does not keep its image alive.
    nearest = _nearest(everywhere, grid)
    covered = float(SimpleITK.GetArrayViewFromImage(nearest).mean())
    if covered < _WHOLE:
        _require_direction(image, grid, role)
    if covered < _LEAST_COVER:
        share = f"only {covered:.2g}" if covered else "none"
        raise HermesError(f"{role} does not overlap the image: its grid covers {share} of it")
    notice(
        "mask-resampled",
        f"{role} is on another grid than the image; it was resampled (nearest neighbour)",
    )
    if covered < _WHOLE:
        notice(
            "mask-part",
            f"the grid of {role} covers {covered:.0%} of the image; the rest counts as background",
        )
    return _nearest(image, grid)


def _nearest(image: SimpleITK.Image, grid: SimpleITK.Image) -> SimpleITK.Image:
    return SimpleITK.Resample(image, grid, SimpleITK.Transform(), SimpleITK.sitkNearestNeighbor, 0)


def _require_direction(image: SimpleITK.Image, grid: SimpleITK.Image, role: str) -> None:
    """Refuse a mask that differs from the image in its axes alone: another program lost them.

    It has the image's size, spacing and origin, but lies in another place of the patient.
    """
    spacing = np.allclose(image.GetSpacing(), grid.GetSpacing(), rtol=1e-3)
    shift = np.abs(np.subtract(image.GetOrigin(), grid.GetOrigin())).max()
    if (
        image.GetSize() == grid.GetSize()
        and spacing
        and shift < min(grid.GetSpacing())
        and not _same_axes(image, grid)
    ):
        raise HermesError(
            f"{role} has the image's size, spacing and origin, but axes that point elsewhere"
            f" ({_axes(image)}, the image {_axes(grid)}): a conversion lost its orientation;"
            " export it again from the image's own program"
        )


def _lost_geometry(mask: SimpleITK.Image, grid: SimpleITK.Image) -> bool:
    """Whether a program dropped the geometry: default for the mask, but not for the image."""
    default = mask.GetSpacing() == (1.0, 1.0, 1.0) and mask.GetOrigin() == (0.0, 0.0, 0.0)
    return default and (grid.GetSpacing() != (1.0, 1.0, 1.0) or grid.GetOrigin() != (0.0, 0.0, 0.0))


def _same_axes(a: SimpleITK.Image, b: SimpleITK.Image) -> bool:
    return bool(np.allclose(a.GetDirection(), b.GetDirection(), atol=0.02))


def _axes(image: SimpleITK.Image) -> str:
    """Where the axes point to, as three letters such as LPS."""
    return SimpleITK.DICOMOrientImageFilter.GetOrientationFromDirectionCosines(image.GetDirection())


def _size(image: SimpleITK.Image) -> str:
    return " x ".join(map(str, image.GetSize()))


def _voxel_mm3(image: SimpleITK.Image) -> float:
    return float(np.prod(image.GetSpacing()))
