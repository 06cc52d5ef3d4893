"""The panel through its real .ui, with mouse and keys; a fake engine says what a run would say."""

import json
from collections.abc import Iterator

import numpy as np
import pytest
import qt
import slicer

from HermesLib.engine.messages import Failed, Finished, Ready
from HermesSegmentLib.labelmaps import voxels_of
from HermesSegmentLib.scene import ORGAN, RunScene
from Testing.slicer_module.conftest import MODULE
from Testing.slicer_module.events import block, iteration, opened
from Testing.slicer_module.fake_engine import FakeEngine

SMALL, LARGE, GLAND = block(slice(15, 20), slice(15, 20)), block(slice(5, 35), slice(5, 45)), block(slice(10, 25), slice(12, 30))
REPORT = {"format": 1, "summary": {}, "slices": [{"index": 2}, {"index": 3}, {"index": 4}], "provenance": {"seed": 0}}
RUN = [
    iteration(2, 0, SMALL, GLAND, 0.3),
    iteration(3, 0, LARGE, GLAND, 0.4),
    iteration(4, 0, SMALL, GLAND, 0.2),
    iteration(2, 1, GLAND, GLAND, 0.97, "accepted"),
    iteration(3, 1, SMALL, GLAND, 0.35, "stopped"),
    iteration(4, 1, LARGE, GLAND, 0.6, "stopped"),
]


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def widget(scene, engine, monkeypatch) -> Iterator[object]:
    """The module's widget, open, on an empty scene."""
    from Testing.standins.application import register_module

    register_module("HermesSegment", MODULE / "HermesSegment.py")
    import HermesSegment

    monkeypatch.setattr(HermesSegment.HermesSegmentLogic, "make_engine", lambda self: engine)
    parent = slicer.qMRMLWidget()
    parent.setLayout(qt.QVBoxLayout())
    made = HermesSegment.HermesSegmentWidget(parent)
    made.setup()
    made.enter()
    parent.resize(460, 1000)
    parent.show()
    yield made
    made.exit()
    made.cleanup()
    parent.close()


@pytest.fixture
def panel(widget, volume):
    widget.panel.parameters.volume = volume
    return widget.panel


def click(button) -> None:
    assert button.enabled, button.text
    qt.QTest.mouseClick(button, qt.Qt.LeftButton)


def play(panel, engine, messages=None, end=None) -> None:
    engine.say(opened((2, 3, 4)), *(RUN if messages is None else messages), *([Finished(REPORT)] if end is None else [end]))
    drain(panel, engine)


def drain(panel, engine) -> None:
    """Turns of the timer until all that was said is in the scene; a turn may take one message only."""
    while engine.waiting or not panel.control.settled:
        panel.control.tick()


@pytest.fixture
def reviewed(panel, engine):
    """A finished run."""
    click(panel.ui.runButton)
    play(panel, engine)
    return panel


def test_without_a_volume_nothing_can_be_run(widget):
    assert not widget.panel.ui.runButton.enabled
    assert "volume" in widget.panel.ui.runButton.toolTip


def test_what_is_chosen_reaches_the_engine_and_stays_with_the_scene(panel, engine, tmp_path):
    ui = panel.ui
    ui.modelCombo.currentIndex = 1
    ui.promptCombo.currentIndex = 2
    ui.thresholdSlider.value = 0.8
    ui.seedSpin.value = 7
    ui.scopeCombo.currentIndex = 2
    ui.firstSliceSpin.value, ui.lastSliceSpin.value = 3, 5
    click(ui.runButton)
    (request,) = engine.requests
    assert (request.model, request.prompt, request.settings.threshold, request.settings.seed) == (
        "scribbleprompt",
        "clicks",
        0.8,
        7,
    )
    assert request.slices == (2, 5)
    path = str(tmp_path / "scene.mrb")
    slicer.util.saveScene(path)
    slicer.mrmlScene.Clear(0)
    slicer.util.loadScene(path)
    assert ui.thresholdSlider.value == 0.8 and ui.seedSpin.value == 7 and ui.modelCombo.currentIndex == 1


