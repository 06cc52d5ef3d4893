"""A run on the panel: what it shows while it runs, and everything that can end it."""

import json

import numpy as np
import slicer

from HermesLib.engine.messages import AtWork, Failed, FellBack, Finished, Ready
from HermesLib.notices import Notice
from HermesSegmentLib.labelmaps import voxels_of
from HermesSegmentLib.review_report import write_report
from HermesSegmentLib.run_creation import ORGAN
from HermesSegmentLib.run_record import RunRecord
from HermesSegmentLib.slice_frame import frame_of
from HermesSegmentLib.slice_views import show_slice
from Testing.slicer_module.driving import GLAND, REPORT, RUN, click, drain, play
from Testing.slicer_module.events import opened


def test_iterations_appear_during_the_run(panel, engine):
    click(panel.ui.runButton)
    assert panel.ui.runButton.text == "Cancel"
    engine.say(opened((2, 3, 4)), *RUN[:4])
    drain(panel, engine)
    run = panel.control.run
    assert np.array_equal(voxels_of(run.get("mask"), ORGAN, run.volume)[2], GLAND)
    line = panel.ui.statusLabel.text
    assert (
        line.startswith("1 of 3 slices done; slice 3: try 2, estimated quality 0.97")
        and "left" in line
    )


def test_until_the_model_has_read_the_first_slice_the_panel_says_what_it_waits_for(panel, engine):
    click(panel.ui.runButton)
    engine.say(opened((2, 3, 4)))
    drain(panel, engine)
    assert panel.ui.statusLabel.text == "3 slices; the model reads the first one..."


def test_the_slice_in_view_is_segmented_first(panel, engine):
    frame = frame_of(panel.parameters.volume)
    show_slice(panel.parameters.volume, frame, 4)
    click(panel.ui.runButton)
    (request,) = engine.requests
    assert request.start_slice == 4
    assert "--start-slice 5" in " ".join(request.command)


def test_what_a_guides_program_does_is_shown_until_the_run_is_open(panel, engine):
    click(panel.ui.runButton)
    engine.say(AtWork("TotalSegmentator: 40 % <b>done</b>"))
    drain(panel, engine)
    assert panel.ui.statusLabel.text == "TotalSegmentator: 40 % <b>done</b>"
    engine.say(FellBack("memory ran out"), opened((2, 3, 4)))
    drain(panel, engine)
    assert "TotalSegmentator" not in panel.ui.statusLabel.text
    play(panel, engine)
    assert "TotalSegmentator" not in panel.ui.statusLabel.text


def test_a_failed_run_gives_the_reason_and_keeps_finished_slices(panel, engine):
    click(panel.ui.runButton)
    play(
        panel,
        engine,
        RUN[:4],
        Failed("the engine was killed, most likely because memory ran out", None),
    )
    assert "memory" in panel.ui.statusLabel.text
    assert panel.review.run.record.slices[2].status == "accepted"
    assert panel.review.run.record.slices[3].status == "stopped"
    click(panel.ui.runButton)
    play(panel, engine)
    assert panel.ui.statusLabel.text.startswith("Done")


def test_a_run_that_starts_again_for_want_of_memory_shows_the_new_try_and_says_so(panel, engine):
    click(panel.ui.runButton)
    engine.say(opened((2, 3, 4)), *RUN[:4], FellBack("memory ran out; one slice at a time"))
    drain(panel, engine)
    assert "memory ran out" in panel.ui.statusLabel.text
    play(panel, engine)
    record = panel.review.run.record
    assert [len(record.slices[index].iterations) for index in (2, 3, 4)] == [2, 2, 2]
    assert np.array_equal(panel.review.run.mask(2, 1), GLAND) and panel.review.run.count == 2
    line = panel.ui.statusLabel.text
    assert line.startswith("Done: ") and line.endswith("memory ran out; one slice at a time")


def test_slices_that_were_finished_before_memory_ran_out_are_kept_with_their_decisions(
    panel, engine
):
    click(panel.ui.runButton)
    engine.say(opened((2, 3, 4)), *RUN[:4])
    drain(panel, engine)
    panel.reviewing.look_at(2)
    click(panel.ui.acceptButton)
    engine.say(FellBack("memory ran out", (2,)), opened((2, 3, 4)))
    drain(panel, engine)
    run = panel.control.run
    assert run.record.slices[2].status == "accepted" and run.record.slices[2].accepted
    assert np.array_equal(run.mask(2, 1), GLAND)
    # Nothing is left of the slices that start again.
    assert [run.record.slices[index].iterations for index in (3, 4)] == [[], []]
    assert not run.mask(3, 0).any() and not run.mask(4, 0).any()
    assert not voxels_of(run.get("mask"), ORGAN, run.volume)[[3, 4]].any()
    others = [step for step in RUN if step.slice_index != 2]
    engine.say(others[0], others[2])
    drain(panel, engine)
    assert panel.ui.statusLabel.text.startswith("2 of 3 slices done")
    engine.say(others[1], others[3], Finished(REPORT))
    drain(panel, engine)
    record = panel.review.run.record
    assert {index: len(entry.iterations) for index, entry in record.slices.items()} == {
        2: 2,
        3: 2,
        4: 2,
    }
    assert panel.ui.sliceTable.rowCount == 3 and run.count == 2
    # The sequence holds each slice's own tries.
    for number in range(2):
        item = run.get("mask-sequence").GetNthDataNode(number)
        masks = voxels_of(item, ORGAN, run.volume)
        for step in RUN:
            if step.index == number:
                assert np.array_equal(masks[step.slice_index], step.mask)
    assert run.get("mask-sequence").GetNumberOfDataNodes() == 2
    assert panel.ui.statusLabel.text.endswith("memory ran out")


