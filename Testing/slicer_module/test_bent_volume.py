"""A volume under a transform that bends it: nothing is decided on slices that no view shows."""

import numpy as np
import pytest
import slicer
import vtk

from HermesSegmentLib import export
from HermesSegmentLib.bent_volume import hardened_copy, is_bent
from HermesSegmentLib.labelmaps import ijk_to_ras
from HermesSegmentLib.slice_views import to_world
from Testing.slicer_module.driving import click


@pytest.fixture
def bending(volume):
    """A transform that moves the middle of the volume by 6 mm to the right, its corners not."""
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTransformNode", "registration")
    spline, bounds = vtk.vtkThinPlateSplineTransform(), [0.0] * 6
    volume.GetRASBounds(bounds)
    low, high = np.array(bounds[::2]), np.array(bounds[1::2])
    corners = [np.where([i & 1, i & 2, i & 4], high, low) for i in range(8)]
    middle = (low + high) / 2
    source, target = vtk.vtkPoints(), vtk.vtkPoints()
    for start, end in [*((c, c) for c in corners), (middle, middle + np.array([6.0, 0, 0]))]:
        source.InsertNextPoint(*start)
        target.InsertNextPoint(*end)
    spline.SetBasisToR()
    spline.SetSourceLandmarks(source)
    spline.SetTargetLandmarks(target)
    node.SetAndObserveTransformToParent(spline)
    return node


def test_run_says_why_and_one_click_gives_a_copy_that_runs(panel, volume, bending):
    ui = panel.ui
    assert ui.runButton.enabled and ui.hardenButton.isHidden()
    before = slicer.util.arrayFromVolume(volume).copy()
    volume.SetAttribute("DICOM.instanceUIDs", "1.2.3")
    volume.SetAndObserveTransformNodeID(bending.GetID())
    panel.refresh()
    assert not ui.runButton.enabled and "hardened copy" in ui.runButton.toolTip
    assert not ui.hardenButton.isHidden()
    click(ui.hardenButton)
    copy = panel.parameters.volume
    assert copy is not volume and copy.GetName() == "T2 hardened"
    assert ui.hardenButton.isHidden() and ui.runButton.enabled
    click(ui.runButton)
    assert panel.control.running and panel.control.run.volume is copy
    assert np.array_equal(slicer.util.arrayFromVolume(volume), before)
    assert volume.GetParentTransformNode() is bending


def test_the_copy_is_what_the_transform_shows_and_no_dicom_series(volume, bending):
    slicer.util.arrayFromVolume(volume)[2:4, 10:25, 12:30] += 3000
    volume.SetAttribute("DICOM.instanceUIDs", "1.2.3")
    volume.SetAndObserveTransformNodeID(bending.GetID())
    copy = hardened_copy(volume)
    assert copy.GetParentTransformNode() is None and not is_bent(copy)
    assert copy.GetAttribute("DICOM.instanceUIDs") is None

    assert np.linalg.norm(brightest(copy) - brightest(volume)) < 1.5
    volume.SetAndObserveTransformNodeID(None)
    assert np.linalg.norm(brightest(copy) - brightest(volume)) > 3


def brightest(node) -> np.ndarray:
    """Where the bright block lies in the world, mm."""
    k, j, i = np.nonzero(slicer.util.arrayFromVolume(node) > 1500)
    point = ijk_to_ras(node) @ [i.mean(), j.mean(), k.mean(), 1]
    return to_world(node, point[:3])[0]


def test_a_result_whose_volume_is_bent_later_waits_until_the_transform_is_gone(
    reviewed, volume, bending
):
    volume.SetAndObserveTransformNodeID(bending.GetID())
    reviewed.refresh()
    assert not reviewed.ui.acceptButton.enabled
    assert "registration" in reviewed.ui.acceptButton.toolTip
    assert "registration" in reviewed.ui.whereLabel.text
    volume.SetAndObserveTransformNodeID(None)
    reviewed.refresh()
    click(reviewed.ui.acceptButton)


def test_a_target_that_is_bent_is_refused_with_what_to_do(reviewed, bending):
    click(reviewed.ui.acceptButton)
    target = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "other")
    target.SetAndObserveTransformNodeID(bending.GetID())
    with pytest.raises(RuntimeError, match=r"choose New segmentation, or harden .* \(module Data"):
        export.to_segmentation(reviewed.review, target)
    assert target.GetSegmentation().GetNumberOfSegments() == 0
