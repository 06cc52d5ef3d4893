"""The slice views: which of them shows the slices that are judged, and which slice it shows.

The slices of an axial acquisition lie in the Red view, those of a sagittal one in the Yellow view.
A view shows a slice as it is only where both are parallel, so views are turned to the volume.
"""

import math
from typing import Any

import numpy as np
import slicer
import vtk

from HermesSegmentLib.slice_frame import SliceFrame, frame_of

#: The view that a reader looks at first; the others by their order in the scene.
_FIRST = "Red"
#: Pixels (row, column) that span a slice.
_CORNERS = ((0, 0), (0, 1), (1, 0))
#: Cosine of the angle up to which view and slice are parallel: 1 degree.
_PARALLEL = 0.9998
#: Views by Slicer's names; their normals are the third axes of the patient's.
_ORIENTATIONS = {"Sagittal": 0, "Coronal": 1, "Axial": 2}


def show_volume(volume: Any) -> None:
    """Show a volume in the background of the slice views, aligned with its own slices.

    Where no view of the layout shows these slices, the first one is turned to them. Views that
    show them already keep their zoom.
    """
    if slicer.app.layoutManager() is None or _shown(volume):
        return
    slicer.util.setSliceViewerLayers(background=volume, rotateToVolumePlane=True)
    frame = frame_of(volume)
    view = reading_view(volume, frame)
    if view is not None and alignment(view, volume, frame) < _PARALLEL:
        normal = np.abs(_normal(volume, frame))
        view.SetOrientation(max(_ORIENTATIONS, key=lambda name: normal[_ORIENTATIONS[name]]))
        view.RotateToVolumePlane(volume)
    slicer.util.setSliceViewerLayers(fit=True)


def first_volume() -> Any:
    """The image that a reader means: that in the Red view, else the scene's first; or None.

    Label maps, vectors and the like are no images of this module.
    """
    images = image_volumes()
    views = slicer.util.getNodesByClass("vtkMRMLSliceCompositeNode")
    views.sort(key=lambda view: view.GetLayoutName() != _FIRST)
    shown = [view.GetBackgroundVolumeID() for view in views]
    in_view = [node for name in shown for node in images if node.GetID() == name]
    return next(iter([*in_view, *images]), None)


def image_volumes() -> list[Any]:
    """The scene's images that a reader can choose, in the scene's order."""
    return [
        node
        for node in slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
        if node.GetClassName() == "vtkMRMLScalarVolumeNode" and not node.GetHideFromEditors()
    ]


def show_slice(volume: Any, frame: SliceFrame, index: int) -> None:
    """Move every slice view to the centre of a slice."""
    centre = to_world(volume, frame.centre(index))[0]
    for node in _slice_nodes():
        node.JumpSliceByOffsetting(*(float(value) for value in centre))


def slice_in_view(volume: Any, frame: SliceFrame) -> int | None:
    """The slice that :func:`reading_view` shows, the nearest one if it lies between two.

    None without views.
    """
    view = reading_view(volume, frame)
    if view is None:
        return None
    matrix = slicer.util.arrayFromVTKMatrix(view.GetSliceToRAS())
    return frame.slice_of(from_world(volume, matrix[:3, 3])[0])


def reading_view(volume: Any, frame: SliceFrame) -> Any:
    """The node of the view in the layout that is nearest to parallel to the slices.

    Among equals, Red. None without views.
    """
    nodes = _slice_nodes()
    in_layout = [node for node in nodes if node.IsMappedInLayout()] or nodes
    if not in_layout:
        return None
    normal = _normal(volume, frame)
    return max(
        in_layout, key=lambda node: (_alignment(node, normal), node.GetLayoutName() == _FIRST)
    )


def to_world(volume: Any, points: np.ndarray) -> np.ndarray:
    """Points (M, 3) of a volume, in its own RAS, as points of the world, mm."""
    return _transformed(volume.GetParentTransformNode(), None, points)


def from_world(volume: Any, points: np.ndarray) -> np.ndarray:
    """Points (M, 3) of the world in a volume's own RAS, mm: the inverse of :func:`to_world`."""
    return _transformed(None, volume.GetParentTransformNode(), points)


def _transformed(source: Any, target: Any, points: np.ndarray) -> np.ndarray:
    points = np.asarray(points, float).reshape(-1, 3)
    if source is target:
        return points
    transform = vtk.vtkGeneralTransform()
    slicer.vtkMRMLTransformNode.GetTransformBetweenNodes(source, target, transform)
    return np.array([transform.TransformPoint(point) for point in points])


def _normal(volume: Any, frame: SliceFrame) -> np.ndarray:
    """The direction (3,) in the world across the middle slice, of length 1."""
    middle = frame.shape[0] / 2
    corners = [frame.to_ras(middle, np.array(row), np.array(column)) for row, column in _CORNERS]
    first, right, down = to_world(volume, np.array(corners))
    normal = np.cross(right - first, down - first)
    return normal / np.linalg.norm(normal)


def alignment(node: Any, volume: Any, frame: SliceFrame) -> float:
    """Cosine of the angle between a view and the slices, to 4 digits: 1 for parallel ones."""
    return _alignment(node, _normal(volume, frame))


def _alignment(node: Any, normal: np.ndarray) -> float:
    matrix = node.GetSliceToRAS()
    across = [matrix.GetElement(row, 2) for row in range(3)]
    cosine = sum(a * b for a, b in zip(across, normal.tolist(), strict=True))
    return round(abs(cosine) / math.hypot(*across), 4)


def _shown(volume: Any) -> bool:
    """Whether all views show the volume, one of them its slices."""
    views = slicer.util.getNodesByClass("vtkMRMLSliceCompositeNode")
    frame = frame_of(volume)
    view = reading_view(volume, frame)
    return (
        view is not None
        and all(node.GetBackgroundVolumeID() == volume.GetID() for node in views)
        and alignment(view, volume, frame) >= _PARALLEL
    )


def _slice_nodes() -> list[Any]:
    return slicer.util.getNodesByClass("vtkMRMLSliceNode")
