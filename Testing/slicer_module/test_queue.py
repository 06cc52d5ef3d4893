"""Several volumes: one queue, one table, one volume at a time in the scene."""

import numpy as np
import pytest
import slicer

from HermesLib.cohorts.row import State
from HermesSegmentLib import queue_table, slice_views
from Testing.slicer_module.driving import click, press
from Testing.slicer_module.queue_driving import (
    ACCEPTED,
    LOOK,
    REACHED,
    STATE,
    cell,
    click_row,
    finish,
    runs_in_scene,
    shown,
    work_off,
)
from Testing.slicer_module.queue_engine import gland


@pytest.fixture
def copies(volume):
    """Three volumes in the scene."""
    for name in ("second", "third/left"):
        node = slicer.util.addVolumeFromArray(slicer.util.arrayFromVolume(volume) + 1, name=name)
        node.CopyOrientation(volume)
        node.CreateDefaultDisplayNodes()
    return ["T2", "second", "third_left"]


def test_all_volumes_are_worked_off_and_listed_worst_first(panel, queue_engine, copies):
    click(panel.ui.queueToggle)
    work_off(panel)
    assert shown(panel) == ["second", "third_left", "T2"]
    assert [cell(panel, "second", column) for column in (STATE, LOOK, REACHED, ACCEPTED)] == [
        "finished",
        "1",
        "1",
        "0",
    ]
    assert runs_in_scene() == 0, "results stay on disk"
    assert all(request.write_iterations for request in queue_engine.requests)
    assert "3 of 3 volumes finished, 3 need a look" in panel.ui.queueNote.text


def test_a_row_brings_its_volume_and_its_worst_slice_into_the_views(panel, queue_engine, copies):
    work_off(panel)
    click_row(panel, "third_left")
    run = panel.review.run
    assert run.volume.GetName() == "third/left" and panel.parameters.run is run.node
    assert panel.review.slice_index == 3 and panel.reviewing.ready
    assert slice_views.slice_in_view(run.volume, run.frame) == 3
    # All tries are there, each with its prompt.
    assert len(panel.review.current.iterations) == 2
    assert np.array_equal(run.mask(3, 0), gland((40, 50), 10))
    assert panel.review.current.iterations[0].prompt["kind"] == "box"


def test_one_volume_at_a_time_is_in_the_scene_and_decisions_are_kept(panel, queue_engine, copies):
    work_off(panel)
    click_row(panel, "second")
    nodes = slicer.mrmlScene.GetNumberOfNodes()
    click(panel.ui.acceptButton)
    click(panel.ui.acceptAllButton)
    result = panel.review.accepted_voxels()
    click_row(panel, "T2")
    assert runs_in_scene() == 1 and slicer.mrmlScene.GetNumberOfNodes() <= nodes
    assert cell(panel, "second", ACCEPTED) == "2" and cell(panel, "second", STATE) == "reviewed"
    click_row(panel, "second")
    assert [entry.decision for entry in panel.review.run.record.slices.values()] == [
        "accepted",
        "accepted",
        "",
    ]
    assert np.array_equal(panel.review.accepted_voxels(), result) and result.any()
    click(panel.ui.undoButton)
    assert panel.review.accepted_voxels().sum() < result.sum()


def test_n_goes_on_to_the_next_volume_when_one_is_done(panel, queue_engine, copies):
    work_off(panel)
    click_row(panel, "second")
    press(panel, "N")
    assert panel.queue.open_volume.name == "second", "its slice still waits"
    click(panel.ui.rejectButton)
    assert panel.ui.nextButton.enabled and panel.ui.nextButton.text == "Next volume"
    press(panel, "N")
    assert panel.queue.open_volume.name == "third_left"
    click(panel.ui.rejectButton)
    click(panel.ui.queueNextButton)
    assert panel.queue.open_volume.name == "T2"
    click(panel.ui.rejectButton)
    assert not panel.ui.nextButton.enabled and not panel.ui.queueNextButton.enabled


def test_finished_volumes_are_reviewed_while_others_run_and_the_table_stands_still(
    panel, queue_engine, copies
):
    click(panel.ui.queueRunButton)
    while panel.queue.rows["T2"].state is not State.FINISHED:
        panel.queue.control.tick()
    click_row(panel, "T2")
    finish(panel)
    # The others are worse; the row that is read keeps its place.
    assert shown(panel)[0] == "T2" and panel.ui.queueTable.currentRow() == 0
    click(panel.ui.acceptButton)
    assert panel.review.run.volume.GetName() == "T2" and cell(panel, "T2", ACCEPTED) == "1"


def test_one_volume_or_all_can_be_cancelled(panel, queue_engine, copies):
    queue_engine.held = True
    click(panel.ui.queueRunButton)
    for _turn in range(3):
        panel.queue.control.tick()
    assert "running: 3 of 3 slices" in cell(panel, "T2", STATE)
    click_row(panel, "T2")
    click(panel.ui.queueCancelButton)
    panel.queue.control.tick()
    assert panel.queue.rows["T2"].state is State.CANCELLED
    panel.queue.control.tick()
    assert panel.queue.control.cohort.running == "second"
    assert panel.ui.queueRunButton.text == "Cancel all"
    click(panel.ui.queueRunButton)
    finish(panel)
    assert {row.state for row in panel.queue.rows.values()} == {State.CANCELLED}
    assert not list(panel.queue.control.cohort.output.rglob(".hermes*"))


def test_a_slice_that_was_run_again_keeps_its_tries(panel, engine, queue_engine, copies):
    from HermesLib.engine.messages import Finished
    from Testing.slicer_module.driving import drain as settle
    from Testing.slicer_module.events import iteration, opened

    work_off(panel)
    click_row(panel, "second")
    click(panel.ui.fromMaskButton)
    mask = gland((40, 50), 1)
    engine.say(
        opened((3,)),
        iteration(3, 0, mask, gland((40, 50)), 0.92, "accepted"),
        Finished({"summary": {}, "slices": [], "provenance": {}}),
    )
    settle(panel, engine)
    assert len(panel.review.current.iterations) == 3
    click(panel.ui.acceptButton)
    click_row(panel, "T2")
    click_row(panel, "second")
    panel.reviewing.look_at(3)
    assert len(panel.review.current.iterations) == 3
    assert np.array_equal(panel.review.run.mask(3, 2), mask)
    assert np.array_equal(panel.review.result_mask(3), mask)


def test_the_table_of_the_panel_has_the_order_of_the_command(panel, queue_engine, copies):
    from HermesLib.cohorts.table import worst_first

    work_off(panel)
    rows = panel.queue.rows
    assert shown(panel) == [row.name for row in worst_first(rows.values())]
    assert "1 below the threshold" in queue_table.why(rows["second"])
