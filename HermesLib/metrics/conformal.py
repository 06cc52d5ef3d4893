"""Quantiles of errors with patients as groups (hierarchical conformal prediction).

Masks of one patient resemble each other, so that the number of patients, not of masks, decides
what can be said of the next patient (Lee, Barber and Willett 2023, "Distribution-free inference
with hierarchical data"): each of G patients has the weight 1/(G+1), and the remaining 1/(G+1) is
that of the patient to come, whose error may be anything.
"""

import numpy as np


def group_quantile(errors: np.ndarray, patients: np.ndarray, share: float) -> float:
    """The end of an interval of errors.

    Args:
        errors: (N,)
        patients: (N,) their patients.
        share: below 0.5 for the lower end, above for the upper one.

    Returns:
        The error that at most ``share`` of the weight lies below (or above ``share`` for the upper
        end). Where the patients do not support the share, the most extreme error.
    """
    upper = share > 0.5
    values = errors if upper else -errors
    wanted = share if upper else 1 - share
    names, inverse, counts = np.unique(patients, return_inverse=True, return_counts=True)
    weights = 1 / ((len(names) + 1) * counts[inverse])
    order = np.argsort(values)
    reached = np.cumsum(weights[order])
    place = int(np.searchsorted(reached, wanted - 1e-9))
    value = float(values[order[min(place, len(values) - 1)]])
    return value if upper else -value
