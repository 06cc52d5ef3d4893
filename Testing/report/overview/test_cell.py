"""A cell of the overview shows what is where: colours, outlines, directions and proportions."""

import numpy as np
import pytest

from HermesLib.prompts.clicks import Clicks
from HermesLib.prompts.scribbles import Scribbles
from HermesLib.prompts.types import Prompt
from HermesLib.refinement.events import Iteration
from HermesLib.refinement.marks import Mark
from HermesLib.report import colours
from HermesLib.report.overview.cell import REASON_COLOUR, draw_cell
from HermesLib.report.overview.picture import Backdrop

SIDE = 60
WHOLE = (0.0, float(SIDE), 0.0, float(SIDE))
GREY = 0.5


def block(top: int, left: int, side: int = 16) -> np.ndarray:
    region = np.zeros((SIDE, SIDE), bool)
    region[top : top + side, left : left + side] = True
    return region


def cell(
    mask: np.ndarray,
    pgt: np.ndarray,
    prompt: Prompt | None = None,
    aspect: float = 1.0,
    reasons: tuple[Mark, ...] = (),
) -> np.ndarray:
    """The cell as pixels (300, 300, 3) of 0..255; narrower where pixels are higher than wide."""
    iteration = Iteration(0, 0, mask, pgt, 0.5, 0.4, 0.6, None, prompt, 0.1, None)
    backdrop = Backdrop.of(np.full((SIDE, SIDE), GREY), WHOLE, aspect, 300)
    return np.asarray(draw_cell(backdrop, iteration, reasons)).astype(int)


def places(picture: np.ndarray, colour: str, share: float = 1.0) -> np.ndarray:
    """Rows and columns (N, 2) of the pixels of a colour that covers a share of the grey."""
    wanted = 255 * (share * np.array(colours.rgb(colour)) + (1 - share) * GREY)
    return np.argwhere(np.abs(picture - wanted).max(-1) <= 12)


def test_what_is_only_in_the_mask_and_what_is_only_expected_have_their_own_colours():
    larger, smaller = block(20, 20, 20), block(25, 25, 10)
    too_much = cell(larger, smaller)
    assert len(places(too_much, colours.MASK_ONLY, 0.5)) > 1000
    assert len(places(too_much, colours.EXPECTED_ONLY, 0.5)) == 0
    too_little = cell(smaller, larger)
    assert len(places(too_little, colours.EXPECTED_ONLY, 0.5)) > 1000
    assert len(places(too_little, colours.MASK_ONLY, 0.5)) == 0


def test_each_outline_lies_where_its_mask_lies_top_up_and_left_on_the_left():
    picture = cell(mask=block(5, 8), pgt=block(40, 35))
    for colour, top, left in ((colours.MASK, 5, 8), (colours.EXPECTED, 40, 35)):
        outline = places(picture, colour)
        lowest, highest = outline.min(0), outline.max(0)
        expected = np.array([[top, left], [top + 16, left + 16]]) * 5
        assert np.abs(np.stack([lowest, highest]) - expected).max() <= 6


@pytest.mark.parametrize("kind", [Clicks, Scribbles])
def test_positive_and_negative_prompts_lie_where_they_were_given(kind: type):
    above, below = block(6, 10, 4), block(48, 40, 4)
    if kind is Clicks:
        prompt = Clicks(np.argwhere(above)[:, ::-1], np.argwhere(below)[:, ::-1])
    else:
        prompt = Scribbles(above, below)
    picture = cell(block(20, 20), block(20, 20), prompt)
    positive = places(picture, colours.POSITIVE_PROMPT)
    negative = places(picture, colours.NEGATIVE_PROMPT)
    assert len(positive) > 10 and len(negative) > 10
    assert positive.max(0)[0] < 75 and negative.min(0)[0] > 225
    assert positive.max(0)[1] < 90 and negative.min(0)[1] > 180


def test_pixels_that_are_twice_as_high_as_wide_are_drawn_so():
    outline = places(cell(block(20, 20, 20), block(20, 20, 20), aspect=2.0), colours.EXPECTED)
    height, width = outline.max(0) - outline.min(0)
    assert height == pytest.approx(2 * width, rel=0.1)


def test_only_a_slice_with_reasons_is_framed():
    same = block(20, 20)
    assert len(places(cell(same, same), REASON_COLOUR)) == 0
    framed = places(cell(same, same, reasons=(Mark.GAP,)), REASON_COLOUR)
    assert {0, 299} <= set(framed[:, 0]) and {0, 299} <= set(framed[:, 1])


def test_every_word_of_the_legend_belongs_to_its_colour():
    assert colours.WORDS[colours.MASK_ONLY] == "only in mask"
    assert colours.WORDS[colours.EXPECTED_ONLY] == "only in expected outline"
    assert colours.WORDS[colours.MASK] == "mask"
    assert colours.WORDS[colours.EXPECTED] == "expected outline"
