"""Percentiles of volumes that are read slice by slice, with the very values of NumPy."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np

#: Values are counted by the upper half of their bits, then by the lower half.
_HALF = 16
_BINS = 1 << _HALF


def percentiles(
    each: Callable[[], Iterable[np.ndarray]], percentages: Sequence[float]
) -> list[np.float64]:
    """What ``np.percentile`` gives for all values of some arrays together.

    Two passes count the values by their bits, in memory that does not depend on their number.

    Args:
        each: gives the arrays, at each call: float32, finite, of any shape, one value at least.
        percentages: 0 to 100.

    >>> percentiles(lambda: [np.float32([4, 1]), np.float32([2])], [50, 100])
    [np.float64(2.0), np.float64(4.0)]
    """
    upper = np.zeros(_BINS, np.int64)
    for values in each():
        upper += np.bincount(_keys(values) >> _HALF, minlength=_BINS)
    count = int(upper.sum())
    places = [(count - 1) * (percentage / 100) for percentage in percentages]
    ranks = sorted({rank for place in places for rank in _around(place, count)})
    found = dict(zip(ranks, _ranked(each, upper, ranks), strict=True))
    return [_between(found, place, count) for place in places]


def _around(place: float, count: int) -> tuple[int, int]:
    """The ranks on either side of a place."""
    low = min(int(place), count - 1)
    return low, min(low + 1, count - 1)


def _ranked(
    each: Callable[[], Iterable[np.ndarray]], upper: np.ndarray, ranks: Sequence[int]
) -> list[np.float32]:
    """The values of these ranks, counted from 0."""
    ends = np.cumsum(upper)
    bins = [int(np.searchsorted(ends, rank, side="right")) for rank in ranks]
    lower = {number: np.zeros(_BINS, np.int64) for number in bins}
    for values in each():
        keys = _keys(values)
        tops = keys >> _HALF
        for number, counts in lower.items():
            counts += np.bincount(keys[tops == number] & (_BINS - 1), minlength=_BINS)
    found = []
    for rank, number in zip(ranks, bins, strict=True):
        within = rank - (int(ends[number - 1]) if number else 0)
        low = int(np.searchsorted(np.cumsum(lower[number]), within, side="right"))
        found.append(_value(number << _HALF | low))
    return found


def _between(found: dict[int, np.float32], place: float, count: int) -> np.float64:
    """The value at a place between two ranks, added up as NumPy does."""
    low, high = (found[rank] for rank in _around(place, count))
    share = np.float64(place - int(place))
    step = high - low
    if share >= 0.5:
        return high - step * (1 - share)
    return low + step * share


def _keys(values: np.ndarray) -> np.ndarray:
    """The bits of float32 values as numbers in the values' order, (n,) uint32; -0 counts as 0."""
    bits = (values.ravel() + np.float32(0)).view(np.uint32)
    negative = bits >> 31 == 1
    return np.where(negative, ~bits, bits | np.uint32(1 << 31))


def _value(key: int) -> np.float32:
    """The value of a key."""
    bits = key & 0x7FFFFFFF if key >> 31 else ~key & 0xFFFFFFFF
    return np.uint32(bits).view(np.float32)
