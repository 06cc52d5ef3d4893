"""Volumes as stacks of slices, and results back on the input's own grid."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
import SimpleITK

from HermesLib.errors import HermesError
from HermesLib.io.dicom.metadata import frame_of_reference, instance_numbers
from HermesLib.io.image_files import as_volume, read_image
from HermesLib.io.metadata_keys import BODY_PART, MODALITY, ORIENTATION
from HermesLib.io.orientation import SliceAxes, slice_axes, slice_plane
from HermesLib.io.png import is_png
from HermesLib.notices import notice

#: Two grids are the same if no corner voxel differs by more than this share of a voxel.
_SAME_GRID = 0.05
#: Spacings, mm, beyond which a header is doubted: units taken for others are a thousand times off.
_LIKELY_MM = (0.01, 100.0)
#: The axes of an array (N, H, W), which is in slices already.
_ARRAY_AXES = SliceAxes((2, 1, 0), (False, False, False))


class IntensityScale(Protocol):
    """Maps raw intensities to 0..1; presets bring one."""

    def normalise(self, volume: np.ndarray) -> np.ndarray:
        """Intensities of any shape as float32 in 0..1."""
        ...


@dataclass(frozen=True, eq=False)
class Volume:
    """An image as slices.

    Attributes:
        array: (N, H, W) float32 intensities as stored; slices are perpendicular to the
            acquisition's through-plane axis, in display orientation.
        pixel_spacing: of rows and of columns, mm.
        slice_spacing: mm.
        windowed: whether 0..255 already is the display window, as in a PNG.
        grid: the input's own grid, a SimpleITK image with meaningless voxels.
        axes: how voxels become slices.
        sha256: of the file's bytes, of a DICOM series' files in order of their names, or of the
            intensities of an image in memory.
        plane: ``axial``, ``coronal`` or ``sagittal`` by the header; "" where it states none.
        modality, body_part: as DICOM states them (Modality, BodyPartExamined); "" where unknown.
        instances: DICOM instance numbers by slice index; empty where they are not known.
        frame_of_reference: UID of the space in which a DICOM series lies; "" where none is known.
    """

    array: np.ndarray
    pixel_spacing: tuple[float, float]
    slice_spacing: float
    windowed: bool
    grid: SimpleITK.Image
    axes: SliceAxes
    sha256: str
    plane: str = ""
    modality: str = ""
    body_part: str = ""
    instances: Mapping[int, int] = field(default_factory=dict)
    frame_of_reference: str = ""

    def normalise(self, intensity: IntensityScale) -> np.ndarray:
        """Intensities (N, H, W) as float32 in 0..1; a PNG is only divided by 255."""
        if self.windowed:
            return self.array / np.float32(255)
        return intensity.normalise(self.array)

    def to_image(self, slices: np.ndarray) -> SimpleITK.Image:
        """Slices (N, H, W), bool, uint8 or float32, as an image on the input's own grid."""
        if slices.shape != self.array.shape:
            raise ValueError(
                f"slices of shape {slices.shape} do not fit a volume of {self.array.shape}"
            )
        voxels = self.axes.to_voxels(slices)
        if voxels.dtype == bool:
            voxels = voxels.astype(np.uint8)
        image = SimpleITK.GetImageFromArray(voxels)
        image.CopyInformation(self.grid)
        return image


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
    image, sha256 = read_image(path, series=series, channel=channel)
    return _volume(image, slice_axes(image), is_png(path), sha256, path.name)


def volume_from_image(image: SimpleITK.Image) -> Volume:
    """A SimpleITK image (2D or 3D, scalar) as slices, oriented as if read from a file.

    Raises:
        HermesError: 4D, colour, no voxel, voxels that are not finite or all the same.
    """
    image = as_volume(image, "the image")
    digest = _array_sha256(SimpleITK.GetArrayViewFromImage(image).astype(np.float32))
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
    slices = np.ascontiguousarray(array if array.ndim == 3 else array[None], np.float32)
    image = SimpleITK.GetImageFromArray(slices)
    image.SetSpacing(_image_spacing(spacing))
    image.SetMetaData(ORIENTATION, "unknown")
    return _volume(image, _ARRAY_AXES, False, _array_sha256(slices), "the array")


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
    array = axes.to_slices(SimpleITK.GetArrayFromImage(image)).astype(np.float32)
    if not np.isfinite(array).all():
        raise HermesError(f"{name} contains NaN or infinite voxels; replace them by finite values")
    if array.min() == array.max():
        raise HermesError(f"{name} is constant: every voxel has the value {array.min():g}")
    if ((array == array.min()) | (array == array.max())).all():
        notice("image-two-values", "the image holds two values only; is it a mask?")
    spacing = image.GetSpacing()
    through, rows, columns = axes.order
    _doubt_spacing(spacing)
    return Volume(
        array=array,
        pixel_spacing=(spacing[rows], spacing[columns]),
        slice_spacing=spacing[through],
        windowed=windowed,
        grid=_empty_like(image),
        axes=axes,
        sha256=sha256,
        plane=_plane(image, axes, windowed),
        modality=_metadata(image, MODALITY),
        body_part=_metadata(image, BODY_PART),
        instances=instance_numbers(image, axes),
        frame_of_reference=frame_of_reference(image),
    )


def _plane(image: SimpleITK.Image, axes: SliceAxes, windowed: bool) -> str:
    """The plane that the header states; arrays and pictures state none."""
    if windowed or image.HasMetaDataKey(ORIENTATION):
        return ""
    return slice_plane(axes, image.GetDirection())


def _metadata(image: SimpleITK.Image, key: str) -> str:
    return image.GetMetaData(key) if image.HasMetaDataKey(key) else ""


def _doubt_spacing(spacing: Sequence[float]) -> None:
    if min(spacing) < _LIKELY_MM[0] or max(spacing) > _LIKELY_MM[1]:
        notice(
            "spacing-unlikely",
            f"the voxels of the image measure {' x '.join(f'{length:.4g}' for length in spacing)}"
            " mm, which no scanner of patients gives; is the unit right?",
        )


def _array_sha256(array: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


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


def _empty_like(image: SimpleITK.Image) -> SimpleITK.Image:
    grid = SimpleITK.Image(image.GetSize(), SimpleITK.sitkUInt8)
    grid.CopyInformation(image)
    return grid
