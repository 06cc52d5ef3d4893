"""Pictures of the inputs with a guide and a judge, in Slicer's light and dark style."""

from pathlib import Path

import numpy as np
import pytest
import SimpleITK

from HermesLib.guides.registry import GUIDES
from HermesLib.judges.registry import JUDGES
from HermesLib.models.registry import MODELS
from HermesSegmentLib.steering import SCENE
from Testing.slicer_module.driving import click
from Testing.slicer_module.test_screenshots import camera  # noqa: F401
from Testing.slicer_module.test_steering import choose, segmentation
from Testing.standins.styles import PALETTES


def test_inputs_with_guide_judge_and_labels_in_both_styles(panel, camera, tmp_path, monkeypatch):  # noqa: F811
    ui = panel.ui
    volume = panel.parameters.volume
    volume.SetName("CT abdomen")
    panel.parameters.guide = SCENE
    organs = {"spleen": slice(2, 8), "liver": slice(10, 25)}
    node = segmentation(volume, "TotalSegmentator", **organs)
    ui.guideSelector.setCurrentNode(node)
    choose(ui.presetCombo, "Liver")
    choose(ui.guideSegmentCombo, "liver")
    ui.setupSection.collapsed = True
    panel.refresh()
    assert ui.runButton.enabled, ui.runButton.toolTip
    camera.shoot("guide")
    choose(ui.guideCombo, "TotalSegmentator (CT and MR, some 100 structures)")
    choose(ui.judgeByCombo, JUDGES["registration"].title)
    panel.refresh()
    camera.shoot("judge")
    _choose_files_with_several_organs(ui, tmp_path, monkeypatch)
    weights = tmp_path / "imported" / "universeg_v1_nf64_ss64_STA.pt"
    weights.parent.mkdir()
    weights.touch()
    monkeypatch.setenv("HERMES_CACHE", str(weights.parent))
    panel.inputs.list_weights()
    panel.parameters.weights = weights.name
    panel.refresh()
    assert ui.runButton.enabled, ui.runButton.toolTip
    camera.shoot("labels")
    for name in ("guide", "judge", "labels"):
        light, dark = (camera.taken[f"panel-{name}-{style}"] for style in PALETTES)
        assert light.mean() > 150 > 100 > dark.mean(), name


def _choose_files_with_several_organs(ui, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A label map as the guide, and label maps as examples."""
    values = np.arange(8, dtype=np.uint8).reshape(2, 2, 2)
    for name in ("segmentations.nii.gz", "cases/images/a.nii.gz", "cases/masks/a.nii.gz"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        SimpleITK.WriteImage(SimpleITK.GetImageFromArray(values), str(folder / name))
    monkeypatch.chdir(folder)
    choose(ui.guideCombo, GUIDES["file"].title)
    ui.guidePathEdit.text = "segmentations.nii.gz"
    choose(ui.judgeByCombo, "As the guide or quality control")
    choose(ui.modelCombo, MODELS["universeg"].title)
    ui.examplesEdit.text = "cases"
    click(ui.guideLabelsButton)
    click(ui.exampleLabelsButton)
    ui.guideLabelsEdit.text = "5"
