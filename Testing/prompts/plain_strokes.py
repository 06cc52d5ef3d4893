"""Strokes drawn in the plainest way: what the library's faster drawing must equal bit for bit.

Bundled weights were trained, and their results measured, with these strokes.
"""

import math

import numpy as np
from scipy import ndimage
from skimage.measure import find_contours
from skimage.morphology import skeletonize


def plain_strokes(kind: str, region: np.ndarray, rng: np.random.Generator, count: int):
    """Raster (H, W, bool) of ``count`` strokes of a kind: line, centerline or contour."""
    raster = np.zeros(region.shape, bool)
    labels, parts = ndimage.label(region, np.ones((3, 3)))
    areas = np.bincount(labels.ravel())[1:]
    windows = ndimage.find_objects(labels)
    unit = max(1.0, max(region.shape) / 128)
    for choice in rng.choice(parts, size=count, p=areas / areas.sum()):
        part = labels[windows[choice]] == choice + 1
        path = {"line": _line, "centerline": _centerline, "contour": _contour}[kind]
        raster[windows[choice]] |= _stroke(path(part, unit, rng), part, unit, rng)
    return raster


def _line(part, unit, rng):
    pixels = np.argwhere(part)
    start, end = pixels[rng.integers(len(pixels), size=2)]
    steps = max(1, int(np.abs(end - start).max()))
    return _segments(np.linspace(start, end, steps + 1))


def _centerline(part, unit, rng):
    skeleton = skeletonize(np.pad(part, 1))
    pixels = np.argwhere(skeleton)
    pairs = []
    for step in ((0, 1), (1, -1), (1, 0), (1, 1)):
        neighbours = pixels + step
        joined = skeleton[neighbours[:, 0], neighbours[:, 1]]
        pairs.append(np.stack([pixels[joined], neighbours[joined]], 1))
    return np.concatenate(pairs).astype(float) - 1


def _contour(part, unit, rng):
    sigma = min(rng.uniform(1.0, 4.0) * unit, 0.15 * float(np.sqrt(part.sum())))
    margin = int(np.ceil(2 * sigma)) + 1
    blurred = ndimage.gaussian_filter(np.pad(part, margin).astype(np.float32), sigma, truncate=2.0)
    inside = blurred[margin:-margin, margin:-margin][part]
    lowest, highest = float(inside.min()), float(inside.max())
    contours = find_contours(blurred, lowest + rng.uniform(0.1, 0.7) * (highest - lowest))
    if not contours:
        return np.zeros((0, 2, 2))
    lengths = np.array([len(contour) for contour in contours], float)
    return _segments(contours[rng.choice(len(contours), p=lengths / lengths.sum())] - margin)


def _segments(path):
    return np.stack([path[:-1], path[1:]], 1).astype(float)


def _stroke(segments, region, unit, rng):
    if len(segments) > 0:
        noise = _noise(segments.mean(1), rng.uniform(8.0, 20.0) * unit, 1, rng)[:, 0]
        parts = segments[noise >= np.quantile(noise, rng.uniform(0.1, 0.75))]
        straight = _ink(parts, region.shape, unit) & region
        strength = min(rng.uniform(0.4, 2.0) * unit, 0.1 * math.sqrt(region.sum()))
        drift = _noise(parts.reshape(-1, 2), rng.uniform(4.0, 16.0) * unit, 2, rng)
        for steadiness in (1.0, 0.5):
            moved = parts + steadiness * (strength * drift.reshape(parts.shape))
            warped = _ink(moved, region.shape, unit) & region
            if 2 * warped.sum() > straight.sum():
                return warped
        if straight.any():
            return straight
    depth = ndimage.distance_transform_edt(np.pad(region, 1))[1:-1, 1:-1]
    deepest = np.unravel_index(int(np.argmax(depth)), depth.shape)
    return _ink(np.full((1, 2, 2), deepest, float), region.shape, unit) & region


def _noise(points, spacing, channels, rng):
    positions = (points - points.min(0)) / spacing + 1
    cells = np.ceil(positions.max(0)).astype(int) + 2
    grids = rng.standard_normal((channels, *cells))
    fields = [ndimage.map_coordinates(grid, positions.T, mode="nearest") for grid in grids]
    return np.stack(fields, 1)


def _ink(segments, shape, unit):
    width = max(1, round(unit))
    raster = np.zeros(shape, bool)
    offsets = np.arange(width) - (width - 1) / 2
    for start, end in segments:
        longest = float(np.abs(segments[:, 1] - segments[:, 0]).max())
        for share in np.linspace(0, 1, 2 * math.ceil(longest) + 1):
            for down in offsets:
                for right in offsets:
                    if down**2 + right**2 <= (width / 2) ** 2 + 0.25:
                        point = start + share * (end - start) + [down, right]
                        row, column = np.rint(point).astype(int)
                        if 0 <= row < shape[0] and 0 <= column < shape[1]:
                            raster[row, column] = True
    return raster