def test_the_engine_is_given_the_volume_as_it_is(panel, engine):
    import SimpleITK

    click(panel.ui.runButton)
    image = SimpleITK.ReadImage(str(engine.requests[0].image))
    volume = panel.parameters.volume
    assert np.array_equal(SimpleITK.GetArrayFromImage(image), slicer.util.arrayFromVolume(volume))
    corner = np.array([*image.TransformIndexToPhysicalPoint((49, 39, 5)), 1.0]) * [-1, -1, 1, 1]
    import vtk

    matrix = vtk.vtkMatrix4x4()
    volume.GetIJKToRASMatrix(matrix)
    assert np.allclose(matrix.MultiplyPoint([49, 39, 5, 1]), corner, atol=1e-3)
    assert volume.GetStorageNode() is None or not volume.GetStorageNode().GetFileName()


def test_prompts_that_a_model_does_not_take_are_greyed_with_the_reason(panel):
    items = panel.ui.promptCombo.model()
    assert [items.item(row).isEnabled() for row in range(3)] == [True, False, False]
    assert "MedSAM takes no scribbles" in panel.ui.promptNote.text
    panel.ui.modelCombo.currentIndex = 2
    assert panel.parameters.prompt == "clicks"
    assert "patented" in panel.ui.promptNote.text


def test_iterations_appear_while_the_run_goes_on(panel, engine):
    click(panel.ui.runButton)
    assert panel.ui.runButton.text == "Cancel"
    engine.say(opened((2, 3, 4)), *RUN[:4])
    drain(panel, engine)
    run = panel.control.run
    assert np.array_equal(voxels_of(run.get("mask"), ORGAN, run.volume)[2], GLAND)
    line = panel.ui.statusLabel.text
    assert line.startswith("Slice 2 of 3, iteration 1, pDSC 0.97") and "left" in line


def test_a_finished_run_is_ready_for_review_worst_first(reviewed):
    ui = reviewed.ui
    assert ui.runButton.text == "Run"
    assert ui.statusLabel.text == "Done: 1 accepted, 2 below the threshold, 0 without the organ, 0 failed"
    assert [ui.sliceTable.item(row, 0).text() for row in range(3)] == ["4", "5", "3"]
    assert reviewed.review.slice_index == 3
    assert ui.iterationLabel.text == "0 of 1, pDSC 0.40 (best)"


def test_accept_takes_what_is_shown_and_undo_takes_it_back(reviewed):
    review = reviewed.review
    click(reviewed.ui.acceptButton)
    assert np.array_equal(review.result_mask(3), LARGE) and review.current.decision == "accepted"
    click(reviewed.ui.undoButton)
    assert not review.result_mask(3).any() and review.current.decision == ""
    assert not reviewed.ui.undoButton.enabled
    reviewed.ui.iterationSlider.value = 1
    click(reviewed.ui.acceptButton)
    assert np.array_equal(review.result_mask(3), SMALL)


def test_accepting_all_takes_the_best_of_each_and_keeps_what_was_decided(reviewed):
    click(reviewed.ui.rejectButton)
    click(reviewed.ui.acceptAllButton)
    review = reviewed.review
    assert np.array_equal(review.result_mask(2), GLAND)
    assert not review.result_mask(3).any()
    assert np.array_equal(review.result_mask(4), LARGE)


def test_keys_work_while_the_module_is_open_and_only_then(reviewed, widget):
    window = widget.panel._shortcuts[0].parent()
    press = lambda key: (qt.QTest.keyClick(window, key), slicer.app.processEvents())  # noqa: E731
    window.activateWindow()
    slicer.app.processEvents()
    press("n")
    assert reviewed.review.slice_index == 4
    press("a")
    assert reviewed.review.current.decision == "accepted"
    widget.exit()
    press("u")
    assert reviewed.review.current.decision == "accepted"
    widget.enter()
    press("u")
    assert reviewed.review.current.decision == ""


