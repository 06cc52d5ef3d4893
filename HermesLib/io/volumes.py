"""Volumes as stacks of slices, and results back on the input's own grid."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

import numpy as np
import SimpleITK

from HermesLib.errors import HermesError
from HermesLib.io.dicom.metadata import frame_of_reference, instance_numbers
from HermesLib.io.image_files import as_volume, open_volume, read_image
from HermesLib.io.lazy_images import ScaledSlices
from HermesLib.io.metadata_keys import BODY_PART, MODALITY, ORIENTATION
from HermesLib.io.nifti import NiftiFile
from HermesLib.io.orientation import SliceAxes, find_slice_axes, slice_axes, slice_plane
from HermesLib.io.png import is_png
from HermesLib.io.slice_stacks import (
    PlaneSlices,
    SliceStack,
    StoredSlices,
    whole_array,
)
from HermesLib.io.volume_checks import doubt_spacing, intensity_range
from HermesLib.io.voxel_grid import VoxelGrid

#: Two grids are the same if no corner voxel differs by more than this share of a voxel.
_SAME_GRID = 0.05
#: The axes of an array (N, H, W), which is in slices already.
_ARRAY_AXES = SliceAxes((2, 1, 0), (False, False, False))
_IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
#: The voxel axis whose planes a file holds one after the other.
_PLANES = 2
#: Bytes of an intensity that is kept in memory.
_LARGEST = 4


class IntensityScale(Protocol):
    """Maps raw intensities to 0..1; presets bring one."""

    def scale_of(self, stack: SliceStack) -> Callable[[np.ndarray], np.ndarray]:
        """What maps a volume's slices to float32 in 0..1."""
        ...


class PackedMask(Protocol):
    """A compressed mask."""

    def unpack(self) -> np.ndarray:
        """The mask (H, W, bool)."""
        ...


@dataclass(frozen=True, eq=False)
class Volume:
    """An image as slices.

    Attributes:
        slices: (N, H, W) float32 intensities as stored, made when they are read; slices are
            perpendicular to the acquisition's through-plane axis, in display orientation.
        lowest, highest: of all intensities.
        pixel_spacing: of rows and of columns, mm.
        slice_spacing: mm.
        windowed: whether 0..255 already is the display window, as in a PNG.
        voxel_grid: the input's own grid.
        axes: how voxels become slices.
        sha256: of the file's bytes, of a DICOM series' files in order of their names, or of the
            intensities of an image in memory.
        plane: ``axial``, ``coronal`` or ``sagittal`` by the header; "" where it states none.
        modality, body_part: as DICOM states them (Modality, BodyPartExamined); "" where unknown.
        instances: DICOM instance numbers by slice index; empty where they are not known.
        frame_of_reference: UID of the space in which a DICOM series lies; "" where none is known.
    """

    slices: SliceStack
    lowest: float
    highest: float
    pixel_spacing: tuple[float, float]
    slice_spacing: float
    windowed: bool
    voxel_grid: VoxelGrid
    axes: SliceAxes
    sha256: str
    plane: str = ""
    modality: str = ""
    body_part: str = ""
    instances: Mapping[int, int] = field(default_factory=dict)
    frame_of_reference: str = ""

    @property
    def shape(self) -> tuple[int, int, int]:
        """(N, H, W)."""
        return self.slices.shape

    @property
    def array(self) -> np.ndarray:
        """All intensities (N, H, W) float32, made at each call."""
        return whole_array(self.slices)

    @property
    def grid(self) -> SimpleITK.Image:
        """The input's own grid, an image with meaningless voxels, made at each call."""
        return self.voxel_grid.empty()

    def normalise(self, intensity: IntensityScale) -> np.ndarray:
        """Intensities (N, H, W) as float32 in 0..1; a PNG is only divided by 255."""
        return whole_array(self.scaled(intensity))

    def scaled(self, intensity: IntensityScale) -> ScaledSlices:
        """The same slice by slice."""
        if self.windowed:
            return ScaledSlices(self.slices, lambda image: image / np.float32(255))
        return ScaledSlices(self.slices, intensity.scale_of(self.slices))

    def to_image(self, slices: np.ndarray) -> SimpleITK.Image:
        """Slices (N, H, W), bool, uint8 or float32, as an image on the input's own grid."""
        if slices.shape != self.shape:
            raise ValueError(f"slices of shape {slices.shape} do not fit a volume of {self.shape}")
        voxels = self.axes.to_voxels(slices)
        if voxels.dtype == bool:
            voxels = voxels.astype(np.uint8)
        return self.voxel_grid.place(SimpleITK.GetImageFromArray(voxels))

    def mask_image(self, masks: Mapping[int, PackedMask]) -> SimpleITK.Image:
        """Masks (H, W, bool) by slice as one image of 0 and 1; slices without one are 0."""
        columns, rows, slices = self.voxel_grid.size
        voxels = np.zeros((slices, rows, columns), np.uint8)
        arranged = self.axes.view(voxels)
        for index, mask in masks.items():
            arranged[index] = mask.unpack()
        return self.voxel_grid.place(SimpleITK.GetImageFromArray(voxels))


