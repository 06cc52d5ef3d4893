"""Pictures of the inputs with a guide and a judge, in Slicer's light and dark style."""

import os
from pathlib import Path

import pytest

from HermesLib.judges.registry import JUDGES
from HermesSegmentLib.steering import SCENE
from Testing.slicer_module.test_screenshots import Camera
from Testing.slicer_module.test_steering import choose, segmentation
from Testing.standins.styles import PALETTES


@pytest.fixture
def camera(panel) -> Camera:
    folder = os.environ.get("HERMES_SCREENSHOTS")
    return Camera(panel, None if folder is None else Path(folder))


def test_the_inputs_with_a_guide_and_a_judge_in_both_styles(panel, camera):
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
    for name in ("guide", "judge"):
        light, dark = (camera.taken[f"panel-{name}-{style}"] for style in PALETTES)
        assert light.mean() > 150 > 100 > dark.mean(), name
