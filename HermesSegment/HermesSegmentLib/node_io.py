"""Nodes as files, which the engine reads, and segmentations as voxels."""

from pathlib import Path
from typing import Any

import numpy as np
import slicer

from HermesSegmentLib.labelmaps import ijk_to_ras, voxels_of


def write_volume(volume: Any, path: Path) -> None:
    """Write a volume's voxels and grid as NRRD; the volume's own file name is not changed.

    Raises:
        RuntimeError: the file cannot be written.
    """
    storage = slicer.vtkMRMLVolumeArchetypeStorageNode()
    storage.SetFileName(str(path))
    storage.SetUseCompression(0)
    if not storage.WriteData(volume):
        raise RuntimeError(f"{path.name} cannot be written to {path.parent}")


def write_mask(voxels: np.ndarray, volume: Any, path: Path) -> None:
    """Write voxels (k, j, i) on a volume's grid.

    Raises:
        RuntimeError: the file cannot be written.
    """
    node = slicer.vtkMRMLLabelMapVolumeNode()
    slicer.util.updateVolumeFromArray(node, voxels.astype(np.uint8))
    node.SetIJKToRASMatrix(slicer.util.vtkMatrixFromArray(ijk_to_ras(volume)))
    write_volume(node, path)


def visible_voxels(segmentation_node: Any, volume: Any) -> np.ndarray:
    """The union (k, j, i, bool) of a segmentation's visible segments on a volume's grid."""
    display, segmentation = segmentation_node.GetDisplayNode(), segmentation_node.GetSegmentation()
    union = np.zeros(tuple(reversed(volume.GetImageData().GetDimensions())), bool)
    for number in range(segmentation.GetNumberOfSegments()):
        segment_id = segmentation.GetNthSegmentID(number)
        if display is None or display.GetSegmentVisibility(segment_id):
            union |= voxels_of(segmentation_node, segment_id, volume)
    return union
