"""Scribbles as lines in a slice, and lines as scribbles."""

import numpy as np

#: Pixels between two neighbours on a stroke's line.
_STRIDE = 3
_GAP = 2.9


def strokes(pixels: np.ndarray) -> list[np.ndarray]:
    """Thin strokes as lines: points (M, 2) of (column, row), in drawing order or its reverse.

    Each line goes from an end to the nearest remaining pixel; a gap starts a new line.

    Args:
        pixels: (N, 2) of (column, row), the strokes' pixels.
    """
    left = np.array(pixels, float).reshape(-1, 2)
    lines = []
    while len(left):
        at = _end(left)
        line = [left[at]]
        left = np.delete(left, at, 0)
        while len(left):
            distance = np.linalg.norm(left - line[-1], axis=1)
            nearest = int(distance.argmin())
            if distance[nearest] > _GAP:
                break
            line.append(left[nearest])
            # What lies beside the line belongs to its width.
            left = left[distance > 1.5] if len(left) > 1 else left[:0]
        lines.append(np.array(line)[:: _STRIDE if len(line) > 2 * _STRIDE else 1])
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


def _end(points: np.ndarray) -> int:
    """The pixel with the fewest neighbours."""
    apart = np.abs(points[:, None] - points[None]).max(-1)
    return int((apart <= 1).sum(1).argmin())
