"""Strokes in a region: lines, centerlines and contours, the three kinds of Wong et al. 2024.

Every function takes a region (H, W, bool) and returns a raster of the same shape with ``count``
strokes inside the region. Each stroke lies in one connected component, drawn with probability in
proportion to its area. An empty region gives an empty raster, a region of one pixel that pixel.

SciPy and scikit-image are imported where they are used: a user interface that reads and shows
prompts need not wait half a second for them, nor hold 40 MB.
"""

import math
from collections.abc import Callable

import numpy as np

from HermesLib.prompts.stroke_simulation import pixel_unit, simulate_stroke

#: Draws a path of short segments (N, 2, 2) of (row, column) in a connected region (H, W); the
#: float is the slice's pixel unit.
_Trace = Callable[[np.ndarray, float, np.random.Generator], np.ndarray]
Draw = Callable[[np.ndarray, np.random.Generator, int], np.ndarray]

_EIGHT_NEIGHBOURS = np.ones((3, 3), bool)
#: Deviation of the blur before a contour is drawn, in pixel units; at most _WIDEST_BLUR of the side
#: of a square of the region's area, as a wider blur would leave only its middle.
_BLUR = (1.0, 4.0)
_WIDEST_BLUR = 0.15
#: Between the region's edge (0) and its middle (1).
_CONTOUR_DEPTH = (0.1, 0.7)


def line_scribbles(region: np.ndarray, rng: np.random.Generator, count: int = 1) -> np.ndarray:
    """Lines between two random points of the region."""
    return _draw(region, rng, count, _line)


def centerline_scribbles(
    region: np.ndarray, rng: np.random.Generator, count: int = 1
) -> np.ndarray:
    """Parts of the region's skeleton."""
    return _draw(region, rng, count, _centerline)


def contour_scribbles(region: np.ndarray, rng: np.random.Generator, count: int = 1) -> np.ndarray:
    """Parts of a contour of the blurred region, at a random depth in it."""
    return _draw(region, rng, count, _contour)


def random_scribbles(region: np.ndarray, rng: np.random.Generator, count: int = 1) -> np.ndarray:
    """Each stroke in one of the three ways."""
    raster = np.zeros(region.shape, bool)
    kinds: tuple[Draw, ...] = (line_scribbles, centerline_scribbles, contour_scribbles)
    for choice in rng.integers(len(kinds), size=count):
        raster |= kinds[choice](region, rng, 1)
    return raster


def _draw(region: np.ndarray, rng: np.random.Generator, count: int, trace: _Trace) -> np.ndarray:
    from scipy import ndimage

    raster = np.zeros(region.shape, bool)
    rows, columns = np.flatnonzero(region.any(1)), np.flatnonzero(region.any(0))
    if len(rows) == 0 or count < 1:
        return raster
    around = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    labels, parts = ndimage.label(region[around], _EIGHT_NEIGHBOURS)
    areas: np.ndarray = np.ones(1)
    windows = [(slice(None), slice(None))]
    if parts > 1:
        areas, windows = np.bincount(labels.ravel())[1:], ndimage.find_objects(labels)
    unit = pixel_unit(region.shape)
    drawn = raster[around]
    for choice in rng.choice(parts, size=count, p=areas / areas.sum()):
        part = labels[windows[choice]] == choice + 1
        drawn[windows[choice]] |= simulate_stroke(trace(part, unit, rng), part, unit, rng)
    return raster


def _line(part: np.ndarray, unit: float, rng: np.random.Generator) -> np.ndarray:
    pixels = np.flatnonzero(part)
    chosen = pixels[rng.integers(len(pixels), size=2)]
    start, end = np.stack(np.divmod(chosen, part.shape[1]), 1)
    steps = max(1, int(np.abs(end - start).max()))
    return _as_segments(np.linspace(start, end, steps + 1))


def _centerline(part: np.ndarray, unit: float, rng: np.random.Generator) -> np.ndarray:
    from skimage.morphology import skeletonize

    skeleton = skeletonize(np.pad(part, 1))
    rows, columns = np.nonzero(skeleton)
    pixels = np.stack([rows, columns], 1)
    pairs = []
    for step in ((0, 1), (1, -1), (1, 0), (1, 1)):
        neighbours = pixels + step
        joined = skeleton[neighbours[:, 0], neighbours[:, 1]]
        pairs.append(np.stack([pixels[joined], neighbours[joined]], 1))
    return np.concatenate(pairs).astype(float) - 1


def _contour(part: np.ndarray, unit: float, rng: np.random.Generator) -> np.ndarray:
    from scipy import ndimage
    from skimage.measure import find_contours

    widest = _WIDEST_BLUR * math.sqrt(np.count_nonzero(part))
    sigma = min(rng.uniform(*_BLUR) * unit, widest)
    margin = math.ceil(2 * sigma) + 1
    sharp = np.zeros((part.shape[0] + 2 * margin, part.shape[1] + 2 * margin), np.float32)
    sharp[margin:-margin, margin:-margin] = part
    blurred = ndimage.gaussian_filter(sharp, sigma, truncate=2.0)
    inside = blurred[margin:-margin, margin:-margin][part]
    lowest, highest = float(inside.min()), float(inside.max())
    contours = find_contours(blurred, lowest + rng.uniform(*_CONTOUR_DEPTH) * (highest - lowest))
    if not contours:
        return np.zeros((0, 2, 2))
    lengths = np.array([len(contour) for contour in contours], float)
    return _as_segments(contours[rng.choice(len(contours), p=lengths / lengths.sum())] - margin)


def _as_segments(path: np.ndarray) -> np.ndarray:
    return np.stack([path[:-1], path[1:]], 1).astype(float)
