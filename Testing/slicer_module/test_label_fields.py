"""Which labels are the organ, in a guide's file and in the masks of examples."""

from pathlib import Path

import numpy as np
import pytest
import SimpleITK
import slicer

from HermesLib.cli.guide_options import guide_fields
from HermesLib.cli.main import build_parser
from HermesLib.cli.refine import loop_fields
from HermesLib.errors import HermesError
from HermesLib.guides.registry import GUIDES
from HermesLib.models.registry import MODELS
from HermesSegmentLib.label_fields import labels_of, labels_text
from Testing.slicer_module.driving import click
from Testing.slicer_module.test_steering import choose


@pytest.fixture
def ui(panel):
    panel.ui.inputsSection.collapsed = False
    return panel.ui


@pytest.fixture
def label_map(tmp_path: Path) -> Path:
    """A file that holds three organs."""
    values = np.zeros((3, 6, 6), np.uint8)
    values[1, :2], values[1, 2:4], values[1, 4:] = 1, 2, 40
    path = tmp_path / "organs.nii.gz"
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(values), str(path))
    return path


def given(request):
    """The equivalent command line, read."""
    return build_parser().parse_args([*request.command[1:], "-o", "out"])


def test_the_labels_of_a_guide_are_listed_and_chosen(panel, ui, engine, label_map):
    assert ui.guideLabelsRow.isHidden()
    choose(ui.guideCombo, GUIDES["file"].title)
    assert not ui.guideLabelsRow.isHidden()
    assert ui.guideLabelsButton.isHidden(), "there is no file yet"
    ui.guidePathEdit.text = str(label_map)
    click(ui.guideLabelsButton)
    assert ui.guideLabelsEdit.placeholderText == "Found: 1, 2, 40"
    assert "1, 2, 40" in ui.guideLabelsEdit.toolTip
    ui.guideLabelsEdit.text = "liver"
    assert "must be a number" in ui.runButton.toolTip and not ui.runButton.enabled
    ui.guideLabelsEdit.text = " 1+40 "
    click(ui.runButton)
    (request,) = engine.requests
    assert request.guide_labels == (1, 40)
    assert guide_fields(given(request))["guide_labels"] == (1, 40)
    assert request.command[request.command.index("--guide-labels") + 1] == "1+40"


def test_what_another_file_held_is_forgotten(panel, ui, label_map, tmp_path):
    choose(ui.guideCombo, GUIDES["file"].title)
    ui.guidePathEdit.text = str(label_map)
    click(ui.guideLabelsButton)
    other = tmp_path / "other.nii.gz"
    other.write_bytes(b"no image")
    ui.guidePathEdit.text = str(other)
    assert ui.guideLabelsEdit.placeholderText == "The only one"
    with pytest.raises(HermesError, match="cannot be read as an image"):
        panel.inputs.steering.labels.list_labels()
    assert ui.guideLabelsEdit.placeholderText == "The only one"


def test_the_labels_of_examples_are_listed_and_chosen(panel, ui, engine, label_map, tmp_path):
    choose(ui.modelCombo, MODELS["universeg"].title)
    panel.parameters.weights = "universeg.pt"
    assert ui.exampleLabelsRow.isHidden(), "no examples are given"
    for name in ("images", "masks"):
        (tmp_path / "cases" / name).mkdir(parents=True)
        (tmp_path / "cases" / name / "a.nii.gz").write_bytes(label_map.read_bytes())
    ui.examplesEdit.text = str(tmp_path / "cases")
    assert not ui.exampleLabelsRow.isHidden()
    click(ui.exampleLabelsButton)
    assert ui.exampleLabelsEdit.placeholderText == "Found: 1, 2, 40"
    ui.exampleLabelsEdit.text = "2+"
    assert "must be a number" in ui.runButton.toolTip
    ui.exampleLabelsEdit.text = "all"
    click(ui.runButton)
    (request,) = engine.requests
    assert request.example_labels == ()
    assert loop_fields(given(request))["example_labels"] == ()


def test_labels_stay_with_the_scene_and_leave_other_guides_alone(
    panel, ui, engine, label_map, tmp_path
):
    choose(ui.guideCombo, GUIDES["file"].title)
    ui.guidePathEdit.text = str(label_map)
    ui.guideLabelsEdit.text = "40"
    path = str(tmp_path / "scene.mrb")
    slicer.util.saveScene(path)
    slicer.mrmlScene.Clear(0)
    assert ui.guideLabelsEdit.text == ""
    slicer.util.loadScene(path)
    assert ui.guideLabelsEdit.text == "40"
    choose(ui.guideCombo, "The organ's own quality control")
    click(ui.runButton)
    assert engine.requests[0].guide_labels is None
    assert "--guide-labels" not in engine.requests[0].command


@pytest.mark.parametrize("labels", [(3,), (1, 2), (-1, 4), ()])
def test_labels_are_written_as_they_are_read(labels):
    assert labels_of(labels_text(labels)) == labels


@pytest.mark.parametrize("text", ["", " ", "1+", "a", "1 + 2", "1.5"])
def test_no_other_text_names_labels(text):
    assert labels_of(text) is None
