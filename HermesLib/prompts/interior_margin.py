"""Clicks along the inner margin of an object."""

import math

import numpy as np

#: A margin click outside a concave or thin region moves at most this many pixels into it.
_REACH = 3.0
#: The margin of small regions: at most this share of the hull's greatest depth.
_DEEPEST = 0.6


def margin_clicks(
    region: np.ndarray,
    rng: np.random.Generator,
    count: int = 16,
    inward: tuple[float, float] = (2.0, 3.0),
) -> np.ndarray:
    """Clicks (N, 2) of (x, y) along the region's convex hull moved inward, at equal arc length.

    This is MIDeepSeg's interior margin, except that all clicks lie in the region and none in the
    gaps between region and hull: a positive click must mark the object.

    Args:
        region: (H, W) bool.
        rng: decides where along the hull the first click lies and how far inward all of them are.
        count: how many; small regions give fewer, as no pixel is clicked twice.
        inward: range of the distance from the hull of the region's pixel centres, in pixels; less
            in small regions.

    Raises:
        ValueError: the region is empty.
    """
    if not region.any():
        raise ValueError("an empty region has no margin")
    from scipy import ndimage
    from skimage.measure import find_contours

    window = ndimage.find_objects(region.astype(np.uint8))[0]
    part = np.pad(region[window], 1)
    depth = ndimage.distance_transform_edt(hull_of(part))
    # Depth is measured to the centres of outside pixels, half a pixel from the hull's outline.
    level = min(0.5 + rng.uniform(*inward), _DEEPEST * float(depth.max()))
    # A single contour, except in a hull that is a line of pixels joined at their corners.
    path = np.concatenate([_evenly_spaced(contour) for contour in find_contours(depth, level)])
    distance, nearest = ndimage.distance_transform_edt(~part, return_indices=True)
    rows, columns = np.rint(path).astype(int).T
    inside = nearest[:, rows, columns]
    usable = (distance[rows, columns] <= _REACH) & (depth[inside[0], inside[1]] <= level + 1)
    pixels = (
        inside[:, usable].T
        if usable.any()
        else _around_centre(np.argwhere(part & (depth <= level + 1)))
    )
    steps = ((np.arange(count) + rng.random()) * len(pixels) / count).astype(int)
    clicks = list(dict.fromkeys(map(tuple, pixels[steps].tolist())))
    left = window[1].start - 1
    top = window[0].start - 1
    return np.array([(column + left, row + top) for row, column in clicks], np.int64)


def hull_of(region: np.ndarray) -> np.ndarray:
    """Convex hull (H, W, bool) of a region's pixel centres; a line of pixels is its own hull."""
    from scipy.spatial import ConvexHull, QhullError
    from skimage.draw import polygon

    pixels = np.argwhere(region)
    hull = region.copy()
    try:
        corners = pixels[ConvexHull(pixels).vertices]
    except (QhullError, ValueError):
        return hull
    hull[polygon(corners[:, 0], corners[:, 1], region.shape)] = True
    return hull


def _evenly_spaced(path: np.ndarray) -> np.ndarray:
    """Points every quarter of a pixel along a path (N, 2)."""
    length = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(path, axis=0).T))])
    steps = np.linspace(0.0, length[-1], math.ceil(4 * length[-1]) + 1)
    return np.column_stack([np.interp(steps, length, path[:, axis]) for axis in (0, 1)])


def _around_centre(pixels: np.ndarray) -> np.ndarray:
    """Pixels (N, 2) in the order of their angle about their mean."""
    rows, columns = (pixels - pixels.mean(0)).T
    return pixels[np.argsort(np.arctan2(rows, columns), kind="stable")]
