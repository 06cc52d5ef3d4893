"""A volume as a whole: its quality and size, and which of its slices need a look."""

from collections.abc import Collection, Sequence
from typing import Any

from HermesLib.metrics.whole import whole_quality
from HermesLib.refinement.events import Status
from HermesLib.refinement.history import SliceResult

#: Cubic millimetres of a millilitre.
_MM3 = 1000.0


def whole_entries(
    results: Sequence[SliceResult], pixels: Sequence[tuple[int, int]]
) -> dict[str, float | None]:
    """The estimated quality of the whole and its interval, as a report's summary has them.

    Args:
        results: of all slices.
        pixels: of each one's mask and pGT.
    """
    return {
        f"whole_{name}": whole_quality(
            (mask, pgt, getattr(result.best_record.numbers, name))
            for result, (mask, pgt) in zip(results, pixels, strict=True)
        )
        for name in ("pdsc", "pdsc_low", "pdsc_high")
    }


def millilitres(pixels: int, voxel_mm3: float) -> float:
    """The volume of a number of pixels, ml.

    >>> millilitres(2000, 1.5)
    3.0
    """
    return pixels * voxel_mm3 / _MM3


def needs_look(status: Status | str, marks: Collection[Any], borderline: bool) -> bool:
    """Whether a reader should look at a slice: it did not end well, or there is a mark."""
    return bool(marks) or borderline or status in (Status.STOPPED, Status.FAILED)
