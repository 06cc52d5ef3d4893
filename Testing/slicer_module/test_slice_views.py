"""The views show the slice that is judged, whatever the volume's orientation and transform."""

import numpy as np
import pytest
import slicer
import vtk

from HermesSegmentLib import slice_views
from HermesSegmentLib.slice_frame import frame_of
from Testing.standins.slice_view import SliceView

#: Voxel axes i, j, k in the patient, mm, of acquisitions in the three planes.
PLANES = {
    "axial": [[-0.7, 0, 0], [0, -0.7, 0], [0, 0, 3.0]],
    "sagittal": [[0, -0.7, 0], [0, 0, -0.7], [3.0, 0, 0]],
    "coronal": [[-0.7, 0, 0], [0, 0, -0.7], [0, 3.0, 0]],
}
SLICES, LEVEL = 12, 20


def turned(degrees: float, axis: str) -> np.ndarray:
    """(3, 3): a rotation about R, A or S."""
    transform = vtk.vtkTransform()
    getattr(transform, f"Rotate{axis}")(degrees)
    return slicer.util.arrayFromVTKMatrix(transform.GetMatrix())[:3, :3]


def stack(plane: str, degrees: float):
    """A volume whose slice ``n`` is all ``LEVEL * (n + 1)``, turned about one of them."""
    axes = np.array(PLANES[plane]).T
    about = "X" if plane != "sagittal" else "Y"
    matrix = np.eye(4)
    matrix[:3, :3] = turned(degrees, about) @ axes
    matrix[:3, 3] = [14, -9, 25]
    voxels = np.zeros((SLICES, 64, 60), np.int16)
    voxels += (LEVEL * np.arange(1, SLICES + 1, dtype=np.int16))[:, None, None]
    node = slicer.util.addVolumeFromArray(voxels, ijkToRAS=matrix, name=plane)
    node.CreateDefaultDisplayNodes()
    display = node.GetDisplayNode()
    display.SetAutoWindowLevel(False)
    display.SetWindowLevelMinMax(0, 255)
    display.SetInterpolate(False)
    return node


def transform_of(volume, degrees: float, shift: tuple[float, float, float]):
    """Put a volume under a linear transform."""
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = turned(degrees, "Z"), shift
    node.SetMatrixTransformToParent(slicer.util.vtkMatrixFromArray(matrix))
    volume.SetAndObserveTransformNodeID(node.GetID())
    return node


def seen(view: SliceView) -> set[int]:
    """The slices whose voxels a view shows; black lies outside the volume."""
    levels = np.unique(view.pixels()[..., 0])
    return {round(level / LEVEL) - 1 for level in levels if level}


@pytest.fixture(autouse=True)
def usual_layout(scene):
    """The three views, turned to the patient's axes, as Slicer starts."""
    layout = slicer.vtkMRMLLayoutNode.SlicerLayoutConventionalView
    slicer.app.layoutManager().setLayout(layout)
    for node in slicer.util.getNodesByClass("vtkMRMLSliceNode"):
        node.SetOrientationToDefault()
    yield
    slicer.app.layoutManager().setLayout(layout)


@pytest.mark.parametrize("plane", PLANES)
@pytest.mark.parametrize("degrees", [0, 15, 40])
def test_the_view_shows_the_slice_that_is_judged(plane, degrees):
    volume = stack(plane, degrees)
    frame = frame_of(volume)
    assert frame.shape[0] == SLICES
    slice_views.show_volume(volume)
    name = {"axial": "Red", "sagittal": "Yellow", "coronal": "Green"}[plane]
    assert slice_views.reading_view(volume, frame).GetLayoutName() == name
    view = SliceView(name)
    view.show(volume)
    for index in (2, 7):
        slice_views.show_slice(volume, frame, index)
        # Slices may be counted from the other end of the volume than its voxels.
        voxels = SLICES - 1 - index if frame.axes.backwards[0] else index
        assert seen(view) == {voxels}
        assert slice_views.slice_in_view(volume, frame) == index


def test_the_stand_ins_views_do_not_turn_by_themselves():
    volume = stack("axial", 15)
    frame = frame_of(volume)
    view = SliceView("Red")
    view.show(volume, tuple(frame.centre(6)))
    assert len(seen(view)) > 3


@pytest.mark.parametrize(
    ("degrees", "shift"), [(0, (30, 5, 60)), (35, (0, 0, 0)), (35, (9, 9, -40))]
)
def test_a_transformed_volume_is_shown_at_the_slice_that_is_judged(degrees, shift):
    volume = stack("axial", 15)
    transform_of(volume, degrees, shift)
    frame = frame_of(volume)
    slice_views.show_volume(volume)
    view = SliceView("Red")
    view.show(volume)
    slice_views.show_slice(volume, frame, 8)
    assert seen(view) == {8}
    assert slice_views.slice_in_view(volume, frame) == 8


def test_a_layout_with_one_view_turns_it_to_a_sagittal_acquisition():
    slicer.app.layoutManager().setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutOneUpRedSliceView)
    volume = stack("sagittal", 15)
    frame = frame_of(volume)
    slice_views.show_volume(volume)
    assert slice_views.reading_view(volume, frame).GetLayoutName() == "Red"
    view = SliceView("Red")
    view.show(volume)
    slice_views.show_slice(volume, frame, 4)
    assert len(seen(view)) == 1 and slice_views.slice_in_view(volume, frame) == 4


def test_views_that_show_the_slices_keep_their_zoom():
    volume = stack("axial", 15)
    slice_views.show_volume(volume)
    node = slice_views.reading_view(volume, frame_of(volume))
    node.SetFieldOfView(20, 18, 1)
    slice_views.show_volume(volume)
    assert node.GetFieldOfView()[0] == pytest.approx(20)
    other = stack("axial", 0)
    slice_views.show_volume(other)
    assert node.GetFieldOfView()[0] > 30
