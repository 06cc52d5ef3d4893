"""Voxel grids with right angles: what rounding left askew is set right, a real shear is refused."""

from itertools import product

import numpy as np
import SimpleITK

from HermesLib.errors import HermesError
from HermesLib.notices import notice

#: No voxel may move by more than this share of the smallest spacing when the axes are set right.
_NOISE = 0.5
#: From this share on it is said.
_SAID = 0.05
#: A matrix this near to whole numbers is that matrix: its axes lie along the patient's.
_EXACT = 1e-7


def right_angled(
    axes: np.ndarray, origin: np.ndarray, size: tuple[int, ...], name: str, role: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Spacing, direction (3, 3) and origin of the right-angled grid nearest to a voxel grid.

    The middle of the grid stays where it is, and so do the distances of neighbouring voxels.

    Args:
        axes: (3, 3), its columns the steps from voxel to voxel along i, j, k, mm.
        origin: (3,) centre of the first voxel, mm.
        size: voxels along i, j, k.
        name: of the file, for messages.
        role: what the image is to the run, for notices.

    Raises:
        HermesError: the grid is sheared, or no grid at all: a step that is not finite or is 0.
    """
    spacing = np.linalg.norm(axes, axis=0)
    if not (np.isfinite(axes).all() and np.isfinite(origin).all() and (spacing > 0).all()):
        raise HermesError(
            f"the header of {name} places no voxel grid: a spacing or direction is 0 or no number"
        )
    # The nearest orthonormal matrix (Schoenemann 1966).
    left, _, right = np.linalg.svd(axes / spacing)
    direction = left @ right
    if np.abs(direction - np.round(direction)).max() < _EXACT:
        direction = np.round(direction)
    middle = (np.array(size) - 1) / 2
    moved = (axes - direction * spacing) @ np.array(list(product(*([-m, m] for m in middle)))).T
    share = float(np.linalg.norm(moved, axis=0).max() / spacing.min())
    if share > _NOISE:
        cosines = (axes / spacing).T @ (axes / spacing)
        askew = np.degrees(np.arcsin(np.clip(np.abs(np.triu(cosines, 1)).max(), 0, 1)))
        raise HermesError(
            f"the voxel grid of {name} is sheared: two of its axes are {askew:.3g} degrees from a"
            " right angle; resample it to a right-angled grid first"
        )
    if share > _SAID:
        notice(
            "grid-askew",
            f"the axes of {role} are not quite at right angles; they were set right, which moves"
            f" its corners by {share:.2f} of a voxel",
        )
    return spacing, direction, origin + (axes - direction * spacing) @ middle


def with_right_angles(image: SimpleITK.Image, name: str, role: str) -> SimpleITK.Image:
    """A 3D image on a grid with right angles, see :func:`right_angled`; its voxels are the same."""
    axes = np.array(image.GetDirection()).reshape(3, 3) * image.GetSpacing()
    origin = np.array(image.GetOrigin())
    spacing, direction, moved = right_angled(axes, origin, image.GetSize(), name, role)
    if not np.allclose(direction.ravel(), image.GetDirection(), rtol=0, atol=1e-9):
        image.SetSpacing(spacing.tolist())
        image.SetDirection(direction.ravel().tolist())
        image.SetOrigin(moved.tolist())
    return image
