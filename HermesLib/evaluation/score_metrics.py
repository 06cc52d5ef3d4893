"""Calibration of the score: bias, error, correlation and coverage over scored masks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from HermesLib.evaluation.bootstrap import with_interval
from HermesLib.evaluation.failure_detection import detect_anomalies
from HermesLib.evaluation.scored_masks import PERFECT, ScoredMask
from HermesLib.quality.protocol import ScoreKind

#: Thresholds of acceptance that figures are given for.
THRESHOLDS = (0.7, 0.8, 0.9)
#: Gross failures, which dominate any correlation, have a true Dice below this.
FINE = 0.7
_FEWEST = 10
_TOLERANCE = 1e-6


@dataclass(frozen=True, eq=False)
class ScoreTable:
    """Scores of N masks beside the truth, arrays (N,).

    Attributes:
        pdsc: the score.
        low, high: its interval; the score itself where it has none.
        true: true Dice.
    """

    pdsc: np.ndarray
    low: np.ndarray
    high: np.ndarray
    true: np.ndarray

    @classmethod
    def of(cls, masks: Sequence[ScoredMask], kind: ScoreKind) -> "ScoreTable":
        """The raw score of masks, which has no interval, or the one that the QC gives."""

        def column(name: str) -> np.ndarray:
            return np.array([getattr(mask, name) for mask in masks], float)

        if kind == "raw":
            return cls(column("raw"), column("raw"), column("raw"), column("true"))
        return cls(column("pdsc"), column("low"), column("high"), column("true"))

    def __len__(self) -> int:
        return len(self.pdsc)

    def __getitem__(self, rows: np.ndarray) -> "ScoreTable":
        """The rows that indices or a boolean array select."""
        return ScoreTable(self.pdsc[rows], self.low[rows], self.high[rows], self.true[rows])


def bias(table: ScoreTable) -> float:
    """Mean of score minus truth; above 0 the score is too high."""
    return float((table.pdsc - table.true).mean())


def error(table: ScoreTable) -> float:
    """Mean absolute error."""
    return float(np.abs(table.pdsc - table.true).mean())


def correlation(table: ScoreTable) -> float:
    """Pearson's r; NaN for few masks, or where one side does not vary."""
    if len(table) < _FEWEST or table.pdsc.std() < 1e-9 or table.true.std() < 1e-9:
        return float("nan")
    return float(np.corrcoef(table.pdsc, table.true)[0, 1])


def fine_correlation(table: ScoreTable) -> float:
    """Pearson's r among masks of true Dice above :data:`FINE`."""
    return correlation(table[table.true > FINE])


def coverage(table: ScoreTable) -> float:
    """Share of masks with the true Dice in the interval."""
    above = table.true >= table.low - _TOLERANCE
    below = table.true <= table.high + _TOLERANCE
    return float((above & below).mean())


def coverage_by_patient(table: ScoreTable, patients: Sequence[str]) -> dict[str, float]:
    """The share of each patient's masks with the true Dice in the interval, worst patient first."""
    owners = np.array(patients)
    shares = {str(name): round(coverage(table[owners == name]), 4) for name in np.unique(owners)}
    return dict(sorted(shares.items(), key=lambda item: item[1]))


FIGURES: dict[str, Callable[[ScoreTable], float]] = {
    "bias": bias,
    "mae": error,
    "r": correlation,
    "r_fine": fine_correlation,
    "coverage": coverage,
}


def score_figures(masks: Sequence[ScoredMask], kind: ScoreKind) -> dict[str, Any]:
    """Figures of the raw score, or of the one that the quality control gives.

    Returns:
        ``all``: over every mask; ``refined``: over masks with prompts from a pGT. Each figure is a
        list of the value and its 95 % interval by patient bootstrap; coverage is also given by
        patient and of the worst patient. ``perfect_mask``: mean score of true masks. ``accepted``,
        by threshold: the share of refined masks that pass, and the true Dice of these and of the
        others. ``anomalies``, by threshold: how well the score detects bad masks among the others.
    """
    refined = [mask for mask in masks if mask.refined]
    perfect = [mask for mask in masks if mask.source == PERFECT]
    others = ScoreTable.of([mask for mask in masks if not mask.refined], kind)
    passed = ScoreTable.of(refined, kind)
    return {
        "all": _group(masks, kind),
        "refined": _group(refined, kind),
        "perfect_mask": _mean(ScoreTable.of(perfect, kind).pdsc),
        "accepted": {f"{value:g}": accepted(passed, value) for value in THRESHOLDS},
        "anomalies": {
            f"{value:g}": detect_anomalies(others.pdsc, others.true, value) for value in THRESHOLDS
        },
    }


def accepted(table: ScoreTable, threshold: float) -> dict[str, float | None]:
    """Share of masks at or above a threshold, and the mean truth of these and of the others.

    None where there are no such masks.
    """
    passed = table.pdsc >= threshold
    return {
        "share": _mean(passed),
        "true": _mean(table.true[passed]),
        "true_of_others": _mean(table.true[~passed]),
    }


def _group(masks: Sequence[ScoredMask], kind: ScoreKind) -> dict[str, Any]:
    if not masks:
        return {"masks": 0, "patients": 0}
    table = ScoreTable.of(masks, kind)
    patients = [mask.patient for mask in masks]
    figures: dict[str, Any] = {
        name: with_interval(table, patients, figure) for name, figure in FIGURES.items()
    }
    by_patient = coverage_by_patient(table, patients)
    figures["coverage_by_patient"] = by_patient
    figures["coverage_worst_patient"] = min(by_patient.values())
    return {"masks": len(masks), "patients": len(set(patients)), **figures}


def _mean(values: np.ndarray) -> float | None:
    return round(float(values.mean()), 4) if len(values) else None
