"""Slices of a run and places in the patient."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class SliceFrame:
    """How slices (n, row, column) lie in the patient.

    Attributes:
        ijk_to_ras: (4, 4), the volume's.
        shape: (N, H, W) of the volume as slices.
        order: which voxel axis (0 i, 1 j, 2 k) is slice, row and column.
        backwards: which of the three run against their voxel axis.
    """

    ijk_to_ras: np.ndarray
    shape: tuple[int, int, int]
    order: tuple[int, int, int]
    backwards: tuple[bool, bool, bool]

    def to_ras(self, slice_index: float, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Points (M, 3) in RAS, mm, of pixel centres in rows and columns (M,) of a slice; fractions lie in between."""
        rows, columns = np.broadcast_arrays(np.asarray(rows, float), np.asarray(columns, float))
        along = [np.full(rows.shape, float(slice_index)), rows, columns]
        ijk = np.ones((*rows.shape, 4))
        for part, axis in enumerate(self.order):
            ijk[..., axis] = (
                self.shape[part] - 1 - along[part] if self.backwards[part] else along[part]
            )
        return (ijk @ self.ijk_to_ras.T)[..., :3]

    def to_pixels(self, ras: np.ndarray) -> np.ndarray:
        """The inverse of :meth:`to_ras`: points (M, 3) in RAS as slice, row and column (M, 3), with fractions."""
        ras = np.asarray(ras, float).reshape(-1, 3)
        ijk = np.column_stack([ras, np.ones(len(ras))]) @ np.linalg.inv(self.ijk_to_ras).T
        along = ijk[:, list(self.order)]
        return np.where(self.backwards, np.array(self.shape) - 1 - along, along)

    def slice_of(self, ras: np.ndarray) -> int:
        """The slice that a point (3,) in RAS lies on; the nearest one if it lies outside."""
        return int(np.clip(round(self.to_pixels(ras)[0, 0]), 0, self.shape[0] - 1))

    def centre(self, slice_index: int) -> np.ndarray:
        """The middle (3,) of a slice in RAS, mm."""
        _, height, width = self.shape
        return self.to_ras(slice_index, np.array((height - 1) / 2), np.array((width - 1) / 2))

    def voxel_view(self, voxels: np.ndarray) -> np.ndarray:
        """Voxels (k, j, i) seen as slices (N, H, W): a view, writing to it writes voxels."""
        arranged = voxels.transpose(2, 1, 0).transpose(self.order)
        return np.flip(arranged, tuple(axis for axis in range(3) if self.backwards[axis]))
