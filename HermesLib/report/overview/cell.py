"""One cell of the overview: a slice with its mask, its pGT, their differences, and the prompt."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from HermesLib.prompts.types import PromptMarks
from HermesLib.refinement.events import Iteration
from HermesLib.refinement.marks import Mark
from HermesLib.report import colours
from HermesLib.report.overview.fonts import font
from HermesLib.report.overview.picture import Backdrop, Layer, Picture
from HermesLib.report.overview.selection import View

# Outlines also differ by dashes, and the signs of prompts by shape.
REASON_COLOUR = "#D55E00"
FILL = 0.5
#: How far the colour of strokes covers the image.
_STROKES = 0.45
#: Dash and gap of the pGT's outline, points.
PGT_DASHES = (4.2, 2.1)
#: Widths of the frames of cells with and without reasons, pixels.
_FRAME, _EDGE = 4, 1


@dataclass(frozen=True)
class _Sign:
    """How positive or negative prompts are drawn: colour, and text on strokes."""

    colour: str
    text: str
    minus: bool


_POSITIVE = _Sign(colours.POSITIVE_PROMPT, "+", minus=False)
_NEGATIVE = _Sign(colours.NEGATIVE_PROMPT, "\u2212", minus=True)


def draw_cell(
    backdrop: Backdrop, iteration: Iteration, reasons: Sequence[Mark] = ()
) -> Image.Image:
    """One iteration of a slice as a picture (RGB).

    Args:
        backdrop: the part of the slice to show.
        iteration: its masks and prompt are drawn on the slice.
        reasons: why the slice needs a look; with any, the cell has a frame and says them.
    """
    mask, pgt = iteration.mask, iteration.pgt
    marks = None if iteration.prompt is None else iteration.prompt.marks()
    layers = [
        Layer(mask & ~pgt, colours.MASK_ONLY, FILL),
        Layer(~mask & pgt, colours.EXPECTED_ONLY, FILL),
        *([] if marks is None else _strokes(marks)),
    ]
    picture = Picture(backdrop, layers)
    picture.outline(mask, colours.MASK, 1.6)
    picture.outline(pgt, colours.EXPECTED, 1.4, PGT_DASHES)
    if marks is not None:
        _draw_marks(picture, marks, backdrop.view)
    finished = picture.finished()
    _write_reasons(finished, reasons)
    return finished


def _write_reasons(picture: Image.Image, reasons: Sequence[Mark]) -> None:
    """Frame a cell, in colour if the slice needs a look, and write into it why."""
    draw = ImageDraw.Draw(picture)
    width, height = picture.size
    edge, line = (REASON_COLOUR, _FRAME) if reasons else ("black", _EDGE)
    draw.rectangle((0, 0, width - 1, height - 1), outline=edge, width=line)
    if not reasons:
        return
    text, letters = "\n".join(f"! {reason.value}" for reason in reasons), font(9, bold=True)
    place = (_FRAME + 4, _FRAME + 2)
    left, top, right, bottom = draw.multiline_textbbox(place, text, letters)
    draw.rectangle((left - 3, top - 3, right + 3, bottom + 3), fill=REASON_COLOUR)
    draw.multiline_text(place, text, "white", letters)


def _strokes(marks: PromptMarks) -> list[Layer]:
    signed = [(marks.positive_strokes, _POSITIVE), (marks.negative_strokes, _NEGATIVE)]
    return [
        Layer(strokes, sign.colour, _STROKES) for strokes, sign in signed if strokes is not None
    ]


def _draw_marks(picture: Picture, marks: PromptMarks, view: View) -> None:
    for box in marks.boxes:
        _draw_box(picture, box, view)
    _draw_signed(picture, marks.positive_strokes, marks.positive_points, _POSITIVE, view)
    _draw_signed(picture, marks.negative_strokes, marks.negative_points, _NEGATIVE, view)


def _draw_signed(
    picture: Picture, strokes: np.ndarray | None, points: np.ndarray, sign: _Sign, view: View
) -> None:
    if strokes is not None and strokes.any():
        place = _sign_place(strokes, view)
        if place is not None:
            picture.letter(place, sign.text, sign.colour, 13)
    for x, y in points:
        picture.plus((x + 0.5, y + 0.5), sign.colour, 6, minus=sign.minus)


def _draw_box(picture: Picture, box: tuple[float, float, float, float], view: View) -> None:
    """Draw the box; where it exceeds the view, along the view's edge, so that it stays visible."""
    left, right, top, bottom = view
    inset = 0.012 * (right - left)
    x1, y1, x2, y2 = box
    x1 = max(x1, left + inset)
    x2 = min(x2, right - inset)
    y1 = max(y1, top + inset)
    y2 = min(y2, bottom - inset)
    corners = [(x1, y1), (x2, y1), (x2, y2), (x1, y2), (x1, y1)]
    picture.line(corners, "black", 2.6)
    picture.line(corners, colours.POSITIVE_PROMPT, 1.4)


def _sign_place(strokes: np.ndarray, view: View) -> tuple[float, float] | None:
    """(x, y) in the middle of the strokes' visible part, for a sign beside the colour."""
    left, right, top, bottom = view
    rows, columns = np.nonzero(strokes)
    visible = (rows >= top) & (rows < bottom) & (columns >= left) & (columns < right)
    if not visible.any():
        return None
    rows, columns = rows[visible], columns[visible]
    middle = len(rows) // 2
    return float(columns[middle]) + 0.5, float(rows[middle]) + 0.5
