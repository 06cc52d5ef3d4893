"""Review on the panel: slices, iterations, decisions, keys, through the real .ui."""

import numpy as np
import pytest
import slicer

from HermesLib.engine.messages import Cancelled, Finished
from HermesSegmentLib.labelmaps import voxels_of
from HermesSegmentLib.run_creation import ORGAN, run_record_nodes
from Testing.slicer_module.driving import (
    LARGE,
    RUN,
    SMALL,
    click,
    drain,
    marked_report,
    play,
    press,
)
from Testing.slicer_module.events import iteration, opened


def test_a_finished_run_is_ready_for_review_worst_first(reviewed):
    ui = reviewed.ui
    assert ui.runButton.text == "Run"
    assert (
        ui.statusLabel.text
        == "Done: 1 of 3 slices reached 0.90, 2 below, 0 without the organ, 0 failed"
    )
    assert [ui.sliceTable.item(row, 0).text() for row in range(3)] == ["4", "5", "3"]
    assert reviewed.review.slice_index == 3
    assert ui.iterationLabel.text == "1 of 2, estimated quality 0.40 (best)"


def test_accept_takes_the_mask_in_view_and_undo_takes_it_back(reviewed):
    review = reviewed.review
    click(reviewed.ui.acceptButton)
    assert np.array_equal(review.result_mask(3), LARGE) and review.current.decision == "accepted"
    click(reviewed.ui.undoButton)
    assert not review.result_mask(3).any() and review.current.decision == ""
    assert not reviewed.ui.undoButton.enabled
    reviewed.ui.iterationSlider.value = 1
    click(reviewed.ui.acceptButton)
    assert np.array_equal(review.result_mask(3), SMALL)


def test_keys_work_only_while_the_module_is_open(reviewed, widget):
    press(reviewed, "N")
    assert reviewed.review.slice_index == 4, "the next after the worst"
    press(reviewed, "A")
    assert reviewed.review.current.decision == "accepted"
    widget.exit()
    press(reviewed, "U")
    assert reviewed.review.current.decision == "accepted"
    widget.enter()
    press(reviewed, "U")
    assert reviewed.review.current.decision == ""


def test_no_key_is_used_by_the_slice_views_or_the_segment_editor():
    from HermesSegmentLib.shortcuts import SHORTCUTS

    keys = [key for key, _method, _title in SHORTCUTS]
    assert len(set(keys)) == len(keys)
    assert not set(keys) & set("bfrgtv[]{}" + "qwzyi 0123456789")


def test_clicking_a_cell_of_the_strip_goes_to_that_slice(reviewed):
    strip = reviewed.ui.sliceStrip
    getattr(strip.cellClicked, "emit", strip.cellClicked)(0, 0)
    assert reviewed.review.slice_index == 2


def test_the_panel_follows_slicers_own_sequence_browser(reviewed):
    assert reviewed.ui.iterationSlider.value == 0
    reviewed.parameters.showPrevious = True
    reviewed.review.run.get("browser").SetSelectedItemNumber(1)
    assert reviewed.ui.iterationSlider.value == 1
    assert reviewed.ui.iterationLabel.text == "2 of 2, estimated quality 0.35"
    run = reviewed.review.run
    assert np.array_equal(voxels_of(run.get("previous"), ORGAN, run.volume)[3], LARGE)


def test_prompt_table_and_plot_are_in_the_runs_folder(reviewed):
    tree = slicer.mrmlScene.GetSubjectHierarchyNode()
    run = reviewed.review.run
    folder = tree.GetItemParent(tree.GetItemByDataNode(run.get("mask")))
    roi = slicer.util.getNodesByClass("vtkMRMLMarkupsROINode")[0]
    for node in (roi, run.get("chart"), run.get("chart-table"), run.get("result")):
        assert tree.GetItemParent(tree.GetItemByDataNode(node)) == folder, node.GetName()
    assert tree.GetItemName(folder) == "HERMES Prostate 1"


def test_the_plot_shows_the_current_slice(reviewed):
    table = reviewed.review.run.get("chart-table").GetTable()
    column = table.GetColumnByName("pDSC")
    assert [column.GetValue(row) for row in range(2)] == pytest.approx([0.4, 0.35])
    assert table.GetColumnByName("threshold").GetValue(0) == pytest.approx(0.9)


