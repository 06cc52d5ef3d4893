"""Voxels of segments, without copies."""

import math
import mmap
from typing import Any

import numpy as np
import slicer
import vtk
from vtk.util.numpy_support import numpy_to_vtk, vtk_to_numpy

from HermesSegmentLib.scene_nodes import add_hidden, remove_node

_LABELMAP = "Binary labelmap"
#: Slicer's DICOM export takes a segment for empty if its scalars have another name.
_SCALARS = "ImageScalars"


def empty_voxels(shape: tuple[int, int, int]) -> np.ndarray:
    """Zeros (k, j, i, uint8) that take memory only where they are written to, page by page.

    ``numpy.zeros`` does so too for a process's first large arrays, but not where it takes memory
    that was used before.
    """
    size = math.prod(shape)
    if not size or not hasattr(mmap, "MAP_PRIVATE"):
        return np.zeros(shape, np.uint8)
    pages = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    return np.frombuffer(pages, np.uint8).reshape(shape)


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


def take_grid(segmentation_node: Any, volume: Any) -> None:
    """Let a volume's own grid be the reference geometry of a segmentation node.

    Slicer takes the grid as the volume's transform places it, and cuts a segmentation to it when it
    is saved. The voxels here are on the grid before any transform.
    """
    segmentation_node.SetReferenceImageGeometryParameterFromVolumeNode(volume)
    matrix, converter = vtk.vtkMatrix4x4(), slicer.vtkSegmentationConverter
    volume.GetIJKToRASMatrix(matrix)
    segmentation_node.GetSegmentation().SetConversionParameter(
        converter.GetReferenceImageGeometryParameterName(),
        converter.SerializeImageGeometry(matrix, volume.GetImageData()),
    )


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


def stored_voxels(segmentation_node: Any, segment_id: str, volume: Any) -> np.ndarray:
    """A segment's voxels (k, j, i, bool) on the grid of the volume whose transform it shares.

    Transforms of the nodes do not count: items of sequences have none.
    """
    segment = segmentation_node.GetSegmentation().GetSegment(segment_id)
    image = segment.GetRepresentation(_LABELMAP)
    matrix = vtk.vtkMatrix4x4()
    image.GetImageToWorldMatrix(matrix)
    to_volume = np.linalg.inv(ijk_to_ras(volume)) @ slicer.util.arrayFromVTKMatrix(matrix)
    # Files may begin at another voxel of the same grid.
    shift = np.round(to_volume[:3, 3]).astype(int)
    same_grid = np.eye(4)
    same_grid[:3, 3] = shift
    if not np.allclose(to_volume, same_grid, atol=0.01):
        return voxels_of(segmentation_node, segment_id, volume)
    shape = volume.GetImageData().GetDimensions()[::-1]
    voxels = np.zeros(shape, bool)
    scalars = image.GetPointData().GetScalars()
    if scalars is None:
        return voxels
    block = vtk_to_numpy(scalars).reshape(image.GetDimensions()[::-1])
    first = (np.array(image.GetExtent()[::2]) + shift)[::-1]
    start = np.clip(first, 0, shape)
    stop = np.clip(first + block.shape, 0, shape)
    inside = tuple(slice(a, b) for a, b in zip(start, stop, strict=True))
    part = tuple(slice(a, b) for a, b in zip(start - first, stop - first, strict=True))
    voxels[inside] = block[part] == segment.GetLabelValue()
    return voxels


def voxels_of(segmentation_node: Any, segment_id: str, volume: Any) -> np.ndarray:
    """A segment's voxels (k, j, i, bool) on a volume's grid, wherever transforms put the two."""
    names = vtk.vtkStringArray()
    names.InsertNextValue(segment_id)
    # slicer.util has a function for this, which leaves a display node at every call.
    node = add_hidden("vtkMRMLLabelMapVolumeNode", "HERMES segment")
    try:
        logic = slicer.modules.segmentations.logic()
        if not logic.ExportSegmentsToLabelmapNode(segmentation_node, names, node, volume):
            raise RuntimeError(f"{segmentation_node.GetName()} cannot be read")
        return slicer.util.arrayFromVolume(node) > 0
    finally:
        display = node.GetDisplayNode()
        if display is not None and display.GetColorNode() is not None:
            slicer.mrmlScene.RemoveNode(display.GetColorNode())
        remove_node(node)


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
