"""Masks as segments, without copies."""

from typing import Any

import numpy as np
import slicer
import vtk
from vtk.util.numpy_support import numpy_to_vtk, vtk_to_numpy

_LABELMAP = "Binary labelmap"


def put_labelmap(
    segmentation_node: Any, segment_id: str, voxels: np.ndarray, ijk_to_ras: np.ndarray
) -> None:
    """Let a segment show voxels (k, j, i, uint8, 0 and 1). They stay the caller's: what is written to them later shows too."""
    image = slicer.vtkOrientedImageData()
    image.SetDimensions(*voxels.shape[::-1])
    # The VTK array keeps a reference on the numpy array.
    image.GetPointData().SetScalars(
        numpy_to_vtk(voxels.reshape(-1), deep=0, array_type=vtk.VTK_UNSIGNED_CHAR)
    )
    matrix = vtk.vtkMatrix4x4()
    matrix.DeepCopy(np.asarray(ijk_to_ras, float).ravel().tolist())
    image.SetGeometryFromImageToWorldMatrix(matrix)
    segment = segmentation_node.GetSegmentation().GetSegment(segment_id)
    # Segments that were made empty share one labelmap under other values; this one is the segment's own.
    segment.SetLabelValue(1)
    segment.AddRepresentation(_LABELMAP, image)


def own_voxels(
    segmentation_node: Any, segment_id: str, shape: tuple[int, int, int]
) -> np.ndarray | None:
    """The voxels (k, j, i) behind a segment, to read and write; None where they do not cover the whole volume of that shape."""
    segment = segmentation_node.GetSegmentation().GetSegment(segment_id)
    image = segment.GetRepresentation(_LABELMAP) if segment else None
    if (
        image is None
        or image.GetDimensions()[::-1] != tuple(shape)
        or image.GetScalarType() != vtk.VTK_UNSIGNED_CHAR
    ):
        return None
    return vtk_to_numpy(image.GetPointData().GetScalars()).reshape(shape)


def voxels_of(segmentation_node: Any, segment_id: str, volume: Any) -> np.ndarray:
    """A segment's voxels (k, j, i, bool) on a volume's grid, a copy."""
    return (
        np.asarray(
            slicer.util.arrayFromSegmentBinaryLabelmap(segmentation_node, segment_id, volume)
        )
        > 0
    )


def refresh(segmentation_node: Any) -> None:
    """Tell the views that voxels were written to."""
    segmentation = segmentation_node.GetSegmentation()
    for number in range(segmentation.GetNumberOfSegments()):
        image = segmentation.GetNthSegment(number).GetRepresentation(_LABELMAP)
        if image is not None:
            image.GetPointData().GetScalars().Modified()
            image.Modified()
    segmentation.InvokeEvent(slicer.vtkSegmentation.SourceRepresentationModified)
    segmentation_node.Modified()


def ijk_to_ras(volume: Any) -> np.ndarray:
    """(4, 4) of a volume node."""
    matrix = vtk.vtkMatrix4x4()
    volume.GetIJKToRASMatrix(matrix)
    return slicer.util.arrayFromVTKMatrix(matrix)
