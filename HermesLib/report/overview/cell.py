"""One cell of the overview: a slice with its mask, its pGT, their differences, and the prompt."""

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib.patheffects as effects
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.patches import Rectangle

from HermesLib.prompts.types import PromptMarks
from HermesLib.refinement.events import Iteration
from HermesLib.refinement.marks import Mark
from HermesLib.report import colours
from HermesLib.report.overview.selection import View

# Outlines also differ by dashes, and the signs of prompts by shape.
REASON_COLOUR = "#D55E00"
FILL = 0.5
PGT_DASHES = (0, (3, 1.5))


@dataclass(frozen=True)
class _Sign:
    """How positive or negative prompts are drawn: colour, text on strokes, marker of clicks."""

    colour: str
    text: str
    marker: str


_POSITIVE = _Sign(colours.POSITIVE_PROMPT, "+", "+")
_NEGATIVE = _Sign(colours.NEGATIVE_PROMPT, "\u2212", "_")

_OUTLINED = [effects.withStroke(linewidth=2.6, foreground="black")]


def draw_cell(
    axes: Axes, image: np.ndarray, iteration: Iteration, view: View, aspect: float
) -> None:
    """Draw one iteration of a slice.

    Args:
        axes: to draw on.
        image: (H, W) in 0..1.
        iteration: its masks and prompt are drawn on the image.
        view: visible part, ``(left, right, top, bottom)`` in pixel edges.
        aspect: height of a pixel divided by its width.
    """
    height, width = image.shape
    # Coordinates are pixel edges, as in boxes: pixel (row, column) covers row..row + 1.
    extent = (0, width, height, 0)
    axes.imshow(
        image, cmap="gray", vmin=0, vmax=1, extent=extent, aspect=aspect, interpolation="bilinear"
    )
    axes.imshow(
        _errors(iteration.mask, iteration.pgt),
        extent=extent,
        aspect=aspect,
        interpolation="nearest",
    )
    _outline(axes, iteration.mask, colours.MASK, 1.6, "solid")
    _outline(axes, iteration.pgt, colours.EXPECTED, 1.4, PGT_DASHES)
    left, right, top, bottom = view
    if iteration.prompt is not None:
        _draw_marks(axes, iteration.prompt.marks(), view)
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)
    axes.set_xticks([])
    axes.set_yticks([])


def draw_reasons(axes: Axes, reasons: Sequence[Mark]) -> None:
    """Frame a cell and write into it why the slice needs a look; nothing without a reason."""
    if not reasons:
        return
    for spine in axes.spines.values():
        spine.set(edgecolor=REASON_COLOUR, linewidth=3.5)
    axes.text(
        0.03,
        0.97,
        "\n".join(f"! {reason.value}" for reason in reasons),
        transform=axes.transAxes,
        color="white",
        fontsize=9,
        weight="bold",
        ha="left",
        va="top",
        bbox={"facecolor": REASON_COLOUR, "edgecolor": "none", "pad": 2},
    )


def _errors(mask: np.ndarray, pgt: np.ndarray) -> np.ndarray:
    """(H, W, 4): false positives and false negatives of the mask against the pGT."""
    painted = np.zeros((*mask.shape, 4))
    painted[mask & ~pgt] = to_rgba(colours.MASK_ONLY, FILL)
    painted[~mask & pgt] = to_rgba(colours.EXPECTED_ONLY, FILL)
    return painted


def _outline(axes: Axes, mask: np.ndarray, colour: str, width: float, style: str | tuple) -> None:
    if mask.any():
        # A margin of background closes outlines that reach the slice's border.
        rows = np.arange(-1, mask.shape[0] + 1) + 0.5
        columns = np.arange(-1, mask.shape[1] + 1) + 0.5
        axes.contour(
            columns,
            rows,
            np.pad(mask, 1).astype(float),
            [0.5],
            colors=[colour],
            linewidths=width,
            linestyles=[style],
        )


def _draw_marks(axes: Axes, marks: PromptMarks, view: View) -> None:
    for box in marks.boxes:
        _draw_box(axes, box, view)
    _draw_signed(axes, marks.positive_strokes, marks.positive_points, _POSITIVE, view)
    _draw_signed(axes, marks.negative_strokes, marks.negative_points, _NEGATIVE, view)


def _draw_signed(
    axes: Axes, strokes: np.ndarray | None, points: np.ndarray, sign: _Sign, view: View
) -> None:
    if strokes is not None:
        _draw_strokes(axes, strokes, sign, view)
    if len(points):
        axes.plot(
            points[:, 0] + 0.5,
            points[:, 1] + 0.5,
            sign.marker,
            color=sign.colour,
            markersize=6,
            markeredgewidth=1.4,
            path_effects=_OUTLINED,
        )


def _draw_box(axes: Axes, box: tuple[float, float, float, float], view: View) -> None:
    """Draw the box; where it exceeds the view, along the view's edge, so that it stays visible."""
    left, right, top, bottom = view
    inset = 0.012 * (right - left)
    x1, y1, x2, y2 = box
    x1 = max(x1, left + inset)
    x2 = min(x2, right - inset)
    y1 = max(y1, top + inset)
    y2 = min(y2, bottom - inset)
    frame = Rectangle(
        (x1, y1),
        x2 - x1,
        y2 - y1,
        fill=False,
        edgecolor=colours.POSITIVE_PROMPT,
        linewidth=1.4,
        path_effects=_OUTLINED,
    )
    axes.add_patch(frame)


def _draw_strokes(axes: Axes, strokes: np.ndarray, sign: _Sign, view: View) -> None:
    if strokes.any():
        painted = np.zeros((*strokes.shape, 4))
        painted[strokes] = to_rgba(sign.colour, 0.45)
        axes.imshow(
            painted,
            extent=(0, strokes.shape[1], strokes.shape[0], 0),
            aspect=axes.get_aspect(),
            interpolation="nearest",
        )
        place = _sign_place(strokes, view)
        if place is not None:
            axes.text(
                place[1],
                place[0],
                sign.text,
                color=sign.colour,
                fontsize=13,
                weight="bold",
                ha="center",
                va="center",
                clip_on=True,
                path_effects=_OUTLINED,
            )


def _sign_place(strokes: np.ndarray, view: View) -> tuple[float, float] | None:
    """(row, column) in the middle of the strokes' visible part, for a sign beside the colour."""
    left, right, top, bottom = view
    rows, columns = np.nonzero(strokes)
    visible = (rows >= top) & (rows < bottom) & (columns >= left) & (columns < right)
    if not visible.any():
        return None
    rows, columns = rows[visible], columns[visible]
    middle = len(rows) // 2
    return rows[middle] + 0.5, columns[middle] + 0.5