def test_the_review_of_a_loaded_scene_continues(reviewed, tmp_path):
    click(reviewed.ui.acceptButton)
    path = str(tmp_path / "scene.mrb")
    slicer.util.saveScene(path)
    slicer.mrmlScene.Clear(0)
    assert reviewed.review is None
    slicer.util.loadScene(path)
    assert reviewed.review.run.record.slices[3].decision == "accepted"
    assert np.array_equal(reviewed.review.result_mask(3), LARGE)
    reviewed.reviewing.look_at(4)
    click(reviewed.ui.acceptButton)
    assert np.array_equal(reviewed.review.result_mask(4), LARGE)
    assert len(run_record_nodes()) == 1


def test_a_slice_unlike_the_training_patients_is_marked_and_reported(panel, engine):
    click(panel.ui.runButton)
    report = marked_report({3: ["unfamiliar"]})
    engine.say(opened((2, 3, 4), out_of_distribution=(3,)), *RUN, Finished(report))
    drain(panel, engine)
    table = panel.ui.sliceTable
    marked = {table.item(row, 0).text(): table.item(row, 3).text() for row in range(table.rowCount)}
    assert (
        marked["4"].endswith("?")
        and not marked["3"].endswith("?")
        and not marked["5"].endswith("?")
    )
    assert "1 unlike the training patients" in panel.ui.statusLabel.text


def test_a_borderline_slice_is_marked_reported_and_needs_review(panel, engine):
    click(panel.ui.runButton)
    empty = np.zeros_like(LARGE)
    engine.say(
        opened((2, 3)),
        iteration(2, 0, LARGE, LARGE, 0.95, "accepted"),
        iteration(3, 0, empty, empty, 0.6, "absent", present=0.4),
        Finished(marked_report({3: ["borderline"]})),
    )
    drain(panel, engine)
    table = panel.ui.sliceTable
    rows = {table.item(row, 0).text(): row for row in range(table.rowCount)}
    assert table.item(rows["4"], 2).text().endswith("±") and not table.item(
        rows["3"], 2
    ).text().endswith("±")
    assert (
        "presence of the organ is uncertain" in table.item(rows["4"], 2).toolTip()
        and rows["4"] == 0
    )
    assert "1 borderline" in panel.ui.statusLabel.text


def test_marked_slices_wait_for_a_look_and_say_why(panel, engine):
    click(panel.ui.runButton)
    play(panel, engine, end=Finished(marked_report({2: ["abrupt-end"], 4: ["gap", "unfamiliar"]})))
    table, strip = panel.ui.sliceTable, panel.ui.sliceStrip
    assert [table.item(row, 0).text() for row in range(3)] == ["4", "5", "3"], "all need a look"
    assert table.item(2, 2).text() == "reached 0.90 !"
    assert "the organ ends with a large cross-section" in table.item(2, 2).toolTip()
    assert strip.item(0, 0).text() == "!" and "large cross-section" in strip.item(0, 0).toolTip()


def test_the_panel_marks_the_slices_of_a_cancelled_run_itself(panel, engine):
    click(panel.ui.runButton)
    empty = np.zeros_like(LARGE)
    engine.say(
        opened((2, 3, 4)),
        iteration(2, 0, LARGE, LARGE, 0.95, "accepted"),
        iteration(3, 0, empty, empty, 0.99, "absent", present=0.01),
        iteration(4, 0, LARGE, LARGE, 0.95, "accepted"),
        Cancelled(None),
    )
    drain(panel, engine)
    marks = {index: list(entry.marks) for index, entry in panel.review.run.record.slices.items()}
    assert marks == {2: ["abrupt-end"], 3: ["abrupt-end", "gap"], 4: ["abrupt-end"]}
    assert "1 in a gap" in panel.ui.statusLabel.text


def test_the_interval_says_what_the_patients_can_guarantee(panel, engine):
    click(panel.ui.runButton)
    level = {"nominal": 0.9, "guaranteed": 7 / 9, "patients": 8}
    play(panel, engine, end=Finished({**marked_report({}), "provenance": {"interval": level}}))
    tip = panel.ui.sliceTable.item(0, 4).toolTip()
    assert tip == "90% nominal; 8 patients can guarantee at most 78%"
