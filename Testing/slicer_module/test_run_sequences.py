"""A run's iterations in Slicer's sequences and in saved scenes."""

# ruff: noqa: F401, F811  (the fixture run is imported)

import json
from dataclasses import replace

import numpy as np
import pytest
import slicer

from HermesLib.refinement.events import Spread, Status
from HermesSegmentLib.labelmaps import ijk_to_ras, put_labelmap, voxels_of
from HermesSegmentLib.review_display import try_text
from HermesSegmentLib.run_creation import ORGAN, run_record_nodes
from HermesSegmentLib.run_nodes import RunNodes
from HermesSegmentLib.run_record import RunRecord
from Testing.slicer_module.events import AXES, iteration, opened, record
from Testing.slicer_module.test_run_nodes import GLAND, LARGE, SMALL, begin, run, voxels
from Testing.slicer_module.test_slice_views import transform_of


def test_a_saved_scene_brings_the_run_back(run, tmp_path):
    run.record.slices[2].decision = "accepted"
    run.save()
    path = str(tmp_path / "review.mrb")
    assert slicer.util.saveScene(path)
    slicer.mrmlScene.Clear(0)
    slicer.util.loadScene(path)
    (node,) = run_record_nodes()
    again = RunNodes(node)
    assert again.count == 3
    assert (
        again.record.slices[2].decision == "accepted" and again.record.slices[3].status == "stopped"
    )
    assert again.record.slices[2].iterations[2].prompt["xyxy"] == [5, 6, 30, 28]
    again.show(1)
    visible = voxels(again, "mask")
    assert np.array_equal(visible[2], LARGE) and np.array_equal(visible[3], SMALL)
    assert np.array_equal(again.pgt(2, 1), GLAND)


def test_the_doubt_about_an_outline_is_there_after_the_scene_is_opened_again(volume, tmp_path):
    rows, columns = np.ogrid[:40, :50]
    far = (rows - 20) ** 2 + (columns - 25) ** 2
    sides = [far < 60, far < 200]
    run = begin(volume)
    last = iteration(2, 1, LARGE, GLAND, 0.95, "accepted")
    run.add(iteration(2, 0, SMALL, GLAND, 0.4))
    run.add(replace(last, spread=Spread(*sides)))
    run.record.close()
    run.save()
    plain = [side.to_plain() for side in run.record.slices[2].iterations[1].spread]
    assert len(json.dumps(plain)) < 500, "two outlines take little of the scene"
    path = str(tmp_path / "doubt.mrb")
    assert slicer.util.saveScene(path)
    slicer.mrmlScene.Clear(0)
    slicer.util.loadScene(path)
    again = RunNodes(run_record_nodes()[0])
    assert again.knows_doubt
    again.show(1)
    again.show_doubt(True)
    for segment, side in zip(("certain", "possible"), sides, strict=True):
        shown = voxels_of(again.get("doubt"), segment, again.volume)
        assert np.array_equal(shown[2], side) and not shown[3].any()
    again.show(0)
    assert not voxels_of(again.get("doubt"), "certain", again.volume).any()


def test_a_record_with_a_spread_of_another_size_is_refused(volume):
    run = begin(volume)
    nothing = np.zeros((3, 3), bool)
    step = iteration(2, 0, SMALL, GLAND, 0.4, "stopped")
    run.record.add(replace(step, spread=Spread(nothing, nothing)))
    with pytest.raises(ValueError, match="spread"):
        RunRecord.from_json(run.record.to_json())


def sequence_bytes(run: RunNodes) -> int:
    """The size of all voxels in the items of the run's sequences."""
    total = 0
    for role in ("mask-sequence", "pgt-sequence"):
        sequence = run.get(role)
        for number in range(sequence.GetNumberOfDataNodes()):
            segment = sequence.GetNthDataNode(number).GetSegmentation().GetSegment(ORGAN)
            image = segment.GetRepresentation("Binary labelmap")
            total += 0 if image is None else image.GetNumberOfPoints()
    return total


def test_the_scene_grows_with_the_slices_an_iteration_changed_not_with_the_volume(scene):
    volume = slicer.util.addVolumeFromArray(np.zeros((24, 128, 128), np.int16))
    run = RunNodes.create(volume, record())
    run.open((24, 128, 128), AXES, tuple(range(24)))
    mask = np.zeros((128, 128), bool)
    mask[30:50, 40:70] = True
    for slice_index in range(24):
        run.add(iteration(slice_index, 0, mask, mask, 0.5))
    run.show_latest()
    run.save()
    first = sequence_bytes(run)
    assert first == 2 * 24 * mask.sum()
    for index in range(1, 12):
        run.add(iteration(7, index, mask, mask, 0.5))
    run.show_latest()
    run.save()
    assert run.count == 12
    # One slice took 11 more iterations, each with a mask and a pGT.
    assert sequence_bytes(run) - first == 2 * 11 * mask.sum()
    assert np.array_equal(voxels(run, "mask")[3], mask)


def test_an_item_of_the_sequence_holds_the_slices_that_have_this_iteration(run):
    run.save()
    sequence = run.get("mask-sequence")
    for number, expected in enumerate([{2: SMALL, 3: LARGE}, {2: LARGE, 3: SMALL}, {2: GLAND}]):
        item = voxels_of(sequence.GetNthDataNode(number), ORGAN, run.volume)
        for index in range(6):
            assert np.array_equal(item[index], expected.get(index, np.zeros_like(SMALL)))


