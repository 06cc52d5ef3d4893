"""The estimated quality of a whole volume, from that of its slices."""

from collections.abc import Iterable


def whole_quality(slices: Iterable[tuple[int, int, float]]) -> float | None:
    """The estimated Dice of a whole volume; None where neither mask nor pGT has a pixel.

    The Dice of a volume is the mean of its slices', weighted by the pixels of both masks; the pGT
    stands for the unknown true one.

    >>> whole_quality([(90, 110, 0.9), (0, 0, 0.4), (50, 50, 0.6)])
    0.8

    The same mean of the slices' lower ends, and of their upper ends, is the interval of the whole:
    the errors of one patient's slices go together, so that many slices make it no narrower.

    Args:
        slices: pixels of the mask, pixels of the pGT, and pDSC of each slice.
    """
    total = weighted = 0.0
    for mask, expected, pdsc in slices:
        total += mask + expected
        weighted += (mask + expected) * pdsc
    return round(weighted / total, 6) if total else None
