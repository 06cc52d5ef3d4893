"""Strokes drawn in regions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from HermesLib.prompts.scribbles import background_band
from HermesLib.prompts.strokes import (
    centerline_scribbles,
    contour_scribbles,
    line_scribbles,
    random_scribbles,
)
from Testing.prompts.regions import disc, ellipse, regions

KINDS = [line_scribbles, centerline_scribbles, contour_scribbles, random_scribbles]


@pytest.mark.parametrize("draw", KINDS)
@given(region=regions(), seed=st.integers(0, 99))
def test_strokes_lie_in_their_region(draw, region, seed):
    before = region.copy()
    raster = draw(region, np.random.default_rng(seed), 3)
    assert raster.dtype == bool and raster.shape == region.shape
    assert raster.any() and not (raster & ~region).any()
    assert (region == before).all()


@pytest.mark.parametrize("draw", KINDS)
def test_an_empty_region_gets_no_stroke(draw):
    assert not draw(np.zeros((30, 40), bool), np.random.default_rng(0), 3).any()


@pytest.mark.parametrize("draw", KINDS)
def test_a_count_of_zero_gives_no_stroke(draw):
    assert not draw(np.ones((30, 40), bool), np.random.default_rng(0), 0).any()


@pytest.mark.parametrize("draw", KINDS)
@pytest.mark.parametrize("place", [(0, 0), (12, 17), (29, 39)])
def test_a_region_of_one_pixel_gets_that_pixel(draw, place):
    region = np.zeros((30, 40), bool)
    region[place] = True
    assert (draw(region, np.random.default_rng(0), 2) == region).all()


@pytest.mark.parametrize("draw", KINDS)
@given(seed=st.integers(0, 999))
def test_strokes_repeat_from_their_seed_and_differ_between_seeds(draw, seed):
    region = ellipse((128, 128), (60, 70), (14, 40))
    once, again, other = (draw(region, np.random.default_rng(s), 2) for s in (seed, seed, seed + 1))
    assert (once == again).all() and (once != other).any()


@pytest.mark.parametrize("draw", KINDS)
def test_strokes_are_lines_not_areas(draw):
    region = disc((128, 128), 64, 64, 30)
    shares = [
        draw(region, np.random.default_rng(seed), 1).sum() / region.sum() for seed in range(20)
    ]
    assert np.mean(shares) < 0.08


def test_strokes_are_wider_on_larger_slices():
    small, large = (
        ellipse((128, 128), (64, 64), (16, 40)),
        ellipse((384, 384), (192, 192), (48, 120)),
    )
    for draw in KINDS[:3]:
        widest = [
            max(
                ndimage.distance_transform_edt(draw(region, np.random.default_rng(seed), 1)).max()
                for seed in range(10)
            )
            for region in (small, large)
        ]
        assert widest[0] < 2 <= widest[1]


def test_a_stroke_wanders_and_breaks_as_a_hand_does():
    bar = np.zeros((128, 128), bool)
    bar[60:69, 10:118] = True
    rows = [
        np.nonzero(centerline_scribbles(bar, np.random.default_rng(seed)))[0] for seed in range(20)
    ]
    assert np.mean([len(np.unique(row)) > 1 for row in rows]) > 0.8
    assert np.mean([len(row) < 90 for row in rows]) > 0.5


def test_larger_pieces_get_more_strokes():
    region = disc((128, 128), 40, 40, 24) | disc((128, 128), 110, 110, 8)
    large = sum(
        contour_scribbles(region, np.random.default_rng(seed))[:75, :75].any()
        for seed in range(100)
    )
    assert 80 < large < 100


@given(regions())
def test_the_band_beside_a_region_touches_it_nowhere(region):
    band = background_band(region)
    distance = ndimage.distance_transform_edt(~region)
    side = max(region.shape)
    assert (band == ((distance > 0.015 * side) & (distance <= 0.07 * side))).all()
    assert not background_band(np.zeros_like(region)).any()
