"""Intervals by patient bootstrap: slices of one patient are alike, so patients are drawn, not slices."""

from collections.abc import Callable, Sequence

import numpy as np

_DRAWS = 1000

#: Of a table (N, columns), one row a slice or mask.
Figure = Callable[[np.ndarray], float]


def with_interval(table: np.ndarray, patients: Sequence[str], figure: Figure) -> list[float | None]:
    """A figure, and the 2.5 % and 97.5 % quantiles of it over patients drawn with replacement (seed 0)."""
    rows: dict[str, list[int]] = {}
    for row, patient in enumerate(patients):
        rows.setdefault(patient, []).append(row)
    groups = [np.array(group) for _, group in sorted(rows.items())]
    rng = np.random.default_rng(0)
    drawn = [
        figure(
            table[np.concatenate([groups[k] for k in rng.integers(0, len(groups), len(groups))])]
        )
        for _ in range(_DRAWS)
    ]
    known = [value for value in drawn if np.isfinite(value)]
    if not known:
        return [None, None, None]
    return [
        round(float(value), 4) for value in (figure(table), *np.quantile(known, [0.025, 0.975]))
    ]
