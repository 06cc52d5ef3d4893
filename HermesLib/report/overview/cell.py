"""One picture of the overview: a slice with the mask, the pGT, where they differ, and the prompt that led there."""

import matplotlib.patheffects as effects
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.patches import Rectangle

from HermesLib.prompts.types import PromptMarks
from HermesLib.refinement.events import Iteration
from HermesLib.report.overview.selection import View

# Errors in two colours of Okabe and Ito's palette, which colour-blind readers can tell apart; the outlines differ by dashes too.
MASK_COLOUR = "#00FFFF"
PGT_COLOUR = "#FF00FF"
FALSE_POSITIVE_COLOUR = "#E69F00"
FALSE_NEGATIVE_COLOUR = "#0072B2"
POSITIVE_COLOUR = "#F0E442"
NEGATIVE_COLOUR = "#FFFFFF"
FILL = 0.5
PGT_DASHES = (0, (3, 1.5))
#: Colour, sign in strokes, and marker of clicks: positive and negative prompts.
SIGNS = ((POSITIVE_COLOUR, "+", "+"), (NEGATIVE_COLOUR, "\u2212", "_"))

_OUTLINED = [effects.withStroke(linewidth=2.6, foreground="black")]


def draw_panel(
    axes: Axes, image: np.ndarray, iteration: Iteration, view: View, aspect: float
) -> None:
    """Draw one iteration of a slice.

    Args:
        axes: where to draw.
        image: (H, W) in 0..1.
        iteration: what to draw on it.
        view: the part to show, ``(left, right, top, bottom)`` in pixel edges.
        aspect: height of a pixel over its width.
    """
    height, width = image.shape
    # Pixel edges as coordinates: pixel (row, column) covers row..row + 1, as boxes count.
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
    _outline(axes, iteration.mask, MASK_COLOUR, 1.6, "solid")
    _outline(axes, iteration.pgt, PGT_COLOUR, 1.4, PGT_DASHES)
    left, right, top, bottom = view
    if iteration.prompt is not None:
        _draw_marks(axes, iteration.prompt.marks(), view)
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)
    axes.set_xticks([])
    axes.set_yticks([])


def _errors(mask: np.ndarray, pgt: np.ndarray) -> np.ndarray:
    """(H, W, 4): false positives and false negatives of the mask against the pGT."""
    colours = np.zeros((*mask.shape, 4))
    colours[mask & ~pgt] = to_rgba(FALSE_POSITIVE_COLOUR, FILL)
    colours[~mask & pgt] = to_rgba(FALSE_NEGATIVE_COLOUR, FILL)
    return colours


def _outline(axes: Axes, mask: np.ndarray, colour: str, width: float, style: str | tuple) -> None:
    if mask.any():
        # A rim of background closes outlines that reach the slice's border.
        rows, columns = (
            np.arange(-1, mask.shape[0] + 1) + 0.5,
            np.arange(-1, mask.shape[1] + 1) + 0.5,
        )
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
    strokes = (marks.positive_strokes, marks.negative_strokes)
    points = (marks.positive_points, marks.negative_points)
    for (colour, sign, marker), raster, places in zip(SIGNS, strokes, points, strict=True):
        if raster is not None:
            _draw_strokes(axes, raster, colour, sign, view)
        if len(places):
            axes.plot(
                places[:, 0] + 0.5,
                places[:, 1] + 0.5,
                marker,
                color=colour,
                markersize=6,
                markeredgewidth=1.4,
                path_effects=_OUTLINED,
            )


def _draw_box(axes: Axes, box: tuple[float, float, float, float], view: View) -> None:
    """The box, or where it is wider than the view, a frame at the view's rim to show that."""
    left, right, top, bottom = view
    inset = 0.012 * (right - left)
    x1, y1, x2, y2 = box
    x1, x2 = max(x1, left + inset), min(x2, right - inset)
    y1, y2 = max(y1, top + inset), min(y2, bottom - inset)
    frame = Rectangle(
        (x1, y1),
        x2 - x1,
        y2 - y1,
        fill=False,
        edgecolor=POSITIVE_COLOUR,
        linewidth=1.4,
        path_effects=_OUTLINED,
    )
    axes.add_patch(frame)


def _draw_strokes(axes: Axes, strokes: np.ndarray, colour: str, sign: str, view: View) -> None:
    if strokes.any():
        colours = np.zeros((*strokes.shape, 4))
        colours[strokes] = to_rgba(colour, 0.45)
        axes.imshow(
            colours,
            extent=(0, strokes.shape[1], strokes.shape[0], 0),
            aspect=axes.get_aspect(),
            interpolation="nearest",
        )
        place = _sign_place(strokes, view)
        if place is not None:
            axes.text(
                place[1],
                place[0],
                sign,
                color=colour,
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
