"""Masks made elsewhere: a segment of a segmentation, or a value of a label map."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import slicer
import vtk
from slicer.i18n import tr as _

from HermesSegmentLib.labelmaps import ijk_to_ras, put_labelmap, voxels_of
from HermesSegmentLib.scene_nodes import add_hidden, remove_node

_SEGMENT = "mask"


@dataclass(frozen=True)
class ForeignMask:
    """One mask of a node.

    Attributes:
        node: a segmentation or a label map.
        part: the segment's ID, or the value as text.
        name: for people.
    """

    node: Any
    part: str
    name: str

    def on_grid(self, volume: Any) -> tuple[np.ndarray, bool]:
        """The voxels (k, j, i, bool) on a volume's grid, and whether they were resampled."""
        if self.node.IsA("vtkMRMLSegmentationNode"):
            voxels = voxels_of(self.node, self.part, volume)
        else:
            voxels = _label_voxels(self.node, int(self.part), volume)
        return voxels, not self.shares_grid(volume)

    def shares_grid(self, volume: Any) -> bool:
        """Whether its voxels are on a volume's grid, wherever it begins."""
        if self.node.IsA("vtkMRMLSegmentationNode"):
            grid = _segment_grid(self.node, self.part)
        else:
            grid = ijk_to_ras(self.node)
        same_place = self.node.GetTransformNodeID() == volume.GetTransformNodeID()
        return same_place and _same_grid(grid, ijk_to_ras(volume))


def guide_voxels(mask: ForeignMask, volume: Any) -> np.ndarray:
    """The voxels (k, j, i, bool) of a mask that guides a run on a volume.

    Raises:
        RuntimeError: none of them lies in the volume.
    """
    voxels, _resampled = mask.on_grid(volume)
    if not voxels.any():
        raise RuntimeError(
            _("The guide {name} has no voxel in {volume}").format(
                name=mask.name, volume=volume.GetName()
            )
        )
    return voxels


def masks_of(node: Any) -> list[ForeignMask]:
    """The masks that a node holds."""
    if node is None:
        return []
    if node.IsA("vtkMRMLSegmentationNode"):
        segmentation = node.GetSegmentation()
        ids = [segmentation.GetNthSegmentID(n) for n in range(segmentation.GetNumberOfSegments())]
        return [ForeignMask(node, part, segmentation.GetSegment(part).GetName()) for part in ids]
    if node.GetImageData() is None:
        return []
    values = np.unique(slicer.util.arrayFromVolume(node))
    return [
        ForeignMask(node, str(int(value)), _label_name(node, int(value)))
        for value in values
        if value != 0
    ]


def _label_name(node: Any, value: int) -> str:
    display = node.GetDisplayNode()
    colours = None if display is None else display.GetColorNode()
    name = None if colours is None else colours.GetColorName(value)
    return f"{value}: {name}" if name else str(value)


def _label_voxels(node: Any, value: int, volume: Any) -> np.ndarray:
    """A value's voxels on a volume's grid, by way of a segmentation, which can be resampled."""
    segmentation = add_hidden("vtkMRMLSegmentationNode", "HERMES mask")
    try:
        segmentation.SetAndObserveTransformNodeID(node.GetTransformNodeID())
        segmentation.GetSegmentation().AddEmptySegment(_SEGMENT, _SEGMENT)
        voxels = (slicer.util.arrayFromVolume(node) == value).astype(np.uint8)
        put_labelmap(segmentation, _SEGMENT, voxels, ijk_to_ras(node))
        return voxels_of(segmentation, _SEGMENT, volume)
    finally:
        remove_node(segmentation)


def _segment_grid(node: Any, segment_id: str) -> np.ndarray | None:
    """(4, 4) of a segment's own voxels; None for a segment that is a surface or empty."""
    image = node.GetBinaryLabelmapInternalRepresentation(segment_id)
    if image is None:
        return None
    matrix = vtk.vtkMatrix4x4()
    image.GetImageToWorldMatrix(matrix)
    return slicer.util.arrayFromVTKMatrix(matrix)


def _same_grid(grid: np.ndarray | None, other: np.ndarray) -> bool:
    """Whether the voxels of two grids are in the same places, wherever each begins."""
    if grid is None:
        return False
    between = np.linalg.inv(other) @ grid
    shift = between[:3, 3]
    return bool(
        np.allclose(between[:3, :3], np.eye(3), atol=1e-3)
        and np.allclose(shift, np.round(shift), atol=0.01)
    )
