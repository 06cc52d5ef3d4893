"""Many slices: accept what needs no look at once, work off the rest worst first."""

import numpy as np
import slicer

from HermesLib.engine.messages import Finished
from Testing.slicer_module.driving import (
    GLAND,
    LARGE,
    RUN,
    SMALL,
    click,
    drain,
    marked_report,
    play,
)
from Testing.slicer_module.events import iteration, opened


def decisions(panel) -> dict[int, str]:
    return {i: entry.decision.value for i, entry in panel.review.run.record.slices.items()}


def test_accept_all_takes_only_what_reached_the_threshold_without_a_mark(panel, engine):
    click(panel.ui.runButton)
    engine.say(
        opened(tuple(range(6)), out_of_distribution=(1,)),
        iteration(0, 0, GLAND, GLAND, 0.95, "accepted"),
        iteration(1, 0, GLAND, GLAND, 0.96, "accepted"),
        iteration(2, 0, GLAND, GLAND, 0.97, "accepted", present=0.5),
        iteration(3, 0, LARGE, GLAND, 0.89, "stopped"),
        iteration(4, 0, GLAND, GLAND, 0.98, "accepted"),
        iteration(5, 0, GLAND, GLAND, 0.99, "accepted"),
        Finished({**marked_report({}), "slices": []}),
    )
    drain(panel, engine)
    record = panel.review.run.record
    record.slices[1].marks, record.slices[5].marks = ["unfamiliar"], ["abrupt-end"]
    panel.refresh()
    assert panel.ui.acceptAllButton.text == "Accept all that reached 0.90 (2)"
    click(panel.ui.acceptAllButton)
    assert decisions(panel) == {0: "accepted", 1: "", 2: "", 3: "", 4: "accepted", 5: ""}
    assert np.array_equal(panel.review.result_mask(0), GLAND)
    assert panel.ui.statusLabel.text == "2 slices accepted; 4 wait for a look"
    assert not panel.ui.acceptAllButton.enabled


def test_a_repeated_slice_must_reach_the_threshold_of_the_run(reviewed, engine):
    reviewed.parameters.threshold = 0.5
    click(reviewed.ui.fromPromptButton)
    play(reviewed, engine, [iteration(3, 0, LARGE, GLAND, 0.6, "accepted")])
    reviewed.reviewing.look_at(3)
    assert reviewed.review.current.status == "accepted"
    click(reviewed.ui.acceptAllButton)
    assert decisions(reviewed)[3] == ""


def test_what_remains_is_worked_off_worst_first_and_the_table_keeps_its_order(panel, engine):
    click(panel.ui.runButton)
    engine.say(
        opened(tuple(range(5))),
        *(
            iteration(index, 0, LARGE, GLAND, quality, "stopped")
            for index, quality in enumerate((0.6, 0.3, 0.8, 0.5, 0.7))
        ),
        Finished({**marked_report({}), "slices": []}),
    )
    drain(panel, engine)
    table = panel.ui.sliceTable
    rows = lambda: [table.item(row, 0).text() for row in range(table.rowCount)]  # noqa: E731
    order = rows()
    assert order == ["2", "4", "1", "5", "3"]
    visited = []
    for _slice in range(5):
        visited.append(str(panel.review.slice_index + 1))
        panel.reviewing.accept()
        panel.reviewing.go_next()
        assert rows() == order
    assert visited == order
    assert not panel.ui.nextButton.enabled
    assert "no other slice needs a look" in panel.ui.nextButton.toolTip


def test_undo_and_redo_lead_to_the_slice_and_survive_saving(reviewed, tmp_path):
    click(reviewed.ui.acceptButton)
    reviewed.reviewing.go_next()
    click(reviewed.ui.rejectButton)
    reviewed.reviewing.look_at(2)
    assert reviewed.ui.undoButton.toolTip == "Undo: reject slice 5"
    click(reviewed.ui.undoButton)
    assert reviewed.review.slice_index == 4 and decisions(reviewed)[4] == ""
    path = str(tmp_path / "scene.mrb")
    slicer.util.saveScene(path)
    slicer.mrmlScene.Clear(0)
    slicer.util.loadScene(path)
    click(reviewed.ui.redoButton)
    assert decisions(reviewed) == {2: "", 3: "accepted", 4: "rejected"}
    click(reviewed.ui.undoButton)
    click(reviewed.ui.undoButton)
    assert decisions(reviewed) == {2: "", 3: "", 4: ""}
    assert not reviewed.review.result_mask(3).any()
    click(reviewed.ui.redoButton)
    assert np.array_equal(reviewed.review.result_mask(3), LARGE)
    assert not reviewed.ui.undoButton.toolTip.startswith("Undo: reject")


