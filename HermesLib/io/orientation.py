"""From voxels to slices in display orientation, and back. Imports neither torch nor SimpleITK."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import SimpleITK


@dataclass(frozen=True)
class SliceAxes:
    """How voxel axes (i, j, k) become slices.

    Attributes:
        order: the voxel axis of slices, of rows and of columns.
        backwards: which of them run backwards.
    """

    order: tuple[int, int, int]
    backwards: tuple[bool, bool, bool]

    def view(self, voxels: np.ndarray) -> np.ndarray:
        """Voxels (k, j, i) as slices (N, H, W), without a copy: writing to it writes voxels."""
        arranged = voxels.transpose(2, 1, 0).transpose(self.order)
        return np.flip(arranged, tuple(axis for axis in range(3) if self.backwards[axis]))

    def to_slices(self, voxels: np.ndarray) -> np.ndarray:
        """Voxels as SimpleITK gives them (k, j, i) to slices (N, H, W), a contiguous copy."""
        return np.ascontiguousarray(self.view(voxels))

    def to_voxels(self, slices: np.ndarray) -> np.ndarray:
        """The inverse of :meth:`to_slices`."""
        arranged = np.flip(slices, tuple(axis for axis in range(3) if self.backwards[axis]))
        return np.ascontiguousarray(arranged.transpose(np.argsort(self.order)).transpose(2, 1, 0))


#: The through-plane axis has voxels larger by at least this ratio; below it, anatomy decides.
_CLEARLY_LARGER = 1.4
#: Planes by the patient axis that they are perpendicular to.
PLANES = ("sagittal", "coronal", "axial")
#: Rows and columns, as (patient axis, sign), of a slice perpendicular to each patient axis.
#: Patient axes are 0 left, 1 posterior, 2 superior. Axial slices show posterior at the bottom,
#: coronal and sagittal slices inferior; left (or posterior) is on the right.
_DISPLAY = {2: ((1, 1), (0, 1)), 1: ((2, -1), (0, 1)), 0: ((2, -1), (1, 1))}


def slice_axes(image: "SimpleITK.Image") -> SliceAxes:
    """Find the slices of a 3D image, see :func:`find_slice_axes`."""
    return find_slice_axes(image.GetSize(), image.GetSpacing(), image.GetDirection())


def find_slice_axes(
    size: Sequence[int], spacing: Sequence[float], direction: Sequence[float]
) -> SliceAxes:
    """Find the slices of a 3D voxel grid.

    Slices are perpendicular to a voxel axis of length 1; else to the axis of clearly the largest
    spacing; else to the axis nearest to the patient's long axis. They are ordered along the patient
    axis that they are perpendicular to (towards left, posterior, superior).

    Args:
        size: voxels along i, j, k.
        spacing: distance of neighbouring voxels along i, j, k, mm.
        direction: 9 direction cosines, row by row: patient axes (left, posterior, superior) by
            voxel axes (i, j, k).
    """
    cosines = np.array(direction).reshape(3, 3)
    alike = np.abs(cosines.T)
    # Each voxel axis goes along a patient axis of its own: the best of six ways. SciPy's solver
    # finds the same, and takes a second to import.
    patient_of = max(permutations(range(3)), key=lambda axes: sum(alike[(0, 1, 2), axes]))
    voxel_of = {patient: voxel for voxel, patient in enumerate(patient_of)}
    through = _through_plane(size, spacing, voxel_of[2])
    rows, columns = _DISPLAY[patient_of[through]]
    signed_axes = [(patient_of[through], 1), rows, columns]
    order = tuple(voxel_of[patient] for patient, _ in signed_axes)
    backwards = tuple(
        bool(cosines[patient, voxel_of[patient]] * sign < 0) for patient, sign in signed_axes
    )
    return SliceAxes((order[0], order[1], order[2]), (backwards[0], backwards[1], backwards[2]))


def slice_plane(axes: SliceAxes, direction: Sequence[float]) -> str:
    """The plane of a volume's slices: ``sagittal``, ``coronal`` or ``axial``.

    An oblique plane is called by the patient axis that its slices are most nearly perpendicular to.

    Args:
        axes: of the volume.
        direction: as in :func:`find_slice_axes`.
    """
    normal = np.array(direction).reshape(3, 3)[:, axes.order[0]]
    return PLANES[int(np.abs(normal).argmax())]


def _through_plane(size: Sequence[int], spacing: Sequence[float], long_axis: int) -> int:
    single = [axis for axis, length in enumerate(size) if length == 1]
    if len(single) == 1:
        return single[0]
    widest, second = sorted(range(3), key=lambda axis: -spacing[axis])[:2]
    return widest if spacing[widest] > _CLEARLY_LARGER * spacing[second] else long_axis
