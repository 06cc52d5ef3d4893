"""How well something is told apart by a number: sensitivity and specificity at a threshold, and over all thresholds."""

import numpy as np
from scipy.stats import rankdata


def auroc(scores: np.ndarray, positive: np.ndarray) -> float | None:
    """The chance that a positive has the higher score than a negative (Hanley 1982); None without both. Equals count half."""
    positive = np.asarray(positive, bool)
    many, others = int(positive.sum()), int((~positive).sum())
    if not many or not others:
        return None
    ranks = rankdata(scores)[positive].sum()
    return round(float((ranks - many * (many + 1) / 2) / (many * others)), 4)


def detect_anomalies(
    pdsc: np.ndarray, true: np.ndarray, threshold: float
) -> dict[str, float | int | None]:
    """Masks of a true Dice below the threshold are the anomalies, those of a pDSC below it the alarms (N,).

    A judge that rejects everything has a sensitivity of 1: hence the specificity beside it, their mean, and the AUROC of the pDSC.
    """
    anomalous, alarm = np.asarray(true) < threshold, np.asarray(pdsc) < threshold
    sensitivity = round(float(alarm[anomalous].mean()), 4) if anomalous.any() else None
    specificity = round(float((~alarm[~anomalous]).mean()), 4) if not anomalous.all() else None
    known = sensitivity is not None and specificity is not None
    return {
        "anomalies": int(anomalous.sum()),
        "masks": len(anomalous),
        "sensitivity": sensitivity,
        "specificity": specificity,
        "balanced_accuracy": round((sensitivity + specificity) / 2, 4) if known else None,  # type: ignore[operator]
        "auroc": auroc(-np.asarray(pdsc), anomalous),
    }
