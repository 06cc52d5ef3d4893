"""Iterations as nodes of Slicer's real MRML."""

import time

import numpy as np
import pytest
import slicer

from HermesLib.io.orientation import SliceAxes
from HermesLib.report import colours
from HermesSegmentLib import slice_views
from HermesSegmentLib.labelmaps import voxels_of
from HermesSegmentLib.run_creation import ORGAN
from HermesSegmentLib.run_nodes import RunNodes
from Testing.slicer_module.events import AXES, block, iteration, opened, record
from Testing.standins.slice_view import SliceView

SMALL, LARGE, GLAND = (
    block(slice(15, 20), slice(15, 20)),
    block(slice(5, 35), slice(5, 45)),
    block(slice(10, 25), slice(12, 30)),
)


def begin(volume) -> RunNodes:
    run = RunNodes.create(volume, record())
    start = opened()
    run.open(start.shape, start.axes, start.slice_indices)
    return run


@pytest.fixture
def run(volume) -> RunNodes:
    """Two slices: one accepted at iteration 2, one stopped at iteration 1."""
    run = begin(volume)
    for slice_index, masks in ((2, (SMALL, LARGE, GLAND)), (3, (LARGE, SMALL))):
        for index, mask in enumerate(masks):
            last = index + 1 == len(masks)
            status = ("accepted" if slice_index == 2 else "stopped") if last else None
            run.add(iteration(slice_index, index, mask, GLAND, (0.3, 0.5, 0.95)[index], status))
    run.show_latest()
    return run


def voxels(run: RunNodes, role: str) -> np.ndarray:
    return voxels_of(run.get(role), ORGAN, run.volume)


def test_every_iteration_is_an_item_of_the_sequences_and_the_nodes_show_the_selected_item(run):
    for item, (second, third) in enumerate([(SMALL, LARGE), (LARGE, SMALL), (GLAND, SMALL)]):
        run.show(item)
        visible = voxels(run, "mask")
        assert np.array_equal(visible[2], second) and np.array_equal(visible[3], third)
        assert not visible[[0, 1, 4, 5]].any()
        assert np.array_equal(voxels(run, "pgt")[2], GLAND)


def test_the_iteration_before_is_shown_in_grey(run):
    run.show_previous(True)
    run.show(2)
    assert np.array_equal(voxels(run, "previous")[2], LARGE)
    run.show(0)
    assert not voxels(run, "previous").any()


def test_segments_carry_terminology_and_colour(run):
    for role, colour in (("mask", colours.MASK), ("pgt", colours.EXPECTED)):
        segment = run.get(role).GetSegmentation().GetSegment(ORGAN)
        coded = slicer.vtkSegment.GetTerminologyEntryTagName()
        import vtk

        text = vtk.reference("")
        assert segment.GetTag(coded, text) and "SCT^41216001^Prostate" in str(text)
        assert segment.GetColor() == pytest.approx(colours.rgb(colour))


def test_the_nodes_are_in_a_folder_beside_the_volume(run):
    tree = slicer.mrmlScene.GetSubjectHierarchyNode()
    folder = tree.GetItemParent(tree.GetItemByDataNode(run.get("mask")))
    assert tree.GetItemName(folder) == "HERMES Prostate 1"
    assert tree.GetItemParent(folder) == tree.GetItemParent(tree.GetItemByDataNode(run.volume))
    assert tree.GetItemParent(tree.GetItemByDataNode(run.get("result"))) == folder


def test_outlines_are_at_the_place_of_the_mask_in_an_oblique_volume(run):
    run.show(2)
    run.get("previous").GetDisplayNode().SetVisibility(False)
    run.get("pgt").GetDisplayNode().SetVisibility(False)
    slice_views.show_volume(run.volume)
    view = SliceView()
    view.show(run.volume, tuple(run.frame.centre(2)))
    pixels = view.pixels().astype(int)
    # Cyan: little red, much green and blue.
    cyan = (pixels[..., 0] < 60) & (pixels[..., 1] > 150) & (pixels[..., 2] > 150)
    assert cyan.any()
    cyan_rows, cyan_columns = np.nonzero(cyan)
    corners = run.frame.to_ras(2, np.array([9.5, 24.5]), np.array([11.5, 29.5]))
    places = np.array([view.place(tuple(corner)) for corner in corners])
    assert (
        abs(cyan_rows.min() - places[:, 0].min()) <= 3
        and abs(cyan_rows.max() - places[:, 0].max()) <= 3
    )
    assert (
        abs(cyan_columns.min() - places[:, 1].min()) <= 3
        and abs(cyan_columns.max() - places[:, 1].max()) <= 3
    )


