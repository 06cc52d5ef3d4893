"""Click prompts: uniform, on the margin, and as corrections."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import ndimage
from skimage.morphology import convex_hull_image

from HermesLib.prompts.clicks import Clicks, ClickStrategy, deepest_clicks
from HermesLib.prompts.interior_margin import hull_of, margin_clicks
from Testing.prompts.regions import disc, regions

SHAPE = (128, 128)
PGT = disc(SHAPE, 64, 64, 25)
NONE = np.zeros((0, 2), np.int64)


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def all_in(clicks: np.ndarray, region: np.ndarray) -> bool:
    return bool(region[clicks[:, 1], clicks[:, 0]].all())


@given(st.integers(1, 50), st.integers(1, 50), st.integers(0, 99))
def test_first_clicks_are_sixteen_in_the_slice(height, width, seed):
    clicks = ClickStrategy().first((height, width), generator(seed))
    assert clicks.positive.shape == (16, 2) and clicks.negative.shape == (0, 2)
    assert (clicks.positive >= 0).all() and (clicks.positive < (width, height)).all()


def test_first_clicks_depend_on_the_seed_alone():
    once, again, other = (
        ClickStrategy().first(SHAPE, generator(seed)).positive for seed in (4, 4, 5)
    )
    assert (once == again).all() and (once != other).any()


@given(regions(), st.integers(0, 99))
def test_margin_clicks_lie_in_the_region_within_four_pixels_of_its_hull(region, seed):
    clicks = margin_clicks(region, generator(seed))
    assert 1 <= len(clicks) <= 16 and len(np.unique(clicks, axis=0)) == len(clicks)
    assert all_in(clicks, region)
    # A pixel on the hull's outline has depth 1; rounding to pixels adds up to one more.
    depth = ndimage.distance_transform_edt(np.pad(hull_of(region), 1))[1:-1, 1:-1]
    assert (depth[clicks[:, 1], clicks[:, 0]] <= 5.01).all()


@given(regions())
def test_the_hull_is_the_convex_hull(region):
    assume(np.linalg.matrix_rank(np.argwhere(region) - np.argwhere(region)[0]) == 2)
    expected = convex_hull_image(region, offset_coordinates=False)
    hull = hull_of(region)
    assert (hull | ~region).all()
    # The two rasterisers may differ on pixels that the outline just touches.
    assert not ndimage.binary_erosion(hull ^ expected, np.ones((2, 2))).any()


def test_margin_clicks_of_a_disc_are_sixteen_at_equal_arcs_two_to_three_pixels_inside():
    for seed in range(20):
        offsets = margin_clicks(PGT, generator(seed)) - 64
        inward = 25 - np.hypot(*offsets.T)
        angles = np.sort(np.arctan2(*offsets.T))
        gaps = np.diff(np.append(angles, angles[0] + 2 * np.pi))
        assert len(offsets) == 16 and np.abs(gaps - 2 * np.pi / 16).max() < 0.12
        assert inward.min() > 1 and inward.max() < 4 and 1.6 < inward.mean() < 3.4


def test_margin_clicks_skip_the_gap_of_a_crescent():
    crescent = disc(SHAPE, 64, 64, 40) & ~disc(SHAPE, 64, 94, 40)
    assert all_in(margin_clicks(crescent, generator()), crescent)


def test_margin_clicks_surround_a_thin_ring():
    ring = disc(SHAPE, 64, 64, 30) & ~disc(SHAPE, 64, 64, 29)
    clicks = margin_clicks(ring, generator())
    assert len(clicks) >= 12 and all_in(clicks, ring)
    assert (clicks.min(0) < 45).all() and (clicks.max(0) > 83).all()


@pytest.mark.parametrize("place", [(0, 0), (5, 9), (127, 127)])
def test_a_region_of_one_pixel_is_clicked_once(place):
    region = np.zeros(SHAPE, bool)
    region[place] = True
    assert margin_clicks(region, generator()).tolist() == [[place[1], place[0]]]


@pytest.mark.parametrize(
    "line", [np.s_[7, 10:40], np.s_[10:40, 7], np.s_[0, :], (np.arange(20), np.arange(20))]
)
def test_a_region_on_one_line_is_clicked_along_it(line):
    region = np.zeros(SHAPE, bool)
    region[line] = True
    clicks = margin_clicks(region, generator())
    assert len(clicks) >= 8 and all_in(clicks, region)


def test_first_refinement_replaces_the_random_clicks():
    first = ClickStrategy().first(SHAPE, generator())
    assert not all_in(first.positive, PGT)
    refined = ClickStrategy().refine(first, ~PGT, PGT, True, generator(1))
    assert all_in(refined.positive, PGT) and len(refined.negative) == 0


@given(regions(), regions(), st.integers(0, 99))
def test_corrections_keep_the_clicks_and_add_at_most_a_few_where_the_mask_is_wrong(pgt, mask, seed):
    if pgt.shape != mask.shape:
        mask = np.zeros_like(pgt)
    old = Clicks(np.array([[3, 2], [1, 1]]), np.array([[0, 5]]))
    new = ClickStrategy(corrections=2).refine(old, mask, pgt, False, generator(seed))
    assert (new.positive[:2] == old.positive).all() and (new.negative[:1] == old.negative).all()
    assert len(new.positive) <= 4 and len(new.negative) <= 3
    assert all_in(new.positive[2:], pgt & ~mask) and all_in(new.negative[1:], mask & ~pgt)


def test_corrections_lie_deepest_in_the_largest_errors():
    pgt = disc(SHAPE, 30, 40, 12) | disc(SHAPE, 100, 100, 9) | disc(SHAPE, 70, 20, 4)
    mask = disc(SHAPE, 100, 30, 10)
    corrected = ClickStrategy(corrections=2).refine(
        Clicks(NONE, NONE), mask, pgt, False, generator()
    )
    assert corrected.positive.tolist() == [
        [40, 30],
        [100, 100],
    ] and corrected.negative.tolist() == [[30, 100]]


def test_small_errors_are_clicked_only_if_there_are_no_larger_ones():
    speck = disc(SHAPE, 5, 5, 1)
    none, large = Clicks(NONE, NONE), disc(SHAPE, 100, 100, 9)
    strategy = ClickStrategy(smallest=0.01)
    assert strategy.refine(
        none, PGT, PGT | speck | large, False, generator()
    ).positive.tolist() == [[100, 100]]
    assert strategy.refine(none, PGT, PGT | speck, False, generator()).positive.tolist() == [[5, 5]]


def test_a_mask_equal_to_the_pgt_adds_no_click():
    old = Clicks(np.array([[64, 64]]), NONE)
    new = ClickStrategy().refine(old, PGT, PGT, False, generator())
    assert new.positive.tolist() == [[64, 64]] and new.negative.shape == (0, 2)


def test_no_pixel_is_clicked_twice():
    old = Clicks(np.array([[64, 64]]), NONE)
    assert ClickStrategy().refine(
        old, np.zeros(SHAPE, bool), PGT, False, generator()
    ).positive.tolist() == [[64, 64]]


@given(regions(), st.integers(0, 4))
def test_deepest_clicks_take_one_place_in_each_component(region, most):
    clicks = deepest_clicks(region, most)
    labels, parts = ndimage.label(region, np.ones((3, 3)))
    assert (
        len(clicks)
        == min(most, parts)
        == len({int(labels[y, x]) for x, y in clicks.tolist()} - {0})
    )


def test_empty_pgt_is_refused():
    empty = np.zeros(SHAPE, bool)
    with pytest.raises(ValueError, match="empty"):
        ClickStrategy().refine(Clicks(NONE, NONE), PGT, empty, False, generator())
    with pytest.raises(ValueError, match="empty"):
        margin_clicks(empty, generator())
