"""Nodes as files for the engine, which reads files."""

from pathlib import Path
from typing import Any

import numpy as np
import slicer

from HermesSegmentLib.labelmaps import ijk_to_ras


def write_volume(volume: Any, path: Path) -> None:
    """Write a volume's voxels and grid as NRRD; the volume's own file name stays as it is.

    Raises:
        RuntimeError: the file cannot be written.
    """
    storage = slicer.vtkMRMLVolumeArchetypeStorageNode()
    storage.SetFileName(str(path))
    storage.SetUseCompression(0)
    if not storage.WriteData(volume):
        raise RuntimeError(f"{path.name} cannot be written to the folder for temporary files")


def write_mask(voxels: np.ndarray, volume: Any, path: Path) -> None:
    """Write voxels (k, j, i) on a volume's grid."""
    node = slicer.vtkMRMLLabelMapVolumeNode()
    slicer.util.updateVolumeFromArray(node, voxels.astype(np.uint8))
    node.SetIJKToRASMatrix(slicer.util.vtkMatrixFromArray(ijk_to_ras(volume)))
    write_volume(node, path)


def visible_voxels(segmentation: Any, volume: Any) -> np.ndarray:
    """The visible segments of a segmentation together (k, j, i, bool) on a volume's grid."""
    display, found = segmentation.GetDisplayNode(), segmentation.GetSegmentation()
    together = np.zeros(tuple(reversed(volume.GetImageData().GetDimensions())), bool)
    for number in range(found.GetNumberOfSegments()):
        segment = found.GetNthSegmentID(number)
        if display is None or display.GetSegmentVisibility(segment):
            together |= (
                slicer.util.arrayFromSegmentBinaryLabelmap(segmentation, segment, volume) > 0
            )
    return together
