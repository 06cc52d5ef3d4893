"""Voxels of segments, without copies."""

from typing import Any

import numpy as np
import slicer
import vtk
from vtk.util.numpy_support import numpy_to_vtk, vtk_to_numpy

_LABELMAP = "Binary labelmap"
#: Slicer's DICOM export takes a segment for empty if its scalars have another name.
_SCALARS = "ImageScalars"


def put_labelmap(
    segmentation_node: Any,
    segment_id: str,
    voxels: np.ndarray,
    ijk_to_ras: np.ndarray,
    first: tuple[int, int, int] = (0, 0, 0),
) -> None:
    """Show voxels as a segment, without a copy: what is written to them later shows, too.

    Args:
        segmentation_node: holds the segment.
        segment_id: the segment.
        voxels: (k, j, i) uint8, 0 and 1.
        ijk_to_ras: (4, 4) of the volume.
        first: the place (k, j, i) of the first voxel in the volume.
    """
    image = slicer.vtkOrientedImageData()
    ends = np.array(first) + voxels.shape - 1
    image.SetExtent(
        *(int(end) for pair in zip(first[::-1], ends[::-1], strict=True) for end in pair)
    )
    # The VTK array keeps a reference to the numpy array.
    scalars = numpy_to_vtk(voxels.reshape(-1), deep=0, array_type=vtk.VTK_UNSIGNED_CHAR)
    scalars.SetName(_SCALARS)
    image.GetPointData().SetScalars(scalars)
    matrix = vtk.vtkMatrix4x4()
    matrix.DeepCopy(np.asarray(ijk_to_ras, float).ravel().tolist())
    image.SetGeometryFromImageToWorldMatrix(matrix)
    segment = segmentation_node.GetSegmentation().GetSegment(segment_id)
    # Segments that were made empty share one labelmap under several values; this one is its own.
    segment.SetLabelValue(1)
    segment.AddRepresentation(_LABELMAP, image)


def own_voxels(
    segmentation_node: Any, segment_id: str, shape: tuple[int, int, int]
) -> np.ndarray | None:
    """The voxels (k, j, i) of a segment, to read and write.

    None where the segment's labelmap does not cover a whole volume of this shape.
    """
    segment = segmentation_node.GetSegmentation().GetSegment(segment_id)
    image = segment.GetRepresentation(_LABELMAP) if segment else None
    if (
        image is None
        or image.GetDimensions()[::-1] != tuple(shape)
        or image.GetScalarType() != vtk.VTK_UNSIGNED_CHAR
    ):
        return None
    return vtk_to_numpy(image.GetPointData().GetScalars()).reshape(shape)


def has_labelmap(segmentation_node: Any, segment_id: str) -> bool:
    """Whether a segment holds any voxels."""
    segment = segmentation_node.GetSegmentation().GetSegment(segment_id)
    return segment is not None and segment.GetRepresentation(_LABELMAP) is not None


def voxels_of(segmentation_node: Any, segment_id: str, volume: Any) -> np.ndarray:
    """A segment's voxels (k, j, i, bool) on a volume's grid, a copy."""
    voxels = slicer.util.arrayFromSegmentBinaryLabelmap(segmentation_node, segment_id, volume)
    return np.asarray(voxels) > 0


def refresh(segmentation_node: Any) -> None:
    """Let the views follow voxels that were written to."""
    segmentation = segmentation_node.GetSegmentation()
    for number in range(segmentation.GetNumberOfSegments()):
        image = segmentation.GetNthSegment(number).GetRepresentation(_LABELMAP)
        if image is not None and image.GetPointData().GetScalars() is not None:
            image.GetPointData().GetScalars().Modified()
            image.Modified()
    segmentation.InvokeEvent(slicer.vtkSegmentation.SourceRepresentationModified)
    segmentation_node.Modified()


def ijk_to_ras(volume: Any) -> np.ndarray:
    """(4, 4) of a volume node."""
    matrix = vtk.vtkMatrix4x4()
    volume.GetIJKToRASMatrix(matrix)
    return slicer.util.arrayFromVTKMatrix(matrix)
