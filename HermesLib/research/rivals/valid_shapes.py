"""Which masks are valid shapes of an organ, for the constrained VAE."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage
from skimage.morphology import convex_hull_image


@dataclass(frozen=True)
class Shape:
    """Two measures of a mask: its share of the grid, and its share of its own convex hull."""

    area: float
    convexity: float

    @classmethod
    def of(cls, mask: np.ndarray) -> "Shape":
        """Measure a mask (S, S, bool) that is not empty."""
        hull = max(int(convex_hull_image(mask).sum()), 1)
        return cls(float(mask.mean()), float(mask.sum() / hull))


def is_valid(mask: np.ndarray, low: Shape, high: Shape) -> bool:
    """Whether a mask (S, S, bool) is one component without holes, and within both ranges."""
    if not mask.any() or ndimage.label(mask)[1] != 1:
        return False
    if (ndimage.binary_fill_holes(mask) & ~mask).any():
        return False
    shape = Shape.of(mask)
    area_fits = low.area <= shape.area <= high.area
    return area_fits and low.convexity <= shape.convexity <= high.convexity
