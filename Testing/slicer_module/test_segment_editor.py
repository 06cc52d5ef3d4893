"""To the Segment Editor and back: what was changed there are decisions, nothing is lost."""

import numpy as np
import pytest
import slicer

from HermesSegmentLib.labelmaps import voxels_of
from HermesSegmentLib.run_creation import ORGAN
from Testing.slicer_module.driving import click
from Testing.standins.segment_editor import SegmentEditor


@pytest.fixture
def editor(widget, monkeypatch) -> SegmentEditor:
    """Slicer's Segment Editor; switching modules calls enter and exit as Slicer does."""
    module = SegmentEditor()

    def select(name: str) -> None:
        if name == "HermesSegment":
            widget.enter()
        else:
            widget.exit()

    monkeypatch.setattr(slicer.modules, "segmenteditor", module, raising=False)
    monkeypatch.setattr(slicer.util, "mainWindow", lambda: module.window)
    monkeypatch.setattr(slicer.util, "selectModule", select, raising=False)
    return module


def paint(run, slice_index: int) -> np.ndarray:
    """Paint on a slice as the Segment Editor does: the segment gets another, cropped labelmap."""
    painted = voxels_of(run.get("result"), ORGAN, run.volume).astype(np.uint8)
    painted[slice_index, 30:35, 40:48] = 1
    slicer.util.updateSegmentBinaryLabelmapFromArray(painted, run.get("result"), ORGAN, run.volume)
    return painted[slice_index] > 0


def test_a_button_on_the_segment_editor_leads_back_to_the_slice(reviewed, editor):
    review = reviewed.review
    click(reviewed.ui.editButton)
    assert editor.editor.segmentation is review.run.get("result")
    (back,) = editor.buttons()
    assert back.text.startswith("Back to HERMES Segment: Slice 4 of 6")
    drawn = paint(review.run, 3)
    click(back)
    assert editor.buttons() == []
    assert review.slice_index == 3 and review.current.decision == "edited"
    assert np.array_equal(review.result_mask(3), drawn)


def test_slices_that_were_painted_beside_the_one_in_view_are_decided_too(reviewed, editor):
    review = reviewed.review
    click(reviewed.ui.editButton)
    drawn = paint(review.run, 4)
    outside = paint(review.run, 0)
    assert outside.any()
    click(*editor.buttons())
    slices = review.run.record.slices
    assert slices[4].decision == "edited" and slices[2].decision == ""
    exported = review.run.frame.axes.view(review.accepted_voxels()) > 0
    assert np.array_equal(exported[4], drawn)
    assert not exported[0].any(), "a slice outside the run cannot be accepted"
    click(reviewed.ui.undoButton)
    assert slices[4].decision == "" and not review.result_mask(4).any()
    click(reviewed.ui.redoButton)
    assert slices[4].decision == "edited" and np.array_equal(review.result_mask(4), drawn)
