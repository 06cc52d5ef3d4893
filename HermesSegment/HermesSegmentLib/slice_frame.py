"""Slices of a volume and their positions in the patient."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from HermesLib.io.orientation import SliceAxes, find_slice_axes
from HermesSegmentLib.labelmaps import ijk_to_ras

#: Three numbers by voxel axis, k, j, i.
Voxels = tuple[int, int, int]
#: Slicer's axes point right and anterior, those of ITK and DICOM left and posterior.
_RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0])


@dataclass(frozen=True, eq=False)
class SliceFrame:
    """How slices (slice, row, column) lie in the patient.

    Attributes:
        ijk_to_ras: (4, 4), of the volume.
        shape: (N, H, W) of the volume as slices.
        axes: which voxel axis is slice, row and column.
    """

    ijk_to_ras: np.ndarray
    shape: tuple[int, int, int]
    axes: SliceAxes

    def to_ras(self, slice_index: float, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Pixel centres of a slice as points (M, 3) in RAS, mm.

        Args:
            slice_index: the slice; fractions lie between slices.
            rows: (M,), fractions lie between pixels.
            columns: (M,).
        """
        rows, columns = np.broadcast_arrays(np.asarray(rows, float), np.asarray(columns, float))
        positions = [np.full(rows.shape, float(slice_index)), rows, columns]
        ijk = np.ones((*rows.shape, 4))
        for part, axis in enumerate(self.axes.order):
            position = positions[part]
            backwards = self.axes.backwards[part]
            ijk[..., axis] = self.shape[part] - 1 - position if backwards else position
        return (ijk @ self.ijk_to_ras.T)[..., :3]

    def to_pixels(self, ras: np.ndarray) -> np.ndarray:
        """Points (M, 3) in RAS as slice, row and column (M, 3): the inverse of :meth:`to_ras`."""
        ras = np.asarray(ras, float).reshape(-1, 3)
        ijk = np.column_stack([ras, np.ones(len(ras))]) @ np.linalg.inv(self.ijk_to_ras).T
        positions = ijk[:, list(self.axes.order)]
        return np.where(self.axes.backwards, np.array(self.shape) - 1 - positions, positions)

    def place(self, parts: tuple[slice, slice, slice]) -> tuple[Voxels, Voxels]:
        """Where a block of slices, rows and columns lies in the volume.

        Returns:
            Its shape (k, j, i), and the place (k, j, i) of its first voxel.
        """
        shape, first = [0, 0, 0], [0, 0, 0]
        for part, axis, backwards, size in zip(
            parts, self.axes.order, self.axes.backwards, self.shape, strict=True
        ):
            shape[axis] = part.stop - part.start
            first[axis] = size - part.stop if backwards else part.start
        return (shape[2], shape[1], shape[0]), (first[2], first[1], first[0])

    @property
    def spacing(self) -> tuple[float, float, float]:
        """From slice to slice, row to row and column to column, mm."""
        lengths = np.linalg.norm(self.ijk_to_ras[:3, :3], axis=0)
        slices, rows, columns = (float(lengths[axis]) for axis in self.axes.order)
        return slices, rows, columns

    def slice_of(self, ras: np.ndarray) -> int:
        """The slice on which a point (3,) in RAS lies; the nearest slice if it lies outside."""
        return int(np.clip(round(self.to_pixels(ras)[0, 0]), 0, self.shape[0] - 1))

    def centre(self, slice_index: int) -> np.ndarray:
        """The centre (3,) of a slice in RAS, mm."""
        _, height, width = self.shape
        return self.to_ras(slice_index, np.array((height - 1) / 2), np.array((width - 1) / 2))


def frame_of(volume: Any) -> SliceFrame:
    """The slices of a volume node, found by HermesLib's rule."""
    size = volume.GetImageData().GetDimensions()
    matrix = ijk_to_ras(volume)
    columns = _RAS_TO_LPS @ matrix[:3, :3]
    spacing = np.linalg.norm(columns, axis=0)
    axes = find_slice_axes(size, spacing.tolist(), (columns / spacing).ravel().tolist())
    slices, rows, across = (size[axis] for axis in axes.order)
    return SliceFrame(matrix, (slices, rows, across), axes)
