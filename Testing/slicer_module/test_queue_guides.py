"""Several volumes under guides: each has its own, in a folder or in the scene."""

import re

import numpy as np
import pytest
import SimpleITK
import slicer

from HermesLib.cli.cohort import _refining, _with_guides
from HermesLib.cli.main import build_parser
from HermesLib.cohorts.task import find_tasks
from HermesLib.guides.registry import GUIDES
from HermesSegmentLib.steering import SCENE
from Testing.slicer_module.driving import click, play
from Testing.slicer_module.queue_driving import STATE, cell, finish, run_folder, work_off
from Testing.slicer_module.test_steering import choose, segmentation


@pytest.fixture
def ui(panel):
    panel.ui.inputsSection.collapsed = False
    click(panel.ui.queueToggle)
    return panel.ui


@pytest.fixture
def folders(tmp_path):
    """Two images, and a guide of one of them as nnU-Net names it."""
    images, guides = tmp_path / "images", tmp_path / "guides"
    for path in (images, guides):
        path.mkdir()
    values = np.random.default_rng(0).integers(0, 99, (6, 40, 50)).astype(np.int16)
    for name in ("a_0000", "b"):
        SimpleITK.WriteImage(SimpleITK.GetImageFromArray(values), str(images / f"{name}.nii.gz"))
    mask = SimpleITK.GetImageFromArray((values > 50).astype(np.uint8))
    SimpleITK.WriteImage(mask, str(guides / "a.nii.gz"))
    return images, guides


def test_each_image_of_a_folder_has_the_guide_that_the_command_gives_it(
    panel, ui, queue_engine, folders
):
    images, guides = folders
    assert ui.queueGuidesRow.isHidden()
    choose(ui.presetCombo, "Liver")
    choose(ui.guideCombo, GUIDES["file"].title)
    ui.queueSourceCombo.currentIndex = 1
    ui.queueFolderEdit.text = str(images)
    panel.refresh()
    assert not ui.queueGuidesRow.isHidden() and not ui.labelQueueGuides.isHidden()
    assert "a folder with a guide for each image" in ui.queueRunButton.toolTip
    ui.queueGuidesEdit.text = str(guides)
    run_folder(panel, images)
    (request,) = queue_engine.requests
    # One image without a guide fails in its own row.
    assert "failed: no guide named b in guides" in cell(panel, "b", STATE)
    words = ["cohort", str(images), "-o", "out", "--organ", "liver", "--guides", str(guides)]
    arguments = build_parser().parse_args(words)
    task = next(task for task in find_tasks([images], guides=guides) if task.name == "a_0000")
    arguments.command = ()
    asked = _with_guides(_refining(arguments))(task)
    for name in ("image", "organ", "guide", "guide_labels", "preset", "judge"):
        assert getattr(request, name) == getattr(asked, name), name
    assert request.guide == str(guides / "a.nii.gz")


def test_labels_in_guides_of_a_folder_are_chosen_as_on_the_command_line(
    panel, ui, queue_engine, folders
):
    images, guides = folders
    (images / "b.nii.gz").unlink()
    choose(ui.guideCombo, GUIDES["file"].title)
    ui.queueGuidesEdit.text = str(guides)
    ui.queueOrganEdit.text = "1+2"
    run_folder(panel, images)
    assert queue_engine.requests[0].guide_labels == (1, 2)


@pytest.fixture
def volumes(panel):
    """The panel's volume and two others."""
    first = panel.parameters.volume
    nodes = [first]
    for name in ("second", "third"):
        node = slicer.util.addVolumeFromArray(slicer.util.arrayFromVolume(first) + 1, name=name)
        node.CopyOrientation(first)
        node.CreateDefaultDisplayNodes()
        nodes.append(node)
    return nodes


