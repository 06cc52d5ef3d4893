"""Contours are those of scikit-image."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage
from skimage.measure import find_contours

from HermesLib.prompts.contours import closed_contours

SHAPES = st.tuples(st.integers(2, 12), st.integers(2, 12))


def require_same(image, level):
    expected = find_contours(image, level)
    found = closed_contours(image, level)
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert np.array_equal(one, other)


@given(image=arrays(np.float32, SHAPES, elements=st.floats(0, 1, width=32)))
def test_contours_of_any_image_are_those_of_scikit_image(image):
    require_same(np.pad(image, 1), 0.4321)


@given(region=arrays(bool, SHAPES))
def test_outlines_of_a_mask_that_touches_itself_at_corners_are_those_of_scikit_image(region):
    require_same(np.pad(region, 1).astype(np.float32), 0.5)


@given(image=arrays(np.uint8, SHAPES, elements=st.integers(0, 3)))
def test_contours_through_pixel_centres_are_those_of_scikit_image(image):
    require_same(np.pad(image, 1).astype(float), 2.0)


def test_the_level_is_not_rounded_to_the_images_precision():
    image = np.zeros((3, 4), np.float32)
    image[1, 1:3] = 0.1, 0.9
    between = float(np.float32(0.1)) - 1e-9  # float32(0.1) when rounded
    require_same(image, between)


def test_contours_come_with_rings_and_islands_in_their_order():
    rng = np.random.default_rng(0)
    image = ndimage.gaussian_filter(np.pad(rng.random((60, 50)), 8), 1.5)
    assert len(find_contours(image, 0.5)) > 10
    require_same(image, 0.5)


def test_an_image_below_the_level_has_no_contours():
    assert closed_contours(np.zeros((4, 5)), 0.5) == []


@pytest.mark.parametrize("place", [(0, 2), (3, 2), (2, 0), (2, 4)])
def test_contours_that_would_end_at_the_edge_are_refused(place):
    image = np.zeros((4, 5))
    image[place] = 1
    with pytest.raises(ValueError, match="pad the image"):
        closed_contours(image, 0.5)
