"""Slices and tries are counted from 1 wherever a person reads them; in code and data from 0."""

from collections.abc import Sequence


def number_of(index: int) -> int:
    """The number of a slice, or of a try (an iteration), by its index.

    >>> number_of(0)
    1
    """
    return index + 1


def numbers_text(indices: list[int]) -> str:
    """Several slices by their numbers.

    >>> numbers_text([3, 4, 8])
    '4, 5, 9'
    """
    return ", ".join(str(number_of(index)) for index in indices)


def number_ranges(indices: Sequence[int]) -> str:
    """Several slices by their numbers, those in a row together.

    >>> number_ranges([3, 4, 5, 8])
    '4-6, 9'
    """
    parts: list[list[int]] = []
    for index in sorted(indices):
        if parts and parts[-1][1] == index - 1:
            parts[-1][1] = index
        else:
            parts.append([index, index])
    return ", ".join(
        f"{number_of(first)}-{number_of(last)}" if last > first else f"{number_of(first)}"
        for first, last in parts
    )
