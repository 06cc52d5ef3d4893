"""The tissue next to a region."""

import math

import numpy as np
from scipy import ndimage


def near_outside(region: np.ndarray, gap: float = 0.015, reach: float = 0.07) -> np.ndarray:
    """Band (H, W, bool) around a region, ``gap`` to ``reach`` of the slice's longer side away; empty for an empty region."""
    band = np.zeros(region.shape, bool)
    side = max(region.shape)
    found = ndimage.find_objects(region.astype(np.uint8))
    if not found:
        return band
    margin = math.ceil(reach * side)
    window = tuple(slice(max(0, place.start - margin), place.stop + margin) for place in found[0])
    distance = ndimage.distance_transform_edt(~region[window])
    band[window] = (distance > gap * side) & (distance <= reach * side)
    return band
