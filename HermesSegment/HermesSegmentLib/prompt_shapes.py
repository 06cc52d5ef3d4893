"""Scribbles as lines in a slice, and lines as scribbles."""

import numpy as np

#: Pixels between two neighbours on a stroke's line.
_STRIDE = 3
#: Steps to the pixels around one, the nearest first: a larger gap ends a line.
_NEAREST_FIRST = sorted(
    {(right, down) for right in range(-2, 3) for down in range(-2, 3)} - {(0, 0)},
    key=lambda step: (step[0] ** 2 + step[1] ** 2, step),
)
_BESIDE = _NEAREST_FIRST[:8]


def strokes(pixels: np.ndarray) -> list[np.ndarray]:
    """Thin strokes as lines: points (M, 2) of (column, row), in drawing order or its reverse.

    Each line goes from an end to the nearest remaining pixel; a gap starts a new line.

    Args:
        pixels: (N, 2) of (column, row), the strokes' pixels.
    """
    left = {(int(column), int(row)) for column, row in np.asarray(pixels).reshape(-1, 2)}
    lines = []
    while left:
        at = min(left, key=lambda pixel: (_neighbours(pixel, left), pixel))
        line = [at]
        left.remove(at)
        while True:
            column, row = line[-1]
            near = ((column + right, row + down) for right, down in _NEAREST_FIRST)
            following = next((pixel for pixel in near if pixel in left), None)
            # What lies beside the line belongs to its width.
            left -= {(column + right, row + down) for right, down in _BESIDE}
            if following is None:
                break
            line.append(following)
            left.discard(following)
        points = np.array(line, float)
        lines.append(points[:: _STRIDE if len(line) > 2 * _STRIDE else 1])
    return lines


def draw_strokes(lines: list[np.ndarray], shape: tuple[int, int]) -> np.ndarray:
    """Lines of points (M, 2), (column, row), as a raster (H, W, bool), one pixel wide."""
    raster = np.zeros(shape, bool)
    for line in lines:
        for start, end in zip(line, line[1:] if len(line) > 1 else line, strict=False):
            count = int(np.ceil(np.abs(end - start).max())) + 1
            columns, rows = np.round(np.linspace(start, end, count)).astype(int).T
            raster[rows, columns] = True
    return raster


def _neighbours(pixel: tuple[int, int], pixels: set[tuple[int, int]]) -> int:
    """The number of a pixel's neighbours; an end has few."""
    column, row = pixel
    return sum((column + right, row + down) in pixels for right, down in _BESIDE)