def test_no_key_is_taken_from_the_slice_views_or_the_segment_editor():
    from HermesSegmentLib.shortcuts import SHORTCUTS

    keys = [key for key, _method, _what in SHORTCUTS]
    assert len(set(keys)) == len(keys)
    assert not set(keys) & set("bfrgtv[]{}" + "qwzyi 0123456789")


def test_clicking_a_cell_of_the_strip_goes_to_that_slice(reviewed):
    strip = reviewed.ui.sliceStrip
    place = strip.visualItemRect(strip.item(0, 0)).center()
    qt.QTest.mouseClick(strip.viewport(), qt.Qt.LeftButton, qt.Qt.NoModifier, place)
    assert reviewed.review.slice_index == 2


def test_the_prompt_is_drawn_where_it_was(reviewed):
    roi = slicer.util.getNodesByClass("vtkMRMLMarkupsROINode")[0]
    centre, size = [0.0] * 3, roi.GetSize()
    roi.GetCenter(centre)
    frame = reviewed.review.run.frame
    # Box(5, 6, 30, 28): pixel edges, its middle between the centres of pixels 4.5..29.5 and 5.5..27.5.
    assert np.allclose(centre, frame.to_ras(3, np.array(16.5), np.array(17.0)), atol=1e-4)
    assert np.allclose(size[:2], [25 * 0.7, 22 * 0.7], atol=1e-4)


def test_prompt_table_and_plot_lie_in_the_runs_folder(reviewed):
    tree = slicer.mrmlScene.GetSubjectHierarchyNode()
    run = reviewed.review.run
    folder = tree.GetItemParent(tree.GetItemByDataNode(run.get("mask")))
    roi = slicer.util.getNodesByClass("vtkMRMLMarkupsROINode")[0]
    for node in (roi, run.get("chart"), run.get("chart-table"), run.get("result")):
        assert tree.GetItemParent(tree.GetItemByDataNode(node)) == folder, node.GetName()
    assert tree.GetItemName(folder) == "HERMES Prostate 1"


def test_the_plot_holds_the_slice_under_review(reviewed):
    table = reviewed.review.run.get("chart-table").GetTable()
    column = table.GetColumnByName("pDSC")
    assert [column.GetValue(row) for row in range(2)] == pytest.approx([0.4, 0.35])
    assert table.GetColumnByName("threshold").GetValue(0) == pytest.approx(0.9)


def test_running_again_goes_on_from_the_mask_in_the_result(reviewed, engine):
    click(reviewed.ui.acceptButton)
    click(reviewed.ui.fromMaskButton)
    request = engine.requests[-1]
    assert request.slices == (3, 4)
    import SimpleITK

    assert np.array_equal(SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(request.init)))[3] > 0, LARGE)
    play(reviewed, engine, [iteration(3, 0, LARGE, GLAND, 0.4), iteration(3, 1, GLAND, GLAND, 0.96, "accepted")])
    one = reviewed.review.run.record.slices[3]
    assert len(one.iterations) == 4 and one.best == 3 and one.status == "accepted"
    assert np.array_equal(reviewed.review.run.mask(3, 3), GLAND)
    from HermesSegmentLib.export import report

    told = report(reviewed.review)
    entry = next(entry for entry in told["slices"] if entry["index"] == 3)
    # The report is that of the slice as it is now, not of the first run.
    assert (entry["status"], entry["best"], len(entry["iterations"])) == ("accepted", 3, 4)
    assert told["summary"]["accepted"] == 2 and told["summary"]["stopped"] == 1


