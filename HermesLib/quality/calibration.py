"""From what speaks for a mask to an honest estimate of its true Dice.

Once a pGT has drawn a mask's prompts, mask and pGT agree because one made the other, and their Dice is too high. There the witness is
heard that never saw a mask: the image expert's own map (:mod:`HermesLib.quality.organ_map`). For any other mask the pGT, which does
see the mask, is the better judge. Measured on held-out patients, each kind of evidence adds nothing where the other one rules.
"""

from dataclasses import asdict, dataclass
from typing import Any

import torch

_EDGE = 0.005


@dataclass(frozen=True)
class Curve:
    """A rising curve from one kind of evidence to the true Dice: a logistic regression on its logit.

    Attributes:
        bias, slope: of the regression; slope >= 0.
        low, high: the 5 % and 95 % quantiles of held-out patients' errors, as multiples of :func:`doubt`; patients count alike.
        masks: how many it was fitted on.
    """

    bias: float
    slope: float
    low: float
    high: float
    masks: int

    def estimate(self, evidence: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Estimate, lower and upper end of the interval, (B,) each in 0..1, for evidence (B,) in 0..1."""
        expected = torch.sigmoid(self.slope * logit(evidence) + self.bias)
        scale = doubt(expected)
        return (
            expected,
            (expected + self.low * scale).clamp(0, 1),
            (expected + self.high * scale).clamp(0, 1),
        )


@dataclass(frozen=True)
class Calibration:
    """Two curves, fitted on patients that the quality control was not trained on (:mod:`HermesLib.training.calibration_fit`).

    Attributes:
        independent: from the Dice of mask and pGT, for masks whose prompts no pGT has drawn.
        prompted: from the Dice that the witness expects, for those whose prompts one has drawn.
        coverage: the share of masks that the intervals are meant to hold.
        patients: how many it was fitted on.
    """

    independent: Curve
    prompted: Curve
    coverage: float
    patients: int

    def to_dict(self) -> dict[str, Any]:
        """Plain values for a checkpoint's metadata."""
        return asdict(self)

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> "Calibration":
        """Read from a checkpoint's metadata."""
        return cls(
            **{
                **raw,
                "independent": Curve(**raw["independent"]),
                "prompted": Curve(**raw["prompted"]),
            }
        )


def logit(evidence: torch.Tensor) -> torch.Tensor:
    """Log odds of evidence in 0..1, cut where they would run away."""
    return torch.logit(evidence, _EDGE)


def doubt(estimate: torch.Tensor) -> torch.Tensor:
    """How far an estimate may be off, relative to others: most in the middle, little near 0 and 1."""
    return 0.03 + estimate * (1 - estimate)
