"""Fit how a score becomes an estimate of the true Dice, patient by patient."""

from collections.abc import Sequence

import numpy as np
import torch
from scipy import optimize

from HermesLib.errors import HermesError
from HermesLib.evaluation.judged import Judged
from HermesLib.quality.calibration import EVIDENCE, Calibration, doubt, logits

COVERAGE = 0.9
_RIDGE = 1e-4
#: With fewer patients there is nobody to learn the errors from.
_FEWEST = 4


def fit_calibration(judged: Sequence[Judged]) -> Calibration:
    """Fit on masks of held-out patients, every patient with the same weight.

    The interval comes from patients in turn left out of the fit (cross-conformal, patients as groups): the quantiles of their errors
    as multiples of :func:`HermesLib.quality.calibration.doubt`. Without the correction for few patients, which eight or ten of them
    cannot give at 90 %; its coverage is measured on test patients instead.

    Raises:
        HermesError: too few patients.
    """
    patients = np.array([one.patient for one in judged])
    everyone = sorted({one.patient for one in judged})
    if len(everyone) < _FEWEST:
        raise HermesError(f"a calibration needs masks of {_FEWEST} held-out patients or more, here are {len(everyone)}")
    shown = logits(torch.tensor([one.evidence for one in judged], dtype=torch.float64)).numpy()
    true = np.array([one.true for one in judged])
    weights = np.array([1 / (len(everyone) * np.equal(patients, patient).sum()) for patient in patients])
    errors = np.empty(len(true))
    for patient in everyone:
        left_out = np.equal(patients, patient)
        fitted = _fit(shown[~left_out], true[~left_out], weights[~left_out])
        expected = _predict(fitted, shown[left_out])
        errors[left_out] = (true[left_out] - expected) / doubt(torch.from_numpy(expected)).numpy()
    bias, *slopes = (float(value) for value in _fit(shown, true, weights))
    low, high = (weighted_quantile(errors, weights, share) for share in ((1 - COVERAGE) / 2, (1 + COVERAGE) / 2))
    return Calibration(EVIDENCE, bias, tuple(slopes), min(low, 0.0), max(high, 0.0), COVERAGE, len(everyone), len(true))


def weighted_quantile(values: np.ndarray, weights: np.ndarray, share: float) -> float:
    """The smallest value that holds ``share`` of the weight at or below it."""
    order = np.argsort(values)
    reached = np.cumsum(weights[order]) / weights.sum()
    return float(values[order][min(int(np.searchsorted(reached, share)), len(values) - 1)])


def _predict(parameters: np.ndarray, shown: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-(shown @ parameters[1:] + parameters[0])))


def _fit(shown: np.ndarray, true: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Bias and slopes of the least squared error in Dice, with a light ridge on the slopes."""

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        expected = _predict(parameters, shown)
        errors = expected - true
        pull = 2 * weights * errors * expected * (1 - expected)
        value = (weights * errors**2).sum() + _RIDGE * (parameters[1:] ** 2).sum()
        return value, np.concatenate([[pull.sum()], shown.T @ pull + 2 * _RIDGE * parameters[1:]])

    begin = np.full(shown.shape[1] + 1, 1 / shown.shape[1])
    begin[0] = 0.0
    return optimize.minimize(loss, begin, jac=True, method="L-BFGS-B").x
