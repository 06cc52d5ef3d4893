"""Fit how an ensemble's evidence is weighed; every patient has the same weight."""

from collections.abc import Sequence

import numpy as np
from scipy import optimize

from HermesLib.metrics.conformal import group_quantile
from HermesLib.quality.evidence import (
    EnsembleEvidence,
    LinearModel,
    PresenceModel,
    ScoreModel,
    score_name,
)
from HermesLib.training.ensemble.out_of_fold import MaskEvidence, SliceEvidence

PRESENCE = ("head", "area", "peak")
PRESENCE_CONTEXT = ("context_head", "context_area")
SCORE = ("expected", "overlap", "presence", "size")
SCORE_CONTEXT = ("context",)
#: Evidence of which more can only mean a higher Dice.
_RISING = ("expected", "overlap", "presence", "context")
#: Share of masks that the intervals are to contain.
COVERAGE = 0.9
#: Weight of the squared coefficients of standardised evidence.
_RIDGE = 1e-3
#: Fewer patients say nothing of another patient's errors.
FEWEST_PATIENTS = 4


def fit_evidence(
    slices: Sequence[SliceEvidence], masks: Sequence[MaskEvidence]
) -> EnsembleEvidence:
    """Fit presence and scores."""
    return EnsembleEvidence(
        presence=fit_presence_model(slices),
        scores=fit_scores(masks),
        coverage=COVERAGE,
        patients=len({item.patient for item in masks}),
    )


def fit_presence_model(slices: Sequence[SliceEvidence]) -> PresenceModel:
    """Logistic regressions of presence; slices with context also serve the one without."""
    with_context = [item for item in slices if item.context]
    alone = _fit_presence(slices, PRESENCE)
    if not _both_kinds(with_context):
        return PresenceModel(alone)
    return PresenceModel(alone, _fit_presence(with_context, PRESENCE + PRESENCE_CONTEXT))


def fit_scores(masks: Sequence[MaskEvidence]) -> dict[str, ScoreModel]:
    """Score models by sort of evidence and context."""
    models = {}
    for evidence, prompted in (("prompted", True), ("independent", False)):
        own = [mask for mask in masks if mask.prompted == prompted]
        models[score_name(evidence, context=False)] = fit_score(own, SCORE)
        with_context = [mask for mask in own if mask.context]
        if len({mask.patient for mask in with_context}) >= FEWEST_PATIENTS:
            fitted = fit_score(with_context, SCORE + SCORE_CONTEXT)
            models[score_name(evidence, context=True)] = fitted
    return models


def fit_score(masks: Sequence[MaskEvidence], names: Sequence[str]) -> ScoreModel:
    """The logistic regression of least squared error in Dice.

    The interval comes from leaving out one patient after the other, with patients as groups
    (:func:`HermesLib.metrics.conformal.group_quantile`).
    """
    features = np.array([[mask.features[name] for name in names] for mask in masks])
    true = np.array([mask.true for mask in masks])
    patients = np.array([mask.patient for mask in masks])
    weights = patient_weights(patients)
    errors = np.empty(len(true))
    for patient in np.unique(patients):
        left_out = patients == patient
        model = _fit(features[~left_out], true[~left_out], weights[~left_out], names)
        expected = _sigmoid(_values(model, features[left_out], names))
        errors[left_out] = (true[left_out] - expected) / (0.03 + expected * (1 - expected))
    low = group_quantile(errors, patients, (1 - COVERAGE) / 2)
    high = group_quantile(errors, patients, (1 + COVERAGE) / 2)
    model = _fit(features, true, weights, names)
    return ScoreModel(model, min(low, 0.0), max(high, 0.0), len(true))


def patient_weights(patients: np.ndarray) -> np.ndarray:
    """Weights (N,) that sum to 1, the same for every patient."""
    names, counts = np.unique(patients, return_counts=True)
    per_item = dict(zip(names, 1 / (len(names) * counts), strict=True))
    return np.array([per_item[patient] for patient in patients])


def _both_kinds(slices: Sequence[SliceEvidence]) -> bool:
    return len({item.present for item in slices}) == 2


def _fit_presence(slices: Sequence[SliceEvidence], names: Sequence[str]) -> LinearModel:
    """A logistic regression of maximum likelihood."""
    features = np.array([[item.features[name] for name in names] for item in slices])
    present = np.array([item.present for item in slices], float)
    weights = patient_weights(np.array([item.patient for item in slices]))
    return _fit(features, present, weights, names, likelihood=True, rising=names)


def _fit(
    features: np.ndarray,
    target: np.ndarray,
    weights: np.ndarray,
    names: Sequence[str],
    *,
    likelihood: bool = False,
    rising: Sequence[str] = _RISING,
) -> LinearModel:
    """Weights of standardised features, given back for the features as they are."""
    mean = weights @ features / weights.sum()
    deviation = np.sqrt(weights @ (features - mean) ** 2 / weights.sum()) + 1e-6
    scaled = (features - mean) / deviation
    share = weights / weights.sum()

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        total = parameters[0] + scaled @ parameters[1:]
        expected = _sigmoid(total)
        if likelihood:
            value = float((share * (np.logaddexp(0, total) - target * total)).sum())
            pull = share * (expected - target)
        else:
            value = float((share * (expected - target) ** 2).sum())
            pull = 2 * share * (expected - target) * expected * (1 - expected)
        value += _RIDGE * float((parameters[1:] ** 2).sum())
        gradient = np.concatenate([[pull.sum()], scaled.T @ pull + 2 * _RIDGE * parameters[1:]])
        return value, gradient

    start = np.concatenate([[0.0], np.full(len(names), 0.5)])
    bounds = [(None, None)] + [(0.0, None) if name in rising else (None, None) for name in names]
    found = optimize.minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    coefficients = found[1:] / deviation
    bias = float(found[0] - coefficients @ mean)
    return LinearModel(bias, {name: float(c) for name, c in zip(names, coefficients, strict=True)})


def _values(model: LinearModel, features: np.ndarray, names: Sequence[str]) -> np.ndarray:
    return model.bias + features @ np.array([model.weights[name] for name in names])


def _sigmoid(values: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(values, -40, 40)))
