"""What a reader decides on a volume of a queue is on disk at once, also if Slicer ends there."""

import shutil

import numpy as np
import pytest
import slicer

from HermesLib.cohorts.result_folder import UNSAVED
from HermesLib.engine.messages import Finished
from HermesLib.errors import HermesError
from HermesSegmentLib import unsaved_review
from HermesSegmentLib.run_record import Decision
from Testing.slicer_module.driving import REPORT, click
from Testing.slicer_module.driving import drain as settle
from Testing.slicer_module.events import iteration, opened
from Testing.slicer_module.queue_driving import ACCEPTED, cell, click_row, work_off
from Testing.slicer_module.queue_engine import gland

#: Of a slice that is run again.
MASK = gland((40, 50), 1)


@pytest.fixture
def queue(panel, queue_engine, volume):
    """Two volumes that are worked off; the second is open at its worst slice, 3."""
    node = slicer.util.addVolumeFromArray(slicer.util.arrayFromVolume(volume) + 1, name="second")
    node.CopyOrientation(volume)
    node.CreateDefaultDisplayNodes()
    work_off(panel)
    click_row(panel, "second")
    return panel


def results(panel):
    return panel.queue.queue.cohort.folder("second")


def crash(panel) -> None:
    """The scene and the panel's memory are lost; a new session shows what is on disk."""
    run = panel.queue.open_volume.run
    panel.queue.open_volume.forget()
    panel.reviewing.open(None)
    panel.take_run(None)
    run.remove()
    panel.queue.progress.clear()
    click(panel.ui.queueShowButton)


def run_again(panel, engine) -> None:
    click(panel.ui.fromMaskButton)
    engine.say(
        opened((3,)),
        iteration(3, 0, MASK, gland((40, 50)), 0.92, "accepted"),
        Finished({"summary": {}, "slices": [], "provenance": {}}),
    )
    settle(panel, engine)


def test_decisions_survive_the_end_of_slicer_and_can_be_undone_afterwards(queue):
    click(queue.ui.acceptButton)
    click(queue.ui.acceptAllButton)
    queue.reviewing.look_at(4)
    click(queue.ui.rejectButton)
    result = queue.review.accepted_voxels()
    assert (results(queue) / UNSAVED).is_file()
    crash(queue)
    assert cell(queue, "second", ACCEPTED) == "2", "the table knows without opening the volume"
    assert not (results(queue) / UNSAVED).exists()
    click_row(queue, "second")
    review = queue.review
    assert [entry.decision for entry in review.run.record.slices.values()] == [
        Decision.ACCEPTED,
        Decision.ACCEPTED,
        Decision.REJECTED,
    ]
    assert np.array_equal(review.accepted_voxels(), result) and result.any()
    for _step in range(3):
        click(queue.ui.undoButton)
    assert not review.accepted_voxels().any()
    # What was undone is on disk as well.
    crash(queue)
    assert cell(queue, "second", ACCEPTED) == "0"


def test_a_corrected_slice_survives_the_end_of_slicer(queue):
    queue.review.begin_edit()
    painted = queue.review.run.frame.axes.view(queue.review.run.result_voxels())
    painted[3, 5:9, 5:9] = 1
    queue.review.end_edit()
    expected = queue.review.accepted_voxels()
    crash(queue)
    click_row(queue, "second")
    assert queue.review.run.record.slices[3].decision is Decision.EDITED
    assert np.array_equal(queue.review.accepted_voxels(), expected)


@pytest.mark.parametrize("ends", [crash, lambda panel: click_row(panel, "T2")])
def test_a_repeated_slice_is_kept_with_its_undo(queue, engine, ends):
    run_again(queue, engine)
    click(queue.ui.acceptButton)
    ends(queue)
    click_row(queue, "second")
    queue.reviewing.look_at(3)
    review = queue.review
    assert len(review.current.iterations) == 3
    assert np.array_equal(review.run.mask(3, 2), MASK)
    assert np.array_equal(review.result_mask(3), MASK)
    click(queue.ui.undoButton)
    click(queue.ui.undoButton)
    assert len(review.current.iterations) == 2 and not review.result_mask(3).any()
    # The try that was taken back is kept, too.
    ends(queue)
    click_row(queue, "second")
    queue.reviewing.look_at(3)
    assert len(queue.review.current.iterations) == 2
    click(queue.ui.redoButton)
    assert np.array_equal(queue.review.run.mask(3, 2), MASK)


def test_steps_can_be_saved_again_where_saving_them_was_broken_off(queue, engine):
    run_again(queue, engine)
    click(queue.ui.acceptButton)
    folder = results(queue)
    steps = (folder / UNSAVED).read_bytes()
    saved = []
    for _time in range(2):
        (folder / UNSAVED).write_bytes(steps)
        unsaved_review.settle(folder)
        stored = list(unsaved_review.stored_iterations(folder))
        saved.append([(entry.slice_index, entry.mask.sum()) for entry in stored])
        assert unsaved_review.accepted_voxels(folder).any()
    assert saved[0] == saved[1] and len([entry for entry in saved[0] if entry[0] == 3]) == 3


def test_a_reader_is_warned_when_decisions_cannot_be_kept(queue):
    blocked = results(queue) / UNSAVED
    blocked.mkdir()
    click(queue.ui.acceptButton)
    assert queue.review.current.accepted
    assert "Decisions are not kept" in queue.ui.queueNote.text
    shutil.rmtree(blocked)
    click(queue.ui.undoButton)
    assert "not kept" not in queue.ui.queueNote.text and blocked.is_file()


@pytest.mark.parametrize("text", ["", "[]", '{"masks": {}}', '{"masks": {"3": {}}, "record": 1}'])
def test_a_damaged_file_of_steps_is_named_and_stays(queue, text):
    folder = results(queue)
    click(queue.ui.acceptButton)
    (folder / UNSAVED).write_text(text)
    with pytest.raises(HermesError, match=r"unsaved-review\.json in second is damaged") as refused:
        unsaved_review.settle(folder)
    assert "\n" not in str(refused.value) and (folder / UNSAVED).is_file()


def test_a_volume_that_another_run_has_replaced_is_opened_again_by_its_row(queue, engine):
    click(queue.ui.acceptButton)
    click(queue.ui.runButton)
    engine.say(opened((3,)), iteration(3, 0, MASK, MASK, 0.95, "accepted"), Finished(REPORT))
    settle(queue, engine)
    assert queue.review.run is not queue.queue.open_volume.run
    click_row(queue, "second")
    assert queue.review.run is queue.queue.open_volume.run
    assert queue.review.run.record.slices[3].accepted
