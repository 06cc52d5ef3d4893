"""From voxels to slices as a radiologist looks at them, and back without losing a voxel. Imports numpy alone."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class SliceAxes:
    """How voxel axes (i, j, k) become slices: which of them is slice, row and column, and which run backwards."""

    order: tuple[int, int, int]
    backwards: tuple[bool, bool, bool]

    def to_slices(self, voxels: np.ndarray) -> np.ndarray:
        """Voxels as SimpleITK gives them (k, j, i) to slices (N, H, W)."""
        arranged = voxels.transpose(2, 1, 0).transpose(self.order)
        return np.ascontiguousarray(np.flip(arranged, tuple(axis for axis in range(3) if self.backwards[axis])))

    def to_voxels(self, slices: np.ndarray) -> np.ndarray:
        """The inverse of :meth:`to_slices`."""
        arranged = np.flip(slices, tuple(axis for axis in range(3) if self.backwards[axis]))
        return np.ascontiguousarray(arranged.transpose(np.argsort(self.order)).transpose(2, 1, 0))
