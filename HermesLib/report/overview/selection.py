"""What the overview shows: which slices, which of their iterations, and which part of a slice."""

from collections.abc import Sequence
from itertools import pairwise
from typing import TypeAlias

import numpy as np

from HermesLib.refinement.events import Iteration, Status
from HermesLib.refinement.history import SliceResult
from HermesLib.refinement.marks import Marks

#: A part of a slice in pixel edges: left, right, top, bottom.
View: TypeAlias = tuple[float, float, float, float]

#: The view covers at least this share of the slice's longer side, to show the organ in context.
SMALLEST_VIEW = 0.25
#: Margin around the masks, as a share of their extent.
MARGIN = 0.3


def worst_slices(results: Sequence[SliceResult], most: int, marks: Marks) -> list[SliceResult]:
    """Up to ``most`` slices: failed ones first, then marked ones, then by rising pDSC.

    A blank slice is among them only if it is marked.
    """
    candidates = [result for result in results if marks.get(result.index) or not is_blank(result)]
    return sorted(
        candidates,
        key=lambda result: (
            result.status is not Status.FAILED,
            not marks.get(result.index),
            result.best_record.numbers.pdsc,
            result.index,
        ),
    )[:most]


def is_blank(result: SliceResult) -> bool:
    """Whether a slice has neither organ nor mask (an assessed absent slice may have a mask)."""
    return result.status is Status.ABSENT and result.best_record.mask_is_empty


def select_iterations(count: int, best: int, most: int) -> list[int]:
    """Up to ``most`` (at least 3) of ``count`` iterations: first, best, last, and some between.

    >>> select_iterations(12, 4, 5)
    [0, 2, 4, 7, 11]
    """
    selected = {0, best, count - 1}
    while len(selected) < min(most, count):
        # The middle of the widest gap; ties: first, because masks change most early on.
        ordered = sorted(selected)
        left, right = max(pairwise(ordered), key=lambda gap: gap[1] - gap[0])
        selected.add((left + right) // 2)
    return sorted(selected)


def view_of(iterations: Sequence[Iteration], spacing: tuple[float, float]) -> View:
    """The part of a slice to show, square in millimetres.

    It contains the pGTs of all iterations and all masks but the first, which a random prompt may
    have spread over the slice (unless it is the only mask), with a margin around them.

    Args:
        iterations: of one slice, at least one.
        spacing: of rows and of columns, mm.
    """
    masks = [iteration.mask for iteration in iterations[1:] or iterations]
    union = np.logical_or.reduce(masks + [iteration.pgt for iteration in iterations])
    height, width = union.shape
    if not union.any():
        return 0.0, float(width), 0.0, float(height)
    rows = np.flatnonzero(union.any(1))
    columns = np.flatnonzero(union.any(0))
    top, bottom = rows[0], rows[-1] + 1
    left, right = columns[0], columns[-1] + 1
    extent = max((bottom - top) * spacing[0], (right - left) * spacing[1]) * (1 + 2 * MARGIN)
    side = max(extent, SMALLEST_VIEW * max(height * spacing[0], width * spacing[1]))
    view_top, view_bottom = _interval((top + bottom) / 2, side / spacing[0], height)
    view_left, view_right = _interval((left + right) / 2, side / spacing[1], width)
    return view_left, view_right, view_top, view_bottom


def _interval(centre: float, length: float, limit: int) -> tuple[float, float]:
    """An interval of ``length`` around ``centre``, moved or shortened to fit into 0..limit."""
    length = min(length, float(limit))
    start = min(max(centre - length / 2, 0.0), limit - length)
    return float(start), float(start + length)