def test_a_box_that_was_moved_is_the_prompt_of_the_next_run(reviewed, engine):
    roi = slicer.util.getNodesByClass("vtkMRMLMarkupsROINode")[0]
    click(reviewed.ui.fromPromptButton)
    unmoved = json.loads(engine.requests[-1].first_prompt.read_text(encoding="utf-8"))
    assert unmoved == {"kind": "box", "xyxy": pytest.approx((5, 6, 30, 28), abs=1e-3)}
    play(reviewed, engine, [iteration(3, 0, LARGE, GLAND, 0.4, "stopped")])
    roi = slicer.util.getNodesByClass("vtkMRMLMarkupsROINode")[0]
    frame = reviewed.review.run.frame
    step = frame.to_ras(3, np.array(2.0), np.array(4.0)) - frame.to_ras(3, np.array(0.0), np.array(0.0))
    centre = [0.0] * 3
    roi.GetCenter(centre)
    roi.SetCenter(*(centre + step))
    click(reviewed.ui.fromPromptButton)
    moved = json.loads(engine.requests[-1].first_prompt.read_text(encoding="utf-8"))
    assert moved["xyxy"] == pytest.approx((9, 8, 34, 30), abs=1e-3)
    assert engine.requests[-1].command[-2:] == ("--first-prompt", "prompt.json")
    assert engine.requests[-1].slices == (3, 4)


@pytest.mark.parametrize("kind", ["clicks", "scribbles"])
def test_clicks_and_scribbles_are_read_back_as_they_were_drawn(reviewed, kind):
    from HermesLib.prompts.files import prompt_to_plain
    from HermesLib.prompts.types import Clicks, Scribbles
    from HermesSegmentLib.prompt_markups import read_prompt, show_prompt

    run = reviewed.review.run
    if kind == "clicks":
        drawn = Clicks(np.array([[12, 10], [29, 24]]), np.array([[40, 3]]))
    else:
        positive, negative = np.zeros((2, 40, 50), bool)
        positive[12, 14:28], positive[20:24, 33], negative[35, 5:40] = True, True, True
        drawn = Scribbles(positive, negative)
    show_prompt(run.node, prompt_to_plain(drawn), run.frame, 3)
    back = read_prompt(run.node, run.frame)
    assert back.kind == kind
    if kind == "clicks":
        assert np.array_equal(back.positive, drawn.positive) and np.array_equal(back.negative, drawn.negative)
    else:
        for sign in ("positive", "negative"):
            there, here = getattr(back, sign), getattr(drawn, sign)
            assert not (there & ~here).any()
            # A line drawn every third pixel may end two pixels early.
            assert (here & ~there).sum() <= 2 * (2 if sign == "positive" else 1)


def test_exports_hold_only_accepted_slices_on_the_volumes_grid(reviewed, tmp_path):
    import SimpleITK

    from HermesSegmentLib import export

    click(reviewed.ui.acceptAllButton)
    reviewed.reviewing.look_at(4)
    click(reviewed.ui.rejectButton)
    click(reviewed.ui.exportNodeButton)
    node = slicer.util.getNode("Prostate segmentation")
    expected = np.zeros((6, 40, 50), bool)
    expected[2], expected[3] = GLAND, LARGE
    assert np.array_equal(voxels_of(node, node.GetSegmentation().GetNthSegmentID(0), reviewed.review.run.volume), expected)
    for name in ("out.seg.nrrd", "out.nii.gz"):
        export.to_file(reviewed.review, tmp_path / name)
        image = SimpleITK.ReadImage(str(tmp_path / name))
        assert np.array_equal(SimpleITK.GetArrayFromImage(image) > 0, expected), name
    (found, table) = export.write_report(reviewed.review, tmp_path / "report.json")
    report = json.loads(found.read_text())
    assert [entry["review"]["decision"] for entry in report["slices"]] == ["accepted", "accepted", "rejected"]
    assert len(table.read_text().splitlines()) == 4


