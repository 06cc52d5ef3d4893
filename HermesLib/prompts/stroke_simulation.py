"""Simulation of hand-drawn strokes: they break off, wander, have a width, and stay in their region.

This is ScribblePrompt's recipe (Wong et al. 2024, scribble simulation): strokes broken by a smooth
random mask and warped by a smooth random deformation. It works on paths of short segments instead
of rasters, so that a warped path stays connected and does not fade.
"""

import math

import numpy as np

#: Strokes are one pixel wide on slices of this side, which ScribblePrompt resizes to, and in
#: proportion on larger ones.
_REFERENCE_SIDE = 128
#: Spacing of the random mask's grid, in units of the stroke's width, and the share that it removes.
_BREAK_SPACING = (8.0, 20.0)
_REMOVED = (0.1, 0.75)
#: Spacing of the random deformation's grid and its deviation, in units of the stroke's width.
_WARP_SPACING = (4.0, 16.0)
_WARP_STRENGTH = (0.4, 2.0)
#: A hand strays less in a small region: at most this share of the side of a square of its area.
_STRENGTH_PER_SIDE = 0.1


def pixel_unit(shape: tuple[int, int]) -> float:
    """Side of a 128x128 slice's pixel in pixels of a slice of ``shape``; at least 1."""
    return max(1.0, max(shape) / _REFERENCE_SIDE)


def simulate_stroke(
    segments: np.ndarray, region: np.ndarray, unit: float, rng: np.random.Generator
) -> np.ndarray:
    """Draw a path in a region as a hand would.

    Args:
        segments: (N, 2, 2) the path's segments, each from (row, column) to (row, column), no
            longer than a few pixels.
        region: (H, W) bool, not empty.
        unit: stroke width, and the unit of how far the hand strays, in pixels.
        rng: random numbers.

    Returns:
        (H, W) bool, inside the region and not empty: a dot at the region's deepest pixel if no
        stroke fits.
    """
    if len(segments) > 0:
        parts = _broken(segments, unit, rng)
        straight = _ink(parts, region.shape, unit) & region
        limit = _STRENGTH_PER_SIDE * math.sqrt(region.sum())
        strength = min(rng.uniform(*_WARP_STRENGTH) * unit, limit)
        drift = strength * _smooth_noise(
            parts.reshape(-1, 2), rng.uniform(*_WARP_SPACING) * unit, 2, rng
        ).reshape(parts.shape)
        # A person watches the pen: a stroke that would mostly leave the region is drawn with a
        # steadier hand.
        for steadiness in (1.0, 0.5):
            warped = _ink(parts + steadiness * drift, region.shape, unit) & region
            if 2 * warped.sum() > straight.sum():
                return warped
        if straight.any():
            return straight
    return _ink(np.full((1, 2, 2), deepest_pixel(region), float), region.shape, unit) & region


def deepest_pixel(region: np.ndarray) -> tuple[int, int]:
    """(row, column) of the pixel of a region (H, W, bool) that is farthest from its outside.

    The slice's edge counts as outside.
    """
    from scipy import ndimage

    depth = ndimage.distance_transform_edt(np.pad(region, 1))[1:-1, 1:-1]
    row, column = np.unravel_index(int(np.argmax(depth)), depth.shape)
    return int(row), int(column)


def _broken(segments: np.ndarray, unit: float, rng: np.random.Generator) -> np.ndarray:
    noise = _smooth_noise(segments.mean(1), rng.uniform(*_BREAK_SPACING) * unit, 1, rng)[:, 0]
    return segments[noise >= np.quantile(noise, rng.uniform(*_REMOVED))]


def _smooth_noise(
    points: np.ndarray, spacing: float, channels: int, rng: np.random.Generator
) -> np.ndarray:
    """Smooth random fields (N, channels) of about unit variance at points (N, 2).

    They are splines through coarse grids of random values.
    """
    from scipy import ndimage

    low = points.min(0)
    positions = (points - low) / spacing + 1
    cells = np.ceil(positions.max(0)).astype(int) + 2
    grids = rng.standard_normal((channels, *cells))
    return np.stack(
        [ndimage.map_coordinates(grid, positions.T, order=3, mode="nearest") for grid in grids], 1
    )


def _ink(segments: np.ndarray, shape: tuple[int, int], unit: float) -> np.ndarray:
    """Raster (H, W) of segments drawn with a round pen, clipped to ``shape``."""
    width = max(1, round(unit))
    longest = float(np.abs(segments[:, 1] - segments[:, 0]).max())
    shares = np.linspace(0, 1, 2 * math.ceil(longest) + 1)[:, None, None]
    points = (segments[:, 0] + shares * (segments[:, 1] - segments[:, 0])).reshape(-1, 1, 2)
    pen = np.stack(np.meshgrid(*[np.arange(width) - (width - 1) / 2] * 2), -1).reshape(-1, 2)
    pen = pen[(pen**2).sum(1) <= (width / 2) ** 2 + 0.25]
    rows, columns = np.rint(points + pen).astype(int).reshape(-1, 2).T
    within = (rows >= 0) & (rows < shape[0]) & (columns >= 0) & (columns < shape[1])
    raster = np.zeros(shape, bool)
    raster[rows[within], columns[within]] = True
    return raster
