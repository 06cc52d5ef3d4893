"""Prompts as markups: at their place under a transform, few nodes, none of them left over."""

from collections import Counter

import numpy as np
import pytest
import slicer

from HermesLib.prompts.boxes import Box
from HermesLib.prompts.clicks import Clicks
from HermesLib.prompts.examples import Example, Examples
from HermesLib.prompts.mixed import mix
from HermesLib.prompts.scribbles import Scribbles
from HermesSegmentLib import slice_views
from HermesSegmentLib.prompt_markups import (
    hide_prompts,
    prompt_nodes,
    read_prompt,
    show_prompt,
)
from HermesSegmentLib.run_nodes import RunNodes
from Testing.slicer_module.events import opened, record
from Testing.slicer_module.test_slice_views import transform_of


@pytest.fixture
def run(volume) -> RunNodes:
    run = RunNodes.create(volume, record())
    start = opened()
    run.open(start.shape, start.axes, start.slice_indices)
    return run


def scribbles(count: int) -> Scribbles:
    """Positive strokes in every fourth row, and a negative one."""
    positive, negative = np.zeros((2, 40, 50), bool)
    positive[2 : 2 + 4 * count : 4, 10:30] = True
    negative[38, 5:40] = True
    return Scribbles(positive, negative)


PROMPTS = (
    Box(5, 6, 30, 28),
    Clicks(np.array([[12, 10], [29, 24]]), np.array([[40, 3]])),
    scribbles(8),
    scribbles(2),
)


def show(run: RunNodes, prompt, index: int = 3) -> list:
    return show_prompt(run.node, prompt.to_plain(), run.frame, index)


def kinds() -> Counter[str]:
    """How many nodes of each class the scene has."""
    scene = slicer.mrmlScene
    # Slicer always has one.
    scene.GetSubjectHierarchyNode()
    return Counter(
        scene.GetNthNode(number).GetClassName() for number in range(scene.GetNumberOfNodes())
    )


@pytest.mark.parametrize("shift", [(30.0, 5.0, 60.0), (-3.0, 0.0, 0.0)])
@pytest.mark.parametrize("degrees", [0, 35])
def test_prompts_of_a_transformed_volume_are_on_its_slice_and_read_back(run, degrees, shift):
    transform_of(run.volume, degrees, shift)
    show(run, PROMPTS[0])
    (roi,) = prompt_nodes(run.node)
    centre = [0.0] * 3
    roi.GetCenterWorld(centre)
    # Box(5, 6, 30, 28) in pixel edges: its centre is at column 17.0 and row 16.5.
    place = run.frame.to_ras(3, np.array(16.5), np.array(17.0))
    assert np.allclose(centre, slice_views.to_world(run.volume, place)[0], atol=1e-4)
    assert read_prompt(run.node, run.frame).edges == pytest.approx((5, 6, 30, 28), abs=1e-3)
    show(run, PROMPTS[1])
    assert np.array_equal(read_prompt(run.node, run.frame).positive, PROMPTS[1].positive)


def test_examples_have_no_markups_and_hide_those_of_the_prompt_before(run):
    show(run, PROMPTS[1])
    assert show(run, Examples((Example(2), Example(0, given=True)))) == []
    assert prompt_nodes(run.node) == [] and read_prompt(run.node, run.frame) is None
    show(run, mix(PROMPTS[0], Examples((Example(2),))))
    assert read_prompt(run.node, run.frame).kind == "box+examples"


def test_prompts_follow_a_volume_that_is_moved_later(run):
    show(run, PROMPTS[1])
    transform_of(run.volume, 20, (0, 0, 12))
    positive = show(run, PROMPTS[1])[0]
    world = slicer.util.arrayFromMarkupsControlPoints(positive, world=True)
    rows, columns = PROMPTS[1].positive[:, 1], PROMPTS[1].positive[:, 0]
    local = run.frame.to_ras(3, rows.astype(float), columns.astype(float))
    assert np.allclose(world, slice_views.to_world(run.volume, local), atol=1e-4)


def test_steps_through_the_iterations_neither_add_nor_remove_nodes(run):
    for prompt in PROMPTS:
        show(run, prompt)
    before, events = kinds(), []
    scene = slicer.mrmlScene
    tags = [
        scene.AddObserver(event, lambda *_: events.append(1))
        for event in (scene.NodeAddedEvent, scene.NodeRemovedEvent)
    ]
    for prompt in (*PROMPTS, *PROMPTS[::-1]):
        show(run, prompt)
        assert read_prompt(run.node, run.frame).kind == prompt.kind
    show_prompt(run.node, None, run.frame, 3)
    assert read_prompt(run.node, run.frame) is None
    for tag in tags:
        scene.RemoveObserver(tag)
    assert events == [] and kinds() == before


def test_only_the_prompt_in_view_is_visible(run):
    show(run, PROMPTS[2])
    assert len(prompt_nodes(run.node)) == 9
    show(run, PROMPTS[3])
    markups = slicer.util.getNodesByClass("vtkMRMLMarkupsNode")
    visible = [node for node in markups if node.GetDisplayVisibility()]
    assert len(visible) == 3 and set(visible) == set(prompt_nodes(run.node))


def test_prompts_can_be_hidden_and_stay_hidden(run):
    show(run, PROMPTS[0])
    hide_prompts(run.node, True)
    show(run, PROMPTS[1])
    assert not any(node.GetDisplayVisibility() for node in prompt_nodes(run.node))
    assert read_prompt(run.node, run.frame).kind == "clicks"
    hide_prompts(run.node, False)
    assert all(node.GetDisplayVisibility() for node in prompt_nodes(run.node))


def test_no_prompt_is_in_a_list_of_nodes_or_in_the_saved_scene(run, tmp_path):
    for prompt in PROMPTS:
        show(run, prompt)
    assert all(node.GetHideFromEditors() for node in prompt_nodes(run.node))
    run.save()
    path = str(tmp_path / "review.mrb")
    assert slicer.util.saveScene(path)
    slicer.mrmlScene.Clear(0)
    slicer.util.loadScene(path)
    assert not [name for name in kinds() if "Markups" in name]
