"""What a run leaves in the scene and in the lists of nodes: its result, and nothing that failed."""

import numpy as np
import pytest
import slicer

from HermesLib.engine.messages import Cancelled, Failed
from HermesSegmentLib.run_creation import run_record_nodes
from HermesSegmentLib.run_nodes import RunNodes
from Testing.slicer_module.driving import click, drain, play
from Testing.slicer_module.events import opened
from Testing.slicer_module.test_prompt_markups import kinds
from Testing.standins.slice_view import SliceView


def listed(selector) -> set[str]:
    """The names that a list of nodes offers."""
    return {node.GetName() for node in selector._nodes()}


def test_a_start_that_fails_leaves_no_node(panel, engine, monkeypatch):
    def refuse(request):
        raise RuntimeError("the engine cannot be started")

    before = kinds()
    monkeypatch.setattr(engine, "start", refuse)
    with pytest.raises(RuntimeError, match="cannot be started"):
        panel._start(None)
    assert kinds() == before and panel.parameters.run is None
    assert not panel.control.running


@pytest.mark.parametrize("end", [Failed("weights are missing", None), Cancelled(None)])
def test_a_run_that_ends_before_its_first_slice_leaves_no_node(panel, engine, end):
    before = kinds()
    click(panel.ui.runButton)
    engine.say(end)
    drain(panel, engine)
    assert kinds() == before and not run_record_nodes()
    if isinstance(end, Failed):
        assert "weights are missing" in panel.ui.statusLabel.text
    click(panel.ui.runButton)
    play(panel, engine)
    assert panel.ui.statusLabel.text.startswith("Done")


def test_a_removed_run_takes_all_its_nodes_with_it(panel, engine):
    before = kinds()
    click(panel.ui.runButton)
    play(panel, engine)
    click(panel.ui.acceptButton)
    run = panel.review.run
    panel.reviewing.open(None)
    run.remove()
    left = kinds() - before
    assert not left, left


def test_of_a_run_only_the_result_is_in_lists_of_segmentations(reviewed, tmp_path):
    result = reviewed.review.run.get("result").GetName()
    for selector in (reviewed.ui.initialSelector, reviewed.ui.targetSelector):
        assert listed(selector) == {result}
    reviewed.ui.iterationSlider.value = 0
    reviewed.review.run.save()
    path = str(tmp_path / "scene.mrb")
    slicer.util.saveScene(path)
    slicer.mrmlScene.Clear(0)
    slicer.util.loadScene(path)
    assert listed(reviewed.ui.initialSelector) == {result}
    # What is hidden is loaded all the same.
    run = RunNodes(*run_record_nodes())
    assert run.count == 2 and run.mask(2, 1).any()
    assert run.get("difference") is not None


def test_the_run_is_one_folder(reviewed):
    tree = slicer.mrmlScene.GetSubjectHierarchyNode()
    run = reviewed.review.run
    folder = tree.GetItemParent(tree.GetItemByDataNode(run.get("result")))
    for node in (run.node, run.get("mask"), run.get("chart")):
        assert tree.GetItemParent(tree.GetItemByDataNode(node)) == folder


def test_only_images_are_offered_as_the_volume(panel, volume):
    scene = slicer.mrmlScene
    scene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode", "labels")
    scene.AddNewNodeByClass("vtkMRMLVectorVolumeNode", "photo")
    assert listed(panel.ui.volumeSelector) == {"T2"}


def test_the_volume_in_the_red_view_is_chosen_first(widget, volume):
    slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode", "labels")
    other = slicer.util.addVolumeFromArray(np.zeros((6, 40, 50), np.int16), name="other")
    panel = widget.panel
    SliceView("Red").show(other)
    panel.parameters.volume = None
    panel.bind(panel.parameters)
    assert panel.parameters.volume.GetName() == "other"


def test_a_whole_run_and_review_leaves_no_display_node_behind(reviewed, engine):
    def displays() -> int:
        return sum(number for name, number in kinds().items() if "Display" in name)

    before = displays()
    for item in (0, 1, 0, 1):
        reviewed.reviewing.show_iteration(item)
    for index in (2, 4, 3):
        reviewed.reviewing.look_at(index)
    assert displays() == before


def test_the_opened_message_alone_keeps_the_run_for_its_slices(panel, engine):
    click(panel.ui.runButton)
    engine.say(opened((2, 3)))
    drain(panel, engine)
    assert len(run_record_nodes()) == 1
