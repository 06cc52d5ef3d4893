"""The colours of outlines, fills and prompts can be distinguished by every reader."""

from itertools import combinations

import numpy as np
import pytest

from HermesLib.report import colours
from HermesLib.report.colours import rgb

#: Machado, Oliveira and Fernandes 2009: linear RGB as seen without one kind of cone.
VISION = {
    "all cones": np.eye(3),
    "no red cones": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "no green cones": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "no blue cones": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
XYZ = np.array(
    [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
) / np.array([[0.9505], [1.0], [1.089]])
#: Units of CIELAB; above about 2 a trained eye sees a difference side by side.
CLEARLY_DIFFERENT = 24


def lab(colour: str, vision: np.ndarray) -> np.ndarray:
    """A colour in CIELAB, as seen."""
    values = np.array(rgb(colour))
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    x, y, z = np.cbrt(XYZ @ np.clip(vision @ linear, 0.009, 1))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("vision", VISION.values(), ids=VISION)
def test_every_two_colours_of_the_code_differ_for_every_reader(vision):
    for first, second in combinations(colours.WORDS, 2):
        distance = np.linalg.norm(lab(first, np.array(vision)) - lab(second, np.array(vision)))
        assert distance >= CLEARLY_DIFFERENT, (colours.WORDS[first], colours.WORDS[second])


def test_the_code_has_a_colour_for_everything_that_is_drawn():
    assert len(colours.WORDS) == len(set(colours.WORDS.values())) == 7
