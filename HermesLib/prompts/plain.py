"""Parts of prompts as plain values, as in JSON."""

from typing import Any

import numpy as np

from HermesLib.errors import HermesError


def whole_points(listed: Any, shape: tuple[int, int]) -> np.ndarray:
    """Pixel indices (N, 2) of (x, y) from plain values.

    Raises:
        TypeError, ValueError: values that are not pairs of whole numbers.
        HermesError: a point outside the slice of ``shape`` (rows, columns).
    """
    if len(listed) == 0:
        return np.zeros((0, 2), np.int64)
    points = np.asarray(listed, float)
    if points.ndim != 2 or points.shape[1] != 2 or not (points == np.round(points)).all():
        raise ValueError("points must be pairs of whole numbers")
    if (points < 0).any() or (points >= np.array(shape[::-1])).any():
        raise HermesError(f"the first prompt leaves the slice of {shape[1]} x {shape[0]} pixels")
    return points.astype(np.int64)
