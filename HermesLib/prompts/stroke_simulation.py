"""Simulation of hand-drawn strokes: they break off, wander, have a width, and stay in their region.

This is ScribblePrompt's recipe (Wong et al. 2024, scribble simulation): strokes broken by a smooth
random mask and warped by a smooth random deformation. It works on paths of short segments instead
of rasters, so that a warped path stays connected and does not fade.
"""

import math
from functools import cache

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
#: So often SciPy repeats the edge of a grid before it fits splines to it.
_SPLINE_MARGIN = 12
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
        limit = _STRENGTH_PER_SIDE * math.sqrt(np.count_nonzero(region))
        strength = min(rng.uniform(*_WARP_STRENGTH) * unit, limit)
        spacing = rng.uniform(*_WARP_SPACING) * unit
        noise = _smooth_noise(parts.reshape(-1, 2), spacing, 2, rng)
        drift = strength * noise.T.reshape(parts.shape)
        # A person watches the pen: a stroke that would mostly leave the region is drawn with a
        # steadier hand.
        for steadiness in (1.0, 0.5):
            warped = _ink(parts + steadiness * drift, region.shape, unit) & region
            if 2 * np.count_nonzero(warped) > np.count_nonzero(straight):
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
    middles = (segments[:, 0] + segments[:, 1]) / 2
    (noise,) = _smooth_noise(middles, rng.uniform(*_BREAK_SPACING) * unit, 1, rng)
    # The smallest value that reaches the quantile of what is removed.
    kept = math.ceil(rng.uniform(*_REMOVED) * (len(noise) - 1))
    return segments[noise >= np.partition(noise, kept)[kept]]


def _smooth_noise(
    points: np.ndarray, spacing: float, channels: int, rng: np.random.Generator
) -> np.ndarray:
    """Smooth random fields (channels, N) of about unit variance at points (N, 2).

    They are splines through coarse grids of random values.
    """
    from scipy import ndimage

    positions = ((points - points.min(0)) / spacing + 1).T
    rows, columns = (math.ceil(axis.max()) + 2 for axis in positions)
    grids = rng.standard_normal((channels, rows, columns))
    # As map_coordinates does it with prefilter, for all channels at once.
    splines = grids.take(_with_margin(rows), 1).take(_with_margin(columns), 2)
    for axis in (1, 2):
        splines = ndimage.spline_filter1d(splines, 3, axis, mode="nearest")
    places = positions + _SPLINE_MARGIN
    fields = np.empty((channels, len(points)))
    for spline, field in zip(splines, fields, strict=True):
        ndimage.map_coordinates(spline, places, field, mode="nearest", prefilter=False)
    return fields


@cache
def _with_margin(length: int) -> np.ndarray:
    """Indices of an axis, the first and the last repeated."""
    return np.arange(-_SPLINE_MARGIN, length + _SPLINE_MARGIN).clip(0, length - 1)


def _ink(segments: np.ndarray, shape: tuple[int, int], unit: float) -> np.ndarray:
    """Raster (H, W) of segments drawn with a round pen, clipped to ``shape``."""
    start, along = segments[:, 0], segments[:, 1] - segments[:, 0]
    shares = _shares(2 * math.ceil(np.abs(along).max()) + 1)
    points = (start + shares * along).reshape(-1, 2)
    offsets, (pen_rows, pen_columns) = _pen(max(1, round(unit)))
    # A frame of one pixel takes what lies outside.
    height, width = shape[0] + 2, shape[1] + 2
    rows = _within(np.rint(points[:, 0] + offsets), height)
    columns = _within(np.rint(points[:, 1] + offsets), width)
    framed = np.zeros(height * width, bool)
    framed[(rows * width)[pen_rows] + columns[pen_columns]] = True
    return framed.reshape(height, width)[1:-1, 1:-1]


def _within(places: np.ndarray, side: int) -> np.ndarray:
    """Whole numbers as places in a frame of ``side`` that begins at -1."""
    return np.minimum(np.maximum(places + 1, 0), side - 1).astype(np.intp)


@cache
def _shares(count: int) -> np.ndarray:
    """How far along a segment its points lie, (N, 1, 1), both ends among them."""
    return np.linspace(0, 1, count)[:, None, None]


@cache
def _pen(width: int) -> tuple[np.ndarray, np.ndarray]:
    """A round pen of a width in pixels: offsets (width, 1), and which of them (2, N) it covers."""
    offsets = np.arange(width) - (width - 1) / 2
    squares = offsets**2
    covered = squares[:, None] + squares <= (width / 2) ** 2 + 0.25
    return offsets[:, None], np.stack(np.nonzero(covered))
