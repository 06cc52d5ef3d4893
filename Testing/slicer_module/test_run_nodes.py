"""Iterations as nodes of Slicer's real MRML."""

import time

import numpy as np
import pytest
import slicer

from HermesSegmentLib.labelmaps import voxels_of
from HermesSegmentLib.run_nodes import CYAN, MAGENTA, ORGAN, RunNodes
from Testing.slicer_module.events import block, iteration, opened, record
from Testing.standins.slice_view import SliceView

SMALL, LARGE, GLAND = (
    block(slice(15, 20), slice(15, 20)),
    block(slice(5, 35), slice(5, 45)),
    block(slice(10, 25), slice(12, 30)),
)


def begin(volume) -> RunNodes:
    run = RunNodes.create(volume, record())
    start = opened()
    run.open(start.shape, start.axes.order, start.axes.backwards, start.slice_indices)
    return run


@pytest.fixture
def run(volume) -> RunNodes:
    """Two slices: one accepted at iteration 2, one stopped at iteration 1."""
    made = begin(volume)
    for slice_index, masks in ((2, (SMALL, LARGE, GLAND)), (3, (LARGE, SMALL))):
        for index, mask in enumerate(masks):
            last = index + 1 == len(masks)
            status = ("accepted" if slice_index == 2 else "stopped") if last else None
            made.add(iteration(slice_index, index, mask, GLAND, (0.3, 0.5, 0.95)[index], status))
    made.show_latest()
    return made


def voxels(run: RunNodes, role: str) -> np.ndarray:
    return voxels_of(run.get(role), ORGAN, run.volume)


def test_every_iteration_is_an_item_of_the_sequences_and_the_proxies_show_the_chosen_one(run):
    for item, (second, third) in enumerate([(SMALL, LARGE), (LARGE, SMALL), (GLAND, SMALL)]):
        run.show(item)
        shown = voxels(run, "mask")
        assert np.array_equal(shown[2], second) and np.array_equal(shown[3], third)
        assert not shown[[0, 1, 4, 5]].any()
        assert np.array_equal(voxels(run, "pgt")[2], GLAND)


def test_the_iteration_before_is_shown_in_grey(run):
    run.show(2)
    assert np.array_equal(voxels(run, "previous")[2], LARGE)
    run.show(0)
    assert not voxels(run, "previous").any()


def test_segments_carry_terminology_and_colour(run):
    for role, colour in (("mask", CYAN), ("pgt", MAGENTA)):
        segment = run.get(role).GetSegmentation().GetSegment(ORGAN)
        coded = slicer.vtkSegment.GetTerminologyEntryTagName()
        import vtk

        text = vtk.reference("")
        assert segment.GetTag(coded, text) and "SCT^41216001^Prostate" in str(text)
        assert segment.GetColor() == pytest.approx(colour)


def test_the_nodes_lie_in_a_folder_beside_the_volume(run):
    tree = slicer.mrmlScene.GetSubjectHierarchyNode()
    folder = tree.GetItemParent(tree.GetItemByDataNode(run.get("mask")))
    assert tree.GetItemName(folder) == "HERMES Prostate 1"
    assert tree.GetItemParent(folder) == tree.GetItemParent(tree.GetItemByDataNode(run.volume))
    assert tree.GetItemParent(tree.GetItemByDataNode(run.get("result"))) == folder


def test_outlines_lie_in_the_view_where_the_mask_lies_in_the_oblique_volume(run):
    run.show(2)
    run.get("previous").GetDisplayNode().SetVisibility(False)
    run.get("pgt").GetDisplayNode().SetVisibility(False)
    view = SliceView()
    view.show(run.volume, tuple(run.frame.centre(2)))
    pixels = view.pixels().astype(int)
    # Cyan: little red, much green and blue.
    cyan = (pixels[..., 0] < 60) & (pixels[..., 1] > 150) & (pixels[..., 2] > 150)
    assert cyan.any()
    found_rows, found_columns = np.nonzero(cyan)
    corners = run.frame.to_ras(2, np.array([9.5, 24.5]), np.array([11.5, 29.5]))
    places = np.array([view.place(tuple(corner)) for corner in corners])
    assert (
        abs(found_rows.min() - places[:, 0].min()) <= 3
        and abs(found_rows.max() - places[:, 0].max()) <= 3
    )
    assert (
        abs(found_columns.min() - places[:, 1].min()) <= 3
        and abs(found_columns.max() - places[:, 1].max()) <= 3
    )


def test_voxels_written_later_show_in_the_view(run):
    view = SliceView()
    view.show(run.volume, tuple(run.frame.centre(4)))
    before = view.pixels().copy()
    run.add(iteration(4, 0, GLAND, GLAND, 0.97, "accepted"))
    run.show_latest()
    assert (before != view.pixels()).any()


def test_the_difference_fills_what_only_one_of_both_holds(run):
    run.show_difference(True)
    run.show(1)
    node = run.get("difference")
    only_mask, only_pgt = (voxels_of(node, name, run.volume) for name in ("mask-only", "pgt-only"))
    assert np.array_equal(only_mask[2], LARGE & ~GLAND) and not only_pgt[2].any()
    assert np.array_equal(only_pgt[3], GLAND & ~SMALL)
    assert node.GetDisplayNode().GetVisibility()


def test_a_saved_scene_brings_the_run_back(run, tmp_path):
    run.record.slices[2].decision = "accepted"
    run.save()
    path = str(tmp_path / "review.mrb")
    assert slicer.util.saveScene(path)
    slicer.mrmlScene.Clear(0)
    slicer.util.loadScene(path)
    (node,) = RunNodes.all()
    again = RunNodes(node)
    assert again.count == 3
    assert (
        again.record.slices[2].decision == "accepted" and again.record.slices[3].status == "stopped"
    )
    assert again.record.slices[2].iterations[2].prompt["xyxy"] == [5, 6, 30, 28]
    again.show(1)
    shown = voxels(again, "mask")
    assert np.array_equal(shown[2], LARGE) and np.array_equal(shown[3], SMALL)
    assert np.array_equal(again.pgt(2, 1), GLAND)


def test_adding_an_iteration_of_a_large_volume_is_quick_enough_for_a_timer(scene, capsys):
    # The figure is printed; a wall time is no test.
    volume = slicer.util.addVolumeFromArray(
        np.random.default_rng(0).integers(0, 99, (24, 384, 384)).astype(np.int16)
    )
    volume.CreateDefaultDisplayNodes()
    made = RunNodes.create(volume, record())
    made.open((24, 384, 384), (2, 1, 0), (False, False, False), tuple(range(24)))
    mask = np.zeros((384, 384), bool)
    mask[100:200, 100:250] = True
    took = []
    for index in range(4):
        begun = time.perf_counter()
        for slice_index in range(24):
            made.add(iteration(slice_index, index, mask, mask, 0.5))
        made.show_latest()
        took.append(1000 * (time.perf_counter() - begun))
    with capsys.disabled():
        print(f"\n  adding an iteration of 384x384x24 to the scene: {max(took):.0f} ms at most")
    assert made.count == 4
