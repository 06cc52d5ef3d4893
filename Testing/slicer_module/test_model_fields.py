"""What models need besides weights and prompts, and the model that an organ starts with."""

import pytest
import slicer

from HermesLib.cli.main import build_parser
from HermesLib.cli.refine import loop_fields
from HermesLib.models.nninteractive.address import DEFAULT
from HermesLib.models.registry import MODELS
from HermesLib.presets.organs import organ_preset
from HermesLib.prompts.registry import kind_title
from HermesSegmentLib.steering import SCENE, choice_title
from Testing.slicer_module.driving import click, drain
from Testing.slicer_module.test_steering import choose, segmentation


@pytest.fixture
def ui(panel):
    panel.ui.inputsSection.collapsed = False
    return panel.ui


def as_command(request):
    """What the equivalent command line asks for."""
    return build_parser().parse_args([*request.command[1:], "-o", "out"])


def cancel(panel, engine) -> None:
    panel.control.cancel()
    drain(panel, engine)
    panel.ui.inputsSection.collapsed = False


def shown(ui) -> dict[str, bool]:
    names = ("serverEdit", "labelServer", "examplesRow", "labelExamples", "weightsCombo")
    return {name: not getattr(ui, name).isHidden() for name in names}


def test_the_server_is_asked_for_where_the_model_runs_on_one(panel, ui, engine):
    assert shown(ui) == {
        "serverEdit": False,
        "labelServer": False,
        "examplesRow": False,
        "labelExamples": False,
        "weightsCombo": True,
    }
    panel.parameters.weights = "mine.safetensors"
    choose(ui.modelCombo, MODELS["nninteractive"].title)
    visible = shown(ui)
    assert visible["serverEdit"] and visible["labelServer"] and not visible["weightsCombo"]
    assert ui.serverEdit.placeholderText == DEFAULT
    click(ui.runButton)
    (request,) = engine.requests
    # The weights are where the server runs.
    assert (request.server, request.weights) == (None, "bundled")
    cancel(panel, engine)
    ui.serverEdit.text = "gpu.example.org"
    assert "The server's address cannot be used" in ui.runButton.toolTip
    assert not ui.runButton.enabled and not ui.queueRunButton.enabled
    ui.serverEdit.text = " https://gpu.example.org:1527 "
    click(ui.runButton)
    request = engine.requests[-1]
    assert request.server == "https://gpu.example.org:1527"
    assert as_command(request).server == request.server
    cancel(panel, engine)
    # It is not sent to a model without one.
    choose(ui.modelCombo, MODELS["medsam"].title)
    click(ui.runButton)
    assert engine.requests[-1].server is None and not shown(ui)["serverEdit"]


def test_a_model_without_bundled_weights_asks_for_its_file(panel, ui, engine):
    assert ui.weightsCombo.currentIndex == 0 and ui.weightsCombo.model().item(0).isEnabled()
    choose(ui.modelCombo, MODELS["sam"].title)
    assert ui.weightsCombo.currentIndex == -1 and not ui.weightsCombo.model().item(0).isEnabled()
    assert "no bundled weights: import its weight file" in ui.runButton.toolTip
    assert not ui.runButton.enabled and not ui.queueRunButton.enabled
    panel.parameters.weights = "sam_vit_b.pth"
    panel.refresh()
    click(ui.runButton)
    assert engine.requests[-1].weights == "sam_vit_b.pth"


def test_a_folder_of_examples_is_offered_to_models_that_take_them(panel, ui, engine, tmp_path):
    choose(ui.modelCombo, MODELS["multiverseg"].title)
    panel.parameters.weights = "mine.pt"
    assert panel.parameters.prompt == "examples"
    assert shown(ui)["examplesRow"] and shown(ui)["labelExamples"]
    ui.examplesEdit.text = str(tmp_path / "cases")
    assert "folder with examples is not there" in ui.runButton.toolTip
    (tmp_path / "cases").mkdir()
    panel.refresh()
    click(ui.runButton)
    (request,) = engine.requests
    assert request.examples == as_command(request).examples == tmp_path / "cases"
    assert loop_fields(as_command(request))["examples"] == request.examples
    cancel(panel, engine)
    choose(ui.modelCombo, MODELS["scribbleprompt"].title)
    click(ui.runButton)
    assert engine.requests[-1].examples is None and not shown(ui)["examplesRow"]


def test_an_organ_starts_with_the_model_of_the_command_line(panel, ui, engine):
    assert panel.parameters.model == "scribbleprompt"
    panel.parameters.guide = SCENE
    ui.guideSelector.setCurrentNode(segmentation(panel.parameters.volume, liver=slice(10, 25)))
    choose(ui.presetCombo, "Liver")
    assert panel.parameters.model == organ_preset("liver", "CT").model == "medsam"
    assert ui.modelCombo.currentText == MODELS["medsam"].title
    assert panel.parameters.prompt == "box" and "repeat its errors" not in ui.guideNote.text
    click(ui.runButton)
    assert (engine.requests[0].model, engine.requests[0].prompt) == ("medsam", "box")
    cancel(panel, engine)
    choose(ui.presetCombo, choice_title("prostate-t2"))
    assert (panel.parameters.model, panel.parameters.prompt) == ("scribbleprompt", "scribbles")


@pytest.mark.parametrize("choice", ["model", "prompt", "weights"])
def test_what_the_user_has_chosen_stays_whatever_the_organ(panel, ui, choice, tmp_path):
    if choice == "model":
        choose(ui.modelCombo, MODELS["mideepseg"].title)
    elif choice == "prompt":
        choose(ui.promptCombo, kind_title("clicks"))
    else:
        panel.parameters.weights = "mine.safetensors"
    before = [getattr(panel.parameters, name) for name in ("model", "prompt", "weights")]
    path = str(tmp_path / "scene.mrb")
    for title in ("Liver", choice_title("prostate-t2"), choice_title("organ:kidney")):
        choose(ui.presetCombo, title)
        after = [getattr(panel.parameters, name) for name in ("model", "prompt", "weights")]
        assert after == before, title
    # In another session, too.
    slicer.util.saveScene(path)
    slicer.mrmlScene.Clear(0)
    choose(ui.presetCombo, "Liver")
    assert panel.parameters.model == "medsam", "a new scene starts without a choice"
    slicer.util.loadScene(path)
    choose(ui.presetCombo, choice_title("spleen-ct"))
    after = [getattr(panel.parameters, name) for name in ("model", "prompt", "weights")]
    assert after == before
