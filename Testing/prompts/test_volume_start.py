"""The box from which a model propagates: on which slice, and how wide."""

import numpy as np
import pytest

from HermesLib.prompts.volume_start import start_box

ORGAN = np.zeros((5, 40, 60), bool)
ORGAN[1, 10:20, 10:20] = True
ORGAN[2, 10:30, 12:30] = True
ORGAN[3, 10:29, 12:30] = True


def test_the_box_is_that_of_the_largest_section():
    box = start_box(ORGAN, {}, padding=0)
    assert (box.axis, box.index, box.first, box.second) == (0, 2, (10, 30), (12, 30))
    assert box.positive


def test_a_section_that_is_hardly_certain_gives_way_to_the_next():
    assert start_box(ORGAN, {2: 0.6, 3: 0.9, 1: 1.0}, padding=0).index == 3
    assert start_box(ORGAN, {2: 0.95, 3: 0.9}, padding=0).index == 2


@pytest.mark.parametrize(("padding", "rows"), [(8, (8, 32)), (9, (8, 32)), (200, (0, 40))])
def test_padding_shrinks_with_the_slice_covers_whole_pixels_and_stays_within(padding, rows):
    # 60 pixels of 320: of 8 pixels, 1.5 remain, which whole pixels cover.
    assert start_box(ORGAN, {}, padding).first == rows
