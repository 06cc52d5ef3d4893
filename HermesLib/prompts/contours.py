"""Contours of an image at a level: those of scikit-image's ``find_contours``, in half its time.

Marching squares. A contour crosses the edges between neighbouring pixels of which one is inside,
above the level. In a square of four pixels a line enters by one such edge and leaves by another;
where it leaves is where the next square's line enters.
"""

from functools import cache

import numpy as np

#: The edge to a pixel's right has twice the pixel's number, the one down from it that and 1. A
#: square has the number of its upper left pixel; its edges are so far from twice that number, the
#: bottom one by two rows.
_TOP, _LEFT, _RIGHT, _BOTTOM = 0, 1, 3, -1
#: Where a square's line enters and leaves, by which pixels are inside: the sum of 1 for the upper
#: left, 2 upper right, 4 lower left, 8 lower right. Insides that meet at a corner are apart: such
#: squares (6 and 9) have a second line, 16 further on.
_LINES = {
    1: (_TOP, _LEFT),
    2: (_RIGHT, _TOP),
    3: (_RIGHT, _LEFT),
    4: (_LEFT, _BOTTOM),
    5: (_TOP, _BOTTOM),
    6: (_RIGHT, _TOP),
    6 + 16: (_LEFT, _BOTTOM),
    7: (_RIGHT, _BOTTOM),
    8: (_BOTTOM, _RIGHT),
    9: (_TOP, _LEFT),
    9 + 16: (_BOTTOM, _RIGHT),
    10: (_BOTTOM, _TOP),
    11: (_BOTTOM, _LEFT),
    12: (_LEFT, _RIGHT),
    13: (_TOP, _RIGHT),
    14: (_LEFT, _TOP),
}
#: Contours so close to a pixel's centre may meet there, and their lines may have no length.
_CENTRE = 1e-9


def closed_contours(image: np.ndarray, level: float) -> list[np.ndarray]:
    """Closed contours (N, 2) of (row, column), in pixel centres, of an image (H, W).

    Points, their order and the order of contours are those of
    ``skimage.measure.find_contours(image, level)``, bit for bit. The first point is also the last.

    Raises:
        ValueError: a pixel at the image's edge is above the level: contours would be open.
    """
    columns = image.shape[1]
    values = np.ascontiguousarray(image, np.float64)
    inside = values > level
    if any(edge.any() for edge in (inside[0], inside[-1], inside[:, 0], inside[:, -1])):
        raise ValueError("contours end at the image's edge; pad the image")
    enters, leaves = _lines(inside.view(np.uint8).ravel(), columns)
    down, start = leaves & 1, leaves >> 1
    first = values.ravel()[start]
    shares = (level - first) / (values.ravel()[start + np.where(down, columns, 1)] - first)
    if (np.abs(shares - 0.5) > 0.5 - _CENTRE).any():
        from skimage.measure import find_contours

        contours: list[np.ndarray] = find_contours(image, level)
        return contours
    points = np.empty((len(shares), 2))
    points[:, 0], points[:, 1] = np.divmod(start, columns)
    points[np.arange(len(shares)), 1 - down] += shares
    return [points[path] for path in _cycles(enters, leaves, 2 * image.size)]


def _lines(inside: np.ndarray, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """The edges by which lines enter and leave, square by square.

    Args:
        inside: (H * W) of 0 and 1; the image's edge is 0, so that no square reaches from the end
            of a row to the start of the next.
        columns: of the image.
    """
    upper, lower = inside[:-columns], inside[columns:]
    above, below = upper + 4 * lower, 2 * upper + 8 * lower
    kinds = above[:-1] + below[1:]
    squares = np.flatnonzero((kinds > 0) & (kinds < 15))
    kinds = kinds[squares]
    touching = (kinds == 6) | (kinds == 9)
    if touching.any():
        squares = np.repeat(squares, 1 + touching)
        kinds = np.repeat(kinds, 1 + touching)
        second = np.flatnonzero(squares[1:] == squares[:-1]) + 1
        kinds[second] += 16
    enters, leaves = 2 * squares + _ways(columns)[:, kinds]
    return enters, leaves


@cache
def _ways(columns: int) -> np.ndarray:
    """The edges (2, kinds) by which a square's line enters and leaves, from twice its number on."""
    ways = np.zeros((2, 32), np.intp)
    ways[:, list(_LINES)] = np.array(list(_LINES.values())).T
    ways[ways == _BOTTOM] = 2 * columns
    return ways


def _cycles(enters: np.ndarray, leaves: np.ndarray, edges: int) -> list[list[int]]:
    """Lines in the order in which they follow each other, by cycle.

    Each cycle begins and ends with its last line; cycles are in the order of their first lines.
    """
    at = np.empty(edges, np.intp)
    at[enters] = np.arange(len(enters))
    following = at[leaves].tolist()
    cycles = []
    for last in range(len(following) - 1, -1, -1):
        if following[last] >= 0:
            cycle, line = [last], following[last]
            while line != last:
                cycle.append(line)
                following[line], line = -1, following[line]
            cycle.append(last)
            following[last] = -1
            cycles.append(cycle)
    return sorted(cycles, key=min)