def test_each_volume_of_the_scene_has_its_own_segmentation(panel, ui, queue_engine, volumes):
    first, second, _third = volumes
    panel.parameters.guide = SCENE
    # By its reference volume, whatever its name; by its name, which Slicer had to number.
    made_on = segmentation(first, "Segmentation", spleen=slice(2, 8), liver=slice(10, 25))
    made_on.SetReferenceImageGeometryParameterFromVolumeNode(first)
    segmentation(second, "second_1", other=slice(5, 9), Liver=slice(12, 20))
    choose(ui.presetCombo, "Liver")
    written = []
    start = queue_engine.start

    def keep(request, output=None):
        written.append(SimpleITK.ReadImage(request.guide))
        start(request, output)

    queue_engine.start = keep
    work_off(panel)
    arrays = [SimpleITK.GetArrayFromImage(image) for image in written]
    assert [image.GetOrigin() for image in written] == [
        pytest.approx(written[0].GetOrigin()),
        pytest.approx(written[0].GetOrigin()),
    ]
    for array, rows in zip(arrays, (slice(10, 25), slice(12, 20)), strict=True):
        assert array[2:4, rows, 12:30].all() and array.sum() == array[2:4, rows, 12:30].size
    assert "no segmentation was made on third or named so" in cell(panel, "third", STATE)
    assert panel.queue.rows["T2"].notices[0] == "guided by liver of Segmentation"
    assert panel.queue.rows["second"].notices[0] == "guided by Liver of second_1"


def test_the_segment_chosen_in_the_inputs_names_that_of_every_volume(
    panel, ui, queue_engine, volumes
):
    for volume in volumes:
        node = segmentation(volume, volume.GetName(), tumour=slice(2, 8), edge=slice(10, 25))
    panel.parameters.guide = SCENE
    ui.guideSelector.setCurrentNode(node)
    choose(ui.guideSegmentCombo, "edge")
    work_off(panel)
    notices = [row.notices[0] for row in panel.queue.rows.values()]
    assert notices == [f"guided by edge of {volume.GetName()}" for volume in volumes]
    assert len(queue_engine.requests) == 3


@pytest.mark.parametrize(
    ("names", "segments", "words"),
    [
        (("T2", "T2"), {"a": slice(2, 8)}, r"several segmentations for T2 \(T2, T2\)"),
        (("T2",), {"a": slice(2, 8), "b": slice(9, 12)}, r"no segment of T2 is named .*\(a, b\)"),
        (("T2",), {}, "the segmentation T2 has no segment"),
        (("T2 old",), {"a": slice(2, 8)}, "no segmentation was made on T2"),
    ],
    ids=["several", "no segment of the name", "empty", "none"],
)
def test_what_is_not_clear_is_said_in_the_volumes_row(
    panel, ui, queue_engine, names, segments, words
):
    panel.parameters.guide = SCENE
    for name in names:
        segmentation(panel.parameters.volume, name, **segments)
    work_off(panel)
    row = panel.queue.rows["T2"]
    assert not queue_engine.requests and "\n" not in row.reason
    assert re.search(words, row.reason), row.reason


def test_the_results_of_runs_and_other_volumes_segmentations_guide_nothing(
    panel, ui, queue_engine, engine, volumes
):
    click(ui.runButton)
    play(panel, engine)
    panel.parameters.guide = SCENE
    # Numbered, but it is the name of another volume.
    volumes[2].SetName("second_1")
    segmentation(volumes[2], "second_1", a=slice(2, 8))
    work_off(panel)
    reasons = {name: row.reason for name, row in panel.queue.rows.items()}
    assert "no segmentation was made on T2" in reasons["T2"]
    assert "no segmentation was made on second " in reasons["second"]
    assert "guided by a of second_1" in reasons["second_1"]


def test_a_segmentation_that_is_deleted_meanwhile_fails_its_volume_alone(
    panel, ui, queue_engine, volumes
):
    nodes = [segmentation(volume, volume.GetName(), a=slice(2, 8)) for volume in volumes]
    panel.parameters.guide = SCENE
    queue_engine.held = True
    click(ui.queueRunButton)
    panel.queue.control.tick()
    slicer.mrmlScene.RemoveNode(nodes[1])
    # What is chosen for the next run changes nothing of this one.
    panel.parameters.guide = "own"
    queue_engine.held = False
    finish(panel)
    assert "no longer in the scene" in panel.queue.rows["second"].reason
    assert len(queue_engine.requests) == 2
    assert all(request.guide is not None for request in queue_engine.requests)


def test_guides_that_do_not_fit_the_source_are_said(panel, ui):
    panel.parameters.guide = SCENE
    ui.queueSourceCombo.currentIndex = 1
    ui.queueFolderEdit.text = "images"
    panel.refresh()
    assert "choose a mask or probability map" in ui.queueRunButton.toolTip
    panel.parameters.guide = "file"
    ui.queueSourceCombo.currentIndex = 0
    panel.refresh()
    assert "a file guides one volume" in ui.queueRunButton.toolTip
