"""Decisions are about the slice in view: panel and views follow each other."""

import numpy as np
import pytest
import slicer

from Testing.slicer_module.driving import GLAND, LARGE, RUN, SMALL, click, drain, play
from Testing.slicer_module.events import opened
from Testing.standins.slice_view import SliceView


@pytest.fixture
def red(scene):
    """The Red slice view; all views are as Slicer starts."""
    for node in slicer.util.getNodesByClass("vtkMRMLSliceNode"):
        node.SetOrientationToDefault()
    yield SliceView("Red")
    for node in slicer.util.getNodesByClass("vtkMRMLSliceNode"):
        node.SetOrientationToDefault()


@pytest.fixture
def reviewed(panel, engine, volume, red):
    """A finished run that the Red view shows."""
    click(panel.ui.runButton)
    play(panel, engine)
    red.show(volume, tuple(panel.review.run.frame.centre(3)))
    return panel


def scroll(panel, red, index) -> None:
    """What the wheel over the Red view does: only the offset changes."""
    frame = panel.review.run.frame
    centre = frame.centre(index)
    red.node.JumpSliceByOffsetting(*centre)


def test_accept_takes_the_slice_that_the_red_view_was_scrolled_to(reviewed, red):
    assert reviewed.review.slice_index == 3
    scroll(reviewed, red, 2)
    assert reviewed.ui.acceptButton.text == "Accept 3", "slices are counted from 1"
    assert "Slice 3 of 6" in reviewed.ui.whereLabel.text
    click(reviewed.ui.acceptButton)
    decisions = {i: entry.decision for i, entry in reviewed.review.run.record.slices.items()}
    assert decisions == {2: "accepted", 3: "", 4: ""}
    assert np.array_equal(reviewed.review.result_mask(2), GLAND)
    assert reviewed.ui.statusLabel.text == "Accept slice 3"


def test_the_view_follows_the_table(reviewed, red):
    reviewed.reviewing.look_at(4)
    origin = [red.node.GetSliceToRAS().GetElement(row, 3) for row in range(3)]
    assert reviewed.review.run.frame.slice_of(np.array(origin)) == 4


def test_a_slice_outside_the_run_cannot_be_decided_on_and_the_buttons_say_why(reviewed, red):
    scroll(reviewed, red, 0)
    for button in (reviewed.ui.acceptButton, reviewed.ui.rejectButton, reviewed.ui.editButton):
        assert not button.enabled and "slice 1 is not part of this run" in button.toolTip
    reviewed.reviewing.accept()
    assert not any(entry.decision for entry in reviewed.review.run.record.slices.values())
    scroll(reviewed, red, 4)
    assert reviewed.ui.acceptButton.enabled


def test_a_view_across_the_slices_shows_none_of_them(reviewed, red):
    red.node.SetOrientation("Sagittal")
    assert not reviewed.ui.acceptButton.enabled
    assert "No view lies along the slices" in reviewed.ui.acceptButton.toolTip
    reviewed.reviewing.accept()
    assert reviewed.review.current.decision == ""
    reviewed.reviewing.look_at(2)
    assert reviewed.ui.acceptButton.text == "Accept 3" and reviewed.ui.acceptButton.enabled


def test_in_a_moved_volume_the_slice_in_view_is_the_one_that_is_drawn(reviewed, red, volume):
    transform = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTransformNode")
    matrix = np.eye(4)
    matrix[:3, 3] = [0, 0, 6.0]
    transform.SetMatrixTransformToParent(slicer.util.vtkMatrixFromArray(matrix))
    frame = reviewed.review.run.frame
    volume.SetAndObserveTransformNodeID(transform.GetID())
    red.node.JumpSliceByOffsetting(*(frame.centre(2) + np.array([0, 0, 6.0])))
    assert reviewed.review.slice_index == 2


def test_finished_slices_are_reviewed_while_the_run_goes_on(panel, engine, volume, red):
    click(panel.ui.runButton)
    engine.say(opened((2, 3, 4)), *RUN[:5])
    drain(panel, engine)
    assert panel.control.running
    red.show(volume, tuple(panel.control.run.frame.centre(4)))
    assert "slice 5 is still in progress" in panel.ui.acceptButton.toolTip
    scroll(panel, red, 3)
    assert panel.ui.iterationLabel.text == "1 of 2, estimated quality 0.40 (best)"
    click(panel.ui.acceptButton)
    assert not panel.ui.acceptAllButton.enabled and "over" in panel.ui.acceptAllButton.toolTip
    # The run goes on with other slices; what the reader looks at stays.
    from HermesLib.engine.messages import Finished
    from Testing.slicer_module.driving import REPORT

    engine.say(RUN[5])
    drain(panel, engine)
    assert panel.review.run.selected == 0
    engine.say(Finished(REPORT))
    drain(panel, engine)
    assert panel.review.slice_index == 3 and panel.review.current.decision == "accepted"
    assert np.array_equal(panel.review.result_mask(3), LARGE)
    assert panel.review.run.record.report is not None


def test_a_slice_that_ends_while_it_is_in_view_shows_its_best_mask(panel, engine, volume, red):
    click(panel.ui.runButton)
    engine.say(opened((2, 3, 4)), *RUN[:4])
    drain(panel, engine)
    red.show(volume, tuple(panel.control.run.frame.centre(3)))
    assert not panel.ui.acceptButton.enabled
    engine.say(RUN[4])
    drain(panel, engine)
    assert panel.ui.iterationLabel.text == "1 of 2, estimated quality 0.40 (best)"
    click(panel.ui.acceptButton)
    assert np.array_equal(panel.review.result_mask(3), LARGE)
    assert not np.array_equal(panel.review.result_mask(3), SMALL)