def test_scenes_of_earlier_versions_can_be_reviewed(run, tmp_path):
    # There every item held the whole volume: each slice's latest mask, as the views showed it.
    for role in ("mask", "pgt"):
        sequence = run.get(f"{role}-sequence")
        for number in range(run.count):
            whole = np.zeros((6, 40, 50), np.uint8)
            for index in (2, 3):
                whole[index] = getattr(run, role)(index, number)
            put_labelmap(sequence.GetNthDataNode(number), ORGAN, whole, ijk_to_ras(run.volume))
            # Items counted from 0.
            sequence.UpdateIndexValue(str(number + 1), str(number))
    run.save()
    values = json.loads(run.node.GetText())
    values["unfamiliar"] = values.pop("out_of_distribution") or []
    for entry in values["slices"]:
        entry["status"] = entry["status"] or "running"
        for step in entry["iterations"]:
            del step["present"]
    run.node.SetText(json.dumps(values))
    path = str(tmp_path / "earlier.mrb")
    assert slicer.util.saveScene(path)
    slicer.mrmlScene.Clear(0)
    slicer.util.loadScene(path)
    again = RunNodes(*run_record_nodes())
    assert again.count == 3 and again.record.slices[2].status is Status.ACCEPTED
    for item, (second, third) in enumerate([(SMALL, LARGE), (LARGE, SMALL), (GLAND, SMALL)]):
        again.show(item)
        visible = voxels(again, "mask")
        assert np.array_equal(visible[2], second) and np.array_equal(visible[3], third)
    again.add(iteration(2, 3, LARGE, GLAND, 0.5, "stopped"))
    again.save()
    again.show_latest()
    assert np.array_equal(voxels(again, "mask")[2], LARGE)


def test_slicers_sequence_browser_counts_tries_as_the_panel_does(run):
    sequence, browser = run.get("mask-sequence"), run.get("browser")
    values = [sequence.GetNthIndexValue(number) for number in range(run.count)]
    assert values == ["1", "2", "3"] and sequence.GetIndexName() == "try"
    for item in (0, 2):
        run.show(item)
        shown = sequence.GetNthIndexValue(browser.GetSelectedItemNumber())
        assert try_text(run.record.slices[2], item, "calibrated").startswith(f"{shown} of 3")


def test_a_run_without_any_mask_is_saved_and_loaded(volume, tmp_path):
    run = begin(volume)
    empty = np.zeros_like(SMALL)
    run.add(iteration(2, 0, empty, GLAND, 0.1))
    run.add(iteration(2, 1, empty, empty, 0.1, "stopped"))
    run.show_latest()
    run.save()
    path = str(tmp_path / "empty.mrb")
    assert slicer.util.saveScene(path)
    slicer.mrmlScene.Clear(0)
    slicer.util.loadScene(path)
    again = RunNodes(*run_record_nodes())
    assert again.count == 2 and not again.mask(2, 1).any()
    assert np.array_equal(again.pgt(2, 0), GLAND) and not again.pgt(2, 1).any()


def test_while_a_run_goes_on_the_sequences_have_an_empty_item_for_each_iteration(run):
    for role in ("mask-sequence", "pgt-sequence"):
        assert run.get(role).GetNumberOfDataNodes() == 3
    assert sequence_bytes(run) == 0 and not run.writer.done
    run.writer.write_part()
    assert sequence_bytes(run) > 0 and not run.writer.done
    run.save()
    assert run.writer.done


def test_a_run_that_starts_again_replaces_the_items_of_its_first_try(run, tmp_path):
    run.save()
    run.drop(dict.fromkeys(run.record.slices, 0))
    start = opened()
    run.open(start.shape, start.axes, start.slice_indices)
    run.add(iteration(4, 0, GLAND, GLAND, 0.97, "accepted"))
    run.show_latest()
    run.save()
    for number, expected in enumerate([{4: GLAND}, {}, {}]):
        node = run.get("mask-sequence").GetNthDataNode(number)
        item = voxels_of(node, ORGAN, run.volume)
        for index in range(6):
            assert np.array_equal(item[index], expected.get(index, np.zeros_like(SMALL)))
    assert not voxels(run, "mask")[[2, 3]].any()
    assert slicer.util.saveScene(str(tmp_path / "again.mrb"))


def test_a_saved_run_on_a_transformed_volume_comes_back_in_place(volume, tmp_path):
    transform_of(volume, 25, (4, 0, 9))
    run = begin(volume)
    run.add(iteration(2, 0, GLAND, LARGE, 0.5))
    run.add(iteration(2, 1, SMALL, GLAND, 0.9, "accepted"))
    run.show_latest()
    assert np.array_equal(voxels(run, "mask")[2], SMALL)
    run.save()
    path = str(tmp_path / "moved.mrb")
    assert slicer.util.saveScene(path)
    slicer.mrmlScene.Clear(0)
    slicer.util.loadScene(path)
    again = RunNodes(*run_record_nodes())
    assert np.array_equal(again.mask(2, 0), GLAND) and np.array_equal(again.pgt(2, 1), GLAND)
    again.show(0)
    assert np.array_equal(voxels(again, "mask")[2], GLAND)
