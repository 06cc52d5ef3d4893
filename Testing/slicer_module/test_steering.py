"""Organ, guide and judge among the inputs: what the engine is asked for, and what is refused."""

from pathlib import Path

import numpy as np
import pytest
import SimpleITK
import slicer

from HermesLib.cli.guide_options import guide_fields
from HermesLib.cli.main import build_parser
from HermesLib.guides.registry import GUIDES, GuideEntry
from HermesLib.judges.registry import JUDGES, JudgeEntry
from HermesSegmentLib.labelmaps import ijk_to_ras, put_labelmap
from HermesSegmentLib.run_starts import start_segmenting
from HermesSegmentLib.steering import OWN, SCENE, organ_choices
from Testing.slicer_module.driving import click, play


def choose(combo, title: str) -> None:
    titles = [combo.itemText(row) for row in range(combo.count)]
    combo.currentIndex = titles.index(title)


def segmentation(volume, name: str = "Elsewhere", **blocks: slice):
    """A segmentation with a block of voxels in each of its segments."""
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", name)
    i, j, k = volume.GetImageData().GetDimensions()
    for segment, rows in blocks.items():
        voxels = np.zeros((k, j, i), np.uint8)
        voxels[2:4, rows, 12:30] = 1
        node.GetSegmentation().AddEmptySegment(segment, segment)
        put_labelmap(node, segment, voxels, ijk_to_ras(volume))
    return node


@pytest.fixture
def ui(panel):
    panel.ui.inputsSection.collapsed = False
    return panel.ui


def command_fields(request) -> dict:
    """What the equivalent command line asks for."""
    arguments = build_parser().parse_args([*request.command[1:], "-o", "out"])
    return guide_fields(arguments)


def test_a_segment_guides_a_run_on_an_organ_without_a_quality_control(panel, ui, engine):
    choose(ui.presetCombo, "Liver")
    assert not ui.runButton.enabled
    assert "Liver has no quality control of its own: choose a guide" in ui.runButton.toolTip
    assert "Liver (SCT 10200004)" in ui.terminologyLabel.text
    choose(ui.guideCombo, "A segment of the scene")
    assert "Choose the segmentation that guides" in ui.runButton.toolTip
    node = segmentation(panel.parameters.volume, spleen=slice(2, 8), liver=slice(10, 25))
    ui.guideSelector.setCurrentNode(node)
    choose(ui.guideSegmentCombo, "liver")
    click(ui.runButton)
    (request,) = engine.requests
    assert (request.organ, request.modality, request.judge) == ("liver", None, None)
    guide = SimpleITK.ReadImage(request.guide)
    image = SimpleITK.ReadImage(str(request.image))
    assert guide.GetDirection() == pytest.approx(image.GetDirection())
    assert guide.GetOrigin() == pytest.approx(image.GetOrigin())
    array = SimpleITK.GetArrayFromImage(guide)
    assert array[2:4, 10:25, 12:30].all() and array.sum() == 2 * 15 * 18
    assert command_fields(request)["guide"] == "guide.nrrd"
    assert command_fields(request)["organ"] == "liver"
    assert panel.control.run.record.organ["meaning"] == "Liver"
    assert panel.control.run.record.request["preset"] == "liver-ct"
    play(panel, engine)
    click(ui.fromMaskButton)
    again = SimpleITK.ReadImage(engine.requests[1].guide)
    assert np.array_equal(array, SimpleITK.GetArrayFromImage(again))


def test_organ_guide_and_judge_are_stored_with_the_scene(panel, ui, tmp_path):
    node = segmentation(panel.parameters.volume, spleen=slice(2, 8), liver=slice(10, 25))
    choose(ui.presetCombo, "Liver")
    choose(ui.modalityCombo, "MR")
    choose(ui.guideCombo, "A segment of the scene")
    ui.guideSelector.setCurrentNode(node)
    choose(ui.guideSegmentCombo, "liver")
    choose(ui.judgeByCombo, JUDGES["reprompt"].title)
    ui.calibrationEdit.text = "calibration.json"
    path = str(tmp_path / "scene.mrb")
    slicer.util.saveScene(path)
    slicer.mrmlScene.Clear(0)
    assert panel.parameters.guide == OWN
    slicer.util.loadScene(path)
    assert ui.presetCombo.currentText == "Liver" and ui.modalityCombo.currentText == "MR"
    assert ui.guideSegmentCombo.currentText == "liver"
    assert ui.judgeByCombo.currentText == JUDGES["reprompt"].title
    assert ui.calibrationEdit.text == "calibration.json"
    assert "The calibration of the judge is not there" in ui.runButton.toolTip


def test_a_file_guides_a_run_and_must_be_there(panel, ui, engine, tmp_path):
    choose(ui.guideCombo, GUIDES["file"].title)
    assert "Choose the guide's mask or probability map" in ui.runButton.toolTip
    ui.guidePathEdit.text = str(tmp_path / "liver.nii.gz")
    assert "is not there" in ui.runButton.toolTip and not ui.runButton.enabled
    (tmp_path / "liver.nii.gz").write_bytes(b"mask")
    ui.guidePathEdit.text = f" {tmp_path / 'liver.nii.gz'} "
    click(ui.runButton)
    (request,) = engine.requests
    assert request.guide == f"file:{tmp_path / 'liver.nii.gz'}"
    given = command_fields(request)
    assert (given["guide"], given["preset"]) == (request.guide, "prostate-t2")


