"""Which slices of a volume show the organ, when each slice's own evidence and its neighbours' are put together.

An organ occupies one run of consecutive slices. So of all runs, and of no run at all, each is as likely as the evidence of its slices
says, and a slice shows the organ as likely as the runs that hold it are together. A lone slice far from the others that looks
like the organ is thus put right, and so is a gap.
"""

import numpy as np

#: Consecutive slices look alike, so that their evidence is not independent: each counts half. Chosen by the likelihood of the truth on the
#: held-out PROMISE12 patients; a lone slice counts in full.
WEIGHT = 0.5


def contiguous_presence(log_odds: np.ndarray) -> np.ndarray:
    """Probability (N,) that each slice shows the organ, from the log odds (N,) that it does by itself; slices in their order.

    Slices may be left out between them: a run stays a run. All runs have the same prior, and so has the absence of the organ.
    """
    count = len(log_odds)
    if count < 2:
        return 1 / (1 + np.exp(-np.asarray(log_odds, np.float64)))
    total = np.concatenate([[0.0], np.cumsum(WEIGHT * np.asarray(log_odds, np.float64))])
    first, after = np.triu_indices(count + 1, 1)
    evidence = total[after] - total[first]
    highest = max(float(evidence.max()), 0.0)
    weights = np.exp(evidence - highest)
    change = np.bincount(first, weights, count + 1) - np.bincount(after, weights, count + 1)
    return np.clip(np.cumsum(change)[:-1] / (weights.sum() + np.exp(-highest)), 0, 1)
