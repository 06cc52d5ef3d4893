"""Fit how evidence becomes an estimate of the true Dice, patient by patient."""

from collections.abc import Sequence

import numpy as np
import torch
from scipy import optimize

from HermesLib.errors import HermesError
from HermesLib.evaluation.scored_masks import ScoredMask
from HermesLib.quality.calibration import Calibration, Curve, error_scale, logit

COVERAGE = 0.9
#: With fewer patients there is nobody to learn the errors from.
FEWEST_PATIENTS = 4


class TooFewPatientsError(HermesError):
    """There is nobody to learn the errors from."""

    def __init__(self, patients: int):
        super().__init__(
            f"a calibration needs masks of {FEWEST_PATIENTS} held-out patients or more, here are {patients}"
        )


def fit_calibration(judged: Sequence[ScoredMask]) -> Calibration:
    """Fit both curves on judged masks of held-out patients.

    Raises:
        TooFewPatientsError: too few patients, or none whose masks were refined, or none with other masks.
    """
    refined = [one for one in judged if one.refined]
    others = [one for one in judged if not one.refined]
    patients = len({one.patient for one in judged})
    return Calibration(
        independent=fit_curve(others, [one.raw for one in others]),
        prompted=fit_curve(refined, [one.expected for one in refined]),
        coverage=COVERAGE,
        patients=patients,
    )


def fit_curve(judged: Sequence[ScoredMask], evidence: Sequence[float]) -> Curve:
    """The curve of least squared error in Dice, every patient with the same weight however many masks there are.

    The interval comes from patients in turn left out of the fit (cross-conformal, patients as groups): the quantiles of their errors
    as multiples of :func:`HermesLib.quality.calibration.error_scale`. Without the correction for few patients, which eight or ten of them
    cannot give at 90 %; its coverage is measured on test patients instead.
    """
    patients = np.array([one.patient for one in judged])
    everyone = sorted({one.patient for one in judged})
    if len(everyone) < FEWEST_PATIENTS:
        raise TooFewPatientsError(len(everyone))
    shown = logit(torch.tensor(evidence, dtype=torch.float64)).numpy()
    true = np.array([one.true for one in judged])
    weights = np.array(
        [1 / (len(everyone) * np.equal(patients, patient).sum()) for patient in patients]
    )
    errors = np.empty(len(true))
    for patient in everyone:
        left_out = np.equal(patients, patient)
        expected = _predict(
            _fit(shown[~left_out], true[~left_out], weights[~left_out]), shown[left_out]
        )
        errors[left_out] = (true[left_out] - expected) / error_scale(
            torch.from_numpy(expected)
        ).numpy()
    bias, slope = (float(value) for value in _fit(shown, true, weights))
    low, high = (
        weighted_quantile(errors, weights, share)
        for share in ((1 - COVERAGE) / 2, (1 + COVERAGE) / 2)
    )
    return Curve(bias, slope, min(low, 0.0), max(high, 0.0), len(true))


def weighted_quantile(values: np.ndarray, weights: np.ndarray, share: float) -> float:
    """The smallest value that holds ``share`` of the weight at or below it."""
    order = np.argsort(values)
    reached = np.cumsum(weights[order]) / weights.sum()
    return float(values[order[min(int(np.searchsorted(reached, share)), len(values) - 1)]])


def _predict(parameters: np.ndarray, shown: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-(parameters[1] * shown + parameters[0])))


def _fit(shown: np.ndarray, true: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Bias and slope, the slope not falling."""

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        expected = _predict(parameters, shown)
        errors = expected - true
        pull = 2 * weights * errors * expected * (1 - expected)
        return float((weights * errors**2).sum()), np.array([pull.sum(), (pull * shown).sum()])

    return optimize.minimize(
        loss, np.array([0.0, 1.0]), jac=True, method="L-BFGS-B", bounds=[(None, None), (0, None)]
    ).x
