"""Which slices of a volume show the organ, when each slice's own evidence and its neighbours' are put together.

An organ occupies one run of consecutive slices. So of all runs, and of no run at all, each is as likely as the evidence of its slices
says, and a slice shows the organ as likely as the runs that hold it are together. A lone slice far from the others that looks
like the organ is thus put right, and so is a gap.
"""

from dataclasses import dataclass

import numpy as np

from HermesLib.errors import HermesError


@dataclass(frozen=True)
class PresenceRule:
    """How the presence of an organ is decided; fitted with the quality control's weights and stored with them.

    Attributes:
        weight: factor on the log odds of each slice of a volume. Consecutive slices look alike, so their evidence is not
            independent. The default has the highest likelihood of the truth on the held-out PROMISE12 patients. A single
            slice counts in full.
        borderline: (low, high). A slice with low <= probability < high is borderline. On eight held-out PROMISE12 patients
            (256 slices, 123 with the gland) no slice with the gland was below the default range and two without it were
            above; 53 were in between.
    """

    weight: float = 0.5
    borderline: tuple[float, float] = (0.1, 0.9)

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises:
            HermesError: a weight that is not above 0 and up to 1, or a range that is not within 0..1.
        """
        if not 0 < self.weight <= 1:
            raise HermesError(
                f"presence weight {self.weight:g} is out of range; choose above 0, up to 1"
            )
        low, high = self.borderline
        if not 0 <= low <= high <= 1:
            raise HermesError(f"borderline range {low:g} to {high:g} is not within 0 to 1")

    def is_borderline(self, probability: float) -> bool:
        """Whether a slice with this probability of showing the organ needs a reader's decision."""
        low, high = self.borderline
        return low <= probability < high


def contiguous_presence(log_odds: np.ndarray, weight: float) -> np.ndarray:
    """Probability (N,) that each slice shows the organ, from the log odds (N,) that it does by itself; slices in their order.

    Slices may be left out between them: a run stays a run. All runs have the same prior, and so has the absence of the organ.
    """
    count = len(log_odds)
    if count < 2:
        return 1 / (1 + np.exp(-np.asarray(log_odds, np.float64)))
    total = np.concatenate([[0.0], np.cumsum(weight * np.asarray(log_odds, np.float64))])
    first, after = np.triu_indices(count + 1, 1)
    evidence = total[after] - total[first]
    highest = max(float(evidence.max()), 0.0)
    weights = np.exp(evidence - highest)
    change = np.bincount(first, weights, count + 1) - np.bincount(after, weights, count + 1)
    return np.clip(np.cumsum(change)[:-1] / (weights.sum() + np.exp(-highest)), 0, 1)
