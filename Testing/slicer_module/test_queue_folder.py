"""A folder of volumes: nothing of it fills the scene, and what is accepted is exported."""

import csv
import json

import numpy as np
import pytest
import SimpleITK
import slicer

from HermesLib.cohorts.row import State
from HermesSegmentLib import slice_views
from Testing.slicer_module.driving import click
from Testing.slicer_module.queue_driving import (
    ACCEPTED,
    STATE,
    cell,
    click_row,
    finish,
    run_folder,
    shown,
    work_off,
)


@pytest.fixture
def folder(tmp_path):
    """Three images, one of which cannot be read."""
    path = tmp_path / "images"
    path.mkdir()
    random = np.random.default_rng(0)
    for number, name in enumerate(("a.nii.gz", "b.nrrd")):
        image = SimpleITK.GetImageFromArray(random.integers(0, 99, (6, 40, 50)).astype(np.int16))
        image.SetSpacing((0.7, 0.7, 3.0))
        image.SetOrigin((5.0, -20.0 * number, 7.0))
        image.SetDirection((0.8, 0.6, 0, -0.6, 0.8, 0, 0, 0, 1))
        SimpleITK.WriteImage(image, str(path / name))
    (path / "broken.nii.gz").write_bytes(b"no image")
    return path


def test_a_failed_volume_says_why_and_stops_no_other(panel, queue_engine, folder):
    run_folder(panel, folder)
    assert shown(panel) == ["broken", "b", "a"]
    assert "failed: broken.nii.gz cannot be read" in cell(panel, "broken", STATE)
    click_row(panel, "broken")
    assert "cannot be read as an image" in panel.ui.queueNote.text
    # The image is there now.
    (folder / "a.nii.gz").rename(folder / "broken.nii.gz")
    click(panel.ui.queueCancelButton)
    finish(panel)
    assert panel.queue.rows["broken"].state is State.FINISHED


def test_a_volume_of_a_folder_lies_where_slicer_itself_would_load_it(panel, queue_engine, folder):
    run_folder(panel, folder)
    for name, file in (("a", "a.nii.gz"), ("b", "b.nrrd")):
        click_row(panel, name)
        volume = panel.review.run.volume
        own = slicer.util.loadVolume(str(folder / file))
        matrices = [slicer.util.arrayFromVTKMatrix(_matrix(node)) for node in (volume, own)]
        assert np.allclose(*matrices, atol=1e-4)
        assert np.array_equal(*(slicer.util.arrayFromVolume(node) for node in (volume, own)))
        slicer.mrmlScene.RemoveNode(own)
    volumes = [node.GetName() for node in slice_views.image_volumes()]
    assert volumes == ["T2", "b"], "the volume before has left the scene"


def _matrix(node):
    import vtk

    matrix = vtk.vtkMatrix4x4()
    node.GetIJKToRASMatrix(matrix)
    return matrix


def test_an_image_that_has_changed_is_not_shown_with_the_old_result(panel, queue_engine, folder):
    run_folder(panel, folder)
    (folder / "a.nii.gz").write_bytes((folder / "b.nrrd").read_bytes())
    before = slicer.mrmlScene.GetNumberOfNodes()
    with pytest.raises(Exception, match=r"a\.nii\.gz") as refused:
        panel.queue.open_volume.open(
            "a",
            panel.queue.queue.cohort.folder("a"),
            folder / "a.nii.gz",
            None,
        )
    assert "\n" not in str(refused.value)
    assert slicer.mrmlScene.GetNumberOfNodes() == before and panel.queue.open_volume.name is None


def test_accepted_masks_of_all_volumes_are_exported_with_a_table(
    panel, queue_engine, folder, tmp_path, monkeypatch
):
    run_folder(panel, folder)
    assert "accept slices first" in panel.ui.queueExportButton.toolTip
    click_row(panel, "b")
    click(panel.ui.acceptButton)
    click(panel.ui.queueAcceptButton)
    while panel.queue._accepting.busy:
        panel.queue._accepting.turn()
    target = tmp_path / "accepted"
    monkeypatch.setattr("qt.QFileDialog.getExistingDirectory", lambda *_: str(target))
    click(panel.ui.queueExportButton)
    assert sorted(path.name for path in target.iterdir()) == [
        "a.nii.gz",
        "accepted.csv",
        "b.nii.gz",
    ]
    # Of the one that was opened the slice below the threshold, too; its neighbour at the end.
    for name, slices in (("a", [2]), ("b", [2, 3])):
        image = SimpleITK.ReadImage(str(target / f"{name}.nii.gz"))
        voxels = SimpleITK.GetArrayFromImage(image)
        assert np.flatnonzero(voxels.any((1, 2))).tolist() == slices
        original = SimpleITK.ReadImage(
            str(next(path for path in folder.iterdir() if path.name.startswith(f"{name}.")))
        )
        assert np.allclose(image.GetOrigin(), original.GetOrigin(), atol=1e-4)
        assert np.allclose(image.GetDirection(), original.GetDirection(), atol=1e-4)
    with open(target / "accepted.csv", encoding="utf-8") as stream:
        rows = {row["name"]: row for row in csv.DictReader(stream)}
    assert rows["broken"]["state"] == "failed" and rows["broken"]["file"] == ""
    assert (rows["a"]["accepted_slices"], rows["a"]["slices_to_look_at"]) == ("1", "1")


def test_results_of_the_command_are_shown_without_a_run(panel, queue_engine, folder):
    run_folder(panel, folder)
    click_row(panel, "a")
    click(panel.ui.acceptButton)
    asked = len(queue_engine.requests)
    # Another threshold would be another run; what is there is shown all the same.
    panel.parameters.threshold = 0.7
    click(panel.ui.queueShowButton)
    assert len(queue_engine.requests) == asked and not panel.queue.control.running
    assert panel.queue.rows["a"].state is State.FINISHED and cell(panel, "a", ACCEPTED) == "1"
    click_row(panel, "a")
    assert panel.review.run.record.threshold == 0.9


def test_decisions_are_kept_when_the_scene_closes_and_void_when_a_volume_is_run_anew(
    panel, queue_engine, folder
):
    run_folder(panel, folder)
    click_row(panel, "a")
    click(panel.ui.acceptButton)
    results = panel.queue.queue.cohort.folder("a")
    slicer.mrmlScene.Clear(0)
    assert (
        json.loads((results / "review.json").read_text(encoding="utf-8"))["slices"][1]["decision"]
        == "accepted"
    )
    panel.parameters.threshold = 0.7
    panel.refresh()
    work_off(panel)
    assert cell(panel, "a", ACCEPTED) == "0", "decisions on other masks"
    assert (results / "earlier-review.json").is_file() and not (results / "review.json").exists()


def test_a_queue_that_cannot_start_says_what_is_missing(panel, queue_engine, tmp_path):
    panel.ui.queueSourceCombo.currentIndex = 1
    panel.refresh()
    assert "choose a folder with images" in panel.ui.queueRunButton.toolTip
    assert not panel.ui.queueRunButton.enabled
