"""Which slices of a volume show the organ, from the evidence of each slice and of its neighbours.

An organ occupies one run of consecutive slices. Every possible run, and the absence of the organ,
has the likelihood that the evidence of its slices gives it. A slice shows the organ with the summed
probability of the runs that contain it. A single slice that looks like the organ, far from the
others, is thus corrected, and so is a gap.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from HermesLib.errors import HermesError
from HermesLib.weights.settings import checked, read_settings


@checked
@dataclass(frozen=True)
class PresenceRule:
    """How the presence of an organ is decided; stored with the weights of the quality control.

    Attributes:
        weight: factor on the log odds of each slice of a volume. Consecutive slices look alike, so
            their evidence is not independent. The default has the highest likelihood of the truth
            on the held-out PROMISE12 patients. A single slice counts in full.
        borderline: (low, high). A slice with low <= probability < high is borderline. On eight
            held-out PROMISE12 patients (256 slices, 123 with the gland) no slice with the gland was
            below the default range and two without it were above; 53 were in between.
        patients: the number of patients that the rule was fitted on; None if unknown. It limits
            what is stated, see :meth:`stated`.
        shown_from: from this probability on a slice is taken to show the organ. A slice with the
            organ that is called absent is lost; one without it that gets a mask is borderline, and
            a reader deletes the mask.
    """

    weight: float = 0.5
    borderline: tuple[float, float] = (0.1, 0.9)
    patients: int | None = None
    shown_from: float = 0.5

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises:
            HermesError: a weight that is not above 0 and up to 1, or a range that is not within
                0..1.
        """
        if not 0 < self.weight <= 1:
            raise HermesError(
                f"presence weight {self.weight:g} is out of range; choose above 0, up to 1"
            )
        low, high = self.borderline
        if not 0 <= low <= high <= 1:
            raise HermesError(f"borderline range {low:g} to {high:g} is not within 0 to 1")
        if not 0 < self.shown_from < 1:
            raise HermesError(f"probability {self.shown_from:g} of presence is not within 0 to 1")
        if self.patients is not None and self.patients < 1:
            raise HermesError(f"presence cannot be fitted on {self.patients} patients")

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> "PresenceRule":
        """Read from a checkpoint's metadata."""
        return read_settings(cls, raw)

    def stated(self, probability: float) -> float:
        """The probability of presence as reports state it: no surer than the patients justify.

        n patients without an error do not justify a probability above n/(n+1), nor below 1/(n+1):
        the next patient may be the first exception. Decisions use the probability itself.
        """
        if self.patients is None:
            return probability
        surest = self.patients / (self.patients + 1)
        return min(max(probability, 1 - surest), surest)

    def shows(self, probability: float) -> bool:
        """Whether a slice with this probability of showing the organ is taken to show it."""
        return probability >= self.shown_from

    def is_borderline(self, probability: float) -> bool:
        """Whether a slice with this probability of showing the organ needs a reader's decision."""
        low, high = self.borderline
        return min(low, self.shown_from) <= probability < high


def contiguous_presence(log_odds: np.ndarray, weight: float) -> np.ndarray:
    """Probability (N,) that each slice shows the organ.

    Args:
        log_odds: (N,) that each slice, seen alone, shows it; in the order of the volume. Slices may
            be left out between them: a run stays a run.
        weight: :attr:`PresenceRule.weight`.

    All runs have the same prior, and so has the absence of the organ.
    """
    log_odds = np.asarray(log_odds, np.float64)
    count = len(log_odds)
    if count < 2:
        return 1 / (1 + np.exp(-log_odds))
    total = np.concatenate([[0.0], np.cumsum(weight * log_odds)])
    first, after = np.triu_indices(count + 1, 1)
    evidence = total[after] - total[first]
    highest = max(float(evidence.max()), 0.0)
    weights = np.exp(evidence - highest)
    change = np.bincount(first, weights, count + 1) - np.bincount(after, weights, count + 1)
    return np.clip(np.cumsum(change)[:-1] / (weights.sum() + np.exp(-highest)), 0, 1)