def test_later_iterations_appear_in_the_view(run):
    view = SliceView()
    view.show(run.volume, tuple(run.frame.centre(4)))
    before = view.pixels().copy()
    run.add(iteration(4, 0, GLAND, GLAND, 0.97, "accepted"))
    run.show_latest()
    assert (before != view.pixels()).any()


def test_the_difference_fills_what_only_mask_or_pgt_holds(run):
    run.show_difference(True)
    run.show(1)
    node = run.get("difference")
    only_mask, only_pgt = (voxels_of(node, name, run.volume) for name in ("mask-only", "pgt-only"))
    assert np.array_equal(only_mask[2], LARGE & ~GLAND) and not only_pgt[2].any()
    assert np.array_equal(only_pgt[3], GLAND & ~SMALL)
    assert node.GetDisplayNode().GetVisibility()


def test_slices_stored_backwards_or_across_other_axes_return_where_they_were(scene):
    volume = slicer.util.addVolumeFromArray(np.zeros((11, 13, 17), np.int16))
    shape, axes = (13, 17, 11), SliceAxes((1, 0, 2), (True, False, True))
    run = RunNodes.create(volume, record())
    run.open(shape, axes, tuple(range(13)))
    masks = np.random.default_rng(1).random(shape) > 0.7
    masks[:, :4] = masks[:, 12:] = False
    for index in (2, 3, 9):
        run.add(iteration(index, 0, masks[index], ~masks[index], 0.5))
    run.show_latest()
    expected = np.zeros(shape, bool)
    expected[[2, 3, 9]] = masks[[2, 3, 9]]
    assert np.array_equal(axes.view(voxels(run, "mask")), expected)
    run.save()
    item = voxels_of(run.get("mask-sequence").GetNthDataNode(0), ORGAN, volume)
    assert np.array_equal(axes.view(item), expected)


def test_masks_of_any_size_and_place_are_shown_one_after_the_other(volume):
    run = begin(volume)
    masks = np.random.default_rng(3).random((8, 40, 50)) > 0.5
    for number, mask in enumerate(masks):
        top, left = 5 * number % 31, 7 * number % 37
        mask[:top] = mask[:, :left] = mask[top + 9 - number :] = mask[:, left + 13 :] = False
        run.add(iteration(2 + number % 2, number // 2, mask, ~mask, 0.5))
        run.show_latest()
        assert np.array_equal(voxels(run, "mask")[2 + number % 2], mask)
        assert np.array_equal(voxels(run, "pgt")[2 + number % 2], ~mask)
    for item in (3, 0, 2, 1):
        run.show(item)
        shown = voxels(run, "mask")
        for index in (2, 3):
            assert np.array_equal(shown[index], run.mask(index, item))
        assert not shown[[0, 1, 4, 5]].any()


def test_slicers_browser_may_fill_the_nodes_at_any_time(run):
    run.save()
    run.show(2)
    browser = run.get("browser")
    slicer.modules.sequences.logic().UpdateProxyNodesFromSequences(browser)
    # The item itself: slice 3 had ended before.
    assert not voxels(run, "mask")[3].any()
    run.show_again()
    assert np.array_equal(voxels(run, "mask")[3], SMALL)


def test_adding_an_iteration_of_a_large_volume_is_quick_enough_for_a_timer(scene, capsys):
    # The duration is printed, not tested: it depends on the machine.
    volume = slicer.util.addVolumeFromArray(
        np.random.default_rng(0).integers(0, 99, (24, 384, 384)).astype(np.int16)
    )
    volume.CreateDefaultDisplayNodes()
    run = RunNodes.create(volume, record())
    run.open((24, 384, 384), AXES, tuple(range(24)))
    mask = np.zeros((384, 384), bool)
    mask[100:200, 100:250] = True
    durations = []
    for index in range(4):
        start = time.perf_counter()
        for slice_index in range(24):
            run.add(iteration(slice_index, index, mask, mask, 0.5))
        run.show_latest()
        durations.append(1000 * (time.perf_counter() - start))
    with capsys.disabled():
        print(
            f"\n  adding an iteration of 384x384x24 to the scene: {max(durations):.0f} ms at most"
        )
    assert run.count == 4
