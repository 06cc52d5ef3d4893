"""Masks, label maps and probability maps that lie on another grid than the image."""

from enum import StrEnum

import numpy as np
import SimpleITK

from HermesLib.errors import HermesError
from HermesLib.io.volumes import Volume, same_grid
from HermesLib.notices import notice

#: A mask on another grid must cover at least this share of the image: below it, it lies elsewhere.
_LEAST_COVER = 0.05
#: Below this share, what the grid of a mask leaves uncovered is said.
_WHOLE = 0.98


class Way(StrEnum):
    """How values on another grid are found; the text is for people."""

    NEAREST = "nearest neighbour"
    LINEAR = "linearly interpolated"


#: Labels have nothing between them; probabilities have.
_INTERPOLATORS = {
    Way.NEAREST: SimpleITK.sitkNearestNeighbor,
    Way.LINEAR: SimpleITK.sitkLinear,
}


def on_slices(
    image: SimpleITK.Image, volume: Volume, role: str, way: Way = Way.NEAREST
) -> np.ndarray:
    """Values (N, H, W) on a volume's slices; resampled, with a notice, where the grids differ.

    Raises:
        HermesError: see :func:`_resample`.
    """
    if not same_grid(image, volume.grid):
        image = _resample(image, volume.grid, role, way)
    return volume.axes.to_slices(SimpleITK.GetArrayFromImage(image))


def _resample(
    image: SimpleITK.Image, grid: SimpleITK.Image, role: str, way: Way
) -> SimpleITK.Image:
    """Values on another grid; 0 where there are none.

    Raises:
        HermesError: the direction was lost, or the grids share next to nothing.
    """
    everywhere = SimpleITK.Cast(image * 0, SimpleITK.sitkUInt8) + 1
    # A view does not keep its image alive.
    nearest = _sampled(everywhere, grid, Way.NEAREST)
    covered = float(SimpleITK.GetArrayViewFromImage(nearest).mean())
    if covered < _WHOLE:
        _require_direction(image, grid, role)
    if covered < _LEAST_COVER:
        share = f"only {covered:.2g}" if covered else "none"
        raise HermesError(f"{role} does not overlap the image: its grid covers {share} of it")
    notice(
        "mask-resampled",
        f"{role} is on another grid than the image; it was resampled ({way})",
    )
    if covered < _WHOLE:
        notice(
            "mask-part",
            f"the grid of {role} covers {covered:.0%} of the image; the rest counts as background",
        )
    return _sampled(image, grid, way)


def _sampled(image: SimpleITK.Image, grid: SimpleITK.Image, way: Way) -> SimpleITK.Image:
    return SimpleITK.Resample(image, grid, SimpleITK.Transform(), _INTERPOLATORS[way], 0)


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


def lost_geometry(mask: SimpleITK.Image, grid: SimpleITK.Image) -> bool:
    """Whether a program dropped the geometry: default for the mask, but not for the image."""
    default = mask.GetSpacing() == (1.0, 1.0, 1.0) and mask.GetOrigin() == (0.0, 0.0, 0.0)
    return default and (grid.GetSpacing() != (1.0, 1.0, 1.0) or grid.GetOrigin() != (0.0, 0.0, 0.0))


def _same_axes(a: SimpleITK.Image, b: SimpleITK.Image) -> bool:
    return bool(np.allclose(a.GetDirection(), b.GetDirection(), atol=0.02))


def _axes(image: SimpleITK.Image) -> str:
    """Where the axes point to, as three letters such as LPS."""
    return SimpleITK.DICOMOrientImageFilter.GetOrientationFromDirectionCosines(image.GetDirection())


def size_text(image: SimpleITK.Image) -> str:
    """Voxels along i, j, k, for messages."""
    return " x ".join(map(str, image.GetSize()))


def voxel_mm3(image: SimpleITK.Image) -> float:
    """The volume of a voxel, mm3."""
    return float(np.prod(image.GetSpacing()))