def read_volume(path: Path | str, series: str | None = None, channel: int | None = None) -> Volume:
    """Read an image: NIfTI, NRRD, MetaImage, a DICOM folder or file, or an 8-bit PNG.

    Args:
        path: of the file or folder.
        series: of a DICOM folder with several: number in the list, or UID.
        channel: which volume of a 4D NIfTI file.

    Raises:
        HermesError: see :func:`HermesLib.io.image_files.read_image`; also voxels that are not
            finite or all the same.
    """
    path = Path(path)
    opened = None if series is not None else open_volume(path, "the image", channel)
    if opened is not None:
        return _nifti_volume(*opened, path.name)
    image, sha256 = read_image(path, series=series, channel=channel)
    return _volume(image, slice_axes(image), is_png(path), sha256, path.name)


def volume_from_image(image: SimpleITK.Image) -> Volume:
    """A SimpleITK image (2D or 3D, scalar) as slices, oriented as if read from a file.

    Raises:
        HermesError: 4D, colour, no voxel, voxels that are not finite or all the same.
    """
    image = as_volume(image, "the image")
    digest = _array_sha256(SimpleITK.GetArrayViewFromImage(image))
    return _volume(image, slice_axes(image), False, digest, "the image")


def volume_from_array(array: np.ndarray, spacing: Sequence[float] | None = None) -> Volume:
    """An array of one slice (H, W) or of slices (N, H, W) as a volume, in the array's own order.

    Args:
        array: numbers in the modality's own units (MR: any scale, CT: Hounsfield units).
        spacing: mm from slice to slice, row to row and column to column, or of rows and columns
            only; 1 mm if left out.

    Raises:
        HermesError: another shape, no numbers, not finite, all the same, or a bad spacing.
    """
    array = np.asarray(array)
    if array.ndim not in (2, 3) or array.size == 0:
        raise HermesError(
            f"the array has the shape {array.shape}; give one slice (H, W) or slices (N, H, W)"
        )
    if array.dtype.kind not in "biuf":
        raise HermesError(f"the array holds {array.dtype} values; give real numbers")
    slices = np.array(array if array.ndim == 3 else array[None], _kept_type(array.dtype))
    columns_first = slices.shape[::-1]
    grid = VoxelGrid(columns_first, _image_spacing(spacing), (0.0, 0.0, 0.0), _IDENTITY)
    digest = _array_sha256(slices)
    return _checked_volume(StoredSlices(slices), grid, _ARRAY_AXES, False, digest, "the array")


