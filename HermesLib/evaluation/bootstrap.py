"""Confidence intervals by patient bootstrap.

Slices of one patient resemble each other, so patients are resampled, not slices.
"""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

import numpy as np

_DRAWS = 1000
#: The 95 % interval.
_QUANTILES = (0.025, 0.975)


class Table(Protocol):
    """Rows that an array of indices selects, e.g. an array (N, ...), a row a slice or mask."""

    def __getitem__(self, rows: np.ndarray, /) -> "Table":
        """The selected rows."""
        ...


Rows = TypeVar("Rows", bound=Table)


def with_interval(
    table: Rows, patients: Sequence[str], figure: Callable[[Rows], float]
) -> list[float | None]:
    """A figure and its 95 % interval over patients drawn with replacement (seed 0).

    Args:
        table: N rows.
        patients: of the rows (N).
        figure: of a selection of rows; NaN where it is undefined.

    Returns:
        Value, lower and upper end, to four digits; None each if the figure is never defined.
    """
    rows: dict[str, list[int]] = {}
    for row, patient in enumerate(patients):
        rows.setdefault(patient, []).append(row)
    groups = [np.array(group) for _, group in sorted(rows.items())]
    rng = np.random.default_rng(0)
    values = []
    for _ in range(_DRAWS):
        resampled = [groups[k] for k in rng.integers(0, len(groups), len(groups))]
        values.append(figure(table[np.concatenate(resampled)]))  # type: ignore[arg-type]
    defined = [value for value in values if np.isfinite(value)]
    if not defined:
        return [None, None, None]
    low, high = np.quantile(defined, _QUANTILES)
    return [round(float(value), 4) for value in (figure(table), low, high)]