def test_exporting_to_an_existing_segmentation_leaves_what_it_holds(reviewed):
    from HermesSegmentLib.labelmaps import ijk_to_ras, put_labelmap

    own = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "mine")
    own.CreateDefaultDisplayNodes()
    own.SetReferenceImageGeometryParameterFromVolumeNode(reviewed.review.run.volume)
    own.GetSegmentation().AddEmptySegment("bladder", "Bladder")
    bladder = np.zeros((6, 40, 50), np.uint8)
    bladder[:, 12:20, 12:20] = 1
    put_labelmap(own, "bladder", bladder, ijk_to_ras(reviewed.review.run.volume))
    click(reviewed.ui.acceptAllButton)
    reviewed.ui.targetSelector.setCurrentNode(own)
    click(reviewed.ui.exportNodeButton)
    assert np.array_equal(voxels_of(own, "bladder", reviewed.review.run.volume), bladder > 0)
    assert own.GetSegmentation().GetNumberOfSegments() == 2
    assert voxels_of(own, own.GetSegmentation().GetNthSegmentID(1), reviewed.review.run.volume)[2].sum() == GLAND.sum()


def test_a_failed_run_says_why_and_keeps_what_was_finished(panel, engine):
    click(panel.ui.runButton)
    play(panel, engine, RUN[:4], Failed("the engine was killed, most likely because memory ran out", None))
    assert "memory" in panel.ui.statusLabel.text
    assert panel.review.run.record.slices[2].status == "accepted"
    assert panel.review.run.record.slices[3].status == "stopped"
    click(panel.ui.runButton)
    play(panel, engine)
    assert panel.ui.statusLabel.text.startswith("Done")


def test_cancelling_keeps_finished_iterations(panel, engine):
    click(panel.ui.runButton)
    engine.say(opened((2, 3, 4)), *RUN[:4])
    drain(panel, engine)
    click(panel.ui.runButton)
    drain(panel, engine)
    assert panel.ui.runButton.text == "Run" and panel.ui.statusLabel.text.startswith("Cancelled")
    assert len(panel.review.run.record.slices[2].iterations) == 2


def test_deleting_the_volume_in_mid_run_ends_it_and_the_next_run_works(panel, engine, volume):
    click(panel.ui.runButton)
    engine.say(opened((2, 3, 4)), *RUN[:2])
    drain(panel, engine)
    copy = slicer.modules.volumes.logic().CloneVolume(volume, "copy")
    slicer.mrmlScene.RemoveNode(volume)
    engine.say(*RUN[2:])
    drain(panel, engine)
    assert engine.state == "idle" and "deleted" in panel.ui.statusLabel.text
    panel.parameters.volume = copy
    click(panel.ui.runButton)
    play(panel, engine)
    assert panel.ui.statusLabel.text.startswith("Done")


def test_closing_the_scene_in_mid_run_ends_it_and_writes_into_no_other_scene(panel, engine):
    click(panel.ui.runButton)
    engine.say(opened((2, 3, 4)), *RUN[:2])
    drain(panel, engine)
    slicer.mrmlScene.Clear(0)
    engine.say(*RUN[2:])
    drain(panel, engine)
    assert engine.state == "idle"
    assert not slicer.util.getNodesByClass("vtkMRMLSegmentationNode")
    assert not panel.ui.runButton.enabled


def test_switching_the_volume_in_mid_run_changes_nothing_about_the_run(panel, engine, volume):
    click(panel.ui.runButton)
    other = slicer.modules.volumes.logic().CloneVolume(volume, "other")
    panel.parameters.volume = other
    play(panel, engine)
    assert panel.review.run.volume is volume
    assert np.array_equal(
        voxels_of(panel.review.run.get("mask"), ORGAN, volume)[2], panel.review.run.mask(2, panel.review.run.shown)
    )


def test_a_loaded_scene_can_be_reviewed_on(reviewed, tmp_path):
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
    assert len(RunScene.all()) == 1


def test_the_state_line_says_what_the_engine_runs_on(panel, engine):
    engine.say(Ready("NVIDIA H100", 11 * 2**30))
    drain(panel, engine)
    assert panel.ui.stateLabel.text == "Ready: CUDA, 11 GB free (NVIDIA H100)"
    engine.say(Ready("CPU", None))
    drain(panel, engine)
    assert panel.ui.stateLabel.text == "Ready: CPU"


