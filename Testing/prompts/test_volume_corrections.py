"""Corrections of a whole volume lie in its errors, whatever the errors look like."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from HermesLib.prompts.volume import Points3D, require_within
from HermesLib.prompts.volume_corrections import (
    VolumeCorrections,
    deepest_voxel,
    error_parts,
    largest_section,
)
from HermesLib.prompts.volume_drawn import StrokesOnSlice

SPACINGS = [(1.0, 1.0, 1.0), (4.0, 0.5, 0.5), (0.7, 3.0, 1.1)]


@st.composite
def masks(draw: st.DrawFn, shape: tuple[int, int, int]) -> np.ndarray:
    """Ellipsoids, lines and single voxels of a volume, also at its borders (bool)."""
    mask = np.zeros(shape, bool)
    grid = np.ogrid[: shape[0], : shape[1], : shape[2]]
    for _ in range(draw(st.integers(0, 3))):
        centre = [draw(st.integers(0, size - 1)) for size in shape]
        radii = [draw(st.sampled_from([0, 0, 1, 2, 5, 9])) + 0.5 for _ in shape]
        distance = sum(((g - c) / r) ** 2 for g, c, r in zip(grid, centre, radii, strict=True))
        mask |= distance <= 1
    return mask


@st.composite
def pairs(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    shape = draw(st.sampled_from([(1, 20, 24), (7, 18, 15), (12, 9, 30)]))
    return draw(masks(shape)), draw(masks(shape))


def marked_voxels(prompt, shape) -> tuple[np.ndarray, bool]:
    """What a correction marks (N, H, W, bool), and its sign."""
    marked = np.zeros(shape, bool)
    if isinstance(prompt, Points3D):
        assert len(prompt.positive) + len(prompt.negative) == 1
        positive = len(prompt.positive) == 1
        marked[tuple((prompt.positive if positive else prompt.negative)[0])] = True
        return marked, positive
    assert isinstance(prompt, StrokesOnSlice)
    marked[tuple(slice(*limits) for limits in prompt.bounds)] = prompt.voxels
    return marked, prompt.positive


@settings(max_examples=40)
@given(pairs(), st.sampled_from(["clicks", "scribbles"]), st.sampled_from(SPACINGS))
def test_positive_corrections_lie_in_what_is_missing_and_negative_ones_in_the_surplus(
    pair, kind, spacing
):
    mask, expected = pair
    corrections = VolumeCorrections(kind, spacing)
    seen = {True: np.zeros_like(mask), False: np.zeros_like(mask)}
    for round_ in range(3):
        prompts = corrections.draw(mask, expected)
        assert len(prompts) <= 3
        assert bool(prompts) >= (round_ == 0 and (mask ^ expected).any())
        for prompt in prompts:
            require_within(prompt, mask.shape)
            marked, positive = marked_voxels(prompt, mask.shape)
            error = expected & ~mask if positive else mask & ~expected
            assert marked.any() and (marked <= error).all()
            assert not (marked & seen[positive]).any(), "a voxel was marked twice"
            seen[positive] |= marked


@settings(max_examples=40)
@given(pairs())
def test_parts_are_the_errors_the_largest_first(pair):
    mask, expected = pair
    parts = error_parts(mask, expected)
    together = np.zeros_like(mask, int)
    for part in parts:
        window = tuple(
            slice(start, start + size)
            for start, size in zip(part.offset, part.voxels.shape, strict=True)
        )
        together[window] += part.voxels
        assert (part.voxels <= (expected if part.missing else mask)[window]).all()
    assert (together == (mask ^ expected)).all()
    sizes = [part.size for part in parts]
    assert sizes == sorted(sizes, reverse=True)


def test_the_deepest_voxel_is_deepest_in_mm_and_the_border_counts_as_outside():
    region = np.zeros((5, 30, 30), bool)
    region[:, :5, :5] = True
    region[2, 12:25, 12:25] = True
    assert deepest_voxel(region, (1.0, 1.0, 1.0)) == (2, 2, 2)
    # In thick slices the wide section is deeper than the column.
    assert deepest_voxel(region, (5.0, 1.0, 1.0)) == (2, 16, 16)
    assert deepest_voxel(np.ones((3, 7, 7), bool), (9.0, 1.0, 1.0))[1:] == (3, 3)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_strokes_are_drawn_in_the_plane_in_which_the_error_is_largest(axis):
    expected = np.zeros((16, 16, 16), bool)
    plane = np.zeros((16, 16), bool)
    plane[3:13, 4:14] = True
    window = [slice(None)] * 3
    window[axis] = 7
    expected[tuple(window)] = plane
    assert largest_section(expected, (1.0, 1.0, 1.0)) == (axis, 7)
    corrections = VolumeCorrections("scribbles", (1.0, 1.0, 1.0), (2, 2, 2))
    (stroke,) = corrections.draw(np.zeros_like(expected), expected)
    assert (stroke.axis, stroke.index, stroke.positive) == (axis, 7, True)
    assert stroke.voxels.shape[axis] == 1 and 0 < stroke.pixels.sum() < plane.sum()


def test_small_errors_wait_until_there_is_no_larger_one():
    expected = np.zeros((8, 40, 40), bool)
    expected[2:6, 5:35, 5:35] = True
    mask = expected.copy()
    mask[0, 0, 0] = True
    mask[2:4, 5:10, 5:10] = False
    corrections = VolumeCorrections("clicks", (1.0, 1.0, 1.0))
    assert [len(prompt.negative) for prompt in corrections.draw(mask, expected)] == [0]
    mask[2:4] = expected[2:4]
    (last,) = corrections.draw(mask, expected)
    assert last.negative.tolist() == [[0, 0, 0]]
    assert corrections.draw(expected, expected) == ()
