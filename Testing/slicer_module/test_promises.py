"""What a user may rely on before, during and after a run."""

import numpy as np
import pytest
import slicer

from HermesLib.engine.messages import Finished, Opened
from HermesLib.io.orientation import SliceAxes
from HermesSegmentLib import export
from HermesSegmentLib.labelmaps import voxels_of
from Testing.slicer_module.driving import GLAND, SMALL, click, drain, play
from Testing.slicer_module.events import AXES, iteration
from Testing.standins.slice_view import SliceView


@pytest.fixture
def users(volume):
    """A segmentation of the user with a painted segment."""
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "by hand")
    node.CreateDefaultDisplayNodes()
    node.SetReferenceImageGeometryParameterFromVolumeNode(volume)
    name = node.GetSegmentation().AddEmptySegment("mine", "mine")
    voxels = np.zeros((6, 40, 50), np.uint8)
    voxels[2, 3:9, 4:12] = 1
    slicer.util.updateSegmentBinaryLabelmapFromArray(voxels, node, name, volume)
    return node


def test_the_users_segments_stay_as_they_are_until_an_export_names_them(
    panel, engine, volume, users
):
    def content() -> list:
        segmentation = users.GetSegmentation()
        names = list(segmentation.GetSegmentIDs())
        return [(name, voxels_of(users, name, volume).tobytes()) for name in names]

    before = content()
    panel.parameters.initial = users
    click(panel.ui.runButton)
    assert engine.requests[-1].init is not None, "the run starts from them"
    play(panel, engine)
    for index in (2, 3, 4):
        panel.reviewing.look_at(index)
        click(panel.ui.acceptButton)
    click(panel.ui.undoButton)
    click(panel.ui.exportNodeButton)
    assert content() == before
    export.to_segmentation(panel.review, users)
    assert content()[: len(before)] == before and len(content()) == len(before) + 1


def test_a_volume_of_one_slice_is_run_reviewed_and_exported(widget, engine, tmp_path):
    panel, matrix = widget.panel, np.diag([-0.7, -0.7, 5.0, 1.0])
    voxels = np.random.default_rng(0).integers(0, 60, (1, 40, 50)).astype(np.int16)
    volume = slicer.util.addVolumeFromArray(voxels, ijkToRAS=matrix, name="radiograph")
    volume.CreateDefaultDisplayNodes()
    panel.parameters.volume = volume
    click(panel.ui.runButton)
    steps = [
        iteration(0, 0, SMALL, GLAND, 0.3),
        iteration(0, 1, GLAND, GLAND, 0.97, "accepted"),
    ]
    report = {"format": 1, "summary": {}, "slices": [{"index": 0, "marks": []}], "provenance": {}}
    engine.say(Opened((0,), (1, 40, 50), SliceAxes(AXES.order, AXES.backwards), None), *steps)
    engine.say(Finished(report))
    drain(panel, engine)
    assert "Slice 1 of 1" in panel.ui.whereLabel.text
    view = SliceView("Red")
    view.show(volume, tuple(panel.review.run.frame.centre(0)))
    for button in (panel.ui.zoomButton, panel.ui.acceptButton):
        click(button)
    assert panel.review.slice_index == 0
    node = export.to_segmentation(panel.review)
    (name,) = node.GetSegmentation().GetSegmentIDs()
    assert np.array_equal(voxels_of(node, name, volume)[0], GLAND)
    export.to_file(panel.review, tmp_path / "mask.nii.gz")
    assert (tmp_path / "mask.nii.gz").is_file()
