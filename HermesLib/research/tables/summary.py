"""Figures of the tables: means over slices with the organ, intervals by patient bootstrap."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from HermesLib.evaluation.bootstrap import with_interval
from HermesLib.evaluation.failure_detection import detect_anomalies
from HermesLib.evaluation.loop_metrics import SliceOutcome
from HermesLib.evaluation.risk_coverage import aurc
from HermesLib.evaluation.score_metrics import THRESHOLDS
from HermesLib.refinement.events import Status
from HermesLib.research.tables.design import Cell

#: Published for the paper's own method: true Dice over all models and prompts, by threshold.
PAPER_OVERALL = {0.7: 0.74, 0.8: 0.81, 0.9: 0.85}


@dataclass(frozen=True)
class Row:
    """The figures of one cell.

    ``final``, ``gain`` (percentage points) and ``pgt`` are a mean with its 95 % interval.

    Attributes:
        final: true Dice of the final masks; None if no pGT could prompt.
        deviation: standard deviation of that Dice over slices.
        gain: final minus first true Dice, percentage points.
        calls: mean calls of the model after the first.
        accepted: share of slices that reached the threshold.
        accepted_dice: mean true Dice of these; None if there are none.
        pgt: true Dice of the final pGT.
        error: mean absolute error of the final pDSC.
        patients, slices: their numbers.
    """

    cell: Cell
    final: list[float | None] | None
    deviation: float
    gain: list[float | None]
    calls: float
    accepted: float
    accepted_dice: float | None
    pgt: list[float | None]
    error: float
    patients: int
    slices: int


def row_of(cell: Cell, outcomes: Sequence[SliceOutcome]) -> Row:
    """Figures of one cell.

    Raises:
        ValueError: no slice shows the organ.
    """
    slices = [outcome for outcome in outcomes if outcome.organ]
    if not slices:
        raise ValueError(f"no slice of {cell.run.key} shows the organ")
    patients = [outcome.patient for outcome in slices]
    columns = ("final_dsc", "first_dsc", "pgt_dsc", "pdsc", "calls")
    table = np.array(
        [[getattr(outcome, column) for column in columns] for outcome in slices], float
    )
    accepted = np.array([outcome.status == Status.ACCEPTED for outcome in slices])
    prompted = any(outcome.calls for outcome in slices) or accepted.any()
    return Row(
        cell,
        with_interval(table, patients, lambda rows: float(rows[:, 0].mean())) if prompted else None,
        float(table[:, 0].std()),
        with_interval(table, patients, lambda rows: float(100 * (rows[:, 0] - rows[:, 1]).mean())),
        float(table[:, 4].mean()),
        float(accepted.mean()),
        float(table[accepted, 0].mean()) if accepted.any() else None,
        with_interval(table, patients, lambda rows: float(rows[:, 2].mean())),
        float(np.abs(table[:, 3] - table[:, 0]).mean()),
        len(set(patients)),
        len(slices),
    )


def overall(rows: Sequence[Row], source: str, threshold: float) -> float | None:
    """Mean final true Dice of a source at a threshold over all models, with equal weights."""
    means = [
        row.final[0]
        for row in rows
        if row.cell.run.source == source and row.cell.threshold == threshold and row.final
    ]
    values = [mean for mean in means if mean is not None]
    return float(np.mean(values)) if values else None


def detection_of(rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Anomaly detection by threshold, and under ``error`` the mean absolute error of the pDSC."""
    pdsc, true = (np.array([row[name] for row in rows], float) for name in ("pdsc", "true"))
    figures: dict[str, dict[str, Any]] = {
        f"{threshold:g}": detect_anomalies(pdsc, true, threshold) for threshold in THRESHOLDS
    }
    interval = with_interval(np.stack([pdsc, true], 1), [row["patient"] for row in rows], _error)
    return {**figures, "error": {"mae": interval, "masks": len(rows)}}


def order_of(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Does the judge put bad masks last? AURC, lower is better, and the worst patient.

    Returns:
        ``aurc`` with its interval, ``best_aurc`` of the best possible order, and ``worst_aurc`` and
        ``worst_error``: the largest AURC and mean absolute error of a patient.
    """
    table = np.array([[row["pdsc"], row["true"]] for row in rows], float)
    patients = [row["patient"] for row in rows]
    parts = [table[[owner == name for owner in patients]] for name in dict.fromkeys(patients)]
    return {
        "aurc": with_interval(table, patients, _aurc),
        "best_aurc": aurc(table[:, 1], 1 - table[:, 1]),
        "worst_aurc": max(map(_aurc, parts)),
        "worst_error": max(map(_error, parts)),
    }


def _error(rows: np.ndarray) -> float:
    return float(np.abs(rows[:, 0] - rows[:, 1]).mean())


def _aurc(rows: np.ndarray) -> float:
    return aurc(rows[:, 0], 1 - rows[:, 1])


def share_of_ceiling(
    rows: Sequence[Row], ceilings: Mapping[str, float], source: str, threshold: float
) -> dict[str, float]:
    """By model, the final true Dice as a share of that from oracle prompts."""
    return {
        row.cell.run.model: row.final[0] / ceilings[row.cell.run.model]
        for row in rows
        if row.cell.run.source == source
        and row.cell.threshold == threshold
        and row.final
        and row.final[0] is not None
    }


def gain_over(ours: Sequence[SliceOutcome], theirs: Sequence[SliceOutcome]) -> list[float | None]:
    """Mean difference of the final true Dice from a rival's on the same slices, with its interval.

    Raises:
        ValueError: not the same slices.
    """
    our_slices, their_slices = _by_slice(ours), _by_slice(theirs)
    if our_slices.keys() != their_slices.keys():
        raise ValueError("both must be measured on the same slices")
    names = sorted(our_slices)
    table = np.array(
        [[our_slices[name].final_dsc - their_slices[name].final_dsc] for name in names]
    )
    patients = [our_slices[name].patient for name in names]
    return with_interval(table, patients, lambda rows: float(rows.mean()))


def _by_slice(outcomes: Sequence[SliceOutcome]) -> dict[tuple[str, int], SliceOutcome]:
    return {(outcome.case, outcome.index): outcome for outcome in outcomes if outcome.organ}


def error_above(
    ours: Sequence[Mapping[str, Any]], theirs: Sequence[Mapping[str, Any]]
) -> list[float | None]:
    """By how much a rival's mean absolute error of the pDSC is above ours, with its interval.

    Raises:
        ValueError: the masks are not the same.
    """
    both = list(zip(ours, theirs, strict=True))
    if any(
        (our["patient"], our["mask"], our["true"])
        != (their["patient"], their["mask"], their["true"])
        for our, their in both
    ):
        raise ValueError("both must have judged the same masks")
    table = np.array(
        [
            [abs(their["pdsc"] - their["true"]) - abs(our["pdsc"] - our["true"])]
            for our, their in both
        ]
    )
    return with_interval(table, [our["patient"] for our in ours], lambda rows: float(rows.mean()))


def clearly_better(ours: Sequence[float | None], theirs: Sequence[float | None]) -> bool:
    """Whether our interval is entirely above theirs; both as (mean, low, high)."""
    return ours[1] is not None and theirs[2] is not None and ours[1] > theirs[2]
