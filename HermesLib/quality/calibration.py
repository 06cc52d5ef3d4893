"""Calibrate QC evidence to an estimate of the true Dice.

Once a pGT has drawn a mask's prompts, mask and pGT agree by construction and their Dice is too
high. In that case the evidence is the image-only organ map
(:mod:`HermesLib.quality.slice_reading`), which depends on no mask. For any other mask the Dice with
the pGT, which does depend on the mask, is the better evidence. Measured on held-out patients, each
kind of evidence adds nothing where the other one applies.
"""

from dataclasses import asdict, dataclass
from typing import Any

import torch

from HermesLib.metrics.guarantee import Guarantee
from HermesLib.weights.settings import (
    LogOdds,
    Multiple,
    Patients,
    Share,
    Slope,
    checked,
    read_settings,
)


@checked
@dataclass(frozen=True)
class Curve:
    """A monotonic curve from evidence to true Dice: a logistic regression on the logit.

    Attributes:
        bias, slope: of the regression; slope >= 0.
        low, high: the 5 % and 95 % quantiles of held-out patients' errors, as multiples of
            :func:`error_scale`; every patient has the same weight.
        masks: the number of masks it was fitted on.
    """

    bias: LogOdds
    slope: Slope
    low: Multiple
    high: Multiple
    masks: int

    def estimate(self, evidence: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Estimate and both ends of its interval, (B,) each in 0..1, for evidence (B,) in 0..1."""
        expected = torch.sigmoid(self.slope * logit(evidence) + self.bias)
        scale = error_scale(expected)
        low = (expected + self.low * scale).clamp(0, 1)
        high = (expected + self.high * scale).clamp(0, 1)
        return expected, low, high


@checked
@dataclass(frozen=True)
class Calibration:
    """Two curves, fitted on patients that the QC was not trained on
    (:mod:`HermesLib.training.calibration_fit`).

    Attributes:
        independent: from the Dice of mask and pGT, for masks with prompts from elsewhere than a
            pGT.
        prompted: from the Dice that the organ map predicts, for masks with prompts from a pGT.
        coverage: the share of masks that the intervals are meant to contain.
        patients: the number of patients it was fitted on.
    """

    independent: Curve
    prompted: Curve
    coverage: Share
    patients: Patients

    @property
    def guarantee(self) -> Guarantee:
        """The nominal level of the intervals, and the highest that the patients can guarantee."""
        return Guarantee.of(self.coverage, self.patients)

    @property
    def guaranteed(self) -> float:
        """The highest share of a further patient's masks that so many patients can guarantee."""
        return self.guarantee.guaranteed

    def to_dict(self) -> dict[str, Any]:
        """Plain values for a checkpoint's metadata."""
        return asdict(self)

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> "Calibration":
        """Read from a checkpoint's metadata."""
        return read_settings(cls, raw)


def logit(evidence: torch.Tensor, clip: float = 0.005) -> torch.Tensor:
    """Log odds of evidence in 0..1, clipped to ``clip`` from 0 and 1."""
    return torch.logit(evidence, clip)


def error_scale(estimate: torch.Tensor, least: float = 0.03) -> torch.Tensor:
    """The relative size of an estimate's error: most in the middle, ``least`` at 0 and 1."""
    return least + estimate * (1 - estimate)
