"""Strokes are those that the plainest drawing gives, bit for bit."""

import numpy as np
import pytest

from HermesLib.prompts.scribbles import background_band
from HermesLib.prompts.strokes import centerline_scribbles, contour_scribbles, line_scribbles
from Testing.prompts.plain_strokes import plain_strokes
from Testing.prompts.regions import disc, ellipse

KINDS = {
    "line": line_scribbles,
    "centerline": centerline_scribbles,
    "contour": contour_scribbles,
}
ORGAN = ellipse((96, 120), (40, 70), (12, 20))
LARGE = ellipse((200, 192), (90, 100), (20, 34))
SPECKLED = np.random.default_rng(3).random((60, 50)) < 0.3
REGIONS = {
    "organ": ORGAN,
    "organ on a large slice": LARGE,
    "band": background_band(ORGAN),
    "pieces": disc((64, 64), 10, 12, 6) | disc((64, 64), 50, 40, 9),
    "speckled": SPECKLED,
    "two pixels": np.eye(2, 30, 4, dtype=bool),
    "ring around a pixel": np.pad(~np.pad([[True]], 1), 3),
    "whole slice": np.ones((40, 50), bool),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", REGIONS)
def test_strokes_are_those_of_the_plainest_drawing(kind, name):
    region = REGIONS[name]
    for seed in range(3):
        ours, theirs = np.random.default_rng(seed), np.random.default_rng(seed)
        expected = plain_strokes(kind, region, theirs, 2)
        assert np.array_equal(KINDS[kind](region, ours, 2), expected)
        assert ours.bit_generator.state == theirs.bit_generator.state