def test_lists_follow_the_registries_and_terms_are_shown_where_a_guide_is_chosen(
    panel, ui, engine, monkeypatch, tmp_path
):
    titles = [ui.guideCombo.itemText(row) for row in range(ui.guideCombo.count)]
    assert titles[2:] == [entry.title for entry in GUIDES.values()]
    titles = [ui.judgeByCombo.itemText(row) for row in range(ui.judgeByCombo.count)]
    assert titles[1:] == [entry.title for entry in JUDGES.values()]
    program = GuideEntry(
        name="file",
        title="A network",
        draw="",
        licence="CC BY-NC 4.0 <non-commercial>",
        weights="the package of its authors",
        page="https://example.org/net",
        path="optional",
        path_title="output folder",
        program="net.py",
        notice="It sends statistics.",
    )
    monkeypatch.setitem(GUIDES, "file", program)
    panel.parameters.guide = "file"
    note = ui.guideNote.text
    for words in ("the package of its authors", "&lt;non-commercial&gt;", "It sends statistics."):
        assert words in note
    assert "https://example.org/net" in note and "no estimate of the true quality" in note
    assert "a box leaves the outline to the image" in note
    assert ui.guidePathEdit.placeholderText == "output folder"
    python = tmp_path / "python"
    ui.guidePythonEdit.text = str(python)
    click(ui.runButton)
    assert (engine.requests[0].guide, engine.requests[0].guide_python) == ("file", python)


def test_a_judge_that_needs_cases_or_weights_says_so(panel, ui, engine, monkeypatch, tmp_path):
    needy = JudgeEntry("agreement", "Compares", "", needs_references=True, needs_weights=True)
    monkeypatch.setitem(JUDGES, "agreement", needy)
    panel.parameters.judge = "agreement"
    assert "labelled cases" in ui.runButton.toolTip and not ui.runButton.enabled
    ui.referencesEdit.text = str(tmp_path)
    assert "weights of the judge" in ui.runButton.toolTip
    ui.judgeWeightsEdit.text = "judge.safetensors"
    click(ui.runButton)
    (request,) = engine.requests
    assert (request.references, request.judge_weights) == (tmp_path, "judge.safetensors")
    given = command_fields(request)
    assert (given["judge"], given["references"]) == ("agreement", tmp_path)


def test_the_own_quality_control_cannot_be_chosen_where_there_is_none(panel, ui):
    items = ui.guideCombo.model()
    assert items.item(0).isEnabled()
    choose(ui.presetCombo, "Liver")
    assert not items.item(0).isEnabled()


def test_a_guide_beside_the_volume_is_refused_and_nothing_is_left(panel, ui, engine):
    panel.parameters.guide = SCENE
    node = segmentation(panel.parameters.volume, liver=slice(10, 25))
    far = np.zeros((4, 4))
    far[:3, 3] = 5000
    put_labelmap(
        node,
        "liver",
        np.ones((2, 3, 3), np.uint8),
        ijk_to_ras(panel.parameters.volume) + far,
    )
    ui.guideSelector.setCurrentNode(node)
    with pytest.raises(RuntimeError, match="The guide liver has no voxel in T2"):
        start_segmenting(panel.parameters, panel.control, None)
    assert not engine.requests and panel.parameters.run is None


def test_every_organ_is_offered_once():
    assert "organ:liver" in organ_choices() and "organ:other" in organ_choices()
    assert len(set(organ_choices())) == len(organ_choices())


def test_no_file_named_like_a_program_is_taken_for_it(panel, ui, tmp_path: Path, engine):
    ui.guideCombo.currentIndex = 2
    path = tmp_path / "taps"
    path.write_bytes(b"mask")
    ui.guidePathEdit.text = str(path)
    click(ui.runButton)
    assert engine.requests[0].guide == f"file:{path}"


def test_a_judge_is_enough_to_judge_a_mask_and_asks_the_model_that_is_chosen(panel, ui, engine):
    click(ui.judgeToggle)
    node = segmentation(panel.parameters.volume, liver=slice(10, 25))
    ui.judgeSelector.setCurrentNode(node)
    choose(ui.presetCombo, "Liver")
    panel.refresh()
    assert "choose a guide or a judge" in ui.judgeButton.toolTip
    choose(ui.judgeByCombo, JUDGES["reprompt"].title)
    assert not ui.runButton.enabled
    click(ui.judgeButton)
    (request,) = engine.requests
    assert (request.organ, request.judge, request.guide) == ("liver", "reprompt", None)
    assert request.model == panel.parameters.model
    assert command_fields(request)["judge"] == "reprompt"
    assert request.command[request.command.index("--model") + 1] == request.model
