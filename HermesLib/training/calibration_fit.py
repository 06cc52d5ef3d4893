"""Fit how evidence becomes an estimate of the true Dice, patient by patient."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import torch
from scipy import optimize

from HermesLib.errors import HermesError
from HermesLib.evaluation.scored_masks import ScoredMask
from HermesLib.metrics.conformal import group_quantile
from HermesLib.quality.calibration import Calibration, Curve, error_scale, logit
from HermesLib.quality.unseen_patients import UnseenPatients

#: Share of masks that the interval is to cover.
COVERAGE = 0.9
#: Errors cannot be learned from fewer patients.
FEWEST_PATIENTS = 4
#: Into so many parts patients are divided, at most, to be left out one part after the other.
_PARTS = 10


class KnownMask(Protocol):
    """A mask of a patient whose truth is known."""

    @property
    def patient(self) -> str:
        """Its identity."""
        ...

    @property
    def true(self) -> float:
        """True Dice."""
        ...


class TooFewPatientsError(HermesError):
    """Too few patients to learn the errors from."""

    def __init__(self, patients: int):
        super().__init__(
            f"a calibration needs masks of at least {FEWEST_PATIENTS} held-out patients, "
            f"there are {patients}"
        )


def fit_calibration(masks: Sequence[ScoredMask]) -> Calibration:
    """Fit both curves on scored masks of held-out patients.

    Raises:
        TooFewPatientsError: too few patients with refined masks, or with other masks.
    """
    independent, prompted = _parts(masks)
    return Calibration(
        independent=fit_curve(*independent),
        prompted=fit_curve(*prompted),
        coverage=COVERAGE,
        patients=len({mask.patient for mask in masks}),
    )


def calibration_on_unseen(masks: Sequence[ScoredMask]) -> dict[str, UnseenPatients | None]:
    """What :func:`fit_calibration` is worth on patients left out, by the name of the curve."""
    independent, prompted = _parts(masks)
    return {"independent": curve_on_unseen(*independent), "prompted": curve_on_unseen(*prompted)}


def _parts(masks: Sequence[ScoredMask]) -> list[tuple[list[ScoredMask], list[float]]]:
    """The masks of each curve with their evidence: from elsewhere, and refined."""
    refined = [mask for mask in masks if mask.refined]
    others = [mask for mask in masks if not mask.refined]
    return [
        (others, [mask.raw for mask in others]),
        (refined, [mask.expected for mask in refined]),
    ]


def fit_curve(masks: Sequence[KnownMask], evidence: Sequence[float]) -> Curve:
    """The curve of least squared error in Dice; every patient has the same weight.

    The interval comes from leaving out one patient after the other (cross-conformal, patients as
    groups): the ends of the errors, as multiples of
    :func:`HermesLib.quality.calibration.error_scale`, that
    :func:`HermesLib.metrics.conformal.group_quantile` finds. Fewer than 19 patients do not support
    90 %: the ends are then the most extreme errors, and the calibration states what they guarantee.

    Raises:
        TooFewPatientsError: fewer than :data:`FEWEST_PATIENTS`.
    """
    patients = np.array([mask.patient for mask in masks])
    everyone = sorted({mask.patient for mask in masks})
    if len(everyone) < FEWEST_PATIENTS:
        raise TooFewPatientsError(len(everyone))
    logits = logit(torch.tensor(evidence, dtype=torch.float64)).numpy()
    true = np.array([mask.true for mask in masks])
    weights = np.array(
        [1 / (len(everyone) * np.equal(patients, patient).sum()) for patient in patients]
    )
    errors = np.empty(len(true))
    for patient in everyone:
        left_out = np.equal(patients, patient)
        fitted = _fit(logits[~left_out], true[~left_out], weights[~left_out])
        expected = _predict(fitted, logits[left_out])
        scale = error_scale(torch.from_numpy(expected)).numpy()
        errors[left_out] = (true[left_out] - expected) / scale
    bias, slope = (float(value) for value in _fit(logits, true, weights))
    low = group_quantile(errors, patients, (1 - COVERAGE) / 2)
    high = group_quantile(errors, patients, (1 + COVERAGE) / 2)
    return Curve(bias, slope, min(low, 0.0), max(high, 0.0), len(true))


def curve_on_unseen(masks: Sequence[KnownMask], evidence: Sequence[float]) -> UnseenPatients | None:
    """What :func:`fit_curve` is worth on patients that it has not seen.

    Curve and interval are fitted without a part of the patients, and estimate that part; each part
    is left out once.

    Returns:
        None if there are too few patients to leave one out.
    """
    everyone = sorted({mask.patient for mask in masks})
    if len(everyone) <= FEWEST_PATIENTS:
        return None
    patients = np.array([mask.patient for mask in masks])
    true = np.array([mask.true for mask in masks])
    scores = np.array(evidence, dtype=np.float64)
    ends = np.empty((3, len(true)))
    count = min(len(everyone), _PARTS)
    for number in range(count):
        out = np.isin(patients, everyone[number::count])
        kept = np.flatnonzero(~out)
        curve = fit_curve([masks[int(index)] for index in kept], scores[kept].tolist())
        ends[:, out] = torch.stack(curve.estimate(torch.from_numpy(scores[out]))).numpy()
    estimate, low, high = ends
    inside = (low <= true) & (true <= high)

    def mean(values: np.ndarray) -> float:
        return float(np.mean([values[patients == patient].mean() for patient in everyone]))

    return UnseenPatients(
        patients=len(everyone),
        masks=len(true),
        parts=count,
        raw_bias=mean(scores - true),
        raw_error=mean(np.abs(scores - true)),
        bias=mean(estimate - true),
        error=mean(np.abs(estimate - true)),
        covered=mean(inside),
        least_covered=min(float(inside[patients == patient].mean()) for patient in everyone),
        width=mean(high - low),
    )


def _predict(parameters: np.ndarray, logits: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-(parameters[1] * logits + parameters[0])))


def _fit(logits: np.ndarray, true: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Bias and slope; the slope is not negative."""

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        expected = _predict(parameters, logits)
        errors = expected - true
        pull = 2 * weights * errors * expected * (1 - expected)
        return float((weights * errors**2).sum()), np.array([pull.sum(), (pull * logits).sum()])

    return optimize.minimize(
        loss, np.array([0.0, 1.0]), jac=True, method="L-BFGS-B", bounds=[(None, None), (0, None)]
    ).x
