"""What fits on one page: which slices, which of their iterations, and which part of each slice."""

from collections.abc import Sequence
from itertools import pairwise
from typing import TypeAlias

import numpy as np

from HermesLib.refinement.events import Iteration, Status
from HermesLib.refinement.history import SliceResult

#: A part of a slice in pixel edges: left, right, top, bottom.
View: TypeAlias = tuple[float, float, float, float]

#: At least this share of the slice's longer side is shown, so that the organ keeps its surroundings.
SMALLEST_VIEW = 0.25
MARGIN = 0.3


def worst_slices(results: Sequence[SliceResult], most: int) -> list[SliceResult]:
    """Up to ``most`` slices, failed ones first, then by rising pDSC; blank ones have nothing to show."""
    shown = [result for result in results if not is_blank(result)]
    return sorted(
        shown,
        key=lambda result: (
            result.status is not Status.FAILED,
            result.best_record.pdsc,
            result.index,
        ),
    )[:most]


def is_blank(result: SliceResult) -> bool:
    """Whether a slice is without the organ and without a mask (an assessed one may have a mask all the same)."""
    return result.status is Status.ABSENT and not result.best_record.unpack().mask.any()


def chosen_iterations(count: int, best: int, most: int) -> list[int]:
    """Up to ``most`` (at least 3) of ``count`` iterations: the first, the best, the last, and between them evenly spread ones.

    >>> chosen_iterations(12, 4, 5)
    [0, 2, 4, 7, 11]
    """
    chosen = {0, best, count - 1}
    while len(chosen) < min(most, count):
        # The middle of the widest gap, the earlier one of equals: most changes early.
        ordered = sorted(chosen)
        left, right = max(pairwise(ordered), key=lambda gap: gap[1] - gap[0])
        chosen.add((left + right) // 2)
    return sorted(chosen)


def view_of(iterations: Sequence[Iteration], spacing: tuple[float, float]) -> View:
    """The part of a slice worth showing, square in millimetres.

    It holds the pGTs of all iterations, and the masks of all but the first (a random prompt may have filled the slice with it; a single one
    is held), with a margin around them, and at most the whole slice.

    Args:
        iterations: of one slice, at least one.
        spacing: millimetres of a pixel along the rows' direction (down) and the columns' (right).
    """
    masks = [iteration.mask for iteration in iterations[1:] or iterations]
    drawn = np.logical_or.reduce(masks + [iteration.pgt for iteration in iterations])
    height, width = drawn.shape
    if not drawn.any():
        return 0.0, float(width), 0.0, float(height)
    rows, columns = np.flatnonzero(drawn.any(1)), np.flatnonzero(drawn.any(0))
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    extent = max((bottom - top) * spacing[0], (right - left) * spacing[1]) * (1 + 2 * MARGIN)
    side = max(extent, SMALLEST_VIEW * max(height * spacing[0], width * spacing[1]))
    view_top, view_bottom = _interval((top + bottom) / 2, side / spacing[0], height)
    view_left, view_right = _interval((left + right) / 2, side / spacing[1], width)
    return view_left, view_right, view_top, view_bottom


def _interval(centre: float, length: float, limit: int) -> tuple[float, float]:
    """An interval of ``length`` around ``centre``, moved and if need be shortened to lie within 0..limit."""
    length = min(length, float(limit))
    start = min(max(centre - length / 2, 0.0), limit - length)
    return float(start), float(start + length)
