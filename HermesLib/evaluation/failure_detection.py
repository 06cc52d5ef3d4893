"""How well a number separates two classes: at a threshold, and over all thresholds."""

import numpy as np
import torch
from monai.metrics import compute_roc_auc


def auroc(scores: np.ndarray, positive: np.ndarray) -> float | None:
    """The chance that a positive scores higher than a negative (Hanley 1982); ties count half.

    Args:
        scores: (N,)
        positive: (N,) bool.

    Returns:
        To four digits; None unless there are positives and negatives.
    """
    positive = np.asarray(positive, bool)
    if positive.all() or not positive.any():
        return None
    values = torch.as_tensor(np.asarray(scores, float))
    area = np.asarray(compute_roc_auc(values, torch.as_tensor(positive).double()))
    return round(float(area), 4)


def detect_anomalies(
    pdsc: np.ndarray, true: np.ndarray, threshold: float
) -> dict[str, float | int | None]:
    """How well a low pDSC detects masks of low true Dice.

    Anomalies have a true Dice below the threshold, alarms a pDSC below it. A judge that rejects
    everything has a sensitivity of 1, so specificity, the mean of both and the AUROC are given too.

    Args:
        pdsc: (N,)
        true: (N,) true Dice.
        threshold: of both.
    """
    anomalous = np.asarray(true) < threshold
    alarm = np.asarray(pdsc) < threshold
    sensitivity = round(float(alarm[anomalous].mean()), 4) if anomalous.any() else None
    specificity = round(float((~alarm[~anomalous]).mean()), 4) if not anomalous.all() else None
    balanced = None
    if sensitivity is not None and specificity is not None:
        balanced = round((sensitivity + specificity) / 2, 4)
    return {
        "anomalies": int(anomalous.sum()),
        "masks": len(anomalous),
        "sensitivity": sensitivity,
        "specificity": specificity,
        "balanced_accuracy": balanced,
        "auroc": auroc(-np.asarray(pdsc), anomalous),
    }