def test_three_hundred_slices_fit_the_strip_and_each_can_be_clicked(panel, engine):
    from HermesSegmentLib.slice_strip import SliceStrip, strip_columns
    from Testing.slicer_module.events import record

    strip = panel.ui.sliceStrip
    many = record()
    many.open((300, 40, 50), (2, 1, 0), (False,) * 3, tuple(range(300)))
    slices = SliceStrip(strip).fill(many, 7)
    slicer.app.processEvents()
    columns = strip_columns(300)
    assert slices == list(range(300))
    last = strip.visualItemRect(strip.item(299 // columns, 299 % columns))
    viewport = strip.viewport().rect
    assert viewport.contains(last), (last, viewport)
    assert last.width() >= 8 and last.height() >= 8
    assert strip.height < 180


def test_every_run_in_words_counts_slices_and_tries_from_1(panel, engine):
    click(panel.ui.runButton)
    play(panel, engine, RUN)
    assert "Slice 4 of 6" in panel.ui.whereLabel.text
    table = panel.ui.sliceTable
    assert table.item(0, 0).text() == "4" and table.item(0, 5).text() == "2"
    chart = panel.review.run.get("chart-table").GetTable()
    assert chart.GetColumnByName("iteration").GetValue(0) == 1


def test_a_repeated_run_can_be_undone_and_done_again_also_after_saving(reviewed, engine, tmp_path):
    click(reviewed.ui.acceptButton)
    click(reviewed.ui.fromPromptButton)
    assert not reviewed.ui.undoButton.enabled and "run again" in reviewed.ui.undoButton.toolTip
    play(reviewed, engine, [iteration(3, 0, GLAND, GLAND, 0.97, "accepted")])
    entry = lambda: reviewed.review.run.record.slices[3]  # noqa: E731
    assert (len(entry().iterations), entry().status, entry().best) == (3, "accepted", 2)
    assert reviewed.ui.undoButton.toolTip == "Undo: run slice 4 again"
    click(reviewed.ui.undoButton)
    assert (len(entry().iterations), entry().status, entry().best) == (2, "stopped", 0)
    assert entry().decision == "accepted" and reviewed.ui.iterationSlider.maximum == 1
    run = reviewed.review.run
    assert np.array_equal(run.mask(3, 9), SMALL), "the last one that counts"
    path = str(tmp_path / "scene.mrb")
    slicer.util.saveScene(path)
    slicer.mrmlScene.Clear(0)
    slicer.util.loadScene(path)
    assert len(entry().iterations) == 2
    click(reviewed.ui.redoButton)
    assert (len(entry().iterations), entry().status) == (3, "accepted")
    assert np.array_equal(reviewed.review.run.mask(3, 2), GLAND)
    click(reviewed.ui.undoButton)
    # Another run takes the place of the one that was taken back.
    click(reviewed.ui.fromPromptButton)
    play(reviewed, engine, [iteration(3, 0, LARGE, GLAND, 0.5, "stopped")])
    assert len(entry().iterations) == 3 and not entry().undone
    assert np.array_equal(reviewed.review.run.mask(3, 2), LARGE)
    assert not reviewed.ui.redoButton.enabled


def test_a_moved_prompt_can_be_moved_back_and_forth(reviewed):
    run = reviewed.review.run
    roi = slicer.util.getNodesByClass("vtkMRMLMarkupsROINode")[0]
    drawn = lambda: reviewed.reviewing.first_prompt().to_plain()["xyxy"]  # noqa: E731
    before = drawn()
    centre = np.zeros(3)
    roi.GetCenter(centre)
    step = run.frame.to_ras(3, np.array(2.0), np.array(4.0)) - run.frame.to_ras(
        3, np.array(0.0), np.array(0.0)
    )
    roi.SetCenter(*(centre + step.ravel()))
    roi.InvokeEvent(slicer.vtkMRMLMarkupsNode.PointEndInteractionEvent)
    moved = drawn()
    assert np.allclose(np.subtract(moved, before), [4, 2, 4, 2], atol=1e-3)
    assert reviewed.ui.undoButton.toolTip == "Undo: move the prompt of slice 4"
    reviewed.reviewing.look_at(4)
    click(reviewed.ui.undoButton)
    assert reviewed.review.slice_index == 3 and np.allclose(drawn(), before, atol=1e-3)
    click(reviewed.ui.redoButton)
    assert np.allclose(drawn(), moved, atol=1e-3)
