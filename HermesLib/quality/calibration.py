"""From what speaks for a mask to an honest estimate of its true Dice.

Once a pGT has drawn the prompts, mask and pGT agree because one made the other, and their plain Dice is too high. The estimate
therefore hears a witness that never saw a mask too, the image expert's own map, and is fitted on masks along real refinements of
patients that no network was trained on (:mod:`HermesLib.calibration.fit`).
"""

from dataclasses import asdict, dataclass
from typing import Any

import torch

from HermesLib.errors import HermesError

#: What the estimate is made of, in this order: Dice of mask and pGT; Dice of mask and image-only map; expected Dice of the mask if
#: every pixel were organ with the image-only map's probability.
EVIDENCE = ("guide", "image", "expected")
_EDGE = 0.005


@dataclass(frozen=True)
class Calibration:
    """A logistic regression on the logits of the evidence, and what it leaves unexplained.

    Attributes:
        evidence: names of the inputs, :data:`EVIDENCE`.
        bias, weights: of the regression, one weight an input.
        low, high: the 5 % and 95 % quantiles of held-out patients' errors, as multiples of :func:`doubt`; patients count alike.
        coverage: the share of masks that the interval is meant to hold.
        patients, masks: how many it was fitted on.
    """

    evidence: tuple[str, ...]
    bias: float
    weights: tuple[float, ...]
    low: float
    high: float
    coverage: float
    patients: int
    masks: int

    def estimate(self, evidence: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Estimate, lower and upper end of the interval, (B,) each in 0..1, for evidence (B, 3)."""
        expected = torch.sigmoid(logits(evidence) @ torch.tensor(self.weights, device=evidence.device) + self.bias)
        scale = doubt(expected)
        return expected, (expected + self.low * scale).clamp(0, 1), (expected + self.high * scale).clamp(0, 1)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for a checkpoint's metadata."""
        return asdict(self)

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> "Calibration":
        """Read from a checkpoint's metadata.

        Raises:
            HermesError: it is made of evidence that this version does not know.
        """
        if tuple(raw["evidence"]) != EVIDENCE:
            raise HermesError("the weights carry a calibration this version of HERMES does not know; update HERMES")
        return cls(**{**raw, "evidence": tuple(raw["evidence"]), "weights": tuple(raw["weights"])})


def logits(evidence: torch.Tensor) -> torch.Tensor:
    """Log odds of evidence in 0..1, cut where they would run away."""
    return torch.logit(evidence, _EDGE)


def doubt(estimate: torch.Tensor) -> torch.Tensor:
    """How far an estimate may be off before others are, relative to each other: most in the middle, little near 0 and 1."""
    return 0.03 + estimate * (1 - estimate)
