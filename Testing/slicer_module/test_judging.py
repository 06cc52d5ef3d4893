"""Masks made elsewhere: judge, look, correct, accept; no promptable model is needed."""

import numpy as np
import pytest
import SimpleITK
import slicer

from HermesLib.engine.messages import Finished
from HermesLib.runs.request import AssessRequest
from HermesSegmentLib.labelmaps import ijk_to_ras, put_labelmap, take_grid
from Testing.slicer_module.driving import GLAND, LARGE, REPORT, click, drain
from Testing.slicer_module.events import iteration, opened


@pytest.fixture
def masks(volume):
    """A segmentation with two organs on the volume's own grid."""
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "TotalSegmentator")
    node.CreateDefaultDisplayNodes()
    take_grid(node, volume)
    for name, block in (("liver", LARGE), ("prostate", GLAND)):
        voxels = np.zeros((6, 40, 50), np.uint8)
        voxels[2:4] = block
        node.GetSegmentation().AddEmptySegment(name, name)
        put_labelmap(node, name, voxels, ijk_to_ras(volume))
    return node


def choose(panel, node, part: str) -> None:
    click(panel.ui.judgeToggle)
    panel.ui.judgeSelector.setCurrentNode(node)
    combo = panel.ui.judgePartCombo
    names = [combo.itemText(row) for row in range(combo.count)]
    combo.currentIndex = next(row for row, name in enumerate(names) if part in name)
    panel.refresh()


def judged_voxels(engine) -> np.ndarray:
    """What the engine was asked to judge."""
    request = engine.requests[-1]
    assert isinstance(request, AssessRequest)
    voxels: np.ndarray = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(request.mask)))
    return voxels


def answer(panel, engine) -> None:
    """One judgement a slice, as ``hermes assess`` gives it."""
    engine.say(
        opened((2, 3)),
        iteration(2, 0, GLAND, GLAND, 0.95, "accepted"),
        iteration(3, 0, GLAND, LARGE, 0.4, "stopped"),
        Finished({**REPORT, "slices": [{"index": index, "marks": []} for index in (2, 3)]}),
    )
    drain(panel, engine)


def test_a_segment_is_judged_looked_at_corrected_and_accepted(panel, engine, masks):
    choose(panel, masks, "prostate")
    click(panel.ui.judgeButton)
    expected = np.zeros((6, 40, 50), np.uint8)
    expected[2:4] = GLAND
    assert np.array_equal(judged_voxels(engine), expected)
    answer(panel, engine)
    record = panel.review.run.record
    assert record.request["model"] is None
    assert record.request["command"][:4] == ["hermes", "assess", "image.nrrd", "mask.nrrd"]
    # The worst slice first, with the expected outline beside the mask.
    assert panel.review.slice_index == 3
    assert np.array_equal(panel.review.run.pgt(3, 0), LARGE)
    click(panel.ui.acceptAllButton)
    panel.review.begin_edit()
    panel.review.run.frame.axes.view(panel.review.run.result_voxels())[3] = LARGE
    panel.review.end_edit()
    accepted = panel.review.accepted_voxels()
    assert np.array_equal(accepted[2] > 0, GLAND) and np.array_equal(accepted[3] > 0, LARGE)
    # The mask itself stays as it was.
    assert masks.GetSegmentation().GetNumberOfSegments() == 2


def test_a_value_of_a_label_map_is_judged(panel, engine, volume):
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode", "labels")
    voxels = np.zeros((6, 40, 50), np.int16)
    voxels[2], voxels[3] = 5 * GLAND, 7 * LARGE
    slicer.util.updateVolumeFromArray(node, voxels)
    node.CopyOrientation(volume)
    choose(panel, node, "7")
    click(panel.ui.judgeButton)
    assert np.array_equal(judged_voxels(engine), voxels == 7)


def test_a_mask_on_another_grid_is_resampled_and_the_panel_says_so(panel, engine, volume):
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode", "coarse")
    voxels = np.zeros((6, 20, 25), np.int16)
    voxels[2:4, 5:12, 6:15] = 1
    slicer.util.updateVolumeFromArray(node, voxels)
    coarse = ijk_to_ras(volume) @ np.diag([2.0, 2.0, 1.0, 1.0])
    node.SetIJKToRASMatrix(slicer.util.vtkMatrixFromArray(coarse))
    choose(panel, node, "1")
    click(panel.ui.judgeButton)
    found = judged_voxels(engine)
    assert abs(int(found.sum()) / (4 * voxels.sum()) - 1) < 0.2
    answer(panel, engine)
    assert "resampled" in panel.ui.statusLabel.text
    assert "mask-resampled" in [notice["kind"] for notice in panel.review.run.record.notices]


def test_a_mask_elsewhere_in_space_is_refused_and_leaves_nothing(panel, engine, masks):
    from HermesSegmentLib.run_creation import run_record_nodes

    away = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "away")
    matrix = np.eye(4)
    matrix[0, 3] = 900
    away.SetMatrixTransformToParent(slicer.util.vtkMatrixFromArray(matrix))
    masks.SetAndObserveTransformNodeID(away.GetID())
    choose(panel, masks, "prostate")
    with pytest.raises(RuntimeError, match="prostate has no voxel in T2"):
        panel.judge()
    assert engine.requests == [] and run_record_nodes() == []


def test_a_file_with_masks_is_loaded_and_chosen(panel, engine, masks, tmp_path, monkeypatch):
    path = str(tmp_path / "colleague.seg.nrrd")
    slicer.util.saveNode(masks, path)
    slicer.mrmlScene.RemoveNode(masks)
    monkeypatch.setattr("qt.QFileDialog.getOpenFileName", lambda *_: (path, ""))
    click(panel.ui.judgeToggle)
    assert "choose a mask first" in panel.ui.judgeButton.toolTip
    click(panel.ui.judgeFileButton)
    panel.refresh()
    names = [panel.ui.judgePartCombo.itemText(row) for row in range(2)]
    assert names == ["liver", "prostate"] and panel.ui.judgeButton.enabled


def test_a_folder_of_images_and_one_of_masks_are_judged_in_pairs(panel, queue_engine, tmp_path):
    from Testing.slicer_module.queue_driving import cell, click_row, finish, shown
    from Testing.slicer_module.queue_engine import gland

    images, masks = tmp_path / "images", tmp_path / "masks"
    for folder in (images, masks):
        folder.mkdir()
    random = np.random.default_rng(0)
    for name in ("a", "b"):
        voxels = random.integers(0, 99, (6, 40, 50)).astype(np.int16)
        SimpleITK.WriteImage(SimpleITK.GetImageFromArray(voxels), str(images / f"{name}_0000.nrrd"))
    mask = np.zeros((6, 40, 50), np.uint8)
    mask[2:4], mask[5, :3, :3] = 2 * gland((40, 50)), 1
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(mask), str(masks / "a.nii.gz"))
    ui = panel.ui
    ui.queueSourceCombo.currentIndex = 1
    ui.queueFolderEdit.text, ui.queueMasksEdit.text = str(images), str(masks)
    ui.queueOrganEdit.text = "2"
    panel.refresh()
    click(ui.queueRunButton)
    finish(panel)
    assert shown(panel) == ["b_0000", "a_0000"]
    assert "no mask named b_0000" in cell(panel, "b_0000", 1)
    assert queue_engine.requests[0].labels == (2,)
    click_row(panel, "a_0000")
    assert np.array_equal(panel.review.run.mask(3, 0), gland((40, 50)))
    assert panel.review.run.record.request["model"] is None