def test_dicom_seg_is_offered_only_for_dicom_and_says_why_not(reviewed):
    click(reviewed.ui.acceptButton)
    assert not reviewed.ui.exportDicomButton.enabled
    assert "not loaded from DICOM" in reviewed.ui.exportNote.text
    reviewed.review.run.volume.SetAttribute("DICOM.instanceUIDs", "1.2.3")
    reviewed.refresh()
    assert not reviewed.ui.exportDicomButton.enabled
    assert "QuantitativeReporting" in reviewed.ui.exportDicomButton.toolTip


def test_imported_weights_can_be_chosen_and_reach_the_engine(widget, volume, engine, monkeypatch, tmp_path):
    (tmp_path / "medsam_vit_b.pth").write_bytes(b"weights")
    monkeypatch.setenv("HERMES_CACHE", str(tmp_path))
    panel = widget.panel
    panel.parameters.volume = volume
    panel.setup.refresh()
    combo = panel.ui.weightsCombo
    assert [combo.itemText(row) for row in range(combo.count)] == ["Small, bundled (research)", "medsam_vit_b.pth"]
    combo.currentIndex = 1
    click(panel.ui.runButton)
    assert engine.requests[0].weights == "medsam_vit_b.pth"
    assert "--weights" in engine.requests[0].command


def test_moving_slicers_own_sequence_browser_moves_the_panel(reviewed):
    assert reviewed.ui.iterationSlider.value == 0
    reviewed.review.run.get("browser").SetSelectedItemNumber(1)
    assert reviewed.ui.iterationSlider.value == 1
    assert reviewed.ui.iterationLabel.text == "1 of 1, pDSC 0.35"
    run = reviewed.review.run
    assert np.array_equal(voxels_of(run.get("previous"), ORGAN, run.volume)[3], LARGE)


def test_what_was_painted_in_the_segment_editor_is_exported_with_the_rest(reviewed, tmp_path):
    import SimpleITK

    from HermesSegmentLib import export

    click(reviewed.ui.editButton)
    run = reviewed.review.run
    assert reviewed.review.current.decision == "edited"
    # As effects of the Segment Editor do: the segment gets another labelmap, cropped to what it holds.
    painted = voxels_of(run.get("result"), ORGAN, run.volume).astype(np.uint8)
    painted[3, 30:35, 40:48] = 1
    slicer.util.updateSegmentBinaryLabelmapFromArray(painted, run.get("result"), ORGAN, run.volume)
    click(reviewed.ui.acceptAllButton)
    export.to_file(reviewed.review, tmp_path / "out.nii.gz")
    exported = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(tmp_path / "out.nii.gz"))) > 0
    assert np.array_equal(exported[3], painted[3] > 0)
    assert np.array_equal(exported[2], GLAND) and np.array_equal(exported[4], LARGE)


def test_reloading_the_module_in_mid_run_ends_the_run_and_the_new_panel_works(widget, panel, engine, volume):
    click(panel.ui.runButton)
    engine.say(opened((2, 3, 4)), *RUN[:2])
    drain(panel, engine)
    widget.exit()
    widget.cleanup()
    assert engine.closed
    widget.setup()
    widget.enter()
    fresh = widget.panel
    assert fresh is not panel and fresh.parameters.volume is volume
    click(fresh.ui.runButton)
    play(fresh, engine)
    assert fresh.ui.statusLabel.text.startswith("Done")


def test_deleting_a_result_node_in_mid_run_ends_the_run(panel, engine):
    click(panel.ui.runButton)
    engine.say(opened((2, 3, 4)), *RUN[:2])
    drain(panel, engine)
    slicer.mrmlScene.RemoveNode(panel.control.run.get("mask"))
    engine.say(*RUN[2:])
    drain(panel, engine)
    assert engine.state == "idle" and "deleted" in panel.ui.statusLabel.text
