"""How evidence becomes the probability that the organ is there, and an estimate of the true Dice.

The evidence is that of an ensemble (:mod:`HermesLib.quality.ensemble.features`). The weights are
fitted out of fold.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch

from HermesLib.metrics.guarantee import Guarantee
from HermesLib.quality.calibration import error_scale
from HermesLib.weights.settings import (
    LogOdds,
    Multiple,
    Patients,
    Share,
    checked,
    read_settings,
)

#: Numbers by name, scalars or (B,).
Features = Mapping[str, torch.Tensor]


@checked
@dataclass(frozen=True)
class LinearModel:
    """A weighted sum of named numbers.

    Attributes:
        bias: the sum where all numbers are 0.
        weights: by name; numbers without a weight do not count.
    """

    bias: LogOdds
    weights: dict[str, LogOdds]

    def __call__(self, features: Features) -> torch.Tensor:
        total = torch.full((), self.bias, dtype=torch.float64)
        for name, weight in self.weights.items():
            total = total + weight * features[name].double()
        return total


@checked
@dataclass(frozen=True)
class PresenceModel:
    """From an ensemble's reading of a slice to the log odds that it shows the organ.

    Attributes:
        alone: for readings without context.
        in_volume: for readings with context; None if there are no context networks.
    """

    alone: LinearModel
    in_volume: LinearModel | None = None

    def log_odds(self, features: Features, *, context: bool) -> torch.Tensor:
        """Log odds, a scalar, from the features of a slice with or without context."""
        if context and self.in_volume is not None:
            return self.in_volume(features)
        return self.alone(features)


@checked
@dataclass(frozen=True)
class ScoreModel:
    """A logistic regression of the true Dice on several sorts of evidence.

    Attributes:
        model: gives the log odds of the estimate.
        low, high: ends of the interval, as multiples of
            :func:`HermesLib.quality.calibration.error_scale`.
        masks: the number of masks it was fitted on.
    """

    model: LinearModel
    low: Multiple
    high: Multiple
    masks: int

    def estimate(self, features: Features) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Estimate and both ends of its interval, (B,) each in 0..1."""
        expected = torch.sigmoid(self.model(features)).float()
        scale = error_scale(expected)
        low = (expected + self.low * scale).clamp(0, 1)
        high = (expected + self.high * scale).clamp(0, 1)
        return expected, low, high


@checked
@dataclass(frozen=True)
class EnsembleEvidence:
    """How an ensemble's evidence is weighed; fitted out of fold.

    Attributes:
        presence: of the organ on a slice.
        scores: by sort of evidence (``independent``, ``prompted``) and by whether there is context
            (``alone``, ``in_volume``), as ``prompted-in_volume``.
        coverage: share of masks that the intervals are meant to contain.
        patients: number of patients it was fitted on.
    """

    presence: PresenceModel
    scores: Mapping[str, ScoreModel]
    coverage: Share
    patients: Patients

    @property
    def guarantee(self) -> Guarantee:
        """The nominal level of the intervals, and the highest that the patients can guarantee."""
        return Guarantee.of(self.coverage, self.patients)

    def score(self, evidence: str, *, context: bool) -> ScoreModel:
        """The model for masks of one sort, on slices with or without context."""
        in_volume = self.scores.get(score_name(evidence, context=True))
        if context and in_volume is not None:
            return in_volume
        return self.scores[score_name(evidence, context=False)]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for a checkpoint's metadata."""
        return asdict(self)

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> "EnsembleEvidence":
        """Read from a checkpoint's metadata."""
        return read_settings(cls, raw)


def score_name(evidence: str, *, context: bool) -> str:
    """The key of a score model in :attr:`EnsembleEvidence.scores`."""
    return f"{evidence}-{'in_volume' if context else 'alone'}"
