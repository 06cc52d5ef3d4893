"""Volumes as stacks of slices, masks on their grid, and results back on the exact grid of the input."""

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK

from HermesLib.errors import HermesError
from HermesLib.io.image_files import is_png, read_image, write_image
from HermesLib.io.orientation import SliceAxes, slice_axes
from HermesLib.presets.preset import Preset

logger = logging.getLogger(__name__)

#: Two grids are the same if no corner voxel differs by more than this share of a voxel.
_SAME_GRID = 0.05


@dataclass(frozen=True, eq=False)
class Volume:
    """An image as slices.

    Attributes:
        array: (N, H, W) float32 intensities as stored; slices across the acquisition's through-plane axis, in display orientation.
        pixel_spacing: of rows and of columns, mm.
        slice_spacing: mm.
        windowed: a PNG, whose 0..255 already is the window.
        grid: the input's own grid, a SimpleITK image without meaning in its voxels.
        axes: how slices and voxels belong together.
        sha256: of the file's bytes, or of a DICOM series' files in order of their names.
    """

    array: np.ndarray
    pixel_spacing: tuple[float, float]
    slice_spacing: float
    windowed: bool
    grid: SimpleITK.Image
    axes: SliceAxes
    sha256: str

    def normalise(self, preset: Preset) -> np.ndarray:
        """Intensities (N, H, W) as float32 of 0..1: by the preset, or as they are in a PNG."""
        return (
            self.array / np.float32(255)
            if self.windowed
            else preset.intensity.normalise(self.array)
        )

    def to_image(self, slices: np.ndarray) -> SimpleITK.Image:
        """Slices (N, H, W), bool, uint8 or float32, as an image on the input's exact grid."""
        if slices.shape != self.array.shape:
            raise ValueError(
                f"slices of shape {slices.shape} do not fit a volume of {self.array.shape}"
            )
        voxels = self.axes.to_voxels(slices)
        image = SimpleITK.GetImageFromArray(
            voxels.astype(np.uint8) if voxels.dtype == bool else voxels
        )
        image.CopyInformation(self.grid)
        return image


def read_volume(path: Path) -> Volume:
    """Read an image: NIfTI, NRRD, MetaImage, a DICOM series' folder, or an 8-bit PNG.

    Raises:
        HermesError: see :func:`HermesLib.io.image_files.read_image`; also voxels that are not finite or all the same.
    """
    image, sha256 = read_image(Path(path))
    axes = slice_axes(image)
    array = axes.to_slices(SimpleITK.GetArrayFromImage(image)).astype(np.float32)
    if not np.isfinite(array).all():
        raise HermesError(
            f"{Path(path).name} has voxels that are no finite numbers (NaN or infinite); mend the image first"
        )
    if array.min() == array.max():
        raise HermesError(
            f"{Path(path).name} is constant: every voxel has the value {array.min():g}"
        )
    spacing = image.GetSpacing()
    through, rows, columns = axes.order
    return Volume(
        array,
        (spacing[rows], spacing[columns]),
        spacing[through],
        is_png(Path(path)),
        _empty_like(image),
        axes,
        sha256,
    )


def read_label_map(path: Path, volume: Volume) -> np.ndarray:
    """Label values (N, H, W) on a volume's slices.

    A label map on another grid in the same space is resampled (nearest neighbour), and a warning says so.

    Raises:
        HermesError: unreadable, beside the image, or of another size where there is no geometry to go by.
    """
    path = Path(path)
    image, _ = read_image(path)
    if not same_grid(image, volume.grid):
        if is_png(path) or volume.windowed or _lost_geometry(image, volume.grid):
            sizes = (
                " x ".join(map(str, image.GetSize())),
                " x ".join(map(str, volume.grid.GetSize())),
            )
            raise HermesError(
                f"{path.name} ({sizes[0]}) does not lie on the image's grid ({sizes[1]}) and has no geometry to place it by"
            )
        _require_overlap(image, volume.grid, path.name)
        image = SimpleITK.Resample(
            image, volume.grid, SimpleITK.Transform(), SimpleITK.sitkNearestNeighbor, 0
        )
        logger.warning(
            "%s lies on another grid than the image; it was resampled (nearest neighbour)",
            path.name,
        )
    return volume.axes.to_slices(SimpleITK.GetArrayFromImage(image))


def read_mask(path: Path, volume: Volume, label: int | None = None) -> np.ndarray:
    """A mask (N, H, W, bool) on a volume's slices: one label's voxels, or all that are not 0.

    Raises:
        HermesError: see :func:`read_label_map`; also a label that the file does not hold.
    """
    values = read_label_map(path, volume)
    if label is None:
        return values != 0
    if not (values == label).any():
        present = ", ".join(str(value) for value in np.unique(values)[:10])
        raise HermesError(f"{Path(path).name} has no label {label}; it holds {present}")
    return values == label


def write_mask(path: Path, mask: np.ndarray, volume: Volume) -> None:
    """Write a mask (N, H, W, bool) on the volume's exact grid, as 0 and 1 in 8 bit."""
    write_image(volume.to_image(mask), path)


def same_grid(a: SimpleITK.Image, b: SimpleITK.Image) -> bool:
    """Whether two 3D images have their voxels in the same places."""
    if a.GetSize() != b.GetSize():
        return False
    last = [length - 1 for length in a.GetSize()]
    corners = [[last[axis] * (corner >> axis & 1) for axis in range(3)] for corner in range(8)]
    apart = [
        np.subtract(a.TransformIndexToPhysicalPoint(c), b.TransformIndexToPhysicalPoint(c))
        for c in corners
    ]
    return float(np.abs(apart).max()) <= _SAME_GRID * min(b.GetSpacing())


def _empty_like(image: SimpleITK.Image) -> SimpleITK.Image:
    grid = SimpleITK.Image(image.GetSize(), SimpleITK.sitkUInt8)
    grid.CopyInformation(image)
    return grid


def _lost_geometry(mask: SimpleITK.Image, grid: SimpleITK.Image) -> bool:
    """A mask with default geometry beside an image with real geometry was saved by a program that dropped it."""
    default = mask.GetSpacing() == (1.0, 1.0, 1.0) and mask.GetOrigin() == (0.0, 0.0, 0.0)
    return default and (grid.GetSpacing() != (1.0, 1.0, 1.0) or grid.GetOrigin() != (0.0, 0.0, 0.0))


def _require_overlap(mask: SimpleITK.Image, grid: SimpleITK.Image, name: str) -> None:
    everywhere = SimpleITK.Cast(mask * 0, SimpleITK.sitkUInt8) + 1
    covered = SimpleITK.Resample(
        everywhere, grid, SimpleITK.Transform(), SimpleITK.sitkNearestNeighbor, 0
    )
    if not SimpleITK.GetArrayViewFromImage(covered).any():
        raise HermesError(f"{name} lies beside the image: their grids have no voxel in common")
