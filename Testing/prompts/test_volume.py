"""Prompts of a whole volume: where they are, what a slice shows of them, what reports say."""

import json

import numpy as np
import pytest

from HermesLib.errors import HermesError
from HermesLib.prompts.registry import PROMPTS, prompt_type, split_kind
from HermesLib.prompts.types import PromptMarks
from HermesLib.prompts.volume import BoxOnSlice, InitialMask, Points3D, require_within
from HermesLib.prompts.volume_drawn import Lasso, StrokesOnSlice
from HermesLib.prompts.volume_section import VolumeSection
from HermesLib.refinement.history import PackedPrompt

SHAPE = (5, 8, 9)
DOTS = np.array([[True, False, True], [False, False, True]])


def whole(prompt) -> np.ndarray:
    """A drawn prompt's voxels (N, H, W, bool)."""
    volume = np.zeros(SHAPE, bool)
    volume[tuple(slice(*limits) for limits in prompt.bounds)] = prompt.voxels
    return volume


@pytest.mark.parametrize("kind", [StrokesOnSlice, Lasso])
@pytest.mark.parametrize("positive", [True, False])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_drawn_pixels_are_on_the_slices_that_they_cross(axis, positive, kind):
    prompt = kind(axis, 3, DOTS, (1, 2), positive)
    volume = whole(prompt)
    assert volume.sum() == 3 and np.unique(np.argwhere(volume)[:, axis]).tolist() == [3]
    plane = np.take(volume, 3, axis)
    assert np.argwhere(plane).tolist() == (np.argwhere(DOTS) + np.array([1, 2])).tolist()
    assert prompt.to_plain()["pixels"] == np.argwhere(plane).tolist()
    for index in range(SHAPE[0]):
        marks = prompt.on_slice(index, SHAPE[1:])
        drawn, other = marks.positive_strokes, marks.negative_strokes
        if not positive:
            drawn, other = other, drawn
        assert other is None
        assert (volume[index] if volume[index].any() else None) is drawn or (
            drawn == volume[index]
        ).all()


def test_points_are_marked_on_their_slice_as_column_and_row():
    points = Points3D(positive=np.array([[1, 2, 3], [4, 0, 8]]), negative=np.array([[1, 7, 0]]))
    marks = points.on_slice(1, SHAPE[1:])
    assert marks.positive_points.tolist() == [[3, 2]]
    assert marks.negative_points.tolist() == [[0, 7]]
    assert not len(points.on_slice(0, SHAPE[1:]).positive_points)
    assert points.bounds == ((1, 5), (0, 8), (0, 9))


def test_a_box_is_drawn_on_its_slice_and_as_a_line_where_it_crosses_others():
    flat = BoxOnSlice(0, 2, (1, 4), (3, 9))
    assert flat.on_slice(2, SHAPE[1:]).boxes == ((3.0, 1.0, 9.0, 4.0),)
    assert flat.on_slice(1, SHAPE[1:]).boxes == ()
    upright = BoxOnSlice(1, 6, (1, 3), (2, 5))
    assert upright.bounds == ((1, 3), (6, 7), (2, 5))
    assert upright.on_slice(2, SHAPE[1:]).boxes == ((2.0, 6.0, 5.0, 7.0),)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Points3D(),
        lambda: Points3D(positive=np.zeros((2, 2), int)),
        lambda: BoxOnSlice(3, 0, (0, 1), (0, 1)),
        lambda: BoxOnSlice(0, 0, (2, 2), (0, 1)),
        lambda: StrokesOnSlice(0, 0, np.zeros((2, 2), bool)),
        lambda: StrokesOnSlice(-1, 0, DOTS),
        lambda: Lasso(0, 0, DOTS.astype(int)),
        lambda: InitialMask(np.zeros((2, 2), bool)),
        lambda: require_within(Points3D(positive=np.array([[5, 0, 0]])), SHAPE),
        lambda: require_within(StrokesOnSlice(2, 0, DOTS, (4, 6)), SHAPE),
        lambda: require_within(InitialMask(np.zeros((5, 8, 10), bool)), SHAPE),
    ],
)
def test_prompts_that_mark_nothing_or_leave_the_volume_are_refused(make):
    with pytest.raises(ValueError):
        make()


def test_prompts_do_not_change_when_their_makers_arrays_do():
    mask = np.zeros(SHAPE, bool)
    mask[2:4] = True
    prompt = InitialMask(mask)
    mask[:] = False
    assert prompt.summary() == {"kind": "initial-mask", "voxel_count": 144, "slices": [2, 4]}
    with pytest.raises(ValueError, match="read-only"):
        prompt.mask[0] = True
    pixels = DOTS.copy()
    stroke = StrokesOnSlice(0, 0, pixels)
    pixels[:] = True
    assert stroke.pixels.sum() == 3


def test_what_a_slice_shows_of_a_round_comes_back_from_files_and_from_the_engine():
    prompts = [
        InitialMask(np.ones(SHAPE, bool)),
        Points3D(positive=np.array([[3, 2, 5]])),
        Points3D(negative=np.array([[3, 0, 0]])),
        StrokesOnSlice(0, 3, DOTS, (4, 4), positive=False),
        StrokesOnSlice(1, 1, DOTS, (3, 0), positive=False),
        BoxOnSlice(0, 3, (0, 2), (0, 2)),
    ]
    section = VolumeSection.of(prompts, 3, SHAPE[1:])
    marks = section.marks()
    # The stroke in the plane across crosses the slice in a line.
    assert marks.negative_strokes[1, [0, 2]].all() and marks.negative_strokes.sum() == 3 + 2
    assert marks.positive_strokes is None
    plain = json.loads(json.dumps(section.to_plain()))
    again = prompt_type(plain["kind"]).from_plain(plain, SHAPE[1:])
    sent = PackedPrompt.of(section).unpack()
    assert again.to_plain() == sent.to_plain() == section.to_plain()
    assert section.summary()["negative_strokes"] == 5 and section.summary()["initial_mask"]
    nothing = VolumeSection.of(prompts[1:], 0, SHAPE[1:])
    assert not nothing.marks().has_signs and not nothing.initial_mask
    assert PackedPrompt.of(nothing).unpack().to_plain() == nothing.to_plain()


def test_nobody_can_choose_or_draw_the_kind_that_records_hold():
    assert VolumeSection.kind not in PROMPTS
    with pytest.raises(HermesError, match="unknown prompt kind"):
        split_kind(VolumeSection.kind)
    with pytest.raises(HermesError, match="not drawn"):
        VolumeSection.from_marks(PromptMarks(), (4, 4))
