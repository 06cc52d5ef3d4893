"""The pseudo ground truth (pGT) of a whole volume from those of its slices."""

from itertools import pairwise

import numpy as np
from scipy import ndimage

_CONNECTED = np.ones((3, 3, 3), bool)


def consistent_volume(pgts: np.ndarray, least_share: float = 0.2) -> np.ndarray:
    """Slices' pGTs (N, H, W, bool) as one volume: gaps are filled, small separate parts left out.

    A gap is a slice without a pGT between two with one. It gets the outline half way between
    theirs, by the distances of its place. Parts are connected by faces, edges and corners. A part
    stays that has at least ``least_share`` of the largest one's voxels: organs may come in pairs.

    >>> pgts = np.zeros((3, 4, 4), bool)
    >>> pgts[[0, 2], 1:3, 1:3] = True
    >>> int(consistent_volume(pgts)[1].sum())
    4
    """
    filled = _without_gaps(pgts)
    labels, count = ndimage.label(filled, _CONNECTED)
    if count < 2:
        return filled
    sizes = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    kept = np.concatenate([[False], sizes >= least_share * sizes.max()])
    return kept[labels]


def _without_gaps(pgts: np.ndarray) -> np.ndarray:
    filled = pgts.copy()
    with_pgt = np.flatnonzero(pgts.any((1, 2)))
    for before, after in pairwise(with_pgt):
        if after - before > 1:
            first, last = _signed_distance(pgts[before]), _signed_distance(pgts[after])
            for index in range(before + 1, after):
                share = (index - before) / (after - before)
                filled[index] = (1 - share) * first + share * last > 0
    return filled


def _signed_distance(mask: np.ndarray) -> np.ndarray:
    """Distance to the outline in pixels, positive inside."""
    inside: np.ndarray = ndimage.distance_transform_edt(mask)
    outside: np.ndarray = ndimage.distance_transform_edt(~mask)
    return inside - outside
