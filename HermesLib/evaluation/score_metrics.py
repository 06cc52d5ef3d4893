"""How honest the score is: figures over judged masks (:mod:`HermesLib.evaluation.scored_masks`), with intervals by patient bootstrap."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from HermesLib.evaluation.bootstrap import Figure, with_interval
from HermesLib.evaluation.failure_detection import detect_anomalies
from HermesLib.evaluation.scored_masks import PERFECT, ScoredMask

THRESHOLDS = (0.7, 0.8, 0.9)
#: Above this true Dice the gross failures, which carry any correlation, are gone.
FINE = 0.7
_FEWEST = 10


def bias(table: np.ndarray) -> float:
    """Mean of score minus truth: above 0, the score promises too much."""
    return float((table[:, 0] - table[:, 3]).mean())


def error(table: np.ndarray) -> float:
    """Mean absolute error."""
    return float(np.abs(table[:, 0] - table[:, 3]).mean())


def correlation(table: np.ndarray) -> float:
    """Pearson's r; NaN for a few masks, or where one side does not vary."""
    pdsc, true = table[:, 0], table[:, 3]
    if len(true) < _FEWEST or pdsc.std() < 1e-9 or true.std() < 1e-9:
        return float("nan")
    return float(np.corrcoef(pdsc, true)[0, 1])


def fine_correlation(table: np.ndarray) -> float:
    """Pearson's r among masks of true Dice above :data:`FINE`."""
    return correlation(table[table[:, 3] > FINE])


def coverage(table: np.ndarray) -> float:
    """Share of masks whose true Dice lies in the interval."""
    return float(((table[:, 3] >= table[:, 1] - 1e-6) & (table[:, 3] <= table[:, 2] + 1e-6)).mean())


FIGURES: dict[str, Figure] = {
    "bias": bias,
    "mae": error,
    "r": correlation,
    "r_fine": fine_correlation,
    "coverage": coverage,
}


def score_figures(judged: Sequence[ScoredMask], raw: bool) -> dict[str, Any]:
    """Figures of the raw score, or of the one that the quality control gives.

    ``all`` counts every mask, ``refined`` those whose prompts a pGT drew; each figure is a list of the value and its 95 % interval by
    patient bootstrap. ``accepted`` says for each threshold which share of the refined masks passes, and how true these and the others are;
    ``anomalies`` how well the score tells bad masks among those that no pGT has prompted.
    """
    refined = [one for one in judged if one.refined]
    perfect = [one for one in judged if one.source == PERFECT]
    found = table_of([one for one in judged if not one.refined], raw)
    return {
        "all": _group(judged, raw),
        "refined": _group(refined, raw),
        "perfect_mask": round(float(table_of(perfect, raw)[:, 0].mean()), 4) if perfect else None,
        "accepted": {
            f"{threshold:g}": accepted(table_of(refined, raw), threshold)
            for threshold in THRESHOLDS
        },
        "anomalies": {
            f"{threshold:g}": detect_anomalies(found[:, 0], found[:, 3], threshold)
            for threshold in THRESHOLDS
        },
    }


def table_of(judged: Sequence[ScoredMask], raw: bool) -> np.ndarray:
    """(N, 4): score, lower and upper end of its interval (a raw score has none), true Dice."""
    rows = [
        (one.raw, one.raw, one.raw, one.true) if raw else (one.pdsc, one.low, one.high, one.true)
        for one in judged
    ]
    return np.array(rows, float).reshape(-1, 4)


def accepted(table: np.ndarray, threshold: float) -> dict[str, float | None]:
    """Share of masks at or above a threshold, and the mean truth of these and of the others; None where there are none."""
    passed = table[:, 0] >= threshold
    return {
        "share": _mean(passed),
        "true": _mean(table[passed, 3]),
        "true_of_others": _mean(table[~passed, 3]),
    }


def _group(judged: Sequence[ScoredMask], raw: bool) -> dict[str, Any]:
    if not judged:
        return {"masks": 0, "patients": 0}
    table, patients = table_of(judged, raw), [one.patient for one in judged]
    measured = {name: with_interval(table, patients, figure) for name, figure in FIGURES.items()}
    return {"masks": len(judged), "patients": len(set(patients)), **measured}


def _mean(values: np.ndarray) -> float | None:
    return round(float(values.mean()), 4) if len(values) else None
