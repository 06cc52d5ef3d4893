"""The slices of a volume before any run: by HermesLib's own rule."""

from typing import Any

import numpy as np
import slicer

from HermesSegmentLib.geometry import SliceFrame
from HermesSegmentLib.labelmaps import ijk_to_ras


class _Grid:
    """What HermesLib asks of an image, answered by a volume node; its axes point left, posterior and superior."""

    def __init__(self, volume: Any) -> None:
        self._size = volume.GetImageData().GetDimensions()
        self._matrix = np.diag([-1, -1, 1]) @ ijk_to_ras(volume)[:3, :3]

    def GetSize(self) -> tuple[int, ...]:
        """Voxels along i, j, k."""
        return tuple(self._size)

    def GetSpacing(self) -> tuple[float, ...]:
        """Millimetres between voxels."""
        return tuple(np.linalg.norm(self._matrix, axis=0).tolist())

    def GetDirection(self) -> tuple[float, ...]:
        """Row by row."""
        return tuple((self._matrix / np.linalg.norm(self._matrix, axis=0)).ravel().tolist())


def frame_of(volume: Any) -> SliceFrame:
    """Which of a volume's voxels make up a slice."""
    from HermesLib.io.orientation import slice_axes

    grid = _Grid(volume)
    axes = slice_axes(grid)
    size = grid.GetSize()
    shape = (size[axes.order[0]], size[axes.order[1]], size[axes.order[2]])
    return SliceFrame(
        slicer.util.arrayFromVTKMatrix(slicer.util.vtkMatrixFromArray(ijk_to_ras(volume))),
        shape,
        axes.order,
        axes.backwards,
    )
