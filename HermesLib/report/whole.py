"""A volume as a whole: its estimated quality, and which of its slices need a look."""

from collections.abc import Collection, Iterable
from typing import Any

from HermesLib.refinement.events import Status

#: Cubic millimetres of a millilitre.
_MM3 = 1000.0


def whole_quality(slices: Iterable[tuple[int, int, float]]) -> float | None:
    """The estimated Dice of a whole volume; None where neither mask nor pGT has a pixel.

    The Dice of a volume is the mean of its slices', weighted by the pixels of both masks; the pGT
    stands for the unknown true one.

    >>> whole_quality([(90, 110, 0.9), (0, 0, 0.4), (50, 50, 0.6)])
    0.8

    Args:
        slices: pixels of the mask, pixels of the pGT, and pDSC of each slice.
    """
    total = weighted = 0.0
    for mask, expected, pdsc in slices:
        total += mask + expected
        weighted += (mask + expected) * pdsc
    return round(weighted / total, 6) if total else None


def millilitres(pixels: int, voxel_mm3: float) -> float:
    """The volume of a number of pixels, ml.

    >>> millilitres(2000, 1.5)
    3.0
    """
    return pixels * voxel_mm3 / _MM3


def needs_look(status: Status | str, marks: Collection[Any], borderline: bool) -> bool:
    """Whether a reader should look at a slice: it did not end well, or there is a mark."""
    return bool(marks) or borderline or status in (Status.STOPPED, Status.FAILED)
