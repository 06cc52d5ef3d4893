"""Area under the risk-coverage curve: does a score put bad masks last?

Masks are accepted in the order of their score. At each coverage (share accepted) the risk is the
mean of 1 - true Dice over the accepted masks. AURC is its mean over all coverages (Geifman and
El-Yaniv 2017); E-AURC subtracts the AURC of the best possible order (Geifman 2019). Zenk 2025
("Comparative benchmarking of failure detection methods in medical image segmentation") ranks
methods by AURC.
"""

from collections.abc import Sequence

import numpy as np


def aurc(scores: Sequence[float] | np.ndarray, risks: Sequence[float] | np.ndarray) -> float:
    """Area under the risk-coverage curve, in 0..1 for risks in 0..1; lower is better.

    Masks of equal score count as in the mean over all their orders.

    Args:
        scores: (N,), higher is accepted earlier.
        risks: (N,), e.g. 1 - true Dice.

    Returns:
        NaN for no masks.
    """
    scores = np.asarray(scores, float)
    risks = np.asarray(risks, float)
    if not len(scores):
        return float("nan")
    order = np.argsort(-scores, kind="stable")
    # Within ties every mask has the mean risk of the tie.
    _, group = np.unique(-scores[order], return_inverse=True)
    sums = np.bincount(group, risks[order])
    counts = np.bincount(group)
    expected = (sums / counts)[group]
    return float((np.cumsum(expected) / np.arange(1, len(scores) + 1)).mean())


def excess_aurc(scores: Sequence[float] | np.ndarray, risks: Sequence[float] | np.ndarray) -> float:
    """E-AURC: :func:`aurc` less that of the best order, which no score can undercut."""
    return aurc(scores, risks) - aurc(-np.asarray(risks, float), risks)