def test_a_notice_of_the_engine_stands_in_the_panels_line_the_scene_and_the_report(
    panel, engine, tmp_path
):
    said = Notice("mask-resampled", "the mask is on another grid than the image")
    click(panel.ui.runButton)
    engine.say(opened((2, 3, 4)), said, *RUN[:4])
    drain(panel, engine)
    assert said.message in panel.ui.statusLabel.text
    # An engine that had to start again says it again.
    engine.say(FellBack("memory ran out"), opened((2, 3, 4)), said)
    play(panel, engine)
    line = panel.ui.statusLabel.text
    assert line.startswith("Done: ") and line.count(said.message) == 1
    record = panel.review.run.record
    assert RunRecord.from_json(record.to_json()).notices == [vars(said)]
    written, _ = write_report(panel.review, tmp_path / "report.json")
    assert json.loads(written.read_text(encoding="utf-8"))["notices"] == [vars(said)]


def test_the_panel_shows_how_far_a_long_call_of_the_model_is(panel, engine):
    click(panel.ui.runButton)
    engine.say(opened((2, 3, 4)), AtWork("7 of 60 slices propagated"))
    drain(panel, engine)
    assert panel.ui.statusLabel.text == "7 of 60 slices propagated"
    engine.say(*RUN[:4])
    drain(panel, engine)
    assert panel.ui.statusLabel.text.startswith("1 of 3 slices done")
    engine.say(AtWork("1 of 60 slices propagated"), FellBack("memory ran out"))
    drain(panel, engine)
    assert "propagated" not in panel.ui.statusLabel.text


def test_no_engine_is_started_before_the_first_run_and_the_setup_does_not_claim_so(panel, engine):
    assert engine.requests == [] and panel.ui.stateLabel.text == "Ready"
    click(panel.ui.runButton)
    assert panel.ui.stateLabel.text == "The engine is starting..."
    engine.say(Ready("CPU", None))
    play(panel, engine)
    assert panel.ui.stateLabel.text == "Ready: CPU"


def test_an_engine_that_dies_while_it_loads_ends_the_run_with_its_last_line(panel, engine):
    click(panel.ui.runButton)
    engine.say(Failed("the engine stopped unexpectedly (exit code 1): no monai", None))
    drain(panel, engine)
    assert "no monai" in panel.ui.statusLabel.text and panel.ui.runButton.text == "Run"
    assert panel.ui.stateLabel.text != "The engine is starting..."


def test_cancelling_keeps_finished_iterations(panel, engine):
    click(panel.ui.runButton)
    engine.say(opened((2, 3, 4)), *RUN[:4])
    drain(panel, engine)
    click(panel.ui.runButton)
    drain(panel, engine)
    assert panel.ui.runButton.text == "Run" and panel.ui.statusLabel.text.startswith("Cancelled")
    assert len(panel.review.run.record.slices[2].iterations) == 2


def test_deleting_the_volume_during_a_run_ends_it_and_the_next_run_works(panel, engine, volume):
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


def test_deleting_a_result_node_during_a_run_ends_it(panel, engine):
    click(panel.ui.runButton)
    engine.say(opened((2, 3, 4)), *RUN[:2])
    drain(panel, engine)
    slicer.mrmlScene.RemoveNode(panel.control.run.get("mask"))
    engine.say(*RUN[2:])
    drain(panel, engine)
    assert engine.state == "idle" and "deleted" in panel.ui.statusLabel.text


def test_closing_the_scene_ends_the_run_and_nothing_is_written_into_the_next_scene(panel, engine):
    click(panel.ui.runButton)
    engine.say(opened((2, 3, 4)), *RUN[:2])
    drain(panel, engine)
    slicer.mrmlScene.Clear(0)
    engine.say(*RUN[2:])
    drain(panel, engine)
    assert engine.state == "idle"
    assert not slicer.util.getNodesByClass("vtkMRMLSegmentationNode")
    assert not panel.ui.runButton.enabled


def test_switching_the_volume_during_a_run_does_not_change_the_run(panel, engine, volume):
    click(panel.ui.runButton)
    other = slicer.modules.volumes.logic().CloneVolume(volume, "other")
    panel.parameters.volume = other
    play(panel, engine)
    assert panel.review.run.volume is volume
    assert np.array_equal(
        voxels_of(panel.review.run.get("mask"), ORGAN, volume)[2],
        panel.review.run.mask(2, panel.review.run.selected),
    )


def test_reloading_the_module_ends_the_run_and_the_new_panel_works(widget, panel, engine, volume):
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


def test_after_a_reload_the_keys_of_the_new_panel_act_and_the_old_ones_are_gone(
    widget, reviewed, monkeypatch
):
    # Slicer does not call enter after a reload, though the user sees the module.
    monkeypatch.setattr(slicer.util, "selectedModule", lambda: "HermesSegment", raising=False)
    old = list(reviewed._shortcuts._shortcuts)
    widget.cleanup()
    assert reviewed._shortcuts._shortcuts == [] and old
    widget.setup()
    assert all(shortcut.enabled for shortcut in widget.panel._shortcuts._shortcuts)
