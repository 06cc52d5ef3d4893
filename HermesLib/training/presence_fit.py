"""Fit the presence rule of a QC core on whole volumes of held-out patients.

The weight is the value on a grid that gives the true presence of all slices the highest likelihood.
The borderline range is the narrowest on a grid that leaves few errors outside: slices with the
organ below it, and slices without the organ above it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from HermesLib.evaluation.cases import Case, read_case
from HermesLib.presets.preset import Preset
from HermesLib.quality.presence import PresenceRule, contiguous_presence
from HermesLib.quality.protocol import QualityControl

WEIGHTS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
LOW = (0.3, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0)
HIGH = (0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 1.0)
#: Share of the slices without the organ that may lie above the borderline range.
FEW = 0.02
#: Share of the slices with the organ that may lie below it, of all slices and of any patient's.
MISSED = 0.003
MISSED_OF_PATIENT = 0.03
#: Share of the slices with the organ that may be taken for absent; candidates of the probability
#: from which a slice is taken to show the organ.
DROPPED = 0.02
SHOWN_FROM = (0.5, 0.4, 0.3, 0.25, 0.2, 0.15, 0.1)
#: Keeps the likelihood finite.
_CLIP = 1e-6


@dataclass(frozen=True, eq=False)
class VolumeEvidence:
    """One volume of N slices: log odds of presence by slice (N,), and the true presence (N,)."""

    patient: str
    log_odds: np.ndarray
    present: np.ndarray


@dataclass(frozen=True)
class FittedPresence:
    """A presence rule, and what the checkpoint and the card record of its fit."""

    rule: PresenceRule
    record: str | dict[str, Any]


def volume_evidence(
    cases: Sequence[Case], preset: Preset, quality: QualityControl
) -> list[VolumeEvidence]:
    """The evidence of all cases of more than one slice."""
    volumes = []
    for case in cases:
        read = read_case(case, preset)
        if len(read.images) < 2:
            continue
        presence = quality.observe(read.images, read.thickness).presence
        if presence is not None:
            present = read.truth.flatten(1).any(1).numpy()
            volumes.append(VolumeEvidence(case.patient, presence.double().numpy(), present))
    return volumes


def fit_presence(volumes: Sequence[VolumeEvidence], default: PresenceRule) -> FittedPresence:
    """Fit weight and borderline range.

    Args:
        volumes: of held-out patients.
        default: the rule where nothing can be fitted.

    Returns:
        The rule; ``default``, recorded as not fitted, without slices of both kinds in volumes.
    """
    truths = [volume.present for volume in volumes]
    if not truths:
        return FittedPresence(default, "not fitted, there are single slices only")
    present = np.concatenate(truths)
    if present.all() or not present.any():
        return FittedPresence(default, "not fitted, the slices all show the organ or all do not")

    def probabilities(weight: float) -> np.ndarray:
        return np.concatenate([contiguous_presence(item.log_odds, weight) for item in volumes])

    likelihoods = {weight: _likelihood(probabilities(weight), present) for weight in WEIGHTS}
    weight = max(likelihoods, key=likelihoods.__getitem__)
    counts = [len(item.present) for item in volumes]
    patients = np.repeat([item.patient for item in volumes], counts)
    borderline = borderline_range(probabilities(weight), present, patients)
    shown_from = fit_shown_from(probabilities(weight)[present])
    rule = PresenceRule(weight, borderline, len(np.unique(patients)), shown_from)
    record = {
        "weight": weight,
        "borderline": list(rule.borderline),
        "shown_from": shown_from,
        "mean_log_likelihood": likelihoods[weight],
        "patients": len({volume.patient for volume in volumes}),
        "slices": len(present),
        "slices_with_organ": int(present.sum()),
    }
    return FittedPresence(rule, record)


def borderline_range(
    probability: np.ndarray, present: np.ndarray, patients: np.ndarray
) -> tuple[float, float]:
    """The narrowest range on the grid that leaves few errors outside.

    Args:
        probability: (N,) that each slice shows the organ.
        present: (N,) whether it does; slices of both kinds.
        patients: (N,) of each slice.
    """
    with_organ = probability[present]
    owners = patients[present]
    without = probability[~present]

    def few_missed(value: float) -> bool:
        missed = with_organ < value
        worst = max(missed[owners == patient].mean() for patient in np.unique(owners))
        return bool(missed.mean() <= MISSED and worst <= MISSED_OF_PATIENT)

    low = next(value for value in LOW if few_missed(value))
    high = next((value for value in HIGH if (without >= value).mean() <= FEW), HIGH[-1])
    return low, high


def fit_shown_from(probability: np.ndarray) -> float:
    """From which probability on a slice is taken to show the organ.

    The highest on the grid by which few slices with the organ are dropped.

    Args:
        probability: (N,) of the slices that show it.
    """
    few = (value for value in SHOWN_FROM if (probability < value).mean() <= DROPPED)
    return next(few, SHOWN_FROM[-1])


def _likelihood(probability: np.ndarray, present: np.ndarray) -> float:
    """Mean log-likelihood of the true presence."""
    right = np.where(present, probability, 1 - probability)
    return float(np.log(np.clip(right, _CLIP, 1)).mean())
