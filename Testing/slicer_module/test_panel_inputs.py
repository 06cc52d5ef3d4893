"""The user's inputs, through the real .ui, and the requests that the engine gets."""

import numpy as np
import slicer

from HermesLib.cli.guide_options import DEFAULT_PRESET
from HermesLib.cli.main import build_parser
from HermesLib.engine.messages import Ready
from HermesLib.models.registry import MODELS
from HermesLib.presets.registry import load_preset
from HermesLib.prompts.settings import PromptSettings
from HermesLib.refinement.settings import RefinementSettings
from HermesLib.research.rivals.registry import bundled_rivals
from Testing.rivals_weights import needs_rivals
from Testing.slicer_module.driving import click, drain


def test_without_a_volume_nothing_can_be_run(widget):
    assert not widget.panel.ui.runButton.enabled
    assert "volume" in widget.panel.ui.runButton.toolTip


def test_inputs_reach_the_engine_and_are_saved_with_the_scene(panel, engine, tmp_path):
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
    assert (
        ui.thresholdSlider.value == 0.8
        and ui.seedSpin.value == 7
        and ui.modelCombo.currentIndex == 1
    )


def test_a_panel_that_nobody_changed_asks_for_what_hermes_refine_does(panel, engine):
    click(panel.ui.runButton)
    (request,) = engine.requests
    given = build_parser().parse_args(["refine", "image.nii.gz", "-o", "out"])
    names = ("threshold", "max_iterations", "patience", "seed", "keep", "pgt")
    for name in names:
        assert getattr(request.settings, name) == getattr(given, name), name
    assert request.settings.hopeless_patience == RefinementSettings.hopeless_patience
    assert request.prompting == PromptSettings(
        given.padding, given.keep_first_prompts, given.most_examples
    )
    preset = load_preset(given.preset or DEFAULT_PRESET)
    assert (request.preset, request.model) == (preset.name, given.model or preset.model)
    assert request.prompt == (given.prompt or MODELS[preset.model].prompt_kinds[0])
    for name in ("weights", "quality", "score", "samples", "steps", "slices", "init"):
        assert getattr(request, name) == getattr(given, name), name


def test_the_engine_gets_the_volume_unchanged(panel, engine):
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


def test_prompt_kinds_that_a_model_does_not_take_are_disabled_with_a_reason(panel):
    items = panel.ui.promptCombo.model()
    assert [items.item(row).isEnabled() for row in range(3)] == [True, True, True], (
        "ScribblePrompt takes all kinds"
    )
    panel.ui.modelCombo.currentIndex = 0
    assert [items.item(row).isEnabled() for row in range(3)] == [True, False, False]
    assert panel.parameters.prompt == "box"
    assert "MedSAM does not take scribbles" in panel.ui.promptNote.text
    panel.ui.modelCombo.currentIndex = 2
    assert panel.parameters.prompt == "clicks"
    assert "patented" in panel.ui.promptNote.text


def test_a_model_that_prefers_a_mixture_is_prompted_with_it(panel):
    models = list(MODELS)
    panel.ui.modelCombo.currentIndex = models.index("sam")
    assert panel.parameters.prompt == "box+clicks"
    assert panel.ui.promptCombo.currentText == "Box and clicks"
    assert panel.ui.paddingSpin.enabled
    panel.ui.modelCombo.currentIndex = models.index("medsam")
    assert panel.parameters.prompt == "box"
    row = panel.ui.promptCombo.findText("Box and clicks")
    assert not panel.ui.promptCombo.model().item(row).isEnabled()


def test_imported_weights_can_be_selected_and_reach_the_engine(
    widget, volume, engine, monkeypatch, tmp_path
):
    (tmp_path / "medsam_vit_b.pth").write_bytes(b"weights")
    monkeypatch.setenv("HERMES_CACHE", str(tmp_path))
    panel = widget.panel
    panel.parameters.volume = volume
    panel.setup.refresh()
    combo = panel.ui.weightsCombo
    assert [combo.itemText(row) for row in range(combo.count)] == [
        "Small, bundled (research)",
        "medsam_vit_b.pth",
    ]
    combo.currentIndex = 1
    click(panel.ui.runButton)
    assert engine.requests[0].weights == "medsam_vit_b.pth"
    assert "--weights" in engine.requests[0].command


@needs_rivals
def test_setup_lists_what_the_module_runs_and_no_rival_it_is_measured_against(panel):
    table = panel.ui.weightsTable
    titles = [table.item(row, 0).text() for row in range(table.rowCount)]
    assert {"MedSAM, small", "QC core, prostate in T2 MR", "QC core, spleen in CT"} <= {*titles}
    assert bundled_rivals(load_preset("prostate-t2")) and not [
        title for title in titles if "20" in title
    ]


def test_the_state_line_names_the_engines_device(panel, engine):
    engine.say(Ready("NVIDIA H100", 11 * 2**30))
    drain(panel, engine)
    assert panel.ui.stateLabel.text == "Ready: CUDA, 11 GB free (NVIDIA H100)"
    engine.say(Ready("CPU", None))
    drain(panel, engine)
    assert panel.ui.stateLabel.text == "Ready: CPU"


def test_a_scene_with_a_preset_that_is_not_installed_opens_with_the_default(widget, tmp_path):
    widget.panel.unbind()
    widget.logic.getParameterNode().SetParameter("preset", "liver-ct")
    slicer.util.saveScene(str(tmp_path / "scene.mrb"))
    slicer.mrmlScene.Clear(0)
    slicer.util.loadScene(str(tmp_path / "scene.mrb"))
    assert widget.panel.parameters.preset == "prostate-t2"
    assert "Prostate" in widget.panel.ui.terminologyLabel.text