def same_grid(a: SimpleITK.Image, b: SimpleITK.Image) -> bool:
    """Whether two 3D images have their voxels in the same places."""
    if a.GetSize() != b.GetSize():
        return False
    last = [length - 1 for length in a.GetSize()]
    corners = [[last[axis] * (corner >> axis & 1) for axis in range(3)] for corner in range(8)]
    distances = [
        np.subtract(a.TransformIndexToPhysicalPoint(c), b.TransformIndexToPhysicalPoint(c))
        for c in corners
    ]
    return float(np.abs(distances).max()) <= _SAME_GRID * min(b.GetSpacing())


def _volume(
    image: SimpleITK.Image, axes: SliceAxes, windowed: bool, sha256: str, name: str
) -> Volume:
    """A volume of an image in memory."""
    voxels = SimpleITK.GetArrayViewFromImage(image)
    kept = _kept_type(voxels.dtype)
    # A view does not keep its image alive.
    stored = voxels.astype(kept, copy=True)
    volume = _checked_volume(
        StoredSlices(axes.view(stored)), VoxelGrid.of(image), axes, windowed, sha256, name
    )
    return replace(
        volume,
        plane="" if image.HasMetaDataKey(ORIENTATION) else volume.plane,
        modality=_metadata(image, MODALITY),
        body_part=_metadata(image, BODY_PART),
        instances=instance_numbers(image, axes),
        frame_of_reference=frame_of_reference(image),
    )


def _nifti_volume(opened: NiftiFile, sha256: str, name: str) -> Volume:
    """A volume whose slices are read from where the file's voxels are kept."""
    grid = opened.grid
    axes = find_slice_axes(grid.size, grid.spacing, grid.direction)
    slices: SliceStack
    if axes.order[0] == _PLANES:
        slices = PlaneSlices(opened.voxels.plane, grid.size, axes)
    else:  # Slices across the planes would read the whole file for each.
        voxels = opened.voxels.array()
        slices = StoredSlices(axes.view(voxels.astype(_kept_type(voxels.dtype), copy=False)))
    volume = _checked_volume(slices, grid, axes, False, sha256, name)
    return volume if opened.oriented else replace(volume, plane="")


def _checked_volume(
    slices: SliceStack, grid: VoxelGrid, axes: SliceAxes, windowed: bool, sha256: str, name: str
) -> Volume:
    lowest, highest = intensity_range(slices, name)
    through, rows, columns = axes.order
    spacing = grid.spacing
    doubt_spacing(spacing)
    return Volume(
        slices=slices,
        lowest=lowest,
        highest=highest,
        pixel_spacing=(spacing[rows], spacing[columns]),
        slice_spacing=spacing[through],
        windowed=windowed,
        voxel_grid=grid,
        axes=axes,
        sha256=sha256,
        # Arrays and pictures state no plane.
        plane="" if windowed or axes is _ARRAY_AXES else slice_plane(axes, grid.direction),
    )


def _kept_type(dtype: np.dtype) -> np.dtype:
    """In which type intensities are kept in memory: their own where it is smaller than float32."""
    return dtype if dtype.itemsize < _LARGEST else np.dtype(np.float32)


def _metadata(image: SimpleITK.Image, key: str) -> str:
    return image.GetMetaData(key) if image.HasMetaDataKey(key) else ""


def _array_sha256(array: np.ndarray) -> str:
    """Of intensities (N, H, W) as float32."""
    digest = hashlib.sha256()
    for part in array:
        digest.update(np.ascontiguousarray(part, np.float32).data)
    return digest.hexdigest()


def _image_spacing(spacing: Sequence[float] | None) -> tuple[float, float, float]:
    """Spacing as SimpleITK orders it (column, row, slice)."""
    values = [1.0, 1.0, 1.0] if spacing is None else [float(value) for value in spacing]
    if len(values) == 2:
        values = [1.0, *values]
    if len(values) != 3 or not all(np.isfinite(value) and value > 0 for value in values):
        raise HermesError(
            f"spacing {tuple(values)} cannot be used; give three lengths in mm: slice, row, column"
        )
    return values[2], values[1], values[0]
