"""Clicks along the inner margin of an object."""

import math

import numpy as np
from scipy import ndimage
from scipy.spatial import ConvexHull, QhullError
from skimage.draw import polygon
from skimage.measure import find_contours

#: A margin click that misses a concave or thin region moves at most this far to meet it.
_REACH = 3.0


def margin_clicks(
    region: np.ndarray,
    rng: np.random.Generator,
    count: int = 16,
    inward: tuple[float, float] = (2.0, 3.0),
) -> np.ndarray:
    """Clicks (N, 2) of (x, y) at equal arc length along the region's convex hull moved inward: MIDeepSeg's interior margin.

    All lie in the region, not in the hull's gaps: what is clicked is told to be the object.

    Args:
        region: (H, W) bool.
        rng: where along the hull the first click lies, and how far inward they all are.
        count: how many; small regions give fewer, as no pixel is clicked twice.
        inward: range of the distance from the hull of the region's pixel centres, in pixels; small regions have it narrower.

    Raises:
        ValueError: the region is empty.
    """
    if not region.any():
        raise ValueError("an empty region has no margin")
    window = ndimage.find_objects(region.astype(np.uint8))[0]
    part = np.pad(region[window], 1)
    depth = ndimage.distance_transform_edt(hull_of(part))
    # Depth is measured to the centres of pixels outside, which are about half a pixel from the hull's outline.
    level = min(0.5 + rng.uniform(*inward), 0.6 * float(depth.max()))
    # One contour, except in a hull that is a line of pixels joined at their corners.
    path = np.concatenate([_evenly_spaced(contour) for contour in find_contours(depth, level)])
    away, nearest = ndimage.distance_transform_edt(~part, return_indices=True)
    rows, columns = np.rint(path).astype(int).T
    met = nearest[:, rows, columns]
    usable = (away[rows, columns] <= _REACH) & (depth[met[0], met[1]] <= level + 1)
    places = (
        met[:, usable].T
        if usable.any()
        else _around_centre(np.argwhere(part & (depth <= level + 1)))
    )
    steps = ((np.arange(count) + rng.random()) * len(places) / count).astype(int)
    clicks = list(dict.fromkeys(map(tuple, places[steps].tolist())))
    offset = (window[1].start - 1, window[0].start - 1)
    return np.array([(column + offset[0], row + offset[1]) for row, column in clicks], np.int64)


def hull_of(region: np.ndarray) -> np.ndarray:
    """Convex hull (H, W, bool) of a region's pixel centres; a region on one line is its own hull."""
    places = np.argwhere(region)
    hull = region.copy()
    try:
        corners = places[ConvexHull(places).vertices]
    except (QhullError, ValueError):
        return hull
    hull[polygon(corners[:, 0], corners[:, 1], region.shape)] = True
    return hull


def _evenly_spaced(path: np.ndarray) -> np.ndarray:
    """Points every quarter of a pixel along a path (N, 2)."""
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(path, axis=0).T))])
    wanted = np.linspace(0.0, along[-1], math.ceil(4 * along[-1]) + 1)
    return np.column_stack([np.interp(wanted, along, path[:, axis]) for axis in (0, 1)])


def _around_centre(places: np.ndarray) -> np.ndarray:
    """Pixels (N, 2) in the order of their angle about their mean."""
    rows, columns = (places - places.mean(0)).T
    return places[np.argsort(np.arctan2(rows, columns), kind="stable")]
