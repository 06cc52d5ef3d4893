"""Whether fitted numbers judge masks at all: odd ones may be legal and yet accept everything."""

from collections.abc import Sequence

import torch

from HermesLib.errors import HermesError
from HermesLib.quality.calibration import Calibration, Curve, logit
from HermesLib.quality.evidence import EnsembleEvidence

#: A mask that has nothing in common with the organ may not be estimated at this Dice or above.
_ACCEPTABLE = 0.9
#: The least that a full score must be worth beyond none, as estimated Dice.
_LEAST_GAIN = 0.05
#: Logarithms of pixels: a mask of some pixels and one that fills the grid.
_SIZES = torch.log1p(torch.tensor([20.0, 4096.0]))


def require_judgement(
    calibration: Calibration | None, evidence: EnsembleEvidence | None, name: str
) -> None:
    """Check that a mask beside the organ is judged worse than one that covers it, and not accepted.

    Args:
        calibration, evidence: of the weights, as far as they have them.
        name: of the weights, for messages.

    Raises:
        HermesError: such a mask would be accepted, or judged better; weights of unknown evidence.
    """
    ends = torch.tensor([0.0, 1.0])
    estimates = []
    if calibration is not None:
        curves = (calibration.independent, calibration.prompted)
        estimates += [curve.estimate(ends)[0] for curve in curves]
    if evidence is not None:
        estimates += _by_evidence(evidence, ends, name)
    _require(estimates, name)


def require_curves(curves: Sequence[Curve], name: str) -> None:
    """The same check of curves alone, which must rise, too: a flat one estimates every mask alike.

    Raises:
        HermesError: as :func:`require_judgement`.
    """
    ends = torch.tensor([0.0, 1.0])
    estimates = [curve.estimate(ends)[0] for curve in curves]
    _require(estimates, name)
    if any(covering - beside < _LEAST_GAIN for beside, covering in estimates):
        raise HermesError(
            f"the calibration of {name} judges nothing: it estimates every mask alike; calibrate"
            " on more patients, or choose another judge"
        )


def _require(estimates: Sequence[torch.Tensor], name: str) -> None:
    for estimate in estimates:
        beside, covering = estimate.tolist()
        if not beside < _ACCEPTABLE or covering < beside:
            raise HermesError(
                f"the calibration of {name} judges nothing: a mask beside the organ gets a pDSC of"
                f" {beside:.2f}, one that covers it {covering:.2f}; train longer or on"
                " more patients, then calibrate it again"
            )


def _by_evidence(evidence: EnsembleEvidence, ends: torch.Tensor, name: str) -> list[torch.Tensor]:
    """Estimates of a mask beside the organ and of one that covers it, of two sizes."""
    agreement = logit(ends)
    features = dict.fromkeys(("expected", "overlap", "context"), agreement)
    present = logit(torch.ones(2, dtype=torch.float64), 1e-3)
    try:
        return [
            score.estimate({**features, "presence": present, "size": size.expand(2)})[0]
            for score in evidence.scores.values()
            for size in _SIZES
        ]
    except KeyError as error:
        raise HermesError(f"{name} weighs evidence that is not known: {error}") from error
