"""Slices and tries are counted from 1 wherever a person reads them; in code and data from 0."""


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
